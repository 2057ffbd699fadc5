//! Runs cases on threads.

use std::any::Any;
use std::io;
use std::num::NonZeroUsize;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc;
use std::thread;
use std::time::Instant;

use modding::diagnostic::Fault;

use super::{Case, CaseResult, Status};

/// What the main thread usually has; a thread gets less unless it asks.
pub(crate) const STACK_BYTES: usize = 8 * 1024 * 1024;

/// How cases are run.
#[derive(Clone, Copy, Debug)]
pub struct ExecuteOptions {
    /// Threads.
    pub jobs: NonZeroUsize,
    /// Whether nothing is begun after a failure.
    pub fail_fast: bool,
}

/// Runs cases with `run` and returns what became of them, in their order. `progress` hears how many are done.
///
/// # Errors
/// A system that gives no thread.
pub fn execute(
    cases: &[Case],
    options: ExecuteOptions,
    run: &(dyn Fn(&Case) -> CaseResult + Sync),
    progress: &mut dyn FnMut(u64),
) -> io::Result<Vec<CaseResult>> {
    let next = AtomicUsize::new(0);
    let stop = AtomicBool::new(false);
    let mut results: Vec<Option<CaseResult>> = cases.iter().map(|_| None).collect();
    thread::scope(|scope| {
        let (sender, receiver) = mpsc::channel();
        for _ in 0..options.jobs.get().min(cases.len()) {
            let sender = sender.clone();
            let work = || {
                let sender = sender;
                // Invariant: a case is begun only after all before it were, so that the first failure in order of name
                // is found whatever the number of threads.
                while !stop.load(Ordering::SeqCst) {
                    let at = next.fetch_add(1, Ordering::SeqCst);
                    let Some(case) = cases.get(at) else { break };
                    let result = guarded(case, run);
                    if options.fail_fast && result.status.is_failure() {
                        stop.store(true, Ordering::SeqCst);
                    }
                    if sender.send((at, result)).is_err() {
                        break;
                    }
                }
            };
            thread::Builder::new()
                .stack_size(STACK_BYTES)
                .spawn_scoped(scope, work)?;
        }
        drop(sender);
        for (done, (at, result)) in (1..).zip(receiver) {
            results[at] = Some(result);
            progress(done);
        }
        Ok::<(), io::Error>(())
    })?;
    Ok(in_order(cases, results, options.fail_fast))
}

/// The results; what comes after the first failure counts as not run if the first failure ends it all.
fn in_order(cases: &[Case], results: Vec<Option<CaseResult>>, fail_fast: bool) -> Vec<CaseResult> {
    let mut failed = false;
    let mut ordered = Vec::new();
    for (case, result) in cases.iter().zip(results) {
        let result = result.filter(|_| !(fail_fast && failed));
        let result = result.unwrap_or_else(|| CaseResult::of(case, Status::NotRun));
        failed |= result.status.is_failure();
        ordered.push(result);
    }
    ordered
}

/// Runs a case; a panic is a fault of this program, and the other cases go on.
fn guarded(case: &Case, run: &(dyn Fn(&Case) -> CaseResult + Sync)) -> CaseResult {
    let started = Instant::now();
    // What a panic leaves half-done belongs to the case and is dropped with it.
    let result = catch_unwind(AssertUnwindSafe(|| run(case)));
    let mut result = result.unwrap_or_else(|panic| {
        let fault = Fault::new(format!("colony-sim failed: {}", message(&*panic)))
            .help("this is a bug in colony-sim: please report it with the scenario");
        CaseResult {
            faults: vec![fault],
            ..CaseResult::of(case, Status::Bug)
        }
    });
    result.elapsed = started.elapsed();
    result
}

fn message(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("a panic without a message")
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::suite::{CaseKind, ScenarioCase};
    use crate::workspace::ModLibrary;

    fn cases(count: usize) -> Vec<Case> {
        let library = Arc::new(ModLibrary::new(Vec::new(), Default::default()));
        let case = |at: usize| Case {
            name: format!("case{at:03}"),
            kind: CaseKind::Scenario(ScenarioCase {
                file: format!("case{at:03}.toml").into(),
                source: format!("case{at:03}.toml"),
                library: library.clone(),
            }),
        };
        (0..count).map(case).collect()
    }

    fn statuses(jobs: usize, fail_fast: bool, failing: &[&str], panicking: &str) -> Vec<Status> {
        let options = ExecuteOptions {
            jobs: NonZeroUsize::new(jobs).expect("a test uses threads"),
            fail_fast,
        };
        let run = |case: &Case| {
            assert_ne!(case.name, panicking);
            let failed = failing.contains(&case.name.as_str());
            CaseResult::of(
                case,
                if failed {
                    Status::Failed
                } else {
                    Status::Passed
                },
            )
        };
        let results = execute(&cases(40), options, &run, &mut |_| {}).expect("threads");
        results.into_iter().map(|result| result.status).collect()
    }

    #[test]
    fn the_number_of_threads_changes_nothing() {
        for fail_fast in [false, true] {
            let expected = statuses(1, fail_fast, &["case009", "case030"], "");
            for jobs in [2, 3, 8, 100] {
                assert_eq!(
                    statuses(jobs, fail_fast, &["case009", "case030"], ""),
                    expected
                );
            }
            let run = expected
                .iter()
                .filter(|status| **status != Status::NotRun)
                .count();
            assert_eq!(run, if fail_fast { 10 } else { 40 });
        }
    }

    #[test]
    fn a_panic_is_one_case_s_and_a_bug() {
        let statuses = statuses(2, false, &[], "case005");
        assert_eq!(statuses[5], Status::Bug);
        let passed = statuses.iter().filter(|status| **status == Status::Passed);
        assert_eq!(passed.count(), 39);
    }
}
