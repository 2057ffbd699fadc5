//! What differs between two sets of seasons, weather, incidents and storytellers.

use super::{Fields, listed};
use crate::definitions::{
    ChangeRule, IncidentDefinition, IncidentEffect, SeasonDefinition, StorytellerDefinition,
    WeatherDefinition,
};

pub(super) fn compare_season(
    fields: &mut Fields<'_>,
    old: &SeasonDefinition,
    new: &SeasonDefinition,
) {
    let SeasonDefinition {
        order,
        days,
        temperature,
        swing,
        day_ticks,
    } = old;
    fields.compare("order", ChangeRule::NextUse, order, new.order);
    fields.compare("days", ChangeRule::Now, days, new.days);
    fields.compare("temperature", ChangeRule::Now, temperature, new.temperature);
    fields.compare("swing", ChangeRule::Now, swing, new.swing);
    fields.compare("day_ticks", ChangeRule::NextUse, day_ticks, new.day_ticks);
}

pub(super) fn compare_weather(
    fields: &mut Fields<'_>,
    old: &WeatherDefinition,
    new: &WeatherDefinition,
) {
    let WeatherDefinition {
        seasons,
        temperature,
        growth,
        ticks_min,
        ticks_max,
    } = old;
    let (old_seasons, new_seasons) = (listed(seasons), listed(&new.seasons));
    fields.compare("seasons", ChangeRule::NextUse, old_seasons, new_seasons);
    fields.compare("temperature", ChangeRule::Now, temperature, new.temperature);
    fields.compare("growth", ChangeRule::Now, growth, new.growth);
    fields.compare("ticks_min", ChangeRule::NextUse, ticks_min, new.ticks_min);
    fields.compare("ticks_max", ChangeRule::NextUse, ticks_max, new.ticks_max);
}

pub(super) fn compare_incident(
    fields: &mut Fields<'_>,
    old: &IncidentDefinition,
    new: &IncidentDefinition,
) {
    let IncidentDefinition {
        weight,
        first_day,
        pause_days,
        seasons,
        lasts,
        effect,
    } = old;
    let list = |ids: &std::collections::BTreeSet<String>| {
        let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
        ids.join(", ")
    };
    fields.compare("weight", ChangeRule::NextUse, weight, new.weight);
    fields.compare("first_day", ChangeRule::NextUse, first_day, new.first_day);
    fields.compare(
        "pause_days",
        ChangeRule::NextUse,
        pause_days,
        new.pause_days,
    );
    fields.compare(
        "seasons",
        ChangeRule::NextUse,
        list(seasons),
        list(&new.seasons),
    );
    fields.compare("lasts", ChangeRule::NextUse, lasts, new.lasts);
    compare_effect(fields, effect, &new.effect);
}

fn compare_effect(fields: &mut Fields<'_>, old: &IncidentEffect, new: &IncidentEffect) {
    use IncidentEffect::{Accident, Blight, Gift, Joiner, Theft, Weather};
    let (now, next_use) = (ChangeRule::Now, ChangeRule::NextUse);
    match (old, new) {
        (
            Weather {
                temperature: old_temperature,
                growth: old_growth,
            },
            Weather {
                temperature,
                growth,
            },
        ) => {
            fields.compare("temperature", now, old_temperature, temperature);
            fields.compare("growth", now, old_growth, growth);
        }
        (Blight { permille: old }, Blight { permille }) => {
            fields.compare("permille", now, old, permille);
        }
        (Gift { items: old }, Gift { items }) => {
            fields.compare("items", next_use, listed(old), listed(items));
        }
        (Joiner { count: old }, Joiner { count }) => {
            fields.compare("count", next_use, old, count);
        }
        (Accident { points: old }, Accident { points }) => {
            fields.compare("points", next_use, old, points);
        }
        (
            Theft {
                item: old_item,
                permille: old_permille,
            },
            Theft { item, permille },
        ) => {
            fields.compare("item", next_use, old_item, item);
            fields.compare("permille", next_use, old_permille, permille);
        }
        (old, new) => fields.compare("effect", now, old.name(), new.name()),
    }
}

pub(super) fn compare_storyteller(
    fields: &mut Fields<'_>,
    old: &StorytellerDefinition,
    new: &StorytellerDefinition,
) {
    let StorytellerDefinition {
        day_chance,
        grace_days,
        incidents_max_a_day,
    } = old;
    let rule = ChangeRule::NextUse;
    fields.compare("day_chance", rule, day_chance, new.day_chance);
    fields.compare("grace_days", rule, grace_days, new.grace_days);
    fields.compare(
        "incidents_max_a_day",
        rule,
        incidents_max_a_day,
        new.incidents_max_a_day,
    );
}
