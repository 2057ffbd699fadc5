//! What steps of a scenario come to where something fails, is undone or is asked for together.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use harness::record::{RunRecord, StepResult};
use modding::bundle::Bundle;
use modding::host::Host;
use modding::manifest::select_files;
use modding::mod_id::ModId;
use modding::reload::{Change, ReloadOptions};
use modding::report::{Outcome, ReloadReport};
use sim::{MapSource, Setup};
use tests::{Project, manifest};

/// Counts ticks.
const COUNTER: &str = "colony.state.define({ ticks = 0 })\n\
    colony.events.register('tick_start', function() colony.storage.ticks = colony.storage.ticks + 1 end)\n";

fn reports(record: &RunRecord, step: usize) -> &[ReloadReport] {
    match &record.steps[step].result {
        StepResult::Reloads(reports) => reports,
        other => panic!("{other:?}"),
    }
}

fn run(project: Project, ticks: u64, mods: &[&str], rest: &str) -> RunRecord {
    let record = project.scenario(ticks, mods, rest).run().unwrap();
    assert_eq!(record.faults(), []);
    record
}

const RESTART: &str = "[[step]]\nat = 6\nlabel = \"restart\"\nrestart = true\n\n\
    [[expect]]\nhash_equals = { without_step = \"restart\" }\n\n";

#[test]
fn a_mod_whose_addition_was_rolled_back_is_not_started_by_a_restart() {
    let granted = "colony.events.register('mod_loaded', function() colony.items.add('meal', 3, 16, 16) error('no') end)\n";
    let add =
        "[[step]]\nat = 3\nadd = { mod = \"extra\" }\nexpect = { outcome = \"rolled_back\" }\n\n";
    let faulty = "[[step]]\nat = 3\nfault = { stage = \"commit\", mod = \"extra\", during = { add = { mod = \"extra\" } } }\nexpect = { outcome = \"rolled_back\" }\n\n";
    for (script, step) in [(granted, add), (COUNTER, faulty)] {
        let project = Project::new().lua_mod("extra", "1.0.0", "", script);
        let save = "[[step]]\nat = 4\nsave = \"then\"\n\n[[step]]\nat = 5\ncheckpoint = true\n\n";
        let load = "[[step]]\nat = 8\nload = \"then\"\n\n[[expect]]\nmod = \"extra\"\npath = \"\"\nexists = false\n";
        let load = load.replace("path = \"\"", "path = \"ticks\"");
        run(project, 9, &[], &format!("{step}{save}{RESTART}{load}"));
    }
}

#[test]
fn an_edit_tries_an_addition_again_that_was_rolled_back() {
    let steps = format!(
        "[[step]]\nat = 3\nadd = {{ mod = \"extra\" }}\nexpect = {{ outcome = \"rolled_back\" }}\n\n\
         [[step]]\nat = 4\nlabel = \"restart\"\nrestart = true\n\n\
         [[step]]\nat = 5\nwrite = {{ file = \"extra/scripts/main.lua\", text = '''{COUNTER}''' }}\nexpect = {{ outcome = \"committed\" }}\n\n\
         [[step]]\nat = 7\nlabel = \"again\"\nrestart = true\n\n\
         [[expect]]\nmod = \"extra\"\npath = \"ticks\"\nequals = 4\n\n\
         [[expect]]\nhash_equals = {{ without_step = \"restart\" }}\n\n[[expect]]\nhash_equals = {{ without_step = \"again\" }}\n"
    );
    let project = Project::new().lua_mod("extra", "1.0.0", "", "error('no')\n");
    run(project, 8, &[], &steps);
}

