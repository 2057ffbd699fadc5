//! What colonists have learnt, and what they do faster for it.

use crate::definitions::{Rules, SKILL_LEVEL_MAX, SkillRule};
use crate::names::Name;
use crate::rng::{below, random_u64, stream};
use crate::{Colony, StableId};

/// Points of experience that level 1 takes; level n takes n² times as many.
const EXPERIENCE_OF_FIRST_LEVEL: u32 = 100;
/// How much faster than untrained each level makes work, in permille.
const SPEED_OF_LEVEL: u32 = 50;

/// The experience that a level takes, in points.
pub(crate) const fn experience_of_level(level: u8) -> u32 {
    EXPERIENCE_OF_FIRST_LEVEL * level as u32 * level as u32
}

/// The level that some experience makes.
pub(crate) fn level_of(experience: u32) -> u8 {
    let level = (experience / EXPERIENCE_OF_FIRST_LEVEL).isqrt();
    u8::try_from(level).map_or(SKILL_LEVEL_MAX, |level| level.min(SKILL_LEVEL_MAX))
}

/// The ticks that some work takes at a level, at least 1.
pub(crate) fn ticks_at_level(work: u32, level: u8) -> u32 {
    if level == 0 {
        return work;
    }
    let speed = 1_000 + SPEED_OF_LEVEL * u32::from(level);
    let ticks = u64::from(work) * 1_000 / u64::from(speed);
    u32::try_from(ticks).unwrap_or(work).max(1)
}

/// What somebody has learnt before they come, in order of the skills' ids.
pub(crate) fn of_newcomer(seed: u64, id: StableId, rules: &Rules) -> Vec<(Name, u32)> {
    let skills = rules.skills.iter().zip(0_u64..);
    let learnt = skills.map(|((skill, max), number)| {
        let random = random_u64(seed, stream::SKILLS, 0, id.get(), number);
        (*skill, below(random, max.saturating_add(1)))
    });
    learnt.filter(|(_, experience)| *experience > 0).collect()
}

impl Colony {
    /// How good somebody is at something.
    pub(crate) fn level(&self, id: StableId, skill: Name) -> u8 {
        let learnt = self.entities.person(id).map(|person| &person.skills);
        let experience = learnt
            .and_then(|learnt| learnt.iter().find(|(learnt, _)| *learnt == skill))
            .map_or(0, |(_, experience)| *experience);
        level_of(experience)
    }

    /// Lets somebody learn from what they have done.
    pub(crate) fn gain_experience(&mut self, id: StableId, used: SkillRule) {
        if used.experience == 0 {
            return;
        }
        let Some(skills) = self.entities.skills_mut(id) else {
            return;
        };
        let max = experience_of_level(SKILL_LEVEL_MAX);
        match skills.iter_mut().find(|(skill, _)| *skill == used.skill) {
            Some((_, experience)) => *experience = (*experience + used.experience).min(max),
            None => skills.push((used.skill, used.experience.min(max))),
        }
    }

    /// Lets everybody forget what is no skill any more.
    pub(crate) fn settle_skills(&mut self) {
        let known: Vec<Name> = self.rules.skills.iter().map(|(skill, _)| *skill).collect();
        for id in self.entities.colonist_ids() {
            let person = self.entities.person(id);
            let has_lost = person.is_some_and(|person| {
                person
                    .skills
                    .iter()
                    .any(|(skill, _)| !known.contains(skill))
            });
            if has_lost && let Some(skills) = self.entities.skills_mut(id) {
                skills.retain(|(skill, _)| known.contains(skill));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_follow_the_square_of_experience() {
        let levels = [0, 99, 100, 399, 400, 40_000, u32::MAX].map(level_of);
        assert_eq!(levels, [0, 0, 1, 1, 2, 20, 20]);
        assert_eq!(level_of(experience_of_level(13)), 13);
    }

    #[test]
    fn a_level_makes_work_faster_but_never_nothing() {
        assert_eq!(ticks_at_level(100, 0), 100);
        assert_eq!(ticks_at_level(100, 10), 66);
        assert_eq!(ticks_at_level(100, 20), 50);
        assert_eq!(ticks_at_level(1, 20), 1);
    }
}
