//! How state becomes bytes and bytes become state: a header that says what follows, a checksum that says whether it is whole.
//!
//! Layout, all integers little-endian: magic (4 bytes), format version (u16), codec (u8), compression (u8), length of the body
//! before compression (u64), xxh3-128 of the body before compression (16 bytes), body. Equal values give equal bytes:
//! the tree is ordered, and the gzip header holds no time (seed-corrections 34).

use std::io::{Read, Write};

use serde::Serialize;
use serde::de::DeserializeOwned;
use xxhash_rust::xxh3::xxh3_128;

use crate::limits::RUN_BYTES_MAX;

const MAGIC: [u8; 4] = *b"CLNY";
const FORMAT_VERSION: u16 = 1;
const HEADER_BYTES: usize = 32;

/// How a value becomes the bytes of a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Serialization {
    /// bincode 2, variable-length integers: the smallest and the fastest.
    Bincode,
    /// postcard: specified byte for byte, for readers in other languages.
    Postcard,
    /// JSON: for people.
    Json,
}

impl Serialization {
    /// All of them.
    pub const ALL: [Serialization; 3] = [
        Serialization::Bincode,
        Serialization::Postcard,
        Serialization::Json,
    ];

    /// As manifests spell it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Serialization::Bincode => "bincode",
            Serialization::Postcard => "postcard",
            Serialization::Json => "json",
        }
    }

    /// The serialization of that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Serialization> {
        Serialization::ALL
            .into_iter()
            .find(|serialization| serialization.name() == name)
    }

    fn code(self) -> u8 {
        match self {
            Serialization::Bincode => 1,
            Serialization::Postcard => 2,
            Serialization::Json => 3,
        }
    }

    fn body<T: Serialize>(self, value: &T) -> Result<Vec<u8>, CodecError> {
        match self {
            Serialization::Bincode => {
                bincode::serde::encode_to_vec(value, configuration()).map_err(body_error)
            }
            Serialization::Postcard => postcard::to_allocvec(value).map_err(body_error),
            Serialization::Json => serde_json::to_vec(value).map_err(body_error),
        }
    }

    fn value<T: DeserializeOwned>(self, body: &[u8]) -> Result<T, CodecError> {
        let (value, read) = match self {
            Serialization::Bincode => {
                bincode::serde::decode_from_slice(body, configuration()).map_err(body_error)?
            }
            Serialization::Postcard => {
                let (value, rest) = postcard::take_from_bytes(body).map_err(body_error)?;
                (value, body.len() - rest.len())
            }
            Serialization::Json => (
                serde_json::from_slice(body).map_err(body_error)?,
                body.len(),
            ),
        };
        if read != body.len() {
            return Err(CodecError::Body(format!(
                "{} bytes too many",
                body.len() - read
            )));
        }
        Ok(value)
    }
}

/// Whether a body is compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Compression {
    /// As it is: for hand-overs, which never leave memory.
    None,
    /// gzip: for files.
    Gzip,
}

/// Why bytes are not the state that they claim to be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CodecError {
    /// Shorter than a header, or another magic.
    #[error("not a colony-sim state: expected it to begin with `CLNY`")]
    NotState,
    /// Written by another version of the format.
    #[error("format version {found}, expected {FORMAT_VERSION}")]
    FormatVersion {
        /// The version that the header names.
        found: u16,
    },
    /// A codec or compression that this version does not know.
    #[error("unknown codec {codec} or compression {compression}")]
    UnknownCodec {
        /// The codec byte.
        codec: u8,
        /// The compression byte.
        compression: u8,
    },
    /// More bytes than any state may have.
    #[error("{found} bytes, at most {RUN_BYTES_MAX} are allowed")]
    TooLarge {
        /// Bytes before compression.
        found: u64,
    },
    /// Cut off or altered.
    #[error("damaged: the checksum does not match, the file was cut off or altered")]
    Damaged,
    /// The checksum fits, the content does not.
    #[error("cannot be read: {0}")]
    Body(String),
}

/// `value` in bincode as bytes that [`decode`] reads back.
///
/// # Errors
/// [`CodecError::TooLarge`] above [`RUN_BYTES_MAX`].
pub fn encode<T: Serialize>(value: &T, compression: Compression) -> Result<Vec<u8>, CodecError> {
    encode_as(value, Serialization::Bincode, compression)
}

/// `value` as bytes that [`decode`] reads back, whatever the serialization.
///
/// # Errors
/// [`CodecError::TooLarge`] above [`RUN_BYTES_MAX`].
pub fn encode_as<T: Serialize>(
    value: &T,
    serialization: Serialization,
    compression: Compression,
) -> Result<Vec<u8>, CodecError> {
    let body = serialization.body(value)?;
    if body.len() > RUN_BYTES_MAX {
        return Err(CodecError::TooLarge {
            found: body.len() as u64,
        });
    }
    let mut bytes = Vec::with_capacity(HEADER_BYTES + body.len());
    bytes.extend(MAGIC);
    bytes.extend(FORMAT_VERSION.to_le_bytes());
    bytes.push(serialization.code());
    bytes.push(match compression {
        Compression::None => 0,
        Compression::Gzip => 1,
    });
    bytes.extend((body.len() as u64).to_le_bytes());
    bytes.extend(xxh3_128(&body).to_le_bytes());
    match compression {
        Compression::None => bytes.extend(body),
        Compression::Gzip => bytes = deflate(bytes, &body).map_err(body_error)?,
    }
    Ok(bytes)
}

