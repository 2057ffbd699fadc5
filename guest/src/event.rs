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
}

impl<M: crate::Mod> crate::bindings::exports::colony::modding::on_mod_event::Guest
    for crate::Component<M>
{
    fn handle(handler: u32, event: ModEvent) {
        crate::instance::handle::<M>(handler, Event::Mod(event));
    }
}
