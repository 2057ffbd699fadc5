//! Functions for plots and crops.

use sim::Command;

use crate::value::Value;

use super::{
    FunctionDescription, Kind, Record, TILE, command, field, list, optional, position, read,
    required, tile_limit, tile_list,
};

/// A plot.
const PLOT: Record = Record {
    name: "Plot",
    doc: "a tile for a crop, and how far it is",
    prefix: "",
    fields: &[
        field("x", Kind::Integer),
        field("y", Kind::Integer),
        field("crop", Kind::Text),
        field("stage", Kind::OneOf(&["fallow", "growing", "ripe"])),
    ],
};

pub(super) const FUNCTIONS: &[FunctionDescription] = &[
    read(
        "plots.list",
        &[],
        Kind::List(&Kind::Record(&PLOT)),
        "The plots, row by row.",
        |context, _, _| {
            let colony = context.colony();
            let plots = colony.view().plots().map(|facts| {
                Value::map([
                    ("x", i64::from(facts.at.x).into()),
                    ("y", i64::from(facts.at.y).into()),
                    ("crop", Value::text(facts.crop.as_str())),
                    ("stage", Value::text(facts.stage.name())),
                ])
            });
            Ok(Some(list(plots.collect())))
        },
    ),
    read(
        "plots.nearest_sites",
        &[required("limit", Kind::Integer)],
        Kind::List(&Kind::Record(&TILE)),
        "Free tiles on which something grows, nearest to the stockpile first; at most 100.",
        |context, _, arguments| {
            let limit = tile_limit(arguments, 0)?;
            let sites = context.colony().view().nearest_fertile(limit);
            Ok(Some(tile_list(sites)))
        },
    ),
    command(
        "plots.set",
        &[
            required("x", Kind::Integer),
            required("y", Kind::Integer),
            optional("crop", Kind::Text),
        ],
        "plots.write",
        "Makes a tile a plot for a crop: colonists sow it in its seasons and reap it. Without a crop, the tile is no plot any more.",
        |arguments| {
            let crop = arguments.optional(2).map(|_| arguments.text(2));
            Ok(Command::SetPlot {
                at: position(arguments, 0)?,
                crop: crop.transpose()?.map(str::to_owned),
            })
        },
    ),
];
