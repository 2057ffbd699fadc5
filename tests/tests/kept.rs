//! What is kept beside the state that runs: generations to go back to, library code that a mod alone still runs, the state of mods that
//! are away, the definitions of mods that cannot run.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use harness::record::{RunRecord, StepResult};
use modding::report::ReloadReport;
use tests::{Project, log_by_tick, manifest};

/// Counts ticks.
const COUNTER: &str = "colony.state.define({ ticks = 0 })\n\
    colony.events.register('tick_start', function() colony.storage.ticks = colony.storage.ticks + 1 end)\n";

/// A counter that says its name when it is loaded.
fn named(name: &str) -> String {
    format!("{COUNTER}print('{name}')\n")
}

fn write(at: u64, file: &str, text: &str, expect: &str) -> String {
    format!(
        "[[step]]\nat = {at}\nwrite = {{ file = {file:?}, text = {text:?} }}\nexpect = {{ {expect} }}\n\n"
    )
}

fn step(at: u64, action: &str, expect: &str) -> String {
    format!("[[step]]\nat = {at}\n{action}\nexpect = {{ {expect} }}\n\n")
}

fn is(at: u64, id: &str, path: &str, value: i64) -> String {
    format!("[[expect]]\nat = {at}\nmod = {id:?}\npath = {path:?}\nequals = {value}\n\n")
}

/// A restart that must not be seen.
fn restart(at: u64) -> String {
    format!(
        "[[step]]\nat = {at}\nlabel = \"restart at {at}\"\nrestart = true\n\n[[expect]]\nhash_equals = {{ without_step = \"restart at {at}\" }}\n\n"
    )
}

fn run(project: Project, ticks: u64, mods: &[&str], steps: &[String]) -> RunRecord {
    let record = project
        .scenario(ticks, mods, &steps.concat())
        .run()
        .unwrap();
    assert_eq!(record.faults(), []);
    record
}

fn report(record: &RunRecord, step: usize) -> &ReloadReport {
    match &record.steps[step].result {
        StepResult::Reloads(reports) => &reports[0],
        other => panic!("{other:?}"),
    }
}

const MAIN: &str = "subject/scripts/main.lua";

const COMMITTED: &str = "outcome = \"committed\"";

const IGNORED: &str = "outcome = \"ignored\"";

#[test]
fn an_update_while_a_mod_is_away_can_be_taken_back() {
    // seed-corrections 47
    for (away, back) in [("disable", "enable"), ("remove", "add")] {
        let record = run(
            Project::new().lua_mod("subject", "1.0.0", "", &named("A")),
            14,
            &["subject"],
            &[
                write(3, MAIN, &named("B"), COMMITTED),
                step(4, &format!("{away} = {{ mod = \"subject\" }}"), COMMITTED),
                write(5, MAIN, &named("C"), IGNORED),
                // What was away is in a save like what runs.
                restart(6),
                step(7, &format!("{back} = {{ mod = \"subject\" }}"), COMMITTED),
                step(9, "rollback = { mod = \"subject\" }", COMMITTED),
                step(10, "rollback = { mod = \"subject\", to = 3 }", COMMITTED),
            ],
        );
        let log = log_by_tick(&record);
        assert_eq!([&log[&7], &log[&9], &log[&10]], [&["C"], &["B"], &["C"]]);
    }
}

#[test]
fn an_update_by_a_restart_can_be_taken_back() {
    // seed-corrections 47
    let broken = format!("{COUNTER}local =\n");
    let record = run(
        Project::new().lua_mod(
            "subject",
            "1.0.0",
            "[hot_reload]\nenabled = false",
            &named("A"),
        ),
        14,
        &["subject"],
        &[
            write(3, MAIN, &named("B"), IGNORED),
            step(4, "restart = true", "outcome = \"done\""),
            step(6, "rollback = { mod = \"subject\" }", COMMITTED),
            write(8, MAIN, &broken, IGNORED),
            is(14, "subject", "ticks", 14),
        ],
    );
    assert_eq!(log_by_tick(&record)[&6], ["A"]);
}

