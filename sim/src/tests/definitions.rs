//! Definitions replaced in a running colony: the same as saving it and restoring it with them, and what each field does
//! to what lives.

use std::collections::BTreeMap;

use proptest::prelude::*;
use proptest::test_runner::RngSeed;

use crate::test_support::{busy_colony, colony_on, definitions, designate, run_tick, table};
use crate::{
    ChangeRule, Colony, Command, Definitions, Event, JobAction, Position, StableId,
    TerrainDefinition, chain_hash,
};

mod fields;

type Edit = fn(&mut Definitions);

const GRASS: [&str; 8] = ["........"; 8];

fn edited(edit: Edit) -> Definitions {
    let mut edited = definitions();
    edit(&mut edited);
    edited
}

/// Replaces the definitions and returns what is reported, obstacles first marked by `!`.
fn replace(colony: &mut Colony, new: Definitions) -> Vec<String> {
    match colony.replace_definitions(new) {
        Ok(changes) => changes.iter().map(ToString::to_string).collect(),
        Err(obstacles) => obstacles.iter().map(|found| format!("! {found}")).collect(),
    }
}

/// Changes a definition if it is there: another edit may have removed it.
fn change<T>(table: &mut BTreeMap<String, T>, id: &str, change: fn(&mut T)) {
    table.entry(id.to_owned()).and_modify(change);
}

fn harvest(target: &str, leaves: &str, item: &'static str) -> JobAction {
    JobAction::Harvest {
        target: target.to_owned(),
        leaves: leaves.to_owned(),
        yields: table([(item, 7)]),
    }
}

fn spawn(colony: &mut Colony, item: &str, count: u32, at: Position) {
    let item = item.to_owned();
    colony
        .apply(&Command::SpawnItem { item, count, at })
        .unwrap();
}

fn run(colony: &mut Colony, ticks: u32) -> Vec<Event> {
    (0..ticks).flat_map(|_| run_tick(colony)).collect()
}

/// Everything that can be seen of the next ticks.
fn future(colony: &mut Colony, ticks: u32) -> (u128, Vec<Event>) {
    let mut events = Vec::new();
    let mut chain = chain_hash(0, &colony.hashes());
    for _ in 0..ticks {
        events.extend(run_tick(colony));
        chain = chain_hash(chain, &colony.hashes());
    }
    (chain, events)
}

/// Every field of every table, harmless and not.
const EDITS: &[Edit] = &[
    |d| change(&mut d.terrain, "tree", |it| it.symbol = '^'),
    |d| change(&mut d.terrain, "tree", |it| it.walk_cost = Some(9)),
    |d| change(&mut d.terrain, "tree", |it| it.walk_cost = None),
    |d| change(&mut d.terrain, "soil", |it| it.walk_cost = None),
    |d| change(&mut d.terrain, "water", |it| it.walk_cost = Some(2)),
    |d| change(&mut d.terrain, "grass", |it| it.walk_cost = Some(4)),
    |d| {
        d.terrain.remove("floor");
        change(&mut d.jobs, "mine", |it| {
            it.action = harvest("rock", "grass", "wood")
        });
    },
    |d| {
        d.terrain.remove("water");
    },
    |d| {
        let walk_cost = Some(2);
        let bog = TerrainDefinition {
            symbol: '%',
            walk_cost,
            fertility: 0,
        };
        d.terrain.insert("bog".to_owned(), bog);
        change(&mut d.jobs, "chop", |it| {
            it.action = harvest("tree", "bog", "wood")
        });
    },
    |d| change(&mut d.items, "wood", |it| it.stack_max = 7),
    |d| change(&mut d.items, "meal", |it| it.stack_max = 200),
    |d| change(&mut d.items, "wood", |it| it.haul_priority = 9),
    |d| change(&mut d.items, "meal", |it| it.nutrition = 0),
    |d| change(&mut d.items, "meal", |it| it.nutrition = 900),
    |d| change(&mut d.items, "wood", |it| it.nutrition = 500),
    |d| {
        d.items.remove("stone");
        change(&mut d.jobs, "mine", |it| {
            it.action = harvest("rock", "floor", "wood")
        });
    },
    |d| {
        d.items.remove("meal");
    },
    |d| change(&mut d.needs, "food", |it| it.decay = 90),
    |d| change(&mut d.needs, "food", |it| it.seek_below = 9_000),
    |d| change(&mut d.needs, "rest", |it| it.critical_below = 3_000),
    |d| change(&mut d.needs, "food", |it| it.damage = 500),
    |d| change(&mut d.jobs, "chop", |it| it.priority = Some(9)),
    |d| change(&mut d.jobs, "eat", |it| it.priority = Some(1)),
    |d| change(&mut d.jobs, "haul", |it| it.work = 5),
    |d| change(&mut d.jobs, "sleep", |it| it.work = 30),
    |d| change(&mut d.jobs, "mine", |it| it.work = 1),
    |d| {
        change(&mut d.jobs, "chop", |it| {
            it.action = harvest("tree", "soil", "stone")
        })
    },
    |d| {
        change(&mut d.jobs, "chop", |it| {
            it.action = harvest("rock", "grass", "wood")
        })
    },
    |d| {
        d.jobs.remove("mine");
    },
    |d| {
        if let Some(haul) = d.jobs.remove("haul") {
            d.jobs.insert("carry".to_owned(), haul);
        }
    },
    |d| {
        change(&mut d.jobs, "eat", |it| it.action = JobAction::Sleep);
        change(&mut d.jobs, "sleep", |it| it.action = JobAction::Eat);
    },
];

