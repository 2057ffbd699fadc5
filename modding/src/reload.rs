//! Reload is a transaction at a tick boundary (I3): either the new generation runs with the old state, or everything is as if
//! no reload had been tried.
//!
//! Changed mods that depend on each other form a cohort and commit together; every cohort is tried, whatever became of the
//! others (seed-corrections 14, 23). Up to `top_level` a failure has touched nothing. After it, the new instances are
//! discarded and the old code takes its state back in a new machine, which by I4 cannot be seen; should even that fail,
//! the old machine, which is dropped last, goes on.

mod addition;
mod back;
mod cohort;
mod lifecycle;
mod plan;
mod queue;
mod retry;
mod transaction;

use std::collections::BTreeSet;
use std::fmt;
use std::rc::Rc;

use crate::api;
use crate::bundle::Bundle;
use crate::codec;
use crate::context::Deadline;
use crate::diagnostic::Fault;
use crate::generation::Instance;
use crate::handover::{InjectedFault, Package};
use crate::host::Host;
use crate::manifest::Manifest;
use crate::mod_id::ModId;
use crate::report::{
    MemberAction, MemberReport, Outcome, ReloadReport, ReloadType, Stage, StateReport,
};

use plan::{Member, Planned};
pub use queue::Priority;
use queue::Queued;
pub(crate) use queue::{ReloadQueue, Request};
pub(crate) use retry::{SavedWaiting, Waiting};

/// A mod whose files may have changed.
#[derive(Clone, Debug)]
pub struct Change {
    /// The mod.
    pub mod_id: ModId,
    /// Its files as they are now, or why they cannot be read.
    pub bundle: Result<Rc<Bundle>, Vec<Fault>>,
}

/// Called with a mod and the stage that begins for it.
pub type TellStage = dyn Fn(&ModId, Stage);

/// Told of each stage of a transaction as it begins, for each of its mods. Whoever wants to know how long a stage takes reads
/// a clock there: this crate has none.
#[derive(Clone)]
pub struct Observer(pub Rc<TellStage>);

impl fmt::Debug for Observer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Observer")
    }
}

/// How a reload is done.
#[derive(Clone, Debug, Default)]
pub struct ReloadOptions {
    /// Hand over although the content is the same.
    pub force: bool,
    /// Take only what this type names from the files; as the files ask for if None.
    pub kind: Option<ReloadType>,
    /// Where in the queue it comes; as the mod's situation asks for if None.
    pub priority: Option<Priority>,
    /// Commit from the last state that the host holds, without `mod_unloaded`: a mistake there cannot block its own repair.
    pub skip_unload: bool,
    /// Fail here.
    pub fault: Option<InjectedFault>,
    /// Told of each stage.
    pub observer: Option<Observer>,
    /// Roll back once this has passed (seed-corrections 16); for live use alone.
    pub deadline: Option<Deadline>,
}

impl Host {
    /// Reloads mods whose files changed, and whatever waits: one report for each cohort, in the order in which they were tried.
    pub fn reload(&mut self, changes: Vec<Change>, options: &ReloadOptions) -> Vec<ReloadReport> {
        let mut reports = Vec::new();
        for change in changes {
            let request = self.request_of(change, options);
            reports.extend(self.enqueue(request, usize::MAX));
        }
        reports.extend(self.process_requests(options));
        reports
    }

    /// Lets a change wait for [`Host::process_requests`]. What it takes the place of is reported. Where too many wait, all are superseded
    /// by a look at everything: [`Host::wants_rescan`] says so, until [`Host::reload`] is given every mod (seed-corrections 16).
    pub fn request(&mut self, change: Change, options: &ReloadOptions) -> Vec<ReloadReport> {
        let asked = self.context.running();
        let asked = asked.iter().map(|instance| {
            instance
                .generation
                .manifest
                .hot_reload
                .queue
                .max_pending_reloads
        });
        let capacity = asked.min().unwrap_or(crate::limits::PENDING_RELOADS_MAX);
        let request = self.request_of(change, options);
        self.enqueue(request, capacity)
    }

    /// Whether requests were too many, so that every mod has to be looked at.
    pub fn wants_rescan(&self) -> bool {
        self.queue.wants_rescan()
    }

