//! Every command: what it does, and every way in which it is refused.

use crate::test_support::{busy_colony, colony_on, run_tick};
use crate::{Colony, Command, Event, Position, StableId};

const GROUND: [&str; 8] = [
    "....#...", "....#...", "T...#...", "....~...", ".@..#...", "....#...", "....#...", "....#...",
];

/// Commands that must be refused, with the reason, on [`GROUND`] with one tree designated and five wood.
fn check_refused(rows: &[(Command, &str)]) {
    let mut colony = colony_on(&GROUND);
    colony.apply(&designate("chop", (0, 2))).unwrap();
    colony.apply(&spawn("wood", 5, (7, 0))).unwrap();
    let before = colony.fork().hashes();
    for (command, reason) in rows {
        let refused = colony.apply(command).map_err(|error| error.to_string());
        assert_eq!(refused, Err((*reason).to_owned()), "{command:?}");
        assert_eq!(colony.hashes(), before, "{command:?}");
    }
}

fn at((x, y): (u16, u16)) -> Position {
    Position { x, y }
}

fn designate(kind: &str, place: (u16, u16)) -> Command {
    Command::Designate {
        kind: kind.to_owned(),
        at: at(place),
    }
}

fn spawn(item: &str, count: u32, place: (u16, u16)) -> Command {
    Command::SpawnItem {
        item: item.to_owned(),
        count,
        at: at(place),
    }
}

fn remove(item: &str, count: u32) -> Command {
    Command::RemoveItem {
        item: item.to_owned(),
        count,
    }
}

#[test]
fn commands_about_jobs_are_refused_with_a_reason_and_change_nothing() {
    let priority = |job, priority| Command::SetJobPriority {
        job: StableId::new(job),
        priority,
    };
    check_refused(&[
        (
            priority(99, 1),
            "there is no job 99; it may be done or cancelled",
        ),
        (priority(3, 11), "priority 11, expected 0 to 10"),
        (
            Command::CancelJob {
                job: StableId::new(1),
            },
            "there is no job 1; it may be done or cancelled",
        ),
        (
            designate("chpo", (0, 2)),
            "there is no job kind `chpo`; did you mean `chop`?",
        ),
        (
            designate("haul", (0, 2)),
            "`haul` is posted by the colony itself, expected one of: chop, mine",
        ),
        (
            designate("chop", (8, 0)),
            "(8, 0) is off the map, expected x below 8 and y below 8",
        ),
        (
            designate("chop", (4, 0)),
            "(4, 0) is `rock`, expected `tree` for `chop`",
        ),
        (
            designate("chop", (0, 2)),
            "(0, 2) already has job 3; cancel it first",
        ),
    ]);
}

#[test]
fn commands_about_items_and_people_are_refused_with_a_reason_and_change_nothing() {
    let join = |place| Command::SpawnColonist { at: at(place) };
    check_refused(&[
        (
            spawn("wod", 1, (0, 0)),
            "there is no item `wod`; did you mean `wood`?",
        ),
        (spawn("wood", 0, (0, 0)), "0 items, expected 1 to 10000"),
        (
            spawn("wood", 10_001, (0, 0)),
            "10001 items, expected 1 to 10000",
        ),
        (
            spawn("wood", 1, (0, 8)),
            "(0, 8) is off the map, expected x below 8 and y below 8",
        ),
        (
            spawn("wood", 1, (4, 3)),
            "(4, 3) is `water`, expected a walkable tile",
        ),
        (
            spawn("wood", 1_201, (7, 7)),
            "there is no room for 1201 of `wood` around (7, 7)",
        ),
        (
            remove("gold", 1),
            "there is no item `gold`, expected one of: meal, stone, wood",
        ),
        (remove("wood", 0), "0 items, expected 1 to 4294967295"),
        (
            remove("wood", 6),
            "6 of `wood`, expected at most the 5 that nobody has reserved",
        ),
        (
            join((9, 9)),
            "(9, 9) is off the map, expected x below 8 and y below 8",
        ),
        (join((4, 4)), "(4, 4) is `rock`, expected a walkable tile"),
    ]);
}

