//! The content of the colony as plain data: what there is, never how it behaves. Definitions are named by string ids;
//! state refers to them by these ids alone.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::hash::PartHasher;

mod buildings;
mod changes;
mod environment;
mod farming;
mod rules;
mod skills;
mod validation;

pub use buildings::{BuildingDefinition, BuildingUse, MATERIAL_MAX, RecipeDefinition};
pub(crate) use changes::changes;
pub use changes::{ChangeRule, DefinitionChange};
pub use environment::{
    DAY_TICKS, DAY_TICKS_MAX, DAY_TICKS_MIN, FACTOR_MAX, INCIDENTS_A_DAY_MAX, IncidentDefinition,
    IncidentEffect, JOINERS_MAX, LASTS_MAX, PERMILLE, SEASON_DAYS_MAX, STORYTELLER,
    SeasonDefinition, StorytellerDefinition, TEMPERATURE_DEFAULT, TEMPERATURE_MAX, WAIT_DAYS_MAX,
    WEIGHT_MAX, WeatherDefinition,
};
pub use farming::CropDefinition;
pub(crate) use rules::{Amounts, CropRule, NEED_KINDS, NeedKind, Outcome, Rules, SkillRule};
pub use skills::{EXPERIENCE_MAX, SKILL_LEVEL_MAX, SkillDefinition, SkillUse};
pub use validation::DefinitionFault;

/// Highest priority of a job; the lowest is 0. Who looks for work goes 16 tiles further for one more.
pub const PRIORITY_MAX: u8 = 10;
/// From this priority on a job is urgent: it is done before all that is not, wherever it is, and by those too who do no other work.
pub const PRIORITY_URGENT: u8 = 8;
/// Priority of eating, sleeping and relaxing once the need is critical: above all but what was explicitly put first.
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
///
/// They can be replaced while the colony runs ([`Colony::replace_definitions`](crate::Colony::replace_definitions)). Each
/// field says what a change of it does to what lives: *now*, *next use*, *clamp* or *refuse* (see [`ChangeRule`]). A
/// definition that is added counts now, one that is in use cannot be taken away; but a season, weather or incident that
/// is taken away is over at once.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Definitions {
    /// What a tile can be made of.
    pub terrain: BTreeMap<String, TerrainDefinition>,
    /// What can lie in stacks.
    pub items: BTreeMap<String, ItemDefinition>,
    /// `food`, `rest` and, if colonists are to need it, `recreation`.
    pub needs: BTreeMap<String, NeedDefinition>,
    /// What colonists can do: exactly one kind each of haul, eat and sleep, at most one of every other action that the
    /// colony posts by itself, any number of harvest and labour kinds.
    pub jobs: BTreeMap<String, JobDefinition>,
    /// What colonists can be good at.
    pub skills: BTreeMap<String, SkillDefinition>,
    /// What can be built; needs a kind of job that builds and one that supplies.
    pub buildings: BTreeMap<String, BuildingDefinition>,
    /// What can be made at workplaces; needs a kind of job that crafts.
    pub recipes: BTreeMap<String, RecipeDefinition>,
    /// What can be grown; needs a kind of job that sows and one that reaps.
    pub crops: BTreeMap<String, CropDefinition>,
    /// The year; without any, days are all that is counted and the temperature stays as it is.
    pub seasons: BTreeMap<String, SeasonDefinition>,
    /// What the weather can be.
    pub weather: BTreeMap<String, WeatherDefinition>,
    /// What can befall the colony.
    pub incidents: BTreeMap<String, IncidentDefinition>,
    /// At most [`STORYTELLER`]; exactly that where there are incidents.
    pub storyteller: BTreeMap<String, StorytellerDefinition>,
}

/// A terrain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TerrainDefinition {
    /// Stands for it in ASCII maps; unique, visible, not `@`.
    ///
    /// Changes *now*: the map does not hold symbols.
    pub symbol: char,
    /// Ticks to enter a tile, 1 to [`WALK_COST_MAX`]; `None` means nobody can.
    ///
    /// Changes *now*; ways already chosen stay, and who finds theirs closed looks for another. To `None`: *refuse* while
    /// something stands or lies on such a tile, as nothing can be there any more.
    pub walk_cost: Option<u8>,
    /// How fast crops grow on it, as a factor in permille up to [`FACTOR_MAX`]; 0 means nothing can be sown.
    ///
    /// Changes *now*: it is a rate.
    pub fertility: u16,
}

/// An item.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ItemDefinition {
    /// Most of it in one stack, 1 to [`STACK_MAX_LIMIT`].
    ///
    /// Changes at the *next use*: a larger stack stays and takes no more, so that nothing is lost.
    pub stack_max: u32,
    /// Priority of hauling it to a stockpile, 0 to [`PRIORITY_MAX`].
    ///
    /// Changes at the *next use*: a posted job keeps its priority, which a player may have chosen.
    pub haul_priority: u8,
    /// Points of food one of it gives, 0 to [`NEED_MAX`]; 0 means it is not food.
    ///
    /// Changes *now*. To 0: *clamp*, as who was about to eat it would waste it: they leave it and look for other food.
    pub nutrition: u16,
    /// Ticks until a stack of it is spoiled, 1 to [`LASTS_MAX`]; `None` means never. Nothing spoils while it freezes.
    ///
    /// Changes *now*: the age of a stack is compared with it.
    pub spoils_after: Option<u32>,
    /// Points of a wound that one of it heals on top of what treatment heals, 0 to [`HEALTH_MAX`](crate::HEALTH_MAX);
    /// 0 means it is no medicine.
    ///
    /// Changes *now*. To 0: *clamp*, as who was about to use it would waste it: they leave it.
    pub medicine: u16,
    /// What filters of stockpiles may say instead of its id; an id like those of definitions.
    ///
    /// Changes *now*: a stack that lies where it is not wanted any more is hauled.
    pub category: String,
}

