//! TOML with spans: one reader for manifests, `config.toml`, asset files and scenarios, which reports every fault.
//!
//! A [`Document`] collects the faults; [`TableReader`] and [`ValueReader`] walk it. A method that finds something wrong reports
//! it and returns `None`, so that the caller goes on to the next key. What nobody read is reported as unknown.

mod duplicate;

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::fmt;
use std::ops::{Range, RangeInclusive};
use std::str::FromStr;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use toml::Spanned;
use toml::de::{DeInteger, DeString, DeTable, DeValue};

use crate::diagnostic::{Fault, Place};

/// Most bytes in a document: far above what a person writes, and little enough to parse at once.
pub const DOCUMENT_BYTES_MAX: usize = 1024 * 1024;

/// Most syntax faults reported of a document: one lost bracket may make a fault of every line after it.
pub const SYNTAX_FAULTS_MAX: usize = 20;

/// A parsed TOML file and the faults found in it so far.
#[derive(Debug)]
pub struct Document<'s> {
    file: Arc<str>,
    source: &'s Arc<str>,
    root: DeTable<'s>,
    faults: RefCell<Vec<Fault>>,
}

/// A table of a [`Document`], whose keys are read one by one. It may lie over another table, perhaps of another document, which
/// has the keys that it lacks.
#[derive(Clone, Debug)]
pub struct TableReader<'d> {
    document: &'d Document<'d>,
    table: &'d DeTable<'d>,
    span: Range<usize>,
    known: BTreeSet<&'static str>,
    under: Option<Box<TableReader<'d>>>,
}

/// A value of a [`Document`] and the key or array element that it stands at.
#[derive(Clone, Debug)]
pub struct ValueReader<'d> {
    document: &'d Document<'d>,
    value: &'d DeValue<'d>,
    span: Range<usize>,
}

/// A key of a table whose keys the author chooses.
#[derive(Clone, Debug)]
pub struct KeyReader<'d> {
    document: &'d Document<'d>,
    span: Range<usize>,
    /// The key's text.
    pub text: &'d str,
}

/// A value without parts. Fractions are none: the colony counts in integers.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Scalar {
    /// `true` or `false`.
    Boolean(bool),
    /// A 64-bit integer.
    Integer(i64),
    /// A string.
    Text(String),
}

impl<'s> Document<'s> {
    /// Parses `source`, the text of `file`. Up to [`SYNTAX_FAULTS_MAX`] syntax faults are reported; a document that has one
    /// cannot be read.
    pub fn parse(file: impl Into<Arc<str>>, source: &'s Arc<str>) -> Result<Self, Vec<Fault>> {
        let file = file.into();
        if source.len() > DOCUMENT_BYTES_MAX {
            let message = format!(
                "`{file}` has {} bytes, expected at most {DOCUMENT_BYTES_MAX}",
                source.len()
            );
            return Err(vec![Fault::new(message)]);
        }
        let (root, errors) = DeTable::parse_recoverable(source);
        let document = Self {
            file,
            source,
            root: root.into_inner(),
            faults: RefCell::default(),
        };
        for error in errors.iter().take(SYNTAX_FAULTS_MAX) {
            let span = error.span().unwrap_or_default();
            let first = duplicate::first_of(source, &span)
                .filter(|_| error.message() == duplicate::MESSAGE);
            let fault = Fault::new(lowercase_first(error.message())).at(document.place(span));
            document.report(match first {
                Some(line) => fault.help(format!("it stands in line {line} already")),
                None => fault,
            });
        }
        if errors.is_empty() {
            return Ok(document);
        }
        Err(document.into_faults())
    }

    /// The keys of the top level.
    #[must_use]
    pub fn root(&self) -> TableReader<'_> {
        TableReader {
            document: self,
            table: &self.root,
            span: 0..0,
            known: BTreeSet::new(),
            under: None,
        }
    }

    /// A span of this document's text.
    #[must_use]
    pub fn place(&self, span: Range<usize>) -> Place {
        place(&self.file, self.source, span)
    }

    /// Adds a fault.
    pub fn report(&self, fault: Fault) {
        self.faults.borrow_mut().push(fault);
    }

    /// How many faults were reported so far.
    #[must_use]
    pub fn faults_found(&self) -> usize {
        self.faults.borrow().len()
    }

    /// The faults reported so far, in the order of their places.
    #[must_use]
    pub fn into_faults(self) -> Vec<Fault> {
        let mut faults = self.faults.into_inner();
        faults.sort_by_key(|fault| fault.place.as_ref().map(|place| place.span.start));
        faults
    }
}

