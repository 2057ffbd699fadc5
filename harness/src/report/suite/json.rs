//! The report of a suite for programs: no wall times, no absolute paths, the same bytes whatever the number of threads.

use serde_json::{Value, json};

use crate::report::json::{REPORT_VERSION, failure, faults, folder, hex};
use crate::report::snapshot;
use crate::suite::{CaseResult, Status};

/// The report, indented, with a line end. `orphans` are snapshot files, as seen from the project's root.
#[must_use]
pub fn report(results: &[CaseResult], orphans: &[String], exit_code: u8) -> String {
    let count = |wanted: fn(Status) -> bool| {
        results
            .iter()
            .filter(|result| wanted(result.status))
            .count()
    };
    let report = json!({
        "version": REPORT_VERSION,
        "exit_code": exit_code,
        "passed": count(|status| status == Status::Passed),
        "failed": count(Status::is_failure),
        "not_run": count(|status| status == Status::NotRun),
        "ticks": results.iter().map(|result| result.ticks).sum::<u64>(),
        "cases": results.iter().map(case).collect::<Vec<_>>(),
        "orphans": orphans,
    });
    let mut text =
        serde_json::to_string_pretty(&report).expect("a tree of plain values is always JSON");
    text.push('\n');
    text
}

fn case(result: &CaseResult) -> Value {
    let folder = folder(&result.source);
    let (met, all) = result.expectations;
    let snapshots = result.snapshots.iter();
    json!({
        "name": result.name,
        "kind": result.kind,
        "file": result.source,
        "status": result.status.name(),
        "ticks": result.ticks,
        "hash": result.hash.map(hex),
        "expectations": { "met": met, "all": all },
        "faults": faults(&result.faults),
        "left_out": result.left_out.iter().map(|left_out| json!({ "mod": left_out.name, "faults": faults(&left_out.faults) })).collect::<Vec<_>>(),
        "failures": result.failures.iter().map(failure).collect::<Vec<_>>(),
        "snapshots": snapshots.map(|verdict| snapshot::json(verdict, &folder)).collect::<Vec<_>>(),
        "warnings": result.warnings,
    })
}
