//! The table `colony` as Lua sees it.

mod events;
mod mods;
mod state;
mod time;

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::{Rc, Weak};

use mlua::{Function, IntoLuaMulti, Lua, MultiValue, Table};

use crate::api::{ApiError, FunctionDescription, Run, functions};
use crate::bindings::GuestCall;
use crate::context::{Bound, Context, LogLevel};
use crate::diagnostic::nearest;
use crate::generation::Generation;
use crate::limits::LOG_LINE_CHARACTERS_MAX;
use crate::runtime::Language;
use crate::value::Value;

use super::convert::{from_lua, optional_to_lua};
use super::errors::{location, raise};
use super::storage::{Proxies, StorageProxy};

use events::{emit, register, unregister};
pub(super) use mods::call_export;
use mods::{export, mods_get};
use state::{define, get_mod_state, migrate, save_mod_state};
use time::{cancel_timer, declare_timer, timer};

/// What the functions of one virtual machine work on.
#[derive(Debug)]
pub(super) struct Bindings {
    pub(super) context: Weak<Context>,
    pub(super) generation: Rc<Generation>,
    pub(super) functions: RefCell<Functions>,
    /// Proxies of the storage that the running call has made.
    pub(super) proxies: Proxies,
    /// Whether the interpreter loads a script. It looks up what is named `a.b.c` then and keeps it for good, which is right for the
    /// library and wrong for the storage.
    pub(super) loads_script: Cell<bool>,
    /// Whether `next` keeps key lists that must not outlive the call.
    pub(super) traversed: Rc<Cell<bool>>,
}

/// Functions of the guest that the host calls, by the handles of the declarations.
#[derive(Debug, Default)]
pub(super) struct Functions {
    pub(super) handlers: BTreeMap<usize, Function>,
    pub(super) timers: BTreeMap<String, Function>,
    pub(super) migrations: BTreeMap<usize, Function>,
    pub(super) exports: BTreeMap<String, Function>,
}

impl Bindings {
    /// The host's inside.
    pub(super) fn context(&self) -> Result<Rc<Context>, ApiError> {
        self.context
            .upgrade()
            .ok_or_else(|| ApiError::new("the host is gone"))
    }

    /// A copy of a value that leaves the mod, paid for by the running call.
    pub(super) fn copy(
        &self,
        value: &mlua::Value,
        subject: &str,
    ) -> Result<Option<Value>, ApiError> {
        let copy = from_lua(value, self.context()?.meter());
        copy.map_err(|problem| ApiError::new(problem.message(subject)))
    }

    /// A copy of a value for the mod. Running out of memory here is as uncatchable as anywhere.
    pub(super) fn to_lua(&self, lua: &Lua, value: Option<&Value>) -> Result<mlua::Value, ApiError> {
        optional_to_lua(lua, value).map_err(|error| {
            if let (mlua::Error::MemoryError(_), Ok(context)) = (&error, self.context()) {
                context.meter().exhaust(Bound::Memory);
                context.meter().exhausted_at(|| location(lua));
            }
            ApiError::new(error.to_string())
        })
    }

