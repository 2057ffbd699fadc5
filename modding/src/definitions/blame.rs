//! Whose fault it is when definitions do not go together.
//!
//! A change can make another definition wrong than the one it is about: a symbol that a second terrain takes, a workplace that
//! no building is any more. So the mod to blame is the one with which the fault came in: the last in load order without which it
//! is not there.

use std::cell::OnceCell;
use std::collections::BTreeSet;

use sim::DefinitionFault;

use crate::diagnostic::Fault;
use crate::document::ValueReader;

use super::layers::{Layer, Layers};
use super::{Culprit, DefinitionName};

/// What is wrong, whatever it says: messages name what else there is.
type FaultName = (&'static str, String, &'static str);

fn name_of(fault: &DefinitionFault) -> FaultName {
    (fault.kind, fault.id.clone(), fault.field)
}

/// See the [module](self).
pub(super) struct Blame<'l, 'd> {
    layers: &'l Layers<'d>,
    /// What is wrong with the first mods alone, by how many they are.
    among_first: Vec<OnceCell<BTreeSet<FaultName>>>,
}

impl<'l, 'd> Blame<'l, 'd> {
    pub(super) fn new(layers: &'l Layers<'d>) -> Blame<'l, 'd> {
        let prefixes = layers.mods().len();
        Blame {
            layers,
            among_first: std::iter::repeat_with(OnceCell::new)
                .take(prefixes)
                .collect(),
        }
    }

    /// Who is at fault, and the fault where it came in.
    pub(super) fn of(&self, found: &DefinitionFault) -> (Culprit, Fault) {
        let fault = Fault::new(found.to_string());
        let name = name_of(found);
        let Some(at) = self.came_in_with(&name) else {
            return (Culprit::Nobody(found.kind), fault);
        };
        let culprit = self.layers.mods()[at].id.clone();
        let definition = (found.kind, found.id.clone());
        let own = self
            .layers
            .by_definition()
            .find(|(known, layer)| **known == definition && layer.manifest.id == culprit);
        let fault = match (own, self.source(&name, at)) {
            (Some((_, own)), _) if own.field(found.field).is_some() => {
                fault.at(place(own, found.field))
            }
            (_, Some((known, layer))) => {
                let fault = fault.at(place(layer, found.field));
                if *known == definition {
                    fault
                } else {
                    let (kind, id) = known;
                    fault.help(format!("it came in with `{kind}.{id}` of {culprit}"))
                }
            }
            (Some((_, own)), None) => fault.at(place(own, found.field)),
            (None, None) => fault.help(format!("it came in with {culprit}")),
        };
        (Culprit::Mod(culprit), fault)
    }

    /// The position of the mod with which a fault came in for good. `None` if it is there without any mod.
    fn came_in_with(&self, name: &FaultName) -> Option<usize> {
        let is_sound = |count: &usize| {
            let faults = self.among_first[*count].get_or_init(|| {
                let first = &self.layers.mods()[..*count];
                let definitions = self.layers.definitions_of(|layer| {
                    let mut first = first.iter();
                    first.any(|manifest| manifest.id == layer.manifest.id)
                });
                definitions.validate().iter().map(name_of).collect()
            });
            !faults.contains(name)
        };
        (0..self.among_first.len()).rev().find(is_sound)
    }

    /// The definition of a mod without which the fault would not be there: the first of those in the same table, else of all.
    fn source(&self, name: &FaultName, at: usize) -> Option<(&'l DefinitionName, &'l Layer<'d>)> {
        let mods = &self.layers.mods()[..=at];
        let of_mod = || {
            self.layers
                .by_definition()
                .filter(|(_, layer)| layer.manifest.id == mods[at].id)
        };
        let same_table = of_mod().filter(|((kind, _), _)| *kind == name.0);
        let others = of_mod().filter(|((kind, _), _)| *kind != name.0);
        same_table.chain(others).find(|(_, suspect)| {
            let without = self.layers.definitions_of(|layer| {
                let mut mods = mods.iter();
                !std::ptr::eq(layer, *suspect)
                    && mods.any(|manifest| manifest.id == layer.manifest.id)
            });
            !without.validate().iter().map(name_of).any(|n| n == *name)
        })
    }
}

/// Where a definition sets a field; else its only field; else its name.
fn place(layer: &Layer<'_>, field: &str) -> crate::diagnostic::Place {
    let only = match layer.fields.as_slice() {
        [(_, value)] => Some(value),
        _ => None,
    };
    let value = layer.field(field).or(only);
    value.map_or_else(|| layer.key.place(), ValueReader::place)
}
