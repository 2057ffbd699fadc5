//! The mods that are part of the program.

use std::collections::BTreeMap;

use include_dir::{Dir, include_dir};

use crate::workspace::Files;

/// The vanilla content, so that the program works from anywhere.
static BASE: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/../mods/base");

/// The files of the mods that are part of the program, by id.
pub fn builtin_mods() -> BTreeMap<String, Files> {
    let mut files = BTreeMap::new();
    collect(&BASE, &mut files);
    BTreeMap::from([("base".to_owned(), files)])
}

fn collect(folder: &Dir<'_>, files: &mut Files) {
    for file in folder.files() {
        let path = file.path().to_string_lossy().replace('\\', "/");
        files.insert(path, file.contents().to_vec());
    }
    for inner in folder.dirs() {
        collect(inner, files);
    }
}
