//! Who does what: each idle colonist, in order of id, takes the job that is least [effort], then the one with the lowest id, of
//! those it can and may do, can reach, and that have all they need. What it needs itself counts as if it were at hand.

use crate::colonists::Colonist;
use crate::definitions::{BuildingUse, NeedKind};
use crate::jobs::{FoodClaim, HaulLeg, Job, SupplyLeg, Task, TreatLeg};
use crate::lookup::Lookup;
use crate::mood::MOOD_LOW;
use crate::open_jobs::{EFFORT_MAX, effort};
use crate::path::Goal;
use crate::regions::Region;
use crate::{Colony, Event, PRIORITY_URGENT, Position, StableId, haul, health, supply};

/// Orders choices by [effort], the best is the least.
type Rank = (u32, StableId);

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

/// Where it is known that nobody finds work, whoever they are: all that happens while jobs are given out takes possibilities away.
#[derive(Default)]
struct Barren {
    /// The lowest priority of which there is none; never gone through.
    regions: Lookup<Region, u8>,
}

impl Barren {
    fn has_no_work(&self, region: Region, lowest: u8) -> bool {
        self.regions
            .get(&region)
            .is_some_and(|known| *known <= lowest)
    }

    fn note(&mut self, region: Region, lowest: u8) {
        let known = self.regions.entry(region).or_insert(lowest);
        *known = lowest.min(*known);
    }
}

/// Somebody who looks for a job.
#[derive(Clone, Copy)]
struct Seeker<'a> {
    id: StableId,
    from: Position,
    region: Region,
    colonist: &'a Colonist,
}

/// Gives jobs to the idle.
pub(crate) fn run(colony: &mut Colony) {
    // Ways that take a search are looked for when all have chosen, together: whether there is one is known before, and nothing but
    // walking asks for it. The ground stays what it is meanwhile.
    let mut asked = Vec::new();
    let mut barren = Barren::default();
    for place in colony.entities.idle() {
        let Some((id, colonist)) = colony.entities.nth_colonist(place) else {
            continue;
        };
        let Some(choice) = choose(colony, (id, colonist), &mut barren) else {
            continue;
        };
        let job = choice.job;
        let Some((start, goal)) = take(colony, (place, id), choice) else {
            continue;
        };
        colony.ask_for_way(&mut asked, (id, job), (start, goal));
        // Who gave it up at once has freed what it had reserved.
        if colony.job_of(id).is_none() {
            barren = Barren::default();
        }
    }
    colony.set_all_out(asked);
}

