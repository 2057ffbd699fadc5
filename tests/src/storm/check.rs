//! What must hold of a storm, whatever its steps do.

use std::panic::{AssertUnwindSafe, catch_unwind};

use harness::record::{RunRecord, StepRecord, StepResult};
use harness::report::json;
use harness::runner::{EveryTick, RunOptions, run};
use harness::scenario::{Action, Scenario, Step};
use harness::workspace::Workspace;
use modding::diagnostic::Fault;
use modding::report::Outcome;

use super::outcomes;
use crate::first_difference;

/// Something that must hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Property {
    /// I1: the same run twice, the second time in another thread, is the same report.
    SameRunTwice,
    /// I3: a step that ended rolled back or ignored is as if it had not been; so is a save, and a checkpoint.
    FailedStepsUnseen,
    /// I4: a forced hand-over of every mod at every tick cannot be seen.
    HandOversUnseen,
    /// I5: neither can a save and a load at every tick.
    SavesUnseen,
    /// I7: every change ends in one outcome, with a reason where it is not committed.
    Outcomes,
    /// After the storm all mods run again, and nothing fails.
    Health,
}

impl Property {
    /// All properties, the cheapest first.
    pub const ALL: [Property; 6] = [
        Property::Outcomes,
        Property::Health,
        Property::SameRunTwice,
        Property::FailedStepsUnseen,
        Property::HandOversUnseen,
        Property::SavesUnseen,
    ];
}

/// A property that does not hold.
#[derive(Clone, Debug)]
pub struct Failure {
    /// The property.
    pub property: Property,
    /// What was found.
    pub message: String,
}

/// The properties that a scenario does not have; a panic is a failure of the property that was looked at.
#[must_use]
pub fn failures(scenario: &Scenario, workspace: &Workspace) -> Vec<Failure> {
    let properties = Property::ALL.into_iter();
    let found = properties.filter_map(|property| check(property, scenario, workspace).err());
    found.collect()
}

/// Whether a scenario has a property.
///
/// # Errors
/// What was found instead.
pub fn check(
    property: Property,
    scenario: &Scenario,
    workspace: &Workspace,
) -> Result<(), Failure> {
    let look = || match property {
        Property::SameRunTwice => same_run_twice(scenario, workspace),
        Property::FailedStepsUnseen => failed_steps_unseen(scenario, workspace),
        Property::HandOversUnseen => unseen(scenario, workspace, EveryTick::HandOver),
        Property::SavesUnseen => unseen(scenario, workspace, EveryTick::SaveAndLoad),
        Property::Outcomes => outcomes::check(scenario, &plain(scenario, workspace)?),
        Property::Health => outcomes::check_health(scenario, &plain(scenario, workspace)?),
    };
    let result = catch_unwind(AssertUnwindSafe(look)).unwrap_or_else(|panic| {
        let text = panic.downcast_ref::<String>().cloned();
        let text = text.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()));
        Err(format!("panic: {}", text.unwrap_or_default()))
    });
    result.map_err(|message| Failure { property, message })
}

fn run_with(
    scenario: &Scenario,
    workspace: &Workspace,
    every_tick: EveryTick,
) -> Result<RunRecord, String> {
    let options = RunOptions {
        every_tick,
        ..RunOptions::default()
    };
    run(scenario, workspace, &options, &mut |_| {}).map_err(|faults| listed(&faults))
}

fn plain(scenario: &Scenario, workspace: &Workspace) -> Result<RunRecord, String> {
    run_with(scenario, workspace, EveryTick::Nothing)
}

pub(super) fn listed(faults: &[Fault]) -> String {
    let faults: Vec<String> = faults.iter().map(ToString::to_string).collect();
    faults.join("; ")
}

fn same_run_twice(scenario: &Scenario, workspace: &Workspace) -> Result<(), String> {
    let report = || plain(scenario, workspace).map(|record| json::report(&record, 0));
    let here = report()?;
    let elsewhere = std::thread::scope(|scope| scope.spawn(report).join());
    let elsewhere = elsewhere.map_err(|_| "the run panics in another thread".to_owned())??;
    if here == elsewhere {
        return Ok(());
    }
    let lines = here.lines().zip(elsewhere.lines());
    let unlike = lines.filter(|(left, right)| left != right).take(3);
    let unlike: Vec<String> = unlike
        .map(|(left, right)| format!("`{}` and `{}`", left.trim(), right.trim()))
        .collect();
    Err(format!("two runs differ: {}", unlike.join(", ")))
}

