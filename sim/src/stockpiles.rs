//! Where items are kept. A stockpile is a zone of tiles and takes every item, or those that its filter lets in.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

use crate::definitions::Definitions;
use crate::hash::hash_of;
use crate::items::Stack;
use crate::jobs::{ReservedPlace, Subject};
use crate::lookup::Lookup;
use crate::names::Name;
use crate::open_jobs::TILES_FOR_PRIORITY;
use crate::regions::Region;
use crate::tile_set::TileSet;
use crate::{Colony, FILTERS_MAX, Position, STRAIGHT_COST, StableId};

/// How much further a load is carried to a cell that already holds some of it than to an empty one: as much as for work one priority
/// higher. Without such a bound it would be carried past any number of free cells, across the map.
const BEGUN_DETOUR: u32 = TILES_FOR_PRIORITY * STRAIGHT_COST;

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
    /// The place in `groups` of each zone's.
    group_of: Vec<usize>,
    /// Of all zones; `None` since one has changed.
    hash: Option<u128>,
    /// Never gone through in its own order.
    cells: Lookup<Position, Cell>,
    groups: Vec<Group>,
    /// The cells that hold some of an item and have room for more.
    begun: Lookup<Name, TileSet>,
}

/// A tile of a zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Cell {
    group: usize,
    usage: CellUse,
}

/// What can be put onto a cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum CellUse {
    /// Nothing: it is full, reserved, or what lies there is not wanted.
    None,
    /// All that the zone takes.
    Empty,
    /// More of what lies there.
    Begun(Name),
}

/// Zones that take the same items: so many filters there may be, they mostly say one of a few things.
#[derive(Debug, Clone, Default)]
struct Group {
    /// `None` if all.
    accepted: Option<BTreeSet<Name>>,
    /// How many zones it has; one without any is given to the next filter.
    zones: usize,
    empty: TileSet,
}

impl Stockpiles {
    /// Some zones, whose cells count as empty.
    pub(crate) fn new(zones: Vec<Stockpile>, definitions: &Definitions) -> Self {
        let mut stockpiles = Self::default();
        let cells = zones.iter().map(|zone| zone.cells.len());
        stockpiles.cells.reserve(cells.sum());
        for zone in zones {
            stockpiles.add(zone, definitions);
        }
        stockpiles
    }

    pub(crate) fn zones(&self) -> &[Stockpile] {
        &self.zones
    }

    pub(crate) fn zone(&self, id: StableId) -> Option<&Stockpile> {
        self.zones.get(self.place_of(id)?)
    }

    fn place_of(&self, id: StableId) -> Option<usize> {
        self.zones.binary_search_by_key(&id, |zone| zone.id).ok()
    }

    pub(crate) fn hash(&mut self) -> u128 {
        *self.hash.get_or_insert_with(|| hash_of(&self.zones))
    }

    /// Adds a zone that has a higher id than any before. Its cells count as empty until their use is told.
    pub(crate) fn add(&mut self, zone: Stockpile, definitions: &Definitions) {
        self.hash = None;
        let group = self.join_group(accepted_by(zone.filter.as_ref(), definitions));
        let cell = Cell {
            group,
            usage: CellUse::Empty,
        };
        let cells = zone.cells.iter().map(|at| (*at, cell));
        self.cells.extend(cells);
        for at in &zone.cells {
            self.groups[group].empty.set(*at, true);
        }
        self.group_of.push(group);
        self.zones.push(zone);
    }

    /// Removes a zone. Returns its cells.
    pub(crate) fn remove(&mut self, id: StableId) -> Vec<Position> {
        let Some(place) = self.place_of(id) else {
            return Vec::new();
        };
        self.hash = None;
        let Stockpile { cells, .. } = self.zones.remove(place);
        for at in &cells {
            self.set_use(*at, CellUse::None);
            self.cells.remove(at);
        }
        let group = self.group_of.remove(place);
        self.groups[group].zones -= 1;
        cells
    }

    /// Lets a zone take other items. Nothing can be put onto its cells, which it returns, until their use is told.
    pub(crate) fn set_filter(
        &mut self,
        id: StableId,
        filter: Option<BTreeSet<SmolStr>>,
        definitions: &Definitions,
    ) -> Vec<Position> {
        let Some(place) = self.place_of(id) else {
            return Vec::new();
        };
        self.hash = None;
        let accepted = accepted_by(filter.as_ref(), definitions);
        self.zones[place].filter = filter;
        let cells = self.zones[place].cells.clone();
        for at in &cells {
            self.set_use(*at, CellUse::None);
        }
        self.groups[self.group_of[place]].zones -= 1;
        let group = self.join_group(accepted);
        self.group_of[place] = group;
        for at in &cells {
            if let Some(cell) = self.cells.get_mut(at) {
                cell.group = group;
            }
        }
        cells
    }

