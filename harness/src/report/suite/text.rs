//! The report of a suite for people: a line for each case, what went wrong, a last line.

use std::fmt::Write as _;
use std::time::Duration;

use modding::diagnostic::Fault;

use crate::report::snapshot::{self, ComparedBy};
use crate::report::source::render;
use crate::report::text::{count, handler_failure, number};
use crate::suite::{CaseResult, Status};

/// How many of the slowest cases are named.
const SLOWEST_SHOWN: usize = 3;

/// How the report is written.
#[derive(Clone, Copy, Debug, Default)]
pub struct SuiteTextOptions {
    /// Colour.
    pub colour: bool,
    /// Every line in which a snapshot differs, not only the first ones.
    pub full_diff: bool,
}

/// The lines of the cases, then what went wrong in them.
#[must_use]
pub fn report(results: &[CaseResult], options: SuiteTextOptions) -> String {
    let mut text = String::new();
    let name_width = results
        .iter()
        .map(|result| result.name.chars().count())
        .max();
    let ticks_width = results
        .iter()
        .map(|result| number(result.ticks).len())
        .max();
    let (name_width, ticks_width) = (name_width.unwrap_or(0), ticks_width.unwrap_or(0));
    for result in results {
        let label = label(result.status, options.colour);
        if result.status == Status::NotRun {
            let _ = writeln!(text, " {label}  {}", result.name);
            continue;
        }
        let (ticks, seconds) = (number(result.ticks), result.elapsed.as_secs_f64());
        let _ = write!(
            text,
            " {label}  {:<name_width$}  {ticks:>ticks_width$} ticks  {seconds:.2} s",
            result.name
        );
        let detail = detail(result);
        let _ = writeln!(
            text,
            "{}{detail}",
            if detail.is_empty() { "" } else { "  " }
        );
    }
    for result in results {
        problems(&mut text, result, options);
    }
    text
}

/// The last lines: how many passed, how fast it was, and how to run the failing ones again.
#[must_use]
pub fn last_lines(results: &[CaseResult], elapsed: Duration) -> String {
    let of = |wanted: fn(Status) -> bool| {
        results
            .iter()
            .filter(|result| wanted(result.status))
            .count()
    };
    let failed = of(Status::is_failure);
    let not_run = of(|status| status == Status::NotRun);
    let ticks: u64 = results.iter().map(|result| result.ticks).sum();
    let seconds = elapsed.as_secs_f64();
    // A rate to the tick would be a different number each time.
    let rate = (ticks as f64 / seconds.max(0.001) / 100.0).round() as u64 * 100;
    let mut text = format!(
        "{} passed",
        number(of(|status| status == Status::Passed) as u64)
    );
    for (count, what) in [(failed, "failed"), (not_run, "not run")] {
        if count > 0 {
            let _ = write!(text, ", {} {what}", number(count as u64));
        }
    }
    let _ = write!(
        text,
        " · {} in {seconds:.2} s ({} ticks/s)",
        self::count(ticks, "tick"),
        number(rate)
    );
    let mut slowest: Vec<&CaseResult> = results
        .iter()
        .filter(|result| result.status != Status::NotRun)
        .collect();
    slowest.sort_by_key(|result| std::cmp::Reverse(result.elapsed));
    let slowest: Vec<&str> = slowest
        .iter()
        .take(SLOWEST_SHOWN)
        .map(|result| result.name.as_str())
        .collect();
    if slowest.len() > 1 {
        let _ = write!(text, " · slowest: {}", slowest.join(", "));
    }
    text.push('\n');
    if failed > 0 {
        text.push_str("again: colony-sim test --failed\n");
    }
    text
}

/// What went wrong in a case, without a heading: the faults stand where the author looks for them.
#[must_use]
pub fn faults(result: &CaseResult) -> Vec<Fault> {
    let left_out = result.left_out.iter().flat_map(|left_out| &left_out.faults);
    let snapshots = result.snapshots.iter();
    let snapshots = snapshots.filter_map(|verdict| snapshot::fault(verdict, ComparedBy::Test));
    left_out
        .chain(&result.faults)
        .cloned()
        .chain(snapshots)
        .collect()
}

fn problems(text: &mut String, result: &CaseResult, options: SuiteTextOptions) {
    if !result.status.is_failure() {
        return;
    }
    let mut problems = String::new();
    for left_out in &result.left_out {
        let _ = writeln!(problems, "{} is left out", left_out.name);
        let _ = writeln!(problems, "{}", render(&left_out.faults, options.colour));
    }
    // Failing calls that an expectation allows are no problem.
    let unexpected = |id: &str| {
        let message = format!(" of {id} failed");
        result
            .faults
            .iter()
            .any(|fault| fault.message.ends_with(&message))
    };
    for failure in &result.failures {
        if unexpected(failure.mod_id.as_str()) {
            handler_failure(&mut problems, failure, options.colour);
            problems.push('\n');
        }
    }
    if !result.faults.is_empty() {
        let _ = writeln!(problems, "{}", render(&result.faults, options.colour));
    }
    let snapshots = snapshot::render(
        &result.snapshots,
        ComparedBy::Test,
        options.full_diff,
        options.colour,
    );
    if !snapshots.is_empty() {
        let _ = writeln!(problems, "{snapshots}");
    }
    for line in &result.log {
        let _ = writeln!(problems, "   = {} wrote: {}", line.mod_id, line.text);
    }
    // What stands in the scenario says which case it is of; what stands in a mod, or nowhere, does not.
    let says_where = result.left_out.is_empty()
        && result.faults.iter().all(|fault| {
            let file = fault.place.as_ref().map(|place| place.file.as_ref());
            file.is_some_and(|file| file.ends_with(&result.source) || result.source.ends_with(file))
        });
    if !says_where {
        let _ = writeln!(text, "\nin {}:", result.name);
    }
    text.push('\n');
    text.push_str(problems.trim_end_matches('\n'));
    text.push('\n');
}

/// What of a case did not come out as expected, counted.
fn detail(result: &CaseResult) -> String {
    let mut details = Vec::new();
    match result.status {
        Status::Bug => details.push("a bug in colony-sim".to_owned()),
        Status::Invalid if result.left_out.is_empty() => details.push("invalid".to_owned()),
        _ => {}
    }
    if !result.left_out.is_empty() {
        details.push(format!(
            "{} left out",
            count(result.left_out.len() as u64, "mod")
        ));
    }
    let (met, all) = result.expectations;
    if met < all {
        details.push(format!(
            "{} of {}",
            number(all - met),
            count(all, "expectation")
        ));
    }
    let (matching, snapshots) = result.matching_snapshots();
    if matching < snapshots {
        details.push(format!(
            "{} of {}",
            number(snapshots - matching),
            count(snapshots, "snapshot")
        ));
    }
    if result.status == Status::Failed && details.is_empty() {
        details.push(count(result.faults.len() as u64, "error"));
    }
    details.join(", ")
}

/// The label of a line, four letters wide.
fn label(status: Status, colour: bool) -> String {
    let (label, code) = match status {
        Status::Passed => ("PASS", "32"),
        Status::Failed | Status::Invalid => ("FAIL", "31"),
        Status::Bug => (" BUG", "31"),
        Status::NotRun => ("SKIP", "33"),
    };
    if colour {
        format!("\x1b[1;{code}m{label}\x1b[0m")
    } else {
        label.to_owned()
    }
}
