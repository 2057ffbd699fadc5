//! The jobs that anybody may take, by priority and place: the nearest ones are found without looking at all.

use std::collections::{BTreeMap, BTreeSet};

use crate::{DIAGONAL_COST, MAP_SIDE_MAX, PRIORITY_MAX, Position, STRAIGHT_COST, StableId};

/// Tiles of a side of a block.
const BLOCK_SIDE: u16 = 8;
/// Of so many blocks at most, all are looked at; of more, those around.
const BLOCKS_LOOKED_AT: usize = 24;

/// A square of tiles, by row and column.
type Block = (u16, u16);

/// Jobs of one priority.
type Blocks = BTreeMap<Block, BTreeSet<(Position, StableId)>>;

/// See the [module](self).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct OpenJobs {
    by_priority: [Blocks; PRIORITY_MAX as usize + 1],
}

impl OpenJobs {
    pub(crate) fn insert(&mut self, priority: u8, at: Position, id: StableId) {
        if let Some(blocks) = self.by_priority.get_mut(usize::from(priority)) {
            blocks.entry(block_of(at)).or_default().insert((at, id));
        }
    }

    pub(crate) fn remove(&mut self, priority: u8, at: Position, id: StableId) {
        let Some(blocks) = self.by_priority.get_mut(usize::from(priority)) else {
            return;
        };
        if let Some(jobs) = blocks.get_mut(&block_of(at)) {
            jobs.remove(&(at, id));
            if jobs.is_empty() {
                blocks.remove(&block_of(at));
            }
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
        let blocks = self.by_priority.get(usize::from(priority))?;
        let mut best: Option<(u32, StableId, C)> = None;
        let mut look = |block: Block, jobs: &BTreeSet<(Position, StableId)>| {
            let is_near = |bound: u32, best: &Option<(u32, StableId, C)>| {
                best.as_ref()
                    .is_none_or(|(distance, ..)| bound <= *distance)
            };
            if !is_near(distance_to(block, from), &best) {
                return best.as_ref().map(|(distance, ..)| *distance);
            }
            for (at, id) in jobs {
                let rank = (at.octile_distance(from), *id);
                let is_better = best
                    .as_ref()
                    .is_none_or(|(distance, id, _)| rank < (*distance, *id));
                if is_better && let Some(claim) = claim(*id) {
                    best = Some((rank.0, rank.1, claim));
                }
            }
            best.as_ref().map(|(distance, ..)| *distance)
        };
        if blocks.len() <= BLOCKS_LOOKED_AT {
            let mut near: Vec<_> = blocks.iter().collect();
            near.sort_unstable_by_key(|(block, _)| (distance_to(**block, from), **block));
            for (block, jobs) in near {
                look(*block, jobs);
            }
            return best;
        }
        let (mut nearest, mut left) = (None, blocks.len());
        for ring in 0..=MAP_SIDE_MAX / BLOCK_SIDE {
            for block in ring_around(block_of(from), ring) {
                if let Some(jobs) = blocks.get(&block) {
                    left -= 1;
                    nearest = look(block, jobs);
                }
            }
            // Whatever lies further out is at least so far away.
            let further = STRAIGHT_COST * u32::from(ring) * u32::from(BLOCK_SIDE);
            if left == 0 || nearest.is_some_and(|distance| distance < further) {
                break;
            }
        }
        best
    }
}

const fn block_of(at: Position) -> Block {
    (at.y / BLOCK_SIDE, at.x / BLOCK_SIDE)
}

/// At least so far is every tile of a block.
fn distance_to((row, column): Block, from: Position) -> u32 {
    let outside = |block: u16, at: u16| {
        let (first, last) = (block * BLOCK_SIDE, block * BLOCK_SIDE + (BLOCK_SIDE - 1));
        u32::from(first.saturating_sub(at).max(at.saturating_sub(last)))
    };
    let (dx, dy) = (outside(column, from.x), outside(row, from.y));
    DIAGONAL_COST * dx.min(dy) + STRAIGHT_COST * (dx.max(dy) - dx.min(dy))
}

/// The blocks at one distance, counted in blocks, in reading order.
fn ring_around((row, column): Block, ring: u16) -> impl Iterator<Item = Block> {
    let rows = row.saturating_sub(ring)..=row.saturating_add(ring);
    rows.flat_map(move |r| {
        let is_edge = r.abs_diff(row) == ring;
        let step = if is_edge || ring == 0 { 1 } else { 2 * ring };
        (0..=2 * ring)
            .step_by(usize::from(step))
            .filter_map(move |offset| Some((r, (column + offset).checked_sub(ring)?)))
    })
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
