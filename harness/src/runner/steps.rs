//! What a step does at the boundary before its tick.

use std::collections::{BTreeMap, BTreeSet};

use modding::api::{self, Arguments, Run};
use modding::bundle::Bundle;
use modding::codec::CodecError;
use modding::diagnostic::Fault;
use modding::document::Scalar;
use modding::handover::InjectedFault;
use modding::host::{Host, LeftOut};
use modding::mod_id::ModId;
use modding::reload::ReloadOptions;
use modding::report::Stage;
use modding::save::{LoadError, Loaded};
use modding::value::Value;
use sim::Command;

use super::kept::Saved;
use super::{Runner, bundles};
use crate::expectation::check_step;
use crate::record::{StepRecord, StepResult};
use crate::scenario::{Action, FileChange, ModFile, Step};

impl Runner<'_> {
    /// One step, at the boundary before a tick.
    pub(super) fn act(&mut self, step: &Step, commands: &mut Vec<Command>) {
        let tick = self.host.current_tick() + 1;
        let result = match &step.action {
            Action::InjectFault {
                stage,
                mod_id,
                during,
            } => self.act_with_fault(stage, mod_id, during.as_deref()),
            action => self.perform(action, None, commands),
        };
        let running = self.host.mods().into_iter().map(|(id, _, _)| id);
        self.present.note_running(running);
        if let (Some(trace), StepResult::Reloads(reports) | StepResult::NotReached(_, reports)) =
            (&self.trace, &result)
        {
            trace.borrow_mut().note_reloads(tick, reports);
        }
        let (met, unexpected) = check_step(step, tick, &result);
        self.record.step_expectations_met += met;
        self.record.steps.push(StepRecord {
            tick,
            label: step.label.clone(),
            title: title(&step.action),
            result,
            unexpected,
        });
    }

    fn act_with_fault(
        &mut self,
        stage: &str,
        mod_id: &ModId,
        during: Option<&Action>,
    ) -> StepResult {
        let Some(stage) = Stage::from_name(stage) else {
            return StepResult::Failed(vec![Fault::new(format!("there is no stage `{stage}`"))]);
        };
        let forced = Action::Reload {
            mods: vec![mod_id.clone()],
            force: true,
            kind: None,
            priority: None,
            skip_unload: false,
        };
        let fault = InjectedFault {
            stage,
            mod_id: mod_id.clone(),
        };
        let result = self.perform(during.unwrap_or(&forced), Some(fault), &mut Vec::new());
        match result {
            StepResult::Reloads(reports) if !reports.iter().any(|report| report.fault_reached) => {
                let fault = Fault::new(format!(
                    "the fault at `{}` of {mod_id} was not reached: the reload has no such stage",
                    stage.name()
                ));
                StepResult::NotReached(fault, reports)
            }
            result => result,
        }
    }

    fn perform(
        &mut self,
        action: &Action,
        fault: Option<InjectedFault>,
        commands: &mut Vec<Command>,
    ) -> StepResult {
        let options = ReloadOptions {
            fault,
            ..asked_options(action)
        };
        match action {
            Action::Files(actions) => match self.change_files(actions) {
                Ok(touched) => self.reload(touched, &options),
                Err(faults) => StepResult::Failed(faults),
            },
            Action::Config { mod_id, set } => match self.change_config(mod_id, set) {
                Ok(()) => self.reload([mod_id.clone()], &options),
                Err(faults) => StepResult::Failed(faults),
            },
            Action::Reload { mods, .. } => self.reload(mods.clone(), &options),
            Action::Rollback { mods } => StepResult::Reloads(self.host.rollback(mods, &options)),
            Action::MigrateAgain { mod_id } => {
                StepResult::Reloads(vec![self.host.migrate_again(mod_id, &options)])
            }
            Action::Add { .. }
            | Action::Enable { .. }
            | Action::Disable { .. }
            | Action::Remove { .. }
            | Action::Purge { .. } => self.come_or_go(action, &options),
            Action::Command {
                function,
                arguments,
            } => issue(&self.host, function, arguments, commands),
            Action::Save { .. } | Action::Load { .. } | Action::Restart | Action::Checkpoint => {
                self.save_or_load(action)
            }
            Action::InjectFault { .. } => {
                StepResult::Failed(vec![Fault::new("a fault cannot happen during a fault")])
            }
        }
    }

    /// `save`, `load`, `restart`, `checkpoint`.
    fn save_or_load(&mut self, action: &Action) -> StepResult {
        match action {
            Action::Save { name } => match self.save() {
                Ok((saved, warnings)) => {
                    self.saves.insert(name.clone(), saved);
                    StepResult::Done(warnings)
                }
                Err(error) => cannot_save(&error),
            },
            Action::Load { name } => match self.saves.get(name).cloned() {
                Some(saved) => {
                    let from = bundles(&saved.present.to_load(), &self.workspace);
                    self.load(saved, from)
                }
                None => {
                    StepResult::Failed(vec![Fault::new(format!("nothing was saved as `{name}`"))])
                }
            },
            Action::Restart => self.restart(bundles(&self.present.to_load(), &self.workspace)),
            Action::Checkpoint => self.checkpoint(),
            _ => StepResult::Done(Vec::new()),
        }
    }

    /// Saves, forgets everything, loads, and compares what was forgotten with what came back.
    pub(super) fn restart(&mut self, from: (Vec<Bundle>, Vec<LeftOut>)) -> StepResult {
        let (saved, mut notes) = match self.save() {
            Ok(saved) => saved,
            Err(error) => return cannot_save(&error),
        };
        let before = self.host.part_hashes();
        match self.load(saved, from) {
            // Mods with other files than those that ran are no longer what was saved.
            StepResult::Done(updated) if !updated.is_empty() => {
                notes.extend(updated);
                return StepResult::Done(notes);
            }
            StepResult::Done(_) => {}
            failed => return failed,
        }
        let after = self.host.part_hashes();
        let new = after
            .iter()
            .filter(|(name, _)| !before.iter().any(|(other, _)| other == name));
        let started: Vec<String> = new
            .map(|(name, _)| format!("{name} was left out before and runs now"))
            .collect();
        if started.is_empty() && before != after {
            let different = before.iter().filter(|part| !after.contains(part));
            let different: Vec<&str> = different.map(|(name, _)| name.as_str()).collect();
            let different = if different.is_empty() {
                "the load order".to_owned()
            } else {
                different.join(", ")
            };
            let message = format!("what was loaded differs from what was saved in: {different}");
            return StepResult::Failed(vec![Fault::new(message)]);
        }
        notes.extend(started);
        if before == after {
            notes.push("hash unchanged".to_owned());
        }
        StepResult::Done(notes)
    }

    /// Goes on from a save as a new process would, with the mods that were part of the run then; where it cannot be loaded, all stays
    /// as it is.
    pub(super) fn load(&mut self, saved: Saved, from: (Vec<Bundle>, Vec<LeftOut>)) -> StepResult {
        let (bundles, unreadable) = from;
        let loaded = match Host::load(&saved.bytes, bundles, self.known.clone()) {
            Ok(loaded) => loaded,
            Err(LoadError::Definitions(faults)) => return StepResult::Failed(faults),
            Err(error) => return StepResult::Failed(vec![Fault::new(error.to_string())]),
        };
        let mut notes = loaded.notes();
        let Loaded {
            host, mut left_out, ..
        } = loaded;
        let is_absent = |left_out: &LeftOut| host.absent().any(|id| id.as_str() == left_out.name);
        let unreadable = unreadable.into_iter();
        left_out.extend(unreadable.filter(|left_out| !is_absent(left_out)));
        let tick_before = self.host.current_tick();
        self.hand_overs_before_load += self.host.hand_overs();
        let called = self.host.called_exports();
        self.exports_called_before_load.extend(called);
        self.present = saved.present;
        self.record.failures = saved.failures;
        // What mods wrote while they were saved is part of the run.
        self.record.log.extend(self.host.take_log());
        self.host = host;
        self.host.note_left_out(&left_out);
        if let Some(trace) = &self.trace {
            self.host.trace_into(trace.clone());
        }
        let tick = self.host.current_tick();
        self.record.chain.truncate(tick as usize + 1);
        self.counts.go_back_to(tick);
        if tick < tick_before {
            self.forget_after(tick);
        }
        let faults = self.note_left_out(left_out);
        if !faults.is_empty() {
            return StepResult::Failed(faults);
        }
        if tick < tick_before {
            notes.insert(0, format!("back from tick {tick_before} to {tick}"));
        }
        StepResult::Done(notes)
    }
}

