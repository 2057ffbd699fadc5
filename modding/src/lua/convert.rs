//! Values between Lua and the one value tree.

use std::collections::BTreeMap;

use mlua::{Lua, Table};

use crate::context::{Meter, made_text};
use crate::limits::{COPIED_BYTES_PER_STEP, LONG_TEXT_BYTES, VALUE_DEPTH_MAX};
use crate::value::Value;

use super::storage::StorageProxy;

/// Why a Lua value cannot leave its virtual machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Unsaveable {
    /// Where in the value: `jobs[3].callback`; empty for the value itself.
    pub(super) path: String,
    /// What stands there, and what to do.
    pub(super) problem: String,
}

impl Unsaveable {
    /// For example `state.jobs[3].callback: a function cannot be saved`.
    pub(super) fn message(&self, subject: &str) -> String {
        let separator = if self.path.is_empty() || self.path.starts_with('[') {
            ""
        } else {
            "."
        };
        format!("{subject}{separator}{}: {}", self.path, self.problem)
    }
}

/// A copy of a Lua value, paid for by the running call; `nil` is `None`.
pub(super) fn from_lua(value: &mlua::Value, meter: &Meter) -> Result<Option<Value>, Unsaveable> {
    Walk {
        meter,
        path: Vec::new(),
        above: Vec::new(),
    }
    .value(value)
}

/// A copy of a value for Lua.
pub(super) fn to_lua(lua: &Lua, value: &Value) -> mlua::Result<mlua::Value> {
    Ok(match value {
        Value::Boolean(boolean) => mlua::Value::Boolean(*boolean),
        Value::Integer(number) => mlua::Value::Number(*number as f64),
        Value::Number(number) => mlua::Value::Number(*number),
        Value::Text(text) => mlua::Value::String(text_to_lua(lua, text)?),
        Value::List(list) => {
            let table = lua.create_table_with_capacity(list.len(), 0)?;
            for inner in list {
                table.raw_push(to_lua(lua, inner)?)?;
            }
            mlua::Value::Table(table)
        }
        Value::Map(map) => mlua::Value::Table(map_to_lua(lua, map)?),
    })
}

/// A text for Lua. A long one weighs on the call by its length, whether or not the interpreter still has it from an earlier one.
pub(super) fn text_to_lua(lua: &Lua, text: &str) -> mlua::Result<mlua::LuaString> {
    if text.len() > LONG_TEXT_BYTES {
        made_text(text.len());
    }
    lua.create_string(text)
}

/// A copy of an optional value for Lua.
pub(super) fn optional_to_lua(lua: &Lua, value: Option<&Value>) -> mlua::Result<mlua::Value> {
    value.map_or(Ok(mlua::Value::Nil), |value| to_lua(lua, value))
}

fn map_to_lua(lua: &Lua, map: &BTreeMap<String, Value>) -> mlua::Result<Table> {
    let table = lua.create_table_with_capacity(0, map.len())?;
    for (key, inner) in map {
        table.raw_set(key.as_str(), to_lua(lua, inner)?)?;
    }
    Ok(table)
}

struct Walk<'a> {
    meter: &'a Meter,
    path: Vec<String>,
    above: Vec<*const std::ffi::c_void>,
}

