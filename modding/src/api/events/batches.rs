//! Events that come all at once. For each event of the colony that may come by the hundred there is another that tells of all of a tick
//! in one call, with a list for each field: a call and a table for each would cost more than what they say.

use std::sync::LazyLock;

use super::{EventDescription, JOB, JOB_FIELDS};
use crate::api::kinds::{Field, Kind, Record, field};
use crate::limits::{BATCH_EVENTS_MAX, shown};

/// The events that can be heard all at once. What comes once a day at most gains nothing by it.
pub const BATCHED: [&str; 14] = [
    "job_created",
    "job_assigned",
    "job_completed",
    "job_failed",
    "job_cancelled",
    "colonist_joined",
    "colonist_died",
    "colonist_collapsed",
    "need_critical",
    "item_produced",
    "item_spoiled",
    "building_completed",
    "crop_ripe",
    "crop_died",
];

/// What the name of an event that tells of all at once ends with.
const SUFFIX: &str = "_batch";

/// The event that tells of all events of a name at once.
pub fn batch_of(event: &str) -> Option<&'static EventDescription> {
    let by_position: &[EventDescription] = super::events();
    let at = BATCHED.iter().position(|known| *known == event)?;
    // Batches are the last of the table, in the order of the list.
    by_position.get(by_position.len() - BATCHED.len() + at)
}

/// The event of which another tells all at once: `job_created` of `job_created_batch`.
pub fn batched(name: &str) -> Option<&'static str> {
    let event = name.strip_suffix(SUFFIX)?;
    BATCHED.into_iter().find(|known| *known == event)
}

/// Makes the events that tell of all at once. The table lives as long as the program, and so does what it speaks of.
pub(super) fn descriptions(single: &'static [EventDescription]) -> Vec<EventDescription> {
    let of = |name: &&str| single.iter().find(|event| event.name == *name);
    BATCHED.iter().filter_map(of).map(description).collect()
}

fn description(event: &'static EventDescription) -> EventDescription {
    let size = field("size", Kind::Integer);
    let fields = [size].into_iter().chain(columns(event.fields));
    let doc = format!(
        "all `{}` of a tick, up to {} in one call: a list for each field, in the order in which they happened",
        event.name,
        shown(BATCH_EVENTS_MAX as u64)
    );
    EventDescription {
        name: format!("{}{SUFFIX}", event.name).leak(),
        fields: fields.collect::<Vec<_>>().leak(),
        doc: doc.leak(),
    }
}

fn columns(fields: &'static [Field]) -> impl Iterator<Item = Field> {
    fields
        .iter()
        .map(|known| field(known.path, Kind::Column(&known.kind)))
}

/// Jobs on the board, a list for each of their fields.
static JOBS: LazyLock<Record> = LazyLock::new(|| Record {
    name: "Jobs",
    doc: "jobs on the board, a list for each of their fields; what stands at one position of the lists is one job",
    prefix: JOB.prefix,
    fields: columns(&JOB_FIELDS).collect::<Vec<_>>().leak(),
});

/// See [`JOBS`].
pub(in crate::api) fn jobs() -> &'static Record {
    &JOBS
}
