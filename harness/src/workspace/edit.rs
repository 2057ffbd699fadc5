//! Changes of files in the scratch copy.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use modding::diagnostic::Fault;
use modding::mod_id::ModId;

use super::Files;
use crate::scenario::{CopiedContent, FileChange, ModFile};

/// How many of the nearest lines are shown when the text to find is not in the file.
const NEAREST_LINES_MAX: usize = 3;

/// How many places of text that should be there once are shown.
const OCCURRENCES_MAX: usize = 5;

/// How alike a line must be to be shown, from 0 (nothing in common) to 1 (the same pairs of letters).
const LIKENESS_MIN: f64 = 0.4;

/// Makes `change` and adds the mods it names to `touched`; the fault has no place yet.
pub(super) fn apply_change(
    mods: &mut BTreeMap<ModId, Arc<Files>>,
    change: &FileChange,
    touched: &mut BTreeSet<ModId>,
) -> Result<(), Fault> {
    match change {
        FileChange::Edit {
            file,
            find,
            replace,
        } => {
            let content = existing(mods, file, touched)?;
            *content = replace_once(content, file, find, replace)?.into_bytes();
            Ok(())
        }
        FileChange::Patch { file, diff } => {
            let content = existing(mods, file, touched)?;
            *content = patched(content, file, diff)?.into_bytes();
            Ok(())
        }
        FileChange::Touch { file } => existing(mods, file, touched).map(drop),
        FileChange::Truncate { file, bytes } => {
            let content = existing(mods, file, touched)?;
            match usize::try_from(*bytes) {
                Ok(length) if length < content.len() => content.truncate(length),
                _ => {
                    let message = format!(
                        "`{file}` has {} bytes, expected more than {bytes}",
                        content.len()
                    );
                    return Err(Fault::new(message));
                }
            }
            Ok(())
        }
        FileChange::Write { file, content } => {
            insert(files_of(mods, file, touched)?, file, content.clone())
        }
        FileChange::Delete { file } => {
            existing(mods, file, touched)?;
            files_of(mods, file, touched)?.remove(&file.path);
            Ok(())
        }
        FileChange::Copy { to, content, .. } => copy(files_of(mods, to, touched)?, to, content),
        FileChange::Rename { from, to } => {
            let moved = take(files_of(mods, from, touched)?, from)?;
            let target = files_of(mods, to, touched)?;
            if target.contains_key(&to.path) || target.keys().any(|path| is_inside(path, &to.path))
            {
                return Err(Fault::new(format!(
                    "`{to}` exists already, expected a new name"
                )));
            }
            copy(target, to, &moved)
        }
    }
}

fn files_of<'m>(
    mods: &'m mut BTreeMap<ModId, Arc<Files>>,
    file: &ModFile,
    touched: &mut BTreeSet<ModId>,
) -> Result<&'m mut Files, Fault> {
    touched.insert(file.mod_id.clone());
    mods.get_mut(&file.mod_id)
        .map(Arc::make_mut)
        .ok_or_else(|| Fault::new(format!("the mod `{}` is not part of this run", file.mod_id)))
}

fn existing<'m>(
    mods: &'m mut BTreeMap<ModId, Arc<Files>>,
    file: &ModFile,
    touched: &mut BTreeSet<ModId>,
) -> Result<&'m mut Vec<u8>, Fault> {
    let files = files_of(mods, file, touched)?;
    if !files.contains_key(&file.path) {
        return Err(no_such_file(files, file));
    }
    files
        .get_mut(&file.path)
        .ok_or_else(|| Fault::new(format!("there is no `{file}`")))
}

fn no_such_file(files: &Files, file: &ModFile) -> Fault {
    Fault::new(format!("there is no `{file}`"))
        .suggest(&file.path, files.keys().map(String::as_str))
}

fn insert(files: &mut Files, file: &ModFile, content: Vec<u8>) -> Result<(), Fault> {
    if files.keys().any(|path| is_inside(path, &file.path)) {
        return Err(Fault::new(format!("`{file}` is a folder, expected a file")));
    }
    if let Some(path) = files.keys().find(|path| is_inside(&file.path, path)) {
        return Err(Fault::new(format!(
            "`{}/{path}` is a file, expected a folder for `{file}`",
            file.mod_id
        )));
    }
    files.insert(file.path.clone(), content);
    Ok(())
}

fn copy(files: &mut Files, to: &ModFile, content: &CopiedContent) -> Result<(), Fault> {
    match content {
        CopiedContent::File(content) => insert(files, to, content.clone()),
        CopiedContent::Folder(folder) => {
            files.retain(|path, _| !is_inside(path, &to.path));
            for (path, content) in folder {
                let path = if to.path.is_empty() {
                    path.clone()
                } else {
                    format!("{}/{path}", to.path)
                };
                let file = ModFile {
                    mod_id: to.mod_id.clone(),
                    path,
                };
                insert(files, &file, content.clone())?;
            }
            Ok(())
        }
    }
}

