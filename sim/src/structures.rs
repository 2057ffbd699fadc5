//! Blueprints and buildings: what stands on a tile, what it is for, what was brought to it. At most one on a tile, and nothing
//! lies there.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::definitions::{Amounts, BuildingUse, Rules};
use crate::items::Load;
use crate::jobs::{ReservedPlace, Subject};
use crate::lookup::Lookup;
use crate::names::Name;
use crate::nearby::Nearby;
use crate::regions::Flood;
use crate::terrain::Override;
use crate::{Colony, Event, Position, StableId};

/// Crafts for which a workplace asks for inputs beforehand.
const CRAFTS_SUPPLIED: u32 = 4;

/// A blueprint or a building.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Structure {
    pub(crate) id: StableId,
    /// Id of its definition.
    pub(crate) kind: Name,
    pub(crate) at: Position,
    /// Whether it stands; a blueprint does not.
    pub(crate) is_built: bool,
    /// What was brought to it and not used yet, each at least 1.
    pub(crate) held: BTreeMap<Name, u32>,
    /// What is to be made there.
    pub(crate) order: Option<Order>,
}

/// Something to be made at a workplace.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Order {
    pub(crate) recipe: Name,
    /// How often, at least 1.
    pub(crate) left: u32,
}

impl Structure {
    /// What it should hold to be built or to go on making what is ordered, and how often.
    fn needed<'a>(&self, rules: &'a Rules) -> Option<(&'a Amounts, u32)> {
        if !self.is_built {
            return Some((&rules.building(self.kind)?.materials, 1));
        }
        let order = self.order?;
        let inputs = &rules.recipe(order.recipe)?.inputs;
        Some((inputs, order.left.min(CRAFTS_SUPPLIED)))
    }

    /// What is missing of an item.
    pub(crate) fn missing(&self, rules: &Rules, item: Name) -> u32 {
        let all = self.all_missing(rules);
        all.into_iter()
            .find(|(missing, _)| *missing == item)
            .map_or(0, |(_, count)| count)
    }

    /// What is missing, in the order in which the definition names it.
    pub(crate) fn all_missing(&self, rules: &Rules) -> Amounts {
        let Some((needed, times)) = self.needed(rules) else {
            return Vec::new();
        };
        let missing = needed.iter().map(|(item, count)| {
            let held = self.held.get(item).copied().unwrap_or(0);
            (*item, (count * times).saturating_sub(held))
        });
        missing.filter(|(_, count)| *count > 0).collect()
    }

    /// Whether all is there to build it or to make one of what is ordered.
    pub(crate) fn is_supplied(&self, rules: &Rules) -> bool {
        self.needed(rules).is_some_and(|(needed, _)| {
            let mut needed = needed.iter();
            needed.all(|(item, count)| self.held.get(item).is_some_and(|held| held >= count))
        })
    }

    /// Uses up some of what it holds.
    pub(crate) fn consume(&mut self, amounts: &Amounts) {
        for (item, count) in amounts {
            if let Some(held) = self.held.get_mut(item) {
                *held = held.saturating_sub(*count);
            }
        }
        self.held.retain(|_, held| *held > 0);
    }
}

/// Which structure is where and which wants something: an index, never state.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct StructureIndex {
    // Never gone through in its own order.
    at: Lookup<Position, StableId>,
    /// Blueprints, and workplaces with an order.
    active: BTreeSet<StableId>,
    beds: Furniture,
    recreation: Furniture,
}

/// Buildings of one use.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Furniture {
    ids: BTreeSet<StableId>,
    places: Nearby<StableId>,
}

impl Furniture {
    /// Says whether a building is one of them.
    fn set(&mut self, id: StableId, at: Position, is_in: bool) {
        if is_in && self.ids.insert(id) {
            self.places.insert(at, id);
        } else if !is_in && self.ids.remove(&id) {
            self.places.remove(at, id);
        }
    }
}

