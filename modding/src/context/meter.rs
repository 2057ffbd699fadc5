//! Counts what a call into mods uses up, over all virtual machines that it passes through (I6).
//!
//! What is left stands in cells of the thread, where an interpreter can take from it in a nanosecond. One call is under way in a
//! thread at a time; a call that begins inside another, of a host inside a test of a mod, puts the outer account aside.

use std::cell::{Cell, RefCell};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::error::Location;
use crate::limits::{
    COPIED_BYTES_PER_STEP, LONG_TEXT_BYTES, MEMORY_BYTES_PER_CALL_MAX, TEXT_BYTES_MAX,
};

/// What the running call has left.
struct Account {
    steps: Cell<u64>,
    /// What a step counts.
    step_weight: Cell<u64>,
    bytes: Cell<usize>,
    /// A bound that was run into where no error may be raised; the next step raises it.
    pending: Cell<Option<Bound>>,
}

thread_local! {
    static ACCOUNT: Account = const {
        Account {
            steps: Cell::new(u64::MAX),
            step_weight: Cell::new(1),
            bytes: Cell::new(usize::MAX),
            pending: Cell::new(None),
        }
    };
}

/// An account put aside.
#[derive(Clone, Copy, Debug, Default)]
struct Aside {
    steps: u64,
    step_weight: u64,
    bytes: usize,
    pending: Option<Bound>,
}

impl Account {
    fn replace(&self, with: Aside) -> Aside {
        Aside {
            steps: self.steps.replace(with.steps),
            step_weight: self.step_weight.replace(with.step_weight),
            bytes: self.bytes.replace(with.bytes),
            pending: self.pending.replace(with.pending),
        }
    }

    /// Ends the call at its next step; false if it was to end already.
    fn refuse(&self, bound: Bound) -> bool {
        self.steps.set(0);
        self.pending
            .replace(Some(self.pending.get().unwrap_or(bound)))
            .is_none()
    }
}

/// Takes one step from the running call; false once none is at hand: [`Meter::spend_step`] knows whether more may be had.
pub(crate) fn take_step() -> bool {
    ACCOUNT.with(|account| {
        let (left, weight) = (account.steps.get(), account.step_weight.get());
        if left >= weight {
            account.steps.set(left - weight);
        }
        left >= weight
    })
}

/// Takes memory from the running call; false the first time that there is too little.
pub(crate) fn take_memory(bytes: usize) -> bool {
    ACCOUNT.with(|account| match account.bytes.get().checked_sub(bytes) {
        Some(left) => {
            account.bytes.set(left);
            true
        }
        None => !account.refuse(Bound::Memory),
    })
}

/// Each further step of the running call counts as at least this many.
pub(crate) fn weigh_steps(weight: u64) {
    ACCOUNT.with(|account| {
        account
            .step_weight
            .set(account.step_weight.get().max(weight));
    });
}

/// Takes note of a long text that the running call makes or is given, whether or not the interpreter has it already; false for
/// the first that is too long. From here on each step counts by its length, since comparing it or reading a number from it
/// is one step at most.
pub(crate) fn made_text(bytes: usize) -> bool {
    weigh_steps(1 + (bytes / LONG_TEXT_BYTES) as u64);
    bytes <= TEXT_BYTES_MAX || ACCOUNT.with(|account| !account.refuse(Bound::Text))
}

/// Counts the steps of a root call over all virtual machines that it passes through.
#[derive(Debug, Default)]
pub struct Meter {
    pub(super) steps_max: Cell<u64>,
    steps_of_last_call: Cell<u64>,
    /// Steps of the running call that are not at hand yet.
    reserve: Cell<u64>,
    deadline: RefCell<Option<Deadline>>,
    /// The account of the call around this one.
    outer: Cell<Aside>,
    /// The bound that was run into, and the steps that were left then.
    exhausted: Cell<Option<(Bound, u64)>>,
    pub(super) exhausted_at: RefCell<Option<Location>>,
}

/// What a root call used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CallUse {
    /// Bytes that it allocated; all that it may where it ran into a bound of memory.
    pub allocated: usize,
    /// What its steps counted at the end, by the long texts and large tables that it made.
    pub step_weight: u64,
}

/// A bound that a call ran into and that the mod cannot catch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bound {
    /// The instruction budget.
    Steps,
    /// The memory of the virtual machine.
    Memory,
    /// The length of a text.
    Text,
    /// The wall time of a live reload.
    Deadline,
}

/// A bound of wall time. Somebody with a clock says that it has passed; whether it does must not be known before, so that it only
/// ever rolls back.
#[derive(Clone, Debug)]
pub struct Deadline {
    /// Set once the time is up.
    pub passed: Arc<AtomicBool>,
    /// How long it was, for the message.
    pub seconds: u64,
}

impl Deadline {
    /// Whether the time is up.
    #[must_use]
    pub fn has_passed(&self) -> bool {
        self.passed.load(Ordering::Relaxed)
    }
}

/// Steps that are at hand at once where there is a deadline: after so many it is looked at. A millisecond or two.
const STEPS_AT_HAND: u64 = 100_000;

impl Meter {
    /// Pays steps.
    ///
    /// # Errors
    /// Once the budget is used up, at every further step.
    pub fn spend(&self, steps: u64) -> Result<(), Bound> {
        if let Some(bound) = self.exhausted() {
            return Err(bound);
        }
        let at_hand = ACCOUNT.with(|account| account.steps.get());
        if let Some(left) = at_hand.checked_sub(steps) {
            ACCOUNT.with(|account| account.steps.set(left));
            return Ok(());
        }
        self.spend_reserve(steps)
    }

