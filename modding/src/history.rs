//! The generations that a mod has been through, to go back to (seed-corrections 47).

use std::collections::VecDeque;

use semver::Version;

use crate::handover::Package;
use crate::limits::HISTORY_GENERATIONS_MAX;

/// A generation that was replaced.
#[derive(Clone, Debug)]
pub(crate) struct Past {
    pub(crate) number: u32,
    pub(crate) package: Package,
    /// Its state as it was handed on.
    pub(crate) snapshot: Vec<u8>,
}

/// See the [module](self).
#[derive(Clone, Debug, Default)]
pub(crate) struct History {
    past: VecDeque<Past>,
}

impl History {
    /// Keeps a generation that was replaced.
    pub(crate) fn push(&mut self, past: Past) {
        self.past.push_back(past);
        if self.past.len() > HISTORY_GENERATIONS_MAX {
            self.past.pop_front();
        }
    }

    /// The generation of that number, or the last one.
    pub(crate) fn find(&self, number: Option<u32>) -> Option<&Past> {
        match number {
            Some(number) => self.past.iter().rev().find(|past| past.number == number),
            None => self.past.back(),
        }
    }

    /// The last generation of an older version than `version`.
    pub(crate) fn last_older(&self, version: &Version) -> Option<&Past> {
        let mut newest_first = self.past.iter().rev();
        newest_first.find(|past| past.version() < version)
    }

    /// The numbers that can be gone back to, oldest first.
    pub(crate) fn numbers(&self) -> Vec<u32> {
        self.past.iter().map(|past| past.number).collect()
    }
}

impl Past {
    /// Its version.
    pub(crate) fn version(&self) -> &Version {
        &self.package.manifest.version
    }
}
