//! State of one version becomes state of another (seed-corrections 31): migrations in version order, then defaults for what is
//! declared and not there, and the fate of every path.

use std::collections::{BTreeMap, BTreeSet};

use semver::{Comparator, Op, Version, VersionReq};

use super::{Carried, failed};
use crate::codec;
use crate::context::{Context, Phase};
use crate::error::{GuestError, Location};
use crate::generation::{Generation, Instance};
use crate::report::{Fate, PathFate, Stage, StageError, StateReport};
use crate::state::Snapshot;
use crate::value::Value;

/// Turns the state of another version into state of this one, and says what became of each path (seed-corrections 31).
pub(super) fn migrate(
    context: &Context,
    instance: &Instance,
    bytes: &[u8],
) -> Result<Carried, StageError> {
    let generation = &instance.generation;
    let error = |error: &GuestError| failed(generation, Stage::Migrate, error);
    let mut snapshot: Snapshot =
        codec::decode(bytes).map_err(|problem| error(&GuestError::new(problem.to_string())))?;
    let migrations =
        applicable_migrations(generation, &snapshot).map_err(|problem| error(&problem))?;
    let Value::Map(mut state) = std::mem::replace(&mut snapshot.storage, Value::empty()) else {
        return Err(error(&GuestError::new(
            "the storage in the snapshot is not a table",
        )));
    };
    let before = (!migrations.is_empty()).then(|| state.clone());
    let mut origins: BTreeMap<String, String> = BTreeMap::new();
    for at in migrations {
        let Some(runtime) = &instance.runtime else {
            break;
        };
        let migrated = context
            .call(generation, Phase::Migrating, || runtime.migrate(at, &state))
            .map_err(|problem| error(&problem))?;
        record_origins(
            generation,
            at,
            &state,
            &migrated.state,
            &migrated.writes,
            &mut origins,
        );
        state = migrated.state;
    }
    let filled = fill_defaults(generation, &mut state);
    let mut report = StateReport {
        paths: fates(before.as_ref(), &state, &origins, &filled),
        ..StateReport::default()
    };
    let runtime = instance.runtime.as_ref();
    // Of one that gives its whole state it shows once it has been given this one.
    if !runtime.is_some_and(|runtime| runtime.gives_whole_state()) {
        let define = match generation.manifest.is_component() {
            true => "`state.define`",
            false => "colony.state.define",
        };
        for path in undeclared(generation, &state) {
            let note = format!("`{path}` is not declared by {define}: it stays");
            report.notes.push(note);
        }
    }
    report
        .notes
        .extend(skipped_migrations(generation, &snapshot.version));
    snapshot.storage = Value::Map(state);
    Ok(Carried { snapshot, report })
}

/// The paths of a state that the code does not declare, if it declares any.
fn undeclared<'a>(
    generation: &Generation,
    state: &'a BTreeMap<String, Value>,
) -> impl Iterator<Item = &'a String> {
    let declarations = generation.declarations.borrow();
    let shape = declarations.shape.as_ref();
    let declared = shape.map(|(shape, _)| shape.keys().cloned().collect::<BTreeSet<_>>());
    let is_undeclared = move |path: &&String| {
        let declared = declared.as_ref();
        declared.is_some_and(|declared| !declared.contains(*path))
    };
    state.keys().filter(is_undeclared)
}

/// Notes what a component that gives its whole state has made of the one that it was given.
pub(super) fn tell_what_became_of(
    generation: &Generation,
    before: &BTreeMap<String, Value>,
    report: &mut StateReport,
) {
    let Value::Map(after) = generation.state.borrow().storage.to_value() else {
        return;
    };
    for (path, old) in before {
        let is_default = |told: &PathFate| told.path == *path && told.fate == Fate::Defaulted;
        let (fate, value) = match after.get(path) {
            Some(new) if new == old => continue,
            Some(new) => (Fate::Migrated, new.to_string()),
            // What was there by default alone was not there before.
            None if report.paths.iter().any(is_default) => {
                report.paths.retain(|told| !is_default(told));
                continue;
            }
            None => (Fate::Dropped, format!("was {old}")),
        };
        let fate = PathFate {
            path: path.clone(),
            fate,
            value,
            by: Some("kept-state.restore".to_owned()),
        };
        match report.paths.iter_mut().find(|told| told.path == *path) {
            Some(told) => *told = fate,
            None => report.paths.push(fate),
        }
    }
    for (path, value) in after {
        if !before.contains_key(&path) {
            report.paths.push(PathFate {
                path,
                fate: Fate::Defaulted,
                value: value.to_string(),
                by: Some("kept-state.restore".to_owned()),
            });
        }
    }
    report.paths.sort_by(|one, other| one.path.cmp(&other.path));
}

