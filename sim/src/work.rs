//! Doing: everybody with a job walks a step or works a tick.

use crate::colonists::Colonist;
use crate::definitions::{NeedKind, PERMILLE, Rules};
use crate::jobs::{HaulLeg, Job, SupplyLeg, Task, TreatLeg};
use crate::path::{Goal, Way, step_ticks};
use crate::skills::ticks_at_level;
use crate::terrain::Terrain;
use crate::{
    Colony, NEED_MAX, Position, StableId, farming, harvest, haul, health, production, supply,
};

/// How fast somebody relaxes who has nothing to relax at, in permille.
const COMFORT_OF_NOTHING: u16 = 500;

/// One tick of everybody's job, in order of id.
pub(crate) fn run(colony: &mut Colony) {
    // Nobody comes or goes while all are gone through.
    let mut place = 0;
    loop {
        let Colony {
            entities,
            rules,
            terrain,
            ..
        } = &mut *colony;
        let (rules, terrain): (&Rules, &Terrain) = (rules, terrain);
        let next = entities.visit_from(place, |id, colonist| {
            let job = colonist.activity.job?;
            let stop = advance(colonist, rules, terrain)?;
            Some((id, job, stop))
        });
        let Some((after, (id, job, stop))) = next else {
            break;
        };
        match stop {
            Stop::Blocked => colony.find_way_anew(id),
            Stop::Acts => work(colony, id, job),
        }
        place = after;
    }
}

/// What ends what somebody can do alone.
enum Stop {
    /// The next tile cannot be entered.
    Blocked,
    /// There is something to be done.
    Acts,
}

/// Walks a tick, or works one that is not the last; `None` then.
fn advance(colonist: &mut Colonist, rules: &Rules, terrain: &Terrain) -> Option<Stop> {
    let Colonist { at, activity, .. } = colonist;
    if let Some(direction) = activity.path.last().copied() {
        // A tile is entered once its walk cost is spent on it.
        let Some((next, needed)) = step_ticks(terrain, *at, direction) else {
            return Some(Stop::Blocked);
        };
        activity.step_ticks += 1;
        if activity.step_ticks >= needed {
            activity.step_ticks = 0;
            activity.path.pop();
            *at = next;
        }
        return None;
    }
    let designated = activity.kind.and_then(|kind| rules.designated_work(kind));
    match designated {
        Some(work) if activity.work_ticks + 1 < ticks_at_level(work, activity.level) => {
            activity.work_ticks += 1;
            None
        }
        _ => Some(Stop::Acts),
    }
}

fn work(colony: &mut Colony, id: StableId, job: StableId) {
    let Some(task) = colony.entities.job(job).map(|job| job.task) else {
        return;
    };
    match task {
        Task::Harvest | Task::Labour => harvest::work(colony, id, job),
        Task::Haul { leg, .. } => haul::work(colony, id, job, leg),
        Task::Supply { .. } => supply::work(colony, id, job),
        Task::Build { structure } => production::build(colony, id, job, structure),
        Task::Craft { structure } => production::craft(colony, id, job, structure),
        Task::Sow => farming::sow(colony, id, job),
        Task::Reap => farming::reap(colony, id, job),
        Task::Treat { .. } => health::treat(colony, id, job),
        Task::Eat { food, .. } => {
            if colony.work_one_tick(id, colony.rules.jobs.eat.work) {
                // Completed first: the bite is then no longer reserved, and nobody acts in between.
                colony.complete_job(job);
                let eaten = food.and_then(|food| colony.take_from_stack(food.stack, 1));
                let nutrition = eaten
                    .and_then(|eaten| colony.rules.item(eaten.item))
                    .map_or(0, |item| item.nutrition);
                colony.meet_need(id, NeedKind::Food, nutrition);
            }
        }
        Task::Sleep { bed, .. } => {
            let comfort = colony.comfort(bed).unwrap_or(PERMILLE);
            rest(colony, id, job, (NeedKind::Rest, comfort));
        }
        Task::Relax { place, .. } => {
            let comfort = colony.comfort(place).unwrap_or(COMFORT_OF_NOTHING);
            rest(colony, id, job, (NeedKind::Recreation, comfort));
        }
    }
}

/// One tick of sleeping or relaxing.
fn rest(colony: &mut Colony, id: StableId, job: StableId, (need, comfort): (NeedKind, u16)) {
    let work = colony.rules.job_for(need).map_or(1, |job| job.work);
    let points = u64::from(NEED_MAX) * u64::from(comfort);
    let points = points.div_ceil(u64::from(work) * u64::from(PERMILLE));
    colony.meet_need(id, need, u16::try_from(points).unwrap_or(NEED_MAX));
    let level = colony.need(id, need).map(|need| need.level);
    if level == Some(NEED_MAX) {
        colony.complete_job(job);
    }
}

impl Colony {
    /// Where a taken job is done now.
    pub(crate) fn goal_of(&self, job: &Job) -> Option<Goal> {
        let stack = |id| Some(Goal::On(self.entities.stack(id)?.at));
        match job.task {
            Task::Haul {
                leg: HaulLeg::Carrying { cell },
                ..
            } => Some(Goal::On(cell)),
            Task::Supply {
                leg: SupplyLeg::Fetching { stack: id, .. },
                ..
            }
            | Task::Treat {
                leg: TreatLeg::Fetching { stack: id, .. },
                ..
            } => stack(id),
            Task::Harvest
            | Task::Build { .. }
            | Task::Craft { .. }
            | Task::Supply { .. }
            | Task::Treat { .. }
            | Task::Relax { place: Some(_), .. } => Some(Goal::Beside(job.at)),
            Task::Haul { .. }
            | Task::Labour
            | Task::Sow
            | Task::Reap
            | Task::Eat { .. }
            | Task::Sleep { .. }
            | Task::Relax { place: None, .. } => Some(Goal::On(job.at)),
        }
    }

    /// Sends somebody who has a job to where it is done, from where they are.
    pub(crate) fn find_way_anew(&mut self, id: StableId) {
        let job = self.job_of(id).and_then(|job| self.entities.job(job));
        let way = job.and_then(|job| Some((job.id, self.goal_of(job)?)));
        if let Some((job, goal)) = way {
            self.walk_to(id, job, goal);
        }
    }

    /// Sends somebody on the way to where the job is done.
    pub(crate) fn walk_to(&mut self, id: StableId, job: StableId, goal: Goal) {
        let Some(start) = self.position(id) else {
            return;
        };
        let path = self.path_finder.find(&self.terrain, self.tick, start, goal);
        self.set_out(id, job, path);
    }

    /// Whether there is a way to a goal from where somebody can stand.
    pub(crate) fn is_in_reach(&self, start: Position, goal: Goal) -> bool {
        let region = self.regions.of(start);
        region.is_some_and(|region| match goal {
            Goal::On(at) => self.regions.of(at) == Some(region),
            Goal::Beside(at) => self.regions.reaches_beside(region, at),
        })
    }

    /// Lets somebody begin a way to where a job is done; without one the job fails.
    pub(crate) fn set_out(&mut self, id: StableId, job: StableId, path: Option<Way>) {
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

    /// Works a tick. Returns whether that was the last of `ticks`, as many as somebody untrained takes.
    pub(crate) fn work_one_tick(&mut self, id: StableId, ticks: u32) -> bool {
        let Some(colonist) = self.entities.colonist_mut(id) else {
            return false;
        };
        let activity = &mut colonist.activity;
        activity.work_ticks = activity.work_ticks.saturating_add(1);
        activity.work_ticks >= ticks_at_level(ticks, activity.level)
    }
}
