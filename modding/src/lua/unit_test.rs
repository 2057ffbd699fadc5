//! The machine of a unit test: `colony.test` declares, `t` drives and questions the colony beside it.

mod comparison;
mod declaration;

use std::cell::{Cell, RefCell};
use std::fmt;
use std::rc::Rc;

use mlua::{IntoLuaMulti, Lua, MultiValue, Table, Variadic};

use crate::api::ApiError;
use crate::context::{Context, LogLine, Phase, weigh_steps};
use crate::error::GuestError;
use crate::generation::Generation;
use crate::runtime::tick_value;
use crate::unit_test::{Stage, UnitTest};
use crate::value::Value;

use super::bindings::{Bindings, Functions, bind, refuse_unknown_names};
use super::errors::guest_error;
use super::left_out::explained;
use super::sandbox::{Sandbox, new_sandbox};
use super::scripts::Scripts;
use super::storage::Proxies;

use super::require;
use comparison::{COMPARISONS, errors, kind, shown};
use declaration::{Declared, colony_of_tests};

/// Steps of the test that a reload or a restart counts as: a thousand of them fit into a test.
const STEPS_PER_HAND_OVER: u64 = 5_000;

/// A virtual machine with a file of tests.
pub(crate) struct TestMachine {
    context: Rc<Context>,
    generation: Rc<Generation>,
    bindings: Rc<Bindings>,
    sandbox: Sandbox,
    scripts: Rc<Scripts>,
    stage: Rc<RefCell<Stage>>,
    declared: Declared,
}

impl TestMachine {
    /// A machine beside the colony of a test.
    ///
    /// # Errors
    /// Out of memory.
    pub(crate) fn new(
        context: Rc<Context>,
        generation: Rc<Generation>,
        scripts: Scripts,
        stage: Rc<RefCell<Stage>>,
    ) -> Result<TestMachine, GuestError> {
        let scripts = Rc::new(scripts);
        let bindings = Rc::new(Bindings {
            context: Rc::downgrade(&context),
            generation: generation.clone(),
            functions: RefCell::new(Functions::default()),
            proxies: Proxies::default(),
            loads_script: Cell::new(false),
            traversed: Rc::default(),
        });
        let declared = Declared::default();
        let sandbox = new_sandbox(
            &bindings,
            |lua| require::require_function(lua, &bindings, &scripts),
            |lua, _| colony_of_tests(lua, &bindings, &declared),
        )
        .map_err(|error| guest_error(&context, &error))?;
        Ok(TestMachine {
            context,
            generation,
            bindings,
            sandbox,
            scripts,
            stage,
            declared,
        })
    }

    /// Runs a file, which declares its tests.
    ///
    /// # Errors
    /// What it raised.
    pub(crate) fn load(&self, path: &str) -> Result<(), GuestError> {
        self.call(|| {
            self.scripts
                .load(&self.sandbox.lua, &self.bindings, path)?
                .call(())
        })
    }

    /// The tests, in the order of the file.
    pub(crate) fn tests(&self) -> Vec<UnitTest> {
        self.declared
            .borrow()
            .iter()
            .map(|(test, _)| test.clone())
            .collect()
    }

    /// Runs a test.
    ///
    /// # Errors
    /// What it raised, or what it found to be otherwise than it should be.
    pub(crate) fn run(&self, name: &str) -> Result<(), GuestError> {
        let declared = self.declared.borrow();
        let found = declared.iter().find(|(test, _)| test.name == name);
        let Some(function) = found.map(|(_, function)| function.clone()) else {
            return Err(GuestError::new(format!(
                "the file declares no test `{name}`"
            )));
        };
        drop(declared);
        self.call(|| function.call(self.hands()?))
    }

    /// What the tests wrote.
    pub(crate) fn take_log(&self) -> Vec<LogLine> {
        self.context.take_log()
    }

    fn call(&self, run: impl FnOnce() -> mlua::Result<()>) -> Result<(), GuestError> {
        // Tests may take as long as loading does: they work through whole stories.
        self.context.call(&self.generation, Phase::TopLevel, || {
            weigh_steps(self.scripts.step_weight());
            run().map_err(|error| {
                explained(
                    guest_error(&self.context, &error),
                    &self.generation.sources(),
                )
            })
        })
    }

    fn bind<R: IntoLuaMulti>(
        &self,
        table: &Table,
        name: &str,
        run: impl Fn(&Lua, &Rc<Bindings>, &mut Stage, MultiValue) -> Result<R, ApiError> + 'static,
    ) -> mlua::Result<()> {
        let stage = self.stage.clone();
        let function = bind(
            &self.sandbox.lua,
            &self.bindings,
            move |lua, bindings, arguments| run(lua, bindings, &mut stage.borrow_mut(), arguments),
        )?;
        table.raw_set(name, function)
    }

