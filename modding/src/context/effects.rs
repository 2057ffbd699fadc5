//! What a mod can change from inside a call, and how each change is taken back when the call fails (I2).

use std::collections::BTreeMap;
use std::rc::Rc;

use sim::Command;

use super::{Context, EmittedEvent, Phase};
use crate::api::{ApiError, event_names};
use crate::generation::Generation;
use crate::limits::{
    COMMANDS_PER_TICK_MAX, EMITS_PER_TICK_MAX, NAME_BYTES_MAX, PAYLOAD_BYTES_MAX, TIMERS_MAX,
};
use crate::mod_id::ModId;
use crate::state::{HandlerName, Timer};
use crate::storage::{Change, Storage, StorageError};
use crate::value::Value;

/// An effect of a running call that the host holds, kept to take it back (I2).
#[derive(Debug)]
pub(super) enum Effect {
    Storage(Rc<Generation>, Change),
    Saved(Rc<Generation>, Option<Value>),
    Slot(Rc<Generation>, Option<Value>),
    Timer(Rc<Generation>, String, Option<Timer>),
    Subscription(Rc<Generation>, HandlerName, Option<bool>),
    Random(Rc<Generation>, u64),
    Command(Rc<Generation>),
    Emitted,
    /// The machine's own memory, which only the machine can do something about.
    Memory(Rc<Generation>),
}

/// Effects for which the journal keeps room between calls.
const JOURNAL_KEPT_MAX: usize = 64;

/// What a call did that the host can take back.
#[derive(Debug, Default)]
pub(crate) struct Effects(Vec<Effect>);

impl Context {
    /// The next 64 random bits of a mod's stream.
    pub fn draw(&self, generation: &Rc<Generation>) -> u64 {
        let seed = self.colony.borrow().view().seed();
        let id = generation.id();
        if self.phase() == Phase::Running {
            let position = generation.state.borrow().held.random_position;
            self.journal
                .borrow_mut()
                .push(Effect::Random(generation.clone(), position));
            generation.state.borrow_mut().held.random_position = position + 1;
            return sim::random_u64(seed, stream("mod", id), 0, 0, position);
        }
        let frames = self.frames.borrow();
        let draws = frames.last().map_or(0, |frame| {
            frame.load_draws.replace(frame.load_draws.get() + 1)
        });
        sim::random_u64(seed, stream("load", id), 0, 0, draws)
    }

    /// A whole number from `low` to `high`, both included, from a mod's stream.
    ///
    /// # Errors
    /// An empty range.
    pub fn draw_integer(
        &self,
        generation: &Rc<Generation>,
        low: i64,
        high: i64,
    ) -> Result<i64, ApiError> {
        if low > high {
            return Err(ApiError::new(format!(
                "the range of random numbers from {low} to {high} is empty"
            )));
        }
        let span = i128::from(high) - i128::from(low) + 1;
        // The high half of a 128-bit product maps 64 random bits onto the span without a division.
        let offset = (i128::from(self.draw(generation)) * span) >> 64;
        Ok(i64::try_from(i128::from(low) + offset).unwrap_or(high))
    }

    /// Issues a command for a mod; it is applied where commands are applied.
    ///
    /// # Errors
    /// A capability that the mod lacks, a call at the wrong time, a command that the world as it is refuses, too many.
    pub fn issue(
        &self,
        generation: &Rc<Generation>,
        function: &str,
        capability: Option<&str>,
        command: Command,
    ) -> Result<(), ApiError> {
        self.require_capability(generation, function, capability)?;
        self.require_effects_allowed(&format!("colony.{function}"))?;
        if generation.state.borrow().held.commands.len() >= COMMANDS_PER_TICK_MAX as usize {
            return Err(ApiError::new(format!(
                "{COMMANDS_PER_TICK_MAX} commands in one tick are the most that a mod may issue"
            )));
        }
        self.colony
            .borrow()
            .check(&command)
            .map_err(|error| ApiError::new(format!("colony.{function}: {error}")))?;
        generation.state.borrow_mut().held.commands.push(command);
        self.journal
            .borrow_mut()
            .push(Effect::Command(generation.clone()));
        Ok(())
    }

