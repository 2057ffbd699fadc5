//! What incidents do to the colony, and when they are over.

use std::collections::BTreeMap;

use crate::definitions::{IncidentEffect, PERMILLE};
use crate::items::{Load, Placement};
use crate::names::Name;
use crate::nearest::suggestion;
use crate::regions::Flood;
use crate::rng::below;
use crate::{COLONISTS_MAX, Colony, CommandError, Event, Position};

use super::{RunningIncident, random_u64, stream};

/// What a colonist dies of in an accident.
const CAUSE_OF_DEATH: &str = "accident";

impl Colony {
    /// Whether an incident can start now.
    pub(crate) fn check_incident(&self, id: &str) -> Result<(), CommandError> {
        let known = &self.definitions.incidents;
        let definition = known.get(id).ok_or_else(|| CommandError::UnknownIncident {
            incident: id.to_owned(),
            hint: suggestion(id, known.keys().map(String::as_str)),
        })?;
        if let Some(running) = self.environment.running.get(id) {
            return Err(CommandError::IncidentRunning {
                incident: id.to_owned(),
                ends: running.ends,
            });
        }
        match &definition.effect {
            IncidentEffect::Weather { .. } | IncidentEffect::Blight { .. } => Ok(()),
            IncidentEffect::Gift { items } => self.plan_gift(items).map(drop),
            IncidentEffect::Joiner { count } => self.check_joiners(*count),
            IncidentEffect::Accident { .. } if self.entities.colonist_count() == 0 => {
                Err(CommandError::NobodyAlive)
            }
            IncidentEffect::Accident { .. } => Ok(()),
            IncidentEffect::Theft { item, .. } if self.count_unreserved(item) == 0 => {
                Err(CommandError::NotEnough {
                    item: item.clone(),
                    count: 1,
                    available: 0,
                })
            }
            IncidentEffect::Theft { .. } => Ok(()),
        }
    }

    /// Starts an incident that was found possible.
    pub(crate) fn start_incident(&mut self, id: &str) {
        let Some(definition) = self.definitions.incidents.get(id).cloned() else {
            return;
        };
        let environment = &mut self.environment;
        environment
            .started_on
            .insert(id.to_owned(), environment.calendar.day);
        environment.started = environment.started.saturating_add(1);
        if definition.lasts > 0 {
            let running = RunningIncident {
                began: self.tick,
                ends: self.tick + u64::from(definition.lasts),
            };
            environment.running.insert(id.to_owned(), running);
        }
        self.events.push(Event::IncidentStarted {
            incident: id.to_owned(),
            lasts: definition.lasts,
        });
        match definition.effect {
            IncidentEffect::Weather { .. } | IncidentEffect::Blight { .. } => {}
            IncidentEffect::Gift { items } => {
                let placements = self.plan_gift(&items).unwrap_or_default();
                self.place(placements);
            }
            IncidentEffect::Joiner { count } => self.let_join(count),
            IncidentEffect::Accident { points } => self.hurt_somebody(points),
            IncidentEffect::Theft { item, permille } => self.steal(&item, permille),
        }
    }

    /// Ends the incidents whose time is over.
    pub(super) fn end_incidents(&mut self) {
        let running = self.environment.running.iter();
        let over: Vec<String> = running
            .filter(|(_, running)| self.tick >= running.ends)
            .map(|(id, _)| id.clone())
            .collect();
        for incident in over {
            self.end_incident(incident);
        }
    }

    pub(super) fn end_incident(&mut self, incident: String) {
        self.environment.running.remove(&incident);
        self.events.push(Event::IncidentEnded { incident });
    }

    /// Where people and goods arrive: the cell of the first stockpile that is nearest to its centre, or the middle of
    /// the map where there is no stockpile.
    fn place_of_arrival(&self) -> Result<Position, CommandError> {
        let cells = self.stockpiles.zones().first().map(|zone| &zone.cells[..]);
        let centre = self.stockpiles.centre();
        let cell = centre.and_then(|centre| {
            let cells = cells.unwrap_or_default().iter();
            cells
                .min_by_key(|cell| (cell.octile_distance(centre), **cell))
                .copied()
        });
        cell.or_else(|| self.regions.middle_of_largest(&self.terrain))
            .ok_or(CommandError::NoPlaceToArrive)
    }

    fn plan_gift(&self, items: &BTreeMap<String, u32>) -> Result<Vec<Placement>, CommandError> {
        let at = self.place_of_arrival()?;
        let load = |(item, count): (&String, &u32)| self.load_of(Name::of(item), *count);
        let loads: Vec<Load> = items.iter().map(load).collect();
        self.plan_placements(loads, at).ok_or_else(|| {
            let first = items.iter().next();
            let (item, count) = first
                .map(|(item, count)| (item.clone(), *count))
                .unwrap_or_default();
            CommandError::NoRoom { item, count, at }
        })
    }

    fn check_joiners(&self, count: u32) -> Result<(), CommandError> {
        self.place_of_arrival()?;
        let alive = u32::try_from(self.entities.colonist_count()).unwrap_or(u32::MAX);
        if alive.saturating_add(count) <= COLONISTS_MAX {
            Ok(())
        } else {
            Err(CommandError::ColonyFull)
        }
    }

    /// Lets colonists join, each on a tile of its own as long as there are some.
    fn let_join(&mut self, count: u32) {
        let Ok(arrival) = self.place_of_arrival() else {
            return;
        };
        let count = usize::try_from(count).unwrap_or(usize::MAX);
        let tiles: Vec<Position> = Flood::from(&self.terrain, arrival).take(count).collect();
        for at in tiles.iter().cycle().take(count) {
            self.join(*at);
        }
    }

    fn hurt_somebody(&mut self, points: u16) {
        let count = u32::try_from(self.entities.colonist_count()).unwrap_or(u32::MAX);
        let (tick, number) = (self.tick, self.environment.started);
        let drawn = below(
            random_u64(self.seed, stream::ACCIDENT, tick, 0, number),
            count,
        );
        let place = usize::try_from(drawn).unwrap_or(usize::MAX);
        if let Some((victim, _)) = self.entities.nth_colonist(place) {
            self.hurt(victim, points, CAUSE_OF_DEATH);
        }
    }

    fn steal(&mut self, item: &str, permille: u16) {
        let available = self.count_unreserved(item);
        let stolen = (available * u64::from(permille)).div_ceil(u64::from(PERMILLE));
        self.remove_items(item, u32::try_from(stolen).unwrap_or(u32::MAX));
    }
}
