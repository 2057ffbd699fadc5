//! What went wrong inside a mod, and where.

use std::fmt;
use std::sync::Arc;

use crate::diagnostic::{Fault, Place};
use crate::sources::Sources;

/// A line of a file, as the mod's author knows it: `priority_watch/scripts/main.lua`, line 15.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Location {
    /// The file, with the mod's folder in front.
    pub file: Arc<str>,
    /// The line, from 1.
    pub line: usize,
}

impl Location {
    /// The place in the file, with the line's text, where the file is one of the sources.
    pub fn place(&self, sources: &Sources) -> Option<Place> {
        let source = sources.text(&self.file)?;
        Some(Place::of_line(self.file.clone(), source, self.line))
    }
}

impl fmt::Display for Location {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}:{}", self.file, self.line)
    }
}

/// A function on the way from the host to where a call failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    /// The line that was running.
    pub location: Location,
    /// The function's name, where the language knows one.
    pub function: Option<String>,
}

/// A call into a mod failed. The host has taken back every effect of the call that it holds.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct GuestError {
    /// What was found and what was expected.
    pub message: String,
    /// What to do.
    pub help: Option<String>,
    /// Where it happened.
    pub location: Option<Location>,
    /// The column in that line, from 1, where it is known.
    pub column: Option<usize>,
    /// The functions that led there, innermost first; the first is where it happened.
    pub callers: Vec<Caller>,
}

impl GuestError {
    /// An error that is not in a line of the mod.
    pub fn new(message: impl Into<String>) -> GuestError {
        GuestError {
            message: message.into(),
            help: None,
            location: None,
            column: None,
            callers: Vec::new(),
        }
    }

    /// The error with the line it is about, for a report. A line of a file that is not part of the mod, such as the source of a
    /// component, cannot be shown and is named.
    pub fn fault(&self, sources: &Sources) -> Fault {
        let place = self
            .location
            .as_ref()
            .and_then(|location| location.place(sources))
            .map(|place| match self.column {
                Some(column) => place.character(column),
                None => place,
            });
        let (message, unseen) = match place {
            Some(_) => (self.message.clone(), None),
            None => (self.to_string(), self.location.clone().map(Box::new)),
        };
        Fault {
            message,
            place,
            help: self.help.clone(),
            unseen,
        }
    }
}

impl fmt::Display for GuestError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.location {
            Some(location) => write!(formatter, "{location}: {}", self.message),
            None => formatter.write_str(&self.message),
        }
    }
}
