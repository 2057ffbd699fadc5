//! The content of the colony as plain data: what there is, never how it behaves. Definitions are named by string ids;
//! state refers to them by these ids alone.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::hash::PartHasher;

mod rules;
mod validation;

pub(crate) use rules::{NeedKind, Rules};
pub use validation::DefinitionFault;

/// Highest priority of a job; the lowest is 0.
pub const PRIORITY_MAX: u8 = 10;
/// From this priority on a job counts as urgent.
pub const PRIORITY_URGENT: u8 = 8;
/// Priority of eating and sleeping once the need is critical: above all but what was explicitly put first.
pub const PRIORITY_CRITICAL_NEED: u8 = 9;
/// A need that is fully met, in points; 0 is its lowest level.
pub const NEED_MAX: u16 = 10_000;
/// Largest `stack_max` of an item: a million times every tile of the largest map still counts in 64 bits.
pub const STACK_MAX_LIMIT: u32 = 1_000_000;
/// Largest `walk_cost` of a terrain, in ticks a tile: the longest path still costs less than 32 bits hold.
pub const WALK_COST_MAX: u8 = 100;
/// Largest `work` of a job, in ticks.
pub const WORK_TICKS_MAX: u32 = 100_000;
/// Most terrains a colony can have: a tile is stored in one byte.
pub const TERRAIN_KINDS_MAX: usize = 255;
/// Most items one harvested tile can yield of a kind.
pub const YIELD_MAX: u32 = 1_000;

/// All content, by id. A colony accepts only definitions without faults (see [`Definitions::validate`]).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Definitions {
    /// What a tile can be made of.
    pub terrain: BTreeMap<String, TerrainDefinition>,
    /// What can lie in stacks.
    pub items: BTreeMap<String, ItemDefinition>,
    /// Exactly `food` and `rest`.
    pub needs: BTreeMap<String, NeedDefinition>,
    /// What colonists can do: exactly one kind each of haul, eat and sleep, any number of harvest kinds.
    pub jobs: BTreeMap<String, JobDefinition>,
}

/// A terrain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TerrainDefinition {
    /// Stands for it in ASCII maps; unique, visible, not `@`.
    pub symbol: char,
    /// Ticks to enter a tile, 1 to [`WALK_COST_MAX`]; `None` means nobody can.
    pub walk_cost: Option<u8>,
}

/// An item.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ItemDefinition {
    /// Most of it in one stack, 1 to [`STACK_MAX_LIMIT`].
    pub stack_max: u32,
    /// Priority of hauling it to a stockpile, 0 to [`PRIORITY_MAX`].
    pub haul_priority: u8,
    /// Points of food one of it gives, 0 to [`NEED_MAX`]; 0 means it is not food.
    pub nutrition: u16,
}

/// A need. All amounts are points of [`NEED_MAX`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct NeedDefinition {
    /// Points lost each tick.
    pub decay: u16,
    /// Below it, an idle colonist looks after the need.
    pub seek_below: u16,
    /// Below it, a colonist leaves its work for the need; at most `seek_below`.
    pub critical_below: u16,
    /// Health lost each tick while the need is at 0, in points of [`HEALTH_MAX`](crate::HEALTH_MAX).
    pub damage: u16,
}

/// A kind of job.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct JobDefinition {
    /// What is done.
    pub action: JobAction,
    /// Priority of a new job, 0 to [`PRIORITY_MAX`]. `None` exactly for hauling, where the item says
    /// ([`ItemDefinition::haul_priority`]).
    pub priority: Option<u8>,
    /// Ticks of work at the place, 1 to [`WORK_TICKS_MAX`]: to pick up, to harvest, to eat one item, to sleep from no
    /// rest to full rest.
    pub work: u32,
}

/// What colonists do in a job.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum JobAction {
    /// Carry a loose stack to a stockpile.
    Haul,
    /// Turn one terrain into another and keep what comes of it.
    Harvest {
        /// Terrain it is done to.
        target: String,
        /// Terrain left behind; it must be walkable.
        leaves: String,
        /// Items gained, each 1 to [`YIELD_MAX`].
        yields: BTreeMap<String, u32>,
    },
    /// Eat one item with nutrition.
    Eat,
    /// Sleep until rested.
    Sleep,
}

impl JobAction {
    /// The word for it in definition files.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Haul => "haul",
            Self::Harvest { .. } => "harvest",
            Self::Eat => "eat",
            Self::Sleep => "sleep",
        }
    }
}

impl Definitions {
    /// Every fault at once: bounds, cross references, duplicate symbols, missing or surplus needs and actions. Empty
    /// means that a colony can be made of it.
    pub fn validate(&self) -> Vec<DefinitionFault> {
        validation::faults(self)
    }

    /// Equal exactly for equal definitions.
    pub fn hash(&self) -> u128 {
        let mut hasher = PartHasher::new();
        hasher.write(self);
        hasher.finish()
    }

    /// The kinds of job that are done where the player says, in order of id.
    pub fn harvest_kinds(&self) -> impl Iterator<Item = &str> {
        self.jobs
            .iter()
            .filter(|(_, definition)| matches!(definition.action, JobAction::Harvest { .. }))
            .map(|(kind, _)| kind.as_str())
    }
}
