//! Functions for what a mod may do.

use crate::diagnostic::nearest;
use crate::value::Value;

use super::{ApiError, FunctionDescription, Kind, capability_names, read, required};

pub(super) const FUNCTIONS: &[FunctionDescription] = &[read(
    "capabilities.has",
    &[required("name", Kind::Text)],
    Kind::Boolean,
    "Whether the manifest lists the capability.",
    |_, generation, arguments| {
        let name = arguments.text(0)?;
        if !capability_names().contains(&name) {
            let error = ApiError::new(format!("there is no capability `{name}`"));
            return Err(match nearest(name, capability_names()) {
                Some(near) => error.help(format!("did you mean `{near}`?")),
                None => error.help(format!(
                    "the capabilities: {}",
                    capability_names().join(", ")
                )),
            });
        }
        Ok(Some(Value::Boolean(
            generation.manifest.capabilities.contains(name),
        )))
    },
)];
