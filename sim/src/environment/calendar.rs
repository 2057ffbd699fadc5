//! Days, seasons and years. The state is where the present day began and which it is; everything else is a function of
//! that and the tick.

use serde::{Deserialize, Serialize};

use crate::Definitions;
use crate::definitions::{DAY_TICKS, SeasonDefinition};

const HOURS: u64 = 24;

/// Where time stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Calendar {
    /// The first day is 1.
    pub(crate) day: u32,
    /// The tick in which the day began.
    pub(crate) began: u64,
    /// How long the day is, as was decided when it began.
    pub(crate) day_ticks: u32,
    /// The first year is 1.
    pub(crate) year: u32,
    /// `None` where there are no seasons.
    pub(crate) season: Option<Season>,
}

/// The season there is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Season {
    pub(crate) id: String,
    /// Its place in the year, kept so that one that is gone has a successor.
    pub(crate) order: u16,
    /// The day of the season; the first is 1.
    pub(crate) day: u32,
}

impl Calendar {
    pub(crate) fn new(definitions: &Definitions) -> Self {
        let mut calendar = Self {
            day: 1,
            began: 0,
            day_ticks: DAY_TICKS,
            year: 1,
            season: None,
        };
        calendar.settle(definitions);
        calendar.day_ticks = calendar.length_of_day(definitions);
        calendar
    }

    pub(crate) fn season_id(&self) -> Option<&str> {
        self.season.as_ref().map(|season| season.id.as_str())
    }

    pub(crate) const fn is_day_over(&self, tick: u64) -> bool {
        tick.saturating_sub(self.began) >= self.day_ticks as u64
    }

    /// The hour of the day, 0 to 23.
    pub(crate) fn hour(&self, tick: u64) -> u8 {
        let hour = self.ticks_into_day(tick) * HOURS / u64::from(self.day_ticks.max(1));
        u8::try_from(hour).unwrap_or(0)
    }

    /// How far the time of day moves the temperature: up to `swing`, reached at 15 o'clock, and down to as much below 0 at
    /// 3, on straight lines between.
    pub(crate) fn swing(&self, tick: u64, swing: i16) -> i64 {
        let length = i64::from(self.day_ticks.max(1));
        let into_day = i64::try_from(self.ticks_into_day(tick)).unwrap_or(0);
        let since_coldest = (into_day + length - length / 8) % length;
        let from_coldest = since_coldest.min(length - since_coldest);
        let swing = i64::from(swing);
        4 * swing * from_coldest / length - swing
    }

    /// Begins the next day, and with it the next season or year where it is time.
    pub(crate) fn begin_day(&mut self, tick: u64, definitions: &Definitions) {
        self.day = self.day.saturating_add(1);
        self.began = tick;
        if let Some(season) = &mut self.season {
            season.day = season.day.saturating_add(1);
            let days = definitions.seasons.get(&season.id).map(|it| it.days);
            if days.is_none_or(|days| season.day > u32::from(days)) {
                let (order, id) = (season.order, season.id.clone());
                self.season = None;
                self.enter_season(definitions, |next| next > (order, id.as_str()));
            }
        }
        self.day_ticks = self.length_of_day(definitions);
    }

    /// Lets a season be one that is defined: if it is gone, the one in its place or after it follows at once.
    pub(crate) fn settle(&mut self, definitions: &Definitions) {
        match &mut self.season {
            None => self.enter_season(definitions, |_| true),
            Some(season) => match definitions.seasons.get(&season.id) {
                Some(definition) => season.order = definition.order,
                None => {
                    let order = season.order;
                    self.season = None;
                    self.enter_season(definitions, |next| next.0 >= order);
                }
            },
        }
    }

