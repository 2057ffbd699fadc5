//! What a watcher knows of a mod, and whether what it finds is news.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::time::Duration;

use modding::diagnostic::Fault;
use modding::manifest::{MANIFEST_FILE, Watching};

use super::WatchedMod;
use super::reading::{Identity, Reading, Stamp, Stamps};
use crate::workspace::disk::counts_as_folder;

/// A watched mod.
#[derive(Debug)]
pub(super) struct Known {
    pub(super) watched: WatchedMod,
    /// Its folder as events name it.
    roots: BTreeSet<PathBuf>,
    /// The folder of whose changes the system tells; None if it tells of none.
    told: Option<Identity>,
    /// What its manifest on the disk asked of watching when it was read last.
    asked: Watching,
    /// What the manifest that it runs with asks of watching.
    running: Watching,
    /// What holds of the two.
    watching: Watching,
    /// What the system said about its manifest when it was read last.
    manifest: Option<Stamp>,
    /// Its files when it was read last.
    paths: BTreeSet<String>,
    /// What the system said about its files last.
    pub(super) stamps: Stamps,
    content: News,
}

/// The content that was found last, and what became of it.
#[derive(Debug, Default)]
struct News {
    last: Option<Content>,
    running: Option<u128>,
    /// Whether anything was ever reported.
    was_reported: bool,
    /// Whether what was reported last has been running. What has not is broken, and its repair is news in any case.
    was_running: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Content {
    Files(u128),
    Unreadable(Vec<Fault>),
}

impl Known {
    /// A mod whose `watched.folder` is absolute.
    pub(super) fn new(watched: WatchedMod) -> Self {
        Self {
            roots: BTreeSet::from([watched.folder.clone()]),
            watched,
            told: None,
            asked: Watching::default(),
            running: Watching::default(),
            watching: Watching::default(),
            manifest: None,
            paths: BTreeSet::new(),
            stamps: None,
            content: News::default(),
        }
    }

    /// Takes note whether the system tells of changes in the mod's folder, from now on.
    pub(super) fn set_told(&mut self, is_told: bool) {
        let identity = Identity::of(&self.watched.folder);
        if let Some(identity) = &identity {
            let folder = self.watched.folder.clone();
            self.roots = [folder, identity.path.clone()].into();
        }
        self.told = identity.filter(|_| is_told);
    }

    pub(super) fn is_told(&self) -> bool {
        self.told.is_some()
    }

    /// Whether another folder is at the mod's place, or one at last, of which the system does not tell: one further up was replaced.
    pub(super) fn is_replaced(&self) -> bool {
        Identity::of(&self.watched.folder) != self.told
    }

    pub(super) fn watching(&self) -> &Watching {
        &self.watching
    }

    /// How long the mod asks to wait for quiet.
    pub(super) fn delay(&self) -> Option<Duration> {
        self.watching.debounce_delay.map(Duration::from_millis)
    }

    /// Whether a path is the mod's folder or one that this is in.
    pub(super) fn is_in(&self, path: &Path) -> bool {
        self.roots.iter().any(|root| root.starts_with(path))
    }

    /// The path below the mod's folder of something whose change may be a change of the mod.
    pub(super) fn relevant(&self, path: &Path) -> Option<String> {
        let below = self
            .roots
            .iter()
            .find_map(|root| path.strip_prefix(root).ok())?;
        let below = below.to_string_lossy().replace('\\', "/");
        let is_hidden = below.split('/').any(|name| name.starts_with('.'));
        let is_relevant = !below.is_empty()
            && !is_hidden
            && (self.watches(&below) || self.is_relevant_folder(path, &below));
        is_relevant.then_some(below)
    }

    /// Whether a change of this file is looked at.
    fn watches(&self, path: &str) -> bool {
        is_looked_at(&self.watching, path)
    }

    /// Whether the files that are looked at are others than when this was asked last, by what the system says of them.
    pub(super) fn has_moved(&self, stamps: &Stamps) -> bool {
        let watched = |stamps: &Stamps| {
            let stamps = stamps.clone()?;
            let watched = stamps.into_iter().filter(|(path, _)| self.watches(path));
            Some(watched.collect::<BTreeMap<_, _>>())
        };
        watched(stamps) != watched(&self.stamps)
    }

    /// Takes note of what the running manifest asks for: whether more is looked at from now on.
    pub(super) fn set_running(&mut self, running: Watching) -> bool {
        let before = self.watching.clone();
        self.running = running;
        self.hold();
        (self.watching.watch_mod_directory && !before.watch_mod_directory)
            || (self.watching.watch_subdirectories && !before.watch_subdirectories)
    }

    fn hold(&mut self) {
        self.watching = in_force(&self.asked, &self.running);
    }

    /// A folder that was moved in brings files, one that is gone took them along; either is a single event.
    fn is_relevant_folder(&self, path: &Path, below: &str) -> bool {
        let inside = format!("{below}/");
        let had_files = || {
            let mut from = self.paths.range(inside.clone()..);
            from.next().is_some_and(|path| path.starts_with(&inside))
        };
        self.watching.watch_mod_directory
            && self.watching.watch_subdirectories
            && counts_as_folder(&self.watching, below)
            && (path.is_dir() || had_files())
    }

