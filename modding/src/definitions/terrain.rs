//! Reads terrain.

use sim::{TerrainDefinition, WALK_COST_MAX};

use crate::document::TableReader;

use super::fields::read_character;

pub(super) fn read_terrain(table: &mut TableReader<'_>) -> Option<TerrainDefinition> {
    let symbol = table
        .required("symbol")
        .and_then(|value| read_character(&value));
    let walk_cost = table
        .optional("walk_cost")
        .and_then(|value| value.integer(1..=WALK_COST_MAX));
    Some(TerrainDefinition {
        symbol: symbol?,
        walk_cost,
    })
}
