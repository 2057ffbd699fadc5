//! The ground: what each tile is made of and what it costs to walk there.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::grid::Grid;
use crate::{Definitions, MAP_SIDE_MAX, MAP_SIDE_MIN, Position, SaveError};

pub(crate) mod ascii;
pub(crate) mod generation;
mod walk_costs;

pub(crate) use walk_costs::{Override, WalkCostChange, WalkCosts};

mod bytes;

/// Most terrains a map can list: a tile refers to one by a byte.
const PALETTE_MAX: usize = 256;

/// The part of the terrain that is state. Tiles refer to the map's own palette, so that a terrain inserted into the
/// definitions changes no map.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct TerrainMap {
    width: u16,
    height: u16,
    palette: Vec<String>,
    #[serde(with = "bytes")]
    tiles: Vec<u8>,
}

impl TerrainMap {
    /// A map of the terrains given in reading order; there must be `width` times `height` of them.
    pub(crate) fn new<'a>(
        width: u16,
        height: u16,
        terrains: impl IntoIterator<Item = &'a str>,
    ) -> Self {
        let mut map = Self {
            width,
            height,
            palette: Vec::new(),
            tiles: Vec::new(),
        };
        for terrain in terrains {
            let entry = map.palette_entry(terrain);
            map.tiles.push(entry);
        }
        map
    }

    fn palette_entry(&mut self, terrain: &str) -> u8 {
        let entry = self.find(terrain).unwrap_or_else(|| {
            self.palette.push(terrain.to_owned());
            self.palette.len() - 1
        });
        u8::try_from(entry)
            .expect("definitions have at most 255 terrains, and only they get onto a new map")
    }

    pub(crate) const fn contains(&self, at: Position) -> bool {
        at.x < self.width && at.y < self.height
    }

    /// How many tiles it has.
    pub(crate) const fn tile_count(&self) -> usize {
        self.tiles.len()
    }

    /// The place of a tile in reading order, `None` off the map.
    pub(crate) fn index(&self, at: Position) -> Option<usize> {
        self.contains(at)
            .then(|| usize::from(at.y) * usize::from(self.width) + usize::from(at.x))
    }

    fn find(&self, terrain: &str) -> Option<usize> {
        self.palette.iter().position(|known| known == terrain)
    }

    /// For each entry of the palette: how many tiles are of it. Every tile must be of one.
    fn count_tiles(&self) -> Vec<u32> {
        let mut counts = vec![0; self.palette.len()];
        for tile in &self.tiles {
            counts[usize::from(*tile)] += 1;
        }
        counts
    }

    fn ground_costs(&self, definitions: &Definitions) -> Vec<Option<u8>> {
        let cost_of = |id: &String| definitions.terrain.get(id)?.walk_cost;
        self.palette.iter().map(cost_of).collect()
    }

    /// What is wrong with a map that was read from somewhere.
    pub(crate) fn check(&self, definitions: &Definitions) -> Result<(), SaveError> {
        let sides = MAP_SIDE_MIN..=MAP_SIDE_MAX;
        if !sides.contains(&self.width) || !sides.contains(&self.height) {
            return Err(SaveError::Inconsistent(format!(
                "the map is {} by {} tiles",
                self.width, self.height
            )));
        }
        if self.tiles.len() != usize::from(self.width) * usize::from(self.height) {
            return Err(SaveError::Inconsistent(format!(
                "the map has {} tiles",
                self.tiles.len()
            )));
        }
        if self
            .tiles
            .iter()
            .any(|tile| usize::from(*tile) >= self.palette.len())
        {
            return Err(SaveError::Inconsistent(
                "a tile is of no terrain".to_owned(),
            ));
        }
        let distinct: BTreeSet<&String> = self.palette.iter().collect();
        if distinct.len() != self.palette.len() || distinct.len() > PALETTE_MAX {
            return Err(SaveError::Inconsistent(
                "the map lists a terrain twice, or more than a tile can be of".to_owned(),
            ));
        }
        // A terrain that no tile is of any more may be gone from the definitions.
        let mut counted = self.palette.iter().zip(self.count_tiles());
        match counted.find(|(id, count)| *count > 0 && !definitions.terrain.contains_key(*id)) {
            Some((id, _)) => Err(SaveError::Undefined {
                kind: "terrain",
                id: id.clone(),
            }),
            None => Ok(()),
        }
    }
}

