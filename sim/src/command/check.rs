//! Whether a command is valid in the world as it is.

use std::collections::BTreeSet;

use super::{Command, CommandError, ORDER_COUNT_MAX, SPAWN_COUNT_MAX, STOCKPILE_SIDE_MAX};
use crate::colonists::HEALTH_MAX;
use crate::items::Placement;
use crate::jobs::Subject;
use crate::names::Name;
use crate::nearest::suggestion;
use crate::schedule::HOURS_OF_DAY;
use crate::structures::Structure;
use crate::{COLONISTS_MAX, Colony, JobAction, JobDefinition, PRIORITY_MAX, Position, StableId};

impl Colony {
    /// Whether a command is valid in the world as it is now.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn check(&self, command: &Command) -> Result<(), CommandError> {
        match command {
            Command::SetJobPriority { job, priority } => {
                self.check_job(*job)?;
                check_that(*priority <= PRIORITY_MAX, || {
                    CommandError::PriorityOutOfRange {
                        priority: *priority,
                    }
                })
            }
            Command::CancelJob { job } => self.check_job(*job),
            Command::Designate { kind, at } => self.check_designation(kind, *at),
            Command::SpawnItem { item, count, at } => self.plan_spawn(item, *count, *at).map(drop),
            Command::RemoveItem { item, count } => self.check_removal(item, *count),
            Command::SpawnColonist { at } => {
                self.check_walkable(*at)?;
                let has_room = u32::try_from(self.entities.colonist_count())
                    .is_ok_and(|count| count < COLONISTS_MAX);
                check_that(has_room, || CommandError::ColonyFull)
            }
            Command::StartIncident { incident } => self.check_incident(incident),
            Command::PlaceBlueprint { building, at } => {
                self.check_building(building)?;
                self.check_walkable(*at)?;
                self.check_untaken(*at)
            }
            Command::RemoveBuilding { building } => self.check_structure(*building).map(drop),
            Command::OrderRecipe {
                building,
                recipe,
                count,
            } => self.check_order(*building, recipe, *count),
            Command::SetPlot { at, crop } => self.check_plot(*at, crop.as_deref()),
            Command::AddStockpile {
                at,
                width,
                height,
                filter,
            } => self.check_new_stockpile((*at, *width, *height), filter.as_ref()),
            Command::RemoveStockpile { stockpile } => self.check_stockpile(*stockpile),
            Command::SetStockpileFilter { stockpile, filter } => {
                self.check_stockpile(*stockpile)?;
                self.check_filter(filter.as_ref())
            }
            _ => self.check_about_somebody(command),
        }
    }

    fn check_job(&self, job: StableId) -> Result<(), CommandError> {
        check_that(self.entities.job(job).is_some(), || {
            CommandError::NoSuchJob { job }
        })
    }

    fn check_on_map(&self, at: Position) -> Result<&str, CommandError> {
        let (width, height) = (self.terrain.width(), self.terrain.height());
        self.terrain
            .name(at)
            .ok_or(CommandError::OffMap { at, width, height })
    }

    fn check_walkable(&self, at: Position) -> Result<(), CommandError> {
        let terrain = self.check_on_map(at)?;
        check_that(self.terrain.is_walkable(at), || CommandError::Impassable {
            at,
            terrain: terrain.to_owned(),
        })
    }

    fn check_item(&self, item: &str) -> Result<(), CommandError> {
        let known = &self.definitions.items;
        check_that(known.contains_key(item), || CommandError::UnknownItem {
            item: item.to_owned(),
            hint: suggestion(item, known.keys().map(String::as_str)),
        })
    }

    fn check_kind(&self, kind: &str) -> Result<&JobDefinition, CommandError> {
        let known = &self.definitions.jobs;
        known.get(kind).ok_or_else(|| CommandError::UnknownJobKind {
            kind: kind.to_owned(),
            hint: suggestion(kind, known.keys().map(String::as_str)),
        })
    }

    /// The terrain that a kind of work is designated on; `None` for one that is done on any ground.
    pub(crate) fn target_of(&self, kind: &str) -> Result<Option<&String>, CommandError> {
        match &self.check_kind(kind)?.action {
            JobAction::Harvest { target, .. } => Ok(Some(target)),
            JobAction::Labour { .. } => Ok(None),
            _ => {
                let kinds: Vec<&str> = self.definitions.designated_kinds().collect();
                Err(CommandError::NotDesignatable {
                    kind: kind.to_owned(),
                    designatable: kinds.join(", "),
                })
            }
        }
    }

    fn check_designation(&self, kind: &str, at: Position) -> Result<(), CommandError> {
        match self.target_of(kind)? {
            Some(target) => {
                let found = self.check_on_map(at)?;
                check_that(found == target, || CommandError::WrongTerrain {
                    kind: kind.to_owned(),
                    at,
                    found: found.to_owned(),
                    expected: target.clone(),
                })?;
            }
            None => self.check_walkable(at)?,
        }
        if self.structures.at(at).is_some() {
            let found = "a building or blueprint";
            return Err(CommandError::TileTaken { at, found });
        }
        match self.board.about(Subject::Designated(at)) {
            Some(job) => Err(CommandError::AlreadyDesignated { at, job }),
            None => Ok(()),
        }
    }

    pub(super) fn plan_spawn(
        &self,
        item: &str,
        count: u32,
        at: Position,
    ) -> Result<Vec<Placement>, CommandError> {
        self.check_item(item)?;
        let is_in_bounds = (1..=SPAWN_COUNT_MAX).contains(&count);
        check_that(is_in_bounds, || CommandError::CountOutOfRange {
            count,
            max: SPAWN_COUNT_MAX,
        })?;
        self.check_walkable(at)?;
        let load = self.load_of(Name::of(item), count);
        let placements = self.plan_placements(vec![load], at);
        placements.ok_or_else(|| CommandError::NoRoom {
            item: item.to_owned(),
            count,
            at,
        })
    }

    fn check_removal(&self, item: &str, count: u32) -> Result<(), CommandError> {
        self.check_item(item)?;
        check_that(count >= 1, || CommandError::CountOutOfRange {
            count,
            max: u32::MAX,
        })?;
        let available = self.count_unreserved(item);
        check_that(u64::from(count) <= available, || CommandError::NotEnough {
            item: item.to_owned(),
            count,
            available,
        })
    }

    fn check_about_somebody(&self, command: &Command) -> Result<(), CommandError> {
        match command {
            Command::SetSchedule { colonist, hours } => {
                self.check_colonist(*colonist)?;
                let found = hours.as_ref().map_or(HOURS_OF_DAY, Vec::len);
                check_that(found == HOURS_OF_DAY, || CommandError::WrongHours { found })
            }
            Command::AllowWork { colonist, kind, .. } => {
                self.check_colonist(*colonist)?;
                let action = &self.check_kind(kind)?.action;
                let is_own = matches!(action, JobAction::Eat | JobAction::Sleep | JobAction::Relax);
                check_that(!is_own, || CommandError::PersonalWork {
                    kind: kind.clone(),
                })
            }
            Command::Injure { colonist, points } | Command::Heal { colonist, points } => {
                self.check_colonist(*colonist)?;
                check_that((1..=HEALTH_MAX).contains(points), || {
                    CommandError::PointsOutOfRange { found: *points }
                })
            }
            _ => Ok(()),
        }
    }

    fn check_colonist(&self, colonist: StableId) -> Result<(), CommandError> {
        check_that(self.entities.colonist(colonist).is_some(), || {
            CommandError::NoSuchColonist { colonist }
        })
    }

    fn check_building(&self, building: &str) -> Result<(), CommandError> {
        let known = &self.definitions.buildings;
        check_that(known.contains_key(building), || {
            CommandError::UnknownBuilding {
                building: building.to_owned(),
                hint: suggestion(building, known.keys().map(String::as_str)),
            }
        })
    }

    fn check_structure(&self, building: StableId) -> Result<&Structure, CommandError> {
        let structure = self.entities.structure(building);
        structure.ok_or(CommandError::NoSuchBuilding { building })
    }

    /// Whether a building can be put on a tile.
    fn check_untaken(&self, at: Position) -> Result<(), CommandError> {
        let found = if self.structures.at(at).is_some() {
            "a building or blueprint"
        } else if self.plots.get(at).is_some() {
            "a plot"
        } else if self.stockpiles.contains(at) {
            "a stockpile"
        } else if self.stack_at(at).is_some() {
            "items"
        } else if self.board.about(Subject::Designated(at)).is_some() {
            "ordered work"
        } else {
            return Ok(());
        };
        Err(CommandError::TileTaken { at, found })
    }

    fn check_order(
        &self,
        building: StableId,
        recipe: &str,
        count: u32,
    ) -> Result<(), CommandError> {
        let structure = self.check_structure(building)?;
        let known = &self.definitions.recipes;
        let definition = known
            .get(recipe)
            .ok_or_else(|| CommandError::UnknownRecipe {
                recipe: recipe.to_owned(),
                hint: suggestion(recipe, known.keys().map(String::as_str)),
            })?;
        let expected = &definition.building;
        let is_right = structure.is_built && structure.kind == Name::of(expected);
        check_that(is_right, || {
            let kind = self.rules.names.id(structure.kind);
            let article = if structure.is_built {
                "a"
            } else {
                "a blueprint of a"
            };
            CommandError::WrongWorkplace {
                recipe: recipe.to_owned(),
                expected: expected.clone(),
                building,
                found: format!("{article} `{kind}`"),
            }
        })?;
        check_that(count <= ORDER_COUNT_MAX, || CommandError::CountOutOfRange {
            count,
            max: ORDER_COUNT_MAX,
        })
    }

    fn check_plot(&self, at: Position, crop: Option<&str>) -> Result<(), CommandError> {
        self.check_walkable(at)?;
        let Some(crop) = crop else {
            return Ok(());
        };
        let known = &self.definitions.crops;
        check_that(known.contains_key(crop), || CommandError::UnknownCrop {
            crop: crop.to_owned(),
            hint: suggestion(crop, known.keys().map(String::as_str)),
        })?;
        let terrain = self.check_on_map(at)?;
        let definition = self.definitions.terrain.get(terrain);
        let is_fertile = definition.is_some_and(|terrain| terrain.fertility > 0);
        check_that(is_fertile, || CommandError::Barren {
            at,
            terrain: terrain.to_owned(),
        })?;
        let found = "a building or blueprint";
        check_that(self.structures.at(at).is_none(), || {
            CommandError::TileTaken { at, found }
        })
    }

    fn check_stockpile(&self, stockpile: StableId) -> Result<(), CommandError> {
        check_that(self.stockpiles.zone(stockpile).is_some(), || {
            CommandError::NoSuchStockpile { stockpile }
        })
    }

    fn check_new_stockpile(
        &self,
        (at, width, height): (Position, u16, u16),
        filter: Option<&BTreeSet<String>>,
    ) -> Result<(), CommandError> {
        self.check_on_map(at)?;
        for found in [width, height] {
            check_that((1..=STOCKPILE_SIDE_MAX).contains(&found), || {
                CommandError::SideOutOfRange { found }
            })?;
        }
        self.check_filter(filter)?;
        let cells = self.free_cells(at, width, height);
        check_that(!cells.is_empty(), || CommandError::NoCells { at })
    }

    fn check_filter(&self, filter: Option<&BTreeSet<String>>) -> Result<(), CommandError> {
        let items = self.definitions.items.iter();
        let known = items.flat_map(|(id, item)| [id.as_str(), item.category.as_str()]);
        let known: BTreeSet<&str> = known.collect();
        let mut names = filter.into_iter().flatten();
        match names.find(|name| !known.contains(name.as_str())) {
            None => check_that(self.stockpiles.can_have(filter), || {
                CommandError::TooManyFilters
            }),
            Some(name) => Err(CommandError::UnknownFilter {
                name: name.clone(),
                hint: suggestion(name, known),
            }),
        }
    }

    /// The tiles of a rectangle that can become a stockpile, in reading order.
    pub(super) fn free_cells(&self, at: Position, width: u16, height: u16) -> Vec<Position> {
        let rows = at.y..at.y.saturating_add(height).min(self.terrain.height());
        let columns = at.x..at.x.saturating_add(width).min(self.terrain.width());
        let cells = rows.flat_map(|y| columns.clone().map(move |x| Position { x, y }));
        cells
            .filter(|cell| {
                self.terrain.is_walkable(*cell)
                    && !self.stockpiles.contains(*cell)
                    && self.structures.at(*cell).is_none()
            })
            .collect()
    }
}

fn check_that(is_valid: bool, error: impl FnOnce() -> CommandError) -> Result<(), CommandError> {
    if is_valid { Ok(()) } else { Err(error()) }
}
