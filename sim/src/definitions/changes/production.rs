//! What differs between two sets of skills, buildings, recipes and crops.

use super::{DefinitionChange, Fields, compare, listed, or_none};
use crate::definitions::{
    BuildingDefinition, ChangeRule, CropDefinition, Definitions, RecipeDefinition, SkillDefinition,
    SkillUse,
};

pub(super) fn compare_all(
    changes: &mut Vec<DefinitionChange>,
    old: &Definitions,
    new: &Definitions,
) {
    let skills = (&old.skills, &new.skills);
    compare(changes, "skills", skills, compare_skill);
    let buildings = (&old.buildings, &new.buildings);
    compare(changes, "buildings", buildings, compare_building);
    let recipes = (&old.recipes, &new.recipes);
    compare(changes, "recipes", recipes, compare_recipe);
    compare(changes, "crops", (&old.crops, &new.crops), compare_crop);
}

pub(super) fn compare_skill_use(
    fields: &mut Fields<'_>,
    old: Option<&SkillUse>,
    new: Option<&SkillUse>,
) {
    let described = |used: Option<&SkillUse>| {
        or_none(used.map(|used| {
            let SkillUse {
                skill,
                level_min,
                experience,
            } = used;
            format!("{skill} from level {level_min}, experience {experience}")
        }))
    };
    fields.compare("skill", ChangeRule::NextUse, described(old), described(new));
}

fn compare_skill(fields: &mut Fields<'_>, old: &SkillDefinition, new: &SkillDefinition) {
    let SkillDefinition { newcomer_max } = old;
    let rule = ChangeRule::NextUse;
    fields.compare("newcomer_max", rule, newcomer_max, new.newcomer_max);
}

fn compare_building(fields: &mut Fields<'_>, old: &BuildingDefinition, new: &BuildingDefinition) {
    let BuildingDefinition {
        materials,
        work,
        walk_cost,
        purpose,
        comfort,
    } = old;
    let (old_materials, new_materials) = (listed(materials), listed(&new.materials));
    fields.compare("materials", ChangeRule::Now, old_materials, new_materials);
    fields.compare("work", ChangeRule::Now, work, new.work);
    let rule = if walk_cost.is_some() == new.walk_cost.is_some() {
        ChangeRule::Now
    } else {
        ChangeRule::Refuse
    };
    let (old_cost, new_cost) = (or_none(*walk_cost), or_none(new.walk_cost));
    fields.compare("walk_cost", rule, old_cost, new_cost);
    let (old_use, new_use) = (purpose.name(), new.purpose.name());
    fields.compare("purpose", ChangeRule::Refuse, old_use, new_use);
    fields.compare("comfort", ChangeRule::Now, comfort, new.comfort);
}

fn compare_recipe(fields: &mut Fields<'_>, old: &RecipeDefinition, new: &RecipeDefinition) {
    let RecipeDefinition {
        building,
        inputs,
        outputs,
        work,
        skill,
    } = old;
    fields.compare("building", ChangeRule::Refuse, building, &new.building);
    let (old_inputs, new_inputs) = (listed(inputs), listed(&new.inputs));
    fields.compare("inputs", ChangeRule::Now, old_inputs, new_inputs);
    let (old_outputs, new_outputs) = (listed(outputs), listed(&new.outputs));
    fields.compare("outputs", ChangeRule::NextUse, old_outputs, new_outputs);
    fields.compare("work", ChangeRule::Now, work, new.work);
    compare_skill_use(fields, skill.as_ref(), new.skill.as_ref());
}

fn compare_crop(fields: &mut Fields<'_>, old: &CropDefinition, new: &CropDefinition) {
    let CropDefinition {
        seasons,
        grow_ticks,
        sow_work,
        reap_work,
        yields,
        dies_below,
    } = old;
    let joined = |seasons: &std::collections::BTreeSet<String>| {
        let seasons: Vec<&str> = seasons.iter().map(String::as_str).collect();
        seasons.join(", ")
    };
    fields.compare(
        "seasons",
        ChangeRule::Now,
        joined(seasons),
        joined(&new.seasons),
    );
    fields.compare("grow_ticks", ChangeRule::Now, grow_ticks, new.grow_ticks);
    fields.compare("sow_work", ChangeRule::Now, sow_work, new.sow_work);
    fields.compare("reap_work", ChangeRule::Now, reap_work, new.reap_work);
    let (old_yields, new_yields) = (listed(yields), listed(&new.yields));
    fields.compare("yields", ChangeRule::NextUse, old_yields, new_yields);
    fields.compare("dies_below", ChangeRule::Now, dies_below, new.dies_below);
}
