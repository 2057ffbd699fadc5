//! Scenario files: a colony, the mods it runs with, what happens to it and what must come out.
//!
//! Reading a scenario reads every file it names and checks everything that can be known before the first tick; all faults are
//! reported together. A scenario that was read needs no disk any more, so it means the same every time it runs.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;
use std::sync::Arc;

use modding::api::Field;
use modding::diagnostic::{Fault, Place};
use modding::document::Scalar;
use modding::manifest::ConfigValue;
use modding::mod_id::ModId;
use modding::reload::Priority;
use modding::report::ReloadType;
use semver::VersionReq;
use sim::MapSource;

mod action;
mod expectation;
mod parse;
mod snapshot;
#[cfg(test)]
mod tests;

pub use parse::{parse_scenario, read_scenario};
pub use snapshot::{SNAPSHOTS_MAX, Section, SnapshotPlan};

/// Most ticks that a scenario may run.
pub const TICKS_MAX: u64 = 10_000_000;

/// A scenario, checked.
#[derive(Clone, Debug)]
pub struct Scenario {
    /// The name shown in reports.
    pub name: String,
    /// What the scenario shows.
    pub description: Option<String>,
    /// Decides everything that is random.
    pub seed: u64,
    /// How long it runs: ticks 1 to this one, at most [`TICKS_MAX`].
    pub ticks: u64,
    /// The colony at tick 0.
    pub colony: ColonySetup,
    /// The mods, in the order in which the author names them.
    pub mods: Vec<ModChoice>,
    /// Mods that steps add later.
    pub additions: Vec<ModChoice>,
    /// What happens, by tick; on the same tick in the order of the file.
    pub steps: Vec<Step>,
    /// What must come out, in the order of the file.
    pub expectations: Vec<Expectation>,
    /// Which snapshots are taken, if any.
    pub snapshot: Option<SnapshotPlan>,
    /// The file as its author knows it, with `/` separators.
    pub file: Arc<str>,
    /// The text of the file.
    pub source: Arc<str>,
}

/// The colony at tick 0.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ColonySetup {
    /// The terrain.
    pub map: MapSource,
    /// The file that an ASCII map was read from, as the author knows it; None for generated terrain.
    pub map_file: Option<Arc<str>>,
    /// How many colonists there are.
    pub colonists: u32,
    /// Items in the stockpile, by id.
    pub stock: BTreeMap<String, u32>,
    /// Where the scenario names them.
    pub stock_places: BTreeMap<String, Place>,
    /// The table `[colony]`, if the scenario has one.
    pub place: Option<Place>,
}

/// A mod that the scenario runs with.
#[derive(Clone, Debug, PartialEq)]
pub struct ModChoice {
    /// The mod.
    pub id: ModId,
    /// The versions that will do; any if None.
    pub version: Option<VersionReq>,
    /// A folder beside the scenario that holds the mod; the project's `mods/<id>` if None.
    pub from: Option<String>,
    /// Where the scenario names it.
    pub place: Place,
}

/// Something that happens before a tick.
#[derive(Clone, Debug)]
pub struct Step {
    /// The tick, from 1 to the scenario's last.
    pub at: u64,
    /// A name of its own, by which expectations and reports refer to it.
    pub label: Option<String>,
    /// What happens.
    pub action: Action,
    /// What must become of it.
    pub expect: Option<StepExpectation>,
    /// The key that names the action.
    pub place: Place,
}

