//! Mods of the colony: packages, runtimes, state, hand-over and reload.
//!
//! In order of rank: a reload loses nothing, a mod cannot harm the host, the same input gives the same state, and it is
//! quick. Gets the contents of files and gives reports; it never watches a disk, reads a clock or prints.
//!
//! [`host::Host`] is the front door: [`Host::start`](host::Host::start) a colony with mods, [`tick`](host::Host::tick) it,
//! [`reload`](host::Host::reload) mods whose files changed, [`save`](host::Host::save) and
//! [`load`](host::Host::load) it.

pub mod api;
pub mod bundle;
pub mod codec;
pub mod context;
pub mod definitions;
pub mod diagnostic;
pub mod document;
pub mod error;
pub mod generation;
pub mod handover;
mod history;
pub mod host;
pub mod limits;
mod lua;
pub mod manifest;
pub mod mod_id;
pub mod reload;
pub mod report;
pub mod resolve;
pub mod runtime;
pub mod save;
pub mod state;
pub mod storage;
pub mod tick;
pub mod value;
