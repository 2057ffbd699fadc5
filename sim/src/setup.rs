//! What a colony starts from.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::DefinitionFault;

/// Shortest side of a map, in tiles.
pub const MAP_SIDE_MIN: u16 = 8;
/// Longest side of a map, in tiles.
pub const MAP_SIDE_MAX: u16 = 1024;
/// Most colonists alive at a time.
pub const COLONISTS_MAX: u32 = 100_000;
/// Marks the start in an ASCII map.
pub const START_SYMBOL: char = '@';

/// Where the terrain comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum MapSource {
    /// Made from the seed. Needs the terrains `grass`, `soil`, `tree`, `rock` and `water`. The start is
    /// near the middle.
    Generated {
        /// Columns, [`MAP_SIDE_MIN`] to [`MAP_SIDE_MAX`].
        width: u16,
        /// Rows, [`MAP_SIDE_MIN`] to [`MAP_SIDE_MAX`].
        height: u16,
    },
    /// Drawn with the symbols of the terrain definitions, a line a row. [`START_SYMBOL`] marks the start, on the terrain
    /// of its nearest walkable neighbour; without it the start is the walkable tile nearest to the middle.
    Ascii(String),
}

/// What a colony starts from, besides its definitions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Setup {
    /// Decides everything that is left to chance.
    pub seed: u64,
    /// The map.
    pub map: MapSource,
    /// How many colonists there are at the start, 1 to [`COLONISTS_MAX`], each on a tile of its own.
    pub colonists: u32,
    /// Items in the first stockpile; it must hold them.
    pub stock: BTreeMap<String, u32>,
}

/// Why there is no colony. Lines and columns count from 1.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum SetupError {
    /// The definitions have a fault.
    #[error("definition {0}")]
    Definition(DefinitionFault),
    /// A side is out of bounds.
    #[error("the {side} of the map is {found} tiles, expected {MAP_SIDE_MIN} to {MAP_SIDE_MAX}")]
    MapSide {
        /// `width` or `height`.
        side: &'static str,
        /// Its length.
        found: usize,
    },
    /// A generated map needs a terrain that is not defined.
    #[error(
        "a generated map needs the terrain `{0}`, which is not defined; define it or draw the map"
    )]
    MissingTerrain(&'static str),
    /// A row is longer or shorter than the first.
    #[error("line {line} of the map has {found} columns, expected {expected} as in line 1")]
    RaggedRow {
        /// Line of the map.
        line: usize,
        /// Its columns.
        found: usize,
        /// Columns of the first line.
        expected: usize,
    },
    /// A symbol stands for no terrain; told once for each symbol, at its first place.
    #[error(
        "line {line}, column {column} of the map: `{symbol}` stands for no terrain, expected one of `{known}`"
    )]
    UnknownSymbol {
        /// Line of the map.
        line: usize,
        /// Column of the map.
        column: usize,
        /// What stands there.
        symbol: char,
        /// Every symbol there is.
        known: String,
    },
    /// The start is marked a second time.
    #[error(
        "line {line}, column {column} of the map marks the start again; keep one `{START_SYMBOL}`"
    )]
    SecondStart {
        /// Line of the map.
        line: usize,
        /// Column of the map.
        column: usize,
    },
    /// Nobody can stand at the start.
    #[error("line {line}, column {column} of the map: the start has no walkable tile beside it")]
    WalledStart {
        /// Line of the map.
        line: usize,
        /// Column of the map.
        column: usize,
    },
    /// Nobody can stand anywhere.
    #[error("the map has no walkable tile")]
    NoWalkableTile,
    /// Too few or too many colonists.
    #[error("{found} colonists, expected 1 to {max}: {reason}")]
    Colonists {
        /// How many were asked for.
        found: u32,
        /// How many can be.
        max: u32,
        /// What limits them.
        reason: &'static str,
    },
    /// The stock names an item that is not defined.
    #[error("the stock has `{item}`, which is not defined{hint}")]
    UnknownItem {
        /// The name.
        item: String,
        /// The defined name most like it, or those that there are.
        hint: String,
    },
    /// The stock does not fit into the stockpile.
    #[error("the stock needs {needed} tiles, expected at most the {available} of the stockpile")]
    StockTooLarge {
        /// Tiles needed, each for a full stack at most.
        needed: u64,
        /// Tiles there are.
        available: usize,
    },
}
