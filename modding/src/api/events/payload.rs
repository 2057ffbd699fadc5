//! What the events of the colony carry: as it is there, and as values.

use sim::{ColonistFacts, Event, JobFacts, Position, StableId};

use crate::value::Value;

use super::{COLONIST, JOB, Record};

/// What stands in a field of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fact<'a> {
    /// A whole number.
    Integer(i64),
    /// Text.
    Text(&'a str),
    /// Nothing.
    Nothing,
}

impl Fact<'_> {
    fn value(self) -> Option<Value> {
        match self {
            Fact::Integer(number) => Some(Value::Integer(number)),
            Fact::Text(text) => Some(Value::text(text)),
            Fact::Nothing => None,
        }
    }
}

/// Fields of the longest event.
const FIELDS_MAX: usize = 8;

/// What an event of the colony carries, in the order of its description's fields.
pub fn payload(event: &Event) -> Vec<Option<Value>> {
    let mut fields = Vec::with_capacity(FIELDS_MAX);
    facts(event, &mut |fact| fields.push(fact.value()));
    fields
}

/// Tells what an event of the colony carries, in the order of its description's fields.
pub(crate) fn facts<'a>(event: &'a Event, tell: &mut impl FnMut(Fact<'a>)) {
    match event {
        Event::JobCreated(job)
        | Event::JobAssigned(job)
        | Event::JobCompleted(job)
        | Event::JobCancelled(job) => job_facts(job, tell),
        Event::JobFailed { job, reason } => {
            job_facts(job, tell);
            tell(Fact::Text(reason));
        }
        Event::ColonistJoined { colonist, name, at } => colonist_facts(*colonist, name, *at, tell),
        Event::ColonistDied {
            colonist,
            name,
            at,
            cause,
        } => {
            colonist_facts(*colonist, name, *at, tell);
            tell(Fact::Text(cause));
        }
        Event::NeedCritical {
            colonist,
            name,
            need,
            level,
        } => {
            tell(id(*colonist));
            tell(Fact::Text(name));
            tell(Fact::Text(need));
            tell(integer(*level));
        }
        Event::ColonistCollapsed {
            colonist,
            name,
            at,
            health,
        } => {
            colonist_facts(*colonist, name, *at, tell);
            tell(integer(*health));
        }
        Event::ItemProduced { .. }
        | Event::ItemSpoiled { .. }
        | Event::BuildingCompleted { .. }
        | Event::CropRipe { .. }
        | Event::CropDied { .. } => place_facts(event, tell),
        Event::DayStarted { .. }
        | Event::SeasonChanged { .. }
        | Event::IncidentStarted { .. }
        | Event::IncidentEnded { .. } => environment_facts(event, tell),
    }
}

/// What an event carries that tells of something at a tile; nothing for any other.
fn place_facts<'a>(event: &'a Event, tell: &mut impl FnMut(Fact<'a>)) {
    match event {
        Event::ItemProduced {
            item,
            count,
            at,
            job,
        } => {
            tell(Fact::Text(item));
            tell(integer(*count));
            place(*at, tell);
            tell(id(*job));
        }
        Event::ItemSpoiled { item, count, at } => {
            tell(Fact::Text(item));
            tell(integer(*count));
            place(*at, tell);
        }
        Event::BuildingCompleted { building, kind, at } => {
            tell(id(*building));
            tell(Fact::Text(kind));
            place(*at, tell);
        }
        Event::CropRipe { crop, at } => {
            tell(Fact::Text(crop));
            place(*at, tell);
        }
        Event::CropDied { crop, at, cause } => {
            tell(Fact::Text(crop));
            place(*at, tell);
            tell(Fact::Text(cause));
        }
        _ => {}
    }
}

/// What an event of the environment carries; nothing for any other.
fn environment_facts<'a>(event: &'a Event, tell: &mut impl FnMut(Fact<'a>)) {
    match event {
        Event::DayStarted {
            day,
            season,
            temperature,
        } => {
            tell(integer(*day));
            tell(optional(season.as_deref()));
            tell(integer(*temperature));
        }
        Event::SeasonChanged { season, previous } => {
            tell(optional(season.as_deref()));
            tell(optional(previous.as_deref()));
        }
        Event::IncidentStarted { incident, lasts } => {
            tell(Fact::Text(incident));
            tell(integer(*lasts));
        }
        Event::IncidentEnded { incident } => tell(Fact::Text(incident)),
        _ => {}
    }
}

/// A job as mods see it.
pub(in crate::api) fn job_value(job: &JobFacts) -> Value {
    let mut fields = Vec::with_capacity(FIELDS_MAX);
    job_facts(job, &mut |fact| fields.push(fact.value()));
    record_value(&JOB, fields)
}

/// A colonist as mods see it.
pub(in crate::api) fn colonist_value(colonist: &ColonistFacts) -> Value {
    let mut fields = Vec::with_capacity(COLONIST.fields.len());
    let tell = &mut |fact: Fact<'_>| fields.push(fact.value());
    colonist_facts(colonist.id, &colonist.name, colonist.at, tell);
    let numbers = [
        integer(colonist.food),
        integer(colonist.rest),
        integer(colonist.recreation),
        integer(colonist.mood),
        integer(colonist.health),
        integer(colonist.wound),
    ];
    numbers.into_iter().for_each(tell);
    fields.push(Some(Value::Boolean(colonist.collapsed)));
    fields.push(colonist.job.and_then(|job| id(job).value()));
    record_value(&COLONIST, fields)
}

/// An id as a number; ids stay far below 2^53 as they count what was ever made.
pub(crate) fn id_number(id: StableId) -> i64 {
    i64::try_from(id.get()).unwrap_or(i64::MAX)
}

fn id<'a>(id: StableId) -> Fact<'a> {
    Fact::Integer(id_number(id))
}

fn record_value(record: &Record, values: Vec<Option<Value>>) -> Value {
    let members = record.members().zip(values);
    Value::map(members.filter_map(|((name, _), value)| Some((name, value?))))
}

fn job_facts<'a>(job: &'a JobFacts, tell: &mut impl FnMut(Fact<'a>)) {
    tell(id(job.id));
    tell(Fact::Text(&job.kind));
    tell(integer(job.priority));
    place(job.at, tell);
    tell(job.colonist.map_or(Fact::Nothing, id));
    tell(optional(job.item.as_deref()));
}

fn colonist_facts<'a>(
    colonist: StableId,
    name: &'a str,
    at: Position,
    tell: &mut impl FnMut(Fact<'a>),
) {
    tell(id(colonist));
    tell(Fact::Text(name));
    place(at, tell);
}

fn place<'a>(at: Position, tell: &mut impl FnMut(Fact<'a>)) {
    tell(integer(at.x));
    tell(integer(at.y));
}

fn optional(text: Option<&str>) -> Fact<'_> {
    text.map_or(Fact::Nothing, Fact::Text)
}

fn integer<'a>(number: impl Into<i64>) -> Fact<'a> {
    Fact::Integer(number.into())
}