/// What a step does.
#[derive(Clone, Debug)]
pub enum Action {
    /// Changes files of mods, all at once: a single file action or a `batch`.
    Files(Vec<FileAction>),
    /// Reloads mods by hand.
    Reload {
        /// The mods, in the order given; at least one.
        mods: Vec<ModId>,
        /// Whether to hand over even to identical content.
        force: bool,
        /// Takes only what this type names; as the files ask for if None.
        kind: Option<ReloadType>,
        /// Where in the queue it comes; as the mod's situation asks for if None.
        priority: Option<Priority>,
        /// Whether the old generation is not told of its end.
        skip_unload: bool,
    },
    /// Lets a mod run that is not in the list `load`, or one that was removed.
    Add {
        /// The mod.
        mod_id: ModId,
    },
    /// Lets a mod run again that was disabled.
    Enable {
        /// The mod.
        mod_id: ModId,
    },
    /// Stops a mod until it is enabled.
    Disable {
        /// The mod.
        mod_id: ModId,
        /// Whether it is not told of its end.
        skip_unload: bool,
    },
    /// Takes a mod out of the run; its state is kept.
    Remove {
        /// The mod.
        mod_id: ModId,
        /// Whether it is not told of its end.
        skip_unload: bool,
    },
    /// Deletes the state of a mod that was removed or disabled.
    Purge {
        /// The mod.
        mod_id: ModId,
    },
    /// Goes back to earlier generations of mods, of all together or of none.
    Rollback {
        /// The mods, at least one; of each the generation, from 1, or the one before the present one if None.
        mods: BTreeMap<ModId, Option<u32>>,
    },
    /// Runs a mod's migration again, from the state of the last older version.
    MigrateAgain {
        /// The mod.
        mod_id: ModId,
    },
    /// Sets configuration values, as an edit of `config.toml` would.
    Config {
        /// The mod.
        mod_id: ModId,
        /// The values, by key; at least one.
        set: BTreeMap<String, ConfigValue>,
    },
    /// Calls a function that changes the colony, as a mod could.
    Command {
        /// The function, such as `jobs.designate`.
        function: String,
        /// Its arguments by name.
        arguments: BTreeMap<String, Scalar>,
    },
    /// Keeps the state of everything under a name.
    Save {
        /// The name.
        name: String,
    },
    /// Goes on from a state saved by an earlier step.
    Load {
        /// The name.
        name: String,
    },
    /// Saves, starts again as a new process would, and loads.
    Restart,
    /// Saves and loads beside the run, and compares; the run goes on as it was.
    Checkpoint,
    /// Makes a stage of a reload fail.
    InjectFault {
        /// The stage that fails.
        stage: String,
        /// The mod whose stage fails.
        mod_id: ModId,
        /// The action whose reload it is; a forced reload of the mod as it is if None.
        during: Option<Box<Action>>,
    },
}

/// A file of a mod, as scenarios write it: `mod_id/path`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ModFile {
    /// The mod, which is also the name of its folder.
    pub mod_id: ModId,
    /// The path in the mod's folder, with `/` separators; empty for the folder itself.
    pub path: String,
}

/// A change of one file or folder.
#[derive(Clone, Debug, PartialEq)]
pub struct FileAction {
    /// What changes.
    pub change: FileChange,
    /// The value to name when the change cannot be made.
    pub place: Place,
}

/// What becomes of a file or folder.
#[derive(Clone, Debug, PartialEq)]
pub enum FileChange {
    /// Replaces text that stands in the file exactly once.
    Edit {
        /// The file.
        file: ModFile,
        /// The text to find, not empty.
        find: String,
        /// What to put in its place.
        replace: String,
    },
    /// Creates or overwrites a file.
    Write {
        /// The file.
        file: ModFile,
        /// Its content.
        content: Vec<u8>,
    },
    /// Applies a unified diff.
    Patch {
        /// The file.
        file: ModFile,
        /// The diff.
        diff: String,
    },
    /// Leaves a file as it is, as a save without a change does.
    Touch {
        /// The file.
        file: ModFile,
    },
    /// Cuts a file off, as a save that was torn does.
    Truncate {
        /// The file.
        file: ModFile,
        /// How many bytes are left; fewer than the file has.
        bytes: u64,
    },
    /// Removes a file.
    Delete {
        /// The file.
        file: ModFile,
    },
    /// Puts a file or folder from beside the scenario into a mod; a folder replaces what was at its target.
    Copy {
        /// The path as the scenario writes it.
        from: String,
        /// The target.
        to: ModFile,
        /// What is copied.
        content: CopiedContent,
    },
    /// Gives a file or folder another place.
    Rename {
        /// What is there now.
        from: ModFile,
        /// Where it goes; nothing may be there.
        to: ModFile,
    },
}

/// What a `copy` copies, as it was when the scenario was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CopiedContent {
    /// One file.
    File(Vec<u8>),
    /// The files of a folder, by their path in it.
    Folder(BTreeMap<String, Vec<u8>>),
}

