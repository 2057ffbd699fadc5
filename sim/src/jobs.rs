//! The job board: what is to be done, who does it, and what is reserved for it.
//!
//! A job's component says everything: whose it is and what it has reserved. The board is an index of that, changed only
//! together with the job it is about, so that a reservation cannot outlive its job.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::colonists::Activity;
use crate::definitions::NeedKind;
use crate::entities::Entities;
use crate::{Colony, Event, JobFacts, Position, StableId};

/// Something to be done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Job {
    pub(crate) id: StableId,
    /// Id of its definition.
    pub(crate) kind: String,
    pub(crate) priority: u8,
    /// See [`JobFacts::at`].
    pub(crate) at: Position,
    /// Who has taken it.
    pub(crate) colonist: Option<StableId>,
    pub(crate) task: Task,
}

/// What a job is about and what it has reserved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Task {
    Haul {
        item: String,
        leg: HaulLeg,
    },
    Harvest,
    Eat {
        eater: StableId,
        food: Option<FoodClaim>,
    },
    Sleep {
        sleeper: StableId,
    },
}

/// How far a load has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum HaulLeg {
    /// Nobody has taken the job.
    Posted { stack: StableId },
    /// Somebody is on the way to the stack: some of it and the cell are reserved.
    Fetching {
        stack: StableId,
        count: u32,
        cell: Position,
    },
    /// Somebody carries it: the cell is reserved.
    Carrying { cell: Position },
}

/// One item of a stack, reserved to be eaten.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct FoodClaim {
    pub(crate) stack: StableId,
    pub(crate) item: String,
}

/// How a job ends.
enum Ending {
    Completed,
    Failed { reason: String },
    Cancelled,
}

impl Job {
    /// The only colonist who may do it, and why.
    pub(crate) const fn owner(&self) -> Option<(StableId, NeedKind)> {
        match self.task {
            Task::Eat { eater, .. } => Some((eater, NeedKind::Food)),
            Task::Sleep { sleeper } => Some((sleeper, NeedKind::Rest)),
            Task::Haul { .. } | Task::Harvest => None,
        }
    }

    pub(crate) fn facts(&self) -> JobFacts {
        let item = match &self.task {
            Task::Haul { item, .. } => Some(item.clone()),
            Task::Eat { food, .. } => food.as_ref().map(|food| food.item.clone()),
            Task::Harvest | Task::Sleep { .. } => None,
        };
        let colonist = self.colonist.or(self.owner().map(|(owner, _)| owner));
        JobFacts {
            id: self.id,
            kind: self.kind.clone(),
            priority: self.priority,
            at: self.at,
            colonist,
            item,
        }
    }

    /// The part of a stack it has reserved.
    pub(crate) fn reserved_units(&self) -> Option<(StableId, u32)> {
        match &self.task {
            Task::Haul {
                leg: HaulLeg::Fetching { stack, count, .. },
                ..
            } => Some((*stack, *count)),
            Task::Eat {
                food: Some(food), ..
            } => Some((food.stack, 1)),
            _ => None,
        }
    }

    /// The stockpile cell it has reserved.
    pub(crate) const fn reserved_cell(&self) -> Option<Position> {
        match self.task {
            Task::Haul {
                leg: HaulLeg::Fetching { cell, .. } | HaulLeg::Carrying { cell },
                ..
            } => Some(cell),
            _ => None,
        }
    }

    /// The stack it is to haul, until it is picked up.
    pub(crate) const fn stack_to_haul(&self) -> Option<StableId> {
        match self.task {
            Task::Haul {
                leg: HaulLeg::Posted { stack } | HaulLeg::Fetching { stack, .. },
                ..
            } => Some(stack),
            _ => None,
        }
    }
}

/// What can be looked up of the jobs there are.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct JobBoard {
    /// Jobs that anybody may take, highest priority first, then lowest id.
    open: BTreeSet<(Reverse<u8>, StableId)>,
    harvest_of_tile: BTreeMap<Position, StableId>,
    haul_of_stack: BTreeMap<StableId, StableId>,
    personal: BTreeMap<(StableId, NeedKind), StableId>,
    units: BTreeMap<StableId, u32>,
    cells: BTreeMap<Position, StableId>,
}

impl JobBoard {
    /// The board of some jobs.
    pub(crate) fn of(entities: &Entities) -> Self {
        let mut board = Self::default();
        entities.jobs().for_each(|job| board.insert(&job));
        board
    }

    pub(crate) fn insert(&mut self, job: &Job) {
        if job.owner().is_none() && job.colonist.is_none() {
            self.open.insert((Reverse(job.priority), job.id));
        }
        if job.task == Task::Harvest {
            self.harvest_of_tile.insert(job.at, job.id);
        }
        if let Some(stack) = job.stack_to_haul() {
            self.haul_of_stack.insert(stack, job.id);
        }
        if let Some(owner) = job.owner() {
            self.personal.insert(owner, job.id);
        }
        if let Some((stack, count)) = job.reserved_units() {
            *self.units.entry(stack).or_default() += count;
        }
        if let Some(cell) = job.reserved_cell() {
            self.cells.insert(cell, job.id);
        }
    }

