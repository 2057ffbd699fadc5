//! Reads kinds of jobs.

use std::collections::BTreeMap;

use sim::{
    EXPERIENCE_MAX, JobAction, JobDefinition, PRIORITY_MAX, SKILL_LEVEL_MAX, SkillUse,
    WORK_TICKS_MAX, YIELD_MAX,
};

use crate::document::TableReader;

use super::fields::read_counts;

/// The actions of kinds of job, as files name them.
const ACTIONS: [&str; 12] = [
    "haul", "harvest", "labour", "eat", "sleep", "relax", "supply", "build", "craft", "sow",
    "reap", "treat",
];

pub(super) fn read_job(table: &mut TableReader<'_>) -> Option<JobDefinition> {
    let action = table.required("action");
    let action = action.and_then(|value| value.one_of("action", &ACTIONS));
    let priority = table
        .optional("priority")
        .map(|value| value.integer(0..=PRIORITY_MAX));
    let Some(action) = action else {
        // Which keys go with it nobody knows.
        for key in ["work", "skill", "skill_min", "experience"] {
            table.optional(key);
        }
        return None;
    };
    let action = match action {
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
                "sleep" => JobAction::Sleep,
                "relax" => JobAction::Relax,
                "supply" => JobAction::Supply,
                "build" => JobAction::Build,
                "craft" => JobAction::Craft,
                "sow" => JobAction::Sow,
                "reap" => JobAction::Reap,
                _ => JobAction::Treat,
            })
        }
    };
    let work = read_work(table, action.as_ref());
    let skill = read_skill_use(table);
    Some(JobDefinition {
        action: action?,
        priority: priority.flatten(),
        work: work?,
        skill: skill?,
    })
}

/// Ticks of work; 0 where what is built, made or grown says.
fn read_work(table: &mut TableReader<'_>, action: Option<&JobAction>) -> Option<u32> {
    if action.is_some_and(JobAction::takes_time_of_its_object) {
        table.refuse("work", "is said by what is built, made or grown");
        return Some(0);
    }
    let work = table.required("work");
    work.and_then(|value| value.integer(1..=WORK_TICKS_MAX))
}

/// The skill that a kind of job or a recipe takes; `Some(None)` where none is named.
pub(super) fn read_skill_use(table: &mut TableReader<'_>) -> Option<Option<SkillUse>> {
    let Some(skill) = table.optional("skill") else {
        for key in ["skill_min", "experience"] {
            table.refuse(key, "goes with `skill` only");
        }
        return Some(None);
    };
    let skill = skill.string().map(str::to_owned);
    let level_min = table
        .optional("skill_min")
        .map_or(Some(0), |value| value.integer(0..=SKILL_LEVEL_MAX));
    let experience = table
        .optional("experience")
        .map_or(Some(0), |value| value.integer(0..=EXPERIENCE_MAX));
    Some(Some(SkillUse {
        skill: skill?,
        level_min: level_min?,
        experience: experience?,
    }))
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
    table
        .required("yields")
        .and_then(|value| read_counts(&value, YIELD_MAX))
}
