//! The people: who they are, what they are at, how they come and go.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

use crate::definitions::{NEED_KINDS, NeedKind};
use crate::items::Load;
use crate::jobs::Subject;
use crate::names::Name;
use crate::needs::Needs;
use crate::path::Way;
use crate::rng::{below, random_u64, stream};
use crate::schedule::Schedule;
use crate::skills;
use crate::{Colony, Event, Position, StableId};

pub(crate) mod encoding;

/// Full health of a colonist, in points; at 0 it dies.
pub const HEALTH_MAX: u16 = 10_000;

const NAMES: [&str; 64] = [
    "Abel", "Ada", "Agnes", "Alma", "Anton", "Arvid", "Asta", "Bela", "Berta", "Boris", "Cora",
    "Dagny", "Dario", "Edda", "Egon", "Elin", "Emil", "Erna", "Esra", "Fanny", "Felix", "Frida",
    "Gala", "Gerd", "Gita", "Hanna", "Hedda", "Hugo", "Ida", "Igor", "Ilse", "Ines", "Ivar",
    "Jana", "Joel", "Jona", "Kaja", "Karl", "Kira", "Lars", "Lea", "Lena", "Leo", "Lotte", "Maja",
    "Mika", "Mira", "Nadja", "Nils", "Noa", "Olga", "Otto", "Paula", "Pia", "Rafa", "Rosa", "Runa",
    "Selma", "Sven", "Tilda", "Timo", "Ulla", "Vera", "Yara",
];

/// Who somebody is: what seldom changes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Person {
    pub(crate) name: SmolStr,
    /// Points of experience of each skill they have any of.
    pub(crate) skills: Vec<(Name, u32)>,
    /// `None` where every hour is for anything.
    pub(crate) schedule: Option<Schedule>,
    /// Kinds of job they do not take.
    pub(crate) forbidden: BTreeSet<Name>,
}

/// How somebody is: what changes from tick to tick.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Colonist {
    pub(crate) at: Position,
    pub(crate) needs: Needs,
    pub(crate) activity: Activity,
    /// The jobs that wait for or are done by nobody else, by need, `None` without any: what the board says of them, where it is
    /// asked every tick. Few have any; apart, they do not keep the rows of all long.
    #[serde(skip)]
    pub(crate) personal: Option<Box<PersonalJobs>>,
    /// Whether there is a schedule: what is known of the person, where it is asked every tick.
    #[serde(skip)]
    pub(crate) has_schedule: bool,
    /// Whether there are kinds of job that they do not take; known of the person as well.
    #[serde(skip)]
    pub(crate) is_choosy: bool,
}

/// Jobs by need.
pub(crate) type PersonalJobs = [Option<StableId>; NEED_KINDS];

/// What somebody is at.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Activity {
    pub(crate) job: Option<StableId>,
    /// The kind of that job.
    pub(crate) kind: Option<Name>,
    /// Steps still to make, the next one last.
    pub(crate) path: Way,
    /// Ticks spent on the step to the next tile.
    pub(crate) step_ticks: u8,
    /// Ticks of work done at the place of the job.
    pub(crate) work_ticks: u32,
    /// How good they are at it, as they were when they took it.
    pub(crate) level: u8,
    pub(crate) load: Option<Load>,
}

impl Colony {
    /// Adds a colonist on a walkable tile.
    pub(crate) fn add_colonist(&mut self, at: Position) -> StableId {
        let id = self.ids.allocate();
        let name = SmolStr::from(name_of(self.seed, id));
        let colonist = Colonist {
            at,
            needs: Needs::of_newcomer(self.seed, id),
            activity: Activity::default(),
            personal: None,
            has_schedule: false,
            is_choosy: false,
        };
        let person = Person {
            name,
            skills: skills::of_newcomer(self.seed, id, &self.rules),
            schedule: None,
            forbidden: BTreeSet::new(),
        };
        self.entities.add_colonist(id, person, colonist);
        id
    }

