//! A mod's storage: a tree of values that the host owns and a mod sees through proxies.
//!
//! Every change returns a [`Change`] that takes it back, so that a failing call leaves no trace (I2). Every table keeps the
//! hash of what is below it until something there changes, so that hashing costs what changed and not what is kept.
//! A table that was taken out of the tree stays readable until the call that took it out has ended; a proxy that is used
//! later names a table that is gone and says so.

mod change;
mod error;
mod hash;
mod size;
mod tree;
mod view;

use std::cell::Cell;
use std::collections::BTreeMap;

use crate::limits::VALUE_DEPTH_MAX;
use crate::value::Value;

pub use change::Change;
pub use error::StorageError;
pub(crate) use view::View;

/// A table of the tree. Never reused, so that a stale proxy cannot reach another table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct NodeId(u64);

/// A place in a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Key {
    /// A position in a list, from 1.
    Index(i64),
    /// A name in a map.
    Name(String),
}

/// What a place holds: a scalar, or a table by its id.
#[derive(Clone, Debug, PartialEq)]
pub enum Slot {
    /// A boolean, a number or text; never a table.
    Scalar(Value),
    /// A table below.
    Table(NodeId),
}

/// What a table holds.
#[derive(Clone, Debug, PartialEq)]
enum Content {
    Map(BTreeMap<String, Slot>),
    List(Vec<Slot>),
}

#[derive(Debug)]
struct Node {
    parent: Option<NodeId>,
    content: Content,
    /// Invariant: a table without a hash has no ancestor with one.
    hash: Cell<Option<u128>>,
}

/// The tree.
#[derive(Debug)]
pub struct Storage {
    nodes: BTreeMap<NodeId, Node>,
    root: NodeId,
    next: u64,
    bytes: u64,
    bytes_max: u64,
}

impl Storage {
    /// An empty storage that may hold `bytes_max` bytes.
    pub fn new(bytes_max: u64) -> Storage {
        let root = NodeId(0);
        let node = Node {
            parent: None,
            content: Content::Map(BTreeMap::new()),
            hash: Cell::new(None),
        };
        Storage {
            nodes: BTreeMap::from([(root, node)]),
            root,
            next: 1,
            bytes: 0,
            bytes_max,
        }
    }

    /// A storage that holds `value`.
    ///
    /// # Errors
    /// [`StorageError::TooLarge`]; [`StorageError::TooDeep`]; [`StorageError::Mixed`] where `value` is not a map.
    pub fn from_value(value: Value, bytes_max: u64) -> Result<Storage, StorageError> {
        let mut storage = Storage::new(bytes_max);
        let Value::Map(map) = value else {
            return Err(StorageError::Mixed {
                key: value.to_string(),
                holds: "names",
            });
        };
        if map
            .values()
            .any(|inner| 1 + inner.depth() > VALUE_DEPTH_MAX)
        {
            return Err(StorageError::TooDeep);
        }
        let entry_bytes = |(key, inner): (&String, &Value)| key.len() as u64 + inner.bytes();
        storage.bytes = map.iter().map(entry_bytes).sum();
        if storage.bytes > bytes_max {
            let largest = map.iter().max_by_key(|(_, inner)| inner.bytes());
            return Err(StorageError::TooLarge {
                path: largest.map_or(String::new(), |(path, _)| path.clone()),
                bytes: Value::empty().bytes() + storage.bytes,
                bytes_max,
            });
        }
        let root = storage.root;
        let attach = |(key, inner)| (key, storage.attach(inner, root));
        let content = Content::Map(map.into_iter().map(attach).collect());
        if let Some(node) = storage.nodes.get_mut(&root) {
            node.content = content;
        }
        Ok(storage)
    }

    /// The outermost table.
    pub fn root(&self) -> NodeId {
        self.root
    }

    /// About how many bytes the storage holds: 8 for a number, 1 for a boolean, the length of text and names, 8 for a table.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// What stands at `key`, if anything does.
    ///
    /// # Errors
    /// [`StorageError::Gone`].
    pub fn get(&self, node: NodeId, key: &Key) -> Result<Option<Slot>, StorageError> {
        Ok(match (&self.node(node)?.content, key) {
            (Content::Map(_), Key::Name(name)) => self.get_name(node, name)?,
            (Content::List(list), Key::Index(index)) => {
                position(*index).and_then(|at| list.get(at).cloned())
            }
            _ => None,
        })
    }

    /// What stands at a name, if anything does.
    ///
    /// # Errors
    /// [`StorageError::Gone`].
    pub fn get_name(&self, node: NodeId, name: &str) -> Result<Option<Slot>, StorageError> {
        Ok(match &self.node(node)?.content {
            Content::Map(map) => map.get(name).cloned(),
            Content::List(_) => None,
        })
    }

    /// How many positions a list has; 0 for a map.
    ///
    /// # Errors
    /// [`StorageError::Gone`].
    pub fn len(&self, node: NodeId) -> Result<usize, StorageError> {
        Ok(match &self.node(node)?.content {
            Content::Map(_) => 0,
            Content::List(list) => list.len(),
        })
    }

    /// The keys of a table, in order.
    ///
    /// # Errors
    /// [`StorageError::Gone`].
    pub fn keys(&self, node: NodeId) -> Result<Vec<Key>, StorageError> {
        Ok(match &self.node(node)?.content {
            Content::Map(map) => map.keys().cloned().map(Key::Name).collect(),
            Content::List(list) => (1..=list.len() as i64).map(Key::Index).collect(),
        })
    }

    /// A table as a value.
    ///
    /// # Errors
    /// [`StorageError::Gone`].
    pub fn value(&self, node: NodeId) -> Result<Value, StorageError> {
        Ok(match &self.node(node)?.content {
            Content::Map(map) => Value::Map(
                map.iter()
                    .map(|(key, slot)| Ok((key.clone(), self.slot_value(slot)?)))
                    .collect::<Result<_, StorageError>>()?,
            ),
            Content::List(list) => Value::List(
                list.iter()
                    .map(|slot| self.slot_value(slot))
                    .collect::<Result<_, StorageError>>()?,
            ),
        })
    }

    /// The whole storage as a value.
    pub fn to_value(&self) -> Value {
        self.value(self.root).expect("the root is never removed")
    }

    fn node(&self, id: NodeId) -> Result<&Node, StorageError> {
        self.nodes.get(&id).ok_or(StorageError::Gone)
    }

    fn slot_value(&self, slot: &Slot) -> Result<Value, StorageError> {
        match slot {
            Slot::Scalar(value) => Ok(value.clone()),
            Slot::Table(id) => self.value(*id),
        }
    }
}

/// A position from 1 as an index from 0.
fn position(index: i64) -> Option<usize> {
    usize::try_from(index.checked_sub(1)?).ok()
}

#[cfg(test)]
mod tests;