impl<'d> TableReader<'d> {
    /// The same table over `under`.
    #[must_use]
    pub fn over(self, under: Option<TableReader<'d>>) -> TableReader<'d> {
        TableReader {
            under: under.map(Box::new),
            ..self
        }
    }

    /// The value of `key`, if the table has it, or the one that it lies over.
    pub fn optional(&mut self, key: &'static str) -> Option<ValueReader<'d>> {
        self.known.insert(key);
        match self.table.get(key) {
            Some(value) => Some(ValueReader::new(self.document, value)),
            None => self.under.as_mut()?.optional(key),
        }
    }

    /// The value of `key`; a fault if the table does not have it.
    pub fn required(&mut self, key: &'static str) -> Option<ValueReader<'d>> {
        let value = self.optional(key);
        if value.is_none() {
            self.fault(format!("missing key `{key}`"));
        }
        value
    }

    /// Where the text of `key` is; where the table is if it does not have the key.
    #[must_use]
    pub fn key_place(&self, key: &str) -> Place {
        match self.table.get_key_value(key) {
            Some((name, _)) => self.document.place(name.span()),
            None => self.place(),
        }
    }

    /// Reports `key` with the reason why this version does not take it, if the table has it. What comes from the table below
    /// does not go with this one, so that is where it is reported.
    pub fn refuse(&mut self, key: &'static str, reason: &str) {
        if self.table.contains_key(key) {
            self.known.insert(key);
            self.report(Fault::new(format!("`{key}` {reason}")).at(self.key_place(key)));
        } else if let Some(place) = self.under.as_ref().and_then(|under| under.place_of(key)) {
            let message = format!("`{key}` of {}:{} {reason}", place.file, place.line());
            let fault = Fault::new(message).at(self.place());
            self.report(fault.help("replace the whole definition: `override = true`"));
        }
    }

    /// Where a key is, in this table or below.
    fn place_of(&self, key: &str) -> Option<Place> {
        if self.table.contains_key(key) {
            return Some(self.key_place(key));
        }
        self.under.as_ref()?.place_of(key)
    }

    /// Every key and value of this table alone, in the order of the file, for tables whose keys the author chooses.
    #[must_use]
    pub fn into_entries(self) -> Vec<(KeyReader<'d>, ValueReader<'d>)> {
        let mut entries: Vec<_> = self
            .table
            .iter()
            .map(|(key, value)| {
                (
                    KeyReader::new(self.document, key),
                    ValueReader::new(self.document, value),
                )
            })
            .collect();
        entries.sort_by_key(|(key, _)| key.span.start);
        entries
    }

    /// Where the table is: its header or its braces; the start of the file for the top level.
    #[must_use]
    pub fn place(&self) -> Place {
        self.document.place(self.span.clone())
    }

    /// Reports a fault of the whole table.
    pub fn fault(&self, message: impl Into<String>) {
        self.report(Fault::new(message).at(self.place()));
    }

    /// Reports `fault`, which has its place already.
    pub fn report(&self, fault: Fault) {
        self.document.report(fault);
    }

    /// Whether the table has a key that was not asked for so far.
    #[must_use]
    pub fn has_unknown(&self) -> bool {
        let mut keys = self.table.keys();
        keys.any(|key| !self.known.contains(key.get_ref().as_ref()))
    }

    /// Reports every key of this table alone that was not asked for, with the nearest one that was.
    pub fn finish(self) {
        for key in self.table.keys() {
            if !self.known.contains(key.get_ref().as_ref()) {
                let fault = Fault::new(format!("unknown key `{}`", key.get_ref()))
                    .at(self.document.place(key.span()))
                    .suggest(key.get_ref(), self.known.iter().copied());
                self.document.report(fault);
            }
        }
    }
}

impl<'d> ValueReader<'d> {
    fn new(document: &'d Document<'d>, value: &'d Spanned<DeValue<'d>>) -> Self {
        Self {
            document,
            value: value.get_ref(),
            span: value.span(),
        }
    }

    /// Where the value is.
    #[must_use]
    pub fn place(&self) -> Place {
        self.document.place(self.span.clone())
    }

    /// Reports a fault of this value.
    pub fn fault(&self, message: impl Into<String>) {
        self.report(Fault::new(message));
    }

    /// Reports `fault` at this value.
    pub fn report(&self, fault: Fault) {
        self.document.report(fault.at(self.place()));
    }

    /// The value as a string.
    #[must_use]
    pub fn string(&self) -> Option<&'d str> {
        match self.value {
            DeValue::String(text) => Some(text.as_ref()),
            _ => self.mismatch("a string"),
        }
    }

    /// The value as a string that says a `T`; `what` names that in the fault (`a version`), `example` is the text to write.
    pub fn parsed<T: FromStr<Err: fmt::Display>>(&self, what: &str, example: &str) -> Option<T> {
        let text = self.string()?;
        text.parse()
            .inspect_err(|error| {
                let message = format!("`{text}` is not {what}: {error}");
                self.report(Fault::new(message).help(format!("write it like `{example}`")));
            })
            .ok()
    }

    /// The value as one of `names`; `what` names the kind of thing (`event`).
    #[must_use]
    pub fn one_of<'n>(&self, what: &str, names: &[&'n str]) -> Option<&'n str> {
        let text = self.string()?;
        let found = names.iter().copied().find(|&name| name == text);
        if found.is_none() {
            self.report(
                Fault::new(format!("unknown {what} `{text}`")).suggest(text, names.iter().copied()),
            );
        }
        found
    }

    /// The value as an integer within `range`.
    #[must_use]
    pub fn integer<T>(&self, range: RangeInclusive<T>) -> Option<T>
    where
        T: TryFrom<i128> + PartialOrd + fmt::Display,
    {
        let (low, high) = (range.start(), range.end());
        let expected = if low == high {
            low.to_string()
        } else {
            format!("an integer from {low} to {high}")
        };
        let DeValue::Integer(integer) = self.value else {
            return self.mismatch(&expected);
        };
        let value = parse_integer(integer).and_then(|value| T::try_from(value).ok());
        let within = value.filter(|value| range.contains(value));
        if within.is_none() {
            self.fault(format!("expected {expected}, found {integer}"));
        }
        within
    }

    /// The value as `true` or `false`.
    #[must_use]
    pub fn boolean(&self) -> Option<bool> {
        match self.value {
            DeValue::Boolean(value) => Some(*value),
            _ => self.mismatch("`true` or `false`"),
        }
    }

    /// The value as a value without parts.
    #[must_use]
    pub fn scalar(&self) -> Option<Scalar> {
        match self.value {
            DeValue::Boolean(value) => Some(Scalar::Boolean(*value)),
            DeValue::String(text) => Some(Scalar::Text(text.clone().into_owned())),
            DeValue::Integer(_) => self.integer(i64::MIN..=i64::MAX).map(Scalar::Integer),
            _ => self.mismatch("a boolean, an integer or a string"),
        }
    }

    /// The elements of an array.
    #[must_use]
    pub fn array(&self) -> Option<Vec<Self>> {
        match self.value {
            DeValue::Array(elements) => Some(
                elements
                    .iter()
                    .map(|value| Self::new(self.document, value))
                    .collect(),
            ),
            _ => self.mismatch("an array"),
        }
    }

    /// The elements of an array of strings.
    #[must_use]
    pub fn strings(&self) -> Option<Vec<String>> {
        self.array()?
            .iter()
            .map(|element| element.string().map(str::to_owned))
            .collect()
    }

    /// The value as a table.
    #[must_use]
    pub fn table(&self) -> Option<TableReader<'d>> {
        self.clone().as_table().or_else(|| self.mismatch("a table"))
    }

    /// The value as a table, or as it is.
    #[must_use]
    pub fn as_table(self) -> Option<TableReader<'d>> {
        match self.value {
            DeValue::Table(table) => Some(TableReader {
                document: self.document,
                table,
                span: self.span,
                known: BTreeSet::new(),
                under: None,
            }),
            _ => None,
        }
    }

    /// The elements of an array, or else the value as a table.
    #[must_use]
    pub fn as_list_or_table(self) -> Option<Result<Vec<Self>, TableReader<'d>>> {
        match self.value {
            DeValue::Array(_) => self.array().map(Ok),
            DeValue::Table(_) => self.as_table().map(Err),
            _ => self.mismatch("an array or a table"),
        }
    }

    /// The value as it is written.
    #[must_use]
    pub fn text(&self) -> &'d str {
        &self.document.source[self.span.clone()]
    }

    /// Whether both say the same, however it is written.
    #[must_use]
    pub fn says_what(&self, other: &ValueReader<'_>) -> bool {
        same(self.value, other.value)
    }

    /// Whether the value is a string.
    #[must_use]
    pub fn is_string(&self) -> bool {
        self.value.is_str()
    }

    /// Reports that the value has the wrong type.
    pub fn mismatch<T>(&self, expected: &str) -> Option<T> {
        let fault = Fault::new(format!(
            "expected {expected}, found {}",
            kind_of(self.value)
        ));
        self.report(match self.value {
            DeValue::Float(_) => {
                fault.help("count in a smaller unit: values here are integers, never fractions")
            }
            _ => fault,
        });
        None
    }
}

