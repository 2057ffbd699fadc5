//! The generated files are what the table says, and are what they claim to be.

use full_moon::LuaVersion;
use mlua::Lua;

use super::{STUB_MARK, luals_annotations, luau_definitions, stubs};
use crate::api::{events, functions};

#[test]
fn the_stubs_are_the_table() {
    for (name, text) in stubs() {
        let path = format!("{}/api/{name}", env!("CARGO_MANIFEST_DIR"));
        if std::env::var_os("UPDATE_DOCS").is_some() {
            std::fs::write(&path, &text).unwrap();
        }
        let written = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(
            written.replace("\r\n", "\n") == text,
            "modding/api/{name} is not what the table says: UPDATE_DOCS=1 cargo test -p modding"
        );
        assert!(text.lines().next().unwrap().contains(STUB_MARK));
    }
}

/// `declare` belongs to definition files alone; what follows it is a type like any other.
fn as_script(definitions: &str) -> String {
    definitions.replace("\ndeclare colony: {", "\ntype Colony = {")
}

#[test]
fn the_definitions_are_luau() {
    let script = as_script(&luau_definitions());
    assert!(script.contains("type Colony"));
    let parsed = full_moon::parse_fallible(&script, LuaVersion::luau());
    assert_eq!(parsed.errors(), []);
    Lua::new().load(&script).exec().unwrap();
}

#[test]
fn the_annotations_make_the_functions_that_the_table_has() {
    let lua = Lua::new();
    lua.load(luals_annotations()).exec().unwrap();
    let colony: mlua::Table = lua.globals().get("colony").unwrap();
    let mut found = Vec::new();
    for module in colony.pairs::<String, mlua::Value>() {
        let (module, value) = module.unwrap();
        if let mlua::Value::Table(names) = value {
            for name in names.pairs::<String, mlua::Function>() {
                found.push(format!("{module}.{}", name.unwrap().0));
            }
        }
    }
    found.sort();
    let mut known: Vec<&str> = functions().map(|function| function.name).collect();
    known.sort_unstable();
    assert_eq!(found, known);
}

#[test]
fn every_type_that_is_named_is_there() {
    let annotations = luals_annotations();
    let classes: Vec<&str> = annotations
        .lines()
        .filter_map(|line| line.strip_prefix("---@class "))
        .collect();
    let is_name = |letter: char| !(letter.is_alphanumeric() || letter == '.' || letter == '_');
    let types = annotations
        .lines()
        .filter(|line| line.starts_with("---@"))
        .flat_map(|line| line.split(is_name))
        .filter(|word| word.starts_with("colony."));
    for name in types {
        assert!(classes.contains(&name), "{name} is no class");
    }
    for event in events() {
        let overload = format!("---@overload fun(name: \"{}\",", event.name);
        assert_eq!(annotations.matches(&overload).count(), 1, "{}", event.name);
    }
}

#[test]
fn a_job_of_an_event_is_a_job_and_a_colonist_that_is_known_by_less_is_not_a_colonist() {
    let definitions = luau_definitions();
    for text in [
        "export type JobFailedEvent = {\n\tname: \"job_failed\",\n\ttick: number,\n\tjob: Job,\n\treason: string,\n}\n",
        "\tcolonist: { id: number, name: string },\n\tneed: string,\n",
        "\treason: \"start\" | \"resume\" | \"update\",\n\tprevious_version: string?,\n",
        "\t\tlist: (kind: string?) -> { Job },\n",
        "\t\tget: (id: number) -> Job?,\n",
        "((name: \"job_created\", handler: (event: JobCreatedEvent) -> (), options: HandlerOptions?) -> ())",
    ] {
        assert!(definitions.contains(text), "{text}\n{definitions}");
    }
}
