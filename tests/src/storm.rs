//! A small storm: a seeded scenario in which authors change, break, tear, mend, add and take away mods while the colony runs, and
//! what must hold however it goes (I1, I3, I4, I5, I7).
//!
//! Most of its steps fail on purpose, so a storm is not judged by what its steps were expected to do but by properties of the
//! whole run. A seed that fails is written to `target/storm/<seed>` with as few steps as still fail.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use harness::scenario::Scenario;
use harness::workspace::{ModLibrary, Workspace};
use modding::diagnostic::Fault;

use crate::root;

mod check;
mod draw;
mod edits;
mod files;
mod generate;
mod outcomes;
mod shrink;

pub use check::{Failure, Property, check, failures};
pub use shrink::shrink;

use files::{Files, read_files};

/// The mods that run from the start.
const LOADED: [&str; 10] = [
    "base",
    "stats",
    "priority_watch",
    "hot_reload_basic",
    "hot_reload_advanced",
    "ledger",
    "clerk",
    "auditor",
    "scout",
    "relic",
];

/// The mods that may come later; `ranger` replaces `scout`.
const ADDED_LATER: [&str; 2] = ["late", "ranger"];

/// The mods written for the storm.
const OWN: [&str; 7] = [
    "ledger", "clerk", "auditor", "scout", "relic", "late", "ranger",
];

/// A scenario in its parts, so that steps can be left out.
#[derive(Clone, Debug)]
pub struct Storm {
    /// What it was made of.
    pub seed: u64,
    head: String,
    steps: Vec<String>,
}

impl Storm {
    /// The scenario's text.
    #[must_use]
    pub fn text(&self) -> String {
        format!("{}\n{}", self.head, self.steps.join("\n"))
    }
}

/// The mods of storms, in a folder of their own, beside which their scenarios are thought to be.
pub struct StormMods {
    folder: tempfile::TempDir,
    library: ModLibrary,
    originals: BTreeMap<String, Files>,
}

impl StormMods {
    /// Copies the mods of the repository and those of the storm.
    ///
    /// # Panics
    /// Where no temporary files can be written.
    #[must_use]
    pub fn new() -> StormMods {
        let folder = tempfile::tempdir().expect("a test may write temporary files");
        let mods = folder.path().join("mods");
        let mut originals = BTreeMap::new();
        for id in LOADED.into_iter().chain(ADDED_LATER) {
            let from = match OWN.contains(&id) {
                true => root().join("tests/fixtures/storm/mods"),
                false => root().join("mods"),
            };
            let files = read_files(&from.join(id));
            write_files(&mods.join(id), &files);
            originals.insert(id.to_owned(), files);
        }
        StormMods {
            library: harness::project::library(vec![mods]),
            folder,
            originals,
        }
    }

    /// The storm of a seed.
    #[must_use]
    pub fn storm(&self, seed: u64) -> Storm {
        generate::generate(seed, &self.originals)
    }

    /// Reads a scenario's text.
    ///
    /// # Errors
    /// Its faults.
    pub fn load(&self, text: &str) -> Result<(Scenario, Workspace), Vec<Fault>> {
        harness::load_text(
            &self.folder.path().join("scenario.toml"),
            text,
            &self.library,
        )
    }

    /// Writes a storm with its mods and how it fails to `target/storm/<seed>-<property>`; the folder as seen from the repository.
    ///
    /// # Panics
    /// Where it cannot be written.
    pub fn keep(&self, storm: &Storm, failure: &Failure) -> PathBuf {
        let name = format!("{}-{:?}", storm.seed, failure.property);
        let folder = Path::new("target/storm").join(name);
        let path = root().join(&folder);
        for (id, files) in &self.originals {
            write_files(&path.join("mods").join(id), files);
        }
        std::fs::write(path.join("scenario.toml"), storm.text()).expect("target can be written");
        let message = format!("{}\n", failure.message);
        std::fs::write(path.join("failure.txt"), message).expect("target can be written");
        folder
    }
}

impl Default for StormMods {
    fn default() -> StormMods {
        StormMods::new()
    }
}

fn write_files(folder: &Path, files: &Files) {
    for (path, text) in files {
        let path = folder.join(path);
        if let Some(parent) = path.parent() {
            std::fs::create_dir_all(parent).expect("the folder can be written");
        }
        std::fs::write(path, text).expect("the folder can be written");
    }
}
