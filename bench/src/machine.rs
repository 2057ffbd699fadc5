//! The peer of one virtual machine: Luau as anyone would use it from Rust, with mlua's own means.

use std::cell::Cell;
use std::rc::Rc;

use mlua::{FromLua, Lua, VmState};

/// Steps that a call may take.
const STEPS_PER_CALL_MAX: u64 = 1_000_000;

/// Bytes that a machine may keep.
const MEMORY_BYTES_MAX: usize = 256 * 1024 * 1024;

/// A sandboxed virtual machine.
pub(crate) struct Machine {
    /// The machine.
    pub(crate) lua: Lua,
    steps_left: Rc<Cell<u64>>,
}

impl Machine {
    /// A machine in which nobody counts.
    pub(crate) fn new() -> Machine {
        let lua = Lua::new();
        lua.sandbox(true).expect("a new machine has room");
        Machine {
            lua,
            steps_left: Rc::default(),
        }
    }

    /// A machine whose steps are counted, so that no call can go on for ever.
    pub(crate) fn metered() -> Machine {
        let machine = Machine::new();
        let steps_left = machine.steps_left.clone();
        machine
            .lua
            .set_interrupt(move |_| match steps_left.get().checked_sub(1) {
                Some(left) => {
                    steps_left.set(left);
                    Ok(VmState::Continue)
                }
                None => Err(mlua::Error::runtime("too many steps")),
            });
        machine
    }

    /// A machine whose steps are counted and that gets no more than so much memory.
    pub(crate) fn bounded() -> Machine {
        let machine = Machine::metered();
        let limit = machine.lua.set_memory_limit(MEMORY_BYTES_MAX);
        limit.expect("the machine has an allocator of mlua's");
        machine
    }

    /// What a host does before each call.
    pub(crate) fn begin_call(&self) {
        self.steps_left.set(STEPS_PER_CALL_MAX);
    }

    /// What a script returns.
    pub(crate) fn run<T: FromLua>(&self, script: &str) -> T {
        self.begin_call();
        self.lua.load(script).eval().expect("the script is right")
    }
}
