//! `colony-sim watch`.

use std::collections::BTreeMap;
use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use modding::diagnostic::{Fault, Place};
use modding::mod_id::ModId;
use sim::MapSource;

use super::environment::coloured;
use super::{Colour, Exit, WatchArguments};
use crate::live::session::CheckpointFile;
use crate::live::{self, LiveError, LiveOptions};
use crate::load_from;
use crate::project::{self, Project};
use crate::recording::Recording;
use crate::report::source;
use crate::scenario::{ColonySetup, ModChoice, Scenario};
use crate::watcher::{WatchedMod, WatcherOptions};
use crate::workspace::{ModLibrary, Workspace};

/// Where checkpoints and states are kept, below the project's root.
const KEPT_FOLDER: &str = ".colony";

/// The colony that is watched where no scenario says which.
const DEFAULT_SEED: u64 = 1;
const DEFAULT_SIZE: (u16, u16) = (48, 32);
const DEFAULT_COLONISTS: u32 = 8;
const DEFAULT_STOCK: [(&str, u32); 2] = [("meal", 40), ("wood", 40)];

/// Why there is nothing to watch, and how the program ends then.
type Refusal = (Exit, Vec<Fault>);

pub(super) fn watch(arguments: &WatchArguments, colour: Colour) -> Exit {
    match try_watch(arguments, colour) {
        Ok(()) => Exit::Pass,
        Err((exit, faults)) => {
            let colour = coloured(colour, std::io::stderr().is_terminal());
            let rendered = source::render(&faults, colour);
            let _ = std::io::stderr().lock().write_all(rendered.as_bytes());
            exit
        }
    }
}

fn try_watch(arguments: &WatchArguments, colour: Colour) -> Result<(), Refusal> {
    if let Some(file) = &arguments.record {
        check_record(file)?;
    }
    let invalid = |faults| (Exit::Invalid, faults);
    let project = match &arguments.scenario {
        Some(file) => Some(Project::of_scenario(file).map_err(invalid)?),
        None => Project::find(Path::new("")).map_err(invalid)?,
    };
    let folders = match (&arguments.mods, &project) {
        (Some(folder), _) => vec![project::folder_of_mods(folder).map_err(invalid)?],
        (None, Some(project)) => project.mods_folders(),
        (None, None) => {
            let fault = Fault::new(
                "there is no project here: no `mods`, `scenarios` or `colony.toml` in this folder or above it",
            );
            let help = "name a scenario, or a folder of mods with --mods";
            return Err((Exit::NothingToRun, vec![fault.help(help)]));
        }
    };
    let library = project::library(folders.clone());
    let (scenario, workspace) = match &arguments.scenario {
        Some(file) => load_from(file, &library).map_err(invalid)?,
        None => {
            let scenario = default_scenario(&library);
            let workspace = Workspace::load(&scenario, &library);
            (scenario, workspace.map_err(invalid)?)
        }
    };
    let watched = watched(&scenario, &library)?;
    if let Some(file) = &arguments.record {
        outside_of_mods(file, &watched)?;
    }
    let root = project.map_or_else(PathBuf::new, |project| project.root);
    let options = LiveOptions {
        ticks: arguments.ticks.map(Into::into),
        ticks_per_second: arguments.ticks_per_second,
        record: arguments.record.clone(),
        checkpoint: arguments.from.as_deref().map(read_checkpoint).transpose()?,
        steps: arguments.steps,
        build: arguments.build,
        log: arguments.log,
        colour: coloured(colour, std::io::stdout().is_terminal()),
        kept: root.join(KEPT_FOLDER),
        mods_folders: match &arguments.scenario {
            Some(_) => Vec::new(),
            None => folders.clone(),
        },
        stop: stop_on_signals(),
        watcher: WatcherOptions {
            force_polling: arguments.poll,
            ..WatcherOptions::default()
        },
    };
    live::watch(&scenario, &workspace, watched, &options).map_err(|error| match error {
        LiveError::Invalid(faults) => invalid(faults),
        LiveError::CannotWrite(fault) => (Exit::Usage, vec![fault]),
    })
}

fn read_checkpoint(file: &Path) -> Result<CheckpointFile, Refusal> {
    let shown = project::location::text(file);
    let read = std::fs::read(file).map_err(|error| {
        let fault = Fault::new(format!("`{shown}` cannot be read: {error}"));
        let help = "checkpoints are in .colony/checkpoints of the project; the key c of `watch` writes one";
        (Exit::Usage, vec![fault.help(help)])
    });
    Ok(CheckpointFile {
        bytes: read?,
        shown,
    })
}

