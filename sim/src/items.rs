//! Stacks of items on the ground: at most one on a tile.

use serde::{Deserialize, Serialize};

use crate::jobs::{ReservedPlace, Subject};
use crate::names::Name;
use crate::regions::Flood;
use crate::spoilage::mean_since;
use crate::{Colony, Position, StableId};

/// Some of an item, lying on a tile.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Stack {
    pub(crate) item: Name,
    /// At least 1.
    pub(crate) count: u32,
    pub(crate) at: Position,
    /// The tick from which its age counts.
    pub(crate) since: u64,
}

/// Some of an item, in the hands of a colonist or about to be put down.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Load {
    pub(crate) item: Name,
    /// At least 1.
    pub(crate) count: u32,
    /// The tick from which its age counts.
    pub(crate) since: u64,
}

/// Where part of some loads will lie.
pub(crate) type Placement = (Position, Load);

impl Colony {
    /// Most of a defined item in one stack.
    pub(crate) fn stack_max(&self, item: Name) -> u32 {
        self.rules.item(item).map_or(1, |item| item.stack_max)
    }

    /// How many of a stack nobody has reserved.
    pub(crate) fn unreserved(&self, stack: StableId) -> u32 {
        let count = self.entities.stack(stack).map_or(0, |stack| stack.count);
        count.saturating_sub(self.board.reserved_units(stack))
    }

    /// How many of an item lie where nobody has reserved them.
    pub(crate) fn count_unreserved(&self, item: &str) -> u64 {
        let stacks = self.ground.stacks_of(Name::of(item));
        stacks.map(|id| u64::from(self.unreserved(id))).sum()
    }

    /// Takes up to `count` of what nobody has reserved of an item out of the world, from the stack with the lowest id
    /// first.
    pub(crate) fn remove_items(&mut self, item: &str, count: u32) {
        let stacks: Vec<StableId> = self.ground.stacks_of(Name::of(item)).collect();
        let mut left = count;
        for id in stacks {
            let taken = left.min(self.unreserved(id));
            if taken > 0 {
                self.take_from_stack(id, taken);
                left -= taken;
            }
        }
    }

    /// Where the loads go when they are put down at a tile: onto it if there is room, else onto the nearest tiles that
    /// have some, never onto a tile reserved for somebody else's load. `None` if the surroundings are full.
    pub(crate) fn plan_placements(
        &self,
        mut loads: Vec<Load>,
        at: Position,
    ) -> Option<Vec<Placement>> {
        let placements = self.plan_what_fits(&mut loads, at);
        loads
            .iter()
            .all(|load| load.count == 0)
            .then_some(placements)
    }

    /// The same as far as there is room; what there is none for stays in `loads`.
    fn plan_what_fits(&self, loads: &mut [Load], at: Position) -> Vec<Placement> {
        let mut placements = Vec::new();
        if loads.is_empty() {
            return placements;
        }
        for tile in Flood::from(&self.terrain, at) {
            let Some(load) = loads
                .iter_mut()
                .find(|load| load.count > 0 && self.room_for(load.item, tile) > 0)
            else {
                if loads.iter().all(|load| load.count == 0) {
                    break;
                }
                continue;
            };
            let count = load.count.min(self.room_for(load.item, tile));
            load.count -= count;
            placements.push((tile, Load { count, ..*load }));
        }
        placements
    }

    /// How many of an item can be put onto a tile where nobody is about to put something.
    fn room_for(&self, item: Name, at: Position) -> u32 {
        if self.board.is_reserved(ReservedPlace::Cell(at)) || self.structures.at(at).is_some() {
            0
        } else {
            self.space_on(item, at)
        }
    }

    /// How many of an item fit onto a tile, given what lies there.
    pub(crate) fn space_on(&self, item: Name, at: Position) -> u32 {
        match self.stack_at(at).and_then(|id| self.entities.stack(id)) {
            Some(stack) if stack.item == item => self.stack_max(item).saturating_sub(stack.count),
            Some(_) => 0,
            None => self.stack_max(item),
        }
    }

    /// Puts loads where a plan says.
    pub(crate) fn place(&mut self, placements: Vec<Placement>) {
        for (at, Load { item, count, since }) in placements {
            match self.stack_at(at) {
                Some(id) => {
                    if let Some(stack) = self.entities.stack_mut(id) {
                        stack.since = mean_since((stack.since, stack.count), (since, count));
                        stack.count += count;
                    }
                    self.follow_cell(at);
                }
                None => {
                    let id = self.ids.allocate();
                    let stack = Stack {
                        item,
                        count,
                        at,
                        since,
                    };
                    self.add_stack(id, stack);
                }
            }
        }
    }

    /// Puts a load down near a tile, all of it: what there is no room for goes [where it can](Self::crowded_place).
    pub(crate) fn put_down(&mut self, load: Load, at: Position) {
        let mut loads = [load];
        let mut placements = self.plan_what_fits(&mut loads, at);
        let [left] = loads;
        if left.count > 0 {
            let place = self.crowded_place(left, at);
            placements.extend(place.map(|place| (place, left)));
        }
        self.place(placements);
    }

