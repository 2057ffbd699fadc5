//! How colonists live: what a player would expect to see.

use std::collections::BTreeMap;

use crate::definitions::NeedKind;
use crate::jobs::ReservedPlace;
use crate::test_support::{busy_colony, colony_on, run_tick};
use crate::{Colony, Command, Event, Position, StableId};

/// Sets a need of the only colonist.
fn set_need(colony: &mut Colony, need: NeedKind, level: u16) -> StableId {
    let id = colony.colonist_ids()[0];
    colony
        .entities
        .colonist_mut(id)
        .unwrap()
        .needs
        .get_mut(need)
        .level = level;
    id
}

fn spawn(colony: &mut Colony, item: &str, count: u32, at: Position) {
    colony
        .apply(&Command::SpawnItem {
            item: item.to_owned(),
            count,
            at,
        })
        .unwrap();
}

fn run(colony: &mut Colony, ticks: u32) -> Vec<Event> {
    (0..ticks).flat_map(|_| run_tick(colony)).collect()
}

#[test]
fn an_ordinary_colony_works_eats_and_sleeps() {
    for seed in 0..20 {
        let mut colony = busy_colony(seed);
        let events = run(&mut colony, 600);
        let view = colony.view();
        assert_eq!(
            (view.deaths(), view.colonists().count()),
            (0, 8),
            "seed {seed}"
        );
        let done = view.jobs_done(None);
        assert!((100..=200).contains(&done), "seed {seed}: {done} jobs done");
        for kind in ["haul", "chop", "mine"] {
            assert!(
                view.jobs_done(Some(kind)) >= 15,
                "seed {seed}: {} of {kind}",
                view.jobs_done(Some(kind))
            );
        }
        let mut by_colonist: BTreeMap<(StableId, String), u32> = BTreeMap::new();
        for event in events {
            if let Event::JobCompleted(job) = event {
                *by_colonist
                    .entry((job.colonist.unwrap(), job.kind.to_string()))
                    .or_default() += 1;
            }
        }
        for colonist in view.colonists() {
            let count = |kind: &str| {
                by_colonist
                    .get(&(colonist.id, kind.to_owned()))
                    .copied()
                    .unwrap_or(0)
            };
            assert!(
                (1..=3).contains(&count("eat")),
                "seed {seed}: {} ate {} times",
                colonist.name,
                count("eat")
            );
            assert!(
                (1..=2).contains(&count("sleep")),
                "seed {seed}: {} slept {} times",
                colonist.name,
                count("sleep")
            );
        }
    }
}

#[test]
fn a_critical_need_comes_before_work_and_is_told_once() {
    let mut colony = colony_on(&[
        "......TT", "......TT", "......TT", ".@....TT", "......TT", "......TT", "......TT",
        "......TT",
    ]);
    spawn(&mut colony, "meal", 5, Position::new(0, 0));
    crate::test_support::designate(&mut colony, "chop", 16);
    run(&mut colony, 15);
    let id = set_need(&mut colony, NeedKind::Food, 1_510);
    let before = colony.view().colonist(id).unwrap();
    assert_eq!(colony.view().job(before.job.unwrap()).unwrap().kind, "chop");

    let events = run(&mut colony, 60);
    let told = |event: &&Event| matches!(event, Event::NeedCritical { need, .. } if need == "food");
    let told: Vec<&Event> = events.iter().filter(told).collect();
    assert!(
        matches!(told[..], [Event::NeedCritical { level: 1_485, .. }]),
        "{told:?}"
    );
    let next = events.iter().find_map(|event| match event {
        Event::JobAssigned(job) => Some((job.kind.as_str(), job.priority, job.item.as_deref())),
        _ => None,
    });
    assert_eq!(next, Some(("eat", 9, Some("meal"))));
    assert!(colony.view().colonist(id).unwrap().food > 5_000);
    assert_eq!(colony.view().item_total("meal"), 4);
}

#[test]
fn a_load_is_put_down_for_a_critical_need() {
    let mut colony = colony_on(&["........"; 8]);
    spawn(&mut colony, "wood", 5, Position::new(7, 7));
    let id = colony.colonist_ids()[0];
    run_until_loaded(&mut colony, id);
    set_need(&mut colony, NeedKind::Rest, 900);
    let events = run_tick(&mut colony);
    let failed = events.iter().any(|event| {
        matches!(event, Event::JobFailed { job, reason } if job.kind == "haul" && reason == "a critical need came first")
    });
    assert!(failed, "{events:?}");
    assert_eq!(
        colony
            .view()
            .items()
            .map(|stack| stack.count)
            .collect::<Vec<_>>(),
        [5]
    );
    run(&mut colony, 200);
    assert_eq!(
        colony.view().item_stored("wood"),
        5,
        "after the sleep it is hauled all the same"
    );
}

