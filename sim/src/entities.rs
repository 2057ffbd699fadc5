//! Everything that has an id: the colonists, jobs and stacks there are. Every listing follows the order of ids, so that no storage
//! order reaches state.

use rayon::prelude::*;

use crate::colonists::{Activity, Colonist, Person, encoding};
use crate::hash::{hash_bytes, hash_of};
use crate::items::Stack;
use crate::jobs::Job;
use crate::lookup::Lookup;
use crate::names::Name;
use crate::parallel::{LARGE_MIN, join};
use crate::place_set::PlaceSet;
use crate::shared::Shared;
use crate::structures::Structure;
use crate::table::Table;
use crate::{Position, StableId};

/// See the [module](self).
#[derive(Debug, Clone, Default)]
pub(crate) struct Entities {
    /// In order of id. Ids are given out in ascending order, so that newcomers come last.
    colonists: Shared<Vec<(StableId, Colonist)>>,
    /// Where in `colonists` somebody is; never gone through.
    places: Shared<Lookup<StableId, usize>>,
    /// Those of `colonists` who have no job.
    idle: PlaceSet,
    people: Table<Person>,
    jobs: Table<Job>,
    stacks: Table<Stack>,
    structures: Table<Structure>,
}

/// The hash of each part.
pub(crate) struct EntityHashes {
    pub(crate) colonists: u128,
    pub(crate) jobs: u128,
    pub(crate) stacks: u128,
    pub(crate) structures: u128,
}

/// Colonists that are hashed together: what they are encoded into stays in the caches of the processor.
const CHUNK_COLONISTS: usize = 256;

/// Bytes that few colonists exceed when they are encoded.
const COLONIST_BYTES: usize = 96;

/// The hash of the hashes of some in a row each: the same for any number of threads.
fn hash_of_colonists(
    colonists: &[(StableId, Colonist)],
    people: &mut Table<Person>,
    is_large: bool,
) -> u128 {
    let hash_of_chunk = |bytes: &mut Vec<u8>, chunk: &[(StableId, Colonist)]| {
        bytes.clear();
        for (id, colonist) in chunk {
            encoding::encode(*id, colonist, bytes);
        }
        hash_bytes(bytes)
    };
    let room = || Vec::with_capacity(colonists.len().min(CHUNK_COLONISTS) * COLONIST_BYTES);
    let hashes: Vec<u128> = if is_large {
        let chunks = colonists.par_chunks(CHUNK_COLONISTS);
        chunks.map_init(room, hash_of_chunk).collect()
    } else {
        let mut bytes = room();
        let chunks = colonists.chunks(CHUNK_COLONISTS);
        chunks
            .map(|chunk| hash_of_chunk(&mut bytes, chunk))
            .collect()
    };
    hash_of(&(people.hash(), hashes))
}

impl Entities {
    /// Makes room for so many more.
    pub(crate) fn reserve_colonists(&mut self, count: usize) {
        self.colonists.reserve(count);
        self.places.reserve(count);
    }

    /// Adds somebody who has a higher id than anybody before.
    pub(crate) fn add_colonist(&mut self, id: StableId, person: Person, mut colonist: Colonist) {
        colonist.note_person(&person);
        let place = self.colonists.len();
        self.places.insert(id, place);
        self.idle.set(place, colonist.activity.job.is_none());
        self.colonists.push((id, colonist));
        self.people.insert(id, person);
    }

    pub(crate) fn add_job(&mut self, job: Job) {
        self.jobs.insert(job.id, job);
    }

    pub(crate) fn add_stack(&mut self, id: StableId, stack: Stack) {
        self.stacks.insert(id, stack);
    }

    pub(crate) fn add_structure(&mut self, structure: Structure) {
        self.structures.insert(structure.id, structure);
    }

    pub(crate) fn remove_structure(&mut self, id: StableId) -> Option<Structure> {
        self.structures.remove(id)
    }

    pub(crate) fn structure(&self, id: StableId) -> Option<&Structure> {
        self.structures.get(id)
    }

    pub(crate) fn structure_mut(&mut self, id: StableId) -> Option<&mut Structure> {
        self.structures.get_mut(id)
    }

    /// All blueprints and buildings.
    pub(crate) fn structures(&self) -> impl Iterator<Item = &Structure> {
        self.structures.iter().map(|(_, structure)| structure)
    }

    pub(crate) fn remove_colonist(&mut self, id: StableId) -> Option<(Person, Colonist)> {
        let place = self.places.remove(&id)?;
        let (_, colonist) = self.colonists.remove(place);
        for (place, (id, _)) in self.colonists.iter().enumerate().skip(place) {
            self.places.insert(*id, place);
        }
        self.idle.close_gap(place);
        Some((self.people.remove(id)?, colonist))
    }

    pub(crate) fn remove_job(&mut self, id: StableId) -> Option<Job> {
        self.jobs.remove(id)
    }

    pub(crate) fn remove_stack(&mut self, id: StableId) -> Option<Stack> {
        self.stacks.remove(id)
    }

    pub(crate) fn colonist(&self, id: StableId) -> Option<&Colonist> {
        Some(&self.colonists.get(*self.places.get(&id)?)?.1)
    }

