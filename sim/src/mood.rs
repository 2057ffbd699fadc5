//! Mood: what follows from needs and wounds, slowly. Who is in a bad mood does only what is urgent.

use crate::definitions::{NEED_MAX, NeedKind, Rules};
use crate::needs::Needs;

/// The best mood, in points; 0 is the worst.
pub const MOOD_MAX: u16 = 10_000;
/// Below it, somebody takes no work that is not urgent.
pub const MOOD_LOW: u16 = 2_500;
/// Points by which the mood moves in a tick towards what needs and wounds make of it.
const STEP: u16 = 10;

/// The mood in which somebody ends up who stays as they are.
fn target(needs: &Needs, rules: &Rules) -> u16 {
    let lost = NeedKind::ALL.into_iter().map(|need| {
        let unmet = u32::from(NEED_MAX.saturating_sub(needs.get(need).level));
        unmet * u32::from(rules.need(need).mood) / u32::from(NEED_MAX)
    });
    let lost = lost.sum::<u32>() + u32::from(needs.wound / 2);
    MOOD_MAX.saturating_sub(u16::try_from(lost).unwrap_or(MOOD_MAX))
}

/// The mood after a tick.
pub(crate) fn next(needs: &Needs, rules: &Rules) -> u16 {
    let target = target(needs, rules);
    if needs.mood < target {
        (needs.mood + STEP).min(target)
    } else {
        needs.mood.saturating_sub(STEP).max(target)
    }
}
