//! What mods cost: the same work done by `colony-sim` and by its peers, in one run.
//!
//! `cargo run --release --manifest-path bench/Cargo.toml` prints the tables of `docs/performance.md`. Each topic has a file:
//! [`dispatch`] of an event, [`ticks`] with many mods, [`storage`], [`iteration`], a [`suite`]. Every figure is the median of rounds in
//! which all sides of a topic take turns, in processor time; that the work was really done is asserted for every side.

mod bevy;
mod colony;
mod dispatch;
mod iteration;
mod machine;
mod measure;
mod storage;
mod suite;
mod table;
mod ticks;

use std::io::{self, Write};

use table::Section;

fn main() -> io::Result<()> {
    let mut peer = bevy::Peer::start()?;
    let mut output = io::stdout().lock();
    writeln!(
        output,
        "Nanoseconds of processor time for each operation, medians of {} rounds in turns.",
        measure::ROUNDS
    )?;
    let mut print = |section: Section| write!(output, "\n{section}").and_then(|()| output.flush());
    print(dispatch::measure())?;
    print(ticks::measure(&mut peer))?;
    print(storage::measure())?;
    print(iteration::measure())?;
    print(suite::measure()?)?;
    peer.end()
}
