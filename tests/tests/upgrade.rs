//! Mods that change their version, and changes that fail for real reasons at each stage.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use harness::record::{RunRecord, StepResult};
use harness::runner::RunOptions;
use modding::report::{Fate, Outcome, ReloadReport, Stage};
use tests::{Project, first_difference, manifest};

const FIRST: &str = r#"
colony.state.define({ count = 0, hauls = 3 })
colony.time.every("count", 1, function()
  colony.storage.count = colony.storage.count + 1
  math.random()
end)
colony.events.register("mod_unloaded", function() colony.state.save_mod_state("subject", { from = "first" }) end)
"#;

/// A run in which the manifest and the script of `subject` are replaced before tick 10.
fn replaced(version: &str, more: &str, script: &str) -> RunRecord {
    let step = format!(
        "[[step]]\nat = 10\nlabel = \"change\"\nbatch = [\n  {{ write = {{ file = \"subject/mod.toml\", text = '''\n{}''' }} }},\n  \
         {{ write = {{ file = \"subject/scripts/main.lua\", text = '''{script}''' }} }},\n]\nexpect = {{}}\n",
        manifest("subject", version, more)
    );
    let project = Project::new()
        .lua_mod("subject", "1.0.0", "", FIRST)
        .scenario(20, &["subject"], &step);
    let record = project.run().unwrap();
    let without = RunOptions {
        without_step: Some("change".to_owned()),
        ..RunOptions::default()
    };
    if report(&record).outcome == Outcome::RolledBack {
        let plain = project.run_with(&without).unwrap();
        assert_eq!(
            first_difference(&plain, &record),
            None,
            "a change that was rolled back can be seen"
        );
    }
    record
}

fn report(record: &RunRecord) -> &ReloadReport {
    match &record.steps[0].result {
        StepResult::Reloads(reports) => &reports[0],
        other => panic!("{other:?}"),
    }
}

fn fates(record: &RunRecord) -> Vec<(String, Fate, String)> {
    let paths = report(record).members[0].state.paths.iter();
    paths
        .map(|path| (path.path.clone(), path.fate, path.value.clone()))
        .collect()
}

/// Stage, version, what the manifest adds, script, and what the error says.
const REAL_FAILURES: [(Stage, &str, &str, &str, &str); 9] = [
    (
        Stage::Plan,
        "1.1.0",
        "[dependencies]\nstats = \"^2\"",
        "",
        "depends on `stats`",
    ),
    (Stage::Plan, "one", "", "", "is not a version"),
    (Stage::Parse, "1.1.0", "", "local function (", "expected"),
    (
        Stage::TopLevel,
        "1.1.0",
        "",
        "error('at the top')",
        "at the top",
    ),
    (
        Stage::TopLevel,
        "1.1.0",
        "",
        "while true do end",
        "instruction budget used up",
    ),
    (
        Stage::TopLevel,
        "1.1.0",
        "",
        "print(colony.storage.count)",
        "colony.storage is not there yet",
    ),
    (
        Stage::Migrate,
        "1.1.0",
        "",
        "colony.state.migrate('<1.1.0', function(state) state.count = state.missing.deep end)",
        "attempt to index nil",
    ),
    (
        Stage::Migrate,
        "0.9.0",
        "",
        "colony.state.define({ count = 0 })",
        "a downgrade from 1.0.0 to 0.9.0",
    ),
    (
        Stage::Loaded,
        "1.1.0",
        "",
        "colony.events.register('mod_loaded', function() colony.storage.count = -1 error('too late') end)",
        "too late",
    ),
];

#[test]
fn a_change_that_fails_for_a_real_reason_at_any_stage_is_as_if_not_tried() {
    for (stage, version, more, script, message) in REAL_FAILURES {
        let record = replaced(version, more, script);
        let report = report(&record);
        assert_eq!(report.outcome, Outcome::RolledBack, "{script}");
        let error = report.error.as_ref().unwrap();
        assert_eq!(error.stage, stage, "{script}: {error:?}");
        assert!(
            error.faults[0].message.contains(message),
            "{script}: {error:?}"
        );
        assert!(report.hand_back_errors.is_empty());
    }
}

#[test]
fn a_state_over_the_new_limit_is_not_cut_but_rolled_back() {
    let limit = "[hot_reload.state_management]\nmax_state_size = 16\n";
    let record = replaced("1.1.0", limit, FIRST);
    let error = report(&record).error.as_ref().unwrap();
    assert_eq!(error.stage, Stage::Restore);
    assert!(
        error.faults[0].message.contains("16 are allowed"),
        "{error:?}"
    );
}

