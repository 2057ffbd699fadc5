//! A queue for keys that never fall below the last one taken and never lie far above it (Dial's buckets): both ends cost
//! the same however much is in it.

use crate::DIAGONAL_COST;
use crate::grid::Tile;

/// Tiles by key, the least first, among equals the one pushed last.
#[derive(Debug, Clone, Default)]
pub(super) struct Buckets {
    /// For each key, modulo the number of buckets, a power of two, the entry pushed last, [`NOTHING`] in an empty one.
    last: Vec<u32>,
    entries: Vec<Entry>,
    /// How many entries have not been taken.
    waiting: usize,
    /// No key in the queue is below it.
    key: u32,
}

#[derive(Debug, Clone, Copy)]
struct Entry {
    tile: u32,
    /// The entry pushed before it with the same key.
    before: u32,
}

const NOTHING: u32 = u32::MAX;

impl Buckets {
    /// Empties the queue. No key will be less than `key`, and no tile costs more than `cost_most` ticks to enter.
    pub(super) fn begin(&mut self, key: u32, cost_most: u32) {
        // More than a step can add to the key of a search: what it costs, and what its length adds to the estimate, which is
        // never more.
        let buckets = (2 * DIAGONAL_COST * cost_most + 1).next_power_of_two();
        self.last.clear();
        self.last.resize(buckets as usize, NOTHING);
        self.entries.clear();
        self.waiting = 0;
        self.key = key;
    }

    /// Adds a tile, whose key is less than that of the last tile taken plus the number of buckets.
    pub(super) fn push(&mut self, key: u32, tile: Tile) {
        debug_assert!(key >= self.key && ((key - self.key) as usize) < self.last.len());
        let entry = u32::try_from(self.entries.len()).unwrap_or(NOTHING);
        assert!(entry < NOTHING, "a search makes fewer than 2^32 - 1 steps");
        let bucket = self.bucket(key);
        let before = std::mem::replace(&mut self.last[bucket], entry);
        let tile = u32::try_from(tile).expect("a map has fewer than 2^32 tiles");
        self.entries.push(Entry { tile, before });
        self.waiting += 1;
    }

    /// The least key.
    pub(super) fn key(&mut self) -> Option<u32> {
        if self.waiting == 0 {
            return None;
        }
        while self.last[self.bucket(self.key)] == NOTHING {
            self.key += 1;
        }
        Some(self.key)
    }

    /// Takes the tile with the least key.
    pub(super) fn pop(&mut self) -> Option<Tile> {
        let key = self.key()?;
        let bucket = self.bucket(key);
        let last = &mut self.last[bucket];
        let Entry { tile, before } = self.entries[*last as usize];
        *last = before;
        self.waiting -= 1;
        Some(tile as Tile)
    }

    const fn bucket(&self, key: u32) -> usize {
        key as usize & (self.last.len() - 1)
    }
}
