//! The storage as components reach it, and the state that they keep in their memory.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use wasmtime::StoreContextMut;
use wasmtime::component::LinkerInstance;

use crate::api::ApiError;
use crate::bindings::GuestCall;
use crate::context::Context;
use crate::generation::Generation;
use crate::storage::{Change, Key, NodeId, Slot, Storage, StorageError};
use crate::value::Value;

use super::bindings::Answer;
use super::guest::{Guest, in_guest_call};
use super::tree::{Tree, tree_bytes, tree_of, value_of};

/// Names and positions that lead to a place, as `storage` takes them.
type Path = Vec<String>;

/// Places of a list that move in the time of one step.
const MOVED_PER_STEP: usize = 8;

/// Binds `storage`.
pub(super) fn bind_storage(instance: &mut LinkerInstance<'_, Guest>) -> wasmtime::Result<()> {
    instance.func_wrap("get", get)?;
    instance.func_wrap("set", set)?;
    instance.func_wrap("insert", insert)?;
    instance.func_wrap("remove", remove)?;
    instance.func_wrap("names", names)?;
    instance.func_wrap("length", length)
}

fn path_bytes(path: &Path) -> u64 {
    path.iter().map(|step| 16 + step.len() as u64).sum()
}

/// The path as messages have it.
fn shown(path: &[String]) -> String {
    let steps = path.iter().map(|step| format!(".{step}"));
    format!("colony.storage{}", steps.collect::<String>())
}

/// A step as the key of a table: what looks like a position is one in a list.
fn key(storage: &Storage, table: NodeId, step: &str) -> Result<Key, StorageError> {
    let is_list = storage.len(table)? > 0;
    Ok(match step.parse::<i64>() {
        Ok(position) if is_list => Key::Index(position),
        _ => Key::Name(step.to_owned()),
    })
}

/// What stands at a path.
fn find(storage: &Storage, path: &[String]) -> Result<Option<Slot>, StorageError> {
    let mut slot = Slot::Table(storage.root());
    for step in path {
        let Slot::Table(table) = slot else {
            return Ok(None);
        };
        match storage.get(table, &key(storage, table, step)?)? {
            Some(inner) => slot = inner,
            None => return Ok(None),
        }
    }
    Ok(Some(slot))
}

/// The table at a path.
fn table(storage: &Storage, path: &[String]) -> Result<NodeId, ApiError> {
    let found = find(storage, path).map_err(|error| refused(path, &error))?;
    match found {
        Some(Slot::Table(table)) => Ok(table),
        Some(Slot::Scalar(value)) => Err(ApiError::new(format!(
            "{} is {value}, expected a table",
            shown(path)
        ))),
        None => Err(ApiError::new(format!("{} is not there", shown(path)))
            .help("set it first, or declare it with colony.state.define")),
    }
}

fn refused(path: &[String], error: &StorageError) -> ApiError {
    ApiError::new(format!("{}: {error}", shown(path)))
}

fn get(mut store: StoreContextMut<'_, Guest>, (path,): (Path,)) -> Answer<Tree> {
    let answer = in_guest_call(&mut store, "storage.get", path_bytes(&path), |call| {
        read(call, |storage| {
            let found = find(storage, &path).map_err(|error| refused(&path, &error))?;
            let value = match found {
                Some(Slot::Table(table)) => Some(
                    storage
                        .value(table)
                        .map_err(|error| refused(&path, &error))?,
                ),
                Some(Slot::Scalar(value)) => Some(value),
                None => None,
            };
            let _ = call
                .context
                .meter()
                .charge(value.as_ref().map_or(0, Value::bytes));
            Ok(tree_of(value.as_ref()))
        })
    })?;
    Ok((answer,))
}

fn set(mut store: StoreContextMut<'_, Guest>, (path, tree): (Path, Tree)) -> Answer<()> {
    let bytes = path_bytes(&path) + tree_bytes(&tree);
    let answer = in_guest_call(&mut store, "storage.set", bytes, |call| {
        let value = value_of(tree, &shown(&path))?;
        let Some((last, outer)) = path.split_last() else {
            return match value {
                Some(Value::Map(state)) => replace(call.context, call.generation, state),
                None => replace(call.context, call.generation, BTreeMap::new()),
                Some(other) => Err(ApiError::new(format!(
                    "the state must be a table of names, found {other}"
                ))),
            };
        };
        let (table, key) = read(call, |storage| {
            let table = table(storage, outer)?;
            let is_first = storage.len(table).is_ok_and(|length| length == 0)
                && storage.keys(table).is_ok_and(|keys| keys.is_empty());
            // The first value of a list makes an empty table one.
            let key = match last.as_str() {
                "1" if is_first => Key::Index(1),
                _ => key(storage, table, last).map_err(|error| refused(outer, &error))?,
            };
            Ok((table, key))
        })?;
        write(call, &path, |storage| {
            Ok((storage.set(table, key, value.as_ref())?, ()))
        })
    })?;
    Ok((answer,))
}

