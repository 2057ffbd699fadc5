//! Mods of colony-sim in Rust: a state that survives reloads and saves, handlers of events, timers, migrations, functions for other
//! mods.
//!
//! This mod counts jobs by their kind:
//!
//! ```no_run
//! use std::collections::BTreeMap;
//!
//! use colony_guest::{JobCompletedEvent, Mod, Result, Setup, log};
//! use serde::{Deserialize, Serialize};
//!
//! #[derive(Default, Serialize, Deserialize)]
//! struct Tally {
//!     by_kind: BTreeMap<String, u32>,
//! }
//!
//! impl Mod for Tally {
//!     fn load(setup: &mut Setup<Tally>) -> Result {
//!         setup.on(|state, event: &JobCompletedEvent| {
//!             *state.by_kind.entry(event.job.kind.clone()).or_default() += 1;
//!             Ok(())
//!         })?;
//!         setup.every("report", 100, |state, timer| {
//!             log::info(&format!("tick {}: {:?}", timer.tick, state.by_kind))?;
//!             Ok(())
//!         })
//!     }
//! }
//!
//! colony_guest::export!(Tally);
//! ```
//!
//! `docs/writing-wasm-mods.md` goes from nothing to a running mod. What the colony offers is in the modules here, one for each interface of
//! `modding/api/colony.wit`; `docs/api.md` says what each function does.
//!
//! - An error that a function gives back, and a panic, end the call: its effects are undone, and the message names the line.
//! - What is in memory and not in the state is gone after a reload, a load and a call that failed.

// Reasons are with the generator's options.
#[doc(hidden)]
pub mod bindings;
mod calls;
mod error;
mod event;
mod instance;
mod kept;
mod setup;
#[doc(hidden)]
pub mod source;
pub mod tree;
mod value;

use std::marker::PhantomData;

use serde::Serialize;
use serde::de::DeserializeOwned;

pub use bindings::colony::modding::types::{
    Building, Colonist, HandlerOptions, Job, Jobs, Order, Plot, RunningIncident, Size, Stockpile,
    Tile, Timer,
};
pub use bindings::colony::modding::{
    buildings, capabilities, colonists, environment, incidents, items, jobs, log, map, plots,
    random, stockpiles, storage,
};
pub use calls::{config, events, mods, time};
pub use error::{Error, Result};
pub use event::*;
pub use kept::Kept;
pub use setup::Setup;
pub use value::Value;

/// A mod: the type is its state, whose default is what a new colony begins with.
pub trait Mod: Default + Serialize + DeserializeOwned + 'static {
    /// Declares handlers, timers, migrations and functions for other mods. The state is not there yet. It is called in every instance
    /// of the mod, also in one that takes the place of another after a call that failed, and must declare the same each time.
    ///
    /// # Errors
    /// What ends the loading of the mod.
    fn load(setup: &mut Setup<Self>) -> Result;
}

/// What the host calls, see [`export!`].
#[doc(hidden)]
pub struct Component<M>(PhantomData<M>);

/// Makes a type the mod that this crate is.
#[macro_export]
macro_rules! export {
    ($state:ty) => {
        type ColonyComponent = $crate::Component<$state>;
        $crate::bindings::export!(ColonyComponent with_types_in $crate::bindings);

        impl $crate::source::InFolder for $state {
            const FOLDER: &'static [u8] = {
                const PATH: &str = env!("CARGO_MANIFEST_DIR");
                &$crate::source::end::<{ $crate::source::end_length(PATH) }>(PATH)
            };
        }
    };
}
