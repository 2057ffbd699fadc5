//! The harness of `colony-sim`: reads scenarios, runs them, reports what happened.
//!
//! It never decides what the colony or a mod does: what it adds to them comes from the scenario file. The clock is read
//! to show progress and speed on standard error, and while a person watches: to pace the ticks and to say how long a reload took.
//!
//! ```no_run
//! use std::path::Path;
//! use harness::runner::{RunOptions, run};
//!
//! let (scenario, workspace) = harness::load(Path::new("scenarios/reload_midgame.toml"), Path::new("mods"))?;
//! let record = run(&scenario, &workspace, &RunOptions::default(), &mut |_| {})?;
//! print!("{}", harness::report::text::report(&record, Default::default()));
//! # Ok::<(), Vec<modding::diagnostic::Fault>>(())
//! ```

use std::path::Path;
use std::sync::Arc;

use modding::api::{self, Run};
use modding::diagnostic::Fault;
use modding::manifest::Manifest;
use modding::reload::Priority;
use modding::report::{Outcome, ReloadType, Stage};

pub mod artefacts;
pub mod check;
pub mod cli;
mod event_counts;
mod expectation;
pub mod live;
pub mod project;
pub mod query;
pub mod record;
pub mod recording;
pub mod report;
pub mod runner;
pub mod scenario;
pub mod snapshot;
pub mod suite;
pub mod sweep;
pub mod watcher;
pub mod workspace;

use scenario::{ModChoice, Scenario, Vocabulary, parse_scenario, read_scenario};
use workspace::{ModLibrary, Workspace};

/// Reads a scenario and the mods it names, and tries every change of a file that it scripts. Mods are in one folder.
///
/// # Errors
/// Everything that is wrong and can be known before the first tick.
pub fn load(path: &Path, mods_folder: &Path) -> Result<(Scenario, Workspace), Vec<Fault>> {
    load_from(path, &project::library(vec![mods_folder.to_path_buf()]))
}

/// The same with mods from a library, which many scenarios can share.
///
/// # Errors
/// Everything that is wrong and can be known before the first tick.
pub fn load_from(path: &Path, library: &ModLibrary) -> Result<(Scenario, Workspace), Vec<Fault>> {
    load_with(&|vocabulary| read_scenario(path, vocabulary), library)
}

/// The same with a scenario whose text is `source`, as if it stood at `path`, where no file need be.
///
/// # Errors
/// Everything that is wrong and can be known before the first tick.
pub fn load_text(
    path: &Path,
    source: &str,
    library: &ModLibrary,
) -> Result<(Scenario, Workspace), Vec<Fault>> {
    let shown: Arc<str> = path.to_string_lossy().replace('\\', "/").into();
    let read = |vocabulary: &Vocabulary<'_>| {
        parse_scenario(path, shown.clone(), source.into(), vocabulary)
    };
    load_with(&read, library)
}

fn load_with(
    read: &dyn Fn(&Vocabulary<'_>) -> Result<Scenario, Vec<Fault>>,
    library: &ModLibrary,
) -> Result<(Scenario, Workspace), Vec<Fault>> {
    // What the host tells a mod about itself is not something that happens in a colony.
    let events: Vec<&str> = api::event_names()
        .into_iter()
        .filter(|name| api::is_counted(name))
        .collect();
    let commands: Vec<&str> = api::functions()
        .filter(|function| matches!(function.run, Run::Command(_)))
        .map(|function| function.name)
        .collect();
    let stages = Stage::ALL.map(Stage::name);
    let reload_types = ReloadType::ALL.map(ReloadType::name);
    let outcomes: Vec<&str> = Outcome::ALL
        .map(Outcome::name)
        .into_iter()
        .chain(["done"])
        .collect();
    let priorities = Priority::ALL.map(Priority::name);
    let vocabulary = Vocabulary {
        events: &events,
        commands: &commands,
        stages: &stages,
        outcomes: &outcomes,
        reload_types: &reload_types,
        priorities: &priorities,
        event_fields: api::fields_by_name,
        check_query: query::check,
    };
    let scenario = read(&vocabulary)?;
    let workspace = Workspace::load(&scenario, library)?;
    let faults: Vec<Fault> = scenario
        .mods
        .iter()
        .filter_map(|choice| wrong_version(choice, &workspace))
        .collect();
    if !faults.is_empty() {
        return Err(faults);
    }
    workspace.dry_run(&scenario)?;
    Ok((scenario, workspace))
}

/// A mod of another version than the scenario asks for. A manifest that cannot be read is reported when the mod starts.
fn wrong_version(choice: &ModChoice, workspace: &Workspace) -> Option<Fault> {
    let range = choice.version.as_ref()?;
    let bundle = workspace.bundle(&choice.id).ok()?;
    let found = Manifest::parse(&bundle, &api::capability_names())
        .ok()?
        .version;
    let message = format!(
        "{} is version {found}, the scenario asks for {range}",
        choice.id
    );
    (!range.matches(&found)).then(|| Fault::new(message).at(choice.place.clone()))
}
