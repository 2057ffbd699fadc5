//! When somebody does what: an hour of the day is for anything, for work, for sleep or for leisure.

use serde::{Deserialize, Serialize};

use crate::definitions::NeedKind;
use crate::{Colony, NEED_MAX, StableId};

/// Hours of a day.
pub const HOURS_OF_DAY: usize = 24;

/// What an hour of somebody's day is for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Hour {
    /// Work, and every need once it is low.
    #[default]
    Anything,
    /// Work; needs only once they are critical.
    Work,
    /// Sleep until fully rested; no work that is not urgent.
    Sleep,
    /// Recreation; no work that is not urgent.
    Leisure,
}

impl Hour {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Anything, Self::Work, Self::Sleep, Self::Leisure];

    /// The word for it in scripts and scenarios.
    pub fn name(self) -> &'static str {
        match self {
            Self::Anything => "anything",
            Self::Work => "work",
            Self::Sleep => "sleep",
            Self::Leisure => "leisure",
        }
    }

    /// Whether work is taken that is not urgent.
    pub(crate) const fn is_for_work(self) -> bool {
        matches!(self, Self::Anything | Self::Work)
    }

    /// Below which level a need is looked after, given where it usually is.
    pub(crate) const fn seek_below(self, need: NeedKind, usual: u16, critical: u16) -> u16 {
        match (self, need) {
            (Self::Work, _) => critical,
            (Self::Sleep, NeedKind::Rest) | (Self::Leisure, NeedKind::Recreation) => {
                NEED_MAX / 10 * 9
            }
            (Self::Sleep, NeedKind::Recreation) => critical,
            _ => usual,
        }
    }
}

/// A day, from midnight on.
pub(crate) type Schedule = [Hour; HOURS_OF_DAY];

impl Colony {
    /// What the present hour is for to somebody.
    pub(crate) fn hour_of(&self, id: StableId) -> Hour {
        let person = self.entities.person(id);
        let schedule = person.and_then(|person| person.schedule.as_ref());
        let hour = self.environment.calendar.hour(self.tick);
        schedule.map_or(Hour::Anything, |schedule| {
            let hour = schedule.get(usize::from(hour));
            hour.copied().unwrap_or_default()
        })
    }
}
