//! Events on their way to components, all of a tick at once: numbers, which are copied as they lie.

use std::sync::Arc;

use wasmtime::component::{ComponentType, Lower, Val};

use crate::api::{ApiError, Kind};
use crate::batch::{Batch, Column, Numbers};
use crate::runtime::{Event, EventContent, tick_value};
use crate::wasm::convert::to_val;

use super::Part;

/// `jobs` of colony.wit.
#[derive(Clone, Debug, ComponentType, Lower)]
#[component(record)]
pub(in crate::wasm) struct Jobs {
    id: Arc<[i64]>,
    kind: Arc<[u32]>,
    priority: Arc<[i64]>,
    x: Arc<[i64]>,
    y: Arc<[i64]>,
    colonist: Arc<[i64]>,
    item: Arc<[u32]>,
}

/// `job-created-batch-event` of colony.wit and its like.
#[derive(Clone, Debug, ComponentType, Lower)]
#[component(record)]
pub(in crate::wasm) struct JobBatch {
    tick: i64,
    size: i64,
    texts: Arc<Vec<String>>,
    job: Jobs,
}

impl JobBatch {
    /// The lists of an event that tells of jobs.
    ///
    /// # Errors
    /// An event that tells of something else.
    pub(super) fn of(event: &Event) -> Result<JobBatch, ApiError> {
        use Numbers::{Integers, Texts};
        let batch = batch(event)?;
        let numbers: Vec<&Numbers> = batch
            .columns()
            .iter()
            .map(|column| &column.numbers)
            .collect();
        let [
            Integers(id),
            Texts(kind),
            Integers(priority),
            Integers(x),
            Integers(y),
            Integers(colonist),
            Texts(item),
        ] = &numbers[..]
        else {
            return Err(unfit(event));
        };
        Ok(JobBatch {
            tick: whole(event.tick),
            size: whole(batch.size()),
            texts: batch.texts().clone(),
            job: Jobs {
                id: id.clone(),
                kind: kind.clone(),
                priority: priority.clone(),
                x: x.clone(),
                y: y.clone(),
                colonist: colonist.clone(),
                item: item.clone(),
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
    let mut columns = batch.columns().iter();
    let mut next = || columns.next().map(column_val).ok_or_else(|| unfit(event));
    let tick = to_val(Kind::Integer, Some(&tick_value(event.tick)))?;
    let mut record = vec![("tick".to_owned(), tick)];
    for (name, part) in parts {
        let val = match part {
            Part::Field(Kind::Integer) => Val::S64(whole(batch.size())),
            Part::Field(Kind::Column(_)) => next()?,
            Part::Field(_) => {
                let texts = batch.texts().iter();
                Val::List(texts.map(|text| Val::String(text.clone())).collect())
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

fn column_val(column: &Column) -> Val {
    match &column.numbers {
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
