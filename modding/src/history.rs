//! The generations that a mod has been through, to go back to (seed-corrections 47).

use std::collections::{BTreeMap, VecDeque};
use std::rc::Rc;

use semver::Version;
use serde::{Deserialize, Serialize};

use crate::bundle::Bundle;
use crate::codec;
use crate::handover::Package;
use crate::limits::HISTORY_GENERATIONS_MAX;
use crate::mod_id::ModId;
use crate::save::kept;
use crate::state::Snapshot;
use crate::value::Value;

/// A generation that was replaced.
#[derive(Clone, Debug)]
pub(crate) struct Past {
    pub(crate) number: u32,
    pub(crate) package: Package,
    /// Its state as it was handed on, compressed or not.
    pub(crate) snapshot: Vec<u8>,
    /// What made it give way.
    pub(crate) cause: String,
}

/// See the [module](self).
#[derive(Clone, Debug, Default)]
pub(crate) struct History {
    past: VecDeque<Past>,
}

impl History {
    /// Keeps a generation that was replaced.
    pub(crate) fn push(&mut self, past: Past) {
        self.past.push_back(past);
        if self.past.len() > HISTORY_GENERATIONS_MAX {
            self.past.pop_front();
        }
    }

    /// The generation of that number, or the last one.
    pub(crate) fn find(&self, number: Option<u32>) -> Option<&Past> {
        match number {
            Some(number) => self.past.iter().rev().find(|past| past.number == number),
            None => self.past.back(),
        }
    }

    /// The last generation of an older version than `version`.
    pub(crate) fn last_older(&self, version: &Version) -> Option<&Past> {
        let mut newest_first = self.past.iter().rev();
        newest_first.find(|past| past.version() < version)
    }

    /// Keeps the generations of another history as well.
    pub(crate) fn extend(&mut self, other: History) {
        for past in other.past {
            self.push(past);
        }
    }

    /// The numbers that can be gone back to, oldest first.
    pub(crate) fn numbers(&self) -> Vec<u32> {
        self.past.iter().map(|past| past.number).collect()
    }
}

/// Most bytes of a state that is kept as it is: compressing it takes longer than it saves memory, and a save does it anyway.
const UNCOMPRESSED_BYTES_MAX: usize = 64 * 1024;

impl Past {
    /// A generation that gave way to another.
    pub(crate) fn new(number: u32, package: Package, snapshot: Vec<u8>, cause: String) -> Past {
        let snapshot = if snapshot.len() > UNCOMPRESSED_BYTES_MAX {
            kept(&package.manifest, &snapshot)
        } else {
            snapshot
        };
        Past {
            number,
            package,
            snapshot,
            cause,
        }
    }

    /// Its version.
    pub(crate) fn version(&self) -> &Version {
        &self.package.manifest.version
    }

    /// Its `colony.storage`, unless the bytes are damaged.
    pub(crate) fn storage(&self) -> Option<Value> {
        let snapshot: Snapshot = codec::decode(&self.snapshot).ok()?;
        Some(snapshot.storage)
    }
}

/// The histories of all mods in a save: contents once each, by their hash.
#[derive(Default, Serialize, Deserialize)]
pub(crate) struct SavedHistories {
    contents: BTreeMap<u128, SavedContent>,
    past: BTreeMap<ModId, Vec<SavedPast>>,
}

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

#[derive(Serialize, Deserialize)]
struct SavedPast {
    number: u32,
    content: u128,
    snapshot: Vec<u8>,
    cause: String,
}

impl SavedHistories {
    pub(crate) fn of(histories: &BTreeMap<ModId, History>) -> SavedHistories {
        let mut saved = SavedHistories::default();
        for (id, history) in histories
            .iter()
            .filter(|(_, history)| !history.past.is_empty())
        {
            let past = history.past.iter().map(|past| {
                let bundle = past.package.bundle();
                let content = || SavedContent::of(bundle);
                saved.contents.entry(bundle.hash()).or_insert_with(content);
                SavedPast {
                    number: past.number,
                    content: bundle.hash(),
                    snapshot: kept(&past.package.manifest, &past.snapshot),
                    cause: past.cause.clone(),
                }
            });
            saved.past.insert(id.clone(), past.collect());
        }
        saved
    }

    /// The histories; generations whose content this engine cannot read are left out.
    pub(crate) fn restore(self) -> BTreeMap<ModId, History> {
        let contents: BTreeMap<u128, Package> = self
            .contents
            .into_iter()
            .filter_map(|(hash, content)| Some((hash, Package::read(content.bundle()?).ok()?)))
            .collect();
        let restore = |past: SavedPast| {
            Some(Past {
                number: past.number,
                package: contents.get(&past.content)?.clone(),
                snapshot: past.snapshot,
                cause: past.cause,
            })
        };
        let histories = self.past.into_iter().map(|(id, past)| {
            let past = past.into_iter().filter_map(restore).collect();
            (id, History { past })
        });
        histories.collect()
    }
}
