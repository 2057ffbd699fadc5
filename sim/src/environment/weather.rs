//! Which weather it is: drawn by the weights of the season, for a drawn time.

use serde::{Deserialize, Serialize};

use crate::definitions::WeatherDefinition;
use crate::rng::below;
use crate::{Colony, Definitions};

use super::{random_u64, stream, weighted};

/// The weather there is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Weather {
    pub(crate) id: String,
    /// The tick in which another is drawn.
    pub(crate) ends: u64,
}

/// The definition of the weather there is.
pub(super) fn definition<'d>(
    weather: Option<&Weather>,
    definitions: &'d Definitions,
) -> Option<&'d WeatherDefinition> {
    definitions.weather.get(&weather?.id)
}

/// Draws the weather for a seed and a tick, `None` where the season has none.
pub(super) fn draw(
    (seed, tick): (u64, u64),
    season: Option<&str>,
    definitions: &Definitions,
) -> Option<Weather> {
    let season = season?;
    let choices = definitions.weather.iter().filter_map(|(id, definition)| {
        let weight = definition.seasons.get(season)?;
        Some(((id, definition), *weight))
    });
    let draw = |counter| random_u64(seed, stream::WEATHER, tick, 0, counter);
    let (id, definition) = weighted(draw(0), choices)?;
    let spread = definition.ticks_max.saturating_sub(definition.ticks_min);
    let lasts = definition.ticks_min + below(draw(1), spread + 1);
    Some(Weather {
        id: id.clone(),
        ends: tick + u64::from(lasts),
    })
}

impl Colony {
    /// Draws another weather where one is over or there is none.
    pub(super) fn change_weather(&mut self) {
        let weather = self.environment.weather.as_ref();
        if weather.is_none_or(|weather| self.tick >= weather.ends) {
            let season = self.environment.calendar.season_id();
            self.environment.weather = draw((self.seed, self.tick), season, &self.definitions);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::test_support::environment_definitions;

    #[test]
    fn draws_follow_the_weights_of_the_season() {
        let definitions = environment_definitions();
        let count = |season: &str| {
            let mut drawn: BTreeMap<String, u32> = BTreeMap::new();
            for tick in 0..4_000 {
                let weather = draw((42, tick), Some(season), &definitions).unwrap();
                let lasts = weather.ends - tick;
                let definition = &definitions.weather[&weather.id];
                let bounds = u64::from(definition.ticks_min)..=u64::from(definition.ticks_max);
                assert!(bounds.contains(&lasts), "{weather:?} drawn in {tick}");
                *drawn.entry(weather.id).or_default() += 1;
            }
            drawn.into_iter().collect::<Vec<_>>()
        };
        // Weights 3 to 1 in summer; winter has snow alone.
        let expected = [("clear".to_owned(), 3_032), ("rain".to_owned(), 968)];
        assert_eq!(count("summer"), expected);
        assert_eq!(count("winter"), [("snow".to_owned(), 4_000)]);
        assert_eq!(draw((42, 0), Some("fall"), &definitions), None);
        assert_eq!(draw((42, 0), None, &definitions), None);
    }

    #[test]
    fn every_length_within_its_bounds_is_drawn() {
        let definitions = environment_definitions();
        let lengths: std::collections::BTreeSet<u64> = (0..2_000)
            .map(|tick| draw((7, tick), Some("winter"), &definitions).unwrap().ends - tick)
            .collect();
        let snow = &definitions.weather["snow"];
        let expected = u64::from(snow.ticks_min)..=u64::from(snow.ticks_max);
        assert_eq!(lengths, expected.collect());
    }
}
