//! I7: every change ends in one outcome, with a reason where it is not committed, and what runs in the end is what lies in the files,
//! or the last outcome says why not.

use std::collections::{BTreeMap, BTreeSet};

use harness::record::{RunRecord, StepRecord, StepResult};
use harness::scenario::{Action, Scenario, Step};
use modding::mod_id::ModId;
use modding::report::{MemberAction, Outcome, ReloadReport, Stage};

use super::check::{listed, told};

/// Before this step nothing but the storm has acted: it reloads every mod from its files.
const AUDIT: &str = "audit";

/// The last step of a storm, after which all is well.
const FINALE: &str = "finale at last";

/// The mods of which a step asks something.
fn asked(action: &Action) -> BTreeSet<ModId> {
    match action {
        Action::Files(actions) => actions
            .iter()
            .flat_map(|action| touched(&action.change))
            .collect(),
        Action::Reload { mods, .. } => mods.iter().cloned().collect(),
        Action::Rollback { mods } => mods.keys().cloned().collect(),
        Action::Add { mod_id }
        | Action::Enable { mod_id }
        | Action::Disable { mod_id, .. }
        | Action::Remove { mod_id, .. }
        | Action::Purge { mod_id }
        | Action::MigrateAgain { mod_id }
        | Action::Config { mod_id, .. } => BTreeSet::from([mod_id.clone()]),
        Action::InjectFault { mod_id, during, .. } => match during {
            Some(during) => asked(during),
            None => BTreeSet::from([mod_id.clone()]),
        },
        Action::Command { .. }
        | Action::Save { .. }
        | Action::Load { .. }
        | Action::Restart
        | Action::Checkpoint => BTreeSet::new(),
    }
}

fn touched(change: &harness::scenario::FileChange) -> Vec<ModId> {
    use harness::scenario::FileChange::{
        Copy, Delete, Edit, Patch, Rename, Touch, Truncate, Write,
    };
    match change {
        Edit { file, .. }
        | Write { file, .. }
        | Patch { file, .. }
        | Touch { file }
        | Truncate { file, .. }
        | Delete { file }
        | Copy { to: file, .. } => vec![file.mod_id.clone()],
        Rename { from, to } => vec![from.mod_id.clone(), to.mod_id.clone()],
    }
}

/// Whether a report says what became of a mod.
fn speaks_of(report: &ReloadReport, id: &ModId) -> bool {
    let is_member = report.members.iter().any(|member| {
        let renamed = report.outcome == Outcome::Committed
            && matches!(&member.action, MemberAction::Renamed { from } if from == id);
        member.mod_id == *id || renamed
    });
    let words = report.reason.as_deref().unwrap_or_default();
    let mut words = words.split(|character: char| !character.is_alphanumeric() && character != '_');
    let is_alone = report.members.is_empty();
    is_member || (is_alone && (blames(report, id) || words.any(|word| word == id.as_str())))
}

/// Whether a mod is why a report is not a better one.
fn blames(report: &ReloadReport, id: &ModId) -> bool {
    let error = report.error.as_ref();
    error.is_some_and(|error| error.mod_id == *id)
}

/// See the [module](self).
pub(super) fn check(scenario: &Scenario, record: &RunRecord) -> Result<(), String> {
    let mut synchronous: BTreeMap<ModId, bool> = BTreeMap::new();
    for step in &scenario.steps {
        let acted = record.steps.iter().find(|acted| acted.label == step.label);
        let label = step.label.as_deref().unwrap_or_default();
        let acted = acted.ok_or_else(|| format!("{label} has no outcome"))?;
        one_outcome_each(step, acted).map_err(|why| format!("{label}: {why}: {}", told(acted)))?;
        if label == AUDIT {
            audited(acted, &synchronous)?;
        }
        follow(step, acted, &mut synchronous);
    }
    Ok(())
}

fn one_outcome_each(step: &Step, acted: &StepRecord) -> Result<(), String> {
    let reports = match &acted.result {
        StepResult::Done(notes) if notes.is_empty() && !asked(&step.action).is_empty() => {
            return Err("nothing is said".to_owned());
        }
        StepResult::Failed(faults) if faults.is_empty() => return Err("no reason".to_owned()),
        StepResult::Done(_) | StepResult::Failed(_) => return Ok(()),
        StepResult::Reloads(reports) | StepResult::NotReached(_, reports) => reports,
    };
    for report in reports {
        let explained = report.reason.is_some()
            || report
                .error
                .as_ref()
                .is_some_and(|error| !error.faults.is_empty());
        if report.outcome != Outcome::Committed && !explained {
            return Err("no reason".to_owned());
        }
    }
    for id in asked(&step.action) {
        let outcomes: Vec<&ReloadReport> = reports
            .iter()
            .filter(|report| speaks_of(report, &id))
            .collect();
        match outcomes.as_slice() {
            [] if reports.iter().any(|report| blames(report, &id)) => {}
            [] => return Err(format!("no outcome for {id}")),
            [_] => {}
            // What lacked a mod is tried once more when that has come, what follows a library commits again with it, and what has an
            // outcome of its own can still give way to another.
            [first, .., last] => {
                let lacked = first
                    .error
                    .as_ref()
                    .is_some_and(|error| error.stage == Stage::Plan);
                let follows = last.members.iter().any(|member| {
                    member.mod_id == id && member.kind == modding::report::ReloadType::Dependencies
                });
                let mut members = outcomes.iter().flat_map(|report| &report.members);
                let came = members.any(|member| member.action != MemberAction::Reloaded);
                if !lacked && !follows && !came {
                    return Err(format!("{} outcomes for {id}", outcomes.len()));
                }
            }
        }
    }
    Ok(())
}

