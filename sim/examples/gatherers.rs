use sim::*;
use std::collections::BTreeMap;
struct Lcg(u64);
impl Lcg { fn below(&mut self, n: u64) -> u64 { self.0 = self.0.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407); (self.0 >> 33) % n } }
fn table<T>(rows: impl IntoIterator<Item = (&'static str, T)>) -> BTreeMap<String, T> { rows.into_iter().map(|(i, d)| (i.to_owned(), d)).collect() }
fn main() {
    let work: u32 = std::env::args().nth(1).map_or(7, |w| w.parse().unwrap());
    for (n, ticks) in [(1_000u32, 400u32), (10_000, 200), (100_000, 40)] {
        let side = ((8 * n) as f64).sqrt() as u16;
        let need = NeedDefinition { decay: 1, seek_below: 0, critical_below: 0, damage: 0 };
        let job = |action, priority, work| JobDefinition { action, priority, work };
        let definitions = Definitions {
            terrain: table([("grass", TerrainDefinition { symbol: '.', walk_cost: Some(1) })]),
            items: BTreeMap::new(),
            needs: table([("food", need), ("rest", need)]),
            jobs: table([("haul", job(JobAction::Haul, None, 1)), ("eat", job(JobAction::Eat, Some(1), 1)), ("sleep", job(JobAction::Sleep, Some(1), 1)),
                ("gather", job(JobAction::Labour { yields: BTreeMap::new() }, Some(4), work))]),
        };
        let row = ".".repeat(side.into());
        let map = vec![row; side.into()].join("\n");
        let setup = Setup { seed: 42, map: MapSource::Ascii(map), colonists: 1, stock: BTreeMap::new() };
        let mut colony = Colony::new(&setup, definitions).unwrap();
        let mut rng = Lcg(42);
        let mut designate = |colony: &mut Colony| loop {
            let p = rng.below(u64::from(side) * u64::from(side));
            let at = Position::new((p % u64::from(side)) as u16, (p / u64::from(side)) as u16);
            if colony.apply(&Command::Designate { kind: "gather".into(), at }).is_ok() { return }
        };
        for _ in 0..2 * n { designate(&mut colony) }
        let mut rng2 = Lcg(43);
        for _ in 1..n { let (x, y) = (rng2.below(side.into()) as u16, rng2.below(side.into()) as u16); colony.apply(&Command::SpawnColonist { at: Position::new(x, y) }).unwrap(); }
        colony.take_events();
        let begin = std::time::Instant::now();
        let mut done = 0u64;
        let mut hashing = std::time::Duration::ZERO; let mut cmds = std::time::Duration::ZERO;
        for _ in 0..ticks {
            colony.begin_tick();
            colony.step();
            let t = std::time::Instant::now();
            let mut finished = 0;
            for event in colony.take_events() { if let Event::JobCompleted(job) = event { if job.kind == "gather" { finished += 1 } } }
            for _ in 0..finished { designate(&mut colony) }
            done += finished;
            cmds += t.elapsed();
            let t = std::time::Instant::now();
            std::hint::black_box(colony.hashes());
            hashing += t.elapsed();
        }
        let wall = begin.elapsed().as_secs_f64();
        let steps = f64::from(n) * f64::from(ticks);
        println!("{n} {ticks}: {:.2} M steps/s, {:.1} ns a step (hash {:.1}, commands {:.1}), {:.1} jobs per 1000", steps / wall / 1e6, wall / steps * 1e9, hashing.as_secs_f64() / steps * 1e9, cmds.as_secs_f64() / steps * 1e9, done as f64 / steps * 1e3);
    }
}
