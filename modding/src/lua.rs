//! Mods in Lua: Luau's interpreter, one virtual machine for each mod.
//!
//! It never generates code, never reads a clock, and gives a mod nothing of the machine it runs on.

mod bindings;
mod convert;
mod errors;
mod interrupt;
mod library;
mod require;
mod sandbox;
mod scripts;
mod source;
mod storage;

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::fmt;
use std::rc::Rc;

use mlua::{Function, MultiValue};

use crate::api::{EventDescription, event};
use crate::context::{Bound, Context};
use crate::error::{GuestError, Location};
use crate::generation::Generation;
use crate::limits::{
    MEMORY_BYTES_COLLECT, MEMORY_BYTES_KEPT_MAX, MEMORY_BYTES_PER_CALL_MAX, SNAPSHOT_BYTES_MAX,
};
use crate::runtime::{Event, EventContent, MigratedState, ModRuntime};
use crate::storage::Storage;
use crate::value::Value;

use bindings::{Bindings, Functions};
use errors::{HOST_CHUNK, guest_error};
use sandbox::Sandbox;
pub(crate) use scripts::Scripts;
use storage::{Scratch, StorageProxy};

/// One mod's virtual machine.
pub(crate) struct LuaRuntime {
    sandbox: Sandbox,
    bindings: Rc<Bindings>,
    entry: String,
    scripts: Rc<Scripts>,
    /// Functions that build an event's table and call a handler with it, by event.
    builders: RefCell<BTreeMap<String, Function>>,
    /// Memory in use, in bytes, above which garbage is collected after a call.
    collect_above: Cell<usize>,
    /// Whether more was left after the last collection than a mod may keep.
    keeps_too_much: Cell<bool>,
}

impl LuaRuntime {
    /// A virtual machine for a generation, its code not yet run.
    ///
    /// # Errors
    /// Out of memory.
    pub(crate) fn new(
        context: &Rc<Context>,
        generation: &Rc<Generation>,
        entry: &str,
        scripts: Scripts,
    ) -> Result<LuaRuntime, GuestError> {
        let scripts = Rc::new(scripts);
        let bindings = Rc::new(Bindings {
            context: Rc::downgrade(context),
            generation: generation.clone(),
            functions: RefCell::new(Functions::default()),
            traversed: Rc::default(),
        });
        let sandbox =
            sandbox::new_sandbox(&bindings, |lua| require::require_function(lua, &scripts))
                .map_err(|error| guest_error(context, &error))?;
        let collect_above = Cell::new(MEMORY_BYTES_COLLECT);
        Ok(LuaRuntime {
            sandbox,
            bindings,
            entry: entry.to_owned(),
            scripts,
            builders: RefCell::default(),
            collect_above,
            keeps_too_much: Cell::new(false),
        })
    }

    fn guest<T>(&self, result: mlua::Result<T>) -> Result<T, GuestError> {
        result.map_err(|error| match self.bindings.context() {
            Ok(context) => guest_error(&context, &error),
            Err(_) => GuestError::new(error.to_string()),
        })
    }

    fn to_lua(&self, value: Option<&Value>) -> mlua::Result<mlua::Value> {
        convert::optional_to_lua(&self.sandbox.lua, value)
    }

    fn builder(&self, name: &str) -> mlua::Result<Function> {
        if let Some(builder) = self.builders.borrow().get(name) {
            return Ok(builder.clone());
        }
        let source = builder_source(name, event(name));
        let builder: Function = self
            .sandbox
            .lua
            .load(source)
            .set_name(format!("={HOST_CHUNK}"))
            .eval()?;
        self.builders
            .borrow_mut()
            .insert(name.to_owned(), builder.clone());
        Ok(builder)
    }

    fn dispatch(&self, handler: Function, event: &Event) -> mlua::Result<()> {
        let mut arguments = MultiValue::with_capacity(10);
        arguments.push_back(mlua::Value::Function(handler));
        arguments.push_back(mlua::Value::Number(event.tick as f64));
        match &event.content {
            EventContent::Fields(fields) => {
                for field in fields {
                    arguments.push_back(self.to_lua(field.as_ref())?);
                }
            }
            EventContent::Payload(payload) => arguments.push_back(self.to_lua(payload.as_ref())?),
        }
        self.builder(&event.name)?.call::<()>(arguments)
    }
}

/// What a migration left: the state it was given, changed, or another one that it returned.
fn migrated_state(
    bindings: &Bindings,
    result: &mlua::Value,
    scratch: &Rc<Scratch>,
    location: Option<Location>,
) -> Result<MigratedState, GuestError> {
    let changed_in_place = match result {
        mlua::Value::Nil => true,
        mlua::Value::UserData(data) => data
            .borrow::<StorageProxy>()
            .is_ok_and(|proxy| proxy.is_whole_of(scratch)),
        _ => false,
    };
    if changed_in_place && let Value::Map(state) = scratch.storage.borrow().to_value() {
        return Ok(MigratedState {
            state,
            writes: scratch.writes.borrow().clone(),
        });
    }
    let returned = bindings
        .copy(result, "state")
        .map_err(|error| GuestError::new(error.message))?;
    let Some(Value::Map(state)) = returned else {
        let found = returned.map_or("nil", |value| value.type_name());
        let message =
            format!("a migration must return the state, a table of names; found a {found}");
        return Err(GuestError {
            location,
            ..GuestError::new(message)
        });
    };
    let writes = location.map(|location| {
        state
            .keys()
            .map(|key| (key.clone(), location.clone()))
            .collect()
    });
    Ok(MigratedState {
        state,
        writes: writes.unwrap_or_default(),
    })
}

