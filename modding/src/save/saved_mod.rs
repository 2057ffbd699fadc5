//! A mod as it was when it last ran: its state, and the files that it ran.

use std::collections::BTreeMap;

use semver::Version;
use serde::{Deserialize, Serialize};

use super::contents::{Contents, SavedContents, SavedSources};
use super::kept;
use crate::codec;
use crate::generation::Generation;
use crate::handover::Package;
use crate::history::{Past, cause};
use crate::mod_id::ModId;
use crate::report::ReloadType;
use crate::state::Snapshot;
use crate::value::Value;

/// See the [module](self).
#[derive(Clone, Debug)]
pub(crate) struct SavedMod {
    id: ModId,
    version: Version,
    generation: u32,
    /// The hash of all that it ran.
    content: u128,
    /// What it ran, unless this engine cannot read it.
    package: Option<Package>,
    snapshot: Vec<u8>,
}

/// A [`SavedMod`] in a save.
#[derive(Serialize, Deserialize)]
pub(super) struct StoredMod {
    id: ModId,
    version: Version,
    generation: u32,
    content: u128,
    sources: Option<SavedSources>,
    snapshot: Vec<u8>,
}

impl SavedMod {
    /// A mod with the state in `snapshot`, compressed as the mod wishes.
    pub(crate) fn of(generation: &Generation, snapshot: &[u8]) -> SavedMod {
        SavedMod {
            id: generation.id().clone(),
            version: generation.manifest.version.clone(),
            generation: generation.number(),
            content: generation.sources().hash(),
            package: Some(Package::of(generation)),
            snapshot: kept(&generation.manifest, snapshot),
        }
    }

    pub(crate) fn id(&self) -> &ModId {
        &self.id
    }

    pub(crate) fn version(&self) -> &Version {
        &self.version
    }

    pub(crate) fn generation(&self) -> u32 {
        self.generation
    }

    /// The state, as bytes.
    pub(crate) fn snapshot(&self) -> &[u8] {
        &self.snapshot
    }

    /// What it ran, unless this engine cannot read it.
    pub(crate) fn package(&self) -> Option<&Package> {
        self.package.as_ref()
    }

    /// Whether it ran just this.
    pub(crate) fn ran(&self, package: &Package) -> bool {
        self.content == package.sources.hash()
    }

    /// Its `colony.storage`, unless the bytes are damaged.
    pub(crate) fn storage(&self) -> Option<Value> {
        let snapshot: Snapshot = codec::decode(&self.snapshot).ok()?;
        Some(snapshot.storage)
    }

    /// It as a generation to go back to, from what has taken its place.
    pub(crate) fn past(&self, next: &Package) -> Option<Past> {
        let package = self.package.clone()?;
        let changed = package.bundle().changed_paths(next.bundle());
        Some(Past::new(
            self.generation,
            package,
            self.snapshot.clone(),
            cause(ReloadType::Full, &changed),
        ))
    }

    /// The package, with the library code that it ran with where that was not that of the mods that it belongs to: it could not
    /// follow them, or does not wish to (`auto_resolve`). `then` is what ran beside it.
    pub(super) fn bind(&self, package: &Package, then: &BTreeMap<ModId, Package>) -> Package {
        let same_files = |ran: &&Package| ran.bundle().hash() == package.bundle().hash();
        let Some(ran) = self.package.as_ref().filter(same_files) else {
            return package.clone();
        };
        let others = package.bound(then);
        let stayed_behind = !ran.sources.same_libraries(&others.sources);
        let follows = package.manifest.hot_reload.dependencies.auto_resolve;
        let unchanged = others.sources.same_libraries(&package.sources);
        if stayed_behind && (unchanged || !follows) {
            package.with_libraries_of(&ran.sources)
        } else {
            package.clone()
        }
    }

    pub(super) fn store(&self, contents: &mut SavedContents) -> StoredMod {
        StoredMod {
            id: self.id.clone(),
            version: self.version.clone(),
            generation: self.generation,
            content: self.content,
            sources: self
                .package
                .as_ref()
                .map(|package| contents.keep(&package.sources)),
            snapshot: self.snapshot.clone(),
        }
    }
}

impl StoredMod {
    pub(super) fn restore(self, contents: &Contents) -> SavedMod {
        SavedMod {
            id: self.id,
            version: self.version,
            generation: self.generation,
            content: self.content,
            package: self.sources.and_then(|sources| contents.package(&sources)),
            snapshot: self.snapshot,
        }
    }
}
