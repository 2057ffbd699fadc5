//! Plots: tiles where a crop is sown, grows by season and weather, and is reaped.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::definitions::{CropRule, PERMILLE};
use crate::hash::hash_of;
use crate::jobs::{Subject, Task};
use crate::names::Name;
use crate::rng::{below, random_u64, stream};
use crate::{Colony, Event, Position, StableId};

/// Every so many ticks crops are looked at.
const LOOKED_AT_EVERY: u64 = 10;

/// A tile for a crop.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Plot {
    pub(crate) crop: Name,
    pub(crate) stage: Stage,
}

/// What is on a plot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Stage {
    /// Nothing.
    Fallow,
    /// The crop, since the growth of the colony was so much.
    Growing {
        /// In permille of ticks.
        since: u64,
    },
    Ripe,
}

/// All plots, in reading order.
#[derive(Debug, Clone, Default)]
pub(crate) struct Plots {
    by_place: BTreeMap<Position, Plot>,
    /// Of all; `None` since one has changed.
    hash: Option<u128>,
}

impl Plots {
    pub(crate) fn new(by_place: BTreeMap<Position, Plot>) -> Self {
        Self {
            by_place,
            hash: None,
        }
    }

    pub(crate) const fn by_place(&self) -> &BTreeMap<Position, Plot> {
        &self.by_place
    }

    pub(crate) fn get(&self, at: Position) -> Option<Plot> {
        self.by_place.get(&at).copied()
    }

    pub(crate) fn set(&mut self, at: Position, plot: Option<Plot>) {
        self.hash = None;
        match plot {
            Some(plot) => self.by_place.insert(at, plot),
            None => self.by_place.remove(&at),
        };
    }

    fn set_stage(&mut self, at: Position, stage: Stage) {
        self.hash = None;
        if let Some(plot) = self.by_place.get_mut(&at) {
            plot.stage = stage;
        }
    }

    pub(crate) fn hash(&mut self) -> u128 {
        *self.hash.get_or_insert_with(|| hash_of(&self.by_place))
    }
}

/// Lets crops grow, ripen and die, and posts what is to be done on the plots.
pub(crate) fn run(colony: &mut Colony) {
    if colony.plots.by_place.is_empty() {
        return;
    }
    let growth = u64::from(colony.growth_permille());
    let grown = &mut colony.environment.growth;
    *grown = grown.saturating_add(growth);
    if !colony.tick.is_multiple_of(LOOKED_AT_EVERY) {
        return;
    }
    let (temperature, season) = (colony.temperature(), colony.season());
    let blight = colony.blight_now();
    let plots: Vec<(Position, Plot)> = colony
        .plots
        .by_place
        .iter()
        .map(|(at, plot)| (*at, *plot))
        .collect();
    for (at, Plot { crop, stage }) in plots {
        let Some(rule) = colony.rules.crop(crop) else {
            continue;
        };
        match stage {
            Stage::Fallow => {
                let is_in_season = rule.seasons.is_empty()
                    || season
                        .as_ref()
                        .is_some_and(|season| rule.seasons.contains(season));
                if is_in_season && temperature >= rule.dies_below {
                    colony.post_plot_job(at, Task::Sow);
                }
            }
            _ if temperature < rule.dies_below => colony.lose_crop(at, "frost"),
            _ if colony.is_blighted(at, blight) => colony.lose_crop(at, "blight"),
            Stage::Growing { since } => {
                if colony.is_ripe(at, since, rule) {
                    colony.plots.set_stage(at, Stage::Ripe);
                    let crop = colony.rules.names.id(crop);
                    colony.events.push(Event::CropRipe { crop, at });
                    colony.post_plot_job(at, Task::Reap);
                }
            }
            Stage::Ripe => colony.post_plot_job(at, Task::Reap),
        }
    }
}

/// One tick of sowing.
pub(crate) fn sow(colony: &mut Colony, colonist: StableId, job: StableId) {
    let Some((at, rule)) = crop_at(colony, job) else {
        return;
    };
    if colony.work_one_tick(colonist, rule.sow_work) {
        let since = colony.environment.growth;
        colony.plots.set_stage(at, Stage::Growing { since });
        colony.complete_job(job);
    }
}

