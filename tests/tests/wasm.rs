//! Mods that are components live as scripts do: hand-overs, saves and failing calls leave no trace.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use harness::record::RunRecord;
use harness::runner::{EveryTick, RunOptions};
use tests::wat::Wat;
use tests::{Project, first_difference};

/// Counts ticks in its memory.
fn counter() -> Wat {
    Wat::new()
        .load(&[("tick_start", 1)], "")
        .kept_count("count")
        .export(
            "on-tick-start",
            "handle",
            "(param $function i32) (param $tick i64)",
            "(global.set $count (i64.add (global.get $count) (i64.const 1)))
    (global.set $changed (i32.const 1))",
        )
}

fn expect(id: &str, path: &str, value: &str) -> String {
    format!("[[expect]]\nmod = \"{id}\"\npath = \"{path}\"\nequals = {value}\n\n")
}

fn project(wat: &Wat, ticks: u64, rest: &str) -> Project {
    Project::new()
        .wasm_mod("counter", "1.0.0", "", &wat.build())
        .scenario(ticks, &["counter"], rest)
}

fn every(project: &Project, every_tick: EveryTick) -> RunRecord {
    let options = RunOptions {
        every_tick,
        ..RunOptions::default()
    };
    project.run_with(&options).unwrap()
}

#[test]
fn a_component_keeps_its_state_over_hand_overs_and_saves() {
    let project = project(&counter(), 12, &expect("counter", "count", "12"));
    let plain = every(&project, EveryTick::Nothing);
    assert_eq!(plain.faults(), []);
    for every_tick in [EveryTick::HandOver, EveryTick::SaveAndLoad] {
        let other = every(&project, every_tick);
        assert_eq!(other.faults(), []);
        assert!(other.hand_overs >= 12, "{}", other.hand_overs);
        assert_eq!(first_difference(&plain, &other), None);
    }
}
