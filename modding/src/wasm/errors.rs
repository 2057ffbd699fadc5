//! What went wrong in a component, as its author should read it.

use wasmtime::{Trap, WasmBacktrace};

use crate::context::{Bound, Context};
use crate::error::GuestError;

use super::guest::Guest;
use super::words::in_words_of_wit;

/// Functions of a backtrace that are named.
const CALLERS_MAX: usize = 4;

/// Why a call of an export failed. The reasons that the guest or the meter know come before what the machine saw of them.
pub(super) fn guest_error(
    context: &Context,
    guest: &mut Guest,
    export: &str,
    error: &wasmtime::Error,
) -> GuestError {
    if error.downcast_ref::<Trap>() == Some(&Trap::OutOfFuel) {
        context.meter().exhaust(Bound::Steps);
    }
    let place = format!("`{export}` of {}", guest.compiled.file());
    let callers = callers(error);
    if let Some(failure) = guest.failure.take() {
        return failure;
    }
    if let Some(bound) = context.meter().exhausted() {
        let error = context.bound_error(bound);
        return GuestError {
            message: format!("{place}: {}{callers}", error.message),
            help: error.help.as_deref().map(in_words_of_wit),
            ..error
        };
    }
    let cause = match error.downcast_ref::<Trap>() {
        Some(Trap::UnreachableCodeReached) => "it gave up (`unreachable`)".to_owned(),
        Some(Trap::StackOverflow) => "its calls are nested too deep".to_owned(),
        Some(trap) => trap.to_string(),
        None => error.root_cause().to_string(),
    };
    let help = match (&guest.limits.refused, error.downcast_ref::<Trap>()) {
        (Some(refused), _) => Some(format!("{refused}: keep less in memory at once")),
        // A guest that gives up where it is refused may know no other way to say so.
        (None, Some(Trap::UnreachableCodeReached)) if guest.refused.is_some() => guest
            .refused
            .take()
            .map(|refused| format!("before that {refused}")),
        (None, Some(Trap::UnreachableCodeReached)) => {
            Some("`failure.fail` says why a call fails; languages abort without a word".to_owned())
        }
        _ => None,
    };
    GuestError {
        help,
        ..GuestError::new(format!("{place}: {cause}{callers}"))
    }
}

/// The functions that were running, innermost first, where the component names them.
fn callers(error: &wasmtime::Error) -> String {
    let Some(backtrace) = error.downcast_ref::<WasmBacktrace>() else {
        return String::new();
    };
    let names = backtrace
        .frames()
        .iter()
        .filter_map(|frame| frame.func_name());
    let names: Vec<&str> = names.take(CALLERS_MAX).collect();
    match &names[..] {
        [] => String::new(),
        [name] => format!(", in {name}"),
        [name, callers @ ..] => format!(", in {name}, called by {}", callers.join(", ")),
    }
}
