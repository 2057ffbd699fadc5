//! Where changes, mods that come and go, library code and kept state meet.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use harness::record::{RunRecord, StepResult};
use modding::report::{Outcome, ReloadReport};
use tests::{Project, log_by_tick, manifest};

const COUNTER: &str = "colony.state.define({ ticks = 0 })\n\
    colony.events.register('tick_start', function() colony.storage.ticks = colony.storage.ticks + 1 end)\n";

fn reports(record: &RunRecord, step: usize) -> &[ReloadReport] {
    match &record.steps[step].result {
        StepResult::Reloads(reports) => reports,
        other => panic!("{other:?}"),
    }
}

fn outcomes(record: &RunRecord, step: usize) -> Vec<(Outcome, Vec<String>)> {
    let reports = reports(record, step).iter();
    let told = reports.map(|report| {
        let members = report.members.iter();
        (
            report.outcome,
            members.map(|member| member.mod_id.to_string()).collect(),
        )
    });
    told.collect()
}

fn run(project: Project, ticks: u64, mods: &[&str], rest: &str) -> RunRecord {
    let record = project.scenario(ticks, mods, rest).run().unwrap();
    assert_eq!(record.faults(), []);
    record
}

fn step(at: u64, action: &str) -> String {
    format!("[[step]]\nat = {at}\n{action}\n\n")
}

fn write(file: &str, text: &str) -> String {
    format!("write = {{ file = {file:?}, text = {text:?} }}")
}

fn is(at: u64, mod_id: &str, path: &str, value: i64) -> String {
    format!("[[expect]]\nat = {at}\nmod = \"{mod_id}\"\npath = \"{path}\"\nequals = {value}\n\n")
}

#[test]
fn commands_that_were_dropped_do_not_come_back() {
    let script = "colony.events.register('tick_end', function(event) if event.tick == 3 then colony.items.add('wood', 7, 16, 16) end end)\n";
    let steps = [
        step(4, "disable = { mod = \"giver\" }"),
        step(6, "enable = { mod = \"giver\" }"),
        "[[expect]]\nworld = \"items.wood\"\nequals = 10\n".to_owned(),
    ];
    let project =
        Project::new().lua_mod("giver", "1.0.0", "capabilities = [\"items.write\"]", script);
    run(project, 8, &["giver"], &steps.concat());
}

/// `stats` with library code, `user` that may do without it.
fn with_library(user: &str) -> Project {
    Project::new()
        .lua_mod("stats", "1.0.0", "", "")
        .file("mods/stats/lib/mean.lua", "return 'mean'\n")
        .lua_mod(
            "user",
            "1.0.0",
            "[optional_dependencies]\nstats = \"*\"",
            user,
        )
        .lua_mod("counter", "1.0.0", "", COUNTER)
}

#[test]
fn an_edit_that_waits_is_not_lost_to_library_code_that_appears() {
    // seed-corrections 45; I7
    let needs = manifest("user", "1.1.0", "[dependencies]\nstats = \"*\"");
    let waits = step(
        3,
        &format!(
            "{}\nexpect = {{ outcome = \"rolled_back\" }}",
            write("user/mod.toml", &needs)
        ),
    );
    let steps = [waits, step(5, "add = { mod = \"stats\" }")];
    let record = run(
        with_library("print(pcall(require, '@stats/mean'))\n"),
        6,
        &["user"],
        &steps.concat(),
    );
    use Outcome::Committed;
    assert_eq!(
        outcomes(&record, 1),
        [
            (Committed, vec!["stats".to_owned()]),
            (Committed, vec!["user".to_owned()])
        ]
    );
    assert_eq!(reports(&record, 1)[1].members[0].versions.1, "1.1.0");
    // One that waits for another mod goes on waiting.
    let needs = manifest(
        "user",
        "1.1.0",
        "[dependencies]\ncounter = \"*\"\n[optional_dependencies]\nstats = \"*\"",
    );
    let waits = step(
        3,
        &format!(
            "{}\nexpect = {{ outcome = \"rolled_back\" }}",
            write("user/mod.toml", &needs)
        ),
    );
    let steps = [
        waits,
        step(5, "add = { mod = \"stats\" }"),
        step(6, "add = { mod = \"counter\" }"),
    ];
    let record = run(with_library(""), 7, &["user"], &steps.concat());
    let last = reports(&record, 2).last().unwrap();
    assert_eq!(
        (
            last.members[0].mod_id.as_str(),
            last.members[0].versions.1.as_str()
        ),
        ("user", "1.1.0")
    );
}

