//! Compares what was expected with what came out, and says the difference.

use std::collections::BTreeMap;

use modding::diagnostic::{Fault, Place, nearest};
use modding::host::Host;
use modding::mod_id::ModId;
use modding::report::{Fate, Outcome, PathFate, ReloadReport};
use modding::tick::HandlerFailure;
use modding::trace::Trace;
use modding::value::Value;

use crate::query;
use crate::record::{StepResult, Verdict};
use crate::report::json::hex;
use crate::scenario::{Check, Comparison, Expectation, Scenario, Step, StepExpectation, Subject};

/// How many of a step's expectations held, and where the others did not. A step without any must not fail: a change that was
/// rolled back unasked is a fault (seed-corrections 43).
pub(crate) fn check_step(step: &Step, tick: u64, result: &StepResult) -> (u64, Vec<Fault>) {
    let Some(expect) = &step.expect else {
        return (0, unasked_failure(step, tick, result));
    };
    let mut comparison = StepComparison {
        step,
        expect,
        tick,
        met: 0,
        faults: Vec::new(),
    };
    let reports = match result {
        StepResult::Reloads(reports) => reports.as_slice(),
        StepResult::Done(_) => &[],
        StepResult::NotReached(fault, _) if expect.outcome.as_deref() != Some("failed") => {
            return (0, located_at_step(step, tick, std::slice::from_ref(fault)));
        }
        StepResult::Failed(faults) if expect.outcome.as_deref() != Some("failed") => {
            return (0, located_at_step(step, tick, faults));
        }
        StepResult::Failed(_) | StepResult::NotReached(..) => &[],
    };
    comparison.outcome(result, reports);
    comparison.reload_type(reports);
    comparison.error(result, reports);
    comparison.paths(Fate::Kept, &expect.kept, reports);
    comparison.paths(Fate::Migrated, &expect.migrated, reports);
    comparison.paths(Fate::Defaulted, &expect.defaulted, reports);
    comparison.paths(Fate::Dropped, &expect.dropped, reports);
    (comparison.met, comparison.faults)
}

/// Looks at an expectation after a tick.
pub(crate) fn judge(
    expectation: &Expectation,
    tick: u64,
    host: &Host,
    count: i64,
    chain_without: Option<u128>,
) -> Verdict {
    let place = &expectation.place;
    let fault = match &expectation.check {
        Check::HashEqualsWithoutStep { label } => {
            (chain_without != Some(host.chain())).then(|| {
                Fault::new(format!(
                    "the hash at tick {tick} is not that of a run without step {label:?}"
                ))
                .help("something of the step stayed in the colony or in a mod")
            })
        }
        Check::HashEquals { hash } => (*hash != host.chain()).then(|| {
            Fault::new(format!(
                "the hash at tick {tick} is {}, expected another",
                hex(host.chain())
            ))
            .help("something went another way than when the hash was written down")
        }),
        Check::Compare {
            subject,
            comparison,
        } => compare(subject, comparison, place, tick, host, count),
    };
    let located = |fault: Fault| match fault.place {
        Some(_) => fault,
        None => fault.at(place.clone()),
    };
    Verdict {
        tick,
        fault: fault.map(located),
    }
}

fn compare(
    subject: &Subject,
    comparison: &Comparison,
    place: &Place,
    tick: u64,
    host: &Host,
    count: i64,
) -> Option<Fault> {
    let (name, found) = match subject {
        Subject::ModState { mod_id, path } => {
            let Some(state) = host.mod_storage(mod_id) else {
                // A mod that does not run has no state.
                if matches!(comparison, Comparison::Exists(false)) {
                    return None;
                }
                return Some(Fault::new(format!(
                    "{mod_id} is not running at tick {tick}"
                )));
            };
            let found = state.at_path(path).cloned();
            if found.is_none() && !matches!(comparison, Comparison::Exists(false)) {
                let message = format!(
                    "`{mod_id}.{path}` is missing at tick {tick}, expected {}",
                    wish(comparison)
                );
                return Some(missing_path(message, path, &state, place));
            }
            (format!("`{mod_id}.{path}`"), found)
        }
        Subject::World { query } => match query::ask(&host.colony(), query) {
            Some(value) => (format!("`{query}`"), Some(value)),
            None => {
                return Some(query::undefined(&host.colony(), query));
            }
        },
        Subject::FailingCalls { mod_id } => (
            format!("the count of failing calls of {mod_id}"),
            Some(Value::Integer(count)),
        ),
        Subject::EventCount { event, .. } => (
            format!("the count of `{event}`"),
            Some(Value::Integer(count)),
        ),
    };
    let holds = match (comparison, &found) {
        (Comparison::Equals(wanted), Some(found)) => Value::from(wanted) == *found,
        (Comparison::NotEquals(wanted), Some(found)) => Value::from(wanted) != *found,
        (Comparison::AtLeast(wanted), Some(Value::Integer(found))) => found >= wanted,
        (Comparison::AtMost(wanted), Some(Value::Integer(found))) => found <= wanted,
        (Comparison::Exists(wanted), found) => found.is_some() == *wanted,
        _ => false,
    };
    let found = found.map_or("nothing".to_owned(), |found| found.to_string());
    (!holds).then(|| {
        Fault::new(format!(
            "{name} is {found} at tick {tick}, expected {}",
            wish(comparison)
        ))
    })
}

