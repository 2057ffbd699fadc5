//! The files that a mod's code comes from: its own, and the library code of the mods it depends on (`lib/`).

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::sync::Arc;

use xxhash_rust::xxh3::Xxh3;

use crate::bundle::Bundle;
use crate::handover::Package;
use crate::manifest::Manifest;
use crate::mod_id::ModId;

/// See the [module](self).
#[derive(Clone, Debug)]
pub struct Sources {
    own: Rc<Bundle>,
    /// The files of the mods it depends on, directly or through others, that have library code.
    libraries: BTreeMap<ModId, Library>,
}

/// A mod that has library code.
#[derive(Clone, Debug)]
pub(crate) struct Library {
    pub(crate) bundle: Rc<Bundle>,
    /// Says whose library code that of this mod may load.
    pub(crate) manifest: Rc<Manifest>,
}

impl Sources {
    /// The files of a mod that uses no other's code.
    pub fn of(own: Rc<Bundle>) -> Sources {
        Sources {
            own,
            libraries: BTreeMap::new(),
        }
    }

    /// The same with the library code of other mods.
    #[must_use]
    pub(crate) fn with_libraries(&self, libraries: BTreeMap<ModId, Library>) -> Sources {
        Sources {
            own: self.own.clone(),
            libraries,
        }
    }

    /// The same with the library code that another mod reaches.
    #[must_use]
    pub(crate) fn with_libraries_of(&self, other: &Sources) -> Sources {
        self.with_libraries(other.libraries.clone())
    }

    /// The mod of that name, if its library code is there.
    pub(crate) fn library(&self, id: &str) -> Option<&Library> {
        self.libraries.get(id)
    }

    /// The mod's own files.
    pub fn own(&self) -> &Rc<Bundle> {
        &self.own
    }

    /// The mods whose library code is there, with their files, by id.
    pub fn libraries(&self) -> impl Iterator<Item = (&ModId, &Rc<Bundle>)> {
        let libraries = self.libraries.iter();
        libraries.map(|(id, library)| (id, &library.bundle))
    }

    /// Whether the library code of the two is the same.
    pub fn same_libraries(&self, other: &Sources) -> bool {
        let hashes = |sources: &Sources| {
            let hash = |(id, bundle): (&ModId, &Rc<Bundle>)| (id.clone(), bundle.library_hash());
            sources.libraries().map(hash).collect::<Vec<_>>()
        };
        hashes(self) == hashes(other)
    }

    /// xxh3-128 of everything that code is made of: equal for equal content.
    pub fn hash(&self) -> u128 {
        if self.libraries.is_empty() {
            return self.own.hash();
        }
        let mut hasher = Xxh3::new();
        hasher.update(&self.own.hash().to_le_bytes());
        for (id, bundle) in self.libraries() {
            hasher.update(id.as_str().as_bytes());
            hasher.update(&bundle.library_hash().unwrap_or(0).to_le_bytes());
        }
        hasher.digest128()
    }

    /// The text of a file by the path that its author knows it by: `stats/scripts/main.lua`.
    pub fn text(&self, shown: &str) -> Option<Arc<str>> {
        let (folder, path) = shown.split_once('/')?;
        let libraries = self.libraries().map(|(_, bundle)| bundle);
        let bundle = std::iter::once(&self.own)
            .chain(libraries)
            .find(|bundle| bundle.folder() == folder)?;
        bundle.text(path)?.ok()
    }
}

/// The library code that a mod reaches in a world of mods: of those it depends on, directly or through others.
pub(crate) fn reachable_libraries(
    manifest: &Manifest,
    world: &BTreeMap<ModId, Package>,
) -> BTreeMap<ModId, Library> {
    let mut seen = BTreeSet::from([manifest.id.clone()]);
    let mut pending: Vec<ModId> = manifest.libraries().cloned().collect();
    let mut libraries = BTreeMap::new();
    while let Some(id) = pending.pop() {
        let Some(package) = world.get(&id).filter(|_| seen.insert(id.clone())) else {
            continue;
        };
        if package.bundle().library_hash().is_some() {
            libraries.insert(id, package.library());
        }
        pending.extend(package.manifest.libraries().cloned());
    }
    libraries
}
