//! A set of tiles, a bit for each: the nearest ones are found without looking at all.

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
        // Mostly it is a nearest tile; to find these takes no look at what is there.
        let distance = self.distance_of_nearest(around)?;
        self.nearest_from(distance, around, claim)
    }

    /// The same, where none is nearer than a distance.
    pub(crate) fn nearest_from<R: Ord, C>(
        &self,
        distance: u32,
        Around {
            from,
            within: limit,
        }: Around,
        mut claim: impl FnMut(Position) -> Option<(R, C)>,
    ) -> Option<Found<R, C>> {
        let mut within = distance;
        // Where they are of no use, mostly one is that is hardly further: what is far away is looked at last.
        let (mut looked_at, mut left) = (None, self.count);
        loop {
            let reach = within.min(limit);
            let best = self.best_within(from, (looked_at, reach), |at| {
                left -= 1;
                claim(at)
            });
            if best.is_some() || left == 0 || reach == limit {
                return best;
            }
            looked_at = Some(within);
            within = 2 * within + FURTHER;
        }
    }

    /// The distance of the nearest tile.
    pub(crate) fn distance_of_nearest(&self, around: Around) -> Option<u32> {
        let Around { from, mut within } = around;
        let mut nearest = None;
        for (y, row) in self.rows_around(from) {
            if u32::from(y.abs_diff(from.y)) * STRAIGHT_COST > within {
                break;
            }
            let columns = row.nearest_columns(from.x, columns_within(within));
            let distances = columns
                .into_iter()
                .flatten()
                .map(|x| Position::new(x, y).octile_distance(from));
            if let Some(distance) = distances.min().filter(|distance| *distance <= within) {
                (nearest, within) = (Some(distance), distance);
            }
        }
        nearest
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

    /// The same among what is no further away than `distance`, and further than what was looked at before.
    fn best_within<R: Ord, C>(
        &self,
        from: Position,
        (looked_at, distance): (Option<u32>, u32),
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
        let (mut left, mut right) = (None, None);
        self.go_right(from, reach, |x| {
            right = Some(x);
            false
        });
        self.go_left(from, reach, |x| {
            left = Some(x);
            false
        });
        [left, right]
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
