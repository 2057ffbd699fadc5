//! What a language must be able to do to run mods. Budgets, undoing and state are the host's business: a runtime holds
//! nothing that a hand-over would lose.

mod both;

use std::collections::BTreeMap;
use std::fmt;

use smol_str::SmolStr;

use crate::batch::Batch;
use crate::context::{Bound, CallUse, Phase};
use crate::error::{GuestError, Location};
use crate::value::{INTEGER_MAGNITUDE_MAX, Value};

pub(crate) use both::Both;

/// An event on its way to mods.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    /// `job_created`, or `mod_id:name` for a mod's own.
    pub name: SmolStr,
    /// The tick of its delivery.
    pub tick: u64,
    /// What it carries, captured at emission.
    pub content: EventContent,
}

/// What an event carries.
#[derive(Clone, Debug, PartialEq)]
pub enum EventContent {
    /// The fields of an event of the table, in the table's order.
    Fields(Vec<Option<Value>>),
    /// The payload of a mod's own event.
    Payload(Option<Value>),
    /// What all events of a name carry, in an event that tells of all at once.
    Batch(Batch),
}

/// As a mod's author would write it: `{ tick = 1690, job = { id = 97, kind = "mine" } }`, without its name.
impl fmt::Display for Event {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut event = BTreeMap::new();
        match &self.content {
            EventContent::Batch(batch) => return write_batch(formatter, self, batch),
            EventContent::Payload(payload) => {
                event.extend(
                    payload
                        .clone()
                        .map(|payload| ("payload".to_owned(), payload)),
                );
            }
            EventContent::Fields(values) => {
                let fields = crate::api::event(&self.name).map_or(&[][..], |event| event.fields);
                for (field, value) in fields.iter().zip(values) {
                    let Some(value) = value.clone() else { continue };
                    match field.path.split_once('.') {
                        None => drop(event.insert(field.path.to_owned(), value)),
                        Some((group, name)) => {
                            let group = event.entry(group.to_owned()).or_insert_with(Value::empty);
                            if let Value::Map(group) = group {
                                group.insert(name.to_owned(), value);
                            }
                        }
                    }
                }
            }
        }
        write!(formatter, "{{ tick = {}", self.tick)?;
        for (name, value) in event {
            write!(formatter, ", {name} = {value}")?;
        }
        formatter.write_str(" }")
    }
}

/// Values of a list that are shown of a batch.
const VALUES_SHOWN_MAX: usize = 4;

fn write_batch(formatter: &mut fmt::Formatter<'_>, event: &Event, batch: &Batch) -> fmt::Result {
    let (tick, size) = (event.tick, batch.size());
    write!(formatter, "{{ tick = {tick}, size = {size}")?;
    let mut group = None;
    for column in batch.columns() {
        let (of, name) = match column.path.split_once('.') {
            Some((of, name)) => (Some(of), name),
            None => (None, column.path),
        };
        if group.is_some() && group != of {
            formatter.write_str(" }")?;
        }
        match of {
            Some(of) if group != Some(of) => write!(formatter, ", {of} = {{ ")?,
            _ => formatter.write_str(", ")?,
        }
        group = of;
        let values = (0..size.min(VALUES_SHOWN_MAX)).map(|at| batch.value(column, at).to_string());
        let more = (size > VALUES_SHOWN_MAX).then(|| "...".to_owned());
        let values: Vec<String> = values.chain(more).collect();
        write!(formatter, "{name} = {{ {} }}", values.join(", "))?;
    }
    formatter.write_str(if group.is_some() { " } }" } else { " }" })
}

/// A tick as a value; beyond the range of integers it stays at the largest.
pub(crate) fn tick_value(tick: u64) -> Value {
    Value::Integer(i64::try_from(tick).map_or(INTEGER_MAGNITUDE_MAX, |tick| {
        tick.min(INTEGER_MAGNITUDE_MAX)
    }))
}

/// What a migration made of a state.
#[derive(Clone, Debug)]
pub struct MigratedState {
    /// The new state.
    pub state: BTreeMap<String, Value>,
    /// Where each path below the root was last written.
    pub writes: BTreeMap<String, Location>,
}

/// A language that mods are written in, as far as the host can tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    /// A script.
    Lua,
    /// A component.
    Wasm,
}

/// One instance of a mod's code. Every method is called inside [`crate::context::Context::call`], which meters it and takes
/// its effects back when it fails.
pub trait ModRuntime: fmt::Debug {
    /// Runs the top-level code, which declares handlers, timers, migrations and exports.
    ///
    /// # Errors
    /// What the code raised.
    fn top_level(&self) -> Result<(), GuestError>;

    /// Calls the handler at a position of the declarations.
    ///
    /// # Errors
    /// What the code raised.
    fn handle(&self, handler: usize, event: &Event) -> Result<(), GuestError>;

    /// Calls a declared timer's function.
    ///
    /// # Errors
    /// What the code raised.
    fn fire(&self, timer: &str, tick: u64, value: Option<&Value>) -> Result<(), GuestError>;

    /// Calls an exported function.
    ///
    /// # Errors
    /// What the code raised.
    fn export(
        &self,
        name: &str,
        arguments: &[Option<Value>],
    ) -> Result<Vec<Option<Value>>, GuestError>;

    /// Runs the migration at a position of the declarations.
    ///
    /// # Errors
    /// What the code raised, or a result that is not a state.
    fn migrate(
        &self,
        migration: usize,
        state: &BTreeMap<String, Value>,
    ) -> Result<MigratedState, GuestError>;

    /// Told that the storage is there, before `mod_loaded`: a guest that keeps its state in a memory of its own takes it over, and may
    /// have made another of it, which is what the storage is from then on.
    ///
    /// # Errors
    /// What the code raised.
    fn restore(&self) -> Result<Option<BTreeMap<String, Value>>, GuestError> {
        Ok(None)
    }

    /// Whether what the guest gives the host is all of the storage: what it does not give is gone after the next call that it changes
    /// something in.
    fn gives_whole_state(&self) -> bool {
        false
    }

    /// Told that what a call did was taken back, after the call has ended ([`Context::note_memory`](crate::context::Context)).
    fn undone(&self) {}

    /// Called before the first code of a root call: what the call may use is measured from here.
    ///
    /// # Errors
    /// A machine that keeps more than a mod may keep.
    fn enter(&self) -> Result<(), Bound>;

    /// Called after a root call, with what it used, when no code of any mod is running: the place to collect garbage.
    fn rest(&self, used: CallUse, phase: Phase);
}
