//! Save, restore and fork in the middle of it; what cannot be is refused.

use proptest::prelude::*;
use proptest::test_runner::RngSeed;

use super::*;
use crate::SaveError;
use crate::environment::{Environment, RunningIncident};

#[test]
fn a_colony_restored_in_any_tick_of_a_day_goes_on_alike() {
    let mut original = eventful_colony();
    run(&mut original, 2 * 48 - 10);
    original.apply(&start("frost")).unwrap();
    let mut runs = 0;
    for _ in 0..60 {
        original.begin_tick();
        original.step();
        runs += original.view().incidents().count();
        let definitions = original.definitions().clone();
        let mut restored = Colony::restore(&original.save(), definitions).unwrap();
        let (mut fork, tick) = (original.fork(), original.tick());
        assert_eq!(restored.hashes(), original.hashes(), "tick {tick}");
        assert_eq!(fork.hashes(), original.hashes(), "tick {tick}");
        for _ in 0..50 {
            let events = run_tick(&mut restored);
            assert_eq!(events, run_tick(&mut fork), "after tick {tick}");
        }
        assert_eq!(restored.save(), fork.save(), "after tick {tick}");
        original.take_events();
    }
    assert!(runs > 30, "in the middle of incidents");
}

#[test]
fn a_save_between_the_beginning_and_the_step_of_a_day_is_whole() {
    let mut colony = eventful_colony();
    run(&mut colony, 47);
    colony.begin_tick();
    let mut restored = Colony::restore(&colony.save(), environment_definitions()).unwrap();
    assert_eq!(restored.view().hour(), 23);
    restored.step();
    colony.step();
    assert_eq!(restored.hashes(), colony.hashes());
    assert_eq!(restored.view().day(), 2);
}

type Change = fn(&mut Environment);

#[test]
fn contradictions_are_refused() {
    let rows: &[(&str, Change)] = &[
        ("the calendar", |it| it.calendar.day = 0),
        ("the calendar", |it| it.calendar.day = 52),
        ("the calendar", |it| it.calendar.began = 51),
        ("the calendar", |it| it.calendar.day_ticks = 0),
        ("the calendar", |it| it.calendar.day_ticks = 100_001),
        ("the calendar", |it| it.calendar.year = 0),
        ("the calendar", |it| it.calendar.year = 3),
        ("the calendar", |it| {
            it.calendar.season.as_mut().unwrap().day = 0
        }),
        ("the calendar", |it| {
            it.calendar.season.as_mut().unwrap().day = u32::MAX
        }),
        ("an end that cannot be", |it| {
            it.weather.as_mut().unwrap().ends = u64::MAX
        }),
        ("an end that cannot be", |it| {
            let running = RunningIncident {
                began: 51,
                ends: 60,
            };
            it.running.insert("frost".to_owned(), running);
        }),
        ("an end that cannot be", |it| {
            let running = RunningIncident {
                began: 50,
                ends: 50,
            };
            it.running.insert("frost".to_owned(), running);
        }),
        ("incidents have started", |it| {
            it.started_on.insert("frost".to_owned(), 3);
        }),
        ("incidents have started", |it| it.started = u64::MAX),
    ];
    for (expected, change) in rows {
        let mut colony = busy_colony_with(42, quiet_definitions());
        run(&mut colony, 50);
        change(&mut colony.environment);
        match Colony::restore(&colony.save(), quiet_definitions()).err() {
            Some(SaveError::Inconsistent(message)) if message.contains(expected) => {}
            found => panic!("expected {expected}, found {found:?}"),
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 3_000, rng_seed: RngSeed::Fixed(1), failure_persistence: None, ..ProptestConfig::default() })]

    /// The bytes of a save after the terrain, of a colony small enough that many of them are of the environment.
    #[test]
    fn forged_content_is_refused_or_lives(changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4)) {
        thread_local! {
            static SAVED: Vec<u8> = {
                let mut colony = quiet_colony();
                for incident in ["frost", "mould", "guests"] {
                    colony.apply(&start(incident)).unwrap();
                }
                run(&mut colony, 5);
                colony.save()
            };
        }
        let mut bytes = SAVED.with(Clone::clone);
        let after_terrain = 28 + 64;
        for (index, byte) in changes {
            let place = after_terrain + index.index(bytes.len() - after_terrain);
            bytes[place] = byte;
        }
        let checksum = crate::hash_bytes(&bytes[28..]).to_le_bytes();
        bytes[12..28].copy_from_slice(&checksum);
        if let Ok(mut colony) = Colony::restore(&bytes, environment_definitions()) {
            run(&mut colony, 120);
            colony.save();
        }
    }
}
