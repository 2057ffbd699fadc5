//! The comparisons of `t`: each says what was found, what was expected, and where in a table they differ.

use mlua::MultiValue;

use crate::api::ApiError;
use crate::lua::bindings::Bindings;
use crate::lua::errors::error_text;
use crate::value::Value;

use super::value;

/// Paths at which two values differ that are shown.
const DIFFERENCES_MAX: usize = 5;

/// Gets what was found and what it is compared with.
pub(super) type Comparison = fn(&Bindings, &MultiValue) -> Result<(), ApiError>;

/// The comparisons of `t`, by name.
pub(super) const COMPARISONS: [(&str, Comparison); 6] = [
    ("equals", equals),
    ("not_equals", not_equals),
    ("at_least", at_least),
    ("at_most", at_most),
    ("is_true", is_true),
    ("is_false", is_false),
];

fn equals(bindings: &Bindings, arguments: &MultiValue) -> Result<(), ApiError> {
    let (found, expected) = both(bindings, arguments, "t.equals")?;
    if found == expected {
        return Ok(());
    }
    let differences = differences(found.as_ref(), expected.as_ref());
    Err(ApiError::new(format!(
        "{}{}",
        label(arguments, 2),
        differences.join("; ")
    )))
}

fn not_equals(bindings: &Bindings, arguments: &MultiValue) -> Result<(), ApiError> {
    let (found, expected) = both(bindings, arguments, "t.not_equals")?;
    if found != expected {
        return Ok(());
    }
    Err(ApiError::new(format!(
        "{}found {}, expected anything else",
        label(arguments, 2),
        shown(found.as_ref())
    )))
}

fn at_least(bindings: &Bindings, arguments: &MultiValue) -> Result<(), ApiError> {
    let (found, bound) = numbers(bindings, arguments, "t.at_least")?;
    if found >= bound {
        return Ok(());
    }
    Err(ApiError::new(format!(
        "{}found {found}, expected at least {bound}",
        label(arguments, 2)
    )))
}

fn at_most(bindings: &Bindings, arguments: &MultiValue) -> Result<(), ApiError> {
    let (found, bound) = numbers(bindings, arguments, "t.at_most")?;
    if found <= bound {
        return Ok(());
    }
    Err(ApiError::new(format!(
        "{}found {found}, expected at most {bound}",
        label(arguments, 2)
    )))
}

fn is_true(_: &Bindings, arguments: &MultiValue) -> Result<(), ApiError> {
    match arguments.front() {
        Some(mlua::Value::Boolean(true)) => Ok(()),
        found => Err(ApiError::new(format!(
            "{}found {}, expected true",
            label(arguments, 1),
            kind(found)
        ))),
    }
}

fn is_false(_: &Bindings, arguments: &MultiValue) -> Result<(), ApiError> {
    match arguments.front() {
        Some(mlua::Value::Boolean(false)) => Ok(()),
        found => Err(ApiError::new(format!(
            "{}found {}, expected false",
            label(arguments, 1),
            kind(found)
        ))),
    }
}

/// `t.errors(fn, text)`: the call must fail, with a message that contains the text.
pub(super) fn errors(bindings: &Bindings, arguments: &MultiValue) -> Result<(), ApiError> {
    let Some(mlua::Value::Function(function)) = arguments.front() else {
        return Err(ApiError::new(format!(
            "t.errors expects a function, found {}",
            kind(arguments.front())
        )));
    };
    let Err(error) = function.call::<()>(()) else {
        return Err(ApiError::new("the call succeeded, expected it to fail"));
    };
    if bindings.context()?.meter().exhausted().is_some() {
        return Err(ApiError::new("the budget of the test is used up"));
    }
    let message = match &error {
        mlua::Error::RuntimeError(message) => message.lines().next().unwrap_or_default().to_owned(),
        error => error_text(&mlua::Value::Error(Box::new(error.clone()))).unwrap_or_default(),
    };
    match arguments.get(1) {
        Some(mlua::Value::String(wanted)) if !message.contains(&*wanted.to_string_lossy()) => {
            let wanted = wanted.to_string_lossy();
            Err(ApiError::new(format!(
                "the call failed with {message:?}, expected a message with {wanted:?}"
            )))
        }
        _ => Ok(()),
    }
}

fn both(
    bindings: &Bindings,
    arguments: &MultiValue,
    function: &str,
) -> Result<(Option<Value>, Option<Value>), ApiError> {
    if arguments.len() < 2 {
        return Err(ApiError::new(format!(
            "{function} expects what was found, then what was expected"
        )));
    }
    Ok((
        value(bindings, arguments, 0, "found")?,
        value(bindings, arguments, 1, "expected")?,
    ))
}

fn numbers(
    bindings: &Bindings,
    arguments: &MultiValue,
    function: &str,
) -> Result<(f64, f64), ApiError> {
    match both(bindings, arguments, function)? {
        (Some(Value::Integer(found)), Some(Value::Integer(bound))) => {
            Ok((found as f64, bound as f64))
        }
        (Some(found), Some(bound)) => {
            let number = |value: &Value| match value {
                Value::Integer(number) => Some(*number as f64),
                Value::Number(number) => Some(*number),
                _ => None,
            };
            number(&found).zip(number(&bound)).ok_or_else(|| {
                ApiError::new(format!(
                    "{function} compares numbers, found {found} and {bound}"
                ))
            })
        }
        (found, bound) => {
            let (found, bound) = (shown(found.as_ref()), shown(bound.as_ref()));
            Err(ApiError::new(format!(
                "{function} compares numbers, found {found} and {bound}"
            )))
        }
    }
}

/// Where two values differ, each path with what was found and what was expected.
fn differences(found: Option<&Value>, expected: Option<&Value>) -> Vec<String> {
    let (
        Some(found_table @ (Value::Map(_) | Value::List(_))),
        Some(expected_table @ (Value::Map(_) | Value::List(_))),
    ) = (found, expected)
    else {
        return vec![format!(
            "found {}, expected {}",
            shown(found),
            shown(expected)
        )];
    };
    let mut paths = found_table.paths();
    paths.extend(expected_table.paths());
    paths.sort();
    paths.dedup();
    let differing: Vec<String> = paths
        .into_iter()
        .filter(|path| {
            !path.is_empty() && found_table.at_path(path) != expected_table.at_path(path)
        })
        .map(|path| {
            let (found, expected) = (found_table.at_path(&path), expected_table.at_path(&path));
            format!("`{path}` is {}, expected {}", shown(found), shown(expected))
        })
        .collect();
    if differing.is_empty() {
        return vec![format!("found {found_table}, expected {expected_table}")];
    }
    let more = differing.len().saturating_sub(DIFFERENCES_MAX);
    let mut shown_differences: Vec<String> = differing.into_iter().take(DIFFERENCES_MAX).collect();
    if more > 0 {
        shown_differences.push(format!("and {more} more"));
    }
    shown_differences
}

pub(super) fn shown(value: Option<&Value>) -> String {
    value.map_or("nothing".to_owned(), ToString::to_string)
}

pub(super) fn kind(value: Option<&mlua::Value>) -> String {
    match value {
        None | Some(mlua::Value::Nil) => "nothing".to_owned(),
        Some(mlua::Value::Boolean(boolean)) => boolean.to_string(),
        Some(other) => format!("a {}", other.type_name()),
    }
}

/// What a comparison is about, where its author says so.
fn label(arguments: &MultiValue, at: usize) -> String {
    match arguments.get(at) {
        Some(mlua::Value::String(label)) => format!("{}: ", label.to_string_lossy()),
        _ => String::new(),
    }
}
