//! One tick: the systems, in order. There is no other place that runs them.

use crate::{Colony, assignment, environment, haul, needs, work};

impl Colony {
    /// Runs the systems of the tick that was begun.
    pub fn step(&mut self) {
        environment::run(self);
        needs::decay(self);
        needs::look_after(self);
        haul::post_jobs(self);
        assignment::run(self);
        work::run(self);
    }
}
