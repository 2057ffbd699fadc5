//! A set of tiles, a bit for each: the nearest ones are found without looking at all.

use crate::{DIAGONAL_COST, MAP_SIDE_MAX, Position, STRAIGHT_COST};

/// Tiles that a word has a bit for.
const WORD_TILES: u16 = 64;
/// Words of a row of tiles.
const ROW_WORDS: usize = (MAP_SIDE_MAX / WORD_TILES) as usize;
/// No tile of a map is further away from another.
const DISTANCE_MAX: u32 = DIAGONAL_COST * MAP_SIDE_MAX as u32;
/// How much further is looked at least where the nearest tiles were of no use.
const FURTHER: u32 = 4 * STRAIGHT_COST;

/// See the [module](self).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct TileSet {
    /// To the last row that has any.
    rows: Vec<Row>,
}

/// The tiles of a row.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Row {
    /// How many are in the set.
    count: u16,
    words: [u64; ROW_WORDS],
}

/// What is nearest: its distance, what decided among equals, and what was made of it.
pub(crate) type Found<R, C> = (u32, R, C);

impl TileSet {
    /// Adds a tile of the map, or takes it away.
    pub(crate) fn set(&mut self, at: Position, is_in: bool) {
        let place = usize::from(at.y);
        if place >= self.rows.len() {
            if !is_in {
                return;
            }
            self.rows.resize(place + 1, Row::default());
        }
        let row = &mut self.rows[place];
        let word = &mut row.words[usize::from(at.x / WORD_TILES)];
        let bit = 1 << (at.x % WORD_TILES);
        match (*word & bit != 0, is_in) {
            (false, true) => row.count += 1,
            (true, false) => row.count -= 1,
            _ => return,
        }
        *word ^= bit;
        while self.rows.last().is_some_and(|row| row.count == 0) {
            self.rows.pop();
        }
    }

    /// The tiles, in reading order.
    #[cfg(test)]
    pub(crate) fn iter(&self) -> impl Iterator<Item = Position> + '_ {
        let rows = (0..).zip(&self.rows);
        rows.flat_map(|(y, row)| {
            let has = |x: &u16| row.words[usize::from(x / WORD_TILES)] >> (x % WORD_TILES) & 1 == 1;
            (0..MAP_SIDE_MAX)
                .filter(has)
                .map(move |x| Position::new(x, y))
        })
    }

    /// The nearest tile of which `claim` makes something, the one with the least rank among equals, which `claim` says.
    pub(crate) fn nearest<R: Ord, C>(
        &self,
        from: Position,
        mut claim: impl FnMut(Position) -> Option<(R, C)>,
    ) -> Option<Found<R, C>> {
        // Mostly it is a nearest tile; to find these takes no look at what is there.
        let mut within = self.distance_of_nearest(from);
        if within == u32::MAX {
            return None;
        }
        // Where they are of no use, mostly one is that is hardly further: what is far away is looked at last.
        let mut looked_at = None;
        loop {
            let best = self.best_within(from, (looked_at, within), &mut claim);
            if best.is_some() || within >= DISTANCE_MAX {
                return best;
            }
            looked_at = Some(within);
            within = 2 * within + FURTHER;
        }
    }

    /// The distance of the nearest tile, the largest number without any.
    fn distance_of_nearest(&self, from: Position) -> u32 {
        let mut nearest = u32::MAX;
        for y in self.rows_around(from) {
            let (Some(row), Ok(at)) = (self.rows.get(y), u16::try_from(y)) else {
                continue;
            };
            if u32::from(at.abs_diff(from.y)) * STRAIGHT_COST >= nearest {
                break;
            }
            if row.count > 0 {
                let columns = row.nearest_columns(from.x).into_iter().flatten();
                let distances = columns.map(|x| Position::new(x, at).octile_distance(from));
                nearest = distances.fold(nearest, u32::min);
            }
        }
        nearest
    }

    /// The rows, near ones first; some are not there.
    fn rows_around(&self, from: Position) -> impl Iterator<Item = usize> {
        let middle = usize::from(from.y);
        (0..self.rows.len().max(middle + 1)).flat_map(move |offset| {
            let above = middle.checked_sub(offset);
            let below = (offset > 0).then_some(middle + offset);
            [above, below].into_iter().flatten()
        })
    }

    /// The same among what is no further away than `distance`, and further than what was looked at before.
    fn best_within<R: Ord, C>(
        &self,
        from: Position,
        (looked_at, distance): (Option<u32>, u32),
        claim: &mut impl FnMut(Position) -> Option<(R, C)>,
    ) -> Option<Found<R, C>> {
        let mut best: Option<Found<R, C>> = None;
        let mut within = distance;
        for y in self.rows_around(from) {
            let (Some(row), Ok(y)) = (self.rows.get(y), u16::try_from(y)) else {
                continue;
            };
            if u32::from(y.abs_diff(from.y)) * STRAIGHT_COST > within {
                break;
            }
            if row.count == 0 {
                continue;
            }
            row.go_along(from.x, |x| {
                let at = Position::new(x, y);
                let distance = at.octile_distance(from);
                if distance <= within
                    && looked_at.is_none_or(|looked_at| distance > looked_at)
                    && let Some((rank, claim)) = claim(at)
                    && best
                        .as_ref()
                        .is_none_or(|(nearest, least, _)| (distance, &rank) < (*nearest, least))
                {
                    within = distance;
                    best = Some((distance, rank, claim));
                }
                distance <= within
            });
        }
        best
    }
}

impl Row {
    /// The first column with something to the left of a column, and the first from it on.
    fn nearest_columns(&self, from: u16) -> [Option<u16>; 2] {
        let (word, bit) = (usize::from(from / WORD_TILES), from % WORD_TILES);
        let (before, on) = (!(u64::MAX << bit), u64::MAX << bit);
        let place = |word: usize| u16::try_from(word).map_or(0, |word| word * WORD_TILES);
        let masked = |at: usize, mask: u64| {
            let tiles = self.words[at];
            if at == word { tiles & mask } else { tiles }
        };
        let left = (0..=word).rev().find_map(|at| {
            let last = masked(at, before).checked_ilog2()?;
            Some(place(at) + u16::try_from(last).unwrap_or(0))
        });
        let right = (word..ROW_WORDS).find_map(|at| {
            let tiles = masked(at, on);
            let first = u16::try_from(tiles.trailing_zeros()).unwrap_or(0);
            (tiles != 0).then(|| place(at) + first)
        });
        [left, right]
    }

    /// Visits the columns with something outwards from one, first those to the right, then those to the left, each until a
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