/// The map with what follows from it and from the definitions.
#[derive(Debug, Clone)]
pub(crate) struct Terrain {
    map: TerrainMap,
    /// For each entry of the palette, what its ground costs.
    ground_costs: Vec<Option<u8>>,
    /// For each entry of the palette: how many tiles are of it.
    counts: Vec<u32>,
    /// For each tile, with what stands on it.
    walk_costs: WalkCosts,
}

impl Terrain {
    /// Takes over a map in which nothing is wrong and on which nothing stands yet.
    pub(crate) fn new(map: TerrainMap, definitions: &Definitions) -> Self {
        let ground_costs = map.ground_costs(definitions);
        Self {
            walk_costs: WalkCosts::new(
                Grid::new(map.width, map.height),
                costs_of_tiles(&map, &ground_costs),
            ),
            ground_costs,
            counts: map.count_tiles(),
            map,
        }
    }

    /// Takes over other definitions, which have every terrain that some tile is of. Returns whether tiles have become,
    /// or ceased to be, walkable.
    pub(crate) fn redefine(&mut self, definitions: &Definitions) -> bool {
        let before = std::mem::replace(&mut self.ground_costs, self.map.ground_costs(definitions));
        let mut entries = before.iter().zip(&self.ground_costs).zip(&self.counts);
        let is_touched = entries.any(|((before, after), count)| *count > 0 && before != after);
        is_touched
            && self
                .walk_costs
                .replace_ground(costs_of_tiles(&self.map, &self.ground_costs))
    }

    pub(crate) const fn map(&self) -> &TerrainMap {
        &self.map
    }

    pub(crate) const fn width(&self) -> u16 {
        self.map.width
    }

    pub(crate) const fn height(&self) -> u16 {
        self.map.height
    }

    pub(crate) const fn contains(&self, at: Position) -> bool {
        self.map.contains(at)
    }

    /// The place of a tile in reading order, `None` off the map.
    pub(crate) fn index(&self, at: Position) -> Option<usize> {
        self.map.index(at)
    }

    /// Every tile in reading order.
    pub(crate) fn positions(&self) -> impl Iterator<Item = Position> + use<> {
        self.walk_costs.grid().positions()
    }

    /// Id of the terrain of a tile, `None` off the map.
    pub(crate) fn name(&self, at: Position) -> Option<&str> {
        Some(&self.map.palette[self.entry(at)?])
    }

    /// Ticks to enter a tile, `None` where nobody can: what stands there decides, else the ground.
    pub(crate) fn walk_cost(&self, at: Position) -> Option<u8> {
        let tile = self.walk_costs.grid().tile(at)?;
        Some(self.walk_costs.of(tile)).filter(|cost| *cost > 0)
    }

    pub(crate) fn is_walkable(&self, at: Position) -> bool {
        self.walk_cost(at).is_some()
    }

    /// The costs of all tiles by number.
    pub(crate) const fn walk_costs(&self) -> &WalkCosts {
        &self.walk_costs
    }

    /// How many tiles are of this terrain.
    pub(crate) fn count(&self, terrain: &str) -> u32 {
        self.map.find(terrain).map_or(0, |entry| self.counts[entry])
    }

    /// Turns a tile on the map into a defined terrain. Returns what has become of its walk cost, if that has changed.
    pub(crate) fn set(
        &mut self,
        at: Position,
        terrain: &str,
        definitions: &Definitions,
    ) -> Option<WalkCostChange> {
        let index = self.index(at)?;
        let old = usize::from(self.map.tiles[index]);
        let new = match self.map.find(terrain) {
            Some(known) => known,
            None => self.add_entry(terrain, definitions),
        };
        self.map.tiles[index] = u8::try_from(new).expect("a palette has at most 256 entries");
        self.counts[old] -= 1;
        self.counts[new] += 1;
        self.walk_costs.set_ground(at, self.ground_costs[new])
    }

