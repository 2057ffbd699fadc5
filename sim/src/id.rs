//! Identity: numbers that name things for as long as the colony lives.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Largest id a colony hands out or reads from a save: every id is exact as a 64-bit float, which is what script
/// languages have.
pub const STABLE_ID_MAX: u64 = 1 << 53;

/// Names a colonist, job, stack or stockpile. Given out from 1 up in the order of creation, never reused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct StableId(u64);

impl StableId {
    /// The id with this number; whether anything has it is for the colony to say.
    pub const fn new(number: u64) -> Self {
        Self(number)
    }

    /// The number of the id.
    pub const fn get(self) -> u64 {
        self.0
    }
}

impl fmt::Display for StableId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

/// Gives out ids; part of the state, so that a restored colony goes on where the saved one stopped.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct IdSource {
    next: u64,
}

impl IdSource {
    pub(crate) const fn new() -> Self {
        Self { next: 1 }
    }

    pub(crate) fn allocate(&mut self) -> StableId {
        let id = StableId(self.next);
        self.next += 1;
        id
    }

    /// Whether `id` may exist: it has been given out.
    pub(crate) const fn has_given_out(&self, id: StableId) -> bool {
        id.0 >= 1 && id.0 < self.next
    }

    /// Whether the source itself is within bounds; anything else comes from a damaged save.
    pub(crate) const fn is_valid(&self) -> bool {
        self.next >= 1 && self.next <= STABLE_ID_MAX
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_start_at_one_and_are_given_out_once() {
        let mut source = IdSource::new();
        assert!(!source.has_given_out(StableId::new(1)));
        assert_eq!(source.allocate(), StableId::new(1));
        assert_eq!(source.allocate(), StableId::new(2));
        for (number, given_out) in [(0, false), (1, true), (2, true), (3, false)] {
            assert_eq!(
                source.has_given_out(StableId::new(number)),
                given_out,
                "id {number}"
            );
        }
    }
}
