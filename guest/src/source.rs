//! The folder of a mod's source, so that errors name its files as reports name those of other mods: `woodcutter/guest/src/lib.rs`.

use std::cell::Cell;

/// Where a mod's package is: the last two folders of its path. The rest of the path is that of one machine, and is not part of the file.
pub trait InFolder {
    /// See above.
    const FOLDER: &'static [u8];
}

thread_local! {
    /// Components have one thread.
    static FOLDER: Cell<&'static [u8]> = const { Cell::new(&[]) };
}

const fn is_separator(byte: u8) -> bool {
    byte == b'/' || byte == b'\\'
}

/// How many bytes the last two folders of a path have.
#[must_use]
pub const fn end_length(path: &str) -> usize {
    let path = path.as_bytes();
    let mut length = 0;
    let mut separators = 0;
    while length < path.len() {
        if is_separator(path[path.len() - length - 1]) {
            separators += 1;
            if separators == 2 {
                break;
            }
        }
        length += 1;
    }
    length
}

/// The last bytes of a path, a copy, so that the whole is not part of the component.
#[must_use]
pub const fn end<const LENGTH: usize>(path: &str) -> [u8; LENGTH] {
    let path = path.as_bytes();
    let mut end = [0; LENGTH];
    let mut at = 0;
    while at < LENGTH {
        let byte = path[path.len() - LENGTH + at];
        end[at] = if is_separator(byte) { b'/' } else { byte };
        at += 1;
    }
    end
}

/// Notes the folder of the mod that runs.
pub(crate) fn note_folder<M: InFolder>() {
    FOLDER.set(M::FOLDER);
}

/// A file as the compiler names it, with the mod's folder where it is one of the package. A package that is a member of a larger project
/// has its files named from that project's folder.
pub(crate) fn shown(file: &str) -> String {
    match std::str::from_utf8(FOLDER.get()) {
        Ok(folder)
            if !folder.is_empty() && (file.starts_with("src/") || file.starts_with("src\\")) =>
        {
            format!("{folder}/{}", file.replace('\\', "/"))
        }
        _ => file.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_two_folders_are_what_is_kept_of_a_path() {
        const PATH: &str = "/home/somebody/mods/woodcutter/guest";
        const WINDOWS: &str = "C:\\mods\\woodcutter\\guest";
        const SHORT: &str = "guest";
        assert_eq!(&end::<{ end_length(PATH) }>(PATH), b"woodcutter/guest");
        assert_eq!(
            &end::<{ end_length(WINDOWS) }>(WINDOWS),
            b"woodcutter/guest"
        );
        assert_eq!(&end::<{ end_length(SHORT) }>(SHORT), b"guest");
    }

    #[test]
    fn files_of_the_package_are_named_with_its_folder() {
        struct Woodcutter;
        impl InFolder for Woodcutter {
            const FOLDER: &'static [u8] = b"woodcutter/guest";
        }
        assert_eq!(shown("src/lib.rs"), "src/lib.rs");
        note_folder::<Woodcutter>();
        assert_eq!(shown("src/lib.rs"), "woodcutter/guest/src/lib.rs");
        assert_eq!(shown("src\\jobs.rs"), "woodcutter/guest/src/jobs.rs");
        let of_library = "/rustc/0/library/core/src/option.rs";
        assert_eq!(shown(of_library), of_library);
    }
}
