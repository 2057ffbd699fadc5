//! The colony as others may look at it: read-only, cheap, always in order of id.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

use crate::environment::IncidentFacts;
use crate::items::Stack;
use crate::jobs::{Job, Subject};
use crate::names::Name;
use crate::{Colony, CommandError, JobFacts, Position, StableId};

mod people;
mod places;

pub use people::SkillFacts;
pub use places::{BuildingFacts, OrderFacts, PlotFacts, PlotStage, StockpileFacts};

/// A colonist as the outside sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ColonistFacts {
    /// The colonist.
    pub id: StableId,
    /// Its name.
    pub name: SmolStr,
    /// Where it stands.
    pub at: Position,
    /// 0 to [`NEED_MAX`](crate::NEED_MAX).
    pub food: u16,
    /// 0 to [`NEED_MAX`](crate::NEED_MAX).
    pub rest: u16,
    /// 0 to [`NEED_MAX`](crate::NEED_MAX).
    pub recreation: u16,
    /// 0 to [`MOOD_MAX`](crate::MOOD_MAX).
    pub mood: u16,
    /// What keeps health from coming back, 0 to [`HEALTH_MAX`](crate::HEALTH_MAX).
    pub wound: u16,
    /// Whether its health is too bad for any work.
    pub collapsed: bool,
    /// 1 to [`HEALTH_MAX`](crate::HEALTH_MAX).
    pub health: u16,
    /// The job it has taken.
    pub job: Option<StableId>,
}

/// A stack as the outside sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ItemFacts {
    /// The stack.
    pub id: StableId,
    /// Id of the item.
    pub item: SmolStr,
    /// How many lie there, at least 1.
    pub count: u32,
    /// Where.
    pub at: Position,
    /// Whether that is in a stockpile.
    pub stored: bool,
}

/// A look at the colony between two changes.
#[derive(Clone, Copy)]
pub struct View<'a> {
    colony: &'a Colony,
}

impl<'a> View<'a> {
    pub(crate) const fn new(colony: &'a Colony) -> Self {
        Self { colony }
    }

    /// The last begun tick, 0 before the first.
    pub fn tick(self) -> u64 {
        self.colony.tick()
    }

    /// The seed the colony was made from.
    pub fn seed(self) -> u64 {
        self.colony.seed
    }

    /// Columns and rows of the map.
    pub fn size(self) -> (u16, u16) {
        (self.colony.terrain.width(), self.colony.terrain.height())
    }

