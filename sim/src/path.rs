//! Ways over the map: eight directions with integer costs. No corners are cut: a diagonal step needs both tiles it passes
//! between.
//!
//! Of all cheapest ways exactly one is taken, by a rule that knows nothing of how it is found: at every tile the step
//! [straight towards the goal](Goal::direction_from) if some cheapest way begins with it, else the first such step in
//! reading order. So a straight walk, a search and a field of distances give the same way, and what the finder remembers
//! is no state.

use std::sync::atomic::{AtomicUsize, Ordering};

use rayon::prelude::*;
use smallvec::SmallVec;

use crate::direction::{Direction, Directions};
use crate::grid::Tile;
use crate::terrain::{Terrain, WalkCostChange, WalkCosts};
use crate::{DIAGONAL_COST, Position, STRAIGHT_COST};

#[cfg(feature = "bench")]
pub(crate) mod bench;
mod buckets;
mod fields;
mod search;
#[cfg(test)]
pub(crate) mod tests;
mod window;

use fields::Fields;
use search::Search;

/// Steps to make. Nearly all ways lie with whoever goes them, where the next step is asked for every tick.
pub(crate) type Way = SmallVec<[Direction; 24]>;

/// Where somebody wants to get.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
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

    /// What the cheapest way from a tile costs at least for each tick that the cheapest tile costs.
    fn cost_at_least(self, at: Position) -> u32 {
        match self {
            Self::On(goal) => at.octile_distance(goal),
            Self::Beside(goal) => at.octile_distance(goal).saturating_sub(STRAIGHT_COST),
        }
    }

    /// The first step of a shortest walk over open ground from a tile where the goal is not reached: diagonal as long as
    /// that leads nearer in both directions.
    fn direction_from(self, at: Position) -> Option<Direction> {
        let (Self::On(goal) | Self::Beside(goal)) = self;
        let (right, down) = at.steps_to(goal);
        let is_diagonal_neighbour = at.octile_distance(goal) == DIAGONAL_COST;
        if matches!(self, Self::Beside(_)) && is_diagonal_neighbour {
            Direction::towards((right, 0))
        } else {
            Direction::towards((right, down))
        }
    }

    /// The tiles where it is reached and somebody can stand.
    fn tiles(self, costs: &WalkCosts) -> Vec<Tile> {
        let (Self::On(goal) | Self::Beside(goal)) = self;
        let Some(middle) = costs.grid().tile(goal) else {
            return Vec::new();
        };
        let mut tiles = vec![middle];
        if matches!(self, Self::Beside(_)) {
            tiles.extend(costs.grid().edge_neighbours(middle));
        }
        tiles.retain(|tile| costs.of(*tile) > 0);
        tiles
    }
}

/// Finds ways; keeps what it remembers between searches and nothing else.
#[derive(Debug, Clone, Default)]
pub(crate) struct PathFinder {
    search: Search,
    /// One for each other thread that searches.
    others: Vec<Search>,
    fields: Fields,
}

/// Fewer searches than this are not worth waking another thread for.
const PARALLEL_SEARCHES_MIN: usize = 32;

/// What is known of a way without a search.
pub(crate) enum AtHand {
    Known(Option<Way>),
    ToBeSearched,
}

impl PathFinder {
    /// The cheapest way from `start` to the goal: the steps to make, the next one last, none if the goal is reached
    /// already. Among equally cheap ways it is always the same. `None` if there is none. `tick` says how long ago others
    /// asked for the same goal; it must never fall.
    pub(crate) fn find(
        &mut self,
        terrain: &Terrain,
        tick: u64,
        start: Position,
        goal: Goal,
    ) -> Option<Way> {
        match self.at_hand(terrain, tick, (start, goal)) {
            AtHand::Known(way) => way,
            AtHand::ToBeSearched => {
                let way = self.search.way(terrain.walk_costs(), start, goal);
                way.map(next_last)
            }
        }
    }

    /// The ways that [`find`](Self::find) would find for what is to be searched, side by side.
    pub(crate) fn search_all(
        &mut self,
        terrain: &Terrain,
        asked: &[(Position, Goal)],
    ) -> Vec<Option<Way>> {
        let costs = terrain.walk_costs();
        let search = |search: &mut Search, (start, goal): (Position, Goal)| {
            search.way(costs, start, goal).map(next_last)
        };
        if asked.len() < PARALLEL_SEARCHES_MIN || rayon::current_num_threads() == 1 {
            let asked = asked.iter();
            return asked
                .map(|asked| search(&mut self.search, *asked))
                .collect();
        }
        let threads = rayon::current_num_threads();
        self.others.resize_with(threads - 1, Search::default);
        let searches: Vec<&mut Search> = std::iter::once(&mut self.search)
            .chain(&mut self.others)
            .collect();
        // Each takes what is next. Who finds what does not matter: a way is the same whoever finds it.
        let next = AtomicUsize::new(0);
        let batches = searches.into_par_iter().map(|searching| {
            let mut batch = Vec::new();
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                let Some(asked) = asked.get(number) else {
                    return batch;
                };
                batch.push((number, search(searching, *asked)));
            }
        });
        let batches: Vec<Vec<(usize, Option<Way>)>> = batches.collect();
        let mut found = vec![None; asked.len()];
        for (number, way) in batches.into_iter().flatten() {
            found[number] = way;
        }
        found
    }

    /// What [`find`](Self::find) would find, if no search is needed for it.
    pub(crate) fn at_hand(
        &mut self,
        terrain: &Terrain,
        tick: u64,
        (start, goal): (Position, Goal),
    ) -> AtHand {
        if goal.is_reached_at(start) {
            return AtHand::Known(Some(Way::new()));
        }
        if !terrain.is_walkable(start) {
            return AtHand::Known(None);
        }
        let costs = terrain.walk_costs();
        if let Some(way) = straight_way(costs, start, goal) {
            return AtHand::Known(Some(next_last(way)));
        }
        match self.fields.field(costs, tick, goal) {
            Some(field) => AtHand::Known(field.way(costs, start, goal).map(next_last)),
            None => AtHand::ToBeSearched,
        }
    }

    /// Takes note of a tile whose walk cost has changed.
    pub(crate) fn update(&mut self, terrain: &Terrain, at: Position, change: WalkCostChange) {
        self.fields.update(terrain.walk_costs(), at, change);
    }

    /// Forgets what it knows of the ground.
    pub(crate) fn forget(&mut self) {
        self.fields = Fields::default();
    }
}

