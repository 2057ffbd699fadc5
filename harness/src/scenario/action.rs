//! Reads what a step does.

use std::collections::BTreeMap;

use modding::diagnostic::{Fault, Place};
use modding::document::{Scalar, TableReader, ValueReader};

use super::parse::{Context, read_loaded_mod};
use super::{Action, FileAction};

mod files;
mod reload;

/// The actions that change files.
const FILE_ACTIONS: [&str; 8] = [
    "edit", "write", "patch", "truncate", "touch", "delete", "copy", "rename",
];

/// The other actions that lead to a reload, so that a fault can be injected into it.
const RELOAD_ACTIONS: [&str; 9] = [
    "batch",
    "reload",
    "rollback",
    "migrate_again",
    "config",
    "add",
    "enable",
    "disable",
    "remove",
];

/// The actions that lead to no reload of their own.
const OTHER_ACTIONS: [&str; 7] = [
    "purge",
    "command",
    "save",
    "load",
    "restart",
    "checkpoint",
    "fault",
];

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
    // An unknown key, which is reported as such, is the action that was meant.
    if only.is_none() && !table.has_unknown() {
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
        "reload" => reload::read_reload(value, context),
        "rollback" => reload::read_rollback(value, context),
        "migrate_again" => Some(Action::MigrateAgain {
            mod_id: read_loaded_mod(value, context)?,
        }),
        "add" => reload::read_add(value, context),
        "enable" => Some(Action::Enable {
            mod_id: reload::read_only_mod(value, context)?,
        }),
        "disable" => {
            reload::read_stop(value, context).map(|(mod_id, skip_unload)| Action::Disable {
                mod_id,
                skip_unload,
            })
        }
        "remove" => reload::read_stop(value, context).map(|(mod_id, skip_unload)| Action::Remove {
            mod_id,
            skip_unload,
        }),
        "purge" => Some(Action::Purge {
            mod_id: reload::read_only_mod(value, context)?,
        }),
        "config" => read_config(value, context),
        "command" => read_command(value, context),
        "save" => Some(Action::Save {
            name: read_save_name(value)?,
        }),
        "load" => Some(Action::Load {
            name: read_save_name(value)?,
        }),
        "restart" => read_true(value).map(|()| Action::Restart),
        "checkpoint" => read_true(value).map(|()| Action::Checkpoint),
        "fault" => read_injected_fault(value, context),
        _ => Some(Action::Files(vec![files::read_file_action(
            name, value, context,
        )?])),
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
            files::read_file_action(name, &value, context)
        })
        .collect();
    actions
        .into_iter()
        .collect::<Option<_>>()
        .map(Action::Files)
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

fn read_true(value: &ValueReader<'_>) -> Option<()> {
    if !value.boolean()? {
        value.fault("expected `true`, found `false`: remove the step instead");
    }
    Some(())
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
fn read_scalars(table: TableReader<'_>) -> Option<BTreeMap<String, Scalar>> {
    let values: Vec<Option<(String, Scalar)>> = table
        .into_entries()
        .into_iter()
        .map(|(key, value)| Some((key.text.to_owned(), value.scalar()?)))
        .collect();
    values.into_iter().collect()
}
