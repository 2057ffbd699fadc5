//! What holds in every tick, whatever is commanded.

use std::collections::BTreeMap;

use proptest::prelude::*;
use proptest::test_runner::RngSeed;

use crate::colonists::Activity;
use crate::ground::Ground;
use crate::job_board::JobBoard;
use crate::jobs::Job;
use crate::names::Name;
use crate::structures::StructureIndex;
use crate::test_support::{busy_colony, busy_colony_with, run_tick, whole_definitions};
use crate::{
    ColonistFacts, Colony, Command, Definitions, Event, HEALTH_MAX, Hour, MOOD_MAX, NEED_MAX,
    PRIORITY_MAX, Position, StableId,
};

/// Fails if the colony is in a state it must never be in.
fn assert_consistent(colony: &Colony) {
    assert_eq!(
        *colony.board,
        JobBoard::of(&colony.entities, &colony.regions),
        "the board is what the jobs say"
    );
    let places = (0..).zip(colony.entities.colonists());
    let idle = places.filter(|(_, (_, colonist))| colonist.activity.job.is_none());
    let idle: Vec<usize> = idle.map(|(place, _)| place).collect();
    assert_eq!(colony.entities.idle(), idle);
    for (id, colonist) in colony.entities.colonists() {
        let person = colony.entities.person(id).unwrap();
        assert_eq!(colonist.has_schedule, person.schedule.is_some());
        assert_eq!(colonist.is_choosy, !person.forbidden.is_empty());
    }
    for job in colony.entities.jobs() {
        assert_job_consistent(colony, job);
    }
    for (id, stack) in colony.entities.stacks() {
        assert_eq!(colony.stack_at(stack.at), Some(id));
        assert!(
            (1..=50).contains(&stack.count),
            "stack {id} has {}",
            stack.count
        );
        assert!(
            colony.terrain.is_walkable(stack.at),
            "stack {id} lies at {}",
            stack.at
        );
    }
    assert_eq!(*colony.ground, Ground::of(colony.entities.stacks()));
    let mut fresh = colony.fork();
    fresh.index_stockpiles();
    let [noted, found] = colony.stockpiles.uses();
    assert_eq!(noted, found);
    assert_eq!([noted.clone(), noted.clone()], fresh.stockpiles.uses());
    assert_eq!(colony.loose, fresh.loose);
    let structures = colony.entities.structures();
    assert_eq!(
        *colony.structures,
        StructureIndex::of(structures, &colony.rules)
    );
    for facts in colony.view().colonists() {
        assert_colonist_consistent(colony, &facts);
    }
    // Whatever can be can be saved, too.
    let restored = Colony::restore(&colony.save(), colony.definitions().clone());
    let mut restored = restored.unwrap();
    assert_eq!(restored.hashes(), colony.fork().hashes());
    assert_eq!([noted.clone(), noted], restored.stockpiles.uses());
    assert_eq!(restored.loose, colony.loose);
    assert_eq!(
        (&*restored.board, &*restored.ground),
        (&*colony.board, &*colony.ground)
    );
}

fn assert_job_consistent(colony: &Colony, job: &Job) {
    let id = job.id;
    let reserves = job.reserved_units().is_some() || job.reserved_place().is_some();
    assert!(
        !reserves || job.colonist.is_some(),
        "job {id} reserves something for nobody"
    );
    if let Some(colonist) = job.colonist {
        assert_eq!(
            colony.job_of(colonist),
            Some(id),
            "job {id} is taken by {colonist}"
        );
    }
    if let Some((stack, _)) = job.reserved_units() {
        let count = colony.entities.stack(stack).map_or(0, |stack| stack.count);
        let reserved = colony.board.reserved_units(stack);
        assert!(
            reserved <= count,
            "{reserved} of the {count} of stack {stack} are reserved"
        );
    }
    if let Some((owner, _)) = job.owner() {
        assert!(colony.position(owner).is_some(), "job {id} is for nobody");
    }
}

