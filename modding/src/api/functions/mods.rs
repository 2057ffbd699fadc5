//! Functions between mods.

use super::{ANY_FUNCTION, FunctionDescription, Kind, required, runtime};

pub(super) const FUNCTIONS: &[FunctionDescription] = &[
    runtime(
        "mods.export",
        &[
            required("name", Kind::Text),
            required("handler", Kind::Function(&ANY_FUNCTION)),
        ],
        Kind::Nothing,
        "While a mod loads: offers a function to other mods.",
    ),
    runtime(
        "mods.get",
        &[required("mod_id", Kind::Text)],
        Kind::Map(&Kind::Function(&ANY_FUNCTION)),
        "The functions that another mod offers; the mod must be among the manifest's dependencies. Values are copied; the call \
         goes to whatever generation runs at that moment.",
    ),
];
