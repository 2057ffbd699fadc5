//! What an instance carries with it: whose it is, and what it declared.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::{Rc, Weak};
use std::sync::Arc;

use wasmtime::component::{ComponentType, Lift, Lower};
use wasmtime::{AsContextMut, StoreContextMut};

use crate::api::ApiError;
use crate::bindings::GuestCall;
use crate::context::Context;
use crate::error::GuestError;
use crate::generation::Generation;
use crate::limits::FUEL_PER_STEP;
use crate::runtime::Language;

use super::engine::Compiled;
use super::limits::Limits;

/// `error` of colony.wit.
#[derive(Clone, Debug, PartialEq, ComponentType, Lift, Lower)]
#[component(record)]
pub(super) struct Error {
    pub(super) message: String,
    pub(super) help: Option<String>,
}

impl From<ApiError> for Error {
    fn from(error: ApiError) -> Error {
        Error {
            message: error.message,
            help: error.help,
        }
    }
}

/// The numbers of the guest's functions, by the handles of the declarations. They outlive the instance.
#[derive(Debug, Default)]
pub(super) struct Functions {
    /// With the position of the event among those that there are.
    pub(super) handlers: RefCell<BTreeMap<usize, (usize, u32)>>,
    pub(super) timers: RefCell<BTreeMap<String, u32>>,
    pub(super) migrations: RefCell<BTreeMap<usize, u32>>,
    pub(super) exports: RefCell<BTreeMap<String, u32>>,
    /// What the declarations of `load` were answered, in order: an instance that is made anew declares nothing and is answered the
    /// same.
    answers: RefCell<Vec<Result<(), Error>>>,
}

/// What the store of an instance holds.
pub(super) struct Guest {
    pub(super) context: Weak<Context>,
    pub(super) generation: Rc<Generation>,
    pub(super) compiled: Arc<Compiled>,
    pub(super) functions: Rc<Functions>,
    pub(super) limits: Limits,
    /// Why the running call fails, where the guest or the host said so.
    pub(super) failure: Option<GuestError>,
    /// Whether the guest has said in the running call that its state changes.
    pub(super) has_changed: bool,
    /// Whether the instance follows one of the same generation: how many of its declarations have been answered.
    repeated: Option<Cell<usize>>,
    /// The fuel that the running code was last given.
    fuel_given: u64,
}

impl Guest {
    pub(super) fn new(
        context: &Weak<Context>,
        generation: &Rc<Generation>,
        compiled: &Arc<Compiled>,
        functions: &Rc<Functions>,
        is_repetition: bool,
    ) -> Guest {
        Guest {
            context: context.clone(),
            generation: generation.clone(),
            compiled: compiled.clone(),
            functions: functions.clone(),
            limits: Limits::default(),
            failure: None,
            has_changed: false,
            repeated: is_repetition.then(|| Cell::new(0)),
            fuel_given: 0,
        }
    }

    /// Whether the instance says again what another has said.
    pub(super) fn is_repeating(&self) -> bool {
        self.repeated.is_some()
    }

    /// The instance has loaded: from here on it speaks for itself.
    pub(super) fn has_loaded(&mut self) {
        self.repeated = None;
    }

    /// Makes a declaration, or answers as when it was made.
    fn declare(&self, declare: impl FnOnce() -> Result<(), ApiError>) -> Result<(), Error> {
        let mut answers = self.functions.answers.borrow_mut();
        if let Some(answered) = &self.repeated {
            let at = answered.replace(answered.get() + 1);
            return answers.get(at).cloned().unwrap_or(Ok(()));
        }
        let answer = declare().map_err(Error::from);
        answers.push(answer.clone());
        answer
    }
}

/// What ends a call from within a function of the host; the reason is with the meter or the guest.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("the call was ended")]
pub(super) struct Ended;

/// Gives the code that is about to run as much fuel as the call has steps left.
pub(super) fn refuel(
    mut store: impl AsContextMut<Data = Guest>,
    context: &Context,
) -> wasmtime::Result<()> {
    let fuel = context.meter().left().saturating_mul(FUEL_PER_STEP);
    let mut store = store.as_context_mut();
    store.set_fuel(fuel)?;
    store.data_mut().fuel_given = fuel;
    Ok(())
}

/// Pays for the fuel that was used since [`refuel`]; a bound that this runs into is with the meter.
pub(super) fn pay_fuel(
    mut store: impl AsContextMut<Data = Guest>,
    context: &Context,
) -> wasmtime::Result<()> {
    let mut store = store.as_context_mut();
    let left = store.get_fuel()?;
    let used = store.data_mut().fuel_given.saturating_sub(left);
    store.data_mut().fuel_given = left;
    // An exhausted meter is looked at by who goes on.
    let _ = context.meter().spend(used.div_ceil(FUEL_PER_STEP));
    Ok(())
}

/// Does a function of the host: it counts as a step, and its arguments, so many bytes, are paid for. Invariant (I6): once the budget is
/// used up the guest gets no further effect out of the call.
pub(super) fn in_host<T>(
    store: &mut StoreContextMut<'_, Guest>,
    bytes: u64,
    body: impl FnOnce(&Guest, &Rc<Context>) -> Result<T, ApiError>,
) -> wasmtime::Result<Result<T, Error>> {
    let Some(context) = store.data().context.upgrade() else {
        return Err(Ended.into());
    };
    pay_fuel(&mut *store, &context)?;
    if context.meter().charge(bytes).is_err() {
        return Err(Ended.into());
    }
    let result = body(store.data(), &context);
    if context.meter().exhausted().is_some() {
        return Err(Ended.into());
    }
    refuel(&mut *store, &context)?;
    Ok(result.map_err(Error::from))
}

/// Calls what both languages have in common.
pub(super) fn in_guest_call<T>(
    store: &mut StoreContextMut<'_, Guest>,
    bytes: u64,
    body: impl FnOnce(&GuestCall<'_>) -> Result<T, ApiError>,
) -> wasmtime::Result<Result<T, Error>> {
    in_host(store, bytes, |guest, context| {
        body(&guest_call(guest, context))
    })
}

/// Makes a declaration.
pub(super) fn in_declaration(
    store: &mut StoreContextMut<'_, Guest>,
    bytes: u64,
    body: impl FnOnce(&GuestCall<'_>, &Guest) -> Result<(), ApiError>,
) -> wasmtime::Result<Result<(), Error>> {
    let answer = in_host(store, bytes, |guest, context| {
        Ok(guest.declare(|| body(&guest_call(guest, context), guest)))
    })?;
    Ok(answer.and_then(|answer| answer))
}

fn guest_call<'a>(guest: &'a Guest, context: &'a Rc<Context>) -> GuestCall<'a> {
    GuestCall {
        context,
        generation: &guest.generation,
        language: Language::Wasm,
        location: &|| None,
    }
}