#[test]
fn without_rest_a_colonist_sleeps_where_it_stands_whatever_else_there_is() {
    let mut colony = colony_on(&[
        "......T.", "........", "........", "........", ".@......", "........", "........",
        "........",
    ]);
    crate::test_support::designate(&mut colony, "chop", 1);
    let chop = colony.view().jobs().next().unwrap().id;
    colony
        .apply(&Command::SetJobPriority {
            job: chop,
            priority: 10,
        })
        .unwrap();
    run(&mut colony, 3);
    let id = set_need(&mut colony, NeedKind::Rest, 0);
    let at = colony.view().colonist(id).unwrap().at;
    run_tick(&mut colony);
    let facts = colony.view().colonist(id).unwrap();
    assert_eq!(
        (
            facts.at,
            colony.view().job(facts.job.unwrap()).unwrap().kind.as_str()
        ),
        (at, "sleep")
    );
    run(&mut colony, 100);
    assert!(colony.view().colonist(id).unwrap().rest > 9_000);
    assert_eq!(
        colony.view().job(chop).unwrap().colonist,
        Some(id),
        "then it goes on"
    );
}

#[test]
fn without_food_a_colonist_starves_and_leaves_no_trace() {
    let mut colony = colony_on(&["........"; 8]);
    let id = set_need(&mut colony, NeedKind::Food, 10);
    let name = colony.view().colonist(id).unwrap().name;
    let events = run(&mut colony, 500);
    let died = Event::ColonistDied {
        colonist: id,
        name,
        at: Position::new(4, 4),
        cause: "starvation".to_owned(),
    };
    assert_eq!(events.last(), Some(&died));
    assert_eq!(
        (colony.tick(), colony.view().deaths()),
        (500, 1),
        "10,000 health at 20 a tick"
    );
    assert!(
        events
            .iter()
            .all(|event| !matches!(event, Event::JobCreated(job) if job.kind == "eat")),
        "{events:?}"
    );
    assert_eq!(
        (
            colony.view().colonists().count(),
            colony.view().jobs().count()
        ),
        (0, 0)
    );
}

#[test]
fn the_last_meal_is_eaten_once() {
    let mut colony = colony_on(&["........"; 8]);
    for _ in 0..3 {
        colony
            .apply(&Command::SpawnColonist {
                at: Position::new(4, 4),
            })
            .unwrap();
    }
    for id in colony.colonist_ids() {
        colony.entities.colonist_mut(id).unwrap().needs.food.level = 3_000;
    }
    // In the stockpile, so that nobody hauls it first.
    spawn(&mut colony, "meal", 1, Position::new(2, 2));
    let events = run(&mut colony, 60);
    let count = |name: &str| {
        let is_eating = |event: &&Event| match event {
            Event::JobCompleted(job) | Event::JobFailed { job, .. } | Event::JobAssigned(job) => {
                job.kind == "eat"
            }
            _ => false,
        };
        events
            .iter()
            .filter(is_eating)
            .filter(|event| event.name() == name)
            .count()
    };
    assert_eq!(
        (
            count("job_completed"),
            count("job_assigned"),
            count("job_failed")
        ),
        (1, 1, 3)
    );
    assert_eq!(colony.view().item_total("meal"), 0);
}

#[test]
fn a_full_stockpile_is_hauled_to_no_more() {
    let mut colony = colony_on(&["........"; 8]);
    // 36 cells of 50 hold 1,800.
    spawn(&mut colony, "stone", 1_900, Position::new(0, 0));
    run(&mut colony, 900);
    let events = run(&mut colony, 50);
    let is_haul = |event: &Event| matches!(event, Event::JobCreated(job) | Event::JobAssigned(job) if job.kind == "haul");
    assert!(!events.iter().any(is_haul), "{events:?}");
    assert_eq!(
        (
            colony.view().item_stored("stone"),
            colony.view().item_total("stone")
        ),
        (1_800, 1_900)
    );
}

#[test]
fn mining_opens_the_way_to_what_lies_behind() {
    let mut colony = colony_on(&[
        "....#...", "....#...", "....#...", "....#...", ".@..#...", "....#...", "....#...",
        "....#...",
    ]);
    spawn(&mut colony, "wood", 5, Position::new(7, 4));
    run(&mut colony, 20);
    assert_eq!(
        colony.view().jobs().count(),
        0,
        "no stockpile can be reached"
    );
    colony
        .apply(&Command::Designate {
            kind: "mine".into(),
            at: Position::new(4, 4),
        })
        .unwrap();
    run(&mut colony, 120);
    let view = colony.view();
    assert_eq!(view.tile(Position::new(4, 4)), Some("floor"));
    assert_eq!(
        (view.item_stored("wood"), view.item_stored("stone")),
        (5, 5)
    );
}

/// Leaves so little food and health that death comes in the next tick.
fn doom(colony: &mut Colony, id: StableId) -> String {
    let needs = &mut colony.entities.colonist_mut(id).unwrap().needs;
    needs.food.level = 0;
    needs.health = 1;
    colony.name(id).to_string()
}

