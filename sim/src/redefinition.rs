//! Definitions that change under a running colony. What lives has to fit into them, or they are refused whole; replacing
//! them is the same as saving the colony and restoring it with the new ones.

use std::collections::BTreeMap;
use std::fmt;

use thiserror::Error;

use crate::definitions::{Rules, changes};
use crate::job_board::JobBoard;
use crate::jobs::Task;
use crate::names::Name;
use crate::regions::Regions;
use crate::structures::{StructureIndex, override_of};
use crate::{
    ChangeRule, Colony, DefinitionChange, DefinitionFault, Definitions, JobAction, JobDefinition,
    Position, StableId, TerrainDefinition,
};

mod places;

/// Ids or tiles named in a message; of more only the number is told.
const NAMED_MAX: usize = 3;

/// Why a running colony cannot take over some definitions.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum DefinitionObstacle {
    /// The definitions have a fault.
    #[error("definition {0}")]
    Fault(DefinitionFault),
    /// Something that would change is in use.
    #[error("{} `{id}` {message}", noun(kind))]
    InUse {
        /// The table: `terrain`, `items`, `jobs`, `buildings`, `recipes` or `crops`.
        kind: &'static str,
        /// Id of the definition.
        id: String,
        /// The field; empty where the definition as a whole is gone.
        field: &'static str,
        /// What has changed and what uses it, with counts and a few ids.
        message: String,
    },
}

/// What one definition of a table is called.
fn noun(table: &str) -> &str {
    match table {
        "items" => "item",
        "jobs" => "job kind",
        "buildings" => "building",
        "recipes" => "recipe",
        "crops" => "crop",
        table => table,
    }
}

impl Colony {
    /// Whether the colony as it is now could go on with other definitions. Looks at the world only for what vanishes or
    /// changes in a way that what lives may not bear.
    ///
    /// # Errors
    /// Everything that is in the way, in order: faults of the definitions, terrain, items, jobs, buildings, recipes, crops.
    pub fn check_definitions(&self, new: &Definitions) -> Result<(), Vec<DefinitionObstacle>> {
        let faults = new.validate().into_iter().map(DefinitionObstacle::Fault);
        let mut obstacles: Vec<DefinitionObstacle> = faults.collect();
        obstacles.extend(self.terrain_in_use(new));
        obstacles.extend(self.items_in_use(new));
        obstacles.extend(self.jobs_in_use(new));
        obstacles.extend(self.buildings_in_use(new));
        obstacles.extend(self.recipes_in_use(new));
        obstacles.extend(self.crops_in_use(new));
        if obstacles.is_empty() {
            Ok(())
        } else {
            Err(obstacles)
        }
    }

    /// Goes on with other definitions; belongs between two ticks. Equal ones change nothing. Returns every difference
    /// with what it does to what lives.
    ///
    /// # Errors
    /// Everything that is in the way, as [`check_definitions`](Self::check_definitions) says; then nothing has changed.
    pub fn replace_definitions(
        &mut self,
        new: Definitions,
    ) -> Result<Vec<DefinitionChange>, Vec<DefinitionObstacle>> {
        if new == *self.definitions {
            return Ok(Vec::new());
        }
        self.check_definitions(&new)?;
        let mut changes = changes(&self.definitions, &new);
        let rules = Rules::resolve(&new).expect("what was checked has no fault");
        self.rules = rules.into();
        if self.terrain.redefine(&new) {
            self.regions = Regions::new(&self.terrain).into();
            self.board = JobBoard::of(&self.entities, &self.regions).into();
        }
        self.path_finder.forget();
        self.definitions = new.into();
        self.derived_hashes.definitions = None;
        self.follow_definitions();
        let left = self.settle_definitions();
        for change in &mut changes {
            if change.kind == "items"
                && change.rule == ChangeRule::Clamp
                && let Some(left) = left.get(&change.id)
            {
                let left = counted(left, "colonist leaves it", "colonists leave it");
                change.message.extend(left.map(|left| format!("; {left}")));
            }
            let naming = self.stockpiles_naming(change);
            change
                .message
                .extend(naming.map(|naming| format!("; {naming}")));
        }
        Ok(changes)
    }

    /// The stockpiles whose filter names an item that is gone. It stays, for the item may come back, and lets nothing in until then.
    fn stockpiles_naming(&self, change: &DefinitionChange) -> Option<String> {
        let id = change.id.as_str();
        if change.kind != "items" || self.definitions.items.contains_key(id) {
            return None;
        }
        let zones = self.stockpiles.zones().iter();
        let naming = zones.filter(|zone| {
            let filter = zone.filter.as_ref();
            filter.is_some_and(|filter| filter.contains(id))
        });
        let naming: Vec<StableId> = naming.map(|zone| zone.id).collect();
        counted(
            &naming,
            "stockpile names it still",
            "stockpiles name it still",
        )
    }

