//! Which tiles can be reached from which: tiles with the same region are connected. Derived from the terrain, never
//! state. As no corners are cut, going diagonally reaches nothing that going straight does not.

use std::cmp::Reverse;
use std::collections::{BTreeSet, VecDeque};

use crate::grid::Grid;
use crate::terrain::Terrain;
use crate::tile_set::{Around, DISTANCE_MAX};
use crate::{DIAGONAL_COST, Position};

mod changes;

/// A set of tiles that are all connected. It can be compared with another of the same moment and nothing else: which
/// label a set has depends on how the map came to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Region(u32);

/// The label of tiles where nobody can stand.
const NOWHERE: u32 = 0;

/// The region of each tile.
#[derive(Debug, Clone)]
pub(crate) struct Regions {
    grid: Grid,
    /// By number of the tile.
    labels: Vec<u32>,
    /// Tiles of each region by label, 0 for labels that no region has.
    sizes: Vec<u32>,
    /// Labels above 0 that no region has.
    free: Vec<u32>,
    floods: changes::Floods,
}

impl Regions {
    pub(crate) fn new(terrain: &Terrain) -> Self {
        let grid = terrain.walk_costs().grid();
        let mut regions = Self {
            grid,
            labels: vec![NOWHERE; grid.len()],
            sizes: vec![0],
            free: Vec::new(),
            floods: changes::Floods::default(),
        };
        let mut front = Vec::new();
        for seed in grid.positions().filter_map(|at| grid.tile(at)) {
            if regions.labels[seed] != NOWHERE || terrain.walk_costs().of(seed) == 0 {
                continue;
            }
            let label = regions.new_label();
            regions.labels[seed] = label;
            let mut size = 0;
            front.push(seed);
            while let Some(tile) = front.pop() {
                size += 1;
                for next in grid.edge_neighbours(tile) {
                    if regions.labels[next] == NOWHERE && terrain.walk_costs().of(next) > 0 {
                        regions.labels[next] = label;
                        front.push(next);
                    }
                }
            }
            regions.sizes[place(label)] = size;
        }
        regions
    }

    /// A label that no region has, for a region without tiles yet.
    fn new_label(&mut self) -> u32 {
        self.free.pop().unwrap_or_else(|| {
            self.sizes.push(0);
            u32::try_from(self.sizes.len() - 1).expect("a map has fewer than 2^32 tiles")
        })
    }

    /// The region of a tile, `None` where nobody can stand.
    pub(crate) fn of(&self, at: Position) -> Option<Region> {
        let label = self.labels[self.grid.tile(at)?];
        (label != NOWHERE).then_some(Region(label))
    }

    /// How many tiles a region has.
    pub(crate) fn size(&self, region: Region) -> u32 {
        self.sizes.get(place(region.0)).copied().unwrap_or(0)
    }

    /// Where tiles of a region, and those beside it, are looked for from such a tile: a way between them has no more steps than tiles,
    /// which in a small region is near.
    pub(crate) fn around(&self, region: Region, from: Position) -> Around {
        let steps = self.size(region).saturating_add(1);
        let within = steps.saturating_mul(DIAGONAL_COST).min(DISTANCE_MAX);
        Around { from, within }
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

    /// Whether nobody can stand on a tile nor beside one of its edges, wherever they are.
    pub(crate) fn is_walled_in(&self, at: Position) -> bool {
        let mut places = std::iter::once(at).chain(at.edge_neighbours());
        places.all(|place| self.of(place).is_none())
    }

    /// Whether somebody in `region` can stand on a tile or beside one of its edges.
    pub(crate) fn reaches_beside(&self, region: Region, at: Position) -> bool {
        std::iter::once(at)
            .chain(at.edge_neighbours())
            .any(|place| self.of(place) == Some(region))
    }
}

/// Equal if the same tiles are connected, whatever their labels.
impl PartialEq for Regions {
    fn eq(&self, other: &Self) -> bool {
        // For each label the one that the other has in its place.
        let mut there = vec![NOWHERE; self.sizes.len()];
        let mut back = vec![NOWHERE; other.sizes.len()];
        let mut labels = self.labels.iter().zip(&other.labels);
        self.grid == other.grid
            && labels.all(|(ours, theirs)| {
                if *ours == NOWHERE || *theirs == NOWHERE {
                    return ours == theirs;
                }
                let (there, back) = (&mut there[place(*ours)], &mut back[place(*theirs)]);
                if *there == NOWHERE && *back == NOWHERE {
                    (*there, *back) = (*theirs, *ours);
                }
                (*there, *back) == (*theirs, *ours)
            })
    }
}

impl Eq for Regions {}

/// Where what belongs to a label is.
fn place(label: u32) -> usize {
    usize::try_from(label).expect("a label is less than the number of tiles")
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
