//! The little language in which the table says what values are, and how it is written for people and for the two editors'
//! helpers: Luau types, and annotations of LuaLS.

use crate::value::Value;

/// What an argument, a result or a field is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// No value at all.
    Nothing,
    /// `true` or `false`.
    Boolean,
    /// A whole number.
    Integer,
    /// A number.
    Number,
    /// Text.
    Text,
    /// One of these texts and no other.
    OneOf(&'static [&'static str]),
    /// Any value that can be saved.
    Any,
    /// That, or nil.
    Optional(&'static Kind),
    /// Values at 1..=n.
    List(&'static Kind),
    /// Values by name.
    Map(&'static Kind),
    /// A table with these fields.
    Record(&'static Record),
    /// One of these.
    Either(&'static [Kind]),
    /// A function of the guest's language.
    Function(&'static Signature),
    /// What events that are told of all at once carry as this kind, one after the other: a list without holes. Scripts find false in it
    /// where an event carries nothing; components are given numbers, of which 0 stands for nothing.
    Column(&'static Kind),
}

/// A table with known fields.
#[derive(Debug, PartialEq, Eq)]
pub struct Record {
    /// What the type is called.
    pub name: &'static str,
    /// What it tells of.
    pub doc: &'static str,
    /// What stands before the names of its fields, such as `job.`: fields of an event are told by their whole path.
    pub prefix: &'static str,
    /// Its fields.
    pub fields: &'static [Field],
}

/// A field of a record, or of an event: a dotted path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Field {
    /// For example `job.id`.
    pub path: &'static str,
    /// What it is.
    pub kind: Kind,
}

/// What a function takes and gives.
#[derive(Debug, PartialEq, Eq)]
pub struct Signature {
    /// Its parameters by name.
    pub parameters: &'static [Field],
    /// Whether more values of any kind may follow.
    pub open: bool,
    /// What it gives; for a handler, what is done with it: nothing.
    pub result: Kind,
}

/// A function of which nothing is known.
pub(super) const ANY_FUNCTION: Signature = Signature {
    parameters: &[],
    open: true,
    result: Kind::Any,
};

impl Field {
    /// What a value of this field is, as scenarios write it: `an integer`, `a string` or `a boolean`. None where it can be
    /// anything.
    #[must_use]
    pub fn scalar_kind(&self) -> Option<&'static str> {
        let kind = match self.kind {
            Kind::Optional(inner) => *inner,
            kind => kind,
        };
        match kind {
            Kind::Integer => Some("an integer"),
            Kind::Boolean => Some("a boolean"),
            Kind::Text | Kind::OneOf(_) => Some("a string"),
            _ => None,
        }
    }
}

pub(super) const fn field(path: &'static str, kind: Kind) -> Field {
    Field { path, kind }
}

impl Record {
    /// Its fields with their own names.
    pub fn members(&self) -> impl Iterator<Item = (&'static str, Kind)> {
        let prefix = self.prefix;
        self.fields.iter().map(move |field| {
            let name = field.path.strip_prefix(prefix).unwrap_or(field.path);
            (name, field.kind)
        })
    }
}

impl Kind {
    /// The kind as a Luau type.
    pub fn luau(self) -> String {
        match self {
            Kind::Nothing => "()".to_owned(),
            Kind::Boolean => "boolean".to_owned(),
            Kind::Integer | Kind::Number => "number".to_owned(),
            Kind::Text => "string".to_owned(),
            Kind::OneOf(names) => quoted(names),
            Kind::Any => "any".to_owned(),
            Kind::Optional(inner) => inner.luau_or_nil(),
            Kind::List(inner) => format!("{{ {} }}", inner.luau()),
            Kind::Map(inner) => format!("{{ [string]: {} }}", inner.luau()),
            Kind::Record(record) => record.name.to_owned(),
            Kind::Either(kinds) => joined(kinds, |kind| match kind {
                Kind::Function(_) => format!("({})", kind.luau()),
                _ => kind.luau(),
            }),
            Kind::Column(Kind::Optional(inner)) => format!("{{ {} | false }}", inner.luau()),
            Kind::Column(inner) => format!("{{ {} }}", inner.luau()),
            Kind::Function(signature) => {
                let mut parameters: Vec<String> = signature
                    .parameters
                    .iter()
                    .map(|field| format!("{}: {}", field.path, field.kind.luau()))
                    .collect();
                if signature.open {
                    parameters.push("...any".to_owned());
                }
                let result = match signature.result {
                    Kind::Any => "...any".to_owned(),
                    result => result.luau(),
                };
                format!("({}) -> {result}", parameters.join(", "))
            }
        }
    }

    /// The kind or nil, as a Luau type.
    pub(super) fn luau_or_nil(self) -> String {
        match self {
            Kind::Function(_) | Kind::OneOf(_) | Kind::Either(_) => format!("({})?", self.luau()),
            kind => format!("{}?", kind.luau()),
        }
    }

    /// The kind as LuaLS writes it.
    pub fn luals(self) -> String {
        match self {
            Kind::Nothing => "nil".to_owned(),
            Kind::Integer => "integer".to_owned(),
            Kind::Boolean | Kind::Number | Kind::Text | Kind::OneOf(_) | Kind::Any => self.luau(),
            Kind::Optional(inner) => match inner {
                Kind::Function(_) | Kind::OneOf(_) | Kind::Either(_) => {
                    format!("({})?", inner.luals())
                }
                _ => format!("{}?", inner.luals()),
            },
            Kind::List(inner) => match inner {
                Kind::Optional(_) | Kind::OneOf(_) | Kind::Either(_) | Kind::Function(_) => {
                    format!("({})[]", inner.luals())
                }
                _ => format!("{}[]", inner.luals()),
            },
            Kind::Map(inner) => format!("table<string, {}>", inner.luals()),
            Kind::Record(record) => format!("colony.{}", record.name),
            Kind::Either(kinds) => joined(kinds, |kind| match kind {
                Kind::Function(_) => format!("({})", kind.luals()),
                _ => kind.luals(),
            }),
            Kind::Column(Kind::Optional(inner)) => format!("({}|false)[]", inner.luals()),
            Kind::Column(inner) => format!("{}[]", inner.luals()),
            Kind::Function(signature) => {
                let mut parameters: Vec<String> = signature
                    .parameters
                    .iter()
                    .map(|field| named_luals(field.path, field.kind))
                    .collect();
                if signature.open {
                    parameters.push("...: any".to_owned());
                }
                let result = match signature.result {
                    Kind::Nothing => String::new(),
                    result => format!(": {}", result.luals()),
                };
                format!("fun({}){result}", parameters.join(", "))
            }
        }
    }

    /// What must be there, in words.
    pub(super) fn expected(self) -> &'static str {
        match self {
            Kind::Nothing => "nothing",
            Kind::Boolean => "true or false",
            Kind::Integer => "a whole number",
            Kind::Number => "a number",
            Kind::Text | Kind::OneOf(_) => "a string",
            Kind::Any | Kind::Either(_) => "a value",
            Kind::Optional(inner) => inner.expected(),
            Kind::List(_) | Kind::Column(_) => "a list",
            Kind::Map(_) | Kind::Record(_) => "a table",
            Kind::Function(_) => "a function",
        }
    }

    /// Whether a value that was handed over can be of this kind. What is in a table is for those who read it.
    pub(crate) fn takes(self, value: &Value) -> bool {
        match self {
            Kind::Nothing | Kind::Function(_) => false,
            Kind::Any => true,
            Kind::Boolean => matches!(value, Value::Boolean(_)),
            Kind::Integer => matches!(value, Value::Integer(_)),
            Kind::Number => matches!(value, Value::Integer(_) | Value::Number(_)),
            Kind::Text | Kind::OneOf(_) => matches!(value, Value::Text(_)),
            Kind::Optional(inner) => inner.takes(value),
            // The empty table is the empty map.
            Kind::List(_) | Kind::Column(_) => matches!(value, Value::List(_) | Value::Map(_)),
            Kind::Map(_) | Kind::Record(_) => matches!(value, Value::Map(_)),
            Kind::Either(kinds) => kinds.iter().any(|kind| kind.takes(value)),
        }
    }

    /// The records that it speaks of.
    pub(super) fn records(self) -> Vec<&'static Record> {
        match self {
            Kind::Optional(inner) | Kind::List(inner) | Kind::Map(inner) | Kind::Column(inner) => {
                inner.records()
            }
            Kind::Record(record) => {
                let inner = record.fields.iter().flat_map(|field| field.kind.records());
                inner.chain([record]).collect()
            }
            Kind::Either(kinds) => kinds.iter().flat_map(|kind| kind.records()).collect(),
            Kind::Function(signature) => {
                let parameters = signature.parameters.iter();
                let parameters = parameters.flat_map(|field| field.kind.records());
                parameters.chain(signature.result.records()).collect()
            }
            Kind::Nothing
            | Kind::Boolean
            | Kind::Integer
            | Kind::Number
            | Kind::Text
            | Kind::OneOf(_)
            | Kind::Any => Vec::new(),
        }
    }
}

/// `name: kind`, with the mark of what may be left out at the name, as LuaLS has it.
pub(super) fn named_luals(name: &str, kind: Kind) -> String {
    match kind {
        Kind::Optional(inner) => format!("{name}?: {}", inner.luals()),
        kind => format!("{name}: {}", kind.luals()),
    }
}

fn quoted(names: &[&str]) -> String {
    let names: Vec<String> = names.iter().map(|name| format!("\"{name}\"")).collect();
    names.join(" | ")
}

fn joined(kinds: &[Kind], write: impl Fn(&Kind) -> String) -> String {
    kinds.iter().map(write).collect::<Vec<_>>().join(" | ")
}
