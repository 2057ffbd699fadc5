//! An immutable, hashed copy of a mod's files: what a reload compares, plans with and loads.
//!
//! A bundle never looks at a disk: it is given contents, so that nothing half-written is ever seen (`seed-corrections` 9).

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::fmt;
use std::sync::Arc;

use memchr::memmem;
use xxhash_rust::xxh3::Xxh3;

use crate::diagnostic::Fault;

/// The extensions of files that are text: their line ends are normalised, so that a checkout on another system hashes the same.
pub const TEXT_EXTENSIONS: [&str; 7] = ["lua", "luau", "toml", "json", "txt", "md", "wat"];

const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";

/// The files of one mod at one moment.
#[derive(Clone, PartialEq, Eq)]
pub struct Bundle {
    folder: Arc<str>,
    files: BTreeMap<String, Arc<[u8]>>,
    hash: u128,
    library_hash: Option<u128>,
}

/// Where the code is that a mod offers to those that depend on it.
pub(crate) const LIBRARY_FOLDER: &str = "lib/";

impl Bundle {
    /// Copies `files` (path relative to the mod's folder, with `/` separators; content) of the mod in `folder`.
    ///
    /// Text is normalised by [`normalise`]. Every absolute path, `..`, empty part, backslash and duplicate is a fault.
    pub fn new(
        folder: &str,
        files: impl IntoIterator<Item = (String, Vec<u8>)>,
    ) -> Result<Self, Vec<Fault>> {
        let mut faults = Vec::new();
        let mut kept: BTreeMap<String, Arc<[u8]>> = BTreeMap::new();
        for (path, content) in files {
            if let Err(reason) = check_path(&path) {
                faults.push(Fault::new(format!(
                    "the path `{path}` in the mod `{folder}` {reason}"
                )));
                continue;
            }
            match kept.entry(path) {
                Entry::Occupied(entry) => {
                    let path = entry.key();
                    faults.push(Fault::new(format!(
                        "the mod `{folder}` has the file `{path}` twice"
                    )));
                }
                Entry::Vacant(entry) => {
                    let content = normalise(entry.key(), content);
                    entry.insert(content.into());
                }
            }
        }
        if !faults.is_empty() {
            return Err(faults);
        }
        Ok(Self::of(folder.into(), kept))
    }

    fn of(folder: Arc<str>, files: BTreeMap<String, Arc<[u8]>>) -> Self {
        let library: Vec<_> = files
            .iter()
            .filter(|(path, _)| path.starts_with(LIBRARY_FOLDER))
            .collect();
        let library_hash = (!library.is_empty()).then(|| hash_files(library));
        let hash = hash_files(&files);
        Self {
            folder,
            files,
            hash,
            library_hash,
        }
    }

    /// These files with those that `chosen` names as they are in `other`: there, changed or gone.
    #[must_use]
    pub(crate) fn taking(&self, other: &Self, chosen: impl Fn(&str) -> bool) -> Self {
        let kept = self.files.iter().filter(|(path, _)| !chosen(path));
        let taken = other.files.iter().filter(|(path, _)| chosen(path));
        let files = kept.chain(taken);
        let files = files.map(|(path, content)| (path.clone(), content.clone()));
        Self::of(self.folder.clone(), files.collect())
    }

    /// The name of the folder that the files came from.
    #[must_use]
    pub fn folder(&self) -> &str {
        &self.folder
    }

    /// The xxh3-128 of all paths and contents. The folder's name is not part of it.
    #[must_use]
    pub fn hash(&self) -> u128 {
        self.hash
    }

    /// The xxh3-128 of the library code, if there is any.
    #[must_use]
    pub fn library_hash(&self) -> Option<u128> {
        self.library_hash
    }

    /// Bytes of all files.
    pub(crate) fn bytes(&self) -> usize {
        self.files.values().map(|content| content.len()).sum()
    }

    /// All files by path.
    pub(crate) fn files(&self) -> &BTreeMap<String, Arc<[u8]>> {
        &self.files
    }

    /// The content of a file, if there is one at `path`.
    #[must_use]
    pub fn file(&self, path: &str) -> Option<&[u8]> {
        self.files.get(path).map(AsRef::as_ref)
    }

