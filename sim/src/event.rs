//! What the colony tells the outside. An event carries everything a listener may want, taken at the moment it
//! happened; it never refers back to the world.

use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

use crate::{Position, StableId};

/// Something that happened in the colony.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Event {
    /// A job appeared on the board.
    JobCreated(JobFacts),
    /// A colonist took a job.
    JobAssigned(JobFacts),
    /// A job was done; `colonist` is who did it.
    JobCompleted(JobFacts),
    /// A job could not be done and is gone.
    JobFailed {
        /// The job as it was.
        job: JobFacts,
        /// Why, for people to read.
        reason: String,
    },
    /// A job was withdrawn: by command, or because what it was about is gone.
    JobCancelled(JobFacts),
    /// A colonist is new in the colony.
    ColonistJoined {
        /// The newcomer.
        colonist: StableId,
        /// Its name.
        name: SmolStr,
        /// Where it stands.
        at: Position,
    },
    /// A colonist died.
    ColonistDied {
        /// Who is gone.
        colonist: StableId,
        /// Its name.
        name: SmolStr,
        /// Where it died.
        at: Position,
        /// `starvation`, `exhaustion`, `misery`, `accident` or what a command said.
        cause: String,
    },
    /// The health of a colonist has become so bad that it takes no work.
    ColonistCollapsed {
        /// Who.
        colonist: StableId,
        /// Its name.
        name: SmolStr,
        /// Where it lies.
        at: Position,
        /// What is left of its health, below [`COLLAPSE_BELOW`](crate::COLLAPSE_BELOW).
        health: u16,
    },
    /// A need fell below its critical level; told once each time it does.
    NeedCritical {
        /// Whose need.
        colonist: StableId,
        /// Its name.
        name: SmolStr,
        /// Id of the need.
        need: SmolStr,
        /// The level reached, 0 to [`NEED_MAX`](crate::NEED_MAX).
        level: u16,
    },
    /// A job brought forth items.
    ItemProduced {
        /// Id of the item.
        item: SmolStr,
        /// How many.
        count: u32,
        /// The tile they came from.
        at: Position,
        /// The job that produced them.
        job: StableId,
    },
    /// A stack is spoiled and gone.
    ItemSpoiled {
        /// Id of the item.
        item: SmolStr,
        /// How many.
        count: u32,
        /// Where they lay.
        at: Position,
    },
    /// A blueprint has become a building.
    BuildingCompleted {
        /// The building.
        building: StableId,
        /// Id of its definition.
        kind: SmolStr,
        /// Where it stands.
        at: Position,
    },
    /// A plot can be reaped.
    CropRipe {
        /// Id of the crop.
        crop: SmolStr,
        /// The plot.
        at: Position,
    },
    /// What grew or stood on a plot is gone.
    CropDied {
        /// Id of the crop.
        crop: SmolStr,
        /// The plot.
        at: Position,
        /// `frost` or `blight`.
        cause: String,
    },
    /// A day began, not told of the first.
    DayStarted {
        /// Which; the first of the colony is 1.
        day: u32,
        /// Id of the season, if there are any.
        season: Option<String>,
        /// In tenths of a degree Celsius, at midnight.
        temperature: i16,
    },
    /// Another season began, not told of the first.
    SeasonChanged {
        /// Id of the season; `None` where there are none any more.
        season: Option<String>,
        /// Id of the one before.
        previous: Option<String>,
    },
    /// Something befalls the colony.
    IncidentStarted {
        /// Id of the incident.
        incident: String,
        /// Ticks until it is over; 0 for one that happens at once and of which no end is told.
        lasts: u32,
    },
    /// Something is over that befell the colony.
    IncidentEnded {
        /// Id of the incident.
        incident: String,
    },
}

impl Event {
    /// The name listeners register for, such as `job_created`.
    pub fn name(&self) -> &'static str {
        match self {
            Self::JobCreated(_) => "job_created",
            Self::JobAssigned(_) => "job_assigned",
            Self::JobCompleted(_) => "job_completed",
            Self::JobFailed { .. } => "job_failed",
            Self::JobCancelled(_) => "job_cancelled",
            Self::ColonistJoined { .. } => "colonist_joined",
            Self::ColonistDied { .. } => "colonist_died",
            Self::ColonistCollapsed { .. } => "colonist_collapsed",
            Self::ItemSpoiled { .. } => "item_spoiled",
            Self::BuildingCompleted { .. } => "building_completed",
            Self::CropRipe { .. } => "crop_ripe",
            Self::CropDied { .. } => "crop_died",
            Self::NeedCritical { .. } => "need_critical",
            Self::ItemProduced { .. } => "item_produced",
            Self::DayStarted { .. } => "day_started",
            Self::SeasonChanged { .. } => "season_changed",
            Self::IncidentStarted { .. } => "incident_started",
            Self::IncidentEnded { .. } => "incident_ended",
        }
    }
}

/// A job as the outside sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct JobFacts {
    /// The job.
    pub id: StableId,
    /// Id of its definition.
    pub kind: SmolStr,
    /// 0 to [`PRIORITY_MAX`](crate::PRIORITY_MAX), higher first.
    pub priority: u8,
    /// The tile it is about: the stack to haul, the tile to work at, the food, the place to sleep, the patient.
    pub at: Position,
    /// Who has taken it, or for whom alone it waits (eating, sleeping and relaxing).
    pub colonist: Option<StableId>,
    /// Id of the item hauled, brought, eaten or used to treat somebody, where there is one.
    pub item: Option<SmolStr>,
}
