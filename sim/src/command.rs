//! Every change the outside may make to the colony. Nothing else changes it but time.

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::items::{Load, Placement};
use crate::jobs::Task;
use crate::names::Name;
use crate::nearest::{hint, nearest};
use crate::{COLONISTS_MAX, Colony, JobAction, PRIORITY_MAX, Position, StableId};

/// Most items one [`Command::SpawnItem`] makes.
pub const SPAWN_COUNT_MAX: u32 = 10_000;

/// A change from outside. What it needs is checked in full before anything happens.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Command {
    /// Gives a job another priority; who has taken it keeps it.
    SetJobPriority {
        /// A job on the board, taken or not.
        job: StableId,
        /// 0 to [`PRIORITY_MAX`].
        priority: u8,
    },
    /// Withdraws a job; who has taken it puts down its load. What the colony posts by itself (hauling, eating, sleeping)
    /// it may post again.
    CancelJob {
        /// A job on the board, taken or not.
        job: StableId,
    },
    /// Orders work at a tile.
    Designate {
        /// A job kind whose action is harvest or labour.
        kind: String,
        /// A tile of the kind's target terrain without such a job.
        at: Position,
    },
    /// Puts new items on a tile, or on the nearest that have room.
    SpawnItem {
        /// A defined item.
        item: String,
        /// 1 to [`SPAWN_COUNT_MAX`].
        count: u32,
        /// A walkable tile.
        at: Position,
    },
    /// Takes items that nobody has reserved out of the world, from the stack with the lowest id first.
    RemoveItem {
        /// A defined item.
        item: String,
        /// 1 to as many as lie unreserved.
        count: u32,
    },
    /// Adds a colonist.
    SpawnColonist {
        /// A walkable tile.
        at: Position,
    },
    /// Starts an incident, whatever the storyteller thinks of it: day, season, pause and weight do not count.
    StartIncident {
        /// A defined incident that does not run, of an effect that is possible now.
        incident: String,
    },
}

