//! What mods cost: the same work done by `colony-sim` and by its peers, in one run.
//!
//! `cargo run --release --manifest-path bench/Cargo.toml` prints the tables of `docs/performance.md`. Each topic has a file:
//! [`gatherers`], [`full`] colonies, [`dispatch`] of an event, [`ticks`] with many mods, [`storage`], [`iteration`], a [`suite`], [`reload`], [`endurance`], [`wasm`]. Every figure is the median of rounds in
//! which all sides of a topic take turns, in processor time; that the work was really done is asserted for every side.
//! Names of topics as arguments leave out the others.

mod bevy;
mod colony;
mod dispatch;
mod endurance;
mod full;
mod gatherers;
mod iteration;
mod machine;
mod measure;
mod reload;
mod storage;
mod suite;
mod table;
mod ticks;
mod wasm;

use std::env;
use std::io::{self, Write};

use table::Section;

fn main() -> io::Result<()> {
    let asked: Vec<String> = env::args().skip(1).collect();
    let wanted = |topic: &str| asked.is_empty() || asked.iter().any(|name| name == topic);
    let mut peer = [wanted("ticks"), wanted("reload")]
        .contains(&true)
        .then(bevy::Peer::start)
        .transpose()?;
    let mut output = io::stdout().lock();
    writeln!(
        output,
        "Nanoseconds of processor time for each operation, medians of {} rounds in turns.",
        measure::ROUNDS
    )?;
    let mut print = |section: Section| write!(output, "\n{section}").and_then(|()| output.flush());
    if wanted("dispatch") {
        print(dispatch::measure())?;
    }
    if let Some(peer) = peer.as_mut().filter(|_| wanted("ticks")) {
        print(ticks::measure(peer))?;
    }
    if wanted("storage") {
        print(storage::measure())?;
    }
    if wanted("iteration") {
        print(iteration::measure())?;
    }
    if wanted("suite") {
        print(suite::measure()?)?;
    }
    if let Some(peer) = peer.as_mut().filter(|_| wanted("reload")) {
        for section in reload::measure(peer)? {
            print(section)?;
        }
    }
    if wanted("wasm") {
        let (memory, sections) = wasm::measure();
        for section in sections {
            write!(output, "\n{section}")?;
        }
        if let Some(memory) = memory {
            write!(output, "\n{memory}")?;
        }
    }
    if wanted("endurance")
        && let Some(endurance) = endurance::measure()
    {
        write!(output, "\n{endurance}")?;
    }
    if wanted("gatherers") {
        write!(output, "\n{}", gatherers::measure()?)?;
    }
    if wanted("colony") {
        write!(output, "\n{}", full::measure())?;
    }
    peer.map_or(Ok(()), bevy::Peer::end)
}
