//! The events that mods hear, and what they carry.

mod batches;
mod payload;

use std::sync::LazyLock;

use super::kinds::{Field, Kind, Record, field};

pub(super) use batches::jobs;
pub use batches::{BATCHED, batch_of, batched};
pub use payload::payload;
pub(crate) use payload::{Fact, facts, id_number};
pub(super) use payload::{colonist_value, job_value};

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

const JOB_FIELDS: [Field; 7] = [
    field("job.id", Kind::Integer),
    field("job.kind", Kind::Text),
    field("job.priority", Kind::Integer),
    field("job.x", Kind::Integer),
    field("job.y", Kind::Integer),
    field("job.colonist", Kind::Optional(&Kind::Integer)),
    field("job.item", Kind::Optional(&Kind::Text)),
];

/// A job on the board.
pub(super) const JOB: Record = Record {
    name: "Job",
    doc: "a job on the board: its kind, its place, the colonist that has it and the item that it is about",
    prefix: "job.",
    fields: &JOB_FIELDS,
};

const JOB_FAILED: [Field; 8] = [
    JOB_FIELDS[0],
    JOB_FIELDS[1],
    JOB_FIELDS[2],
    JOB_FIELDS[3],
    JOB_FIELDS[4],
    JOB_FIELDS[5],
    JOB_FIELDS[6],
    field("reason", Kind::Text),
];

const COLONIST_FIELDS: [Field; 12] = [
    field("colonist.id", Kind::Integer),
    field("colonist.name", Kind::Text),
    field("colonist.x", Kind::Integer),
    field("colonist.y", Kind::Integer),
    field("colonist.food", Kind::Integer),
    field("colonist.rest", Kind::Integer),
    field("colonist.recreation", Kind::Integer),
    field("colonist.mood", Kind::Integer),
    field("colonist.health", Kind::Integer),
    field("colonist.wound", Kind::Integer),
    field("colonist.collapsed", Kind::Boolean),
    field("colonist.job", Kind::Optional(&Kind::Integer)),
];

/// A living colonist.
pub(super) const COLONIST: Record = Record {
    name: "Colonist",
    doc: "a living colonist: its place, its needs, mood and health in points up to 10,000, its wound, which keeps health from coming \
          back, whether it has collapsed and takes no work, and the job that it has",
    prefix: "colonist.",
    fields: &COLONIST_FIELDS,
};

const COLONIST_JOINED: [Field; 4] = [
    COLONIST_FIELDS[0],
    COLONIST_FIELDS[1],
    COLONIST_FIELDS[2],
    COLONIST_FIELDS[3],
];

const COLONIST_DIED: [Field; 5] = [
    COLONIST_FIELDS[0],
    COLONIST_FIELDS[1],
    COLONIST_FIELDS[2],
    COLONIST_FIELDS[3],
    field("cause", Kind::Text),
];

const COLONIST_COLLAPSED: [Field; 5] = [
    COLONIST_FIELDS[0],
    COLONIST_FIELDS[1],
    COLONIST_FIELDS[2],
    COLONIST_FIELDS[3],
    field("colonist.health", Kind::Integer),
];

/// A tile, as events tell of it.
const X: Field = field("x", Kind::Integer);
const Y: Field = field("y", Kind::Integer);

