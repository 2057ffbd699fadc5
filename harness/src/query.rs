//! World queries: facts about the colony by name.

use std::collections::BTreeMap;

use modding::diagnostic::{Fault, nearest};
use modding::value::Value;
use sim::{Colony, PlotFacts, PlotStage, View};

/// The queries, with what they tell. `<...>` stands for an id of the colony's definitions.
pub const QUERIES: &[(&str, &str)] = &[
    ("tick", "the current tick"),
    ("colonists.alive", "living colonists"),
    ("colonists.died", "colonists that died"),
    (
        "colonists.died.<cause>",
        "colonists that died of a cause, such as `starvation`",
    ),
    (
        "colonists.mood",
        "the mean mood of the living, up to 10,000; 0 if there are none",
    ),
    ("buildings.<building>", "finished buildings of a kind"),
    ("buildings.<building>.planned", "blueprints of a kind"),
    ("plots.<crop>", "plots for a crop"),
    ("plots.<crop>.ripe", "plots for a crop that can be reaped"),
    ("jobs.open", "jobs on the board"),
    ("jobs.open.<kind>", "jobs of a kind on the board"),
    ("jobs.done", "jobs done since the start"),
    ("jobs.done.<kind>", "jobs of a kind done since the start"),
    ("items.<item>", "items of a kind in the colony"),
    ("items.<item>.stored", "items of a kind in stockpiles"),
    ("terrain.<terrain>", "tiles of a terrain"),
    ("day", "the day of the colony; the first is 1"),
    ("hour", "the hour of the day, 0 to 23"),
    ("year", "the year; the first is 1"),
    ("season", "the season; `none` without seasons"),
    ("temperature", "tenths of a degree Celsius"),
    ("weather", "the weather; `none` where the season has none"),
    (
        "incidents.<incident>",
        "whether an incident runs: 1, or 0 if not",
    ),
];

/// Whether there is such a query; ids of definitions are checked when it is asked.
///
/// # Errors
/// Names the nearest query.
pub fn check(query: &str) -> Result<(), Fault> {
    let known = QUERIES.iter().any(|(pattern, _)| fits(pattern, query));
    if known {
        return Ok(());
    }
    let fault = Fault::new(format!("unknown query `{query}`"));
    Err(
        match nearest(query, QUERIES.iter().map(|(pattern, _)| *pattern)) {
            Some(pattern) => fault.help(format!("did you mean `{pattern}`?")),
            None => {
                let all: Vec<&str> = QUERIES.iter().map(|(pattern, _)| *pattern).collect();
                fault.help(format!("the queries: {}", all.join(", ")))
            }
        },
    )
}

/// What is wrong with a query that has no answer, with what is defined instead.
pub fn undefined(colony: &Colony, query: &str) -> Fault {
    let fault = Fault::new(format!(
        "`{query}` names something that the colony has no definition of"
    ));
    let definitions = colony.definitions();
    let steps: Vec<&str> = query.split('.').collect();
    let (name, known) = match *steps.as_slice() {
        ["buildings", name, ..] => (name, ids(&definitions.buildings)),
        ["plots", name, ..] => (name, ids(&definitions.crops)),
        ["jobs", _, name] => (name, ids(&definitions.jobs)),
        ["items", name, ..] => (name, ids(&definitions.items)),
        ["terrain", name] => (name, ids(&definitions.terrain)),
        ["incidents", name] => (name, ids(&definitions.incidents)),
        _ => return fault,
    };
    fault.suggest_some(name, known)
}

fn ids<T>(defined: &BTreeMap<String, T>) -> Vec<&str> {
    defined.keys().map(String::as_str).collect()
}

