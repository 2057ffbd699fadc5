//! Things of one kind by id. Reading and changing one does not depend on how many there are; a hash of all is kept up to date at the
//! cost of those that have changed; whoever lists them gets them in order of id.

use serde::Serialize;

use crate::StableId;
use crate::hash::hash_of;
use crate::lookup::Lookup;

/// A thing and its part of the hash of all.
#[derive(Debug, Clone)]
struct Row<T> {
    value: T,
    /// `None` since it has been lent out to be changed.
    hash: Option<u128>,
}

/// See the [module](self).
#[derive(Debug, Clone)]
pub(crate) struct Table<T> {
    // Never gone through in its own order.
    rows: Lookup<StableId, Row<T>>,
    /// Sum of the hashes of all rows that have one. A sum does not depend on order.
    sum: u128,
    /// Rows whose hash is not in the sum; some may be gone.
    changed: Vec<StableId>,
}

impl<T> Default for Table<T> {
    fn default() -> Self {
        Self {
            rows: Lookup::default(),
            sum: 0,
            changed: Vec::new(),
        }
    }
}

impl<T: Serialize> Table<T> {
    pub(crate) fn insert(&mut self, id: StableId, value: T) {
        self.remove(id);
        self.changed.push(id);
        self.rows.insert(id, Row { value, hash: None });
    }

    pub(crate) fn remove(&mut self, id: StableId) -> Option<T> {
        let row = self.rows.remove(&id)?;
        self.sum = self.sum.wrapping_sub(row.hash.unwrap_or(0));
        Some(row.value)
    }

    pub(crate) fn get(&self, id: StableId) -> Option<&T> {
        Some(&self.rows.get(&id)?.value)
    }

    /// Something to be changed.
    pub(crate) fn get_mut(&mut self, id: StableId) -> Option<&mut T> {
        let row = self.rows.get_mut(&id)?;
        if let Some(hash) = row.hash.take() {
            self.sum = self.sum.wrapping_sub(hash);
            self.changed.push(id);
        }
        Some(&mut row.value)
    }

    pub(crate) fn ids(&self) -> Vec<StableId> {
        let mut ids: Vec<StableId> = self.rows.keys().copied().collect();
        ids.sort_unstable();
        ids
    }

    /// Everything in order of id.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (StableId, &T)> {
        let ids = self.ids().into_iter();
        ids.filter_map(|id| Some((id, self.get(id)?)))
    }

    /// Everything in no order that may reach state: for sums and the like.
    pub(crate) fn unordered(&self) -> impl Iterator<Item = (StableId, &T)> {
        self.rows.iter().map(|(id, row)| (*id, &row.value))
    }

    /// A hash of everything.
    pub(crate) fn hash(&mut self) -> u128 {
        for id in std::mem::take(&mut self.changed) {
            if let Some(row) = self.rows.get_mut(&id).filter(|row| row.hash.is_none()) {
                let hash = hash_of(&(id, &row.value));
                row.hash = Some(hash);
                self.sum = self.sum.wrapping_add(hash);
            }
        }
        hash_of(&(self.sum, self.rows.len() as u64))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
}
