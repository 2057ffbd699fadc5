//! What the events of the colony carry, as values.

use sim::{ColonistFacts, Event, JobFacts, Position, StableId};

use crate::value::Value;

use super::{COLONIST, JOB, Record};

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
        Event::ColonistCollapsed {
            colonist,
            name,
            at,
            health,
        } => {
            let mut fields = colonist_fields(*colonist, name, *at);
            fields.push(Some(integer(*health)));
            fields
        }
        Event::ItemProduced { .. }
        | Event::ItemSpoiled { .. }
        | Event::BuildingCompleted { .. }
        | Event::CropRipe { .. }
        | Event::CropDied { .. } => place_fields(event),
        Event::DayStarted { .. }
        | Event::SeasonChanged { .. }
        | Event::IncidentStarted { .. }
        | Event::IncidentEnded { .. } => environment_fields(event),
    }
}

/// What an event carries that tells of something at a tile; nothing for any other.
fn place_fields(event: &Event) -> Vec<Option<Value>> {
    let at = |at: &Position| [Some(integer(at.x)), Some(integer(at.y))];
    let text = |text: &str| Some(Value::text(text));
    let mut fields = Vec::new();
    match event {
        Event::ItemProduced {
            item,
            count,
            at: tile,
            job,
        } => {
            fields.extend([text(item), Some(integer(*count))]);
            fields.extend(at(tile));
            fields.push(Some(id(*job)));
        }
        Event::ItemSpoiled {
            item,
            count,
            at: tile,
        } => {
            fields.extend([text(item), Some(integer(*count))]);
            fields.extend(at(tile));
        }
        Event::BuildingCompleted {
            building,
            kind,
            at: tile,
        } => {
            fields.extend([Some(id(*building)), text(kind)]);
            fields.extend(at(tile));
        }
        Event::CropRipe { crop, at: tile } => {
            fields.push(text(crop));
            fields.extend(at(tile));
        }
        Event::CropDied {
            crop,
            at: tile,
            cause,
        } => {
            fields.push(text(crop));
            fields.extend(at(tile));
            fields.push(text(cause));
        }
        _ => {}
    }
    fields
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
pub(in crate::api) fn job_value(job: &JobFacts) -> Value {
    record_value(&JOB, job_fields(job))
}

/// A colonist as mods see it.
pub(in crate::api) fn colonist_value(colonist: &ColonistFacts) -> Value {
    let mut fields = colonist_fields(colonist.id, &colonist.name, colonist.at);
    fields.extend([
        Some(integer(colonist.food)),
        Some(integer(colonist.rest)),
        Some(integer(colonist.recreation)),
        Some(integer(colonist.mood)),
        Some(integer(colonist.health)),
        Some(integer(colonist.wound)),
        Some(Value::Boolean(colonist.collapsed)),
        colonist.job.map(id),
    ]);
    record_value(&COLONIST, fields)
}

/// An id as a number; ids stay far below 2^53 as they count what was ever made.
fn id(id: StableId) -> Value {
    Value::Integer(i64::try_from(id.get()).unwrap_or(i64::MAX))
}

fn record_value(record: &Record, values: Vec<Option<Value>>) -> Value {
    let members = record.members().zip(values);
    Value::map(members.filter_map(|((name, _), value)| Some((name, value?))))
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
