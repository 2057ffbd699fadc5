//! Hauling: loose stacks are carried into stockpiles.

use std::collections::BTreeMap;

use crate::items::Stack;
use crate::jobs::{HaulLeg, Task};
use crate::names::Name;
use crate::regions::Region;
use crate::{Colony, Position, StableId};

/// Posts a job for each loose stack that nobody has reserved and that a stockpile in reach can take.
pub(crate) fn post_jobs(colony: &mut Colony) {
    // Whether there is a cell in reach is the same for all stacks of an item that lie in one region.
    let mut has_cell: BTreeMap<(Name, Region), bool> = BTreeMap::new();
    let mut to_haul: Vec<(StableId, Name, Position)> = Vec::new();
    for id in colony.loose.iter() {
        let Some(Stack { item, at, .. }) = colony.entities.stack(*id) else {
            continue;
        };
        let Some(region) = colony
            .regions
            .of(*at)
            .filter(|_| colony.unreserved(*id) > 0)
        else {
            continue;
        };
        let has_cell = has_cell
            .entry((*item, region))
            .or_insert_with(|| colony.find_cell(*item, *at, region).is_some());
        if *has_cell {
            to_haul.push((*id, *item, *at));
        }
    }
    for (id, item, at) in to_haul {
        let priority = colony.rules.item(item).map_or(0, |item| item.haul_priority);
        let task = Task::Haul {
            item,
            leg: HaulLeg::Posted { stack: id },
        };
        colony.post_job(colony.rules.jobs.haul.kind, priority, at, task);
    }
}

/// One tick at the stack, or at the cell. Returns whether what was picked up is to be carried there.
pub(crate) fn work(colony: &mut Colony, colonist: StableId, job: StableId, leg: HaulLeg) -> bool {
    match leg {
        HaulLeg::Fetching { stack, count, cell } => {
            if colony.work_one_tick(colonist, colony.rules.jobs.haul.work) {
                // Carrying before taking: the emptied stack must not withdraw the job that empties it.
                colony.change_job(job, |job| {
                    set_leg(&mut job.task, HaulLeg::Carrying { cell })
                });
                colony.pick_up(colonist, stack, count);
                return true;
            }
        }
        HaulLeg::Carrying { .. } => {
            // Ending the job frees the cell and lets the colonist put its load down right there.
            colony.complete_job(job);
        }
        HaulLeg::Posted { .. } => colony.leave_job(colonist, "the stack was not reserved"),
    }
    false
}

/// Moves a haul on to another leg.
pub(crate) const fn set_leg(task: &mut Task, next: HaulLeg) {
    if let Task::Haul { leg, .. } = task {
        *leg = next;
    }
}