    pub(crate) fn colonist_mut(&mut self, id: StableId) -> Option<&mut Colonist> {
        Some(&mut self.colonists.get_mut(*self.places.get(&id)?)?.1)
    }

    /// The places of those who have no job.
    pub(crate) fn idle(&self) -> Vec<usize> {
        self.idle.iter().collect()
    }

    /// Gives the one at a place a job of a kind, at which they are as good as a level says.
    pub(crate) fn make_busy(&mut self, place: usize, job: StableId, kind: Name, level: u8) {
        if let Some((_, Colonist { activity, .. })) = self.colonists.get_mut(place) {
            activity.job = Some(job);
            activity.kind = Some(kind);
            activity.level = level;
            self.idle.set(place, false);
        }
    }

    /// Takes away what somebody is at. Returns where they are and what it was.
    pub(crate) fn make_idle(&mut self, id: StableId) -> Option<(Position, Activity)> {
        let place = *self.places.get(&id)?;
        let (_, colonist) = self.colonists.get_mut(place)?;
        self.idle.set(place, true);
        Some((colonist.at, std::mem::take(&mut colonist.activity)))
    }

    pub(crate) fn person(&self, id: StableId) -> Option<&Person> {
        self.people.get(id)
    }

    /// Changes who somebody is, and with it what is known of that where it is asked every tick.
    pub(crate) fn change_person(&mut self, id: StableId, change: impl FnOnce(&mut Person)) {
        let Some(person) = self.people.get_mut(id) else {
            return;
        };
        change(person);
        let place = self.places.get(&id);
        if let Some((_, colonist)) = place.and_then(|place| self.colonists.get_mut(*place)) {
            colonist.note_person(person);
        }
    }

    /// What somebody has learnt, to be changed.
    pub(crate) fn skills_mut(&mut self, id: StableId) -> Option<&mut Vec<(Name, u32)>> {
        Some(&mut self.people.get_mut(id)?.skills)
    }

    /// The ids of everybody.
    pub(crate) fn colonist_ids(&self) -> Vec<StableId> {
        self.colonists.iter().map(|(id, _)| *id).collect()
    }

    pub(crate) fn job(&self, id: StableId) -> Option<&Job> {
        self.jobs.get(id)
    }

    pub(crate) fn job_mut(&mut self, id: StableId) -> Option<&mut Job> {
        self.jobs.get_mut(id)
    }

    pub(crate) fn stack(&self, id: StableId) -> Option<&Stack> {
        self.stacks.get(id)
    }

    pub(crate) fn stack_mut(&mut self, id: StableId) -> Option<&mut Stack> {
        self.stacks.get_mut(id)
    }

    pub(crate) fn colonist_count(&self) -> usize {
        self.colonists.len()
    }

    /// Everybody.
    pub(crate) fn colonists(&self) -> impl Iterator<Item = (StableId, &Colonist)> {
        self.colonists.iter().map(|(id, colonist)| (*id, colonist))
    }

    /// Everybody, to be changed, in order of id.
    pub(crate) fn colonists_mut(&mut self) -> &mut [(StableId, Colonist)] {
        &mut self.colonists
    }

    /// Somebody by place in the order of ids. The places stay the same as long as nobody comes or goes.
    pub(crate) fn nth_colonist(&self, place: usize) -> Option<(StableId, &Colonist)> {
        let (id, colonist) = self.colonists.get(place)?;
        Some((*id, colonist))
    }

    /// Goes through everybody from a place in the order of ids on, up to the first of whom `visit` makes something. Returns also the
    /// place after that.
    pub(crate) fn visit_from<R>(
        &mut self,
        place: usize,
        mut visit: impl FnMut(StableId, &mut Colonist) -> Option<R>,
    ) -> Option<(usize, R)> {
        let mut rows = self.colonists.iter_mut().enumerate().skip(place);
        rows.find_map(|(place, (id, colonist))| Some((place + 1, visit(*id, colonist)?)))
    }

    pub(crate) fn job_count(&self) -> usize {
        self.jobs.len()
    }

    pub(crate) fn jobs(&self) -> impl Iterator<Item = &Job> {
        self.jobs.iter().map(|(_, job)| job)
    }

    pub(crate) fn stacks(&self) -> impl Iterator<Item = (StableId, &Stack)> {
        self.stacks.iter()
    }

    /// The jobs in no order that may reach state.
    pub(crate) fn jobs_unordered(&self) -> impl Iterator<Item = &Job> {
        self.jobs.unordered().map(|(_, job)| job)
    }

    /// Hashes of all.
    pub(crate) fn hashes(&mut self) -> EntityHashes {
        let Self {
            colonists,
            people,
            jobs,
            stacks,
            structures,
            ..
        } = self;
        let is_large = colonists.len() >= LARGE_MIN;
        let (colonists, (jobs, stacks, structures)) = join(
            is_large,
            || hash_of_colonists(colonists, people, is_large),
            || (jobs.hash(), stacks.hash(), structures.hash()),
        );
        EntityHashes {
            colonists,
            jobs,
            stacks,
            structures,
        }
    }
}
