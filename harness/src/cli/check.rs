//! `colony-sim check`.

use std::io::{IsTerminal, Write};
use std::time::Instant;

use modding::diagnostic::Fault;

use super::environment::coloured;
use super::progress::Progress;
use super::{CheckArguments, Colour, Exit, Format};
use crate::check::{CheckOptions, CheckReport, Named, Subject, check as check_mod};
use crate::report::check::text::CheckTextOptions;
use crate::report::{check as reports, json, source};

pub(super) fn check(arguments: &CheckArguments, colour: Colour) -> Exit {
    let named = match Named::parse(&arguments.subject) {
        Ok(named) => named,
        Err(fault) => return refuse(&[fault], Exit::Invalid, arguments.format, colour),
    };
    let options = CheckOptions {
        scenario: arguments.scenario.clone(),
        ticks: arguments.ticks,
        seed: arguments.seed,
        thorough: arguments.thorough,
    };
    let mut progress = Progress::new(Instant::now(), "runs");
    let outcome = Subject::read(&named).and_then(|subject| {
        let report = check_mod(&subject, &options, &mut |done, all| {
            progress.show(done, all)
        })?;
        Ok((subject, report))
    });
    progress.clear();
    match outcome {
        Ok((subject, report)) => tell(&subject, report, arguments.format, colour),
        Err(faults) => refuse(&faults, Exit::Invalid, arguments.format, colour),
    }
}

fn tell(subject: &Subject, mut report: CheckReport, format: Format, colour: Colour) -> Exit {
    let exit = if report.passes() {
        Exit::Pass
    } else {
        Exit::Differs
    };
    let written = report
        .reproduction
        .as_ref()
        .map(|reproduction| reproduction.write());
    if let Some(Err(fault)) = &written {
        report.reproduction = None;
        say(std::slice::from_ref(fault), colour);
    }
    let in_folder = report.in_folder;
    let shown = |file: &str| match in_folder {
        true => subject.shown(file),
        false => file.to_owned(),
    };
    let text = match format {
        Format::Text => {
            let options = CheckTextOptions {
                colour: coloured(colour, std::io::stdout().is_terminal()),
                shown: &shown,
            };
            reports::text::report(&report, &options)
        }
        Format::Json => reports::json::report(&report, &shown, exit as u8),
    };
    // A reader that has closed its end has seen enough.
    let _ = std::io::stdout().lock().write_all(text.as_bytes());
    exit
}

fn refuse(faults: &[Fault], exit: Exit, format: Format, colour: Colour) -> Exit {
    if format == Format::Json {
        let report = serde_json::json!({
            "version": json::REPORT_VERSION,
            "exit_code": exit as u8,
            "faults": json::faults(faults),
        });
        let _ = writeln!(std::io::stdout(), "{report:#}");
    }
    say(faults, colour);
    exit
}

/// To standard error; nobody there to read it is no reason to stop.
fn say(faults: &[Fault], colour: Colour) {
    let rendered = source::render(faults, coloured(colour, std::io::stderr().is_terminal()));
    let _ = std::io::stderr().lock().write_all(rendered.as_bytes());
}
