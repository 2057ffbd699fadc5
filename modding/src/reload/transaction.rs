//! One cohort, all or nothing: every stage up to the commit point, the commit, and the way back.

use semver::Version;

use super::plan::Member;
use super::{Observer, ReloadOptions};
use crate::codec;
use crate::context::{Effects, LogLevel, Reason};
use crate::diagnostic::Fault;
use crate::error::GuestError;
use crate::generation::Instance;
use crate::handover::{self, Package, failed};
use crate::history::Past;
use crate::host::Host;
use crate::mod_id::ModId;
use crate::report::{MemberReport, Outcome, ReloadReport, Stage, StageError, StateReport};
use crate::state::{Held, Snapshot};

impl Host {
    /// One cohort, all or nothing.
    pub(super) fn transact(
        &mut self,
        mut cohort: Vec<Member>,
        options: &ReloadOptions,
    ) -> ReloadReport {
        match self.attempt(&mut cohort, options) {
            Ok(()) => self.commit(cohort),
            Err(error) => {
                let hand_back_errors = self.hand_back(&mut cohort, options);
                let fault_reached = options.fault.as_ref().is_some_and(|fault| {
                    (fault.stage == error.stage && fault.mod_id == error.mod_id)
                        || hand_back_errors
                            .iter()
                            .any(|error| fault.stage == error.stage && fault.mod_id == error.mod_id)
                });
                ReloadReport {
                    hand_back_errors,
                    fault_reached,
                    ..self.rolled_back(&cohort, error)
                }
            }
        }
    }

    /// Every stage up to the commit point; a member's fields say how far it came.
    pub(super) fn attempt(
        &mut self,
        cohort: &mut [Member],
        options: &ReloadOptions,
    ) -> Result<(), StageError> {
        if let Some(error) = cohort
            .iter_mut()
            .find_map(|member| member.unplannable.take())
        {
            return Err(error);
        }
        self.validate(cohort, options)?;
        let context = self.context.clone();
        for member in cohort.iter_mut() {
            for stage in [Stage::Parse, Stage::Instantiate, Stage::TopLevel] {
                self.inject_one(member, options, stage)?;
            }
            if !member.swaps_config() {
                member.new = Some(handover::prepare(
                    &context,
                    &member.package,
                    member.next_number(),
                )?);
            }
        }
        // Dependents are told first, so that what they depend on is still whole.
        for member in cohort
            .iter_mut()
            .rev()
            .filter(|member| !member.swaps_config())
        {
            self.inject_one(member, options, Stage::Unload)?;
            member.unloaded = Some(handover::unload(&context, &member.old)?);
        }
        for member in cohort.iter_mut().filter(|member| member.unloaded.is_some()) {
            self.inject_one(member, options, Stage::Snapshot)?;
            member.snapshot = Some(handover::snapshot(&member.old)?);
        }
        for member in cohort.iter_mut() {
            self.pass_state(member, options)?;
        }
        self.inject(cohort, options, Stage::Commit)
    }

    /// `migrate`, `restore` and `loaded` of one member.
    pub(super) fn pass_state(
        &self,
        member: &mut Member,
        options: &ReloadOptions,
    ) -> Result<(), StageError> {
        let (Some(snapshot), Some(new)) = (&member.snapshot, &member.new) else {
            return Ok(());
        };
        let running = member.old.generation.manifest.version.clone();
        let (reason, previous) = match (&member.past, member.same_content()) {
            // The code that runs migrates again: what is new to it is the state.
            (Some(past), true) => (Reason::Update, past.version.clone()),
            (None, true) => (Reason::Resume, running),
            (_, false) => (Reason::Update, running),
        };
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
        let by = match &member.past {
            Some(past) => format!("as {} had it when it was replaced", past.version),
            None => "mod_loaded".to_owned(),
        };
        let (old, new) = (&member.old.generation, &new.generation);
        handover::revise_fates(old, new, &by, &mut state);
        state
            .notes
            .extend(handover::handlers_no_longer_declared(old, new));
        member.state = state;
        Ok(())
    }