/// A busy colony after 0, 40, 80, ... ticks, each as a save.
fn saves() -> Vec<Vec<u8>> {
    let mut colony = busy_colony(42);
    let mut saves = Vec::new();
    for _ in 0..12 {
        saves.push(colony.save());
        run(&mut colony, 40);
    }
    saves
}

/// Replaces definitions in one copy and restores another with them. Returns whether they were taken over.
fn assert_replacing_is_restoring(save: &[u8], new: &Definitions) -> bool {
    let mut replaced = Colony::restore(save, definitions()).unwrap();
    let before = replaced.hashes();
    let outcome = replaced.replace_definitions(new.clone());
    let restored = Colony::restore(save, new.clone());
    match (outcome, restored) {
        (Ok(_), Ok(mut restored)) => {
            assert_eq!(replaced.hashes(), restored.hashes());
            assert_eq!(replaced.regions, restored.regions);
            assert_eq!(future(&mut replaced, 60), future(&mut restored, 60));
            true
        }
        (Err(obstacles), Err(_)) => {
            assert!(!obstacles.is_empty());
            assert_eq!(replaced.hashes(), before, "a refusal changes nothing");
            assert_eq!(replaced.definitions(), &definitions());
            false
        }
        (replaced, restored) => panic!("{replaced:?} but {:?}", restored.map(drop)),
    }
}

#[test]
fn replacing_definitions_is_restoring_with_them() {
    let saves = saves();
    let taken = EDITS.iter().map(|edit| {
        let new = edited(*edit);
        let is_taken = |save: &&Vec<u8>| assert_replacing_is_restoring(save, &new);
        saves.iter().filter(is_taken).count()
    });
    let taken: Vec<usize> = taken.collect();
    let is_sometimes = |taken: &&usize| (1..saves.len()).contains(*taken);
    assert!(
        taken.contains(&0)
            && taken.contains(&saves.len())
            && taken.iter().filter(is_sometimes).count() >= 5,
        "taken over and refused: {taken:?}"
    );
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, rng_seed: RngSeed::Fixed(1), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn replacing_several_definitions_is_restoring_with_them(
        at in any::<prop::sample::Index>(),
        edits in prop::collection::vec(any::<prop::sample::Index>(), 1..6),
    ) {
        thread_local! {
            static SAVES: Vec<Vec<u8>> = saves();
        }
        let mut new = definitions();
        for edit in edits {
            edit.get(EDITS)(&mut new);
        }
        SAVES.with(|saves| assert_replacing_is_restoring(at.get::<Vec<u8>>(saves), &new));
    }
}

