//! What goes on around the colonists: seasons, weather, incidents and who tells of them. All of it is optional.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

/// Largest temperature, in tenths of a degree Celsius; the lowest is as far below 0.
pub const TEMPERATURE_MAX: i16 = 1_000;
/// Temperature of a colony without seasons, in tenths of a degree Celsius.
pub const TEMPERATURE_DEFAULT: i16 = 200;
/// Ticks of a day where no season says otherwise.
pub const DAY_TICKS: u32 = 600;
/// Fewest ticks of a day: one an hour.
pub const DAY_TICKS_MIN: u32 = 24;
/// Most ticks of a day.
pub const DAY_TICKS_MAX: u32 = 100_000;
/// Most days of a season.
pub const SEASON_DAYS_MAX: u16 = 1_000;
/// Most days that an incident or the storyteller can wait.
pub const WAIT_DAYS_MAX: u32 = 100_000;
/// Largest weight of one choice among several.
pub const WEIGHT_MAX: u32 = 1_000;
/// The whole in permille: unchanged as a factor, certain as a chance, all as a share.
pub const PERMILLE: u16 = 1_000;
/// Largest factor, in permille.
pub const FACTOR_MAX: u16 = 10_000;
/// Most ticks that a weather or an incident lasts.
pub const LASTS_MAX: u32 = 1_000_000;
/// Most colonists that join in one incident.
pub const JOINERS_MAX: u32 = 100;
/// Most incidents of the storyteller a day.
pub const INCIDENTS_A_DAY_MAX: u8 = 10;
/// The one id in the table `storyteller`.
pub const STORYTELLER: &str = "storyteller";

/// A season. The year is all of them, in order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SeasonDefinition {
    /// Place in the year, lowest first; equal ones follow in order of id.
    ///
    /// Changes at the *next use*, which is when a season ends.
    pub order: u16,
    /// How long it is, 1 to [`SEASON_DAYS_MAX`] days.
    ///
    /// Changes *now*: at the start of each day the days so far are compared with it.
    pub days: u16,
    /// Mean temperature, in tenths of a degree Celsius, at most [`TEMPERATURE_MAX`] from 0.
    ///
    /// Changes *now*.
    pub temperature: i16,
    /// How much warmer than the mean it is at 15 o'clock and colder at 3, 0 to [`TEMPERATURE_MAX`].
    ///
    /// Changes *now*.
    pub swing: i16,
    /// Ticks of one of its days, [`DAY_TICKS_MIN`] to [`DAY_TICKS_MAX`].
    ///
    /// Changes at the *next use*, which is the next day: the present one would jump to another hour.
    pub day_ticks: u32,
}

/// A weather.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WeatherDefinition {
    /// How likely it is in each season, 1 to [`WEIGHT_MAX`], compared with the others of the season; at least one
    /// season.
    ///
    /// Changes at the *next use*, which is when a weather is drawn.
    pub seasons: BTreeMap<String, u32>,
    /// Added to the temperature, in tenths of a degree Celsius, at most [`TEMPERATURE_MAX`] from 0.
    ///
    /// Changes *now*.
    pub temperature: i16,
    /// Factor of the growth of crops in permille, 0 to [`FACTOR_MAX`].
    ///
    /// Changes *now*.
    pub growth: u16,
    /// Fewest ticks it lasts, 1 to `ticks_max`.
    ///
    /// Changes at the *next use*, which is when a weather is drawn.
    pub ticks_min: u32,
    /// Most ticks it lasts, up to [`LASTS_MAX`].
    ///
    /// Changes at the *next use*, which is when a weather is drawn.
    pub ticks_max: u32,
}

/// Something that befalls the colony.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IncidentDefinition {
    /// How likely the storyteller chooses it, 0 to [`WEIGHT_MAX`], compared with the others that are possible; 0: never.
    ///
    /// Changes at the *next use*, which is the storyteller's next choice.
    pub weight: u32,
    /// The first day on which the storyteller chooses it, 0 to [`WAIT_DAYS_MAX`].
    ///
    /// Changes at the *next use*, which is the storyteller's next choice.
    pub first_day: u32,
    /// Fewest days from one of it until the storyteller chooses it again, 0 to [`WAIT_DAYS_MAX`].
    ///
    /// Changes at the *next use*, which is the storyteller's next choice.
    pub pause_days: u32,
    /// The seasons in which the storyteller chooses it; empty means all.
    ///
    /// Changes at the *next use*, which is the storyteller's next choice.
    pub seasons: BTreeSet<String>,
    /// Ticks until it is over: 1 to [`LASTS_MAX`] for weather and blight, 0 for all that happens at once.
    ///
    /// Changes at the *next use*: one that runs ends when it was to end.
    pub lasts: u32,
    /// What it does.
    ///
    /// Changes *now* where it lasts; what happens at once happens as is said when it starts.
    pub effect: IncidentEffect,
}

/// What an incident does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum IncidentEffect {
    /// Other weather on top of the weather, as long as it lasts.
    Weather {
        /// Added to the temperature, in tenths of a degree Celsius, at most [`TEMPERATURE_MAX`] from 0.
        temperature: i16,
        /// Factor of the growth of crops in permille, 0 to [`FACTOR_MAX`].
        growth: u16,
    },
    /// Items that lie in the first stockpile, or as near to it as there is room.
    Gift {
        /// Which, each 1 to [`SPAWN_COUNT_MAX`](crate::SPAWN_COUNT_MAX); at least one.
        items: BTreeMap<String, u32>,
    },
    /// Colonists who join at the first stockpile.
    Joiner {
        /// How many, 1 to [`JOINERS_MAX`].
        count: u32,
    },
    /// Crops die.
    Blight {
        /// How many of a thousand, 1 to [`PERMILLE`].
        permille: u16,
    },
    /// A colonist is hurt and may die of it.
    Accident {
        /// Health lost, 1 to [`HEALTH_MAX`](crate::HEALTH_MAX).
        points: u16,
    },
    /// Part of what nobody has reserved of an item is gone, at least one.
    Theft {
        /// Which item.
        item: String,
        /// How many of a thousand, 1 to [`PERMILLE`].
        permille: u16,
    },
}

impl IncidentEffect {
    /// The word for it in definition files.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Weather { .. } => "weather",
            Self::Gift { .. } => "gift",
            Self::Joiner { .. } => "joiner",
            Self::Blight { .. } => "blight",
            Self::Accident { .. } => "accident",
            Self::Theft { .. } => "theft",
        }
    }

    /// Whether it goes on as long as the incident lasts; all others happen at once.
    pub fn is_lasting(&self) -> bool {
        matches!(self, Self::Weather { .. } | Self::Blight { .. })
    }
}

/// Who chooses incidents, at the start of each day.
///
/// Every field changes at the *next use*, which is the start of the next day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StorytellerDefinition {
    /// Chance of an incident in permille, and of another after each, 0 to [`PERMILLE`].
    pub day_chance: u16,
    /// Days at the start of a colony without any, 0 to [`WAIT_DAYS_MAX`].
    pub grace_days: u32,
    /// Most incidents it starts a day, 0 to [`INCIDENTS_A_DAY_MAX`].
    pub incidents_max_a_day: u8,
}
