//! Which mods a run begins with, and the colony that they make.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use sim::{Colony, Setup};

use crate::bundle::Bundle;
use crate::definitions::{Culprit, owned_definitions};
use crate::diagnostic::Fault;
use crate::handover::Package;
use crate::manifest::Manifest;
use crate::mod_id::ModId;
use crate::resolve::{DependencyError, dependents, load_order};

use super::LeftOut;
use super::left_out::unreadable_dependency;
use super::setup_fault::fault_of_setup;

/// Mods in load order, ready to be prepared, and those that cannot be.
pub(crate) struct Roster {
    pub(crate) packages: Vec<Package>,
    pub(crate) left_out: Vec<LeftOut>,
    /// The files of those that lack another mod.
    pub(crate) unmet: Vec<Package>,
    /// The files of those that do not go with what others define.
    pub(crate) unfit: Vec<Package>,
}

/// A new colony, and the mods that it begins with: those that can be read and whose definitions go together. A mod with which
/// a fault of the definitions comes in is left out, with all that depend on it.
///
/// # Errors
/// Definitions or a set-up that no colony can be made of, every fault at once: first those for which mods were left out.
pub(super) fn found(
    setup: &Setup,
    bundles: &[Bundle],
    known: &BTreeSet<ModId>,
) -> Result<(Roster, Colony), Vec<Fault>> {
    let mut refused: BTreeMap<ModId, Vec<Fault>> = BTreeMap::new();
    loop {
        let roster = roster(bundles, &refused, known, &[]);
        let content: Vec<_> = roster.packages.iter().map(Package::content).collect();
        let left_out = refused.len();
        let faults = match owned_definitions(&content) {
            Ok(owned) => match Colony::new(setup, owned.definitions) {
                Ok(colony) => return Ok((roster, colony)),
                Err(errors) => {
                    let faults = errors.iter().map(|error| fault_of_setup(setup, error));
                    faults.collect()
                }
            },
            Err(faults) => {
                let mut missing = Vec::new();
                for (culprit, fault) in faults {
                    match culprit {
                        Culprit::Mod(id) => refused.entry(id).or_default().push(fault),
                        Culprit::Nobody(_) => missing.push(fault),
                    }
                }
                if refused.len() > left_out {
                    continue;
                }
                // What is missing is what those would have brought that are left out.
                if left_out == 0 { missing } else { Vec::new() }
            }
        };
        return Err(refused.into_values().flatten().chain(faults).collect());
    }
}

/// Reads mods and puts them in load order; a mod that cannot be read or whose dependencies fail is left out, and so are those
/// that depend on it.
/// Those that are left out already, for what they define, are not read.
/// Mods that nothing else puts in order come as in `preferred`, then as given.
pub(crate) fn roster(
    bundles: &[Bundle],
    refused: &BTreeMap<ModId, Vec<Fault>>,
    known: &BTreeSet<ModId>,
    preferred: &[ModId],
) -> Roster {
    let refused = refused.iter().map(|(id, faults)| LeftOut {
        name: id.to_string(),
        faults: faults.clone(),
    });
    let mut left_out: Vec<LeftOut> = refused.collect();
    let (mut unmet, mut unfit) = (Vec::new(), Vec::new());
    let mut packages: BTreeMap<ModId, Package> = BTreeMap::new();
    let mut hint = preferred.to_vec();
    for bundle in bundles {
        let name = bundle.folder().to_owned();
        let package = Package::read(Rc::new(bundle.clone()));
        if left_out.iter().any(|left_out| left_out.name == name) {
            unfit.extend(package.ok());
            continue;
        }
        match package {
            Ok(package) => {
                if !preferred.contains(&package.manifest.id) {
                    hint.push(package.manifest.id.clone());
                }
                packages.insert(package.manifest.id.clone(), package);
            }
            Err(faults) => left_out.push(LeftOut { name, faults }),
        }
    }
    loop {
        let manifests = packages
            .iter()
            .map(|(id, package)| (id.clone(), &*package.manifest))
            .collect();
        match load_order(&manifests, known, &hint) {
            Ok(order) => {
                let packages = order
                    .iter()
                    .filter_map(|id| packages.get(id).map(|package| package.bound(&packages)))
                    .collect();
                return Roster {
                    packages,
                    left_out,
                    unmet,
                    unfit,
                };
            }
            Err(errors) => {
                let removed = unmet_by(&errors, &manifests, &left_out);
                for id in removed.keys() {
                    unmet.extend(packages.remove(id));
                }
                left_out.extend(removed.into_iter().map(|(id, faults)| LeftOut {
                    name: id.to_string(),
                    faults,
                }));
            }
        }
    }
}

/// The mods that lack something, and those that depend on them.
fn unmet_by(
    errors: &[DependencyError],
    manifests: &BTreeMap<ModId, &Manifest>,
    left_out: &[LeftOut],
) -> BTreeMap<ModId, Vec<Fault>> {
    let mut removed: BTreeMap<ModId, Vec<Fault>> = BTreeMap::new();
    for error in errors {
        removed
            .entry(error.mod_id().clone())
            .or_default()
            .push(unreadable_dependency(error, left_out));
    }
    for id in removed.keys().cloned().collect::<Vec<_>>() {
        for dependent in dependents(manifests, &id) {
            removed
                .entry(dependent.clone())
                .or_insert_with(|| vec![depends_on_left_out(&dependent, &id)]);
        }
    }
    removed
}

/// The ids of packages, in their order.
pub(crate) fn ids(packages: &[Package]) -> Vec<ModId> {
    packages
        .iter()
        .map(|package| package.manifest.id.clone())
        .collect()
}

pub(super) fn depends_on_left_out(id: &ModId, missing: &ModId) -> Fault {
    let message = format!("{id} is left out: it depends on {missing}, which is not running");
    Fault::new(message).help(format!("mend {missing} first"))
}