#[test]
fn a_library_does_not_go_where_its_user_cannot_go_on_without() {
    // seed-corrections 23: those that used it without needing it follow in the same transaction, or nothing happens.
    let steps = [
        "[[step]]\nat = 3\nlabel = \"go\"\nremove = { mod = \"stats\" }\nexpect = { outcome = \"rolled_back\", stage = \"top_level\" }\n\n".to_owned(),
        "[[expect]]\nat = 4\nhash_equals = { without_step = \"go\" }\n\n".to_owned(),
        step(5, "edit = { file = \"counter/scripts/main.lua\", find = \"+ 1\", replace = \"+ 2\" }"),
    ];
    let record = run(
        with_library("require('@stats/mean')\n"),
        6,
        &["stats", "user", "counter"],
        &steps.concat(),
    );
    // And it is not tried again with each commit of any mod (seed-corrections 45).
    assert_eq!(
        outcomes(&record, 1),
        [(Outcome::Committed, vec!["counter".to_owned()])]
    );
}

#[test]
fn a_library_that_appears_and_does_not_suit_is_tried_once() {
    let user = "local there, mean = pcall(require, '@stats/mean')\nif there then error('not with ' .. mean) end\n";
    let steps = [
        "[[step]]\nat = 3\nadd = { mod = \"stats\" }\nexpect = { error = \"not with mean\" }\n\n"
            .to_owned(),
        step(
            5,
            "edit = { file = \"counter/scripts/main.lua\", find = \"+ 1\", replace = \"+ 2\" }",
        ),
    ];
    let record = run(with_library(user), 6, &["user", "counter"], &steps.concat());
    assert_eq!(
        outcomes(&record, 1),
        [(Outcome::Committed, vec!["counter".to_owned()])]
    );
}

#[test]
fn a_config_that_the_code_has_read_reloads_it_whatever_else_changes() {
    let script = "local every = colony.config.get('every')\ncolony.events.register('tick_start', function() print(every) end)\n";
    let project = Project::new()
        .lua_mod(
            "subject",
            "1.0.0",
            "[config]\nevery = { default = 1 }",
            script,
        )
        .file(
            "mods/subject/assets/items.toml",
            "[gravel]\nstack_max = 10\nhaul_priority = 3\n",
        );
    let batch = "batch = [{ write = { file = \"subject/config.toml\", text = \"every = 50\" } }, { edit = { file = \"subject/assets/items.toml\", find = \"10\", replace = \"20\" } }]";
    let record = run(project, 4, &["subject"], &step(3, batch));
    assert_eq!(log_by_tick(&record)[&3], ["50"]);
}

#[test]
fn a_mod_takes_no_name_under_which_another_runs() {
    let steps = [
        step(3, "add = { mod = \"tally\" }"),
        step(5, "add = { mod = \"counter\" }"),
        "[[step]]\nat = 7\nlabel = \"back\"\nrollback = { mod = \"tally\" }\nexpect = { outcome = \"rolled_back\", stage = \"plan\", error = \"tally would become counter, and counter runs\" }\n\n".to_owned(),
        "[[expect]]\nhash_equals = { without_step = \"back\" }\n\n".to_owned(),
        is(8, "counter", "ticks", 4),
    ];
    let project = Project::new()
        .lua_mod("counter", "1.0.0", "", COUNTER)
        .lua_mod("tally", "1.0.0", "replaces = \"counter\"", COUNTER);
    run(project, 8, &["counter"], &steps.concat());
}

