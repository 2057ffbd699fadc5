//! Compiled components, kept from one process to the next in the cache folder of the user.
//!
//! It is bounded, may be deleted at any time, and holds nothing that cannot be made again: what is damaged is not used. It is
//! not in the project's folder on purpose, as what is in it is run as it is, and projects come from others.

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use modding::wasm::ArtefactStore;
use tempfile::NamedTempFile;

/// What the folder may hold, in bytes: some hundred mods.
const BYTES_MAX: u64 = 256 * 1024 * 1024;

/// How the files of the folder end.
const EXTENSION: &str = "artefact";

/// The variable of the environment that names another folder, or `off`.
pub const VARIABLE: &str = "COLONY_SIM_CACHE";

/// See the [module](self).
#[derive(Debug)]
pub struct ArtefactFolder {
    folder: PathBuf,
    bytes_max: u64,
}

impl ArtefactFolder {
    /// The folder of this user. `None` where the system has none, or the user wants none.
    #[must_use]
    pub fn of_user() -> Option<ArtefactFolder> {
        let folder = match std::env::var_os(VARIABLE) {
            Some(off) if off == "off" || off.is_empty() => return None,
            Some(folder) => PathBuf::from(folder),
            None => dirs::cache_dir()?.join("colony-sim"),
        };
        Some(ArtefactFolder {
            folder,
            bytes_max: BYTES_MAX,
        })
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name).with_extension(EXTENSION)
    }

    /// Deletes what was used longest ago until the rest fits.
    fn trim(&self) {
        let entries = fs::read_dir(&self.folder).into_iter().flatten().flatten();
        let mut files: Vec<(SystemTime, PathBuf, u64)> = entries
            .filter(|entry| Path::new(&entry.file_name()).extension() == Some(EXTENSION.as_ref()))
            .filter_map(|entry| {
                let metadata = entry.metadata().ok()?;
                Some((metadata.modified().ok()?, entry.path(), metadata.len()))
            })
            .collect();
        files.sort();
        let mut bytes: u64 = files.iter().map(|(.., bytes)| bytes).sum();
        for (_, path, size) in files {
            if bytes <= self.bytes_max {
                return;
            }
            // Another process may have been quicker.
            let _ = fs::remove_file(path);
            bytes -= size;
        }
    }

    fn try_write(&self, name: &str, artefact: &[u8]) -> std::io::Result<()> {
        fs::create_dir_all(&self.folder)?;
        // Whole or not at all, whoever reads it meanwhile.
        let mut file = NamedTempFile::new_in(&self.folder)?;
        file.write_all(artefact)?;
        file.persist(self.path(name))?;
        Ok(())
    }
}

impl ArtefactStore for ArtefactFolder {
    fn read(&self, name: &str) -> Option<Vec<u8>> {
        let path = self.path(name);
        let artefact = fs::read(&path).ok()?;
        // What is used is kept longest; where times cannot be set, what is new.
        if let Ok(file) = File::options().append(true).open(&path) {
            let _ = file.set_modified(SystemTime::now());
        }
        Some(artefact)
    }

    fn write(&self, name: &str, artefact: &[u8]) {
        // Without a cache everything works, only later.
        if self.try_write(name, artefact).is_ok() {
            self.trim();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_comes_back() {
        let temporary = tempfile::tempdir().expect("a test may write temporary files");
        let folder = ArtefactFolder {
            folder: temporary.path().join("new"),
            bytes_max: BYTES_MAX,
        };
        assert_eq!(folder.read("a-1"), None);
        folder.write("a-1", b"machine code");
        folder.write("a-2", b"other");
        folder.write("a-2", b"newer");
        assert_eq!(folder.read("a-1").as_deref(), Some(&b"machine code"[..]));
        assert_eq!(folder.read("a-2").as_deref(), Some(&b"newer"[..]));
    }

    #[test]
    fn what_was_used_longest_ago_goes_first_and_other_files_stay() {
        let temporary = tempfile::tempdir().expect("a test may write temporary files");
        let folder = ArtefactFolder {
            folder: temporary.path().to_owned(),
            bytes_max: 300,
        };
        fs::write(temporary.path().join("notes.txt"), [0; 1000]).expect("a file");
        let second = |number| SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(number);
        for (number, key) in (0..).zip(["a", "b", "c"]) {
            folder.write(key, &[1; 100]);
            let file = File::options().append(true).open(folder.path(key));
            file.and_then(|file| file.set_modified(second(number)))
                .expect("times can be set");
        }
        assert!(folder.read("a").is_some());
        folder.write("d", &[1; 100]);
        let left = ["a", "b", "c", "d"].map(|key| folder.read(key).is_some());
        assert_eq!(left, [true, false, true, true]);
        assert!(temporary.path().join("notes.txt").exists());
    }
}
