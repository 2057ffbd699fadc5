//! A bar on standard error, for work that takes a while.

use std::io::IsTerminal;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread::{Builder, JoinHandle};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::environment::in_ci;

/// Wall time after which progress is shown; a shorter run is its own progress.
const PROGRESS_AFTER: Duration = Duration::from_millis(500);

/// How often what turns while nothing is counted turns.
const TURN: Duration = Duration::from_millis(100);

/// A bar, if standard error is a terminal, this is not CI, and the work takes a while.
pub(super) struct Progress {
    started: Instant,
    unit: &'static str,
    /// Whether anybody sees it.
    is_seen: bool,
    waiting: Option<Waiting>,
    bar: Option<ProgressBar>,
}

impl Progress {
    /// Nothing is shown yet; `unit` is what is counted, such as `ticks`.
    pub(super) fn new(started: Instant, unit: &'static str) -> Progress {
        let is_seen = std::io::stderr().is_terminal() && !in_ci();
        Progress {
            started,
            unit,
            is_seen,
            waiting: is_seen.then(|| Waiting::begin(unit)).flatten(),
            bar: None,
        }
    }

    /// Shows how much is done.
    pub(super) fn show(&mut self, done: u64, total: u64) {
        self.waiting = None;
        if let Some(bar) = &self.bar {
            bar.set_position(done);
        } else if self.is_seen && self.started.elapsed() > PROGRESS_AFTER {
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
        self.waiting = None;
        if let Some(bar) = self.bar.take() {
            bar.finish_and_clear();
        }
    }
}

/// What turns until there is something to count: mods are loaded first, and a large component takes a while to compile. It is gone when this
/// is dropped.
struct Waiting {
    ended: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Waiting {
    /// Nothing is shown where the system gives no thread for it.
    fn begin(unit: &'static str) -> Option<Waiting> {
        let (ended, end) = channel::<()>();
        let is_waiting = move |time| end.recv_timeout(time) == Err(RecvTimeoutError::Timeout);
        let show = move || {
            if !is_waiting(PROGRESS_AFTER) {
                return;
            }
            let turning = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr())
                .with_elapsed(PROGRESS_AFTER);
            let template = format!("{{spinner}} no {unit} yet, {{elapsed}}");
            if let Ok(style) = ProgressStyle::with_template(&template) {
                turning.set_style(style);
            }
            turning.tick();
            while is_waiting(TURN) {
                turning.tick();
            }
            turning.finish_and_clear();
        };
        let thread = Builder::new().spawn(show).ok()?;
        Some(Waiting {
            ended: Some(ended),
            thread: Some(thread),
        })
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        self.ended = None;
        if let Some(thread) = self.thread.take() {
            // What it shows is gone before anything else is written.
            let _ = thread.join();
        }
    }
}
