//! A queue for keys that never fall below the last one taken and never lie far above it (Dial's buckets): both ends cost
//! the same however much is in it.

use crate::DIAGONAL_COST;

/// What is reached by key, the least first, among equals what was pushed last.
#[derive(Debug, Clone)]
pub(super) struct Buckets<T> {
    /// For each key, modulo the number of buckets, a power of two, the entry pushed last, [`NOTHING`] in an empty one.
    last: Vec<u32>,
    /// The first `pushed` of them hold something.
    entries: Vec<Entry<T>>,
    pushed: u32,
    /// How many entries have not been taken.
    waiting: u32,
    /// No key in the queue is below it.
    key: u32,
}

#[derive(Debug, Clone, Copy, Default)]
struct Entry<T> {
    reached: T,
    /// The entry pushed before it with the same key.
    before: u32,
}

const NOTHING: u32 = u32::MAX;

impl<T> Default for Buckets<T> {
    fn default() -> Self {
        Self {
            last: Vec::new(),
            entries: Vec::new(),
            pushed: 0,
            waiting: 0,
            key: 0,
        }
    }
}

impl<T: Copy + Default> Buckets<T> {
    /// Empties the queue. No key will be less than `key`, and no tile costs more than `cost_most` ticks to enter.
    pub(super) fn begin(&mut self, key: u32, cost_most: u32) {
        // More than a step can add to the key of a search: what it costs, and what its length adds to the estimate, which is
        // never more.
        let buckets = (2 * DIAGONAL_COST * cost_most + 1).next_power_of_two();
        self.last.clear();
        self.last.resize(buckets as usize, NOTHING);
        self.pushed = 0;
        self.waiting = 0;
        self.key = key;
    }

    /// Sees to it that so many can be pushed.
    pub(super) fn make_room(&mut self, count: usize) {
        let needed = self.pushed as usize + count;
        assert!(
            needed < NOTHING as usize,
            "a search makes fewer than 2^32 - 1 steps"
        );
        if needed > self.entries.len() {
            self.entries
                .resize(needed.next_power_of_two(), Entry::default());
        }
    }

    /// Adds what has a key less than that of the last taken plus the number of buckets. There must be room.
    #[inline(always)]
    pub(super) fn push(&mut self, key: u32, reached: T) {
        debug_assert!(key >= self.key && ((key - self.key) as usize) < self.last.len());
        let bucket = self.bucket(key);
        let before = std::mem::replace(&mut self.last[bucket], self.pushed);
        self.entries[self.pushed as usize] = Entry { reached, before };
        // Fewer than 2^32, or there would be no room.
        self.pushed = self.pushed.wrapping_add(1);
        self.waiting = self.waiting.wrapping_add(1);
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

    /// Takes what has the least key.
    pub(super) fn pop(&mut self) -> Option<T> {
        let key = self.key()?;
        let bucket = self.bucket(key);
        let last = &mut self.last[bucket];
        let Entry { reached, before } = self.entries[*last as usize];
        *last = before;
        self.waiting -= 1;
        Some(reached)
    }

    const fn bucket(&self, key: u32) -> usize {
        key as usize & (self.last.len() - 1)
    }
}
