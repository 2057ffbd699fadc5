//! Things of one kind by id. Reading and changing one does not depend on how many there are; a hash of all is kept up to date at the
//! cost of those that have changed; whoever lists them gets them in order of id; a copy shares what neither has changed since.

use serde::Serialize;

use crate::StableId;
use crate::hash::hash_of;
use crate::lookup::Lookup;
use crate::shared::Shared;

/// Parts of a table that copies share or do not.
const PARTS: u64 = 64;
/// Ids in a row that lie in one part: what is made one after the other mostly changes together.
const RUN_IDS: u64 = 64;

/// A thing and its part of the hash of all.
#[derive(Debug, Clone)]
struct Row<T> {
    value: T,
    /// The two halves, which take less room than one number in a row of many; `None` since it has been lent out to be changed.
    hash: Option<[u64; 2]>,
}

/// See the [module](self).
#[derive(Debug, Clone)]
pub(crate) struct Table<T> {
    /// As far as there was something in them. Never gone through in their own order.
    parts: Vec<Shared<Lookup<StableId, Row<T>>>>,
    len: usize,
    /// Sum of the hashes of all rows that have one. A sum does not depend on order.
    sum: u128,
    /// Rows whose hash is not in the sum; some may be gone.
    changed: Vec<StableId>,
}

impl<T> Default for Table<T> {
    fn default() -> Self {
        Self {
            parts: Vec::new(),
            len: 0,
            sum: 0,
            changed: Vec::new(),
        }
    }
}

/// The part that an id lies in.
const fn part(id: StableId) -> usize {
    (id.get() / RUN_IDS % PARTS) as usize
}

fn sum_of(hash: Option<[u64; 2]>) -> u128 {
    hash.map_or(0, |[high, low]| u128::from(high) << 64 | u128::from(low))
}

impl<T: Serialize + Clone> Table<T> {
    pub(crate) fn insert(&mut self, id: StableId, value: T) {
        let part = part(id);
        if part >= self.parts.len() {
            self.parts.resize_with(part + 1, Shared::default);
        }
        let row = Row { value, hash: None };
        match self.parts[part].insert(id, row) {
            Some(before) => self.sum = self.sum.wrapping_sub(sum_of(before.hash)),
            None => self.len += 1,
        }
        self.changed.push(id);
    }

    pub(crate) fn remove(&mut self, id: StableId) -> Option<T> {
        let row = self.parts.get_mut(part(id))?.remove(&id)?;
        self.len -= 1;
        self.sum = self.sum.wrapping_sub(sum_of(row.hash));
        Some(row.value)
    }

    pub(crate) const fn len(&self) -> usize {
        self.len
    }

    pub(crate) fn get(&self, id: StableId) -> Option<&T> {
        Some(&self.parts.get(part(id))?.get(&id)?.value)
    }

    /// Something to be changed.
    pub(crate) fn get_mut(&mut self, id: StableId) -> Option<&mut T> {
        let row = self.parts.get_mut(part(id))?.get_mut(&id)?;
        if row.hash.is_some() {
            self.sum = self.sum.wrapping_sub(sum_of(row.hash.take()));
            self.changed.push(id);
        }
        Some(&mut row.value)
    }

    /// Everything in order of id.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (StableId, &T)> {
        let mut rows: Vec<(StableId, &T)> = self.unordered().collect();
        rows.sort_unstable_by_key(|(id, _)| *id);
        rows.into_iter()
    }

    /// Everything in no order that may reach state: for sums and the like.
    pub(crate) fn unordered(&self) -> impl Iterator<Item = (StableId, &T)> {
        let rows = self.parts.iter().flat_map(|part| part.iter());
        rows.map(|(id, row)| (*id, &row.value))
    }

    /// A hash of everything.
    pub(crate) fn hash(&mut self) -> u128 {
        for id in std::mem::take(&mut self.changed) {
            let row = self
                .parts
                .get_mut(part(id))
                .and_then(|part| part.get_mut(&id));
            if let Some(row) = row.filter(|row| row.hash.is_none()) {
                let hash = hash_of(&(id, &row.value));
                row.hash = Some([(hash >> 64) as u64, hash as u64]);
                self.sum = self.sum.wrapping_add(hash);
            }
        }
        hash_of(&(self.sum, self.len as u64))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::rng::{below, random_u64};

    #[test]
    fn the_hash_depends_on_what_there_is_alone() {
        let id = StableId::new;
        let table_of = |rows: [(u64, u32); 2]| {
            let mut table = Table::default();
            for (number, value) in rows {
                table.insert(id(number), value);
            }
            table
        };
        let mut table = table_of([(1, 10), (2, 20)]);
        let first = table.hash();
        table.insert(id(3), 30);
        *table.get_mut(id(1)).unwrap() = 11;
        assert_ne!(table.hash(), first);
        *table.get_mut(id(1)).unwrap() = 9;
        table.remove(id(3));
        table.insert(id(3), 33);
        *table.get_mut(id(1)).unwrap() = 10;
        table.remove(id(3));
        assert_eq!(table.hash(), first);
        assert_eq!(table_of([(2, 20), (1, 10)]).hash(), first);
        assert_ne!(table_of([(1, 20), (2, 10)]).hash(), first);
    }

    #[test]
    fn it_is_what_an_ordered_map_is_and_copies_part() {
        let draw = |counter, bound| below(random_u64(3, 0, 0, counter, 0), bound);
        let mut map = BTreeMap::new();
        let mut table = Table::default();
        let mut copies = Vec::new();
        for counter in 0..2_000 {
            let id = StableId::new(u64::from(draw(3 * counter, 300)));
            match draw(3 * counter + 1, 4) {
                0 => assert_eq!(table.remove(id), map.remove(&id)),
                1 => {
                    if let Some(value) = table.get_mut(id) {
                        *value += 1;
                    }
                    map.entry(id).and_modify(|value| *value += 1);
                }
                _ => {
                    table.insert(id, counter);
                    map.insert(id, counter);
                }
            }
            assert_eq!(table.get(id), map.get(&id));
            if counter % 100 == 0 {
                copies.push((table.clone(), map.clone(), table.hash()));
            }
        }
        copies.push((table.clone(), map, table.hash()));
        for (mut copy, map, hash) in copies {
            assert!(copy.iter().eq(map.iter().map(|(id, value)| (*id, value))));
            assert_eq!(copy.unordered().count(), map.len());
            let mut anew = Table::default();
            map.iter().for_each(|(id, value)| anew.insert(*id, *value));
            assert_eq!((copy.hash(), anew.hash()), (hash, hash));
        }
    }
}
