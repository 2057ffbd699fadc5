//! The storm: seeds in which authors change mods every few ticks, mostly for the worse, and what must hold all the same
//! (I1, I3, I4, I5, I7). A few seeds here, many in `.ci/extended`; `COLONY_SIM_STORM_SEED=7` runs one, and `COLONY_SIM_STORM_SEEDS=100..200`
//! those from 100 to 199.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::ops::Range;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use tests::storm::{Failure, StormMods, check, failures, shrink};
use tests::{extended, root};

/// Seeds of a run in `.ci/run`, and in `.ci/extended`.
const SEEDS: u64 = 6;
const SEEDS_EXTENDED: u64 = 150;

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
        let folder = mods.keep(&least, failure.property);
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
        for property in tests::storm::Property::ALL {
            let found = check(property, &scenario, &workspace);
            assert!(found.is_ok(), "{}: {found:?}", file.display());
        }
    }
}