/// Why a command is not valid in the world as it is. Nothing has changed.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum CommandError {
    /// The job is not on the board.
    #[error("there is no job {job}; it may be done or cancelled")]
    NoSuchJob {
        /// The id given.
        job: StableId,
    },
    /// The priority is out of bounds.
    #[error("priority {priority}, expected 0 to {PRIORITY_MAX}")]
    PriorityOutOfRange {
        /// The priority given.
        priority: u8,
    },
    /// The job kind is not defined.
    #[error("there is no job kind `{kind}`{}", hint(nearest.as_deref()))]
    UnknownJobKind {
        /// The name given.
        kind: String,
        /// The defined name most like it.
        nearest: Option<String>,
    },
    /// The job kind is not one to designate.
    #[error("`{kind}` is posted by the colony itself, expected one of: {designatable}")]
    NotDesignatable {
        /// The kind given.
        kind: String,
        /// The kinds that can be designated, with commas.
        designatable: String,
    },
    /// The place is not on the map.
    #[error("{at} is off the map, expected x below {width} and y below {height}")]
    OffMap {
        /// The place given.
        at: Position,
        /// Columns of the map.
        width: u16,
        /// Rows of the map.
        height: u16,
    },
    /// The tile cannot be harvested so.
    #[error("{at} is `{found}`, expected `{expected}` for `{kind}`")]
    WrongTerrain {
        /// The kind given.
        kind: String,
        /// The tile.
        at: Position,
        /// Its terrain.
        found: String,
        /// The terrain the kind harvests.
        expected: String,
    },
    /// The tile has such a job already.
    #[error("{at} already has job {job}; cancel it first")]
    AlreadyDesignated {
        /// The tile.
        at: Position,
        /// Its job.
        job: StableId,
    },
    /// The item is not defined.
    #[error("there is no item `{item}`{}", hint(nearest.as_deref()))]
    UnknownItem {
        /// The name given.
        item: String,
        /// The defined name most like it.
        nearest: Option<String>,
    },
    /// The count is out of bounds.
    #[error("{count} items, expected 1 to {max}")]
    CountOutOfRange {
        /// The count given.
        count: u32,
        /// The most there can be.
        max: u32,
    },
    /// Nobody can stand there and nothing can lie there.
    #[error("{at} is `{terrain}`, expected a walkable tile")]
    Impassable {
        /// The tile.
        at: Position,
        /// Its terrain.
        terrain: String,
    },
    /// The tiles around are full.
    #[error("there is no room for {count} of `{item}` around {at}")]
    NoRoom {
        /// The item given.
        item: String,
        /// The count given.
        count: u32,
        /// The tile given.
        at: Position,
    },
    /// There are fewer.
    #[error("{count} of `{item}`, expected at most the {available} that nobody has reserved")]
    NotEnough {
        /// The item given.
        item: String,
        /// The count given.
        count: u32,
        /// How many lie unreserved.
        available: u64,
    },
    /// There are as many colonists as can be.
    #[error("the colony has {COLONISTS_MAX} colonists already, which is the most there can be")]
    ColonyFull,
    /// The incident is not defined.
    #[error("there is no incident `{incident}`{}", hint(nearest.as_deref()))]
    UnknownIncident {
        /// The name given.
        incident: String,
        /// The defined name most like it.
        nearest: Option<String>,
    },
    /// The incident is not over yet.
    #[error("the incident `{incident}` runs already; it is over in tick {ends}")]
    IncidentRunning {
        /// The name given.
        incident: String,
        /// The tick in which it is over.
        ends: u64,
    },
    /// There is nobody whom it could happen to.
    #[error("there is no colonist alive")]
    NobodyAlive,
    /// There is no tile to arrive at.
    #[error("there is no walkable tile where somebody or something could arrive")]
    NoPlaceToArrive,
}

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
        }
    }

    /// Applies a command; its events follow those of earlier ones.
    ///
    /// # Errors
    /// What is wrong with it, as [`check`](Self::check) says; then nothing has changed.
    pub fn apply(&mut self, command: &Command) -> Result<(), CommandError> {
        self.check(command)?;
        match command {
            Command::SetJobPriority { job, priority } => {
                self.change_job(*job, |job| job.priority = *priority)
            }
            Command::CancelJob { job } => self.cancel_job(*job),
            Command::Designate { kind, at } => {
                let priority = self
                    .definitions
                    .jobs
                    .get(kind)
                    .and_then(|definition| definition.priority)
                    .unwrap_or(0);
                let task = match self.definitions.jobs.get(kind).map(|job| &job.action) {
                    Some(JobAction::Labour { .. }) => Task::Labour,
                    _ => Task::Harvest,
                };
                self.post_job(Name::of(kind), priority, *at, task);
            }
            Command::SpawnItem { item, count, at } => {
                let placements = self.plan_spawn(item, *count, *at)?;
                self.place(placements);
            }
            Command::RemoveItem { item, count } => self.remove_items(item, *count),
            Command::SpawnColonist { at } => self.join(*at),
            Command::StartIncident { incident } => self.start_incident(incident),
        }
        Ok(())
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
            nearest: nearest(item, known.keys().map(String::as_str)),
        })
    }

    fn check_designation(&self, kind: &str, at: Position) -> Result<(), CommandError> {
        let known = &self.definitions.jobs;
        let definition = known
            .get(kind)
            .ok_or_else(|| CommandError::UnknownJobKind {
                kind: kind.to_owned(),
                nearest: nearest(kind, known.keys().map(String::as_str)),
            })?;
        match &definition.action {
            JobAction::Harvest { target, .. } => {
                let found = self.check_on_map(at)?;
                check_that(found == target, || CommandError::WrongTerrain {
                    kind: kind.to_owned(),
                    at,
                    found: found.to_owned(),
                    expected: target.clone(),
                })?;
            }
            JobAction::Labour { .. } => self.check_walkable(at)?,
            JobAction::Haul | JobAction::Eat | JobAction::Sleep => {
                let kinds: Vec<&str> = self.definitions.designated_kinds().collect();
                return Err(CommandError::NotDesignatable {
                    kind: kind.to_owned(),
                    designatable: kinds.join(", "),
                });
            }
        }
        match self.board.designated_at(at) {
            Some(job) => Err(CommandError::AlreadyDesignated { at, job }),
            None => Ok(()),
        }
    }

    fn plan_spawn(
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
        let load = Load {
            item: Name::of(item),
            count,
        };
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
}

fn check_that(is_valid: bool, error: impl FnOnce() -> CommandError) -> Result<(), CommandError> {
    if is_valid { Ok(()) } else { Err(error()) }
}
