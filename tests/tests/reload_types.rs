//! The six types of reload: what each touches and what it leaves alone, and that a failure at any stage of any of them, alone or in a
//! cohort of three, is as if nothing had been tried (I3).

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeSet;

use harness::record::{RunRecord, StepResult};
use modding::report::{Outcome, ReloadReport, ReloadType, Stage};
use tests::{Project, first_difference, log_by_tick, manifest};

/// Keeps a count in a local, which only a new machine begins again, and one in its storage, which nothing does.
const SUBJECT: &str = "local queue = require('@first/queue')\n\
    colony.state.define({ ticks = 0 })\n\
    local in_this_machine = 0\n\
    colony.events.register('tick_start', function()\n\
    \x20 in_this_machine = in_this_machine + 1\n\
    \x20 colony.storage.ticks = colony.storage.ticks + queue.step\n\
    \x20 print(in_this_machine .. ' of ' .. colony.storage.ticks .. ' at ' .. colony.config.get('rate'))\n\
    end)\n\
    colony.events.register('config_changed', function(event) print(event.key .. ' is ' .. event.value) end)\n";

const CONFIG: &str = "[config]\nrate = { default = 1, min = 0, max = 9, doc = \"a number\" }\n";
const ITEM: &str = "[gravel]\nstack_max = 10\nhaul_priority = 3\n";

/// Three mods that depend on each other: `first`, `second` on it, `subject` on both.
fn project() -> Project {
    let needs = |more: &str| format!("{CONFIG}[dependencies]\n{more}");
    Project::new()
        .lua_mod(
            "first",
            "1.0.0",
            CONFIG,
            "colony.state.define({ kept = 1 })\n",
        )
        .file("mods/first/lib/queue.lua", "return { step = 1 }\n")
        .file("mods/first/assets/items.toml", ITEM)
        .file("mods/first/tests/a.lua", "-- none yet\n")
        .lua_mod(
            "second",
            "1.0.0",
            &needs("first = \"^1\"\n"),
            "colony.state.define({ kept = 2 })\n",
        )
        .lua_mod(
            "subject",
            "1.0.0",
            &needs("first = \"^1\"\nsecond = \"^1\"\n"),
            SUBJECT,
        )
        .file(
            "mods/subject/assets/items.toml",
            &ITEM.replace("gravel", "sand"),
        )
        .file("mods/subject/tests/a.lua", "-- none yet\n")
}

fn edit(file: &str, find: &str, replace: &str) -> String {
    format!("{{ edit = {{ file = {file:?}, find = {find:?}, replace = {replace:?} }} }}")
}

fn write(file: &str, text: &str) -> String {
    format!("{{ write = {{ file = {file:?}, text = {text:?} }} }}")
}

/// A change of `subject` that leads to each type of reload.
fn change_of(kind: ReloadType) -> String {
    match kind {
        ReloadType::Partial => edit("subject/tests/a.lua", "none yet", "still none"),
        ReloadType::Config => write("subject/config.toml", "rate = 7\n"),
        ReloadType::Assets => edit(
            "subject/assets/items.toml",
            "stack_max = 10",
            "stack_max = 20",
        ),
        ReloadType::Dependencies => edit("first/lib/queue.lua", "step = 1", "step = 2"),
        ReloadType::Scripts => edit("subject/scripts/main.lua", "' of '", "' out of '"),
        ReloadType::Full => edit("subject/mod.toml", "1.0.0", "1.0.1"),
    }
}

fn run(ticks: u64, rest: &str) -> RunRecord {
    let mods = ["first", "second", "subject"];
    project().scenario(ticks, &mods, rest).run().unwrap()
}

fn reports(record: &RunRecord) -> &[ReloadReport] {
    match &record.steps[0].result {
        StepResult::Reloads(reports) => reports,
        other => panic!("{other:?}"),
    }
}

