//! The same for components, which have faults of their own.

use super::*;

/// Counts ticks in a global that its state leaves out, and what it keeps is every fifth of them.
fn forgetful() -> tests::wat::Wat {
    tests::wat::Wat::new()
        .load(&[("tick_start", 1)], "")
        .kept_count("fives")
        .code("(global $ticks (mut i64) (i64.const 0))")
        .export(
            "on-tick-start",
            "handle",
            "(param $function i32) (param $tick i64)",
            "(global.set $ticks (i64.add (global.get $ticks) (i64.const 1)))
    (if (i64.eqz (i64.rem_u (global.get $ticks) (i64.const 5))) (then
      (global.set $count (i64.add (global.get $count) (i64.const 1)))
      (global.set $changed (i32.const 1))))",
        )
}

/// A project of a mod that is this component.
fn with_component(component: &tests::wat::Wat) -> tests::Project {
    tests::Project::new()
        .wasm_mod("below", "1.0.0", "", &component.build())
        .scenario(40, &["below"], "")
}

const ALL_BUT_THREADS: [TrialKind; 4] = [
    ReloadAtEachTick,
    ReloadAtOneTick,
    SaveAndLoadAtEachTick,
    Collector,
];

#[test]
fn a_component_that_leaves_something_out_of_its_state_is_convicted() {
    let project = with_component(&forgetful());
    let report = checked_in(&project, "below", None);
    assert_eq!(convicting(&report), ALL_BUT_THREADS, "{report:#?}");
    let change = change(&report);
    assert_eq!((change.interrupted, change.tick), (Some((2, 2)), 5));
    let mut facts = change.facts.iter();
    let fact = facts.find(|fact| state_path(fact).is_some()).unwrap();
    let (id, path) = state_path(fact).unwrap();
    assert_eq!((id.as_str(), path), ("below", "fives"));
    assert_eq!([&fact.old, &fact.new], [&Some("1".to_owned()), &None]);
    assert_eq!(codes(&report), [""; 0]);
    assert_eq!(
        harness::report::check::code(&report),
        Some("reload-visible")
    );
    let shown = |file: &str| file.to_owned();
    let options = text::CheckTextOptions {
        colour: false,
        shown: &shown,
    };
    let told = text::report(&report, &options);
    for line in [
        "  new instances                      8 runs  CONVICTED  differs at tick 5\n",
        "help: what a component has in memory beside its state, such as a `static`, begins again in every instance: keep it in the state",
        "  static findings                            none\n",
        "error[reload-visible]: reloading identical content at tick 2 changes the state of below at tick 5\n",
        "`below.fives` is 1 without the reload, none with it",
    ] {
        assert!(told.contains(line), "{told}");
    }
    let reproduction = report.reproduction.unwrap();
    reproduction.write().unwrap();
    let library = Subject::read(&Named::Folder(
        project.path().parent().unwrap().join("mods/below"),
    ));
    let (scenario, workspace) =
        harness::load_from(&reproduction.path, &library.unwrap().library).unwrap();
    let record = run(&scenario, &workspace, &RunOptions::default(), &mut |_| {}).unwrap();
    assert_eq!(record.faults().len(), 1, "{:?}", record.faults());
}

#[test]
fn a_component_without_a_state_is_told_that_it_keeps_nothing() {
    let handler = "(param $function i32) (param $tick i64)";
    let remembering = |body: &str| {
        // A draw moves the mod's stream of random numbers.
        let draw = "(call $random.integer (i64.const 1) (i64.const 6) (i32.const 16))";
        tests::wat::Wat::new()
            .import("random", "integer", "i64 i64 i32")
            .load(&[("tick_start", 1)], "")
            .code("(global $ticks (mut i64) (i64.const 0))")
            .export(
                "on-tick-start",
                "handle",
                handler,
                &body.replace("DRAW", draw),
            )
    };
    // What it remembers makes a difference.
    let counting = "(global.set $ticks (i64.add (global.get $ticks) (i64.const 1)))
    (if (i64.eq (global.get $ticks) (i64.const 5)) (then DRAW))";
    let report = checked_in(&with_component(&remembering(counting)), "below", None);
    assert_eq!(convicting(&report), ALL_BUT_THREADS, "{report:#?}");
    assert_eq!(codes(&report), ["stateless-component"]);
    assert_eq!(
        harness::report::check::code(&report),
        Some("stateless-component")
    );
    // It remembers nothing that matters: a warning, and no conviction.
    let knowing = "(if (i64.eq (local.get $tick) (i64.const 5)) (then DRAW))";
    let report = checked_in(&with_component(&remembering(knowing)), "below", None);
    assert!(report.passes(), "{report:#?}");
    assert_eq!(codes(&report), ["stateless-component"]);
}

#[test]
fn what_a_component_remembers_from_call_to_call_of_one_tick_is_found() {
    let handler = "(param $function i32) (param $tick i64)";
    let wat = tests::wat::Wat::new()
        .load(
            &[("tick_start", 1), ("tick_end", 2), ("colonist_died", 3)],
            "",
        )
        .kept_count("seen")
        .code("(global $began (mut i64) (i64.const 0))")
        .export(
            "on-tick-start",
            "handle",
            handler,
            "(global.set $began (local.get $tick))",
        )
        .export(
            "on-colonist-died",
            "handle",
            "(param i32 i64 i64 i32 i32 i64 i64 i32 i32)",
            "",
        )
        .export(
            "on-tick-end",
            "handle",
            handler,
            "(global.set $count (global.get $began)) (global.set $changed (i32.const 1))",
        );
    let report = checked_in(&with_component(&wat), "below", None);
    assert_eq!(convicting(&report), [Collector], "{report:#?}");
    assert_eq!(
        harness::report::check::code(&report),
        Some("instance-visible")
    );
    // What it listens to is known from what it declares.
    assert_eq!(report.unheard, ["colonist_died"]);
}

#[test]
fn what_another_version_listens_to_is_known_from_what_it_declares() {
    let nothing = tests::wat::Wat::new().load(&[], "");
    let older = tests::wat::Wat::new()
        .load(&[("colonist_died", 1)], "")
        .export(
            "on-colonist-died",
            "handle",
            "(param i32 i64 i64 i32 i32 i64 i64 i32 i32)",
            "",
        );
    let manifest = tests::manifest_of_component("below", "0.9.0", "");
    let project = with_component(&nothing)
        .file("older/mod.toml", &manifest)
        .file("older/wasm/main.wat", &older.build())
        .file("older.toml", "schema = 1\nname = \"older\"\nseed = 1\nticks = 20\n\n[mods]\nload = [\"base\", { id = \"below\", from = \"older\" }]\n");
    let scenario = project.path().with_file_name("older.toml");
    let report = checked_in(&project, "below", Some(scenario));
    assert!(!report.in_folder);
    assert_eq!(report.unheard, ["colonist_died"]);
}
