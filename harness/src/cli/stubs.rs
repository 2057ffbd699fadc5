//! `colony-sim stubs`.

use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};

use modding::api::{self, STUB_MARK};
use modding::diagnostic::Fault;

use super::environment::coloured;
use super::{Colour, Exit, StubsArguments};
use crate::project::{Project, location};
use crate::report::source;

/// The folder beside that of the mods.
const FOLDER: &str = "types";

pub(super) fn stubs(arguments: &StubsArguments, colour: Colour) -> Exit {
    let written = folder(arguments).and_then(|folder| write(&folder));
    match written {
        Ok(lines) => {
            // A reader that has closed its end has seen enough.
            let _ = std::io::stdout().lock().write_all(lines.as_bytes());
            Exit::Pass
        }
        Err(faults) => {
            let colour = coloured(colour, std::io::stderr().is_terminal());
            let rendered = source::render(&faults, colour);
            let _ = std::io::stderr().lock().write_all(rendered.as_bytes());
            Exit::Usage
        }
    }
}

fn folder(arguments: &StubsArguments) -> Result<PathBuf, Vec<Fault>> {
    if let Some(folder) = &arguments.folder {
        return Ok(folder.clone());
    }
    let project = Project::find(Path::new(""))?;
    let mods = project.and_then(|project| project.mods_folders().into_iter().next());
    let beside = mods.as_deref().and_then(Path::parent);
    Ok(beside.unwrap_or(Path::new("")).join(FOLDER))
}

/// Writes the files, all or none: somebody's own file in the place of one is left alone. Gives a line for each.
fn write(folder: &Path) -> Result<String, Vec<Fault>> {
    let stubs = api::stubs().map(|(name, text)| (folder.join(name), text));
    let foreign = stubs.iter().filter(|(path, _)| !is_generated(path));
    let faults: Vec<Fault> = foreign.map(|(path, _)| not_ours(path)).collect();
    if !faults.is_empty() {
        return Err(faults);
    }
    let cannot = |path: &Path, error: std::io::Error| {
        vec![Fault::new(format!(
            "cannot write {}: {error}",
            location::text(path)
        ))]
    };
    std::fs::create_dir_all(folder).map_err(|error| cannot(folder, error))?;
    let mut lines = String::new();
    for (path, text) in stubs {
        let before = std::fs::read_to_string(&path);
        let done = if before.is_ok_and(|before| before == text) {
            "unchanged"
        } else {
            std::fs::write(&path, text).map_err(|error| cannot(&path, error))?;
            "written"
        };
        lines.push_str(&format!("{done}  {}\n", location::text(&path)));
    }
    Ok(lines)
}

/// Whether the file may be written: it is not there, or its first line says that it was made here.
fn is_generated(path: &Path) -> bool {
    match std::fs::read(path) {
        Ok(bytes) => String::from_utf8_lossy(&bytes)
            .lines()
            .next()
            .is_some_and(|line| line.contains(STUB_MARK)),
        Err(error) => error.kind() == std::io::ErrorKind::NotFound,
    }
}

fn not_ours(path: &Path) -> Fault {
    let path = location::text(path);
    Fault::new(format!(
        "{path} was not written by `colony-sim stubs`, so it is left as it is"
    ))
    .help("rename it, or name another folder: colony-sim stubs FOLDER")
}
