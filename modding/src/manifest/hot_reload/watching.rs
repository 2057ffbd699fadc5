//! Which files of a mod count, and how live watching waits for them.

use std::collections::BTreeSet;
use std::sync::{Arc, OnceLock};

use globset::{Glob, GlobSet, GlobSetBuilder};

use crate::diagnostic::Fault;
use crate::document::{TableReader, ValueReader};
use crate::limits::COMPONENT_BYTES_MAX;
use crate::manifest::{CONFIG_FILE, MANIFEST_FILE};

use super::set_boolean;

/// The largest `max_file_size` that a mod may ask for, in bytes: what the largest component has.
pub const FILE_BYTES_MAX: u64 = COMPONENT_BYTES_MAX as u64;

/// `max_file_size` where a mod says nothing of it.
const FILE_BYTES_DEFAULT: u64 = 10 * 1024 * 1024;

/// The longest `debounce_delay` that a mod may ask for, in milliseconds.
pub const QUIET_MILLISECONDS_MAX: u64 = 60_000;

/// What every mod ignores unless it says otherwise: what editors and tools leave behind.
const IGNORED: [&str; 8] = [
    "*.tmp",
    "*.bak",
    "*.swp",
    "*~",
    ".git/*",
    "target/*",
    "*/target/*",
    "*.log",
];

/// Extensions of the files that load, so that all of them reload.
const SUPPORTED: [&str; 6] = ["lua", "luau", "wasm", "wat", "toml", "json"];

/// Which files of a mod count, and how live watching waits for them.
#[derive(Clone, Debug, PartialEq)]
pub struct Watching {
    /// Whether live watching looks at the mod's folder at all.
    pub watch_mod_directory: bool,
    /// Whether live watching looks at the folders in it, however deep.
    pub watch_subdirectories: bool,
    /// Milliseconds without a change before live watching reads, 0 to [`QUIET_MILLISECONDS_MAX`]; as the change needs it if None.
    pub debounce_delay: Option<u64>,
    /// Most bytes of one file, 1 to [`FILE_BYTES_MAX`].
    pub max_file_size: u64,
    /// Extensions, without the dot, of the files that are part of the mod.
    pub supported_extensions: BTreeSet<String>,
    /// Paths in the mod's folder that are no part of the mod.
    pub ignore_patterns: FilePatterns,
}

/// Globs over paths in the mod's folder, compiled once. `*` also stands for `/`: `*.tmp` is in every folder (seed-corrections 2).
#[derive(Clone, Debug)]
pub struct FilePatterns {
    texts: Vec<String>,
    set: Arc<GlobSet>,
}

impl PartialEq for FilePatterns {
    fn eq(&self, other: &Self) -> bool {
        self.texts == other.texts
    }
}

impl FilePatterns {
    /// Whether any of them matches a path.
    #[must_use]
    pub fn matches(&self, path: &str) -> bool {
        self.set.is_match(path)
    }

    fn of(globs: &[Glob]) -> Self {
        let mut builder = GlobSetBuilder::new();
        for glob in globs {
            builder.add(glob.clone());
        }
        Self {
            texts: globs.iter().map(|glob| glob.glob().to_owned()).collect(),
            // Each glob was compiled when it was parsed; only their sum could be too large, and a manifest is bounded.
            set: Arc::new(builder.build().unwrap_or_else(|_| GlobSet::empty())),
        }
    }
}

/// What every mod ignores unless it says otherwise, compiled once for all mods.
fn ignored() -> FilePatterns {
    static PATTERNS: OnceLock<FilePatterns> = OnceLock::new();
    let compile = || {
        let glob = |pattern| Glob::new(pattern).expect("a pattern of our own is well-formed");
        FilePatterns::of(&IGNORED.map(glob))
    };
    PATTERNS.get_or_init(compile).clone()
}

impl Default for Watching {
    fn default() -> Self {
        Self {
            watch_mod_directory: true,
            watch_subdirectories: true,
            debounce_delay: None,
            max_file_size: FILE_BYTES_DEFAULT,
            supported_extensions: SUPPORTED.map(str::to_owned).into(),
            ignore_patterns: ignored(),
        }
    }
}

impl Watching {
    /// Whether a file is part of the mod. The manifest and the configuration always are; a file without an extension never is
    /// (seed-corrections 5), nor one whose name or folder begins with a dot.
    #[must_use]
    pub fn admits(&self, path: &str) -> bool {
        if path.split('/').any(|part| part.starts_with('.')) {
            return false;
        }
        if path == MANIFEST_FILE || path == CONFIG_FILE {
            return true;
        }
        let name = path.rsplit_once('/').map_or(path, |(_, name)| name);
        let supported = name
            .rsplit_once('.')
            .is_some_and(|(_, extension)| self.supported_extensions.contains(extension));
        supported && !self.ignore_patterns.matches(path)
    }

    /// Whether live watching reacts to a change of a file.
    #[must_use]
    pub fn watches(&self, path: &str) -> bool {
        self.watch_mod_directory
            && (self.watch_subdirectories || !path.contains('/'))
            && self.admits(path)
    }
}

pub(super) fn read(table: &mut TableReader<'_>, watching: &mut Watching) {
    set_boolean(
        table,
        "watch_mod_directory",
        &mut watching.watch_mod_directory,
    );
    set_boolean(
        table,
        "watch_subdirectories",
        &mut watching.watch_subdirectories,
    );
    if let Some(value) = table.optional("debounce_delay") {
        watching.debounce_delay = value.integer(0..=QUIET_MILLISECONDS_MAX);
    }
    if let Some(value) = table.optional("max_file_size") {
        watching.max_file_size = value
            .integer(1..=FILE_BYTES_MAX)
            .unwrap_or(watching.max_file_size);
    }
    if let Some(extensions) = table
        .optional("supported_extensions")
        .and_then(|value| value.array())
    {
        let read = |value: &ValueReader<'_>| {
            let extension = value.string()?;
            if extension.is_empty() || extension.contains(['.', '/', '*']) {
                let fault = Fault::new(format!("expected an extension, found `{extension}`"));
                value.report(fault.help("write it without dot and star: \"lua\""));
            }
            Some(extension.to_owned())
        };
        watching.supported_extensions = extensions.iter().filter_map(read).collect();
    }
    if let Some(value) = table.optional("ignore_patterns") {
        read_patterns(value, watching);
    }
}

/// `ignore_patterns = [...]`, or a table with `patterns = [...]` (seed-corrections 48).
fn read_patterns(value: ValueReader<'_>, watching: &mut Watching) {
    let patterns = match value.as_list_or_table() {
        Some(Ok(list)) => list,
        Some(Err(mut table)) => {
            let list = table.required("patterns").and_then(|value| value.array());
            table.finish();
            list.unwrap_or_default()
        }
        None => return,
    };
    let parse = |value: &ValueReader<'_>| {
        let text = value.string()?;
        Glob::new(text)
            .map_err(|error| {
                value.fault(format!("the pattern `{text}` is no glob: {}", error.kind()))
            })
            .ok()
    };
    let globs: Vec<Glob> = patterns.iter().filter_map(parse).collect();
    watching.ignore_patterns = FilePatterns::of(&globs);
}
