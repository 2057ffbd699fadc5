//! The storyteller: chooses at the start of a day whether something happens, and what.

use crate::Colony;
use crate::definitions::{IncidentDefinition, PERMILLE, STORYTELLER};
use crate::rng::below;

use super::{random_u64, stream, weighted};

impl Colony {
    /// Starts the incidents of the day.
    pub(super) fn tell_story(&mut self) {
        let Some(storyteller) = self.definitions.storyteller.get(STORYTELLER).cloned() else {
            return;
        };
        if self.environment.calendar.day <= storyteller.grace_days {
            return;
        }
        for number in 0..u64::from(storyteller.incidents_max_a_day) {
            let draw = |counter| {
                let tick = self.tick;
                random_u64(self.seed, stream::STORYTELLER, tick, number, counter)
            };
            if below(draw(0), u32::from(PERMILLE)) >= u32::from(storyteller.day_chance) {
                return;
            }
            let possible: Vec<(&String, u32)> = self
                .definitions
                .incidents
                .iter()
                .filter(|(id, definition)| self.is_possible(id, definition))
                .map(|(id, definition)| (id, definition.weight))
                .collect();
            let Some(incident) = weighted(draw(1), possible.into_iter()).cloned() else {
                return;
            };
            self.start_incident(&incident);
        }
    }

    /// Whether it is the time for an incident and the colony one that it can happen to.
    fn is_possible(&self, id: &str, definition: &IncidentDefinition) -> bool {
        let calendar = &self.environment.calendar;
        let is_season = calendar
            .season_id()
            .is_some_and(|season| definition.seasons.contains(season));
        let last = self.environment.started_on.get(id);
        let is_paused =
            last.is_some_and(|last| calendar.day < last.saturating_add(definition.pause_days));
        calendar.day >= definition.first_day
            && !is_paused
            && (is_season || definition.seasons.is_empty())
            && self.check_incident(id).is_ok()
    }
}
