//! What lies where: an index of the stacks, never state.

use std::collections::BTreeSet;

use crate::items::Stack;
use crate::lookup::Lookup;
use crate::names::Name;
use crate::{Position, StableId};

/// See the [module](self).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Ground {
    // Never gone through in their own order.
    stack_at: Lookup<Position, StableId>,
    stacks_of: Lookup<Name, BTreeSet<StableId>>,
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
    }

    pub(crate) fn remove(&mut self, id: StableId, stack: &Stack) {
        self.stack_at.remove(&stack.at);
        if let Some(stacks) = self.stacks_of.get_mut(&stack.item) {
            stacks.remove(&id);
            if stacks.is_empty() {
                self.stacks_of.remove(&stack.item);
            }
        }
    }

    pub(crate) fn stack_at(&self, at: Position) -> Option<StableId> {
        self.stack_at.get(&at).copied()
    }

    /// The stacks of an item, in order of id.
    pub(crate) fn stacks_of(&self, item: Name) -> impl Iterator<Item = StableId> + '_ {
        self.stacks_of.get(&item).into_iter().flatten().copied()
    }
}
