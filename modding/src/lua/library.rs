//! What the host gives to the prelude: functions that Luau lacks, or has in a form that differs between machines.

use std::rc::Rc;

use memchr::memmem;
use mlua::{Function, Lua, LuaString, Table};

use crate::api::ApiError;
use crate::context::made_text;
use crate::limits::{
    FREE_ELEMENTS, MEMORY_BYTES_PER_CALL_MAX, PATTERN_BYTES_MAX, TEXT_BYTES_MAX, VALUES_MAX,
};
use crate::value::INTEGER_MAGNITUDE_MAX;

use super::bindings::{Bindings, bind, call_export, log_function, shown};
use super::errors::{error_text, location, raise};
use super::storage::StorageProxy;

/// Bytes of an element of a table's list.
const ELEMENT_BYTES: usize = 16;

/// The functions that the prelude is given.
pub(super) fn host_table(lua: &Lua, bindings: &Rc<Bindings>) -> mlua::Result<Table> {
    let host = lua.create_table()?;
    host.raw_set(
        "print",
        log_function(lua, bindings, crate::context::LogLevel::Info)?,
    )?;
    host.raw_set("shown", shown(lua, bindings)?)?;
    host.raw_set("call_export", call_export(lua, bindings)?)?;
    host.raw_set("random", random(lua, bindings)?)?;
    host.raw_set(
        "storage_keys",
        lua.create_function(|lua, proxy: mlua::UserDataRef<StorageProxy>| proxy.keys(lua))?,
    )?;
    let insert =
        |lua: &Lua, (proxy, index, value): (mlua::UserDataRef<StorageProxy>, i64, mlua::Value)| {
            proxy.insert(lua, index, &value)
        };
    host.raw_set("storage_insert", lua.create_function(insert)?)?;
    let remove = |lua: &Lua, (proxy, index): (mlua::UserDataRef<StorageProxy>, i64)| {
        proxy.remove(lua, index)
    };
    host.raw_set("storage_remove", lua.create_function(remove)?)?;
    let copy = |lua: &Lua, proxy: mlua::UserDataRef<StorageProxy>| {
        let value = proxy.copy().map_err(|error| raise(lua, error))?;
        super::convert::to_lua(lua, &value)
    };
    host.raw_set("storage_copy", lua.create_function(copy)?)?;
    let error_text = |lua: &Lua, problem: mlua::Value| match error_text(&problem) {
        Some(text) => lua.create_string(text).map(mlua::Value::String),
        None => Ok(problem),
    };
    host.raw_set("error_text", lua.create_function(error_text)?)?;
    host.raw_set("pass_on_bound", pass_on_bound(lua, bindings)?)?;
    let has_text = |_: &Lua, value: mlua::Value| has_metamethod(&value, &["__tostring"]);
    host.raw_set("has_text", lua.create_function(has_text)?)?;
    let iterates = |_: &Lua, value: mlua::Value| has_metamethod(&value, &["__iter", "__call"]);
    host.raw_set("iterates_by_itself", lua.create_function(iterates)?)?;
    let is_storage = |_: &Lua, value: mlua::Value| {
        Ok(matches!(value, mlua::Value::UserData(data) if data.is::<StorageProxy>()))
    };
    host.raw_set("is_storage", lua.create_function(is_storage)?)?;
    host.raw_set("charge", charge(lua, bindings)?)?;
    host.raw_set("find_plain", lua.create_function(find_plain)?)?;
    host.raw_set("refuse_text", refuse_text(lua)?)?;
    let made = |_: &Lua, bytes: f64| {
        made_text(bytes as usize);
        Ok(())
    };
    host.raw_set("made_text", lua.create_function(made)?)?;
    host.raw_set("elements_max", MEMORY_BYTES_PER_CALL_MAX / ELEMENT_BYTES)?;
    host.raw_set("free_elements", FREE_ELEMENTS)?;
    host.raw_set("pattern_bytes_max", PATTERN_BYTES_MAX)?;
    host.raw_set("values_max", VALUES_MAX)?;
    numbers(lua, &host)?;
    let traversed = bindings.traversed.clone();
    let traversal_began = move |_: &Lua, ()| {
        traversed.set(true);
        Ok(())
    };
    host.raw_set("traversal_began", lua.create_function(traversal_began)?)?;
    Ok(host)
}

/// Ends the call again after an error was caught, where it has run into a bound that a mod must not catch.
fn pass_on_bound(lua: &Lua, bindings: &Rc<Bindings>) -> mlua::Result<Function> {
    let bindings = bindings.clone();
    lua.create_function(move |lua, (): ()| {
        let context = bindings.context().map_err(|error| raise(lua, error))?;
        match context.meter().exhausted() {
            Some(bound) => Err(mlua::Error::runtime(context.bound_error(bound).message)),
            None => Ok(()),
        }
    })
}

