//! Reads what a step does.

use std::collections::BTreeMap;

use modding::bundle::{check_path, normalise};
use modding::diagnostic::{Fault, Place};
use modding::document::{Scalar, TableReader, ValueReader};
use modding::mod_id::ModId;

use super::parse::{Context, not_loaded, path_beside, read_loaded_mod};
use super::{Action, CopiedContent, FileAction, FileChange, ModFile};
use crate::workspace::disk;

/// Reads the table of a file action, and the place to name when the action cannot be done.
type ReadChange = fn(&mut TableReader<'_>, &Context<'_>) -> Option<(FileChange, Place)>;

/// The actions that change files.
const FILE_ACTIONS: [&str; 6] = ["edit", "write", "truncate", "delete", "copy", "rename"];

/// How each of the [`FILE_ACTIONS`] is read.
const FILE_ACTION_READERS: [ReadChange; 6] = [
    read_edit,
    read_write,
    read_truncate,
    read_delete,
    read_copy,
    read_rename,
];

/// The other actions that lead to a reload, so that a fault can be injected into it.
const RELOAD_ACTIONS: [&str; 5] = ["batch", "reload", "rollback", "migrate_again", "config"];

/// The actions that lead to no reload of their own.
const OTHER_ACTIONS: [&str; 5] = ["command", "save", "load", "restart", "fault"];

/// Reads the one action of a step, and where it is named.
pub(super) fn read_action(
    table: &mut TableReader<'_>,
    context: &Context<'_>,
) -> Option<(Action, Place)> {
    let names = [&FILE_ACTIONS[..], &RELOAD_ACTIONS, &OTHER_ACTIONS].concat();
    let (name, value) = read_only_key(table, "a step", &names)?;
    let place = table.key_place(name);
    Some((read_named_action(name, &value, context)?, place))
}

