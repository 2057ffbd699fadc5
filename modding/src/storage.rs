//! A mod's storage: a tree of values that the host owns and a mod sees through proxies.
//!
//! Every change returns a [`Change`] that takes it back, so that a failing call leaves no trace (I2). Every table keeps the
//! hash of what is below it until something there changes, so that hashing costs what changed and not what is kept.
//! A table that was taken out of the tree stays readable until the call that took it out has ended; a proxy that is used
//! later names a table that is gone and says so.

mod error;
mod hash;
mod view;

use std::cell::Cell;
use std::collections::BTreeMap;

use crate::limits::VALUE_DEPTH_MAX;
use crate::value::Value;

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

/// A change, kept to take it back.
#[derive(Debug)]
pub struct Change {
    node: NodeId,
    before: Before,
    bytes_before: u64,
    /// The table that the change put in, if it put in one.
    attached: Option<NodeId>,
}

#[derive(Debug)]
enum Before {
    Name(String, Option<Slot>),
    Position(usize, Slot),
    Inserted(usize),
    Removed(usize, Slot),
    /// The table was empty and took its kind by this change.
    Empty,
}

impl Before {
    /// The table that the change took out.
    fn table(&self) -> Option<NodeId> {
        match self {
            Before::Name(_, Some(Slot::Table(id)))
            | Before::Position(_, Slot::Table(id))
            | Before::Removed(_, Slot::Table(id)) => Some(*id),
            _ => None,
        }
    }
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

    /// Puts a copy of `value` at `key`; `None` removes what stands there. The last position of a list may be removed, one past
    /// the last appended.
    ///
    /// # Errors
    /// See [`StorageError`]; nothing has changed then.
    pub fn set(
        &mut self,
        node: NodeId,
        key: Key,
        value: Option<&Value>,
    ) -> Result<Option<Change>, StorageError> {
        match (&self.node(node)?.content, key) {
            (Content::Map(map), Key::Index(1)) if map.is_empty() && value.is_some() => {
                self.change(node, value, |_| Before::Empty)
            }
            (Content::Map(map), Key::Index(index)) => match value {
                None => Ok(None),
                Some(_) if map.is_empty() => Err(StorageError::Hole { index, length: 0 }),
                Some(_) => Err(StorageError::Mixed {
                    key: index.to_string(),
                    holds: "names",
                }),
            },
            (Content::Map(map), Key::Name(name)) => {
                let old = map.get(&name).cloned();
                if old.is_none() && value.is_none() {
                    return Ok(None);
                }
                self.change(node, value, |_| Before::Name(name, old))
            }
            (Content::List(_), Key::Name(name)) => match value {
                None => Ok(None),
                Some(_) => Err(StorageError::Mixed {
                    key: format!("{name:?}"),
                    holds: "a list",
                }),
            },
            (Content::List(list), Key::Index(index)) => {
                let length = list.len();
                match (position(index), value) {
                    (Some(at), Some(_)) if at < length => {
                        let old = list[at].clone();
                        self.change(node, value, |_| Before::Position(at, old))
                    }
                    (Some(at), Some(_)) if at == length => {
                        self.change(node, value, Before::Inserted)
                    }
                    (Some(at), None) if at + 1 == length => {
                        let old = list[at].clone();
                        self.change(node, None, |_| Before::Removed(at, old))
                    }
                    (Some(at), None) if at >= length => Ok(None),
                    (None, None) => Ok(None),
                    (Some(_), None) => Err(StorageError::Hole { index, length }),
                    (_, Some(_)) => Err(StorageError::Hole { index, length }),
                }
            }
        }
    }

    /// Inserts a copy of `value` before position `index` of a list, 1..=length + 1.
    ///
    /// # Errors
    /// See [`StorageError`].
    pub fn insert(
        &mut self,
        node: NodeId,
        index: i64,
        value: &Value,
    ) -> Result<Option<Change>, StorageError> {
        let length = self.len(node)?;
        match (&self.node(node)?.content, position(index)) {
            (Content::List(_), Some(at)) if at < length => {
                self.change(node, Some(value), |_| Before::Inserted(at))
            }
            _ => self.set(node, Key::Index(index), Some(value)),
        }
    }

