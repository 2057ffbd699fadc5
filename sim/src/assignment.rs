//! Who does what: each idle colonist, in order of id, takes the job with the highest priority, then the nearest, then the
//! one with the lowest id, of those it can reach and that have all they need.

use std::cmp::Reverse;

use crate::definitions::NeedKind;
use crate::haul::set_leg;
use crate::jobs::{FoodClaim, HaulLeg, Job, Task};
use crate::path::Goal;
use crate::regions::Region;
use crate::{Colony, Event, Position, StableId};

/// Orders choices, the best is the least.
type Rank = (Reverse<u8>, u32, StableId);

/// What taking a job reserves.
enum Claim {
    Harvest,
    Labour,
    Haul {
        stack: StableId,
        count: u32,
        cell: Position,
    },
    Eat {
        food: FoodClaim,
        at: Position,
    },
    Sleep,
}

/// A job somebody could take.
struct Choice {
    rank: Rank,
    job: StableId,
    claim: Claim,
}

/// Gives jobs to the idle.
pub(crate) fn run(colony: &mut Colony) {
    let idle = colony.entities.colonists();
    let idle = idle.filter(|(_, colonist)| colonist.activity.job.is_none());
    let idle: Vec<StableId> = idle.map(|(id, _)| id).collect();
    for id in idle {
        if let Some(choice) = choose(colony, id) {
            take(colony, id, choice);
        }
    }
}

fn choose(colony: &Colony, id: StableId) -> Option<Choice> {
    let from = colony.position(id)?;
    let region = colony.regions.of(from)?;
    let mut best: Option<Choice> = None;
    for need in NeedKind::ALL {
        let Some(choice) = personal_choice(colony, id, need, from) else {
            continue;
        };
        // A need at 0 comes before any work, as when leaving it: otherwise the two would alternate for ever.
        if colony.need(id, need).is_some_and(|need| need.level == 0) {
            return Some(choice);
        }
        if best.as_ref().is_none_or(|best| choice.rank < best.rank) {
            best = Some(choice);
        }
    }
    let open = colony.board.open();
    for priority in open.priorities() {
        if best
            .as_ref()
            .is_some_and(|best| Reverse(priority) > best.rank.0)
        {
            break;
        }
        let claim = |job| shared_claim(colony, colony.entities.job(job)?, region);
        let Some((distance, job, claim)) = open.nearest(priority, from, claim) else {
            continue;
        };
        let rank = (Reverse(priority), distance, job);
        if best.as_ref().is_none_or(|best| rank < best.rank) {
            best = Some(Choice { rank, job, claim });
        }
        break;
    }
    best
}

fn personal_choice(
    colony: &Colony,
    id: StableId,
    need: NeedKind,
    from: Position,
) -> Option<Choice> {
    let job = colony
        .entities
        .job(colony.personal_jobs(id)[need as usize]?)?;
    let (claim, distance) = match need {
        NeedKind::Food => {
            let stack = colony.nearest_food(from)?;
            let (item, at) = colony
                .entities
                .stack(stack)
                .map(|stack| (stack.item, stack.at))?;
            (
                Claim::Eat {
                    food: FoodClaim { stack, item },
                    at,
                },
                at.octile_distance(from),
            )
        }
        NeedKind::Rest => (Claim::Sleep, 0),
    };
    Some(Choice {
        rank: (Reverse(job.priority), distance, job.id),
        job: job.id,
        claim,
    })
}

/// What somebody in `region` would reserve for a job anybody may take, `None` if it cannot be done now.
fn shared_claim(colony: &Colony, job: &Job, region: Region) -> Option<Claim> {
    match job.task {
        Task::Harvest => colony
            .regions
            .reaches_beside(region, job.at)
            .then_some(Claim::Harvest),
        Task::Labour => (colony.regions.of(job.at) == Some(region)).then_some(Claim::Labour),
        Task::Haul {
            item,
            leg: HaulLeg::Posted { stack },
        } => {
            let available = colony.unreserved(stack);
            if available == 0 || colony.regions.of(job.at) != Some(region) {
                return None;
            }
            let (cell, room) = colony.find_cell(item, job.at, region)?;
            Some(Claim::Haul {
                stack,
                count: available.min(room),
                cell,
            })
        }
        Task::Haul { .. } | Task::Eat { .. } | Task::Sleep { .. } => None,
    }
}

fn take(colony: &mut Colony, id: StableId, Choice { job, claim, .. }: Choice) {
    let Some(here) = colony.position(id) else {
        return;
    };
    let mut goal = Goal::On(here);
    colony.change_job(job, |job| {
        job.colonist = Some(id);
        match claim {
            Claim::Harvest => goal = Goal::Beside(job.at),
            Claim::Labour => goal = Goal::On(job.at),
            Claim::Haul { stack, count, cell } => {
                set_leg(&mut job.task, HaulLeg::Fetching { stack, count, cell });
                goal = Goal::On(job.at);
            }
            Claim::Eat { food, at } => {
                job.at = at;
                job.task = Task::Eat {
                    eater: id,
                    food: Some(food),
                };
                goal = Goal::On(at);
            }
            Claim::Sleep => job.at = here,
        }
    });
    let taken = colony.entities.job(job).copied();
    if let Some(colonist) = colony.entities.colonist_mut(id) {
        colonist.activity.job = Some(job);
        colonist.activity.kind = taken.map(|job| job.kind);
    }
    if let Some(facts) = taken.map(|job| job.facts(&colony.rules)) {
        colony.events.push(Event::JobAssigned(facts));
    }
    colony.walk_to(id, job, goal);
}
