//! Functions for the map.

use sim::Position;

use crate::value::Value;

use super::{FunctionDescription, Kind, Record, defined, field, list, position, read, required};

/// Tiles that one call of `map.nearest` lists at most.
const NEAREST_TILES_MAX: i64 = 100;

/// The size of the map.
const SIZE: Record = Record {
    name: "Size",
    doc: "the size of the map in tiles",
    prefix: "",
    fields: &[
        field("width", Kind::Integer),
        field("height", Kind::Integer),
    ],
};

/// A tile of the map.
const TILE: Record = Record {
    name: "Tile",
    doc: "a tile of the map",
    prefix: "",
    fields: &[field("x", Kind::Integer), field("y", Kind::Integer)],
};

pub(super) const FUNCTIONS: &[FunctionDescription] = &[
    read(
        "map.size",
        &[],
        Kind::Record(&SIZE),
        "The size of the map in tiles.",
        |context, _, _| {
            let (width, height) = context.colony().view().size();
            Ok(Some(Value::map([
                ("width", i64::from(width).into()),
                ("height", i64::from(height).into()),
            ])))
        },
    ),
    read(
        "map.tile",
        &[required("x", Kind::Integer), required("y", Kind::Integer)],
        Kind::Optional(&Kind::Text),
        "The terrain of a tile; nil off the map.",
        |context, _, arguments| {
            let at = position(arguments, 0)?;
            Ok(context.colony().view().tile(at).map(Value::from))
        },
    ),
    read(
        "map.nearest",
        &[
            required("kind", Kind::Text),
            required("limit", Kind::Integer),
        ],
        Kind::List(&Kind::Record(&TILE)),
        "Tiles on which a kind of job could be ordered, nearest to the stockpile first; at most 100.",
        |context, _, arguments| {
            let limit = arguments.integer::<u64>(1)?.min(NEAREST_TILES_MAX as u64) as usize;
            let colony = context.colony();
            let kind = defined(arguments, 0, "kind of job", &colony.definitions().jobs)?;
            let tiles = colony.view().nearest_targets(kind, limit);
            let tile = |at: Position| {
                Value::map([("x", i64::from(at.x).into()), ("y", i64::from(at.y).into())])
            };
            Ok(Some(list(tiles.into_iter().map(tile).collect())))
        },
    ),
];
