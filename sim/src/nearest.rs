//! The name somebody probably meant.

/// The candidate most like `name`, the first in order among equals. It may differ in a third of the name's letters, or in
/// one; what differs more is another word.
pub(crate) fn nearest<'a>(
    name: &str,
    candidates: impl IntoIterator<Item = &'a str>,
) -> Option<String> {
    let edits_max = (name.chars().count() / 3).max(1);
    candidates
        .into_iter()
        .map(|candidate| (strsim::damerau_levenshtein(name, candidate), candidate))
        .filter(|(edits, _)| *edits <= edits_max)
        .min_by_key(|(edits, _)| *edits)
        .map(|(_, candidate)| candidate.to_owned())
}

/// The end of an error message that suggests `nearest`.
pub(crate) fn hint(nearest: Option<&str>) -> String {
    nearest
        .map(|name| format!("; did you mean `{name}`?"))
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn suggests_only_what_is_close() {
        let known = ["meal", "stone", "wood"];
        for (name, suggested) in [
            ("wod", Some("wood")),
            ("meals", Some("meal")),
            ("gold", None),
            ("stnoe", Some("stone")),
            ("iron", None),
        ] {
            assert_eq!(nearest(name, known).as_deref(), suggested, "{name}");
        }
    }
}
