//! The one way in which a mod's life passes from one instance to another (mods.md, "Hand-over").
//!
//! `prepare` makes an instance beside the running one, `unload` tells the running one, `snapshot` turns its state into
//! bytes, `migrate` and `restore` give them to the new one, `loaded` tells it. A reload, a rollback, a save, a load and a
//! restart differ only in which code is prepared and where the bytes go.

mod carry;
mod migration;
mod settle;

use std::collections::BTreeMap;
use std::rc::Rc;

use semver::Version;

use crate::bundle::Bundle;
use crate::codec::{self, CodecError, Compression};
use crate::context::{Context, Effects, LogLevel, Phase, Reason};
use crate::diagnostic::Fault;
use crate::error::GuestError;
use crate::generation::{Generation, Instance};
use crate::limits::SNAPSHOT_BYTES_MAX;
use crate::lua::{LuaRuntime, Scripts};
use crate::manifest::{ConfigValue, Manifest};
use crate::mod_id::ModId;
use crate::report::{CarriedTimer, Fate, PathFate, Stage, StageError, StateReport};
use crate::runtime::{Both, Event, EventContent, ModRuntime};
use crate::sources::{Library, Sources, reachable_libraries};
use crate::state::Snapshot;
use crate::storage::Storage;
use crate::value::Value;
use crate::wasm::{Compiled, WasmRuntime};

pub(crate) use carry::{MayBeginAgain, pass_on};
pub(crate) use migration::{admits, revise_fates, say_kept, tell_what_waits};
use migration::{fill_defaults, migrate, tell_undeclared, tell_what_became_of};
use settle::{drop_timers, settle_subscriptions, start_timers};
pub(crate) use settle::{handlers_no_longer_declared, skip_missed_firings};

/// The files of a mod with what they say, ready to be prepared.
#[derive(Clone, Debug)]
pub(crate) struct Package {
    pub(crate) sources: Rc<Sources>,
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
        Ok(Package {
            sources: Rc::new(Sources::of(bundle)),
            manifest: Rc::new(manifest),
            config,
        })
    }

    /// The same with the library code that it reaches in a world of mods.
    pub(crate) fn bound(&self, world: &BTreeMap<ModId, Package>) -> Package {
        let libraries = reachable_libraries(&self.manifest, world);
        Package {
            sources: Rc::new(self.sources.with_libraries(libraries)),
            ..self.clone()
        }
    }

    /// The same with the library code of others.
    pub(crate) fn with_libraries_of(&self, other: &Sources) -> Package {
        Package {
            sources: Rc::new(self.sources.with_libraries_of(other)),
            ..self.clone()
        }
    }

    /// The mod as one that offers library code to others.
    pub(crate) fn library(&self) -> Library {
        Library {
            bundle: self.bundle().clone(),
            manifest: self.manifest.clone(),
        }
    }

    /// What its definitions are read from.
    pub(crate) fn content(&self) -> (&Manifest, &Bundle) {
        (&self.manifest, self.bundle())
    }

    /// Its own files.
    pub(crate) fn bundle(&self) -> &Rc<Bundle> {
        self.sources.own()
    }

    /// What runs in a generation.
    pub(crate) fn of(generation: &Generation) -> Package {
        Package {
            sources: generation.sources(),
            manifest: generation.manifest.clone(),
            config: generation.state.borrow().config.clone(),
        }
    }
}

/// Compiles, makes a machine and runs the top-level code; nothing that runs is touched.
pub(crate) fn prepare(
    context: &Rc<Context>,
    package: &Package,
    number: u32,
) -> Result<Instance, StageError> {
    let id = &package.manifest.id;
    let scripts =
        Scripts::compile(&package.sources, context.known_scripts()).map_err(|errors| {
            let faults = errors
                .iter()
                .map(|error| error.fault(&package.sources))
                .collect();
            StageError {
                stage: Stage::Parse,
                mod_id: id.clone(),
                faults,
            }
        })?;
    let generation = Rc::new(Generation::new(
        number,
        package.sources.clone(),
        package.manifest.clone(),
        package.config.clone(),
    ));
    let Some(runtime) = machine(context, package, &generation, scripts)? else {
        return Ok(Instance {
            generation,
            runtime: None,
        });
    };
    generation.set_runtime(&runtime);
    context
        .call(&generation, Phase::TopLevel, || runtime.top_level())
        .map_err(|error| failed(&generation, Stage::TopLevel, &error))?;
    Ok(Instance {
        generation,
        runtime: Some(runtime),
    })
}

