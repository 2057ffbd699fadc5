//! Mods that begin to run while the colony goes on: each alone, or those together whose definitions need each other.

use crate::bundle::Bundle;
use crate::context::{Deadline, Effects};
use crate::handover::Package;
use crate::history::Past;
use crate::host::Host;
use crate::mod_id::ModId;
use crate::report::{
    MemberAction, MemberReport, Outcome, ReloadReport, ReloadType, Stage, StageError,
};

use super::plan::Member;
use super::queue::Request;
use super::transaction::injected_fault;
use super::{ReloadOptions, rejected};
use crate::definitions::ASSETS_FOLDER;

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

/// A mod that has begun, as long as those that are to begin with it may still fail.
struct Begun {
    report: MemberReport,
    /// What it did to itself and to others when it was told that it runs.
    effects: Effects,
    /// Whose kept state it has taken over.
    from: Option<ModId>,
    /// What can be gone back to from it: it ran something else when its state was kept.
    past: Option<Past>,
}

impl Host {
    /// Additions, in order, in groups that are tried together: what fits alone comes alone, so that what is wrong with one keeps no
    /// other away, and what fits only together comes together.
    pub(super) fn groups(&self, additions: Vec<Request>) -> Vec<Vec<Request>> {
        if additions.len() < 2 {
            return additions.into_iter().map(|request| vec![request]).collect();
        }
        let mut world = self.world();
        let (mut groups, mut unfit) = (Vec::new(), Vec::new());
        for request in additions {
            let Some(package) = package_of(&request).filter(|new| new.manifest.replaces.is_none())
            else {
                groups.push(vec![request]);
                continue;
            };
            let id = request.change.mod_id.clone();
            let mut with = world.clone();
            with.insert(id.clone(), package);
            if self.validate_world(&with, &id, true).is_ok() {
                world = with;
                groups.push(vec![request]);
            } else {
                unfit.push(request);
            }
        }
        let packages = unfit.iter().filter_map(package_of);
        world.extend(packages.map(|package| (package.manifest.id.clone(), package)));
        let together = unfit.first().is_some_and(|first| {
            self.validate_world(&world, &first.change.mod_id, true)
                .is_ok()
        });
        if together {
            groups.push(unfit);
        } else {
            groups.extend(unfit.into_iter().map(|request| vec![request]));
        }
        groups
    }

    /// Mods that are to run besides those that do, all or nothing.
    pub(super) fn add(&mut self, requests: &[Request], options: &ReloadOptions) -> ReloadReport {
        self.context.meter().set_deadline(options.deadline.clone());
        let added = self.try_add(requests, options);
        self.context.meter().set_deadline(None);
        match added {
            Ok(report) => report,
            Err(error) => {
                self.note_not_added(&error);
                let fault_reached = options.fault.as_ref().is_some_and(|fault| {
                    fault.stage == error.stage && fault.mod_id == error.mod_id
                });
                let ids = requests
                    .iter()
                    .map(|request| request.change.mod_id.as_str());
                let ids = ids.collect::<Vec<_>>().join(", ");
                ReloadReport {
                    error: Some(error),
                    fault_reached,
                    timed_out: options.deadline.as_ref().is_some_and(Deadline::has_passed),
                    ..rejected(Outcome::RolledBack, format!("{ids} does not run"))
                }
            }
        }
    }

    fn try_add(
        &mut self,
        requests: &[Request],
        options: &ReloadOptions,
    ) -> Result<ReloadReport, StageError> {
        let mut world = self.world();
        for request in requests {
            let package = self.readable(request, options)?;
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
            world.insert(request.change.mod_id.clone(), package);
        }
        let ids = || requests.iter().map(|request| &request.change.mod_id);
        let packages: Vec<Package> = ids().map(|id| world[id].bound(&world)).collect();
        world.extend(ids().cloned().zip(packages.iter().cloned()));
        for id in ids() {
            self.inject_at(Stage::Plan, id, options)?;
        }
        let with_assets = packages.iter().any(|package| has_assets(package.bundle()));
        let blamed = &packages[0].manifest.id;
        let definitions = self.validate_world(&world, blamed, with_assets)?;
        for id in ids() {
            for stage in STAGES_OF_BEGINNING {
                self.inject_at(stage, id, options)?;
            }
        }
        Ok(ReloadReport {
            members: self.take_in(&packages, definitions)?,
            ..rejected(Outcome::Committed, None)
        })
    }

