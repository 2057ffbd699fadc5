//! Functions for colonists.

use sim::Command;

use super::{
    COLONIST, FunctionDescription, Kind, colonist_value, command, count_value, list, position,
    read, required, stable_id,
};

pub(super) const FUNCTIONS: &[FunctionDescription] = &[
    read(
        "colonists.list",
        &[],
        Kind::List(&Kind::Record(&COLONIST)),
        "The living colonists, in the order in which they came.",
        |context, _, _| {
            let colony = context.colony();
            Ok(Some(list(
                colony
                    .view()
                    .colonists()
                    .map(|colonist| colonist_value(&colonist))
                    .collect(),
            )))
        },
    ),
    read(
        "colonists.get",
        &[required("id", Kind::Integer)],
        Kind::Optional(&Kind::Record(&COLONIST)),
        "A living colonist; nil once dead.",
        |context, _, arguments| {
            let id = stable_id(arguments, 0)?;
            Ok(context
                .colony()
                .view()
                .colonist(id)
                .map(|colonist| colonist_value(&colonist)))
        },
    ),
    read(
        "colonists.count",
        &[],
        Kind::Integer,
        "How many colonists are alive.",
        |context, _, _| {
            Ok(Some(count_value(
                context.colony().view().colonists().count(),
            )))
        },
    ),
    command(
        "colonists.join",
        &[required("x", Kind::Integer), required("y", Kind::Integer)],
        "colonists.write",
        "Lets a colonist join at a tile that can be walked on.",
        |arguments| {
            Ok(Command::SpawnColonist {
                at: position(arguments, 0)?,
            })
        },
    ),
];