impl StructureIndex {
    pub(crate) fn of<'a>(structures: impl Iterator<Item = &'a Structure>, rules: &Rules) -> Self {
        let mut index = Self::default();
        structures.for_each(|structure| index.note(structure, rules));
        index
    }

    /// Takes note of what a structure is now.
    pub(crate) fn note(&mut self, structure: &Structure, rules: &Rules) {
        let Structure { id, at, .. } = *structure;
        self.at.insert(at, id);
        if !structure.is_built || structure.order.is_some() {
            self.active.insert(id);
        } else {
            self.active.remove(&id);
        }
        let purpose = rules.building(structure.kind).map(|rule| rule.purpose);
        let purpose = purpose.filter(|_| structure.is_built);
        let is_for = |usage| purpose == Some(usage);
        self.beds.set(id, at, is_for(BuildingUse::Bed));
        self.recreation.set(id, at, is_for(BuildingUse::Recreation));
    }

    fn forget(&mut self, structure: &Structure) {
        let Structure { id, at, .. } = *structure;
        self.at.remove(&at);
        self.active.remove(&id);
        self.beds.set(id, at, false);
        self.recreation.set(id, at, false);
    }

    pub(crate) fn at(&self, at: Position) -> Option<StableId> {
        self.at.get(&at).copied()
    }

    /// Those that may want something or be worked at, in order of id.
    pub(crate) fn active(&self) -> impl Iterator<Item = StableId> + '_ {
        self.active.iter().copied()
    }
}

impl Colony {
    /// Puts a blueprint on a free tile.
    pub(crate) fn place_blueprint(&mut self, kind: Name, at: Position) {
        let structure = Structure {
            id: self.ids.allocate(),
            kind,
            at,
            is_built: false,
            held: BTreeMap::new(),
            order: None,
        };
        self.structures.note(&structure, &self.rules);
        self.entities.add_structure(structure);
    }

    /// Changes a structure and the index with it.
    pub(crate) fn change_structure(&mut self, id: StableId, change: impl FnOnce(&mut Structure)) {
        if let Some(structure) = self.entities.structure_mut(id) {
            change(structure);
            self.structures.note(structure, &self.rules);
        }
    }

    /// Turns a supplied blueprint into a building. `false` if somebody stands there who cannot step aside.
    pub(crate) fn complete_building(&mut self, id: StableId) -> bool {
        let Some(structure) = self.entities.structure(id) else {
            return false;
        };
        let (kind, at) = (structure.kind, structure.at);
        let Some(rule) = self.rules.building(kind) else {
            return false;
        };
        let (standing, materials) = (override_of(rule.walk_cost), rule.materials.clone());
        if standing == Override::Impassable && !self.step_aside(at) {
            return false;
        }
        self.change_structure(id, |structure| {
            structure.consume(&materials);
            structure.is_built = true;
        });
        self.put_down_surplus(id);
        self.set_override(at, Some(standing));
        self.events.push(Event::BuildingCompleted {
            building: id,
            kind: self.rules.names.id(kind),
            at,
        });
        true
    }

    /// Takes a structure away: what it holds and what a building is made of lie where it was.
    pub(crate) fn remove_structure(&mut self, id: StableId) {
        let Some(structure) = self.entities.structure(id).cloned() else {
            return;
        };
        self.cancel_jobs_of_structure(id);
        let materials = self.rules.building(structure.kind);
        let materials = materials.map(|rule| rule.materials.clone());
        let materials = materials.filter(|_| structure.is_built).unwrap_or_default();
        self.structures.forget(&structure);
        self.entities.remove_structure(id);
        self.set_override(structure.at, None);
        let held = structure.held.into_iter().chain(materials);
        for (item, count) in held {
            let load = self.load_of(item, count);
            self.put_down(load, structure.at);
        }
    }

