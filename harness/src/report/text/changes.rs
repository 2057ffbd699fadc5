//! What became of the changes of a run: a table, and below each change its state and its errors.

use std::fmt::Write as _;

use modding::diagnostic::Fault;
use modding::report::{
    Fate, MemberAction, MemberReport, Outcome, ReloadReport, StageError, StateReport,
};

use super::number;
use crate::record::{RunRecord, StepRecord, StepResult};

/// Characters of a value that are shown.
const VALUE_CHARACTERS_MAX: usize = 60;

/// Faults of one error that are shown below it.
const FAULTS_SHOWN_MAX: usize = 5;

const INDENT: &str = "       ";

/// One line of the table of changes.
struct Row {
    tick: String,
    title: String,
    outcome: String,
    kind: String,
    generation: String,
    details: Vec<String>,
}

/// The table of changes.
pub(super) fn table(text: &mut String, record: &RunRecord) {
    let rows: Vec<Row> = record.steps.iter().flat_map(rows).collect();
    let width = |of: fn(&Row) -> &String, least: usize| {
        rows.iter()
            .map(|row| of(row).chars().count())
            .max()
            .unwrap_or(0)
            .max(least)
    };
    let (change, outcome) = (width(|row| &row.title, 6), width(|row| &row.outcome, 7));
    let kind = width(|row| &row.kind, 4);
    let _ = writeln!(
        text,
        " tick  {:<change$}  {:<outcome$}  {:<kind$}  generation",
        "change", "outcome", "type"
    );
    for row in &rows {
        let line = format!(
            "{:>5}  {:<change$}  {:<outcome$}  {:<kind$}  {}",
            row.tick, row.title, row.outcome, row.kind, row.generation
        );
        let _ = writeln!(text, "{}", line.trim_end());
        for detail in &row.details {
            let _ = writeln!(text, "{INDENT}  {detail}");
        }
    }
}

fn rows(step: &StepRecord) -> Vec<Row> {
    let tick = number(step.tick);
    let plain = |outcome: &str, details: Vec<String>| Row {
        tick: tick.clone(),
        title: step.title.clone(),
        outcome: outcome.to_owned(),
        kind: "-".to_owned(),
        generation: String::new(),
        details,
    };
    match &step.result {
        StepResult::Done(notes) => vec![plain("done", notes.clone())],
        StepResult::Failed(faults) => vec![plain("failed", fault_lines(faults))],
        StepResult::Reloads(reports) if reports.is_empty() => {
            vec![plain("nothing to do", Vec::new())]
        }
        StepResult::NotReached(fault, reports) => {
            let mut rows = vec![plain("failed", fault_lines(std::slice::from_ref(fault)))];
            let what_became = reports.iter();
            rows.extend(what_became.flat_map(|report| reload_rows(&step.title, report)));
            rows
        }
        StepResult::Reloads(reports) => {
            let mut rows: Vec<Row> = reports
                .iter()
                .flat_map(|report| reload_rows(&step.title, report))
                .collect();
            if let Some(first) = rows.first_mut() {
                first.tick = tick;
            }
            rows
        }
    }
}

fn reload_rows(title: &str, report: &ReloadReport) -> Vec<Row> {
    let mut rows: Vec<Row> = report
        .members
        .iter()
        .map(|member| member_row(title, member, report))
        .collect();
    if rows.is_empty() {
        let reason = report.reason.clone().unwrap_or_default();
        rows.push(Row {
            tick: String::new(),
            title: title.to_owned(),
            outcome: report.outcome.name().to_owned(),
            kind: "-".to_owned(),
            generation: reason,
            details: Vec::new(),
        });
    }
    if let Some(last) = rows.last_mut() {
        let errors = report.error.iter().chain(&report.hand_back_errors);
        last.details.extend(errors.flat_map(stage_error_lines));
    }
    rows
}

