//! Mods in Lua: Luau's interpreter, one virtual machine for each mod.
//!
//! It never generates code, never reads a clock, and gives a mod nothing of the machine it runs on.

mod batches;
mod bindings;
mod convert;
mod errors;
pub mod findings;
mod interrupt;
mod left_out;
mod library;
mod require;
mod sandbox;
mod scripts;
mod source;
mod storage;
mod unit_test;

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::fmt;
use std::rc::Rc;

use mlua::{Either, Function, MultiValue};

use crate::api::{EventDescription, event};
use crate::context::{Bound, CallUse, Context, Phase, at_the_host_s_cost, weigh_steps};
use crate::error::{GuestError, Location};
use crate::generation::Generation;
use crate::limits::{
    LONG_TEXT_BYTES, MEMORY_BYTES_COLLECT, MEMORY_BYTES_KEPT_MAX, MEMORY_BYTES_PER_CALL_MAX,
    SNAPSHOT_BYTES_MAX,
};
use crate::perturbation::Perturbed;
use crate::runtime::{Event, EventContent, MigratedState, ModRuntime};
use crate::storage::Storage;
use crate::value::Value;

use bindings::{Bindings, Functions};
use errors::{HOST_CHUNK, guest_error};
use left_out::explained;
use sandbox::Sandbox;
pub(crate) use scripts::{KnownScripts, Scripts};
use storage::{Proxies, Scratch, StorageProxy};
pub(crate) use unit_test::TestMachine;

/// One mod's virtual machine.
pub(crate) struct LuaRuntime {
    sandbox: Sandbox,
    bindings: Rc<Bindings>,
    entry: String,
    scripts: Rc<Scripts>,
    /// Functions that make a dispatcher of a handler, by event.
    builders: RefCell<BTreeMap<String, Function>>,
    /// Dispatchers by handler.
    dispatchers: RefCell<Vec<Option<Function>>>,
    /// Bytes allocated since the last collection.
    uncollected: Cell<usize>,
    /// Bytes after whose allocation garbage is collected: as many as are kept, so that collecting costs no more than allocating.
    collect_after: Cell<usize>,
    /// What a step of every call counts at least: by the longest script, and by what top-level code made.
    step_weight: Cell<u64>,
    /// Whether more was left after the last collection than a mod may keep.
    keeps_too_much: Cell<bool>,
    perturbed: Perturbed,
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
        let step_weight = Cell::new(scripts.step_weight());
        let perturbed = context.perturbation_of(generation.id()).begin();
        let scripts = Rc::new(scripts);
        let bindings = Rc::new(Bindings {
            context: Rc::downgrade(context),
            generation: generation.clone(),
            functions: RefCell::new(Functions::default()),
            proxies: Proxies::default(),
            loads_script: Cell::new(false),
            traversed: Rc::default(),
        });
        let sandbox = sandbox::new_sandbox(
            &bindings,
            |lua| require::require_function(lua, &bindings, &scripts),
            |lua, exports_of| bindings::colony_table(lua, &bindings, exports_of),
        )
        .map_err(|error| guest_error(context, &error))?;
        Ok(LuaRuntime {
            sandbox,
            bindings,
            entry: entry.to_owned(),
            scripts,
            builders: RefCell::default(),
            dispatchers: RefCell::default(),
            uncollected: Cell::new(0),
            collect_after: Cell::new(MEMORY_BYTES_COLLECT),
            step_weight,
            keeps_too_much: Cell::new(false),
            perturbed,
        })
    }

    fn guest<T>(&self, result: mlua::Result<T>) -> Result<T, GuestError> {
        result.map_err(|error| match self.bindings.context() {
            Ok(context) => explained(
                guest_error(&context, &error),
                &self.bindings.generation.sources(),
            ),
            Err(_) => GuestError::new(error.to_string()),
        })
    }

    fn to_lua(&self, value: Option<&Value>) -> mlua::Result<mlua::Value> {
        convert::optional_to_lua(&self.sandbox.lua, value)
    }

    /// The function that builds an event's table and calls a handler with it, made at the handler's first event.
    fn dispatcher(&self, handler: usize, event: &str) -> mlua::Result<Option<Function>> {
        if let Some(Some(dispatcher)) = self.dispatchers.borrow().get(handler) {
            return Ok(Some(dispatcher.clone()));
        }
        let Some(function) = self
            .bindings
            .functions
            .borrow()
            .handlers
            .get(&handler)
            .cloned()
        else {
            return Ok(None);
        };
        let dispatcher: Function = at_the_host_s_cost(|| self.builder(event)?.call(function))?;
        // While a mod loads, a handler can still be replaced.
        if !self
            .bindings
            .context()
            .is_ok_and(|context| context.is_loading())
        {
            let mut dispatchers = self.dispatchers.borrow_mut();
            let length = dispatchers.len().max(handler + 1);
            dispatchers.resize(length, None);
            dispatchers[handler] = Some(dispatcher.clone());
        }
        Ok(Some(dispatcher))
    }

    fn builder(&self, name: &str) -> mlua::Result<Function> {
        if let Some(builder) = self.builders.borrow().get(name) {
            return Ok(builder.clone());
        }
        let source = builder_source(name, event(name));
        let chunk = self.sandbox.lua.load(source);
        let builder: Function = chunk.set_name(format!("={HOST_CHUNK}")).eval()?;
        let mut builders = self.builders.borrow_mut();
        builders.insert(name.to_owned(), builder.clone());
        Ok(builder)
    }

    fn dispatch(&self, dispatcher: &Function, event: &Event) -> mlua::Result<()> {
        let tick = event.tick as f64;
        match &event.content {
            EventContent::Payload(payload) => {
                dispatcher.call((tick, self.to_lua(payload.as_ref())?))
            }
            EventContent::Batch(batch) => {
                dispatcher.call(batches::arguments(&self.sandbox.lua, tick, batch)?)
            }
            EventContent::Fields(fields) if fields.is_empty() => dispatcher.call(tick),
            EventContent::Fields(fields)
                if fields.len() <= 8 && fields.iter().flatten().all(is_scalar) =>
            {
                let field = |at: usize| scalar(fields.get(at).and_then(Option::as_ref));
                let (first, second) = (
                    (field(0), field(1), field(2), field(3)),
                    (field(4), field(5), field(6), field(7)),
                );
                dispatcher.call((
                    tick, first.0, first.1, first.2, first.3, second.0, second.1, second.2,
                    second.3,
                ))
            }
            EventContent::Fields(fields) => {
                let mut arguments = MultiValue::with_capacity(1 + fields.len());
                arguments.push_back(mlua::Value::Number(tick));
                for field in fields {
                    arguments.push_back(self.to_lua(field.as_ref())?);
                }
                dispatcher.call(arguments)
            }
        }
    }
}

