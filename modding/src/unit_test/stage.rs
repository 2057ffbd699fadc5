//! A colony under the hands of a test: what the functions of `t` do.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use sim::{Colony, Command, MapSource, Setup};

use crate::api::{self, ApiError, Arguments, FunctionDescription, Run};
use crate::batch::Batch;
use crate::bundle::Bundle;
use crate::context::{LogLine, Phase};
use crate::diagnostic::{Fault, nearest};
use crate::generation::Generation;
use crate::host::{Host, SETUP_STOCK};
use crate::limits::TEST_TICKS_MAX;
use crate::mod_id::ModId;
use crate::report::{Outcome, ReloadReport};
use crate::runtime::{Event, EventContent};
use crate::save::Loaded;
use crate::tick::HandlerFailure;
use crate::value::Value;

use super::{TestColony, UnitTestSubject};

/// A colony under the hands of a test.
pub(crate) struct Stage {
    host: Host,
    mod_id: ModId,
    bundles: Vec<Bundle>,
    known: BTreeSet<ModId>,
    /// Commands of the test that wait for the next tick.
    commands: Vec<Command>,
    events: BTreeMap<String, i64>,
    log: Vec<LogLine>,
    ticks: u64,
    /// Failing calls before the last restart.
    failures: Vec<HandlerFailure>,
    /// How many failing calls the test expects.
    failing_calls: u64,
}

/// The fault of a set-up as a test meets it, whose stock stands in no file.
fn of_test(mut fault: Fault) -> Fault {
    fault.place.take_if(|place| *place.file == *SETUP_STOCK);
    fault
}

impl Stage {
    /// A new colony with the mod under test.
    ///
    /// # Errors
    /// Mods that cannot start, a set-up that no colony can be made of.
    pub(super) fn new(subject: &UnitTestSubject, colony: &TestColony) -> Result<Stage, Vec<Fault>> {
        let setup = Setup {
            seed: colony.seed,
            map: MapSource::Generated {
                width: colony.size.0,
                height: colony.size.1,
            },
            colonists: colony.colonists,
            stock: colony.stock.clone(),
        };
        let started = Host::start(&setup, subject.bundles.clone(), subject.known.clone());
        let (host, left_out) =
            started.map_err(|faults| faults.into_iter().map(of_test).collect::<Vec<_>>())?;
        let faults: Vec<Fault> = left_out
            .into_iter()
            .flat_map(|left_out| left_out.faults)
            .collect();
        if !faults.is_empty() {
            return Err(faults);
        }
        let log = host.take_log();
        Ok(Stage {
            host,
            mod_id: subject.mod_id.clone(),
            bundles: subject.bundles.clone(),
            known: subject.known.clone(),
            commands: Vec::new(),
            events: BTreeMap::new(),
            log,
            ticks: 0,
            failures: Vec::new(),
            failing_calls: 0,
        })
    }

    /// A copy of the colony as it is.
    pub(super) fn fork_colony(&self) -> Colony {
        self.host.colony().fork()
    }

    /// Ticks that the test let pass.
    pub(super) fn ticks(&self) -> u64 {
        self.ticks
    }

    /// What mods wrote.
    pub(super) fn take_log(&mut self) -> Vec<LogLine> {
        std::mem::take(&mut self.log)
    }

    fn generation(&self) -> Result<Rc<Generation>, ApiError> {
        let instance = self.host.context.instance(&self.mod_id);
        let instance =
            instance.ok_or_else(|| ApiError::new(format!("{} is not running", self.mod_id)))?;
        Ok(instance.generation)
    }

    /// `t.advance`: lets ticks pass.
    pub(crate) fn advance(&mut self, ticks: u64) -> Result<(), ApiError> {
        if self.ticks.saturating_add(ticks) > TEST_TICKS_MAX {
            return Err(ApiError::new(format!(
                "a test may let {TEST_TICKS_MAX} ticks pass"
            )));
        }
        for _ in 0..ticks {
            let record = self.host.tick(&std::mem::take(&mut self.commands));
            self.ticks += 1;
            let colony = record.events.iter().map(|event| event.name().to_owned());
            let mods = record.mod_events.iter().map(|event| event.name.clone());
            for name in colony.chain(mods) {
                *self.events.entry(name).or_default() += 1;
            }
            self.log.extend(record.log);
            if let Some(refused) = record
                .refused
                .iter()
                .find(|refused| refused.mod_id.is_none())
            {
                return Err(ApiError::new(format!(
                    "a command of the test was refused: {}",
                    refused.reason
                )));
            }
        }
        Ok(())
    }

