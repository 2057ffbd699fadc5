//! Which mods a mod needs, and the order in which mods load: dependencies first, the same order for the same mods.

use std::collections::{BTreeMap, BTreeSet};

use crate::diagnostic::Place;
use crate::manifest::Manifest;
use crate::mod_id::ModId;

mod cache;
mod error;

pub(crate) use cache::ResolutionCache;
pub use error::DependencyError;

/// Most mods in a chain in which each needs the next, the first one not counted.
pub const DEPENDENCY_DEPTH_MAX: usize = 10;

/// The order in which `manifests` load: each mod after all it depends on, otherwise as in `order_hint`, then by id.
///
/// `known` are the mods that exist, loaded or not. Every unmet dependency is reported, each checked against the mod that
/// states it.
pub fn load_order(
    manifests: &BTreeMap<ModId, &Manifest>,
    known: &BTreeSet<ModId>,
    order_hint: &[ModId],
) -> Result<Vec<ModId>, Vec<DependencyError>> {
    let mut errors: Vec<DependencyError> = manifests
        .values()
        .flat_map(|manifest| {
            let mut errors = unmet(manifest, manifests, known);
            errors.extend(clashes(manifest, manifests));
            errors
        })
        .collect();
    let mut graph = Graph::new(manifests);
    let mut order = graph.take_ready(order_hint);
    while let Some(chain) = graph.take_cycle() {
        let place = Box::new(edge_place(manifests[&chain[0]], &chain[1]));
        errors.push(DependencyError::Cycle { chain, place });
        order.extend(graph.take_ready(order_hint));
    }
    errors.extend(too_deep(&order, manifests));
    if errors.is_empty() {
        Ok(order)
    } else {
        Err(errors)
    }
}

/// The mods that depend on `id`, directly or through others, in order of id.
#[must_use]
pub fn dependents(manifests: &BTreeMap<ModId, &Manifest>, id: &ModId) -> Vec<ModId> {
    let mut found: BTreeSet<&ModId> = BTreeSet::new();
    let mut pending = vec![id];
    while let Some(needed) = pending.pop() {
        for (dependent, manifest) in manifests {
            if dependent != id
                && manifest.dependencies.contains_key(needed)
                && found.insert(dependent)
            {
                pending.push(dependent);
            }
        }
    }
    found.into_iter().cloned().collect()
}

/// Where a manifest names a mod that it depends on, needed or not.
fn edge_place(manifest: &Manifest, dependency: &ModId) -> Place {
    let named = manifest
        .dependencies
        .get(dependency)
        .or_else(|| manifest.optional_dependencies.get(dependency));
    named.map_or_else(|| manifest.place.clone(), |named| named.place.clone())
}

/// What stands against mods that are loaded: optional dependencies in a wrong version, and conflicts.
fn clashes(manifest: &Manifest, manifests: &BTreeMap<ModId, &Manifest>) -> Vec<DependencyError> {
    let mod_id = &manifest.id;
    let mut errors = Vec::new();
    for (dependency, wanted) in &manifest.optional_dependencies {
        let place = Box::new(wanted.place.clone());
        if dependency == mod_id {
            errors.push(DependencyError::SelfDependency {
                mod_id: mod_id.clone(),
                place,
            });
            continue;
        }
        if let Some(found) = manifests.get(dependency)
            && !wanted.range.matches(&found.version)
        {
            errors.push(DependencyError::Incompatible {
                mod_id: mod_id.clone(),
                dependency: dependency.clone(),
                found: found.version.clone(),
                wanted: wanted.range.clone(),
                place,
            });
        }
    }
    for (other, wanted) in &manifest.conflicts {
        if let Some(found) = manifests.get(other).filter(|_| other != mod_id)
            && wanted.range.matches(&found.version)
        {
            errors.push(DependencyError::Conflict {
                mod_id: mod_id.clone(),
                other: other.clone(),
                found: found.version.clone(),
                range: wanted.range.clone(),
                place: Box::new(wanted.place.clone()),
            });
        }
    }
    errors
}

