//! I3: a reload that fails, at whatever stage, leaves the run as if it had not been tried.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeMap;

use harness::record::RunRecord;
use harness::runner::{RunOptions, run};
use modding::handover::InjectedFault;
use modding::mod_id::ModId;
use modding::report::Stage;
use tests::{extended, first_difference, shipped};

/// Ticks of the main scenario at which a fault is tried: every 29th, and all in `.ci/extended`. 29 divides none of the ticks at
/// which something is scripted or a timer is due, so that both are met early and late in their period.
fn ticks() -> impl Iterator<Item = u64> {
    (1..=600).step_by(if extended() { 1 } else { 29 })
}

fn main_scenario(extra_faults: BTreeMap<u64, (Vec<ModId>, InjectedFault)>) -> RunRecord {
    let (mut scenario, workspace) = shipped("reload_midgame").unwrap();
    scenario.expectations.clear();
    run(
        &scenario,
        &workspace,
        &RunOptions {
            extra_faults,
            ..RunOptions::default()
        },
        &mut |_| {},
    )
    .unwrap()
}

fn check(mods: &[&str], failing: &str) {
    let plain = main_scenario(BTreeMap::new());
    let mods: Vec<ModId> = mods.iter().map(|id| ModId::parse(id).unwrap()).collect();
    for stage in Stage::ALL {
        let fault = InjectedFault {
            stage,
            mod_id: ModId::parse(failing).unwrap(),
        };
        let faults = ticks()
            .map(|tick| (tick, (mods.clone(), fault.clone())))
            .collect();
        let record = main_scenario(faults);
        // A fault that was not reached is a fault of the run.
        assert!(
            record.faults().is_empty(),
            "{}: {:?}",
            stage.name(),
            record.faults()
        );
        assert_eq!(
            first_difference(&plain, &record),
            None,
            "a fault at {} of {failing} can be seen",
            stage.name()
        );
    }
}

#[test]
fn a_fault_at_any_stage_of_a_mod_alone_is_invisible() {
    check(&["priority_watch"], "priority_watch");
}

#[test]
fn a_fault_at_any_stage_of_the_second_of_a_cohort_is_invisible() {
    check(&["stats", "priority_watch"], "priority_watch");
}

#[test]
fn a_fault_at_any_stage_of_the_first_of_a_cohort_is_invisible() {
    check(&["stats", "priority_watch"], "stats");
}
