//! The scenario files of a project.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use globset::GlobBuilder;
use modding::diagnostic::Fault;

use super::manifest::Entry;
use super::{Project, location};

/// Most files and folders that a glob looks at: a project has a few thousand, a home directory has more than this.
const GLOB_ENTRIES_MAX: usize = 100_000;

const GLOB_CHARACTERS: [char; 4] = ['*', '?', '[', '{'];

impl Project {
    /// The scenario files that the project names, in order of path.
    ///
    /// # Errors
    /// Entries of `colony.toml` that name nothing.
    pub fn scenario_files(&self) -> Result<Vec<PathBuf>, Vec<Fault>> {
        let mut files: BTreeSet<PathBuf> = BTreeSet::new();
        let mut faults = Vec::new();
        for entry in &self.manifest.scenarios {
            match self.files_of(entry) {
                Ok(found) => files.extend(found),
                Err(fault) => faults.push(match &entry.place {
                    Some(place) => fault.at(place.clone()),
                    None => fault,
                }),
            }
        }
        if faults.is_empty() {
            // A folder that is reached in two ways has its files once.
            let files: BTreeSet<PathBuf> =
                files.iter().map(|file| location::from_here(file)).collect();
            Ok(files.into_iter().collect())
        } else {
            Err(faults)
        }
    }

    /// The folders that scenarios are in, in order of path: of the files there are, and those that the project names.
    ///
    /// # Errors
    /// Those of [`Project::scenario_files`].
    pub fn scenario_folders(&self) -> Result<Vec<PathBuf>, Vec<Fault>> {
        let files = self.scenario_files()?;
        let of_files = files.iter().filter_map(|file| file.parent());
        let mut folders: BTreeSet<PathBuf> = of_files.map(Path::to_path_buf).collect();
        let named = self.manifest.scenarios.iter();
        let named = named.map(|entry| self.root.join(&entry.path));
        let named = named.filter(|path| path.is_dir());
        folders.extend(named.map(|folder| location::from_here(&folder)));
        Ok(folders.into_iter().collect())
    }

    fn files_of(&self, entry: &Entry) -> Result<Vec<PathBuf>, Fault> {
        if entry.path.contains(GLOB_CHARACTERS) {
            return matching(&self.root, &entry.path);
        }
        let path = self.root.join(&entry.path);
        if path.is_file() {
            Ok(vec![path])
        } else if path.is_dir() {
            files_in(&path)
        } else if entry.place.is_none() {
            // What nobody named need not be there.
            Ok(Vec::new())
        } else {
            Err(Fault::new(format!(
                "there is no `{}`",
                location::text(&path)
            )))
        }
    }
}

/// The scenario files directly in a folder, in order of name.
///
/// # Errors
/// A folder that cannot be read.
pub fn files_in(folder: &Path) -> Result<Vec<PathBuf>, Fault> {
    let cannot_read = |error: std::io::Error| {
        Fault::new(format!("cannot read `{}`: {error}", location::text(folder)))
    };
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).map_err(cannot_read)? {
        let path = entry.map_err(cannot_read)?.path();
        if path.extension().is_some_and(|ending| ending == "toml")
            && path
                .file_name()
                .is_some_and(|name| name != super::PROJECT_FILE && name != "mod.toml")
            && path.is_file()
        {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

/// The files below `root` that a glob matches.
fn matching(root: &Path, pattern: &str) -> Result<Vec<PathBuf>, Fault> {
    let glob = GlobBuilder::new(pattern)
        .literal_separator(true)
        .build()
        .map_err(|error| Fault::new(format!("`{pattern}` is not a glob: {}", error.kind())))?
        .compile_matcher();
    let fixed = pattern
        .split('/')
        .take_while(|part| !part.contains(GLOB_CHARACTERS));
    let fixed: Vec<&str> = fixed.collect();
    let mut pending = vec![fixed.join("/")];
    let mut files = Vec::new();
    let mut entries_seen = 0;
    while let Some(folder) = pending.pop() {
        for entry in fs::read_dir(root.join(&folder))
            .into_iter()
            .flatten()
            .flatten()
        {
            entries_seen += 1;
            if entries_seen > GLOB_ENTRIES_MAX {
                return Err(Fault::new(format!(
                    "`{pattern}` looks at more than {GLOB_ENTRIES_MAX} files"
                ))
                .help("begin it with a folder"));
            }
            let Ok(name) = entry.file_name().into_string() else {
                continue;
            };
            let path = if folder.is_empty() {
                name.clone()
            } else {
                format!("{folder}/{name}")
            };
            // Links are not followed: one can lead back to where it stands.
            match entry.file_type() {
                Ok(kind) if kind.is_dir() && !name.starts_with('.') => pending.push(path),
                Ok(kind) if kind.is_file() && glob.is_match(&path) => files.push(root.join(path)),
                _ => {}
            }
        }
    }
    files.sort();
    if files.is_empty() {
        return Err(Fault::new(format!("no file matches `{pattern}`")));
    }
    Ok(files)
}
