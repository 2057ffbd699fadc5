//! Arguments of a call, checked against the table.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use crate::diagnostic::nearest;
use crate::value::Value;

use super::{ApiError, FunctionDescription, Kind};

/// An argument of a function of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Argument {
    /// Its name.
    pub name: &'static str,
    /// What it must be.
    pub kind: Kind,
    /// Whether it may be left out.
    pub optional: bool,
}

impl Argument {
    /// The argument as a Luau type.
    pub fn luau(&self) -> String {
        if self.optional {
            self.kind.luau_or_nil()
        } else {
            self.kind.luau()
        }
    }
}

/// Checked arguments, in the table's order.
#[derive(Debug)]
pub struct Arguments<'a> {
    function: &'a FunctionDescription,
    values: Vec<Option<Value>>,
}

impl std::fmt::Debug for FunctionDescription {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "colony.{}", self.name)
    }
}

impl<'a> Arguments<'a> {
    /// Arguments given by position.
    ///
    /// # Errors
    /// Too many, too few, or of the wrong kind: named.
    pub fn by_position(
        function: &'a FunctionDescription,
        mut values: Vec<Option<Value>>,
    ) -> Result<Arguments<'a>, ApiError> {
        while values.last().is_some_and(Option::is_none) {
            values.pop();
        }
        let expected = function.arguments.len();
        if values.len() > expected {
            return Err(ApiError::new(format!(
                "colony.{} takes {expected} argument{}, found {}",
                function.name,
                if expected == 1 { "" } else { "s" },
                values.len()
            ))
            .help(format!("its arguments: {}", function.signature())));
        }
        values.resize(expected, None);
        for (argument, value) in function.arguments.iter().zip(&values) {
            check(function, argument, value.as_ref())?;
        }
        Ok(Arguments { function, values })
    }

    /// Arguments given by name, as scenarios do.
    ///
    /// # Errors
    /// Unknown names, with the nearest known one, and what [`Arguments::by_position`] refuses.
    pub fn by_name(
        function: &'a FunctionDescription,
        mut values: BTreeMap<String, Value>,
    ) -> Result<Arguments<'a>, ApiError> {
        let ordered: Vec<Option<Value>> = function
            .arguments
            .iter()
            .map(|argument| values.remove(argument.name))
            .collect();
        if let Some(unknown) = values.keys().next() {
            let error = ApiError::new(format!(
                "colony.{} has no argument `{unknown}`",
                function.name
            ));
            // What is given already is not what was meant.
            let missing = function.arguments.iter().zip(&ordered);
            let missing = missing.filter(|(_, given)| given.is_none());
            let names = missing.map(|(argument, _)| argument.name);
            return Err(match nearest(unknown, names) {
                Some(name) => error.help(format!("did you mean `{name}`?")),
                None => error.help(format!("its arguments: {}", function.signature())),
            });
        }
        Arguments::by_position(function, ordered)
    }

    /// The argument at `at`, if it was given.
    pub fn optional(&self, at: usize) -> Option<&Value> {
        self.values.get(at).and_then(Option::as_ref)
    }

    /// The text at `at`.
    ///
    /// # Errors
    /// Where the table does not promise text there.
    pub fn text(&self, at: usize) -> Result<&str, ApiError> {
        match self.optional(at) {
            Some(Value::Text(text)) => Ok(text),
            _ => Err(self.wrong(at, "text")),
        }
    }

    /// The whole number at `at`, within the bounds of `T`.
    ///
    /// # Errors
    /// A number outside of the bounds, named.
    pub fn integer<T: TryFrom<i64> + Bounds>(&self, at: usize) -> Result<T, ApiError> {
        let Some(Value::Integer(number)) = self.optional(at) else {
            return Err(self.wrong(at, "a whole number"));
        };
        T::try_from(*number).map_err(|_| {
            let range = T::RANGE;
            ApiError::new(format!("{} is {number}, expected {range}", self.told(at)))
        })
    }

    /// The whole number at `at`, within bounds.
    ///
    /// # Errors
    /// A number outside of them, named.
    pub fn integer_within<T>(&self, at: usize, bounds: RangeInclusive<T>) -> Result<T, ApiError>
    where
        T: TryFrom<i64> + PartialOrd + std::fmt::Display,
    {
        let number: i64 = self.integer(at)?;
        let fitting = T::try_from(number).ok();
        fitting
            .filter(|number| bounds.contains(number))
            .ok_or_else(|| {
                let (least, most) = (bounds.start(), bounds.end());
                let told = self.told(at);
                ApiError::new(format!("{told} is {number}, expected {least} to {most}"))
            })
    }

    /// The texts of the list at `at`, `None` if it was left out.
    ///
    /// # Errors
    /// A list in which something is no text.
    pub fn texts(&self, at: usize) -> Result<Option<Vec<&str>>, ApiError> {
        let values = match self.optional(at) {
            None => return Ok(None),
            Some(Value::List(values)) => &values[..],
            Some(Value::Map(values)) if values.is_empty() => &[],
            Some(other) => {
                return Err(self.wrong_texts(at, &format!("a {}", other.type_name())));
            }
        };
        let texts = values.iter().enumerate().map(|(index, value)| match value {
            Value::Text(text) => Ok(&**text),
            other => {
                let found = format!("a {} at {}", other.type_name(), index + 1);
                Err(self.wrong_texts(at, &found))
            }
        });
        texts.collect::<Result<_, _>>().map(Some)
    }

    /// The truth value at `at`.
    ///
    /// # Errors
    /// Where the table does not promise one there.
    pub fn boolean(&self, at: usize) -> Result<bool, ApiError> {
        match self.optional(at) {
            Some(Value::Boolean(truth)) => Ok(*truth),
            _ => Err(self.wrong(at, "true or false")),
        }
    }

    fn wrong(&self, at: usize, expected: &str) -> ApiError {
        ApiError::new(format!("{} must be {expected}", self.told(at)))
    }

    fn wrong_texts(&self, at: usize, found: &str) -> ApiError {
        let error = self.wrong(at, "a list of strings");
        let error = ApiError::new(format!("{}, found {found}", error.message));
        error.help(format!("its arguments: {}", self.function.signature()))
    }

    /// An argument and its function, as messages begin: `` `hours` of colony.colonists.set_schedule ``.
    pub(super) fn told(&self, at: usize) -> String {
        format!("`{}` of colony.{}", self.name(at), self.function.name)
    }

    fn name(&self, at: usize) -> &'static str {
        let argument = self.function.arguments.get(at);
        argument.map_or("?", |argument| argument.name)
    }
}

