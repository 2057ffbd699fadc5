//! How long the stages of transactions take, by the clock of whoever asks.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Instant;

use modding::mod_id::ModId;
use modding::reload::Observer;
use modding::report::{Outcome, ReloadReport, Stage};

use super::happening::Times;

/// A clock. That of a session is the system's; a test's stands still or goes by itself.
pub type Clock = Rc<dyn Fn() -> Instant>;

/// When a save was first noticed, and when its files had come to rest.
pub(super) type Save = (Instant, Instant);

/// Takes note of when each stage began.
pub(super) struct Stopwatch {
    clock: Clock,
    begun: Rc<RefCell<Vec<(ModId, Stage, Instant)>>>,
}

impl Stopwatch {
    pub(super) fn new(clock: &Clock) -> Stopwatch {
        Stopwatch {
            clock: clock.clone(),
            begun: Rc::default(),
        }
    }

    /// What is told of the stages.
    pub(super) fn observer(&self) -> Observer {
        let (clock, begun) = (self.clock.clone(), self.begun.clone());
        Observer(Rc::new(move |mod_id, stage| {
            begun.borrow_mut().push((mod_id.clone(), stage, clock()));
        }))
    }

    /// The times of one of the transactions, all of which were over at `end`.
    pub(super) fn times(
        &self,
        report: &ReloadReport,
        save: Option<Save>,
        end: Instant,
    ) -> Option<Times> {
        if report.outcome != Outcome::Committed {
            return None;
        }
        let begun = self.begun.borrow();
        let own = |entry: &&(ModId, Stage, Instant)| {
            report.members.iter().any(|member| member.mod_id == entry.0)
        };
        let last = begun.iter().rposition(|entry| own(&entry))?;
        // Transactions follow each other without a pause: one is over when the next begins.
        let over = begun.get(last + 1).map_or(end, |(_, _, at)| *at);
        let first_at = |stage: Stage| {
            let mut own = begun.iter().filter(own);
            own.find(|entry| entry.1 >= stage).map(|entry| entry.2)
        };
        let load = first_at(Stage::Parse)?;
        let hand_over = first_at(Stage::Unload).unwrap_or(over);
        Some(Times {
            since_save: save.map(|(first, settled)| {
                (
                    over.saturating_duration_since(first),
                    settled.saturating_duration_since(first),
                )
            }),
            load: hand_over.saturating_duration_since(load),
            hand_over: over.saturating_duration_since(hand_over),
        })
    }
}
