//! Which mods a mod needs, and the order in which mods load: dependencies first, the same order for the same mods.

use std::collections::{BTreeMap, BTreeSet};

use semver::{Version, VersionReq};
use thiserror::Error;

use crate::diagnostic::{Fault, Place, nearest};
use crate::manifest::Manifest;
use crate::mod_id::ModId;

/// Most mods in a chain in which each needs the next, the first one not counted.
pub const DEPENDENCY_DEPTH_MAX: usize = 10;

/// Why a mod's dependencies cannot be met.
#[derive(Clone, Debug, PartialEq, Error)]
pub enum DependencyError {
    /// There is no mod of that name.
    #[error("`{mod_id}` depends on `{dependency}`, but there is no such mod")]
    Unknown {
        /// The mod whose manifest is at fault.
        mod_id: ModId,
        /// The name that no mod has.
        dependency: ModId,
        /// The mod that was probably meant.
        nearest: Option<ModId>,
        /// The dependency in `mod.toml`.
        place: Box<Place>,
    },
    /// The mod exists and is not part of this run.
    #[error("`{mod_id}` depends on `{dependency}`, which is not loaded")]
    Missing {
        /// The mod whose manifest is at fault.
        mod_id: ModId,
        /// The mod that is not loaded.
        dependency: ModId,
        /// The dependency in `mod.toml`.
        place: Box<Place>,
    },
    /// The mod is loaded in a version that will not do.
    #[error("`{mod_id}` needs `{dependency}` {wanted}, found {found}")]
    Incompatible {
        /// The mod whose manifest is at fault.
        mod_id: ModId,
        /// The mod in the wrong version.
        dependency: ModId,
        /// The version of the dependency.
        found: Version,
        /// The versions that will do.
        wanted: VersionReq,
        /// The dependency in `mod.toml`.
        place: Box<Place>,
    },
    /// Mods need each other.
    #[error("mods depend on each other: {}", spell_chain(chain))]
    Cycle {
        /// The mods of the cycle; the first, which has the lowest id, comes again at the end.
        chain: Vec<ModId>,
        /// The dependency of the first on the second.
        place: Box<Place>,
    },
    /// A mod needs itself.
    #[error("`{mod_id}` depends on itself")]
    SelfDependency {
        /// The mod whose manifest is at fault.
        mod_id: ModId,
        /// The dependency in `mod.toml`.
        place: Box<Place>,
    },
    /// A chain of dependencies is too long to be meant.
    #[error(
        "more than {DEPENDENCY_DEPTH_MAX} mods in a chain of dependencies: {}",
        spell_chain(chain)
    )]
    TooDeep {
        /// The chain, from the mod whose manifest is at fault.
        chain: Vec<ModId>,
        /// The dependency of the first on the second.
        place: Box<Place>,
    },
}

impl DependencyError {
    /// The mod whose manifest is at fault.
    #[must_use]
    pub fn mod_id(&self) -> &ModId {
        match self {
            Self::Unknown { mod_id, .. }
            | Self::Missing { mod_id, .. }
            | Self::Incompatible { mod_id, .. }
            | Self::SelfDependency { mod_id, .. } => mod_id,
            Self::Cycle { chain, .. } | Self::TooDeep { chain, .. } => &chain[0],
        }
    }

