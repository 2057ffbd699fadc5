//! `colony.storage` as Lua sees it: a table that is not one. Every use goes to the host's tree.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;

use mlua::{AnyUserData, Lua, MetaMethod, UserData, UserDataFields, UserDataMethods};

use crate::api::ApiError;
use crate::error::Location;
use crate::storage::{Change, Key, NodeId, Slot, Storage, StorageError};
use crate::value::Value;

use super::bindings::Bindings;
use super::convert::{from_lua, optional_to_lua, to_lua};
use super::errors::{location, raise};

/// Places of a list that move in the time of one step.
const MOVED_PER_STEP: u64 = 8;

/// A state that a migration works on: a tree apart from the mod's storage, which remembers where it was written.
#[derive(Debug)]
pub(super) struct Scratch {
    pub(super) storage: RefCell<Storage>,
    pub(super) writes: RefCell<BTreeMap<String, Location>>,
}

/// Proxies that the running call has made: a loop reaches for the same table again and again. Forgotten after every call, so
/// that which proxies are one and the same depends on nothing that was before it.
#[derive(Debug, Default)]
pub(super) struct Proxies(RefCell<BTreeMap<NodeId, AnyUserData>>);

impl Proxies {
    fn get_or_make(
        &self,
        node: NodeId,
        make: impl FnOnce() -> mlua::Result<AnyUserData>,
    ) -> mlua::Result<AnyUserData> {
        if let Some(proxy) = self.0.borrow().get(&node) {
            return Ok(proxy.clone());
        }
        let proxy = make()?;
        self.0.borrow_mut().insert(node, proxy.clone());
        Ok(proxy)
    }

    /// The call has ended.
    pub(super) fn forget(&self) {
        if !self.0.borrow().is_empty() {
            self.0.borrow_mut().clear();
        }
    }
}

/// A table of the storage, or of a state under migration.
#[derive(Clone)]
pub(super) struct StorageProxy {
    bindings: Rc<Bindings>,
    scratch: Option<Rc<Scratch>>,
    node: NodeId,
    /// The name below the root under which the table hangs, and its name as a whole, for messages.
    top: Option<Arc<str>>,
    path: Arc<str>,
}

impl StorageProxy {
    /// The mod's storage as a whole.
    pub(super) fn root(bindings: &Rc<Bindings>) -> StorageProxy {
        let node = bindings.generation.state.borrow().storage.root();
        StorageProxy {
            bindings: bindings.clone(),
            scratch: None,
            node,
            top: None,
            path: "colony.storage".into(),
        }
    }

    /// A state under migration as a whole.
    pub(super) fn migration(bindings: &Rc<Bindings>, scratch: &Rc<Scratch>) -> StorageProxy {
        let node = scratch.storage.borrow().root();
        StorageProxy {
            bindings: bindings.clone(),
            scratch: Some(scratch.clone()),
            node,
            top: None,
            path: "state".into(),
        }
    }

    /// Whether this is the whole of that state under migration.
    pub(super) fn is_whole_of(&self, scratch: &Rc<Scratch>) -> bool {
        self.top.is_none()
            && self
                .scratch
                .as_ref()
                .is_some_and(|own| Rc::ptr_eq(own, scratch))
    }

    /// A copy of what the table holds.
    pub(super) fn copy(&self) -> Result<Value, ApiError> {
        self.read(|storage| storage.value(self.node))
    }

    /// The table's keys, in order.
    pub(super) fn keys(&self, lua: &Lua) -> mlua::Result<mlua::Table> {
        let keys = self
            .read(|storage| storage.keys(self.node))
            .map_err(|error| raise(lua, error))?;
        lua.create_sequence_from(
            keys.into_iter()
                .map(|key| match key {
                    Key::Index(index) => Value::Integer(index),
                    Key::Name(name) => Value::Text(name),
                })
                .map(|key| to_lua(lua, &key))
                .collect::<mlua::Result<Vec<_>>>()?,
        )
    }

    /// `table.insert` at a position.
    pub(super) fn insert(&self, lua: &Lua, index: i64, value: &mlua::Value) -> mlua::Result<()> {
        self.pay_for_moving(lua)?;
        let Some(value) = self.saveable(lua, || format!("[{index}]"), value)? else {
            return Ok(());
        };
        self.write(lua, None, |storage| {
            storage
                .insert(self.node, index, &value)
                .map(|change| (change, ()))
        })
    }