    /// The table `t`.
    fn hands(&self) -> mlua::Result<Table> {
        let lua = &self.sandbox.lua;
        let t = lua.create_table()?;
        self.bind_time(&t)?;
        self.bind_questions(&t)?;
        for (name, comparison) in COMPARISONS {
            t.raw_set(
                name,
                bind(lua, &self.bindings, move |_, bindings, arguments| {
                    comparison(bindings, &arguments)
                })?,
            )?;
        }
        t.raw_set(
            "errors",
            bind(lua, &self.bindings, |_, bindings, arguments| {
                errors(bindings, &arguments)
            })?,
        )?;
        refuse_unknown_names(lua, &t, "t", None)?;
        t.set_readonly(true);
        Ok(t)
    }

    /// What moves the colony on.
    fn bind_time(&self, t: &Table) -> mlua::Result<()> {
        self.bind(t, "advance", |_, bindings, stage, arguments| {
            stage.advance(count(
                bindings,
                &arguments,
                0,
                "ticks of t.advance",
                Some(1),
            )?)
        })?;
        self.bind(t, "fire", |_, bindings, stage, arguments| {
            let name = name(&arguments, "t.fire")?;
            stage.fire(&name, value(bindings, &arguments, 1, "fields")?)
        })?;
        self.bind(t, "command", |_, bindings, stage, arguments| {
            let name = name(&arguments, "t.command")?;
            stage.command(&name, values(bindings, &arguments)?)
        })?;
        self.bind(
            t,
            "expect_failing_calls",
            |_, bindings, stage, arguments| {
                stage.expect_failing_calls(count(
                    bindings,
                    &arguments,
                    0,
                    "count of t.expect_failing_calls",
                    None,
                )?);
                Ok(())
            },
        )?;
        self.bind(t, "reload", |_, bindings, stage, _| {
            pay(bindings, STEPS_PER_HAND_OVER)?;
            stage.reload()
        })?;
        self.bind(t, "restart", |_, bindings, stage, _| {
            pay(bindings, STEPS_PER_HAND_OVER)?;
            stage.restart()
        })
    }

    /// What looks at the colony and the mod.
    fn bind_questions(&self, t: &Table) -> mlua::Result<()> {
        self.bind(t, "call", |lua, bindings, stage, arguments| {
            let name = name(&arguments, "t.call")?;
            let result = stage.call(&name, values(bindings, &arguments)?)?;
            bindings.to_lua(lua, result.as_ref())
        })?;
        self.bind(t, "export", |lua, bindings, stage, arguments| {
            let name = name(&arguments, "t.export")?;
            let results = stage.export(&name, &values(bindings, &arguments)?)?;
            let results = results
                .iter()
                .map(|result| bindings.to_lua(lua, result.as_ref()));
            results.collect::<Result<Variadic<mlua::Value>, ApiError>>()
        })?;
        self.bind(t, "storage", |lua, bindings, stage, arguments| {
            let path = if arguments.is_empty() {
                String::new()
            } else {
                name(&arguments, "t.storage")?
            };
            bindings.to_lua(lua, stage.storage(&path)?.as_ref())
        })?;
        self.bind(t, "count", |_, _, stage, arguments| {
            stage
                .count(&name(&arguments, "t.count")?)
                .map(|count| count as f64)
        })?;
        self.bind(t, "log", |lua, bindings, stage, _| {
            let lines = stage.lines();
            let lines = if lines.is_empty() {
                Value::empty()
            } else {
                Value::List(lines)
            };
            bindings.to_lua(lua, Some(&lines))
        })?;
        self.bind(t, "tick", |lua, bindings, stage, _| {
            bindings.to_lua(lua, Some(&tick_value(stage.tick())))
        })
    }
}

fn pay(bindings: &Bindings, steps: u64) -> Result<(), ApiError> {
    let paid = bindings.context()?.meter().spend(steps);
    paid.map_err(|_| ApiError::new("the budget of the test is used up"))
}

fn name(arguments: &MultiValue, function: &str) -> Result<String, ApiError> {
    match arguments.front() {
        Some(mlua::Value::String(name)) => Ok(name.to_string_lossy()),
        other => Err(ApiError::new(format!(
            "{function} expects a name, found {}",
            kind(other)
        ))),
    }
}

fn value(
    bindings: &Bindings,
    arguments: &MultiValue,
    at: usize,
    subject: &str,
) -> Result<Option<Value>, ApiError> {
    arguments
        .get(at)
        .map_or(Ok(None), |value| bindings.copy(value, subject))
}

fn values(bindings: &Bindings, arguments: &MultiValue) -> Result<Vec<Option<Value>>, ApiError> {
    (1..arguments.len())
        .map(|at| value(bindings, arguments, at, &format!("argument {at}")))
        .collect()
}

fn count(
    bindings: &Bindings,
    arguments: &MultiValue,
    at: usize,
    what: &str,
    default: Option<u64>,
) -> Result<u64, ApiError> {
    match (value(bindings, arguments, at, what)?, default) {
        (Some(Value::Integer(count)), _) if count >= 0 => Ok(count as u64),
        (None, Some(default)) => Ok(default),
        (found, _) => Err(ApiError::new(format!(
            "{what} must be a whole number from 0, found {}",
            shown(found.as_ref())
        ))),
    }
}

impl fmt::Debug for TestMachine {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "TestMachine({})", self.generation.id())
    }
}
