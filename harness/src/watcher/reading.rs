//! Reads the files of a mod as they are at one moment: what changes while it is read is no reading.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, Metadata};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use modding::bundle::Bundle;
use modding::diagnostic::Fault;
use modding::manifest::{Watching, select_files};

use super::WatchedMod;
use crate::project::location;
use crate::workspace::disk::{self, FOLDER_FILES_MAX, Selection, Walk};

/// What the system says about the files of a mod, by path; `None` where there is no folder.
pub(super) type Stamps = Option<BTreeMap<String, Stamp>>;

/// What the system says about a file, and about what it links to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Stamp {
    itself: Option<FileStamp>,
    target: Option<FileStamp>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct FileStamp {
    size: u64,
    modified: Option<SystemTime>,
    /// The inode and when it last changed, which no program can set back; zero where the system has none.
    inode: (u64, i64, i64),
}

/// Which folder it is that is found at a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Identity {
    /// The path without links.
    pub(super) path: PathBuf,
    /// Device and inode; zero where the system has none.
    inode: (u64, u64),
}

/// A mod's files at one moment.
#[derive(Debug)]
pub(super) struct Reading {
    /// What the mod asks of watching.
    pub(super) watching: Watching,
    /// What the system says about its files.
    pub(super) stamps: Stamps,
    /// Its files, or why they cannot be read.
    pub(super) bundle: Result<Bundle, Vec<Fault>>,
}

impl Reading {
    /// The paths of its files.
    pub(super) fn paths(&self) -> BTreeSet<String> {
        let paths = self.stamps.iter().flat_map(BTreeMap::keys);
        paths.cloned().collect()
    }
}

/// The files of a mod; `None` if they changed while they were read.
pub(super) fn read(watched: &WatchedMod) -> Option<Reading> {
    read_while(watched, || ())
}

/// The same, with something that happens after the files were read and before that is believed.
fn read_while(watched: &WatchedMod, happens: impl FnOnce()) -> Option<Reading> {
    let watching = watching(watched);
    let before = stamps(&watched.folder, &watching);
    let bundle = bundle(watched, &watching);
    happens();
    let still = self::watching(watched);
    let after = stamps(&watched.folder, &still);
    (watching == still && before == after).then_some(Reading {
        watching,
        stamps: after,
        bundle,
    })
}

/// What the system says about the files of a mod. It costs no look into them.
pub(super) fn stamps(folder: &Path, watching: &Watching) -> Stamps {
    // As in reading: the folder itself may be a link.
    let root = folder.canonicalize().ok().filter(|root| root.is_dir())?;
    let entries = Walk::new(&root, Selection::Mod(watching)).take(FOLDER_FILES_MAX + 1);
    let stamps = entries.map(|entry| {
        let stamp = Stamp {
            itself: fs::symlink_metadata(&entry.full).ok().map(FileStamp::of),
            target: fs::metadata(&entry.full).ok().map(FileStamp::of),
        };
        (entry.path, stamp)
    });
    Some(stamps.collect())
}

fn watching(watched: &WatchedMod) -> Watching {
    disk::watching_in(&watched.folder, watched.mod_id.as_str())
}

fn bundle(watched: &WatchedMod, watching: &Watching) -> Result<Bundle, Vec<Fault>> {
    let WatchedMod { mod_id, folder } = watched;
    if !folder.exists() {
        // Where it was, as seen from here: what is gone cannot be looked for.
        let (above, name) = (folder.parent(), folder.file_name());
        let seen = above
            .zip(name)
            .map(|(above, name)| location::from_here(above).join(name));
        let folder = location::text(seen.as_ref().unwrap_or(folder));
        let fault = Fault::new(format!("the folder `{folder}` of {mod_id} is gone"));
        return Err(vec![fault.help(
            "bring it back, it is waited for: until then the mod goes on as it is",
        )]);
    }
    let files = disk::read_mod_folder(folder, mod_id.as_str(), watching)?;
    select_files(mod_id.as_str(), files)
}