    /// The text of a file, if there is one at `path`. A file that is not UTF-8 is a fault that names its first wrong byte.
    #[must_use]
    pub fn text(&self, path: &str) -> Option<Result<Arc<str>, Fault>> {
        let content = self.file(path)?;
        Some(str::from_utf8(content).map(Arc::from).map_err(|error| {
            let offset = error.valid_up_to();
            let before = &content[..offset];
            let line = 1 + before.iter().filter(|byte| **byte == b'\n').count();
            Fault::new(format!(
                "`{}` is not UTF-8: the byte at offset {offset}, in line {line}, is {:#04x}",
                self.display_path(path),
                content[offset]
            ))
            .help("save the file as UTF-8")
        }))
    }

    /// The paths of all files, sorted.
    pub fn paths(&self) -> impl Iterator<Item = &str> {
        self.files.keys().map(String::as_str)
    }

    /// The path as the author knows it: `folder/path`.
    #[must_use]
    pub fn display_path(&self, path: &str) -> String {
        format!("{}/{path}", self.folder)
    }

    /// The paths whose files `other` has not, has besides, or has with other content, sorted.
    #[must_use]
    pub fn changed_paths(&self, other: &Self) -> Vec<String> {
        let removed_or_changed = self
            .files
            .iter()
            .filter(|&(path, content)| other.files.get(path) != Some(content))
            .map(|(path, _)| path.clone());
        let added = other
            .files
            .keys()
            .filter(|&path| !self.files.contains_key(path))
            .cloned();
        let mut changed: Vec<String> = removed_or_changed.chain(added).collect();
        changed.sort_unstable();
        changed
    }
}

impl fmt::Debug for Bundle {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Bundle")
            .field("folder", &self.folder)
            .field("files", &self.files.keys())
            .field("hash", &format_args!("{:032x}", self.hash))
            .finish()
    }
}

/// The content as every system sees it: in text (see [`TEXT_EXTENSIONS`]) byte order marks at the start and every CR before an LF are
/// dropped. What is so already stays as it is, so that content that is written down and read again has the same hash.
#[must_use]
pub fn normalise(path: &str, mut content: Vec<u8>) -> Vec<u8> {
    let is_text = path
        .rsplit_once('.')
        .is_some_and(|(_, extension)| TEXT_EXTENSIONS.contains(&extension));
    if !is_text {
        return content;
    }
    while content.starts_with(BYTE_ORDER_MARK) {
        content.drain(..BYTE_ORDER_MARK.len());
    }
    if memmem::find(&content, b"\r\n").is_some() {
        let mut kept: Vec<u8> = Vec::with_capacity(content.len());
        for byte in content {
            while byte == b'\n' && kept.last() == Some(&b'\r') {
                kept.pop();
            }
            kept.push(byte);
        }
        return kept;
    }
    content
}

/// Whether `path` stays inside the folder that it is relative to; if not, the end of a sentence that says why.
pub fn check_path(path: &str) -> Result<(), &'static str> {
    if path.contains('\\') {
        return Err("contains a backslash, expected `/` between its parts");
    }
    if path.contains('\0') {
        return Err("contains a NUL character");
    }
    if path.starts_with('/') || path.as_bytes().get(1) == Some(&b':') {
        return Err("is absolute, expected one relative to the folder");
    }
    if path.split('/').any(|part| part == "..") {
        return Err("contains `..`, expected one that stays in the folder");
    }
    if path.split('/').any(|part| part.is_empty() || part == ".") {
        return Err("contains an empty part, expected names between `/`");
    }
    Ok(())
}