/// The machine that runs a generation: of its script, its component or both.
fn machine(
    context: &Rc<Context>,
    package: &Package,
    generation: &Rc<Generation>,
    scripts: Scripts,
) -> Result<Option<Rc<dyn ModRuntime>>, StageError> {
    let Manifest {
        entry, component, ..
    } = &*package.manifest;
    let component: Option<Rc<dyn ModRuntime>> = match component {
        Some(path) => {
            let bundle = package.bundle();
            let content = bundle.file(path).unwrap_or_default();
            let compiled = Compiled::of(&bundle.display_path(path), content)
                .map_err(|error| failed(generation, Stage::Parse, &error))?;
            if let Some(entry) = entry.as_ref().filter(|_| compiled.keeps_state()) {
                let file = bundle.display_path(path);
                let error = GuestError {
                    help: Some(
                        "reach the state by the imports of `storage` in the component".to_owned(),
                    ),
                    ..GuestError::new(format!(
                        "{file} exports kept-state, which gives the whole state, and there is {entry}, which shares it"
                    ))
                };
                return Err(failed(generation, Stage::Parse, &error));
            }
            Some(Rc::new(WasmRuntime::new(context, generation, compiled)))
        }
        None => None,
    };
    let script: Option<Rc<dyn ModRuntime>> = match entry {
        Some(entry) => {
            let runtime = LuaRuntime::new(context, generation, entry, scripts)
                .map_err(|error| failed(generation, Stage::Instantiate, &error))?;
            Some(Rc::new(runtime))
        }
        None => None,
    };
    Ok(match (script, component) {
        (Some(script), Some(component)) => Some(Rc::new(Both::new(generation, script, component))),
        (script, component) => script.or(component),
    })
}

/// Tells an instance that its state is about to be handed on; what it did then can be taken back.
pub(crate) fn unload(context: &Context, instance: &Instance) -> Result<Effects, StageError> {
    deliver_own(
        context,
        instance,
        "mod_unloaded",
        Vec::new(),
        Phase::Unloading,
    )
    .map_err(|error| failed(&instance.generation, Stage::Unload, &error))
}

/// The state of an instance as bytes.
pub(crate) fn snapshot(instance: &Instance) -> Result<Vec<u8>, StageError> {
    let generation = &instance.generation;
    let state = generation.state.borrow();
    let snapshot = state.snapshot_view(&generation.manifest.version);
    let serialization = generation.manifest.hot_reload.state.serialization;
    let bytes =
        codec::encode_as(&snapshot, serialization, Compression::None).and_then(|bytes| match bytes
            .len()
        {
            length if length > SNAPSHOT_BYTES_MAX => Err(CodecError::TooLarge {
                found: length as u64,
            }),
            _ => Ok(bytes),
        });
    bytes.map_err(|error| {
        failed(
            generation,
            Stage::Snapshot,
            &GuestError::new(error.to_string()),
        )
    })
}

