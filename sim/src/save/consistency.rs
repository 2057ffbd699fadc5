//! Whether a decoded state is one that a colony can be in. Bytes with a right checksum may still be forged, or be older
//! than the definitions; whatever the systems rely on is checked here.

use smallvec::SmallVec;

use super::{Record, SaveError};
use crate::colonists::{Activity, Colonist, HEALTH_MAX};
use crate::definitions::NeedKind;
use crate::environment::Environment;
use crate::id::STABLE_ID_MAX;
use crate::jobs::{HaulLeg, ReservedPlace, SupplyLeg, Task, TreatLeg};
use crate::lookup::Lookup;
use crate::mood::MOOD_MAX;
use crate::names::{Name, Names};
use crate::needs::Needs;
use crate::parallel::{LARGE_MIN, join};
use crate::stockpiles::filters_of;
use crate::terrain::TerrainMap;
use crate::{
    COLONISTS_MAX, Colony, DAY_TICKS_MAX, DAY_TICKS_MIN, Definitions, FILTERS_MAX, JobAction,
    JobDefinition, LASTS_MAX, NEED_MAX, Position, STACK_MAX_LIMIT, StableId, WALK_COST_MAX,
};

mod buildings;
mod jobs;
mod people;

/// Checks what can be seen without the world that is built from the record, and what building it relies on.
pub(super) fn check_alone(record: &Record, definitions: &Definitions) -> Result<(), SaveError> {
    ensure(
        record.ids.is_valid() && record.tick <= STABLE_ID_MAX,
        || "the clock or the next id is out of bounds".to_owned(),
    )?;
    check_environment(&record.environment, record.tick)?;
    record.terrain.check(definitions)?;
    check_ids(record)?;
    check_places(record)?;
    check_stockpiles(record)?;
    let known = &Vocabulary::of(record, definitions);
    let (things, people) = join(
        record.jobs.len() >= LARGE_MIN,
        || check_things_alone(record, known),
        || check_jobs_and_people_alone(record, known),
    );
    things.and(people)
}

fn check_stockpiles(record: &Record) -> Result<(), SaveError> {
    let zones = || record.stockpiles.iter();
    let mut taken = Taken::none(&record.terrain);
    let cells = zones().flat_map(|zone| &zone.cells);
    ensure(taken.take_all(cells.copied()), || {
        "two stockpiles have a tile in common".to_owned()
    })?;
    ensure(zones().map(|zone| zone.id).is_sorted(), || {
        "the stockpiles are out of order".to_owned()
    })?;
    let mut without_cells = zones().filter(|zone| zone.cells.is_empty());
    ensure(without_cells.next().is_none(), || {
        "a stockpile has no cell".to_owned()
    })?;
    let filters = filters_of(&record.stockpiles).len();
    ensure(filters <= FILTERS_MAX, || {
        format!("the stockpiles have {filters} different filters")
    })
}

fn check_things_alone(record: &Record, known: &Vocabulary<'_>) -> Result<(), SaveError> {
    let mut taken = Taken::none(&record.terrain);
    let places = record.stacks.iter().map(|(_, stack)| stack.at);
    ensure(taken.take_all(places), || {
        "two stacks lie on one tile".to_owned()
    })?;
    for (id, stack) in &record.stacks {
        known.check_item(stack.item)?;
        let in_bounds = (1..=STACK_MAX_LIMIT).contains(&stack.count);
        ensure(in_bounds, || {
            format!("stack {id} has {} items", stack.count)
        })?;
    }
    buildings::check_alone(record, taken, known)
}

