//! What the functions of the table do, the same for every language that mods are written in: a language turns its values into ours,
//! keeps its own functions, and leaves the rest to a [`GuestCall`].

mod events;
mod state;
mod table;
mod time;

use std::fmt;
use std::rc::Rc;

use crate::api::ApiError;
use crate::context::{Context, require_short};
use crate::error::Location;
use crate::generation::Generation;
use crate::runtime::Language;

pub(crate) use events::known_event;
pub(crate) use time::timer_function;

/// A call of a function of the table, as far as its name and arguments do not tell.
pub(crate) struct GuestCall<'a> {
    pub(crate) context: &'a Rc<Context>,
    /// The mod that calls.
    pub(crate) generation: &'a Rc<Generation>,
    pub(crate) language: Language,
    /// The line that calls, where the language knows it.
    pub(crate) location: &'a dyn Fn() -> Option<Location>,
}

impl GuestCall<'_> {
    /// Offers a function to other mods.
    ///
    /// # Errors
    /// A name that is too long, a call while the mod does not load.
    pub(crate) fn export(&self, name: &str) -> Result<(), ApiError> {
        require_short(name, "the name of an exported function")?;
        self.require_loading(
            "colony.mods.export offers functions",
            "move it out of the handler",
        )?;
        let mut declarations = self.generation.declarations.borrow_mut();
        declarations.exports.insert(name.to_owned(), self.language);
        Ok(())
    }

    fn require_loading(&self, what: &str, help: &str) -> Result<(), ApiError> {
        if self.context.is_loading() {
            return Ok(());
        }
        Err(ApiError::new(format!(
            "{what} while a mod loads: in top-level code or in mod_loaded"
        ))
        .help(help))
    }
}

impl fmt::Debug for GuestCall<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "GuestCall({})", self.generation.id())
    }
}
