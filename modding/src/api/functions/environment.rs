//! Functions for days, seasons, weather and incidents.

use sim::Command;

use crate::value::Value;

use super::{FunctionDescription, Kind, command, list, read, required, tick_value};

pub(super) const FUNCTIONS: &[FunctionDescription] = &[
    read(
        "environment.day",
        &[],
        "number",
        "The day of the colony; the first is 1.",
        |context, _, _| Ok(Some(Value::from(i64::from(context.colony().view().day())))),
    ),
    read(
        "environment.hour",
        &[],
        "number",
        "The hour of the day, 0 to 23.",
        |context, _, _| Ok(Some(Value::from(i64::from(context.colony().view().hour())))),
    ),
    read(
        "environment.year",
        &[],
        "number",
        "The year, which is all seasons in order; the first is 1.",
        |context, _, _| Ok(Some(Value::from(i64::from(context.colony().view().year())))),
    ),
    read(
        "environment.season",
        &[],
        "string?",
        "The season; nil in a colony without seasons.",
        |context, _, _| Ok(context.colony().view().season().map(Value::from)),
    ),
    read(
        "environment.temperature",
        &[],
        "number",
        "The temperature in tenths of a degree Celsius: of the season, the hour, the weather and incidents.",
        |context, _, _| {
            let temperature = context.colony().view().temperature();
            Ok(Some(Value::from(i64::from(temperature))))
        },
    ),
    read(
        "environment.weather",
        &[],
        "string?",
        "The weather; nil where the season has none.",
        |context, _, _| Ok(context.colony().view().weather().map(Value::from)),
    ),
    read(
        "environment.incidents",
        &[],
        "{ { incident: string, began: number, ends: number } }",
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
