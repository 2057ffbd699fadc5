//! The one way in which a mod's life passes from one instance to another (mods.md, "Hand-over").
//!
//! `prepare` makes an instance beside the running one, `unload` tells the running one, `snapshot` turns its state into
//! bytes, `migrate` and `restore` give them to the new one, `loaded` tells it. A reload, a rollback, a save, a load and a
//! restart differ only in which code is prepared and where the bytes go.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use semver::{Comparator, Op, Version, VersionReq};

use crate::bundle::Bundle;
use crate::codec::{self, Compression};
use crate::context::{Context, LogLevel, Phase, Reason, at};
use crate::diagnostic::Fault;
use crate::error::{GuestError, Location};
use crate::generation::{Generation, Instance};
use crate::lua::{LuaRuntime, check_syntax};
use crate::manifest::{ConfigValue, Manifest};
use crate::mod_id::ModId;
use crate::report::{CarriedTimer, Fate, PathFate, Stage, StageError, StateReport};
use crate::runtime::{Event, EventContent, ModRuntime};
use crate::state::{Snapshot, Timer};
use crate::storage::Storage;
use crate::value::Value;

/// The files of a mod with what they say, ready to be prepared.
#[derive(Clone, Debug)]
pub(crate) struct Package {
    pub(crate) bundle: Rc<Bundle>,
    pub(crate) manifest: Rc<Manifest>,
    pub(crate) config: BTreeMap<String, ConfigValue>,
}

/// A fault to fail with on purpose at a stage, for a mod (I3).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InjectedFault {
    /// The stage.
    pub stage: Stage,
    /// The mod.
    pub mod_id: ModId,
}

/// A state on its way into a new instance.
#[derive(Debug)]
pub(crate) struct Carried {
    snapshot: Snapshot,
    report: StateReport,
}

impl Package {
    /// Reads a bundle's manifest and configuration.
    pub(crate) fn read(bundle: Rc<Bundle>) -> Result<Package, Vec<Fault>> {
        let manifest = Manifest::parse(&bundle, &crate::api::capability_names())?;
        let config = manifest.config_values(&bundle)?;
        Ok(Package { bundle, manifest: Rc::new(manifest), config })
    }

    /// What runs in a generation.
    pub(crate) fn of(generation: &Generation) -> Package {
        Package {
            bundle: generation.bundle(),
            manifest: generation.manifest.clone(),
            config: generation.state.borrow().config.clone(),
        }
    }
}

/// Compiles, makes a machine and runs the top-level code; nothing that runs is touched.
pub(crate) fn prepare(context: &Rc<Context>, package: &Package, number: u32) -> Result<Instance, StageError> {
    let id = &package.manifest.id;
    check_syntax(&package.bundle).map_err(|errors| {
        let faults = errors.iter().map(|error| error.fault(&package.bundle)).collect();
        StageError { stage: Stage::Parse, mod_id: id.clone(), faults }
    })?;
    let generation =
        Rc::new(Generation::new(number, package.bundle.clone(), package.manifest.clone(), package.config.clone()));
    let Some(entry) = &package.manifest.entry else {
        return Ok(Instance { generation, runtime: None });
    };
    let runtime = LuaRuntime::new(context, &generation, entry).map_err(|error| failed(&generation, Stage::Instantiate, &error))?;
    let runtime: Rc<dyn ModRuntime> = Rc::new(runtime);
    context
        .call(&generation, Phase::TopLevel, || runtime.top_level())
        .map_err(|error| failed(&generation, Stage::TopLevel, &error))?;
    Ok(Instance { generation, runtime: Some(runtime) })
}

/// Tells an instance that its state is about to be handed on.
pub(crate) fn unload(context: &Context, instance: &Instance) -> Result<(), StageError> {
    deliver_own(context, instance, "mod_unloaded", Vec::new(), Phase::Unloading)
        .map_err(|error| failed(&instance.generation, Stage::Unload, &error))
}

/// The state of an instance as bytes.
pub(crate) fn snapshot(instance: &Instance) -> Result<Vec<u8>, StageError> {
    let generation = &instance.generation;
    let snapshot = generation.state.borrow().snapshot(&generation.manifest.version);
    codec::encode(&snapshot, Compression::None)
        .map_err(|error| failed(generation, Stage::Snapshot, &GuestError::new(error.to_string())))
}

