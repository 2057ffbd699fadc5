//! serde writes trees.

use serde::ser::{
    Impossible, Serialize, SerializeMap, SerializeSeq, SerializeStruct, SerializeStructVariant,
    SerializeTuple, SerializeTupleStruct, SerializeTupleVariant, Serializer,
};

use super::{Node, Problem};

/// Nodes in the order of the tree.
#[derive(Default)]
pub(super) struct Writer {
    pub(super) nodes: Vec<Node>,
}

impl Writer {
    fn put(&mut self, node: Node) -> Result<(), Problem> {
        self.nodes.push(node);
        Ok(())
    }

    /// Begins a table, whose own node is put right at its end.
    fn begin(&mut self, node: Node) -> Table<'_> {
        let at = self.nodes.len();
        self.nodes.push(node);
        Table {
            at,
            count: 0,
            names: Vec::new(),
            writer: self,
        }
    }

    fn begin_variant(&mut self, variant: &str, node: Node) -> Table<'_> {
        self.nodes.push(Node::Entries(vec![variant.to_owned()]));
        self.begin(node)
    }
}

/// A table that is being written.
pub(super) struct Table<'w> {
    writer: &'w mut Writer,
    /// The position of its node.
    at: usize,
    count: u32,
    names: Vec<String>,
}

impl Table<'_> {
    fn item<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Problem> {
        let before = self.writer.nodes.len();
        let position = self.count + 1;
        value
            .serialize(&mut *self.writer)
            .map_err(|problem| problem.within(&format!("item {position}")))?;
        if self.writer.nodes.len() == before {
            return Err(Problem(format!(
                "item {position} of a list is nothing, expected a value"
            )));
        }
        self.count += 1;
        Ok(())
    }

    fn entry<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Problem> {
        let before = self.writer.nodes.len();
        let name = self.names.last();
        value.serialize(&mut *self.writer).map_err(|problem| {
            let name = name.map_or("", String::as_str);
            problem.within(&format!("`{name}`"))
        })?;
        if self.writer.nodes.len() == before {
            // No value, no name.
            self.names.pop();
        }
        Ok(())
    }

    fn end_list(self) -> Result<(), Problem> {
        self.writer.nodes[self.at] = Node::Items(self.count);
        Ok(())
    }

    fn end_names(self) -> Result<(), Problem> {
        self.writer.nodes[self.at] = Node::Entries(self.names);
        Ok(())
    }
}

fn integer<N: TryInto<i64> + std::fmt::Display + Copy>(number: N) -> Result<Node, Problem> {
    match number.try_into() {
        Ok(number) => Ok(Node::Integer(number)),
        Err(_) => Err(Problem(format!(
            "{number} is not a whole number within 2^53 of 0"
        ))),
    }
}

impl<'w> Serializer for &'w mut Writer {
    type Ok = ();
    type Error = Problem;
    type SerializeSeq = Table<'w>;
    type SerializeTuple = Table<'w>;
    type SerializeTupleStruct = Table<'w>;
    type SerializeTupleVariant = Table<'w>;
    type SerializeMap = Table<'w>;
    type SerializeStruct = Table<'w>;
    type SerializeStructVariant = Table<'w>;

    fn serialize_bool(self, value: bool) -> Result<(), Problem> {
        self.put(Node::Boolean(value))
    }

    fn serialize_i8(self, value: i8) -> Result<(), Problem> {
        self.put(integer(value)?)
    }

    fn serialize_i16(self, value: i16) -> Result<(), Problem> {
        self.put(integer(value)?)
    }

    fn serialize_i32(self, value: i32) -> Result<(), Problem> {
        self.put(integer(value)?)
    }

    fn serialize_i64(self, value: i64) -> Result<(), Problem> {
        self.put(integer(value)?)
    }

    fn serialize_u8(self, value: u8) -> Result<(), Problem> {
        self.put(integer(value)?)
    }

    fn serialize_u16(self, value: u16) -> Result<(), Problem> {
        self.put(integer(value)?)
    }

    fn serialize_u32(self, value: u32) -> Result<(), Problem> {
        self.put(integer(value)?)
    }

    fn serialize_u64(self, value: u64) -> Result<(), Problem> {
        self.put(integer(value)?)
    }

    fn serialize_f32(self, value: f32) -> Result<(), Problem> {
        self.put(Node::Number(value.into()))
    }

    fn serialize_f64(self, value: f64) -> Result<(), Problem> {
        self.put(Node::Number(value))
    }

    fn serialize_char(self, value: char) -> Result<(), Problem> {
        self.put(Node::Text(value.to_string()))
    }

    fn serialize_str(self, value: &str) -> Result<(), Problem> {
        self.put(Node::Text(value.to_owned()))
    }

    fn serialize_bytes(self, value: &[u8]) -> Result<(), Problem> {
        value.serialize(self)
    }

    fn serialize_none(self) -> Result<(), Problem> {
        Ok(())
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), Problem> {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result<(), Problem> {
        Ok(())
    }

    fn serialize_unit_struct(self, _: &'static str) -> Result<(), Problem> {
        Ok(())
    }

    fn serialize_unit_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
    ) -> Result<(), Problem> {
        self.serialize_str(variant)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        value: &T,
    ) -> Result<(), Problem> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<(), Problem> {
        let mut table = self.begin(Node::Entries(Vec::new()));
        SerializeStruct::serialize_field(&mut table, variant, value)?;
        table.end_names()
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<Table<'w>, Problem> {
        Ok(self.begin(Node::Items(0)))
    }

