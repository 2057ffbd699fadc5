//! Mods that begin and cease to run while the colony goes on: added, disabled, removed, enabled again, renamed; and the state of
//! those that do not run, which is kept until it is purged (seed-corrections 24, 26).

use crate::context::Deadline;
use crate::diagnostic::Fault;
use crate::handover::{self, Package};
use crate::host::{Absence, Host};
use crate::mod_id::ModId;
use crate::report::{
    Fate, MemberAction, MemberReport, Outcome, PathFate, ReloadReport, ReloadType, Stage,
    StageError, StateReport,
};
use crate::save::SavedMod;
use crate::value::Value;

use super::plan::{ASSETS_FOLDER, Departure, Member};
use super::queue::Request;
use super::transaction::injected_fault;
use super::{Change, ReloadOptions, rejected};

/// Stages at which a mod that begins can be made to fail: all before it is told anything, so that there is nothing to take back.
const STAGES_OF_BEGINNING: [Stage; 7] = [
    Stage::Parse,
    Stage::Instantiate,
    Stage::TopLevel,
    Stage::Migrate,
    Stage::Restore,
    Stage::Loaded,
    Stage::Commit,
];

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
            let fault = Fault::new(format!(
                "{id} is running, and only what does not run can be purged"
            ));
            let error = StageError {
                stage: Stage::Plan,
                mod_id: id.clone(),
                faults: vec![fault.help(format!("remove {id} first"))],
            };
            return ReloadReport {
                error: Some(error),
                ..rejected(Outcome::RolledBack, None)
            };
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

    /// One mod that is to run besides those that do, all or nothing.
    pub(super) fn add(&mut self, request: &Request, options: &ReloadOptions) -> ReloadReport {
        self.context.meter().set_deadline(options.deadline.clone());
        let added = self.try_add(request, options);
        self.context.meter().set_deadline(None);
        match added {
            Ok(report) => report,
            Err(error) => {
                let fault_reached = options.fault.as_ref().is_some_and(|fault| {
                    fault.stage == error.stage && fault.mod_id == error.mod_id
                });
                ReloadReport {
                    error: Some(error),
                    fault_reached,
                    timed_out: options.deadline.as_ref().is_some_and(Deadline::has_passed),
                    ..rejected(Outcome::RolledBack, None)
                }
            }
        }
    }

    fn try_add(
        &mut self,
        request: &Request,
        options: &ReloadOptions,
    ) -> Result<ReloadReport, StageError> {
        let id = &request.change.mod_id;
        let fail = |stage, faults| StageError {
            stage,
            mod_id: id.clone(),
            faults,
        };
        self.inject_at(Stage::Settle, id, options)?;
        let bundle = request.change.bundle.clone();
        let bundle = bundle.map_err(|faults| fail(Stage::Settle, faults))?;
        let package = Package::read(bundle).map_err(|faults| fail(Stage::Plan, faults))?;
        let replaced = package.manifest.replaces.as_ref();
        if let Some(old) = replaced.and_then(|old| self.context.instance(old)) {
            let changed = package.bundle().paths().map(str::to_owned).collect();
            let member = Member {
                request: Some(request.clone()),
                ..Member::new(old, package, ReloadType::Full, changed)
            };
            let cohort = self.bind(vec![member]);
            return Ok(self.transact(cohort, options));
        }
        self.inject_at(Stage::Plan, id, options)?;
        let mut world = self.world();
        let package = package.bound(&world);
        world.insert(id.clone(), package.clone());
        let definitions = self.validate_world(&world, id, has_assets(&package))?;
        for stage in STAGES_OF_BEGINNING {
            self.inject_at(stage, id, options)?;
        }
        let member = self.take_in(&package, definitions)?;
        Ok(ReloadReport {
            members: vec![member],
            ..rejected(Outcome::Committed, None)
        })
    }

    /// Runs a mod that fits, from the state that it has left behind, or else the mod that it replaces.
    fn take_in(
        &mut self,
        package: &Package,
        definitions: Option<sim::Definitions>,
    ) -> Result<MemberReport, StageError> {
        let id = &package.manifest.id;
        let mut names = std::iter::once(id).chain(&package.manifest.replaces);
        let from = names.find(|id| self.dormant.contains_key(*id)).cloned();
        let saved = from.as_ref().and_then(|id| self.dormant.get(id).cloned());
        // What it does when it begins may be about the definitions that it brings.
        let taken = definitions.map(|definitions| self.take_definitions(definitions));
        let begun = self.run_besides(package, saved.as_ref());
        let mut member = match (begun, taken) {
            (Ok(mut member), taken) => {
                let notes = taken.map_or(Vec::new(), |taken| taken.notes);
                member.state.notes.extend(notes);
                member
            }
            (Err(error), taken) => {
                if let Some(taken) = taken {
                    *self.context.colony_mut() = taken.before;
                }
                return Err(error);
            }
        };
        self.known.insert(id.clone());
        self.absent.remove(id);
        self.left_behind.remove(id);
        if let Some(replaced) = &package.manifest.replaces {
            self.left_behind.remove(replaced);
        }
        if let Some(from) = from {
            self.dormant.remove(&from);
            if from != *id {
                self.inherit_history(&from, id);
                member.action = MemberAction::Renamed { from };
            }
        }
        if let Some(kept) = package
            .manifest
            .replaces
            .as_ref()
            .filter(|old| self.dormant.contains_key(*old))
        {
            let note = format!("the state of {kept} stays kept: {id} has its own");
            member.state.notes.push(note);
        }
        self.order_mods();
        Ok(member)
    }

    /// Begins a mod behind all others, or goes on with the state that it had.
    fn run_besides(
        &mut self,
        package: &Package,
        saved: Option<&SavedMod>,
    ) -> Result<MemberReport, StageError> {
        let id = &package.manifest.id;
        let order_before = self.context.order();
        let mut order = order_before.clone();
        order.retain(|other| other != id);
        order.push(id.clone());
        self.context.set_order(order);
        // Invariant (I3): an addition that fails leaves no place in the load order, by which later ones would be queued.
        self.start_or_resume(package, saved)
            .inspect_err(|_| self.context.set_order(order_before))
    }

    fn start_or_resume(
        &mut self,
        package: &Package,
        saved: Option<&SavedMod>,
    ) -> Result<MemberReport, StageError> {
        let version = package.manifest.version.to_string();
        let (number, state, before) = match saved {
            Some(saved) => {
                let report = self.resume_saved(package, saved)?;
                (
                    report.generations.1,
                    report.state,
                    saved.version().to_string(),
                )
            }
            None => (1, self.begin(package)?, version.clone()),
        };
        Ok(MemberReport {
            mod_id: package.manifest.id.clone(),
            action: MemberAction::Added,
            kind: ReloadType::Full,
            changed: Vec::new(),
            versions: (before, version),
            generations: (number, number),
            state,
        })
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
        self.absent.insert(id.clone(), absence);
        self.waiting.remove(id);
        rejected(Outcome::Committed, format!("{id} was not running"))
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
    fn inherit_history(&mut self, old: &ModId, new: &ModId) {
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

    fn inject_at(
        &self,
        stage: Stage,
        id: &ModId,
        options: &ReloadOptions,
    ) -> Result<(), StageError> {
        if !self.injected(options, stage, id) {
            return Ok(());
        }
        Err(StageError {
            stage,
            mod_id: id.clone(),
            faults: vec![injected_fault(stage)],
        })
    }
}

fn has_assets(package: &Package) -> bool {
    let mut paths = package.bundle().paths();
    paths.any(|path| path.starts_with(ASSETS_FOLDER))
}
