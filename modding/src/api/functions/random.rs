//! Functions for random numbers.

use crate::value::Value;

use super::{FunctionDescription, Kind, read, required};

pub(super) const FUNCTIONS: &[FunctionDescription] = &[read(
    "random.integer",
    &[
        required("low", Kind::Integer),
        required("high", Kind::Integer),
    ],
    Kind::Integer,
    "A whole number from `low` to `high`, both included, from the mod's own stream; the position in it survives reloads and saves.",
    |context, generation, arguments| {
        let (low, high) = (arguments.integer::<i64>(0)?, arguments.integer::<i64>(1)?);
        context
            .draw_integer(generation, low, high)
            .map(|number| Some(Value::Integer(number)))
    },
)];