    /// Tries whatever waits. `force`, `kind`, `priority` and `skip_unload` are those of the requests.
    pub fn process_requests(&mut self, options: &ReloadOptions) -> Vec<ReloadReport> {
        let mut reports = Vec::new();
        // Whether something has changed that others may follow, or may have waited for.
        let mut committed = false;
        loop {
            let order = self.context.order();
            let rank = |id: &ModId| order.iter().position(|other| other == id);
            let requests = self.queue.take(|id| rank(id).unwrap_or(usize::MAX));
            let follow = std::mem::take(&mut committed);
            if requests.is_empty() && !follow {
                return reports;
            }
            let (mut additions, mut wanted) = (Vec::new(), Vec::new());
            for request in requests {
                match self.plan_request(request, options) {
                    Planned::Member(member) => wanted.push(*member),
                    Planned::Addition(request) => additions.push(*request),
                    Planned::Nothing(report) => reports.push(*report),
                }
            }
            // What is new comes first: a change may already depend on it.
            for group in self.groups(in_order_of_need(additions)) {
                let report = self.add(&group, options);
                self.note_outcome(&group, &report);
                committed |= report.outcome == Outcome::Committed;
                reports.push(report);
            }
            // A mod that was taken over by an addition does not run any more.
            let (present, taken_over): (Vec<Member>, Vec<Member>) =
                wanted.into_iter().partition(|member| {
                    let running = self.context.instance(member.old.generation.id());
                    running.is_some_and(|running| {
                        Rc::ptr_eq(&running.generation, &member.old.generation)
                    })
                });
            reports.extend(taken_over.into_iter().map(|member| {
                let reason = "another mod has taken its place".to_owned();
                ignored(&member.old, member.changed, reason)
            }));
            // What is tried again comes before what only follows: it may be the same mod.
            let follows = (follow || committed) && self.queue.is_empty();
            let wanted = if present.is_empty() && !follows {
                Vec::new()
            } else {
                self.bind(present)
            };
            let cohorts = self.cohorts(wanted);
            for cohort in self.joined(cohorts, options) {
                let requests: Vec<Request> = cohort
                    .iter()
                    .filter_map(|member| member.request.clone())
                    .collect();
                let report = self.transact(cohort, options);
                self.note_outcome(&requests, &report);
                committed |= report.outcome == Outcome::Committed;
                reports.push(report);
            }
        }
    }

    /// Hands a mod over to the content it runs, as a forced reload of equal content does: by I4 it cannot be seen.
    pub fn hand_over(&mut self, id: &ModId) -> Option<ReloadReport> {
        let running = self.context.instance(id)?;
        let package = Package::of(&running.generation);
        let member = Member::new(running, package, ReloadType::Full, Vec::new());
        // No change of the mod: whether its last one was rolled back stays as it is.
        let unhealthy = self.unhealthy.clone();
        let report = self.transact(vec![member], &ReloadOptions::default());
        self.unhealthy = unhealthy;
        Some(report)
    }

    /// Migrates a mod again while its migration is being written: the code that runs takes the state that the last older version
    /// had when it was replaced. What the mod's handlers have done since then to its storage is lost; timers, random numbers
    /// and waiting commands go on as they are.
    pub fn migrate_again(&mut self, id: &ModId, options: &ReloadOptions) -> ReloadReport {
        let Some(old) = self.context.instance(id) else {
            return rejected(Outcome::Failed, format!("{id} is not running"));
        };
        let version = &old.generation.manifest.version;
        let history = self.history.get(id);
        let Some(past) = history.and_then(|history| history.last_older(version)) else {
            let reason = format!("no older version than {version} of {id} is in the history");
            return rejected(Outcome::Failed, reason);
        };
        let Ok(snapshot) = codec::decode(&past.snapshot) else {
            let reason = format!("the state of g{} of {id} cannot be read", past.number);
            return rejected(Outcome::Failed, reason);
        };
        let reason = format!("state of {}, g{}", past.version(), past.number);
        let package = Package::of(&old.generation);
        let member = Member {
            past: Some(snapshot),
            ..Member::new(old, package, ReloadType::Full, Vec::new())
        };
        ReloadReport {
            reason: Some(reason),
            ..self.transact(vec![member], options)
        }
    }

    pub(crate) fn request_of(&self, change: Change, options: &ReloadOptions) -> Request {
        Request {
            priority: self.priority_of(&change, options),
            change,
            kind: options.kind,
            force: options.force,
            skip_unload: options.skip_unload,
            enable: false,
        }
    }

