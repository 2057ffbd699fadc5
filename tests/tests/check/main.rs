//! `check` convicts mods that do not survive reload and save, each for its one fault, and no other.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::{Path, PathBuf};

use harness::check::{
    Change, CheckOptions, CheckReport, Named, Outcome, Subject, TrialKind, check, state_path,
};
use harness::report::check::{json, text};
use harness::runner::{RunOptions, run};
use modding::mod_id::ModId;
use tests::root;

mod components;

use TrialKind::{Collector, ReloadAtEachTick, ReloadAtOneTick, SaveAndLoadAtEachTick, Threads};

/// A folder with the fixture in its `mods`, so that nothing is written into the repository.
struct Project {
    folder: tempfile::TempDir,
}

impl Project {
    fn of(fixture: &str) -> Project {
        let folder = tempfile::tempdir().unwrap();
        let from = root().join("tests/fixtures/check").join(fixture);
        let to = folder.path().join("mods").join(fixture);
        std::fs::create_dir_all(to.join("scripts")).unwrap();
        for file in ["mod.toml", "scripts/main.lua"] {
            std::fs::copy(from.join(file), to.join(file)).unwrap();
        }
        Project { folder }
    }

    fn subject(&self, fixture: &str) -> Subject {
        let folder = self.folder.path().join("mods").join(fixture);
        Subject::read(&Named::Folder(folder)).unwrap()
    }
}

/// The ticks that show each fault, and no more: a check makes dozens of runs.
fn checked(fixture: &str, ticks: u64) -> (Project, Subject, CheckReport) {
    let project = Project::of(fixture);
    let subject = project.subject(fixture);
    let options = CheckOptions {
        ticks: Some(ticks),
        ..CheckOptions::default()
    };
    let report = check(&subject, &options, &mut |_, _| {}).unwrap();
    (project, subject, report)
}

fn convicting(report: &CheckReport) -> Vec<TrialKind> {
    let rounds = report.rounds.iter();
    rounds
        .filter(|round| round.outcome.convicts())
        .map(|round| round.kind)
        .collect()
}

fn change(report: &CheckReport) -> Change {
    match &report.verdict().unwrap().outcome {
        Outcome::Changed(change) => change.clone(),
        other => panic!("{other:?}"),
    }
}

fn codes(report: &CheckReport) -> Vec<&'static str> {
    let findings = report.findings.iter();
    findings.map(|finding| finding.code.name()).collect()
}

/// Checks a fixture: by which runs it is convicted, before which tick a reload is first noticed, which fact differs after which
/// tick, and what its scripts tell. Its scenario must fail, and must not without the fault.
fn convicts(
    fixture: &str,
    ticks: u64,
    kinds: &[TrialKind],
    (interrupted, differs): (Option<u64>, u64),
    fact: &str,
    code: &str,
) {
    let (_project, subject, report) = checked(fixture, ticks);
    assert_eq!(convicting(&report), kinds, "{report:#?}");
    let change = change(&report);
    assert_eq!(change.interrupted, interrupted.map(|tick| (tick, tick)));
    assert_eq!(change.tick, differs);
    let first = &change.facts[0];
    let path = state_path(first).map(|(id, path)| format!("{id}.{path}"));
    let name = path.unwrap_or_else(|| format!("{}: {}", first.section, first.name()));
    let value = |value: &Option<String>| value.clone().unwrap_or_default();
    assert_eq!(
        format!("{name} {} -> {}", value(&first.old), value(&first.new)),
        fact
    );
    assert_eq!(codes(&report), [code]);
    assert_eq!(harness::report::check::code(&report), Some(code));
    assert_eq!(report.reproduction.is_some(), interrupted.is_some());
    if let Some(reproduction) = &report.reproduction {
        reproduction.write().unwrap();
        let (scenario, workspace) =
            harness::load_from(&reproduction.path, &subject.library).unwrap();
        let record = run(&scenario, &workspace, &RunOptions::default(), &mut |_| {}).unwrap();
        let faults: Vec<String> = record.faults().iter().map(ToString::to_string).collect();
        assert_eq!(faults.len(), 1, "{faults:?}");
        assert!(
            faults[0].contains("is not that of a run without step"),
            "{faults:?}"
        );
        assert!(scenario.ticks <= ticks);
    }
}