fn assert_colonist_consistent(colony: &Colony, facts: &ColonistFacts) {
    let name = &facts.name;
    assert!(
        colony.terrain.is_walkable(facts.at),
        "{name} stands at {}",
        facts.at
    );
    assert!(
        facts.food <= NEED_MAX && facts.rest <= NEED_MAX && facts.recreation <= NEED_MAX,
        "{facts:?}"
    );
    assert!(
        (1..=HEALTH_MAX).contains(&facts.health)
            && facts.wound <= HEALTH_MAX
            && facts.mood <= MOOD_MAX,
        "{facts:?}"
    );
    let activity = &colony.entities.colonist(facts.id).unwrap().activity;
    assert_eq!(
        activity.job.is_none(),
        *activity == Activity::default(),
        "{name} is idle at nothing"
    );
    if let Some(job) = facts.job {
        let worker = colony.entities.job(job).and_then(|job| job.colonist);
        assert_eq!(worker, Some(facts.id), "{name} is at job {job}");
    }
}

fn any_position() -> impl Strategy<Value = Position> {
    (0..50_u16, 0..34_u16).prop_map(|(x, y)| Position { x, y })
}

fn any_item() -> impl Strategy<Value = String> {
    prop::sample::select(vec!["wood", "stone", "meal", "corn", "salve", "gold"])
        .prop_map(str::to_owned)
}

fn any_incident() -> impl Strategy<Value = String> {
    let ids = vec![
        "fall", "frost", "guests", "mould", "parcel", "thieves", "flood",
    ];
    prop::sample::select(ids).prop_map(str::to_owned)
}

fn any_id() -> impl Strategy<Value = StableId> {
    (0..400_u64).prop_map(StableId::new)
}

/// Ids that founders have.
fn any_founder() -> impl Strategy<Value = StableId> {
    (1..12_u64).prop_map(StableId::new)
}

/// A tile near the middle of the map, where the colony is.
fn any_site() -> impl Strategy<Value = Position> {
    (16..32_u16, 8..24_u16).prop_map(|(x, y)| Position { x, y })
}

fn any_word(words: &'static [&'static str]) -> impl Strategy<Value = String> {
    prop::sample::select(words).prop_map(str::to_owned)
}

fn any_filter() -> impl Strategy<Value = Option<std::collections::BTreeSet<String>>> {
    let names = any_word(&["wood", "food", "goods", "corn", "glue"]);
    prop::option::of(prop::collection::btree_set(names, 0..3))
}

/// Commands about places: buildings, plots, stockpiles.
fn any_command_about_places() -> impl Strategy<Value = Command> {
    let building = any_word(&["bed", "bench", "chess", "wall", "tower"]);
    let recipe = any_word(&["cook", "salve", "gold"]);
    let crop = prop::option::weighted(0.8, any_word(&["corn", "rice"]));
    prop_oneof![
        6 => (building, any_site()).prop_map(|(building, at)| Command::PlaceBlueprint { building, at }),
        1 => any_id().prop_map(|building| Command::RemoveBuilding { building }),
        4 => (any_id(), recipe, 0..5_u32).prop_map(|(building, recipe, count)| Command::OrderRecipe { building, recipe, count }),
        6 => (any_site(), crop).prop_map(|(at, crop)| Command::SetPlot { at, crop }),
        1 => (any_site(), 0..4_u16, 1..5_u16, any_filter())
            .prop_map(|(at, width, height, filter)| Command::AddStockpile { at, width, height, filter }),
        1 => any_id().prop_map(|stockpile| Command::RemoveStockpile { stockpile }),
        1 => (any_id(), any_filter()).prop_map(|(stockpile, filter)| Command::SetStockpileFilter { stockpile, filter }),
    ]
}

/// Commands about one colonist.
fn any_command_about_somebody() -> impl Strategy<Value = Command> {
    let hours = prop::option::of(prop::collection::vec(
        prop::sample::select(&Hour::ALL),
        23..=24,
    ));
    let kind = any_word(&["chop", "haul", "build", "treat", "eat", "dance"]);
    prop_oneof![
        1 => (any_founder(), hours).prop_map(|(colonist, hours)| Command::SetSchedule { colonist, hours }),
        1 => (any_founder(), kind, any::<bool>())
            .prop_map(|(colonist, kind, allowed)| Command::AllowWork { colonist, kind, allowed }),
        1 => (any_founder(), 0..6_000_u16).prop_map(|(colonist, points)| Command::Injure { colonist, points }),
        1 => (any_founder(), 0..6_000_u16).prop_map(|(colonist, points)| Command::Heal { colonist, points }),
    ]
}

