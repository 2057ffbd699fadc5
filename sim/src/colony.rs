//! The colony as a whole: its parts, its clock, its hash and its copies.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::definitions::Rules;
use crate::entities::Entities;
use crate::environment::Environment;
use crate::hash::PartHasher;
use crate::id::IdSource;
use crate::jobs::JobBoard;
use crate::path::PathFinder;
use crate::regions::Regions;
use crate::stockpiles::Stockpiles;
use crate::terrain::Terrain;
use crate::{Definitions, Event, Position, StableId, View};

/// A world and everybody in it. See the [crate] for how to use it.
pub struct Colony {
    pub(crate) seed: u64,
    pub(crate) tick: u64,
    pub(crate) ids: IdSource,
    pub(crate) terrain: Terrain,
    pub(crate) entities: Entities,
    pub(crate) stockpiles: Stockpiles,
    pub(crate) environment: Environment,
    pub(crate) statistics: Statistics,
    /// Events that nobody has taken yet.
    pub(crate) events: Vec<Event>,
    pub(crate) definitions: Definitions,
    pub(crate) derived_hashes: DerivedHashes,
    // What follows from the above:
    pub(crate) rules: Rules,
    pub(crate) regions: Regions,
    pub(crate) board: JobBoard,
    pub(crate) stack_at: BTreeMap<Position, StableId>,
    pub(crate) path_finder: PathFinder,
}

/// What has happened since the start.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Statistics {
    /// Completed jobs by kind.
    pub(crate) jobs_done: BTreeMap<String, u64>,
    pub(crate) deaths: u64,
}

/// Hashes of what is large and seldom changes.
#[derive(Debug, Clone, Default)]
pub(crate) struct DerivedHashes {
    pub(crate) definitions: Option<u128>,
    pub(crate) terrain: Option<u128>,
}

impl Colony {
    /// The last begun tick, 0 before the first.
    pub fn tick(&self) -> u64 {
        self.tick
    }

    /// Begins the next tick. Its commands are applied after this and before [`step`](Self::step).
    pub fn begin_tick(&mut self) {
        self.tick += 1;
    }

    /// The events of [`apply`](Self::apply) and [`step`](Self::step) since the last call, in order of emission.
    pub fn take_events(&mut self) -> Vec<Event> {
        std::mem::take(&mut self.events)
    }

    /// The content of the colony, as it was made or last [replaced](Self::replace_definitions).
    pub fn definitions(&self) -> &Definitions {
        &self.definitions
    }

    /// A look at the colony as it is.
    pub fn view(&self) -> View<'_> {
        View::new(self)
    }

    /// The hashes of all parts of the state, by name, always in the same order: equal if and only if the colonies go on
    /// alike (see [`chain_hash`](crate::chain_hash) for one hash of all). Takes `&mut self` to remember those of parts
    /// that seldom change.
    pub fn hashes(&mut self) -> Vec<(&'static str, u128)> {
        let definitions = *self
            .derived_hashes
            .definitions
            .get_or_insert_with(|| self.definitions.hash());
        let terrain = *self
            .derived_hashes
            .terrain
            .get_or_insert_with(|| hash_of(self.terrain.map()));
        vec![
            ("clock", hash_of(&self.tick)),
            ("rng", hash_of(&self.seed)),
            ("ids", hash_of(&self.ids)),
            ("definitions", definitions),
            ("terrain", terrain),
            ("stockpiles", hash_of(self.stockpiles.zones())),
            ("items", self.hash_of_items()),
            ("jobs", self.hash_of_jobs()),
            ("colonists", self.hash_of_colonists()),
            ("environment", hash_of(&self.environment)),
            ("statistics", hash_of(&self.statistics)),
            ("events", hash_of(&self.events)),
        ]
    }

    /// Turns a tile on the map into a defined terrain.
    pub(crate) fn set_terrain(&mut self, at: Position, terrain: &str) {
        self.derived_hashes.terrain = None;
        if self.terrain.set(at, terrain, &self.definitions) {
            self.regions = Regions::new(&self.terrain);
        }
    }

    fn hash_of_items(&self) -> u128 {
        let mut hasher = PartHasher::new();
        for (id, stack) in self.entities.stacks() {
            hasher.write(&(id, &*stack));
        }
        hasher.finish()
    }

    fn hash_of_jobs(&self) -> u128 {
        let mut hasher = PartHasher::new();
        for job in self.entities.jobs() {
            hasher.write(&*job);
        }
        hasher.finish()
    }

    fn hash_of_colonists(&self) -> u128 {
        let mut hasher = PartHasher::new();
        for (id, colonist, at, needs, activity) in self.entities.colonists() {
            hasher.write(&(id, &*colonist, &*at, &*needs, &*activity));
        }
        hasher.finish()
    }
}

fn hash_of<T: Serialize + ?Sized>(part: &T) -> u128 {
    let mut hasher = PartHasher::new();
    hasher.write(part);
    hasher.finish()
}
