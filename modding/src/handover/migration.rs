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
pub(crate) fn migrate(
    context: &Context,
    instance: &Instance,
    bytes: &[u8],
) -> Result<Carried, StageError> {
    let generation = &instance.generation;
    let error = |error: &GuestError| failed(generation, Stage::Migrate, error);
    let mut snapshot: Snapshot =
        codec::decode(bytes).map_err(|problem| error(&GuestError::new(problem.to_string())))?;
    let Value::Map(before) = snapshot.storage.clone() else {
        return Err(error(&GuestError::new(
            "the storage in the snapshot is not a table",
        )));
    };
    let mut state = before.clone();
    let mut origins: BTreeMap<String, String> = BTreeMap::new();
    for at in
        applicable_migrations(generation, &snapshot.version).map_err(|problem| error(&problem))?
    {
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
    let migrated = state.clone();
    let defaulted_at = fill_defaults(generation, &mut state);
    let mut report = StateReport {
        paths: fates(
            &before,
            &migrated,
            &state,
            &origins,
            defaulted_at.as_deref(),
        ),
        ..StateReport::default()
    };
    if let Some((shape, _)) = &generation.declarations.borrow().shape {
        for path in state.keys().filter(|path| !shape.contains_key(*path)) {
            report.notes.push(format!(
                "`{path}` is not declared by colony.state.define: it stays"
            ));
        }
    }
    snapshot.storage = Value::Map(state);
    Ok(Carried { snapshot, report })
}

/// The migrations that lead from a version to this one, in version order.
fn applicable_migrations(
    generation: &Generation,
    from: &Version,
) -> Result<Vec<usize>, GuestError> {
    let to = &generation.manifest.version;
    if from == to {
        return Ok(Vec::new());
    }
    let declarations = generation.declarations.borrow();
    let mut applicable: Vec<usize> = (0..declarations.migrations.len())
        .filter(|at| declarations.migrations[*at].range.matches(from))
        .collect();
    if to < from && applicable.is_empty() {
        return Err(GuestError {
            help: Some(format!(
                "write colony.state.migrate(\">{to}\", fn) in {to}, or keep {from}"
            )),
            ..GuestError::new(format!(
                "a downgrade from {from} to {to} without a migration would lose state"
            ))
        });
    }
    applicable.sort_by_key(|at| upper_bound(&declarations.migrations[*at].range));
    Ok(applicable)
}

/// The version up to which a range reaches: where a migration from it leads to. Ranges without an upper end come last.
fn upper_bound(range: &VersionReq) -> Option<(u64, u64, u64)> {
    let bound = |comparator: &Comparator| {
        let (major, minor, patch) = (
            comparator.major,
            comparator.minor.unwrap_or(0),
            comparator.patch.unwrap_or(0),
        );
        match comparator.op {
            Op::Less | Op::LessEq => Some((major, minor, patch)),
            Op::Exact | Op::Tilde => Some((major, minor + 1, 0)),
            Op::Caret | Op::Wildcard => Some((major + 1, 0, 0)),
            _ => None,
        }
    };
    let lowest = range.comparators.iter().filter_map(bound).min();
    Some(lowest.unwrap_or((u64::MAX, u64::MAX, u64::MAX)))
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

/// Gives declared paths that are not there their defaults; returns where they are declared.
pub(super) fn fill_defaults(
    generation: &Generation,
    state: &mut BTreeMap<String, Value>,
) -> Option<String> {
    fn fill(state: &mut BTreeMap<String, Value>, defaults: &BTreeMap<String, Value>) {
        for (path, default) in defaults {
            match (state.get_mut(path), default) {
                (None, default) => drop(state.insert(path.clone(), default.clone())),
                (Some(Value::Map(inner)), Value::Map(defaults)) => fill(inner, defaults),
                (Some(_), _) => {}
            }
        }
    }
    let declarations = generation.declarations.borrow();
    let (shape, location) = declarations.shape.as_ref()?;
    fill(state, shape);
    location.as_ref().map(Location::to_string)
}

fn fates(
    before: &BTreeMap<String, Value>,
    migrated: &BTreeMap<String, Value>,
    after: &BTreeMap<String, Value>,
    origins: &BTreeMap<String, String>,
    defaulted_at: Option<&str>,
) -> Vec<PathFate> {
    let paths: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    let fate = |path: &String| {
        let origin = origins.get(path).cloned();
        let defaulted = defaulted_at.map(str::to_owned);
        match (before.get(path), migrated.get(path), after.get(path)) {
            (Some(old), _, None) => (Fate::Dropped, format!("was {old}"), origin),
            (Some(old), _, Some(new)) if old == new => (Fate::Kept, new.to_string(), None),
            (None, None, Some(new)) => (Fate::Defaulted, new.to_string(), defaulted),
            (_, Some(carried), Some(new)) if carried != new && origin.is_none() => {
                (Fate::Defaulted, new.to_string(), defaulted)
            }
            (_, _, new) => (
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