/// A short scalar on its way to Lua, which needs no reference to be kept on the way.
type Scalar<'a> = Either<Option<f64>, Either<&'a str, bool>>;

fn is_scalar(value: &Value) -> bool {
    match value {
        Value::Text(text) => text.len() <= LONG_TEXT_BYTES,
        value => !matches!(value, Value::List(_) | Value::Map(_)),
    }
}

/// A value that [`is_scalar`]; `nil` for what is not there.
fn scalar(value: Option<&Value>) -> Scalar<'_> {
    match value {
        Some(Value::Integer(number)) => Either::Left(Some(*number as f64)),
        Some(Value::Number(number)) => Either::Left(Some(*number)),
        Some(Value::Text(text)) => Either::Right(Either::Left(text)),
        Some(Value::Boolean(boolean)) => Either::Right(Either::Right(*boolean)),
        Some(Value::List(_) | Value::Map(_)) | None => Either::Left(None),
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

/// Luau that makes, of a handler, a function that takes the tick and an event's fields as scalars and builds the event's table on
/// Luau's side, where a table costs an eighth of what it costs from outside.
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
    // Any text is a name, of a mod's own event at least: three digits for each byte mean the same whatever follows.
    let name: String = name.bytes().map(|byte| format!("\\{byte:03}")).collect();
    let name = format!("\"{name}\"");
    let parameters: String = (0..fields.len()).map(|at| format!(", a{at}")).collect();
    if description.is_none() {
        return format!(
            "return function(handler) return function(tick, payload) handler({{ name = {name}, tick = tick, payload = payload }}) end end"
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
        "return function(handler) return function(tick{parameters}) handler({{ name = {name}, tick = tick{entries} }}) end end"
    )
}

impl ModRuntime for LuaRuntime {
    fn top_level(&self) -> Result<(), GuestError> {
        let run = || {
            self.scripts
                .load(&self.sandbox.lua, &self.bindings, &self.entry)?
                .call::<()>(())
        };
        self.guest(run())
    }

    fn handle(&self, handler: usize, event: &Event) -> Result<(), GuestError> {
        let handle = || match self.dispatcher(handler, &event.name)? {
            Some(dispatcher) => self.dispatch(&dispatcher, event).map(|()| true),
            None => Ok(false),
        };
        let is_known = self.guest(handle());
        if is_known.map_err(|error| batches::with_fields(error, event))? {
            Ok(())
        } else {
            Err(GuestError::new(format!(
                "no handler {handler} was declared"
            )))
        }
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
            .get(&migration)
            .cloned();
        let Some(function) = function else {
            return Err(GuestError::new(format!(
                "no migration {migration} was declared"
            )));
        };
        let storage = Storage::from_value(Value::Map(state.clone()), SNAPSHOT_BYTES_MAX as u64)
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
        // A collection starts the collector again; during a call it would run by the clock.
        debug_assert!(
            !self.sandbox.lua.gc_is_running(),
            "the collector is stopped"
        );
        if self.keeps_too_much.get() {
            return Err(Bound::Memory);
        }
        weigh_steps(self.step_weight.get());
        Ok(())
    }

    fn rest(&self, used: CallUse, phase: Phase) {
        // What top-level code makes it may keep, and go over in every call. It is the same for every machine of these files, which
        // what handlers keep is not.
        if phase == Phase::TopLevel {
            self.step_weight
                .set(self.step_weight.get().max(used.step_weight));
        }
        if used.allocated >= MEMORY_BYTES_PER_CALL_MAX {
            // The call ran into its bound, which left a limit behind.
            drop(self.sandbox.lua.set_memory_limit(0));
        }
        self.bindings.proxies.forget();
        if self.bindings.traversed.take() {
            // Forgetting key lists runs no code of the mod and cannot fail.
            drop(self.sandbox.rest.call::<()>(()));
        }
        let uncollected = self.uncollected.get() + used.allocated;
        self.uncollected.set(uncollected);
        if !self.perturbed.collects_now() && uncollected <= self.collect_after.get() {
            return;
        }
        let lua = &self.sandbox.lua;
        if lua.gc_collect().is_ok() {
            let kept = lua.used_memory();
            self.keeps_too_much.set(kept > MEMORY_BYTES_KEPT_MAX);
            self.collect_after.set(MEMORY_BYTES_COLLECT.max(kept));
            self.uncollected.set(0);
        }
        lua.gc_stop();
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
