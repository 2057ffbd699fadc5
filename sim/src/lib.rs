//! A colony: a deterministic world in which people eat, sleep, relax, haul, build, make, sow, reap and mind each other.
//!
//! Goals, in order:
//! 1. **The same in, the same out.** Setup, definitions and commands decide every bit of state, on any machine, in any
//!    build. State is integers with bounds; random numbers are a function of what they are for; whatever is gone through
//!    is gone through in order of id.
//! 2. **One way in, one way out.** The outside changes the world by [`Command`]s alone and hears of it by [`Event`]s;
//!    it looks through a [`View`] that changes nothing. Between ticks it may
//!    [replace the content](Colony::replace_definitions).
//! 3. **Nothing hidden.** What is hashed is what is saved: a restored or forked colony goes on as the original does.
//! 4. **Content is data.** What there is comes from [`Definitions`]; this crate holds the rules, not the content.
//!
//! Of a large colony several threads do what can be done side by side; it comes to the same for any number of them.
//!
//! It does no input or output, knows no clock but its tick, no mods, no floating point; it never panics on
//! what it is given.
//!
//! ```
//! use std::collections::BTreeMap;
//! use sim::{Colony, Command, Definitions, ItemDefinition, JobAction, JobDefinition, MapSource, NeedDefinition, Position,
//!           Setup, TerrainDefinition};
//!
//! fn table<T>(rows: impl IntoIterator<Item = (&'static str, T)>) -> BTreeMap<String, T> {
//!     rows.into_iter().map(|(id, definition)| (id.to_owned(), definition)).collect()
//! }
//! let need = NeedDefinition { decay: 20, seek_below: 4_000, critical_below: 1_500, damage: 20, mood: 0 };
//! let job = |action, priority| JobDefinition { action, priority, work: 20, skill: None };
//! let chop = JobAction::Harvest { target: "tree".into(), leaves: "grass".into(), yields: table([("wood", 5)]) };
//! let definitions = Definitions {
//!     terrain: table([
//!         ("grass", TerrainDefinition { symbol: '.', walk_cost: Some(1), fertility: 800 }),
//!         ("tree", TerrainDefinition { symbol: 'T', walk_cost: Some(3), fertility: 0 }),
//!     ]),
//!     items: table([("wood", ItemDefinition { stack_max: 50, haul_priority: 6, ..Default::default() })]),
//!     needs: table([("food", need), ("rest", need)]),
//!     jobs: table([
//!         ("haul", job(JobAction::Haul, None)),
//!         ("eat", job(JobAction::Eat, Some(7))),
//!         ("sleep", job(JobAction::Sleep, Some(6))),
//!         ("chop", job(chop, Some(4))),
//!     ]),
//!     ..Definitions::default()
//! };
//! let map = "\
//! ............
//! ............
//! ............
//! ..@.......T.
//! ............
//! ............
//! ............
//! ............";
//! let setup = Setup { seed: 42, map: MapSource::Ascii(map.into()), colonists: 1, stock: BTreeMap::new() };
//! let mut colony = Colony::new(&setup, definitions).expect("a valid setup");
//!
//! colony.apply(&Command::Designate { kind: "chop".into(), at: Position::new(10, 3) }).expect("there is a tree");
//! let mut happened = Vec::new();
//! while colony.view().item_stored("wood") == 0 && colony.tick() < 200 {
//!     colony.begin_tick();
//!     colony.step();
//!     happened.extend(colony.take_events().iter().map(|event| event.name()));
//! }
//! assert_eq!(happened, [
//!     "job_created", "job_assigned", "item_produced", "job_completed", // chop
//!     "job_created", "job_assigned", "job_completed",                  // haul
//! ]);
//! assert_eq!(colony.view().item_stored("wood"), 5);
//! assert_eq!(colony.view().tile(Position::new(10, 3)), Some("grass"));
//! ```

#![forbid(unsafe_code)]
#![deny(clippy::float_arithmetic)]

mod assignment;
mod colonists;
mod colony;
mod command;
mod definitions;
mod direction;
mod entities;
mod environment;
mod event;
mod farming;
mod founding;
mod grid;
mod ground;
mod harvest;
mod hash;
mod haul;
mod health;
mod id;
mod items;
mod job_board;
mod jobs;
mod lookup;
mod mood;
mod names;
mod nearby;
mod nearest;
mod needs;
mod open_jobs;
mod parallel;
mod path;
mod place_set;
mod position;
mod production;
mod redefinition;
mod regions;
mod rng;
mod save;
mod schedule;
mod setup;
mod shared;
mod skills;
mod spoilage;
mod stockpiles;
mod structures;
mod supply;
mod table;
mod terrain;
mod tick;
mod tile_set;
mod view;
mod work;

#[cfg(test)]
mod test_support;
#[cfg(test)]
mod tests;

pub use colonists::HEALTH_MAX;
pub use colony::Colony;
pub use command::{
    Command, CommandError, FILTERS_MAX, ORDER_COUNT_MAX, SPAWN_COUNT_MAX, STOCKPILE_SIDE_MAX,
};
pub use definitions::{
    BuildingDefinition, BuildingUse, ChangeRule, CropDefinition, DAY_TICKS, DAY_TICKS_MAX,
    DAY_TICKS_MIN, DefinitionChange, DefinitionFault, Definitions, EXPERIENCE_MAX, FACTOR_MAX,
    INCIDENTS_A_DAY_MAX, IncidentDefinition, IncidentEffect, ItemDefinition, JOINERS_MAX,
    JobAction, JobDefinition, LASTS_MAX, MATERIAL_MAX, NEED_MAX, NeedDefinition, PERMILLE,
    PRIORITY_CRITICAL_NEED, PRIORITY_MAX, PRIORITY_URGENT, RecipeDefinition, SEASON_DAYS_MAX,
    SKILL_LEVEL_MAX, STACK_MAX_LIMIT, STORYTELLER, SeasonDefinition, SkillDefinition, SkillUse,
    StorytellerDefinition, TEMPERATURE_DEFAULT, TEMPERATURE_MAX, TERRAIN_KINDS_MAX,
    TerrainDefinition, WAIT_DAYS_MAX, WALK_COST_MAX, WEIGHT_MAX, WORK_TICKS_MAX, WeatherDefinition,
    YIELD_MAX,
};
pub use environment::IncidentFacts;
pub use event::{Event, JobFacts};
pub use hash::{PartHasher, chain_hash, hash_bytes};
pub use health::COLLAPSE_BELOW;
pub use id::{STABLE_ID_MAX, StableId};
pub use mood::{MOOD_LOW, MOOD_MAX};
pub use needs::HEALTH_RECOVERY;
#[cfg(feature = "bench")]
#[doc(hidden)]
pub use path::bench::Ways;
pub use position::{DIAGONAL_COST, Position, STRAIGHT_COST};
pub use redefinition::DefinitionObstacle;
pub use rng::random_u64;
pub use save::{SAVE_BYTES_MAX, SAVE_VERSION, SaveError};
pub use schedule::{HOURS_OF_DAY, Hour};
pub use setup::{
    COLONISTS_MAX, MAP_SIDE_MAX, MAP_SIDE_MIN, MapSource, START_SYMBOL, Setup, SetupError,
};
pub use view::{
    BuildingFacts, ColonistFacts, ItemFacts, OrderFacts, PlotFacts, PlotStage, SkillFacts,
    StockpileFacts, View,
};

/// Raised whenever the same setup, definitions and commands are meant to give another state than before. Hashes are
/// compared only between runs of the same rules version.
pub const RULES_VERSION: u32 = 6;
