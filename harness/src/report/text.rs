//! The report for people, as docs/report.md shows it.

use std::fmt::Write as _;

use modding::context::{LogLevel, LogLine};
use modding::diagnostic::Fault;
use modding::report::{
    Fate, MemberAction, MemberReport, Outcome, ReloadReport, StageError, StateReport,
};
use modding::tick::HandlerFailure;

use crate::record::{RunRecord, StepRecord, StepResult};
use crate::report::json::hex;
use crate::report::snapshot;
use crate::report::source::render;

/// Characters of a value that are shown.
const VALUE_CHARACTERS_MAX: usize = 60;

/// Characters of an event that are shown.
const EVENT_CHARACTERS_MAX: usize = 200;

/// Faults of one error that are shown below it.
const FAULTS_SHOWN_MAX: usize = 5;

const INDENT: &str = "       ";

/// How the report is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TextOptions {
    /// Colour in the errors.
    pub colour: bool,
    /// Every line that mods wrote, not only warnings and errors.
    pub log: bool,
    /// Every line in which a snapshot differs, not only the first ones.
    pub full_diff: bool,
}

/// The report of a run, without its wall time.
pub fn report(record: &RunRecord, options: TextOptions) -> String {
    let colour = options.colour;
    let mut text = heading(record);
    for left_out in &record.left_out {
        let _ = writeln!(text, "\n{} is left out", left_out.name);
        text.push_str(&render(&left_out.faults, colour));
    }
    if !record.steps.is_empty() {
        text.push('\n');
        table(&mut text, record);
    }
    log(&mut text, record, options.log);
    for failure in &record.failures {
        text.push('\n');
        handler_failure(&mut text, failure, colour);
    }
    for refused in &record.refused {
        let issuer = refused
            .mod_id
            .as_ref()
            .map_or("the scenario".to_owned(), ToString::to_string);
        let _ = writeln!(
            text,
            "\ntick {}: a command of {issuer} was refused: {}",
            number(refused.tick),
            refused.reason
        );
    }
    let mut faults = record.faults();
    faults.extend(record.broken_trail.clone());
    if !faults.is_empty() {
        text.push('\n');
        text.push_str(&render(&faults, colour));
    }
    let snapshots = snapshot::render(&record.snapshots, options.full_diff, colour);
    if !snapshots.is_empty() {
        text.push('\n');
        text.push_str(&snapshots);
    }
    text.push('\n');
    summary(&mut text, record, options.log);
    text
}

/// A number of things.
pub(crate) fn count(count: u64, thing: &str) -> String {
    format!(
        "{} {thing}{}",
        number(count),
        if count == 1 { "" } else { "s" }
    )
}

/// A number with its thousands apart.
pub fn number(number: u64) -> String {
    let digits = number.to_string();
    let groups: Vec<&str> = digits
        .as_bytes()
        .rchunks(3)
        .rev()
        .map(|group| std::str::from_utf8(group).unwrap_or_default())
        .collect();
    groups.join(",")
}

fn heading(record: &RunRecord) -> String {
    let mods: Vec<String> = record
        .mods
        .iter()
        .map(|at_start| format!("{} {}", at_start.id, at_start.version))
        .collect();
    let mods = if mods.is_empty() {
        "no mods".to_owned()
    } else {
        mods.join(", ")
    };
    format!(
        "{} · seed {} · {} ticks · {mods}\n",
        record.scenario,
        record.seed,
        number(record.ticks)
    )
}

/// One line of the table of changes.
struct Row {
    tick: String,
    title: String,
    outcome: String,
    kind: String,
    generation: String,
    details: Vec<String>,
}

fn table(text: &mut String, record: &RunRecord) {
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
            format!("{old} g{from} goes on{cohort}")
        }
        (Outcome::RolledBack, _) => format!("g{from} goes on{cohort}"),
        (Outcome::Ignored | Outcome::Superseded, _) => format!("g{from}{reason}"),
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
        kind: if matches!(report.outcome, Outcome::Ignored | Outcome::Superseded) {
            "-".to_owned()
        } else {
            member.kind.name().to_owned()
        },
        generation,
        details,
    }
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

fn log(text: &mut String, record: &RunRecord, all: bool) {
    let shown: Vec<&LogLine> = record
        .log
        .iter()
        .filter(|line| all || line.level > LogLevel::Info)
        .collect();
    if !shown.is_empty() {
        text.push('\n');
    }
    for line in shown {
        let level = match line.level {
            LogLevel::Info => "",
            LogLevel::Warn => "warning: ",
            LogLevel::Error => "error: ",
        };
        let _ = writeln!(
            text,
            "{:>5}  {}: {level}{}",
            number(line.tick),
            line.mod_id,
            line.text
        );
    }
}

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

fn summary(text: &mut String, record: &RunRecord, log_shown: bool) {
    let colony = &record.colony;
    let all = colony.alive + colony.died;
    let mut done: Vec<(&String, &u64)> = colony
        .jobs_done
        .iter()
        .filter(|(_, count)| **count > 0)
        .collect();
    done.sort_by_key(|(_, count)| std::cmp::Reverse(**count));
    let kinds: Vec<String> = done
        .iter()
        .map(|(kind, count)| format!("{kind} {}", number(**count)))
        .collect();
    let total: u64 = colony.jobs_done.values().sum();
    let kinds = if kinds.is_empty() {
        String::new()
    } else {
        format!(": {}", kinds.join(", "))
    };
    let _ = writeln!(
        text,
        "colony     {} of {} alive · {} jobs done{kinds}",
        colony.alive,
        all,
        number(total)
    );
    let errors: u64 = record
        .failures
        .iter()
        .map(|failure| u64::from(failure.count))
        .sum();
    let lines = record.log.len() as u64;
    let log = match (lines, log_shown) {
        (0, _) => String::new(),
        (_, true) => format!(" · {}", count(lines, "log line")),
        (_, false) => format!(" · {} (--log)", count(lines, "log line")),
    };
    let left_out = if record.left_out.is_empty() {
        String::new()
    } else {
        format!(" · {} left out", record.left_out.len())
    };
    let (hand_overs, errors) = (
        count(record.hand_overs, "hand-over"),
        count(errors, "failing call"),
    );
    let _ = writeln!(text, "mods       {hand_overs} · {errors}{log}{left_out}");
    let (met, all) = record.expectations();
    let (matching, snapshots) = record.matching_snapshots();
    let snapshots = match snapshots {
        0 => String::new(),
        all => format!(
            " · {} of {} match",
            number(matching),
            count(all, "snapshot")
        ),
    };
    let (met, all) = (number(met), number(all));
    let _ = writeln!(text, "expect     {met} of {all} passed{snapshots}");
    let _ = writeln!(text, "hash       {}", hex(record.hash()));
}
