//! Lets every loop, call and pattern step of the interpreter count, and every allocation (I6).
//!
//! mlua's own interrupt takes some fifty nanoseconds, more than the step that it counts. This one stands in front of it: as long
//! as steps are left it takes one and returns; only then it goes on to mlua's, which raises the error.

#![allow(
    unsafe_code,
    reason = "the interpreter's callback is a raw function; see the safety comments"
)]

use std::ffi::{c_int, c_void};
use std::sync::OnceLock;

use mlua::{Lua, VmState, ffi};

use crate::context::{Meter, made_text, take_memory, take_step, weigh_steps};
use crate::limits::{LARGE_TABLE_BYTES, LONG_TEXT_BYTES, MEMORY_BYTES_PER_CALL_MAX};

use super::errors::location;

type Interrupt = unsafe extern "C-unwind" fn(*mut ffi::lua_State, c_int);

/// mlua's interrupt, the same function for every virtual machine.
static INTERRUPT_OF_MLUA: OnceLock<Interrupt> = OnceLock::new();

/// Counts the steps of a virtual machine on `meter`.
pub(super) fn meter(lua: &Lua, meter: std::rc::Rc<Meter>) -> mlua::Result<()> {
    lua.set_interrupt(move |lua| match meter.spend_step() {
        Ok(()) => Ok(VmState::Continue),
        Err(_) => {
            meter.exhausted_at(|| location(lua));
            Err(mlua::Error::runtime("instruction budget used up"))
        }
    });
    // SAFETY: `lua_callbacks` gives the table of callbacks of a live state, which lives as long as the state; mlua has put its
    // interrupt there in the line before, and ours has the same type.
    unsafe {
        lua.exec_raw::<()>((), |state| {
            let callbacks = ffi::lua_callbacks(state);
            if let Some(interrupt) = (*callbacks).interrupt {
                INTERRUPT_OF_MLUA.get_or_init(|| interrupt);
                (*callbacks).interrupt = Some(count_step);
            }
            (*callbacks).onallocate = Some(count_allocation);
        })
    }
}

/// # Safety
/// Called by the interpreter alone, with a live state.
unsafe extern "C-unwind" fn count_step(state: *mut ffi::lua_State, collector: c_int) {
    // The collector's own interrupts have a state of 0 or more; they are not steps.
    if collector >= 0 || take_step() {
        return;
    }
    if let Some(interrupt) = INTERRUPT_OF_MLUA.get() {
        // SAFETY: the state is passed on as it came. mlua's interrupt may unwind through this frame, which holds nothing to drop.
        unsafe { interrupt(state, collector) }
    }
}

/// # Safety
/// Called by the interpreter alone. An error must not be raised here, since the block is not yet in use.
unsafe extern "C-unwind" fn count_allocation(
    state: *mut ffi::lua_State,
    _: *mut c_void,
    bytes_before: usize,
    bytes: usize,
    _: u8,
    kind: c_int,
    _: c_int,
) {
    let is_text = bytes > LONG_TEXT_BYTES && kind == ffi::LUA_TSTRING;
    if bytes >= LARGE_TABLE_BYTES && kind != ffi::LUA_TSTRING {
        // Looking for what is left in a table takes as long as it once was large, and is one step.
        weigh_steps(1 + (bytes / LARGE_TABLE_BYTES) as u64);
    }
    let allowed = take_memory(bytes.saturating_sub(bytes_before)) & (!is_text || made_text(bytes));
    if !allowed {
        // The next step raises the error, and says where. Code without steps, one expression after another, gets this far.
        // SAFETY: the state is one of mlua's, which finds what belongs to it.
        let lua = unsafe { Lua::get_or_init_from_ptr(state) };
        let limit = lua.used_memory().saturating_add(MEMORY_BYTES_PER_CALL_MAX);
        // Only where there is no allocator of mlua's, which every machine here has.
        let _ = lua.set_memory_limit(limit);
    }
}
