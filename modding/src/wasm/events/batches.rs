//! Events on their way to components, all of a tick at once: numbers, which are copied as they lie.

use smol_str::SmolStr;
use wasmtime::component::{ComponentType, Lower, Val};

use crate::api::{ApiError, Kind};
use crate::batch::{Batch, Column, Numbers};
use crate::runtime::{Event, EventContent, tick_value};
use crate::wasm::convert::to_val;

use super::Part;

/// `jobs` of colony.wit.
#[derive(Clone, Copy, Debug, ComponentType, Lower)]
#[component(record)]
pub(in crate::wasm) struct Jobs<'a> {
    id: &'a [i64],
    kind: &'a [u32],
    priority: &'a [i64],
    x: &'a [i64],
    y: &'a [i64],
    colonist: &'a [i64],
    item: &'a [u32],
}

/// `job-created-batch-event` of colony.wit and its like.
#[derive(Clone, Copy, Debug, ComponentType, Lower)]
#[component(record)]
pub(in crate::wasm) struct JobBatch<'a> {
    tick: i64,
    size: i64,
    texts: &'a [&'a str],
    job: Jobs<'a>,
}

/// The texts of an event that tells of several.
pub(super) fn texts(event: &Event) -> Vec<&str> {
    match &event.content {
        EventContent::Batch(batch) => batch.texts().iter().map(SmolStr::as_str).collect(),
        _ => Vec::new(),
    }
}

impl<'a> JobBatch<'a> {
    /// The lists of an event that tells of jobs, with its texts.
    ///
    /// # Errors
    /// An event that tells of something else.
    pub(super) fn of(event: &'a Event, texts: &'a [&'a str]) -> Result<JobBatch<'a>, ApiError> {
        let batch = batch(event)?;
        let mut columns = batch.columns().map(|column| column.numbers);
        let mut next = || columns.next().ok_or_else(|| unfit(event));
        let integers = |numbers| match numbers {
            Numbers::Integers(integers) => Ok(integers),
            Numbers::Texts(_) => Err(unfit(event)),
        };
        let positions = |numbers| match numbers {
            Numbers::Texts(positions) => Ok(positions),
            Numbers::Integers(_) => Err(unfit(event)),
        };
        Ok(JobBatch {
            tick: whole(event.tick),
            size: whole(batch.size()),
            texts,
            job: Jobs {
                id: integers(next()?)?,
                kind: positions(next()?)?,
                priority: integers(next()?)?,
                x: integers(next()?)?,
                y: integers(next()?)?,
                colonist: integers(next()?)?,
                item: positions(next()?)?,
            },
        })
    }
}

/// The record of an event that tells of several, which has these parts.
///
/// # Errors
/// An event that is not what the table says of it.
pub(super) fn batch_val(parts: &[(String, Part)], event: &Event) -> Result<Val, ApiError> {
    let batch = batch(event)?;
    let mut columns = batch.columns();
    let mut next = || columns.next().map(column_val).ok_or_else(|| unfit(event));
    let tick = to_val(Kind::Integer, Some(&tick_value(event.tick)))?;
    let mut record = vec![("tick".to_owned(), tick)];
    for (name, part) in parts {
        let val = match part {
            Part::Field(Kind::Integer) => Val::S64(whole(batch.size())),
            Part::Field(Kind::Column(_)) => next()?,
            Part::Field(_) => {
                let texts = batch.texts().iter();
                Val::List(texts.map(|text| Val::String(text.to_string())).collect())
            }
            Part::Record(members) => {
                let members = members.iter().map(|(name, _)| Ok((name.clone(), next()?)));
                Val::Record(members.collect::<Result<_, ApiError>>()?)
            }
        };
        record.push((name.clone(), val));
    }
    Ok(Val::Record(record))
}

fn column_val(column: Column<'_>) -> Val {
    match column.numbers {
        Numbers::Integers(numbers) => Val::List(numbers.iter().copied().map(Val::S64).collect()),
        Numbers::Texts(positions) => Val::List(positions.iter().copied().map(Val::U32).collect()),
    }
}

fn batch(event: &Event) -> Result<&Batch, ApiError> {
    match &event.content {
        EventContent::Batch(batch) => Ok(batch),
        _ => Err(unfit(event)),
    }
}

fn unfit(event: &Event) -> ApiError {
    ApiError::new(format!("{event} is not what `{}` tells", event.name))
}

fn whole(number: impl TryInto<i64>) -> i64 {
    number.try_into().unwrap_or(i64::MAX)
}
