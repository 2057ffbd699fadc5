//! The inside of the host, as the functions that mods call see it: the colony, the running mods, and the call that is under
//! way with everything needed to take it back.

mod effects;
mod meter;
mod permissions;

use std::cell::{Cell, Ref, RefCell, RefMut};
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use serde::{Deserialize, Serialize};
use sim::Colony;

use crate::error::{GuestError, Location};
use crate::generation::{Generation, Instance};
use crate::limits::{
    LOG_LINE_CHARACTERS_MAX, LOG_LINES_PER_TICK_MAX, MEMORY_BYTES_KEPT_MAX,
    MEMORY_BYTES_PER_CALL_MAX, STEPS_PER_CALL_MAX, STEPS_PER_LOAD_MAX, TEXT_BYTES_MAX, shown,
};
use crate::lua::KnownScripts;
use crate::mod_id::ModId;
use crate::perturbation::Perturbation;
use crate::trace::{SharedTrace, Trace, Writer};
use crate::value::Value;

use effects::Effect;
pub(crate) use effects::{Effects, require_short};
pub use meter::{Bound, CallUse, Deadline, Meter};
pub(crate) use meter::{at_the_host_s_cost, made_text, take_memory, take_step, weigh_steps};

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
    /// A guest that keeps its state in a memory of its own takes it over.
    Restoring,
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
    /// The instances in load order, until one of the two changes.
    running: RefCell<Option<Rc<[Instance]>>>,
    frames: RefCell<Vec<Frame>>,
    /// Generations that the root call under way has come to.
    entered: RefCell<Vec<Rc<Generation>>>,
    journal: RefCell<Vec<Effect>>,
    emitted: RefCell<Vec<EmittedEvent>>,
    log: RefCell<Vec<LogLine>>,
    log_volume: RefCell<BTreeMap<ModId, u32>>,
    /// Exported functions that were called, by the mod that exports them.
    called_exports: RefCell<BTreeMap<ModId, BTreeSet<String>>>,
    meter: Rc<Meter>,
    trace: RefCell<Option<SharedTrace>>,
    perturbation: RefCell<Perturbation>,
    known_scripts: KnownScripts,
    /// Whether a tick is over and the next has not begun: what happens then is reported under the next.
    between_ticks: Cell<bool>,
}