/// What must become of a step; what is None may be anything.
#[derive(Clone, Debug, PartialEq)]
pub struct StepExpectation {
    /// How it ends, one of [`Vocabulary::outcomes`].
    pub outcome: Option<String>,
    /// The reload's type, one of [`Vocabulary::reload_types`].
    pub kind: Option<String>,
    /// The stage that fails, one of [`Vocabulary::stages`].
    pub stage: Option<String>,
    /// Text that the error contains.
    pub error: Option<String>,
    /// State paths kept, at least these; none may be where the list is empty. A path may have its mod in front.
    pub kept: Option<Vec<String>>,
    /// State paths migrated, in the same way.
    pub migrated: Option<Vec<String>>,
    /// State paths defaulted, in the same way.
    pub defaulted: Option<Vec<String>>,
    /// State paths dropped, in the same way.
    pub dropped: Option<Vec<String>>,
    /// The table of these expectations.
    pub place: Place,
}

/// Something that must hold after a tick.
#[derive(Clone, Debug, PartialEq)]
pub struct Expectation {
    /// After which ticks.
    pub when: When,
    /// What must hold.
    pub check: Check,
    /// The value that names the subject.
    pub place: Place,
}

/// After which ticks an expectation is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    /// After this tick; 0 is the initial state.
    At(u64),
    /// After every tick that this divides.
    Every(u64),
    /// After the last tick.
    End,
}

/// What an expectation looks at, and what it wants to see.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Check {
    /// A value is as it should be.
    Compare {
        /// The value.
        subject: Subject,
        /// How it should be.
        comparison: Comparison,
    },
    /// The hash is that of a run of the same scenario without a step.
    HashEqualsWithoutStep {
        /// The label of the step.
        label: String,
    },
    /// The hash is this one: all that has happened is what once happened, as in a recorded session.
    HashEquals {
        /// The hash.
        hash: u128,
    },
}

/// A value that an expectation looks at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Subject {
    /// A mod's state.
    ModState {
        /// The mod.
        mod_id: ModId,
        /// The path in its state, such as `by_kind.haul`.
        path: String,
    },
    /// A fact about the colony.
    World {
        /// The query, such as `colonists.alive`.
        query: String,
    },
    /// How many calls of a mod failed since the start.
    FailingCalls {
        /// The mod.
        mod_id: ModId,
    },
    /// How many events there were since the start.
    EventCount {
        /// The event.
        event: String,
        /// Fields that the counted events have, by name.
        filter: BTreeMap<String, Scalar>,
    },
}

/// How a value should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Comparison {
    /// It is this one.
    Equals(Scalar),
    /// It is there and not this one.
    NotEquals(Scalar),
    /// It is an integer of at least this.
    AtLeast(i64),
    /// It is an integer of at most this.
    AtMost(i64),
    /// Whether it is there at all.
    Exists(bool),
}

/// The names that scenarios may use; they are defined where they get their meaning.
#[derive(Clone, Copy, Debug)]
pub struct Vocabulary<'v> {
    /// Events of the engine. A mod's own events are `mod_id:name` besides.
    pub events: &'v [&'v str],
    /// Functions that change the colony.
    pub commands: &'v [&'v str],
    /// Stages of a reload.
    pub stages: &'v [&'v str],
    /// What becomes of a step.
    pub outcomes: &'v [&'v str],
    /// Types of reload.
    pub reload_types: &'v [&'v str],
    /// Priorities of reloads.
    pub priorities: &'v [&'v str],
    /// The fields of an event, by which it can be filtered; empty for mods' own events, which carry anything.
    pub event_fields: fn(&str) -> Vec<Field>,
    /// Checks a world query; the fault of an unknown one needs no place.
    pub check_query: fn(&str) -> Result<(), Fault>,
}

impl fmt::Display for ModFile {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.path.as_str() {
            "" => write!(formatter, "{}", self.mod_id),
            path => write!(formatter, "{}/{path}", self.mod_id),
        }
    }
}

impl Scenario {
    /// The same scenario without the step of that label.
    #[must_use]
    pub fn without_step(&self, label: &str) -> Self {
        let mut other = self.clone();
        other
            .steps
            .retain(|step| step.label.as_deref() != Some(label));
        other
    }

    /// The file's name without its ending: what the case and its snapshots are called.
    #[must_use]
    pub fn stem(&self) -> String {
        let stem = Path::new(self.file.as_ref()).file_stem();
        stem.unwrap_or_default().to_string_lossy().into_owned()
    }

    /// The folder that the scenario is in: paths in it are relative to this.
    #[must_use]
    pub fn folder(&self) -> &Path {
        Path::new(self.file.as_ref())
            .parent()
            .unwrap_or(Path::new(""))
    }
}
