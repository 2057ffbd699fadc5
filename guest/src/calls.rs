//! Functions of the host that take or give values of any shape, for whatever serde knows.

/// Events of mods, and handlers that are switched on and off.
pub mod events {
    use serde::Serialize;

    use crate::bindings::colony::modding::{events, types};
    use crate::error::{Error, Result};
    use crate::instance::handler_number;
    use crate::tree::to_tree;

    /// Emits an event of this mod's own, named `mod_id:name`; mods hear it in the next delivery.
    ///
    /// # Errors
    /// A payload that is no value, and what the host refuses.
    #[track_caller]
    pub fn emit(name: &str, payload: &(impl Serialize + ?Sized)) -> Result {
        Ok(events::emit(name, &to_tree(payload)?)?)
    }

    /// Switches a handler on that was declared while the mod loaded.
    ///
    /// # Errors
    /// No such handler.
    #[track_caller]
    pub fn switch_on(event: &str, key: Option<&str>) -> Result {
        let Some(number) = handler_number(event, key) else {
            let key = key.map_or(String::new(), |key| format!(" with the key `{key}`"));
            return Err(
                Error::new(format!("no handler for `{event}`{key} was declared"))
                    .help("declare it in `load`, with `enabled: Some(false)`"),
            );
        };
        let options = types::HandlerOptions {
            key: key.map(str::to_owned),
            priority: None,
            enabled: None,
        };
        Ok(events::register(event, number, Some(&options))?)
    }

    /// Switches a handler off until it is switched on again.
    ///
    /// # Errors
    /// No such handler.
    #[track_caller]
    pub fn switch_off(event: &str, key: Option<&str>) -> Result {
        Ok(events::unregister(event, key)?)
    }
}

/// Functions of other mods.
pub mod mods {
    use std::panic::Location;

    use serde::Serialize;
    use serde::de::DeserializeOwned;

    use crate::bindings::colony::modding::{mods, types::Tree};
    use crate::error::Result;
    use crate::tree::{from_tree, to_tree};

    /// Calls a function that another mod offers with a tuple of arguments; the mod must be among the manifest's dependencies. Where
    /// it gives back nothing, the result is `()` or `None`.
    ///
    /// # Errors
    /// What the function raised, a result of another shape, and what the host refuses.
    #[track_caller]
    pub fn call<R: DeserializeOwned>(
        mod_id: &str,
        name: &str,
        arguments: &impl Arguments,
    ) -> Result<R> {
        let at = Location::caller();
        let arguments = arguments.trees().map_err(|error| error.at(at))?;
        let results = mods::call(mod_id, name, &arguments)?;
        from_tree(results.into_iter().next().unwrap_or_default())
    }

    /// A tuple of up to four arguments.
    pub trait Arguments {
        /// A tree for each.
        ///
        /// # Errors
        /// An argument that is no value.
        fn trees(&self) -> Result<Vec<Tree>>;
    }

    macro_rules! arguments {
        ($($name:ident)*) => {
            impl<$($name: Serialize),*> Arguments for ($($name,)*) {
                #[allow(non_snake_case, reason = "a variable is named as its type")]
                fn trees(&self) -> Result<Vec<Tree>> {
                    let ($($name,)*) = self;
                    Ok(vec![$(to_tree($name)?),*])
                }
            }
        };
    }

    arguments! {}
    arguments! { A }
    arguments! { A B }
    arguments! { A B C }
    arguments! { A B C D }
}

/// Ticks and timers.
pub mod time {
    use serde::Serialize;

    pub use crate::bindings::colony::modding::time::{cancel, get_current_tick};

    use crate::bindings::colony::modding::{time, types::FunctionOrValue};
    use crate::error::Result;
    use crate::tree::to_tree;

    /// Starts a timer that was declared while the mod loaded, to fire once after so many ticks, with a value.
    ///
    /// # Errors
    /// No such timer, and what else the host refuses.
    #[track_caller]
    pub fn after(name: &str, ticks: i64, value: &(impl Serialize + ?Sized)) -> Result {
        let value = FunctionOrValue::Value(to_tree(value)?);
        Ok(time::after(name, ticks, Some(&value))?)
    }

    /// The same, to fire every so many ticks.
    ///
    /// # Errors
    /// As for [`after`].
    #[track_caller]
    pub fn every(name: &str, ticks: i64, value: &(impl Serialize + ?Sized)) -> Result {
        let value = FunctionOrValue::Value(to_tree(value)?);
        Ok(time::every(name, ticks, Some(&value))?)
    }
}

/// The mod's own configuration: what `config.toml` says, or the default of `mod.toml`. A key that is read in
/// [`Mod::load`](crate::Mod::load) makes a change of the configuration reload the mod.
pub mod config {
    use crate::bindings::colony::modding::{config, types::BooleanOrNumberOrText};
    use crate::error::{Error, Result};

    /// A truth value.
    ///
    /// # Errors
    /// A key that the manifest does not have, and a value of another kind.
    #[track_caller]
    pub fn boolean(key: &str) -> Result<bool> {
        match config::get(key)? {
            BooleanOrNumberOrText::Boolean(value) => Ok(value),
            _ => Err(another_kind(key, "true or false")),
        }
    }

    /// A whole number.
    ///
    /// # Errors
    /// As for [`boolean`], and a number with a fraction.
    #[track_caller]
    pub fn integer(key: &str) -> Result<i64> {
        match config::get(key)? {
            // Whole numbers of a configuration are within 2^53 of 0, where this is exact.
            BooleanOrNumberOrText::Number(value) if (value as i64) as f64 == value => {
                Ok(value as i64)
            }
            _ => Err(another_kind(key, "a whole number")),
        }
    }

    /// A number.
    ///
    /// # Errors
    /// As for [`boolean`].
    #[track_caller]
    pub fn number(key: &str) -> Result<f64> {
        match config::get(key)? {
            BooleanOrNumberOrText::Number(value) => Ok(value),
            _ => Err(another_kind(key, "a number")),
        }
    }

    /// A text.
    ///
    /// # Errors
    /// As for [`boolean`].
    #[track_caller]
    pub fn text(key: &str) -> Result<String> {
        match config::get(key)? {
            BooleanOrNumberOrText::Text(value) => Ok(value),
            _ => Err(another_kind(key, "a text")),
        }
    }

    #[cold]
    #[track_caller]
    fn another_kind(key: &str, expected: &str) -> Error {
        Error::new(format!("`{key}` of the configuration is not {expected}"))
    }
}
