//! A live session: a colony, its mods, and what the author does to them. It knows no terminal and no disk, and its clock is
//! given to it, so that a test can be the author.

mod actions;
mod circles;
mod reloads;

use std::collections::{BTreeMap, BTreeSet};

use modding::bundle::Bundle;
use modding::context::{LogLevel, LogLine};
use modding::diagnostic::Fault;
use modding::host::{Host, LeftOut};
use modding::mod_id::ModId;
use modding::report::{Outcome, ReloadReport};
use modding::save::{LoadError, Loaded};

use super::happening::{Failing, Happening};
use super::lineage::Lineage;
use super::stopwatch::Clock;
use super::watchdog::Watchdog;
use crate::recording::{Content, Recording, SessionEnd};
use crate::runner::{at_colony, bundles, check_commands, initial_mods, setup};
use crate::scenario::{Scenario, Step};
use crate::watcher::Settled;
use crate::workspace::{Workspace, files_of};

pub use actions::goes_live;
use reloads::Overflow;

/// After so many more failing calls, by how much a handler must have failed to be told again: ten, a hundred, a thousand times.
const FAILING_AGAIN_FACTOR: u32 = 10;

/// How a session is held.
#[derive(Clone)]
pub struct SessionOptions {
    /// The mods whose files are watched; a reload by hand reloads these.
    pub watched: BTreeSet<ModId>,
    /// The name of the recording, if there is to be one.
    pub record: Option<String>,
    /// Whether the scenario's steps are done, as far as they [can be](goes_live).
    pub steps: bool,
    /// Whether every line that mods write is told, not only new warnings and errors.
    pub log: bool,
    /// Tells the time.
    pub clock: Clock,
    /// Bounds the time that reloads may take.
    pub watchdog: Watchdog,
    /// The checkpoint that it goes on from, if it does not begin anew. There is no recording of such a session.
    pub checkpoint: Option<CheckpointFile>,
}

/// A checkpoint that was kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckpointFile {
    /// The file as its owner knows it.
    pub shown: String,
    /// What is in it.
    pub bytes: Vec<u8>,
}

/// A session that has begun.
pub struct Begun {
    /// The session.
    pub session: Session,
    /// Mods that could not start.
    pub left_out: Vec<LeftOut>,
    /// What is not as it was in the checkpoint.
    pub notes: Vec<String>,
}

/// What the author can ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Key {
    /// Stop before the next tick, or go on.
    Pause,
    /// One tick, then stop.
    Step,
    /// Reload every watched mod, whatever its content.
    Reload,
    /// Reload what differs from what runs, without telling the running code of its end.
    SkipUnload,
    /// Undo the last change.
    Back,
    /// Run the migration of the last changed mod again.
    MigrateAgain,
    /// Keep the run as it is.
    Checkpoint,
    /// What the keys are.
    Help,
    /// The end.
    Quit,
}

/// How the transactions of a session ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Outcomes {
    /// The new generation runs.
    pub committed: u64,
    /// The old one went on.
    pub rolled_back: u64,
    /// There was nothing to do.
    pub ignored: u64,
    /// What was asked for by hand and cannot be done.
    pub failed: u64,
    /// A newer change came before it was tried.
    pub superseded: u64,
}

/// See the [module](self).
pub struct Session {
    host: Host,
    options: SessionOptions,
    /// The last content of each mod that came to rest on the disk, running or not.
    contents: BTreeMap<ModId, Content>,
    /// The mods that are part of the run: those of the scenario, and those that were added since.
    joined: BTreeSet<ModId>,
    /// Mods whose place another has taken (`replaces`).
    gone: BTreeSet<ModId>,
    /// Changes that were too many, until every mod is looked at.
    overflow: Option<Overflow>,
    /// Scripted steps that have not acted.
    steps: Vec<Step>,
    lineage: Lineage,
    /// For each failure of the host, at how many calls it is told again.
    told_failures: Vec<u32>,
    /// What mods wrote, and what was refused, that is not told again until the mod changes.
    told: BTreeSet<(Option<ModId>, String)>,
    paused: bool,
    /// Ticks to run although the session is paused.
    steps_asked: u64,
    finished: bool,
    outcomes: Outcomes,
    recording: Option<Recording>,
}

