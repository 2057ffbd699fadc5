//! Why a call fails.

use std::fmt;
use std::panic::Location;

use crate::bindings::colony::modding::failure::{self, Line};
use crate::bindings::colony::modding::types;
use crate::source::shown;

/// Why a handler, a timer, a migration or an exported function fails, with the line that said so. A call that fails leaves no trace:
/// the host takes back all that it did.
///
/// `?` makes one of what a function of the colony answers, and notes its own line.
#[derive(Clone, Debug)]
pub struct Error {
    message: String,
    help: Option<String>,
    at: Option<&'static Location<'static>>,
}

/// What a handler gives back.
pub type Result<T = ()> = std::result::Result<T, Error>;

impl Error {
    /// An error of this line.
    #[track_caller]
    #[must_use]
    pub fn new(message: impl Into<String>) -> Error {
        Error {
            message: message.into(),
            help: None,
            at: Some(Location::caller()),
        }
    }

    /// Adds what to do.
    #[must_use]
    pub fn help(self, help: impl Into<String>) -> Error {
        Error {
            help: Some(help.into()),
            ..self
        }
    }

    /// An error that no line of the mod is to blame for.
    pub(crate) fn of_no_line(message: impl Into<String>) -> Error {
        Error {
            message: message.into(),
            help: None,
            at: None,
        }
    }

    /// The same error at a line of the mod.
    pub(crate) fn at(self, at: &'static Location<'static>) -> Error {
        Error {
            at: Some(at),
            ..self
        }
    }

    /// The same error without the line of this crate that found it.
    pub(crate) fn without_line(self) -> Error {
        Error { at: None, ..self }
    }

    /// What was found and what was expected.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }
}

impl From<types::Error> for Error {
    #[track_caller]
    fn from(error: types::Error) -> Error {
        Error {
            message: error.message,
            help: error.help,
            at: Some(Location::caller()),
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.message)
    }
}

impl std::error::Error for Error {}

/// Ends the running call.
pub(crate) fn fail(error: Error) -> ! {
    fail_at(error.message, error.help, error.at)
}

fn fail_at(message: String, help: Option<String>, at: Option<&Location<'_>>) -> ! {
    let at = at.map(|at| Line {
        file: shown(at.file()),
        line: at.line(),
    });
    failure::fail(&types::Error { message, help }, at.as_ref());
    // The host does not come back.
    std::process::abort()
}

/// Makes panics errors of the call, with their message and their line.
pub(crate) fn report_panics() {
    std::panic::set_hook(Box::new(|panic| {
        let payload = panic.payload();
        let message = match (payload.downcast_ref::<&str>(), payload.downcast_ref()) {
            (Some(message), _) => *message,
            (None, Some(message)) => String::as_str(message),
            (None, None) => "it does not say why",
        };
        let message = format!("panicked: {message}");
        fail_at(message, None, panic.location())
    }));
}
