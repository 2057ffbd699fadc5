//! How tables hang together: put below others, taken out, and what hangs above them.

use std::cell::Cell;

use super::{Content, Node, NodeId, Slot, Storage};
use crate::value::Value;

impl Storage {
    pub(super) fn attach(&mut self, value: Value, parent: NodeId) -> Slot {
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

    pub(super) fn free(&mut self, id: NodeId) {
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

    /// The path of a key of a table.
    pub(super) fn path_of(&self, node: NodeId, key: String) -> String {
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
    pub(super) fn depth(&self, id: NodeId) -> usize {
        let parent = |id: &NodeId| self.nodes.get(id).and_then(|node| node.parent);
        std::iter::successors(Some(id), parent).count()
    }

    /// Whether a table hangs below the root, and so counts.
    pub(super) fn is_part(&self, id: NodeId) -> bool {
        let mut at = id;
        while let Some(parent) = self.nodes.get(&at).and_then(|node| node.parent) {
            at = parent;
        }
        at == self.root
    }

    pub(super) fn set_parent(&mut self, id: NodeId, parent: Option<NodeId>) {
        if let Some(node) = self.nodes.get_mut(&id) {
            node.parent = parent;
        }
    }

    pub(super) fn touch(&self, id: NodeId) {
        let mut at = Some(id);
        while let Some(node) = at.and_then(|id| self.nodes.get(&id)) {
            if node.hash.take().is_none() {
                break;
            }
            at = node.parent;
        }
    }
}
