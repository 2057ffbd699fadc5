//! Where the mods of a scenario are.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use include_dir::{Dir, include_dir};

/// The vanilla content, so that the program works from anywhere.
static BASE: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/../mods/base");

/// The `mods` folder nearest above a scenario, itself included; `mods` beside the scenario where there is none.
pub fn mods_folder(scenario: &Path) -> PathBuf {
    let beside = scenario.parent().unwrap_or(Path::new(""));
    let beside = if beside.as_os_str().is_empty() {
        Path::new(".")
    } else {
        beside
    };
    // A path such as `scenarios/x.toml` has no ancestors above the working directory, so climb with `..` as well.
    let mut folder = beside.to_path_buf();
    for _ in 0..64 {
        let candidate = folder.join("mods");
        if candidate.is_dir() {
            return simplified(&candidate);
        }
        if folder
            .canonicalize()
            .is_ok_and(|absolute| absolute.parent().is_none())
        {
            break;
        }
        folder.push("..");
    }
    beside.join("mods")
}

/// The mods that are part of the program, by id, path and content.
pub fn builtin_mods() -> BTreeMap<String, BTreeMap<String, Vec<u8>>> {
    let mut files = BTreeMap::new();
    collect(&BASE, &mut files);
    BTreeMap::from([("base".to_owned(), files)])
}

fn collect(folder: &Dir<'_>, files: &mut BTreeMap<String, Vec<u8>>) {
    for file in folder.files() {
        let path = file.path().to_string_lossy().replace('\\', "/");
        files.insert(path, file.contents().to_vec());
    }
    for inner in folder.dirs() {
        collect(inner, files);
    }
}

/// `scenarios/../mods` as `mods`: what a person would have written.
fn simplified(path: &Path) -> PathBuf {
    let mut parts: Vec<std::path::Component<'_>> = Vec::new();
    for part in path.components() {
        let backs_out = part == std::path::Component::ParentDir
            && matches!(parts.last(), Some(std::path::Component::Normal(_)));
        if backs_out {
            parts.pop();
        } else if part != std::path::Component::CurDir || parts.is_empty() {
            parts.push(part);
        }
    }
    parts.iter().collect()
}
