//! A whole run in a file: the colony, the queues, and a snapshot of every mod.
//!
//! A save hands every mod over to itself, on the running side as on the loading side, so that both go on alike (I5).

mod choice;
pub(crate) mod contents;
mod notes;
mod saved_mod;

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::bundle::Bundle;
use crate::codec::{self, CodecError, Compression};
use crate::context::{EmittedEvent, LogLevel, Reason};
use crate::diagnostic::Fault;
use crate::generation::Instance;
use crate::handover::{self, MayBeginAgain, Package};
use crate::history::{Past, SavedHistories};
use crate::host::{Absence, Host, LeftOut, Roster, ids};
use crate::manifest::Manifest;
use crate::mod_id::ModId;
use crate::reload::SavedWaiting;
use crate::report::{MemberAction, MemberReport, ReloadType, StageError};
use crate::value::Value;

use choice::{Choice, Former};
use contents::{Contents, SavedContents, SavedSources};
pub(crate) use saved_mod::SavedMod;
use saved_mod::StoredMod;

#[derive(Serialize, Deserialize)]
struct SavedRun {
    colony: Vec<u8>,
    definitions: u128,
    chain: u128,
    emitted: Vec<EmittedEvent>,
    config_changes: Vec<(ModId, String, Value)>,
    /// In load order.
    mods: Vec<StoredMod>,
    dormant: BTreeMap<ModId, StoredMod>,
    absent: BTreeMap<ModId, Absence>,
    unhealthy: BTreeSet<ModId>,
    refused: BTreeMap<ModId, u128>,
    waiting: BTreeMap<ModId, SavedWaiting>,
    /// Mods that are left out and whose definitions the colony has.
    left_behind: Vec<SavedSources>,
    history: SavedHistories,
    contents: SavedContents,
}

/// A snapshot as it is kept: compressed, where the mod wishes it.
pub(crate) fn kept(manifest: &Manifest, snapshot: &[u8]) -> Vec<u8> {
    match manifest.hot_reload.state.compression {
        Compression::Gzip => codec::compress(snapshot),
        Compression::None => snapshot.to_vec(),
    }
}

/// A run that was loaded.
pub struct Loaded {
    /// The run.
    pub host: Host,
    /// Mods whose files are not those that wrote the save, and what became of their state.
    pub updated: Vec<MemberReport>,
    /// Whether definitions are others than those of the save.
    pub definitions_changed: bool,
    /// Mods that cannot run.
    pub left_out: Vec<LeftOut>,
    /// Mods that ran and of which no files were given: their state is kept.
    pub away: Vec<ModId>,
    /// Mods that run and did not run then.
    pub begun: Vec<ModId>,
}

/// Why a save cannot be loaded.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum LoadError {
    /// The file.
    #[error("the save is {0}")]
    Codec(#[from] CodecError),
    /// The colony in it.
    #[error("the colony in the save cannot be restored: {0}")]
    Colony(String),
    /// The definitions that it is to go on with.
    #[error("the mods' definitions have {} faults", .0.len())]
    Definitions(Vec<Fault>),
}

impl Host {
    /// The run as bytes, and warnings about mods that could not be handed over: theirs is the last state that the host holds.
    ///
    /// # Errors
    /// A run over the codec's bounds.
    pub fn save(&mut self) -> Result<(Vec<u8>, Vec<String>), CodecError> {
        let mut contents = SavedContents::default();
        let mut mods = Vec::new();
        let mut warnings = Vec::new();
        for instance in self.context.running().iter() {
            let generation = &instance.generation;
            let snapshot = match self.hand_over_to_itself(instance) {
                Ok(snapshot) => snapshot,
                Err(error) => {
                    let why = error
                        .faults
                        .first()
                        .map_or(String::new(), ToString::to_string);
                    let warning = format!(
                        "{} could not be handed over at {}: its last state is saved: {why}",
                        error.mod_id,
                        error.stage.name()
                    );
                    self.context.log(generation.id(), LogLevel::Warn, &warning);
                    warnings.push(warning);
                    codec::encode(
                        &generation
                            .state
                            .borrow()
                            .snapshot(&generation.manifest.version),
                        Compression::None,
                    )?
                }
            };
            mods.push(SavedMod::of(generation, &snapshot).store(&mut contents));
        }
        let dormant = self.dormant.iter();
        let left_behind = self.left_behind.values();
        let run = SavedRun {
            colony: self.context.colony().save(),
            definitions: self.context.colony().definitions().hash(),
            chain: self.chain,
            emitted: self.context.emitted().clone(),
            config_changes: self.config_changes.clone(),
            mods,
            dormant: dormant
                .map(|(id, saved)| (id.clone(), saved.store(&mut contents)))
                .collect(),
            absent: self.absent.clone(),
            unhealthy: self.unhealthy.clone(),
            refused: self.refused.clone(),
            waiting: self.saved_waiting(),
            left_behind: left_behind
                .map(|package| contents.keep(&package.sources))
                .collect(),
            history: SavedHistories::of(&self.history, &mut contents),
            contents,
        };
        Ok((codec::encode(&run, Compression::Gzip)?, warnings))
    }