impl Context {
    /// The inside of a host without mods.
    pub fn new(colony: Colony) -> Context {
        Context {
            colony: RefCell::new(colony),
            current: RefCell::default(),
            order: RefCell::default(),
            running: RefCell::default(),
            frames: RefCell::default(),
            entered: RefCell::default(),
            journal: RefCell::default(),
            emitted: RefCell::default(),
            log: RefCell::default(),
            log_volume: RefCell::default(),
            called_exports: RefCell::default(),
            meter: Rc::default(),
            trace: RefCell::default(),
            perturbation: RefCell::default(),
            known_scripts: KnownScripts::default(),
            between_ticks: Cell::new(false),
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

    /// Says whether a tick is over and the next has not begun.
    pub(crate) fn set_between_ticks(&self, between: bool) {
        self.between_ticks.set(between);
    }

    /// What counts the steps of calls.
    pub fn meter(&self) -> &Rc<Meter> {
        &self.meter
    }

    /// The running mods in load order.
    pub fn running(&self) -> Rc<[Instance]> {
        if let Some(running) = &*self.running.borrow() {
            return running.clone();
        }
        let current = self.current.borrow();
        let order = self.order.borrow();
        let running: Rc<[Instance]> = order
            .iter()
            .filter_map(|id| current.get(id).cloned())
            .collect();
        *self.running.borrow_mut() = Some(running.clone());
        running
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
        self.running.take();
        self.current
            .borrow_mut()
            .insert(instance.generation.id().clone(), instance)
    }

    pub(crate) fn uninstall(&self, id: &ModId) -> Option<Instance> {
        self.running.take();
        self.emitted
            .borrow_mut()
            .retain(|event| event.mod_id != *id);
        self.current.borrow_mut().remove(id)
    }

    /// Lets a mod that is installed next take the place and the queued events of another, which is dropped last.
    pub(crate) fn rename(&self, old: &ModId, new: &ModId) {
        self.running.take();
        for event in self.emitted.borrow_mut().iter_mut() {
            if event.mod_id == *old {
                event.mod_id = new.clone();
            }
        }
        for id in self.order.borrow_mut().iter_mut() {
            if id == old {
                *id = new.clone();
            }
        }
        drop(self.current.borrow_mut().remove(old));
    }

    pub(crate) fn set_order(&self, order: Vec<ModId>) {
        self.running.take();
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

    /// Exported functions that mods have called, by the mod that exports them; failing calls count.
    pub(crate) fn called_exports(&self) -> Ref<'_, BTreeMap<ModId, BTreeSet<String>>> {
        self.called_exports.borrow()
    }

    fn note_called(&self, id: &ModId, export: &str) {
        let mut called = self.called_exports.borrow_mut();
        if called.get(id).is_some_and(|known| known.contains(export)) {
            return;
        }
        called
            .entry(id.clone())
            .or_default()
            .insert(export.to_owned());
    }

    /// Takes note from now on of who writes what.
    pub(crate) fn set_trace(&self, trace: SharedTrace) {
        *self.trace.borrow_mut() = Some(trace);
    }

    /// Takes note that the memory of the mod's machine changes with the running call: where that is taken back, the memory is not what
    /// it was before it. A root call of one function is taken back only where that function failed, which its machine knows.
    pub(crate) fn note_memory(&self, generation: &Rc<Generation>) {
        let is_root = self.frames.borrow().len() == 1;
        if is_root && self.phase() == Phase::Running {
            return;
        }
        let effect = Effect::Memory(generation.clone());
        self.journal.borrow_mut().push(effect);
    }

    /// What is varied in machines that are made from now on.
    pub(crate) fn perturb(&self, perturbation: Perturbation) {
        *self.perturbation.borrow_mut() = perturbation;
    }

    pub(crate) fn perturbation_of(&self, id: &ModId) -> Perturbation {
        self.perturbation.borrow().in_machine_of(id)
    }

    /// Scripts that need not be compiled again.
    pub(crate) fn known_scripts(&self) -> &KnownScripts {
        &self.known_scripts
    }

    /// Says what calls the code that is called next, where that is taken note of.
    pub(crate) fn begin_cause(&self, cause: impl FnOnce() -> String) {
        if let Some(trace) = &*self.trace.borrow() {
            trace.borrow_mut().begin(cause());
        }
    }

    /// Takes note of a write of the running call, where that is asked for.
    pub(crate) fn note_write(
        &self,
        generation: &Generation,
        location: impl FnOnce() -> Option<Location>,
        note: impl FnOnce(&mut Trace, Writer),
    ) {
        let trace = self.trace.borrow();
        let Some(trace) = &*trace else { return };
        let mut trace = trace.borrow_mut();
        let writer = Writer {
            tick: self.tick() + u64::from(self.between_ticks.get()),
            mod_id: generation.id().clone(),
            version: generation.manifest.version.to_string(),
            cause: trace.cause(),
            location: location(),
        };
        note(&mut trace, writer);
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
        let result = self.run(generation, phase, body)?;
        if self.frames.borrow().is_empty() {
            self.accept_all();
        }
        Ok(result)
    }

    /// Like [`Context::call`], but what the call did can still be taken back afterwards, before anything else is called.
    ///
    /// # Errors
    /// See [`Context::call`].
    pub(crate) fn call_reversibly<T>(
        &self,
        generation: &Rc<Generation>,
        phase: Phase,
        body: impl FnOnce() -> Result<T, GuestError>,
    ) -> Result<(T, Effects), GuestError> {
        let result = self.run(generation, phase, body)?;
        let effects = match self.frames.borrow().is_empty() {
            true => self.take_effects(),
            false => Effects::default(),
        };
        Ok((result, effects))
    }

    /// Runs code of a mod. What a root call that succeeded did is in the journal: the caller accepts or takes it before the next.
    fn run<T>(
        &self,
        generation: &Rc<Generation>,
        phase: Phase,
        body: impl FnOnce() -> Result<T, GuestError>,
    ) -> Result<T, GuestError> {
        let mark = self.journal.borrow().len();
        let root = {
            let mut frames = self.frames.borrow_mut();
            frames.push(Frame {
                generation: generation.clone(),
                phase,
                load_draws: Cell::new(0),
            });
            frames.len() == 1
        };
        if root {
            self.meter.begin(match phase {
                Phase::Running => STEPS_PER_CALL_MAX,
                _ => STEPS_PER_LOAD_MAX,
            });
        }
        let result = match self.enter(generation) {
            // Boxed: a result with room for a whole error is slow to move, and most calls have none.
            Ok(()) => body().map_err(Box::new),
            Err(bound) => {
                self.meter.exhaust(bound);
                Err(Box::new(self.bound_error(bound)))
            }
        };
        self.frames.borrow_mut().pop();
        let result = result.and_then(|result| match self.meter.exhausted() {
            Some(bound) => Err(Box::new(self.bound_error(bound))),
            None => Ok(result),
        });
        if root && let Some(trace) = &*self.trace.borrow() {
            trace.borrow_mut().end(result.is_ok());
        }
        // Invariant (I2): a failed call leaves nothing behind; inner calls are savepoints of the root call.
        if result.is_err() {
            self.undo_to(mark);
        }
        if root {
            let used = self.meter.end();
            for generation in self.entered.borrow_mut().drain(..) {
                if let Some(runtime) = generation.runtime() {
                    runtime.rest(used, phase);
                }
            }
        }
        result.map_err(|error| *error)
    }

    /// Makes the machine of a generation ready, the first time that a root call comes to it.
    fn enter(&self, generation: &Rc<Generation>) -> Result<(), Bound> {
        let mut entered = self.entered.borrow_mut();
        if entered.iter().any(|known| Rc::ptr_eq(known, generation)) {
            return Ok(());
        }
        entered.push(generation.clone());
        generation
            .runtime()
            .map_or(Ok(()), |runtime| runtime.enter())
    }

    /// What a mod is told about a bound.
    pub fn bound_error(&self, bound: Bound) -> GuestError {
        let location = self.meter.exhausted_at.borrow().clone();
        let error = match bound {
            Bound::Steps => GuestError {
                help: Some("every call must end: look for a loop without an end or a text that is far too long, or spread the work over ticks".to_owned()),
                ..GuestError::new(format!("instruction budget used up: {} steps in one call", shown(self.meter.steps_max.get())))
            },
            Bound::Deadline => GuestError::new(deadline_text(self.meter.deadline().as_ref())),
            Bound::Text => GuestError {
                help: Some("keep lists of short texts instead".to_owned()),
                ..GuestError::new(format!("a text is too long: {} bytes are allowed", shown(TEXT_BYTES_MAX as u64)))
            },
            Bound::Memory => GuestError {
                help: Some("keep less in memory at once, and state in `colony.storage`".to_owned()),
                ..GuestError::new(format!(
                    "out of memory: a call may allocate {} MiB, and a mod may keep {} MiB",
                    MEMORY_BYTES_PER_CALL_MAX / (1024 * 1024),
                    MEMORY_BYTES_KEPT_MAX / (1024 * 1024)
                ))
            },
        };
        GuestError { location, ..error }
    }

    /// What the innermost call is for.
    pub fn phase(&self) -> Phase {
        self.frames
            .borrow()
            .last()
            .map_or(Phase::TopLevel, |frame| frame.phase)
    }

    /// Whether the code is loading, and so may declare handlers, timers and exports.
    pub fn is_loading(&self) -> bool {
        matches!(self.phase(), Phase::TopLevel | Phase::Loaded(_))
    }

    /// Writes a log line.
    pub fn log(&self, id: &ModId, level: LogLevel, text: &str) {
        let mut volume = self.log_volume.borrow_mut();
        let lines = volume.entry(id.clone()).or_default();
        *lines += 1;
        let text: String = match (*lines).cmp(&LOG_LINES_PER_TICK_MAX) {
            std::cmp::Ordering::Less => text.chars().take(LOG_LINE_CHARACTERS_MAX).collect(),
            std::cmp::Ordering::Equal => format!(
                "more than {LOG_LINES_PER_TICK_MAX} lines in one tick: the rest is left out"
            ),
            std::cmp::Ordering::Greater => return,
        };
        self.log.borrow_mut().push(LogLine {
            tick: self.tick() + u64::from(self.between_ticks.get()),
            mod_id: id.clone(),
            level,
            text,
        });
    }
}

/// What is said of a reload that takes too long.
pub(crate) fn deadline_text(deadline: Option<&Deadline>) -> String {
    let seconds = deadline.map_or(0, |deadline| deadline.seconds);
    format!(
        "the reload takes longer than {seconds} s (`reload_timeout` in [hot_reload.reload_queue])"
    )
}

/// Where a mod's own function stands, if it can be told, in front of a warning about it.
pub(crate) fn at(location: Option<&Location>) -> String {
    location.map_or(String::new(), |location| format!("{location}: "))
}