fn any_command() -> impl Strategy<Value = Command> {
    let kind = prop::sample::select(vec!["chop", "mine", "haul", "dance"]).prop_map(str::to_owned);
    prop_oneof![
        4 => (any_id(), 0..=PRIORITY_MAX + 1).prop_map(|(job, priority)| Command::SetJobPriority { job, priority }),
        4 => any_id().prop_map(|job| Command::CancelJob { job }),
        2 => (kind, any_position()).prop_map(|(kind, at)| Command::Designate { kind, at }),
        2 => (any_item(), 0..300_u32, any_position()).prop_map(|(item, count, at)| Command::SpawnItem { item, count, at }),
        2 => (any_item(), 0..30_u32).prop_map(|(item, count)| Command::RemoveItem { item, count }),
        1 => any_position().prop_map(|at| Command::SpawnColonist { at }),
        1 => any_incident().prop_map(|incident| Command::StartIncident { incident }),
        6 => any_command_about_places(),
        2 => any_command_about_somebody(),
    ]
}

proptest! {
    // Seeded: a red run must stay red. `PROPTEST_RNG_SEED` does not apply; change the number to search elsewhere.
    #![proptest_config(ProptestConfig { cases: 24, rng_seed: RngSeed::Fixed(1), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_colony_stays_consistent_under_random_commands(
        seed in 0..1_000_u64,
        ticks in prop::collection::vec(prop::collection::vec(any_command(), 0..6), 200),
    ) {
        let mut colony = busy_colony_with(seed, whole_definitions());
        furnish(&mut colony);
        for commands in &ticks {
            colony.begin_tick();
            for command in commands {
                let before = colony.fork().hashes();
                let (checked, applied) = (colony.check(command), colony.apply(command));
                prop_assert_eq!(&checked, &applied);
                if applied.is_err() {
                    prop_assert_eq!(colony.hashes(), before, "{:?} failed and yet changed something", command);
                }
            }
            colony.step();
            colony.take_events();
            assert_consistent(&colony);
        }
    }
}

/// Puts up a bench with much to cook, a bed and a field: what random commands seldom come to.
fn furnish(colony: &mut Colony) {
    let sites = colony.view().nearest_building_sites(12);
    for (at, kind) in sites.iter().step_by(3).zip(["bench", "bed", "chess"]) {
        colony.place_blueprint(Name::of(kind), *at);
        let id = colony.view().building_at(*at).unwrap();
        let materials = colony.definitions.buildings[kind].materials.clone();
        let materials = materials
            .iter()
            .map(|(item, count)| (Name::of(item), *count));
        colony.change_structure(id, |structure| structure.held = materials.collect());
        assert!(colony.complete_building(id));
        if kind == "bench" {
            let (recipe, count) = ("cook".to_owned(), 50);
            let order = Command::OrderRecipe {
                building: id,
                recipe,
                count,
            };
            colony.apply(&order).unwrap();
            let (item, count) = ("corn".to_owned(), 60);
            colony
                .apply(&Command::SpawnItem {
                    item,
                    count,
                    at: sites[1],
                })
                .unwrap();
        }
    }
    for at in colony.view().nearest_fertile(20) {
        let crop = Some("corn".to_owned());
        colony.apply(&Command::SetPlot { at, crop }).unwrap();
    }
    colony.take_events();
}

/// How many of each item there are.
fn totals(colony: &Colony) -> BTreeMap<String, i64> {
    let items = colony.definitions().items.keys();
    let total = |item: &String| i64::try_from(colony.view().item_total(item)).unwrap();
    items.map(|item| (item.clone(), total(item))).collect()
}

/// Adds to totals, or takes from them, some items so often.
fn add(totals: &mut BTreeMap<String, i64>, items: &BTreeMap<String, u32>, times: i64) {
    for (item, count) in items {
        *totals.entry(item.clone()).or_default() += i64::from(*count) * times;
    }
}

