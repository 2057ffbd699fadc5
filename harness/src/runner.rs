//! Runs a scenario: steps at tick boundaries, ticks, expectations, and a record of it all.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use modding::api::{self, Arguments, Run};
use modding::bundle::Bundle;
use modding::diagnostic::Fault;
use modding::document::Scalar;
use modding::handover::InjectedFault;
use modding::host::{Host, LeftOut};
use modding::mod_id::ModId;
use modding::reload::{Change, ReloadOptions};
use modding::report::{Outcome, ReloadReport, Stage};
use modding::value::Value;
use sim::{Command, Setup};

use crate::expectation::{EventCounts, check_step, judge};
use crate::record::{ColonyAtEnd, ModAtStart, RunRecord, StepRecord, StepResult};
use crate::scenario::{Action, Check, FileChange, ModFile, Scenario, Step, When};
use crate::workspace::Workspace;

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

/// How a scenario is run.
#[derive(Clone, Debug, Default)]
pub struct RunOptions {
    /// Beside the scenario's steps.
    pub every_tick: EveryTick,
    /// The label of a step to leave out.
    pub without_step: Option<String>,
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
    saves: BTreeMap<String, Vec<u8>>,
    counts: EventCounts,
    /// Hashes of runs without a labelled step.
    chains_without: BTreeMap<String, Vec<u128>>,
    hand_overs_before_load: u64,
    record: RunRecord,
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
    }
    Ok(runner.finish())
}

