//! Functions for timers and the tick.

use super::{FunctionDescription, Kind, optional, read, required, runtime, tick_value};

pub(super) const FUNCTIONS: &[FunctionDescription] = &[
    runtime(
        "time.after",
        &[
            required("name", Kind::Text),
            required("ticks", Kind::Integer),
            optional("handler_or_value", Kind::Any),
        ],
        "",
        "While a mod loads, with a function: declares a timer and starts it, to fire once. Later, with a plain value or nothing: \
         starts a declared timer again.",
    ),
    runtime(
        "time.every",
        &[
            required("name", Kind::Text),
            required("ticks", Kind::Integer),
            optional("handler_or_value", Kind::Any),
        ],
        "",
        "Like time.after, but fires again and again. A reload keeps the phase.",
    ),
    runtime(
        "time.declare",
        &[
            required("name", Kind::Text),
            required("handler", Kind::Function),
        ],
        "",
        "While a mod loads: declares a timer without starting it.",
    ),
    runtime(
        "time.cancel",
        &[required("name", Kind::Text)],
        "",
        "Stops a timer.",
    ),
    read(
        "time.get_current_tick",
        &[],
        "number",
        "The current tick; 0 before the first.",
        |context, _, _| Ok(Some(tick_value(context.tick()))),
    ),
];
