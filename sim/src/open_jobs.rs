//! The jobs that anybody may take, by priority and place.

use crate::nearby::Nearby;
use crate::{PRIORITY_MAX, Position, StableId};

/// See the [module](self).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct OpenJobs {
    by_priority: [Nearby<StableId>; PRIORITY_MAX as usize + 1],
}

impl OpenJobs {
    pub(crate) fn insert(&mut self, priority: u8, at: Position, id: StableId) {
        if let Some(jobs) = self.by_priority.get_mut(usize::from(priority)) {
            jobs.insert(at, id);
        }
    }

    pub(crate) fn remove(&mut self, priority: u8, at: Position, id: StableId) {
        if let Some(jobs) = self.by_priority.get_mut(usize::from(priority)) {
            jobs.remove(at, id);
        }
    }

    /// The priorities that have jobs, highest first.
    pub(crate) fn priorities(&self) -> impl Iterator<Item = u8> + '_ {
        (0..=PRIORITY_MAX)
            .rev()
            .filter(|priority| !self.by_priority[usize::from(*priority)].is_empty())
    }

    /// The nearest job of a priority for which `claim` gives something; the lowest id among equals.
    pub(crate) fn nearest<C>(
        &self,
        priority: u8,
        from: Position,
        mut claim: impl FnMut(StableId) -> Option<C>,
    ) -> Option<(u32, StableId, C)> {
        let jobs = self.by_priority.get(usize::from(priority))?;
        jobs.nearest(from, |id| Some((id, claim(id)?)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::{below, random_u64};

    #[test]
    fn the_nearest_is_what_looking_at_all_finds() {
        for (seed, count) in (0..40).zip([1, 3, 30, 400, 3_000].into_iter().cycle()) {
            let draw = |counter, bound| below(random_u64(seed, 0, 0, counter, 0), bound) as u16;
            let mut open = OpenJobs::default();
            let jobs: Vec<(Position, StableId)> = (0..count)
                .map(|number| {
                    let at = Position::new(draw(2 * number, 1024), draw(2 * number + 1, 1024));
                    (at, StableId::new(number + 1))
                })
                .collect();
            for (at, id) in &jobs {
                open.insert(4, *at, *id);
            }
            for probe in 0..50 {
                let from = Position::new(draw(90_000 + probe, 1024), draw(95_000 + probe, 1024));
                let claim = |id: StableId| (!id.get().is_multiple_of(3)).then_some(());
                let all = jobs.iter().filter(|(_, id)| claim(*id).is_some());
                let expected = all.map(|(at, id)| (at.octile_distance(from), *id)).min();
                let found = open.nearest(4, from, claim);
                assert_eq!(
                    found.map(|(distance, id, ())| (distance, id)),
                    expected,
                    "seed {seed} from {from}"
                );
            }
            for (at, id) in &jobs {
                open.remove(4, *at, *id);
            }
            assert_eq!(open, OpenJobs::default());
        }
    }
}
