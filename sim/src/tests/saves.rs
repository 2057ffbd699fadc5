//! Save, restore, go on = go on; and what is damaged is refused.

use std::collections::BTreeMap;

use proptest::prelude::*;
use proptest::test_runner::RngSeed;

use crate::colonists::Colonist;
use crate::direction::Direction;
use crate::farming::{Plot, Stage};
use crate::haul;
use crate::id::IdSource;
use crate::jobs::{HaulLeg, Job, Task};
use crate::names::Name;
use crate::stockpiles::Stockpile;
use crate::structures::Structure;
use crate::test_support::{busy_colony, definitions, run_tick};
use crate::{Colony, Command, Position, SAVE_VERSION, SaveError};

fn error_of(bytes: &[u8]) -> Option<SaveError> {
    Colony::restore(bytes, definitions()).err()
}

/// Puts the right checksum on changed content, as a forger would.
fn reseal(bytes: &mut [u8]) {
    let checksum = crate::hash_bytes(&bytes[28..]).to_le_bytes();
    bytes[12..28].copy_from_slice(&checksum);
}

#[test]
fn a_restored_colony_goes_on_as_the_saved_one() {
    let mut original = busy_colony(42);
    for tick in 1..=400 {
        original.begin_tick();
        original.step();
        if tick % 3 == 0 {
            // With events that nobody has taken: they are state, too.
            let saved = original.save();
            let mut restored = Colony::restore(&saved, definitions()).unwrap();
            assert_eq!(restored.hashes(), original.hashes(), "tick {tick}");
            let mut gone_on = original.fork();
            for _ in 0..10 {
                assert_eq!(
                    run_tick(&mut restored),
                    run_tick(&mut gone_on),
                    "after tick {tick}"
                );
            }
            assert_eq!(restored.hashes(), gone_on.hashes(), "after tick {tick}");
            assert_eq!(restored.save(), gone_on.save(), "after tick {tick}");
            assert_eq!(original.save(), saved, "a copy changed its original");
        }
        original.take_events();
    }
}

#[test]
fn every_cut_is_noticed() {
    let mut colony = busy_colony(42);
    run_tick(&mut colony);
    let bytes = colony.save();
    for length in 0..bytes.len() {
        let expected = if length < 28 {
            SaveError::Truncated { found: length }
        } else {
            SaveError::Checksum
        };
        assert_eq!(
            error_of(&bytes[..length]),
            Some(expected),
            "cut at {length}"
        );
    }
}

#[test]
fn every_flipped_bit_is_noticed() {
    let mut colony = busy_colony(42);
    run_tick(&mut colony);
    let mut bytes = colony.save();
    for bit in 0..bytes.len() * 8 {
        bytes[bit / 8] ^= 1 << (bit % 8);
        let found = error_of(&bytes);
        let is_expected = match bit / 8 {
            0..8 => found == Some(SaveError::NotASave),
            8..12 => matches!(found, Some(SaveError::Version { found }) if found != SAVE_VERSION),
            _ => found == Some(SaveError::Checksum),
        };
        assert!(is_expected, "bit {bit} gives {found:?}");
        bytes[bit / 8] ^= 1 << (bit % 8);
    }
}

#[test]
fn what_is_not_defined_is_named() {
    let mut colony = busy_colony(42);
    run_tick(&mut colony);
    let bytes = colony.save();
    let mut poor = definitions();
    poor.terrain.remove("soil");
    let refused = Colony::restore(&bytes, poor).err();
    assert_eq!(
        refused,
        Some(SaveError::Undefined {
            kind: "terrain",
            id: "soil".to_owned()
        })
    );

    let mut poor = definitions();
    poor.jobs.remove("chop");
    let refused = Colony::restore(&bytes, poor).err();
    assert_eq!(
        refused,
        Some(SaveError::Undefined {
            kind: "job",
            id: "chop".to_owned()
        })
    );

    let mut poor = definitions();
    poor.items.remove("meal");
    let refused = Colony::restore(&bytes, poor).err();
    assert_eq!(
        refused,
        Some(SaveError::Undefined {
            kind: "item",
            id: "meal".to_owned()
        })
    );

    let mut wrong = definitions();
    wrong.needs.remove("food");
    assert!(matches!(
        Colony::restore(&bytes, wrong).err(),
        Some(SaveError::Definition(_))
    ));
}

#[test]
fn a_definition_inserted_before_the_others_changes_no_save() {
    let mut colony = busy_colony(42);
    run_tick(&mut colony);
    let mut richer = definitions();
    richer.terrain.insert(
        "ash".to_owned(),
        crate::TerrainDefinition {
            symbol: '%',
            walk_cost: Some(2),
            fertility: 0,
        },
    );
    richer
        .items
        .insert("amber".to_owned(), richer.items["wood"].clone());
    let mut restored = Colony::restore(&colony.save(), richer).unwrap();
    let (ours, theirs) = (colony.hashes(), restored.hashes());
    assert!(
        ours.iter()
            .zip(&theirs)
            .all(|(our, their)| our == their || our.0 == "definitions")
    );
}

