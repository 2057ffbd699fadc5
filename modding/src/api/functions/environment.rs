//! Functions for days, seasons, weather and incidents.

use sim::Command;

use crate::value::Value;

use super::{FunctionDescription, Kind, Record, command, field, list, read, required, tick_value};

/// An incident that lasts.
const RUNNING_INCIDENT: Record = Record {
    name: "RunningIncident",
    doc: "an incident that runs, with the ticks in which it began and will be over",
    prefix: "",
    fields: &[
        field("incident", Kind::Text),
        field("began", Kind::Integer),
        field("ends", Kind::Integer),
    ],
};

pub(super) const FUNCTIONS: &[FunctionDescription] = &[
    read(
        "environment.day",
        &[],
        Kind::Integer,
        "The day of the colony; the first is 1.",
        |context, _, _| Ok(Some(Value::from(i64::from(context.colony().view().day())))),
    ),
    read(
        "environment.hour",
        &[],
        Kind::Integer,
        "The hour of the day, 0 to 23.",
        |context, _, _| Ok(Some(Value::from(i64::from(context.colony().view().hour())))),
    ),
    read(
        "environment.year",
        &[],
        Kind::Integer,
        "The year, which is all seasons in order; the first is 1.",
        |context, _, _| Ok(Some(Value::from(i64::from(context.colony().view().year())))),
    ),
    read(
        "environment.season",
        &[],
        Kind::Optional(&Kind::Text),
        "The season; nil in a colony without seasons.",
        |context, _, _| Ok(context.colony().view().season().map(Value::from)),
    ),
    read(
        "environment.temperature",
        &[],
        Kind::Integer,
        "The temperature in tenths of a degree Celsius: of the season, the hour, the weather and incidents.",
        |context, _, _| {
            let temperature = context.colony().view().temperature();
            Ok(Some(Value::from(i64::from(temperature))))
        },
    ),
    read(
        "environment.weather",
        &[],
        Kind::Optional(&Kind::Text),
        "The weather; nil where the season has none.",
        |context, _, _| Ok(context.colony().view().weather().map(Value::from)),
    ),
    read(
        "environment.incidents",
        &[],
        Kind::List(&Kind::Record(&RUNNING_INCIDENT)),
        "The incidents that run, with the ticks in which they began and will be over, in order of their ids.",
        |context, _, _| {
            let colony = context.colony();
            let incidents = colony.view().incidents().map(|facts| {
                Value::map([
                    ("incident", Value::text(&facts.incident)),
                    ("began", tick_value(facts.began)),
                    ("ends", tick_value(facts.ends)),
                ])
            });
            Ok(Some(list(incidents.collect())))
        },
    ),
    command(
        "incidents.start",
        &[required("incident", Kind::Text)],
        "incidents.write",
        "Starts an incident that does not run, whatever the storyteller thinks of it: day, season, pause and weight do not count.",
        |arguments| {
            Ok(Command::StartIncident {
                incident: arguments.text(0)?.to_owned(),
            })
        },
    ),
];
