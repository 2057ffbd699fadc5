//! The mods that depend on the one that is checked: they call what it exports.

use std::collections::BTreeSet;

use modding::api;
use modding::bundle::Bundle;
use modding::manifest::Manifest;
use modding::mod_id::ModId;

use super::Subject;
use super::subject::closure;

/// The mods of the subject, those that depend on it where they are found, and what these need; without those that do not start.
pub(super) fn with_dependents(
    subject: &Subject,
    starts: &dyn Fn(&BTreeSet<ModId>) -> bool,
) -> BTreeSet<ModId> {
    let mut mods = subject.mods.clone();
    for id in subject.library.known() {
        let Some(manifest) = manifest(subject, id) else {
            continue;
        };
        if mods.contains(id) || !manifest.dependencies.contains_key(&subject.mod_id) {
            continue;
        }
        let Ok(needed) = closure(&manifest, &subject.library) else {
            continue;
        };
        let more: BTreeSet<ModId> = mods.union(&needed.mods).cloned().collect();
        if needed.not_found.is_empty() && starts(&more) {
            mods = more;
        }
    }
    mods
}

/// The manifest of another mod; none where it cannot be read, which is that mod's affair.
fn manifest(subject: &Subject, id: &ModId) -> Option<Manifest> {
    let files = subject.library.of(id).ok()?;
    let bundle = Bundle::new(id.as_str(), files.as_ref().clone()).ok()?;
    Manifest::parse(&bundle, &api::capability_names()).ok()
}
