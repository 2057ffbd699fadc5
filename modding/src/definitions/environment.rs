//! Reads seasons, weather, incidents and the storyteller.

use std::collections::BTreeSet;
use std::ops::RangeInclusive;

use sim::{
    DAY_TICKS, DAY_TICKS_MAX, DAY_TICKS_MIN, FACTOR_MAX, HEALTH_MAX, INCIDENTS_A_DAY_MAX,
    IncidentDefinition, IncidentEffect, JOINERS_MAX, LASTS_MAX, PERMILLE, SEASON_DAYS_MAX,
    SPAWN_COUNT_MAX, SeasonDefinition, StorytellerDefinition, TEMPERATURE_MAX, WAIT_DAYS_MAX,
    WEIGHT_MAX, WeatherDefinition,
};

use crate::document::TableReader;

use super::fields::read_counts;

const TEMPERATURES: RangeInclusive<i16> = -TEMPERATURE_MAX..=TEMPERATURE_MAX;

/// The keys that go with each effect alone.
const EFFECTS: [(&str, &[&str]); 6] = [
    ("weather", &["temperature", "growth"]),
    ("gift", &["items"]),
    ("joiner", &["count"]),
    ("blight", &["permille"]),
    ("accident", &["points"]),
    ("theft", &["item", "permille"]),
];

pub(super) fn read_season(table: &mut TableReader<'_>) -> Option<SeasonDefinition> {
    let order = table
        .required("order")
        .and_then(|value| value.integer(0..=u16::MAX));
    let days = table
        .required("days")
        .and_then(|value| value.integer(1..=SEASON_DAYS_MAX));
    let temperature = table
        .required("temperature")
        .and_then(|value| value.integer(TEMPERATURES));
    let swing = table
        .optional("swing")
        .map_or(Some(0), |value| value.integer(0..=TEMPERATURE_MAX));
    let day_ticks = table
        .optional("day_ticks")
        .map_or(Some(DAY_TICKS), |value| {
            value.integer(DAY_TICKS_MIN..=DAY_TICKS_MAX)
        });
    Some(SeasonDefinition {
        order: order?,
        days: days?,
        temperature: temperature?,
        swing: swing?,
        day_ticks: day_ticks?,
    })
}

pub(super) fn read_weather(table: &mut TableReader<'_>) -> Option<WeatherDefinition> {
    let seasons = table
        .required("seasons")
        .and_then(|value| read_counts(&value, WEIGHT_MAX));
    let (temperature, growth) = read_influence(table);
    let mut ticks = |key| {
        table
            .required(key)
            .and_then(|value| value.integer(1..=LASTS_MAX))
    };
    let (ticks_min, ticks_max) = (ticks("ticks_min"), ticks("ticks_max"));
    Some(WeatherDefinition {
        seasons: seasons?,
        temperature: temperature?,
        growth: growth?,
        ticks_min: ticks_min?,
        ticks_max: ticks_max?,
    })
}

/// What is added to the temperature, and the factor of growth.
fn read_influence(table: &mut TableReader<'_>) -> (Option<i16>, Option<u16>) {
    let temperature = table
        .optional("temperature")
        .map_or(Some(0), |value| value.integer(TEMPERATURES));
    let growth = table
        .optional("growth")
        .map_or(Some(PERMILLE), |value| value.integer(0..=FACTOR_MAX));
    (temperature, growth)
}

pub(super) fn read_incident(table: &mut TableReader<'_>) -> Option<IncidentDefinition> {
    let weight = table
        .required("weight")
        .and_then(|value| value.integer(0..=WEIGHT_MAX));
    let mut optional = |key, max| {
        table
            .optional(key)
            .map_or(Some(0), |value| value.integer(0..=max))
    };
    let first_day = optional("first_day", WAIT_DAYS_MAX);
    let pause_days = optional("pause_days", WAIT_DAYS_MAX);
    let lasts = optional("lasts", LASTS_MAX);
    let seasons = table
        .optional("seasons")
        .map_or(Some(Vec::new()), |value| value.strings());
    let names = EFFECTS.map(|(name, _)| name);
    let effect = table
        .required("effect")
        .and_then(|value| value.one_of("effect", &names))
        .and_then(|effect| {
            refuse_keys_of_others(table, effect);
            read_effect(table, effect)
        });
    Some(IncidentDefinition {
        weight: weight?,
        first_day: first_day?,
        pause_days: pause_days?,
        seasons: seasons?.into_iter().collect(),
        lasts: lasts?,
        effect: effect?,
    })
}

fn refuse_keys_of_others(table: &mut TableReader<'_>, effect: &str) {
    let own = EFFECTS.iter().find(|(name, _)| *name == effect);
    let own = own.map_or(&[][..], |(_, keys)| keys);
    let keys: BTreeSet<&str> = EFFECTS
        .iter()
        .flat_map(|(_, keys)| *keys)
        .copied()
        .collect();
    for key in keys.into_iter().filter(|key| !own.contains(key)) {
        table.refuse(key, &format!("does not go with the effect `{effect}`"));
    }
}

fn read_effect(table: &mut TableReader<'_>, effect: &str) -> Option<IncidentEffect> {
    let permille = |table: &mut TableReader<'_>| {
        table
            .required("permille")
            .and_then(|value| value.integer(1..=PERMILLE))
    };
    Some(match effect {
        "weather" => {
            let (temperature, growth) = read_influence(table);
            IncidentEffect::Weather {
                temperature: temperature?,
                growth: growth?,
            }
        }
        "gift" => {
            let items = table.required("items");
            IncidentEffect::Gift {
                items: items.and_then(|value| read_counts(&value, SPAWN_COUNT_MAX))?,
            }
        }
        "joiner" => {
            let count = table.required("count");
            IncidentEffect::Joiner {
                count: count.and_then(|value| value.integer(1..=JOINERS_MAX))?,
            }
        }
        "blight" => IncidentEffect::Blight {
            permille: permille(table)?,
        },
        "accident" => {
            let points = table.required("points");
            IncidentEffect::Accident {
                points: points.and_then(|value| value.integer(1..=HEALTH_MAX))?,
            }
        }
        _ => {
            let item = table
                .required("item")
                .and_then(|value| value.string().map(str::to_owned));
            let permille = permille(table);
            IncidentEffect::Theft {
                item: item?,
                permille: permille?,
            }
        }
    })
}

pub(super) fn read_storyteller(table: &mut TableReader<'_>) -> Option<StorytellerDefinition> {
    let day_chance = table
        .required("day_chance")
        .and_then(|value| value.integer(0..=PERMILLE));
    let grace_days = table
        .required("grace_days")
        .and_then(|value| value.integer(0..=WAIT_DAYS_MAX));
    let incidents_max_a_day = table
        .required("incidents_max_a_day")
        .and_then(|value| value.integer(0..=INCIDENTS_A_DAY_MAX));
    Some(StorytellerDefinition {
        day_chance: day_chance?,
        grace_days: grace_days?,
        incidents_max_a_day: incidents_max_a_day?,
    })
}
