//! Wounds, help and collapse. A wound keeps health from coming back until it has healed, by itself or sooner with help.

use crate::colonists::{Colonist, HEALTH_MAX};
use crate::jobs::{Subject, Task, TreatLeg};
use crate::needs::Needs;
use crate::path::Goal;
use crate::{Colony, Event, StableId};

/// Points of a wound that heal in a tick by themselves.
const HEALING: u16 = 2;
/// Points of a wound that treatment heals without medicine.
const TREATMENT: u16 = 1_000;
/// Wounds from this on are treated.
const TREATED_FROM: u16 = 500;
/// Below this health, in points, somebody collapses: they take no work but see to their own needs.
pub const COLLAPSE_BELOW: u16 = 2_000;
/// From this health on, in points, somebody who collapsed is up again.
const UP_FROM: u16 = 3_000;

impl Needs {
    /// One tick of a wound.
    pub(crate) fn heal(&mut self) {
        self.wound = self.wound.saturating_sub(HEALING);
    }

    pub(crate) const fn is_wound_treated(&self) -> bool {
        self.wound >= TREATED_FROM
    }

    /// Takes note of a collapse or of being up again. Returns whether somebody has collapsed.
    pub(crate) fn check_collapse(&mut self) -> bool {
        let before = self.collapsed;
        self.collapsed = self.health < if before { UP_FROM } else { COLLAPSE_BELOW };
        self.collapsed && !before
    }
}

/// Posts the treatment of those whose wounds want it; some may be gone.
pub(crate) fn post_jobs(colony: &mut Colony, wounded: Vec<StableId>) {
    let Some((kind, priority)) = colony
        .rules
        .jobs
        .treat
        .as_ref()
        .map(|job| (job.kind, job.priority))
    else {
        return;
    };
    for patient in wounded {
        let Some(at) = colony.position(patient) else {
            continue;
        };
        let Some(job) = colony.board.about(Subject::Patient(patient)) else {
            let leg = TreatLeg::Posted;
            colony.post_job(kind, priority, at, Task::Treat { patient, leg });
            continue;
        };
        // Who is treated by nobody yet walks on, and is looked for where they are.
        let job = colony.entities.job(job).copied();
        if let Some(job) = job.filter(|job| job.colonist.is_none() && job.at != at) {
            colony.change_job(job.id, |job| job.at = at);
        }
    }
}

/// One tick at the medicine, or at the patient. Returns whether the patient is still to be gone to.
pub(crate) fn treat(colony: &mut Colony, colonist: StableId, job: StableId) -> bool {
    let Some(Task::Treat { patient, leg }) = colony.entities.job(job).map(|job| job.task) else {
        return false;
    };
    let (Some(at), Some(here)) = (colony.position(patient), colony.position(colonist)) else {
        colony.fail_job(job, "the patient is gone");
        return false;
    };
    match leg {
        TreatLeg::Posted => colony.leave_job(colonist, "nothing was reserved"),
        TreatLeg::Fetching { stack, item } => {
            let leg = TreatLeg::Going {
                medicine: Some(item),
            };
            colony.change_job(job, |job| {
                set_leg(&mut job.task, leg);
                job.at = at;
            });
            colony.pick_up(colonist, stack, 1);
            return true;
        }
        TreatLeg::Going { .. } if !Goal::Beside(at).is_reached_at(here) => {
            colony.change_job(job, |job| job.at = at);
            return true;
        }
        TreatLeg::Going { .. } => {
            let work = colony.rules.jobs.treat.as_ref().map_or(1, |job| job.work);
            if colony.work_one_tick(colonist, work) {
                colony.finish_treatment(colonist, job, patient);
            }
        }
    }
    false
}

/// Moves a treatment on to another leg.
pub(crate) const fn set_leg(task: &mut Task, next: TreatLeg) {
    if let Task::Treat { leg, .. } = task {
        *leg = next;
    }
}

impl Colony {
    fn finish_treatment(&mut self, colonist: StableId, job: StableId, patient: StableId) {
        let used = self.entities.colonist_mut(colonist);
        let used = used.and_then(|colonist| colonist.activity.load.take());
        let medicine = used.and_then(|used| self.rules.item(used.item));
        let points = TREATMENT.saturating_add(medicine.map_or(0, |item| item.medicine));
        if let Some(Colonist { needs, .. }) = self.entities.colonist_mut(patient) {
            needs.wound = needs.wound.saturating_sub(points);
        }
        self.complete_job(job);
    }

    /// Hurts somebody: health is lost at once, and a wound is left. They may die of it.
    pub(crate) fn hurt(&mut self, id: StableId, points: u16, cause: &str) {
        let Some(Colonist { needs, .. }) = self.entities.colonist_mut(id) else {
            return;
        };
        needs.health = needs.health.saturating_sub(points);
        needs.wound = needs.wound.saturating_add(points).min(HEALTH_MAX);
        if needs.health == 0 {
            self.remove_dead(id, cause);
        } else if needs.check_collapse() {
            self.collapse(id);
        }
    }

    /// Gives somebody health back, and heals as much of a wound.
    pub(crate) fn heal(&mut self, id: StableId, points: u16) {
        if let Some(Colonist { needs, .. }) = self.entities.colonist_mut(id) {
            needs.health = needs.health.saturating_add(points).min(HEALTH_MAX);
            needs.wound = needs.wound.saturating_sub(points);
            needs.check_collapse();
        }
    }

    /// Lets somebody who has collapsed drop what they are at, and tells of it.
    pub(crate) fn collapse(&mut self, id: StableId) {
        let is_own = self
            .job_of(id)
            .and_then(|job| self.entities.job(job))
            .is_some_and(|job| job.owner().is_some());
        if !is_own {
            self.leave_job(id, "the colonist collapsed");
        }
        let Some(colonist) = self.entities.colonist(id) else {
            return;
        };
        let (at, health) = (colonist.at, colonist.needs.health);
        let name = self.name(id);
        self.events.push(Event::ColonistCollapsed {
            colonist: id,
            name,
            at,
            health,
        });
    }
}
