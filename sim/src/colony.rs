//! The colony as a whole: its parts, its clock, its hash and its copies.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::definitions::Rules;
use crate::entities::Entities;
use crate::environment::Environment;
use crate::farming::Plots;
use crate::ground::Ground;
use crate::hash::hash_of;
use crate::id::IdSource;
use crate::job_board::JobBoard;
use crate::jobs::Subject;
use crate::path::PathFinder;
use crate::regions::Regions;
use crate::shared::Shared;
use crate::stockpiles::Stockpiles;
use crate::structures::StructureIndex;
use crate::terrain::{Override, Terrain, WalkCostChange};
use crate::{Definitions, Event, Position, StableId, View};

/// A world and everybody in it. See the [crate] for how to use it.
// What is `Shared` a fork has in common with its original until one of them changes it.
pub struct Colony {
    pub(crate) seed: u64,
    pub(crate) tick: u64,
    pub(crate) ids: IdSource,
    pub(crate) terrain: Shared<Terrain>,
    pub(crate) entities: Entities,
    pub(crate) stockpiles: Shared<Stockpiles>,
    pub(crate) plots: Shared<Plots>,
    pub(crate) environment: Environment,
    pub(crate) statistics: Statistics,
    /// Events that nobody has taken yet.
    pub(crate) events: Vec<Event>,
    pub(crate) definitions: Shared<Definitions>,
    pub(crate) derived_hashes: DerivedHashes,
    // What follows from the above:
    pub(crate) rules: Shared<Rules>,
    pub(crate) regions: Shared<Regions>,
    pub(crate) board: Shared<JobBoard>,
    /// The stacks that are to be hauled and that no job is about.
    pub(crate) loose: Shared<BTreeSet<StableId>>,
    pub(crate) ground: Shared<Ground>,
    pub(crate) structures: Shared<StructureIndex>,
    pub(crate) path_finder: PathFinder,
}

/// What has happened since the start.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Statistics {
    /// Completed jobs by kind.
    pub(crate) jobs_done: BTreeMap<String, u64>,
    /// Deaths by cause.
    pub(crate) deaths: BTreeMap<String, u64>,
}

impl Statistics {
    /// Counts a completed job.
    pub(crate) fn count_done(&mut self, kind: &str) {
        count(&mut self.jobs_done, kind);
    }

    pub(crate) fn count_death(&mut self, cause: &str) {
        count(&mut self.deaths, cause);
    }
}

fn count(counts: &mut BTreeMap<String, u64>, of: &str) {
    match counts.get_mut(of) {
        Some(count) => *count = count.saturating_add(1),
        None => drop(counts.insert(of.to_owned(), 1)),
    }
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
        // The next tick mostly has about as many.
        let next = Vec::with_capacity(self.events.len());
        std::mem::replace(&mut self.events, next)
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
        let entities = self.entities.hashes();
        vec![
            ("clock", hash_of(&self.tick)),
            ("rng", hash_of(&self.seed)),
            ("ids", hash_of(&self.ids)),
            ("definitions", definitions),
            ("terrain", terrain),
            ("stockpiles", self.stockpiles.hash()),
            ("items", entities.stacks),
            ("buildings", entities.structures),
            ("plots", self.plots.hash()),
            ("jobs", entities.jobs),
            ("colonists", entities.colonists),
            ("environment", hash_of(&self.environment)),
            ("statistics", hash_of(&self.statistics)),
            ("events", hash_of(&self.events)),
        ]
    }

    /// Turns a tile on the map into a defined terrain.
    pub(crate) fn set_terrain(&mut self, at: Position, terrain: &str) {
        self.derived_hashes.terrain = None;
        let change = self.terrain.set(at, terrain, &self.definitions);
        self.update_ways(at, change);
    }

    /// Puts something onto a tile of the map that decides instead of the ground what it costs to enter it, or takes it
    /// away.
    pub(crate) fn set_override(&mut self, at: Position, standing: Option<Override>) {
        let change = self.terrain.set_override(at, standing);
        self.update_ways(at, change);
    }

    /// Takes over what follows from a changed walk cost.
    fn update_ways(&mut self, at: Position, change: Option<WalkCostChange>) {
        let Some(change) = change else {
            return;
        };
        self.regions.update(&self.terrain, at);
        self.path_finder.update(&self.terrain, at, change);
        if change.before.is_none() == change.after.is_none() {
            return;
        }
        for tile in std::iter::once(at).chain(at.edge_neighbours()) {
            let job = self.board.about(Subject::Designated(tile));
            if let Some(job) = job.and_then(|job| self.entities.job(job)) {
                self.board.follow_walls(job, &self.regions);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::path::Goal;
    use crate::path::tests::tiles;
    use crate::test_support::colony_on;

    #[test]
    fn what_is_put_in_the_way_is_gone_around_and_can_close_it() {
        let mut colony = colony_on(&[
            "...##...", "...##...", "........", "........", "...##...", "...##...", "...##...",
            "...##...",
        ]);
        let (from, to) = (Position::new(0, 2), Position::new(7, 2));
        let way = |colony: &mut Colony| {
            let goal = Goal::On(to);
            let way = colony.path_finder.find(&colony.terrain, 0, from, goal);
            way.map(|way| tiles(from, &way))
        };
        let before = colony.hashes();
        let straight = way(&mut colony).unwrap();
        let gate = Position::new(3, 2);
        assert!(straight.contains(&gate));
        colony.set_override(gate, Some(Override::Cost(9)));
        assert!(!way(&mut colony).unwrap().contains(&gate), "it is slow");
        colony.set_override(Position::new(3, 3), Some(Override::Impassable));
        assert!(way(&mut colony).unwrap().contains(&gate));
        colony.set_override(gate, Some(Override::Impassable));
        assert_eq!(way(&mut colony), None);
        assert_ne!(colony.regions.of(from), colony.regions.of(to));
        colony.set_override(gate, None);
        assert_eq!(way(&mut colony), Some(straight));
        assert_eq!(colony.regions.of(from), colony.regions.of(to));
        assert_eq!(colony.hashes(), before, "what stands there is no ground");
    }
}
