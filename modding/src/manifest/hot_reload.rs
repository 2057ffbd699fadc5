//! The `[hot_reload]` of a manifest: what a mod asks of its reloads. The host's limits bound what it can ask for
//! (seed-corrections 50); every key of the specification works, or is refused by name (seed-corrections 6).

use crate::codec::{Compression, Serialization};
use crate::limits::{PENDING_RELOADS_MAX, RELOAD_SECONDS_MAX};
use crate::resolve::DEPENDENCY_DEPTH_MAX;

use super::{Fault, TableReader, ValueReader};

mod watching;

pub use watching::{FILE_BYTES_MAX, FilePatterns, QUIET_MILLISECONDS_MAX, Watching};

/// The largest `max_state_size` that a mod may ask for, in bytes.
pub const STATE_SIZE_MAX: u64 = 16 * 1024 * 1024;

/// How a mod takes part in reloads.
#[derive(Clone, Debug, PartialEq)]
pub struct HotReload {
    /// Whether a change of the mod's files reloads it; a forced reload and a restart do in any case.
    pub enabled: bool,
    /// Which files count, and how live watching waits for them.
    pub watching: Watching,
    /// `[hot_reload.reload_queue]`.
    pub queue: QueueSettings,
    /// `[hot_reload.state_management]`.
    pub state: StateSettings,
    /// `[hot_reload.dependencies]`.
    pub dependencies: DependencySettings,
}

/// What a mod asks of the queue of reloads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QueueSettings {
    /// Reloads that may wait before the queue becomes one look at everything, 1 to [`PENDING_RELOADS_MAX`]. The smallest of the
    /// running mods counts: the queue is one.
    pub max_pending_reloads: usize,
    /// Seconds of wall time that a live reload may take, 1 to [`RELOAD_SECONDS_MAX`]. A scripted one is bounded by steps alone.
    pub reload_timeout: u64,
    /// Whether reloads of this mod overtake others by their priority; if not, all of them are `normal`.
    pub priority_handling: bool,
}

/// What a mod asks of the keeping of its state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StateSettings {
    /// Whether an update keeps the state; if not, new code begins with its defaults. Saves and reloads of equal content keep it always.
    pub preserve_state: bool,
    /// How snapshots of the mod are written.
    pub serialization: Serialization,
    /// Whether snapshots are compressed when they are kept: in the history and in saves.
    pub compression: Compression,
    /// The most bytes of saved state, 1 to [`STATE_SIZE_MAX`].
    pub max_state_size: u64,
    /// What becomes of an update whose state cannot be carried over (seed-corrections 44).
    pub on_state_error: OnStateError,
}

/// What becomes of an update whose state cannot be migrated or restored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnStateError {
    /// The old generation goes on.
    Keep,
    /// The new generation begins with its defaults; the state is kept in the history.
    Reset,
}

/// What a mod asks of its dependencies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DependencySettings {
    /// Whether the mod follows the mods it depends on; if not, it keeps their library code of before until it is reloaded itself.
    pub auto_resolve: bool,
    /// Whether a resolution is taken from the cache where the manifests are the same.
    pub cache_resolutions: bool,
    /// Mods in a chain in which each needs the next, this one not counted: 1 to [`DEPENDENCY_DEPTH_MAX`].
    pub max_dependency_depth: usize,
}

impl Default for HotReload {
    fn default() -> Self {
        Self {
            enabled: true,
            watching: Watching::default(),
            queue: QueueSettings {
                max_pending_reloads: PENDING_RELOADS_MAX,
                reload_timeout: RELOAD_SECONDS_MAX,
                priority_handling: true,
            },
            state: StateSettings {
                preserve_state: true,
                serialization: Serialization::Bincode,
                compression: Compression::Gzip,
                max_state_size: 1_048_576,
                on_state_error: OnStateError::Keep,
            },
            dependencies: DependencySettings {
                auto_resolve: true,
                cache_resolutions: true,
                max_dependency_depth: DEPENDENCY_DEPTH_MAX,
            },
        }
    }
}

