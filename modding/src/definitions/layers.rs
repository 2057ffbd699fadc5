//! What several mods say about one definition, one over the other.

use std::collections::{BTreeMap, BTreeSet};

use sim::Definitions;

use crate::bundle::Bundle;
use crate::diagnostic::Fault;
use crate::document::{Document, KeyReader, TableReader, ValueReader};
use crate::manifest::Manifest;
use crate::mod_id::ModId;

use super::blame::Blame;
use super::{Conflict, Culprit, DefinitionName, Source, read_definition};

/// The keys by which a table changes the definition of another mod.
const OVERRIDE: &str = "override";
const EXTEND: &str = "extend";

/// Characters of a value that are shown in a conflict.
const SHOWN_CHARACTERS_MAX: usize = 40;

/// How a table stands to what is there already.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Mode {
    /// Nothing is.
    Add,
    /// It takes the place of it.
    Override,
    /// Its fields take the place of those.
    Extend,
}

/// What one mod says about a definition.
pub(super) struct Layer<'d> {
    pub(super) manifest: &'d Manifest,
    mode: Mode,
    pub(super) key: KeyReader<'d>,
    table: TableReader<'d>,
    /// Its fields, in the order of the file.
    pub(super) fields: Vec<(KeyReader<'d>, ValueReader<'d>)>,
    document: &'d Document<'d>,
}

/// What mods say, by definition.
pub(super) struct Layers<'d> {
    mods: Vec<&'d Manifest>,
    /// Files that cannot be read, by mod and kind: nobody knows what they define.
    unreadable: BTreeSet<(&'d ModId, &'static str)>,
    layers: BTreeMap<DefinitionName, Vec<Layer<'d>>>,
    conflicts: Vec<Conflict>,
}

