//! The one engine, and the components that it has compiled.
//!
//! Both are the process's own and not a host's: what is compiled is a pure function of the file, so that hosts on several threads, a
//! host that is made anew by a load, and a thread that compiles ahead share it without any of them being able to tell.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError};

use wasmparser::Validator;
use wasmtime::component::types::ComponentItem;
use wasmtime::component::{Component, ComponentExportIndex, InstancePre, Linker};
use wasmtime::{Config, Engine, OperatorCost, OptLevel, WasmFeatures};
use xxhash_rust::xxh3::xxh3_128;

use crate::error::GuestError;
use crate::limits::{COMPONENT_STACK_BYTES_MAX, COMPONENTS_KNOWN_MAX};

use super::artefacts::{keep, kept};
use super::bindings::bind;
use super::exports::{Exports, check_import_names, check_imports};
use super::format::kind;
use super::guest::Guest;
use super::interfaces::{Named, named};
use super::invalid::invalid;
use super::source::{component_bytes, is_text, written};

/// A component, ready to be instantiated.
pub(crate) struct Compiled {
    /// The file as its author knows it.
    file: String,
    instance: InstancePre<Guest>,
    exports: Exports,
}

/// See the [module](self).
struct Shared {
    engine: Engine,
    linker: Linker<Guest>,
    known: Mutex<Known>,
}

/// Compiled components by the hash of their files, each with when it was last asked for.
#[derive(Default)]
struct Known {
    components: BTreeMap<u128, (u64, Component)>,
    asked: u64,
}

static SHARED: LazyLock<Result<Shared, String>> = LazyLock::new(|| {
    let lacking = lacking();
    if !lacking.is_empty() {
        return Err(format!(
            "the processor lacks {}, expected an x86-64 with SSE 4.2, POPCNT and CMPXCHG16B",
            lacking.join(" and ")
        ));
    }
    let shared = || -> wasmtime::Result<Shared> {
        let engine = Engine::new(&config()?)?;
        let mut linker = Linker::new(&engine);
        bind(&mut linker)?;
        Ok(Shared {
            engine,
            linker,
            known: Mutex::default(),
        })
    };
    shared().map_err(|error| format!("{error:#}"))
});

/// What every processor of the x86-64 kind has that is in use: up to SSE 4.2 and POPCNT. More would be faster for code that counts bits
/// and computes with vectors, and other code on other machines.
const PROCESSOR: &str = "nehalem";

/// What the processor does not have of that. The compiler would tell so of each component, as if something were wrong with it.
#[cfg(target_arch = "x86_64")]
fn lacking() -> Vec<&'static str> {
    let features = [
        ("SSE 3", is_x86_feature_detected!("sse3")),
        ("SSSE 3", is_x86_feature_detected!("ssse3")),
        ("SSE 4.1", is_x86_feature_detected!("sse4.1")),
        ("SSE 4.2", is_x86_feature_detected!("sse4.2")),
        ("POPCNT", is_x86_feature_detected!("popcnt")),
        ("CMPXCHG16B", is_x86_feature_detected!("cmpxchg16b")),
    ];
    let lacking = features.into_iter().filter(|(_, is_there)| !is_there);
    lacking.map(|(name, _)| name).collect()
}

/// Of other kinds nothing is asked that not all have.
#[cfg(not(target_arch = "x86_64"))]
fn lacking() -> Vec<&'static str> {
    Vec::new()
}

/// Invariant (I1): the same for every build profile, and nothing that a guest could tell machines apart by.
///
/// - Left to itself the compiler uses what the processor has. Then functions keep more or less on the stack, and a recursion that ends on
///   one machine is too deep on another. A target that is named has nothing but what is asked for.
/// - Multiplying and adding as one operation, which relaxed SIMD leaves open, is always done so, by a function where there is no instruction.
fn config() -> wasmtime::Result<Config> {
    let mut cost = OperatorCost::new();
    // A page is cleared when it is used for the first time.
    cost.variable.memory_grow_per_page = u8::MAX;
    let mut config = Config::new();
    config
        .consume_fuel(true)
        .operator_cost(cost)
        .cranelift_nan_canonicalization(true)
        .cranelift_opt_level(OptLevel::Speed)
        .wasm_relaxed_simd(true)
        .relaxed_simd_deterministic(true)
        .wasm_features(WasmFeatures::THREADS, false)
        .wasm_features(WasmFeatures::MEMORY64, false)
        .concurrency_support(false)
        .max_wasm_stack(COMPONENT_STACK_BYTES_MAX)
        .target(&target_lexicon::HOST.to_string())?;
    if cfg!(target_arch = "x86_64") {
        with_processor(&mut config);
    }
    Ok(config)
}

#[allow(
    unsafe_code,
    reason = "the processor is only named: wasmtime compares it with the one it runs on before it runs any code"
)]
fn with_processor(config: &mut Config) {
    // SAFETY: see above.
    unsafe { config.cranelift_flag_enable(PROCESSOR) };
}