const RELOADS_AND_SAVES: [TrialKind; 3] =
    [ReloadAtEachTick, ReloadAtOneTick, SaveAndLoadAtEachTick];

#[test]
fn a_counter_in_a_file_level_local() {
    convicts(
        "haul_feast",
        200,
        &RELOADS_AND_SAVES,
        (Some(31), 74),
        "haul_feast.feasts 1 -> 0",
        "state-lost",
    );
}

#[test]
fn a_table_of_what_was_done_already() {
    convicts(
        "memo_of_ids",
        200,
        &RELOADS_AND_SAVES,
        (Some(81), 100),
        "jobs: job 51 (chop), priority 6 -> 8",
        "state-lost",
    );
}

#[test]
fn a_coroutine_over_ticks() {
    convicts(
        "slow_survey",
        60,
        &RELOADS_AND_SAVES,
        (Some(11), 20),
        "slow_survey.trees 33 -> 24",
        "coroutine-kept",
    );
}

#[test]
fn a_counter_in_a_closure() {
    convicts(
        "closure_counter",
        100,
        &RELOADS_AND_SAVES,
        (Some(25), 33),
        "closure_counter.last 2 -> 1",
        "state-lost",
    );
}

#[test]
fn a_counter_in_a_global() {
    convicts(
        "global_counter",
        260,
        &RELOADS_AND_SAVES,
        (Some(223), 241),
        "global_counter.greeted 1 -> 0",
        "state-lost",
    );
}

#[test]
fn a_handler_that_is_declared_at_the_start_only() {
    convicts(
        "starts_once",
        60,
        &RELOADS_AND_SAVES,
        (Some(1), 24),
        "starts_once.done 1 -> 0",
        "conditional-declaration",
    );
}

#[test]
fn a_timer_that_is_declared_at_the_start_only() {
    convicts(
        "timer_once",
        60,
        &RELOADS_AND_SAVES,
        (Some(1), 1),
        "mods: mod timer_once, timer pulse next at 25, every 25 -> ",
        "conditional-declaration",
    );
}

#[test]
fn a_count_of_unloads() {
    convicts(
        "counts_unloads",
        60,
        &RELOADS_AND_SAVES,
        (Some(1), 1),
        "counts_unloads.unloads 0 -> 1",
        "reload-history",
    );
}

#[test]
fn the_tick_of_the_last_reload() {
    // seed-corrections 37.
    convicts(
        "last_reload",
        60,
        &RELOADS_AND_SAVES,
        (Some(2), 2),
        "last_reload.last_reload 0 -> 1",
        "reload-history",
    );
}

#[test]
fn a_weak_table() {
    convicts(
        "weak_cache",
        60,
        &[Collector],
        (None, 50),
        "weak_cache.gone 0 -> 1",
        "weak-table",
    );
}

#[test]
fn capabilities_are_warnings() {
    for (fixture, code, failing) in [
        ("undeclared_capability", "undeclared-capability", true),
        ("unused_capability", "unused-capability", false),
    ] {
        let (_project, _, report) = checked(fixture, 60);
        assert!(!report.convicted(), "{report:#?}");
        assert_eq!(codes(&report), [code]);
        assert_eq!(!report.failures.is_empty(), failing, "{fixture}");
        assert_eq!(report.passes(), !failing, "{fixture}");
    }
}

#[test]
fn a_mod_without_a_fault_comes_out_clean() {
    let (_project, _, report) = checked("clean_constants", 60);
    assert_eq!(convicting(&report), []);
    assert_eq!(codes(&report), Vec::<&str>::new());
    assert!(report.unheard.is_empty());
    let kinds: Vec<TrialKind> = report.rounds.iter().map(|round| round.kind).collect();
    assert_eq!(
        kinds,
        [
            ReloadAtEachTick,
            ReloadAtOneTick,
            SaveAndLoadAtEachTick,
            Threads,
            Collector
        ]
    );
    // All ticks in runs of their own, where so few runs are asked for.
    assert_eq!(report.rounds[1].runs, 29);
}

