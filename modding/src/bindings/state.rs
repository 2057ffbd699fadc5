//! `colony.state`: the shape of the storage, and migrations.

use std::collections::BTreeMap;

use semver::VersionReq;

use super::GuestCall;
use crate::api::ApiError;
use crate::context::{Phase, at};
use crate::generation::MigrationDeclaration;
use crate::value::Value;

impl GuestCall<'_> {
    /// Refuses a declaration of the state's shape outside of top-level code.
    ///
    /// # Errors
    /// A call while the state is there.
    pub(crate) fn require_top_level_to_define(&self) -> Result<(), ApiError> {
        if self.context.phase() == Phase::TopLevel {
            return Ok(());
        }
        Err(ApiError::new(
            "colony.state.define is for top-level code: defaults are filled in before mod_loaded",
        )
        .help("move it out of the handler"))
    }

    /// Declares the shape of the state.
    ///
    /// # Errors
    /// A second declaration.
    pub(crate) fn define(&self, defaults: BTreeMap<String, Value>) -> Result<(), ApiError> {
        self.require_top_level_to_define()?;
        let mut declarations = self.generation.declarations.borrow_mut();
        if let Some((_, earlier)) = &declarations.shape {
            return Err(ApiError::new(format!(
                "the state was already defined: {}",
                at(earlier.as_ref()).trim_end_matches(": ")
            )));
        }
        declarations.shape = Some((defaults, (self.location)()));
        Ok(())
    }

    /// Refuses the declaration of a migration outside of top-level code.
    ///
    /// # Errors
    /// A call while the state is there.
    pub(crate) fn require_top_level_to_migrate(&self) -> Result<(), ApiError> {
        if self.context.phase() == Phase::TopLevel {
            return Ok(());
        }
        Err(ApiError::new(
            "colony.state.migrate is for top-level code: migrations run before mod_loaded",
        ))
    }

    /// Declares a migration and returns its position, under which the language keeps its function.
    ///
    /// # Errors
    /// A range that is none.
    pub(crate) fn migrate(&self, range: String) -> Result<usize, ApiError> {
        self.require_top_level_to_migrate()?;
        let parsed = VersionReq::parse(&range).map_err(|error| {
            ApiError::new(format!("`{range}` is not a range of versions: {error}"))
                .help("for example \"<1.1.0\" or \">=1.0.0, <2.0.0\"")
        })?;
        let declaration = MigrationDeclaration {
            range: parsed,
            text: range,
            language: self.language,
            location: (self.location)(),
        };
        let mut declarations = self.generation.declarations.borrow_mut();
        declarations.migrations.push(declaration);
        Ok(declarations.migrations.len() - 1)
    }
}
