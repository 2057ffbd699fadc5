//! What the program holds for authors: `colony-sim stubs` writes what is written against, and nothing over what is somebody's own; `colony-sim
//! base` shows the vanilla content.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

const NAMES: [&str; 3] = ["colony.d.luau", "colony.lua", "colony.wit"];

fn colony_sim(folder: &Path, arguments: &[&str]) -> (Option<i32>, String, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_colony-sim"))
        .current_dir(folder)
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

fn stubs(folder: &Path, arguments: &[&str]) -> (Option<i32>, String, String) {
    colony_sim(folder, &[&["stubs"], arguments].concat())
}

fn base(arguments: &[&str]) -> (Option<i32>, String, String) {
    let folder = tempfile::tempdir().unwrap();
    colony_sim(folder.path(), &[&["base"], arguments].concat())
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap()
}

#[test]
fn the_files_are_those_of_the_table_and_lie_beside_the_mods() {
    let project = tempfile::tempdir().unwrap();
    let inside = project.path().join("mods/mine/scripts");
    std::fs::create_dir_all(&inside).unwrap();

    let (code, told, complaint) = stubs(project.path(), &[]);
    let written = NAMES
        .map(|name| format!("written  types/{name}\n"))
        .concat();
    assert_eq!((code, told, complaint.as_str()), (Some(0), written, ""));
    let of_crate = Path::new(env!("CARGO_MANIFEST_DIR")).join("../modding/api");
    for name in NAMES {
        let written = read(&project.path().join("types").join(name));
        assert_eq!(written, read(&of_crate.join(name)).replace("\r\n", "\n"));
    }

    // From within a mod it is the same place; an older one of ours is brought up to date.
    let annotations = project.path().join("types/colony.lua");
    let first = read(&annotations).lines().next().unwrap().to_owned();
    std::fs::write(&annotations, format!("{first}\n---@meta\n")).unwrap();
    let (code, told, _) = stubs(&inside, &[]);
    assert_eq!(code, Some(0));
    assert_eq!(
        told,
        "unchanged  ../../../types/colony.d.luau\nwritten  ../../../types/colony.lua\nunchanged  ../../../types/colony.wit\n"
    );
    assert!(read(&annotations).contains("---@class colony\n"));
}

#[test]
fn a_file_of_somebody_else_is_left_alone_and_nothing_is_written_beside_it() {
    let project = tempfile::tempdir().unwrap();
    std::fs::create_dir_all(project.path().join("editor")).unwrap();
    let own = project.path().join("editor/colony.lua");
    std::fs::write(&own, "colony = {} -- mine\n").unwrap();

    let (code, told, complaint) = stubs(project.path(), &["editor"]);
    assert_eq!((code, told.as_str()), (Some(2), ""));
    assert!(
        complaint.contains("editor/colony.lua was not written by `colony-sim stubs`"),
        "{complaint}"
    );
    assert!(complaint.contains("colony-sim stubs FOLDER"), "{complaint}");
    assert_eq!(read(&own), "colony = {} -- mine\n");
    assert!(!project.path().join("editor/colony.d.luau").exists());
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
