//! Hashes of state: xxh3 with 128 bits over what saves encode, so that what is saved and what is hashed
//! cannot drift apart.

use bincode::enc::write::Writer;
use bincode::error::EncodeError;
use serde::Serialize;
use xxhash_rust::xxh3::Xxh3;

/// Hash of some bytes.
pub fn hash_bytes(bytes: &[u8]) -> u128 {
    xxhash_rust::xxh3::xxh3_128(bytes)
}

/// The next link of a hash chain: depends on every link before it and on the name and hash of every part, in order.
pub fn chain_hash(previous: u128, parts: &[(&'static str, u128)]) -> u128 {
    let mut hasher = PartHasher::new();
    hasher.write(&previous);
    hasher.write(parts);
    hasher.finish()
}

/// Hashes one part of the state, value by value, without building its encoding in memory.
#[derive(Default)]
pub struct PartHasher {
    state: Xxh3,
    /// Encoded and not yet hashed: the hash is made for long runs of bytes, a value encodes to a few.
    pending: Vec<u8>,
}

/// Numbers of one length: what is hashed need not be short, and every tick it is hashed anew.
pub(crate) const ENCODING: bincode::config::Configuration<
    bincode::config::LittleEndian,
    bincode::config::Fixint,
> = bincode::config::standard().with_fixed_int_encoding();
/// Bytes that are encoded before they are hashed.
const PENDING_BYTES: usize = 8 * 1024;

impl PartHasher {
    /// A hasher that has seen nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a value. Strings and sequences count with their length, so that values cannot run into each other.
    ///
    /// # Panics
    /// If the value's `Serialize` fails or gives a sequence without its length. Derived ones do neither.
    pub fn write<T: Serialize + ?Sized>(&mut self, value: &T) {
        let writer = Tail(&mut self.pending);
        bincode::serde::encode_into_writer(value, writer, ENCODING).expect(
            "state is plain data: every sequence knows its length and memory takes every byte",
        );
        if self.pending.len() >= PENDING_BYTES {
            self.state.update(&self.pending);
            self.pending.clear();
        }
    }

    /// The hash of all values so far.
    pub fn finish(&self) -> u128 {
        // Most parts are one small value.
        let mut state = self.state.clone();
        state.update(&self.pending);
        state.digest128()
    }
}

/// Writes behind what there is.
pub(crate) struct Tail<'a>(pub(crate) &'a mut Vec<u8>);

impl Writer for Tail<'_> {
    fn write(&mut self, bytes: &[u8]) -> Result<(), EncodeError> {
        self.0.extend_from_slice(bytes);
        Ok(())
    }
}

/// Most values that are hashed alone have no more bytes.
const SHORT_BYTES: usize = 192;

/// Hash of one value.
pub(crate) fn hash_of<T: Serialize + ?Sized>(value: &T) -> u128 {
    let mut short = [0; SHORT_BYTES];
    if let Ok(length) = bincode::serde::encode_into_slice(value, &mut short, ENCODING) {
        return hash_bytes(&short[..length]);
    }
    // It is longer.
    let mut bytes = Vec::with_capacity(2 * SHORT_BYTES);
    bincode::serde::encode_into_writer(value, Tail(&mut bytes), ENCODING)
        .expect("state is plain data: every sequence knows its length and memory takes every byte");
    hash_bytes(&bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_do_not_run_into_each_other() {
        let hash = |values: &[&str]| {
            let mut hasher = PartHasher::new();
            values.iter().for_each(|value| hasher.write(value));
            hasher.finish()
        };
        assert_ne!(hash(&["ab", "c"]), hash(&["a", "bc"]));
        assert_ne!(hash(&["ab"]), hash(&["ab", ""]));
        assert_eq!(hash(&["ab", "c"]), hash(&["ab", "c"]));
    }

    #[test]
    fn a_short_value_and_a_long_one_are_hashed_as_their_bytes() {
        for length in [
            0,
            1,
            SHORT_BYTES - 9,
            SHORT_BYTES - 8,
            SHORT_BYTES - 7,
            5_000,
        ] {
            let value = vec![7_u8; length];
            let mut bytes = (length as u64).to_le_bytes().to_vec();
            bytes.extend(&value);
            assert_eq!(hash_of(&value), hash_bytes(&bytes), "{length}");
        }
    }

    #[test]
    fn a_chain_depends_on_history_names_and_order() {
        let link = chain_hash(1, &[("terrain", 2), ("jobs", 3)]);
        assert_ne!(link, chain_hash(0, &[("terrain", 2), ("jobs", 3)]));
        assert_ne!(link, chain_hash(1, &[("jobs", 3), ("terrain", 2)]));
        assert_ne!(link, chain_hash(1, &[("terrain", 2), ("items", 3)]));
    }
}
