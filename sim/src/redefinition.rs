//! Definitions that change under a running colony. What lives has to fit into them, or they are refused whole; replacing
//! them is the same as saving the colony and restoring it with the new ones.

use std::collections::BTreeMap;
use std::fmt;

use thiserror::Error;

use crate::colonists::{Activity, Colonist};
use crate::definitions::{Rules, changes};
use crate::jobs::Task;
use crate::names::Name;
use crate::regions::Regions;
use crate::{
    ChangeRule, Colony, DefinitionChange, DefinitionFault, Definitions, JobAction, JobDefinition,
    Position, StableId, TerrainDefinition,
};

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
        /// The table: `terrain`, `items` or `jobs`.
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
        table => table,
    }
}

impl Colony {
    /// Whether the colony as it is now could go on with other definitions. Looks at the world only for what vanishes or
    /// changes in a way that what lives may not bear.
    ///
    /// # Errors
    /// Everything that is in the way, in order: faults of the definitions, terrain, items, jobs.
    pub fn check_definitions(&self, new: &Definitions) -> Result<(), Vec<DefinitionObstacle>> {
        let faults = new.validate().into_iter().map(DefinitionObstacle::Fault);
        let mut obstacles: Vec<DefinitionObstacle> = faults.collect();
        obstacles.extend(self.terrain_in_use(new));
        obstacles.extend(self.items_in_use(new));
        obstacles.extend(self.jobs_in_use(new));
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
        if new == self.definitions {
            return Ok(Vec::new());
        }
        self.check_definitions(&new)?;
        let mut changes = changes(&self.definitions, &new);
        self.rules = Rules::resolve(&new).expect("what was checked has no fault");
        if self.terrain.redefine(&new) {
            self.regions = Regions::new(&self.terrain);
        }
        self.path_finder.forget();
        self.definitions = new;
        self.derived_hashes.definitions = None;
        if changes
            .iter()
            .any(|change| change.rule == ChangeRule::Clamp)
        {
            let left = self.leave_what_is_no_food();
            for change in &mut changes {
                if let Some(eaters) = left
                    .get(&change.id)
                    .filter(|_| change.kind == "items" && change.rule == ChangeRule::Clamp)
                {
                    let eaters = counted(
                        eaters,
                        "colonist leaves it uneaten",
                        "colonists leave it uneaten",
                    );
                    change
                        .message
                        .extend(eaters.map(|eaters| format!("; {eaters}")));
                }
            }
        }
        self.settle_environment();
        Ok(changes)
    }

    /// Lets everybody leave what they are about to eat if it is no food any more. Returns who did, by item.
    pub(crate) fn leave_what_is_no_food(&mut self) -> BTreeMap<String, Vec<StableId>> {
        let mut left: BTreeMap<Name, Vec<StableId>> = BTreeMap::new();
        for job in self.entities.jobs() {
            if let Task::Eat {
                eater,
                food: Some(food),
            } = &job.task
                && self
                    .rules
                    .item(food.item)
                    .is_none_or(|item| item.nutrition == 0)
            {
                left.entry(food.item).or_default().push(*eater);
            }
        }
        for eater in left.values().flatten() {
            self.leave_job(*eater, "it is no food any more");
        }
        let named = left.into_iter();
        named
            .map(|(item, eaters)| (self.rules.names.id(item).to_string(), eaters))
            .collect()
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
    fn users_of_ground(&self, terrain: &str) -> [Option<String>; 4] {
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
        let (mut standing, mut walking) = (Vec::new(), Vec::new());
        for (id, Colonist { at, activity, .. }) in self.entities.colonists() {
            if is_of(*at) {
                standing.push(id);
            }
            if tiles_of_way(*at, activity).any(is_of) {
                walking.push(id);
            }
        }
        [
            counted(&standing, "colonist stands on it", "colonists stand on it"),
            counted(
                &walking,
                "colonist is on a way over it",
                "colonists are on ways over it",
            ),
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
        let (mut hauls, mut meals) = (Vec::new(), Vec::new());
        for job in self.entities.jobs() {
            match job.task {
                Task::Haul { item: hauled, .. } if hauled == item => hauls.push(job.id),
                Task::Eat {
                    food: Some(food), ..
                } if food.item == item => meals.push(job.id),
                _ => {}
            }
        }
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
            counted(&hauls, "job hauls it", "jobs haul it"),
            counted(&meals, "job eats it", "jobs eat it"),
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
            let jobs = self.entities.jobs().filter(|job| job.kind == Name::of(id));
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

/// Every tile that a way needs to be walkable: those entered and the corners passed by.
fn tiles_of_way(start: Position, activity: &Activity) -> impl Iterator<Item = Position> {
    let ends = activity.path.iter().rev().copied();
    let starts = std::iter::once(start).chain(ends.clone());
    starts
        .zip(ends)
        .flat_map(|(from, to)| [to, Position::new(to.x, from.y), Position::new(from.x, to.y)])
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