    /// Where a change comes in the queue: what was asked for, or what the mod's situation says.
    fn priority_of(&self, change: &Change, options: &ReloadOptions) -> Priority {
        let id = &change.mod_id;
        let Some(old) = self.context.instance(id) else {
            return options.priority.unwrap_or(Priority::Normal);
        };
        if !old.generation.manifest.hot_reload.queue.priority_handling {
            return Priority::Normal;
        }
        let has_dependents = || {
            let running = self.context.running();
            let mut others = running.iter().map(|other| &other.generation.manifest);
            others.any(|manifest| manifest.libraries().any(|needed| needed == id))
        };
        let changes_nothing_that_runs = || {
            let bundle = change.bundle.as_ref().ok();
            bundle.is_some_and(|bundle| {
                let changed = old.generation.bundle().changed_paths(bundle);
                let mut kinds = changed.iter().map(|path| ReloadType::of_path(path));
                kinds.all(|kind| kind == ReloadType::Partial)
            })
        };
        options.priority.unwrap_or_else(|| {
            if self.unhealthy.contains(id) || has_suspended_handlers(&old) {
                Priority::Critical
            } else if has_dependents() {
                Priority::High
            } else if changes_nothing_that_runs() {
                Priority::Low
            } else {
                Priority::Normal
            }
        })
    }

    /// Puts a request into the queue; the reports of those that it supersedes.
    fn enqueue(&mut self, request: Request, capacity: usize) -> Vec<ReloadReport> {
        // Newer files make trying the older ones again pointless.
        self.waiting.remove(&request.change.mod_id);
        let superseded = match self.queue.push(request, capacity) {
            Queued::Waits => return Vec::new(),
            Queued::Supersedes(older) => {
                vec![(
                    older,
                    "a newer change of the same mod came before it was tried",
                )]
            }
            Queued::Overflow(all) => all
                .into_iter()
                .map(|request| {
                    (
                        request,
                        "too many changes wait: every mod is looked at instead",
                    )
                })
                .collect(),
        };
        let report = |(request, reason): (Request, &str)| self.superseded(&request, reason);
        superseded.into_iter().map(report).collect()
    }

    fn superseded(&self, request: &Request, reason: &str) -> ReloadReport {
        let id = &request.change.mod_id;
        let changed = match (self.context.instance(id), &request.change.bundle) {
            (Some(running), Ok(bundle)) => running.generation.bundle().changed_paths(bundle),
            _ => Vec::new(),
        };
        match self.context.instance(id) {
            Some(running) => ReloadReport {
                outcome: Outcome::Superseded,
                ..ignored(&running, changed, reason.to_owned())
            },
            None => rejected(Outcome::Superseded, format!("{id}: {reason}")),
        }
    }
}

/// What is new comes after what it needs, where that is new too; the rest stays in its order.
fn in_order_of_need(additions: Vec<Request>) -> Vec<Request> {
    let needs = |request: &Request| {
        let bundle = request.change.bundle.as_ref().ok();
        let manifest = bundle.map(|bundle| Manifest::parse(bundle, &api::capability_names()));
        manifest
            .and_then(Result::ok)
            .map_or_else(BTreeSet::new, |manifest| {
                manifest.libraries().cloned().collect::<BTreeSet<ModId>>()
            })
    };
    let mut left: Vec<(Request, BTreeSet<ModId>)> = additions
        .into_iter()
        .map(|request| {
            let needs = needs(&request);
            (request, needs)
        })
        .collect();
    let mut ordered = Vec::new();
    while !left.is_empty() {
        let is_needed = |id: &ModId| left.iter().any(|(other, _)| other.change.mod_id == *id);
        let ready = left
            .iter()
            .position(|(_, needs)| !needs.iter().any(is_needed));
        // Those that need each other in a circle fail one after the other.
        ordered.push(left.remove(ready.unwrap_or(0)).0);
    }
    ordered
}

fn has_suspended_handlers(instance: &Instance) -> bool {
    let state = instance.generation.state.borrow();
    let mut failures = state.held.failures.values();
    failures.any(|failures| *failures >= crate::limits::FAILURES_IN_A_ROW_MAX)
}

fn ignored(old: &Instance, changed: Vec<String>, reason: String) -> ReloadReport {
    let generation = &old.generation;
    let version = generation.manifest.version.to_string();
    let member = MemberReport {
        mod_id: generation.id().clone(),
        action: MemberAction::Reloaded,
        kind: ReloadType::Partial,
        changed,
        versions: (version.clone(), version),
        generations: (generation.number(), generation.number()),
        state: StateReport::default(),
    };
    ReloadReport {
        members: vec![member],
        ..rejected(Outcome::Ignored, reason)
    }
}

fn rejected(outcome: Outcome, reason: impl Into<Option<String>>) -> ReloadReport {
    ReloadReport {
        outcome,
        members: Vec::new(),
        error: None,
        hand_back_errors: Vec::new(),
        reason: reason.into(),
        fault_reached: false,
        timed_out: false,
    }
}
