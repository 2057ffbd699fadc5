//! Faults: what is wrong in a file that a person wrote, where, and what to write instead.
//!
//! A fault carries its source text, so that it can be shown with a caret long after the file changed. This module never prints
//! and never renders a snippet: that is for reports.

use std::error::Error;
use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use crate::error::Location;

/// Names that are listed of those that a mod, and not the engine, decides about.
const NAMES_LISTED_MAX: usize = 12;

/// One thing that is wrong, in words for the author of the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// What was found and what was expected: lowercase, without a final period.
    pub message: String,
    /// Where it is, unless the fault concerns no single place (a missing file).
    pub place: Option<Place>,
    /// What to do about it, if possible with the exact text to write.
    pub help: Option<String>,
    /// The line that it is about where that is of a file which cannot be shown, such as the source of a component. The message names it.
    pub unseen: Option<Box<Location>>,
}

/// A span of a source file, which may be empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The file as its author knows it, with `/` separators, such as `priority_watch/scripts/main.lua`.
    pub file: Arc<str>,
    /// The whole text of the file, as it was read.
    pub source: Arc<str>,
    /// Byte offsets into `source`; offsets that are no character boundary count as the character that they are in.
    pub span: Range<usize>,
    /// Text shown beside the caret.
    pub label: Option<Box<str>>,
}

impl Fault {
    /// A fault without place or help.
    pub fn new(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            place: None,
            help: None,
            unseen: None,
        }
    }

    /// The same fault at `place`.
    #[must_use]
    pub fn at(mut self, place: Place) -> Self {
        self.place = Some(place);
        self
    }

    /// The same fault with advice.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// [`Fault::suggest`] for names of which there may be hundreds: the first of them are listed.
    #[must_use]
    pub fn suggest_some<'a>(self, wrong: &str, known: impl IntoIterator<Item = &'a str>) -> Self {
        let mut known: Vec<&str> = known.into_iter().collect();
        known.sort_unstable();
        let more = known.len().saturating_sub(NAMES_LISTED_MAX);
        if more == 0 || nearest(wrong, known.iter().copied()).is_some() {
            return self.suggest(wrong, known);
        }
        let listed = known[..NAMES_LISTED_MAX].join(", ");
        self.help(format!("known here: {listed} and {more} more"))
    }

    /// The same fault with the advice to write the nearest of the `known` names, or with the list of them if none is near.
    #[must_use]
    pub fn suggest<'a>(self, wrong: &str, known: impl IntoIterator<Item = &'a str>) -> Self {
        let mut known: Vec<&str> = known.into_iter().collect();
        known.sort_unstable();
        match nearest(wrong, known.iter().copied()) {
            Some(name) => self.help(format!("did you mean `{name}`?")),
            None if known.is_empty() => self,
            None => self.help(format!("known here: {}", known.join(", "))),
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.message)?;
        match &self.place {
            Some(place) => write!(formatter, " at {place}"),
            None => Ok(()),
        }
    }
}

impl Error for Fault {}

impl Place {
    /// The trimmed text of the 1-based `line`; the end of the file if it has fewer lines.
    #[must_use]
    pub fn of_line(file: Arc<str>, source: Arc<str>, line: usize) -> Self {
        let mut start = 0;
        let mut span = source.len()..source.len();
        for (index, text) in source.split_inclusive('\n').enumerate() {
            if index + 1 == line {
                let trimmed = text.trim_start();
                let first = start + (text.len() - trimmed.len());
                span = first..first + trimmed.trim_end().len();
                break;
            }
            start += text.len();
        }
        Self {
            file,
            source,
            span,
            label: None,
        }
    }

    /// The one character at a column of the line that this place marks, or the line's end.
    #[must_use]
    pub fn character(mut self, column: usize) -> Self {
        let start = self.source[..self.span.start]
            .rfind('\n')
            .map_or(0, |at| at + 1);
        let line = self.source[start..].lines().next().unwrap_or_default();
        let offset = line
            .char_indices()
            .nth(column.saturating_sub(1))
            .map_or(line.len(), |(offset, _)| offset);
        let width = line[offset..].chars().next().map_or(0, char::len_utf8);
        self.span = start + offset..start + offset + width;
        self
    }

    /// The same place with text beside its caret.
    #[must_use]
    pub fn label(mut self, label: impl Into<String>) -> Self {
        self.label = Some(label.into().into_boxed_str());
        self
    }

