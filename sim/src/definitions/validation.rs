//! Finds every fault of some definitions at once.

use std::collections::BTreeMap;
use std::fmt;

use thiserror::Error;

use super::{
    Definitions, FACTOR_MAX, ItemDefinition, JobAction, JobDefinition, LASTS_MAX, NEED_MAX,
    NeedDefinition, PRIORITY_MAX, Rules, STACK_MAX_LIMIT, TERRAIN_KINDS_MAX, TerrainDefinition,
    WALK_COST_MAX, WORK_TICKS_MAX, YIELD_MAX, place,
};
use crate::mood::MOOD_MAX;
use crate::names::{Names, ids_of};
use crate::nearest::suggestion;
use crate::setup::START_SYMBOL;

mod environment;
mod production;

/// One fault of a definition.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{}: {message}", place([self.kind, &self.id, self.field]))]
pub struct DefinitionFault {
    /// The table, such as `items`.
    pub kind: &'static str,
    /// Id of the definition; empty where one is missing altogether.
    pub id: String,
    /// The field; empty where the definition as a whole is meant.
    pub field: &'static str,
    /// What was found, what was expected.
    pub message: String,
}

/// A field of a definition, for messages: table, id, field.
type Place<'a> = (&'static str, &'a str, &'static str);

/// Faults gathered so far.
#[derive(Default)]
struct Faults(Vec<DefinitionFault>);

impl Faults {
    fn add(&mut self, (kind, id, field): Place<'_>, message: String) {
        self.0.push(DefinitionFault {
            kind,
            id: id.to_owned(),
            field,
            message,
        });
    }

    fn check_bounds<N: PartialOrd + fmt::Display>(
        &mut self,
        place: Place<'_>,
        found: N,
        (min, max): (N, N),
    ) {
        if found < min || found > max {
            self.add(place, format!("found {found}, expected {min} to {max}"));
        }
    }

    fn check_reference<T>(
        &mut self,
        place: Place<'_>,
        name: &str,
        (table, known): (&str, &BTreeMap<String, T>),
    ) {
        if !known.contains_key(name) {
            let known = suggestion(name, known.keys().map(String::as_str));
            self.add(place, format!("`{name}` is not defined in {table}{known}"));
        }
    }
}

pub(super) fn faults(definitions: &Definitions) -> Vec<DefinitionFault> {
    let mut faults = Faults::default();
    check_terrain(&mut faults, &definitions.terrain);
    for (id, item) in &definitions.items {
        check_item(&mut faults, id, item);
    }
    for (id, need) in &definitions.needs {
        check_need(&mut faults, id, need);
    }
    for (id, job) in &definitions.jobs {
        check_job(&mut faults, id, job, definitions);
    }
    production::check(&mut faults, definitions);
    environment::check(&mut faults, definitions);
    if let Some((first, second)) = Names::clash(ids_of(definitions)) {
        let message = format!("cannot be told from `{first}`, expected another id");
        faults.add(("items", second, ""), message);
    }
    faults
        .0
        .extend(Rules::resolve(definitions).err().unwrap_or_default());
    faults.0
}

fn check_id(faults: &mut Faults, kind: &'static str, id: &str) {
    if !is_id(id) {
        faults.add((kind, id, ""), format!("expected {ID_RULE}"));
    }
}

/// What an id looks like.
const ID_RULE: &str = "an id of lowercase letters, digits, `_` and `:` that starts with a letter";

fn is_id(id: &str) -> bool {
    id.starts_with(|first: char| first.is_ascii_lowercase())
        && id.chars().all(|letter| {
            letter.is_ascii_lowercase() || letter.is_ascii_digit() || "_:".contains(letter)
        })
}

fn check_terrain(faults: &mut Faults, terrain: &BTreeMap<String, TerrainDefinition>) {
    if terrain.len() > TERRAIN_KINDS_MAX {
        let message = format!(
            "found {} terrains, expected at most {TERRAIN_KINDS_MAX}",
            terrain.len()
        );
        faults.add(("terrain", "", ""), message);
    }
    let mut by_symbol: BTreeMap<char, &str> = BTreeMap::new();
    for (id, definition) in terrain {
        check_id(faults, "terrain", id);
        let symbol = definition.symbol;
        let place = ("terrain", id.as_str(), "symbol");
        if symbol == START_SYMBOL {
            faults.add(
                place,
                format!("`{START_SYMBOL}` marks the start of a map, expected another symbol"),
            );
        } else if symbol.is_whitespace() || symbol.is_control() {
            faults.add(
                place,
                format!("found {symbol:?}, expected a visible character"),
            );
        } else if let Some(first) = by_symbol.insert(symbol, id) {
            faults.add(
                place,
                format!("`{symbol}` already stands for `{first}`, expected another symbol"),
            );
        }
        if let Some(walk_cost) = definition.walk_cost {
            faults.check_bounds(("terrain", id, "walk_cost"), walk_cost, (1, WALK_COST_MAX));
        }
        let fertility = ("terrain", id.as_str(), "fertility");
        faults.check_bounds(fertility, definition.fertility, (0, FACTOR_MAX));
    }
}

