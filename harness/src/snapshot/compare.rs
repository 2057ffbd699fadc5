//! Compares what a run was like with what was accepted, and says which files change because of it.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use modding::diagnostic::Fault;
use sim::RULES_VERSION;

use super::trail::{self, Trail};
use super::{
    Captured, Difference, FOLDER, FactDifference, FirstDifference, SnapshotOutcome,
    SnapshotVerdict, Writers, file,
};
use crate::project::location;
use crate::scenario::Scenario;

/// What is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Update {
    /// What is missing or differs waits for a review.
    Pending,
    /// Nothing.
    None,
    /// What is missing is accepted.
    New,
    /// What is missing or differs is accepted, and what nothing asks for any more is removed.
    All,
    /// What differs in nothing but hashes is accepted.
    Hashes,
}

/// A change of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// It has this content.
    Write(PathBuf, Vec<u8>),
    /// It is gone.
    Remove(PathBuf),
}

/// What a comparison came to.
#[derive(Clone, Debug, Default)]
pub struct Changes {
    /// A verdict for each snapshot, by tick.
    pub verdicts: Vec<SnapshotVerdict>,
    /// Changes of files, which nobody has made yet.
    pub files: Vec<Change>,
    /// A trail that is no trail: it makes the case fail.
    pub broken_trail: Option<Fault>,
    /// What the author should know.
    pub warnings: Vec<String>,
}

impl Change {
    /// Makes it.
    ///
    /// # Errors
    /// What the system says, with the file.
    pub fn make(&self) -> Result<(), Fault> {
        let (path, result) = match self {
            Self::Write(path, content) => {
                let folder = path.parent().unwrap_or(Path::new(""));
                let made = std::fs::create_dir_all(folder);
                (path, made.and_then(|()| write_whole(path, content)))
            }
            Self::Remove(path) => match std::fs::remove_file(path) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => (path, Ok(())),
                result => (path, result),
            },
        };
        let shown = location::text(path);
        result.map_err(|error| Fault::new(format!("cannot write `{shown}`: {error}")))
    }
}

/// Writes a file beside its place and puts it there once it is whole, so that no accepted file is ever torn.
fn write_whole(path: &Path, content: &[u8]) -> io::Result<()> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let beside = path.with_file_name(format!(".{name}.part"));
    std::fs::write(&beside, content)
        .and_then(|()| std::fs::rename(&beside, path))
        .inspect_err(|_| drop(std::fs::remove_file(&beside)))
}

/// Compares the snapshots of a run with the accepted ones. Nothing is written: the changes are for the caller to make.
/// `source` is the scenario's file as seen from the project's root.
#[must_use]
pub fn compare(scenario: &Scenario, source: &str, captured: &Captured, update: Update) -> Changes {
    let mut comparison = Comparison {
        scenario,
        stem: scenario.stem(),
        source,
        update,
        changes: Changes::default(),
    };
    if scenario.snapshot.is_none() {
        return comparison.changes;
    }
    let new_trail = captured.trail.trail();
    let trail_path = comparison.trail_path(trail::ACCEPTED);
    let old_trail = Trail::read(&trail_path).unwrap_or_else(|fault| {
        comparison.changes.broken_trail = Some(fault);
        None
    });
    for (&tick, content) in &captured.contents {
        let trails = old_trail.as_ref().map(|old| (old, new_trail));
        let writers = captured.writers.get(&tick);
        comparison.settle(tick, content, trails, writers);
    }
    comparison.settle_trail(old_trail.as_ref(), new_trail);
    comparison.changes
}

struct Comparison<'a> {
    scenario: &'a Scenario,
    stem: String,
    source: &'a str,
    update: Update,
    changes: Changes,
}

