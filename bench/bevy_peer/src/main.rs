//! bevy_mod_scripting at the same work as `colony-sim`'s ticks: an app with some scripts, each with one trivial handler that
//! is called at every update.
//!
//! Does what standard input says and answers a line for a line, so that the one who asks can let it take turns with another
//! program: `run EXECUTOR SCRIPTS UPDATES` is answered with nanoseconds of processor time, `count EXECUTOR SCRIPTS` with the
//! calls that all handlers have counted since the beginning. The executor is `default` or `single_thread`. Ends with its input.

mod colony;

use std::collections::BTreeMap;
use std::io::{self, BufRead, Write};

use colony::{Colony, Executor};
use cpu_time::ProcessTime;

fn main() -> io::Result<()> {
    let mut colonies = BTreeMap::new();
    let mut output = io::stdout().lock();
    for line in io::stdin().lock().lines() {
        let line = line?;
        let answer = answer(&mut colonies, &line).ok_or_else(|| io::Error::other(line.clone()))?;
        writeln!(output, "{answer}")?;
        output.flush()?;
    }
    Ok(())
}

/// The answer to a line, unless it is none of those that the program knows.
fn answer(colonies: &mut BTreeMap<(Executor, usize), Colony>, line: &str) -> Option<u128> {
    let mut words = line.split(' ');
    let order = words.next()?;
    let executor = match words.next()? {
        "default" => Executor::Default,
        "single_thread" => Executor::SingleThread,
        _ => return None,
    };
    let scripts = words.next()?.parse().ok()?;
    let colony = colonies
        .entry((executor, scripts))
        .or_insert_with(|| Colony::new(executor, scripts));
    match order {
        "run" => {
            let updates: u32 = words.next()?.parse().ok()?;
            let begin = ProcessTime::now();
            for _ in 0..updates {
                colony.update();
            }
            Some(begin.elapsed().as_nanos())
        }
        "count" => Some(u128::from(colony.count())),
        _ => None,
    }
}
