//! Functions for timers and the tick.

use super::{
    FunctionDescription, Kind, Record, Signature, field, optional, read, required, runtime,
    tick_value,
};

/// A timer that fires.
const TIMER: Record = Record {
    name: "Timer",
    doc: "a timer that fires, with the value that it was started with",
    prefix: "",
    fields: &[
        field("name", Kind::Text),
        field("tick", Kind::Integer),
        field("value", Kind::Any),
    ],
};

/// The function of a timer.
const TIMER_HANDLER: Signature = Signature {
    parameters: &[field("timer", Kind::Record(&TIMER))],
    open: false,
    result: Kind::Nothing,
};

const HANDLER_OR_VALUE: Kind = Kind::Either(&[Kind::Function(&TIMER_HANDLER), Kind::Any]);

pub(super) const FUNCTIONS: &[FunctionDescription] = &[
    runtime(
        "time.after",
        &[
            required("name", Kind::Text),
            required("ticks", Kind::Integer),
            optional("handler_or_value", HANDLER_OR_VALUE),
        ],
        Kind::Nothing,
        "While a mod loads, with a function: declares a timer and starts it, to fire once. Later, with a plain value or nothing: \
         starts a declared timer again.",
    ),
    runtime(
        "time.every",
        &[
            required("name", Kind::Text),
            required("ticks", Kind::Integer),
            optional("handler_or_value", HANDLER_OR_VALUE),
        ],
        Kind::Nothing,
        "Like time.after, but fires again and again. A reload keeps the phase.",
    ),
    runtime(
        "time.declare",
        &[
            required("name", Kind::Text),
            required("handler", Kind::Function(&TIMER_HANDLER)),
        ],
        Kind::Nothing,
        "While a mod loads: declares a timer without starting it.",
    ),
    runtime(
        "time.cancel",
        &[required("name", Kind::Text)],
        Kind::Nothing,
        "Stops a timer.",
    ),
    read(
        "time.get_current_tick",
        &[],
        Kind::Integer,
        "The current tick; 0 before the first.",
        |context, _, _| Ok(Some(tick_value(context.tick()))),
    ),
];