/// Notes what a component that gives its whole state does not declare of the one that it was given: gone, or about to be.
pub(super) fn tell_undeclared(
    generation: &Generation,
    before: &BTreeMap<String, Value>,
    is_same_version: bool,
    report: &mut StateReport,
) {
    let state = generation.state.borrow();
    let version = &generation.manifest.version;
    for path in undeclared(generation, before) {
        let is_gone = state.storage.entry(path).is_none();
        let fate = match is_gone {
            true => "is gone: the component's state has no such field",
            false => {
                "is not part of the component's state: it is gone once that changes, unless the component gives it too"
            }
        };
        let why = match is_same_version {
            true => format!(
                "; no migration ran, since `version` in mod.toml is {version} as before: raise it to migrate"
            ),
            false => String::new(),
        };
        report.notes.push(format!("`{path}` {fate}{why}"));
    }
}

/// The migrations that lead from a version to this one, in version order.
fn applicable_migrations(
    generation: &Generation,
    snapshot: &Snapshot,
) -> Result<Vec<usize>, GuestError> {
    let from = &snapshot.version;
    let to = &generation.manifest.version;
    if from == to {
        return Ok(Vec::new());
    }
    let declarations = generation.declarations.borrow();
    let mut applicable: Vec<usize> = (0..declarations.migrations.len())
        .filter(|at| admits(&declarations.migrations[*at].range, from))
        .collect();
    if to < from && applicable.is_empty() && !is_empty(snapshot) {
        return Err(GuestError {
            help: Some(match generation.manifest.is_component() {
                true => format!("declare `state.migrate` for \">{to}\" in {to}, or keep {from}"),
                false => {
                    format!("write colony.state.migrate(\">{to}\", fn) in {to}, or keep {from}")
                }
            }),
            ..GuestError::new(format!(
                "a downgrade from {from} to {to} without a migration would lose state"
            ))
        });
    }
    applicable.sort_by_key(|at| upper_bound(&declarations.migrations[*at].range));
    Ok(applicable)
}

/// Whether there is no state that a downgrade could lose, as in a mod of content alone, which has no migrations either.
fn is_empty(snapshot: &Snapshot) -> bool {
    let storage = matches!(&snapshot.storage, Value::Map(storage) if storage.is_empty());
    storage && snapshot.held.saved.is_none() && snapshot.held.slot.is_none()
}

/// Migrations to a version between the state's and this one that do not admit the state's: a mistake in their range, most likely.
fn skipped_migrations(generation: &Generation, from: &Version) -> Vec<String> {
    let number = |version: &Version| (version.major, version.minor, version.patch);
    let on_the_way = number(from)..=number(&generation.manifest.version);
    let declarations = generation.declarations.borrow();
    let skipped = declarations.migrations.iter().filter(|migration| {
        let reaches = upper_bound(&migration.range);
        reaches > *on_the_way.start()
            && on_the_way.contains(&reaches)
            && !admits(&migration.range, from)
    });
    skipped
        .map(|migration| {
            format!(
                "migration `{}` is skipped: the state is of {from}",
                migration.text
            )
        })
        .collect()
}

/// Notes what a new generation wishes to be done to the state and what was not done, for want of a higher version: migrations that the
/// old one did not have, and defaults of another type than those that it declared.
pub(crate) fn tell_what_waits(old: &Generation, new: &Generation, report: &mut StateReport) {
    let version = &new.manifest.version;
    let (before, after) = (old.declarations.borrow(), new.declarations.borrow());
    let is_known = |text: &str| before.migrations.iter().any(|known| known.text == text);
    let waiting = after.migrations.iter().filter(|migration| {
        old.manifest.version == *version
            && admits(&migration.range, version)
            && !is_known(&migration.text)
    });
    report.notes.extend(waiting.map(|migration| {
        format!(
            "migration `{}` did not run: `version` in mod.toml is {version} as before, raise it",
            migration.text
        )
    }));
    let shapes = before.shape.iter().zip(&after.shape);
    for ((before, _), (after, _)) in shapes {
        let kept = report.paths.iter().filter(|path| path.fate == Fate::Kept);
        let changed = kept.filter_map(|kept| {
            let types = (before.get(&kept.path)?, after.get(&kept.path)?);
            let (old, new) = (types.0.type_name(), types.1.type_name());
            (old != new).then(|| {
                format!(
                    "the default of `{}` is a {new} now and was a {old}; its value was kept, a migration can change it",
                    kept.path
                )
            })
        });
        report.notes.extend(changed);
    }
}

/// The version up to which a range reaches: where a migration from it leads to. Ranges without an upper end come last.
fn upper_bound(range: &VersionReq) -> (u64, u64, u64) {
    let bounds = range.comparators.iter().filter_map(comparator_bound);
    bounds.min().unwrap_or((u64::MAX, u64::MAX, u64::MAX))
}

