//! Runs a scenario: steps at tick boundaries, ticks, expectations, and a record of it all.

mod kept;
mod lifecycle;
mod observation;
mod real_files;
mod steps;

use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;
use std::rc::Rc;
use std::sync::Arc;

use modding::bundle::Bundle;
use modding::diagnostic::{Fault, Place};
use modding::handover::InjectedFault;
use modding::host::{Host, LeftOut, SETUP_MAP, SETUP_STOCK};
use modding::manifest::ConfigValue;
use modding::mod_id::ModId;
use modding::perturbation::Perturbation;
use modding::reload::{Change, ReloadOptions};
use modding::report::{Outcome, ReloadReport};
use modding::trace::SharedTrace;
use sim::{Command, Setup};

use crate::event_counts::EventCounts;
use crate::expectation::unexpected_failures;
use crate::record::{ColonyAtEnd, ModAtStart, RunRecord, StepRecord, StepResult};
use crate::scenario::{Action, FileAction, Scenario, Step};
use crate::snapshot::TickEvents;
use crate::snapshot::trail::TrailRecorder;
use crate::workspace::Workspace;

use kept::{Present, Saved};
use real_files::RealFiles;
pub(crate) use steps::{asked_options, command};

/// What is done to every mod at every tick beside the scenario's steps, to prove I4 and I5.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum EveryTick {
    /// Nothing.
    #[default]
    Nothing,
    /// A forced hand-over of every mod.
    HandOver,
    /// A save, a new process state, a load.
    SaveAndLoad,
}

/// Where the files of a run are that its steps change.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum FilesOfRun {
    /// In memory.
    #[default]
    InMemory,
    /// On the disk too, in a temporary folder; what a watcher reads there is reloaded.
    Watched,
}

/// What interrupts a run beside the scenario's steps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Interruption {
    /// A forced hand-over of one mod to the content that it runs.
    HandOver(ModId),
    /// A save, a new process state, a load.
    SaveAndLoad,
}

/// How a scenario is run.
#[derive(Clone, Debug, Default)]
pub struct RunOptions {
    /// Beside the scenario's steps.
    pub every_tick: EveryTick,
    /// What interrupts the run, and before which ticks; after the scenario's steps.
    pub interrupted: Option<(Interruption, RangeInclusive<u64>)>,
    /// The hash after each tick of another run: this one ends after the first tick that has another.
    pub until_unlike: Option<Arc<[u128]>>,
    /// What is varied that no mod should notice.
    pub perturbation: Perturbation,
    /// The label of a step to leave out.
    pub without_step: Option<String>,
    /// Whether faults and snapshots say who wrote what they are about. Costs time, changes nothing.
    pub explain: bool,
    /// Whether the scenario's snapshots are taken.
    pub snapshots: bool,
    /// Where the files are.
    pub files: FilesOfRun,
    /// Faults that are made to happen beside the scenario's steps, before a tick: what a test of I3 adds.
    pub extra_faults: BTreeMap<u64, (Vec<ModId>, InjectedFault)>,
}

struct Runner<'a> {
    scenario: &'a Scenario,
    options: &'a RunOptions,
    original: &'a Workspace,
    workspace: Workspace,
    known: BTreeSet<ModId>,
    host: Host,
    /// Saves by name.
    saves: BTreeMap<String, Saved>,
    present: Present,
    counts: EventCounts,
    /// Hashes of runs without a labelled step.
    chains_without: BTreeMap<String, Vec<u128>>,
    hand_overs_before_load: u64,
    /// Exported functions that were called in hosts before this one.
    exports_called_before_load: BTreeSet<(ModId, String)>,
    record: RunRecord,
    /// Who wrote what, where faults are to say so.
    trace: Option<SharedTrace>,
    /// The files on the disk, where there are any.
    real_files: Option<RealFiles>,
}