impl<'d> KeyReader<'d> {
    fn new(document: &'d Document<'d>, key: &'d Spanned<DeString<'d>>) -> Self {
        Self {
            document,
            span: key.span(),
            text: key.get_ref(),
        }
    }

    /// Where the key is.
    #[must_use]
    pub fn place(&self) -> Place {
        self.document.place(self.span.clone())
    }

    /// Reports `fault` at this key.
    pub fn report(&self, fault: Fault) {
        self.document.report(fault.at(self.place()));
    }
}

impl Scalar {
    /// The name of what it is: `an integer`, for example.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Boolean(_) => "a boolean",
            Self::Integer(_) => "an integer",
            Self::Text(_) => "a string",
        }
    }
}

impl fmt::Display for Scalar {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Boolean(value) => write!(formatter, "{value}"),
            Self::Integer(value) => write!(formatter, "{value}"),
            Self::Text(text) => write!(formatter, "{text:?}"),
        }
    }
}

fn place(file: &Arc<str>, source: &Arc<str>, span: Range<usize>) -> Place {
    Place {
        file: file.clone(),
        source: source.clone(),
        span,
        label: None,
    }
}

fn kind_of(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a string",
        DeValue::Integer(_) => "an integer",
        DeValue::Float(_) => "a fraction",
        DeValue::Boolean(_) => "a boolean",
        DeValue::Datetime(_) => "a date",
        DeValue::Array(_) => "an array",
        DeValue::Table(_) => "a table",
    }
}

