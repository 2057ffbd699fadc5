//! Which mods a run that is loaded goes on with: those whose files can be read and whose definitions the colony can bear. The others
//! are left out, and what they defined while they ran stays, for the colony may be full of it.

use std::collections::{BTreeMap, BTreeSet};

use sim::{Colony, DefinitionObstacle};

use super::LoadError;
use crate::bundle::Bundle;
use crate::definitions::{ASSETS_FOLDER, Culprit, OwnedDefinitions, owned_definitions};
use crate::diagnostic::Fault;
use crate::handover::Package;
use crate::host::{Roster, roster};
use crate::mod_id::ModId;

/// See the [module](self).
pub(super) struct Choice {
    pub(super) roster: Roster,
    pub(super) colony: Colony,
    /// Mods that are left out, as they were when they defined what the colony has.
    pub(super) left_behind: BTreeMap<ModId, Package>,
}

/// Why some mods cannot go on together.
struct Unfit {
    blamed: Vec<(ModId, Fault)>,
    error: LoadError,
}

/// What a run has to go on from.
pub(super) struct Former<'s> {
    /// The colony as it was saved.
    pub(super) colony: &'s [u8],
    /// The mods whose definitions it had, as they were.
    pub(super) mods: BTreeMap<ModId, Package>,
    /// The mods that ran, in their order.
    pub(super) order: &'s [ModId],
}

