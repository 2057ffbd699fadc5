//! What all events of one name carry in a tick: a list for each field. Made once, of the events as the colony tells them, for all mods that
//! hear them so.

mod texts;

use std::mem::{Discriminant, discriminant};

use sim::{Event, JobFacts};
use smol_str::SmolStr;

use crate::api::{ApiError, EventDescription, Fact, Field, Kind, batch_of, facts, id_number};
use crate::limits::BATCH_EVENTS_MAX;
use crate::value::Value;

use texts::{EMPTY, Texts};

/// See the [module](self).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Batch {
    description: &'static EventDescription,
    size: usize,
    /// The columns of numbers, one behind the other.
    integers: Vec<i64>,
    /// The columns of texts, one behind the other: positions among the texts.
    positions: Vec<u32>,
    texts: Vec<SmolStr>,
}

/// What stands in one field of the events.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Column<'a> {
    /// As the table names it: `job.id`.
    pub(crate) path: &'static str,
    pub(crate) numbers: Numbers<'a>,
    /// Whether an event may carry nothing here.
    pub(crate) is_optional: bool,
}

/// The numbers of a column; 0 stands for nothing in those that are optional, since ids count from 1 and the text at 0 is the empty one.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Numbers<'a> {
    Integers(&'a [i64]),
    /// Positions among the batch's texts.
    Texts(&'a [u32]),
}

/// Fields of a batch before its columns: `size`.
pub(crate) const FIELDS_BEFORE_COLUMNS: usize = 1;

/// The events of a tick that can be heard all at once, those of one name together, in the order in which the first of each happened. There
/// are as many batches of a name as it takes for none to be too long.
pub fn by_name(events: &[Event], is_heard: impl Fn(&str) -> bool) -> Vec<Batch> {
    let mut groups: Vec<Group<'_>> = Vec::new();
    for event in events {
        let kind = discriminant(event);
        let group = match groups.iter().position(|known| known.kind == kind) {
            Some(known) => &mut groups[known],
            None => {
                let heard = batch_of(event.name()).filter(|batch| is_heard(batch.name));
                groups.push_mut(Group {
                    kind,
                    heard,
                    told: Told::new(event, heard.map_or(0, |_| events.len())),
                })
            }
        };
        if group.heard.is_some() {
            group.told.push(event);
        }
    }
    let mut batches = Vec::new();
    for group in &groups {
        let Some(description) = group.heard else {
            continue;
        };
        match &group.told {
            Told::Jobs(jobs) => {
                let parts = jobs.chunks(BATCH_EVENTS_MAX);
                batches.extend(parts.map(|jobs| Batch::of_jobs(description, jobs)));
            }
            Told::Others(events) => {
                let parts = events.chunks(BATCH_EVENTS_MAX);
                batches.extend(parts.map(|events| Batch::of(description, events)));
            }
        }
    }
    batches
}

/// The events of one kind.
struct Group<'a> {
    kind: Discriminant<Event>,
    /// What tells of all of them, if somebody hears it.
    heard: Option<&'static EventDescription>,
    told: Told<'a>,
}

/// What the events of one kind tell.
enum Told<'a> {
    /// Of a job each, and nothing else.
    Jobs(Vec<&'a JobFacts>),
    Others(Vec<&'a Event>),
}

impl<'a> Told<'a> {
    fn new(event: &Event, capacity: usize) -> Told<'a> {
        match only_job(event) {
            Some(_) => Told::Jobs(Vec::with_capacity(capacity)),
            None => Told::Others(Vec::with_capacity(capacity)),
        }
    }

    /// Adds an event of the same kind as the first.
    #[inline]
    fn push(&mut self, event: &'a Event) {
        match (self, only_job(event)) {
            (Told::Jobs(jobs), job) => jobs.extend(job),
            (Told::Others(events), _) => events.push(event),
        }
    }
}

impl Batch {
    fn of(description: &'static EventDescription, events: &[&Event]) -> Batch {
        let mut packing = Packing::new(description, events.len());
        for (event, told) in events.iter().enumerate() {
            let mut column = 0;
            facts(told, &mut |fact| {
                packing.put(event, column, fact);
                column += 1;
            });
        }
        packing.finish()
    }

