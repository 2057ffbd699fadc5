//! A suite of a thousand small scenarios, as `colony-sim test` runs it: what the harness adds to each, and what a second thread
//! saves.

use std::fs;
use std::io;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::time::Instant;

use harness::runner::{RunOptions, run};
use harness::scenario::Scenario;
use harness::snapshot::Update;
use harness::suite::{Case, CaseKind, ExecuteOptions, Status, discover, execute, run_scenario};
use harness::workspace::Workspace;

use crate::measure::{Side, take_turns};
use crate::table::{Row, Section};

/// Scenarios of the suite.
const CASES: usize = 1_000;

/// A colony of two for ten ticks, with an expectation.
const SCENARIO: &str = "schema = 1
name = \"small\"
seed = SEED
ticks = 10

[colony]
size = [16, 16]
colonists = 2
stock = { meal = 8 }

[mods]
load = [\"base\"]

[[expect]]
world = \"colonists.alive\"
equals = 2
";

/// Measures the topic.
///
/// # Errors
/// A system without room for temporary files.
pub(crate) fn measure() -> io::Result<Section> {
    let folder = tempfile::tempdir()?;
    let scenarios = folder.path().join("scenarios");
    fs::create_dir_all(&scenarios)?;
    for seed in 0..CASES {
        let text = SCENARIO.replace("SEED", &seed.to_string());
        fs::write(scenarios.join(format!("case{seed:03}.toml")), text)?;
    }
    let loaded = loaded(&scenarios);
    let (folder, cases) = (scenarios.as_path(), CASES as u64);
    let wall = |jobs| {
        move |calls| {
            let begin = Instant::now();
            (0..calls).for_each(|_| suite(folder, jobs));
            begin.elapsed()
        }
    };
    let [whole, runs, one, two] = take_turns([
        Side::new(cases, || suite(folder, 1)),
        Side::new(cases, || loaded.iter().for_each(run_alone)),
        Side::timed(cases, wall(1)),
        Side::timed(cases, wall(2)),
    ]);
    Ok(Section {
        title: "A suite of 1,000 scenarios of ten ticks",
        unit: "cases",
        per_second: false,
        rows: vec![
            Row::new(
                "found, read, run, compared",
                whole,
                "run alone, read before",
                runs,
            ),
            Row::new("wall time, two threads", two, "wall time, one thread", one).aim("1/2"),
        ],
    })
}

/// The suite as a whole, files included.
fn suite(folder: &Path, jobs: usize) {
    let cases = discover(None, &[PathBuf::from(folder)]).unwrap_or_default();
    let options = ExecuteOptions {
        jobs: NonZeroUsize::new(jobs).unwrap_or(NonZeroUsize::MIN),
        fail_fast: false,
    };
    let run = |case: &Case| match &case.kind {
        CaseKind::Scenario(scenario) => run_scenario(case, scenario, Update::None),
        CaseKind::UnitTest(_) => unreachable!("the folder holds scenarios only"),
    };
    let results = execute(&cases, options, &run, &mut |_| {}).unwrap_or_default();
    let passed = results
        .iter()
        .filter(|result| result.status == Status::Passed);
    assert_eq!(passed.count(), CASES, "all cases pass");
}

fn loaded(folder: &Path) -> Vec<(Scenario, Workspace)> {
    let load = |at| {
        harness::load(
            &folder.join(format!("case{at:03}.toml")),
            &folder.join("mods"),
        )
    };
    let loaded = (0..CASES).map(load).collect::<Result<_, _>>();
    loaded.expect("the scenarios are valid")
}

fn run_alone((scenario, workspace): &(Scenario, Workspace)) {
    let record = run(scenario, workspace, &RunOptions::default(), &mut |_| {});
    assert!(record.is_ok_and(|record| record.passed()), "the run passes");
}
