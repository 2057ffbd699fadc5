//! What the tests of this crate share: the scenarios of the repository, and small ones written in a test.
//!
//! It never asserts wall time, and never touches the author's files: scenarios written here live in a temporary folder.

pub mod storm;
pub mod wat;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use harness::record::RunRecord;
use harness::runner::{RunOptions, run};
use harness::scenario::Scenario;
use harness::workspace::Workspace;
use modding::diagnostic::Fault;

/// The repository's root.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Whether the tests may take long: `.ci/extended` sets `COLONY_SIM_EXTENDED`.
pub fn extended() -> bool {
    std::env::var_os("COLONY_SIM_EXTENDED").is_some()
}

/// The scenario files of the repository, in order of name.
pub fn scenario_files() -> Vec<PathBuf> {
    let entries = std::fs::read_dir(root().join("scenarios"))
        .map(|entries| entries.flatten().collect())
        .unwrap_or_else(|_| Vec::new());
    let mut files: Vec<PathBuf> = entries
        .into_iter()
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "toml"))
        .collect();
    files.sort();
    files
}

/// A scenario of the repository with its mods.
///
/// # Errors
/// Its faults.
pub fn shipped(name: &str) -> Result<(Scenario, Workspace), Vec<Fault>> {
    harness::load(
        &root().join("scenarios").join(name).with_extension("toml"),
        &root().join("mods"),
    )
}

/// A project of a test: mods by id, their files by path, and a scenario.
pub struct Project {
    folder: tempfile::TempDir,
}

impl Project {
    /// A project without mods of its own.
    ///
    /// # Panics
    /// Where no temporary folder can be made.
    pub fn new() -> Project {
        let folder = tempfile::tempdir().expect("a test may write temporary files");
        std::fs::create_dir(folder.path().join("mods")).expect("a test may write temporary files");
        Project { folder }
    }

    /// Writes a file, with `/` in its path.
    ///
    /// # Panics
    /// Where it cannot be written.
    #[must_use]
    pub fn file(self, path: &str, text: &str) -> Project {
        let path = self.folder.path().join(path);
        if let Some(parent) = path.parent() {
            std::fs::create_dir_all(parent).expect("a test may write temporary files");
        }
        std::fs::write(path, text).expect("a test may write temporary files");
        self
    }

    /// Writes a file of any content.
    ///
    /// # Panics
    /// Where it cannot be written.
    #[must_use]
    pub fn bytes(self, path: &str, content: &[u8]) -> Project {
        let project = self.file(path, "");
        std::fs::write(project.folder.path().join(path), content)
            .expect("a test may write temporary files");
        project
    }

    /// A mod with a script and, in its manifest, what `more` adds to the required keys.
    #[must_use]
    pub fn lua_mod(self, id: &str, version: &str, more: &str, script: &str) -> Project {
        self.file(&format!("mods/{id}/mod.toml"), &manifest(id, version, more))
            .file(&format!("mods/{id}/scripts/main.lua"), script)
    }

    /// A mod with a component as text and, in its manifest, what `more` adds to the required keys.
    #[must_use]
    pub fn wasm_mod(self, id: &str, version: &str, more: &str, component: &str) -> Project {
        let manifest = manifest_of_component(id, version, more);
        self.file(&format!("mods/{id}/mod.toml"), &manifest)
            .file(&format!("mods/{id}/wasm/main.wat"), component)
    }

    /// Writes `scenario.toml`: a small colony that runs `ticks` ticks with `base` and the mods named, then what `rest` adds.
    #[must_use]
    pub fn scenario(self, ticks: u64, mods: &[&str], rest: &str) -> Project {
        let mods: Vec<String> = ["base"]
            .iter()
            .chain(mods)
            .map(|id| format!("{id:?}"))
            .collect();
        let head = format!("schema = 1\nname = \"scenario\"\nseed = 7\nticks = {ticks}\n");
        let colony =
            "\n[colony]\nsize = [32, 32]\ncolonists = 3\nstock = { meal = 12, wood = 10 }\n";
        let text = format!(
            "{head}{colony}\n[mods]\nload = [{}]\n\n{rest}",
            mods.join(", ")
        );
        self.file("scenario.toml", &text)
    }

    /// Where the scenario is.
    pub fn path(&self) -> PathBuf {
        self.folder.path().join("scenario.toml")
    }

    /// Reads the scenario and its mods.
    ///
    /// # Errors
    /// Their faults.
    pub fn load(&self) -> Result<(Scenario, Workspace), Vec<Fault>> {
        harness::load(&self.path(), &self.folder.path().join("mods"))
    }

    /// Runs the scenario.
    ///
    /// # Errors
    /// Faults that keep it from beginning.
    pub fn run(&self) -> Result<RunRecord, Vec<Fault>> {
        self.run_with(&RunOptions::default())
    }

    /// Runs the scenario with options.
    ///
    /// # Errors
    /// Faults that keep it from beginning.
    pub fn run_with(&self, options: &RunOptions) -> Result<RunRecord, Vec<Fault>> {
        let (scenario, workspace) = self.load()?;
        run(&scenario, &workspace, options, &mut |_| {})
    }
}

impl Default for Project {
    fn default() -> Project {
        Project::new()
    }
}

/// A manifest with the required keys, and what `more` adds.
pub fn manifest(id: &str, version: &str, more: &str) -> String {
    format!(
        "id = {id:?}\nname = {id:?}\nversion = {version:?}\napi = \"^1\"\nentry = \"scripts/main.lua\"\n{more}\n"
    )
}

/// The same of a mod without scripts.
pub fn manifest_of_component(id: &str, version: &str, more: &str) -> String {
    manifest(id, version, more).replace("entry = \"scripts/main.lua\"\n", "")
}

/// What mods wrote, by tick.
pub fn log_by_tick(record: &RunRecord) -> BTreeMap<u64, Vec<String>> {
    let mut lines: BTreeMap<u64, Vec<String>> = BTreeMap::new();
    for line in &record.log {
        lines.entry(line.tick).or_default().push(line.text.clone());
    }
    lines
}

/// The first tick after which two runs differ.
pub fn first_difference(left: &RunRecord, right: &RunRecord) -> Option<usize> {
    let longest = left.chain.len().max(right.chain.len());
    (0..longest).find(|tick| left.chain.get(*tick) != right.chain.get(*tick))
}
