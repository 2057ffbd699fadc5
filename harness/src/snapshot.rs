//! Snapshots of a colony: what it was like after a tick, as text that a person reads and accepts once, and that every later
//! run is compared with.
//!
//! A snapshot lies in `snapshots/<scenario>@<tick>.snap` beside its scenario, in insta's format, so that `cargo insta review`
//! reads it too. Beside the snapshots of a scenario a [trail] tells at which tick a run first went another way.

mod compare;
mod facts;
mod file;
mod orphans;
pub mod pending;
pub mod trail;

use std::collections::BTreeMap;

use modding::diagnostic::{Fault, Place};

pub(crate) use compare::difference;
pub use compare::{Change, Changes, Update, compare};
pub use facts::{TickEvents, Writers, describe, writers};
pub use orphans::{Asked, orphans};
use trail::TrailRecorder;

/// The folder of snapshots, beside the scenarios.
pub const FOLDER: &str = "snapshots";

/// What a run was like at the ticks that its scenario asks for.
#[derive(Clone, Debug, Default)]
pub struct Captured {
    /// The content of the snapshot of each tick.
    pub contents: BTreeMap<u64, String>,
    /// Who wrote what stands in the snapshot of a tick, by entity and field, where the run takes note of it.
    pub writers: BTreeMap<u64, Writers>,
    /// The parts' hashes on the way, up to the last snapshot.
    pub trail: TrailRecorder,
}

/// What became of one snapshot.
#[derive(Clone, Debug, PartialEq)]
pub struct SnapshotVerdict {
    /// The tick.
    pub tick: u64,
    /// Its file, as people in the working directory know it.
    pub file: String,
    /// Where the scenario asks for it.
    pub place: Option<Place>,
    /// How it compares.
    pub outcome: SnapshotOutcome,
}

/// How a snapshot compares with the accepted one.
#[derive(Clone, Debug, PartialEq)]
pub enum SnapshotOutcome {
    /// It is the same.
    Matches,
    /// It was accepted in this run, because there was none.
    Added,
    /// It was accepted in this run, in place of another.
    Updated,
    /// There is no accepted one.
    Missing,
    /// It is another.
    Differs(Difference),
    /// The accepted one cannot be read.
    Broken(Fault),
}

/// How two snapshots differ.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Difference {
    /// The first tick at which the runs differ, where that is known.
    pub first: Option<FirstDifference>,
    /// Facts that differ, in the order of the file.
    pub facts: Vec<FactDifference>,
    /// Parts whose hashes differ. Where there are no other facts, these are all that differs.
    pub parts: Vec<String>,
}

/// Where two runs first differ.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FirstDifference {
    /// The last tick known to be the same; none if they differ from the start.
    pub same: Option<u64>,
    /// The first tick known to be another. One more than `same`, unless the run is too long to keep every tick.
    pub tick: u64,
    /// The parts that differ at that tick.
    pub parts: Vec<String>,
}

/// A line of a snapshot that is another, is new or is gone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FactDifference {
    /// The section, such as `jobs`.
    pub section: String,
    /// Whose fact it is, such as `job 412 (haul)`; empty for a fact of the whole colony.
    pub entity: String,
    /// Which one, such as `priority`.
    pub field: String,
    /// What it was; none if it is new.
    pub old: Option<String>,
    /// What it is; none if it is gone.
    pub new: Option<String>,
    /// The code of a mod that wrote it, where that is known.
    pub writer: Option<String>,
}

impl SnapshotVerdict {
    /// Whether the run is as it should be.
    #[must_use]
    pub fn holds(&self) -> bool {
        matches!(
            self.outcome,
            SnapshotOutcome::Matches | SnapshotOutcome::Added | SnapshotOutcome::Updated
        )
    }
}

impl FactDifference {
    /// Whose fact it is and which one.
    #[must_use]
    pub fn name(&self) -> String {
        match self.entity.as_str() {
            "" => self.field.clone(),
            entity => format!("{entity}, {}", self.field),
        }
    }
}
