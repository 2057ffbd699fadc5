//! Events on their way to components. What a handler is given is made once for each event and then filled in place: a record made anew
//! costs more than the call. Events of jobs, which come by the thousand, go as what they are known to be at compile time, in half the
//! time.

mod batches;

use std::sync::Arc;

use wasmtime::component::types::{ComponentFunc, Type};
use wasmtime::component::{ComponentType, Func, Lower, TypedFunc, Val};
use wasmtime::{AsContextMut, Store};

use crate::api::{
    ApiError, BATCH_TEXTS, BATCH_TEXTS_AT, EventPart, Kind, batched, event_parts, events,
    kebab_case,
};
use crate::runtime::{Event, EventContent, tick_value};
use crate::value::Value;

use super::convert::{is_of_kind, is_record, to_val};
use super::guest::Guest;

use batches::{JobBatch, batch_val};

/// What hears one event.
pub(super) enum Port {
    /// It is given a job and no more: the last one, whose memory the next takes.
    OfJob(TypedFunc<(u32, Arc<JobEvent>), ()>, Arc<JobEvent>),
    /// It is given jobs and no more, all at once.
    OfJobs(TypedFunc<(u32, JobBatch), ()>),
    /// It is given what the table says, all at once.
    Batch(Func, Vec<(String, Part)>),
    /// It is given what the table says.
    Other(Func, EventParameters),
}

/// `job` of colony.wit.
#[derive(Clone, Debug, Default, ComponentType, Lower)]
#[component(record)]
pub(super) struct Job {
    id: i64,
    kind: String,
    priority: i64,
    x: i64,
    y: i64,
    colonist: Option<i64>,
    item: Option<String>,
}

/// `job-created-event` of colony.wit and its like.
#[derive(Clone, Debug, Default, ComponentType, Lower)]
#[component(record)]
pub(super) struct JobEvent {
    tick: i64,
    job: Job,
}

impl Port {
    /// What hears the event at a position.
    pub(super) fn new(
        mut store: impl AsContextMut<Data = Guest>,
        function: Func,
        position: usize,
    ) -> Port {
        let event = events().get(position);
        let fields = event.map_or(&[][..], |event| event.fields);
        let is_batch = event.is_some_and(|event| batched(event.name).is_some());
        match &event_parts(fields)[..] {
            [("job", EventPart::Record(_))] => {
                if let Ok(function) = function.typed(store.as_context_mut()) {
                    return Port::OfJob(function, Arc::default());
                }
            }
            [_, ("job", EventPart::Record(_))] if is_batch => {
                if let Ok(function) = function.typed(store.as_context_mut()) {
                    return Port::OfJobs(function);
                }
            }
            _ => {}
        }
        match parts(position) {
            Some(parts) if is_batch => Port::Batch(function, parts),
            _ => Port::Other(function, EventParameters::new(position)),
        }
    }

    /// What is to be called for an event.
    ///
    /// # Errors
    /// An event that is not what the table says of it.
    pub(super) fn call<'a>(
        &'a mut self,
        function: u32,
        event: &Event,
    ) -> Result<impl FnOnce(&mut Store<Guest>) -> wasmtime::Result<()> + 'a, ApiError> {
        let prepared = match self {
            Port::OfJob(typed, job) => {
                fill_job(Arc::make_mut(job), event)?;
                Prepared::OfJob(typed, (function, job.clone()))
            }
            Port::OfJobs(typed) => Prepared::OfJobs(typed, (function, JobBatch::of(event)?)),
            Port::Batch(dynamic, parts) => {
                Prepared::Batch(dynamic, [Val::U32(function), batch_val(parts, event)?])
            }
            Port::Other(dynamic, parameters) => {
                Prepared::Other(dynamic, parameters.fill(function, event)?)
            }
        };
        Ok(move |store: &mut Store<Guest>| match prepared {
            Prepared::OfJob(typed, parameters) => typed.call(store, parameters),
            Prepared::OfJobs(typed, parameters) => typed.call(store, parameters),
            Prepared::Batch(dynamic, parameters) => dynamic.call(store, &parameters, &mut []),
            Prepared::Other(dynamic, parameters) => dynamic.call(store, parameters, &mut []),
        })
    }
}

