//! The scratch copy, in memory, of the mods that a scenario edits. The author's files are read once and never touched.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use modding::bundle::Bundle;
use modding::diagnostic::Fault;
use modding::manifest::{CONFIG_FILE, ConfigValue, select_files};
use modding::mod_id::ModId;

use crate::scenario::{Action, FileAction, Scenario};

mod config;
pub mod disk;
mod edit;
mod library;
#[cfg(test)]
pub(crate) mod test_folder;
#[cfg(test)]
mod tests;

pub use library::ModLibrary;

/// The files of a mod, by path with `/` separators.
pub type Files = BTreeMap<String, Vec<u8>>;

/// The files of a bundle.
pub(crate) fn files_of(bundle: &Bundle) -> Files {
    let file = |path: &str| Some((path.to_owned(), bundle.file(path)?.to_vec()));
    bundle.paths().filter_map(file).collect()
}

/// The present files of every mod that a scenario runs with. Copies share the files of a mod until one of them changes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Workspace {
    mods: BTreeMap<ModId, Arc<Files>>,
    known: BTreeSet<ModId>,
}

impl Workspace {
    /// Takes the mods of `scenario` from the library.
    ///
    /// # Errors
    /// Mods that are not there or cannot be read.
    pub fn load(scenario: &Scenario, library: &ModLibrary) -> Result<Self, Vec<Fault>> {
        let mut workspace = Self {
            mods: BTreeMap::new(),
            known: library.known().clone(),
        };
        let mut faults = Vec::new();
        for choice in scenario.mods.iter().chain(&scenario.additions) {
            workspace.known.insert(choice.id.clone());
            match library.files(choice, scenario.folder()) {
                Ok(files) => _ = workspace.mods.insert(choice.id.clone(), files),
                Err(found) => faults.extend(
                    found
                        .into_iter()
                        .map(|fault| fault.at(choice.place.clone())),
                ),
            }
        }
        if faults.is_empty() {
            Ok(workspace)
        } else {
            Err(faults)
        }
    }

    /// Makes all `actions` in order, or none of them if one cannot be made. Returns the mods that they name.
    pub fn apply(&mut self, actions: &[FileAction]) -> Result<BTreeSet<ModId>, Vec<Fault>> {
        let mut draft = self.mods.clone();
        let mut touched = BTreeSet::new();
        for action in actions {
            edit::apply_change(&mut draft, &action.change, &mut touched)
                .map_err(|fault| vec![fault.at(action.place.clone())])?;
        }
        self.mods = draft;
        Ok(touched)
    }

    /// Sets values in the mod's `config.toml`, keeping its comments. Whether the mod has such keys is checked when it reloads.
    pub fn set_config(
        &mut self,
        mod_id: &ModId,
        set: &BTreeMap<String, ConfigValue>,
    ) -> Result<(), Vec<Fault>> {
        let bundle = self.bundle(mod_id)?;
        let source = bundle
            .text(CONFIG_FILE)
            .transpose()
            .map_err(|fault| vec![fault])?
            .unwrap_or_default();
        let edited = config::set_values(&bundle.display_path(CONFIG_FILE), &source, set)?;
        if let Some(files) = self.mods.get_mut(mod_id) {
            Arc::make_mut(files).insert(CONFIG_FILE.to_owned(), edited.into_bytes());
        }
        Ok(())
    }

    /// The present files of a mod, those that do not count included.
    pub(crate) fn files(&self, mod_id: &ModId) -> Option<&Files> {
        self.mods.get(mod_id).map(AsRef::as_ref)
    }

    /// The present files of a mod.
    pub fn bundle(&self, mod_id: &ModId) -> Result<Bundle, Vec<Fault>> {
        let Some(files) = self.mods.get(mod_id) else {
            let fault = Fault::new(format!("the mod `{mod_id}` is not part of this run"));
            return Err(vec![
                fault.suggest(mod_id.as_str(), self.mods.keys().map(ModId::as_str)),
            ]);
        };
        select_files(mod_id.as_str(), Files::clone(files))
    }

    /// Makes all changes of files and configuration that the steps of `scenario` make, on a copy. A step that cannot be made
    /// is reported and left out, so that one run finds every such step.
    pub fn dry_run(&self, scenario: &Scenario) -> Result<(), Vec<Fault>> {
        let mut copy = self.clone();
        let mut faults = Vec::new();
        for step in &scenario.steps {
            let place = &step.place;
            let changed = copy.change_files(&step.action);
            let found = changed.err().into_iter().flatten();
            faults.extend(found.map(|fault| {
                if fault.place.is_none() {
                    fault.at(place.clone())
                } else {
                    fault
                }
            }));
        }
        if faults.is_empty() {
            Ok(())
        } else {
            Err(faults)
        }
    }

    /// The mods that exist, loaded or not.
    #[must_use]
    pub fn known_mods(&self) -> BTreeSet<ModId> {
        self.known.clone()
    }

    fn change_files(&mut self, action: &Action) -> Result<(), Vec<Fault>> {
        match action {
            Action::Files(actions) => self.apply(actions).map(drop),
            Action::Config { mod_id, set } => self.set_config(mod_id, set),
            Action::InjectFault {
                during: Some(during),
                ..
            } => self.change_files(during),
            _ => Ok(()),
        }
    }
}
