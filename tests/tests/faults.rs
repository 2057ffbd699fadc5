//! I3: a reload that fails, at whatever stage, leaves the run as if it had not been tried.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeMap;

use harness::record::RunRecord;
use harness::runner::{RunOptions, run};
use modding::handover::InjectedFault;
use modding::mod_id::ModId;
use modding::report::Stage;
use tests::{Project, extended, first_difference, shipped};

/// Ticks of a scenario at which a fault is tried: every 29th, and all in `.ci/extended`. 29 divides none of the ticks at
/// which something is scripted or a timer is due, so that both are met early and late in their period.
fn ticks() -> impl Iterator<Item = u64> {
    (1..=600).step_by(if extended() { 1 } else { 29 })
}

fn scenario(name: &str, extra_faults: BTreeMap<u64, (Vec<ModId>, InjectedFault)>) -> RunRecord {
    let (mut scenario, workspace) = shipped(name).unwrap();
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

/// The main scenario.
fn check(mods: &[&str], failing: &str) {
    check_in("reload_midgame", mods, failing);
}

fn check_in(name: &str, mods: &[&str], failing: &str) {
    let plain = scenario(name, BTreeMap::new());
    let mods: Vec<ModId> = mods.iter().map(|id| ModId::parse(id).unwrap()).collect();
    for stage in Stage::ALL {
        let fault = InjectedFault {
            stage,
            mod_id: ModId::parse(failing).unwrap(),
        };
        let faults = ticks()
            .map(|tick| (tick, (mods.clone(), fault.clone())))
            .collect();
        let record = scenario(name, faults);
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
            "a fault at {} of {failing} can be seen in {name}",
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

/// In the scenario of components: one in Rust that gives its state as a whole, and one in C that writes to the storage.
#[test]
fn a_fault_at_any_stage_of_a_component_is_invisible() {
    for id in ["priority_watch_wasm", "production_ledger"] {
        check_in("wasm", &[id], id);
    }
}

#[test]
fn a_fault_at_any_stage_of_a_cohort_of_a_script_and_a_component_is_invisible() {
    let cohort = ["stats", "priority_watch_wasm"];
    for failing in cohort {
        check_in("wasm", &cohort, failing);
    }
}

/// Writes in `mod_unloaded`, keeps tables of the storage in locals, switches handlers and timers there: whatever a rollback
/// could forget to take back.
const NASTY: &str = r#"
colony.state.define({ unloads = 0, first = { n = 0 }, second = { n = 0 } })
local first, second
local function on_tick(event)
  first.n = first.n + 1
  if event.tick % 2 == 0 then second.n = second.n + math.random(1, 9) end
end
colony.events.register("tick_start", on_tick)
colony.time.every("pulse", 3, function() colony.storage.pulses = (colony.storage.pulses or 0) + 1 end)
colony.events.register("mod_loaded", function()
  first = colony.storage.first
  second = colony.storage.second
end)
colony.events.register("mod_unloaded", function()
  colony.storage.unloads = colony.storage.unloads + 1
  colony.storage.first = { n = -100 }
  colony.time.cancel("pulse")
  colony.events.unregister("tick_start")
  colony.state.save_mod_state("nasty", { slot = true })
end)
"#;

#[test]
fn a_rollback_takes_back_what_mod_unloaded_did() {
    for stage in Stage::ALL {
        let step = format!(
            "[[step]]\nat = 8\nlabel = \"fault\"\nfault = {{ stage = \"{}\", mod = \"nasty\" }}\nexpect = {{ outcome = \"rolled back\" }}\n\n\
             [[expect]]\nhash_equals = {{ without_step = \"fault\" }}\n\n[[expect]]\nmod = \"nasty\"\npath = \"first.n\"\nequals = 20\n",
            stage.name()
        );
        let record = Project::new()
            .lua_mod("nasty", "1.0.0", "", NASTY)
            .scenario(20, &["nasty"], &step)
            .run()
            .unwrap();
        assert_eq!(record.faults(), [], "{}", stage.name());
    }
}
