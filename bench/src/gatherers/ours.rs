//! The gatherers as content of this engine, through its front door: a kind of labour, designated anew elsewhere when it is done.

use std::collections::BTreeMap;

use sim::{
    Colony, Command, Definitions, Event, JobAction, JobDefinition, MapSource, NeedDefinition,
    Position, Setup, TerrainDefinition,
};

use super::ground::{self, Draws, WORK_TICKS};

/// The kind of job.
const GATHER: &str = "gather";
/// In the model somebody takes a job in one tick, and in another notices to have arrived; ours do neither, so both are work.
const TICKS: u32 = WORK_TICKS + 2;

/// A colony of so many gatherers.
pub(super) struct Gatherers {
    pub(super) colony: Colony,
    side: u16,
    draws: Draws,
    /// Of a job, at the cell drawn last.
    order: Command,
    /// Jobs that were finished.
    pub(super) done: u64,
    /// The last hash of all.
    pub(super) hash: u128,
}

impl Gatherers {
    pub(super) fn new(count: u32) -> Gatherers {
        let side = ground::side(count);
        let map = vec![".".repeat(usize::from(side)); usize::from(side)].join("\n");
        let setup = Setup {
            seed: 42,
            map: MapSource::Ascii(map),
            colonists: 1,
            stock: BTreeMap::new(),
        };
        let colony = Colony::new(&setup, definitions()).expect("the definitions are valid");
        let mut gatherers = Gatherers {
            colony,
            side,
            draws: Draws::new(),
            order: Command::Designate {
                kind: GATHER.to_owned(),
                at: Position::new(0, 0),
            },
            done: 0,
            hash: 0,
        };
        for _ in 0..ground::jobs(count) {
            gatherers.place_job();
        }
        for _ in 1..count {
            let mut draw = || gatherers.draws.below(u64::from(side)) as u16;
            let at = Position::new(draw(), draw());
            let joined = gatherers.colony.apply(&Command::SpawnColonist { at });
            joined.expect("all ground can be walked on");
        }
        gatherers.colony.take_events();
        gatherers
    }

    /// A tick as a host makes it: the events are read, the state is hashed.
    pub(super) fn tick(&mut self) {
        self.colony.begin_tick();
        self.colony.step();
        let events = self.colony.take_events();
        let done = events
            .iter()
            .filter(|event| matches!(event, Event::JobCompleted(job) if job.kind == GATHER))
            .count();
        for _ in 0..done {
            self.place_job();
        }
        self.done += done as u64;
        self.hash = sim::chain_hash(self.hash, &self.colony.hashes());
    }

    fn place_job(&mut self) {
        let side = u64::from(self.side);
        loop {
            let place = self.draws.below(side * side);
            if let Command::Designate { at, .. } = &mut self.order {
                *at = Position::new((place % side) as u16, (place / side) as u16);
            }
            // A cell that has a job is refused, as in the model.
            if self.colony.apply(&self.order).is_ok() {
                return;
            }
        }
    }
}

/// Ground, needs that fall and are never sought, and the work.
fn definitions() -> Definitions {
    let need = NeedDefinition {
        decay: 1,
        seek_below: 0,
        critical_below: 0,
        damage: 0,
        mood: 0,
    };
    let job = |action, priority, work| JobDefinition {
        action,
        priority,
        work,
        skill: None,
    };
    let yields = BTreeMap::new();
    let grass = TerrainDefinition {
        symbol: '.',
        walk_cost: Some(1),
        fertility: 0,
    };
    Definitions {
        terrain: table([("grass", grass)]),
        needs: table([("food", need.clone()), ("rest", need)]),
        jobs: table([
            ("haul", job(JobAction::Haul, None, 1)),
            ("eat", job(JobAction::Eat, Some(1), 1)),
            ("sleep", job(JobAction::Sleep, Some(1), 1)),
            (GATHER, job(JobAction::Labour { yields }, Some(4), TICKS)),
        ]),
        ..Definitions::default()
    }
}

fn table<T, const N: usize>(rows: [(&str, T); N]) -> BTreeMap<String, T> {
    rows.map(|(id, definition)| (id.to_owned(), definition))
        .into()
}
