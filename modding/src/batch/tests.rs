//! Batches say what the single events say.

use std::slice::from_ref;

use sim::{Event, JobFacts, Position, StableId};

use super::{Batch, Numbers, by_name};
use crate::api::{BATCHED, event, payload};
use crate::limits::BATCH_EVENTS_MAX;
use crate::value::Value;

fn job(id: u64, kind: &str, item: Option<&str>) -> JobFacts {
    JobFacts {
        id: StableId::new(id),
        kind: kind.into(),
        priority: 3,
        at: Position { x: 7, y: 9 },
        colonist: id.is_multiple_of(2).then(|| StableId::new(id + 100)),
        item: item.map(Into::into),
    }
}

/// Two kinds of events in turns, with and without what may be missing.
fn events() -> Vec<Event> {
    let of = |id| {
        let created = Event::JobCreated(job(id, "haul", (id > 2).then_some("wood")));
        let failed = Event::JobFailed {
            job: job(id, ["mine", "chop"][id as usize % 2], None),
            reason: format!("reason {}", id % 3),
        };
        [created, failed]
    };
    (1..=6).flat_map(of).collect()
}

#[test]
fn a_batch_holds_what_single_events_carry() {
    let events = events();
    let batches = by_name(&events, |_| true);
    let names: Vec<&str> = batches.iter().map(Batch::name).collect();
    assert_eq!(names, ["job_created_batch", "job_failed_batch"]);
    for (batch, name) in batches.iter().zip(["job_created", "job_failed"]) {
        let single: Vec<_> = events.iter().filter(|event| event.name() == name).collect();
        assert_eq!(batch.size(), single.len());
        for (at, event) in single.into_iter().enumerate() {
            let columns = batch.columns();
            let found: Vec<Value> = columns.map(|column| batch.value(column, at)).collect();
            let expected = payload(event).into_iter();
            let expected = expected.map(|value| value.unwrap_or(Value::Boolean(false)));
            assert_eq!(found, expected.collect::<Vec<_>>(), "{name} {at}");
        }
    }
    assert_eq!(batches[0].texts()[..], ["", "haul", "wood"]);
}

#[test]
fn many_texts_keep_their_positions() {
    let job_of = |at: u64| job(1, &format!("kind {}", at % 40), Some("wood"));
    let events: Vec<Event> = (0..120).map(|at| Event::JobCreated(job_of(at))).collect();
    let batch = &by_name(&events, |_| true)[0];
    assert_eq!(batch.texts().len(), 1 + 40 + 1);
    let column = |at| batch.columns().nth(at).unwrap();
    for at in 0..120 {
        let kind = Value::text(format!("kind {}", at % 40));
        assert_eq!(batch.value(column(1), at), kind);
        assert_eq!(batch.value(column(6), at), Value::text("wood"));
    }
}

#[test]
fn texts_of_any_length_and_number_keep_their_positions() {
    // Reasons are looked for as they are, kinds as the colony holds them.
    let reason = |at: usize| match at % 40 {
        0 => String::new(),
        at => format!("{}{at}", "because it was so ".repeat(at % 3)),
    };
    let events: Vec<Event> = (0..120)
        .map(|at| Event::JobFailed {
            job: job(1, ["craft", "haul"][at % 2], None),
            reason: reason(at),
        })
        .collect();
    let batch = &by_name(&events, |_| true)[0];
    assert_eq!(batch.texts().len(), 40 + 2);
    let column = |path| batch.columns().find(|column| column.path == path).unwrap();
    for at in 0..120 {
        let kind = ["craft", "haul"][at % 2];
        assert_eq!(batch.value(column("job.kind"), at), Value::text(kind));
        assert_eq!(batch.value(column("reason"), at), Value::text(reason(at)));
    }
}

#[test]
fn what_nobody_hears_is_not_packed() {
    let batches = by_name(&events(), |name| name == "job_failed_batch");
    assert_eq!(batches.len(), 1);
    assert_eq!(batches[0].size(), 6);
}

#[test]
fn a_batch_is_not_too_long() {
    let count = BATCH_EVENTS_MAX as u64 + 3;
    let events: Vec<Event> = (1..=count)
        .map(|id| Event::JobCreated(job(id, "haul", None)))
        .collect();
    let sizes: Vec<usize> = by_name(&events, |_| true).iter().map(Batch::size).collect();
    assert_eq!(sizes, [BATCH_EVENTS_MAX, 3]);
}

#[test]
fn every_field_of_what_comes_in_batches_has_a_column() {
    for name in BATCHED {
        let description = event(name).unwrap();
        let batch = event(&format!("{name}_batch")).unwrap();
        for size in [0, 3] {
            let batch = Batch::of_fields(batch, &[Some(Value::Integer(size))]).unwrap();
            let paths = description.fields.iter().map(|field| field.path);
            assert!(
                batch.columns().map(|column| column.path).eq(paths),
                "{name}"
            );
            for column in batch.columns() {
                let length = match column.numbers {
                    Numbers::Integers(numbers) => numbers.len(),
                    Numbers::Texts(positions) => positions.len(),
                };
                assert_eq!(length as i64, size, "{name}, {}", column.path);
            }
        }
    }
}

#[test]
fn lists_that_do_not_fit_are_refused() {
    let description = event("crop_ripe_batch").unwrap();
    let list = |values: &[Value]| Some(Value::List(values.to_vec()));
    let refused = |fields: &[Option<Value>]| {
        let error = Batch::of_fields(description, fields).unwrap_err();
        error.message
    };
    let (one, two) = (Value::Integer(1), Value::Integer(2));
    assert_eq!(
        refused(&[None, None, list(&[one.clone(), two]), list(from_ref(&one))]),
        "`y` of `crop_ripe_batch` has 1 values, expected 2"
    );
    assert_eq!(
        refused(&[None, list(from_ref(&one))]),
        "`crop` of `crop_ripe_batch` holds 1, expected `{ string }`"
    );
    for (size, found) in [
        (Value::Integer(-1), "-1"),
        (Value::Integer(1_025), "1025"),
        (Value::Number(1.5), "1.5"),
        (Value::text("two"), "\"two\""),
    ] {
        assert_eq!(
            refused(&[Some(size), None]),
            format!(
                "`size` of `crop_ripe_batch` must be a whole number from 0 to 1024, found {found}"
            )
        );
    }
    let many = vec![Value::Integer(1); BATCH_EVENTS_MAX + 1];
    assert_eq!(
        refused(&[None, None, list(&many)]),
        "`size` of `crop_ripe_batch` must be a whole number from 0 to 1024, found 1025"
    );
    assert_eq!(
        refused(&[None, Some(one)]),
        "`crop` must be a list, found 1"
    );
}