#[test]
fn an_addition_that_waits_comes_with_the_mod_that_it_lacks_after_a_restart_too() {
    let steps = format!(
        "[[step]]\nat = 3\nadd = {{ mod = \"user\" }}\nexpect = {{ outcome = \"rolled_back\", stage = \"plan\" }}\n\n\
         {RESTART}\
         [[step]]\nat = 7\nadd = {{ mod = \"library\" }}\n\n\
         [[step]]\nat = 8\nlabel = \"again\"\nrestart = true\n\n\
         [[expect]]\nmod = \"user\"\npath = \"ticks\"\nequals = 3\n\n[[expect]]\nhash_equals = {{ without_step = \"again\" }}\n"
    );
    let project = Project::new().lua_mod("library", "1.0.0", "", "").lua_mod(
        "user",
        "1.0.0",
        "[dependencies]\nlibrary = \"*\"",
        COUNTER,
    );
    let record = run(project, 9, &[], &steps);
    let came = reports(&record, 2).iter().map(|report| report.outcome);
    assert_eq!(
        came.collect::<Vec<_>>(),
        [Outcome::Committed, Outcome::Committed]
    );
}

#[test]
fn failing_calls_in_ticks_that_a_load_undoes_do_not_count() {
    let script = "colony.events.register('tick_start', function(event) if event.tick >= 3 and event.tick <= 6 then error('no') end end)\n";
    let steps = "[[step]]\nat = 5\nsave = \"then\"\n\n[[step]]\nat = 6\nrestart = true\n\n[[step]]\nat = 9\nload = \"then\"\n\n\
                 [[expect]]\nat = 8\nfailing_calls = \"subject\"\nequals = 4\n\n\
                 [[expect]]\nfailing_calls = \"subject\"\nequals = 4\n";
    let project = Project::new().lua_mod("subject", "1.0.0", "", script);
    let record = run(project, 10, &["subject"], steps);
    let counts = record
        .failures
        .iter()
        .map(|failure| (failure.first, failure.last, failure.count));
    assert_eq!(counts.collect::<Vec<_>>(), [(3, 6, 4)]);
}

#[test]
fn a_load_that_leaves_a_mod_out_goes_back_all_the_same() {
    // What was added after the save is no part of the run any more.
    let steps = format!(
        "[[step]]\nat = 2\nsave = \"then\"\n\n[[step]]\nat = 3\nadd = {{ mod = \"extra\" }}\n\n\
         [[step]]\nat = 4\nwrite = {{ file = \"counter/assets/items.toml\", text = \"[gravel]\\nstack_max = 0\\n\" }}\nexpect = {{ outcome = \"rolled_back\" }}\n\n\
         [[step]]\nat = 6\nload = \"then\"\nexpect = {{ outcome = \"failed\" }}\n\n\
         [[step]]\nat = 8\nwrite = {{ file = \"extra/scripts/main.lua\", text = '''{COUNTER}-- edited\n''' }}\nexpect = {{ outcome = \"done\" }}\n"
    );
    let project = Project::new()
        .lua_mod("counter", "1.0.0", "", COUNTER)
        .lua_mod("extra", "1.0.0", "", COUNTER);
    run(project, 9, &["counter"], &steps);
}

#[test]
fn files_of_a_disabled_mod_that_cannot_be_read_are_not_looked_at_by_a_restart() {
    let long = "-- x".repeat(100);
    let steps = format!(
        "[[step]]\nat = 2\nsave = \"then\"\n\n[[step]]\nat = 3\ndisable = {{ mod = \"subject\" }}\n\n\
         [[step]]\nat = 4\nwrite = {{ file = \"subject/scripts/long.lua\", text = \"{long}\" }}\nexpect = {{ outcome = \"ignored\" }}\n\n\
         {RESTART}\
         [[step]]\nat = 7\nload = \"then\"\nexpect = {{ outcome = \"LOADED\" }}\n"
    );
    let project = || {
        let settings = "[hot_reload]\nmax_file_size = 300";
        Project::new().lua_mod("subject", "1.0.0", settings, COUNTER)
    };
    let never_loaded = steps.replace(
        "at = 7\nload = \"then\"\nexpect = { outcome = \"LOADED\" }",
        "at = 7\ncheckpoint = true",
    );
    run(project(), 8, &["subject"], &never_loaded);
    // There it ran: what cannot be read cannot go on.
    let loaded = project().scenario(8, &["subject"], &steps.replace("LOADED", "failed"));
    assert_eq!(loaded.run().unwrap().left_out.len(), 1);
}

