//! Ways over the map: A* in eight directions with integer costs. No corners are cut: a diagonal step needs both tiles
//! it passes between.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use crate::terrain::Terrain;
use crate::{DIAGONAL_COST, Position, STRAIGHT_COST};

/// Where somebody wants to get.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Goal {
    /// Onto a tile.
    On(Position),
    /// Onto a tile or beside one of its edges.
    Beside(Position),
}

impl Goal {
    pub(crate) fn is_reached_at(self, at: Position) -> bool {
        match self {
            Self::On(goal) => at == goal,
            Self::Beside(goal) => at.octile_distance(goal) <= STRAIGHT_COST,
        }
    }

    /// Never more than the true cost, and never falls by more than the cost of a step: so A* is exact.
    fn cost_at_least(self, at: Position) -> u32 {
        match self {
            Self::On(goal) => at.octile_distance(goal),
            Self::Beside(goal) => at.octile_distance(goal).saturating_sub(STRAIGHT_COST),
        }
    }
}

/// Finds ways; keeps its memory between searches and nothing else.
#[derive(Debug, Clone, Default)]
pub(crate) struct PathFinder {
    search: u32,
    visits: Vec<Visit>,
}

/// What one search knows of a tile.
#[derive(Debug, Clone, Copy, Default)]
struct Visit {
    /// The search this belongs to; tiles of earlier searches count as unvisited.
    search: u32,
    cost: u32,
    previous: Option<Position>,
}

impl PathFinder {
    /// The cheapest way from `start`, which is on the map, to the goal: the tiles to enter, the next one last, empty if
    /// the goal is reached already. Among equally cheap ways it is always the same. `None` if there is none.
    pub(crate) fn find(
        &mut self,
        terrain: &Terrain,
        start: Position,
        goal: Goal,
    ) -> Option<Vec<Position>> {
        self.begin(terrain.len());
        let mut front = BinaryHeap::new();
        self.visit(terrain, start, 0, None);
        front.push(Reverse((goal.cost_at_least(start), start)));
        while let Some(Reverse((estimate, at))) = front.pop() {
            let cost = self.cost(terrain, at)?;
            if estimate > cost + goal.cost_at_least(at) {
                continue;
            }
            if goal.is_reached_at(at) {
                return Some(self.way_to(terrain, at));
            }
            for (next, step_cost) in steps(terrain, at) {
                let next_cost = cost + step_cost;
                if self
                    .cost(terrain, next)
                    .is_none_or(|known| next_cost < known)
                {
                    self.visit(terrain, next, next_cost, Some(at));
                    front.push(Reverse((next_cost + goal.cost_at_least(next), next)));
                }
            }
        }
        None
    }

    fn begin(&mut self, tiles: usize) {
        // Numbers run out after four billion searches; then old visits must not look like new ones.
        self.search = self.search.wrapping_add(1);
        if self.search == 0 {
            self.visits.clear();
            self.search = 1;
        }
        self.visits.resize(tiles, Visit::default());
    }

    fn cost(&self, terrain: &Terrain, at: Position) -> Option<u32> {
        let visit = &self.visits[terrain.index(at)?];
        (visit.search == self.search).then_some(visit.cost)
    }

    fn visit(&mut self, terrain: &Terrain, at: Position, cost: u32, previous: Option<Position>) {
        if let Some(index) = terrain.index(at) {
            self.visits[index] = Visit {
                search: self.search,
                cost,
                previous,
            };
        }
    }

    fn way_to(&self, terrain: &Terrain, end: Position) -> Vec<Position> {
        let mut way = Vec::new();
        let mut at = end;
        while let Some(previous) = terrain
            .index(at)
            .and_then(|index| self.visits[index].previous)
        {
            way.push(at);
            at = previous;
        }
        way
    }
}

/// The tiles that can be entered from one, with the cost of doing so.
fn steps(terrain: &Terrain, from: Position) -> impl Iterator<Item = (Position, u32)> {
    const DIRECTIONS: [(i16, i16); 8] = [
        (-1, -1),
        (0, -1),
        (1, -1),
        (-1, 0),
        (1, 0),
        (-1, 1),
        (0, 1),
        (1, 1),
    ];
    DIRECTIONS.into_iter().filter_map(move |(dx, dy)| {
        let to = from.offset(dx, dy)?;
        let walk_cost = step_ticks(terrain, from, to)?;
        let length = if dx != 0 && dy != 0 {
            DIAGONAL_COST
        } else {
            STRAIGHT_COST
        };
        Some((to, length * u32::from(walk_cost)))
    })
}

