//! Functions for handlers and events of mods.

use super::{FunctionDescription, Kind, Record, Signature, field, optional, required, runtime};

/// A handler of any event; what it is given depends on the event.
const HANDLER: Signature = Signature {
    parameters: &[field("event", Kind::Any)],
    open: false,
    result: Kind::Nothing,
};

/// How a handler is declared.
const HANDLER_OPTIONS: Record = Record {
    name: "HandlerOptions",
    doc: "how a handler is declared",
    prefix: "",
    fields: &[
        field("key", Kind::Optional(&Kind::Text)),
        field("priority", Kind::Optional(&Kind::Integer)),
        field("enabled", Kind::Optional(&Kind::Boolean)),
    ],
};

pub(super) const FUNCTIONS: &[FunctionDescription] = &[
    runtime(
        "events.register",
        &[
            required("name", Kind::Text),
            required("handler", Kind::Function(&HANDLER)),
            optional("options", Kind::Record(&HANDLER_OPTIONS)),
        ],
        Kind::Nothing,
        "While a mod loads: declares a handler for an event; `options` are `key` (a name that tells several handlers for one event \
         apart), `priority` (higher runs first, 0 by default) and `enabled` (false: declared, switched on later). \
         Later: switches a declared handler on.",
    ),
    runtime(
        "events.unregister",
        &[required("name", Kind::Text), optional("key", Kind::Text)],
        Kind::Nothing,
        "Switches a handler off until it is registered again.",
    ),
    runtime(
        "events.emit",
        &[required("name", Kind::Text), optional("payload", Kind::Any)],
        Kind::Nothing,
        "Emits an event of the mod's own, named `mod_id:name`; mods hear it in the next delivery, the payload is `event.payload`.",
    ),
];
