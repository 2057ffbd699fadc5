//! Mods that are components live as scripts do: hand-overs, saves and failing calls leave no trace.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use harness::record::RunRecord;
use harness::runner::{EveryTick, RunOptions};
use modding::handover::InjectedFault;
use modding::mod_id::ModId;
use modding::report::Stage;
use tests::wat::Wat;
use tests::{Project, first_difference, manifest, manifest_of_component};

/// Counts ticks in its memory.
fn counter() -> Wat {
    Wat::new()
        .load(&[("tick_start", 1)], "")
        .kept_count("count")
        .export(
            "on-tick-start",
            "handle",
            "(param $function i32) (param $tick i64)",
            "(global.set $count (i64.add (global.get $count) (i64.const 1)))
    (global.set $changed (i32.const 1))",
        )
}

fn expect(id: &str, path: &str, value: &str) -> String {
    format!("[[expect]]\nmod = \"{id}\"\npath = \"{path}\"\nequals = {value}\n\n")
}

fn project(wat: &Wat, ticks: u64, rest: &str) -> Project {
    Project::new()
        .wasm_mod("counter", "1.0.0", "", &wat.build())
        .scenario(ticks, &["counter"], rest)
}

fn every(project: &Project, every_tick: EveryTick) -> RunRecord {
    let options = RunOptions {
        every_tick,
        ..RunOptions::default()
    };
    project.run_with(&options).unwrap()
}

#[test]
fn a_component_keeps_its_state_over_hand_overs_and_saves() {
    let project = project(&counter(), 12, &expect("counter", "count", "12"));
    let plain = every(&project, EveryTick::Nothing);
    assert_eq!(plain.faults(), []);
    for every_tick in [EveryTick::HandOver, EveryTick::SaveAndLoad] {
        let other = every(&project, every_tick);
        assert_eq!(other.faults(), []);
        assert!(other.hand_overs >= 12, "{}", other.hand_overs);
        assert_eq!(first_difference(&plain, &other), None);
    }
}

/// Counts, and does something before or after that at tick 5.
fn failing_counter(wat: Wat, before: &str, after: &str) -> String {
    let at_five =
        |body: &str| format!("(if (i64.eq (local.get $tick) (i64.const 5)) (then {body}))");
    let (before, after) = (at_five(before), at_five(after));
    wat.load(&[("tick_start", 1)], "")
        .kept_count("count")
        .export(
            "on-tick-start",
            "handle",
            "(param $function i32) (param $tick i64)",
            &format!(
                "{before}
    (global.set $count (i64.add (global.get $count) (i64.const 1)))
    (global.set $changed (i32.const 1))
    {after}"
            ),
        )
        .build()
}

#[test]
fn a_failing_call_leaves_no_trace_in_the_memory() {
    // The same calls fail; one of them has counted and emitted by then.
    let early = failing_counter(Wat::new(), "(unreachable)", "");
    let mut wat = Wat::new().import("events", "emit", "i32 i32 i32 i32 i32");
    let event = wat.text("alarm");
    let emit = format!("(call $events.emit {event} (i32.const 0) (i32.const 0) (i32.const 16))");
    let late = failing_counter(wat, "", &format!("{emit} (unreachable)"));
    let run = |component: &str| {
        let project = Project::new().wasm_mod("counter", "1.0.0", "", component);
        let project = project.scenario(12, &["counter"], &expect("counter", "count", "11"));
        let plain = every(&project, EveryTick::Nothing);
        let handed_over = every(&project, EveryTick::HandOver);
        assert_eq!(first_difference(&plain, &handed_over), None);
        assert_eq!(plain.failures.len(), 1, "{:?}", plain.failures);
        assert!(
            plain.verdicts.iter().all(|verdict| verdict.fault.is_none()),
            "{:?}",
            plain.verdicts
        );
        plain
    };
    let (early, late) = (run(&early), run(&late));
    assert_eq!(first_difference(&early, &late), None);
}

/// Counts every other tick, says so, and may not be asked for its state where it has not.
fn counter_that_tells(at_five: &str) -> String {
    let wat = Wat::new().import("kept-state-changes", "note", "");
    let tells = "(call $kept-state-changes.note)";
    let counts = format!(
        "(if (i64.eqz (i64.and (local.get $tick) (i64.const 1))) (then (return)))
    (call $kept-state-changes.note)
    (global.set $count (i64.add (global.get $count) (i64.const 1)))
    (global.set $changed (i32.const 1))
    (if (i64.eq (local.get $tick) (i64.const 5)) (then {at_five}))"
    );
    let wat = wat
        .load(&[("tick_start", 1)], tells)
        .kept_count("count")
        .export(
            "on-tick-start",
            "handle",
            "(param $function i32) (param $tick i64)",
            &counts,
        );
    wat.build().replace(
        ";; none",
        "(if (i32.eqz (global.get $changed)) (then (unreachable)))",
    )
}

