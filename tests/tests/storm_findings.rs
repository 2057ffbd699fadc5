//! What storms have found, each as small as it gets.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use harness::record::{RunRecord, StepResult};
use harness::runner::{EveryTick, RunOptions};
use modding::report::Outcome;
use tests::{Project, first_difference, manifest};

const COUNTER: &str = "colony.state.define({ ticks = 0 })\n\
    colony.events.register('tick_start', function() colony.storage.ticks = colony.storage.ticks + 1 end)\n";

/// Of each report of a step the outcome and the mods, or what it says.
fn told(record: &RunRecord, label: &str) -> Vec<(Outcome, String)> {
    let mut steps = record.steps.iter();
    let step = steps.find(|step| step.label.as_deref() == Some(label));
    let StepResult::Reloads(reports) = &step.unwrap().result else {
        panic!("{step:?}");
    };
    let told = reports.iter().map(|report| {
        let members = report.members.iter();
        let members: Vec<&str> = members.map(|member| member.mod_id.as_str()).collect();
        let error = report.error.as_ref().map(|error| error.mod_id.to_string());
        let said = match (members.as_slice(), error) {
            ([], Some(error)) => error,
            ([], None) => report.reason.clone().unwrap_or_default(),
            (members, _) => members.join(", "),
        };
        (report.outcome, said)
    });
    told.collect()
}

fn every_tick(project: &Project, every_tick: EveryTick) -> RunRecord {
    let options = RunOptions {
        every_tick,
        ..RunOptions::default()
    };
    project.run_with(&options).unwrap()
}

fn write(file: &str, text: &str) -> String {
    format!("write = {{ file = {file:?}, text = {text:?} }}")
}

#[test]
fn what_waits_for_a_mod_waits_on_after_a_load() {
    let needs = manifest("user", "1.1.0", "[dependencies]\ncounter = \"^1\"");
    let steps = format!(
        "[[step]]\nat = 3\n{}\n\n[[step]]\nat = 5\nlabel = \"add\"\nadd = {{ mod = \"counter\" }}\n",
        write("user/mod.toml", &needs)
    );
    let project = Project::new()
        .lua_mod("counter", "1.0.0", "", COUNTER)
        .lua_mod("user", "1.0.0", "", COUNTER)
        .scenario(8, &["user"], &steps);
    let plain = every_tick(&project, EveryTick::Nothing);
    assert_eq!(
        told(&plain, "add"),
        [
            (Outcome::Committed, "counter".to_owned()),
            (Outcome::Committed, "user".to_owned())
        ]
    );
    let loaded = every_tick(&project, EveryTick::SaveAndLoad);
    assert_eq!(told(&plain, "add"), told(&loaded, "add"));
    assert_eq!(first_difference(&plain, &loaded), None);
}

#[test]
fn a_change_of_a_mod_that_is_yet_to_come_is_answered_beside_others() {
    let steps = format!(
        "[[step]]\nat = 3\nlabel = \"batch\"\nbatch = [{{ {} }}, {{ {} }}]\n",
        write("late/tests/notes.lua", "-- none\n"),
        write("counter/tests/notes.lua", "-- none\n")
    );
    let record = Project::new()
        .lua_mod("counter", "1.0.0", "", COUNTER)
        .lua_mod("late", "1.0.0", "", COUNTER)
        .scenario(
            6,
            &["counter"],
            &format!("{steps}\n[[step]]\nat = 5\nadd = {{ mod = \"late\" }}\n"),
        )
        .run()
        .unwrap();
    assert_eq!(record.faults(), []);
    assert_eq!(
        told(&record, "batch"),
        [
            (Outcome::Committed, "counter".to_owned()),
            (
                Outcome::Ignored,
                "late is not part of the run yet".to_owned()
            )
        ]
    );
}