    /// `table.remove` at a position.
    pub(super) fn remove(&self, lua: &Lua, index: i64) -> mlua::Result<mlua::Value> {
        self.pay_for_moving(lua)?;
        let slot = self.write(lua, None, |storage| {
            Ok(match storage.remove(self.node, index)? {
                Some((change, slot)) => (Some(change), Some(slot)),
                None => (None, None),
            })
        })?;
        self.slot_to_lua(lua, slot, || format!("[{index}]"), None)
    }

    /// What stands after a position that is inserted or removed moves.
    fn pay_for_moving(&self, lua: &Lua) -> mlua::Result<()> {
        let length = self.read(|storage| storage.len(self.node));
        let context = self.bindings.context();
        let paid = length.and_then(|length| {
            let steps = length as u64 / MOVED_PER_STEP;
            context?
                .meter()
                .spend(steps)
                .map_err(|_| ApiError::new("the budget is used up"))
        });
        paid.map_err(|error| raise(lua, error))
    }

    fn get(&self, lua: &Lua, key: &mlua::Value) -> mlua::Result<mlua::Value> {
        // Most reads are of a scalar by its name, which need not become a key of its own.
        if let mlua::Value::String(text) = key
            && let Ok(name) = text.to_str()
        {
            let slot = self.read(|storage| storage.get_name(self.node, &name));
            return match slot.map_err(|error| raise(lua, error))? {
                Some(Slot::Table(node)) => {
                    let key = Key::Name(name.to_owned());
                    self.slot_to_lua(lua, Some(Slot::Table(node)), || step(&key), Some(&key))
                }
                scalar => self.slot_to_lua(lua, scalar, String::new, None),
            };
        }
        let Ok(key) = storage_key(key) else {
            return Ok(mlua::Value::Nil);
        };
        let slot = self
            .read(|storage| storage.get(self.node, &key))
            .map_err(|error| raise(lua, error))?;
        self.slot_to_lua(lua, slot, || step(&key), Some(&key))
    }

    fn set(&self, lua: &Lua, key: &mlua::Value, value: &mlua::Value) -> mlua::Result<()> {
        let key = storage_key(key)
            .map_err(|problem| raise(lua, ApiError::new(format!("{}: {problem}", self.path))))?;
        let value = self.saveable(lua, || step(&key), value)?;
        let name = if let Key::Name(name) = &key {
            Some(name.clone())
        } else {
            None
        };
        self.write(lua, name.as_deref(), |storage| {
            storage
                .set(self.node, key, value.as_ref())
                .map(|change| (change, ()))
        })
    }

    fn saveable(
        &self,
        lua: &Lua,
        step: impl FnOnce() -> String,
        value: &mlua::Value,
    ) -> mlua::Result<Option<Value>> {
        let context = self.bindings.context().map_err(|error| raise(lua, error))?;
        from_lua(value, context.meter()).map_err(|problem| {
            let subject = format!("{}{}", self.path, step());
            raise(lua, ApiError::new(problem.message(&subject)))
        })
    }

    fn slot_to_lua(
        &self,
        lua: &Lua,
        slot: Option<Slot>,
        step: impl FnOnce() -> String,
        key: Option<&Key>,
    ) -> mlua::Result<mlua::Value> {
        match slot {
            None => Ok(mlua::Value::Nil),
            Some(Slot::Scalar(value)) => optional_to_lua(lua, Some(&value)),
            Some(Slot::Table(node)) => {
                let make = || {
                    let top = match (&self.top, key) {
                        (None, Some(Key::Name(name))) => Some(name.as_str().into()),
                        (top, _) => top.clone(),
                    };
                    let path = format!("{}{}", self.path, step()).into();
                    lua.create_userdata(StorageProxy {
                        bindings: self.bindings.clone(),
                        scratch: self.scratch.clone(),
                        node,
                        top,
                        path,
                    })
                };
                // What is in a list can move, and its path with it.
                let moves = self.path.contains('[') || !matches!(key, Some(Key::Name(_)));
                let proxy = if self.scratch.is_some() || moves {
                    make()?
                } else {
                    self.bindings.proxies.get_or_make(node, make)?
                };
                Ok(mlua::Value::UserData(proxy))
            }
        }
    }