/// Luau that takes a handler, the tick and an event's fields as scalars and builds the event's table on Luau's side, where a
/// table costs an eighth of what it costs from outside.
fn builder_source(name: &str, description: Option<&EventDescription>) -> String {
    let fields = description.map_or(&[][..], |description| description.fields);
    let mut groups: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for (at, field) in fields.iter().enumerate() {
        let (group, name) = field.path.split_once('.').unwrap_or(("", field.path));
        groups
            .entry(group)
            .or_default()
            .push(format!("{name} = a{at}"));
    }
    let parameters: String = (0..fields.len()).map(|at| format!(", a{at}")).collect();
    if description.is_none() {
        return format!(
            "return function(handler, tick, payload) handler({{ name = {name:?}, tick = tick, payload = payload }}) end"
        );
    }
    let entries: String = groups
        .iter()
        .map(|(group, entries)| match *group {
            "" => format!(", {}", entries.join(", ")),
            group => format!(", {group} = {{ {} }}", entries.join(", ")),
        })
        .collect();
    format!(
        "return function(handler, tick{parameters}) handler({{ name = {name:?}, tick = tick{entries} }}) end"
    )
}

impl ModRuntime for LuaRuntime {
    fn top_level(&self) -> Result<(), GuestError> {
        let run = || {
            self.scripts
                .load(&self.sandbox.lua, &self.entry)?
                .call::<()>(())
        };
        self.guest(run())
    }

    fn handle(&self, handler: usize, event: &Event) -> Result<(), GuestError> {
        let function = self
            .bindings
            .functions
            .borrow()
            .handlers
            .get(handler)
            .cloned();
        let Some(function) = function else {
            return Err(GuestError::new(format!(
                "no handler {handler} was declared"
            )));
        };
        self.guest(self.dispatch(function, event))
    }

    fn fire(&self, timer: &str, tick: u64, value: Option<&Value>) -> Result<(), GuestError> {
        let function = self.bindings.functions.borrow().timers.get(timer).cloned();
        let Some(function) = function else {
            return Err(GuestError::new(format!("no timer `{timer}` was declared")));
        };
        let call = || {
            let table = self.sandbox.lua.create_table()?;
            table.raw_set("name", timer)?;
            table.raw_set("tick", tick as f64)?;
            table.raw_set("value", self.to_lua(value)?)?;
            function.call::<()>(table)
        };
        self.guest(call())
    }

    fn export(
        &self,
        name: &str,
        arguments: &[Option<Value>],
    ) -> Result<Vec<Option<Value>>, GuestError> {
        let function = self.bindings.functions.borrow().exports.get(name).cloned();
        let Some(function) = function else {
            return Err(GuestError::new(format!(
                "no function `{name}` was exported"
            )));
        };
        let call = || {
            let arguments: mlua::Result<MultiValue> = arguments
                .iter()
                .map(|value| self.to_lua(value.as_ref()))
                .collect();
            function.call::<MultiValue>(arguments?)
        };
        let results = self.guest(call())?;
        let converted = results.iter().enumerate().map(|(at, value)| {
            self.bindings
                .copy(value, &format!("result {} of {name}", at + 1))
                .map_err(|error| GuestError::new(error.message))
        });
        converted.collect()
    }

    fn migrate(
        &self,
        migration: usize,
        state: &BTreeMap<String, Value>,
    ) -> Result<MigratedState, GuestError> {
        let function = self
            .bindings
            .functions
            .borrow()
            .migrations
            .get(migration)
            .cloned();
        let Some(function) = function else {
            return Err(GuestError::new(format!(
                "no migration {migration} was declared"
            )));
        };
        let storage = Storage::from_value(&Value::Map(state.clone()), SNAPSHOT_BYTES_MAX as u64)
            .map_err(|error| GuestError::new(error.to_string()))?;
        let scratch = Rc::new(Scratch {
            storage: RefCell::new(storage),
            writes: RefCell::default(),
        });
        let proxy = StorageProxy::migration(&self.bindings, &scratch);
        let call = || function.call::<mlua::Value>(self.sandbox.lua.create_userdata(proxy)?);
        let result = self.guest(call())?;
        let declarations = self.bindings.generation.declarations.borrow();
        let location = declarations
            .migrations
            .get(migration)
            .and_then(|declared| declared.location.clone());
        migrated_state(&self.bindings, &result, &scratch, location)
    }

    fn enter(&self) -> Result<(), Bound> {
        if self.keeps_too_much.get() {
            return Err(Bound::Memory);
        }
        let lua = &self.sandbox.lua;
        // A collection starts the collector again, and so does mlua when it registers a type; it paces itself by the clock.
        lua.gc_stop();
        // What a call allocates is counted; this is for a single allocation that is out of all bounds.
        let limit = lua.set_memory_limit(lua.used_memory() + 2 * MEMORY_BYTES_PER_CALL_MAX);
        limit.map(drop).map_err(|_| Bound::Memory)
    }

    fn rest(&self) {
        if self.bindings.traversed.take() {
            // Forgetting key lists runs no code of the mod and cannot fail.
            drop(self.sandbox.rest.call::<()>(()));
        }
        let lua = &self.sandbox.lua;
        if lua.used_memory() > self.collect_above.get() && lua.gc_collect().is_ok() {
            self.collect_above
                .set(MEMORY_BYTES_COLLECT.max(2 * lua.used_memory()));
            self.keeps_too_much
                .set(lua.used_memory() > MEMORY_BYTES_KEPT_MAX);
        }
    }
}

impl fmt::Debug for LuaRuntime {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "LuaRuntime({})",
            self.bindings.generation.bundle().display_path(&self.entry)
        )
    }
}
