//! What the systems need of the definitions at every step, looked up once.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{DefinitionFault, Definitions, ItemDefinition, JobAction, NeedDefinition};
use crate::lookup::Lookup;
use crate::names::{Name, Names};
use crate::nearest::{hint, nearest};

/// The needs of a colonist. The declaration order is the order in which they are looked after.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub(crate) enum NeedKind {
    Food,
    Rest,
}

impl NeedKind {
    pub(crate) const ALL: [Self; 2] = [Self::Food, Self::Rest];

    /// Id of its definition.
    pub(crate) const fn id(self) -> &'static str {
        match self {
            Self::Food => "food",
            Self::Rest => "rest",
        }
    }

    /// What a colonist dies of when its health is used up by this need.
    pub(crate) const fn cause_of_death(self) -> &'static str {
        match self {
            Self::Food => "starvation",
            Self::Rest => "exhaustion",
        }
    }
}

/// A kind of job that the colony posts by itself.
#[derive(Debug, Clone)]
pub(crate) struct SystemJob {
    pub(crate) kind: Name,
    pub(crate) priority: u8,
    pub(crate) work: u32,
}

/// The definitions every colony has, found among those that some have.
#[derive(Debug, Clone)]
pub(crate) struct Rules {
    needs: [NeedDefinition; 2],
    pub(crate) haul: SystemJob,
    pub(crate) eat: SystemJob,
    pub(crate) sleep: SystemJob,
    /// What the names of items and kinds of jobs stand for.
    pub(crate) names: Names,
    // Never gone through in their own order.
    items: Lookup<Name, ItemDefinition>,
    kinds: Lookup<Name, KindRule>,
    /// In order of id.
    food: Vec<Name>,
    harvested: Vec<String>,
}

/// What is done in a kind of job that is designated.
#[derive(Debug, Clone)]
pub(crate) struct KindRule {
    pub(crate) work: u32,
    /// `None` of kinds that are not designated.
    pub(crate) outcome: Option<Outcome>,
}

/// What comes of work that was designated.
#[derive(Debug, Clone)]
pub(crate) struct Outcome {
    /// What the tile becomes; `None` if it stays as it is.
    pub(crate) leaves: Option<String>,
    pub(crate) yields: Vec<(Name, u32)>,
}

impl Rules {
    /// Finds what is required; the faults say what is missing or there twice.
    pub(crate) fn resolve(definitions: &Definitions) -> Result<Self, Vec<DefinitionFault>> {
        let mut faults = surplus_needs(definitions);
        let food = find_need(definitions, NeedKind::Food, &mut faults);
        let rest = find_need(definitions, NeedKind::Rest, &mut faults);
        let haul = find_job(definitions, &JobAction::Haul, &mut faults);
        let eat = find_job(definitions, &JobAction::Eat, &mut faults);
        let sleep = find_job(definitions, &JobAction::Sleep, &mut faults);
        match (food, rest, haul, eat, sleep) {
            (Some(food), Some(rest), Some(haul), Some(eat), Some(sleep)) if faults.is_empty() => {
                Ok(Self {
                    needs: [food, rest],
                    haul,
                    eat,
                    sleep,
                    names: Names::of(definitions),
                    items: items_by_name(definitions),
                    kinds: kinds_by_name(definitions),
                    food: food_items(definitions),
                    harvested: harvested_terrain(definitions),
                })
            }
            _ => Err(faults),
        }
    }

    pub(crate) const fn need(&self, need: NeedKind) -> &NeedDefinition {
        &self.needs[need as usize]
    }

    pub(crate) fn item(&self, item: Name) -> Option<&ItemDefinition> {
        self.items.get(&item)
    }

    pub(crate) fn kind(&self, kind: Name) -> Option<&KindRule> {
        self.kinds.get(&kind)
    }

    /// The ticks of work of a kind that is designated.
    pub(crate) fn designated_work(&self, kind: Name) -> Option<u32> {
        let rule = self.kinds.get(&kind)?;
        rule.outcome.is_some().then_some(rule.work)
    }