/// The colony of a scenario, or the run that a checkpoint holds, with the files of today: besides the mods that cannot run, and
/// what is not as it was.
fn start(
    scenario: &Scenario,
    workspace: &Workspace,
    checkpoint: Option<&CheckpointFile>,
) -> Result<(Host, Vec<LeftOut>, Vec<String>), Vec<Fault>> {
    let (bundles, unreadable) = bundles(&initial_mods(scenario), workspace);
    let known = workspace.known_mods();
    let (mut host, mut left_out, notes) = match checkpoint {
        None => {
            let (host, left_out) = Host::start(&setup(scenario), bundles, known)
                .map_err(|faults| at_colony(scenario, faults))?;
            (host, left_out, Vec::new())
        }
        Some(CheckpointFile { shown, bytes }) => match Host::load(bytes, bundles, known) {
            Ok(loaded) => {
                let mut notes = loaded.notes();
                notes.extend(comings_and_goings(&loaded));
                (loaded.host, loaded.left_out, notes)
            }
            Err(LoadError::Definitions(faults)) => return Err(faults),
            Err(error) => {
                let fault = Fault::new(format!("`{shown}`: {error}"));
                let help = "--from takes a file that the key c of `watch` has written, and the mods that its colony is made of";
                return Err(vec![fault.help(help)]);
            }
        },
    };
    host.note_left_out(&unreadable);
    left_out.extend(unreadable);
    Ok((host, left_out, notes))
}

/// Mods that are not those of a checkpoint.
fn comings_and_goings(loaded: &Loaded) -> impl Iterator<Item = String> {
    let away = loaded
        .away
        .iter()
        .map(|id| format!("{id} ran in the checkpoint and is not there now: its state is kept"));
    let renamed = |id: &ModId| loaded.updated.iter().any(|member| member.mod_id == *id);
    let begun = loaded.begun.iter().filter(move |id| !renamed(id));
    away.chain(begun.map(|id| format!("{id} begins: it did not run in the checkpoint")))
}

impl Session {
    /// Begins the colony of `scenario` with the mods in `workspace`, or goes on from a checkpoint with them.
    ///
    /// # Errors
    /// A scenario or a checkpoint that cannot begin: every fault at once.
    pub fn begin(
        scenario: &Scenario,
        workspace: &Workspace,
        options: SessionOptions,
    ) -> Result<Begun, Vec<Fault>> {
        if options.steps {
            check_commands(scenario)?;
        }
        let (host, left_out, notes) = start(scenario, workspace, options.checkpoint.as_ref())?;
        // Those before a checkpoint have acted.
        let to_come = |step: &&Step| {
            options.steps && goes_live(&step.action) && step.at > host.current_tick()
        };
        let steps = scenario.steps.iter().filter(to_come).cloned().collect();
        let contents: BTreeMap<ModId, Content> = scenario
            .mods
            .iter()
            .map(|choice| {
                (
                    choice.id.clone(),
                    workspace.bundle(&choice.id).map(Into::into),
                )
            })
            .collect();
        let record = options.record.as_ref();
        let recording = record.filter(|_| options.checkpoint.is_none()).map(|name| {
            let files = contents.iter().map(|(id, content)| {
                let files = match content {
                    Ok(bundle) => files_of(bundle),
                    // As they are: the repetition shall not be able to read them either.
                    Err(_) => workspace.files(id).cloned().unwrap_or_default(),
                };
                (id.clone(), files)
            });
            Recording::begin(name, scenario, files.collect())
        });
        let mut lineage = Lineage::default();
        for (id, _, number) in host.mods() {
            lineage.begin(id, number);
        }
        let session = Session {
            host,
            options,
            joined: contents.keys().cloned().collect(),
            gone: BTreeSet::new(),
            overflow: None,
            contents,
            steps,
            lineage,
            told_failures: Vec::new(),
            told: BTreeSet::new(),
            paused: false,
            steps_asked: 0,
            finished: false,
            outcomes: Outcomes::default(),
            recording,
        };
        Ok(Begun {
            session,
            left_out,
            notes,
        })
    }