#[test]
fn priorities_decide_what_is_done_first() {
    let mut colony = colony_on(&[
        "....T...", "........", "........", "........", ".@......", "........", "T.......",
        "........",
    ]);
    let (far, near) = (Position::new(4, 0), Position::new(0, 6));
    for at in [far, near] {
        colony
            .apply(&Command::Designate {
                kind: "chop".into(),
                at,
            })
            .unwrap();
    }
    let mut nearest_first = colony.fork();
    assert_eq!(first_assigned(&mut nearest_first), near);
    let job = colony.view().jobs().find(|job| job.at == far).unwrap().id;
    colony
        .apply(&Command::SetJobPriority { job, priority: 5 })
        .unwrap();
    assert_eq!(first_assigned(&mut colony), far);
}

fn first_assigned(colony: &mut Colony) -> Position {
    let assigned = run_tick(colony).into_iter().find_map(|event| match event {
        Event::JobAssigned(job) => Some(job.at),
        _ => None,
    });
    assigned.unwrap()
}

#[test]
fn cancelling_frees_the_colonist_and_puts_its_load_down() {
    let mut colony = colony_on(&["........"; 8]);
    colony
        .apply(&Command::SpawnItem {
            item: "wood".into(),
            count: 5,
            at: Position::new(7, 7),
        })
        .unwrap();
    let carried = |colony: &Colony| {
        colony.view().item_total("wood") > 0 && colony.view().items().next().is_none()
    };
    while !carried(&colony) {
        assert!(colony.tick() < 50, "the wood is picked up in time");
        run_tick(&mut colony);
    }
    let job = colony.view().jobs().next().unwrap();
    colony.apply(&Command::CancelJob { job: job.id }).unwrap();
    assert_eq!(colony.take_events(), [Event::JobCancelled(job)]);
    let colonist = colony.view().colonists().next().unwrap();
    assert_eq!(colonist.job, None);
    let stack = colony.view().items().next().unwrap();
    assert_eq!((stack.at, stack.count), (colonist.at, 5));
}

#[test]
fn removal_takes_from_the_lowest_id_and_ends_the_haul() {
    let mut colony = colony_on(&GROUND);
    // Out of the colonist's reach, so nobody takes the jobs.
    for (x, y) in [(6, 0), (6, 4)] {
        colony
            .apply(&Command::SpawnItem {
                item: "wood".into(),
                count: 30,
                at: Position::new(x, y),
            })
            .unwrap();
    }
    let counts = |colony: &Colony| {
        colony
            .view()
            .items()
            .map(|stack| stack.count)
            .collect::<Vec<_>>()
    };
    colony
        .apply(&Command::RemoveItem {
            item: "wood".into(),
            count: 10,
        })
        .unwrap();
    assert_eq!(counts(&colony), [20, 30]);
    colony
        .apply(&Command::RemoveItem {
            item: "wood".into(),
            count: 25,
        })
        .unwrap();
    assert_eq!(counts(&colony), [25]);

    let mut colony = colony_on(&["........"; 8]);
    colony
        .apply(&Command::SpawnItem {
            item: "wood".into(),
            count: 5,
            at: Position::new(7, 7),
        })
        .unwrap();
    crate::haul::post_jobs(&mut colony);
    let job = colony.view().jobs().next().unwrap();
    colony.take_events();
    colony
        .apply(&Command::RemoveItem {
            item: "wood".into(),
            count: 5,
        })
        .unwrap();
    assert_eq!(colony.take_events(), [Event::JobCancelled(job)]);
}

#[test]
fn a_newcomer_is_announced() {
    let mut colony = busy_colony(42);
    colony.take_events();
    let at = colony.view().colonists().next().unwrap().at;
    colony.apply(&Command::SpawnColonist { at }).unwrap();
    let newcomer = colony.view().colonists().last().unwrap();
    let joined = Event::ColonistJoined {
        colonist: newcomer.id,
        name: newcomer.name,
        at,
    };
    assert_eq!(colony.take_events(), [joined]);
    assert_eq!(colony.view().colonists().count(), 9);
}
