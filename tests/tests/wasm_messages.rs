//! What the author of a component is told when something is wrong: what was found, what was expected, what to do.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use harness::record::{RunRecord, StepResult};
use harness::report::json;
use modding::context::LogLevel;
use modding::report::ReloadReport;
use tests::wat::Wat;
use tests::{Project, log_by_tick, manifest_of_component, root};

/// The warnings of a mod whose component does this while it loads.
fn warnings_of(component: &str) -> Vec<String> {
    let record = Project::new()
        .wasm_mod("asker", "1.0.0", "", component)
        .scenario(2, &["asker"], "")
        .run()
        .unwrap();
    assert_eq!(record.left_out, []);
    let log = record.log.iter();
    log.filter(|line| line.level == LogLevel::Warn)
        .map(|line| line.text.clone())
        .collect()
}

#[test]
fn a_refusal_that_a_component_ignores_while_it_loads_is_told() {
    let exports = |wat: Wat| {
        wat.export("on-tick-start", "handle", "(param i32 i64)", "(nop)")
            .build()
    };
    let misspelt = exports(Wat::new().load(&[("job_craeted", 1), ("tick_start", 2)], ""));
    assert_eq!(
        warnings_of(&misspelt),
        [
            "asker/wasm/main.wat went on although `events.register` was refused: there is no event `job_craeted`; did you mean `job_created`?"
        ]
    );
    let unheard = exports(Wat::new().load(&[("tick_start", 2), ("tick_end", 1)], ""));
    let warnings = warnings_of(&unheard);
    assert_eq!(warnings.len(), 1, "{warnings:?}");
    assert!(
        warnings[0].contains("`events.register` was refused: the component does not export colony:modding/on-tick-end@1.0.0; export it"),
        "{warnings:?}"
    );
    // A timer without a function that it could call, and one for no time at all.
    let mut wat = Wat::new().import("time", "every", "i32 i32 i64 i32 i32 i32 i32 i32");
    let name = wat.text("report");
    let every = |ticks: u32| {
        format!(
            "(call $time.every {name} (i64.const {ticks}) (i32.const 1) (i32.const 0) (i32.const 7) (i32.const 0) (i32.const 16))"
        )
    };
    let timers = wat.load(&[], &format!("{}{}", every(5), every(0)));
    let warnings = warnings_of(&timers.build());
    let [first, second] = &warnings[..] else {
        panic!("{warnings:?}");
    };
    assert!(
        first.contains(
            "`time.every` was refused: the component does not export colony:modding/timers@1.0.0"
        ),
        "{first}"
    );
    assert!(
        second.contains("`time.every` was refused: `ticks` of"),
        "{second}"
    );
}

#[test]
fn a_component_that_is_refused_without_end_is_not_told_of_without_end() {
    let mut wat = Wat::new().import("config", "get", "i32 i32 i32");
    let text = wat.text("a key that is not there, and another, and so on and on");
    let at = text
        .split(['(', ')', ' '])
        .filter(|word| word.parse::<u32>().is_ok());
    let at = at.collect::<Vec<_>>()[0];
    let body = format!(
        "(local $length i32)
    (loop $again
      (call $config.get (i32.const {at}) (local.get $length) (i32.const 64))
      (local.set $length (i32.add (local.get $length) (i32.const 1)))
      (br_if $again (i32.lt_u (local.get $length) (i32.const 50))))"
    );
    let warnings = warnings_of(&wat.export("entry", "load", "", &body).build());
    assert_eq!(warnings.len(), 16);
}

#[test]
fn who_gives_up_where_it_is_refused_is_told_why() {
    let component = Wat::new()
        .load(
            &[("job_craeted", 1)],
            "(if (i32.load8_u (i32.const 16)) (then (unreachable)))",
        )
        .build();
    let record = Project::new()
        .wasm_mod("asker", "1.0.0", "", &component)
        .scenario(2, &["asker"], "")
        .run()
        .unwrap();
    let fault = &record.left_out[0].faults[0];
    assert!(
        fault
            .message
            .starts_with("`entry.load` of asker/wasm/main.wat: it gave up (`unreachable`)"),
        "{fault}"
    );
    assert_eq!(
        fault.help.as_deref(),
        Some(
            "before that `events.register` was refused: there is no event `job_craeted`; did you mean `job_created`?"
        )
    );
    assert!(log_by_tick(&record).is_empty());
}

