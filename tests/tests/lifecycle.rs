//! Mods that are added, disabled, enabled, removed, purged and renamed while the colony runs, and changes that wait for a mod.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use harness::record::{RunRecord, StepResult};
use modding::report::{MemberAction, Outcome, ReloadReport, Stage};
use tests::{Project, first_difference, log_by_tick, manifest};

/// Counts ticks, draws, and says why it was loaded.
const COUNTER: &str = "colony.state.define({ ticks = 0 })\n\
    colony.events.register('mod_loaded', function(event) print('loaded: ' .. event.reason) end)\n\
    colony.events.register('tick_start', function() colony.storage.ticks = colony.storage.ticks + 1 math.random() end)\n\
    colony.time.every('pulse', 3, function() print('pulse') end)\n";

fn reports(record: &RunRecord, step: usize) -> &[ReloadReport] {
    match &record.steps[step].result {
        StepResult::Reloads(reports) => reports,
        other => panic!("{other:?}"),
    }
}

fn outcomes(record: &RunRecord) -> Vec<Vec<Outcome>> {
    let reloads = (0..record.steps.len()).map(|step| reports(record, step));
    reloads
        .map(|reports| reports.iter().map(|report| report.outcome).collect())
        .collect()
}

fn run(project: Project, ticks: u64, mods: &[&str], rest: &str) -> RunRecord {
    let record = project.scenario(ticks, mods, rest).run().unwrap();
    assert_eq!(record.faults(), []);
    record
}

#[test]
fn a_mod_that_is_added_begins_and_one_that_comes_back_goes_on() {
    // seed-corrections 24
    let steps = "[[step]]\nat = 3\nadd = { mod = \"counter\" }\n\n[[step]]\nat = 6\nremove = { mod = \"counter\" }\n\n\
                 [[step]]\nat = 9\nadd = { mod = \"counter\" }\nexpect = { outcome = \"committed\", kept = [\"ticks\"] }\n\n\
                 [[expect]]\nat = 2\nmod = \"counter\"\npath = \"ticks\"\nexists = false\n\n\
                 [[expect]]\nat = 7\nmod = \"counter\"\npath = \"ticks\"\nexists = false\n\n\
                 [[expect]]\nmod = \"counter\"\npath = \"ticks\"\nequals = 7\n";
    let project = Project::new().lua_mod("counter", "1.0.0", "", COUNTER);
    let record = run(project, 12, &[], steps);
    let log = log_by_tick(&record);
    assert_eq!(log[&3], ["loaded: start"]);
    // The timer keeps its phase: due at 5 and at 8, when the mod was away, and then at 11.
    assert_eq!(log[&5], ["pulse"]);
    assert_eq!(log[&9], ["loaded: resume"]);
    assert_eq!(log[&11], ["pulse"]);
    assert_eq!(
        reports(&record, 1)[0].members[0].action,
        MemberAction::Removed
    );
}

#[test]
fn a_mod_with_newer_files_is_updated_when_it_comes_back() {
    let newer = "colony.state.define({ ticks = 0 })\ncolony.state.migrate('<2', function(state) state.ticks = state.ticks * 100 end)\n\
                 colony.events.register('mod_loaded', function(event) print(event.reason .. ' from ' .. event.previous_version) end)\n";
    let steps = format!(
        "[[step]]\nat = 4\ndisable = {{ mod = \"counter\" }}\n\n\
         [[step]]\nat = 5\nbatch = [{{ write = {{ file = \"counter/mod.toml\", text = '''\n{}''' }} }}, {{ write = {{ file = \"counter/scripts/main.lua\", text = '''{newer}''' }} }}]\nexpect = {{ outcome = \"ignored\" }}\n\n\
         [[step]]\nat = 6\nenable = {{ mod = \"counter\" }}\nexpect = {{ outcome = \"committed\", migrated = [\"ticks\"] }}\n\n\
         [[expect]]\nmod = \"counter\"\npath = \"ticks\"\nequals = 300\n",
        manifest("counter", "2.0.0", "")
    );
    let project = Project::new().lua_mod("counter", "1.0.0", "", COUNTER);
    let record = run(project, 7, &["counter"], &steps);
    assert_eq!(log_by_tick(&record)[&6], ["update from 1.0.0"]);
}