    /// The last tick that ran.
    #[must_use]
    pub fn current_tick(&self) -> u64 {
        self.host.current_tick()
    }

    /// The hash of everything that has happened.
    #[must_use]
    pub fn hash(&self) -> u128 {
        self.host.chain()
    }

    /// The host, to look at.
    #[must_use]
    pub fn host(&self) -> &Host {
        &self.host
    }

    /// How the transactions so far ended.
    #[must_use]
    pub fn outcomes(&self) -> Outcomes {
        self.outcomes
    }

    /// The content of a watched mod as it last came to rest; `None` for one that cannot be read.
    #[must_use]
    pub fn content(&self, id: &ModId) -> Option<&Bundle> {
        self.contents.get(id)?.as_deref().ok()
    }

    /// The files that a mod runs, if it runs: they need not be what lies on the disk.
    #[must_use]
    pub fn running(&self, id: &ModId) -> Option<Bundle> {
        let mut bundles = self.host.bundles().into_iter();
        bundles.find(|bundle| bundle.folder() == id.as_str())
    }

    /// Whether the next tick has to wait.
    #[must_use]
    pub fn is_paused(&self) -> bool {
        self.paused && self.steps_asked == 0
    }

    /// Whether the author asked for the end.
    #[must_use]
    pub fn is_finished(&self) -> bool {
        self.finished
    }

    /// The recording so far, if there is one.
    #[must_use]
    pub fn recording(&self) -> Option<&Recording> {
        self.recording.as_ref()
    }

    /// How the session would end, were it over now.
    #[must_use]
    pub fn end(&self) -> SessionEnd {
        let mut failing_calls: BTreeMap<ModId, u64> = BTreeMap::new();
        for failure in self.host.failures() {
            *failing_calls.entry(failure.mod_id.clone()).or_default() += u64::from(failure.count);
        }
        SessionEnd {
            tick: self.current_tick(),
            hash: self.hash(),
            failing_calls,
        }
    }

    /// What came to rest on the disk, at the boundary before the next tick: one reload of all that came together. A mod that is not
    /// part of the run is let run.
    pub fn boundary(&mut self, settled: Vec<Settled>) -> Vec<Happening> {
        if settled.is_empty() {
            return Vec::new();
        }
        let mut happenings = self.reload_settled(settled);
        self.tell_log(self.host.take_log(), &mut happenings);
        happenings
    }

    /// Whether so many changes came together that every watched mod is to be looked at, for [`Session::rescan`]. Until then none of
    /// them is tried.
    #[must_use]
    pub fn wants_rescan(&self) -> bool {
        self.overflow.is_some()
    }

    /// Every watched mod as it lies on the disk, after changes that were too many: what is new is reloaded.
    pub fn rescan(&mut self, found: Vec<Settled>) -> Vec<Happening> {
        let mut happenings = self.reload_found(found);
        self.tell_log(self.host.take_log(), &mut happenings);
        happenings
    }

    /// The key for a reload, with what lies on the disk now: of a mod that is not looked at by its own wish, nothing else tells.
    /// What is other than before is reloaded as a save is.
    pub fn reload_by_hand(&mut self, read: Vec<Settled>) -> Vec<Happening> {
        let is_new = |settled: &Settled| {
            let known = self.content(&settled.mod_id).map(Bundle::hash);
            known != settled.bundle.as_ref().ok().map(Bundle::hash)
        };
        let new = read.into_iter().filter(is_new).collect();
        let mut happenings = self.boundary(new);
        if self.wants_rescan() {
            // They are as they were read just now.
            happenings.extend(self.rescan(Vec::new()));
        }
        happenings.extend(self.command(Key::Reload));
        happenings
    }

