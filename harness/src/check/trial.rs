//! The runs: a plain one, and those with something that the mod must not notice.

use std::collections::BTreeSet;
use std::ops::RangeInclusive;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use modding::diagnostic::{Fault, Place};
use modding::mod_id::ModId;
use modding::perturbation::Perturbation;
use modding::tick::HandlerFailure;

use super::probe::{goes_back, is_counted};
use super::{Change, Outcome, Round, TrialKind, pool};
use crate::record::{RunRecord, StepRecord};
use crate::runner::{Interruption, RunOptions, run};
use crate::scenario::{Check, Comparison, Expectation, Scenario, Subject, When};
use crate::workspace::Workspace;

/// Ticks at the start that each get a run of their own, besides those that are spread over the run.
const FIRST_TICKS: u64 = 8;

/// Ticks spread over the run that each get a run of their own.
const SPREAD_TICKS: u64 = 24;

/// How many runs are made at once.
const THREADS: [usize; 3] = [1, 2, 8];

/// After how many calls garbage is collected, in the runs that vary it; 0: as it comes.
const COLLECT_EVERY: [u32; 8] = [1, 2, 3, 5, 8, 13, 100, 0];

/// What is different in a run.
#[derive(Clone, Debug, Default)]
pub(super) struct Variation {
    pub(super) interrupted: Option<(Interruption, RangeInclusive<u64>)>,
    pub(super) perturbation: Perturbation,
}

/// How a run compares with the plain one.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Ending {
    Same,
    /// The first tick whose hash differs.
    Differs(u64),
    /// The interruption before this tick could not be made.
    Fails(u64, Vec<Fault>),
}

/// The plain run, and what is needed to make others.
pub(super) struct Trials<'a> {
    pub(super) scenario: Scenario,
    pub(super) workspace: &'a Workspace,
    pub(super) mod_id: ModId,
    chain: Arc<[u128]>,
    steps: Vec<StepRecord>,
    /// Hand-overs in all runs.
    hand_overs: AtomicU64,
    failures: Vec<HandlerFailure>,
    unheard: Vec<String>,
    uncalled: Vec<String>,
    progress: Counter<'a>,
}

/// How many runs are made, and of how many.
struct Counter<'a> {
    made: u64,
    all: u64,
    tell: &'a mut dyn FnMut(u64, u64),
}

impl Counter<'_> {
    fn count(&mut self) {
        self.made += 1;
        self.all = self.all.max(self.made);
        (self.tell)(self.made, self.all);
    }
}

impl Variation {
    pub(super) fn hand_over(id: &ModId, ticks: RangeInclusive<u64>) -> Variation {
        Variation {
            interrupted: Some((Interruption::HandOver(id.clone()), ticks)),
            ..Variation::default()
        }
    }

    pub(super) fn save_and_load(ticks: RangeInclusive<u64>) -> Variation {
        Variation {
            interrupted: Some((Interruption::SaveAndLoad, ticks)),
            ..Variation::default()
        }
    }

    /// The same interruption before other ticks.
    pub(super) fn before(&self, ticks: RangeInclusive<u64>) -> Variation {
        Variation {
            interrupted: self
                .interrupted
                .as_ref()
                .map(|(interruption, _)| (interruption.clone(), ticks)),
            perturbation: self.perturbation.clone(),
        }
    }
}