#[test]
fn kept_state_is_taken_by_one_and_lost_to_none() {
    let project = || {
        Project::new()
            .lua_mod("counter", "1.0.0", "", COUNTER)
            .lua_mod("tally", "1.0.0", "replaces = \"counter\"", COUNTER)
    };
    // Both are kept: each goes on from its own.
    let both = [
        step(3, "add = { mod = \"tally\" }"),
        step(4, "add = { mod = \"counter\" }"),
        step(6, "remove = { mod = \"counter\" }"),
        step(6, "remove = { mod = \"tally\" }"),
        step(8, "add = { mod = \"tally\" }"),
        step(9, "add = { mod = \"counter\" }"),
        is(9, "tally", "ticks", 7),
        is(9, "counter", "ticks", 3),
    ];
    run(project(), 9, &["counter"], &both.concat());
    // The old one runs and the new one's state is kept: nobody chooses for the author.
    let choice = [
        step(3, "add = { mod = \"tally\" }"),
        step(4, "remove = { mod = \"tally\" }"),
        step(5, "add = { mod = \"counter\" }"),
        "[[step]]\nat = 6\nadd = { mod = \"tally\" }\nexpect = { outcome = \"rolled_back\", error = \"the state of tally is kept\" }\n\n".to_owned(),
        step(7, "purge = { mod = \"tally\" }"),
        step(8, "add = { mod = \"tally\" }"),
        is(8, "tally", "ticks", 4),
    ];
    run(project(), 8, &["counter"], &choice.concat());
    // What was removed is taken over under the new name, with what can be gone back to.
    let dormant = [
        step(3, "edit = { file = \"counter/scripts/main.lua\", find = \"+ 1\", replace = \"+ 10\" }"),
        step(4, "remove = { mod = \"counter\" }"),
        step(5, "add = { mod = \"tally\" }"),
        is(5, "tally", "ticks", 13),
        "[[step]]\nat = 6\nrollback = { mod = \"tally\", to = 1 }\nexpect = { outcome = \"committed\" }\n\n".to_owned(),
        is(6, "counter", "ticks", 14),
    ];
    run(project(), 6, &["counter"], &dormant.concat());
}

#[test]
fn an_edit_of_a_mod_that_is_taken_over_has_an_outcome() {
    // I7
    let mended = format!(
        "batch = [{{ {} }}, {{ edit = {{ file = \"counter/scripts/main.lua\", find = \"+ 1\", replace = \"+ 2\" }} }}]",
        write("tally/scripts/main.lua", COUNTER)
    );
    let record = Project::new()
        .lua_mod("counter", "1.0.0", "", COUNTER)
        .lua_mod("tally", "1.0.0", "replaces = \"counter\"", "local =")
        .scenario(5, &["counter", "tally"], &step(3, &mended))
        .run()
        .unwrap();
    assert_eq!(
        outcomes(&record, 0),
        [
            (Outcome::Committed, vec!["tally".to_owned()]),
            (Outcome::Ignored, vec!["counter".to_owned()])
        ]
    );
}

#[test]
fn changes_that_fit_only_together_are_taken_together() {
    // seed-corrections 23
    let without = manifest("user", "1.0.1", "");
    let second = manifest("counter", "2.0.0", "");
    let both = format!(
        "batch = [{{ {} }}, {{ {} }}]",
        write("counter/mod.toml", &second),
        write("user/mod.toml", &without)
    );
    let project = Project::new()
        .lua_mod("counter", "1.0.0", "", COUNTER)
        .lua_mod("user", "1.0.0", "[dependencies]\ncounter = \"^1\"", "");
    let record = run(project, 4, &["counter", "user"], &step(3, &both));
    assert_eq!(
        outcomes(&record, 0),
        [(
            Outcome::Committed,
            vec!["counter".to_owned(), "user".to_owned()]
        )]
    );
    // A definition goes from one mod to another.
    let item = "[gravel]\nstack_max = 10\nhaul_priority = 3\n";
    let moved = format!(
        "batch = [{{ delete = {{ file = \"one/assets/items.toml\" }} }}, {{ {} }}]",
        write("two/assets/items.toml", item)
    );
    let project = Project::new()
        .lua_mod("one", "1.0.0", "", "")
        .file("mods/one/assets/items.toml", item)
        .lua_mod("two", "1.0.0", "", "");
    let steps = [
        step(
            2,
            "command = { \"items.add\" = { item = \"gravel\", count = 5, x = 16, y = 16 } }",
        ),
        step(3, &moved),
    ];
    let record = run(project, 4, &["one", "two"], &steps.concat());
    assert_eq!(
        outcomes(&record, 1),
        [(Outcome::Committed, vec!["one".to_owned(), "two".to_owned()])]
    );
}