/// A way in the order of its steps as whoever goes it keeps it.
fn next_last(mut way: Way) -> Way {
    way.reverse();
    way
}

/// The straight walk to the goal in the order of its steps, if nothing can be cheaper because every step costs as
/// little as any tile does. It is the way of the rule: each of its steps is the preferred one.
fn straight_way(costs: &WalkCosts, start: Position, goal: Goal) -> Option<Way> {
    let least = costs.least();
    let (Goal::On(end) | Goal::Beside(end)) = goal;
    let steps = start.x.abs_diff(end.x).max(start.y.abs_diff(end.y));
    let mut way = Way::with_capacity(usize::from(steps));
    let (mut at, mut tile) = (start, costs.grid().tile(start)?);
    while !goal.is_reached_at(at) {
        let direction = goal.direction_from(at)?;
        if !costs.steps_from(tile).contains(direction) {
            return None;
        }
        (at, tile) = (
            direction.on_map_from(at),
            costs.grid().beside(tile, direction),
        );
        if u32::from(costs.of(tile)) != least {
            return None;
        }
        way.push(direction);
    }
    Some(way)
}

/// The way of the rule in the order of its steps, from a tile from which a way to the goal costs `rest`. `is_rest` says
/// whether it is true that a way from a tile costs no more than so much; it never costs less.
fn canonical_way(
    costs: &WalkCosts,
    (start, mut rest): (Position, u32),
    goal: Goal,
    mut is_rest: impl FnMut(Tile, Position, u32) -> bool,
) -> Option<Way> {
    let mut way = Way::new();
    let (mut at, mut tile) = (start, costs.grid().tile(start)?);
    while rest > 0 {
        let mut go = |direction: Direction| {
            let next = costs.grid().beside(tile, direction);
            let left = rest.checked_sub(direction.length() * u32::from(costs.of(next)))?;
            let position = direction.on_map_from(at);
            is_rest(next, position, left).then_some((direction, position, next, left))
        };
        let possible = costs.steps_from(tile);
        let preferred = goal.direction_from(at);
        let preferred = preferred.filter(|direction| possible.contains(*direction));
        let step = preferred.and_then(&mut go);
        let (direction, position, next, left) = match step {
            Some(step) => step,
            None => {
                let tried =
                    preferred.map_or(Directions::NONE, |tried| Directions::NONE.with(tried));
                possible.without(tried).find_map(go)?
            }
        };
        way.push(direction);
        (at, tile, rest) = (position, next, left);
    }
    Some(way)
}

/// Tells `visit` of the tiles from which a step onto a tile can be made, and the length of the step.
// Compiled into whoever visits: fields spend their time here.
#[inline(always)]
fn visit_steps_onto(costs: &WalkCosts, tile: Tile, mut visit: impl FnMut(Tile, u32)) {
    // From where one can be made onto what can be entered one can be made back.
    let steps = costs.steps_from(tile);
    let (above, below) = (tile - costs.grid().row(), tile + costs.grid().row());
    let around = [
        (Direction::NorthWest, above - 1),
        (Direction::NorthEast, above + 1),
        (Direction::SouthWest, below - 1),
        (Direction::SouthEast, below + 1),
        (Direction::North, above),
        (Direction::West, tile - 1),
        (Direction::East, tile + 1),
        (Direction::South, below),
    ];
    for (direction, from) in around {
        if steps.contains(direction) {
            visit(from, direction.length());
        }
    }
}

/// Where a step leads and the ticks it takes, `None` if it cannot be made: onto what is not walkable, or around a corner.
pub(crate) fn step_ticks(
    terrain: &Terrain,
    from: Position,
    direction: Direction,
) -> Option<(Position, u8)> {
    let costs = terrain.walk_costs();
    let tile = costs.grid().tile(from)?;
    let is_possible = costs.steps_from(tile).contains(direction);
    let to = direction.from(from).filter(|_| is_possible)?;
    Some((to, costs.of(costs.grid().beside(tile, direction))))
}
