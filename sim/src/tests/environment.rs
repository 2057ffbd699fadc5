//! Seasons, weather and incidents: what they do, that they are saved, that their definitions may change.

use crate::test_support::{busy_colony_with, environment_definitions, run_tick, setup, table};
use crate::{
    Colony, Command, Definitions, Event, HEALTH_MAX, IncidentEffect, MapSource, Position,
    SeasonDefinition, StableId, chain_hash,
};

mod incidents;
mod redefinition;
mod saves;

/// A busy colony in which something happens every day.
fn eventful_colony() -> Colony {
    busy_colony_with(42, environment_definitions())
}

/// The same in which nothing happens by itself.
fn quiet_definitions() -> Definitions {
    let mut definitions = environment_definitions();
    let storyteller = definitions.storyteller.values_mut();
    storyteller.for_each(|it| it.day_chance = 0);
    definitions
}

/// One colonist on open ground in which nothing happens by itself.
fn quiet_colony() -> Colony {
    let map = MapSource::Ascii(["........"; 8].join("\n"));
    Colony::new(&setup(map, 1, &[("wood", 40)]), quiet_definitions()).unwrap()
}

fn start(incident: &str) -> Command {
    Command::StartIncident {
        incident: incident.to_owned(),
    }
}

fn run(colony: &mut Colony, ticks: u32) -> Vec<Event> {
    (0..ticks).flat_map(|_| run_tick(colony)).collect()
}

/// Events of the environment, as text.
fn told(events: &[Event]) -> Vec<String> {
    let tell = |event: &Event| match event {
        Event::DayStarted {
            day,
            season,
            temperature,
        } => Some(format!(
            "day {day} of {} at {temperature}",
            season.as_deref().unwrap_or("no season")
        )),
        Event::SeasonChanged { season, previous } => {
            Some(format!("{previous:?} becomes {season:?}"))
        }
        Event::IncidentStarted { incident, lasts } => Some(format!("{incident} for {lasts}")),
        Event::IncidentEnded { incident } => Some(format!("{incident} is over")),
        _ => None,
    };
    events.iter().filter_map(tell).collect()
}

#[test]
fn days_and_seasons_are_told_of_and_seen() {
    let mut colony = quiet_colony();
    let view = colony.view();
    let first = (view.day(), view.hour(), view.year(), view.season());
    assert_eq!(first, (1, 0, 1, Some("summer")));
    assert_eq!(run(&mut colony, 47), [], "the first day is just there");
    assert_eq!(colony.view().hour(), 23);
    let expected = [
        "day 2 of summer at 180",
        "Some(\"summer\") becomes Some(\"winter\")",
        // The weather of the season before is not over yet.
        "day 3 of winter at -70",
        "day 4 of winter at -130",
        "Some(\"winter\") becomes Some(\"summer\")",
        "day 5 of summer at 120",
    ];
    assert_eq!(told(&run(&mut colony, 4 * 48 - 47)), expected);
    let view = colony.view();
    let last = (view.day(), view.hour(), view.year(), view.season());
    assert_eq!(last, (5, 0, 2, Some("summer")));
}

#[test]
fn the_temperature_is_of_season_hour_weather_and_incidents() {
    let mut colony = quiet_colony();
    colony.environment.weather = None;
    let by_hour = |colony: &mut Colony| {
        let temperatures = (0..4).map(|quarter| {
            colony.tick = quarter * 12;
            colony.view().temperature()
        });
        temperatures.collect::<Vec<i16>>()
    };
    assert_eq!(by_hour(&mut colony), [180, 180, 220, 220]);
    colony.environment.weather = Some(crate::environment::Weather {
        id: "rain".to_owned(),
        ends: 99,
    });
    assert_eq!(by_hour(&mut colony), [150, 150, 190, 190]);
    assert_eq!(colony.view().growth_permille(), 1_500);
    colony.apply(&start("frost")).unwrap();
    assert_eq!(by_hour(&mut colony), [50, 50, 90, 90]);
    assert_eq!(colony.view().growth_permille(), 750);
}

#[test]
fn without_seasons_it_is_always_20_degrees() {
    let map = MapSource::Ascii(["........"; 8].join("\n"));
    let definitions = crate::test_support::definitions();
    let mut colony = Colony::new(&setup(map, 1, &[]), definitions).unwrap();
    let events = run(&mut colony, 1_200);
    let expected = ["day 2 of no season at 200", "day 3 of no season at 200"];
    assert_eq!(told(&events), expected);
    let view = colony.view();
    assert_eq!(
        (view.season(), view.weather(), view.year()),
        (None, None, 1)
    );
    assert_eq!((view.temperature(), view.growth_permille()), (200, 1_000));
}

#[test]
fn the_weather_changes_when_it_is_over() {
    let mut colony = quiet_colony();
    let mut weathers = vec![(0, colony.environment.weather.clone().unwrap())];
    for tick in 1..=480 {
        run_tick(&mut colony);
        let weather = colony.environment.weather.clone().unwrap();
        let (_, last) = &weathers[weathers.len() - 1];
        if weather != *last {
            assert_eq!(last.ends, tick, "no sooner and no later");
            weathers.push((tick, weather));
        }
    }
    let ids: Vec<&str> = weathers.iter().map(|(_, it)| it.id.as_str()).collect();
    for id in ["clear", "rain", "snow"] {
        assert!(ids.contains(&id), "{ids:?}");
    }
}

#[test]
fn the_storyteller_keeps_its_rules() {
    let mut definitions = environment_definitions();
    let frost = definitions.incidents.get_mut("frost").unwrap();
    frost.seasons.insert("winter".to_owned());
    definitions.incidents.get_mut("mould").unwrap().first_day = 6;
    definitions.incidents.get_mut("fall").unwrap().weight = 0;
    let mut colony = busy_colony_with(7, definitions);
    let mut last: std::collections::BTreeMap<String, u32> = Default::default();
    let mut by_day: std::collections::BTreeMap<u32, u32> = Default::default();
    for _ in 0..48 * 40 {
        for event in run_tick(&mut colony) {
            let Event::IncidentStarted { incident, .. } = event else {
                continue;
            };
            let (view, day) = (colony.view(), colony.view().day());
            assert_eq!(view.hour(), 0, "{incident} at the start of a day");
            assert!(day > 1, "{incident} in the days of grace");
            assert_ne!(incident, "fall", "its weight is 0");
            assert!(incident != "frost" || view.season() == Some("winter"));
            assert!(incident != "mould" || day >= 6);
            let pause = last.insert(incident.clone(), day).map(|last| day - last);
            assert!(pause.is_none_or(|pause| pause >= 2), "{incident} again");
            *by_day.entry(day).or_default() += 1;
        }
    }
    assert_eq!(last.len(), 5, "all others happened: {last:?}");
    assert!(by_day.values().all(|count| *count <= 2) && by_day.values().any(|it| *it == 2));
}