fn unseen(scenario: &Scenario, workspace: &Workspace, every_tick: EveryTick) -> Result<(), String> {
    let without = plain(scenario, workspace)?;
    let with = run_with(scenario, workspace, every_tick)?;
    match first_difference(&without, &with) {
        None => Ok(()),
        Some(tick) => Err(format!(
            "{every_tick:?} at every tick is first seen after tick {tick}; {}",
            unlike_steps(&without, &with)
        )),
    }
}

/// The first steps that ended otherwise in another run.
fn unlike_steps(one: &RunRecord, other: &RunRecord) -> String {
    let labelled = |record: &RunRecord| -> Vec<(String, String)> {
        let steps = record.steps.iter();
        let steps = steps.filter_map(|step| Some((step.label.clone()?, told(step))));
        steps.collect()
    };
    let pairs = labelled(one).into_iter().zip(labelled(other));
    let unlike: Vec<String> = pairs
        .filter(|(left, right)| left != right)
        .take(2)
        .map(|(left, right)| format!("{}: {} / {}", left.0, left.1, right.1))
        .collect();
    match unlike.is_empty() {
        true => "all steps ended alike".to_owned(),
        false => unlike.join("; "),
    }
}

/// How a step ended, in a line.
pub(super) fn told(step: &StepRecord) -> String {
    match &step.result {
        StepResult::Done(notes) => format!("done ({})", notes.join(", ")),
        StepResult::Failed(faults) => format!("failed ({})", listed(faults)),
        StepResult::NotReached(fault, _) => {
            format!("failed ({})", listed(std::slice::from_ref(fault)))
        }
        StepResult::Reloads(reports) => {
            let reports = reports.iter().map(|report| {
                let members = report.members.iter().map(|member| {
                    let (from, to) = member.generations;
                    format!("{} {from}->{to}", member.mod_id)
                });
                let members: Vec<String> = members.collect();
                let error = report.error.as_ref().map(|error| {
                    format!(
                        " at {} of {}: {}",
                        error.stage.name(),
                        error.mod_id,
                        listed(&error.faults)
                    )
                });
                format!(
                    "{} [{}]{}{}",
                    report.outcome.name(),
                    members.join(", "),
                    report.reason.as_deref().unwrap_or_default(),
                    error.unwrap_or_default()
                )
            });
            reports.collect::<Vec<_>>().join(" + ")
        }
    }
}

/// Whether a step was to leave nothing behind but files.
fn must_be_unseen(step: &Step, record: &StepRecord) -> bool {
    match (&record.result, &step.action) {
        (StepResult::Reloads(reports), _) => reports
            .iter()
            .all(|report| matches!(report.outcome, Outcome::RolledBack | Outcome::Ignored)),
        (_, Action::Save { .. } | Action::Checkpoint) => true,
        _ => false,
    }
}

/// Compares, for each step that was to leave nothing behind, the run up to the step that follows with one without it. What files
/// it left is another matter: what follows may read them.
fn failed_steps_unseen(scenario: &Scenario, workspace: &Workspace) -> Result<(), String> {
    let record = plain(scenario, workspace)?;
    for (at, step) in scenario.steps.iter().enumerate() {
        let acted = record.steps.iter().find(|acted| acted.label == step.label);
        if !acted.is_some_and(|acted| must_be_unseen(step, acted)) {
            continue;
        }
        let next = scenario.steps.get(at + 1);
        let last = next.map_or(scenario.ticks, |next| next.at - 1);
        let until = |steps: &[Step]| Scenario {
            steps: steps.to_vec(),
            ticks: last,
            ..scenario.clone()
        };
        if last < step.at {
            continue;
        }
        let with = plain(&until(&scenario.steps[..=at]), workspace)?;
        let without = plain(&until(&scenario.steps[..at]), workspace)?;
        if let Some(tick) = first_difference(&with, &without) {
            let label = step.label.as_deref().unwrap_or_default();
            return Err(format!(
                "{label} is seen after tick {tick}: {}",
                acted.map(told).unwrap_or_default()
            ));
        }
    }
    Ok(())
}