/// Says who wrote the path of a mod's state that an expectation is about, or the one nearest to it.
pub(crate) fn explain(fault: &mut Fault, check: &Check, host: &Host, trace: &Trace) {
    let Check::Compare {
        subject: Subject::ModState { mod_id, path },
        ..
    } = check
    else {
        return;
    };
    let Some(state) = host.mod_storage(mod_id) else {
        return;
    };
    let paths = state.paths();
    let there = match state.at_path(path) {
        Some(_) => Some(path.as_str()),
        None => nearest(path, paths.iter().map(String::as_str)),
    };
    let Some(there) = there else { return };
    if let Some(writer) = trace.writer_of_state(mod_id, there) {
        fault.help = Some(format!("`{there}` was written by {writer}"));
    }
}

/// Mods whose calls failed although no expectation speaks of it.
pub(crate) fn unexpected_failures(scenario: &Scenario, failures: &[HandlerFailure]) -> Vec<Fault> {
    let expected = |id: &ModId| {
        scenario.expectations.iter().any(|expectation| {
            matches!(&expectation.check, Check::Compare { subject: Subject::FailingCalls { mod_id }, .. } if mod_id == id)
        })
    };
    let mut counts: BTreeMap<&ModId, u64> = BTreeMap::new();
    for failure in failures.iter().filter(|failure| !expected(&failure.mod_id)) {
        *counts.entry(&failure.mod_id).or_default() += u64::from(failure.count);
    }
    let fault = |(id, count): (&ModId, u64)| {
        let calls = if count == 1 {
            "1 call".to_owned()
        } else {
            format!("{count} calls")
        };
        let help =
            format!("if that is right: [[expect]] failing_calls = \"{id}\" and equals = {count}");
        Fault::new(format!("{calls} of {id} failed")).help(help)
    };
    counts.into_iter().map(fault).collect()
}

/// The fault of a path that is not there, with the nearest one that is at its caret.
fn missing_path(message: String, path: &str, state: &Value, place: &Place) -> Fault {
    let paths = state.paths();
    let place = match nearest(path, paths.iter().map(String::as_str)) {
        Some(near) => {
            let value = state
                .at_path(near)
                .map_or(String::new(), |value| format!(" = {value}"));
            place.clone().label(format!("nearest is `{near}`{value}"))
        }
        None => place.clone(),
    };
    Fault::new(message).at(place)
}

fn wish(comparison: &Comparison) -> String {
    match comparison {
        Comparison::Equals(wanted) => Value::from(wanted).to_string(),
        Comparison::NotEquals(wanted) => format!("anything but {}", Value::from(wanted)),
        Comparison::AtLeast(wanted) => format!("at least {wanted}"),
        Comparison::AtMost(wanted) => format!("at most {wanted}"),
        Comparison::Exists(true) => "something".to_owned(),
        Comparison::Exists(false) => "nothing there".to_owned(),
    }
}

fn unasked_failure(step: &Step, tick: u64, result: &StepResult) -> Vec<Fault> {
    let faults = match result {
        StepResult::Done(_) => Vec::new(),
        StepResult::Failed(faults) => faults.clone(),
        StepResult::NotReached(fault, _) => vec![fault.clone()],
        StepResult::Reloads(reports) => reports.iter().filter_map(failed_unasked).collect(),
    };
    located_at_step(step, tick, &faults)
}

/// Faults of a step as the scenario's author meets them.
fn located_at_step(step: &Step, tick: u64, faults: &[Fault]) -> Vec<Fault> {
    let located = |fault: &Fault| Fault {
        message: format!("step at tick {tick}: {}", fault.message),
        place: fault.place.clone().or(Some(step.place.clone())),
        ..fault.clone()
    };
    faults.iter().map(located).collect()
}

/// Why a reload failed. An edit may be ignored, since it may change nothing; what was asked for by hand may not come to nothing.
fn failed_unasked(report: &ReloadReport) -> Option<Fault> {
    match report.outcome {
        Outcome::Failed => report.reason.clone().map(Fault::new),
        _ => rolled_back_unasked(report),
    }
}

fn rolled_back_unasked(report: &ReloadReport) -> Option<Fault> {
    let error = report
        .error
        .as_ref()
        .filter(|_| report.outcome == Outcome::RolledBack)?;
    let fault = error
        .faults
        .first()
        .cloned()
        .unwrap_or_else(|| Fault::new("no reason was given"));
    let message = format!(
        "{} was rolled back at {}: {}",
        error.mod_id,
        error.stage.name(),
        fault.message
    );
    let help = fault.help.clone().or(Some(
        "if that is right: expect = { outcome = \"rolled back\" }".to_owned(),
    ));
    Some(Fault {
        message,
        help,
        ..fault
    })
}

