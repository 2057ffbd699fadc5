//! `colony-sim base`.

use std::io::{IsTerminal, Write};

use modding::diagnostic::{Fault, nearest};

use super::environment::coloured;
use super::{BaseArguments, Colour, Exit};
use crate::project::builtin_mods;
use crate::report::source;
use crate::workspace::Files;

pub(super) fn base(arguments: &BaseArguments, colour: Colour) -> Exit {
    let files = builtin_mods().remove("base").unwrap_or_default();
    let shown = match &arguments.file {
        Some(name) => find(&files, name),
        None => Ok(names(&files)),
    };
    match shown {
        Ok(bytes) => {
            // A reader that has closed its end has seen enough.
            let _ = std::io::stdout().lock().write_all(&bytes);
            Exit::Pass
        }
        Err(fault) => {
            let colour = coloured(colour, std::io::stderr().is_terminal());
            let rendered = source::render(&[fault], colour);
            let _ = std::io::stderr().lock().write_all(rendered.as_bytes());
            Exit::Usage
        }
    }
}

fn names(files: &Files) -> Vec<u8> {
    let lines = files.keys().map(|path| format!("{path}\n"));
    lines.collect::<String>().into_bytes()
}

/// The file of a path, or of a name alone: there are no two of one name.
fn find(files: &Files, name: &str) -> Result<Vec<u8>, Fault> {
    let name = name.strip_prefix("base/").unwrap_or(name);
    let name_of = |path: &str| path.rsplit('/').next().unwrap_or_default().to_owned();
    let mut paths = files.iter();
    if let Some((_, bytes)) = paths.find(|(path, _)| *path == name || name_of(path) == name) {
        return Ok(bytes.clone());
    }
    let names: Vec<String> = files.keys().map(|path| name_of(path)).collect();
    let paths = files.keys().map(String::as_str);
    let known = paths.chain(names.iter().map(String::as_str));
    let fault = Fault::new(format!("`base` has no file `{name}`"));
    Err(match nearest(name, known) {
        Some(near) => fault.help(format!("did you mean `{near}`?")),
        None => fault.help("all of them: colony-sim base"),
    })
}
