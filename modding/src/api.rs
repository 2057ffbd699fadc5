//! The one table of what mods may call and hear: names, arguments, results, capabilities, documentation.
//!
//! Every runtime offers exactly this table, scenarios issue commands through it, and the reference in `docs/api.md` and the
//! files for editors and for components in `modding/api` are made from it: tests compare them.

mod arguments;
mod events;
mod functions;
mod kinds;
mod reference;
mod stubs;
mod unit_tests;
mod wit;

use std::rc::Rc;

use sim::Command;

use crate::context::Context;
use crate::generation::Generation;
use crate::value::Value;

pub use arguments::{Argument, Arguments};
use events::jobs;
pub use events::{
    BATCHED, EventDescription, batch_of, batched, event, event_names, events, fields_by_name,
    is_counted, payload,
};
pub(crate) use events::{Fact, facts, id_number};
pub use functions::functions;
pub use kinds::{Field, Kind, Record, Signature};
pub use reference::reference;
pub(crate) use stubs::{Part as EventPart, parts as event_parts, split};
pub use stubs::{STUB_MARK, stubs};
pub use wit::wit;
pub(crate) use wit::{
    BATCH_TEXTS, BATCH_TEXTS_AT, PACKAGE, case_name, escaped, kebab_case, signature,
};

/// What a mod may ask for in `capabilities`, and what it allows.
pub const CAPABILITIES: &[(&str, &str)] = &[
    ("jobs.write", "create, cancel and re-prioritise jobs"),
    ("items.write", "create and remove items"),
    (
        "colonists.write",
        "let colonists join, hurt and heal them, and say what they do when",
    ),
    ("stockpiles.write", "make, change and dissolve stockpiles"),
    (
        "buildings.write",
        "plan and remove buildings, and order what is made in them",
    ),
    ("plots.write", "say what is grown where"),
    ("incidents.write", "start incidents"),
];

/// A call was refused; nothing has changed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct ApiError {
    /// What was found and what was expected.
    pub message: String,
    /// What to do, with the exact text where there is one.
    pub help: Option<String>,
}

impl ApiError {
    /// An error without a help text.
    pub fn new(message: impl Into<String>) -> ApiError {
        ApiError {
            message: message.into(),
            help: None,
        }
    }

    /// The same error with a help text.
    #[must_use]
    pub fn help(self, help: impl Into<String>) -> ApiError {
        ApiError {
            help: Some(help.into()),
            ..self
        }
    }
}

/// A function of the table.
pub struct FunctionDescription {
    /// Where it stands below `colony`, for example `jobs.set_priority`.
    pub name: &'static str,
    /// Its arguments in order.
    pub arguments: &'static [Argument],
    /// What it gives.
    pub result: Kind,
    /// The capability that a mod needs to call it.
    pub capability: Option<&'static str>,
    /// What it does.
    pub doc: &'static str,
    /// How it is done.
    pub run: Run,
}

/// Looks at the world or the mod's own host state, for the mod that calls.
pub type Read = fn(&Context, &Rc<Generation>, &Arguments) -> Result<Option<Value>, ApiError>;

/// How a function of the table is done.
pub enum Run {
    /// Looks at the world or the mod's own host state.
    Read(Read),
    /// Issues a command.
    Command(fn(&Arguments) -> Result<Command, ApiError>),
    /// Deals in functions of the guest's language, so each runtime does it itself.
    Runtime,
}

/// The function of that name.
pub fn function(name: &str) -> Option<&'static FunctionDescription> {
    functions().find(|function| function.name == name)
}

/// The names of the capabilities.
pub fn capability_names() -> Vec<&'static str> {
    CAPABILITIES.iter().map(|(name, _)| *name).collect()
}
