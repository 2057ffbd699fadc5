//! `colony-sim sweep`.

use std::io::{IsTerminal, Write};
use std::num::NonZeroUsize;
use std::sync::Mutex;
use std::time::Instant;

use modding::diagnostic::Fault;

use super::environment::coloured;
use super::progress::Progress;
use super::{Colour, Exit, Format, SweepArguments};
use crate::load_from;
use crate::project::{self, Project};
use crate::report::{source, sweep as report};
use crate::sweep::{Sweep, sweep as run_all};

pub(super) fn sweep(arguments: &SweepArguments, colour: Colour) -> Exit {
    let library = match &arguments.mods {
        Some(folder) => project::library_of(folder),
        None => Project::of_scenario(&arguments.scenario).map(|project| project.library()),
    };
    let loaded = library.and_then(|library| load_from(&arguments.scenario, &library));
    let outcome = loaded.and_then(|(scenario, workspace)| {
        let last = arguments.from.saturating_add(arguments.seeds.get() - 1);
        let seeds: Vec<u64> = (arguments.from..=last).collect();
        let cores = || std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
        let jobs = arguments.jobs.unwrap_or_else(cores);
        let bar = Mutex::new(Progress::new(Instant::now(), "colonies"));
        let total = arguments.seeds.get();
        let swept = run_all(&scenario, &workspace, &seeds, jobs, &|done| {
            if let Ok(mut bar) = bar.lock() {
                bar.show(done, total);
            }
        });
        if let Ok(mut bar) = bar.lock() {
            bar.clear();
        }
        swept
    });
    match outcome {
        Ok(sweep) => tell(&sweep, arguments.format),
        Err(faults) => refuse(&faults, colour),
    }
}

fn tell(sweep: &Sweep, format: Format) -> Exit {
    let exit = if sweep.colonies.iter().all(|colony| colony.passed) {
        Exit::Pass
    } else {
        Exit::Differs
    };
    let text = match format {
        Format::Text => report::text(sweep),
        Format::Json => report::json(sweep, exit as u8),
    };
    // A reader that has closed its end has seen enough.
    let _ = std::io::stdout().lock().write_all(text.as_bytes());
    exit
}

fn refuse(faults: &[Fault], colour: Colour) -> Exit {
    let rendered = source::render(faults, coloured(colour, std::io::stderr().is_terminal()));
    let _ = std::io::stderr().lock().write_all(rendered.as_bytes());
    Exit::Invalid
}
