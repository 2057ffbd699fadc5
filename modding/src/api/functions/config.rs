//! Functions for the configuration of a mod.

use super::{FunctionDescription, Kind, read, required};

pub(super) const FUNCTIONS: &[FunctionDescription] = &[read(
    "config.get",
    &[required("key", Kind::Text)],
    Kind::Either(&[Kind::Boolean, Kind::Number, Kind::Text]),
    "A value of config.toml, or its default. A key read while the mod loads makes a change of the configuration reload the scripts.",
    |_, generation, arguments| generation.config_value(arguments.text(0)?).map(Some),
)];
