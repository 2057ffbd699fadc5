//! A change that lacked a mod is tried once more when that mod appears, never in a loop (seed-corrections 45).

use std::collections::BTreeSet;

use crate::bundle::Bundle;
use crate::host::Host;
use crate::manifest::Manifest;
use crate::mod_id::ModId;
use crate::report::{Outcome, ReloadReport, Stage};

use super::queue::{Priority, Request};

/// A request that was planned in vain.
#[derive(Clone, Debug)]
pub(crate) struct Waiting {
    request: Request,
    /// The mods that it lacks.
    missing: BTreeSet<ModId>,
}

impl Host {
    /// Keeps what failed for want of a mod, and asks again for what a commit has helped.
    pub(super) fn note_outcome(&mut self, requests: &[Request], report: &ReloadReport) {
        let wants_mods = report
            .error
            .as_ref()
            .is_some_and(|error| error.stage == Stage::Plan);
        if wants_mods {
            for request in requests {
                self.wait_for_dependencies(request.clone());
            }
        }
        if report.outcome == Outcome::Committed {
            self.retry_waiting();
            self.follow_libraries();
        }
    }

    /// Lets a request wait if it lacks mods.
    pub(crate) fn wait_for_dependencies(&mut self, request: Request) {
        let Ok(bundle) = &request.change.bundle else {
            return;
        };
        let missing = self.lacking(bundle);
        if !missing.is_empty() {
            let id = request.change.mod_id.clone();
            self.waiting.insert(id, Waiting { request, missing });
        }
    }

    /// Asks again for every request that has now what it lacked.
    fn retry_waiting(&mut self) {
        let lacks = |waiting: &Waiting| match &waiting.request.change.bundle {
            Ok(bundle) => !waiting.missing.is_disjoint(&self.lacking(bundle)),
            Err(_) => true,
        };
        let ready: Vec<ModId> = self
            .waiting
            .iter()
            .filter(|(_, waiting)| !lacks(waiting))
            .map(|(id, _)| id.clone())
            .collect();
        for id in ready {
            if let Some(Waiting { mut request, .. }) = self.waiting.remove(&id) {
                request.priority = request.priority.max(Priority::High);
                self.enqueue(request, usize::MAX);
            }
        }
    }

    /// The mods that a mod of these files lacks: those that do not run, or not in a version that will do.
    fn lacking(&self, bundle: &Bundle) -> BTreeSet<ModId> {
        let Ok(manifest) = Manifest::parse(bundle, &crate::api::capability_names()) else {
            return BTreeSet::new();
        };
        let fits = |id: &ModId| {
            let running = self.context.instance(id);
            running.is_some_and(|running| {
                manifest.dependencies[id]
                    .range
                    .matches(&running.generation.manifest.version)
            })
        };
        let dependencies = manifest.dependencies.keys();
        dependencies.filter(|id| !fits(id)).cloned().collect()
    }
}