struct StepComparison<'a> {
    step: &'a Step,
    expect: &'a StepExpectation,
    tick: u64,
    met: u64,
    faults: Vec<Fault>,
}

impl StepComparison<'_> {
    fn settle(&mut self, holds: bool, message: impl FnOnce() -> String) {
        if holds {
            self.met += 1;
        } else {
            let fault = Fault::new(format!("step at tick {}: {}", self.tick, message()));
            self.faults.push(fault.at(self.expect.place.clone()));
        }
    }

    fn outcome(&mut self, result: &StepResult, reports: &[ReloadReport]) {
        let Some(wanted) = &self.expect.outcome else {
            // Unasked failures are faults here too, unless the stage or the error of one is expected.
            if self.expect.stage.is_none() && self.expect.error.is_none() {
                let unasked: Vec<Fault> = reports.iter().filter_map(failed_unasked).collect();
                self.faults
                    .extend(located_at_step(self.step, self.tick, &unasked));
            }
            return;
        };
        let found: Vec<&str> = match result {
            StepResult::Done(_) => vec!["done"],
            StepResult::Failed(_) | StepResult::NotReached(..) => vec!["failed"],
            _ => reports.iter().map(|report| report.outcome.name()).collect(),
        };
        let reasons = reports.iter().filter_map(|report| {
            let error = report
                .error
                .as_ref()
                .and_then(|error| error.faults.first())
                .map(ToString::to_string);
            error.or_else(|| report.reason.clone())
        });
        let reasons: Vec<String> = reasons.collect();
        let why = if reasons.is_empty() {
            String::new()
        } else {
            format!(" ({})", reasons.join("; "))
        };
        let holds = !found.is_empty() && found.iter().all(|outcome| outcome == wanted);
        self.settle(holds, || {
            format!(
                "the outcome is {}{why}, expected {wanted}",
                found.join(", ")
            )
        });
    }

    fn reload_type(&mut self, reports: &[ReloadReport]) {
        let Some(wanted) = &self.expect.kind else {
            return;
        };
        let strongest = reports
            .iter()
            .flat_map(|report| &report.members)
            .map(|member| member.kind)
            .max();
        let found = strongest.map_or("none", |kind| kind.name());
        self.settle(found == wanted, || {
            format!("the reload's type is {found}, expected {wanted}")
        });
    }

    fn error(&mut self, result: &StepResult, reports: &[ReloadReport]) {
        let errors: Vec<_> = reports
            .iter()
            .flat_map(|report| report.error.iter().chain(&report.hand_back_errors))
            .collect();
        if let Some(wanted) = &self.expect.stage {
            let found: Vec<&str> = errors.iter().map(|error| error.stage.name()).collect();
            let shown = if found.is_empty() {
                "none".to_owned()
            } else {
                found.join(", ")
            };
            self.settle(found.contains(&wanted.as_str()), || {
                format!("the failing stage is {shown}, expected {wanted}")
            });
        }
        if let Some(wanted) = &self.expect.error {
            let failed = match result {
                StepResult::Failed(faults) => faults.as_slice(),
                StepResult::NotReached(fault, _) => std::slice::from_ref(fault),
                _ => &[],
            };
            let faults = errors.iter().flat_map(|error| &error.faults).chain(failed);
            let failed = reports
                .iter()
                .filter(|report| report.outcome == Outcome::Failed);
            let reasons = failed.filter_map(|report| report.reason.clone());
            let found: Vec<String> = faults.map(ToString::to_string).chain(reasons).collect();
            let shown = if found.is_empty() {
                "none".to_owned()
            } else {
                format!("{:?}", found.join("; "))
            };
            self.settle(found.iter().any(|text| text.contains(wanted)), || {
                format!("the error is {shown}, expected {wanted:?} in it")
            });
        }
    }

    /// Paths may be written with their mod in front. An empty list means none.
    fn paths(&mut self, fate: Fate, wanted: &Option<Vec<String>>, reports: &[ReloadReport]) {
        let Some(wanted) = wanted else { return };
        let members = reports.iter().flat_map(|report| &report.members);
        let found: Vec<String> = members
            .flat_map(|member| {
                let of_fate = |path: &&PathFate| path.fate == fate;
                member
                    .state
                    .paths
                    .iter()
                    .filter(of_fate)
                    .map(|path| format!("{}.{}", member.mod_id, path.path))
            })
            .collect();
        let has = |path: &String| {
            found.iter().any(|full| {
                full == path || full.split_once('.').is_some_and(|(_, own)| own == path)
            })
        };
        let holds = if wanted.is_empty() {
            found.is_empty()
        } else {
            wanted.iter().all(has)
        };
        self.settle(holds, || {
            format!("{} are {found:?}, expected {wanted:?}", fate.name())
        });
    }
}