/// Gives an instance its state.
fn restore(
    context: &Context,
    instance: &Instance,
    carried: Carried,
    reason: Reason,
) -> Result<StateReport, StageError> {
    let generation = &instance.generation;
    let Carried {
        snapshot,
        mut report,
    } = carried;
    let runtime = instance.runtime.as_ref();
    let gives_whole_state = runtime.is_some_and(|runtime| runtime.gives_whole_state());
    let before = match &snapshot.storage {
        Value::Map(before) if gives_whole_state => Some(before.clone()),
        _ => None,
    };
    let version_before = snapshot.version;
    let bytes_max = generation.manifest.hot_reload.state.max_state_size;
    let storage = Storage::from_value(snapshot.storage, bytes_max).map_err(|error| {
        failed(
            generation,
            Stage::Restore,
            &GuestError::new(error.to_string()),
        )
    })?;
    let mut state = generation.state.borrow_mut();
    state.storage = storage;
    state.held = snapshot.held;
    if reason == Reason::Update {
        // New code gets a new chance: suspended handlers run again after a commit.
        state.held.failures.clear();
    }
    drop(state);
    // Where the version is the same no migration runs, which who forgot to raise it should know.
    let version = &generation.manifest.version;
    let is_same_version = reason == Reason::Update && version_before == *version;
    take_over(context, instance).map_err(|error| match is_same_version {
        true => for_want_of_a_version(error, version),
        false => error,
    })?;
    if let Some(before) = before {
        tell_what_became_of(generation, &before, &mut report);
        tell_undeclared(generation, &before, is_same_version, &mut report);
    }
    Ok(report)
}

/// The same error with the reason why no migration has run.
fn for_want_of_a_version(mut error: StageError, version: &Version) -> StageError {
    for fault in &mut error.faults {
        let hint = format!(
            "where the state has another shape than before, raise `version` in mod.toml: it is {version} as before, and a migration runs only if it has changed"
        );
        fault.help = Some(match fault.help.take() {
            Some(help) => format!("{help}; {hint}"),
            None => hint,
        });
    }
    error
}

/// Lets a guest that keeps its state in a memory of its own take it over from the storage, which becomes what the guest made of it.
fn take_over(context: &Context, instance: &Instance) -> Result<(), StageError> {
    let Some(runtime) = &instance.runtime else {
        return Ok(());
    };
    let generation = &instance.generation;
    let made = context
        .call(generation, Phase::Restoring, || runtime.restore())
        .map_err(|error| failed(generation, Stage::Restore, &error))?;
    let mut state = generation.state.borrow_mut();
    match made.map(Value::Map) {
        Some(made) if made != state.storage.to_value() => {
            let bytes_max = generation.manifest.hot_reload.state.max_state_size;
            state.storage = Storage::from_value(made, bytes_max).map_err(|error| {
                failed(
                    generation,
                    Stage::Restore,
                    &GuestError::new(error.to_string()),
                )
            })?;
        }
        _ => {}
    }
    Ok(())
}

/// Tells an instance that it is loaded, and settles what it declared against what it was given.
pub(crate) fn loaded(
    context: &Context,
    instance: &Instance,
    reason: Reason,
    previous: Option<&Version>,
    report: &mut StateReport,
) -> Result<(), StageError> {
    let effects = loaded_reversibly(context, instance, reason, previous, report)?;
    context.accept(effects);
    Ok(())
}

/// The same; what `mod_loaded` did can still be taken back.
fn loaded_reversibly(
    context: &Context,
    instance: &Instance,
    reason: Reason,
    previous: Option<&Version>,
    report: &mut StateReport,
) -> Result<Effects, StageError> {
    let previous = previous
        .filter(|_| reason == Reason::Update)
        .map(|version| Value::text(version.to_string()));
    let fields = vec![Some(Value::text(reason.name())), previous];
    // Timers of the top-level code run before `mod_loaded`, which may stop them; those that it declares itself start after it.
    start_timers(context.tick(), &instance.generation, report);
    let effects = deliver_own(
        context,
        instance,
        "mod_loaded",
        fields,
        Phase::Loaded(reason),
    )
    .map_err(|error| failed(&instance.generation, Stage::Loaded, &error))?;
    let generation = &instance.generation;
    generation.state.borrow_mut().held.slot = None;
    start_timers(context.tick(), generation, report);
    drop_timers(generation, report);
    settle_subscriptions(generation);
    let state = generation.state.borrow();
    let declarations = generation.declarations.borrow();
    report.handlers = declarations.handlers().len();
    report.random_draws = state.held.random_position;
    report.pending_commands = state.held.commands.len();
    report.timers = state
        .held
        .timers
        .iter()
        .map(|(name, timer)| CarriedTimer {
            name: name.clone(),
            due: timer.due,
        })
        .collect();
    for warning in &declarations.warnings {
        context.log(generation.id(), LogLevel::Warn, warning);
    }
    Ok(effects)
}

