//! The events that mods hear, and what they carry.

use sim::{ColonistFacts, Event, JobFacts, Position, StableId};

use crate::value::Value;

/// A field of an event: a dotted path below `event`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Field {
    /// For example `job.id`.
    pub path: &'static str,
    /// Its Luau type.
    pub luau: &'static str,
}

/// An event of the table. Every event also carries `name` and `tick`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EventDescription {
    /// For example `job_created`.
    pub name: &'static str,
    /// What it carries, in the order of [`payload`].
    pub fields: &'static [Field],
    /// When it happens.
    pub doc: &'static str,
}

impl Field {
    /// What a value of this field is, as scenarios write it: `an integer`, `a string` or `a boolean`. None where it can be
    /// anything.
    #[must_use]
    pub fn scalar_kind(&self) -> Option<&'static str> {
        match self.luau.trim_end_matches('?') {
            "number" => Some("an integer"),
            "boolean" => Some("a boolean"),
            "any" => None,
            _ => Some("a string"),
        }
    }
}

const fn field(path: &'static str, luau: &'static str) -> Field {
    Field { path, luau }
}

const JOB: [Field; 7] = [
    field("job.id", "number"),
    field("job.kind", "string"),
    field("job.priority", "number"),
    field("job.x", "number"),
    field("job.y", "number"),
    field("job.colonist", "number?"),
    field("job.item", "string?"),
];

const JOB_FAILED: [Field; 8] = [
    JOB[0],
    JOB[1],
    JOB[2],
    JOB[3],
    JOB[4],
    JOB[5],
    JOB[6],
    field("reason", "string"),
];

const COLONIST: [Field; 4] = [
    field("colonist.id", "number"),
    field("colonist.name", "string"),
    field("colonist.x", "number"),
    field("colonist.y", "number"),
];

const COLONIST_DIED: [Field; 5] = [
    COLONIST[0],
    COLONIST[1],
    COLONIST[2],
    COLONIST[3],
    field("cause", "string"),
];

const EVENTS: &[EventDescription] = &[
    EventDescription {
        name: "simulation_start",
        fields: &[],
        doc: "once, before the first tick of a new colony",
    },
    EventDescription {
        name: "tick_start",
        fields: &[],
        doc: "before commands are applied in a tick",
    },
    EventDescription {
        name: "tick_end",
        fields: &[],
        doc: "after everything else in a tick",
    },
    EventDescription {
        name: "mod_loaded",
        fields: &[
            field("reason", "\"start\" | \"resume\" | \"update\""),
            field("previous_version", "string?"),
        ],
        doc: "to the mod itself, once its code is loaded and its state is there: at the start of a colony (`start`), when the \
              same code goes on (`resume`: save, load, restart, hand-back, forced reload), or when new code takes over (`update`)",
    },
    EventDescription {
        name: "mod_unloaded",
        fields: &[],
        doc: "to the mod itself, before its state is handed on; what it saves with colony.state.save_mod_state here is there for get_mod_state during mod_loaded",
    },
    EventDescription {
        name: "config_changed",
        fields: &[field("key", "string"), field("value", "any")],
        doc: "to the mod itself, for each changed value of its config.toml that it did not read while loading",
    },
    EventDescription {
        name: "job_created",
        fields: &JOB,
        doc: "a job was put on the board",
    },
    EventDescription {
        name: "job_assigned",
        fields: &JOB,
        doc: "a colonist took a job",
    },
    EventDescription {
        name: "job_completed",
        fields: &JOB,
        doc: "a job was done",
    },
    EventDescription {
        name: "job_failed",
        fields: &JOB_FAILED,
        doc: "a job could not be done",
    },
    EventDescription {
        name: "job_cancelled",
        fields: &JOB,
        doc: "a job was taken off the board, by a command or because what it was about is gone",
    },
    EventDescription {
        name: "colonist_joined",
        fields: &COLONIST,
        doc: "a colonist came to the colony",
    },
    EventDescription {
        name: "colonist_died",
        fields: &COLONIST_DIED,
        doc: "a colonist died",
    },
    EventDescription {
        name: "need_critical",
        fields: &[
            field("colonist.id", "number"),
            field("colonist.name", "string"),
            field("need", "string"),
            field("level", "number"),
        ],
        doc: "a need of a colonist fell below its critical level",
    },
    EventDescription {
        name: "item_produced",
        fields: &[
            field("item", "string"),
            field("count", "number"),
            field("x", "number"),
            field("y", "number"),
            field("job_id", "number"),
        ],
        doc: "work yielded items",
    },
    EventDescription {
        name: "day_started",
        fields: &[
            field("day", "number"),
            field("season", "string?"),
            field("temperature", "number"),
        ],
        doc: "a day began, the second of the colony or a later one; the temperature at midnight is in tenths of a degree Celsius",
    },
    EventDescription {
        name: "season_changed",
        fields: &[field("season", "string?"), field("previous", "string?")],
        doc: "another season began; before the day_started of its first day",
    },
    EventDescription {
        name: "incident_started",
        fields: &[field("incident", "string"), field("lasts", "number")],
        doc: "something befalls the colony, for so many ticks; one that lasts 0 happens at once, and no incident_ended follows",
    },
    EventDescription {
        name: "incident_ended",
        fields: &[field("incident", "string")],
        doc: "something is over that befell the colony",
    },
];