#[test]
fn a_cohort_that_lacks_a_mod_waits_as_one() {
    // seed-corrections 45
    let second = manifest("counter", "2.0.0", "");
    let needs = manifest(
        "user",
        "2.0.0",
        "[dependencies]\ncounter = \"^2\"\nextra = \"*\"",
    );
    let both = format!(
        "batch = [{{ {} }}, {{ {} }}]\nexpect = {{ outcome = \"rolled_back\" }}",
        write("counter/mod.toml", &second),
        write("user/mod.toml", &needs)
    );
    let steps = [
        step(3, &both),
        step(
            4,
            "edit = { file = \"bystander/scripts/main.lua\", find = \"+ 1\", replace = \"+ 2\" }",
        ),
        step(5, "add = { mod = \"extra\" }"),
    ];
    let project = Project::new()
        .lua_mod("counter", "1.0.0", "", COUNTER)
        .lua_mod("user", "1.0.0", "[dependencies]\ncounter = \"^1\"", "")
        .lua_mod("bystander", "1.0.0", "", COUNTER)
        .lua_mod("extra", "1.0.0", "", "");
    let record = run(
        project,
        6,
        &["counter", "user", "bystander"],
        &steps.concat(),
    );
    assert_eq!(
        outcomes(&record, 1),
        [(Outcome::Committed, vec!["bystander".to_owned()])]
    );
    assert_eq!(
        outcomes(&record, 2),
        [
            (Outcome::Committed, vec!["extra".to_owned()]),
            (
                Outcome::Committed,
                vec!["counter".to_owned(), "user".to_owned()]
            )
        ]
    );
}

#[test]
fn a_mod_may_use_at_once_what_it_defines() {
    let item = "[gravel]\nstack_max = 10\nhaul_priority = 3\n";
    let gives = "colony.events.register('mod_loaded', function(event) if event.reason == 'start' then colony.items.add('gravel', 4, 16, 16) end end)\n";
    let fails = format!(
        "{gives}colony.events.register('mod_loaded', function() error('no') end, {{ key = 'second' }})\n"
    );
    let project = Project::new()
        .lua_mod("quarry", "1.0.0", "capabilities = [\"items.write\"]", gives)
        .file("mods/quarry/assets/items.toml", item)
        .lua_mod(
            "broken",
            "1.0.0",
            "capabilities = [\"items.write\"]",
            &fails,
        )
        .file(
            "mods/broken/assets/items.toml",
            &item.replace("gravel", "sand"),
        );
    let steps = [
        "[[step]]\nat = 2\nlabel = \"broken\"\nadd = { mod = \"broken\" }\nexpect = { outcome = \"rolled_back\", stage = \"loaded\" }\n\n".to_owned(),
        "[[expect]]\nhash_equals = { without_step = \"broken\" }\n\n".to_owned(),
        step(3, "add = { mod = \"quarry\" }"),
        "[[expect]]\nworld = \"items.gravel\"\nequals = 4\n".to_owned(),
    ];
    run(project, 5, &[], &steps.concat());
}

#[test]
fn a_comment_in_a_config_gives_no_new_chance() {
    // I4: what was suspended stays so until something has changed.
    let fails = "colony.events.register('tick_start', function() error('always') end)\n";
    let steps = "[[step]]\nat = 12\nlabel = \"comment\"\nwrite = { file = \"subject/config.toml\", text = \"# nothing yet\" }\n\n\
                 [[expect]]\nhash_equals = { without_step = \"comment\" }\n\n[[expect]]\nfailing_calls = \"subject\"\nequals = 20\n";
    run(
        Project::new().lua_mod("subject", "1.0.0", "", fails),
        30,
        &["subject"],
        steps,
    );
}