/// Hands a mod over to a new instance of the code it runs: the second half of a save, a rollback and a forced reload.
pub(crate) fn resume(
    context: &Rc<Context>,
    package: &Package,
    number: u32,
    bytes: &[u8],
) -> Result<Instance, StageError> {
    let instance = prepare(context, package, number)?;
    let carried = migrate(context, &instance, bytes)?;
    let mut report = restore(context, &instance, carried, Reason::Resume)?;
    loaded(context, &instance, Reason::Resume, None, &mut report)?;
    Ok(instance)
}

/// An instance begins with nothing but its defaults.
pub(crate) fn begin(
    context: &Context,
    instance: &Instance,
) -> Result<(StateReport, Effects), StageError> {
    let generation = &instance.generation;
    let mut state = BTreeMap::new();
    let declared_at = fill_defaults(generation, &mut state).declared_at;
    let defaulted = state.iter().map(|(path, value)| PathFate {
        path: path.clone(),
        fate: Fate::Defaulted,
        value: value.to_string(),
        by: declared_at.clone(),
    });
    let mut paths: Vec<PathFate> = defaulted.collect();
    let bytes_max = generation.manifest.hot_reload.state.max_state_size;
    let storage = Storage::from_value(Value::Map(state), bytes_max).map_err(|error| {
        failed(
            generation,
            Stage::Restore,
            &GuestError::new(error.to_string()),
        )
    })?;
    generation.state.borrow_mut().storage = storage;
    take_over(context, instance)?;
    // What the guest has no field for is gone at once.
    let is_there = |told: &PathFate| {
        generation
            .state
            .borrow()
            .storage
            .entry(&told.path)
            .is_some()
    };
    paths.retain(is_there);
    let mut loaded = StateReport::default();
    let effects = loaded_reversibly(context, instance, Reason::Start, None, &mut loaded)?;
    // Nothing is carried into a life that begins.
    let report = StateReport {
        paths,
        notes: loaded.notes,
        ..StateReport::default()
    };
    Ok((report, effects))
}

/// Calls a mod's own handlers of `mod_loaded` or `mod_unloaded`, all or nothing.
fn deliver_own(
    context: &Context,
    instance: &Instance,
    name: &str,
    fields: Vec<Option<Value>>,
    phase: Phase,
) -> Result<Effects, GuestError> {
    let Some(runtime) = &instance.runtime else {
        return Ok(Effects::default());
    };
    let event = Event {
        name: name.into(),
        tick: context.tick(),
        content: EventContent::Fields(fields),
    };
    context.begin_cause(|| name.to_owned());
    let handle = || {
        let declared = instance.generation.declarations.borrow().handlers_of(name);
        let mut handlers = declared
            .iter()
            .flat_map(|handlers| handlers.iter().copied());
        handlers.try_for_each(|handler| match instance.generation.is_active(handler) {
            true => runtime.handle(handler, &event),
            false => Ok(()),
        })
    };
    let ((), effects) = context.call_reversibly(&instance.generation, phase, handle)?;
    Ok(effects)
}

pub(crate) fn failed(generation: &Generation, stage: Stage, error: &GuestError) -> StageError {
    StageError {
        stage,
        mod_id: generation.id().clone(),
        faults: vec![error.fault(&generation.sources())],
    }
}

/// Takes back what an instance did when it was told of its end, except for the slot, which is for the one that follows.
pub(crate) fn take_back_unload(
    context: &Context,
    instance: &Instance,
    effects: Effects,
) -> Result<Vec<u8>, StageError> {
    let state = &instance.generation.state;
    let slot = state.borrow().held.slot.clone();
    context.reverse(effects);
    let before = std::mem::replace(&mut state.borrow_mut().held.slot, slot);
    let bytes = snapshot(instance);
    state.borrow_mut().held.slot = before;
    bytes
}
