//! Faults of seasons, weather, incidents and the storyteller.

use std::collections::BTreeMap;

use super::{Faults, check_id};
use crate::definitions::{
    DAY_TICKS_MAX, DAY_TICKS_MIN, Definitions, FACTOR_MAX, INCIDENTS_A_DAY_MAX, IncidentDefinition,
    IncidentEffect, JOINERS_MAX, LASTS_MAX, PERMILLE, SEASON_DAYS_MAX, STORYTELLER,
    SeasonDefinition, StorytellerDefinition, TEMPERATURE_MAX, WAIT_DAYS_MAX, WEIGHT_MAX,
    WeatherDefinition,
};
use crate::{HEALTH_MAX, SPAWN_COUNT_MAX};

pub(super) fn check(faults: &mut Faults, definitions: &Definitions) {
    for (id, season) in &definitions.seasons {
        check_season(faults, id, season);
    }
    for (id, weather) in &definitions.weather {
        check_weather(faults, id, weather, definitions);
    }
    for (id, incident) in &definitions.incidents {
        check_incident(faults, id, incident, definitions);
    }
    for (id, storyteller) in &definitions.storyteller {
        check_storyteller(faults, id, storyteller);
    }
    if !definitions.incidents.is_empty() && !definitions.storyteller.contains_key(STORYTELLER) {
        let message = "is missing, expected a definition as there are incidents".to_owned();
        faults.add(("storyteller", STORYTELLER, ""), message);
    }
}

fn check_season(faults: &mut Faults, id: &str, season: &SeasonDefinition) {
    let place = |field| ("seasons", id, field);
    check_id(faults, "seasons", id);
    faults.check_bounds(place("days"), season.days, (1, SEASON_DAYS_MAX));
    check_temperature(faults, place("temperature"), season.temperature);
    faults.check_bounds(place("swing"), season.swing, (0, TEMPERATURE_MAX));
    let bounds = (DAY_TICKS_MIN, DAY_TICKS_MAX);
    faults.check_bounds(place("day_ticks"), season.day_ticks, bounds);
}

fn check_temperature(faults: &mut Faults, place: super::Place<'_>, temperature: i16) {
    faults.check_bounds(place, temperature, (-TEMPERATURE_MAX, TEMPERATURE_MAX));
}

fn check_weather(
    faults: &mut Faults,
    id: &str,
    weather: &WeatherDefinition,
    definitions: &Definitions,
) {
    let place = |field| ("weather", id, field);
    check_id(faults, "weather", id);
    if weather.seasons.is_empty() {
        let message = "found none, expected at least one season".to_owned();
        faults.add(place("seasons"), message);
    }
    for (season, weight) in &weather.seasons {
        faults.check_reference(place("seasons"), season, ("seasons", &definitions.seasons));
        faults.check_bounds(place("seasons"), *weight, (1, WEIGHT_MAX));
    }
    check_temperature(faults, place("temperature"), weather.temperature);
    faults.check_bounds(place("growth"), weather.growth, (0, FACTOR_MAX));
    faults.check_bounds(place("ticks_max"), weather.ticks_max, (1, LASTS_MAX));
    let bounds = (1, weather.ticks_max.clamp(1, LASTS_MAX));
    faults.check_bounds(place("ticks_min"), weather.ticks_min, bounds);
}

fn check_incident(
    faults: &mut Faults,
    id: &str,
    incident: &IncidentDefinition,
    definitions: &Definitions,
) {
    let place = |field| ("incidents", id, field);
    check_id(faults, "incidents", id);
    faults.check_bounds(place("weight"), incident.weight, (0, WEIGHT_MAX));
    faults.check_bounds(place("first_day"), incident.first_day, (0, WAIT_DAYS_MAX));
    faults.check_bounds(place("pause_days"), incident.pause_days, (0, WAIT_DAYS_MAX));
    for season in &incident.seasons {
        faults.check_reference(place("seasons"), season, ("seasons", &definitions.seasons));
    }
    let effect = incident.effect.name();
    if incident.effect.is_lasting() {
        faults.check_bounds(place("lasts"), incident.lasts, (1, LASTS_MAX));
    } else if incident.lasts != 0 {
        let message = format!(
            "found {}, expected 0: the effect `{effect}` happens at once",
            incident.lasts
        );
        faults.add(place("lasts"), message);
    }
    check_effect(faults, id, &incident.effect, definitions);
}

