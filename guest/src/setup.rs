//! What a mod declares while it loads.

use std::panic::Location;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::bindings::colony::modding::types::{FunctionOrValue, Timer, Tree};
use crate::bindings::colony::modding::{events, mods, state, time};
use crate::error::{Error, Result};
use crate::event::{ColonyEvent, Event, ModEvent};
use crate::instance::note_handler;
use crate::tree::{Node, from_tree, to_tree};
use crate::{HandlerOptions, Kept, Mod};

type Handler<M> = dyn Fn(&mut Kept<M>, &Event) -> Result;
type TimerFunction<M> = dyn Fn(&mut Kept<M>, &Timer) -> Result;
type Export<M> = dyn Fn(&mut Kept<M>, Vec<Tree>) -> Result<Vec<Tree>>;
type Migration = dyn Fn(Tree) -> Result<Tree>;

/// The functions of a mod; the host knows them by their positions.
pub(crate) struct Functions<M> {
    pub(crate) handlers: Vec<Box<Handler<M>>>,
    pub(crate) timers: Vec<Box<TimerFunction<M>>>,
    pub(crate) exports: Vec<Box<Export<M>>>,
    pub(crate) migrations: Vec<Box<Migration>>,
}

/// Takes the declarations of [`Mod::load`]. They must be the same whenever it is called.
pub struct Setup<M> {
    pub(crate) functions: Functions<M>,
}

#[allow(
    clippy::derivable_impls,
    reason = "the struct is the generator's, which would derive it for all types or none"
)]
impl Default for HandlerOptions {
    fn default() -> HandlerOptions {
        HandlerOptions {
            key: None,
            priority: None,
            enabled: None,
        }
    }
}

/// The number that the next of these functions has.
fn next_number<F: ?Sized>(functions: &[Box<F>]) -> u32 {
    // More than 2^32 boxes fit into no memory of 2^32 bytes.
    u32::try_from(functions.len()).unwrap_or(u32::MAX)
}

impl<M: Mod> Setup<M> {
    pub(crate) fn new() -> Setup<M> {
        Setup {
            functions: Functions {
                handlers: Vec::new(),
                timers: Vec::new(),
                exports: Vec::new(),
                migrations: Vec::new(),
            },
        }
    }

    /// Calls a function for every event of the kind that it takes: `|state, event: &JobCreatedEvent| ...`.
    ///
    /// # Errors
    /// A second handler for the event without a key of its own, see [`on_with`](Self::on_with).
    #[track_caller]
    pub fn on<E: ColonyEvent>(
        &mut self,
        handler: impl Fn(&mut Kept<M>, &E) -> Result + 'static,
    ) -> Result {
        self.on_with(&HandlerOptions::default(), handler)
    }

    /// The same with a key, a priority, or switched off at first.
    ///
    /// # Errors
    /// What the host refuses.
    #[track_caller]
    pub fn on_with<E: ColonyEvent>(
        &mut self,
        options: &HandlerOptions,
        handler: impl Fn(&mut Kept<M>, &E) -> Result + 'static,
    ) -> Result {
        self.register(E::NAME, options, move |state, event| match E::of(event) {
            Some(event) => handler(state, event),
            None => Err(unexpected(E::NAME)),
        })
    }

    /// Calls a function for the events of another mod, or of this one: `stats:full`.
    ///
    /// # Errors
    /// What the host refuses.
    #[track_caller]
    pub fn on_mod_event(
        &mut self,
        name: &str,
        handler: impl Fn(&mut Kept<M>, &ModEvent) -> Result + 'static,
    ) -> Result {
        let options = HandlerOptions::default();
        self.register(name, &options, move |state, event| match event {
            Event::Mod(event) => handler(state, event),
            _ => Err(unexpected("an event of a mod")),
        })
    }

    /// Calls one function for events of several kinds, which it tells apart by the variant of [`Event`].
    ///
    /// # Errors
    /// A name that no event has, and what else the host refuses.
    #[track_caller]
    pub fn on_any(
        &mut self,
        names: &[&str],
        options: &HandlerOptions,
        handler: impl Fn(&mut Kept<M>, &Event) -> Result + Clone + 'static,
    ) -> Result {
        for name in names {
            self.register(name, options, handler.clone())?;
        }
        Ok(())
    }

