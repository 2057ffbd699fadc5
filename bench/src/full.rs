//! Ticks of colonies with all the content of the mod `base`: of `sim` alone, and with the scripts of the mod; copies and saves of the same.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::fs;
use std::hint::black_box;
use std::path::Path;
use std::time::{Duration, Instant};

use cpu_time::ProcessTime;
use modding::bundle::Bundle;
use modding::host::Host;

const BASE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../mods/base");
/// Colonists of each colony.
const COUNTS: [u32; 4] = [100, 1_000, 10_000, 100_000];
/// Ticks in which a colony finds its way into its work.
const WARM_UP: u64 = 60;
/// Ticks that are measured. The same for all: later there is less to do, and sooner where ways are short.
const TICKS: u64 = 100;
/// Colonists that are measured at least: the small colonies are several, each of a seed of its own.
const COLONISTS_MIN: u32 = 5_000;
/// Tiles of the side of a square that has a stockpile.
const BLOCK_SIDE: usize = 26;
/// Tiles of the side of a stockpile.
const STOCKPILE_SIDE: u16 = 14;
/// Meals in each.
const MEALS: u32 = 200;
/// How often a copy or save is made.
const ROUNDS: usize = 5;
/// Turns of one thread and of two, and the ticks of each: whoever has been given a colony has to read it first.
const TURNS: usize = 7;
const TURN_TICKS: usize = 10;

/// The figures of one colony.
struct Row {
    count: u32,
    side: u16,
    /// Nanoseconds for a colonist's tick.
    whole: f64,
    /// Of `whole`, the share of events and hash.
    told: f64,
    with_scripts: f64,
    fork: Duration,
    /// Nanoseconds for a colonist's tick in the first tick of a fork beside its original.
    forked: f64,
    /// Wall time of a tick on one thread, of that on two.
    speedup: f64,
    save: Duration,
    restore: Duration,
    bytes: usize,
}

/// All colonies.
pub(crate) struct Table(Vec<Row>);

/// Measures them.
pub(crate) fn measure() -> Table {
    Table(COUNTS.into_iter().map(row).collect())
}

fn row(count: u32) -> Row {
    let side = side(count);
    let colonies = COLONISTS_MIN.div_ceil(count);
    let (mut whole, mut told, mut with_scripts) = (Duration::ZERO, Duration::ZERO, Duration::ZERO);
    let mut last = None;
    for seed in 1..=u64::from(colonies) {
        let mut host = start(side, seed);
        let definitions = host.colony().definitions().clone();
        let mut colony = sim::Colony::new(&setup(side, seed), definitions)
            .expect("what the host starts with is valid");
        let commands = populate(&mut colony, count, side);
        host.tick(&commands);
        for _ in 0..WARM_UP {
            tick(&mut colony);
            host.tick(&[]);
        }
        for _ in 0..TICKS {
            let (took, telling) = tick(&mut colony);
            whole += took;
            told += telling;
        }
        let begin = ProcessTime::now();
        for _ in 0..TICKS {
            host.tick(&[]);
        }
        with_scripts += begin.elapsed();
        last = Some(colony);
    }
    let colony = last.expect("there is at least one colony");
    let steps = f64::from(colonies) * TICKS as f64 * f64::from(count);
    let bytes = colony.save();
    let definitions = colony.definitions();
    Row {
        count,
        side,
        whole: whole.as_nanos() as f64 / steps,
        told: told.as_secs_f64() / whole.as_secs_f64(),
        with_scripts: with_scripts.as_nanos() as f64 / steps,
        fork: median(|| colony.fork()),
        forked: first_tick_of_fork(&colony).as_nanos() as f64 / f64::from(count),
        speedup: speedup(&colony),
        save: median(|| colony.save()),
        restore: median(|| {
            sim::Colony::restore(&bytes, definitions.clone()).expect("a save can be restored")
        }),
        bytes: bytes.len(),
    }
}

fn first_tick_of_fork(colony: &sim::Colony) -> Duration {
    let times = (0..ROUNDS).map(|_| tick(&mut colony.fork()).0);
    let mut times: Vec<Duration> = times.collect();
    times.sort();
    times[ROUNDS / 2]
}

/// How much sooner a tick is over on two threads than on one.
fn speedup(colony: &sim::Colony) -> f64 {
    let mut sides = [1, 2].map(|threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
        let pool = pool.expect("threads can be started");
        (pool, colony.fork(), Vec::with_capacity(TURNS))
    });
    for _ in 0..TURNS {
        let hashes = sides.each_mut().map(|(pool, colony, times)| {
            let begin = Instant::now();
            let hashes = pool.install(|| {
                for _ in 0..TURN_TICKS {
                    tick(colony);
                }
                colony.hashes()
            });
            times.push(begin.elapsed());
            hashes
        });
        assert_eq!(hashes[0], hashes[1], "threads do not change what happens");
    }
    let [one, two] = sides.map(|(_, _, mut times)| {
        times.sort();
        times[TURNS / 2].as_secs_f64()
    });
    one / two
}