fn check_effect(faults: &mut Faults, id: &str, effect: &IncidentEffect, definitions: &Definitions) {
    let place = |field| ("incidents", id, field);
    match effect {
        IncidentEffect::Weather {
            temperature,
            growth,
        } => {
            check_temperature(faults, place("temperature"), *temperature);
            faults.check_bounds(place("growth"), *growth, (0, FACTOR_MAX));
        }
        IncidentEffect::Gift { items } => check_gift(faults, id, items, definitions),
        IncidentEffect::Joiner { count } => {
            faults.check_bounds(place("count"), *count, (1, JOINERS_MAX));
        }
        IncidentEffect::Blight { permille } => {
            faults.check_bounds(place("permille"), *permille, (1, PERMILLE));
        }
        IncidentEffect::Accident { points } => {
            faults.check_bounds(place("points"), *points, (1, HEALTH_MAX));
        }
        IncidentEffect::Theft { item, permille } => {
            faults.check_reference(place("item"), item, ("items", &definitions.items));
            faults.check_bounds(place("permille"), *permille, (1, PERMILLE));
        }
    }
}

fn check_gift(
    faults: &mut Faults,
    id: &str,
    items: &BTreeMap<String, u32>,
    definitions: &Definitions,
) {
    let place = ("incidents", id, "items");
    if items.is_empty() {
        faults.add(place, "found none, expected at least one item".to_owned());
    }
    for (item, count) in items {
        faults.check_reference(place, item, ("items", &definitions.items));
        faults.check_bounds(place, *count, (1, SPAWN_COUNT_MAX));
    }
}

