//! Finding things by key, at the same cost however many there are.

/// A map to look things up in, by a hash that is the same in every process. Its order follows from what was put in and taken out before,
/// which a load does not repeat: whoever goes through it sorts, or sums up.
#[expect(
    clippy::disallowed_types,
    reason = "an ordered map costs a look-up for each level, in every tick for everybody; the order of this one must not reach state"
)]
pub(crate) type Lookup<K, V> = std::collections::HashMap<K, V, rustc_hash::FxBuildHasher>;
