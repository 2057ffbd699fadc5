//! Where mods come from: folders of mods, and the mods that are part of the program. Each mod is read once, however many
//! scenarios run with it. Files that are no part of it are not looked at, as the watcher does not look at them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use modding::diagnostic::Fault;
use modding::mod_id::ModId;

use super::{Files, disk};
use crate::project::location;
use crate::scenario::ModChoice;

/// The files of a folder, or why it cannot be read.
type ReadFolder = Result<Arc<Files>, Vec<Fault>>;

/// Mods by id, in the folders of a project and in the program.
#[derive(Debug)]
pub struct ModLibrary {
    folders: Vec<PathBuf>,
    builtin: BTreeMap<String, Arc<Files>>,
    known: BTreeSet<ModId>,
    read: Mutex<BTreeMap<PathBuf, ReadFolder>>,
}

impl ModLibrary {
    /// Mods in `folders`, of which the first that has a mod wins, and the mods of the program by id.
    #[must_use]
    pub fn new(folders: Vec<PathBuf>, builtin: BTreeMap<String, Files>) -> Self {
        let names = folders.iter().flat_map(|folder| disk::folder_names(folder));
        let known = names
            .chain(builtin.keys().cloned())
            .filter_map(|name| ModId::parse(&name).ok())
            .collect();
        let builtin = builtin
            .into_iter()
            .map(|(id, files)| (id, Arc::new(files)))
            .collect();
        Self {
            folders,
            builtin,
            known,
            read: Mutex::default(),
        }
    }

    /// The mods that exist.
    #[must_use]
    pub fn known(&self) -> &BTreeSet<ModId> {
        &self.known
    }

    /// The files of a mod: from where the scenario says, else from the first folder that has it, else from the program.
    ///
    /// # Errors
    /// A mod that is not there or cannot be read; the faults have no place.
    pub(super) fn files(&self, choice: &ModChoice, scenario_folder: &Path) -> ReadFolder {
        if let Some(from) = &choice.from {
            return self.folder(&scenario_folder.join(from), from);
        }
        self.of(&choice.id)
    }

    /// The files of a mod by its id: from the first folder that has it, else from the program.
    ///
    /// # Errors
    /// See [`ModLibrary::files`].
    pub(crate) fn of(&self, id: &ModId) -> ReadFolder {
        if let Some(folder) = self.folder_of(id) {
            return self.folder(&folder, id.as_str());
        }
        let id = id.as_str();
        self.builtin.get(id).cloned().ok_or_else(|| {
            let folders: Vec<String> = self
                .folders
                .iter()
                .map(|folder| format!("`{}`", location::text(folder)))
                .collect();
            let fault = Fault::new(format!("there is no mod `{id}` in {}", folders.join(", ")));
            vec![fault.suggest(id, self.known.iter().map(ModId::as_str))]
        })
    }

    /// The files of a mod in a folder that need not be one of the library's.
    ///
    /// # Errors
    /// A folder that cannot be read.
    pub(crate) fn at(&self, folder: &Path, shown: &str) -> ReadFolder {
        self.folder(folder, shown)
    }

    /// The folder of a mod; `None` for one of the program.
    pub(crate) fn folder_of(&self, id: &ModId) -> Option<PathBuf> {
        let mut candidates = self.folders.iter().map(|folder| folder.join(id.as_str()));
        candidates.find(|folder| folder.is_dir())
    }

    fn folder(&self, path: &Path, shown: &str) -> ReadFolder {
        // A case that panicked while it held the lock has left whole entries only.
        let mut read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        read.entry(path.to_path_buf())
            .or_insert_with(|| {
                let watching = disk::watching_in(path, shown);
                disk::read_mod_folder(path, shown, &watching).map(Arc::new)
            })
            .clone()
    }
}