/// The one key of `names` that the table has; a fault if it has none or several. `what` names the table in it (`a step`).
fn read_only_key<'d>(
    table: &mut TableReader<'d>,
    what: &str,
    names: &[&'static str],
) -> Option<(&'static str, ValueReader<'d>)> {
    let mut found: Vec<(&str, ValueReader<'_>)> = names
        .iter()
        .filter_map(|&name| Some((name, table.optional(name)?)))
        .collect();
    if found.len() > 1 {
        let names: Vec<String> = found.iter().map(|(name, _)| format!("`{name}`")).collect();
        table.fault(format!(
            "{what} takes one action, found {}",
            names.join(" and ")
        ));
        return None;
    }
    let only = found.pop();
    if only.is_none() {
        table.fault(format!(
            "{what} needs one action, found none: one of {}",
            names.join(", ")
        ));
    }
    only
}

fn read_named_action(
    name: &'static str,
    value: &ValueReader<'_>,
    context: &Context<'_>,
) -> Option<Action> {
    match name {
        "batch" => read_batch(value, context),
        "reload" => read_reload(value, context),
        "rollback" => read_rollback(value, context),
        "migrate_again" => Some(Action::MigrateAgain {
            mod_id: read_loaded_mod(value, context)?,
        }),
        "config" => read_config(value, context),
        "command" => read_command(value, context),
        "save" => Some(Action::Save {
            name: read_save_name(value)?,
        }),
        "load" => Some(Action::Load {
            name: read_save_name(value)?,
        }),
        "restart" => read_restart(value),
        "fault" => read_injected_fault(value, context),
        _ => Some(Action::Files(vec![read_file_action(name, value, context)?])),
    }
}

fn read_batch(value: &ValueReader<'_>, context: &Context<'_>) -> Option<Action> {
    let elements = value.array()?;
    if elements.is_empty() {
        value.fault("expected at least one file action, found none");
    }
    let actions: Vec<Option<FileAction>> = elements
        .iter()
        .map(|element| {
            let mut table = element.table()?;
            let action = read_only_key(&mut table, "an element of a batch", &FILE_ACTIONS);
            table.finish();
            let (name, value) = action?;
            read_file_action(name, &value, context)
        })
        .collect();
    actions
        .into_iter()
        .collect::<Option<_>>()
        .map(Action::Files)
}

fn read_reload(value: &ValueReader<'_>, context: &Context<'_>) -> Option<Action> {
    let mut table = value.table()?;
    let mods = table.required("mods");
    let force = table.optional("force").map(|value| value.boolean());
    table.finish();
    let mods = mods?;
    let ids: Vec<Option<ModId>> = mods
        .array()?
        .iter()
        .map(|element| read_loaded_mod(element, context))
        .collect();
    if ids.is_empty() {
        mods.fault("expected at least one mod, found none");
    }
    Some(Action::Reload {
        mods: ids.into_iter().collect::<Option<_>>()?,
        force: force.unwrap_or(Some(false))?,
    })
}

fn read_rollback(value: &ValueReader<'_>, context: &Context<'_>) -> Option<Action> {
    let mut table = value.table()?;
    let mod_id = table
        .required("mod")
        .and_then(|value| read_loaded_mod(&value, context));
    let to = table
        .optional("to")
        .map(|value| value.integer(1..=u32::MAX));
    table.finish();
    Some(Action::Rollback {
        mod_id: mod_id?,
        to: match to {
            Some(to) => Some(to?),
            None => None,
        },
    })
}

fn read_config(value: &ValueReader<'_>, context: &Context<'_>) -> Option<Action> {
    let mut table = value.table()?;
    let mod_id = table
        .required("mod")
        .and_then(|value| read_loaded_mod(&value, context));
    let set_value = table.required("set");
    table.finish();
    let set_value = set_value?;
    let set = read_scalars(set_value.table()?)?;
    if set.is_empty() {
        set_value.fault("expected at least one key to set, found none");
    }
    Some(Action::Config {
        mod_id: mod_id?,
        set,
    })
}

fn read_command(value: &ValueReader<'_>, context: &Context<'_>) -> Option<Action> {
    let calls = value.table()?.into_entries();
    let [(function, arguments)] = calls.as_slice() else {
        value.fault(format!("expected one function, found {}", calls.len()));
        return None;
    };
    let known = context.vocabulary.commands;
    if !known.contains(&function.text) {
        let fault = Fault::new(format!("unknown function `{}`", function.text));
        function.report(fault.suggest(function.text, known.iter().copied()));
    }
    Some(Action::Command {
        function: function.text.to_owned(),
        arguments: read_scalars(arguments.table()?)?,
    })
}

fn read_save_name(value: &ValueReader<'_>) -> Option<String> {
    let name = value.string()?;
    if name.is_empty() {
        value.fault("expected a name for the save, found none");
    }
    Some(name.to_owned())
}

fn read_restart(value: &ValueReader<'_>) -> Option<Action> {
    if !value.boolean()? {
        value.fault("expected `true`, found `false`: remove the step instead");
    }
    Some(Action::Restart)
}

fn read_injected_fault(value: &ValueReader<'_>, context: &Context<'_>) -> Option<Action> {
    let mut table = value.table()?;
    let stage = table
        .required("stage")
        .and_then(|value| value.one_of("stage", context.vocabulary.stages));
    let mod_id = table
        .required("mod")
        .and_then(|value| read_loaded_mod(&value, context));
    let during = table.optional("during").map(|value| {
        let mut table = value.table()?;
        let names = [&FILE_ACTIONS[..], &RELOAD_ACTIONS].concat();
        let action = read_only_key(&mut table, "`during`", &names);
        table.finish();
        let (name, value) = action?;
        read_named_action(name, &value, context)
    });
    table.finish();
    Some(Action::InjectFault {
        stage: stage?.to_owned(),
        mod_id: mod_id?,
        during: match during {
            Some(action) => Some(Box::new(action?)),
            None => None,
        },
    })
}

/// The values of a table whose keys the author chooses.
pub(super) fn read_scalars(table: TableReader<'_>) -> Option<BTreeMap<String, Scalar>> {
    let values: Vec<Option<(String, Scalar)>> = table
        .into_entries()
        .into_iter()
        .map(|(key, value)| Some((key.text.to_owned(), value.scalar()?)))
        .collect();
    values.into_iter().collect()
}

fn read_file_action(
    name: &str,
    value: &ValueReader<'_>,
    context: &Context<'_>,
) -> Option<FileAction> {
    let read = FILE_ACTION_READERS[FILE_ACTIONS.iter().position(|&action| action == name)?];
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
