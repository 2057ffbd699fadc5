//! What all events of one name carry in a tick: a list for each field. Made once, of the events as the colony tells them, for all mods that
//! hear them so.

use std::collections::BTreeMap;
use std::mem::{Discriminant, discriminant};
use std::sync::Arc;

use sim::{Event, JobFacts};

use crate::api::{ApiError, EventDescription, Fact, Field, Kind, batch_of, facts, id_number};
use crate::limits::BATCH_EVENTS_MAX;
use crate::value::Value;

/// See the [module](self).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Batch {
    size: usize,
    columns: Vec<Column>,
    texts: Arc<Vec<String>>,
}

/// What stands in one field of the events.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Column {
    pub(crate) numbers: Numbers,
    /// Whether an event may carry nothing here.
    pub(crate) is_optional: bool,
}

/// The numbers of a column; 0 stands for nothing in those that are optional, since ids count from 1 and the text at 0 is the empty one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Numbers {
    Integers(Arc<[i64]>),
    /// Positions among the batch's texts.
    Texts(Arc<[u32]>),
}

/// Fields of a batch before its columns: `size`.
pub(crate) const FIELDS_BEFORE_COLUMNS: usize = 1;

/// The position of the empty text.
const EMPTY: u32 = 0;

/// The events of a tick that can be heard all at once, those of one name together, in the order in which the first of each happened. There
/// are as many batches of a name as it takes for none to be too long.
pub fn by_name(
    events: &[Event],
    is_heard: impl Fn(&str) -> bool,
) -> Vec<(&'static EventDescription, Batch)> {
    let mut groups: Vec<Group<'_>> = Vec::new();
    for event in events {
        let kind = discriminant(event);
        let group = match groups.iter().position(|known| known.kind == kind) {
            Some(known) => &mut groups[known],
            None => {
                let heard = batch_of(event.name()).filter(|batch| is_heard(batch.name));
                let events = Vec::with_capacity(heard.map_or(0, |_| events.len()));
                groups.push_mut(Group {
                    kind,
                    heard,
                    events,
                })
            }
        };
        if group.heard.is_some() {
            group.events.push(event);
        }
    }
    let heard = groups
        .iter()
        .filter_map(|group| Some((group.heard?, &group.events)));
    let batches = heard.flat_map(|(description, events)| {
        let parts = events.chunks(BATCH_EVENTS_MAX);
        parts.map(move |events| (description, Batch::of(description, events)))
    });
    batches.collect()
}

/// The events of one kind.
struct Group<'a> {
    kind: Discriminant<Event>,
    /// What tells of all of them, if somebody hears it.
    heard: Option<&'static EventDescription>,
    events: Vec<&'a Event>,
}

impl Batch {
    fn of(description: &EventDescription, events: &[&Event]) -> Batch {
        let jobs = events.iter().map(|event| only_job(event));
        if let Some(jobs) = jobs.collect::<Option<Vec<_>>>() {
            return Batch::of_jobs(&jobs);
        }
        let mut packing = Packing::new(description, events.len());
        for event in events {
            let mut at = 0;
            facts(event, &mut |fact| {
                packing.push(at, fact);
                at += 1;
            });
        }
        packing.batch(events.len())
    }

    /// The same for events that carry a job and nothing else, which come by the hundred: list by list.
    fn of_jobs(jobs: &[&JobFacts]) -> Batch {
        let integer = |is_optional, of: fn(&JobFacts) -> i64| Column {
            numbers: Numbers::Integers(jobs.iter().map(|job| of(job)).collect()),
            is_optional,
        };
        let mut texts = Texts::default();
        let kinds = jobs.iter().map(|job| texts.position(&job.kind)).collect();
        let items = jobs.iter().map(|job| match &job.item {
            Some(item) => texts.position(item),
            None => EMPTY,
        });
        let items = items.collect();
        let text = |is_optional, positions| Column {
            numbers: Numbers::Texts(positions),
            is_optional,
        };
        Batch {
            size: jobs.len(),
            columns: vec![
                integer(false, |job| id_number(job.id)),
                text(false, kinds),
                integer(false, |job| job.priority.into()),
                integer(false, |job| job.at.x.into()),
                integer(false, |job| job.at.y.into()),
                integer(true, |job| job.colonist.map_or(0, id_number)),
                text(true, items),
            ],
            texts: texts.all(),
        }
    }

