//! What happened to a mod when it changed: the outcome of a transaction and the fate of every piece of state.

use serde::{Deserialize, Serialize};

use crate::diagnostic::Fault;
use crate::mod_id::ModId;

/// A step of the reload transaction, in order (mods.md, "Reload").
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// The files are read whole.
    Settle,
    /// Manifests, dependencies both ways, order.
    Plan,
    /// Syntax and configuration.
    Parse,
    /// A new machine for the code.
    Instantiate,
    /// The top-level code runs.
    TopLevel,
    /// `mod_unloaded` to the old generation.
    Unload,
    /// The old generation's state as bytes.
    Snapshot,
    /// State of the old version becomes state of the new one.
    Migrate,
    /// The new generation gets its state.
    Restore,
    /// `mod_loaded` to the new generation.
    Loaded,
    /// The new generation takes over.
    Commit,
    /// After a failure: the old code takes its state back.
    HandBack,
}

impl Stage {
    /// All stages, in order.
    pub const ALL: [Stage; 12] = [
        Stage::Settle,
        Stage::Plan,
        Stage::Parse,
        Stage::Instantiate,
        Stage::TopLevel,
        Stage::Unload,
        Stage::Snapshot,
        Stage::Migrate,
        Stage::Restore,
        Stage::Loaded,
        Stage::Commit,
        Stage::HandBack,
    ];

    /// As scenarios spell it: `top_level`.
    pub fn name(self) -> &'static str {
        match self {
            Stage::Settle => "settle",
            Stage::Plan => "plan",
            Stage::Parse => "parse",
            Stage::Instantiate => "instantiate",
            Stage::TopLevel => "top_level",
            Stage::Unload => "unload",
            Stage::Snapshot => "snapshot",
            Stage::Migrate => "migrate",
            Stage::Restore => "restore",
            Stage::Loaded => "loaded",
            Stage::Commit => "commit",
            Stage::HandBack => "hand_back",
        }
    }

    /// The stage of that name.
    pub fn from_name(name: &str) -> Option<Stage> {
        Stage::ALL.into_iter().find(|stage| stage.name() == name)
    }
}

/// What a reload touches, from the weakest to the strongest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReloadType {
    /// Files that no running part was loaded from.
    Partial,
    /// Values of `config.toml`.
    Config,
    /// Definitions.
    Assets,
    /// The library code of mods that this one depends on.
    Dependencies,
    /// Lua.
    Scripts,
    /// The manifest or WASM: all of it.
    Full,
}

impl ReloadType {
    /// As scenarios spell it.
    pub fn name(self) -> &'static str {
        match self {
            ReloadType::Partial => "partial",
            ReloadType::Config => "config",
            ReloadType::Assets => "assets",
            ReloadType::Dependencies => "dependencies",
            ReloadType::Scripts => "scripts",
            ReloadType::Full => "full",
        }
    }

    /// All types.
    pub const ALL: [ReloadType; 6] = [
        ReloadType::Partial,
        ReloadType::Config,
        ReloadType::Assets,
        ReloadType::Dependencies,
        ReloadType::Scripts,
        ReloadType::Full,
    ];

    /// The type of that name.
    pub fn from_name(name: &str) -> Option<ReloadType> {
        ReloadType::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// Whether the machine goes on with other files beside it: no running code was made of these.
    pub(crate) fn keeps_machine(self) -> bool {
        matches!(
            self,
            ReloadType::Partial | ReloadType::Config | ReloadType::Assets
        )
    }

    /// What a change of a file asks for.
    pub(crate) fn of_path(path: &str) -> ReloadType {
        match path {
            "mod.toml" => ReloadType::Full,
            "config.toml" => ReloadType::Config,
            _ if path.starts_with("assets/") => ReloadType::Assets,
            _ if path.ends_with(".wasm") || path.ends_with(".wat") => ReloadType::Full,
            _ if path.starts_with("tests/") => ReloadType::Partial,
            _ if path.ends_with(".lua") || path.ends_with(".luau") => ReloadType::Scripts,
            _ => ReloadType::Partial,
        }
    }
}

/// How a transaction ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// The new generation runs.
    Committed,
    /// The old generation goes on, as if nothing had been tried.
    RolledBack,
    /// What was asked for by hand cannot be done: there is no such generation, nothing to migrate from, a mod that runs.
    Failed,
    /// Nothing to do.
    Ignored,
    /// A newer change of the same mod came before this one was tried.
    Superseded,
}

impl Outcome {
    /// All outcomes.
    pub const ALL: [Outcome; 5] = [
        Outcome::Committed,
        Outcome::RolledBack,
        Outcome::Failed,
        Outcome::Ignored,
        Outcome::Superseded,
    ];
}

impl Outcome {
    /// As scenarios spell it.
    pub fn name(self) -> &'static str {
        match self {
            Outcome::Committed => "committed",
            Outcome::RolledBack => "rolled back",
            Outcome::Failed => "failed",
            Outcome::Ignored => "ignored",
            Outcome::Superseded => "superseded",
        }
    }
}

