//! `colony.events`: handlers are declared while a mod loads, and only switched later.

use super::GuestCall;
use crate::api::{ApiError, BATCHED, event, event_names};
use crate::context::{Phase, at, require_short};
use crate::diagnostic::nearest;
use crate::generation::HandlerDeclaration;
use crate::runtime::Language;
use crate::state::HandlerName;
use crate::value::Value;

/// The key of a handler that was registered without one.
const KEY_DEFAULT: &str = "default";

impl GuestCall<'_> {
    /// Declares a handler and returns its position, under which the language keeps its function; or, once the mod has loaded, switches
    /// the declared one on. `is_declared` says whether the function is the one that was declared at a position.
    ///
    /// # Errors
    /// An unknown event, options that are none, another function than the declared one.
    pub(crate) fn register(
        &self,
        name: String,
        options: Option<Value>,
        is_declared: impl FnOnce(usize) -> bool,
    ) -> Result<Option<usize>, ApiError> {
        known_event(&name)?;
        require_short(&name, "the name of an event")?;
        let options = handler_options(options)?;
        let handler: HandlerName = (name, options.key.unwrap_or_else(|| KEY_DEFAULT.to_owned()));
        require_short(&handler.1, "the key of a handler")?;
        let generation = self.generation;
        let known = generation.declarations.borrow().position(&handler);
        if !self.context.is_loading() {
            if !known.is_some_and(is_declared) {
                return Err(ApiError::new(format!(
                    "no handler of `{}` with key {:?} and this function was declared while the mod loaded",
                    handler.0, handler.1
                ))
                .help("register it in top-level code, with `enabled = false` if it is to start later: a reload must find it by its name"));
            }
            self.context.set_subscription(generation, &handler, true);
            return Ok(None);
        }
        let declaration = HandlerDeclaration {
            name: handler,
            priority: options.priority,
            enabled: options.enabled,
            language: self.language,
            location: (self.location)(),
        };
        let mut declarations = generation.declarations.borrow_mut();
        let position = known.unwrap_or(declarations.handlers().len());
        let line = at(declaration.location.as_ref());
        if let Some(replaced) = declarations.declare_handler(declaration) {
            // A handler is (mod, event, key): the second of the same name replaces the first (seed-corrections 52).
            let (event, key) = &replaced.name;
            let earlier = replaced
                .location
                .as_ref()
                .map_or(String::new(), |earlier| format!(" (was {earlier})"));
            let how = match self.language {
                Language::Lua => {
                    format!("colony.events.register(\"{event}\", fn, {{ key = \"...\" }})")
                }
                Language::Wasm => "`key` in the `handler-options` of `events.register`".to_owned(),
            };
            let warning = format!(
                "{line}the handler of `{event}` with key {key:?} replaces an earlier one{earlier}; give each a key of its own: {how}"
            );
            declarations.warnings.push(warning);
        }
        Ok(Some(position))
    }

    /// Switches a declared handler off.
    ///
    /// # Errors
    /// An event or a handler that there is not, a call in top-level code.
    pub(crate) fn unregister(&self, name: String, key: Option<String>) -> Result<(), ApiError> {
        known_event(&name)?;
        let handler = (name, key.unwrap_or_else(|| KEY_DEFAULT.to_owned()));
        let declared = self.generation.declarations.borrow().position(&handler);
        if declared.is_none() {
            return Err(ApiError::new(format!(
                "no handler of `{}` with key {:?} was declared",
                handler.0, handler.1
            )));
        }
        if self.context.phase() == Phase::TopLevel {
            let error = ApiError::new(
                "colony.events.unregister is not for top-level code: the state is restored after it has run",
            );
            return Err(error.help("declare the handler with `enabled = false`"));
        }
        self.context
            .set_subscription(self.generation, &handler, false);
        Ok(())
    }
}

/// Refuses the name of an event that there is not.
///
/// # Errors
/// With the nearest name.
pub(crate) fn known_event(name: &str) -> Result<(), ApiError> {
    if event(name).is_some() || name.contains(':') {
        return Ok(());
    }
    let error = ApiError::new(format!("there is no event `{name}`"));
    if let Some(single) = name
        .strip_suffix("_batch")
        .filter(|name| event(name).is_some())
    {
        let all = BATCHED.join(", ");
        return Err(error.help(format!(
            "`{single}` is heard one by one; all of a tick at once can be heard of {all}"
        )));
    }
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

fn handler_options(options: Option<Value>) -> Result<HandlerOptions, ApiError> {
    let mut parsed = HandlerOptions {
        enabled: true,
        ..HandlerOptions::default()
    };
    let map = match options {
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
