//! Reads what a step does to files.

use modding::bundle::{check_path, normalise};
use modding::diagnostic::{Fault, Place};
use modding::document::{TableReader, ValueReader};
use modding::mod_id::ModId;

use crate::scenario::parse::{Context, not_loaded, path_beside};
use crate::scenario::{CopiedContent, FileAction, FileChange, ModFile};
use crate::workspace::disk;

/// Reads the table of a file action, and the place to name when the action cannot be done.
type ReadChange = fn(&mut TableReader<'_>, &Context<'_>) -> Option<(FileChange, Place)>;

pub(super) fn read_file_action(
    name: &str,
    value: &ValueReader<'_>,
    context: &Context<'_>,
) -> Option<FileAction> {
    let read: ReadChange = match name {
        "edit" => read_edit,
        "write" => read_write,
        "patch" => read_patch,
        "truncate" => read_truncate,
        "touch" => read_touch,
        "delete" => read_delete,
        "copy" => read_copy,
        "rename" => read_rename,
        _ => return None,
    };
    let mut table = value.table()?;
    let change = read(&mut table, context);
    table.finish();
    let (change, place) = change?;
    Some(FileAction { change, place })
}

fn read_edit(table: &mut TableReader<'_>, context: &Context<'_>) -> Option<(FileChange, Place)> {
    let file = read_mod_file(table, "file", context);
    let find = table.required("find");
    let replace = table.required("replace").and_then(|value| value.string());
    let find = find?;
    let text = find.string()?;
    if text.is_empty() {
        find.fault("expected the text to find, found none");
    }
    let change = FileChange::Edit {
        file: file?.0,
        find: text.to_owned(),
        replace: replace?.to_owned(),
    };
    Some((change, find.place()))
}

fn read_write(table: &mut TableReader<'_>, context: &Context<'_>) -> Option<(FileChange, Place)> {
    let file = read_mod_file(table, "file", context);
    let (text, from) = (table.optional("text"), table.optional("from"));
    let content = match (&text, &from) {
        (Some(text), None) => text.string().map(|text| text.as_bytes().to_vec()),
        (None, Some(from)) => read_file_beside(from, context),
        (Some(_), Some(_)) => {
            table.fault("expected either `text` or `from`, found both");
            None
        }
        (None, None) => {
            table
                .fault("expected `text`, or `from` with a file beside the scenario, found neither");
            None
        }
    };
    let (file, place) = file?;
    let content = normalise(&file.path, content?);
    Some((FileChange::Write { file, content }, place))
}

fn read_patch(table: &mut TableReader<'_>, context: &Context<'_>) -> Option<(FileChange, Place)> {
    let file = read_mod_file(table, "file", context);
    let (diff, from) = (table.optional("diff"), table.optional("from"));
    let (text, place) = match (&diff, &from) {
        (Some(diff), None) => (diff.string().map(str::to_owned), diff.place()),
        (None, Some(from)) => {
            let bytes = read_file_beside(from, context)?;
            let text = String::from_utf8(bytes);
            let text = text.inspect_err(|_| from.fault("the patch is not UTF-8"));
            (text.ok(), from.place())
        }
        _ => {
            table.fault("expected either `diff` with a unified diff, or `from` with a file beside the scenario");
            return None;
        }
    };
    let (file, diff) = (file?.0, text?);
    let patch = diffy::Patch::from_str(&diff);
    if let Ok(patch) = &patch {
        let named = [patch.original(), patch.modified()];
        let other = named
            .into_iter()
            .flatten()
            .find(|name| !is_named(&file, name));
        if let Some(name) = other {
            let fault = Fault::new(format!(
                "the patch is of `{name}`, the step's file is `{file}`"
            ));
            let help = format!(
                "write `--- a/{file}` and `+++ b/{file}`, or name the file that the patch is of in `file`"
            );
            table.report(fault.at(place).help(help));
            return None;
        }
    }
    let problem = match patch {
        Ok(patch) if patch.hunks().is_empty() => Some("it changes nothing".to_owned()),
        Ok(_) => None,
        Err(error) => Some(error.to_string()),
    };
    if let Some(problem) = problem {
        let fault = Fault::new(format!("this is no unified diff: {problem}"));
        let fault = fault.at(place);
        table.report(fault.help(
            "write it as `git diff` does: `--- a`, `+++ b`, then hunks with `@@ -1,3 +1,4 @@`",
        ));
        return None;
    }
    Some((FileChange::Patch { file, diff }, place))
}

