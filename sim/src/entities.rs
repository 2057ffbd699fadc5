//! Everything that has an id. hecs keeps the components; its order of iteration and its handles stay in this file.
//! Every listing follows the order of ids, so that no storage order reaches state.

use std::collections::BTreeMap;

use hecs::{Bundle, Component, Entity, Ref, World};

use crate::colonists::{Activity, Colonist, ColonistBundle};
use crate::items::Stack;
use crate::jobs::Job;
use crate::needs::Needs;
use crate::{Position, StableId};

/// An ordered index of entities of one kind.
type Index = BTreeMap<StableId, Entity>;

/// A colonist with all its components.
pub(crate) type ColonistComponents<'a> = (
    StableId,
    Ref<'a, Colonist>,
    Ref<'a, Position>,
    Ref<'a, Needs>,
    Ref<'a, Activity>,
);

/// The colonists, jobs and stacks there are.
#[derive(Default)]
pub(crate) struct Entities {
    world: World,
    colonists: Index,
    jobs: Index,
    stacks: Index,
}

impl Entities {
    pub(crate) fn add_colonist(&mut self, id: StableId, colonist: ColonistBundle) {
        self.colonists.insert(id, self.world.spawn(colonist));
    }

    pub(crate) fn add_job(&mut self, job: Job) {
        self.jobs.insert(job.id, self.world.spawn((job,)));
    }

    pub(crate) fn add_stack(&mut self, id: StableId, stack: Stack) {
        self.stacks.insert(id, self.world.spawn((stack,)));
    }

    pub(crate) fn remove_colonist(&mut self, id: StableId) -> Option<ColonistBundle> {
        take(&mut self.world, self.colonists.remove(&id)?)
    }

    pub(crate) fn remove_job(&mut self, id: StableId) -> Option<Job> {
        take(&mut self.world, self.jobs.remove(&id)?).map(|(job,)| job)
    }

    pub(crate) fn remove_stack(&mut self, id: StableId) -> Option<Stack> {
        take(&mut self.world, self.stacks.remove(&id)?).map(|(stack,)| stack)
    }

    /// A component of a colonist.
    pub(crate) fn colonist<C: Component>(&self, id: StableId) -> Option<Ref<'_, C>> {
        self.world.get::<&C>(*self.colonists.get(&id)?).ok()
    }

    pub(crate) fn colonist_mut<C: Component>(&mut self, id: StableId) -> Option<&mut C> {
        self.world
            .query_one_mut::<&mut C>(*self.colonists.get(&id)?)
            .ok()
    }

    pub(crate) fn job(&self, id: StableId) -> Option<Ref<'_, Job>> {
        self.world.get::<&Job>(*self.jobs.get(&id)?).ok()
    }

    pub(crate) fn job_mut(&mut self, id: StableId) -> Option<&mut Job> {
        self.world
            .query_one_mut::<&mut Job>(*self.jobs.get(&id)?)
            .ok()
    }

    pub(crate) fn stack(&self, id: StableId) -> Option<Ref<'_, Stack>> {
        self.world.get::<&Stack>(*self.stacks.get(&id)?).ok()
    }

    pub(crate) fn stack_mut(&mut self, id: StableId) -> Option<&mut Stack> {
        self.world
            .query_one_mut::<&mut Stack>(*self.stacks.get(&id)?)
            .ok()
    }

    pub(crate) fn colonist_ids(&self) -> impl ExactSizeIterator<Item = StableId> + '_ {
        self.colonists.keys().copied()
    }

    /// Everybody with all their components.
    pub(crate) fn colonists(&self) -> impl Iterator<Item = ColonistComponents<'_>> {
        self.colonists.keys().filter_map(|id| {
            let id = *id;
            Some((
                id,
                self.colonist(id)?,
                self.colonist(id)?,
                self.colonist(id)?,
                self.colonist(id)?,
            ))
        })
    }

    pub(crate) fn jobs(&self) -> impl Iterator<Item = Ref<'_, Job>> {
        self.jobs.keys().filter_map(|id| self.job(*id))
    }

    pub(crate) fn stacks(&self) -> impl Iterator<Item = (StableId, Ref<'_, Stack>)> {
        self.stacks
            .keys()
            .filter_map(|id| Some((*id, self.stack(*id)?)))
    }
}

/// Takes an entity out of the world and hands over its components.
fn take<B: Bundle + 'static>(world: &mut World, entity: Entity) -> Option<B> {
    let bundle = world.remove::<B>(entity).ok();
    world.despawn(entity).ok();
    bundle
}