/// The events that tell of one thing each.
const SINGLE: &[EventDescription] = &[
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
            field("reason", Kind::OneOf(&["start", "resume", "update"])),
            field("previous_version", Kind::Optional(&Kind::Text)),
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
        fields: &[field("key", Kind::Text), field("value", Kind::Any)],
        doc: "to the mod itself, for each changed value of its config.toml that it did not read while loading",
    },
    EventDescription {
        name: "job_created",
        fields: &JOB_FIELDS,
        doc: "a job was put on the board",
    },
    EventDescription {
        name: "job_assigned",
        fields: &JOB_FIELDS,
        doc: "a colonist took a job",
    },
    EventDescription {
        name: "job_completed",
        fields: &JOB_FIELDS,
        doc: "a job was done",
    },
    EventDescription {
        name: "job_failed",
        fields: &JOB_FAILED,
        doc: "a job could not be done",
    },
    EventDescription {
        name: "job_cancelled",
        fields: &JOB_FIELDS,
        doc: "a job was taken off the board, by a command or because what it was about is gone",
    },
    EventDescription {
        name: "colonist_joined",
        fields: &COLONIST_JOINED,
        doc: "a colonist came to the colony",
    },
    EventDescription {
        name: "colonist_died",
        fields: &COLONIST_DIED,
        doc: "a colonist died",
    },
    EventDescription {
        name: "colonist_collapsed",
        fields: &COLONIST_COLLAPSED,
        doc: "the health of a colonist fell below 2,000: it takes no work until it is at 3,000 again",
    },
    EventDescription {
        name: "need_critical",
        fields: &[
            field("colonist.id", Kind::Integer),
            field("colonist.name", Kind::Text),
            field("need", Kind::Text),
            field("level", Kind::Integer),
        ],
        doc: "a need of a colonist fell below its critical level",
    },
    EventDescription {
        name: "item_produced",
        fields: &[
            field("item", Kind::Text),
            field("count", Kind::Integer),
            field("x", Kind::Integer),
            field("y", Kind::Integer),
            field("job_id", Kind::Integer),
        ],
        doc: "work yielded items",
    },
    EventDescription {
        name: "item_spoiled",
        fields: &[
            field("item", Kind::Text),
            field("count", Kind::Integer),
            X,
            Y,
        ],
        doc: "a stack was too old and is gone",
    },
    EventDescription {
        name: "building_completed",
        fields: &[
            field("building", Kind::Integer),
            field("kind", Kind::Text),
            X,
            Y,
        ],
        doc: "a blueprint became a building",
    },
    EventDescription {
        name: "crop_ripe",
        fields: &[field("crop", Kind::Text), X, Y],
        doc: "a plot can be reaped",
    },
    EventDescription {
        name: "crop_died",
        fields: &[field("crop", Kind::Text), X, Y, field("cause", Kind::Text)],
        doc: "what grew on a plot is gone: `frost` or `blight`",
    },
    EventDescription {
        name: "day_started",
        fields: &[
            field("day", Kind::Integer),
            field("season", Kind::Optional(&Kind::Text)),
            field("temperature", Kind::Integer),
        ],
        doc: "a day began, the second of the colony or a later one; the temperature at midnight is in tenths of a degree Celsius",
    },
    EventDescription {
        name: "season_changed",
        fields: &[
            field("season", Kind::Optional(&Kind::Text)),
            field("previous", Kind::Optional(&Kind::Text)),
        ],
        doc: "another season began; before the day_started of its first day",
    },
    EventDescription {
        name: "incident_started",
        fields: &[field("incident", Kind::Text), field("lasts", Kind::Integer)],
        doc: "something befalls the colony, for so many ticks; one that lasts 0 happens at once, and no incident_ended follows",
    },
    EventDescription {
        name: "incident_ended",
        fields: &[field("incident", Kind::Text)],
        doc: "something is over that befell the colony",
    },
];

/// The table: what tells of one thing, then what tells of all such things of a tick.
static EVENTS: LazyLock<Vec<EventDescription>> = LazyLock::new(|| {
    let batches = batches::descriptions(SINGLE);
    SINGLE.iter().copied().chain(batches).collect()
});

/// All events, in the order of the reference.
pub fn events() -> &'static [EventDescription] {
    &EVENTS
}

/// The event of that name.
pub fn event(name: &str) -> Option<&'static EventDescription> {
    events().iter().find(|event| event.name == name)
}

/// The names of all events.
pub fn event_names() -> Vec<&'static str> {
    events().iter().map(|event| event.name).collect()
}

/// Whether an event happens in the colony: the others are the host's word to mods, or tell once more of what has happened.
pub fn is_counted(name: &str) -> bool {
    let of_the_host = [
        "simulation_start",
        "tick_start",
        "tick_end",
        "mod_loaded",
        "mod_unloaded",
        "config_changed",
    ];
    !of_the_host.contains(&name) && batched(name).is_none()
}

/// The fields of an event by the names by which they can be asked for: the whole path and its last part.
pub fn fields_by_name(name: &str) -> Vec<Field> {
    let fields = event(name).map_or(&[][..], |event| event.fields);
    let last = |path: &'static str| path.rsplit('.').next().unwrap_or(path);
    let by_name =
        |given: &Field| [given.path, last(given.path)].map(|path| field(path, given.kind));
    fields.iter().flat_map(by_name).collect()
}
