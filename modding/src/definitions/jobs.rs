//! Reads kinds of jobs.

use std::collections::BTreeMap;

use sim::{JobAction, JobDefinition, PRIORITY_MAX, WORK_TICKS_MAX, YIELD_MAX};

use crate::document::TableReader;

use super::fields::read_counts;

pub(super) fn read_job(table: &mut TableReader<'_>) -> Option<JobDefinition> {
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
    table
        .required("yields")
        .and_then(|value| read_counts(&value, YIELD_MAX))
}
