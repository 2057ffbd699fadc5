//! Watches the folders of mods on the disk and says when the files of a mod have settled.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::sync::mpsc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use modding::bundle::Bundle;
use modding::diagnostic::Fault;
use modding::manifest::{MANIFEST_FILE, Watching, watching_of};
use modding::mod_id::ModId;

use crate::project::location;

mod events;
mod known;
mod outbox;
mod reading;
mod settling;
mod worker;

use outbox::Outbox;
use worker::{Message, Worker};

/// A mod and where its files are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WatchedMod {
    /// The mod.
    pub mod_id: ModId,
    /// Its folder, which need not exist yet, and need not be named like the mod.
    pub folder: PathBuf,
}

/// How a watcher waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WatcherOptions {
    /// Look at the files again and again instead of waiting for what the system tells: for folders whose system tells nothing.
    pub force_polling: bool,
    /// The time between two looks where polling is needed.
    pub poll_interval: Duration,
    /// The quiet that is waited for after a file was closed or renamed, unless the mod has a `debounce_delay`.
    pub quiet_after_close: Duration,
    /// The quiet that is waited for after a file was truncated, removed or written and not closed, unless the mod has a `debounce_delay`.
    pub quiet_after_write: Duration,
    /// The longest wait from the first event, on top of a `debounce_delay`: then what is there is read, although it is still written.
    pub wait_max: Duration,
}

impl Default for WatcherOptions {
    fn default() -> Self {
        Self {
            force_polling: false,
            poll_interval: Duration::from_millis(500),
            quiet_after_close: Duration::from_millis(100),
            quiet_after_write: Duration::from_millis(500),
            wait_max: Duration::from_secs(5),
        }
    }
}

/// Files of a mod that have come to rest.
#[derive(Clone, Debug)]
pub struct Settled {
    /// The mod.
    pub mod_id: ModId,
    /// The mod's files, or why they cannot be read.
    pub bundle: Result<Bundle, Vec<Fault>>,
    /// When the first event of this change was seen.
    pub first_event: Instant,
    /// When the files were found settled.
    pub settled_at: Instant,
}

/// What happened to the watching itself, for the person who watches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Notice {
    /// The system does not tell of changes, and why: the files are looked at again and again.
    Polling {
        /// Why, as the end of a sentence.
        reason: String,
        /// The time between two looks.
        interval: Duration,
    },
    /// The system lost events: all files of all mods were compared.
    Overflow,
    /// A mod is written without a pause: what was there was read.
    StillWritten {
        /// The mod.
        mod_id: ModId,
        /// How long was waited for quiet.
        waited: Duration,
    },
}

impl fmt::Display for Notice {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Notice::Polling { reason, interval } => write!(
                formatter,
                "{reason}: looking at the files every {} ms instead",
                interval.as_millis()
            ),
            Notice::Overflow => formatter.write_str(
                "changes came faster than they could be taken, some were lost: all files were compared",
            ),
            Notice::StillWritten { mod_id, waited } => write!(
                formatter,
                "{mod_id} is written without a pause: read after {} ms what was there, the end of it will follow",
                waited.as_millis()
            ),
        }
    }
}

/// Watches the folders of mods on the disk and says when the files of a mod have settled.
///
/// Events are hints: what counts is what is read once the files are quiet. The reading is done on a thread of the watcher's.
#[derive(Debug)]
pub struct Watcher {
    outbox: Outbox,
    thread: Option<JoinHandle<()>>,
}

impl Watcher {
    /// Watches `mods` from now on. What is there now is taken as known and is not reported, unless it cannot be read or
    /// [`Watcher::note_running`] says that something else is running.
    ///
    /// # Errors
    /// A mod that is named twice, a folder whose path is empty, or no thread to be had.
    pub fn new(mods: Vec<WatchedMod>, options: WatcherOptions) -> Result<Watcher, Fault> {
        let mut watched = BTreeMap::new();
        for one in mods {
            let one = one.absolute()?;
            if let Some(twice) = watched.insert(one.mod_id.clone(), one) {
                let fault = Fault::new(format!("{} is watched twice", twice.mod_id));
                return Err(fault.help("name each mod once"));
            }
        }
        // Where polling is needed, quiet is what two looks find.
        let poll_interval = options.poll_interval.min(options.quiet_after_write);
        let options = WatcherOptions {
            poll_interval,
            ..options
        };
        let (sender, inbox) = mpsc::channel();
        let outbox = Outbox::new(sender);
        let worker = Worker::new(watched.into_values().collect(), options, outbox.clone());
        let thread = std::thread::Builder::new()
            .name("watcher".to_owned())
            .spawn(move || worker.run(&inbox))
            .map_err(|error| Fault::new(format!("cannot watch the mods: no thread: {error}")))?;
        Ok(Watcher {
            outbox,
            thread: Some(thread),
        })
    }