    /// Puts something onto a tile that decides instead of the ground what it costs to enter it, or takes it away.
    /// Returns what has become of its walk cost, if that has changed.
    pub(crate) fn set_override(
        &mut self,
        at: Position,
        standing: Option<Override>,
    ) -> Option<WalkCostChange> {
        let ground = self.ground_costs[self.entry(at)?];
        self.walk_costs.set_override(at, standing, ground)
    }

    /// Adds a defined terrain to the palette. Terrains that vanished from the definitions leave their entries behind,
    /// so that they find them again should they come back; only a full palette gives one of these away.
    fn add_entry(&mut self, terrain: &str, definitions: &Definitions) -> usize {
        let entry = if self.map.palette.len() < PALETTE_MAX {
            self.map.palette.push(String::new());
            self.ground_costs.push(None);
            self.counts.push(0);
            self.map.palette.len() - 1
        } else {
            let unused = self.counts.iter().position(|count| *count == 0);
            unused.expect("tiles are of defined terrains only, which are fewer than the palette's")
        };
        let definition = definitions.terrain.get(terrain);
        self.ground_costs[entry] = definition.and_then(|definition| definition.walk_cost);
        self.map.palette[entry] = terrain.to_owned();
        entry
    }

    fn entry(&self, at: Position) -> Option<usize> {
        Some(usize::from(self.map.tiles[self.index(at)?]))
    }
}

