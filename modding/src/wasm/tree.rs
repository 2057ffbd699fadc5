//! Values of any shape on their way to and from components: WIT has no type that contains itself, so a tree is the list of its nodes,
//! each before what is in it.

use std::collections::BTreeMap;
use std::fmt;

use wasmtime::component::{ComponentType, Lift, Lower};

use crate::api::ApiError;
use crate::limits::VALUE_DEPTH_MAX;
use crate::value::{INTEGER_MAGNITUDE_MAX, Value};

/// `node` of colony.wit.
#[derive(Clone, Debug, PartialEq, ComponentType, Lift, Lower)]
#[component(variant)]
pub(super) enum Node {
    #[component(name = "boolean")]
    Boolean(bool),
    #[component(name = "integer")]
    Integer(i64),
    #[component(name = "number")]
    Number(f64),
    #[component(name = "text")]
    Text(String),
    #[component(name = "items")]
    Items(u32),
    #[component(name = "entries")]
    Entries(Vec<String>),
}

/// `tree` of colony.wit; the empty one is no value.
pub(super) type Tree = Vec<Node>;

/// A value as a tree.
pub(super) fn tree_of(value: Option<&Value>) -> Tree {
    let mut nodes = Vec::new();
    if let Some(value) = value {
        write(value, &mut nodes);
    }
    nodes
}

fn write(value: &Value, nodes: &mut Tree) {
    match value {
        Value::Boolean(boolean) => nodes.push(Node::Boolean(*boolean)),
        Value::Integer(number) => nodes.push(Node::Integer(*number)),
        Value::Number(number) => nodes.push(Node::Number(*number)),
        Value::Text(text) => nodes.push(Node::Text(text.clone())),
        Value::List(list) => {
            // Far fewer than 2^32 values fit into a state.
            nodes.push(Node::Items(u32::try_from(list.len()).unwrap_or(u32::MAX)));
            for inner in list {
                write(inner, nodes);
            }
        }
        Value::Map(map) => {
            nodes.push(Node::Entries(map.keys().cloned().collect()));
            for inner in map.values() {
                write(inner, nodes);
            }
        }
    }
}

/// A tree as a value.
///
/// # Errors
/// Nodes that are missing or left over, names that are there twice, numbers that cannot be kept, tables nested too deep: `subject` is
/// what the message calls the value.
pub(super) fn value_of(tree: Tree, subject: &str) -> Result<Option<Value>, ApiError> {
    if tree.is_empty() {
        return Ok(None);
    }
    let length = tree.len();
    let mut nodes = tree.into_iter();
    let mut path = Vec::new();
    let value = read(&mut nodes, &mut path, length).map_err(|problem| {
        let place = match &path[..] {
            [] => String::new(),
            path => {
                let steps: Vec<String> = path.iter().map(Step::to_string).collect();
                format!("`{}`: ", steps.join("."))
            }
        };
        ApiError::new(format!("{subject} is not a tree: {place}{problem}"))
    })?;
    match nodes.len() {
        0 => Ok(Some(value)),
        left => Err(ApiError::new(format!(
            "{subject} is not a tree: {left} of its {length} nodes are left over"
        ))),
    }
}

/// A step from a table to what is in it.
enum Step {
    Name(String),
    Position(u32),
}

impl fmt::Display for Step {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Step::Name(name) => formatter.write_str(name),
            Step::Position(position) => write!(formatter, "{position}"),
        }
    }
}

