//! Functions for the state of a mod.

use super::{FunctionDescription, Kind, Signature, field, required, runtime};

/// A function that makes the state of this version of an older one.
const MIGRATION: Signature = Signature {
    parameters: &[field("state", Kind::Any)],
    open: false,
    result: Kind::Any,
};

pub(super) const FUNCTIONS: &[FunctionDescription] = &[
    runtime(
        "state.define",
        &[required("defaults", Kind::Map(&Kind::Any))],
        Kind::Nothing,
        "While a mod loads: declares the shape of `colony.storage`; paths that are not there yet start with these values.",
    ),
    runtime(
        "state.migrate",
        &[
            required("range", Kind::Text),
            required("migrate", Kind::Function(&MIGRATION)),
        ],
        Kind::Nothing,
        "While a mod loads: declares how state written by versions in `range` becomes state of this version; gets the state, \
         changes it or returns another. Migrations run in version order.",
    ),
    runtime(
        "state.get_mod_state",
        &[required("mod_id", Kind::Text)],
        Kind::Any,
        "What the mod saved with save_mod_state: during mod_loaded what it saved during mod_unloaded, if it did. Only the own id is allowed.",
    ),
    runtime(
        "state.save_mod_state",
        &[required("mod_id", Kind::Text), required("state", Kind::Any)],
        Kind::Nothing,
        "Saves a value: during mod_unloaded for the mod_loaded that follows, elsewhere for good. Only the own id is allowed.",
    ),
];
