//! Values of any shape: WIT has no type that contains itself, so a [`Tree`] is the list of its nodes, each before what is in it. Here
//! serde writes and reads them.
//!
//! A struct or a map is a table of names, a list or a tuple is a list, an enum is the name of its variant or a table with that one name.
//! `None` and `()` are no value: a field that has none is left out.

mod read;
mod write;

use std::fmt;

use serde::Serialize;
use serde::de::{DeserializeOwned, Expected, Unexpected};

pub use crate::bindings::colony::modding::types::{Node, Tree};
use crate::error::{Error, Result};
use read::Reader;
use write::Writer;

/// A value as a tree.
///
/// # Errors
/// What no tree can hold: numbers that are no `i64`, nothing within a list, keys that are no names.
#[track_caller]
pub fn to_tree<T: Serialize + ?Sized>(value: &T) -> Result<Tree> {
    let mut writer = Writer::default();
    match value.serialize(&mut writer) {
        Ok(()) => Ok(writer.nodes),
        Err(Problem(problem)) => Err(Error::new(problem)),
    }
}

/// A tree as a value.
///
/// # Errors
/// A tree of another shape than the type.
#[track_caller]
pub fn from_tree<T: DeserializeOwned>(tree: Tree) -> Result<T> {
    let mut reader = Reader::new(tree);
    match T::deserialize(&mut reader) {
        Ok(value) => Ok(value),
        Err(Problem(problem)) => Err(Error::new(problem)),
    }
}

/// The entries of a table of names, each with its own tree; None for any other value.
pub(crate) fn fields(tree: Tree) -> Option<Vec<(String, Tree)>> {
    let mut nodes = tree.into_iter();
    let Some(Node::Entries(names)) = nodes.next() else {
        return None;
    };
    let mut fields = Vec::new();
    for name in names {
        let mut tree = Tree::new();
        // The nodes that the tree still lacks.
        let mut missing = 1;
        while missing > 0 {
            let node = nodes.next()?;
            missing -= 1;
            missing += match &node {
                Node::Items(count) => usize::try_from(*count).ok()?,
                Node::Entries(names) => names.len(),
                _ => 0,
            };
            tree.push(node);
        }
        fields.push((name, tree));
    }
    Some(fields)
}

/// What serde found wrong.
#[derive(Debug)]
struct Problem(String);

impl Problem {
    /// The same problem of a value, said of what the value is in.
    fn within(self, place: &str) -> Problem {
        Problem(format!("{place}: {}", self.0))
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl std::error::Error for Problem {}

impl serde::ser::Error for Problem {
    fn custom<T: fmt::Display>(message: T) -> Problem {
        Problem(message.to_string())
    }
}

impl serde::de::Error for Problem {
    fn custom<T: fmt::Display>(message: T) -> Problem {
        Problem(message.to_string())
    }

    // What serde would say prints numbers with fractions, which makes guests several kilobytes larger.

    fn invalid_type(found: Unexpected<'_>, expected: &dyn Expected) -> Problem {
        unfit(found, expected)
    }

    fn invalid_value(found: Unexpected<'_>, expected: &dyn Expected) -> Problem {
        unfit(found, expected)
    }
}

fn unfit(found: Unexpected<'_>, expected: &dyn Expected) -> Problem {
    let found = match found {
        Unexpected::Bool(value) => value.to_string(),
        Unexpected::Signed(number) => number.to_string(),
        Unexpected::Float(_) => "a number with a fraction".to_owned(),
        Unexpected::Str(text) => format!("`{text}`"),
        Unexpected::Seq => "a list".to_owned(),
        Unexpected::Map => "a table of names".to_owned(),
        Unexpected::Unit | Unexpected::Option => "nothing".to_owned(),
        _ => "another kind of value".to_owned(),
    };
    Problem(format!("found {found}, expected {expected}"))
}

#[cfg(test)]
mod tests;
