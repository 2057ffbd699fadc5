//! Reads what an author put on the disk, once, into memory. Text is normalised; what cannot mean the same on every system is
//! refused with its path: links that lead out of the folder, names that are not UTF-8, files too large.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use modding::bundle::normalise;
use modding::diagnostic::Fault;
use modding::manifest::{MANIFEST_FILE, Watching, watching_of};

mod walk;

pub use walk::{Entry, Selection, Walk, counts_as_folder};

/// Most bytes of one file.
pub const FILE_BYTES_MAX: u64 = modding::manifest::FILE_BYTES_MAX;

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
        let before = error.as_bytes().iter().take(offset);
        let line = 1 + before.filter(|byte| **byte == b'\n').count();
        Fault::new(format!(
            "`{shown}` is not UTF-8: the byte at offset {offset}, in line {line}, is wrong"
        ))
        .help("save the file as UTF-8")
    })
}

/// Reads all files of a folder and the folders in it, by their path in it with `/` separators. What is named like `.git`, with a
/// leading dot, is left out.
pub fn read_folder(path: &Path, shown: &str) -> Result<BTreeMap<String, Vec<u8>>, Vec<Fault>> {
    read_selected(path, shown, Selection::Everything)
}

/// Reads the files of a folder that are part of a mod. The others are not looked into: they may be as large, as unreadable and as
/// strangely named as they like.
pub fn read_mod_folder(
    path: &Path,
    shown: &str,
    watching: &Watching,
) -> Result<BTreeMap<String, Vec<u8>>, Vec<Fault>> {
    read_selected(path, shown, Selection::Mod(watching))
}

/// What the mod in a folder says about the files that are part of it; the defaults where its manifest cannot be read.
pub fn watching_in(folder: &Path, shown: &str) -> Watching {
    let path = folder.join(MANIFEST_FILE);
    let mut files = BTreeMap::new();
    // A pipe would be waited for.
    if path.is_file()
        && let Ok(content) = read_file(&path, MANIFEST_FILE)
    {
        files.insert(MANIFEST_FILE.to_owned(), content);
    }
    watching_of(shown, &files)
}

fn read_selected(
    path: &Path,
    shown: &str,
    selection: Selection<'_>,
) -> Result<BTreeMap<String, Vec<u8>>, Vec<Fault>> {
    let root = path
        .canonicalize()
        .map_err(|error| vec![cannot_read(path, shown, &error)])?;
    let reader = FolderReader { root, shown };
    let mut files = BTreeMap::new();
    let mut faults = Vec::new();
    for entry in Walk::new(&reader.root, selection) {
        if files.len() >= FOLDER_FILES_MAX {
            let message =
                format!("`{shown}` has too many files, expected at most {FOLDER_FILES_MAX}");
            faults.push(Fault::new(message));
            break;
        }
        match reader.read_entry(&entry) {
            Ok(content) => _ = files.insert(entry.path, content),
            Err(fault) => faults.push(fault),
        }
    }
    if faults.is_empty() {
        Ok(files)
    } else {
        Err(faults)
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

struct FolderReader<'a> {
    root: PathBuf,
    shown: &'a str,
}

impl FolderReader<'_> {
    fn read_entry(&self, entry: &Entry) -> Result<Vec<u8>, Fault> {
        let shown = self.shown_path(&entry.path);
        let full = &entry.full;
        if let Some(error) = &entry.error {
            return Err(cannot_read(full, &shown, error));
        }
        if !entry.is_utf8 {
            let message = format!("the name `{shown}` is not UTF-8");
            return Err(Fault::new(message).help("rename the file"));
        }
        let target = full
            .canonicalize()
            .map_err(|error| cannot_read(full, &shown, &error))?;
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
        read_file(&target, &shown)
    }

    fn shown_path(&self, path: &str) -> String {
        if path.is_empty() {
            self.shown.to_owned()
        } else {
            format!("{}/{path}", self.shown)
        }
    }
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
