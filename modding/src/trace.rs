//! Who wrote what, kept on demand for reports of what did not come out as expected. It is no part of the state, and a run with
//! it goes as one without.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fmt;
use std::rc::Rc;

use sim::Command;

use crate::error::Location;
use crate::mod_id::ModId;
use crate::report::{MemberReport, Outcome, ReloadReport};

/// Code of a mod that wrote something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Writer {
    /// The tick in which it wrote.
    pub tick: u64,
    /// The mod.
    pub mod_id: ModId,
    /// Its version.
    pub version: String,
    /// What called the code: an event, a timer, a migration.
    pub cause: String,
    /// The line that wrote.
    pub location: Option<Location>,
}

/// What somebody can have written.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Subject {
    /// A path of a mod's state.
    State(ModId, String),
    /// A job.
    Job(u64),
}

/// The last writer of every path of every mod's state, and of every job that a mod changed.
#[derive(Debug, Default)]
pub struct Trace {
    /// What calls the code that is running.
    cause: String,
    /// Writes of the call that is under way.
    pending: Vec<(Subject, Writer)>,
    /// Writers, with the count of writes before theirs.
    writers: BTreeMap<Subject, (u64, Writer)>,
    count: u64,
}

/// A trace that hosts write into, one after the other where a save is loaded.
pub type SharedTrace = Rc<RefCell<Trace>>;

impl Trace {
    /// The last writer of a path of a mod's state, of a table around it or of a value in it.
    pub fn writer_of_state(&self, id: &ModId, path: &str) -> Option<&Writer> {
        let concerns = |subject: &Subject| match subject {
            Subject::State(other, written) => {
                other == id && (is_below(path, written) || is_below(written, path))
            }
            Subject::Job(_) => false,
        };
        let writers = self.writers.iter().filter(|(subject, _)| concerns(subject));
        writers
            .map(|(_, writer)| writer)
            .max_by_key(|(count, _)| *count)
            .map(|(_, writer)| writer)
    }

    /// The mod that last changed a job.
    pub fn writer_of_job(&self, id: u64) -> Option<&Writer> {
        self.writers
            .get(&Subject::Job(id))
            .map(|(_, writer)| writer)
    }

    /// Takes note of what reloads before a tick did to the state: migrations and defaults.
    pub fn note_reloads(&mut self, tick: u64, reports: &[ReloadReport]) {
        let committed = reports
            .iter()
            .filter(|report| report.outcome == Outcome::Committed);
        for member in committed.flat_map(|report| &report.members) {
            self.note_member(tick, member);
        }
    }

    fn note_member(&mut self, tick: u64, member: &MemberReport) {
        for fate in &member.state.paths {
            let Some(by) = &fate.by else { continue };
            let writer = Writer {
                tick,
                mod_id: member.mod_id.clone(),
                version: member.versions.1.clone(),
                cause: format!("{} by {by}", fate.fate.name()),
                location: None,
            };
            self.keep(
                Subject::State(member.mod_id.clone(), fate.path.clone()),
                writer,
            );
        }
    }

    /// Code is about to be called.
    pub(crate) fn begin(&mut self, cause: String) {
        self.cause = cause;
        self.pending.clear();
    }

    /// A path was written by the running call.
    pub(crate) fn write_state(&mut self, path: String, by: Writer) {
        self.pending
            .push((Subject::State(by.mod_id.clone(), path), by));
    }

    /// A command was issued by the running call.
    pub(crate) fn issue(&mut self, command: &Command, by: Writer) {
        if let Command::SetJobPriority { job, .. } | Command::CancelJob { job } = command {
            self.pending.push((Subject::Job(job.get()), by));
        }
    }

    /// The call has ended; what a failing one wrote was undone.
    pub(crate) fn end(&mut self, succeeded: bool) {
        for (subject, writer) in std::mem::take(&mut self.pending) {
            if succeeded {
                self.keep(subject, writer);
            }
        }
    }

    /// What calls the code that is running.
    pub(crate) fn cause(&self) -> String {
        self.cause.clone()
    }

    fn keep(&mut self, subject: Subject, writer: Writer) {
        self.count += 1;
        self.writers.insert(subject, (self.count, writer));
    }
}

/// Whether a dotted path is the other one, or below it.
fn is_below(path: &str, above: &str) -> bool {
    path.strip_prefix(above)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

/// For example `priority_watch 1.1.0, job_created, priority_watch/scripts/main.lua:21, at tick 300`.
impl fmt::Display for Writer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "{} {}, {}",
            self.mod_id, self.version, self.cause
        )?;
        if let Some(location) = &self.location {
            write!(formatter, ", {location}")?;
        }
        write!(formatter, ", at tick {}", self.tick)
    }
}
