//! What differs between two runs, and who wrote it.

use std::collections::{BTreeMap, BTreeSet};

use modding::diagnostic::Place;
use modding::mod_id::ModId;

use super::trial::{Ending, Trials, Variation, perturbations};
use super::{Change, Outcome, Round, TrialKind};
use crate::runner::{Interruption, RunOptions, run};
use crate::scenario::{Scenario, Section, SnapshotPlan};
use crate::snapshot::{Captured, FactDifference, difference};

/// Fills in what differs in the runs of a round, if something does.
pub(super) fn complete(round: &mut Round, trials: &Trials<'_>) {
    let Outcome::Changed(change) = &mut round.outcome else {
        return;
    };
    let Some(variation) = variation(round.kind, change, trials) else {
        return;
    };
    let scenario = at_tick(&trials.scenario, change.tick);
    let capture = |variation: &Variation| {
        let options = RunOptions {
            interrupted: variation.interrupted.clone(),
            perturbation: variation.perturbation.clone(),
            explain: true,
            snapshots: true,
            ..RunOptions::default()
        };
        let record = run(&scenario, trials.workspace, &options, &mut |_| {});
        record.map(|record| record.captured).unwrap_or_default()
    };
    let (plain, other) = (capture(&Variation::default()), capture(&variation));
    let content = |captured: &Captured| {
        captured
            .contents
            .get(&change.tick)
            .cloned()
            .unwrap_or_default()
    };
    let Ok(Some(found)) = difference(&content(&plain), &content(&other)) else {
        return;
    };
    change.parts = found
        .parts
        .into_iter()
        .filter(|part| part != "chain")
        .collect();
    change.facts = found
        .facts
        .into_iter()
        .map(|fact| written_by(fact, change.tick, &plain, &other))
        .collect();
    let own = format!("mod {}", trials.mod_id);
    change.facts.sort_by_key(|fact| fact.entity != own);
}

/// What made the difference.
fn variation(kind: TrialKind, change: &Change, trials: &Trials<'_>) -> Option<Variation> {
    let interrupted = |interruption: Interruption| {
        let (first, last) = change.interrupted?;
        Some(Variation {
            interrupted: Some((interruption, first..=last)),
            ..Variation::default()
        })
    };
    match kind {
        TrialKind::ReloadAtEachTick | TrialKind::ReloadAtOneTick => {
            interrupted(Interruption::HandOver(trials.mod_id.clone()))
        }
        TrialKind::SaveAndLoadAtEachTick => interrupted(Interruption::SaveAndLoad),
        TrialKind::Collector => perturbations(&trials.mod_id)
            .into_iter()
            .find(|variation| trials.compare(variation) == Ending::Differs(change.tick)),
        TrialKind::Threads => None,
    }
}

/// The scenario up to a tick, with a snapshot of everything after it.
fn at_tick(scenario: &Scenario, tick: u64) -> Scenario {
    let place = Place::of_line(scenario.file.clone(), scenario.source.clone(), 1);
    let sections: BTreeSet<Section> = Section::NAMED
        .into_iter()
        .map(|(_, section)| section)
        .collect();
    Scenario {
        ticks: tick,
        snapshot: Some(SnapshotPlan {
            at: BTreeMap::from([(tick, place)]),
            every: None,
            include: sections,
        }),
        ..scenario.clone()
    }
}

fn written_by(
    fact: FactDifference,
    tick: u64,
    plain: &Captured,
    other: &Captured,
) -> FactDifference {
    let key = (fact.entity.clone(), fact.field.clone());
    let of = |captured: &Captured| captured.writers.get(&tick)?.get(&key).cloned();
    FactDifference {
        writer: of(other).or_else(|| of(plain)),
        ..fact
    }
}

/// The path in a mod's state that a fact is about, with the mod in front, where it is about one.
#[must_use]
pub fn state_path(fact: &FactDifference) -> Option<(ModId, &str)> {
    let id = ModId::parse(fact.entity.strip_prefix("mod ")?).ok()?;
    Some((id, fact.field.strip_prefix("storage.")?))
}
