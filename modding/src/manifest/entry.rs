//! What of a mod's files is run.

use std::collections::BTreeSet;

use super::{COMPONENT_FOLDER, DEFAULT_ENTRY};
use crate::bundle::{Bundle, check_path};
use crate::diagnostic::{Fault, nearest};
use crate::document::{TableReader, ValueReader};

/// The script and the component that are run: what `entry` names, and the usual one of the other kind.
pub(super) fn read(
    value: Option<ValueReader<'_>>,
    bundle: &Bundle,
    root: &TableReader<'_>,
) -> (Option<String>, Option<String>) {
    let script = || bundle.file(DEFAULT_ENTRY).map(|_| DEFAULT_ENTRY.to_owned());
    let named = value
        .as_ref()
        .and_then(|value| value.string().map(str::to_owned));
    if let (Some(value), Some(entry)) = (&value, &named) {
        if let Err(reason) = check_path(entry) {
            value.fault(format!("the path `{entry}` {reason}"));
        } else if bundle.file(entry).is_none() {
            let scripts = bundle
                .paths()
                .filter(|path| path.starts_with("scripts/") || is_component(path));
            let message = format!("the mod `{}` has no file `{entry}`", bundle.folder());
            value.report(Fault::new(message).suggest(entry, scripts));
        }
    }
    match named {
        Some(entry) if is_component(&entry) => (script(), Some(entry)),
        entry => {
            let (script, component) = (entry.or_else(script), only_component(bundle, root));
            if script.is_none() && component.is_none() {
                check_scripts_are_run(bundle, root);
            }
            (script, component)
        }
    }
}

/// Scripts of which none is run, and no component either, are a name that was misspelt, not a mod of content alone.
fn check_scripts_are_run(bundle: &Bundle, root: &TableReader<'_>) {
    let is_script = |path: &&str| {
        path.starts_with("scripts/") && (path.ends_with(".lua") || path.ends_with(".luau"))
    };
    let scripts: Vec<&str> = bundle.paths().filter(is_script).collect();
    let like_main = nearest(DEFAULT_ENTRY, scripts.iter().copied());
    let Some(script) = like_main.or(scripts.first().copied()) else {
        return;
    };
    let message = format!(
        "the mod `{}` has scripts, but no `{DEFAULT_ENTRY}`, which is the one that is run",
        bundle.folder()
    );
    root.report(Fault::new(message).help(format!(
        "rename `{script}` to `{DEFAULT_ENTRY}`, or name the one that is run: entry = \"{script}\""
    )));
}

/// Folders that a mod may have.
const FOLDERS: [&str; 4] = ["assets", "lib", "scripts", "wasm"];

/// A folder that is called nearly like one that is not there is misspelt: what lies in it would be looked at by nobody.
pub(super) fn check_folders(bundle: &Bundle, root: &TableReader<'_>) {
    let folders = bundle.paths().filter_map(|path| path.split_once('/'));
    let folders: BTreeSet<&str> = folders.map(|(folder, _)| folder).collect();
    for folder in &folders {
        let missing = FOLDERS.into_iter().filter(|known| !folders.contains(known));
        if FOLDERS.contains(folder) {
            continue;
        }
        if let Some(meant) = nearest(folder, missing) {
            let message = format!(
                "the mod `{}` has a folder `{folder}`, which nobody looks into",
                bundle.folder()
            );
            root.report(Fault::new(message).help(format!("did you mean `{meant}`?")));
        }
    }
}

/// Whether a file is one that a component is made of.
fn is_component(path: &str) -> bool {
    path.ends_with(".wasm") || path.ends_with(".wat")
}

/// The one file of the folder of components.
fn only_component(bundle: &Bundle, root: &TableReader<'_>) -> Option<String> {
    let in_folder = |path: &&str| path.starts_with(COMPONENT_FOLDER) && is_component(path);
    let found: Vec<&str> = bundle.paths().filter(in_folder).collect();
    match &found[..] {
        [] => None,
        [component] => Some((*component).to_owned()),
        [first, ..] => {
            let message = format!(
                "the mod `{}` has several components, {}, expected one",
                bundle.folder(),
                found.join(", ")
            );
            let fault =
                Fault::new(message).help(format!("name the one that is run: entry = \"{first}\""));
            root.report(fault);
            None
        }
    }
}
