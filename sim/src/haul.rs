//! Hauling: loose stacks are carried into stockpiles.

use crate::items::Stack;
use crate::jobs::{HaulLeg, Subject, Task};
use crate::path::Goal;
use crate::{Colony, StableId};

/// Posts a job for each loose stack that nobody has reserved and that a stockpile in reach can take.
pub(crate) fn post_jobs(colony: &mut Colony) {
    let mut loose: Vec<(StableId, Stack)> = colony
        .entities
        .stacks_unordered()
        .filter(|(id, stack)| {
            !colony.stockpiles.is_stored(stack.item, stack.at)
                && colony.board.about(Subject::Stack(*id)).is_none()
                && colony.unreserved(*id) > 0
        })
        .filter(|(_, stack)| {
            let region = colony.regions.of(stack.at);
            region.is_some_and(|region| colony.find_cell(stack.item, stack.at, region).is_some())
        })
        .map(|(id, stack)| (id, stack.clone()))
        .collect();
    loose.sort_unstable_by_key(|(id, _)| *id);
    for (id, Stack { item, at, .. }) in loose {
        let priority = colony.rules.item(item).map_or(0, |item| item.haul_priority);
        let task = Task::Haul {
            item,
            leg: HaulLeg::Posted { stack: id },
        };
        colony.post_job(colony.rules.jobs.haul.kind, priority, at, task);
    }
}

/// One tick at the stack, or at the cell.
pub(crate) fn work(colony: &mut Colony, colonist: StableId, job: StableId, leg: HaulLeg) {
    match leg {
        HaulLeg::Fetching { stack, count, cell } => {
            if colony.work_one_tick(colonist, colony.rules.jobs.haul.work) {
                // Carrying before taking: the emptied stack must not withdraw the job that empties it.
                colony.change_job(job, |job| {
                    set_leg(&mut job.task, HaulLeg::Carrying { cell })
                });
                colony.pick_up(colonist, stack, count);
                colony.walk_to(colonist, job, Goal::On(cell));
            }
        }
        HaulLeg::Carrying { .. } => {
            // Ending the job frees the cell and lets the colonist put its load down right there.
            colony.complete_job(job);
        }
        HaulLeg::Posted { .. } => colony.leave_job(colonist, "the stack was not reserved"),
    }
}

/// Moves a haul on to another leg.
pub(crate) const fn set_leg(task: &mut Task, next: HaulLeg) {
    if let Task::Haul { leg, .. } = task {
        *leg = next;
    }
}
