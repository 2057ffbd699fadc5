//! Settles what the code declares against the timers and switched handlers that it was given.

use std::collections::BTreeSet;

use crate::context::at;
use crate::error::Location;
use crate::generation::Generation;
use crate::report::StateReport;
use crate::state::Timer;
use crate::tick::TIMER;

/// Timers keep their phase; what the code newly declares starts, what it no longer declares is dropped and said.
pub(super) fn settle_timers(tick: u64, generation: &Generation, report: &mut StateReport) {
    let declarations = generation.declarations.borrow();
    let mut state = generation.state.borrow_mut();
    state.held.timers.retain(|name, _| {
        let declared = declarations.timers.contains_key(name);
        if !declared {
            report
                .notes
                .push(format!("timer `{name}` is no longer declared: dropped"));
        }
        declared
    });
    for (name, declaration) in &declarations.timers {
        let Some((ticks, repeat)) = declaration.start else {
            continue;
        };
        let interval = repeat.then_some(ticks);
        match state.held.timers.get_mut(name) {
            Some(timer) if timer.declared != Some(ticks) => {
                // The new version wishes another interval; the phase of the running one stays.
                timer.declared = Some(ticks);
                timer.interval = interval;
                report.notes.push(format!(
                    "timer `{name}` now takes {ticks} ticks{}",
                    at_end(declaration.location.as_ref())
                ));
            }
            Some(_) => {}
            None => {
                let timer = Timer {
                    due: Some(tick.saturating_add(ticks)),
                    interval,
                    declared: Some(ticks),
                    value: None,
                };
                state.held.timers.insert(name.clone(), timer);
            }
        }
    }
}

fn at_end(location: Option<&Location>) -> String {
    let text = at(location);
    if text.is_empty() {
        text
    } else {
        format!(", {}", text.trim_end_matches(": "))
    }
}

/// Handlers switched at run time stay switched; what the code no longer declares is dropped and said.
pub(super) fn settle_subscriptions(generation: &Generation, report: &mut StateReport) {
    let declarations = generation.declarations.borrow();
    let names: BTreeSet<_> = declarations
        .handlers
        .iter()
        .map(|handler| &handler.name)
        .collect();
    let mut state = generation.state.borrow_mut();
    state.held.subscriptions.retain(|name, _| {
        let declared = names.contains(name);
        if !declared {
            report.notes.push(format!(
                "the handler of `{}` with key {:?} is no longer declared: dropped",
                name.0, name.1
            ));
        }
        declared
    });
    // Timers count under the event `timer`, see `tick`.
    state
        .held
        .failures
        .retain(|name, _| names.contains(name) || name.0 == TIMER);
}
