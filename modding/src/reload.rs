//! Reload is a transaction at a tick boundary (I3): either the new generation runs with the old state, or everything is as if
//! no reload had been tried.
//!
//! Changed mods that depend on each other form a cohort and commit together; every cohort is tried, whatever became of the
//! others (seed-corrections 14, 23). Up to `top_level` a failure has touched nothing. After it, the new instances are
//! discarded and the old code takes its state back in a new machine, which by I4 cannot be seen; should even that fail,
//! the old machine, which is dropped last, goes on.

use std::collections::BTreeMap;
use std::rc::Rc;

use semver::Version;

use crate::bundle::Bundle;
use crate::codec;
use crate::context::{LogLevel, Reason};
use crate::definitions::read_definitions;
use crate::diagnostic::Fault;
use crate::error::GuestError;
use crate::generation::Instance;
use crate::handover::{self, InjectedFault, Package, failed};
use crate::history::Past;
use crate::host::Host;
use crate::mod_id::ModId;
use crate::report::{MemberReport, Outcome, ReloadReport, ReloadType, Stage, StageError, StateReport};
use crate::resolve::load_order;
use crate::state::{ModState, Snapshot};
use crate::storage::Storage;

/// A mod whose files may have changed.
#[derive(Clone, Debug)]
pub struct Change {
    /// The mod.
    pub mod_id: ModId,
    /// Its files as they are now, or why they cannot be read.
    pub bundle: Result<Rc<Bundle>, Vec<Fault>>,
}

/// How a reload is done.
#[derive(Clone, Debug, Default)]
pub struct ReloadOptions {
    /// Hand over although the content is the same.
    pub force: bool,
    /// Fail here.
    pub fault: Option<InjectedFault>,
}

/// A mod in a transaction.
struct Member {
    old: Instance,
    package: Package,
    kind: ReloadType,
    changed: Vec<String>,
    /// The state to start from instead of the running one's storage: a rollback across versions.
    past: Option<Snapshot>,
    /// What the old generation held before it was told that it is unloaded.
    before: Option<Snapshot>,
    unloaded: bool,
    snapshot: Option<Vec<u8>>,
    new: Option<Instance>,
    state: StateReport,
    /// Why its files cannot even be planned with; its cohort does not commit either.
    unplannable: Option<StageError>,
}

impl Member {
    fn id(&self) -> &ModId {
        self.old.generation.id()
    }

    /// Whether the content is the one that runs: no new generation then.
    fn same_content(&self) -> bool {
        self.old.generation.bundle().hash() == self.package.bundle.hash()
    }

    /// The generation that it leads to.
    fn next_number(&self) -> u32 {
        self.old.generation.number() + u32::from(!self.same_content())
    }

    /// Whether values of the configuration are all that changes.
    fn swaps_config(&self) -> bool {
        self.kind == ReloadType::Config
    }
}

impl Host {
    /// Reloads mods whose files changed: one report for each cohort, dependencies first.
    pub fn reload(&mut self, changes: Vec<Change>, options: &ReloadOptions) -> Vec<ReloadReport> {
        let mut reports = Vec::new();
        let mut wanted = Vec::new();
        for change in changes {
            match self.plan_change(&change, options) {
                Ok(member) => wanted.push(member),
                Err(report) => reports.push(*report),
            }
        }
        for cohort in self.cohorts(wanted) {
            reports.push(self.transact(cohort, options));
        }
        reports
    }

    /// Hands a mod over to the content it runs, as a forced reload of equal content does: by I4 it cannot be seen.
    pub fn hand_over(&mut self, id: &ModId) -> Option<ReloadReport> {
        let running = self.context.instance(id)?;
        let member = Member::new(running.clone(), Package::of(&running.generation), ReloadType::Full, Vec::new(), None);
        Some(self.transact(vec![member], &ReloadOptions { force: true, fault: None }))
    }

