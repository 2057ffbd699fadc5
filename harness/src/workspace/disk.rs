//! Reads what an author put on the disk, once, into memory. Text is normalised; what cannot mean the same on every system is
//! refused with its path: links that lead out of the folder, names that are not UTF-8, files too large.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use modding::bundle::normalise;
use modding::diagnostic::Fault;

/// Most bytes of one file.
pub const FILE_BYTES_MAX: u64 = 10 * 1024 * 1024;

/// Most files in one folder and the folders in it: a mod has a few hundred, a home directory has more than this.
pub const FOLDER_FILES_MAX: usize = 10_000;

/// Reads a file; `shown` is its path as the author knows it.
pub fn read_file(path: &Path, shown: &str) -> Result<Vec<u8>, Fault> {
    let mut content = Vec::new();
    File::open(path)
        .and_then(|file| file.take(FILE_BYTES_MAX + 1).read_to_end(&mut content))
        .map_err(|error| cannot_read(path, shown, &error))?;
    if content.len() as u64 > FILE_BYTES_MAX {
        return Err(Fault::new(format!(
            "`{shown}` is too large, expected at most {FILE_BYTES_MAX} bytes"
        )));
    }
    Ok(normalise(shown, content))
}

/// Reads a file that is text; `shown` is its path as the author knows it.
pub fn read_text(path: &Path, shown: &str) -> Result<String, Fault> {
    String::from_utf8(read_file(path, shown)?).map_err(|error| {
        let offset = error.utf8_error().valid_up_to();
        Fault::new(format!(
            "`{shown}` is not UTF-8: the byte at offset {offset} is wrong"
        ))
        .help("save the file as UTF-8")
    })
}

/// Reads all files of a folder and the folders in it, by their path in it with `/` separators. What is named like `.git`, with a
/// leading dot, is left out.
pub fn read_folder(path: &Path, shown: &str) -> Result<BTreeMap<String, Vec<u8>>, Vec<Fault>> {
    let root = path
        .canonicalize()
        .map_err(|error| vec![cannot_read(path, shown, &error)])?;
    let mut reader = FolderReader {
        root,
        shown: shown.to_owned(),
        files: BTreeMap::new(),
        faults: Vec::new(),
    };
    reader.read();
    if reader.faults.is_empty() {
        Ok(reader.files)
    } else {
        Err(reader.faults)
    }
}

/// The names of the folders in `path` that are UTF-8, sorted; none if it is no folder.
pub fn folder_names(path: &Path) -> Vec<String> {
    let entries = fs::read_dir(path).into_iter().flatten().flatten();
    let folders = entries.filter(|entry| entry.path().is_dir());
    let mut names: Vec<String> = folders
        .filter_map(|folder| folder.file_name().into_string().ok())
        .collect();
    names.sort_unstable();
    names
}

struct FolderReader {
    root: PathBuf,
    shown: String,
    files: BTreeMap<String, Vec<u8>>,
    faults: Vec<Fault>,
}

impl FolderReader {
    fn read(&mut self) {
        let mut pending = vec![String::new()];
        while let Some(folder) = pending.pop() {
            for name in self.entry_names(&folder) {
                let path = if folder.is_empty() {
                    name
                } else {
                    format!("{folder}/{name}")
                };
                if self.files.len() >= FOLDER_FILES_MAX {
                    let message = format!(
                        "`{}` has too many files, expected at most {FOLDER_FILES_MAX}",
                        self.shown
                    );
                    self.faults.push(Fault::new(message));
                    return;
                }
                match self.read_entry(&path) {
                    Ok(Some(content)) => _ = self.files.insert(path, content),
                    Ok(None) => pending.push(path),
                    Err(fault) => self.faults.push(fault),
                }
            }
        }
    }

    /// The visible names in a folder, sorted, so that faults come in the same order everywhere.
    fn entry_names(&mut self, folder: &str) -> Vec<String> {
        let shown = self.shown_path(folder);
        let path = self.root.join(folder);
        let mut names = Vec::new();
        match fs::read_dir(&path).and_then(Iterator::collect::<io::Result<Vec<_>>>) {
            Err(error) => self.faults.push(cannot_read(&path, &shown, &error)),
            Ok(entries) => {
                for entry in entries {
                    match entry.file_name().into_string() {
                        Ok(name) if name.starts_with('.') => {}
                        Ok(name) => names.push(name),
                        Err(name) => self.faults.push(not_utf8(&shown, &name)),
                    }
                }
            }
        }
        names.sort_unstable();
        names
    }

    /// The content of a file; None for a folder.
    fn read_entry(&self, path: &str) -> Result<Option<Vec<u8>>, Fault> {
        let shown = self.shown_path(path);
        let full = self.root.join(path);
        let metadata =
            fs::symlink_metadata(&full).map_err(|error| cannot_read(&full, &shown, &error))?;
        if metadata.is_dir() {
            return Ok(None);
        }
        let target = full
            .canonicalize()
            .map_err(|error| cannot_read(&full, &shown, &error))?;
        if !target.starts_with(&self.root) {
            return Err(
                Fault::new(format!("the link `{shown}` leads out of `{}`", self.shown))
                    .help("copy the file instead"),
            );
        }
        // A pipe would be waited for, and a link to a folder can lead back to where it stands.
        if !target.is_file() {
            return Err(Fault::new(format!(
                "expected `{shown}` to be a file or a folder, found a link or device"
            )));
        }
        read_file(&target, &shown).map(Some)
    }

    fn shown_path(&self, path: &str) -> String {
        if path.is_empty() {
            self.shown.clone()
        } else {
            format!("{}/{path}", self.shown)
        }
    }
}

fn not_utf8(folder: &str, name: &OsStr) -> Fault {
    let message = format!(
        "the name `{folder}/{}` is not UTF-8",
        name.to_string_lossy()
    );
    Fault::new(message).help("rename the file")
}

fn cannot_read(path: &Path, shown: &str, error: &io::Error) -> Fault {
    if error.kind() != io::ErrorKind::NotFound {
        return Fault::new(format!("cannot read `{shown}`: {error}"));
    }
    let fault = Fault::new(format!("there is no `{shown}`"));
    let (Some(parent), Some(name)) = (path.parent(), path.file_name().and_then(OsStr::to_str))
    else {
        return fault;
    };
    let names = fs::read_dir(parent).into_iter().flatten().flatten();
    let names: Vec<String> = names
        .filter_map(|entry| entry.file_name().into_string().ok())
        .collect();
    match modding::diagnostic::nearest(name, names.iter().map(String::as_str)) {
        Some(nearest) => fault.help(format!("did you mean `{nearest}`?")),
        None => fault,
    }
}