/// By the rules of semver: what a caret, a tilde, a wildcard or a bare version admit ends before this.
fn comparator_bound(comparator: &Comparator) -> Option<(u64, u64, u64)> {
    let (major, minor, patch) = (comparator.major, comparator.minor, comparator.patch);
    match (comparator.op, minor, patch) {
        (Op::Less, ..) => Some((major, minor.unwrap_or(0), patch.unwrap_or(0))),
        (Op::Exact | Op::LessEq, Some(minor), Some(patch)) => {
            Some((major, minor, patch.saturating_add(1)))
        }
        (Op::Caret, Some(0), Some(patch)) if major == 0 => Some((0, 0, patch.saturating_add(1))),
        (Op::Caret, Some(minor), _) if major == 0 => Some((0, minor.saturating_add(1), 0)),
        (Op::Caret, ..) | (Op::Exact | Op::LessEq | Op::Tilde | Op::Wildcard, None, _) => {
            Some((major.saturating_add(1), 0, 0))
        }
        (Op::Exact | Op::LessEq | Op::Tilde | Op::Wildcard, Some(minor), _) => {
            Some((major, minor.saturating_add(1), 0))
        }
        _ => None,
    }
}

/// Whether a range admits a version. A pre-release counts as the version that it leads to, or by order before it: semver's
/// rule, by which hardly a range admits one, would let its state pass unmigrated.
pub(crate) fn admits(range: &VersionReq, version: &Version) -> bool {
    let released = Version::new(version.major, version.minor, version.patch);
    let before_release = !version.pre.is_empty()
        && upper_bound(range) == (released.major, released.minor, released.patch);
    range.matches(version) || range.matches(&released) || before_release
}

/// Notes for each path that a migration changed who changed it and in which line.
fn record_origins(
    generation: &Generation,
    migration: usize,
    before: &BTreeMap<String, Value>,
    after: &BTreeMap<String, Value>,
    writes: &BTreeMap<String, Location>,
    origins: &mut BTreeMap<String, String>,
) {
    let declarations = generation.declarations.borrow();
    let Some(declaration) = declarations.migrations.get(migration) else {
        return;
    };
    let paths: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    for path in paths
        .into_iter()
        .filter(|path| before.get(*path) != after.get(*path))
    {
        let line = writes.get(path).or(declaration.location.as_ref());
        let line = line.map_or(String::new(), |location| format!(", {location}"));
        origins.insert(path.clone(), format!("`{}`{line}", declaration.text));
    }
}

/// What defaults have done to a state.
#[derive(Debug, Default)]
pub(super) struct Filled {
    /// Names that were not there.
    added: BTreeSet<String>,
    /// Names of tables that lacked something.
    completed: BTreeSet<String>,
    /// Where the defaults are declared.
    pub(super) declared_at: Option<String>,
}

/// Gives declared paths that are not there their defaults.
pub(super) fn fill_defaults(
    generation: &Generation,
    state: &mut BTreeMap<String, Value>,
) -> Filled {
    /// Whether anything was not there.
    fn fill(state: &mut BTreeMap<String, Value>, defaults: &BTreeMap<String, Value>) -> bool {
        let mut lacked = false;
        for (path, default) in defaults {
            match (state.get_mut(path), default) {
                (None, default) => {
                    state.insert(path.clone(), default.clone());
                    lacked = true;
                }
                (Some(Value::Map(inner)), Value::Map(defaults)) => lacked |= fill(inner, defaults),
                (Some(_), _) => {}
            }
        }
        lacked
    }
    let mut filled = Filled::default();
    let declarations = generation.declarations.borrow();
    let Some((shape, location)) = &declarations.shape else {
        return filled;
    };
    for (path, default) in shape {
        match (state.get_mut(path), default) {
            (None, default) => {
                state.insert(path.clone(), default.clone());
                filled.added.insert(path.clone());
            }
            (Some(Value::Map(inner)), Value::Map(defaults)) => {
                if fill(inner, defaults) {
                    filled.completed.insert(path.clone());
                }
            }
            (Some(_), _) => {}
        }
    }
    filled.declared_at = location.as_ref().map(Location::to_string);
    filled
}

