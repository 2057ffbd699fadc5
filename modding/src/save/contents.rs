//! The files of mods in a save: those that run, those of the history, those that are away; each content once, by its hash.

use std::collections::BTreeMap;
use std::rc::Rc;

use serde::{Deserialize, Serialize};

use crate::bundle::Bundle;
use crate::handover::Package;
use crate::mod_id::ModId;
use crate::sources::Sources;

/// The files of a mod in a save.
#[derive(Serialize, Deserialize)]
pub(crate) struct SavedContent {
    folder: String,
    files: Vec<(String, Vec<u8>)>,
}

impl SavedContent {
    pub(crate) fn of(bundle: &Bundle) -> SavedContent {
        let files = bundle.files().iter();
        SavedContent {
            folder: bundle.folder().to_owned(),
            files: files
                .map(|(path, content)| (path.clone(), content.to_vec()))
                .collect(),
        }
    }

    /// The files, unless this engine cannot read them.
    pub(crate) fn bundle(self) -> Option<Rc<Bundle>> {
        Some(Rc::new(Bundle::new(&self.folder, self.files).ok()?))
    }
}

/// Contents that a save is made of.
#[derive(Default, Serialize, Deserialize)]
pub(crate) struct SavedContents(BTreeMap<u128, SavedContent>);

/// A mod's files in a [`SavedContents`], with the library code that they reach.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct SavedSources {
    own: u128,
    libraries: BTreeMap<ModId, u128>,
}

impl SavedContents {
    /// Keeps the files of a mod, and those of its libraries.
    pub(crate) fn keep(&mut self, sources: &Sources) -> SavedSources {
        let libraries = sources.libraries();
        SavedSources {
            own: self.keep_files(sources.own()),
            libraries: libraries
                .map(|(id, bundle)| (id.clone(), self.keep_files(bundle)))
                .collect(),
        }
    }

    fn keep_files(&mut self, bundle: &Bundle) -> u128 {
        let hash = bundle.hash();
        self.0
            .entry(hash)
            .or_insert_with(|| SavedContent::of(bundle));
        hash
    }

    /// What this engine can read of them.
    pub(crate) fn restore(self) -> Contents {
        let packages = self.0.into_iter().filter_map(|(hash, content)| {
            let package = Package::read(content.bundle()?).ok()?;
            Some((hash, package))
        });
        Contents(packages.collect())
    }
}

/// Contents of a save, read.
pub(crate) struct Contents(BTreeMap<u128, Package>);

impl Contents {
    /// A mod with its library code, unless some of it cannot be read.
    pub(crate) fn package(&self, saved: &SavedSources) -> Option<Package> {
        let package = self.0.get(&saved.own)?;
        let libraries = saved.libraries.iter().map(|(id, hash)| {
            let library = self.0.get(hash)?;
            Some((id.clone(), library.library()))
        });
        let libraries = libraries.collect::<Option<_>>()?;
        Some(Package {
            sources: Rc::new(package.sources.with_libraries(libraries)),
            ..package.clone()
        })
    }
}
