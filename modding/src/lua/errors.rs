//! Errors of Lua and of the functions it calls, as the mod's author should read them.

use std::sync::Arc;

use mlua::Lua;

use crate::api::ApiError;
use crate::context::Context;
use crate::error::{Caller, GuestError, Location};
use crate::limits::LOG_LINE_CHARACTERS_MAX;

/// What chunks of the host are called; their lines are nobody's business.
pub(super) const HOST_CHUNK: &str = "[colony]";

/// Frames of a traceback that are kept.
const CALLERS_MAX: usize = 16;

/// An error of a function of the host, with the line that called it.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{}{error}", location.as_ref().map_or(String::new(), |location| format!("{location}: ")))]
pub(super) struct HostError {
    pub(super) error: ApiError,
    pub(super) location: Option<Location>,
}

/// An error of a function of the host as Lua raises it.
pub(super) fn raise(lua: &Lua, error: ApiError) -> mlua::Error {
    mlua::Error::external(HostError {
        error,
        location: location(lua),
    })
}

/// The innermost line of the mod's own code that is running.
pub(super) fn location(lua: &Lua) -> Option<Location> {
    for level in 0.. {
        let found = lua.inspect_stack(level, |debug| {
            let source = debug.source();
            let chunk = source.source.as_deref().unwrap_or_default();
            let file = chunk.strip_prefix('=').unwrap_or(chunk);
            match debug.current_line() {
                Some(line) if file.ends_with(".lua") || file.ends_with(".luau") => Some(Location {
                    file: file.into(),
                    line,
                }),
                _ => None,
            }
        })?;
        if found.is_some() {
            return found;
        }
    }
    None
}

/// What went wrong, for the report.
pub(super) fn guest_error(context: &Context, error: &mlua::Error) -> GuestError {
    let mut traceback = "";
    let mut cause = error;
    while let mlua::Error::CallbackError {
        traceback: text,
        cause: inner,
    } = cause
    {
        if traceback.is_empty() {
            traceback = text;
        }
        cause = inner;
    }
    let mut guest = match cause {
        mlua::Error::SyntaxError { message, .. } => syntax_error(message),
        mlua::Error::MemoryError(_) => context.bound_error(crate::context::Bound::Memory),
        mlua::Error::RuntimeError(message) => {
            let (message, frames) = message
                .split_once("\nstack traceback:\n")
                .unwrap_or((message, ""));
            if traceback.is_empty() {
                traceback = frames;
            }
            located(without_address(message))
        }
        other => match other.downcast_ref::<HostError>() {
            Some(host) => GuestError {
                help: host.error.help.clone(),
                location: host.location.clone(),
                ..GuestError::new(host.error.message.clone())
            },
            None => GuestError::new(other.to_string()),
        },
    };
    if guest.message.len() > LOG_LINE_CHARACTERS_MAX {
        guest.message = guest
            .message
            .chars()
            .take(LOG_LINE_CHARACTERS_MAX)
            .chain("...".chars())
            .collect();
    }
    guest.callers = callers(traceback);
    if guest.location.is_none() {
        guest.location = guest.callers.first().map(|caller| caller.location.clone());
    }
    if let Some(bound) = context.meter().exhausted() {
        let bound = context.bound_error(bound);
        (guest.message, guest.help) = (bound.message, bound.help);
        guest.location = bound.location.or(guest.location);
    }
    guest
}

/// What `pcall` gives a mod for an error; `None` for an error value of the mod's own.
pub(super) fn error_text(problem: &mlua::Value) -> Option<String> {
    if let mlua::Value::String(text) = problem {
        let text = text.to_str().ok()?;
        let shown = without_host_lines(&text);
        return (shown.len() != text.len()).then(|| shown.to_owned());
    }
    let mut cause = problem.as_error()?;
    while let mlua::Error::CallbackError { cause: inner, .. } = cause {
        cause = inner;
    }
    let text = match cause.downcast_ref::<HostError>() {
        Some(host) => host.to_string(),
        None => cause.to_string(),
    };
    Some(text.lines().next().unwrap_or_default().to_owned())
}

