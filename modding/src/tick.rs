//! One tick, as design.md lists it: tick_start and timers, commands, systems, events, tick_end, hash.

use serde::Serialize;
use sim::Command;
use smol_str::SmolStr;
use xxhash_rust::xxh3::Xxh3;

use crate::api;
use crate::batch;
use crate::context::{EmittedEvent, LogLevel, LogLine, Phase};
use crate::error::GuestError;
use crate::generation::Instance;
use crate::host::Host;
use crate::limits::FAILURES_IN_A_ROW_MAX;
use crate::mod_id::ModId;
use crate::runtime::tick_value;
use crate::runtime::{Event, EventContent};
use crate::state::HandlerName;
use crate::value::Value;

/// The event name under which failing timers are counted; no event of the table has it.
pub(crate) const TIMER: &str = "timer";

/// A command that the world refused when it was to be applied.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RefusedCommand {
    /// The tick.
    pub tick: u64,
    /// Who issued it; `None` for the scenario.
    pub mod_id: Option<ModId>,
    /// Why, in words.
    pub reason: String,
}

/// A handler that failed, with how often.
#[derive(Clone, Debug, PartialEq)]
pub struct HandlerFailure {
    /// The mod.
    pub mod_id: ModId,
    /// Its version.
    pub version: String,
    /// Its generation.
    pub generation: u32,
    /// The event and key of the handler, or `timer` and its name.
    pub handler: HandlerName,
    /// The first failing tick.
    pub first: u64,
    /// The last failing tick.
    pub last: u64,
    /// How many calls failed.
    pub count: u32,
    /// Whether the handler was suspended.
    pub suspended: bool,
    /// Steps that the first failing call took.
    pub steps: u64,
    /// What the first failing call was given, as its author would write it.
    pub event: String,
    /// What it raised.
    pub error: GuestError,
    /// The same with the line's text.
    pub fault: crate::diagnostic::Fault,
}

impl HandlerFailure {
    /// Whether it is the same handler of the same code, failing in the same line; the first message stands for all.
    pub fn same_as(&self, other: &HandlerFailure) -> bool {
        self.mod_id == other.mod_id
            && self.generation == other.generation
            && self.handler == other.handler
            && self.error.location == other.error.location
    }
}

/// What happened in a tick.
#[derive(Clone, Debug, Default)]
pub struct TickRecord {
    /// The tick.
    pub tick: u64,
    /// Events of the colony, in order of emission.
    pub events: Vec<sim::Event>,
    /// Events of mods that were delivered.
    pub mod_events: Vec<EmittedEvent>,
    /// Commands that came to nothing.
    pub refused: Vec<RefusedCommand>,
    /// What mods wrote since the last tick's record.
    pub log: Vec<LogLine>,
}

impl Host {
    /// Runs one tick with the commands that the scenario issues in it.
    pub fn tick(&mut self, commands: &[Command]) -> TickRecord {
        self.context.set_between_ticks(false);
        self.context.colony_mut().begin_tick();
        let tick = self.context.tick();
        self.deliver(&table_event("tick_start", tick));
        self.fire_timers(tick);
        let refused = self.apply_commands(tick, commands);
        self.context.colony_mut().step();
        let events = self.context.colony_mut().take_events();
        // Invariant: what mods emit from here on waits for the next tick, so that no event can chase its own tail.
        let mod_events = std::mem::take(&mut *self.context.emitted());
        for emitted in &mod_events {
            let content = EventContent::Payload(emitted.payload.clone());
            self.deliver(&Event {
                name: emitted.name.as_str().into(),
                tick,
                content,
            });
        }
        self.deliver_config_changes(tick);
        for event in &events {
            self.deliver_colony_event(tick, event);
        }
        self.deliver_batches(tick, &events);
        self.deliver(&table_event("tick_end", tick));
        self.advance_chain(tick);
        self.context.set_between_ticks(true);
        TickRecord {
            tick,
            events,
            mod_events,
            refused,
            log: self.context.take_log(),
        }
    }

    /// The hash of every part of the state, in a fixed order: the colony's parts, the queue of emitted events, one for each mod.
    pub fn part_hashes(&self) -> Vec<(String, u128)> {
        let mut parts: Vec<(String, u128)> = self
            .context
            .colony_mut()
            .hashes()
            .into_iter()
            .map(|(name, hash)| (name.to_owned(), hash))
            .collect();
        parts.push(("mod_events".to_owned(), self.queue_hash()));
        for instance in self.context.running().iter() {
            let generation = &instance.generation;
            parts.push((
                format!("mods.{}", generation.id()),
                generation.state.borrow().hash(),
            ));
        }
        parts
    }