    /// A batch of lists that somebody has written, in the order of the description's fields; what is left out is 0, the empty text or
    /// nothing for every event.
    ///
    /// # Errors
    /// What is no list, lists of different lengths, values of another kind than the field's.
    pub fn of_fields(
        description: &EventDescription,
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
            for position in 0..size {
                let value = list.and_then(|list| list.get(position));
                packing.push(at, fact(description, field, value)?);
            }
        }
        Ok(packing.batch(size))
    }

    /// How many events.
    pub fn size(&self) -> usize {
        self.size
    }

    /// A list for each field after the size.
    pub(crate) fn columns(&self) -> &[Column] {
        &self.columns
    }

    /// The texts that columns speak of, each once; the first is the empty one.
    pub(crate) fn texts(&self) -> &Arc<Vec<String>> {
        &self.texts
    }

    /// What stands in a column for an event.
    pub(crate) fn value(&self, column: &Column, event: usize) -> Value {
        let nothing = || Value::Boolean(false);
        match &column.numbers {
            Numbers::Integers(numbers) => match numbers.get(event) {
                Some(0) if column.is_optional => nothing(),
                number => Value::Integer(number.copied().unwrap_or(0)),
            },
            Numbers::Texts(positions) => match positions.get(event) {
                Some(&EMPTY) if column.is_optional => nothing(),
                position => {
                    let text = position.and_then(|at| self.texts.get(*at as usize));
                    Value::text(text.map_or("", String::as_str))
                }
            },
        }
    }
}

/// A batch under construction.
struct Packing<'a> {
    columns: Vec<Filling>,
    texts: Texts<'a>,
}

/// The texts of a batch, each once, in the order in which they came.
struct Texts<'a> {
    all: Vec<&'a str>,
    /// The text that came last of those that look alike at a glance.
    recent: [u32; GLANCES],
    /// The positions of those beyond the first few, which are found sooner by looking at each.
    positions: BTreeMap<&'a str, u32>,
}

/// Texts that are looked at one by one: kinds of jobs and of items are seldom more in a tick.
const FEW_TEXTS: usize = 16;

/// How many texts can be told apart at a glance.
const GLANCES: usize = 64;

/// What is seen of a text at a glance: texts that differ in it differ.
fn glance(text: &str) -> usize {
    let bytes = text.as_bytes();
    let byte = |byte: Option<&u8>| byte.copied().map_or(0, usize::from);
    (bytes.len() + 5 * byte(bytes.first()) + 11 * byte(bytes.last())) % GLANCES
}

impl Default for Texts<'_> {
    fn default() -> Self {
        Self {
            all: vec![""],
            recent: [EMPTY; GLANCES],
            positions: BTreeMap::new(),
        }
    }
}

impl<'a> Texts<'a> {
    fn all(self) -> Arc<Vec<String>> {
        let texts = self.all.into_iter().map(str::to_owned);
        Arc::new(texts.collect())
    }

    fn position(&mut self, text: &'a str) -> u32 {
        let glance = glance(text);
        let recent = self.recent[glance];
        if self.all.get(recent as usize) == Some(&text) {
            return recent;
        }
        let position = self.find_or_add(text);
        self.recent[glance] = position;
        position
    }

    fn find_or_add(&mut self, text: &'a str) -> u32 {
        let mut few = self.all.iter().take(FEW_TEXTS);
        if let Some(position) = few.position(|known| *known == text) {
            return position as u32;
        }
        let next = u32::try_from(self.all.len()).unwrap_or(u32::MAX);
        if self.all.len() < FEW_TEXTS {
            self.all.push(text);
            return next;
        }
        let position = *self.positions.entry(text).or_insert(next);
        if position == next {
            self.all.push(text);
        }
        position
    }
}

struct Filling {
    numbers: Filled,
    is_optional: bool,
}

enum Filled {
    Integers(Vec<i64>),
    Texts(Vec<u32>),
}

impl<'a> Packing<'a> {
    fn new(description: &EventDescription, size: usize) -> Packing<'a> {
        let columns = description.fields.iter().skip(FIELDS_BEFORE_COLUMNS);
        let columns = columns.map(|field| {
            let (kind, is_optional) = inner(*field);
            let numbers = match kind {
                Kind::Text | Kind::OneOf(_) => Filled::Texts(Vec::with_capacity(size)),
                _ => Filled::Integers(Vec::with_capacity(size)),
            };
            Filling {
                numbers,
                is_optional,
            }
        });
        Packing {
            columns: columns.collect(),
            texts: Texts::default(),
        }
    }

    fn push(&mut self, at: usize, fact: Fact<'a>) {
        let Some(column) = self.columns.get_mut(at) else {
            return;
        };
        match &mut column.numbers {
            Filled::Integers(numbers) => numbers.push(match fact {
                Fact::Integer(number) => number,
                Fact::Text(_) | Fact::Nothing => 0,
            }),
            Filled::Texts(positions) => {
                let Fact::Text(text) = fact else {
                    positions.push(EMPTY);
                    return;
                };
                positions.push(self.texts.position(text));
            }
        }
    }

    fn batch(self, size: usize) -> Batch {
        let columns = self.columns.into_iter().map(|column| Column {
            numbers: match column.numbers {
                Filled::Integers(numbers) => Numbers::Integers(numbers.into()),
                Filled::Texts(positions) => Numbers::Texts(positions.into()),
            },
            is_optional: column.is_optional,
        });
        Batch {
            size,
            columns: columns.collect(),
            texts: self.texts.all(),
        }
    }
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