#[test]
fn who_tells_of_changes_is_asked_for_its_state_after_those_calls_only() {
    let run = |component: &str, count: &str, every_tick| {
        let project = Project::new()
            .wasm_mod("counter", "1.0.0", "", component)
            .scenario(12, &["counter"], &expect("counter", "count", count));
        every(&project, every_tick)
    };
    for (at_five, count, failures) in [("", "6", 0), ("(unreachable)", "5", 1)] {
        let component = counter_that_tells(at_five);
        let plain = run(&component, count, EveryTick::Nothing);
        assert_eq!(plain.failures.len(), failures, "{:?}", plain.failures);
        // Who is asked after every call comes to the same, if it does not mind.
        let asked = component
            .replace("(call $kept-state-changes.note)", "")
            .replace(
                "(if (i32.eqz (global.get $changed)) (then (unreachable)))",
                "",
            );
        let import = "(import \"colony:modding/kept-state-changes@1.0.0\" \"note\" (func $kept-state-changes.note (param )))";
        assert!(asked.contains(import));
        let asked = run(&asked.replace(import, ""), count, EveryTick::Nothing);
        for other in [
            asked,
            run(&component, count, EveryTick::HandOver),
            run(&component, count, EveryTick::SaveAndLoad),
        ] {
            assert_eq!(first_difference(&plain, &other), None);
        }
        let verdicts = plain.verdicts.iter();
        assert!(verdicts.clone().all(|verdict| verdict.fault.is_none()));
    }
}

/// Offers `count`, which counts its calls in its memory.
/// Imports what says that a state changes, and says it at most while the state is restored.
fn counter_that_could_tell(in_restore: &str) -> String {
    let wat = counter().import("kept-state-changes", "note", "").build();
    wat.replace(
        "(global.set $count (i64.load offset=24 (local.get $nodes)))",
        &format!("(global.set $count (i64.load offset=24 (local.get $nodes))) {in_restore}"),
    )
}

#[test]
fn who_never_says_that_it_tells_of_changes_is_asked_after_every_call() {
    let component = counter_that_could_tell("");
    assert!(component.contains("kept-state-changes"));
    let project = Project::new()
        .wasm_mod("counter", "1.0.0", "", &component)
        .scenario(12, &["counter"], &expect("counter", "count", "12"));
    let plain = every(&project, EveryTick::Nothing);
    assert_eq!(plain.faults(), []);
    for every_tick in [EveryTick::HandOver, EveryTick::SaveAndLoad] {
        let other = every(&project, every_tick);
        assert_eq!(other.faults(), []);
        assert_eq!(first_difference(&plain, &other), None);
    }
}

#[test]
fn what_a_component_makes_of_a_state_that_it_is_given_is_kept() {
    // The state is doubled by each reload that restores it, and nothing calls the component before the next.
    let double = "(global.set $count (i64.mul (global.get $count) (i64.const 2)))
    (global.set $changed (i32.const 1))
    (call $kept-state-changes.note)";
    let component = counter_that_could_tell(double).replace(
        "(i64.add (global.get $count) (i64.const 1))",
        "(select (i64.const 3) (global.get $count) (i64.eq (local.get $tick) (i64.const 1)))",
    );
    let reload = |at: u32| {
        format!("[[step]]\nat = {at}\nreload = {{ mods = [\"counter\"], force = true }}\n")
    };
    let steps = format!("{}\n{}\n", reload(3), reload(3));
    let project = Project::new()
        .wasm_mod("counter", "1.0.0", "", &component)
        .scenario(
            4,
            &["counter"],
            &format!("{steps}{}", expect("counter", "count", "12")),
        );
    assert_eq!(every(&project, EveryTick::Nothing).faults(), []);
}