    /// Hashes of what a save holds beside the parts of [`Host::part_hashes`], each with what it is of. Nothing of it is in the chain.
    ///
    /// # Errors
    /// A run over the codec's bounds.
    pub fn kept_hashes(&self) -> Result<Vec<(&'static str, u128)>, CodecError> {
        fn hash(kept: &impl Serialize) -> Result<u128, CodecError> {
            Ok(sim::hash_bytes(&codec::encode(kept, Compression::None)?))
        }
        let mut contents = SavedContents::default();
        let dormant = self.dormant.iter();
        let dormant: BTreeMap<ModId, StoredMod> = dormant
            .map(|(id, saved)| (id.clone(), saved.store(&mut contents)))
            .collect();
        let history = SavedHistories::of(&self.history, &mut contents);
        let left_behind = self.left_behind.iter();
        let left_behind: BTreeMap<&ModId, u128> = left_behind
            .map(|(id, package)| (id, package.sources.hash()))
            .collect();
        Ok(vec![
            ("the generations that run", hash(&self.mods())?),
            ("the state of mods that do not run", hash(&dormant)?),
            ("the mods that are switched off", hash(&self.absent)?),
            ("the mods to be tried first", hash(&self.unhealthy)?),
            ("the changes not to be followed", hash(&self.refused)?),
            ("the definitions of mods left out", hash(&left_behind)?),
            ("the changes that wait", hash(&self.saved_waiting())?),
            ("the generations to go back to", hash(&history)?),
        ])
    }

    /// The run that [`Host::save`] made `bytes` of, with mods as their files are now: the same content resumes, another is
    /// updated. Mods that cannot run are left out, their state kept for a later save.
    ///
    /// # Errors
    /// See [`LoadError`].
    pub fn load(
        bytes: &[u8],
        bundles: Vec<Bundle>,
        known: BTreeSet<ModId>,
    ) -> Result<Loaded, LoadError> {
        let run: SavedRun = codec::decode(bytes)?;
        let contents = run.contents.restore();
        let saved = run.mods.into_iter().map(|saved| saved.restore(&contents));
        let saved: Vec<SavedMod> = saved.collect();
        // Invariant (I5): mods go on in the order in which they ran.
        let bundles = present(bundles, &run.absent);
        let read = bundles.iter().map(|bundle| bundle.folder().to_owned());
        let read: BTreeSet<String> = read.collect();
        let order: Vec<ModId> = saved.iter().map(|saved| saved.id().clone()).collect();
        let left_behind = run.left_behind.iter();
        let left_behind = left_behind.filter_map(|sources| contents.package(sources));
        let ran = saved.iter().filter_map(SavedMod::package).cloned();
        let former = Former {
            colony: &run.colony,
            mods: by_id(left_behind.chain(ran)),
            order: &order,
        };
        let Choice {
            roster,
            colony,
            left_behind,
        } = former.choose(&bundles, &known)?;
        let Roster {
            packages,
            mut left_out,
            mut unmet,
            unfit,
        } = roster;
        let definitions_changed = colony.definitions().hash() != run.definitions;
        let mut host = Host::around(colony, known);
        host.chain = run.chain;
        host.context.set_between_ticks(true);
        host.dormant = restored(run.dormant, &contents);
        host.absent = run.absent;
        host.unhealthy = run.unhealthy;
        host.refused = run.refused;
        host.left_behind = left_behind;
        host.history = run.history.restore(&contents);
        host.context.set_order(ids(&packages));
        // Before any mod begins, which may emit.
        *host.context.emitted() = run.emitted;
        let packages = bound_as_before(packages, &saved);
        let (updated, failed) = host.go_on_with(&packages, saved);
        let (packages_of_failed, reasons): (Vec<_>, Vec<_>) = failed.into_iter().unzip();
        left_out.extend(reasons);
        unmet.extend(packages_of_failed);
        host.note_left_out(&left_out);
        host.leave_behind(&packages);
        host.wait_for(unmet, unfit);
        host.restore_waiting(run.waiting, &read);
        host.forget_places();
        host.remember_conflicts();
        host.keep_queues_of_running(run.config_changes);
        let (away, begun) = host.others_than(&order, &left_out);
        Ok(Loaded {
            away,
            begun,
            host,
            updated,
            definitions_changed,
            left_out,
        })
    }

