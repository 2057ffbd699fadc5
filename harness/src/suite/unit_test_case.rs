//! Unit tests of mods as cases: finds them, and runs each.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use modding::api;
use modding::bundle::Bundle;
use modding::diagnostic::Fault;
use modding::manifest::{Manifest, select_files};
use modding::mod_id::ModId;
use modding::unit_test::{self, UnitTest, UnitTestSubject};

use super::{Case, CaseKind, CaseResult, Status, UnitTestCase};
use crate::workspace::ModLibrary;

/// The vanilla content, which every test runs with.
const BASE: &str = "base";

/// The cases of the mods in the folders of a library.
pub(super) fn cases_of_library(
    library: &Arc<ModLibrary>,
    root: &dyn Fn(&Path) -> String,
) -> Vec<Case> {
    let folders = library
        .known()
        .iter()
        .filter_map(|id| library.folder_of(id));
    folders
        .flat_map(|folder| cases_of_mod(&folder, library, root))
        .collect()
}

/// The cases of the mod in a folder. A file whose tests cannot be listed is one case, which says why when it is run.
pub(super) fn cases_of_mod(
    folder: &Path,
    library: &Arc<ModLibrary>,
    root: &dyn Fn(&Path) -> String,
) -> Vec<Case> {
    let mut cases = Vec::new();
    for path in test_files(folder, library) {
        let file = UnitTestCase {
            folder: folder.to_path_buf(),
            path: path.clone(),
            test: None,
            source: root(&folder.join(&path)),
            library: library.clone(),
        };
        let stem = path
            .rsplit_once('.')
            .map_or(path.as_str(), |(stem, _)| stem);
        let stem = format!("{}/{stem}", folder_name(folder));
        let listed = subject(&file).and_then(|subject| unit_test::tests_in(&subject, &path));
        for test in listed.unwrap_or_default() {
            cases.push(Case {
                name: format!("{stem}: {}", test.name),
                kind: CaseKind::UnitTest(UnitTestCase {
                    test: Some(test),
                    ..file.clone()
                }),
            });
        }
        if cases.last().is_none_or(|case| case.source() != file.source) {
            cases.push(Case {
                name: stem,
                kind: CaseKind::UnitTest(file),
            });
        }
    }
    cases
}

/// Runs a unit test.
#[must_use]
pub fn run_unit_test(case: &Case, unit_test_case: &UnitTestCase) -> CaseResult {
    let mut result = CaseResult::of(case, Status::Passed);
    let run = subject(unit_test_case).and_then(|subject| match &unit_test_case.test {
        Some(test) => unit_test::run(&subject, &unit_test_case.path, test),
        None => {
            let listed: Result<Vec<UnitTest>, Vec<Fault>> =
                unit_test::tests_in(&subject, &unit_test_case.path);
            Err(listed.err().unwrap_or_else(|| {
                vec![Fault::new(
                    "the tests of the file changed while they were run",
                )]
            }))
        }
    });
    match run {
        Ok(outcome) => {
            result.ticks = outcome.ticks;
            if !outcome.faults.is_empty() {
                result.status = Status::Failed;
                result.faults = outcome.faults;
                result.log = outcome.log;
            }
        }
        Err(faults) => {
            result.status = Status::Invalid;
            result.faults = faults;
        }
    }
    result
}

fn test_files(folder: &Path, library: &ModLibrary) -> Vec<String> {
    let files = library.at(folder, &folder_name(folder)).unwrap_or_default();
    let bundle = select_files(&folder_name(folder), files.as_ref().clone());
    bundle.map_or(Vec::new(), |bundle| unit_test::test_files(&bundle))
}

/// The mod under test, with all that it depends on.
fn subject(case: &UnitTestCase) -> Result<UnitTestSubject, Vec<Fault>> {
    let name = folder_name(&case.folder);
    let mod_id = ModId::parse(&name)
        .map_err(|error| vec![Fault::new(format!("`{name}` is no id of a mod: {error}"))])?;
    let files = case.library.at(&case.folder, &name)?;
    let bundle = select_files(&name, files.as_ref().clone())?;
    let mut wanted: Vec<ModId> = dependencies(&bundle)?;
    wanted.extend(ModId::parse(BASE));
    let mut loaded = BTreeSet::from([mod_id.clone()]);
    let mut bundles = vec![bundle];
    while let Some(id) = wanted.pop() {
        if !loaded.insert(id.clone()) {
            continue;
        }
        // One that is not there is named by the mod that needs it, when the colony begins.
        if !case.library.known().contains(&id) {
            continue;
        }
        let bundle = select_files(id.as_str(), case.library.of(&id)?.as_ref().clone())?;
        wanted.extend(dependencies(&bundle)?);
        bundles.push(bundle);
    }
    Ok(UnitTestSubject {
        mod_id,
        bundles,
        known: case.library.known().clone(),
    })
}

fn dependencies(bundle: &Bundle) -> Result<Vec<ModId>, Vec<Fault>> {
    let manifest = Manifest::parse(bundle, &api::capability_names())?;
    Ok(manifest.dependencies.keys().cloned().collect())
}

fn folder_name(folder: &Path) -> String {
    let name = match folder.file_name() {
        Some(name) => PathBuf::from(name),
        // `.` and `..` have a name once they are resolved.
        None => folder
            .canonicalize()
            .ok()
            .and_then(|folder| folder.file_name().map(PathBuf::from))
            .unwrap_or_default(),
    };
    name.to_string_lossy().into_owned()
}
