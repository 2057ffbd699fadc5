//! Who does what: each idle colonist, in order of id, takes the job with the highest priority, then the nearest, then the
//! one with the lowest id, of those it can and may do, can reach, and that have all they need.

use std::cmp::Reverse;

use crate::colonists::{Colonist, Person};
use crate::definitions::{BuildingUse, NeedKind};
use crate::jobs::{FoodClaim, HaulLeg, Job, SupplyLeg, Task, TreatLeg};
use crate::mood::MOOD_LOW;
use crate::path::{AtHand, Goal};
use crate::regions::Region;
use crate::{Colony, Event, PRIORITY_URGENT, Position, StableId, haul, health, supply};

/// Orders choices, the best is the least.
type Rank = (Reverse<u8>, u32, StableId);

/// What taking a job reserves.
enum Claim {
    /// Nothing but the job.
    Work,
    Haul {
        stack: StableId,
        count: u32,
        cell: Position,
    },
    Eat {
        food: FoodClaim,
        at: Position,
    },
    Sleep {
        bed: Option<StableId>,
    },
    Relax {
        place: Option<StableId>,
    },
    Supply {
        stack: StableId,
        count: u32,
    },
    Treat {
        leg: TreatLeg,
        at: Position,
    },
}

/// A job somebody could take.
struct Choice {
    rank: Rank,
    job: StableId,
    claim: Claim,
}

/// Somebody who looks for a job.
#[derive(Clone, Copy)]
struct Seeker<'a> {
    id: StableId,
    from: Position,
    region: Region,
    colonist: &'a Colonist,
    person: &'a Person,
}

/// Gives jobs to the idle.
pub(crate) fn run(colony: &mut Colony) {
    // Ways that take a search are looked for when all have chosen, together: whether there is one is known before, and nothing but
    // walking asks for it. The ground stays what it is meanwhile.
    let mut walkers: Vec<(StableId, StableId)> = Vec::new();
    let mut asked: Vec<(Position, Goal)> = Vec::new();
    for id in colony.entities.idle() {
        let Some(choice) = choose(colony, id) else {
            continue;
        };
        let job = choice.job;
        let Some((start, goal)) = take(colony, id, choice) else {
            continue;
        };
        let (finder, tick) = (&mut colony.path_finder, colony.tick);
        match finder.at_hand(&colony.terrain, tick, (start, goal)) {
            AtHand::Known(way) => colony.set_out(id, job, way),
            AtHand::ToBeSearched if colony.is_in_reach(start, goal) => {
                walkers.push((id, job));
                asked.push((start, goal));
            }
            AtHand::ToBeSearched => colony.set_out(id, job, None),
        }
    }
    let ways = colony.path_finder.search_all(&colony.terrain, &asked);
    for ((id, job), way) in walkers.into_iter().zip(ways) {
        colony.set_out(id, job, way);
    }
}