/// What became of a path of the state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Fate {
    /// As it was.
    Kept,
    /// Made or changed by a migration.
    Migrated,
    /// New, with its default.
    Defaulted,
    /// Gone.
    Dropped,
}

impl Fate {
    /// As scenarios spell it.
    pub fn name(self) -> &'static str {
        match self {
            Fate::Kept => "kept",
            Fate::Migrated => "migrated",
            Fate::Defaulted => "defaulted",
            Fate::Dropped => "dropped",
        }
    }
}

/// The fate of one path.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PathFate {
    /// The path below the storage's root.
    pub path: String,
    /// What became of it.
    pub fate: Fate,
    /// Its value, or what it was where it was dropped.
    pub value: String,
    /// The migration or declaration that did it, with its line.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
}

/// A timer that was carried over.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CarriedTimer {
    /// Its name.
    pub name: String,
    /// When it fires next.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub due: Option<u64>,
}

/// What passed from the old generation to the new one.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct StateReport {
    /// Paths of the storage, by name.
    pub paths: Vec<PathFate>,
    /// Handlers of the new generation.
    pub handlers: usize,
    /// Timers carried.
    pub timers: Vec<CarriedTimer>,
    /// Numbers drawn so far.
    pub random_draws: u64,
    /// Commands that wait.
    pub pending_commands: usize,
    /// What the new version no longer declares, and what its author should know.
    pub notes: Vec<String>,
    /// Whether the state could not be carried over and begins with its defaults (`on_state_error`): the one before is in the history.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub reset: bool,
    /// Whether the state from before was given up for the defaults, for this or another reason: going back over it brings it back.
    #[serde(skip)]
    pub begun_again: bool,
}

/// Where and why a transaction failed.
#[derive(Clone, Debug, PartialEq)]
pub struct StageError {
    /// The stage.
    pub stage: Stage,
    /// The mod that failed.
    pub mod_id: ModId,
    /// Why: at least one.
    pub faults: Vec<Fault>,
}

/// What a transaction does with a mod.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MemberAction {
    /// It runs before and after.
    Reloaded,
    /// It begins to run.
    Added,
    /// It stops; its state is kept, its edits are not looked at until it is enabled.
    Disabled,
    /// It stops; its state is kept until it is added again or purged.
    Removed,
    /// The state of a mod that does not run is deleted.
    Purged,
    /// It takes over the place and state of another (`replaces`).
    Renamed {
        /// The id before.
        from: ModId,
    },
}

impl MemberAction {
    /// What a mod does that takes the place of one that runs, which may be itself.
    pub(crate) fn between(old: &ModId, new: &ModId) -> MemberAction {
        if old == new {
            return MemberAction::Reloaded;
        }
        MemberAction::Renamed { from: old.clone() }
    }

    /// As reports spell it.
    pub fn name(&self) -> &'static str {
        match self {
            MemberAction::Reloaded => "reloaded",
            MemberAction::Added => "added",
            MemberAction::Disabled => "disabled",
            MemberAction::Removed => "removed",
            MemberAction::Purged => "purged",
            MemberAction::Renamed { .. } => "renamed",
        }
    }
}

/// What happened to one mod in a transaction.
#[derive(Clone, Debug, PartialEq)]
pub struct MemberReport {
    /// The mod.
    pub mod_id: ModId,
    /// What was done with it.
    pub action: MemberAction,
    /// What was reloaded.
    pub kind: ReloadType,
    /// Files that changed, below the mod's folder.
    pub changed: Vec<String>,
    /// Versions before and after.
    pub versions: (String, String),
    /// Generations before and after; the same where the old one goes on.
    pub generations: (u32, u32),
    /// What passed over; empty where nothing did.
    pub state: StateReport,
}

/// One transaction: a mod, or a cohort that commits together.
#[derive(Clone, Debug, PartialEq)]
pub struct ReloadReport {
    /// How it ended.
    pub outcome: Outcome,
    /// The mods, dependencies first.
    pub members: Vec<MemberReport>,
    /// Why it did not commit.
    pub error: Option<StageError>,
    /// Mods whose old code could not take its state back in a new machine, so that the old machine went on.
    pub hand_back_errors: Vec<StageError>,
    /// Why nothing was done.
    pub reason: Option<String>,
    /// Whether an injected fault was reached.
    pub fault_reached: bool,
    /// Whether it was rolled back for want of wall time: on another machine it may come out otherwise.
    pub timed_out: bool,
}

impl ReloadReport {
    /// Nothing was done, for this reason.
    pub fn ignored(reason: String) -> ReloadReport {
        ReloadReport {
            outcome: Outcome::Ignored,
            members: Vec::new(),
            error: None,
            hand_back_errors: Vec::new(),
            reason: Some(reason),
            fault_reached: false,
            timed_out: false,
        }
    }
}
