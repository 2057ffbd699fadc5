//! What the system tells about changes, in the words of [`settling`](super::settling), and the folders that it is asked about.

use std::path::{Path, PathBuf};

use notify::event::{AccessKind, AccessMode, ModifyKind, RenameMode};
use notify::{Config, ErrorKind, Event, EventKind, RecommendedWatcher, RecursiveMode, Watcher};

use super::settling::Rest;

/// The paths of an event and what it says about their writers; nothing for an event that changes nothing.
pub(super) fn changes(event: &Event) -> Vec<(&Path, Rest)> {
    let rests = match event.kind {
        EventKind::Access(AccessKind::Close(AccessMode::Write)) => [Rest::Finished; 2],
        EventKind::Access(_) => return Vec::new(),
        EventKind::Modify(ModifyKind::Metadata(_)) => [Rest::Unknown; 2],
        EventKind::Modify(ModifyKind::Name(RenameMode::To)) => [Rest::Finished; 2],
        // An editor that has moved the old file out of the way is about to bring the new one.
        EventKind::Modify(ModifyKind::Name(RenameMode::Both)) => [Rest::Unfinished, Rest::Finished],
        _ => [Rest::Unfinished; 2],
    };
    let paths = event.paths.iter().map(PathBuf::as_path);
    paths.zip(rests).collect()
}

/// Whether an event says that rights or times changed, and nothing else.
pub(super) fn is_metadata(event: &Event) -> bool {
    matches!(event.kind, EventKind::Modify(ModifyKind::Metadata(_)))
}

/// Why a folder is not watched.
#[derive(Debug)]
pub(super) enum Unwatched {
    /// There is none.
    Missing,
    /// The system cannot; the reason is the end of a sentence.
    Impossible(String),
}

/// The system's own watching.
#[derive(Debug)]
pub(super) struct Native {
    watcher: RecommendedWatcher,
}

impl Native {
    /// Begins without a folder; `tell` is called with every event on a thread of the watcher's.
    pub(super) fn new(
        tell: impl FnMut(notify::Result<Event>) + Send + 'static,
    ) -> Result<Self, String> {
        // A link out of a mod is refused when it is read: what is behind it needs no watching.
        let config = Config::default().with_follow_symlinks(false);
        let watcher = RecommendedWatcher::new(tell, config).map_err(|error| reason(&error))?;
        Ok(Self { watcher })
    }

    /// Watches a mod's folder with all that is in it, and the folder that it is in: only that one tells when the mod's folder is
    /// replaced. Both are watched anew if they were before, since a folder of that name need not be the one of before.
    pub(super) fn watch(&mut self, root: &Path, roots: &[&Path]) -> Result<(), Unwatched> {
        // A folder in a watched mod is watched already, and would lose the folders in it.
        let parent = root.parent().filter(|parent| {
            let below = |other: &&Path| *other != root && parent.starts_with(other);
            !roots.iter().any(below)
        });
        if let Some(parent) = parent {
            self.watch_one(parent, RecursiveMode::NonRecursive)?;
        }
        self.watch_one(root, RecursiveMode::Recursive)
    }

    fn watch_one(&mut self, path: &Path, mode: RecursiveMode) -> Result<(), Unwatched> {
        self.watcher.watch(path, mode).map_err(|error| {
            // A folder in it that vanishes meanwhile is reported in the same way; then the next try will do.
            let is_missing = match &error.kind {
                ErrorKind::PathNotFound => true,
                ErrorKind::Io(error) => error.kind() == std::io::ErrorKind::NotFound,
                _ => false,
            };
            if is_missing {
                Unwatched::Missing
            } else {
                Unwatched::Impossible(reason(&error))
            }
        })
    }

    /// Watches a mod's folder no more. The folder that it is in stays watched: other mods may need it.
    pub(super) fn unwatch(&mut self, root: &Path) {
        // A folder that is gone is watched no more already.
        _ = self.watcher.unwatch(root);
    }
}

/// Why the system cannot watch, as the end of a sentence.
pub(super) fn reason(error: &notify::Error) -> String {
    if let ErrorKind::MaxFilesWatch = error.kind {
        return "the system watches no more folders (fs.inotify.max_user_watches)".to_owned();
    }
    if let ErrorKind::Io(error) = &error.kind
        && error.raw_os_error() == Some(TOO_MANY_FILES)
    {
        return "the system has no more watchers (fs.inotify.max_user_instances)".to_owned();
    }
    format!("the system does not watch: {error}")
}

/// `EMFILE`: what `inotify_init` gives at its limit.
const TOO_MANY_FILES: i32 = 24;

#[cfg(test)]
mod tests {
    use notify::event::{CreateKind, DataChange, MetadataKind, RemoveKind};

    use super::*;

    #[test]
    fn every_kind_of_event_says_whether_more_will_come() {
        use Rest::{Finished, Unfinished, Unknown};
        let name = |mode| EventKind::Modify(ModifyKind::Name(mode));
        let rows: [(EventKind, &[Rest]); 11] = [
            (
                EventKind::Access(AccessKind::Close(AccessMode::Write)),
                &[Finished],
            ),
            (EventKind::Access(AccessKind::Open(AccessMode::Any)), &[]),
            (EventKind::Access(AccessKind::Close(AccessMode::Read)), &[]),
            (EventKind::Create(CreateKind::File), &[Unfinished]),
            (EventKind::Create(CreateKind::Folder), &[Unfinished]),
            (
                EventKind::Modify(ModifyKind::Data(DataChange::Any)),
                &[Unfinished],
            ),
            (
                EventKind::Modify(ModifyKind::Metadata(MetadataKind::Any)),
                &[Unknown],
            ),
            (name(RenameMode::From), &[Unfinished]),
            (name(RenameMode::To), &[Finished]),
            (name(RenameMode::Any), &[Unfinished]),
            (EventKind::Remove(RemoveKind::File), &[Unfinished]),
        ];
        for (kind, expected) in rows {
            let event = Event::new(kind).add_path(PathBuf::from("a"));
            let rests: Vec<Rest> = changes(&event).into_iter().map(|(_, rest)| rest).collect();
            assert_eq!(rests, expected, "{kind:?}");
        }
        let both = Event::new(name(RenameMode::Both))
            .add_path(PathBuf::from("old"))
            .add_path(PathBuf::from("new"));
        assert_eq!(
            changes(&both),
            [(Path::new("old"), Unfinished), (Path::new("new"), Finished)]
        );
    }

    #[test]
    fn limits_of_the_system_are_named() {
        let limit = notify::Error::new(ErrorKind::MaxFilesWatch);
        assert!(reason(&limit).contains("fs.inotify.max_user_watches"));
        let none_left = notify::Error::io(std::io::Error::from_raw_os_error(TOO_MANY_FILES));
        assert!(reason(&none_left).contains("fs.inotify.max_user_instances"));
    }
}