#[test]
fn there_and_back_is_as_if_nothing_had_been() {
    for save in saves() {
        for edit in EDITS {
            let mut colony = Colony::restore(&save, definitions()).unwrap();
            let before = colony.hashes();
            assert_eq!(colony.replace_definitions(definitions()), Ok(Vec::new()));
            assert_eq!(colony.hashes(), before);
            let Ok(changes) = colony.replace_definitions(edited(*edit)) else {
                continue;
            };
            let changed = colony.hashes();
            let is_changed = |name: &str| {
                before
                    .iter()
                    .zip(&changed)
                    .any(|(old, new)| old.0 == name && old != new)
            };
            assert!(is_changed("definitions"));
            if changes
                .iter()
                .all(|change| change.rule != ChangeRule::Clamp)
            {
                colony.replace_definitions(definitions()).unwrap();
                assert_eq!(colony.hashes(), before, "{changes:?}");
                let mut untouched = Colony::restore(&save, definitions()).unwrap();
                assert_eq!(colony.regions, untouched.regions);
                assert_eq!(
                    future(&mut colony, 30),
                    future(&mut untouched, 30),
                    "{changes:?}"
                );
            }
        }
    }
}

/// Makes the only colonist hungry.
fn hungry(colony: &mut Colony) -> StableId {
    let id = colony.colonist_ids()[0];
    colony.entities.colonist_mut(id).unwrap().needs.food.level = 1_000;
    id
}

/// One colonist who is about to chop, trees on which a path leads, loose wood.
fn small_colony() -> Colony {
    let mut colony = colony_on(&[
        "TTTTTTTT", "........", "........", "........", "........", "........", "........",
        "~~~~~~..",
    ]);
    spawn(&mut colony, "wood", 5, Position::new(7, 7));
    spawn(&mut colony, "wood", 9, Position::new(3, 3));
    designate(&mut colony, "chop", 5);
    colony
}

#[test]
fn everything_in_use_is_listed() {
    let mut colony = small_colony();
    run(&mut colony, 2);
    let before = colony.hashes();
    let found = replace(
        &mut colony,
        edited(|d| {
            d.terrain.remove("tree");
            d.terrain.remove("rock");
            change(&mut d.terrain, "grass", |it| it.walk_cost = None);
            change(&mut d.terrain, "tree", |it| it.walk_cost = None);
            d.items.remove("wood");
            d.items.remove("stone");
            d.jobs.remove("haul");
            d.jobs.remove("mine");
            change(&mut d.jobs, "chop", |it| it.action = JobAction::Haul);
            change(&mut d.jobs, "chop", |it| it.priority = None);
        }),
    );
    let expected = [
        "! terrain `grass` cannot be walked on any more, and 1 colonist stands on it (1); \
         2 stacks lie on it (3, 4); 1 stockpile has cells of it (2)",
        "! terrain `tree` is gone, and 8 tiles are of it ((0, 0), (1, 0), (2, 0), ...)",
        "! item `wood` is gone, and 2 stacks hold 14 of it (3, 4); 1 job is about it (10)",
        "! job kind `chop` has another action, `haul` instead of `harvest`, and 5 jobs are of it (5, 6, 7, ...)",
        "! job kind `haul` is gone, and 1 job is of it (10)",
    ];
    assert_eq!(found, expected);
    assert_eq!(colony.hashes(), before);
}

#[test]
fn faults_are_listed_with_what_is_in_use() {
    let mut colony = small_colony();
    let found = replace(
        &mut colony,
        edited(|d| {
            d.terrain.remove("tree");
        }),
    );
    let expected = [
        "! definition jobs.chop.target: `tree` is not defined in terrain, expected one of: floor, grass, rock, soil, water",
        "! terrain `tree` is gone, and 8 tiles are of it ((0, 0), (1, 0), (2, 0), ...)",
    ];
    assert_eq!(found, expected);
}

#[test]
fn what_is_carried_or_about_to_be_eaten_is_in_use() {
    let mut colony = small_colony();
    spawn(&mut colony, "meal", 1, Position::new(1, 1));
    let eater = hungry(&mut colony);
    run(&mut colony, 1);
    let without_meal = edited(|d| {
        d.items.remove("meal");
    });
    let expected = "! item `meal` is gone, and 1 stack holds 1 of it (10); 1 job is about it (11)";
    assert_eq!(replace(&mut colony, without_meal), [expected]);
    while colony.view().carried(eater).is_none() {
        run_tick(&mut colony);
    }
    let without_wood = edited(|d| {
        d.items.remove("wood");
        d.jobs.remove("chop");
    });
    let expected = "item `wood` is gone, and 1 stack holds 9 of it (4); 1 colonist carries 5 of it (1); 1 job is about it (12)";
    let found = replace(&mut colony, without_wood);
    assert!(found[0].contains(expected), "{found:?}");
}