#[test]
fn a_disabled_mod_stays_away_over_a_restart_and_a_removed_one_too() {
    for word in ["disable", "remove"] {
        let steps = "[[step]]\nat = 4\nWORD = { mod = \"counter\" }\n\n[[step]]\nat = 6\nlabel = \"restart\"\nrestart = true\n\n\
             [[step]]\nat = 7\nedit = { file = \"counter/scripts/main.lua\", find = \"every('pulse'\", replace = \"every('beat'\" }\nexpect = { outcome = \"ignored\" }\n\n\
             [[expect]]\nmod = \"counter\"\npath = \"ticks\"\nexists = false\n\n[[expect]]\nhash_equals = { without_step = \"restart\" }\n";
        let steps = steps.replace("WORD", word);
        let project = Project::new().lua_mod("counter", "1.0.0", "", COUNTER);
        run(project, 9, &["counter"], &steps);
    }
}

#[test]
fn purging_needs_a_mod_that_does_not_run_and_leaves_nothing() {
    let steps = "[[step]]\nat = 3\npurge = { mod = \"counter\" }\nexpect = { outcome = \"failed\", error = \"only what does not run can be purged\" }\n\n\
                 [[step]]\nat = 4\nremove = { mod = \"counter\" }\n\n[[step]]\nat = 5\npurge = { mod = \"counter\" }\nexpect = { outcome = \"committed\", dropped = [\"ticks\"] }\n\n\
                 [[step]]\nat = 6\npurge = { mod = \"counter\" }\nexpect = { outcome = \"ignored\" }\n\n[[step]]\nat = 7\nadd = { mod = \"counter\" }\n\n\
                 [[expect]]\nmod = \"counter\"\npath = \"ticks\"\nequals = 2\n";
    let project = Project::new().lua_mod("counter", "1.0.0", "", COUNTER);
    let record = run(project, 8, &["counter"], steps);
    assert_eq!(log_by_tick(&record)[&7], ["loaded: start"]);
}

#[test]
fn a_mod_that_others_need_cannot_go() {
    let steps = "[[step]]\nat = 3\nlabel = \"go\"\nremove = { mod = \"counter\" }\nexpect = { outcome = \"rolled_back\", stage = \"plan\", error = \"user depends on counter, and runs at user/mod.toml:7:1\" }\n\n\
                 [[step]]\nat = 4\nremove = { mod = \"user\" }\n\n[[step]]\nat = 5\nremove = { mod = \"counter\" }\n\n[[expect]]\nat = 3\nhash_equals = { without_step = \"go\" }\n";
    let project = Project::new()
        .lua_mod("counter", "1.0.0", "", COUNTER)
        .lua_mod("user", "1.0.0", "[dependencies]\ncounter = \"*\"", "");
    run(project, 6, &["counter", "user"], steps);
}

#[test]
fn what_a_mod_had_asked_for_goes_with_it_and_is_said() {
    let script = "colony.events.register('tick_end', function() colony.items.add('meal', 1, 16, 16) colony.events.emit('gone') end)\n";
    let steps = "[[step]]\nat = 3\nremove = { mod = \"subject\" }\n";
    let project = Project::new().lua_mod(
        "subject",
        "1.0.0",
        "capabilities = [\"items.write\"]",
        script,
    );
    let record = run(project, 3, &["subject"], steps);
    let notes = &reports(&record, 0)[0].members[0].state.notes;
    assert_eq!(
        notes,
        &[
            "1 commands that waited are dropped",
            "1 events that waited are dropped"
        ]
    );
}

