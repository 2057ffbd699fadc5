//! `colony-sim base` shows what is part of the program.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

fn base(arguments: &[&str]) -> (Option<i32>, String, String) {
    let folder = tempfile::tempdir().unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_colony-sim"))
        .current_dir(folder.path())
        .arg("base")
        .args(arguments)
        .output()
        .unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (
        output.status.code(),
        text(output.stdout),
        text(output.stderr),
    )
}

#[test]
fn every_file_is_named_and_shown_as_it_is() {
    let (code, names, complaint) = base(&[]);
    assert_eq!((code, complaint.as_str()), (Some(0), ""));
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../mods/base");
    let mut short = BTreeSet::new();
    for path in names.lines() {
        let text = std::fs::read_to_string(folder.join(path)).unwrap();
        let name = path.rsplit('/').next().unwrap();
        assert!(short.insert(name), "{name} is two files");
        for said in [path, name, &format!("base/{path}")] {
            assert_eq!(base(&[said]), (Some(0), text.clone(), String::new()));
        }
    }
    assert!(short.contains("jobs.toml"), "{names}");
}

#[test]
fn a_file_that_is_not_there_is_said_to_be_so() {
    for (name, help) in [
        ("job.toml", "did you mean `jobs.toml`?"),
        ("assets/jbos.toml", "did you mean `assets/jobs.toml`?"),
        ("quarry", "all of them: colony-sim base"),
        ("", "all of them: colony-sim base"),
    ] {
        let expected = format!("error: `base` has no file `{name}`\nhelp: {help}\n");
        assert_eq!(base(&[name]), (Some(2), String::new(), expected));
    }
}
