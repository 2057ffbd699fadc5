//! A mod with a script and a component: both declare into one generation, the script first, and each is called for what it declared.

use std::collections::BTreeMap;
use std::fmt;
use std::rc::Rc;

use super::{Event, Language, MigratedState, ModRuntime};
use crate::context::{Bound, CallUse, Phase};
use crate::error::GuestError;
use crate::generation::Generation;
use crate::value::Value;

/// See the [module](self).
pub(crate) struct Both {
    generation: Rc<Generation>,
    script: Rc<dyn ModRuntime>,
    component: Rc<dyn ModRuntime>,
}

impl Both {
    /// The machine of a generation, made of those of its script and its component.
    pub(crate) fn new(
        generation: &Rc<Generation>,
        script: Rc<dyn ModRuntime>,
        component: Rc<dyn ModRuntime>,
    ) -> Both {
        Both {
            generation: generation.clone(),
            script,
            component,
        }
    }

    /// What runs code of a language; what was not declared fails in the script's words.
    fn of(&self, language: Option<Language>) -> &dyn ModRuntime {
        match language {
            Some(Language::Wasm) => &*self.component,
            Some(Language::Lua) | None => &*self.script,
        }
    }
}

impl ModRuntime for Both {
    fn top_level(&self) -> Result<(), GuestError> {
        self.script.top_level()?;
        self.component.top_level()
    }

    fn handle(&self, handler: usize, event: &Event) -> Result<(), GuestError> {
        let language = {
            let declarations = self.generation.declarations.borrow();
            declarations
                .handlers()
                .get(handler)
                .map(|declared| declared.language)
        };
        self.of(language).handle(handler, event)
    }

    fn fire(&self, timer: &str, tick: u64, value: Option<&Value>) -> Result<(), GuestError> {
        let language = {
            let declarations = self.generation.declarations.borrow();
            declarations
                .timers
                .get(timer)
                .map(|declared| declared.language)
        };
        self.of(language).fire(timer, tick, value)
    }

    fn export(
        &self,
        name: &str,
        arguments: &[Option<Value>],
    ) -> Result<Vec<Option<Value>>, GuestError> {
        let language = self
            .generation
            .declarations
            .borrow()
            .exports
            .get(name)
            .copied();
        self.of(language).export(name, arguments)
    }

    fn migrate(
        &self,
        migration: usize,
        state: &BTreeMap<String, Value>,
    ) -> Result<MigratedState, GuestError> {
        let language = {
            let declarations = self.generation.declarations.borrow();
            declarations
                .migrations
                .get(migration)
                .map(|declared| declared.language)
        };
        self.of(language).migrate(migration, state)
    }

    fn restore(&self) -> Result<Option<BTreeMap<String, Value>>, GuestError> {
        let of_script = self.script.restore()?;
        Ok(self.component.restore()?.or(of_script))
    }

    fn undone(&self) {
        self.script.undone();
        self.component.undone();
    }

    fn enter(&self) -> Result<(), Bound> {
        self.script.enter()?;
        self.component.enter()
    }

    fn rest(&self, used: CallUse, phase: Phase) {
        self.script.rest(used, phase);
        self.component.rest(used, phase);
    }
}

impl fmt::Debug for Both {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:?} and {:?}", self.script, self.component)
    }
}
