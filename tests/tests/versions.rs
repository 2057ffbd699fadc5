//! A mod's life over its versions, by value: up by migrations, down with one and not without, back across one, and a migration that is
//! run again while it is being written.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use harness::record::RunRecord;
use tests::{Project, manifest};

/// 1.0 counts ticks in `ticks`.
const FIRST: &str = "colony.state.define({ ticks = 0 })\n\
    colony.events.register('tick_start', function() colony.storage.ticks = colony.storage.ticks + 1 end)\n";

/// 1.1 counts them in `count`; back to 1.0 leads a migration of 1.0's own.
const SECOND: &str = "colony.state.define({ count = 0, step = 1 })\n\
    colony.state.migrate('<1.1', function(state) state.count = state.ticks state.ticks = nil end)\n\
    colony.events.register('tick_start', function() colony.storage.count = colony.storage.count + colony.storage.step end)\n";

/// 2.0 keeps them by kind, and knows the way from both.
const THIRD: &str = "colony.state.define({ counts = {} })\n\
    colony.state.migrate('<1.1', function(state) state.count = state.ticks state.ticks = nil end)\n\
    colony.state.migrate('<2', function(state)\n\
    \x20 state.counts = { ticks = state.count * 100 }\n\
    \x20 state.count = nil\n\
    \x20 state.step = nil\n\
    end)\n\
    colony.events.register('tick_start', function() colony.storage.counts.ticks = (colony.storage.counts.ticks or 0) + 1 end)\n";

/// What 1.0 needs to read the state of 1.1.
const DOWN: &str = "colony.state.migrate('>1.0', function(state) state.ticks = state.count state.count = nil state.step = nil end)\n";

/// Puts a version in the place of the running one.
fn becomes(at: u64, version: &str, script: &str, expect: &str) -> String {
    let manifest = manifest("subject", version, "");
    format!(
        "[[step]]\nat = {at}\nlabel = \"to {version} at {at}\"\nbatch = [{{ write = {{ file = \"subject/mod.toml\", text = {manifest:?} }} }}, \
         {{ write = {{ file = \"subject/scripts/main.lua\", text = {script:?} }} }}]\nexpect = {{ {expect} }}\n\n"
    )
}

fn is(at: u64, path: &str, value: i64) -> String {
    format!("[[expect]]\nat = {at}\nmod = \"subject\"\npath = \"{path}\"\nequals = {value}\n\n")
}

fn run(steps: &[String]) -> RunRecord {
    let record = Project::new()
        .lua_mod("subject", "1.0.0", "", FIRST)
        .scenario(30, &["subject"], &steps.concat())
        .run()
        .unwrap();
    assert_eq!(record.faults(), []);
    record
}

#[test]
fn state_goes_up_version_by_version_and_at_once_alike() {
    // seed-corrections 31
    run(&[
        becomes(
            6,
            "1.1.0",
            SECOND,
            "outcome = \"committed\", migrated = [\"count\"], defaulted = [\"step\"], dropped = [\"ticks\"]",
        ),
        is(6, "count", 6),
        becomes(
            11,
            "2.0.0",
            THIRD,
            "outcome = \"committed\", migrated = [\"counts\"], dropped = [\"count\", \"step\"]",
        ),
        is(11, "counts.ticks", 1001),
        is(30, "counts.ticks", 1020),
    ]);
    run(&[
        becomes(
            11,
            "2.0.0",
            THIRD,
            "outcome = \"committed\", migrated = [\"counts\"], dropped = [\"ticks\"]",
        ),
        is(11, "counts.ticks", 1001),
    ]);
}

#[test]
fn state_goes_down_where_a_migration_leads_and_nowhere_else() {
    // seed-corrections 31: a downgrade without a migration is refused
    let down = [FIRST, DOWN].concat();
    run(&[
        becomes(6, "1.1.0", SECOND, "outcome = \"committed\""),
        becomes(
            9,
            "1.0.0",
            FIRST,
            "outcome = \"rolled_back\", stage = \"migrate\", error = \"a downgrade from 1.1.0 to 1.0.0 without a migration\"",
        ),
        "[[expect]]\nat = 11\nhash_equals = { without_step = \"to 1.0.0 at 9\" }\n\n".to_owned(),
        becomes(
            12,
            "1.0.0",
            &down,
            "outcome = \"committed\", migrated = [\"ticks\"], dropped = [\"count\", \"step\"]",
        ),
        is(12, "ticks", 12),
        is(30, "ticks", 30),
    ]);
}

#[test]
fn a_rollback_across_versions_takes_the_way_down_or_the_state_of_then() {
    let back = |at: u64, to: u32| {
        format!(
            "[[step]]\nat = {at}\nrollback = {{ mod = \"subject\", to = {to} }}\nexpect = {{ outcome = \"committed\" }}\n\n"
        )
    };
    // No way down: the state that 1.0 had when it was replaced.
    run(&[
        becomes(6, "1.1.0", SECOND, "outcome = \"committed\""),
        back(10, 1),
        is(10, "ticks", 6),
        // And forward again, to g2, whose migration runs on it.
        back(12, 2),
        is(12, "count", 8),
    ]);
    // A way down: the state of now.
    let begins = [FIRST, DOWN].concat();
    run(&[
        becomes(3, "1.0.0", &begins, "outcome = \"committed\""),
        becomes(6, "1.1.0", SECOND, "outcome = \"committed\""),
        back(10, 2),
        is(10, "ticks", 10),
    ]);
}

#[test]
fn a_migration_is_run_again_from_the_state_that_the_older_version_had() {
    let better = SECOND.replace(
        "state.count = state.ticks ",
        "state.count = state.ticks * 10 ",
    );
    let record = run(&[
        becomes(6, "1.1.0", SECOND, "outcome = \"committed\""),
        // The migration is mended; what has been migrated stays as it is.
        becomes(9, "1.1.0", &better, "outcome = \"committed\", kept = [\"count\"]"),
        is(9, "count", 9),
        "[[step]]\nat = 12\nmigrate_again = \"subject\"\nexpect = { outcome = \"committed\", type = \"full\" }\n\n".to_owned(),
        is(12, "count", 51),
    ]);
    assert_eq!(record.failures, []);
}