const USER: &str = "local mean = require('@stats/mean')\ncolony.state.define({ sum = 0 })\n\
    colony.events.register('tick_start', function() colony.storage.sum = colony.storage.sum + mean.value end)\n";

fn stats(value: i64) -> String {
    format!("return {{ value = {value} }}\n")
}

#[test]
fn library_code_of_before_that_a_mod_runs_is_in_a_save() {
    // I5
    let more = "[dependencies]\nstats = \"*\"\n[hot_reload.dependencies]\nauto_resolve = false";
    run(
        Project::new()
            .lua_mod("stats", "1.0.0", "", COUNTER)
            .file("mods/stats/lib/mean.lua", &stats(1))
            .lua_mod("user", "1.0.0", more, USER),
        12,
        &["stats", "user"],
        &[
            write(4, "stats/lib/mean.lua", &stats(100), COMMITTED),
            restart(6),
            is(12, "user", "sum", 12),
        ],
    );
}

#[test]
fn a_mod_that_cannot_follow_a_library_goes_on_as_it_is_after_a_restart() {
    // I5: the code of the user fails with the library, which is new, and runs without it.
    let user = "local there, mean = pcall(require, '@stats/mean')\nif there then error('not with ' .. mean.value) end\n";
    let more = "[optional_dependencies]\nstats = \"*\"";
    let user = format!("{user}{COUNTER}");
    let steps = [
        step(4, "add = { mod = \"stats\" }", COMMITTED),
        restart(6),
        // What it could not follow is not tried again with every commit.
        write(8, "stats/tests/one.lua", "", COMMITTED),
        is(12, "user", "ticks", 12),
    ];
    let record = Project::new()
        .lua_mod("stats", "1.0.0", "", COUNTER)
        .file("mods/stats/lib/mean.lua", &stats(1))
        .lua_mod("user", "1.0.0", more, &user)
        .scenario(12, &["user"], &steps.concat())
        .run()
        .unwrap();
    let faults: Vec<String> = record.faults().iter().map(ToString::to_string).collect();
    assert_eq!(faults.len(), 1, "{faults:?}");
    assert!(
        faults[0].contains("committed, rolled back (not with 1 at"),
        "{faults:?}"
    );
}

const FORGETS: &str = "[hot_reload.state_management]\npreserve_state = false";

#[test]
fn state_that_is_not_preserved_is_not_migrated_either() {
    let back = manifest("subject", "1.0.0", FORGETS);
    run(
        Project::new().lua_mod("subject", "1.1.0", FORGETS, COUNTER),
        10,
        &["subject"],
        &[
            write(4, "subject/mod.toml", &back, COMMITTED),
            is(10, "subject", "ticks", 7),
        ],
    );
}

/// Another version with its script.
fn becomes(at: u64, version: &str, more: &str, script: &str, expect: &str) -> String {
    let manifest = manifest("subject", version, more);
    format!(
        "[[step]]\nat = {at}\nbatch = [{{ write = {{ file = \"subject/mod.toml\", text = {manifest:?} }} }}, {{ write = {{ file = \"{MAIN}\", text = {script:?} }} }}]\nexpect = {{ {expect} }}\n\n"
    )
}

/// A counter that adds to the state of the first version.
fn migrates(change: &str) -> String {
    format!("{COUNTER}colony.state.migrate('<2', function(state) {change} end)\n")
}

const RESETS: &str = "[hot_reload.state_management]\non_state_error = \"reset\"";

#[test]
fn state_is_preserved_or_not_as_a_mod_says_when_it_comes_back_with_other_code() {
    for (edit, ticks) in [
        (write(4, MAIN, &named("B"), IGNORED), 3),
        // It comes back as it was: no update.
        (String::new(), 5),
    ] {
        run(
            Project::new().lua_mod("subject", "1.0.0", FORGETS, COUNTER),
            8,
            &["subject"],
            &[
                step(3, "disable = { mod = \"subject\" }", COMMITTED),
                edit,
                step(5, "enable = { mod = \"subject\" }", COMMITTED),
                is(7, "subject", "ticks", ticks),
            ],
        );
    }
}

