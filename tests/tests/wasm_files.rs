//! Files that are no component of ours: a reload of them is rolled back, and their author is told what was found, what was expected and what to do.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use harness::record::StepResult;
use harness::runner::RunOptions;
use modding::report::Outcome;
use tests::wat::Wat;
use tests::{Project, first_difference, manifest_of_component};

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

/// A change of the component before tick 5, and how it is refused.
fn refused(content: &[u8], expected: &str) {
    let text = counter().build();
    let step = "[[step]]\nat = 5\nlabel = \"change\"\nwrite = { file = \"counter/wasm/main.wasm\", from = \"other.wasm\" }\nexpect = { outcome = \"rolled_back\" }\n";
    let binary = wat::parse_str(&text).unwrap();
    let project = Project::new()
        .file(
            "mods/counter/mod.toml",
            &manifest_of_component("counter", "1.0.0", ""),
        )
        .bytes("mods/counter/wasm/main.wasm", &binary)
        .bytes("other.wasm", content)
        .scenario(
            10,
            &["counter"],
            &format!("{step}\n{}", expect("counter", "count", "10")),
        );
    let record = project.run().unwrap();
    let without = RunOptions {
        without_step: Some("change".to_owned()),
        ..RunOptions::default()
    };
    assert_eq!(
        first_difference(&project.run_with(&without).unwrap(), &record),
        None
    );
    let StepResult::Reloads(reports) = &record.steps[0].result else {
        panic!("{:?}", record.steps[0].result);
    };
    let error = reports[0].error.clone();
    let error = error.unwrap_or_else(|| panic!("{expected}: {:?}", reports[0]));
    assert_eq!(reports[0].outcome, Outcome::RolledBack);
    let faults = error.faults.iter();
    let messages = faults.map(|fault| match &fault.help {
        Some(help) => format!("{}; {help}", fault.message),
        None => fault.message.clone(),
    });
    let messages: Vec<String> = messages.collect();
    assert!(
        messages.iter().any(|message| message.contains(expected)),
        "{expected}: {messages:?}"
    );
}

#[test]
fn files_that_are_no_component_are_rolled_back() {
    let whole = wat::parse_str(counter().build()).unwrap();
    let mut corrupt = whole.clone();
    let at = corrupt.len() / 3;
    corrupt[at..at + 20].fill(0xff);
    for (content, expected) in [
        (
            &whole[..whole.len() / 2],
            "counter/wasm/main.wasm is cut off: it ends after",
        ),
        (
            &whole[..6],
            "counter/wasm/main.wasm is cut off: it ends after 6 bytes",
        ),
        (
            &corrupt,
            "counter/wasm/main.wasm is not valid WebAssembly: ",
        ),
        (
            b"",
            "counter/wasm/main.wasm is empty, expected a component or a core module of WebAssembly",
        ),
        (
            counter().build().as_bytes(),
            "counter/wasm/main.wasm is the text form of WebAssembly under the name of the binary one, expected",
        ),
        (
            b"MZ\x90\x00\x03",
            "counter/wasm/main.wasm begins with 4d 5a 90 00, expected WebAssembly",
        ),
    ] {
        refused(content, expected);
    }
}

#[test]
fn components_that_are_not_of_ours_are_rolled_back() {
    let of_wasi = "(module (import \"wasi_snapshot_preview1\" \"fd_write\" (func (param i32 i32 i32 i32) (result i32))))";
    let imports = ["a", "b", "c", "d", "e", "f"];
    let imports = imports.map(|name| format!("(import \"wasi:io/{name}@0.2.0\" (instance))"));
    for (text, expected) in [
        (
            counter().build().replace("@1.0.0", "@2.0.0"),
            "imports colony:modding/events@2.0.0, expected colony:modding in version 1.0.0",
        ),
        (
            counter()
                .build()
                .replace("on-tick-start@", "on-tick-begin@"),
            "exports colony:modding/on-tick-begin@1.0.0, which there is not",
        ),
        (
            counter()
                .build()
                .replace("colony:modding/events", "colony:moding/events"),
            "imports colony:moding/events@1.0.0.register, and colony:modding is all that there is; did you mean `colony:modding`?",
        ),
        (
            of_wasi.to_owned(),
            "imports wasi_snapshot_preview1.fd_write, and colony:modding is all that there is",
        ),
        (
            "(component (import \"wasi:clocks/wall-clock@0.2.0\" (instance)))".to_owned(),
            "imports wasi:clocks/wall-clock@0.2.0, and colony:modding is all that there is",
        ),
        (
            format!("(component {})", imports.concat()),
            "imports wasi:io/a@0.2.0, wasi:io/b@0.2.0, wasi:io/c@0.2.0, wasi:io/d@0.2.0 and 2 more, and colony:modding is all that there is",
        ),
        (
            "(component)".to_owned(),
            "exports nothing, expected colony:modding/entry@1.0.0 at least",
        ),
        (
            "(module)".to_owned(),
            "is a core module that exports nothing; expected `colony:modding/entry@1.0.0#load` at least",
        ),
        (
            "(module (memory (export \"memory\") 1) (func (export \"add\")))".to_owned(),
            "is a core module that exports add, memory, nothing of colony:modding",
        ),
    ] {
        let content = wat::parse_str(text).unwrap();
        refused(&content, &format!("counter/wasm/main.wasm {expected}"));
    }
}

