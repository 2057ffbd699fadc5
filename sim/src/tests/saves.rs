//! Save, restore, go on = go on; and what is damaged is refused.

use proptest::prelude::*;
use proptest::test_runner::RngSeed;

use crate::test_support::{busy_colony, definitions, run_tick};
use crate::{Colony, SAVE_VERSION, SaveError};

mod contradictions;

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
