//! Reads a scenario file as a whole; actions and expectations have readers of their own.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use modding::diagnostic::{Fault, Place};
use modding::document::{Document, TableReader, ValueReader};
use modding::mod_id::ModId;
use sim::{COLONISTS_MAX, MAP_SIDE_MAX, MAP_SIDE_MIN, MapSource};

use super::action::read_action;
use super::expectation::{read_expectation, read_step_expectation};
use super::snapshot::read_snapshot;
use super::{Action, Check, ColonySetup, ModChoice, Scenario, Step, TICKS_MAX, Vocabulary};
use crate::workspace::disk;

/// The columns and rows of a generated map unless the scenario says otherwise.
const DEFAULT_SIZE: (u16, u16) = (48, 32);

/// How many colonists there are unless the scenario says otherwise.
const DEFAULT_COLONISTS: u32 = 8;

/// What the readers of parts need to know of the whole.
pub(super) struct Context<'a> {
    /// The folder in which the scenario is.
    pub(super) folder: &'a Path,
    /// The names that may be used.
    pub(super) vocabulary: &'a Vocabulary<'a>,
    /// The scenario's last tick.
    pub(super) ticks: u64,
    /// The mods that the scenario runs with.
    pub(super) mods: &'a BTreeSet<ModId>,
}

/// Reads the scenario at `path` and every file that it names.
pub fn read_scenario(path: &Path, vocabulary: &Vocabulary<'_>) -> Result<Scenario, Vec<Fault>> {
    let Some(shown) = path.to_str() else {
        return Err(vec![
            Fault::new(format!("the path `{}` is not UTF-8", path.display()))
                .help("rename the file"),
        ]);
    };
    let shown: Arc<str> = shown.replace('\\', "/").into();
    if path.is_dir() {
        let fault = Fault::new(format!("`{shown}` is a folder, expected a scenario file"));
        let help = format!("to run every scenario in it: colony-sim test {shown}");
        return Err(vec![fault.help(help)]);
    }
    let source: Arc<str> = disk::read_text(path, &shown)
        .map_err(|fault| vec![fault])?
        .into();
    parse_scenario(path, shown, source, vocabulary)
}

/// Reads a scenario whose text is `source`, as if it stood at `path`, known as `shown`, and every file that it names.
///
/// # Errors
/// Everything that is wrong with it.
pub fn parse_scenario(
    path: &Path,
    shown: Arc<str>,
    source: Arc<str>,
    vocabulary: &Vocabulary<'_>,
) -> Result<Scenario, Vec<Fault>> {
    let document = Document::parse(shown.clone(), &source)?;
    let folder = path.parent().unwrap_or(Path::new(""));
    let scenario = read_root(document.root(), folder, vocabulary, &shown, &source);
    let faults = document.into_faults();
    match scenario {
        Some(scenario) if faults.is_empty() => Ok(scenario),
        _ => Err(faults),
    }
}

fn read_root(
    mut root: TableReader<'_>,
    folder: &Path,
    vocabulary: &Vocabulary<'_>,
    file: &Arc<str>,
    source: &Arc<str>,
) -> Option<Scenario> {
    let schema = root
        .required("schema")
        .and_then(|value| value.integer(1..=1_u8));
    let name = root.required("name").and_then(|value| value.string());
    let description = root
        .optional("description")
        .and_then(|value| value.string().map(str::to_owned));
    let seed = root
        .required("seed")
        .and_then(|value| value.integer(0..=u64::MAX));
    let ticks = root
        .required("ticks")
        .and_then(|value| value.integer(1..=TICKS_MAX));
    let colony = read_colony(root.optional("colony"), folder);
    let mods = root
        .required("mods")
        .map(|value| read_mods(&value))
        .unwrap_or_default();
    let additions = read_additions(root.optional("step"), &mods);
    let choices = mods.iter().chain(&additions);
    let ids = choices.map(|choice| choice.id.clone()).collect();
    let context = Context {
        folder,
        vocabulary,
        ticks: ticks.unwrap_or(TICKS_MAX),
        mods: &ids,
    };
    let mut steps: Vec<Step> = read_tables(root.optional("step"))
        .into_iter()
        .filter_map(|table| read_step(table, &context))
        .collect();
    steps.sort_by_key(|step| step.at);
    let expectations: Vec<_> = read_tables(root.optional("expect"))
        .into_iter()
        .filter_map(|table| read_expectation(table, &context))
        .collect();
    let snapshot = root
        .optional("snapshot")
        .and_then(|value| read_snapshot(&value, &context));
    let scenario = Scenario {
        name: name.unwrap_or_default().to_owned(),
        description,
        seed: seed.unwrap_or_default(),
        ticks: context.ticks,
        colony,
        mods,
        additions,
        steps,
        expectations,
        snapshot,
        file: file.clone(),
        source: source.clone(),
    };
    for fault in reference_faults(&scenario) {
        root.report(fault);
    }
    root.finish();
    (schema.is_some() && name.is_some() && seed.is_some() && ticks.is_some()).then_some(scenario)
}