    /// Calls what both languages have in common, from the line that is running.
    fn call<T>(
        &self,
        lua: &Lua,
        call: impl FnOnce(&GuestCall<'_>) -> Result<T, ApiError>,
    ) -> Result<T, ApiError> {
        call(&GuestCall {
            context: &self.context()?,
            generation: &self.generation,
            language: Language::Lua,
            location: &|| location(lua),
        })
    }
}

/// Builds `colony`.
pub(super) fn colony_table(
    lua: &Lua,
    bindings: &Rc<Bindings>,
    exports_of: Function,
) -> mlua::Result<Table> {
    let colony = lua.create_table()?;
    for description in functions() {
        let function = match (description.run_kind(), description.name) {
            (RunKind::Host, _) => table_function(lua, bindings, description)?,
            (RunKind::Runtime, "events.register") => bind(lua, bindings, register)?,
            (RunKind::Runtime, "events.unregister") => bind(lua, bindings, unregister)?,
            (RunKind::Runtime, "events.emit") => bind(lua, bindings, emit)?,
            (RunKind::Runtime, "state.define") => bind(lua, bindings, define)?,
            (RunKind::Runtime, "state.migrate") => bind(lua, bindings, migrate)?,
            (RunKind::Runtime, "state.get_mod_state") => bind(lua, bindings, get_mod_state)?,
            (RunKind::Runtime, "state.save_mod_state") => bind(lua, bindings, save_mod_state)?,
            (RunKind::Runtime, "time.after") => bind(lua, bindings, |lua, bindings, arguments| {
                timer(lua, bindings, arguments, false)
            })?,
            (RunKind::Runtime, "time.every") => bind(lua, bindings, |lua, bindings, arguments| {
                timer(lua, bindings, arguments, true)
            })?,
            (RunKind::Runtime, "time.declare") => bind(lua, bindings, declare_timer)?,
            (RunKind::Runtime, "time.cancel") => bind(lua, bindings, cancel_timer)?,
            (RunKind::Runtime, "log.info") => log_function(lua, bindings, LogLevel::Info)?,
            (RunKind::Runtime, "log.warn") => log_function(lua, bindings, LogLevel::Warn)?,
            (RunKind::Runtime, "log.error") => log_function(lua, bindings, LogLevel::Error)?,
            (RunKind::Runtime, "mods.export") => bind(lua, bindings, export)?,
            (RunKind::Runtime, "mods.get") => mods_get(lua, bindings, exports_of.clone())?,
            (RunKind::Runtime, name) => {
                return Err(mlua::Error::runtime(format!("colony.{name} is not bound")));
            }
        };
        let (module, name) = description
            .name
            .split_once('.')
            .unwrap_or(("", description.name));
        let table = match colony.raw_get::<Option<Table>>(module)? {
            Some(table) => table,
            None => {
                let table = lua.create_table()?;
                colony.raw_set(module, &table)?;
                table
            }
        };
        table.raw_set(name, function)?;
    }
    colony.raw_set(
        "storage",
        lua.create_userdata(StorageProxy::root(bindings))?,
    )?;
    for module in colony.pairs::<String, mlua::Value>() {
        if let (name, mlua::Value::Table(module)) = module? {
            refuse_unknown_names(lua, &module, &format!("colony.{name}"), None)?;
            module.set_readonly(true);
        }
    }
    refuse_unknown_names(lua, &colony, "colony", None)?;
    Ok(colony)
}

/// A misspelt name is an error that names the nearest, else the `advice` or all names, instead of a nil that fails somewhere else.
pub(super) fn refuse_unknown_names(
    lua: &Lua,
    table: &Table,
    path: &str,
    advice: Option<&'static str>,
) -> mlua::Result<()> {
    let mut known = Vec::new();
    for name in table.pairs::<String, mlua::Value>() {
        known.push(name?.0);
    }
    known.sort();
    let path = path.to_owned();
    let unknown = lua.create_function(
        move |lua, (_, key): (mlua::Value, mlua::Value)| -> mlua::Result<()> {
            let name = key
                .as_string()
                .map_or_else(|| key.type_name().to_owned(), |name| name.to_string_lossy());
            let error = ApiError::new(format!("{path} has no `{name}`"));
            let error = match nearest(&name, known.iter().map(String::as_str)) {
                Some(near) => error.help(format!("did you mean `{near}`?")),
                None => error.help(
                    advice.map_or_else(|| format!("there: {}", known.join(", ")), str::to_owned),
                ),
            };
            Err(raise(lua, error))
        },
    )?;
    let metatable = lua.create_table()?;
    metatable.raw_set("__index", unknown)?;
    metatable.raw_set("__metatable", "locked")?;
    table.set_metatable(Some(metatable))
}

/// What a log line says of a value.
fn text_in_log(bindings: &Bindings, value: &mlua::Value) -> String {
    match value {
        mlua::Value::String(text) => text.to_string_lossy(),
        mlua::Value::Nil => "nil".to_owned(),
        other => match bindings.copy(other, "log") {
            Ok(Some(value)) => value.to_string(),
            _ => other.type_name().to_owned(),
        },
    }
}

/// What a log line says of a value, as far as one line reaches.
pub(super) fn shown(lua: &Lua, bindings: &Rc<Bindings>) -> mlua::Result<Function> {
    let bindings = bindings.clone();
    lua.create_function(move |_, value: mlua::Value| {
        let text = text_in_log(&bindings, &value);
        let line = text.chars().take(LOG_LINE_CHARACTERS_MAX);
        Ok(line.collect::<String>())
    })
}

/// A log function of one level; `print` is the one for [`LogLevel::Info`].
pub(super) fn log_function(
    lua: &Lua,
    bindings: &Rc<Bindings>,
    level: LogLevel,
) -> mlua::Result<Function> {
    let bindings = bindings.clone();
    lua.create_function(move |lua, text: mlua::Value| {
        let text = text_in_log(&bindings, &text);
        let context = bindings.context().map_err(|error| raise(lua, error))?;
        context.log(bindings.generation.id(), level, &text);
        Ok(())
    })
}

enum RunKind {
    Host,
    Runtime,
}

impl FunctionDescription {
    fn run_kind(&self) -> RunKind {
        match self.run {
            Run::Read(_) | Run::Command(_) => RunKind::Host,
            Run::Runtime => RunKind::Runtime,
        }
    }
}

/// A function of the table that the host does: arguments in, value out.
fn table_function(
    lua: &Lua,
    bindings: &Rc<Bindings>,
    description: &'static FunctionDescription,
) -> mlua::Result<Function> {
    bind(lua, bindings, move |lua, bindings, arguments| {
        let values = arguments.iter().enumerate().map(|(at, value)| {
            let name = description
                .arguments
                .get(at)
                .map_or("?", |argument| argument.name);
            bindings.copy(value, &format!("`{name}` of colony.{}", description.name))
        });
        let values = values.collect::<Result<Vec<_>, _>>()?;
        let result = bindings.call(lua, |call| call.run(description, values))?;
        bindings.to_lua(lua, result.as_ref())
    })
}

/// A Lua function over the bindings whose errors name the line that called it.
pub(super) fn bind<R: IntoLuaMulti>(
    lua: &Lua,
    bindings: &Rc<Bindings>,
    run: impl Fn(&Lua, &Rc<Bindings>, MultiValue) -> Result<R, ApiError> + 'static,
) -> mlua::Result<Function> {
    let bindings = bindings.clone();
    lua.create_function(move |lua, arguments: MultiValue| {
        // Invariant (I6): a mod that swallowed its budget error gets no further effect out of the call.
        if let Some(bound) = bindings
            .context()
            .ok()
            .and_then(|context| context.meter().exhausted())
        {
            return Err(mlua::Error::runtime(format!("{bound:?} used up")));
        }
        run(lua, &bindings, arguments).map_err(|error| raise(lua, error))
    })
}

pub(super) fn text(
    arguments: &MultiValue,
    at: usize,
    function: &str,
    name: &str,
) -> Result<String, ApiError> {
    match arguments.get(at) {
        Some(mlua::Value::String(text)) => match text.to_str() {
            Ok(text) => Ok(text.to_owned()),
            Err(_) => Err(ApiError::new(format!(
                "`{name}` of colony.{function} must be UTF-8"
            ))),
        },
        other => {
            let found = other.map_or("nothing", mlua::Value::type_name);
            Err(ApiError::new(format!(
                "`{name}` of colony.{function} must be a string, found {found}"
            )))
        }
    }
}

fn handler_argument(arguments: &MultiValue, what: &str) -> Result<Function, ApiError> {
    match arguments.get(1) {
        Some(mlua::Value::Function(function)) => Ok(function.clone()),
        // seed-corrections 51
        None | Some(mlua::Value::Nil) => {
            Err(ApiError::new(format!("{what} is nil, expected a function"))
                .help("a `local function` must stand above the line that uses it"))
        }
        Some(other) => Err(ApiError::new(format!(
            "{what} is a {}, expected a function",
            other.type_name()
        ))),
    }
}