/// One tick of reaping.
pub(crate) fn reap(colony: &mut Colony, colonist: StableId, job: StableId) {
    let Some((at, rule)) = crop_at(colony, job) else {
        return;
    };
    if !colony.work_one_tick(colonist, rule.reap_work) {
        return;
    }
    let loads = rule.yields.iter();
    let loads = loads.map(|(item, count)| colony.load_of(*item, *count));
    let Some(placements) = colony.plan_placements(loads.collect(), at) else {
        colony.fail_job(job, "there is no room for what it yields");
        return;
    };
    colony.place(placements);
    colony.plots.set_stage(at, Stage::Fallow);
    for (item, count) in rule.yields {
        colony.tell_produced(item, count, at, job);
    }
    colony.complete_job(job);
}

/// The plot that a job is about, and what grows there.
fn crop_at(colony: &Colony, job: StableId) -> Option<(Position, CropRule)> {
    let at = colony.entities.job(job)?.at;
    let plot = colony.plots.get(at)?;
    Some((at, colony.rules.crop(plot.crop)?.clone()))
}

impl Colony {
    /// Makes a tile a plot for a crop, or one for none any more. What grows there is lost if it is another.
    pub(crate) fn set_plot(&mut self, at: Position, crop: Option<Name>) {
        if self.plots.get(at).map(|plot| plot.crop) == crop {
            return;
        }
        if let Some(job) = self.board.about(Subject::Site(at)) {
            self.cancel_job(job);
        }
        let stage = Stage::Fallow;
        self.plots.set(at, crop.map(|crop| Plot { crop, stage }));
    }

    fn post_plot_job(&mut self, at: Position, task: Task) {
        let jobs = &self.rules.jobs;
        let job = if task == Task::Sow {
            &jobs.sow
        } else {
            &jobs.reap
        };
        let Some((kind, priority)) = job.as_ref().map(|job| (job.kind, job.priority)) else {
            return;
        };
        if self.board.about(Subject::Site(at)).is_none() {
            self.post_job(kind, priority, at, task);
        }
    }

    /// Lets what grows or stands on a plot be gone.
    fn lose_crop(&mut self, at: Position, cause: &str) {
        let Some(plot) = self.plots.get(at) else {
            return;
        };
        if let Some(job) = self.board.about(Subject::Site(at)) {
            self.cancel_job(job);
        }
        self.plots.set_stage(at, Stage::Fallow);
        self.events.push(Event::CropDied {
            crop: self.rules.names.id(plot.crop),
            at,
            cause: cause.to_owned(),
        });
    }

    fn is_ripe(&self, at: Position, since: u64, rule: &CropRule) -> bool {
        let fertility = self
            .terrain
            .name(at)
            .and_then(|id| self.definitions.terrain.get(id));
        let fertility = fertility.map_or(0, |terrain| u64::from(terrain.fertility));
        let grown = self.environment.growth.saturating_sub(since);
        let permille = u64::from(PERMILLE);
        grown.saturating_mul(fertility) / (permille * permille) >= u64::from(rule.grow_ticks)
    }

    /// How many of a million crops a running blight kills between two looks at them: all it is to kill, spread over the
    /// time it lasts.
    fn blight_now(&self) -> u32 {
        let share = u64::from(self.blight_permille()) * 1_000;
        let longest = self.environment.longest_blight(&self.definitions);
        let looks = longest.unwrap_or(1).div_ceil(LOOKED_AT_EVERY).max(1);
        u32::try_from(share / looks).unwrap_or(u32::MAX)
    }

    fn is_blighted(&self, at: Position, per_million: u32) -> bool {
        let place = u64::from(at.y) << 16 | u64::from(at.x);
        let drawn = random_u64(self.seed, stream::BLIGHT, self.tick, place, 0);
        per_million > 0 && below(drawn, 1_000_000) < per_million
    }
}
