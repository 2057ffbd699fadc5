//! Reads items.

use sim::{ItemDefinition, NEED_MAX, PRIORITY_MAX, STACK_MAX_LIMIT};

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
    Some(ItemDefinition {
        stack_max: stack_max?,
        haul_priority: haul_priority?,
        nutrition: nutrition?,
    })
}
