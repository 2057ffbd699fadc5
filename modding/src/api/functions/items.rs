//! Functions for items.

use sim::{Command, SPAWN_COUNT_MAX};

use crate::value::{INTEGER_MAGNITUDE_MAX, Value};

use super::{FunctionDescription, Kind, command, defined, position, read, required};

pub(super) const FUNCTIONS: &[FunctionDescription] = &[
    read(
        "items.count",
        &[required("item", Kind::Text)],
        Kind::Integer,
        "How many of an item there are in the colony.",
        |context, _, arguments| {
            let colony = context.colony();
            let item = defined(arguments, 0, "item", &colony.definitions().items)?;
            let total = colony.view().item_total(item);
            Ok(Some(Value::Integer(
                i64::try_from(total).unwrap_or(INTEGER_MAGNITUDE_MAX),
            )))
        },
    ),
    read(
        "items.stored",
        &[required("item", Kind::Text)],
        Kind::Integer,
        "How many of an item lie in stockpiles.",
        |context, _, arguments| {
            let colony = context.colony();
            let item = defined(arguments, 0, "item", &colony.definitions().items)?;
            let stored = colony.view().item_stored(item);
            Ok(Some(Value::Integer(
                i64::try_from(stored).unwrap_or(INTEGER_MAGNITUDE_MAX),
            )))
        },
    ),
    command(
        "items.add",
        &[
            required("item", Kind::Text),
            required("count", Kind::Integer),
            required("x", Kind::Integer),
            required("y", Kind::Integer),
        ],
        "items.write",
        "Puts items on a tile.",
        |arguments| {
            Ok(Command::SpawnItem {
                item: arguments.text(0)?.to_owned(),
                count: arguments.integer_within(1, 1..=SPAWN_COUNT_MAX)?,
                at: position(arguments, 2)?,
            })
        },
    ),
    command(
        "items.remove",
        &[
            required("item", Kind::Text),
            required("count", Kind::Integer),
        ],
        "items.write",
        "Takes items that nobody has reserved out of the colony, the oldest stacks first.",
        |arguments| {
            Ok(Command::RemoveItem {
                item: arguments.text(0)?.to_owned(),
                count: arguments.integer_within(1, 1..=u32::MAX)?,
            })
        },
    ),
];
