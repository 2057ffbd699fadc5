//! One cohort, all or nothing: every stage up to the commit point, the commit, and the way back.

use semver::Version;
use sim::{Colony, Definitions};

use super::plan::Member;
use super::{Observer, ReloadOptions, rejected};
use crate::codec;
use crate::context::{Deadline, Effects, LogLevel, Reason, deadline_text};
use crate::definitions::ASSETS_FOLDER;
use crate::diagnostic::Fault;
use crate::error::GuestError;
use crate::generation::Instance;
use crate::handover::{self, MayBeginAgain, Package, failed};
use crate::history::{Past, cause};
use crate::host::Host;
use crate::mod_id::ModId;
use crate::report::{
    MemberAction, MemberReport, Outcome, ReloadReport, Stage, StageError, StateReport,
};
use crate::state::{Held, Snapshot};

/// Definitions that the colony goes on with, as long as the transaction does not fail.
pub(super) struct TakenDefinitions {
    /// What they do to what lives.
    pub(super) notes: Vec<String>,
    /// The colony as it was: what definitions do to it cannot be undone by the old ones.
    pub(super) before: Colony,
}

impl Host {
    /// One cohort, all or nothing.
    pub(super) fn transact(
        &mut self,
        mut cohort: Vec<Member>,
        options: &ReloadOptions,
    ) -> ReloadReport {
        self.context.meter().set_deadline(options.deadline.clone());
        let attempt = self.attempt(&mut cohort, options);
        // What was begun is taken back however long that takes.
        self.context.meter().set_deadline(None);
        match attempt {
            Ok(notes) => self.commit(cohort, notes),
            Err(error) => self.give_up(&mut cohort, error, options),
        }
    }

    /// Everything as it was, and why.
    pub(super) fn give_up(
        &mut self,
        cohort: &mut [Member],
        error: StageError,
        options: &ReloadOptions,
    ) -> ReloadReport {
        let hand_back_errors = self.hand_back(cohort, options);
        let fault_reached = options.fault.as_ref().is_some_and(|fault| {
            let mut errors = std::iter::once(&error).chain(&hand_back_errors);
            errors.any(|error| fault.stage == error.stage && fault.mod_id == error.mod_id)
        });
        ReloadReport {
            hand_back_errors,
            fault_reached,
            timed_out: options.deadline.as_ref().is_some_and(Deadline::has_passed),
            ..self.rolled_back(cohort, error)
        }
    }