/// Removes a file or folder and returns what it was.
fn take(files: &mut Files, from: &ModFile) -> Result<CopiedContent, Fault> {
    if let Some(content) = files.remove(&from.path) {
        return Ok(CopiedContent::File(content));
    }
    let folder: Files = files
        .iter()
        .filter(|(path, _)| is_inside(path, &from.path))
        .map(|(path, content)| (path[from.path.len() + 1..].to_owned(), content.clone()))
        .collect();
    if folder.is_empty() {
        return Err(no_such_file(files, from));
    }
    files.retain(|path, _| !is_inside(path, &from.path));
    Ok(CopiedContent::Folder(folder))
}

/// Whether `path` is below `folder`; everything is below the mod's folder, which is empty.
fn is_inside(path: &str, folder: &str) -> bool {
    folder.is_empty()
        || path
            .strip_prefix(folder)
            .is_some_and(|rest| rest.starts_with('/'))
}

fn patched(content: &[u8], file: &ModFile, diff: &str) -> Result<String, Fault> {
    let text = text_of(content, file)?;
    let fault = |error: String| {
        let fault = Fault::new(format!("the patch does not fit `{file}`: {error}"));
        fault.help("make it anew from the file as it is at this tick")
    };
    let patch = diffy::Patch::from_str(diff).map_err(|error| fault(error.to_string()))?;
    diffy::apply(text, &patch).map_err(|error| {
        let misfit = fault(error.to_string());
        let nearest = absent_line(text, &patch).map(|line| nearest_lines(text, line));
        match nearest {
            Some(lines) if !lines.is_empty() => {
                let lines = lines.join("\n");
                let help =
                    "make it anew from the file as it is at this tick; the nearest lines are";
                misfit.help(format!("{help}\n{lines}"))
            }
            _ => misfit,
        }
    })
}

/// The first line that a patch expects in a text and that is not in it.
fn absent_line<'p>(text: &str, patch: &'p diffy::Patch<'p, str>) -> Option<&'p str> {
    let lines: BTreeSet<&str> = text.lines().collect();
    let expected = patch.hunks().iter().flat_map(diffy::Hunk::lines);
    expected
        .filter_map(|line| match line {
            diffy::Line::Context(line) | diffy::Line::Delete(line) => {
                Some(line.trim_end_matches(['\r', '\n']))
            }
            diffy::Line::Insert(_) => None,
        })
        .find(|line| !line.trim().is_empty() && !lines.contains(line))
}

fn text_of<'c>(content: &'c [u8], file: &ModFile) -> Result<&'c str, Fault> {
    str::from_utf8(content).map_err(|error| {
        Fault::new(format!(
            "`{file}` is not UTF-8 at byte {}, it cannot be edited",
            error.valid_up_to()
        ))
    })
}

fn replace_once(
    content: &[u8],
    file: &ModFile,
    find: &str,
    replace: &str,
) -> Result<String, Fault> {
    let text = text_of(content, file)?;
    let places = occurrences(text, find);
    match places.as_slice() {
        [place] => Ok([&text[..*place], replace, &text[place + find.len()..]].concat()),
        [] => {
            let fault = Fault::new(format!("the text to find is not in `{file}`"));
            Err(match nearest_lines(text, find) {
                lines if lines.is_empty() => fault,
                lines => fault.help(format!("the nearest lines are\n{}", lines.join("\n"))),
            })
        }
        places => {
            let lines: Vec<String> = places
                .iter()
                .map(|&place| (1 + text[..place].matches('\n').count()).to_string())
                .collect();
            let message = format!(
                "expected the text to find once in `{file}`, found it on the lines {}",
                lines.join(", ")
            );
            Err(Fault::new(message).help("add more of the text around it"))
        }
    }
}

/// Where `find` starts in `text`, overlapping ones too: they are as ambiguous. At most [`OCCURRENCES_MAX`].
fn occurrences(text: &str, find: &str) -> Vec<usize> {
    let starts = text.char_indices().map(|(start, _)| start);
    starts
        .filter(|&start| text[start..].starts_with(find))
        .take(OCCURRENCES_MAX)
        .collect()
}

/// The lines most like the first line of `find` that is not blank, with their numbers, in the order of the file.
fn nearest_lines(text: &str, find: &str) -> Vec<String> {
    let wanted = find
        .lines()
        .map(str::trim)
        .find(|line| !line.is_empty())
        .unwrap_or_default();
    let mut alike: Vec<(f64, usize, &str)> = text
        .lines()
        .enumerate()
        .map(|(index, line)| (strsim::sorensen_dice(wanted, line.trim()), index + 1, line))
        .filter(|&(likeness, _, _)| likeness >= LIKENESS_MIN)
        .collect();
    alike.sort_by(|left, right| right.0.total_cmp(&left.0).then(left.1.cmp(&right.1)));
    alike.truncate(NEAREST_LINES_MAX);
    alike.sort_by_key(|&(_, number, _)| number);
    alike
        .into_iter()
        .map(|(_, number, line)| format!("{number:>4} | {line}"))
        .collect()
}
