//! What the library code that a mod asks for tells: it runs in the machine of the mod, and is lost with it.

use std::sync::Arc;

use modding::bundle::Bundle;
use modding::findings::{Finding, examine};

use super::Subject;
use crate::workspace::Workspace;

/// The folder of library code in that of a mod.
const FOLDER: &str = "lib/";

/// Findings about library code of other mods that the subject, or library code, asks for by name.
pub(super) fn findings(subject: &Subject, bundle: &Bundle, workspace: &Workspace) -> Vec<Finding> {
    let others = subject.mods.iter().filter(|id| **id != subject.mod_id);
    let others: Vec<Bundle> = others.filter_map(|id| workspace.bundle(id).ok()).collect();
    let mut asking: Vec<Arc<str>> = texts(bundle, "");
    asking.extend(others.iter().flat_map(|other| texts(other, FOLDER)));
    let mut findings = Vec::new();
    for other in &others {
        // A mod that cannot be read has told so when it was started.
        let examined = examine(other).unwrap_or_default();
        findings.extend(examined.findings.into_iter().filter(|finding| {
            name(other.folder(), &finding.place.file)
                .is_some_and(|name| asking.iter().any(|text| text.contains(&name)))
        }));
    }
    findings
}

/// The name by which code asks for a file of library code: `@night_shift/queue` for `night_shift/lib/queue.lua`.
fn name(folder: &str, file: &str) -> Option<String> {
    let path = file.strip_prefix(folder)?.strip_prefix('/')?;
    let (stem, _) = path.strip_prefix(FOLDER)?.rsplit_once('.')?;
    Some(format!("@{folder}/{stem}"))
}

/// The scripts of a mod that are below a folder.
fn texts(bundle: &Bundle, folder: &str) -> Vec<Arc<str>> {
    let scripts = bundle.paths().filter(|path| {
        path.starts_with(folder) && (path.ends_with(".lua") || path.ends_with(".luau"))
    });
    scripts.filter_map(|path| bundle.text(path)?.ok()).collect()
}
