//! The jobs that anybody may take, by priority and place.

use crate::nearby::Nearby;
use crate::tile_set::{Around, DISTANCE_MAX, Nearest};
use crate::{PRIORITY_MAX, PRIORITY_URGENT, Position, STRAIGHT_COST, StableId};

/// Tiles that somebody goes further for work that is one priority higher.
pub(crate) const TILES_FOR_PRIORITY: u32 = 16;
/// No work takes more effort.
pub(crate) const EFFORT_MAX: u32 = u32::MAX;
/// How many priorities there are.
const PRIORITIES: usize = PRIORITY_MAX as usize + 1;

/// What work of a priority is to somebody who is so far from it: the less, the sooner it is done. Urgent work comes before all other,
/// wherever it is, by priority and then distance; otherwise who crossed the map for a little more priority would spend the day walking.
pub(crate) fn effort(priority: u8, distance: u32) -> u32 {
    const URGENT: u32 = DISTANCE_MAX + 1;
    let below = |highest: u8| u32::from(highest.saturating_sub(priority));
    if priority >= PRIORITY_URGENT {
        return below(PRIORITY_MAX) * URGENT + distance;
    }
    let urgent = (below(PRIORITY_MAX) - below(PRIORITY_URGENT)) + 1;
    urgent * URGENT + below(PRIORITY_URGENT - 1) * TILES_FOR_PRIORITY * STRAIGHT_COST + distance
}

/// See the [module](self).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct OpenJobs {
    by_priority: [Nearby<StableId>; PRIORITIES],
    /// A bit for each priority that has any.
    priorities: u16,
}

/// What jobs take at least, by priority.
struct Least {
    /// The priorities that have any, a bit for each.
    left: u16,
    /// Exact for the one that takes the least; for others that would take a look at what is far away.
    least: [u32; PRIORITIES],
    /// The priority of those that take the least, and the tiles that have them.
    nearest: Option<(u8, Nearest)>,
}

impl OpenJobs {
    pub(crate) fn insert(&mut self, priority: u8, at: Position, id: StableId) {
        if let Some(jobs) = self.by_priority.get_mut(usize::from(priority)) {
            jobs.insert(at, id);
            self.priorities |= 1 << priority;
        }
    }

    pub(crate) fn remove(&mut self, priority: u8, at: Position, id: StableId) {
        if let Some(jobs) = self.by_priority.get_mut(usize::from(priority)) {
            jobs.remove(at, id);
            if jobs.is_empty() {
                self.priorities &= !(1 << priority);
            }
        }
    }

    /// The job of at least `lowest` priority for which `claim` gives something that takes the least [effort], and no more than
    /// `limit`; the lowest id among equals.
    pub(crate) fn nearest<C>(
        &self,
        around: Around,
        (lowest, limit): (u8, u32),
        mut claim: impl FnMut(StableId) -> Option<C>,
    ) -> Option<(u32, StableId, C)> {
        let Least {
            mut left,
            least,
            nearest: mut known,
        } = self.least_efforts(around, (lowest, limit));
        let mut best: Option<(u32, StableId, C)> = None;
        let mut within = limit;
        // The first that is looked at mostly has it, and what takes more is looked at no more.
        while let Some(priority) = bits(left).min_by_key(|priority| least[usize::from(*priority)]) {
            left &= !(1 << priority);
            let (at_hand, least) = (effort(priority, 0), least[usize::from(priority)]);
            if least > within {
                break;
            }
            let jobs = &self.by_priority[usize::from(priority)];
            let near = around.nearer(within - at_hand);
            // Looked for already where they take the least.
            let nearest = match known.take_if(|(of, _)| *of == priority) {
                Some((_, nearest)) => Some(nearest),
                None => jobs.nearest_tiles(near),
            };
            let found = nearest
                .and_then(|nearest| jobs.nearest_from(nearest, near, |id| Some((id, claim(id)?))));
            let Some((distance, id, claim)) = found else {
                continue;
            };
            let effort = at_hand + distance;
            if best
                .as_ref()
                .is_none_or(|best| (effort, id) < (best.0, best.1))
            {
                within = effort;
                best = Some((effort, id, claim));
            }
        }
        best
    }