/// Two versions of two mods that need each other in the same one.
fn both_bumped() -> (Project, String) {
    let needs = |range: &str| format!("[dependencies]\ncounter = \"{range}\"");
    let project = Project::new()
        .lua_mod("counter", "1.0.0", "", COUNTER)
        .lua_mod("user", "1.0.0", &needs("^1"), COUNTER);
    let bump = format!(
        "[[step]]\nat = 3\nbatch = [{{ write = {{ file = \"counter/mod.toml\", text = '''\n{}''' }} }}, {{ write = {{ file = \"user/mod.toml\", text = '''\n{}''' }} }}]\nexpect = {{ outcome = \"committed\" }}\n\n",
        manifest("counter", "2.0.0", ""),
        manifest("user", "2.0.0", &needs("^2"))
    );
    (project, bump)
}

#[test]
fn mods_that_changed_together_go_back_together_or_not_at_all() {
    let (project, bump) = both_bumped();
    let steps = format!(
        "{bump}[[step]]\nat = 5\nrollback = {{ mod = \"user\" }}\nexpect = {{ outcome = \"rolled_back\", stage = \"plan\" }}\n\n\
         [[step]]\nat = 6\nfault = {{ stage = \"loaded\", mod = \"user\", during = {{ rollback = {{ mods = [\"counter\", \"user\"] }} }} }}\nexpect = {{ outcome = \"rolled_back\", stage = \"loaded\" }}\n\n\
         [[step]]\nat = 7\nrollback = {{ mods = [\"counter\", {{ mod = \"user\", to = 5 }}] }}\nexpect = {{ outcome = \"failed\", error = \"not in the history\" }}\n\n\
         [[step]]\nat = 8\nrollback = {{ mods = [\"counter\", {{ mod = \"user\", to = 1 }}] }}\nexpect = {{ outcome = \"committed\" }}\n\n\
         [[step]]\nat = 9\ncheckpoint = true\n"
    );
    let record = run(project, 10, &["counter", "user"], &steps);
    let told = harness::report::text::report(&record, Default::default());
    assert!(
        told.contains("g2 goes on instead of the content of g1\n"),
        "{told}"
    );
    assert!(
        told.contains("g2 goes on instead of the content of counter g1, user g1   same cohort\n"),
        "{told}"
    );
    assert_eq!(record.steps[4].title, "rollback counter, user to g1");
    let [report] = reports(&record, 4) else {
        panic!("one transaction")
    };
    assert_eq!(
        report.reason.as_deref(),
        Some("content of counter g1, user g1")
    );
    let versions = report.members.iter().map(|member| {
        (
            member.mod_id.to_string(),
            member.versions.1.clone(),
            member.generations,
        )
    });
    assert_eq!(
        versions.collect::<Vec<_>>(),
        ["counter", "user"].map(|id| (id.to_owned(), "1.0.0".to_owned(), (2, 3)))
    );
}

#[test]
fn what_a_rollback_step_names_is_checked() {
    let step = |rollback: &str| format!("[[step]]\nat = 3\nrollback = {{ {rollback} }}\n");
    let message = |rollback: &str| {
        let scenario = both_bumped()
            .0
            .scenario(4, &["counter", "user"], &step(rollback));
        let faults = scenario.load().unwrap_err();
        faults
            .iter()
            .map(|fault| fault.message.clone())
            .collect::<Vec<_>>()
    };
    assert_eq!(
        message("mods = []"),
        ["expected at least one mod, found none"]
    );
    assert_eq!(
        message("mods = [\"user\", { mod = \"user\", to = 1 }]"),
        ["`user` is named twice"]
    );
    assert_eq!(
        message("mods = [\"user\"], mod = \"counter\", to = 1").len(),
        2
    );
    assert_eq!(message("mods = [\"nobody\"]").len(), 1);
    assert_eq!(message("to = 1").len(), 1);
}

