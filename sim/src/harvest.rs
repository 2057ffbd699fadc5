//! Harvesting: a tile of one terrain becomes another and leaves items behind. Chopping and mining are that.

use crate::items::Load;
use crate::{Colony, Event, JobAction, StableId};

/// One tick beside the tile.
pub(crate) fn work(colony: &mut Colony, colonist: StableId, job: StableId) {
    let Some((kind, at)) = colony
        .entities
        .job(job)
        .map(|job| (job.kind.clone(), job.at))
    else {
        return;
    };
    let Some(definition) = colony.definitions.jobs.get(&kind).cloned() else {
        return;
    };
    if !colony.work_one_tick(colonist, definition.work) {
        return;
    }
    let JobAction::Harvest { leaves, yields, .. } = definition.action else {
        return;
    };
    let loads = yields
        .iter()
        .map(|(item, count)| Load {
            item: item.clone(),
            count: *count,
        })
        .collect();
    // Planned before anything changes: a full map fails the job and leaves the tile as it is.
    let Some(placements) = colony.plan_placements(loads, at) else {
        colony.fail_job(job, "there is no room for what it yields");
        return;
    };
    colony.set_terrain(at, &leaves);
    colony.place(placements);
    for (item, count) in yields {
        colony.events.push(Event::ItemProduced {
            item,
            count,
            at,
            job,
        });
    }
    colony.complete_job(job);
}
