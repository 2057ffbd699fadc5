//! The definitions of content in the `assets/*.toml` of mods.
//!
//! Each file is a table of definitions by id. A mod may change a definition of a mod that it depends on: `override = true` puts
//! another in its place, `extend = true` other fields. What a definition may say is decided by [`sim::Definitions::validate`];
//! here its faults get the place in the file.

use std::collections::BTreeMap;
use std::sync::Arc;

use sim::{DefinitionObstacle, Definitions};

use crate::bundle::Bundle;
use crate::diagnostic::Fault;
use crate::document::{Document, TableReader};
use crate::manifest::Manifest;
use crate::mod_id::ModId;

use layers::Layers;

mod blame;
mod environment;
mod fields;
mod items;
mod jobs;
mod layers;
mod needs;
mod production;
mod terrain;

/// The kinds of definitions; each is read from the file of its name, such as `assets/items.toml`.
pub const DEFINITION_KINDS: [&str; 12] = [
    "terrain",
    "items",
    "needs",
    "jobs",
    "skills",
    "buildings",
    "recipes",
    "crops",
    "seasons",
    "weather",
    "incidents",
    "storyteller",
];

/// The folder of a mod in which definitions are.
pub(crate) const ASSETS_FOLDER: &str = "assets/";

/// A definition by kind and id.
pub(crate) type DefinitionName = (&'static str, String);

/// Definitions, and whose they are.
pub(crate) struct OwnedDefinitions {
    pub(crate) definitions: Definitions,
    /// Of each definition the mod that defines it, then those that change it, in their order.
    pub(crate) origins: BTreeMap<DefinitionName, Vec<ModId>>,
    /// Fields about which mods do not agree.
    pub(crate) conflicts: Vec<Conflict>,
}

/// Mods that do not know of one another change the same field, or change what is not there.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Conflict {
    /// The mod that has its way.
    pub mod_id: ModId,
    /// What each of them says, and what to do.
    pub text: String,
}

/// A definition that several mods had a hand in.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ChangedDefinition {
    /// Its kind and its id: `items.wood`.
    pub name: String,
    /// The mod that defines it.
    pub defined_by: ModId,
    /// The mods that change it, in their order.
    pub changed_by: Vec<ModId>,
}

/// Who is at fault.
#[derive(Debug)]
pub(crate) enum Culprit {
    /// The mod with which the fault came in.
    Mod(ModId),
    /// Nobody: a definition of this kind is missing.
    Nobody(&'static str),
}

/// Reads the definitions of all mods, which come in load order.
///
/// # Errors
/// Every fault of the files and of what they say together, with whose it is.
pub(crate) fn owned_definitions(
    mods: &[(&Manifest, &Bundle)],
) -> Result<OwnedDefinitions, Vec<(Culprit, Fault)>> {
    let mods = after_dependencies(mods);
    let sources: Vec<Source<'_>> = mods
        .iter()
        .flat_map(|(manifest, bundle)| sources(manifest, bundle))
        .collect();
    let files: Vec<Result<Document<'_>, Vec<Fault>>> = sources.iter().map(Source::parse).collect();
    let mut layers = Layers::new(&mods);
    for (source, file) in sources.iter().zip(&files) {
        match file {
            Ok(document) => layers.read(source, document),
            Err(_) => layers.note_unreadable(source),
        }
    }
    let definitions = layers.definitions();
    // References to what could not be read would only be reported as missing.
    let sound = files
        .iter()
        .all(|file| file.as_ref().is_ok_and(|file| file.faults_found() == 0));
    let invalid = if sound {
        layers.validate(&definitions)
    } else {
        Vec::new()
    };
    let (origins, conflicts) = (layers.origins(), layers.conflicts());
    let mut faults = Vec::new();
    for (source, file) in sources.iter().zip(files) {
        let of_file = file.map_or_else(|faults| faults, Document::into_faults);
        let culprit = || Culprit::Mod(source.manifest.id.clone());
        faults.extend(of_file.into_iter().map(|fault| (culprit(), fault)));
    }
    faults.extend(invalid);
    if faults.is_empty() {
        Ok(OwnedDefinitions {
            definitions,
            origins,
            conflicts,
        })
    } else {
        Err(faults)
    }
}

/// The mods in their order, except that none stands before one that it depends on: those that are left out of a run come first
/// elsewhere, and what they change must be there.
fn after_dependencies<'m>(mods: &[(&'m Manifest, &'m Bundle)]) -> Vec<(&'m Manifest, &'m Bundle)> {
    let mut waiting = mods.to_vec();
    let mut ordered = Vec::new();
    while !waiting.is_empty() {
        let needs = |(manifest, _): &(&Manifest, &Bundle)| {
            let mut others = waiting.iter().map(|(manifest, _)| &manifest.id);
            others.any(|other| *other != manifest.id && manifest.depends_on(other))
        };
        // Mods that depend on each other in a circle do not run; whoever reads them all the same gets them as they come.
        let next = waiting.iter().position(|one| !needs(one)).unwrap_or(0);
        ordered.push(waiting.remove(next));
    }
    ordered
}

