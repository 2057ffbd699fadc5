//! Arguments and results of the table's functions as components have them, by the kinds that the table says.

use wasmtime::component::Val;
use wasmtime::component::types::Type;

use crate::api::{ApiError, Kind, case_name, kebab_case};
use crate::value::Value;

use super::tree::{Node, Tree, tree_of, value_of, whole_number};

/// A value of a kind, as a component gives it.
///
/// # Errors
/// A number that cannot be kept: `subject` is what the message calls the value.
pub(super) fn from_val(kind: Kind, val: Val, subject: &str) -> Result<Option<Value>, ApiError> {
    let refused = |problem: String| ApiError::new(format!("{subject}: {problem}"));
    Ok(Some(match (kind, val) {
        (Kind::Any, Val::List(nodes)) => return value_of(nodes_of(nodes)?, subject),
        (Kind::Optional(_), Val::Option(None)) => return Ok(None),
        (Kind::Optional(inner), Val::Option(Some(val))) => return from_val(*inner, *val, subject),
        (Kind::Boolean, Val::Bool(boolean)) => Value::Boolean(boolean),
        (Kind::Integer, Val::S64(number)) => whole_number(number).map_err(refused)?,
        (Kind::Number, Val::Float64(number)) => {
            Value::from_f64(number).map_err(|error| refused(error.to_string()))?
        }
        (Kind::Text | Kind::OneOf(_), Val::String(text)) => Value::Text(text),
        (Kind::List(inner), Val::List(vals)) => {
            let values = vals.into_iter().map(|val| from_val(*inner, val, subject));
            let values = values.filter_map(Result::transpose);
            match values.collect::<Result<Vec<_>, _>>()? {
                values if values.is_empty() => Value::empty(),
                values => Value::List(values),
            }
        }
        (_, val) => return Err(refused(format!("{val:?} is not {}", kind.luau()))),
    }))
}

fn nodes_of(vals: Vec<Val>) -> Result<Tree, ApiError> {
    let node = |val: Val| match val {
        Val::Variant(case, Some(content)) => match (case.as_str(), *content) {
            ("boolean", Val::Bool(boolean)) => Some(Node::Boolean(boolean)),
            ("integer", Val::S64(number)) => Some(Node::Integer(number)),
            ("number", Val::Float64(number)) => Some(Node::Number(number)),
            ("text", Val::String(text)) => Some(Node::Text(text)),
            ("items", Val::U32(count)) => Some(Node::Items(count)),
            ("entries", Val::List(names)) => {
                let names = names.into_iter().map(|name| match name {
                    Val::String(name) => Some(name),
                    _ => None,
                });
                Some(Node::Entries(names.collect::<Option<Vec<_>>>()?))
            }
            _ => None,
        },
        _ => None,
    };
    let nodes = vals.into_iter().map(node).collect::<Option<Vec<_>>>();
    nodes.ok_or_else(|| ApiError::new("a node is none of colony.wit"))
}

/// A value of a kind, as a component is given it.
///
/// # Errors
/// A value that is not of that kind: a fault of the table.
pub(super) fn to_val(kind: Kind, value: Option<&Value>) -> Result<Val, ApiError> {
    let unfit = || {
        let found = value.map_or("nothing".to_owned(), Value::to_string);
        ApiError::new(format!("{found} is not {}", kind.luau()))
    };
    Ok(match (kind, value) {
        (Kind::Any, value) => Val::List(tree_of(value).into_iter().map(node_val).collect()),
        (Kind::Optional(Kind::Any), value) => to_val(Kind::Any, value)?,
        (Kind::Optional(_), None) => Val::Option(None),
        (Kind::Optional(inner), value) => Val::Option(Some(Box::new(to_val(*inner, value)?))),
        (_, None) => return Err(unfit()),
        (Kind::Boolean, Some(Value::Boolean(boolean))) => Val::Bool(*boolean),
        (Kind::Integer, Some(Value::Integer(number))) => Val::S64(*number),
        (Kind::Number, Some(Value::Integer(number))) => Val::Float64(*number as f64),
        (Kind::Number, Some(Value::Number(number))) => Val::Float64(*number),
        (Kind::Text | Kind::OneOf(_), Some(Value::Text(text))) => Val::String(text.clone()),
        (Kind::List(inner), Some(Value::List(list))) => {
            let items = list.iter().map(|item| to_val(*inner, Some(item)));
            Val::List(items.collect::<Result<_, _>>()?)
        }
        (Kind::List(_), Some(Value::Map(map))) if map.is_empty() => Val::List(Vec::new()),
        (Kind::Map(inner), Some(Value::Map(map))) => {
            let entry = |(name, value): (&String, &Value)| {
                let value = to_val(*inner, Some(value))?;
                Ok(Val::Tuple(vec![Val::String(name.clone()), value]))
            };
            Val::List(map.iter().map(entry).collect::<Result<_, ApiError>>()?)
        }
        (Kind::Record(record), Some(Value::Map(map))) => {
            let member =
                |(name, kind): (&str, Kind)| Ok((kebab_case(name), to_val(kind, map.get(name))?));
            let members = record.members().map(member);
            Val::Record(members.collect::<Result<_, ApiError>>()?)
        }
        (Kind::Either(kinds), Some(given)) => {
            let kind = kinds.iter().find(|kind| kind.takes(given));
            let kind = *kind.ok_or_else(unfit)?;
            let case = case_name(kind).to_owned();
            Val::Variant(case, Some(Box::new(to_val(kind, value)?)))
        }
        _ => return Err(unfit()),
    })
}