    /// The line on which the span starts, from 1.
    #[must_use]
    pub fn line(&self) -> usize {
        1 + self.lines_before().matches('\n').count()
    }

    /// The column at which the span starts, from 1, in characters.
    #[must_use]
    pub fn column(&self) -> usize {
        let before = self.before();
        let line_start = self
            .lines_before()
            .rfind('\n')
            .map_or(0, |newline| newline + 1);
        1 + before[line_start..].chars().count()
    }

    /// What comes before the span, without the end of the last line: the end of a file counts to its last line.
    fn lines_before(&self) -> &str {
        let before = self.before();
        match before.strip_suffix('\n') {
            Some(lines) if before.len() == self.source.len() => lines,
            _ => before,
        }
    }

    fn before(&self) -> &str {
        &self.source[..self.source.floor_char_boundary(self.span.start)]
    }
}

impl fmt::Display for Place {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}:{}:{}", self.file, self.line(), self.column())
    }
}

/// The name among `known` that `wrong` was probably meant to be; of equally near ones the first in alphabetical order.
///
/// None if even the nearest differs in more than a third of its letters.
pub fn nearest<'a>(wrong: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let length = wrong.chars().count();
    known
        .into_iter()
        .filter_map(|name| {
            let name_length = name.chars().count();
            let distance_max = (length.max(name_length) / 3).max(1);
            if length.abs_diff(name_length) > distance_max {
                return None;
            }
            let distance = strsim::osa_distance(wrong, name);
            (distance <= distance_max).then_some((distance, name))
        })
        .min()
        .map(|(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn line_and_column_count_characters() {
        let source: Arc<str> = "a = \"äöü\" x\n\n  b = 1\n".into();
        let x = source.find('x').expect("in the text");
        let b = source.find('b').expect("in the text");
        for (offset, line, column) in [
            (0, 1, 1),
            (x, 1, 11),
            (b, 3, 3),
            // The end of a file counts to its last line.
            (source.len(), 3, 9),
            (6, 1, 6),
            (999, 3, 9),
        ] {
            let place = Place {
                file: "f".into(),
                source: source.clone(),
                span: offset..offset,
                label: None,
            };
            assert_eq!(
                (place.line(), place.column()),
                (line, column),
                "offset {offset}"
            );
        }
    }

    #[test]
    fn of_line_is_the_trimmed_line() {
        let source: Arc<str> = "one\n\t zwölf  \r\n\nlast".into();
        for (line, text) in [
            (1, "one"),
            (2, "zwölf"),
            (3, ""),
            (4, "last"),
            (5, ""),
            (0, ""),
        ] {
            let place = Place::of_line("f".into(), source.clone(), line);
            assert_eq!(&source[place.span.clone()], text, "line {line}");
        }
    }

    #[test]
    fn display_names_the_place() {
        let place = Place::of_line("stats/mod.toml".into(), "a\n  b\n".into(), 2);
        assert_eq!(
            Fault::new("bad").at(place).to_string(),
            "bad at stats/mod.toml:2:3"
        );
        assert_eq!(Fault::new("bad").to_string(), "bad");
    }

    #[test]
    fn of_many_names_the_first_are_listed() {
        let names: Vec<String> = (10..25).map(|number| format!("name_{number}")).collect();
        for (wrong, count, expected) in [
            ("zzz", 2, Some("known here: name_10, name_11")),
            ("name_24", 15, Some("did you mean `name_24`?")),
            ("zzz", 0, None),
            (
                "zzz",
                15,
                Some(
                    "known here: name_10, name_11, name_12, name_13, name_14, name_15, name_16, name_17, name_18, name_19, name_20, name_21 and 3 more",
                ),
            ),
        ] {
            let known = names[..count].iter().rev().map(String::as_str);
            let fault = Fault::new("").suggest_some(wrong, known);
            assert_eq!(fault.help.as_deref(), expected);
        }
    }

    #[test]
    fn nearest_is_near_and_deterministic() {
        for (wrong, known, expected) in [
            ("tciks", &["ticks", "seed"][..], Some("ticks")),
            ("hauls", &["haul", "hauled"], Some("haul")),
            ("bat", &["cat", "bar", "hat"], Some("bar")),
            ("xyz", &["ticks", "seed"], None),
            ("", &["a"], Some("a")),
            ("wood", &[], None),
        ] {
            assert_eq!(nearest(wrong, known.iter().copied()), expected, "{wrong}");
        }
    }
}