fn check_jobs_and_people_alone(record: &Record, known: &Vocabulary<'_>) -> Result<(), SaveError> {
    for job in &record.jobs {
        jobs::check_alone(job, known)?;
    }
    jobs::check_reservations(record)?;
    let colonists = u32::try_from(record.colonists.len()).unwrap_or(u32::MAX);
    ensure(colonists <= COLONISTS_MAX, || {
        format!("there are {colonists} colonists")
    })?;
    let ids = || record.colonists.iter().map(|(id, ..)| *id);
    ensure(ids().is_sorted(), || {
        "the colonists are out of order".to_owned()
    })?;
    for (
        id,
        person,
        Colonist {
            needs, activity, ..
        },
    ) in &record.colonists
    {
        check_needs(*id, needs)?;
        people::check(*id, person, known)?;
        if let Some(load) = &activity.load {
            known.check_item(load.item)?;
            let in_bounds = (1..=STACK_MAX_LIMIT).contains(&load.count);
            ensure(in_bounds, || {
                format!("colonist {id} carries {} items", load.count)
            })?;
        }
    }
    Ok(())
}

/// Checks how the things in the built world refer to each other.
pub(super) fn check_together(colony: &Colony) -> Result<(), SaveError> {
    let (things, people) = join(
        colony.entities.job_count() >= LARGE_MIN,
        || check_things_together(colony),
        || check_people_together(colony),
    );
    things.and(people)
}

fn check_things_together(colony: &Colony) -> Result<(), SaveError> {
    for zone in colony.stockpiles.zones() {
        let are_walkable = zone
            .cells
            .iter()
            .all(|cell| colony.terrain.is_walkable(*cell));
        ensure(are_walkable, || {
            format!("stockpile {} has a cell nobody can enter", zone.id)
        })?;
    }
    for (id, stack) in colony.entities.stacks() {
        ensure(colony.terrain.is_walkable(stack.at), || {
            format!("stack {id} lies at {}, where nobody can walk", stack.at)
        })?;
    }
    buildings::check_together(colony)?;
    let kinds = colony.definitions.jobs.iter();
    let harvested = kinds.filter_map(|(id, kind)| match &kind.action {
        JobAction::Harvest { target, .. } => Some((Name::of(id), target.as_str())),
        _ => None,
    });
    let harvested: Lookup<Name, &str> = harvested.collect();
    for job in colony.entities.jobs() {
        jobs::check_together(colony, job, &harvested)?;
    }
    Ok(())
}

fn check_people_together(colony: &Colony) -> Result<(), SaveError> {
    for (id, Colonist { at, activity, .. }) in colony.entities.colonists() {
        ensure(colony.terrain.is_walkable(*at), || {
            format!("colonist {id} is at {}, where nobody can walk", *at)
        })?;
        check_activity(colony, id, *at, activity)?;
    }
    Ok(())
}

fn ensure(is_right: bool, contradiction: impl FnOnce() -> String) -> Result<(), SaveError> {
    if is_right {
        Ok(())
    } else {
        Err(SaveError::Inconsistent(contradiction()))
    }
}

fn check_defined(kind: &'static str, id: &str, is_defined: bool) -> Result<(), SaveError> {
    if is_defined {
        Ok(())
    } else {
        Err(SaveError::Undefined {
            kind,
            id: id.to_owned(),
        })
    }
}

/// What the names in a save stand for, found once for all that have them.
struct Vocabulary<'a> {
    definitions: &'a Definitions,
    names: Names,
    // Never gone through.
    items: Lookup<Name, bool>,
    jobs: Lookup<Name, Option<&'a JobDefinition>>,
}

impl<'a> Vocabulary<'a> {
    fn of(record: &Record, definitions: &'a Definitions) -> Self {
        let ids = || record.names.iter().map(|id| (Name::of(id), id.as_str()));
        let items = ids().map(|(name, id)| (name, definitions.items.contains_key(id)));
        let jobs = ids().map(|(name, id)| (name, definitions.jobs.get(id)));
        Self {
            definitions,
            names: Names::spelled(ids().map(|(_, id)| id)),
            items: items.collect(),
            jobs: jobs.collect(),
        }
    }

    /// The id that a name stands for.
    fn spelled(&self, name: Name) -> Result<&str, SaveError> {
        let id = self.names.find(name).map(|id| &**id);
        id.ok_or_else(|| {
            SaveError::Inconsistent("something is named that is not spelled out".to_owned())
        })
    }

