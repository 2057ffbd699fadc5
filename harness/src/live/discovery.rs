//! Mods in new folders, where all mods of some folders are watched.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use modding::manifest::MANIFEST_FILE;
use modding::mod_id::ModId;

use crate::project::location;
use crate::watcher::WatchedMod;
use crate::workspace::disk;

/// The time between two looks at the names in the folders. The files in a folder that was found are left to the watcher.
const LOOK_EVERY: Duration = Duration::from_millis(200);

/// See the [module](self).
#[derive(Debug)]
pub(super) struct Discovery {
    /// Folders of mods, of which the first that has a mod wins.
    parents: Vec<PathBuf>,
    /// The folders of mods that were there at the last look.
    seen: BTreeSet<PathBuf>,
    next_look: Instant,
}

/// What a look has found.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// A mod that is not watched.
    Mod(WatchedMod),
    /// A folder with a manifest that cannot be a mod, and why, as a sentence.
    NoMod(String),
}

impl Discovery {
    /// What is watched already is nothing new.
    pub(super) fn new(parents: Vec<PathBuf>, watched: &[WatchedMod]) -> Discovery {
        Discovery {
            parents,
            seen: watched
                .iter()
                .map(|watched| watched.folder.clone())
                .collect(),
            next_look: Instant::now(),
        }
    }

    /// Folders that have appeared, with a manifest in them.
    pub(super) fn look(&mut self, watched: &[WatchedMod]) -> Vec<Found> {
        let now = Instant::now();
        if self.parents.is_empty() || now < self.next_look {
            return Vec::new();
        }
        self.next_look = now + LOOK_EVERY;
        self.find(watched)
    }

    fn find(&mut self, watched: &[WatchedMod]) -> Vec<Found> {
        let mut there = BTreeSet::new();
        let mut found: Vec<Found> = Vec::new();
        for parent in &self.parents {
            for name in disk::folder_names(parent) {
                let folder = parent.join(&name);
                if name.starts_with('.') || !folder.join(MANIFEST_FILE).is_file() {
                    continue;
                }
                there.insert(folder.clone());
                if self.seen.contains(&folder) {
                    continue;
                }
                let known = |id: &ModId| {
                    let found = found.iter().filter_map(|found| match found {
                        Found::Mod(watched) => Some(watched),
                        Found::NoMod(_) => None,
                    });
                    watched.iter().chain(found).any(|other| other.mod_id == *id)
                };
                match ModId::parse(&name) {
                    Ok(id) if known(&id) => {}
                    Ok(mod_id) => found.push(Found::Mod(WatchedMod { mod_id, folder })),
                    Err(error) => {
                        let shown = location::text(&location::from_here(&folder));
                        found.push(Found::NoMod(format!("`{shown}` is no mod: {error}")));
                    }
                }
            }
        }
        // One that is watched is waited for, whether it is there or not.
        let waited_for = watched.iter().map(|watched| watched.folder.clone());
        there.extend(waited_for);
        self.seen = there;
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workspace::test_folder::TestFolder;

    #[test]
    fn a_folder_is_found_once_when_it_has_a_manifest() {
        let folder = TestFolder::new(&[
            ("mods/old/mod.toml", b""),
            ("mods/.git/mod.toml", b""),
            ("other/old/mod.toml", b""),
        ]);
        let path = |path: &str| folder.path().join(path);
        let watched = |id: &str| WatchedMod {
            mod_id: ModId::parse(id).expect("an id"),
            folder: path(&format!("mods/{id}")),
        };
        let mut known = vec![watched("old")];
        let mut discovery = Discovery::new(vec![path("mods"), path("other")], &known);
        assert_eq!(discovery.find(&known), []);
        folder.write("mods/new/scripts/main.lua", b"");
        assert_eq!(discovery.find(&known), []);
        folder.write("mods/new/mod.toml", b"");
        folder.write("mods/No Mod/mod.toml", b"");
        let found = discovery.find(&known);
        assert!(
            matches!(&found[..], [Found::NoMod(why), Found::Mod(found)]
                if why.contains("No Mod") && *found == watched("new")),
            "{found:?}"
        );
        known.push(watched("new"));
        assert_eq!(discovery.find(&known), []);
        // Watched no more, since another took its place: what stays there is nothing new, what comes back is.
        known.pop();
        assert_eq!(discovery.find(&known), []);
        let away = path("away");
        std::fs::rename(path("mods/new"), &away).expect("a folder");
        assert_eq!(discovery.find(&known), []);
        std::fs::rename(&away, path("mods/new")).expect("a folder");
        assert_eq!(discovery.find(&known), [Found::Mod(watched("new"))]);
    }
}