/// Ticks a step takes, `None` if it is none: too far, not walkable, or around a corner.
pub(crate) fn step_ticks(terrain: &Terrain, from: Position, to: Position) -> Option<u8> {
    let is_one_step = from != to && from.x.abs_diff(to.x) <= 1 && from.y.abs_diff(to.y) <= 1;
    let corners_are_free = terrain.is_walkable(Position::new(to.x, from.y))
        && terrain.is_walkable(Position::new(from.x, to.y));
    // For a straight step the corners are the two ends themselves.
    let is_open = is_one_step && corners_are_free;
    terrain.walk_cost(to).filter(|_| is_open)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::{below, random_u64};
    use crate::terrain::TerrainMap;
    use crate::test_support::{definitions, terrain};

    /// Cheapest costs by relaxing every step until nothing changes (Bellman-Ford), which needs no order and no heuristic.
    fn costs_from(terrain: &Terrain, start: Position) -> Vec<Option<u32>> {
        let mut costs = vec![None; terrain.len()];
        costs[terrain.index(start).unwrap()] = Some(0);
        loop {
            let mut changed = false;
            for at in terrain.positions() {
                let Some(cost) = costs[terrain.index(at).unwrap()] else {
                    continue;
                };
                for (next, step_cost) in steps(terrain, at) {
                    let known: &mut Option<u32> = &mut costs[terrain.index(next).unwrap()];
                    if known.is_none_or(|known| cost + step_cost < known) {
                        *known = Some(cost + step_cost);
                        changed = true;
                    }
                }
            }
            if !changed {
                return costs;
            }
        }
    }

    fn cost_of(terrain: &Terrain, start: Position, way: &[Position]) -> u32 {
        let mut at = start;
        let mut total = 0;
        for next in way.iter().rev() {
            let (_, cost) = steps(terrain, at)
                .find(|(to, _)| to == next)
                .expect("each step is possible");
            total += cost;
            at = *next;
        }
        total
    }

    fn random_ground(seed: u64) -> Terrain {
        let names = ["grass", "grass", "soil", "tree", "rock", "water"];
        let tiles =
            (0..16 * 12).map(|tile| names[below(random_u64(seed, 0, 0, tile, 0), 6) as usize]);
        Terrain::new(TerrainMap::new(16, 12, tiles), &definitions())
    }

    #[test]
    fn ways_are_as_cheap_as_brute_force_finds() {
        let mut finder = PathFinder::default();
        for seed in 0..30 {
            let ground = random_ground(seed);
            let start = ground
                .positions()
                .find(|at| ground.is_walkable(*at))
                .unwrap();
            let costs = costs_from(&ground, start);
            for at in ground.positions() {
                let brute_force = |goal: Goal| {
                    ground
                        .positions()
                        .filter(|end| goal.is_reached_at(*end))
                        .filter_map(|end| costs[ground.index(end).unwrap()])
                        .min()
                };
                for goal in [Goal::On(at), Goal::Beside(at)] {
                    let way = finder.find(&ground, start, goal);
                    let found = way.as_ref().map(|way| cost_of(&ground, start, way));
                    assert_eq!(found, brute_force(goal), "seed {seed}, {start} to {goal:?}");
                    if let Some(way) = way {
                        assert!(goal.is_reached_at(*way.first().unwrap_or(&start)));
                    }
                }
            }
        }
    }

    #[test]
    fn a_fresh_finder_finds_the_same_way() {
        let ground = random_ground(3);
        let mut used = PathFinder::default();
        let start = ground
            .positions()
            .find(|at| ground.is_walkable(*at))
            .unwrap();
        for at in ground.positions() {
            let fresh = PathFinder::default().find(&ground, start, Goal::On(at));
            assert_eq!(
                used.find(&ground, start, Goal::On(at)),
                fresh,
                "{start} to {at}"
            );
        }
    }

    #[test]
    fn corners_are_not_cut() {
        let ground = terrain(&[
            ".#......", "........", "........", "........", "........", "........", "........",
            "........",
        ]);
        let (from, to) = (Position::new(0, 0), Position::new(1, 1));
        assert_eq!(step_ticks(&ground, from, to), None);
        let way = PathFinder::default().find(&ground, from, Goal::On(to));
        assert_eq!(way, Some(vec![to, Position::new(0, 1)]));
        assert_eq!(
            step_ticks(&ground, Position::new(0, 1), Position::new(0, 1)),
            None,
            "standing still is no step"
        );
    }

    #[test]
    fn a_path_goes_around_trees_when_that_is_cheaper() {
        let ground = terrain(&[
            "........", ".TTTTT..", "........", "........", "........", "........", "........",
            "........",
        ]);
        let way = PathFinder::default()
            .find(&ground, Position::new(0, 1), Goal::On(Position::new(6, 1)))
            .unwrap();
        assert!(
            way.iter().all(|at| ground.name(*at) == Some("grass")),
            "{way:?}"
        );
    }
}
