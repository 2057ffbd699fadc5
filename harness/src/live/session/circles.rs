//! Mods that need each other in a circle: each is tried alone and fails for want of the other, which says nothing of the circle.

use std::collections::{BTreeMap, BTreeSet};

use modding::api;
use modding::diagnostic::Fault;
use modding::manifest::Manifest;
use modding::mod_id::ModId;
use modding::report::{ReloadReport, Stage};
use modding::resolve::{DependencyError, load_order};

use crate::recording::Content;

/// Gives the circle as the reason of a report, where its mod is in one by what lies on the disk.
pub(super) fn name(report: &mut ReloadReport, contents: &BTreeMap<ModId, Content>) {
    let error = report.error.as_mut();
    let Some(error) = error.filter(|error| error.stage == Stage::Plan) else {
        return;
    };
    if let Some(fault) = circle_of(&error.mod_id, contents) {
        error.faults = vec![fault];
    }
}

fn circle_of(id: &ModId, contents: &BTreeMap<ModId, Content>) -> Option<Fault> {
    let bundles = contents
        .values()
        .filter_map(|content| content.as_ref().ok());
    let manifests: Vec<Manifest> = bundles
        .filter_map(|bundle| Manifest::parse(bundle, &api::capability_names()).ok())
        .collect();
    let by_id = manifests
        .iter()
        .map(|manifest| (manifest.id.clone(), manifest))
        .collect();
    let known: BTreeSet<ModId> = contents.keys().cloned().collect();
    let errors = load_order(&by_id, &known, &[]).err()?;
    let circle = errors
        .into_iter()
        .find(|error| matches!(error, DependencyError::Cycle { chain, .. } if chain.contains(id)));
    circle.map(|error| error.fault())
}
