//! Reads terrain.

use sim::{FACTOR_MAX, TerrainDefinition, WALK_COST_MAX};

use crate::document::TableReader;

use super::fields::read_character;

pub(super) fn read_terrain(table: &mut TableReader<'_>) -> Option<TerrainDefinition> {
    let symbol = table
        .required("symbol")
        .and_then(|value| read_character(&value));
    let walk_cost = table
        .optional("walk_cost")
        .and_then(|value| value.integer(1..=WALK_COST_MAX));
    let fertility = table
        .optional("fertility")
        .map_or(Some(0), |value| value.integer(0..=FACTOR_MAX));
    Some(TerrainDefinition {
        symbol: symbol?,
        walk_cost,
        fertility: fertility?,
    })
}
