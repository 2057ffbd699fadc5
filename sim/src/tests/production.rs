//! Buildings and recipes: what is planned gets built of what lies about, and what is ordered gets made.

use crate::names::Name;
use crate::structures::Structure;
use crate::test_support::{colony_with, run_tick, whole_definitions};
use crate::{
    BuildingFacts, Colony, Command, CommandError, Definitions, Event, OrderFacts, Position,
    StableId,
};

const OPEN: [&str; 12] = ["............"; 12];

/// What there can be, without incidents that bring or take items.
fn peaceful() -> Definitions {
    let mut definitions = whole_definitions();
    for incident in definitions.incidents.values_mut() {
        incident.weight = 0;
    }
    definitions
}

/// One colonist in the middle of open ground, the stockpile around.
fn colony() -> Colony {
    colony_of(peaceful())
}

fn colony_of(definitions: Definitions) -> Colony {
    let stock = [("wood", 40), ("stone", 10), ("corn", 20), ("meal", 20)];
    colony_with(&OPEN, 1, &stock, definitions)
}

fn place(colony: &mut Colony, building: &str, at: Position) -> StableId {
    let building = building.to_owned();
    colony
        .apply(&Command::PlaceBlueprint { building, at })
        .unwrap();
    colony.view().building_at(at).unwrap()
}

fn order(building: StableId, recipe: &str, count: u32) -> Command {
    Command::OrderRecipe {
        building,
        recipe: recipe.to_owned(),
        count,
    }
}

/// Puts the wood into the blueprint of a wall.
fn supply(wall: &mut Structure) {
    wall.held.insert(Name::of("wood"), 1);
}

/// Runs until an event of a name and returns it.
fn run_until(colony: &mut Colony, name: &str) -> Event {
    for _ in 0..600 {
        if let Some(event) = run_tick(colony)
            .into_iter()
            .find(|event| event.name() == name)
        {
            return event;
        }
    }
    panic!("no {name} in 600 ticks");
}

fn built(colony: &mut Colony, building: &str, at: Position) -> BuildingFacts {
    let id = place(colony, building, at);
    run_until(colony, "building_completed");
    colony.view().building(id).unwrap()
}

#[test]
fn a_blueprint_gets_its_materials_and_is_built() {
    let mut colony = colony();
    let at = Position::new(1, 1);
    let (wood, stone) = (
        colony.view().item_total("wood"),
        colony.view().item_total("stone"),
    );
    let id = place(&mut colony, "bench", at);
    let event = run_until(&mut colony, "building_completed");
    let kind = "bench".into();
    assert_eq!(
        event,
        Event::BuildingCompleted {
            building: id,
            kind,
            at
        }
    );
    let facts = colony.view().building(id).unwrap();
    assert!(facts.is_built && facts.held.is_empty());
    let left = (
        colony.view().item_total("wood"),
        colony.view().item_total("stone"),
    );
    assert_eq!(left, (wood - 4, stone - 1));
    assert!(
        !colony.terrain.is_walkable(at),
        "nobody walks through a bench"
    );
    assert_eq!(colony.view().jobs_done(Some("supply")), 2);
}

#[test]
fn a_removed_building_gives_back_what_it_is_made_of() {
    let mut colony = colony();
    let at = Position::new(1, 1);
    let wood = colony.view().item_total("wood");
    let building = built(&mut colony, "bench", at).id;
    colony.apply(&Command::RemoveBuilding { building }).unwrap();
    assert_eq!(colony.view().item_total("wood"), wood);
    assert!(colony.terrain.is_walkable(at));
    assert_eq!(colony.view().buildings().count(), 0);
    let again = colony.apply(&Command::RemoveBuilding { building });
    assert_eq!(again, Err(CommandError::NoSuchBuilding { building }));
}

#[test]
fn a_removed_blueprint_gives_back_what_was_brought() {
    let mut colony = colony();
    let wood = colony.view().item_total("wood");
    let building = place(&mut colony, "bench", Position::new(1, 1));
    while colony.view().building(building).unwrap().held.is_empty() {
        run_tick(&mut colony);
    }
    colony.apply(&Command::RemoveBuilding { building }).unwrap();
    assert_eq!(colony.view().item_total("wood"), wood);
    assert_eq!(
        colony
            .view()
            .jobs()
            .filter(|job| job.kind == "supply" || job.kind == "build")
            .count(),
        0
    );
}

#[test]
fn whoever_stands_where_a_wall_is_built_steps_aside() {
    let mut colony = colony();
    let id = colony.colonist_ids()[0];
    let at = colony.view().colonist(id).unwrap().at;
    let aside = Position::new(at.x, at.y - 1);
    let stockpile = colony.view().stockpiles().next().unwrap().id;
    colony
        .apply(&Command::RemoveStockpile { stockpile })
        .unwrap();
    let wall = place(&mut colony, "wall", at);
    colony.change_structure(wall, supply);
    assert!(colony.complete_building(wall));
    assert_eq!(colony.view().colonist(id).map(|it| it.at), Some(aside));
}