/// What an event says has become of items.
fn account(totals: &mut BTreeMap<String, i64>, event: &Event, definitions: &Definitions) {
    let mut change = |item: &str, count: i64| *totals.entry(item.to_owned()).or_default() += count;
    match event {
        Event::ItemProduced { item, count, .. } => change(item, i64::from(*count)),
        Event::ItemSpoiled { item, count, .. } => change(item, -i64::from(*count)),
        Event::BuildingCompleted { kind, .. } => {
            add(totals, &definitions.buildings[&**kind].materials, -1);
        }
        Event::JobCompleted(job) if job.kind == "eat" || job.kind == "treat" => {
            if let Some(item) = &job.item {
                change(item, -1);
            }
        }
        _ => {}
    }
    // What a recipe makes tells which it was.
    if let Event::ItemProduced { item, .. } = event {
        let recipe = match &**item {
            "meal" => "cook",
            "salve" => "salve",
            _ => return,
        };
        add(totals, &definitions.recipes[recipe].inputs, -1);
    }
}

/// What a command that was applied says has become of items.
fn account_command(totals: &mut BTreeMap<String, i64>, command: &Command, before: &Colony) {
    match command {
        Command::SpawnItem { item, count, .. } => {
            *totals.entry(item.clone()).or_default() += i64::from(*count);
        }
        Command::RemoveItem { item, count } => {
            *totals.entry(item.clone()).or_default() -= i64::from(*count);
        }
        Command::RemoveBuilding { building } => {
            let facts = before.view().building(*building).unwrap();
            if facts.is_built {
                let definition = &before.definitions().buildings[&*facts.kind];
                add(totals, &definition.materials, 1);
            }
        }
        _ => {}
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 16, rng_seed: RngSeed::Fixed(2), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn items_come_and_go_by_commands_and_events_alone(
        seed in 0..1_000_u64,
        ticks in prop::collection::vec(prop::collection::vec(any_command(), 0..4), 250),
    ) {
        let mut definitions = whole_definitions();
        definitions.incidents.retain(|id, _| id != "thieves" && id != "parcel");
        let mut colony = busy_colony_with(seed, definitions);
        furnish(&mut colony);
        let mut expected = totals(&colony);
        for commands in &ticks {
            colony.begin_tick();
            for command in commands {
                let before = colony.fork();
                if colony.apply(command).is_ok() {
                    account_command(&mut expected, command, &before);
                }
            }
            colony.step();
            for event in colony.take_events() {
                account(&mut expected, &event, colony.definitions());
            }
            prop_assert_eq!(totals(&colony), expected.clone(), "in tick {}", colony.tick());
        }
    }
}

#[test]
fn the_colony_stays_consistent_while_it_starves() {
    let mut colony = busy_colony(11);
    let meals = u32::try_from(colony.view().item_total("meal")).unwrap();
    colony
        .apply(&Command::RemoveItem {
            item: "meal".into(),
            count: meals,
        })
        .unwrap();
    for _ in 0..1_100 {
        run_tick(&mut colony);
        assert_consistent(&colony);
    }
    assert_eq!(
        (colony.view().deaths(), colony.view().colonists().count()),
        (8, 0)
    );
    assert!(
        colony.view().jobs().all(|job| job.colonist.is_none()),
        "the dead hold nothing"
    );
}

#[test]
fn items_neither_appear_nor_vanish() {
    let mut colony = busy_colony(42);
    let (mut wood, mut stone, mut meals) = (40, 0, 24);
    for _ in 0..600 {
        for event in run_tick(&mut colony) {
            match event {
                Event::ItemProduced { item, count, .. } if item == "wood" => {
                    wood += u64::from(count)
                }
                Event::ItemProduced { count, .. } => stone += u64::from(count),
                Event::JobCompleted(job) if job.kind == "eat" => meals -= 1,
                _ => {}
            }
        }
        let view = colony.view();
        assert_eq!(
            (
                view.item_total("wood"),
                view.item_total("stone"),
                view.item_total("meal")
            ),
            (wood, stone, meals)
        );
    }
}