#[test]
fn a_mod_under_a_new_name_takes_over_the_old_one() {
    // seed-corrections 26
    let steps = "[[step]]\nat = 5\nadd = { mod = \"tally\" }\nexpect = { outcome = \"committed\", kept = [\"ticks\"] }\n\n\
                 [[step]]\nat = 8\nlabel = \"restart\"\nrestart = true\n\n[[step]]\nat = 9\nrollback = { mod = \"tally\" }\nexpect = { outcome = \"committed\" }\n\n\
                 [[expect]]\nat = 7\nmod = \"tally\"\npath = \"ticks\"\nequals = 7\n\n[[expect]]\nat = 7\nmod = \"counter\"\npath = \"ticks\"\nexists = false\n\n\
                 [[expect]]\nat = 8\nhash_equals = { without_step = \"restart\" }\n";
    let project = Project::new()
        .lua_mod("counter", "1.0.0", "", COUNTER)
        .lua_mod("tally", "1.0.0", "replaces = \"counter\"", COUNTER);
    let record = run(project, 10, &["counter"], steps);
    let member = &reports(&record, 0)[0].members[0];
    assert_eq!(
        member.action,
        MemberAction::Renamed {
            from: modding::mod_id::ModId::parse("counter").unwrap()
        }
    );
    // The phase of the timer is the old one's: 3, 6, 9.
    assert_eq!(log_by_tick(&record)[&6], ["pulse"]);
}

#[test]
fn a_changed_id_is_refused_with_the_way_to_rename() {
    // seed-corrections 26
    let steps = "[[step]]\nat = 2\nedit = { file = \"counter/mod.toml\", find = 'id = \"counter\"', replace = 'id = \"tally\"' }\nexpect = { outcome = \"rolled_back\", stage = \"plan\" }\n";
    let project = Project::new().lua_mod("counter", "1.0.0", "", COUNTER);
    let record = run(project, 3, &["counter"], steps);
    let fault = &reports(&record, 0)[0].error.as_ref().unwrap().faults[0];
    let help = fault.help.as_ref().unwrap();
    assert!(help.contains("`replaces = \"counter\"`"), "{help}");
}

#[test]
fn a_replacement_that_fails_leaves_the_old_one_running() {
    let steps = "[[step]]\nat = 5\nlabel = \"rename\"\nadd = { mod = \"tally\" }\nexpect = { outcome = \"rolled_back\", stage = \"loaded\" }\n\n[[expect]]\nhash_equals = { without_step = \"rename\" }\n";
    let broken = format!(
        "{COUNTER}colony.events.register('mod_loaded', function() error('not today') end, {{ key = 'second' }})\n"
    );
    let project = Project::new()
        .lua_mod("counter", "1.0.0", "", COUNTER)
        .lua_mod("tally", "1.0.0", "replaces = \"counter\"", &broken);
    run(project, 8, &["counter"], steps);
}

#[test]
fn what_lacks_a_mod_is_tried_once_more_when_that_appears() {
    // seed-corrections 45: an edit that needs a mod, a mod that could not start without it, and no loop.
    let needs = manifest("user", "1.1.0", "[dependencies]\ncounter = \"^1\"");
    let steps = format!(
        "[[step]]\nat = 3\nwrite = {{ file = \"user/mod.toml\", text = '''\n{needs}''' }}\nexpect = {{ outcome = \"rolled_back\", stage = \"plan\" }}\n\n\
         [[step]]\nat = 5\nadd = {{ mod = \"counter\" }}\n\n[[step]]\nat = 7\nreload = {{ mods = [\"user\"] }}\nexpect = {{ outcome = \"ignored\" }}\n"
    );
    let project = Project::new()
        .lua_mod("counter", "1.0.0", "", COUNTER)
        .lua_mod("user", "1.0.0", "", "print('user')")
        .lua_mod(
            "waits",
            "1.0.0",
            "[dependencies]\ncounter = \"^1\"",
            "print('waits')",
        );
    let record = project
        .scenario(8, &["user", "waits"], &steps)
        .run()
        .unwrap();
    assert_eq!(record.left_out[0].name, "waits");
    use Outcome::{Committed, Ignored, RolledBack};
    assert_eq!(
        outcomes(&record),
        [
            vec![RolledBack],
            vec![Committed, Committed, Committed],
            vec![Ignored]
        ]
    );
    let log = log_by_tick(&record);
    assert_eq!(log[&5], ["loaded: start", "waits", "user"]);
}

