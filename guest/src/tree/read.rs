//! serde reads trees.

use std::vec::IntoIter;

use serde::de::value::StrDeserializer;
use serde::de::{
    DeserializeSeed, Deserializer, EnumAccess, Error as _, IntoDeserializer, MapAccess, SeqAccess,
    VariantAccess, Visitor,
};
use serde::forward_to_deserialize_any;

use super::{Node, Problem};

/// The nodes that are still to be read.
pub(super) struct Reader {
    nodes: IntoIter<Node>,
}

impl Reader {
    pub(super) fn new(nodes: Vec<Node>) -> Reader {
        Reader {
            nodes: nodes.into_iter(),
        }
    }

    fn next(&mut self) -> Result<Node, Problem> {
        self.nodes
            .next()
            .ok_or_else(|| Problem("found nothing, expected a value".to_owned()))
    }

    fn list<'de, V: Visitor<'de>>(&mut self, count: u32, visitor: V) -> Result<V::Value, Problem> {
        let mut items = Items {
            reader: self,
            count,
            left: count,
        };
        let value = visitor.visit_seq(&mut items)?;
        match items.left {
            0 => Ok(value),
            left => Err(Problem(format!(
                "a list has {count} items, expected {}",
                count - left
            ))),
        }
    }

    fn table<'de, V: Visitor<'de>>(
        &mut self,
        names: Vec<String>,
        visitor: V,
    ) -> Result<V::Value, Problem> {
        visitor.visit_map(Names {
            reader: self,
            names: names.into_iter(),
            last: String::new(),
        })
    }
}

impl<'de> Deserializer<'de> for &mut Reader {
    type Error = Problem;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Problem> {
        match self.next()? {
            Node::Boolean(value) => visitor.visit_bool(value),
            Node::Integer(value) => visitor.visit_i64(value),
            Node::Number(value) => visitor.visit_f64(value),
            Node::Text(value) => visitor.visit_string(value),
            Node::Items(count) => self.list(count, visitor),
            Node::Entries(names) => self.table(names, visitor),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Problem> {
        match self.nodes.len() {
            0 => visitor.visit_none(),
            _ => visitor.visit_some(self),
        }
    }

    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Problem> {
        match self.nodes.as_slice().first() {
            None => visitor.visit_unit(),
            // No arguments are an empty list.
            Some(Node::Items(0)) => {
                self.next()?;
                visitor.visit_unit()
            }
            Some(_) => self.deserialize_any(visitor),
        }
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Problem> {
        self.deserialize_unit(visitor)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Problem> {
        visitor.visit_newtype_struct(self)
    }

    // An empty table has no kind: it may be a list or one of names.
    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Problem> {
        match self.nodes.as_slice().first() {
            Some(Node::Entries(names)) if names.is_empty() => {
                self.next()?;
                self.list(0, visitor)
            }
            _ => self.deserialize_any(visitor),
        }
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Problem> {
        match self.nodes.as_slice().first() {
            Some(Node::Items(0)) => {
                self.next()?;
                self.table(Vec::new(), visitor)
            }
            _ => self.deserialize_any(visitor),
        }
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Problem> {
        self.deserialize_map(visitor)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Problem> {
        let variant = match self.next()? {
            Node::Text(variant) => Variant {
                reader: None,
                variant,
            },
            Node::Entries(mut names) if names.len() == 1 => Variant {
                variant: names.remove(0),
                reader: Some(self),
            },
            _ => {
                return Err(Problem(
                    "expected a variant: its name, or a table with that one name".to_owned(),
                ));
            }
        };
        visitor.visit_enum(variant)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf
        tuple tuple_struct identifier ignored_any
    }
}

struct Items<'r> {
    reader: &'r mut Reader,
    count: u32,
    left: u32,
}

impl<'de> SeqAccess<'de> for &mut Items<'_> {
    type Error = Problem;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, Problem> {
        if self.left == 0 {
            return Ok(None);
        }
        self.left -= 1;
        let value = seed.deserialize(&mut *self.reader);
        let position = self.count - self.left;
        value
            .map(Some)
            .map_err(|problem| problem.within(&format!("item {position}")))
    }

    fn size_hint(&self) -> Option<usize> {
        usize::try_from(self.left).ok()
    }
}

struct Names<'r> {
    reader: &'r mut Reader,
    names: IntoIter<String>,
    /// The name whose value comes next.
    last: String,
}

impl<'de> MapAccess<'de> for Names<'_> {
    type Error = Problem;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, Problem> {
        let Some(name) = self.names.next() else {
            return Ok(None);
        };
        self.last = name;
        seed.deserialize(Name(&self.last)).map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Problem> {
        seed.deserialize(&mut *self.reader)
            .map_err(|problem| problem.within(&format!("`{}`", self.last)))
    }
}

/// A key of a map.
struct Name<'n>(&'n str);

macro_rules! digits {
    ($($method:ident $visit:ident $number:ty,)*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Problem> {
            match self.0.parse::<$number>() {
                Ok(number) => visitor.$visit(number),
                Err(_) => visitor.visit_str(self.0),
            }
        }
    )*};
}

impl<'de> Deserializer<'de> for Name<'_> {
    type Error = Problem;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Problem> {
        visitor.visit_str(self.0)
    }

    digits! {
        deserialize_i8 visit_i8 i8,
        deserialize_i16 visit_i16 i16,
        deserialize_i32 visit_i32 i32,
        deserialize_i64 visit_i64 i64,
        deserialize_u8 visit_u8 u8,
        deserialize_u16 visit_u16 u16,
        deserialize_u32 visit_u32 u32,
        deserialize_u64 visit_u64 u64,
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Problem> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Problem> {
        visitor.visit_enum(self.0.into_deserializer())
    }

    forward_to_deserialize_any! {
        bool i128 u128 f32 f64 char str string bytes byte_buf option unit unit_struct seq tuple tuple_struct map struct identifier
        ignored_any
    }
}

/// A variant of an enum, with its content if it has one.
struct Variant<'r> {
    variant: String,
    reader: Option<&'r mut Reader>,
}

impl<'de, 'r> EnumAccess<'de> for Variant<'r> {
    type Error = Problem;
    type Variant = Content<'r>;

    fn variant_seed<V: DeserializeSeed<'de>>(
        self,
        seed: V,
    ) -> Result<(V::Value, Content<'r>), Problem> {
        let name: StrDeserializer<'_, Problem> = self.variant.as_str().into_deserializer();
        Ok((seed.deserialize(name)?, Content(self.reader)))
    }
}

struct Content<'r>(Option<&'r mut Reader>);

impl<'r> Content<'r> {
    fn reader(self) -> Result<&'r mut Reader, Problem> {
        self.0
            .ok_or_else(|| Problem::custom("found a variant alone, expected its content"))
    }
}

impl<'de> VariantAccess<'de> for Content<'_> {
    type Error = Problem;

    fn unit_variant(self) -> Result<(), Problem> {
        match self.0 {
            None => Ok(()),
            Some(_) => Err(Problem::custom("found content, expected a variant alone")),
        }
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, Problem> {
        seed.deserialize(self.reader()?)
    }

    fn tuple_variant<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, Problem> {
        self.reader()?.deserialize_seq(visitor)
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Problem> {
        self.reader()?.deserialize_map(visitor)
    }
}
