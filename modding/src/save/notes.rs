//! What is told of a run that was loaded.

use super::Loaded;
use crate::report::{Fate, MemberReport};

impl Loaded {
    /// What is not as it was when the run was saved, a line each.
    #[must_use]
    pub fn notes(&self) -> Vec<String> {
        let definitions = self
            .definitions_changed
            .then(|| "definitions in assets/ are others than those that were saved".to_owned());
        let updated = self.updated.iter().map(updated);
        definitions.into_iter().chain(updated).collect()
    }
}

/// What became of a mod whose files are not those that wrote the save.
fn updated(member: &MemberReport) -> String {
    let (before, after) = &member.versions;
    let (from, to) = member.generations;
    let fates = [Fate::Kept, Fate::Migrated, Fate::Defaulted, Fate::Dropped].map(|fate| {
        let paths: Vec<&str> = member
            .state
            .paths
            .iter()
            .filter(|path| path.fate == fate)
            .map(|path| path.path.as_str())
            .collect();
        (fate, paths)
    });
    let fates: Vec<String> = fates
        .iter()
        .filter(|(_, paths)| !paths.is_empty())
        .map(|(fate, paths)| format!("{} {}", fate.name(), paths.join(", ")))
        .collect();
    let fates = if fates.is_empty() {
        "no state".to_owned()
    } else {
        fates.join(" · ")
    };
    format!(
        "{} has other files than those that ran: {before} g{from} -> {after} g{to} · {fates}",
        member.mod_id
    )
}
