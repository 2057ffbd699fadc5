//! Snapshot files in insta's format: a header between two lines `---`, then the content.

use std::path::{Path, PathBuf};

use modding::diagnostic::{Fault, Place};

use super::FOLDER;
use crate::project::location;
use crate::workspace::disk;

/// The ending of an accepted snapshot.
pub(super) const ACCEPTED: &str = "snap";

/// The ending of one that waits to be reviewed.
pub(super) const PENDING: &str = "snap.new";

/// Where a snapshot lies.
pub(super) fn path(scenario_folder: &Path, scenario: &str, tick: u64, ending: &str) -> PathBuf {
    let name = format!("{scenario}@{tick}.{ending}");
    scenario_folder.join(FOLDER).join(name)
}

/// The scenario and the tick of a snapshot, from the name of its file without the ending.
pub(super) fn parse_name(name: &str) -> Option<(&str, u64)> {
    let (scenario, tick) = name.rsplit_once('@')?;
    let number = tick.parse().ok()?;
    // `@07` is another file than `@7`.
    (u64::to_string(&number) == tick).then_some((scenario, number))
}

/// What a file is about.
pub(super) struct Header<'a> {
    /// The scenario's file, as seen from the project's root.
    pub(super) source: &'a str,
    /// What was looked at.
    pub(super) expression: String,
    /// Where the scenario asks for it; only pending snapshots say so, as insta's do.
    pub(super) line: Option<usize>,
}

/// The text of a file.
pub(super) fn write(header: &Header<'_>, content: &str) -> String {
    let line = header
        .line
        .map_or(String::new(), |line| format!("assertion_line: {line}\n"));
    format!(
        "---\nsource: {}\n{line}expression: {}\n---\n{}\n",
        scalar(header.source),
        scalar(&header.expression),
        content.trim_end_matches('\n')
    )
}

/// A string as YAML has it: plain where that is safe, else in quotes as JSON has it, which YAML reads too.
fn scalar(text: &str) -> String {
    let safe = |letter: char| letter.is_ascii_alphanumeric() || "_-./@ ".contains(letter);
    let plain = text.starts_with(|first: char| first.is_ascii_alphabetic())
        && !text.ends_with(' ')
        && text.chars().all(safe);
    if plain {
        text.to_owned()
    } else {
        serde_json::Value::from(text).to_string()
    }
}

/// The content of a file, with line feeds as line ends and without those at its end; `None` if there is no file.
///
/// # Errors
/// A file that is no snapshot.
pub(super) fn read(path: &Path) -> Result<Option<String>, Fault> {
    if !path.exists() {
        return Ok(None);
    }
    let shown = location::text(path);
    let text = disk::read_text(path, &shown)?.replace("\r\n", "\n");
    let content = text.strip_prefix("---\n").and_then(|rest| {
        let (_, content) = rest.split_once("\n---\n")?;
        Some(content.trim_end_matches('\n').to_owned())
    });
    match content {
        Some(content) => Ok(Some(content)),
        None => {
            let place = Place::of_line(shown.as_str().into(), text.as_str().into(), 1);
            let fault = Fault::new(format!(
                "`{shown}` is no snapshot: expected a header between two lines `---`"
            ));
            Err(fault.at(place))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_has_a_scenario_and_a_tick() {
        for (name, expected) in [
            ("a@1", Some(("a", 1))),
            ("a@b@20", Some(("a@b", 20))),
            ("a@", None),
            ("a@07", None),
            ("a@+7", None),
            ("a", None),
        ] {
            assert_eq!(parse_name(name), expected, "{name}");
        }
    }

    #[test]
    fn headers_are_yaml() {
        let header = Header {
            source: "scenarios/ä: b.toml",
            expression: "small after tick 3".to_owned(),
            line: Some(4),
        };
        assert_eq!(
            write(&header, "tick: 3\n\n"),
            "---\nsource: \"scenarios/ä: b.toml\"\nassertion_line: 4\nexpression: small after tick 3\n---\ntick: 3\n"
        );
    }
}
