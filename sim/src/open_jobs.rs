//! The jobs that anybody may take, by priority and place: the nearest ones are found without looking at all.

use std::collections::BTreeSet;

use crate::lookup::Lookup;
use crate::{MAP_SIDE_MAX, PRIORITY_MAX, Position, STRAIGHT_COST, StableId};

/// Tiles that a word has a bit for.
const WORD_TILES: u16 = 64;
/// Words of a row of tiles.
const ROW_WORDS: usize = (MAP_SIDE_MAX / WORD_TILES) as usize;

/// See the [module](self).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct OpenJobs {
    by_priority: [Layer; PRIORITY_MAX as usize + 1],
}

/// Jobs of one priority.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Layer {
    /// Whether a tile has a job, a bit for each, to the last row that has any.
    rows: Vec<Row>,
    /// The job with the lowest id on each tile; never gone through.
    first: Lookup<Position, StableId>,
    /// The others of tiles with several.
    others: BTreeSet<(Position, StableId)>,
}

/// The tiles of a row.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Row {
    /// How many have jobs.
    count: u16,
    words: [u64; ROW_WORDS],
}

impl OpenJobs {
    pub(crate) fn insert(&mut self, priority: u8, at: Position, id: StableId) {
        if let Some(layer) = self.by_priority.get_mut(usize::from(priority)) {
            layer.insert(at, id);
        }
    }

    pub(crate) fn remove(&mut self, priority: u8, at: Position, id: StableId) {
        if let Some(layer) = self.by_priority.get_mut(usize::from(priority)) {
            layer.remove(at, id);
        }
    }

    /// The priorities that have jobs, highest first.
    pub(crate) fn priorities(&self) -> impl Iterator<Item = u8> + '_ {
        (0..=PRIORITY_MAX)
            .rev()
            .filter(|priority| !self.by_priority[usize::from(*priority)].first.is_empty())
    }

    /// The nearest job of a priority for which `claim` gives something; the lowest id among equals.
    pub(crate) fn nearest<C>(
        &self,
        priority: u8,
        from: Position,
        mut claim: impl FnMut(StableId) -> Option<C>,
    ) -> Option<(u32, StableId, C)> {
        let layer = self.by_priority.get(usize::from(priority))?;
        // Mostly a job on a nearest tile is the one; to find these takes no look at a job.
        let mut nearest = u32::MAX;
        layer.go_around(from, u32::MAX, |_, distance| {
            nearest = nearest.min(distance);
            nearest
        });
        let best = layer.best_within(from, nearest, &mut claim);
        if best.is_some() || nearest == u32::MAX {
            return best;
        }
        layer.best_within(from, u32::MAX, &mut claim)
    }
}

impl Layer {
    fn insert(&mut self, at: Position, id: StableId) {
        match self.first.insert(at, id) {
            None => self.mark(at, true),
            Some(known) => {
                self.first.insert(at, known.min(id));
                self.others.insert((at, known.max(id)));
            }
        }
    }

    fn remove(&mut self, at: Position, id: StableId) {
        if self.first.get(&at) != Some(&id) {
            self.others.remove(&(at, id));
            return;
        }
        let next = self.others_at(at).next();
        if let Some(next) = next {
            self.others.remove(&(at, next));
            self.first.insert(at, next);
        } else {
            self.first.remove(&at);
            self.mark(at, false);
        }
    }

    /// The jobs on a tile but the first, in order of id.
    fn others_at(&self, at: Position) -> impl Iterator<Item = StableId> + '_ {
        let (least, most) = (StableId::new(0), StableId::new(u64::MAX));
        let others = self.others.range((at, least)..=(at, most));
        others.map(|(_, id)| *id)
    }

    /// Notes whether a tile has jobs, which is not what it was.
    fn mark(&mut self, at: Position, has_jobs: bool) {
        let place = usize::from(at.y);
        if place >= self.rows.len() {
            self.rows.resize(place + 1, Row::default());
        }
        let row = &mut self.rows[place];
        row.words[usize::from(at.x / WORD_TILES)] ^= 1 << (at.x % WORD_TILES);
        row.count = if has_jobs {
            row.count + 1
        } else {
            row.count - 1
        };
        while self.rows.last().is_some_and(|row| row.count == 0) {
            self.rows.pop();
        }
    }

    /// The nearest job no further away than `distance` for which `claim` gives something; the lowest id among equals.
    fn best_within<C>(
        &self,
        from: Position,
        distance: u32,
        claim: &mut impl FnMut(StableId) -> Option<C>,
    ) -> Option<(u32, StableId, C)> {
        let mut best: Option<(u32, StableId, C)> = None;
        self.go_around(from, distance, |at, distance| {
            let first = self.first.get(&at).copied();
            let others = (!self.others.is_empty()).then(|| self.others_at(at));
            for id in first.into_iter().chain(others.into_iter().flatten()) {
                let is_better = best
                    .as_ref()
                    .is_none_or(|(nearest, lowest, _)| (distance, id) < (*nearest, *lowest));
                if is_better && let Some(claim) = claim(id) {
                    best = Some((distance, id, claim));
                }
            }
            best.as_ref().map_or(u32::MAX, |(nearest, ..)| *nearest)
        });
        best
    }

    /// Visits the tiles with jobs that are no further away than `within`, those of near rows first. A visit gets the
    /// distance of the tile and says beyond which no tile needs to be visited any more.
    fn go_around(
        &self,
        from: Position,
        mut within: u32,
        mut visit: impl FnMut(Position, u32) -> u32,
    ) {
        let middle = usize::from(from.y);
        let further = (0..self.rows.len().max(middle + 1)).flat_map(|offset| {
            let above = middle.checked_sub(offset);
            let below = (offset > 0).then_some(middle + offset);
            [above, below].into_iter().flatten()
        });
        for y in further {
            let (Some(row), Ok(at)) = (self.rows.get(y), u16::try_from(y)) else {
                continue;
            };
            if u32::from(at.abs_diff(from.y)) * STRAIGHT_COST > within {
                break;
            }
            if row.count > 0 {
                row.go_along(from.x, |x| {
                    let tile = Position::new(x, at);
                    let distance = tile.octile_distance(from);
                    if distance <= within {
                        within = within.min(visit(tile, distance));
                    }
                    distance <= within
                });
            }
        }
    }
}

impl Row {
    /// Visits the columns with jobs outwards from one, first those to the right, then those to the left, each until a
    /// visit says that it was far enough.
    fn go_along(&self, from: u16, mut visit: impl FnMut(u16) -> bool) {
        let (word, bit) = (usize::from(from / WORD_TILES), from % WORD_TILES);
        let column = |word: usize, bit: u32| {
            let tile = word * usize::from(WORD_TILES) + bit as usize;
            u16::try_from(tile).expect("a row has less than 2^16 tiles")
        };
        let mut mask = u64::MAX << bit;
        'right: for (at, tiles) in self.words.iter().enumerate().skip(word) {
            let mut left = tiles & std::mem::replace(&mut mask, u64::MAX);
            while left != 0 {
                if !visit(column(at, left.trailing_zeros())) {
                    break 'right;
                }
                left &= left - 1;
            }
        }
        let mut mask = !(u64::MAX << bit);
        for (at, tiles) in self.words.iter().enumerate().take(word + 1).rev() {
            let mut left = tiles & std::mem::replace(&mut mask, u64::MAX);
            while left != 0 {
                let highest = u64::BITS - 1 - left.leading_zeros();
                if !visit(column(at, highest)) {
                    return;
                }
                left ^= 1 << highest;
            }
        }
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