    /// Of the mods that ran those that are kept without running, and of those that run those that did not.
    fn others_than(&self, ran: &[ModId], left_out: &[LeftOut]) -> (Vec<ModId>, Vec<ModId>) {
        let is_left_out = |id: &ModId| left_out.iter().any(|left_out| left_out.name == id.as_str());
        let away = ran.iter();
        let away = away.filter(|id| self.dormant.contains_key(*id) && !is_left_out(id));
        let runs = self.mods().into_iter().map(|(id, ..)| id);
        let begun = runs.filter(|id| !ran.contains(id));
        (away.cloned().collect(), begun.collect())
    }

    /// Starts mods in their order: what became of those whose files are others, and those that cannot run.
    fn go_on_with(
        &mut self,
        packages: &[Package],
        saved: Vec<SavedMod>,
    ) -> (Vec<MemberReport>, Vec<(Package, LeftOut)>) {
        let saved = saved.into_iter().map(|saved| (saved.id().clone(), saved));
        let mut saved: BTreeMap<ModId, SavedMod> = saved.collect();
        let (mut updated, mut failed) = (Vec::new(), Vec::new());
        for package in packages {
            // A mod that could not run when the save was written comes back to the state it had.
            let known = saved
                .remove(&package.manifest.id)
                .or_else(|| self.dormant.remove(&package.manifest.id));
            match self.go_on(package, known) {
                Ok(report) => updated.extend(report),
                Err(why) => failed.push((package.clone(), why)),
            }
        }
        self.dormant.extend(saved);
        (updated, failed)
    }

    /// What waits to be delivered, as far as the mods that it comes from run.
    fn keep_queues_of_running(&mut self, config_changes: Vec<(ModId, String, Value)>) {
        let running: BTreeSet<ModId> = self.mods().into_iter().map(|(id, _, _)| id).collect();
        self.context
            .emitted()
            .retain(|event| running.contains(&event.mod_id));
        self.config_changes = config_changes
            .into_iter()
            .filter(|(id, _, _)| running.contains(id))
            .collect();
    }

    /// Hands a mod over to a new instance of itself and gives the state that it was handed over with.
    fn hand_over_to_itself(&mut self, instance: &Instance) -> Result<Vec<u8>, StageError> {
        let generation = &instance.generation;
        let effects = handover::unload(&self.context, instance)?;
        let resumed = handover::snapshot(instance).and_then(|bytes| {
            let resumed = handover::resume(
                &self.context,
                &Package::of(generation),
                generation.number(),
                &bytes,
            )?;
            Ok((bytes, resumed))
        });
        match resumed {
            Ok((bytes, resumed)) => {
                self.warn_of_lost_declarations(instance, &resumed);
                self.context.accept(effects);
                self.install(resumed);
                self.hand_overs += 1;
                Ok(bytes)
            }
            Err(error) => {
                self.context.reverse(effects);
                Err(error)
            }
        }
    }

    /// Code that declares more when a colony starts than when it goes on loses the difference at every save.
    fn warn_of_lost_declarations(&self, old: &Instance, new: &Instance) {
        let (old, new) = (&old.generation, &new.generation);
        let mut lost = handover::handlers_no_longer_declared(old, new);
        let running = new.state.borrow();
        let timers = old
            .state
            .borrow()
            .held
            .timers
            .keys()
            .filter(|name| !running.held.timers.contains_key(*name))
            .cloned()
            .collect::<Vec<_>>();
        lost.extend(
            timers
                .iter()
                .map(|name| format!("timer `{name}` is no longer declared")),
        );
        for lost in lost {
            let warning = format!(
                "{lost} when the mod goes on after a save: declare it whatever `event.reason` is"
            );
            self.context.log(new.id(), LogLevel::Warn, &warning);
        }
    }