#[test]
fn whoever_dies_at_work_leaves_the_job_to_others() {
    let mut colony = colony_on(&[
        "......T.", "........", "........", "........", ".@......", "........", "........",
        "........",
    ]);
    crate::test_support::designate(&mut colony, "chop", 1);
    run(&mut colony, 10);
    let job = colony.view().jobs().next().unwrap();
    let id = job.colonist.unwrap();
    doom(&mut colony, id);
    run_tick(&mut colony);
    assert_eq!(colony.view().job(job.id).unwrap().colonist, None);
    colony
        .apply(&Command::SpawnColonist {
            at: Position::new(1, 4),
        })
        .unwrap();
    run(&mut colony, 60);
    assert_eq!(colony.view().jobs_done(Some("chop")), 1);
}

#[test]
fn whoever_dies_on_the_way_lets_the_load_fall() {
    let mut colony = colony_on(&["........"; 8]);
    spawn(&mut colony, "wood", 5, Position::new(7, 7));
    let id = colony.colonist_ids()[0];
    run_until_loaded(&mut colony, id);
    let at = colony.view().colonist(id).unwrap().at;
    let name = doom(&mut colony, id);
    let events = run_tick(&mut colony);
    let names: Vec<_> = events.iter().map(Event::name).collect();
    assert_eq!(
        names,
        [
            "need_critical",
            "job_failed",
            "colonist_died",
            "job_created"
        ],
        "the load is to be hauled again"
    );
    assert_eq!(
        events[2],
        Event::ColonistDied {
            colonist: id,
            name: name.into(),
            at,
            cause: "starvation".to_owned()
        }
    );
    assert_eq!(
        colony
            .view()
            .items()
            .map(|stack| (stack.at, stack.count))
            .collect::<Vec<_>>(),
        [(at, 5)]
    );
}

#[test]
fn nothing_else_is_put_where_a_load_is_bound_for() {
    let mut colony = colony_on(&["........"; 8]);
    spawn(&mut colony, "wood", 5, Position::new(7, 7));
    let id = colony.colonist_ids()[0];
    run_until_loaded(&mut colony, id);
    let job = colony.job_of(id).unwrap();
    let place = colony.entities.job(job).unwrap().reserved_place();
    let Some(ReservedPlace::Cell(cell)) = place else {
        panic!("{place:?} is no cell");
    };
    spawn(&mut colony, "stone", 5, cell);
    run(&mut colony, 20);
    let at_cell = colony
        .view()
        .items()
        .find(|stack| stack.at == cell)
        .map(|stack| stack.item);
    assert_eq!(at_cell.as_deref(), Some("wood"));
    assert_eq!(colony.view().item_total("stone"), 5);
}

fn run_until_loaded(colony: &mut Colony, id: StableId) {
    while colony
        .entities
        .colonist(id)
        .unwrap()
        .activity
        .load
        .is_none()
    {
        assert!(colony.tick() < 50, "the wood is picked up in time");
        run_tick(colony);
    }
}

#[test]
fn what_was_put_first_is_finished_before_a_critical_need() {
    let mut colony = colony_on(&[
        "......T.", "........", "........", "........", ".@......", "........", "........",
        "........",
    ]);
    crate::test_support::designate(&mut colony, "chop", 1);
    let chop = colony.view().jobs().next().unwrap().id;
    colony
        .apply(&Command::SetJobPriority {
            job: chop,
            priority: 10,
        })
        .unwrap();
    run(&mut colony, 3);
    let id = set_need(&mut colony, NeedKind::Rest, 900);
    let names: Vec<_> = run(&mut colony, 3).iter().map(Event::name).collect();
    assert_eq!(
        names,
        ["need_critical", "job_created"],
        "it is not left and taken again"
    );
    assert_eq!(colony.view().colonist(id).unwrap().job, Some(chop));
    let sleep = colony
        .view()
        .jobs()
        .find(|job| job.kind == "sleep")
        .unwrap();
    assert_eq!(sleep.priority, 9, "it waits for its turn");
}

#[test]
fn food_out_of_reach_is_no_food() {
    let mut colony = colony_on(&[
        "....#...", "....#...", "....#...", "....#...", ".@..#...", "....#...", "....#...",
        "....#...",
    ]);
    spawn(&mut colony, "meal", 5, Position::new(7, 4));
    set_need(&mut colony, NeedKind::Food, 1_000);
    let names: Vec<_> = run(&mut colony, 5).iter().map(Event::name).collect();
    assert_eq!(names, ["need_critical"]);
}

#[test]
fn a_begun_stack_is_filled_before_another_is_begun() {
    let mut colony = colony_on(&["........"; 8]);
    spawn(&mut colony, "wood", 45, Position::new(6, 6));
    spawn(&mut colony, "wood", 20, Position::new(0, 0));
    run(&mut colony, 60);
    let stacks: Vec<_> = colony
        .view()
        .items()
        .map(|stack| (stack.at, stack.count, stack.stored))
        .collect();
    assert_eq!(
        stacks,
        [
            (Position::new(6, 6), 50, true),
            (Position::new(1, 1), 15, true)
        ]
    );
}
