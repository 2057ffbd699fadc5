//! The generations that a mod has been through, to go back to (seed-corrections 47).

use std::collections::{BTreeMap, VecDeque};

use semver::Version;
use serde::{Deserialize, Serialize};

use crate::codec;
use crate::handover::Package;
use crate::limits::{HISTORY_BYTES_MAX, HISTORY_GENERATIONS_MAX};
use crate::mod_id::ModId;
use crate::report::ReloadType;
use crate::save::contents::{Contents, SavedContents, SavedSources};
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
    /// Whether the one after it began again with its defaults, so that this is the last to have the state.
    pub(crate) given_up: bool,
}

/// See the [module](self).
#[derive(Clone, Debug, Default)]
pub(crate) struct History {
    past: VecDeque<Past>,
}

impl History {
    /// Keeps a generation that was replaced; the oldest go where there are too many, or too large ones. The last one stays.
    pub(crate) fn push(&mut self, past: Past) {
        self.past.push_back(past);
        let mut bytes: usize = self.past.iter().map(Past::bytes).sum();
        while self.past.len() > HISTORY_GENERATIONS_MAX
            || (bytes > HISTORY_BYTES_MAX && self.past.len() > 1)
        {
            let oldest = self.past.pop_front();
            bytes -= oldest.as_ref().map_or(0, Past::bytes);
        }
    }

    /// The generation of that number, or the last one.
    pub(crate) fn find(&self, number: Option<u32>) -> Option<&Past> {
        match number {
            Some(number) => self.past.iter().rev().find(|past| past.number == number),
            None => self.past.back(),
        }
    }

    /// Whether the state that this generation had, or one after it, was given up.
    pub(crate) fn was_given_up_since(&self, number: u32) -> bool {
        let mut past = self.past.iter();
        past.any(|past| past.number >= number && past.given_up)
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
            given_up: false,
        }
    }

    /// What it takes in memory.
    fn bytes(&self) -> usize {
        self.package.bundle().bytes() + self.snapshot.len()
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

/// What made a generation give way.
pub(crate) fn cause(kind: ReloadType, changed: &[String]) -> String {
    match changed {
        [] => kind.name().to_owned(),
        [only] => format!("{} ({only})", kind.name()),
        several => format!("{} ({} files)", kind.name(), several.len()),
    }
}

/// The histories of all mods in a save.
#[derive(Default, Serialize, Deserialize)]
pub(crate) struct SavedHistories(BTreeMap<ModId, Vec<SavedPast>>);

#[derive(Serialize, Deserialize)]
struct SavedPast {
    number: u32,
    sources: SavedSources,
    snapshot: Vec<u8>,
    cause: String,
    given_up: bool,
}

impl SavedHistories {
    pub(crate) fn of(
        histories: &BTreeMap<ModId, History>,
        contents: &mut SavedContents,
    ) -> SavedHistories {
        let histories = histories
            .iter()
            .filter(|(_, history)| !history.past.is_empty());
        let saved = histories.map(|(id, history)| {
            let past = history.past.iter().map(|past| SavedPast {
                number: past.number,
                sources: contents.keep(&past.package.sources),
                snapshot: kept(&past.package.manifest, &past.snapshot),
                cause: past.cause.clone(),
                given_up: past.given_up,
            });
            (id.clone(), past.collect())
        });
        SavedHistories(saved.collect())
    }

    /// The histories; generations whose content this engine cannot read are left out.
    pub(crate) fn restore(self, contents: &Contents) -> BTreeMap<ModId, History> {
        let restore = |past: SavedPast| {
            Some(Past {
                number: past.number,
                package: contents.package(&past.sources)?,
                snapshot: past.snapshot,
                cause: past.cause,
                given_up: past.given_up,
            })
        };
        let histories = self.0.into_iter().map(|(id, past)| {
            let past = past.into_iter().filter_map(restore).collect();
            (id, History { past })
        });
        histories.collect()
    }
}

#[cfg(test)]
mod tests {
    use std::rc::Rc;

    use super::*;
    use crate::bundle::Bundle;

    const MEBIBYTE: usize = 1024 * 1024;

    /// A generation with files and a state of so many MiB.
    fn past(number: u32, files: usize, state: usize) -> Past {
        let manifest = "id = \"subject\"\nname = \"subject\"\nversion = \"1.0.0\"\napi = \"^1\"\n";
        let files = [
            ("mod.toml".to_owned(), manifest.into()),
            ("data.bin".to_owned(), vec![0; files * MEBIBYTE]),
        ];
        let bundle = Bundle::new("subject", files).expect("good paths");
        Past {
            number,
            package: Package::read(Rc::new(bundle)).expect("a good manifest"),
            snapshot: vec![0; state * MEBIBYTE],
            cause: String::new(),
            given_up: false,
        }
    }

    #[test]
    fn the_oldest_generations_go_where_there_are_too_many_or_too_large_ones() {
        let numbers = |sizes: &[(usize, usize)]| {
            let mut history = History::default();
            for (number, (files, state)) in (1..).zip(sizes) {
                history.push(past(number, *files, *state));
            }
            history.numbers()
        };
        assert_eq!(numbers(&[(0, 0); 10]), [3, 4, 5, 6, 7, 8, 9, 10]);
        assert_eq!(numbers(&[(0, 15); 6]), [3, 4, 5, 6]);
        assert_eq!(numbers(&[(10, 11); 4]), [2, 3, 4]);
        assert_eq!(numbers(&[(0, 1), (0, 1), (0, 63)]), [3]);
        assert_eq!(numbers(&[(0, 1), (0, 70), (0, 1)]), [3]);
        assert_eq!(numbers(&[(0, 1), (0, 70)]), [2]);
    }
}
