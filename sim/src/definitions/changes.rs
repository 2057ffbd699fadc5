//! What differs between two sets of definitions, and what a change of each field does to what lives.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use super::{
    Definitions, ItemDefinition, JobAction, JobDefinition, NeedDefinition, TerrainDefinition, place,
};

mod environment;
mod production;

/// What a change of a definition does to a running colony.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChangeRule {
    /// It counts from the next tick on, for what is under way, too.
    Now,
    /// It counts for what begins from now on; what is under way stays as it began.
    NextUse,
    /// It counts at once, and what it leaves no room for is brought within its bounds.
    Clamp,
    /// It cannot be while something uses what would change.
    Refuse,
}

/// A difference between the definitions a colony had and those it has now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DefinitionChange {
    /// The table, such as `items`.
    pub kind: &'static str,
    /// Id of the definition.
    pub id: String,
    /// The field; empty where the definition as a whole is new or gone.
    pub field: &'static str,
    /// What the change does to what lives.
    pub rule: ChangeRule,
    /// What it was and what it is, for people to read.
    pub message: String,
}

impl fmt::Display for DefinitionChange {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let place = place([self.kind, &self.id, self.field]);
        write!(formatter, "{place}: {}", self.message)
    }
}

/// Every difference, in order of table and id.
pub(crate) fn changes(old: &Definitions, new: &Definitions) -> Vec<DefinitionChange> {
    let mut changes = Vec::new();
    compare(
        &mut changes,
        "terrain",
        (&old.terrain, &new.terrain),
        compare_terrain,
    );
    compare(
        &mut changes,
        "items",
        (&old.items, &new.items),
        compare_item,
    );
    compare(
        &mut changes,
        "needs",
        (&old.needs, &new.needs),
        compare_need,
    );
    compare(&mut changes, "jobs", (&old.jobs, &new.jobs), compare_job);
    production::compare_all(&mut changes, old, new);
    compare_environment(&mut changes, old, new);
    changes
}

fn compare_environment(changes: &mut Vec<DefinitionChange>, old: &Definitions, new: &Definitions) {
    compare(
        changes,
        "seasons",
        (&old.seasons, &new.seasons),
        environment::compare_season,
    );
    compare(
        changes,
        "weather",
        (&old.weather, &new.weather),
        environment::compare_weather,
    );
    compare(
        changes,
        "incidents",
        (&old.incidents, &new.incidents),
        environment::compare_incident,
    );
    compare(
        changes,
        "storyteller",
        (&old.storyteller, &new.storyteller),
        environment::compare_storyteller,
    );
}

/// Compares the fields of a definition that both have. Each takes its old definition apart by name, so that a field
/// nobody decided about does not compile.
type CompareFields<T> = fn(&mut Fields<'_>, &T, &T);

fn compare<T>(
    changes: &mut Vec<DefinitionChange>,
    kind: &'static str,
    (old, new): (&BTreeMap<String, T>, &BTreeMap<String, T>),
    compare_fields: CompareFields<T>,
) {
    let ids: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
    for id in ids {
        let mut fields = Fields { kind, id, changes };
        match (old.get(id), new.get(id)) {
            (Some(old), Some(new)) => compare_fields(&mut fields, old, new),
            (Some(_), None) => {
                let (rule, message) = when_gone(kind);
                fields.add("", rule, message.to_owned());
            }
            (None, _) => fields.add("", ChangeRule::Now, "is new".to_owned()),
        }
    }
}

/// What it does to what lives that a definition of a table is gone.
fn when_gone(kind: &str) -> (ChangeRule, &'static str) {
    match kind {
        "seasons" | "weather" | "incidents" => {
            (ChangeRule::Clamp, "is gone, and over where it was on")
        }
        "skills" => (
            ChangeRule::Clamp,
            "is gone, and forgotten by all who had it",
        ),
        "recipes" => (ChangeRule::Clamp, "is gone, and so are the orders for it"),
        "storyteller" => (ChangeRule::Now, "is gone"),
        _ => (ChangeRule::Refuse, "is gone, nothing used it"),
    }
}

/// The fields of one definition.
struct Fields<'a> {
    kind: &'static str,
    id: &'a str,
    changes: &'a mut Vec<DefinitionChange>,
}