/// Reads the table `[hot_reload]`.
pub(super) fn read(value: &ValueReader<'_>) -> HotReload {
    let mut hot_reload = HotReload::default();
    let Some(mut table) = value.table() else {
        return hot_reload;
    };
    set_boolean(&mut table, "enabled", &mut hot_reload.enabled);
    watching::read(&mut table, &mut hot_reload.watching);
    read_part(&mut table, "reload_queue", |part| {
        read_queue(part, &mut hot_reload.queue);
    });
    read_part(&mut table, "state_management", |part| {
        read_state(part, &mut hot_reload.state);
    });
    read_part(&mut table, "dependencies", |part| {
        read_dependencies(part, &mut hot_reload.dependencies);
    });
    for (key, part) in MISPLACED {
        if let Some(misplaced) = table.optional(key) {
            let fault = Fault::new(format!(
                "`{key}` stands in `[hot_reload]`, expected it one table deeper"
            ));
            misplaced.report(fault.help(format!("write it under `[hot_reload.{part}]`")));
        }
    }
    table.finish();
    hot_reload
}

/// Keys that authors write a table too high.
const MISPLACED: [(&str, &str); 12] = [
    ("max_pending_reloads", "reload_queue"),
    ("reload_timeout", "reload_queue"),
    ("priority_handling", "reload_queue"),
    ("preserve_state", "state_management"),
    ("state_serialization", "state_management"),
    ("state_compression", "state_management"),
    ("max_state_size", "state_management"),
    ("on_state_error", "state_management"),
    ("auto_resolve", "dependencies"),
    ("validate_versions", "dependencies"),
    ("cache_resolutions", "dependencies"),
    ("max_dependency_depth", "dependencies"),
];

fn read_part(
    table: &mut TableReader<'_>,
    key: &'static str,
    read: impl FnOnce(&mut TableReader<'_>),
) {
    if let Some(mut part) = table.optional(key).and_then(|value| value.table()) {
        read(&mut part);
        part.finish();
    }
}

fn read_queue(table: &mut TableReader<'_>, queue: &mut QueueSettings) {
    if let Some(value) = table.optional("max_pending_reloads") {
        queue.max_pending_reloads = value
            .integer(1..=PENDING_RELOADS_MAX)
            .unwrap_or(queue.max_pending_reloads);
    }
    if let Some(value) = table.optional("reload_timeout") {
        queue.reload_timeout = value
            .integer(1..=RELOAD_SECONDS_MAX)
            .unwrap_or(queue.reload_timeout);
    }
    set_boolean(table, "priority_handling", &mut queue.priority_handling);
}

fn read_state(table: &mut TableReader<'_>, state: &mut StateSettings) {
    set_boolean(table, "preserve_state", &mut state.preserve_state);
    if let Some(value) = table.optional("state_serialization")
        && let Some(name) = value.one_of(
            "serialization",
            &Serialization::ALL.map(Serialization::name),
        )
    {
        state.serialization = Serialization::from_name(name).unwrap_or(state.serialization);
    }
    if let Some(value) = table.optional("state_compression")
        && let Some(name) = value.one_of("compression", &["gzip", "none"])
    {
        state.compression = match name {
            "none" => Compression::None,
            _ => Compression::Gzip,
        };
    }
    if let Some(value) = table.optional("max_state_size") {
        state.max_state_size = value
            .integer(1..=STATE_SIZE_MAX)
            .unwrap_or(state.max_state_size);
    }
    if let Some(value) = table.optional("on_state_error")
        && let Some(name) = value.one_of("behaviour", &["keep", "reset"])
    {
        state.on_state_error = match name {
            "reset" => OnStateError::Reset,
            _ => OnStateError::Keep,
        };
    }
}

fn read_dependencies(table: &mut TableReader<'_>, dependencies: &mut DependencySettings) {
    set_boolean(table, "auto_resolve", &mut dependencies.auto_resolve);
    set_boolean(
        table,
        "cache_resolutions",
        &mut dependencies.cache_resolutions,
    );
    if let Some(value) = table.optional("validate_versions")
        && value.boolean() == Some(false)
    {
        let fault = Fault::new(
            "`validate_versions` cannot be switched off: the host checks versions always",
        );
        value.report(fault.help("write a wider range under [dependencies], such as `\">=1\"`"));
    }
    if let Some(value) = table.optional("max_dependency_depth") {
        dependencies.max_dependency_depth = value
            .integer(1..=DEPENDENCY_DEPTH_MAX)
            .unwrap_or(dependencies.max_dependency_depth);
    }
}

fn set_boolean(table: &mut TableReader<'_>, key: &'static str, target: &mut bool) {
    if let Some(boolean) = table.optional(key).and_then(|value| value.boolean()) {
        *target = boolean;
    }
}