impl Walk<'_> {
    fn value(&mut self, value: &mlua::Value) -> Result<Option<Value>, Unsaveable> {
        match value {
            mlua::Value::Nil => Ok(None),
            mlua::Value::Boolean(boolean) => {
                self.pay(1)?;
                Ok(Some(Value::Boolean(*boolean)))
            }
            mlua::Value::Integer(number) => self.number(*number as f64),
            mlua::Value::Number(number) => self.number(*number),
            mlua::Value::String(text) => match text.to_str() {
                Ok(text) => {
                    self.pay(text.len() as u64)?;
                    Ok(Some(Value::text(&*text)))
                }
                Err(_) => Err(self.problem("a string that is not UTF-8 cannot be saved")),
            },
            mlua::Value::Table(table) => self.table(table).map(Some),
            mlua::Value::UserData(data) => match data.borrow::<StorageProxy>() {
                Ok(proxy) => {
                    let copy = proxy.copy().map_err(|error| self.problem(&error.message))?;
                    self.pay(copy.bytes())?;
                    Ok(Some(copy))
                }
                Err(_) => Err(self.problem("a value of this kind cannot be saved")),
            },
            other => Err(self.problem(&format!("a {} cannot be saved", other.type_name()))),
        }
    }

    fn number(&self, number: f64) -> Result<Option<Value>, Unsaveable> {
        self.pay(1)?;
        Value::from_f64(number)
            .map(Some)
            .map_err(|error| self.problem(&error.to_string()))
    }

    fn table(&mut self, table: &Table) -> Result<Value, Unsaveable> {
        self.pay(COPIED_BYTES_PER_STEP)?;
        let address = table.to_pointer();
        if self.above.contains(&address) {
            return Err(self.problem("a table that contains itself cannot be saved"));
        }
        if self.above.len() >= VALUE_DEPTH_MAX {
            return Err(self.problem(&format!(
                "tables are nested more than {VALUE_DEPTH_MAX} deep"
            )));
        }
        if table.metatable().is_some() {
            return Err(self.problem(
                "a table with a metatable cannot be saved: copy its fields into a plain table",
            ));
        }
        self.above.push(address);
        let result = self.entries(table);
        self.above.pop();
        result
    }

    fn entries(&mut self, table: &Table) -> Result<Value, Unsaveable> {
        let length = table.raw_len();
        let mut list = Vec::with_capacity(length);
        for position in 1..=length {
            self.path.push(format!("[{position}]"));
            let inner: mlua::Value = table
                .raw_get(position)
                .map_err(|error| self.problem(&error.to_string()))?;
            match self.value(&inner)? {
                Some(value) => list.push(value),
                None => {
                    return Err(self.problem(
                        "a list with a hole cannot be saved: use names, for example tostring(id)",
                    ));
                }
            }
            self.path.pop();
        }
        let mut map = BTreeMap::new();
        for entry in table.pairs::<mlua::Value, mlua::Value>() {
            let (key, inner) = entry.map_err(|error| self.problem(&error.to_string()))?;
            let name = match self.name(&key, length)? {
                Some(name) => name,
                None => continue,
            };
            self.path.push(format!(".{name}"));
            if let Some(value) = self.value(&inner)? {
                map.insert(name, value);
            }
            self.path.pop();
        }
        match (list.is_empty(), map.is_empty()) {
            (false, true) => Ok(Value::List(list)),
            (true, _) => Ok(Value::Map(map)),
            (false, false) => Err(self.problem("a table with both positions and names cannot be saved: keep the list in a field of its own")),
        }
    }

    /// The name that a key is, or `None` for a position of the list.
    fn name(&self, key: &mlua::Value, length: usize) -> Result<Option<String>, Unsaveable> {
        match key {
            mlua::Value::String(text) => match text.to_str() {
                Ok(text) => Ok(Some(text.to_owned())),
                Err(_) => Err(self.problem("a key that is not UTF-8 cannot be saved")),
            },
            mlua::Value::Integer(number) if *number >= 1 && *number as usize <= length => Ok(None),
            mlua::Value::Number(number) if number.fract() == 0.0 && *number >= 1.0 && *number as usize <= length => Ok(None),
            mlua::Value::Integer(_) | mlua::Value::Number(_) => Err(self.problem(
                "a table with numbers as keys that are not 1, 2, 3... cannot be saved: use names, for example tostring(id)",
            )),
            other => Err(self.problem(&format!("a key that is a {} cannot be saved: use names", other.type_name()))),
        }
    }

    fn pay(&self, bytes: u64) -> Result<(), Unsaveable> {
        let paid = self.meter.charge(bytes);
        paid.map_err(|_| self.problem("the value is too large to be copied"))
    }

    fn problem(&self, problem: &str) -> Unsaveable {
        let path = self.path.concat();
        Unsaveable {
            path: path.strip_prefix('.').unwrap_or(&path).to_owned(),
            problem: problem.to_owned(),
        }
    }
}
