//! Messages that both languages have, in the words of who reads them: the functions of a component have the names of colony.wit.

use crate::api::{functions, kebab_case, split};

/// What messages call the module of all functions, which only scripts have.
const OF_SCRIPTS: &str = "colony.";

/// A message with the names of colony.wit in the place of those of scripts: `jobs.set-priority` for `colony.jobs.set_priority`.
pub(super) fn in_words_of_wit(message: &str) -> String {
    let mut words = String::with_capacity(message.len());
    let mut rest = message;
    while let Some(at) = rest.find(OF_SCRIPTS) {
        let (before, after) = rest.split_at(at);
        words.push_str(before);
        // A name of the author's own may end so.
        if before.ends_with(|letter: char| letter.is_alphanumeric() || "_-./".contains(letter)) {
            words.push_str(OF_SCRIPTS);
            rest = &after[OF_SCRIPTS.len()..];
            continue;
        }
        let name = &after[OF_SCRIPTS.len()..];
        let end = name
            .find(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_' && letter != '.');
        let name = name[..end.unwrap_or(name.len())].trim_end_matches('.');
        match wit_name(name) {
            Some(wit) => words.push_str(&wit),
            None => words.push_str(&after[..OF_SCRIPTS.len() + name.len()]),
        }
        rest = &after[OF_SCRIPTS.len() + name.len()..];
    }
    words.push_str(rest);
    words.replace("top-level code", "`load`")
}

/// What follows `colony.`, as components have it; None where they have nothing of the kind.
fn wit_name(name: &str) -> Option<String> {
    if name == "storage" || name.starts_with("storage.") {
        return Some(name.to_owned());
    }
    if name == "mods.get" {
        return Some("mods.call".to_owned());
    }
    let known = functions().find(|known| known.name == name)?;
    let (module, name) = split(known);
    Some(format!("{module}.{}", kebab_case(name)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn functions_have_the_names_that_components_import() {
        for (message, expected) in [
            (
                "colony.jobs.set_priority needs the capability `jobs.write`, which asker lacks",
                "jobs.set-priority needs the capability `jobs.write`, which asker lacks",
            ),
            (
                "`x` of colony.jobs.designate must be a whole number",
                "`x` of jobs.designate must be a whole number",
            ),
            (
                "colony.storage.by_kind.haul is 3; use colony.state.get_mod_state.",
                "storage.by_kind.haul is 3; use state.get-mod-state.",
            ),
            (
                "write colony.time.declare(\"a\", fn) in top-level code",
                "write time.declare(\"a\", fn) in `load`",
            ),
            ("colony.mods.get(\"a\")", "mods.call(\"a\")"),
            (
                "colony.wit and colony.no_such.function",
                "colony.wit and colony.no_such.function",
            ),
            ("ends with colony.", "ends with colony."),
            (
                "my_colony.jobs.designate, a.colony.jobs.designate",
                "my_colony.jobs.designate, a.colony.jobs.designate",
            ),
            ("", ""),
        ] {
            assert_eq!(in_words_of_wit(message), expected);
        }
    }
}
