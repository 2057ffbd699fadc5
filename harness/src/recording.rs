//! Writes a live session down as a scenario: the content of the mods at its start and of every save, by their hash, in a folder
//! beside it; what became of each change, at its tick; and the hash at the end.
//!
//! A recording knows no clock. Whatever depended on the disk or on time at its moment (files that could not be read, a reload that
//! took too long) is written down as a fault that is made to happen there.

mod steps;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use modding::bundle::Bundle;
use modding::diagnostic::Fault;
use modding::mod_id::ModId;
use sim::{MapSource, hash_bytes};

use crate::report::json::hex;
use crate::scenario::{ColonySetup, Scenario};
use crate::workspace::Files;

/// The files of a mod as they came to rest on the disk, or why they cannot be read.
pub type Content = Result<Rc<Bundle>, Vec<Fault>>;

/// Digits of a content's hash in the name of its file: enough to tell the contents of a session apart.
const NAME_DIGITS: usize = 16;

/// See the [module](self).
#[derive(Clone, Debug)]
pub struct Recording {
    /// The scenario's name, and that of the folder beside it.
    name: String,
    seed: u64,
    colony: ColonySetup,
    mods: Vec<ModId>,
    /// What the scratch copy of whoever repeats the session will hold.
    replayed: BTreeMap<ModId, Files>,
    /// Contents by their path in the folder beside the scenario.
    contents: BTreeMap<String, Vec<u8>>,
    steps: Vec<RecordedStep>,
}

/// A step, as text.
#[derive(Clone, Debug)]
struct RecordedStep {
    /// Before which tick.
    at: u64,
    /// The lines of its action and of what it expects.
    text: String,
}

/// How a session ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionEnd {
    /// The last tick.
    pub tick: u64,
    /// The hash after it.
    pub hash: u128,
    /// Failing calls by mod.
    pub failing_calls: BTreeMap<ModId, u64>,
}

impl Recording {
    /// The recording of a session that begins with the set-up of `scenario` and these files of its mods. `name` is the name of
    /// the file that it will be, without its ending.
    #[must_use]
    pub fn begin(name: &str, scenario: &Scenario, files: BTreeMap<ModId, Files>) -> Recording {
        let mut contents = BTreeMap::new();
        if let MapSource::Ascii(map) = &scenario.colony.map {
            contents.insert("map.txt".to_owned(), map.clone().into_bytes());
        }
        for (id, files) in &files {
            for (path, content) in files {
                contents.insert(format!("start/{id}/{path}"), content.clone());
            }
        }
        Recording {
            name: name.to_owned(),
            seed: scenario.seed,
            colony: scenario.colony.clone(),
            mods: scenario
                .mods
                .iter()
                .map(|choice| choice.id.clone())
                .collect(),
            replayed: files,
            contents,
            steps: Vec::new(),
        }
    }

    /// Where the recording at `file` keeps its contents.
    #[must_use]
    pub fn folder_of(file: &Path) -> PathBuf {
        file.with_extension("")
    }

    /// The ticks of the repetition, were the session over. What happened after its last tick happens before one more.
    #[must_use]
    pub fn ticks(&self, end: &SessionEnd) -> u64 {
        let last_step = self.steps.last().map_or(0, |step| step.at);
        last_step.max(end.tick)
    }

