//! What is run, and what would lie there for nobody.

use super::DEFAULT_ENTRY;
use crate::manifest::Manifest;
use crate::manifest::tests::{HEADER, bundle};

#[test]
fn the_entry_is_the_main_script_if_there_is_one() {
    let entry = |files: &[(&str, &str)]| {
        Manifest::parse(&bundle(HEADER, files), &[])
            .expect("no fault")
            .entry
    };
    assert_eq!(
        entry(&[("scripts/main.lua", "")]).as_deref(),
        Some(DEFAULT_ENTRY)
    );
    assert_eq!(
        entry(&[("lib/other.lua", ""), ("guest/main.lua", "")]),
        None
    );
}

#[test]
fn code_that_nobody_would_run_is_told() {
    for (files, told, help) in [
        (
            &["scripts/Main.lua", "scripts/a.lua"][..],
            "has code, `scripts/Main.lua`, but no `scripts/main.lua`",
            "rename it to `scripts/main.lua`, or name what is run: entry = \"scripts/Main.lua\"",
        ),
        (
            &["scripts/initial.luau"],
            "has code, `scripts/initial.luau`",
            "entry = ",
        ),
        (
            &["main.lua"],
            "has code, `main.lua`",
            "rename it to `scripts/main.lua`",
        ),
        (
            &["main.wat"],
            "but no `wasm/main.wat`",
            "entry = \"main.wat\"",
        ),
        (&["script/main.lua"], "has a folder `script`", "`scripts`?"),
        (
            &["Scripts/main.lua"],
            "has a folder `Scripts`",
            "`scripts`?",
        ),
        (
            &["asset/items.toml", "scripts/main.lua"],
            "has a folder `asset`",
            "`assets`?",
        ),
        (
            &["test/a.lua", "scripts/main.lua"],
            "has a folder `test`",
            "`tests`?",
        ),
    ] {
        let files: Vec<(&str, &str)> = files.iter().map(|path| (*path, "")).collect();
        let faults = Manifest::parse(&bundle(HEADER, &files), &[]).expect_err("a fault");
        assert_eq!(faults.len(), 1, "{faults:?}");
        assert!(faults[0].message.contains(told), "{faults:?}");
        let found = faults[0].help.as_deref().unwrap_or_default();
        assert!(found.contains(help), "{found}");
    }
}

#[test]
fn what_is_an_author_s_own_is_left_alone() {
    let of = |more: &str| format!("{HEADER}{more}");
    for (header, files) in [
        // A component may be left with modules of the script that it took the place of.
        (of(""), &["scripts/more.lua", "wasm/main.wat"][..]),
        (of(""), &["assets/items.toml", "asset/sketch.toml"]),
        (of(""), &["libs/notes.md", "sets/items.toml", "wast/a.wast"]),
        (of("entry = \"script/run.lua\"\n"), &["script/run.lua"]),
        (
            of("entry = \"asm/x.wat\"\n"),
            &["asm/x.wat", "scripts/more.lua"],
        ),
        (of(""), &["lib/a.lua", "tests/a.lua"]),
    ] {
        let files: Vec<(&str, &str)> = files.iter().map(|path| (*path, "")).collect();
        Manifest::parse(&bundle(&header, &files), &[]).expect("no fault");
    }
}
