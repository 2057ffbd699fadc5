//! `colony.mods`: functions of other mods, which copy values and are found at the moment of the call.

use std::rc::Rc;

use mlua::{Function, Lua, MultiValue, Variadic};

use super::{Bindings, bind, handler_argument, text};
use crate::api::ApiError;

pub(super) fn export(
    lua: &Lua,
    bindings: &Rc<Bindings>,
    arguments: MultiValue,
) -> Result<(), ApiError> {
    let name = text(&arguments, 0, "mods.export", "name")?;
    let function = handler_argument(&arguments, &format!("the exported function `{name}`"))?;
    bindings.call(lua, |call| call.export(&name))?;
    bindings
        .functions
        .borrow_mut()
        .exports
        .insert(name, function);
    Ok(())
}

pub(super) fn mods_get(
    lua: &Lua,
    bindings: &Rc<Bindings>,
    exports_of: Function,
) -> mlua::Result<Function> {
    bind(lua, bindings, move |_, bindings, arguments| {
        let id = text(&arguments, 0, "mods.get", "mod_id")?;
        bindings.context()?.dependency(&bindings.generation, &id)?;
        exports_of
            .call::<mlua::Value>(id)
            .map_err(|error| ApiError::new(error.to_string()))
    })
}

/// `host.call_export(mod_id, name, ...)`.
pub(in crate::lua) fn call_export(lua: &Lua, bindings: &Rc<Bindings>) -> mlua::Result<Function> {
    bind(lua, bindings, |lua, bindings, arguments| {
        let mod_id = text(&arguments, 0, "mods.get", "mod_id")?;
        let name = text(&arguments, 1, "mods.get", "name")?;
        let values = arguments.iter().skip(2).enumerate().map(|(at, value)| {
            bindings.copy(value, &format!("argument {} of {mod_id}.{name}", at + 1))
        });
        let values = values.collect::<Result<Vec<_>, _>>()?;
        let results =
            bindings
                .context()?
                .call_export(&bindings.generation, &mod_id, &name, &values)?;
        let results = results
            .iter()
            .map(|value| bindings.to_lua(lua, value.as_ref()));
        results.collect::<Result<Variadic<mlua::Value>, ApiError>>()
    })
}