/// Turns the state of another version into state of this one, and says what became of each path (seed-corrections 31).
pub(crate) fn migrate(context: &Context, instance: &Instance, bytes: &[u8]) -> Result<Carried, StageError> {
    let generation = &instance.generation;
    let error = |error: &GuestError| failed(generation, Stage::Migrate, error);
    let mut snapshot: Snapshot = codec::decode(bytes).map_err(|problem| error(&GuestError::new(problem.to_string())))?;
    let Value::Map(before) = snapshot.storage.clone() else {
        return Err(error(&GuestError::new("the storage in the snapshot is not a table")));
    };
    let mut state = before.clone();
    let mut origins: BTreeMap<String, String> = BTreeMap::new();
    for at in applicable_migrations(generation, &snapshot.version).map_err(|problem| error(&problem))? {
        let Some(runtime) = &instance.runtime else { break };
        let migrated = context.call(generation, Phase::Migrating, || runtime.migrate(at, &state)).map_err(|problem| error(&problem))?;
        record_origins(generation, at, &state, &migrated.state, &migrated.writes, &mut origins);
        state = migrated.state;
    }
    let migrated = state.clone();
    let defaulted_at = fill_defaults(generation, &mut state);
    let mut report = StateReport { paths: fates(&before, &migrated, &state, &origins, defaulted_at.as_deref()), ..StateReport::default() };
    if let Some((shape, _)) = &generation.declarations.borrow().shape {
        for path in state.keys().filter(|path| !shape.contains_key(*path)) {
            report.notes.push(format!("`{path}` is not declared by colony.state.define: it stays"));
        }
    }
    snapshot.storage = Value::Map(state);
    Ok(Carried { snapshot, report })
}

/// Gives an instance its state.
pub(crate) fn restore(instance: &Instance, carried: Carried, reason: Reason) -> Result<StateReport, StageError> {
    let generation = &instance.generation;
    let snapshot = carried.snapshot;
    let bytes_max = generation.manifest.hot_reload.max_state_size;
    let storage = Storage::from_value(&snapshot.storage, bytes_max)
        .map_err(|error| failed(generation, Stage::Restore, &GuestError::new(error.to_string())))?;
    let mut state = generation.state.borrow_mut();
    state.storage = storage;
    state.saved = snapshot.saved;
    state.slot = snapshot.slot;
    state.timers = snapshot.timers;
    state.subscriptions = snapshot.subscriptions;
    state.random_position = snapshot.random_position;
    state.commands = snapshot.commands;
    // New code gets a new chance: suspended handlers run again after a commit.
    state.failures = if reason == Reason::Update { BTreeMap::new() } else { snapshot.failures };
    Ok(carried.report)
}

/// Tells an instance that it is loaded, and settles what it declared against what it was given.
pub(crate) fn loaded(
    context: &Context,
    instance: &Instance,
    reason: Reason,
    previous: Option<&Version>,
    report: &mut StateReport,
) -> Result<(), StageError> {
    let previous = previous.filter(|_| reason == Reason::Update).map(|version| Value::text(version.to_string()));
    let fields = vec![Some(Value::text(reason.name())), previous];
    deliver_own(context, instance, "mod_loaded", fields, Phase::Loaded(reason))
        .map_err(|error| failed(&instance.generation, Stage::Loaded, &error))?;
    let generation = &instance.generation;
    generation.state.borrow_mut().slot = None;
    settle_timers(context.tick(), generation, report);
    settle_subscriptions(generation, report);
    let state = generation.state.borrow();
    let declarations = generation.declarations.borrow();
    report.handlers = declarations.handlers.len();
    report.random_draws = state.random_position;
    report.pending_commands = state.commands.len();
    report.timers = state.timers.iter().map(|(name, timer)| CarriedTimer { name: name.clone(), due: timer.due }).collect();
    for warning in &declarations.warnings {
        context.log(generation.id(), LogLevel::Warn, warning);
    }
    Ok(())
}

/// Hands a mod over to new instance of the code it runs: the second half of a save, a rollback and a forced reload.
pub(crate) fn resume(context: &Rc<Context>, package: &Package, number: u32, bytes: &[u8]) -> Result<Instance, StageError> {
    let instance = prepare(context, package, number)?;
    let carried = migrate(context, &instance, bytes)?;
    let mut report = restore(&instance, carried, Reason::Resume)?;
    loaded(context, &instance, Reason::Resume, None, &mut report)?;
    Ok(instance)
}

/// An instance begins with nothing but its defaults.
pub(crate) fn begin(context: &Context, instance: &Instance) -> Result<(), StageError> {
    let generation = &instance.generation;
    let mut state = BTreeMap::new();
    fill_defaults(generation, &mut state);
    let bytes_max = generation.manifest.hot_reload.max_state_size;
    let storage = Storage::from_value(&Value::Map(state), bytes_max)
        .map_err(|error| failed(generation, Stage::Restore, &GuestError::new(error.to_string())))?;
    generation.state.borrow_mut().storage = storage;
    loaded(context, instance, Reason::Start, None, &mut StateReport::default())
}

/// Calls a mod's own handlers of `mod_loaded` or `mod_unloaded`, all or nothing.
fn deliver_own(
    context: &Context,
    instance: &Instance,
    name: &str,
    fields: Vec<Option<Value>>,
    phase: Phase,
) -> Result<(), GuestError> {
    let Some(runtime) = &instance.runtime else { return Ok(()) };
    let event = Event { name: name.into(), tick: context.tick(), content: EventContent::Fields(fields) };
    context.call(&instance.generation, phase, || {
        instance.generation.active_handlers(name).into_iter().try_for_each(|handler| runtime.handle(handler, &event))
    })
}