fn callee() -> String {
    let mut wat = Wat::new().import("mods", "export", "i32 i32 i32 i32");
    let name = wat.text("count");
    wat.load(
        &[],
        &format!("(call $mods.export {name} (i32.const 3) (i32.const 16))"),
    )
    .kept_count("count")
    .export(
        "exports",
        "call",
        "(param $function i32) (param $arguments i32) (param $length i32) (result i32)",
        "(global.set $count (i64.add (global.get $count) (i64.const 1)))
    (global.set $changed (i32.const 1))
    (i64.store (i32.const 256) (i64.const 0))
    (i32.const 256)",
    )
    .build()
}

/// Calls it at every tick and then, at tick 5, fails.
fn caller() -> String {
    let mut wat = Wat::new().import("mods", "call", "i32 i32 i32 i32 i32 i32 i32");
    let (id, name) = (wat.text("callee"), wat.text("count"));
    wat.load(&[("tick_start", 1)], "")
        .export(
            "on-tick-start",
            "handle",
            "(param $function i32) (param $tick i64)",
            &format!(
                "(call $mods.call {id} {name} (i32.const 0) (i32.const 0) (i32.const 16))
    (if (i32.load8_u (i32.const 16)) (then (unreachable)))
    (if (i64.eq (local.get $tick) (i64.const 5)) (then (unreachable)))"
            ),
        )
        .build()
}

#[test]
fn a_failing_root_call_is_undone_in_the_memory_of_those_that_it_called() {
    let project = Project::new()
        .wasm_mod("callee", "1.0.0", "", &callee())
        .wasm_mod(
            "caller",
            "1.0.0",
            "[dependencies]\ncallee = \"*\"",
            &caller(),
        )
        .scenario(10, &["callee", "caller"], &expect("callee", "count", "9"));
    let plain = every(&project, EveryTick::Nothing);
    assert_eq!(plain.failures.len(), 1, "{:?}", plain.failures);
    assert!(
        plain.verdicts.iter().all(|verdict| verdict.fault.is_none()),
        "{:?}",
        plain.verdicts
    );
    let handed_over = every(&project, EveryTick::HandOver);
    assert_eq!(first_difference(&plain, &handed_over), None);
}

#[test]
fn scripts_and_components_call_each_other() {
    let script = "colony.events.register('tick_start', function() colony.mods.get('callee').count('unasked', { 1 }) end)";
    let record = Project::new()
        .wasm_mod("callee", "1.0.0", "", &callee())
        .lua_mod("caller", "1.0.0", "[dependencies]\ncallee = \"*\"", script)
        .scenario(4, &["callee", "caller"], &expect("callee", "count", "4"))
        .run()
        .unwrap();
    assert_eq!(record.faults(), []);
    let script = "colony.state.define({ count = 0 })
colony.mods.export('count', function() colony.storage.count = colony.storage.count + 1 end)";
    let record = Project::new()
        .lua_mod("callee", "1.0.0", "", script)
        .wasm_mod(
            "caller",
            "1.0.0",
            "[dependencies]\ncallee = \"*\"",
            &caller(),
        )
        .scenario(6, &["callee", "caller"], &expect("callee", "count", "5"))
        .run()
        .unwrap();
    assert_eq!(record.failures.len(), 1);
    assert!(
        record
            .verdicts
            .iter()
            .all(|verdict| verdict.fault.is_none()),
        "{:?}",
        record.verdicts
    );
}

/// Counts in `mod_unloaded`, too, which a reload that fails must take back.
fn counting_its_ends() -> Wat {
    let count = "(global.set $count (i64.add (global.get $count) (i64.const 1)))
    (global.set $changed (i32.const 1))";
    Wat::new()
        .load(&[("tick_start", 1), ("mod_unloaded", 2)], "")
        .kept_count("count")
        .export("on-tick-start", "handle", "(param i32 i64)", count)
        .export("on-mod-unloaded", "handle", "(param i32 i64)", count)
}

#[test]
fn a_reload_that_fails_at_any_stage_is_invisible() {
    let project = project(&counting_its_ends(), 8, "");
    let plain = every(&project, EveryTick::Nothing);
    let id = ModId::parse("counter").unwrap();
    for stage in Stage::ALL {
        let fault = InjectedFault {
            stage,
            mod_id: id.clone(),
        };
        let faults = (2..=8).map(|tick| (tick, (vec![id.clone()], fault.clone())));
        let options = RunOptions {
            extra_faults: faults.collect(),
            ..RunOptions::default()
        };
        let record = project.run_with(&options).unwrap();
        assert_eq!(record.faults(), [], "{}", stage.name());
        assert_eq!(first_difference(&plain, &record), None, "{}", stage.name());
    }
}