    /// Goes back to an earlier generation of a mod, the last one where `to` is `None`. The state is carried; across versions that no migration
    /// joins, the state that the generation had when it was replaced comes back with it.
    pub fn rollback(&mut self, id: &ModId, to: Option<u32>) -> ReloadReport {
        let Some(old) = self.context.instance(id) else {
            return rejected(Outcome::Ignored, format!("{id} is not running"));
        };
        let history = self.history.get(id).cloned().unwrap_or_default();
        let Some(past) = history.find(to) else {
            let known: Vec<String> = history.numbers().iter().map(|number| format!("g{number}")).collect();
            let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
            let wanted = to.map_or("an earlier generation".to_owned(), |number| format!("g{number}"));
            return rejected(Outcome::Ignored, format!("{wanted} of {id} is not in the history (there: {known})"));
        };
        let downgrade = past.version() < &old.generation.manifest.version;
        let snapshot = if downgrade { codec::decode(&past.snapshot).ok() } else { None };
        let changed = old.generation.bundle().changed_paths(&past.package.bundle);
        let member = Member::new(old, past.package.clone(), ReloadType::Full, changed, snapshot);
        let mut report = self.transact(vec![member], &ReloadOptions { force: true, fault: None });
        report.reason = Some(format!("content of g{}", past.number));
        report
    }

    fn plan_change(&self, change: &Change, options: &ReloadOptions) -> Result<Member, Box<ReloadReport>> {
        let id = &change.mod_id;
        let Some(old) = self.context.instance(id) else {
            return Err(Box::new(rejected(Outcome::Ignored, format!("{id} is not running"))));
        };
        let fail = |stage, faults: Vec<Fault>| {
            let changed = change.bundle.as_ref().map(|bundle| old.generation.bundle().changed_paths(bundle)).unwrap_or_default();
            let unplannable = Some(StageError { stage, mod_id: id.clone(), faults });
            let package = Package::of(&old.generation);
            Member { unplannable, ..Member::new(old.clone(), package, ReloadType::Full, changed, None) }
        };
        if self.injected(options, Stage::Settle, id) {
            return Ok(fail(Stage::Settle, vec![injected_fault(Stage::Settle)]));
        }
        let bundle = match &change.bundle {
            Ok(bundle) => bundle,
            Err(faults) => return Ok(fail(Stage::Settle, faults.clone())),
        };
        let running = old.generation.bundle();
        if bundle.hash() == running.hash() && !options.force {
            let reason = format!("same content as g{}", old.generation.number());
            return Err(Box::new(ignored(&old, Vec::new(), reason)));
        }
        let changed = running.changed_paths(bundle);
        let kind = changed.iter().map(|path| ReloadType::of_path(path)).max().unwrap_or(ReloadType::Full);
        if kind == ReloadType::Partial && !options.force {
            return Err(Box::new(ignored(&old, changed, "no running part was loaded from these files".to_owned())));
        }
        let package = match Package::read(bundle.clone()) {
            Ok(package) => package,
            Err(faults) => {
                let in_config = |fault: &Fault| fault.place.as_ref().is_some_and(|place| place.file.ends_with("/config.toml"));
                let stage = if faults.iter().all(in_config) { Stage::Parse } else { Stage::Plan };
                return Ok(fail(stage, faults));
            }
        };
        let read_while_loading = old.generation.declarations.borrow().config_read.clone();
        let old_config = old.generation.state.borrow().config.clone();
        let config_needs_code = read_while_loading.iter().any(|key| old_config.get(key) != package.config.get(key));
        let kind = match kind {
            ReloadType::Config if options.force || config_needs_code => ReloadType::Scripts,
            ReloadType::Partial => ReloadType::Full,
            kind => kind,
        };
        Ok(Member::new(old, package, kind, changed, None))
    }

    /// Members that depend on each other, directly or through members, belong together; cohorts and members in load order.
    fn cohorts(&self, mut members: Vec<Member>) -> Vec<Vec<Member>> {
        let order = self.context.order();
        let rank = |member: &Member| order.iter().position(|id| id == member.id());
        members.sort_by_key(rank);
        let mut cohorts: Vec<Vec<Member>> = Vec::new();
        for member in members {
            let linked = |other: &Member| {
                member.package.manifest.dependencies.contains_key(other.id()) || other.package.manifest.dependencies.contains_key(member.id())
            };
            let (mut joined, apart): (Vec<_>, Vec<_>) = cohorts.into_iter().partition(|cohort| cohort.iter().any(linked));
            let mut cohort: Vec<Member> = joined.drain(..).flatten().collect();
            cohort.push(member);
            cohort.sort_by_key(rank);
            cohorts = apart;
            cohorts.push(cohort);
        }
        cohorts
    }

