//! An instance of a component: its store, and the functions of it that are called.

use std::collections::BTreeMap;
use std::rc::Rc;

use wasmtime::Store;
use wasmtime::component::{ComponentNamedList, ComponentType, Instance, Lift, Lower, TypedFunc};

use crate::api::ApiError;
use crate::context::Context;
use crate::error::GuestError;
use crate::generation::Generation;
use crate::limits::MEMORY_BYTES_PER_CALL_MAX;
use crate::runtime::{Event, MigratedState};
use crate::value::Value;

use super::engine::Compiled;
use super::errors::guest_error;
use super::events::Port;
use super::guest::{Guest, pay_fuel, refuel};
use super::interfaces::event_interfaces;
use super::state::replace;
use super::tree::{Tree, tree_bytes, tree_of, value_of};
use super::words::in_words_of_wit;

/// See the [module](self).
pub(super) struct Live {
    store: Store<Guest>,
    instance: Instance,
    save: Option<TypedFunc<(), (Option<Tree>,)>>,
    /// What hears the event at each position, looked up at the first of each.
    handlers: Vec<Option<Handler>>,
}

/// What hears one event.
struct Handler {
    /// As messages name it.
    export: String,
    port: Port,
}

impl Handler {
    /// What hears the event at a position.
    ///
    /// # Errors
    /// A component that does not export it.
    fn new(
        store: &mut Store<Guest>,
        instance: &Instance,
        position: usize,
    ) -> Result<Handler, GuestError> {
        let interface = event_interfaces().nth(position).unwrap_or_default();
        let compiled = store.data().compiled.clone();
        let function = compiled
            .export(&interface, "handle")
            .and_then(|index| instance.get_func(&mut *store, index));
        let export = format!("{interface}.handle");
        match function {
            Some(function) => Ok(Handler {
                export,
                port: Port::new(store, function, position),
            }),
            None => Err(not_exported(&compiled, &export)),
        }
    }
}

/// `timer` of colony.wit.
#[derive(Clone, Debug, ComponentType, Lower)]
#[component(record)]
struct Timer {
    name: String,
    tick: i64,
    value: Tree,
}

impl Live {
    /// Makes an instance, which runs what a core module starts with.
    ///
    /// # Errors
    /// What that raised, and more memory than a component may have.
    pub(super) fn instantiate(context: &Context, guest: Guest) -> Result<Live, GuestError> {
        let compiled = guest.compiled.clone();
        let component = compiled.instance();
        let mut store = Store::new(component.component().engine(), guest);
        store.limiter(|guest| &mut guest.limits);
        store.set_hostcall_fuel(MEMORY_BYTES_PER_CALL_MAX);
        let instantiate = |store: &mut Store<Guest>| component.instantiate(store);
        let instance = metered(&mut store, context, "instantiate", instantiate)?;
        let mut live = Live {
            store,
            instance,
            save: None,
            handlers: Vec::new(),
        };
        if compiled.exports("kept-state") {
            live.save = Some(live.typed("kept-state", "save")?);
        }
        Ok(live)
    }

    /// Runs the code that declares.
    ///
    /// # Errors
    /// What it raised.
    pub(super) fn load(&mut self, context: &Context) -> Result<(), GuestError> {
        let load: TypedFunc<(), ()> = self.typed("entry", "load")?;
        metered(&mut self.store, context, "entry.load", |store| {
            load.call(store, ())
        })?;
        self.store.data_mut().has_loaded();
        Ok(())
    }

    /// Gives the component the storage, if it keeps its state in its memory, and returns what the component has made of it, where it says
    /// that it has made something else.
    ///
    /// # Errors
    /// What it raised.
    pub(super) fn restore(
        &mut self,
        context: &Context,
        generation: &Rc<Generation>,
    ) -> Result<Option<BTreeMap<String, Value>>, GuestError> {
        if self.save.is_none() {
            return Ok(None);
        }
        let storage = generation.state.borrow().storage.to_value();
        if storage == Value::empty() {
            return Ok(None);
        }
        let restore: TypedFunc<(Tree,), ()> = self.typed("kept-state", "restore")?;
        let tree = tree_of(Some(&storage));
        metered(&mut self.store, context, "kept-state.restore", |store| {
            restore.call(store, (tree,))
        })?;
        self.saved(context)
    }