    /// Calls every active handler of an event: mods in load order, handlers by priority and declaration. A tick delivers what
    /// happened in it; tests of mods deliver what they make up.
    pub fn deliver(&mut self, event: &Event) {
        for instance in self.context.running().iter() {
            self.deliver_to(instance, event);
        }
    }

    fn deliver_to(&mut self, instance: &Instance, event: &Event) {
        let Some(runtime) = &instance.runtime else {
            return;
        };
        let generation = &instance.generation;
        let declared = generation.declarations.borrow().handlers_of(&event.name);
        let Some(declared) = declared else { return };
        // Those that are active now; what a handler switches on hears the next event.
        let active = |handler: &usize| generation.is_active(*handler);
        let several: Vec<usize>;
        let handlers = if declared.len() == 1 {
            &*declared
        } else {
            several = declared.iter().copied().filter(active).collect();
            &several
        };
        for &handler in handlers {
            // An earlier handler of the same event may have switched this one off.
            if generation.is_active(handler) {
                self.guarded(
                    instance,
                    || {
                        generation.declarations.borrow().handlers()[handler]
                            .name
                            .clone()
                    },
                    || event.to_string(),
                    || runtime.handle(handler, event),
                );
            }
        }
    }

    fn deliver_colony_event(&mut self, tick: u64, event: &sim::Event) {
        let running = self.context.running();
        // An event that nobody registered for costs nothing: no payload, no call.
        if !running
            .iter()
            .any(|instance| instance.generation.listens_to(event.name()))
        {
            return;
        }
        self.deliver(&Event {
            name: event.name().into(),
            tick,
            content: EventContent::Fields(api::payload(event)),
        });
    }

    /// Delivers events to those who hear them all at once, after everybody has heard them one by one. Invariant (I1): in the order
    /// in which the first event of each name happened; mods and handlers in the order of every event.
    fn deliver_batches(&mut self, tick: u64, events: &[sim::Event]) {
        let running = self.context.running();
        if !running
            .iter()
            .any(|instance| instance.generation.hears_batches())
        {
            return;
        }
        let is_heard = |name: &str| {
            let mut instances = running.iter();
            instances.any(|instance| instance.generation.listens_to(name))
        };
        for batch in batch::by_name(events, is_heard) {
            self.deliver(&Event {
                name: SmolStr::new_static(batch.name()),
                tick,
                content: EventContent::Batch(batch),
            });
        }
    }

    fn deliver_config_changes(&mut self, tick: u64) {
        for (id, key, value) in std::mem::take(&mut self.config_changes) {
            let Some(instance) = self.context.instance(&id) else {
                continue;
            };
            let content =
                EventContent::Fields(vec![Some(crate::value::Value::text(key)), Some(value)]);
            self.deliver_to(
                &instance,
                &Event {
                    name: "config_changed".into(),
                    tick,
                    content,
                },
            );
        }
    }

    /// Fires the timers that are due: mods in load order, timers by due tick and name.
    fn fire_timers(&mut self, tick: u64) {
        for instance in self.context.running().iter() {
            let Some(runtime) = &instance.runtime else {
                continue;
            };
            let generation = &instance.generation;
            let mut due: Vec<(u64, String)> = generation
                .state
                .borrow()
                .held
                .timers
                .iter()
                .filter_map(|(name, timer)| {
                    Some((timer.due.filter(|due| *due <= tick)?, name.clone()))
                })
                .collect();
            due.sort();
            for (due, name) in due {
                let value = {
                    let mut state = generation.state.borrow_mut();
                    let Some(timer) = state
                        .held
                        .timers
                        .get_mut(&name)
                        .filter(|timer| timer.due == Some(due))
                    else {
                        continue;
                    };
                    timer.due = timer.interval.map(|interval| due.saturating_add(interval));
                    timer.value.clone()
                };
                let event = || timer_text(&name, tick, value.as_ref());
                self.guarded(
                    instance,
                    || (TIMER.to_owned(), name.clone()),
                    event,
                    || runtime.fire(&name, tick, value.as_ref()),
                );
            }
        }
    }

