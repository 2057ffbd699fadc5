//! The bound of wall time on reloads (seed-corrections 16): whoever has a clock says when it has passed.

use std::fmt;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::time::Duration;

use modding::context::Deadline;

/// Begins the bound of a reload that may take so many seconds. That of a session is [`TimeBound::start`]; a test's passes when the
/// test says so.
pub type Watchdog = Rc<dyn Fn(u64) -> TimeBound>;

/// The bound of a reload that is under way. Once this is dropped nobody waits for its end any more.
pub struct TimeBound {
    deadline: Deadline,
    _running: Option<Sender<()>>,
}

impl TimeBound {
    /// Passes when so many seconds are over.
    #[must_use]
    pub fn start(seconds: u64) -> TimeBound {
        let passed = Arc::new(AtomicBool::new(false));
        let (running, ended) = channel::<()>();
        let flag = passed.clone();
        let wait = move || {
            let ended = ended.recv_timeout(Duration::from_secs(seconds));
            if ended == Err(RecvTimeoutError::Timeout) {
                flag.store(true, Ordering::Relaxed);
            }
        };
        let thread = std::thread::Builder::new().name("watchdog".to_owned());
        // Without a thread to be had, the bounds of steps and memory still hold.
        let _ = thread.spawn(wait);
        TimeBound {
            deadline: Deadline { passed, seconds },
            _running: Some(running),
        }
    }

    /// Passes when somebody else says so.
    #[must_use]
    pub fn by_hand(deadline: Deadline) -> TimeBound {
        TimeBound {
            deadline,
            _running: None,
        }
    }

    /// What the reload looks at.
    #[must_use]
    pub fn deadline(&self) -> Deadline {
        self.deadline.clone()
    }
}

impl fmt::Debug for TimeBound {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.deadline.fmt(formatter)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bound_passes_when_its_time_is_over_and_not_before() {
        let long = TimeBound::start(1_000);
        let none = TimeBound::start(0);
        while !none.deadline().has_passed() {
            std::thread::yield_now();
        }
        assert!(!long.deadline().has_passed());
        assert_eq!(long.deadline().seconds, 1_000);
    }

    #[test]
    fn nobody_waits_for_a_reload_that_is_over() {
        let bound = TimeBound::start(1_000);
        let flag = Arc::downgrade(&bound.deadline().passed);
        drop(bound);
        while flag.upgrade().is_some() {
            std::thread::yield_now();
        }
    }
}