impl<'a> Trials<'a> {
    /// Makes the plain run.
    ///
    /// # Errors
    /// A scenario that cannot begin, and mods that cannot start in it.
    pub(super) fn begin(
        scenario: &Scenario,
        workspace: &'a Workspace,
        mod_id: &ModId,
        events: &BTreeSet<String>,
        progress: &'a mut dyn FnMut(u64, u64),
    ) -> Result<Trials<'a>, Vec<Fault>> {
        let heard: Vec<&String> = events.iter().filter(|event| is_counted(event)).collect();
        let listening = Scenario {
            expectations: heard.iter().map(|event| happens(event)).collect(),
            ..scenario.clone()
        };
        let plain = run(&listening, workspace, &RunOptions::default(), &mut |_| {})?;
        if !plain.left_out.is_empty() {
            let faults = plain.left_out.into_iter();
            return Err(faults.flat_map(|left_out| left_out.faults).collect());
        }
        let verdicts = heard.iter().zip(&plain.verdicts);
        let unheard = verdicts
            .filter(|(_, verdict)| verdict.fault.is_some())
            .map(|(event, _)| (*event).clone())
            .collect();
        let exports = plain.uncalled_exports.into_iter();
        let own = exports.filter(|(id, _)| id == mod_id);
        let uncalled = own.map(|(_, name)| name).collect();
        let failures = plain.failures.iter();
        Ok(Trials {
            scenario: Scenario {
                expectations: Vec::new(),
                ..scenario.clone()
            },
            workspace,
            mod_id: mod_id.clone(),
            failures: failures
                .filter(|failure| failure.mod_id == *mod_id)
                .cloned()
                .collect(),
            unheard,
            uncalled,
            chain: plain.chain.into(),
            steps: plain.steps,
            hand_overs: AtomicU64::new(plain.hand_overs),
            progress: Counter {
                made: 1,
                all: 1,
                tell: progress,
            },
        })
    }

    /// Calls of the mod that failed in the plain run.
    pub(super) fn failures(&self) -> &[HandlerFailure] {
        &self.failures
    }

    /// Events that the mod listens to and that did not happen in the plain run.
    pub(super) fn unheard(&self) -> &[String] {
        &self.unheard
    }

    /// Functions that the mod exports and that no mod called in the plain run.
    pub(super) fn uncalled(&self) -> &[String] {
        &self.uncalled
    }

    /// How often a mod was handed over in all runs so far.
    pub(super) fn hand_overs(&self) -> u64 {
        self.hand_overs.load(Ordering::Relaxed)
    }

    /// Everything that a mod must not notice.
    pub(super) fn rounds(&mut self, thorough: bool) -> Vec<Round> {
        let ticks = self.scenario.ticks;
        let single = single_ticks(ticks, thorough);
        let hand_over = Variation::hand_over(&self.mod_id, 1..=ticks);
        let save = Variation::save_and_load(1..=ticks);
        let perturbations = perturbations(&self.mod_id);
        // The longest first, so that no processor waits for them in the end.
        let mut variations = vec![save.clone(), hand_over.clone()];
        variations.extend(single.iter().map(|tick| hand_over.before(*tick..=*tick)));
        variations.extend(perturbations.iter().cloned());
        self.progress.all += (variations.len() + THREADS.iter().sum::<usize>()) as u64;
        let (shared, progress) = self.parts();
        let compare = |variation: &Variation| shared.compare(variation);
        let mut endings = pool::each(&variations, &compare, &mut || progress.count()).into_iter();
        let mut next = || endings.next().unwrap_or(Ending::Same);
        let (saved, handed_over) = (next(), next());
        let singles: Vec<(u64, Ending)> = single.iter().map(|tick| (*tick, next())).collect();
        let perturbed: Vec<Ending> = perturbations.iter().map(|_| next()).collect();
        let mut rounds = vec![
            self.at_each_tick(TrialKind::ReloadAtEachTick, &hand_over, handed_over),
            at_one_tick(&singles),
            self.at_each_tick(TrialKind::SaveAndLoadAtEachTick, &save, saved),
            self.threads(),
            round_of(TrialKind::Collector, perturbed),
        ];
        agree(&mut rounds);
        rounds
    }

    fn at_each_tick(&self, kind: TrialKind, variation: &Variation, ending: Ending) -> Round {
        let (outcome, searched) = match ending {
            Ending::Differs(tick) => {
                let (change, searched) = self.first_change(variation, tick);
                (Outcome::Changed(change), searched)
            }
            other => (outcome(other, None), 0),
        };
        Round {
            kind,
            runs: 1 + searched,
            outcome,
        }
    }

    fn threads(&mut self) -> Round {
        let mut endings = Vec::new();
        for threads in THREADS {
            let (shared, progress) = self.parts();
            let runs = vec![Variation::default(); threads];
            let compare = |variation: &Variation| shared.compare(variation);
            endings.extend(pool::each_on(threads, &runs, &compare, &mut || {
                progress.count();
            }));
        }
        round_of(TrialKind::Threads, endings)
    }

    /// What threads may share, and what hears of their progress.
    fn parts(&mut self) -> (Shared<'_>, &mut Counter<'a>) {
        let Trials {
            scenario,
            workspace,
            chain,
            steps,
            hand_overs,
            progress,
            ..
        } = self;
        let shared = Shared {
            scenario,
            workspace,
            chain,
            steps,
            hand_overs,
        };
        (shared, progress)
    }

    /// A run with something different.
    pub(super) fn compare(&self, variation: &Variation) -> Ending {
        self.shared().compare(variation)
    }

    fn shared(&self) -> Shared<'_> {
        Shared {
            scenario: &self.scenario,
            workspace: self.workspace,
            chain: &self.chain,
            steps: &self.steps,
            hand_overs: &self.hand_overs,
        }
    }
}

/// What a run is made of and compared with.
#[derive(Clone, Copy)]
struct Shared<'a> {
    scenario: &'a Scenario,
    workspace: &'a Workspace,
    chain: &'a Arc<[u128]>,
    steps: &'a [StepRecord],
    hand_overs: &'a AtomicU64,
}

