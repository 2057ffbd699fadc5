//! `colony-sim run`.

use std::io::{IsTerminal, Write};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use modding::diagnostic::Fault;

use super::{Colour, Exit, Format, RunArguments};
use crate::record::RunRecord;
use crate::report::text::TextOptions;
use crate::report::{json, source, text};
use crate::runner::{self, RunOptions};
use crate::{load, project};

/// Wall time after which progress is shown; a shorter run is its own progress.
const PROGRESS_AFTER: Duration = Duration::from_millis(500);

pub(super) fn run(arguments: &RunArguments, colour: Colour) -> Exit {
    let mods = arguments
        .mods
        .clone()
        .unwrap_or_else(|| project::mods_folder(&arguments.scenario));
    let started = Instant::now();
    let mut progress = Progress::new(started);
    let outcome = load(&arguments.scenario, &mods).and_then(|(scenario, workspace)| {
        let total = scenario.ticks;
        runner::run(&scenario, &workspace, &RunOptions::default(), &mut |tick| {
            progress.show(tick, total)
        })
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
    } else if record.faults().is_empty() {
        Exit::Pass
    } else {
        Exit::Differs
    }
}

fn report(record: &RunRecord, arguments: &RunArguments, colour: Colour, elapsed: Duration) -> Exit {
    let exit = exit(record);
    let report = match arguments.format {
        Format::Text => {
            let colour = wanted(colour, std::io::stdout().is_terminal());
            text::report(
                record,
                TextOptions {
                    colour,
                    log: arguments.log,
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
    let rendered = source::render(faults, wanted(colour, std::io::stderr().is_terminal()));
    let _ = std::io::stderr().lock().write_all(rendered.as_bytes());
    Exit::Invalid
}

fn wanted(colour: Colour, terminal: bool) -> bool {
    match colour {
        Colour::Always => true,
        Colour::Never => false,
        Colour::Auto => {
            terminal && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
        }
    }
}

/// A bar on standard error, if that is a terminal and the run takes a while.
struct Progress {
    started: Instant,
    bar: Option<ProgressBar>,
}

impl Progress {
    fn new(started: Instant) -> Progress {
        Progress { started, bar: None }
    }

    fn show(&mut self, tick: u64, total: u64) {
        if let Some(bar) = &self.bar {
            bar.set_position(tick);
        } else if self.started.elapsed() > PROGRESS_AFTER && std::env::var_os("CI").is_none() {
            let bar = ProgressBar::with_draw_target(Some(total), ProgressDrawTarget::stderr());
            if let Ok(style) = ProgressStyle::with_template(
                "{bar:40} {human_pos} of {human_len} ticks, {eta} left",
            ) {
                bar.set_style(style);
            }
            self.bar = Some(bar);
        }
    }

    fn clear(&mut self) {
        if let Some(bar) = self.bar.take() {
            bar.finish_and_clear();
        }
    }
}
