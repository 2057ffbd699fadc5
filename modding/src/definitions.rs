//! The definitions of content in the `assets/*.toml` of mods.
//!
//! Each file is a table of definitions by id. What a definition may say is decided by [`sim::Definitions::validate`]; here its
//! faults get the place in the file.

use std::collections::BTreeMap;
use std::sync::Arc;

use sim::{
    DefinitionObstacle, Definitions, HEALTH_MAX, ItemDefinition, JobAction, JobDefinition,
    NEED_MAX, NeedDefinition, PRIORITY_MAX, STACK_MAX_LIMIT, TerrainDefinition, WALK_COST_MAX,
    WORK_TICKS_MAX, YIELD_MAX,
};

use crate::bundle::Bundle;
use crate::diagnostic::{Fault, Place};
use crate::document::{Document, KeyReader, TableReader, ValueReader};
use crate::manifest::Manifest;
use crate::mod_id::ModId;

mod environment;

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
            "terrain" => keep(&mut definitions.terrain, id, read_terrain(&mut table)),
            "items" => keep(&mut definitions.items, id, read_item(&mut table)),
            "needs" => keep(&mut definitions.needs, id, read_need(&mut table)),
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
            _ => keep(&mut definitions.jobs, id, read_job(&mut table)),
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

fn read_terrain(table: &mut TableReader<'_>) -> Option<TerrainDefinition> {
    let symbol = table
        .required("symbol")
        .and_then(|value| read_character(&value));
    let walk_cost = table
        .optional("walk_cost")
        .and_then(|value| value.integer(1..=WALK_COST_MAX));
    Some(TerrainDefinition {
        symbol: symbol?,
        walk_cost,
    })
}

fn read_character(value: &ValueReader<'_>) -> Option<char> {
    let text = value.string()?;
    let mut characters = text.chars();
    let (Some(character), None) = (characters.next(), characters.next()) else {
        value.fault(format!(
            "expected one character, found {}",
            text.chars().count()
        ));
        return None;
    };
    Some(character)
}

fn read_item(table: &mut TableReader<'_>) -> Option<ItemDefinition> {
    let stack_max = table
        .required("stack_max")
        .and_then(|value| value.integer(1..=STACK_MAX_LIMIT));
    let haul_priority = table
        .required("haul_priority")
        .and_then(|value| value.integer(0..=PRIORITY_MAX));
    let nutrition = table
        .optional("nutrition")
        .map_or(Some(0), |value| value.integer(0..=NEED_MAX));
    Some(ItemDefinition {
        stack_max: stack_max?,
        haul_priority: haul_priority?,
        nutrition: nutrition?,
    })
}

fn read_need(table: &mut TableReader<'_>) -> Option<NeedDefinition> {
    let mut points = |key, max| table.required(key).and_then(|value| value.integer(0..=max));
    let decay = points("decay", NEED_MAX);
    let seek_below = points("seek_below", NEED_MAX);
    let critical_below = points("critical_below", NEED_MAX);
    let damage = points("damage", HEALTH_MAX);
    Some(NeedDefinition {
        decay: decay?,
        seek_below: seek_below?,
        critical_below: critical_below?,
        damage: damage?,
    })
}

fn read_job(table: &mut TableReader<'_>) -> Option<JobDefinition> {
    let action = table.required("action");
    let action = action
        .and_then(|value| value.one_of("action", &["haul", "harvest", "labour", "eat", "sleep"]));
    let priority = table
        .optional("priority")
        .map(|value| value.integer(0..=PRIORITY_MAX));
    let work = table
        .required("work")
        .and_then(|value| value.integer(1..=WORK_TICKS_MAX));
    let action = match action? {
        "harvest" => read_harvest(table),
        "labour" => {
            refuse_terrain(table);
            read_yields(table).map(|yields| JobAction::Labour { yields })
        }
        other => {
            refuse_terrain(table);
            table.refuse(
                "yields",
                "goes with the actions `harvest` and `labour` only",
            );
            Some(match other {
                "haul" => JobAction::Haul,
                "eat" => JobAction::Eat,
                _ => JobAction::Sleep,
            })
        }
    };
    Some(JobDefinition {
        action: action?,
        priority: priority.flatten(),
        work: work?,
    })
}

fn read_harvest(table: &mut TableReader<'_>) -> Option<JobAction> {
    let mut terrain = |key| {
        table
            .required(key)
            .and_then(|value| value.string().map(str::to_owned))
    };
    let (target, leaves) = (terrain("target"), terrain("leaves"));
    let yields = read_yields(table);
    Some(JobAction::Harvest {
        yields: yields?,
        target: target?,
        leaves: leaves?,
    })
}