    /// Id of the terrain of a tile, `None` off the map.
    pub fn tile(self, at: Position) -> Option<&'a str> {
        self.colony.terrain.name(at)
    }

    /// How many tiles have this terrain.
    pub fn tile_count(self, terrain: &str) -> u32 {
        self.colony.terrain.count(terrain)
    }

    /// Everybody alive.
    pub fn colonists(self) -> impl Iterator<Item = ColonistFacts> + 'a {
        self.colony
            .entities
            .colonists()
            .filter_map(move |(id, _)| self.colonist(id))
    }

    /// One colonist, `None` if nobody alive has this id.
    pub fn colonist(self, id: StableId) -> Option<ColonistFacts> {
        let colonist = self.colony.entities.colonist(id)?;
        let needs = &colonist.needs;
        Some(ColonistFacts {
            id,
            name: self.colony.name(id),
            at: colonist.at,
            food: needs.food.level,
            rest: needs.rest.level,
            recreation: needs.recreation.level,
            mood: needs.mood,
            wound: needs.wound,
            collapsed: needs.collapsed,
            health: needs.health,
            job: colonist.activity.job,
        })
    }

    /// What somebody carries: the item's id and how many of it.
    pub fn carried(self, id: StableId) -> Option<(SmolStr, u32)> {
        let load = self.colony.entities.colonist(id)?.activity.load?;
        Some((self.colony.rules.names.id(load.item), load.count))
    }

    /// Every job on the board, taken or not.
    pub fn jobs(self) -> impl Iterator<Item = JobFacts> + 'a {
        let rules = &self.colony.rules;
        self.colony.entities.jobs().map(|job| job.facts(rules))
    }

    /// One job, `None` if it is not on the board.
    pub fn job(self, id: StableId) -> Option<JobFacts> {
        let job = self.colony.entities.job(id);
        job.map(|job| job.facts(&self.colony.rules))
    }

    /// How many jobs nobody has taken, of one kind or of all.
    pub fn open_jobs(self, kind: Option<&str>) -> u64 {
        let kind = kind.map(Name::of);
        let is_counted =
            |job: &Job| job.colonist.is_none() && kind.is_none_or(|kind| job.kind == kind);
        let jobs = self.colony.entities.jobs_unordered();
        jobs.map(|job| u64::from(is_counted(job))).sum()
    }

    /// How many jobs have been completed since the start, of one kind or of all.
    pub fn jobs_done(self, kind: Option<&str>) -> u64 {
        let done = &self.colony.statistics.jobs_done;
        match kind {
            Some(kind) => done.get(kind).copied().unwrap_or(0),
            None => done
                .values()
                .fold(0, |sum, count| sum.saturating_add(*count)),
        }
    }

    /// How many colonists have died since the start.
    pub fn deaths(self) -> u64 {
        let deaths = self.colony.statistics.deaths.values();
        deaths.fold(0, |sum, count| sum.saturating_add(*count))
    }

    /// How many colonists have died since the start, by cause.
    pub fn deaths_by_cause(self) -> &'a BTreeMap<String, u64> {
        &self.colony.statistics.deaths
    }

    /// Every stack that lies somewhere.
    pub fn items(self) -> impl Iterator<Item = ItemFacts> + 'a {
        self.colony
            .entities
            .stacks()
            .map(move |(id, stack)| ItemFacts {
                id,
                item: self.colony.rules.names.id(stack.item),
                count: stack.count,
                at: stack.at,
                stored: self.colony.stockpiles.is_stored(stack.item, stack.at),
            })
    }

    /// How many of an item there are, those carried or brought to a building included.
    pub fn item_total(self, item: &str) -> u64 {
        let lying: u64 = self.count_stacks(item, |_| true);
        let item = Name::of(item);
        let loads = self.colony.entities.colonists();
        let loads = loads.filter_map(|(_, colonist)| colonist.activity.load);
        let carried: u64 = loads
            .filter(|load| load.item == item)
            .map(|load| u64::from(load.count))
            .sum();
        let structures = self.colony.entities.structures();
        let held: u64 = structures
            .filter_map(|structure| structure.held.get(&item))
            .map(|count| u64::from(*count))
            .sum();
        lying + carried + held
    }

    /// How many of an item lie in stockpiles.
    pub fn item_stored(self, item: &str) -> u64 {
        let stockpiles = &self.colony.stockpiles;
        self.count_stacks(item, |stack| stockpiles.is_stored(stack.item, stack.at))
    }

    /// The day of the colony; the first is 1.
    pub fn day(self) -> u32 {
        self.colony.environment.calendar.day
    }

    /// The hour of the day, 0 to 23.
    pub fn hour(self) -> u8 {
        self.colony.environment.calendar.hour(self.colony.tick)
    }

    /// The year, which is all seasons in order; the first is 1.
    pub fn year(self) -> u32 {
        self.colony.environment.calendar.year
    }

    /// Id of the season, `None` in a colony without seasons.
    pub fn season(self) -> Option<&'a str> {
        self.colony.environment.calendar.season_id()
    }

    /// Temperature in tenths of a degree Celsius, at most [`TEMPERATURE_MAX`](crate::TEMPERATURE_MAX) from 0.
    pub fn temperature(self) -> i16 {
        self.colony.temperature()
    }

    /// Id of the weather, `None` where the season has none.
    pub fn weather(self) -> Option<&'a str> {
        let weather = self.colony.environment.weather.as_ref();
        weather.map(|weather| weather.id.as_str())
    }

    /// How fast crops grow, as a factor in permille up to [`FACTOR_MAX`](crate::FACTOR_MAX).
    pub fn growth_permille(self) -> u16 {
        self.colony.growth_permille()
    }

    /// How many crops of a thousand the running blights kill, up to [`PERMILLE`](crate::PERMILLE).
    pub fn blight_permille(self) -> u16 {
        self.colony.blight_permille()
    }

    /// The incidents that run, in order of id.
    pub fn incidents(self) -> impl Iterator<Item = IncidentFacts> + 'a {
        let running = self.colony.environment.running.iter();
        running.map(|(incident, running)| IncidentFacts {
            incident: incident.clone(),
            began: running.began,
            ends: running.ends,
        })
    }

    /// Tiles on which a kind of work could be designated and that can be reached from the first stockpile: nearest to
    /// its centre first, then in reading order, at most `limit`.
    ///
    /// # Errors
    /// A kind that there is not, and one that is not designated.
    pub fn nearest_targets(self, kind: &str, limit: usize) -> Result<Vec<Position>, CommandError> {
        let colony = self.colony;
        let target = colony.target_of(kind)?;
        let first_cell = colony
            .stockpiles
            .zones()
            .first()
            .and_then(|zone| zone.cells.first());
        let region = first_cell.and_then(|cell| colony.regions.of(*cell));
        let (Some(region), Some(centre)) = (region, colony.stockpiles.centre()) else {
            return Ok(Vec::new());
        };
        let is_target = |at: Position| match target {
            Some(target) => {
                colony.terrain.name(at) == Some(target) && colony.regions.reaches_beside(region, at)
            }
            None => colony.regions.of(at) == Some(region),
        };
        let mut targets: Vec<(u32, Position)> = colony
            .terrain
            .positions()
            .filter(|at| {
                is_target(*at)
                    && colony.board.about(Subject::Designated(*at)).is_none()
                    && colony.structures.at(*at).is_none()
            })
            .map(|at| (at.octile_distance(centre), at))
            .collect();
        if limit > 0 && limit < targets.len() {
            targets.select_nth_unstable(limit - 1);
        }
        targets.truncate(limit);
        targets.sort_unstable();
        Ok(targets.into_iter().map(|(_, at)| at).collect())
    }

    fn count_stacks(self, item: &str, is_counted: impl Fn(&Stack) -> bool) -> u64 {
        let stacks = self.colony.ground.stacks_of(Name::of(item));
        stacks
            .filter_map(|id| self.colony.entities.stack(id))
            .filter(|stack| is_counted(stack))
            .map(|stack| u64::from(stack.count))
            .sum()
    }
}
