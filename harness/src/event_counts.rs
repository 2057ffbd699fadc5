//! Counts events as expectations ask for it.

use std::collections::BTreeMap;

use modding::api;
use modding::tick::TickRecord;
use modding::value::Value;

use crate::scenario::{Check, Scenario, Subject};

/// How many events there were of the kinds that expectations count.
#[derive(Debug)]
pub(crate) struct EventCounts {
    /// By expectation: what to count, and how many by tick.
    counters: BTreeMap<usize, Counter>,
}

#[derive(Debug)]
struct Counter {
    event: String,
    filter: BTreeMap<String, Value>,
    by_tick: BTreeMap<u64, i64>,
}

impl EventCounts {
    /// Counters for the expectations of a scenario.
    pub(crate) fn of(scenario: &Scenario) -> EventCounts {
        let counters = scenario
            .expectations
            .iter()
            .enumerate()
            .filter_map(|(at, expectation)| match &expectation.check {
                Check::Compare {
                    subject: Subject::EventCount { event, filter },
                    ..
                } => {
                    let filter = filter
                        .iter()
                        .map(|(field, scalar)| (field.clone(), Value::from(scalar)))
                        .collect();
                    Some((
                        at,
                        Counter {
                            event: event.clone(),
                            filter,
                            by_tick: BTreeMap::new(),
                        },
                    ))
                }
                _ => None,
            });
        EventCounts {
            counters: counters.collect(),
        }
    }

    /// Counts the events of a tick.
    pub(crate) fn add(&mut self, record: &TickRecord) {
        for counter in self.counters.values_mut() {
            let colony = record
                .events
                .iter()
                .filter(|event| counter.counts_colony_event(event))
                .count();
            let mods = record.mod_events.iter().filter(|event| {
                counter.counts(&event.name, |field| {
                    event
                        .payload
                        .as_ref()
                        .and_then(|payload| payload.at_path(field))
                        .cloned()
                })
            });
            let count = colony + mods.count();
            if count > 0 {
                *counter.by_tick.entry(record.tick).or_default() +=
                    i64::try_from(count).unwrap_or(i64::MAX);
            }
        }
    }

    /// Forgets what came after a tick, because a save of that tick was loaded.
    pub(crate) fn go_back_to(&mut self, tick: u64) {
        for counter in self.counters.values_mut() {
            counter.by_tick.retain(|at, _| *at <= tick);
        }
    }

    /// The count of an expectation so far.
    pub(crate) fn of_expectation(&self, at: usize) -> i64 {
        self.counters
            .get(&at)
            .map_or(0, |counter| counter.by_tick.values().sum())
    }
}

impl Counter {
    fn counts_colony_event(&self, event: &sim::Event) -> bool {
        if event.name() != self.event {
            return false;
        }
        let fields = api::event(event.name()).map_or(&[][..], |description| description.fields);
        let payload = api::payload(event);
        self.counts(event.name(), |wanted| {
            let at = fields.iter().position(|field| {
                field.path == wanted || field.path.rsplit('.').next() == Some(wanted)
            })?;
            payload.get(at).cloned().flatten()
        })
    }

    fn counts(&self, name: &str, field: impl Fn(&str) -> Option<Value>) -> bool {
        name == self.event
            && self
                .filter
                .iter()
                .all(|(path, wanted)| field(path).as_ref() == Some(wanted))
    }
}
