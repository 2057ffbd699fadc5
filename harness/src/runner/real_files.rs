//! The files of a run on a real disk, for `--watcher real`: the steps of a scenario are made there too, the operating system
//! tells of them, and what the watcher reads is what is reloaded. It must come to what the scratch copy in memory came to.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use modding::bundle::Bundle;
use modding::diagnostic::Fault;
use modding::host::Host;
use modding::manifest::watching_of;
use modding::mod_id::ModId;
use tempfile::TempDir;

use crate::scenario::{FileAction, FileChange, Scenario};
use crate::watcher::{WatchedMod, Watcher, WatcherOptions, unwatched_by};
use crate::workspace::{Files, Workspace};

/// The longest time until a change must have been seen: far more than the watcher ever waits, on a busy machine too.
const SEEN_WITHIN: Duration = Duration::from_secs(60);

/// See the [module](self).
pub(super) struct RealFiles {
    folder: TempDir,
    watcher: Watcher,
    /// The content of each mod as the watcher read it last.
    seen: BTreeMap<ModId, Result<Bundle, Vec<Fault>>>,
    /// What ran before the last change.
    running: BTreeMap<ModId, Bundle>,
}

impl RealFiles {
    /// Puts the mods of a run into a temporary folder and watches them.
    pub(super) fn begin(scenario: &Scenario, workspace: &Workspace) -> Result<RealFiles, Fault> {
        let folder = TempDir::with_prefix("colony-sim-").map_err(|error| cannot_write(&error))?;
        let mut watched = Vec::new();
        let mut seen = BTreeMap::new();
        for choice in &scenario.mods {
            let id = &choice.id;
            let own = folder.path().join(id.as_str());
            fs::create_dir_all(&own).map_err(|error| cannot_write(&error))?;
            let files = workspace.files(id).cloned().unwrap_or_default();
            mirror(&own, &Files::new(), &files).map_err(|error| cannot_write(&error))?;
            watched.push(WatchedMod {
                mod_id: id.clone(),
                folder: own,
            });
            seen.insert(id.clone(), workspace.bundle(id));
        }
        let watcher = Watcher::new(watched, WatcherOptions::default())?;
        Ok(RealFiles {
            folder,
            watcher,
            seen,
            running: BTreeMap::new(),
        })
    }

    /// Makes changes on the disk that `before` admits, one after the other.
    pub(super) fn apply(
        &self,
        before: &Workspace,
        actions: &[FileAction],
    ) -> Result<(), Vec<Fault>> {
        let mut now = before.clone();
        for action in actions {
            let mut next = now.clone();
            let touched = next.apply(std::slice::from_ref(action))?;
            self.make(action, &touched, &now, &next)
                .map_err(|error| vec![cannot_write(&error).at(action.place.clone())])?;
            now = next;
        }
        Ok(())
    }

    /// Writes what became of one mod.
    pub(super) fn follow(
        &self,
        id: &ModId,
        before: &Workspace,
        after: &Workspace,
    ) -> Result<(), Vec<Fault>> {
        let mods = BTreeSet::from([id.clone()]);
        self.mirror_mods(&mods, before, after)
            .map_err(|error| vec![cannot_write(&error)])
    }

    fn make(
        &self,
        action: &FileAction,
        touched: &BTreeSet<ModId>,
        before: &Workspace,
        after: &Workspace,
    ) -> io::Result<()> {
        match &action.change {
            FileChange::Rename { from, to } => {
                let [from, to] = [from, to].map(|file| {
                    self.folder
                        .path()
                        .join(file.mod_id.as_str())
                        .join(&file.path)
                });
                if let Some(parent) = to.parent() {
                    fs::create_dir_all(parent)?;
                }
                fs::rename(from, to)
            }
            FileChange::Truncate { file, bytes } => {
                let own = self.folder.path().join(file.mod_id.as_str());
                let file = fs::OpenOptions::new()
                    .write(true)
                    .open(own.join(&file.path))?;
                file.set_len(*bytes)
            }
            _ => self.mirror_mods(touched, before, after),
        }
    }

    fn mirror_mods(
        &self,
        mods: &BTreeSet<ModId>,
        before: &Workspace,
        after: &Workspace,
    ) -> io::Result<()> {
        let empty = Files::new();
        for id in mods {
            let before = before.files(id).unwrap_or(&empty);
            let after = after.files(id).unwrap_or(&empty);
            mirror(&self.folder.path().join(id.as_str()), before, after)?;
        }
        Ok(())
    }