/// A tile near the stockpile, from where an item is hauled first of all.
fn outside(colony: &Colony) -> Position {
    let centre = colony.stockpiles.centre().unwrap();
    Position {
        y: centre.y + 4,
        ..centre
    }
}

type Change = fn(&mut Colony);

/// With what message a changed state is refused.
fn check_refused(rows: &[(&str, Change)]) {
    for (expected, change) in rows {
        let mut colony = busy_colony(42);
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
        let message = error_of(&colony.save())
            .map(|error| error.to_string())
            .unwrap_or_default();
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

/// A second job that is what some job is, but that nobody has taken.
fn repeat_job(colony: &mut Colony, is_it: impl Fn(&Job) -> bool) {
    let job = colony.entities.jobs().find(|job| is_it(job)).copied();
    let id = colony.ids.allocate();
    let colonist = None;
    colony.entities.add_job(Job {
        id,
        colonist,
        ..job.unwrap()
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
        ("two stockpiles have a tile in common", |colony| {
            let id = colony.ids.allocate();
            let zone = colony.stockpiles.zones()[0].clone();
            colony.add_stockpile(Stockpile { id, ..zone });
        }),
    ]);
}

#[test]
fn two_jobs_for_the_same_are_refused() {
    check_refused(&[
        ("two jobs are about the same", |colony| {
            repeat_job(colony, |job| job.kind == Name::of("chop"));
        }),
        ("two jobs are about the same", |colony| {
            let centre = outside(colony);
            let (item, count) = ("stone".to_owned(), 1);
            let at = Position::new(centre.x, centre.y + 1);
            let command = Command::SpawnItem { item, count, at };
            colony.apply(&command).unwrap();
            haul::post_jobs(colony);
            let is_posted = |job: &Job| {
                let leg = |leg| matches!(leg, HaulLeg::Posted { .. });
                matches!(job.task, Task::Haul { leg: it, .. } if leg(it))
            };
            repeat_job(colony, is_posted);
        }),
        ("two jobs are about the same", |colony| {
            let colonist = colony.colonist_ids()[7];
            colony.post_job(
                Name::of("eat"),
                7,
                Position::new(0, 0),
                Task::Eat {
                    eater: colonist,
                    food: None,
                },
            );
            repeat_job(colony, |job| job.kind == Name::of("eat"));
        }),
        ("two jobs are about the same", |colony| {
            // It fetches another stack, to the cell for which the first is fetched.
            let is_fetched = |job: &Job| job.reserved_place().is_some();
            repeat_job(colony, is_fetched);
            let id = colony.entities.jobs().last().unwrap().id;
            let (other, _) = colony.entities.stacks().next().unwrap();
            let colonist = colony.colonist_ids()[7];
            let job = colony.entities.job_mut(id).unwrap();
            job.colonist = Some(colonist);
            if let Task::Haul {
                leg: HaulLeg::Fetching { stack, .. },
                ..
            } = &mut job.task
            {
                *stack = other;
            }
        }),
    ]);
}

/// Work may take longer than it says, so that no number of ticks is a contradiction.
#[test]
fn work_that_has_gone_on_for_ever_ends() {
    let mut colony = busy_colony(42);
    let is_at_work = |colony: &Colony| {
        let mut people = colony.entities.colonists();
        let at_work = people.find(|(_, colonist)| colonist.activity.work_ticks > 0);
        at_work.map(|(id, _)| id)
    };
    let id = loop {
        run_tick(&mut colony);
        if let Some(id) = is_at_work(&colony) {
            break id;
        }
    };
    let colonist = colony.entities.colonist_mut(id).unwrap();
    colonist.activity.work_ticks = u32::MAX;
    let mut restored = Colony::restore(&colony.save(), definitions()).unwrap();
    run_tick(&mut restored);
    assert_eq!(restored.entities.colonist(id).unwrap().activity.job, None);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 3_000, rng_seed: RngSeed::Fixed(1), failure_persistence: None, ..ProptestConfig::default() })]

    /// With a right checksum the content itself has to be judged. What is accepted must be able to live.
    #[test]
    fn forged_content_is_refused_or_lives(changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4)) {
        thread_local! {
            static SAVED: Vec<u8> = {
                let mut colony = busy_colony(42);
                for _ in 0..90 {
                    run_tick(&mut colony);
                }
                colony.save()
            };
        }
        let mut bytes = SAVED.with(Clone::clone);
        // Most of a save is terrain, which leaves little to break; the rest follows it.
        let after_terrain = 28 + 48 * 32;
        for (index, byte) in changes {
            let place = after_terrain + index.index(bytes.len() - after_terrain);
            bytes[place] = byte;
        }
        reseal(&mut bytes);
        if let Ok(mut colony) = Colony::restore(&bytes, definitions()) {
            for _ in 0..30 {
                run_tick(&mut colony);
            }
        }
    }
}