    /// One tick, with the scripted steps before it.
    pub fn tick(&mut self) -> Vec<Happening> {
        let mut happenings = Vec::new();
        let mut commands = Vec::new();
        let next = self.current_tick() + 1;
        let steps = std::mem::take(&mut self.steps).into_iter();
        let (due, later): (Vec<Step>, Vec<Step>) = steps.partition(|step| step.at <= next);
        self.steps = later;
        for step in due {
            self.act(&step.action, &mut commands, &mut happenings);
        }
        let record = self.host.tick(&commands);
        self.steps_asked = self.steps_asked.saturating_sub(1);
        self.tell_log(record.log, &mut happenings);
        for refused in record.refused {
            if self.is_news(refused.mod_id.clone(), &refused.reason) {
                happenings.push(Happening::Refused(refused));
            }
        }
        self.tell_failures(&mut happenings);
        happenings
    }

    /// What the author asks for.
    pub fn command(&mut self, key: Key) -> Vec<Happening> {
        let mut happenings = match key {
            Key::Pause => self.pause(),
            Key::Step => self.step(),
            Key::Reload => self.reload_all(),
            Key::SkipUnload => self.reload_without_end(),
            Key::Back => self.back(),
            Key::MigrateAgain => self.migrate_again(),
            Key::Checkpoint => self.checkpoint(),
            Key::Help => vec![Happening::Help],
            Key::Quit => {
                self.finished = true;
                Vec::new()
            }
        };
        self.tell_log(self.host.take_log(), &mut happenings);
        happenings
    }

    /// The tick that comes: what happens at a boundary is of it.
    fn next_tick(&self) -> u64 {
        self.current_tick() + 1
    }

    fn count(&mut self, report: &ReloadReport) {
        match report.outcome {
            Outcome::Committed => self.outcomes.committed += 1,
            Outcome::RolledBack => self.outcomes.rolled_back += 1,
            Outcome::Failed => self.outcomes.failed += 1,
            Outcome::Ignored => self.outcomes.ignored += 1,
            Outcome::Superseded => self.outcomes.superseded += 1,
        }
        if report.outcome == Outcome::Committed {
            // New code says things anew.
            let changed = |id: &Option<ModId>| {
                let mut members = report.members.iter();
                members.any(|member| Some(&member.mod_id) == id.as_ref())
            };
            self.told.retain(|(id, _)| !changed(id));
        }
    }

    /// Whether something that a mod wrote, or was refused, has not been told since the mod changed.
    fn is_news(&mut self, id: Option<ModId>, text: &str) -> bool {
        self.options.log || self.told.insert((id, text.to_owned()))
    }

    fn tell_log(&mut self, log: Vec<LogLine>, happenings: &mut Vec<Happening>) {
        for line in log {
            let shown = self.options.log || line.level > LogLevel::Info;
            if shown && self.is_news(Some(line.mod_id.clone()), &line.text) {
                happenings.push(Happening::Log(line));
            }
        }
    }

    /// Each failing handler once with its error, and again whenever its count has another digit. That it is suspended, the host
    /// writes into the log.
    fn tell_failures(&mut self, happenings: &mut Vec<Happening>) {
        let tick = self.current_tick();
        for (at, failure) in self.host.failures().iter().enumerate() {
            let first = at >= self.told_failures.len();
            if first {
                self.told_failures.push(FAILING_AGAIN_FACTOR);
                let (id, generation) = (&failure.mod_id, failure.generation);
                self.lineage.note_failure(id, generation);
            }
            let again = &mut self.told_failures[at];
            let more = failure.count >= *again;
            while failure.count >= *again {
                *again = again.saturating_mul(FAILING_AGAIN_FACTOR);
            }
            if first || more {
                let changed = self.lineage.last_changed().contains(&failure.mod_id);
                let good = self.lineage.last_without_errors(&failure.mod_id);
                let back_to = good.filter(|_| changed);
                happenings.push(Happening::Failing(Box::new(Failing {
                    tick,
                    failure: failure.clone(),
                    first,
                    back_to,
                })));
            }
        }
    }
}
