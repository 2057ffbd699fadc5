//! Finds cases, in the project or where the command line says.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use modding::diagnostic::Fault;

use super::unit_test_case::{cases_of_library, cases_of_mod};
use super::{Case, CaseKind, Problem, ScenarioCase};
use crate::project::scenario_files::files_in;
use crate::project::{PROJECT_FILE, Project, library, location};
use crate::workspace::ModLibrary;

/// The cases in `paths`, or of the whole project if there are none, in order of name.
///
/// # Errors
/// Paths that lead nowhere, a `colony.toml` that is invalid; no case is not an error yet.
pub fn discover(project: Option<&Project>, paths: &[PathBuf]) -> Result<Vec<Case>, Problem> {
    let mut files = Vec::new();
    let mut cases = Vec::new();
    if paths.is_empty() {
        let Some(project) = project else {
            let fault = Fault::new("there is no project here");
            return Err(Problem::Nothing(fault.help(format!(
                "go to a folder with `{PROJECT_FILE}` or `scenarios`, or name scenario files"
            ))));
        };
        files = project.scenario_files().map_err(Problem::Invalid)?;
        cases = unit_tests(project);
    }
    for path in paths {
        if path.join("mod.toml").is_file() {
            cases.extend(unit_tests_of_mod(path)?);
        } else if let Some(folder) = mod_of_test_file(path) {
            let file = path.canonicalize().ok();
            let of_file = |case: &Case| case.file().canonicalize().ok() == file;
            cases.extend(unit_tests_of_mod(&folder)?.into_iter().filter(of_file));
        } else {
            files.extend(files_at(path)?);
        }
    }
    cases.extend(scenario_cases(files)?);
    Ok(distinct(cases))
}

/// The cases in order of name, each once; where several have one name, by their files as the command line reaches them.
fn distinct(mut cases: Vec<Case>) -> Vec<Case> {
    let mut seen = BTreeSet::new();
    cases.retain(|case| seen.insert((case.file().canonicalize().ok(), case.name.clone())));
    let mut names: BTreeMap<String, usize> = BTreeMap::new();
    for case in &cases {
        *names.entry(case.name.clone()).or_default() += 1;
    }
    for case in &mut cases {
        if names.get(&case.name) != Some(&1) {
            case.name = format!("{} ({})", case.name, location::text(&case.file()));
        }
    }
    cases.sort_by(|left, right| left.name.cmp(&right.name));
    cases
}

/// The unit tests of a project's mods.
fn unit_tests(project: &Project) -> Vec<Case> {
    let library = Arc::new(project.library());
    cases_of_library(&library, &|file| shown_from(project, file))
}

/// The folder of the mod that a file of tests belongs to, if it is one.
fn mod_of_test_file(path: &Path) -> Option<PathBuf> {
    let is_script = path
        .extension()
        .is_some_and(|ending| ending == "lua" || ending == "luau");
    let mut folders = path
        .ancestors()
        .skip(1)
        .filter(|_| is_script && path.is_file());
    let folder = folders.find(|folder| folder.join("mod.toml").is_file())?;
    path.starts_with(folder.join("tests"))
        .then(|| folder.to_path_buf())
}

/// The unit tests of the mod in a folder.
fn unit_tests_of_mod(folder: &Path) -> Result<Vec<Case>, Problem> {
    let project = Project::find(folder).map_err(Problem::Invalid)?;
    let library = match &project {
        Some(project) => project.library(),
        None => library(Vec::new()),
    };
    let shown = |file: &Path| match &project {
        Some(project) => shown_from(project, file),
        None => location::text(file),
    };
    let cases = cases_of_mod(folder, &Arc::new(library), &shown);
    if cases.is_empty() {
        let fault = Fault::new(format!(
            "the mod in `{}` has no tests",
            location::text(folder)
        ));
        return Err(Problem::Nothing(fault.help(
            "write tests/first.lua, see docs/testing.md, or name a scenario that runs with it",
        )));
    }
    Ok(cases)
}

fn shown_from(project: &Project, file: &Path) -> String {
    project
        .relative(file)
        .unwrap_or_else(|| location::text(file))
}

fn files_at(path: &Path) -> Result<Vec<PathBuf>, Problem> {
    let shown = location::text(path);
    if path.is_file() {
        let is_scenario = path.extension().is_some_and(|ending| ending == "toml");
        return if is_scenario {
            Ok(vec![path.to_path_buf()])
        } else {
            let fault = Fault::new(format!(
                "`{shown}` is no scenario: expected a file `*.toml`"
            ));
            Err(Problem::Usage(vec![fault]))
        };
    }
    if !path.is_dir() {
        return Err(Problem::Usage(vec![Fault::new(format!(
            "there is no `{shown}`"
        ))]));
    }
    let files = if path.join(PROJECT_FILE).is_file() || path.join("scenarios").is_dir() {
        let project = Project::find(path).map_err(Problem::Invalid)?;
        let files = project.map_or(Ok(Vec::new()), |project| project.scenario_files());
        files.map_err(Problem::Invalid)?
    } else {
        files_in(path).map_err(|fault| Problem::Usage(vec![fault]))?
    };
    if files.is_empty() {
        let fault = Fault::new(format!("there are no scenarios in `{shown}`"));
        return Err(Problem::Nothing(fault));
    }
    Ok(files)
}

/// A file whose case has no name yet.
struct Found {
    file: PathBuf,
    source: String,
    library: Arc<ModLibrary>,
}

fn scenario_cases(files: Vec<PathBuf>) -> Result<Vec<Case>, Problem> {
    // By what the file is, so that a file named twice runs once.
    let mut found: BTreeMap<PathBuf, Found> = BTreeMap::new();
    let mut projects: BTreeMap<PathBuf, (Project, Arc<ModLibrary>)> = BTreeMap::new();
    for file in files {
        let folder = file.parent().unwrap_or(Path::new("")).to_path_buf();
        if !projects.contains_key(&folder) {
            let project = Project::of_scenario(&file).map_err(Problem::Invalid)?;
            let same = projects
                .values()
                .find(|(other, _)| other.root == project.root);
            let library = match same {
                Some((_, library)) => library.clone(),
                None => Arc::new(project.library()),
            };
            projects.insert(folder.clone(), (project, library));
        }
        let Some((project, library)) = projects.get(&folder) else {
            continue;
        };
        let identity = file.canonicalize().unwrap_or_else(|_| file.clone());
        let source = project
            .relative(&file)
            .unwrap_or_else(|| location::text(&file));
        let library = library.clone();
        found.entry(identity).or_insert(Found {
            file,
            source,
            library,
        });
    }
    let mut stems: BTreeMap<String, usize> = BTreeMap::new();
    for found in found.values() {
        *stems.entry(stem(&found.file)).or_default() += 1;
    }
    let cases = found.into_values().map(|found| {
        let stem = stem(&found.file);
        let name = if stems.get(&stem) == Some(&1) {
            stem
        } else {
            found.source.trim_end_matches(".toml").to_owned()
        };
        let kind = CaseKind::Scenario(ScenarioCase {
            file: found.file,
            source: found.source,
            library: found.library,
        });
        Case { name, kind }
    });
    Ok(cases.collect())
}

fn stem(file: &Path) -> String {
    let stem = file.file_stem().unwrap_or_default();
    stem.to_string_lossy().into_owned()
}