    /// What jobs take at least.
    fn least_efforts(&self, around: Around, (lowest, limit): (u8, u32)) -> Least {
        let present = self.priorities & (u16::MAX << lowest);
        let mut least = [0; PRIORITIES];
        let mut nearest = None;
        let mut within = limit;
        for priority in bits(present) {
            let at_hand = effort(priority, 0);
            let place = usize::from(priority);
            least[place] = at_hand;
            if at_hand > within {
                continue;
            }
            let near = around.nearer(within - at_hand);
            let found = self.by_priority[place].nearest_tiles(near);
            if let Some(found) = found {
                within = at_hand + found.distance;
                nearest = Some((priority, found));
            }
            least[place] = within;
        }
        Least {
            left: present,
            least,
            nearest,
        }
    }
}

/// The numbers of the bits that are set, in order.
fn bits(mut word: u16) -> impl Iterator<Item = u8> {
    std::iter::from_fn(move || {
        let bit = (word != 0).then(|| word.trailing_zeros() as u8)?;
        word &= word - 1;
        Some(bit)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::{below, random_u64};

    #[test]
    fn urgent_work_comes_first_and_a_priority_is_worth_sixteen_tiles() {
        let tiles = |count: u32| count * STRAIGHT_COST;
        for (sooner, later) in [
            ((10, DISTANCE_MAX), (9, 0)),
            ((8, DISTANCE_MAX), (7, 0)),
            ((8, 0), (8, 1)),
            ((5, tiles(15)), (4, 0)),
            ((4, 0), (5, tiles(17))),
            ((1, tiles(15)), (0, 0)),
        ] {
            assert!(effort(sooner.0, sooner.1) < effort(later.0, later.1));
        }
        assert_eq!(effort(5, tiles(16)), effort(4, 0));
    }

    #[test]
    fn the_easiest_is_what_looking_at_all_finds() {
        for (seed, count) in (0..40).zip([1, 3, 30, 400, 3_000].into_iter().cycle()) {
            let draw = |counter, bound| below(random_u64(seed, 0, 0, counter, 0), bound) as u16;
            let mut open = OpenJobs::default();
            let jobs: Vec<(u8, Position, StableId)> = (0..count)
                .map(|number| {
                    let at = Position::new(draw(3 * number, 1024), draw(3 * number + 1, 1024));
                    // Urgent jobs are few, or nobody would look further.
                    let priority =
                        draw(3 * number + 2, 40).min(if number % 9 > 0 { 7 } else { 40 });
                    (priority as u8 % 11, at, StableId::new(number + 1))
                })
                .collect();
            for (priority, at, id) in &jobs {
                open.insert(*priority, *at, *id);
            }
            for probe in 0..50 {
                let from = Position::new(draw(90_000 + probe, 1024), draw(95_000 + probe, 1024));
                let lowest = draw(97_000 + probe, 9) as u8;
                let limit = effort(5, u32::from(draw(98_000 + probe, 9_000)));
                let within = u32::from(draw(99_000 + probe, 15_000));
                let claim = |id: StableId| (!id.get().is_multiple_of(3)).then_some(());
                let all = jobs
                    .iter()
                    .filter(|(priority, _, id)| claim(*id).is_some() && *priority >= lowest);
                let efforts = all.filter_map(|(priority, at, id)| {
                    let distance = at.octile_distance(from);
                    (distance <= within).then(|| (effort(*priority, distance), *id))
                });
                let found = open.nearest(Around { from, within }, (lowest, limit), claim);
                assert_eq!(
                    found.map(|(effort, id, ())| (effort, id)),
                    efforts.filter(|(effort, _)| *effort <= limit).min(),
                    "seed {seed} from {from}"
                );
            }
            for (priority, at, id) in &jobs {
                open.remove(*priority, *at, *id);
            }
            assert_eq!(open, OpenJobs::default());
        }
    }
}