fn member_row(title: &str, member: &MemberReport, report: &ReloadReport) -> Row {
    let (before, after) = &member.versions;
    let (from, to) = member.generations;
    let reason = report
        .reason
        .as_ref()
        .map_or(String::new(), |reason| format!("   {reason}"));
    let instead = instead(report);
    let cohort = if report.members.len() > 1 && report.members.last() == Some(member) {
        "   same cohort"
    } else {
        ""
    };
    let generation = match (report.outcome, &member.action) {
        (Outcome::Committed, MemberAction::Reloaded) => {
            format!("g{from} -> g{to}{reason}{cohort}")
        }
        (Outcome::Committed, MemberAction::Renamed { from: old }) => {
            format!("g{from} -> g{to}   takes over from {old}{cohort}")
        }
        (Outcome::Committed, action) => format!("{} g{to}{cohort}", action.name()),
        (Outcome::RolledBack, MemberAction::Renamed { from: old }) => {
            format!("{old} g{from} goes on{instead}{cohort}")
        }
        (Outcome::RolledBack, _) => format!("g{from} goes on{instead}{cohort}"),
        (Outcome::Failed | Outcome::Ignored | Outcome::Superseded, _) => format!("g{from}{reason}"),
    };
    let details = if report.outcome == Outcome::Committed {
        state_lines(&member.state)
    } else {
        Vec::new()
    };
    Row {
        tick: String::new(),
        title: if before == after {
            changed_files(title, member, report)
        } else {
            format!("{} {before} -> {after}", member.mod_id)
        },
        outcome: report.outcome.name().to_owned(),
        kind: if matches!(
            report.outcome,
            Outcome::Failed | Outcome::Ignored | Outcome::Superseded
        ) {
            "-".to_owned()
        } else {
            member.kind.name().to_owned()
        },
        generation,
        details,
    }
}

/// What was to run in the place of what goes on, where the files on the disk do not tell: after a rollback, or a migration that was
/// to run again.
pub(crate) fn instead(report: &ReloadReport) -> String {
    let reason = report.reason.as_ref();
    reason.map_or(String::new(), |reason| format!(" instead of the {reason}"))
}

/// A step's own words where it is about one mod; among several, the mod and what changed of it.
fn changed_files(title: &str, member: &MemberReport, report: &ReloadReport) -> String {
    let whole_mod = title == member.mod_id.as_str() && !member.changed.is_empty();
    if report.members.len() == 1 && title.contains(member.mod_id.as_str()) && !whole_mod {
        return title.to_owned();
    }
    match member.changed.as_slice() {
        [] => format!("{} ({title})", member.mod_id),
        [only] => format!("{}/{only}", member.mod_id),
        [first, rest @ ..] => format!("{}/{first} and {} more", member.mod_id, rest.len()),
    }
}

/// What became of each path, what was carried, and notes.
pub(crate) fn state_lines(state: &StateReport) -> Vec<String> {
    let width = state
        .paths
        .iter()
        .map(|path| path.path.chars().count())
        .max()
        .unwrap_or(0);
    let mut lines = Vec::new();
    for fate in [Fate::Kept, Fate::Migrated, Fate::Defaulted, Fate::Dropped] {
        for path in state.paths.iter().filter(|path| path.fate == fate) {
            let by = path
                .by
                .as_ref()
                .map_or(String::new(), |by| format!("   {by}"));
            lines.push(format!(
                "{:<9}  {:<width$}  {}{by}",
                fate.name(),
                path.path,
                shortened(&path.value)
            ));
        }
    }
    let mut carried = Vec::new();
    if state.handlers > 0 {
        carried.push(format!(
            "{} handler{}",
            state.handlers,
            if state.handlers == 1 { "" } else { "s" }
        ));
    }
    for timer in &state.timers {
        let due = timer.due.map_or("stopped".to_owned(), |due| {
            format!("next at {}", number(due))
        });
        carried.push(format!("timer `{}`, {due}", timer.name));
    }
    if state.random_draws > 0 {
        carried.push(format!("{} random draws", number(state.random_draws)));
    }
    if state.pending_commands > 0 {
        carried.push(format!("{} commands waiting", state.pending_commands));
    }
    if !carried.is_empty() {
        lines.push(format!("carried    {}", carried.join(" · ")));
    }
    lines.extend(state.notes.iter().map(|note| format!("note       {note}")));
    lines
}

fn shortened(value: &str) -> String {
    if value.chars().count() <= VALUE_CHARACTERS_MAX {
        return value.to_owned();
    }
    let start: String = value.chars().take(VALUE_CHARACTERS_MAX).collect();
    format!("{start}...")
}

fn stage_error_lines(error: &StageError) -> Vec<String> {
    let mut lines = fault_lines(&error.faults);
    if let Some(first) = lines.first_mut() {
        *first = format!("{} (at {} of {})", first, error.stage.name(), error.mod_id);
    }
    lines
}

fn fault_lines(faults: &[Fault]) -> Vec<String> {
    let mut lines = Vec::new();
    for fault in faults.iter().take(FAULTS_SHOWN_MAX) {
        lines.push(format!("error: {}", fault.message));
        if let Some(place) = &fault.place {
            lines.push(format!(
                "--> {}:{}:{}",
                place.file,
                place.line(),
                place.column()
            ));
        }
        if let Some(help) = &fault.help {
            lines.push(format!("help: {help}"));
        }
    }
    if faults.len() > FAULTS_SHOWN_MAX {
        lines.push(format!("and {} more", faults.len() - FAULTS_SHOWN_MAX));
    }
    lines
}