#[test]
fn what_new_code_has_read_it_is_not_told() {
    let script = "local every = colony.config.get('every')\ncolony.events.register('config_changed', function(event) print('told ' .. event.value) end)\n";
    let quiet = script.replace("local every = colony.config.get('every')\n", "");
    let steps = [
        step(3, "config = { mod = \"subject\", set = { every = 7 } }"),
        step(3, &write("subject/scripts/main.lua", script)),
    ];
    let project = Project::new().lua_mod(
        "subject",
        "1.0.0",
        "[config]\nevery = { default = 1 }",
        &quiet,
    );
    let record = run(project, 4, &["subject"], &steps.concat());
    assert_eq!(record.log, []);
}

#[test]
fn a_mod_that_waits_can_be_kept_away() {
    let steps = [
        step(
            2,
            "remove = { mod = \"waits\" }\nexpect = { outcome = \"committed\" }",
        ),
        step(3, "add = { mod = \"counter\" }"),
    ];
    let record = Project::new()
        .lua_mod("counter", "1.0.0", "", COUNTER)
        .lua_mod(
            "waits",
            "1.0.0",
            "[dependencies]\ncounter = \"*\"",
            "print('here')",
        )
        .scenario(4, &["waits"], &steps.concat())
        .run()
        .unwrap();
    assert_eq!(
        outcomes(&record, 1),
        [(Outcome::Committed, vec!["counter".to_owned()])]
    );
}

#[test]
fn files_that_are_no_longer_part_of_a_mod_are_told() {
    let steps = "[[step]]\nat = 2\nedit = { file = \"subject/mod.toml\", find = \"main.lua\\\"\", replace = \"main.luau\\\"\\n[hot_reload]\\nsupported_extensions = [\\\"luau\\\"]\" }\n\n\
                 [[step]]\nat = 3\nwrite = { file = \"subject/scripts/main.luau\", text = \"\" }\n";
    let record = Project::new()
        .lua_mod("subject", "1.0.0", "", "require('helper')\n")
        .file("mods/subject/scripts/helper.lua", "return {}\n")
        .file("mods/subject/scripts/main.luau", "print('here')\n")
        .scenario(4, &["subject"], steps)
        .run()
        .unwrap();
    assert_eq!(record.faults(), []);
    let notes = [0, 1].map(|step| match &record.steps[step].result {
        harness::record::StepResult::Reloads(reports) => {
            assert_eq!(reports[0].error, None);
            reports[0].members[0].state.notes.clone()
        }
        other => panic!("{other:?}"),
    });
    assert_eq!(
        notes,
        [
            ["no longer part of the mod: scripts/helper.lua, scripts/main.lua".to_owned()],
            ["empty now: scripts/main.luau".to_owned()]
        ]
    );
}

#[test]
fn a_dependency_with_a_broken_manifest_is_what_has_to_be_mended() {
    let record = Project::new()
        .lua_mod("stats", "1.0", "", "")
        .lua_mod("user", "1.0.0", "[dependencies]\nstats = \"*\"", "")
        .scenario(1, &["stats", "user"], "")
        .run()
        .unwrap();
    let left_out = record
        .left_out
        .iter()
        .find(|left_out| left_out.name == "user");
    let fault = &left_out.unwrap().faults[0];
    assert!(
        fault
            .to_string()
            .starts_with("`user` depends on `stats`, which is left out at user/mod.toml:"),
        "{fault}"
    );
    let help = fault.help.as_deref().unwrap();
    assert!(
        help.starts_with("mend `stats` first: ") && help.contains("stats/mod.toml:3:"),
        "{help}"
    );
}