#[test]
fn an_addition_that_fails_leaves_no_place_in_the_queue() {
    let broken = "colony.events.register('mod_loaded', function() error('no') end)\n";
    let needs = "[dependencies]\nsecond = \"*\"";
    let steps = format!(
        "[[step]]\nat = 2\nadd = {{ mod = \"second\" }}\n\n[[step]]\nat = 3\nadd = {{ mod = \"first\" }}\n\n\
         [[step]]\nat = 5\nlabel = \"mend\"\nbatch = [{{ {} }}, {{ {} }}]\n",
        write("first/tests/notes.lua", "-- none\n"),
        write("second/scripts/main.lua", COUNTER)
    );
    let project = Project::new()
        .lua_mod("counter", "1.0.0", "", COUNTER)
        .lua_mod("first", "1.0.0", needs, COUNTER)
        .lua_mod("second", "1.0.0", "", broken)
        .scenario(8, &["counter"], &steps);
    let plain = every_tick(&project, EveryTick::Nothing);
    for interruption in [EveryTick::HandOver, EveryTick::SaveAndLoad] {
        let other = every_tick(&project, interruption);
        assert_eq!(told(&plain, "mend"), told(&other, "mend"));
        assert_eq!(first_difference(&plain, &other), None);
    }
}

#[test]
fn a_hand_over_does_not_make_a_mod_healthy() {
    let steps = format!(
        "[[step]]\nat = 2\n{}\n\n[[step]]\nat = 4\nlabel = \"mend\"\nbatch = [{{ {} }}, {{ {} }}]\n",
        write("second/scripts/main.lua", "local = 5"),
        write("first/tests/notes.lua", "-- none\n"),
        write("second/scripts/main.lua", "print('second')")
    );
    let project = Project::new()
        .lua_mod("first", "1.0.0", "", COUNTER)
        .lua_mod("second", "1.0.0", "", COUNTER)
        .scenario(6, &["first", "second"], &steps);
    let plain = every_tick(&project, EveryTick::Nothing);
    // What was broken comes first.
    assert_eq!(
        told(&plain, "mend"),
        [
            (Outcome::Committed, "second".to_owned()),
            (Outcome::Committed, "first".to_owned())
        ]
    );
    for interruption in [EveryTick::HandOver, EveryTick::SaveAndLoad] {
        let other = every_tick(&project, interruption);
        assert_eq!(told(&plain, "mend"), told(&other, "mend"));
    }
}

#[test]
fn a_mod_without_state_may_become_older() {
    let content = |version: &str| {
        format!("id = \"gravel\"\nname = \"Gravel\"\nversion = \"{version}\"\napi = \"^1\"\n")
    };
    let steps = format!(
        "[[step]]\nat = 2\n{}\nexpect = {{ outcome = \"committed\" }}\n\n[[step]]\nat = 3\n{}\nexpect = {{ outcome = \"rolled_back\", stage = \"migrate\" }}\n",
        write("gravel/mod.toml", &content("1.0.0")),
        write("counter/mod.toml", &manifest("counter", "1.0.0", "")),
    );
    let record = Project::new()
        .file("mods/gravel/mod.toml", &content("1.1.0"))
        .file(
            "mods/gravel/assets/items.toml",
            "[gravel]\nstack_max = 9\nhaul_priority = 2\n",
        )
        .lua_mod("counter", "1.1.0", "", COUNTER)
        .scenario(6, &["gravel", "counter"], &steps)
        .run()
        .unwrap();
    assert_eq!(record.faults(), []);
}

#[test]
fn a_mod_that_a_load_leaves_out_has_no_place_in_the_queue() {
    let needs = "[dependencies]\nsecond = \"*\"";
    let steps = format!(
        "[[step]]\nat = 2\n{}\n\n[[step]]\nat = 3\nrestart = true\n\n\
         [[step]]\nat = 5\nlabel = \"mend\"\nbatch = [{{ {} }}, {{ {} }}]\n",
        write("second/scripts/main.lua", "local = 5"),
        write("second/scripts/main.lua", COUNTER),
        write("first/tests/notes.lua", "-- none\n"),
    );
    let project = Project::new()
        .lua_mod("counter", "1.0.0", "", COUNTER)
        .lua_mod("first", "1.0.0", needs, COUNTER)
        .lua_mod("second", "1.0.0", "", COUNTER)
        .scenario(8, &["counter", "first", "second"], &steps);
    let plain = every_tick(&project, EveryTick::Nothing);
    // The one that is needed comes first, whatever their names.
    assert_eq!(
        told(&plain, "mend"),
        [
            (Outcome::Committed, "second".to_owned()),
            (Outcome::Committed, "first".to_owned())
        ]
    );
    for interruption in [EveryTick::HandOver, EveryTick::SaveAndLoad] {
        let other = every_tick(&project, interruption);
        assert_eq!(told(&plain, "mend"), told(&other, "mend"));
        assert_eq!(first_difference(&plain, &other), None);
    }
}

