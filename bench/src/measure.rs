//! Processor time of several ways to do something, taken in turns, so that whatever else the machine does meets all of them.

use std::fs;
use std::time::Duration;

use cpu_time::ProcessTime;

/// How often each side is measured.
pub(crate) const ROUNDS: usize = 11;

/// What a side is given to do in a round takes at least this long.
const ROUND_MIN: Duration = Duration::from_millis(25);

/// One way to do something.
pub(crate) struct Side<'a> {
    operations_per_call: u64,
    work: Box<dyn FnMut(u64) -> Duration + 'a>,
}

/// What a side took.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Figure {
    /// Nanoseconds of processor time for an operation.
    pub(crate) nanoseconds: f64,
    /// Operations done in all, those before the first round included.
    pub(crate) operations: u64,
}

impl<'a> Side<'a> {
    /// A side whose call does a number of operations in this process.
    pub(crate) fn new(operations_per_call: u64, mut call: impl FnMut() + 'a) -> Side<'a> {
        Side::timed(operations_per_call, move |calls| {
            let begin = ProcessTime::now();
            for _ in 0..calls {
                call();
            }
            begin.elapsed()
        })
    }

    /// A side that makes a number of calls and says itself how long they took.
    pub(crate) fn timed(
        operations_per_call: u64,
        work: impl FnMut(u64) -> Duration + 'a,
    ) -> Side<'a> {
        Side {
            operations_per_call,
            work: Box::new(work),
        }
    }
}

/// Measures all sides, a round of each after a round of the one before.
pub(crate) fn take_turns<const N: usize>(mut sides: [Side; N]) -> [Figure; N] {
    let mut calls_done = [0; N];
    let mut rounds = [const { Vec::new() }; N];
    let mut calls_per_round = [1; N];
    for (at, side) in sides.iter_mut().enumerate() {
        loop {
            let took = (side.work)(calls_per_round[at]);
            calls_done[at] += calls_per_round[at];
            if took >= ROUND_MIN {
                break;
            }
            calls_per_round[at] *= 2;
        }
    }
    for _ in 0..ROUNDS {
        for (at, side) in sides.iter_mut().enumerate() {
            rounds[at].push((side.work)(calls_per_round[at]));
            calls_done[at] += calls_per_round[at];
        }
    }
    std::array::from_fn(|at| {
        let operations_per_call = sides[at].operations_per_call;
        rounds[at].sort();
        let median = rounds[at][ROUNDS / 2].as_nanos() as f64;
        Figure {
            nanoseconds: median / (calls_per_round[at] * operations_per_call) as f64,
            operations: calls_done[at] * operations_per_call,
        }
    })
}

/// Resident memory of this process in KiB; none where the system has no `/proc`.
pub(crate) fn resident_memory() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let memory = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))?;
    memory.trim().trim_end_matches(" kB").parse().ok()
}

/// The median of some numbers, 0 of none.
pub(crate) fn median(numbers: &mut [u64]) -> f64 {
    numbers.sort_unstable();
    numbers
        .get(numbers.len() / 2)
        .map_or(0.0, |median| *median as f64)
}