#[test]
fn the_shipped_mods_come_out_clean() {
    for entry in std::fs::read_dir(root().join("mods")).unwrap() {
        let folder = entry.unwrap().path();
        let subject = Subject::read(&Named::Folder(folder.clone())).unwrap();
        let options = CheckOptions {
            ticks: Some(150),
            ..CheckOptions::default()
        };
        let report = check(&subject, &options, &mut |_, _| {}).unwrap();
        assert_eq!(convicting(&report), [], "{}: {report:#?}", folder.display());
        assert_eq!(codes(&report), Vec::<&str>::new(), "{}", folder.display());
        assert!(report.failures.is_empty());
        // Without this count the test would pass where nothing is handed over: each tick, single ticks, and every mod of the
        // run twice by each save and load.
        let singles = report.rounds[1].runs;
        let saved = 2 * report.ticks * report.mods.len() as u64;
        assert_eq!(report.hand_overs, report.ticks + singles + saved);
    }
}

#[test]
fn an_event_that_never_happens_is_named() {
    let project = Project::of("clean_constants");
    let script = project
        .folder
        .path()
        .join("mods/clean_constants/scripts/main.lua");
    std::fs::write(&script, "colony.events.register('colonist_died', print)\ncolony.events.register('job_created', print)\n").unwrap();
    let subject = project.subject("clean_constants");
    let options = CheckOptions {
        ticks: Some(20),
        ..CheckOptions::default()
    };
    let report = check(&subject, &options, &mut |_, _| {}).unwrap();
    assert_eq!(report.unheard, ["colonist_died"]);
}

#[test]
fn an_exported_function_that_no_mod_calls_is_named() {
    let exports = "colony.mods.export('greet', function() end)\ncolony.mods.export('part', function() error('no') end)\ncolony.mods.export('sing', function() end)\n";
    let calls = "colony.events.register('tick_end', function()\n if colony.time.get_current_tick() == 5 then\n  local below = colony.mods.get('below')\n  below.greet()\n  pcall(below.part)\n end\nend)";
    // What was called before a restart was called.
    let project = tests::Project::new()
        .lua_mod("below", "1.0.0", "", exports)
        .lua_mod("above", "1.0.0", "[dependencies]\nbelow = \"^1\"", calls)
        .scenario(
            40,
            &["below", "above"],
            "[[step]]\nat = 10\nrestart = true\n",
        );
    let with_caller = checked_in(&project, "below", Some(project.path()));
    assert_eq!(with_caller.uncalled, ["sing"]);
    assert_eq!(checked_in(&project, "above", None).uncalled, [""; 0]);
    // The mod that calls them is found beside the one that is checked.
    let found = checked_in(&project, "below", None);
    assert_eq!(found.uncalled, ["sing"]);
    let project = tests::Project::new()
        .lua_mod("below", "1.0.0", "", exports)
        .scenario(40, &["below"], "");
    let alone = checked_in(&project, "below", None);
    assert_eq!(alone.uncalled, ["greet", "part", "sing"]);
    assert!(!alone.convicted());
    let shown = |file: &str| file.to_owned();
    let options = text::CheckTextOptions {
        colour: false,
        shown: &shown,
    };
    let told = text::report(&alone, &options);
    assert!(
        told.ends_with(
            "\nwarning[uncalled-export]: the mod exports `greet`, `part`, `sing`, which no mod called: these calls were not checked\n\
             help: use a --scenario with a mod that does\n"
        ),
        "{told}"
    );
    let told = json::report(&with_caller, &shown, 0);
    assert!(
        told.contains("\"uncalled_exports\": [\n    \"sing\"\n  ]"),
        "{told}"
    );
}

#[test]
fn a_mod_that_listens_to_its_configuration_hears_of_a_change() {
    let project = Project::of("clean_constants");
    let folder = project.folder.path().join("mods/clean_constants");
    let manifest = std::fs::read_to_string(folder.join("mod.toml")).unwrap();
    let config = "[config]\nn = { default = 9, min = 0, max = 9, doc = \"a number\" }\nb = { default = true, doc = \"a switch\" }\n";
    std::fs::write(folder.join("mod.toml"), manifest + config).unwrap();
    let script = "local changes = 0
colony.state.define({ changes = 0 })
colony.events.register(\"config_changed\", function(event)
  changes = changes + 1
  colony.storage.changes = changes
end)\n";
    std::fs::write(folder.join("scripts/main.lua"), script).unwrap();
    let subject = project.subject("clean_constants");
    let options = CheckOptions {
        ticks: Some(40),
        ..CheckOptions::default()
    };
    let report = check(&subject, &options, &mut |_, _| {}).unwrap();
    assert_eq!(convicting(&report), RELOADS_AND_SAVES);
    // Both values at tick 20, and both back at tick 30.
    assert_eq!(change(&report).interrupted, Some((21, 21)));
    assert_eq!(change(&report).tick, 30);
    assert_eq!(codes(&report), ["state-lost"]);
}

