//! The one value tree that state, payloads and calls between mods are made of, in every language a mod is written in.
//!
//! Numbers have one form each: an integral double within ±2^53 is an [`Value::Integer`], negative zero is 0, NaN and the
//! infinities do not exist. An empty table is an empty [`Value::Map`].

use std::collections::BTreeMap;
use std::fmt;

use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};

use crate::document::Scalar;

/// The largest magnitude up to which every integer is a double: 2^53.
pub const INTEGER_MAGNITUDE_MAX: i64 = 1 << 53;

/// A value that can be saved, hashed and handed from one mod to another. `nil` is the absence of a value.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Value {
    /// `true` or `false`.
    Boolean(bool),
    /// A whole number within ±2^53.
    Integer(i64),
    /// A finite number with a fraction, or beyond ±2^53.
    Number(f64),
    /// UTF-8 text.
    Text(String),
    /// Values at 1..=n without holes; never empty.
    List(Vec<Value>),
    /// Values by name, in byte order of the names.
    Map(#[serde(deserialize_with = "read_map")] BTreeMap<String, Value>),
}

/// Why something is not a [`Value`].
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum ValueError {
    /// NaN or an infinity.
    #[error("{0} is not a number that can be kept, expected a finite one")]
    NotFinite(f64),
}

/// Entries that come in order, as they are written, make a map without a search for each.
fn read_map<'d, D: Deserializer<'d>>(deserializer: D) -> Result<BTreeMap<String, Value>, D::Error> {
    struct Entries;

    impl<'d> Visitor<'d> for Entries {
        type Value = BTreeMap<String, Value>;

        fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
            formatter.write_str("a map")
        }

        fn visit_map<A: MapAccess<'d>>(self, mut map: A) -> Result<Self::Value, A::Error> {
            // The length is what the bytes claim.
            let mut entries = Vec::with_capacity(map.size_hint().unwrap_or(0).min(1_024));
            while let Some(entry) = map.next_entry()? {
                entries.push(entry);
            }
            Ok(entries.into_iter().collect())
        }
    }

    deserializer.deserialize_map(Entries)
}

impl Value {
    /// An empty table.
    pub fn empty() -> Value {
        Value::Map(BTreeMap::new())
    }

    /// The canonical form of a double.
    ///
    /// # Errors
    /// NaN and the infinities are refused.
    pub fn from_f64(number: f64) -> Result<Value, ValueError> {
        if !number.is_finite() {
            return Err(ValueError::NotFinite(number));
        }
        let magnitude_max = INTEGER_MAGNITUDE_MAX as f64;
        if number.fract() == 0.0 && number.abs() <= magnitude_max {
            return Ok(Value::Integer(number as i64));
        }
        Ok(Value::Number(number))
    }

    /// Text from anything that is text.
    pub fn text(text: impl Into<String>) -> Value {
        Value::Text(text.into())
    }

    /// A map from names and values.
    pub fn map<K: Into<String>>(entries: impl IntoIterator<Item = (K, Value)>) -> Value {
        Value::Map(
            entries
                .into_iter()
                .map(|(key, value)| (key.into(), value))
                .collect(),
        )
    }

    /// What kind of value this is, in a mod author's words.
    pub fn type_name(&self) -> &'static str {
        match self {
            Value::Boolean(_) => "boolean",
            Value::Integer(_) | Value::Number(_) => "number",
            Value::Text(_) => "string",
            Value::List(_) | Value::Map(_) => "table",
        }
    }

    /// The value at a dotted path: names for maps, positions from 1 for lists. The empty path is the value itself.
    pub fn at_path(&self, path: &str) -> Option<&Value> {
        if path.is_empty() {
            return Some(self);
        }
        path.split('.').try_fold(self, |value, step| match value {
            Value::Map(map) => map.get(step),
            Value::List(list) => step
                .parse::<usize>()
                .ok()
                .and_then(|at| list.get(at.checked_sub(1)?)),
            _ => None,
        })
    }

    /// About how many bytes the value takes: 8 for a number, 1 for a boolean, the length of text and names, 8 for a table.
    pub fn bytes(&self) -> u64 {
        match self {
            Value::Boolean(_) => 1,
            Value::Integer(_) | Value::Number(_) => 8,
            Value::Text(text) => text.len() as u64,
            Value::List(list) => 8 + list.iter().map(Value::bytes).sum::<u64>(),
            Value::Map(map) => {
                8 + map
                    .iter()
                    .map(|(key, inner)| key.len() as u64 + inner.bytes())
                    .sum::<u64>()
            }
        }
    }

    /// Tables inside tables: 0 for a scalar.
    pub fn depth(&self) -> usize {
        match self {
            Value::List(list) => 1 + list.iter().map(Value::depth).max().unwrap_or(0),
            Value::Map(map) => 1 + map.values().map(Value::depth).max().unwrap_or(0),
            _ => 0,
        }
    }

    /// All dotted paths of scalars and empty tables below this value, in order.
    pub fn paths(&self) -> Vec<String> {
        fn walk(value: &Value, prefix: &str, paths: &mut Vec<String>) {
            let join = |step: &str| {
                if prefix.is_empty() {
                    step.to_owned()
                } else {
                    format!("{prefix}.{step}")
                }
            };
            match value {
                Value::Map(map) if !map.is_empty() => {
                    for (key, inner) in map {
                        walk(inner, &join(key), paths);
                    }
                }
                Value::List(list) => {
                    for (index, inner) in list.iter().enumerate() {
                        walk(inner, &join(&(index + 1).to_string()), paths);
                    }
                }
                _ => paths.push(prefix.to_owned()),
            }
        }
        let mut paths = Vec::new();
        walk(self, "", &mut paths);
        paths
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Value {
        Value::Integer(number)
    }
}

