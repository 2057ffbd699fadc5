//! Functions for handlers and events of mods.

use super::{FunctionDescription, Kind, optional, required, runtime};

pub(super) const FUNCTIONS: &[FunctionDescription] = &[
    runtime(
        "events.register",
        &[
            required("name", Kind::Text),
            required("handler", Kind::Function),
            optional("options", Kind::Options),
        ],
        "",
        "While a mod loads: declares a handler for an event; `options` are `key` (a name that tells several handlers for one event \
         apart), `priority` (higher runs first, 0 by default) and `enabled` (false: declared, switched on later). \
         Later: switches a declared handler on.",
    ),
    runtime(
        "events.unregister",
        &[required("name", Kind::Text), optional("key", Kind::Text)],
        "",
        "Switches a handler off until it is registered again.",
    ),
    runtime(
        "events.emit",
        &[required("name", Kind::Text), optional("payload", Kind::Any)],
        "",
        "Emits an event of the mod's own, named `mod_id:name`; mods hear it in the next delivery, the payload is `event.payload`.",
    ),
];