/// An error value that is no text reads as what it is, or as its address, which differs between processes.
fn without_address(message: &str) -> &str {
    // A text comes with its line in front, but for one of level 0.
    if message == "nil" {
        return "`error` was called without a message";
    }
    let is_address = ["table", "function", "thread", "userdata"]
        .iter()
        .any(|kind| {
            message
                .strip_prefix(kind)
                .is_some_and(|rest| rest.starts_with(": 0x"))
        });
    if is_address {
        "`error` was called with a value that is not text"
    } else {
        message
    }
}

/// `folder/scripts/main.lua:15: message` in its parts.
fn located(text: &str) -> GuestError {
    let text = without_host_lines(text);
    let mut parts = text.splitn(3, ':');
    if let (Some(file), Some(line), Some(message)) = (parts.next(), parts.next(), parts.next())
        && let Ok(line) = line.parse()
        && (file.ends_with(".lua") || file.ends_with(".luau"))
    {
        let location = Some(Location {
            file: file.into(),
            line,
        });
        // A coroutine puts the line in front once more for each that it passes through.
        let prefix = format!("{file}:{line}: ", line = line);
        let mut message = message.trim();
        while let Some(rest) = message.strip_prefix(&prefix) {
            message = rest;
        }
        return GuestError {
            location,
            ..GuestError::new(message)
        };
    }
    GuestError::new(text)
}

/// Lines of the host's own Lua mean nothing to a mod's author.
fn without_host_lines(text: &str) -> &str {
    let rest = text
        .strip_prefix(HOST_CHUNK)
        .and_then(|rest| rest.strip_prefix(':'));
    let message = rest
        .and_then(|rest| rest.split_once(": "))
        .map(|(_, message)| message);
    message.unwrap_or(text)
}

/// What the compiler says, in the words of the other errors, with the place it speaks of.
fn syntax_error(text: &str) -> GuestError {
    let mut error = located(text.lines().next().unwrap_or_default());
    let expected = error.message.strip_prefix("Expected ").map(str::to_owned);
    if let Some(rest) = expected {
        let rest = rest
            .replace("<eof>", "end of file")
            .replace(", got ", ", found ");
        error.message = format!("expected {}", rest.replace('\'', "`"));
    } else {
        let mut letters = error.message.chars();
        let lowered: String = letters
            .next()
            .map(|first| first.to_ascii_lowercase())
            .into_iter()
            .chain(letters)
            .collect();
        error.message = lowered.replace("<eof>", "end of file").replace('\'', "`");
    }
    error
}

/// The lines of the mod in a traceback.
fn callers(traceback: &str) -> Vec<Caller> {
    let mut callers: Vec<Caller> = traceback.lines().filter_map(caller).collect();
    // A recursion is one line, not thousands.
    callers.dedup();
    callers.truncate(CALLERS_MAX);
    callers
}

/// `folder/scripts/main.lua:15 function name`, with a tab or without.
fn caller(line: &str) -> Option<Caller> {
    let line = line.trim();
    let (file, rest) = line.split_once(':')?;
    if !(file.ends_with(".lua") || file.ends_with(".luau")) {
        return None;
    }
    let digits = rest
        .find(|letter: char| !letter.is_ascii_digit())
        .unwrap_or(rest.len());
    let location = Location {
        file: Arc::from(file),
        line: rest[..digits].parse().ok()?,
    };
    let function = rest[digits..]
        .trim_start_matches(':')
        .trim()
        .strip_prefix("function ")
        .map(str::to_owned);
    Some(Caller { location, function })
}

/// A mistake that the compiler found, with the column it speaks of.
pub(super) fn syntax_fault(file: &str, source: &str, error: &mlua::Error) -> GuestError {
    let mlua::Error::SyntaxError { message, .. } = error else {
        return GuestError::new(error.to_string());
    };
    // The compiler knows lines, not files: `15: Expected ...`.
    let mut guest = syntax_error(&format!("{file}:{message}"));
    if let Some(location) = &guest.location {
        let line = source
            .lines()
            .nth(location.line.saturating_sub(1))
            .unwrap_or_default();
        let found = guest
            .message
            .rsplit_once("found ")
            .map(|(_, found)| found.trim_matches('`'));
        guest.column = match found {
            Some("end of file") => Some(line.trim_end().chars().count() + 1),
            Some(token) => line.find(token).map(|at| line[..at].chars().count() + 1),
            None => None,
        };
    }
    guest
}
