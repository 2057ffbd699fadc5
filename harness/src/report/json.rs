//! The report for programs. Versioned; the same bytes for the same run on every machine: no wall times, no absolute paths.

use modding::diagnostic::Fault;
use modding::report::{MemberAction, MemberReport, ReloadReport, StageError, StateReport};
use modding::tick::HandlerFailure;
use serde::Serialize;
use serde_json::{Value, json};

use crate::record::{RunRecord, StepRecord, StepResult};
use crate::report::snapshot;

/// The version of the report's shape.
pub const REPORT_VERSION: u32 = 1;

/// The report of a run, indented, with a line end.
pub fn report(record: &RunRecord, exit_code: u8) -> String {
    let (met, all) = record.expectations();
    let folder = folder(portable(&record.file));
    let report = json!({
        "version": REPORT_VERSION,
        "scenario": record.scenario,
        "file": portable(&record.file),
        "seed": record.seed,
        "ticks": record.ticks,
        "ticks_run": record.ticks_run,
        "exit_code": exit_code,
        "mods": record.mods.iter().map(|at_start| json!({ "id": at_start.id, "version": at_start.version })).collect::<Vec<_>>(),
        "left_out": record.left_out.iter().map(|left_out| json!({ "mod": left_out.name, "faults": faults(&left_out.faults) })).collect::<Vec<_>>(),
        "steps": record.steps.iter().map(step).collect::<Vec<_>>(),
        "expectations": { "met": met, "all": all, "faults": faults(&record.faults()) },
        "snapshots": record.snapshots.iter().map(|verdict| snapshot::json(verdict, &folder)).collect::<Vec<_>>(),
        "broken_trail": record.broken_trail.as_ref().map(fault),
        "failures": record.failures.iter().map(failure).collect::<Vec<_>>(),
        "refused_commands": record.refused,
        "log": record.log,
        "colony": {
            "alive": record.colony.alive,
            "died": record.colony.died,
            "causes_of_death": record.colony.causes_of_death,
            "jobs_done": record.colony.jobs_done,
            "items": record.colony.items,
        },
        "changed_definitions": record.changed_definitions.iter().map(|changed| json!({ "name": changed.name, "defined_by": changed.defined_by, "changed_by": changed.changed_by })).collect::<Vec<_>>(),
        "hand_overs": record.hand_overs,
        "parts": record.parts.iter().map(|(name, hash)| (name.clone(), hex(*hash).into())).collect::<serde_json::Map<_, _>>(),
        "hash": hex(record.hash()),
    });
    let mut text =
        serde_json::to_string_pretty(&report).expect("a tree of plain values is always JSON");
    text.push('\n');
    text
}

/// The folder of a file, with its last `/`; empty where the file is in the root.
pub(crate) fn folder(file: &str) -> String {
    file.rfind('/')
        .map_or(String::new(), |slash| file[..=slash].to_owned())
}

/// A path that reads the same on every machine: as written, or its last part where it was written from the root.
pub(crate) fn portable(file: &str) -> &str {
    let from_root = std::path::Path::new(file).is_absolute();
    if from_root {
        file.rsplit('/').next().unwrap_or(file)
    } else {
        file
    }
}

/// A hash as 32 digits.
pub fn hex(hash: u128) -> String {
    format!("{hash:032x}")
}

fn step(step: &StepRecord) -> Value {
    let result = match &step.result {
        StepResult::Reloads(reports) => {
            json!({ "reloads": reports.iter().map(reload).collect::<Vec<_>>() })
        }
        StepResult::NotReached(problem, reports) => json!({
            "failed": faults(std::slice::from_ref(problem)),
            "reloads": reports.iter().map(reload).collect::<Vec<_>>(),
        }),
        StepResult::Done(notes) => json!({ "done": true, "notes": notes }),
        StepResult::Failed(problems) => json!({ "failed": faults(problems) }),
    };
    json!({ "tick": step.tick, "label": step.label, "title": step.title, "result": result })
}

fn reload(report: &ReloadReport) -> Value {
    json!({
        "outcome": report.outcome,
        "members": report.members.iter().map(member).collect::<Vec<_>>(),
        "error": report.error.as_ref().map(stage_error),
        "hand_back_errors": report.hand_back_errors.iter().map(stage_error).collect::<Vec<_>>(),
        "reason": report.reason,
    })
}

fn member(member: &MemberReport) -> Value {
    #[derive(Serialize)]
    struct Member<'a> {
        #[serde(rename = "mod")]
        mod_id: &'a modding::mod_id::ModId,
        action: &'static str,
        #[serde(skip_serializing_if = "Option::is_none")]
        renamed_from: Option<&'a modding::mod_id::ModId>,
        r#type: modding::report::ReloadType,
        changed: &'a [String],
        versions: &'a (String, String),
        generations: (u32, u32),
        state: &'a StateReport,
    }
    let member = Member {
        mod_id: &member.mod_id,
        action: member.action.name(),
        renamed_from: match &member.action {
            MemberAction::Renamed { from } => Some(from),
            _ => None,
        },
        r#type: member.kind,
        changed: &member.changed,
        versions: &member.versions,
        generations: member.generations,
        state: &member.state,
    };
    serde_json::to_value(member).expect("a report of plain values is always JSON")
}

fn stage_error(error: &StageError) -> Value {
    json!({ "stage": error.stage, "mod": error.mod_id, "faults": faults(&error.faults) })
}

pub(crate) fn failure(failure: &HandlerFailure) -> Value {
    json!({
        "mod": failure.mod_id,
        "version": failure.version,
        "generation": failure.generation,
        "event": failure.handler.0,
        "key": failure.handler.1,
        "first_tick": failure.first,
        "last_tick": failure.last,
        "count": failure.count,
        "suspended": failure.suspended,
        "steps": failure.steps,
        "event_content": failure.event,
        "fault": fault(&failure.fault),
        "callers": failure.error.callers.iter().map(|caller| json!({ "location": caller.location.to_string(), "function": caller.function })).collect::<Vec<_>>(),
    })
}

/// Faults as objects with `message`, `file`, `line`, `column`, `label`, `help`.
pub fn faults(faults: &[Fault]) -> Vec<Value> {
    faults.iter().map(fault).collect()
}

pub(crate) fn fault(fault: &Fault) -> Value {
    let (file, line) = match (&fault.place, &fault.unseen) {
        (Some(place), _) => (Some(portable(&place.file)), Some(place.line())),
        (None, Some(line)) => (Some(portable(&line.file)), Some(line.line)),
        (None, None) => (None, None),
    };
    json!({
        "message": fault.message,
        "file": file,
        "line": line,
        "column": fault.place.as_ref().map(|place| place.column()),
        "label": fault.place.as_ref().and_then(|place| place.label.as_deref()),
        "help": fault.help,
    })
}
