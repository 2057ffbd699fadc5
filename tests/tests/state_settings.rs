//! `[hot_reload.state_management]`: how state is written, how much of it there may be, and what an update does with it.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use harness::record::{RunRecord, StepResult};
use modding::report::{Fate, PathFate, ReloadReport};
use tests::{Project, first_difference, manifest};

const KEEPS: &str = "colony.state.define({ ticks = 0, ratio = 0.1, by_kind = {}, names = {} })\n\
    colony.events.register('tick_start', function(event)\n\
    \x20 local seen = colony.storage\n\
    \x20 seen.ticks = seen.ticks + 1\n\
    \x20 seen.ratio = seen.ratio * 1.1 + math.random() / 3\n\
    \x20 seen.by_kind['kind ' .. event.tick] = -event.tick\n\
    \x20 table.insert(seen.names, 'ä' .. event.tick)\n\
    \x20 colony.events.unregister('tick_end')\n\
    \x20 colony.state.save_mod_state('subject', { at = event.tick })\n\
    end)\n\
    colony.events.register('tick_end', function() end)\n\
    colony.time.every('pulse', 4, function() end)\n";

fn settings(keys: &str) -> String {
    format!("[hot_reload.state_management]\n{keys}\n")
}

fn report(record: &RunRecord) -> &ReloadReport {
    match &record.steps[0].result {
        StepResult::Reloads(reports) => &reports[0],
        other => panic!("{other:?}"),
    }
}

#[test]
fn state_passes_whole_through_every_serialization_and_compression() {
    // seed-corrections 34
    let steps = "[[step]]\nat = 4\nreload = { mods = [\"subject\"], force = true }\n\n[[step]]\nat = 6\nrestart = true\n\n\
                 [[step]]\nat = 7\nedit = { file = \"subject/scripts/main.lua\", find = \"'pulse', 4\", replace = \"'pulse', 5\" }\n\n\
                 [[step]]\nat = 9\nrollback = { mod = \"subject\" }\n\n[[step]]\nat = 10\nremove = { mod = \"subject\" }\n\n\
                 [[step]]\nat = 11\nrestart = true\n\n[[step]]\nat = 12\nadd = { mod = \"subject\" }\n";
    let run = |keys: &str| {
        let record = Project::new()
            .lua_mod("subject", "1.0.0", &settings(keys), KEEPS)
            .scenario(15, &["subject"], steps)
            .run()
            .unwrap();
        assert_eq!(record.faults(), [], "{keys}");
        record
    };
    let plain = run("");
    for serialization in ["bincode", "postcard", "json"] {
        for compression in ["gzip", "none"] {
            let record = run(&format!(
                "state_serialization = \"{serialization}\"\nstate_compression = \"{compression}\""
            ));
            assert_eq!(
                first_difference(&plain, &record),
                None,
                "{serialization} {compression}"
            );
        }
    }
}

/// The second version of `subject` replaces the first before tick 5.
fn updated(keys: &str, script: &str, outcome: &str, rest: &str) -> RunRecord {
    let manifest = manifest("subject", "2.0.0", &settings(keys));
    let steps = format!(
        "[[step]]\nat = 5\nlabel = \"update\"\nbatch = [{{ write = {{ file = \"subject/mod.toml\", text = {manifest:?} }} }}, \
         {{ write = {{ file = \"subject/scripts/main.lua\", text = {script:?} }} }}]\nexpect = {{ outcome = {outcome:?} }}\n\n{rest}"
    );
    Project::new()
        .lua_mod("subject", "1.0.0", "", KEEPS)
        .scenario(8, &["subject"], &steps)
        .run()
        .unwrap()
}

#[test]
fn an_update_that_does_not_preserve_state_begins_with_its_defaults() {
    let begins_again = "[[expect]]\nmod = \"subject\"\npath = \"ticks\"\nequals = 4\n\n\
                        [[step]]\nat = 7\nlabel = \"again\"\nreload = { mods = [\"subject\"], force = true }\n\n\
                        [[expect]]\nhash_equals = { without_step = \"again\" }\n";
    let record = updated("preserve_state = false", KEEPS, "committed", begins_again);
    assert_eq!(
        record.faults(),
        [],
        "a reload of equal content keeps the state in any case"
    );
    let state = &report(&record).members[0].state;
    assert!(
        state
            .notes
            .iter()
            .any(|note| note.starts_with("`preserve_state` is off in mod.toml")),
        "{:?}",
        state.notes
    );
    let begun = |fate: &PathFate| fate.fate == Fate::Defaulted && fate.by.is_some();
    assert!(state.paths.iter().all(begun), "{:?}", state.paths);
    assert!(!state.paths.is_empty());
    // What it draws goes on: the numbers are the colony's, not the mod's to lose.
    assert!(state.random_draws > 0);
}

