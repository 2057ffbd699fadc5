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
        bed: Option<StableId>,
    },
    Relax {
        idler: StableId,
        /// The building at which they do.
        place: Option<StableId>,
    },
    Supply {
        structure: StableId,
        item: Name,
        leg: SupplyLeg,
    },
    Build {
        structure: StableId,
    },
    Craft {
        structure: StableId,
    },
    Sow,
    Reap,
    Treat {
        patient: StableId,
        leg: TreatLeg,
    },
}

/// How far what a blueprint or workplace needs has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum SupplyLeg {
    /// Nobody has taken the job.
    Posted,
    /// Somebody is on the way to a stack: some of it is reserved.
    Fetching { stack: StableId, count: u32 },
    /// Somebody carries it.
    Carrying,
}

/// How far help has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum TreatLeg {
    /// Nobody has taken the job.
    Posted,
    /// Somebody is on the way to medicine: one of a stack is reserved.
    Fetching { stack: StableId, item: Name },
    /// Somebody is on the way to the patient, with medicine or without.
    Going { medicine: Option<Name> },
}

/// What there is at most one job about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Subject {
    /// A tile for which somebody ordered work.
    Designated(Position),
    /// A blueprint, workplace or plot to work at.
    Site(Position),
    /// A stack to haul that has not been picked up yet.
    Stack(StableId),
    /// What a blueprint or workplace needs of an item.
    Supply(StableId, Name),
    /// Somebody to be treated.
    Patient(StableId),
}

/// A place that a job keeps for itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum ReservedPlace {
    /// A cell of a stockpile.
    Cell(Position),
    /// A bed, or something to relax at.
    Furniture(StableId),
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
            Task::Sleep { sleeper, .. } => Some((sleeper, NeedKind::Rest)),
            Task::Relax { idler, .. } => Some((idler, NeedKind::Recreation)),
            _ => None,
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

    /// What no other job is about.
    pub(crate) const fn subject(&self) -> Option<Subject> {
        match self.task {
            Task::Harvest | Task::Labour => Some(Subject::Designated(self.at)),
            Task::Build { .. } | Task::Craft { .. } | Task::Sow | Task::Reap => {
                Some(Subject::Site(self.at))
            }
            Task::Haul {
                leg: HaulLeg::Posted { stack } | HaulLeg::Fetching { stack, .. },
                ..
            } => Some(Subject::Stack(stack)),
            Task::Supply {
                structure, item, ..
            } => Some(Subject::Supply(structure, item)),
            Task::Treat { patient, .. } => Some(Subject::Patient(patient)),
            _ => None,
        }
    }

    /// The item it is about.
    pub(crate) fn item(&self) -> Option<Name> {
        match self.task {
            Task::Haul { item, .. } | Task::Supply { item, .. } => Some(item),
            Task::Eat { food, .. } => food.map(|food| food.item),
            Task::Treat { leg, .. } => match leg {
                TreatLeg::Fetching { item, .. } => Some(item),
                TreatLeg::Going { medicine } => medicine,
                TreatLeg::Posted => None,
            },
            _ => None,
        }
    }

    /// The part of a stack it has reserved.
    pub(crate) fn reserved_units(&self) -> Option<(StableId, u32)> {
        match &self.task {
            Task::Haul {
                leg: HaulLeg::Fetching { stack, count, .. },
                ..
            }
            | Task::Supply {
                leg: SupplyLeg::Fetching { stack, count },
                ..
            } => Some((*stack, *count)),
            Task::Eat {
                food: Some(food), ..
            } => Some((food.stack, 1)),
            Task::Treat {
                leg: TreatLeg::Fetching { stack, .. },
                ..
            } => Some((*stack, 1)),
            _ => None,
        }
    }

    /// The place it has reserved.
    pub(crate) const fn reserved_place(&self) -> Option<ReservedPlace> {
        match self.task {
            Task::Haul {
                leg: HaulLeg::Fetching { cell, .. } | HaulLeg::Carrying { cell },
                ..
            } => Some(ReservedPlace::Cell(cell)),
            Task::Sleep {
                bed: Some(furniture),
                ..
            }
            | Task::Relax {
                place: Some(furniture),
                ..
            } => Some(ReservedPlace::Furniture(furniture)),
            _ => None,
        }
    }

    /// The blueprint or building it is about, other than furniture.
    pub(crate) const fn structure(&self) -> Option<StableId> {
        match self.task {
            Task::Supply { structure, .. }
            | Task::Build { structure }
            | Task::Craft { structure } => Some(structure),
            _ => None,
        }
    }

    /// Gives up what was reserved for whoever had taken it.
    fn release(&mut self) {
        self.colonist = None;
        match &mut self.task {
            Task::Haul { leg, .. } => {
                if let HaulLeg::Fetching { stack, .. } = *leg {
                    *leg = HaulLeg::Posted { stack };
                }
            }
            Task::Eat { food, .. } => *food = None,
            Task::Sleep { bed, .. } => *bed = None,
            Task::Relax { place, .. } => *place = None,
            Task::Supply { leg, .. } => *leg = SupplyLeg::Posted,
            Task::Treat { leg, .. } => *leg = TreatLeg::Posted,
            Task::Harvest
            | Task::Labour
            | Task::Build { .. }
            | Task::Craft { .. }
            | Task::Sow
            | Task::Reap => {}
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
        self.follow_job(None, Some(&job));
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
        let after = *job;
        self.follow_job(Some(&before), Some(&after));
    }

    /// Takes note of what has become of a job: on the board, of cells and of what is to be hauled.
    fn follow_job(&mut self, before: Option<&Job>, after: Option<&Job>) {
        self.board.change(before, after, &self.regions);
        let place = |job: Option<&Job>| job.and_then(Job::reserved_place);
        let stack = |job: Option<&Job>| match job.and_then(Job::subject) {
            Some(Subject::Stack(stack)) => Some(stack),
            _ => None,
        };
        if place(before) != place(after) {
            for place in [place(before), place(after)].into_iter().flatten() {
                if let ReservedPlace::Cell(cell) = place {
                    self.follow_cell(cell);
                }
            }
        }
        if stack(before) != stack(after) {
            for stack in [stack(before), stack(after)].into_iter().flatten() {
                self.follow_stack(stack);
            }
        }
    }

    /// Lets the only one who may do a job know of it.
    pub(crate) fn set_personal(&mut self, job: &Job, is_there: bool) {
        let Some((owner, need)) = job.owner() else {
            return;
        };
        if let Some(colonist) = self.entities.colonist_mut(owner) {
            colonist.set_personal_job(need, is_there.then_some(job.id));
        }
    }

    /// Ends a job that is done. Who has done it has learnt from it.
    pub(crate) fn complete_job(&mut self, id: StableId) {
        let job = self.entities.job(id);
        let learnt = job.and_then(|job| {
            let skill = self.rules.kind(job.kind)?.skill?;
            Some((job.colonist?, skill))
        });
        self.end_job(id, Ending::Completed);
        if let Some((colonist, skill)) = learnt {
            self.gain_experience(colonist, skill);
        }
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
        self.change_job(job, Job::release);
    }

    fn end_job(&mut self, id: StableId, ending: Ending) {
        let Some(job) = self.entities.remove_job(id) else {
            return;
        };
        self.follow_job(Some(&job), None);
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
        let Some((at, Activity { load, .. })) = self.entities.make_idle(colonist) else {
            return;
        };
        if let Some(load) = load {
            self.put_down(load, at);
        }
    }
}
