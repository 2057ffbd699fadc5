//! A queue for keys that never fall below the last one taken and never lie far above it (Dial's buckets): both ends cost
//! the same however much is in it.

use crate::grid::Tile;
use crate::{DIAGONAL_COST, WALK_COST_MAX};

/// More than a step can add to the key of a search: what it costs, and what its length adds to the estimate, which is
/// never more.
const COUNT: usize = (2 * DIAGONAL_COST as usize * WALK_COST_MAX as usize + 1).next_power_of_two();

/// Tiles by key, the least first, among equals the one pushed last.
#[derive(Debug, Clone, Default)]
pub(super) struct Buckets {
    /// For each key, modulo the number of buckets, the entry pushed last.
    last: Vec<Option<u32>>,
    entries: Vec<Entry>,
    /// How many entries have not been taken.
    waiting: usize,
    /// No key in the queue is below it.
    key: u32,
}

#[derive(Debug, Clone, Copy)]
struct Entry {
    tile: Tile,
    /// The entry pushed before it with the same key.
    before: Option<u32>,
}

impl Buckets {
    /// Empties the queue. No key will be less than `key`.
    pub(super) fn begin(&mut self, key: u32) {
        self.last.clear();
        self.last.resize(COUNT, None);
        self.entries.clear();
        self.waiting = 0;
        self.key = key;
    }

    /// Adds a tile, whose key is less than that of the last tile taken plus the number of buckets.
    pub(super) fn push(&mut self, key: u32, tile: Tile) {
        debug_assert!(key >= self.key && bucket(key - self.key) == (key - self.key) as usize);
        let entry =
            u32::try_from(self.entries.len()).expect("a search makes fewer than 2^32 steps");
        let before = self.last[bucket(key)].replace(entry);
        self.entries.push(Entry { tile, before });
        self.waiting += 1;
    }

    /// The least key.
    pub(super) fn key(&mut self) -> Option<u32> {
        if self.waiting == 0 {
            return None;
        }
        while self.last[bucket(self.key)].is_none() {
            self.key += 1;
        }
        Some(self.key)
    }

    /// Takes the tile with the least key.
    pub(super) fn pop(&mut self) -> Option<Tile> {
        let key = self.key()?;
        let last = &mut self.last[bucket(key)];
        let Entry { tile, before } = self.entries[(*last)? as usize];
        *last = before;
        self.waiting -= 1;
        Some(tile)
    }
}

const fn bucket(key: u32) -> usize {
    key as usize % COUNT
}
