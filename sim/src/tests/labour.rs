//! Work on tiles that stay as they are.

use std::collections::BTreeMap;

use crate::test_support::{colony_on, definitions, run_tick, setup, table};
use crate::{Colony, Command, Event, JobAction, JobDefinition, MapSource, Position};

const OPEN: [&str; 8] = [
    "........", ".@......", "........", "........", "........", "........", "......##", "......##",
];

fn colony_with_forage(yields: BTreeMap<String, u32>) -> Colony {
    let mut definitions = definitions();
    let forage = JobDefinition {
        action: JobAction::Labour { yields },
        priority: Some(4),
        work: 5,
        skill: None,
    };
    definitions.jobs.insert("forage".to_owned(), forage);
    let map = MapSource::Ascii(OPEN.join("\n"));
    Colony::new(&setup(map, 1, &[]), definitions).unwrap()
}

fn designate(at: Position) -> Command {
    Command::Designate {
        kind: "forage".to_owned(),
        at,
    }
}

#[test]
fn labour_leaves_the_tile_and_brings_items() {
    let mut colony = colony_with_forage(table([("meal", 2)]));
    let at = Position::new(5, 3);
    colony.apply(&designate(at)).unwrap();
    let ground = colony.view().tile(at).map(str::to_owned);
    let mut happened = Vec::new();
    for _ in 0..12 {
        happened.extend(run_tick(&mut colony));
    }
    let produced = |event: &Event| matches!(event, Event::ItemProduced { item, count: 2, at: place, .. } if item == "meal" && *place == at);
    assert!(happened.iter().any(produced), "{happened:?}");
    assert_eq!(colony.view().jobs_done(Some("forage")), 1);
    assert_eq!(colony.view().tile(at).map(str::to_owned), ground);
    assert_eq!(colony.view().item_total("meal"), 2);
    colony.apply(&designate(at)).unwrap();
}

#[test]
fn labour_can_be_ordered_on_any_free_ground_that_is_reached() {
    let mut colony = colony_with_forage(BTreeMap::new());
    let nearest = |colony: &Colony, limit| colony.view().nearest_targets("forage", limit).unwrap();
    let all = nearest(&colony, 64);
    assert_eq!(all.len(), 64 - 4, "all but the rocks");
    for at in &all {
        colony.fork().apply(&designate(*at)).unwrap();
    }
    assert_eq!(nearest(&colony, 5), all[..5]);
    colony.apply(&designate(all[0])).unwrap();
    assert_eq!(nearest(&colony, 5), all[1..6]);
    assert_eq!(nearest(&colony, 0), []);
}

#[test]
fn labour_is_refused_where_nobody_can_stand_and_twice_on_a_tile() {
    let mut colony = colony_with_forage(BTreeMap::new());
    colony.apply(&designate(Position::new(5, 3))).unwrap();
    for (at, expected) in [
        (Position::new(6, 6), "rock"),
        (Position::new(8, 0), "off the map"),
        (Position::new(5, 3), "job"),
    ] {
        let hashes = colony.hashes();
        let error = colony.apply(&designate(at)).unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
        assert_eq!(colony.hashes(), hashes);
    }
}

#[test]
fn labour_that_is_saved_half_done_goes_on() {
    let mut colony = colony_with_forage(table([("wood", 1)]));
    colony.apply(&designate(Position::new(4, 1))).unwrap();
    for _ in 0..10 {
        let definitions = colony.definitions().clone();
        let mut restored = Colony::restore(&colony.save(), definitions).unwrap();
        assert_eq!(run_tick(&mut restored), run_tick(&mut colony));
        assert_eq!(restored.hashes(), colony.hashes());
    }
    assert_eq!(colony.view().jobs_done(Some("forage")), 1);
    assert!(
        colony_on(&OPEN)
            .check(&designate(Position::new(4, 1)))
            .is_err()
    );
}
