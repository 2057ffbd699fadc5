//! I4: a hand-over to identical content cannot be seen. I5: neither can a save and a load. At every tick of the main scenario.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use harness::record::RunRecord;
use harness::runner::{EveryTick, RunOptions, run};
use tests::{extended, first_difference, scenario_files, shipped};

fn main_scenario(every_tick: EveryTick) -> RunRecord {
    let (mut scenario, workspace) = shipped("reload_midgame").unwrap();
    // What is compared is the chain; expectations that run the scenario again would only cost time.
    scenario.expectations.clear();
    let options = RunOptions {
        every_tick,
        ..RunOptions::default()
    };
    run(&scenario, &workspace, &options, &mut |_| {}).unwrap()
}

#[test]
fn a_forced_hand_over_of_every_mod_at_every_tick_is_invisible() {
    let plain = main_scenario(EveryTick::Nothing);
    let handed_over = main_scenario(EveryTick::HandOver);
    let mods = plain.mods.len() as u64;
    // Without this count the test would pass where nothing is handed over at all.
    assert_eq!(
        handed_over.hand_overs - plain.hand_overs,
        plain.ticks * mods
    );
    assert_eq!(first_difference(&plain, &handed_over), None);
    assert!(
        handed_over.faults().is_empty(),
        "{:?}",
        handed_over.faults()
    );
}

#[test]
fn a_save_and_a_load_at_every_tick_are_invisible() {
    let plain = main_scenario(EveryTick::Nothing);
    let reloaded = main_scenario(EveryTick::SaveAndLoad);
    // Every mod is handed over by the save and again by the load.
    assert_eq!(
        reloaded.hand_overs - plain.hand_overs,
        plain.ticks * plain.mods.len() as u64 * 2
    );
    assert_eq!(first_difference(&plain, &reloaded), None);
    assert!(reloaded.faults().is_empty(), "{:?}", reloaded.faults());
}

#[test]
fn the_same_run_twice_is_the_same_report() {
    let report = |record: RunRecord| harness::report::json::report(&record, 0);
    assert_eq!(
        report(main_scenario(EveryTick::Nothing)),
        report(main_scenario(EveryTick::Nothing))
    );
}

/// Ticks of a scenario that are run with a hand-over, or a save and a load, at each of them: all of one that scripts edits, the
/// beginning of one that lets years pass. `all_mods` looks at longer runs, at fewer ticks.
const TICKS_MAX: u64 = 700;

/// The properties again for every scenario of the repository, and in `.ci/extended` for ten seeds.
#[test]
fn hand_overs_saves_and_loads_are_invisible_in_every_scenario() {
    for path in scenario_files() {
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        let (mut scenario, workspace) = shipped(&name).unwrap();
        scenario.expectations.clear();
        scenario.ticks = scenario.ticks.min(TICKS_MAX);
        for seed in 0..if extended() { 10 } else { 1 } {
            scenario.seed += seed;
            let run = |every_tick| {
                let options = RunOptions {
                    every_tick,
                    ..RunOptions::default()
                };
                run(&scenario, &workspace, &options, &mut |_| {}).unwrap()
            };
            let plain = run(EveryTick::Nothing);
            for every_tick in [EveryTick::HandOver, EveryTick::SaveAndLoad] {
                let other = run(every_tick);
                assert_eq!(
                    first_difference(&plain, &other),
                    None,
                    "{name}, seed {}, {every_tick:?}",
                    scenario.seed
                );
            }
        }
    }
}
