//! Components that try to take the host down (I6): each call fails with an error that names the mod's file and the export, at the same
//! count in every process, and the colony goes on.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::process::{Command, Stdio};

use harness::record::RunRecord;
use harness::report::json;
use tests::Project;
use tests::wat::Wat;

/// What the child process of a test writes its report to.
const REPORT: &str = "COLONY_SIM_TEST_REPORT";

const STEPS: &str = "`on-tick-start.handle` of hostile/wasm/main.wat: instruction budget used up";

/// Functions that hostile handlers call.
const FUNCTIONS: &str = "
  (table $table 1 funcref)
  (func $deep (param i64) (result i64)
    (i64.add (i64.const 1) (call $deep (i64.add (local.get 0) (i64.const 1)))))
  (func $wide (param i64) (result i64) (call $deep (local.get 0)))
  (elem declare func $wide)";

/// What a handler does at every tick, and how its failure begins.
const HANDLERS: &[(&str, &str)] = &[
    ("(loop $again (br $again))", STEPS),
    (
        "(loop $again (drop (memory.grow (i32.const 100))) (br $again))",
        STEPS,
    ),
    (
        "(loop $again (drop (table.grow $table (ref.null func) (i32.const 1000))) (br $again))",
        STEPS,
    ),
    (
        "(loop $again (memory.fill (i32.const 0) (i32.const 1) (i32.const 100000)) (br $again))",
        STEPS,
    ),
    (
        "(loop $again (memory.copy (i32.const 0) (i32.const 8) (i32.const 100000)) (br $again))",
        STEPS,
    ),
    (
        "(loop $again (call $log.info (i32.const 70000) (i32.const 60000) (i32.const 16)) (br $again))",
        STEPS,
    ),
    (
        "(loop $again (call $map.nearest (i32.const 1024) (i32.const 4) (i64.const 100) (i32.const 16)) (br $again))",
        STEPS,
    ),
    (
        "(drop (call $deep (i64.const 0)))",
        "`on-tick-start.handle` of hostile/wasm/main.wat: its calls are nested too deep, in deep, called by deep",
    ),
    (
        "(unreachable)",
        "`on-tick-start.handle` of hostile/wasm/main.wat: it gave up (`unreachable`)",
    ),
    (
        "(drop (i32.load (i32.const -4)))",
        "`on-tick-start.handle` of hostile/wasm/main.wat: wasm trap: out of bounds memory access",
    ),
    (
        "(drop (i32.div_u (i32.const 1) (i32.const 0)))",
        "`on-tick-start.handle` of hostile/wasm/main.wat: wasm trap: integer divide by zero",
    ),
    (
        "(call_indirect $table (i32.const 0))",
        "`on-tick-start.handle` of hostile/wasm/main.wat: wasm trap: uninitialized element",
    ),
    // A text that is not in memory, and one that is no text.
    (
        "(call $log.info (i32.const -8) (i32.const 16) (i32.const 16))",
        "`on-tick-start.handle` of hostile/wasm/main.wat: string pointer/length out of bounds of memory",
    ),
    (
        "(i32.store8 (i32.const 70000) (i32.const 255)) (call $log.info (i32.const 70000) (i32.const 1) (i32.const 16))",
        "`on-tick-start.handle` of hostile/wasm/main.wat: invalid utf-8 sequence of 1 bytes from index 0",
    ),
    // A result that is written where there is no memory, or where it must not be.
    (
        "(call $map.tile (i64.const 0) (i64.const 0) (i32.const -16))",
        "`on-tick-start.handle` of hostile/wasm/main.wat: pointer out of bounds",
    ),
    (
        "(call $map.tile (i64.const 0) (i64.const 0) (i32.const 17))",
        "`on-tick-start.handle` of hostile/wasm/main.wat: pointer not aligned",
    ),
    // Allocators that lie.
    (
        "(global.set $lie (i32.const -16)) (call $map.tile (i64.const 0) (i64.const 0) (i32.const 16))",
        "`on-tick-start.handle` of hostile/wasm/main.wat: realloc return: beyond end of memory",
    ),
    (
        "(global.set $lie (i32.const 70001)) (call $map.nearest (i32.const 1024) (i32.const 4) (i64.const 9) (i32.const 16))",
        "`on-tick-start.handle` of hostile/wasm/main.wat: realloc return: result not aligned",
    ),
];