/// As many tiles for each colonist in every colony: the largest map for the largest.
fn side(count: u32) -> u16 {
    let side = (u64::from(count) * 1024 * 1024 / 100_000).isqrt();
    u16::try_from(side).map_or(1024, |side| side.clamp(32, 1024))
}

fn setup(side: u16, seed: u64) -> sim::Setup {
    sim::Setup {
        seed,
        map: sim::MapSource::Generated {
            width: side,
            height: side,
        },
        colonists: 1,
        stock: BTreeMap::new(),
    }
}

fn start(side: u16, seed: u64) -> Host {
    let mut files = Vec::new();
    read_folder(Path::new(BASE), "", &mut files);
    let base = Bundle::new("base", files).expect("good paths");
    let (host, left_out) = Host::start(&setup(side, seed), vec![base], BTreeSet::new())
        .expect("the mod base is valid");
    assert!(left_out.is_empty(), "base does not run: {left_out:?}");
    host
}

fn read_folder(folder: &Path, prefix: &str, files: &mut Vec<(String, Vec<u8>)>) {
    let entries = fs::read_dir(folder).expect("the mod base lies beside this workspace");
    for entry in entries {
        let entry = entry.expect("its folder can be read");
        let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
        if entry.path().is_dir() {
            read_folder(&entry.path(), &format!("{name}/"), files);
        } else {
            files.push((name, fs::read(entry.path()).expect("a file")));
        }
    }
}

/// Spreads stockpiles with meals and colonists over the map, and orders every tree and rock. Returns the commands that were accepted.
fn populate(colony: &mut sim::Colony, count: u32, side: u16) -> Vec<sim::Command> {
    let mut accepted = Vec::new();
    let mut give = |command: sim::Command| {
        let is_accepted = colony.apply(&command).is_ok();
        if is_accepted {
            accepted.push(command);
        }
        is_accepted
    };
    let corners = (0..side).step_by(BLOCK_SIDE);
    for at in corners
        .clone()
        .flat_map(|y| corners.clone().map(move |x| (x, y)))
    {
        let at = sim::Position::new(at.0, at.1);
        give(sim::Command::AddStockpile {
            at,
            width: STOCKPILE_SIDE,
            height: STOCKPILE_SIDE,
            filter: None,
        });
        let (item, count) = ("meal".to_owned(), MEALS);
        give(sim::Command::SpawnItem { item, count, at });
    }
    let mut places = (0_u64..).map(|number| {
        // A stride without a pattern on the map.
        let place = number * 2_654_435_761 % (u64::from(side) * u64::from(side));
        sim::Position::new(
            (place % u64::from(side)) as u16,
            (place / u64::from(side)) as u16,
        )
    });
    let mut missing = count - 1;
    while missing > 0 {
        let at = places.next().expect("it goes on for ever");
        missing -= u32::from(give(sim::Command::SpawnColonist { at }));
    }
    for (x, y) in (0..side).flat_map(|y| (0..side).map(move |x| (x, y))) {
        for kind in ["chop", "mine"] {
            let (kind, at) = (kind.to_owned(), sim::Position::new(x, y));
            // Refused where there is neither.
            give(sim::Command::Designate { kind, at });
        }
    }
    colony.take_events();
    accepted
}

/// A tick, and of its time what events and hash took.
fn tick(colony: &mut sim::Colony) -> (Duration, Duration) {
    let begin = ProcessTime::now();
    colony.begin_tick();
    colony.step();
    let stepped = begin.elapsed();
    black_box(colony.take_events());
    black_box(colony.hashes());
    let whole = begin.elapsed();
    (whole, whole - stepped)
}

/// What it takes to make something, without what it takes to drop it.
fn median<T>(mut make: impl FnMut() -> T) -> Duration {
    let mut times: Vec<Duration> = (0..ROUNDS)
        .map(|_| {
            let begin = ProcessTime::now();
            let made = make();
            let took = begin.elapsed();
            drop(black_box(made));
            took
        })
        .collect();
    times.sort();
    times[ROUNDS / 2]
}

impl fmt::Display for Table {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(formatter, "## A whole colony\n")?;
        writeln!(
            formatter,
            "| colonists | map | a colonist's tick, ns | of the smallest's | events and hash | with the foreman, ns | two threads | fork, ms | first tick of a fork, ns | save, MB/s | load, MB/s | save, MB |"
        )?;
        writeln!(
            formatter,
            "|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|"
        )?;
        let first = self.0.first().map_or(1.0, |row| row.whole);
        for row in &self.0 {
            let megabytes = row.bytes as f64 / 1e6;
            writeln!(
                formatter,
                "| {} | {}² | {:.0} | {:.2} | {:.0} % | {:.0} | {:.2} | {:.2} | {:.0} | {:.0} | {:.0} | {megabytes:.2} |",
                row.count,
                row.side,
                row.whole,
                row.whole / first,
                row.told * 100.0,
                row.with_scripts,
                row.speedup,
                row.fork.as_secs_f64() * 1e3,
                row.forked,
                megabytes / row.save.as_secs_f64(),
                megabytes / row.restore.as_secs_f64(),
            )?;
        }
        Ok(())
    }
}