impl Fields<'_> {
    fn add(&mut self, field: &'static str, rule: ChangeRule, message: String) {
        self.changes.push(DefinitionChange {
            kind: self.kind,
            id: self.id.to_owned(),
            field,
            rule,
            message,
        });
    }

    fn compare(
        &mut self,
        field: &'static str,
        rule: ChangeRule,
        old: impl fmt::Display,
        new: impl fmt::Display,
    ) {
        let (old, new) = (old.to_string(), new.to_string());
        if old != new {
            let when = match rule {
                ChangeRule::Now | ChangeRule::Clamp => "from now on",
                ChangeRule::NextUse => "from the next use on",
                ChangeRule::Refuse => "which touches nothing",
            };
            self.add(field, rule, format!("`{old}` becomes `{new}`, {when}"));
        }
    }
}

fn compare_terrain(fields: &mut Fields<'_>, old: &TerrainDefinition, new: &TerrainDefinition) {
    let TerrainDefinition {
        symbol,
        walk_cost,
        fertility,
    } = old;
    fields.compare("fertility", ChangeRule::Now, fertility, new.fertility);
    fields.compare("symbol", ChangeRule::Now, symbol, new.symbol);
    let rule = if new.walk_cost.is_none() {
        ChangeRule::Refuse
    } else {
        ChangeRule::Now
    };
    fields.compare(
        "walk_cost",
        rule,
        or_none(*walk_cost),
        or_none(new.walk_cost),
    );
}

fn compare_item(fields: &mut Fields<'_>, old: &ItemDefinition, new: &ItemDefinition) {
    let ItemDefinition {
        stack_max,
        haul_priority,
        nutrition,
        spoils_after,
        medicine,
        category,
    } = old;
    fields.compare("stack_max", ChangeRule::NextUse, stack_max, new.stack_max);
    fields.compare(
        "haul_priority",
        ChangeRule::NextUse,
        haul_priority,
        new.haul_priority,
    );
    let rule = if new.nutrition == 0 {
        ChangeRule::Clamp
    } else {
        ChangeRule::Now
    };
    fields.compare("nutrition", rule, nutrition, new.nutrition);
    fields.compare(
        "spoils_after",
        ChangeRule::Now,
        or_none(*spoils_after),
        or_none(new.spoils_after),
    );
    let rule = if new.medicine == 0 {
        ChangeRule::Clamp
    } else {
        ChangeRule::Now
    };
    fields.compare("medicine", rule, medicine, new.medicine);
    fields.compare("category", ChangeRule::Now, category, &new.category);
}

fn compare_need(fields: &mut Fields<'_>, old: &NeedDefinition, new: &NeedDefinition) {
    let NeedDefinition {
        decay,
        seek_below,
        critical_below,
        damage,
        mood,
    } = old;
    fields.compare("mood", ChangeRule::Now, mood, new.mood);
    fields.compare("decay", ChangeRule::Now, decay, new.decay);
    fields.compare("seek_below", ChangeRule::Now, seek_below, new.seek_below);
    fields.compare(
        "critical_below",
        ChangeRule::Now,
        critical_below,
        new.critical_below,
    );
    fields.compare("damage", ChangeRule::Now, damage, new.damage);
}

fn compare_job(fields: &mut Fields<'_>, old: &JobDefinition, new: &JobDefinition) {
    let JobDefinition {
        action,
        priority,
        work,
        skill,
    } = old;
    match (action, &new.action) {
        (
            JobAction::Harvest {
                target,
                leaves,
                yields,
            },
            JobAction::Harvest {
                target: new_target,
                leaves: new_leaves,
                yields: new_yields,
            },
        ) => {
            fields.compare("target", ChangeRule::Refuse, target, new_target);
            fields.compare("leaves", ChangeRule::NextUse, leaves, new_leaves);
            fields.compare(
                "yields",
                ChangeRule::NextUse,
                listed(yields),
                listed(new_yields),
            );
        }
        (JobAction::Labour { yields }, JobAction::Labour { yields: new }) => {
            fields.compare("yields", ChangeRule::NextUse, listed(yields), listed(new));
        }
        (old, new) => fields.compare("action", ChangeRule::Refuse, old.name(), new.name()),
    }
    fields.compare(
        "priority",
        ChangeRule::NextUse,
        or_none(*priority),
        or_none(new.priority),
    );
    fields.compare("work", ChangeRule::Now, work, new.work);
    production::compare_skill_use(fields, skill.as_ref(), new.skill.as_ref());
}

fn or_none(value: Option<impl fmt::Display>) -> String {
    value.map_or_else(|| "none".to_owned(), |value| value.to_string())
}

fn listed(counts: &BTreeMap<String, u32>) -> String {
    let counts: Vec<String> = counts
        .iter()
        .map(|(id, count)| format!("{count} {id}"))
        .collect();
    counts.join(", ")
}