    /// Pays the step that was not at hand.
    ///
    /// # Errors
    /// See [`Meter::spend`].
    pub fn spend_step(&self) -> Result<(), Bound> {
        if let Some(bound) = self.exhausted() {
            return Err(bound);
        }
        let weight = ACCOUNT.with(|account| account.step_weight.get());
        if self.left() < weight {
            // What is left is no step any more.
            self.put_at_hand(0);
        }
        self.spend_reserve(weight)
    }

    /// Pays steps that are not at hand. Invariant (I1): with a deadline a call has neither more steps nor fewer than without.
    fn spend_reserve(&self, steps: u64) -> Result<(), Bound> {
        let has_passed = |deadline: &Deadline| deadline.has_passed();
        let bound = if self.deadline.borrow().as_ref().is_some_and(has_passed) {
            Bound::Deadline
        } else {
            if let Some(left) = self.left().checked_sub(steps) {
                self.put_at_hand(left);
                return Ok(());
            }
            Bound::Steps
        };
        self.exhaust(bound);
        Err(bound)
    }

    /// Divides what is left into what is at hand and what is not.
    fn put_at_hand(&self, left: u64) {
        let at_hand = match &*self.deadline.borrow() {
            Some(_) => left.min(STEPS_AT_HAND),
            None => left,
        };
        ACCOUNT.with(|account| account.steps.set(at_hand));
        self.reserve.set(left - at_hand);
    }

    /// Sets or lifts the bound of wall time for the calls that begin from now on.
    pub(crate) fn set_deadline(&self, deadline: Option<Deadline>) {
        *self.deadline.borrow_mut() = deadline;
    }

    /// The bound of wall time, if there is one.
    pub(crate) fn deadline(&self) -> Option<Deadline> {
        self.deadline.borrow().clone()
    }

    /// Pays for bytes that are copied out of a mod, which takes no step of the interpreter.
    ///
    /// # Errors
    /// Once the budget is used up.
    pub fn charge(&self, bytes: u64) -> Result<(), Bound> {
        self.spend(1 + bytes / COPIED_BYTES_PER_STEP)
    }

    /// Steps that the running call has left.
    pub(crate) fn left(&self) -> u64 {
        ACCOUNT.with(|account| account.steps.get()) + self.reserve.get()
    }

    /// Does work that the running call does not pay for and that has a budget of its own: how often it is done depends on what was
    /// before the call.
    pub(crate) fn apart<T>(&self, steps_max: u64, work: impl FnOnce() -> T) -> T {
        let outer = self.outer.get();
        let steps_max_before = self.steps_max.get();
        let reserve = self.reserve.take();
        let exhausted = self.exhausted.take();
        let exhausted_at = self.exhausted_at.take();
        let steps_of_last_call = self.steps_of_last_call.get();
        self.begin(steps_max);
        let result = work();
        self.end();
        self.outer.set(outer);
        self.steps_max.set(steps_max_before);
        self.reserve.set(reserve);
        self.exhausted.set(exhausted);
        *self.exhausted_at.borrow_mut() = exhausted_at;
        self.steps_of_last_call.set(steps_of_last_call);
        result
    }

    /// The bound that the running root call has run into.
    pub fn exhausted(&self) -> Option<Bound> {
        if let (None, Some(bound)) = (
            self.exhausted.get(),
            ACCOUNT.with(|account| account.pending.get()),
        ) {
            // A call that is refused memory has no steps left, at hand or not.
            self.reserve.set(0);
            self.exhaust(bound);
        }
        self.exhausted.get().map(|(bound, _)| bound)
    }

    /// Ends the running root call, whatever the mod does about it.
    pub fn exhaust(&self, bound: Bound) {
        let left = self.left();
        ACCOUNT.with(|account| account.steps.set(0));
        self.reserve.set(0);
        if self.exhausted.get().is_none() {
            self.exhausted.set(Some((bound, left)));
        }
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

    /// A root call begins.
    pub(super) fn begin(&self, steps_max: u64) {
        self.steps_max.set(steps_max);
        let account = Aside {
            steps: steps_max,
            step_weight: 1,
            bytes: MEMORY_BYTES_PER_CALL_MAX,
            pending: None,
        };
        self.outer
            .set(ACCOUNT.with(|current| current.replace(account)));
        self.put_at_hand(steps_max);
    }

    /// The root call has ended; what it used.
    pub(super) fn end(&self) -> CallUse {
        let account = ACCOUNT.with(|current| current.replace(self.outer.get()));
        let reserve = self.reserve.replace(0);
        let mut left = match account.pending {
            Some(_) => account.steps,
            None => account.steps + reserve,
        };
        if let Some((_, left_then)) = self.exhausted.take() {
            left = left_then;
            self.exhausted_at.take();
        }
        self.steps_of_last_call.set(self.steps_max.get() - left);
        CallUse {
            allocated: match account.pending {
                Some(_) => MEMORY_BYTES_PER_CALL_MAX,
                None => MEMORY_BYTES_PER_CALL_MAX - account.bytes,
            },
            step_weight: account.step_weight,
        }
    }
}

/// Does work of the host's own that is nobody's to pay for: what it prepares once must not make the first call dearer than
/// the others, or a hand-over could be seen.
pub(crate) fn at_the_host_s_cost<T>(work: impl FnOnce() -> T) -> T {
    let free = Aside {
        steps: u64::MAX,
        step_weight: 1,
        bytes: usize::MAX,
        pending: None,
    };
    let paying = ACCOUNT.with(|account| account.replace(free));
    let result = work();
    ACCOUNT.with(|account| account.replace(paying));
    result
}
