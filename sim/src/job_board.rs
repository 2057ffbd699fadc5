//! What can be looked up of the jobs there are: never state, changed only together with the job it is about.

use crate::entities::Entities;
use crate::jobs::{Job, ReservedPlace, Subject, Task};
use crate::lookup::Lookup;
use crate::open_jobs::OpenJobs;
use crate::regions::Regions;
use crate::{Position, StableId};

/// See the [module](self).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct JobBoard {
    /// Jobs that anybody may take.
    open: OpenJobs,
    /// Those of them that nobody can get to, wherever they are, until a tile around opens, by place. Inside a mountain they are
    /// many, and whoever looks for work is not to look at each of them.
    walled_in: Lookup<Position, StableId>,
    about: Lookup<Subject, StableId>,
    units: Lookup<StableId, u32>,
    places: Lookup<ReservedPlace, StableId>,
}

impl JobBoard {
    /// The board of some jobs.
    pub(crate) fn of(entities: &Entities, regions: &Regions) -> Self {
        let mut board = Self::default();
        board.about.reserve(entities.job_count());
        for job in entities.jobs() {
            board.change(None, Some(job), regions);
        }
        board
    }

    /// Follows a job from what it was to what it is. What is the same stays untouched.
    pub(crate) fn change(&mut self, old: Option<&Job>, new: Option<&Job>, regions: &Regions) {
        let is_walled_in = |at| {
            let is_harvest = new.is_some_and(|job| matches!(job.task, Task::Harvest));
            is_harvest && regions.is_walled_in(at)
        };
        follow(old, new, open_place, |(priority, at, id), is_there| {
            if !is_there {
                if self.walled_in.get(&at) == Some(&id) {
                    self.walled_in.remove(&at);
                } else {
                    self.open.remove(priority, at, id);
                }
            } else if is_walled_in(at) {
                self.walled_in.insert(at, id);
            } else {
                self.open.insert(priority, at, id);
            }
        });
        follow(old, new, about, |entry, is_there| {
            set(&mut self.about, entry, is_there);
        });
        follow(old, new, place, |entry, is_there| {
            set(&mut self.places, entry, is_there);
        });
        follow(old, new, Job::reserved_units, |(stack, count), is_there| {
            let reserved = self.units.entry(stack).or_default();
            *reserved = if is_there {
                reserved.saturating_add(count)
            } else {
                reserved.saturating_sub(count)
            };
            if *reserved == 0 {
                self.units.remove(&stack);
            }
        });
    }

    /// Takes note of walls that have come or gone around a job.
    pub(crate) fn follow_walls(&mut self, job: &Job, regions: &Regions) {
        let was_walled_in = self.walled_in.get(&job.at) == Some(&job.id);
        let is_harvest = matches!(job.task, Task::Harvest);
        if is_harvest && was_walled_in != regions.is_walled_in(job.at) {
            self.change(Some(job), None, regions);
            self.change(None, Some(job), regions);
        }
    }

    /// Jobs that anybody may take and somebody could get to.
    pub(crate) fn open(&self) -> &OpenJobs {
        &self.open
    }

    /// The job that is about something.
    pub(crate) fn about(&self, subject: Subject) -> Option<StableId> {
        self.about.get(&subject).copied()
    }

    /// How many of a stack are reserved.
    pub(crate) fn reserved_units(&self, stack: StableId) -> u32 {
        self.units.get(&stack).copied().unwrap_or(0)
    }

    pub(crate) fn is_reserved(&self, place: ReservedPlace) -> bool {
        self.places.contains_key(&place)
    }

    /// The job that keeps a place for itself.
    pub(crate) fn user_of(&self, place: ReservedPlace) -> Option<StableId> {
        self.places.get(&place).copied()
    }
}

fn about(job: &Job) -> Option<(Subject, StableId)> {
    Some((job.subject()?, job.id))
}

fn place(job: &Job) -> Option<(ReservedPlace, StableId)> {
    Some((job.reserved_place()?, job.id))
}

/// Where somebody finds a job that anybody may take.
fn open_place(job: &Job) -> Option<(u8, Position, StableId)> {
    let is_open = job.owner().is_none() && job.colonist.is_none();
    is_open.then_some((job.priority, job.at, job.id))
}

/// Tells what is not there any more, then what is new.
fn follow<T: PartialEq>(
    old: Option<&Job>,
    new: Option<&Job>,
    entry: impl Fn(&Job) -> Option<T>,
    mut tell: impl FnMut(T, bool),
) {
    let (old, new) = (old.and_then(&entry), new.and_then(&entry));
    if old == new {
        return;
    }
    if let Some(old) = old {
        tell(old, false);
    }
    if let Some(new) = new {
        tell(new, true);
    }
}

fn set<K: Eq + std::hash::Hash>(
    map: &mut Lookup<K, StableId>,
    (key, id): (K, StableId),
    is_there: bool,
) {
    if is_there {
        map.insert(key, id);
    } else {
        map.remove(&key);
    }
}