pub(crate) fn failed(generation: &Generation, stage: Stage, error: &GuestError) -> StageError {
    StageError { stage, mod_id: generation.id().clone(), faults: vec![error.fault(&generation.bundle())] }
}

/// The migrations that lead from a version to this one, in version order.
fn applicable_migrations(generation: &Generation, from: &Version) -> Result<Vec<usize>, GuestError> {
    let to = &generation.manifest.version;
    if from == to {
        return Ok(Vec::new());
    }
    let declarations = generation.declarations.borrow();
    let mut applicable: Vec<usize> =
        (0..declarations.migrations.len()).filter(|at| declarations.migrations[*at].range.matches(from)).collect();
    if to < from && applicable.is_empty() {
        return Err(GuestError {
            help: Some(format!("write colony.state.migrate(\">{to}\", fn) in {to}, or keep {from}")),
            ..GuestError::new(format!("a downgrade from {from} to {to} without a migration would lose state"))
        });
    }
    applicable.sort_by_key(|at| upper_bound(&declarations.migrations[*at].range));
    Ok(applicable)
}

/// The version up to which a range reaches: where a migration from it leads to. Ranges without an upper end come last.
fn upper_bound(range: &VersionReq) -> Option<(u64, u64, u64)> {
    let bound = |comparator: &Comparator| {
        let (major, minor, patch) = (comparator.major, comparator.minor.unwrap_or(0), comparator.patch.unwrap_or(0));
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
    let Some(declaration) = declarations.migrations.get(migration) else { return };
    let paths: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    for path in paths.into_iter().filter(|path| before.get(*path) != after.get(*path)) {
        let line = writes.get(path).or(declaration.location.as_ref());
        let line = line.map_or(String::new(), |location| format!(", {location}"));
        origins.insert(path.clone(), format!("`{}`{line}", declaration.text));
    }
}

/// Gives declared paths that are not there their defaults; returns where they are declared.
fn fill_defaults(generation: &Generation, state: &mut BTreeMap<String, Value>) -> Option<String> {
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
            (_, Some(carried), Some(new)) if carried != new && origin.is_none() => (Fate::Defaulted, new.to_string(), defaulted),
            (_, _, new) => (Fate::Migrated, new.map_or(String::new(), Value::to_string), origin),
        }
    };
    paths
        .into_iter()
        .map(|path| {
            let (fate, value, by) = fate(path);
            PathFate { path: path.clone(), fate, value, by }
        })
        .collect()
}

/// Timers keep their phase; what the code newly declares starts, what it no longer declares is dropped and said.
fn settle_timers(tick: u64, generation: &Generation, report: &mut StateReport) {
    let declarations = generation.declarations.borrow();
    let mut state = generation.state.borrow_mut();
    state.timers.retain(|name, _| {
        let declared = declarations.timers.contains_key(name);
        if !declared {
            report.notes.push(format!("timer `{name}` is no longer declared: dropped"));
        }
        declared
    });
    for (name, declaration) in &declarations.timers {
        let Some((ticks, repeat)) = declaration.start else { continue };
        let interval = repeat.then_some(ticks);
        match state.timers.get_mut(name) {
            Some(timer) if timer.declared != Some(ticks) => {
                // The new version wishes another interval; the phase of the running one stays.
                timer.declared = Some(ticks);
                timer.interval = interval;
                report.notes.push(format!("timer `{name}` now takes {ticks} ticks{}", at_end(declaration.location.as_ref())));
            }
            Some(_) => {}
            None => {
                let timer = Timer { due: Some(tick.saturating_add(ticks)), interval, declared: Some(ticks), value: None };
                state.timers.insert(name.clone(), timer);
            }
        }
    }
}

fn at_end(location: Option<&Location>) -> String {
    let text = at(location);
    if text.is_empty() { text } else { format!(", {}", text.trim_end_matches(": ")) }
}

/// Handlers switched at run time stay switched; what the code no longer declares is dropped and said.
fn settle_subscriptions(generation: &Generation, report: &mut StateReport) {
    let declarations = generation.declarations.borrow();
    let names: BTreeSet<_> = declarations.handlers.iter().map(|handler| &handler.name).collect();
    let mut state = generation.state.borrow_mut();
    state.subscriptions.retain(|name, _| {
        let declared = names.contains(name);
        if !declared {
            report.notes.push(format!("the handler of `{}` with key {:?} is no longer declared: dropped", name.0, name.1));
        }
        declared
    });
    // Timers count under the event `timer`, see `tick`.
    state.failures.retain(|name, _| names.contains(name) || name.0 == crate::tick::TIMER);
}
