//! Reads `[snapshot]`: after which ticks the colony is compared with what was accepted, and what of it.

use std::collections::{BTreeMap, BTreeSet};

use modding::diagnostic::{Fault, Place};
use modding::document::{TableReader, ValueReader};
use modding::mod_id::ModId;

use super::parse::{Context, not_loaded};

/// Most snapshots of one scenario: each is a file that a person reads.
pub const SNAPSHOTS_MAX: u64 = 1_000;

/// After which ticks snapshots are taken, and what they hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SnapshotPlan {
    /// Single ticks, with their places; 0 is the start.
    pub at: BTreeMap<u64, Place>,
    /// Every tick that this divides, from 1.
    pub every: Option<(u64, Place)>,
    /// What the snapshots hold, in the order in which they hold it.
    pub include: BTreeSet<Section>,
}

/// A part of a snapshot.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Section {
    /// Where colonists are, how they are, what they do.
    Colonists,
    /// The job board.
    Jobs,
    /// Stacks that lie somewhere.
    Items,
    /// The map.
    Terrain,
    /// Buildings, blueprints, plots and stockpiles.
    Buildings,
    /// Day, season, weather and incidents.
    Environment,
    /// What happened in the tick.
    Events,
    /// Every mod.
    Mods,
    /// One mod.
    Mod(ModId),
}

impl Section {
    /// Those that have a name of their own; [`Section::Mod`] is `mods.<id>`.
    pub const NAMED: [(&str, Section); 8] = [
        ("colonists", Section::Colonists),
        ("jobs", Section::Jobs),
        ("items", Section::Items),
        ("buildings", Section::Buildings),
        ("environment", Section::Environment),
        ("terrain", Section::Terrain),
        ("events", Section::Events),
        ("mods", Section::Mods),
    ];
}

impl SnapshotPlan {
    /// Whether a snapshot is taken after this tick.
    #[must_use]
    pub fn is_due(&self, tick: u64) -> bool {
        let every = self.every.as_ref();
        self.at.contains_key(&tick)
            || every.is_some_and(|(every, _)| tick > 0 && tick.is_multiple_of(*every))
    }

    /// The last tick of a scenario of `ticks` ticks after which one is taken.
    #[must_use]
    pub fn last(&self, ticks: u64) -> Option<u64> {
        let single = self.at.keys().next_back().copied();
        let repeated = self.every.as_ref().map(|(every, _)| ticks - ticks % every);
        single.max(repeated)
    }

    /// Where the scenario asks for the snapshot after this tick.
    #[must_use]
    pub fn place(&self, tick: u64) -> Option<&Place> {
        let every = self.every.as_ref().map(|(_, place)| place);
        self.at.get(&tick).or(every)
    }
}

/// Reads the table.
pub(super) fn read_snapshot(
    value: &ValueReader<'_>,
    context: &Context<'_>,
) -> Option<SnapshotPlan> {
    let mut table = value.table()?;
    let at = table.optional("at").map(|at| read_ticks(&at, context));
    let every = table.optional("every").map(|every| {
        let place = every.place();
        every.integer(1..=context.ticks).map(|every| (every, place))
    });
    let include = match table.optional("include") {
        Some(include) => read_sections(&include, context),
        None => usual(),
    };
    if at.is_none() && every.is_none() {
        table.fault("expected `at = [...]`, `every = ...` or both: the ticks of the snapshots");
    }
    let plan = SnapshotPlan {
        at: at.unwrap_or_default(),
        every: every.flatten(),
        include,
    };
    check_count(&plan, &table, context);
    table.finish();
    Some(plan)
}

/// All but the map, which is large and seldom what a scenario is about.
fn usual() -> BTreeSet<Section> {
    let named = Section::NAMED.into_iter().map(|(_, section)| section);
    named
        .filter(|section| *section != Section::Terrain)
        .collect()
}

fn read_ticks(value: &ValueReader<'_>, context: &Context<'_>) -> BTreeMap<u64, Place> {
    let mut ticks = BTreeMap::new();
    for element in value.array().unwrap_or_default() {
        if let Some(tick) = element.integer(0..=context.ticks)
            && ticks.insert(tick, element.place()).is_some()
        {
            element.fault(format!("tick {tick} is listed twice"));
        }
    }
    ticks
}

fn read_sections(value: &ValueReader<'_>, context: &Context<'_>) -> BTreeSet<Section> {
    let elements = value.array().unwrap_or_default();
    elements
        .iter()
        .filter_map(|element| {
            let text = element.string()?;
            section(text, context)
                .map_err(|fault| element.report(fault))
                .ok()
        })
        .collect()
}

fn section(text: &str, context: &Context<'_>) -> Result<Section, Fault> {
    if let Some((_, section)) = Section::NAMED.into_iter().find(|(name, _)| *name == text) {
        return Ok(section);
    }
    if let Some(id) = text.strip_prefix("mods.") {
        let id = ModId::parse(id).map_err(|error| Fault::new(error.to_string()))?;
        return match not_loaded(&id, context) {
            Some(fault) => Err(fault),
            None => Ok(Section::Mod(id)),
        };
    }
    let mods: Vec<String> = context.mods.iter().map(|id| format!("mods.{id}")).collect();
    let named = Section::NAMED.into_iter().map(|(name, _)| name);
    let known = named.chain(mods.iter().map(String::as_str));
    Err(Fault::new(format!("unknown part of a snapshot `{text}`")).suggest(text, known))
}

fn check_count(plan: &SnapshotPlan, table: &TableReader<'_>, context: &Context<'_>) {
    let repeated = plan
        .every
        .as_ref()
        .map_or(0, |(every, _)| context.ticks / every);
    let count = plan.at.len() as u64 + repeated;
    if count > SNAPSHOTS_MAX {
        table.fault(format!(
            "these are {count} snapshots, expected at most {SNAPSHOTS_MAX}"
        ));
    }
}
