//! Functions for the map.

use crate::api::ApiError;
use crate::value::Value;

use super::{
    FunctionDescription, Kind, Record, TILE, defined, field, place, read, required, tile_limit,
    tile_list,
};

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
            let at = place(arguments, 0)?;
            let colony = context.colony();
            Ok(at.and_then(|at| colony.view().tile(at)).map(Value::from))
        },
    ),
    read(
        "map.nearest",
        &[
            required("kind", Kind::Text),
            required("limit", Kind::Integer),
        ],
        Kind::List(&Kind::Record(&TILE)),
        "Tiles on which a kind of job could be ordered and that can be reached from the first stockpile, nearest to its middle first; at most 100. For labour that is any free ground.",
        |context, _, arguments| {
            let limit = tile_limit(arguments, 1)?;
            let colony = context.colony();
            let kind = defined(arguments, 0, "kind of job", &colony.definitions().jobs)?;
            let tiles = colony.view().nearest_targets(kind, limit);
            let tiles = tiles.map_err(|error| ApiError::new(error.to_string()))?;
            Ok(Some(tile_list(tiles)))
        },
    ),
];
