//! `colony.events`: handlers are declared while a mod loads, and only switched later.

use std::rc::Rc;

use mlua::{Lua, MultiValue};

use super::{Bindings, KEY_DEFAULT, handler_argument, text};
use crate::api::{ApiError, event, event_names};
use crate::context::{Phase, at, require_short};
use crate::diagnostic::nearest;
use crate::generation::HandlerDeclaration;
use crate::lua::errors::location;
use crate::state::HandlerName;
use crate::value::Value;

pub(super) fn register(
    lua: &Lua,
    bindings: &Rc<Bindings>,
    arguments: MultiValue,
) -> Result<(), ApiError> {
    let name = text(&arguments, 0, "events.register", "name")?;
    let function = handler_argument(&arguments, &format!("the handler of `{name}`"))?;
    known_event(&name)?;
    require_short(&name, "the name of an event")?;
    let options = handler_options(bindings, arguments.get(2))?;
    let handler: HandlerName = (name, options.key.unwrap_or_else(|| KEY_DEFAULT.to_owned()));
    require_short(&handler.1, "the key of a handler")?;
    let generation = &bindings.generation;
    let known = generation.declarations.borrow().position(&handler);
    if !bindings.context()?.is_loading() {
        let same =
            known.is_some_and(|at| bindings.functions.borrow().handlers.get(at) == Some(&function));
        if !same {
            return Err(ApiError::new(format!(
                "no handler of `{}` with key {:?} and this function was declared while the mod loaded",
                handler.0, handler.1
            ))
            .help("register it in top-level code, with `enabled = false` if it is to start later: a reload must find it by its name"));
        }
        bindings
            .context()?
            .set_subscription(generation, &handler, true);
        return Ok(());
    }
    let location = location(lua);
    let declaration = HandlerDeclaration {
        name: handler,
        priority: options.priority,
        enabled: options.enabled,
        location,
    };
    let mut declarations = generation.declarations.borrow_mut();
    let mut functions = bindings.functions.borrow_mut();
    match known {
        Some(at) => functions.handlers[at] = function,
        None => functions.handlers.push(function),
    }
    let line = at(declaration.location.as_ref());
    if let Some(replaced) = declarations.declare_handler(declaration) {
        // A handler is (mod, event, key): the second of the same name replaces the first (seed-corrections 52).
        let (event, key) = &replaced.name;
        let earlier = replaced
            .location
            .as_ref()
            .map_or(String::new(), |earlier| format!(" (was {earlier})"));
        let warning = format!(
            "{line}the handler of `{event}` with key {key:?} replaces an earlier one{earlier}; give each a key of its own: \
             colony.events.register(\"{event}\", fn, {{ key = \"...\" }})"
        );
        declarations.warnings.push(warning);
    }
    Ok(())
}

pub(super) fn unregister(
    _: &Lua,
    bindings: &Rc<Bindings>,
    arguments: MultiValue,
) -> Result<(), ApiError> {
    let name = text(&arguments, 0, "events.unregister", "name")?;
    let key = match arguments.get(1) {
        None | Some(mlua::Value::Nil) => KEY_DEFAULT.to_owned(),
        Some(_) => text(&arguments, 1, "events.unregister", "key")?,
    };
    known_event(&name)?;
    let handler = (name, key);
    let declared = bindings
        .generation
        .declarations
        .borrow()
        .position(&handler)
        .is_some();
    if !declared {
        return Err(ApiError::new(format!(
            "no handler of `{}` with key {:?} was declared",
            handler.0, handler.1
        )));
    }
    if bindings.context()?.phase() == Phase::TopLevel {
        let error = ApiError::new(
            "colony.events.unregister is not for top-level code: the state is restored after it has run",
        );
        return Err(error.help("declare the handler with `enabled = false`"));
    }
    bindings
        .context()?
        .set_subscription(&bindings.generation, &handler, false);
    Ok(())
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

fn known_event(name: &str) -> Result<(), ApiError> {
    if event(name).is_some() || name.contains(':') {
        return Ok(());
    }
    let error = ApiError::new(format!("there is no event `{name}`"));
    Err(match nearest(name, event_names()) {
        Some(near) => error.help(format!("did you mean `{near}`?")),
        None => error.help("events of other mods are named `mod_id:name`"),
    })
}

#[derive(Default)]
struct HandlerOptions {
    key: Option<String>,
    priority: i64,
    enabled: bool,
}

fn handler_options(
    bindings: &Bindings,
    options: Option<&mlua::Value>,
) -> Result<HandlerOptions, ApiError> {
    let mut parsed = HandlerOptions {
        enabled: true,
        ..HandlerOptions::default()
    };
    let value = match options {
        Some(options) => bindings.copy(options, "options")?,
        None => None,
    };
    let map = match value {
        None => return Ok(parsed),
        Some(Value::Map(map)) => map,
        Some(other) => {
            return Err(ApiError::new(format!(
                "`options` of colony.events.register must be a table, found a {}",
                other.type_name()
            )));
        }
    };
    for (name, value) in map {
        match (name.as_str(), value) {
            ("key", Value::Text(key)) => parsed.key = Some(key),
            ("priority", Value::Integer(priority)) => parsed.priority = priority,
            ("enabled", Value::Boolean(enabled)) => parsed.enabled = enabled,
            (known @ ("key" | "priority" | "enabled"), value) => {
                return Err(ApiError::new(format!(
                    "option `{known}` of colony.events.register cannot be {value}"
                ))
                .help("key is a string, priority a whole number, enabled true or false"));
            }
            (unknown, _) => {
                let error =
                    ApiError::new(format!("colony.events.register has no option `{unknown}`"));
                return Err(match nearest(unknown, ["key", "priority", "enabled"]) {
                    Some(near) => error.help(format!("did you mean `{near}`?")),
                    None => error.help("its options: key, priority, enabled"),
                });
            }
        }
    }
    Ok(parsed)
}
