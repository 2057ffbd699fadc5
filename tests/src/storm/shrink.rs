//! Leaves out steps of a storm that fails, as long as it still fails.

use super::check::{Failure, Property, check};
use super::{Storm, StormMods};

/// How often a storm is run at most while it is made smaller.
const TRIALS_MAX: usize = 200;

/// The storm with as few steps as still fail in the same property, and how it fails then.
#[must_use]
pub fn shrink(mods: &StormMods, storm: &Storm, failure: &Failure) -> (Storm, Failure) {
    let (mut least, mut found) = (storm.clone(), failure.clone());
    let mut trials = 0;
    loop {
        let steps_before = least.steps.len();
        let mut chunk = (least.steps.len() / 2).max(1);
        while chunk > 0 {
            let mut end = least.steps.len();
            while end > 0 && trials < TRIALS_MAX {
                let begin = end.saturating_sub(chunk);
                let mut smaller = least.clone();
                let needed = |step: &String| {
                    failure.property == Property::Health && step.contains("label = \"finale")
                };
                let mut at = 0;
                smaller.steps.retain(|step| {
                    at += 1;
                    !(begin..end).contains(&(at - 1)) || needed(step)
                });
                trials += 1;
                if let Some(failure) = fails(mods, &smaller, &found) {
                    (least, found) = (smaller, failure);
                }
                end = begin.min(least.steps.len());
            }
            chunk /= 2;
        }
        if least.steps.len() == steps_before || trials >= TRIALS_MAX {
            return (least, found);
        }
    }
}

/// How a storm fails in the same property and in the same way, if it does. One that cannot be read does not.
fn fails(mods: &StormMods, storm: &Storm, failure: &Failure) -> Option<Failure> {
    let (scenario, workspace) = mods.load(&storm.text()).ok()?;
    let found = check(failure.property, &scenario, &workspace).err()?;
    let words = |failure: &Failure| {
        let before_details = failure.message.split(':').next().unwrap_or_default();
        let words = before_details.split(|character: char| !character.is_alphabetic());
        words.map(str::to_owned).collect::<Vec<_>>()
    };
    (words(&found) == words(failure)).then_some(found)
}
