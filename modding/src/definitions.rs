//! The definitions of content in the `assets/*.toml` of mods.
//!
//! Each file is a table of definitions by id. What a definition may say is decided by [`sim::Definitions::validate`]; here its
//! faults get the place in the file.

use std::collections::BTreeMap;
use std::sync::Arc;

use sim::{DefinitionObstacle, Definitions};

use crate::bundle::Bundle;
use crate::diagnostic::{Fault, Place};
use crate::document::{Document, KeyReader, ValueReader};
use crate::manifest::Manifest;
use crate::mod_id::ModId;

mod environment;
mod fields;
mod items;
mod jobs;
mod needs;
mod terrain;

/// The kinds of definitions; each is read from the file of its name, such as `assets/items.toml`.
pub const DEFINITION_KINDS: [&str; 8] = [
    "terrain",
    "items",
    "needs",
    "jobs",
    "seasons",
    "weather",
    "incidents",
    "storyteller",
];

/// The folder of a mod in which definitions are.
pub(crate) const ASSETS_FOLDER: &str = "assets/";

/// Reads the definitions of all mods, which come in load order. An id that a mod before defined already is a fault.
pub fn read_definitions(mods: &[(&Manifest, &Bundle)]) -> Result<Definitions, Vec<Fault>> {
    match owned_definitions(mods) {
        Ok(owned) => Ok(owned.definitions),
        Err(faults) => Err(faults.into_iter().map(|(_, fault)| fault).collect()),
    }
}

/// Definitions, and whose they are: by kind and id.
pub(crate) struct OwnedDefinitions {
    pub(crate) definitions: Definitions,
    pub(crate) owners: BTreeMap<(&'static str, String), ModId>,
}

/// Who is at fault.
#[derive(Debug)]
pub(crate) enum Culprit {
    /// The mod that defines it.
    Mod(ModId),
    /// Nobody: a definition of this kind is missing.
    Nobody(&'static str),
}

/// The same as [`read_definitions`], with the mods that definitions and faults are of.
pub(crate) fn owned_definitions(
    mods: &[(&Manifest, &Bundle)],
) -> Result<OwnedDefinitions, Vec<(Culprit, Fault)>> {
    let mut reader = DefinitionReader::default();
    for (manifest, bundle) in mods {
        reader.read_bundle(&manifest.id, bundle);
    }
    // References to what could not be read would only be reported as missing.
    if reader.faults.is_empty() {
        reader.validate();
    }
    if reader.faults.is_empty() {
        Ok(OwnedDefinitions {
            definitions: reader.definitions,
            owners: reader.owners,
        })
    } else {
        Err(reader.faults)
    }
}

/// A definition or, with a field, a part of it: kind, id, field.
type Name = (&'static str, String, String);

impl Fault {
    /// What keeps the colony from going on with other definitions.
    pub(crate) fn in_the_way(obstacle: &DefinitionObstacle) -> Fault {
        let fault = Fault::new(obstacle.to_string());
        fault.help("bring it back, or change what uses it first")
    }
}

#[derive(Default)]
struct DefinitionReader {
    definitions: Definitions,
    owners: BTreeMap<(&'static str, String), ModId>,
    places: BTreeMap<Name, Place>,
    faults: Vec<(Culprit, Fault)>,
}

impl DefinitionReader {
    fn read_bundle(&mut self, owner: &ModId, bundle: &Bundle) {
        for path in bundle
            .paths()
            .filter(|path| path.starts_with(ASSETS_FOLDER))
        {
            let Some(name) = path[ASSETS_FOLDER.len()..].strip_suffix(".toml") else {
                continue;
            };
            let Some(kind) = DEFINITION_KINDS.into_iter().find(|&kind| kind == name) else {
                let message = format!("`{}` is no file of definitions", bundle.display_path(path));
                let files = DEFINITION_KINDS.map(|kind| format!("{ASSETS_FOLDER}{kind}.toml"));
                let fault = Fault::new(message).suggest(path, files.iter().map(String::as_str));
                self.faults.push((Culprit::Mod(owner.clone()), fault));
                continue;
            };
            match bundle.text(path) {
                Some(Ok(source)) => self.read_file(owner, kind, bundle.display_path(path), &source),
                Some(Err(fault)) => self.blame(owner, vec![fault]),
                None => {}
            }
        }
    }

    fn read_file(&mut self, owner: &ModId, kind: &'static str, file: String, source: &Arc<str>) {
        match Document::parse(file, source) {
            Err(faults) => self.blame(owner, faults),
            Ok(document) => {
                for (key, value) in document.root().into_entries() {
                    self.read_definition(owner, kind, &key, &value);
                }
                self.blame(owner, document.into_faults());
            }
        }
    }

    fn blame(&mut self, owner: &ModId, faults: Vec<Fault>) {
        let faults = faults
            .into_iter()
            .map(|fault| (Culprit::Mod(owner.clone()), fault));
        self.faults.extend(faults);
    }

    fn read_definition(
        &mut self,
        owner: &ModId,
        kind: &'static str,
        key: &KeyReader<'_>,
        value: &ValueReader<'_>,
    ) {
        let id = key.text.to_owned();
        if let Some(first) = self.owners.get(&(kind, id.clone())) {
            key.report(
                Fault::new(format!("`{kind}.{id}` is already defined by {first}"))
                    .help("choose another id"),
            );
            return;
        }
        let (Some(mut table), Some(fields)) = (value.table(), value.clone().as_table()) else {
            return;
        };
        self.owners.insert((kind, id.clone()), owner.clone());
        self.places
            .insert((kind, id.clone(), String::new()), key.place());
        for (field, value) in fields.into_entries() {
            self.places
                .insert((kind, id.clone(), field.text.to_owned()), value.place());
        }
        let definitions = &mut self.definitions;
        match kind {
            "terrain" => keep(
                &mut definitions.terrain,
                id,
                terrain::read_terrain(&mut table),
            ),
            "items" => keep(&mut definitions.items, id, items::read_item(&mut table)),
            "needs" => keep(&mut definitions.needs, id, needs::read_need(&mut table)),
            "seasons" => keep(
                &mut definitions.seasons,
                id,
                environment::read_season(&mut table),
            ),
            "weather" => keep(
                &mut definitions.weather,
                id,
                environment::read_weather(&mut table),
            ),
            "incidents" => keep(
                &mut definitions.incidents,
                id,
                environment::read_incident(&mut table),
            ),
            "storyteller" => keep(
                &mut definitions.storyteller,
                id,
                environment::read_storyteller(&mut table),
            ),
            _ => keep(&mut definitions.jobs, id, jobs::read_job(&mut table)),
        }
        table.finish();
    }

    fn validate(&mut self) {
        for found in self.definitions.validate() {
            let fault = Fault::new(found.to_string());
            let owner = self.owners.get(&(found.kind, found.id.clone()));
            let culprit = owner
                .cloned()
                .map_or(Culprit::Nobody(found.kind), Culprit::Mod);
            let field = (found.kind, found.id.clone(), found.field.to_owned());
            let whole = (found.kind, found.id, String::new());
            let place = self.places.get(&field).or_else(|| self.places.get(&whole));
            let place = place.cloned();
            self.faults.push((culprit, Fault { place, ..fault }));
        }
    }
}

fn keep<T>(definitions: &mut BTreeMap<String, T>, id: String, definition: Option<T>) {
    if let Some(definition) = definition {
        definitions.insert(id, definition);
    }
}

#[cfg(test)]
mod tests;
