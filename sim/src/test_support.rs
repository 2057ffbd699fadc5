//! Definitions and colonies for tests: what the mod `base` has, in Rust.

mod whole;

use std::collections::{BTreeMap, BTreeSet};

use crate::terrain::{Terrain, ascii};
use crate::{
    Colony, Definitions, IncidentDefinition, IncidentEffect, ItemDefinition, JobAction,
    JobDefinition, MapSource, NeedDefinition, SeasonDefinition, Setup, StorytellerDefinition,
    TerrainDefinition, WeatherDefinition,
};

pub(crate) use whole::whole_definitions;

pub(crate) fn table<T>(rows: impl IntoIterator<Item = (&'static str, T)>) -> BTreeMap<String, T> {
    rows.into_iter()
        .map(|(id, definition)| (id.to_owned(), definition))
        .collect()
}

/// The content of the mod `base`.
pub(crate) fn definitions() -> Definitions {
    let terrain = |symbol, walk_cost| TerrainDefinition {
        symbol,
        walk_cost,
        fertility: if matches!(symbol, '.' | ',') {
            1_000
        } else {
            0
        },
    };
    let item = |haul_priority, nutrition| ItemDefinition {
        stack_max: 50,
        haul_priority,
        nutrition,
        ..ItemDefinition::default()
    };
    let need = |decay, seek_below, critical_below, damage| NeedDefinition {
        decay,
        seek_below,
        critical_below,
        damage,
        mood: 0,
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
        ..Definitions::default()
    }
}

/// The same with a year of two seasons of two short days, three weathers, an incident of every effect and a storyteller
/// who never sleeps.
pub(crate) fn environment_definitions() -> Definitions {
    let season = |order, temperature| SeasonDefinition {
        order,
        days: 2,
        temperature,
        swing: 40,
        day_ticks: 48,
    };
    let weather = |seasons: &[(&'static str, u32)], temperature, growth| WeatherDefinition {
        seasons: table(seasons.iter().copied()),
        temperature,
        growth,
        ticks_min: 20,
        ticks_max: 40,
    };
    Definitions {
        seasons: table([("summer", season(0, 200)), ("winter", season(1, -50))]),
        weather: table([
            ("clear", weather(&[("summer", 3)], 0, 1_000)),
            ("rain", weather(&[("summer", 1)], -30, 1_500)),
            ("snow", weather(&[("winter", 1)], -60, 0)),
        ]),
        incidents: incidents(),
        storyteller: table([(
            crate::STORYTELLER,
            StorytellerDefinition {
                day_chance: 1_000,
                grace_days: 1,
                incidents_max_a_day: 2,
            },
        )]),
        ..definitions()
    }
}

fn incidents() -> BTreeMap<String, IncidentDefinition> {
    let incident = |lasts, effect| IncidentDefinition {
        weight: 1,
        first_day: 0,
        pause_days: 2,
        seasons: BTreeSet::new(),
        lasts,
        effect,
    };
    let frost = IncidentEffect::Weather {
        temperature: -100,
        growth: 500,
    };
    let parcel = IncidentEffect::Gift {
        items: table([("meal", 3), ("wood", 60)]),
    };
    let thieves = IncidentEffect::Theft {
        item: "wood".to_owned(),
        permille: 250,
    };
    let fall = IncidentEffect::Accident { points: 3_000 };
    let mould = IncidentEffect::Blight { permille: 300 };
    table([
        ("fall", incident(0, fall)),
        ("frost", incident(30, frost)),
        ("guests", incident(0, IncidentEffect::Joiner { count: 2 })),
        ("mould", incident(10, mould)),
        ("parcel", incident(0, parcel)),
        ("thieves", incident(0, thieves)),
    ])
}

fn jobs() -> BTreeMap<String, JobDefinition> {
    let job = |action, priority, work| JobDefinition {
        action,
        priority,
        work,
        skill: None,
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

/// Colonists on a drawn map, with stock and content.
pub(crate) fn colony_with(
    rows: &[&str],
    colonists: u32,
    stock: &[(&str, u32)],
    definitions: Definitions,
) -> Colony {
    let setup = setup(MapSource::Ascii(rows.join("\n")), colonists, stock);
    Colony::new(&setup, definitions).unwrap()
}

/// Eight colonists on a generated map with food, wood and plenty to do.
pub(crate) fn busy_colony(seed: u64) -> Colony {
    busy_colony_with(seed, definitions())
}

/// The same with other content.
pub(crate) fn busy_colony_with(seed: u64, definitions: Definitions) -> Colony {
    let map = MapSource::Generated {
        width: 48,
        height: 32,
    };
    let setup = Setup {
        seed,
        ..setup(map, 8, &[("wood", 40), ("meal", 24)])
    };
    let mut colony = Colony::new(&setup, definitions).unwrap();
    designate(&mut colony, "chop", 30);
    designate(&mut colony, "mine", 30);
    colony
}

/// Designates the nearest targets of a kind.
pub(crate) fn designate(colony: &mut Colony, kind: &str, count: usize) {
    for at in colony.view().nearest_targets(kind, count).unwrap() {
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
