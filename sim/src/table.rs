//! Things of one kind by id. Reading and changing one does not depend on how many there are; a hash of all is kept up to date at the
//! cost of those that have changed; whoever lists them gets them in order of id; a copy costs as much as its pages are many.

use serde::Serialize;

use crate::StableId;
use crate::hash::hash_of;
use crate::lookup::Lookup;
use crate::shared::Shared;

/// Ids that a page has a bit for. What is made one after the other is mostly used together.
const PAGE_IDS: u64 = u64::BITS as u64;

/// See the [module](self).
#[derive(Debug, Clone)]
pub(crate) struct Table<T> {
    /// By their number; never gone through in their own order. None is without a thing.
    pages: Lookup<u64, Shared<Page<T>>>,
    len: usize,
    /// Sum of the hashes of all things that have one. A sum does not depend on order.
    sum: u128,
    /// Pages with things that have none; some may be gone, some named twice.
    changed: Vec<u64>,
}

/// The things of some ids in a row.
#[derive(Debug, Clone)]
struct Page<T> {
    /// Which of the ids have a thing.
    present: u64,
    /// Which of the things have their hash in the sum, since they were not lent out to be changed.
    hashed: u64,
    /// In order of id.
    values: Vec<T>,
    /// Of each of the values; of no meaning where it is not in the sum.
    hashes: Vec<u128>,
}

/// The number of the page of an id, and its bit there.
const fn place(id: StableId) -> (u64, u64) {
    (id.get() / PAGE_IDS, 1 << (id.get() % PAGE_IDS))
}

impl<T> Default for Page<T> {
    fn default() -> Self {
        Self {
            present: 0,
            hashed: 0,
            values: Vec::new(),
            hashes: Vec::new(),
        }
    }
}

impl<T> Page<T> {
    /// Where the thing with a bit is among the values, or would be.
    const fn index(&self, bit: u64) -> usize {
        (self.present & (bit - 1)).count_ones() as usize
    }

    /// The bits of the things, in order.
    fn bits(&self) -> impl Iterator<Item = u64> + use<T> {
        let mut left = self.present;
        std::iter::from_fn(move || {
            let bit = left & left.wrapping_neg();
            left ^= bit;
            (bit != 0).then_some(bit)
        })
    }

    /// Everything, in order of id.
    fn iter(&self, number: u64) -> impl Iterator<Item = (StableId, &T)> {
        let id = move |bit: u64| StableId::new(number * PAGE_IDS + u64::from(bit.trailing_zeros()));
        self.bits().map(id).zip(&self.values)
    }
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

impl<T: Serialize + Clone> Table<T> {
    pub(crate) fn insert(&mut self, id: StableId, value: T) {
        self.remove(id);
        let (number, bit) = place(id);
        let page = &mut **self.pages.entry(number).or_default();
        let index = page.index(bit);
        page.values.insert(index, value);
        page.hashes.insert(index, 0);
        page.present |= bit;
        self.len += 1;
        self.changed.push(number);
    }

    pub(crate) fn remove(&mut self, id: StableId) -> Option<T> {
        let (number, bit) = place(id);
        let page = self.pages.get_mut(&number)?;
        if page.present & bit == 0 {
            return None;
        }
        let page = &mut **page;
        let index = page.index(bit);
        let (value, hash) = (page.values.remove(index), page.hashes.remove(index));
        if page.hashed & bit != 0 {
            self.sum = self.sum.wrapping_sub(hash);
        }
        page.present &= !bit;
        page.hashed &= !bit;
        self.len -= 1;
        if page.present == 0 {
            self.pages.remove(&number);
        }
        Some(value)
    }

    pub(crate) const fn len(&self) -> usize {
        self.len
    }

    pub(crate) fn get(&self, id: StableId) -> Option<&T> {
        let (number, bit) = place(id);
        let page = self.pages.get(&number)?;
        (page.present & bit != 0).then(|| &page.values[page.index(bit)])
    }

    /// Something to be changed.
    pub(crate) fn get_mut(&mut self, id: StableId) -> Option<&mut T> {
        let (number, bit) = place(id);
        let page = self.pages.get_mut(&number)?;
        if page.present & bit == 0 {
            return None;
        }
        let page = &mut **page;
        let index = page.index(bit);
        if page.hashed & bit != 0 {
            self.sum = self.sum.wrapping_sub(page.hashes[index]);
            page.hashed ^= bit;
            self.changed.push(number);
        }
        Some(&mut page.values[index])
    }

    /// Everything in order of id.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (StableId, &T)> {
        let mut numbers: Vec<u64> = self.pages.keys().copied().collect();
        numbers.sort_unstable();
        let pages = numbers.into_iter();
        pages.flat_map(|number| {
            let page = self.pages.get(&number).into_iter();
            page.flat_map(move |page| page.iter(number))
        })
    }

    /// Everything in no order that may reach state: for sums and the like.
    pub(crate) fn unordered(&self) -> impl Iterator<Item = (StableId, &T)> {
        let pages = self.pages.iter();
        pages.flat_map(|(number, page)| page.iter(*number))
    }

    /// A hash of everything.
    pub(crate) fn hash(&mut self) -> u128 {
        for number in std::mem::take(&mut self.changed) {
            let page = self.pages.get_mut(&number);
            let Some(page) = page.filter(|page| page.hashed != page.present) else {
                continue;
            };
            let page = &mut **page;
            let values = page.bits().zip(&page.values).zip(&mut page.hashes);
            for ((bit, value), hash) in values.filter(|((bit, _), _)| page.hashed & bit == 0) {
                let id = StableId::new(number * PAGE_IDS + u64::from(bit.trailing_zeros()));
                *hash = hash_of(&(id, value));
                self.sum = self.sum.wrapping_add(*hash);
            }
            page.hashed = page.present;
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