    /// Takes the state that the component keeps in its memory over into the storage, if it has changed. Invariant (I2): after each call
    /// that changed it and before the next, for a call that fails takes the memory with it.
    ///
    /// # Errors
    /// What the component raised, and what the storage refuses.
    pub(super) fn save(
        &mut self,
        context: &Context,
        generation: &Rc<Generation>,
    ) -> Result<(), GuestError> {
        match self.saved(context)? {
            Some(state) => replace(context, generation, state).map_err(|error| self.refused(error)),
            None => Ok(()),
        }
    }

    /// The state that the component keeps in its memory, if it has changed.
    fn saved(&mut self, context: &Context) -> Result<Option<BTreeMap<String, Value>>, GuestError> {
        let Some(save) = &self.save else {
            return Ok(None);
        };
        let guest = self.store.data();
        if guest.tells_of_changes && !guest.has_changed {
            return Ok(None);
        }
        let (saved,) = metered(&mut self.store, context, "kept-state.save", |store| {
            save.call(store, ())
        })?;
        let Some(tree) = saved else { return Ok(None) };
        self.paid(context, "kept-state.save", tree_bytes(&tree))?;
        match value_of(tree, "the state").map_err(|error| self.refused(error))? {
            Some(Value::Map(state)) => Ok(Some(state)),
            other => {
                let found = other.map_or("nothing".to_owned(), |value| value.to_string());
                Err(self.refused(ApiError::new(format!(
                    "the state must be a table of names, found {found}"
                ))))
            }
        }
    }

    /// Why what the component gave as its state is none.
    fn refused(&self, error: ApiError) -> GuestError {
        let place = self.place("kept-state.save");
        GuestError {
            help: error.help.as_deref().map(in_words_of_wit),
            ..GuestError::new(format!("{place}: {}", in_words_of_wit(&error.message)))
        }
    }

    /// A call begins, in which the state has not changed and nothing was refused yet.
    pub(super) fn begin_call(&mut self) {
        let guest = self.store.data_mut();
        guest.has_changed = false;
        guest.refused = None;
    }

    /// Calls a handler.
    ///
    /// # Errors
    /// What it raised.
    pub(super) fn handle(
        &mut self,
        context: &Context,
        position: usize,
        function: u32,
        event: &Event,
    ) -> Result<(), GuestError> {
        if self.handlers.len() <= position {
            self.handlers.resize_with(position + 1, || None);
        }
        let handler = match &mut self.handlers[position] {
            Some(known) => known,
            none => none.insert(Handler::new(&mut self.store, &self.instance, position)?),
        };
        let port = &mut handler.port;
        metered(&mut self.store, context, &handler.export, |store| {
            port.call(store, function, event)
        })
    }

    /// Calls the function of a timer.
    ///
    /// # Errors
    /// What it raised.
    pub(super) fn fire(
        &mut self,
        context: &Context,
        function: u32,
        name: &str,
        tick: u64,
        value: Option<&Value>,
    ) -> Result<(), GuestError> {
        let fire: TypedFunc<(u32, Timer), ()> = self.typed("timers", "fire")?;
        let timer = Timer {
            name: name.to_owned(),
            tick: i64::try_from(tick).unwrap_or(i64::MAX),
            value: tree_of(value),
        };
        metered(&mut self.store, context, "timers.fire", |store| {
            fire.call(store, (function, timer))
        })
    }

