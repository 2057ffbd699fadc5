//! What can be seen of somebody besides how they are.

use smol_str::SmolStr;

use super::View;
use crate::StableId;
use crate::schedule::{HOURS_OF_DAY, Hour};
use crate::skills::level_of;

/// What somebody has learnt of a skill.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SkillFacts {
    /// Id of the skill.
    pub skill: SmolStr,
    /// 0 to [`SKILL_LEVEL_MAX`](crate::SKILL_LEVEL_MAX).
    pub level: u8,
    /// Points.
    pub experience: u32,
}

impl View<'_> {
    /// Every skill of somebody, in order of its id, untrained ones included; empty if nobody alive has this id.
    pub fn skills(self, id: StableId) -> Vec<SkillFacts> {
        let Some(person) = self.colony.entities.person(id) else {
            return Vec::new();
        };
        let rules = &self.colony.rules;
        let skills = rules.skills.iter().map(|(skill, _)| {
            let learnt = person.skills.iter().find(|(learnt, _)| learnt == skill);
            let experience = learnt.map_or(0, |(_, experience)| *experience);
            SkillFacts {
                skill: rules.names.id(*skill),
                level: level_of(experience),
                experience,
            }
        });
        skills.collect()
    }

    /// What the hours of somebody's day are for, `None` without a plan or if nobody alive has this id.
    pub fn schedule(self, id: StableId) -> Option<[Hour; HOURS_OF_DAY]> {
        self.colony.entities.person(id)?.schedule
    }

    /// The kinds of job that somebody does not take, in order of id.
    pub fn forbidden_work(self, id: StableId) -> Vec<SmolStr> {
        let person = self.colony.entities.person(id);
        let forbidden = person.into_iter().flat_map(|person| &person.forbidden);
        let mut kinds: Vec<SmolStr> = forbidden
            .map(|kind| self.colony.rules.names.id(*kind))
            .collect();
        kinds.sort_unstable();
        kinds
    }
}
