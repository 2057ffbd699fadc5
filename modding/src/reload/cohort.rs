//! Which mods change together: those whose library code changes with a change, those that depend on each other, and those that fit only
//! together (seed-corrections 23).

use std::collections::{BTreeMap, VecDeque};

use crate::generation::Instance;
use crate::handover::Package;
use crate::host::Host;
use crate::mod_id::ModId;
use crate::report::ReloadType;

use super::ReloadOptions;
use super::plan::{Member, Planned};

impl Host {
    /// Gives every member the library code of the mods as they will be, and adds the mods whose library code changes with it
    /// (seed-corrections 23). One that does not wish to follow keeps what it has (`auto_resolve`).
    pub(super) fn bind(&self, mut members: Vec<Member>) -> Vec<Member> {
        let world = self.world_with(&members);
        for member in &mut members {
            if member.unplannable.is_some() || member.departure.is_some() {
                continue;
            }
            let bound = member.package.bound(&world);
            let running = member.old.generation.sources();
            if !member.keeps_machine() || bound.sources.same_libraries(&running) {
                member.package = bound;
            } else if follows_dependencies(&member.old) {
                member.package = bound;
                member.kind = ReloadType::Dependencies;
            } else {
                member.package = member.package.with_libraries_of(&running);
            }
        }
        for instance in self.context.running().iter() {
            let generation = &instance.generation;
            let known = members
                .iter()
                .any(|member| member.old.generation.id() == generation.id());
            let package = Package::of(generation).bound(&world);
            let differs = !package.sources.same_libraries(&generation.sources());
            let refused = self.refused.get(generation.id()) == Some(&package.sources.hash());
            if !known && differs && !refused && follows_dependencies(instance) {
                let kind = ReloadType::Dependencies;
                members.push(Member::new(instance.clone(), package, kind, Vec::new()));
            }
        }
        members
    }

    /// Members that depend on each other, directly or through members, belong together. Cohorts come by the highest priority of
    /// their members, then in load order; members in load order.
    pub(super) fn cohorts(&self, mut members: Vec<Member>) -> Vec<Vec<Member>> {
        self.sort_by_load_order(&mut members);
        let uses = |one: &Member, other: &Member| {
            let id = other.id();
            one.package.manifest.libraries().any(|named| named == id)
                || one.package.sources.libraries().any(|(used, _)| used == id)
        };
        let mut cohorts: Vec<Vec<Member>> = Vec::new();
        for member in members {
            let linked = |other: &Member| uses(&member, other) || uses(other, &member);
            let (mut joined, apart): (Vec<_>, Vec<_>) = cohorts
                .into_iter()
                .partition(|cohort| cohort.iter().any(linked));
            let mut cohort: Vec<Member> = joined.drain(..).flatten().collect();
            cohort.push(member);
            self.sort_by_load_order(&mut cohort);
            cohorts = apart;
            cohorts.push(cohort);
        }
        let urgency = |cohort: &Vec<Member>| cohort.iter().map(Member::priority).max();
        cohorts.sort_by_key(|cohort| std::cmp::Reverse(urgency(cohort)));
        cohorts
    }

    /// Puts members where the mods that they are now come in load order.
    pub(super) fn sort_by_load_order(&self, members: &mut [Member]) {
        let order = self.context.order();
        members.sort_by_key(|member| {
            let id = member.old.generation.id();
            order.iter().position(|other| other == id)
        });
    }

    /// The mods as they run.
    pub(crate) fn world(&self) -> BTreeMap<ModId, Package> {
        let running = self.context.running();
        let packages = running.iter().map(|instance| {
            let generation = &instance.generation;
            (generation.id().clone(), Package::of(generation))
        });
        packages.collect()
    }

    /// The mods as they would run with these members.
    pub(super) fn world_with<'m>(
        &self,
        members: impl IntoIterator<Item = &'m Member>,
    ) -> BTreeMap<ModId, Package> {
        let mut world = self.world();
        let members: Vec<&Member> = members.into_iter().collect();
        for member in &members {
            world.remove(member.old.generation.id());
        }
        for member in members.iter().filter(|member| member.departure.is_none()) {
            world.insert(member.id().clone(), member.package.clone());
        }
        world
    }

    /// Cohorts that fit only together become one: a mod that no longer depends on another, and that other in a version that it could
    /// not have borne; a definition that goes from one mod to another. What waits joins in where nothing fits without it.
    pub(super) fn joined(
        &self,
        cohorts: Vec<Vec<Member>>,
        options: &ReloadOptions,
    ) -> Vec<Vec<Member>> {
        let mut rest: VecDeque<Vec<Member>> = cohorts.into();
        let mut joined = Vec::new();
        while let Some(mut cohort) = rest.pop_front() {
            if !rest.is_empty() && !self.fits(cohort.iter()) {
                let with = rest
                    .iter()
                    .position(|other| self.fits(cohort.iter().chain(other)));
                match with {
                    Some(at) => cohort.extend(rest.remove(at).into_iter().flatten()),
                    None if self.fits(cohort.iter().chain(rest.iter().flatten())) => {
                        cohort.extend(rest.drain(..).flatten());
                    }
                    None => {}
                }
            }
            let is_alone = rest.is_empty() && joined.is_empty() && !self.waiting.is_empty();
            if is_alone && !self.fits(cohort.iter()) {
                cohort = self.with_what_waits(cohort, options);
            }
            self.sort_by_load_order(&mut cohort);
            joined.push(cohort);
        }
        joined
    }

    /// A cohort that does not fit, with changes that failed before, if it fits with one of them or all.
    fn with_what_waits(&self, mut cohort: Vec<Member>, options: &ReloadOptions) -> Vec<Member> {
        let is_member = |id: &ModId| cohort.iter().any(|member| member.id() == id);
        let waiting = self.waiting_requests().into_iter();
        let waiting = waiting.filter(|request| !is_member(&request.change.mod_id));
        let mut others: Vec<Member> = waiting
            .filter_map(|request| match self.plan_request(request, options) {
                Planned::Member(member) => Some(*member),
                Planned::Addition(_) | Planned::Nothing(_) => None,
            })
            .collect();
        let one = others
            .iter()
            .position(|other| self.fits(cohort.iter().chain([other])));
        match one {
            Some(at) => cohort.push(others.swap_remove(at)),
            None if self.fits(cohort.iter().chain(&others)) => cohort.append(&mut others),
            None => return cohort,
        }
        self.bind(cohort)
    }

    /// Whether mods would fit together with these members.
    fn fits<'m>(&self, members: impl Iterator<Item = &'m Member>) -> bool {
        let members: Vec<&Member> = members.collect();
        let changes_assets = members.iter().any(|member| member.changes_assets());
        let plannable = members.iter().all(|member| member.unplannable.is_none());
        let world = self.world_with(members.iter().copied());
        let Some(first) = members.first() else {
            return true;
        };
        plannable
            && self
                .validate_world(&world, first.id(), changes_assets)
                .is_ok()
    }
}

/// Whether a mod takes over library code that changes.
fn follows_dependencies(instance: &Instance) -> bool {
    let settings = instance.generation.manifest.hot_reload.dependencies;
    instance.runtime.is_some() && settings.auto_resolve
}
