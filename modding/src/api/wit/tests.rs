//! The file that components are built against is what the table says, and is WIT.

use wit_parser::{Resolve, WorldItem};

use super::{WORLD, kebab_case, wit};
use crate::api::{events, functions};

fn parsed() -> (Resolve, wit_parser::WorldId) {
    let mut resolve = Resolve::default();
    let package = resolve.push_source("colony.wit", &wit()).unwrap();
    let world = resolve.select_world(&[package], Some(WORLD)).unwrap();
    (resolve, world)
}

#[test]
fn the_file_is_the_table() {
    let path = format!("{}/api/colony.wit", env!("CARGO_MANIFEST_DIR"));
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(&path, wit()).unwrap();
    }
    let written = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        written.replace("\r\n", "\n") == wit(),
        "modding/api/colony.wit is not what the table says: UPDATE_DOCS=1 cargo test -p modding"
    );
}

/// The names of the functions of all interfaces of one side: `jobs.set-priority`.
fn names<'a>(resolve: &Resolve, items: impl Iterator<Item = &'a WorldItem>) -> Vec<String> {
    let mut names = Vec::new();
    for item in items {
        if let WorldItem::Interface { id, .. } = item {
            let interface = &resolve.interfaces[*id];
            let module = interface.name.as_deref().unwrap();
            names.extend(
                interface
                    .functions
                    .keys()
                    .map(|name| format!("{module}.{name}")),
            );
        }
    }
    names.sort();
    names
}

#[test]
fn components_can_call_and_hear_all_that_lua_can() {
    let (resolve, world) = parsed();
    let world = &resolve.worlds[world];
    let imported = names(&resolve, world.imports.values());
    for function in functions() {
        let name = match function.name {
            "mods.get" => "mods.call".to_owned(),
            name => kebab_case(name),
        };
        assert!(imported.contains(&name), "{name} is not among {imported:?}");
    }
    let of_storage = imported
        .iter()
        .filter(|name| name.starts_with("storage."))
        .count();
    let others = of_storage + ["failure.fail", "kept-state-changes.note"].len();
    assert_eq!(imported.len(), functions().count() + others);
    let exported = names(&resolve, world.exports.values());
    for event in events() {
        let name = format!("on-{}.handle", kebab_case(event.name));
        assert!(exported.contains(&name), "{name} is not among {exported:?}");
    }
}
