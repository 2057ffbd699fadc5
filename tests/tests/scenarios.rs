//! One named test for each scenario of the repository, where everything comes out as it expects and the report is the one that was
//! read and accepted, and for each unit test of a mod.

use std::path::Path;
use std::process::ExitCode;

use harness::project::Project;
use harness::report::source::render;
use harness::report::text::{self, TextOptions};
use harness::runner::{RunOptions, run};
use harness::suite::{Case, CaseKind, Status, discover, run_unit_test};
use libtest_mimic::{Arguments, Failed, Trial};
use tests::{root, scenario_files};

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let scenarios = scenario_files().into_iter().map(trial);
    let trials = scenarios.chain(unit_tests()).collect();
    libtest_mimic::run(&arguments, trials).exit_code()
}

/// A test for each unit test of a mod; one that fails and says why where the project cannot be read.
fn unit_tests() -> Vec<Trial> {
    let found = Project::find(&root()).map_err(|faults| render(&faults, false));
    let found = found.and_then(|project| {
        discover(project.as_ref(), &[]).map_err(|problem| format!("{problem:?}"))
    });
    let cases = match found {
        Ok(cases) => cases,
        Err(why) => return vec![Trial::test("unit tests", move || Err(why.into()))],
    };
    let trial = |case: Case| match &case.kind {
        CaseKind::Scenario(_) => None,
        CaseKind::UnitTest(test) => {
            let test = test.clone();
            Some(Trial::test(case.name.clone(), move || {
                let result = run_unit_test(&case, &test);
                match result.status {
                    Status::Passed => Ok(()),
                    _ => Err(render(&result.faults, false).into()),
                }
            }))
        }
    };
    cases.into_iter().filter_map(trial).collect()
}

fn trial(path: std::path::PathBuf) -> Trial {
    let name = path
        .file_stem()
        .map(|stem| stem.to_string_lossy().into_owned())
        .unwrap_or_default();
    Trial::test(name.clone(), move || check(&path, &name))
}

fn check(path: &Path, name: &str) -> Result<(), Failed> {
    let fail = |faults: Vec<modding::diagnostic::Fault>| {
        Failed::from(harness::report::source::render(&faults, false))
    };
    let (scenario, workspace) = harness::load(path, &root().join("mods")).map_err(fail)?;
    let options = RunOptions {
        snapshots: true,
        ..RunOptions::default()
    };
    let mut record = run(&scenario, &workspace, &options, &mut |_| {}).map_err(fail)?;
    record.compare_snapshots(&scenario);
    let report = text::report(&record, TextOptions::default());
    if !record.passed() {
        return Err(report.into());
    }
    let settings = insta::Settings::clone_current();
    let snapshot = || insta::assert_snapshot!(name, report);
    std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| settings.bind(snapshot))).map_err(
        |_| {
            Failed::from(format!(
                "the report of {name} is not the accepted one: cargo insta review"
            ))
        },
    )
}