    /// The text of the scenario, were the session over. Of a tick that only the repetition runs nothing is expected: the session
    /// has not seen it.
    #[must_use]
    pub fn scenario(&self, end: &SessionEnd) -> String {
        let ticks = self.ticks(end);
        let mut text = format!(
            "# Recorded by colony-sim watch.\nschema = 1\nname = {}\nseed = {}\nticks = {}\n\n[colony]\n",
            quoted(&self.name),
            self.seed,
            ticks
        );
        match &self.colony.map {
            MapSource::Generated { width, height } => {
                text += &format!("size = [{width}, {height}]\n");
            }
            MapSource::Ascii(_) => text += &format!("map = {}\n", self.beside("map.txt")),
        }
        text += &format!("colonists = {}\n", self.colony.colonists);
        let stock = self.colony.stock.iter();
        let stock: Vec<String> = stock
            .map(|(item, count)| format!("{} = {count}", key(item)))
            .collect();
        if !stock.is_empty() {
            text += &format!("stock = {{ {} }}\n", stock.join(", "));
        }
        text += "\n[mods]\nload = [\n";
        for id in &self.mods {
            let from = self.beside(&format!("start/{id}"));
            text += &format!("  {{ id = {}, from = {from} }},\n", quoted(id.as_str()));
        }
        text += "]\n";
        for step in &self.steps {
            text += &format!("\n[[step]]\nat = {}\n{}", step.at, step.text);
        }
        let goes_beyond = ticks > end.tick;
        let at = if goes_beyond {
            format!("at = {}\n", end.tick)
        } else {
            String::new()
        };
        for id in self.replayed.keys() {
            // Calls that fail in the tick beyond are no surprise either.
            let count = end.failing_calls.get(id).copied();
            if let Some(count) = count.or(goes_beyond.then_some(0)) {
                let id = quoted(id.as_str());
                text += &format!("\n[[expect]]\n{at}failing_calls = {id}\nequals = {count}\n");
            }
        }
        text + &format!("\n[[expect]]\n{at}hash_equals = \"{}\"\n", hex(end.hash))
    }

    /// Writes the scenario to `file` and the contents into the folder beside it. What is written already is not written again.
    ///
    /// # Errors
    /// What the disk says.
    pub fn store(&self, file: &Path, end: &SessionEnd) -> io::Result<()> {
        let folder = Recording::folder_of(file);
        for id in &self.mods {
            fs::create_dir_all(folder.join("start").join(id.as_str()))?;
        }
        for (path, content) in &self.contents {
            let path = folder.join(path);
            if path.exists() {
                continue;
            }
            if let Some(parent) = path.parent() {
                fs::create_dir_all(parent)?;
            }
            fs::write(path, content)?;
        }
        // A scenario without a tick is none.
        if self.ticks(end) == 0 {
            return Ok(());
        }
        // Renamed when it is whole, so that a session that is killed leaves the last whole one.
        let part = folder.join("scenario.part");
        fs::write(&part, self.scenario(end))?;
        fs::rename(&part, file)
    }

    /// Keeps a content and names its file: `contents/<hash>.<ending>`.
    fn keep(&mut self, path: &str, content: &[u8]) -> String {
        let ending = Path::new(path).extension().map_or(String::new(), |ending| {
            format!(".{}", ending.to_string_lossy())
        });
        let hash = hex(hash_bytes(content));
        let name = format!("contents/{}{ending}", &hash[..NAME_DIGITS]);
        self.contents
            .entry(name.clone())
            .or_insert_with(|| content.to_vec());
        name
    }

    /// The path of a content as the scenario writes it.
    fn beside(&self, path: &str) -> String {
        quoted(&format!("{}/{path}", self.name))
    }

    /// The paths whose content differs between what the scratch copy of a repetition holds and the bundle.
    fn differing(&self, id: &ModId, bundle: &Bundle) -> BTreeSet<String> {
        let empty = Files::new();
        let before = self.replayed.get(id).unwrap_or(&empty);
        let paths = before.keys().map(String::as_str).chain(bundle.paths());
        paths
            .filter(|path| before.get(*path).map(Vec::as_slice) != bundle.file(path))
            .map(str::to_owned)
            .collect()
    }
}

/// A text as TOML writes it.
fn quoted(text: &str) -> String {
    toml_edit::Value::from(text).to_string().trim().to_owned()
}

/// A key as TOML writes it: bare where it can be.
fn key(name: &str) -> String {
    toml_edit::Key::new(name).to_string().trim().to_owned()
}
