//! A virtual machine in which a mod cannot harm the host (I6) or see anything that differs between two runs (I1).

use std::rc::Rc;
use std::sync::OnceLock;

use mlua::chunk::Compiler;
use mlua::{Function, Lua, LuaOptions, StdLib, Table, VmState};

use crate::api::ApiError;
use crate::context::Bound;
use crate::limits::MEMORY_BYTES_MAX;
use crate::value::INTEGER_MAGNITUDE_MAX;

use super::bindings::{Bindings, bind, call_export, colony_table, log_function};
use super::errors::{HOST_CHUNK, error_text, location, raise};
use super::storage::StorageProxy;

const PRELUDE: &str = include_str!("prelude.luau");

/// Globals and libraries that the prelude changes: the compiler must not take shortcuts around them.
const CHANGED_GLOBALS: [&str; 11] = [
    "coroutine",
    "ipairs",
    "math",
    "next",
    "pairs",
    "pcall",
    "string",
    "table",
    "tostring",
    "unpack",
    "xpcall",
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

/// How every chunk of every mod is compiled.
pub(super) fn compiler() -> Compiler {
    Compiler::new()
        .set_optimization_level(1)
        .set_debug_level(1)
        .set_mutable_globals(CHANGED_GLOBALS)
}

/// A new virtual machine with `colony` and without what a mod must not have.
pub(super) fn new_sandbox(
    bindings: &Rc<Bindings>,
    require: impl FnOnce(&Lua) -> mlua::Result<Function>,
) -> mlua::Result<Sandbox> {
    let libraries = StdLib::COROUTINE
        | StdLib::TABLE
        | StdLib::STRING
        | StdLib::UTF8
        | StdLib::BIT
        | StdLib::MATH;
    let lua = Lua::new_with(libraries, LuaOptions::new().catch_rust_panics(false))?;
    // The collector paces itself by the clock; it runs at fixed points instead.
    lua.gc_stop();
    lua.set_memory_limit(MEMORY_BYTES_MAX)?;
    lua.set_compiler(compiler());
    let globals = lua.globals();
    for name in REMOVED_GLOBALS {
        globals.raw_set(name, mlua::Nil)?;
    }
    let prelude: Table = lua
        .load(prelude_bytecode()?)
        .set_name(format!("={HOST_CHUNK}"))
        .set_mode(mlua::chunk::ChunkMode::Binary)
        .call(host_table(&lua, bindings)?)?;
    for replaced in prelude
        .raw_get::<Table>("globals")?
        .pairs::<String, Function>()
    {
        let (name, function) = replaced?;
        globals.raw_set(name, function)?;
    }
    globals.raw_set("require", require(&lua)?)?;
    let colony = colony_table(&lua, bindings, prelude.raw_get("exports_of")?)?;
    colony.set_readonly(true);
    globals.raw_set("colony", colony)?;
    lua.sandbox(true)?;
    meter(&lua, bindings)?;
    Ok(Sandbox {
        rest: prelude.raw_get("rest")?,
        lua,
    })
}

/// The prelude, compiled once for all virtual machines.
fn prelude_bytecode() -> mlua::Result<&'static [u8]> {
    static BYTECODE: OnceLock<Vec<u8>> = OnceLock::new();
    if let Some(bytecode) = BYTECODE.get() {
        return Ok(bytecode);
    }
    let bytecode = Compiler::new()
        .set_optimization_level(2)
        .set_debug_level(1)
        .compile(PRELUDE)?;
    Ok(BYTECODE.get_or_init(|| bytecode))
}