impl Former<'_> {
    /// Leaves out mods until the others will do.
    ///
    /// # Errors
    /// A colony that cannot be restored whoever is left out.
    pub(super) fn choose(
        &self,
        bundles: &[Bundle],
        known: &BTreeSet<ModId>,
    ) -> Result<Choice, LoadError> {
        let mut refused: BTreeMap<ModId, Vec<Fault>> = BTreeMap::new();
        let mut withdrawn: BTreeSet<ModId> = BTreeSet::new();
        loop {
            let roster = roster(bundles, &refused, known, self.order);
            let goes_on = |id: &ModId| {
                let mut manifests = roster.packages.iter().map(|package| &package.manifest);
                manifests
                    .any(|manifest| manifest.id == *id || manifest.replaces.as_ref() == Some(id))
            };
            let left_behind: BTreeMap<ModId, Package> = self
                .mods
                .iter()
                .filter(|(id, _)| !goes_on(id) && !withdrawn.contains(*id))
                .map(|(id, package)| (id.clone(), package.clone()))
                .collect();
            let unfit = match self.restore(left_behind.values().chain(&roster.packages)) {
                Ok(colony) => {
                    return Ok(Choice {
                        roster,
                        colony,
                        left_behind,
                    });
                }
                Err(unfit) => unfit,
            };
            let tried = refused.len() + withdrawn.len();
            for (id, fault) in unfit.blamed {
                if left_behind.contains_key(&id) {
                    withdrawn.insert(id);
                } else {
                    refused.entry(id).or_default().push(fault);
                }
            }
            if refused.len() + withdrawn.len() == tried {
                return Err(unfit.error);
            }
        }
    }

    /// The colony with the definitions of mods.
    fn restore<'p>(&self, mods: impl Iterator<Item = &'p Package>) -> Result<Colony, Unfit> {
        let mods: Vec<&Package> = mods.collect();
        let definitions = definitions(mods.iter().copied()).map_err(|faults| Unfit {
            error: LoadError::Definitions(faults.iter().map(|(_, fault)| fault.clone()).collect()),
            blamed: self.blame(faults, &mods),
        })?;
        let blamed = self.obstacles(&definitions, &mods).unwrap_or_default();
        match Colony::restore(self.colony, definitions.definitions) {
            Ok(colony) if blamed.is_empty() => Ok(colony),
            // What a reload would not take over does not come in by the back door.
            Ok(_) => Err(Unfit {
                error: LoadError::Definitions(
                    blamed.iter().map(|(_, fault)| fault.clone()).collect(),
                ),
                blamed,
            }),
            Err(error) => Err(Unfit {
                blamed,
                error: LoadError::Colony(error.to_string()),
            }),
        }
    }

    /// A mod that is as it was when all went together is not to blame: it is one that has changed since. What is missing is the
    /// fault of those who defined such things and have changed.
    fn blame(&self, faults: Vec<(Culprit, Fault)>, mods: &[&Package]) -> Vec<(ModId, Fault)> {
        let is_as_then = |id: &ModId| {
            let then = self.mods.get(id).map(|then| then.bundle().hash());
            let mut now = mods.iter().filter(|package| package.manifest.id == *id);
            now.any(|now| Some(now.bundle().hash()) == then)
        };
        let defined = |kind: &str, package: &Package| {
            let file = format!("{ASSETS_FOLDER}{kind}.toml");
            package.bundle().paths().any(|path| path == file)
        };
        let blamed = faults.into_iter().flat_map(|(culprit, fault)| {
            let culprits: Vec<ModId> = match culprit {
                Culprit::Mod(id) if is_as_then(&id) => {
                    vec![self.changed_culprit(&fault, mods).unwrap_or(id)]
                }
                Culprit::Mod(id) => vec![id],
                Culprit::Nobody(kind) => self
                    .mods
                    .iter()
                    .filter(|(_, then)| defined(kind, then))
                    .filter(|(id, _)| !is_as_then(id))
                    .map(|(id, _)| id.clone())
                    .collect(),
            };
            culprits.into_iter().map(move |id| (id, fault.clone()))
        });
        blamed.collect()
    }

    /// The last mod that has changed, or is new, without whose change a fault is not there.
    fn changed_culprit(&self, fault: &Fault, mods: &[&Package]) -> Option<ModId> {
        let mut changed = mods.iter().filter(|now| {
            let then = self.mods.get(&now.manifest.id);
            then.is_none_or(|then| then.bundle().hash() != now.bundle().hash())
        });
        let culprit = changed.rfind(|changed| {
            let then = self.mods.get(&changed.manifest.id);
            let others = mods
                .iter()
                .filter(|package| package.manifest.id != changed.manifest.id);
            let before = definitions(others.copied().chain(then));
            match before {
                Ok(_) => true,
                Err(faults) => faults
                    .iter()
                    .all(|(_, found)| found.message != fault.message),
            }
        })?;
        Some(culprit.manifest.id.clone())
    }

    /// What keeps the colony from going on with other definitions than it had, and the mod that has changed: the last of those
    /// that have or had a hand in the definition. `None` if nothing does.
    fn obstacles(&self, now: &OwnedDefinitions, mods: &[&Package]) -> Option<Vec<(ModId, Fault)>> {
        let then = self::definitions(self.mods.values()).ok()?;
        if then.definitions == now.definitions {
            return None;
        }
        let colony = Colony::restore(self.colony, then.definitions).ok()?;
        let obstacles = colony.check_definitions(&now.definitions).err()?;
        let hash_now = |id: &ModId| {
            let mut mods = mods.iter().filter(|package| package.manifest.id == *id);
            mods.next().map(|package| package.bundle().hash())
        };
        let hash_then = |id: &ModId| self.mods.get(id).map(|package| package.bundle().hash());
        let blamed = obstacles.iter().filter_map(|obstacle| match obstacle {
            DefinitionObstacle::InUse { kind, id, .. } => {
                let name = (*kind, id.clone());
                let of =
                    |owned: &BTreeMap<_, Vec<ModId>>| owned.get(&name).cloned().unwrap_or_default();
                let hands = [of(&then.origins), of(&now.origins)].concat();
                let is_there = |id: &&ModId| hash_now(id).is_some();
                let has_changed = |id: &&ModId| hash_now(id) != hash_then(id);
                // One that is left out already has no more to say.
                let culprit = hands
                    .iter()
                    .rev()
                    .find(|id| is_there(id) && has_changed(id));
                let culprit = culprit.or(hands.iter().rev().find(has_changed));
                let culprit = culprit.or(hands.first())?;
                Some((culprit.clone(), Fault::in_the_way(obstacle)))
            }
            DefinitionObstacle::Fault(_) => None,
        });
        Some(blamed.collect())
    }
}

fn definitions<'p>(
    mods: impl Iterator<Item = &'p Package>,
) -> Result<OwnedDefinitions, Vec<(Culprit, Fault)>> {
    let content: Vec<_> = mods.map(Package::content).collect();
    owned_definitions(&content)
}