#[test]
fn going_back_over_a_reset_brings_the_state_back_that_was_given_up() {
    let write = |at: u64, text: &str| {
        format!(
            "[[step]]\nat = {at}\nwrite = {{ file = \"subject/scripts/main.lua\", text = {text:?} }}\n\n"
        )
    };
    // Tick 5 resets, tick 7 too; a restart between must not forget it.
    let steps = [
        write(5, &format!("{KEEPS}-- second\n")),
        write(7, &format!("{KEEPS}-- third\n")),
        "[[step]]\nat = 8\nrestart = true\n\n".to_owned(),
        "[[step]]\nat = 9\nrollback = { mod = \"subject\", to = 1 }\nexpect = { outcome = \"committed\" }\n\n".to_owned(),
        "[[expect]]\nat = 8\nmod = \"subject\"\npath = \"ticks\"\nequals = 2\n\n".to_owned(),
        "[[expect]]\nat = 9\nmod = \"subject\"\npath = \"ticks\"\nequals = 5\n".to_owned(),
    ];
    let record = Project::new()
        .lua_mod(
            "subject",
            "1.0.0",
            &settings("preserve_state = false"),
            KEEPS,
        )
        .scenario(10, &["subject"], &steps.concat())
        .run()
        .unwrap();
    assert_eq!(record.faults(), []);
}

const MIGRATION_FAILS: &str = "colony.state.define({ ticks = 0, ratio = 0.5, by_kind = {}, names = {} })\n\
    colony.state.migrate('<2', function(state) error('this state is too old') end)\n";

#[test]
fn state_that_cannot_be_carried_over_is_lost_only_where_the_mod_says_so() {
    // seed-corrections 44
    let kept = updated(
        "on_state_error = \"keep\"",
        MIGRATION_FAILS,
        "rolled_back",
        "[[expect]]\nhash_equals = { without_step = \"update\" }\n",
    );
    assert_eq!(kept.faults(), []);
    let error = report(&kept).error.as_ref().unwrap();
    assert_eq!(error.faults[0].message, "this state is too old");

    let reset = updated(
        "on_state_error = \"reset\"",
        MIGRATION_FAILS,
        "committed",
        "[[expect]]\nmod = \"subject\"\npath = \"ticks\"\nequals = 0\n\n\
         [[step]]\nat = 8\nrollback = { mod = \"subject\" }\nexpect = { outcome = \"committed\" }\n\n[[expect]]\nat = 8\nmod = \"subject\"\npath = \"by_kind.kind 4\"\nequals = -4\n"
            .replacen("[[expect]]\nmod", "[[expect]]\nat = 7\nmod", 1)
            .as_str(),
    );
    assert_eq!(reset.faults(), [], "the state of before is in the history");
    let state = &report(&reset).members[0].state;
    assert!(
        state.notes[0].contains("this state is too old")
            && state.notes[0].contains("the one before is in the history"),
        "{:?}",
        state.notes
    );
    let dropped = state
        .paths
        .iter()
        .filter(|path| path.fate == Fate::Dropped)
        .count();
    assert_eq!(dropped, 0, "every path is declared: {:?}", state.paths);
}

#[test]
fn state_that_is_too_large_is_refused_with_its_path() {
    // seed-corrections 35
    let record = updated("max_state_size = 100", "", "rolled_back", "");
    let error = report(&record).error.as_ref().unwrap();
    let message = &error.faults[0].message;
    assert!(
        message.starts_with("the storage would hold ")
            && message.contains(" bytes with `by_kind`, 100 are allowed"),
        "{message}"
    );
    let nested = "colony.state.define({ jobs = { {} } })\ncolony.events.register('tick_start', function() colony.storage.jobs[1].note = string.rep('x', 200) end)\n";
    let record = Project::new()
        .lua_mod(
            "subject",
            "1.0.0",
            &settings("max_state_size = 100"),
            nested,
        )
        .scenario(1, &["subject"], "")
        .run()
        .unwrap();
    let message = &record.failures[0].fault.message;
    assert!(
        message.contains("bytes with `jobs.1.note`, 100 are allowed"),
        "{message}"
    );
}
