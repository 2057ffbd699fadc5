//! Functions for the log.

use super::{FunctionDescription, Kind, required, runtime};

pub(super) const FUNCTIONS: &[FunctionDescription] = &[
    runtime(
        "log.info",
        &[required("text", Kind::Any)],
        Kind::Nothing,
        "Writes a line to the log, as `print` does.",
    ),
    runtime(
        "log.warn",
        &[required("text", Kind::Any)],
        Kind::Nothing,
        "Writes a warning to the log.",
    ),
    runtime(
        "log.error",
        &[required("text", Kind::Any)],
        Kind::Nothing,
        "Writes an error to the log.",
    ),
];
