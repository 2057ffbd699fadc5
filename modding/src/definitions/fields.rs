//! Reads kinds of fields that several kinds of definitions have.

use std::collections::BTreeMap;

use crate::document::ValueReader;

/// One character.
pub(super) fn read_character(value: &ValueReader<'_>) -> Option<char> {
    let text = value.string()?;
    let mut characters = text.chars();
    let (Some(character), None) = (characters.next(), characters.next()) else {
        value.fault(format!(
            "expected one character, found {}",
            text.chars().count()
        ));
        return None;
    };
    Some(character)
}

/// A table of counts from 1 to `max`.
pub(super) fn read_counts(value: &ValueReader<'_>, max: u32) -> Option<BTreeMap<String, u32>> {
    let entries = value.table()?.into_entries().into_iter();
    entries
        .map(|(key, count)| Some((key.text.to_owned(), count.integer(1..=max)?)))
        .collect()
}