fn read_colony(value: Option<ValueReader<'_>>, folder: &Path) -> ColonySetup {
    let (width, height) = DEFAULT_SIZE;
    let mut setup = ColonySetup {
        map: MapSource::Generated { width, height },
        map_file: None,
        colonists: DEFAULT_COLONISTS,
        stock: BTreeMap::new(),
        stock_places: BTreeMap::new(),
        place: None,
    };
    let Some(mut table) = value.and_then(|value| value.table()) else {
        return setup;
    };
    setup.place = Some(table.place());
    let (map, size) = (table.optional("map"), table.optional("size"));
    if let (Some(_), Some(size)) = (&map, &size) {
        size.fault("expected either `map` or `size`, found both: a map has its own size");
    }
    if let Some((width, height)) = size.and_then(|value| read_size(&value)) {
        setup.map = MapSource::Generated { width, height };
    }
    if let Some((file, text)) = map.and_then(|value| read_map(&value, folder)) {
        setup.map = MapSource::Ascii(text);
        setup.map_file = Some(file);
    }
    if let Some(colonists) = table
        .optional("colonists")
        .and_then(|value| value.integer(1..=COLONISTS_MAX))
    {
        setup.colonists = colonists;
    }
    if let Some(stock) = table.optional("stock").and_then(|value| value.table()) {
        for (item, count) in stock.into_entries() {
            if let Some(count) = count.integer(0..=u32::MAX) {
                setup.stock.insert(item.text.to_owned(), count);
                let place = item.place();
                setup.stock_places.insert(item.text.to_owned(), place);
            }
        }
    }
    table.finish();
    setup
}

fn read_size(value: &ValueReader<'_>) -> Option<(u16, u16)> {
    let sides = value.array()?;
    let [width, height] = sides.as_slice() else {
        value.fault(format!(
            "expected `[width, height]`, found {} elements",
            sides.len()
        ));
        return None;
    };
    let side = |value: &ValueReader<'_>| value.integer(MAP_SIDE_MIN..=MAP_SIDE_MAX);
    let (width, height) = (side(width), side(height));
    Some((width?, height?))
}

fn read_map(value: &ValueReader<'_>, folder: &Path) -> Option<(Arc<str>, String)> {
    let name = path_beside(value)?;
    let path = folder.join(name);
    let shown = path.to_string_lossy().replace('\\', "/");
    let text = disk::read_text(&path, &shown)
        .map_err(|fault| value.report(fault))
        .ok()?;
    Some((shown.into(), text))
}

/// The value as a path relative to the scenario's folder. It may lead out of it, to the project's mods for example.
pub(super) fn path_beside<'d>(value: &ValueReader<'d>) -> Option<&'d str> {
    let path = value.string()?;
    if path.is_empty() || path.contains(['\\', '\0', ':']) || path.starts_with('/') {
        value
            .fault("expected a path relative to the scenario's folder, with `/` between its parts");
        return None;
    }
    Some(path)
}

fn read_mods(value: &ValueReader<'_>) -> Vec<ModChoice> {
    let Some(mut table) = value.table() else {
        return Vec::new();
    };
    let elements = table
        .required("load")
        .and_then(|load| load.array())
        .unwrap_or_default();
    table.finish();
    let mut choices: Vec<ModChoice> = Vec::new();
    for element in elements {
        if let Some(choice) = read_mod_choice(&element) {
            if choices.iter().any(|other| other.id == choice.id) {
                element.fault(format!("the mod `{}` is listed twice", choice.id));
            }
            choices.push(choice);
        }
    }
    choices
}

/// The mods that `add` steps name and that are not in the list already. Their other keys are checked when the steps are read.
fn read_additions<'d>(steps: Option<ValueReader<'d>>, loaded: &[ModChoice]) -> Vec<ModChoice> {
    let mut additions: Vec<ModChoice> = Vec::new();
    for mut step in read_tables(steps) {
        let in_fault = |step: &mut TableReader<'d>| {
            let mut fault = step.optional("fault")?.as_table()?;
            fault.optional("during")?.as_table()?.optional("add")
        };
        let add = step.optional("add").or_else(|| in_fault(&mut step));
        let Some(mut add) = add.and_then(ValueReader::as_table) else {
            continue;
        };
        let Some(value) = add.optional("mod").filter(ValueReader::is_string) else {
            continue;
        };
        let text = value.string().unwrap_or_default();
        let Ok(id) = ModId::parse(text) else {
            continue;
        };
        let from = add.optional("from").filter(ValueReader::is_string);
        let from = from.and_then(|from| from.string().map(str::to_owned));
        let mut known = loaded.iter().chain(&additions);
        if !known.any(|choice| choice.id == id) {
            additions.push(ModChoice {
                id,
                version: None,
                from,
                place: value.place(),
            });
        }
    }
    additions
}

