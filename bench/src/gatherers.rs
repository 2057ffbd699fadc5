//! Gatherers: the same rules as content of this engine, in bare [`hecs`], in krABMaga and in Mesa. Each peer must come to the checksum of
//! the model before its time counts, and ours must finish as many jobs as they do.

mod ground;
mod hecs;
mod ours;
mod process;

use std::fmt;
use std::io;
use std::time::Duration;

use cpu_time::ProcessTime;

use process::Peer;

/// How often each side is measured, in turns.
const ROUNDS: usize = 5;

/// A colony and what becomes of it.
struct Size {
    count: u32,
    ticks: u32,
    checksum: i64,
    /// For Mesa, which would take minutes.
    short: (u32, i64),
}

const SIZES: [Size; 3] = [
    Size {
        count: 1_000,
        ticks: 400,
        checksum: 125_188_371,
        short: (400, 125_188_371),
    },
    Size {
        count: 10_000,
        ticks: 200,
        checksum: 3_460_112_856,
        short: (40, 3_562_255_653),
    },
    Size {
        count: 100_000,
        ticks: 40,
        checksum: 108_059_714_321,
        short: (10, 108_355_377_545),
    },
];

/// The figures of one size.
struct Row {
    count: u32,
    /// Nanoseconds for a gatherer's tick.
    ours: f64,
    hecs: f64,
    krabmaga: f64,
    /// `None` where it is not installed.
    mesa: Option<f64>,
    /// Jobs finished in 1,000 ticks of a gatherer.
    jobs: f64,
    jobs_of_model: f64,
}

/// All sizes.
pub(crate) struct Table(Vec<Row>);

/// Measures all sides at all sizes.
///
/// # Errors
/// If a peer cannot be built, started or understood.
pub(crate) fn measure() -> io::Result<Table> {
    let mut krabmaga = process::krabmaga()?;
    let mut mesa = process::mesa()?;
    let rows = SIZES.iter().map(|size| {
        let (mut ours, mut hecs, mut theirs, mut python) = (vec![], vec![], vec![], vec![]);
        let (mut jobs, mut jobs_of_model) = (0, 0);
        for _ in 0..ROUNDS {
            let (took, done) = run_ours(size);
            ours.push(took);
            jobs = done;
            let (took, done) = run_hecs(size);
            hecs.push(took);
            jobs_of_model = done;
            theirs.push(run_peer(
                &mut krabmaga,
                size.count,
                (size.ticks, size.checksum),
            )?);
            if let Some(mesa) = &mut mesa {
                python.push(run_peer(mesa, size.count, size.short)?);
            }
        }
        let steps = f64::from(size.count) * f64::from(size.ticks);
        let steps_of_mesa = f64::from(size.count) * f64::from(size.short.0);
        Ok(Row {
            count: size.count,
            ours: median(ours) / steps,
            hecs: median(hecs) / steps,
            krabmaga: median(theirs) / steps,
            mesa: mesa.is_some().then(|| median(python) / steps_of_mesa),
            jobs: jobs as f64 / steps * 1e3,
            jobs_of_model: jobs_of_model as f64 / steps * 1e3,
        })
    });
    let table = rows.collect::<io::Result<_>>().map(Table)?;
    krabmaga.end()?;
    mesa.map_or(Ok(()), Peer::end)?;
    Ok(table)
}

fn run_ours(size: &Size) -> (Duration, u64) {
    let mut gatherers = ours::Gatherers::new(size.count);
    let begin = ProcessTime::now();
    for _ in 0..size.ticks {
        gatherers.tick();
    }
    let took = begin.elapsed();
    assert_ne!(gatherers.hash, 0, "every tick was hashed");
    (took, gatherers.done)
}

fn run_hecs(size: &Size) -> (Duration, u64) {
    let mut colony = hecs::Colony::new(size.count);
    let begin = ProcessTime::now();
    for _ in 0..size.ticks {
        colony.tick();
    }
    let took = begin.elapsed();
    assert_eq!(colony.checksum(), size.checksum, "hecs, {}", size.count);
    (took, colony.done)
}

fn run_peer(peer: &mut Peer, count: u32, (ticks, checksum): (u32, i64)) -> io::Result<Duration> {
    let (took, found) = peer.run(count, ticks)?;
    assert_eq!(found, checksum, "a peer, {count} in {ticks} ticks");
    Ok(took)
}

fn median(mut times: Vec<Duration>) -> f64 {
    times.sort();
    times[times.len() / 2].as_nanos() as f64
}

impl fmt::Display for Table {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(formatter, "## Gatherers\n")?;
        writeln!(
            formatter,
            "| gatherers | ours, ns | ours, M/s | of bare hecs | of krABMaga | of Mesa | jobs per 1,000 | of the model's |"
        )?;
        writeln!(formatter, "|---:|---:|---:|---:|---:|---:|---:|---:|")?;
        for row in &self.0 {
            let ours = row.ours;
            let beside = |theirs: f64| format!("{:.2} ({:.2} M/s)", theirs / ours, 1e3 / theirs);
            let mesa = row.mesa.map_or("not installed".to_owned(), beside);
            writeln!(
                formatter,
                "| {} | {ours:.0} | {:.2} | {} | {} | {mesa} | {:.1} | {:.3} |",
                row.count,
                1e3 / ours,
                beside(row.hecs),
                beside(row.krabmaga),
                row.jobs,
                row.jobs / row.jobs_of_model,
            )?;
        }
        Ok(())
    }
}