#[test]
fn world_effects_are_refused_while_a_mod_is_updated() {
    for call in [
        "colony.events.emit('late')",
        "colony.jobs.designate('chop', 1, 1)",
        "colony.mods.get('base').anything()",
    ] {
        let script = format!("colony.events.register('mod_loaded', function() {call} end)");
        let more = "capabilities = [\"jobs.write\"]\n[dependencies]\nbase = \"^1\"";
        let record = replaced("1.1.0", more, &script);
        let error = report(&record).error.as_ref().unwrap();
        assert!(
            error.faults[0]
                .message
                .contains("is not allowed in mod_loaded when a mod goes on"),
            "{call}: {error:?}"
        );
    }
}

#[test]
fn an_upgrade_migrates_in_version_order_and_says_what_became_of_each_path() {
    let script = r#"
colony.state.define({ count = 0, total = 0, names = {}, later = "default" })
colony.state.migrate("<2.0.0", function(state) state.total = state.total * 10 end)
colony.state.migrate("<1.1.0", function(state)
  state.total = state.hauls
  state.hauls = nil
  return state
end)
colony.events.register("mod_loaded", function(event)
  print(event.reason .. " from " .. tostring(event.previous_version) .. " " .. colony.state.get_mod_state("subject").from)
end)
"#;
    let record = replaced("2.0.0", "", script);
    assert_eq!(record.faults(), []);
    let fate = |path: &str, fate, value: &str| (path.to_owned(), fate, value.to_owned());
    assert_eq!(
        fates(&record),
        [
            fate("count", Fate::Kept, "9"),
            fate("hauls", Fate::Dropped, "was 3"),
            fate("later", Fate::Defaulted, "\"default\""),
            fate("names", Fate::Defaulted, "{}"),
            fate("total", Fate::Migrated, "30"),
        ]
    );
    assert_eq!(record.log[0].text, "update from 1.0.0 first");
    let notes = &report(&record).members[0].state.notes;
    let handler = "the handler of `mod_unloaded` with key \"default\" is no longer declared, subject/scripts/main.lua:7";
    assert_eq!(
        *notes,
        ["timer `count` is no longer declared: dropped", handler]
    );
}

#[test]
fn a_rollback_across_a_migration_brings_the_state_of_then_back() {
    let second = r#"
colony.state.define({ count = 0, total = 0 })
colony.state.migrate("<2.0.0", function(state) state.total = state.hauls state.hauls = nil end)
colony.time.every("count", 1, function() colony.storage.total = colony.storage.total + 1 end)
"#;
    let steps = format!(
        "[[step]]\nat = 10\nbatch = [\n  {{ write = {{ file = \"subject/mod.toml\", text = '''\n{}''' }} }},\n  {{ write = {{ file = \"subject/scripts/main.lua\", text = '''{second}''' }} }},\n]\n\n\
         [[step]]\nat = 15\nrollback = {{ mod = \"subject\", to = 1 }}\nexpect = {{ outcome = \"committed\" }}\n\n\
         [[expect]]\nat = 14\nmod = \"subject\"\npath = \"total\"\nequals = 8\n\n\
         [[expect]]\nmod = \"subject\"\npath = \"hauls\"\nequals = 3\n\n\
         [[expect]]\nmod = \"subject\"\npath = \"count\"\nequals = 15\n",
        manifest("subject", "2.0.0", "")
    );
    let record = Project::new()
        .lua_mod("subject", "1.0.0", "", FIRST)
        .scenario(20, &["subject"], &steps)
        .run()
        .unwrap();
    assert_eq!(record.faults(), []);
    let StepResult::Reloads(reports) = &record.steps[1].result else {
        panic!("{:?}", record.steps[1])
    };
    assert_eq!(reports[0].members[0].generations, (2, 3));
    assert_eq!(reports[0].reason.as_deref(), Some("content of g1"));
    // What ran had other values: nothing that came back from then was kept.
    let fates: Vec<(&str, Fate)> = reports[0].members[0]
        .state
        .paths
        .iter()
        .map(|path| (path.path.as_str(), path.fate))
        .collect();
    assert_eq!(
        fates,
        [
            ("count", Fate::Kept),
            ("hauls", Fate::Migrated),
            ("total", Fate::Dropped)
        ]
    );
}