#[test]
fn what_is_ordered_is_made_as_often_as_ordered() {
    let mut colony = colony();
    let bench = built(&mut colony, "bench", Position::new(1, 1)).id;
    let (meals, corn) = (
        colony.view().item_total("meal"),
        colony.view().item_total("corn"),
    );
    colony.apply(&order(bench, "cook", 3)).unwrap();
    let facts = colony.view().building(bench).unwrap();
    let recipe = "cook".into();
    assert_eq!(facts.order, Some(OrderFacts { recipe, left: 3 }));
    for _ in 0..3 {
        run_until(&mut colony, "item_produced");
    }
    assert_eq!(colony.view().building(bench).unwrap().order, None);
    let now = (
        colony.view().item_total("meal"),
        colony.view().item_total("corn"),
    );
    assert_eq!(now, (meals + 3, corn - 6));
    assert_eq!(colony.view().jobs_done(Some("craft")), 3);
}

#[test]
fn an_order_taken_back_gives_back_what_was_brought() {
    let mut colony = colony();
    let bench = built(&mut colony, "bench", Position::new(1, 1)).id;
    let corn = colony.view().item_total("corn");
    colony.apply(&order(bench, "cook", 3)).unwrap();
    while colony.view().building(bench).unwrap().held.is_empty() {
        run_tick(&mut colony);
    }
    colony.apply(&order(bench, "cook", 0)).unwrap();
    let facts = colony.view().building(bench).unwrap();
    assert!(facts.held.is_empty() && facts.order.is_none());
    assert_eq!(colony.view().item_total("corn"), corn);
}

#[test]
fn what_takes_skill_waits_for_somebody_who_has_it() {
    let mut definitions = peaceful();
    definitions.skills.get_mut("craft").unwrap().newcomer_max = 0;
    let mut colony = colony_of(definitions);
    let id = colony.colonist_ids()[0];
    let bench = built(&mut colony, "bench", Position::new(1, 1)).id;
    colony.apply(&order(bench, "salve", 1)).unwrap();
    for _ in 0..150 {
        run_tick(&mut colony);
    }
    assert_eq!(
        colony.view().jobs_done(Some("craft")),
        0,
        "nobody has level 2"
    );
    assert!(colony.view().open_jobs(Some("craft")) > 0);
    let craft = (Name::of("craft"), 400);
    *colony.entities.skills_mut(id).unwrap() = vec![craft];
    run_until(&mut colony, "item_produced");
    assert_eq!(colony.view().item_total("salve"), 1);
    let skills = colony.view().skills(id);
    let learnt: Vec<_> = skills
        .iter()
        .map(|it| (&*it.skill, it.level, it.experience))
        .collect();
    assert_eq!(learnt, [("craft", 2, 480), ("farming", 0, 0)]);
}

#[test]
fn orders_for_what_cannot_be_are_refused() {
    let mut colony = colony();
    let wall = built(&mut colony, "wall", Position::new(1, 1)).id;
    let blueprint = place(&mut colony, "bench", Position::new(3, 1));
    let message = |colony: &Colony, command| colony.check(&command).unwrap_err().to_string();
    let messages = [
        message(&colony, order(wall, "cook", 1)),
        message(&colony, order(blueprint, "cook", 1)),
        message(&colony, order(blueprint, "coock", 1)),
        message(&colony, order(StableId::new(9_999), "cook", 1)),
    ];
    let expected = [
        format!("`cook` is made at a finished `bench`, and building {wall} is a `wall`"),
        format!(
            "`cook` is made at a finished `bench`, and building {blueprint} is a blueprint of a `bench`"
        ),
        "there is no recipe `coock`; did you mean `cook`?".to_owned(),
        "there is no building or blueprint 9999; it may have been taken away".to_owned(),
    ];
    assert_eq!(messages, expected);
}

#[test]
fn a_blueprint_needs_a_tile_for_itself() {
    let mut colony = colony();
    let plot = Command::SetPlot {
        at: Position::new(1, 1),
        crop: Some("corn".to_owned()),
    };
    colony.apply(&plot).unwrap();
    place(&mut colony, "wall", Position::new(2, 1));
    let item = "wood".to_owned();
    let at = Position::new(3, 1);
    colony
        .apply(&Command::SpawnItem { item, count: 1, at })
        .unwrap();
    let at = |x| Position::new(x, 1);
    let found = |colony: &Colony, at| {
        let building = "wall".to_owned();
        match colony.check(&Command::PlaceBlueprint { building, at }) {
            Err(CommandError::TileTaken { found, .. }) => found,
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(found(&colony, at(1)), "a plot");
    assert_eq!(found(&colony, at(2)), "a building or blueprint");
    assert_eq!(found(&colony, at(3)), "items");
    assert_eq!(found(&colony, Position::new(6, 6)), "a stockpile");
}

#[test]
fn who_finds_the_way_closed_takes_another() {
    let mut colony = colony_with(
        &[
            "........", "........", "####.###", "........", "........", "........", "........",
            "...@....",
        ],
        1,
        &[("wood", 40), ("stone", 10)],
        whole_definitions(),
    );
    // Behind the gap.
    let id = place(&mut colony, "wall", Position::new(1, 1));
    while colony.view().colonists().all(|it| it.at.y > 3) {
        run_tick(&mut colony);
    }
    let gap = place(&mut colony, "wall", Position::new(4, 2));
    colony.change_structure(gap, supply);
    assert!(colony.complete_building(gap));
    for _ in 0..40 {
        run_tick(&mut colony);
    }
    assert!(
        colony.view().building(id).is_some_and(|it| !it.is_built),
        "no way leads there"
    );
    colony
        .apply(&Command::RemoveBuilding { building: gap })
        .unwrap();
    run_until(&mut colony, "building_completed");
}