    /// Whether some zone may have a filter: there is a bound to how many different ones there are.
    pub(crate) fn can_have(&self, filter: Option<&BTreeSet<String>>) -> bool {
        let Some(filter) = filter else {
            return true;
        };
        let known = filters_of(&self.zones);
        let is_known = |known: &BTreeSet<SmolStr>| known.iter().eq(filter);
        known.len() < FILTERS_MAX || known.into_iter().any(is_known)
    }

    /// The place of the group of zones that take some items, with one zone more.
    fn join_group(&mut self, accepted: Option<BTreeSet<Name>>) -> usize {
        let groups = || self.groups.iter();
        let known = groups().position(|group| group.zones > 0 && group.accepted == accepted);
        let unused = || groups().position(|group| group.zones == 0);
        let place = known.or_else(unused).unwrap_or_else(|| {
            self.groups.push(Group::default());
            self.groups.len() - 1
        });
        let group = &mut self.groups[place];
        group.accepted = accepted;
        group.zones += 1;
        place
    }

    /// Takes note of what can be put onto a cell.
    pub(crate) fn set_use(&mut self, at: Position, usage: CellUse) {
        let Some(cell) = self.cells.get_mut(&at) else {
            return;
        };
        let before = std::mem::replace(&mut cell.usage, usage);
        let group = cell.group;
        if before == usage {
            return;
        }
        for (usage, is_in) in [(before, false), (usage, true)] {
            match usage {
                CellUse::None => {}
                CellUse::Empty => self.groups[group].empty.set(at, is_in),
                CellUse::Begun(item) => self.begun.entry(item).or_default().set(at, is_in),
            }
        }
    }

    /// What can be put onto each cell, by the note of it and by the sets in which cells are looked for, in order.
    #[cfg(test)]
    pub(crate) fn uses(&self) -> [BTreeSet<(Position, CellUse)>; 2] {
        let noted = self.zones.iter().flat_map(|zone| &zone.cells);
        let noted = noted.map(|at| (*at, self.cells[at].usage));
        let empty = self
            .groups
            .iter()
            .map(|group| (CellUse::Empty, &group.empty));
        let begun = self.begun.iter();
        let begun = begun.map(|(item, cells)| (CellUse::Begun(*item), cells));
        let found = empty.chain(begun).flat_map(|(usage, cells)| {
            let cells = cells.iter();
            cells.map(move |at| (at, usage))
        });
        let noted = noted.filter(|(_, usage)| *usage != CellUse::None);
        [noted.collect(), found.collect()]
    }

    pub(crate) fn contains(&self, at: Position) -> bool {
        self.cells.contains_key(&at)
    }

