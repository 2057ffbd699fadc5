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
use super::words::in_words_of_wit;

/// Warnings of a mod from which on what it ignores is not told any more.
const REFUSALS_TOLD_MAX: usize = 16;

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
            message: in_words_of_wit(&error.message),
            help: error.help.as_deref().map(in_words_of_wit),
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
    /// What the host last refused in the running call.
    pub(super) refused: Option<String>,
    /// Whether the guest has said while it loaded that it tells of changes of its state, and need not be asked after other calls. That it
    /// could tell is not enough: tools keep imports that nothing uses.
    pub(super) tells_of_changes: bool,
    /// Whether it has said in the running call that its state changes.
    pub(super) has_changed: bool,
    has_loaded: bool,
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
            refused: None,
            tells_of_changes: false,
            has_changed: false,
            has_loaded: false,
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
        self.has_loaded = true;
    }

    /// The guest says that its state changes; while it loads, that it will say so.
    pub(super) fn note_change(&mut self) {
        match self.has_loaded {
            true => self.has_changed = true,
            false => self.tells_of_changes = true,
        }
    }

    /// Notes what the host refuses. A guest may ignore what it is answered; while it loads its author is told all the same, since a
    /// handler that was not registered is never heard of again.
    fn note_refusal(&mut self, context: &Context, function: &str, error: &Error) {
        let help = error.help.as_deref();
        let help = help.map_or(String::new(), |help| format!("; {help}"));
        let refusal = format!("`{function}` was refused: {}{help}", error.message);
        if context.is_loading() && !self.is_repeating() {
            let file = self.compiled.file();
            let warning = format!("{file} went on although {refusal}");
            let warnings = &mut self.generation.declarations.borrow_mut().warnings;
            if warnings.len() < REFUSALS_TOLD_MAX && !warnings.contains(&warning) {
                warnings.push(warning);
            }
        }
        self.refused = Some(refusal);
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

/// Does a function of the host, `module.name` as colony.wit has it: it counts as a step, and its arguments, so many bytes, are paid for.
/// Invariant (I6): once the budget is used up the guest gets no further effect out of the call.
pub(super) fn in_host<T>(
    store: &mut StoreContextMut<'_, Guest>,
    function: &str,
    bytes: u64,
    body: impl FnOnce(&Guest, &Rc<Context>) -> Result<T, Error>,
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
    if let Err(error) = &result {
        store.data_mut().note_refusal(&context, function, error);
    }
    refuel(&mut *store, &context)?;
    Ok(result)
}

/// Calls what both languages have in common.
pub(super) fn in_guest_call<T>(
    store: &mut StoreContextMut<'_, Guest>,
    function: &str,
    bytes: u64,
    body: impl FnOnce(&GuestCall<'_>) -> Result<T, ApiError>,
) -> wasmtime::Result<Result<T, Error>> {
    in_host(store, function, bytes, |guest, context| {
        Ok(body(&guest_call(guest, context))?)
    })
}

/// Makes a declaration.
pub(super) fn in_declaration(
    store: &mut StoreContextMut<'_, Guest>,
    function: &str,
    bytes: u64,
    body: impl FnOnce(&GuestCall<'_>, &Guest) -> Result<(), ApiError>,
) -> wasmtime::Result<Result<(), Error>> {
    in_host(store, function, bytes, |guest, context| {
        guest.declare(|| body(&guest_call(guest, context), guest))
    })
}

fn guest_call<'a>(guest: &'a Guest, context: &'a Rc<Context>) -> GuestCall<'a> {
    GuestCall {
        context,
        generation: &guest.generation,
        language: Language::Wasm,
        location: &|| None,
    }
}