/// The answer of a query; `None` where it names something that the colony has no definition of.
pub fn ask(colony: &Colony, query: &str) -> Option<Value> {
    let view = colony.view();
    let definitions = colony.definitions();
    let steps: Vec<&str> = query.split('.').collect();
    let count = match *steps.as_slice() {
        ["tick"] => view.tick(),
        ["colonists", "alive"] => view.colonists().count() as u64,
        ["colonists", "died"] => view.deaths(),
        ["colonists", "died", cause] => view.deaths_by_cause().get(cause).copied().unwrap_or(0),
        ["colonists", "mood"] => mean_mood(view),
        ["buildings", kind] if definitions.buildings.contains_key(kind) => {
            count_buildings(view, kind, true)
        }
        ["buildings", kind, "planned"] if definitions.buildings.contains_key(kind) => {
            count_buildings(view, kind, false)
        }
        ["plots", crop] if definitions.crops.contains_key(crop) => {
            view.plots().filter(|plot| plot.crop == crop).count() as u64
        }
        ["plots", crop, "ripe"] if definitions.crops.contains_key(crop) => {
            let ripe = |plot: &PlotFacts| plot.crop == crop && plot.stage == PlotStage::Ripe;
            view.plots().filter(ripe).count() as u64
        }
        ["jobs", "open"] => view.jobs().count() as u64,
        ["jobs", "open", kind] if definitions.jobs.contains_key(kind) => {
            view.jobs().filter(|job| job.kind == kind).count() as u64
        }
        ["jobs", "done"] => view.jobs_done(None),
        ["jobs", "done", kind] if definitions.jobs.contains_key(kind) => view.jobs_done(Some(kind)),
        ["items", item] if definitions.items.contains_key(item) => view.item_total(item),
        ["items", item, "stored"] if definitions.items.contains_key(item) => view.item_stored(item),
        ["day"] => u64::from(view.day()),
        ["hour"] => u64::from(view.hour()),
        ["year"] => u64::from(view.year()),
        ["season"] => return Some(Value::text(view.season().unwrap_or("none"))),
        ["temperature"] => return Some(Value::Integer(view.temperature().into())),
        ["weather"] => return Some(Value::text(view.weather().unwrap_or("none"))),
        ["incidents", id] if definitions.incidents.contains_key(id) => view
            .incidents()
            .filter(|facts| facts.incident == id)
            .count() as u64,
        ["terrain", terrain] if definitions.terrain.contains_key(terrain) => {
            u64::from(view.tile_count(terrain))
        }
        _ => return None,
    };
    i64::try_from(count).ok().map(Value::Integer)
}

fn count_buildings(view: View<'_>, kind: &str, is_built: bool) -> u64 {
    let buildings = view.buildings();
    let counted =
        buildings.filter(|building| building.kind == kind && building.is_built == is_built);
    counted.count() as u64
}

fn mean_mood(view: View<'_>) -> u64 {
    let moods = view.colonists().map(|colonist| u64::from(colonist.mood));
    let (sum, count) = moods.fold((0, 0), |(sum, count), mood| (sum + mood, count + 1));
    u64::checked_div(sum, count).unwrap_or(0)
}

fn fits(pattern: &str, query: &str) -> bool {
    let (pattern, query): (Vec<&str>, Vec<&str>) =
        (pattern.split('.').collect(), query.split('.').collect());
    let step_fits = |(pattern, step): (&&str, &&str)| {
        pattern == step || (pattern.starts_with('<') && !step.is_empty())
    };
    pattern.len() == query.len() && pattern.iter().zip(&query).all(step_fits)
}

#[cfg(test)]
mod tests {
    use super::check;

    #[test]
    fn queries_are_known_by_their_pattern() {
        for (query, known) in [
            ("colonists.alive", true),
            ("jobs.done.haul", true),
            ("items.wood.stored", true),
            ("items", false),
            ("colonists.alvie", false),
            ("items.wood.lost", false),
            ("terrain.", false),
            ("season", true),
            ("incidents.heat_wave", true),
        ] {
            assert_eq!(check(query).is_ok(), known, "{query}");
        }
        let help = check("colonists.alvie").unwrap_err().help;
        assert_eq!(help.as_deref(), Some("did you mean `colonists.alive`?"));
    }
}