fn same(left: &DeValue<'_>, right: &DeValue<'_>) -> bool {
    match (left, right) {
        (DeValue::String(left), DeValue::String(right)) => left == right,
        (DeValue::Integer(left), DeValue::Integer(right)) => {
            parse_integer(left) == parse_integer(right)
        }
        (DeValue::Float(left), DeValue::Float(right)) => left.as_str() == right.as_str(),
        (DeValue::Boolean(left), DeValue::Boolean(right)) => left == right,
        (DeValue::Datetime(left), DeValue::Datetime(right)) => left == right,
        (DeValue::Array(left), DeValue::Array(right)) => {
            let mut pairs = left.iter().zip(right.iter());
            left.len() == right.len()
                && pairs.all(|(left, right)| same(left.get_ref(), right.get_ref()))
        }
        (DeValue::Table(left), DeValue::Table(right)) => {
            left.len() == right.len()
                && left.iter().all(|(key, value)| {
                    let other = right.get(key.get_ref().as_ref());
                    other.is_some_and(|other| same(value.get_ref(), other.get_ref()))
                })
        }
        _ => false,
    }
}

fn parse_integer(integer: &DeInteger<'_>) -> Option<i128> {
    i128::from_str_radix(integer.as_str(), integer.radix()).ok()
}

fn lowercase_first(message: &str) -> String {
    let mut characters = message.chars();
    match characters.next() {
        Some(first) => first.to_lowercase().chain(characters).collect(),
        None => String::new(),
    }
}

#[cfg(test)]
mod tests;