    /// `t.fire`: delivers an event as if it had happened.
    pub(crate) fn fire(&mut self, name: &str, fields: Option<Value>) -> Result<(), ApiError> {
        let content = match api::event(name) {
            Some(description) => {
                let fields = event_fields(name, description.fields, fields)?;
                match api::batched(name) {
                    Some(_) => EventContent::Batch(Batch::of_fields(description, &fields)?),
                    None => EventContent::Fields(fields),
                }
            }
            None if name.contains(':') => EventContent::Payload(fields),
            None => {
                let error = ApiError::new(format!("there is no event `{name}`"));
                return Err(match nearest(name, api::event_names()) {
                    Some(near) => error.help(format!("did you mean `{near}`?")),
                    None => error.help("events of mods are named `mod_id:name`"),
                });
            }
        };
        *self.events.entry(name.to_owned()).or_default() += 1;
        let tick = self.host.current_tick();
        self.host.deliver(&Event {
            name: name.into(),
            tick,
            content,
        });
        self.log.extend(self.host.take_log());
        Ok(())
    }

    /// `t.call`: what a function of `colony` tells the mod.
    pub(crate) fn call(
        &mut self,
        name: &str,
        arguments: Vec<Option<Value>>,
    ) -> Result<Option<Value>, ApiError> {
        let description = described(name)?;
        match description.run {
            Run::Read(read) => {
                let arguments = Arguments::by_position(description, arguments)?;
                read(&self.host.context, &self.generation()?, &arguments)
            }
            Run::Command(_) => Err(ApiError::new(format!("colony.{name} is a command")).help(
                format!("write t.command(\"{name}\", ...); it is applied in the next tick"),
            )),
            Run::Runtime => Err(for_the_mod(name)),
        }
    }

    /// `t.command`: a command that is applied in the next tick, whatever capabilities the mod has.
    pub(crate) fn command(
        &mut self,
        name: &str,
        arguments: Vec<Option<Value>>,
    ) -> Result<(), ApiError> {
        let description = described(name)?;
        let Run::Command(make) = description.run else {
            let error = ApiError::new(format!("colony.{name} is no command"));
            return Err(match description.run {
                Run::Read(_) => error.help(format!("write t.call(\"{name}\", ...)")),
                _ => for_the_mod(name),
            });
        };
        let command = make(&Arguments::by_position(description, arguments)?)?;
        let checked = self.host.colony().check(&command);
        checked.map_err(|error| ApiError::new(format!("colony.{name}: {error}")))?;
        self.commands.push(command);
        Ok(())
    }

    /// `t.export`: calls a function that the mod offers to others.
    pub(crate) fn export(
        &mut self,
        name: &str,
        arguments: &[Option<Value>],
    ) -> Result<Vec<Option<Value>>, ApiError> {
        let generation = self.generation()?;
        let exports = generation.declarations.borrow().exports.clone();
        if !exports.contains_key(name) {
            let error = ApiError::new(format!("{} exports no function `{name}`", self.mod_id));
            return Err(match nearest(name, exports.keys().map(String::as_str)) {
                Some(near) => error.help(format!("did you mean `{near}`?")),
                None => error,
            });
        }
        let Some(runtime) = generation.runtime() else {
            return Err(ApiError::new(format!("{} has no code", self.mod_id)));
        };
        let call = || runtime.export(name, arguments);
        let result = self.host.context.call(&generation, Phase::Running, call);
        self.log.extend(self.host.take_log());
        result.map_err(|error| ApiError {
            message: format!("{}.{name} failed: {error}", self.mod_id),
            help: error.help,
        })
    }

    /// `t.storage`: a copy of what the mod keeps, as a whole or at a path.
    pub(crate) fn storage(&self, path: &str) -> Result<Option<Value>, ApiError> {
        let state = self.host.mod_storage(&self.mod_id);
        let state =
            state.ok_or_else(|| ApiError::new(format!("{} is not running", self.mod_id)))?;
        Ok(state.at_path(path).cloned())
    }

    /// `t.count`: how many events there have been since the test began.
    pub(crate) fn count(&self, event: &str) -> Result<i64, ApiError> {
        let counted = api::event(event).is_some() && api::is_counted(event);
        if !counted && !event.contains(':') {
            let error = ApiError::new(format!("there is no event `{event}` to count"));
            let known = api::event_names()
                .into_iter()
                .filter(|name| api::is_counted(name));
            return Err(match nearest(event, known) {
                Some(near) => error.help(format!("did you mean `{near}`?")),
                None => error,
            });
        }
        Ok(self.events.get(event).copied().unwrap_or(0))
    }

