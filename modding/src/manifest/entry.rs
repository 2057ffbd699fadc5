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
    if value.is_none() && script().is_none() && components(bundle).next().is_none() {
        check_that_something_is_run(bundle, root);
    }
    let (script, component) = match named {
        Some(entry) if is_component(&entry) => (script(), Some(entry)),
        entry => (entry.or_else(script), only_component(bundle, root)),
    };
    check_folders(bundle, [script.as_deref(), component.as_deref()], root);
    (script, component)
}

/// Code of which none is run is a file that has another name than was meant, not a mod of content alone.
fn check_that_something_is_run(bundle: &Bundle, root: &TableReader<'_>) {
    let is_beside_manifest = |path: &str| !path.contains('/');
    let scripts = bundle.paths().filter(|path| {
        is_script(path) && (path.starts_with("scripts/") || is_beside_manifest(path))
    });
    let scripts: Vec<&str> = scripts.collect();
    let like_main = nearest(DEFAULT_ENTRY, scripts.iter().copied());
    let mut components = bundle
        .paths()
        .filter(|path| is_component(path) && is_beside_manifest(path));
    let (code, expected) = match (like_main.or(scripts.first().copied()), components.next()) {
        (Some(script), _) => (script, DEFAULT_ENTRY.to_owned()),
        (None, Some(component)) => (component, format!("{COMPONENT_FOLDER}{component}")),
        (None, None) => return,
    };
    let message = format!(
        "the mod `{}` has code, `{code}`, but no `{expected}`, which would be run",
        bundle.folder()
    );
    root.report(Fault::new(message).help(format!(
        "rename it to `{expected}`, or name what is run: entry = \"{code}\""
    )));
}

/// How folders of a mod are written that are called otherwise.
const MISSPELT: [(&str, &str); 4] = [
    ("asset", "assets"),
    ("libs", "lib"),
    ("script", "scripts"),
    ("test", "tests"),
];

/// Whether a file is one of those that lie in a folder of a mod.
fn belongs(folder: &str, path: &str) -> bool {
    match folder {
        "assets" => path.ends_with(".toml"),
        _ => is_script(path),
    }
}

/// A folder with what belongs into one of another name, which is not there, is misspelt: nobody would look into it. One that holds
/// what is run is meant.
fn check_folders(bundle: &Bundle, run: [Option<&str>; 2], root: &TableReader<'_>) {
    let folder_of = |path: &str| path.split_once('/').map(|(folder, _)| folder.to_owned());
    let folders: BTreeSet<String> = bundle.paths().filter_map(folder_of).collect();
    for folder in &folders {
        let known = MISSPELT.into_iter().find(|(misspelt, right)| {
            let is_other_case = folder.eq_ignore_ascii_case(right) && folder != right;
            folder == misspelt || is_other_case
        });
        let Some((_, right)) = known else {
            continue;
        };
        let is_in_folder = |path: &str| folder_of(path).as_ref() == Some(folder);
        let is_meant = run.into_iter().flatten().any(is_in_folder);
        let mut paths = bundle.paths();
        let has_some = paths.any(|path| is_in_folder(path) && belongs(right, path));
        if has_some && !is_meant && !folders.contains(right) {
            let message = format!(
                "the mod `{}` has a folder `{folder}`, which nobody looks into",
                bundle.folder()
            );
            root.report(Fault::new(message).help(format!("did you mean `{right}`?")));
        }
    }
}

fn is_script(path: &str) -> bool {
    path.ends_with(".lua") || path.ends_with(".luau")
}

/// Whether a file is one that a component is made of.
fn is_component(path: &str) -> bool {
    path.ends_with(".wasm") || path.ends_with(".wat")
}

/// The files of the folder of components.
fn components(bundle: &Bundle) -> impl Iterator<Item = &str> {
    let in_folder = |path: &&str| path.starts_with(COMPONENT_FOLDER) && is_component(path);
    bundle.paths().filter(in_folder)
}

/// The one of them.
fn only_component(bundle: &Bundle, root: &TableReader<'_>) -> Option<String> {
    let found: Vec<&str> = components(bundle).collect();
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

#[cfg(test)]
mod tests;