/// Bytes of [`encode_as`] with their body compressed; bytes that are no such or are compressed already stay.
#[must_use]
pub fn compress(bytes: &[u8]) -> Vec<u8> {
    let Some((header, body)) = bytes
        .split_at_checked(HEADER_BYTES)
        .filter(|(header, _)| header[7] == 0)
    else {
        return bytes.to_vec();
    };
    let mut header = header.to_vec();
    header[7] = 1;
    deflate(header, body).unwrap_or_else(|_| bytes.to_vec())
}

fn deflate(header: Vec<u8>, body: &[u8]) -> std::io::Result<Vec<u8>> {
    // GzBuilder's default leaves the modification time at 0.
    let mut encoder = flate2::GzBuilder::new().write(header, flate2::Compression::fast());
    encoder.write_all(body)?;
    encoder.finish()
}

/// The value that [`encode`] made `bytes` of.
///
/// # Errors
/// Whatever the bytes are, a [`CodecError`] says what is wrong with them; sizes are bounded before anything is allocated.
pub fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, CodecError> {
    let (header, packed) = bytes
        .split_at_checked(HEADER_BYTES)
        .ok_or(CodecError::NotState)?;
    if header[..4] != MAGIC {
        return Err(CodecError::NotState);
    }
    let found = u16::from_le_bytes([header[4], header[5]]);
    if found != FORMAT_VERSION {
        return Err(CodecError::FormatVersion { found });
    }
    let (codec, compression) = (header[6], header[7]);
    let length = u64::from_le_bytes(array(&header[8..16]));
    let checksum = u128::from_le_bytes(array(&header[16..32]));
    if length > RUN_BYTES_MAX as u64 {
        return Err(CodecError::TooLarge { found: length });
    }
    let serialization = Serialization::ALL
        .into_iter()
        .find(|serialization| serialization.code() == codec)
        .ok_or(CodecError::UnknownCodec { codec, compression })?;
    let body = match compression {
        0 => packed.to_vec(),
        1 => inflate(packed, length)?,
        _ => return Err(CodecError::UnknownCodec { codec, compression }),
    };
    if body.len() as u64 != length || xxh3_128(&body) != checksum {
        return Err(CodecError::Damaged);
    }
    serialization.value(&body)
}

fn body_error(error: impl std::fmt::Display) -> CodecError {
    CodecError::Body(error.to_string())
}

fn configuration() -> impl bincode::config::Config {
    bincode::config::standard().with_limit::<RUN_BYTES_MAX>()
}

/// Inflates at most one byte more than `length`, so that a bomb costs no more than an honest body. Nothing may stand behind it.
fn inflate(packed: &[u8], length: u64) -> Result<Vec<u8>, CodecError> {
    let mut body = Vec::new();
    let mut decoder = flate2::bufread::GzDecoder::new(packed).take(length + 1);
    decoder
        .read_to_end(&mut body)
        .map_err(|_| CodecError::Damaged)?;
    match decoder.into_inner().into_inner() {
        [] => Ok(body),
        _ => Err(CodecError::Damaged),
    }
}

fn array<const N: usize>(bytes: &[u8]) -> [u8; N] {
    let mut array = [0; N];
    array.copy_from_slice(bytes);
    array
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::Value;

    fn sample() -> Value {
        Value::map([
            ("by_kind", Value::map([("haul", 9.into())])),
            ("half", Value::Number(0.5)),
            // The shortest text that reads back as this number has all 17 digits.
            ("third", Value::Number(1.0 / 3.0 * 1e300)),
        ])
    }

    #[test]
    fn what_goes_in_comes_out() {
        for serialization in Serialization::ALL {
            for compression in [Compression::None, Compression::Gzip] {
                let bytes = encode_as(&sample(), serialization, compression).unwrap();
                assert_eq!(decode::<Value>(&bytes).unwrap(), sample());
                assert_eq!(
                    encode_as(&sample(), serialization, compression).unwrap(),
                    bytes,
                    "the same bytes every time"
                );
            }
        }
    }

    #[test]
    fn no_cut_and_no_flipped_bit_passes_for_another_value() {
        for compression in [Compression::None, Compression::Gzip] {
            let bytes = encode(&sample(), compression).unwrap();
            for length in 0..bytes.len() {
                assert!(
                    decode::<Value>(&bytes[..length]).is_err(),
                    "cut to {length}"
                );
            }
            for more in [&b"\0"[..], b"more", &bytes] {
                let longer = [&bytes, more].concat();
                assert_eq!(decode::<Value>(&longer), Err(CodecError::Damaged));
            }
            for at in 0..bytes.len() {
                for bit in 0..8 {
                    let mut damaged = bytes.clone();
                    damaged[at] ^= 1 << bit;
                    // Some bits of a gzip header (time, system) do not change what it inflates to.
                    if let Ok(value) = decode::<Value>(&damaged) {
                        assert_eq!(
                            (value, compression),
                            (sample(), Compression::Gzip),
                            "byte {at} bit {bit}"
                        );
                    }
                }
            }
        }
    }

    #[test]
    fn a_length_that_lies_allocates_nothing() {
        let mut bytes = encode(&sample(), Compression::None).unwrap();
        bytes[8..16].copy_from_slice(&u64::MAX.to_le_bytes());
        assert_eq!(
            decode::<Value>(&bytes),
            Err(CodecError::TooLarge { found: u64::MAX })
        );
    }
}
