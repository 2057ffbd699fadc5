//! Every change the outside may make to the colony. Nothing else changes it but time.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

use crate::jobs::Task;
use crate::names::Name;
use crate::schedule::{HOURS_OF_DAY, Hour};
use crate::stockpiles::Stockpile;
use crate::structures::Order;
use crate::{Colony, JobAction, Position, StableId};

mod check;
mod error;

pub use error::CommandError;

/// Most items one [`Command::SpawnItem`] makes.
pub const SPAWN_COUNT_MAX: u32 = 10_000;
/// Most of a recipe that can be ordered at a time.
pub const ORDER_COUNT_MAX: u32 = 10_000;
/// Longest side of the rectangle of [`Command::AddStockpile`], in tiles.
pub const STOCKPILE_SIDE_MAX: u16 = 64;
/// Most different filters that the stockpiles of a colony have at a time: for each it is known where there is room.
pub const FILTERS_MAX: usize = 1_000;

/// A change from outside. What it needs is checked in full before anything happens.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Command {
    /// Gives a job another priority; who has taken it keeps it.
    SetJobPriority {
        /// A job on the board, taken or not.
        job: StableId,
        /// 0 to [`PRIORITY_MAX`](crate::PRIORITY_MAX).
        priority: u8,
    },
    /// Withdraws a job; who has taken it puts down its load. What the colony posts by itself (hauling, eating, sleeping)
    /// it may post again.
    CancelJob {
        /// A job on the board, taken or not.
        job: StableId,
    },
    /// Orders work at a tile.
    Designate {
        /// A job kind whose action is harvest or labour.
        kind: String,
        /// A tile of the kind's target terrain without such a job.
        at: Position,
    },
    /// Puts new items on a tile, or on the nearest that have room.
    SpawnItem {
        /// A defined item.
        item: String,
        /// 1 to [`SPAWN_COUNT_MAX`].
        count: u32,
        /// A walkable tile.
        at: Position,
    },
    /// Takes items that nobody has reserved out of the world, from the stack with the lowest id first.
    RemoveItem {
        /// A defined item.
        item: String,
        /// 1 to as many as lie unreserved.
        count: u32,
    },
    /// Adds a colonist.
    SpawnColonist {
        /// A walkable tile.
        at: Position,
    },
    /// Plans a building: colonists bring what it is made of and build it.
    PlaceBlueprint {
        /// A defined building.
        building: String,
        /// A walkable tile on which nothing lies, stands or grows, outside stockpiles and without ordered work.
        at: Position,
    },
    /// Takes a building or a blueprint away. What was brought to it, and what a building is made of, lies there.
    RemoveBuilding {
        /// A building or blueprint.
        building: StableId,
    },
    /// Orders something to be made at a workplace, instead of what was ordered there before.
    OrderRecipe {
        /// A finished building.
        building: StableId,
        /// A recipe for such buildings.
        recipe: String,
        /// How often, 0 to [`ORDER_COUNT_MAX`]; 0 takes the order back.
        count: u32,
    },
    /// Makes a tile a plot for a crop, or one for none any more. Another crop that grows there is lost.
    SetPlot {
        /// A walkable tile with fertility on which nothing stands.
        at: Position,
        /// A defined crop; `None` for no plot.
        crop: Option<String>,
    },
    /// Makes a stockpile of those tiles of a rectangle that can be walked on and are in no other and free of buildings.
    AddStockpile {
        /// Its first column and row.
        at: Position,
        /// Columns, 1 to [`STOCKPILE_SIDE_MAX`].
        width: u16,
        /// Rows, 1 to [`STOCKPILE_SIDE_MAX`].
        height: u16,
        /// The items and categories it takes; `None` means all.
        filter: Option<BTreeSet<String>>,
    },
    /// Dissolves a stockpile; what lies there stays, loose.
    RemoveStockpile {
        /// A stockpile.
        stockpile: StableId,
    },
    /// Changes what a stockpile takes; what lies there and is not wanted any more is hauled elsewhere.
    SetStockpileFilter {
        /// A stockpile.
        stockpile: StableId,
        /// Items and categories; `None` means all.
        filter: Option<BTreeSet<String>>,
    },
    /// Says what the hours of somebody's day are for.
    SetSchedule {
        /// Somebody alive.
        colonist: StableId,
        /// 24 hours from midnight on; `None` for a day without a plan.
        hours: Option<Vec<Hour>>,
    },
    /// Says whether somebody takes jobs of a kind; one they are at they finish.
    AllowWork {
        /// Somebody alive.
        colonist: StableId,
        /// A kind of job that is not done for oneself.
        kind: String,
        /// Whether they take it.
        allowed: bool,
    },
    /// Hurts somebody: health is lost and a wound is left. They may die of it.
    Injure {
        /// Somebody alive.
        colonist: StableId,
        /// 1 to [`HEALTH_MAX`](crate::HEALTH_MAX) points.
        points: u16,
    },
    /// Gives somebody health back and heals as much of a wound.
    Heal {
        /// Somebody alive.
        colonist: StableId,
        /// 1 to [`HEALTH_MAX`](crate::HEALTH_MAX) points.
        points: u16,
    },
    /// Starts an incident, whatever the storyteller thinks of it: day, season, pause and weight do not count.
    StartIncident {
        /// A defined incident that does not run, of an effect that is possible now.
        incident: String,
    },
}

