//! What the systems need of the definitions at every step, looked up once.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::{
    BuildingDefinition, BuildingUse, CropDefinition, DefinitionFault, Definitions, ItemDefinition,
    JobAction, JobDefinition, NeedDefinition, RecipeDefinition, SkillUse,
};
use crate::lookup::Lookup;
use crate::names::{Name, Names};

mod system_jobs;

pub(crate) use system_jobs::{SystemJob, SystemJobs};

/// How many needs there are.
pub(crate) const NEED_KINDS: usize = 3;

/// The needs of a colonist. The declaration order is the order in which they are looked after.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub(crate) enum NeedKind {
    Food,
    Rest,
    Recreation,
}

impl NeedKind {
    pub(crate) const ALL: [Self; NEED_KINDS] = [Self::Food, Self::Rest, Self::Recreation];

    /// Id of its definition.
    pub(crate) const fn id(self) -> &'static str {
        match self {
            Self::Food => "food",
            Self::Rest => "rest",
            Self::Recreation => "recreation",
        }
    }

    /// Whether it comes before any work once it is at 0.
    pub(crate) const fn is_vital(self) -> bool {
        !matches!(self, Self::Recreation)
    }

    /// What a colonist dies of when its health is used up by this need.
    pub(crate) const fn cause_of_death(self) -> &'static str {
        match self {
            Self::Food => "starvation",
            Self::Rest => "exhaustion",
            Self::Recreation => "misery",
        }
    }
}

/// The definitions every colony has, found among those that some have.
#[derive(Debug, Clone)]
pub(crate) struct Rules {
    needs: [NeedDefinition; NEED_KINDS],
    pub(crate) jobs: SystemJobs,
    /// What the names of definitions stand for.
    pub(crate) names: Names,
    /// In order of id.
    pub(crate) skills: Vec<(Name, u32)>,
    // Never gone through in their own order.
    items: Lookup<Name, ItemDefinition>,
    kinds: Lookup<Name, KindRule>,
    buildings: Lookup<Name, BuildingRule>,
    recipes: Lookup<Name, RecipeRule>,
    crops: Lookup<Name, CropRule>,
    // In order of id.
    food: Vec<Name>,
    medicine: Vec<Name>,
    perishable: Vec<(Name, u32)>,
    harvested: Vec<String>,
}

/// Some of several items.
pub(crate) type Amounts = Vec<(Name, u32)>;

/// What is done in a kind of job.
#[derive(Debug, Clone)]
pub(crate) struct KindRule {
    pub(crate) work: u32,
    /// `None` of kinds that are not designated.
    pub(crate) outcome: Option<Outcome>,
    pub(crate) skill: Option<SkillRule>,
}

/// What comes of work that was designated.
#[derive(Debug, Clone)]
pub(crate) struct Outcome {
    /// What the tile becomes; `None` if it stays as it is.
    pub(crate) leaves: Option<String>,
    pub(crate) yields: Amounts,
}

/// The skill that something takes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SkillRule {
    pub(crate) skill: Name,
    pub(crate) level_min: u8,
    pub(crate) experience: u32,
}

/// A building.
#[derive(Debug, Clone)]
pub(crate) struct BuildingRule {
    pub(crate) materials: Amounts,
    pub(crate) work: u32,
    pub(crate) walk_cost: Option<u8>,
    pub(crate) purpose: BuildingUse,
    pub(crate) comfort: u16,
}

/// Something that can be made.
#[derive(Debug, Clone)]
pub(crate) struct RecipeRule {
    pub(crate) building: Name,
    pub(crate) inputs: Amounts,
    pub(crate) outputs: Amounts,
    pub(crate) work: u32,
    pub(crate) skill: Option<SkillRule>,
}

/// Something that can be grown.
#[derive(Debug, Clone)]
pub(crate) struct CropRule {
    pub(crate) seasons: BTreeSet<String>,
    pub(crate) grow_ticks: u32,
    pub(crate) sow_work: u32,
    pub(crate) reap_work: u32,
    pub(crate) yields: Amounts,
    pub(crate) dies_below: i16,
}