impl<'a> Runner<'a> {
    fn new(scenario: &'a Scenario, original: &'a Workspace, options: &'a RunOptions) -> Result<Runner<'a>, Vec<Fault>> {
        let faults: Vec<Fault> = scenario
            .steps
            .iter()
            .filter_map(|step| match &step.action {
                Action::Command { function, arguments } => command(function, arguments).err().map(|fault| fault.at(step.place.clone())),
                _ => None,
            })
            .collect();
        if !faults.is_empty() {
            return Err(faults);
        }
        let setup = Setup {
            seed: scenario.seed,
            map: scenario.colony.map.clone(),
            colonists: scenario.colony.colonists,
            stock: scenario.colony.stock.clone(),
        };
        let workspace = original.clone();
        let known = workspace.known_mods();
        let (bundles, unreadable) = bundles(scenario, &workspace);
        let (host, mut left_out) = Host::start(&setup, bundles, known.clone())?;
        left_out.extend(unreadable);
        let mods = host.mods().into_iter().map(|(id, version, _)| ModAtStart { id, version }).collect();
        let record = RunRecord {
            scenario: scenario.name.clone(),
            file: scenario.file.to_string(),
            seed: scenario.seed,
            ticks: scenario.ticks,
            mods,
            left_out,
            steps: Vec::new(),
            verdicts: Vec::new(),
            step_expectations_met: 0,
            failures: Vec::new(),
            refused: Vec::new(),
            log: Vec::new(),
            colony: ColonyAtEnd::default(),
            chain: vec![host.chain()],
            parts: Vec::new(),
            hand_overs: 0,
            ticks_run: 0,
        };
        Ok(Runner {
            scenario,
            options,
            original,
            workspace,
            known,
            host,
            saves: BTreeMap::new(),
            counts: EventCounts::of(scenario),
            chains_without: BTreeMap::new(),
            hand_overs_before_load: 0,
            record,
        })
    }

    /// One step, at the boundary before a tick.
    fn act(&mut self, step: &Step, commands: &mut Vec<Command>) {
        let tick = self.host.current_tick() + 1;
        let result = match &step.action {
            Action::InjectFault { stage, mod_id, during } => self.act_with_fault(stage, mod_id, during.as_deref()),
            action => self.perform(action, None, commands),
        };
        let (met, unexpected) = check_step(step, tick, &result);
        self.record.step_expectations_met += met;
        self.record.steps.push(StepRecord { tick, label: step.label.clone(), title: title(&step.action), result, unexpected });
    }

    fn act_with_fault(&mut self, stage: &str, mod_id: &ModId, during: Option<&Action>) -> StepResult {
        let Some(stage) = Stage::from_name(stage) else {
            return StepResult::Failed(vec![Fault::new(format!("there is no stage `{stage}`"))]);
        };
        let forced = Action::Reload { mods: vec![mod_id.clone()], force: true };
        let fault = InjectedFault { stage, mod_id: mod_id.clone() };
        let result = self.perform(during.unwrap_or(&forced), Some(fault), &mut Vec::new());
        match result {
            StepResult::Reloads(reports) if !reports.iter().any(|report| report.fault_reached) => {
                let fault = Fault::new(format!("the fault at `{}` of {mod_id} was not reached: the reload has no such stage", stage.name()));
                StepResult::Failed(vec![fault])
            }
            result => result,
        }
    }

    fn perform(&mut self, action: &Action, fault: Option<InjectedFault>, commands: &mut Vec<Command>) -> StepResult {
        let reloads = |runner: &mut Runner<'_>, mods: &[ModId], force| {
            let changes = mods.iter().map(|id| runner.change(id)).collect();
            StepResult::Reloads(runner.host.reload(changes, &ReloadOptions { force, fault: fault.clone() }))
        };
        match action {
            Action::Files(actions) => match self.workspace.apply(actions) {
                Ok(touched) => reloads(self, &touched.into_iter().collect::<Vec<_>>(), false),
                Err(faults) => StepResult::Failed(faults),
            },
            Action::Config { mod_id, set } => match self.workspace.set_config(mod_id, set) {
                Ok(()) => reloads(self, std::slice::from_ref(mod_id), false),
                Err(faults) => StepResult::Failed(faults),
            },
            Action::Reload { mods, force } => reloads(self, mods, *force),
            Action::Rollback { mod_id, to } => StepResult::Reloads(vec![self.host.rollback(mod_id, *to)]),
            Action::Command { function, arguments } => match command(function, arguments) {
                Ok(command) => match self.host.colony().check(&command) {
                    Ok(()) => {
                        commands.push(command);
                        StepResult::Done(Vec::new())
                    }
                    Err(error) => StepResult::Failed(vec![Fault::new(format!("colony.{function}: {error}"))]),
                },
                Err(fault) => StepResult::Failed(vec![fault]),
            },
            Action::Save { name } => match self.host.save() {
                Ok((bytes, warnings)) => {
                    self.saves.insert(name.clone(), bytes);
                    StepResult::Done(warnings)
                }
                Err(error) => StepResult::Failed(vec![Fault::new(format!("the run cannot be saved: {error}"))]),
            },
            Action::Load { name } => match self.saves.get(name).cloned() {
                Some(bytes) => self.load(&bytes, bundles(self.scenario, &self.workspace)),
                None => StepResult::Failed(vec![Fault::new(format!("nothing was saved as `{name}`"))]),
            },
            Action::Restart => self.restart(bundles(self.scenario, &self.workspace)),
            Action::InjectFault { .. } => StepResult::Failed(vec![Fault::new("a fault cannot happen during a fault")]),
        }
    }

    /// Saves, forgets everything, loads, and compares what was forgotten with what came back.
    fn restart(&mut self, from: (Vec<Bundle>, Vec<LeftOut>)) -> StepResult {
        let (bytes, mut notes) = match self.host.save() {
            Ok(saved) => saved,
            Err(error) => return StepResult::Failed(vec![Fault::new(format!("the run cannot be saved: {error}"))]),
        };
        let before = self.host.part_hashes();
        match self.load(&bytes, from) {
            StepResult::Done(more) => notes.extend(more),
            failed => return failed,
        }
        let after = self.host.part_hashes();
        let different: Vec<&str> = before
            .iter()
            .filter(|(name, hash)| !after.iter().any(|(other, same)| other == name && same == hash))
            .map(|(name, _)| name.as_str())
            .collect();
        if !different.is_empty() {
            return StepResult::Failed(vec![Fault::new(format!("what was loaded differs from what was saved in: {}", different.join(", ")))]);
        }
        notes.push("hash unchanged".to_owned());
        StepResult::Done(notes)
    }

