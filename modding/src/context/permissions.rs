//! What a mod may do at which time, and whom it may call.

use std::rc::Rc;

use super::{Context, Phase, Reason};
use crate::api::ApiError;
use crate::diagnostic::nearest;
use crate::generation::{Generation, Instance};
use crate::limits::CALL_DEPTH_MAX;
use crate::value::Value;

impl Context {
    /// Calls a function that another mod exports. The call is a savepoint of the one that is under way.
    ///
    /// # Errors
    /// A mod that is not a dependency or does not run, an unknown function, a circle of calls, too deep a nesting, and what
    /// the other mod raised.
    pub fn call_export(
        &self,
        caller: &Rc<Generation>,
        mod_id: &str,
        name: &str,
        arguments: &[Option<Value>],
    ) -> Result<Vec<Option<Value>>, ApiError> {
        let call = format!("{mod_id}.{name}");
        self.require_effects_allowed(&format!("a call of {call}"))?;
        let instance = self.dependency(caller, mod_id)?;
        let exports = instance.generation.declarations.borrow().exports.clone();
        if !exports.contains_key(name) {
            let error = ApiError::new(format!("{mod_id} exports no function `{name}`"));
            return Err(match nearest(name, exports.keys().map(String::as_str)) {
                Some(near) => error.help(format!("did you mean `{near}`?")),
                None => error,
            });
        }
        if self.frames.borrow().len() >= CALL_DEPTH_MAX {
            return Err(ApiError::new(format!(
                "calls between mods are nested more than {CALL_DEPTH_MAX} deep at {call}"
            )));
        }
        if self
            .frames
            .borrow()
            .iter()
            .any(|frame| frame.generation.id() == instance.generation.id())
        {
            return Err(ApiError::new(format!(
                "{call} calls back into a mod that is waiting for its own call to return"
            )));
        }
        let Some(runtime) = &instance.runtime else {
            return Err(ApiError::new(format!("{mod_id} has no code")));
        };
        self.note_called(instance.generation.id(), name);
        self.call(&instance.generation, Phase::Running, || {
            runtime.export(name, arguments)
        })
        .map_err(|error| ApiError {
            message: format!("{call} failed: {error}"),
            help: error.help,
        })
    }

    /// The running instance of a dependency of a mod.
    ///
    /// # Errors
    /// A mod that the manifest does not name, or that does not run.
    pub fn dependency(&self, caller: &Rc<Generation>, mod_id: &str) -> Result<Instance, ApiError> {
        let mut named = caller.manifest.libraries();
        let Some(id) = named.find(|id| id.as_str() == mod_id) else {
            return Err(
                ApiError::new(format!("{} does not depend on `{mod_id}`", caller.id())).help(
                    format!("add to mod.toml:  [dependencies]  {mod_id} = \"*\""),
                ),
            );
        };
        self.instance(id)
            .ok_or_else(|| ApiError::new(format!("{mod_id} is not running")))
    }

    /// Refuses uses of the storage while it is not there.
    ///
    /// # Errors
    /// In top-level code and in migrations.
    pub fn require_storage(&self) -> Result<(), ApiError> {
        match self.phase() {
            Phase::TopLevel => Err(ApiError::new("colony.storage is not there yet: the state is restored after the top-level code has run")
                .help("declare defaults with colony.state.define, and use the storage in handlers")),
            Phase::Migrating => Err(ApiError::new("colony.storage is not there during a migration")
                .help("change the `state` that the migration is given")),
            Phase::Restoring => Err(ApiError::new("colony.storage is not there while the state is restored")
                .help("take the state that `restore` is given")),
            _ => Ok(()),
        }
    }

    /// Refuses what only the capability allows.
    ///
    /// # Errors
    /// Names the line to add to the manifest.
    pub fn require_capability(
        &self,
        generation: &Rc<Generation>,
        function: &str,
        capability: Option<&str>,
    ) -> Result<(), ApiError> {
        let Some(capability) = capability else {
            return Ok(());
        };
        let declared = &generation.manifest.capabilities;
        if declared.contains(capability) {
            return Ok(());
        }
        let mut all: Vec<&str> = declared.iter().map(String::as_str).collect();
        all.push(capability);
        Err(ApiError::new(format!(
            "colony.{function} needs the capability `{capability}`, which {} lacks",
            generation.id()
        ))
        .help(format!("write in mod.toml:  capabilities = {all:?}")))
    }

    /// Refuses effects beyond the mod's own state where a reload could not take them back.
    pub(super) fn require_effects_allowed(&self, what: &str) -> Result<(), ApiError> {
        let when = match self.phase() {
            Phase::Running | Phase::Loaded(Reason::Start) => return Ok(()),
            Phase::TopLevel => "in top-level code",
            Phase::Loaded(Reason::Resume | Reason::Update) => {
                "in mod_loaded when a mod goes on after a reload or a save"
            }
            Phase::Unloading => "in mod_unloaded",
            Phase::Migrating => "in a migration",
            Phase::Restoring => "while the state is restored",
        };
        Err(ApiError::new(format!("{what} is not allowed {when}"))
            .help("do it in a handler, or in mod_loaded when `event.reason == \"start\"`: loading again must not change the world"))
    }
}