/// Keeps count of the mods whose last change was committed, whole.
fn follow(step: &Step, acted: &StepRecord, synchronous: &mut BTreeMap<ModId, bool>) {
    let (action, with_fault) = match &step.action {
        Action::InjectFault {
            during: Some(during),
            ..
        } => (&**during, true),
        Action::InjectFault { .. } => return,
        action => (action, false),
    };
    let changes_files = matches!(action, Action::Files(_) | Action::Config { .. });
    let takes_all = match action {
        Action::Reload { kind, .. } => kind.is_none(),
        Action::Add { .. } | Action::Enable { .. } => true,
        _ => changes_files,
    };
    let goes_away = matches!(
        action,
        Action::Rollback { .. } | Action::Disable { .. } | Action::Remove { .. }
    );
    let asked = asked(action);
    match (&acted.result, action) {
        (StepResult::Reloads(reports), _) => {
            for id in &asked {
                if changes_files || goes_away {
                    synchronous.insert(id.clone(), false);
                }
            }
            for report in reports {
                let committed = report.outcome == Outcome::Committed;
                for member in report.members.iter().filter(|_| committed) {
                    if let MemberAction::Renamed { from } = &member.action {
                        synchronous.insert(from.clone(), false);
                    }
                    let whole = takes_all && asked.contains(&member.mod_id);
                    if whole && member.kind != modding::report::ReloadType::Dependencies {
                        synchronous.insert(member.mod_id.clone(), true);
                    }
                }
            }
        }
        // A fault that was not reached fails such a step, whatever it did.
        (StepResult::Failed(_) | StepResult::NotReached(..), _) if with_fault => {
            synchronous.extend(asked.into_iter().map(|id| (id, false)));
        }
        (_, Action::Load { .. } | Action::Restart) => synchronous.clear(),
        _ => {}
    }
}

/// A mod whose last change was committed runs what lies in its files: there is nothing to reload.
fn audited(acted: &StepRecord, synchronous: &BTreeMap<ModId, bool>) -> Result<(), String> {
    let StepResult::Reloads(reports) = &acted.result else {
        return Err(format!("the mods cannot be reloaded: {}", told(acted)));
    };
    for (id, _) in synchronous.iter().filter(|(_, synchronous)| **synchronous) {
        let report = reports.iter().find(|report| speaks_of(report, id));
        let same = report.is_some_and(|report| {
            let reason = report.reason.as_deref().unwrap_or_default();
            report.outcome == Outcome::Ignored && reason.contains("same content")
        });
        if !same {
            return Err(format!(
                "{id} does not run what its last commit brought: {}",
                told(acted)
            ));
        }
    }
    Ok(())
}

/// After the storm all mods run again, and nothing fails.
pub(super) fn check_health(scenario: &Scenario, record: &RunRecord) -> Result<(), String> {
    let last = record
        .steps
        .iter()
        .find(|step| step.label.as_deref() == Some(FINALE));
    let Some(last) = last else {
        return Ok(());
    };
    let (StepResult::Done(_) | StepResult::Failed(_)) = &last.result else {
        let StepResult::Reloads(reports) = &last.result else {
            return Ok(());
        };
        let failed = |report: &&ReloadReport| {
            // One of the two gave way to the other.
            let gone = [scout(), ranger()].iter().any(|id| speaks_of(report, id));
            let gone = report.members.is_empty() && gone;
            report.outcome != Outcome::Committed && !gone
        };
        if reports.iter().any(|report| failed(&report)) {
            return Err(format!("the mods cannot be brought back: {}", told(last)));
        }
        return well(scenario, record, last.tick);
    };
    Err(format!("the mods cannot be brought back: {}", told(last)))
}

fn scout() -> ModId {
    ModId::parse("scout").expect("a name without anything special")
}

fn ranger() -> ModId {
    ModId::parse("ranger").expect("a name without anything special")
}

fn well(scenario: &Scenario, record: &RunRecord, since: u64) -> Result<(), String> {
    let runs = |id: &ModId| {
        let part = format!("mods.{id}");
        record.parts.iter().any(|(name, _)| *name == part)
    };
    let mods = scenario.mods.iter().chain(&scenario.additions);
    for id in mods.map(|choice| &choice.id) {
        // Of the two that follow each other there is one, with the state that was not given up.
        let follower = [scout(), ranger()].contains(id) && (runs(&scout()) || runs(&ranger()));
        if !runs(id) && !follower {
            return Err(format!("{id} does not run after the storm"));
        }
    }
    let failing = record.failures.iter().find(|failure| failure.last >= since);
    if let Some(failure) = failing {
        return Err(format!(
            "{} {} fails after the storm: {}",
            failure.mod_id,
            failure.handler.0,
            listed(std::slice::from_ref(&failure.fault))
        ));
    }
    Ok(())
}