fn costs_of_tiles(
    map: &TerrainMap,
    ground_costs: &[Option<u8>],
) -> impl Iterator<Item = Option<u8>> {
    map.tiles
        .iter()
        .map(|tile| ground_costs[usize::from(*tile)])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::path::tests::assert_steps_are_known;
    use crate::rng::{below, random_u64};
    use crate::test_support::{definitions, terrain};

    #[test]
    fn a_changed_tile_is_counted_and_tells_whether_the_way_opened() {
        let mut ground = terrain(&[
            "........", "...#....", "........", "........", "........", "........", "........",
            "........",
        ]);
        let rock = Position::new(3, 1);
        assert_eq!(
            (
                ground.count("rock"),
                ground.count("grass"),
                ground.count("floor")
            ),
            (1, 63, 0)
        );
        assert!(!ground.is_walkable(rock));
        let opened = WalkCostChange {
            before: None,
            after: Some(1),
        };
        assert_eq!(ground.set(rock, "floor", &definitions()), Some(opened));
        assert_eq!(
            (
                ground.count("rock"),
                ground.count("grass"),
                ground.count("floor")
            ),
            (0, 63, 1)
        );
        assert_eq!(
            (ground.name(rock), ground.walk_cost(rock)),
            (Some("floor"), Some(1))
        );
        assert_eq!(
            ground.set(rock, "grass", &definitions()),
            None,
            "both cost the same"
        );
    }

    #[test]
    fn what_stands_on_a_tile_decides_instead_of_its_ground() {
        let mut ground = terrain(&["........"; 8]);
        let at = Position::new(3, 1);
        let change = |before, after| Some(WalkCostChange { before, after });
        let mut put = |standing| ground.set_override(at, standing);
        assert_eq!(put(Some(Override::Cost(7))), change(Some(1), Some(7)));
        assert_eq!(put(Some(Override::Cost(7))), None);
        assert_eq!(put(Some(Override::Impassable)), change(Some(7), None));
        assert_eq!(ground.set(at, "tree", &definitions()), None);
        assert_eq!(
            (ground.name(at), ground.walk_cost(at)),
            (Some("tree"), None)
        );
        let mut definitions = definitions();
        definitions.terrain.get_mut("tree").unwrap().walk_cost = Some(5);
        assert!(!ground.redefine(&definitions), "something stands there");
        assert_eq!(ground.walk_cost(at), None);
        assert_eq!(ground.set_override(at, None), change(None, Some(5)));
        assert_eq!(ground.set_override(Position::new(8, 0), None), None);
        definitions.terrain.get_mut("tree").unwrap().walk_cost = None;
        assert!(ground.redefine(&definitions), "the tree closes its tile");
        assert_steps_are_known(&ground);
    }

    #[test]
    fn what_is_known_of_the_ground_is_the_same_for_every_shape_of_map() {
        for (width, height) in [(8, 8), (8, 13), (13, 8), (1_024, 8), (8, 1_024)] {
            let names = ["grass", "tree", "rock"];
            let tiles = (0..u64::from(width) * u64::from(height)).map(|tile| {
                let drawn = below(random_u64(5, 0, 0, tile, 0), 3);
                names[drawn as usize]
            });
            let mut ground = Terrain::new(TerrainMap::new(width, height, tiles), &definitions());
            let corners = [
                (0, 0),
                (width - 1, 0),
                (0, height - 1),
                (width - 1, height - 1),
            ];
            let standing = [
                None,
                Some(Override::Impassable),
                Some(Override::Cost(9)),
                None,
            ];
            for ((x, y), standing) in corners.into_iter().zip(standing) {
                ground.set_override(Position::new(x, y), standing);
            }
            let check = |ground: &Terrain, tree: u8| {
                assert_steps_are_known(ground);
                for at in ground.positions() {
                    let stands = corners
                        .iter()
                        .position(|(x, y)| at == Position::new(*x, *y));
                    let cost = match (stands.and_then(|corner| standing[corner]), ground.name(at)) {
                        (Some(Override::Cost(cost)), _) => Some(cost),
                        (Some(Override::Impassable), _) | (None, Some("rock")) => None,
                        (None, Some("tree")) => Some(tree),
                        (None, _) => Some(1),
                    };
                    assert_eq!(ground.walk_cost(at), cost, "{at} of {width} by {height}");
                }
            };
            check(&ground, 3);
            let mut definitions = definitions();
            definitions.terrain.get_mut("tree").unwrap().walk_cost = Some(7);
            ground.redefine(&definitions);
            check(&ground, 7);
        }
    }

    #[test]
    fn the_least_cost_is_that_of_what_there_is() {
        let mut ground = terrain(&["TTTTTTTT"; 8]);
        assert_eq!(ground.walk_costs().least(), 3);
        let at = Position::new(0, 0);
        ground.set_override(at, Some(Override::Cost(2)));
        assert_eq!(ground.walk_costs().least(), 2);
        ground.set_override(at, Some(Override::Impassable));
        assert_eq!(ground.walk_costs().least(), 3);
    }

    #[test]
    fn a_full_palette_gives_away_what_is_gone() {
        let mut ground = terrain(&["........"; 8]);
        let mut definitions = definitions();
        let at = Position::new(0, 0);
        for number in 0..600 {
            let id = format!("t{number}");
            let walk_cost = u8::try_from(1 + number % 100).ok();
            let definition = crate::TerrainDefinition {
                symbol: 'x',
                walk_cost,
                fertility: 0,
            };
            definitions.terrain.insert(id.clone(), definition);
            ground.set(at, &id, &definitions);
            assert_eq!(
                (ground.name(at), ground.walk_cost(at), ground.count(&id)),
                (Some(id.as_str()), walk_cost, 1)
            );
            assert_eq!(ground.map.check(&definitions), Ok(()));
            let rebuilt = Terrain::new(ground.map.clone(), &definitions);
            assert_eq!(
                (rebuilt.counts, rebuilt.ground_costs),
                (ground.counts.clone(), ground.ground_costs.clone())
            );
            let last = format!("t{}", number - 1);
            definitions.terrain.remove(&last);
            ground.redefine(&definitions);
        }
        assert_eq!(ground.count("grass"), 63);
        assert!(ground.map.palette.len() <= PALETTE_MAX);
        definitions.terrain.remove("grass");
        assert_eq!(
            ground.map.check(&definitions),
            Err(SaveError::Undefined {
                kind: "terrain",
                id: "grass".to_owned()
            })
        );
    }

    #[test]
    fn off_the_map_there_is_nothing() {
        let ground = terrain(&["........"; 8]);
        for off in [
            Position::new(8, 0),
            Position::new(0, 8),
            Position::new(u16::MAX, u16::MAX),
        ] {
            assert_eq!(
                (ground.name(off), ground.walk_cost(off), ground.index(off)),
                (None, None, None),
                "{off}"
            );
        }
        assert_eq!(
            ground
                .positions()
                .map(|at| ground.index(at))
                .collect::<Vec<_>>(),
            (0..64).map(Some).collect::<Vec<_>>()
        );
    }
}