    /// Goes on from a save as a new process would.
    fn load(&mut self, bytes: &[u8], from: (Vec<Bundle>, Vec<LeftOut>)) -> StepResult {
        let (bundles, unreadable) = from;
        match Host::load(bytes, bundles, self.known.clone()) {
            Ok((host, mut left_out)) => {
                left_out.extend(unreadable);
                self.hand_overs_before_load += self.host.hand_overs();
                self.keep_failures();
                self.host = host;
                let tick = self.host.current_tick();
                self.record.chain.truncate(tick as usize + 1);
                self.counts.go_back_to(tick);
                let already: BTreeSet<String> = self.record.left_out.iter().map(|left_out| left_out.name.clone()).collect();
                let new: Vec<LeftOut> = left_out.into_iter().filter(|left_out| !already.contains(&left_out.name)).collect();
                if new.is_empty() {
                    return StepResult::Done(Vec::new());
                }
                let faults = new.iter().flat_map(|left_out| left_out.faults.clone()).collect();
                self.record.left_out.extend(new);
                StepResult::Failed(faults)
            }
            Err(error) => StepResult::Failed(vec![Fault::new(error.to_string())]),
        }
    }

    /// What the options add to the scenario's steps.
    fn between_steps(&mut self) {
        let next = self.host.current_tick() + 1;
        if let Some((mods, fault)) = self.options.extra_faults.get(&next) {
            let changes = mods.iter().map(|id| self.change(id)).collect();
            let reports = self.host.reload(changes, &ReloadOptions { force: true, fault: Some(fault.clone()) });
            self.record_unreached(next, fault, &reports);
        }
        match self.options.every_tick {
            EveryTick::Nothing => {}
            EveryTick::HandOver => {
                for (id, _, _) in self.host.mods() {
                    self.host.hand_over(&id);
                }
            }
            EveryTick::SaveAndLoad => {
                // The running content, not the workspace's: a broken edit may lie there.
                let result = self.restart((self.host.bundles(), Vec::new()));
                if let StepResult::Failed(unexpected) = &result {
                    let unexpected = unexpected.clone();
                    self.record.steps.push(StepRecord { tick: next, label: None, title: "restart".to_owned(), result, unexpected });
                }
            }
        }
    }

    fn record_unreached(&mut self, tick: u64, fault: &InjectedFault, reports: &[ReloadReport]) {
        if !reports.iter().any(|report| report.fault_reached && report.outcome == Outcome::RolledBack) {
            let unexpected = vec![Fault::new(format!("the fault at `{}` of {} was not reached", fault.stage.name(), fault.mod_id))];
            let result = StepResult::Reloads(reports.to_vec());
            self.record.steps.push(StepRecord { tick, label: None, title: "fault".to_owned(), result, unexpected });
        }
    }

    fn tick(&mut self, commands: &[Command]) {
        let record = self.host.tick(commands);
        self.counts.add(&record);
        self.record.ticks_run += 1;
        self.record.refused.extend(record.refused);
        self.record.log.extend(record.log);
        self.record.chain.push(self.host.chain());
        self.judge_all(record.tick);
    }

    fn judge_all(&mut self, tick: u64) {
        let scenario = self.scenario;
        for (at, expectation) in scenario.expectations.iter().enumerate() {
            let due = match expectation.when {
                When::At(at) => at == tick,
                When::Every(every) => tick > 0 && tick.is_multiple_of(every),
                When::End => tick == scenario.ticks,
            };
            if !due {
                continue;
            }
            let chain_without = match &expectation.check {
                Check::HashEqualsWithoutStep { label } => self.chain_without(label).get(tick as usize).copied(),
                Check::Compare { .. } => None,
            };
            let verdict = judge(expectation, tick, &self.host, self.counts.of_expectation(at), chain_without);
            self.record.verdicts.push(verdict);
        }
    }

    /// The hashes of a run of the same scenario without a step.
    fn chain_without(&mut self, label: &str) -> &[u128] {
        let (scenario, original) = (self.scenario, self.original);
        self.chains_without.entry(label.to_owned()).or_insert_with(|| {
            let bare = Scenario { expectations: Vec::new(), ..scenario.clone() };
            let options = RunOptions { without_step: Some(label.to_owned()), ..RunOptions::default() };
            run(&bare, original, &options, &mut |_| {}).map(|record| record.chain).unwrap_or_default()
        })
    }

