//! Doing: everybody with a job walks a step or works a tick.

use crate::colonists::Colonist;
use crate::definitions::{NeedKind, PERMILLE, Rules};
use crate::jobs::{HaulLeg, Job, SupplyLeg, Task, TreatLeg};
use crate::path::{AtHand, Goal, Way, step_ticks};
use crate::skills::ticks_at_level;
use crate::terrain::Terrain;
use crate::{
    Colony, NEED_MAX, Position, StableId, farming, harvest, haul, health, production, supply,
};

/// How fast somebody relaxes who has nothing to relax at, in permille.
const COMFORT_OF_NOTHING: u16 = 500;

/// One tick of everybody's job, in order of id; then who has to walk on is sent there.
pub(crate) fn run(colony: &mut Colony) {
    let mut walkers = Vec::new();
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
        let walks_on = match stop {
            Stop::Blocked => true,
            Stop::Acts => work(colony, id, job),
        };
        if walks_on {
            walkers.push(id);
        }
        place = after;
    }
    colony.send(walkers);
}

/// A way that takes a search, and who goes it for which job.
pub(crate) struct Asked {
    id: StableId,
    job: StableId,
    way: (Position, Goal),
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
        Some(work)
            if activity.work_ticks.saturating_add(1) < ticks_at_level(work, activity.level) =>
        {
            activity.work_ticks += 1;
            None
        }
        _ => Some(Stop::Acts),
    }
}

/// Works a tick that does something to others. Returns whether the job is to be gone on with elsewhere.
fn work(colony: &mut Colony, id: StableId, job: StableId) -> bool {
    let Some(task) = colony.entities.job(job).map(|job| job.task) else {
        return false;
    };
    match task {
        Task::Haul { leg, .. } => return haul::work(colony, id, job, leg),
        Task::Supply { .. } => return supply::work(colony, id, job),
        Task::Treat { .. } => return health::treat(colony, id, job),
        Task::Harvest | Task::Labour => harvest::work(colony, id, job),
        Task::Build { structure } => production::build(colony, id, job, structure),
        Task::Craft { structure } => production::craft(colony, id, job, structure),
        Task::Sow => farming::sow(colony, id, job),
        Task::Reap => farming::reap(colony, id, job),
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
    false
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
    pub(crate) fn send_now(&mut self, id: StableId) {
        if let Some((job, start, goal)) = self.destination(id) {
            let path = self.path_finder.find(&self.terrain, self.tick, start, goal);
            self.set_out(id, job, path);
        }
    }

    /// Sends those who still have a job to where it is done. Their ways are looked for together.
    fn send(&mut self, walkers: Vec<StableId>) {
        let mut asked = Vec::new();
        for id in walkers {
            if let Some((job, start, goal)) = self.destination(id) {
                self.ask_for_way(&mut asked, (id, job), (start, goal));
            }
        }
        self.set_all_out(asked);
    }

    /// Somebody's job, where they are, and where they have to be for it.
    fn destination(&self, id: StableId) -> Option<(StableId, Position, Goal)> {
        let colonist = self.entities.colonist(id)?;
        let job = self.entities.job(colonist.activity.job?)?;
        Some((job.id, colonist.at, self.goal_of(job)?))
    }

    /// Lets somebody set out, if the way is known or there is none, and otherwise notes it to be looked for.
    pub(crate) fn ask_for_way(
        &mut self,
        asked: &mut Vec<Asked>,
        (id, job): (StableId, StableId),
        (start, goal): (Position, Goal),
    ) {
        let finder = &mut self.path_finder;
        match finder.at_hand(&self.terrain, self.tick, (start, goal)) {
            AtHand::Known(way) => self.set_out(id, job, way),
            AtHand::ToBeSearched if self.is_in_reach(start, goal) => {
                asked.push(Asked {
                    id,
                    job,
                    way: (start, goal),
                });
            }
            AtHand::ToBeSearched => self.set_out(id, job, None),
        }
    }

    /// Searches ways and lets those set out who have asked for them.
    pub(crate) fn set_all_out(&mut self, asked: Vec<Asked>) {
        let ways: Vec<(Position, Goal)> = asked.iter().map(|asked| asked.way).collect();
        let ways = self.path_finder.search_all(&self.terrain, &ways);
        for (Asked { id, job, .. }, way) in asked.into_iter().zip(ways) {
            self.set_out(id, job, way);
        }
    }

    /// Whether there is a way to a goal from where somebody can stand.
    fn is_in_reach(&self, start: Position, goal: Goal) -> bool {
        let region = self.regions.of(start);
        region.is_some_and(|region| match goal {
            Goal::On(at) => self.regions.of(at) == Some(region),
            Goal::Beside(at) => self.regions.reaches_beside(region, at),
        })
    }

    /// Lets somebody begin a way to where a job is done; without one the job fails.
    fn set_out(&mut self, id: StableId, job: StableId, path: Option<Way>) {
        let Some(path) = path else {
            self.fail_job(job, "there is no way there");
            return;
        };
        if let Some(Colonist { activity, .. }) = self.entities.colonist_mut(id)
            && activity.job == Some(job)
        {
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
