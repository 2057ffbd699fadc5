//! The name by which mods, scenarios and saves refer to a mod.

use std::borrow::Borrow;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// Most bytes in a mod id: long enough for any name, short enough for a column of a report.
pub const MOD_ID_BYTES_MAX: usize = 64;

/// A mod's id: a lowercase letter, then up to 63 lowercase letters, digits and underscores.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ModId(Arc<str>);

/// Text that is no mod id.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error(
    "`{found}` is not a mod id: expected a lowercase letter, then up to 63 lowercase letters, digits and underscores"
)]
pub struct ModIdError {
    /// The text, shortened if it is far too long.
    pub found: String,
}

impl ModId {
    /// Checks that `text` is a mod id.
    pub fn parse(text: &str) -> Result<Self, ModIdError> {
        let mut bytes = text.bytes();
        let starts_well = bytes.next().is_some_and(|first| first.is_ascii_lowercase());
        let goes_on_well = bytes.all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_'));
        if starts_well && goes_on_well && text.len() <= MOD_ID_BYTES_MAX {
            return Ok(Self(text.into()));
        }
        let found = match text.char_indices().nth(MOD_ID_BYTES_MAX) {
            Some((end, _)) => format!("{}…", &text[..end]),
            None => text.to_owned(),
        };
        Err(ModIdError { found })
    }

    /// The id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ModId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl FromStr for ModId {
    type Err = ModIdError;

    fn from_str(text: &str) -> Result<Self, ModIdError> {
        Self::parse(text)
    }
}

impl TryFrom<String> for ModId {
    type Error = ModIdError;

    fn try_from(text: String) -> Result<Self, ModIdError> {
        Self::parse(&text)
    }
}

impl From<ModId> for String {
    fn from(id: ModId) -> Self {
        id.0.as_ref().to_owned()
    }
}

impl Borrow<str> for ModId {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl AsRef<str> for ModId {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_ids_are_ids() {
        let longest = format!("a{}", "_".repeat(63));
        for good in ["a", "base", "priority_watch", "x2", &longest] {
            assert_eq!(ModId::parse(good).map(String::from), Ok(good.to_owned()));
        }
        let too_long = format!("{longest}_");
        for bad in [
            "", "_a", "2x", "Base", "a-b", "a/b", "..", "ä", "a\n", "a ", &too_long,
        ] {
            assert!(ModId::parse(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn deserialising_checks_too() {
        let id = ModId::parse("stats").expect("an id");
        let json = serde_json::to_string(&id).expect("a string");
        assert_eq!(serde_json::from_str::<ModId>(&json).expect("an id"), id);
        assert!(serde_json::from_str::<ModId>("\"../stats\"").is_err());
    }
}
