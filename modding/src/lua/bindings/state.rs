//! `colony.state`: the shape of the storage, migrations, and the state that a mod saves by hand.

use std::rc::Rc;

use mlua::{Lua, MultiValue};
use semver::VersionReq;

use super::{Bindings, handler_argument, text};
use crate::api::ApiError;
use crate::context::{Phase, at};
use crate::generation::MigrationDeclaration;
use crate::lua::errors::location;
use crate::value::Value;

pub(super) fn define(
    lua: &Lua,
    bindings: &Rc<Bindings>,
    arguments: MultiValue,
) -> Result<(), ApiError> {
    if bindings.context()?.phase() != Phase::TopLevel {
        return Err(ApiError::new(
            "colony.state.define is for top-level code: defaults are filled in before mod_loaded",
        )
        .help("move it out of the handler"));
    }
    let value = match arguments.front() {
        Some(defaults) => bindings.copy(defaults, "defaults")?,
        None => None,
    };
    let Some(Value::Map(defaults)) = value else {
        return Err(
            ApiError::new("colony.state.define expects a table of names and defaults")
                .help("for example colony.state.define({ urgent = 0, by_kind = {} })"),
        );
    };
    let mut declarations = bindings.generation.declarations.borrow_mut();
    if let Some((_, earlier)) = &declarations.shape {
        return Err(ApiError::new(format!(
            "the state was already defined: {}",
            at(earlier.as_ref()).trim_end_matches(": ")
        )));
    }
    declarations.shape = Some((defaults, location(lua)));
    Ok(())
}

pub(super) fn migrate(
    lua: &Lua,
    bindings: &Rc<Bindings>,
    arguments: MultiValue,
) -> Result<(), ApiError> {
    if bindings.context()?.phase() != Phase::TopLevel {
        return Err(ApiError::new(
            "colony.state.migrate is for top-level code: migrations run before mod_loaded",
        ));
    }
    let range = text(&arguments, 0, "state.migrate", "range")?;
    let function = handler_argument(&arguments, &format!("the migration `{range}`"))?;
    let parsed = VersionReq::parse(&range).map_err(|error| {
        ApiError::new(format!("`{range}` is not a range of versions: {error}"))
            .help("for example \"<1.1.0\" or \">=1.0.0, <2.0.0\"")
    })?;
    let declaration = MigrationDeclaration {
        range: parsed,
        text: range,
        location: location(lua),
    };
    bindings
        .generation
        .declarations
        .borrow_mut()
        .migrations
        .push(declaration);
    bindings.functions.borrow_mut().migrations.push(function);
    Ok(())
}

pub(super) fn get_mod_state(
    lua: &Lua,
    bindings: &Rc<Bindings>,
    arguments: MultiValue,
) -> Result<mlua::Value, ApiError> {
    let id = text(&arguments, 0, "state.get_mod_state", "mod_id")?;
    let state = bindings
        .context()?
        .get_mod_state(&bindings.generation, &id)?;
    bindings.to_lua(lua, state.as_ref())
}

pub(super) fn save_mod_state(
    _: &Lua,
    bindings: &Rc<Bindings>,
    arguments: MultiValue,
) -> Result<(), ApiError> {
    let id = text(&arguments, 0, "state.save_mod_state", "mod_id")?;
    let value = match arguments.get(1) {
        Some(state) => bindings.copy(state, "state")?,
        None => None,
    };
    let Some(value) = value else {
        return Err(ApiError::new(
            "colony.state.save_mod_state expects a state, found nil",
        ));
    };
    bindings
        .context()?
        .save_mod_state(&bindings.generation, &id, value)
}
