//! The cases that failed last time, kept in `.colony/last_failed.json` below the project's root.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use modding::diagnostic::Fault;
use serde::{Deserialize, Serialize};

use super::CaseResult;
use crate::project::location;
use crate::snapshot::Change;
use crate::workspace::disk;

/// The folder of what the program keeps for itself.
const FOLDER: &str = ".colony";

const VERSION: u32 = 1;

#[derive(Serialize, Deserialize)]
struct LastFailed {
    version: u32,
    failed: BTreeSet<String>,
}

fn path(root: &Path) -> PathBuf {
    root.join(FOLDER).join("last_failed.json")
}

/// The names of the cases that failed last time; none if nothing is known.
///
/// # Errors
/// A file that cannot be read.
pub fn read(root: &Path) -> Result<BTreeSet<String>, Fault> {
    let path = path(root);
    if !path.exists() {
        return Ok(BTreeSet::new());
    }
    let shown = location::text(&path);
    let text = disk::read_text(&path, &shown)?;
    match serde_json::from_str::<LastFailed>(&text) {
        Ok(last) if last.version == VERSION => Ok(last.failed),
        Ok(last) => Err(Fault::new(format!(
            "`{shown}` has version {}, expected {VERSION}",
            last.version
        ))),
        Err(error) => Err(Fault::new(format!("cannot read `{shown}`: {error}"))),
    }
}

/// Keeps the names of the cases that failed, and of those of `before` that were not run. `all` are the names of cases that
/// exist.
///
/// # Errors
/// A folder that cannot be written.
pub fn write(
    root: &Path,
    before: &BTreeSet<String>,
    results: &[CaseResult],
    all: &BTreeSet<String>,
) -> Result<(), Fault> {
    let was_run = |name: &str| {
        let mut run = results
            .iter()
            .filter(|result| result.status != super::Status::NotRun);
        run.any(|result| result.name == name)
    };
    let still = before
        .iter()
        .filter(|name| all.contains(*name) && !was_run(name));
    let now = results.iter().filter(|result| result.status.is_failure());
    let failed: BTreeSet<String> = still
        .cloned()
        .chain(now.map(|result| result.name.clone()))
        .collect();
    if failed == *before {
        return Ok(());
    }
    let last = LastFailed {
        version: VERSION,
        failed,
    };
    let mut text = serde_json::to_string_pretty(&last).expect("a list of names is always JSON");
    text.push('\n');
    // What is in the folder is nobody's to commit.
    let ignore = root.join(FOLDER).join(".gitignore");
    if !ignore.exists() {
        Change::Write(ignore, b"*\n".to_vec()).make()?;
    }
    Change::Write(path(root), text.into_bytes()).make()
}