    /// The commit point: nothing here can fail.
    pub(super) fn commit(&mut self, cohort: Vec<Member>) -> ReloadReport {
        let mut members = Vec::new();
        for member in cohort {
            let generation = &member.old.generation;
            let (id, number, next) = (
                member.id().clone(),
                generation.number(),
                member.next_number(),
            );
            let same_content = member.same_content();
            let old_version = generation.manifest.version.to_string();
            let snapshot = member
                .snapshot
                .clone()
                .or_else(|| handover::snapshot(&member.old).ok())
                .unwrap_or_default();
            let past = Past {
                number,
                package: Package::of(generation),
                snapshot,
            };
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
        self.order_mods();
        ReloadReport {
            outcome: Outcome::Committed,
            members,
            error: None,
            hand_back_errors: Vec::new(),
            reason: None,
            fault_reached: false,
        }
    }

    /// New values of a configuration that the code did not read while it loaded; the mod hears of them in this tick.
    pub(super) fn swap_config(&mut self, instance: &Instance, package: &Package) -> StateReport {
        let generation = &instance.generation;
        let old = generation.state.borrow().config.clone();
        // New values get a new chance, as new code does.
        generation.state.borrow_mut().held.failures.clear();
        generation.swap_config(
            generation.number() + 1,
            package.bundle.clone(),
            package.config.clone(),
        );
        let mut notes = Vec::new();
        for key in package
            .config
            .keys()
            .filter(|key| old.get(*key) != package.config.get(*key))
        {
            if let Ok(value) = generation.config_value(key) {
                let before = old
                    .get(key)
                    .map_or("nothing".to_owned(), ToString::to_string);
                notes.push(format!("config `{key}` = {value}, was {before}"));
                self.config_changes
                    .push((generation.id().clone(), key.clone(), value));
            }
        }
        StateReport {
            notes,
            ..StateReport::default()
        }
    }

    /// Gives every member that was told of its end its life back.
    pub(super) fn hand_back(
        &mut self,
        cohort: &mut [Member],
        options: &ReloadOptions,
    ) -> Vec<StageError> {
        let mut errors = Vec::new();
        for member in cohort.iter_mut() {
            // The instance that did not make it goes first: it must not be seen again.
            member.new = None;
            let Some(effects) = member.unloaded.take() else {
                continue;
            };
            match self.take_back(member, effects, options) {
                Ok(instance) => {
                    self.install(instance);
                    self.hand_overs += 1;
                }
                Err(error) => {
                    let faults = error.faults.clone();
                    errors.push(StageError {
                        stage: Stage::HandBack,
                        mod_id: error.mod_id,
                        faults,
                    });
                    let text = "the old code could not take its state back in a new machine: the old machine goes on";
                    self.context.log(member.id(), LogLevel::Warn, text);
                }
            }
        }
        errors
    }

    /// The old code, in a new machine, with the state from before it was told of its end: what it did then is taken back, so
    /// that the old machine has that state too, should it have to go on.
    pub(super) fn take_back(
        &self,
        member: &Member,
        effects: Effects,
        options: &ReloadOptions,
    ) -> Result<Instance, StageError> {
        let old = &member.old;
        let bytes = handover::take_back_unload(&self.context, old, effects)?;
        self.inject_one(member, options, Stage::HandBack)?;
        let package = Package::of(&old.generation);
        handover::resume(&self.context, &package, old.generation.number(), &bytes)
    }

    pub(super) fn rolled_back(&self, cohort: &[Member], error: StageError) -> ReloadReport {
        let members = cohort
            .iter()
            .map(|member| {
                let generation = &member.old.generation;
                MemberReport {
                    mod_id: member.id().clone(),
                    kind: member.kind,
                    changed: member.changed.clone(),
                    versions: (
                        generation.manifest.version.to_string(),
                        member.package.manifest.version.to_string(),
                    ),
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

    pub(super) fn injected(&self, options: &ReloadOptions, stage: Stage, id: &ModId) -> bool {
        options
            .fault
            .as_ref()
            .is_some_and(|fault| fault.mod_id == *id && fault.stage == stage)
    }

    pub(super) fn inject(
        &self,
        cohort: &[Member],
        options: &ReloadOptions,
        stage: Stage,
    ) -> Result<(), StageError> {
        cohort
            .iter()
            .try_for_each(|member| self.inject_one(member, options, stage))
    }

    /// Says that a stage begins, and fails at it if that was asked for. A hand-back only happens after a failure, so one is made at `commit`.
    pub(super) fn inject_one(
        &self,
        member: &Member,
        options: &ReloadOptions,
        stage: Stage,
    ) -> Result<(), StageError> {
        let id = member.id();
        if let Some(Observer(tell)) = &options.observer {
            tell(id, stage);
        }
        let before_hand_back =
            stage == Stage::Commit && self.injected(options, Stage::HandBack, id);
        if before_hand_back || self.injected(options, stage, id) {
            return Err(StageError {
                stage,
                mod_id: id.clone(),
                faults: vec![injected_fault(stage)],
            });
        }
        Ok(())
    }
}

/// The state for a rollback to an older version: carried where migrations lead there, else the state of then with the timers,
/// the random position and the commands of now. To migrate again, the state of then from before the migration.
fn with_past_state(
    new: &Instance,
    now: &[u8],
    past: &Snapshot,
    from: &Version,
) -> Result<Vec<u8>, StageError> {
    let generation = &new.generation;
    let goes_back = generation.manifest.version < *from;
    let joined = goes_back
        && generation
            .declarations
            .borrow()
            .migrations
            .iter()
            .any(|migration| migration.range.matches(from));
    if joined {
        return Ok(now.to_vec());
    }
    let error = |problem: codec::CodecError| {
        failed(
            generation,
            Stage::Migrate,
            &GuestError::new(problem.to_string()),
        )
    };
    let now: Snapshot = codec::decode(now).map_err(error)?;
    let held = Held {
        saved: past.held.saved.clone(),
        slot: past.held.slot.clone(),
        ..now.held
    };
    let carried = Snapshot {
        version: past.version.clone(),
        storage: past.storage.clone(),
        held,
    };
    codec::encode(&carried, codec::Compression::None).map_err(error)
}

pub(super) fn injected_fault(stage: Stage) -> Fault {
    Fault {
        message: format!("fault injected at {}", stage.name()),
        place: None,
        help: None,
    }
}