    /// Calls a function that the mod offers to others.
    ///
    /// # Errors
    /// What it raised, and results that are no values.
    pub(super) fn export(
        &mut self,
        context: &Context,
        function: u32,
        name: &str,
        arguments: &[Option<Value>],
    ) -> Result<Vec<Option<Value>>, GuestError> {
        let call: TypedFunc<(u32, Vec<Tree>), (Vec<Tree>,)> = self.typed("exports", "call")?;
        let trees = arguments
            .iter()
            .map(|value| tree_of(value.as_ref()))
            .collect();
        let (results,) = metered(&mut self.store, context, "exports.call", |store| {
            call.call(store, (function, trees))
        })?;
        let bytes = results.iter().map(tree_bytes).sum();
        self.paid(context, "exports.call", bytes)?;
        let results = results.into_iter().enumerate();
        let results =
            results.map(|(at, tree)| value_of(tree, &format!("result {} of {name}", at + 1)));
        let results: Result<_, _> = results.collect();
        results.map_err(|error| GuestError::new(error.message))
    }

    /// Runs a migration.
    ///
    /// # Errors
    /// What it raised, and a result that is not a state.
    pub(super) fn migrate(
        &mut self,
        context: &Context,
        function: u32,
        state: &BTreeMap<String, Value>,
    ) -> Result<MigratedState, GuestError> {
        let migrate: TypedFunc<(u32, Tree), (Tree,)> = self.typed("migrations", "migrate")?;
        let tree = tree_of(Some(&Value::Map(state.clone())));
        let (migrated,) = metered(&mut self.store, context, "migrations.migrate", |store| {
            migrate.call(store, (function, tree))
        })?;
        self.paid(context, "migrations.migrate", tree_bytes(&migrated))?;
        let migrated = value_of(migrated, "state");
        match migrated.map_err(|error| GuestError::new(error.message))? {
            Some(Value::Map(state)) => Ok(MigratedState {
                state,
                writes: BTreeMap::new(),
            }),
            other => {
                let found = other.map_or("nil", |value| value.type_name());
                Err(GuestError::new(format!(
                    "a migration must return the state, a table of names; found a {found}"
                )))
            }
        }
    }

    /// A function that the component exports, with the types that colony.wit says.
    fn typed<P, R>(
        &mut self,
        interface: &str,
        function: &str,
    ) -> Result<TypedFunc<P, R>, GuestError>
    where
        P: ComponentNamedList + Lower,
        R: ComponentNamedList + Lift,
    {
        let compiled = self.store.data().compiled.clone();
        let export = format!("{interface}.{function}");
        let Some(index) = compiled.export(interface, function) else {
            return Err(not_exported(&compiled, &export));
        };
        let typed = self.instance.get_typed_func(&mut self.store, index);
        typed.map_err(|error| {
            GuestError::new(format!(
                "{} is not as colony.wit has it: {}",
                self.place(&export),
                error.root_cause()
            ))
        })
    }

    fn place(&self, export: &str) -> String {
        format!("`{export}` of {}", self.store.data().compiled.file())
    }

    /// Pays for bytes that were copied out of the component.
    fn paid(&self, context: &Context, export: &str, bytes: u64) -> Result<(), GuestError> {
        context.meter().charge(bytes).map_err(|bound| {
            let error = context.bound_error(bound);
            GuestError {
                message: format!("{}: {}", self.place(export), error.message),
                ..error
            }
        })
    }
}

fn not_exported(compiled: &Compiled, export: &str) -> GuestError {
    GuestError::new(format!("{} does not export `{export}`", compiled.file()))
}

/// Runs code of the component on the fuel that the call has left.
fn metered<T>(
    store: &mut Store<Guest>,
    context: &Context,
    export: &str,
    call: impl FnOnce(&mut Store<Guest>) -> wasmtime::Result<T>,
) -> Result<T, GuestError> {
    let result = refuel(&mut *store, context).and_then(|()| call(&mut *store));
    let paid = pay_fuel(&mut *store, context);
    match result.and_then(|result| paid.map(|()| result)) {
        Ok(result) => match context.meter().exhausted() {
            // A bound that the call ran into on its last instruction.
            Some(bound) => Err(context.bound_error(bound)),
            None => Ok(result),
        },
        Err(error) => Err(guest_error(context, store.data_mut(), export, &error)),
    }
}
