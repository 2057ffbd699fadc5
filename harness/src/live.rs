//! `colony-sim watch`: a colony runs while its mods are written. What comes to rest on the disk is reloaded at the next tick
//! boundary, and what became of it is told at once.

mod build;
mod discovery;
pub mod happening;
mod kept;
mod lineage;
pub mod session;
mod stopwatch;
mod terminal;
pub mod text;
pub mod watchdog;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use modding::diagnostic::Fault;
use modding::host::LeftOut;
use modding::mod_id::ModId;
use modding::report::{MemberAction, Outcome};

use crate::project::location;
use crate::scenario::{Scenario, TICKS_MAX};
use crate::watcher::{Settled, WatchedMod, Watcher, WatcherOptions};
use crate::workspace::Workspace;
use build::Builder;
use discovery::{Discovery, Found};
use happening::{Cause, Happening};
use session::{Begun, CheckpointFile, Key, Session, SessionOptions};
use terminal::Keyboard;
use text::{KeySource, View};
use watchdog::TimeBound;

pub use stopwatch::Clock;

/// The longest time in which nobody looks at keys, files and signals.
const ATTENTION_EVERY: Duration = Duration::from_millis(20);

/// How a colony is watched.
#[derive(Clone, Debug)]
pub struct LiveOptions {
    /// The last tick; without one it ends when it is told to.
    pub ticks: Option<u64>,
    /// How fast it goes; 0 is as fast as it can.
    pub ticks_per_second: u32,
    /// Where the session is recorded.
    pub record: Option<PathBuf>,
    /// The content of the checkpoint that it goes on from.
    pub checkpoint: Option<CheckpointFile>,
    /// Whether the scenario's steps are done.
    pub steps: bool,
    /// Whether mods that say how are built when what they are built from changes.
    pub build: bool,
    /// Whether every line that mods write is shown.
    pub log: bool,
    /// Whether there is colour in the errors.
    pub colour: bool,
    /// The folder in which checkpoints and replaced states are kept.
    pub kept: PathBuf,
    /// Folders in which each mod that appears is let run.
    pub mods_folders: Vec<PathBuf>,
    /// Set from outside when it is to end.
    pub stop: Arc<AtomicBool>,
    /// How the files are watched.
    pub watcher: WatcherOptions,
}

/// Why a session ended before its author or its last tick said so.
#[derive(Debug)]
pub enum LiveError {
    /// It cannot begin.
    Invalid(Vec<Fault>),
    /// The recording or a checkpoint cannot be written.
    CannotWrite(Fault),
}

/// A session that goes on from a checkpoint must have something left to do.
fn check_end(session: &Session, options: &LiveOptions) -> Result<(), LiveError> {
    let (Some(last), Some(checkpoint)) = (options.ticks, &options.checkpoint) else {
        return Ok(());
    };
    if session.current_tick() < last {
        return Ok(());
    }
    let fault = Fault::new(format!(
        "`{}` is at tick {} already, and the session is to end after tick {last}",
        checkpoint.shown,
        session.current_tick()
    ));
    let help =
        "ask for more --ticks, which are counted from the beginning of the colony, or for none";
    Err(LiveError::Invalid(vec![fault.help(help)]))
}

/// Runs a colony until it is told to end. Whoever reads its output and stops reading ends it too.
///
/// # Errors
/// See [`LiveError`].
pub fn watch(
    scenario: &Scenario,
    workspace: &Workspace,
    watched: Vec<WatchedMod>,
    options: &LiveOptions,
) -> Result<(), LiveError> {
    let folders = watched.iter().map(|watched| {
        let folder = location::from_here(&watched.folder);
        (watched.mod_id.clone(), location::text(&folder))
    });
    let mut view = View {
        colour: options.colour,
        keys: KeySource::Nowhere,
        folders: folders.collect(),
    };
    let record = options.record.as_deref().and_then(Path::file_stem);
    let session_options = SessionOptions {
        watched: view.folders.keys().cloned().collect(),
        record: record.map(|name| name.to_string_lossy().into_owned()),
        steps: options.steps,
        log: options.log,
        clock: Rc::new(Instant::now),
        watchdog: Rc::new(TimeBound::start),
        checkpoint: options.checkpoint.clone(),
    };
    // The watcher comes first: what is saved while the colony begins is not missed.
    let mut watcher = Watcher::new(watched.clone(), options.watcher)
        .map_err(|fault| LiveError::Invalid(vec![fault]))?;
    let Begun {
        session,
        left_out,
        notes,
    } = Session::begin(scenario, workspace, session_options).map_err(LiveError::Invalid)?;
    check_end(&session, options)?;
    for id in view.folders.keys() {
        if let Some(content) = session.content(id) {
            watcher.note_running(id, content.hash());
        }
        watcher.note_manifest(id, session.running(id).as_ref());
    }
    let keyboard = Keyboard::open();
    view.keys = keyboard.source();
    let mut live = Live {
        session,
        watcher,
        discovery: Discovery::new(options.mods_folders.clone(), &watched),
        builder: options.build.then(Builder::default),
        watched,
        keyboard,
        view,
        options,
        scenario,
        closed: false,
    };
    live.begin(&left_out, &notes)?;
    live.run()?;
    live.end()
}

