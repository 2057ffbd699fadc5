//! Events on their way to Lua, all of a tick at once.

use mlua::{Either, Lua, LuaString, MultiValue, Table};

use crate::api;
use crate::batch::{Batch, Column, Numbers};
use crate::error::GuestError;
use crate::runtime::{Event, EventContent};

use super::convert::text_to_lua;

/// The same error with the fields that the event has, where a handler took nothing for one of them: of a list that is not there the interpreter
/// says no more than that it is nil.
pub(super) fn with_fields(error: GuestError, event: &Event) -> GuestError {
    let is_of_nothing = error.help.is_none()
        && error.message.contains("attempt to")
        && error.message.contains("nil");
    let EventContent::Batch(_) = &event.content else {
        return error;
    };
    let Some(description) = api::event(&event.name).filter(|_| is_of_nothing) else {
        return error;
    };
    let paths = description.fields.iter().map(|field| field.path);
    let paths: Vec<&str> = ["tick"].into_iter().chain(paths).collect();
    GuestError {
        help: Some(format!("`{}` has {}", event.name, paths.join(", "))),
        ..error
    }
}

/// A value of a list: a number, a text that the interpreter has, or false for nothing.
type InList<'a> = Either<f64, Either<&'a LuaString, bool>>;

const NOTHING: InList<'static> = Either::Right(Either::Right(false));

/// What the builder of the event's table takes: the tick, the size and a list for each field. Texts are handed over once each, and the lists
/// are filled from outside: they have no names to look up, which is what makes a table from outside dear.
pub(super) fn arguments(lua: &Lua, tick: f64, batch: &Batch) -> mlua::Result<MultiValue> {
    let texts = batch.texts().iter().map(|text| text_to_lua(lua, text));
    let texts = texts.collect::<mlua::Result<Vec<LuaString>>>()?;
    let columns = batch.columns();
    let mut arguments = MultiValue::with_capacity(2 + columns.len());
    arguments.push_back(mlua::Value::Number(tick));
    arguments.push_back(mlua::Value::Number(batch.size() as f64));
    for column in columns {
        let list = list(lua, column, &texts)?;
        arguments.push_back(mlua::Value::Table(list));
    }
    Ok(arguments)
}

fn list(lua: &Lua, column: Column<'_>, texts: &[LuaString]) -> mlua::Result<Table> {
    let is_optional = column.is_optional;
    match column.numbers {
        Numbers::Integers(numbers) => {
            let in_list = |number: &i64| match number {
                0 if is_optional => NOTHING,
                number => Either::Left(*number as f64),
            };
            lua.create_sequence_from(numbers.iter().map(in_list))
        }
        Numbers::Texts(positions) => {
            let in_list = |position: &u32| match texts.get(*position as usize) {
                Some(text) if *position > 0 || !is_optional => Either::Right(Either::Left(text)),
                _ => NOTHING,
            };
            lua.create_sequence_from(positions.iter().map(in_list))
        }
    }
}
