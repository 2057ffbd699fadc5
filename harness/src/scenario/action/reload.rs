//! Reads what a step does to the mods that run: reloads by hand, and mods that come and go.

use std::collections::BTreeMap;

use modding::document::{TableReader, ValueReader};
use modding::mod_id::ModId;
use modding::reload::Priority;
use modding::report::ReloadType;

use crate::scenario::Action;
use crate::scenario::parse::{Context, path_beside, read_loaded_mod};

pub(super) fn read_reload(value: &ValueReader<'_>, context: &Context<'_>) -> Option<Action> {
    let mut table = value.table()?;
    let mods = table.required("mods");
    let force = table.optional("force").map(|value| value.boolean());
    let skip_unload = read_skip_unload(&mut table);
    let kind = table
        .optional("type")
        .and_then(|value| value.one_of("type of reload", context.vocabulary.reload_types));
    let priority = table
        .optional("priority")
        .and_then(|value| value.one_of("priority", context.vocabulary.priorities));
    table.finish();
    let mods = mods?;
    let mut ids: Vec<Option<ModId>> = Vec::new();
    for element in mods.array()? {
        let id = read_loaded_mod(&element, context);
        if let Some(id) = id.as_ref().filter(|_| ids.contains(&id)) {
            element.fault(format!("`{id}` is named twice"));
        }
        ids.push(id);
    }
    if ids.is_empty() {
        mods.fault("expected at least one mod, found none");
    }
    Some(Action::Reload {
        mods: ids.into_iter().collect::<Option<_>>()?,
        force: force.unwrap_or(Some(false))?,
        kind: kind.and_then(ReloadType::from_name),
        priority: priority.and_then(Priority::from_name),
        skip_unload,
    })
}

/// `{ mod, to }`, or `{ mods }` with a mod or `{ mod, to }` for each.
pub(super) fn read_rollback(value: &ValueReader<'_>, context: &Context<'_>) -> Option<Action> {
    let mut table = value.table()?;
    let Some(list) = table.optional("mods") else {
        let (mod_id, to) = read_generation(table, context)?;
        return Some(Action::Rollback {
            mods: BTreeMap::from([(mod_id, to)]),
        });
    };
    table.refuse("mod", "each mod is named in `mods`");
    table.refuse("to", "write `mods = [{ mod = \"...\", to = ... }]`");
    table.finish();
    let elements = list.array()?;
    if elements.is_empty() {
        list.fault("expected at least one mod, found none");
    }
    let mut mods = BTreeMap::new();
    let mut whole = true;
    for element in &elements {
        let read = if element.is_string() {
            read_loaded_mod(element, context).map(|mod_id| (mod_id, None))
        } else {
            let table = element.table();
            table.and_then(|table| read_generation(table, context))
        };
        let Some((mod_id, to)) = read else {
            whole = false;
            continue;
        };
        if mods.contains_key(&mod_id) {
            element.fault(format!("`{mod_id}` is named twice"));
        }
        mods.insert(mod_id, to);
    }
    whole.then_some(Action::Rollback { mods })
}

/// `{ mod, to }`.
fn read_generation(
    mut table: TableReader<'_>,
    context: &Context<'_>,
) -> Option<(ModId, Option<u32>)> {
    let mod_id = table
        .required("mod")
        .and_then(|value| read_loaded_mod(&value, context));
    let to = table
        .optional("to")
        .map(|value| value.integer(1..=u32::MAX));
    table.finish();
    Some((
        mod_id?,
        match to {
            Some(to) => Some(to?),
            None => None,
        },
    ))
}

/// `{ mod, from }`; where the mod's files come from was read with the list of mods.
pub(super) fn read_add(value: &ValueReader<'_>, context: &Context<'_>) -> Option<Action> {
    let mut table = value.table()?;
    let mod_id = table
        .required("mod")
        .and_then(|value| read_loaded_mod(&value, context));
    let _ = table.optional("from").map(|value| path_beside(&value));
    table.finish();
    Some(Action::Add { mod_id: mod_id? })
}

/// `{ mod }`.
pub(super) fn read_only_mod(value: &ValueReader<'_>, context: &Context<'_>) -> Option<ModId> {
    let mut table = value.table()?;
    let mod_id = table
        .required("mod")
        .and_then(|value| read_loaded_mod(&value, context));
    table.finish();
    mod_id
}

/// `{ mod, skip_unload }`.
pub(super) fn read_stop(value: &ValueReader<'_>, context: &Context<'_>) -> Option<(ModId, bool)> {
    let mut table = value.table()?;
    let mod_id = table
        .required("mod")
        .and_then(|value| read_loaded_mod(&value, context));
    let skip_unload = read_skip_unload(&mut table);
    table.finish();
    Some((mod_id?, skip_unload))
}

fn read_skip_unload(table: &mut TableReader<'_>) -> bool {
    let value = table.optional("skip_unload");
    value.and_then(|value| value.boolean()).unwrap_or(false)
}
