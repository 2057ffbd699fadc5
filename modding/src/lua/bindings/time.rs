//! `colony.time`.

use std::rc::Rc;

use mlua::{Function, Lua, MultiValue};

use super::{Bindings, handler_argument, text};
use crate::api::ApiError;
use crate::bindings::timer_function;

pub(super) fn timer(
    lua: &Lua,
    bindings: &Rc<Bindings>,
    arguments: MultiValue,
    repeat: bool,
) -> Result<(), ApiError> {
    let name = text(&arguments, 0, timer_function(repeat), "name")?;
    let ticks = arguments.get(1).map(|ticks| bindings.copy(ticks, "ticks"));
    let ticks = ticks.and_then(Result::ok).flatten();
    let ticks = bindings.call(lua, |call| call.timer_ticks(ticks.as_ref(), repeat))?;
    let third = arguments.get(2).cloned().unwrap_or(mlua::Value::Nil);
    if let mlua::Value::Function(function) = third {
        bindings.call(lua, |call| call.start_with_function(&name, ticks, repeat))?;
        keep(bindings, name, function);
        return Ok(());
    }
    bindings.call(lua, |call| call.require_timer(&name, repeat))?;
    let value = bindings.copy(&third, "value")?;
    bindings.call(lua, |call| call.start_timer(&name, ticks, repeat, value))
}

pub(super) fn declare_timer(
    lua: &Lua,
    bindings: &Rc<Bindings>,
    arguments: MultiValue,
) -> Result<(), ApiError> {
    let name = text(&arguments, 0, "time.declare", "name")?;
    let function = handler_argument(&arguments, &format!("the function of timer `{name}`"))?;
    bindings.call(lua, |call| call.declare_unstarted_timer(&name))?;
    keep(bindings, name, function);
    Ok(())
}

fn keep(bindings: &Bindings, timer: String, function: Function) {
    let mut functions = bindings.functions.borrow_mut();
    functions.timers.insert(timer, function);
}

pub(super) fn cancel_timer(
    lua: &Lua,
    bindings: &Rc<Bindings>,
    arguments: MultiValue,
) -> Result<(), ApiError> {
    let name = text(&arguments, 0, "time.cancel", "name")?;
    bindings.call(lua, |call| call.cancel_timer(&name))
}
