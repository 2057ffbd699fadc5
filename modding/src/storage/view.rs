//! What stands in a storage, to look at without copying it: to compare, to write as text, to write as bytes.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Serialize, Serializer};

use super::{Content, NodeId, Slot, Storage};
use crate::value::{Value, write_list, write_map};

/// What stands at a place; in every use the same as the [`Value`] that it would be copied to.
#[derive(Clone, Copy)]
pub(crate) enum View<'a> {
    Scalar(&'a Value),
    List(&'a Storage, &'a [Slot]),
    Map(&'a Storage, &'a BTreeMap<String, Slot>),
}

/// The elements of a list.
struct Elements<'a>(&'a Storage, &'a [Slot]);

/// The entries of a map.
struct Entries<'a>(&'a Storage, &'a BTreeMap<String, Slot>);

impl Storage {
    /// The whole storage.
    pub(crate) fn view(&self) -> View<'_> {
        self.view_of(self.root)
    }

    /// The names in the outermost table.
    pub(crate) fn names(&self) -> impl Iterator<Item = &String> {
        let names = match self.view() {
            View::Map(_, map) => Some(map.keys()),
            _ => None,
        };
        names.into_iter().flatten()
    }

    /// What stands at a name in the outermost table.
    pub(crate) fn entry(&self, name: &str) -> Option<View<'_>> {
        match self.view() {
            View::Map(_, map) => map.get(name).map(|slot| self.view_at(slot)),
            _ => None,
        }
    }

    fn view_of(&self, id: NodeId) -> View<'_> {
        let node = self.nodes.get(&id);
        match &node.expect("a table of the tree has a node").content {
            Content::List(list) => View::List(self, list),
            Content::Map(map) => View::Map(self, map),
        }
    }

    fn view_at<'a>(&'a self, slot: &'a Slot) -> View<'a> {
        match slot {
            Slot::Scalar(value) => View::Scalar(value),
            Slot::Table(id) => self.view_of(*id),
        }
    }
}

impl PartialEq for View<'_> {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (View::Scalar(one), View::Scalar(other)) => one == other,
            (View::List(one, list), View::List(other, others)) => {
                let mut pairs = list.iter().zip(*others);
                list.len() == others.len()
                    && pairs.all(|(left, right)| one.view_at(left) == other.view_at(right))
            }
            (View::Map(one, map), View::Map(other, others)) => {
                let mut pairs = map.iter().zip(*others);
                map.len() == others.len()
                    && pairs.all(|((key, left), (other_key, right))| {
                        key == other_key && one.view_at(left) == other.view_at(right)
                    })
            }
            _ => false,
        }
    }
}

impl fmt::Display for View<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            View::Scalar(value) => value.fmt(formatter),
            View::List(storage, list) => {
                write_list(formatter, list.iter().map(|slot| storage.view_at(slot)))
            }
            View::Map(storage, map) => write_map(
                formatter,
                map.iter().map(|(key, slot)| (key, storage.view_at(slot))),
            ),
        }
    }
}

/// Byte for byte as [`Value`] is serialized, whose variants these are.
impl Serialize for View<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            View::Scalar(value) => value.serialize(serializer),
            View::List(storage, list) => {
                serializer.serialize_newtype_variant("Value", 4, "List", &Elements(storage, list))
            }
            View::Map(storage, map) => {
                serializer.serialize_newtype_variant("Value", 5, "Map", &Entries(storage, map))
            }
        }
    }
}

impl Serialize for Elements<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Elements(storage, list) = self;
        serializer.collect_seq(list.iter().map(|slot| storage.view_at(slot)))
    }
}

impl Serialize for Entries<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Entries(storage, map) = self;
        serializer.collect_map(map.iter().map(|(key, slot)| (key, storage.view_at(slot))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::{Compression, Serialization, encode_as};

    fn sample() -> Value {
        Value::map([
            ("empty", Value::empty()),
            ("half", Value::Number(0.5)),
            (
                "list",
                Value::List(vec![1.into(), Value::empty(), "a b".into()]),
            ),
            (
                "map",
                Value::map([("7 x", true.into()), ("y", Value::map([("z", 1.into())]))]),
            ),
            ("text", "a\n\"b\"".into()),
        ])
    }

    #[test]
    fn a_view_is_written_as_the_value_is() {
        let storage = Storage::from_value(sample(), u64::MAX).unwrap();
        assert_eq!(storage.view().to_string(), sample().to_string());
        assert_eq!(storage.names().count(), 5);
        for name in storage.names() {
            let text = sample().at_path(name).map(Value::to_string);
            assert_eq!(storage.entry(name).map(|view| view.to_string()), text);
        }
        for serialization in Serialization::ALL {
            assert_eq!(
                encode_as(&storage.view(), serialization, Compression::None).unwrap(),
                encode_as(&sample(), serialization, Compression::None).unwrap(),
                "{serialization:?}"
            );
        }
    }

    #[test]
    fn views_differ_where_values_do() {
        let values = [
            Value::empty(),
            Value::map([("a", 1.into())]),
            Value::map([("b", 1.into())]),
            Value::map([("a", Value::Number(1.5))]),
            Value::map([("a", Value::empty())]),
            Value::map([("a", Value::List(vec![1.into()]))]),
            Value::map([("a", Value::List(vec![1.into(), 2.into()]))]),
            Value::map([("a", Value::map([("x", 1.into())]))]),
            sample(),
        ];
        for (at, one) in values.iter().enumerate() {
            for (other_at, other) in values.iter().enumerate() {
                let [left, right] =
                    [one, other].map(|value| Storage::from_value(value.clone(), u64::MAX).unwrap());
                assert_eq!(left.view() == right.view(), at == other_at, "{one} {other}");
            }
        }
    }
}