    /// Removes position `index` of a list and moves what follows down; `None` where nothing stands there.
    ///
    /// # Errors
    /// [`StorageError::Gone`].
    pub fn remove(
        &mut self,
        node: NodeId,
        index: i64,
    ) -> Result<Option<(Change, Slot)>, StorageError> {
        let found = match (&self.node(node)?.content, position(index)) {
            (Content::List(list), Some(at)) => list.get(at).cloned().map(|slot| (at, slot)),
            _ => None,
        };
        let Some((at, slot)) = found else {
            return Ok(None);
        };
        let change = self.change(node, None, |_| Before::Removed(at, slot.clone()))?;
        Ok(change.map(|change| (change, slot)))
    }

    /// Takes a change back. Changes are taken back in the reverse of their order.
    pub fn undo(&mut self, change: Change) {
        if let Some(taken_out) = change.before.table() {
            self.set_parent(taken_out, Some(change.node));
        }
        if let Some(node) = self.nodes.get_mut(&change.node) {
            match (&mut node.content, change.before) {
                (Content::Map(map), Before::Name(name, Some(slot))) => drop(map.insert(name, slot)),
                (Content::Map(map), Before::Name(name, None)) => drop(map.remove(&name)),
                (Content::List(list), Before::Position(at, slot)) => list[at] = slot,
                (Content::List(list), Before::Inserted(at)) => drop(list.remove(at)),
                (Content::List(list), Before::Removed(at, slot)) => list.insert(at, slot),
                (content, Before::Removed(_, slot)) => *content = Content::List(vec![slot]),
                (content, _) => *content = Content::Map(BTreeMap::new()),
            }
        }
        self.bytes = change.bytes_before;
        self.touch(change.node);
        if let Some(attached) = change.attached {
            self.free(attached);
        }
    }

    /// Accepts a change for good: what it took out is gone.
    pub fn accept(&mut self, change: Change) {
        if let Some(taken_out) = change.before.table() {
            self.free(taken_out);
        }
    }

    fn node(&self, id: NodeId) -> Result<&Node, StorageError> {
        self.nodes.get(&id).ok_or(StorageError::Gone)
    }

    /// Makes one change: puts `value` where `before` says, checks the size, forgets the hashes above.
    fn change(
        &mut self,
        node: NodeId,
        value: Option<&Value>,
        before: impl FnOnce(usize) -> Before,
    ) -> Result<Option<Change>, StorageError> {
        if let Some(value) = value
            && self.depth(node) + value.depth() > VALUE_DEPTH_MAX
        {
            return Err(StorageError::TooDeep);
        }
        let before = before(self.len(node)?);
        let bytes = self.bytes_after(node, value, &before)?;
        let slot = value.map(|value| self.attach(value.clone(), node));
        let attached = if let Some(Slot::Table(id)) = &slot {
            Some(*id)
        } else {
            None
        };
        let content = &mut self.nodes.get_mut(&node).ok_or(StorageError::Gone)?.content;
        match (content, &before, slot) {
            (Content::Map(map), Before::Name(name, _), Some(slot)) => {
                drop(map.insert(name.clone(), slot))
            }
            (Content::Map(map), Before::Name(name, _), None) => drop(map.remove(name)),
            (Content::List(list), Before::Position(at, _), Some(slot)) => list[*at] = slot,
            (Content::List(list), Before::Inserted(at), Some(slot)) => list.insert(*at, slot),
            (content, Before::Removed(at, _), None) => {
                if let Content::List(list) = content {
                    list.remove(*at);
                    if list.is_empty() {
                        // An empty table has one form, or a table would hash by its history.
                        *content = Content::Map(BTreeMap::new());
                    }
                }
            }
            (content, Before::Empty, Some(slot)) => *content = Content::List(vec![slot]),
            _ => {}
        }
        let bytes_before = std::mem::replace(&mut self.bytes, bytes);
        self.touch(node);
        if let Some(taken_out) = before.table() {
            self.set_parent(taken_out, None);
        }
        Ok(Some(Change {
            node,
            before,
            bytes_before,
            attached,
        }))
    }

