//! One way for one who asks: A* from the goal back to the start, so that what it knows is what the rule of ways asks
//! for: how much a way to the goal costs.

use super::buckets::Buckets;
use super::{Goal, Way, canonical_way, visit_steps_onto};
use crate::Position;
use crate::grid::Tile;
use crate::position::octile;
use crate::terrain::WalkCosts;

/// Searches; keeps its memory and nothing else.
#[derive(Debug, Clone, Default)]
pub(super) struct Search {
    /// Number of the search that runs or ran last: an even one.
    number: u32,
    visits: Vec<Visit>,
    front: Buckets,
}

/// What one search knows of a tile.
#[derive(Debug, Clone, Copy, Default)]
struct Visit {
    /// The search this belongs to, one more if there is no cheaper way; tiles of earlier searches count as unvisited.
    number: u32,
    /// What the cheapest way known from here to the goal costs.
    rest: u32,
}

/// What is added to the number of a search where it knows the cheapest way.
const FINAL: u32 = 1;

impl Visit {
    const fn is_final(self) -> bool {
        self.number & FINAL != 0
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

    /// The same for a tile beside one of the map, given by how far it is from there.
    fn cost_at_least_beside(&self, at: Position, (right, down): (i32, i32)) -> u32 {
        let away = |from: u16, to: u16, more: i32| (i32::from(to) + more).abs_diff(i32::from(from));
        let dx = away(self.start.x, at.x, right);
        let dy = away(self.start.y, at.y, down);
        self.least * octile(dx, dy)
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
        let total = self.visit(start_tile)?.rest;
        canonical_way(costs, (start, total), goal, |at, rest| {
            self.is_rest(&task, goal, (at, total - rest), rest)
        })
    }

    fn begin(&mut self, task: &Task<'_>, goal: Goal) {
        // Numbers run out after two billion searches; then old visits must not look like new ones.
        self.number = self.number.wrapping_add(FINAL + 1);
        if self.number == 0 {
            self.visits.clear();
            self.number = FINAL + 1;
        }
        self.visits
            .resize(task.costs.grid().len(), Visit::default());
        let ends = goal.tiles(task.costs);
        let key = |tile: &Tile| task.cost_at_least(task.costs.grid().position(*tile));
        let least = ends.iter().map(key).min().unwrap_or(0);
        self.front.begin(least, task.costs.most());
        for end in ends {
            self.reach(end, 0);
            self.front.push(key(&end), end);
        }
    }

    fn visit(&self, tile: Tile) -> Option<Visit> {
        Some(self.visits[tile]).filter(|visit| visit.number & !FINAL == self.number)
    }

    /// Notes a way that is cheaper than those known.
    fn reach(&mut self, tile: Tile, rest: u32) {
        self.visits[tile] = Visit {
            number: self.number,
            rest,
        };
    }

    /// Takes the next tile and makes all steps onto it. `None` if there is none.
    fn advance(&mut self, task: &Task<'_>) -> Option<()> {
        let tile = self.front.pop()?;
        let visit = &mut self.visits[tile];
        // A cheaper way was found after this one.
        if visit.is_final() {
            return Some(());
        }
        visit.number |= FINAL;
        let rest = visit.rest;
        let cost = u32::from(task.costs.of(tile));
        // Straight steps come last and are taken first: a search over open ground then comes along the straight walk,
        // whose straight part is at the goal.
        let at = task.costs.grid().position(tile);
        visit_steps_onto(task.costs, tile, |from, offset, length| {
            let through = rest + length * cost;
            if self.visit(from).is_none_or(|known| through < known.rest) {
                self.reach(from, through);
                let at_least = task.cost_at_least_beside(at, offset);
                self.front.push(through + at_least, from);
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
                Some(visit) if visit.rest == rest => return true,
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
