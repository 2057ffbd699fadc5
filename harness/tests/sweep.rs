//! `colony-sim sweep`: the same table however many colonies run at a time, and what is wrong before any table.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::Path;
use std::process::Command;

use tempfile::TempDir;

const SCENARIO: &str = r#"schema = 1
name = "hungry"
seed = 9
ticks = 1150

[colony]
size = [32, 32]
colonists = 2

[mods]
load = ["base"]

[[expect]]
at = 1150
world = "colonists.alive"
at_least = 1
"#;

fn project(scenario: &str) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("hungry.toml"), scenario).unwrap();
    folder
}

fn sweep(folder: &Path, arguments: &[&str]) -> (Option<i32>, String, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_colony-sim"))
        .current_dir(folder)
        .args(["sweep", "hungry.toml"])
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
fn the_table_does_not_depend_on_how_many_run_at_a_time() {
    let folder = project(SCENARIO);
    let (code, alone, complaint) = sweep(folder.path(), &["--seeds", "6", "--jobs", "1"]);
    assert_eq!(complaint, "");
    let (_, together, _) = sweep(folder.path(), &["--seeds", "6", "--jobs", "4"]);
    assert_eq!(together, alone);
    // Two people with nothing to eat but what they gather from the second day on.
    insta::assert_snapshot!(format!("exit code {code:?}\n{alone}"));

    let (_, later, _) = sweep(folder.path(), &["--seeds", "2", "--from", "5"]);
    let line_of = |table: &str, seed: &str| {
        let line = table
            .lines()
            .find(|line| line.trim_start().starts_with(seed));
        line.map(str::to_owned)
    };
    assert_eq!(line_of(&later, "6 "), line_of(&alone, "6 "));

    let (_, json, _) = sweep(folder.path(), &["--seeds", "1", "--format", "json"]);
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    let hash = json["colonies"][0]["hash"].as_str().unwrap();
    assert!(line_of(&alone, "1 ").unwrap().contains(&hash[..8]));
}

#[test]
fn what_cannot_run_is_told_before_any_table() {
    let without_mod = SCENARIO.replace("\"base\"", "\"base\", \"nobody\"");
    let (code, table, complaint) = sweep(project(&without_mod).path(), &["--seeds", "3"]);
    assert_eq!((code, table.as_str()), (Some(3), ""));
    assert!(complaint.contains("nobody"), "{complaint}");
    for count in ["0", "100001", "many"] {
        let (code, _, complaint) = sweep(project(SCENARIO).path(), &["--seeds", count]);
        assert_eq!(code, Some(2));
        assert!(complaint.contains("expected 1 to 100000"), "{complaint}");
    }
}
