//! The `[build]` of a manifest: how files of the mod are made of others that it is not made of itself.

use std::sync::Arc;

use crate::bundle::check_path;
use crate::document::Document;

use super::{MANIFEST_FILE, ValueReader};

/// The folder that is looked at where the manifest names none.
const DEFAULT_WATCH: &str = "guest";

/// How a mod is built. The engine runs nothing of it: an author asks for that.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Build {
    /// What the shell runs in the mod's folder.
    pub command: String,
    /// Files and folders of the mod's folder, with `/`, that are built from. At least one.
    pub watch: Vec<String>,
}

/// What the text of a `mod.toml` says of building. `None` without `[build]`, and where it cannot be read.
#[must_use]
pub fn build_of(folder: &str, manifest: &str) -> Option<Build> {
    let source: Arc<str> = manifest.into();
    let document = Document::parse(format!("{folder}/{MANIFEST_FILE}"), &source).ok()?;
    let table = document.root().optional("build")?;
    let build = read(&table);
    // The other keys have not been looked at: only what these say counts.
    document.into_faults().is_empty().then_some(build)?
}

pub(super) fn read(value: &ValueReader<'_>) -> Option<Build> {
    let mut table = value.table()?;
    let command = table.required("command");
    let command = command.and_then(|command| {
        let text = command.string()?.to_owned();
        if text.trim().is_empty() {
            command.fault("expected a command line, found nothing");
        }
        Some(text)
    });
    let watch = match table.optional("watch") {
        None => Some(vec![DEFAULT_WATCH.to_owned()]),
        Some(value) => value.strings().inspect(|paths| {
            if paths.is_empty() {
                value.fault("expected files or folders that are built from, found none");
            }
            for path in paths {
                if let Err(reason) = check_path(path) {
                    value.fault(format!("the path `{path}` {reason}"));
                }
            }
        }),
    };
    table.finish();
    Some(Build {
        command: command?,
        watch: watch?,
    })
}
