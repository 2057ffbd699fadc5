//! Functions for stockpiles.

use sim::{Command, STOCKPILE_SIDE_MAX, StockpileFacts};

use crate::value::Value;

use super::{
    FunctionDescription, Kind, Record, TILE, command, field, filter, id_value, list, optional,
    position, read, required, stable_id, tile_list,
};

/// A stockpile.
const STOCKPILE: Record = Record {
    name: "Stockpile",
    doc: "a stockpile: its tiles, and the items and categories of items that it takes, which is everything without a filter",
    prefix: "",
    fields: &[
        field("id", Kind::Integer),
        field("cells", Kind::List(&Kind::Record(&TILE))),
        field("filter", Kind::Optional(&Kind::List(&Kind::Text))),
    ],
};

pub(super) const FUNCTIONS: &[FunctionDescription] = &[
    read(
        "stockpiles.list",
        &[],
        Kind::List(&Kind::Record(&STOCKPILE)),
        "The stockpiles, in the order in which they were made.",
        |context, _, _| {
            let colony = context.colony();
            let stockpiles = colony.view().stockpiles();
            Ok(Some(list(stockpiles.map(stockpile_value).collect())))
        },
    ),
    command(
        "stockpiles.add",
        &[
            required("x", Kind::Integer),
            required("y", Kind::Integer),
            required("width", Kind::Integer),
            required("height", Kind::Integer),
            optional("filter", Kind::List(&Kind::Text)),
        ],
        "stockpiles.write",
        "Makes a stockpile of the tiles of a rectangle, up to 64 a side, that can be walked on and are free. It takes the items and \
         categories of its filter, or everything; all stockpiles together have at most 1,000 different filters.",
        |arguments| {
            Ok(Command::AddStockpile {
                at: position(arguments, 0)?,
                width: arguments.integer_within(2, 1..=STOCKPILE_SIDE_MAX)?,
                height: arguments.integer_within(3, 1..=STOCKPILE_SIDE_MAX)?,
                filter: filter(arguments, 4)?,
            })
        },
    ),
    command(
        "stockpiles.remove",
        &[required("id", Kind::Integer)],
        "stockpiles.write",
        "Dissolves a stockpile; what lies there stays, loose.",
        |arguments| {
            Ok(Command::RemoveStockpile {
                stockpile: stable_id(arguments, 0)?,
            })
        },
    ),
    command(
        "stockpiles.set_filter",
        &[
            required("id", Kind::Integer),
            optional("filter", Kind::List(&Kind::Text)),
        ],
        "stockpiles.write",
        "Changes which items and categories a stockpile takes, everything without a filter; what is not wanted there any more is \
         hauled elsewhere.",
        |arguments| {
            Ok(Command::SetStockpileFilter {
                stockpile: stable_id(arguments, 0)?,
                filter: filter(arguments, 1)?,
            })
        },
    ),
];

fn stockpile_value(facts: StockpileFacts) -> Value {
    let filter = facts.filter.map(|filter| {
        let names = filter.iter().map(|name| Value::text(name.as_str()));
        list(names.collect())
    });
    let fields = [
        ("id", Some(id_value(facts.id))),
        ("cells", Some(tile_list(facts.cells))),
        ("filter", filter),
    ];
    let fields = fields.into_iter();
    Value::map(fields.filter_map(|(name, value)| Some((name, value?))))
}