/// A run in which the component of `woodcutter` can be replaced by that of a later version.
fn woodcutter_replaced(ticks: u64, step: &str) -> RunRecord {
    let guide = root().join("tests/guide");
    let content = |name: &str| std::fs::read(guide.join(name)).unwrap();
    let more =
        "capabilities = [\"jobs.write\"]\n[config]\nlow = { default = 100, min = 0, max = 10000 }";
    let manifest = manifest_of_component("woodcutter", "1.0.0", more);
    Project::new()
        .file("mods/woodcutter/mod.toml", &manifest)
        .bytes(
            "mods/woodcutter/wasm/main.wasm",
            &content("woodcutter-1.0.0.wasm"),
        )
        .bytes("later.wasm", &content("woodcutter-1.1.0.wasm"))
        .scenario(ticks, &["woodcutter"], step)
        .run()
        .unwrap()
}

fn first_reload(record: &RunRecord) -> &ReloadReport {
    let StepResult::Reloads(reports) = &record.steps[0].result else {
        panic!("{:?}", record.steps[0].result);
    };
    &reports[0]
}

#[test]
fn a_field_that_is_gone_without_a_new_version_is_told() {
    let step = "[[step]]\nat = 150\nwrite = { file = \"woodcutter/wasm/main.wasm\", from = \"later.wasm\" }\nexpect = { outcome = \"committed\", dropped = [\"raised\"], defaulted = [\"by_kind\", \"last_kind\"] }\n";
    let record = woodcutter_replaced(160, step);
    assert_eq!(record.faults(), []);
    let state = &first_reload(&record).members[0].state;
    let raised = state.paths.iter().find(|path| path.path == "raised");
    let raised = raised.unwrap();
    assert!(raised.value.starts_with("was "), "{raised:?}");
    assert_eq!(raised.by.as_deref(), Some("kept-state.restore"));
    assert_eq!(
        state.notes,
        [
            "`raised` is gone: the component's state has no such field; no migration ran, since `version` in mod.toml is 1.0.0 as before: raise it to migrate",
            "migration `<1.1.0` did not run: `version` in mod.toml is 1.0.0 as before, raise it"
        ]
    );
}

#[test]
fn a_field_that_is_new_after_restoring_is_told() {
    let of = |name: &str| {
        let handler = "(global.set $count (i64.const 7)) (global.set $changed (i32.const 1))";
        Wat::new()
            .load(&[("tick_start", 1)], "")
            .kept_count(name)
            .export("on-tick-start", "handle", "(param i32 i64)", handler)
            .build()
    };
    // It gives what it was given another name as soon as it is given it.
    let later = of("total").replace(
        "(global.set $count (i64.load offset=24 (local.get $nodes)))",
        "(global.set $count (i64.const 9)) (global.set $changed (i32.const 1))",
    );
    let step = "[[step]]\nat = 3\nwrite = { file = \"counter/wasm/main.wat\", from = \"later.wat\" }\nexpect = { outcome = \"committed\", defaulted = [\"total\"], dropped = [\"count\"] }\n";
    let record = Project::new()
        .wasm_mod("counter", "1.0.0", "", &of("count"))
        .file("later.wat", &later)
        .scenario(6, &["counter"], step)
        .run()
        .unwrap();
    assert_eq!(record.faults(), []);
    let paths = &first_reload(&record).members[0].state.paths;
    let told: Vec<_> = paths
        .iter()
        .map(|told| (told.path.as_str(), told.value.as_str(), told.by.as_deref()))
        .collect();
    let by = Some("kept-state.restore");
    assert_eq!(told, [("count", "was 7", by), ("total", "9", by)]);
}

