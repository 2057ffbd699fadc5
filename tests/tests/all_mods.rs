//! The mods of the repository together, over seasons: I4, I5 and I1 with all their content.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fmt::Write as _;
use std::num::NonZero;
use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::thread::available_parallelism;

use harness::record::RunRecord;
use harness::runner::{EveryTick, RunOptions, run};
use tests::{Project, extended, first_difference, root};

/// A prime, so that it comes to every tick of a day and of the timers.
const EVERY: u64 = 97;

/// Where the child of a test writes.
const HASHES: &str = "COLONY_SIM_TEST_HASHES";

/// How many threads the child of a test has; what rayon reads, should a colony ever use it.
const THREADS: &str = "RAYON_NUM_THREADS";

/// How long a run is: five days, or nearly three seasons of six days where there is time.
fn ticks() -> u64 {
    if extended() { 10_000 } else { 3_000 }
}

/// The mods of the repository.
fn mods() -> Vec<String> {
    let entries = std::fs::read_dir(root().join("mods")).unwrap();
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut mods: Vec<String> = names.map(|name| format!("{name:?}")).collect();
    mods.sort();
    mods
}

/// Every mod in a colony with a seed, with a step of this action before each tick of so many.
fn all_mods(seed: u64, action: &str, every_tick: EveryTick) -> RunRecord {
    let mut text = format!(
        "schema = 1\nname = \"all_mods\"\nseed = {seed}\nticks = {}\n[colony]\ncolonists = 8\nstock = {{ meal = 200, wood = 60, wheat = 60 }}\n\
         [mods]\nload = [{}]\n",
        ticks(),
        mods().join(", ")
    );
    if !action.is_empty() {
        for at in (EVERY..=ticks()).step_by(EVERY as usize) {
            write!(text, "[[step]]\nat = {at}\n{action}\n").unwrap();
        }
    }
    let project = Project::new().file("scenario.toml", &text);
    let (scenario, workspace) = harness::load(&project.path(), &root().join("mods")).unwrap();
    let options = RunOptions {
        every_tick,
        ..RunOptions::default()
    };
    run(&scenario, &workspace, &options, &mut |_| {}).unwrap()
}

fn seeds() -> std::ops::Range<u64> {
    if extended() { 1..21 } else { 1..2 }
}

/// Compares runs that are interrupted with those that are not, of as many seeds at a time as there are processors.
fn check(action: &str, every_tick: EveryTick) {
    let next = Mutex::new(seeds());
    let threads = available_parallelism().map_or(1, NonZero::get);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                while let Some(seed) = { next.lock().unwrap().next() } {
                    check_seed(seed, action, every_tick);
                }
            });
        }
    });
}

fn check_seed(seed: u64, action: &str, every_tick: EveryTick) {
    let plain = all_mods(seed, "", EveryTick::Nothing);
    let kinds = plain.colony.jobs_done.keys().map(String::as_str);
    let kinds: Vec<&str> = kinds.collect();
    // Without this a colony in which nothing happens would pass.
    for kind in ["build", "craft", "eat", "haul", "relax", "sleep", "sow"] {
        assert!(kinds.contains(&kind), "seed {seed}: {kinds:?}");
    }
    let mut ways = vec![all_mods(seed, action, EveryTick::Nothing)];
    // At every tick, where there is time.
    if extended() {
        ways.push(all_mods(seed, "", every_tick));
    }
    for interrupted in ways {
        assert!(interrupted.hand_overs > plain.hand_overs + ticks() / EVERY);
        assert_eq!(first_difference(&plain, &interrupted), None, "seed {seed}");
        assert_eq!(interrupted.faults(), plain.faults(), "seed {seed}");
    }
}

#[test]
fn forced_hand_overs_of_all_mods_are_invisible() {
    let reload = format!(
        "reload = {{ mods = [{}], force = true }}",
        mods().join(", ")
    );
    check(&reload, EveryTick::HandOver);
}

#[test]
fn saves_and_loads_of_all_mods_are_invisible() {
    check("restart = true", EveryTick::SaveAndLoad);
}

/// What shares memory are runs: each process has another number of threads, and the same run in every one of them at once.
#[test]
fn all_mods_run_alike_in_any_number_of_threads() {
    let folder = tempfile::tempdir().unwrap();
    let path = |threads: usize| folder.path().join(threads.to_string());
    let child = |threads: usize| {
        Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "write_the_hashes_where_asked"])
            .env(HASHES, path(threads))
            .env(THREADS, threads.to_string())
            .stdout(Stdio::null())
            .spawn()
            .unwrap()
    };
    let numbers = [1, 2, 8];
    for mut child in numbers.map(child) {
        assert!(child.wait().unwrap().success());
    }
    let texts = numbers.map(|threads| std::fs::read_to_string(path(threads)).unwrap());
    let first = texts[0].lines().next().unwrap();
    for (text, threads) in texts.iter().zip(numbers) {
        assert_eq!(text.lines().count(), threads);
        for line in text.lines() {
            let same = first
                .split(' ')
                .zip(line.split(' '))
                .take_while(|(left, right)| left == right);
            let equal = same.count() as u64;
            assert_eq!(
                equal,
                ticks() + 1,
                "{threads} threads differ in tick {equal}"
            );
        }
    }
}

/// The child of the test above.
#[test]
fn write_the_hashes_where_asked() {
    let Some(path) = std::env::var_os(HASHES) else {
        return;
    };
    let threads: usize = std::env::var(THREADS).unwrap().parse().unwrap();
    let chain = || -> String {
        let chain = all_mods(1, "", EveryTick::Nothing).chain;
        let hashes = chain.iter().map(|hash| format!("{hash:032x}"));
        hashes.collect::<Vec<_>>().join(" ")
    };
    let lines: Vec<String> = std::thread::scope(|scope| {
        let running: Vec<_> = (0..threads).map(|_| scope.spawn(chain)).collect();
        let done = running.into_iter().map(|thread| thread.join().unwrap());
        done.collect()
    });
    std::fs::write(path, lines.join("\n")).unwrap();
}