/// A project of a mod with this script and one that depends on it.
fn with_dependent(script: &str) -> tests::Project {
    tests::Project::new()
        .lua_mod("below", "1.0.0", "", script)
        .lua_mod(
            "above",
            "1.0.0",
            "[dependencies]\nbelow = \"^1\"",
            "colony.events.register('tick_end', function() end)",
        )
        .scenario(40, &["below", "above"], "")
}

fn checked_in(project: &tests::Project, id: &str, scenario: Option<PathBuf>) -> CheckReport {
    let folder = project.path().parent().unwrap().join("mods").join(id);
    let subject = Subject::read(&Named::Folder(folder)).unwrap();
    let options = CheckOptions {
        scenario,
        ticks: Some(40),
        ..CheckOptions::default()
    };
    check(&subject, &options, &mut |_, _| {}).unwrap()
}

#[test]
fn a_mod_is_not_convicted_for_what_another_does() {
    let project = with_dependent(
        "local n = 0\ncolony.state.define({ n = 0 })\ncolony.events.register('tick_end', function()\n n = n + 1\n colony.storage.n = n\nend)",
    );
    let above = checked_in(&project, "above", None);
    assert!(!above.convicted(), "{above:#?}");
    let culprit = Some(ModId::parse("below").unwrap());
    assert_eq!(above.rounds[2].outcome, Outcome::NotItsDoing { culprit });
    let below = checked_in(&project, "below", Some(project.path()));
    assert_eq!(convicting(&below), RELOADS_AND_SAVES);
    let (id, path) = state_path(&change(&below).facts[0])
        .map(|(id, path)| (id, path.to_owned()))
        .unwrap();
    assert_eq!((id, path.as_str()), (ModId::parse("below").unwrap(), "n"));
}

#[test]
fn state_that_an_exported_function_keeps_convicts_the_mod_that_exports_it() {
    let exports =
        "local n = 0\ncolony.mods.export('next', function()\n n = n + 1\n return n\nend)\n";
    let calls = "colony.state.define({ last = 0 })\ncolony.events.register('tick_end', function()\n colony.storage.last = colony.mods.get('below').next()\nend)\n";
    let project = tests::Project::new()
        .lua_mod("below", "1.0.0", "", exports)
        .lua_mod("above", "1.0.0", "[dependencies]\nbelow = \"^1\"", calls)
        .scenario(40, &["below", "above"], "");
    let above = checked_in(&project, "above", None);
    assert!(!above.convicted(), "{above:#?}");
    let shown = |file: &str| file.to_owned();
    let options = text::CheckTextOptions {
        colour: false,
        shown: &shown,
    };
    let told = text::report(&above, &options);
    assert!(
        told.contains("differs, and so it does where only below is reloaded: check below\n"),
        "{told}"
    );
    let below = checked_in(&project, "below", None);
    assert_eq!(convicting(&below), RELOADS_AND_SAVES);
    assert_eq!(harness::report::check::code(&below), Some("state-lost"));
    let told = text::report(&below, &options);
    assert!(told.contains("written by callers of `next`"), "{told}");
}

#[test]
fn a_conviction_says_so_where_library_code_of_another_mod_explains_it() {
    let library = "local n = 0\nlocal queue = {}\nfunction queue.next()\n  n = n + 1\n  return n\nend\nreturn queue\n";
    let user = "local queue = require('@below/queue')\ncolony.state.define({ last = 0 })\ncolony.events.register('tick_end', function()\n colony.storage.last = queue.next()\nend)\n";
    let project = tests::Project::new()
        .lua_mod("below", "1.0.0", "", "colony.state.define({})\n")
        .file("mods/below/lib/queue.lua", library)
        .file(
            "mods/below/lib/other.lua",
            &library.replace("n = 0", "n = 1"),
        )
        .lua_mod("above", "1.0.0", "[dependencies]\nbelow = \"^1\"", user)
        .scenario(40, &["below", "above"], "");
    let above = checked_in(&project, "above", None);
    assert_eq!(convicting(&above), RELOADS_AND_SAVES);
    assert_eq!(codes(&above), [""; 0]);
    assert_eq!(harness::report::check::code(&above), Some("state-lost"));
    let shown = |file: &str| file.to_owned();
    let options = text::CheckTextOptions {
        colour: false,
        shown: &shown,
    };
    let told = text::report(&above, &options);
    for expected in [
        "1 explains it",
        "--> below/lib/queue.lua:1:7",
        "= this is library code of below, which runs in the machine of above",
    ] {
        assert!(told.contains(expected), "{told}");
    }
    assert!(!told.contains("other.lua"), "{told}");
}