impl Rules {
    /// Finds what is required; the faults say what is missing or there twice.
    pub(crate) fn resolve(definitions: &Definitions) -> Result<Self, Vec<DefinitionFault>> {
        let mut faults = system_jobs::surplus_needs(definitions);
        let needs = system_jobs::find_needs(definitions, &mut faults);
        let jobs = SystemJobs::find(definitions, &mut faults);
        let (Some(needs), Some(jobs), true) = (needs, jobs, faults.is_empty()) else {
            return Err(faults);
        };
        let items = &definitions.items;
        Ok(Self {
            needs,
            jobs,
            names: Names::of(definitions),
            skills: names_with(&definitions.skills, |skill| Some(skill.newcomer_max)),
            items: by_name(items, ItemDefinition::clone),
            kinds: by_name(&definitions.jobs, kind_rule),
            buildings: by_name(&definitions.buildings, building_rule),
            recipes: by_name(&definitions.recipes, recipe_rule),
            crops: by_name(&definitions.crops, crop_rule),
            food: names_of(items, |item| item.nutrition > 0),
            medicine: names_of(items, |item| item.medicine > 0),
            perishable: names_with(items, |item| item.spoils_after),
            harvested: harvested_terrain(definitions),
        })
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

    pub(crate) fn building(&self, building: Name) -> Option<&BuildingRule> {
        self.buildings.get(&building)
    }

    pub(crate) fn recipe(&self, recipe: Name) -> Option<&RecipeRule> {
        self.recipes.get(&recipe)
    }

    pub(crate) fn crop(&self, crop: Name) -> Option<&CropRule> {
        self.crops.get(&crop)
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

    /// The items that heal, in order of id.
    pub(crate) fn medicine_items(&self) -> impl Iterator<Item = Name> + '_ {
        self.medicine.iter().copied()
    }

    /// The items that spoil, in order of id, each with the ticks until it does.
    pub(crate) fn perishable_items(&self) -> &[(Name, u32)] {
        &self.perishable
    }

    /// Whether some kind of job harvests a terrain.
    pub(crate) fn is_harvested(&self, terrain: &str) -> bool {
        self.harvested.iter().any(|target| target == terrain)
    }

    /// The job that meets a need, where there is one.
    pub(crate) const fn job_for(&self, need: NeedKind) -> Option<&SystemJob> {
        match need {
            NeedKind::Food => Some(&self.jobs.eat),
            NeedKind::Rest => Some(&self.jobs.sleep),
            NeedKind::Recreation => self.jobs.relax.as_ref(),
        }
    }
}

fn by_name<T, R>(table: &BTreeMap<String, T>, rule: impl Fn(&T) -> R) -> Lookup<Name, R> {
    let rows = table.iter();
    rows.map(|(id, definition)| (Name::of(id), rule(definition)))
        .collect()
}

fn names_of<T>(table: &BTreeMap<String, T>, is_one: impl Fn(&T) -> bool) -> Vec<Name> {
    let fitting = table.iter().filter(|(_, definition)| is_one(definition));
    fitting.map(|(id, _)| Name::of(id)).collect()
}

fn names_with<T, V>(
    table: &BTreeMap<String, T>,
    value: impl Fn(&T) -> Option<V>,
) -> Vec<(Name, V)> {
    let rows = table.iter();
    rows.filter_map(|(id, definition)| Some((Name::of(id), value(definition)?)))
        .collect()
}

fn amounts(items: &BTreeMap<String, u32>) -> Amounts {
    names_with(items, |count| Some(*count))
}

fn skill_rule(skill: Option<&SkillUse>) -> Option<SkillRule> {
    skill.map(|used| SkillRule {
        skill: Name::of(&used.skill),
        level_min: used.level_min,
        experience: used.experience,
    })
}

fn kind_rule(job: &JobDefinition) -> KindRule {
    let outcome = |leaves: Option<&String>, yields| Outcome {
        leaves: leaves.cloned(),
        yields: amounts(yields),
    };
    KindRule {
        work: job.work,
        outcome: match &job.action {
            JobAction::Harvest { leaves, yields, .. } => Some(outcome(Some(leaves), yields)),
            JobAction::Labour { yields } => Some(outcome(None, yields)),
            _ => None,
        },
        skill: skill_rule(job.skill.as_ref()),
    }
}

fn building_rule(building: &BuildingDefinition) -> BuildingRule {
    BuildingRule {
        materials: amounts(&building.materials),
        work: building.work,
        walk_cost: building.walk_cost,
        purpose: building.purpose,
        comfort: building.comfort,
    }
}

fn recipe_rule(recipe: &RecipeDefinition) -> RecipeRule {
    RecipeRule {
        building: Name::of(&recipe.building),
        inputs: amounts(&recipe.inputs),
        outputs: amounts(&recipe.outputs),
        work: recipe.work,
        skill: skill_rule(recipe.skill.as_ref()),
    }
}

fn crop_rule(crop: &CropDefinition) -> CropRule {
    CropRule {
        seasons: crop.seasons.clone(),
        grow_ticks: crop.grow_ticks,
        sow_work: crop.sow_work,
        reap_work: crop.reap_work,
        yields: amounts(&crop.yields),
        dies_below: crop.dies_below,
    }
}

fn harvested_terrain(definitions: &Definitions) -> Vec<String> {
    let jobs = definitions.jobs.values();
    let targets = jobs.filter_map(|job| match &job.action {
        JobAction::Harvest { target, .. } => Some(target.clone()),
        _ => None,
    });
    targets.collect()
}
