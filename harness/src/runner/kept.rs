//! What a run keeps to go on from: which mods are part of it, and its saves.

use std::collections::BTreeSet;

use modding::codec::CodecError;
use modding::mod_id::ModId;
use modding::tick::HandlerFailure;

use super::Runner;

/// The mods that are part of a run: those that it began with, and those that steps have added.
#[derive(Clone, Debug)]
pub(super) struct Present {
    mods: Vec<ModId>,
    /// Those that steps have added and that have not run yet: edits try them again, a load does not start them.
    refused: BTreeSet<ModId>,
}

impl Present {
    pub(super) fn new(mods: Vec<ModId>) -> Present {
        Present {
            mods,
            refused: BTreeSet::new(),
        }
    }

    /// Whether edits of the mod are the run's concern.
    pub(super) fn contains(&self, id: &ModId) -> bool {
        self.mods.contains(id)
    }

    /// A step adds a mod, which may come to nothing.
    pub(super) fn ask(&mut self, id: &ModId) {
        if !self.contains(id) {
            self.mods.push(id.clone());
            self.refused.insert(id.clone());
        }
    }

    /// These mods run.
    pub(super) fn note_running(&mut self, running: impl IntoIterator<Item = ModId>) {
        for id in running {
            self.refused.remove(&id);
        }
    }

    /// The mods whose files a load goes on with. An addition that waits for a mod is in the save itself.
    pub(super) fn to_load(&self) -> Vec<ModId> {
        let mods = self.mods.iter().cloned();
        mods.filter(|id| !self.refused.contains(id)).collect()
    }
}

/// A save, and what the runner knew when it was made.
#[derive(Clone)]
pub(super) struct Saved {
    pub(super) bytes: Vec<u8>,
    pub(super) present: Present,
    /// Handlers that had failed.
    pub(super) failures: Vec<HandlerFailure>,
}

impl Runner<'_> {
    /// Saves the run, with warnings.
    pub(super) fn save(&mut self) -> Result<(Saved, Vec<String>), CodecError> {
        let (bytes, warnings) = self.host.save()?;
        let saved = Saved {
            bytes,
            present: self.present.clone(),
            failures: self.failures(),
        };
        Ok((saved, warnings))
    }
}
