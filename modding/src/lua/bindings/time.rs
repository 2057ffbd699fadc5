//! `colony.time`: timers have names and functions declared while a mod loads, so that a reload can keep their phase.

use std::rc::Rc;

use mlua::{Function, Lua, MultiValue};

use super::{Bindings, handler_argument, text};
use crate::api::ApiError;
use crate::context::{Context, Phase, require_short};
use crate::diagnostic::nearest;
use crate::generation::{Generation, TimerDeclaration};
use crate::limits::TIMERS_MAX;
use crate::lua::errors::location;
use crate::state::Timer;
use crate::value::Value;

pub(super) fn timer(
    lua: &Lua,
    bindings: &Rc<Bindings>,
    arguments: MultiValue,
    repeat: bool,
) -> Result<(), ApiError> {
    let function = if repeat { "time.every" } else { "time.after" };
    let name = text(&arguments, 0, function, "name")?;
    let ticks = match arguments.get(1).map(|ticks| bindings.copy(ticks, "ticks")) {
        Some(Ok(Some(Value::Integer(ticks)))) if ticks >= 1 => ticks as u64,
        other => {
            let found = match other {
                Some(Ok(Some(value))) => value.to_string(),
                _ => "no number".to_owned(),
            };
            return Err(ApiError::new(format!(
                "`ticks` of colony.{function} must be a whole number from 1, found {found}"
            )));
        }
    };
    let context = bindings.context()?;
    let third = arguments.get(2).cloned().unwrap_or(mlua::Value::Nil);
    if context.is_loading()
        && let mlua::Value::Function(handler) = third
    {
        return declare(lua, bindings, name, handler, Some((ticks, repeat)));
    }
    if matches!(third, mlua::Value::Function(_)) {
        return Err(ApiError::new(format!("the function of timer `{name}` must be declared while the mod loads"))
            .help(format!("write colony.time.declare(\"{name}\", fn) in top-level code, and colony.{function}(\"{name}\", {ticks}) here")));
    }
    require_state(&context, &format!("colony.{function} without a function"))?;
    let generation = &bindings.generation;
    if !generation.declarations.borrow().timers.contains_key(&name) {
        return Err(unknown_timer(generation, &name));
    }
    let value = bindings.copy(&third, "value")?;
    let declared = generation
        .state
        .borrow()
        .held
        .timers
        .get(&name)
        .and_then(|timer| timer.declared);
    let due = Some(context.tick().saturating_add(ticks));
    context.set_timer(
        generation,
        &name,
        Some(Timer {
            due,
            interval: repeat.then_some(ticks),
            declared,
            value,
        }),
    )
}

pub(super) fn declare_timer(
    lua: &Lua,
    bindings: &Rc<Bindings>,
    arguments: MultiValue,
) -> Result<(), ApiError> {
    let name = text(&arguments, 0, "time.declare", "name")?;
    let function = handler_argument(&arguments, &format!("the function of timer `{name}`"))?;
    bindings.require_loading(
        "colony.time.declare declares a timer",
        "move it out of the handler",
    )?;
    declare(lua, bindings, name, function, None)
}

fn declare(
    lua: &Lua,
    bindings: &Rc<Bindings>,
    name: String,
    function: Function,
    start: Option<(u64, bool)>,
) -> Result<(), ApiError> {
    let mut declarations = bindings.generation.declarations.borrow_mut();
    if declarations.timers.contains_key(&name) {
        return Err(
            ApiError::new(format!("timer `{name}` was already declared"))
                .help("give each timer a name of its own"),
        );
    }
    require_short(&name, "the name of a timer")?;
    if declarations.timers.len() >= TIMERS_MAX {
        return Err(ApiError::new(format!(
            "{TIMERS_MAX} timers are the most that a mod may declare"
        )));
    }
    declarations.timers.insert(
        name.clone(),
        TimerDeclaration {
            start,
            location: location(lua),
        },
    );
    bindings
        .functions
        .borrow_mut()
        .timers
        .insert(name, function);
    Ok(())
}

pub(super) fn cancel_timer(
    _: &Lua,
    bindings: &Rc<Bindings>,
    arguments: MultiValue,
) -> Result<(), ApiError> {
    let name = text(&arguments, 0, "time.cancel", "name")?;
    let generation = &bindings.generation;
    if !generation.declarations.borrow().timers.contains_key(&name) {
        return Err(unknown_timer(generation, &name));
    }
    let context = bindings.context()?;
    require_state(&context, "colony.time.cancel")?;
    let running = generation.state.borrow().held.timers.get(&name).cloned();
    match running {
        // Kept without a due tick: a timer that is gone would be started anew by the next reload.
        Some(timer) => context.set_timer(generation, &name, Some(Timer { due: None, ..timer })),
        None => Ok(()),
    }
}

/// Timers run only once the state is there; what top-level code did to them would be overwritten by it.
fn require_state(context: &Context, what: &str) -> Result<(), ApiError> {
    if context.phase() != Phase::TopLevel {
        return Ok(());
    }
    Err(ApiError::new(format!(
        "{what} is not for top-level code: the state is restored after it has run"
    ))
    .help("do it in mod_loaded or in a handler"))
}

fn unknown_timer(generation: &Generation, name: &str) -> ApiError {
    let error = ApiError::new(format!("no timer `{name}` was declared"));
    let declarations = generation.declarations.borrow();
    match nearest(name, declarations.timers.keys().map(String::as_str)) {
        Some(near) => error.help(format!("did you mean `{near}`?")),
        None => error.help(format!(
            "write colony.time.declare(\"{name}\", fn) in top-level code"
        )),
    }
}