struct Live<'a> {
    session: Session,
    watcher: Watcher,
    watched: Vec<WatchedMod>,
    discovery: Discovery,
    builder: Option<Builder>,
    keyboard: Keyboard,
    view: View,
    options: &'a LiveOptions,
    scenario: &'a Scenario,
    /// Whether nobody reads any more.
    closed: bool,
}

impl Live<'_> {
    fn begin(&mut self, left_out: &[LeftOut], notes: &[String]) -> Result<(), LiveError> {
        let mut text = self.view.heading(self.options.ticks_per_second);
        if self.options.checkpoint.is_some() {
            let tick = text::tick(self.session.current_tick());
            text.push_str(&format!("{tick}goes on from the checkpoint\n"));
        }
        for note in notes {
            text.push_str(&format!("  {note}\n"));
        }
        if self.options.steps {
            let steps = self.scenario.steps.iter();
            let left = steps.filter(|step| !session::goes_live(&step.action));
            match left.count() {
                0 => {}
                count => text.push_str(&format!(
                    "steps that change files, let mods come or go, save or load are left out: {count} of {}\n",
                    self.scenario.steps.len()
                )),
            }
        }
        for left_out in left_out {
            text.push_str(&self.view.left_out(left_out));
        }
        self.write(&text);
        self.store()
    }

    fn run(&mut self) -> Result<(), LiveError> {
        let per_second = self.options.ticks_per_second;
        let period = Duration::from_secs(1).checked_div(per_second);
        let mut next = Instant::now();
        while !self.is_over() {
            self.attend(Duration::ZERO)?;
            if self.is_over() {
                break;
            }
            if self.session.is_paused() {
                self.attend(ATTENTION_EVERY)?;
                continue;
            }
            self.tick()?;
            let Some(period) = period else { continue };
            // A colony that cannot keep up goes as fast as it can, and does not hurry afterwards.
            next = (next + period).max(Instant::now());
            while !self.is_over() && !self.session.is_paused() {
                let left = next.saturating_duration_since(Instant::now());
                if left.is_zero() {
                    break;
                }
                self.attend(left.min(ATTENTION_EVERY))?;
            }
        }
        Ok(())
    }

    fn tick(&mut self) -> Result<(), LiveError> {
        let was_open = self.is_recording_open();
        let happenings = self.session.tick();
        self.tell(happenings)?;
        if was_open {
            self.store()?;
        }
        Ok(())
    }

    fn end(mut self) -> Result<(), LiveError> {
        if self.is_recording_open() {
            // So that the last hash is that of the repetition, too.
            self.tick()?;
        }
        let ending = self.view.ending(&self.session);
        self.write(&ending);
        self.store()?;
        let Some(file) = &self.options.record else {
            return Ok(());
        };
        let shown = location::text(file);
        let text = if self.session.current_tick() == 0 {
            // What was written so far is ours, and of no use without a scenario.
            let _ = fs::remove_dir_all(crate::recording::Recording::folder_of(file));
            format!("{shown} is not written: no tick has run\n")
        } else {
            format!("recorded in {shown}: colony-sim run {shown}\n")
        };
        self.write(&text);
        Ok(())
    }

    fn is_over(&self) -> bool {
        // A recording is a scenario, which ends there.
        let recorded_max = self.options.record.as_ref().map(|_| TICKS_MAX);
        let last = self.options.ticks.into_iter().chain(recorded_max).min();
        self.closed
            || self.options.stop.load(Ordering::Relaxed)
            || self.session.is_finished()
            || last.is_some_and(|last| self.session.current_tick() >= last)
    }

    /// Looks at keys and files; waits for files at most so long.
    fn attend(&mut self, wait: Duration) -> Result<(), LiveError> {
        self.closed |= !terminal::has_reader();
        for key in self.keyboard.pressed() {
            let happenings = match key {
                Ok(Key::Reload) => self.session.reload_by_hand(self.read_now()),
                Ok(key) => self.session.command(key),
                Err(line) => {
                    self.write(&format!("{line:?} is no key, ? lists them\n"));
                    continue;
                }
            };
            self.note_running(&happenings);
            self.tell(happenings)?;
        }
        let settled = if wait.is_zero() {
            self.watcher.poll()
        } else {
            self.watcher.wait(wait)
        };
        for notice in self.watcher.take_notices() {
            self.write(&format!("{notice}\n"));
        }
        self.discover();
        self.build();
        let mut happenings = self.session.boundary(settled);
        if self.session.wants_rescan() {
            happenings.extend(self.session.rescan(self.read_now()));
        }
        self.note_running(&happenings);
        self.tell(happenings)
    }

    /// Builds what has changed since it was built; what comes of it is seen like any save.
    fn build(&mut self) {
        let news = self
            .builder
            .as_mut()
            .map(|builder| builder.look(&self.watched));
        for news in news.into_iter().flatten() {
            self.write(&news.to_string());
        }
    }

    /// Watches mods in new folders. Once their files are at rest they are let run.
    fn discover(&mut self) {
        for found in self.discovery.look(&self.watched) {
            match found {
                Found::Mod(watched) => {
                    let folder = location::text(&location::from_here(&watched.folder));
                    self.view.folders.insert(watched.mod_id.clone(), folder);
                    self.watcher.add_new(watched.clone());
                    self.watched.push(watched);
                }
                Found::NoMod(why) => self.write(&format!("{why}\n")),
            }
        }
    }

    /// Watches a mod no more whose place another has taken.
    fn forget(&mut self, id: &ModId) {
        self.watcher.remove(id);
        self.watched.retain(|watched| watched.mod_id != *id);
        self.view.folders.remove(id);
    }

    /// The watched mods as they lie on the disk, but for those that are being written.
    fn read_now(&self) -> Vec<Settled> {
        let read = |watched: &WatchedMod| {
            let now = Instant::now();
            Some(Settled {
                mod_id: watched.mod_id.clone(),
                bundle: watched.read()?,
                first_event: now,
                settled_at: now,
            })
        };
        self.watched.iter().filter_map(read).collect()
    }

    /// Tells the watcher what runs now. What was gone back to by hand is not told: it is not what lies on the disk.
    fn note_running(&mut self, happenings: &[Happening]) {
        for happening in happenings {
            let Happening::Reload(reload) = happening else {
                continue;
            };
            if reload.report.outcome != Outcome::Committed {
                continue;
            }
            for member in &reload.report.members {
                let running = self.session.running(&member.mod_id);
                self.watcher.note_manifest(&member.mod_id, running.as_ref());
            }
            if !matches!(reload.cause, Cause::Saved | Cause::Forced) {
                continue;
            }
            for member in &reload.report.members {
                if let Some(content) = self.session.content(&member.mod_id) {
                    self.watcher.note_running(&member.mod_id, content.hash());
                }
                if let MemberAction::Renamed { from } = &member.action {
                    self.forget(from);
                }
            }
        }
    }

    fn tell(&mut self, happenings: Vec<Happening>) -> Result<(), LiveError> {
        if happenings.is_empty() {
            return Ok(());
        }
        let mut text = String::new();
        for happening in &happenings {
            text.push_str(&self.view.happening(happening));
            text.push_str(&self.keep(happening)?);
        }
        // Whoever reads of it may rely on the recording.
        self.store()?;
        self.write(&text);
        Ok(())
    }

    /// Writes what is to be kept of something that happened: what there is to say about that.
    fn keep(&self, happening: &Happening) -> Result<String, LiveError> {
        let folder = &self.options.kept;
        match happening {
            Happening::Checkpoint(checkpoint) => {
                let shown = kept::checkpoint(folder, &self.scenario.stem(), checkpoint)?;
                Ok(format!("{}kept in {shown}\n", text::tick(checkpoint.tick)))
            }
            Happening::Reload(reload) if reload.report.outcome == Outcome::Committed => {
                let mut text = String::new();
                for member in reload
                    .report
                    .members
                    .iter()
                    .filter(|member| member.state.reset)
                {
                    let (id, number) = (&member.mod_id, member.generations.0);
                    if let Some(state) = self.session.host().past_storage(id, number) {
                        let shown = kept::state(folder, id.as_str(), number, &state)?;
                        text +=
                            &format!("the state that {id} had in g{number} is kept in {shown}\n");
                    }
                }
                Ok(text)
            }
            _ => Ok(String::new()),
        }
    }

    /// Whether something is recorded of a tick that has not run: what comes of it is not known yet.
    fn is_recording_open(&self) -> bool {
        let recording = self.session.recording();
        recording.is_some_and(|recording| {
            recording.ticks(&self.session.end()) > self.session.current_tick()
        })
    }

    /// Writes the recording so far.
    fn store(&self) -> Result<(), LiveError> {
        let (Some(file), Some(recording)) = (&self.options.record, self.session.recording()) else {
            return Ok(());
        };
        let stored = recording.store(file, &self.session.end());
        stored.map_err(|error| cannot_write(&location::text(file), &error))
    }

    fn write(&mut self, text: &str) {
        self.closed |= terminal::write(text, &self.keyboard).is_err();
    }
}

fn cannot_write(shown: &str, error: &io::Error) -> LiveError {
    LiveError::CannotWrite(Fault::new(format!("cannot write `{shown}`: {error}")))
}