#[test]
fn a_mod_that_was_broken_from_the_start_runs_once_it_is_mended() {
    let steps = format!(
        "[[step]]\nat = 4\nwrite = {{ file = \"counter/scripts/main.lua\", text = '''{COUNTER}''' }}\nexpect = {{ outcome = \"committed\" }}\n"
    );
    let record = Project::new()
        .lua_mod("counter", "1.0.0", "", "local =")
        .scenario(6, &["counter"], &steps)
        .run()
        .unwrap();
    assert_eq!(record.left_out.len(), 1);
    assert_eq!(log_by_tick(&record)[&4][0], "loaded: start");
}

#[test]
fn a_conflicting_mod_cannot_be_added() {
    // seed-corrections 42
    let steps = "[[step]]\nat = 2\nlabel = \"add\"\nadd = { mod = \"rival\" }\nexpect = { outcome = \"rolled_back\", stage = \"plan\", error = \"conflicts\" }\n\n[[expect]]\nhash_equals = { without_step = \"add\" }\n";
    let project = Project::new()
        .lua_mod("counter", "1.0.0", "", COUNTER)
        .lua_mod("rival", "1.0.0", "[conflicts]\ncounter = \"*\"", "");
    run(project, 4, &["counter"], steps);
}

#[test]
fn a_fault_at_any_stage_of_coming_and_going_is_invisible() {
    // I3, for mods that are added, removed and renamed.
    let actions = [
        ("add = { mod = \"late\" }", "late"),
        ("remove = { mod = \"counter\" }", "counter"),
        ("disable = { mod = \"counter\" }", "counter"),
        ("add = { mod = \"tally\" }", "tally"),
    ];
    let project = || {
        Project::new()
            .lua_mod("counter", "1.0.0", "", COUNTER)
            .lua_mod("late", "1.0.0", "", COUNTER)
            .lua_mod("tally", "1.0.0", "replaces = \"counter\"", COUNTER)
    };
    let plain = project().scenario(9, &["counter"], "").run().unwrap();
    for (action, mod_id) in actions {
        let mut reached = 0;
        for stage in Stage::ALL {
            let step = format!(
                "[[step]]\nat = 5\nfault = {{ stage = \"{}\", mod = \"{mod_id}\", during = {{ {action} }} }}\n",
                stage.name()
            );
            let record = project().scenario(8, &["counter"], &step).run().unwrap();
            if let StepResult::NotReached(..) = &record.steps[0].result {
                // This reload has no such stage: the action has happened.
                continue;
            }
            reached += 1;
            assert_eq!(
                outcomes(&record),
                [vec![Outcome::RolledBack]],
                "{action} {stage:?}"
            );
            let difference = first_difference(&plain, &record);
            assert_eq!(
                difference.filter(|tick| *tick <= 8),
                None,
                "{action} {stage:?}"
            );
        }
        assert!(reached >= 5, "{action}: {reached} stages");
    }
}

#[test]
fn an_optional_dependency_is_called_while_it_runs() {
    // seed-corrections 42
    let user = "colony.events.register('tick_start', function()\n\
        \x20 local there, library = pcall(colony.mods.get, 'library')\n\
        \x20 local ok, value = pcall(function() return library.value() end)\n\
        \x20 print(if there and ok then value else 'alone')\n\
        end)\n";
    let steps = "[[step]]\nat = 3\ndisable = { mod = \"library\" }\n\n[[step]]\nat = 5\nenable = { mod = \"library\" }\n";
    let project = Project::new()
        .lua_mod(
            "library",
            "1.0.0",
            "",
            "colony.mods.export('value', function() return 'together' end)\n",
        )
        .lua_mod(
            "user",
            "1.0.0",
            "[optional_dependencies]\nlibrary = \"*\"",
            user,
        );
    let record = run(project, 5, &["library", "user"], steps);
    let log = log_by_tick(&record);
    assert_eq!(
        [2, 3, 5].map(|tick| log[&tick].concat()),
        ["together", "alone", "together"]
    );
}