    /// The error as a fault in `mod.toml`.
    #[must_use]
    pub fn fault(&self) -> Fault {
        let fault = Fault::new(self.to_string());
        match self {
            Self::Unknown { nearest, place, .. } => {
                let fault = fault.at(place.as_ref().clone());
                match nearest {
                    Some(id) => fault.help(format!("did you mean `{id}`?")),
                    None => fault,
                }
            }
            Self::Missing {
                dependency, place, ..
            } => {
                let help = format!("add \"{dependency}\" to `load` under `[mods]`");
                fault.at(place.as_ref().clone()).help(help)
            }
            Self::Incompatible {
                dependency,
                found,
                wanted,
                place,
                ..
            } => {
                let help = format!(
                    "load a `{dependency}` of {wanted}, or write `{dependency} = \"^{found}\"`"
                );
                fault.at(place.as_ref().clone()).help(help)
            }
            Self::Cycle { place, .. } => fault
                .at(place.as_ref().clone())
                .help("remove one of these dependencies"),
            Self::SelfDependency { place, .. } => {
                fault.at(place.as_ref().clone()).help("remove this line")
            }
            Self::TooDeep { place, .. } => fault.at(place.as_ref().clone()),
        }
    }
}

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
        .flat_map(|manifest| unmet(manifest, manifests, known))
        .collect();
    let mut graph = Graph::new(manifests);
    let mut order = graph.take_ready(order_hint);
    while let Some(chain) = graph.take_cycle() {
        let place = Box::new(manifests[&chain[0]].dependencies[&chain[1]].place.clone());
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
                let names = known
                    .iter()
                    .chain(manifests.keys())
                    .filter(|&name| *name != mod_id);
                let nearest = nearest(dependency.as_str(), names.map(ModId::as_str));
                let nearest = nearest.and_then(|name| ModId::parse(name).ok());
                errors.push(DependencyError::Unknown {
                    mod_id,
                    dependency,
                    nearest,
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
                    .dependencies
                    .keys()
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

/// The chains that are just too long; what depends on them is not reported again.
fn too_deep(order: &[ModId], manifests: &BTreeMap<ModId, &Manifest>) -> Vec<DependencyError> {
    let mut deepest: BTreeMap<&ModId, (usize, Option<&ModId>)> = BTreeMap::new();
    let mut errors = Vec::new();
    for id in order {
        let dependencies = &manifests[id].dependencies;
        let below = dependencies
            .keys()
            .filter_map(|needed| Some((deepest.get(needed)?.0 + 1, Some(needed))));
        let (depth, next) = below.max_by_key(|&(depth, _)| depth).unwrap_or((0, None));
        deepest.insert(id, (depth, next));
        if let Some(next) = next
            && depth == DEPENDENCY_DEPTH_MAX + 1
        {
            let chain = std::iter::successors(Some(id), |&id| deepest[id].1)
                .cloned()
                .collect();
            let place = Box::new(dependencies[next].place.clone());
            errors.push(DependencyError::TooDeep { chain, place });
        }
    }
    errors
}

fn spell_chain(chain: &[ModId]) -> String {
    let names: Vec<&str> = chain.iter().map(ModId::as_str).collect();
    names.join(" -> ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bundle::Bundle;

    /// Mods from rows of id, version and dependencies (`a ^1`).
    fn manifests(rows: &[(&str, &str, &[&str])]) -> Vec<Manifest> {
        rows.iter()
            .map(|(id, version, dependencies)| {
                let mut text = format!("id = \"{id}\"\nname = \"x\"\nversion = \"{version}\"\napi = \"^1\"\n[dependencies]\n");
                for dependency in *dependencies {
                    let (name, range) = dependency.split_once(' ').unwrap_or((dependency, "*"));
                    text += &format!("{name} = \"{range}\"\n");
                }
                let bundle = Bundle::new(id, [("mod.toml".to_owned(), text.into_bytes())]).expect("good paths");
                Manifest::parse(&bundle, &[]).expect("a good manifest")
            })
            .collect()
    }

    fn ids(names: &[&str]) -> Vec<ModId> {
        names
            .iter()
            .map(|name| ModId::parse(name).expect("an id"))
            .collect()
    }

    fn order(
        rows: &[(&str, &str, &[&str])],
        exist: &[&str],
        hint: &[&str],
    ) -> Result<String, Vec<String>> {
        let manifests = manifests(rows);
        let by_id = manifests
            .iter()
            .map(|manifest| (manifest.id.clone(), manifest))
            .collect();
        load_order(&by_id, &ids(exist).into_iter().collect(), &ids(hint))
            .map(|order| spell_chain(&order))
            .map_err(|errors| {
                let faults = errors.iter().map(DependencyError::fault);
                faults
                    .map(|fault| format!("{fault} ({})", fault.help.as_deref().unwrap_or("-")))
                    .collect()
            })
    }

    #[test]
    fn dependencies_load_first_and_the_rest_as_hinted() {
        // seed-corrections 39
        let rows: &[(&str, &str, &[&str])] = &[
            ("a", "1.0.0", &["c"]),
            ("b", "1.0.0", &[]),
            ("c", "1.0.0", &[]),
            ("d", "1.0.0", &["a", "b"]),
        ];
        for (hint, expected) in [
            (&[][..], "b -> c -> a -> d"),
            (&["a", "b", "c", "d"], "b -> c -> a -> d"),
            (&["d", "c", "a"], "c -> a -> b -> d"),
            (&["c", "b"], "c -> b -> a -> d"),
        ] {
            assert_eq!(order(rows, &[], hint).as_deref(), Ok(expected), "{hint:?}");
        }
        assert_eq!(order(&[], &[], &[]).as_deref(), Ok(""));
    }

    #[test]
    fn every_unmet_dependency_is_named_with_its_place() {
        // seed-corrections 40, 42
        let errors = order(
            &[
                ("a", "1.0.0", &["a", "b ^2", "stats"]),
                ("b", "1.9.0", &["statz", "zzz"]),
                ("c", "1.0.0", &["b <1.9"]),
            ],
            &["stats"],
            &[],
        );
        let expected = [
            "`a` depends on itself at a/mod.toml:6:1 (remove this line)",
            "`a` needs `b` ^2, found 1.9.0 at a/mod.toml:7:1 (load a `b` of ^2, or write `b = \"^1.9.0\"`)",
            "`a` depends on `stats`, which is not loaded at a/mod.toml:8:1 (add \"stats\" to `load` under `[mods]`)",
            "`b` depends on `statz`, but there is no such mod at b/mod.toml:6:1 (did you mean `stats`?)",
            "`b` depends on `zzz`, but there is no such mod at b/mod.toml:7:1 (-)",
            "`c` needs `b` <1.9, found 1.9.0 at c/mod.toml:6:1 (load a `b` of <1.9, or write `b = \"^1.9.0\"`)",
        ];
        assert_eq!(errors, Err(expected.map(str::to_owned).to_vec()));
    }

    #[test]
    fn cycles_are_spelled_out() {
        // seed-corrections 38
        let errors = order(
            &[
                ("a", "1.0.0", &["z"]),
                ("m", "1.0.0", &["n"]),
                ("n", "1.0.0", &["m"]),
                ("x", "1.0.0", &["y"]),
                ("y", "1.0.0", &["z"]),
                ("z", "1.0.0", &["x"]),
            ],
            &[],
            &[],
        );
        let expected = [
            "mods depend on each other: x -> y -> z -> x at x/mod.toml:6:1 (remove one of these dependencies)",
            "mods depend on each other: m -> n -> m at m/mod.toml:6:1 (remove one of these dependencies)",
        ];
        assert_eq!(errors, Err(expected.map(str::to_owned).to_vec()));
    }

    #[test]
    fn chains_have_a_greatest_depth() {
        // seed-corrections 41
        let names: Vec<String> = (0..13).map(|index| format!("m{index:02}")).collect();
        let needs: Vec<[&str; 1]> = names.iter().skip(1).map(|name| [name.as_str()]).collect();
        let mut rows: Vec<(&str, &str, &[&str])> = names
            .iter()
            .zip(&needs)
            .map(|(name, needs)| (name.as_str(), "1.0.0", &needs[..]))
            .collect();
        rows.push(("m12", "1.0.0", &[]));
        assert!(
            order(&rows[2..], &[], &[]).is_ok(),
            "ten below the first are allowed"
        );
        let errors = order(&rows, &[], &[]).expect_err("twelve below the first");
        assert_eq!(
            errors.len(),
            1,
            "only the shortest chain that is too long: {errors:#?}"
        );
        assert!(
            errors[0].contains("more than 10 mods in a chain of dependencies: m01 -> m02 -> "),
            "{errors:?}"
        );
    }

    #[test]
    fn dependents_are_direct_and_indirect() {
        let manifests = manifests(&[
            ("a", "1.0.0", &["b"]),
            ("b", "1.0.0", &["c"]),
            ("c", "1.0.0", &["b"]),
            ("d", "1.0.0", &[]),
        ]);
        let by_id = manifests
            .iter()
            .map(|manifest| (manifest.id.clone(), manifest))
            .collect();
        for (id, expected) in [
            ("a", &[][..]),
            ("b", &["a", "c"]),
            ("c", &["a", "b"]),
            ("d", &[]),
        ] {
            assert_eq!(dependents(&by_id, &ids(&[id])[0]), ids(expected), "{id}");
        }
    }
}