    fn check_item(&self, item: Name) -> Result<(), SaveError> {
        if self.items.get(&item) == Some(&true) {
            return Ok(());
        }
        check_defined("item", self.spelled(item)?, false)
    }

    fn job(&self, kind: Name) -> Result<&'a JobDefinition, SaveError> {
        if let Some(Some(definition)) = self.jobs.get(&kind) {
            return Ok(definition);
        }
        let id = self.spelled(kind)?.to_owned();
        Err(SaveError::Undefined { kind: "job", id })
    }
}

/// Sorts: a set by hash could be made slow by whoever forges a save, and one in order takes several times as long. A stable sort is quick
/// where there are a few runs in order, as of ids. Of a few values, as the skills of somebody, nothing is allocated.
fn are_distinct<T: Ord>(values: impl IntoIterator<Item = T>) -> bool {
    let mut values: SmallVec<[T; 8]> = values.into_iter().collect();
    values.sort();
    values.is_sorted_by(|one, next| one < next)
}

/// Which tiles of the map are taken, by things of which there is one at most on a tile.
struct Taken<'a> {
    /// One whose size was checked.
    map: &'a TerrainMap,
    /// In reading order.
    tiles: Vec<bool>,
}

impl<'a> Taken<'a> {
    fn none(map: &'a TerrainMap) -> Self {
        let tiles = vec![false; map.tile_count()];
        Self { map, tiles }
    }

    /// Takes a tile; `false` if it was taken before, or is off the map.
    fn take(&mut self, at: Position) -> bool {
        let tile = self.map.index(at).and_then(|tile| self.tiles.get_mut(tile));
        tile.is_some_and(|is_taken| !std::mem::replace(is_taken, true))
    }

    /// Takes all of some tiles; `false` if that cannot be.
    fn take_all(&mut self, mut places: impl Iterator<Item = Position>) -> bool {
        places.all(|at| self.take(at))
    }
}

fn check_ids(record: &Record) -> Result<(), SaveError> {
    let mut ids: Vec<StableId> = record.jobs.iter().map(|job| job.id).collect();
    ids.extend(record.stacks.iter().map(|(id, _)| *id));
    ids.extend(record.colonists.iter().map(|(id, ..)| *id));
    ids.extend(record.structures.iter().map(|structure| structure.id));
    ids.extend(record.stockpiles.iter().map(|zone| zone.id));
    let are_given_out = ids.iter().all(|id| record.ids.has_given_out(*id));
    ensure(are_given_out, || {
        "an id is used that was never given out".to_owned()
    })?;
    ensure(are_distinct(ids), || "an id is used twice".to_owned())
}

/// Everything is somewhere on the map, as those that index it by place rely on.
fn check_places(record: &Record) -> Result<(), SaveError> {
    let check = |what: &str, at: Position| {
        ensure(record.terrain.contains(at), || {
            format!("{what} at {at} is off the map")
        })
    };
    let mut cells = record.stockpiles.iter().flat_map(|zone| &zone.cells);
    cells.try_for_each(|at| check("a cell of a stockpile", *at))?;
    let mut stacks = record.stacks.iter();
    stacks.try_for_each(|(_, stack)| check("a stack", stack.at))?;
    let mut structures = record.structures.iter();
    structures.try_for_each(|structure| check("a building", structure.at))?;
    let mut plots = record.plots.keys();
    plots.try_for_each(|at| check("a plot", *at))?;
    let mut colonists = record.colonists.iter();
    colonists.try_for_each(|(_, _, colonist)| check("a colonist", colonist.at))?;
    for job in &record.jobs {
        check("a job", job.at)?;
        if let Some(ReservedPlace::Cell(cell)) = job.reserved_place() {
            check("a cell that a job has reserved", cell)?;
        }
    }
    Ok(())
}

