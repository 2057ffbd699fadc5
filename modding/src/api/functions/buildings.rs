//! Functions for buildings and what is made in them.

use sim::{BuildingFacts, Command, ORDER_COUNT_MAX};

use crate::value::Value;

use super::{
    FunctionDescription, Kind, Record, TILE, command, field, id_value, list, place, position, read,
    required, stable_id, tile_limit, tile_list,
};

/// Something to be made.
const ORDER: Record = Record {
    name: "Order",
    doc: "what is to be made at a workplace, and how often still",
    prefix: "",
    fields: &[field("recipe", Kind::Text), field("left", Kind::Integer)],
};

/// A building or blueprint.
const BUILDING: Record = Record {
    name: "Building",
    doc: "a building, or a blueprint of one: what was brought to it and not used yet, and what is to be made there",
    prefix: "",
    fields: &[
        field("id", Kind::Integer),
        field("kind", Kind::Text),
        field("x", Kind::Integer),
        field("y", Kind::Integer),
        field("built", Kind::Boolean),
        field("held", Kind::Map(&Kind::Integer)),
        field("order", Kind::Optional(&Kind::Record(&ORDER))),
    ],
};

pub(super) const FUNCTIONS: &[FunctionDescription] = &[
    read(
        "buildings.list",
        &[],
        Kind::List(&Kind::Record(&BUILDING)),
        "The buildings and blueprints, in the order in which they were planned.",
        |context, _, _| {
            let colony = context.colony();
            let buildings = colony.view().buildings();
            Ok(Some(list(buildings.map(building_value).collect())))
        },
    ),
    read(
        "buildings.get",
        &[required("id", Kind::Integer)],
        Kind::Optional(&Kind::Record(&BUILDING)),
        "A building or blueprint; nil once it is gone.",
        |context, _, arguments| {
            let building = context.colony().view().building(stable_id(arguments, 0)?);
            Ok(building.map(building_value))
        },
    ),
    read(
        "buildings.at",
        &[required("x", Kind::Integer), required("y", Kind::Integer)],
        Kind::Optional(&Kind::Record(&BUILDING)),
        "The building or blueprint on a tile; nil if there is none.",
        |context, _, arguments| {
            let colony = context.colony();
            let view = colony.view();
            let building = place(arguments, 0)?.and_then(|at| view.building_at(at));
            Ok(building
                .and_then(|id| view.building(id))
                .map(building_value))
        },
    ),
    read(
        "buildings.nearest_sites",
        &[required("limit", Kind::Integer)],
        Kind::List(&Kind::Record(&TILE)),
        "Tiles on which a blueprint can be placed, nearest to the stockpile first; at most 100.",
        |context, _, arguments| {
            let limit = tile_limit(arguments, 0)?;
            let sites = context.colony().view().nearest_building_sites(limit);
            Ok(Some(tile_list(sites)))
        },
    ),
    command(
        "buildings.place",
        &[
            required("building", Kind::Text),
            required("x", Kind::Integer),
            required("y", Kind::Integer),
        ],
        "buildings.write",
        "Plans a building on a free tile: colonists bring what it is made of and build it.",
        |arguments| {
            Ok(Command::PlaceBlueprint {
                building: arguments.text(0)?.to_owned(),
                at: position(arguments, 1)?,
            })
        },
    ),
    command(
        "buildings.remove",
        &[required("id", Kind::Integer)],
        "buildings.write",
        "Takes a building or blueprint away; what was brought to it, and what a building is made of, lies there.",
        |arguments| {
            Ok(Command::RemoveBuilding {
                building: stable_id(arguments, 0)?,
            })
        },
    ),
    command(
        "buildings.order",
        &[
            required("id", Kind::Integer),
            required("recipe", Kind::Text),
            required("count", Kind::Integer),
        ],
        "buildings.write",
        "Orders something to be made at a finished workplace, up to 10,000 times, instead of what was ordered there; 0 takes it back.",
        |arguments| {
            Ok(Command::OrderRecipe {
                building: stable_id(arguments, 0)?,
                recipe: arguments.text(1)?.to_owned(),
                count: arguments.integer_within(2, 0..=ORDER_COUNT_MAX)?,
            })
        },
    ),
];

fn building_value(facts: BuildingFacts) -> Value {
    let held = facts.held.iter();
    let held = held.map(|(item, count)| (item.as_str(), i64::from(*count).into()));
    let order = facts.order.map(|order| {
        Value::map([
            ("recipe", Value::text(order.recipe.as_str())),
            ("left", i64::from(order.left).into()),
        ])
    });
    let fields = [
        ("id", Some(id_value(facts.id))),
        ("kind", Some(Value::text(facts.kind.as_str()))),
        ("x", Some(i64::from(facts.at.x).into())),
        ("y", Some(i64::from(facts.at.y).into())),
        ("built", Some(Value::Boolean(facts.is_built))),
        ("held", Some(Value::map(held))),
        ("order", order),
    ];
    let fields = fields.into_iter();
    Value::map(fields.filter_map(|(name, value)| Some((name, value?))))
}
