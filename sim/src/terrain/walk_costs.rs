//! What it costs to enter each tile: the ground's cost, or that of what stands on it; and what steps can be made from each.

use std::collections::BTreeMap;

use crate::Position;
use crate::definitions::WALK_COST_MAX;
use crate::direction::{Direction, Directions};
use crate::grid::{Grid, Tile};

/// What stands on a tile and decides instead of the ground what it costs to enter it. Derived from what stands there,
/// never state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Override {
    /// Nobody can enter.
    Impassable,
    /// Ticks to enter, from 1 to [`WALK_COST_MAX`].
    Cost(u8),
}

/// What has become of the cost of a tile, in ticks, `None` where nobody can enter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct WalkCostChange {
    pub(crate) before: Option<u8>,
    pub(crate) after: Option<u8>,
}

impl WalkCostChange {
    /// Whether no way has become dearer or closed by it.
    pub(crate) fn only_helps(self) -> bool {
        match (self.before, self.after) {
            (Some(before), Some(after)) => after <= before,
            (Some(_), None) => false,
            (None, _) => true,
        }
    }
}

/// What walking has to know of a tile. Side by side: searches look at both.
#[derive(Debug, Clone, Copy, Default)]
struct Walk {
    /// Ticks to enter it; 0 where nobody can, as in the border.
    cost: u8,
    /// Where a step from it leads onto a tile that can be entered, between such tiles if it is diagonal. Asked for tiles of the map
    /// alone.
    steps: Directions,
}

/// What each tile costs, and the steps that can be made from it.
#[derive(Debug, Clone)]
pub(crate) struct WalkCosts {
    grid: Grid,
    /// By number.
    tiles: Vec<Walk>,
    /// How many tiles have each cost.
    counts: Vec<u32>,
    overrides: BTreeMap<Position, Override>,
}

impl WalkCosts {
    /// The costs of some ground, given in reading order, on which nothing stands.
    pub(crate) fn new(grid: Grid, ground: impl Iterator<Item = Option<u8>>) -> Self {
        let mut costs = Self {
            grid,
            tiles: Vec::new(),
            counts: Vec::new(),
            overrides: BTreeMap::new(),
        };
        costs.replace_ground(ground);
        costs
    }

    /// Takes over the costs of other ground, in reading order; what stands on it stays. Returns whether tiles have
    /// become, or ceased to be, walkable.
    pub(crate) fn replace_ground(&mut self, ground: impl Iterator<Item = Option<u8>>) -> bool {
        let before = std::mem::replace(&mut self.tiles, vec![Walk::default(); self.grid.len()]);
        let mut ground = ground.map(|cost| cost.unwrap_or(0));
        for row in self.rows_mut() {
            row.iter_mut()
                .zip(&mut ground)
                .for_each(|(tile, cost)| tile.cost = cost);
        }
        for (at, standing) in &self.overrides {
            if let Some(tile) = self.grid.tile(*at) {
                self.tiles[tile].cost = cost_of_override(*standing);
            }
        }
        self.find_all_steps();
        let mut counts = vec![0; usize::from(WALK_COST_MAX) + 1];
        for tile in self.rows_mut().flatten() {
            counts[usize::from(tile.cost)] += 1;
        }
        self.counts = counts;
        let mut both = before.iter().zip(&self.tiles);
        both.any(|(before, after)| (before.cost == 0) != (after.cost == 0))
    }

    /// The tiles of the map row by row, without the border.
    fn rows_mut(&mut self) -> impl Iterator<Item = &mut [Walk]> {
        let (row, width) = (self.grid.row(), usize::from(self.grid.width()));
        let rows = self.tiles.chunks_exact_mut(row).skip(1);
        let rows = rows.take(usize::from(self.grid.height()));
        rows.map(move |row| &mut row[1..=width])
    }

