//! `colony.events`.

use std::rc::Rc;

use mlua::{Lua, MultiValue};

use super::{Bindings, handler_argument, text};
use crate::api::ApiError;

pub(super) fn register(
    lua: &Lua,
    bindings: &Rc<Bindings>,
    arguments: MultiValue,
) -> Result<(), ApiError> {
    let name = text(&arguments, 0, "events.register", "name")?;
    let function = handler_argument(&arguments, &format!("the handler of `{name}`"))?;
    let options = match arguments.get(2) {
        Some(options) => bindings.copy(options, "options")?,
        None => None,
    };
    let handlers = &bindings.functions;
    let is_declared = |at| handlers.borrow().handlers.get(&at) == Some(&function);
    let declared = bindings.call(lua, |call| call.register(name, options, is_declared))?;
    if let Some(position) = declared {
        handlers.borrow_mut().handlers.insert(position, function);
    }
    Ok(())
}

pub(super) fn unregister(
    lua: &Lua,
    bindings: &Rc<Bindings>,
    arguments: MultiValue,
) -> Result<(), ApiError> {
    let name = text(&arguments, 0, "events.unregister", "name")?;
    let key = match arguments.get(1) {
        None | Some(mlua::Value::Nil) => None,
        Some(_) => Some(text(&arguments, 1, "events.unregister", "key")?),
    };
    bindings.call(lua, |call| call.unregister(name, key))
}

pub(super) fn emit(
    _: &Lua,
    bindings: &Rc<Bindings>,
    arguments: MultiValue,
) -> Result<(), ApiError> {
    let name = text(&arguments, 0, "events.emit", "name")?;
    let payload = match arguments.get(1) {
        Some(value) => bindings.copy(value, "payload")?,
        None => None,
    };
    bindings
        .context()?
        .emit(&bindings.generation, &name, payload)
}