    /// Adds a colonist and tells of it.
    pub(crate) fn join(&mut self, at: Position) {
        let id = self.add_colonist(at);
        let name = self.name(id);
        self.events.push(Event::ColonistJoined {
            colonist: id,
            name,
            at,
        });
    }

    /// Lets somebody die: the jobs that wait for them alone are withdrawn, the one they were at is free again, their load
    /// lies where they fell.
    pub(crate) fn remove_dead(&mut self, id: StableId, cause: &str) {
        self.leave_job(id, "the colonist died");
        let treatment = self.board.about(Subject::Patient(id));
        for job in self
            .personal_jobs(id)
            .into_iter()
            .flatten()
            .chain(treatment)
        {
            self.cancel_job(job);
        }
        let Some((Person { name, .. }, Colonist { at, .. })) = self.entities.remove_colonist(id)
        else {
            return;
        };
        self.statistics.count_death(cause);
        self.events.push(Event::ColonistDied {
            colonist: id,
            name,
            at,
            cause: cause.to_owned(),
        });
    }

    /// The jobs that are somebody's own, by need.
    pub(crate) fn personal_jobs(&self, id: StableId) -> PersonalJobs {
        let colonist = self.entities.colonist(id);
        let personal = colonist.and_then(|colonist| colonist.personal.as_deref());
        personal.copied().unwrap_or_default()
    }

    /// Name of somebody alive.
    pub(crate) fn name(&self, id: StableId) -> SmolStr {
        let person = self.entities.person(id);
        person.map_or_else(SmolStr::default, |person| person.name.clone())
    }

    /// Place of somebody alive.
    pub(crate) fn position(&self, id: StableId) -> Option<Position> {
        Some(self.entities.colonist(id)?.at)
    }

    pub(crate) fn job_of(&self, id: StableId) -> Option<StableId> {
        self.entities.colonist(id)?.activity.job
    }
}

impl Colonist {
    /// The job that meets a need of theirs.
    pub(crate) fn personal_job(&self, need: NeedKind) -> Option<StableId> {
        self.personal.as_ref()?[need as usize]
    }

    /// Takes note of who they are.
    pub(crate) fn note_person(&mut self, person: &Person) {
        self.has_schedule = person.schedule.is_some();
        self.is_choosy = !person.forbidden.is_empty();
    }

    /// Takes note of the job that meets a need of theirs.
    pub(crate) fn set_personal_job(&mut self, need: NeedKind, job: Option<StableId>) {
        let mut jobs = self.personal.take().unwrap_or_default();
        jobs[need as usize] = job;
        self.personal = (*jobs != PersonalJobs::default()).then_some(jobs);
    }

    /// The need that somebody is meeting, or on the way to meet, bit by bit.
    pub(crate) fn need_being_met(&self) -> Option<NeedKind> {
        let job = self.activity.job?;
        let is_met = |need: &NeedKind| self.personal_job(*need) == Some(job);
        let gradual = [NeedKind::Rest, NeedKind::Recreation];
        gradual.into_iter().find(is_met)
    }
}

/// Any 64 ids in a row have different names.
fn name_of(seed: u64, id: StableId) -> &'static str {
    let count = 64;
    let first = u64::from(below(random_u64(seed, stream::NAMES, 0, 0, 0), count));
    // Odd, so that the stride visits all 64 names before one comes again.
    let stride = 1 + 2 * u64::from(below(random_u64(seed, stream::NAMES, 0, 0, 1), count / 2));
    let index = id.get().wrapping_mul(stride).wrapping_add(first) % u64::from(count);
    usize::try_from(index)
        .ok()
        .and_then(|index| NAMES.get(index))
        .copied()
        .unwrap_or(NAMES[0])
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn names_in_a_row_differ() {
        for seed in [0, 42, u64::MAX] {
            let names: BTreeSet<_> = (5..69).map(|id| name_of(seed, StableId::new(id))).collect();
            assert_eq!(names.len(), 64, "seed {seed}");
        }
        assert!((1..9).any(|id| name_of(1, StableId::new(id)) != name_of(2, StableId::new(id))));
    }
}
