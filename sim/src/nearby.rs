//! Things by place: the nearest ones are found without looking at all.

use std::collections::BTreeSet;

use crate::Position;
use crate::lookup::Lookup;
use crate::tile_set::{Around, Found, Nearest, TileSet};

/// Things that each lie on a tile; of several on one they are told apart by their keys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Nearby<K: Ord> {
    /// The tiles that have something.
    tiles: TileSet,
    /// What has the least key on each tile; never gone through.
    first: Lookup<Position, K>,
    /// The others of tiles with several.
    others: BTreeSet<(Position, K)>,
}

impl<K: Ord> Default for Nearby<K> {
    fn default() -> Self {
        Self {
            tiles: TileSet::default(),
            first: Lookup::default(),
            others: BTreeSet::new(),
        }
    }
}

impl<K: Ord + Copy> Nearby<K> {
    pub(crate) fn is_empty(&self) -> bool {
        self.first.is_empty()
    }

    pub(crate) fn insert(&mut self, at: Position, key: K) {
        match self.first.insert(at, key) {
            None => self.tiles.set(at, true),
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
            self.tiles.set(at, false);
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

    /// The tiles that have the nearest things.
    pub(crate) fn nearest_tiles(&self, around: Around) -> Option<Nearest> {
        self.tiles.nearest_tiles(around)
    }

    /// The nearest thing of which `claim` makes something, the one with the least rank among equals, which `claim` says.
    pub(crate) fn nearest<R: Ord, C>(
        &self,
        around: Around,
        claim: impl FnMut(K) -> Option<(R, C)>,
    ) -> Option<Found<R, C>> {
        self.nearest_from(self.nearest_tiles(around)?, around, claim)
    }

    /// The same, where it is known which tiles have the nearest.
    pub(crate) fn nearest_from<R: Ord, C>(
        &self,
        nearest: Nearest,
        around: Around,
        mut claim: impl FnMut(K) -> Option<(R, C)>,
    ) -> Option<Found<R, C>> {
        self.tiles.nearest_from(nearest, around, |at| {
            let first = claim(*self.first.get(&at)?);
            if self.others.is_empty() {
                return first;
            }
            let others = self.others_at(at).filter_map(&mut claim);
            first.into_iter().chain(others).reduce(
                |best, other| {
                    if other.0 < best.0 { other } else { best }
                },
            )
        })
    }
}
