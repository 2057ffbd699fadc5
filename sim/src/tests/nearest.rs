//! What is nearest: the indexes, which look no further than a region reaches, find what looking at everything finds.

use crate::definitions::BuildingUse;
use crate::jobs::ReservedPlace;
use crate::names::Name;
use crate::regions::Region;
use crate::rng::{below, random_u64};
use crate::test_support::{busy_colony_with, colony_on, run_tick, whole_definitions};
use crate::{Colony, Command, Position, StableId};

/// Half the tiles are closed, so that most regions are pockets; in all of them lie items, cells, furniture, and people are there.
fn pockets(seed: u64) -> Colony {
    let mut definitions = whole_definitions();
    for building in definitions.buildings.values_mut() {
        building.materials.clear();
        building.work = 1;
    }
    let mut colony = busy_colony_with(seed, definitions);
    let draw = |counter, bound| below(random_u64(seed, 2, 0, counter, 0), bound);
    for (number, at) in (0..).zip(colony.terrain.positions().collect::<Vec<_>>()) {
        let (item, kind) = match draw(2 * number, 12) {
            0..3 => (None, Some("wall")),
            3 => (None, Some("bed")),
            4 => (Some("wood"), None),
            5 => (Some("meal"), None),
            6 => (None, None),
            _ => continue,
        };
        let command = match (item, kind) {
            (Some(item), _) => Command::SpawnItem {
                item: item.to_owned(),
                count: 1 + draw(2 * number + 1, 9),
                at,
            },
            (_, Some(kind)) => Command::PlaceBlueprint {
                building: kind.to_owned(),
                at,
            },
            _ => Command::AddStockpile {
                at,
                width: 1,
                height: 1,
                filter: None,
            },
        };
        // Refused where something else is.
        let _ = colony.apply(&command);
        if number % 17 == 0 {
            let _ = colony.apply(&Command::SpawnColonist { at });
        }
    }
    for _ in 0..120 {
        run_tick(&mut colony);
    }
    colony
}

/// The nearest of some places in a region, the least key among equals.
fn nearest<K: Ord>(
    from: Position,
    places: impl Iterator<Item = (Position, K)>,
) -> Option<(u32, K)> {
    let ranked = places.map(|(at, key)| (at.octile_distance(from), key));
    ranked.min()
}

fn stack(
    colony: &Colony,
    item: Name,
    (from, region): (Position, Region),
) -> Option<(u32, StableId)> {
    let stacks = colony.entities.stacks();
    let fit = stacks.filter(|(id, stack)| {
        stack.item == item
            && colony.regions.of(stack.at) == Some(region)
            && colony.unreserved(*id) > 0
    });
    nearest(from, fit.map(|(id, stack)| (stack.at, id)))
}

fn cell(
    colony: &Colony,
    item: Name,
    (from, region): (Position, Region),
) -> Option<(u32, bool, Position)> {
    let zones = colony.stockpiles.zones();
    let cells = zones.iter().flat_map(|zone| &zone.cells).copied();
    let fit = cells.filter(|cell| {
        colony.regions.of(*cell) == Some(region)
            && !colony.board.is_reserved(ReservedPlace::Cell(*cell))
            && colony.space_on(item, *cell) > 0
    });
    let ranked = fit.map(|cell| {
        let is_empty = colony.stack_at(cell).is_none();
        // A begun one is worth sixteen tiles.
        let detour = if is_empty { 160 } else { 0 };
        (cell.octile_distance(from) + detour, is_empty, cell)
    });
    ranked.min()
}

fn bed(colony: &Colony, (from, region): (Position, Region)) -> Option<(u32, StableId)> {
    let beds = colony.entities.structures().filter(|structure| {
        let rule = colony.rules.building(structure.kind);
        structure.is_built
            && rule.is_some_and(|rule| rule.purpose == BuildingUse::Bed)
            && !colony
                .board
                .is_reserved(ReservedPlace::Furniture(structure.id))
            && colony.regions.reaches_beside(region, structure.at)
    });
    nearest(from, beds.map(|bed| (bed.at, bed.id)))
}

#[test]
fn the_nearest_is_what_looking_at_everything_finds() {
    let (mut found, mut small) = ([0; 3], 0);
    for seed in 0..6 {
        let mut colony = pockets(seed);
        for _ in 0..10 {
            run_tick(&mut colony);
            for from in colony.terrain.positions() {
                let Some(region) = colony.regions.of(from) else {
                    continue;
                };
                let here = (from, region);
                small += u32::from(colony.regions.size(region) < 12);
                for item in ["wood", "meal"].map(Name::of) {
                    let one = std::iter::once(item);
                    let nearest = colony.nearest_stack(one, from, region);
                    assert_eq!(nearest, stack(&colony, item, here).map(|(_, id)| id));
                    let best = colony.find_cell(item, from, region);
                    let best = best.map(|(cell, _)| cell);
                    assert_eq!(best, cell(&colony, item, here).map(|(.., cell)| cell));
                    found[0] += u32::from(nearest.is_some());
                    found[1] += u32::from(best.is_some());
                }
                let nearest = colony.nearest_furniture(BuildingUse::Bed, from);
                assert_eq!(nearest, bed(&colony, here).map(|(_, id)| id));
                found[2] += u32::from(nearest.is_some());
            }
        }
    }
    assert!(found.iter().all(|found| *found > 1_000), "{found:?}");
    assert!(small > 1_000, "{small}");
}

#[test]
fn a_load_goes_sixteen_tiles_further_to_what_was_begun_and_not_past_more() {
    let row = ".".repeat(48);
    let mut colony = colony_on(&[row.as_str(); 8]);
    let founded = colony.stockpiles.zones()[0].id;
    let command = Command::RemoveStockpile { stockpile: founded };
    colony.apply(&command).unwrap();
    let item = Name::of("wood");
    let add_cell = |colony: &mut Colony, x| {
        let command = Command::AddStockpile {
            at: Position::new(x, 0),
            width: 1,
            height: 1,
            filter: None,
        };
        colony.apply(&command).unwrap();
    };
    let cell_for = |colony: &Colony, x| {
        let from = Position::new(x, 0);
        let region = colony.regions.of(from).unwrap();
        let (found, room) = colony.find_cell(item, from, region).unwrap();
        assert_eq!(
            Some(found),
            cell(colony, item, (from, region)).map(|(.., cell)| cell)
        );
        (found.x, room)
    };
    let spawn = Command::SpawnItem {
        item: "wood".to_owned(),
        count: 20,
        at: Position::new(2, 0),
    };
    colony.apply(&spawn).unwrap();
    add_cell(&mut colony, 2);
    assert_eq!(cell_for(&colony, 47), (2, 30), "there is no other");
    add_cell(&mut colony, 22);
    let chosen = [0, 15, 20, 21, 47].map(|x| (x, cell_for(&colony, x)));
    let (begun, empty) = ((2, 30), (22, 50));
    // From 21 on, the way to the begun one is longer by more than sixteen tiles.
    let expected = [
        (0, begun),
        (15, begun),
        (20, begun),
        (21, empty),
        (47, empty),
    ];
    assert_eq!(chosen, expected);
}
