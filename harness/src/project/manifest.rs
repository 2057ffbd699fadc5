//! `colony.toml`: what the project needs of the program, and where its mods and scenarios are.

use std::path::Path;
use std::sync::Arc;

use modding::diagnostic::{Fault, Place};
use modding::document::{Document, TableReader, ValueReader};
use semver::{Version, VersionReq};

use crate::workspace::disk;

/// A path of the manifest and where it stands there.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    /// A folder, a file or a glob, relative to the project's root.
    pub(super) path: String,
    /// Its place; none where the project has no manifest.
    pub(super) place: Option<Place>,
}

/// A manifest, checked.
#[derive(Clone, Debug)]
pub(super) struct ProjectManifest {
    pub(super) mods: Vec<Entry>,
    pub(super) scenarios: Vec<Entry>,
}

impl Default for ProjectManifest {
    fn default() -> Self {
        let only = |path: &str| {
            vec![Entry {
                path: path.to_owned(),
                place: None,
            }]
        };
        Self {
            mods: only("mods"),
            scenarios: only("scenarios"),
        }
    }
}

/// Reads the manifest at `path`, which people know as `shown`.
pub(super) fn read(path: &Path, shown: &str) -> Result<ProjectManifest, Vec<Fault>> {
    let source: Arc<str> = disk::read_text(path, shown)
        .map_err(|fault| vec![fault])?
        .into();
    let document = Document::parse(shown, &source)?;
    let manifest = read_root(document.root());
    let faults = document.into_faults();
    if faults.is_empty() {
        Ok(manifest)
    } else {
        Err(faults)
    }
}

fn read_root(mut root: TableReader<'_>) -> ProjectManifest {
    let mut manifest = ProjectManifest::default();
    if let Some(schema) = root.required("schema") {
        // Another shape of the file would be another number; there is one so far.
        let _ = schema.integer(1..=1_u8);
    }
    if let Some(engine) = root.optional("engine") {
        check_engine(&engine);
    }
    if let Some(mods) = root.optional("mods") {
        manifest.mods = read_entries(&mods);
    }
    if let Some(scenarios) = root.optional("scenarios") {
        manifest.scenarios = read_entries(&scenarios);
    }
    root.finish();
    manifest
}

fn check_engine(value: &ValueReader<'_>) {
    let Some(range) = value.parsed::<VersionReq>("a version range", "^0.1") else {
        return;
    };
    let program = env!("CARGO_PKG_VERSION");
    let fits = program
        .parse::<Version>()
        .is_ok_and(|version| range.matches(&version));
    if !fits {
        let fault = Fault::new(format!(
            "this is colony-sim {program}, the project asks for {range}"
        ));
        value.report(fault.help("use a version that fits, or change `engine`"));
    }
}

fn read_entries(value: &ValueReader<'_>) -> Vec<Entry> {
    let elements = value.array().unwrap_or_default();
    let entry = |element: &ValueReader<'_>| {
        let path = element.string()?;
        if path.is_empty() || path.contains(['\\', '\0', ':']) || path.starts_with('/') {
            element.fault("expected a path relative to this file, with `/` between its parts");
            return None;
        }
        Some(Entry {
            path: path.trim_end_matches('/').to_owned(),
            place: Some(element.place()),
        })
    };
    elements.iter().filter_map(entry).collect()
}
