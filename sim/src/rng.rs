//! Random numbers by counting: a number is a function of what it is for, not of how many were drawn before. So there
//! is no generator to save, and an added draw disturbs no other.

/// Increment of SplitMix64: the odd integer nearest to 2^64 divided by the golden ratio.
const GOLDEN_GAMMA: u64 = 0x9e37_79b9_7f4a_7c15;

/// What this crate draws for.
pub(crate) mod stream {
    pub(crate) const ELEVATION: u64 = 1;
    pub(crate) const MOISTURE: u64 = 2;
    pub(crate) const TREES: u64 = 3;
    pub(crate) const NAMES: u64 = 4;
    pub(crate) const NEEDS: u64 = 5;
    pub(crate) const WEATHER: u64 = 6;
    pub(crate) const STORYTELLER: u64 = 7;
    pub(crate) const ACCIDENT: u64 = 8;
    pub(crate) const SKILLS: u64 = 9;
    pub(crate) const BLIGHT: u64 = 10;
}

/// The random number for one purpose: `stream` separates uses, `tick` and `entity` (0 where there is none) the moment
/// and the thing, `counter` several draws for the same. Streams below 1,000 are this crate's own.
/// Equal arguments give equal numbers, on every machine.
///
/// Each argument is folded in with one round of SplitMix64 (Steele, Lea and Flood, "Fast splittable pseudorandom number
/// generators", OOPSLA 2014), whose finaliser is David Stafford's variant 13 of the MurmurHash3 mixer.
pub fn random_u64(seed: u64, stream: u64, tick: u64, entity: u64, counter: u64) -> u64 {
    [stream, tick, entity, counter]
        .into_iter()
        .fold(mix(seed), |state, word| mix(state ^ word))
}

/// Scales a random number to 0..`bound` without division or modulo bias worth noticing (Lemire, 2019).
pub(crate) fn below(random: u64, bound: u32) -> u32 {
    let scaled = (u128::from(random) * u128::from(bound)) >> 64;
    u32::try_from(scaled).expect("a product shifted by 64 bits is smaller than its 32-bit factor")
}

/// The choice that a random number falls on, each as likely as its weight says compared with the others; `None` where no
/// weight is above 0.
pub(crate) fn weighted<T>(
    random: u64,
    choices: impl Iterator<Item = (T, u32)> + Clone,
) -> Option<T> {
    let weights = choices.clone().map(|(_, weight)| weight);
    let total = weights.fold(0_u32, u32::saturating_add);
    let mut drawn = below(random, total);
    for (choice, weight) in choices {
        match drawn.checked_sub(weight) {
            None => return Some(choice),
            Some(left) => drawn = left,
        }
    }
    None
}

fn mix(word: u64) -> u64 {
    let mut mixed = word.wrapping_add(GOLDEN_GAMMA);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// First outputs of the reference implementation of SplitMix64 for the seed 1234567.
    #[test]
    fn one_round_is_splitmix64() {
        let expected = [
            6_457_827_717_110_365_317,
            3_203_168_211_198_807_973,
            9_817_491_932_198_370_423,
        ];
        let mut state: u64 = 1_234_567;
        for value in expected {
            assert_eq!(mix(state), value);
            state = state.wrapping_add(GOLDEN_GAMMA);
        }
    }

    #[test]
    fn every_argument_counts() {
        let base = random_u64(1, 2, 3, 4, 5);
        let changed = [
            random_u64(0, 2, 3, 4, 5),
            random_u64(1, 0, 3, 4, 5),
            random_u64(1, 2, 0, 4, 5),
            random_u64(1, 2, 3, 0, 5),
            random_u64(1, 2, 3, 4, 0),
            random_u64(1, 3, 2, 4, 5),
        ];
        assert!(changed.iter().all(|value| *value != base));
    }

    #[test]
    fn below_covers_its_range_and_nothing_else() {
        let drawn: std::collections::BTreeSet<u32> = (0..200)
            .map(|counter| below(random_u64(9, 9, 9, 9, counter), 6))
            .collect();
        assert_eq!(drawn.into_iter().collect::<Vec<_>>(), [0, 1, 2, 3, 4, 5]);
        assert_eq!(below(u64::MAX, 1), 0);
    }

    #[test]
    fn a_choice_is_as_likely_as_its_weight() {
        let choices = [("never", 0), ("seldom", 1), ("mostly", 3), ("last", 0)];
        let drawn = |quarter: u64| weighted(quarter << 62, choices.into_iter());
        assert_eq!(drawn(0), Some("seldom"));
        assert_eq!([1, 2, 3].map(drawn), [Some("mostly"); 3]);
        assert_eq!(weighted(u64::MAX, choices.into_iter()), Some("mostly"));
        assert_eq!(weighted(5, [("never", 0)].into_iter()), None);
        assert_eq!(weighted::<()>(5, std::iter::empty()), None);
    }
}
