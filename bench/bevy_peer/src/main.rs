//! bevy_mod_scripting at the same work as `colony-sim`'s ticks: an app with some scripts, each with one trivial handler that
//! is called at every update.
//!
//! Does what standard input says and answers a line for a line, so that the one who asks can let it take turns with another
//! program: `run EXECUTOR SCRIPTS UPDATES` is answered with nanoseconds of processor time, `count EXECUTOR SCRIPTS` with the
//! calls that all handlers have counted since the beginning. `reload EXECUTOR INTEGERS RELOADS` reloads a script that keeps so
//! many integers, `carried EXECUTOR INTEGERS` is answered with the calls that all its versions have counted. The executor is `default` or `single_thread`. Ends with its input.

mod colony;
mod reloading;

use std::collections::BTreeMap;
use std::io::{self, BufRead, Write};

use colony::{Colony, Executor};
use cpu_time::ProcessTime;
use reloading::Reloading;

fn main() -> io::Result<()> {
    let mut apps = Apps::default();
    let mut output = io::stdout().lock();
    for line in io::stdin().lock().lines() {
        let line = line?;
        let answer = apps
            .answer(&line)
            .ok_or_else(|| io::Error::other(line.clone()))?;
        writeln!(output, "{answer}")?;
        output.flush()?;
    }
    Ok(())
}

/// Apps by their executor, and by the number of their scripts or of the integers that the script keeps.
#[derive(Default)]
struct Apps {
    colonies: BTreeMap<(Executor, usize), Colony>,
    reloading: BTreeMap<(Executor, usize), Reloading>,
}

impl Apps {
    /// The answer to a line, unless it is none of those that the program knows.
    fn answer(&mut self, line: &str) -> Option<u128> {
        let mut words = line.split(' ');
        let order = words.next()?;
        let executor = match words.next()? {
            "default" => Executor::Default,
            "single_thread" => Executor::SingleThread,
            _ => return None,
        };
        let size = words.next()?.parse().ok()?;
        let mut times = || words.next()?.parse::<u32>().ok();
        match order {
            "run" => {
                let times = times()?;
                let colony = self.colony(executor, size);
                Some(timed(times, || colony.update()))
            }
            "count" => Some(u128::from(self.colony(executor, size).count())),
            "reload" => {
                let times = times()?;
                let reloading = self.reloading(executor, size);
                Some(timed(times, || reloading.reload()))
            }
            "carried" => Some(u128::from(self.reloading(executor, size).carried())),
            _ => None,
        }
    }

    fn colony(&mut self, executor: Executor, scripts: usize) -> &mut Colony {
        self.colonies
            .entry((executor, scripts))
            .or_insert_with(|| Colony::new(executor, scripts))
    }

    fn reloading(&mut self, executor: Executor, integers: usize) -> &mut Reloading {
        self.reloading
            .entry((executor, integers))
            .or_insert_with(|| Reloading::new(executor, integers))
    }
}

/// Nanoseconds of processor time that it takes to do something some times.
fn timed(times: u32, mut call: impl FnMut()) -> u128 {
    let begin = ProcessTime::now();
    for _ in 0..times {
        call();
    }
    begin.elapsed().as_nanos()
}
