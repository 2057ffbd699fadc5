//! Requests that wait for the next tick boundary: one for each mod, bounded, always in the same order (seed-corrections 11, 12, 16).

use std::cmp::Reverse;

use serde::{Deserialize, Serialize};

use crate::mod_id::ModId;
use crate::report::ReloadType;

use super::Change;

/// Which requests come first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Priority {
    /// Files that nothing which runs was made of.
    Low,
    /// Any other change.
    Normal,
    /// A mod that others depend on, and what is tried again.
    High,
    /// A mod whose last change was rolled back or whose handlers are suspended.
    Critical,
}

impl Priority {
    /// All priorities.
    pub const ALL: [Priority; 4] = [
        Priority::Low,
        Priority::Normal,
        Priority::High,
        Priority::Critical,
    ];

    /// As scenarios spell it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Priority::Low => "low",
            Priority::Normal => "normal",
            Priority::High => "high",
            Priority::Critical => "critical",
        }
    }

    /// The priority of that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Priority> {
        Priority::ALL
            .into_iter()
            .find(|priority| priority.name() == name)
    }
}

/// A change that waits.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub(crate) change: Change,
    /// The type that was asked for by hand.
    pub(crate) kind: Option<ReloadType>,
    pub(crate) priority: Priority,
    pub(crate) force: bool,
    pub(crate) skip_unload: bool,
    /// Whether it brings back a mod that was disabled or removed.
    pub(crate) enable: bool,
}

/// See the [module](self).
#[derive(Debug, Default)]
pub(crate) struct ReloadQueue {
    /// In order of arrival.
    pending: Vec<Request>,
    /// Whether there were too many: everything is looked at instead.
    rescan: bool,
}

/// What became of a request on its way into the queue.
pub(crate) enum Queued {
    /// It waits.
    Waits,
    /// It waits in the place of an older one of the same mod.
    Supersedes(Request),
    /// There are too many: all of them are superseded by a look at everything.
    Overflow(Vec<Request>),
}

impl ReloadQueue {
    /// Puts a request in, merged with the one of the same mod: the newest content, the strongest type, the highest priority.
    pub(crate) fn push(&mut self, mut request: Request, capacity: usize) -> Queued {
        let same = |waiting: &Request| waiting.change.mod_id == request.change.mod_id;
        if let Some(at) = self.pending.iter().position(same) {
            let older = &self.pending[at];
            request.priority = request.priority.max(older.priority);
            request.force |= older.force;
            request.skip_unload |= older.skip_unload;
            request.enable |= older.enable;
            // A type that was asked for narrows what is taken from the files; without one, the files decide.
            request.kind = match (request.kind, older.kind) {
                (Some(new), Some(old)) => Some(new.max(old)),
                _ => None,
            };
            return Queued::Supersedes(std::mem::replace(&mut self.pending[at], request));
        }
        if self.pending.len() >= capacity {
            self.rescan = true;
            let mut all = std::mem::take(&mut self.pending);
            all.push(request);
            return Queued::Overflow(all);
        }
        self.pending.push(request);
        Queued::Waits
    }

    /// Whether nothing waits.
    pub(crate) fn is_empty(&self) -> bool {
        self.pending.is_empty()
    }

    /// Whether everything is to be looked at, since requests were too many.
    pub(crate) fn wants_rescan(&self) -> bool {
        self.rescan
    }

    /// The requests in order of priority, then of `rank`, then of arrival; the queue is empty afterwards.
    pub(crate) fn take(&mut self, rank: impl Fn(&ModId) -> usize) -> Vec<Request> {
        self.rescan = false;
        let mut taken = std::mem::take(&mut self.pending);
        // The sort is stable: what is equal stays in order of arrival.
        taken.sort_by_key(|request| (Reverse(request.priority), rank(&request.change.mod_id)));
        taken
    }
}
