//! Handlers that failed: which, with what, and who called them.

use std::fmt::Write as _;

use modding::diagnostic::Fault;
use modding::tick::HandlerFailure;

use super::number;
use crate::report::source::render;

/// Characters of an event that are shown.
const EVENT_CHARACTERS_MAX: usize = 200;

/// A handler that failed, with its error.
pub(crate) fn handler_failure(text: &mut String, failure: &HandlerFailure, colour: bool) {
    let name = handler_name(failure);
    let when = if failure.count == 1 {
        format!("at tick {}", number(failure.first))
    } else {
        format!(
            "{} times from tick {} to {}",
            number(u64::from(failure.count)),
            number(failure.first),
            number(failure.last)
        )
    };
    let _ = writeln!(
        text,
        "failing  {} {}  g{}: {name}, {when}",
        failure.mod_id, failure.version, failure.generation
    );
    failure_details(text, failure, &failure.fault, colour);
}

/// The handler as its author knows it: its event, or its timer.
pub(crate) fn handler_name(failure: &HandlerFailure) -> String {
    match (failure.handler.0.as_str(), failure.handler.1.as_str()) {
        ("timer", timer) => format!("timer `{timer}`"),
        (event, "default") => event.to_owned(),
        (event, key) => format!("{event} ({key})"),
    }
}

/// What a handler raised, shown as `fault`, who called it and with what.
pub(crate) fn failure_details(
    text: &mut String,
    failure: &HandlerFailure,
    fault: &Fault,
    colour: bool,
) {
    text.push_str(&render(std::slice::from_ref(fault), colour));
    for caller in failure.error.callers.iter().skip(1) {
        let function = caller
            .function
            .as_ref()
            .map_or(String::new(), |function| format!(", {function}"));
        let _ = writeln!(text, "   = called from {}{function}", caller.location);
    }
    let _ = writeln!(text, "   = event: {}", event_text(&failure.event));
    let end = if failure.suspended {
        "; suspended after 20 in a row"
    } else {
        ""
    };
    let _ = writeln!(text, "   = no command of these calls was applied{end}");
}

/// What a failing handler was given, cut off where it goes on for long.
fn event_text(event: &str) -> String {
    if event.chars().count() <= EVENT_CHARACTERS_MAX {
        return event.to_owned();
    }
    let start: String = event.chars().take(EVENT_CHARACTERS_MAX).collect();
    format!("{start}...")
}
