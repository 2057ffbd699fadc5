//! What an author is told who has done what is easily done: without these hints nothing is wrong, and nothing works.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use harness::record::{RunRecord, StepResult};
use harness::report::text::{self, TextOptions};
use tests::{Project, log_by_tick};

fn report(record: &RunRecord) -> String {
    text::report(record, TextOptions::default())
}

/// A colony with a mod of one script, which may order and withdraw work.
fn run(script: &str, ticks: u64) -> RunRecord {
    Project::new()
        .lua_mod(
            "subject",
            "1.0.0",
            "capabilities = [\"jobs.write\"]",
            script,
        )
        .scenario(ticks, &["subject"], "")
        .run()
        .unwrap()
}

/// The notes about the state in the first step, which replaces a script by another.
fn notes(before: &str, after: &str, version: &str) -> Vec<String> {
    let write = "{ write = { file = \"subject/scripts/main.lua\", from = \"later.lua\" } }";
    let raise = format!(
        "{{ edit = {{ file = \"subject/mod.toml\", find = \"1.0.0\", replace = \"{version}\" }} }}"
    );
    let batch = match version {
        "1.0.0" => write.to_owned(),
        _ => format!("{write}, {raise}"),
    };
    let step =
        format!("[[step]]\nat = 3\nbatch = [{batch}]\nexpect = {{ outcome = \"committed\" }}\n");
    let record = Project::new()
        .lua_mod("subject", "1.0.0", "", before)
        .file("later.lua", after)
        .scenario(6, &["subject"], &step)
        .run()
        .unwrap();
    assert_eq!(record.faults(), []);
    let StepResult::Reloads(reports) = &record.steps[0].result else {
        panic!("{:?}", record.steps[0].result);
    };
    reports[0].members[0].state.notes.clone()
}

#[test]
fn a_migration_that_waits_for_a_version_is_told() {
    let before = "colony.state.define({ ales = 1 })";
    let after = "colony.state.define({ ales = 1 })
colony.state.migrate('<1.1.0', function(state) state.ales = 77 return state end)";
    assert_eq!(
        notes(before, after, "1.0.0"),
        ["migration `<1.1.0` did not run: `version` in mod.toml is 1.0.0 as before, raise it"]
    );
    assert_eq!(notes(before, after, "1.1.0"), [""; 0]);
    // What the version before had, too, is no news, whatever it admits.
    let open = after.replace("<1.1.0", ">=1.0.0");
    assert_eq!(notes(&open, &format!("{open} -- more"), "1.0.0"), [""; 0]);
    // One that has run stays in the script.
    let done = after.replace("<1.1.0", "<1.0.0");
    assert_eq!(notes(before, &done, "1.0.0"), [""; 0]);
}

#[test]
fn a_default_of_another_type_than_what_is_kept_is_told() {
    let before = "colony.state.define({ ales = 1, names = {} })";
    let after = "colony.state.define({ ales = 'none', names = {} })";
    let note = "the default of `ales` is a string now and was a number; its value was kept, a migration can change it";
    assert_eq!(notes(before, after, "1.0.0"), [note]);
    assert_eq!(notes(before, after, "1.1.0"), [note]);
    let migrated = format!(
        "{after} colony.state.migrate('<1.1.0', function(state) state.ales = 'few' return state end)"
    );
    assert_eq!(notes(before, &migrated, "1.1.0"), [""; 0]);
    // A value of another type than its default, and no change of that: nothing is wanted.
    let target = "colony.state.define({ target = false }) colony.time.after('set', 1, function() colony.storage.target = { x = 1 } end)";
    assert_eq!(
        notes(target, &format!("{target} -- more"), "1.0.0"),
        [""; 0]
    );
    let same = format!("{before} -- another text");
    assert_eq!(notes(before, &same, "1.0.0"), [""; 0]);
}

#[test]
fn a_mod_that_a_restart_leaves_out_is_said_to_have_run_until_then() {
    let steps = "[[step]]\nat = 3\nedit = { file = \"subject/mod.toml\", find = \"^1\", replace = \"^9\" }\n[[step]]\nat = 5\nrestart = true\n";
    let record = Project::new()
        .lua_mod("subject", "1.0.0", "", "")
        .scenario(8, &["subject"], steps)
        .run()
        .unwrap();
    let report = report(&record);
    assert!(
        report.contains("\nsubject is left out since tick 5\n"),
        "{report}"
    );
}

#[test]
fn commands_that_come_to_nothing_are_one_line_for_each_kind() {
    let script = "colony.events.register('tick_start', function()
  for _, job in ipairs(colony.jobs.list()) do
    colony.jobs.cancel(job.id)
    colony.jobs.cancel(job.id)
  end
end)";
    let record = run(script, 200);
    let refused = record.refused.len();
    assert!(refused > 5, "{refused}");
    let report = report(&record);
    let lines: Vec<&str> = report
        .lines()
        .filter(|line| line.contains("was refused"))
        .collect();
    let more = format!("({} more like it, the last in tick ", refused - 1);
    assert_eq!(lines.len(), 1, "{report}");
    assert!(lines[0].contains("there is no job "), "{report}");
    assert!(lines[0].contains(&more), "{report}");
    assert!(
        report.contains(&format!(" · {refused} refused commands")),
        "{report}"
    );
}

#[test]
fn print_shows_tables_as_the_log_does() {
    let script = "local named = setmetatable({}, { __tostring = function() return 'a name' end })
colony.time.after('tell', 1, function()
  colony.storage.list = { 1, 2 }
  print({ 1, 2 }, { a = 'b' }, 'text', nil, 7, named)
  print(colony.storage.list)
  colony.log.info({ 1, 2 })
  print(string.rep('x', 10), { string.rep('y', 5000) })
end)";
    let record = run(script, 1);
    assert_eq!(record.faults(), []);
    let told = &log_by_tick(&record)[&1];
    let expected = [
        "{ 1, 2 }\t{ a = \"b\" }\ttext\tnil\t7\ta name",
        "{ 1, 2 }",
        "{ 1, 2 }",
    ];
    assert_eq!(told[..3], expected);
    assert!(told[3].starts_with("xxxxxxxxxx\t{ \"yyy"), "{told:?}");
}

#[test]
fn a_timer_that_is_suspended_is_named() {
    let script = "colony.time.every('brew', 1, function() error('no hops') end)";
    let record = run(script, 30);
    let told: Vec<&str> = record.log.iter().map(|line| line.text.as_str()).collect();
    assert_eq!(
        told,
        ["timer `brew` suspended after 20 failing calls in a row"]
    );
}

#[test]
fn who_looks_beyond_the_edge_finds_nothing() {
    let script = "colony.time.after('look', 1, function()
  for _, at in ipairs({ { -1, 5 }, { 5, -1 }, { 70000, 0 }, { 2^40, 2 }, { 999, 0 } }) do
    print(colony.map.tile(at[1], at[2]), colony.buildings.at(at[1], at[2]))
  end
  print(#colony.map.nearest('forage', 3), pcall(colony.map.nearest, 'haul', 3))
end)";
    let record = run(script, 1);
    assert_eq!(record.faults(), []);
    let told = &log_by_tick(&record)[&1];
    assert_eq!(told[..5], ["nil\tnil"; 5]);
    assert!(told[5].starts_with("3\tfalse\t"), "{told:?}");
    assert!(told[5].contains("haul"), "{told:?}");
}
