//! What happens in a live session, as facts: what a person reads of it is made in `text`.

use std::collections::BTreeMap;
use std::time::Duration;

use modding::context::LogLine;
use modding::diagnostic::Fault;
use modding::mod_id::ModId;
use modding::report::ReloadReport;
use modding::tick::{HandlerFailure, RefusedCommand};

/// Something that whoever watches is told.
#[derive(Clone, Debug, PartialEq)]
pub enum Happening {
    /// A transaction, whatever became of it.
    Reload(Box<LiveReload>),
    /// A handler that fails.
    Failing(Box<Failing>),
    /// A line that a mod wrote.
    Log(LogLine),
    /// A command of a mod that the world refused.
    Refused(RefusedCommand),
    /// A command of a scripted step.
    Command {
        /// The tick in which it is applied.
        tick: u64,
        /// The function.
        function: String,
        /// Why it could not be issued.
        refused: Option<Fault>,
    },
    /// A key that did something, or why it did nothing.
    Note {
        /// The tick before which it was pressed.
        tick: u64,
        /// What is so now, in a few words.
        text: String,
    },
    /// The run as it is, to be kept in a file.
    Checkpoint(Checkpoint),
    /// The keys were asked for.
    Help,
}

/// A transaction in a live session.
#[derive(Clone, Debug, PartialEq)]
pub struct LiveReload {
    /// The tick before which it happened.
    pub tick: u64,
    /// What led to it.
    pub cause: Cause,
    /// The mods that it was asked for; none where it follows from another one.
    pub about: Vec<ModId>,
    /// What became of it.
    pub report: ReloadReport,
    /// How long it took, if it committed and that was looked at.
    pub times: Option<Times>,
    /// The lines that changed in the files of each mod.
    pub lines: BTreeMap<ModId, Vec<ChangedFile>>,
}

/// What led to a transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// The author saved.
    Saved,
    /// A key, or a scripted step: reload whatever the content is.
    Forced,
    /// A key, or a scripted step: back to an earlier generation.
    Back,
    /// A key, or a scripted step: the migration once more.
    MigratedAgain,
    /// A scripted step made a stage fail.
    InjectedFault,
}

/// A file that changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChangedFile {
    /// Its path in the mod's folder.
    pub path: String,
    /// Lines that are new, and lines that are gone; `None` where the file is no text.
    pub lines: Option<(usize, usize)>,
}

/// How long the parts of a reload took.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Times {
    /// From the first sign of the save until the new code runs, and until the files had come to rest; for reloads that a save
    /// led to.
    pub since_save: Option<(Duration, Duration)>,
    /// Parsing, making machines, running top-level code: nothing that runs is touched.
    pub load: Duration,
    /// From the old code's end to the commit: the colony would wait so long, were it not at a boundary.
    pub hand_over: Duration,
}

/// A handler that fails.
#[derive(Clone, Debug, PartialEq)]
pub struct Failing {
    /// The tick.
    pub tick: u64,
    /// The handler, its error, and how often so far.
    pub failure: HandlerFailure,
    /// Whether it is told for the first time: later, only the count is news.
    pub first: bool,
    /// The last generation without errors, where the key for going back leads there.
    pub back_to: Option<u32>,
}

/// The run as it is.
#[derive(Clone, Debug, PartialEq)]
pub struct Checkpoint {
    /// The last tick that ran.
    pub tick: u64,
    /// The save file.
    pub bytes: Vec<u8>,
    /// What is not in it.
    pub warnings: Vec<String>,
}