    /// What has settled since the last call; mods that were saved together come together. Never blocks.
    pub fn poll(&mut self) -> Vec<Settled> {
        self.outbox.take_settled()
    }

    /// Waits until something has settled, at most for `timeout`; it gives nothing then.
    pub fn wait(&mut self, timeout: Duration) -> Vec<Settled> {
        self.outbox.wait_settled(timeout)
    }

    /// Whether no event waits to settle and nothing waits to be taken by [`Watcher::poll`].
    #[must_use]
    pub fn is_quiet(&self) -> bool {
        self.outbox.is_quiet()
    }

    /// Watches one more mod, or a mod in another folder than before. What is there when this is taken up is taken as known, as in
    /// [`Watcher::new`]: follow it with [`Watcher::note_running`].
    pub fn add(&mut self, watched: WatchedMod) {
        self.outbox.tell(Message::Add(watched.absolute_or_empty()));
    }

    /// Watches one more mod whose files are news: they are reported once they have settled.
    pub fn add_new(&mut self, watched: WatchedMod) {
        self.outbox
            .tell(Message::AddNew(watched.absolute_or_empty()));
    }

    /// Watches a mod no more.
    pub fn remove(&mut self, mod_id: &ModId) {
        self.outbox.tell(Message::Remove(mod_id.clone()));
    }

    /// Tells which content of a mod is running. Equal content on the disk is not reported, unless something broken was reported
    /// before: its repair is news. Before anything was reported, other content on the disk is: it was saved after the run had
    /// read it. Later it is not: a run may well go on with what it had.
    pub fn note_running(&mut self, mod_id: &ModId, hash: u128) {
        self.outbox.tell(Message::Running(mod_id.clone(), hash));
    }

    /// Tells which files of a mod are running, if it runs: what their manifest asks of watching holds. A manifest that was only
    /// read cannot end the watching; it may have been refused.
    pub fn note_manifest(&mut self, mod_id: &ModId, running: Option<&Bundle>) {
        let watching = asked_by_running(mod_id, running);
        self.outbox
            .tell(Message::Manifest(mod_id.clone(), watching));
    }

    /// What happened to the watching itself since the last call.
    pub fn take_notices(&mut self) -> Vec<Notice> {
        self.outbox.take_notices()
    }
}

fn asked_by_running(mod_id: &ModId, running: Option<&Bundle>) -> Watching {
    let manifest = running.and_then(|bundle| bundle.file(MANIFEST_FILE));
    let files = manifest.map(|text| (MANIFEST_FILE.to_owned(), text.to_vec()));
    watching_of(mod_id.as_str(), &files.into_iter().collect())
}

/// The key of `[hot_reload]` for whose sake no watcher looks at any of these files of a mod, if there is one; `asked` is what its
/// manifest on the disk asks for, `running` are the files that it runs.
pub(crate) fn unwatched_by<'p>(
    mod_id: &ModId,
    asked: &Watching,
    running: Option<&Bundle>,
    mut paths: impl Iterator<Item = &'p str>,
) -> Option<&'static str> {
    let watching = known::in_force(asked, &asked_by_running(mod_id, running));
    if paths.any(|path| known::is_looked_at(&watching, path)) {
        None
    } else if watching.watch_mod_directory {
        Some("watch_subdirectories")
    } else {
        Some("watch_mod_directory")
    }
}

impl Drop for Watcher {
    fn drop(&mut self) {
        self.outbox.tell(Message::Stop);
        if let Some(thread) = self.thread.take() {
            // One that panicked has said so.
            _ = thread.join();
        }
    }
}

impl WatchedMod {
    /// The mod's files as they are now; none if they changed while they were read.
    pub(crate) fn read(&self) -> Option<Result<Bundle, Vec<Fault>>> {
        reading::read(self).map(|reading| reading.bundle)
    }

    /// A path that cannot be made absolute is empty: reported as gone, like any other that is not there.
    fn absolute_or_empty(self) -> Self {
        self.clone().absolute().unwrap_or(self)
    }

    /// The same with an absolute folder, as events name it.
    fn absolute(self) -> Result<Self, Fault> {
        let folder = std::path::absolute(&self.folder).map_err(|error| {
            let Self { mod_id, folder } = &self;
            Fault::new(format!(
                "cannot watch the folder `{}` of {mod_id}: {error}",
                location::text(folder)
            ))
        })?;
        Ok(Self { folder, ..self })
    }
}
