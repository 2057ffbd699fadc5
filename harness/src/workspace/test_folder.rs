//! A folder for the files of one test, removed with it.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

pub(crate) struct TestFolder(PathBuf);

impl TestFolder {
    /// A new folder with `files`.
    pub(crate) fn new(files: &[(&str, &[u8])]) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let folder = Self(
            std::env::temp_dir().join(format!("colony-sim-test-{}-{number}", std::process::id())),
        );
        fs::create_dir_all(&folder.0).expect("a temporary folder");
        for (path, content) in files {
            folder.write(path, content);
        }
        folder
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    pub(crate) fn write(&self, path: &str, content: &[u8]) {
        let path = self.0.join(path);
        fs::create_dir_all(path.parent().expect("a path below the folder")).expect("a folder");
        fs::write(path, content).expect("a file");
    }

    /// `text` with this folder's path cut out, so that it is the same in every run.
    pub(crate) fn relative(&self, text: &str) -> String {
        let path = self.0.to_string_lossy().replace('\\', "/");
        text.replace(&format!("{path}/"), "").replace(&path, ".")
    }
}

impl Drop for TestFolder {
    fn drop(&mut self) {
        // Nothing depends on it: what cannot be removed is left to the system.
        _ = fs::remove_dir_all(&self.0);
    }
}