    /// The same for events that carry a job and nothing else, which come by the hundred: list by list, in the order of the table, the numbers
    /// and the texts each for themselves.
    fn of_jobs(description: &'static EventDescription, jobs: &[&JobFacts]) -> Batch {
        let mut integers = Vec::with_capacity(JOB_INTEGERS * jobs.len());
        integers.extend(jobs.iter().map(|job| id_number(job.id)));
        integers.extend(jobs.iter().map(|job| i64::from(job.priority)));
        integers.extend(jobs.iter().map(|job| i64::from(job.at.x)));
        integers.extend(jobs.iter().map(|job| i64::from(job.at.y)));
        integers.extend(jobs.iter().map(|job| job.colonist.map_or(0, id_number)));
        let mut texts = Texts::default();
        let mut positions = Vec::with_capacity(JOB_TEXTS * jobs.len());
        positions.extend(jobs.iter().map(|job| texts.position_of(&job.kind)));
        positions.extend(jobs.iter().map(|job| match &job.item {
            Some(item) => texts.position_of(item),
            None => EMPTY,
        }));
        debug_assert_eq!(
            columns(description)
                .map(|(kind, _)| is_text(kind))
                .collect::<Vec<_>>(),
            [false, true, false, false, false, false, true]
        );
        Batch {
            description,
            size: jobs.len(),
            integers,
            positions,
            texts: texts.into_all(),
        }
    }

    /// A batch of lists that somebody has written, in the order of the description's fields; what is left out is 0, the empty text or
    /// nothing for every event.
    ///
    /// # Errors
    /// What is no list, lists of different lengths, values of another kind than the field's.
    pub fn of_fields(
        description: &'static EventDescription,
        fields: &[Option<Value>],
    ) -> Result<Batch, ApiError> {
        let lists = description.fields.iter().zip(fields);
        let lists = lists.skip(FIELDS_BEFORE_COLUMNS).map(column_values);
        let lists = lists.collect::<Result<Vec<_>, ApiError>>()?;
        let given = fields.first().and_then(Option::as_ref);
        let longest = || lists.iter().flatten().map(|list| list.len()).max();
        let size = match given {
            Some(Value::Integer(size)) => usize::try_from(*size).ok(),
            Some(_) => None,
            None => Some(longest().unwrap_or(0)),
        };
        let Some(size) = size.filter(|size| *size <= BATCH_EVENTS_MAX) else {
            let found = given.map_or_else(|| longest().unwrap_or(0).to_string(), Value::to_string);
            return Err(ApiError::new(format!(
                "`size` of `{}` must be a whole number from 0 to {BATCH_EVENTS_MAX}, found {found}",
                description.name
            )));
        };
        let mut packing = Packing::new(description, size);
        for (at, list) in lists.iter().enumerate() {
            let field = description.fields[at + FIELDS_BEFORE_COLUMNS];
            if let Some(list) = list.filter(|list| list.len() != size) {
                return Err(ApiError::new(format!(
                    "`{}` of `{}` has {} values, expected {size}",
                    field.path,
                    description.name,
                    list.len()
                )));
            }
            for event in 0..size {
                let value = list.and_then(|list| list.get(event));
                packing.put(event, at, fact(description, field, value)?);
            }
        }
        Ok(packing.finish())
    }

    /// The event that tells of all of them: `job_created_batch`.
    pub fn name(&self) -> &'static str {
        self.description.name
    }

    /// How many events.
    pub fn size(&self) -> usize {
        self.size
    }

    /// A list for each field after the size.
    pub(crate) fn columns(&self) -> impl ExactSizeIterator<Item = Column<'_>> {
        let (mut integers, mut positions) = (&self.integers[..], &self.positions[..]);
        let paths = self.description.fields.iter().skip(FIELDS_BEFORE_COLUMNS);
        let columns = paths.zip(columns(self.description));
        columns.map(move |(field, (kind, is_optional))| {
            let numbers = if is_text(kind) {
                Numbers::Texts(positions.split_off(..self.size).unwrap_or_default())
            } else {
                Numbers::Integers(integers.split_off(..self.size).unwrap_or_default())
            };
            Column {
                path: field.path,
                numbers,
                is_optional,
            }
        })
    }

    /// The texts that columns speak of, each once; the first is the empty one.
    pub(crate) fn texts(&self) -> &[SmolStr] {
        &self.texts
    }

    /// What stands in a column for an event.
    pub(crate) fn value(&self, column: Column<'_>, event: usize) -> Value {
        let nothing = || Value::Boolean(false);
        match column.numbers {
            Numbers::Integers(numbers) => match numbers.get(event) {
                Some(0) if column.is_optional => nothing(),
                number => Value::Integer(number.copied().unwrap_or(0)),
            },
            Numbers::Texts(positions) => match positions.get(event) {
                Some(&EMPTY) if column.is_optional => nothing(),
                position => {
                    let text = position.and_then(|at| self.texts.get(*at as usize));
                    Value::text(text.map_or("", SmolStr::as_str))
                }
            },
        }
    }
}

