//! `mod.toml` and `config.toml`: what a mod is, what it needs and what can be set.
//!
//! A manifest is checked as a whole: every fault is reported with its place. Whether the mods it names exist and fit is the
//! business of [`resolve`](crate::resolve).

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use semver::{Version, VersionReq};
use xxhash_rust::xxh3::xxh3_128;

use crate::bundle::Bundle;
use crate::diagnostic::{Fault, Place};
use crate::document::{Document, Scalar, TableReader, ValueReader};
use crate::mod_id::ModId;

mod build;
mod config;
mod entry;
mod hot_reload;

pub use build::{Build, build_of};
pub use config::{ConfigKey, ConfigValue};
pub use hot_reload::{
    DependencySettings, FILE_BYTES_MAX, FilePatterns, HotReload, OnStateError,
    QUIET_MILLISECONDS_MAX, QueueSettings, STATE_SIZE_MAX, StateSettings, Watching,
};

/// The file that makes a folder a mod.
pub const MANIFEST_FILE: &str = "mod.toml";

/// The file with a mod's configuration values.
pub const CONFIG_FILE: &str = "config.toml";

/// The script that is run first when the manifest names none and the file exists.
pub const DEFAULT_ENTRY: &str = "scripts/main.lua";

/// Where a mod's component is when the manifest names none.
pub const COMPONENT_FOLDER: &str = "wasm/";

/// The version of the programming interface that this engine offers to mods.
pub const API_VERSION: Version = Version::new(1, 0, 0);

/// A mod's `mod.toml`, checked.
#[derive(Clone, Debug, PartialEq)]
pub struct Manifest {
    /// The mod's id, which is also its folder's name.
    pub id: ModId,
    /// The name shown to people.
    pub name: String,
    /// The mod's version.
    pub version: Version,
    /// What the mod is for.
    pub description: Option<String>,
    /// The versions of the programming interface that the mod works with; admits [`API_VERSION`].
    pub api: VersionReq,
    /// The script that is run first, a file of the bundle; None for a mod without scripts.
    pub entry: Option<String>,
    /// The component that is run, a file of the bundle.
    pub component: Option<String>,
    /// The mods that this one cannot do without.
    pub dependencies: BTreeMap<ModId, Dependency>,
    /// Mods that this one works with where they run: they load before it, in a version that will do.
    pub optional_dependencies: BTreeMap<ModId, Dependency>,
    /// Mods that this one does not run beside, in these versions.
    pub conflicts: BTreeMap<ModId, Dependency>,
    /// The id that the mod had before: it takes over that mod's place and state (seed-corrections 26).
    pub replaces: Option<ModId>,
    /// What the mod may do to the colony.
    pub capabilities: BTreeSet<String>,
    /// What can be set, by key.
    pub config: BTreeMap<String, ConfigKey>,
    /// How the mod takes part in reloads.
    pub hot_reload: HotReload,
    /// How its files are made of others, for whoever asks for that.
    pub build: Option<Build>,
    /// Where the id stands in `mod.toml`.
    pub place: Place,
    /// xxh3-128 of the text of `mod.toml`: equal for equal manifests.
    pub hash: u128,
}

/// A mod that another one names, and its versions.
#[derive(Clone, Debug, PartialEq)]
pub struct Dependency {
    /// The versions that are meant.
    pub range: VersionReq,
    /// Where `mod.toml` says so.
    pub place: Place,
}

impl Manifest {
    /// Whether the mod is a component alone, whose author knows functions by the names of colony.wit.
    pub(crate) fn is_component(&self) -> bool {
        self.component.is_some() && self.entry.is_none()
    }

    /// Reads the bundle's `mod.toml`; `capabilities_known` are the capabilities that exist.
    pub fn parse(bundle: &Bundle, capabilities_known: &[&str]) -> Result<Self, Vec<Fault>> {
        let source = match bundle.text(MANIFEST_FILE) {
            Some(Ok(source)) => source,
            Some(Err(fault)) => return Err(vec![fault]),
            None => {
                let message = format!(
                    "the mod folder `{}` has no `{MANIFEST_FILE}`",
                    bundle.folder()
                );
                let help = format!(
                    "create it, beginning with `id = \"{}\"`, `name`, `version` and `api = \"^1\"`",
                    bundle.folder()
                );
                return Err(vec![Fault::new(message).help(help)]);
            }
        };
        let document = Document::parse(bundle.display_path(MANIFEST_FILE), &source)?;
        let manifest =
            read_manifest(document.root(), bundle, capabilities_known).map(|manifest| Manifest {
                hash: xxh3_128(source.as_bytes()),
                ..manifest
            });
        let faults = document.into_faults();
        match manifest {
            Some(manifest) if faults.is_empty() => Ok(manifest),
            _ => Err(faults),
        }
    }