    fn read<T>(
        &self,
        read: impl FnOnce(&Storage) -> Result<T, StorageError>,
    ) -> Result<T, ApiError> {
        let result = match &self.scratch {
            Some(scratch) => read(&scratch.storage.borrow()),
            None => {
                self.bindings.context()?.require_storage()?;
                read(&self.bindings.generation.state.borrow().storage)
            }
        };
        result.map_err(|error| ApiError::new(format!("{}: {error}", self.path)))
    }

    /// The path below the root, of the table or of a name in it: `jobs.3.kind`.
    fn dotted_path(&self, name: Option<&str>) -> String {
        let table = self.path.trim_start_matches("colony.storage");
        let table = table.replace('[', ".").replace(']', "");
        let name = name.map_or(String::new(), |name| format!(".{name}"));
        format!("{table}{name}").trim_start_matches('.').to_owned()
    }

    fn write<T>(
        &self,
        lua: &Lua,
        name: Option<&str>,
        write: impl FnOnce(&mut Storage) -> Result<(Option<Change>, T), StorageError>,
    ) -> mlua::Result<T> {
        let Some(scratch) = &self.scratch else {
            let context = self.bindings.context().map_err(|error| raise(lua, error))?;
            let result = context
                .change_storage(&self.bindings.generation, write)
                .map_err(|error| {
                    raise(
                        lua,
                        ApiError {
                            message: format!("{}: {}", self.path, error.message),
                            ..error
                        },
                    )
                })?;
            context.note_write(
                &self.bindings.generation,
                || location(lua),
                |trace, by| trace.write_state(self.dotted_path(name), by),
            );
            return Ok(result);
        };
        let (change, result) = write(&mut scratch.storage.borrow_mut())
            .map_err(|error| raise(lua, ApiError::new(format!("{}: {error}", self.path))))?;
        if let Some(change) = change {
            scratch.storage.borrow_mut().accept(change);
        }
        if let (Some(top), Some(location)) = (self.top.as_deref().or(name), location(lua)) {
            scratch.writes.borrow_mut().insert(top.to_owned(), location);
        }
        Ok(result)
    }
}

impl UserData for StorageProxy {
    fn add_fields<F: UserDataFields<Self>>(fields: &mut F) {
        // What messages of the interpreter call it.
        fields.add_meta_field(MetaMethod::Type, "storage");
    }

    fn add_methods<M: UserDataMethods<Self>>(methods: &mut M) {
        methods.add_meta_method(MetaMethod::Index, |lua, proxy, key: mlua::Value| {
            if proxy.bindings.loads_script.get() {
                return Ok(mlua::Value::Nil);
            }
            proxy.get(lua, &key)
        });
        methods.add_meta_method(
            MetaMethod::NewIndex,
            |lua, proxy, (key, value): (mlua::Value, mlua::Value)| proxy.set(lua, &key, &value),
        );
        methods.add_meta_method(MetaMethod::Len, |lua, proxy, ()| {
            proxy
                .read(|storage| storage.len(proxy.node))
                .map_err(|error| raise(lua, error))
        });
        methods.add_meta_method(MetaMethod::Iter, |lua, proxy, ()| {
            let pairs: mlua::Function = lua.globals().get("pairs")?;
            pairs.call::<mlua::Value>(lua.create_userdata(proxy.clone())?)
        });
        methods.add_meta_method(MetaMethod::Eq, |_, proxy, other: mlua::Value| {
            let other = other
                .as_userdata()
                .and_then(|data| data.borrow::<StorageProxy>().ok());
            Ok(other.is_some_and(|other| {
                other.node == proxy.node && other.scratch.is_some() == proxy.scratch.is_some()
            }))
        });
        methods.add_meta_method(MetaMethod::ToString, |_, proxy, ()| {
            Ok(proxy.path.to_string())
        });
    }
}

fn storage_key(key: &mlua::Value) -> Result<Key, String> {
    match key {
        mlua::Value::String(text) => match text.to_str() {
            Ok(text) => Ok(Key::Name(text.to_owned())),
            Err(_) => Err("a key must be UTF-8".to_owned()),
        },
        mlua::Value::Integer(index) => Ok(Key::Index(*index)),
        mlua::Value::Number(number) if number.fract() == 0.0 && number.abs() < 9e15 => {
            Ok(Key::Index(*number as i64))
        }
        other => Err(format!(
            "a key must be a string or a position, found a {}",
            other.type_name()
        )),
    }
}

fn step(key: &Key) -> String {
    match key {
        Key::Index(index) => format!("[{index}]"),
        Key::Name(name) => format!(".{name}"),
    }
}