/// The functions that the prelude is given.
fn host_table(lua: &Lua, bindings: &Rc<Bindings>) -> mlua::Result<Table> {
    let host = lua.create_table()?;
    host.raw_set(
        "print",
        log_function(lua, bindings, crate::context::LogLevel::Info)?,
    )?;
    host.raw_set("call_export", call_export(lua, bindings)?)?;
    host.raw_set("random", random(lua, bindings)?)?;
    host.raw_set(
        "storage_keys",
        lua.create_function(|lua, proxy: mlua::UserDataRef<StorageProxy>| proxy.keys(lua))?,
    )?;
    let insert =
        |lua: &Lua, (proxy, index, value): (mlua::UserDataRef<StorageProxy>, i64, mlua::Value)| {
            proxy.insert(lua, index, &value)
        };
    host.raw_set("storage_insert", lua.create_function(insert)?)?;
    let remove = |lua: &Lua, (proxy, index): (mlua::UserDataRef<StorageProxy>, i64)| {
        proxy.remove(lua, index)
    };
    host.raw_set("storage_remove", lua.create_function(remove)?)?;
    let copy = |lua: &Lua, proxy: mlua::UserDataRef<StorageProxy>| {
        let value = proxy.copy().map_err(|error| raise(lua, error))?;
        super::convert::to_lua(lua, &value)
    };
    host.raw_set("storage_copy", lua.create_function(copy)?)?;
    let error_text = |lua: &Lua, problem: mlua::Value| match error_text(&problem) {
        Some(text) => lua.create_string(text).map(mlua::Value::String),
        None => Ok(problem),
    };
    host.raw_set("error_text", lua.create_function(error_text)?)?;
    host.raw_set("pass_on_bound", pass_on_bound(lua, bindings)?)?;
    let has_text = |_: &Lua, value: mlua::Value| {
        let metatable = value.as_table().and_then(mlua::Table::metatable);
        metatable.map_or(Ok(false), |metatable| {
            metatable
                .raw_get("__tostring")
                .map(|field: mlua::Value| !field.is_nil())
        })
    };
    host.raw_set("has_text", lua.create_function(has_text)?)?;
    let traversed = bindings.traversed.clone();
    let traversal_began = move |_: &Lua, ()| {
        traversed.set(true);
        Ok(())
    };
    host.raw_set("traversal_began", lua.create_function(traversal_began)?)?;
    Ok(host)
}

/// Raises an error again that a mod must not catch.
fn pass_on_bound(lua: &Lua, bindings: &Rc<Bindings>) -> mlua::Result<Function> {
    let bindings = bindings.clone();
    lua.create_function(move |lua, problem: mlua::Value| {
        let context = bindings.context().map_err(|error| raise(lua, error))?;
        let out_of_memory = match &problem {
            mlua::Value::Error(error) => matches!(**error, mlua::Error::MemoryError(_)),
            mlua::Value::String(text) => text.as_bytes() == b"not enough memory",
            _ => false,
        };
        if out_of_memory {
            context.meter().exhaust(Bound::Memory);
            context.meter().exhausted_at(|| location(lua));
        }
        match context.meter().exhausted() {
            Some(bound) => Err(mlua::Error::runtime(context.bound_error(bound).message)),
            None => Ok(()),
        }
    })
}

/// `math.random`, from the mod's stream: a fraction in [0, 1), or a whole number from 1 or from `low`.
fn random(lua: &Lua, bindings: &Rc<Bindings>) -> mlua::Result<Function> {
    bind(lua, bindings, |_, bindings, arguments| {
        let bound = |at: usize| match arguments.get(at) {
            Some(mlua::Value::Integer(number)) => Ok(*number),
            Some(mlua::Value::Number(number))
                if number.fract() == 0.0 && number.abs() <= INTEGER_MAGNITUDE_MAX as f64 =>
            {
                Ok(*number as i64)
            }
            other => Err(ApiError::new(format!(
                "math.random expects whole numbers, found {}",
                other.map_or("nothing", mlua::Value::type_name)
            ))),
        };
        let (low, high) = match arguments.len() {
            0 => {
                let bits = bindings.context()?.draw(&bindings.generation) >> 11;
                return Ok(mlua::Value::Number(bits as f64 / (1u64 << 53) as f64));
            }
            1 => (1, bound(0)?),
            _ => (bound(0)?, bound(1)?),
        };
        let number = bindings
            .context()?
            .draw_integer(&bindings.generation, low, high)?;
        Ok(mlua::Value::Number(number as f64))
    })
}

/// Every loop, call and pattern step of the interpreter counts (I6).
fn meter(lua: &Lua, bindings: &Rc<Bindings>) -> mlua::Result<()> {
    let context = bindings.context().map_err(|error| raise(lua, error))?;
    let meter = context.meter().clone();
    lua.set_interrupt(move |lua| match meter.step() {
        Ok(()) => Ok(VmState::Continue),
        Err(_) => {
            meter.exhausted_at(|| location(lua));
            Err(mlua::Error::runtime("instruction budget used up"))
        }
    });
    Ok(())
}
