//! What colonists can be good at.

use serde::{Deserialize, Serialize};

/// Highest level of a skill; the lowest is 0.
pub const SKILL_LEVEL_MAX: u8 = 20;
/// Most experience that one job gives.
pub const EXPERIENCE_MAX: u32 = 10_000;

/// A skill. Level n takes 100 n² points of experience; each level makes work with it 5 % of the untrained speed faster.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SkillDefinition {
    /// The most experience that a founder or newcomer has of it; how much is drawn.
    ///
    /// Changes at the *next use*, which is when somebody joins.
    pub newcomer_max: u32,
}

/// How a kind of job or a recipe uses a skill.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SkillUse {
    /// Which.
    pub skill: String,
    /// The level somebody needs to do it, 0 to [`SKILL_LEVEL_MAX`].
    pub level_min: u8,
    /// Points of experience gained when it is done, 0 to [`EXPERIENCE_MAX`].
    pub experience: u32,
}