fn insert(
    mut store: StoreContextMut<'_, Guest>,
    (path, position, tree): (Path, u32, Tree),
) -> Answer<()> {
    let bytes = path_bytes(&path) + tree_bytes(&tree);
    let answer = in_guest_call(&mut store, "storage.insert", bytes, |call| {
        let Some(value) = value_of(tree, &shown(&path))? else {
            return Err(ApiError::new(
                "colony.storage.insert expects a value, found nil",
            ));
        };
        let table = list(call, &path)?;
        write(call, &path, |storage| {
            let change = storage.insert(table, i64::from(position), &value)?;
            Ok((change, ()))
        })
    })?;
    Ok((answer,))
}

fn remove(mut store: StoreContextMut<'_, Guest>, (path, position): (Path, u32)) -> Answer<Tree> {
    let answer = in_guest_call(&mut store, "storage.remove", path_bytes(&path), |call| {
        let table = list(call, &path)?;
        let slot = write(call, &path, |storage| {
            Ok(match storage.remove(table, i64::from(position))? {
                Some((change, slot)) => (Some(change), Some(slot)),
                None => (None, None),
            })
        })?;
        let value = match slot {
            Some(Slot::Table(table)) => Some(read(call, |storage| {
                storage.value(table).map_err(|error| refused(&path, &error))
            })?),
            Some(Slot::Scalar(value)) => Some(value),
            None => None,
        };
        let _ = call
            .context
            .meter()
            .charge(value.as_ref().map_or(0, Value::bytes));
        Ok(tree_of(value.as_ref()))
    })?;
    Ok((answer,))
}

/// The list at a path, in which places are about to move, which is paid for.
fn list(call: &GuestCall<'_>, path: &[String]) -> Result<NodeId, ApiError> {
    let (table, length) = read(call, |storage| {
        let table = table(storage, path)?;
        Ok((table, storage.len(table).unwrap_or(0)))
    })?;
    let _ = call.context.meter().spend((length / MOVED_PER_STEP) as u64);
    Ok(table)
}

fn names(mut store: StoreContextMut<'_, Guest>, (path,): (Path,)) -> Answer<Vec<String>> {
    let answer = in_guest_call(&mut store, "storage.names", path_bytes(&path), |call| {
        let keys = read(call, |storage| {
            let table = table(storage, &path)?;
            storage.keys(table).map_err(|error| refused(&path, &error))
        })?;
        let names = keys.into_iter().filter_map(|key| match key {
            Key::Name(name) => Some(name),
            Key::Index(_) => None,
        });
        let names: Vec<String> = names.collect();
        let _ = call.context.meter().charge(path_bytes(&names));
        Ok(names)
    })?;
    Ok((answer,))
}

fn length(mut store: StoreContextMut<'_, Guest>, (path,): (Path,)) -> Answer<u32> {
    let answer = in_guest_call(&mut store, "storage.length", path_bytes(&path), |call| {
        read(call, |storage| {
            let table = table(storage, &path)?;
            let length = storage.len(table).map_err(|error| refused(&path, &error))?;
            Ok(u32::try_from(length).unwrap_or(u32::MAX))
        })
    })?;
    Ok((answer,))
}

fn read<T>(
    call: &GuestCall<'_>,
    read: impl FnOnce(&Storage) -> Result<T, ApiError>,
) -> Result<T, ApiError> {
    call.context.require_storage()?;
    read(&call.generation.state.borrow().storage)
}

fn write<T>(
    call: &GuestCall<'_>,
    path: &[String],
    write: impl FnOnce(&mut Storage) -> Result<(Option<Change>, T), StorageError>,
) -> Result<T, ApiError> {
    let result = call.context.change_storage(call.generation, write);
    let result = result.map_err(|error| ApiError {
        message: format!("{}: {}", shown(path), error.message),
        ..error
    })?;
    call.context.note_write(
        call.generation,
        || None,
        |trace, by| trace.write_state(path.join("."), by),
    );
    Ok(result)
}

/// Makes a mod's storage what a component says that its state is, name by name, so that what has not changed is not touched.
///
/// # Errors
/// What the storage refuses.
pub(super) fn replace(
    context: &Context,
    generation: &Rc<Generation>,
    mut state: BTreeMap<String, Value>,
) -> Result<(), ApiError> {
    context.require_storage()?;
    let mut changed: Vec<(i64, String, Option<Value>)> = Vec::new();
    let root = {
        let held = generation.state.borrow();
        let storage = &held.storage;
        let names: BTreeSet<String> = storage
            .names()
            .cloned()
            .chain(state.keys().cloned())
            .collect();
        for name in names {
            let new = state.remove(&name);
            let old = storage.get_name(storage.root(), &name).ok().flatten();
            let old = match old {
                Some(Slot::Table(table)) => storage.value(table).ok(),
                Some(Slot::Scalar(value)) => Some(value),
                None => None,
            };
            if old != new {
                let bytes = |value: &Option<Value>| value.as_ref().map_or(0, Value::bytes) as i64;
                changed.push((bytes(&new) - bytes(&old), name, new));
            }
        }
        storage.root()
    };
    // What shrinks comes first, so that a state that fits is never too large on the way.
    changed.sort_by_key(|(growth, ..)| *growth);
    for (_, name, value) in changed {
        let set = |storage: &mut Storage| {
            let change = storage.set(root, Key::Name(name.clone()), value.as_ref())?;
            Ok((change, ()))
        };
        context.change_storage(generation, set)?;
        context.note_write(generation, || None, |trace, by| trace.write_state(name, by));
    }
    Ok(())
}
