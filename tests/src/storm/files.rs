//! The files of the mods as the steps of a storm leave them, and how a change of them is written in a scenario: as an edit, a
//! whole file, or a diff.

use std::collections::BTreeMap;
use std::path::Path;

use super::draw::Draw;

/// The text files of a mod by path.
pub(super) type Files = BTreeMap<String, String>;

/// A change of a file: its new text, or none where it goes.
#[derive(Clone, Debug)]
pub(super) struct FileChange {
    pub(super) path: String,
    pub(super) text: Option<String>,
}

impl FileChange {
    pub(super) fn write(path: &str, text: impl Into<String>) -> FileChange {
        FileChange {
            path: path.to_owned(),
            text: Some(text.into()),
        }
    }
}

/// The files of a mod's folder.
///
/// # Panics
/// Where they cannot be read as text.
pub(super) fn read_files(folder: &Path) -> Files {
    let mut files = Files::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(next) = folders.pop() {
        let entries = std::fs::read_dir(&next).expect("the storm's mods are there");
        for entry in entries {
            let path = entry.expect("the storm's mods are there").path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let inside = path.strip_prefix(folder).expect("found in the folder");
            let inside = inside.to_string_lossy().replace('\\', "/");
            let text = std::fs::read_to_string(&path).expect("the storm's mods are text");
            files.insert(inside, text);
        }
    }
    files
}

/// Makes a change in the model, and writes it as a file action of a scenario.
pub(super) fn express(draw: &mut Draw, id: &str, files: &mut Files, change: &FileChange) -> String {
    let file = format!("{id}/{}", change.path);
    let old = files.get(&change.path).cloned();
    match &change.text {
        Some(text) => files.insert(change.path.clone(), text.clone()),
        None => files.remove(&change.path),
    };
    match (old, &change.text) {
        (None, None) => format!("touch = {{ file = {file:?} }}"),
        (Some(_), None) => format!("delete = {{ file = {file:?} }}"),
        (None, Some(new)) => format!("write = {{ file = {file:?}, text = {new:?} }}"),
        (Some(old), Some(new)) if old == *new => format!("touch = {{ file = {file:?} }}"),
        (Some(old), Some(new)) => match draw.below(10) {
            0..=5 => edit(&file, &old, new),
            6..=7 => diff(&file, &old, new),
            _ => None,
        }
        .unwrap_or_else(|| format!("write = {{ file = {file:?}, text = {new:?} }}")),
    }
}

/// The change as an `edit`, if some lines around it are there only once.
fn edit(file: &str, old: &str, new: &str) -> Option<String> {
    let (old_lines, new_lines): (Vec<&str>, Vec<&str>) = (lines(old), lines(new));
    let same = |(left, right): &(&&str, &&str)| left == right;
    let before = old_lines.iter().zip(&new_lines).take_while(same).count();
    let rest = old_lines.len().min(new_lines.len()) - before;
    let after = old_lines.iter().rev().zip(new_lines.iter().rev());
    let after = after.take(rest).take_while(same).count();
    for from in (0..=before).rev() {
        let find = old_lines[from..old_lines.len() - after].concat();
        if !find.is_empty() && old.matches(&find).count() == 1 {
            let replace = new_lines[from..new_lines.len() - after].concat();
            return Some(format!(
                "edit = {{ file = {file:?}, find = {find:?}, replace = {replace:?} }}"
            ));
        }
    }
    None
}

/// The change as a unified diff of the whole file.
fn diff(file: &str, old: &str, new: &str) -> Option<String> {
    if !old.ends_with('\n') || !new.ends_with('\n') {
        return None;
    }
    let (old_lines, new_lines) = (lines(old), lines(new));
    let header = format!(
        "--- a/{file}\n+++ b/{file}\n@@ -1,{} +1,{} @@\n",
        old_lines.len(),
        new_lines.len()
    );
    let old_lines = old_lines.iter().map(|line| format!("-{line}"));
    let new_lines = new_lines.iter().map(|line| format!("+{line}"));
    let diff: String = std::iter::once(header)
        .chain(old_lines)
        .chain(new_lines)
        .collect();
    Some(format!("patch = {{ file = {file:?}, diff = {diff:?} }}"))
}

/// Lines with their ends.
fn lines(text: &str) -> Vec<&str> {
    text.split_inclusive('\n').collect()
}