fn refuse_terrain(table: &mut TableReader<'_>) {
    for key in ["target", "leaves"] {
        table.refuse(key, "goes with the action `harvest` only");
    }
}

fn read_yields(table: &mut TableReader<'_>) -> Option<BTreeMap<String, u32>> {
    let entries = table
        .required("yields")
        .and_then(|value| value.table())
        .map(TableReader::into_entries);
    let counts = entries?
        .into_iter()
        .map(|(item, count)| Some((item.text.to_owned(), count.integer(1..=YIELD_MAX)?)));
    counts.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Files of definitions: kind, text.
    type Files<'f> = &'f [(&'f str, &'f str)];

    const BASE: [(&str, &str); 8] = [
        (
            "terrain",
            include_str!("../../mods/base/assets/terrain.toml"),
        ),
        ("items", include_str!("../../mods/base/assets/items.toml")),
        ("needs", include_str!("../../mods/base/assets/needs.toml")),
        ("jobs", include_str!("../../mods/base/assets/jobs.toml")),
        (
            "seasons",
            include_str!("../../mods/base/assets/seasons.toml"),
        ),
        (
            "weather",
            include_str!("../../mods/base/assets/weather.toml"),
        ),
        (
            "incidents",
            include_str!("../../mods/base/assets/incidents.toml"),
        ),
        (
            "storyteller",
            include_str!("../../mods/base/assets/storyteller.toml"),
        ),
    ];

    fn read(mods: &[(&str, Files<'_>)]) -> Result<Definitions, Vec<String>> {
        let mods: Vec<(Manifest, Bundle)> = mods
            .iter()
            .map(|(id, files)| {
                let manifest =
                    format!("id = \"{id}\"\nname = \"x\"\nversion = \"1.0.0\"\napi = \"^1\"\n");
                let assets = files
                    .iter()
                    .map(|(name, text)| (format!("assets/{name}.toml"), text.as_bytes().to_vec()));
                let files = assets.chain([("mod.toml".to_owned(), manifest.into_bytes())]);
                let bundle = Bundle::new(id, files).expect("good paths");
                (
                    Manifest::parse(&bundle, &[]).expect("a good manifest"),
                    bundle,
                )
            })
            .collect();
        let mods: Vec<(&Manifest, &Bundle)> = mods
            .iter()
            .map(|(manifest, bundle)| (manifest, bundle))
            .collect();
        read_definitions(&mods).map_err(|faults| faults.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn the_vanilla_content_is_read() {
        let definitions = read(&[("base", &BASE)]).expect("no fault");
        let yields = BTreeMap::from([("wood".to_owned(), 5)]);
        let (target, leaves) = ("tree".to_owned(), "grass".to_owned());
        let chop = JobDefinition {
            action: JobAction::Harvest {
                target,
                leaves,
                yields,
            },
            priority: Some(4),
            work: 20,
        };
        assert_eq!(definitions.jobs["chop"], chop);
        assert_eq!(definitions.jobs["haul"].priority, None);
        assert_eq!(definitions.items["wood"].nutrition, 0);
        assert_eq!(definitions.terrain["rock"].walk_cost, None);
        assert_eq!(
            (definitions.seasons.len(), definitions.weather.len()),
            (4, 4)
        );
        let gift = sim::IncidentEffect::Gift {
            items: BTreeMap::from([("wood".to_owned(), 30)]),
        };
        assert_eq!(definitions.incidents["driftwood"].effect, gift);
        assert_eq!(definitions.storyteller["storyteller"].grace_days, 3);
    }

    #[test]
    fn the_keys_of_an_incident_go_with_its_effect() {
        let rows: [(&str, &[&str]); 4] = [
            (
                "effect = \"gift\"\npermille = 3",
                &[
                    "missing key `items` at m/assets/incidents.toml:1:1",
                    "`permille` does not go with the effect `gift` at m/assets/incidents.toml:4:1",
                ],
            ),
            (
                "effect = \"wheather\"",
                &["unknown effect `wheather` at m/assets/incidents.toml:3:10"],
            ),
            (
                "effect = \"joiner\"\ncount = 101",
                &["expected an integer from 1 to 100, found 101 at m/assets/incidents.toml:4:9"],
            ),
            (
                "effect = \"theft\"\nitem = \"gold\"\npermille = 5\nseasons = [\"fall\"]",
                &[
                    "incidents.odd.seasons: `fall` is not defined in seasons at m/assets/incidents.toml:6:11",
                    "incidents.odd.item: `gold` is not defined in items at m/assets/incidents.toml:4:8",
                ],
            ),
        ];
        for (text, expected) in rows {
            let text = format!("[odd]\nweight = 1\n{text}\n");
            let odd: (&str, Files<'_>) = ("m", &[("incidents", &text)]);
            assert_eq!(read(&[("base", &BASE), odd]).expect_err("faults"), expected);
        }
    }

    #[test]
    fn seasons_weather_and_storyteller_are_checked_at_their_place() {
        let files: Files<'_> = &[
            ("seasons", "[mud]\norder = 1\ndays = 0\ntemperature = 1.5\n"),
            (
                "storyteller",
                "[storyteller]\nday_chance = 1\ngrace_days = 1\nincidents_max_a_day = 1\n",
            ),
            (
                "weather",
                "[hail]\nseasons = { mud = 0 }\nticks_min = 5\nticks_max = 9\n",
            ),
        ];
        let expected = [
            "expected an integer from 1 to 1000, found 0 at m/assets/seasons.toml:3:8",
            "expected an integer from -1000 to 1000, found a fraction at m/assets/seasons.toml:4:15",
            "`storyteller.storyteller` is already defined by base at m/assets/storyteller.toml:1:2",
            "expected an integer from 1 to 1000, found 0 at m/assets/weather.toml:2:19",
        ];
        let faults = read(&[("base", &BASE), ("m", files)]).expect_err("faults");
        assert_eq!(faults, expected);
    }

    #[test]
    fn mods_add_definitions_and_may_not_define_twice() {
        let clay: (&str, &[_]) = (
            "clay",
            &[("items", "[clay]\nstack_max = 9\nhaul_priority = 1\n")],
        );
        let both = read(&[("base", &BASE), clay]).expect("no fault");
        assert_eq!(both.items["clay"].stack_max, 9);
        let twice: (&str, &[_]) = (
            "extra",
            &[("items", "[wood]\nstack_max = 9\nhaul_priority = 1\n")],
        );
        let faults = read(&[("base", &BASE), twice]).expect_err("a fault");
        assert_eq!(
            faults,
            ["`items.wood` is already defined by base at extra/assets/items.toml:1:2"]
        );
    }

    #[test]
    fn every_fault_has_its_place() {
        let rows: [(Files<'_>, &[&str]); 5] = [
            (
                &[(
                    "items",
                    "[clay]\nstack_max = 0\nhaul_prority = 1\n[silt]\nstack_max = 2.5\nhaul_priority = 3\n",
                )],
                &[
                    "missing key `haul_priority` at m/assets/items.toml:1:1",
                    "expected an integer from 1 to 1000000, found 0 at m/assets/items.toml:2:13",
                    "unknown key `haul_prority` at m/assets/items.toml:3:1",
                    "expected an integer from 1 to 1000000, found a fraction at m/assets/items.toml:5:13",
                ],
            ),
            (
                &[(
                    "jobs",
                    "[nap]\naction = \"rest\"\nwork = 1\n[doze]\naction = \"eat\"\nwork = 1\nleaves = \"floor\"\n",
                )],
                &[
                    "unknown action `rest` at m/assets/jobs.toml:2:10",
                    "`leaves` goes with the action `harvest` only at m/assets/jobs.toml:7:1",
                ],
            ),
            (
                &[
                    ("terrain", "[mud]\nsymbol = \"ab\"\n"),
                    ("item", ""),
                    ("a/items", ""),
                ],
                &[
                    "`m/assets/a/items.toml` is no file of definitions",
                    "`m/assets/item.toml` is no file of definitions",
                    "expected one character, found 2 at m/assets/terrain.toml:2:10",
                ],
            ),
            (
                &[("terrain", "[mud]\nsymbol = \".\"\n")],
                &[
                    "terrain.mud.symbol: `.` already stands for `grass`, expected another symbol at m/assets/terrain.toml:2:10",
                ],
            ),
            (
                &[(
                    "jobs",
                    "[dig]\naction = \"harvest\"\ntarget = \"tre\"\nleaves = \"floor\"\nyields = {}\nwork = 1\n",
                )],
                &[
                    "jobs.dig.priority: is missing, expected 0 to 10 at m/assets/jobs.toml:1:2",
                    "jobs.dig.target: `tre` is not defined in terrain; did you mean `tree`? at m/assets/jobs.toml:3:10",
                ],
            ),
        ];
        for (files, expected) in rows {
            let faults = read(&[("base", &BASE), ("m", files)]).expect_err("faults");
            assert_eq!(faults, expected);
        }
    }
}