    /// Tells of other ground on a tile of the map. Returns the change, if there is one.
    pub(crate) fn set_ground(
        &mut self,
        at: Position,
        ground: Option<u8>,
    ) -> Option<WalkCostChange> {
        let standing = self.overrides.get(&at).copied();
        self.set(at, standing.map_or(ground.unwrap_or(0), cost_of_override))
    }

    /// Puts something onto a tile of the map, or takes away what stands there, given the ground under it. Returns the
    /// change, if there is one.
    pub(crate) fn set_override(
        &mut self,
        at: Position,
        standing: Option<Override>,
        ground: Option<u8>,
    ) -> Option<WalkCostChange> {
        match standing {
            Some(standing) => self.overrides.insert(at, standing),
            None => self.overrides.remove(&at),
        };
        self.set_ground(at, ground)
    }

    fn set(&mut self, at: Position, cost: u8) -> Option<WalkCostChange> {
        let tile = self.grid.tile(at)?;
        let before = std::mem::replace(&mut self.tiles[tile].cost, cost);
        self.counts[usize::from(before)] -= 1;
        self.counts[usize::from(cost)] += 1;
        if (before == 0) != (cost == 0) {
            let around = Direction::ALL.into_iter();
            around
                .filter_map(|direction| direction.from(at))
                .for_each(|at| self.find_steps(at));
        }
        let some = |cost: u8| (cost > 0).then_some(cost);
        (before != cost).then(|| WalkCostChange {
            before: some(before),
            after: some(cost),
        })
    }

    /// Finds out what steps can be made from each tile of the map: row by row, which takes a fifth of what asking for each does.
    fn find_all_steps(&mut self) {
        let row = self.grid.row();
        let is_open: Vec<bool> = self.tiles.iter().map(|tile| tile.cost > 0).collect();
        let rows = is_open.chunks_exact(row);
        let around = rows.clone().zip(rows.clone().skip(1)).zip(rows.skip(2));
        for (tiles, ((above, here), below)) in self.rows_mut().zip(around) {
            let around = above.windows(3).zip(here.windows(3)).zip(below.windows(3));
            for (tile, ((above, here), below)) in tiles.iter_mut().zip(around) {
                tile.steps = Directions::of_steps([
                    above[0], above[1], above[2], here[0], here[2], below[0], below[1], below[2],
                ]);
            }
        }
    }

    /// Finds out what steps can be made from a position, if it is on the map.
    fn find_steps(&mut self, at: Position) {
        let Some(tile) = self.grid.tile(at) else {
            return;
        };
        let around = Direction::ALL.map(|direction| self.grid.beside(tile, direction));
        let is_open = around.map(|tile| self.tiles[tile].cost > 0);
        self.tiles[tile].steps = Directions::of_steps(is_open);
    }

    pub(crate) const fn grid(&self) -> Grid {
        self.grid
    }

    /// Ticks to enter a tile of the map or of its border, 0 where nobody can.
    pub(crate) fn of(&self, tile: Tile) -> u8 {
        self.tiles[tile].cost
    }

    /// The directions in which a step can be made from a tile of the map on which somebody can stand: onto what can be entered, and around
    /// no corner.
    pub(crate) fn steps_from(&self, tile: Tile) -> Directions {
        self.tiles[tile].steps
    }

    /// The highest cost of any tile, 0 if none can be entered.
    pub(crate) fn most(&self) -> u32 {
        let most = self.counts.iter().rposition(|count| *count > 0);
        most.map_or(0, |most| {
            u32::try_from(most).unwrap_or(u32::from(WALK_COST_MAX))
        })
    }

    /// The least cost of any tile that can be entered, 1 if there is none.
    pub(crate) fn least(&self) -> u32 {
        let least = self.counts.iter().skip(1).position(|count| *count > 0);
        least.map_or(1, |place| u32::try_from(place).map_or(1, |place| place + 1))
    }
}

const fn cost_of_override(standing: Override) -> u8 {
    match standing {
        Override::Impassable => 0,
        Override::Cost(cost) => cost,
    }
}
