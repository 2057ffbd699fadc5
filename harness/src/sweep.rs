//! The same scenario with many seeds: what becomes of the colony in each.
//!
//! Colonies run in parallel and are reported in order of their seeds, so that the report does not depend on how many run at
//! a time.

use std::num::NonZeroUsize;
use std::sync::Mutex;

use modding::diagnostic::Fault;
use rayon::ThreadPoolBuilder;
use rayon::prelude::*;

use crate::record::{ColonyAtEnd, ModAtStart};
use crate::runner::{self, RunOptions};
use crate::scenario::Scenario;
use crate::suite::STACK_BYTES;
use crate::workspace::Workspace;

/// Most seeds of a sweep.
pub const SEEDS_MAX: u64 = 100_000;

/// What became of one colony.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SweptColony {
    /// Its seed.
    pub seed: u64,
    /// How it was at the end.
    pub colony: ColonyAtEnd,
    /// Expectations met, and all there are.
    pub expectations: (u64, u64),
    /// Whether everything came out as the scenario says, but for snapshots, which are taken of one seed.
    pub passed: bool,
    /// The hash of the run.
    pub hash: u128,
}

/// What became of the colonies of a scenario.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sweep {
    /// The scenario's name.
    pub scenario: String,
    /// Its ticks.
    pub ticks: u64,
    /// The mods that ran, in load order.
    pub mods: Vec<ModAtStart>,
    /// In order of the seeds.
    pub colonies: Vec<SweptColony>,
}

/// Runs a scenario with each of the seeds, `jobs` at a time. `progress` hears how many colonies have ended.
///
/// # Errors
/// What keeps the scenario or one of its mods from running, of the first seed for which it does.
pub fn sweep(
    scenario: &Scenario,
    workspace: &Workspace,
    seeds: &[u64],
    jobs: NonZeroUsize,
    progress: &(dyn Fn(u64) + Sync),
) -> Result<Sweep, Vec<Fault>> {
    let pool = ThreadPoolBuilder::new()
        .num_threads(jobs.get())
        .stack_size(STACK_BYTES)
        .build()
        .map_err(|error| vec![Fault::new(format!("no threads can be had: {error}"))])?;
    let ended = Mutex::new(0);
    let run = |seed: &u64| {
        let mut scenario = scenario.clone();
        scenario.seed = *seed;
        let record = runner::run(&scenario, workspace, &RunOptions::default(), &mut |_| {});
        if let Ok(mut ended) = ended.lock() {
            *ended += 1;
            progress(*ended);
        }
        record.and_then(|record| {
            if let Some(left_out) = record.left_out.first() {
                return Err(left_out.faults.clone());
            }
            let colony = SweptColony {
                seed: *seed,
                colony: record.colony.clone(),
                expectations: record.expectations(),
                passed: record.passed(),
                hash: record.hash(),
            };
            Ok((colony, record.mods))
        })
    };
    let outcomes: Vec<_> = pool.install(|| seeds.par_iter().map(run).collect());
    let mut mods = Vec::new();
    let mut colonies = Vec::new();
    for outcome in outcomes {
        let (colony, at_start) = outcome?;
        mods = at_start;
        colonies.push(colony);
    }
    Ok(Sweep {
        scenario: scenario.name.clone(),
        ticks: scenario.ticks,
        mods,
        colonies,
    })
}
