//! What the author does with keys, and what scripted steps do.

use std::collections::BTreeMap;

use modding::diagnostic::Fault;
use modding::handover::InjectedFault;
use modding::mod_id::ModId;
use modding::reload::{Change, ReloadOptions};
use modding::report::{Outcome, Stage};
use sim::Command;

use super::Session;
use crate::live::happening::{Cause, Checkpoint, Happening};
use crate::runner::{asked_options, command};
use crate::scenario::Action;

/// Whether a scripted step can be part of a live session: there, the files are the author's, and time does not go back.
#[must_use]
pub fn goes_live(action: &Action) -> bool {
    match action {
        Action::Reload { .. }
        | Action::Rollback { .. }
        | Action::MigrateAgain { .. }
        | Action::Command { .. } => true,
        Action::InjectFault { during, .. } => during.is_none(),
        Action::Files(_)
        | Action::Config { .. }
        | Action::Save { .. }
        | Action::Load { .. }
        | Action::Add { .. }
        | Action::Enable { .. }
        | Action::Disable { .. }
        | Action::Remove { .. }
        | Action::Purge { .. }
        | Action::Checkpoint
        | Action::Restart => false,
    }
}

impl Session {
    /// Goes back from the last change: all its mods together.
    pub(super) fn back(&mut self) -> Vec<Happening> {
        let changed = self.lineage.last_changed().iter();
        let back: BTreeMap<ModId, Option<u32>> = changed
            .filter_map(|id| Some((id.clone(), Some(self.lineage.before(id)?))))
            .collect();
        if back.is_empty() {
            return self.note("there is no change to go back from");
        }
        self.roll_back(&back)
    }

    /// Goes back to these generations; where none is named, to the last one without errors.
    fn roll_back(&mut self, to: &BTreeMap<ModId, Option<u32>>) -> Vec<Happening> {
        let named = to.iter();
        let to: BTreeMap<ModId, Option<u32>> = named
            .map(|(id, to)| (id.clone(), to.or_else(|| self.lineage.before(id))))
            .collect();
        let asking = self.ask(ReloadOptions::default());
        let reports = self.host.rollback(&to, &asking.options);
        let tick = self.next_tick();
        if let Some(recording) = &mut self.recording {
            recording.rollback(tick, &to, &reports);
        }
        let mut happenings = Vec::new();
        for (at, report) in reports.into_iter().enumerate() {
            let mut about = Vec::new();
            if at == 0 {
                for (id, to) in &to {
                    if let Some(to) = to {
                        self.lineage.note_back(id, *to, &report);
                    }
                    about.push(id.clone());
                }
            } else {
                self.lineage.note_change(&report);
            }
            happenings.push(self.tell(Cause::Back, about, report));
        }
        happenings
    }

    /// Migrates the mods of the last change again; those that came from no older version are left alone.
    pub(super) fn migrate_again(&mut self) -> Vec<Happening> {
        let changed = self.lineage.last_changed().to_vec();
        let all: Vec<Happening> = changed.iter().map(|id| self.migrate_one(id)).collect();
        if all.is_empty() {
            return self.note("no mod has changed that could be migrated again");
        }
        let migrated = |happening: &&Happening| matches!(happening, Happening::Reload(reload) if reload.report.outcome != Outcome::Failed);
        let migrated: Vec<Happening> = all.iter().filter(migrated).cloned().collect();
        if migrated.is_empty() { all } else { migrated }
    }

    fn migrate_one(&mut self, id: &ModId) -> Happening {
        let asking = self.ask(ReloadOptions::default());
        let report = self.host.migrate_again(id, &asking.options);
        let times = self.times(&asking, &report);
        let tick = self.next_tick();
        if let Some(recording) = &mut self.recording {
            recording.migrate_again(tick, id, &report);
        }
        let about = vec![id.clone()];
        self.tell_with(Cause::MigratedAgain, about, report, times, BTreeMap::new())
    }

