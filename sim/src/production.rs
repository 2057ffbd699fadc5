//! Work at blueprints and workplaces: building and crafting.

use crate::definitions::SkillRule;
use crate::jobs::{Job, Task};
use crate::names::Name;
use crate::{Colony, Event, Position, StableId};

/// One tick of building.
pub(crate) fn build(colony: &mut Colony, colonist: StableId, job: StableId, id: StableId) {
    let structure = colony.entities.structure(id);
    let rule = structure.and_then(|structure| colony.rules.building(structure.kind));
    let Some(work) = rule.map(|rule| rule.work) else {
        return;
    };
    if !colony.work_one_tick(colonist, work) {
        return;
    }
    let is_supplied = colony
        .entities
        .structure(id)
        .is_some_and(|structure| structure.is_supplied(&colony.rules));
    if !is_supplied {
        colony.fail_job(job, "the materials are not there any more");
    } else if colony.complete_building(id) {
        colony.complete_job(job);
    } else {
        colony.fail_job(job, "somebody stands there and cannot step aside");
    }
}

/// One tick of crafting.
pub(crate) fn craft(colony: &mut Colony, colonist: StableId, job: StableId, id: StableId) {
    let Some(at) = colony.position(colonist) else {
        return;
    };
    let structure = colony.entities.structure(id);
    let Some(structure) = structure.filter(|structure| structure.is_supplied(&colony.rules)) else {
        colony.fail_job(job, "what it takes is not there any more");
        return;
    };
    let rule = structure
        .order
        .and_then(|order| colony.rules.recipe(order.recipe));
    let Some(rule) = rule.cloned() else {
        colony.fail_job(job, "nothing is ordered any more");
        return;
    };
    if !colony.work_one_tick(colonist, rule.work) {
        return;
    }
    let outputs = rule.outputs.iter();
    let loads = outputs.map(|(item, count)| colony.load_of(*item, *count));
    let Some(placements) = colony.plan_placements(loads.collect(), at) else {
        colony.fail_job(job, "there is no room for what it makes");
        return;
    };
    colony.place(placements);
    colony.change_structure(id, |structure| {
        structure.consume(&rule.inputs);
        if let Some(order) = &mut structure.order {
            order.left = order.left.saturating_sub(1);
        }
        structure.order = structure.order.filter(|order| order.left > 0);
    });
    for (item, count) in rule.outputs {
        colony.tell_produced(item, count, at, job);
    }
    colony.complete_job(job);
    if let Some(skill) = rule.skill {
        colony.gain_experience(colonist, skill);
    }
    colony.put_down_surplus(id);
}

impl Colony {
    /// Tells of items that a job brought forth.
    pub(crate) fn tell_produced(&mut self, item: Name, count: u32, at: Position, job: StableId) {
        let item = self.rules.names.id(item);
        self.events.push(Event::ItemProduced {
            item,
            count,
            at,
            job,
        });
    }

    /// The skill that a job takes.
    pub(crate) fn skill_for(&self, job: &Job) -> Option<SkillRule> {
        match job.task {
            Task::Craft { structure } => {
                let order = self.entities.structure(structure)?.order?;
                self.rules.recipe(order.recipe)?.skill
            }
            _ => self.rules.kind(job.kind)?.skill,
        }
    }
}