impl Shared<'_> {
    fn compare(self, variation: &Variation) -> Ending {
        let ends_early = !goes_back(self.scenario);
        let options = RunOptions {
            interrupted: variation.interrupted.clone(),
            perturbation: variation.perturbation.clone(),
            until_unlike: ends_early.then(|| self.chain.clone()),
            ..RunOptions::default()
        };
        match run(self.scenario, self.workspace, &options, &mut |_| {}) {
            Ok(record) => {
                self.hand_overs
                    .fetch_add(record.hand_overs, Ordering::Relaxed);
                self.ending(&record)
            }
            Err(faults) => Ending::Fails(0, faults),
        }
    }

    fn ending(self, record: &RunRecord) -> Ending {
        let differing = record
            .chain
            .iter()
            .zip(self.chain.iter())
            .position(|(other, plain)| other != plain);
        let new = |step: &&StepRecord| !step.unexpected.is_empty() && !self.steps.contains(step);
        let failing = record.steps.iter().find(new);
        match (differing, failing) {
            // A mod that is left out makes a difference, but why it is left out says more.
            (Some(tick), _) if record.left_out.is_empty() => Ending::Differs(tick as u64),
            (_, Some(step)) => Ending::Fails(step.tick, step.unexpected.clone()),
            (Some(tick), None) => Ending::Differs(tick as u64),
            (None, None) => Ending::Same,
        }
    }
}

fn outcome(ending: Ending, interrupted: Option<(u64, u64)>) -> Outcome {
    match ending {
        Ending::Same => Outcome::Same,
        Ending::Fails(tick, faults) => Outcome::Fails { tick, faults },
        Ending::Differs(tick) => Outcome::Changed(Change {
            interrupted,
            tick,
            parts: Vec::new(),
            facts: Vec::new(),
        }),
    }
}

/// A round that convicts with the first run that differs.
fn round_of(kind: TrialKind, endings: Vec<Ending>) -> Round {
    Round {
        kind,
        runs: endings.len() as u64,
        outcome: endings
            .into_iter()
            .find(|ending| *ending != Ending::Same)
            .map_or(Outcome::Same, |ending| outcome(ending, None)),
    }
}

fn at_one_tick(singles: &[(u64, Ending)]) -> Round {
    let found = singles.iter().find(|(_, ending)| *ending != Ending::Same);
    Round {
        kind: TrialKind::ReloadAtOneTick,
        runs: singles.len() as u64,
        outcome: found.map_or(Outcome::Same, |(tick, ending)| {
            outcome(ending.clone(), Some((*tick, *tick)))
        }),
    }
}

/// Makes the rounds of reloads tell of the same, earliest tick.
fn agree(rounds: &mut [Round]) {
    let of = |kind: TrialKind, rounds: &[Round]| {
        let round = rounds.iter().find(|round| round.kind == kind);
        match round.map(|round| &round.outcome) {
            Some(Outcome::Changed(change)) => Some(change.clone()),
            _ => None,
        }
    };
    let each = of(TrialKind::ReloadAtEachTick, rounds);
    let single = of(TrialKind::ReloadAtOneTick, rounds);
    let is_single = |change: &&Change| {
        change
            .interrupted
            .is_some_and(|(first, last)| first == last)
    };
    let earliest = [&each, &single]
        .into_iter()
        .flatten()
        .filter(is_single)
        .min_by_key(|change| change.interrupted)
        .cloned();
    let Some(earliest) = earliest else { return };
    for round in rounds {
        match (&round.kind, &round.outcome) {
            (TrialKind::ReloadAtEachTick, Outcome::Changed(_))
            | (TrialKind::ReloadAtOneTick, Outcome::Changed(_) | Outcome::Same) => {
                round.outcome = Outcome::Changed(earliest.clone());
            }
            _ => {}
        }
    }
}

/// The ticks that get a run of their own: all, or the first ones and some that are spread over the run.
fn single_ticks(ticks: u64, thorough: bool) -> Vec<u64> {
    if thorough {
        return (1..=ticks).collect();
    }
    let first = 1..=FIRST_TICKS.min(ticks);
    let spread = (1..=SPREAD_TICKS).map(|part| (part * ticks / SPREAD_TICKS).max(1));
    let all: BTreeSet<u64> = first.chain(spread).collect();
    all.into_iter().collect()
}

pub(super) fn perturbations(id: &ModId) -> Vec<Variation> {
    let numbered = (1..).zip(COLLECT_EVERY);
    numbered
        .map(|(padding_seed, collect_every)| Variation {
            perturbation: Perturbation {
                machine_of: Some(id.clone()),
                collect_every,
                padding_seed,
            },
            ..Variation::default()
        })
        .collect()
}

/// An expectation that an event happens at all; of one that tells of all at once, that there is something to tell.
fn happens(event: &str) -> Expectation {
    let event = modding::api::batched(event).unwrap_or(event);
    Expectation {
        when: When::End,
        check: Check::Compare {
            subject: Subject::EventCount {
                event: event.to_owned(),
                filter: Default::default(),
            },
            comparison: Comparison::AtLeast(1),
        },
        place: Place::of_line("".into(), "".into(), 1),
    }
}