fn choose(
    colony: &Colony,
    (id, colonist): (StableId, &Colonist),
    barren: &mut Barren,
) -> Option<Choice> {
    let seeker = Seeker {
        id,
        from: colonist.at,
        region: colony.regions.of(colonist.at)?,
        colonist,
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
    let limit = best.as_ref().map_or(EFFORT_MAX, |best| best.rank.0);
    let work = shared_choice(colony, seeker, (lowest, limit), barren);
    best.into_iter()
        .chain(work)
        .min_by_key(|choice| choice.rank)
}

/// The best job that anybody may take and somebody can, of at least `lowest` priority and no more than `limit` effort.
fn shared_choice(
    colony: &Colony,
    seeker: Seeker<'_>,
    (lowest, limit): (u8, u32),
    barren: &mut Barren,
) -> Option<Choice> {
    if barren.has_no_work(seeker.region, lowest) {
        return None;
    }
    let mut is_for_others = false;
    let claim = |job| {
        let job = colony.entities.job(job)?;
        if may_do(colony, job, seeker) {
            shared_claim(colony, job, seeker)
        } else {
            is_for_others = true;
            None
        }
    };
    let around = colony.regions.around(seeker.region, seeker.from);
    let open = colony.board.open();
    let found = open.nearest(around, (lowest, limit), claim);
    if found.is_none() && limit == EFFORT_MAX && !is_for_others {
        barren.note(seeker.region, lowest);
    }
    let (effort, job, claim) = found?;
    Some(Choice {
        rank: (effort, job),
        job,
        claim,
    })
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
    let claim = match need {
        NeedKind::Food => {
            let stack = colony.nearest_food(from)?;
            let (item, at) = colony
                .entities
                .stack(stack)
                .map(|stack| (stack.item, stack.at))?;
            let food = FoodClaim { stack, item };
            Claim::Eat { food, at }
        }
        NeedKind::Rest => Claim::Sleep {
            bed: colony.nearest_furniture(BuildingUse::Bed, from),
        },
        NeedKind::Recreation => Claim::Relax {
            place: colony.nearest_furniture(BuildingUse::Recreation, from),
        },
    };
    Some(Choice {
        rank: (effort(job.priority, 0), job.id),
        job: job.id,
        claim,
    })
}

/// What somebody would reserve for a job anybody may take, `None` if they cannot do it now.
fn shared_claim(colony: &Colony, job: &Job, seeker: Seeker<'_>) -> Option<Claim> {
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
    if !colony.regions.reaches_beside(seeker.region, at) {
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

/// Whether somebody has the skill for a job, is not forbidden to do such jobs and is not whom it is done to.
fn may_do(colony: &Colony, job: &Job, seeker: Seeker<'_>) -> bool {
    let is_patient = matches!(job.task, Task::Treat { patient, .. } if patient == seeker.id);
    let is_forbidden = || {
        let person = colony.entities.person(seeker.id);
        person.is_some_and(|person| person.forbidden.contains(&job.kind))
    };
    let is_allowed = !(is_patient || seeker.colonist.is_choosy && is_forbidden());
    let skill = colony.skill_for(job);
    is_allowed
        && skill.is_none_or(|needed| {
            needed.level_min == 0 || colony.level(seeker.id, needed.skill) >= needed.level_min
        })
}

/// Gives somebody a job. Returns where they are and where they have to go.
fn take(
    colony: &mut Colony,
    (place, id): (usize, StableId),
    Choice { job, claim, .. }: Choice,
) -> Option<(Position, Goal)> {
    // Invariant: while jobs are given out nobody comes or goes, so who was at a place is there still.
    debug_assert!(
        colony
            .entities
            .nth_colonist(place)
            .is_some_and(|(there, _)| there == id)
    );
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
    colony.entities.make_busy(place, job, taken.kind, level);
    let facts = taken.facts(&colony.rules);
    colony.events.push(Event::JobAssigned(facts));
    Some((here, colony.goal_of(&taken)?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::{below, random_u64};
    use crate::test_support::{busy_colony_with, run_tick, whole_definitions};
    use crate::{Command, HOURS_OF_DAY, Hour};

    /// A colony with people in every corner, some of whom may not do everything, and work of all priorities, much of it out of reach.
    fn scattered_colony(seed: u64) -> Colony {
        let mut colony = busy_colony_with(seed, whole_definitions());
        let (width, height) = colony.view().size();
        let draw = |counter, bound| below(random_u64(seed, 1, 0, counter, 0), bound);
        for (number, at) in (0..).zip(colony.terrain.positions().collect::<Vec<_>>()) {
            let drawn = draw(2 * number, u32::from(width) * u32::from(height));
            for kind in ["chop", "mine"].into_iter().filter(|_| drawn % 5 == 0) {
                let kind = kind.to_owned();
                // Refused where there is neither.
                let _ = colony.apply(&Command::Designate { kind, at });
            }
            if drawn < 60 {
                let _ = colony.apply(&Command::SpawnColonist { at });
            }
        }
        for (number, id) in (0..).zip(colony.colonist_ids()) {
            let kinds = [None, Some("mine"), Some("chop"), Some("haul")];
            if let Some(kind) = kinds[draw(2 * number + 1, 4) as usize] {
                let command = Command::AllowWork {
                    colonist: id,
                    kind: kind.to_owned(),
                    allowed: false,
                };
                colony.apply(&command).unwrap();
            }
            if draw(2 * number + 1, 5) == 0 {
                let hours = Some(vec![Hour::Leisure; HOURS_OF_DAY]);
                let colonist = id;
                colony
                    .apply(&Command::SetSchedule { colonist, hours })
                    .unwrap();
            }
        }
        let jobs: Vec<StableId> = colony.view().jobs().map(|job| job.id).collect();
        for (number, job) in (0..).zip(jobs).step_by(5) {
            let priority = draw(90_000 + number, 10) as u8;
            let _ = colony.apply(&Command::SetJobPriority { job, priority });
        }
        colony
    }

    #[test]
    fn nobody_is_left_idle_who_could_take_a_job() {
        let mut idle_seen = 0;
        for seed in 0..6 {
            let mut colony = scattered_colony(seed);
            for tick in 0..400 {
                run_tick(&mut colony);
                if tick % 7 > 0 {
                    continue;
                }
                // The work of this tick has freed some.
                run(&mut colony);
                for place in colony.entities.idle() {
                    let (id, colonist) = colony.entities.nth_colonist(place).unwrap();
                    let seeker = Seeker {
                        id,
                        from: colonist.at,
                        region: colony.regions.of(colonist.at).unwrap(),
                        colonist,
                    };
                    let lowest = lowest_priority(&colony, seeker).unwrap_or(u8::MAX);
                    let could_take = |job: &&Job| {
                        job.colonist.is_none()
                            && job.priority >= lowest
                            && may_do(&colony, job, seeker)
                            && shared_claim(&colony, job, seeker).is_some()
                    };
                    let taken = colony.entities.jobs().find(could_take);
                    assert_eq!(taken, None, "seed {seed}, tick {}, {id}", colony.tick);
                    idle_seen += 1;
                }
            }
        }
        assert!(idle_seen > 1_000, "{idle_seen}");
    }
}