fn check_item(faults: &mut Faults, id: &str, item: &ItemDefinition) {
    check_id(faults, "items", id);
    faults.check_bounds(
        ("items", id, "stack_max"),
        item.stack_max,
        (1, STACK_MAX_LIMIT),
    );
    faults.check_bounds(
        ("items", id, "haul_priority"),
        item.haul_priority,
        (0, PRIORITY_MAX),
    );
    faults.check_bounds(("items", id, "nutrition"), item.nutrition, (0, NEED_MAX));
    if let Some(ticks) = item.spoils_after {
        faults.check_bounds(("items", id, "spoils_after"), ticks, (1, LASTS_MAX));
    }
    let medicine = ("items", id, "medicine");
    faults.check_bounds(medicine, item.medicine, (0, crate::HEALTH_MAX));
    if !is_id(&item.category) {
        let found = &item.category;
        let message = format!("found `{found}`, expected {ID_RULE}");
        faults.add(("items", id, "category"), message);
    }
}

fn check_need(faults: &mut Faults, id: &str, need: &NeedDefinition) {
    faults.check_bounds(("needs", id, "decay"), need.decay, (0, NEED_MAX));
    faults.check_bounds(("needs", id, "seek_below"), need.seek_below, (0, NEED_MAX));
    faults.check_bounds(
        ("needs", id, "critical_below"),
        need.critical_below,
        (0, need.seek_below.min(NEED_MAX)),
    );
    faults.check_bounds(("needs", id, "damage"), need.damage, (0, crate::HEALTH_MAX));
    faults.check_bounds(("needs", id, "mood"), need.mood, (0, MOOD_MAX));
}

fn check_job(faults: &mut Faults, id: &str, job: &JobDefinition, definitions: &Definitions) {
    check_id(faults, "jobs", id);
    check_work(faults, id, job);
    if let Some(skill) = &job.skill {
        production::check_skill_use(faults, ("jobs", id), skill, definitions);
    }
    let place = ("jobs", id, "priority");
    match (&job.action, job.priority) {
        (JobAction::Haul, None) => {}
        (JobAction::Haul, Some(priority)) => {
            faults.add(
                place,
                format!("found {priority}, expected none: the haul_priority of the item decides"),
            );
        }
        (_, None) => faults.add(place, format!("is missing, expected 0 to {PRIORITY_MAX}")),
        (_, Some(priority)) => faults.check_bounds(place, priority, (0, PRIORITY_MAX)),
    }
    let yields = match &job.action {
        JobAction::Harvest {
            target,
            leaves,
            yields,
        } => {
            check_harvest(faults, id, (target, leaves), definitions);
            yields
        }
        JobAction::Labour { yields } => yields,
        _ => return,
    };
    let place = ("jobs", id, "yields");
    production::check_amounts(faults, place, yields, YIELD_MAX, definitions);
}

fn check_work(faults: &mut Faults, id: &str, job: &JobDefinition) {
    let place = ("jobs", id, "work");
    if !job.action.takes_time_of_its_object() {
        faults.check_bounds(place, job.work, (1, WORK_TICKS_MAX));
    } else if job.work != 0 {
        let found = job.work;
        let message =
            format!("found {found}, expected none: what is built, made or grown says how long");
        faults.add(place, message);
    }
    if job.skill.is_some() && matches!(job.action, JobAction::Craft) {
        let message = "is given, expected none: the recipe says what skill it takes";
        faults.add(("jobs", id, "skill"), message.to_owned());
    }
}

