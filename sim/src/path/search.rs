//! One way for one who asks: A* from the goal back to the start, so that what it knows is what the rule of ways asks
//! for: how much a way to the goal costs.

use super::buckets::Buckets;
use super::{Goal, Way, canonical_way, visit_steps_onto};
use crate::grid::Tile;
use crate::terrain::WalkCosts;
use crate::{DIAGONAL_COST, Position, STRAIGHT_COST};

/// Searches; keeps its memory and nothing else.
#[derive(Debug, Clone, Default)]
pub(super) struct Search {
    /// Number of the search that runs or ran last.
    number: u32,
    visits: Vec<Visit>,
    front: Buckets<Reached>,
}

/// A tile that was reached. Where it is follows from its number, by a division for each tile that is taken.
#[derive(Debug, Clone, Copy)]
struct Reached {
    tile: Tile,
    at: Position,
}

/// What the last search that came to a tile knows of it, in one number, so that one comparison says whether a way is better than what
/// is known: above all the number of the search; then what the cheapest way known from here to the goal costs, the more the lower;
/// then whether there is none cheaper.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
struct Visit(u64);

/// No way costs more: every tile of the largest map entered by a diagonal step at the highest cost.
const REST_MAX: u32 = u32::MAX >> 1;
const FINAL: u64 = 1;

impl Visit {
    const fn new(search: u32, rest: u32) -> Self {
        Self((search as u64) << 32 | ((REST_MAX - rest) as u64) << 1)
    }

    const fn search(self) -> u32 {
        (self.0 >> 32) as u32
    }

    /// What the cheapest way known from here to the goal costs.
    const fn rest(self) -> u32 {
        REST_MAX - (self.0 as u32 >> 1)
    }

    const fn is_final(self) -> bool {
        self.0 & FINAL != 0
    }
}

/// What a search is about.
struct Task<'a> {
    costs: &'a WalkCosts,
    start: Position,
    /// Ticks that the cheapest tile costs.
    least: u32,
}

impl Task<'_> {
    /// What the way from the start costs at least: never falls by more than the cost of a step, so A* is exact and knows
    /// of a tile that it takes the cheapest way.
    fn cost_at_least(&self, at: Position) -> u32 {
        self.least * self.start.octile_distance(at)
    }
}

impl Search {
    /// The way of the rule, in the order of its steps, from a tile where somebody can stand and the goal is not
    /// reached. `None` if there is none.
    pub(super) fn way(&mut self, costs: &WalkCosts, start: Position, goal: Goal) -> Option<Way> {
        let task = Task {
            costs,
            start,
            least: costs.least(),
        };
        let start_tile = costs.grid().tile(start)?;
        self.begin(&task, goal);
        while self.visit(start_tile).is_none_or(|visit| !visit.is_final()) {
            self.advance(&task)?;
        }
        let total = self.visit(start_tile)?.rest();
        canonical_way(costs, (start, total), goal, |at, rest| {
            self.is_rest(&task, goal, (at, total - rest), rest)
        })
    }

    fn begin(&mut self, task: &Task<'_>, goal: Goal) {
        // Numbers run out after four billion searches; then old visits must not look like new ones.
        self.number = self.number.wrapping_add(1);
        if self.number == 0 {
            self.visits.clear();
            self.number = 1;
        }
        self.visits
            .resize(task.costs.grid().len(), Visit::default());
        let grid = task.costs.grid();
        let ends = goal.tiles(task.costs).into_iter().map(|tile| Reached {
            tile,
            at: grid.position(tile),
        });
        let ends: Vec<Reached> = ends.collect();
        let key = |end: &Reached| task.cost_at_least(end.at);
        let least = ends.iter().map(key).min().unwrap_or(0);
        self.front.begin(least, task.costs.most());
        for end in ends {
            self.visits[end.tile] = Visit::new(self.number, 0);
            self.front.push(key(&end), end);
        }
    }

    fn visit(&self, tile: Tile) -> Option<Visit> {
        Some(self.visits[tile]).filter(|visit| visit.search() == self.number)
    }

    /// Takes the next tile and makes all steps onto it. `None` if there is none.
    fn advance(&mut self, task: &Task<'_>) -> Option<()> {
        let Self {
            number,
            visits,
            front,
        } = self;
        let Reached { tile, at } = front.pop()?;
        let visit = &mut visits[tile];
        // A cheaper way was found after this one.
        if visit.is_final() {
            return Some(());
        }
        visit.0 |= FINAL;
        let rest = visit.rest();
        let cost = u32::from(task.costs.of(tile));
        let through = |length: u32| Visit::new(*number, rest + length * cost);
        let (straight, diagonal) = (through(STRAIGHT_COST), through(DIAGONAL_COST));
        // Straight steps come last and are taken first: a search over open ground then comes along the straight walk,
        // whose straight part is at the goal.
        visit_steps_onto(task.costs, tile, |from, offset, length| {
            let through = if length == STRAIGHT_COST {
                straight
            } else {
                diagonal
            };
            let known = &mut visits[from];
            if through > *known {
                *known = through;
                let at = beside(at, offset);
                let key = through.rest() + task.cost_at_least(at);
                front.push(key, Reached { tile: from, at });
            }
        });
        Some(())
    }

    /// Whether the cheapest way from a tile costs `rest`, less than which it cannot cost. Somebody came there from the
    /// start by a way that costs `walked`, and nothing cheaper than both together leads from the start to the goal.
    fn is_rest(
        &mut self,
        task: &Task<'_>,
        goal: Goal,
        (at, walked): (Position, u32),
        rest: u32,
    ) -> bool {
        let Some(tile) = task.costs.grid().tile(at) else {
            return false;
        };
        let total = walked + rest;
        loop {
            match self.visit(tile) {
                Some(visit) if visit.rest() == rest => return true,
                Some(visit) if visit.is_final() => return false,
                _ => {}
            }
            // Everything estimated below the total is final; so from here it is at least the total less the estimate.
            let is_too_far = walked > task.cost_at_least(at)
                || rest < task.least * goal.cost_at_least(at)
                || self.front.key().is_none_or(|key| key > total);
            if is_too_far || self.advance(task).is_none() {
                return false;
            }
        }
    }
}

/// A tile of the map beside another, given by how far it is to the right and down.
fn beside(at: Position, (right, down): (i16, i16)) -> Position {
    Position::new(
        at.x.wrapping_add_signed(right),
        at.y.wrapping_add_signed(down),
    )
}