    /// One cohort, all or nothing.
    fn transact(&mut self, mut cohort: Vec<Member>, options: &ReloadOptions) -> ReloadReport {
        match self.attempt(&mut cohort, options) {
            Ok(()) => self.commit(cohort),
            Err(error) => {
                let hand_back_errors = self.hand_back(&mut cohort, options);
                let fault_reached = options.fault.as_ref().is_some_and(|fault| {
                    (fault.stage == error.stage && fault.mod_id == error.mod_id)
                        || hand_back_errors.iter().any(|error| fault.stage == error.stage && fault.mod_id == error.mod_id)
                });
                ReloadReport { hand_back_errors, fault_reached, ..self.rolled_back(&cohort, error) }
            }
        }
    }

    /// Every stage up to the commit point; a member's fields say how far it came.
    fn attempt(&mut self, cohort: &mut [Member], options: &ReloadOptions) -> Result<(), StageError> {
        if let Some(error) = cohort.iter_mut().find_map(|member| member.unplannable.take()) {
            return Err(error);
        }
        self.validate(cohort, options)?;
        for stage in [Stage::Parse, Stage::Instantiate, Stage::TopLevel] {
            self.inject(cohort, options, stage)?;
        }
        let context = self.context.clone();
        for member in cohort.iter_mut().filter(|member| !member.swaps_config()) {
            member.new = Some(handover::prepare(&context, &member.package, member.next_number())?);
        }
        // Dependents are told first, so that what they depend on is still whole.
        for member in cohort.iter_mut().rev().filter(|member| !member.swaps_config()) {
            self.inject_one(member, options, Stage::Unload)?;
            member.before = Some(member.old.generation.state.borrow().snapshot(&member.old.generation.manifest.version));
            handover::unload(&context, &member.old)?;
            member.unloaded = true;
        }
        for member in cohort.iter_mut().filter(|member| member.unloaded) {
            self.inject_one(member, options, Stage::Snapshot)?;
            member.snapshot = Some(handover::snapshot(&member.old)?);
        }
        for member in cohort.iter_mut() {
            self.pass_state(member, options)?;
        }
        self.inject(cohort, options, Stage::Commit)
    }

    /// `migrate`, `restore` and `loaded` of one member.
    fn pass_state(&self, member: &mut Member, options: &ReloadOptions) -> Result<(), StageError> {
        let (Some(snapshot), Some(new)) = (&member.snapshot, &member.new) else { return Ok(()) };
        let previous = member.old.generation.manifest.version.clone();
        let reason = if member.same_content() { Reason::Resume } else { Reason::Update };
        self.inject_one(member, options, Stage::Migrate)?;
        let bytes = match &member.past {
            Some(past) => with_past_state(new, snapshot, past, &previous)?,
            None => snapshot.clone(),
        };
        let carried = handover::migrate(&self.context, new, &bytes)?;
        self.inject_one(member, options, Stage::Restore)?;
        let mut state = handover::restore(new, carried, reason)?;
        self.inject_one(member, options, Stage::Loaded)?;
        handover::loaded(&self.context, new, reason, Some(&previous), &mut state)?;
        member.state = state;
        Ok(())
    }

    /// Dependencies both ways and definitions, with the cohort as it would be (seed-corrections 23).
    fn validate(&self, cohort: &[Member], options: &ReloadOptions) -> Result<(), StageError> {
        self.inject(cohort, options, Stage::Plan)?;
        let running = self.context.running();
        let mut packages: BTreeMap<ModId, Package> =
            running.iter().map(|instance| (instance.generation.id().clone(), Package::of(&instance.generation))).collect();
        for member in cohort {
            if member.package.manifest.id != *member.id() {
                let fault = Fault {
                    message: format!("the id changed from {} to {} while the mod runs", member.id(), member.package.manifest.id),
                    place: None,
                    help: Some("a mod keeps its id; a renamed mod is a new one".to_owned()),
                };
                return Err(StageError { stage: Stage::Plan, mod_id: member.id().clone(), faults: vec![fault] });
            }
            packages.insert(member.id().clone(), member.package.clone());
        }
        let manifests = packages.iter().map(|(id, package)| (id.clone(), &*package.manifest)).collect();
        let order = load_order(&manifests, &self.known, &self.context.order()).map_err(|errors| StageError {
            stage: Stage::Plan,
            mod_id: errors.first().map_or_else(|| cohort[0].id().clone(), |error| error.mod_id().clone()),
            faults: errors.iter().map(|error| error.fault()).collect(),
        })?;
        let first = cohort.first().map(|member| member.id().clone());
        let Some(first) = first.filter(|_| cohort.iter().any(|member| member.kind >= ReloadType::Assets)) else { return Ok(()) };
        let content: Vec<_> =
            order.iter().filter_map(|id| packages.get(id)).map(|package| (&*package.manifest, &*package.bundle)).collect();
        let fail = |faults| StageError { stage: Stage::Plan, mod_id: first.clone(), faults };
        let definitions = read_definitions(&content).map_err(fail)?;
        if definitions != *self.context.colony().definitions() {
            return Err(fail(vec![Fault {
                message: "definitions in assets/ changed, and a running colony keeps the ones it began with".to_owned(),
                place: None,
                help: Some("begin a new run to use them".to_owned()),
            }]));
        }
        Ok(())
    }