#[test]
fn calls_that_fail_have_a_line_of_their_own_and_fail_the_check_unless_expected() {
    let script = "colony.events.register('tick_start', function() error('no') end)\n";
    let alone = |rest: &str| {
        let project = tests::Project::new().lua_mod("below", "1.0.0", "", script);
        project.scenario(40, &["below"], rest)
    };
    let shown = |file: &str| file.to_owned();
    let options = text::CheckTextOptions {
        colour: false,
        shown: &shown,
    };
    let project = alone("");
    for scenario in [None, Some(project.path())] {
        let report = checked_in(&project, "below", scenario);
        assert!(!report.convicted() && !report.passes(), "{report:#?}");
        let told = text::report(&report, &options);
        for line in [
            "  static findings                            none\n",
            "  failing calls                              FAILS  20, 1 handler suspended\n",
        ] {
            assert!(told.contains(line), "{told}");
        }
    }
    let project = alone("[[expect]]\nfailing_calls = \"below\"\nequals = 20\n");
    let report = checked_in(&project, "below", Some(project.path()));
    assert!(report.passes(), "{report:#?}");
    let told = text::report(&report, &options);
    assert!(
        told.contains("failing calls                              20, which the scenario expects, 1 handler suspended\n"),
        "{told}"
    );
}

#[test]
fn the_version_that_a_scenario_runs_is_examined() {
    let older = "local n = 0\ncolony.state.define({ n = 0 })\ncolony.events.register('tick_end', function()\n n = n + 1\n colony.storage.n = n\nend)";
    let project = with_dependent("colony.events.register('tick_end', function() end)")
        .file("older/mod.toml", &tests::manifest("below", "0.9.0", ""))
        .file("older/scripts/main.lua", older)
        .file("older.toml", "schema = 1\nname = \"older\"\nseed = 1\nticks = 20\n\n[mods]\nload = [\"base\", { id = \"below\", from = \"older\" }]\n");
    let scenario = project.path().with_file_name("older.toml");
    let report = checked_in(&project, "below", Some(scenario));
    assert_eq!(
        (report.version.as_str(), report.in_folder),
        ("0.9.0", false)
    );
    assert_eq!(codes(&report), ["state-lost"]);
    assert!(report.convicted());
    let reproduction = report.reproduction.unwrap();
    assert!(
        reproduction.text.contains("from = \"../../older\""),
        "{}",
        reproduction.text
    );
}

#[test]
fn a_mod_that_fails_to_unload_is_convicted() {
    let project = with_dependent(
        "local ran = 0\ncolony.events.register('tick_start', function() ran = ran + 1 end)\ncolony.events.register('mod_unloaded', function() if ran > 3 then error('too late') end end)",
    );
    let report = checked_in(&project, "below", None);
    let fails = |round: &harness::check::Round| matches!(round.outcome, Outcome::Fails { .. });
    assert!(report.rounds.iter().any(fails), "{report:#?}");
    assert_eq!(
        harness::report::check::code(&report),
        Some("hand-over-fails")
    );
}

#[test]
fn two_reloads_that_it_takes_together_are_found() {
    let project = with_dependent(
        "local age, after = 0, nil
colony.state.define({ n = 0 })
colony.events.register('mod_loaded', function() after = colony.state.get_mod_state('below') end)
colony.events.register('tick_start', function() age = age + 1 end)
colony.events.register('tick_end', function() if after then colony.storage.n = 1 end end)
colony.events.register('mod_unloaded', function()
  if age == 1 and colony.time.get_current_tick() > 10 then
    colony.state.save_mod_state('below', true)
  end
end)",
    );
    let report = checked_in(&project, "below", None);
    assert_eq!(
        convicting(&report),
        [ReloadAtEachTick, SaveAndLoadAtEachTick]
    );
    assert_eq!(change(&report).interrupted, Some((11, 12)));
    assert_eq!(report.reproduction.unwrap().interruptions, 2);
}

