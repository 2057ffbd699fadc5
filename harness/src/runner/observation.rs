//! What is looked at after a tick: expectations, snapshots, and how often mods failed. Nothing here changes the run.

use modding::mod_id::ModId;
use modding::tick::HandlerFailure;

use super::{RunOptions, Runner, run};
use crate::expectation::{explain, judge};
use crate::scenario::{Check, Scenario, Subject, When};
use crate::snapshot::{TickEvents, describe, writers};

impl Runner<'_> {
    /// Keeps what snapshots need of the present tick.
    pub(super) fn capture(&mut self, tick: u64, events: TickEvents<'_>) {
        let Some(plan) = self
            .scenario
            .snapshot
            .as_ref()
            .filter(|_| self.options.snapshots)
        else {
            return;
        };
        let captured = &mut self.record.captured;
        if captured.trail.wants(tick) {
            captured.trail.record(tick, &self.host.part_hashes());
        }
        if plan.is_due(tick) {
            let content = describe(&self.host, &plan.include, events);
            if let Some(trace) = &self.trace {
                let writers = writers(&self.host, &trace.borrow());
                captured.writers.insert(tick, writers);
            }
            captured.contents.insert(tick, content);
        }
    }

    pub(super) fn judge_all(&mut self, tick: u64) {
        let scenario = self.scenario;
        for (at, expectation) in scenario.expectations.iter().enumerate() {
            let due = match expectation.when {
                When::At(at) => at == tick,
                When::Every(every) => tick > 0 && tick.is_multiple_of(every),
                When::End => tick == scenario.ticks,
            };
            if !due {
                continue;
            }
            let chain_without = match &expectation.check {
                Check::HashEqualsWithoutStep { label } => {
                    self.chain_without(label).get(tick as usize).copied()
                }
                Check::Compare { .. } | Check::HashEquals { .. } => None,
            };
            let count = match &expectation.check {
                Check::Compare {
                    subject: Subject::FailingCalls { mod_id },
                    ..
                } => self.failing_calls(mod_id),
                _ => self.counts.of_expectation(at),
            };
            let mut verdict = judge(expectation, tick, &self.host, count, chain_without);
            if let (Some(trace), Some(fault)) = (&self.trace, &mut verdict.fault) {
                explain(fault, &expectation.check, &self.host, &trace.borrow());
            }
            self.record.verdicts.push(verdict);
        }
    }

    /// The hashes of a run of the same scenario without a step.
    fn chain_without(&mut self, label: &str) -> &[u128] {
        let (scenario, original) = (self.scenario, self.original);
        self.chains_without
            .entry(label.to_owned())
            .or_insert_with(|| {
                let bare = Scenario {
                    expectations: Vec::new(),
                    ..scenario.clone()
                };
                let options = RunOptions {
                    without_step: Some(label.to_owned()),
                    ..RunOptions::default()
                };
                run(&bare, original, &options, &mut |_| {})
                    .map(|record| record.chain)
                    .unwrap_or_default()
            })
    }

    /// Failing calls of a mod since the start, before and after loads.
    pub(super) fn failing_calls(&self, id: &ModId) -> i64 {
        let all = self.record.failures.iter().chain(self.host.failures());
        all.filter(|failure| failure.mod_id == *id)
            .map(|failure| i64::from(failure.count))
            .sum()
    }

    /// Handlers that have failed since the start; those that failed before and after a load are one failure, if it is the same.
    pub(super) fn failures(&self) -> Vec<HandlerFailure> {
        let mut failures = self.record.failures.clone();
        for failure in self.host.failures() {
            let same = |known: &&mut HandlerFailure| known.same_as(failure);
            match failures.iter_mut().find(same) {
                Some(known) => {
                    known.count += failure.count;
                    known.last = failure.last;
                    known.suspended = failure.suspended;
                }
                None => failures.push(failure.clone()),
            }
        }
        failures
    }
}
