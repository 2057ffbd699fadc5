//! What happens in a colony.

use crate::bindings::colony::modding::types;

/// A record of colony.wit that tells of one kind of event.
pub trait ColonyEvent: Sized {
    /// The event's name, as in `docs/api.md`.
    const NAME: &'static str;

    /// The record, if it is this one.
    fn of(event: &Event) -> Option<&Self>;
}

macro_rules! events {
    ($($interface:ident $variant:ident $record:ident $name:literal,)*) => {
        pub use types::{$($record,)* ModEvent};

        /// Any event.
        #[derive(Clone, Debug, PartialEq)]
        #[non_exhaustive]
        pub enum Event {
            $(#[doc = concat!("`", $name, "`")] $variant($record),)*
            /// An event of a mod, this one or another.
            Mod(ModEvent),
        }

        $(
            impl ColonyEvent for $record {
                const NAME: &'static str = $name;

                fn of(event: &Event) -> Option<&$record> {
                    match event {
                        Event::$variant(record) => Some(record),
                        _ => None,
                    }
                }
            }

            impl<M: crate::Mod> crate::bindings::exports::colony::modding::$interface::Guest
                for crate::Component<M>
            {
                fn handle(handler: u32, event: $record) {
                    crate::instance::handle::<M>(handler, Event::$variant(event));
                }
            }
        )*
    };
}

events! {
    on_simulation_start SimulationStart SimulationStartEvent "simulation_start",
    on_tick_start TickStart TickStartEvent "tick_start",
    on_tick_end TickEnd TickEndEvent "tick_end",
    on_mod_loaded ModLoaded ModLoadedEvent "mod_loaded",
    on_mod_unloaded ModUnloaded ModUnloadedEvent "mod_unloaded",
    on_config_changed ConfigChanged ConfigChangedEvent "config_changed",
    on_job_created JobCreated JobCreatedEvent "job_created",
    on_job_assigned JobAssigned JobAssignedEvent "job_assigned",
    on_job_completed JobCompleted JobCompletedEvent "job_completed",
    on_job_failed JobFailed JobFailedEvent "job_failed",
    on_job_cancelled JobCancelled JobCancelledEvent "job_cancelled",
    on_colonist_joined ColonistJoined ColonistJoinedEvent "colonist_joined",
    on_colonist_died ColonistDied ColonistDiedEvent "colonist_died",
    on_colonist_collapsed ColonistCollapsed ColonistCollapsedEvent "colonist_collapsed",
    on_need_critical NeedCritical NeedCriticalEvent "need_critical",
    on_item_produced ItemProduced ItemProducedEvent "item_produced",
    on_item_spoiled ItemSpoiled ItemSpoiledEvent "item_spoiled",
    on_building_completed BuildingCompleted BuildingCompletedEvent "building_completed",
    on_crop_ripe CropRipe CropRipeEvent "crop_ripe",
    on_crop_died CropDied CropDiedEvent "crop_died",
    on_day_started DayStarted DayStartedEvent "day_started",
    on_season_changed SeasonChanged SeasonChangedEvent "season_changed",
    on_incident_started IncidentStarted IncidentStartedEvent "incident_started",
    on_incident_ended IncidentEnded IncidentEndedEvent "incident_ended",
    on_job_created_batch JobCreatedBatch JobCreatedBatchEvent "job_created_batch",
    on_job_assigned_batch JobAssignedBatch JobAssignedBatchEvent "job_assigned_batch",
    on_job_completed_batch JobCompletedBatch JobCompletedBatchEvent "job_completed_batch",
    on_job_failed_batch JobFailedBatch JobFailedBatchEvent "job_failed_batch",
    on_job_cancelled_batch JobCancelledBatch JobCancelledBatchEvent "job_cancelled_batch",
    on_colonist_joined_batch ColonistJoinedBatch ColonistJoinedBatchEvent "colonist_joined_batch",
    on_colonist_died_batch ColonistDiedBatch ColonistDiedBatchEvent "colonist_died_batch",
    on_colonist_collapsed_batch ColonistCollapsedBatch ColonistCollapsedBatchEvent "colonist_collapsed_batch",
    on_need_critical_batch NeedCriticalBatch NeedCriticalBatchEvent "need_critical_batch",
    on_item_produced_batch ItemProducedBatch ItemProducedBatchEvent "item_produced_batch",
    on_item_spoiled_batch ItemSpoiledBatch ItemSpoiledBatchEvent "item_spoiled_batch",
    on_building_completed_batch BuildingCompletedBatch BuildingCompletedBatchEvent "building_completed_batch",
    on_crop_ripe_batch CropRipeBatch CropRipeBatchEvent "crop_ripe_batch",
    on_crop_died_batch CropDiedBatch CropDiedBatchEvent "crop_died_batch",
}

/// A job of an event that tells of all jobs of a tick at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct JobOfBatch<'a> {
    /// As in [`Job`](crate::Job).
    pub id: i64,
    /// As in [`Job`](crate::Job).
    pub kind: &'a str,
    /// As in [`Job`](crate::Job).
    pub priority: i64,
    /// As in [`Job`](crate::Job).
    pub x: i64,
    /// As in [`Job`](crate::Job).
    pub y: i64,
    /// As in [`Job`](crate::Job).
    pub colonist: Option<i64>,
    /// As in [`Job`](crate::Job).
    pub item: Option<&'a str>,
}

