//! A set of tiles, a bit for each: the nearest ones are found without looking at all.

use smallvec::SmallVec;

use crate::position::octile;
use crate::{DIAGONAL_COST, MAP_SIDE_MAX, Position, STRAIGHT_COST};

/// Tiles that a word has a bit for.
const WORD_TILES: u16 = 64;
/// Words of a row of tiles.
const ROW_WORDS: usize = (MAP_SIDE_MAX / WORD_TILES) as usize;
/// How much further is looked at least where the nearest tiles were of no use.
const FURTHER: u32 = 4 * STRAIGHT_COST;
/// No tile of a map is further away from another.
pub(crate) const DISTANCE_MAX: u32 = MAP_SIDE_MAX as u32 * DIAGONAL_COST;

/// See the [module](self).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct TileSet {
    /// To the last row that has any.
    rows: Vec<Row>,
    /// A bit for each row that has any.
    occupied: [u64; ROW_WORDS],
    /// How many tiles are in the set.
    count: u32,
}

/// The tiles of a row.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Row {
    /// How many are in the set.
    count: u16,
    words: [u64; ROW_WORDS],
}

/// Where something is looked for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Around {
    pub(crate) from: Position,
    /// How far away it may be.
    pub(crate) within: u32,
}

impl Around {
    /// No further away than so much either.
    pub(crate) fn nearer(self, within: u32) -> Self {
        let within = within.min(self.within);
        Self { within, ..self }
    }
}

/// The tiles that are nearest, all of them equally far away.
#[derive(Debug, Clone)]
pub(crate) struct Nearest {
    /// How far away they are.
    pub(crate) distance: u32,
    /// In no particular order.
    tiles: SmallVec<[Position; 8]>,
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
            (false, true) => (row.count, self.count) = (row.count + 1, self.count + 1),
            (true, false) => (row.count, self.count) = (row.count - 1, self.count - 1),
            _ => return,
        }
        *word ^= bit;
        if row.count == u16::from(is_in) {
            self.occupied[place / usize::from(WORD_TILES)] ^= 1 << (at.y % WORD_TILES);
        }
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
        around: Around,
        claim: impl FnMut(Position) -> Option<(R, C)>,
    ) -> Option<Found<R, C>> {
        self.nearest_from(self.nearest_tiles(around)?, around, claim)
    }

    /// The same, where it is known which tiles are nearest.
    pub(crate) fn nearest_from<R: Ord, C>(
        &self,
        Nearest { distance, tiles }: Nearest,
        Around {
            from,
            within: limit,
        }: Around,
        mut claim: impl FnMut(Position) -> Option<(R, C)>,
    ) -> Option<Found<R, C>> {
        let mut left = self.count as usize - tiles.len();
        // Mostly it is a nearest tile.
        let claims = tiles.into_iter().filter_map(&mut claim);
        if let Some((rank, claim)) =
            claims.reduce(|best, other| if other.0 < best.0 { other } else { best })
        {
            return Some((distance, rank, claim));
        }
        // Where they are of no use, mostly one is that is hardly further: what is far away is looked at last.
        let mut looked_at = distance;
        while left > 0 && looked_at < limit {
            let reach = (2 * looked_at + FURTHER).min(limit);
            let best = self.best_within(from, (looked_at, reach), |at| {
                left -= 1;
                claim(at)
            });
            if best.is_some() {
                return best;
            }
            looked_at = reach;
        }
        None
    }

    /// The nearest tiles.
    pub(crate) fn nearest_tiles(&self, around: Around) -> Option<Nearest> {
        let Around { from, mut within } = around;
        let mut tiles = SmallVec::new();
        for (y, row) in self.rows_around(from) {
            let rows = u32::from(y.abs_diff(from.y));
            if rows * STRAIGHT_COST > within {
                break;
            }
            let columns = row.nearest_columns(from.x, columns_within(within));
            for x in columns.into_iter().flatten() {
                let distance = octile(u32::from(x.abs_diff(from.x)), rows);
                if distance < within {
                    tiles.clear();
                    within = distance;
                }
                if distance == within {
                    tiles.push(Position::new(x, y));
                }
            }
        }
        let distance = within;
        (!tiles.is_empty()).then_some(Nearest { distance, tiles })
    }

    /// The rows that have any, near ones first.
    fn rows_around(&self, from: Position) -> impl Iterator<Item = (u16, &Row)> {
        let mut above = last_to(&self.occupied, from.y);
        let mut below = first_from(&self.occupied, from.y + 1);
        std::iter::from_fn(move || {
            let is_above_next = match (above, below) {
                (Some(above), Some(below)) => from.y - above <= below - from.y,
                (above, _) => above.is_some(),
            };
            let y = if is_above_next {
                let y = above?;
                above = y.checked_sub(1).and_then(|y| last_to(&self.occupied, y));
                y
            } else {
                let y = below?;
                below = first_from(&self.occupied, y + 1);
                y
            };
            Some((y, self.rows.get(usize::from(y))?))
        })
    }

    /// The nearest tile of which `claim` makes something among what is further away than one distance, and no further than another.
    fn best_within<R: Ord, C>(
        &self,
        from: Position,
        (looked_at, distance): (u32, u32),
        mut claim: impl FnMut(Position) -> Option<(R, C)>,
    ) -> Option<Found<R, C>> {
        let mut best: Option<Found<R, C>> = None;
        let mut within = distance;
        for (y, row) in self.rows_around(from) {
            if u32::from(y.abs_diff(from.y)) * STRAIGHT_COST > within {
                break;
            }
            let reach = within;
            let mut visit = |x| {
                let at = Position::new(x, y);
                let distance = at.octile_distance(from);
                if distance <= within
                    && distance > looked_at
                    && let Some((rank, claim)) = claim(at)
                    && best
                        .as_ref()
                        .is_none_or(|(nearest, least, _)| (distance, &rank) < (*nearest, least))
                {
                    within = distance;
                    best = Some((distance, rank, claim));
                }
                distance <= within
            };
            let reach = columns_within(reach);
            row.go_right(from.x, reach, &mut visit);
            row.go_left(from.x, reach, &mut visit);
        }
        best
    }
}

