//! Content in which everything there can be is: skills, buildings, recipes, crops, medicine, recreation.

use std::collections::{BTreeMap, BTreeSet};

use super::{environment_definitions, table};
use crate::{
    BuildingDefinition, BuildingUse, CropDefinition, Definitions, ItemDefinition, JobAction,
    JobDefinition, NeedDefinition, RecipeDefinition, SkillDefinition, SkillUse,
};

/// The year and incidents of [`environment_definitions`], and work of every kind.
pub(crate) fn whole_definitions() -> Definitions {
    let mut definitions = environment_definitions();
    definitions.items.extend(items());
    definitions.needs.extend(table([(
        "recreation",
        NeedDefinition {
            decay: 20,
            seek_below: 4_000,
            critical_below: 500,
            damage: 0,
            mood: 4_000,
        },
    )]));
    definitions.jobs.extend(jobs());
    definitions.skills = table([
        ("craft", SkillDefinition { newcomer_max: 400 }),
        ("farming", SkillDefinition { newcomer_max: 0 }),
    ]);
    definitions.buildings = buildings();
    definitions.recipes = recipes();
    definitions.crops = table([(
        "corn",
        CropDefinition {
            seasons: BTreeSet::from(["summer".to_owned()]),
            grow_ticks: 40,
            sow_work: 4,
            reap_work: 3,
            yields: table([("corn", 6)]),
            dies_below: 0,
        },
    )]);
    definitions
}

fn items() -> BTreeMap<String, ItemDefinition> {
    let corn = ItemDefinition {
        stack_max: 50,
        haul_priority: 5,
        nutrition: 1_500,
        spoils_after: Some(150),
        category: "food".to_owned(),
        ..ItemDefinition::default()
    };
    let salve = ItemDefinition {
        stack_max: 50,
        haul_priority: 5,
        medicine: 1_500,
        ..ItemDefinition::default()
    };
    table([("corn", corn), ("salve", salve)])
}

fn skill(skill: &str, level_min: u8, experience: u32) -> SkillUse {
    SkillUse {
        skill: skill.to_owned(),
        level_min,
        experience,
    }
}

fn jobs() -> BTreeMap<String, JobDefinition> {
    let job = |action, priority, work| JobDefinition {
        action,
        priority: Some(priority),
        work,
        skill: None,
    };
    let sow = JobDefinition {
        skill: Some(skill("farming", 0, 25)),
        ..job(JobAction::Sow, 5, 0)
    };
    table([
        ("build", job(JobAction::Build, 5, 0)),
        ("craft", job(JobAction::Craft, 5, 0)),
        ("reap", job(JobAction::Reap, 6, 0)),
        ("relax", job(JobAction::Relax, 3, 80)),
        ("sow", sow),
        ("supply", job(JobAction::Supply, 5, 2)),
        ("treat", job(JobAction::Treat, 8, 10)),
    ])
}

fn buildings() -> BTreeMap<String, BuildingDefinition> {
    let building =
        |materials: &[(&'static str, u32)], purpose, walk_cost, comfort| BuildingDefinition {
            materials: table(materials.iter().copied()),
            work: 10,
            walk_cost,
            purpose,
            comfort,
        };
    table([
        (
            "bed",
            building(&[("wood", 3)], BuildingUse::Bed, Some(1), 2_000),
        ),
        (
            "bench",
            building(
                &[("stone", 1), ("wood", 4)],
                BuildingUse::Workplace,
                None,
                0,
            ),
        ),
        (
            "chess",
            building(&[("wood", 2)], BuildingUse::Recreation, None, 1_500),
        ),
        (
            "wall",
            building(&[("wood", 1)], BuildingUse::Structure, None, 0),
        ),
    ])
}

fn recipes() -> BTreeMap<String, RecipeDefinition> {
    let recipe = |inputs: &[(&'static str, u32)], output, skill| RecipeDefinition {
        building: "bench".to_owned(),
        inputs: table(inputs.iter().copied()),
        outputs: table([(output, 1)]),
        work: 12,
        skill: Some(skill),
    };
    table([
        (
            "cook",
            recipe(&[("corn", 2)], "meal", skill("craft", 0, 40)),
        ),
        (
            "salve",
            recipe(&[("corn", 1), ("wood", 1)], "salve", skill("craft", 2, 80)),
        ),
    ])
}