#[test]
fn a_replacement_that_fails_is_reported_under_its_own_name() {
    let unload = "colony.events.register('mod_unloaded', function() error('no end') end)\n";
    let step = "[[step]]\nat = 3\nlabel = \"add\"\nadd = { mod = \"heir\" }\nexpect = { outcome = \"rolled_back\", stage = \"unload\" }\n";
    let record = Project::new()
        .lua_mod("counter", "1.0.0", "", unload)
        .lua_mod("heir", "1.0.0", "replaces = \"counter\"", COUNTER)
        .scenario(4, &["counter"], step)
        .run()
        .unwrap();
    assert_eq!(record.faults(), []);
    assert_eq!(
        told(&record, "add"),
        [(Outcome::RolledBack, "heir".to_owned())]
    );
    let report = harness::report::text::report(&record, Default::default());
    assert!(report.contains("counter g1 goes on"), "{report}");
}

#[test]
fn a_load_that_leaves_a_mod_out_has_the_mods_of_the_save() {
    let steps = format!(
        "[[step]]\nat = 2\nsave = \"early\"\n\n[[step]]\nat = 3\nadd = {{ mod = \"late\" }}\n\n\
         [[step]]\nat = 4\n{}\nexpect = {{ outcome = \"rolled_back\" }}\n\n\
         [[step]]\nat = 5\nload = \"early\"\nexpect = {{ outcome = \"failed\" }}\n\n\
         [[step]]\nat = 6\nlabel = \"add\"\nadd = {{ mod = \"late\" }}\nexpect = {{ outcome = \"committed\" }}\n",
        write("gravel/assets/items.toml", "[gravel"),
    );
    let record = Project::new()
        .lua_mod("gravel", "1.0.0", "", COUNTER)
        .file(
            "mods/gravel/assets/items.toml",
            "[gravel]\nstack_max = 9\nhaul_priority = 2\n",
        )
        .lua_mod("late", "1.0.0", "", COUNTER)
        .scenario(7, &["gravel"], &steps)
        .run()
        .unwrap();
    assert_eq!(record.faults(), []);
    assert_eq!(
        told(&record, "add"),
        [(Outcome::Committed, "late".to_owned())]
    );
    assert_eq!(record.left_out[0].name, "gravel");
}

#[test]
fn mods_whose_definitions_need_each_other_come_back_together() {
    let steps = format!(
        "[[step]]\nat = 2\ncommand = {{ \"items.add\" = {{ item = \"gravel\", count = 3, x = 16, y = 16 }} }}\n\n\
         [[step]]\nat = 4\nbatch = [{{ {} }}, {{ {} }}]\nexpect = {{ outcome = \"rolled_back\" }}\n\n\
         [[step]]\nat = 5\nrestart = true\nexpect = {{ outcome = \"failed\" }}\n\n\
         [[step]]\nat = 6\nbatch = [{{ {} }}, {{ {} }}]\nexpect = {{ outcome = \"committed\" }}\n",
        write("base/scripts/main.lua", "error('broken')"),
        write("gravel/scripts/main.lua", "error('broken')"),
        write("base/scripts/main.lua", "-- mended"),
        write("gravel/scripts/main.lua", "-- mended"),
    );
    let record = Project::new()
        .lua_mod("gravel", "1.0.0", "", COUNTER)
        .file(
            "mods/gravel/assets/items.toml",
            "[gravel]\nstack_max = 9\nhaul_priority = 2\n",
        )
        .scenario(8, &["gravel"], &steps)
        .run()
        .unwrap();
    assert_eq!(record.faults(), []);
}

