//! The report of a check for programs, with the version that all reports have.

use modding::diagnostic::Place;
use modding::findings::{Edit, Finding};
use serde_json::{Value, json};

use super::{code, help, title};
use crate::check::{CheckReport, Outcome, Round, state_path};
use crate::project::location;
use crate::report::json::{REPORT_VERSION, failure, faults, portable};
use crate::snapshot::FactDifference;

/// The report, indented, with a line end. `shown` says how people know a file of the mod.
#[must_use]
pub fn report(report: &CheckReport, shown: &dyn Fn(&str) -> String, exit_code: u8) -> String {
    let reproduction = report.reproduction.as_ref().map(|reproduction| {
        json!({
            "file": portable(&location::text(&reproduction.path)),
            "ticks": reproduction.ticks,
            "colonists": reproduction.colonists,
            "interruption": if reproduction.saves { "restart" } else { "reload" },
            "interruptions": reproduction.interruptions,
        })
    });
    let report = json!({
        "version": REPORT_VERSION,
        "mod": report.mod_id,
        "mod_version": report.version,
        "scenario": report.scenario.as_deref().map(portable),
        "mods": report.mods,
        "ticks": report.ticks,
        "seed": report.seed,
        "exit_code": exit_code,
        "convicted": report.convicted(),
        "code": code(report),
        "message": report.verdict().map(|round| title(report, round)),
        "help": report.verdict().filter(|_| report.explanations().next().is_none()).and_then(|round| help(report, round)),
        "rounds": report.rounds.iter().map(round).collect::<Vec<_>>(),
        "hand_overs": report.hand_overs,
        "findings": report.findings.iter().map(|found| finding(found, shown)).collect::<Vec<_>>(),
        "library_findings": report
            .library_findings
            .iter()
            .map(|found| finding(found, shown))
            .collect::<Vec<_>>(),
        "failures": report.failures.iter().map(failure).collect::<Vec<_>>(),
        "failures_expected": report.failures_expected,
        "unheard_events": report.unheard,
        "uncalled_exports": report.uncalled,
        "reproduction": reproduction,
    });
    format!("{report:#}\n")
}

fn round(round: &Round) -> Value {
    let mut value = json!({ "name": round.kind.name(), "runs": round.runs });
    let (outcome, details) = match &round.outcome {
        Outcome::Same => ("same", Value::Null),
        Outcome::NotItsDoing { culprit } => ("not_its_doing", json!({ "culprit": culprit })),
        Outcome::Fails {
            tick,
            faults: found,
        } => ("fails", json!({ "tick": tick, "faults": faults(found) })),
        Outcome::Changed(change) => (
            "changed",
            json!({
                "interrupted_first": change.interrupted.map(|(first, _)| first),
                "interrupted_last": change.interrupted.map(|(_, last)| last),
                "tick": change.tick,
                "parts": change.parts,
                "facts": change.facts.iter().map(fact).collect::<Vec<_>>(),
            }),
        ),
    };
    value["outcome"] = outcome.into();
    if !details.is_null() {
        value["details"] = details;
    }
    value
}

fn fact(fact: &FactDifference) -> Value {
    json!({
        "section": fact.section,
        "name": fact.name(),
        "state_path": state_path(fact).map(|(id, path)| format!("{id}.{path}")),
        "without": fact.old,
        "with": fact.new,
        "writer": fact.writer,
    })
}

fn finding(finding: &Finding, shown: &dyn Fn(&str) -> String) -> Value {
    let place = |place: &Place| {
        json!({
            "file": portable(&shown(&place.file)),
            "line": place.line(),
            "column": place.column(),
            "label": place.label,
        })
    };
    json!({
        "code": finding.code.name(),
        "message": finding.message,
        "place": place(&finding.place),
        "related": finding.related.iter().map(place).collect::<Vec<_>>(),
        "help": finding.help,
        "edits": finding.edits.iter().map(|edit| edited(&finding.place, edit)).collect::<Vec<_>>(),
    })
}

/// What to write in the place of what stands from one place of the file to another, which is not part of it.
fn edited(file: &Place, edit: &Edit) -> Value {
    let at = |offset: usize| Place {
        span: offset..offset,
        ..file.clone()
    };
    let (start, end) = (at(edit.span.start), at(edit.span.end));
    json!({
        "line": start.line(),
        "column": start.column(),
        "end_line": end.line(),
        "end_column": end.column(),
        "replacement": edit.replacement,
    })
}
