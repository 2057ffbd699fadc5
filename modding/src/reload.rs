//! Reload is a transaction at a tick boundary (I3): either the new generation runs with the old state, or everything is as if
//! no reload had been tried.
//!
//! Changed mods that depend on each other form a cohort and commit together; every cohort is tried, whatever became of the
//! others (seed-corrections 14, 23). Up to `top_level` a failure has touched nothing. After it, the new instances are
//! discarded and the old code takes its state back in a new machine, which by I4 cannot be seen; should even that fail,
//! the old machine, which is dropped last, goes on.

mod plan;
mod transaction;

use std::fmt;
use std::rc::Rc;

use crate::bundle::Bundle;
use crate::codec;
use crate::diagnostic::Fault;
use crate::generation::Instance;
use crate::handover::{InjectedFault, Package};
use crate::host::Host;
use crate::mod_id::ModId;
use crate::report::{MemberReport, Outcome, ReloadReport, ReloadType, Stage, StateReport};

use plan::Member;

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
    /// Fail here.
    pub fault: Option<InjectedFault>,
    /// Told of each stage.
    pub observer: Option<Observer>,
}

impl Host {
    /// Reloads mods whose files changed: one report for each cohort, dependencies first.
    pub fn reload(&mut self, changes: Vec<Change>, options: &ReloadOptions) -> Vec<ReloadReport> {
        let mut reports = Vec::new();
        let mut wanted = Vec::new();
        for change in changes {
            match self.plan_change(&change, options) {
                Ok(member) => wanted.push(member),
                Err(report) => reports.push(*report),
            }
        }
        for cohort in self.cohorts(wanted) {
            reports.push(self.transact(cohort, options));
        }
        reports
    }

    /// Hands a mod over to the content it runs, as a forced reload of equal content does: by I4 it cannot be seen.
    pub fn hand_over(&mut self, id: &ModId) -> Option<ReloadReport> {
        let running = self.context.instance(id)?;
        let member = Member::new(
            running.clone(),
            Package::of(&running.generation),
            ReloadType::Full,
            Vec::new(),
            None,
        );
        Some(self.transact(
            vec![member],
            &ReloadOptions {
                force: true,
                ..ReloadOptions::default()
            },
        ))
    }

    /// Goes back to an earlier generation of a mod, the last one where `to` is `None`. The state is carried; across versions that no migration
    /// joins, the state that the generation had when it was replaced comes back with it.
    pub fn rollback(&mut self, id: &ModId, to: Option<u32>) -> ReloadReport {
        let Some(old) = self.context.instance(id) else {
            return rejected(Outcome::Ignored, format!("{id} is not running"));
        };
        let history = self.history.get(id).cloned().unwrap_or_default();
        let Some(past) = history.find(to) else {
            let known: Vec<String> = history
                .numbers()
                .iter()
                .map(|number| format!("g{number}"))
                .collect();
            let known = if known.is_empty() {
                "none".to_owned()
            } else {
                known.join(", ")
            };
            let wanted = to.map_or("an earlier generation".to_owned(), |number| {
                format!("g{number}")
            });
            return rejected(
                Outcome::Ignored,
                format!("{wanted} of {id} is not in the history (there: {known})"),
            );
        };
        let downgrade = past.version() < &old.generation.manifest.version;
        let snapshot = if downgrade {
            codec::decode(&past.snapshot).ok()
        } else {
            None
        };
        let changed = old.generation.bundle().changed_paths(&past.package.bundle);
        let member = Member::new(
            old,
            past.package.clone(),
            ReloadType::Full,
            changed,
            snapshot,
        );
        let mut report = self.transact(
            vec![member],
            &ReloadOptions {
                force: true,
                ..ReloadOptions::default()
            },
        );
        report.reason = Some(format!("content of g{}", past.number));
        report
    }

    /// Migrates a mod again while its migration is being written: the code that runs takes the state that the last older version
    /// had when it was replaced. What the mod's handlers have done since then to its storage is lost; timers, random numbers
    /// and waiting commands go on as they are.
    pub fn migrate_again(&mut self, id: &ModId, options: &ReloadOptions) -> ReloadReport {
        let Some(old) = self.context.instance(id) else {
            return rejected(Outcome::Ignored, format!("{id} is not running"));
        };
        let version = &old.generation.manifest.version;
        let history = self.history.get(id);
        let Some(past) = history.and_then(|history| history.last_older(version)) else {
            let reason = format!("no older version than {version} of {id} is in the history");
            return rejected(Outcome::Ignored, reason);
        };
        let Ok(snapshot) = codec::decode(&past.snapshot) else {
            let reason = format!("the state of g{} of {id} cannot be read", past.number);
            return rejected(Outcome::Ignored, reason);
        };
        let reason = format!("state of {}, g{}", past.version(), past.number);
        let package = Package::of(&old.generation);
        let member = Member::new(old, package, ReloadType::Full, Vec::new(), Some(snapshot));
        ReloadReport {
            reason: Some(reason),
            ..self.transact(vec![member], options)
        }
    }
}

fn ignored(old: &Instance, changed: Vec<String>, reason: String) -> ReloadReport {
    let generation = &old.generation;
    let version = generation.manifest.version.to_string();
    let member = MemberReport {
        mod_id: generation.id().clone(),
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

fn rejected(outcome: Outcome, reason: String) -> ReloadReport {
    ReloadReport {
        outcome,
        members: Vec::new(),
        error: None,
        hand_back_errors: Vec::new(),
        reason: Some(reason),
        fault_reached: false,
    }
}