impl Runner<'_> {
    /// The faults of mods that were not left out before.
    fn note_left_out(&mut self, left_out: Vec<LeftOut>) -> Vec<Fault> {
        let already: BTreeSet<&str> = self
            .record
            .left_out
            .iter()
            .map(|left_out| left_out.name.as_str())
            .collect();
        let new: Vec<LeftOut> = left_out
            .into_iter()
            .filter(|left_out| !already.contains(left_out.name.as_str()))
            .collect();
        let faults = new.iter().flat_map(|left_out| left_out.faults.clone());
        let faults = faults.collect();
        // A step acts before its tick.
        let tick = self.host.current_tick() + 1;
        let since = new.iter().map(|left_out| (left_out.name.clone(), tick));
        self.record.left_out_since.extend(since);
        self.record.left_out.extend(new);
        faults
    }

    /// What happened in ticks that a load has undone did not happen.
    fn forget_after(&mut self, tick: u64) {
        self.record.log.retain(|line| line.tick <= tick);
        self.record.refused.retain(|refused| refused.tick <= tick);
    }
}

pub(super) fn cannot_save(error: &CodecError) -> StepResult {
    StepResult::Failed(vec![Fault::new(format!(
        "the run cannot be saved: {error}"
    ))])
}

/// Adds a command to those of the tick, if the colony takes it as it is now.
fn issue(
    host: &Host,
    function: &str,
    arguments: &BTreeMap<String, Scalar>,
    commands: &mut Vec<Command>,
) -> StepResult {
    let command = match command(function, arguments) {
        Ok(command) => command,
        Err(fault) => return StepResult::Failed(vec![fault]),
    };
    match host.colony().check(&command) {
        Ok(()) => {
            commands.push(command);
            StepResult::Done(Vec::new())
        }
        Err(error) => StepResult::Failed(vec![Fault::new(format!("colony.{function}: {error}"))]),
    }
}

