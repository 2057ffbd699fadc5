//! Goes through a folder and the folders in it, and leaves out what is not asked for.

use std::collections::VecDeque;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use modding::manifest::Watching;

/// What is gone through.
#[derive(Clone, Copy, Debug)]
pub enum Selection<'a> {
    /// All but hidden names.
    Everything,
    /// The files that are part of a mod.
    Mod(&'a Watching),
}

impl Selection<'_> {
    fn has_file(self, path: &str) -> bool {
        match self {
            Selection::Everything => true,
            Selection::Mod(watching) => watching.admits(path),
        }
    }

    fn has_folder(self, path: &str) -> bool {
        match self {
            Selection::Everything => true,
            Selection::Mod(watching) => counts_as_folder(watching, path),
        }
    }
}

/// Whether a folder in a mod can hold files of the mod: one whose content is ignored as a whole, such as `target`, is not entered.
pub fn counts_as_folder(watching: &Watching, path: &str) -> bool {
    let ignored = &watching.ignore_patterns;
    // No name at all, and one that no author writes: a pattern that takes both takes every name.
    !(ignored.matches(&format!("{path}/")) && ignored.matches(&format!("{path}/\0")))
}

/// Something in a folder that is not itself a folder, or a folder that cannot be read.
#[derive(Debug)]
pub struct Entry {
    /// The path below the folder that was gone through, with `/` separators; what is not UTF-8 in it is replaced.
    pub path: String,
    /// The path on the disk.
    pub full: PathBuf,
    /// Whether all of `path` is UTF-8.
    pub is_utf8: bool,
    /// Why it cannot be looked at.
    pub error: Option<io::Error>,
}

/// The entries of a folder and of the folders in it, sorted within each folder. Links are not followed.
#[derive(Debug)]
pub struct Walk<'a> {
    selection: Selection<'a>,
    folders: Vec<Entry>,
    entries: VecDeque<Entry>,
}

impl<'a> Walk<'a> {
    /// Begins at `root`.
    pub fn new(root: &Path, selection: Selection<'a>) -> Self {
        let root = Entry {
            path: String::new(),
            full: root.to_path_buf(),
            is_utf8: true,
            error: None,
        };
        Self {
            selection,
            folders: vec![root],
            entries: VecDeque::new(),
        }
    }

    fn open(&mut self, folder: Entry) {
        let names = fs::read_dir(&folder.full).and_then(|entries| {
            let names = entries.map(|entry| entry.map(|entry| entry.file_name()));
            names.collect::<io::Result<Vec<_>>>()
        });
        let mut names = match names {
            Ok(names) => names,
            Err(error) => {
                let error = Some(error);
                self.entries.push_back(Entry { error, ..folder });
                return;
            }
        };
        // So that faults come in the same order everywhere.
        names.sort_unstable();
        for name in names {
            let text = name.to_string_lossy();
            if text.starts_with('.') {
                continue;
            }
            let path = match folder.path.as_str() {
                "" => text.to_string(),
                parent => format!("{parent}/{text}"),
            };
            self.sort_in(Entry {
                path,
                full: folder.full.join(&name),
                is_utf8: folder.is_utf8 && name.to_str().is_some(),
                error: None,
            });
        }
    }

    fn sort_in(&mut self, mut entry: Entry) {
        let selection = self.selection;
        let is_selected = match fs::symlink_metadata(&entry.full) {
            Ok(metadata) if metadata.is_dir() => {
                if selection.has_folder(&entry.path) {
                    self.folders.push(entry);
                }
                return;
            }
            // A link to a folder brings files that would be missed without a word.
            Ok(metadata) if metadata.is_symlink() && entry.full.is_dir() => {
                selection.has_folder(&entry.path)
            }
            Ok(_) => selection.has_file(&entry.path),
            Err(error) => {
                entry.error = Some(error);
                selection.has_file(&entry.path)
            }
        };
        if is_selected {
            self.entries.push_back(entry);
        }
    }
}

impl Iterator for Walk<'_> {
    type Item = Entry;

    fn next(&mut self) -> Option<Entry> {
        while self.entries.is_empty() {
            let folder = self.folders.pop()?;
            self.open(folder);
        }
        self.entries.pop_front()
    }
}
