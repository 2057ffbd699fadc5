//! Tiles as the bytes they are, all at once: to the encodings of saves and hashes they are what a sequence of numbers is.

use std::fmt;

use serde::de::{Deserializer, Visitor};
use serde::ser::Serializer;

pub(super) fn serialize<S: Serializer>(tiles: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_bytes(tiles)
}

pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u8>, D::Error> {
    deserializer.deserialize_byte_buf(Tiles)
}

struct Tiles;

impl Visitor<'_> for Tiles {
    type Value = Vec<u8>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a byte for each tile")
    }

    fn visit_bytes<E>(self, tiles: &[u8]) -> Result<Vec<u8>, E> {
        Ok(tiles.to_vec())
    }

    fn visit_byte_buf<E>(self, tiles: Vec<u8>) -> Result<Vec<u8>, E> {
        Ok(tiles)
    }
}
