//! Things of one kind by id. Reading and changing one does not depend on how many there are; a hash of all is kept up to date at the
//! cost of those that have changed; whoever lists them gets them in order of id, and mostly finds them there side by side; a copy shares
//! what neither has changed since.

use serde::Serialize;

use crate::StableId;
use crate::hash::hash_of;
use crate::lookup::Lookup;
use crate::shared::Shared;

/// Ids in a row whose things lie in one page. Going through all is quicker the more they are, and taking one away or changing one that
/// a copy shares the fewer.
const PAGE_IDS: u64 = 16;

/// See the [module](self).
#[derive(Debug, Clone)]
pub(crate) struct Table<T> {
    /// By their number; never gone through in their own order. None is without a thing.
    pages: Lookup<u64, Shared<Page<T>>>,
    len: usize,
    /// Sum of the hashes of all rows that have one. A sum does not depend on order.
    sum: u128,
    /// Pages with rows that have none; some may be gone, some named twice.
    changed: Vec<u64>,
}

/// The things of some ids in a row.
#[derive(Debug, Clone)]
struct Page<T> {
    /// Which of the ids have a thing, a bit for each.
    present: u16,
    /// Which of the things have been lent out to be changed since their part of the hash was made.
    changed: u16,
    /// In order of id.
    rows: Vec<Row<T>>,
}

/// A thing and its part of the hash of all.
#[derive(Debug, Clone)]
struct Row<T> {
    value: T,
    /// The two halves, which take less room than one number in a row of many.
    hash: [u64; 2],
}

impl<T> Default for Table<T> {
    fn default() -> Self {
        Self {
            pages: Lookup::default(),
            len: 0,
            sum: 0,
            changed: Vec::new(),
        }
    }
}

impl<T> Default for Page<T> {
    fn default() -> Self {
        Self {
            present: 0,
            changed: 0,
            rows: Vec::new(),
        }
    }
}

/// The number of the page of an id, and its bit there.
const fn place(id: StableId) -> (u64, u16) {
    (id.get() / PAGE_IDS, 1 << (id.get() % PAGE_IDS))
}

const fn halves(hash: u128) -> [u64; 2] {
    [(hash >> 64) as u64, hash as u64]
}

impl<T> Page<T> {
    /// Where the row of a bit is, or the place that it would have.
    const fn find(&self, bit: u16) -> Result<usize, usize> {
        let index = (self.present & (bit - 1)).count_ones() as usize;
        if self.present & bit == 0 {
            Err(index)
        } else {
            Ok(index)
        }
    }

    /// The part of the hash of all that a row has, 0 if it has changed.
    fn part(&self, index: usize, bit: u16) -> u128 {
        let [high, low] = self.rows[index].hash;
        if self.changed & bit == 0 {
            u128::from(high) << 64 | u128::from(low)
        } else {
            0
        }
    }

    /// The ids that have a thing, in order, given the number of the page.
    fn ids(&self, number: u64) -> impl Iterator<Item = StableId> + use<T> {
        let present = self.present;
        let bits = (0..PAGE_IDS).filter(move |bit| present >> bit & 1 == 1);
        bits.map(move |bit| StableId::new(number * PAGE_IDS + bit))
    }

    /// Everything, in order of id.
    fn iter(&self, number: u64) -> impl Iterator<Item = (StableId, &T)> {
        let values = self.rows.iter().map(|row| &row.value);
        self.ids(number).zip(values)
    }
}

impl<T: Serialize + Clone> Table<T> {
    pub(crate) fn insert(&mut self, id: StableId, value: T) {
        let (number, bit) = place(id);
        let hash = halves(0);
        let page = &mut **self.pages.entry(number).or_default();
        match page.find(bit) {
            Ok(index) => {
                self.sum = self.sum.wrapping_sub(page.part(index, bit));
                page.rows[index] = Row { value, hash };
            }
            Err(index) => {
                page.rows.insert(index, Row { value, hash });
                page.present |= bit;
                self.len += 1;
            }
        }
        page.changed |= bit;
        self.changed.push(number);
    }

    pub(crate) fn remove(&mut self, id: StableId) -> Option<T> {
        let (number, bit) = place(id);
        let page = self.pages.get_mut(&number)?;
        let index = page.find(bit).ok()?;
        let page = &mut **page;
        self.sum = self.sum.wrapping_sub(page.part(index, bit));
        let row = page.rows.remove(index);
        page.present &= !bit;
        page.changed &= !bit;
        if page.present == 0 {
            self.pages.remove(&number);
        }
        self.len -= 1;
        Some(row.value)
    }

    pub(crate) const fn len(&self) -> usize {
        self.len
    }

    pub(crate) fn get(&self, id: StableId) -> Option<&T> {
        let (number, bit) = place(id);
        let page = self.pages.get(&number)?;
        Some(&page.rows[page.find(bit).ok()?].value)
    }

    /// Something to be changed.
    pub(crate) fn get_mut(&mut self, id: StableId) -> Option<&mut T> {
        let (number, bit) = place(id);
        let page = self.pages.get_mut(&number)?;
        let index = page.find(bit).ok()?;
        let page = &mut **page;
        if page.changed & bit == 0 {
            self.sum = self.sum.wrapping_sub(page.part(index, bit));
            page.changed |= bit;
            self.changed.push(number);
        }
        Some(&mut page.rows[index].value)
    }

    /// Everything in order of id.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (StableId, &T)> {
        let mut pages: Vec<(u64, &Page<T>)> =
            self.pages.iter().map(|(n, page)| (*n, &**page)).collect();
        pages.sort_unstable_by_key(|(number, _)| *number);
        let pages = pages.into_iter();
        pages.flat_map(|(number, page)| page.iter(number))
    }

    /// Everything in no order that may reach state: for sums and the like.
    pub(crate) fn unordered(&self) -> impl Iterator<Item = (StableId, &T)> {
        let pages = self.pages.iter();
        pages.flat_map(|(number, page)| page.iter(*number))
    }

    /// A hash of everything.
    pub(crate) fn hash(&mut self) -> u128 {
        for number in std::mem::take(&mut self.changed) {
            let Some(page) = self.pages.get_mut(&number) else {
                continue;
            };
            if page.changed == 0 {
                continue;
            }
            let page = &mut **page;
            let changed = std::mem::take(&mut page.changed);
            let ids = page.ids(number);
            let rows = ids.zip(&mut page.rows);
            for (id, row) in rows.filter(|(id, _)| changed & place(*id).1 != 0) {
                let hash = hash_of(&(id, &row.value));
                row.hash = halves(hash);
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