    /// Where a load goes that there is no room for: onto a stack of its kind, which becomes larger than stacks are, the nearest
    /// in reach or else the first of all; without one onto the first tile of the map where nothing lies. `None` on a map without
    /// either.
    fn crowded_place(&self, load: Load, at: Position) -> Option<Position> {
        let is_kind = |id: &StableId| {
            let stack = self.entities.stack(*id);
            stack.is_some_and(|stack| {
                stack.item == load.item && stack.count.checked_add(load.count).is_some()
            })
        };
        let holds_kind = |tile: &Position| self.stack_at(*tile).as_ref().is_some_and(is_kind);
        let near = Flood::from(&self.terrain, at).find(holds_kind);
        let first = || {
            let id = self.ground.stacks_of(load.item).find(is_kind)?;
            Some(self.entities.stack(id)?.at)
        };
        let free = || {
            let (width, height) = (self.terrain.width(), self.terrain.height());
            let tiles = (0..height).flat_map(|y| (0..width).map(move |x| Position::new(x, y)));
            let is_free = |tile: &Position| {
                self.regions.of(*tile).is_some()
                    && self.stack_at(*tile).is_none()
                    && self.structures.at(*tile).is_none()
            };
            tiles.into_iter().find(is_free)
        };
        near.or_else(first).or_else(free)
    }

    /// Takes up to `count` from a stack. With the last one the stack is gone, and so is the job to haul it.
    pub(crate) fn take_from_stack(&mut self, id: StableId, count: u32) -> Option<Load> {
        let stack = self.entities.stack_mut(id)?;
        let taken = Load {
            item: stack.item,
            count: count.min(stack.count),
            since: stack.since,
        };
        stack.count -= taken.count;
        let (at, is_gone) = (stack.at, stack.count == 0);
        if is_gone {
            self.remove_stack(id);
        }
        self.follow_cell(at);
        if is_gone && let Some(job) = self.board.about(Subject::Stack(id)) {
            self.cancel_job(job);
        }
        Some(taken)
    }

    /// The stack of food nearest to a tile that can be reached from it and has some nobody has reserved; the lowest id
    /// among equals.
    pub(crate) fn nearest_food(&self, from: Position) -> Option<StableId> {
        let region = self.regions.of(from)?;
        self.nearest_stack(self.rules.food_items(), from, region)
    }

    fn add_stack(&mut self, id: StableId, stack: Stack) {
        self.ground.insert(id, &stack);
        let at = stack.at;
        self.entities.add_stack(id, stack);
        self.follow_cell(at);
        self.follow_stack(id);
    }

    fn remove_stack(&mut self, id: StableId) {
        if let Some(stack) = self.entities.remove_stack(id) {
            self.ground.remove(id, &stack);
            self.loose.remove(&id);
        }
    }

    /// What lies on a tile.
    pub(crate) fn stack_at(&self, at: Position) -> Option<StableId> {
        self.ground.stack_at(at)
    }
}

#[cfg(test)]
mod tests {
    use super::{Load, Name};
    use crate::test_support::colony_on;
    use crate::{Command, Position};

    const GROUND: [&str; 8] = [
        "........", "........", "........", "..###...", "..#.#...", "..###...", "........",
        "........",
    ];

    #[test]
    fn what_does_not_fit_goes_to_the_nearest_tiles() {
        let mut colony = colony_on(&GROUND);
        let at = Position::new(7, 7);
        colony
            .apply(&Command::SpawnItem {
                item: "wood".to_owned(),
                count: 30,
                at,
            })
            .unwrap();
        colony
            .apply(&Command::SpawnItem {
                item: "stone".to_owned(),
                count: 60,
                at,
            })
            .unwrap();
        colony
            .apply(&Command::SpawnItem {
                item: "wood".to_owned(),
                count: 30,
                at,
            })
            .unwrap();
        let lying: Vec<_> = colony
            .view()
            .items()
            .map(|facts| (facts.at, facts.item.to_string(), facts.count))
            .collect();
        let expected = [
            (at, "wood".to_owned(), 50),
            (Position::new(7, 6), "stone".to_owned(), 50),
            (Position::new(6, 7), "stone".to_owned(), 10),
            (Position::new(7, 5), "wood".to_owned(), 10),
        ];
        assert_eq!(lying, expected);
    }

    /// A load that somebody has in hands when they die or are sent away is never lost.
    #[test]
    fn what_finds_no_room_in_reach_is_put_down_all_the_same() {
        let mut colony = colony_on(&GROUND);
        let at = Position::new(3, 4);
        let load = |item: &str, count| Load {
            item: Name::of(item),
            count,
            since: 0,
        };
        colony.put_down(load("wood", 45), at);
        colony.put_down(load("wood", 12), at);
        colony.put_down(load("stone", 7), at);
        let lying: Vec<_> = colony
            .view()
            .items()
            .map(|facts| (facts.at, facts.item.to_string(), facts.count))
            .collect();
        let expected = [
            (at, "wood".to_owned(), 57),
            (Position::new(0, 0), "stone".to_owned(), 7),
        ];
        assert_eq!(lying, expected);
    }

    #[test]
    fn a_walled_tile_holds_one_stack() {
        let mut colony = colony_on(&GROUND);
        let at = Position::new(3, 4);
        let spawn = |count| Command::SpawnItem {
            item: "wood".to_owned(),
            count,
            at,
        };
        assert!(colony.check(&spawn(51)).is_err());
        colony.apply(&spawn(50)).unwrap();
        assert!(colony.check(&spawn(1)).is_err());
    }
}