fn choose(colony: &Colony, id: StableId) -> Option<Choice> {
    let colonist = colony.entities.colonist(id)?;
    let seeker = Seeker {
        id,
        from: colonist.at,
        region: colony.regions.of(colonist.at)?,
        colonist,
        person: colony.entities.person(id)?,
    };
    let mut best: Option<Choice> = None;
    for need in NeedKind::ALL {
        let Some(choice) = personal_choice(colony, seeker, need) else {
            continue;
        };
        // A need at 0 comes before any work, as when leaving it: otherwise the two would alternate for ever.
        if need.is_vital() && colonist.needs.get(need).level == 0 {
            return Some(choice);
        }
        if best.as_ref().is_none_or(|best| choice.rank < best.rank) {
            best = Some(choice);
        }
    }
    let Some(lowest) = lowest_priority(colony, seeker) else {
        return best;
    };
    let open = colony.board.open();
    for priority in open.priorities().take_while(|priority| *priority >= lowest) {
        if best
            .as_ref()
            .is_some_and(|best| Reverse(priority) > best.rank.0)
        {
            break;
        }
        let claim = |job| shared_claim(colony, colony.entities.job(job)?, seeker);
        let Some((distance, job, claim)) = open.nearest(priority, seeker.from, claim) else {
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

/// The lowest priority of work that somebody takes now, `None` if they take none.
fn lowest_priority(colony: &Colony, seeker: Seeker<'_>) -> Option<u8> {
    let needs = &seeker.colonist.needs;
    if needs.collapsed {
        None
    } else if needs.mood < MOOD_LOW || !colony.hour_of(seeker.id).is_for_work() {
        Some(PRIORITY_URGENT)
    } else {
        Some(0)
    }
}

fn personal_choice(colony: &Colony, seeker: Seeker<'_>, need: NeedKind) -> Option<Choice> {
    let job = seeker.colonist.personal_job(need)?;
    let job = colony.entities.job(job)?;
    let from = seeker.from;
    let furniture = |purpose| {
        let furniture = colony.nearest_furniture(purpose, from);
        let at = furniture.and_then(|id| Some(colony.entities.structure(id)?.at));
        (furniture, at.map_or(0, |at| at.octile_distance(from)))
    };
    let (claim, distance) = match need {
        NeedKind::Food => {
            let stack = colony.nearest_food(from)?;
            let (item, at) = colony
                .entities
                .stack(stack)
                .map(|stack| (stack.item, stack.at))?;
            let food = FoodClaim { stack, item };
            (Claim::Eat { food, at }, at.octile_distance(from))
        }
        NeedKind::Rest => {
            let (bed, distance) = furniture(BuildingUse::Bed);
            (Claim::Sleep { bed }, distance)
        }
        NeedKind::Recreation => {
            let (place, distance) = furniture(BuildingUse::Recreation);
            (Claim::Relax { place }, distance)
        }
    };
    Some(Choice {
        rank: (Reverse(job.priority), distance, job.id),
        job: job.id,
        claim,
    })
}

/// What somebody would reserve for a job anybody may take, `None` if they cannot do it now.
fn shared_claim(colony: &Colony, job: &Job, seeker: Seeker<'_>) -> Option<Claim> {
    if !may_do(colony, job, seeker) {
        return None;
    }
    let region = seeker.region;
    let is_at_hand = || colony.regions.of(job.at) == Some(region);
    let is_beside = || colony.regions.reaches_beside(region, job.at);
    match job.task {
        Task::Harvest => is_beside().then_some(Claim::Work),
        Task::Labour | Task::Sow | Task::Reap => is_at_hand().then_some(Claim::Work),
        Task::Build { structure } | Task::Craft { structure } => {
            let structure = colony.entities.structure(structure)?;
            (structure.is_supplied(&colony.rules) && is_beside()).then_some(Claim::Work)
        }
        Task::Haul {
            item,
            leg: HaulLeg::Posted { stack },
        } => {
            let available = colony.unreserved(stack);
            if available == 0 || !is_at_hand() {
                return None;
            }
            let (cell, room) = colony.find_cell(item, job.at, region)?;
            Some(Claim::Haul {
                stack,
                count: available.min(room),
                cell,
            })
        }
        Task::Supply {
            structure,
            item,
            leg: SupplyLeg::Posted,
        } => {
            let missing = colony
                .entities
                .structure(structure)?
                .missing(&colony.rules, item);
            if missing == 0 || !is_beside() {
                return None;
            }
            let stack = colony.nearest_stack(std::iter::once(item), job.at, region)?;
            let count = colony.unreserved(stack).min(missing);
            Some(Claim::Supply { stack, count })
        }
        Task::Treat { patient, .. } => treatment_claim(colony, patient, seeker),
        Task::Haul { .. }
        | Task::Supply { .. }
        | Task::Eat { .. }
        | Task::Sleep { .. }
        | Task::Relax { .. } => None,
    }
}

fn treatment_claim(colony: &Colony, patient: StableId, seeker: Seeker<'_>) -> Option<Claim> {
    let at = colony.position(patient)?;
    if patient == seeker.id || !colony.regions.reaches_beside(seeker.region, at) {
        return None;
    }
    let medicine = colony.rules.medicine_items();
    let stack = colony.nearest_stack(medicine, seeker.from, seeker.region);
    let fetched = stack.and_then(|stack| {
        let item = colony.entities.stack(stack)?.item;
        Some(TreatLeg::Fetching { stack, item })
    });
    let leg = fetched.unwrap_or(TreatLeg::Going { medicine: None });
    Some(Claim::Treat { leg, at })
}

/// Whether somebody has the skill for a job and is not forbidden to do such jobs.
fn may_do(colony: &Colony, job: &Job, seeker: Seeker<'_>) -> bool {
    let is_allowed = !seeker.person.forbidden.contains(&job.kind);
    let skill = colony.skill_for(job);
    is_allowed
        && skill.is_none_or(|needed| {
            needed.level_min == 0 || colony.level(seeker.id, needed.skill) >= needed.level_min
        })
}

/// Gives somebody a job. Returns where they are and where they have to go.
fn take(
    colony: &mut Colony,
    id: StableId,
    Choice { job, claim, .. }: Choice,
) -> Option<(Position, Goal)> {
    let here = colony.position(id)?;
    let place_of = |colony: &Colony, furniture: Option<StableId>| {
        let structure = colony.entities.structure(furniture?);
        structure.map(|structure| structure.at)
    };
    let at = match &claim {
        Claim::Work | Claim::Haul { .. } | Claim::Supply { .. } => None,
        Claim::Eat { at, .. } | Claim::Treat { at, .. } => Some(*at),
        Claim::Sleep { bed: furniture } | Claim::Relax { place: furniture } => {
            Some(place_of(colony, *furniture).unwrap_or(here))
        }
    };
    colony.change_job(job, |job| {
        job.colonist = Some(id);
        job.at = at.unwrap_or(job.at);
        match claim {
            Claim::Work => {}
            Claim::Haul { stack, count, cell } => {
                haul::set_leg(&mut job.task, HaulLeg::Fetching { stack, count, cell });
            }
            Claim::Eat { food, .. } => {
                let food = Some(food);
                job.task = Task::Eat { eater: id, food };
            }
            Claim::Sleep { bed } => job.task = Task::Sleep { sleeper: id, bed },
            Claim::Relax { place } => job.task = Task::Relax { idler: id, place },
            Claim::Supply { stack, count } => {
                supply::set_leg(&mut job.task, SupplyLeg::Fetching { stack, count });
            }
            Claim::Treat { leg, .. } => health::set_leg(&mut job.task, leg),
        }
    });
    let taken = colony.entities.job(job).copied()?;
    let skill = colony.skill_for(&taken);
    let level = skill.map_or(0, |used| colony.level(id, used.skill));
    colony.entities.make_busy(id, job, taken.kind, level);
    let facts = taken.facts(&colony.rules);
    colony.events.push(Event::JobAssigned(facts));
    Some((here, colony.goal_of(&taken)?))
}