/// The text at a position of a batch's list of texts; none for the empty one, which stands for nothing.
fn text_at(texts: &[String], position: u32) -> Option<&str> {
    let text = texts.get(usize::try_from(position).ok()?)?;
    (!text.is_empty()).then_some(text)
}

macro_rules! batches {
    ($($record:ident)*) => {
        $(impl $record {
            /// The text at a position, which is what the lists of texts hold; none where an event carries nothing.
            pub fn text(&self, position: u32) -> Option<&str> {
                text_at(&self.texts, position)
            }
        })*
    };
}

batches! {
    JobCreatedBatchEvent JobAssignedBatchEvent JobCompletedBatchEvent JobFailedBatchEvent JobCancelledBatchEvent ColonistJoinedBatchEvent
    ColonistDiedBatchEvent ColonistCollapsedBatchEvent NeedCriticalBatchEvent ItemProducedBatchEvent ItemSpoiledBatchEvent
    BuildingCompletedBatchEvent CropRipeBatchEvent CropDiedBatchEvent
}

macro_rules! batches_of_jobs {
    ($($record:ident)*) => {
        $(impl $record {
            /// The jobs one by one, in the order in which it happened.
            pub fn jobs(&self) -> impl Iterator<Item = JobOfBatch<'_>> {
                jobs_of(&self.job, &self.texts)
            }
        })*
    };
}

batches_of_jobs! {
    JobCreatedBatchEvent JobAssignedBatchEvent JobCompletedBatchEvent JobFailedBatchEvent JobCancelledBatchEvent
}

fn jobs_of<'a>(jobs: &'a types::Jobs, texts: &'a [String]) -> impl Iterator<Item = JobOfBatch<'a>> {
    let numbers = jobs.id.iter().zip(&jobs.priority).zip(&jobs.x).zip(&jobs.y);
    let others = jobs.kind.iter().zip(&jobs.colonist).zip(&jobs.item);
    numbers.zip(others).map(
        |((((id, priority), x), y), ((kind, colonist), item))| JobOfBatch {
            id: *id,
            kind: text_at(texts, *kind).unwrap_or_default(),
            priority: *priority,
            x: *x,
            y: *y,
            colonist: (*colonist != 0).then_some(*colonist),
            item: text_at(texts, *item),
        },
    )
}

impl<M: crate::Mod> crate::bindings::exports::colony::modding::on_mod_event::Guest
    for crate::Component<M>
{
    fn handle(handler: u32, event: ModEvent) {
        crate::instance::handle::<M>(handler, Event::Mod(event));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_jobs_of_a_batch_have_their_texts() {
        let batch = JobCreatedBatchEvent {
            tick: 3,
            size: 2,
            texts: vec![String::new(), "haul".to_owned(), "wood".to_owned()],
            job: types::Jobs {
                id: vec![7, 9],
                kind: vec![1, 1],
                priority: vec![4, 8],
                x: vec![1, 2],
                y: vec![3, 5],
                colonist: vec![0, 6],
                item: vec![2, 0],
            },
        };
        let job = |id, priority, x, y, colonist, item| JobOfBatch {
            id,
            kind: "haul",
            priority,
            x,
            y,
            colonist,
            item,
        };
        let expected = [
            job(7, 4, 1, 3, None, Some("wood")),
            job(9, 8, 2, 5, Some(6), None),
        ];
        assert_eq!(batch.jobs().collect::<Vec<_>>(), expected);
        assert_eq!(batch.text(2), Some("wood"));
        assert_eq!((batch.text(0), batch.text(3)), (None, None));
    }
}
