//! Ways for benchmarks, which see nothing of a colony but its outside.

use super::buckets::Buckets;
use super::fields::Field;
use super::search::Search;
use super::{Goal, straight_way};
use crate::grid::Tile;
use crate::regions::Regions;
use crate::rng::{below, random_u64};
use crate::terrain::{Override, Terrain, TerrainMap};
use crate::{Definitions, Position};

/// Square ground with closed tiles strewn over it, and all that finds ways there.
pub struct Ways {
    terrain: Terrain,
    regions: Regions,
    search: Search,
    front: Buckets<Tile>,
    side: u16,
}

impl Ways {
    /// Ground of `side` by `side` tiles of which `closed` in 100 are closed, the same for the same numbers.
    pub fn new(side: u16, closed: u32) -> Self {
        let tiles = usize::from(side) * usize::from(side);
        let map = TerrainMap::new(side, side, std::iter::repeat_n("ground", tiles));
        let mut terrain = Terrain::new(map, &Definitions::default());
        for (number, at) in (0..).zip(terrain.positions()) {
            let is_closed = below(random_u64(1, 0, 0, number, 0), 100) < closed;
            terrain.set_override(at, Some(standing(is_closed)));
        }
        Self {
            regions: Regions::new(&terrain),
            search: Search::default(),
            front: Buckets::default(),
            terrain,
            side,
        }
    }

    /// Pairs of tiles between which there is a way.
    pub fn pairs(&self, count: usize) -> Vec<(Position, Position)> {
        let coordinate = |number, which| {
            let random = below(random_u64(2, 0, 0, number, which), u32::from(self.side));
            u16::try_from(random).unwrap_or(0)
        };
        let place =
            |number, which| Position::new(coordinate(number, which), coordinate(number, which + 1));
        (0..)
            .map(|number| (place(number, 0), place(number, 2)))
            .filter(|(from, to)| {
                let region = self.regions.of(*from);
                region.is_some() && region == self.regions.of(*to)
            })
            .take(count)
            .collect()
    }

    /// Tiles of the way that a search finds.
    pub fn search(&mut self, (from, to): (Position, Position)) -> Option<usize> {
        let costs = self.terrain.walk_costs();
        Some(self.search.way(costs, from, Goal::On(to))?.len())
    }

    /// Tiles of the straight walk, if nothing is in its way.
    pub fn walk(&self, (from, to): (Position, Position)) -> Option<usize> {
        Some(straight_way(self.terrain.walk_costs(), from, Goal::On(to))?.len())
    }

    /// Makes the field of a goal.
    pub fn field(&mut self, to: Position) -> GoalField {
        let goal = Goal::On(to);
        GoalField {
            goal,
            field: Field::new(self.terrain.walk_costs(), goal, &mut self.front),
        }
    }

    /// Tiles of the way that a field made here says.
    pub fn follow(&self, GoalField { goal, field }: &GoalField, from: Position) -> Option<usize> {
        Some(field.way(self.terrain.walk_costs(), from, *goal)?.len())
    }

    /// Closes a tile, or opens it, and keeps the regions up to date.
    pub fn toggle(&mut self, at: Position) {
        self.turn(at);
        self.regions.update(&self.terrain, at);
    }

    /// Closes a tile, or opens it, and makes the regions anew.
    pub fn toggle_and_rebuild(&mut self, at: Position) {
        self.turn(at);
        self.regions = Regions::new(&self.terrain);
    }

    fn turn(&mut self, at: Position) {
        let is_open = self.terrain.is_walkable(at);
        self.terrain.set_override(at, Some(standing(is_open)));
    }
}

/// The field of a goal.
pub struct GoalField {
    goal: Goal,
    field: Field,
}

const fn standing(is_closed: bool) -> Override {
    if is_closed {
        Override::Impassable
    } else {
        Override::Cost(1)
    }
}
