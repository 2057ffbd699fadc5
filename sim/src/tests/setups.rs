//! How a colony starts, and why it may not.

use crate::test_support::{definitions, setup};
use crate::{Colony, MapSource, Position, Setup, SetupError};

fn drawn(rows: &[&str]) -> MapSource {
    MapSource::Ascii(rows.join("\n"))
}

fn faults(setup: &Setup) -> Vec<String> {
    let refused = Colony::new(setup, definitions()).err().unwrap();
    refused.iter().map(ToString::to_string).collect()
}

#[test]
fn stock_lies_in_the_stockpile_and_founders_stand_at_the_start() {
    let map = drawn(&[
        "##########",
        "#........#",
        "#........#",
        "#...@....#",
        "#........#",
        "#........#",
        "#........#",
        "##########",
    ]);
    let colony = Colony::new(
        &setup(map, 5, &[("wood", 120), ("meal", 24)]),
        definitions(),
    )
    .unwrap();
    let view = colony.view();
    let stock: Vec<_> = view
        .items()
        .map(|stack| (stack.item, stack.count, stack.at, stack.stored))
        .collect();
    let at = Position::new;
    assert_eq!(
        stock,
        [
            ("meal".into(), 24, at(1, 1), true),
            ("wood".into(), 50, at(2, 1), true),
            ("wood".into(), 50, at(3, 1), true),
            ("wood".into(), 20, at(4, 1), true),
        ]
    );
    let places: Vec<_> = view.colonists().map(|colonist| colonist.at).collect();
    assert_eq!(places, [at(4, 3), at(4, 2), at(3, 3), at(5, 3), at(4, 4)]);
    assert_eq!((view.tick(), view.seed(), view.size()), (0, 42, (10, 8)));
    assert_eq!(
        (view.tile_count("rock"), view.tile_count("grass")),
        (32, 48)
    );
}

#[test]
fn without_a_mark_the_start_is_in_the_largest_region() {
    let map = drawn(&[
        "....####", "....####", "....####", "....####", "....#..#", "....#..#", "....####",
        "....####",
    ]);
    let colony = Colony::new(&setup(map, 1, &[]), definitions()).unwrap();
    assert_eq!(
        colony.view().colonists().next().unwrap().at,
        Position::new(3, 4)
    );
}

#[test]
fn targets_are_listed_nearest_first_where_they_can_be_reached() {
    let map = drawn(&[
        "T.......", "....####", "....#T.#", ".@..####", "T.......", "..T.....", ".......T",
        "........",
    ]);
    let mut colony = Colony::new(&setup(map, 1, &[]), definitions()).unwrap();
    let targets = |colony: &Colony, limit| {
        colony
            .view()
            .nearest_targets("chop", limit)
            .unwrap()
            .iter()
            .map(|at| (at.x, at.y))
            .collect::<Vec<_>>()
    };
    // The centre of the stockpile is (2, 2); the tree among the rocks is out of reach.
    assert_eq!(targets(&colony, 9), [(0, 0), (0, 4), (2, 5), (7, 6)]);
    crate::test_support::designate(&mut colony, "chop", 1);
    assert_eq!(targets(&colony, 2), [(0, 4), (2, 5)]);
    let refused = |kind| colony.view().nearest_targets(kind, 9).unwrap_err();
    let unfit = refused("haul").to_string();
    assert!(unfit.contains("haul") && unfit.contains("chop"), "{unfit}");
    let unknown = refused("chp").to_string();
    assert!(unknown.contains("did you mean `chop`"), "{unknown}");
}

#[test]
fn every_fault_is_listed() {
    let open = || drawn(&["........"; 8]);
    let rows: Vec<(Setup, &[&str])> = vec![
        (
            setup(drawn(&["?......."; 8]), 1, &[("wod", 1), ("iron", 1)]),
            &[
                "the stock has `iron`, which is not defined, expected one of: meal, stone, wood",
                "the stock has `wod`, which is not defined; did you mean `wood`?",
                "line 1, column 1 of the map: `?` stands for no terrain, expected one of `#,.T_~`",
            ],
        ),
        (
            setup(open(), 0, &[("wood", 1_801)]),
            &[
                "the stock needs 37 tiles, expected at most the 36 of the stockpile",
                "0 colonists, expected 1 to 64: each needs a tile that can be reached from the start",
            ],
        ),
        (
            setup(open(), 65, &[]),
            &[
                "65 colonists, expected 1 to 64: each needs a tile that can be reached from the start",
            ],
        ),
        (
            setup(drawn(&["########"; 8]), 1, &[]),
            &["the map has no walkable tile"],
        ),
        (
            setup(
                MapSource::Generated {
                    width: 512,
                    height: 512,
                },
                100_001,
                &[],
            ),
            &["100001 colonists, expected 1 to 100000: no colony can have more"],
        ),
    ];
    for (setup, expected) in rows {
        assert_eq!(faults(&setup), expected);
    }
}

#[test]
fn faulty_definitions_make_no_colony() {
    let mut faulty = definitions();
    faulty.items.get_mut("wood").unwrap().stack_max = 0;
    let refused = Colony::new(&setup(drawn(&["........"; 8]), 1, &[]), faulty)
        .err()
        .unwrap();
    assert!(
        matches!(refused.as_slice(), [SetupError::Definition(fault)] if fault.id == "wood"),
        "{refused:?}"
    );
}

#[test]
fn the_stockpile_leaves_out_what_is_to_be_harvested() {
    let rows = [
        "........", ".TTTTTT.", "........", "........", "........", "........", "........",
        "........",
    ];
    let colony = Colony::new(&setup(drawn(&rows), 1, &[("wood", 50)]), definitions()).unwrap();
    assert_eq!(
        colony.view().items().next().unwrap().at,
        Position::new(1, 2)
    );
}
