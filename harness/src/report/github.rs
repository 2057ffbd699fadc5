//! Workflow commands by which GitHub shows the faults of a suite beside the lines that they are about.

use std::fmt::Write as _;

use modding::diagnostic::Fault;

use crate::report::suite::text::faults;
use crate::suite::CaseResult;

/// A line for each fault. `in_repository` gives a file as its author knows it as a path from the repository's root.
#[must_use]
pub fn commands(results: &[CaseResult], in_repository: &dyn Fn(&str) -> String) -> String {
    let mut text = String::new();
    for result in results.iter().filter(|result| result.status.is_failure()) {
        for fault in faults(result) {
            let _ = writeln!(text, "{}", command(result, &fault, in_repository));
        }
    }
    text
}

fn command(result: &CaseResult, fault: &Fault, in_repository: &dyn Fn(&str) -> String) -> String {
    let (file, position) = match &fault.place {
        Some(place) => (
            in_repository(&place.file),
            format!(",line={},col={}", place.line(), place.column()),
        ),
        None => (result.source.clone(), String::new()),
    };
    let help = fault
        .help
        .as_ref()
        .map_or(String::new(), |help| format!("\n{help}"));
    format!(
        "::error file={}{position},title={}::{}",
        property(&file),
        property(&result.name),
        data(&format!("{}{help}", fault.message))
    )
}

/// A message: what would end the line is escaped.
fn data(text: &str) -> String {
    text.replace('%', "%25")
        .replace('\r', "%0D")
        .replace('\n', "%0A")
}

/// A value: what would end the value is escaped too.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_a_text_ends_the_command() {
        assert_eq!(data("50%: a,\r\nb"), "50%25: a,%0D%0Ab");
        assert_eq!(property("c:a,b%\n"), "c%3Aa%2Cb%25%0A");
    }
}
