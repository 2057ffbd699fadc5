//! One tick: the systems, in order. There is no other place that runs them.

use crate::{
    Colony, assignment, environment, farming, haul, health, needs, spoilage, supply, work,
};

impl Colony {
    /// Runs the systems of the tick that was begun.
    pub fn step(&mut self) {
        environment::run(self);
        farming::run(self);
        spoilage::run(self);
        let needs::Survey { wanting, wounded } = needs::decay(self);
        needs::look_after(self, wanting);
        health::post_jobs(self, wounded);
        haul::post_jobs(self);
        supply::post_jobs(self);
        assignment::run(self);
        work::run(self);
    }
}
