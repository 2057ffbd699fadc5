//! Definitions and colonies for tests: what the mod `base` has, in Rust.

use std::collections::BTreeMap;

use crate::terrain::{Terrain, ascii};
use crate::{
    Colony, Definitions, ItemDefinition, JobAction, JobDefinition, MapSource, NeedDefinition,
    Setup, TerrainDefinition,
};

pub(crate) fn table<T>(rows: impl IntoIterator<Item = (&'static str, T)>) -> BTreeMap<String, T> {
    rows.into_iter()
        .map(|(id, definition)| (id.to_owned(), definition))
        .collect()
}

/// The content of the mod `base`.
pub(crate) fn definitions() -> Definitions {
    let terrain = |symbol, walk_cost| TerrainDefinition { symbol, walk_cost };
    let item = |haul_priority, nutrition| ItemDefinition {
        stack_max: 50,
        haul_priority,
        nutrition,
    };
    let need = |decay, seek_below, critical_below, damage| NeedDefinition {
        decay,
        seek_below,
        critical_below,
        damage,
    };
    Definitions {
        terrain: table([
            ("floor", terrain('_', Some(1))),
            ("grass", terrain('.', Some(1))),
            ("rock", terrain('#', None)),
            ("soil", terrain(',', Some(1))),
            ("tree", terrain('T', Some(3))),
            ("water", terrain('~', None)),
        ]),
        items: table([
            ("meal", item(8, 6_000)),
            ("stone", item(5, 0)),
            ("wood", item(6, 0)),
        ]),
        needs: table([
            ("food", need(25, 4_000, 1_500, 20)),
            ("rest", need(15, 3_000, 1_000, 0)),
        ]),
        jobs: jobs(),
    }
}

fn jobs() -> BTreeMap<String, JobDefinition> {
    let job = |action, priority, work| JobDefinition {
        action,
        priority,
        work,
    };
    let harvest = |target: &str, leaves: &str, item| JobAction::Harvest {
        target: target.to_owned(),
        leaves: leaves.to_owned(),
        yields: table([(item, 5)]),
    };
    table([
        ("chop", job(harvest("tree", "grass", "wood"), Some(4), 20)),
        ("eat", job(JobAction::Eat, Some(7), 10)),
        ("haul", job(JobAction::Haul, None, 2)),
        ("mine", job(harvest("rock", "floor", "stone"), Some(4), 30)),
        ("sleep", job(JobAction::Sleep, Some(6), 100)),
    ])
}

pub(crate) fn setup(map: MapSource, colonists: u32, stock: &[(&str, u32)]) -> Setup {
    let stock = stock
        .iter()
        .map(|(item, count)| ((*item).to_owned(), *count))
        .collect();
    Setup {
        seed: 42,
        map,
        colonists,
        stock,
    }
}

pub(crate) fn terrain(rows: &[&str]) -> Terrain {
    let (map, _) = ascii::parse(&rows.join("\n"), &definitions()).unwrap();
    Terrain::new(map, &definitions())
}

/// One colonist on a drawn map, without stock.
pub(crate) fn colony_on(rows: &[&str]) -> Colony {
    Colony::new(
        &setup(MapSource::Ascii(rows.join("\n")), 1, &[]),
        definitions(),
    )
    .unwrap()
}

/// Eight colonists on a generated map with food, wood and plenty to do.
pub(crate) fn busy_colony(seed: u64) -> Colony {
    let map = MapSource::Generated {
        width: 48,
        height: 32,
    };
    let setup = Setup {
        seed,
        ..setup(map, 8, &[("wood", 40), ("meal", 24)])
    };
    let mut colony = Colony::new(&setup, definitions()).unwrap();
    designate(&mut colony, "chop", 30);
    designate(&mut colony, "mine", 30);
    colony
}

/// Designates the nearest targets of a kind.
pub(crate) fn designate(colony: &mut Colony, kind: &str, count: usize) {
    for at in colony.view().nearest_targets(kind, count) {
        colony
            .apply(&crate::Command::Designate {
                kind: kind.to_owned(),
                at,
            })
            .unwrap();
    }
}

impl Colony {
    /// Ids of everybody alive.
    pub(crate) fn colonist_ids(&self) -> Vec<crate::StableId> {
        self.entities.colonists().map(|(id, _)| id).collect()
    }
}

/// Begins and runs a tick.
pub(crate) fn run_tick(colony: &mut Colony) -> Vec<crate::Event> {
    colony.begin_tick();
    colony.step();
    colony.take_events()
}
