//! Reports of a check: the words that both have in common.

pub mod json;
pub mod text;

use crate::check::{Change, CheckReport, Languages, Outcome, Round, TrialKind, state_path};
use crate::report::text::{count, number};
use crate::snapshot::FactDifference;

/// Facts that are shown of a difference.
const FACTS_SHOWN: usize = 4;

impl TrialKind {
    /// The name in the report for programs.
    fn name(self) -> &'static str {
        match self {
            TrialKind::ReloadAtEachTick => "reload_at_each_tick",
            TrialKind::ReloadAtOneTick => "reload_at_one_tick",
            TrialKind::SaveAndLoadAtEachTick => "save_and_load_at_each_tick",
            TrialKind::Threads => "threads",
            TrialKind::Collector => "collector_and_addresses",
        }
    }

    /// The line in the report for people, of a mod in these languages.
    fn title(self, languages: Languages) -> &'static str {
        match self {
            TrialKind::ReloadAtEachTick => "identical reload at each tick",
            TrialKind::ReloadAtOneTick => "identical reload at one tick",
            TrialKind::SaveAndLoadAtEachTick => "save and load at each tick",
            TrialKind::Threads => "1, 2, 8 threads",
            TrialKind::Collector => match languages {
                Languages::Scripts => "GC and addresses",
                Languages::Component => "new instances",
                Languages::Both => "GC, addresses, new instances",
            },
        }
    }

    /// What the mod did not survive.
    fn cause(self, languages: Languages) -> &'static str {
        match self {
            TrialKind::ReloadAtEachTick | TrialKind::ReloadAtOneTick => "the reload",
            TrialKind::SaveAndLoadAtEachTick => "the save and load",
            TrialKind::Threads => "other threads",
            TrialKind::Collector if languages == Languages::Component => "a new instance",
            TrialKind::Collector if languages == Languages::Both => {
                "another garbage collection or a new instance"
            }
            TrialKind::Collector => "another garbage collection",
        }
    }

    /// The code of an error that no finding explains.
    fn code(self, languages: Languages) -> &'static str {
        match self {
            TrialKind::ReloadAtEachTick | TrialKind::ReloadAtOneTick => "reload-visible",
            TrialKind::SaveAndLoadAtEachTick => "save-visible",
            TrialKind::Threads => "threads-visible",
            TrialKind::Collector if languages == Languages::Component => "instance-visible",
            TrialKind::Collector => "collector-visible",
        }
    }
}

/// The code of the error that convicts the mod: that of the finding that explains it, if there is one.
#[must_use]
pub fn code(report: &CheckReport) -> Option<&'static str> {
    let verdict = report.verdict()?;
    if matches!(verdict.outcome, Outcome::Fails { .. }) {
        return Some("hand-over-fails");
    }
    let explanation = report.explanations().next();
    let unexplained = verdict.kind.code(report.languages);
    Some(explanation.map_or(unexplained, |finding| finding.code.name()))
}

/// What the mod did not survive, in a sentence.
#[must_use]
pub fn title(report: &CheckReport, round: &Round) -> String {
    match &round.outcome {
        Outcome::Same | Outcome::NotItsDoing { .. } => String::new(),
        Outcome::Fails { tick, .. } => {
            let what = match round.kind {
                TrialKind::SaveAndLoadAtEachTick => "saved and loaded",
                _ => "handed over to its own content",
            };
            format!(
                "{} cannot be {what} before tick {}",
                report.mod_id,
                number(*tick)
            )
        }
        Outcome::Changed(change) => {
            let what = changed(report, change);
            let ticks = interrupted(change);
            let tick = number(change.tick);
            match round.kind {
                TrialKind::ReloadAtEachTick | TrialKind::ReloadAtOneTick => {
                    format!("reloading identical content {ticks} changes {what} at tick {tick}")
                }
                TrialKind::SaveAndLoadAtEachTick => {
                    format!("saving and loading {ticks} changes {what} at tick {tick}")
                }
                TrialKind::Threads => {
                    format!("running on several threads changes {what} at tick {tick}")
                }
                TrialKind::Collector if report.languages == Languages::Component => {
                    format!("a new instance between two calls changes {what} at tick {tick}")
                }
                TrialKind::Collector if report.languages == Languages::Both => {
                    format!(
                        "collecting garbage at other points, or a new instance of the component between two calls, changes {what} at tick {tick}"
                    )
                }
                TrialKind::Collector => {
                    format!("collecting garbage at other points changes {what} at tick {tick}")
                }
            }
        }
    }
}

/// What to do where no finding says it: what a component has in memory is in none of the files that are looked at.
#[must_use]
pub fn help(report: &CheckReport, round: &Round) -> Option<&'static str> {
    let of_instances =
        matches!(round.outcome, Outcome::Changed(_)) && round.kind != TrialKind::Threads;
    (of_instances && report.languages != Languages::Scripts).then_some(
        "what a component has in memory beside its state, such as a `static`, begins again in every instance: keep it in the state, which in Rust is the mod's type and else what `kept-state` gives, or in `storage`",
    )
}

/// What differs: the colony, or no more than the mod's own state.
fn changed(report: &CheckReport, change: &Change) -> String {
    let own = format!("mod {}", report.mod_id);
    if !change.facts.is_empty() && change.facts.iter().all(|fact| fact.entity == own) {
        format!("the state of {}", report.mod_id)
    } else {
        "the colony".to_owned()
    }
}

fn interrupted(change: &Change) -> String {
    match change.interrupted {
        Some((first, last)) if first == last => format!("at tick {}", number(first)),
        Some((first, last)) => {
            format!("at each of the ticks {} to {}", number(first), number(last))
        }
        None => String::new(),
    }
}

/// What differs, a line for a fact.
fn notes(round: &Round, languages: Languages) -> Vec<String> {
    let Outcome::Changed(change) = &round.outcome else {
        return Vec::new();
    };
    let cause = round.kind.cause(languages);
    let shown = change.facts.iter().take(FACTS_SHOWN);
    let mut notes: Vec<String> = shown.map(|fact| note(fact, cause)).collect();
    let more = change.facts.len().saturating_sub(FACTS_SHOWN);
    if more > 0 {
        notes.push(format!("{} more differ then", count(more as u64, "fact")));
    }
    if change.facts.is_empty() && !change.parts.is_empty() {
        notes.push(format!("differs in: {}", change.parts.join(", ")));
    }
    notes
}

fn note(fact: &FactDifference, cause: &str) -> String {
    let name = match state_path(fact) {
        Some((id, path)) => format!("`{id}.{path}`"),
        None if fact.section == "mods" => fact.name(),
        None => format!("{}: {}", fact.section, fact.name()),
    };
    let value = |value: &Option<String>| value.clone().unwrap_or_else(|| "none".to_owned());
    let writer = fact.writer.as_ref();
    let writer = writer.map_or(String::new(), |writer| format!(", written by {writer}"));
    format!(
        "{name} is {} without {cause}, {} with it{writer}",
        value(&fact.old),
        value(&fact.new)
    )
}
