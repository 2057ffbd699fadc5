//! How much a storage holds, and whether a change would make it too much.

use super::change::Before;
use super::{Content, NodeId, Slot, Storage, StorageError};
use crate::value::Value;

impl Storage {
    /// How many bytes the storage holds after a change, if it may hold so many.
    pub(super) fn bytes_after(
        &self,
        node: NodeId,
        value: Option<&Value>,
        before: &Before,
    ) -> Result<u64, StorageError> {
        if !self.is_part(node) {
            return Ok(self.bytes);
        }
        let (name, removed) = match before {
            Before::Name(name, slot) => (name.len() as u64, slot.as_ref()),
            Before::Position(_, slot) | Before::Removed(_, slot) => (0, Some(slot)),
            Before::Inserted(_) | Before::Empty => (0, None),
        };
        let removed = removed.map_or(0, |slot| self.slot_bytes(slot) + name);
        let added = value.map_or(0, |value| value.bytes() + name);
        let bytes = self.bytes.saturating_sub(removed) + added;
        if added > 0 && bytes > self.bytes_max {
            let key = match before {
                Before::Name(name, _) => name.clone(),
                Before::Position(at, _) | Before::Removed(at, _) | Before::Inserted(at) => {
                    (at + 1).to_string()
                }
                Before::Empty => "1".to_owned(),
            };
            return Err(StorageError::TooLarge {
                path: self.path_of(node, key),
                bytes,
                bytes_max: self.bytes_max,
            });
        }
        Ok(bytes)
    }

    fn slot_bytes(&self, slot: &Slot) -> u64 {
        match slot {
            Slot::Scalar(value) => value.bytes(),
            Slot::Table(id) => match self.nodes.get(id).map(|node| &node.content) {
                Some(Content::Map(map)) => {
                    8 + map
                        .iter()
                        .map(|(key, slot)| key.len() as u64 + self.slot_bytes(slot))
                        .sum::<u64>()
                }
                Some(Content::List(list)) => {
                    8 + list.iter().map(|slot| self.slot_bytes(slot)).sum::<u64>()
                }
                None => 0,
            },
        }
    }
}
