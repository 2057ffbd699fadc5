//! One named test for each scenario of the repository: everything comes out as it expects, and the report is the one that was
//! read and accepted.

use std::path::Path;
use std::process::ExitCode;

use harness::report::text::{self, TextOptions};
use harness::runner::{RunOptions, run};
use libtest_mimic::{Arguments, Failed, Trial};
use tests::{root, scenario_files};

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let trials = scenario_files().into_iter().map(trial).collect();
    libtest_mimic::run(&arguments, trials).exit_code()
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