/// Runs a scenario on the mods in a workspace. Progress is told after every tick.
///
/// # Errors
/// A scenario that cannot begin: every fault at once.
pub fn run(
    scenario: &Scenario,
    workspace: &Workspace,
    options: &RunOptions,
    progress: &mut dyn FnMut(u64),
) -> Result<RunRecord, Vec<Fault>> {
    let mut runner = Runner::new(scenario, workspace, options)?;
    runner.judge_all(0);
    runner.capture(0, TickEvents::default());
    let mut acted = vec![false; scenario.steps.len()];
    while runner.host.current_tick() < scenario.ticks {
        let next = runner.host.current_tick() + 1;
        let mut commands = Vec::new();
        for (at, step) in scenario.steps.iter().enumerate() {
            let left_out = step.label.is_some() && step.label == options.without_step;
            if step.at == next && !acted[at] && !left_out {
                acted[at] = true;
                runner.act(step, &mut commands);
            }
        }
        runner.between_steps();
        runner.tick(&commands);
        progress(runner.host.current_tick());
        if runner.is_unlike() {
            break;
        }
    }
    Ok(runner.finish())
}

/// Runs a scenario and lets `compare` settle its snapshots. What did not come out as expected is explained: the same run again,
/// taking note of who writes what.
///
/// # Errors
/// A scenario that cannot begin: every fault at once.
pub fn run_explained(
    scenario: &Scenario,
    workspace: &Workspace,
    options: &RunOptions,
    compare: &mut dyn FnMut(&mut RunRecord),
    progress: &mut dyn FnMut(u64),
) -> Result<RunRecord, Vec<Fault>> {
    let mut record = run(scenario, workspace, options, progress)?;
    compare(&mut record);
    if record.passed() || !record.left_out.is_empty() {
        return Ok(record);
    }
    let explain = RunOptions {
        explain: true,
        ..options.clone()
    };
    let mut explained = run(scenario, workspace, &explain, &mut |_| {})?;
    compare(&mut explained);
    Ok(explained)
}