    /// The mods whose library code this one may load: those that it depends on, needed or not.
    pub fn libraries(&self) -> impl Iterator<Item = &ModId> {
        self.dependencies
            .keys()
            .chain(self.optional_dependencies.keys())
    }

    /// Whether it names the mod among its dependencies, needed or not.
    #[must_use]
    pub fn depends_on(&self, id: &ModId) -> bool {
        self.dependencies.contains_key(id) || self.optional_dependencies.contains_key(id)
    }

    /// The mod's configuration: its defaults with the bundle's `config.toml` over them.
    pub fn config_values(
        &self,
        bundle: &Bundle,
    ) -> Result<BTreeMap<String, ConfigValue>, Vec<Fault>> {
        config::read_values(&self.config, bundle)
    }
}

fn read_manifest(
    mut root: TableReader<'_>,
    bundle: &Bundle,
    capabilities_known: &[&str],
) -> Option<Manifest> {
    // Everything is read before anything is missed, so that one run reports every fault.
    let id = root.required("id");
    let place = id.as_ref().map_or_else(|| root.place(), ValueReader::place);
    let id = id.and_then(|value| read_id(&value, bundle.folder()));
    let name = root.required("name").and_then(|value| read_name(&value));
    let version = root
        .required("version")
        .and_then(|value| value.parsed("a version", "1.2.0"));
    let description = root
        .optional("description")
        .and_then(|value| value.string().map(str::to_owned));
    let api = root.required("api").and_then(|value| read_api(&value));
    let (entry, component) = entry::read(root.optional("entry"), bundle, &root);
    let dependencies = read_dependencies(root.optional("dependencies"));
    let optional_dependencies = read_dependencies(root.optional("optional_dependencies"));
    let conflicts = read_dependencies(root.optional("conflicts"));
    let replaces = root
        .optional("replaces")
        .and_then(|value| read_replaces(&value, id.as_ref()));
    let capabilities = read_capabilities(root.optional("capabilities"), capabilities_known);
    let config = root
        .optional("config")
        .map(|value| config::read_keys(&value))
        .unwrap_or_default();
    let hot_reload = root
        .optional("hot_reload")
        .map(|value| hot_reload::read(&value))
        .unwrap_or_default();
    let build = root.optional("build").and_then(|value| build::read(&value));
    root.finish();
    Some(Manifest {
        id: id?,
        name: name?,
        version: version?,
        description,
        api: api?,
        entry,
        component,
        dependencies,
        optional_dependencies,
        conflicts,
        replaces,
        capabilities,
        config,
        hot_reload,
        build,
        place,
        hash: 0,
    })
}

fn read_id(value: &ValueReader<'_>, folder: &str) -> Option<ModId> {
    let text = value.string()?;
    let id = ModId::parse(text)
        .inspect_err(|error| value.fault(error.to_string()))
        .ok()?;
    if text != folder {
        let fault = Fault::new(format!(
            "the mod `{text}` is in the folder `{folder}`, expected a folder of its name"
        ));
        value.report(fault.help(format!(
            "rename the folder to `{text}`, or write `id = \"{folder}\"`"
        )));
    }
    Some(id)
}

fn read_replaces(value: &ValueReader<'_>, id: Option<&ModId>) -> Option<ModId> {
    let replaced = ModId::parse(value.string()?)
        .inspect_err(|error| value.fault(error.to_string()))
        .ok()?;
    if id == Some(&replaced) {
        value.fault("a mod cannot replace itself, expected the id that it had before");
    }
    Some(replaced)
}

fn read_name(value: &ValueReader<'_>) -> Option<String> {
    let name = value.string()?;
    if name.trim().is_empty() || name.contains('\n') {
        value.fault("expected a name of one line, found none");
    }
    Some(name.to_owned())
}