#[test]
fn reports_name_the_place_the_fact_and_the_way_to_repeat_it() {
    let (project, subject, mut report) = checked("haul_feast", 200);
    // As seen from the project, wherever temporary folders are.
    if let Some(reproduction) = &mut report.reproduction {
        let path = reproduction.path.strip_prefix(project.folder.path());
        let from_here = harness::project::location::from_here(project.folder.path());
        let path = path.or_else(|_| reproduction.path.strip_prefix(from_here));
        reproduction.path = path.unwrap().to_path_buf();
    }
    let shown = |file: &str| format!("mods/{file}");
    let options = text::CheckTextOptions {
        colour: false,
        shown: &shown,
    };
    let path = |text: String| {
        let folder = harness::project::location::text(&harness::project::location::from_here(
            project.folder.path(),
        ));
        text.replace(&format!("{folder}/"), "")
    };
    insta::assert_snapshot!("check_text", path(text::report(&report, &options)));
    insta::assert_snapshot!("check_json", path(json::report(&report, &shown, 1)));
    insta::assert_snapshot!("check_scenario", path(report.reproduction.unwrap().text));
    assert!(Path::new(&subject.shown("haul_feast/mod.toml")).ends_with("mods/haul_feast/mod.toml"));
}

#[test]
fn the_generation_that_a_scenario_goes_back_to_is_examined() {
    let bad = "colony.state.define({ n = 0 })\nlocal n = 0\n\
        colony.events.register('tick_start', function(event)\n\
        \x20 if event.tick <= 12 then return end\n\
        \x20 n = n + 1\n\
        \x20 colony.storage.n = n\n\
        end)\n";
    let good = "colony.state.define({ n = 0 })\n";
    let steps = format!(
        "[[step]]\nat = 3\nwrite = {{ file = \"subject/scripts/main.lua\", text = '''{good}''' }}\n\n\
         [[step]]\nat = 8\nrollback = {{ mod = \"subject\" }}\n"
    );
    let convicted = |steps: &str| {
        let project = tests::Project::new()
            .lua_mod("subject", "1.0.0", "", bad)
            .scenario(24, &["subject"], steps);
        convicting(&checked_in(&project, "subject", Some(project.path())))
    };
    assert_ne!(convicted(&steps), []);
    let (without, _) = steps.split_once("\n[[step]]\nat = 8").unwrap();
    assert_eq!(convicted(without), []);
}

/// Mods of Lua in a folder that is no project.
fn alone_in(folder: &Path, manifests: &[(&str, &str)]) {
    for (id, rest) in manifests {
        let path = folder.join(id);
        std::fs::create_dir_all(path.join("scripts")).unwrap();
        std::fs::write(path.join("mod.toml"), tests::manifest(id, "1.0.0", rest)).unwrap();
        std::fs::write(path.join("scripts/main.lua"), "").unwrap();
    }
}

#[test]
fn a_dependency_that_is_nowhere_is_named_with_where_it_was_looked_for() {
    let folder = tempfile::tempdir().unwrap();
    alone_in(
        folder.path(),
        &[
            ("above", "[dependencies]\nbelow = \"^1\""),
            ("below", "[dependencies]\nnowhere = \"^1\"\nstats = \"*\""),
        ],
    );
    let subject = Subject::read(&Named::Folder(folder.path().join("above"))).unwrap();
    let faults = check(&subject, &CheckOptions::default(), &mut |_, _| {}).unwrap_err();
    let around = harness::project::location::from_here(&folder.path().canonicalize().unwrap());
    let around = harness::project::location::text(&around);
    let told: Vec<(String, Option<String>)> = faults
        .into_iter()
        .map(|fault| (fault.to_string(), fault.help))
        .collect();
    let help = Some(
        "put it into one of these folders; without a project (colony.toml) mods are looked for beside the one that is checked; known here: above, base, below"
            .to_owned(),
    );
    let fault = |id: &str, line: u8| {
        format!(
            "`below` depends on `{id}`: there is no mod `{id}` in `{around}` at below/mod.toml:{line}:1"
        )
    };
    assert_eq!(
        told,
        [
            (fault("nowhere", 7), help.clone()),
            (fault("stats", 8), help)
        ]
    );
}