/// The command that a step issues, through the same table as mods.
pub(crate) fn command(
    function: &str,
    arguments: &BTreeMap<String, Scalar>,
) -> Result<Command, Fault> {
    let description = api::function(function)
        .ok_or_else(|| Fault::new(format!("unknown function `{function}`")))?;
    let Run::Command(make) = description.run else {
        return Err(Fault::new(format!("colony.{function} is not a command")));
    };
    let values = arguments
        .iter()
        .map(|(name, scalar)| (name.clone(), Value::from(scalar)))
        .collect();
    let result = Arguments::by_name(description, values).and_then(|arguments| make(&arguments));
    result.map_err(|error| Fault {
        help: error.help,
        ..Fault::new(error.message)
    })
}

/// How a step asks for its reload, in a scenario's run as in a live session.
pub(crate) fn asked_options(action: &Action) -> ReloadOptions {
    match action {
        Action::Reload {
            mods: _,
            force,
            kind,
            priority,
            skip_unload,
        } => ReloadOptions {
            force: *force,
            kind: *kind,
            priority: *priority,
            skip_unload: *skip_unload,
            ..ReloadOptions::default()
        },
        Action::Disable { skip_unload, .. } | Action::Remove { skip_unload, .. } => ReloadOptions {
            skip_unload: *skip_unload,
            ..ReloadOptions::default()
        },
        _ => ReloadOptions::default(),
    }
}

/// What a step does, in a word or a path.
fn title(action: &Action) -> String {
    match action {
        Action::Files(actions) => match actions.as_slice() {
            [only] => changed_file(&only.change).to_string(),
            several => format!("batch of {}", several.len()),
        },
        Action::Reload {
            mods, force, kind, ..
        } => {
            let mods: Vec<&str> = mods.iter().map(ModId::as_str).collect();
            let forced = if *force { "forced " } else { "" };
            let kind = kind.map_or(String::new(), |kind| format!("{} of ", kind.name()));
            format!("{forced}reload {kind}{}", mods.join(", "))
        }
        Action::Add { mod_id } => format!("add {mod_id}"),
        Action::Enable { mod_id } => format!("enable {mod_id}"),
        Action::Disable { mod_id, .. } => format!("disable {mod_id}"),
        Action::Remove { mod_id, .. } => format!("remove {mod_id}"),
        Action::Purge { mod_id } => format!("purge {mod_id}"),
        Action::Rollback { mods } => {
            let mods = mods.iter().map(|(mod_id, to)| match to {
                Some(to) => format!("{mod_id} to g{to}"),
                None => mod_id.to_string(),
            });
            format!("rollback {}", mods.collect::<Vec<_>>().join(", "))
        }
        Action::MigrateAgain { mod_id } => format!("migrate {mod_id} again"),
        Action::Config { mod_id, .. } => format!("{mod_id}/config.toml"),
        Action::Command { function, .. } => function.clone(),
        Action::Save { name } => format!("save {name}"),
        Action::Load { name } => format!("load {name}"),
        Action::Restart => "restart".to_owned(),
        Action::Checkpoint => "checkpoint".to_owned(),
        Action::InjectFault { stage, mod_id, .. } => format!("fault at {stage} of {mod_id}"),
    }
}

/// The file that a change is about.
fn changed_file(change: &FileChange) -> &ModFile {
    match change {
        FileChange::Edit { file, .. }
        | FileChange::Write { file, .. }
        | FileChange::Patch { file, .. }
        | FileChange::Touch { file }
        | FileChange::Truncate { file, .. }
        | FileChange::Delete { file }
        | FileChange::Copy { to: file, .. }
        | FileChange::Rename { to: file, .. } => file,
    }
}
