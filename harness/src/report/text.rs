//! The report for people.

mod changes;
mod failures;
mod refused;

use std::collections::BTreeMap;
use std::fmt::Write as _;

use modding::context::{LogLevel, LogLine};
use modding::mod_id::ModId;

use crate::record::{ColonyAtEnd, RunRecord};
use crate::report::json::hex;
use crate::report::snapshot::{self, ComparedBy};
use crate::report::source::render;
use changes::table;

pub(crate) use changes::{instead, state_lines};
pub(crate) use failures::{failure_details, handler_failure, handler_name};

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
        let since = record.left_out_since.get(&left_out.name);
        let since = since.map_or(String::new(), |tick| {
            format!(" since tick {}", number(*tick))
        });
        let _ = writeln!(text, "\n{} is left out{since}", left_out.name);
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
    refused::commands(&mut text, &record.refused);
    let mut faults = record.faults();
    faults.extend(record.broken_trail.clone());
    if !faults.is_empty() {
        if !record.left_out.is_empty() {
            text.push_str("\nwhat follows may come of what is left out:\n");
        }
        text.push('\n');
        text.push_str(&render(&faults, colour));
    }
    let snapshots = snapshot::render(
        &record.snapshots,
        ComparedBy::Run,
        options.full_diff,
        colour,
    );
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

/// A line for each definition that several mods had a hand in.
fn changed_definitions(text: &mut String, record: &RunRecord) {
    let mut title = "content";
    for changed in &record.changed_definitions {
        let mods: Vec<&str> = changed.changed_by.iter().map(ModId::as_str).collect();
        let _ = writeln!(
            text,
            "{title:<11}{} of {}, changed by {}",
            changed.name,
            changed.defined_by,
            mods.join(", ")
        );
        title = "";
    }
}

/// Counts by name, the largest first, without those that are 0.
pub(super) fn counts(counts: &BTreeMap<String, u64>) -> String {
    let mut counts: Vec<(&String, u64)> = counts
        .iter()
        .map(|(name, count)| (name, *count))
        .filter(|(_, count)| *count > 0)
        .collect();
    counts.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    let named: Vec<String> = counts
        .iter()
        .map(|(name, count)| format!("{name} {}", number(*count)))
        .collect();
    named.join(", ")
}

fn colony(text: &mut String, colony: &ColonyAtEnd) {
    let all = colony.alive + colony.died;
    let total: u64 = colony.jobs_done.values().sum();
    let kinds = match counts(&colony.jobs_done) {
        kinds if kinds.is_empty() => kinds,
        kinds => format!(": {kinds}"),
    };
    let causes = match counts(&colony.causes_of_death) {
        causes if causes.is_empty() => causes,
        causes => format!(" (died of {causes})"),
    };
    let _ = writeln!(
        text,
        "colony     {} of {all} alive{causes} · {} jobs done{kinds}",
        colony.alive,
        number(total)
    );
}

fn summary(text: &mut String, record: &RunRecord, log_shown: bool) {
    colony(text, &record.colony);
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
    let refused = match record.refused.len() as u64 {
        0 => String::new(),
        refused => format!(" · {}", count(refused, "refused command")),
    };
    let (hand_overs, errors) = (
        count(record.hand_overs, "hand-over"),
        count(errors, "failing call"),
    );
    let _ = writeln!(
        text,
        "mods       {hand_overs} · {errors}{refused}{log}{left_out}"
    );
    changed_definitions(text, record);
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
