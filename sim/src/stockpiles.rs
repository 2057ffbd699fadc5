//! Where items are kept. A stockpile is a zone of tiles and takes every item, or those that its filter lets in.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

use crate::definitions::Definitions;
use crate::jobs::ReservedPlace;
use crate::names::Name;
use crate::nearby::Nearby;
use crate::regions::Region;
use crate::{Colony, Position, StableId};

/// A zone of tiles.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Stockpile {
    pub(crate) id: StableId,
    /// In reading order, at least one.
    pub(crate) cells: Vec<Position>,
    /// The items and categories of items that it takes; `None` means all. What is not defined lets nothing in.
    pub(crate) filter: Option<BTreeSet<SmolStr>>,
}

/// All stockpiles, in order of id.
#[derive(Debug, Clone, Default)]
pub(crate) struct Stockpiles {
    zones: Vec<Stockpile>,
    /// The place in `zones` of the zone that a cell belongs to.
    cells: BTreeMap<Position, usize>,
    places: Nearby<Position>,
    /// The items that each zone takes, `None` if all.
    accepted: Vec<Option<BTreeSet<Name>>>,
}

impl Stockpiles {
    pub(crate) fn new(zones: Vec<Stockpile>, definitions: &Definitions) -> Self {
        let mut stockpiles = Self {
            zones,
            ..Self::default()
        };
        stockpiles.index(definitions);
        stockpiles
    }

    /// Finds out anew what follows from the zones and the definitions.
    pub(crate) fn index(&mut self, definitions: &Definitions) {
        let places = self.zones.iter().enumerate();
        let cells =
            places.flat_map(|(place, zone)| zone.cells.iter().map(move |cell| (*cell, place)));
        self.cells = cells.collect();
        self.places = Nearby::default();
        for cell in self.cells.keys() {
            self.places.insert(*cell, *cell);
        }
        let accepted = self.zones.iter().map(|zone| {
            let filter = zone.filter.as_ref()?;
            let items = definitions.items.iter();
            let accepted = items.filter(|(id, item)| {
                filter.contains(id.as_str()) || filter.contains(item.category.as_str())
            });
            Some(accepted.map(|(id, _)| Name::of(id)).collect())
        });
        self.accepted = accepted.collect();
    }

    pub(crate) fn zones(&self) -> &[Stockpile] {
        &self.zones
    }

    pub(crate) fn zone(&self, id: StableId) -> Option<&Stockpile> {
        self.zones.iter().find(|zone| zone.id == id)
    }

    /// Adds a zone that has a higher id than any before.
    pub(crate) fn add(&mut self, zone: Stockpile, definitions: &Definitions) {
        self.zones.push(zone);
        self.index(definitions);
    }

    pub(crate) fn remove(&mut self, id: StableId, definitions: &Definitions) {
        self.zones.retain(|zone| zone.id != id);
        self.index(definitions);
    }

    pub(crate) fn set_filter(
        &mut self,
        id: StableId,
        filter: Option<BTreeSet<SmolStr>>,
        definitions: &Definitions,
    ) {
        if let Some(zone) = self.zones.iter_mut().find(|zone| zone.id == id) {
            zone.filter = filter;
        }
        self.index(definitions);
    }

    pub(crate) fn contains(&self, at: Position) -> bool {
        self.cells.contains_key(&at)
    }

    /// Whether an item that lies on a tile is where it is to be kept.
    pub(crate) fn is_stored(&self, item: Name, at: Position) -> bool {
        let zone = self.cells.get(&at);
        zone.is_some_and(|zone| self.accepts(*zone, item))
    }

    fn accepts(&self, zone: usize, item: Name) -> bool {
        let accepted = self.accepted.get(zone).and_then(Option::as_ref);
        accepted.is_none_or(|accepted| accepted.contains(&item))
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
        let room_on = |cell: Position| {
            let is_free = self.stockpiles.is_stored(item, cell)
                && !self.board.is_reserved(ReservedPlace::Cell(cell))
                && self.regions.of(cell) == Some(region);
            let room = if is_free {
                self.space_on(item, cell)
            } else {
                0
            };
            (room > 0).then_some((cell, room))
        };
        let begun = self
            .ground
            .nearest(item, from, |stack| room_on(self.entities.stack(stack)?.at));
        let found = begun.or_else(|| {
            let places = &self.stockpiles.places;
            places.nearest(from, |cell| {
                let is_empty = self.stack_at(cell).is_none();
                is_empty.then(|| room_on(cell)).flatten()
            })
        });
        found.map(|(_, cell, room)| (cell, room))
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
            filter: None,
        };
        let zones = vec![
            zone(1, &[(2, 2), (3, 2), (4, 2), (3, 6)]),
            zone(2, &[(9, 9)]),
        ];
        let stockpiles = Stockpiles::new(zones, &Definitions::default());
        assert_eq!(stockpiles.centre(), Some(Position::new(3, 3)));
        assert!(stockpiles.contains(Position::new(9, 9)));
        assert!(!stockpiles.contains(Position::new(3, 3)));
        assert_eq!(Stockpiles::default().centre(), None);
    }
}