#[test]
fn each_type_touches_what_it_names() {
    // seed-corrections 7, 8, 20, 21
    let logs: [(ReloadType, &[&str]); 6] = [
        (ReloadType::Partial, &["5 of 5 at 1"]),
        (ReloadType::Config, &["5 of 5 at 7", "rate is 7"]),
        (ReloadType::Assets, &["5 of 5 at 1"]),
        (ReloadType::Dependencies, &["1 of 6 at 1"]),
        (ReloadType::Scripts, &["1 out of 5 at 1"]),
        (ReloadType::Full, &["1 of 5 at 1"]),
    ];
    for (kind, expected) in logs {
        let record = run(
            6,
            &format!("[[step]]\nat = 5\nbatch = [{}]\n", change_of(kind)),
        );
        assert_eq!(record.faults(), [], "{kind:?}");
        let [report] = reports(&record) else {
            panic!("{kind:?}: one report")
        };
        assert_eq!(report.outcome, Outcome::Committed, "{kind:?}");
        let member = report.members.last().unwrap();
        assert_eq!(
            (member.mod_id.as_str(), member.kind, member.generations),
            ("subject", kind, (1, 2))
        );
        assert_eq!(log_by_tick(&record)[&5], expected, "{kind:?}");
    }
}

#[test]
fn several_changes_make_the_strongest_type() {
    // seed-corrections 12
    for weaker in ReloadType::ALL {
        for stronger in ReloadType::ALL
            .into_iter()
            .filter(|stronger| *stronger > weaker)
        {
            let changes = [change_of(weaker), change_of(stronger)].join(", ");
            let record = run(6, &format!("[[step]]\nat = 5\nbatch = [{changes}]\n"));
            assert_eq!(record.faults(), [], "{weaker:?} {stronger:?}");
            let [report] = reports(&record) else {
                panic!("{weaker:?} {stronger:?}: one report")
            };
            assert_eq!(
                report.members.last().unwrap().kind,
                stronger,
                "with {weaker:?}"
            );
        }
    }
}

#[test]
fn a_reload_by_hand_takes_what_its_type_names_and_leaves_the_rest() {
    // seed-corrections 20: the other changes stay on the disk until somebody asks for them.
    let all = [ReloadType::Config, ReloadType::Scripts]
        .map(change_of)
        .join(", ");
    // A fault keeps the batch from being taken at once.
    let steps = format!(
        "[[step]]\nat = 3\nfault = {{ stage = \"plan\", mod = \"subject\", during = {{ batch = [{all}] }} }}\nexpect = {{ outcome = \"rolled_back\" }}\n\n\
         [[step]]\nat = 5\nreload = {{ mods = [\"subject\"], type = \"config\" }}\nexpect = {{ outcome = \"committed\", type = \"config\" }}\n\n\
         [[step]]\nat = 7\nreload = {{ mods = [\"subject\"] }}\nexpect = {{ outcome = \"committed\", type = \"scripts\" }}\n"
    );
    let record = run(8, &steps);
    assert_eq!(record.faults(), []);
    let log = log_by_tick(&record);
    assert_eq!(log[&5], ["5 of 5 at 7", "rate is 7"]);
    assert_eq!(log[&7], ["1 out of 7 at 7"]);
}

