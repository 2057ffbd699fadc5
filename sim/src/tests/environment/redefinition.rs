//! Definitions of the environment that change while it goes on.

use super::*;
use crate::ChangeRule;

type Edit = fn(&mut Definitions);

/// Every field, and each table with less and with more.
const EDITS: &[Edit] = &[
    |d| d.seasons.get_mut("winter").unwrap().order = 5,
    |d| d.seasons.get_mut("summer").unwrap().days = 1,
    |d| d.seasons.get_mut("summer").unwrap().temperature = 90,
    |d| d.seasons.get_mut("summer").unwrap().swing = 0,
    |d| d.seasons.get_mut("summer").unwrap().day_ticks = 24,
    |d| d.seasons.get_mut("winter").unwrap().day_ticks = 99,
    |d| {
        let seasons = &mut d.weather.get_mut("rain").unwrap().seasons;
        seasons.insert("winter".to_owned(), 9);
    },
    |d| d.weather.get_mut("clear").unwrap().temperature = 7,
    |d| d.weather.get_mut("snow").unwrap().growth = 10,
    |d| d.weather.get_mut("clear").unwrap().ticks_min = 1,
    |d| d.weather.get_mut("clear").unwrap().ticks_max = 90,
    |d| d.incidents.get_mut("frost").unwrap().weight = 900,
    |d| d.incidents.get_mut("frost").unwrap().first_day = 9,
    |d| d.incidents.get_mut("frost").unwrap().pause_days = 9,
    |d| {
        let seasons = &mut d.incidents.get_mut("frost").unwrap().seasons;
        seasons.insert("winter".to_owned());
    },
    |d| d.incidents.get_mut("frost").unwrap().lasts = 3,
    |d| {
        let (temperature, growth) = (-1, 1);
        d.incidents.get_mut("frost").unwrap().effect = IncidentEffect::Weather {
            temperature,
            growth,
        };
    },
    |d| d.incidents.get_mut("frost").unwrap().effect = IncidentEffect::Blight { permille: 9 },
    |d| d.incidents.get_mut("mould").unwrap().effect = IncidentEffect::Blight { permille: 9 },
    |d| d.incidents.get_mut("fall").unwrap().effect = IncidentEffect::Accident { points: 9 },
    |d| d.incidents.get_mut("guests").unwrap().effect = IncidentEffect::Joiner { count: 1 },
    |d| {
        let items = table([("stone", 3)]);
        d.incidents.get_mut("parcel").unwrap().effect = IncidentEffect::Gift { items };
    },
    |d| {
        let (item, permille) = ("stone".to_owned(), 9);
        d.incidents.get_mut("thieves").unwrap().effect = IncidentEffect::Theft { item, permille };
    },
    |d| d.storyteller.get_mut("storyteller").unwrap().day_chance = 500,
    |d| d.storyteller.get_mut("storyteller").unwrap().grace_days = 9,
    |d| {
        d.storyteller
            .get_mut("storyteller")
            .unwrap()
            .incidents_max_a_day = 1
    },
    |d| {
        let monsoon = SeasonDefinition {
            order: 1,
            ..d.seasons["summer"].clone()
        };
        d.seasons.insert("monsoon".to_owned(), monsoon);
    },
    without_summer,
    |d| drop(d.weather.remove("clear")),
    |d| drop(d.incidents.remove("frost")),
    |d| {
        d.incidents.clear();
        d.storyteller.clear();
    },
    |d| *d = crate::test_support::definitions(),
];

fn without_summer(definitions: &mut Definitions) {
    definitions.seasons.remove("summer");
    for weather in definitions.weather.values_mut() {
        weather.seasons = table([("winter", 1)]);
    }
}

fn edited(edit: Edit) -> Definitions {
    let mut definitions = environment_definitions();
    edit(&mut definitions);
    definitions
}

/// Saves of an eventful colony, with frost in each.
fn saves() -> Vec<Vec<u8>> {
    let mut colony = eventful_colony();
    let mut saves = Vec::new();
    for _ in 0..12 {
        colony.apply(&start("frost")).ok();
        saves.push(colony.save());
        run(&mut colony, 20);
    }
    saves
}

