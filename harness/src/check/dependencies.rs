//! Whether a difference is the mod's doing: a save hands over every mod.

use modding::mod_id::ModId;
use toml_edit::{DocumentMut, Item};

use super::probe::Draft;
use super::trial::{Ending, Trials, Variation};
use super::{Outcome, Round, Subject, TrialKind};
use crate::load_text;

/// Clears the mod of what is another's doing. Hand-overs are of the mod alone, and so are collections: nothing else can be why
/// they are noticed.
pub(super) fn excuse(
    rounds: &mut [Round],
    trials: &mut Trials<'_>,
    draft: &Draft,
    subject: &Subject,
) {
    let suspect = |round: &Round| {
        matches!(
            round.kind,
            TrialKind::SaveAndLoadAtEachTick | TrialKind::Threads
        ) && round.outcome.convicts()
    };
    let reload_convicts = rounds
        .iter()
        .any(|round| !suspect(round) && round.outcome.convicts());
    // What a reload of the mod alone shows, a save shows as well.
    if reload_convicts || !rounds.iter().any(suspect) {
        return;
    }
    let saves = |round: &&mut Round| round.kind == TrialKind::SaveAndLoadAtEachTick;
    if let Some(round) = rounds.iter_mut().filter(|round| suspect(round)).find(saves)
        && let Some(culprit) = noticed_alone(trials)
    {
        round.outcome = Outcome::NotItsDoing {
            culprit: Some(culprit),
        };
    }
    let Some(text) = without(&draft.text, subject.mod_id.as_str()) else {
        return;
    };
    let Ok((scenario, workspace)) = load_text(&draft.path, &text, &subject.library) else {
        return;
    };
    let mut silent = |_: u64, _: u64| {};
    let begun = Trials::begin(
        &scenario,
        &workspace,
        &trials.mod_id,
        &Default::default(),
        &mut silent,
    );
    let Ok(without) = begun else { return };
    for round in rounds.iter_mut().filter(|round| suspect(round)) {
        let variation = match round.kind {
            TrialKind::SaveAndLoadAtEachTick => Variation::save_and_load(1..=scenario.ticks),
            _ => Variation::default(),
        };
        if without.compare(&variation) != Ending::Same {
            round.outcome = Outcome::NotItsDoing { culprit: None };
        }
    }
}

/// Another mod of the run whose hand-over alone is noticed: what a save shows is then its doing, in whomever's state it shows.
fn noticed_alone(trials: &Trials<'_>) -> Option<ModId> {
    let ticks = trials.scenario.ticks;
    let others = trials.scenario.mods.iter().map(|choice| &choice.id);
    others
        .filter(|id| **id != trials.mod_id)
        .find(|id| trials.compare(&Variation::hand_over(id, 1..=ticks)) != Ending::Same)
        .cloned()
}

/// The scenario without the mod and without steps, which may be about it.
fn without(text: &str, mod_id: &str) -> Option<String> {
    let mut document: DocumentMut = text.parse().ok()?;
    document.remove("step");
    let load = document
        .get_mut("mods")?
        .get_mut("load")
        .and_then(Item::as_array_mut)?;
    load.retain(|entry| {
        let table = entry.as_inline_table();
        let id = table.map_or(entry.as_str(), |table| {
            table.get("id").and_then(|id| id.as_str())
        });
        id != Some(mod_id)
    });
    Some(document.to_string())
}