fn read_mod_choice(value: &ValueReader<'_>) -> Option<ModChoice> {
    let place = value.place();
    if value.is_string() {
        let id = read_mod_id(value)?;
        return Some(ModChoice {
            id,
            version: None,
            from: None,
            place,
        });
    }
    let Some(mut table) = value.clone().as_table() else {
        return value.mismatch("a mod id or a table `{ id, version, from }`");
    };
    let id = table.required("id").and_then(|value| read_mod_id(&value));
    let version = table
        .optional("version")
        .and_then(|value| value.parsed("a version range", "^1.2"));
    let from = table
        .optional("from")
        .and_then(|value| path_beside(&value).map(str::to_owned));
    table.finish();
    Some(ModChoice {
        id: id?,
        version,
        from,
        place,
    })
}

/// The value as a mod id, loaded or not.
pub(super) fn read_mod_id(value: &ValueReader<'_>) -> Option<ModId> {
    let text = value.string()?;
    ModId::parse(text)
        .map_err(|error| value.fault(error.to_string()))
        .ok()
}

/// The value as the id of a mod that the scenario runs with.
pub(super) fn read_loaded_mod(value: &ValueReader<'_>, context: &Context<'_>) -> Option<ModId> {
    let id = read_mod_id(value)?;
    if let Some(fault) = not_loaded(&id, context) {
        value.report(fault);
        return None;
    }
    Some(id)
}

/// The fault of naming a mod that the scenario does not run with.
pub(super) fn not_loaded(id: &ModId, context: &Context<'_>) -> Option<Fault> {
    if context.mods.contains(id) {
        return None;
    }
    let fault = Fault::new(format!(
        "the mod `{id}` is not in the list `load` under `[mods]`, and no step adds it"
    ));
    Some(fault.suggest(id.as_str(), context.mods.iter().map(ModId::as_str)))
}

fn read_tables<'d>(value: Option<ValueReader<'d>>) -> Vec<TableReader<'d>> {
    let elements = value.and_then(|value| value.array()).unwrap_or_default();
    elements.iter().filter_map(ValueReader::table).collect()
}

fn read_step(mut table: TableReader<'_>, context: &Context<'_>) -> Option<Step> {
    let at = table
        .required("at")
        .and_then(|value| value.integer(1..=context.ticks));
    let label = table
        .optional("label")
        .and_then(|value| value.string().map(str::to_owned));
    let expect = table
        .optional("expect")
        .and_then(|value| read_step_expectation(&value, context.vocabulary));
    let action = read_action(&mut table, context);
    table.finish();
    let (action, place) = action?;
    Some(Step {
        at: at?,
        label,
        action,
        expect,
        place,
    })
}

/// The faults of parts that refer to each other: labels, and the names of saves.
fn reference_faults(scenario: &Scenario) -> Vec<Fault> {
    let mut faults = Vec::new();
    let mut labels: BTreeSet<&str> = BTreeSet::new();
    let mut saves: BTreeSet<&str> = BTreeSet::new();
    for step in &scenario.steps {
        if let Some(label) = &step.label
            && !labels.insert(label)
        {
            faults.push(
                Fault::new(format!("two steps have the label `{label}`")).at(step.place.clone()),
            );
        }
        match &step.action {
            Action::Save { name } => _ = saves.insert(name),
            Action::Load { name } if !saves.contains(name.as_str()) => {
                let fault =
                    Fault::new(format!("no earlier step saves `{name}`")).at(step.place.clone());
                faults.push(fault.suggest(name, saves.iter().copied()));
            }
            _ => {}
        }
    }
    let missing_label = |label: &str, place: &Place| {
        let fault = Fault::new(format!("no step has the label `{label}`")).at(place.clone());
        fault.suggest(label, labels.iter().copied())
    };
    for expectation in &scenario.expectations {
        if let Check::HashEqualsWithoutStep { label } = &expectation.check
            && !labels.contains(label.as_str())
        {
            faults.push(missing_label(label, &expectation.place));
        }
    }
    faults
}