impl Identity {
    /// None where there is no folder.
    pub(super) fn of(folder: &Path) -> Option<Self> {
        let path = folder.canonicalize().ok()?;
        let metadata = path.metadata().ok().filter(Metadata::is_dir)?;
        let inode = inode(&metadata);
        Some(Self { path, inode })
    }
}

#[cfg(unix)]
fn inode(metadata: &Metadata) -> (u64, u64) {
    use std::os::unix::fs::MetadataExt;
    (metadata.dev(), metadata.ino())
}

#[cfg(not(unix))]
fn inode(_metadata: &Metadata) -> (u64, u64) {
    (0, 0)
}

impl FileStamp {
    #[cfg(unix)]
    fn of(metadata: Metadata) -> Self {
        use std::os::unix::fs::MetadataExt;
        Self {
            size: metadata.len(),
            modified: metadata.modified().ok(),
            inode: (metadata.ino(), metadata.ctime(), metadata.ctime_nsec()),
        }
    }

    #[cfg(not(unix))]
    fn of(metadata: Metadata) -> Self {
        Self {
            size: metadata.len(),
            modified: metadata.modified().ok(),
            inode: (0, 0, 0),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs::OpenOptions;

    use modding::mod_id::ModId;

    use super::*;
    use crate::workspace::test_folder::TestFolder;

    const PATTERNS: &[u8] = b"[hot_reload]\nignore_patterns = [\"target/*\", \"*.tmp.lua\"]\n";

    fn files() -> (TestFolder, WatchedMod) {
        let folder = TestFolder::new(&[
            ("mod.toml", PATTERNS),
            ("scripts/main.lua", b"one"),
            ("scripts/other.lua", b"one"),
            ("scripts/draft.tmp.lua", b"one"),
            ("target/deep/built.lua", b"one"),
            ("picture.png", b"one"),
        ]);
        let watched = WatchedMod {
            mod_id: ModId::parse("probe").expect("an id"),
            folder: folder.path().to_path_buf(),
        };
        (folder, watched)
    }

    #[test]
    fn what_is_no_part_of_the_mod_is_not_looked_at() {
        let (_folder, watched) = files();
        let reading = read(&watched).expect("files at rest");
        let expected = ["mod.toml", "scripts/main.lua", "scripts/other.lua"];
        assert_eq!(reading.paths(), expected.map(str::to_owned).into());
        let bundle = reading.bundle.expect("readable files");
        assert_eq!(bundle.paths().collect::<Vec<_>>(), expected);
    }

    #[test]
    fn files_that_change_while_they_are_read_are_no_reading() {
        // seed-corrections 9
        let changes: [fn(&TestFolder); 6] = [
            |folder| folder.write("scripts/main.lua", b"longer"),
            |folder| folder.write("scripts/new.lua", b""),
            |folder| fs::remove_file(folder.path().join("scripts/other.lua")).expect("a file"),
            |folder| folder.write("mod.toml", b""),
            |folder| fs::remove_dir_all(folder.path()).expect("a folder"),
            same_size_and_time,
        ];
        for (number, change) in changes.into_iter().enumerate() {
            let (folder, watched) = files();
            let reading = read_while(&watched, || change(&folder));
            assert!(reading.is_none(), "change {number}");
        }
        let (folder, watched) = files();
        let reading = read_while(&watched, || folder.write("target/more.lua", b""));
        assert!(reading.is_some(), "what is ignored may change");
    }

    /// Another file in the place of the old one, as like it as a program can make it.
    fn same_size_and_time(folder: &TestFolder) {
        let path = folder.path().join("scripts/main.lua");
        let time = path.metadata().and_then(|metadata| metadata.modified());
        folder.write("scripts/new", b"two");
        let new = folder.path().join("scripts/new");
        let file = OpenOptions::new().write(true).open(&new).expect("a file");
        file.set_modified(time.expect("a time")).expect("a time");
        // Where the system knows no inodes, such a file would pass.
        if cfg!(unix) {
            fs::rename(new, path).expect("a rename");
        } else {
            fs::remove_file(path).expect("a file");
        }
    }
}
