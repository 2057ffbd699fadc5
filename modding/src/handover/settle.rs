//! Settles what the code declares against the timers and switched handlers that it was given.

use std::collections::BTreeSet;

use crate::error::Location;
use crate::generation::{Generation, HandlerDeclaration};
use crate::report::StateReport;
use crate::state::Timer;
use crate::tick::TIMER;

/// Timers keep their phase; what the code newly declares starts, what it asks for otherwise than before changes.
pub(super) fn start_timers(tick: u64, generation: &Generation, report: &mut StateReport) {
    let declarations = generation.declarations.borrow();
    let mut state = generation.state.borrow_mut();
    for (name, declaration) in &declarations.timers {
        let Some((ticks, repeat)) = declaration.start else {
            continue;
        };
        let (declared, interval) = (Some((ticks, repeat)), repeat.then_some(ticks));
        let next = Some(tick.saturating_add(ticks));
        match state.held.timers.get_mut(name) {
            Some(timer) if timer.declared != declared => {
                // The phase of a running timer stays, whatever the new version wishes.
                timer.due = timer.due.or(next);
                timer.declared = declared;
                timer.interval = interval;
                let words = if repeat {
                    "now fires every"
                } else {
                    "now fires once, after"
                };
                let line = at_end(declaration.location.as_ref());
                report
                    .notes
                    .push(format!("timer `{name}` {words} {ticks} ticks{line}"));
            }
            Some(_) => {}
            None => {
                let timer = Timer {
                    due: next,
                    interval,
                    declared,
                    value: None,
                };
                state.held.timers.insert(name.clone(), timer);
            }
        }
    }
}

/// Timers that came due while their mod was away fire next in their phase, not once for every time that they missed. Those that do
/// not repeat fire at once.
pub(crate) fn skip_missed_firings(tick: u64, generation: &Generation) {
    let mut state = generation.state.borrow_mut();
    for timer in state.held.timers.values_mut() {
        let (Some(due), Some(interval)) = (timer.due, timer.interval) else {
            continue;
        };
        if due <= tick {
            let missed = (tick - due) / interval.max(1) + 1;
            timer.due = Some(due.saturating_add(missed.saturating_mul(interval)));
        }
    }
}

/// Drops and names the timers that the code no longer declares.
pub(super) fn drop_timers(generation: &Generation, report: &mut StateReport) {
    let declarations = generation.declarations.borrow();
    generation.state.borrow_mut().held.timers.retain(|name, _| {
        let declared = declarations.timers.contains_key(name);
        if !declared {
            report
                .notes
                .push(format!("timer `{name}` is no longer declared: dropped"));
        }
        declared
    });
}

/// Handlers that the old generation declared and the new one does not.
pub(crate) fn handlers_no_longer_declared(old: &Generation, new: &Generation) -> Vec<String> {
    let (old, new) = (old.declarations.borrow(), new.declarations.borrow());
    let gone = old
        .handlers()
        .iter()
        .filter(|handler| new.position(&handler.name).is_none());
    let name = |handler: &HandlerDeclaration| {
        let (event, key) = &handler.name;
        format!(
            "the handler of `{event}` with key {key:?} is no longer declared{}",
            at_end(handler.location.as_ref())
        )
    };
    gone.map(name).collect()
}

fn at_end(location: Option<&Location>) -> String {
    location.map_or(String::new(), |location| format!(", {location}"))
}

/// Handlers switched at run time stay switched as long as the code declares them.
pub(super) fn settle_subscriptions(generation: &Generation) {
    let declarations = generation.declarations.borrow();
    let names: BTreeSet<_> = declarations
        .handlers()
        .iter()
        .map(|handler| &handler.name)
        .collect();
    let mut state = generation.state.borrow_mut();
    state
        .held
        .subscriptions
        .retain(|name, _| names.contains(name));
    // Timers count under the event `timer`, see `tick`.
    state
        .held
        .failures
        .retain(|name, _| names.contains(name) || name.0 == TIMER);
}
