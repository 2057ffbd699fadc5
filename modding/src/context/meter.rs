//! Counts what a call into mods uses up, over all virtual machines that it passes through (I6).

use std::cell::{Cell, RefCell};

use crate::error::Location;
use crate::limits::COPIED_BYTES_PER_STEP;

/// Counts the steps of a root call over all virtual machines that it passes through.
#[derive(Debug, Default)]
pub struct Meter {
    pub(super) steps: Cell<u64>,
    pub(super) steps_of_last_call: Cell<u64>,
    pub(super) steps_max: Cell<u64>,
    exhausted: Cell<Option<Bound>>,
    pub(super) exhausted_at: RefCell<Option<Location>>,
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

    /// Pays for bytes that are copied out of a mod, which takes no step of the interpreter.
    ///
    /// # Errors
    /// Once the budget is used up.
    pub fn charge(&self, bytes: u64) -> Result<(), Bound> {
        self.steps.set(
            self.steps
                .get()
                .saturating_add(bytes / COPIED_BYTES_PER_STEP),
        );
        self.step()
    }

    /// The bound that the running root call has run into.
    pub fn exhausted(&self) -> Option<Bound> {
        self.exhausted.get()
    }

    /// Ends the running root call, whatever the mod does about it.
    pub fn exhaust(&self, bound: Bound) {
        self.exhausted
            .set(Some(self.exhausted.get().unwrap_or(bound)));
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

    pub(super) fn reset(&self, steps_max: u64) {
        self.steps.set(0);
        self.steps_max.set(steps_max);
        self.exhausted.set(None);
        self.exhausted_at.take();
    }
}