impl<'d> Layers<'d> {
    pub(super) fn new(mods: &[(&'d Manifest, &Bundle)]) -> Layers<'d> {
        Layers {
            mods: mods.iter().map(|(manifest, _)| *manifest).collect(),
            unreadable: BTreeSet::new(),
            layers: BTreeMap::new(),
            conflicts: Vec::new(),
        }
    }

    /// Takes note of a file that cannot be read, or not whole.
    pub(super) fn note_unreadable(&mut self, source: &Source<'d>) {
        self.unreadable.insert((&source.manifest.id, source.kind));
    }

    /// Takes in the tables of a file; the files come in the order of their mods.
    pub(super) fn read(&mut self, source: &Source<'d>, document: &'d Document<'d>) {
        for (key, value) in document.root().into_entries() {
            let table = value.table();
            let Some((mode, table)) = table.and_then(|mut table| Some((mode(&mut table)?, table)))
            else {
                self.note_unreadable(source);
                continue;
            };
            let layer = Layer {
                manifest: source.manifest,
                mode,
                fields: fields(&table),
                table,
                key: key.clone(),
                document,
            };
            let name = (source.kind, key.text.to_owned());
            let may_be_there = |id: &ModId| self.unreadable.contains(&(id, source.kind));
            if mode != Mode::Add
                && !self.layers.contains_key(&name)
                && source.manifest.libraries().any(may_be_there)
            {
                continue;
            }
            match self.refuse(&name, &layer) {
                Some(fault) => key.report(fault),
                None if mode == Mode::Add || self.layers.contains_key(&name) => {
                    self.layers.entry(name).or_default().push(layer);
                }
                // A mod that need not be there is not, nor is what would be changed.
                None => self.conflicts.push(Conflict {
                    mod_id: source.manifest.id.clone(),
                    text: format!(
                        "`{}.{}` is defined by no mod that runs: what {}:{} would change of it is left out",
                        name.0,
                        name.1,
                        key.place().file,
                        key.place().line()
                    ),
                }),
            }
        }
    }

    /// Why a table cannot stand over what is there.
    fn refuse(&self, name: &DefinitionName, layer: &Layer<'_>) -> Option<Fault> {
        let (kind, id) = name;
        let word = match layer.mode {
            Mode::Add => {
                let first = self.layers.get(name)?.first()?;
                let place = first.key.place();
                let message = format!(
                    "`{kind}.{id}` is already defined by {}, {}:{}",
                    first.manifest.id,
                    place.file,
                    place.line()
                );
                return Some(Fault::new(message).help(
                    "choose another id, or write `override = true` to put this in its place, `extend = true` to change these fields of it",
                ));
            }
            Mode::Override => OVERRIDE,
            Mode::Extend => EXTEND,
        };
        let Some(first) = self.layers.get(name).and_then(|layers| layers.first()) else {
            let runs = |id: &ModId| self.mods.iter().any(|manifest| manifest.id == *id);
            let mut optional = layer.manifest.optional_dependencies.keys();
            if optional.any(|id| !runs(id)) {
                return None;
            }
            let ids = self.layers.keys().filter(|(known, _)| known == kind);
            let ids = ids.map(|(_, id)| id.as_str());
            let fault = Fault::new(format!(
                "`{kind}.{id}` is defined by no mod before {}, so there is nothing to {word}",
                layer.manifest.id
            ));
            return Some(match crate::diagnostic::nearest(id, ids) {
                Some(near) => fault.help(format!("did you mean `{near}`?")),
                None => fault.help(format!(
                    "to define it here, leave out `{word} = true`; what another mod defines is there for those that depend on it"
                )),
            });
        };
        let owner = first.manifest;
        if layer.manifest.depends_on(&owner.id) {
            return None;
        }
        let fault = Fault::new(format!(
            "`{kind}.{id}` is of {}, on which {} does not depend",
            owner.id, layer.manifest.id
        ));
        Some(fault.help(format!(
            "write `{} = \"^{}\"` under [dependencies] or [optional_dependencies] of mod.toml",
            owner.id, owner.version.major
        )))
    }

    /// The definitions, as far as they can be read. Each is read as its mod wrote it and then with every change, so that what is
    /// wrong is told where it comes in.
    pub(super) fn definitions(&self) -> Definitions {
        self.definitions_of(|_| true)
    }

    /// The same of those tables alone that are asked for: of every definition the first ones.
    pub(super) fn definitions_of(&self, wanted: impl Fn(&Layer<'d>) -> bool) -> Definitions {
        let mut definitions = Definitions::default();
        for ((kind, id), layers) in &self.layers {
            let layers: Vec<_> = layers.iter().filter(|layer| wanted(layer)).collect();
            let found = || {
                layers
                    .iter()
                    .map(|layer| layer.document.faults_found())
                    .sum()
            };
            let before: usize = found();
            let mut under: Option<TableReader<'d>> = None;
            for layer in &layers {
                let mut table = match layer.mode {
                    Mode::Extend => layer.table.clone().over(under.take()),
                    Mode::Add | Mode::Override => layer.table.clone(),
                };
                under = Some(table.clone());
                read_definition(&mut definitions, kind, id, &mut table);
                table.finish();
                if found() != before {
                    break;
                }
            }
        }
        definitions
    }

    /// What is wrong with the definitions as a whole, where it came in.
    pub(super) fn validate(&self, definitions: &Definitions) -> Vec<(Culprit, Fault)> {
        let blame = Blame::new(self);
        let faults = definitions.validate();
        faults.iter().map(|found| blame.of(found)).collect()
    }

    /// The mods, none before one that it depends on.
    pub(super) fn mods(&self) -> &[&'d Manifest] {
        &self.mods
    }

    /// Every table with the definition that it says something about.
    pub(super) fn by_definition(&self) -> impl Iterator<Item = (&DefinitionName, &Layer<'d>)> {
        let all = self.layers.iter();
        all.flat_map(|(name, layers)| layers.iter().map(move |layer| (name, layer)))
    }

    /// Of each definition the mods that had a hand in it.
    pub(super) fn origins(&self) -> BTreeMap<DefinitionName, Vec<ModId>> {
        let mods = |layers: &Vec<Layer<'_>>| {
            let mods = layers.iter().map(|layer| layer.manifest.id.clone());
            mods.collect()
        };
        self.layers
            .iter()
            .map(|(name, layers)| (name.clone(), mods(layers)))
            .collect()
    }

    /// Fields that mods set to different values without knowing of one another.
    pub(super) fn conflicts(&self) -> Vec<Conflict> {
        let mut conflicts = self.conflicts.clone();
        let known = known_mods(&self.mods);
        let knows = |one: &ModId, other: &ModId| {
            known
                .get(one)
                .is_some_and(|dependencies| dependencies.contains(other))
        };
        for ((kind, id), layers) in &self.layers {
            let changes = layers.get(1..).unwrap_or_default();
            for (at, later) in changes.iter().enumerate() {
                let strangers = changes[..at]
                    .iter()
                    .filter(|earlier| !knows(&later.manifest.id, &earlier.manifest.id));
                for earlier in strangers {
                    for (field, value) in &earlier.fields {
                        if let Some(other) = later.other_value(field.text, value) {
                            let name = format!("{kind}.{id}.{}", field.text);
                            conflicts.push(conflict(&name, (earlier, value), (later, other)));
                        }
                    }
                }
            }
        }
        conflicts
    }
}

impl<'d> Layer<'d> {
    pub(super) fn field(&self, name: &str) -> Option<&ValueReader<'d>> {
        let mut fields = self.fields.iter();
        fields
            .find(|(key, _)| key.text == name)
            .map(|(_, value)| value)
    }

    /// What it says about a field instead of `value`, if that is something else: `Some(None)` where it says nothing and that
    /// counts.
    fn other_value(&self, name: &str, value: &ValueReader<'_>) -> Option<Option<&ValueReader<'d>>> {
        match self.field(name) {
            Some(own) if own.says_what(value) => None,
            Some(own) => Some(Some(own)),
            None => (self.mode == Mode::Override).then_some(None),
        }
    }
}

/// Both keys at once are a fault, and so is any other value than `true` or `false`.
fn mode(table: &mut TableReader<'_>) -> Option<Mode> {
    let mut set = |key| match table.optional(key) {
        Some(value) => value.boolean(),
        None => Some(false),
    };
    match (set(OVERRIDE)?, set(EXTEND)?) {
        (false, false) => Some(Mode::Add),
        (true, false) => Some(Mode::Override),
        (false, true) => Some(Mode::Extend),
        (true, true) => {
            let fault = Fault::new("`override` and `extend` exclude each other");
            let help = "`override` puts the whole table in the place of the other, `extend` only its fields";
            table.report(fault.at(table.key_place(EXTEND)).help(help));
            None
        }
    }
}

fn fields<'d>(table: &TableReader<'d>) -> Vec<(KeyReader<'d>, ValueReader<'d>)> {
    let entries = table.clone().into_entries().into_iter();
    entries
        .filter(|(key, _)| ![OVERRIDE, EXTEND].contains(&key.text))
        .collect()
}

/// Of each mod those that it depends on, directly or by way of others.
fn known_mods<'m>(mods: &[&'m Manifest]) -> BTreeMap<&'m ModId, BTreeSet<&'m ModId>> {
    let mut known: BTreeMap<&ModId, BTreeSet<&ModId>> = BTreeMap::new();
    // Those that a mod depends on come before it.
    for manifest in mods {
        let direct = manifest
            .dependencies
            .keys()
            .chain(manifest.optional_dependencies.keys());
        let mut all: BTreeSet<&ModId> = BTreeSet::new();
        for id in direct {
            all.insert(id);
            all.extend(known.get(id).into_iter().flatten());
        }
        known.insert(&manifest.id, all);
    }
    known
}

fn conflict(
    name: &str,
    earlier: (&Layer<'_>, &ValueReader<'_>),
    later: (&Layer<'_>, Option<&ValueReader<'_>>),
) -> Conflict {
    let said = |value: &ValueReader<'_>| {
        let place = value.place();
        let text: String = value.text().chars().take(SHOWN_CHARACTERS_MAX).collect();
        format!("{text} ({}:{})", place.file, place.line())
    };
    let (first, last) = (&earlier.0.manifest.id, &later.0.manifest.id);
    let instead = match later.1 {
        Some(value) => said(value),
        None => {
            let place = later.0.key.place();
            format!("without it ({}:{})", place.file, place.line())
        }
    };
    Conflict {
        mod_id: last.clone(),
        text: format!(
            "`{name}` is {} in {first} and {instead} in {last}: {last} has its way, as it comes later; to decide it, let one of them \
             depend on the other",
            said(earlier.1)
        ),
    }
}

#[cfg(test)]
mod tests;