#[test]
fn state_that_cannot_be_carried_over_is_in_the_history_of_a_mod_that_comes_back_without_it() {
    // seed-corrections 44
    let record = run(
        Project::new().lua_mod("subject", "1.0.0", RESETS, COUNTER),
        8,
        &["subject"],
        &[
            step(3, "disable = { mod = \"subject\" }", COMMITTED),
            becomes(4, "2.0.0", RESETS, &migrates("error('too old')"), IGNORED),
            step(5, "enable = { mod = \"subject\" }", COMMITTED),
            is(7, "subject", "ticks", 3),
            step(8, "rollback = { mod = \"subject\" }", COMMITTED),
            is(8, "subject", "ticks", 3),
        ],
    );
    let state = &report(&record, 2).members[0].state;
    assert!(
        state.reset && state.notes[0].contains("too old"),
        "{:?}",
        state.notes
    );
}

#[test]
fn migrating_again_rolls_back_rather_than_lose_the_state_that_runs() {
    let works = migrates("state.ticks = state.ticks + 100");
    let fails = migrates("state.ticks = state.tickz + 100");
    run(
        Project::new().lua_mod("subject", "1.0.0", RESETS, COUNTER),
        10,
        &["subject"],
        &[
            becomes(4, "2.0.0", RESETS, &works, COMMITTED),
            write(6, MAIN, &fails, COMMITTED),
            step(
                8,
                "migrate_again = \"subject\"",
                "outcome = \"rolled_back\", stage = \"migrate\"",
            ),
            is(10, "subject", "ticks", 110),
        ],
    );
}

#[test]
fn migrating_again_takes_the_state_of_then_although_updates_preserve_none() {
    let works = migrates("state.ticks = state.ticks + 100");
    run(
        Project::new().lua_mod("subject", "1.0.0", "", COUNTER),
        8,
        &["subject"],
        &[
            becomes(4, "2.0.0", FORGETS, &works, COMMITTED),
            is(7, "subject", "ticks", 4),
            step(8, "migrate_again = \"subject\"", COMMITTED),
            is(8, "subject", "ticks", 104),
        ],
    );
}

#[test]
fn a_timer_of_a_mod_that_was_away_fires_in_its_phase_and_not_for_every_time_it_missed() {
    let script = "colony.time.every('pulse', 2, function(timer) print('pulse') end)\n\
                  colony.time.after('once', 5, function() print('once') end)\n";
    let record = run(
        Project::new().lua_mod("subject", "1.0.0", "", script),
        16,
        &["subject"],
        &[
            step(3, "disable = { mod = \"subject\" }", COMMITTED),
            restart(7),
            step(11, "enable = { mod = \"subject\" }", COMMITTED),
            restart(11),
        ],
    );
    let log = log_by_tick(&record);
    let pulses: Vec<u64> = log
        .iter()
        .filter(|(_, lines)| lines.contains(&"pulse".to_owned()))
        .map(|(tick, _)| *tick)
        .collect();
    assert_eq!(pulses, [2, 12, 14, 16]);
    assert_eq!(log[&11], ["once"]);
}

#[test]
fn a_rollback_from_a_pre_release_takes_the_way_down_that_leads_from_its_release() {
    let script = format!(
        "{COUNTER}colony.state.migrate('>1.0.0', function(state) state.ticks = state.ticks + 1000 end)\n"
    );
    let candidate = manifest("subject", "1.1.0-rc.1", "");
    run(
        Project::new().lua_mod("subject", "1.0.0", "", &script),
        12,
        &["subject"],
        &[
            write(3, "subject/mod.toml", &candidate, COMMITTED),
            step(6, "rollback = { mod = \"subject\" }", COMMITTED),
            // The state of now, migrated, and not that of tick 2.
            is(6, "subject", "ticks", 1006),
        ],
    );
}

