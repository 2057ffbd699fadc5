//! The events that mods hear, and what they carry.

mod payload;

pub use payload::payload;
pub(super) use payload::{colonist_value, job_value};

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

/// The names by which the fields of an event can be asked for: the whole path and its last part.
pub fn field_names(name: &str) -> Vec<&'static str> {
    let fields = event(name).map_or(&[][..], |event| event.fields);
    let last = |path: &'static str| path.rsplit('.').next().unwrap_or(path);
    fields
        .iter()
        .flat_map(|field| [field.path, last(field.path)])
        .collect()
}
