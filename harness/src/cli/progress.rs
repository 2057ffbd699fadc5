//! A bar on standard error, for work that takes a while.

use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::environment::in_ci;

/// Wall time after which progress is shown; a shorter run is its own progress.
const PROGRESS_AFTER: Duration = Duration::from_millis(500);

/// A bar, if standard error is a terminal, this is not CI, and the work takes a while.
pub(super) struct Progress {
    started: Instant,
    unit: &'static str,
    bar: Option<ProgressBar>,
}

impl Progress {
    /// Nothing is shown yet; `unit` is what is counted, such as `ticks`.
    pub(super) fn new(started: Instant, unit: &'static str) -> Progress {
        Progress {
            started,
            unit,
            bar: None,
        }
    }

    /// Shows how much is done.
    pub(super) fn show(&mut self, done: u64, total: u64) {
        if let Some(bar) = &self.bar {
            bar.set_position(done);
        } else if self.started.elapsed() > PROGRESS_AFTER && !in_ci() {
            let bar = ProgressBar::with_draw_target(Some(total), ProgressDrawTarget::stderr());
            let template = format!(
                "{{bar:40}} {{human_pos}} of {{human_len}} {}, {{eta}} left",
                self.unit
            );
            if let Ok(style) = ProgressStyle::with_template(&template) {
                bar.set_style(style);
            }
            bar.set_position(done);
            self.bar = Some(bar);
        }
    }

    /// Takes the bar away.
    pub(super) fn clear(&mut self) {
        if let Some(bar) = self.bar.take() {
            bar.finish_and_clear();
        }
    }
}