    /// The items that can be eaten, in order of id.
    pub(crate) fn food_items(&self) -> impl Iterator<Item = Name> + '_ {
        self.food.iter().copied()
    }

    /// Whether some kind of job harvests a terrain.
    pub(crate) fn is_harvested(&self, terrain: &str) -> bool {
        self.harvested.iter().any(|target| target == terrain)
    }

    /// The job that meets a need.
    pub(crate) const fn job_for(&self, need: NeedKind) -> &SystemJob {
        match need {
            NeedKind::Food => &self.eat,
            NeedKind::Rest => &self.sleep,
        }
    }
}

fn items_by_name(definitions: &Definitions) -> Lookup<Name, ItemDefinition> {
    let items = definitions.items.iter();
    items
        .map(|(id, item)| (Name::of(id), item.clone()))
        .collect()
}

fn kinds_by_name(definitions: &Definitions) -> Lookup<Name, KindRule> {
    let kinds = definitions.jobs.iter().map(|(id, job)| {
        let outcome = |leaves: Option<&String>, yields: &BTreeMap<String, u32>| Outcome {
            leaves: leaves.cloned(),
            yields: yields
                .iter()
                .map(|(item, count)| (Name::of(item), *count))
                .collect(),
        };
        let outcome = match &job.action {
            JobAction::Harvest { leaves, yields, .. } => Some(outcome(Some(leaves), yields)),
            JobAction::Labour { yields } => Some(outcome(None, yields)),
            JobAction::Haul | JobAction::Eat | JobAction::Sleep => None,
        };
        let work = job.work;
        (Name::of(id), KindRule { work, outcome })
    });
    kinds.collect()
}

fn food_items(definitions: &Definitions) -> Vec<Name> {
    let items = definitions.items.iter();
    let food = items.filter(|(_, item)| item.nutrition > 0);
    food.map(|(id, _)| Name::of(id)).collect()
}

fn harvested_terrain(definitions: &Definitions) -> Vec<String> {
    let jobs = definitions.jobs.values();
    let targets = jobs.filter_map(|job| match &job.action {
        JobAction::Harvest { target, .. } => Some(target.clone()),
        _ => None,
    });
    targets.collect()
}

fn surplus_needs(definitions: &Definitions) -> Vec<DefinitionFault> {
    let known = NeedKind::ALL.map(NeedKind::id);
    let surplus = definitions
        .needs
        .keys()
        .filter(|id| !known.contains(&id.as_str()));
    surplus
        .map(|id| DefinitionFault {
            kind: "needs",
            id: id.clone(),
            field: "",
            message: format!(
                "is no need of colonists{}",
                hint(nearest(id, known).as_deref())
            ),
        })
        .collect()
}

fn find_need(
    definitions: &Definitions,
    need: NeedKind,
    faults: &mut Vec<DefinitionFault>,
) -> Option<NeedDefinition> {
    let found = definitions.needs.get(need.id()).copied();
    if found.is_none() {
        let message = "is missing, expected a definition".to_owned();
        faults.push(DefinitionFault {
            kind: "needs",
            id: need.id().to_owned(),
            field: "",
            message,
        });
    }
    found
}

fn find_job(
    definitions: &Definitions,
    action: &JobAction,
    faults: &mut Vec<DefinitionFault>,
) -> Option<SystemJob> {
    let mut kinds = definitions
        .jobs
        .iter()
        .filter(|(_, definition)| definition.action == *action);
    let Some((kind, definition)) = kinds.next() else {
        let message = format!(
            "no job has the action `{}`, expected exactly one",
            action.name()
        );
        faults.push(DefinitionFault {
            kind: "jobs",
            id: String::new(),
            field: "",
            message,
        });
        return None;
    };
    for (surplus, _) in kinds {
        let message = format!(
            "`{}` is done by `{kind}` already, expected exactly one such job",
            action.name()
        );
        faults.push(DefinitionFault {
            kind: "jobs",
            id: surplus.clone(),
            field: "action",
            message,
        });
    }
    Some(SystemJob {
        kind: Name::of(kind),
        priority: definition.priority.unwrap_or(0),
        work: definition.work,
    })
}