    /// The commit point: nothing here can fail.
    fn commit(&mut self, cohort: Vec<Member>) -> ReloadReport {
        let mut members = Vec::new();
        for member in cohort {
            let generation = &member.old.generation;
            let (id, number, next) = (member.id().clone(), generation.number(), member.next_number());
            let same_content = member.same_content();
            let old_version = generation.manifest.version.to_string();
            let snapshot = member.snapshot.clone().or_else(|| handover::snapshot(&member.old).ok()).unwrap_or_default();
            let past = Past { number, package: Package::of(generation), snapshot };
            let mut state = member.state;
            match member.new {
                Some(new) => {
                    self.install(new);
                    self.hand_overs += 1;
                }
                None => state = self.swap_config(&member.old, &member.package),
            }
            if !same_content {
                self.history.entry(id.clone()).or_default().push(past);
            }
            members.push(MemberReport {
                mod_id: id,
                kind: member.kind,
                changed: member.changed,
                versions: (old_version, member.package.manifest.version.to_string()),
                generations: (number, next),
                state,
            });
        }
        ReloadReport { outcome: Outcome::Committed, members, error: None, hand_back_errors: Vec::new(), reason: None, fault_reached: false }
    }

    /// New values of a configuration that the code did not read while it loaded; the mod hears of them in this tick.
    fn swap_config(&mut self, instance: &Instance, package: &Package) -> StateReport {
        let generation = &instance.generation;
        let old = generation.state.borrow().config.clone();
        generation.swap_config(generation.number() + 1, package.bundle.clone(), package.config.clone());
        let mut notes = Vec::new();
        for key in package.config.keys().filter(|key| old.get(*key) != package.config.get(*key)) {
            if let Ok(value) = generation.config_value(key) {
                let before = old.get(key).map_or("nothing".to_owned(), ToString::to_string);
                notes.push(format!("config `{key}` = {value}, was {before}"));
                self.config_changes.push((generation.id().clone(), key.clone(), value));
            }
        }
        StateReport { notes, ..StateReport::default() }
    }

    /// Gives every member that was told of its end its life back.
    fn hand_back(&mut self, cohort: &mut [Member], options: &ReloadOptions) -> Vec<StageError> {
        let mut errors = Vec::new();
        for member in cohort.iter_mut() {
            // The instance that did not make it goes first: it must not be seen again.
            member.new = None;
            if !member.unloaded {
                continue;
            }
            match self.take_back(member, options) {
                Ok(instance) => {
                    self.install(instance);
                    self.hand_overs += 1;
                }
                Err(error) => {
                    if let Some(before) = &member.before {
                        reinstate(&member.old, before);
                    }
                    let faults = error.faults.clone();
                    errors.push(StageError { stage: Stage::HandBack, mod_id: error.mod_id, faults });
                    let text = "the old code could not take its state back in a new machine: the old machine goes on";
                    self.context.log(member.id(), LogLevel::Warn, text);
                }
            }
        }
        errors
    }

    fn take_back(&self, member: &Member, options: &ReloadOptions) -> Result<Instance, StageError> {
        self.inject_one(member, options, Stage::HandBack)?;
        let old = &member.old;
        let bytes = match &member.snapshot {
            Some(bytes) => bytes.clone(),
            None => handover::snapshot(old)?,
        };
        handover::resume(&self.context, &Package::of(&old.generation), old.generation.number(), &bytes)
    }

