//! What is read and what is refused.

use std::collections::BTreeMap;

use sim::{Definitions, JobAction, JobDefinition};

use crate::bundle::Bundle;
use crate::manifest::Manifest;

use super::owned_definitions;

/// Files of definitions: kind, text.
type Files<'f> = &'f [(&'f str, &'f str)];

const BASE: [(&str, &str); 12] = [
    (
        "terrain",
        include_str!("../../../mods/base/assets/terrain.toml"),
    ),
    (
        "items",
        include_str!("../../../mods/base/assets/items.toml"),
    ),
    (
        "needs",
        include_str!("../../../mods/base/assets/needs.toml"),
    ),
    ("jobs", include_str!("../../../mods/base/assets/jobs.toml")),
    (
        "skills",
        include_str!("../../../mods/base/assets/skills.toml"),
    ),
    (
        "buildings",
        include_str!("../../../mods/base/assets/buildings.toml"),
    ),
    (
        "recipes",
        include_str!("../../../mods/base/assets/recipes.toml"),
    ),
    (
        "crops",
        include_str!("../../../mods/base/assets/crops.toml"),
    ),
    (
        "seasons",
        include_str!("../../../mods/base/assets/seasons.toml"),
    ),
    (
        "weather",
        include_str!("../../../mods/base/assets/weather.toml"),
    ),
    (
        "incidents",
        include_str!("../../../mods/base/assets/incidents.toml"),
    ),
    (
        "storyteller",
        include_str!("../../../mods/base/assets/storyteller.toml"),
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
    let owned = owned_definitions(&mods);
    owned.map(|owned| owned.definitions).map_err(|faults| {
        let told = faults.iter().map(|(_, fault)| fault.to_string());
        told.collect()
    })
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
        skill: Some(sim::SkillUse {
            skill: "forestry".to_owned(),
            level_min: 0,
            experience: 5,
        }),
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
                "incidents.odd.seasons: `fall` is not defined in seasons, expected one of: autumn, spring, summer, winter at m/assets/incidents.toml:6:11",
                "incidents.odd.item: `gold` is not defined in items, expected one of: berries, herbs, meal, potato, stone, wheat, wood at m/assets/incidents.toml:4:8",
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
        "`storyteller.storyteller` is already defined by base, base/assets/storyteller.toml:8 at m/assets/storyteller.toml:1:2",
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
        [
            "`items.wood` is already defined by base, base/assets/items.toml:10 at extra/assets/items.toml:1:2"
        ]
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
