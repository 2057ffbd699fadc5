//! Terrain made from a seed: two layers of value noise, in integers.

use super::ascii::checked_side;
use super::{Terrain, TerrainMap};
use crate::regions::Regions;
use crate::rng::{below, random_u64, stream};
use crate::{Definitions, Position, STRAIGHT_COST, SetupError};

/// The terrains a generated map is made of.
const GRASS: &str = "grass";
const SOIL: &str = "soil";
const TREE: &str = "tree";
const ROCK: &str = "rock";
const WATER: &str = "water";

/// Around the start nothing but grass grows for this many tiles: room for the stockpile and the colonists.
const CLEARING_RADIUS: u32 = 6;
/// Sizes of the noise cells in tiles; the larger counts twice.
const CELL_LARGE: u16 = 11;
const CELL_SMALL: u16 = 5;
/// Elevation (0 to 255) below which there is water, and from which there is rock.
const WATER_BELOW: u32 = 62;
const ROCK_FROM: u32 = 152;
/// Moisture (0 to 255) below which the ground is bare, and from which there is forest.
const SOIL_BELOW: u32 = 92;
const FOREST_FROM: u32 = 128;
/// Percent of tiles that bear a tree, in the forest and elsewhere.
const FOREST_TREE_PERCENT: u32 = 55;
const OPEN_TREE_PERCENT: u32 = 5;

/// Makes a map and clears a start on its largest connected ground, as near to the middle as that goes; or lists what is
/// missing.
pub(crate) fn generate(
    seed: u64,
    (width, height): (u16, u16),
    definitions: &Definitions,
) -> Result<(Terrain, Position), Vec<SetupError>> {
    let mut faults: Vec<SetupError> = [GRASS, SOIL, TREE, ROCK, WATER]
        .into_iter()
        .filter(|id| !definitions.terrain.contains_key(*id))
        .map(SetupError::MissingTerrain)
        .collect();
    faults.extend(checked_side("width", usize::from(width)).err());
    faults.extend(checked_side("height", usize::from(height)).err());
    if !faults.is_empty() {
        return Err(faults);
    }
    let tiles =
        (0..height).flat_map(|y| (0..width).map(move |x| natural_terrain(seed, Position { x, y })));
    let mut terrain = Terrain::new(TerrainMap::new(width, height, tiles), definitions);
    let middle = Position::new(width / 2, height / 2);
    let start = Regions::new(&terrain)
        .middle_of_largest(&terrain)
        .unwrap_or(middle);
    for at in terrain
        .positions()
        .filter(|at| at.octile_distance(start) <= CLEARING_RADIUS * STRAIGHT_COST)
    {
        terrain.set(at, GRASS, definitions);
    }
    Ok((terrain, start))
}

/// What there is before anybody comes.
fn natural_terrain(seed: u64, at: Position) -> &'static str {
    let elevation = layered_noise(seed, stream::ELEVATION, at);
    let moisture = layered_noise(seed, stream::MOISTURE, at);
    let tree_percent = if moisture >= FOREST_FROM {
        FOREST_TREE_PERCENT
    } else {
        OPEN_TREE_PERCENT
    };
    if elevation < WATER_BELOW {
        WATER
    } else if elevation >= ROCK_FROM {
        ROCK
    } else if below(
        random_u64(seed, stream::TREES, 0, tile_key(at.x, at.y), 0),
        100,
    ) < tree_percent
    {
        TREE
    } else if moisture < SOIL_BELOW {
        SOIL
    } else {
        GRASS
    }
}

/// Noise from 0 to 255, the large cells counting twice.
fn layered_noise(seed: u64, stream: u64, at: Position) -> u32 {
    (2 * value_noise(seed, stream, at, CELL_LARGE) + value_noise(seed, stream, at, CELL_SMALL)) / 3
}

/// Random values at the corners of cells, smoothly blended in between: 0 to 255.
fn value_noise(seed: u64, stream: u64, at: Position, cell: u16) -> u32 {
    let (column, row) = (at.x / cell, at.y / cell);
    let corner = |dx: u16, dy: u16| {
        below(
            random_u64(
                seed,
                stream,
                0,
                tile_key(column + dx, row + dy),
                u64::from(cell),
            ),
            256,
        )
    };
    let across = smooth_step(at.x % cell, cell);
    let top = blend(corner(0, 0), corner(1, 0), across);
    let bottom = blend(corner(0, 1), corner(1, 1), across);
    blend(top, bottom, smooth_step(at.y % cell, cell))
}

/// 3t² - 2t³ for t = `part` / `whole`, in 256ths.
fn smooth_step(part: u16, whole: u16) -> u32 {
    let t = u32::from(part) * 256 / u32::from(whole);
    t * t * (3 * 256 - 2 * t) / (256 * 256)
}

fn blend(from: u32, to: u32, weight_256: u32) -> u32 {
    (from * (256 - weight_256) + to * weight_256) / 256
}

fn tile_key(x: u16, y: u16) -> u64 {
    u64::from(y) << 16 | u64::from(x)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_support::definitions;

    #[test]
    fn smooth_step_goes_from_end_to_end() {
        assert_eq!([0, 4, 8].map(|part| smooth_step(part, 8)), [0, 128, 256]);
    }

    #[test]
    fn seeds_make_different_maps_and_the_same_one_twice() {
        let map = |seed| {
            generate(seed, (48, 32), &definitions())
                .unwrap()
                .0
                .map()
                .clone()
        };
        assert_eq!(map(42), map(42));
        assert_ne!(map(42), map(43));
    }

    #[test]
    fn maps_have_a_clearing_with_trees_and_rock_in_reach() {
        for seed in 0..40 {
            let (ground, start) = generate(seed, (48, 32), &definitions()).unwrap();
            let regions = Regions::new(&ground);
            let region = regions.of(start).unwrap();
            let in_reach = |terrain: &str| {
                let of_terrain = ground
                    .positions()
                    .filter(|at| ground.name(*at) == Some(terrain));
                of_terrain
                    .filter(|at| regions.reaches_beside(region, *at))
                    .count()
            };
            let clearing = ground
                .positions()
                .filter(|at| at.octile_distance(start) <= 60);
            assert!(
                clearing
                    .into_iter()
                    .all(|at| ground.name(at) == Some(GRASS)),
                "seed {seed}"
            );
            assert!(
                in_reach(TREE) >= 15,
                "seed {seed}: {} trees",
                in_reach(TREE)
            );
            assert!(
                in_reach(ROCK) >= 15,
                "seed {seed}: {} rocks",
                in_reach(ROCK)
            );
        }
    }

    #[test]
    fn what_is_missing_is_listed() {
        let mut poor = definitions();
        poor.terrain.remove(SOIL);
        poor.terrain.remove(ROCK);
        let faults = generate(1, (7, 1_025), &poor).unwrap_err();
        assert_eq!(
            faults,
            [
                SetupError::MissingTerrain(SOIL),
                SetupError::MissingTerrain(ROCK),
                SetupError::MapSide {
                    side: "width",
                    found: 7
                },
                SetupError::MapSide {
                    side: "height",
                    found: 1_025
                },
            ]
        );
    }
}