fn hash_files<'f>(files: impl IntoIterator<Item = (&'f String, &'f Arc<[u8]>)>) -> u128 {
    let mut hasher = Xxh3::new();
    for (path, content) in files {
        // Lengths first, so that no two sets of files run into the same bytes.
        hasher.update(&(path.len() as u64).to_le_bytes());
        hasher.update(path.as_bytes());
        hasher.update(&(content.len() as u64).to_le_bytes());
        hasher.update(content);
    }
    hasher.digest128()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bundle(files: &[(&str, &[u8])]) -> Bundle {
        Bundle::new(
            "stats",
            files
                .iter()
                .map(|(path, content)| ((*path).to_owned(), content.to_vec())),
        )
        .expect("paths that stay inside")
    }

    #[test]
    fn line_ends_and_byte_order_marks_of_text_do_not_count() {
        let unix = bundle(&[("scripts/main.lua", b"a\nb\r"), ("wasm/x.wasm", b"\r\n")]);
        let windows = bundle(&[
            ("scripts/main.lua", b"\xEF\xBB\xBFa\r\nb\r"),
            ("wasm/x.wasm", b"\r\n"),
        ]);
        assert_eq!(unix, windows);
        assert_eq!(unix.file("wasm/x.wasm"), Some(&b"\r\n"[..]));
    }

    #[test]
    fn what_is_normalised_stays_as_it_is() {
        for (content, expected) in [
            (&b"a\r\r\nb\r\r\r\n\r"[..], &b"a\nb\n\r"[..]),
            (b"\xEF\xBB\xBF\xEF\xBB\xBFa", b"a"),
            (b"\r\n\r\n\r\n", b"\n\n\n"),
            (b"\r\ra\r", b"\r\ra\r"),
        ] {
            let once = normalise("a.lua", content.to_vec());
            assert_eq!(once, expected, "{content:?}");
            assert_eq!(normalise("a.lua", once.clone()), once, "{content:?}");
        }
    }

    #[test]
    fn the_hash_tells_every_arrangement_apart() {
        let arrangements = [
            bundle(&[]),
            bundle(&[("a.lua", b"")]),
            bundle(&[("a.lua", b"x")]),
            bundle(&[("a.lua", b"y")]),
            bundle(&[("b.lua", b"x")]),
            bundle(&[("a.lua", b""), ("b.lua", b"x")]),
            bundle(&[("a.lua", b"x"), ("b.lua", b"")]),
        ];
        for (index, left) in arrangements.iter().enumerate() {
            for right in &arrangements[index + 1..] {
                assert_ne!(left.hash(), right.hash(), "{left:?} {right:?}");
            }
        }
        let renamed =
            Bundle::new("other", [("a.lua".to_owned(), b"x".to_vec())]).expect("a good path");
        assert_eq!(renamed.hash(), arrangements[2].hash());
    }

    #[test]
    fn every_path_that_leaves_the_folder_is_refused() {
        let paths = [
            "/etc/passwd",
            "a/../../b",
            "a//b",
            "a\\b",
            "./a",
            "",
            "C:/a",
            "a/",
            "good.lua",
            "good.lua",
            "a\0",
        ];
        let faults = Bundle::new("stats", paths.map(|path| (path.to_owned(), Vec::new())))
            .expect_err("bad paths");
        let messages: Vec<String> = faults.into_iter().map(|fault| fault.message).collect();
        assert_eq!(messages.len(), 10, "{messages:#?}");
        assert_eq!(
            messages[1],
            "the path `a/../../b` in the mod `stats` contains `..`, expected one that stays in the folder"
        );
        assert_eq!(messages[8], "the mod `stats` has the file `good.lua` twice");
    }

    #[test]
    fn text_that_is_not_utf8_is_named_with_its_offset() {
        // seed-corrections 3
        let bundle = bundle(&[("good.lua", "ä".as_bytes()), ("bad.lua", b"ab\xC3\xA4\xFF")]);
        assert_eq!(bundle.text("good.lua"), Some(Ok("ä".into())));
        assert_eq!(bundle.text("none.lua"), None);
        let fault = bundle
            .text("bad.lua")
            .expect("a file")
            .expect_err("a fault");
        assert_eq!(
            fault.message,
            "`stats/bad.lua` is not UTF-8: the byte at offset 4, in line 1, is 0xff"
        );
        let cut = super::tests::bundle(&[("cut.lua", b"a\xC3")]);
        assert!(cut.text("cut.lua").expect("a file").is_err());
    }

    #[test]
    fn changed_paths_are_added_changed_and_removed_ones() {
        let old = bundle(&[("a.lua", b"1"), ("b.lua", b"1"), ("c.lua", b"1")]);
        let new = bundle(&[("b.lua", b"2"), ("c.lua", b"1"), ("A.lua", b"1")]);
        assert_eq!(old.changed_paths(&new), ["A.lua", "a.lua", "b.lua"]);
        assert_eq!(old.changed_paths(&old), Vec::<String>::new());
    }
}