/// The first bit from one on.
fn first_from(words: &[u64; ROW_WORDS], from: u16) -> Option<u16> {
    let mut mask = u64::MAX << (from % WORD_TILES);
    (from / WORD_TILES..MAP_SIDE_MAX / WORD_TILES).find_map(|word| {
        let left = words[usize::from(word)] & std::mem::replace(&mut mask, u64::MAX);
        (left != 0).then(|| word * WORD_TILES + bit_number(left & left.wrapping_neg()))
    })
}

/// The last bit up to one.
fn last_to(words: &[u64; ROW_WORDS], to: u16) -> Option<u16> {
    let mut mask = u64::MAX >> (WORD_TILES - 1 - to % WORD_TILES);
    (0..=to / WORD_TILES).rev().find_map(|word| {
        let left = words[usize::from(word)] & std::mem::replace(&mut mask, u64::MAX);
        (left != 0).then(|| word * WORD_TILES + bit_number(left))
    })
}

/// How many columns further something is at most that is no further away than a distance.
fn columns_within(distance: u32) -> u16 {
    u16::try_from(distance / STRAIGHT_COST).unwrap_or(u16::MAX)
}

impl Row {
    /// The nearest column to the left of one, and the nearest from it on, each no further than `reach`.
    fn nearest_columns(&self, from: u16, reach: u16) -> [Option<u16>; 2] {
        let (place, bit) = (usize::from(from / WORD_TILES), from % WORD_TILES);
        let word = |place: Option<usize>| place.and_then(|place| self.words.get(place)).copied();
        let word = |place| u128::from(word(place).unwrap_or(0));
        let here = word(Some(place));
        // The columns from this one on, and those up to it, as many as a word has.
        let after = (word(Some(place + 1)) << u64::BITS | here) >> bit;
        let before = (here << u64::BITS | word(place.checked_sub(1))) >> bit;
        let (after, before) = (after as u64, before as u64);
        let (mut left, mut right) = (None, None);
        if after != 0 {
            right = Some(from + bit_number(after & after.wrapping_neg()));
        } else if reach >= WORD_TILES {
            self.go_right(from, reach, |x| {
                right = Some(x);
                false
            });
        }
        if before != 0 {
            left = Some(from + bit_number(before) - WORD_TILES);
        } else if reach >= WORD_TILES {
            self.go_left(from, reach, |x| {
                left = Some(x);
                false
            });
        }
        [left, right].map(|found| found.filter(|x| x.abs_diff(from) <= reach))
    }

    /// Visits the columns to the right from one on, no further than `reach`, until a visit says that it was far enough.
    #[inline]
    fn go_right(&self, from: u16, reach: u16, mut visit: impl FnMut(u16) -> bool) {
        let end = from.saturating_add(reach).min(MAP_SIDE_MAX - 1);
        let mut mask = u64::MAX << (from % WORD_TILES);
        for word in from / WORD_TILES..=end / WORD_TILES {
            let mut left = self.words[usize::from(word)] & std::mem::replace(&mut mask, u64::MAX);
            while left != 0 {
                let x = word * WORD_TILES + bit_number(left & left.wrapping_neg());
                if x > end || !visit(x) {
                    return;
                }
                left &= left - 1;
            }
        }
    }

    /// The same for the columns to the left of one.
    #[inline]
    fn go_left(&self, from: u16, reach: u16, mut visit: impl FnMut(u16) -> bool) {
        let end = from.saturating_sub(reach);
        let mut mask = !(u64::MAX << (from % WORD_TILES));
        for word in (end / WORD_TILES..=from / WORD_TILES).rev() {
            let mut left = self.words[usize::from(word)] & std::mem::replace(&mut mask, u64::MAX);
            while left != 0 {
                let number = bit_number(left);
                let x = word * WORD_TILES + number;
                if x < end || !visit(x) {
                    return;
                }
                left ^= 1 << number;
            }
        }
    }
}

/// The place of the highest bit of a word that has any.
fn bit_number(word: u64) -> u16 {
    u16::try_from(word.ilog2()).expect("a word has 64 bits")
}
