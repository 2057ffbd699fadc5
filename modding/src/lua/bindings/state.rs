//! `colony.state`: the shape of the storage, migrations, and the state that a mod saves by hand.

use std::rc::Rc;

use mlua::{Lua, MultiValue};

use super::{Bindings, handler_argument, text};
use crate::api::ApiError;
use crate::value::Value;

pub(super) fn define(
    lua: &Lua,
    bindings: &Rc<Bindings>,
    arguments: MultiValue,
) -> Result<(), ApiError> {
    bindings.call(lua, |call| call.require_top_level_to_define())?;
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
    bindings.call(lua, |call| call.define(defaults))
}

pub(super) fn migrate(
    lua: &Lua,
    bindings: &Rc<Bindings>,
    arguments: MultiValue,
) -> Result<(), ApiError> {
    bindings.call(lua, |call| call.require_top_level_to_migrate())?;
    let range = text(&arguments, 0, "state.migrate", "range")?;
    let function = handler_argument(&arguments, &format!("the migration `{range}`"))?;
    let position = bindings.call(lua, |call| call.migrate(range))?;
    let mut functions = bindings.functions.borrow_mut();
    functions.migrations.insert(position, function);
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
