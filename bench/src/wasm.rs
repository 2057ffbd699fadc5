//! Mods that are components, against the same components under wasmtime alone: an event, all events of a tick at once, reloads, and what
//! idle instances take.

mod bare;
mod guest;
mod memory;
mod reloading;

use std::sync::Arc;

use modding::batch::{Batch, by_name};
use modding::bundle::Bundle;
use modding::host::Host;
use modding::mod_id::ModId;
use modding::runtime::{Event, EventContent};
use modding::value::Value;
use sim::{JobFacts, Position, StableId};

use crate::colony::{
    Colony, TICK, bundle as script_bundle, counting as counting_script, event, host, manifest,
};
use crate::measure::{Figure, Side, take_turns};
use crate::table::{Row, Section};

use bare::{Bare, Job, JobCreated, Jobs, JobsCreated, OfMany, OfOne};
use guest::{Keeping, counting};

/// The priority that events say.
const PRIORITY: i64 = 9;

/// Events of a batch.
const BATCH: i64 = 64;

/// Measures the topic: tables, and one of memory where the system has `/proc`.
pub(crate) fn measure() -> (Option<memory::Memory>, [Section; 3]) {
    // First, while the allocator has nothing to hand out again.
    let memory = memory::measure();
    let section = |title, unit, rows| Section {
        title,
        unit,
        per_second: false,
        rows,
    };
    let sections = [
        section("Components: an event", "deliveries", one_event()),
        section("Events all at once", "batches", batches()),
        section("Components: reloads", "reloads", reloading::measure()),
    ];
    (memory, sections)
}

/// A mod that is a component.
pub(super) fn bundle(id: &str, component: Vec<u8>) -> Bundle {
    let files = [manifest(id), ("wasm/main.wasm".to_owned(), component)];
    Bundle::new(id, files).expect("good paths")
}

/// A colony with one component.
struct Ours {
    host: Host,
}

const MOD: &str = "counting";

impl Ours {
    fn new(component: Vec<u8>) -> Ours {
        Ours {
            host: host(2, 32, [bundle(MOD, component)]),
        }
    }

    /// Asserts that the handler was called so often and added up so much.
    fn assert_done(&mut self, calls: u64, sum: u64) {
        self.host.deliver(&event("bench:report"));
        let failures = self.host.failures();
        assert!(failures.is_empty(), "a handler failed: {failures:?}");
        let id = ModId::parse(MOD).expect("an id");
        let storage = self.host.mod_storage(&id).expect("the mod runs");
        let number = |name: &str| match storage.at_path(name) {
            Some(Value::Integer(number)) => number.unsigned_abs(),
            other => panic!("no {name}: {other:?}"),
        };
        assert_eq!((number("count"), number("sum")), (calls, sum));
    }
}

const OF_JOB: &str = "(param i32 i64 i64 i32 i32 i64 i64 i64 i32 i64 i32 i32 i32)";
const ADD_PRIORITY: &str = "(global.set $sum (i64.add (global.get $sum) (local.get 5)))";

fn one_event() -> Vec<Row> {
    let component = |keeping| counting("job_created", OF_JOB, ADD_PRIORITY, keeping);
    let keepings = [
        Keeping::Nothing,
        Keeping::Telling,
        Keeping::Asked,
        Keeping::Count,
    ];
    let mut ours = keepings.map(|keeping| Ours::new(component(keeping)));
    let event = job_created();
    let plain = component(Keeping::Nothing);
    let mut as_it_comes: Bare<OfOne> = Bare::new(&bare::engine(), &plain, "on-job-created");
    let mut metered: Bare<OfOne> = Bare::new(&bare::metered_engine(), &plain, "on-job-created");
    let job = Arc::new(bare_job());
    let [first, second, third, fourth] = &mut ours;
    let figures = take_turns([
        Side::new(1, || first.host.deliver(&event)),
        Side::new(1, || second.host.deliver(&event)),
        Side::new(1, || third.host.deliver(&event)),
        Side::new(1, || fourth.host.deliver(&event)),
        Side::new(1, || as_it_comes.call((1, job.clone()))),
        Side::new(1, || metered.call((1, job.clone()))),
    ]);
    for (ours, figure) in ours.iter_mut().zip(&figures) {
        let count = figure.operations;
        ours.assert_done(count, count * PRIORITY.unsigned_abs());
    }
    rows_of_one_event(figures)
}

