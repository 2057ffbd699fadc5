//! What no colony can be is refused, with a message that says what is wrong.

use std::collections::{BTreeMap, BTreeSet};

use smol_str::SmolStr;

use crate::colonists::Colonist;
use crate::direction::Direction;
use crate::farming::{Plot, Stage};
use crate::id::IdSource;
use crate::jobs::{HaulLeg, Job, SupplyLeg, Task, TreatLeg};
use crate::names::Name;
use crate::stockpiles::Stockpile;
use crate::structures::Structure;
use crate::test_support::{busy_colony_with, run_tick, whole_definitions};
use crate::{Colony, Command, CommandError, FILTERS_MAX, ItemDefinition, Position, StableId};

/// A tile near the stockpile, from where an item is hauled first of all.
fn outside(colony: &Colony) -> Position {
    let centre = colony.stockpiles.centre().unwrap();
    Position {
        y: centre.y + 4,
        ..centre
    }
}

fn error_of(colony: &Colony) -> String {
    let restored = Colony::restore(&colony.save(), colony.definitions().clone());
    let error = restored.err().map(|error| error.to_string());
    error.unwrap_or_default()
}

type Change = fn(&mut Colony);

/// With what message a changed state is refused.
fn check_refused(rows: &[(&str, Change)]) {
    for (expected, change) in rows {
        let mut colony = busy_colony_with(42, whole_definitions());
        let at = outside(&colony);
        colony
            .apply(&Command::SpawnItem {
                item: "wood".into(),
                count: 5,
                at,
            })
            .unwrap();
        run_tick(&mut colony);
        change(&mut colony);
        let message = error_of(&colony);
        assert!(
            message.contains(expected),
            "expected {expected}, found `{message}`"
        );
    }
}

fn open_job(colony: &mut Colony) -> &mut Job {
    let open = colony
        .entities
        .jobs()
        .find(|job| job.colonist.is_none() && job.owner().is_none());
    let id = open.unwrap().id;
    colony.entities.job_mut(id).unwrap()
}

fn first_colonist(colony: &mut Colony) -> &mut Colonist {
    let id = colony.colonist_ids()[0];
    colony.entities.colonist_mut(id).unwrap()
}

#[test]
fn contradictions_about_jobs_are_refused() {
    check_refused(&[
        ("off the map", |colony| {
            open_job(colony).at = Position::new(48, 0)
        }),
        ("that is not spelled out", |colony| {
            open_job(colony).kind = Name::of("dance")
        }),
        ("is not what `mine` is defined as", |colony| {
            let job = open_job(colony);
            job.kind = Name::of("mine");
            job.task = Task::Sleep {
                sleeper: job.id,
                bed: None,
            };
        }),
        ("has priority 11", |colony| open_job(colony).priority = 11),
        ("two jobs are about the same", |colony| {
            let chops = colony
                .entities
                .jobs()
                .filter(|job| job.kind == Name::of("chop"));
            let chops: Vec<_> = chops.map(|job| (job.id, job.at)).collect();
            colony.entities.job_mut(chops[0].0).unwrap().at = chops[1].1;
        }),
        ("is reserved than there is", |colony| {
            let id = colony
                .entities
                .jobs()
                .find_map(|job| job.reserved_units().map(|_| job.id));
            let job = colony.entities.job_mut(id.unwrap()).unwrap();
            if let Task::Haul {
                leg: HaulLeg::Fetching { count, .. },
                ..
            } = &mut job.task
            {
                *count = 6;
            }
        }),
        ("somebody who is not at it", |colony| {
            first_colonist(colony).activity.job = None
        }),
        ("somebody who is not at it", |colony| {
            // A second job of somebody who has one.
            let colonist = colony.entities.jobs().find_map(|job| job.colonist);
            let is_chop = |job: &&Job| job.kind == Name::of("chop") && job.colonist.is_none();
            let id = colony.entities.jobs().find(is_chop).unwrap().id;
            colony.entities.job_mut(id).unwrap().colonist = colonist;
        }),
    ]);
}