fn unmet(
    manifest: &Manifest,
    manifests: &BTreeMap<ModId, &Manifest>,
    known: &BTreeSet<ModId>,
) -> Vec<DependencyError> {
    let mut errors = Vec::new();
    for (dependency, wanted) in &manifest.dependencies {
        let mod_id = manifest.id.clone();
        let place = Box::new(wanted.place.clone());
        let dependency = dependency.clone();
        if dependency == mod_id {
            errors.push(DependencyError::SelfDependency { mod_id, place });
            continue;
        }
        match manifests.get(&dependency) {
            Some(found) if wanted.range.matches(&found.version) => {}
            Some(found) => errors.push(DependencyError::Incompatible {
                mod_id,
                dependency,
                found: found.version.clone(),
                wanted: wanted.range.clone(),
                place,
            }),
            None if known.contains(&dependency) => errors.push(DependencyError::Missing {
                mod_id,
                dependency,
                place,
            }),
            None => {
                let names = known.iter().chain(manifests.keys());
                let names: BTreeSet<&ModId> = names.filter(|&name| *name != mod_id).collect();
                errors.push(DependencyError::Unknown {
                    mod_id,
                    dependency,
                    known: names.into_iter().cloned().collect(),
                    place,
                });
            }
        }
    }
    errors
}

/// The mods that are not ordered yet, each with those of its dependencies that are not ordered either.
struct Graph<'m> {
    waiting: BTreeMap<&'m ModId, BTreeSet<&'m ModId>>,
}

impl<'m> Graph<'m> {
    fn new(manifests: &'m BTreeMap<ModId, &'m Manifest>) -> Self {
        let waiting = manifests
            .iter()
            .map(|(id, manifest)| {
                let loaded = manifest
                    .libraries()
                    .filter(|&needed| needed != id && manifests.contains_key(needed));
                (id, loaded.collect())
            })
            .collect();
        Self { waiting }
    }

    /// Takes out every mod that needs only what was taken before it, in load order.
    fn take_ready(&mut self, order_hint: &[ModId]) -> Vec<ModId> {
        let mut order = Vec::new();
        loop {
            let ready = self
                .waiting
                .iter()
                .filter(|(_, needed)| needed.is_empty())
                .map(|(&id, _)| id);
            let hinted = |id: &ModId| {
                order_hint
                    .iter()
                    .position(|hint| hint == id)
                    .unwrap_or(usize::MAX)
            };
            let Some(next) = ready.min_by_key(|&id| (hinted(id), id)) else {
                return order;
            };
            self.remove(next);
            order.push(next.clone());
        }
    }

    /// Takes out the mods of a cycle and spells it; only for a graph in which no mod is ready.
    fn take_cycle(&mut self) -> Option<Vec<ModId>> {
        let mut walk: Vec<&ModId> = Vec::new();
        let mut next = *self.waiting.keys().next()?;
        let start = loop {
            if let Some(start) = walk.iter().position(|&id| id == next) {
                break start;
            }
            walk.push(next);
            next = self.waiting[next].first()?;
        };
        let mut cycle = walk.split_off(start);
        let lowest = (0..cycle.len()).min_by_key(|&index| cycle[index])?;
        cycle.rotate_left(lowest);
        for id in &cycle {
            self.remove(id);
        }
        cycle.push(cycle[0]);
        Some(cycle.into_iter().cloned().collect())
    }

    fn remove(&mut self, id: &ModId) {
        self.waiting.remove(id);
        for needed in self.waiting.values_mut() {
            needed.remove(id);
        }
    }
}

/// The chains that are just too long for the mod that begins them; what depends on these is not reported again.
fn too_deep(order: &[ModId], manifests: &BTreeMap<ModId, &Manifest>) -> Vec<DependencyError> {
    let mut deepest: BTreeMap<&ModId, (usize, Option<&ModId>)> = BTreeMap::new();
    let depth_max = |id: &ModId| {
        let asked = manifests[id].hot_reload.dependencies.max_dependency_depth;
        asked.min(DEPENDENCY_DEPTH_MAX)
    };
    let mut errors = Vec::new();
    for id in order {
        let below = manifests[id]
            .libraries()
            .filter_map(|needed| Some((deepest.get(needed)?.0 + 1, Some(needed))));
        let (depth, next) = below.max_by_key(|&(depth, _)| depth).unwrap_or((0, None));
        deepest.insert(id, (depth, next));
        if let Some(next) = next
            && depth > depth_max(id)
            && deepest[next].0 <= depth_max(next)
        {
            let chain = std::iter::successors(Some(id), |&id| deepest[id].1)
                .cloned()
                .collect();
            errors.push(DependencyError::TooDeep {
                depth_max: depth_max(id),
                chain,
                place: Box::new(edge_place(manifests[id], next)),
            });
        }
    }
    errors
}

#[cfg(test)]
mod tests;