impl Default for ItemDefinition {
    /// A thing of the category `goods` with no use, of which one lies on a tile.
    fn default() -> Self {
        Self {
            stack_max: 1,
            haul_priority: 0,
            nutrition: 0,
            spoils_after: None,
            medicine: 0,
            category: "goods".to_owned(),
        }
    }
}

/// A need. All amounts are points of [`NEED_MAX`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct NeedDefinition {
    /// Points lost each tick.
    ///
    /// Changes *now*: it is a rate.
    pub decay: u16,
    /// Below it, an idle colonist looks after the need.
    ///
    /// Changes *now*: levels are compared with it each tick.
    pub seek_below: u16,
    /// Below it, a colonist leaves its work for the need; at most `seek_below`.
    ///
    /// Changes *now*: levels are compared with it each tick, and whoever is below a raised one is told of.
    pub critical_below: u16,
    /// Health lost each tick while the need is at 0, in points of [`HEALTH_MAX`](crate::HEALTH_MAX).
    ///
    /// Changes *now*: it is a rate.
    pub damage: u16,
    /// Points of mood that somebody lacks while the need is at 0, in points of [`MOOD_MAX`](crate::MOOD_MAX); in
    /// proportion above.
    ///
    /// Changes *now*: mood follows within some ticks.
    pub mood: u16,
}

/// A kind of job.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct JobDefinition {
    /// What is done.
    ///
    /// *Refuse* while there are jobs of the kind: they would be about something else.
    pub action: JobAction,
    /// Priority of a new job, 0 to [`PRIORITY_MAX`]. `None` exactly for hauling, where the item says
    /// ([`ItemDefinition::haul_priority`]).
    ///
    /// Changes at the *next use*: a posted job keeps its priority, which a player may have chosen.
    pub priority: Option<u8>,
    /// Ticks of work at the place, 1 to [`WORK_TICKS_MAX`]: to pick up, to harvest, to eat one item, to sleep or relax
    /// from nothing to the full, to treat somebody. 0 exactly where the building, recipe or crop says.
    ///
    /// Changes *now*: work done so far counts.
    pub work: u32,
    /// Whether it takes skill; for crafting the recipe says.
    ///
    /// Changes *now* for how fast it is done, at the *next use* for who may take it.
    pub skill: Option<SkillUse>,
}

/// What colonists do in a job.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum JobAction {
    /// Carry a loose stack to a stockpile.
    Haul,
    /// Turn one terrain into another and keep what comes of it.
    Harvest {
        /// Terrain it is done to.
        ///
        /// *Refuse* while there are jobs of the kind: their tiles are of the terrain it was.
        target: String,
        /// Terrain left behind; it must be walkable.
        ///
        /// Changes at the *next use*, which is when a tile is harvested.
        leaves: String,
        /// Items gained, each 1 to [`YIELD_MAX`].
        ///
        /// Changes at the *next use*, which is when a tile is harvested.
        yields: BTreeMap<String, u32>,
    },
    /// Work on a tile that stays as it is, and keep what comes of it: to forage, to fish, to keep watch.
    Labour {
        /// Items gained, each 1 to [`YIELD_MAX`]; none at all is fine.
        ///
        /// Changes at the *next use*, which is when the work is done.
        yields: BTreeMap<String, u32>,
    },
    /// Eat one item with nutrition.
    Eat,
    /// Sleep until rested, in a bed if there is one.
    Sleep,
    /// Relax until the need for recreation is met, at a place for it if there is one.
    Relax,
    /// Bring what is needed to a blueprint or a workplace.
    Supply,
    /// Make a building of a blueprint that has its materials.
    Build,
    /// Make something at a workplace that has what it takes.
    Craft,
    /// Sow a plot.
    Sow,
    /// Reap a ripe plot.
    Reap,
    /// Treat somebody's wound.
    Treat,
}

impl JobAction {
    /// The word for it in definition files.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Haul => "haul",
            Self::Harvest { .. } => "harvest",
            Self::Labour { .. } => "labour",
            Self::Eat => "eat",
            Self::Sleep => "sleep",
            Self::Relax => "relax",
            Self::Supply => "supply",
            Self::Build => "build",
            Self::Craft => "craft",
            Self::Sow => "sow",
            Self::Reap => "reap",
            Self::Treat => "treat",
        }
    }

    /// Whether how long it takes is said by what is built, made or grown instead of the kind of job.
    pub fn takes_time_of_its_object(&self) -> bool {
        matches!(self, Self::Build | Self::Craft | Self::Sow | Self::Reap)
    }
}

/// A definition or a field of it as messages name it: table, id and field with dots, without those that are empty.
fn place(parts: [&str; 3]) -> String {
    let named: Vec<&str> = parts.into_iter().filter(|part| !part.is_empty()).collect();
    named.join(".")
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
    pub fn designated_kinds(&self) -> impl Iterator<Item = &str> {
        let is_designated = |action: &JobAction| {
            matches!(action, JobAction::Harvest { .. } | JobAction::Labour { .. })
        };
        self.jobs
            .iter()
            .filter(move |(_, definition)| is_designated(&definition.action))
            .map(|(kind, _)| kind.as_str())
    }
}
