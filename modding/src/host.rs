//! The host: a colony and the mods that run in it. Ticks, reloads, saves go through here; files come in as bundles, and
//! everything that happened goes out as records and reports.

mod content;
mod left_out;
mod roster;
mod setup_fault;

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use serde::{Deserialize, Serialize};
use sim::{Colony, Setup};

use crate::bundle::Bundle;
use crate::context::{Context, Effects, LogLine};
use crate::definitions::Conflict;
use crate::diagnostic::Fault;
use crate::generation::Instance;
use crate::handover::{self, Package};
use crate::history::History;
use crate::manifest::Manifest;
use crate::mod_id::ModId;
use crate::perturbation::Perturbation;
use crate::reload::{Change, ReloadOptions, ReloadQueue, Waiting};
use crate::report::{StageError, StateReport};
use crate::resolve::ResolutionCache;
use crate::save::SavedMod;
use crate::tick::{HandlerFailure, table_event};
use crate::trace::SharedTrace;
use crate::value::Value;

pub(crate) use roster::{Roster, ids, roster};
use roster::{depends_on_left_out, found};

/// The file of places in the map of a set-up. Whoever has read the map knows its real name.
pub const SETUP_MAP: &str = "map";

/// The file of places in the stock of a set-up, each of which has the name of an item as its text.
pub const SETUP_STOCK: &str = "stock";

/// A mod that does not run, and why.
#[derive(Clone, Debug, PartialEq)]
pub struct LeftOut {
    /// The mod's id, or its folder where the manifest could not be read.
    pub name: String,
    /// Why: at least one.
    pub faults: Vec<Fault>,
}

/// See the [module](self).
pub struct Host {
    pub(crate) context: Rc<Context>,
    pub(crate) chain: u128,
    /// Ids of mods that exist, loaded or not: a dependency on one of them is missing, on another is unknown.
    pub(crate) known: BTreeSet<ModId>,
    pub(crate) history: BTreeMap<ModId, History>,
    pub(crate) failures: Vec<HandlerFailure>,
    /// Changed configuration that its mod has yet to hear of.
    pub(crate) config_changes: Vec<(ModId, String, Value)>,
    pub(crate) hand_overs: u64,
    /// The state of mods that do not run is kept (seed-corrections 44).
    pub(crate) dormant: BTreeMap<ModId, SavedMod>,
    /// Mods that do not run because they were told not to.
    pub(crate) absent: BTreeMap<ModId, Absence>,
    /// Mods whose last change was rolled back.
    pub(crate) unhealthy: BTreeSet<ModId>,
    /// The content that a mod could not follow the library code of others to: it is not tried again.
    pub(crate) refused: BTreeMap<ModId, u128>,
    /// Mods that are left out and whose definitions the colony has, as they were when it got them.
    pub(crate) left_behind: BTreeMap<ModId, Package>,
    /// Fields of definitions about which mods do not agree, as far as they were told.
    conflicts: Vec<Conflict>,
    /// Why mods do not run that were to, by the name of each: a fault of it.
    broken: BTreeMap<String, Fault>,
    pub(crate) queue: ReloadQueue,
    /// Changes that wait for a mod that they lack.
    pub(crate) waiting: BTreeMap<ModId, Waiting>,
    pub(crate) resolutions: ResolutionCache,
}

/// Why a mod does not run although it could.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Absence {
    /// Switched off.
    Disabled,
    /// Taken out of the run.
    Removed,
}

impl Host {
    /// Begins a new colony with mods. A mod that cannot start is left out, with all that depend on it; the others run.
    ///
    /// # Errors
    /// Definitions or a set-up that no colony can be made of, every fault at once.
    pub fn start(
        setup: &Setup,
        bundles: Vec<Bundle>,
        known: BTreeSet<ModId>,
    ) -> Result<(Host, Vec<LeftOut>), Vec<Fault>> {
        Host::start_perturbed(setup, bundles, known, Perturbation::default())
    }

    /// The same with something varied that no mod should notice.
    ///
    /// # Errors
    /// Those of [`Host::start`].
    pub fn start_perturbed(
        setup: &Setup,
        bundles: Vec<Bundle>,
        known: BTreeSet<ModId>,
        perturbation: Perturbation,
    ) -> Result<(Host, Vec<LeftOut>), Vec<Fault>> {
        let (roster, colony) = found(setup, &bundles, &known)?;
        let Roster {
            packages,
            mut left_out,
            mut unmet,
            unfit,
        } = roster;
        let mut host = Host::around(colony, known);
        host.context.perturb(perturbation);
        host.context.set_order(ids(&packages));
        for package in &packages {
            let id = &package.manifest.id;
            if let Some(missing) = host.missing_dependency(package) {
                left_out.push(missing);
                unmet.push(package.clone());
                continue;
            }
            if let Err(error) = host.begin(package) {
                left_out.push(LeftOut {
                    name: id.to_string(),
                    faults: error.faults,
                });
            }
        }
        host.note_left_out(&left_out);
        host.wait_for(unmet, unfit);
        host.leave_behind(&packages);
        host.forget_places();
        host.tell_conflicts();
        host.deliver(&table_event("simulation_start", 0));
        Ok((host, left_out))
    }

