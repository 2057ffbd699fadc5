//! Runs a scenario as a case.

use modding::diagnostic::Fault;

use super::{Case, CaseResult, ScenarioCase, Status};
use crate::load_from;
use crate::record::RunRecord;
use crate::runner::{RunOptions, run_explained};
use crate::snapshot::{Asked, Update, compare};

/// Runs it and compares its snapshots; files are left for the caller to change.
#[must_use]
pub fn run_scenario(case: &Case, scenario_case: &ScenarioCase, update: Update) -> CaseResult {
    let mut result = CaseResult::of(case, Status::Passed);
    if let Err(faults) = fill(&mut result, scenario_case, update) {
        result.status = Status::Invalid;
        result.faults = faults;
    }
    result
}

fn fill(result: &mut CaseResult, case: &ScenarioCase, update: Update) -> Result<(), Vec<Fault>> {
    let (scenario, workspace) = load_from(&case.file, &case.library)?;
    result.asked = Asked::Plan(scenario.snapshot.clone(), scenario.ticks);
    let options = RunOptions {
        snapshots: true,
        ..RunOptions::default()
    };
    let mut compare_snapshots = |record: &mut RunRecord| {
        // A run without one of its mods is not the run whose snapshots were accepted.
        if record.left_out.is_empty() {
            let changes = compare(&scenario, &case.source, &record.captured, update);
            record.snapshots = changes.verdicts;
            record.broken_trail = changes.broken_trail;
            result.files = changes.files;
            result.warnings = changes.warnings;
        }
    };
    let mut record = run_explained(
        &scenario,
        &workspace,
        &options,
        &mut compare_snapshots,
        &mut |_| {},
    )?;
    result.status = if !record.left_out.is_empty() {
        Status::Invalid
    } else if record.passed() {
        Status::Passed
    } else {
        Status::Failed
    };
    result.ticks = record.ticks_run;
    result.expectations = record.expectations();
    result.faults = record.faults();
    result.faults.extend(record.broken_trail.take());
    result.hash = Some(record.hash());
    result.left_out = record.left_out;
    result.failures = record.failures;
    result.snapshots = record.snapshots;
    Ok(())
}