    /// Starts a mod, from its saved state where there is one; the state of a mod that cannot run is kept.
    fn go_on(
        &mut self,
        package: &Package,
        known: Option<SavedMod>,
    ) -> Result<Option<MemberReport>, LeftOut> {
        let id = &package.manifest.id;
        let result = match (self.missing_dependency(package), &known) {
            (Some(missing), _) => Err(missing),
            (None, Some(saved)) => self
                .resume_saved(package, saved)
                .map(|report| (!saved.ran(package)).then_some(report))
                .map_err(|error| left_out(id, error)),
            (None, None) => self
                .begin(package)
                .map(|_| None)
                .map_err(|error| left_out(id, error)),
        };
        if result.is_err() {
            self.dormant.extend(known.map(|saved| (id.clone(), saved)));
        }
        result
    }

    /// Starts a mod from its saved state. Where it ran something else then, that can be gone back to.
    pub(crate) fn resume_saved(
        &mut self,
        package: &Package,
        saved: &SavedMod,
    ) -> Result<MemberReport, StageError> {
        let (report, past) = self.resume_besides(package, saved)?;
        self.hand_overs += 1;
        // Under the name that it had: a mod that takes its place inherits the whole history.
        let history = self.history.entry(saved.id().clone()).or_default();
        if let Some(past) = past {
            history.push(past);
        }
        Ok(report)
    }

    /// The same; what it ran then is for the caller to keep, and nothing but the mod itself has changed.
    pub(crate) fn resume_besides(
        &mut self,
        package: &Package,
        saved: &SavedMod,
    ) -> Result<(MemberReport, Option<Past>), StageError> {
        let same = saved.ran(package);
        let reason = if same { Reason::Resume } else { Reason::Update };
        let number = saved.generation() + u32::from(!same);
        let instance = handover::prepare(&self.context, package, number)?;
        let mut past = saved.past(package).filter(|_| !same);
        // State that would not be in the history is not given up.
        let may_begin_again = match past {
            Some(_) => MayBeginAgain::AsItsModSays,
            None => MayBeginAgain::Never,
        };
        let mut state = handover::pass_on(
            &self.context,
            &instance,
            saved.snapshot(),
            reason,
            may_begin_again,
            || Ok(()),
        )?;
        if let Some(past) = &mut past {
            past.given_up = state.begun_again;
        }
        handover::say_kept(&instance.generation, &mut state);
        // Nothing is overdue in a mod that was running: between two ticks all that was due has fired.
        handover::skip_missed_firings(self.context.tick(), &instance.generation);
        handover::loaded(
            &self.context,
            &instance,
            reason,
            Some(saved.version()),
            &mut state,
        )?;
        self.install(instance);
        let report = MemberReport {
            mod_id: package.manifest.id.clone(),
            action: MemberAction::Reloaded,
            kind: ReloadType::Full,
            changed: Vec::new(),
            versions: (
                saved.version().to_string(),
                package.manifest.version.to_string(),
            ),
            generations: (saved.generation(), number),
            state,
        };
        Ok((report, past))
    }
}

/// Invariant (I5): a mod that ran with other library code than the mods beside it have goes on with that.
fn bound_as_before(packages: Vec<Package>, saved: &[SavedMod]) -> Vec<Package> {
    let then = by_id(saved.iter().filter_map(SavedMod::package).cloned());
    let bind = |package: Package| {
        let saved = saved
            .iter()
            .find(|saved| *saved.id() == package.manifest.id);
        saved.map_or(package.clone(), |saved| saved.bind(&package, &then))
    };
    packages.into_iter().map(bind).collect()
}

/// What is kept of mods that do not run, with as much of their files as this engine can read.
fn restored(stored: BTreeMap<ModId, StoredMod>, contents: &Contents) -> BTreeMap<ModId, SavedMod> {
    let saved = stored.into_values().map(|saved| saved.restore(contents));
    saved.map(|saved| (saved.id().clone(), saved)).collect()
}

fn by_id(packages: impl Iterator<Item = Package>) -> BTreeMap<ModId, Package> {
    let packages = packages.map(|package| (package.manifest.id.clone(), package));
    packages.collect()
}

fn left_out(id: &ModId, error: StageError) -> LeftOut {
    LeftOut {
        name: id.to_string(),
        faults: error.faults,
    }
}

/// The files of mods that are not switched off or taken out.
fn present(bundles: Vec<Bundle>, absent: &BTreeMap<ModId, Absence>) -> Vec<Bundle> {
    let is_absent = |bundle: &Bundle| absent.keys().any(|id| id.as_str() == bundle.folder());
    let mut bundles = bundles;
    bundles.retain(|bundle| !is_absent(bundle));
    bundles
}
