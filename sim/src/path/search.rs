//! One way for one who asks: A* from the goal back to the start, so that what it knows is what the rule of ways asks
//! for: how much a way to the goal costs.

use super::buckets::Buckets;
use super::window::Window;
use super::{Goal, Way, canonical_way};
use crate::direction::{Direction, Directions};
use crate::grid::Tile;
use crate::position::octile;
use crate::terrain::WalkCosts;
use crate::{DIAGONAL_COST, Position, STRAIGHT_COST};

/// Searches; keeps its memory and nothing else.
#[derive(Debug, Clone, Default)]
pub(super) struct Search {
    /// Number of the search that runs or ran last.
    number: u32,
    /// By number in the window of the search.
    visits: Vec<Visit>,
    front: Buckets<Reached>,
    /// Whether the search needs a larger window.
    has_come_to_edge: bool,
}

/// A tile that was reached, by its number in the window, and the direction from the one through which its way leads on.
#[derive(Debug, Clone, Copy, Default)]
struct Reached(u32);

impl Reached {
    /// Stands for no direction.
    const END: u32 = 8;

    const fn new(number: usize, direction: Option<Direction>) -> Self {
        let direction = match direction {
            Some(direction) => direction as u32,
            None => Self::END,
        };
        // A window has no more tiles than the largest map, 2^20.
        Self((number as u32) << 4 | direction)
    }

    const fn number(self) -> usize {
        (self.0 >> 4) as usize
    }

    /// Where the tile through which its way leads on lies, and what lies beside both: whoever is there goes that way without
    /// coming here, at no higher cost.
    fn behind(self) -> Directions {
        const BEHIND: [Directions; 8] = {
            let mut behind = [Directions::NONE; 8];
            let mut number = 0;
            while number < behind.len() {
                behind[number] = Direction::ALL[number].backwards();
                number += 1;
            }
            behind
        };
        let direction = (self.0 & 15) as usize;
        BEHIND.get(direction).copied().unwrap_or_default()
    }
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
    window: Window,
    start: Position,
    goal: Goal,
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
        let (Goal::On(end) | Goal::Beside(end)) = goal;
        let grid = costs.grid();
        grid.tile(end)?;
        let mut task = Task {
            costs,
            window: Window::around(grid, start, end),
            start,
            goal,
            least: costs.least(),
        };
        loop {
            let way = self.way_within(&task);
            if !self.has_come_to_edge {
                return way;
            }
            task.window = task.window.larger(grid, start, end);
        }
    }

    /// The same, if the search does not come to the edge of its window.
    fn way_within(&mut self, task: &Task<'_>) -> Option<Way> {
        let start = task.window.number(task.start)?;
        self.begin(task);
        while self.visit(start).is_none_or(|visit| !visit.is_final()) {
            self.advance(task)?;
        }
        let total = self.visit(start)?.rest();
        canonical_way(task.costs, (task.start, total), task.goal, |_, at, rest| {
            self.is_rest(task, (at, total - rest), rest)
        })
    }

    fn begin(&mut self, task: &Task<'_>) {
        // Numbers run out after four billion searches; then old visits must not look like new ones.
        self.number = self.number.wrapping_add(1);
        if self.number == 0 {
            self.visits.clear();
            self.number = 1;
        }
        if self.visits.len() < task.window.len() {
            self.visits.resize(task.window.len(), Visit::default());
        }
        self.has_come_to_edge = false;
        let grid = task.costs.grid();
        let ends = task.goal.tiles(task.costs).into_iter();
        let ends = ends.map(|tile: Tile| grid.position(tile));
        let ends = ends.filter_map(|at| Some((task.window.number(at)?, task.cost_at_least(at))));
        let ends: Vec<(usize, u32)> = ends.collect();
        let least = ends.iter().map(|(_, key)| *key).min().unwrap_or(0);
        self.front.begin(least, task.costs.most());
        self.front.make_room(ends.len());
        for (end, key) in ends {
            self.visits[end] = Visit::new(self.number, 0);
            self.front.push(key, Reached::new(end, None));
        }
    }

    fn visit(&self, number: usize) -> Option<Visit> {
        Some(self.visits[number]).filter(|visit| visit.search() == self.number)
    }

    /// Takes the next tile and makes all steps onto it. `None` if there is none, or if one would come out of the window.
    fn advance(&mut self, task: &Task<'_>) -> Option<()> {
        let Self {
            number: search,
            visits,
            front,
            has_come_to_edge,
        } = self;
        let reached = front.pop()?;
        let number = reached.number();
        let visit = &mut visits[number];
        // A cheaper way was found after this one.
        if visit.is_final() {
            return Some(());
        }
        let at = task.window.position(number);
        let tile = task.costs.grid().tile(at);
        let Some(tile) = tile.filter(|_| task.window.is_inner(at)) else {
            *has_come_to_edge = true;
            return None;
        };
        visit.0 |= FINAL;
        let (rest, cost) = (visit.rest(), u32::from(task.costs.of(tile)));
        let steps = task.costs.steps_from(tile).without(reached.behind());
        front.make_room(Direction::ALL.len());
        let through = |length| {
            let rest = rest + length * cost;
            (rest, Visit::new(*search, rest))
        };
        let (diagonal, straight) = (through(DIAGONAL_COST), through(STRAIGHT_COST));
        let mut expansion = Expansion {
            number,
            row: task.window.row(),
            away: task.start.steps_to(at),
            least: task.least,
            steps,
            visits,
            front,
        };
        // Straight steps come last and are taken first: a search over open ground then comes along the straight walk,
        // whose straight part is at the goal.
        for direction in [
            Direction::NorthWest,
            Direction::NorthEast,
            Direction::SouthWest,
            Direction::SouthEast,
        ] {
            expansion.reach(direction, diagonal);
        }
        for direction in [
            Direction::North,
            Direction::West,
            Direction::East,
            Direction::South,
        ] {
            expansion.reach(direction, straight);
        }
        Some(())
    }

    /// Whether the cheapest way from a tile costs `rest`, less than which it cannot cost. Somebody came there from the
    /// start by a way that costs `walked`, and nothing cheaper than both together leads from the start to the goal.
    #[inline]
    fn is_rest(&mut self, task: &Task<'_>, (at, walked): (Position, u32), rest: u32) -> bool {
        let Some(number) = task.window.number(at) else {
            self.has_come_to_edge = true;
            return false;
        };
        let known = self.is_known_rest(number, rest);
        known.unwrap_or_else(|| self.turns_out_to_be_rest(task, number, (at, walked), rest))
    }

    /// The same as far as it is known without searching on.
    fn is_known_rest(&self, number: usize, rest: u32) -> Option<bool> {
        let visit = self.visit(number)?;
        let is_rest = visit.rest() == rest;
        (is_rest || visit.is_final()).then_some(is_rest)
    }

    /// The same of a tile of which it is not known yet: searches on until it is.
    fn turns_out_to_be_rest(
        &mut self,
        task: &Task<'_>,
        number: usize,
        (at, walked): (Position, u32),
        rest: u32,
    ) -> bool {
        let is_too_far =
            walked > task.cost_at_least(at) || rest < task.least * task.goal.cost_at_least(at);
        if is_too_far {
            return false;
        }
        loop {
            // Everything estimated below the total is final; so from here it is at least the total less the estimate.
            let has_more = self.front.key().is_some_and(|key| key <= walked + rest);
            if !has_more || self.advance(task).is_none() {
                return false;
            }
            if let Some(is_rest) = self.is_known_rest(number, rest) {
                return is_rest;
            }
        }
    }
}

