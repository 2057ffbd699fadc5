//! Makes the scenario that shows a difference as small as it can be: fewer ticks, steps, colonists, things.

use std::collections::BTreeSet;

use toml_edit::{DocumentMut, Item};

use super::probe::{Draft, integer, keep_steps};
use super::reproduction::{Interrupted, text};
use super::trial::{Ending, Trials, Variation};
use super::{Change, Outcome, Reproduction, Round, Subject, TrialKind, pool};
use crate::load_text;
use crate::runner::{Interruption, RunOptions, run};
use crate::scenario::Scenario;

/// Fewer colonists than this are tried, one count after the other.
const COLONISTS_TRIED: u32 = 9;

/// A difference within so many ticks is early enough: fewer colonists and steps are then worth more than fewer ticks.
const TICKS_CHEAP: u64 = 200;

/// A scenario that shows the difference, and when.
struct Shown {
    draft: Draft,
    scenario: Scenario,
    change: Change,
}

struct Shrinker<'a> {
    subject: &'a Subject,
    saves: bool,
    /// Ticks within which the difference must show.
    ticks_max: u64,
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
    let shrinker = Shrinker {
        subject,
        saves,
        ticks_max: change.tick.max(TICKS_CHEAP).min(trials.scenario.ticks),
    };
    let mut shown = Shown {
        draft: draft.clone(),
        scenario: trials.scenario.clone(),
        change: change.clone(),
    };
    // Each change is tried on what the ones before have left.
    shrinker.try_with(&mut shown, &|_| {});
    shrinker.fewer_steps(&mut shown);
    shrinker.fewer_colonists(&mut shown);
    let items: Vec<String> = shown.scenario.colony.stock.keys().cloned().collect();
    for item in items {
        shrinker.try_with(&mut shown, &|document| {
            if let Some(stock) = document["colony"]["stock"].as_table_like_mut() {
                stock.remove(&item);
            }
        });
    }
    shrinker.fewer_steps(&mut shown);
    shrinker.fewer_ticks(&mut shown);
    shrinker.reproduction(&shown)
}

impl Shrinker<'_> {
    /// Leaves out all steps, or each that is not needed.
    fn fewer_steps(&self, shown: &mut Shown) {
        let steps = shown.scenario.steps.len();
        if steps == 0 || self.try_with(shown, &|document| _ = document.remove("step")) {
            return;
        }
        for at in (0..steps).rev() {
            self.try_with(shown, &|document| {
                let steps = document.get_mut("step");
                if let Some(steps) = steps.and_then(Item::as_array_of_tables_mut) {
                    steps.remove(at);
                }
            });
        }
    }

    /// As few colonists as there can be.
    fn fewer_colonists(&self, shown: &mut Shown) {
        let fewer: Vec<u32> = (1..shown.scenario.colony.colonists.min(COLONISTS_TRIED)).collect();
        let attempt = |colonists: &u32| {
            let change = |document: &mut DocumentMut| {
                document["colony"]["colonists"] = integer(u64::from(*colonists));
            };
            self.changed(shown, self.ticks_max, &change, &|trials, known| {
                self.change(trials, known)
            })
        };
        let found = pool::each(&fewer, &attempt, &mut || {});
        if let Some(smaller) = found.into_iter().flatten().next() {
            *shown = smaller;
        }
    }

    /// Cuts the scenario off where the earliest interruption that shows has made its difference.
    fn fewer_ticks(&self, shown: &mut Shown) {
        let cut = |ticks: u64, shown: &Shown| {
            self.changed(shown, ticks, &|_| {}, &|trials, _| self.search(trials))
        };
        if let Some(found) = cut(shown.change.tick, shown)
            && found.change.tick < shown.change.tick
        {
            *shown = found;
        }
        let (ticks, change) = (shown.change.tick, shown.change.clone());
        if let Some(cut_off) = self.changed(shown, ticks, &|_| {}, &|_, _| Some(change.clone())) {
            *shown = cut_off;
        }
    }

    /// Changes the scenario if it still shows a difference.
    fn try_with(&self, shown: &mut Shown, change: &(dyn Fn(&mut DocumentMut) + Sync)) -> bool {
        let smaller = self.changed(shown, self.ticks_max, change, &|trials, known| {
            self.change(trials, known)
        });
        let accepted = smaller.is_some();
        if let Some(smaller) = smaller {
            *shown = smaller;
        }
        accepted
    }

    /// The scenario changed and cut off, if `find` still finds a difference.
    fn changed(
        &self,
        shown: &Shown,
        ticks: u64,
        change: &dyn Fn(&mut DocumentMut),
        find: &dyn Fn(&Trials<'_>, &Change) -> Option<Change>,
    ) -> Option<Shown> {
        let mut document: DocumentMut = shown.draft.text.parse().ok()?;
        change(&mut document);
        document["ticks"] = integer(ticks);
        keep_steps(&mut document, &|step| {
            let at = step.get("at").and_then(Item::as_integer);
            at.is_some_and(|at| at <= i64::try_from(ticks).unwrap_or(i64::MAX))
        });
        let draft = Draft {
            expects_failures: shown.draft.expects_failures,
            path: shown.draft.path.clone(),
            text: document.to_string(),
        };
        let (scenario, workspace) =
            load_text(&draft.path, &draft.text, &self.subject.library).ok()?;
        let mut silent = |_: u64, _: u64| {};
        let id = &self.subject.mod_id;
        let trials =
            Trials::begin(&scenario, &workspace, id, &BTreeSet::new(), &mut silent).ok()?;
        let change = find(&trials, &shown.change)?;
        drop(trials);
        Some(Shown {
            draft,
            scenario,
            change,
        })
    }

    /// The difference in other runs: of the same interruption if that is enough, else of the first that is.
    fn change(&self, trials: &Trials<'_>, known: &Change) -> Option<Change> {
        let (first, last) = known.interrupted?;
        match trials.compare(&self.each_tick(trials).before(first..=last)) {
            Ending::Differs(tick) => Some(Change {
                tick,
                ..known.clone()
            }),
            _ => self.search(trials),
        }
    }

    fn search(&self, trials: &Trials<'_>) -> Option<Change> {
        let each = self.each_tick(trials);
        let Ending::Differs(tick) = trials.compare(&each) else {
            return None;
        };
        // What was kept for long is nearly always lost by an interruption right before it is needed, too.
        match trials.compare(&each.before(tick..=tick)) {
            Ending::Differs(differs) => Some(Change {
                interrupted: Some((tick, tick)),
                tick: differs,
                parts: Vec::new(),
                facts: Vec::new(),
            }),
            _ => Some(trials.first_change(&each, tick).0),
        }
    }

    fn each_tick(&self, trials: &Trials<'_>) -> Variation {
        Variation {
            interrupted: Some((self.interruption(), 1..=trials.scenario.ticks)),
            ..Variation::default()
        }
    }

    fn interruption(&self) -> Interruption {
        match self.saves {
            true => Interruption::SaveAndLoad,
            false => Interruption::HandOver(self.subject.mod_id.clone()),
        }
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
        let interruption = self.interruption();
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