/// A call whose parameters are made.
enum Prepared<'a> {
    OfJob(
        &'a TypedFunc<(u32, Arc<JobEvent>), ()>,
        (u32, Arc<JobEvent>),
    ),
    OfJobs(&'a TypedFunc<(u32, JobBatch), ()>, (u32, JobBatch)),
    Batch(&'a Func, [Val; 2]),
    Other(&'a Func, &'a [Val]),
}

/// The event of a job, from its fields in the order of the table.
fn fill_job(record: &mut JobEvent, event: &Event) -> Result<(), ApiError> {
    let unfit = || ApiError::new(format!("{event} is not the event of a job"));
    let integer = |value: &Option<Value>| match value {
        Some(Value::Integer(number)) => Ok(*number),
        _ => Err(unfit()),
    };
    let EventContent::Fields(fields) = &event.content else {
        return Err(unfit());
    };
    let [id, Some(Value::Text(kind)), priority, x, y, colonist, item] = &fields[..] else {
        return Err(unfit());
    };
    record.tick = i64::try_from(event.tick).unwrap_or(i64::MAX);
    let job = &mut record.job;
    job.id = integer(id)?;
    job.kind.clone_from(kind);
    job.priority = integer(priority)?;
    job.x = integer(x)?;
    job.y = integer(y)?;
    job.colonist = match colonist {
        Some(_) => Some(integer(colonist)?),
        None => None,
    };
    match (&mut job.item, item) {
        (Some(held), Some(Value::Text(item))) => held.clone_from(item),
        (held, Some(Value::Text(item))) => *held = Some(item.clone()),
        (held, _) => *held = None,
    }
    Ok(())
}

/// What a handler of one event is given.
#[derive(Debug)]
pub(super) struct EventParameters {
    /// The function's number and the record.
    parameters: [Val; 2],
    /// Where each field of the event goes: the position in the record, and in the record that is there.
    fields: Vec<(usize, Option<usize>, Kind)>,
}

/// The fields of the record before those of the event.
const FIELDS_BEFORE: usize = 1;

impl EventParameters {
    /// For the event at a position.
    pub(super) fn new(position: usize) -> EventParameters {
        let Some(parts) = parts(position) else {
            let record = MOD_EVENT.map(|(name, _)| (name.to_owned(), Val::Bool(false)));
            return EventParameters {
                parameters: [Val::U32(0), Val::Record(record.into())],
                fields: Vec::new(),
            };
        };
        let mut record = vec![("tick".to_owned(), Val::S64(0))];
        let mut places = Vec::new();
        for (at, (name, part)) in parts.into_iter().enumerate() {
            let at = at + FIELDS_BEFORE;
            let val = match part {
                Part::Field(kind) => {
                    places.push((at, None, kind));
                    Val::Bool(false)
                }
                Part::Record(members) => {
                    let indices = 0..members.len();
                    let kinds = members.iter().map(|(_, kind)| *kind);
                    places.extend(
                        indices
                            .zip(kinds)
                            .map(|(inner, kind)| (at, Some(inner), kind)),
                    );
                    let members = members
                        .into_iter()
                        .map(|(name, _)| (name, Val::Bool(false)));
                    Val::Record(members.collect())
                }
            };
            record.push((name, val));
        }
        EventParameters {
            parameters: [Val::U32(0), Val::Record(record)],
            fields: places,
        }
    }

    /// The parameters for an event.
    ///
    /// # Errors
    /// An event that is not what the table says of it.
    pub(super) fn fill(&mut self, function: u32, event: &Event) -> Result<&[Val], ApiError> {
        let [number, Val::Record(record)] = &mut self.parameters else {
            return Err(ApiError::new("an event is a record"));
        };
        *number = Val::U32(function);
        let tick = tick_value(event.tick);
        match &event.content {
            EventContent::Fields(values) => {
                set(Kind::Integer, &mut record[0].1, Some(&tick))?;
                for ((at, inner, kind), value) in self.fields.iter().zip(values) {
                    let slot = match (&mut record[*at].1, inner) {
                        (Val::Record(members), Some(inner)) => &mut members[*inner].1,
                        (slot, _) => slot,
                    };
                    set(*kind, slot, value.as_ref())?;
                }
            }
            EventContent::Batch(_) => {
                return Err(ApiError::new(format!("{event} tells of several events")));
            }
            EventContent::Payload(payload) => {
                let name = Value::text(&*event.name);
                let values = [Some(&name), Some(&tick), payload.as_ref()];
                for ((slot, kind), value) in record
                    .iter_mut()
                    .zip(MOD_EVENT.map(|(_, kind)| kind))
                    .zip(values)
                {
                    set(kind, &mut slot.1, value)?;
                }
            }
        }
        Ok(&self.parameters)
    }
}

/// Puts a value in the place of the last one, whose memory it takes.
fn set(kind: Kind, slot: &mut Val, value: Option<&Value>) -> Result<(), ApiError> {
    match (kind, slot, value) {
        (Kind::Integer, Val::S64(slot), Some(Value::Integer(number))) => *slot = *number,
        (Kind::Boolean, Val::Bool(slot), Some(Value::Boolean(boolean))) => *slot = *boolean,
        (Kind::Text | Kind::OneOf(_), Val::String(slot), Some(Value::Text(text))) => {
            slot.clone_from(text);
        }
        (Kind::Optional(_), Val::Option(slot), None) => *slot = None,
        (Kind::Optional(inner), Val::Option(Some(slot)), value @ Some(_)) => {
            set(*inner, slot, value)?;
        }
        (kind, slot, value) => *slot = to_val(kind, value)?,
    }
    Ok(())
}

/// What stands in the record of an event under a name.
pub(super) enum Part {
    Field(Kind),
    Record(Vec<(String, Kind)>),
}

/// The record of the events of mods.
const MOD_EVENT: [(&str, Kind); 3] = [
    ("name", Kind::Text),
    ("tick", Kind::Integer),
    ("payload", Kind::Any),
];

/// The record of the event at a position of the table, without its tick.
fn parts(position: usize) -> Option<Vec<(String, Part)>> {
    let event = events().get(position)?;
    let part = |(name, part): (&str, EventPart)| {
        let part = match part {
            EventPart::Field(kind) => Part::Field(kind),
            EventPart::Record(record) => {
                let members = record.members();
                Part::Record(
                    members
                        .map(|(name, kind)| (kebab_case(name), kind))
                        .collect(),
                )
            }
            EventPart::Fields(fields) => {
                let fields = fields.into_iter();
                Part::Record(
                    fields
                        .map(|field| (kebab_case(field.path), field.kind))
                        .collect(),
                )
            }
        };
        (kebab_case(name), part)
    };
    let mut parts: Vec<(String, Part)> = event_parts(event.fields).into_iter().map(part).collect();
    if batched(event.name).is_some() {
        let (name, kind) = BATCH_TEXTS;
        parts.insert(
            BATCH_TEXTS_AT - FIELDS_BEFORE,
            (name.to_owned(), Part::Field(kind)),
        );
    }
    Some(parts)
}

/// Whether a function of a component takes the event at a position.
pub(super) fn takes_event(found: &ComponentFunc, position: usize) -> bool {
    let parameters: Vec<Type> = found.params().map(|(_, found)| found).collect();
    let [Type::U32, Type::Record(record)] = &parameters[..] else {
        return false;
    };
    if found.results().len() != 0 {
        return false;
    }
    let Some(parts) = parts(position) else {
        let members = MOD_EVENT.map(|(name, kind)| (name.to_owned(), kind));
        return is_record(record, &members);
    };
    let mut fields = record.fields();
    record.fields().len() == FIELDS_BEFORE + parts.len()
        && fields
            .next()
            .is_some_and(|tick| tick.name == "tick" && tick.ty == Type::S64)
        && fields.zip(&parts).all(|(field, (name, part))| {
            field.name == name
                && match (part, &field.ty) {
                    (Part::Field(kind), found) => is_of_kind(found, *kind),
                    (Part::Record(members), Type::Record(found)) => is_record(found, members),
                    (Part::Record(_), _) => false,
                }
        })
}