#[test]
fn a_mod_changes_its_language_with_its_state() {
    let script = |pace: u32| {
        format!(
            "colony.state.define({{ count = 0 }})
colony.events.register(\"tick_start\", function() colony.storage.count = colony.storage.count + {pace} end)"
        )
    };
    let write = |path: &str, text: &str| {
        format!("{{ write = {{ file = \"subject/{path}\", text = '''\n{text}''' }} }}")
    };
    let delete = |path: &str| format!("{{ delete = {{ file = \"subject/{path}\" }} }}");
    let step = |at: u64, edits: [String; 3]| {
        format!(
            "[[step]]\nat = {at}\nbatch = [\n{}\n]\nexpect = {{ outcome = \"committed\" }}\n\n",
            edits.join(",\n")
        )
    };
    let steps = step(
        5,
        [
            write("mod.toml", &manifest_of_component("subject", "2.0.0", "")),
            delete("scripts/main.lua"),
            write("wasm/main.wat", &counter().build()),
        ],
    ) + &step(
        9,
        [
            write("mod.toml", &manifest("subject", "2.1.0", "")),
            write("scripts/main.lua", &script(10)),
            delete("wasm/main.wat"),
        ],
    );
    // Four ticks in Lua, four as a component, two in Lua again.
    let project = Project::new()
        .lua_mod("subject", "1.0.0", "", &script(100))
        .scenario(
            10,
            &["subject"],
            &(steps + &expect("subject", "count", "424")),
        );
    let plain = every(&project, EveryTick::Nothing);
    assert_eq!(plain.faults(), []);
    for every_tick in [EveryTick::HandOver, EveryTick::SaveAndLoad] {
        let other = every(&project, every_tick);
        assert_eq!(other.faults(), []);
        assert_eq!(first_difference(&plain, &other), None);
    }
}

/// Puts the tick into the storage at every third tick: with a timer and by a path.
fn timer() -> String {
    let mut wat = Wat::new()
        .import("time", "every", "i32 i32 i64 i32 i32 i32 i32 i32")
        .import("storage", "set", "i32 i32 i32 i32 i32");
    let (pulse, path) = (wat.text("pulse"), wat.text("last"));
    let words = path.replace("(i32.const ", "").replace(')', "");
    let (at, length) = words.split_once(' ').unwrap();
    wat.load(
        &[],
        &format!("(call $time.every {pulse} (i64.const 3) (i32.const 1) (i32.const 0) (i32.const 9) (i32.const 0) (i32.const 16))"),
    )
    .export(
        "timers",
        "fire",
        "(param $function i32) (param $name i32) (param $name_length i32) (param $tick i64) (param $value i32) (param $value_length i32)",
        &format!(
            "(if (i32.ne (local.get $function) (i32.const 9)) (then (unreachable)))
    (i32.store (i32.const 512) (i32.const {at})) (i32.store (i32.const 516) (i32.const {length}))
    (i32.store8 (i32.const 528) (i32.const 1)) (i64.store (i32.const 536) (local.get $tick))
    (call $storage.set (i32.const 512) (i32.const 1) (i32.const 528) (i32.const 1) (i32.const 16))
    (if (i32.load8_u (i32.const 16)) (then (unreachable)))"
        ),
    )
    .build()
}

#[test]
fn a_mod_may_have_a_script_and_a_component() {
    let script = "colony.events.register('tick_start', function(event)
  colony.storage.script = event.tick
end)";
    let project = Project::new()
        .wasm_mod("both", "1.0.0", "", &timer())
        .file("mods/both/scripts/main.lua", script)
        .scenario(
            11,
            &["both"],
            &(expect("both", "script", "11") + &expect("both", "last", "9")),
        );
    let plain = every(&project, EveryTick::Nothing);
    assert_eq!(plain.faults(), []);
    for every_tick in [EveryTick::HandOver, EveryTick::SaveAndLoad] {
        let other = every(&project, every_tick);
        assert_eq!(other.faults(), []);
        assert_eq!(first_difference(&plain, &other), None);
    }
}

#[test]
fn a_component_that_keeps_its_own_state_has_no_script_beside_it() {
    let record = Project::new()
        .wasm_mod("both", "1.0.0", "", &counter().build())
        .file("mods/both/scripts/main.lua", "")
        .scenario(1, &["both"], "")
        .run()
        .unwrap();
    assert_eq!(
        record.left_out[0].faults[0].message,
        "both/wasm/main.wat exports kept-state, which gives the whole state, and there is scripts/main.lua, which shares it"
    );
}
