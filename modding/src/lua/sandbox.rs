//! A virtual machine in which a mod cannot harm the host (I6) or see anything that differs between two runs (I1).

use std::rc::Rc;
use std::sync::OnceLock;

use mlua::chunk::{ChunkMode, Compiler};
use mlua::{Function, Lua, LuaOptions, StdLib, Table};

use super::bindings::Bindings;
use super::errors::{HOST_CHUNK, raise};
use super::interrupt::meter;
use super::library::host_table;

/// Runs once in every virtual machine, before any code of a mod: replaces what is not deterministic, not counted or catches too
/// much, and makes the library work on `colony.storage`. Each part gets the functions of the host and returns globals.
const PRELUDE: [&str; 5] = [
    include_str!("prelude/order.luau"),
    include_str!("prelude/calls.luau"),
    include_str!("prelude/numbers.luau"),
    include_str!("prelude/text.luau"),
    include_str!("prelude/tables.luau"),
];

/// Globals of the interpreter that show the machine, or a way around the sandbox.
const REMOVED_GLOBALS: [&str; 8] = [
    "collectgarbage",
    "gcinfo",
    "getfenv",
    "loadstring",
    "newproxy",
    "require",
    "setfenv",
    "_VERSION",
];

/// What the host needs of a new virtual machine.
#[derive(Debug)]
pub(super) struct Sandbox {
    pub(super) lua: Lua,
    /// Called after every call into the mod.
    pub(super) rest: Function,
}

/// A new virtual machine with the `colony` that is built for it, and without what a mod must not have.
pub(super) fn new_sandbox(
    bindings: &Rc<Bindings>,
    require: impl FnOnce(&Lua) -> mlua::Result<Function>,
    colony: impl FnOnce(&Lua, Function) -> mlua::Result<Table>,
) -> mlua::Result<Sandbox> {
    let libraries = StdLib::COROUTINE
        | StdLib::TABLE
        | StdLib::STRING
        | StdLib::UTF8
        | StdLib::BIT
        | StdLib::MATH;
    let lua = Lua::new_with(libraries, LuaOptions::new().catch_rust_panics(false))?;
    let globals = lua.globals();
    for name in REMOVED_GLOBALS {
        globals.raw_set(name, mlua::Nil)?;
    }
    let host = host_table(&lua, bindings)?;
    for bytecode in prelude_bytecode()? {
        let replaced: Table = lua
            .load(&**bytecode)
            .set_name(format!("={HOST_CHUNK}"))
            .set_mode(ChunkMode::Binary)
            .call(&host)?;
        for global in replaced.pairs::<String, Function>() {
            let (name, function) = global?;
            globals.raw_set(name, function)?;
        }
    }
    globals.raw_set("require", require(&lua)?)?;
    let colony = colony(&lua, host.raw_get("exports_of")?)?;
    colony.set_readonly(true);
    globals.raw_set("colony", colony)?;
    lua.sandbox(true)?;
    let context = bindings.context().map_err(|error| raise(&lua, error))?;
    meter(&lua, context.meter().clone())?;
    // No limit of mlua's: with one it guards every text that is handed over, which takes as long as a call of a handler. What a
    // call allocates is counted, and the library's functions refuse what would take much at once.
    // The collector paces itself by the clock, and mlua starts it again whenever it registers a type: it stops here, and runs
    // between calls only.
    lua.gc_stop();
    Ok(Sandbox {
        rest: host.raw_get("rest")?,
        lua,
    })
}

/// The parts of the prelude, compiled once for all virtual machines.
fn prelude_bytecode() -> mlua::Result<&'static [Vec<u8>]> {
    static BYTECODE: OnceLock<Vec<Vec<u8>>> = OnceLock::new();
    if let Some(bytecode) = BYTECODE.get() {
        return Ok(bytecode);
    }
    let compiler = Compiler::new().set_optimization_level(2).set_debug_level(1);
    let bytecode: mlua::Result<Vec<Vec<u8>>> =
        PRELUDE.iter().map(|part| compiler.compile(part)).collect();
    let bytecode = bytecode?;
    Ok(BYTECODE.get_or_init(|| bytecode))
}
