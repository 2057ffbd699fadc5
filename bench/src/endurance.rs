//! Ten thousand reloads in one process: what stays in memory, and what stays open.

use std::fmt;
use std::fs;

use modding::reload::ReloadOptions;

use crate::measure::resident_memory;
use crate::reload::{FEW, Reloading};

/// Reloads between two looks.
const RELOADS: u64 = 5_000;

/// Reloads before the first look: until then the history of the mod fills.
const RELOADS_BEFORE: u64 = 100;

/// Memory that grows by less than one part in this many is flat: the allocator's pages come and go.
const GROWTH: u64 = 50;

/// What the system says about this process.
#[derive(Clone, Copy, Debug)]
struct Look {
    reloads: u64,
    /// Resident memory in KiB.
    memory: u64,
    /// Open file handles.
    files: usize,
}

/// What was seen at the beginning, in the middle and at the end.
pub(crate) struct Endurance([Look; 3]);

/// Measures the topic; none where the system has no `/proc`.
pub(crate) fn measure() -> Option<Endurance> {
    let mut reloading = Reloading::of_300_lines(FEW);
    let mut reloads = 0;
    let looks = [RELOADS_BEFORE, RELOADS, RELOADS].map(|more| {
        for _ in 0..more {
            reloading.change_a_line(&ReloadOptions::default());
        }
        reloads += more;
        look(reloads)
    });
    reloading.assert_carried();
    let [Some(first), Some(second), Some(third)] = looks else {
        return None;
    };
    Some(Endurance([first, second, third]))
}

fn look(reloads: u64) -> Option<Look> {
    Some(Look {
        reloads,
        memory: resident_memory()?,
        files: fs::read_dir("/proc/self/fd").ok()?.count(),
    })
}

impl fmt::Display for Endurance {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Endurance(looks) = self;
        writeln!(formatter, "## Ten thousand reloads in one process\n")?;
        writeln!(formatter, "| reloads | resident memory, KiB | open files |")?;
        writeln!(formatter, "|---:|---:|---:|")?;
        for look in looks {
            let Look {
                reloads,
                memory,
                files,
            } = look;
            writeln!(formatter, "| {reloads} | {memory} | {files} |")?;
        }
        let [first, _, last] = looks;
        let flat = last.memory < first.memory + first.memory / GROWTH && last.files <= first.files;
        let verdict = if flat { "flat" } else { "not flat" };
        writeln!(formatter, "\nMemory and files are {verdict}.")
    }
}