    /// Calls into a mod unless the handler is suspended, and keeps count of its failures.
    fn guarded(
        &mut self,
        instance: &Instance,
        handler: impl Fn() -> HandlerName,
        event: impl FnOnce() -> String,
        call: impl FnOnce() -> Result<(), GuestError>,
    ) {
        let generation = &instance.generation;
        self.context.begin_cause(|| match handler() {
            (event, timer) if event == TIMER => format!("timer `{timer}`"),
            (event, _) => event,
        });
        // A mod without failures, the usual one, is not asked for the name of its handler.
        let failing = !generation.state.borrow().held.failures.is_empty();
        if !failing {
            if let Err(error) = self.context.call(generation, Phase::Running, call) {
                self.record_failure(instance, &handler(), event, error, 1);
            }
            return;
        }
        let handler = handler();
        let failures = generation
            .state
            .borrow()
            .held
            .failures
            .get(&handler)
            .copied()
            .unwrap_or(0);
        if failures >= FAILURES_IN_A_ROW_MAX {
            return;
        }
        match self.context.call(generation, Phase::Running, call) {
            Ok(()) => drop(generation.state.borrow_mut().held.failures.remove(&handler)),
            Err(error) => self.record_failure(instance, &handler, event, error, failures + 1),
        }
    }

    fn record_failure(
        &mut self,
        instance: &Instance,
        handler: &HandlerName,
        event: impl FnOnce() -> String,
        error: GuestError,
        in_a_row: u32,
    ) {
        let generation = &instance.generation;
        generation
            .state
            .borrow_mut()
            .held
            .failures
            .insert(handler.clone(), in_a_row);
        let (tick, suspended) = (self.context.tick(), in_a_row >= FAILURES_IN_A_ROW_MAX);
        let failure = HandlerFailure {
            mod_id: generation.id().clone(),
            version: generation.manifest.version.to_string(),
            generation: generation.number(),
            handler: handler.clone(),
            first: tick,
            last: tick,
            count: 1,
            suspended,
            steps: self.steps_of_last_call(),
            event: event(),
            fault: error.fault(&generation.sources()),
            error,
        };
        let known = self
            .failures
            .iter_mut()
            .find(|known| known.same_as(&failure));
        match known {
            Some(known) => {
                known.last = tick;
                known.count += 1;
                known.suspended = suspended;
            }
            None => self.failures.push(failure),
        }
        if suspended {
            let what = match handler {
                (event, timer) if event == TIMER => format!("timer `{timer}`"),
                (event, _) => format!("handler of {event}"),
            };
            let text =
                format!("{what} suspended after {FAILURES_IN_A_ROW_MAX} failing calls in a row");
            self.context.log(generation.id(), LogLevel::Error, &text);
        }
    }

    /// Invariant (I2): commands are applied here and nowhere else: the scenario's, then mods' in load order, each in order of
    /// issue.
    fn apply_commands(&mut self, tick: u64, commands: &[Command]) -> Vec<RefusedCommand> {
        let mut refused = Vec::new();
        let mut apply = |mod_id: Option<ModId>, command: &Command| {
            if let Err(error) = self.context.colony_mut().apply(command) {
                refused.push(RefusedCommand {
                    tick,
                    mod_id,
                    reason: error.to_string(),
                });
            }
        };
        for command in commands {
            apply(None, command);
        }
        for instance in self.context.running().iter() {
            let pending = std::mem::take(&mut instance.generation.state.borrow_mut().held.commands);
            for command in &pending {
                apply(Some(instance.generation.id().clone()), command);
            }
        }
        refused
    }

    fn queue_hash(&self) -> u128 {
        let bytes = bincode::serde::encode_to_vec(
            (&*self.context.emitted(), &self.config_changes),
            bincode::config::standard(),
        )
        .expect("plain data in memory always encodes");
        sim::hash_bytes(&bytes)
    }

    /// Invariant (I1): the chain holds every part of every tick, in a fixed order.
    fn advance_chain(&mut self, tick: u64) {
        let mut hasher = Xxh3::new();
        hasher.update(&self.chain.to_le_bytes());
        hasher.update(&tick.to_le_bytes());
        for (name, hash) in self.part_hashes() {
            hasher.update(name.as_bytes());
            hasher.update(&hash.to_le_bytes());
        }
        self.chain = hasher.digest128();
    }
}

/// What a timer's function is given, as its author would write it.
fn timer_text(name: &str, tick: u64, value: Option<&Value>) -> String {
    let value = value.map(|value| ("value", value.clone()));
    let fields = [("name", Value::text(name)), ("tick", tick_value(tick))];
    Value::map(fields.into_iter().chain(value)).to_string()
}

/// An event of the table without fields.
pub(crate) fn table_event(name: &'static str, tick: u64) -> Event {
    Event {
        name: name.into(),
        tick,
        content: EventContent::Fields(Vec::new()),
    }
}
