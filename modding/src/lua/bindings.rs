//! The table `colony` as Lua sees it.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::{Rc, Weak};

use mlua::{Function, IntoLuaMulti, Lua, MultiValue, Table, Variadic};
use semver::VersionReq;

use crate::api::{ApiError, Arguments, FunctionDescription, Run, event, event_names, functions};
use crate::context::{Context, LogLevel, at};
use crate::diagnostic::nearest;
use crate::generation::{Generation, HandlerDeclaration, MigrationDeclaration, TimerDeclaration};
use crate::state::{HandlerName, Timer};
use crate::value::Value;

use super::convert::{from_lua, optional_to_lua};
use super::errors::{location, raise};
use super::storage::StorageProxy;

/// The key of a handler that was registered without one.
const KEY_DEFAULT: &str = "default";

/// What the functions of one virtual machine work on.
#[derive(Debug)]
pub(super) struct Bindings {
    pub(super) context: Weak<Context>,
    pub(super) generation: Rc<Generation>,
    pub(super) functions: RefCell<Functions>,
    /// Whether `next` keeps key lists that must not outlive the call.
    pub(super) traversed: Rc<Cell<bool>>,
}

/// Functions of the guest that the host calls, by the handles of the declarations.
#[derive(Debug, Default)]
pub(super) struct Functions {
    pub(super) handlers: Vec<Function>,
    pub(super) timers: BTreeMap<String, Function>,
    pub(super) migrations: Vec<Function>,
    pub(super) exports: BTreeMap<String, Function>,
}

impl Bindings {
    /// The host's inside.
    pub(super) fn context(&self) -> Result<Rc<Context>, ApiError> {
        self.context.upgrade().ok_or_else(|| ApiError::new("the host is gone"))
    }

    fn require_loading(&self, what: &str, help: &str) -> Result<(), ApiError> {
        if self.context()?.is_loading() {
            return Ok(());
        }
        Err(ApiError::new(format!("{what} while a mod loads: in top-level code or in mod_loaded")).help(help))
    }
}

/// Builds `colony`.
pub(super) fn colony_table(lua: &Lua, bindings: &Rc<Bindings>, exports_of: Function) -> mlua::Result<Table> {
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
            (RunKind::Runtime, "time.after") => bind(lua, bindings, |lua, bindings, arguments| timer(lua, bindings, arguments, false))?,
            (RunKind::Runtime, "time.every") => bind(lua, bindings, |lua, bindings, arguments| timer(lua, bindings, arguments, true))?,
            (RunKind::Runtime, "time.declare") => bind(lua, bindings, declare_timer)?,
            (RunKind::Runtime, "time.cancel") => bind(lua, bindings, cancel_timer)?,
            (RunKind::Runtime, "mods.export") => bind(lua, bindings, export)?,
            (RunKind::Runtime, "mods.get") => mods_get(lua, bindings, exports_of.clone())?,
            (RunKind::Runtime, name) => return Err(mlua::Error::runtime(format!("colony.{name} is not bound"))),
        };
        let (module, name) = description.name.split_once('.').unwrap_or(("", description.name));
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
    let log = lua.create_table()?;
    for (name, level) in [("info", LogLevel::Info), ("warn", LogLevel::Warn), ("error", LogLevel::Error)] {
        log.raw_set(name, log_function(lua, bindings, level)?)?;
    }
    colony.raw_set("log", log)?;
    colony.raw_set("storage", lua.create_userdata(StorageProxy::root(bindings))?)?;
    for module in colony.pairs::<String, mlua::Value>() {
        if let (_, mlua::Value::Table(module)) = module? {
            module.set_readonly(true);
        }
    }
    Ok(colony)
}

/// A log function of one level; `print` is the one for [`LogLevel::Info`].
pub(super) fn log_function(lua: &Lua, bindings: &Rc<Bindings>, level: LogLevel) -> mlua::Result<Function> {
    let bindings = bindings.clone();
    lua.create_function(move |lua, text: mlua::Value| {
        let text = match &text {
            mlua::Value::String(text) => text.to_string_lossy(),
            mlua::Value::Nil => "nil".to_owned(),
            other => match from_lua(other) {
                Ok(Some(value)) => value.to_string(),
                _ => other.type_name().to_owned(),
            },
        };
        let context = bindings.context().map_err(|error| raise(lua, error))?;
        context.log(bindings.generation.id(), level, &text);
        Ok(())
    })
}

