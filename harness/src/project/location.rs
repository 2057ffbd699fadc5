//! Paths as a person in the working directory would write them.

use std::path::{Component, Path, PathBuf};

/// `target` as seen from `base`, both absolute and canonical; `target` itself where they have nothing in common.
pub(crate) fn relative_to(base: &Path, target: &Path) -> PathBuf {
    let base_parts: Vec<Component<'_>> = base.components().collect();
    let target_parts: Vec<Component<'_>> = target.components().collect();
    let common = base_parts
        .iter()
        .zip(&target_parts)
        .take_while(|(left, right)| left == right)
        .count();
    // Only the root in common: the absolute path is the shorter one.
    if common <= 1 {
        return target.to_path_buf();
    }
    let ups = base_parts[common..].iter().map(|_| Component::ParentDir);
    ups.chain(target_parts[common..].iter().copied()).collect()
}

/// `path` as seen from the working directory; as it is where that cannot be told.
pub fn from_here(path: &Path) -> PathBuf {
    let here = std::env::current_dir().and_then(|here| here.canonicalize());
    match (here, path.canonicalize()) {
        (Ok(here), Ok(target)) => relative_to(&here, &target),
        _ => path.to_path_buf(),
    }
}

/// The text of a path, with `/` separators.
pub fn text(path: &Path) -> String {
    let text = path.to_string_lossy().replace('\\', "/");
    if text.is_empty() {
        ".".to_owned()
    } else {
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_seen_from_where_one_stands() {
        for (base, target, expected) in [
            ("/a/b", "/a/b/c", "c"),
            ("/a/b", "/a/b", ""),
            ("/a/b/c", "/a/d", "../../d"),
            ("/a/b", "/x/y", "/x/y"),
        ] {
            assert_eq!(
                relative_to(Path::new(base), Path::new(target)),
                PathBuf::from(expected)
            );
        }
    }
}
