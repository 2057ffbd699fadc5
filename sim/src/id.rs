//! Identity: numbers that name things for as long as the colony lives.

use std::fmt;
use std::num::NonZeroU64;

use serde::{Deserialize, Serialize};

/// Largest id a colony hands out or reads from a save: every id is exact as a 64-bit float, which is what script
/// languages have.
pub const STABLE_ID_MAX: u64 = 1 << 53;

/// Names a colonist, job, stack or stockpile. Given out from 1 up in the order of creation, never reused.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "u64", from = "u64")]
pub struct StableId(
    /// One more than its number: so there is room for the absence of an id, of which state is full.
    NonZeroU64,
);

impl StableId {
    /// The id with this number; whether anything has it is for the colony to say. The largest 64-bit number counts as the one before
    /// it; both are far above [`STABLE_ID_MAX`].
    pub const fn new(number: u64) -> Self {
        Self(NonZeroU64::MIN.saturating_add(number))
    }

    /// The number of the id.
    pub const fn get(self) -> u64 {
        self.0.get() - 1
    }
}

impl From<u64> for StableId {
    fn from(number: u64) -> Self {
        Self::new(number)
    }
}

impl From<StableId> for u64 {
    fn from(id: StableId) -> Self {
        id.get()
    }
}

impl fmt::Debug for StableId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_tuple("StableId")
            .field(&self.get())
            .finish()
    }
}

impl fmt::Display for StableId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.get().fmt(formatter)
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
        let id = StableId::new(self.next);
        self.next += 1;
        id
    }

    /// Whether `id` may exist: it has been given out.
    pub(crate) const fn has_given_out(&self, id: StableId) -> bool {
        id.get() >= 1 && id.get() < self.next
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
    fn an_id_is_its_number_and_takes_no_more_room_where_there_may_be_none() {
        for number in [0, 1, STABLE_ID_MAX, u64::MAX - 1] {
            let id = StableId::new(number);
            assert_eq!((id.get(), id.to_string()), (number, number.to_string()));
            assert_eq!(format!("{id:?}"), format!("StableId({number})"));
            assert_eq!(StableId::from(u64::from(id)), id);
        }
        assert_eq!(StableId::new(u64::MAX), StableId::new(u64::MAX - 1));
        assert_eq!(size_of::<Option<StableId>>(), size_of::<StableId>());
    }

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