/// Everything that can be seen of the next two years.
fn future(colony: &mut Colony) -> (u128, Vec<Event>) {
    let mut events = Vec::new();
    let mut chain = chain_hash(0, &colony.hashes());
    for _ in 0..400 {
        events.extend(run_tick(colony));
        chain = chain_hash(chain, &colony.hashes());
    }
    (chain, events)
}

#[test]
fn replacing_is_restoring_and_the_way_there_and_back_nothing() {
    for save in saves() {
        for (number, edit) in EDITS.iter().enumerate() {
            let new = edited(*edit);
            let mut colony = Colony::restore(&save, environment_definitions()).unwrap();
            let before = colony.hashes();
            let changes = colony.replace_definitions(new.clone()).unwrap();
            assert!(!changes.is_empty(), "edit {number}");
            let mut restored = Colony::restore(&save, new).unwrap();
            assert_eq!(colony.hashes(), restored.hashes(), "edit {number}");
            let is_clamp = |change: &crate::DefinitionChange| change.rule == ChangeRule::Clamp;
            if !changes.iter().any(is_clamp) {
                let mut back = colony.fork();
                let is_addition = changes.iter().any(|change| change.field.is_empty());
                back.replace_definitions(environment_definitions()).unwrap();
                assert!(back.hashes() == before || is_addition, "edit {number}");
            }
            assert_eq!(future(&mut colony), future(&mut restored), "edit {number}");
        }
    }
}

/// What is reported of a replacement.
fn replace(colony: &mut Colony, new: Definitions) -> Vec<String> {
    let changes = colony.replace_definitions(new).unwrap();
    changes.iter().map(ToString::to_string).collect()
}

#[test]
fn what_is_gone_is_over_at_once() {
    let mut colony = quiet_colony();
    colony.apply(&start("frost")).unwrap();
    colony.take_events();
    let weather = colony.view().weather().unwrap().to_owned();
    let mut new = quiet_definitions();
    new.seasons.remove("summer");
    new.weather.retain(|id, _| id == "snow");
    new.incidents.remove("frost");
    assert!(["clear", "rain"].contains(&weather.as_str()));
    let expected = [
        "seasons.summer: is gone, and over where it was on",
        "weather.clear: is gone, and over where it was on",
        "weather.rain: is gone, and over where it was on",
        "incidents.frost: is gone, and over where it was on",
    ];
    assert_eq!(replace(&mut colony, new), expected);
    let events = told(&colony.take_events());
    let expected = ["Some(\"summer\") becomes Some(\"winter\")", "frost is over"];
    assert_eq!(events, expected);
    run_tick(&mut colony);
    let view = colony.view();
    assert_eq!(
        (view.season(), view.weather()),
        (Some("winter"), Some("snow"))
    );
    assert_eq!(view.incidents().count(), 0);
}

#[test]
fn a_day_keeps_its_length_and_the_hour_does_not_jump() {
    let mut colony = quiet_colony();
    run(&mut colony, 20);
    let hour = colony.view().hour();
    let mut new = quiet_definitions();
    new.seasons.get_mut("summer").unwrap().day_ticks = 24;
    let expected = ["seasons.summer.day_ticks: `48` becomes `24`, from the next use on"];
    assert_eq!(replace(&mut colony, new), expected);
    assert_eq!((colony.view().hour(), hour), (10, 10));
    assert!(told(&run(&mut colony, 27)).is_empty());
    assert_eq!(told(&run(&mut colony, 24)).len(), 1);
    assert_eq!(colony.view().day(), 2);
    run(&mut colony, 1);
    assert_eq!((colony.view().day(), colony.view().hour()), (3, 0));
}

#[test]
fn seasons_come_to_a_colony_that_had_none_and_leave_it() {
    let map = MapSource::Ascii(["........"; 8].join("\n"));
    let plain = crate::test_support::definitions();
    let mut colony = Colony::new(&setup(map, 1, &[]), plain.clone()).unwrap();
    run(&mut colony, 100);
    replace(&mut colony, quiet_definitions());
    assert_eq!(
        told(&colony.take_events()),
        ["None becomes Some(\"summer\")"]
    );
    run_tick(&mut colony);
    assert!(colony.view().weather().is_some());
    replace(&mut colony, plain);
    assert_eq!(
        told(&colony.take_events()),
        ["Some(\"summer\") becomes None"]
    );
    let view = colony.view();
    assert_eq!(
        (view.temperature(), view.weather(), view.day()),
        (200, None, 1)
    );
}