#[test]
fn a_dependency_that_would_break_its_dependents_is_rolled_back() {
    let step = format!(
        "[[step]]\nat = 5\nlabel = \"break\"\nwrite = {{ file = \"library/mod.toml\", text = '''\n{}''' }}\nexpect = {{ outcome = \"rolled back\", stage = \"plan\", error = \"needs `library`\" }}\n\n\
         [[expect]]\nhash_equals = {{ without_step = \"break\" }}\n",
        manifest("library", "2.0.0", "")
    );
    let record = Project::new()
        .lua_mod(
            "library",
            "1.0.0",
            "",
            "colony.mods.export('one', function() return 1 end)",
        )
        .lua_mod("user", "1.0.0", "[dependencies]\nlibrary = \"^1\"", "")
        .scenario(10, &["library", "user"], &step)
        .run()
        .unwrap();
    assert_eq!(record.faults(), []);
}

#[test]
fn a_failing_mod_unloaded_lets_the_old_instance_go_on() {
    let stubborn = "colony.state.define({ ticks = 0 })\ncolony.time.every('t', 1, function() colony.storage.ticks = colony.storage.ticks + 1 end)\n\
                    colony.events.register('mod_unloaded', function() colony.storage.ticks = -5 error('not now') end)\n";
    let step = "[[step]]\nat = 5\nlabel = \"edit\"\nedit = { file = \"stubborn/scripts/main.lua\", find = \"not now\", replace = \"never\" }\n\
                expect = { outcome = \"rolled back\", stage = \"unload\", error = \"not now\" }\n\n\
                [[expect]]\nmod = \"stubborn\"\npath = \"ticks\"\nequals = 10\n\n[[expect]]\nhash_equals = { without_step = \"edit\" }\n";
    let record = Project::new()
        .lua_mod("stubborn", "1.0.0", "", stubborn)
        .scenario(10, &["stubborn"], step)
        .run()
        .unwrap();
    assert_eq!(record.faults(), []);
}

#[test]
fn what_mod_loaded_changes_is_in_the_report() {
    let script = "colony.state.define({ count = 0, hauls = 0 })\ncolony.events.register('mod_loaded', function() colony.storage.count = -1 colony.storage.extra = 1 end)";
    let record = replaced("1.1.0", "", script);
    let fate = |path: &str, fate, value: &str| (path.to_owned(), fate, value.to_owned());
    let expected = [
        fate("count", Fate::Migrated, "-1"),
        fate("extra", Fate::Migrated, "1"),
        fate("hauls", Fate::Kept, "3"),
    ];
    assert_eq!(fates(&record), expected);
}

#[test]
fn a_timer_may_change_what_it_is() {
    let record = |first: &str, second: &str| {
        let step = format!(
            "[[step]]\nat = 6\nedit = {{ file = \"clock/scripts/main.lua\", find = \"{first}\", replace = \"{second}\" }}\n"
        );
        let script = format!("colony.time.{first}('t', 4, function(event) print(event.tick) end)");
        let project = Project::new().lua_mod("clock", "1.0.0", "", &script);
        let record = project.scenario(16, &["clock"], &step).run().unwrap();
        record
            .log
            .iter()
            .map(|line| line.text.clone())
            .collect::<Vec<_>>()
    };
    assert_eq!(record("after", "every"), ["4", "9", "13"]);
    assert_eq!(record("every", "after"), ["4", "8"]);
}

#[test]
fn calls_that_could_do_nothing_are_refused() {
    for (script, message) in [
        (
            "colony.events.register('mod_loaded', function() colony.state.define({}) end)",
            "colony.state.define is for top-level code",
        ),
        (
            "colony.time.declare('t', print) colony.time.after('t', 3)",
            "colony.time.after without a function is not for top-level code",
        ),
        (
            "colony.time.every('t', 3, print) colony.time.cancel('t')",
            "colony.time.cancel is not for top-level code",
        ),
        (
            "colony.events.register('tick_end', print) colony.events.unregister('tick_end')",
            "colony.events.unregister is not for top-level code",
        ),
    ] {
        let record = replaced("1.1.0", "", script);
        let error = report(&record).error.as_ref().unwrap();
        assert!(
            error.faults[0].message.starts_with(message),
            "{script}: {error:?}"
        );
    }
}

#[test]
fn code_that_is_gone_is_rolled_back() {
    let step = "[[step]]\nat = 5\ndelete = { file = \"fragile/scripts/main.lua\" }\nexpect = { outcome = \"rolled_back\", stage = \"plan\", error = \"is gone\" }\n";
    let record = Project::new()
        .file(
            "mods/fragile/mod.toml",
            "id = 'fragile'\nname = 'Fragile'\nversion = '1.0.0'\napi = '^1'\n",
        )
        .file(
            "mods/fragile/scripts/main.lua",
            "colony.events.register('tick_end', function() end)",
        )
        .scenario(8, &["fragile"], step)
        .run()
        .unwrap();
    assert_eq!(record.faults(), []);
}
