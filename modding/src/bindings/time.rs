//! `colony.time`: timers have names and functions declared while a mod loads, so that a reload can keep their phase.

use super::GuestCall;
use crate::api::ApiError;
use crate::context::{Phase, require_short};
use crate::diagnostic::nearest;
use crate::generation::TimerDeclaration;
use crate::limits::TIMERS_MAX;
use crate::state::Timer;
use crate::value::Value;

/// The function of the table that starts a timer.
pub(crate) fn timer_function(repeat: bool) -> &'static str {
    if repeat { "time.every" } else { "time.after" }
}

impl GuestCall<'_> {
    /// Checks the ticks that a timer is started for.
    ///
    /// # Errors
    /// What is no whole number from 1.
    pub(crate) fn timer_ticks(&self, ticks: Option<&Value>, repeat: bool) -> Result<u64, ApiError> {
        if let Some(Value::Integer(ticks)) = ticks
            && let Ok(ticks @ 1..) = u64::try_from(*ticks)
        {
            return Ok(ticks);
        }
        let found = ticks.map_or("no number".to_owned(), Value::to_string);
        Err(ApiError::new(format!(
            "`ticks` of colony.{} must be a whole number from 1, found {found}",
            timer_function(repeat)
        )))
    }

    /// Starts a timer with a function: declares it, or says that it must have been.
    ///
    /// # Errors
    /// A call while the mod does not load, and what [`GuestCall::declare_timer`] refuses.
    pub(crate) fn start_with_function(
        &self,
        name: &str,
        ticks: u64,
        repeat: bool,
    ) -> Result<(), ApiError> {
        if self.context.is_loading() {
            return self.declare_timer(name, Some((ticks, repeat)));
        }
        let function = timer_function(repeat);
        Err(ApiError::new(format!("the function of timer `{name}` must be declared while the mod loads"))
            .help(format!("write colony.time.declare(\"{name}\", fn) in top-level code, and colony.{function}(\"{name}\", {ticks}) here")))
    }

    /// Refuses to start a timer that was not declared, or before the state is there.
    ///
    /// # Errors
    /// See above.
    pub(crate) fn require_timer(&self, name: &str, repeat: bool) -> Result<(), ApiError> {
        let function = timer_function(repeat);
        self.require_state(&format!("colony.{function} without a function"))?;
        self.require_declared(name)
    }

    /// Starts a declared timer again, with a value.
    ///
    /// # Errors
    /// A timer that was not declared, a call in top-level code, values that are too large.
    pub(crate) fn start_timer(
        &self,
        name: &str,
        ticks: u64,
        repeat: bool,
        value: Option<Value>,
    ) -> Result<(), ApiError> {
        self.require_timer(name, repeat)?;
        let held = self
            .generation
            .state
            .borrow()
            .held
            .timers
            .get(name)
            .cloned();
        let timer = Timer {
            due: Some(self.context.tick().saturating_add(ticks)),
            interval: repeat.then_some(ticks),
            declared: held.and_then(|timer| timer.declared),
            value,
        };
        self.context.set_timer(self.generation, name, Some(timer))
    }

    /// Declares a timer that is started later, while the mod loads.
    ///
    /// # Errors
    /// See above.
    pub(crate) fn declare_unstarted_timer(&self, name: &str) -> Result<(), ApiError> {
        self.require_loading(
            "colony.time.declare declares a timer",
            "move it out of the handler",
        )?;
        self.declare_timer(name, None)
    }

    /// Declares a timer; `start` is after how many ticks it fires, and whether again and again.
    ///
    /// # Errors
    /// A name that is taken or too long, too many timers.
    fn declare_timer(&self, name: &str, start: Option<(u64, bool)>) -> Result<(), ApiError> {
        let mut declarations = self.generation.declarations.borrow_mut();
        if declarations.timers.contains_key(name) {
            return Err(
                ApiError::new(format!("timer `{name}` was already declared"))
                    .help("give each timer a name of its own"),
            );
        }
        require_short(name, "the name of a timer")?;
        if declarations.timers.len() >= TIMERS_MAX {
            return Err(ApiError::new(format!(
                "{TIMERS_MAX} timers are the most that a mod may declare"
            )));
        }
        let declaration = TimerDeclaration {
            start,
            language: self.language,
            location: (self.location)(),
        };
        declarations.timers.insert(name.to_owned(), declaration);
        Ok(())
    }

    /// Stops a declared timer.
    ///
    /// # Errors
    /// A timer that was not declared, a call in top-level code.
    pub(crate) fn cancel_timer(&self, name: &str) -> Result<(), ApiError> {
        self.require_declared(name)?;
        self.require_state("colony.time.cancel")?;
        let running = self
            .generation
            .state
            .borrow()
            .held
            .timers
            .get(name)
            .cloned();
        match running {
            // Kept without a due tick: a timer that is gone would be started anew by the next reload.
            Some(timer) => {
                let stopped = Timer { due: None, ..timer };
                self.context.set_timer(self.generation, name, Some(stopped))
            }
            None => Ok(()),
        }
    }

    fn require_declared(&self, name: &str) -> Result<(), ApiError> {
        let declarations = self.generation.declarations.borrow();
        if declarations.timers.contains_key(name) {
            return Ok(());
        }
        let error = ApiError::new(format!("no timer `{name}` was declared"));
        let known = declarations.timers.keys().map(String::as_str);
        Err(match nearest(name, known) {
            Some(near) => error.help(format!("did you mean `{near}`?")),
            None => error.help(format!(
                "write colony.time.declare(\"{name}\", fn) in top-level code"
            )),
        })
    }

    /// Timers run only once the state is there; what top-level code did to them would be overwritten by it.
    fn require_state(&self, what: &str) -> Result<(), ApiError> {
        if self.context.phase() != Phase::TopLevel {
            return Ok(());
        }
        Err(ApiError::new(format!(
            "{what} is not for top-level code: the state is restored after it has run"
        ))
        .help("do it in mod_loaded or in a handler"))
    }
}
