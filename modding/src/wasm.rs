//! Mods as components of WebAssembly, built against `modding/api/colony.wit`.
//!
//! A component sees nothing of the machine: no WASI, no clock, no threads. It is compiled once and instantiated for each mod; its memory
//! is like the locals of a script, which a hand-over loses. What it keeps there beyond a call it gives to the host after each call
//! (`kept-state`), so that the host can give it to the next instance; an instance in which a call failed is dropped and made anew, so
//! that a failing call leaves no trace.

mod artefacts;
mod bindings;
mod convert;
mod core_module;
mod engine;
mod errors;
mod events;
mod exports;
mod format;
mod guest;
mod interfaces;
mod invalid;
mod limits;
mod live;
mod source;
mod state;
mod tree;
mod words;

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::fmt;
use std::rc::{Rc, Weak};
use std::sync::Arc;

use crate::context::{Bound, CallUse, Context, Phase};
use crate::error::GuestError;
use crate::generation::Generation;
use crate::limits::STEPS_PER_LOAD_MAX;
use crate::perturbation::Perturbed;
use crate::runtime::{Event, MigratedState, ModRuntime};
use crate::value::Value;

pub use artefacts::{ArtefactStore, keep_artefacts_in};
pub(crate) use engine::Compiled;
pub use engine::compile_ahead;
use guest::{Functions, Guest};
use live::Live;

/// One mod's component, and its instance.
pub(crate) struct WasmRuntime {
    context: Weak<Context>,
    generation: Rc<Generation>,
    compiled: Arc<Compiled>,
    functions: Rc<Functions>,
    live: RefCell<Option<Live>>,
    /// Whether the instance is not to be used again: what it did was taken back, so that its memory is not what it was before.
    stale: Cell<bool>,
    perturbed: Perturbed,
}

impl WasmRuntime {
    /// The machine of a generation, nothing of it run yet.
    pub(crate) fn new(
        context: &Rc<Context>,
        generation: &Rc<Generation>,
        compiled: Arc<Compiled>,
    ) -> WasmRuntime {
        WasmRuntime {
            context: Rc::downgrade(context),
            generation: generation.clone(),
            compiled,
            functions: Rc::default(),
            live: RefCell::default(),
            stale: Cell::new(false),
            perturbed: context.perturbation_of(generation.id()).begin(),
        }
    }

    fn context(&self) -> Result<Rc<Context>, GuestError> {
        self.context
            .upgrade()
            .ok_or_else(|| GuestError::new("the host is gone"))
    }

    /// Makes an instance and runs `load` in it.
    fn begin(&self, context: &Context, is_repetition: bool) -> Result<Live, GuestError> {
        let guest = Guest::new(
            &self.context,
            &self.generation,
            &self.compiled,
            &self.functions,
            is_repetition,
        );
        let mut live = Live::instantiate(context, guest)?;
        live.load(context)?;
        Ok(live)
    }

    /// The instance as it is now, at nobody's cost.
    fn begin_anew(&self, context: &Context) -> Result<Live, GuestError> {
        let meter = context.meter();
        let mut live = meter.apart(STEPS_PER_LOAD_MAX, || {
            context.call(&self.generation, Phase::TopLevel, || {
                self.begin(context, true)
            })
        })?;
        // A migration comes before the state. What the instance makes of a state is that of the storage since one was first given it.
        if !matches!(context.phase(), Phase::Migrating | Phase::Restoring) {
            meter.apart(STEPS_PER_LOAD_MAX, || {
                context.call(&self.generation, Phase::Restoring, || {
                    live.restore(context, &self.generation)
                })
            })?;
        }
        Ok(live)
    }

    /// Calls the instance, which is dropped where the call fails.
    fn call<T>(
        &self,
        call: impl FnOnce(&Context, &mut Live) -> Result<T, GuestError>,
    ) -> Result<T, GuestError> {
        let context = self.context()?;
        let mut slot = self.live.borrow_mut();
        if self.stale.take() {
            *slot = None;
        }
        let live = match &mut *slot {
            Some(live) => live,
            none => none.insert(self.begin_anew(&context)?),
        };
        context.note_memory(&self.generation);
        live.begin_call();
        // Each written anew: to move a result with room for a whole error takes as long as a call.
        match call(&context, live) {
            Ok(result) => Ok(result),
            Err(error) => {
                *slot = None;
                Err(error)
            }
        }
    }
}

impl ModRuntime for WasmRuntime {
    fn top_level(&self) -> Result<(), GuestError> {
        let context = self.context()?;
        let live = self.begin(&context, false)?;
        *self.live.borrow_mut() = Some(live);
        Ok(())
    }

    fn restore(&self) -> Result<Option<BTreeMap<String, Value>>, GuestError> {
        self.call(|context, live| live.restore(context, &self.generation))
    }

    fn gives_whole_state(&self) -> bool {
        self.compiled.keeps_state()
    }

    fn undone(&self) {
        self.stale.set(true);
    }

    fn handle(&self, handler: usize, event: &Event) -> Result<(), GuestError> {
        let known = self.functions.handlers.borrow().get(&handler).copied();
        let Some((port, function)) = known else {
            return Err(GuestError::new(format!(
                "no handler {handler} was declared"
            )));
        };
        self.call(|context, live| {
            live.handle(context, port, function, event)?;
            live.save(context, &self.generation)
        })
    }

    fn fire(&self, timer: &str, tick: u64, value: Option<&Value>) -> Result<(), GuestError> {
        let known = self.functions.timers.borrow().get(timer).copied();
        let Some(function) = known else {
            return Err(GuestError::new(format!("no timer `{timer}` was declared")));
        };
        self.call(|context, live| {
            live.fire(context, function, timer, tick, value)?;
            live.save(context, &self.generation)
        })
    }

    fn export(
        &self,
        name: &str,
        arguments: &[Option<Value>],
    ) -> Result<Vec<Option<Value>>, GuestError> {
        let known = self.functions.exports.borrow().get(name).copied();
        let Some(function) = known else {
            return Err(GuestError::new(format!(
                "no function `{name}` was exported"
            )));
        };
        self.call(|context, live| {
            let results = live.export(context, function, name, arguments)?;
            live.save(context, &self.generation)?;
            Ok(results)
        })
    }

    fn migrate(
        &self,
        migration: usize,
        state: &BTreeMap<String, Value>,
    ) -> Result<MigratedState, GuestError> {
        let known = self.functions.migrations.borrow().get(&migration).copied();
        let Some(function) = known else {
            return Err(GuestError::new(format!(
                "no migration {migration} was declared"
            )));
        };
        self.call(|context, live| live.migrate(context, function, state))
    }

    fn enter(&self) -> Result<(), Bound> {
        Ok(())
    }

    fn rest(&self, _: CallUse, _: Phase) {
        // What a component has in memory beyond its state may go after any call, as it does after one that fails.
        if self.perturbed.collects_now() {
            self.stale.set(true);
        }
    }
}

impl fmt::Debug for WasmRuntime {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "WasmRuntime({})", self.compiled.file())
    }
}