    /// Whether an item that lies on a tile is where it is to be kept.
    pub(crate) fn is_stored(&self, item: Name, at: Position) -> bool {
        let cell = self.cells.get(&at);
        cell.is_some_and(|cell| self.groups[cell.group].accepts(item))
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

impl Group {
    fn accepts(&self, item: Name) -> bool {
        let accepted = self.accepted.as_ref();
        accepted.is_none_or(|accepted| accepted.contains(&item))
    }
}

/// The different filters of some zones.
pub(crate) fn filters_of(zones: &[Stockpile]) -> BTreeSet<&BTreeSet<SmolStr>> {
    zones
        .iter()
        .filter_map(|zone| zone.filter.as_ref())
        .collect()
}

/// The items that a filter lets in, `None` if all.
fn accepted_by(
    filter: Option<&BTreeSet<SmolStr>>,
    definitions: &Definitions,
) -> Option<BTreeSet<Name>> {
    let filter = filter?;
    let items = definitions.items.iter();
    let accepted = items.filter(|(id, item)| {
        filter.contains(id.as_str()) || filter.contains(item.category.as_str())
    });
    Some(accepted.map(|(id, _)| Name::of(id)).collect())
}

impl Colony {
    /// The best cell for an item that lies at `from`: the nearest that already holds some of it, unless an empty one is nearer by
    /// more than [`BEGUN_DETOUR`]; and how many fit. `None` if no cell in reach can take any.
    pub(crate) fn find_cell(
        &self,
        item: Name,
        from: Position,
        region: Region,
    ) -> Option<(Position, u32)> {
        let Stockpiles { groups, begun, .. } = &*self.stockpiles;
        let around = self.regions.around(region, from);
        let in_reach = |cells: &TileSet, around| {
            let is_in_reach = |cell| self.regions.of(cell) == Some(region);
            cells.nearest(around, |cell| is_in_reach(cell).then_some((cell, ())))
        };
        let accepting = groups.iter().filter(|group| group.accepts(item));
        let empty = accepting.filter_map(|group| in_reach(&group.empty, around));
        let empty = empty.min();
        let worthwhile = empty.map_or(around, |(distance, ..)| {
            around.nearer(distance + BEGUN_DETOUR)
        });
        let begun = begun.get(&item);
        let found = begun
            .and_then(|cells| in_reach(cells, worthwhile))
            .or(empty);
        let room_on = |(_, cell, ())| (cell, self.space_on(item, cell));
        found.map(room_on).filter(|(_, room)| *room > 0)
    }

    /// Makes a zone of some cells.
    pub(crate) fn add_stockpile(&mut self, zone: Stockpile) {
        let cells = zone.cells.clone();
        self.stockpiles.add(zone, &self.definitions);
        self.follow_cells(cells);
    }

    /// Dissolves a zone.
    pub(crate) fn remove_stockpile(&mut self, id: StableId) {
        let cells = self.stockpiles.remove(id);
        self.follow_cells(cells);
    }

    /// Lets a zone take other items.
    pub(crate) fn set_filter(&mut self, id: StableId, filter: Option<BTreeSet<SmolStr>>) {
        let cells = self.stockpiles.set_filter(id, filter, &self.definitions);
        self.follow_cells(cells);
    }

    /// Finds out anew what follows from zones, definitions and what lies where.
    pub(crate) fn index_stockpiles(&mut self) {
        let Stockpiles { zones, hash, .. } = std::mem::take(&mut *self.stockpiles);
        self.stockpiles = Stockpiles::new(zones, &self.definitions).into();
        self.stockpiles.hash = hash;
        self.follow_all_cells();
    }

    /// Corrects what was taken for empty, the cells on which something lies or that are reserved; and finds the loose stacks. Only after
    /// [`Stockpiles::new`]: it does not notice that a cell has become empty.
    pub(crate) fn follow_all_cells(&mut self) {
        let stacks = self.entities.stacks();
        let lying = stacks.map(|(_, stack)| (stack.at, self.use_of_cell_under(stack)));
        let reserved = self.entities.jobs_unordered();
        let reserved = reserved.filter_map(|job| match job.reserved_place()? {
            ReservedPlace::Cell(at) => Some((at, CellUse::None)),
            ReservedPlace::Furniture(_) => None,
        });
        // What is reserved comes last: nothing can be put there, whatever lies there.
        let uses: Vec<(Position, CellUse)> = lying.chain(reserved).collect();
        for (at, usage) in uses {
            self.stockpiles.set_use(at, usage);
        }
        let stacks = self.entities.stacks();
        let loose = stacks.filter(|(id, stack)| self.is_loose(*id, stack));
        let loose: BTreeSet<StableId> = loose.map(|(id, _)| id).collect();
        self.loose = loose.into();
    }

    fn follow_cells(&mut self, cells: Vec<Position>) {
        for at in cells {
            self.follow_cell(at);
            if let Some(stack) = self.stack_at(at) {
                self.follow_stack(stack);
            }
        }
    }

    /// Takes note of what can be put onto a tile, if it is a cell, once something has changed there.
    pub(crate) fn follow_cell(&mut self, at: Position) {
        if self.stockpiles.contains(at) {
            let usage = self.use_of_cell(at);
            self.stockpiles.set_use(at, usage);
        }
    }

    /// What can be put onto a cell.
    fn use_of_cell(&self, at: Position) -> CellUse {
        if self.board.is_reserved(ReservedPlace::Cell(at)) {
            return CellUse::None;
        }
        let stack = self.stack_at(at).and_then(|id| self.entities.stack(id));
        stack.map_or(CellUse::Empty, |stack| self.use_of_cell_under(stack))
    }

    /// What can be put onto a cell on which a stack lies, but for who may have reserved it; nothing where there is no cell.
    fn use_of_cell_under(&self, stack: &Stack) -> CellUse {
        let Stack {
            item, count, at, ..
        } = *stack;
        if self.stockpiles.is_stored(item, at) && count < self.stack_max(item) {
            CellUse::Begun(item)
        } else {
            CellUse::None
        }
    }

    /// Takes note of whether a stack is to be hauled, once it, its zone or the job about it has changed.
    pub(crate) fn follow_stack(&mut self, id: StableId) {
        let stack = self.entities.stack(id);
        if stack.is_some_and(|stack| self.is_loose(id, stack)) {
            self.loose.insert(id);
        } else {
            self.loose.remove(&id);
        }
    }

    /// Whether a stack lies where it is not to be kept and no job is about it.
    fn is_loose(&self, id: StableId, stack: &Stack) -> bool {
        !self.stockpiles.is_stored(stack.item, stack.at)
            && self.board.about(Subject::Stack(id)).is_none()
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