fn check_harvest(
    faults: &mut Faults,
    id: &str,
    (target, leaves): (&str, &str),
    definitions: &Definitions,
) {
    faults.check_reference(
        ("jobs", id, "target"),
        target,
        ("terrain", &definitions.terrain),
    );
    let place = ("jobs", id, "leaves");
    faults.check_reference(place, leaves, ("terrain", &definitions.terrain));
    // Paths and colonists rely on it: ground that can be walked on stays so.
    if definitions
        .terrain
        .get(leaves)
        .is_some_and(|left| left.walk_cost.is_none())
    {
        faults.add(
            place,
            format!("`{leaves}` cannot be walked on, expected a terrain with a walk_cost"),
        );
    }
    if target == leaves {
        faults.add(
            place,
            format!("`{leaves}` is the target itself, expected another terrain"),
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_support::definitions;

    type Change = fn(&mut Definitions);

    fn found(change: Change) -> Vec<String> {
        let mut changed = definitions();
        change(&mut changed);
        changed.validate().iter().map(ToString::to_string).collect()
    }

    #[test]
    fn the_example_definitions_have_no_fault() {
        assert_eq!(definitions().validate(), []);
    }

    #[test]
    fn a_bound_is_checked_at_its_place() {
        let rows: &[(&str, Change)] = &[
            ("terrain.grass.symbol: `@` marks", |d| {
                d.terrain.get_mut("grass").unwrap().symbol = '@'
            }),
            ("terrain.grass.symbol: found '\\n'", |d| {
                d.terrain.get_mut("grass").unwrap().symbol = '\n'
            }),
            ("terrain.rock.symbol: `.` already stands for `grass`", |d| {
                d.terrain.get_mut("rock").unwrap().symbol = '.'
            }),
            ("terrain.grass.walk_cost: found 0", |d| {
                d.terrain.get_mut("grass").unwrap().walk_cost = Some(0)
            }),
            ("items.wood.stack_max: found 0", |d| {
                d.items.get_mut("wood").unwrap().stack_max = 0
            }),
            ("items.wood.haul_priority: found 11", |d| {
                d.items.get_mut("wood").unwrap().haul_priority = 11
            }),
            ("items.meal.nutrition: found 10001", |d| {
                d.items.get_mut("meal").unwrap().nutrition = 10_001
            }),
            ("needs.food.seek_below: found 10001", |d| {
                d.needs.get_mut("food").unwrap().seek_below = 10_001
            }),
            ("needs.food.critical_below: found 9999", |d| {
                d.needs.get_mut("food").unwrap().critical_below = 9_999
            }),
            ("needs.food.decay: found 10001", |d| {
                d.needs.get_mut("food").unwrap().decay = 10_001
            }),
            ("needs.food.damage: found 10001", |d| {
                d.needs.get_mut("food").unwrap().damage = 10_001
            }),
            ("jobs.haul.priority: found 3, expected none", |d| {
                d.jobs.get_mut("haul").unwrap().priority = Some(3)
            }),
            ("jobs.chop.priority: is missing", |d| {
                d.jobs.get_mut("chop").unwrap().priority = None
            }),
            ("jobs.chop.priority: found 11", |d| {
                d.jobs.get_mut("chop").unwrap().priority = Some(11)
            }),
            ("jobs.chop.work: found 0", |d| {
                d.jobs.get_mut("chop").unwrap().work = 0
            }),
        ];
        for (expected, change) in rows {
            let found = found(*change);
            assert_eq!(found.len(), 1, "expected {expected}, found {found:?}");
            assert!(
                found[0].starts_with(expected),
                "expected {expected}, found {found:?}"
            );
        }
    }

    #[test]
    fn missing_and_surplus_definitions_are_named() {
        let rows: &[(&str, Change)] = &[
            ("items.Wood: expected an id", |d| {
                let wood = d.items["wood"].clone();
                d.items.insert("Wood".to_owned(), wood);
            }),
            ("needs.rest: is missing", |d| {
                d.needs.remove("rest");
            }),
            (
                "needs.foot: is no need of colonists; did you mean `food`?",
                |d| {
                    let food = d.needs["food"];
                    d.needs.insert("foot".to_owned(), food);
                },
            ),
            ("jobs: no job has the action `sleep`", |d| {
                drop(d.jobs.remove("sleep"))
            }),
            ("jobs.sleep.action: `sleep` is done by `nap` already", |d| {
                let sleep = d.jobs["sleep"].clone();
                d.jobs.insert("nap".to_owned(), sleep);
            }),
        ];
        for (expected, change) in rows {
            let found = found(*change);
            assert_eq!(found.len(), 1, "expected {expected}, found {found:?}");
            assert!(
                found[0].starts_with(expected),
                "expected {expected}, found {found:?}"
            );
        }
    }

    #[test]
    fn all_faults_of_a_harvest_are_listed() {
        let found = found(|d| {
            d.jobs.get_mut("chop").unwrap().action = JobAction::Harvest {
                target: "tee".to_owned(),
                leaves: "water".to_owned(),
                yields: BTreeMap::from([("wod".to_owned(), 0)]),
            };
        });
        assert_eq!(
            found,
            [
                "jobs.chop.target: `tee` is not defined in terrain; did you mean `tree`?",
                "jobs.chop.leaves: `water` cannot be walked on, expected a terrain with a walk_cost",
                "jobs.chop.yields: `wod` is not defined in items; did you mean `wood`?",
                "jobs.chop.yields: found 0, expected 1 to 1000",
            ]
        );
    }
}