/// `math.random`, from the mod's stream: a fraction in [0, 1), or a whole number from 1 or from `low`.
fn random(lua: &Lua, bindings: &Rc<Bindings>) -> mlua::Result<Function> {
    bind(lua, bindings, |_, bindings, arguments| {
        let bound = |at: usize| match arguments.get(at) {
            Some(mlua::Value::Integer(number)) => Ok(*number),
            Some(mlua::Value::Number(number))
                if number.fract() == 0.0 && number.abs() <= INTEGER_MAGNITUDE_MAX as f64 =>
            {
                Ok(*number as i64)
            }
            other => Err(ApiError::new(format!(
                "math.random expects whole numbers, found {}",
                other.map_or("nothing", mlua::Value::type_name)
            ))),
        };
        let (low, high) = match arguments.len() {
            0 => {
                let bits = bindings.context()?.draw(&bindings.generation) >> 11;
                return Ok(mlua::Value::Number(bits as f64 / (1u64 << 53) as f64));
            }
            1 => (1, bound(0)?),
            _ => (bound(0)?, bound(1)?),
        };
        let number = bindings
            .context()?
            .draw_integer(&bindings.generation, low, high)?;
        Ok(mlua::Value::Number(number as f64))
    })
}

/// Whether a table's metatable itself has one of these fields.
fn has_metamethod(value: &mlua::Value, names: &[&str]) -> mlua::Result<bool> {
    let Some(metatable) = value.as_table().and_then(Table::metatable) else {
        return Ok(false);
    };
    for name in names {
        if !metatable.raw_get::<mlua::Value>(*name)?.is_nil() {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Refuses a text before it is made that would take what a call may allocate; shorter ones are refused where they are made.
fn refuse_text(lua: &Lua) -> mlua::Result<Function> {
    lua.create_function(|lua, bytes: f64| {
        if bytes as usize <= MEMORY_BYTES_PER_CALL_MAX / 4 {
            return Ok(());
        }
        let error = ApiError::new(format!(
            "a text of {bytes} bytes would be made, {TEXT_BYTES_MAX} are allowed"
        ));
        Err(raise(lua, error))
    })
}

/// Pays steps for what the library does without counting it (I6).
fn charge(lua: &Lua, bindings: &Rc<Bindings>) -> mlua::Result<Function> {
    let context = bindings.context().map_err(|error| raise(lua, error))?;
    let meter = context.meter().clone();
    lua.create_function(move |lua, steps: f64| {
        // A float beyond the range of integers becomes the nearest of them, NaN becomes 0.
        meter.spend(steps as u64).map_err(|_| {
            meter.exhausted_at(|| location(lua));
            mlua::Error::runtime("instruction budget used up")
        })
    })
}

/// `string.find` without patterns, in time that grows with the text and not with the product of both.
fn find_plain(
    _: &Lua,
    (text, wanted, init): (LuaString, LuaString, Option<f64>),
) -> mlua::Result<(Option<usize>, Option<usize>)> {
    let (text, wanted) = (text.as_bytes(), wanted.as_bytes());
    let init = init.unwrap_or(1.0);
    let first = if init < 0.0 {
        init + text.len() as f64 + 1.0
    } else {
        init
    };
    let skipped = first.max(1.0) as usize - 1;
    let found = text
        .get(skipped..)
        .and_then(|rest| memmem::find(rest, &wanted));
    Ok(match found {
        Some(at) => (Some(skipped + at + 1), Some(skipped + at + wanted.len())),
        None => (None, None),
    })
}

type OfOneNumber = fn(f64) -> f64;

/// One-argument functions of the mathematical library, and what they are called in Lua.
const FUNCTIONS: [(&str, OfOneNumber); 12] = [
    ("acos", libm::acos),
    ("asin", libm::asin),
    ("atan", libm::atan),
    ("cos", libm::cos),
    ("cosh", libm::cosh),
    ("exp", libm::exp),
    ("log10", libm::log10),
    ("sin", libm::sin),
    ("sinh", libm::sinh),
    ("tan", libm::tan),
    ("tanh", libm::tanh),
    ("log", libm::log),
];

/// The mathematical library, which must not be the machine's: those of two processors differ in the last bit (I1).
fn numbers(lua: &Lua, host: &Table) -> mlua::Result<()> {
    let math = lua.create_table()?;
    for (name, function) in FUNCTIONS {
        let call = move |lua: &Lua, value: mlua::Value| Ok(function(number(lua, &value, name)?));
        math.raw_set(name, lua.create_function(call)?)?;
    }
    let atan2 = |lua: &Lua, (y, x): (mlua::Value, mlua::Value)| {
        Ok(libm::atan2(
            number(lua, &y, "atan2")?,
            number(lua, &x, "atan2")?,
        ))
    };
    math.raw_set("atan2", lua.create_function(atan2)?)?;
    host.raw_set("log", math.raw_get::<Function>("log")?)?;
    math.raw_set("log", mlua::Nil)?;
    let log2 = |lua: &Lua, value: mlua::Value| Ok(libm::log2(number(lua, &value, "log")?));
    host.raw_set("log2", lua.create_function(log2)?)?;
    let power = |lua: &Lua, (base, exponent): (mlua::Value, mlua::Value)| {
        Ok(libm::pow(
            number(lua, &base, "pow")?,
            number(lua, &exponent, "pow")?,
        ))
    };
    host.raw_set("power", lua.create_function(power)?)?;
    host.raw_set("math", math)
}

/// An argument of a function of the mathematical library; text that is a number counts as one, as everywhere in Lua.
fn number(lua: &Lua, value: &mlua::Value, function: &str) -> mlua::Result<f64> {
    let number = match value {
        mlua::Value::Nil => None,
        value => lua.coerce_number(value.clone())?,
    };
    number.ok_or_else(|| {
        let found = value.type_name();
        raise(
            lua,
            ApiError::new(format!("math.{function} expects a number, found {found}")),
        )
    })
}