impl Fault {
    /// What keeps the colony from going on with other definitions.
    pub(crate) fn in_the_way(obstacle: &DefinitionObstacle) -> Fault {
        let fault = Fault::new(obstacle.to_string());
        fault.help("take the change back, or remove what uses it first")
    }
}

/// A file of definitions.
struct Source<'m> {
    manifest: &'m Manifest,
    kind: &'static str,
    file: String,
    text: Result<Arc<str>, Fault>,
}

impl Source<'_> {
    fn parse(&self) -> Result<Document<'_>, Vec<Fault>> {
        match &self.text {
            Ok(text) => Document::parse(self.file.clone(), text),
            Err(fault) => Err(vec![fault.clone()]),
        }
    }
}

/// The files of definitions of a mod. One that is none is a fault.
fn sources<'m>(manifest: &'m Manifest, bundle: &Bundle) -> Vec<Source<'m>> {
    let assets = bundle
        .paths()
        .filter(|path| path.starts_with(ASSETS_FOLDER));
    let source = |path: &str| {
        let name = path[ASSETS_FOLDER.len()..].strip_suffix(".toml")?;
        let kind = DEFINITION_KINDS.into_iter().find(|&kind| kind == name);
        let text = match kind {
            Some(_) => bundle.text(path)?,
            None => {
                let message = format!("`{}` is no file of definitions", bundle.display_path(path));
                let files = DEFINITION_KINDS.map(|kind| format!("{ASSETS_FOLDER}{kind}.toml"));
                Err(Fault::new(message).suggest(path, files.iter().map(String::as_str)))
            }
        };
        Some(Source {
            manifest,
            kind: kind.unwrap_or_default(),
            file: bundle.display_path(path),
            text,
        })
    };
    assets.filter_map(source).collect()
}

/// Reads a definition of a kind; one that lacks something is not kept.
fn read_definition(
    definitions: &mut Definitions,
    kind: &str,
    id: &str,
    table: &mut TableReader<'_>,
) {
    let id = id.to_owned();
    match kind {
        "terrain" => keep(&mut definitions.terrain, id, terrain::read_terrain(table)),
        "items" => keep(&mut definitions.items, id, items::read_item(table)),
        "needs" => keep(&mut definitions.needs, id, needs::read_need(table)),
        "skills" => keep(&mut definitions.skills, id, production::read_skill(table)),
        "buildings" => keep(
            &mut definitions.buildings,
            id,
            production::read_building(table),
        ),
        "recipes" => keep(&mut definitions.recipes, id, production::read_recipe(table)),
        "crops" => keep(&mut definitions.crops, id, production::read_crop(table)),
        "seasons" => {
            keep(
                &mut definitions.seasons,
                id,
                environment::read_season(table),
            );
        }
        "weather" => {
            keep(
                &mut definitions.weather,
                id,
                environment::read_weather(table),
            );
        }
        "incidents" => {
            keep(
                &mut definitions.incidents,
                id,
                environment::read_incident(table),
            );
        }
        "storyteller" => {
            keep(
                &mut definitions.storyteller,
                id,
                environment::read_storyteller(table),
            );
        }
        _ => keep(&mut definitions.jobs, id, jobs::read_job(table)),
    }
}

fn keep<T>(definitions: &mut BTreeMap<String, T>, id: String, definition: Option<T>) {
    if let Some(definition) = definition {
        definitions.insert(id, definition);
    }
}

#[cfg(test)]
mod tests;