/// A recording overwrites nothing.
fn check_record(file: &Path) -> Result<(), Refusal> {
    let refuse = |fault| Err((Exit::Usage, vec![fault]));
    let shown = project::location::text(file);
    if file.extension().is_none_or(|ending| ending != "toml") || file.to_str().is_none() {
        let fault = Fault::new(format!("`{shown}` is no name of a scenario file"));
        return refuse(fault.help("let it end in .toml"));
    }
    for path in [file, &Recording::folder_of(file)] {
        if path.exists() {
            let shown = project::location::text(path);
            let fault = Fault::new(format!("`{shown}` exists already"));
            return refuse(fault.help("remove it, or record under another name"));
        }
    }
    Ok(())
}

/// A recording in the folder of a watched mod would be a change of that mod, which would be recorded.
fn outside_of_mods(file: &Path, watched: &[WatchedMod]) -> Result<(), Refusal> {
    let folder = file
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty());
    let folder = folder.unwrap_or(Path::new(".")).canonicalize();
    let within = |watched: &&WatchedMod| {
        let watched = watched.folder.canonicalize();
        matches!((&folder, watched), (Ok(folder), Ok(watched)) if folder.starts_with(&watched))
    };
    let Some(mod_id) = watched.iter().find(within).map(|watched| &watched.mod_id) else {
        return Ok(());
    };
    let shown = project::location::text(file);
    let fault = Fault::new(format!(
        "`{shown}` is in the folder of {mod_id}, which is watched"
    ));
    Err((
        Exit::Usage,
        vec![fault.help("record into another folder, such as scenarios/")],
    ))
}

/// A flag that the signals to end raise. A second one ends the program at once, should it hang.
fn stop_on_signals() -> Arc<AtomicBool> {
    let stop = Arc::new(AtomicBool::new(false));
    #[cfg(unix)]
    let signals = [
        signal_hook::consts::SIGINT,
        signal_hook::consts::SIGTERM,
        signal_hook::consts::SIGHUP,
    ];
    #[cfg(not(unix))]
    let signals = [signal_hook::consts::SIGINT, signal_hook::consts::SIGTERM];
    for signal in signals {
        // A signal that cannot be caught ends the program as it always does.
        let _ =
            signal_hook::flag::register_conditional_shutdown(signal, 128 + signal, stop.clone());
        let _ = signal_hook::flag::register(signal, stop.clone());
    }
    stop
}

/// The mods of a run that are in folders: those of the program have none.
fn watched(scenario: &Scenario, library: &ModLibrary) -> Result<Vec<WatchedMod>, Refusal> {
    let folder = |choice: &ModChoice| match &choice.from {
        Some(from) => Some(scenario.folder().join(from)),
        None => library.folder_of(&choice.id),
    };
    let choices = scenario.mods.iter();
    let watched: Vec<WatchedMod> = choices
        .filter_map(|choice| {
            Some(WatchedMod {
                mod_id: choice.id.clone(),
                folder: folder(choice)?,
            })
        })
        .collect();
    if watched.is_empty() {
        let fault = Fault::new("there is nothing to watch: no mod of this run is in a folder");
        return Err((Exit::NothingToRun, vec![fault]));
    }
    Ok(watched)
}

/// A small colony with every mod that there is.
fn default_scenario(library: &ModLibrary) -> Scenario {
    let has_manifest = |id: &&ModId| {
        let folder = library.folder_of(id);
        folder.is_none_or(|folder| folder.join(modding::manifest::MANIFEST_FILE).is_file())
    };
    let mods: Vec<&ModId> = library.known().iter().filter(has_manifest).collect();
    let names: Vec<String> = mods.iter().map(|id| format!("\"{id}\"")).collect();
    let source: Arc<str> = format!("load = [{}]\n", names.join(", ")).into();
    let file: Arc<str> = "watch".into();
    let choices = mods.iter().map(|id| ModChoice {
        id: (*id).clone(),
        version: None,
        from: None,
        place: Place::of_line(file.clone(), source.clone(), 1),
    });
    let (width, height) = DEFAULT_SIZE;
    let stock = DEFAULT_STOCK.map(|(item, count)| (item.to_owned(), count));
    Scenario {
        name: "watch".to_owned(),
        description: None,
        seed: DEFAULT_SEED,
        ticks: 1,
        colony: ColonySetup {
            map: MapSource::Generated { width, height },
            map_file: None,
            colonists: DEFAULT_COLONISTS,
            stock: BTreeMap::from(stock),
            stock_places: BTreeMap::new(),
            place: None,
        },
        mods: choices.collect(),
        additions: Vec::new(),
        steps: Vec::new(),
        expectations: Vec::new(),
        snapshot: None,
        file,
        source,
    }
}
