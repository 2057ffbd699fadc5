//! Work that was designated: a harvested tile of one terrain becomes another, labour leaves the tile as it is; both may bring items.

use crate::definitions::Outcome;
use crate::{Colony, StableId};

/// One tick at the tile.
pub(crate) fn work(colony: &mut Colony, colonist: StableId, job: StableId) {
    let Some((kind, at)) = colony.entities.job(job).map(|job| (job.kind, job.at)) else {
        return;
    };
    let Some(work) = colony.rules.kind(kind).map(|kind| kind.work) else {
        return;
    };
    if !colony.work_one_tick(colonist, work) {
        return;
    }
    let rule = colony.rules.kind(kind);
    let Some(Outcome { leaves, yields }) = rule.and_then(|rule| rule.outcome.clone()) else {
        return;
    };
    let loads = yields
        .iter()
        .map(|(item, count)| colony.load_of(*item, *count))
        .collect();
    // Planned before anything changes: a full map fails the job and leaves the tile as it is.
    let Some(placements) = colony.plan_placements(loads, at) else {
        colony.fail_job(job, "there is no room for what it yields");
        return;
    };
    if let Some(leaves) = leaves {
        colony.set_terrain(at, &leaves);
    }
    colony.place(placements);
    for (item, count) in yields {
        colony.tell_produced(item, count, at, job);
    }
    colony.complete_job(job);
}