/// `host.call_export(mod_id, name, ...)`.
pub(super) fn call_export(lua: &Lua, bindings: &Rc<Bindings>) -> mlua::Result<Function> {
    bind(lua, bindings, |lua, bindings, arguments| {
        let mod_id = text(&arguments, 0, "mods.get", "mod_id")?;
        let name = text(&arguments, 1, "mods.get", "name")?;
        let values = arguments.iter().skip(2).enumerate().map(|(at, value)| {
            from_lua(value).map_err(|problem| ApiError::new(problem.message(&format!("argument {} of {mod_id}.{name}", at + 1))))
        });
        let values = values.collect::<Result<Vec<_>, _>>()?;
        let results = bindings.context()?.call_export(&bindings.generation, &mod_id, &name, &values)?;
        let results: mlua::Result<Variadic<mlua::Value>> =
            results.iter().map(|value| optional_to_lua(lua, value.as_ref())).collect();
        results.map_err(|error| ApiError::new(error.to_string()))
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
fn table_function(lua: &Lua, bindings: &Rc<Bindings>, description: &'static FunctionDescription) -> mlua::Result<Function> {
    bind(lua, bindings, move |lua, bindings, arguments| {
        let values = arguments.iter().enumerate().map(|(at, value)| {
            let name = description.arguments.get(at).map_or("?", |argument| argument.name);
            from_lua(value).map_err(|problem| ApiError::new(problem.message(&format!("`{name}` of colony.{}", description.name))))
        });
        let arguments = Arguments::by_position(description, values.collect::<Result<Vec<_>, _>>()?)?;
        let context = bindings.context()?;
        let result = match description.run {
            Run::Read(read) => {
                if description.name == "config.get" && context.is_loading() {
                    let key = arguments.text(0)?.to_owned();
                    bindings.generation.declarations.borrow_mut().config_read.insert(key);
                }
                read(&context, &bindings.generation, &arguments)?
            }
            Run::Command(make) => {
                context.issue(&bindings.generation, description.name, description.capability, make(&arguments)?)?;
                None
            }
            Run::Runtime => None,
        };
        optional_to_lua(lua, result.as_ref()).map_err(|error| ApiError::new(error.to_string()))
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
        if let Some(bound) = bindings.context().ok().and_then(|context| context.meter().exhausted()) {
            return Err(mlua::Error::runtime(format!("{bound:?} used up")));
        }
        run(lua, &bindings, arguments).map_err(|error| raise(lua, error))
    })
}

fn register(lua: &Lua, bindings: &Rc<Bindings>, arguments: MultiValue) -> Result<(), ApiError> {
    let name = text(&arguments, 0, "events.register", "name")?;
    let function = handler_argument(&arguments, &format!("the handler of `{name}`"))?;
    known_event(&name)?;
    let options = handler_options(arguments.get(2))?;
    let handler: HandlerName = (name, options.key.unwrap_or_else(|| KEY_DEFAULT.to_owned()));
    let generation = &bindings.generation;
    let known = generation.declarations.borrow().handlers.iter().position(|declared| declared.name == handler);
    if !bindings.context()?.is_loading() {
        let same = known.is_some_and(|at| bindings.functions.borrow().handlers.get(at) == Some(&function));
        if !same {
            return Err(ApiError::new(format!(
                "no handler of `{}` with key {:?} and this function was declared while the mod loaded",
                handler.0, handler.1
            ))
            .help("register it in top-level code, with `enabled = false` if it is to start later: a reload must find it by its name"));
        }
        bindings.context()?.set_subscription(generation, &handler, true);
        return Ok(());
    }
    let location = location(lua);
    let declaration = HandlerDeclaration { name: handler, priority: options.priority, enabled: options.enabled, location };
    let mut declarations = generation.declarations.borrow_mut();
    let mut functions = bindings.functions.borrow_mut();
    match known {
        Some(at) => {
            // A handler is (mod, event, key): the second of the same name replaces the first (seed-corrections 52).
            let (event, key) = &declaration.name;
            let earlier = declarations.handlers[at].location.as_ref().map_or(String::new(), |earlier| format!(" (was {earlier})"));
            let warning = format!(
                "{}the handler of `{event}` with key {key:?} replaces an earlier one{earlier}; give each a key of its own: \
                 colony.events.register(\"{event}\", fn, {{ key = \"...\" }})",
                at_line(&declaration)
            );
            declarations.warnings.push(warning);
            declarations.handlers[at] = declaration;
            functions.handlers[at] = function;
        }
        None => {
            declarations.handlers.push(declaration);
            functions.handlers.push(function);
        }
    }
    Ok(())
}

fn at_line(declaration: &HandlerDeclaration) -> String {
    at(declaration.location.as_ref())
}

fn unregister(_: &Lua, bindings: &Rc<Bindings>, arguments: MultiValue) -> Result<(), ApiError> {
    let name = text(&arguments, 0, "events.unregister", "name")?;
    let key = match arguments.get(1) {
        None | Some(mlua::Value::Nil) => KEY_DEFAULT.to_owned(),
        Some(_) => text(&arguments, 1, "events.unregister", "key")?,
    };
    known_event(&name)?;
    let handler = (name, key);
    let declared = bindings.generation.declarations.borrow().handlers.iter().any(|declared| declared.name == handler);
    if !declared {
        return Err(ApiError::new(format!("no handler of `{}` with key {:?} was declared", handler.0, handler.1)));
    }
    bindings.context()?.set_subscription(&bindings.generation, &handler, false);
    Ok(())
}

fn emit(_: &Lua, bindings: &Rc<Bindings>, arguments: MultiValue) -> Result<(), ApiError> {
    let name = text(&arguments, 0, "events.emit", "name")?;
    let payload = match arguments.get(1) {
        Some(value) => from_lua(value).map_err(|problem| ApiError::new(problem.message("payload")))?,
        None => None,
    };
    bindings.context()?.emit(&bindings.generation, &name, payload)
}

fn define(lua: &Lua, bindings: &Rc<Bindings>, arguments: MultiValue) -> Result<(), ApiError> {
    bindings.require_loading("colony.state.define declares the state", "move it out of the handler")?;
    let value = arguments.get(0).map(from_lua).transpose().map_err(|problem| ApiError::new(problem.message("defaults")))?.flatten();
    let Some(Value::Map(defaults)) = value else {
        return Err(ApiError::new("colony.state.define expects a table of names and defaults")
            .help("for example colony.state.define({ urgent = 0, by_kind = {} })"));
    };
    let mut declarations = bindings.generation.declarations.borrow_mut();
    if let Some((_, earlier)) = &declarations.shape {
        return Err(ApiError::new(format!("the state was already defined: {}", at(earlier.as_ref()).trim_end_matches(": "))));
    }
    declarations.shape = Some((defaults, location(lua)));
    Ok(())
}

fn migrate(lua: &Lua, bindings: &Rc<Bindings>, arguments: MultiValue) -> Result<(), ApiError> {
    if bindings.context()?.phase() != crate::context::Phase::TopLevel {
        return Err(ApiError::new("colony.state.migrate is for top-level code: migrations run before mod_loaded"));
    }
    let range = text(&arguments, 0, "state.migrate", "range")?;
    let function = handler_argument(&arguments, &format!("the migration `{range}`"))?;
    let parsed = VersionReq::parse(&range).map_err(|error| {
        ApiError::new(format!("`{range}` is not a range of versions: {error}")).help("for example \"<1.1.0\" or \">=1.0.0, <2.0.0\"")
    })?;
    let declaration = MigrationDeclaration { range: parsed, text: range, location: location(lua) };
    bindings.generation.declarations.borrow_mut().migrations.push(declaration);
    bindings.functions.borrow_mut().migrations.push(function);
    Ok(())
}

fn get_mod_state(lua: &Lua, bindings: &Rc<Bindings>, arguments: MultiValue) -> Result<mlua::Value, ApiError> {
    let id = text(&arguments, 0, "state.get_mod_state", "mod_id")?;
    let state = bindings.context()?.get_mod_state(&bindings.generation, &id)?;
    optional_to_lua(lua, state.as_ref()).map_err(|error| ApiError::new(error.to_string()))
}

fn save_mod_state(_: &Lua, bindings: &Rc<Bindings>, arguments: MultiValue) -> Result<(), ApiError> {
    let id = text(&arguments, 0, "state.save_mod_state", "mod_id")?;
    let value = arguments.get(1).map(from_lua).transpose().map_err(|problem| ApiError::new(problem.message("state")))?.flatten();
    let Some(value) = value else {
        return Err(ApiError::new("colony.state.save_mod_state expects a state, found nil"));
    };
    bindings.context()?.save_mod_state(&bindings.generation, &id, value)
}

fn timer(lua: &Lua, bindings: &Rc<Bindings>, arguments: MultiValue, repeat: bool) -> Result<(), ApiError> {
    let function = if repeat { "time.every" } else { "time.after" };
    let name = text(&arguments, 0, function, "name")?;
    let ticks = match arguments.get(1).map(from_lua) {
        Some(Ok(Some(Value::Integer(ticks)))) if ticks >= 1 => ticks as u64,
        other => {
            let found = match other {
                Some(Ok(Some(value))) => value.to_string(),
                _ => "no number".to_owned(),
            };
            return Err(ApiError::new(format!("`ticks` of colony.{function} must be a whole number from 1, found {found}")));
        }
    };
    let context = bindings.context()?;
    let third = arguments.get(2).cloned().unwrap_or(mlua::Value::Nil);
    if context.is_loading() && let mlua::Value::Function(handler) = third {
        return declare(lua, bindings, name, handler, Some((ticks, repeat)));
    }
    if matches!(third, mlua::Value::Function(_)) {
        return Err(ApiError::new(format!("the function of timer `{name}` must be declared while the mod loads"))
            .help(format!("write colony.time.declare(\"{name}\", fn) in top-level code, and colony.{function}(\"{name}\", {ticks}) here")));
    }
    let generation = &bindings.generation;
    if !generation.declarations.borrow().timers.contains_key(&name) {
        return Err(unknown_timer(generation, &name));
    }
    let value = from_lua(&third).map_err(|problem| ApiError::new(problem.message("value")))?;
    let declared = generation.state.borrow().timers.get(&name).and_then(|timer| timer.declared);
    let due = Some(context.tick().saturating_add(ticks));
    context.set_timer(generation, &name, Some(Timer { due, interval: repeat.then_some(ticks), declared, value }))
}

fn declare_timer(lua: &Lua, bindings: &Rc<Bindings>, arguments: MultiValue) -> Result<(), ApiError> {
    let name = text(&arguments, 0, "time.declare", "name")?;
    let function = handler_argument(&arguments, &format!("the function of timer `{name}`"))?;
    bindings.require_loading("colony.time.declare declares a timer", "move it out of the handler")?;
    declare(lua, bindings, name, function, None)
}

fn declare(
    lua: &Lua,
    bindings: &Rc<Bindings>,
    name: String,
    function: Function,
    start: Option<(u64, bool)>,
) -> Result<(), ApiError> {
    let mut declarations = bindings.generation.declarations.borrow_mut();
    if declarations.timers.contains_key(&name) {
        return Err(ApiError::new(format!("timer `{name}` was already declared")).help("give each timer a name of its own"));
    }
    declarations.timers.insert(name.clone(), TimerDeclaration { start, location: location(lua) });
    bindings.functions.borrow_mut().timers.insert(name, function);
    Ok(())
}

fn cancel_timer(_: &Lua, bindings: &Rc<Bindings>, arguments: MultiValue) -> Result<(), ApiError> {
    let name = text(&arguments, 0, "time.cancel", "name")?;
    let generation = &bindings.generation;
    if !generation.declarations.borrow().timers.contains_key(&name) {
        return Err(unknown_timer(generation, &name));
    }
    let context = bindings.context()?;
    let running = generation.state.borrow().timers.get(&name).cloned();
    match running {
        // Kept without a due tick: a timer that is gone would be started anew by the next reload.
        Some(timer) => context.set_timer(generation, &name, Some(Timer { due: None, ..timer })),
        None => Ok(()),
    }
}

fn unknown_timer(generation: &Generation, name: &str) -> ApiError {
    let error = ApiError::new(format!("no timer `{name}` was declared"));
    let declarations = generation.declarations.borrow();
    match nearest(name, declarations.timers.keys().map(String::as_str)) {
        Some(near) => error.help(format!("did you mean `{near}`?")),
        None => error.help(format!("write colony.time.declare(\"{name}\", fn) in top-level code")),
    }
}

fn export(_: &Lua, bindings: &Rc<Bindings>, arguments: MultiValue) -> Result<(), ApiError> {
    let name = text(&arguments, 0, "mods.export", "name")?;
    let function = handler_argument(&arguments, &format!("the exported function `{name}`"))?;
    bindings.require_loading("colony.mods.export offers functions", "move it out of the handler")?;
    bindings.generation.declarations.borrow_mut().exports.insert(name.clone());
    bindings.functions.borrow_mut().exports.insert(name, function);
    Ok(())
}

fn mods_get(lua: &Lua, bindings: &Rc<Bindings>, exports_of: Function) -> mlua::Result<Function> {
    bind(lua, bindings, move |_, bindings, arguments| {
        let id = text(&arguments, 0, "mods.get", "mod_id")?;
        bindings.context()?.dependency(&bindings.generation, &id)?;
        exports_of.call::<mlua::Value>(id).map_err(|error| ApiError::new(error.to_string()))
    })
}

#[derive(Default)]
struct HandlerOptions {
    key: Option<String>,
    priority: i64,
    enabled: bool,
}

fn handler_options(options: Option<&mlua::Value>) -> Result<HandlerOptions, ApiError> {
    let mut parsed = HandlerOptions { enabled: true, ..HandlerOptions::default() };
    let value = options.map(from_lua).transpose().map_err(|problem| ApiError::new(problem.message("options")))?.flatten();
    let map = match value {
        None => return Ok(parsed),
        Some(Value::Map(map)) => map,
        Some(other) => return Err(ApiError::new(format!("`options` of colony.events.register must be a table, found a {}", other.type_name()))),
    };
    for (name, value) in map {
        match (name.as_str(), value) {
            ("key", Value::Text(key)) => parsed.key = Some(key),
            ("priority", Value::Integer(priority)) => parsed.priority = priority,
            ("enabled", Value::Boolean(enabled)) => parsed.enabled = enabled,
            (known @ ("key" | "priority" | "enabled"), value) => {
                return Err(ApiError::new(format!("option `{known}` of colony.events.register cannot be {value}"))
                    .help("key is a string, priority a whole number, enabled true or false"));
            }
            (unknown, _) => {
                let error = ApiError::new(format!("colony.events.register has no option `{unknown}`"));
                return Err(match nearest(unknown, ["key", "priority", "enabled"]) {
                    Some(near) => error.help(format!("did you mean `{near}`?")),
                    None => error.help("its options: key, priority, enabled"),
                });
            }
        }
    }
    Ok(parsed)
}

fn text(arguments: &MultiValue, at: usize, function: &str, name: &str) -> Result<String, ApiError> {
    match arguments.get(at) {
        Some(mlua::Value::String(text)) => match text.to_str() {
            Ok(text) => Ok(text.to_owned()),
            Err(_) => Err(ApiError::new(format!("`{name}` of colony.{function} must be UTF-8"))),
        },
        other => {
            let found = other.map_or("nothing", mlua::Value::type_name);
            Err(ApiError::new(format!("`{name}` of colony.{function} must be a string, found {found}")))
        }
    }
}

fn handler_argument(arguments: &MultiValue, what: &str) -> Result<Function, ApiError> {
    match arguments.get(1) {
        Some(mlua::Value::Function(function)) => Ok(function.clone()),
        // seed-corrections 51
        None | Some(mlua::Value::Nil) => Err(ApiError::new(format!("{what} is nil, expected a function"))
            .help("a `local function` must stand above the line that uses it")),
        Some(other) => Err(ApiError::new(format!("{what} is a {}, expected a function", other.type_name()))),
    }
}

fn known_event(name: &str) -> Result<(), ApiError> {
    if event(name).is_some() || name.contains(':') {
        return Ok(());
    }
    let error = ApiError::new(format!("there is no event `{name}`"));
    Err(match nearest(name, event_names()) {
        Some(near) => error.help(format!("did you mean `{near}`?")),
        None => error.help("events of other mods are named `mod_id:name`"),
    })
}