#[test]
fn a_fault_during_a_rollback_leaves_what_runs() {
    let edit = format!(
        "[[step]]\nat = 3\nwrite = {{ file = \"subject/scripts/main.lua\", text = '''{COUNTER}-- b\n''' }}\n\n"
    );
    for stage in ["plan", "unload", "migrate", "commit", "hand_back"] {
        let steps = format!(
            "{edit}[[step]]\nat = 5\nlabel = \"back\"\nfault = {{ stage = \"{stage}\", mod = \"subject\", during = {{ rollback = {{ mod = \"subject\" }} }} }}\nexpect = {{ outcome = \"rolled_back\" }}\n\n\
             [[step]]\nat = 7\nreload = {{ mods = [\"subject\"] }}\nexpect = {{ outcome = \"ignored\" }}\n\n\
             [[expect]]\nhash_equals = {{ without_step = \"back\" }}\n"
        );
        let project = Project::new().lua_mod("subject", "1.0.0", "", COUNTER);
        run(project, 8, &["subject"], &steps);
    }
}

#[test]
fn what_waited_for_a_version_comes_with_the_rollback_that_brings_it_back() {
    let steps = format!(
        "[[step]]\nat = 3\nwrite = {{ file = \"counter/mod.toml\", text = '''\n{}''' }}\n\n\
         [[step]]\nat = 4\nwrite = {{ file = \"user/mod.toml\", text = '''\n{}''' }}\nexpect = {{ outcome = \"rolled_back\" }}\n\n\
         [[step]]\nat = 6\nrollback = {{ mod = \"counter\" }}\nexpect = {{ outcome = \"committed\" }}\n",
        manifest("counter", "1.0.0", ""),
        manifest("user", "1.1.0", "[dependencies]\ncounter = \"^2\"")
    );
    let project = Project::new().lua_mod("counter", "2.0.0", "", "").lua_mod(
        "user",
        "1.0.0",
        "[dependencies]\ncounter = \"*\"",
        COUNTER,
    );
    let record = run(project, 7, &["counter", "user"], &steps);
    let members = reports(&record, 2).iter().map(|report| {
        let members = report.members.iter();
        members
            .map(|member| format!("{} {}", member.mod_id, member.versions.1))
            .collect::<Vec<_>>()
    });
    assert_eq!(
        members.collect::<Vec<_>>(),
        [["counter 2.0.0"], ["user 1.1.0"]]
    );
}

/// The names of what differs.
fn different(here: &[(&'static str, u128)], there: &[(&'static str, u128)]) -> Vec<&'static str> {
    let different = here.iter().filter(|part| !there.contains(part));
    different.map(|(name, _)| *name).collect()
}

/// What is done to a host.
type Act<'a> = &'a dyn Fn(&mut Host);

fn small_colony() -> Setup {
    Setup {
        seed: 7,
        map: MapSource::Generated {
            width: 32,
            height: 32,
        },
        colonists: 2,
        stock: [].into(),
    }
}

/// A mod with another text in one of its files.
fn edited(bundle: &Bundle, id: &ModId, path: &str, text: &str) -> Change {
    let file = |path: &str| (path.to_owned(), bundle.file(path).unwrap().to_vec());
    let mut files: BTreeMap<String, Vec<u8>> = bundle.paths().map(file).collect();
    files.insert(path.to_owned(), text.as_bytes().to_vec());
    Change {
        mod_id: id.clone(),
        bundle: select_files(id.as_str(), files).map(Rc::new),
    }
}