    #[track_caller]
    fn register(
        &mut self,
        name: &str,
        options: &HandlerOptions,
        handler: impl Fn(&mut Kept<M>, &Event) -> Result + 'static,
    ) -> Result {
        let number = next_number(&self.functions.handlers);
        events::register(name, number, Some(options))?;
        note_handler(name, options.key.as_deref(), number);
        self.functions.handlers.push(Box::new(handler));
        Ok(())
    }

    /// Starts a timer that fires every so many ticks. A reload keeps its phase.
    ///
    /// # Errors
    /// Less than one tick, and what else the host refuses.
    #[track_caller]
    pub fn every(
        &mut self,
        name: &str,
        ticks: i64,
        handler: impl Fn(&mut Kept<M>, &Timer) -> Result + 'static,
    ) -> Result {
        let number = self.push_timer(handler);
        let function = FunctionOrValue::Function(number);
        Ok(time::every(name, ticks, Some(&function))?)
    }

    /// Starts a timer that fires once, after so many ticks.
    ///
    /// # Errors
    /// What the host refuses.
    #[track_caller]
    pub fn after(
        &mut self,
        name: &str,
        ticks: i64,
        handler: impl Fn(&mut Kept<M>, &Timer) -> Result + 'static,
    ) -> Result {
        let number = self.push_timer(handler);
        let function = FunctionOrValue::Function(number);
        Ok(time::after(name, ticks, Some(&function))?)
    }

    /// Declares a timer that [`time`](crate::time) starts later.
    ///
    /// # Errors
    /// What the host refuses.
    #[track_caller]
    pub fn timer(
        &mut self,
        name: &str,
        handler: impl Fn(&mut Kept<M>, &Timer) -> Result + 'static,
    ) -> Result {
        let number = self.push_timer(handler);
        Ok(time::declare(name, number)?)
    }

    fn push_timer(&mut self, handler: impl Fn(&mut Kept<M>, &Timer) -> Result + 'static) -> u32 {
        let number = next_number(&self.functions.timers);
        self.functions.timers.push(Box::new(handler));
        number
    }

    /// Offers a function to other mods. It takes its arguments as a tuple, `|state, (name, value): (String, i64)| ...`, and gives back
    /// a value or `()`.
    ///
    /// # Errors
    /// What the host refuses.
    #[track_caller]
    pub fn export<A: DeserializeOwned, R: Serialize>(
        &mut self,
        name: &str,
        function: impl Fn(&mut Kept<M>, A) -> Result<R> + 'static,
    ) -> Result {
        let number = next_number(&self.functions.exports);
        mods::export(name, number)?;
        let at = Location::caller();
        let function = move |state: &mut Kept<M>, arguments| {
            let arguments = joined(arguments).and_then(from_tree);
            let result = function(state, arguments.map_err(|error| error.at(at))?)?;
            let result = to_tree(&result).map_err(|error| error.at(at))?;
            Ok(Vec::from_iter((!result.is_empty()).then_some(result)))
        };
        self.functions.exports.push(Box::new(function));
        Ok(())
    }

    /// Says how state that versions in `range` have written, such as `<1.1.0`, becomes state of this version. The function takes and
    /// gives anything that serde knows: structs, or a map of [`Value`](crate::Value)s.
    ///
    /// # Errors
    /// A range that is none.
    #[track_caller]
    pub fn migrate<Old: DeserializeOwned, New: Serialize>(
        &mut self,
        range: &str,
        migration: impl Fn(Old) -> Result<New> + 'static,
    ) -> Result {
        let number = next_number(&self.functions.migrations);
        state::migrate(range, number)?;
        let at = Location::caller();
        let migration = move |state| {
            let old = from_tree(state).map_err(|error| error.at(at))?;
            to_tree(&migration(old)?).map_err(|error| error.at(at))
        };
        self.functions.migrations.push(Box::new(migration));
        Ok(())
    }
}

/// The host calls a function with the event that it was registered for.
#[cold]
fn unexpected(expected: &str) -> Error {
    Error::of_no_line(format!("found another event, expected {expected}"))
}

/// Arguments as one list.
fn joined(arguments: Vec<Tree>) -> Result<Tree> {
    let count = u32::try_from(arguments.len()).unwrap_or(u32::MAX);
    let mut list = vec![Node::Items(count)];
    for (at, argument) in arguments.into_iter().enumerate() {
        if argument.is_empty() {
            return Err(Error::new(format!("argument {} is nil", at + 1)));
        }
        list.extend(argument);
    }
    Ok(list)
}