    fn serialize_tuple(self, _: usize) -> Result<Table<'w>, Problem> {
        Ok(self.begin(Node::Items(0)))
    }

    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Table<'w>, Problem> {
        Ok(self.begin(Node::Items(0)))
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Table<'w>, Problem> {
        Ok(self.begin_variant(variant, Node::Items(0)))
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Table<'w>, Problem> {
        Ok(self.begin(Node::Entries(Vec::new())))
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Table<'w>, Problem> {
        Ok(self.begin(Node::Entries(Vec::new())))
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Table<'w>, Problem> {
        Ok(self.begin_variant(variant, Node::Entries(Vec::new())))
    }
}

macro_rules! lists {
    ($($of:ident $write:ident,)*) => {$(
        impl $of for Table<'_> {
            type Ok = ();
            type Error = Problem;

            fn $write<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Problem> {
                self.item(value)
            }

            fn end(self) -> Result<(), Problem> {
                self.end_list()
            }
        }
    )*};
}

lists! {
    SerializeSeq serialize_element,
    SerializeTuple serialize_element,
    SerializeTupleStruct serialize_field,
    SerializeTupleVariant serialize_field,
}

macro_rules! structs {
    ($($of:ident,)*) => {$(
        impl $of for Table<'_> {
            type Ok = ();
            type Error = Problem;

            fn serialize_field<T: Serialize + ?Sized>(
                &mut self,
                name: &'static str,
                value: &T,
            ) -> Result<(), Problem> {
                self.names.push(name.to_owned());
                self.entry(value)
            }

            fn end(self) -> Result<(), Problem> {
                self.end_names()
            }
        }
    )*};
}

structs! { SerializeStruct, SerializeStructVariant, }

impl SerializeMap for Table<'_> {
    type Ok = ();
    type Error = Problem;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), Problem> {
        let name = key.serialize(Name)?;
        self.names.push(name);
        Ok(())
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Problem> {
        self.entry(value)
    }

    fn end(self) -> Result<(), Problem> {
        self.end_names()
    }
}

/// Writes the keys of maps: texts, whole numbers as their digits, variants without content as their names.
struct Name;

fn no_name<T>() -> Result<T, Problem> {
    Err(Problem(
        "a key of a map is no name, expected a text or a whole number".to_owned(),
    ))
}

macro_rules! digits {
    ($($method:ident $number:ty,)*) => {$(
        fn $method(self, value: $number) -> Result<String, Problem> {
            Ok(value.to_string())
        }
    )*};
}

impl Serializer for Name {
    type Ok = String;
    type Error = Problem;
    type SerializeSeq = Impossible<String, Problem>;
    type SerializeTuple = Impossible<String, Problem>;
    type SerializeTupleStruct = Impossible<String, Problem>;
    type SerializeTupleVariant = Impossible<String, Problem>;
    type SerializeMap = Impossible<String, Problem>;
    type SerializeStruct = Impossible<String, Problem>;
    type SerializeStructVariant = Impossible<String, Problem>;

    digits! {
        serialize_i8 i8, serialize_i16 i16, serialize_i32 i32, serialize_i64 i64,
        serialize_u8 u8, serialize_u16 u16, serialize_u32 u32, serialize_u64 u64,
        serialize_char char,
    }

    fn serialize_str(self, value: &str) -> Result<String, Problem> {
        Ok(value.to_owned())
    }

    fn serialize_unit_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
    ) -> Result<String, Problem> {
        Ok(variant.to_owned())
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        value: &T,
    ) -> Result<String, Problem> {
        value.serialize(self)
    }

    fn serialize_bool(self, _: bool) -> Result<String, Problem> {
        no_name()
    }

    fn serialize_f32(self, _: f32) -> Result<String, Problem> {
        no_name()
    }

    fn serialize_f64(self, _: f64) -> Result<String, Problem> {
        no_name()
    }

    fn serialize_bytes(self, _: &[u8]) -> Result<String, Problem> {
        no_name()
    }

    fn serialize_none(self) -> Result<String, Problem> {
        no_name()
    }

    fn serialize_some<T: Serialize + ?Sized>(self, _: &T) -> Result<String, Problem> {
        no_name()
    }

    fn serialize_unit(self) -> Result<String, Problem> {
        no_name()
    }

    fn serialize_unit_struct(self, _: &'static str) -> Result<String, Problem> {
        no_name()
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: &T,
    ) -> Result<String, Problem> {
        no_name()
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<Self::SerializeSeq, Problem> {
        no_name()
    }

    fn serialize_tuple(self, _: usize) -> Result<Self::SerializeTuple, Problem> {
        no_name()
    }

    fn serialize_tuple_struct(
        self,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeTupleStruct, Problem> {
        no_name()
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeTupleVariant, Problem> {
        no_name()
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Self::SerializeMap, Problem> {
        no_name()
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Self::SerializeStruct, Problem> {
        no_name()
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeStructVariant, Problem> {
        no_name()
    }
}
