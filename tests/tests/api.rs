//! What mods may call and hear: the table is what a machine offers, and everything in it is exercised somewhere.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeSet;
use std::path::PathBuf;

use harness::suite::{CaseKind, discover, run_unit_test};
use modding::api::{self, Run};
use modding::definitions::DEFINITION_KINDS;
use tests::{Project, root};

/// Prints the name of every function that a machine has.
const LIST: &str = "colony.events.register('simulation_start', function()
  for module, functions in pairs(colony) do
    if module == 'storage' then
      print(module)
    else
      for name in pairs(functions) do print(module .. '.' .. name) end
    end
  end
end)
";

#[test]
fn a_machine_offers_the_functions_of_the_table_and_the_storage() {
    let project = Project::new().lua_mod("lists", "1.0.0", "", LIST);
    let record = project.scenario(1, &["lists"], "").run().unwrap();
    assert_eq!(record.faults(), []);
    let found: BTreeSet<String> = record.log.into_iter().map(|line| line.text).collect();
    let functions = api::functions().map(|function| function.name);
    let known: BTreeSet<String> = functions.chain(["storage"]).map(str::to_owned).collect();
    assert_eq!(found, known);
}

#[test]
fn a_test_of_a_mod_is_given_what_its_type_says() {
    let (_, definitions) = api::stubs()
        .into_iter()
        .find(|(name, _)| *name == "colony.d.luau")
        .unwrap();
    let of_test = definitions.split("export type Test = {\n").nth(1).unwrap();
    let of_test = of_test.split("}\n").next().unwrap();
    let members = of_test
        .lines()
        .filter_map(|line| Some(line.trim().split_once(':')?.0));
    let members: Vec<String> = members.map(|name| format!("{name:?}")).collect();
    let test = format!(
        "colony.test(\"members\", function(t)\n  local found = {{}}\n  for name in pairs(t) do found[name] = true end\n  \
         for _, name in ipairs({{ {} }}) do t.is_true(found[name], name) found[name] = nil end\n  t.equals(found, {{}})\nend)\n",
        members.join(", ")
    );
    assert_eq!(members.len(), 19);
    let project = Project::new()
        .lua_mod("lists", "1.0.0", "", "")
        .file("mods/lists/tests/members.lua", &test);
    let folder = project.path().parent().unwrap().to_path_buf();
    let found = harness::project::Project::find(&folder).unwrap();
    let cases = discover(found.as_ref(), &[]).unwrap();
    let [case] = cases.as_slice() else {
        panic!("{} tests", cases.len());
    };
    let CaseKind::UnitTest(members) = &case.kind else {
        panic!("{} is a scenario", case.name);
    };
    let faults = run_unit_test(case, members).faults;
    assert_eq!(faults, []);
}

/// Every text file below the folders.
fn texts(folders: &[PathBuf]) -> Vec<(PathBuf, String)> {
    let mut pending = folders.to_vec();
    let mut texts = Vec::new();
    while let Some(path) = pending.pop() {
        if path.is_dir() {
            let entries = std::fs::read_dir(&path).unwrap();
            pending.extend(entries.map(|entry| entry.unwrap().path()));
        } else if let Ok(text) = std::fs::read_to_string(&path) {
            texts.push((path, text));
        }
    }
    texts
}

/// What exercises mods: the tests of this crate, their fixtures, the scenarios, the unit tests of the mods that come along.
/// This file only asks.
fn exercises() -> Vec<(PathBuf, String)> {
    let mut folders = vec![root().join("tests"), root().join("scenarios")];
    for entry in std::fs::read_dir(root().join("mods")).unwrap() {
        folders.push(entry.unwrap().path().join("tests"));
    }
    let folders: Vec<PathBuf> = folders.into_iter().filter(|path| path.is_dir()).collect();
    let mut texts = texts(&folders);
    texts.retain(|(path, _)| !path.ends_with("tests/tests/api.rs"));
    texts
}

/// Whether a text has the name as a word of its own: not as a part of a longer one.
fn names(text: &str, name: &str) -> bool {
    let of_a_name = |letter: char| letter.is_alphanumeric() || letter == '_';
    text.match_indices(name).any(|(at, _)| {
        let before = text[..at].chars().next_back();
        let after = text[at + name.len()..].chars().next();
        !before.is_some_and(of_a_name) && !after.is_some_and(of_a_name)
    })
}

fn not_exercised<'n>(
    texts: &[(PathBuf, String)],
    all: impl IntoIterator<Item = &'n str>,
) -> Vec<&'n str> {
    let unnamed = |name: &&str| !texts.iter().any(|(_, text)| names(text, name));
    all.into_iter().filter(unnamed).collect()
}

#[test]
fn every_function_event_and_kind_of_definition_is_exercised() {
    let texts = exercises();
    let files = DEFINITION_KINDS.map(|kind| format!("assets/{kind}.toml"));
    let functions = api::functions().map(|function| function.name);
    let all = functions
        .chain(api::event_names())
        .chain(files.iter().map(String::as_str));
    assert_eq!(not_exercised(&texts, all), [""; 0]);
}

#[test]
fn every_command_has_a_function_and_a_test() {
    let source = std::fs::read_to_string(root().join("sim/src/command.rs")).unwrap();
    let body = source.split("pub enum Command {\n").nth(1).unwrap();
    let body = body.split("\n}\n").next().unwrap();
    let variants = body
        .lines()
        .filter(|line| line.starts_with("    ") && !line[4..].starts_with([' ', '/', '}']));
    let variants: Vec<String> = variants
        .map(|line| {
            let name: String = line
                .trim()
                .chars()
                .take_while(char::is_ascii_alphanumeric)
                .collect();
            format!("Command::{name}")
        })
        .collect();
    let variants = || variants.iter().map(String::as_str);
    let functions = texts(&[root().join("modding/src/api/functions")]);
    assert_eq!(not_exercised(&functions, variants()), [""; 0], "functions");
    let commands = api::functions().filter(|function| matches!(function.run, Run::Command(_)));
    assert_eq!(commands.count(), variants().count());
    let folders = [
        "sim/src/tests",
        "tests/tests",
        "tests/src",
        "modding/src/unit_test",
    ];
    let mut texts = texts(&folders.map(|folder| root().join(folder)));
    texts.retain(|(path, _)| !path.ends_with("tests/tests/api.rs"));
    assert_eq!(not_exercised(&texts, variants()), [""; 0], "tests");
}

#[test]
fn a_name_is_looked_for_as_a_word_of_its_own() {
    for (text, expected) in [
        ("colony.jobs.count('haul')", true),
        ("t.call(\"jobs.count\")", true),
        ("jobs.counts", false),
        ("ajobs.count", false),
        ("", false),
    ] {
        assert_eq!(names(text, "jobs.count"), expected, "{text}");
    }
}
