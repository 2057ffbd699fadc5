//! The report of a suite as JUnit XML, which CI systems read. Without wall times, so that the same run gives the same bytes.

use modding::diagnostic::Fault;
use quick_junit::{NonSuccessKind, Report, SerializeError, TestCase, TestCaseStatus, TestSuite};

use crate::report::snapshot::{self, ComparedBy};
use crate::report::source::render;
use crate::report::suite::text::faults;
use crate::suite::{CaseResult, Status};

/// The report.
///
/// # Errors
/// What the writer says.
pub fn report(results: &[CaseResult]) -> Result<String, SerializeError> {
    let mut suite = TestSuite::new("colony-sim");
    for result in results {
        let mut case = TestCase::new(result.name.as_str(), status(result));
        case.set_classname(result.source.as_str());
        suite.add_test_case(case);
    }
    let mut report = Report::new("colony-sim");
    report.add_test_suite(suite);
    report.to_string()
}

fn status(result: &CaseResult) -> TestCaseStatus {
    let kind = match result.status {
        Status::Passed => return TestCaseStatus::success(),
        Status::NotRun => return TestCaseStatus::skipped(),
        Status::Failed => NonSuccessKind::Failure,
        Status::Invalid | Status::Bug => NonSuccessKind::Error,
    };
    let faults = faults(result);
    let mut status = TestCaseStatus::non_success(kind);
    if let Some(first) = faults.first() {
        status.set_message(first.message.as_str());
    }
    status.set_type(result.status.name());
    let left_out = result.left_out.iter().flat_map(|left_out| &left_out.faults);
    let faults: Vec<Fault> = left_out.chain(&result.faults).cloned().collect();
    let snapshots = snapshot::render(&result.snapshots, ComparedBy::Test, true, false);
    status.set_description(render(&faults, false) + &snapshots);
    status
}