    /// Tells the watcher what runs: what the mods ask of it is theirs to ask once they run.
    pub(super) fn note_running(&mut self, host: &Host) {
        let running = host.bundles().into_iter();
        let running =
            running.filter_map(|bundle| Some((ModId::parse(bundle.folder()).ok()?, bundle)));
        self.running = running.collect();
        for id in self.seen.keys() {
            self.watcher.note_manifest(id, self.running.get(id));
        }
    }

    /// Waits until the watcher has read of these mods what is in the scratch copy, which was `before`. A step that changes nothing
    /// is not waited for, nor one that no watcher can see: that is refused.
    pub(super) fn wait_for<'m>(
        &mut self,
        mods: impl IntoIterator<Item = &'m ModId>,
        before: &Workspace,
        workspace: &Workspace,
    ) -> Result<(), Vec<Fault>> {
        let expected: BTreeMap<&ModId, Result<Bundle, Vec<Fault>>> = mods
            .into_iter()
            .map(|id| (id, workspace.bundle(id)))
            .collect();
        let unseen = expected
            .iter()
            .filter(|(id, expected)| !self.has_seen(id, expected));
        let faults: Vec<Fault> = unseen
            .filter_map(|(id, _)| self.unwatched(id, before, workspace))
            .collect();
        if !faults.is_empty() {
            return Err(faults);
        }
        let until = Instant::now() + SEEN_WITHIN;
        loop {
            for settled in self.watcher.poll() {
                self.seen.insert(settled.mod_id, settled.bundle);
            }
            let missing = expected
                .iter()
                .find(|(id, expected)| !self.has_seen(id, expected));
            let Some((missing, _)) = missing else {
                return Ok(());
            };
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                let message = format!(
                    "the watcher has not seen the change of {missing} within {} seconds",
                    SEEN_WITHIN.as_secs()
                );
                return Err(vec![Fault::new(message)]);
            }
            for settled in self.watcher.wait(left) {
                self.seen.insert(settled.mod_id, settled.bundle);
            }
        }
    }

    /// Whether the watcher has read this last, or failed to for these reasons.
    fn has_seen(&self, id: &ModId, expected: &Result<Bundle, Vec<Fault>>) -> bool {
        match (self.seen.get(id), expected) {
            (Some(Ok(seen)), Ok(expected)) => seen.hash() == expected.hash(),
            (Some(Err(seen)), Err(expected)) => seen == expected,
            _ => false,
        }
    }

    /// Why no watcher can see what has changed of a mod, if so.
    fn unwatched(&self, id: &ModId, before: &Workspace, after: &Workspace) -> Option<Fault> {
        let empty = Files::new();
        let [before, after] = [before, after].map(|files| files.files(id).unwrap_or(&empty));
        let changed = before.keys().chain(after.keys()).map(String::as_str);
        let changed = changed.filter(|path| before.get(*path) != after.get(*path));
        let asked = watching_of(id.as_str(), before);
        let key = unwatched_by(id, &asked, self.running.get(id), changed)?;
        let seen = match key {
            "watch_mod_directory" => "at nothing but `mod.toml`",
            _ => "at no folder in it",
        };
        let message = format!("a watcher looks {seen} of {id} (`{key} = false` in [hot_reload])");
        let help = "take the key out of its `mod.toml`, or run without --watcher real";
        Some(Fault::new(message).help(help))
    }

    /// The content of a mod as the watcher read it last.
    pub(super) fn content(&self, id: &ModId) -> Option<Result<Bundle, Vec<Fault>>> {
        self.seen.get(id).cloned()
    }
}

/// Makes the files of a folder those of `after`, which were those of `before`: what is the same is not touched.
fn mirror(folder: &Path, before: &Files, after: &Files) -> io::Result<()> {
    for path in before.keys().filter(|path| !after.contains_key(*path)) {
        fs::remove_file(folder.join(path))?;
        remove_empty_folders(folder, path);
    }
    for (path, content) in after {
        if before.get(path) == Some(content) {
            continue;
        }
        let path: PathBuf = folder.join(path);
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent)?;
        }
        fs::write(path, content)?;
    }
    Ok(())
}

/// Removes the folders above a file that hold nothing any more: a file may come in their place.
fn remove_empty_folders(folder: &Path, path: &str) {
    let inside = Path::new(path).ancestors().skip(1);
    for inside in inside.take_while(|inside| !inside.as_os_str().is_empty()) {
        // The first that is not empty stops it, and so does what cannot be removed.
        if fs::remove_dir(folder.join(inside)).is_err() {
            return;
        }
    }
}

fn cannot_write(error: &io::Error) -> Fault {
    Fault::new(format!(
        "cannot write the temporary files of this run: {error}"
    ))
}