#[test]
fn a_failure_at_any_stage_of_any_type_is_as_if_not_tried() {
    let plain = run(8, "");
    let alone: Vec<String> = ReloadType::ALL.map(change_of).into();
    // All three mods change, and commit together or not at all.
    let others = [
        edit("first/scripts/main.lua", "kept = 1", "kept = 10"),
        edit("second/scripts/main.lua", "kept = 2", "kept = 20"),
    ]
    .join(", ");
    let mut reached: BTreeSet<Stage> = BTreeSet::new();
    for (change, kind) in alone.iter().zip(ReloadType::ALL) {
        for batch in [change.clone(), format!("{others}, {change}")] {
            for stage in Stage::ALL {
                let step = format!(
                    "[[step]]\nat = 5\nfault = {{ stage = \"{}\", mod = \"subject\", during = {{ batch = [{batch}] }} }}\n",
                    stage.name()
                );
                let record = run(8, &step);
                let StepResult::Reloads(reports) = &record.steps[0].result else {
                    let no_hand_over = (Stage::Unload..=Stage::Loaded).contains(&stage)
                        || stage == Stage::HandBack;
                    let goes_on = matches!(
                        kind,
                        ReloadType::Partial | ReloadType::Config | ReloadType::Assets
                    );
                    // One that only follows has no files to read.
                    let follows = kind == ReloadType::Dependencies && stage == Stage::Settle;
                    assert!(goes_on && no_hand_over || follows, "{kind:?} {stage:?}");
                    continue;
                };
                reached.insert(stage);
                let outcomes: Vec<Outcome> = reports.iter().map(|report| report.outcome).collect();
                assert_eq!(
                    outcomes,
                    [Outcome::RolledBack],
                    "{kind:?} {stage:?} {batch}"
                );
                assert_eq!(
                    first_difference(&plain, &record),
                    None,
                    "{kind:?} {stage:?} {batch}"
                );
            }
        }
    }
    assert_eq!(reached.len(), Stage::ALL.len());
}

#[test]
fn definitions_change_in_the_running_colony_and_those_in_use_do_not_vanish() {
    let grown = "[[step]]\nat = 3\nedit = { file = \"first/assets/items.toml\", find = \"stack_max = 10\", replace = \"stack_max = 25\" }\nexpect = { outcome = \"committed\", type = \"assets\" }\n\n\
                 [[step]]\nat = 4\ncommand = { \"items.add\" = { item = \"gravel\", count = 25, x = 16, y = 16 } }\n\n\
                 [[step]]\nat = 6\nlabel = \"vanish\"\ndelete = { file = \"first/assets/items.toml\" }\nexpect = { outcome = \"rolled_back\", stage = \"plan\", error = \"item `gravel` is gone\" }\n\n\
                 [[step]]\nat = 7\nlabel = \"restart\"\ncheckpoint = true\n\n[[expect]]\nhash_equals = { without_step = \"vanish\" }\n";
    let record = run(8, grown);
    assert_eq!(record.faults(), []);
    let notes = &reports(&record)[0].members[0].state.notes;
    assert_eq!(notes.len(), 1, "{notes:?}");
    assert!(notes[0].starts_with("items.gravel.stack_max:"), "{notes:?}");
    // Without anything in use it may go, and with its mod too.
    let gone = "[[step]]\nat = 3\ndelete = { file = \"subject/assets/items.toml\" }\nexpect = { outcome = \"committed\" }\n\n\
                [[step]]\nat = 4\nremove = { mod = \"subject\" }\n";
    assert_eq!(run(5, gone).faults(), []);
}

#[test]
fn an_edit_that_changes_the_text_of_definitions_only_is_a_generation_without_effect() {
    let step = "[[step]]\nat = 3\nlabel = \"edit\"\nedit = { file = \"first/assets/items.toml\", find = \"[gravel]\", replace = \"# stones\\n[gravel]\" }\nexpect = { outcome = \"committed\", type = \"assets\" }\n\n[[expect]]\nhash_equals = { without_step = \"edit\" }\n";
    assert_eq!(run(6, step).faults(), []);
}

#[test]
fn a_dependency_that_no_longer_fits_is_rolled_back_with_its_dependent_named() {
    // seed-corrections 23: both directions
    let step = format!(
        "[[step]]\nat = 3\nlabel = \"bump\"\nwrite = {{ file = \"first/mod.toml\", text = '''\n{}''' }}\nexpect = {{ outcome = \"rolled_back\", stage = \"plan\", error = \"`subject` needs `first` ^1, found 2.0.0\" }}\n\n[[expect]]\nhash_equals = {{ without_step = \"bump\" }}\n",
        manifest("first", "2.0.0", CONFIG)
    );
    assert_eq!(run(5, &step).faults(), []);
}