/// What is not defined any more is over once the colony is built, so that ids are not looked at here.
fn check_environment(environment: &Environment, tick: u64) -> Result<(), SaveError> {
    let calendar = &environment.calendar;
    let (day, year) = (calendar.day, calendar.year);
    let season_day = calendar.season.as_ref().map_or(1, |season| season.day);
    let is_calendar_right = calendar.began <= tick
        && (DAY_TICKS_MIN..=DAY_TICKS_MAX).contains(&calendar.day_ticks)
        && u64::from(day) <= tick + 1
        && (1..=day).contains(&year)
        && (1..=day).contains(&season_day);
    ensure(is_calendar_right, || {
        format!("the calendar has a day, year or season that cannot be in tick {tick}")
    })?;
    let latest = tick + u64::from(LASTS_MAX);
    let weather_ends = environment.weather.iter().map(|weather| weather.ends);
    let running = || environment.running.values();
    let ends = weather_ends.chain(running().map(|running| running.ends));
    let are_ends_right = ends.max().is_none_or(|last| last <= latest)
        && running().all(|running| running.began <= tick && running.began < running.ends);
    ensure(are_ends_right, || {
        "a weather or an incident has an end that cannot be".to_owned()
    })?;
    let are_days_right = environment.started_on.values().all(|on| *on <= day);
    ensure(
        are_days_right && environment.started <= STABLE_ID_MAX,
        || "more incidents have started than there were days for, or later".to_owned(),
    )
}

fn check_needs(id: StableId, needs: &Needs) -> Result<(), SaveError> {
    let levels_are_in_bounds = NeedKind::ALL
        .into_iter()
        .all(|need| needs.get(need).level <= NEED_MAX);
    let is_alive = (1..=HEALTH_MAX).contains(&needs.health);
    let is_well_formed = needs.mood <= MOOD_MAX && needs.wound <= HEALTH_MAX;
    ensure(levels_are_in_bounds && is_alive && is_well_formed, || {
        format!("colonist {id} has a need or health out of bounds")
    })
}

fn check_activity(
    colony: &Colony,
    id: StableId,
    at: Position,
    activity: &Activity,
) -> Result<(), SaveError> {
    let Some(job) = activity.job else {
        return ensure(*activity == Activity::default(), || {
            format!("colonist {id} is idle and yet at something")
        });
    };
    let Some(job) = colony
        .entities
        .job(job)
        .filter(|job| job.colonist == Some(id))
    else {
        return Err(SaveError::Inconsistent(format!(
            "colonist {id} is at a job that it has not taken"
        )));
    };
    ensure(activity.kind == Some(job.kind), || {
        format!("colonist {id} is at another kind of job")
    })?;
    let Some(goal) = colony.goal_of(job) else {
        return Err(SaveError::Inconsistent(format!(
            "colonist {id} is on the way to what is not there"
        )));
    };
    let carries = match &job.task {
        Task::Haul {
            item,
            leg: HaulLeg::Carrying { .. },
        }
        | Task::Supply {
            item,
            leg: SupplyLeg::Carrying,
            ..
        } => Some(*item),
        Task::Treat {
            leg: TreatLeg::Going { medicine },
            ..
        } => *medicine,
        _ => None,
    };
    ensure(activity.load.map(|load| load.item) == carries, || {
        format!("colonist {id} carries the wrong load")
    })?;
    // A tile may have become cheaper than it was when the step to it began.
    ensure(activity.step_ticks <= WALK_COST_MAX, || {
        format!("colonist {id} has been at a step for too long")
    })?;
    let mut here = at;
    for direction in activity.path.iter().rev() {
        // Something may have been built on it since: whoever gets there looks for another way.
        let next = direction.from(here);
        let next = next.filter(|next| colony.terrain.contains(*next));
        here = next.ok_or_else(|| {
            let contradiction = format!("colonist {id} is on a way that cannot be walked");
            SaveError::Inconsistent(contradiction)
        })?;
    }
    ensure(goal.is_reached_at(here), || {
        format!("the way of colonist {id} ends in the wrong place")
    })
}