    /// Emits an event of a mod's own.
    ///
    /// # Errors
    /// A name that belongs to the table, a call at the wrong time, too many.
    pub fn emit(
        &self,
        generation: &Rc<Generation>,
        name: &str,
        payload: Option<Value>,
    ) -> Result<(), ApiError> {
        self.require_effects_allowed("colony.events.emit")?;
        let id = generation.id();
        let own = name.split_once(':').map_or(
            name,
            |(owner, rest)| if owner == id.as_str() { rest } else { "" },
        );
        if own.is_empty() || own.contains(':') || event_names().contains(&own) {
            return Err(
                ApiError::new(format!("{id} cannot emit `{name}`")).help(format!(
                    "a mod emits events of its own, for example `{id}:alarm`"
                )),
            );
        }
        require_short(name, "the name of an event")?;
        if let Some(bytes) = payload
            .as_ref()
            .map(Value::bytes)
            .filter(|bytes| *bytes > PAYLOAD_BYTES_MAX)
        {
            return Err(ApiError::new(format!(
                "the payload of `{name}` has {bytes} bytes, {PAYLOAD_BYTES_MAX} are allowed"
            )));
        }
        let mut emitted = self.emitted.borrow_mut();
        if emitted.iter().filter(|event| event.mod_id == *id).count() >= EMITS_PER_TICK_MAX as usize
        {
            return Err(ApiError::new(format!(
                "{EMITS_PER_TICK_MAX} events in one tick are the most that a mod may emit"
            )));
        }
        emitted.push(EmittedEvent {
            mod_id: id.clone(),
            name: format!("{id}:{own}"),
            payload,
        });
        self.journal.borrow_mut().push(Effect::Emitted);
        Ok(())
    }

    /// Changes a mod's storage.
    ///
    /// # Errors
    /// What the storage refuses, and changes before the state is there.
    pub fn change_storage<T>(
        &self,
        generation: &Rc<Generation>,
        change: impl FnOnce(&mut Storage) -> Result<(Option<Change>, T), StorageError>,
    ) -> Result<T, ApiError> {
        self.require_storage()?;
        let (change, result) = change(&mut generation.state.borrow_mut().storage)
            .map_err(|error| ApiError::new(error.to_string()))?;
        if let Some(change) = change {
            self.journal
                .borrow_mut()
                .push(Effect::Storage(generation.clone(), change));
        }
        Ok(result)
    }

    /// Starts, restarts or stops (`None`) a timer.
    ///
    /// # Errors
    /// Too many timers.
    pub fn set_timer(
        &self,
        generation: &Rc<Generation>,
        name: &str,
        timer: Option<Timer>,
    ) -> Result<(), ApiError> {
        let mut state = generation.state.borrow_mut();
        if timer.is_some()
            && state.held.timers.len() >= TIMERS_MAX
            && !state.held.timers.contains_key(name)
        {
            return Err(ApiError::new(format!(
                "{TIMERS_MAX} timers are the most that a mod may hold"
            )));
        }
        let others = state
            .held
            .timers
            .iter()
            .filter(|(other, _)| *other != name)
            .map(|(_, timer)| timer);
        let values = others
            .chain(&timer)
            .filter_map(|timer| timer.value.as_ref());
        let (bytes, bytes_max) = (
            values.map(Value::bytes).sum::<u64>(),
            generation.manifest.hot_reload.state.max_state_size,
        );
        if bytes > bytes_max {
            return Err(ApiError::new(format!(
                "the values of timers would hold {bytes} bytes, {bytes_max} are allowed"
            ))
            .help("`max_state_size` in `[hot_reload.state_management]` is the bound"));
        }
        let before = match timer {
            Some(timer) => state.held.timers.insert(name.to_owned(), timer),
            None => state.held.timers.remove(name),
        };
        self.journal
            .borrow_mut()
            .push(Effect::Timer(generation.clone(), name.to_owned(), before));
        Ok(())
    }

    /// Switches a declared handler on or off.
    pub fn set_subscription(
        &self,
        generation: &Rc<Generation>,
        handler: &HandlerName,
        active: bool,
    ) {
        let before = generation
            .state
            .borrow_mut()
            .held
            .subscriptions
            .insert(handler.clone(), active);
        self.journal.borrow_mut().push(Effect::Subscription(
            generation.clone(),
            handler.clone(),
            before,
        ));
    }

    /// `colony.state.save_mod_state`: fills the hand-over slot inside `mod_unloaded`, else keeps the value for good.
    ///
    /// # Errors
    /// Another mod's id (seed-corrections 54), a value over `max_state_size`, a call in top-level code or a migration.
    pub fn save_mod_state(
        &self,
        generation: &Rc<Generation>,
        id: &str,
        value: Value,
    ) -> Result<(), ApiError> {
        own_state_only(generation, id)?;
        let bytes_max = generation.manifest.hot_reload.state.max_state_size;
        Storage::from_value(Value::map([("state", value.clone())]), bytes_max)
            .map_err(|error| ApiError::new(format!("colony.state.save_mod_state: {error}")))?;
        let mut state = generation.state.borrow_mut();
        let effect = match self.phase() {
            Phase::TopLevel | Phase::Migrating | Phase::Restoring => {
                return Err(ApiError::new(
                    "colony.state.save_mod_state is for handlers: the state is not there yet",
                ));
            }
            Phase::Unloading => Effect::Slot(generation.clone(), state.held.slot.replace(value)),
            Phase::Loaded(_) | Phase::Running => {
                Effect::Saved(generation.clone(), state.held.saved.replace(value))
            }
        };
        self.journal.borrow_mut().push(effect);
        Ok(())
    }

