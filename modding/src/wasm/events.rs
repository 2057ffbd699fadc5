//! Events on their way to components. What a handler of single events is given is made once and then filled in place: a record made anew
//! costs more than the call. Events of jobs, which come by the thousand, go as what they are known to be at compile time, in half the
//! time: the call borrows what the event holds.

mod batches;

use wasmtime::component::types::{ComponentFunc, Type};
use wasmtime::component::{ComponentType, Func, Lower, TypedFunc, Val};
use wasmtime::{AsContextMut, Store};

use crate::api::{
    ApiError, BATCH_TEXTS, BATCH_TEXTS_AT, EventPart, Kind, batched, event_parts, events,
    kebab_case,
};
use crate::error::GuestError;
use crate::runtime::{Event, EventContent, tick_value};
use crate::value::Value;

use super::convert::{is_of_kind, is_record, to_val};
use super::guest::{Ended, Guest};

use batches::{JobBatch, batch_val};

/// What hears one event.
pub(super) enum Port {
    /// It is given a job and no more.
    OfJob(TypedFunc<(u32, JobEvent<'static>), ()>),
    /// It is given jobs and no more, all at once.
    OfJobs(TypedFunc<(u32, JobBatch<'static>), ()>),
    /// It is given what the table says, all at once.
    Batch(Func, Vec<(String, Part)>),
    /// It is given what the table says.
    Other(Func, EventParameters),
}

/// `job` of colony.wit.
#[derive(Clone, Copy, Debug, ComponentType, Lower)]
#[component(record)]
pub(super) struct Job<'a> {
    id: i64,
    kind: &'a str,
    priority: i64,
    x: i64,
    y: i64,
    colonist: Option<i64>,
    item: Option<&'a str>,
}

/// `job-created-event` of colony.wit and its like.
#[derive(Clone, Copy, Debug, ComponentType, Lower)]
#[component(record)]
pub(super) struct JobEvent<'a> {
    tick: i64,
    job: Job<'a>,
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
                    return Port::OfJob(function);
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

    /// Calls what hears an event.
    ///
    /// # Errors
    /// What it raised, and an event that is not what the table says of it.
    pub(super) fn call(
        &mut self,
        store: &mut Store<Guest>,
        function: u32,
        event: &Event,
    ) -> wasmtime::Result<()> {
        match self {
            Port::OfJob(typed) => {
                let job = JobEvent::of(event).or_else(|error| refuse(store, error))?;
                typed.call(store, (function, job))
            }
            Port::OfJobs(typed) => {
                let texts = batches::texts(event);
                let jobs = JobBatch::of(event, &texts).or_else(|error| refuse(store, error))?;
                typed.call(store, (function, jobs))
            }
            Port::Batch(dynamic, parts) => {
                let batch = batch_val(parts, event).or_else(|error| refuse(store, error))?;
                dynamic.call(store, &[Val::U32(function), batch], &mut [])
            }
            Port::Other(dynamic, parameters) => {
                let filled = parameters.fill(function, event);
                let filled = filled.or_else(|error| refuse(store, error))?;
                dynamic.call(store, filled, &mut [])
            }
        }
    }
}

/// Ends a call before it begins.
fn refuse<T>(store: &mut Store<Guest>, error: ApiError) -> wasmtime::Result<T> {
    store.data_mut().failure = Some(GuestError::new(error.message));
    Err(Ended.into())
}

impl<'a> JobEvent<'a> {
    /// The event of a job, from its fields in the order of the table.
    ///
    /// # Errors
    /// An event of something else.
    fn of(event: &'a Event) -> Result<JobEvent<'a>, ApiError> {
        let unfit = || ApiError::new(format!("{event} is not the event of a job"));
        let EventContent::Fields(fields) = &event.content else {
            return Err(unfit());
        };
        let [
            Some(Value::Integer(id)),
            Some(Value::Text(kind)),
            Some(Value::Integer(priority)),
            Some(Value::Integer(x)),
            Some(Value::Integer(y)),
            colonist,
            item,
        ] = &fields[..]
        else {
            return Err(unfit());
        };
        let colonist = match colonist {
            None => None,
            Some(Value::Integer(colonist)) => Some(*colonist),
            Some(_) => return Err(unfit()),
        };
        let item = match item {
            None => None,
            Some(Value::Text(item)) => Some(item.as_str()),
            Some(_) => return Err(unfit()),
        };
        Ok(JobEvent {
            tick: i64::try_from(event.tick).unwrap_or(i64::MAX),
            job: Job {
                id: *id,
                kind,
                priority: *priority,
                x: *x,
                y: *y,
                colonist,
                item,
            },
        })
    }
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