    /// Lets what a structure holds and does not want any more lie beside it.
    pub(crate) fn put_down_surplus(&mut self, id: StableId) {
        let Some(structure) = self.entities.structure(id) else {
            return;
        };
        let needed = structure.needed(&self.rules);
        let needed: BTreeMap<Name, u32> = needed
            .map(|(needed, times)| needed.iter().map(|(item, n)| (*item, n * times)).collect())
            .unwrap_or_default();
        let at = structure.at;
        let surplus = structure.held.iter().filter_map(|(item, held)| {
            let surplus = held.saturating_sub(needed.get(item).copied().unwrap_or(0));
            (surplus > 0).then_some((*item, surplus))
        });
        let surplus: Amounts = surplus.collect();
        self.change_structure(id, |structure| structure.consume(&surplus));
        for (item, count) in surplus {
            let load = self.load_of(item, count);
            self.put_down(load, at);
        }
    }

    /// Fresh items that come out of a structure.
    pub(crate) fn load_of(&self, item: Name, count: u32) -> Load {
        Load {
            item,
            count,
            since: self.tick,
        }
    }

    /// Withdraws the jobs that have to do with a structure.
    pub(crate) fn cancel_jobs_of_structure(&mut self, id: StableId) {
        if let Some(structure) = self.entities.structure(id) {
            for job in self.jobs_of_structure(structure) {
                self.cancel_job(job);
            }
        }
    }

    fn jobs_of_structure(&self, structure: &Structure) -> Vec<StableId> {
        let site = self.board.about(Subject::Site(structure.at));
        let supplies = self.supplied_items(structure.id).into_iter();
        let supplies = supplies.filter_map(|item| {
            let subject = Subject::Supply(structure.id, item);
            self.board.about(subject)
        });
        let user = self.board.user_of(ReservedPlace::Furniture(structure.id));
        site.into_iter().chain(supplies).chain(user).collect()
    }

    /// The items that some job brings to a structure.
    fn supplied_items(&self, id: StableId) -> BTreeSet<Name> {
        let jobs = self.entities.jobs_unordered();
        let of_it = jobs.filter(|job| job.structure() == Some(id));
        of_it.filter_map(|job| job.item()).collect()
    }

    /// Moves everybody off a tile that is about to be closed, onto the nearest tile. `false` if there is none.
    fn step_aside(&mut self, at: Position) -> bool {
        let standing = self.entities.colonists();
        let standing = standing.filter(|(_, colonist)| colonist.at == at);
        let standing: Vec<StableId> = standing.map(|(id, _)| id).collect();
        if standing.is_empty() {
            return true;
        }
        let Some(aside) = Flood::from(&self.terrain, at).nth(1) else {
            return false;
        };
        for id in standing {
            if let Some(colonist) = self.entities.colonist_mut(id) {
                colonist.at = aside;
                // It began on the tile they were on.
                colonist.activity.path.clear();
                colonist.activity.step_ticks = 0;
            }
            self.send_now(id);
        }
        true
    }

    /// The nearest free bed, or place to relax at, that can be reached; the lowest id among equals.
    pub(crate) fn nearest_furniture(
        &self,
        purpose: BuildingUse,
        from: Position,
    ) -> Option<StableId> {
        let furniture = match purpose {
            BuildingUse::Bed => &self.structures.beds,
            BuildingUse::Recreation => &self.structures.recreation,
            BuildingUse::Structure | BuildingUse::Workplace => return None,
        };
        let region = self.regions.of(from)?;
        let around = self.regions.around(region, from);
        let found = furniture.places.nearest(around, |id| {
            let at = self.entities.structure(id)?.at;
            let can_be_used = !self.board.is_reserved(ReservedPlace::Furniture(id))
                && self.regions.reaches_beside(region, at);
            can_be_used.then_some((id, ()))
        });
        found.map(|(_, id, ())| id)
    }

    /// What the points gained at a building, or on the bare ground, are multiplied with, in permille.
    pub(crate) fn comfort(&self, furniture: Option<StableId>) -> Option<u16> {
        let structure = self.entities.structure(furniture?)?;
        Some(self.rules.building(structure.kind)?.comfort)
    }
}

/// What a standing building does to ways.
pub(crate) fn override_of(walk_cost: Option<u8>) -> Override {
    walk_cost.map_or(Override::Impassable, Override::Cost)
}
