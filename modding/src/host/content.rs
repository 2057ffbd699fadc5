//! What the mods of a run say together about definitions.

use crate::context::LogLevel;
use crate::definitions::{ChangedDefinition, Conflict, OwnedDefinitions, owned_definitions};

use super::Host;

impl Host {
    /// Fields of definitions about which mods do not agree that do not know of one another.
    pub fn conflicts(&self) -> Vec<Conflict> {
        self.content_now()
            .map_or(Vec::new(), |owned| owned.conflicts)
    }

    /// The definitions that several mods had a hand in, in order of kind and id.
    pub fn changed_definitions(&self) -> Vec<ChangedDefinition> {
        let origins = self.content_now().map(|owned| owned.origins);
        let changed = origins.into_iter().flatten().filter_map(|(name, mods)| {
            let (defined_by, changed_by) = mods.split_first()?;
            let (kind, id) = name;
            (!changed_by.is_empty()).then(|| ChangedDefinition {
                name: format!("{kind}.{id}"),
                defined_by: defined_by.clone(),
                changed_by: changed_by.to_vec(),
            })
        });
        changed.collect()
    }

    /// Warns of conflicts that were not there before, in the name of the mods that have their way.
    pub(crate) fn tell_conflicts(&mut self) {
        let now = self.conflicts();
        for conflict in &now {
            if !self.conflicts.contains(conflict) {
                self.context
                    .log(&conflict.mod_id, LogLevel::Warn, &conflict.text);
            }
        }
        self.conflicts = now;
    }

    /// Takes the conflicts that there are for told: a run that is loaded said them before it was saved.
    pub(crate) fn remember_conflicts(&mut self) {
        self.conflicts = self.conflicts();
    }

    /// The definitions as the files say them that run.
    fn content_now(&self) -> Option<OwnedDefinitions> {
        let world = self.world();
        owned_definitions(&self.content(&world, &self.context.order())).ok()
    }
}