impl Compiled {
    /// Compiles a file of a mod: a component, a core module or either as text. What is known is not compiled again.
    ///
    /// # Errors
    /// What is none of them, and what asks for something that there is not.
    pub(crate) fn of(file: &str, content: &[u8]) -> Result<Arc<Compiled>, GuestError> {
        let shared = SHARED
            .as_ref()
            .map_err(|error| GuestError::new(format!("components cannot be run here: {error}")))?;
        // What is known is known by its content, whatever file it was in.
        if !is_text(file, content) {
            kind(file, content)?;
        }
        let hash = xxh3_128(content);
        // Others may ask while this one compiles.
        let known = shared.known().get(hash);
        let component = match known {
            Some(component) => component,
            None => {
                let component = match kept(&shared.engine, hash) {
                    Some(component) => component,
                    None => shared.compile(file, content, hash)?,
                };
                shared.known().insert(hash, component.clone());
                component
            }
        };
        let exports = Exports::of(&component, file)?;
        let instance = shared.linker.instantiate_pre(&component);
        let instance = instance.map_err(|error| {
            GuestError::new(format!("{file} does not fit colony.wit: {error:#}"))
        })?;
        Ok(Arc::new(Compiled {
            file: file.to_owned(),
            instance,
            exports,
        }))
    }

    /// The file as its author knows it.
    pub(super) fn file(&self) -> &str {
        &self.file
    }

    /// Whether the component keeps its state in its memory and gives it as a whole.
    pub(crate) fn keeps_state(&self) -> bool {
        self.exports("kept-state")
    }

    /// What is instantiated.
    pub(super) fn instance(&self) -> &InstancePre<Guest> {
        &self.instance
    }

    /// The functions of the engine that the component imports, each behind its interface: `jobs`, `set-priority`.
    pub(crate) fn imports(&self) -> BTreeSet<(String, String)> {
        let component = self.instance.component();
        let engine = component.engine();
        let mut imports = BTreeSet::new();
        for (name, item) in component.component_type().imports(engine) {
            let (Named::Ours(interface), ComponentItem::ComponentInstance(instance)) =
                (named(name), item.ty)
            else {
                continue;
            };
            let functions = instance
                .exports(engine)
                .filter(|(_, item)| matches!(item.ty, ComponentItem::ComponentFunc(_)));
            imports.extend(functions.map(|(name, _)| (interface.to_owned(), name.to_owned())));
        }
        imports
    }

    /// Whether the component exports an interface.
    pub(super) fn exports(&self, interface: &str) -> bool {
        self.exports.has(interface)
    }

    /// A function that the component exports.
    pub(super) fn export(&self, interface: &str, function: &str) -> Option<&ComponentExportIndex> {
        self.exports.function(interface, function)
    }
}

impl Shared {
    fn known(&self) -> MutexGuard<'_, Known> {
        // What is inserted is whole, whoever panicked beside it.
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn compile(&self, file: &str, content: &[u8], hash: u128) -> Result<Component, GuestError> {
        let bytes = component_bytes(file, content)?;
        check_import_names(&bytes, file)?;
        let component = Component::from_binary(&self.engine, &bytes)
            .map_err(|error| refused(file, content, &bytes, &error))?;
        check_imports(&component, file)?;
        keep(&self.engine, hash, &component);
        Ok(component)
    }
}

impl Known {
    fn get(&mut self, hash: u128) -> Option<Component> {
        self.asked += 1;
        let (last, component) = self.components.get_mut(&hash)?;
        *last = self.asked;
        Some(component.clone())
    }

    fn insert(&mut self, hash: u128, component: Component) {
        self.asked += 1;
        self.components.insert(hash, (self.asked, component));
        if self.components.len() <= COMPONENTS_KNOWN_MAX {
            return;
        }
        let oldest = self.components.iter().min_by_key(|(_, (last, _))| *last);
        if let Some(hash) = oldest.map(|(hash, _)| *hash) {
            self.components.remove(&hash);
        }
    }
}

/// What is wrong with a component that cannot be compiled: code that is wrong wherever it runs, or what this engine does not have.
fn refused(file: &str, content: &[u8], bytes: &[u8], error: &wasmtime::Error) -> GuestError {
    match Validator::new().validate_all(bytes) {
        Err(problem) => invalid(file, bytes, written(file, content), &problem),
        Ok(_) => GuestError::new(format!("{file} is not a component: {error:#}")),
    }
}

/// Compiles a file ahead, on whatever thread, so that who loads it later does not wait. What is wrong with it is told then.
pub fn compile_ahead(file: &str, content: &[u8]) {
    drop(Compiled::of(file, content));
}

/// A component of nothing.
#[cfg(test)]
pub(super) fn compiled_for_test() -> (Engine, Component) {
    let engine = Engine::new(&config().unwrap()).unwrap();
    let bytes = wat::parse_str("(component (core module $m (func (export \"f\"))))").unwrap();
    let component = Component::from_binary(&engine, &bytes).unwrap();
    (engine, component)
}