/// Numbers of a job.
const JOB_INTEGERS: usize = 5;

/// Texts of a job: what is done, and with what.
const JOB_TEXTS: usize = 2;

/// A batch under construction: whatever no event has put in its place is 0, the empty text or nothing.
struct Packing<'a> {
    batch: Batch,
    columns: Vec<Place>,
    texts: Texts<'a>,
}

/// Where a column begins, among those of its kind.
enum Place {
    Integers(usize),
    Texts(usize),
}

impl<'a> Packing<'a> {
    fn new(description: &'static EventDescription, size: usize) -> Packing<'a> {
        let (mut integers, mut positions) = (0, 0);
        let begin = |(kind, _)| {
            if is_text(kind) {
                positions += size;
                Place::Texts(positions - size)
            } else {
                integers += size;
                Place::Integers(integers - size)
            }
        };
        let columns = columns(description).map(begin).collect();
        let batch = Batch {
            description,
            size,
            integers: vec![0; integers],
            positions: vec![EMPTY; positions],
            texts: Vec::new(),
        };
        Packing {
            batch,
            columns,
            texts: Texts::default(),
        }
    }

    /// Puts what an event carries in its place in a column.
    fn put(&mut self, event: usize, column: usize, fact: Fact<'a>) {
        match (self.columns.get(column), fact) {
            (Some(Place::Integers(begin)), Fact::Integer(number)) => {
                self.batch.integers[begin + event] = number;
            }
            (Some(Place::Texts(begin)), Fact::Text(text)) => {
                self.batch.positions[begin + event] = self.texts.position(text);
            }
            _ => {}
        }
    }

    fn finish(self) -> Batch {
        Batch {
            texts: self.texts.into_all(),
            ..self.batch
        }
    }
}

/// What each column of a batch holds, and whether it may hold nothing.
fn columns(description: &'static EventDescription) -> impl ExactSizeIterator<Item = (Kind, bool)> {
    let fields = description.fields.iter().skip(FIELDS_BEFORE_COLUMNS);
    fields.map(|field| inner(*field))
}

const fn is_text(kind: Kind) -> bool {
    matches!(kind, Kind::Text | Kind::OneOf(_))
}

/// The job that an event carries, if it carries nothing else.
const fn only_job(event: &Event) -> Option<&JobFacts> {
    match event {
        Event::JobCreated(job)
        | Event::JobAssigned(job)
        | Event::JobCompleted(job)
        | Event::JobCancelled(job) => Some(job),
        _ => None,
    }
}

/// What the events carry in a field, and whether they may carry nothing.
fn inner(field: Field) -> (Kind, bool) {
    match field.kind {
        Kind::Column(Kind::Optional(kind)) => (**kind, true),
        Kind::Column(kind) => (*kind, false),
        kind => (kind, false),
    }
}

/// The values of a column that somebody has written.
fn column_values<'a>(
    (field, value): (&Field, &'a Option<Value>),
) -> Result<Option<&'a [Value]>, ApiError> {
    match value {
        None => Ok(None),
        Some(Value::List(list)) => Ok(Some(list)),
        Some(Value::Map(map)) if map.is_empty() => Ok(Some(&[])),
        Some(other) => Err(ApiError::new(format!(
            "`{}` must be a list, found {other}",
            field.path
        ))),
    }
}

/// A value of a column that somebody has written.
fn fact<'a>(
    description: &EventDescription,
    field: Field,
    value: Option<&'a Value>,
) -> Result<Fact<'a>, ApiError> {
    let (kind, is_optional) = inner(field);
    match (kind, value) {
        (_, None) => Ok(Fact::Nothing),
        (_, Some(Value::Boolean(false))) if is_optional => Ok(Fact::Nothing),
        (Kind::Text | Kind::OneOf(_), Some(Value::Text(text))) => Ok(Fact::Text(text)),
        (Kind::Integer, Some(Value::Integer(number))) => Ok(Fact::Integer(*number)),
        (_, Some(other)) => Err(ApiError::new(format!(
            "`{}` of `{}` holds {other}, expected `{}`",
            field.path,
            description.name,
            field.kind.luau()
        ))),
    }
}

#[cfg(test)]
mod tests;
