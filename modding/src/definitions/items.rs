//! Reads items.

use sim::{HEALTH_MAX, ItemDefinition, LASTS_MAX, NEED_MAX, PRIORITY_MAX, STACK_MAX_LIMIT};

use crate::document::TableReader;

pub(super) fn read_item(table: &mut TableReader<'_>) -> Option<ItemDefinition> {
    let stack_max = table
        .required("stack_max")
        .and_then(|value| value.integer(1..=STACK_MAX_LIMIT));
    let haul_priority = table
        .required("haul_priority")
        .and_then(|value| value.integer(0..=PRIORITY_MAX));
    let nutrition = table
        .optional("nutrition")
        .map_or(Some(0), |value| value.integer(0..=NEED_MAX));
    let spoils_after = table
        .optional("spoils_after")
        .and_then(|value| value.integer(1..=LASTS_MAX));
    let medicine = table
        .optional("medicine")
        .map_or(Some(0), |value| value.integer(0..=HEALTH_MAX));
    let category = table.optional("category");
    let category = category.map_or(Some(ItemDefinition::default().category), |value| {
        value.string().map(str::to_owned)
    });
    Some(ItemDefinition {
        stack_max: stack_max?,
        haul_priority: haul_priority?,
        nutrition: nutrition?,
        spoils_after,
        medicine: medicine?,
        category: category?,
    })
}
