//! Snapshots that nothing asks for any more.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use super::{FOLDER, file, trail};
use crate::scenario::SnapshotPlan;

/// What is known of a scenario in a folder.
#[derive(Clone, Debug)]
pub enum Asked {
    /// Its snapshots, if it asks for any, and its last tick.
    Plan(Option<SnapshotPlan>, u64),
    /// It could not be read or was not run: all its snapshots may be asked for.
    Unknown,
}

/// The files in the folder of snapshots beside `scenario_folder` that no scenario there asks for, in order of name.
#[must_use]
pub fn orphans(scenario_folder: &Path, scenarios: &BTreeMap<String, Asked>) -> Vec<PathBuf> {
    let folder = scenario_folder.join(FOLDER);
    let entries = fs::read_dir(&folder).into_iter().flatten().flatten();
    let mut orphans: Vec<PathBuf> = entries
        .filter_map(|entry| entry.file_name().into_string().ok())
        .filter(|name| is_orphan(name, scenario_folder, scenarios))
        .map(|name| folder.join(name))
        .collect();
    orphans.sort();
    orphans
}

fn is_orphan(name: &str, scenario_folder: &Path, scenarios: &BTreeMap<String, Asked>) -> bool {
    // A scenario that lies there, and is not one of the project's, may still ask for its snapshots.
    let is_gone = |scenario: &str| !scenario_folder.join(format!("{scenario}.toml")).exists();
    let without = |ending: &str| name.strip_suffix(ending)?.strip_suffix('.');
    let stem = without(file::ACCEPTED).or_else(|| without(file::PENDING));
    if let Some(stem) = stem {
        // What is not named like a snapshot of a scenario is somebody else's.
        let Some((scenario, tick)) = file::parse_name(stem) else {
            return false;
        };
        return match scenarios.get(scenario) {
            None => is_gone(scenario),
            Some(Asked::Unknown) => false,
            Some(Asked::Plan(plan, last)) => {
                tick > *last || !plan.as_ref().is_some_and(|plan| plan.is_due(tick))
            }
        };
    }
    let stem = without(trail::ACCEPTED).or_else(|| without(trail::PENDING));
    stem.is_some_and(|scenario| match scenarios.get(scenario) {
        None => is_gone(scenario),
        Some(Asked::Unknown) => false,
        Some(Asked::Plan(plan, _)) => plan.is_none(),
    })
}
