//! What lies where: an index of the stacks, never state.

use std::collections::BTreeSet;

use crate::items::Stack;
use crate::lookup::Lookup;
use crate::names::Name;
use crate::nearby::Nearby;
use crate::tile_set::{Around, Found};
use crate::{Position, StableId};

/// See the [module](self).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Ground {
    // Never gone through in their own order.
    stack_at: Lookup<Position, StableId>,
    stacks_of: Lookup<Name, BTreeSet<StableId>>,
    places_of: Lookup<Name, Nearby<StableId>>,
}

impl Ground {
    /// The index of some stacks.
    pub(crate) fn of<'a>(stacks: impl IntoIterator<Item = (StableId, &'a Stack)>) -> Self {
        let mut ground = Self::default();
        for (id, stack) in stacks {
            ground.insert(id, stack);
        }
        ground
    }

    pub(crate) fn insert(&mut self, id: StableId, stack: &Stack) {
        self.stack_at.insert(stack.at, id);
        self.stacks_of.entry(stack.item).or_default().insert(id);
        let places = self.places_of.entry(stack.item).or_default();
        places.insert(stack.at, id);
    }

    pub(crate) fn remove(&mut self, id: StableId, stack: &Stack) {
        self.stack_at.remove(&stack.at);
        if let Some(stacks) = self.stacks_of.get_mut(&stack.item) {
            stacks.remove(&id);
            if stacks.is_empty() {
                self.stacks_of.remove(&stack.item);
            }
        }
        if let Some(places) = self.places_of.get_mut(&stack.item) {
            places.remove(stack.at, id);
            if places.is_empty() {
                self.places_of.remove(&stack.item);
            }
        }
    }

    pub(crate) fn stack_at(&self, at: Position) -> Option<StableId> {
        self.stack_at.get(&at).copied()
    }

    /// The nearest stack of an item of which `claim` makes something; the one with the least rank among equals, which `claim`
    /// says.
    pub(crate) fn nearest<R: Ord, C>(
        &self,
        item: Name,
        around: Around,
        claim: impl FnMut(StableId) -> Option<(R, C)>,
    ) -> Option<Found<R, C>> {
        self.places_of.get(&item)?.nearest(around, claim)
    }

    /// The stacks of an item, in order of id.
    pub(crate) fn stacks_of(&self, item: Name) -> impl Iterator<Item = StableId> + '_ {
        self.stacks_of.get(&item).into_iter().flatten().copied()
    }
}
