//! What can be built, and what can be made there.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::SkillUse;

/// Most of an item that a building is made of or that a recipe takes or makes.
pub const MATERIAL_MAX: u32 = 1_000;

/// A building. It takes one tile.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BuildingDefinition {
    /// What it is made of, each 1 to [`MATERIAL_MAX`]; nothing at all is fine.
    ///
    /// Changes *now* for blueprints; a finished building gives back what it is made of by the definition then.
    pub materials: BTreeMap<String, u32>,
    /// Ticks to build it once its materials are there, 1 to [`WORK_TICKS_MAX`](super::WORK_TICKS_MAX).
    ///
    /// Changes *now*: work done so far counts.
    pub work: u32,
    /// Ticks to enter its tile once it stands, 1 to [`WALK_COST_MAX`](super::WALK_COST_MAX); `None` means that nobody can.
    ///
    /// Changes *now*; ways already chosen stay. To or from `None`: *refuse* while there is one of it.
    pub walk_cost: Option<u8>,
    /// What it is for.
    ///
    /// *Refuse* while there is one of it.
    pub purpose: BuildingUse,
    /// How good it is to sleep or relax there, as a factor of the points gained in permille, 0 to
    /// [`FACTOR_MAX`](super::FACTOR_MAX).
    ///
    /// Changes *now*: it is a rate.
    pub comfort: u16,
}

/// What a building is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum BuildingUse {
    /// It stands there: a wall, a door, a path.
    Structure,
    /// One colonist at a time sleeps in it.
    Bed,
    /// One colonist at a time relaxes at it.
    Recreation,
    /// Things are made at it.
    Workplace,
}

impl BuildingUse {
    /// The word for it in definition files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Structure => "structure",
            Self::Bed => "bed",
            Self::Recreation => "recreation",
            Self::Workplace => "workplace",
        }
    }
}

/// Something that can be made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecipeDefinition {
    /// The workplace where it is made.
    ///
    /// *Refuse* while one has orders for it.
    pub building: String,
    /// What it takes, each 1 to [`MATERIAL_MAX`].
    ///
    /// Changes *now*; what was brought already stays there until the orders are done.
    pub inputs: BTreeMap<String, u32>,
    /// What it makes, each 1 to [`MATERIAL_MAX`]; at least one.
    ///
    /// Changes at the *next use*, which is when one is done.
    pub outputs: BTreeMap<String, u32>,
    /// Ticks of work, 1 to [`WORK_TICKS_MAX`](super::WORK_TICKS_MAX).
    ///
    /// Changes *now*: work done so far counts.
    pub work: u32,
    /// Whether it takes skill.
    ///
    /// Changes *now* for how fast it is done, at the *next use* for who may do it.
    pub skill: Option<SkillUse>,
}