fn rows_of_one_event(figures: [Figure; 6]) -> Vec<Row> {
    let [nothing, telling, asked, count, as_it_comes, metered] = figures;
    let beside = "typed call, wasmtime as it comes";
    vec![
        Row::new(
            "`job_created`, no state in memory",
            nothing,
            beside,
            as_it_comes,
        )
        .aim("1.5"),
        Row::new(
            "`job_created`, no state in memory",
            nothing,
            "typed call, steps counted",
            metered,
        ),
        Row::new(
            "the same, keeps a state, tells of changes, none",
            telling,
            beside,
            as_it_comes,
        )
        .aim("1.5"),
        Row::new(
            "the same, keeps a state, is asked, none",
            asked,
            beside,
            as_it_comes,
        )
        .aim("1.5"),
        Row::new(
            "the same, a number of its state changes",
            count,
            beside,
            as_it_comes,
        ),
    ]
}

fn job_created() -> Event {
    let fields = vec![
        Some(Value::Integer(97)),
        Some(Value::text("haul")),
        Some(Value::Integer(PRIORITY)),
        Some(Value::Integer(12)),
        Some(Value::Integer(31)),
        Some(Value::Integer(4)),
        Some(Value::text("wood")),
    ];
    Event {
        name: "job_created".into(),
        tick: TICK,
        content: EventContent::Fields(fields),
    }
}

fn bare_job() -> JobCreated {
    JobCreated {
        tick: TICK.cast_signed(),
        job: Job {
            id: 97,
            kind: "haul".to_owned(),
            priority: PRIORITY,
            x: 12,
            y: 31,
            colonist: Some(4),
            item: Some("wood".to_owned()),
        },
    }
}

const OF_JOBS: &str = "(param $event i32) (local $at i32) (local $end i32)";

/// Adds up the priorities of all jobs of a batch.
const ADD_PRIORITIES: &str = "(local.set $at (i32.load offset=48 (local.get $event)))
    (local.set $end (i32.add (local.get $at) (i32.shl (i32.load offset=52 (local.get $event)) (i32.const 3))))
    (loop $next
      (global.set $sum (i64.add (global.get $sum) (i64.load (local.get $at))))
      (br_if $next (i32.lt_u (local.tee $at (i32.add (local.get $at) (i32.const 8))) (local.get $end))))";

/// A tick's jobs: four kinds of items are hauled and some trees are felled.
fn jobs() -> Vec<sim::Event> {
    let items = ["wood", "stone", "meal", "grain"];
    let job = |at: i64| JobFacts {
        id: StableId::new(at.unsigned_abs() + 97),
        kind: if at % 8 == 0 { "chop" } else { "haul" }.into(),
        priority: PRIORITY as u8,
        at: Position { x: 12, y: 31 },
        colonist: None,
        item: (at % 8 != 0).then(|| items[at as usize % 4].into()),
    };
    (0..BATCH)
        .map(|at| sim::Event::JobCreated(job(at)))
        .collect()
}

fn batch_event(batch: Batch) -> Event {
    Event {
        name: batch.name().into(),
        tick: TICK,
        content: EventContent::Batch(batch),
    }
}

const HANDLER: &str = "function(batch)
    count = count + 1
    for at = 1, batch.size do sum = sum + batch.job.priority[at] end
end";

