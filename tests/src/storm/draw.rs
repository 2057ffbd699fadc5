//! The storm's random numbers: the same for the same seed and stream, wherever they are drawn.

/// A stream of random numbers.
#[derive(Clone, Debug)]
pub(super) struct Draw {
    seed: u64,
    stream: u64,
    drawn: u64,
}

impl Draw {
    /// The stream of that number. Each step of a storm has its own, so that what one draws does not shift the next.
    pub(super) fn new(seed: u64, stream: u64) -> Draw {
        Draw {
            seed,
            stream,
            drawn: 0,
        }
    }

    /// A number from 0 to `bound` - 1; 0 where `bound` is 0.
    pub(super) fn below(&mut self, bound: usize) -> usize {
        self.drawn += 1;
        let random = sim::random_u64(self.seed, self.stream, 0, 0, self.drawn);
        usize::try_from(random % (bound.max(1) as u64))
            .expect("a remainder is smaller than its divisor, which was a usize")
    }

    /// True in `percent` of 100 cases.
    pub(super) fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    /// One of them.
    ///
    /// # Panics
    /// Where there is none.
    pub(super) fn pick<'a, T>(&mut self, choices: &'a [T]) -> &'a T {
        &choices[self.below(choices.len())]
    }
}