impl Comparison<'_> {
    fn path(&self, tick: u64, ending: &str) -> PathBuf {
        file::path(self.scenario.folder(), &self.stem, tick, ending)
    }

    fn trail_path(&self, ending: &str) -> PathBuf {
        let name = format!("{}.{ending}", self.stem);
        self.scenario.folder().join(FOLDER).join(name)
    }

    /// One snapshot: its verdict, and what becomes of its files.
    fn settle(
        &mut self,
        tick: u64,
        content: &str,
        trails: Option<(&Trail, &Trail)>,
        writers: Option<&Writers>,
    ) {
        let accepted = self.path(tick, file::ACCEPTED);
        let found = match file::read(&accepted) {
            Err(fault) => SnapshotOutcome::Broken(fault),
            Ok(None) => SnapshotOutcome::Missing,
            Ok(Some(old)) => match difference(&old, content.trim_end_matches('\n')) {
                Err(message) => {
                    let shown = location::text(&accepted);
                    SnapshotOutcome::Broken(Fault::new(format!("`{shown}` {message}")))
                }
                Ok(None) => SnapshotOutcome::Matches,
                Ok(Some(mut difference)) => {
                    difference.first = trails.and_then(|(old_trail, new_trail)| {
                        first_difference(old_trail, new_trail, tick, &old)
                    });
                    for fact in &mut difference.facts {
                        let key = (fact.entity.clone(), fact.field.clone());
                        fact.writer = writers.and_then(|writers| writers.get(&key).cloned());
                    }
                    SnapshotOutcome::Differs(difference)
                }
            },
        };
        let old_rules = matches!(&found, SnapshotOutcome::Matches)
            && file::read(&accepted).is_ok_and(|old| {
                old.is_some_and(|old| Snapshot::parse(&old).rules != Some(RULES_VERSION))
            });
        let outcome = self.accept(found, old_rules);
        self.write(tick, content, &outcome);
        self.changes.verdicts.push(SnapshotVerdict {
            tick,
            file: location::text(&accepted),
            place: self
                .scenario
                .snapshot
                .as_ref()
                .and_then(|plan| plan.place(tick).cloned()),
            outcome,
        });
    }

    /// The outcome with what the mode accepts accepted.
    fn accept(&self, found: SnapshotOutcome, old_rules: bool) -> SnapshotOutcome {
        match (found, self.update) {
            (SnapshotOutcome::Missing, Update::New | Update::All) => SnapshotOutcome::Added,
            (SnapshotOutcome::Differs(_) | SnapshotOutcome::Broken(_), Update::All) => {
                SnapshotOutcome::Updated
            }
            (SnapshotOutcome::Differs(difference), Update::Hashes)
                if difference.facts.is_empty() =>
            {
                SnapshotOutcome::Updated
            }
            (SnapshotOutcome::Matches, Update::All | Update::Hashes) if old_rules => {
                SnapshotOutcome::Updated
            }
            (found, _) => found,
        }
    }

    fn write(&mut self, tick: u64, content: &str, outcome: &SnapshotOutcome) {
        if self.update == Update::None {
            return;
        }
        let pending = self.path(tick, file::PENDING);
        let (ending, line) = match outcome {
            SnapshotOutcome::Matches => {
                if pending.exists() {
                    self.changes.files.push(Change::Remove(pending));
                }
                return;
            }
            SnapshotOutcome::Added | SnapshotOutcome::Updated => {
                if pending.exists() {
                    self.changes.files.push(Change::Remove(pending));
                }
                (file::ACCEPTED, None)
            }
            _ => {
                let plan = self.scenario.snapshot.as_ref();
                let place = plan.and_then(|plan| plan.place(tick));
                (file::PENDING, place.map(|place| place.line()))
            }
        };
        let header = file::Header {
            source: self.source,
            expression: format!("{} after tick {tick}", self.stem),
            line,
        };
        let text = file::write(&header, content);
        let path = self.path(tick, ending);
        self.changes
            .files
            .push(Change::Write(path, text.into_bytes()));
    }

    /// The trail goes with the snapshots: it is accepted, or waits, as they do.
    fn settle_trail(&mut self, old: Option<&Trail>, new: &Trail) {
        let (accepted, pending) = (
            self.trail_path(trail::ACCEPTED),
            self.trail_path(trail::PENDING),
        );
        let failing = self.changes.verdicts.iter().any(|verdict| !verdict.holds());
        let changed = self
            .changes
            .verdicts
            .iter()
            .any(|verdict| verdict.outcome != SnapshotOutcome::Matches);
        let same = old.is_some_and(|old| old.is_same(new));
        let writes = match self.update {
            Update::None => false,
            Update::All => !failing && !same,
            Update::Hashes => !failing && !same && self.changes.broken_trail.is_none(),
            Update::New => {
                !failing && (changed || old.is_none()) && self.changes.broken_trail.is_none()
            }
            Update::Pending => false,
        };
        if writes {
            self.changes.broken_trail = None;
            self.changes
                .files
                .push(Change::Write(accepted, new.encode()));
        } else if failing && self.update != Update::None && !same {
            self.changes
                .files
                .push(Change::Write(pending, new.encode()));
            return;
        } else if !failing && !same && self.changes.broken_trail.is_none() {
            let comparable = old.is_none_or(|old| old.rules_version == new.rules_version);
            if comparable {
                let shown = location::text(&accepted);
                self.changes.warnings.push(format!(
                    "`{shown}` does not lead to the accepted snapshots: write it with colony-sim test --update"
                ));
            }
        }
        if !failing && self.update != Update::None && pending.exists() {
            self.changes.files.push(Change::Remove(pending));
        }
    }
}

