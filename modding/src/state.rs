//! All that the host holds for one mod, and the snapshot in which it is handed on.
//!
//! A snapshot is the only way from one generation of a mod to the next, whether the next runs new code, the same code or in
//! another process (mods.md, "Hand-over"); it always passes through bytes, so that whatever it leaves out is lost at once
//! and in every test, not only in a save file.

use std::collections::BTreeMap;

use semver::Version;
use serde::{Deserialize, Serialize};
use sim::Command;
use xxhash_rust::xxh3::xxh3_128;

use crate::manifest::ConfigValue;
use crate::storage::{Storage, View};
use crate::value::Value;

/// A running timer of a mod.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Timer {
    /// The tick at which it fires next; `None` once a timer made with `after` has fired.
    pub due: Option<u64>,
    /// Ticks between firings; `None` for a timer made with `after`.
    pub interval: Option<u64>,
    /// The ticks and whether it repeats, as the code that declared it asked, so that a new version's other wish can be told
    /// from a change at run time.
    pub declared: Option<(u64, bool)>,
    /// Handed to the timer's function.
    pub value: Option<Value>,
}

/// An event name and the key of a handler for it.
pub type HandlerName = (String, String);

/// What the host holds for a mod beside its storage and its configuration: all of it is handed on as it is.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Held {
    /// Written by `colony.state.save_mod_state` outside `mod_unloaded`.
    pub saved: Option<Value>,
    /// The hand-over slot: written inside `mod_unloaded`, read during `mod_loaded`, then empty.
    pub slot: Option<Value>,
    /// Timers by name.
    pub timers: BTreeMap<String, Timer>,
    /// Handlers switched on or off at run time; the others are as declared.
    #[serde(with = "pairs")]
    pub subscriptions: BTreeMap<HandlerName, bool>,
    /// How many numbers the mod has drawn.
    pub random_position: u64,
    /// Failing calls in a row by handler.
    #[serde(with = "pairs")]
    pub failures: BTreeMap<HandlerName, u32>,
    /// Commands that wait for the next time commands are applied.
    pub commands: Vec<Command>,
}

/// Maps as lists of their entries: JSON knows text for keys only.
mod pairs {
    use std::collections::BTreeMap;

    use serde::de::DeserializeOwned;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub(super) fn serialize<K: Serialize, V: Serialize, S: Serializer>(
        map: &BTreeMap<K, V>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(map)
    }

    pub(super) fn deserialize<'d, K, V, D>(deserializer: D) -> Result<BTreeMap<K, V>, D::Error>
    where
        K: DeserializeOwned + Ord,
        V: DeserializeOwned,
        D: Deserializer<'d>,
    {
        Ok(Vec::deserialize(deserializer)?.into_iter().collect())
    }
}

/// All that the host holds for a mod.
#[derive(Debug)]
pub struct ModState {
    /// `colony.storage`.
    pub storage: Storage,
    /// Values of `config.toml` over the manifest's defaults.
    pub config: BTreeMap<String, ConfigValue>,
    /// The rest.
    pub held: Held,
}

/// What passes from one generation to the next. Configuration is not part of it: it comes from the files
/// (seed-corrections 21).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Snapshot {
    /// The version of the mod that wrote it.
    pub version: Version,
    /// `colony.storage`.
    pub storage: Value,
    /// The rest.
    pub held: Held,
}

/// A [`Snapshot`] on its way into bytes, which need no copy of the storage.
#[derive(Serialize)]
pub(crate) struct SnapshotView<'a> {
    version: &'a Version,
    storage: View<'a>,
    held: &'a Held,
}

impl ModState {
    /// The state of a mod that has never run.
    pub fn new(storage_bytes_max: u64, config: BTreeMap<String, ConfigValue>) -> ModState {
        ModState {
            storage: Storage::new(storage_bytes_max),
            config,
            held: Held::default(),
        }
    }

    /// The state as it is now, for a hand-over.
    pub fn snapshot(&self, version: &Version) -> Snapshot {
        Snapshot {
            version: version.clone(),
            storage: self.storage.to_value(),
            held: self.held.clone(),
        }
    }

    /// What [`ModState::snapshot`] would give, to be written.
    pub(crate) fn snapshot_view<'a>(&'a self, version: &'a Version) -> SnapshotView<'a> {
        SnapshotView {
            version,
            storage: self.storage.view(),
            held: &self.held,
        }
    }

    /// xxh3-128 of everything that can reach the colony later. The hand-over slot is not part of it: it is full only while a
    /// mod passes from one instance to another, and an identical hand-over must not be seen (I4).
    pub fn hash(&self) -> u128 {
        let Held {
            saved,
            slot: _,
            timers,
            subscriptions,
            random_position,
            failures,
            commands,
        } = &self.held;
        let rest = (
            saved,
            timers,
            subscriptions,
            random_position,
            failures,
            commands,
            &self.config,
        );
        let mut bytes = bincode::serde::encode_to_vec(rest, bincode::config::standard())
            .expect("plain data in memory always encodes");
        bytes.extend(self.storage.hash().to_le_bytes());
        xxh3_128(&bytes)
    }
}
