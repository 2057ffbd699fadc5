//! The ground of the peers: cells with jobs, drawn by the generator that all of them share.

/// Cells for each gatherer.
const CELLS: u64 = 8;
/// Jobs for each gatherer.
const JOBS: u32 = 2;
/// How far somebody looks for a job, in cells of the larger of both directions.
const SEEN: i32 = 16;
/// A need that is met.
pub(super) const NEED_FULL: i32 = 100;
/// Ticks of work at a job.
pub(super) const WORK_TICKS: u32 = 5;

/// The linear congruential generator of the model.
pub(super) struct Draws(u64);

impl Draws {
    pub(super) fn new() -> Draws {
        Draws(42)
    }

    pub(super) fn below(&mut self, bound: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % bound
    }
}

/// Cells of a side of the square for so many gatherers.
pub(super) fn side(count: u32) -> u16 {
    let side = (CELLS * u64::from(count)).isqrt();
    u16::try_from(side).expect("a side fits")
}

/// How many jobs there are for so many gatherers.
pub(super) fn jobs(count: u32) -> u32 {
    JOBS * count
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Cell {
    Empty,
    Free,
    Taken,
}

/// The cells.
pub(super) struct Ground {
    side: i32,
    cells: Vec<Cell>,
    draws: Draws,
}

impl Ground {
    pub(super) fn new(count: u32) -> Ground {
        let side = i32::from(side(count));
        let mut ground = Ground {
            side,
            cells: vec![Cell::Empty; (side * side) as usize],
            draws: Draws::new(),
        };
        for _ in 0..jobs(count) {
            ground.place_job();
        }
        ground
    }

    /// A place for somebody.
    pub(super) fn anywhere(&mut self) -> (i32, i32) {
        let side = self.side as u64;
        let x = self.draws.below(side) as i32;
        (x, self.draws.below(side) as i32)
    }

    /// Takes the nearest free job, ring by ring, each in reading order.
    pub(super) fn take_nearest(&mut self, x: i32, y: i32) -> Option<(i32, i32)> {
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

    /// Moves a job that is done to an empty cell.
    pub(super) fn finish(&mut self, (x, y): (i32, i32)) {
        *self.cell(x, y) = Cell::Empty;
        self.place_job();
    }

    fn cell(&mut self, x: i32, y: i32) -> &mut Cell {
        &mut self.cells[(y * self.side + x) as usize]
    }

    fn place_job(&mut self) {
        loop {
            let place = self.draws.below(self.cells.len() as u64) as usize;
            if self.cells[place] == Cell::Empty {
                self.cells[place] = Cell::Free;
                return;
            }
        }
    }
}