    fn attach(&mut self, value: Value, parent: NodeId) -> Slot {
        if !matches!(value, Value::List(_) | Value::Map(_)) {
            return Slot::Scalar(value);
        }
        let id = NodeId(self.next);
        self.next += 1;
        let content = match value {
            Value::List(list) => {
                let elements = list.into_iter();
                Content::List(elements.map(|inner| self.attach(inner, id)).collect())
            }
            Value::Map(map) => Content::Map(
                map.into_iter()
                    .map(|(key, inner)| (key, self.attach(inner, id)))
                    .collect(),
            ),
            scalar => return Slot::Scalar(scalar),
        };
        self.nodes.insert(
            id,
            Node {
                parent: Some(parent),
                content,
                hash: Cell::new(None),
            },
        );
        Slot::Table(id)
    }

    fn free(&mut self, id: NodeId) {
        let Some(node) = self.nodes.remove(&id) else {
            return;
        };
        let slots: Vec<Slot> = match node.content {
            Content::Map(map) => map.into_values().collect(),
            Content::List(list) => list,
        };
        for slot in slots {
            if let Slot::Table(inner) = slot {
                self.free(inner);
            }
        }
    }

    /// How many bytes the storage holds after a change, if it may hold so many.
    fn bytes_after(
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

    /// The path of a key of a table.
    fn path_of(&self, node: NodeId, key: String) -> String {
        let mut steps = vec![key];
        let mut at = node;
        while let Some(parent) = self.nodes.get(&at).and_then(|node| node.parent) {
            let is_here = |slot: &Slot| matches!(slot, Slot::Table(inner) if *inner == at);
            let step = match self.nodes.get(&parent).map(|node| &node.content) {
                Some(Content::Map(map)) => map.iter().find(|(_, slot)| is_here(slot)),
                Some(Content::List(list)) => {
                    let position = list.iter().position(is_here);
                    steps.extend(position.map(|position| (position + 1).to_string()));
                    None
                }
                None => None,
            };
            steps.extend(step.map(|(name, _)| name.clone()));
            at = parent;
        }
        steps.reverse();
        steps.join(".")
    }

    /// Tables from a table up to the outermost one, itself included.
    fn depth(&self, id: NodeId) -> usize {
        let parent = |id: &NodeId| self.nodes.get(id).and_then(|node| node.parent);
        std::iter::successors(Some(id), parent).count()
    }

    /// Whether a table hangs below the root, and so counts.
    fn is_part(&self, id: NodeId) -> bool {
        let mut at = id;
        while let Some(parent) = self.nodes.get(&at).and_then(|node| node.parent) {
            at = parent;
        }
        at == self.root
    }

    fn set_parent(&mut self, id: NodeId, parent: Option<NodeId>) {
        if let Some(node) = self.nodes.get_mut(&id) {
            node.parent = parent;
        }
    }

    fn touch(&self, id: NodeId) {
        let mut at = Some(id);
        while let Some(node) = at.and_then(|id| self.nodes.get(&id)) {
            if node.hash.take().is_none() {
                break;
            }
            at = node.parent;
        }
    }

    fn slot_value(&self, slot: &Slot) -> Result<Value, StorageError> {
        match slot {
            Slot::Scalar(value) => Ok(value.clone()),
            Slot::Table(id) => self.value(*id),
        }
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

/// A position from 1 as an index from 0.
fn position(index: i64) -> Option<usize> {
    usize::try_from(index.checked_sub(1)?).ok()
}

#[cfg(test)]
mod tests;
