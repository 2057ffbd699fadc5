//! Fields of distances: for a goal that many ask for, what the cheapest way costs from every tile (Dijkstra). Following
//! one takes no search.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};

use super::buckets::Buckets;
use super::{Goal, Way, canonical_way, visit_steps_onto};
use crate::Position;
use crate::direction::Direction;
use crate::grid::Tile;
use crate::terrain::{WalkCostChange, WalkCosts};

/// Most fields at a time; a megabyte each on the largest map.
const FIELDS_MAX: usize = 16;
/// How often a goal is asked for, within [`WINDOW_TICKS`], before it gets a field. That costs as much as nine searches;
/// what was asked for so often mostly goes on being asked for.
const ASKED_MIN: u32 = 6;
/// How long a first question counts.
const WINDOW_TICKS: u64 = 600;
/// Most goals whose questions are counted.
const COUNTED_MAX: usize = 256;

/// What no way costs.
const UNREACHABLE: u32 = u32::MAX;

/// The fields there are and which may be worth it.
#[derive(Debug, Clone, Default)]
pub(super) struct Fields {
    /// The most recently used last.
    fields: Vec<(Goal, Field)>,
    /// For goals without a field: when they were first asked for, and how often since.
    asked: BTreeMap<Goal, (u64, u32)>,
    front: Buckets<Tile>,
}

/// What the cheapest way to a goal costs from each tile.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Field {
    rests: Vec<u32>,
}

impl Fields {
    /// The field of a goal that is asked for, if it has one or is worth one now.
    pub(super) fn field(&mut self, costs: &WalkCosts, tick: u64, goal: Goal) -> Option<&Field> {
        if let Some(index) = self.fields.iter().position(|(known, _)| *known == goal) {
            self.fields[index..].rotate_left(1);
        } else if self.is_worth_it(tick, goal) {
            self.asked.remove(&goal);
            if self.fields.len() == FIELDS_MAX {
                self.fields.remove(0);
            }
            let field = Field::new(costs, goal, &mut self.front);
            self.fields.push((goal, field));
        } else {
            return None;
        }
        self.fields.last().map(|(_, field)| field)
    }

    /// Makes a field that nobody asked for.
    #[cfg(test)]
    pub(super) fn remember(&mut self, costs: &WalkCosts, goal: Goal) {
        let field = Field::new(costs, goal, &mut self.front);
        self.fields.push((goal, field));
    }

    #[cfg(test)]
    pub(super) fn all(&self) -> &[(Goal, Field)] {
        &self.fields
    }

    /// Counts a question.
    fn is_worth_it(&mut self, tick: u64, goal: Goal) -> bool {
        let is_recent = |since: u64| tick.saturating_sub(since) < WINDOW_TICKS;
        if self.asked.len() >= COUNTED_MAX && !self.asked.contains_key(&goal) {
            self.asked.retain(|_, (since, _)| is_recent(*since));
            if self.asked.len() >= COUNTED_MAX {
                self.asked.clear();
            }
        }
        let (since, times) = self.asked.entry(goal).or_insert((tick, 0));
        if !is_recent(*since) {
            (*since, *times) = (tick, 0);
        }
        *times += 1;
        *times >= ASKED_MIN
    }

    /// Takes note of a tile whose walk cost has changed: fields are repaired where ways can only have become cheaper, as
    /// when a tree falls, and forgotten otherwise.
    pub(super) fn update(&mut self, costs: &WalkCosts, at: Position, change: WalkCostChange) {
        let Some(tile) = costs.grid().tile(at).filter(|_| change.only_helps()) else {
            self.fields.clear();
            return;
        };
        for (goal, field) in &mut self.fields {
            field.improve(costs, *goal, tile);
        }
    }
}

impl Field {
    pub(super) fn new(costs: &WalkCosts, goal: Goal, front: &mut Buckets<Tile>) -> Self {
        let mut field = Self {
            rests: vec![UNREACHABLE; costs.grid().len()],
        };
        front.begin(0, costs.most());
        let ends = goal.tiles(costs);
        front.make_room(ends.len());
        for end in ends {
            field.rests[end] = 0;
            front.push(0, end);
        }
        while let Some((key, tile)) = front.key().zip(front.pop()) {
            let rest = field.rests[tile];
            // A cheaper way was found after this one.
            if rest < key {
                continue;
            }
            front.make_room(Direction::ALL.len());
            field.make_steps_onto(costs, tile, |rest, from| front.push(rest, from));
        }
        field
    }

    /// Tells `reached` of every tile from which a step onto a tile makes the cheapest way.
    fn make_steps_onto(
        &mut self,
        costs: &WalkCosts,
        tile: Tile,
        mut reached: impl FnMut(u32, Tile),
    ) {
        let cost = u32::from(costs.of(tile));
        let rest = self.rests[tile];
        visit_steps_onto(costs, tile, |from, length| {
            let through = rest + length * cost;
            if through < self.rests[from] {
                self.rests[from] = through;
                reached(through, from);
            }
        });
    }

    /// Takes note of a tile that has become cheaper or walkable.
    fn improve(&mut self, costs: &WalkCosts, goal: Goal, tile: Tile) {
        if goal.tiles(costs).contains(&tile) {
            self.rests[tile] = 0;
        }
        // Steps have become possible or cheaper onto the tile, from it, and between its edge neighbours around it.
        let mut front = BinaryHeap::new();
        let grid = costs.grid();
        let edges = grid.edge_neighbours(tile);
        let around = edges.into_iter().chain(grid.corner_neighbours(tile));
        for end in around.chain([tile]) {
            if self.rests[end] != UNREACHABLE {
                front.push(Reverse((self.rests[end], end)));
            }
        }
        while let Some(Reverse((key, tile))) = front.pop() {
            if self.rests[tile] == key {
                self.make_steps_onto(costs, tile, |rest, from| front.push(Reverse((rest, from))));
            }
        }
    }

    /// The way of the rule, in the order of its steps, from a tile where somebody can stand. `None` if there is none.
    pub(super) fn way(&self, costs: &WalkCosts, start: Position, goal: Goal) -> Option<Way> {
        let rest = self.rests[costs.grid().tile(start)?];
        if rest == UNREACHABLE {
            return None;
        }
        canonical_way(costs, (start, rest), goal, |tile, _, rest| {
            self.rests[tile] == rest
        })
    }
}
