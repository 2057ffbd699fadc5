//! The inside of the host, as the functions that mods call see it: the colony, the running mods, and the call that is under
//! way with everything needed to take it back.

use std::cell::{Cell, Ref, RefCell, RefMut};
use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use sim::{Colony, Command};

use crate::api::{ApiError, event_names};
use crate::diagnostic::nearest;
use crate::error::{GuestError, Location};
use crate::generation::{Generation, Instance};
use crate::limits::{
    CALL_DEPTH_MAX, COMMANDS_PER_TICK_MAX, EMITS_PER_TICK_MAX, LOG_LINE_CHARACTERS_MAX, LOG_LINES_PER_TICK_MAX, STEPS_PER_CALL_MAX,
    STEPS_PER_LOAD_MAX, TIMERS_MAX,
};
use crate::mod_id::ModId;
use crate::state::{HandlerName, Timer};
use crate::storage::{Change, Storage, StorageError};
use crate::value::Value;

/// What a call into a mod is for; decides what the mod may do in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// The code of the entry file.
    TopLevel,
    /// `mod_loaded`.
    Loaded(Reason),
    /// `mod_unloaded`.
    Unloading,
    /// A migration.
    Migrating,
    /// A handler, a timer, an exported function.
    Running,
}

/// Why a mod was loaded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// A new colony begins, or the mod is new to it.
    Start,
    /// The same code goes on.
    Resume,
    /// New code takes over.
    Update,
}

impl Reason {
    /// As `event.reason` says it.
    pub fn name(self) -> &'static str {
        match self {
            Reason::Start => "start",
            Reason::Resume => "resume",
            Reason::Update => "update",
        }
    }
}

/// Counts the steps of a root call over all virtual machines that it passes through.
#[derive(Debug, Default)]
pub struct Meter {
    steps: Cell<u64>,
    steps_of_last_call: Cell<u64>,
    steps_max: Cell<u64>,
    exhausted: Cell<Option<Bound>>,
    exhausted_at: RefCell<Option<Location>>,
}

/// A bound that a call ran into and that the mod cannot catch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bound {
    /// The instruction budget.
    Steps,
    /// The memory of the virtual machine.
    Memory,
}

impl Meter {
    /// Counts a step.
    ///
    /// # Errors
    /// Once the budget is used up, at every further step.
    pub fn step(&self) -> Result<(), Bound> {
        if let Some(bound) = self.exhausted.get() {
            return Err(bound);
        }
        self.steps.set(self.steps.get() + 1);
        if self.steps.get() > self.steps_max.get() {
            self.exhaust(Bound::Steps);
            return Err(Bound::Steps);
        }
        Ok(())
    }

    /// The bound that the running root call has run into.
    pub fn exhausted(&self) -> Option<Bound> {
        self.exhausted.get()
    }

    /// Ends the running root call, whatever the mod does about it.
    pub fn exhaust(&self, bound: Bound) {
        self.exhausted.set(Some(self.exhausted.get().unwrap_or(bound)));
    }

    /// Notes where a bound was run into, the first time.
    pub fn exhausted_at(&self, location: impl FnOnce() -> Option<Location>) {
        let mut at = self.exhausted_at.borrow_mut();
        if at.is_none() {
            *at = location();
        }
    }

    /// Steps of the last root call that has ended.
    pub fn steps_of_last_call(&self) -> u64 {
        self.steps_of_last_call.get()
    }

    fn reset(&self, steps_max: u64) {
        self.steps.set(0);
        self.steps_max.set(steps_max);
        self.exhausted.set(None);
        self.exhausted_at.take();
    }
}

/// An event that a mod emitted, waiting for its delivery.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EmittedEvent {
    /// Who emitted it.
    pub mod_id: ModId,
    /// `mod_id:name`.
    pub name: String,
    /// A copy of the payload.
    pub payload: Option<Value>,
}

/// How much a log line matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum LogLevel {
    /// Told.
    Info,
    /// Should be looked at.
    Warn,
    /// Went wrong.
    Error,
}

