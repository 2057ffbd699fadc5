//! Whether the blueprints, buildings and plots of a save can be, and the jobs that are about them.

use super::super::{Record, SaveError};
use super::{Taken, Vocabulary, check_defined, ensure};
use crate::definitions::BuildingUse;
use crate::farming::Stage;
use crate::jobs::{Job, SupplyLeg, Task, TreatLeg};
use crate::structures::Structure;
use crate::{Colony, STACK_MAX_LIMIT, StableId};

/// `taken` has the tiles on which something lies.
pub(super) fn check_alone(
    record: &Record,
    mut taken: Taken<'_>,
    known: &Vocabulary<'_>,
) -> Result<(), SaveError> {
    let mut structures = record.structures.iter().map(|structure| structure.at);
    ensure(taken.take_all(structures.clone()), || {
        "something lies or stands on the tile of a building".to_owned()
    })?;
    ensure(structures.all(|at| !record.plots.contains_key(&at)), || {
        "a plot has a building on it".to_owned()
    })?;
    for structure in &record.structures {
        check_structure(structure, known)?;
    }
    for (at, plot) in &record.plots {
        let crop = known.spelled(plot.crop)?;
        check_defined("crop", crop, known.definitions.crops.contains_key(crop))?;
        let is_right = match plot.stage {
            Stage::Growing { since } => since <= record.environment.growth,
            Stage::Fallow | Stage::Ripe => true,
        };
        ensure(is_right, || format!("the crop at {at} is to grow later"))?;
    }
    Ok(())
}

fn check_structure(structure: &Structure, known: &Vocabulary<'_>) -> Result<(), SaveError> {
    let id = structure.id;
    let kind = known.spelled(structure.kind)?;
    let definition = known.definitions.buildings.get(kind);
    check_defined("building", kind, definition.is_some())?;
    for (item, count) in &structure.held {
        known.check_item(*item)?;
        ensure((1..=STACK_MAX_LIMIT).contains(count), || {
            format!("building {id} holds {count} of an item")
        })?;
    }
    if let Some(order) = structure.order {
        // One that is not defined any more is dropped once the colony is built.
        known.spelled(order.recipe)?;
        ensure(structure.is_built && order.left > 0, || {
            format!("building {id} has an order that cannot be")
        })?;
    }
    Ok(())
}

pub(super) fn check_together(colony: &Colony) -> Result<(), SaveError> {
    for structure in colony.entities.structures() {
        let (id, at) = (structure.id, structure.at);
        let is_right = (structure.is_built || colony.terrain.is_walkable(at))
            && !colony.stockpiles.contains(at);
        ensure(is_right, || format!("building {id} cannot be at {at}"))?;
    }
    for at in colony.plots.by_place().keys() {
        ensure(colony.terrain.is_walkable(*at), || {
            format!("there is a plot at {at}, where nobody can walk")
        })?;
    }
    Ok(())
}

/// Whether there is what a job is about that has to do with buildings, plots or patients.
pub(super) fn is_job_right(colony: &Colony, job: &Job) -> bool {
    let structure = |id: StableId| {
        let structure = colony.entities.structure(id);
        structure.filter(|structure| structure.at == job.at)
    };
    let is_stack_of = |stack: StableId, item| {
        let stack = colony.entities.stack(stack);
        stack.is_some_and(|stack| stack.item == item)
    };
    match job.task {
        Task::Supply {
            structure: id,
            item,
            leg,
        } => {
            let is_stack_right = match leg {
                SupplyLeg::Fetching { stack, count } => count > 0 && is_stack_of(stack, item),
                SupplyLeg::Posted | SupplyLeg::Carrying => true,
            };
            structure(id).is_some() && is_stack_right
        }
        Task::Build { structure: id } => structure(id).is_some_and(|it| !it.is_built),
        Task::Craft { structure: id } => structure(id).is_some_and(|it| it.is_built),
        Task::Sow => stage_at(colony, job) == Some(Stage::Fallow),
        Task::Reap => stage_at(colony, job) == Some(Stage::Ripe),
        Task::Treat { patient, leg } => {
            let is_stack_right = match leg {
                TreatLeg::Fetching { stack, item } => is_stack_of(stack, item),
                TreatLeg::Posted | TreatLeg::Going { .. } => true,
            };
            colony.position(patient).is_some() && job.colonist != Some(patient) && is_stack_right
        }
        _ => true,
    }
}

fn stage_at(colony: &Colony, job: &Job) -> Option<Stage> {
    Some(colony.plots.get(job.at)?.stage)
}

/// Whether a place that a job keeps for itself is one for that.
pub(super) fn is_furniture_right(colony: &Colony, job: &Job) -> bool {
    let (furniture, purpose) = match job.task {
        Task::Sleep { bed: Some(id), .. } => (id, BuildingUse::Bed),
        Task::Relax {
            place: Some(id), ..
        } => (id, BuildingUse::Recreation),
        _ => return true,
    };
    let structure = colony.entities.structure(furniture);
    structure.is_some_and(|structure| {
        let rule = colony.rules.building(structure.kind);
        let is_of_use = rule.is_some_and(|rule| rule.purpose == purpose);
        structure.is_built && structure.at == job.at && is_of_use
    })
}
