//! Makes the scenario that shows a difference as small as it can be: fewer ticks, steps, colonists, things.

use toml_edit::{DocumentMut, Item};

use super::probe::{Draft, integer};
use super::reproduction::{Interrupted, text};
use super::trial::{Ending, Trials, Variation};
use super::{Change, Outcome, Reproduction, Round, Subject, TrialKind};
use crate::load_text;
use crate::runner::{Interruption, RunOptions, run};
use crate::scenario::Scenario;

/// A scenario that shows the difference, and when.
struct Shown {
    draft: Draft,
    scenario: Scenario,
    change: Change,
}

struct Shrinker<'a> {
    subject: &'a Subject,
    saves: bool,
}

/// A small scenario that shows the change of a round; none where no scenario can show it.
pub(super) fn shrink(
    round: &Round,
    draft: &Draft,
    subject: &Subject,
    trials: &Trials<'_>,
) -> Option<Reproduction> {
    let saves = match round.kind {
        TrialKind::ReloadAtEachTick | TrialKind::ReloadAtOneTick => false,
        TrialKind::SaveAndLoadAtEachTick => true,
        TrialKind::Threads | TrialKind::Collector => return None,
    };
    let Outcome::Changed(change) = &round.outcome else {
        return None;
    };
    let shrinker = Shrinker { subject, saves };
    let mut shown = Shown {
        draft: draft.clone(),
        scenario: trials.scenario.clone(),
        change: change.clone(),
    };
    // Each change is tried on what the ones before have left.
    shrinker.try_with(&mut shown, &|_| {});
    shrinker.fewer_steps(&mut shown);
    for colonists in 1..shown.scenario.colony.colonists.min(8) {
        let fewer = |document: &mut DocumentMut| {
            document["colony"]["colonists"] = integer(u64::from(colonists))
        };
        if shrinker.try_with(&mut shown, &fewer) {
            break;
        }
    }
    let items: Vec<String> = shown.scenario.colony.stock.keys().cloned().collect();
    for item in items {
        shrinker.try_with(&mut shown, &|document| {
            if let Some(stock) = document["colony"]["stock"].as_table_like_mut() {
                stock.remove(&item);
            }
        });
    }
    shrinker.fewer_steps(&mut shown);
    shrinker.reproduction(&shown)
}

impl Shrinker<'_> {
    /// Leaves out all steps, or each that is not needed.
    fn fewer_steps(&self, shown: &mut Shown) {
        if shown.scenario.steps.is_empty()
            || self.try_with(shown, &|document| _ = document.remove("step"))
        {
            return;
        }
        for at in (0..shown.scenario.steps.len()).rev() {
            self.try_with(shown, &|document| {
                if let Some(steps) = document
                    .get_mut("step")
                    .and_then(Item::as_array_of_tables_mut)
                    && at < steps.len()
                {
                    steps.remove(at);
                }
            });
        }
    }

    /// Changes the scenario if it still shows a difference, and no later.
    fn try_with(&self, shown: &mut Shown, change: &dyn Fn(&mut DocumentMut)) -> bool {
        let Ok(mut document) = shown.draft.text.parse::<DocumentMut>() else {
            return false;
        };
        document["ticks"] = integer(shown.change.tick);
        super::probe::keep_steps(&mut document, &|step| {
            let at = step.get("at").and_then(Item::as_integer);
            at.is_some_and(|at| at <= shown.change.tick as i64)
        });
        change(&mut document);
        let draft = Draft {
            path: shown.draft.path.clone(),
            text: document.to_string(),
        };
        let smaller = self.shows(draft);
        let accepted = smaller.is_some();
        if let Some(smaller) = smaller {
            *shown = smaller;
        }
        accepted
    }

    /// The scenario, if there is a difference in it.
    fn shows(&self, draft: Draft) -> Option<Shown> {
        let (scenario, workspace) =
            load_text(&draft.path, &draft.text, &self.subject.library).ok()?;
        let mut silent = |_: u64, _: u64| {};
        let trials = Trials::begin(
            &scenario,
            &workspace,
            &self.subject.mod_id,
            &Default::default(),
            &mut silent,
        )
        .ok()?;
        let ticks = 1..=scenario.ticks;
        let variation = match self.saves {
            true => Variation {
                interrupted: Some((Interruption::SaveAndLoad, ticks)),
                ..Variation::default()
            },
            false => Variation::hand_over(&self.subject.mod_id, ticks),
        };
        let Ending::Differs(tick) = trials.compare(&variation) else {
            return None;
        };
        let (change, _) = trials.first_change(&variation, tick);
        drop(trials);
        Some(Shown {
            draft,
            scenario,
            change,
        })
    }

    /// The file, if running it shows the difference.
    fn reproduction(&self, shown: &Shown) -> Option<Reproduction> {
        let (first, last) = shown.change.interrupted?;
        let interrupted = Interrupted {
            mod_id: self.subject.mod_id.as_str(),
            saves: self.saves,
            first,
            last,
            differs: shown.change.tick,
        };
        let (path, text) = text(&shown.draft, &self.subject.root, &interrupted)?;
        let reproduction = Reproduction {
            path,
            text,
            ticks: shown.change.tick,
            colonists: shown.scenario.colony.colonists,
            interruptions: last - first + 1,
            saves: self.saves,
        };
        self.fails(shown, &interrupted).then_some(reproduction)
    }

    /// Whether the hash after the tick is another with the last interruption than without it, as the file's expectation says.
    fn fails(&self, shown: &Shown, interrupted: &Interrupted<'_>) -> bool {
        let loaded = load_text(&shown.draft.path, &shown.draft.text, &self.subject.library);
        let Ok((scenario, workspace)) = loaded else {
            return false;
        };
        let interruption = match self.saves {
            true => Interruption::SaveAndLoad,
            false => Interruption::HandOver(self.subject.mod_id.clone()),
        };
        let hash = |last: u64| {
            let options = RunOptions {
                interrupted: Some((interruption.clone(), interrupted.first..=last)),
                ..RunOptions::default()
            };
            let record = run(&scenario, &workspace, &options, &mut |_| {}).ok()?;
            record.chain.get(interrupted.differs as usize).copied()
        };
        hash(interrupted.last) != hash(interrupted.last - 1)
    }
}
