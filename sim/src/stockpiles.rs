//! Where items are kept. A stockpile is a zone of tiles and takes every item.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::names::Name;
use crate::regions::Region;
use crate::{Colony, Position, StableId};

/// A zone of tiles.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Stockpile {
    pub(crate) id: StableId,
    /// In reading order, at least one.
    pub(crate) cells: Vec<Position>,
}

/// All stockpiles, in order of id.
#[derive(Debug, Clone, Default)]
pub(crate) struct Stockpiles {
    zones: Vec<Stockpile>,
    cells: BTreeSet<Position>,
}

impl Stockpiles {
    pub(crate) fn new(zones: Vec<Stockpile>) -> Self {
        let cells = zones.iter().flat_map(|zone| &zone.cells).copied().collect();
        Self { zones, cells }
    }

    pub(crate) fn zones(&self) -> &[Stockpile] {
        &self.zones
    }

    pub(crate) fn contains(&self, at: Position) -> bool {
        self.cells.contains(&at)
    }

    /// The tile in the middle of the first stockpile; it need not belong to it.
    pub(crate) fn centre(&self) -> Option<Position> {
        let cells = &self.zones.first()?.cells;
        let middle = |coordinate: fn(&Position) -> u16| {
            let sum: u64 = cells.iter().map(|cell| u64::from(coordinate(cell))).sum();
            u16::try_from(sum.checked_div(u64::try_from(cells.len()).ok()?)?).ok()
        };
        Some(Position {
            x: middle(|cell| cell.x)?,
            y: middle(|cell| cell.y)?,
        })
    }
}

impl Colony {
    /// The best cell for an item that lies at `from`: the nearest that already holds some of it, else the nearest empty
    /// one, and how many fit. `None` if no cell in reach can take any.
    pub(crate) fn find_cell(
        &self,
        item: Name,
        from: Position,
        region: Region,
    ) -> Option<(Position, u32)> {
        let candidates = self.stockpiles.cells.iter().filter_map(|cell| {
            if self.board.is_cell_reserved(*cell) || self.regions.of(*cell) != Some(region) {
                return None;
            }
            let room = self.space_on(item, *cell);
            let is_empty = self.stack_at(*cell).is_none();
            (room > 0).then_some((is_empty, cell.octile_distance(from), *cell, room))
        });
        candidates.min().map(|(_, _, cell, room)| (cell, room))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_centre_is_the_mean_of_the_first_zone() {
        let zone = |id, cells: &[(u16, u16)]| Stockpile {
            id: StableId::new(id),
            cells: cells.iter().map(|(x, y)| Position::new(*x, *y)).collect(),
        };
        let stockpiles = Stockpiles::new(vec![
            zone(1, &[(2, 2), (3, 2), (4, 2), (3, 6)]),
            zone(2, &[(9, 9)]),
        ]);
        assert_eq!(stockpiles.centre(), Some(Position::new(3, 3)));
        assert!(stockpiles.contains(Position::new(9, 9)));
        assert!(!stockpiles.contains(Position::new(3, 3)));
        assert_eq!(Stockpiles::default().centre(), None);
    }
}
