//! What goes on around the colonists: the calendar, the weather, incidents and the storyteller who chooses them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::definitions::{IncidentEffect, PERMILLE, TEMPERATURE_DEFAULT, TEMPERATURE_MAX};
use crate::rng::{random_u64, stream, weighted};
use crate::{Colony, Definitions, Event, FACTOR_MAX};

mod calendar;
mod incidents;
mod storyteller;
mod weather;

pub(crate) use calendar::Calendar;
pub(crate) use weather::Weather;

/// The state of it all.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Environment {
    pub(crate) calendar: Calendar,
    /// `None` where the season has none.
    pub(crate) weather: Option<Weather>,
    /// What runs, by id of the incident.
    pub(crate) running: BTreeMap<String, RunningIncident>,
    /// The day on which each incident started last.
    pub(crate) started_on: BTreeMap<String, u32>,
    /// How many incidents have started: tells the draws of several in one tick apart.
    pub(crate) started: u64,
    /// How much a crop would have grown that was there all the time, in permille of ticks.
    pub(crate) growth: u64,
}

/// An incident that lasts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct RunningIncident {
    pub(crate) began: u64,
    /// The tick at whose start it is over.
    pub(crate) ends: u64,
}

/// An incident that runs, as the outside sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IncidentFacts {
    /// Id of its definition.
    pub incident: String,
    /// The tick in which it began.
    pub began: u64,
    /// The tick in which it is over.
    pub ends: u64,
}

/// Lets a tick pass: incidents and the day end, the weather changes, a new day brings incidents.
pub(crate) fn run(colony: &mut Colony) {
    colony.end_incidents();
    let is_new_day = colony.environment.calendar.is_day_over(colony.tick);
    if is_new_day {
        let previous = colony.season();
        let calendar = &mut colony.environment.calendar;
        calendar.begin_day(colony.tick, &colony.definitions);
        colony.tell_of_season(previous);
    }
    colony.change_weather();
    if is_new_day {
        let temperature = colony.temperature();
        colony.events.push(Event::DayStarted {
            day: colony.environment.calendar.day,
            season: colony.season(),
            temperature,
        });
        colony.tell_story();
    }
}

impl Environment {
    /// The first day of the first season.
    pub(crate) fn new(seed: u64, definitions: &Definitions) -> Self {
        let calendar = Calendar::new(definitions);
        Self {
            weather: weather::draw((seed, 0), calendar.season_id(), definitions),
            calendar,
            running: BTreeMap::new(),
            started_on: BTreeMap::new(),
            started: 0,
            growth: 0,
        }
    }

    /// The incidents that run and are defined.
    fn effects<'a>(
        &'a self,
        definitions: &'a Definitions,
    ) -> impl Iterator<Item = &'a IncidentEffect> {
        let definitions = self.running.keys().map(|id| definitions.incidents.get(id));
        definitions.flatten().map(|definition| &definition.effect)
    }
}

impl Environment {
    /// How long the longest of the running blights lasts, in ticks.
    pub(crate) fn longest_blight(&self, definitions: &Definitions) -> Option<u64> {
        let blights = self.running.iter().filter(|(id, _)| {
            let definition = definitions.incidents.get(*id);
            definition.is_some_and(|it| matches!(it.effect, IncidentEffect::Blight { .. }))
        });
        blights
            .map(|(_, running)| running.ends - running.began)
            .max()
    }
}

impl Colony {
    /// Id of the season there is.
    pub(crate) fn season(&self) -> Option<String> {
        let season = self.environment.calendar.season_id();
        season.map(ToOwned::to_owned)
    }

    /// Temperature in tenths of a degree Celsius: of the season and the time of day, of the weather, of incidents.
    pub(crate) fn temperature(&self) -> i16 {
        let (environment, definitions) = (&self.environment, &self.definitions);
        let calendar = &environment.calendar;
        let season = calendar
            .season_id()
            .and_then(|id| definitions.seasons.get(id));
        let of_season = season.map_or(i64::from(TEMPERATURE_DEFAULT), |season| {
            i64::from(season.temperature) + calendar.swing(self.tick, season.swing)
        });
        let of_weather = weather::definition(environment.weather.as_ref(), definitions)
            .map_or(0, |weather| i64::from(weather.temperature));
        let of_incidents = environment.effects(definitions).map(|effect| match effect {
            IncidentEffect::Weather { temperature, .. } => i64::from(*temperature),
            _ => 0,
        });
        let sum = of_season + of_weather + of_incidents.sum::<i64>();
        let bound = i64::from(TEMPERATURE_MAX);
        i16::try_from(sum.clamp(-bound, bound)).unwrap_or(TEMPERATURE_MAX)
    }

    /// How fast crops grow, as a factor in permille up to [`FACTOR_MAX`].
    pub(crate) fn growth_permille(&self) -> u16 {
        let (environment, definitions) = (&self.environment, &self.definitions);
        let of_weather = weather::definition(environment.weather.as_ref(), definitions)
            .map_or(PERMILLE, |weather| weather.growth);
        let of_incidents = environment.effects(definitions).map(|effect| match effect {
            IncidentEffect::Weather { growth, .. } => *growth,
            _ => PERMILLE,
        });
        let growth = of_incidents.fold(u64::from(of_weather), |product, factor| {
            let product = product * u64::from(factor) / u64::from(PERMILLE);
            product.min(u64::from(FACTOR_MAX))
        });
        u16::try_from(growth).unwrap_or(FACTOR_MAX)
    }

    /// How many crops of a thousand the running blights kill.
    pub(crate) fn blight_permille(&self) -> u16 {
        let effects = self.environment.effects(&self.definitions);
        let killed = effects.fold(0_u16, |sum, effect| match effect {
            IncidentEffect::Blight { permille } => sum.saturating_add(*permille),
            _ => sum,
        });
        killed.min(PERMILLE)
    }

    /// Brings what runs into agreement with the definitions, after they or it may have changed: what is not defined any
    /// more is over, seasons follow each other as they are ordered now.
    pub(crate) fn settle_environment(&mut self) {
        let previous = self.season();
        self.environment.calendar.settle(&self.definitions);
        self.tell_of_season(previous);
        let weather = self.environment.weather.as_ref();
        if weather::definition(weather, &self.definitions).is_none() {
            self.environment.weather = None;
        }
        let defined = &self.definitions.incidents;
        self.environment
            .started_on
            .retain(|id, _| defined.contains_key(id));
        let running = self.environment.running.keys();
        let gone: Vec<String> = running
            .filter(|id| !defined.contains_key(*id))
            .cloned()
            .collect();
        for incident in gone {
            self.end_incident(incident);
        }
    }

    /// Tells of a season if it is another than before.
    fn tell_of_season(&mut self, previous: Option<String>) {
        let season = self.season();
        if season != previous {
            self.events.push(Event::SeasonChanged { season, previous });
        }
    }
}
