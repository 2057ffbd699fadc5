//! What can be looked up of the jobs there are: never state, changed only together with the job it is about.

use std::collections::HashMap;

use rustc_hash::FxBuildHasher;

use crate::definitions::NeedKind;
use crate::entities::Entities;
use crate::jobs::Job;
use crate::open_jobs::OpenJobs;
use crate::{Position, StableId};

// Maps that are never gone through in their own order.
type Map<K, V> = HashMap<K, V, FxBuildHasher>;

/// See the [module](self).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct JobBoard {
    /// Jobs that anybody may take.
    open: OpenJobs,
    designated: Map<Position, StableId>,
    haul_of_stack: Map<StableId, StableId>,
    personal: Map<(StableId, NeedKind), StableId>,
    units: Map<StableId, u32>,
    cells: Map<Position, StableId>,
}

impl JobBoard {
    /// The board of some jobs.
    pub(crate) fn of(entities: &Entities) -> Self {
        let mut board = Self::default();
        entities.jobs().for_each(|job| board.insert(job));
        board
    }

    pub(crate) fn insert(&mut self, job: &Job) {
        if job.owner().is_none() && job.colonist.is_none() {
            self.open.insert(job.priority, job.at, job.id);
        }
        if job.is_designated() {
            self.designated.insert(job.at, job.id);
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
    pub(crate) fn remove(&mut self, job: &Job) {
        if job.owner().is_none() && job.colonist.is_none() {
            self.open.remove(job.priority, job.at, job.id);
        }
        if job.is_designated() {
            self.designated.remove(&job.at);
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

    /// Jobs that anybody may take.
    pub(crate) const fn open(&self) -> &OpenJobs {
        &self.open
    }

    /// The job that somebody ordered for a tile.
    pub(crate) fn designated_at(&self, at: Position) -> Option<StableId> {
        self.designated.get(&at).copied()
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
