//! Reads skills, buildings, recipes and crops.

use std::collections::BTreeSet;

use sim::{
    BuildingDefinition, BuildingUse, CropDefinition, FACTOR_MAX, LASTS_MAX, MATERIAL_MAX, PERMILLE,
    RecipeDefinition, SkillDefinition, TEMPERATURE_MAX, WALK_COST_MAX, WORK_TICKS_MAX, YIELD_MAX,
};

use crate::document::TableReader;

use super::fields::read_counts;
use super::jobs::read_skill_use;

pub(super) fn read_skill(table: &mut TableReader<'_>) -> Option<SkillDefinition> {
    let newcomer_max = table
        .optional("newcomer_max")
        .map_or(Some(0), |value| value.integer(0..=u32::MAX));
    Some(SkillDefinition {
        newcomer_max: newcomer_max?,
    })
}

pub(super) fn read_building(table: &mut TableReader<'_>) -> Option<BuildingDefinition> {
    let materials = table
        .required("materials")
        .and_then(|value| read_counts(&value, MATERIAL_MAX));
    let work = read_work(table, "work");
    let walk_cost = table
        .optional("walk_cost")
        .and_then(|value| value.integer(1..=WALK_COST_MAX));
    let purpose = table.required("purpose").and_then(|value| {
        let names = ["structure", "bed", "recreation", "workplace"];
        value.one_of("purpose", &names)
    });
    let comfort = table
        .optional("comfort")
        .map_or(Some(PERMILLE), |value| value.integer(0..=FACTOR_MAX));
    Some(BuildingDefinition {
        materials: materials?,
        work: work?,
        walk_cost,
        purpose: match purpose? {
            "bed" => BuildingUse::Bed,
            "recreation" => BuildingUse::Recreation,
            "workplace" => BuildingUse::Workplace,
            _ => BuildingUse::Structure,
        },
        comfort: comfort?,
    })
}

pub(super) fn read_recipe(table: &mut TableReader<'_>) -> Option<RecipeDefinition> {
    let building = table
        .required("building")
        .and_then(|value| value.string().map(str::to_owned));
    let mut amounts = |key| {
        table
            .required(key)
            .and_then(|value| read_counts(&value, MATERIAL_MAX))
    };
    let (inputs, outputs) = (amounts("inputs"), amounts("outputs"));
    let work = read_work(table, "work");
    let skill = read_skill_use(table);
    Some(RecipeDefinition {
        building: building?,
        inputs: inputs?,
        outputs: outputs?,
        work: work?,
        skill: skill?,
    })
}

pub(super) fn read_crop(table: &mut TableReader<'_>) -> Option<CropDefinition> {
    let seasons = table
        .optional("seasons")
        .map_or(Some(BTreeSet::new()), |value| {
            value.strings().map(|seasons| seasons.into_iter().collect())
        });
    let grow_ticks = table
        .required("grow_ticks")
        .and_then(|value| value.integer(1..=LASTS_MAX));
    let (sow_work, reap_work) = (read_work(table, "sow_work"), read_work(table, "reap_work"));
    let yields = table
        .required("yields")
        .and_then(|value| read_counts(&value, YIELD_MAX));
    let dies_below = table
        .optional("dies_below")
        .map_or(Some(-TEMPERATURE_MAX), |value| {
            value.integer(-TEMPERATURE_MAX..=TEMPERATURE_MAX)
        });
    Some(CropDefinition {
        seasons: seasons?,
        grow_ticks: grow_ticks?,
        sow_work: sow_work?,
        reap_work: reap_work?,
        yields: yields?,
        dies_below: dies_below?,
    })
}

fn read_work(table: &mut TableReader<'_>, key: &'static str) -> Option<u32> {
    let work = table.required(key);
    work.and_then(|value| value.integer(1..=WORK_TICKS_MAX))
}