const GRAVEL: &str = "[gravel]\nstack_max = 9\nhaul_priority = 2\n";

/// A mod with gravel, of which there is some in the colony, and another mod.
fn with_gravel(script: &str) -> Project {
    Project::new()
        .lua_mod("extra", "1.0.0", "", script)
        .file("mods/extra/assets/items.toml", GRAVEL)
        .lua_mod("other", "1.0.0", "", COUNTER)
}

fn scenario_with_gravel(project: Project, ticks: u64, steps: &str) -> RunRecord {
    let text = format!(
        "schema = 1\nname = \"gravel\"\nseed = 7\nticks = {ticks}\n\n[colony]\nsize = [32, 32]\ncolonists = 3\nstock = {{ meal = 12, gravel = 5 }}\n\n[mods]\nload = [\"base\", \"extra\", \"other\"]\n\n{steps}"
    );
    project.file("scenario.toml", &text).run().unwrap()
}

fn left_out(record: &RunRecord) -> Vec<&str> {
    let names = record.left_out.iter();
    names.map(|left_out| left_out.name.as_str()).collect()
}

#[test]
fn a_mod_that_is_left_out_keeps_its_definitions_and_nobody_else_is_blamed() {
    let sand = "[sand]\nstack_max = 9\nhaul_priority = 2\n";
    let steps = [
        write(4, "other/assets/items.toml", sand, COMMITTED),
        // The same id twice is a fault of the one who comes second.
        write(
            5,
            "other/assets/items.toml",
            GRAVEL,
            "outcome = \"rolled_back\", error = \"already defined by extra\"",
        ),
        write(6, "other/assets/items.toml", sand, ""),
        "[[step]]\nat = 7\nlabel = \"restart\"\nrestart = true\n\n[[expect]]\nhash_equals = { without_step = \"restart\" }\n\n".to_owned(),
        write(8, "other/assets/items.toml", &format!("{sand}\n[silt]\nstack_max = 9\nhaul_priority = 2\n"), COMMITTED),
        write(9, "extra/scripts/main.lua", COUNTER, COMMITTED),
        is(12, "extra", "ticks", 4),
    ];
    let record = scenario_with_gravel(with_gravel("error('no')"), 12, &steps.concat());
    assert_eq!(record.faults(), []);
    assert_eq!(left_out(&record), ["extra"]);
}

#[test]
fn a_restart_with_a_mod_that_is_broken_leaves_that_mod_out() {
    let whole = manifest("extra", "1.0.0", "");
    for (file, broken, mended, says) in [
        ("mod.toml", "id = \"extra\"\n", whole.as_str(), "name"),
        (
            "assets/items.toml",
            "[gravel]\nstack_max = 0\nhaul_priority = 2\n",
            GRAVEL,
            "from 1 to 1000000",
        ),
        ("assets/items.toml", "[gravel", GRAVEL, ""),
        // A definition that the colony uses is gone.
        (
            "assets/items.toml",
            "[sand]\nstack_max = 9\nhaul_priority = 2\n",
            GRAVEL,
            "gravel",
        ),
    ] {
        let file = format!("extra/{file}");
        let steps = [
            write(3, &file, broken, "outcome = \"rolled_back\""),
            step(
                6,
                "restart = true",
                &format!("outcome = \"failed\", error = {says:?}"),
            ),
            is(7, "other", "ticks", 7),
            write(8, &file, mended, COMMITTED),
            // Its state was kept: five ticks, and three.
            is(10, "extra", "ticks", 8),
            restart(10),
        ];
        let record = scenario_with_gravel(with_gravel(COUNTER), 12, &steps.concat());
        assert_eq!(record.faults(), [], "{broken}");
        assert_eq!(left_out(&record), ["extra"], "{broken}");
    }
}