impl From<bool> for Value {
    fn from(boolean: bool) -> Value {
        Value::Boolean(boolean)
    }
}

impl From<&Scalar> for Value {
    fn from(scalar: &Scalar) -> Value {
        match scalar {
            Scalar::Boolean(boolean) => Value::Boolean(*boolean),
            Scalar::Integer(number) => Value::Integer(*number),
            Scalar::Text(text) => Value::text(text),
        }
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Value {
        Value::Text(text.to_owned())
    }
}

/// As a mod author would write it: `{ haul = 9, names = { "a", "b" } }`.
impl fmt::Display for Value {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Value::Boolean(boolean) => write!(formatter, "{boolean}"),
            Value::Integer(number) => write!(formatter, "{number}"),
            Value::Number(number) => write!(formatter, "{number}"),
            Value::Text(text) => write!(formatter, "{text:?}"),
            Value::List(list) => write_list(formatter, list.iter()),
            Value::Map(map) => write_map(formatter, map.iter()),
        }
    }
}

/// Elements as a mod author would write them.
pub(crate) fn write_list(
    formatter: &mut fmt::Formatter<'_>,
    elements: impl Iterator<Item = impl fmt::Display>,
) -> fmt::Result {
    formatter.write_str("{ ")?;
    for (index, element) in elements.enumerate() {
        if index > 0 {
            formatter.write_str(", ")?;
        }
        element.fmt(formatter)?;
    }
    formatter.write_str(" }")
}

/// Entries as a mod author would write them.
pub(crate) fn write_map<'k>(
    formatter: &mut fmt::Formatter<'_>,
    entries: impl ExactSizeIterator<Item = (&'k String, impl fmt::Display)>,
) -> fmt::Result {
    if entries.len() == 0 {
        return formatter.write_str("{}");
    }
    formatter.write_str("{ ")?;
    for (index, (key, value)) in entries.enumerate() {
        if index > 0 {
            formatter.write_str(", ")?;
        }
        let plain = !key.is_empty()
            && !key.starts_with(|first: char| first.is_ascii_digit())
            && key
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        if plain {
            formatter.write_str(key)?;
        } else {
            write!(formatter, "[{key:?}]")?;
        }
        formatter.write_str(" = ")?;
        value.fmt(formatter)?;
    }
    formatter.write_str(" }")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn doubles_have_one_form() {
        for (number, expected) in [
            (3.0, Ok(Value::Integer(3))),
            (-0.0, Ok(Value::Integer(0))),
            (
                9_007_199_254_740_992.0,
                Ok(Value::Integer(INTEGER_MAGNITUDE_MAX)),
            ),
            (
                9_007_199_254_740_994.0,
                Ok(Value::Number(9_007_199_254_740_994.0)),
            ),
            (0.5, Ok(Value::Number(0.5))),
            (f64::INFINITY, Err(ValueError::NotFinite(f64::INFINITY))),
        ] {
            assert_eq!(Value::from_f64(number), expected, "{number}");
        }
        assert!(Value::from_f64(f64::NAN).is_err());
    }

    #[test]
    fn paths_reach_what_they_name() {
        let value = Value::map([
            ("by_kind", Value::map([("haul", 9.into())])),
            ("names", Value::List(vec!["a".into()])),
        ]);
        assert_eq!(value.paths(), ["by_kind.haul", "names.1"]);
        assert_eq!(value.at_path("by_kind.haul"), Some(&Value::Integer(9)));
        assert_eq!(value.at_path("names.1"), Some(&Value::text("a")));
        for missing in [
            "names.0",
            "names.2",
            "by_kind.mine",
            "by_kind.haul.deeper",
            "names.x",
        ] {
            assert_eq!(value.at_path(missing), None, "{missing}");
        }
        assert_eq!(
            value.to_string(),
            r#"{ by_kind = { haul = 9 }, names = { "a" } }"#
        );
    }
}