    /// `colony.state.get_mod_state`: the hand-over slot during `mod_loaded` where it was filled, else what was saved for good.
    ///
    /// # Errors
    /// Another mod's id (seed-corrections 54), a call in top-level code or a migration.
    pub fn get_mod_state(
        &self,
        generation: &Rc<Generation>,
        id: &str,
    ) -> Result<Option<Value>, ApiError> {
        own_state_only(generation, id)?;
        let state = generation.state.borrow();
        match self.phase() {
            Phase::TopLevel | Phase::Migrating | Phase::Restoring => Err(ApiError::new(
                "colony.state.get_mod_state is for handlers: the state is not there yet",
            )
            .help("call it in a handler of mod_loaded")),
            Phase::Loaded(_) => Ok(state.held.slot.clone().or_else(|| state.held.saved.clone())),
            Phase::Unloading | Phase::Running => Ok(state.held.saved.clone()),
        }
    }

    /// Takes back what the running call has done since `mark`.
    pub(super) fn undo_to(&self, mark: usize) {
        let effects = self.journal.borrow_mut().drain(mark..).collect();
        self.reverse(Effects(effects));
    }

    /// What the root call that has just ended did.
    pub(super) fn take_effects(&self) -> Effects {
        Effects(std::mem::take(&mut *self.journal.borrow_mut()))
    }

    /// Takes back what a call did, the last effect first.
    pub(crate) fn reverse(&self, effects: Effects) {
        for effect in effects.0.into_iter().rev() {
            match effect {
                Effect::Storage(generation, change) => {
                    generation.state.borrow_mut().storage.undo(change)
                }
                Effect::Saved(generation, before) => {
                    generation.state.borrow_mut().held.saved = before
                }
                Effect::Slot(generation, before) => {
                    generation.state.borrow_mut().held.slot = before
                }
                Effect::Timer(generation, name, before) => {
                    restore(&mut generation.state.borrow_mut().held.timers, name, before)
                }
                Effect::Subscription(generation, handler, before) => {
                    restore(
                        &mut generation.state.borrow_mut().held.subscriptions,
                        handler,
                        before,
                    );
                }
                Effect::Random(generation, position) => {
                    generation.state.borrow_mut().held.random_position = position
                }
                Effect::Command(generation) => {
                    drop(generation.state.borrow_mut().held.commands.pop())
                }
                Effect::Emitted => drop(self.emitted.borrow_mut().pop()),
                Effect::Memory(generation) => {
                    if let Some(runtime) = generation.runtime() {
                        runtime.undone();
                    }
                }
            }
        }
    }

    /// Lets what a call did stand.
    pub(crate) fn accept(&self, effects: Effects) {
        effects.0.into_iter().for_each(accept);
    }

    /// Lets what the root call that has just ended did stand.
    pub(super) fn accept_all(&self) {
        // What is dropped with an effect may be the last of a mod, and must find the journal free.
        let mut effects = std::mem::take(&mut *self.journal.borrow_mut());
        effects.drain(..).for_each(accept);
        effects.shrink_to(JOURNAL_KEPT_MAX);
        *self.journal.borrow_mut() = effects;
    }
}

fn accept(effect: Effect) {
    if let Effect::Storage(generation, change) = effect {
        generation.state.borrow_mut().storage.accept(change);
    }
}

fn restore<K: Ord, V>(map: &mut BTreeMap<K, V>, key: K, before: Option<V>) {
    match before {
        Some(value) => drop(map.insert(key, value)),
        None => drop(map.remove(&key)),
    }
}

/// Names that a mod makes up are kept, hashed and shown: they are bounded like everything else.
pub(crate) fn require_short(name: &str, what: &str) -> Result<(), ApiError> {
    if name.len() <= NAME_BYTES_MAX {
        return Ok(());
    }
    Err(ApiError::new(format!(
        "{what} has {} bytes, {NAME_BYTES_MAX} are allowed",
        name.len()
    )))
}

fn own_state_only(generation: &Rc<Generation>, id: &str) -> Result<(), ApiError> {
    if id == generation.id().as_str() {
        return Ok(());
    }
    Err(ApiError::new(format!(
        "{} asked for the state of `{id}`; a mod reaches its own state only",
        generation.id()
    ))
    .help(format!(
        "write \"{}\", or call a function that the other mod exports: colony.mods.get(\"{id}\")",
        generation.id()
    )))
}

/// The random stream of a mod, apart from every stream of the colony.
fn stream(purpose: &str, id: &ModId) -> u64 {
    xxhash_rust::xxh3::xxh3_64(format!("{purpose}:{id}").as_bytes())
}