fn read_api(value: &ValueReader<'_>) -> Option<VersionReq> {
    let range: VersionReq = value.parsed("a version range", "^1")?;
    if !range.matches(&API_VERSION) {
        let message =
            format!("the mod needs the interface version `{range}`, this engine has {API_VERSION}");
        value.report(Fault::new(message).help("write `api = \"^1\"` if the mod works with it"));
    }
    Some(range)
}

fn read_dependencies(value: Option<ValueReader<'_>>) -> BTreeMap<ModId, Dependency> {
    let Some(table) = value.and_then(|value| value.table()) else {
        return BTreeMap::new();
    };
    let mut dependencies = BTreeMap::new();
    for (key, value) in table.into_entries() {
        let id =
            ModId::parse(key.text).inspect_err(|error| key.report(Fault::new(error.to_string())));
        let range = value.parsed("a version range", "^1.2");
        if let (Ok(id), Some(range)) = (id, range) {
            let place = key.place();
            dependencies.insert(id, Dependency { range, place });
        }
    }
    dependencies
}

fn read_capabilities(value: Option<ValueReader<'_>>, known: &[&str]) -> BTreeSet<String> {
    let mut capabilities = BTreeSet::new();
    for element in value.and_then(|value| value.array()).unwrap_or_default() {
        if let Some(name) = element.one_of("capability", known)
            && !capabilities.insert(name.to_owned())
        {
            element.fault(format!("the capability `{name}` is listed twice"));
        }
    }
    capabilities
}

/// The files of a mod that count, as its own `[hot_reload]` says: what it ignores or does not know is left out, and a file above its
/// `max_file_size` is a fault. A manifest that cannot be read leaves the defaults.
///
/// # Errors
/// Files that are too large, and the faults of [`Bundle::new`].
pub fn select_files(
    folder: &str,
    files: impl IntoIterator<Item = (String, Vec<u8>)>,
) -> Result<Bundle, Vec<Fault>> {
    let files: BTreeMap<String, Vec<u8>> = files.into_iter().collect();
    let watching = watching_of(folder, &files);
    let size_max = watching.max_file_size;
    let mut faults = Vec::new();
    let kept: Vec<(String, Vec<u8>)> = files
        .into_iter()
        .filter(|(path, content)| {
            let admitted = watching.admits(path);
            if admitted && content.len() as u64 > size_max {
                let found = content.len() as u64;
                faults.push(too_large(&format!("{folder}/{path}"), found, size_max));
            }
            admitted
        })
        .collect();
    if faults.is_empty() {
        Bundle::new(folder, kept)
    } else {
        Err(faults)
    }
}

fn too_large(file: &str, found: u64, size_max: u64) -> Fault {
    let fault = Fault::new(format!(
        "`{file}` has {found} bytes, expected at most {size_max} (`max_file_size` in [hot_reload])"
    ));
    match found <= FILE_BYTES_MAX {
        true => fault.help(format!(
            "write in mod.toml under [hot_reload]:  max_file_size = {FILE_BYTES_MAX}"
        )),
        false => fault,
    }
}

/// What the manifest among `files` asks of watching; the defaults where it cannot be read.
pub fn watching_of(folder: &str, files: &BTreeMap<String, Vec<u8>>) -> Watching {
    let read = || {
        let source: Arc<str> = str::from_utf8(files.get(MANIFEST_FILE)?).ok()?.into();
        let document = Document::parse(format!("{folder}/{MANIFEST_FILE}"), &source).ok()?;
        let table = document.root().optional("hot_reload")?;
        let hot_reload = hot_reload::read(&table);
        // The other keys have not been looked at: only what these say counts.
        document
            .into_faults()
            .is_empty()
            .then_some(hot_reload.watching)
    };
    read().unwrap_or_default()
}

/// The text of one of the bundle's files as a document, read by `read`; nothing if there is no such file.
fn read_optional_file<T: Default>(
    bundle: &Bundle,
    path: &str,
    read: impl FnOnce(TableReader<'_>) -> T,
) -> Result<T, Vec<Fault>> {
    let source: Arc<str> = match bundle.text(path) {
        None => return Ok(T::default()),
        Some(text) => text.map_err(|fault| vec![fault])?,
    };
    let document = Document::parse(bundle.display_path(path), &source)?;
    let value = read(document.root());
    let faults = document.into_faults();
    if faults.is_empty() {
        Ok(value)
    } else {
        Err(faults)
    }
}

#[cfg(test)]
mod tests;