    /// Finds out anew what is looked up of the definitions and of what there is.
    fn follow_definitions(&mut self) {
        self.index_stockpiles();
        let structures = self.entities.structures();
        self.structures = StructureIndex::of(structures, &self.rules).into();
        let structures: Vec<(Position, Name)> = self
            .entities
            .structures()
            .filter(|structure| structure.is_built)
            .map(|structure| (structure.at, structure.kind))
            .collect();
        for (at, kind) in structures {
            let standing = self
                .rules
                .building(kind)
                .map(|rule| override_of(rule.walk_cost));
            self.set_override(at, standing);
        }
    }

    /// Brings what is under way into agreement with the definitions, after they or it may have changed. Returns who left what is
    /// of no use to them any more, by item.
    pub(crate) fn settle_definitions(&mut self) -> BTreeMap<String, Vec<StableId>> {
        let left = self.leave_what_is_of_no_use();
        self.settle_orders();
        self.settle_skills();
        self.settle_forbidden_work();
        self.settle_environment();
        left
    }

    /// Lets everybody leave what they are about to eat if it is no food any more, and what they are about to heal with
    /// if it is no medicine. Returns who did, by item.
    fn leave_what_is_of_no_use(&mut self) -> BTreeMap<String, Vec<StableId>> {
        let mut left: BTreeMap<Name, Vec<StableId>> = BTreeMap::new();
        for job in self.entities.jobs() {
            let (Some(item), Some(colonist)) = (job.item(), job.colonist) else {
                continue;
            };
            let definition = self.rules.item(item);
            let is_of_use = match job.task {
                Task::Eat { .. } => definition.is_some_and(|item| item.nutrition > 0),
                Task::Treat { .. } => definition.is_some_and(|item| item.medicine > 0),
                _ => true,
            };
            if !is_of_use {
                left.entry(item).or_default().push(colonist);
            }
        }
        for colonist in left.values().flatten() {
            self.leave_job(*colonist, "it is of no use any more");
        }
        let named = left.into_iter();
        named
            .map(|(item, left)| (self.rules.names.id(item).to_string(), left))
            .collect()
    }

    /// Drops orders for what is no recipe any more, or one for another building.
    fn settle_orders(&mut self) {
        let structures = self.entities.structures();
        let without = structures.filter(|structure| {
            let order = structure.order;
            let recipe = order.map(|order| self.rules.recipe(order.recipe));
            recipe.is_some_and(|recipe| recipe.is_none_or(|it| it.building != structure.kind))
        });
        let without: Vec<StableId> = without.map(|structure| structure.id).collect();
        for id in without {
            self.cancel_jobs_of_structure(id);
            self.change_structure(id, |structure| structure.order = None);
            self.put_down_surplus(id);
        }
    }

    /// Lets kinds of job that are not defined any more not be forbidden.
    fn settle_forbidden_work(&mut self) {
        for id in self.entities.colonist_ids() {
            let rules = &self.rules;
            let is_gone = |kind: &Name| rules.kind(*kind).is_none();
            let person = self.entities.person(id);
            if person.is_some_and(|person| person.forbidden.iter().any(is_gone)) {
                self.entities.change_person(id, |person| {
                    person.forbidden.retain(|kind| !is_gone(kind));
                });
            }
        }
    }
}

/// What is in use.
impl Colony {
    /// Terrains that would vanish or close.
    fn terrain_in_use(&self, new: &Definitions) -> Vec<DefinitionObstacle> {
        let in_use = |(id, old): (&String, &TerrainDefinition)| match new.terrain.get(id) {
            _ if self.terrain.count(id) == 0 => None,
            None => {
                let tiles: Vec<Position> = self.tiles_of(id).collect();
                let users = [counted(&tiles, "tile is of it", "tiles are of it")];
                obstacle(("terrain", id, ""), "is gone", users)
            }
            Some(new) if old.walk_cost.is_some() && new.walk_cost.is_none() => obstacle(
                ("terrain", id, "walk_cost"),
                "cannot be walked on any more",
                self.users_of_ground(id),
            ),
            Some(_) => None,
        };
        self.definitions.terrain.iter().filter_map(in_use).collect()
    }

    fn tiles_of(&self, terrain: &str) -> impl Iterator<Item = Position> {
        let is_of = move |at: &Position| self.terrain.name(*at) == Some(terrain);
        self.terrain.positions().filter(is_of)
    }