    /// Every stage up to the commit point; a member's fields say how far it came. What definitions that change do to what lives is
    /// returned.
    fn attempt(
        &mut self,
        cohort: &mut [Member],
        options: &ReloadOptions,
    ) -> Result<Vec<String>, StageError> {
        if let Some(error) = cohort
            .iter_mut()
            .find_map(|member| member.unplannable.take())
        {
            return Err(error);
        }
        let definitions = self.validate(cohort, options)?;
        let context = self.context.clone();
        for member in cohort.iter_mut() {
            for stage in [Stage::Parse, Stage::Instantiate, Stage::TopLevel] {
                self.inject_one(member, options, stage)?;
            }
            if !member.keeps_machine() && member.departure.is_none() {
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
            .filter(|member| !member.keeps_machine())
        {
            self.inject_one(member, options, Stage::Unload)?;
            member.unloaded = Some(if member.skips_unload() {
                Effects::default()
            } else {
                handover::unload(&context, &member.old)?
            });
        }
        for member in cohort.iter_mut().filter(|member| member.unloaded.is_some()) {
            self.inject_one(member, options, Stage::Snapshot)?;
            member.snapshot = Some(handover::snapshot(&member.old)?);
        }
        // New code may look at the definitions that come with it.
        let taken = definitions.map(|definitions| self.take_definitions(definitions));
        let passed = cohort
            .iter_mut()
            .try_for_each(|member| self.pass_state(member, options));
        let passed = passed.and_then(|()| self.inject(cohort, options, Stage::Commit));
        match (passed, taken) {
            (Ok(()), taken) => Ok(taken.map_or(Vec::new(), |taken| taken.notes)),
            (Err(error), taken) => {
                if let Some(taken) = taken {
                    *self.context.colony_mut() = taken.before;
                }
                Err(error)
            }
        }
    }

    /// `migrate`, `restore` and `loaded` of one member.
    fn pass_state(&self, member: &mut Member, options: &ReloadOptions) -> Result<(), StageError> {
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
        // Migrated again, equal content leaves nothing behind in the history: its state is not given up.
        let may_begin_again = match (member.same_content(), &member.past) {
            (true, _) => MayBeginAgain::Never,
            // Who goes back for a state wants it.
            (false, Some(_)) => MayBeginAgain::WhereItFails,
            (false, None) => MayBeginAgain::AsItsModSays,
        };
        let mut state =
            handover::pass_on(&self.context, new, &bytes, reason, may_begin_again, || {
                self.inject_one(member, options, Stage::Restore)
            })?;
        if member.skips_unload() {
            state.notes.push("mod_unloaded was skipped".to_owned());
        }
        state.notes.extend(lost_files(member));
        self.inject_one(member, options, Stage::Loaded)?;
        handover::loaded(&self.context, new, reason, Some(&previous), &mut state)?;
        let by = match &member.past {
            Some(past) => format!("as {} had it when it was replaced", past.version),
            None => "mod_loaded".to_owned(),
        };
        let (old, new) = (&member.old.generation, &new.generation);
        handover::revise_fates(old, new, &by, &mut state);
        // Who goes back wants what was, and what begins anew lacks nothing.
        if member.past.is_none() && !state.begun_again {
            handover::tell_what_waits(old, new, &mut state);
        }
        state
            .notes
            .extend(handover::handlers_no_longer_declared(old, new));
        member.state = state;
        Ok(())
    }

    /// The commit point: nothing here can fail.
    fn commit(&mut self, cohort: Vec<Member>, mut notes: Vec<String>) -> ReloadReport {
        let mut members = Vec::new();
        let content_changes = cohort.iter().any(Member::changes_assets);
        for member in cohort {
            let with_assets = member
                .changed
                .iter()
                .any(|path| path.starts_with(ASSETS_FOLDER));
            let mut report = self.commit_member(member);
            if with_assets {
                report.state.notes.append(&mut notes);
            }
            members.push(report);
        }
        if let Some(first) = members.first_mut() {
            first.state.notes.append(&mut notes);
        }
        self.order_mods();
        if content_changes {
            self.tell_conflicts();
        }
        ReloadReport {
            members,
            ..rejected(Outcome::Committed, None)
        }
    }

    /// Goes on with other definitions.
    pub(super) fn take_definitions(&self, definitions: Definitions) -> TakenDefinitions {
        let mut colony = self.context.colony_mut();
        let before = colony.fork();
        let changes = colony.replace_definitions(definitions).expect(
            "checked when the transaction was planned, and nothing reaches the colony since",
        );
        TakenDefinitions {
            notes: changes.iter().map(ToString::to_string).collect(),
            before,
        }
    }

    fn commit_member(&mut self, mut member: Member) -> MemberReport {
        if let Some(departure) = member.departure.clone() {
            return self.commit_departure(member, departure);
        }
        let generation = member.old.generation.clone();
        let (id, old_id) = (member.id().clone(), generation.id().clone());
        let (number, next) = (generation.number(), member.next_number());
        let same_content = member.same_content();
        let versions = (
            generation.manifest.version.to_string(),
            member.package.manifest.version.to_string(),
        );
        let snapshot = member.snapshot.take();
        let snapshot = snapshot
            .or_else(|| handover::snapshot(&member.old).ok())
            .unwrap_or_default();
        let package = Package::of(&generation);
        let past = Past::new(
            number,
            package,
            snapshot,
            cause(member.kind, &member.changed),
        );
        let state = match member.new.take() {
            Some(new) => {
                if old_id != id {
                    self.rename(&old_id, &id);
                }
                if !same_content {
                    // The new code has read the values that it would be told of.
                    self.config_changes.retain(|(changed, _, _)| *changed != id);
                }
                self.install(new);
                self.hand_overs += 1;
                std::mem::take(&mut member.state)
            }
            None => self.swap_files(&member),
        };
        if !same_content {
            self.history.entry(id.clone()).or_default().push(Past {
                given_up: state.begun_again,
                ..past
            });
        }
        self.unhealthy.remove(&id);
        self.refused.remove(&id);
        if member.request.is_some() {
            self.waiting.remove(&id);
        }
        MemberReport {
            action: MemberAction::between(&old_id, &id),
            mod_id: id,
            kind: member.kind,
            changed: member.changed,
            versions,
            generations: (number, next),
            state,
        }
    }

    /// Files that the running code was not made of: the machine goes on. New values of a configuration that the code did not read
    /// while it loaded are told to the mod in this tick.
    fn swap_files(&mut self, member: &Member) -> StateReport {
        let generation = &member.old.generation;
        let package = &member.package;
        let old = generation.state.borrow().config.clone();
        if old != package.config {
            // New values get a new chance, as new code does.
            generation.state.borrow_mut().held.failures.clear();
        }
        generation.swap_files(
            member.next_number(),
            package.sources.clone(),
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
    fn hand_back(&mut self, cohort: &mut [Member], options: &ReloadOptions) -> Vec<StageError> {
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
    fn take_back(
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

    fn rolled_back(&mut self, cohort: &[Member], error: StageError) -> ReloadReport {
        for member in cohort {
            let id = member.old.generation.id().clone();
            if member.request.is_none() {
                self.refused.insert(id, member.package.sources.hash());
            } else if member.departure.is_none() {
                self.unhealthy.insert(id);
            }
        }
        let report = |member: &Member| {
            let generation = &member.old.generation;
            MemberReport {
                mod_id: member.id().clone(),
                action: MemberAction::between(generation.id(), member.id()),
                kind: member.kind,
                changed: member.changed.clone(),
                versions: (
                    generation.manifest.version.to_string(),
                    member.package.manifest.version.to_string(),
                ),
                generations: (generation.number(), generation.number()),
                state: StateReport::default(),
            }
        };
        ReloadReport {
            members: cohort.iter().map(report).collect(),
            error: Some(error),
            ..rejected(Outcome::RolledBack, None)
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
        if stage != Stage::HandBack && options.deadline.as_ref().is_some_and(Deadline::has_passed) {
            return Err(StageError {
                stage,
                mod_id: id.clone(),
                faults: vec![Fault::new(deadline_text(options.deadline.as_ref()))],
            });
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

/// The state for a rollback to an older version, or over a loss of the state: carried where migrations lead there, else the state of
/// then with the timers, the random position and the commands of now. To migrate again, the state of then from before the migration.
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
            .any(|migration| handover::admits(&migration.range, from));
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
    Fault::new(format!("fault injected at {}", stage.name()))
}

/// Files that were part of a mod and are not any more, or have nothing in them now: code that went without a word.
fn lost_files(member: &Member) -> Vec<String> {
    let (old, new) = (member.old.generation.bundle(), member.package.bundle());
    let files = |lost: &dyn Fn(&str) -> bool| {
        let paths: Vec<&str> = old.paths().filter(|path| lost(path)).collect();
        paths.join(", ")
    };
    let gone = files(&|path| new.file(path).is_none());
    let is_blank = |file: &[u8]| file.trim_ascii().is_empty();
    let emptied = files(&|path| {
        new.file(path).is_some_and(is_blank) && !old.file(path).is_some_and(is_blank)
    });
    [("no longer part of the mod", gone), ("empty now", emptied)]
        .into_iter()
        .filter(|(_, files)| !files.is_empty())
        .map(|(what, files)| format!("{what}: {files}"))
        .collect()
}