/// An allocator that lies where it is told to.
const LIAR: &str = "
  (global $lie (mut i32) (i32.const 0))
  (func $cabi_realloc (export \"cabi_realloc\") (param i32 i32 i32 i32) (result i32)
    (if (result i32) (global.get $lie) (then (global.get $lie)) (else (i32.const 80000))))";

fn hostile(body: &str) -> String {
    let mut wat = Wat::new()
        .realloc(LIAR)
        .import("log", "info", "i32 i32 i32")
        .import("map", "tile", "i64 i64 i32")
        .import("map", "nearest", "i32 i32 i64 i32");
    let kind = wat.text("mine");
    assert_eq!(kind, "(i32.const 1024) (i32.const 4)");
    wat.code(FUNCTIONS)
        .load(&[("tick_start", 1)], "")
        .export(
            "on-tick-start",
            "handle",
            "(param i32 i64)",
            &format!("{body} (nop)"),
        )
        .build()
}

fn run_hostile(component: &str, ticks: u64) -> RunRecord {
    Project::new()
        .wasm_mod("hostile", "1.0.0", "", component)
        .scenario(ticks, &["hostile"], "")
        .run()
        .unwrap()
}

#[test]
fn hostile_handlers_fail_and_the_colony_goes_on() {
    for (body, expected) in HANDLERS {
        let record = run_hostile(&hostile(body), 3);
        assert!(record.left_out.is_empty(), "{body}: {:?}", record.left_out);
        let [failure] = &record.failures[..] else {
            panic!("{body}: {:?}", record.failures);
        };
        let message = failure.error.to_string();
        assert!(message.starts_with(expected), "{body}: {message}");
        assert_eq!(
            (failure.count, failure.mod_id.as_str()),
            (3, "hostile"),
            "{body}"
        );
        assert_eq!(record.chain.len(), 4, "{body}");
    }
}

#[test]
fn memory_that_is_refused_is_told_of() {
    let body = "(if (i32.lt_s (memory.grow (i32.const 2000)) (i32.const 0)) (then (unreachable)))";
    let record = run_hostile(&hostile(body), 1);
    let help = record.failures[0].error.help.clone().unwrap();
    assert_eq!(
        help,
        "131203072 bytes of memory were asked for, 67108864 are allowed: keep less in memory at once"
    );
}

/// What a kept state comes to in bytes of memory at 512, and how its call fails.
const STATES: &[(&str, &str)] = &[
    // A list beyond memory, and one whose end is.
    (
        "(i32.store (i32.const 516) (i32.const -16)) (i32.store (i32.const 520) (i32.const 2))",
        "`kept-state.save` of hostile/wasm/main.wat: list pointer/length out of bounds of memory",
    ),
    (
        "(i32.store (i32.const 516) (i32.const 528)) (i32.store (i32.const 520) (i32.const -1))",
        "`kept-state.save` of hostile/wasm/main.wat: list pointer/length out of bounds of memory",
    ),
    // A node of no kind.
    (
        "(i32.store (i32.const 516) (i32.const 528)) (i32.store (i32.const 520) (i32.const 1)) (i32.store8 (i32.const 528) (i32.const 9))",
        "`kept-state.save` of hostile/wasm/main.wat: unexpected discriminant: 9",
    ),
    // A text that is none.
    (
        "(i32.store (i32.const 516) (i32.const 528)) (i32.store (i32.const 520) (i32.const 1)) (i32.store8 (i32.const 528) (i32.const 3))
         (i32.store (i32.const 536) (i32.const 600)) (i32.store (i32.const 540) (i32.const 1)) (i32.store8 (i32.const 600) (i32.const 255))",
        "`kept-state.save` of hostile/wasm/main.wat: invalid utf-8 sequence of 1 bytes from index 0",
    ),
    // No table of names.
    (
        "(i32.store (i32.const 516) (i32.const 528)) (i32.store (i32.const 520) (i32.const 1)) (i32.store8 (i32.const 528) (i32.const 1))",
        "`kept-state.save` of hostile/wasm/main.wat: the state must be a table of names, found 0",
    ),
    // A list that says that it is longer than it is.
    (
        "(i32.store (i32.const 516) (i32.const 528)) (i32.store (i32.const 520) (i32.const 1)) (i32.store8 (i32.const 528) (i32.const 4))
         (i32.store (i32.const 536) (i32.const -1))",
        "`kept-state.save` of hostile/wasm/main.wat: the state is not a tree: it ends after 1 nodes within a table",
    ),
];

#[test]
fn states_that_are_none_fail_the_call_that_they_follow() {
    for (body, expected) in STATES {
        let component = Wat::new()
            .load(&[("tick_start", 1)], "")
            .export("on-tick-start", "handle", "(param i32 i64)", "(nop)")
            .export("kept-state", "restore", "(param i32 i32)", "(nop)")
            .export(
                "kept-state",
                "save",
                "(result i32)",
                &format!("(i32.store8 (i32.const 512) (i32.const 1)) {body} (i32.const 512)"),
            )
            .build();
        let record = run_hostile(&component, 2);
        let [failure] = &record.failures[..] else {
            panic!("{body}: {:?}", record.failures);
        };
        let message = failure.error.to_string();
        assert!(message.starts_with(expected), "{message}");
        assert_eq!(failure.count, 2);
    }
}

/// Modules that cannot begin, and why.
fn unable() -> Vec<(String, &'static str)> {
    let with = |code: &str| Wat::new().load(&[], "").code(code).build();
    let data = "x".repeat(100_000);
    vec![
        (
            with("(func $start (loop $again (br $again))) (start $start)"),
            "`instantiate` of hostile/wasm/main.wat: instruction budget used up: 5,000,000 steps in one call",
        ),
        (
            with("(func $start (unreachable)) (start $start)"),
            "`instantiate` of hostile/wasm/main.wat: it gave up (`unreachable`)",
        ),
        (
            Wat::new().load(&[], "(loop $again (br $again))").build(),
            "`entry.load` of hostile/wasm/main.wat: instruction budget used up: 5,000,000 steps in one call",
        ),
        (
            with("").replace("\"memory\") 2)", "\"memory\") 2000)"),
            "`instantiate` of hostile/wasm/main.wat: memory minimum size of 2000 pages exceeds memory limits",
        ),
        (
            with("(table 200000 funcref)"),
            "`instantiate` of hostile/wasm/main.wat: table minimum size of 200000 elements exceeds table limits",
        ),
        (
            with(&format!("(data (i32.const 100000) \"{data}\")")),
            "`instantiate` of hostile/wasm/main.wat: wasm trap: out of bounds memory access",
        ),
        (
            with(&"(memory 1)".repeat(40)),
            "`instantiate` of hostile/wasm/main.wat: resource limit exceeded: memory count too high at 41",
        ),
    ]
}

#[test]
fn components_that_cannot_begin_are_left_out() {
    for (component, expected) in unable() {
        let record = run_hostile(&component, 2);
        let [left_out] = &record.left_out[..] else {
            panic!("{expected}: {:?}", record.left_out);
        };
        let message = &left_out.faults[0].message;
        assert!(message.contains(expected), "{message}");
        assert_eq!(record.chain.len(), 3);
    }
}

/// Steps, hashes and messages of all of it.
fn report() -> String {
    let handlers = HANDLERS.iter().map(|(body, _)| {
        let record = run_hostile(&hostile(body), 2);
        json::report(&record, 0)
    });
    handlers.collect::<Vec<_>>().join("\n")
}

#[test]
fn bounds_are_the_same_in_every_process() {
    if let Some(path) = std::env::var_os(REPORT) {
        std::fs::write(path, report()).unwrap();
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let reports = (0..5).map(|child| {
        let path = folder.path().join(child.to_string());
        let status = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "bounds_are_the_same_in_every_process"])
            .env(REPORT, &path)
            .stdout(Stdio::null())
            .status()
            .unwrap();
        assert!(status.success());
        std::fs::read_to_string(path).unwrap()
    });
    let reports: Vec<String> = reports.collect();
    assert!(reports[0].contains("instruction budget used up"));
    assert!(reports.iter().all(|report| *report == reports[0]));
}