#[test]
fn what_a_save_keeps_beside_the_parts_has_hashes_of_its_own() {
    let project = Project::new()
        .lua_mod("counter", "1.0.0", "", COUNTER)
        .lua_mod("user", "1.0.0", "", COUNTER);
    let (_, workspace) = project
        .scenario(1, &["counter", "user"], "")
        .load()
        .unwrap();
    let [base, counter, user] = ["base", "counter", "user"].map(|id| ModId::parse(id).unwrap());
    let bundle = |id: &ModId| workspace.bundle(id).unwrap();
    let all = || [&base, &counter, &user].map(bundle).to_vec();
    let known: BTreeSet<ModId> = [base.clone(), counter.clone(), user.clone()].into();
    let (mut host, _) = Host::start(&small_colony(), all(), known.clone()).unwrap();
    host.tick(&[]);
    let edited = |id: &ModId, path: &str, text: &str| edited(&bundle(id), id, path, text);
    let options = ReloadOptions::default();
    let lacks = manifest("user", "1.1.0", "[dependencies]\nabsent = \"*\"");
    let main = format!("{COUNTER}-- edited\n");
    let acts: [(Act<'_>, &[&str]); 4] = [
        (
            &|host| drop(host.reload(vec![edited(&counter, "scripts/main.lua", &main)], &options)),
            &["the generations that run", "the generations to go back to"],
        ),
        (
            &|host| drop(host.reload(vec![edited(&user, "mod.toml", &lacks)], &options)),
            &["the mods to be tried first", "the changes that wait"],
        ),
        (
            &|host| drop(host.disable(&counter, &options)),
            &[
                "the generations that run",
                "the state of mods that do not run",
                "the mods that are switched off",
            ],
        ),
        (
            &|host| drop(host.purge(&counter)),
            &[
                "the state of mods that do not run",
                "the generations to go back to",
            ],
        ),
    ];
    for (act, expected) in acts {
        let before = host.kept_hashes().unwrap();
        act(&mut host);
        let after = host.kept_hashes().unwrap();
        assert_eq!(different(&before, &after), expected);
        let (bytes, _) = host.save().unwrap();
        let beside = Host::load(&bytes, host.bundles(), known.clone())
            .unwrap()
            .host;
        assert_eq!(different(&after, &beside.kept_hashes().unwrap()), [""; 0]);
    }
}

#[test]
fn the_report_for_programs_has_a_trail_that_cannot_be_read() {
    let project = Project::new().lua_mod("counter", "1.0.0", "", COUNTER);
    let mut record = run(project, 1, &["counter"], "");
    let told = |record: &RunRecord| harness::report::json::report(record, 0);
    assert!(told(&record).contains("\"broken_trail\": null"));
    let fault = modding::diagnostic::Fault::new("no trail");
    record.broken_trail = Some(fault.help("remove the file"));
    let told = told(&record);
    let (_, trail) = told.split_once("\"broken_trail\": {").unwrap();
    let (trail, _) = trail.split_once('}').unwrap();
    assert!(
        trail.contains("\"message\": \"no trail\"")
            && trail.contains("\"help\": \"remove the file\""),
        "{trail}"
    );
}

#[test]
fn what_is_asked_for_by_hand_and_cannot_be_done_fails_with_its_reason() {
    for (action, reason) in [
        (
            "rollback = { mod = \"subject\", to = 9 }",
            "g9 of subject is not in the history (there: none)",
        ),
        (
            "migrate_again = \"subject\"",
            "no older version than 1.0.0 of subject is in the history",
        ),
        (
            "purge = { mod = \"subject\" }",
            "subject is running, and only what does not run can be purged: remove subject first",
        ),
    ] {
        let step = |expect: &str| {
            let steps = format!("[[step]]\nat = 2\n{action}\n{expect}");
            let project = Project::new().lua_mod("subject", "1.0.0", "", "");
            let record = project.scenario(3, &["subject"], &steps).run().unwrap();
            let faults = record.faults();
            faults
                .iter()
                .map(|fault| fault.message.clone())
                .collect::<Vec<_>>()
        };
        assert_eq!(step(""), [format!("step at tick 2: {reason}")], "{action}");
        let expected = format!("expect = {{ outcome = \"failed\", error = \"{reason}\" }}\n");
        assert_eq!(step(&expected), [""; 0], "{action}");
    }
}

#[test]
fn a_fault_that_is_not_reached_tells_what_became_of_its_action() {
    let steps = "[[step]]\nat = 2\nfault = { stage = \"migrate\", mod = \"subject\", during = { write = { file = \"subject/notes.txt\", text = \"x\" } } }\nexpect = { outcome = \"failed\" }\n";
    let project = Project::new().lua_mod("subject", "1.0.0", "", "");
    let record = project.scenario(3, &["subject"], steps).run().unwrap();
    assert_eq!(record.faults(), []);
    let StepResult::NotReached(_, reports) = &record.steps[0].result else {
        panic!("{:?}", record.steps[0].result);
    };
    assert!(!reports.is_empty());
}