#[test]
fn a_state_that_does_not_fit_says_that_no_migration_ran() {
    let counter = Wat::new()
        .load(&[("tick_start", 1)], "")
        .kept_count("count")
        .export(
            "on-tick-start",
            "handle",
            "(param i32 i64)",
            "(global.set $count (i64.const 7)) (global.set $changed (i32.const 1))",
        )
        .build();
    let other = counter.replace(
        "(global.set $count (i64.load offset=24 (local.get $nodes)))",
        "(unreachable)",
    );
    let hint = "where the state has another shape than before, raise `version` in mod.toml: it is 1.0.0 as before, and a migration runs only if it has changed";
    for (raise, expects_hint) in [("", true), ("1.0.1", false)] {
        let write = "{ write = { file = \"counter/wasm/main.wat\", from = \"other.wat\" } }";
        let version = "{ edit = { file = \"counter/mod.toml\", find = \"version = \\\"1.0.0\\\"\", replace = \"version = \\\"1.0.1\\\"\" } }";
        let batch = match raise {
            "" => write.to_owned(),
            _ => format!("{write}, {version}"),
        };
        let record = Project::new()
            .wasm_mod("counter", "1.0.0", "", &counter)
            .file("other.wat", &other)
            .scenario(
                6,
                &["counter"],
                &format!(
                    "[[step]]\nat = 3\nbatch = [{batch}]\nexpect = {{ outcome = \"rolled_back\", stage = \"restore\" }}\n"
                ),
            )
            .run()
            .unwrap();
        assert_eq!(record.faults(), []);
        let fault = &first_reload(&record).error.as_ref().unwrap().faults[0];
        let help = fault.help.clone().unwrap_or_default();
        assert_eq!(help.contains(hint), expects_hint, "{help}");
    }
}

#[test]
fn a_line_of_a_source_that_is_not_loaded_is_in_the_report_for_programs() {
    let mut wat = Wat::new().import("failure", "fail", "i32 i32 i32 i32 i32 i32 i32 i32 i32");
    let (message, file) = (
        wat.text("too little wood"),
        wat.text("asker/guest/src/lib.rs"),
    );
    let component = wat
        .load(&[("tick_start", 1)], "")
        .export(
            "on-tick-start",
            "handle",
            "(param i32 i64)",
            &format!("(call $failure.fail {message} (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 1) {file} (i32.const 21))"),
        )
        .build();
    let record = Project::new()
        .wasm_mod("asker", "1.0.0", "", &component)
        .scenario(2, &["asker"], "")
        .run()
        .unwrap();
    let report = json::report(&record, 0);
    for line in [
        "\"message\": \"asker/guest/src/lib.rs:21: too little wood\"",
        "\"file\": \"asker/guest/src/lib.rs\"",
        "\"line\": 21",
    ] {
        assert!(report.contains(line), "{line}: {report}");
    }
}

#[test]
fn messages_name_functions_as_components_do() {
    let mut wat = Wat::new().import("time", "after", "i32 i32 i64 i32 i32 i32 i32 i32");
    let name = wat.text("later");
    let body = format!(
        "(call $time.after {name} (i64.const 3) (i32.const 1) (i32.const 0) (i32.const 7) (i32.const 0) (i32.const 32))
    (call $warn (i32.load (i32.const 36)) (i32.load (i32.const 40)) (i32.const 64))
    (call $warn (i32.load (i32.const 48)) (i32.load (i32.const 52)) (i32.const 64))"
    );
    let component = wat
        .load(&[("tick_start", 1)], "")
        .export("on-tick-start", "handle", "(param i32 i64)", &body)
        .export("timers", "fire", "(param i32 i32 i32 i64 i32 i32)", "")
        .build();
    let warn = "(import \"colony:modding/log@1.0.0\" \"warn\" (func $warn (param i32 i32 i32)))";
    let component = component.replacen("(module", &format!("(module {warn}"), 1);
    let record = Project::new()
        .wasm_mod("asker", "1.0.0", "", &component)
        .scenario(1, &["asker"], "")
        .run()
        .unwrap();
    assert_eq!(record.failures, []);
    assert_eq!(
        log_by_tick(&record)[&1],
        [
            "the function of timer `later` must be declared while the mod loads",
            "write time.declare(\"later\", fn) in `load`, and time.after(\"later\", 3) here",
        ]
    );
}