#[test]
fn functions_that_are_not_as_colony_wit_has_them_are_named() {
    for (text, expected) in [
        (
            counter().build().replace(
                "(param $function i32) (param $tick i64)",
                "(param $function i32) (param $tick i32)",
            ),
            "exports `on-tick-start.handle` as (i32, i32), expected (i32, i64)",
        ),
        (
            counter()
                .build()
                .replace(
                    "(func $events.register (param i32 i32 i32 i32 i32 i32 i32 i32 i64 ",
                    "(func $events.register (param i32 i32 i32 i32 i32 i32 i32 i32 i32 ",
                )
                .replace(
                    "(i64.const 0) (i32.const 0) (i32.const 0) (i32.const 16)",
                    "(i32.const 0) (i32.const 0) (i32.const 0) (i32.const 16)",
                ),
            "imports `events.register` as (i32, i32, i32, i32, i32, i32, i32, i32, i32, i32, i32, i32), expected (i32, i32, i32, i32, i32, i32, i32, i32, i64, i32, i32, i32)",
        ),
        (
            "(component (import \"colony:modding/storage@1.0.0\" (instance (export \"gett\" (func)))))".to_owned(),
            "imports `storage.gett`, which there is not in 1.0.0; did you mean `get`?",
        ),
        (
            "(component (import \"colony:modding/mods@1.0.0\" (instance (export \"get\" (func)))))".to_owned(),
            "imports `mods.get`, which there is not in 1.0.0",
        ),
        (
            counter().build().replace("\"register\"", "\"registre\""),
            "imports `events.registre`, which there is not in 1.0.0; did you mean `register`?",
        ),
        (
            counter()
                .build()
                .replace("kept-state@1.0.0#restore", "kept-state@1.0.0#restor"),
            "exports `kept-state.restor`, which there is not in 1.0.0; did you mean `restore`?",
        ),
        (
            counter()
                .build()
                .replace("colony:modding/kept-state@1.0.0#restore", "restore"),
            "exports some of `kept-state` and not `kept-state.restore`; export `colony:modding/kept-state@1.0.0#restore`, too",
        ),
        (
            counter()
                .build()
                .replace("entry@1.0.0#load", "entry@1.0.0#lood"),
            "exports `entry.lood`, which there is not in 1.0.0; did you mean `load`?",
        ),
    ] {
        let content = wat::parse_str(text).unwrap();
        refused(&content, &format!("counter/wasm/main.wasm {expected}"));
    }
}

#[test]
fn code_that_is_wrong_is_named_by_its_function() {
    let body = "(i64.add (global.get $count) (i64.const 1))";
    let wrong = counter().build().replace(body, "(i32.const 1)");
    let export = "colony:modding/on-tick-start@1.0.0#handle";
    let expected = format!(
        "counter/wasm/main.wasm is not valid WebAssembly: type mismatch: expected i64, found i32 in the function that is exported as `{export}` (at offset 0x"
    );
    refused(&wat::parse_str(&wrong).unwrap(), &expected);
    let nested = "(component (core module (func $add (result i64) (i32.const 1))))";
    let expected = "counter/wasm/main.wasm is not valid WebAssembly: type mismatch: expected i64, found i32 in function `add` (at offset 0x";
    refused(&wat::parse_str(nested).unwrap(), expected);
    let manifest = manifest_of_component("counter", "1.0.0", "");
    let project = Project::new()
        .file("mods/counter/mod.toml", &manifest)
        .file("mods/counter/wasm/main.wat", &wrong)
        .scenario(1, &["counter"], "");
    let line = wrong.lines().position(|line| line.contains(export));
    let line = line.unwrap() + 1;
    let record = project.run().unwrap();
    let fault = &record.left_out[0].faults[0];
    assert_eq!(
        fault.message,
        format!(
            "type mismatch: expected i64, found i32 in the function that is exported as `{export}`"
        )
    );
    let place = fault.place.as_ref().unwrap();
    assert_eq!(
        (&*place.file, place.line()),
        ("counter/wasm/main.wat", line)
    );
}

#[test]
fn exports_that_are_no_functions_are_named() {
    for (export, expected) in [
        (
            "(global (export \"colony:modding/entry@1.0.0#load\") i32 (i32.const 1))",
            "exports `entry.load` as something that is no function, expected ()",
        ),
        (
            "(func (export \"cabi_post_colony:modding/entry@1.0.0#load\"))",
            "exports some of `entry` and not `entry.load`",
        ),
    ] {
        let content = wat::parse_str(format!("(module {export})")).unwrap();
        refused(&content, &format!("counter/wasm/main.wasm {expected}"));
    }
}