#[test]
fn contradictions_about_people_and_things_are_refused() {
    check_refused(&[
        ("an id is used that was never given out", |colony| {
            colony.ids = IdSource::new()
        }),
        ("a colonist at (500, 500) is off the map", |colony| {
            first_colonist(colony).at = Position::new(500, 500)
        }),
        ("where nobody can walk", |colony| {
            let mut tiles = colony.terrain.positions();
            let rock = tiles.find(|at| !colony.terrain.is_walkable(*at));
            first_colonist(colony).at = rock.unwrap();
        }),
        ("a way that cannot be walked", |colony| {
            let path = &mut first_colonist(colony).activity.path;
            path.insert_many(0, [Direction::North; 64]);
        }),
        ("at a step for too long", |colony| {
            first_colonist(colony).activity.step_ticks = 101
        }),
        ("ends in the wrong place", |colony| {
            drop(first_colonist(colony).activity.path.drain(..1))
        }),
        ("a need or health out of bounds", |colony| {
            first_colonist(colony).needs.health = 0
        }),
        ("has 0 items", |colony| {
            let (id, _) = colony.entities.stacks().next().unwrap();
            colony.entities.stack_mut(id).unwrap().count = 0;
        }),
    ]);
}

/// The place of some stack.
fn place_of_stack(colony: &Colony) -> Position {
    colony.entities.stacks().next().unwrap().1.at
}

fn put_blueprint(colony: &mut Colony, at: Position) {
    let id = colony.ids.allocate();
    colony.entities.add_structure(Structure {
        id,
        kind: Name::of("bench"),
        at,
        is_built: false,
        held: BTreeMap::new(),
        order: None,
    });
}

#[test]
fn what_can_be_only_once_is_refused_twice() {
    check_refused(&[
        ("an id is used twice", |colony| {
            let (_, stack) = colony.entities.stacks().next().unwrap();
            let (stack, job) = (stack.clone(), open_job(colony).id);
            colony.entities.add_stack(job, stack);
        }),
        ("two stacks lie on one tile", |colony| {
            let (_, stack) = colony.entities.stacks().next().unwrap();
            let (stack, id) = (stack.clone(), colony.ids.allocate());
            colony.entities.add_stack(id, stack);
        }),
        ("lies or stands on the tile of a building", |colony| {
            let at = place_of_stack(colony);
            put_blueprint(colony, at);
        }),
        ("lies or stands on the tile of a building", |colony| {
            let at = outside(colony);
            put_blueprint(colony, Position::new(at.x, at.y + 1));
            put_blueprint(colony, Position::new(at.x, at.y + 1));
        }),
        ("a plot has a building on it", |colony| {
            let at = outside(colony);
            let at = Position::new(at.x, at.y + 1);
            put_blueprint(colony, at);
            let (crop, stage) = (Name::of("corn"), Stage::Fallow);
            colony.plots.set(at, Some(Plot { crop, stage }));
        }),
        ("a stockpile has no cell", |colony| {
            let id = colony.ids.allocate();
            let (cells, filter) = (Vec::new(), None);
            colony.add_stockpile(Stockpile { id, cells, filter });
        }),
        ("two stockpiles have a tile in common", |colony| {
            let id = colony.ids.allocate();
            let zone = colony.stockpiles.zones()[0].clone();
            colony.add_stockpile(Stockpile { id, ..zone });
        }),
    ]);
}

/// Where a job is done and what it is.
type Deed = (Position, Task);

/// What comes of two jobs of a kind more, taken by two colonists or by nobody.
fn error_of_two(kind: &str, are_taken: bool, jobs: [Deed; 2]) -> String {
    let mut colony = busy_colony_with(42, whole_definitions());
    for ((at, task), worker) in jobs.into_iter().zip(colony.colonist_ids()) {
        let id = colony.ids.allocate();
        colony.entities.add_job(Job {
            id,
            kind: Name::of(kind),
            priority: 5,
            at,
            colonist: are_taken.then_some(worker),
            task,
        });
    }
    error_of(&colony)
}

/// A job may not be beside one that is about the same or reserves it, and may be beside one that is about something else.
fn check_two(kind: &str, are_taken: bool, [job, same, different]: [Deed; 3]) {
    let expected = "two jobs are about the same";
    let message = error_of_two(kind, are_taken, [job, same]);
    assert!(message.contains(expected), "{job:?}, {same:?}: {message}");
    let message = error_of_two(kind, are_taken, [job, different]);
    assert!(!message.contains(expected), "{job:?}, {different:?}");
}

const HERE: Position = Position::new(3, 2);
const THERE: Position = Position::new(2, 3);

const fn id(number: u64) -> StableId {
    StableId::new(number)
}

fn haul(leg: HaulLeg) -> Deed {
    let item = Name::of("wood");
    (HERE, Task::Haul { item, leg })
}

