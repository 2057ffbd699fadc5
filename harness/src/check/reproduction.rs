//! A small scenario that shows what a mod does wrong, as a file.

use std::fs;
use std::path::{Path, PathBuf};

use modding::diagnostic::Fault;
use toml_edit::{Array, ArrayOfTables, DocumentMut, InlineTable, Item, Table, Value};

use super::FOLDER;
use super::probe::{Draft, integer};
use crate::project::location;

/// A scenario that fails, by an expectation, as long as the mod does what it does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reproduction {
    /// The file, as people in the working directory know it.
    pub path: PathBuf,
    /// Its text.
    pub text: String,
    /// Ticks that it runs.
    pub ticks: u64,
    /// Its colonists.
    pub colonists: u32,
    /// How many reloads, or saves and loads, it takes.
    pub interruptions: u64,
    /// Whether it saves and loads, and does not reload.
    pub saves: bool,
}

/// What interrupts the scenario.
pub(super) struct Interrupted<'a> {
    pub(super) mod_id: &'a str,
    pub(super) saves: bool,
    pub(super) first: u64,
    pub(super) last: u64,
    /// The first tick that differs.
    pub(super) differs: u64,
}

impl Reproduction {
    /// Writes the file.
    ///
    /// # Errors
    /// A folder or a file that cannot be written.
    pub fn write(&self) -> Result<(), Fault> {
        let cannot = |error: std::io::Error| {
            Fault::new(format!(
                "cannot write `{}`: {error}",
                location::text(&self.path)
            ))
        };
        if let Some(folder) = self.path.parent() {
            fs::create_dir_all(folder).map_err(cannot)?;
        }
        fs::write(&self.path, &self.text).map_err(cannot)
    }
}

/// The scenario with its interruption and the expectation that fails, as a file in the project.
pub(super) fn text(
    draft: &Draft,
    root: &Path,
    interrupted: &Interrupted<'_>,
) -> Option<(PathBuf, String)> {
    let path = root
        .join(FOLDER)
        .join(format!("{}.toml", interrupted.mod_id));
    let mut document: DocumentMut = draft.text.parse().ok()?;
    let from = from_folder(root, draft.path.parent().unwrap_or(Path::new("")))?;
    move_paths(&mut document, &from);
    let what = if interrupted.saves {
        "restart"
    } else {
        "reload"
    };
    let steps = document
        .entry("step")
        .or_insert(Item::ArrayOfTables(ArrayOfTables::new()));
    let steps = steps.as_array_of_tables_mut()?;
    for tick in interrupted.first..=interrupted.last {
        let mut step = Table::new();
        step["at"] = integer(tick);
        if tick == interrupted.last {
            step["label"] = toml_edit::value(what);
        }
        step[what] = match interrupted.saves {
            true => toml_edit::value(true),
            false => {
                let mut reload = InlineTable::new();
                reload.insert("mods", Value::Array(Array::from_iter([interrupted.mod_id])));
                reload.insert("force", true.into());
                toml_edit::value(reload)
            }
        };
        steps.push(step);
    }
    let mut expectation = Table::new();
    expectation["at"] = integer(interrupted.differs);
    let mut without = InlineTable::new();
    without.insert("without_step", what.into());
    expectation["hash_equals"] = toml_edit::value(without);
    let mut expectations = ArrayOfTables::new();
    expectations.push(expectation);
    document.insert("expect", Item::ArrayOfTables(expectations));
    let shown = location::text(&path);
    let note = format!(
        "# Found by: colony-sim check. As long as a {what} can be noticed, this fails:\n#   colony-sim run {shown}\n"
    );
    Some((path, format!("{note}{}", document.to_string().trim_start())))
}

/// `folder`, in which paths were written, as seen from the folder of the file.
fn from_folder(root: &Path, folder: &Path) -> Option<String> {
    let here = |path: &Path| match path.as_os_str().is_empty() {
        true => Path::new(".").canonicalize().ok(),
        false => path.canonicalize().ok(),
    };
    let target = here(folder)?;
    let base = here(root)?.join(FOLDER);
    let relative = location::relative_to(&base, &target);
    (!relative.is_absolute()).then(|| location::text(&relative))
}

/// Writes the paths of files beside the scenario as they are seen from its new place.
fn move_paths(document: &mut DocumentMut, from: &str) {
    let moved = |item: &mut Value| {
        if let Some(path) = item.as_str() {
            *item = format!("{from}/{path}").into();
        }
    };
    if let Some(map) = document
        .get_mut("colony")
        .and_then(|colony| colony.get_mut("map"))
    {
        map.as_value_mut().into_iter().for_each(moved);
    }
    let load = document
        .get_mut("mods")
        .and_then(|mods| mods.get_mut("load"));
    for choice in load
        .and_then(Item::as_array_mut)
        .into_iter()
        .flat_map(Array::iter_mut)
    {
        let table = choice.as_inline_table_mut();
        table
            .and_then(|table| table.get_mut("from"))
            .into_iter()
            .for_each(moved);
    }
    let steps = document
        .get_mut("step")
        .and_then(Item::as_array_of_tables_mut);
    for step in steps.into_iter().flat_map(ArrayOfTables::iter_mut) {
        for (name, item) in step.iter_mut() {
            if let Some(value) = item.as_value_mut() {
                move_action(name.get(), value, &moved);
            }
        }
    }
}

/// The paths in an action: a `write` and a `copy` read files, which a `rename` does not.
fn move_action(name: &str, action: &mut Value, moved: &dyn Fn(&mut Value)) {
    match (name, action) {
        ("write" | "copy" | "patch" | "add", Value::InlineTable(table)) => {
            table.get_mut("from").into_iter().for_each(moved);
        }
        ("batch", Value::Array(actions)) => {
            for action in actions.iter_mut().filter_map(Value::as_inline_table_mut) {
                for (name, action) in action.iter_mut() {
                    move_action(name.get(), action, moved);
                }
            }
        }
        ("fault", Value::InlineTable(table)) => {
            let during = table.get_mut("during").and_then(Value::as_inline_table_mut);
            for (name, action) in during.into_iter().flat_map(|during| during.iter_mut()) {
                move_action(name.get(), action, moved);
            }
        }
        _ => {}
    }
}
