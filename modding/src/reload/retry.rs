//! A change that lacked a mod is tried once more when that mod appears, and one that failed for what is wrong with another mod when that
//! one changes; never in a loop (seed-corrections 45).

use std::collections::{BTreeMap, BTreeSet};

use semver::VersionReq;
use serde::{Deserialize, Serialize};

use crate::handover::Package;
use crate::host::Host;
use crate::manifest::Manifest;
use crate::mod_id::ModId;
use crate::report::{Outcome, ReloadReport, ReloadType, Stage};
use crate::save::contents::SavedContent;

use super::Change;
use super::addition::has_assets;
use super::queue::{Priority, Request};

/// A request that was planned in vain.
#[derive(Clone, Debug)]
pub(crate) struct Waiting {
    request: Request,
    /// What it lacks: mods, in versions that will do.
    missing: Vec<(ModId, VersionReq)>,
    /// Mods that it failed for, and the hash of what they ran; `None` if they did not run.
    failed_for: BTreeMap<ModId, Option<u128>>,
}

/// A [`Waiting`] in a save.
#[derive(Serialize, Deserialize)]
pub(crate) struct SavedWaiting {
    content: SavedContent,
    kind: Option<ReloadType>,
    priority: Priority,
    force: bool,
    skip_unload: bool,
    enable: bool,
    missing: Vec<(ModId, VersionReq)>,
    failed_for: BTreeMap<ModId, Option<u128>>,
    /// The hash of what the mod runs meanwhile, if it runs.
    running: Option<u128>,
}

impl Host {
    /// The changes that wait, for a save.
    pub(crate) fn saved_waiting(&self) -> BTreeMap<ModId, SavedWaiting> {
        let saved = self.waiting.iter().filter_map(|(id, waiting)| {
            let request = &waiting.request;
            let saved = SavedWaiting {
                content: SavedContent::of(request.change.bundle.as_ref().ok()?),
                kind: request.kind,
                priority: request.priority,
                force: request.force,
                skip_unload: request.skip_unload,
                enable: request.enable,
                missing: waiting.missing.clone(),
                failed_for: waiting.failed_for.clone(),
                running: self.running_content(id),
            };
            Some((id.clone(), saved))
        });
        saved.collect()
    }

    /// Lets changes of a save wait again (I5). A mod whose files have been read anew, those in `read`, goes by these: it waits only if it runs
    /// what it ran when it began to.
    pub(crate) fn restore_waiting(
        &mut self,
        saved: BTreeMap<ModId, SavedWaiting>,
        read: &BTreeSet<String>,
    ) {
        for (id, saved) in saved {
            let Some(bundle) = saved.content.bundle() else {
                continue;
            };
            let waits = self.waiting.get(&id).map(|waiting| &waiting.request.change);
            let waits = waits.and_then(|change| change.bundle.as_ref().ok());
            let waits = waits.map(|waits| waits.hash() == bundle.hash());
            let running = self.running_content(&id);
            let is_newest = match running {
                Some(_) => running == saved.running,
                None => !read.contains(id.as_str()) || waits == Some(true),
            };
            if !is_newest || waits == Some(false) {
                continue;
            }
            let request = Request {
                change: Change {
                    mod_id: id.clone(),
                    bundle: Ok(bundle),
                },
                kind: saved.kind,
                priority: saved.priority,
                force: saved.force,
                skip_unload: saved.skip_unload,
                enable: saved.enable,
            };
            let waiting = Waiting {
                request,
                missing: saved.missing,
                failed_for: saved.failed_for,
            };
            self.waiting.insert(id, waiting);
        }
    }

    fn running_content(&self, id: &ModId) -> Option<u128> {
        let running = self.context.instance(id)?;
        Some(running.generation.bundle().hash())
    }

    /// Keeps what failed for want of a mod, and asks again for what a commit has helped.
    pub(super) fn note_outcome(&mut self, requests: &[Request], report: &ReloadReport) {
        let wants_mods = report
            .error
            .as_ref()
            .is_some_and(|error| error.stage == Stage::Plan);
        if wants_mods {
            self.wait_for_dependencies(requests);
            for request in requests.iter().filter(|_| !report.fault_reached) {
                self.wait_to_fit(request);
            }
        }
        if let Some(error) = &report.error {
            self.wait_for_culprit(requests, &error.mod_id);
        }
        if report.outcome == Outcome::Committed {
            self.retry_waiting();
        }
    }

    /// Lets requests that were tried together wait if they lack mods.
    pub(crate) fn wait_for_dependencies(&mut self, requests: &[Request]) {
        let missing = self.lacking(requests);
        if missing.is_empty() {
            return;
        }
        for request in requests {
            let waiting = Waiting {
                request: request.clone(),
                missing: missing.clone(),
                failed_for: BTreeMap::new(),
            };
            self.waiting.insert(request.change.mod_id.clone(), waiting);
        }
    }

    /// Lets requests wait that failed for what is wrong with another mod.
    fn wait_for_culprit(&mut self, requests: &[Request], culprit: &ModId) {
        let content = self.running_content(culprit);
        for request in requests {
            let id = &request.change.mod_id;
            let Ok(bundle) = &request.change.bundle else {
                continue;
            };
            // What runs already was to be reloaded by hand: no edit is lost with that.
            if id == culprit || self.running_content(id) == Some(bundle.hash()) {
                continue;
            }
            let waiting = self.waiting_with(request);
            waiting.failed_for.insert(culprit.clone(), content);
        }
    }