    /// `t.log`: the lines that mods have written since the test began.
    pub(crate) fn lines(&self) -> Vec<Value> {
        self.log
            .iter()
            .map(|line| Value::text(line.text.clone()))
            .collect()
    }

    /// `t.tick`: the current tick.
    pub(crate) fn tick(&self) -> u64 {
        self.host.current_tick()
    }

    /// `t.expect_failing_calls`: the test is about a mod that fails.
    pub(crate) fn expect_failing_calls(&mut self, count: u64) {
        self.failing_calls = count;
    }

    /// `t.reload`: hands the mod over to a new machine with the same code.
    pub(crate) fn reload(&mut self) -> Result<(), ApiError> {
        let report = self.host.hand_over(&self.mod_id.clone());
        self.log.extend(self.host.take_log());
        match report {
            Some(ReloadReport {
                outcome: Outcome::Committed,
                ..
            }) => Ok(()),
            report => Err(reload_error(report)),
        }
    }

    /// `t.restart`: saves, begins anew as another process would, and loads.
    pub(crate) fn restart(&mut self) -> Result<(), ApiError> {
        let (bytes, _) = self
            .host
            .save()
            .map_err(|error| ApiError::new(error.to_string()))?;
        let loaded = Host::load(&bytes, self.bundles.clone(), self.known.clone());
        let Loaded { host, left_out, .. } =
            loaded.map_err(|error| ApiError::new(error.to_string()))?;
        if let Some(fault) = left_out.iter().flat_map(|left_out| &left_out.faults).next() {
            return Err(ApiError::new(fault.to_string()));
        }
        self.log.extend(self.host.take_log());
        self.failures.extend_from_slice(self.host.failures());
        self.host = host;
        Ok(())
    }

    /// Failing calls of mods, unless the test expects as many.
    pub(super) fn unexpected_failures(&self) -> Vec<Fault> {
        let failures = || self.failures.iter().chain(self.host.failures());
        let found: u64 = failures().map(|failure| u64::from(failure.count)).sum();
        let expected = self.failing_calls;
        if found == expected {
            return Vec::new();
        }
        let mut faults: Vec<Fault> = failures().map(|failure| failure.fault.clone()).collect();
        let calls = if found == 1 { "call" } else { "calls" };
        let summary = Fault::new(format!(
            "{found} {calls} of mods failed, expected {expected}"
        ));
        faults.push(summary.help(format!("if that is right: t.expect_failing_calls({found})")));
        faults
    }
}

/// The function of `colony` of that name.
fn described(name: &str) -> Result<&'static FunctionDescription, ApiError> {
    api::function(name).ok_or_else(|| {
        let error = ApiError::new(format!("there is no function colony.{name}"));
        let known = api::functions().map(|function| function.name);
        match nearest(name, known) {
            Some(near) => error.help(format!("did you mean `{near}`?")),
            None => error.help("docs/api.md lists the functions"),
        }
    })
}

fn for_the_mod(name: &str) -> ApiError {
    ApiError::new(format!("colony.{name} is for the mod itself"))
        .help("a test uses t.storage, t.fire, t.export, t.advance")
}

fn reload_error(report: Option<ReloadReport>) -> ApiError {
    let fault = report
        .and_then(|report| report.error)
        .and_then(|error| error.faults.into_iter().next());
    let why = fault.map_or("the mod is not running".to_owned(), |fault| {
        fault.to_string()
    });
    ApiError::new(format!("the reload was rolled back: {why}"))
}

/// The fields of an event in the table's order, from a table that may leave some out.
fn event_fields(
    name: &str,
    known: &[api::Field],
    given: Option<Value>,
) -> Result<Vec<Option<Value>>, ApiError> {
    let given = given.unwrap_or_else(Value::empty);
    let unknown = given.paths().into_iter().find(|path| {
        !path.is_empty()
            && !known
                .iter()
                .any(|field| field.path == path || path.starts_with(&format!("{}.", field.path)))
    });
    if let Some(path) = unknown.filter(|path| given.at_path(path) != Some(&Value::empty())) {
        let error = ApiError::new(format!("`{name}` has no field `{path}`"));
        return Err(match nearest(&path, known.iter().map(|field| field.path)) {
            Some(near) => error.help(format!("did you mean `{near}`?")),
            None if known.is_empty() => error.help("it has no fields"),
            None => {
                let names: Vec<&str> = known.iter().map(|field| field.path).collect();
                error.help(format!("its fields: {}", names.join(", ")))
            }
        });
    }
    Ok(known
        .iter()
        .map(|field| given.at_path(field.path).cloned())
        .collect())
}
