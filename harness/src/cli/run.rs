//! `colony-sim run`.

use std::io::{IsTerminal, Write};
use std::time::{Duration, Instant};

use modding::diagnostic::Fault;

use super::environment::coloured;
use super::progress::Progress;
use super::{Colour, Exit, Format, RunArguments, WatcherKind};
use crate::load_from;
use crate::project::{self, Project};
use crate::record::RunRecord;
use crate::report::text::TextOptions;
use crate::report::{json, source, text};
use crate::runner::{self, FilesOfRun, RunOptions};

pub(super) fn run(arguments: &RunArguments, colour: Colour) -> Exit {
    let started = Instant::now();
    let mut progress = Progress::new(started, "ticks");
    let library = match &arguments.mods {
        Some(folder) => project::library_of(folder),
        None => Project::of_scenario(&arguments.scenario).map(|project| project.library()),
    };
    let loaded = library.and_then(|library| load_from(&arguments.scenario, &library));
    let outcome = loaded.and_then(|(mut scenario, workspace)| {
        let total = scenario.ticks;
        scenario.seed = arguments.seed.unwrap_or(scenario.seed);
        // They are of one seed.
        let snapshots = arguments.seed.is_none();
        let options = RunOptions {
            snapshots,
            files: match arguments.watcher {
                WatcherKind::None => FilesOfRun::InMemory,
                WatcherKind::Real => FilesOfRun::Watched,
            },
            ..RunOptions::default()
        };
        runner::run_explained(
            &scenario,
            &workspace,
            &options,
            &mut |record| {
                if snapshots {
                    record.compare_snapshots(&scenario);
                }
            },
            &mut |tick| progress.show(tick, total),
        )
    });
    progress.clear();
    match outcome {
        Ok(record) => report(&record, arguments, colour, started.elapsed()),
        Err(faults) => refuse(&faults, arguments.format, colour),
    }
}

/// The exit code of a run.
fn exit(record: &RunRecord) -> Exit {
    if !record.left_out.is_empty() {
        Exit::Invalid
    } else if record.passed() {
        Exit::Pass
    } else {
        Exit::Differs
    }
}

fn report(record: &RunRecord, arguments: &RunArguments, colour: Colour, elapsed: Duration) -> Exit {
    let exit = exit(record);
    let report = match arguments.format {
        Format::Text => {
            let colour = coloured(colour, std::io::stdout().is_terminal());
            text::report(
                record,
                TextOptions {
                    colour,
                    log: arguments.log,
                    full_diff: arguments.full_diff,
                },
            )
        }
        Format::Json => json::report(record, exit as u8),
    };
    // A reader that has closed its end has seen enough.
    let _ = std::io::stdout().lock().write_all(report.as_bytes());
    let seconds = elapsed.as_secs_f64().max(0.001);
    let rate = (record.ticks_run as f64 / seconds) as u64;
    let ticks = text::number(record.ticks_run);
    let _ = writeln!(
        std::io::stderr(),
        "{ticks} ticks in {seconds:.2} s ({} ticks/s)",
        text::number(rate)
    );
    exit
}

fn refuse(faults: &[Fault], format: Format, colour: Colour) -> Exit {
    if format == Format::Json {
        let report = serde_json::json!({
            "version": json::REPORT_VERSION,
            "exit_code": Exit::Invalid as u8,
            "faults": json::faults(faults),
        });
        let _ = writeln!(std::io::stdout(), "{report:#}");
    }
    let rendered = source::render(faults, coloured(colour, std::io::stderr().is_terminal()));
    let _ = std::io::stderr().lock().write_all(rendered.as_bytes());
    Exit::Invalid
}