fn node_val(node: Node) -> Val {
    let (case, content) = match node {
        Node::Boolean(boolean) => ("boolean", Val::Bool(boolean)),
        Node::Integer(number) => ("integer", Val::S64(number)),
        Node::Number(number) => ("number", Val::Float64(number)),
        Node::Text(text) => ("text", Val::String(text)),
        Node::Items(count) => ("items", Val::U32(count)),
        Node::Entries(names) => {
            let names = names.into_iter().map(Val::String).collect();
            ("entries", Val::List(names))
        }
    };
    Val::Variant(case.to_owned(), Some(Box::new(content)))
}

/// Whether a type of a component is that of a kind.
pub(super) fn is_of_kind(found: &Type, kind: Kind) -> bool {
    match (kind, found) {
        (Kind::Optional(Kind::Any), found) => is_of_kind(found, Kind::Any),
        (Kind::Any, Type::List(list)) => is_node(&list.ty()),
        (Kind::Boolean, Type::Bool)
        | (Kind::Integer, Type::S64)
        | (Kind::Number, Type::Float64)
        | (Kind::Text | Kind::OneOf(_), Type::String)
        | (Kind::Function(_), Type::U32) => true,
        (Kind::Optional(inner), Type::Option(option)) => is_of_kind(&option.ty(), *inner),
        (Kind::List(inner), Type::List(list)) => is_of_kind(&list.ty(), *inner),
        (Kind::Map(inner), Type::List(list)) => match list.ty() {
            Type::Tuple(entry) => {
                let types: Vec<Type> = entry.types().collect();
                matches!(&types[..], [Type::String, value] if is_of_kind(value, *inner))
            }
            _ => false,
        },
        (Kind::Record(record), Type::Record(found)) => {
            let members = record.members();
            let members = members.map(|(name, kind)| (kebab_case(name), kind));
            is_record(found, &members.collect::<Vec<_>>())
        }
        (Kind::Column(Kind::Optional(inner)), found) => is_of_kind(found, Kind::Column(inner)),
        (Kind::Column(Kind::Text | Kind::OneOf(_)), Type::List(list)) => list.ty() == Type::U32,
        (Kind::Column(inner), Type::List(list)) => is_of_kind(&list.ty(), *inner),
        (Kind::Either(kinds), Type::Variant(variant)) => {
            variant.cases().len() == kinds.len()
                && variant.cases().zip(kinds).all(|(case, kind)| {
                    let content = case.ty.as_ref();
                    case.name == case_name(*kind)
                        && content.is_some_and(|content| is_of_kind(content, *kind))
                })
        }
        _ => false,
    }
}

/// Whether a record has these fields and no others.
pub(super) fn is_record(
    found: &wasmtime::component::types::Record,
    members: &[(String, Kind)],
) -> bool {
    found.fields().len() == members.len()
        && found
            .fields()
            .zip(members)
            .all(|(field, (name, kind))| field.name == name && is_of_kind(&field.ty, *kind))
}

fn is_node(found: &Type) -> bool {
    let Type::Variant(node) = found else {
        return false;
    };
    let is_names = |found: &Type| matches!(found, Type::List(list) if list.ty() == Type::String);
    let mut cases = node.cases().map(|case| match (case.name, case.ty) {
        ("boolean", Some(Type::Bool))
        | ("integer", Some(Type::S64))
        | ("number", Some(Type::Float64))
        | ("text", Some(Type::String))
        | ("items", Some(Type::U32)) => true,
        ("entries", Some(names)) => is_names(&names),
        _ => false,
    });
    node.cases().len() == 6 && cases.all(|known| known)
}