/// Whether a name in the head of a patch can be that file's: the sides alone, or a path with the same end.
fn is_named(file: &ModFile, name: &str) -> bool {
    let name = name.split('\t').next().unwrap_or(name);
    if matches!(name, "a" | "b" | "original" | "modified") {
        return true;
    }
    let name = name
        .strip_prefix("a/")
        .or_else(|| name.strip_prefix("b/"))
        .unwrap_or(name);
    let file = file.to_string();
    let ends_with = |path: &str, end: &str| {
        let before = path.strip_suffix(end);
        before.is_some_and(|before| before.is_empty() || before.ends_with('/'))
    };
    !name.is_empty() && (ends_with(&file, name) || ends_with(name, &file))
}

fn read_touch(table: &mut TableReader<'_>, context: &Context<'_>) -> Option<(FileChange, Place)> {
    let (file, place) = read_mod_file(table, "file", context)?;
    Some((FileChange::Touch { file }, place))
}

fn read_truncate(
    table: &mut TableReader<'_>,
    context: &Context<'_>,
) -> Option<(FileChange, Place)> {
    let file = read_mod_file(table, "file", context);
    let bytes = table.required("bytes")?;
    let place = bytes.place();
    let bytes = bytes.integer(0..=disk::FILE_BYTES_MAX);
    let change = FileChange::Truncate {
        file: file?.0,
        bytes: bytes?,
    };
    Some((change, place))
}

fn read_delete(table: &mut TableReader<'_>, context: &Context<'_>) -> Option<(FileChange, Place)> {
    let (file, place) = read_mod_file(table, "file", context)?;
    Some((FileChange::Delete { file }, place))
}

fn read_copy(table: &mut TableReader<'_>, context: &Context<'_>) -> Option<(FileChange, Place)> {
    let from = table.required("from");
    let to_value = table.required("to");
    let to = to_value
        .as_ref()
        .and_then(|value| parse_mod_file(value, context));
    let from = from?;
    let name = path_beside(&from)?;
    let path = context.folder.join(name);
    let content = if path.is_dir() {
        let files = disk::read_folder(&path, name);
        let files = files.map_err(|faults| faults.into_iter().for_each(|fault| from.report(fault)));
        CopiedContent::Folder(files.ok()?)
    } else {
        CopiedContent::File(read_file_beside(&from, context)?)
    };
    let (to, to_value) = (to?, to_value?);
    if to.path.is_empty() && matches!(content, CopiedContent::File(_)) {
        to_value.fault("expected a file as the target of a file, found a mod's folder");
        return None;
    }
    let change = FileChange::Copy {
        from: name.to_owned(),
        to,
        content,
    };
    Some((change, to_value.place()))
}

fn read_rename(table: &mut TableReader<'_>, context: &Context<'_>) -> Option<(FileChange, Place)> {
    let from = read_mod_file(table, "from", context);
    let to = read_mod_file(table, "to", context);
    let (from, place) = from?;
    Some((FileChange::Rename { from, to: to?.0 }, place))
}

fn read_file_beside(value: &ValueReader<'_>, context: &Context<'_>) -> Option<Vec<u8>> {
    let name = path_beside(value)?;
    disk::read_file(&context.folder.join(name), name)
        .map_err(|fault| value.report(fault))
        .ok()
}

/// The value of `key` as a file or folder in a mod's folder, not that folder itself, and its place.
fn read_mod_file(
    table: &mut TableReader<'_>,
    key: &'static str,
    context: &Context<'_>,
) -> Option<(ModFile, Place)> {
    let value = table.required(key)?;
    let file = parse_mod_file(&value, context)?;
    if file.path.is_empty() {
        value.fault(format!(
            "expected a file in the mod `{file}`, such as `{file}/mod.toml`, found the mod's folder"
        ));
        return None;
    }
    Some((file, value.place()))
}

fn parse_mod_file(value: &ValueReader<'_>, context: &Context<'_>) -> Option<ModFile> {
    let text = value.string()?;
    if let Err(reason) = check_path(text) {
        value.fault(format!("the path `{text}` {reason}"));
        return None;
    }
    let (folder, path) = text.split_once('/').unwrap_or((text, ""));
    let mod_id = ModId::parse(folder)
        .map_err(|error| value.fault(error.to_string()))
        .ok()?;
    if let Some(fault) = not_loaded(&mod_id, context) {
        value.report(fault);
        return None;
    }
    Some(ModFile {
        mod_id,
        path: path.to_owned(),
    })
}