#[test]
fn a_dependency_that_is_left_out_as_broken_is_to_be_mended_and_not_added() {
    let needs = |version: &str| manifest("user", version, "[dependencies]\nstats = \"*\"");
    let expect = |error: &str| {
        format!("\nexpect = {{ outcome = \"rolled_back\", stage = \"plan\", error = {error:?} }}")
    };
    let asks = "`user` depends on `stats`, which is left out";
    let steps = [
        // It runs, and would need the other from now on.
        step(
            2,
            &(write("user/mod.toml", &needs("1.1.0")) + &expect(asks)),
        ),
        step(
            4,
            "add = { mod = \"late\" }\nexpect = { outcome = \"rolled_back\" }",
        ),
        // What is wrong by then is told, not what was wrong at the start.
        step(
            6,
            &(write("stats/scripts/main.lua", "local = 2\n")
                + "\nexpect = { outcome = \"rolled_back\" }"),
        ),
        step(
            8,
            &(write("user/mod.toml", &needs("1.2.0")) + &expect(asks)),
        ),
        step(10, &write("stats/scripts/main.lua", "")),
    ];
    let record = Project::new()
        .lua_mod("stats", "1.0.0", "", "error('no luck')\n")
        .lua_mod("user", "1.0.0", "", "")
        .lua_mod("late", "1.0.0", "[dependencies]\nstats = \"*\"", "")
        .scenario(12, &["stats", "user"], &steps.concat())
        .run()
        .unwrap();
    assert_eq!(record.faults(), []);
    let help = |step: usize| {
        let error = reports(&record, step)[0].error.as_ref().unwrap();
        error.faults[0].help.clone().unwrap()
    };
    for (step, reason) in [
        (0, "no luck at stats/scripts/main.lua:1:1"),
        (1, "no luck at stats/scripts/main.lua:1:1"),
        (3, " at stats/scripts/main.lua:1:7"),
    ] {
        let help = help(step);
        assert!(
            help.starts_with("mend `stats` first: ") && help.ends_with(reason),
            "{help}"
        );
    }
    let ran = outcomes(&record, 4);
    assert!(
        ran.iter()
            .all(|(outcome, _)| *outcome == Outcome::Committed),
        "{ran:?}"
    );
}

#[test]
fn what_failed_for_another_mod_is_tried_again_when_that_is_mended() {
    let user = |more: &str| format!("require('@larder/shelf')\n{more}");
    let steps = [
        step(
            2,
            &format!(
                "batch = [{{ {} }}, {{ {} }}]\nexpect = {{ outcome = \"rolled_back\" }}",
                write("larder/lib/shelf.lua", "return { shelves = 2 }"),
                write("user/scripts/main.lua", &user("if"))
            ),
        ),
        step(4, &write("user/scripts/main.lua", &user("-- mended"))),
    ];
    let record = Project::new()
        .lua_mod("larder", "1.0.0", "", "")
        .file("mods/larder/lib/shelf.lua", "return { shelves = 1 }")
        .lua_mod("user", "1.0.0", "[dependencies]\nlarder = \"*\"", &user(""))
        .scenario(6, &["larder", "user"], &steps.concat())
        .run()
        .unwrap();
    assert_eq!(record.faults(), []);
    let committed = reports(&record, 1)
        .iter()
        .filter(|report| report.outcome == Outcome::Committed)
        .flat_map(|report| &report.members)
        .map(|member| member.mod_id.to_string());
    assert_eq!(committed.collect::<Vec<_>>(), ["user", "larder", "user"]);
}

#[test]
fn versions_that_need_each_other_meet_though_they_are_saved_one_after_the_other() {
    let larder = manifest("larder", "2.0.0", "");
    let user = manifest("user", "1.1.0", "[dependencies]\nlarder = \"^2\"");
    let steps = [
        step(
            2,
            &(write("larder/mod.toml", &larder) + "\nexpect = { outcome = \"rolled_back\" }"),
        ),
        step(4, "save = \"between\""),
        step(
            5,
            &(write("user/mod.toml", &user) + "\nexpect = { outcome = \"committed\" }"),
        ),
    ];
    let project = |more: &str| {
        Project::new()
            .lua_mod("larder", "1.0.0", "", "")
            .lua_mod("user", "1.0.0", "[dependencies]\nlarder = \"^1\"", "")
            .scenario(8, &["larder", "user"], &(steps.concat() + more))
    };
    let record = project("").run().unwrap();
    assert_eq!(record.faults(), []);
    let ran: Vec<String> = outcomes(&record, 2)
        .into_iter()
        .flat_map(|(_, ids)| ids)
        .collect();
    assert_eq!(ran, ["larder", "user"]);
}
