//! The hash of a storage: each table keeps its own until something below it changes.

use xxhash_rust::xxh3::Xxh3;

use super::{Content, NodeId, Slot, Storage};
use crate::value::Value;

impl Storage {
    /// xxh3-128 of everything that is kept. Equal values have equal hashes, however they came to be.
    pub fn hash(&self) -> u128 {
        self.node_hash(self.root)
    }

    fn node_hash(&self, id: NodeId) -> u128 {
        let Some(node) = self.nodes.get(&id) else {
            return 0;
        };
        if let Some(hash) = node.hash.get() {
            return hash;
        }
        let mut hasher = Xxh3::new();
        match &node.content {
            Content::Map(map) => {
                hasher.update(b"m");
                for (key, slot) in map {
                    hasher.update(&(key.len() as u64).to_le_bytes());
                    hasher.update(key.as_bytes());
                    self.hash_slot(&mut hasher, slot);
                }
            }
            Content::List(list) => {
                hasher.update(b"l");
                for slot in list {
                    self.hash_slot(&mut hasher, slot);
                }
            }
        }
        let hash = hasher.digest128();
        node.hash.set(Some(hash));
        hash
    }

    fn hash_slot(&self, hasher: &mut Xxh3, slot: &Slot) {
        match slot {
            Slot::Table(id) => {
                hasher.update(b"t");
                hasher.update(&self.node_hash(*id).to_le_bytes());
            }
            Slot::Scalar(Value::Boolean(boolean)) => hasher.update(&[b'b', u8::from(*boolean)]),
            Slot::Scalar(Value::Integer(number)) => {
                hasher.update(b"i");
                hasher.update(&number.to_le_bytes());
            }
            Slot::Scalar(Value::Number(number)) => {
                hasher.update(b"n");
                hasher.update(&number.to_bits().to_le_bytes());
            }
            Slot::Scalar(Value::Text(text)) => {
                hasher.update(b"s");
                hasher.update(&(text.len() as u64).to_le_bytes());
                hasher.update(text.as_bytes());
            }
            // Tables are never scalars: see `attach`.
            Slot::Scalar(Value::List(_) | Value::Map(_)) => {}
        }
    }
}