fn check_storyteller(faults: &mut Faults, id: &str, storyteller: &StorytellerDefinition) {
    let place = |field| ("storyteller", id, field);
    if id != STORYTELLER {
        let message = format!("is no storyteller, expected the one id `{STORYTELLER}`");
        faults.add(place(""), message);
    }
    faults.check_bounds(place("day_chance"), storyteller.day_chance, (0, PERMILLE));
    faults.check_bounds(
        place("grace_days"),
        storyteller.grace_days,
        (0, WAIT_DAYS_MAX),
    );
    faults.check_bounds(
        place("incidents_max_a_day"),
        storyteller.incidents_max_a_day,
        (0, INCIDENTS_A_DAY_MAX),
    );
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_support::environment_definitions;

    type Change = fn(&mut Definitions);

    /// Each change gives exactly one fault, which begins as told.
    fn check_rows(rows: &[(&str, Change)]) {
        assert_eq!(environment_definitions().validate(), []);
        for (expected, change) in rows {
            let mut definitions = environment_definitions();
            change(&mut definitions);
            let found: Vec<String> = definitions
                .validate()
                .iter()
                .map(ToString::to_string)
                .collect();
            assert!(
                found.len() == 1 && found[0].starts_with(expected),
                "expected {expected}, found {found:?}"
            );
        }
    }

    fn season(d: &mut Definitions) -> &mut SeasonDefinition {
        d.seasons.get_mut("winter").unwrap()
    }

    fn weather(d: &mut Definitions) -> &mut WeatherDefinition {
        d.weather.get_mut("rain").unwrap()
    }

    fn incident<'d>(d: &'d mut Definitions, id: &str) -> &'d mut IncidentDefinition {
        d.incidents.get_mut(id).unwrap()
    }

    fn storyteller(d: &mut Definitions) -> &mut StorytellerDefinition {
        d.storyteller.get_mut(STORYTELLER).unwrap()
    }

    #[test]
    fn faults_of_seasons_and_weather_are_named() {
        check_rows(&[
            ("seasons.winter.days: found 0, expected 1 to 1000", |d| {
                season(d).days = 0
            }),
            (
                "seasons.winter.temperature: found -1001, expected -1000 to 1000",
                |d| season(d).temperature = -1_001,
            ),
            ("seasons.winter.swing: found -1, expected 0 to 1000", |d| {
                season(d).swing = -1
            }),
            (
                "seasons.winter.day_ticks: found 23, expected 24 to 100000",
                |d| season(d).day_ticks = 23,
            ),
            ("seasons.Fall: expected an id", |d| {
                let fall = d.seasons["winter"].clone();
                d.seasons.insert("Fall".to_owned(), fall);
            }),
            (
                "weather.rain.seasons: `wintre` is not defined in seasons; did you mean `winter`?",
                |d| assert_eq!(weather(d).seasons.insert("wintre".to_owned(), 1), None),
            ),
            ("weather.rain.seasons: found 0, expected 1 to 1000", |d| {
                weather(d).seasons.insert("winter".to_owned(), 0);
            }),
            ("weather.rain.seasons: found none", |d| {
                weather(d).seasons.clear()
            }),
            ("weather.rain.temperature: found 1001", |d| {
                weather(d).temperature = 1_001
            }),
            ("weather.rain.growth: found 10001", |d| {
                weather(d).growth = 10_001
            }),
            ("weather.rain.ticks_min: found 41, expected 1 to 40", |d| {
                weather(d).ticks_min = 41
            }),
            ("weather.rain.ticks_max: found 1000001", |d| {
                weather(d).ticks_max = 1_000_001
            }),
        ]);
    }

    #[test]
    fn faults_of_incidents_are_named() {
        check_rows(&[
            ("incidents.frost.weight: found 1001", |d| {
                incident(d, "frost").weight = 1_001
            }),
            ("incidents.frost.first_day: found 100001", |d| {
                incident(d, "frost").first_day = 100_001
            }),
            ("incidents.frost.pause_days: found 100001", |d| {
                incident(d, "frost").pause_days = 100_001
            }),
            ("incidents.frost.lasts: found 0, expected 1 to", |d| {
                incident(d, "frost").lasts = 0
            }),
            (
                "incidents.fall.lasts: found 3, expected 0: the effect `accident` happens at once",
                |d| incident(d, "fall").lasts = 3,
            ),
            ("incidents.frost.seasons: `fall` is not defined", |d| {
                assert!(incident(d, "frost").seasons.insert("fall".to_owned()))
            }),
            ("incidents.fall.points: found 0", |d| {
                incident(d, "fall").effect = IncidentEffect::Accident { points: 0 }
            }),
            (
                "incidents.thieves.item: `wod` is not defined in items",
                |d| {
                    let item = "wod".to_owned();
                    incident(d, "thieves").effect = IncidentEffect::Theft { item, permille: 1 };
                },
            ),
            ("incidents.thieves.permille: found 1001", |d| {
                let (item, permille) = ("wood".to_owned(), 1_001);
                incident(d, "thieves").effect = IncidentEffect::Theft { item, permille };
            }),
            ("incidents.guests.count: found 101", |d| {
                incident(d, "guests").effect = IncidentEffect::Joiner { count: 101 }
            }),
            ("incidents.parcel.items: found none", |d| {
                let items = BTreeMap::new();
                incident(d, "parcel").effect = IncidentEffect::Gift { items };
            }),
            ("incidents.parcel.items: found 10001", |d| {
                let items = BTreeMap::from([("wood".to_owned(), 10_001)]);
                incident(d, "parcel").effect = IncidentEffect::Gift { items };
            }),
            ("incidents.mould.permille: found 0", |d| {
                incident(d, "mould").effect = IncidentEffect::Blight { permille: 0 }
            }),
            ("incidents.frost.growth: found 10001", |d| {
                let (temperature, growth) = (0, 10_001);
                incident(d, "frost").effect = IncidentEffect::Weather {
                    temperature,
                    growth,
                };
            }),
        ]);
    }

    #[test]
    fn there_is_one_storyteller_where_there_are_incidents() {
        check_rows(&[
            ("storyteller.storyteller: is missing", |d| {
                d.storyteller.clear()
            }),
            ("storyteller.bard: is no storyteller", |d| {
                let bard = d.storyteller[STORYTELLER].clone();
                d.storyteller.insert("bard".to_owned(), bard);
            }),
            ("storyteller.storyteller.day_chance: found 1001", |d| {
                storyteller(d).day_chance = 1_001
            }),
            ("storyteller.storyteller.grace_days: found 100001", |d| {
                storyteller(d).grace_days = 100_001
            }),
            (
                "storyteller.storyteller.incidents_max_a_day: found 11",
                |d| storyteller(d).incidents_max_a_day = 11,
            ),
        ]);
        let mut definitions = environment_definitions();
        definitions.storyteller.clear();
        definitions.incidents.clear();
        assert_eq!(definitions.validate(), []);
    }
}