/// What became of each path; `before` is there where migrations ran. What was kept says no value: see [`say_kept`].
fn fates(
    before: Option<&BTreeMap<String, Value>>,
    after: &BTreeMap<String, Value>,
    origins: &BTreeMap<String, String>,
    filled: &Filled,
) -> Vec<PathFate> {
    let dropped_or_there = before.into_iter().flat_map(BTreeMap::keys);
    let paths: BTreeSet<&String> = dropped_or_there.chain(after.keys()).collect();
    let fate = |path: &String| {
        let origin = origins.get(path).cloned();
        let (added, completed) = (filled.added.contains(path), filled.completed.contains(path));
        let old = match before {
            Some(before) => before.get(path),
            // Nothing but defaults has touched it.
            None if added || completed => None,
            None => after.get(path),
        };
        match (old, after.get(path)) {
            (Some(old), None) => (Fate::Dropped, format!("was {old}"), origin),
            (Some(old), Some(new)) if old == new => (Fate::Kept, String::new(), None),
            (old, Some(new)) if (old.is_none() && added) || (completed && origin.is_none()) => {
                (Fate::Defaulted, new.to_string(), filled.declared_at.clone())
            }
            (_, new) => (
                Fate::Migrated,
                new.map_or(String::new(), Value::to_string),
                origin,
            ),
        }
    };
    paths
        .into_iter()
        .map(|path| {
            let (fate, value, by) = fate(path);
            PathFate {
                path: path.clone(),
                fate,
                value,
                by,
            }
        })
        .collect()
}

/// Says the values of what was kept, in a report that nobody revises.
pub(crate) fn say_kept(generation: &Generation, report: &mut StateReport) {
    let state = generation.state.borrow();
    let paths = report.paths.iter_mut();
    for path in paths.filter(|path| path.fate == Fate::Kept) {
        let value = state.storage.entry(&path.path);
        path.value = value.map_or(String::new(), |value| value.to_string());
    }
}

/// Compares what ran with what runs now: `mod_loaded` may have changed more, and a rollback may have brought an older state.
pub(crate) fn revise_fates(old: &Generation, new: &Generation, by: &str, report: &mut StateReport) {
    let (before, after) = (old.state.borrow(), new.state.borrow());
    let (before, after) = (&before.storage, &after.storage);
    let told: BTreeMap<String, PathFate> = report
        .paths
        .drain(..)
        .map(|fate| (fate.path.clone(), fate))
        .collect();
    // What begins with its default is not what it was, though it may look the same.
    let is_begun = |told: Option<&PathFate>| told.is_some_and(|told| told.fate == Fate::Defaulted);
    let paths: BTreeSet<&String> = before.names().chain(after.names()).collect();
    for path in paths {
        let told = told.get(path);
        let by = || {
            Some(
                told.and_then(|told| told.by.clone())
                    .unwrap_or_else(|| by.to_owned()),
            )
        };
        let (fate, value, by) = match (before.entry(path), after.entry(path)) {
            (Some(old), Some(new)) if old == new && !is_begun(told) => {
                (Fate::Kept, new.to_string(), None)
            }
            (Some(old), None) => (Fate::Dropped, format!("was {old}"), by()),
            (_, Some(new)) => match told {
                Some(told) if told.fate != Fate::Kept && told.value == new.to_string() => {
                    (told.fate, told.value.clone(), told.by.clone())
                }
                _ => (Fate::Migrated, new.to_string(), by()),
            },
            (None, None) => continue,
        };
        report.paths.push(PathFate {
            path: path.clone(),
            fate,
            value,
            by,
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_reach_as_far_as_semver_says() {
        for (range, expected) in [
            ("<1.1.0", (1, 1, 0)),
            ("<2", (2, 0, 0)),
            ("<=1.1.0", (1, 1, 1)),
            ("^1.2", (2, 0, 0)),
            ("^0.1", (0, 2, 0)),
            ("^0.0.3", (0, 0, 4)),
            ("^0", (1, 0, 0)),
            ("~1", (2, 0, 0)),
            ("~1.2.3", (1, 3, 0)),
            ("1.0.*", (1, 1, 0)),
            ("=1.2.3", (1, 2, 4)),
            (">=0.3.0, <0.4.0", (0, 4, 0)),
            (">1.0.0", (u64::MAX, u64::MAX, u64::MAX)),
        ] {
            assert_eq!(
                upper_bound(&VersionReq::parse(range).unwrap()),
                expected,
                "{range}"
            );
        }
    }

    #[test]
    fn pre_releases_are_migrated_like_the_version_they_lead_to() {
        for (range, version, expected) in [
            ("<1.1.0", "1.0.0-rc.1", true),
            ("<1.0.0", "1.0.0-rc.1", true),
            ("<1.0.0", "1.0.0", false),
            ("^1", "1.2.0-beta", true),
            ("<0.9.0", "1.0.0-rc.1", false),
        ] {
            let (range, version) = (
                VersionReq::parse(range).unwrap(),
                Version::parse(version).unwrap(),
            );
            assert_eq!(admits(&range, &version), expected, "{range} {version}");
        }
    }
}