    pub(super) fn pause(&mut self) -> Vec<Happening> {
        self.paused = !self.paused;
        self.steps_asked = 0;
        self.note(if self.paused {
            "paused: p goes on, s runs one tick"
        } else {
            "goes on"
        })
    }

    pub(super) fn step(&mut self) -> Vec<Happening> {
        self.paused = true;
        self.steps_asked += 1;
        self.note("one tick")
    }

    pub(super) fn checkpoint(&mut self) -> Vec<Happening> {
        let tick = self.current_tick();
        match self.host.save() {
            Ok((bytes, warnings)) => {
                let next = self.next_tick();
                if let Some(recording) = &mut self.recording {
                    recording.save(next, &format!("tick {tick}"));
                }
                vec![Happening::Checkpoint(Checkpoint {
                    tick,
                    bytes,
                    warnings,
                })]
            }
            Err(error) => self.note(&format!("the run cannot be saved: {error}")),
        }
    }

    /// A scripted step.
    pub(super) fn act(
        &mut self,
        action: &Action,
        commands: &mut Vec<Command>,
        happenings: &mut Vec<Happening>,
    ) {
        match action {
            Action::Reload { mods, force, .. } => {
                let cause = if *force { Cause::Forced } else { Cause::Saved };
                let options = asked_options(action);
                happenings.extend(self.reload(mods, options, cause, &BTreeMap::new()));
            }
            Action::Rollback { mods } => happenings.extend(self.roll_back(mods)),
            Action::MigrateAgain { mod_id } => happenings.push(self.migrate_one(mod_id)),
            Action::Command {
                function,
                arguments,
            } => {
                let tick = self.next_tick();
                let refused = self.issue(function, arguments, commands).err();
                if let Some(recording) = &mut self.recording {
                    recording.command(tick, function, arguments, refused.is_none());
                }
                happenings.push(Happening::Command {
                    tick,
                    function: function.clone(),
                    refused,
                });
            }
            Action::InjectFault { stage, mod_id, .. } => {
                if let Some(stage) = Stage::from_name(stage) {
                    happenings.extend(self.reload_with_fault(stage, mod_id));
                }
            }
            // Left out when the session began.
            Action::Files(_)
            | Action::Config { .. }
            | Action::Save { .. }
            | Action::Load { .. }
            | Action::Add { .. }
            | Action::Enable { .. }
            | Action::Disable { .. }
            | Action::Remove { .. }
            | Action::Purge { .. }
            | Action::Checkpoint
            | Action::Restart => {}
        }
    }

    fn issue(
        &self,
        function: &str,
        arguments: &BTreeMap<String, modding::document::Scalar>,
        commands: &mut Vec<Command>,
    ) -> Result<(), Fault> {
        let command = command(function, arguments)?;
        let checked = self.host.colony().check(&command);
        checked.map_err(|error| Fault::new(error.to_string()))?;
        commands.push(command);
        Ok(())
    }

    fn reload_with_fault(&mut self, stage: Stage, id: &ModId) -> Vec<Happening> {
        let Some(content) = self.contents.get(id).cloned() else {
            return Vec::new();
        };
        let options = ReloadOptions {
            force: true,
            fault: Some(InjectedFault {
                stage,
                mod_id: id.clone(),
            }),
            ..ReloadOptions::default()
        };
        let change = Change {
            mod_id: id.clone(),
            bundle: content,
        };
        let tick = self.next_tick();
        let reports = self.host.reload(vec![change], &options);
        let mut happenings = Vec::new();
        for report in reports {
            if let Some(recording) = &mut self.recording {
                recording.injected_fault(tick, stage, id, &report);
            }
            happenings.push(self.tell(Cause::InjectedFault, vec![id.clone()], report));
        }
        happenings
    }

    pub(super) fn note(&self, text: &str) -> Vec<Happening> {
        vec![Happening::Note {
            tick: self.next_tick(),
            text: text.to_owned(),
        }]
    }
}
