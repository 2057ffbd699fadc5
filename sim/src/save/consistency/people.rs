//! Whether what a save says of people can be.

use super::super::SaveError;
use super::{Vocabulary, are_distinct, ensure};
use crate::StableId;
use crate::colonists::Person;
use crate::definitions::SKILL_LEVEL_MAX;
use crate::skills::experience_of_level;

/// What is not defined any more is forgotten once the colony is built, so that only spelling is looked at here.
pub(super) fn check(
    id: StableId,
    person: &Person,
    known: &Vocabulary<'_>,
) -> Result<(), SaveError> {
    for (skill, experience) in &person.skills {
        known.spelled(*skill)?;
        let is_in_bounds = *experience <= experience_of_level(SKILL_LEVEL_MAX);
        ensure(is_in_bounds, || {
            format!("colonist {id} has {experience} points of experience")
        })?;
    }
    let skills = person.skills.iter().map(|(skill, _)| *skill);
    ensure(are_distinct(skills), || {
        format!("colonist {id} has a skill twice")
    })?;
    person
        .forbidden
        .iter()
        .try_for_each(|kind| known.spelled(*kind).map(drop))
}
