//! Snapshots that are not as accepted, for people: where the runs part, and which facts differ.

use std::fmt::Write as _;

use modding::diagnostic::Fault;
use serde_json::{Value, json};

use crate::report::source::render_with_notes;
use crate::report::text::number;
use crate::snapshot::{
    Difference, FactDifference, FirstDifference, SnapshotOutcome, SnapshotVerdict,
};

/// Lines of a difference that are shown unless all are asked for.
const LINES_SHOWN_MAX: usize = 5;

/// Who has compared snapshots: what is to be reviewed was written by one of them alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ComparedBy {
    /// `colony-sim run`.
    Run,
    /// `colony-sim test`.
    Test,
}

/// What is wrong with a snapshot, in one sentence; `None` if nothing is.
#[must_use]
pub fn fault(verdict: &SnapshotVerdict, by: ComparedBy) -> Option<Fault> {
    let tick = number(verdict.tick);
    let review = match by {
        ComparedBy::Run => "colony-sim test, then colony-sim review",
        ComparedBy::Test => "colony-sim review",
    };
    let fault = match &verdict.outcome {
        SnapshotOutcome::Matches | SnapshotOutcome::Added | SnapshotOutcome::Updated => {
            return None;
        }
        SnapshotOutcome::Missing => Fault::new(format!("there is no snapshot at tick {tick}"))
            .help(format!("read what it would be, and accept it: {review}")),
        SnapshotOutcome::Differs(difference) if difference.facts.is_empty() => Fault::new(format!(
            "snapshot at tick {tick} differs in nothing but hashes"
        ))
        .help("if that is right: colony-sim test --update=hashes"),
        SnapshotOutcome::Differs(_) => Fault::new(format!("snapshot at tick {tick} differs"))
            .help(format!("if that is right: {review}")),
        SnapshotOutcome::Broken(fault) => {
            let help = fault.help.clone();
            let help = help.unwrap_or("write it again: colony-sim test --update".to_owned());
            return Some(fault.clone().help(help));
        }
    };
    Some(match &verdict.place {
        Some(place) => fault.at(place.clone()),
        None => fault,
    })
}

/// Those that are not as accepted, as errors with what differs, an empty line between them.
#[must_use]
pub fn render(verdicts: &[SnapshotVerdict], by: ComparedBy, full: bool, colour: bool) -> String {
    let rendered: Vec<String> = verdicts
        .iter()
        .filter_map(|verdict| {
            let notes = match &verdict.outcome {
                SnapshotOutcome::Differs(difference) => notes(difference, verdict.tick, full),
                _ => Vec::new(),
            };
            Some(render_with_notes(&fault(verdict, by)?, &notes, colour))
        })
        .collect();
    rendered.join("\n")
}

/// A verdict for programs; `folder` is the scenario's, as seen from the project's root.
#[must_use]
pub fn json(verdict: &SnapshotVerdict, folder: &str) -> Value {
    let name = verdict.file.rsplit('/').next().unwrap_or_default();
    let outcome = match &verdict.outcome {
        SnapshotOutcome::Matches => "matches",
        SnapshotOutcome::Added => "added",
        SnapshotOutcome::Updated => "updated",
        SnapshotOutcome::Missing => "missing",
        SnapshotOutcome::Differs(_) => "differs",
        SnapshotOutcome::Broken(_) => "broken",
    };
    let mut value = json!({
        "tick": verdict.tick,
        "file": format!("{folder}{}/{name}", crate::snapshot::FOLDER),
        "outcome": outcome,
    });
    match &verdict.outcome {
        SnapshotOutcome::Differs(difference) => {
            value["first_difference"] = difference.first.as_ref().map_or(
                Value::Null,
                |first| json!({ "same_at": first.same, "tick": first.tick, "parts": first.parts }),
            );
            let facts = difference.facts.iter().map(|fact| {
                json!({
                    "section": fact.section,
                    "entity": fact.entity,
                    "field": fact.field,
                    "old": fact.old,
                    "new": fact.new,
                    "writer": fact.writer,
                })
            });
            value["facts"] = facts.collect();
            value["parts"] = json!(difference.parts);
        }
        SnapshotOutcome::Broken(fault) => {
            value["message"] = json!(fault.message);
            value["fault"] = super::json::fault(fault);
        }
        _ => {}
    }
    value
}

/// The notes below a snapshot that differs: where the runs part and whose fact differs first, its lines, how many more.
fn notes(difference: &Difference, tick: u64, full: bool) -> Vec<String> {
    let mut heading = match &difference.first {
        Some(first) => format!("first difference: {}", when(first)),
        None => format!("difference: at tick {}", number(tick)),
    };
    let facts = &difference.facts;
    let Some(leading) = leading(difference) else {
        let parts = format!("hashes that differ: {}", difference.parts.join(", "));
        return vec![heading, parts];
    };
    let first_parts = difference.first.iter().flat_map(|first| &first.parts);
    if !first_parts.eq([&leading.section]) {
        // Where the runs part is one thing, what the snapshot shows of it another.
        let at = match difference.first {
            Some(_) => format!("; at tick {}", number(tick)),
            None => String::new(),
        };
        let _ = write!(heading, "{at}, {}", leading.section);
    }
    if !leading.entity.is_empty() {
        let _ = write!(heading, ", {}", leading.entity);
    }
    let of_leading = |fact: &&FactDifference| {
        (&fact.section, &fact.entity) == (&leading.section, &leading.entity)
    };
    let (first, rest): (Vec<_>, Vec<_>) = facts.iter().partition(of_leading);
    let shown_max = if full { facts.len() } else { LINES_SHOWN_MAX };
    for fact in first.iter().take(shown_max) {
        change(&mut heading, &fact.field, fact);
    }
    if full {
        for fact in rest {
            let name = format!("{}, {}", fact.section, fact.name());
            change(&mut heading, &name, fact);
        }
        return vec![heading];
    }
    let writer = first.iter().find_map(|fact| fact.writer.as_ref());
    let writer = writer.map(|writer| format!("written by {writer}"));
    let hidden = facts.len() - first.len().min(shown_max);
    let lines = if hidden == 1 {
        "line differs"
    } else {
        "lines differ"
    };
    let more = format!("{} more {lines} (--full-diff)", number(hidden as u64));
    [heading]
        .into_iter()
        .chain(writer)
        .chain((hidden > 0).then_some(more))
        .collect()
}

/// The fact to show first: of a part that differs first, where there is one.
fn leading(difference: &Difference) -> Option<&FactDifference> {
    let first = difference.first.as_ref();
    let of_first_part = |fact: &&FactDifference| {
        let of_mod = fact
            .entity
            .strip_prefix("mod ")
            .map(|id| format!("mods.{id}"));
        let part = of_mod.unwrap_or_else(|| fact.section.clone());
        first.is_some_and(|first| first.parts.contains(&part))
    };
    let facts = &difference.facts;
    facts.iter().find(of_first_part).or_else(|| facts.first())
}

fn change(text: &mut String, name: &str, fact: &FactDifference) {
    for (sign, value) in [('-', &fact.old), ('+', &fact.new)] {
        if let Some(value) = value {
            let _ = write!(text, "\n  {sign} {name} {value}");
        }
    }
}

/// The tick and the parts of a first difference.
fn when(first: &FirstDifference) -> String {
    let tick = match first.same {
        Some(same) if same + 1 < first.tick => {
            format!("after tick {}, up to {}", number(same), number(first.tick))
        }
        _ => format!("tick {}", number(first.tick)),
    };
    format!("{tick}, {}", first.parts.join(" and "))
}
