//! Supplying: what blueprints and workplaces need is brought to them.

use crate::jobs::{Subject, SupplyLeg, Task};
use crate::names::Name;
use crate::regions::Region;
use crate::{Colony, Position, StableId};

/// Posts what is to be done at blueprints and workplaces: what can be brought is to be brought, what has all is to be worked at.
pub(crate) fn post_jobs(colony: &mut Colony) {
    let active: Vec<StableId> = colony.structures.active().collect();
    for id in active {
        let Some(structure) = colony.entities.structure(id) else {
            continue;
        };
        let (at, is_built) = (structure.at, structure.is_built);
        if structure.is_supplied(&colony.rules) && colony.board.about(Subject::Site(at)).is_none() {
            let jobs = &colony.rules.jobs;
            let (kind, task) = if is_built {
                (jobs.craft.as_ref(), Task::Craft { structure: id })
            } else {
                (jobs.build.as_ref(), Task::Build { structure: id })
            };
            if let Some((kind, priority)) = kind.map(|job| (job.kind, job.priority)) {
                colony.post_job(kind, priority, at, task);
            }
        }
        post_supplies(colony, id);
    }
}

fn post_supplies(colony: &mut Colony, id: StableId) {
    let Some(structure) = colony.entities.structure(id) else {
        return;
    };
    let at = structure.at;
    let missing = structure.all_missing(&colony.rules);
    let Some(supply) = colony.rules.jobs.supply.clone() else {
        return;
    };
    for (item, _) in missing {
        let is_posted = colony.board.about(Subject::Supply(id, item)).is_some();
        if is_posted || !colony.can_be_brought(item, at) {
            continue;
        }
        let task = Task::Supply {
            structure: id,
            item,
            leg: SupplyLeg::Posted,
        };
        colony.post_job(supply.kind, supply.priority, at, task);
    }
}

/// One tick at the stack, or at the structure. Returns whether what was picked up is to be carried there.
pub(crate) fn work(colony: &mut Colony, colonist: StableId, job: StableId) -> bool {
    let Some(Task::Supply {
        structure,
        item,
        leg,
    }) = colony.entities.job(job).map(|job| job.task)
    else {
        return false;
    };
    match leg {
        SupplyLeg::Fetching { stack, count } => {
            let work = colony.rules.jobs.supply.as_ref().map_or(1, |job| job.work);
            if colony.work_one_tick(colonist, work) {
                colony.change_job(job, |job| set_leg(&mut job.task, SupplyLeg::Carrying));
                colony.pick_up(colonist, stack, count);
                return true;
            }
        }
        SupplyLeg::Carrying => {
            let load = colony.entities.colonist_mut(colonist);
            let load = load.and_then(|colonist| colonist.activity.load.take());
            let count = load.map_or(0, |load| load.count);
            colony.change_structure(structure, |structure| {
                let held = structure.held.entry(item).or_default();
                *held = held.saturating_add(count);
            });
            colony.complete_job(job);
            colony.put_down_surplus(structure);
        }
        SupplyLeg::Posted => colony.leave_job(colonist, "nothing was reserved"),
    }
    false
}

/// Moves a supply on to another leg.
pub(crate) const fn set_leg(task: &mut Task, next: SupplyLeg) {
    if let Task::Supply { leg, .. } = task {
        *leg = next;
    }
}

impl Colony {
    /// Whether some of an item that nobody has reserved can be carried to beside a tile.
    fn can_be_brought(&self, item: Name, to: Position) -> bool {
        self.ground.stacks_of(item).any(|id| {
            let at = self.entities.stack(id).map(|stack| stack.at);
            let region = at.and_then(|at| self.regions.of(at));
            self.unreserved(id) > 0
                && region.is_some_and(|region| self.regions.reaches_beside(region, to))
        })
    }

    /// The stack of an item nearest to a tile that lies in a region and has some nobody has reserved; the lowest id among
    /// equals.
    pub(crate) fn nearest_stack(
        &self,
        items: impl Iterator<Item = Name>,
        from: Position,
        region: Region,
    ) -> Option<StableId> {
        let around = self.regions.around(region, from);
        let fit = items.filter_map(|item| {
            self.ground.nearest(item, around, |id| {
                let stack = self.entities.stack(id)?;
                let can_be_had =
                    self.unreserved(id) > 0 && self.regions.of(stack.at) == Some(region);
                can_be_had.then_some((id, ()))
            })
        });
        fit.min().map(|(_, id, ())| id)
    }

    /// Puts some of a stack into somebody's hands.
    pub(crate) fn pick_up(&mut self, colonist: StableId, stack: StableId, count: u32) {
        let load = self.take_from_stack(stack, count);
        if let Some(colonist) = self.entities.colonist_mut(colonist) {
            colonist.activity.load = load;
        }
    }
}
