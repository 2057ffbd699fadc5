//! The gatherers in krABMaga, for comparison: each line of the input names a count and ticks, each line of the output answers with the
//! nanoseconds of processor time that the ticks took and the checksum of the model.

use std::any::Any;
use std::io::{self, BufRead, Write};

use cpu_time::ProcessTime;
use krabmaga::engine::agent::Agent;
use krabmaga::engine::schedule::Schedule;
use krabmaga::engine::state::State;

const NEED_FULL: i32 = 100;
const WORK_TICKS: u32 = 5;
/// How far somebody looks for a job.
const SEEN: i32 = 16;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Cell {
    Empty,
    Free,
    Taken,
}

/// The ground with its jobs.
struct Ground {
    count: u32,
    side: i32,
    cells: Vec<Cell>,
    random: u64,
}

impl Ground {
    fn below(&mut self, bound: u64) -> u64 {
        self.random = self
            .random
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.random >> 33) % bound
    }

    fn cell(&mut self, x: i32, y: i32) -> &mut Cell {
        &mut self.cells[(y * self.side + x) as usize]
    }

    fn place_job(&mut self) {
        loop {
            let place = self.below(self.cells.len() as u64) as usize;
            if self.cells[place] == Cell::Empty {
                self.cells[place] = Cell::Free;
                return;
            }
        }
    }

    fn take_nearest(&mut self, x: i32, y: i32) -> Option<(i32, i32)> {
        for ring in 0..=SEEN {
            for row in (y - ring).max(0)..=(y + ring).min(self.side - 1) {
                let is_whole = ring == 0 || (row - y).abs() == ring;
                let step = if is_whole { 1 } else { 2 * ring };
                for column in (x - ring..=x + ring).step_by(step as usize) {
                    if (0..self.side).contains(&column) {
                        let cell = self.cell(column, row);
                        if *cell == Cell::Free {
                            *cell = Cell::Taken;
                            return Some((column, row));
                        }
                    }
                }
            }
        }
        None
    }
}

impl State for Ground {
    fn init(&mut self, schedule: &mut Schedule) {
        for _ in 0..2 * self.count {
            self.place_job();
        }
        for number in 0..self.count {
            let side = self.side as u64;
            let x = self.below(side) as i32;
            let y = self.below(side) as i32;
            let gatherer = Gatherer {
                number,
                x,
                y,
                need: NEED_FULL,
                task: Task::Idle,
            };
            schedule.schedule_repeating(Box::new(gatherer), 0.0, number as i32);
        }
    }

    fn as_any_mut(&mut self) -> &mut dyn Any {
        self
    }

    fn as_any(&self) -> &dyn Any {
        self
    }

    fn as_state_mut(&mut self) -> &mut dyn State {
        self
    }

    fn as_state(&self) -> &dyn State {
        self
    }

    fn reset(&mut self) {}

    fn update(&mut self, _step: u64) {}
}

#[derive(Clone)]
enum Task {
    Idle,
    Walking { to: (i32, i32) },
    Working { at: (i32, i32), left: u32 },
}

#[derive(Clone)]
struct Gatherer {
    number: u32,
    x: i32,
    y: i32,
    need: i32,
    task: Task,
}

impl Agent for Gatherer {
    fn step(&mut self, state: &mut dyn State) {
        let ground = state.as_any_mut().downcast_mut::<Ground>();
        let ground = ground.expect("the state is the ground");
        self.need = (self.need - 1).max(0);
        match &mut self.task {
            Task::Idle => {
                if let Some(to) = ground.take_nearest(self.x, self.y) {
                    self.task = Task::Walking { to };
                }
            }
            Task::Walking { to } if (self.x, self.y) == *to => {
                let (at, left) = (*to, WORK_TICKS);
                self.task = Task::Working { at, left };
            }
            Task::Walking { to } => {
                self.x += (to.0 - self.x).signum();
                self.y += (to.1 - self.y).signum();
            }
            Task::Working { at, left } => {
                *left -= 1;
                if *left == 0 {
                    *ground.cell(at.0, at.1) = Cell::Empty;
                    ground.place_job();
                    self.need = NEED_FULL;
                    self.task = Task::Idle;
                }
            }
        }
    }
}

fn run(count: u32, ticks: u32) -> (u128, i64) {
    let side = (8 * u64::from(count)).isqrt() as i32;
    let mut ground = Ground {
        count,
        side,
        cells: vec![Cell::Empty; (side * side) as usize],
        random: 42,
    };
    let mut schedule = Schedule::new();
    ground.init(&mut schedule);
    let begin = ProcessTime::now();
    for _ in 0..ticks {
        schedule.step(&mut ground);
    }
    let took = begin.elapsed().as_nanos();
    let agents = schedule.get_all_events();
    let sum = agents.iter().filter_map(|agent| {
        let agent = agent.downcast_ref::<Gatherer>()?;
        let phase = match agent.task {
            Task::Idle => 0,
            Task::Walking { .. } => 1,
            Task::Working { .. } => 2,
        };
        let (x, y) = (i64::from(agent.x), i64::from(agent.y));
        let part = x * 31 + y * 17 + i64::from(agent.need) * 7 + phase;
        Some((i64::from(agent.number) % 97 + 1) * part)
    });
    (took, sum.sum())
}

fn main() -> io::Result<()> {
    let mut output = io::stdout().lock();
    for line in io::stdin().lock().lines() {
        let line = line?;
        let mut numbers = line.split_whitespace().map(str::parse::<u32>);
        let (Some(Ok(count)), Some(Ok(ticks))) = (numbers.next(), numbers.next()) else {
            return Err(io::Error::other(format!("no count and ticks: {line:?}")));
        };
        let (took, sum) = run(count, ticks);
        writeln!(output, "{took} {sum}")?;
        output.flush()?;
    }
    Ok(())
}
