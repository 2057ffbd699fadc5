//! Snapshots that wait to be reviewed.

use std::fs;
use std::path::{Path, PathBuf};

use modding::diagnostic::Fault;

use super::compare::Change;
use super::{FOLDER, file, trail};
use crate::project::location;

/// A snapshot that waits.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct PendingSnapshot {
    /// What people call it: `scenario@tick`.
    pub name: String,
    /// The scenario.
    pub scenario: String,
    /// The tick.
    pub tick: u64,
    /// The file that waits.
    pub pending: PathBuf,
    /// The file that it would replace, or become.
    pub accepted: PathBuf,
}

/// What a review decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// It is right.
    Accept,
    /// It is wrong.
    Reject,
}

/// The snapshots that wait beside the scenarios of a folder, by scenario and tick.
#[must_use]
pub fn pending(scenario_folder: &Path) -> Vec<PendingSnapshot> {
    let folder = scenario_folder.join(FOLDER);
    let entries = fs::read_dir(&folder).into_iter().flatten().flatten();
    let mut pending: Vec<PendingSnapshot> = entries
        .filter_map(|entry| {
            let file_name = entry.file_name().into_string().ok()?;
            let name = file_name.strip_suffix(file::PENDING)?.strip_suffix('.')?;
            let (scenario, tick) = file::parse_name(name)?;
            Some(PendingSnapshot {
                name: name.to_owned(),
                scenario: scenario.to_owned(),
                tick,
                pending: folder.join(&file_name),
                accepted: folder.join(format!("{name}.{}", file::ACCEPTED)),
            })
        })
        .collect();
    pending.sort_by(|left, right| (&left.scenario, left.tick).cmp(&(&right.scenario, right.tick)));
    pending
}

impl PendingSnapshot {
    /// The content that was accepted, if there is any, and the one that waits.
    ///
    /// # Errors
    /// A file that waits and is no snapshot. An accepted one that is none counts as empty: it is to be replaced.
    pub fn contents(&self) -> Result<(Option<String>, String), Fault> {
        let new = file::read(&self.pending)?.ok_or_else(|| self.gone())?;
        let old = file::read(&self.accepted).unwrap_or_else(|_| Some(String::new()));
        Ok((old, new))
    }

    /// It waited when the review began, and does no longer.
    fn gone(&self) -> Fault {
        let shown = location::text(&self.pending);
        Fault::new(format!("`{shown}` is not there any more"))
            .help("another run of the tests has written or removed it: review again")
    }

    /// What a decision changes.
    ///
    /// # Errors
    /// A file that cannot be read.
    pub fn decide(&self, decision: Decision) -> Result<Vec<Change>, Fault> {
        let remove = Change::Remove(self.pending.clone());
        if decision == Decision::Reject {
            return Ok(vec![remove]);
        }
        let content = file::read(&self.pending)?.ok_or_else(|| self.gone())?;
        let header = fs::read_to_string(&self.pending).map_err(|_| self.gone())?;
        // The line in the scenario is for the review; an accepted snapshot does not have it, as insta's do not.
        let header: String = header
            .replace("\r\n", "\n")
            .split_inclusive('\n')
            .take_while({
                let mut fences = 0;
                move |line| {
                    fences += usize::from(*line == "---\n");
                    fences < 2
                }
            })
            .filter(|line| !line.starts_with("assertion_line:"))
            .collect();
        let text = format!("{header}---\n{content}\n");
        Ok(vec![
            Change::Write(self.accepted.clone(), text.into_bytes()),
            remove,
        ])
    }
}

/// What becomes of the trail of a scenario of which no snapshot waits any more.
///
/// # Errors
/// A trail that cannot be read.
pub fn decide_trail(
    scenario_folder: &Path,
    scenario: &str,
    decision: Decision,
) -> Result<Vec<Change>, Fault> {
    let path = |ending| {
        scenario_folder
            .join(FOLDER)
            .join(format!("{scenario}.{ending}"))
    };
    let pending = path(trail::PENDING);
    let mut changes = Vec::new();
    if let Some(trail) = trail::Trail::read(&pending)? {
        if decision == Decision::Accept {
            changes.push(Change::Write(path(trail::ACCEPTED), trail.encode()));
        }
        changes.push(Change::Remove(pending));
    }
    Ok(changes)
}
