//! Whether the jobs of a save can be, and what they reserve.

use super::super::{Record, SaveError};
use super::{Taken, Vocabulary, are_distinct, buildings, ensure};
use crate::jobs::{HaulLeg, Job, Subject, SupplyLeg, Task, TreatLeg};
use crate::lookup::Lookup;
use crate::names::Name;
use crate::{Colony, JobAction, PRIORITY_MAX, StableId};

pub(super) fn check_alone(job: &Job, known: &Vocabulary<'_>) -> Result<(), SaveError> {
    let action = &known.job(job.kind)?.action;
    let is_of_kind = matches!(
        (&job.task, action),
        (Task::Haul { .. }, JobAction::Haul)
            | (Task::Harvest, JobAction::Harvest { .. })
            | (Task::Labour, JobAction::Labour { .. })
            | (Task::Eat { .. }, JobAction::Eat)
            | (Task::Sleep { .. }, JobAction::Sleep)
            | (Task::Relax { .. }, JobAction::Relax)
            | (Task::Supply { .. }, JobAction::Supply)
            | (Task::Build { .. }, JobAction::Build)
            | (Task::Craft { .. }, JobAction::Craft)
            | (Task::Sow, JobAction::Sow)
            | (Task::Reap, JobAction::Reap)
            | (Task::Treat { .. }, JobAction::Treat)
    );
    ensure(is_of_kind, || {
        let kind = known.spelled(job.kind).unwrap_or_default();
        format!("job {} is not what `{kind}` is defined as", job.id)
    })?;
    ensure(job.priority <= PRIORITY_MAX, || {
        format!("job {} has priority {}", job.id, job.priority)
    })?;
    if let Some(item) = job.item() {
        known.check_item(item)?;
    }
    let is_reserving = match &job.task {
        Task::Haul { leg, .. } => !matches!(leg, HaulLeg::Posted { .. }),
        Task::Eat { food, .. } => food.is_some(),
        Task::Supply { leg, .. } => *leg != SupplyLeg::Posted,
        Task::Treat { leg, .. } => *leg != TreatLeg::Posted,
        Task::Sleep { bed: place, .. } | Task::Relax { place, .. } => {
            place.is_some() || job.colonist.is_some()
        }
        Task::Harvest
        | Task::Labour
        | Task::Build { .. }
        | Task::Craft { .. }
        | Task::Sow
        | Task::Reap => job.colonist.is_some(),
    };
    ensure(is_reserving == job.colonist.is_some(), || {
        format!(
            "job {} has reservations without a colonist or none with one",
            job.id
        )
    })
}

/// What the board indexes must be unique, and nobody can reserve more than there is.
pub(super) fn check_reservations(record: &Record) -> Result<(), SaveError> {
    let jobs = || record.jobs.iter();
    // Nearly all are about a tile.
    let mut tiles = Taken::none(&record.terrain);
    let (mut are_tiles_unique, mut others) = (true, Vec::new());
    for subject in jobs().filter_map(Job::subject) {
        match subject {
            Subject::Designated(at) => are_tiles_unique &= tiles.take(at),
            other => others.push(other),
        }
    }
    let are_unique = are_tiles_unique
        && are_distinct(others)
        && are_distinct(jobs().filter_map(Job::owner))
        && are_distinct(jobs().filter_map(Job::reserved_place));
    ensure(are_unique, || "two jobs are about the same".to_owned())?;
    let left = record.stacks.iter().map(|(id, stack)| (*id, stack.count));
    let mut left: Vec<(StableId, u32)> = left.collect();
    left.sort_unstable();
    for (stack, count) in jobs().filter_map(Job::reserved_units) {
        let place = left.binary_search_by_key(&stack, |(id, _)| *id).ok();
        let left = place.map(|place| &mut left[place].1);
        let available = left.and_then(|left| {
            *left = left.checked_sub(count)?;
            Some(())
        });
        ensure(available.is_some() && count > 0, || {
            format!("more of stack {stack} is reserved than there is")
        })?;
    }
    Ok(())
}

/// `harvested` has what each kind of job harvests that harvests anything.
pub(super) fn check_together(
    colony: &Colony,
    job: &Job,
    harvested: &Lookup<Name, &str>,
) -> Result<(), SaveError> {
    let id = job.id;
    let references_exist = match &job.task {
        Task::Labour => colony.terrain.is_walkable(job.at),
        Task::Harvest => {
            let target = harvested.get(&job.kind).copied();
            target.is_some() && colony.terrain.name(job.at) == target
        }
        Task::Haul { item, leg } => {
            let stack_is_right = match leg {
                HaulLeg::Posted { stack } | HaulLeg::Fetching { stack, .. } => {
                    let stack = colony.entities.stack(*stack);
                    stack.is_some_and(|stack| stack.item == *item && stack.at == job.at)
                }
                HaulLeg::Carrying { .. } => true,
            };
            let cell_is_right = match leg {
                HaulLeg::Fetching { cell, .. } | HaulLeg::Carrying { cell } => {
                    colony.terrain.is_walkable(*cell)
                }
                HaulLeg::Posted { .. } => true,
            };
            stack_is_right && cell_is_right && !matches!(leg, HaulLeg::Fetching { count: 0, .. })
        }
        Task::Eat { eater, food } => {
            let stack = food
                .as_ref()
                .map(|food| (food, colony.entities.stack(food.stack)));
            let food_is_right = stack.is_none_or(|(food, stack)| {
                stack.is_some_and(|stack| stack.item == food.item && stack.at == job.at)
            });
            food_is_right
                && colony.position(*eater).is_some()
                && job.colonist.is_none_or(|colonist| colonist == *eater)
        }
        Task::Sleep { sleeper: owner, .. } | Task::Relax { idler: owner, .. } => {
            colony.position(*owner).is_some()
                && job.colonist.is_none_or(|colonist| colonist == *owner)
                && buildings::is_furniture_right(colony, job)
        }
        _ => buildings::is_job_right(colony, job),
    };
    ensure(references_exist, || {
        format!("what job {id} is about is not there")
    })?;
    let worker_agrees = job
        .colonist
        .is_none_or(|colonist| colony.job_of(colonist) == Some(id));
    ensure(worker_agrees, || {
        format!("job {id} is taken by somebody who is not at it")
    })
}
