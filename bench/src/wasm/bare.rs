//! The same components under wasmtime alone: a program that anyone could write, which makes an instance and calls it.

use std::sync::Arc;

use wasmtime::component::{
    Component, ComponentNamedList, ComponentType, Instance, Linker, Lower, TypedFunc,
};
use wasmtime::{Config, Engine, OptLevel, Store};

/// A machine with one component.
pub(super) struct Bare<P> {
    store: Store<()>,
    handle: TypedFunc<P, ()>,
}

/// An engine as it comes.
pub(super) fn engine() -> Engine {
    Engine::new(Config::new().concurrency_support(false)).expect("the settings are valid")
}

/// An engine whose machine code counts its steps and gives every NaN one form, as ours.
pub(super) fn metered_engine() -> Engine {
    let mut config = Config::new();
    config
        .concurrency_support(false)
        .consume_fuel(true)
        .cranelift_nan_canonicalization(true)
        .cranelift_opt_level(OptLevel::Speed);
    Engine::new(&config).expect("the settings are valid")
}

/// Compiles a component.
pub(super) fn compile(engine: &Engine, bytes: &[u8]) -> Component {
    Component::from_binary(engine, bytes).expect("it is a component")
}

/// An instance, whose imports nobody calls.
pub(super) fn instantiate(component: &Component) -> (Store<()>, Instance) {
    let mut linker = Linker::new(component.engine());
    linker
        .define_unknown_imports_as_traps(component)
        .expect("imports are functions");
    let mut store = Store::new(component.engine(), ());
    // An engine that counts no steps refuses them.
    let _ = store.set_fuel(u64::MAX / 2);
    let instance = linker
        .instantiate(&mut store, component)
        .expect("its imports are there");
    (store, instance)
}

impl<P: ComponentNamedList + Lower> Bare<P> {
    /// A machine in which the handler of an event can be called.
    pub(super) fn new(engine: &Engine, bytes: &[u8], interface: &str) -> Bare<P> {
        let component = compile(engine, bytes);
        let (mut store, instance) = instantiate(&component);
        let interface = format!("colony:modding/{interface}@1.0.0");
        let index = component
            .get_export_index(None, &interface)
            .and_then(|interface| component.get_export_index(Some(&interface), "handle"))
            .expect("the component exports it");
        let handle = instance
            .get_typed_func(&mut store, index)
            .expect("it takes the event");
        Bare { store, handle }
    }

    /// Calls the handler.
    pub(super) fn call(&mut self, parameters: P) {
        self.handle
            .call(&mut self.store, parameters)
            .expect("the handler does not fail");
    }
}

/// `job` of colony.wit.
#[derive(Clone, Debug, ComponentType, Lower)]
#[component(record)]
pub(super) struct Job {
    pub(super) id: i64,
    pub(super) kind: String,
    pub(super) priority: i64,
    pub(super) x: i64,
    pub(super) y: i64,
    pub(super) colonist: Option<i64>,
    pub(super) item: Option<String>,
}

/// `job-created-event`.
#[derive(Clone, Debug, ComponentType, Lower)]
#[component(record)]
pub(super) struct JobCreated {
    pub(super) tick: i64,
    pub(super) job: Job,
}

/// `jobs`.
#[derive(Clone, Debug, ComponentType, Lower)]
#[component(record)]
pub(super) struct Jobs {
    pub(super) id: Vec<i64>,
    pub(super) kind: Vec<u32>,
    pub(super) priority: Vec<i64>,
    pub(super) x: Vec<i64>,
    pub(super) y: Vec<i64>,
    pub(super) colonist: Vec<i64>,
    pub(super) item: Vec<u32>,
}

/// `job-created-batch-event`.
#[derive(Clone, Debug, ComponentType, Lower)]
#[component(record)]
pub(super) struct JobsCreated {
    pub(super) tick: i64,
    pub(super) size: i64,
    pub(super) texts: Vec<String>,
    pub(super) job: Jobs,
}

/// What a handler of single events is given.
pub(super) type OfOne = (u32, Arc<JobCreated>);

/// What a handler of batches is given.
pub(super) type OfMany = (u32, Arc<JobsCreated>);
