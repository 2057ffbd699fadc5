//! A project: where scenarios and mods are, found upwards from a folder.

mod builtin;
pub mod location;
mod manifest;
pub mod scenario_files;

use std::path::{Path, PathBuf};

use modding::diagnostic::Fault;

use crate::workspace::ModLibrary;
use manifest::ProjectManifest;

pub use builtin::builtin_mods;

/// The file that makes a folder a project.
pub const PROJECT_FILE: &str = "colony.toml";

/// Where scenarios and mods are.
#[derive(Clone, Debug)]
pub struct Project {
    /// The root, as seen from the working directory; the empty path is that directory itself.
    pub root: PathBuf,
    manifest: ProjectManifest,
}

impl Project {
    /// The project that `folder` is in: the nearest folder upwards with a `colony.toml`, else the nearest with a folder
    /// `scenarios` or `mods`.
    ///
    /// # Errors
    /// A `colony.toml` that cannot be read, or that this program does not fit.
    pub fn find(folder: &Path) -> Result<Option<Project>, Vec<Fault>> {
        let folder = if folder.as_os_str().is_empty() {
            Path::new(".")
        } else {
            folder
        };
        let Ok(start) = folder.canonicalize() else {
            return Ok(None);
        };
        let named = |root: &&Path| root.join(PROJECT_FILE).is_file();
        if let Some(root) = start.ancestors().find(named) {
            let root = location::from_here(root);
            let path = root.join(PROJECT_FILE);
            let manifest = manifest::read(&path, &location::text(&path))?;
            return Ok(Some(Project { root, manifest }));
        }
        let unnamed = |root: &&Path| root.join("scenarios").is_dir() || root.join("mods").is_dir();
        Ok(start.ancestors().find(unnamed).map(|root| Project {
            root: location::from_here(root),
            manifest: ProjectManifest::default(),
        }))
    }

    /// The project that a scenario file is in; without one, a project of the file's folder alone.
    ///
    /// # Errors
    /// Those of [`Project::find`].
    pub fn of_scenario(file: &Path) -> Result<Project, Vec<Fault>> {
        let folder = file.parent().unwrap_or(Path::new(""));
        Ok(Project::find(folder)?.unwrap_or_else(|| Project {
            root: folder.to_path_buf(),
            manifest: ProjectManifest::default(),
        }))
    }

    /// The folders of mods: the first that has a mod wins.
    #[must_use]
    pub fn mods_folders(&self) -> Vec<PathBuf> {
        let entries = self.manifest.mods.iter();
        entries.map(|entry| self.root.join(&entry.path)).collect()
    }

    /// The mods of the project and of the program.
    #[must_use]
    pub fn library(&self) -> ModLibrary {
        library(self.mods_folders())
    }

    /// The path as seen from the project's root; `None` if it is not below it.
    #[must_use]
    pub fn relative(&self, path: &Path) -> Option<String> {
        let root = if self.root.as_os_str().is_empty() {
            Path::new(".")
        } else {
            &self.root
        };
        let (root, path) = (root.canonicalize().ok()?, path.canonicalize().ok()?);
        let below = path.strip_prefix(root).ok()?;
        Some(location::text(below))
    }
}

/// The mods in `folders` and those of the program.
#[must_use]
pub fn library(folders: Vec<PathBuf>) -> ModLibrary {
    ModLibrary::new(folders, builtin_mods())
}

/// The library of the one folder that the command line names.
///
/// # Errors
/// A folder that is not there.
pub fn library_of(folder: &Path) -> Result<ModLibrary, Vec<Fault>> {
    Ok(library(vec![folder_of_mods(folder)?]))
}

/// The folder of mods that the command line names.
///
/// # Errors
/// A folder that is not there.
pub fn folder_of_mods(folder: &Path) -> Result<PathBuf, Vec<Fault>> {
    if folder.is_dir() {
        return Ok(folder.to_path_buf());
    }
    let fault = Fault::new(format!("there is no folder `{}`", location::text(folder)));
    let help = "`--mods` takes the folder in which the mods have their folders, such as `mods`";
    Err(vec![fault.help(help)])
}
