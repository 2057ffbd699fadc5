//! Things by place: the nearest ones are found without looking at all.

use std::collections::BTreeSet;

use crate::lookup::Lookup;
use crate::{MAP_SIDE_MAX, Position, STRAIGHT_COST};

/// Tiles that a word has a bit for.
const WORD_TILES: u16 = 64;
/// Words of a row of tiles.
const ROW_WORDS: usize = (MAP_SIDE_MAX / WORD_TILES) as usize;

/// Things that each lie on a tile; of several on one they are told apart by their keys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Nearby<K: Ord> {
    /// Whether a tile has something, a bit for each, to the last row that has any.
    rows: Vec<Row>,
    /// What has the least key on each tile; never gone through.
    first: Lookup<Position, K>,
    /// The others of tiles with several.
    others: BTreeSet<(Position, K)>,
}

impl<K: Ord> Default for Nearby<K> {
    fn default() -> Self {
        Self {
            rows: Vec::new(),
            first: Lookup::default(),
            others: BTreeSet::new(),
        }
    }
}

/// The tiles of a row.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Row {
    /// How many have something.
    count: u16,
    words: [u64; ROW_WORDS],
}

/// What is nearest: its distance, what decided among equals, and what was made of it.
pub(crate) type Found<R, C> = (u32, R, C);

impl<K: Ord + Copy> Nearby<K> {
    pub(crate) fn is_empty(&self) -> bool {
        self.first.is_empty()
    }

    pub(crate) fn insert(&mut self, at: Position, key: K) {
        match self.first.insert(at, key) {
            None => self.mark(at, true),
            Some(known) => {
                self.first.insert(at, known.min(key));
                self.others.insert((at, known.max(key)));
            }
        }
    }

    /// Takes away what was inserted.
    pub(crate) fn remove(&mut self, at: Position, key: K) {
        if self.first.get(&at) != Some(&key) {
            self.others.remove(&(at, key));
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

    /// What is on a tile but the first, in order.
    fn others_at(&self, at: Position) -> impl Iterator<Item = K> + '_ {
        let first = self.first.get(&at);
        let others = first.map(|first| self.others.range((at, *first)..));
        let others = others.into_iter().flatten();
        others
            .take_while(move |(place, _)| *place == at)
            .map(|(_, key)| *key)
    }

    /// Notes whether a tile has something, which is not what it was.
    fn mark(&mut self, at: Position, has_any: bool) {
        let place = usize::from(at.y);
        if place >= self.rows.len() {
            self.rows.resize(place + 1, Row::default());
        }
        let row = &mut self.rows[place];
        row.words[usize::from(at.x / WORD_TILES)] ^= 1 << (at.x % WORD_TILES);
        row.count = if has_any {
            row.count + 1
        } else {
            row.count - 1
        };
        while self.rows.last().is_some_and(|row| row.count == 0) {
            self.rows.pop();
        }
    }

    /// The nearest thing of which `claim` makes something, the one with the least rank among equals, which `claim` says.
    pub(crate) fn nearest<R: Ord, C>(
        &self,
        from: Position,
        mut claim: impl FnMut(K) -> Option<(R, C)>,
    ) -> Option<Found<R, C>> {
        // Mostly it is on a nearest tile; to find these takes no look at what is there.
        let nearest = self.distance_of_nearest(from);
        let best = self.best_within(from, nearest, &mut claim);
        if best.is_some() || nearest == u32::MAX {
            return best;
        }
        self.best_within(from, u32::MAX, &mut claim)
    }

    /// The distance of the nearest tile that has something, the largest number without any.
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

    /// The same among what is no further away than `distance`.
    fn best_within<R: Ord, C>(
        &self,
        from: Position,
        distance: u32,
        claim: &mut impl FnMut(K) -> Option<(R, C)>,
    ) -> Option<Found<R, C>> {
        let mut best: Option<Found<R, C>> = None;
        self.go_around(from, distance, |at, distance| {
            let first = self.first.get(&at).copied();
            let others = (!self.others.is_empty()).then(|| self.others_at(at));
            for key in first.into_iter().chain(others.into_iter().flatten()) {
                if let Some((rank, claim)) = claim(key)
                    && best
                        .as_ref()
                        .is_none_or(|(nearest, least, _)| (distance, &rank) < (*nearest, least))
                {
                    best = Some((distance, rank, claim));
                }
            }
            best.as_ref().map_or(u32::MAX, |(nearest, ..)| *nearest)
        });
        best
    }

    /// Visits the tiles with something that are no further away than `within`, those of near rows first. A visit gets the
    /// distance of the tile and says beyond which no tile needs to be visited any more.
    fn go_around(
        &self,
        from: Position,
        mut within: u32,
        mut visit: impl FnMut(Position, u32) -> u32,
    ) {
        for y in self.rows_around(from) {
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