/// Where two runs first differ, if the old trail belongs to the old snapshot and its hashes can be compared.
fn first_difference(
    old: &Trail,
    new: &Trail,
    tick: u64,
    snapshot: &str,
) -> Option<FirstDifference> {
    let snapshot = Snapshot::parse(snapshot);
    let hashes = snapshot.hashes.iter().filter(|(part, _)| **part != "chain");
    let hashes =
        hashes.filter_map(|(part, hash)| Some((*part, u128::from_str_radix(hash, 16).ok()?)));
    let comparable = old.rules_version == new.rules_version && old.leads_to(tick, hashes);
    if !comparable {
        return None;
    }
    old.first_difference(new, tick)
}

/// The content of a snapshot, taken apart.
struct Snapshot<'a> {
    /// Facts by section and name, and their order.
    facts: BTreeMap<(&'a str, &'a str), &'a str>,
    order: Vec<(&'a str, &'a str)>,
    rules: Option<u32>,
    hashes: BTreeMap<&'a str, &'a str>,
}

const HASHES: &str = "hashes";

impl<'a> Snapshot<'a> {
    fn parse(content: &'a str) -> Self {
        let mut snapshot = Snapshot {
            facts: BTreeMap::new(),
            order: Vec::new(),
            rules: None,
            hashes: BTreeMap::new(),
        };
        let mut section = "";
        for line in content.lines().filter(|line| !line.trim().is_empty()) {
            let heading = line
                .strip_prefix('[')
                .and_then(|rest| rest.strip_suffix(']'));
            if let Some(heading) = heading {
                section = heading;
                continue;
            }
            let (name, value) = line.split_once(": ").unwrap_or((line, ""));
            match (section, name) {
                (HASHES, "rules_version") => snapshot.rules = value.parse().ok(),
                (HASHES, part) => _ = snapshot.hashes.insert(part, value),
                _ => {
                    snapshot.facts.insert((section, name), value);
                    snapshot.order.push((section, name));
                }
            }
        }
        snapshot
    }
}

/// How two contents differ, if they do. Hashes count only where both are of the present rules.
///
/// # Errors
/// What is wrong with the old one, as the end of a sentence.
pub(crate) fn difference(old: &str, new: &str) -> Result<Option<Difference>, &'static str> {
    let (old, new) = (Snapshot::parse(old), Snapshot::parse(new));
    let rules = old
        .rules
        .ok_or("is cut off or damaged: it has no `rules_version`")?;
    let gone = old
        .order
        .iter()
        .filter(|name| !new.facts.contains_key(*name));
    let mut facts = Vec::new();
    for &(section, name) in new.order.iter().chain(gone) {
        let (before, after) = (
            old.facts.get(&(section, name)),
            new.facts.get(&(section, name)),
        );
        if before != after {
            let (entity, field) = name.rsplit_once(", ").unwrap_or(("", name));
            facts.push(FactDifference {
                section: section.to_owned(),
                entity: entity.to_owned(),
                field: field.to_owned(),
                old: before.map(|value| (*value).to_owned()),
                new: after.map(|value| (*value).to_owned()),
                writer: None,
            });
        }
    }
    let mut parts = Vec::new();
    if rules == RULES_VERSION {
        let names = new.hashes.keys();
        let gone = old
            .hashes
            .keys()
            .filter(|part| !new.hashes.contains_key(*part));
        let differing = names
            .chain(gone)
            .filter(|part| old.hashes.get(*part) != new.hashes.get(*part));
        parts = differing.map(|part| (*part).to_owned()).collect();
    }
    let same = facts.is_empty() && parts.is_empty();
    Ok((!same).then_some(Difference {
        first: None,
        facts,
        parts,
    }))
}