    /// Forgets a job as it was inserted.
    fn remove(&mut self, job: &Job) {
        self.open.remove(&(Reverse(job.priority), job.id));
        if job.task == Task::Harvest {
            self.harvest_of_tile.remove(&job.at);
        }
        if let Some(stack) = job.stack_to_haul() {
            self.haul_of_stack.remove(&stack);
        }
        if let Some(owner) = job.owner() {
            self.personal.remove(&owner);
        }
        if let Some((stack, count)) = job.reserved_units() {
            let left = self.units.remove(&stack).unwrap_or(0).saturating_sub(count);
            if left > 0 {
                self.units.insert(stack, left);
            }
        }
        if let Some(cell) = job.reserved_cell() {
            self.cells.remove(&cell);
        }
    }

    /// Jobs that anybody may take, with their priority: highest first, then lowest id.
    pub(crate) fn open(&self) -> impl Iterator<Item = (u8, StableId)> {
        self.open
            .iter()
            .map(|(Reverse(priority), id)| (*priority, *id))
    }

    pub(crate) fn harvest_at(&self, at: Position) -> Option<StableId> {
        self.harvest_of_tile.get(&at).copied()
    }

    /// The job to haul a stack that has not been picked up yet.
    pub(crate) fn haul_of(&self, stack: StableId) -> Option<StableId> {
        self.haul_of_stack.get(&stack).copied()
    }

    pub(crate) fn personal_job(&self, owner: StableId, need: NeedKind) -> Option<StableId> {
        self.personal.get(&(owner, need)).copied()
    }

    pub(crate) fn personal_jobs(&self, owner: StableId) -> Vec<StableId> {
        NeedKind::ALL
            .into_iter()
            .filter_map(|need| self.personal_job(owner, need))
            .collect()
    }

    /// How many of a stack are reserved.
    pub(crate) fn reserved_units(&self, stack: StableId) -> u32 {
        self.units.get(&stack).copied().unwrap_or(0)
    }

    pub(crate) fn is_cell_reserved(&self, cell: Position) -> bool {
        self.cells.contains_key(&cell)
    }
}

impl Colony {
    /// Puts a job on the board.
    pub(crate) fn post_job(&mut self, kind: String, priority: u8, at: Position, task: Task) {
        let job = Job {
            id: self.ids.allocate(),
            kind,
            priority,
            at,
            colonist: None,
            task,
        };
        self.events.push(Event::JobCreated(job.facts()));
        self.board.insert(&job);
        self.entities.add_job(job);
    }

    /// Changes a job and the board with it.
    pub(crate) fn change_job(&mut self, id: StableId, change: impl FnOnce(&mut Job)) {
        let Some(job) = self.entities.job_mut(id) else {
            return;
        };
        self.board.remove(job);
        change(job);
        self.board.insert(job);
    }

    pub(crate) fn complete_job(&mut self, id: StableId) {
        self.end_job(id, Ending::Completed);
    }

    pub(crate) fn fail_job(&mut self, id: StableId, reason: &str) {
        self.end_job(
            id,
            Ending::Failed {
                reason: reason.to_owned(),
            },
        );
    }

    pub(crate) fn cancel_job(&mut self, id: StableId) {
        self.end_job(id, Ending::Cancelled);
    }

    /// Lets somebody leave a job: it is free again for others. A load on the way is put down, which is the end of its job;
    /// what was put down is posted anew.
    pub(crate) fn leave_job(&mut self, colonist: StableId, reason: &str) {
        let Some(job) = self.job_of(colonist) else {
            return;
        };
        let has_load = self
            .entities
            .colonist::<Activity>(colonist)
            .is_some_and(|activity| activity.load.is_some());
        if has_load {
            self.fail_job(job, reason);
            return;
        }
        self.become_idle(colonist);
        self.change_job(job, |job| {
            job.colonist = None;
            match &mut job.task {
                Task::Haul { leg, .. } => {
                    if let HaulLeg::Fetching { stack, .. } = *leg {
                        *leg = HaulLeg::Posted { stack };
                    }
                }
                Task::Eat { food, .. } => *food = None,
                Task::Harvest | Task::Sleep { .. } => {}
            }
        });
    }

    fn end_job(&mut self, id: StableId, ending: Ending) {
        let Some(job) = self.entities.remove_job(id) else {
            return;
        };
        self.board.remove(&job);
        let facts = job.facts();
        self.events.push(match ending {
            Ending::Completed => {
                let done = self.statistics.jobs_done.entry(job.kind).or_default();
                *done = done.saturating_add(1);
                Event::JobCompleted(facts)
            }
            Ending::Failed { reason } => Event::JobFailed { job: facts, reason },
            Ending::Cancelled => Event::JobCancelled(facts),
        });
        if let Some(colonist) = job.colonist {
            self.become_idle(colonist);
        }
    }

    /// Forgets what somebody was at; a load is put down.
    fn become_idle(&mut self, colonist: StableId) {
        let Some(activity) = self.entities.colonist_mut::<Activity>(colonist) else {
            return;
        };
        let Activity { load, .. } = std::mem::take(activity);
        if let (Some(load), Some(at)) = (load, self.position(colonist)) {
            self.put_down(load, at);
        }
    }
}
