//! The `[hot_reload]` of a manifest: what a mod asks of its reloads. The host's limits bound what it can ask for.

use super::{Fault, TableReader, ValueReader};

/// The largest `max_state_size` that a mod may ask for, in bytes.
pub const STATE_SIZE_MAX: u64 = 16 * 1024 * 1024;

/// How a mod takes part in reloads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HotReload {
    /// Whether a change of the mod's files reloads it; a forced reload and a restart do in any case.
    pub enabled: bool,
    /// The most bytes of saved state, 1 to [`STATE_SIZE_MAX`].
    pub max_state_size: u64,
}

impl Default for HotReload {
    fn default() -> Self {
        Self {
            enabled: true,
            max_state_size: 1_048_576,
        }
    }
}

const LIVE_WATCHING: &str = "belongs to live watching, which this version does not have";
const RELOAD_QUEUE: &str = "belongs to the reload queue, which this version does not let a mod set";
const FIXED_BY_HOST: &str = "is decided by the host, a mod cannot set it";

/// Reads the table `[hot_reload]`. Keys of the specification that have no effect yet are refused by name.
pub(super) fn read(value: &ValueReader<'_>) -> HotReload {
    let mut hot_reload = HotReload::default();
    let Some(mut table) = value.table() else {
        return hot_reload;
    };
    if let Some(enabled) = table.optional("enabled").and_then(|value| value.boolean()) {
        hot_reload.enabled = enabled;
    }
    if let Some(mut state) = table
        .optional("state_management")
        .and_then(|value| value.table())
    {
        read_state_management(&mut state, &mut hot_reload);
        state.finish();
    }
    if let Some(misplaced) = table.optional("max_state_size") {
        let fault =
            Fault::new("`max_state_size` stands in `[hot_reload]`, expected it one table deeper");
        misplaced.report(fault.help("write it under `[hot_reload.state_management]`"));
    }
    for key in [
        "debounce_delay",
        "watch_mod_directory",
        "watch_subdirectories",
        "max_file_size",
        "supported_extensions",
        "ignore_patterns",
    ] {
        table.refuse(key, LIVE_WATCHING);
    }
    table.refuse("reload_queue", RELOAD_QUEUE);
    table.refuse("dependencies", FIXED_BY_HOST);
    table.finish();
    hot_reload
}

fn read_state_management(table: &mut TableReader<'_>, hot_reload: &mut HotReload) {
    if let Some(size) = table
        .optional("max_state_size")
        .and_then(|value| value.integer(1..=STATE_SIZE_MAX))
    {
        hot_reload.max_state_size = size;
    }
    for key in ["preserve_state", "state_serialization", "state_compression"] {
        table.refuse(key, FIXED_BY_HOST);
    }
}