#[test]
fn mods_that_come_back_together_leave_nothing_behind_when_one_of_them_fails() {
    let ledger = "colony.state.define({ sum = 0 })\n\
        colony.mods.export('count', function(by) colony.storage.sum = colony.storage.sum + by end)\n";
    let begin =
        |then: &str| format!("colony.events.register('mod_loaded', function(event) {then} end)\n");
    let count = begin("colony.mods.get('ledger').count(1)");
    let run = |last: &str| {
        let items = |id: &str| format!("[{id}]\nstack_max = 9\nhaul_priority = 2\n");
        let steps = format!(
            "[[step]]\nat = 3\nlabel = \"mend\"\nbatch = [{{ {} }}, {{ {} }}, {{ {} }}, {{ {} }}]\n\
             expect = {{ outcome = \"{}\" }}\n\n\
             [[expect]]\nat = 5\nmod = \"ledger\"\npath = \"sum\"\nequals = {}\n\n{}",
            write("first/assets/items.toml", &items("silt")),
            write("second/assets/items.toml", &items("gravel")),
            write("first/scripts/main.lua", &count),
            write("second/scripts/main.lua", last),
            if last.is_empty() {
                "committed"
            } else {
                "rolled_back"
            },
            i32::from(last.is_empty()),
            if last.is_empty() {
                ""
            } else {
                "[[expect]]\nat = 5\nhash_equals = { without_step = \"mend\" }\n"
            },
        );
        let needs = "[dependencies]\nledger = \"^1\"";
        Project::new()
            .lua_mod("ledger", "1.0.0", "", ledger)
            .lua_mod("first", "1.0.0", needs, "error('broken')")
            .file("mods/first/assets/items.toml", &items("gravel"))
            .lua_mod("second", "1.0.0", needs, "error('broken')")
            .file("mods/second/assets/items.toml", &items("silt"))
            .scenario(6, &["ledger", "first", "second"], &steps)
            .run()
            .unwrap()
    };
    let committed = run("");
    assert_eq!(committed.faults(), []);
    let named = "first, second".to_owned();
    assert_eq!(told(&committed, "mend"), [(Outcome::Committed, named)]);
    let rolled_back = run(&begin("error('no')"));
    assert_eq!(rolled_back.faults(), []);
    let named = "second".to_owned();
    assert_eq!(told(&rolled_back, "mend"), [(Outcome::RolledBack, named)]);
}

#[test]
fn a_mod_that_was_left_out_takes_its_definitions_along_when_it_is_removed() {
    let items = "[gravel]\nstack_max = 9\nhaul_priority = 2\n";
    let run = |before: &str, removed: &str, added: &str| {
        let steps = format!(
            "{before}[[step]]\nat = 3\nlabel = \"remove\"\nremove = {{ mod = \"gravel\" }}\nexpect = {{ outcome = \"{removed}\" }}\n\n\
             [[step]]\nat = 4\nadd = {{ mod = \"heir\" }}\nexpect = {{ outcome = \"{added}\" }}\n\n\
             [[step]]\nat = 5\ncheckpoint = true\n"
        );
        Project::new()
            .lua_mod("gravel", "1.0.0", "", "error('broken')")
            .file("mods/gravel/assets/items.toml", items)
            .lua_mod("heir", "1.0.0", "", COUNTER)
            .file("mods/heir/assets/items.toml", items)
            .scenario(6, &["gravel"], &steps)
            .run()
            .unwrap()
    };
    let record = run("", "committed", "committed");
    assert_eq!(record.faults(), []);
    let used = "[[step]]\nat = 2\ncommand = { \"items.add\" = { item = \"gravel\", count = 3, x = 16, y = 16 } }\n\n";
    let record = run(used, "rolled_back", "rolled_back");
    assert_eq!(record.faults(), []);
    let report = harness::report::text::report(&record, Default::default());
    assert!(
        report.contains("item `gravel` is gone, and 1 stack holds 3 of it"),
        "{report}"
    );
}

#[test]
fn what_no_mod_defines_is_told_and_the_mod_that_did_is_left_out() {
    let without_food = std::fs::read_to_string(tests::root().join("mods/base/assets/needs.toml"))
        .unwrap()
        .replace("[food]", "[fodder]");
    let rest = format!(
        "[[step]]\nat = 2\n{}\nexpect = {{ outcome = \"rolled_back\", stage = \"plan\", error = \"needs.food: is missing\" }}\n\n\
         [[step]]\nat = 3\nrestart = true\nexpect = {{ outcome = \"failed\", error = \"needs.food: is missing\" }}\n",
        write("base/assets/needs.toml", &without_food)
    );
    let record = Project::new().scenario(5, &[], &rest).run().unwrap();
    assert_eq!(record.faults(), []);
    assert_eq!(record.left_out[0].name, "base");
    let begin = Project::new()
        .file("mods/base/assets/needs.toml", &without_food)
        .scenario(2, &[], "");
    let faults: Vec<String> = begin
        .run()
        .unwrap_err()
        .iter()
        .map(ToString::to_string)
        .collect();
    assert!(
        faults
            .iter()
            .any(|fault| fault.contains("needs.food: is missing")),
        "{faults:?}"
    );
}
