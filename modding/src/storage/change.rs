//! Changes of a storage, each with what it takes to take it back.

use std::collections::BTreeMap;

use super::{Content, Key, NodeId, Slot, Storage, StorageError, position};
use crate::limits::VALUE_DEPTH_MAX;
use crate::value::Value;

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
pub(super) enum Before {
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

impl Storage {
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
}
