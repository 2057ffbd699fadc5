//! What a mod may use at most (I6). Every bound is a count that is the same on every machine; none is a time.

/// A count as it is shown, with its thousands apart.
pub(crate) fn shown(count: u64) -> String {
    let digits = count.to_string();
    let first = digits.len() % 3;
    let mut text = digits[..first].to_owned();
    for (at, digit) in digits[first..].char_indices() {
        if at % 3 == 0 && !text.is_empty() {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Interrupts (loop back-edges, calls and pattern steps of the interpreter) in one call from the host into mods, nested calls
/// included. An endless loop ends within 20 ms; the worst call that tests/hostile knows takes a second or two.
pub const STEPS_PER_CALL_MAX: u64 = 1_000_000;

/// The same for the loading of a mod: top-level code, migrations, `mod_loaded`, `mod_unloaded`. Loading may build tables.
pub const STEPS_PER_LOAD_MAX: u64 = 5_000_000;

/// Bytes that one call may allocate in virtual machines, nested calls included. Nothing is collected during a call, so this
/// bounds all the work that makes new values; garbage of earlier calls makes no difference.
pub const MEMORY_BYTES_PER_CALL_MAX: usize = 64 * 1024 * 1024;

/// Bytes that a virtual machine may keep from one call to the next.
pub const MEMORY_BYTES_KEPT_MAX: usize = 64 * 1024 * 1024;

/// Bytes after whose allocation a virtual machine is collected, at the next end of a call; more where more is kept.
pub const MEMORY_BYTES_COLLECT: usize = 4 * 1024 * 1024;

/// Bytes of one text that a call may make.
pub const TEXT_BYTES_MAX: usize = 256 * 1024;

/// Once a call has made a text of `n` times this many bytes, each further step counts as `n + 1`: comparing texts, and reading
/// numbers from them, takes as long as they are.
pub const LONG_TEXT_BYTES: usize = 1024;

/// Each step of a mod whose longest script has `n` times this many tokens counts as `n + 1`: code without loops and calls is no
/// step, however long it is. Some 400 lines.
pub const LONG_SCRIPT_TOKENS: usize = 4_096;

/// Once a call has made a table of `n` times this many bytes, each further step counts as `n + 1`: going over a table that has been
/// emptied takes as long as over a full one. Some 32,000 elements of a list, 13,000 of another table.
pub const LARGE_TABLE_BYTES: usize = 512 * 1024;

/// Elements of a table that a library function handles for nothing: the call itself is counted.
pub const FREE_ELEMENTS: u64 = 64;

/// Bytes of a pattern of `string.find` and its like. One step of a pattern goes over a set of characters of at most this length.
pub const PATTERN_BYTES_MAX: u64 = 512;

/// Values that a library function may spread into arguments at once (`table.unpack`, `string.byte`). Each call copies them.
pub const VALUES_MAX: u64 = 4_096;

/// Tables inside tables in a value that leaves a mod: state, event payloads, arguments of calls between mods.
pub const VALUE_DEPTH_MAX: usize = 32;

/// Bytes that one step of the budget pays for when a value is copied out of a mod. A call can so copy some 16 MB.
pub const COPIED_BYTES_PER_STEP: u64 = 16;

/// Bytes of the payload of an event.
pub const PAYLOAD_BYTES_MAX: u64 = 64 * 1024;

/// Bytes of a name that a mod makes up: of an event, a timer, a handler's key, an exported function.
pub const NAME_BYTES_MAX: usize = 256;

/// Bytes of one snapshot of a mod: storage, saved state, slot and timers may each hold `max_state_size`, which is 16 MiB at
/// most, and their encoding takes somewhat more than their size.
pub const SNAPSHOT_BYTES_MAX: usize = 128 * 1024 * 1024;

/// Bytes of a whole run, before compression.
pub const RUN_BYTES_MAX: usize = 1024 * 1024 * 1024;

/// Commands that one mod may issue in one tick.
pub const COMMANDS_PER_TICK_MAX: u32 = 1_000;

/// Events that one mod may emit in one tick.
pub const EMITS_PER_TICK_MAX: u32 = 256;

/// Events that a mod is told of in one call; of more in one tick it is told in several, each with a budget of its own.
pub const BATCH_EVENTS_MAX: usize = 1_024;

/// Log lines that one mod may write in one tick; what comes after is counted, not kept.
pub const LOG_LINES_PER_TICK_MAX: u32 = 100;

/// Characters kept of one log line.
pub const LOG_LINE_CHARACTERS_MAX: usize = 1_000;

/// Calls between mods, one inside another.
pub const CALL_DEPTH_MAX: usize = 8;

/// Failing calls of one handler in a row after which it is suspended until the mod's next commit.
pub const FAILURES_IN_A_ROW_MAX: u32 = 20;

/// Timers that one mod may hold.
pub const TIMERS_MAX: usize = 1_000;

/// Generations kept for each mod to roll back to (seed-corrections 47).
pub const HISTORY_GENERATIONS_MAX: usize = 8;

/// Bytes of the contents and states of these generations, for each mod. The last one is kept however large it is.
pub const HISTORY_BYTES_MAX: usize = 64 * 1024 * 1024;

/// Ticks that one unit test may let pass.
pub const TEST_TICKS_MAX: u64 = 1_000_000;

/// Requests that wait for the next tick boundary; one more, and everything is looked at instead (seed-corrections 16).
pub const PENDING_RELOADS_MAX: usize = 100;

/// Seconds of wall time that one live reload may take.
pub const RELOAD_SECONDS_MAX: u64 = 30;

/// Units of fuel, about one for each instruction of a component, that a step of the budget pays for. An interpreted step of a script
/// does about as much; so an endless loop of a component ends within 100 ms.
pub const FUEL_PER_STEP: u64 = 16;

/// Bytes of all linear memories of a component.
pub const COMPONENT_MEMORY_BYTES_MAX: usize = MEMORY_BYTES_KEPT_MAX;

/// Elements of all tables of a component.
pub const COMPONENT_TABLE_ELEMENTS_MAX: usize = 100_000;

/// Core instances, memories and tables that a component may be made of, each.
pub const COMPONENT_PARTS_MAX: usize = 32;

/// Bytes of the stack of the machine that a component may use. Calls between mods are [`CALL_DEPTH_MAX`] deep, and threads have stacks
/// of two megabytes.
pub const COMPONENT_STACK_BYTES_MAX: usize = 128 * 1024;

/// Bytes of a component as it is loaded. Compiling takes some 20 s for the largest.
pub const COMPONENT_BYTES_MAX: usize = 16 * 1024 * 1024;

/// Compiled components that a process keeps at hand.
pub const COMPONENTS_KNOWN_MAX: usize = 64;
