//! The running mod: its functions by their numbers, and its state.

use std::any::Any;
use std::cell::RefCell;

use crate::bindings::colony::modding::types::{Timer, Tree};
#[cfg(feature = "kept-state")]
use crate::bindings::exports::colony::modding::kept_state;
use crate::bindings::exports::colony::modding::{entry, exports, migrations, timers};
use crate::error::{Error, Result, fail, report_panics};
use crate::kept::tell_of_changes;
use crate::setup::{Functions, Setup};
use crate::source::{InFolder, note_folder};
#[cfg(feature = "kept-state")]
use crate::tree::from_tree;
use crate::tree::{fields, to_tree};
use crate::{Component, Event, Kept, Mod, bindings};

struct Instance<M> {
    functions: Functions<M>,
    state: Kept<M>,
}

struct HandlerName {
    event: String,
    key: Option<String>,
    number: u32,
}

thread_local! {
    /// Components have one thread.
    static INSTANCE: RefCell<Option<Box<dyn Any>>> = const { RefCell::new(None) };

    /// The numbers of the handlers, by event and key, for those who switch them on and off.
    static HANDLERS: RefCell<Vec<HandlerName>> = const { RefCell::new(Vec::new()) };
}

/// Runs a call of the host, which fails as the call does.
fn run<M: Mod, T>(call: impl FnOnce(&Functions<M>, &mut Kept<M>) -> Result<T>) -> T {
    let result = INSTANCE.with_borrow_mut(|slot| {
        let instance = slot.as_mut().and_then(|any| any.downcast_mut());
        let Some(Instance { functions, state }) = instance else {
            return Err(Error::of_no_line("the mod has not loaded"));
        };
        call(functions, state)
    });
    match result {
        Ok(result) => result,
        Err(error) => fail(error),
    }
}

/// The function of a number that the host gives back.
fn function<F: ?Sized>(functions: &[Box<F>], number: u32) -> Result<&F> {
    let function = usize::try_from(number)
        .ok()
        .and_then(|number| functions.get(number));
    let missing = || Error::of_no_line(format!("no function {number} was declared"));
    function.map(|function| &**function).ok_or_else(missing)
}

pub(crate) fn handle<M: Mod>(handler: u32, event: Event) {
    run(|functions: &Functions<M>, state| function(&functions.handlers, handler)?(state, &event));
}

/// Notes the number of a handler.
pub(crate) fn note_handler(event: &str, key: Option<&str>, number: u32) {
    let handler = HandlerName {
        event: event.to_owned(),
        key: key.map(str::to_owned),
        number,
    };
    HANDLERS.with_borrow_mut(|handlers| handlers.push(handler));
}

/// The number of a handler that was declared.
pub(crate) fn handler_number(event: &str, key: Option<&str>) -> Option<u32> {
    HANDLERS.with_borrow(|handlers| {
        let named =
            |handler: &&HandlerName| handler.event == event && handler.key.as_deref() == key;
        // A later one has taken the place of an earlier one of the same name.
        handlers
            .iter()
            .rev()
            .find(named)
            .map(|handler| handler.number)
    })
}

impl<M: Mod + InFolder> entry::Guest for Component<M> {
    fn load() {
        note_folder::<M>();
        report_panics();
        tell_of_changes();
        let state = M::default();
        let mut setup = Setup::new();
        let shape = to_tree(&state).and_then(declare_shape);
        let loaded = match shape {
            Ok(()) => M::load(&mut setup),
            Err(error) => Err(error.without_line()),
        };
        if let Err(error) = loaded {
            fail(error);
        }
        let instance = Instance {
            functions: setup.functions,
            state: Kept::restored(state),
        };
        INSTANCE.with_borrow_mut(|slot| *slot = Some(Box::new(instance)));
    }
}

/// Tells the host what the state is before anything has happened.
fn declare_shape(state: Tree) -> Result {
    if state.is_empty() {
        return Ok(());
    }
    if !cfg!(feature = "kept-state") {
        return Err(
            Error::of_no_line("the state has fields, and the feature `kept-state` is off").help(
                "without it the mod's type has no fields, and what must survive is in `storage`",
            ),
        );
    }
    let fields = fields(state).ok_or_else(|| {
        Error::of_no_line("the state is no table of names")
            .help("let it be a struct with named fields")
    })?;
    bindings::colony::modding::state::define(&fields)?;
    Ok(())
}

#[cfg(feature = "kept-state")]
impl<M: Mod> kept_state::Guest for Component<M> {
    fn save() -> Option<Tree> {
        run(|_: &Functions<M>, state| {
            let tree = state.take_change().map(to_tree).transpose();
            let tree = tree.map_err(Error::without_line)?;
            // A state that is nothing has nothing to keep.
            Ok(tree.filter(|tree| !tree.is_empty()))
        })
    }

    fn restore(tree: Tree) {
        run(|_: &Functions<M>, state| {
            let refused = |error: Error| {
                Error::of_no_line(format!("the state does not fit: {error}"))
                    .help("say with `migrate` how older state becomes state of this version")
            };
            *state = Kept::restored(from_tree(tree).map_err(refused)?);
            // What the type has no field for is gone. Given the rest, the host can say so.
            state.change();
            Ok(())
        });
    }
}

impl<M: Mod> timers::Guest for Component<M> {
    fn fire(handler: u32, timer: Timer) {
        run(|functions: &Functions<M>, state| function(&functions.timers, handler)?(state, &timer));
    }
}

impl<M: Mod> exports::Guest for Component<M> {
    fn call(handler: u32, arguments: Vec<Tree>) -> Vec<Tree> {
        run(|functions: &Functions<M>, state| {
            function(&functions.exports, handler)?(state, arguments)
        })
    }
}

impl<M: Mod> migrations::Guest for Component<M> {
    fn migrate(migration: u32, state: Tree) -> Tree {
        run(|functions: &Functions<M>, _| function(&functions.migrations, migration)?(state))
    }
}