#[test]
fn two_jobs_about_the_same_are_refused() {
    check_two(
        "chop",
        false,
        [HERE, HERE, THERE].map(|at| (at, Task::Harvest)),
    );
    check_two("sow", false, [HERE, HERE, THERE].map(|at| (at, Task::Sow)));
    let build = |at, number| {
        let structure = id(number);
        (at, Task::Build { structure })
    };
    check_two(
        "build",
        false,
        [build(HERE, 1), build(HERE, 2), build(THERE, 1)],
    );
    let posted = |number| haul(HaulLeg::Posted { stack: id(number) });
    check_two("haul", false, [1, 1, 2].map(posted));
    let supply = |number, item| {
        let (structure, leg) = (id(number), SupplyLeg::Posted);
        let item = Name::of(item);
        (
            HERE,
            Task::Supply {
                structure,
                item,
                leg,
            },
        )
    };
    check_two(
        "supply",
        false,
        [supply(1, "wood"), supply(1, "wood"), supply(1, "stone")],
    );
    let treat = |number| {
        let (patient, leg) = (id(number), TreatLeg::Posted);
        (HERE, Task::Treat { patient, leg })
    };
    check_two("treat", false, [1, 1, 2].map(treat));
    let eat = |number| {
        let (eater, food) = (id(number), None);
        (HERE, Task::Eat { eater, food })
    };
    check_two("eat", false, [1, 1, 2].map(eat));
}

#[test]
fn two_jobs_that_reserve_the_same_are_refused() {
    let fetch = |number, cell| {
        let (stack, count) = (id(number), 1);
        haul(HaulLeg::Fetching { stack, count, cell })
    };
    let carry = |cell| haul(HaulLeg::Carrying { cell });
    check_two(
        "haul",
        true,
        [fetch(1, HERE), fetch(1, THERE), fetch(2, THERE)],
    );
    check_two(
        "haul",
        true,
        [fetch(1, HERE), fetch(2, HERE), fetch(2, THERE)],
    );
    check_two("haul", true, [fetch(1, HERE), carry(HERE), carry(THERE)]);
    let sleep = |number, bed| {
        let (sleeper, bed) = (id(number), Some(id(bed)));
        (HERE, Task::Sleep { sleeper, bed })
    };
    check_two("sleep", true, [sleep(1, 3), sleep(2, 3), sleep(2, 4)]);
    let relax = |number, place| {
        let (idler, place) = (id(number), Some(id(place)));
        (HERE, Task::Relax { idler, place })
    };
    check_two("relax", true, [relax(1, 3), relax(2, 3), relax(2, 4)]);
}

#[test]
fn more_filters_than_can_be_told_apart_are_refused() {
    let mut definitions = whole_definitions();
    for number in 0..10 {
        let item = ItemDefinition::default();
        definitions.items.insert(format!("item{number}"), item);
    }
    let mut colony = busy_colony_with(42, definitions.clone());
    let filter = |number: usize| {
        let items = (0..10).filter(|bit| number >> bit & 1 == 1);
        Some(
            items
                .map(|bit| format!("item{bit}"))
                .collect::<BTreeSet<String>>(),
        )
    };
    let mut tiles = colony.terrain.positions();
    let mut add = |colony: &mut Colony, filter: Option<BTreeSet<String>>| {
        let (width, height) = (1, 1);
        loop {
            let at = tiles.next().unwrap();
            let command = Command::AddStockpile {
                at,
                width,
                height,
                filter: filter.clone(),
            };
            match colony.apply(&command) {
                // Somebody is on it already, or nobody can be.
                Err(CommandError::NoCells { .. }) => {}
                result => return result,
            }
        }
    };
    for number in 0..FILTERS_MAX {
        assert_eq!(add(&mut colony, filter(number)), Ok(()), "{number}");
    }
    let before = colony.hashes();
    assert_eq!(
        add(&mut colony, filter(FILTERS_MAX)),
        Err(CommandError::TooManyFilters)
    );
    let stockpile = colony.stockpiles.zones()[0].id;
    let set = |filter| Command::SetStockpileFilter { stockpile, filter };
    let refused = colony.apply(&set(filter(FILTERS_MAX)));
    assert_eq!(refused, Err(CommandError::TooManyFilters));
    assert_eq!(colony.hashes(), before);
    assert_eq!(colony.apply(&set(filter(7))), Ok(()));
    assert_eq!(add(&mut colony, None), Ok(()));
    let restore = |colony: &Colony| Colony::restore(&colony.save(), definitions.clone()).map(drop);
    assert_eq!(restore(&colony), Ok(()));
    let zone = colony.stockpiles.zones().last().unwrap().clone();
    colony.remove_stockpile(zone.id);
    let one_more = filter(FILTERS_MAX).unwrap().into_iter().map(SmolStr::from);
    let filter = Some(one_more.collect());
    colony.add_stockpile(Stockpile { filter, ..zone });
    let message = restore(&colony).map_err(|error| error.to_string());
    assert!(message.unwrap_err().contains("1001 different filters"));
}
