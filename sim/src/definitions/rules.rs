//! What the systems need of the definitions at every step, looked up once.

use serde::{Deserialize, Serialize};

use super::{DefinitionFault, Definitions, JobAction, NeedDefinition};
use crate::nearest::{hint, nearest};

/// The needs of a colonist. The declaration order is the order in which they are looked after.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
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
    pub(crate) kind: String,
    pub(crate) priority: u8,
    pub(crate) work: u32,
}

/// The definitions every colony has, found among those that some have.
#[derive(Debug, Clone)]
pub(crate) struct Rules {
    pub(crate) food: NeedDefinition,
    pub(crate) rest: NeedDefinition,
    pub(crate) haul: SystemJob,
    pub(crate) eat: SystemJob,
    pub(crate) sleep: SystemJob,
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
                    food,
                    rest,
                    haul,
                    eat,
                    sleep,
                })
            }
            _ => Err(faults),
        }
    }

    pub(crate) const fn need(&self, need: NeedKind) -> &NeedDefinition {
        match need {
            NeedKind::Food => &self.food,
            NeedKind::Rest => &self.rest,
        }
    }

    /// The job that meets a need.
    pub(crate) const fn job_for(&self, need: NeedKind) -> &SystemJob {
        match need {
            NeedKind::Food => &self.eat,
            NeedKind::Rest => &self.sleep,
        }
    }
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
        kind: kind.clone(),
        priority: definition.priority.unwrap_or(0),
        work: definition.work,
    })
}
