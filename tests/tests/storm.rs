//! The storm: seeds in which authors change mods every few ticks, mostly for the worse, and what must hold all the same
//! (I1, I3, I4, I5, I7). A few seeds here, many in `.ci/extended`; `COLONY_SIM_STORM_SEED=7` runs one, and `COLONY_SIM_STORM_SEEDS=100..200`
//! those from 100 to 199.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use harness::record::StepResult;
use harness::runner::{RunOptions, run};
use modding::report::{ReloadType, Stage};
use tests::storm::{Failure, Property, StormMods, check, failures, shrink};
use tests::{extended, root};

/// Seeds of a run in `.ci/run`, and in `.ci/extended`.
const SEEDS: u64 = 6;
const SEEDS_EXTENDED: u64 = 250;

/// Seeds of which the outcomes are looked at.
const SEEDS_MET: u64 = 40;

fn seeds() -> Range<u64> {
    let number = |text: &str| text.parse().unwrap();
    if let Ok(seed) = std::env::var("COLONY_SIM_STORM_SEED") {
        return number(&seed)..number(&seed) + 1;
    }
    if let Ok(range) = std::env::var("COLONY_SIM_STORM_SEEDS") {
        let (from, to) = range.split_once("..").unwrap();
        return number(from)..number(to);
    }
    1..1 + if extended() { SEEDS_EXTENDED } else { SEEDS }
}

/// What is wrong with a seed, in words with which it can be run again.
fn failures_of(mods: &StormMods, seed: u64) -> Vec<String> {
    let storm = mods.storm(seed);
    let (scenario, workspace) = match mods.load(&storm.text()) {
        Ok(loaded) => loaded,
        Err(faults) => return vec![format!("seed {seed} makes no scenario: {faults:?}")],
    };
    let told = |failure: &Failure| {
        let (least, found) = shrink(mods, &storm, failure);
        let folder = mods.keep(&least, &found);
        let folder = folder.to_string_lossy().replace('\\', "/");
        format!(
            "seed {seed}, {:?}: {}\n  with fewer steps: {}\n  \
             colony-sim run --mods {folder}/mods {folder}/scenario.toml\n  \
             COLONY_SIM_STORM_SEED={seed} cargo test -p tests --test storm",
            failure.property, failure.message, found.message
        )
    };
    failures(&scenario, &workspace).iter().map(told).collect()
}

#[test]
fn nothing_that_authors_do_breaks_a_run() {
    let mods = StormMods::new();
    let seeds = seeds();
    let next = AtomicU64::new(seeds.start);
    let failures = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(2, usize::from) {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= seeds.end {
                        break;
                    }
                    let found = failures_of(&mods, seed);
                    failures.lock().unwrap().push((seed, found));
                }
            });
        }
    });
    let mut failures = failures.into_inner().unwrap();
    failures.sort();
    let failures: Vec<String> = failures.into_iter().flat_map(|(_, found)| found).collect();
    assert!(failures.is_empty(), "{}", failures.join("\n\n"));
}

/// A generator that grows tame would let everything hold: what storms must meet, they are asked for.
#[test]
fn storms_meet_every_stage_outcome_action_and_type() {
    let mods = StormMods::new();
    let mut met: BTreeMap<String, u64> = BTreeMap::new();
    for seed in 1..=SEEDS_MET {
        let (scenario, workspace) = mods.load(&mods.storm(seed).text()).unwrap();
        let record = run(&scenario, &workspace, &RunOptions::default(), &mut |_| {}).unwrap();
        let reports = record.steps.iter().flat_map(|step| match &step.result {
            StepResult::Reloads(reports) => reports.as_slice(),
            _ => &[],
        });
        for report in reports {
            let errors = report.error.iter().chain(&report.hand_back_errors);
            let mut seen: Vec<String> = errors.map(|error| error.stage.name().to_owned()).collect();
            seen.push(report.outcome.name().to_owned());
            for member in &report.members {
                seen.push(member.action.name().to_owned());
                seen.push(format!("type {}", member.kind.name()));
            }
            for name in seen {
                *met.entry(name).or_default() += 1;
            }
        }
    }
    let stages = Stage::ALL.map(|stage| stage.name().to_owned());
    let types = ReloadType::ALL.map(|kind| format!("type {}", kind.name()));
    let outcomes = ["committed", "rolled back", "ignored"].map(str::to_owned);
    let actions = [
        "reloaded", "added", "disabled", "removed", "purged", "renamed",
    ];
    let actions = actions.map(str::to_owned);
    let wanted = stages
        .into_iter()
        .chain(types)
        .chain(outcomes)
        .chain(actions);
    let missed: Vec<String> = wanted.filter(|name| !met.contains_key(name)).collect();
    assert!(missed.is_empty(), "{missed:?} in {met:?}");
}

/// Storms that have failed once.
#[test]
fn what_once_failed_holds() {
    let mods = StormMods::new();
    let folder = root().join("tests/fixtures/storm/regressions");
    let mut files: Vec<_> = std::fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort();
    assert!(!files.is_empty());
    for file in files {
        let text = std::fs::read_to_string(&file).unwrap();
        let (scenario, workspace) = mods.load(&text).unwrap();
        let name = file.file_stem().unwrap().to_string_lossy().into_owned();
        // The others cost time, and are looked at in `.ci/extended`.
        let is_due = |property: &Property| extended() || name.ends_with(&format!("{property:?}"));
        for property in Property::ALL.into_iter().filter(is_due) {
            let found = check(property, &scenario, &workspace);
            assert!(found.is_ok(), "{}: {found:?}", file.display());
        }
    }
}
