//! Which tiles can be reached from which: tiles with the same region are connected. Derived from the terrain, never
//! state. As no corners are cut, going diagonally reaches nothing that going straight does not.

use std::cmp::Reverse;
use std::collections::{BTreeSet, VecDeque};

use crate::Position;
use crate::terrain::Terrain;

/// A set of tiles that are all connected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Region(u32);

/// The region of each tile.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Regions {
    width: u16,
    labels: Vec<Option<Region>>,
    /// Tiles of each region.
    sizes: Vec<u32>,
}

impl Regions {
    pub(crate) fn new(terrain: &Terrain) -> Self {
        let mut regions = Self {
            width: terrain.width(),
            labels: vec![None; terrain.len()],
            sizes: Vec::new(),
        };
        let mut front = Vec::new();
        for seed in terrain.positions() {
            let region = Region(
                u32::try_from(regions.sizes.len()).expect("a map has fewer than 2^32 tiles"),
            );
            let mut size = 0;
            front.push(seed);
            while let Some(at) = front.pop() {
                let Some(index) = terrain.index(at).filter(|_| terrain.is_walkable(at)) else {
                    continue;
                };
                if regions.labels[index].is_none() {
                    regions.labels[index] = Some(region);
                    size += 1;
                    front.extend(at.edge_neighbours());
                }
            }
            if size > 0 {
                regions.sizes.push(size);
            }
        }
        regions
    }

    /// The region of a tile, `None` where nobody can stand.
    pub(crate) fn of(&self, at: Position) -> Option<Region> {
        if at.x >= self.width {
            return None;
        }
        self.labels
            .get(usize::from(at.y) * usize::from(self.width) + usize::from(at.x))
            .copied()
            .flatten()
    }

    /// How many tiles a region has.
    pub(crate) fn size(&self, region: Region) -> u32 {
        self.sizes
            .get(usize::try_from(region.0).unwrap_or(usize::MAX))
            .copied()
            .unwrap_or(0)
    }

    /// The walkable tile nearest to the middle of the map among those of its largest region.
    pub(crate) fn middle_of_largest(&self, terrain: &Terrain) -> Option<Position> {
        let middle = Position::new(terrain.width() / 2, terrain.height() / 2);
        let walkable = terrain
            .positions()
            .filter_map(|at| Some((self.size(self.of(at)?), at)));
        let best =
            walkable.max_by_key(|(size, at)| (*size, Reverse((at.octile_distance(middle), *at))));
        best.map(|(_, at)| at)
    }

    /// Whether somebody in `region` can stand on a tile or beside one of its edges.
    pub(crate) fn reaches_beside(&self, region: Region, at: Position) -> bool {
        std::iter::once(at)
            .chain(at.edge_neighbours())
            .any(|place| self.of(place) == Some(region))
    }
}

/// A tile and all that can be reached from it, nearest first (counted in straight steps), then in reading order of the
/// way there. The first tile is included even if nobody can stand on it.
pub(crate) struct Flood<'a> {
    terrain: &'a Terrain,
    seen: BTreeSet<Position>,
    front: VecDeque<Position>,
}

impl<'a> Flood<'a> {
    pub(crate) fn from(terrain: &'a Terrain, origin: Position) -> Self {
        Self {
            terrain,
            seen: BTreeSet::from([origin]),
            front: VecDeque::from([origin]),
        }
    }
}

impl Iterator for Flood<'_> {
    type Item = Position;

    fn next(&mut self) -> Option<Position> {
        let at = self.front.pop_front()?;
        for neighbour in at.edge_neighbours() {
            if self.terrain.is_walkable(neighbour) && self.seen.insert(neighbour) {
                self.front.push_back(neighbour);
            }
        }
        Some(at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_support::terrain;

    #[test]
    fn walls_and_corners_separate() {
        let ground = terrain(&[
            "..#.....", "..#.....", "##......", "......~~", "......~.", "........", "........",
            "........",
        ]);
        let regions = Regions::new(&ground);
        let region = |x, y| regions.of(Position::new(x, y));
        assert_eq!(region(0, 0), region(1, 1));
        assert_ne!(region(1, 1), region(2, 3), "a rock is in the way");
        assert_eq!(region(7, 4), region(0, 7), "around the water");
        assert_eq!(
            (region(2, 0), region(8, 0), region(0, 8)),
            (None, None, None)
        );
        assert_eq!(regions.size(region(0, 0).unwrap()), 4);
        assert!(regions.reaches_beside(region(0, 0).unwrap(), Position::new(2, 0)));
        assert!(!regions.reaches_beside(region(0, 0).unwrap(), Position::new(2, 3)));
    }

    #[test]
    fn a_flood_covers_its_region_nearest_first() {
        let ground = terrain(&[
            "..#.....", "..#.....", "##......", "........", "........", "........", "........",
            "........",
        ]);
        let flooded: Vec<_> = Flood::from(&ground, Position::new(0, 0)).collect();
        assert_eq!(
            flooded,
            [(0, 0), (1, 0), (0, 1), (1, 1)].map(|(x, y)| Position::new(x, y))
        );
        assert_eq!(
            Flood::from(&ground, Position::new(2, 0)).count(),
            1 + 64 - 4,
            "from inside the rock, both sides"
        );
    }
}