/// A line that a mod, or the host about a mod, wrote.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LogLine {
    /// The tick.
    pub tick: u64,
    /// The mod.
    pub mod_id: ModId,
    /// How much it matters.
    pub level: LogLevel,
    /// What it says.
    pub text: String,
}

/// An effect of a running call that the host holds, kept to take it back (I2).
#[derive(Debug)]
enum Effect {
    Storage(Rc<Generation>, Change),
    Saved(Rc<Generation>, Option<Value>),
    Slot(Rc<Generation>, Option<Value>),
    Timer(Rc<Generation>, String, Option<Timer>),
    Subscription(Rc<Generation>, HandlerName, Option<bool>),
    Random(Rc<Generation>, u64),
    Command(Rc<Generation>),
    Emitted,
}

#[derive(Debug)]
struct Frame {
    generation: Rc<Generation>,
    phase: Phase,
    /// Draws of a loading mod come from a stream of their own that starts again each time.
    load_draws: Cell<u64>,
}

/// See the [module](self).
pub struct Context {
    colony: RefCell<Colony>,
    current: RefCell<BTreeMap<ModId, Instance>>,
    order: RefCell<Vec<ModId>>,
    frames: RefCell<Vec<Frame>>,
    journal: RefCell<Vec<Effect>>,
    emitted: RefCell<Vec<EmittedEvent>>,
    log: RefCell<Vec<LogLine>>,
    log_volume: RefCell<BTreeMap<ModId, u32>>,
    meter: Rc<Meter>,
}

impl Context {
    /// The inside of a host without mods.
    pub fn new(colony: Colony) -> Context {
        Context {
            colony: RefCell::new(colony),
            current: RefCell::default(),
            order: RefCell::default(),
            frames: RefCell::default(),
            journal: RefCell::default(),
            emitted: RefCell::default(),
            log: RefCell::default(),
            log_volume: RefCell::default(),
            meter: Rc::default(),
        }
    }