/// Reads a value; where that fails `path` leads to what is wrong, unless it is the tree as a whole.
fn read(
    nodes: &mut std::vec::IntoIter<Node>,
    path: &mut Vec<Step>,
    length: usize,
) -> Result<Value, String> {
    let Some(node) = nodes.next() else {
        path.clear();
        return Err(format!("it ends after {length} nodes within a table"));
    };
    let is_table = matches!(node, Node::Items(_) | Node::Entries(_));
    if is_table && path.len() >= VALUE_DEPTH_MAX {
        path.clear();
        return Err(format!(
            "tables are nested more than {VALUE_DEPTH_MAX} deep"
        ));
    }
    Ok(match node {
        Node::Boolean(boolean) => Value::Boolean(boolean),
        Node::Integer(number) => whole_number(number)?,
        Node::Number(number) => Value::from_f64(number).map_err(|error| error.to_string())?,
        Node::Text(text) => Value::Text(text),
        Node::Items(count) => {
            let items = (1..=count).map(|position| {
                path.push(Step::Position(position));
                let item = read(nodes, path, length)?;
                path.pop();
                Ok::<_, String>(item)
            });
            let list = items.collect::<Result<Vec<_>, _>>()?;
            if list.is_empty() {
                Value::empty()
            } else {
                Value::List(list)
            }
        }
        Node::Entries(names) => {
            let mut map = BTreeMap::new();
            for name in names {
                path.push(Step::Name(name));
                let inner = read(nodes, path, length)?;
                let Some(Step::Name(name)) = path.pop() else {
                    continue;
                };
                if map.contains_key(&name) {
                    return Err(format!("a table has the name {name:?} twice"));
                }
                map.insert(name, inner);
            }
            Value::Map(map)
        }
    })
}

/// A whole number as a value.
///
/// # Errors
/// One beyond 2^53, which is none for a script.
pub(super) fn whole_number(number: i64) -> Result<Value, String> {
    if number.unsigned_abs() <= INTEGER_MAGNITUDE_MAX.unsigned_abs() {
        return Ok(Value::Integer(number));
    }
    Err(format!("{number} is not a whole number within 2^53 of 0"))
}

/// About how many bytes of the host a tree takes, which its call pays for.
pub(super) fn tree_bytes(tree: &Tree) -> u64 {
    let names = |names: &Vec<String>| names.iter().map(|name| 24 + name.len() as u64).sum();
    let node = |node: &Node| match node {
        Node::Text(text) => text.len() as u64,
        Node::Entries(entries) => names(entries),
        _ => 0,
    };
    tree.iter().map(|inner| 16 + node(inner)).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trees_come_back_as_they_went() {
        for value in [
            None,
            Some(Value::Integer(-3)),
            Some(Value::empty()),
            Some(Value::map([
                (
                    "by_kind",
                    Value::map([("haul", 9.into()), ("mine", Value::Number(0.5))]),
                ),
                (
                    "names",
                    Value::List(vec!["a".into(), Value::empty(), true.into()]),
                ),
            ])),
        ] {
            assert_eq!(value_of(tree_of(value.as_ref()), "it"), Ok(value));
        }
        assert_eq!(
            value_of(vec![Node::Items(0)], "it"),
            Ok(Some(Value::empty()))
        );
    }

    #[test]
    fn what_is_no_tree_is_refused() {
        let names =
            |names: &[&str]| Node::Entries(names.iter().map(|name| (*name).to_owned()).collect());
        let deep = vec![Node::Items(1); VALUE_DEPTH_MAX + 2];
        for (tree, problem) in [
            (
                vec![Node::Items(2), Node::Integer(1)],
                "it ends after 2 nodes within a table",
            ),
            (
                vec![Node::Items(u32::MAX)],
                "it ends after 1 nodes within a table",
            ),
            (
                vec![Node::Integer(1), Node::Integer(1)],
                "1 of its 2 nodes are left over",
            ),
            (
                vec![names(&["a", "a"]), Node::Integer(1), Node::Integer(1)],
                "a table has the name \"a\" twice",
            ),
            (
                vec![Node::Number(f64::NAN)],
                "NaN is not a number that can be kept, expected a finite one",
            ),
            (
                vec![Node::Integer(i64::MAX)],
                "9223372036854775807 is not a whole number within 2^53 of 0",
            ),
            (deep, "tables are nested more than 32 deep"),
            (
                vec![
                    names(&["count", "sums"]),
                    Node::Integer(1),
                    Node::Items(2),
                    Node::Number(0.5),
                    Node::Number(f64::INFINITY),
                ],
                "`sums.2`: inf is not a number that can be kept, expected a finite one",
            ),
            (
                vec![
                    names(&["a"]),
                    names(&["b", "b"]),
                    Node::Integer(1),
                    Node::Integer(1),
                ],
                "`a`: a table has the name \"b\" twice",
            ),
        ] {
            let error = value_of(tree, "it").unwrap_err();
            assert_eq!(error.message, format!("it is not a tree: {problem}"));
        }
    }
}
