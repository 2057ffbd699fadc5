//! What can be grown.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

/// A crop.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CropDefinition {
    /// The seasons in which it is sown; empty means all.
    ///
    /// Changes *now*.
    pub seasons: BTreeSet<String>,
    /// Ticks from sowing until it is ripe, on ground and in weather that change nothing; 1 to
    /// [`LASTS_MAX`](super::LASTS_MAX).
    ///
    /// Changes *now*: growth so far counts.
    pub grow_ticks: u32,
    /// Ticks to sow a plot, 1 to [`WORK_TICKS_MAX`](super::WORK_TICKS_MAX).
    ///
    /// Changes *now*: work done so far counts.
    pub sow_work: u32,
    /// Ticks to reap a plot, 1 to [`WORK_TICKS_MAX`](super::WORK_TICKS_MAX).
    ///
    /// Changes *now*: work done so far counts.
    pub reap_work: u32,
    /// Items gained, each 1 to [`YIELD_MAX`](super::YIELD_MAX).
    ///
    /// Changes at the *next use*, which is when a plot is reaped.
    pub yields: BTreeMap<String, u32>,
    /// The temperature below which it dies, in tenths of a degree Celsius, at most
    /// [`TEMPERATURE_MAX`](super::TEMPERATURE_MAX) from 0.
    ///
    /// Changes *now*.
    pub dies_below: i16,
}
