//! The functions of the table: what they have in common; a file below for each subject.

mod buildings;
mod capabilities;
mod colonists;
mod config;
mod environment;
mod events;
mod items;
mod jobs;
mod log;
mod map;
mod mods;
mod plots;
mod random;
mod state;
mod stockpiles;
mod time;

use std::collections::{BTreeMap, BTreeSet};

use sim::{Command, Position, StableId};

use crate::diagnostic::nearest;
use crate::value::{INTEGER_MAGNITUDE_MAX, Value};

use super::arguments::{Argument, Arguments};
use super::events::{COLONIST, JOB, colonist_value, job_value};
use super::kinds::{ANY_FUNCTION, Kind, Record, Signature, field};
use super::{ApiError, FunctionDescription, Read, Run, capability_names};

const fn required(name: &'static str, kind: Kind) -> Argument {
    Argument {
        name,
        kind,
        optional: false,
    }
}

const fn optional(name: &'static str, kind: Kind) -> Argument {
    Argument {
        name,
        kind,
        optional: true,
    }
}

const fn runtime(
    name: &'static str,
    arguments: &'static [Argument],
    result: Kind,
    doc: &'static str,
) -> FunctionDescription {
    FunctionDescription {
        name,
        arguments,
        result,
        capability: None,
        doc,
        run: Run::Runtime,
    }
}

const fn read(
    name: &'static str,
    arguments: &'static [Argument],
    result: Kind,
    doc: &'static str,
    run: Read,
) -> FunctionDescription {
    FunctionDescription {
        name,
        arguments,
        result,
        capability: None,
        doc,
        run: Run::Read(run),
    }
}

const fn command(
    name: &'static str,
    arguments: &'static [Argument],
    capability: &'static str,
    doc: &'static str,
    run: fn(&Arguments) -> Result<Command, ApiError>,
) -> FunctionDescription {
    FunctionDescription {
        name,
        arguments,
        result: Kind::Nothing,
        capability: Some(capability),
        doc,
        run: Run::Command(run),
    }
}

/// The functions of each subject, in the order of the reference.
const SUBJECTS: &[&[FunctionDescription]] = &[
    events::FUNCTIONS,
    state::FUNCTIONS,
    time::FUNCTIONS,
    mods::FUNCTIONS,
    config::FUNCTIONS,
    capabilities::FUNCTIONS,
    random::FUNCTIONS,
    jobs::FUNCTIONS,
    colonists::FUNCTIONS,
    items::FUNCTIONS,
    stockpiles::FUNCTIONS,
    buildings::FUNCTIONS,
    plots::FUNCTIONS,
    environment::FUNCTIONS,
    map::FUNCTIONS,
    log::FUNCTIONS,
];

/// All functions, in the order of the reference.
pub fn functions() -> impl Iterator<Item = &'static FunctionDescription> {
    SUBJECTS.iter().copied().flatten()
}

fn stable_id(arguments: &Arguments, at: usize) -> Result<StableId, ApiError> {
    Ok(StableId::new(arguments.integer(at)?))
}

fn position(arguments: &Arguments, at: usize) -> Result<Position, ApiError> {
    let side = |at| {
        let off_map = |error: ApiError| {
            error.help("colony.map.size() tells how large the map is; tiles are counted from 0")
        };
        arguments.integer(at).map_err(off_map)
    };
    Ok(Position {
        x: side(at)?,
        y: side(at + 1)?,
    })
}

/// A place to look at, `None` if no map reaches there: who looks around a tile at the edge looks beyond it.
fn place(arguments: &Arguments, at: usize) -> Result<Option<Position>, ApiError> {
    let (x, y): (i64, i64) = (arguments.integer(at)?, arguments.integer(at + 1)?);
    let sides = u16::try_from(x).ok().zip(u16::try_from(y).ok());
    Ok(sides.map(|(x, y)| Position { x, y }))
}

/// The name of a definition that an argument gives.
fn defined<'a, T>(
    arguments: &'a Arguments,
    at: usize,
    kind: &str,
    definitions: &BTreeMap<String, T>,
) -> Result<&'a str, ApiError> {
    let name = arguments.text(at)?;
    if definitions.contains_key(name) {
        return Ok(name);
    }
    let error = ApiError::new(format!("there is no {kind} `{name}`"));
    Err(
        match nearest(name, definitions.keys().map(String::as_str)) {
            Some(near) => error.help(format!("did you mean `{near}`?")),
            None => {
                let names: Vec<&str> = definitions.keys().map(String::as_str).collect();
                error.help(format!("there are: {}", names.join(", ")))
            }
        },
    )
}

/// A list as a value: the empty one is the empty table.
fn list(values: Vec<Value>) -> Value {
    if values.is_empty() {
        Value::empty()
    } else {
        Value::List(values)
    }
}

/// A tile of the map.
const TILE: Record = Record {
    name: "Tile",
    doc: "a tile of the map",
    prefix: "",
    fields: &[field("x", Kind::Integer), field("y", Kind::Integer)],
};

/// Tiles that one call lists at most.
const TILES_LISTED_MAX: u64 = 100;

/// How many tiles a call asks for, at most [`TILES_LISTED_MAX`].
fn tile_limit(arguments: &Arguments, at: usize) -> Result<usize, ApiError> {
    let limit = arguments.integer::<u64>(at)?.min(TILES_LISTED_MAX);
    Ok(usize::try_from(limit).unwrap_or(usize::MAX))
}

fn tile_list(tiles: impl IntoIterator<Item = Position>) -> Value {
    let tile =
        |at: Position| Value::map([("x", i64::from(at.x).into()), ("y", i64::from(at.y).into())]);
    list(tiles.into_iter().map(tile).collect())
}

fn id_value(id: StableId) -> Value {
    tick_value(id.get())
}

/// What a stockpile takes, from an argument: nil means everything.
fn filter(arguments: &Arguments, at: usize) -> Result<Option<BTreeSet<String>>, ApiError> {
    let names = arguments.texts(at)?;
    Ok(names.map(|names| names.into_iter().map(str::to_owned).collect()))
}

fn tick_value(tick: u64) -> Value {
    Value::Integer(i64::try_from(tick).unwrap_or(INTEGER_MAGNITUDE_MAX))
}

fn count_value(count: usize) -> Value {
    Value::Integer(i64::try_from(count).unwrap_or(INTEGER_MAGNITUDE_MAX))
}
