//! Resolutions that were worked out before, by the hashes of all that goes into them (seed-corrections 41).

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet, VecDeque};

use crate::manifest::Manifest;
use crate::mod_id::ModId;

use super::{DependencyError, load_order};

/// Resolutions kept: those of the mods as they are, and of the edits that come and go.
const RESOLUTIONS_MAX: usize = 8;

type Resolution = Result<Vec<ModId>, Vec<DependencyError>>;

/// All that a resolution depends on.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Question {
    /// The hash of every manifest.
    manifests: Vec<(ModId, u128)>,
    known: BTreeSet<ModId>,
    order_hint: Vec<ModId>,
}

/// See the [module](self).
#[derive(Debug, Default)]
pub(crate) struct ResolutionCache {
    answers: RefCell<VecDeque<(Question, Resolution)>>,
    hits: Cell<u64>,
}

impl ResolutionCache {
    /// [`load_order`], from memory where the same has been asked before. A mod that does not wish it (`cache_resolutions`) is
    /// resolved each time.
    pub(crate) fn load_order(
        &self,
        manifests: &BTreeMap<ModId, &Manifest>,
        known: &BTreeSet<ModId>,
        order_hint: &[ModId],
    ) -> Resolution {
        let resolve = || load_order(manifests, known, order_hint);
        if manifests
            .values()
            .any(|manifest| !manifest.hot_reload.dependencies.cache_resolutions)
        {
            return resolve();
        }
        let question = Question {
            manifests: manifests
                .iter()
                .map(|(id, manifest)| (id.clone(), manifest.hash))
                .collect(),
            known: known.clone(),
            order_hint: order_hint.to_vec(),
        };
        let mut answers = self.answers.borrow_mut();
        if let Some((_, answer)) = answers.iter().find(|(asked, _)| *asked == question) {
            self.hits.set(self.hits.get() + 1);
            return answer.clone();
        }
        let answer = resolve();
        answers.push_back((question, answer.clone()));
        if answers.len() > RESOLUTIONS_MAX {
            answers.pop_front();
        }
        answer
    }

    /// How often a resolution was known.
    #[cfg(test)]
    pub(crate) fn hits(&self) -> u64 {
        self.hits.get()
    }
}