    /// The colony, to look at.
    pub fn colony(&self) -> std::cell::Ref<'_, Colony> {
        self.context.colony()
    }

    /// The last tick that has begun.
    pub fn current_tick(&self) -> u64 {
        self.context.tick()
    }

    /// The hash of everything that has happened so far.
    pub fn chain(&self) -> u128 {
        self.chain
    }

    /// The running mods in load order: id, version, generation.
    pub fn mods(&self) -> Vec<(ModId, String, u32)> {
        self.context
            .running()
            .iter()
            .map(|instance| {
                let generation = &instance.generation;
                (
                    generation.id().clone(),
                    generation.manifest.version.to_string(),
                    generation.number(),
                )
            })
            .collect()
    }

    /// The content of the running mods in load order, which need not be what lies on the disk.
    pub fn bundles(&self) -> Vec<Bundle> {
        self.context
            .running()
            .iter()
            .map(|instance| (*instance.generation.bundle()).clone())
            .collect()
    }

    /// The mods that were disabled or removed, whose files are not looked at.
    pub fn absent(&self) -> impl Iterator<Item = &ModId> {
        self.absent.keys()
    }

    /// A mod's storage, if the mod runs. Looking changes nothing.
    pub fn mod_storage(&self, id: &ModId) -> Option<Value> {
        Some(
            self.context
                .instance(id)?
                .generation
                .state
                .borrow()
                .storage
                .to_value(),
        )
    }

    /// What the host holds for a mod beside its storage, if the mod runs.
    pub fn mod_snapshot(&self, id: &ModId) -> Option<crate::state::Snapshot> {
        let instance = self.context.instance(id)?;
        let snapshot = instance
            .generation
            .state
            .borrow()
            .snapshot(&instance.generation.manifest.version);
        Some(snapshot)
    }

    /// The storage that a generation of a mod had when it was replaced, while the history has it.
    pub fn past_storage(&self, id: &ModId, generation: u32) -> Option<Value> {
        let past = self.history.get(id)?.find(Some(generation))?;
        past.storage()
    }

    /// Seconds of wall time that a live reload may take: the smallest wish of the running mods.
    pub fn reload_seconds_max(&self) -> u64 {
        let running = self.context.running();
        let asked = running
            .iter()
            .map(|instance| instance.generation.manifest.hot_reload.queue.reload_timeout);
        asked.min().unwrap_or(crate::limits::RELOAD_SECONDS_MAX)
    }

    /// Takes note from now on of who writes what, for reports. The run goes as it would without.
    pub fn trace_into(&self, trace: SharedTrace) {
        self.context.set_trace(trace);
    }

    /// What mods wrote since the last tick's record.
    pub fn take_log(&self) -> Vec<LogLine> {
        self.context.take_log()
    }

    /// How often a mod was handed from one instance to another.
    pub fn hand_overs(&self) -> u64 {
        self.hand_overs
    }

    /// Handlers that have failed so far, each once with a count.
    pub fn failures(&self) -> &[HandlerFailure] {
        &self.failures
    }

    /// The functions that running mods export, each with its mod.
    pub fn exports(&self) -> BTreeSet<(ModId, String)> {
        let running = self.context.running();
        let exports = running.iter().flat_map(|instance| {
            let generation = &instance.generation;
            let names = generation.declarations.borrow().exports.clone();
            let id = generation.id().clone();
            names.into_keys().map(move |name| (id.clone(), name))
        });
        exports.collect()
    }

    /// The events that a running mod has declared handlers for, whatever it is written in.
    pub fn heard_events(&self, id: &ModId) -> BTreeSet<String> {
        let running = self.context.running();
        let of = running
            .iter()
            .find(|instance| instance.generation.id() == id);
        of.map_or_else(BTreeSet::new, |instance| {
            let declarations = instance.generation.declarations.borrow();
            let handlers = declarations.handlers().iter();
            handlers.map(|handler| handler.name.0.clone()).collect()
        })
    }

    /// The exported functions that mods have called in this host, each with the mod that exports it. A save does not hold them.
    pub fn called_exports(&self) -> BTreeSet<(ModId, String)> {
        let called = self.context.called_exports();
        let called = called
            .iter()
            .flat_map(|(id, names)| names.iter().map(|name| (id.clone(), name.clone())));
        called.collect()
    }

    /// Steps that the last call into a mod took.
    pub fn steps_of_last_call(&self) -> u64 {
        self.context.meter().steps_of_last_call()
    }

    pub(crate) fn around(colony: Colony, known: BTreeSet<ModId>) -> Host {
        Host {
            context: Rc::new(Context::new(colony)),
            chain: 0,
            known,
            history: BTreeMap::new(),
            failures: Vec::new(),
            config_changes: Vec::new(),
            hand_overs: 0,
            dormant: BTreeMap::new(),
            absent: BTreeMap::new(),
            unhealthy: BTreeSet::new(),
            refused: BTreeMap::new(),
            left_behind: BTreeMap::new(),
            conflicts: Vec::new(),
            broken: BTreeMap::new(),
            queue: ReloadQueue::default(),
            waiting: BTreeMap::new(),
            resolutions: ResolutionCache::default(),
        }
    }

    /// Why a mod cannot run, where one that it depends on does not.
    pub(crate) fn missing_dependency(&self, package: &Package) -> Option<LeftOut> {
        let id = &package.manifest.id;
        let mut needed = package.manifest.dependencies.keys();
        let missing = needed.find(|needed| self.context.instance(needed).is_none())?;
        Some(LeftOut {
            name: id.to_string(),
            faults: vec![depends_on_left_out(id, missing)],
        })
    }

    /// Lets mods that lack another one wait for it, and those that do not fit for what they may fit with.
    pub(crate) fn wait_for(&mut self, unmet: Vec<Package>, unfit: Vec<Package>) {
        let request_of = |host: &Host, package: Package| {
            let change = Change {
                mod_id: package.manifest.id.clone(),
                bundle: Ok(package.bundle().clone()),
            };
            host.request_of(change, &ReloadOptions::default())
        };
        for package in unmet {
            let request = request_of(self, package);
            self.wait_for_dependencies(&[request]);
        }
        for package in unfit {
            let request = request_of(self, package);
            self.wait_to_fit(&request);
        }
    }

    /// Remembers the content of those mods that do not run although the colony has their definitions.
    pub(crate) fn leave_behind(&mut self, packages: &[Package]) {
        let ids = packages.iter().map(|package| &package.manifest.id);
        for (id, package) in ids.zip(packages) {
            if self.context.instance(id).is_none() {
                self.left_behind.insert(id.clone(), package.clone());
            }
        }
    }

    /// What definitions are read from: the mods of a world in their order, after those that are left out, so that of two that define
    /// the same the one that runs is at fault.
    pub(crate) fn content<'w>(
        &'w self,
        world: &'w BTreeMap<ModId, Package>,
        order: &[ModId],
    ) -> Vec<(&'w Manifest, &'w Bundle)> {
        let runs = |id: &ModId| {
            let mut manifests = world.values().map(|package| &package.manifest);
            manifests.any(|manifest| manifest.id == *id || manifest.replaces.as_ref() == Some(id))
        };
        let left_behind = self.left_behind.iter().filter(|(id, _)| !runs(id));
        let running = order.iter().filter_map(|id| world.get(id));
        left_behind
            .map(|(_, package)| package)
            .chain(running)
            .map(Package::content)
            .collect()
    }

    /// Starts a mod that is new to the colony.
    pub(crate) fn begin(&mut self, package: &Package) -> Result<StateReport, StageError> {
        let (state, effects) = self.begin_reversibly(package)?;
        self.context.accept(effects);
        Ok(state)
    }

    /// The same; what it did can still be taken back.
    pub(crate) fn begin_reversibly(
        &mut self,
        package: &Package,
    ) -> Result<(StateReport, Effects), StageError> {
        let instance = handover::prepare(&self.context, package, 1)?;
        let id = instance.generation.id().clone();
        // Installed first: `mod_loaded` may call other mods when the reason is `start`, and they may emit.
        self.install(instance.clone());
        handover::begin(&self.context, &instance).inspect_err(|_| drop(self.context.uninstall(&id)))
    }

    /// Makes an instance the running one of its mod. The old one goes last (seed-corrections 19).
    pub(crate) fn install(&mut self, instance: Instance) {
        self.broken.remove(instance.generation.id().as_str());
        self.history
            .entry(instance.generation.id().clone())
            .or_default();
        drop(self.context.install(instance));
    }

    /// Invariant (I3): a mod that could not start has no place in the load order, by which its next change would be queued.
    pub(crate) fn forget_places(&self) {
        let running = self.context.running();
        let ids = running.iter().map(|instance| instance.generation.id());
        self.context.set_order(ids.cloned().collect());
    }

    /// Puts the running mods in load order, after their dependencies may have changed.
    pub(crate) fn order_mods(&self) {
        let running = self.context.instances();
        let manifests = running
            .iter()
            .map(|instance| {
                (
                    instance.generation.id().clone(),
                    &*instance.generation.manifest,
                )
            })
            .collect();
        let hint = self.context.order();
        let order = self.resolutions.load_order(&manifests, &self.known, &hint);
        self.context
            .set_order(order.unwrap_or_else(|_| manifests.keys().cloned().collect()));
    }
}
