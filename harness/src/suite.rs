//! A suite of cases: found, chosen, run in parallel, and reported in order of name, however many threads there were.

mod discover;
mod execute;
pub mod last_failed;
mod scenario_case;
mod select;
mod unit_test_case;

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use modding::context::LogLine;
use modding::diagnostic::Fault;
use modding::host::LeftOut;
use modding::tick::HandlerFailure;
use modding::unit_test::UnitTest;

use crate::snapshot::{Asked, Change, SnapshotVerdict};
use crate::workspace::ModLibrary;

pub use discover::discover;
pub(crate) use execute::STACK_BYTES;
pub use execute::{ExecuteOptions, execute};
pub use scenario_case::run_scenario;
pub use select::{Selection, Shard, select};
pub use unit_test_case::run_unit_test;

/// Something that passes or fails.
#[derive(Clone, Debug)]
pub struct Case {
    /// The name by which it is chosen and reported; no other case has it.
    pub name: String,
    /// What it is.
    pub kind: CaseKind,
}

/// What a case is.
#[derive(Clone, Debug)]
pub enum CaseKind {
    /// A scenario file.
    Scenario(ScenarioCase),
    /// A unit test of a mod.
    UnitTest(UnitTestCase),
}

/// A unit test of a mod and what it runs with.
#[derive(Clone, Debug)]
pub struct UnitTestCase {
    /// The mod's folder, as seen from the working directory.
    pub folder: PathBuf,
    /// The file, below the mod's folder.
    pub path: String,
    /// The test; `None` for a file whose tests cannot be listed.
    pub test: Option<UnitTest>,
    /// The file, as seen from its project's root.
    pub source: String,
    /// The mods of its project.
    pub library: Arc<ModLibrary>,
}

/// A scenario file and what it runs with.
#[derive(Clone, Debug)]
pub struct ScenarioCase {
    /// The file, as seen from the working directory.
    pub file: PathBuf,
    /// The file, as seen from its project's root.
    pub source: String,
    /// The mods of its project.
    pub library: Arc<ModLibrary>,
}

/// How a case ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// Everything came out as expected.
    Passed,
    /// Something did not.
    Failed,
    /// It could not be run as it should: a scenario or a mod is invalid.
    Invalid,
    /// This program failed.
    Bug,
    /// It was not run, because another case had failed.
    NotRun,
}

/// What became of a case.
#[derive(Clone, Debug)]
pub struct CaseResult {
    /// The case.
    pub name: String,
    /// What it is, as reports for programs say it: `scenario` or `unit_test`.
    pub kind: &'static str,
    /// Its file, as seen from its project's root.
    pub source: String,
    /// How it ended.
    pub status: Status,
    /// Ticks that ran.
    pub ticks: u64,
    /// Expectations that held, and all of them.
    pub expectations: (u64, u64),
    /// What did not come out as expected, or keeps the scenario from running.
    pub faults: Vec<Fault>,
    /// Mods that did not run.
    pub left_out: Vec<LeftOut>,
    /// Handlers that failed.
    pub failures: Vec<HandlerFailure>,
    /// Snapshots, by tick.
    pub snapshots: Vec<SnapshotVerdict>,
    /// Changes of snapshot files, to be made once the case is reported.
    pub files: Vec<Change>,
    /// What mods and the test wrote, of a unit test that failed.
    pub log: Vec<LogLine>,
    /// What the author should know.
    pub warnings: Vec<String>,
    /// Which snapshots it asks for.
    pub asked: Asked,
    /// The hash of everything that happened.
    pub hash: Option<u128>,
    /// Wall time, for people.
    pub elapsed: Duration,
}

/// Why no case was run.
#[derive(Clone, Debug, PartialEq)]
pub enum Problem {
    /// The command line names what is not there.
    Usage(Vec<Fault>),
    /// The project is invalid.
    Invalid(Vec<Fault>),
    /// There is no case.
    Nothing(Fault),
}

impl CaseResult {
    /// A result of a case in which nothing has happened yet.
    #[must_use]
    pub fn of(case: &Case, status: Status) -> CaseResult {
        CaseResult {
            name: case.name.clone(),
            kind: match &case.kind {
                CaseKind::Scenario(_) => "scenario",
                CaseKind::UnitTest(_) => "unit_test",
            },
            source: case.source().to_owned(),
            status,
            ticks: 0,
            expectations: (0, 0),
            faults: Vec::new(),
            left_out: Vec::new(),
            failures: Vec::new(),
            snapshots: Vec::new(),
            files: Vec::new(),
            log: Vec::new(),
            warnings: Vec::new(),
            asked: Asked::Unknown,
            hash: None,
            elapsed: Duration::ZERO,
        }
    }

    /// Snapshots that are as accepted, and all of them.
    #[must_use]
    pub fn matching_snapshots(&self) -> (u64, u64) {
        let holds = self.snapshots.iter().filter(|verdict| verdict.holds());
        (holds.count() as u64, self.snapshots.len() as u64)
    }
}

impl Case {
    /// The file that it comes from, as seen from the working directory.
    #[must_use]
    pub fn file(&self) -> PathBuf {
        match &self.kind {
            CaseKind::Scenario(scenario) => scenario.file.clone(),
            CaseKind::UnitTest(test) => test.folder.join(&test.path),
        }
    }

    /// The file that it comes from, as seen from its project's root.
    #[must_use]
    pub fn source(&self) -> &str {
        match &self.kind {
            CaseKind::Scenario(scenario) => &scenario.source,
            CaseKind::UnitTest(test) => &test.source,
        }
    }
}

impl Status {
    /// The name in reports for programs.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Failed => "failed",
            Self::Invalid => "invalid",
            Self::Bug => "bug",
            Self::NotRun => "not_run",
        }
    }

    /// Whether it was run and did not pass.
    #[must_use]
    pub fn is_failure(self) -> bool {
        matches!(self, Self::Failed | Self::Invalid | Self::Bug)
    }
}

impl fmt::Display for Status {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}