/// A tile whose cheapest way is known, and what is around it.
struct Expansion<'a> {
    /// Its number in the window, and how much that of the tile below is higher.
    number: usize,
    row: usize,
    /// Where it is from the start, in columns to the right and rows down.
    away: (i32, i32),
    /// See [`Task`].
    least: u32,
    /// The directions in which steps lead onto it from tiles that may come this way.
    steps: Directions,
    visits: &'a mut [Visit],
    front: &'a mut Buckets<Reached>,
}

impl Expansion<'_> {
    /// Takes note of what the way through here costs from the tile in a direction.
    // Compiled for each direction with its numbers: searches spend their time here.
    #[inline(always)]
    fn reach(&mut self, direction: Direction, (rest, through): (u32, Visit)) {
        if !self.steps.contains(direction) {
            return;
        }
        let (right, down) = direction.offset();
        let row = match down {
            ..0 => self.number.wrapping_sub(self.row),
            0 => self.number,
            1.. => self.number.wrapping_add(self.row),
        };
        let from = row.wrapping_add_signed(isize::from(right));
        let known = &mut self.visits[from];
        if through > *known {
            *known = through;
            let columns = self.away.0.wrapping_add(i32::from(right)).unsigned_abs();
            let rows = self.away.1.wrapping_add(i32::from(down)).unsigned_abs();
            let key = rest + self.least * octile(columns, rows);
            self.front.push(key, Reached::new(from, Some(direction)));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_support::terrain;

    #[test]
    fn what_was_noted_four_billion_searches_ago_does_not_count() {
        let ground = terrain(&[
            "........", ".######.", "........", "........", "........", "........", "........",
            "........",
        ]);
        let costs = ground.walk_costs();
        let goal = Goal::On(Position::new(3, 2));
        let mut search = Search::default();
        let first = search.way(costs, Position::new(3, 0), goal);
        assert_eq!((search.number, first.is_some()), (1, true));
        search.number = u32::MAX;
        // It gets the number of the first, whose notes are of another goal.
        let other = Goal::On(Position::new(7, 7));
        let found = search.way(costs, Position::new(0, 0), other);
        assert_eq!(search.number, 1);
        assert_eq!(
            found,
            Search::default().way(costs, Position::new(0, 0), other)
        );
    }
}
