//! Doing: everybody with a job walks a step or works a tick.

use crate::colonists::Colonist;
use crate::definitions::{NeedKind, Rules};
use crate::jobs::Task;
use crate::path::{Goal, step_ticks};
use crate::terrain::Terrain;
use crate::{Colony, NEED_MAX, StableId, harvest, haul};

/// One tick of everybody's job, in order of id.
pub(crate) fn run(colony: &mut Colony) {
    // Nobody comes or goes while all are gone through.
    for place in 0..colony.entities.colonist_count() {
        let Some((id, colonist)) = colony.entities.nth_colonist_mut(place) else {
            continue;
        };
        let Some(job) = colonist.activity.job else {
            continue;
        };
        match advance(colonist, &colony.rules, &colony.terrain) {
            Advance::Goes => {}
            Advance::Blocked => colony.fail_job(job, "the way is blocked"),
            Advance::Acts => work(colony, id, job),
        }
    }
}

/// What a tick brings somebody who has a job.
enum Advance {
    /// One more tick on the way or at work.
    Goes,
    Blocked,
    /// There is something to be done.
    Acts,
}

/// Walks a tick, or works one that is not the last.
fn advance(colonist: &mut Colonist, rules: &Rules, terrain: &Terrain) -> Advance {
    let Colonist { at, activity, .. } = colonist;
    if let Some(next) = activity.path.last().copied() {
        // A tile is entered once its walk cost is spent on it.
        let Some(needed) = step_ticks(terrain, *at, next) else {
            return Advance::Blocked;
        };
        activity.step_ticks += 1;
        if activity.step_ticks >= needed {
            activity.step_ticks = 0;
            activity.path.pop();
            *at = next;
        }
        return Advance::Goes;
    }
    let designated = activity.kind.and_then(|kind| rules.designated_work(kind));
    match designated {
        Some(work) if activity.work_ticks + 1 < work => {
            activity.work_ticks += 1;
            Advance::Goes
        }
        _ => Advance::Acts,
    }
}

fn work(colony: &mut Colony, id: StableId, job: StableId) {
    let Some(task) = colony.entities.job(job).map(|job| job.task) else {
        return;
    };
    match task {
        Task::Harvest | Task::Labour => harvest::work(colony, id, job),
        Task::Haul { leg, .. } => haul::work(colony, id, job, leg),
        Task::Eat { food, .. } => {
            if colony.work_one_tick(id, colony.rules.eat.work) {
                // Completed first: the bite is then no longer reserved, and nobody acts in between.
                colony.complete_job(job);
                let eaten = food.and_then(|food| colony.take_from_stack(food.stack, 1));
                let nutrition = eaten
                    .and_then(|eaten| colony.rules.item(eaten.item))
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
        if let Some(colonist) = self.entities.colonist_mut(id) {
            let activity = &mut colonist.activity;
            activity.path = path;
            activity.step_ticks = 0;
            activity.work_ticks = 0;
        }
    }

    /// Works a tick. Returns whether that was the last of `ticks`.
    pub(crate) fn work_one_tick(&mut self, id: StableId, ticks: u32) -> bool {
        let Some(colonist) = self.entities.colonist_mut(id) else {
            return false;
        };
        let activity = &mut colonist.activity;
        activity.work_ticks = activity.work_ticks.saturating_add(1);
        activity.work_ticks >= ticks
    }
}
