//! What every colony needs of its definitions: its needs, and the kinds of job that it posts by itself.

use super::{NEED_KINDS, NeedKind};
use crate::definitions::{DefinitionFault, Definitions, JobAction, NeedDefinition};
use crate::names::Name;
use crate::nearest::{hint, nearest};

/// A kind of job that the colony posts by itself.
#[derive(Debug, Clone)]
pub(crate) struct SystemJob {
    pub(crate) kind: Name,
    pub(crate) priority: u8,
    /// 0 where what is built, made or grown says.
    pub(crate) work: u32,
}

/// The kinds of job that the colony posts by itself. Those that only some content needs are there if it is.
#[derive(Debug, Clone)]
pub(crate) struct SystemJobs {
    pub(crate) haul: SystemJob,
    pub(crate) eat: SystemJob,
    pub(crate) sleep: SystemJob,
    pub(crate) relax: Option<SystemJob>,
    pub(crate) supply: Option<SystemJob>,
    pub(crate) build: Option<SystemJob>,
    pub(crate) craft: Option<SystemJob>,
    pub(crate) sow: Option<SystemJob>,
    pub(crate) reap: Option<SystemJob>,
    pub(crate) treat: Option<SystemJob>,
}

impl SystemJobs {
    /// Finds them; `None` only with a fault.
    pub(super) fn find(
        definitions: &Definitions,
        faults: &mut Vec<DefinitionFault>,
    ) -> Option<Self> {
        let has_recreation = definitions.needs.contains_key(NeedKind::Recreation.id());
        let has_buildings = !definitions.buildings.is_empty();
        let has_recipes = !definitions.recipes.is_empty();
        let has_crops = !definitions.crops.is_empty();
        let mut find =
            |action, needed: Option<&str>| find_job(definitions, &action, needed, faults);
        let in_every_colony = Some("every colony needs it");
        let with = |is_there: bool, reason: &'static str| is_there.then_some(reason);
        let haul = find(JobAction::Haul, in_every_colony);
        let eat = find(JobAction::Eat, in_every_colony);
        let sleep = find(JobAction::Sleep, in_every_colony);
        let for_recreation = with(has_recreation, "there is a need `recreation`");
        let for_buildings = with(has_buildings, "there are buildings");
        let for_crops = with(has_crops, "there are crops");
        let others = Self {
            relax: find(JobAction::Relax, for_recreation),
            supply: find(JobAction::Supply, for_buildings),
            build: find(JobAction::Build, for_buildings),
            craft: find(JobAction::Craft, with(has_recipes, "there are recipes")),
            sow: find(JobAction::Sow, for_crops),
            reap: find(JobAction::Reap, for_crops),
            treat: find(JobAction::Treat, None),
            haul: haul?,
            eat: eat?,
            sleep: sleep?,
        };
        Some(others)
    }
}

pub(super) fn surplus_needs(definitions: &Definitions) -> Vec<DefinitionFault> {
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

/// The needs; `None` only with a fault. Recreation nobody needs if it is not defined.
pub(super) fn find_needs(
    definitions: &Definitions,
    faults: &mut Vec<DefinitionFault>,
) -> Option<[NeedDefinition; NEED_KINDS]> {
    let never = NeedDefinition::default();
    let needs = NeedKind::ALL.map(|need| {
        let found = definitions.needs.get(need.id()).copied();
        if found.is_none() && need != NeedKind::Recreation {
            faults.push(DefinitionFault {
                kind: "needs",
                id: need.id().to_owned(),
                field: "",
                message: "is missing, expected a definition".to_owned(),
            });
        }
        found.unwrap_or(never)
    });
    Some(needs).filter(|_| faults.is_empty())
}

/// The kind of job with an action; a fault if there are several, or none and `needed` says why there must be one.
fn find_job(
    definitions: &Definitions,
    action: &JobAction,
    needed: Option<&str>,
    faults: &mut Vec<DefinitionFault>,
) -> Option<SystemJob> {
    let mut kinds = definitions
        .jobs
        .iter()
        .filter(|(_, definition)| definition.action == *action);
    let Some((kind, definition)) = kinds.next() else {
        if let Some(reason) = needed {
            let message = format!(
                "no job has the action `{}`, expected exactly one, as {reason}",
                action.name()
            );
            faults.push(DefinitionFault {
                kind: "jobs",
                id: String::new(),
                field: "",
                message,
            });
        }
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