    /// Lets a change that does not fit wait for what it may have failed for: a mod that it depends on or that depends on it, or one
    /// that defines something.
    pub(crate) fn wait_to_fit(&mut self, request: &Request) {
        let id = &request.change.mod_id;
        let Ok(bundle) = request.change.bundle.clone() else {
            return;
        };
        // What runs already was to be reloaded by hand: no edit is lost with that.
        if self.running_content(id) == Some(bundle.hash()) {
            return;
        }
        let Ok(package) = Package::read(bundle) else {
            return;
        };
        let running = self.context.running();
        let concerned = running.iter().filter(|instance| {
            let generation = &instance.generation;
            generation.id() != id
                && (package.manifest.depends_on(generation.id())
                    || generation.manifest.depends_on(id)
                    || has_assets(&generation.bundle()))
        });
        let failed_for = concerned.map(|instance| {
            let generation = &instance.generation;
            (generation.id().clone(), Some(generation.bundle().hash()))
        });
        let failed_for: Vec<(ModId, Option<u128>)> = failed_for.collect();
        let waiting = self.waiting_with(request);
        waiting.request = request.clone();
        waiting.failed_for.extend(failed_for);
    }

    /// What waits for a mod, with this request if nothing does yet.
    fn waiting_with(&mut self, request: &Request) -> &mut Waiting {
        let id = request.change.mod_id.clone();
        self.waiting.entry(id).or_insert_with(|| Waiting {
            request: request.clone(),
            missing: Vec::new(),
            failed_for: BTreeMap::new(),
        })
    }

    /// The changes that wait, for what does not fit without them.
    pub(super) fn waiting_requests(&self) -> Vec<Request> {
        let waiting = self.waiting.values();
        waiting.map(|waiting| waiting.request.clone()).collect()
    }

    /// Asks again for every request that has now what it lacked, and for those that fit now, alone or together.
    fn retry_waiting(&mut self) {
        let ready: Vec<ModId> = self
            .waiting
            .iter()
            .filter(|(_, waiting)| self.may_do_now(waiting))
            .map(|(id, _)| id.clone())
            .collect();
        let waiting = ready.iter().filter_map(|id| self.waiting.remove(id));
        let waiting: Vec<Waiting> = waiting.collect();
        let (mut fit, unfit): (Vec<Waiting>, Vec<Waiting>) = waiting
            .into_iter()
            .partition(|waiting| self.has_all(waiting) || self.fit_now([&waiting.request]));
        if self.fit_now(unfit.iter().map(|waiting| &waiting.request)) {
            fit.extend(unfit);
        } else {
            // What still does not fit would only be told of once more.
            for waiting in unfit {
                let request = waiting.request.clone();
                self.waiting.insert(request.change.mod_id.clone(), waiting);
                self.wait_to_fit(&request);
            }
        }
        for Waiting { mut request, .. } in fit {
            request.priority = request.priority.max(Priority::High);
            self.enqueue(request, usize::MAX);
        }
    }

    fn may_do_now(&self, waiting: &Waiting) -> bool {
        let mut culprits = waiting.failed_for.iter();
        self.has_all(waiting) || culprits.any(|(id, content)| self.running_content(id) != *content)
    }

    /// Whether the mods run now that it lacked.
    fn has_all(&self, waiting: &Waiting) -> bool {
        let missing = &waiting.missing;
        !missing.is_empty() && missing.iter().all(|wanted| self.runs(wanted))
    }

    /// Whether mods would go together with these changes. What cannot be read, or takes another mod's place, is tried in any case.
    fn fit_now<'r>(&self, requests: impl IntoIterator<Item = &'r Request>) -> bool {
        let mut world = self.world();
        let mut first = None;
        for request in requests {
            let id = &request.change.mod_id;
            let bundle = request.change.bundle.clone();
            let Ok(Ok(package)) = bundle.map(Package::read) else {
                return true;
            };
            if package.manifest.replaces.is_some() {
                return true;
            }
            first.get_or_insert(id);
            world.insert(id.clone(), package);
        }
        first.is_none_or(|first| self.validate_world(&world, first, true).is_ok())
    }

    /// What mods of these files lack, were they to change together: mods that do not run, or not in a version that will do.
    fn lacking(&self, requests: &[Request]) -> Vec<(ModId, VersionReq)> {
        let manifests: Vec<Manifest> = requests
            .iter()
            .filter_map(|request| request.change.bundle.as_ref().ok())
            .filter_map(|bundle| Manifest::parse(bundle, &crate::api::capability_names()).ok())
            .collect();
        let version = |id: &ModId| {
            let together = manifests.iter().find(|manifest| manifest.id == *id);
            let together = together.map(|manifest| manifest.version.clone());
            together.or_else(|| {
                let running = self.context.instance(id)?;
                Some(running.generation.manifest.version.clone())
            })
        };
        let mut missing = Vec::new();
        for manifest in &manifests {
            for (id, wanted) in &manifest.dependencies {
                if !version(id).is_some_and(|version| wanted.range.matches(&version)) {
                    missing.push((id.clone(), wanted.range.clone()));
                }
            }
            for (id, wanted) in &manifest.optional_dependencies {
                if version(id).is_some_and(|version| !wanted.range.matches(&version)) {
                    missing.push((id.clone(), wanted.range.clone()));
                }
            }
        }
        // A mod that would do runs already: that it was to change into one that will not do is no want of a mod.
        missing.retain(|wanted| !self.runs(wanted));
        missing
    }

    /// Whether a mod runs in a version that will do.
    fn runs(&self, (id, range): &(ModId, VersionReq)) -> bool {
        let running = self.context.instance(id);
        running.is_some_and(|running| range.matches(&running.generation.manifest.version))
    }
}