/// The bounds of an integer type in words.
pub trait Bounds {
    /// For example `0 to 255`.
    const RANGE: &'static str;
}

impl Bounds for u8 {
    const RANGE: &'static str = "0 to 255";
}

impl Bounds for u16 {
    const RANGE: &'static str = "0 to 65,535";
}

impl Bounds for u32 {
    const RANGE: &'static str = "0 to 4,294,967,295";
}

impl Bounds for u64 {
    const RANGE: &'static str = "0 or more";
}

impl Bounds for i64 {
    const RANGE: &'static str = "a whole number within ±2^53";
}

fn check(
    function: &FunctionDescription,
    argument: &Argument,
    value: Option<&Value>,
) -> Result<(), ApiError> {
    let found = match (argument.kind, value) {
        (_, None) if argument.optional => return Ok(()),
        (kind, Some(value)) if kind.takes(value) => return Ok(()),
        (_, None) => "nothing".to_owned(),
        (Kind::Integer, Some(Value::Number(number))) if number.fract() == 0.0 => {
            format!("{number}, which is beyond ±2^53")
        }
        (Kind::Integer, Some(Value::Number(number))) => format!("{number}"),
        (_, Some(value)) => format!("a {}", value.type_name()),
    };
    let expected = argument.kind.expected();
    Err(ApiError::new(format!(
        "`{}` of colony.{} must be {expected}, found {found}",
        argument.name, function.name
    ))
    .help(format!("its arguments: {}", function.signature())))
}

impl FunctionDescription {
    /// For example `colony.jobs.set_priority(id: number, priority: number)`.
    pub fn signature(&self) -> String {
        let arguments: Vec<String> = self
            .arguments
            .iter()
            .map(|argument| format!("{}: {}", argument.name, argument.luau()))
            .collect();
        let result = match self.result {
            Kind::Nothing => String::new(),
            result => format!(": {}", result.luau()),
        };
        format!("colony.{}({}){result}", self.name, arguments.join(", "))
    }
}
