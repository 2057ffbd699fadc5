//! Mods that begin and cease to run while the colony goes on: added, disabled, removed, enabled again, renamed; and the state of
//! those that do not run, which is kept until it is purged (seed-corrections 24, 26).

use crate::handover::{self, Package};
use crate::host::{Absence, Host};
use crate::mod_id::ModId;
use crate::report::{
    Fate, MemberAction, MemberReport, Outcome, PathFate, ReloadReport, ReloadType, StageError,
    StateReport,
};
use crate::save::SavedMod;
use crate::value::Value;

use super::plan::{Departure, Member};
use super::queue::Request;
use super::{Change, ReloadOptions, rejected};

impl Host {
    /// Lets a mod run that does not: one that is new, or one that was disabled or removed, from the state that it had. Mods that waited
    /// for it are tried again.
    pub fn enable(&mut self, change: Change, options: &ReloadOptions) -> Vec<ReloadReport> {
        let id = &change.mod_id;
        if self.context.instance(id).is_some() {
            return vec![rejected(
                Outcome::Ignored,
                format!("{id} is running already"),
            )];
        }
        let request = Request {
            enable: true,
            ..self.request_of(change, options)
        };
        let mut reports = self.enqueue(request, usize::MAX);
        reports.extend(self.process_requests(options));
        reports
    }

    /// Stops a mod. Its state is kept, and its edits are not looked at until it is enabled.
    pub fn disable(&mut self, id: &ModId, options: &ReloadOptions) -> Vec<ReloadReport> {
        self.stop(id, MemberAction::Disabled, Absence::Disabled, options)
    }

    /// Takes a mod out of the run. Its state is kept until it is added again or purged.
    pub fn remove(&mut self, id: &ModId, options: &ReloadOptions) -> Vec<ReloadReport> {
        self.stop(id, MemberAction::Removed, Absence::Removed, options)
    }

    /// Deletes the state and the history of a mod that does not run.
    pub fn purge(&mut self, id: &ModId) -> ReloadReport {
        if self.context.instance(id).is_some() {
            let reason = format!(
                "{id} is running, and only what does not run can be purged: remove {id} first"
            );
            return rejected(Outcome::Failed, reason);
        }
        self.history.remove(id);
        self.waiting.remove(id);
        let Some(saved) = self.dormant.remove(id) else {
            return rejected(Outcome::Ignored, format!("no state of {id} is kept"));
        };
        let version = saved.version().to_string();
        let storage = match saved.storage() {
            Some(Value::Map(storage)) => storage,
            _ => Default::default(),
        };
        let dropped = storage.into_iter().map(|(path, value)| PathFate {
            path,
            fate: Fate::Dropped,
            value: format!("was {value}"),
            by: None,
        });
        let member = MemberReport {
            mod_id: id.clone(),
            action: MemberAction::Purged,
            kind: ReloadType::Full,
            changed: Vec::new(),
            versions: (version.clone(), version),
            generations: (saved.generation(), saved.generation()),
            state: StateReport {
                paths: dropped.collect(),
                ..StateReport::default()
            },
        };
        ReloadReport {
            members: vec![member],
            ..rejected(Outcome::Committed, None)
        }
    }

    fn stop(
        &mut self,
        id: &ModId,
        action: MemberAction,
        absence: Absence,
        options: &ReloadOptions,
    ) -> Vec<ReloadReport> {
        let Some(old) = self.context.instance(id) else {
            return vec![self.keep_away(id, absence)];
        };
        let change = Change {
            mod_id: id.clone(),
            bundle: Ok(old.generation.bundle()),
        };
        let package = Package::of(&old.generation);
        let member = Member {
            request: Some(self.request_of(change, options)),
            departure: Some(Departure { action, absence }),
            ..Member::new(old, package, ReloadType::Full, Vec::new())
        };
        // Those that used its library code without needing it go on without, or it stays.
        let cohort = self.bind(vec![member]);
        let report = self.transact(cohort, options);
        self.note_outcome(&[], &report);
        let mut reports = vec![report];
        reports.extend(self.process_requests(options));
        reports
    }