    /// Whether what was read is to be reported.
    pub(super) fn is_news(&mut self, reading: &Reading) -> bool {
        let stamps = reading.stamps.as_ref();
        let manifest = stamps.and_then(|stamps| stamps.get(MANIFEST_FILE).cloned());
        if !self.watching.watch_mod_directory && manifest == self.manifest {
            return false;
        }
        self.manifest = manifest;
        self.asked = reading.watching.clone();
        self.hold();
        self.paths = reading.paths();
        self.stamps = reading.stamps.clone();
        self.content.is_news(content_of(reading))
    }

    /// Takes what was read as known, unless it cannot be read: whether it is to be reported.
    pub(super) fn begin(&mut self, reading: &Reading) -> bool {
        let is_news = self.is_news(reading);
        if reading.bundle.is_ok() {
            self.set_running(reading.watching.clone());
            self.content.was_reported = false;
            self.content.was_running = true;
            return false;
        }
        is_news
    }

    /// Whether the mod has to be read again, now that its running content is known.
    pub(super) fn note_running(&mut self, hash: u128) -> bool {
        self.content.note_running(hash)
    }
}

/// What holds where the manifest on the disk asks for one thing and the running one for another. That on the disk says which files
/// there are. It may have been refused: so it can have more watched, and not less.
pub(super) fn in_force(asked: &Watching, running: &Watching) -> Watching {
    Watching {
        watch_mod_directory: asked.watch_mod_directory || running.watch_mod_directory,
        watch_subdirectories: asked.watch_subdirectories || running.watch_subdirectories,
        debounce_delay: running.debounce_delay,
        ..asked.clone()
    }
}

/// Whether a change of a file is looked at. That of the manifest always is: it may be the one that asks for the others.
pub(super) fn is_looked_at(watching: &Watching, path: &str) -> bool {
    path == MANIFEST_FILE || watching.watches(path)
}

fn content_of(reading: &Reading) -> Content {
    match &reading.bundle {
        Ok(bundle) => Content::Files(bundle.hash()),
        Err(faults) => Content::Unreadable(faults.clone()),
    }
}

impl News {
    fn is_news(&mut self, found: Content) -> bool {
        if self.last.as_ref() == Some(&found) {
            return false;
        }
        let is_running = self
            .running
            .is_some_and(|hash| found == Content::Files(hash));
        self.last = Some(found);
        if is_running && (self.was_running || !self.was_reported) {
            self.was_running = true;
            return false;
        }
        self.was_reported = true;
        self.was_running = is_running;
        true
    }

    fn note_running(&mut self, hash: u128) -> bool {
        self.running = Some(hash);
        let running = Some(Content::Files(hash));
        if self.last == running {
            self.was_running = true;
        } else if !self.was_reported {
            // Changed after the run read it and before it was watched. Once something was reported, a run may well go on with
            // other content: with the one before what was broken, or with one that was gone back to.
            self.last = running;
            return true;
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(hash: u128) -> Content {
        Content::Files(hash)
    }

    fn unreadable() -> Content {
        Content::Unreadable(vec![Fault::new("gone")])
    }

    /// As a watcher that has found 1 at its start, of a run that runs 1.
    fn begun() -> News {
        News {
            last: Some(files(1)),
            running: Some(1),
            was_reported: false,
            was_running: true,
        }
    }

    #[test]
    fn equal_content_is_no_news_whatever_became_of_it() {
        let mut news = begun();
        assert!(!news.is_news(files(1)));
        assert!(news.is_news(files(2)));
        assert!(!news.is_news(files(2)));
        assert!(!news.note_running(1));
        assert!(!news.is_news(files(2)));
        assert!(news.is_news(unreadable()));
        assert!(!news.is_news(unreadable()));
    }

    #[test]
    fn what_is_broken_is_news_again_after_its_repair_and_so_is_the_repair() {
        let mut news = begun();
        for _ in 0..2 {
            assert!(news.is_news(unreadable()));
            assert!(news.is_news(files(1)));
            assert!(news.is_news(files(2)));
            assert!(!news.note_running(1));
            assert!(news.is_news(files(1)));
        }
    }

    #[test]
    fn content_that_the_run_took_by_itself_is_no_news() {
        let mut news = begun();
        assert!(news.note_running(2));
        assert!(!news.is_news(files(2)));
        assert!(news.is_news(files(3)));
        assert!(!news.note_running(3));
        assert!(!news.note_running(4));
        assert!(!news.is_news(files(4)));
    }

    #[test]
    fn a_rollback_by_hand_does_not_bring_back_what_lies_on_the_disk() {
        let mut news = begun();
        assert!(news.is_news(files(2)));
        assert!(!news.note_running(2));
        assert!(!news.note_running(1));
        assert!(!news.is_news(files(2)));
        assert!(news.is_news(files(3)));
    }

    #[test]
    fn what_changed_before_it_was_watched_is_news() {
        let mut news = begun();
        news.running = None;
        assert!(news.note_running(9));
        assert!(news.is_news(files(1)));
    }
}
