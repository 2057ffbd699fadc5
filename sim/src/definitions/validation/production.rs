//! Faults of skills, buildings, recipes and crops.

use std::collections::BTreeMap;

use super::{Faults, Place, check_id};
use crate::definitions::{
    BuildingDefinition, BuildingUse, CropDefinition, Definitions, EXPERIENCE_MAX, FACTOR_MAX,
    LASTS_MAX, MATERIAL_MAX, RecipeDefinition, SKILL_LEVEL_MAX, SkillUse, TEMPERATURE_MAX,
    WALK_COST_MAX, WORK_TICKS_MAX, YIELD_MAX,
};
use crate::skills::experience_of_level;

pub(super) fn check(faults: &mut Faults, definitions: &Definitions) {
    for (id, skill) in &definitions.skills {
        check_id(faults, "skills", id);
        let bounds = (0, experience_of_level(SKILL_LEVEL_MAX));
        faults.check_bounds(("skills", id, "newcomer_max"), skill.newcomer_max, bounds);
    }
    for (id, building) in &definitions.buildings {
        check_building(faults, id, building, definitions);
    }
    for (id, recipe) in &definitions.recipes {
        check_recipe(faults, id, recipe, definitions);
    }
    for (id, crop) in &definitions.crops {
        check_crop(faults, id, crop, definitions);
    }
}

/// Checks what a kind of job or a recipe says of the skill it takes.
pub(super) fn check_skill_use(
    faults: &mut Faults,
    (kind, id): (&'static str, &str),
    used: &SkillUse,
    definitions: &Definitions,
) {
    let known = ("skills", &definitions.skills);
    faults.check_reference((kind, id, "skill"), &used.skill, known);
    let bounds = (0, SKILL_LEVEL_MAX);
    faults.check_bounds((kind, id, "skill_min"), used.level_min, bounds);
    let bounds = (0, EXPERIENCE_MAX);
    faults.check_bounds((kind, id, "experience"), used.experience, bounds);
}

/// Checks items by how many of each there are.
pub(super) fn check_amounts(
    faults: &mut Faults,
    place: Place<'_>,
    amounts: &BTreeMap<String, u32>,
    max: u32,
    definitions: &Definitions,
) {
    for (item, count) in amounts {
        faults.check_reference(place, item, ("items", &definitions.items));
        faults.check_bounds(place, *count, (1, max));
    }
}

fn check_building(
    faults: &mut Faults,
    id: &str,
    building: &BuildingDefinition,
    definitions: &Definitions,
) {
    let place = |field| ("buildings", id, field);
    check_id(faults, "buildings", id);
    let materials = &building.materials;
    check_amounts(
        faults,
        place("materials"),
        materials,
        MATERIAL_MAX,
        definitions,
    );
    faults.check_bounds(place("work"), building.work, (1, WORK_TICKS_MAX));
    if let Some(walk_cost) = building.walk_cost {
        faults.check_bounds(place("walk_cost"), walk_cost, (1, WALK_COST_MAX));
    }
    faults.check_bounds(place("comfort"), building.comfort, (0, FACTOR_MAX));
    if building.purpose == BuildingUse::Bed && building.walk_cost.is_none() {
        let message = "is missing, expected a number: nobody could lie in the bed";
        faults.add(place("walk_cost"), message.to_owned());
    }
}

fn check_recipe(
    faults: &mut Faults,
    id: &str,
    recipe: &RecipeDefinition,
    definitions: &Definitions,
) {
    let place = |field| ("recipes", id, field);
    check_id(faults, "recipes", id);
    let known = ("buildings", &definitions.buildings);
    faults.check_reference(place("building"), &recipe.building, known);
    let building = definitions.buildings.get(&recipe.building);
    if let Some(building) = building
        && building.purpose != BuildingUse::Workplace
    {
        let (name, found) = (&recipe.building, building.purpose.name());
        let message = format!("`{name}` is for `{found}`, expected a building for `workplace`");
        faults.add(place("building"), message);
    }
    check_amounts(
        faults,
        place("inputs"),
        &recipe.inputs,
        MATERIAL_MAX,
        definitions,
    );
    check_amounts(
        faults,
        place("outputs"),
        &recipe.outputs,
        MATERIAL_MAX,
        definitions,
    );
    if recipe.outputs.is_empty() {
        let message = "found none, expected at least one item".to_owned();
        faults.add(place("outputs"), message);
    }
    faults.check_bounds(place("work"), recipe.work, (1, WORK_TICKS_MAX));
    if let Some(skill) = &recipe.skill {
        check_skill_use(faults, ("recipes", id), skill, definitions);
    }
}

fn check_crop(faults: &mut Faults, id: &str, crop: &CropDefinition, definitions: &Definitions) {
    let place = |field| ("crops", id, field);
    check_id(faults, "crops", id);
    for season in &crop.seasons {
        faults.check_reference(place("seasons"), season, ("seasons", &definitions.seasons));
    }
    faults.check_bounds(place("grow_ticks"), crop.grow_ticks, (1, LASTS_MAX));
    faults.check_bounds(place("sow_work"), crop.sow_work, (1, WORK_TICKS_MAX));
    faults.check_bounds(place("reap_work"), crop.reap_work, (1, WORK_TICKS_MAX));
    check_amounts(
        faults,
        place("yields"),
        &crop.yields,
        YIELD_MAX,
        definitions,
    );
    let bounds = (-TEMPERATURE_MAX, TEMPERATURE_MAX);
    faults.check_bounds(place("dies_below"), crop.dies_below, bounds);
}
