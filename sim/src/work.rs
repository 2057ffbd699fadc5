//! Doing: everybody with a job walks a step or works a tick.

use crate::colonists::Activity;
use crate::definitions::NeedKind;
use crate::jobs::Task;
use crate::path::{Goal, step_ticks};
use crate::{Colony, NEED_MAX, Position, StableId, harvest, haul};

/// One tick of everybody's job, in order of id.
pub(crate) fn run(colony: &mut Colony) {
    for id in colony.colonist_ids() {
        let Some(job) = colony.job_of(id) else {
            continue;
        };
        let is_walking = colony
            .entities
            .colonist::<Activity>(id)
            .is_some_and(|activity| !activity.path.is_empty());
        if is_walking {
            colony.walk(id, job);
        } else {
            work(colony, id, job);
        }
    }
}

fn work(colony: &mut Colony, id: StableId, job: StableId) {
    let Some(task) = colony.entities.job(job).map(|job| job.task.clone()) else {
        return;
    };
    match task {
        Task::Harvest => harvest::work(colony, id, job),
        Task::Haul { leg, .. } => haul::work(colony, id, job, leg),
        Task::Eat { food, .. } => {
            if colony.work_one_tick(id, colony.rules.eat.work) {
                // Completed first: the bite is then no longer reserved, and nobody acts in between.
                colony.complete_job(job);
                let eaten = food.and_then(|food| colony.take_from_stack(food.stack, 1));
                let nutrition = eaten
                    .and_then(|eaten| colony.definitions.items.get(&eaten.item))
                    .map_or(0, |item| item.nutrition);
                colony.meet_need(id, NeedKind::Food, nutrition);
            }
        }
        Task::Sleep { .. } => sleep(colony, id, job),
    }
}

fn sleep(colony: &mut Colony, id: StableId, job: StableId) {
    let points = u32::from(NEED_MAX).div_ceil(colony.rules.sleep.work);
    colony.meet_need(
        id,
        NeedKind::Rest,
        u16::try_from(points).unwrap_or(NEED_MAX),
    );
    if colony
        .need(id, NeedKind::Rest)
        .is_some_and(|rest| rest.level == NEED_MAX)
    {
        colony.complete_job(job);
    }
}

impl Colony {
    /// Sends somebody on the way to where the job is done.
    pub(crate) fn walk_to(&mut self, id: StableId, job: StableId, goal: Goal) {
        let Some(start) = self.position(id) else {
            return;
        };
        let path = self.path_finder.find(&self.terrain, self.tick, start, goal);
        let Some(path) = path else {
            self.fail_job(job, "there is no way there");
            return;
        };
        if let Some(activity) = self.entities.colonist_mut::<Activity>(id) {
            activity.path = path;
            activity.step_ticks = 0;
            activity.work_ticks = 0;
        }
    }

    /// Works a tick. Returns whether that was the last of `ticks`.
    pub(crate) fn work_one_tick(&mut self, id: StableId, ticks: u32) -> bool {
        let Some(activity) = self.entities.colonist_mut::<Activity>(id) else {
            return false;
        };
        activity.work_ticks = activity.work_ticks.saturating_add(1);
        activity.work_ticks >= ticks
    }

    /// Walks a tick: a tile is entered once its walk cost is spent on it.
    fn walk(&mut self, id: StableId, job: StableId) {
        let Some(here) = self.position(id) else {
            return;
        };
        let Some(activity) = self.entities.colonist_mut::<Activity>(id) else {
            return;
        };
        let Some(next) = activity.path.last().copied() else {
            return;
        };
        let Some(needed) = step_ticks(&self.terrain, here, next) else {
            self.fail_job(job, "the way is blocked");
            return;
        };
        activity.step_ticks += 1;
        if activity.step_ticks >= needed {
            activity.step_ticks = 0;
            activity.path.pop();
            if let Some(at) = self.entities.colonist_mut::<Position>(id) {
                *at = next;
            }
        }
    }
}
