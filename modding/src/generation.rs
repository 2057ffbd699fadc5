//! A generation of a mod: one version of its files, what its code declared while it loaded, and the state that the host
//! holds for it. A reload makes the next generation beside this one and drops this one last (seed-corrections 19).

use std::cell::{Cell, OnceCell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::rc::{Rc, Weak};

use semver::VersionReq;

use crate::api::{ApiError, batched};
use crate::bundle::Bundle;
use crate::diagnostic::nearest;
use crate::error::Location;
use crate::manifest::{ConfigValue, Manifest};
use crate::mod_id::ModId;
use crate::runtime::{Language, ModRuntime};
use crate::sources::Sources;
use crate::state::{HandlerName, ModState};
use crate::value::Value;

/// A handler that the code declared. Its position among the declarations is its handle in the runtime.
#[derive(Clone, Debug)]
pub struct HandlerDeclaration {
    /// The event and the key.
    pub name: HandlerName,
    /// Higher runs first.
    pub priority: i64,
    /// Whether it runs unless switched at run time.
    pub enabled: bool,
    /// The language of its function.
    pub language: Language,
    /// Where it was declared.
    pub location: Option<Location>,
}

/// A timer that the code declared.
#[derive(Clone, Debug)]
pub struct TimerDeclaration {
    /// Ticks until it fires, and whether it goes on; `None` where it is started later.
    pub start: Option<(u64, bool)>,
    /// The language of its function.
    pub language: Language,
    /// Where it was declared.
    pub location: Option<Location>,
}

/// A migration that the code declared. Its position among the declarations is its handle in the runtime.
#[derive(Clone, Debug)]
pub struct MigrationDeclaration {
    /// The versions whose state it reads.
    pub range: VersionReq,
    /// The range as written.
    pub text: String,
    /// The language of its function.
    pub language: Language,
    /// Where it was declared.
    pub location: Option<Location>,
}

/// What the code of a mod declared while it loaded.
#[derive(Debug, Default)]
pub struct Declarations {
    /// Handlers, in order of declaration.
    handlers: Vec<HandlerDeclaration>,
    /// Positions of the handlers of each event, in the order in which they run.
    by_event: BTreeMap<String, Rc<[usize]>>,
    /// Whether one of them hears events all at once.
    hears_batches: bool,
    /// Timers by name.
    pub timers: BTreeMap<String, TimerDeclaration>,
    /// The shape of the state, and where it was declared.
    pub shape: Option<(BTreeMap<String, Value>, Option<Location>)>,
    /// Migrations, in order of declaration.
    pub migrations: Vec<MigrationDeclaration>,
    /// Names of the functions offered to other mods, each with its language.
    pub exports: BTreeMap<String, Language>,
    /// Configuration read while loading: a change of it reloads the scripts.
    pub config_read: BTreeSet<String>,
    /// What the author should know.
    pub warnings: Vec<String>,
}

impl Declarations {
    /// Handlers, in order of declaration.
    pub fn handlers(&self) -> &[HandlerDeclaration] {
        &self.handlers
    }

    /// The position of a handler.
    pub fn position(&self, name: &HandlerName) -> Option<usize> {
        self.handlers
            .iter()
            .position(|declared| declared.name == *name)
    }

    /// Declares a handler; one of the same name is replaced and returned.
    pub(crate) fn declare_handler(
        &mut self,
        declaration: HandlerDeclaration,
    ) -> Option<HandlerDeclaration> {
        let event = declaration.name.0.clone();
        self.hears_batches |= batched(&event).is_some();
        let replaced = match self.position(&declaration.name) {
            Some(at) => Some(std::mem::replace(&mut self.handlers[at], declaration)),
            None => {
                self.handlers.push(declaration);
                None
            }
        };
        let mut order: Vec<usize> = (0..self.handlers.len())
            .filter(|at| self.handlers[*at].name.0 == event)
            .collect();
        order.sort_by_key(|at| std::cmp::Reverse(self.handlers[*at].priority));
        self.by_event.insert(event, order.into());
        replaced
    }

    /// The positions of the handlers of an event, active or not, in the order in which they run.
    pub(crate) fn handlers_of(&self, event: &str) -> Option<Rc<[usize]>> {
        self.by_event.get(event).cloned()
    }
}

/// See the [module](self).
#[derive(Debug)]
pub struct Generation {
    number: Cell<u32>,
    sources: RefCell<Rc<Sources>>,
    /// Its manifest.
    pub manifest: Rc<Manifest>,
    /// What the host holds for it.
    pub state: RefCell<ModState>,
    /// What its code declared.
    pub declarations: RefCell<Declarations>,
    runtime: OnceCell<Weak<dyn ModRuntime>>,
}

/// A generation and the machine that runs it.
#[derive(Clone)]
pub struct Instance {
    /// The generation.
    pub generation: Rc<Generation>,
    /// What runs its code; a mod of content alone has none.
    pub runtime: Option<Rc<dyn ModRuntime>>,
}

impl Generation {
    /// A generation that has not loaded yet.
    pub fn new(
        number: u32,
        sources: Rc<Sources>,
        manifest: Rc<Manifest>,
        config: BTreeMap<String, ConfigValue>,
    ) -> Generation {
        let state = RefCell::new(ModState::new(
            manifest.hot_reload.state.max_state_size,
            config,
        ));
        Generation {
            number: Cell::new(number),
            sources: RefCell::new(sources),
            manifest,
            state,
            declarations: RefCell::default(),
            runtime: OnceCell::new(),
        }
    }

    /// The mod's id.
    pub fn id(&self) -> &ModId {
        &self.manifest.id
    }

    /// Counts the generations of the mod, from 1.
    pub fn number(&self) -> u32 {
        self.number.get()
    }

    /// Says which machine runs the generation; once.
    pub(crate) fn set_runtime(&self, runtime: &Rc<dyn ModRuntime>) {
        // A second one would be another machine for the same declarations; the first stays.
        let _ = self.runtime.set(Rc::downgrade(runtime));
    }

    /// The machine that runs the generation, if it has code.
    pub(crate) fn runtime(&self) -> Option<Rc<dyn ModRuntime>> {
        self.runtime.get()?.upgrade()
    }

    /// The mod's files.
    pub fn bundle(&self) -> Rc<Bundle> {
        self.sources.borrow().own().clone()
    }

    /// The files that its code comes from.
    pub fn sources(&self) -> Rc<Sources> {
        self.sources.borrow().clone()
    }

    /// Takes over files that the running code was not made of: the next generation in the same machine.
    pub(crate) fn swap_files(
        &self,
        number: u32,
        sources: Rc<Sources>,
        config: BTreeMap<String, ConfigValue>,
    ) {
        self.number.set(number);
        *self.sources.borrow_mut() = sources;
        self.state.borrow_mut().config = config;
    }

    /// A value of the configuration.
    ///
    /// # Errors
    /// A key that the manifest does not declare, with the nearest one.
    pub fn config_value(&self, key: &str) -> Result<Value, ApiError> {
        let state = self.state.borrow();
        match state.config.get(key) {
            Some(value) => Ok(Value::from(value)),
            None => {
                let error = ApiError::new(format!("{} has no configuration `{key}`", self.id()));
                Err(match nearest(key, state.config.keys().map(String::as_str)) {
                    Some(name) => error.help(format!("did you mean `{name}`?")),
                    None => error.help(format!("declare it in mod.toml:  [config]  {key} = {{ default = 1, doc = \"...\" }}")),
                })
            }
        }
    }

    /// Whether any handler of an event is declared, active or not.
    pub(crate) fn listens_to(&self, event: &str) -> bool {
        self.declarations.borrow().by_event.contains_key(event)
    }

    /// Whether any handler of events that come all at once is declared, active or not.
    pub(crate) fn hears_batches(&self) -> bool {
        self.declarations.borrow().hears_batches
    }

    /// Whether the handler at a position runs: as switched at run time, else as declared.
    pub(crate) fn is_active(&self, handler: usize) -> bool {
        let declarations = self.declarations.borrow();
        let declared = &declarations.handlers[handler];
        let state = self.state.borrow();
        state
            .held
            .subscriptions
            .get(&declared.name)
            .copied()
            .unwrap_or(declared.enabled)
    }
}
