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

/// Names that a message lists at most.
const LISTED_MAX: usize = 12;

/// The end of an error message about an unknown name: the one that was probably meant, or else those that there are.
pub(crate) fn suggestion<'a>(
    name: &str,
    candidates: impl IntoIterator<Item = &'a str> + Clone,
) -> String {
    let near = nearest(name, candidates.clone());
    if near.is_some() {
        return hint(near.as_deref());
    }
    let known: Vec<&str> = candidates.into_iter().collect();
    let listed = known.iter().take(LISTED_MAX).copied();
    let listed = listed.collect::<Vec<_>>().join(", ");
    match known.len() {
        0 => "; none is defined".to_owned(),
        count if count > LISTED_MAX => {
            format!(
                ", expected {listed} or one of the {} others",
                count - LISTED_MAX
            )
        }
        _ => format!(", expected one of: {listed}"),
    }
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

    #[test]
    fn says_what_there_is_where_nothing_is_close() {
        let letters: Vec<String> = ('a'..='o')
            .map(|letter| letter.to_string().repeat(5))
            .collect();
        let letters: Vec<&str> = letters.iter().map(String::as_str).collect();
        for (name, known, expected) in [
            ("wod", &["meal", "wood"][..], "; did you mean `wood`?"),
            ("iron", &["meal", "wood"], ", expected one of: meal, wood"),
            ("iron", &[], "; none is defined"),
            (
                "iron",
                &letters[..14],
                ", expected aaaaa, bbbbb, ccccc, ddddd, eeeee, fffff, ggggg, hhhhh, iiiii, jjjjj, kkkkk, lllll or one of the 2 others",
            ),
        ] {
            assert_eq!(suggestion(name, known.iter().copied()), expected, "{name}");
        }
    }
}