    /// A mod that does not run is not to run when it could: one that was disabled, that could not start, that waits for another.
    fn keep_away(&mut self, id: &ModId, absence: Absence) -> ReloadReport {
        let could_run = self.known.contains(id) || self.dormant.contains_key(id);
        if !could_run || self.absent.get(id) == Some(&absence) {
            return rejected(Outcome::Ignored, format!("{id} is not running"));
        }
        let notes = match self.leave_out_for_good(id) {
            Ok(notes) => notes,
            Err(error) => {
                return ReloadReport {
                    error: Some(error),
                    ..rejected(Outcome::RolledBack, None)
                };
            }
        };
        self.absent.insert(id.clone(), absence);
        self.waiting.remove(id);
        let said = std::iter::once(format!("{id} was not running")).chain(notes);
        rejected(Outcome::Committed, said.collect::<Vec<String>>().join("; "))
    }

    /// Takes the definitions of a mod that was left out away, if nothing is made of them. Returns what that does to what lives.
    fn leave_out_for_good(&mut self, id: &ModId) -> Result<Vec<String>, StageError> {
        let Some(package) = self.left_behind.remove(id) else {
            return Ok(Vec::new());
        };
        match self.validate_world(&self.world(), id, true) {
            Ok(definitions) => {
                let taken = definitions.map(|definitions| self.take_definitions(definitions));
                self.tell_conflicts();
                Ok(taken.map_or(Vec::new(), |taken| taken.notes))
            }
            Err(error) => {
                self.left_behind.insert(id.clone(), package);
                Err(error)
            }
        }
    }

    /// Takes the mod out. What it had asked of the coming tick is dropped with it, and said.
    pub(super) fn commit_departure(
        &mut self,
        member: Member,
        departure: Departure,
    ) -> MemberReport {
        let generation = &member.old.generation;
        let id = generation.id().clone();
        let mut notes = Vec::new();
        let commands = std::mem::take(&mut generation.state.borrow_mut().held.commands);
        if !commands.is_empty() {
            notes.push(format!(
                "{} commands that waited are dropped",
                commands.len()
            ));
        }
        let emitted = self.context.emitted();
        let events = emitted.iter().filter(|event| event.mod_id == id).count();
        drop(emitted);
        if events > 0 {
            notes.push(format!("{events} events that waited are dropped"));
        }
        self.config_changes.retain(|(changed, _, _)| *changed != id);
        if member.skips_unload() {
            notes.push("mod_unloaded was skipped".to_owned());
        }
        // Without the commands, which must not come back with it; less than what has passed the bounds passes them too.
        let snapshot = handover::snapshot(&member.old);
        let snapshot = snapshot.or(member.snapshot.ok_or(())).unwrap_or_default();
        let saved = SavedMod::of(generation, &snapshot);
        self.dormant.insert(id.clone(), saved);
        self.absent.insert(id.clone(), departure.absence);
        self.unhealthy.remove(&id);
        self.refused.remove(&id);
        self.waiting.remove(&id);
        drop(self.context.uninstall(&id));
        let version = generation.manifest.version.to_string();
        MemberReport {
            mod_id: id,
            action: departure.action,
            kind: ReloadType::Full,
            changed: Vec::new(),
            versions: (version.clone(), version),
            generations: (generation.number(), generation.number()),
            state: StateReport {
                notes,
                ..StateReport::default()
            },
        }
    }

    /// What can be gone back to under the old name can be under the new one.
    pub(super) fn inherit_history(&mut self, old: &ModId, new: &ModId) {
        if let Some(history) = self.history.remove(old) {
            self.history.entry(new.clone()).or_default().extend(history);
        }
    }

    /// Lets a mod take the place of another: its queues, its history, its place in the load order.
    pub(super) fn rename(&mut self, old: &ModId, new: &ModId) {
        self.context.rename(old, new);
        self.inherit_history(old, new);
        for (id, _, _) in &mut self.config_changes {
            if id == old {
                *id = new.clone();
            }
        }
        self.known.insert(new.clone());
        self.unhealthy.remove(old);
        self.left_behind.remove(new);
        self.absent.remove(new);
        self.absent.insert(old.clone(), Absence::Removed);
    }
}
