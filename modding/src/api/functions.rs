//! The functions of the table.

use std::collections::BTreeMap;

use sim::{Command, Position, StableId};

use crate::context::Context;
use crate::diagnostic::nearest;
use crate::value::{INTEGER_MAGNITUDE_MAX, Value};

use super::arguments::{Argument, Arguments, Kind};
use super::events::{colonist_value, job_value};
use super::{ApiError, FunctionDescription, Read, Run, capability_names};

/// Tiles that one call of `map.nearest` lists at most.
const NEAREST_TILES_MAX: i64 = 100;

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
    result: &'static str,
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
    result: &'static str,
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
        result: "",
        capability: Some(capability),
        doc,
        run: Run::Command(run),
    }
}

/// All functions, in the order of the reference.
pub fn functions() -> &'static [FunctionDescription] {
    FUNCTIONS
}

const FUNCTIONS: &[FunctionDescription] = &[
    runtime(
        "events.register",
        &[
            required("name", Kind::Text),
            required("handler", Kind::Function),
            optional("options", Kind::Options),
        ],
        "",
        "While a mod loads: declares a handler for an event; `options` are `key` (a name that tells several handlers for one event \
         apart), `priority` (higher runs first, 0 by default) and `enabled` (false: declared, switched on later). \
         Later: switches a declared handler on.",
    ),
    runtime(
        "events.unregister",
        &[required("name", Kind::Text), optional("key", Kind::Text)],
        "",
        "Switches a handler off until it is registered again.",
    ),
    runtime(
        "events.emit",
        &[required("name", Kind::Text), optional("payload", Kind::Any)],
        "",
        "Emits an event of the mod's own, named `mod_id:name`; mods hear it in the next delivery, the payload is `event.payload`.",
    ),
    runtime(
        "state.define",
        &[required("defaults", Kind::Options)],
        "",
        "While a mod loads: declares the shape of `colony.storage`; paths that are not there yet start with these values.",
    ),
    runtime(
        "state.migrate",
        &[
            required("range", Kind::Text),
            required("migrate", Kind::Function),
        ],
        "",
        "While a mod loads: declares how state written by versions in `range` becomes state of this version; gets the state, \
         changes it or returns another. Migrations run in version order.",
    ),
    runtime(
        "state.get_mod_state",
        &[required("mod_id", Kind::Text)],
        "any",
        "What the mod saved with save_mod_state: during mod_loaded what it saved during mod_unloaded, if it did. Only the own id is allowed.",
    ),
    runtime(
        "state.save_mod_state",
        &[required("mod_id", Kind::Text), required("state", Kind::Any)],
        "",
        "Saves a value: during mod_unloaded for the mod_loaded that follows, elsewhere for good. Only the own id is allowed.",
    ),
    runtime(
        "time.after",
        &[
            required("name", Kind::Text),
            required("ticks", Kind::Integer),
            optional("handler_or_value", Kind::Any),
        ],
        "",
        "While a mod loads, with a function: declares a timer and starts it, to fire once. Later, with a plain value or nothing: \
         starts a declared timer again.",
    ),
    runtime(
        "time.every",
        &[
            required("name", Kind::Text),
            required("ticks", Kind::Integer),
            optional("handler_or_value", Kind::Any),
        ],
        "",
        "Like time.after, but fires again and again. A reload keeps the phase.",
    ),
    runtime(
        "time.declare",
        &[
            required("name", Kind::Text),
            required("handler", Kind::Function),
        ],
        "",
        "While a mod loads: declares a timer without starting it.",
    ),
    runtime(
        "time.cancel",
        &[required("name", Kind::Text)],
        "",
        "Stops a timer.",
    ),
    runtime(
        "mods.export",
        &[
            required("name", Kind::Text),
            required("handler", Kind::Function),
        ],
        "",
        "While a mod loads: offers a function to other mods.",
    ),
    runtime(
        "mods.get",
        &[required("mod_id", Kind::Text)],
        "{ [string]: (...any) -> any }",
        "The functions that another mod offers; the mod must be among the manifest's dependencies. Values are copied; the call \
         goes to whatever generation runs at that moment.",
    ),
    read(
        "time.get_current_tick",
        &[],
        "number",
        "The current tick; 0 before the first.",
        |context, _, _| Ok(Some(tick_value(context.tick()))),
    ),
    read(
        "config.get",
        &[required("key", Kind::Text)],
        "boolean | number | string",
        "A value of config.toml, or its default. A key read while the mod loads makes a change of the configuration reload the scripts.",
        |_, generation, arguments| generation.config_value(arguments.text(0)?).map(Some),
    ),
    read(
        "capabilities.has",
        &[required("name", Kind::Text)],
        "boolean",
        "Whether the manifest lists the capability.",
        |_, generation, arguments| {
            let name = arguments.text(0)?;
            if !capability_names().contains(&name) {
                let error = ApiError::new(format!("there is no capability `{name}`"));
                return Err(match nearest(name, capability_names()) {
                    Some(near) => error.help(format!("did you mean `{near}`?")),
                    None => error.help(format!(
                        "the capabilities: {}",
                        capability_names().join(", ")
                    )),
                });
            }
            Ok(Some(Value::Boolean(
                generation.manifest.capabilities.contains(name),
            )))
        },
    ),
    read(
        "random.integer",
        &[
            required("low", Kind::Integer),
            required("high", Kind::Integer),
        ],
        "number",
        "A whole number from `low` to `high`, both included, from the mod's own stream; the position in it survives reloads and saves.",
        |context, generation, arguments| {
            let (low, high) = (arguments.integer::<i64>(0)?, arguments.integer::<i64>(1)?);
            context
                .draw_integer(generation, low, high)
                .map(|number| Some(Value::Integer(number)))
        },
    ),
    command(
        "jobs.set_priority",
        &[
            required("id", Kind::Integer),
            required("priority", Kind::Integer),
        ],
        "jobs.write",
        "Changes a job's priority, 0 to 10.",
        |arguments| {
            Ok(Command::SetJobPriority {
                job: stable_id(arguments, 0)?,
                priority: arguments.integer(1)?,
            })
        },
    ),
    command(
        "jobs.cancel",
        &[required("id", Kind::Integer)],
        "jobs.write",
        "Takes a job off the board.",
        |arguments| {
            Ok(Command::CancelJob {
                job: stable_id(arguments, 0)?,
            })
        },
    ),
    command(
        "jobs.designate",
        &[
            required("kind", Kind::Text),
            required("x", Kind::Integer),
            required("y", Kind::Integer),
        ],
        "jobs.write",
        "Orders work on a tile: `chop` on a tree, `mine` on rock.",
        |arguments| {
            Ok(Command::Designate {
                kind: arguments.text(0)?.to_owned(),
                at: position(arguments, 1)?,
            })
        },
    ),
    read(
        "jobs.get",
        &[required("id", Kind::Integer)],
        "Job?",
        "A job on the board; nil once it is done or gone.",
        |context, _, arguments| {
            let id = stable_id(arguments, 0)?;
            Ok(context.colony().view().job(id).map(|job| job_value(&job)))
        },
    ),
    read(
        "jobs.list",
        &[optional("kind", Kind::Text)],
        "{ Job }",
        "The jobs on the board, of one kind or of all, in the order in which they were made.",
        |context, _, arguments| {
            let kind = job_kind(context, arguments)?;
            let colony = context.colony();
            let jobs = colony
                .view()
                .jobs()
                .filter(|job| kind.is_none_or(|kind| job.kind == kind));
            Ok(Some(list(jobs.map(|job| job_value(&job)).collect())))
        },
    ),
    read(
        "jobs.count",
        &[optional("kind", Kind::Text)],
        "number",
        "How many jobs are on the board, of one kind or of all.",
        |context, _, arguments| {
            let kind = job_kind(context, arguments)?;
            let colony = context.colony();
            let count = colony
                .view()
                .jobs()
                .filter(|job| kind.is_none_or(|kind| job.kind == kind))
                .count();
            Ok(Some(count_value(count)))
        },
    ),
    read(
        "colonists.list",
        &[],
        "{ Colonist }",
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
        "Colonist?",
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
        "number",
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
    read(
        "items.count",
        &[required("item", Kind::Text)],
        "number",
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
        "number",
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
            let (item, count) = (arguments.text(0)?.to_owned(), arguments.integer(1)?);
            Ok(Command::SpawnItem {
                item,
                count,
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
                count: arguments.integer(1)?,
            })
        },
    ),
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
    read(
        "map.size",
        &[],
        "{ width: number, height: number }",
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
        "string?",
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
        "{ { x: number, y: number } }",
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

fn stable_id(arguments: &Arguments, at: usize) -> Result<StableId, ApiError> {
    Ok(StableId::new(arguments.integer(at)?))
}

fn position(arguments: &Arguments, at: usize) -> Result<Position, ApiError> {
    Ok(Position {
        x: arguments.integer(at)?,
        y: arguments.integer(at + 1)?,
    })
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
            None => error,
        },
    )
}

/// The kind of job that an optional argument gives.
fn job_kind<'a>(context: &Context, arguments: &'a Arguments) -> Result<Option<&'a str>, ApiError> {
    if arguments.optional(0).is_none() {
        return Ok(None);
    }
    defined(
        arguments,
        0,
        "kind of job",
        &context.colony().definitions().jobs,
    )
    .map(Some)
}

/// A list as a value: the empty one is the empty table.
fn list(values: Vec<Value>) -> Value {
    if values.is_empty() {
        Value::empty()
    } else {
        Value::List(values)
    }
}

fn tick_value(tick: u64) -> Value {
    Value::Integer(i64::try_from(tick).unwrap_or(INTEGER_MAGNITUDE_MAX))
}

fn count_value(count: usize) -> Value {
    Value::Integer(i64::try_from(count).unwrap_or(INTEGER_MAGNITUDE_MAX))
}