impl<'a> Runner<'a> {
    fn new(
        scenario: &'a Scenario,
        original: &'a Workspace,
        options: &'a RunOptions,
    ) -> Result<Runner<'a>, Vec<Fault>> {
        check_commands(scenario)?;
        let workspace = original.clone();
        let known = workspace.known_mods();
        let present = initial_mods(scenario);
        let (bundles, unreadable) = bundles(&present, &workspace);
        let real_files = match options.files {
            FilesOfRun::InMemory => None,
            FilesOfRun::Watched => {
                let begun = RealFiles::begin(scenario, &workspace);
                Some(begun.map_err(|fault| vec![fault])?)
            }
        };
        let perturbation = options.perturbation.clone();
        let (mut host, mut left_out) =
            Host::start_perturbed(&setup(scenario), bundles, known.clone(), perturbation)
                .map_err(|faults| at_colony(scenario, faults))?;
        host.note_left_out(&unreadable);
        left_out.extend(unreadable);
        let trace = options.explain.then(SharedTrace::default);
        if let Some(trace) = &trace {
            host.trace_into(trace.clone());
        }
        let chain = host.chain();
        let mods = host
            .mods()
            .into_iter()
            .map(|(id, version, _)| ModAtStart { id, version })
            .collect();
        let mut record = RunRecord::begin(scenario, mods, left_out, chain);
        let last = scenario.snapshot.as_ref().filter(|_| options.snapshots);
        let last = last.and_then(|plan| plan.last(scenario.ticks));
        record.captured.trail = TrailRecorder::new(last);
        Ok(Runner {
            scenario,
            options,
            original,
            workspace,
            known,
            host,
            saves: BTreeMap::new(),
            present: Present::new(present),
            counts: EventCounts::of(scenario),
            chains_without: BTreeMap::new(),
            hand_overs_before_load: 0,
            exports_called_before_load: BTreeSet::new(),
            record,
            trace,
            real_files,
        })
    }

    /// What the options add to the scenario's steps.
    fn between_steps(&mut self) {
        let next = self.host.current_tick() + 1;
        if let Some((mods, fault)) = self.options.extra_faults.get(&next) {
            let changes = self.running_content(mods);
            let reports = self.host.reload(
                changes,
                &ReloadOptions {
                    force: true,
                    fault: Some(fault.clone()),
                    ..ReloadOptions::default()
                },
            );
            self.record_unreached(next, fault, &reports);
        }
        match self.options.every_tick {
            EveryTick::Nothing => {}
            EveryTick::HandOver => {
                for (id, _, _) in self.host.mods() {
                    self.host.hand_over(&id);
                }
            }
            EveryTick::SaveAndLoad => self.save_and_load(next),
        }
        match &self.options.interrupted {
            Some((interruption, ticks)) if ticks.contains(&next) => match interruption {
                Interruption::HandOver(id) => self.hand_over(id, next),
                Interruption::SaveAndLoad => self.save_and_load(next),
            },
            _ => {}
        }
    }

    /// Hands a mod over to the content that it runs; one that cannot be handed over is a fault of the step.
    fn hand_over(&mut self, id: &ModId, tick: u64) {
        let Some(report) = self.host.hand_over(id) else {
            return;
        };
        if report.outcome != Outcome::Committed {
            let unexpected = report
                .error
                .iter()
                .flat_map(|error| &error.faults)
                .cloned()
                .collect();
            let result = StepResult::Reloads(vec![report]);
            self.record_interruption(tick, format!("hand-over of {id}"), result, unexpected);
        }
    }

    fn save_and_load(&mut self, tick: u64) {
        let result = self.restart((self.host.bundles(), Vec::new()));
        if let StepResult::Failed(unexpected) = &result {
            let unexpected = unexpected.clone();
            self.record_interruption(tick, "restart".to_owned(), result, unexpected);
        }
    }

    fn record_interruption(
        &mut self,
        tick: u64,
        title: String,
        result: StepResult,
        unexpected: Vec<Fault>,
    ) {
        self.record.steps.push(StepRecord {
            tick,
            label: None,
            title,
            result,
            unexpected,
        });
    }

    /// Whether the run is no longer the one that it is compared with.
    fn is_unlike(&self) -> bool {
        self.options.until_unlike.as_ref().is_some_and(|other| {
            let tick = self.host.current_tick() as usize;
            other.get(tick) != self.record.chain.get(tick)
        })
    }

    /// The content that mods run, not the workspace's: a broken edit may lie there.
    fn running_content(&self, mods: &[ModId]) -> Vec<Change> {
        let running = self.host.bundles().into_iter().filter_map(|bundle| {
            let mod_id = mods.iter().find(|id| id.as_str() == bundle.folder())?;
            Some(Change {
                mod_id: mod_id.clone(),
                bundle: Ok(Rc::new(bundle)),
            })
        });
        running.collect()
    }

    fn record_unreached(&mut self, tick: u64, fault: &InjectedFault, reports: &[ReloadReport]) {
        if !reports
            .iter()
            .any(|report| report.fault_reached && report.outcome == Outcome::RolledBack)
        {
            let unexpected = vec![Fault::new(format!(
                "the fault at `{}` of {} was not reached",
                fault.stage.name(),
                fault.mod_id
            ))];
            let result = StepResult::Reloads(reports.to_vec());
            self.record_interruption(tick, "fault".to_owned(), result, unexpected);
        }
    }

    fn tick(&mut self, commands: &[Command]) {
        let record = self.host.tick(commands);
        self.counts.add(&record);
        let events = TickEvents {
            colony: &record.events,
            mods: &record.mod_events,
        };
        self.capture(record.tick, events);
        self.record.ticks_run += 1;
        self.record.refused.extend(record.refused);
        self.record.log.extend(record.log);
        self.record.chain.push(self.host.chain());
        self.judge_all(record.tick);
    }

    fn change(&self, id: &ModId) -> Change {
        let read = self.real_files.as_ref().and_then(|files| files.content(id));
        let content = read.unwrap_or_else(|| self.workspace.bundle(id));
        Change {
            mod_id: id.clone(),
            bundle: content.map(Rc::new),
        }
    }

    /// Makes all changes, or none, and returns the mods that they name.
    fn change_files(&mut self, actions: &[FileAction]) -> Result<BTreeSet<ModId>, Vec<Fault>> {
        let before = self.real_files.is_some().then(|| self.workspace.clone());
        let touched = self.workspace.apply(actions)?;
        if let (Some(files), Some(before)) = (&mut self.real_files, before) {
            files.note_running(&self.host);
            files.apply(&before, actions)?;
            files.wait_for(&touched, &before, &self.workspace)?;
        }
        Ok(touched)
    }

    fn change_config(
        &mut self,
        id: &ModId,
        set: &BTreeMap<String, ConfigValue>,
    ) -> Result<(), Vec<Fault>> {
        let before = self.real_files.is_some().then(|| self.workspace.clone());
        self.workspace.set_config(id, set)?;
        if let (Some(files), Some(before)) = (&mut self.real_files, before) {
            files.note_running(&self.host);
            files.follow(id, &before, &self.workspace)?;
            files.wait_for([id], &before, &self.workspace)?;
        }
        Ok(())
    }

    fn finish(mut self) -> RunRecord {
        self.record.failures = self.failures();
        self.record.unexpected_failures = unexpected_failures(self.scenario, &self.record.failures);
        self.record.hand_overs = self.hand_overs_before_load + self.host.hand_overs();
        let mut called = self.exports_called_before_load;
        called.extend(self.host.called_exports());
        let exports = self.host.exports();
        self.record.uncalled_exports = exports.difference(&called).cloned().collect();
        self.record.parts = self.host.part_hashes();
        self.record.changed_definitions = self.host.changed_definitions();
        let colony = self.host.colony();
        let view = colony.view();
        let definitions = colony.definitions();
        self.record.colony = ColonyAtEnd {
            alive: view.colonists().count() as u64,
            died: view.deaths(),
            causes_of_death: view.deaths_by_cause().clone(),
            jobs_done: definitions
                .jobs
                .keys()
                .map(|kind| (kind.clone(), view.jobs_done(Some(kind))))
                .collect(),
            items: definitions
                .items
                .keys()
                .map(|item| (item.clone(), view.item_total(item)))
                .collect(),
        };
        drop(colony);
        self.record
    }
}