    /// The colony, to look at.
    pub fn colony(&self) -> Ref<'_, Colony> {
        self.colony.borrow()
    }

    pub(crate) fn colony_mut(&self) -> RefMut<'_, Colony> {
        self.colony.borrow_mut()
    }

    /// The current tick.
    pub fn tick(&self) -> u64 {
        self.colony.borrow().tick()
    }

    /// What counts the steps of calls.
    pub fn meter(&self) -> &Rc<Meter> {
        &self.meter
    }

    /// The running mods in load order.
    pub fn running(&self) -> Vec<Instance> {
        let current = self.current.borrow();
        self.order.borrow().iter().filter_map(|id| current.get(id).cloned()).collect()
    }

    /// The running mods in the order of their ids.
    pub(crate) fn instances(&self) -> Vec<Instance> {
        self.current.borrow().values().cloned().collect()
    }

    /// The load order.
    pub(crate) fn order(&self) -> Vec<ModId> {
        self.order.borrow().clone()
    }

    /// The running instance of a mod.
    pub fn instance(&self, id: &ModId) -> Option<Instance> {
        self.current.borrow().get(id).cloned()
    }

    /// Makes an instance the running one. The one before it is returned, to be dropped last.
    pub(crate) fn install(&self, instance: Instance) -> Option<Instance> {
        self.current.borrow_mut().insert(instance.generation.id().clone(), instance)
    }

    pub(crate) fn uninstall(&self, id: &ModId) -> Option<Instance> {
        self.emitted.borrow_mut().retain(|event| event.mod_id != *id);
        self.current.borrow_mut().remove(id)
    }

    pub(crate) fn set_order(&self, order: Vec<ModId>) {
        *self.order.borrow_mut() = order;
    }

    /// The queue of emitted events.
    pub(crate) fn emitted(&self) -> RefMut<'_, Vec<EmittedEvent>> {
        self.emitted.borrow_mut()
    }

    /// The log so far; taken by the one who reports.
    pub(crate) fn take_log(&self) -> Vec<LogLine> {
        self.log_volume.borrow_mut().clear();
        std::mem::take(&mut *self.log.borrow_mut())
    }

    /// Runs code of a mod: meters it, and takes back every effect that the host holds when it fails (I2).
    ///
    /// # Errors
    /// What the mod raised, or the bound it ran into.
    pub fn call<T>(
        &self,
        generation: &Rc<Generation>,
        phase: Phase,
        body: impl FnOnce() -> Result<T, GuestError>,
    ) -> Result<T, GuestError> {
        let root = self.frames.borrow().is_empty();
        if root {
            self.meter.reset(if phase == Phase::Running { STEPS_PER_CALL_MAX } else { STEPS_PER_LOAD_MAX });
        }
        let mark = self.journal.borrow().len();
        let frame = Frame { generation: generation.clone(), phase, load_draws: Cell::new(0) };
        self.frames.borrow_mut().push(frame);
        let mut result = body();
        self.frames.borrow_mut().pop();
        if let (Some(bound), Ok(_)) = (self.meter.exhausted(), &result) {
            result = Err(self.bound_error(bound));
        }
        match &result {
            // Invariant (I2): a failed call leaves nothing behind; inner calls are savepoints of the root call.
            Err(_) => self.undo_to(mark),
            Ok(_) if root => self.accept(),
            Ok(_) => {}
        }
        if root {
            self.meter.steps_of_last_call.set(self.meter.steps.get());
            self.meter.reset(STEPS_PER_LOAD_MAX);
            for instance in self.current.borrow().values() {
                if let Some(runtime) = &instance.runtime {
                    runtime.rest();
                }
            }
        }
        result
    }

    /// What a mod is told about a bound.
    pub fn bound_error(&self, bound: Bound) -> GuestError {
        let location = self.meter.exhausted_at.borrow().clone();
        let error = match bound {
            Bound::Steps => GuestError {
                help: Some("a handler must end: look for a loop without an end, or spread the work over ticks".to_owned()),
                ..GuestError::new(format!("instruction budget used up: {} steps in one call", self.meter.steps_max.get()))
            },
            Bound::Memory => GuestError {
                help: Some("keep less in memory at once".to_owned()),
                ..GuestError::new(format!(
                    "out of memory: a mod may use {} MiB",
                    crate::limits::MEMORY_BYTES_MAX / (1024 * 1024)
                ))
            },
        };
        GuestError { location, ..error }
    }

    /// What the innermost call is for.
    pub fn phase(&self) -> Phase {
        self.frames.borrow().last().map_or(Phase::TopLevel, |frame| frame.phase)
    }

    /// Whether the code is loading, and so may declare handlers, timers and exports.
    pub fn is_loading(&self) -> bool {
        matches!(self.phase(), Phase::TopLevel | Phase::Loaded(_))
    }

    /// The next 64 random bits of a mod's stream.
    pub fn draw(&self, generation: &Rc<Generation>) -> u64 {
        let seed = self.colony.borrow().view().seed();
        let id = generation.id();
        if self.phase() == Phase::Running {
            let position = generation.state.borrow().random_position;
            self.journal.borrow_mut().push(Effect::Random(generation.clone(), position));
            generation.state.borrow_mut().random_position = position + 1;
            return sim::random_u64(seed, stream("mod", id), 0, 0, position);
        }
        let frames = self.frames.borrow();
        let draws = frames.last().map_or(0, |frame| frame.load_draws.replace(frame.load_draws.get() + 1));
        sim::random_u64(seed, stream("load", id), 0, 0, draws)
    }

    /// A whole number from `low` to `high`, both included, from a mod's stream.
    ///
    /// # Errors
    /// An empty range.
    pub fn draw_integer(&self, generation: &Rc<Generation>, low: i64, high: i64) -> Result<i64, ApiError> {
        if low > high {
            return Err(ApiError::new(format!("the range of random numbers from {low} to {high} is empty")));
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
        if generation.state.borrow().commands.len() >= COMMANDS_PER_TICK_MAX as usize {
            return Err(ApiError::new(format!("{COMMANDS_PER_TICK_MAX} commands in one tick are the most that a mod may issue")));
        }
        self.colony.borrow().check(&command).map_err(|error| ApiError::new(format!("colony.{function}: {error}")))?;
        generation.state.borrow_mut().commands.push(command);
        self.journal.borrow_mut().push(Effect::Command(generation.clone()));
        Ok(())
    }

    /// Emits an event of a mod's own.
    ///
    /// # Errors
    /// A name that belongs to the table, a call at the wrong time, too many.
    pub fn emit(&self, generation: &Rc<Generation>, name: &str, payload: Option<Value>) -> Result<(), ApiError> {
        self.require_effects_allowed("colony.events.emit")?;
        let id = generation.id();
        let own = name.split_once(':').map_or(name, |(owner, rest)| if owner == id.as_str() { rest } else { "" });
        if own.is_empty() || own.contains(':') || event_names().contains(&own) {
            return Err(ApiError::new(format!("{id} cannot emit `{name}`"))
                .help(format!("a mod emits events of its own, for example `{id}:alarm`")));
        }
        let mut emitted = self.emitted.borrow_mut();
        if emitted.iter().filter(|event| event.mod_id == *id).count() >= EMITS_PER_TICK_MAX as usize {
            return Err(ApiError::new(format!("{EMITS_PER_TICK_MAX} events in one tick are the most that a mod may emit")));
        }
        emitted.push(EmittedEvent { mod_id: id.clone(), name: format!("{id}:{own}"), payload });
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
        let (change, result) =
            change(&mut generation.state.borrow_mut().storage).map_err(|error| ApiError::new(error.to_string()))?;
        if let Some(change) = change {
            self.journal.borrow_mut().push(Effect::Storage(generation.clone(), change));
        }
        Ok(result)
    }

    /// Refuses uses of the storage while it is not there.
    ///
    /// # Errors
    /// In top-level code and in migrations.
    pub fn require_storage(&self) -> Result<(), ApiError> {
        match self.phase() {
            Phase::TopLevel => Err(ApiError::new("colony.storage is not there yet: the state is restored after the top-level code has run")
                .help("declare defaults with colony.state.define, and use the storage in handlers")),
            Phase::Migrating => Err(ApiError::new("colony.storage is not there during a migration")
                .help("change the `state` that the migration is given")),
            _ => Ok(()),
        }
    }

    /// Starts, restarts or stops (`None`) a timer.
    ///
    /// # Errors
    /// Too many timers.
    pub fn set_timer(&self, generation: &Rc<Generation>, name: &str, timer: Option<Timer>) -> Result<(), ApiError> {
        let mut state = generation.state.borrow_mut();
        if timer.is_some() && state.timers.len() >= TIMERS_MAX && !state.timers.contains_key(name) {
            return Err(ApiError::new(format!("{TIMERS_MAX} timers are the most that a mod may hold")));
        }
        let before = match timer {
            Some(timer) => state.timers.insert(name.to_owned(), timer),
            None => state.timers.remove(name),
        };
        self.journal.borrow_mut().push(Effect::Timer(generation.clone(), name.to_owned(), before));
        Ok(())
    }

    /// Switches a declared handler on or off.
    pub fn set_subscription(&self, generation: &Rc<Generation>, handler: &HandlerName, active: bool) {
        let before = generation.state.borrow_mut().subscriptions.insert(handler.clone(), active);
        self.journal.borrow_mut().push(Effect::Subscription(generation.clone(), handler.clone(), before));
    }

    /// `colony.state.save_mod_state`: fills the hand-over slot inside `mod_unloaded`, else keeps the value for good.
    ///
    /// # Errors
    /// Another mod's id (seed-corrections 54), a value over `max_state_size`, a call in top-level code or a migration.
    pub fn save_mod_state(&self, generation: &Rc<Generation>, id: &str, value: Value) -> Result<(), ApiError> {
        own_state_only(generation, id)?;
        let bytes_max = generation.manifest.hot_reload.max_state_size;
        Storage::from_value(&Value::map([("state", value.clone())]), bytes_max)
            .map_err(|error| ApiError::new(format!("colony.state.save_mod_state: {error}")))?;
        let mut state = generation.state.borrow_mut();
        let effect = match self.phase() {
            Phase::TopLevel | Phase::Migrating => {
                return Err(ApiError::new("colony.state.save_mod_state is for handlers: the state is not there yet"));
            }
            Phase::Unloading => Effect::Slot(generation.clone(), state.slot.replace(value)),
            Phase::Loaded(_) | Phase::Running => Effect::Saved(generation.clone(), state.saved.replace(value)),
        };
        self.journal.borrow_mut().push(effect);
        Ok(())
    }

    /// `colony.state.get_mod_state`: the hand-over slot during `mod_loaded` where it was filled, else what was saved for good.
    ///
    /// # Errors
    /// Another mod's id (seed-corrections 54), a call in top-level code or a migration.
    pub fn get_mod_state(&self, generation: &Rc<Generation>, id: &str) -> Result<Option<Value>, ApiError> {
        own_state_only(generation, id)?;
        let state = generation.state.borrow();
        match self.phase() {
            Phase::TopLevel | Phase::Migrating => {
                Err(ApiError::new("colony.state.get_mod_state is for handlers: the state is not there yet")
                    .help("call it in a handler of mod_loaded"))
            }
            Phase::Loaded(_) => Ok(state.slot.clone().or_else(|| state.saved.clone())),
            Phase::Unloading | Phase::Running => Ok(state.saved.clone()),
        }
    }

    /// Writes a log line.
    pub fn log(&self, id: &ModId, level: LogLevel, text: &str) {
        let mut volume = self.log_volume.borrow_mut();
        let lines = volume.entry(id.clone()).or_default();
        *lines += 1;
        let text: String = match (*lines).cmp(&LOG_LINES_PER_TICK_MAX) {
            std::cmp::Ordering::Less => text.chars().take(LOG_LINE_CHARACTERS_MAX).collect(),
            std::cmp::Ordering::Equal => format!("more than {LOG_LINES_PER_TICK_MAX} lines in one tick: the rest is left out"),
            std::cmp::Ordering::Greater => return,
        };
        self.log.borrow_mut().push(LogLine { tick: self.tick(), mod_id: id.clone(), level, text });
    }

    /// Calls a function that another mod exports. The call is a savepoint of the one that is under way.
    ///
    /// # Errors
    /// A mod that is not a dependency or does not run, an unknown function, a circle of calls, too deep a nesting, and what
    /// the other mod raised.
    pub fn call_export(
        &self,
        caller: &Rc<Generation>,
        mod_id: &str,
        name: &str,
        arguments: &[Option<Value>],
    ) -> Result<Vec<Option<Value>>, ApiError> {
        let call = format!("{mod_id}.{name}");
        self.require_effects_allowed(&format!("a call of {call}"))?;
        let instance = self.dependency(caller, mod_id)?;
        let exports = instance.generation.declarations.borrow().exports.clone();
        if !exports.contains(name) {
            let error = ApiError::new(format!("{mod_id} exports no function `{name}`"));
            return Err(match nearest(name, exports.iter().map(String::as_str)) {
                Some(near) => error.help(format!("did you mean `{near}`?")),
                None => error,
            });
        }
        if self.frames.borrow().len() >= CALL_DEPTH_MAX {
            return Err(ApiError::new(format!("calls between mods are nested more than {CALL_DEPTH_MAX} deep at {call}")));
        }
        if self.frames.borrow().iter().any(|frame| frame.generation.id() == instance.generation.id()) {
            return Err(ApiError::new(format!("{call} calls back into a mod that is waiting for its own call to return")));
        }
        let Some(runtime) = &instance.runtime else {
            return Err(ApiError::new(format!("{mod_id} has no code")));
        };
        self.call(&instance.generation, Phase::Running, || runtime.export(name, arguments))
            .map_err(|error| ApiError { message: format!("{call} failed: {error}"), help: error.help })
    }

    /// The running instance of a dependency of a mod.
    ///
    /// # Errors
    /// A mod that the manifest does not name, or that does not run.
    pub fn dependency(&self, caller: &Rc<Generation>, mod_id: &str) -> Result<Instance, ApiError> {
        let Some(id) = caller.manifest.dependencies.keys().find(|id| id.as_str() == mod_id) else {
            return Err(ApiError::new(format!("{} does not depend on `{mod_id}`", caller.id()))
                .help(format!("add to mod.toml:  [dependencies]  {mod_id} = \"*\"")));
        };
        self.instance(id).ok_or_else(|| ApiError::new(format!("{mod_id} is not running")))
    }

    /// Refuses what only the capability allows.
    ///
    /// # Errors
    /// Names the line to add to the manifest.
    pub fn require_capability(
        &self,
        generation: &Rc<Generation>,
        function: &str,
        capability: Option<&str>,
    ) -> Result<(), ApiError> {
        let Some(capability) = capability else { return Ok(()) };
        let declared = &generation.manifest.capabilities;
        if declared.contains(capability) {
            return Ok(());
        }
        let mut all: Vec<&str> = declared.iter().map(String::as_str).collect();
        all.push(capability);
        Err(ApiError::new(format!("colony.{function} needs the capability `{capability}`, which {} lacks", generation.id()))
            .help(format!("write in mod.toml:  capabilities = {all:?}")))
    }

    /// Refuses effects beyond the mod's own state where a reload could not take them back.
    fn require_effects_allowed(&self, what: &str) -> Result<(), ApiError> {
        let when = match self.phase() {
            Phase::Running | Phase::Loaded(Reason::Start) => return Ok(()),
            Phase::TopLevel => "in top-level code",
            Phase::Loaded(Reason::Resume | Reason::Update) => "in mod_loaded when a mod goes on after a reload or a save",
            Phase::Unloading => "in mod_unloaded",
            Phase::Migrating => "in a migration",
        };
        Err(ApiError::new(format!("{what} is not allowed {when}"))
            .help("do it in a handler, or in mod_loaded when `event.reason == \"start\"`: loading again must not change the world"))
    }

    fn undo_to(&self, mark: usize) {
        let effects = self.journal.borrow_mut().split_off(mark);
        for effect in effects.into_iter().rev() {
            match effect {
                Effect::Storage(generation, change) => generation.state.borrow_mut().storage.undo(change),
                Effect::Saved(generation, before) => generation.state.borrow_mut().saved = before,
                Effect::Slot(generation, before) => generation.state.borrow_mut().slot = before,
                Effect::Timer(generation, name, before) => restore(&mut generation.state.borrow_mut().timers, name, before),
                Effect::Subscription(generation, handler, before) => {
                    restore(&mut generation.state.borrow_mut().subscriptions, handler, before);
                }
                Effect::Random(generation, position) => generation.state.borrow_mut().random_position = position,
                Effect::Command(generation) => drop(generation.state.borrow_mut().commands.pop()),
                Effect::Emitted => drop(self.emitted.borrow_mut().pop()),
            }
        }
    }

    fn accept(&self) {
        for effect in self.journal.borrow_mut().drain(..) {
            if let Effect::Storage(generation, change) = effect {
                generation.state.borrow_mut().storage.accept(change);
            }
        }
    }
}

/// Where a mod's own function stands, if it can be told, in front of a warning about it.
pub(crate) fn at(location: Option<&Location>) -> String {
    location.map_or(String::new(), |location| format!("{location}: "))
}

fn restore<K: Ord, V>(map: &mut BTreeMap<K, V>, key: K, before: Option<V>) {
    match before {
        Some(value) => drop(map.insert(key, value)),
        None => drop(map.remove(&key)),
    }
}

fn own_state_only(generation: &Rc<Generation>, id: &str) -> Result<(), ApiError> {
    if id == generation.id().as_str() {
        return Ok(());
    }
    Err(ApiError::new(format!("{} asked for the state of `{id}`; a mod reaches its own state only", generation.id()))
        .help(format!("write \"{}\", or call a function that the other mod exports: colony.mods.get(\"{id}\")", generation.id())))
}

/// The random stream of a mod, apart from every stream of the colony.
fn stream(purpose: &str, id: &ModId) -> u64 {
    let text: Arc<str> = format!("{purpose}:{id}").into();
    xxhash_rust::xxh3::xxh3_64(text.as_bytes())
}