    fn rolled_back(&self, cohort: &[Member], error: StageError) -> ReloadReport {
        let members = cohort
            .iter()
            .map(|member| {
                let generation = &member.old.generation;
                MemberReport {
                    mod_id: member.id().clone(),
                    kind: member.kind,
                    changed: member.changed.clone(),
                    versions: (generation.manifest.version.to_string(), member.package.manifest.version.to_string()),
                    generations: (generation.number(), generation.number()),
                    state: StateReport::default(),
                }
            })
            .collect();
        ReloadReport {
            outcome: Outcome::RolledBack,
            members,
            error: Some(error),
            hand_back_errors: Vec::new(),
            reason: None,
            fault_reached: false,
        }
    }

    fn injected(&self, options: &ReloadOptions, stage: Stage, id: &ModId) -> bool {
        options.fault.as_ref().is_some_and(|fault| fault.mod_id == *id && fault.stage == stage)
    }

    fn inject(&self, cohort: &[Member], options: &ReloadOptions, stage: Stage) -> Result<(), StageError> {
        cohort.iter().try_for_each(|member| self.inject_one(member, options, stage))
    }

    /// Fails at a stage if that was asked for. A hand-back only happens after a failure, so one is made at `commit`.
    fn inject_one(&self, member: &Member, options: &ReloadOptions, stage: Stage) -> Result<(), StageError> {
        let id = member.id();
        let before_hand_back = stage == Stage::Commit && self.injected(options, Stage::HandBack, id);
        if before_hand_back || self.injected(options, stage, id) {
            return Err(StageError { stage, mod_id: id.clone(), faults: vec![injected_fault(stage)] });
        }
        Ok(())
    }
}

impl Member {
    fn new(old: Instance, package: Package, kind: ReloadType, changed: Vec<String>, past: Option<Snapshot>) -> Member {
        Member {
            old,
            package,
            kind,
            changed,
            past,
            before: None,
            unloaded: false,
            snapshot: None,
            new: None,
            state: StateReport::default(),
            unplannable: None,
        }
    }
}

/// The state for a rollback to an older version: carried where migrations lead there, else the state of then with the timers,
/// the random position and the commands of now.
fn with_past_state(new: &Instance, now: &[u8], past: &Snapshot, from: &Version) -> Result<Vec<u8>, StageError> {
    let generation = &new.generation;
    let joined = generation.declarations.borrow().migrations.iter().any(|migration| migration.range.matches(from));
    if joined {
        return Ok(now.to_vec());
    }
    let error = |problem: codec::CodecError| failed(generation, Stage::Migrate, &GuestError::new(problem.to_string()));
    let now: Snapshot = codec::decode(now).map_err(error)?;
    let carried = Snapshot { version: past.version.clone(), storage: past.storage.clone(), saved: past.saved.clone(), slot: past.slot.clone(), ..now };
    codec::encode(&carried, codec::Compression::None).map_err(error)
}

/// Sets the host's state of an instance back to what it was before `mod_unloaded`.
pub(crate) fn reinstate(instance: &Instance, before: &Snapshot) {
    let generation = &instance.generation;
    let bytes_max = generation.manifest.hot_reload.max_state_size;
    let mut state = generation.state.borrow_mut();
    let config = std::mem::take(&mut state.config);
    let storage = Storage::from_value(&before.storage, u64::MAX).unwrap_or_else(|_| Storage::new(bytes_max));
    *state = ModState {
        storage,
        saved: before.saved.clone(),
        slot: before.slot.clone(),
        timers: before.timers.clone(),
        subscriptions: before.subscriptions.clone(),
        random_position: before.random_position,
        failures: before.failures.clone(),
        config,
        commands: before.commands.clone(),
    };
}

fn injected_fault(stage: Stage) -> Fault {
    Fault { message: format!("fault injected at {}", stage.name()), place: None, help: None }
}

fn ignored(old: &Instance, changed: Vec<String>, reason: String) -> ReloadReport {
    let generation = &old.generation;
    let version = generation.manifest.version.to_string();
    let member = MemberReport {
        mod_id: generation.id().clone(),
        kind: ReloadType::Partial,
        changed,
        versions: (version.clone(), version),
        generations: (generation.number(), generation.number()),
        state: StateReport::default(),
    };
    ReloadReport { members: vec![member], ..rejected(Outcome::Ignored, reason) }
}

fn rejected(outcome: Outcome, reason: String) -> ReloadReport {
    ReloadReport { outcome, members: Vec::new(), error: None, hand_back_errors: Vec::new(), reason: Some(reason), fault_reached: false }
}