/// All events, in the order of the reference.
pub fn events() -> &'static [EventDescription] {
    EVENTS
}

/// The event of that name.
pub fn event(name: &str) -> Option<&'static EventDescription> {
    EVENTS.iter().find(|event| event.name == name)
}

/// The names of all events.
pub fn event_names() -> Vec<&'static str> {
    EVENTS.iter().map(|event| event.name).collect()
}

/// Whether an event comes from the colony: the others are the host's word to mods.
pub fn is_counted(name: &str) -> bool {
    let of_the_host = [
        "simulation_start",
        "tick_start",
        "tick_end",
        "mod_loaded",
        "mod_unloaded",
        "config_changed",
    ];
    !of_the_host.contains(&name)
}

/// The fields of an event by the names by which they can be asked for: the whole path and its last part.
pub fn fields_by_name(name: &str) -> Vec<Field> {
    let fields = event(name).map_or(&[][..], |event| event.fields);
    let last = |path: &'static str| path.rsplit('.').next().unwrap_or(path);
    let by_name =
        |given: &Field| [given.path, last(given.path)].map(|path| field(path, given.luau));
    fields.iter().flat_map(by_name).collect()
}

/// What an event of the colony carries, in the order of its description's fields.
pub fn payload(event: &Event) -> Vec<Option<Value>> {
    match event {
        Event::JobCreated(job)
        | Event::JobAssigned(job)
        | Event::JobCompleted(job)
        | Event::JobCancelled(job) => job_fields(job),
        Event::JobFailed { job, reason } => {
            let mut fields = job_fields(job);
            fields.push(Some(Value::text(reason)));
            fields
        }
        Event::ColonistJoined { colonist, name, at } => colonist_fields(*colonist, name, *at),
        Event::ColonistDied {
            colonist,
            name,
            at,
            cause,
        } => {
            let mut fields = colonist_fields(*colonist, name, *at);
            fields.push(Some(Value::text(cause)));
            fields
        }
        Event::NeedCritical {
            colonist,
            name,
            need,
            level,
        } => {
            vec![
                Some(id(*colonist)),
                Some(Value::text(name.as_str())),
                Some(Value::text(need.as_str())),
                Some(integer(*level)),
            ]
        }
        Event::ItemProduced {
            item,
            count,
            at,
            job,
        } => {
            vec![
                Some(Value::text(item.as_str())),
                Some(integer(*count)),
                Some(integer(at.x)),
                Some(integer(at.y)),
                Some(id(*job)),
            ]
        }
        Event::DayStarted { .. }
        | Event::SeasonChanged { .. }
        | Event::IncidentStarted { .. }
        | Event::IncidentEnded { .. } => environment_fields(event),
    }
}

/// What an event of the environment carries; nothing for any other.
fn environment_fields(event: &Event) -> Vec<Option<Value>> {
    match event {
        Event::DayStarted {
            day,
            season,
            temperature,
        } => vec![
            Some(integer(*day)),
            season.as_deref().map(Value::from),
            Some(integer(*temperature)),
        ],
        Event::SeasonChanged { season, previous } => vec![
            season.as_deref().map(Value::from),
            previous.as_deref().map(Value::from),
        ],
        Event::IncidentStarted { incident, lasts } => {
            vec![Some(Value::text(incident)), Some(integer(*lasts))]
        }
        Event::IncidentEnded { incident } => vec![Some(Value::text(incident))],
        _ => Vec::new(),
    }
}

/// A job as mods see it.
pub(super) fn job_value(job: &JobFacts) -> Value {
    fields_value(&JOB, "job.", job_fields(job))
}

/// A colonist as mods see it.
pub(super) fn colonist_value(colonist: &ColonistFacts) -> Value {
    let Value::Map(mut map) = fields_value(
        &COLONIST,
        "colonist.",
        colonist_fields(colonist.id, &colonist.name, colonist.at),
    ) else {
        return Value::empty();
    };
    map.insert("food".to_owned(), integer(colonist.food));
    map.insert("rest".to_owned(), integer(colonist.rest));
    map.insert("health".to_owned(), integer(colonist.health));
    if let Some(job) = colonist.job {
        map.insert("job".to_owned(), id(job));
    }
    Value::Map(map)
}

/// An id as a number; ids stay far below 2^53 as they count what was ever made.
pub(super) fn id(id: StableId) -> Value {
    Value::Integer(i64::try_from(id.get()).unwrap_or(i64::MAX))
}

fn fields_value(fields: &[Field], prefix: &str, values: Vec<Option<Value>>) -> Value {
    let named = fields
        .iter()
        .zip(values)
        .filter_map(|(field, value)| Some((field.path.strip_prefix(prefix)?, value?)));
    Value::map(named)
}

fn job_fields(job: &JobFacts) -> Vec<Option<Value>> {
    vec![
        Some(id(job.id)),
        Some(Value::text(job.kind.as_str())),
        Some(integer(job.priority)),
        Some(integer(job.at.x)),
        Some(integer(job.at.y)),
        job.colonist.map(id),
        job.item.as_deref().map(Value::from),
    ]
}

fn colonist_fields(colonist: StableId, name: &str, at: Position) -> Vec<Option<Value>> {
    vec![
        Some(id(colonist)),
        Some(Value::text(name)),
        Some(integer(at.x)),
        Some(integer(at.y)),
    ]
}

fn integer(number: impl Into<i64>) -> Value {
    Value::Integer(number.into())
}
