//! Counts urgent jobs by kind and raises them, so that they are taken first: `mods/priority_watch` in Rust.

use std::collections::BTreeMap;

use colony_guest::{
    Event, HandlerOptions, JobCreatedEvent, Kept, Mod, Result, Setup, config, events, jobs, mods,
    random,
};
use serde::{Deserialize, Serialize};

const ENDINGS: [&str; 3] = ["job_completed", "job_failed", "job_cancelled"];

/// The key of the handlers that run only while boosted jobs are on the board.
const BOOSTED: &str = "boosted";

#[derive(Serialize, Deserialize)]
struct Watch {
    urgent: i64,
    by_kind: BTreeMap<String, i64>,
    /// The kinds of the jobs that were raised, by their ids.
    boosted: BTreeMap<i64, String>,
    finished: i64,
    last_kind: String,
}

/// The state of 1.0, which counted hauls only.
#[derive(Deserialize)]
struct HaulsOnly {
    urgent: i64,
    hauls: i64,
    boosted: BTreeMap<i64, String>,
    finished: i64,
}

impl Default for Watch {
    fn default() -> Watch {
        Watch {
            urgent: 0,
            by_kind: BTreeMap::new(),
            boosted: BTreeMap::new(),
            finished: 0,
            last_kind: "none".to_owned(),
        }
    }
}

impl Mod for Watch {
    fn load(setup: &mut Setup<Watch>) -> Result {
        setup.migrate("<1.1.0", |old: HaulsOnly| {
            Ok(Watch {
                urgent: old.urgent,
                by_kind: BTreeMap::from([("haul".to_owned(), old.hauls)]),
                boosted: old.boosted,
                finished: old.finished,
                ..Watch::default()
            })
        })?;
        setup.on(on_job_created)?;
        let options = HandlerOptions {
            key: Some(BOOSTED.to_owned()),
            enabled: Some(false),
            ..HandlerOptions::default()
        };
        setup.on_any(&ENDINGS, &options, on_job_ended)?;
        // Named, so a reload keeps its phase.
        setup.every("report", 100, |state, _| {
            mods::call("stats", "record", &("urgent", state.urgent))
        })
    }
}

fn on_job_ended(state: &mut Kept<Watch>, event: &Event) -> Result {
    let id = match event {
        Event::JobCompleted(event) => event.job.id,
        Event::JobFailed(event) => event.job.id,
        Event::JobCancelled(event) => event.job.id,
        _ => return Ok(()),
    };
    if !state.boosted.contains_key(&id) {
        return Ok(());
    }
    state.boosted.remove(&id);
    state.finished += 1;
    if state.boosted.is_empty() {
        for name in ENDINGS {
            events::switch_off(name, Some(BOOSTED))?;
        }
    }
    Ok(())
}

fn on_job_created(state: &mut Kept<Watch>, event: &JobCreatedEvent) -> Result {
    let job = &event.job;
    if job.priority < 8 {
        return Ok(());
    }
    state.urgent += 1;
    *state.by_kind.entry(job.kind.clone()).or_default() += 1;
    state.last_kind.clone_from(&job.kind);
    // Three in four, so that urgent work does not starve the rest.
    if random::integer(1, 4)? == 1 {
        return Ok(());
    }
    jobs::set_priority(job.id, (job.priority + config::integer("boost")?).min(10))?;
    state.boosted.insert(job.id, job.kind.clone());
    for name in ENDINGS {
        events::switch_on(name, Some(BOOSTED))?;
    }
    Ok(())
}

colony_guest::export!(Watch);