#[test]
fn a_mod_whose_end_fails_can_be_repaired_without_it() {
    // mods.md, "Hand-over": a bug in mod_unloaded cannot block its own repair.
    let fails = format!(
        "{COUNTER}colony.events.register('mod_unloaded', function() error('cannot end') end)\n"
    );
    let steps = format!(
        "[[step]]\nat = 3\nwrite = {{ file = \"counter/scripts/main.lua\", text = {COUNTER:?} }}\nexpect = {{ outcome = \"rolled_back\", stage = \"unload\" }}\n\n\
         [[step]]\nat = 5\nreload = {{ mods = [\"counter\"], skip_unload = true }}\nexpect = {{ outcome = \"committed\", kept = [\"ticks\"] }}\n\n\
         [[step]]\nat = 6\nedit = {{ file = \"counter/scripts/main.lua\", find = \"'pulse', 3\", replace = \"'pulse', 4\" }}\nexpect = {{ outcome = \"committed\" }}\n\n\
         [[expect]]\nmod = \"counter\"\npath = \"ticks\"\nequals = 8\n"
    );
    let record = run(
        Project::new().lua_mod("counter", "1.0.0", "", &fails),
        8,
        &["counter"],
        &steps,
    );
    let notes = &reports(&record, 1)[0].members[0].state.notes;
    assert!(
        notes.contains(&"mod_unloaded was skipped".to_owned()),
        "{notes:?}"
    );
    let steps = "[[step]]\nat = 3\nremove = { mod = \"counter\" }\nexpect = { outcome = \"rolled_back\", stage = \"unload\" }\n\n\
                 [[step]]\nat = 4\nremove = { mod = \"counter\", skip_unload = true }\n\n[[step]]\nat = 5\nadd = { mod = \"counter\" }\nexpect = { outcome = \"committed\", kept = [\"ticks\"] }\n";
    run(
        Project::new().lua_mod("counter", "1.0.0", "", &fails),
        6,
        &["counter"],
        steps,
    );
}

#[test]
fn what_depends_on_a_disabled_mod_is_told_to_enable_that_first() {
    let steps = "[[step]]\nat = 2\ndisable = { mod = \"top\" }\n\n[[step]]\nat = 3\ndisable = { mod = \"below\" }\n\n\
                 [[step]]\nat = 4\nenable = { mod = \"top\" }\nexpect = { outcome = \"rolled_back\", error = \"which is disabled\" }\n\n\
                 [[step]]\nat = 5\nenable = { mod = \"below\" }\n\n[[step]]\nat = 6\nenable = { mod = \"top\" }\n";
    let record = Project::new()
        .lua_mod("below", "1.0.0", "", "")
        .lua_mod("top", "1.0.0", "[dependencies]\nbelow = \"*\"", "")
        .scenario(7, &["below", "top"], steps)
        .run()
        .unwrap();
    assert_eq!(record.faults(), []);
}

#[test]
fn a_mod_that_begins_has_its_defaults_and_carries_nothing() {
    let script = "colony.state.define({ n = 3 })\ncolony.time.every('beat', 5, function() end)\ncolony.events.register('tick_end', function() end)\n";
    let steps = "[[step]]\nat = 2\nadd = { mod = \"late\" }\nexpect = { outcome = \"committed\", kept = [], defaulted = [\"n\"] }\n";
    let project = Project::new()
        .lua_mod("counter", "1.0.0", "", "")
        .lua_mod("late", "1.0.0", "", script);
    let record = project.scenario(3, &["counter"], steps).run().unwrap();
    assert_eq!(record.faults(), []);
    let harness::record::StepResult::Reloads(reports) = &record.steps[0].result else {
        panic!("{:?}", record.steps[0].result);
    };
    let state = &reports[0].members[0].state;
    assert!(state.timers.is_empty());
    assert_eq!(state.handlers, 0);
}