    /// The files of a mod that is to run, where they can be planned with.
    fn readable(&self, request: &Request, options: &ReloadOptions) -> Result<Package, StageError> {
        let id = &request.change.mod_id;
        let fail = |stage, faults| StageError {
            stage,
            mod_id: id.clone(),
            faults,
        };
        self.inject_at(Stage::Settle, id, options)?;
        let bundle = request.change.bundle.clone();
        let bundle = bundle.map_err(|faults| fail(Stage::Settle, faults))?;
        Package::read(bundle).map_err(|faults| fail(Stage::Plan, faults))
    }

    /// Runs mods that fit, each from the state that it has left behind, or else the mod that it replaces.
    fn take_in(
        &mut self,
        packages: &[Package],
        definitions: Option<sim::Definitions>,
    ) -> Result<Vec<MemberReport>, StageError> {
        // What they do when they begin may be about the definitions that they bring.
        let taken = definitions.map(|definitions| self.take_definitions(definitions));
        let order_before = self.context.order();
        let mut begun = Vec::new();
        let mut failed = None;
        for package in packages {
            match self.run_besides(package) {
                Ok(one) => begun.push(one),
                Err(error) => {
                    failed = Some(error);
                    break;
                }
            }
        }
        if let Some(error) = failed {
            // Invariant (I3): an addition that fails leaves nothing behind, no place in the load order either, by which later ones
            // would be queued.
            for one in begun.into_iter().rev() {
                self.context.reverse(one.effects);
                drop(self.context.uninstall(&one.report.mod_id));
            }
            self.context.set_order(order_before);
            if let Some(taken) = taken {
                *self.context.colony_mut() = taken.before;
            }
            return Err(error);
        }
        let mut notes = taken.map_or(Vec::new(), |taken| taken.notes);
        let members = begun.into_iter().zip(packages).map(|(one, package)| {
            let mut member = self.keep_begun(one, package);
            if has_assets(package.bundle()) {
                member.state.notes.append(&mut notes);
            }
            member
        });
        let members = members.collect();
        self.order_mods();
        if packages.iter().any(|package| has_assets(package.bundle())) {
            self.tell_conflicts();
        }
        Ok(members)
    }

    /// What a mod that has begun changes for good.
    fn keep_begun(&mut self, begun: Begun, package: &Package) -> MemberReport {
        let id = &package.manifest.id;
        let Begun {
            report: mut member,
            effects,
            from,
            past,
        } = begun;
        self.context.accept(effects);
        self.known.insert(id.clone());
        self.absent.remove(id);
        self.left_behind.remove(id);
        let replaced = package.manifest.replaces.as_ref();
        if let Some(replaced) = replaced {
            self.left_behind.remove(replaced);
        }
        if let Some(from) = from {
            self.hand_overs += 1;
            // Under the name that it had: a mod that takes its place inherits the whole history.
            let history = self.history.entry(from.clone()).or_default();
            if let Some(past) = past {
                history.push(past);
            }
            self.dormant.remove(&from);
            if from != *id {
                self.inherit_history(&from, id);
                member.action = MemberAction::Renamed { from };
            }
        }
        if let Some(kept) = replaced.filter(|old| self.dormant.contains_key(*old)) {
            let note = format!("the state of {kept} stays kept: {id} has its own");
            member.state.notes.push(note);
        }
        member
    }

    /// Begins a mod behind all others, or goes on with the state that it had.
    fn run_besides(&mut self, package: &Package) -> Result<Begun, StageError> {
        let id = &package.manifest.id;
        let mut order = self.context.order();
        order.retain(|other| other != id);
        order.push(id.clone());
        self.context.set_order(order);
        let mut names = std::iter::once(id).chain(&package.manifest.replaces);
        let from = names.find(|id| self.dormant.contains_key(*id)).cloned();
        if let Some(saved) = from.as_ref().and_then(|id| self.dormant.get(id)).cloned() {
            let (report, past) = self.resume_besides(package, &saved)?;
            let report = MemberReport {
                action: MemberAction::Added,
                generations: (report.generations.1, report.generations.1),
                ..report
            };
            return Ok(Begun {
                report,
                effects: Effects::default(),
                from,
                past,
            });
        }
        let version = package.manifest.version.to_string();
        let (state, effects) = self.begin_reversibly(package)?;
        let report = MemberReport {
            mod_id: id.clone(),
            action: MemberAction::Added,
            kind: ReloadType::Full,
            changed: Vec::new(),
            versions: (version.clone(), version),
            generations: (1, 1),
            state,
        };
        Ok(Begun {
            report,
            effects,
            from: None,
            past: None,
        })
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

fn package_of(request: &Request) -> Option<Package> {
    let bundle = request.change.bundle.as_ref().ok()?;
    Package::read(bundle.clone()).ok()
}

pub(super) fn has_assets(bundle: &Bundle) -> bool {
    let mut paths = bundle.paths();
    paths.any(|path| path.starts_with(ASSETS_FOLDER))
}