    /// Begins the first season in order that may be next; if none may, the first of the next year.
    fn enter_season(
        &mut self,
        definitions: &Definitions,
        may_be_next: impl Fn((u16, &str)) -> bool,
    ) {
        let place = |(id, season): (&'_ String, &SeasonDefinition)| (season.order, id.clone());
        let next = definitions
            .seasons
            .iter()
            .filter(|(id, season)| may_be_next((season.order, id)))
            .map(place)
            .min();
        let Some((order, id)) = next.or_else(|| {
            let first = definitions.seasons.iter().map(place).min();
            self.year = self.year.saturating_add(u32::from(first.is_some()));
            first
        }) else {
            return;
        };
        self.season = Some(Season { id, order, day: 1 });
    }

    /// Ticks since midnight, fewer than the day has.
    fn ticks_into_day(&self, tick: u64) -> u64 {
        let last = u64::from(self.day_ticks.saturating_sub(1));
        tick.saturating_sub(self.began).min(last)
    }

    fn length_of_day(&self, definitions: &Definitions) -> u32 {
        self.season_id()
            .and_then(|id| definitions.seasons.get(id))
            .map_or(DAY_TICKS, |season| season.day_ticks)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_support::table;

    fn seasons(rows: &[(&'static str, u16, u16, u32)]) -> Definitions {
        let season = |order, days, day_ticks| SeasonDefinition {
            order,
            days,
            temperature: 0,
            swing: 0,
            day_ticks,
        };
        let rows = rows
            .iter()
            .map(|(id, order, days, ticks)| (*id, season(*order, *days, *ticks)));
        Definitions {
            seasons: table(rows),
            ..Definitions::default()
        }
    }

    /// What changes over some ticks: tick, year, season, day of the season.
    fn turns(definitions: &Definitions, ticks: u64) -> Vec<(u64, u32, String, u32)> {
        let mut calendar = Calendar::new(definitions);
        let mut turns = Vec::new();
        for tick in 0..ticks {
            if calendar.is_day_over(tick) {
                calendar.begin_day(tick, definitions);
            }
            if calendar.began == tick {
                let season = calendar.season.clone().unwrap();
                turns.push((tick, calendar.year, season.id, season.day));
            }
        }
        turns
    }

    #[test]
    fn days_become_seasons_and_seasons_years() {
        let definitions = seasons(&[
            ("autumn", 7, 1, 24),
            ("spring", 2, 2, 24),
            ("summer", 7, 1, 30),
        ]);
        let expected = [
            (0, 1, "spring", 1),
            (24, 1, "spring", 2),
            (48, 1, "autumn", 1),
            (72, 1, "summer", 1),
            (102, 2, "spring", 1),
            (126, 2, "spring", 2),
            (150, 2, "autumn", 1),
        ];
        let expected = expected.map(|(tick, year, id, day)| (tick, year, id.to_owned(), day));
        assert_eq!(turns(&definitions, 174), expected);
    }

    #[test]
    fn a_year_of_one_season_is_over_with_it() {
        let years: Vec<(u64, u32)> = turns(&seasons(&[("dry", 0, 2, 24)]), 97)
            .into_iter()
            .map(|(tick, year, ..)| (tick, year))
            .collect();
        assert_eq!(years, [(0, 1), (24, 1), (48, 2), (72, 2), (96, 3)]);
    }

    #[test]
    fn without_seasons_there_are_days_alone() {
        let definitions = Definitions::default();
        let mut calendar = Calendar::new(&definitions);
        assert!(!calendar.is_day_over(599) && calendar.is_day_over(600));
        calendar.begin_day(600, &definitions);
        let expected = (2, 600, 600, 1, None);
        let Calendar {
            day,
            began,
            day_ticks,
            year,
            season,
        } = calendar;
        assert_eq!((day, began, day_ticks, year, season), expected);
    }

    #[test]
    fn the_day_has_24_hours_of_any_length() {
        for day_ticks in [24, 25, 47, 600] {
            let calendar = Calendar {
                day_ticks,
                began: 1_000,
                ..Calendar::new(&Definitions::default())
            };
            let hours: Vec<u8> = (1_000..1_000 + u64::from(day_ticks))
                .map(|tick| calendar.hour(tick))
                .collect();
            assert!(hours.is_sorted());
            let mut distinct = hours.clone();
            distinct.dedup();
            assert_eq!(distinct, (0..24).collect::<Vec<u8>>(), "{day_ticks} ticks");
            let late = calendar.hour(1_000 + u64::from(day_ticks));
            assert_eq!(late, 23, "before the step the day has not turned");
        }
    }

    #[test]
    fn it_is_coldest_at_3_and_warmest_at_15() {
        let calendar = Calendar {
            day_ticks: 240,
            ..Calendar::new(&Definitions::default())
        };
        let by_hour: Vec<i64> = (0..24).map(|hour| calendar.swing(hour * 10, 60)).collect();
        let expected = [
            -30, -40, -50, -60, -50, -40, -30, -20, -10, 0, 10, 20, 30, 40, 50, 60, 50, 40, 30, 20,
            10, 0, -10, -20,
        ];
        assert_eq!(by_hour, expected);
    }

    #[test]
    fn what_follows_a_season_that_is_gone_is_in_its_place_or_after_it() {
        let year = [
            ("autumn", 3, 2, 24),
            ("spring", 1, 2, 24),
            ("summer", 2, 2, 24),
        ];
        let in_season = |id: &str, order| Calendar {
            season: Some(Season {
                id: id.to_owned(),
                order,
                day: 2,
            }),
            ..Calendar::new(&Definitions::default())
        };
        let rows = [
            (2, "summer", 1),
            (4, "spring", 2),
            (0, "spring", 1),
            (3, "autumn", 1),
        ];
        for (order, expected, in_year) in rows {
            let mut calendar = in_season("monsoon", order);
            calendar.settle(&seasons(&year));
            assert_eq!(calendar.season_id(), Some(expected));
            assert_eq!((calendar.year, calendar.day), (in_year, 1));
        }
        let mut calendar = in_season("monsoon", 2);
        calendar.settle(&Definitions::default());
        assert_eq!((calendar.season_id(), calendar.year), (None, 1));
        calendar.settle(&seasons(&year));
        assert_eq!((calendar.season_id(), calendar.year), (Some("spring"), 1));
    }
}
