//! The mod under examination, and where it and the mods that it depends on are.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use modding::api;
use modding::bundle::Bundle;
use modding::diagnostic::Fault;
use modding::manifest::Manifest;
use modding::mod_id::ModId;

use crate::project::{self, Project, location};
use crate::workspace::ModLibrary;

/// How the mod was named on the command line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Named {
    /// The folder of the mod.
    Folder(PathBuf),
    /// A mod of the project, or of the program.
    Id(ModId),
}

/// The mod under examination, and where it and the mods that it depends on are.
#[derive(Debug)]
pub struct Subject {
    /// The mod.
    pub mod_id: ModId,
    /// Its files.
    pub bundle: Bundle,
    /// Its manifest.
    pub manifest: Manifest,
    /// Where mods are.
    pub library: ModLibrary,
    /// The folder of the project, or the one around the mod.
    pub root: PathBuf,
    /// The folder of the mod; none for one of the program.
    pub folder: Option<PathBuf>,
    /// Whether the library has it under its id.
    pub in_library: bool,
    /// It and all that it depends on.
    pub mods: BTreeSet<ModId>,
    /// What it depends on that is nowhere to be found, at the line that asks for it.
    pub(super) not_found: Vec<Fault>,
}

impl Named {
    /// What `text` names: a folder where there is one or where it has the form of a path, else a mod.
    ///
    /// # Errors
    /// A text that is neither.
    pub fn parse(text: &Path) -> Result<Named, Fault> {
        let shown = location::text(text);
        let is_path = shown.contains('/') || shown == "." || shown == "..";
        if is_path || text.join("mod.toml").is_file() {
            return match text.is_dir() {
                true => Ok(Named::Folder(text.to_path_buf())),
                false => Err(Fault::new(format!("there is no folder `{shown}`"))
                    .help("name the folder of a mod, or a mod of the project by its id")),
            };
        }
        ModId::parse(&shown).map(Named::Id).map_err(|error| {
            Fault::new(format!(
                "`{shown}` is neither a folder nor the id of a mod: {error}"
            ))
        })
    }
}

impl Subject {
    /// Reads the mod.
    ///
    /// # Errors
    /// A mod that is not there or cannot be read, and faults of the project.
    pub fn read(named: &Named) -> Result<Subject, Vec<Fault>> {
        let (folder, mod_id) = match named {
            Named::Folder(folder) => (Some(folder.clone()), id_of(folder)?),
            Named::Id(id) => (None, id.clone()),
        };
        let start = folder.as_deref().unwrap_or(Path::new("."));
        let found = Project::find(start)?;
        let in_project = found.is_some();
        let (root, library) = match found {
            Some(project) => (project.root.clone(), project.library()),
            None => {
                let around = folder
                    .as_ref()
                    .and_then(|folder| folder.canonicalize().ok());
                let around = around.as_deref().and_then(Path::parent);
                let root = around.map_or(PathBuf::new(), location::from_here);
                (root.clone(), project::library(vec![root]))
            }
        };
        let in_library = match (&folder, library.folder_of(&mod_id)) {
            (None, _) => true,
            (Some(folder), Some(other)) => folder
                .canonicalize()
                .ok()
                .is_some_and(|folder| other.canonicalize().ok() == Some(folder)),
            (Some(_), None) => false,
        };
        let folder = folder.or_else(|| library.folder_of(&mod_id));
        let files = match (&folder, in_library) {
            (Some(folder), false) => library.at(folder, mod_id.as_str())?,
            _ => library.of(&mod_id)?,
        };
        let bundle = Bundle::new(mod_id.as_str(), files.as_ref().clone())?;
        let manifest = Manifest::parse(&bundle, &api::capability_names())?;
        let Closure {
            mods,
            mut not_found,
        } = closure(&manifest, &library)?;
        let help = where_mods_belong(in_project);
        for fault in &mut not_found {
            let known = fault.help.take();
            fault.help = Some(known.map_or(help.to_owned(), |known| format!("{help}; {known}")));
        }
        Ok(Subject {
            mod_id,
            bundle,
            manifest,
            library,
            root,
            folder,
            in_library,
            mods,
            not_found,
        })
    }

    /// The mod's folder as seen from the project's root, where the scenario must name it.
    pub(super) fn folder_from_root(&self) -> Option<String> {
        let folder = self.folder.as_ref().filter(|_| !self.in_library)?;
        let root = match self.root.as_os_str().is_empty() {
            true => Path::new("."),
            false => &self.root,
        };
        let (root, folder) = (root.canonicalize().ok()?, folder.canonicalize().ok()?);
        Some(location::text(folder.strip_prefix(root).ok()?))
    }

    /// A file of the mod as a person in the working directory knows it.
    #[must_use]
    pub fn shown(&self, file: &str) -> String {
        let below = file.strip_prefix(self.mod_id.as_str());
        match (&self.folder, below) {
            (Some(folder), Some(below)) if below.starts_with('/') => {
                format!("{}{below}", location::text(folder))
            }
            _ => file.to_owned(),
        }
    }
}

fn id_of(folder: &Path) -> Result<ModId, Vec<Fault>> {
    let resolved = folder.canonicalize().ok();
    let name = resolved
        .as_deref()
        .and_then(Path::file_name)
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned();
    ModId::parse(&name)
        .map_err(|error| vec![Fault::new(format!("`{name}` is no id of a mod: {error}"))])
}

/// A mod and all that it depends on, with `base`, without which there is no colony.
pub(super) struct Closure {
    pub(super) mods: BTreeSet<ModId>,
    /// What is nowhere to be found.
    pub(super) not_found: Vec<Fault>,
}

/// What runs where the mod of this manifest runs.
///
/// # Errors
/// A mod of it that cannot be read.
pub(super) fn closure(manifest: &Manifest, library: &ModLibrary) -> Result<Closure, Vec<Fault>> {
    let mut mods = BTreeSet::from([manifest.id.clone()]);
    let mut not_found = Vec::new();
    let mut wanted: Vec<ModId> = ModId::parse("base").into_iter().collect();
    let mut read = vec![manifest.clone()];
    loop {
        while let Some(manifest) = read.pop() {
            for (id, dependency) in &manifest.dependencies {
                if library.known().contains(id) || mods.contains(id) {
                    wanted.push(id.clone());
                    continue;
                }
                let faults = library.of(id).err().unwrap_or_default();
                not_found.extend(faults.into_iter().map(|fault| Fault {
                    message: format!("`{}` depends on `{id}`: {}", manifest.id, fault.message),
                    place: Some(dependency.place.clone()),
                    ..fault
                }));
            }
        }
        let Some(id) = wanted.pop() else {
            return Ok(Closure { mods, not_found });
        };
        if mods.insert(id.clone()) {
            let bundle = Bundle::new(id.as_str(), library.of(&id)?.as_ref().clone())?;
            read.push(Manifest::parse(&bundle, &api::capability_names())?);
        }
    }
}

/// What to do about a mod that was not found.
fn where_mods_belong(in_project: bool) -> &'static str {
    if in_project {
        "put it into one of these folders, or name its folder in `mods` of colony.toml"
    } else {
        "put it into one of these folders; without a project (colony.toml) mods are looked for beside the one that is checked"
    }
}