fn batches() -> Vec<Row> {
    let component = counting(
        "job_created_batch",
        OF_JOBS,
        ADD_PRIORITIES,
        Keeping::Nothing,
    );
    let [mut made, mut packed] = [(); 2].map(|()| Ours::new(component.clone()));
    let mut single = Ours::new(counting(
        "job_created",
        OF_JOB,
        ADD_PRIORITY,
        Keeping::Nothing,
    ));
    let mut bare: Bare<OfMany> = Bare::new(&bare::engine(), &component, "on-job-created-batch");
    let lua = |name: &str, handler: &str| Colony::new(&[counting_script(name, handler)]);
    let mut lua_batch = lua("job_created_batch", HANDLER);
    let mut lua_single = lua(
        "job_created",
        "function(event) count = count + 1 sum = sum + event.job.priority end",
    );
    let events = jobs();
    let batch = by_name(&events, |_| true).pop().expect("there are jobs");
    let lists = Arc::new(bare_lists(&events));
    assert_eq!(batch.size(), lists.job.id.len());
    let batch = batch_event(batch);
    let one = job_created();
    let deliver_packed = |host: &mut Host| {
        for batch in by_name(&events, |_| true) {
            host.deliver(&batch_event(batch));
        }
    };
    let one_by_one = |host: &mut Host| (0..BATCH).for_each(|_| host.deliver(&one));
    let mut bare_packing: Bare<OfMany> =
        Bare::new(&bare::engine(), &component, "on-job-created-batch");
    let figures = take_turns([
        Side::new(1, || made.host.deliver(&batch)),
        Side::new(1, || deliver_packed(&mut packed.host)),
        Side::new(1, || bare.call((1, lists.clone()))),
        Side::new(1, || bare_packing.call((1, Arc::new(bare_lists(&events))))),
        Side::new(1, || one_by_one(&mut single.host)),
        Side::new(1, || deliver_packed(&mut lua_batch.host)),
        Side::new(1, || one_by_one(&mut lua_single.host)),
    ]);
    let sum = |figure: &Figure| figure.operations * (BATCH * PRIORITY).unsigned_abs();
    let [
        of_made,
        of_packed,
        _,
        _,
        of_single,
        of_lua_batch,
        of_lua_single,
    ] = &figures;
    made.assert_done(of_made.operations, sum(of_made));
    packed.assert_done(of_packed.operations, sum(of_packed));
    let singles = of_single.operations * BATCH.unsigned_abs();
    single.assert_done(singles, sum(of_single));
    assert_eq!(lua_batch.done("job_created_batch").sum, sum(of_lua_batch));
    assert_eq!(lua_single.done("job_created").sum, sum(of_lua_single));
    rows_of_batches(figures)
}

fn rows_of_batches(figures: [Figure; 7]) -> Vec<Row> {
    let [
        made,
        packed,
        bare,
        bare_packing,
        single,
        lua_batch,
        lua_single,
    ] = figures;
    let beside = "typed call with the lists, wasmtime as it comes";
    vec![
        Row::new("component: 64 jobs, lists made before", made, beside, bare).aim("2"),
        Row::new(
            "component: 64 jobs, lists made of events",
            packed,
            "the lists made of events, and the typed call",
            bare_packing,
        )
        .aim("2"),
        Row::new(
            "component: 64 jobs, lists made of events",
            packed,
            beside,
            bare,
        ),
        Row::new(
            "component: 64 jobs, lists made of events",
            packed,
            "64 single events, ours",
            single,
        ),
        Row::new(
            "script: 64 jobs, lists made of events",
            lua_batch,
            "64 single events, ours",
            lua_single,
        ),
    ]
}

/// The lists as one would make them who knows nothing but jobs.
fn bare_lists(events: &[sim::Event]) -> JobsCreated {
    let room = || Vec::with_capacity(events.len());
    let mut texts = vec![String::new()];
    let mut lists = Jobs {
        id: room(),
        kind: Vec::with_capacity(events.len()),
        priority: room(),
        x: room(),
        y: room(),
        colonist: room(),
        item: Vec::with_capacity(events.len()),
    };
    for event in events {
        let sim::Event::JobCreated(job) = event else {
            continue;
        };
        let number = |id: StableId| id.get().cast_signed();
        lists.id.push(number(job.id));
        lists.kind.push(position(&mut texts, &job.kind));
        lists.priority.push(job.priority.into());
        lists.x.push(job.at.x.into());
        lists.y.push(job.at.y.into());
        lists.colonist.push(job.colonist.map_or(0, number));
        let item = job.item.as_deref();
        lists.item.push(position(&mut texts, item.unwrap_or("")));
    }
    JobsCreated {
        tick: TICK.cast_signed(),
        size: lists.id.len() as i64,
        texts,
        job: lists,
    }
}

/// Where a text is among others, to which it is added if it is new.
fn position(texts: &mut Vec<String>, text: &str) -> u32 {
    let known = texts.iter().position(|known| known == text);
    let position = known.unwrap_or_else(|| {
        texts.push(text.to_owned());
        texts.len() - 1
    });
    position as u32
}

/// A mod without code, and one with a script of one line.
fn others(id: &str) -> [Bundle; 2] {
    let nothing = Bundle::new(id, [manifest(id)]).expect("good paths");
    [
        nothing,
        script_bundle(id, "colony.events.register('bench:report', function() end)"),
    ]
}
