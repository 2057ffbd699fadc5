//! The job board: what is to be done, who does it, and what is reserved for it.
//!
//! A job's component says everything: whose it is and what it has reserved. The board is an index of that, changed only
//! together with the job it is about, so that a reservation cannot outlive its job.

use serde::{Deserialize, Serialize};

use crate::colonists::Activity;
use crate::definitions::{NeedKind, Rules};
use crate::names::Name;
use crate::{Colony, Event, JobFacts, Position, StableId};

/// Something to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Job {
    pub(crate) id: StableId,
    /// Id of its definition.
    pub(crate) kind: Name,
    pub(crate) priority: u8,
    /// See [`JobFacts::at`].
    pub(crate) at: Position,
    /// Who has taken it.
    pub(crate) colonist: Option<StableId>,
    pub(crate) task: Task,
}

/// What a job is about and what it has reserved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Task {
    Haul {
        item: Name,
        leg: HaulLeg,
    },
    Harvest,
    Labour,
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
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct FoodClaim {
    pub(crate) stack: StableId,
    pub(crate) item: Name,
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
            Task::Haul { .. } | Task::Harvest | Task::Labour => None,
        }
    }

    pub(crate) fn facts(&self, rules: &Rules) -> JobFacts {
        let colonist = self.colonist.or(self.owner().map(|(owner, _)| owner));
        JobFacts {
            id: self.id,
            kind: rules.names.id(self.kind),
            priority: self.priority,
            at: self.at,
            colonist,
            item: self.item().map(|item| rules.names.id(item)),
        }
    }

    /// Whether somebody ordered it for a tile.
    pub(crate) const fn is_designated(&self) -> bool {
        matches!(self.task, Task::Harvest | Task::Labour)
    }

    /// The item it is about.
    pub(crate) fn item(&self) -> Option<Name> {
        match self.task {
            Task::Haul { item, .. } => Some(item),
            Task::Eat { food, .. } => food.map(|food| food.item),
            Task::Harvest | Task::Labour | Task::Sleep { .. } => None,
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

impl Colony {
    /// Puts a job on the board.
    pub(crate) fn post_job(&mut self, kind: Name, priority: u8, at: Position, task: Task) {
        let job = Job {
            id: self.ids.allocate(),
            kind,
            priority,
            at,
            colonist: None,
            task,
        };
        self.events.push(Event::JobCreated(job.facts(&self.rules)));
        self.board.insert(&job);
        self.set_personal(&job, true);
        self.entities.add_job(job);
    }

    /// Changes a job and the board with it.
    pub(crate) fn change_job(&mut self, id: StableId, change: impl FnOnce(&mut Job)) {
        let Some(job) = self.entities.job_mut(id) else {
            return;
        };
        let before = *job;
        change(job);
        self.board.change(Some(&before), Some(job));
    }

    /// Lets the only one who may do a job know of it.
    pub(crate) fn set_personal(&mut self, job: &Job, is_there: bool) {
        let Some((owner, need)) = job.owner() else {
            return;
        };
        if let Some(colonist) = self.entities.colonist_mut(owner) {
            colonist.personal[need as usize] = is_there.then_some(job.id);
        }
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
            .colonist(colonist)
            .is_some_and(|colonist| colonist.activity.load.is_some());
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
                Task::Harvest | Task::Labour | Task::Sleep { .. } => {}
            }
        });
    }

    fn end_job(&mut self, id: StableId, ending: Ending) {
        let Some(job) = self.entities.remove_job(id) else {
            return;
        };
        self.board.remove(&job);
        self.set_personal(&job, false);
        let facts = job.facts(&self.rules);
        self.events.push(match ending {
            Ending::Completed => {
                self.statistics.count_done(&facts.kind);
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
        let Some(colonist) = self.entities.colonist_mut(colonist) else {
            return;
        };
        let at = colonist.at;
        let Activity { load, .. } = std::mem::take(&mut colonist.activity);
        if let Some(load) = load {
            self.put_down(load, at);
        }
    }
}
