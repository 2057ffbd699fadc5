//! What happened in a run: the facts that every report is made of. No wall times, no paths of a machine.

use std::collections::BTreeMap;

use modding::context::LogLine;
use modding::definitions::ChangedDefinition;
use modding::diagnostic::Fault;
use modding::host::LeftOut;
use modding::mod_id::ModId;
use modding::report::ReloadReport;
use modding::tick::{HandlerFailure, RefusedCommand};

use crate::scenario::Scenario;
use crate::snapshot::{Captured, SnapshotVerdict, Update, compare};

/// What became of a step.
#[derive(Clone, Debug, PartialEq)]
pub enum StepResult {
    /// Transactions, one for each cohort.
    Reloads(Vec<ReloadReport>),
    /// Done, with what there is to say.
    Done(Vec<String>),
    /// Could not be done.
    Failed(Vec<Fault>),
    /// A fault was to be injected at a stage that these transactions did not come to.
    NotReached(Fault, Vec<ReloadReport>),
}

/// A step that acted.
#[derive(Clone, Debug, PartialEq)]
pub struct StepRecord {
    /// The tick before which it acted.
    pub tick: u64,
    /// Its label.
    pub label: Option<String>,
    /// What it does, in a word or a path.
    pub title: String,
    /// What became of it.
    pub result: StepResult,
    /// Where that is not what was expected.
    pub unexpected: Vec<Fault>,
}

/// An expectation that was looked at.
#[derive(Clone, Debug, PartialEq)]
pub struct Verdict {
    /// The tick after which.
    pub tick: u64,
    /// What was found, where it is not what was expected.
    pub fault: Option<Fault>,
}

/// A mod at the start of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModAtStart {
    /// The mod.
    pub id: ModId,
    /// Its version.
    pub version: String,
}

/// The colony at the end of a run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ColonyAtEnd {
    /// Living colonists.
    pub alive: u64,
    /// Colonists that died.
    pub died: u64,
    /// Those that died, by cause.
    pub causes_of_death: BTreeMap<String, u64>,
    /// Jobs done by kind.
    pub jobs_done: BTreeMap<String, u64>,
    /// Items by kind.
    pub items: BTreeMap<String, u64>,
}

/// A run from its first tick to its last.
#[derive(Clone, Debug)]
pub struct RunRecord {
    /// The scenario's name.
    pub scenario: String,
    /// The scenario's file, as its author knows it.
    pub file: String,
    /// Its seed.
    pub seed: u64,
    /// Its last tick.
    pub ticks: u64,
    /// Mods that started, in load order.
    pub mods: Vec<ModAtStart>,
    /// Mods that did not.
    pub left_out: Vec<LeftOut>,
    /// Since which tick those are left out that were not from the start.
    pub left_out_since: BTreeMap<String, u64>,
    /// Steps, in the order in which they acted.
    pub steps: Vec<StepRecord>,
    /// Expectations, in the order in which they were looked at; those of steps are in the steps.
    pub verdicts: Vec<Verdict>,
    /// Expectations of steps that held.
    pub step_expectations_met: u64,
    /// Failing calls that no expectation speaks of, a fault for each mod.
    pub unexpected_failures: Vec<Fault>,
    /// Handlers that failed, each once with a count.
    pub failures: Vec<HandlerFailure>,
    /// Commands that the world refused.
    pub refused: Vec<RefusedCommand>,
    /// What mods wrote.
    pub log: Vec<LogLine>,
    /// The colony at the end.
    pub colony: ColonyAtEnd,
    /// The definitions at the end that several mods had a hand in.
    pub changed_definitions: Vec<ChangedDefinition>,
    /// The hash after each tick, from tick 0.
    pub chain: Vec<u128>,
    /// The hash of each part of the state at the end.
    pub parts: Vec<(String, u128)>,
    /// How often a mod was handed from one instance to another.
    pub hand_overs: u64,
    /// Functions that mods export at the end and that no mod has called in the whole run, each with its mod.
    pub uncalled_exports: Vec<(ModId, String)>,
    /// What the scenario's snapshots hold, if they were asked for.
    pub captured: Captured,
    /// How they compare with the accepted ones, once they were compared.
    pub snapshots: Vec<SnapshotVerdict>,
    /// The accepted trail, where it cannot be read.
    pub broken_trail: Option<Fault>,
    /// Ticks that ran, more than `ticks` where a save was loaded.
    pub ticks_run: u64,
}

impl RunRecord {
    /// The record of a run before its first tick.
    pub(crate) fn begin(
        scenario: &Scenario,
        mods: Vec<ModAtStart>,
        left_out: Vec<LeftOut>,
        chain: u128,
    ) -> RunRecord {
        RunRecord {
            scenario: scenario.name.clone(),
            file: scenario.file.to_string(),
            seed: scenario.seed,
            ticks: scenario.ticks,
            mods,
            left_out,
            left_out_since: BTreeMap::new(),
            steps: Vec::new(),
            verdicts: Vec::new(),
            step_expectations_met: 0,
            unexpected_failures: Vec::new(),
            failures: Vec::new(),
            refused: Vec::new(),
            log: Vec::new(),
            colony: ColonyAtEnd::default(),
            changed_definitions: Vec::new(),
            chain: vec![chain],
            parts: Vec::new(),
            hand_overs: 0,
            uncalled_exports: Vec::new(),
            captured: Captured::default(),
            snapshots: Vec::new(),
            broken_trail: None,
            ticks_run: 0,
        }
    }

    /// The hash at the end.
    pub fn hash(&self) -> u128 {
        self.chain.last().copied().unwrap_or_default()
    }

    /// Everything that did not come out as expected, in order.
    pub fn faults(&self) -> Vec<Fault> {
        let steps = self.steps.iter().flat_map(|step| step.unexpected.iter());
        let verdicts = self
            .verdicts
            .iter()
            .filter_map(|verdict| verdict.fault.as_ref());
        steps
            .chain(verdicts)
            .chain(&self.unexpected_failures)
            .cloned()
            .collect()
    }

    /// Compares the snapshots with the accepted ones and writes nothing. A run without one of its mods is not the run whose
    /// snapshots were accepted: its are not compared.
    pub fn compare_snapshots(&mut self, scenario: &Scenario) {
        if self.left_out.is_empty() {
            let changes = compare(scenario, &scenario.file, &self.captured, Update::None);
            self.snapshots = changes.verdicts;
            self.broken_trail = changes.broken_trail;
        }
    }

    /// Snapshots that are as accepted, and all of them.
    pub fn matching_snapshots(&self) -> (u64, u64) {
        let holds = self.snapshots.iter().filter(|verdict| verdict.holds());
        (holds.count() as u64, self.snapshots.len() as u64)
    }

    /// Whether everything came out as expected.
    pub fn passed(&self) -> bool {
        self.left_out.is_empty()
            && self.faults().is_empty()
            && self.broken_trail.is_none()
            && self.snapshots.iter().all(SnapshotVerdict::holds)
    }

    /// Expectations that held, and all of them.
    pub fn expectations(&self) -> (u64, u64) {
        let unexpected: u64 = self
            .steps
            .iter()
            .map(|step| step.unexpected.len() as u64)
            .sum();
        let met = self
            .verdicts
            .iter()
            .filter(|verdict| verdict.fault.is_none())
            .count() as u64
            + self.step_expectations_met;
        (
            met,
            self.verdicts.len() as u64 + self.step_expectations_met + unexpected,
        )
    }
}