    fn change(&self, id: &ModId) -> Change {
        Change { mod_id: id.clone(), bundle: self.workspace.bundle(id).map(Rc::new) }
    }

    fn keep_failures(&mut self) {
        self.record.failures.extend(self.host.failures().iter().cloned());
    }

    fn finish(mut self) -> RunRecord {
        self.keep_failures();
        self.record.hand_overs = self.hand_overs_before_load + self.host.hand_overs();
        self.record.parts = self.host.part_hashes();
        let colony = self.host.colony();
        let view = colony.view();
        let definitions = colony.definitions();
        self.record.colony = ColonyAtEnd {
            alive: view.colonists().count() as u64,
            died: view.deaths(),
            jobs_done: definitions.jobs.keys().map(|kind| (kind.clone(), view.jobs_done(Some(kind)))).collect(),
            items: definitions.items.keys().map(|item| (item.clone(), view.item_total(item))).collect(),
        };
        drop(colony);
        self.record
    }
}

/// The files of the scenario's mods; those that cannot be read are left out.
fn bundles(scenario: &Scenario, workspace: &Workspace) -> (Vec<Bundle>, Vec<LeftOut>) {
    let mut bundles = Vec::new();
    let mut unreadable = Vec::new();
    for choice in &scenario.mods {
        match workspace.bundle(&choice.id) {
            Ok(bundle) => bundles.push(bundle),
            Err(faults) => unreadable.push(LeftOut { name: choice.id.to_string(), faults }),
        }
    }
    (bundles, unreadable)
}

/// The command that a step issues, through the same table as mods.
fn command(function: &str, arguments: &BTreeMap<String, Scalar>) -> Result<Command, Fault> {
    let description = api::function(function).ok_or_else(|| Fault::new(format!("unknown function `{function}`")))?;
    let Run::Command(make) = description.run else {
        return Err(Fault::new(format!("colony.{function} is not a command")));
    };
    let values = arguments.iter().map(|(name, scalar)| (name.clone(), scalar_value(scalar))).collect();
    let result = Arguments::by_name(description, values).and_then(|arguments| make(&arguments));
    result.map_err(|error| Fault { message: error.message, place: None, help: error.help })
}

/// A scalar of a scenario as a value of a mod.
pub(crate) fn scalar_value(scalar: &Scalar) -> Value {
    match scalar {
        Scalar::Boolean(boolean) => Value::Boolean(*boolean),
        Scalar::Integer(number) => Value::Integer(*number),
        Scalar::Text(text) => Value::text(text),
    }
}

/// What a step does, in a word or a path.
fn title(action: &Action) -> String {
    match action {
        Action::Files(actions) => match actions.as_slice() {
            [only] => changed_file(&only.change).to_string(),
            several => format!("batch of {}", several.len()),
        },
        Action::Reload { mods, force } => {
            let mods: Vec<&str> = mods.iter().map(ModId::as_str).collect();
            format!("{}reload {}", if *force { "forced " } else { "" }, mods.join(", "))
        }
        Action::Rollback { mod_id, to } => match to {
            Some(to) => format!("rollback {mod_id} to g{to}"),
            None => format!("rollback {mod_id}"),
        },
        Action::Config { mod_id, .. } => format!("{mod_id}/config.toml"),
        Action::Command { function, .. } => function.clone(),
        Action::Save { name } => format!("save {name}"),
        Action::Load { name } => format!("load {name}"),
        Action::Restart => "restart".to_owned(),
        Action::InjectFault { stage, mod_id, .. } => format!("fault at {stage} of {mod_id}"),
    }
}

/// The file that a change is about.
fn changed_file(change: &FileChange) -> &ModFile {
    match change {
        FileChange::Edit { file, .. }
        | FileChange::Write { file, .. }
        | FileChange::Truncate { file, .. }
        | FileChange::Delete { file }
        | FileChange::Copy { to: file, .. }
        | FileChange::Rename { to: file, .. } => file,
    }
}