impl Colony {
    /// Applies a command; its events follow those of earlier ones.
    ///
    /// # Errors
    /// What is wrong with it, as [`check`](Self::check) says; then nothing has changed.
    pub fn apply(&mut self, command: &Command) -> Result<(), CommandError> {
        self.check(command)?;
        match command {
            Command::SetJobPriority { job, priority } => {
                self.change_job(*job, |job| job.priority = *priority)
            }
            Command::CancelJob { job } => self.cancel_job(*job),
            Command::Designate { kind, at } => {
                let definition = self.definitions.jobs.get(kind);
                let priority = definition.and_then(|definition| definition.priority);
                let priority = priority.unwrap_or(0);
                let task = match definition.map(|job| &job.action) {
                    Some(JobAction::Labour { .. }) => Task::Labour,
                    _ => Task::Harvest,
                };
                self.post_job(Name::of(kind), priority, *at, task);
            }
            Command::SpawnItem { item, count, at } => {
                let placements = self.plan_spawn(item, *count, *at)?;
                self.place(placements);
            }
            Command::RemoveItem { item, count } => self.remove_items(item, *count),
            Command::SpawnColonist { at } => self.join(*at),
            Command::StartIncident { incident } => self.start_incident(incident),
            Command::PlaceBlueprint { building, at } => {
                self.place_blueprint(Name::of(building), *at);
            }
            Command::RemoveBuilding { building } => self.remove_structure(*building),
            Command::OrderRecipe {
                building,
                recipe,
                count,
            } => self.order_recipe(*building, recipe, *count),
            Command::SetPlot { at, crop } => {
                self.set_plot(*at, crop.as_deref().map(Name::of));
            }
            Command::AddStockpile {
                at,
                width,
                height,
                filter,
            } => {
                let cells = self.free_cells(*at, *width, *height);
                let zone = Stockpile {
                    id: self.ids.allocate(),
                    cells,
                    filter: filter.as_ref().map(short_names),
                };
                self.add_stockpile(zone);
            }
            Command::RemoveStockpile { stockpile } => {
                self.remove_stockpile(*stockpile);
            }
            Command::SetStockpileFilter { stockpile, filter } => {
                let filter = filter.as_ref().map(short_names);
                self.set_filter(*stockpile, filter);
            }
            _ => self.apply_to_somebody(command),
        }
        Ok(())
    }

    /// Applies a valid command that is about one colonist.
    fn apply_to_somebody(&mut self, command: &Command) {
        match command {
            Command::SetSchedule { colonist, hours } => {
                self.set_schedule(*colonist, hours.as_deref())
            }
            Command::AllowWork {
                colonist,
                kind,
                allowed,
            } => {
                let kind = Name::of(kind);
                self.entities.change_person(*colonist, |person| {
                    if *allowed {
                        person.forbidden.remove(&kind);
                    } else {
                        person.forbidden.insert(kind);
                    }
                });
            }
            Command::Injure { colonist, points } => self.hurt(*colonist, *points, "injury"),
            Command::Heal { colonist, points } => self.heal(*colonist, *points),
            _ => {}
        }
    }

    fn order_recipe(&mut self, building: StableId, recipe: &str, count: u32) {
        let recipe = Name::of(recipe);
        let order = (count > 0).then_some(Order {
            recipe,
            left: count,
        });
        let before = self.entities.structure(building);
        let is_same = before
            .and_then(|structure| structure.order)
            .is_some_and(|before| order.is_some_and(|order| order.recipe == before.recipe));
        if !is_same {
            self.cancel_jobs_of_structure(building);
        }
        self.change_structure(building, |structure| structure.order = order);
        self.put_down_surplus(building);
    }

    fn set_schedule(&mut self, id: StableId, hours: Option<&[Hour]>) {
        let schedule = hours.map(|hours| {
            let mut schedule = [Hour::default(); HOURS_OF_DAY];
            for (hour, given) in schedule.iter_mut().zip(hours) {
                *hour = *given;
            }
            schedule
        });
        self.entities
            .change_person(id, |person| person.schedule = schedule);
    }
}

fn short_names(names: &BTreeSet<String>) -> BTreeSet<SmolStr> {
    names.iter().map(SmolStr::from).collect()
}
