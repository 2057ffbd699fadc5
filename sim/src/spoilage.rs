//! Spoilage: a stack that is too old is gone. Its age is the mean of what was put together.

use crate::{Colony, Event, StableId};

/// Every so many ticks stacks are looked at.
const LOOKED_AT_EVERY: u64 = 20;

/// Takes away what is spoiled; nothing is while it freezes.
pub(crate) fn run(colony: &mut Colony) {
    let perishable = colony.rules.perishable_items();
    if perishable.is_empty()
        || !colony.tick.is_multiple_of(LOOKED_AT_EVERY)
        || colony.temperature() < 0
    {
        return;
    }
    let mut spoiled: Vec<StableId> = Vec::new();
    for (item, ticks) in perishable {
        spoiled.extend(colony.ground.stacks_of(*item).filter(|id| {
            let stack = colony.entities.stack(*id);
            stack.is_some_and(|stack| colony.tick.saturating_sub(stack.since) >= u64::from(*ticks))
        }));
    }
    for id in spoiled {
        colony.spoil(id);
    }
}

impl Colony {
    fn spoil(&mut self, id: StableId) {
        for job in self.jobs_with_units_of(id) {
            if let Some(colonist) = self.entities.job(job).and_then(|job| job.colonist) {
                self.leave_job(colonist, "it is spoiled");
            }
        }
        let Some((at, count)) = self.entities.stack(id).map(|stack| (stack.at, stack.count)) else {
            return;
        };
        if let Some(load) = self.take_from_stack(id, count) {
            self.events.push(Event::ItemSpoiled {
                item: self.rules.names.id(load.item),
                count,
                at,
            });
        }
    }

    /// The jobs that have reserved some of a stack, in order of id.
    fn jobs_with_units_of(&self, stack: StableId) -> Vec<StableId> {
        if self.board.reserved_units(stack) == 0 {
            return Vec::new();
        }
        let jobs = self.entities.jobs();
        let using = jobs.filter(|job| job.reserved_units().is_some_and(|(of, _)| of == stack));
        using.map(|job| job.id).collect()
    }
}

/// The tick from which on the age of two stacks put together counts.
pub(crate) fn mean_since(
    (first, first_count): (u64, u32),
    (second, second_count): (u64, u32),
) -> u64 {
    let sum =
        u128::from(first) * u128::from(first_count) + u128::from(second) * u128::from(second_count);
    let count = u128::from(first_count) + u128::from(second_count);
    // Between the two, so that it fits.
    u64::try_from(sum / count.max(1)).unwrap_or(first.max(second))
}
