//! Mods of the colony: packages, runtimes, state, hand-over and reload.
//!
//! In order of rank: a reload loses nothing, a mod cannot harm the host, the same input gives the same state, and it is
//! quick. Gets the contents of files and gives reports; it never watches a disk, reads a clock or prints.
//!
//! [`host::Host`] is the front door: [`Host::start`](host::Host::start) a colony with mods, [`tick`](host::Host::tick) it,
//! [`reload`](host::Host::reload) mods whose files changed, [`save`](host::Host::save) and
//! [`load`](host::Host::load) it.
//!
//! ```
//! use std::collections::{BTreeMap, BTreeSet};
//! use std::rc::Rc;
//! use modding::bundle::Bundle;
//! use modding::host::Host;
//! use modding::mod_id::ModId;
//! use modding::reload::{Change, ReloadOptions};
//! use modding::report::Outcome;
//! use modding::value::Value;
//!
//! let file = |path: &str, text: &str| (path.to_owned(), text.as_bytes().to_vec());
//! let assets = modding::definitions::DEFINITION_KINDS.map(|kind| {
//!     let path = format!("assets/{kind}.toml");
//!     file(&path, &std::fs::read_to_string(format!("../mods/base/{path}")).expect("base lies beside this crate"))
//! });
//! let manifest = |id: &str| file("mod.toml", &format!("id = '{id}'\nname = 'Example'\nversion = '1.0.0'\napi = '^1'\n"));
//! let base = Bundle::new("base", [manifest("base")].into_iter().chain(assets)).expect("good paths");
//! let counter = |step: u32| {
//!     let script = format!(
//!         "colony.state.define({{ count = 0 }})
//!          colony.time.every('count', 1, function() colony.storage.count = colony.storage.count + {step} end)"
//!     );
//!     Bundle::new("counter", [manifest("counter"), file("scripts/main.lua", &script)]).expect("good paths")
//! };
//! let map = sim::MapSource::Generated { width: 32, height: 32 };
//! let setup = sim::Setup { seed: 1, map, colonists: 2, stock: BTreeMap::new() };
//!
//! let (mut host, left_out) = Host::start(&setup, vec![base, counter(1)], BTreeSet::new()).expect("valid definitions");
//! assert!(left_out.is_empty());
//! host.tick(&[]);
//!
//! // The script is edited: the new code goes on with the old state.
//! let id = ModId::parse("counter").expect("an id");
//! let change = Change { mod_id: id.clone(), bundle: Ok(Rc::new(counter(10))) };
//! let reports = host.reload(vec![change], &ReloadOptions::default());
//! assert_eq!(reports[0].outcome, Outcome::Committed);
//! host.tick(&[]);
//! assert_eq!(host.mod_storage(&id).expect("it runs").at_path("count"), Some(&Value::Integer(11)));
//! ```

pub mod api;
pub mod batch;
mod bindings;
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
pub mod perturbation;
pub mod reload;
pub mod report;
pub mod resolve;
pub mod runtime;
pub mod save;
pub mod sources;
pub mod state;
pub mod storage;
pub mod tick;
pub mod trace;
pub mod unit_test;
pub mod value;
pub mod wasm;

pub use lua::findings;