/// The colony at tick 0.
pub(crate) fn setup(scenario: &Scenario) -> Setup {
    Setup {
        seed: scenario.seed,
        map: scenario.colony.map.clone(),
        colonists: scenario.colony.colonists,
        stock: scenario.colony.stock.clone(),
    }
}

/// Why no colony can be made, as the scenario's author meets it: a fault of the set-up stands in the file of the map, at the item of the
/// stock, or else at `[colony]`, and without `base` there is hardly a definition, which is worth saying once.
pub(crate) fn at_colony(scenario: &Scenario, faults: Vec<Fault>) -> Vec<Fault> {
    let colony = &scenario.colony;
    let located = faults.into_iter().map(|mut fault| {
        let place = match fault.place.take() {
            Some(place) if *place.file == *SETUP_STOCK => {
                colony.stock_places.get(&*place.source).cloned()
            }
            Some(place) if *place.file == *SETUP_MAP => {
                colony.map_file.clone().map(|file| Place { file, ..place })
            }
            place => place,
        };
        fault.place = place.or_else(|| colony.place.clone());
        fault
    });
    let mut faults: Vec<Fault> = located.collect();
    if !scenario
        .mods
        .iter()
        .any(|choice| choice.id.as_str() == "base")
    {
        let hint = Fault::new(
            "the scenario runs without `base`, which defines terrain, items, needs and jobs",
        );
        faults.push(hint.help("write `load = [\"base\", ...]` under [mods]"));
    }
    faults
}

/// Commands of steps that could not be issued whatever the colony looks like.
pub(crate) fn check_commands(scenario: &Scenario) -> Result<(), Vec<Fault>> {
    let check = |step: &Step| match &step.action {
        Action::Command {
            function,
            arguments,
        } => command(function, arguments)
            .err()
            .map(|fault| fault.at(step.place.clone())),
        _ => None,
    };
    let faults: Vec<Fault> = scenario.steps.iter().filter_map(check).collect();
    if faults.is_empty() {
        Ok(())
    } else {
        Err(faults)
    }
}

/// The mods that a scenario begins with, as it lists them.
pub(crate) fn initial_mods(scenario: &Scenario) -> Vec<ModId> {
    let choices = scenario.mods.iter();
    choices.map(|choice| choice.id.clone()).collect()
}

/// The files of mods; those that cannot be read are left out.
pub(crate) fn bundles(mods: &[ModId], workspace: &Workspace) -> (Vec<Bundle>, Vec<LeftOut>) {
    let mut bundles = Vec::new();
    let mut unreadable = Vec::new();
    for id in mods {
        match workspace.bundle(id) {
            Ok(bundle) => bundles.push(bundle),
            Err(faults) => unreadable.push(LeftOut {
                name: id.to_string(),
                faults,
            }),
        }
    }
    (bundles, unreadable)
}