    /// What needs a terrain to be walkable.
    fn users_of_ground(&self, terrain: &str) -> [Option<String>; 3] {
        let is_of = |at: Position| self.terrain.name(at) == Some(terrain);
        let zones = self.stockpiles.zones().iter();
        let zones: Vec<StableId> = zones
            .filter(|zone| zone.cells.iter().any(|cell| is_of(*cell)))
            .map(|zone| zone.id)
            .collect();
        let stacks = self.entities.stacks();
        let stacks: Vec<StableId> = stacks
            .filter(|(_, stack)| is_of(stack.at))
            .map(|(id, _)| id)
            .collect();
        let colonists = self.entities.colonists();
        let standing = colonists.filter(|(_, colonist)| is_of(colonist.at));
        let standing: Vec<StableId> = standing.map(|(id, _)| id).collect();
        [
            counted(&standing, "colonist stands on it", "colonists stand on it"),
            counted(&stacks, "stack lies on it", "stacks lie on it"),
            counted(
                &zones,
                "stockpile has cells of it",
                "stockpiles have cells of it",
            ),
        ]
    }

    /// Items that would vanish.
    fn items_in_use(&self, new: &Definitions) -> Vec<DefinitionObstacle> {
        let gone = self.definitions.items.keys();
        gone.filter(|id| !new.items.contains_key(*id))
            .filter_map(|id| obstacle(("items", id, ""), "is gone", self.users_of_item(id)))
            .collect()
    }

    fn users_of_item(&self, item: &str) -> [Option<String>; 4] {
        let item = Name::of(item);
        let (mut stacks, mut lying) = (Vec::new(), 0);
        for (id, stack) in self
            .entities
            .stacks()
            .filter(|(_, stack)| stack.item == item)
        {
            stacks.push(id);
            lying += u64::from(stack.count);
        }
        let (mut carriers, mut carried) = (Vec::new(), 0);
        for (id, colonist) in self.entities.colonists() {
            if let Some(load) = colonist.activity.load.filter(|load| load.item == item) {
                carriers.push(id);
                carried += u64::from(load.count);
            }
        }
        let jobs = self.entities.jobs().filter(|job| job.item() == Some(item));
        let jobs: Vec<StableId> = jobs.map(|job| job.id).collect();
        let structures = self.entities.structures();
        let holding = structures.filter(|structure| structure.held.contains_key(&item));
        let holding: Vec<StableId> = holding.map(|structure| structure.id).collect();
        [
            counted(
                &stacks,
                &format!("stack holds {lying} of it"),
                &format!("stacks hold {lying} of it"),
            ),
            counted(
                &carriers,
                &format!("colonist carries {carried} of it"),
                &format!("colonists carry {carried} of it"),
            ),
            counted(&jobs, "job is about it", "jobs are about it"),
            counted(&holding, "building holds some", "buildings hold some"),
        ]
    }

    /// Kinds of jobs that would vanish or be about something else.
    fn jobs_in_use(&self, new: &Definitions) -> Vec<DefinitionObstacle> {
        let in_use = |(id, old): (&String, &JobDefinition)| {
            let (field, change) = match new.jobs.get(id).map(|new| (&old.action, &new.action)) {
                None => ("", "is gone".to_owned()),
                Some((
                    JobAction::Harvest { target: old, .. },
                    JobAction::Harvest { target: new, .. },
                )) => (old != new).then(|| {
                    (
                        "target",
                        format!("has another target, `{new}` instead of `{old}`"),
                    )
                })?,
                Some((JobAction::Labour { .. }, JobAction::Labour { .. })) => return None,
                Some((old, new)) => (old != new).then(|| {
                    (
                        "action",
                        format!(
                            "has another action, `{}` instead of `{}`",
                            new.name(),
                            old.name()
                        ),
                    )
                })?,
            };
            let kind = Name::of(id);
            let jobs = self.entities.jobs().filter(|job| job.kind == kind);
            let jobs: Vec<StableId> = jobs.map(|job| job.id).collect();
            obstacle(
                ("jobs", id, field),
                &change,
                [counted(&jobs, "job is of it", "jobs are of it")],
            )
        };
        self.definitions.jobs.iter().filter_map(in_use).collect()
    }
}

/// An obstacle if there are users.
fn obstacle(
    (kind, id, field): (&'static str, &str, &'static str),
    change: &str,
    users: impl IntoIterator<Item = Option<String>>,
) -> Option<DefinitionObstacle> {
    let users: Vec<String> = users.into_iter().flatten().collect();
    (!users.is_empty()).then(|| DefinitionObstacle::InUse {
        kind,
        id: id.to_owned(),
        field,
        message: format!("{change}, and {}", users.join("; ")),
    })
}

/// How many there are, what they do, and the first of them, such as `2 jobs haul it (31, 33)`; `None` of none.
fn counted(users: &[impl fmt::Display], one: &str, many: &str) -> Option<String> {
    let named = users.iter().take(NAMED_MAX).map(ToString::to_string);
    let mut named: Vec<String> = named.collect();
    if users.len() > NAMED_MAX {
        named.push("...".to_owned());
    }
    let what = if users.len() == 1 { one } else { many };
    (!users.is_empty()).then(|| format!("{} {what} ({})", users.len(), named.join(", ")))
}
