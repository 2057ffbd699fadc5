//! Finds the interruption that a difference comes from.

use super::Change;
use super::trial::{Ending, Trials, Variation};

impl Trials<'_> {
    /// The first tick before which an interruption makes a difference, where interruptions before each tick have made one at
    /// `tick`; and how many runs it took to find.
    ///
    /// Up to some tick interruptions go unnoticed, and with that tick they do not: it is found by halving. One interruption
    /// before it nearly always does it; where it takes several in a row, as few as there can be.
    pub(super) fn first_change(&self, variation: &Variation, tick: u64) -> (Change, u64) {
        let mut runs = 0;
        let mut differs = |first: u64, last: u64| {
            runs += 1;
            match self.compare(&variation.before(first..=last)) {
                Ending::Differs(tick) => Some(tick),
                _ => None,
            }
        };
        // Invariant: up to `same` nothing is noticed, up to `noticed` something is.
        let (mut same, mut noticed) = (0, tick);
        while noticed - same > 1 {
            let middle = same + (noticed - same) / 2;
            if differs(1, middle).is_some() {
                noticed = middle;
            } else {
                same = middle;
            }
        }
        let (mut first, mut found) = (1, tick);
        if let Some(tick) = differs(noticed, noticed) {
            (first, found) = (noticed, tick);
        } else {
            // Invariant: from `first` on something is noticed, from `late` on nothing is.
            let mut late = noticed;
            while late - first > 1 {
                let middle = first + (late - first) / 2;
                match differs(middle, noticed) {
                    Some(tick) => (first, found) = (middle, tick),
                    None => late = middle,
                }
            }
            if first == 1 {
                found = differs(1, noticed).unwrap_or(tick);
            }
        }
        let change = Change {
            interrupted: Some((first, noticed)),
            tick: found,
            parts: Vec::new(),
            facts: Vec::new(),
        };
        (change, runs)
    }
}
