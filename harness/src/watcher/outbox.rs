//! What the thread of a watcher and its owner share.

use std::sync::mpsc::Sender;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::worker::Message;
use super::{Notice, Settled};

/// The shared part; copies are the same one.
#[derive(Clone, Debug)]
pub(super) struct Outbox {
    sender: Sender<Message>,
    shared: Arc<(Mutex<State>, Condvar)>,
}

#[derive(Debug, Default)]
struct State {
    /// Messages that were sent and not taken yet.
    untaken: usize,
    /// Whether a mod waits to settle.
    is_moving: bool,
    settled: Vec<Settled>,
    notices: Vec<Notice>,
}

impl Outbox {
    pub(super) fn new(sender: Sender<Message>) -> Self {
        Self {
            sender,
            shared: Arc::default(),
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Every change under the lock is whole before anything in it could panic.
        self.shared.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Tells the thread something.
    pub(super) fn tell(&self, message: Message) {
        // Counted first: what is under way is not quiet. A thread that has ended takes nothing, and has nothing to say.
        self.lock().untaken += 1;
        _ = self.sender.send(message);
    }

    pub(super) fn publish(&self, taken: usize, is_moving: bool) {
        let mut state = self.lock();
        state.untaken = state.untaken.saturating_sub(taken);
        state.is_moving = is_moving;
    }

    pub(super) fn report(&self, settled: Vec<Settled>) {
        self.lock().settled.extend(settled);
        self.shared.1.notify_all();
    }

    pub(super) fn notice(&self, notice: Notice) {
        self.lock().notices.push(notice);
    }

    pub(super) fn take_settled(&self) -> Vec<Settled> {
        std::mem::take(&mut self.lock().settled)
    }

    pub(super) fn wait_settled(&self, timeout: Duration) -> Vec<Settled> {
        let waited = self
            .shared
            .1
            .wait_timeout_while(self.lock(), timeout, |state| state.settled.is_empty());
        let (mut state, _) = waited.unwrap_or_else(PoisonError::into_inner);
        std::mem::take(&mut state.settled)
    }

    pub(super) fn take_notices(&self) -> Vec<Notice> {
        std::mem::take(&mut self.lock().notices)
    }

    pub(super) fn is_quiet(&self) -> bool {
        let state = self.lock();
        state.untaken == 0 && !state.is_moving && state.settled.is_empty()
    }
}
