//! The content of a snapshot: facts first, a line for each, that names whose fact it is; hashes last.
//!
//! ```text
//! [jobs]
//! job 412 (haul), priority: 9
//!
//! [hashes]
//! rules_version: 2
//! jobs: 9f3c1e07a2b44d18c05e77d1b6a8f432
//! ```

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use modding::api;
use modding::context::EmittedEvent;
use modding::host::Host;
use modding::mod_id::ModId;
use modding::trace::Trace;
use modding::value::Value;
use sim::{Position, RULES_VERSION};

use crate::report::json::hex;
use crate::scenario::Section;

/// What happened in the tick of a snapshot.
#[derive(Clone, Copy, Debug, Default)]
pub struct TickEvents<'a> {
    /// Events of the colony.
    pub colony: &'a [sim::Event],
    /// Events of mods.
    pub mods: &'a [EmittedEvent],
}

/// The content of a snapshot of a run as it is now; each line ends with a line feed.
#[must_use]
pub fn describe(host: &Host, include: &BTreeSet<Section>, events: TickEvents<'_>) -> String {
    let mut text = format!("tick: {}\n", host.current_tick());
    let mut mods: Vec<&ModId> = Vec::new();
    let running = host.mods();
    for section in include {
        match section {
            Section::Colonists => colonists(&mut text, host),
            Section::Jobs => jobs(&mut text, host),
            Section::Items => items(&mut text, host),
            Section::Terrain => terrain(&mut text, host),
            Section::Buildings => buildings(&mut text, host),
            Section::Environment => environment(&mut text, host),
            Section::Events => happened(&mut text, events),
            Section::Mods => mods.extend(running.iter().map(|(id, ..)| id)),
            Section::Mod(id) => mods.push(id),
        }
    }
    if !mods.is_empty() {
        mods.sort_unstable();
        mods.dedup();
        text.push_str("\n[mods]\n");
        for id in mods {
            describe_mod(&mut text, host, id);
        }
    }
    hashes(&mut text, host);
    text
}

/// Who wrote facts, by entity and field.
pub type Writers = BTreeMap<(String, String), String>;

/// Who wrote the facts that mods can write: the priority of jobs, and their own state.
#[must_use]
pub fn writers(host: &Host, trace: &Trace) -> Writers {
    let mut writers = Writers::new();
    for job in host.colony().view().jobs() {
        if let Some(writer) = trace.writer_of_job(job.id.get()) {
            let entity = format!("job {} ({})", job.id, plain(&job.kind));
            writers.insert((entity, "priority".to_owned()), writer.to_string());
        }
    }
    for (id, ..) in host.mods() {
        let Some(state) = host.mod_storage(&id) else {
            continue;
        };
        let mut lines = String::new();
        tree(&mut lines, "", "storage", &state);
        // Facts are told as lines; their fields name the paths, whose writers are looked up by the paths themselves.
        let fields = lines
            .lines()
            .filter_map(|line| line.strip_prefix(", ")?.split_once(": "));
        for (path, (field, _)) in state.paths().iter().zip(fields) {
            if let Some(writer) = trace.writer_of_state(&id, path) {
                let key = (format!("mod {id}"), field.to_owned());
                writers.insert(key, writer.to_string());
            }
        }
    }
    writers
}

fn colonists(text: &mut String, host: &Host) {
    text.push_str("\n[colonists]\n");
    let colony = host.colony();
    let view = colony.view();
    for colonist in view.colonists() {
        let id = colonist.id;
        let entity = format!("colonist {id} ({})", plain(&colonist.name));
        let doing = colonist.job.map_or("nothing".to_owned(), |job| {
            let kind = view
                .job(job)
                .map_or(String::new(), |job| format!(" ({})", plain(&job.kind)));
            format!("job {job}{kind}")
        });
        let _ = writeln!(text, "{entity}, at: {}", colonist.at);
        let _ = writeln!(text, "{entity}, food: {}", colonist.food);
        let _ = writeln!(text, "{entity}, rest: {}", colonist.rest);
        let _ = writeln!(text, "{entity}, recreation: {}", colonist.recreation);
        let _ = writeln!(text, "{entity}, mood: {}", colonist.mood);
        let _ = writeln!(text, "{entity}, health: {}", colonist.health);
        if colonist.wound > 0 {
            let _ = writeln!(text, "{entity}, wound: {}", colonist.wound);
        }
        if colonist.collapsed {
            let _ = writeln!(text, "{entity}, collapsed: true");
        }
        let _ = writeln!(text, "{entity}, does: {doing}");
        if let Some((item, count)) = view.carried(id) {
            let _ = writeln!(text, "{entity}, carries: {count} {}", plain(&item));
        }
    }
    let _ = writeln!(text, "died: {}", view.deaths());
}

fn jobs(text: &mut String, host: &Host) {
    text.push_str("\n[jobs]\n");
    let colony = host.colony();
    for job in colony.view().jobs() {
        let entity = format!("job {} ({})", job.id, plain(&job.kind));
        let _ = writeln!(text, "{entity}, priority: {}", job.priority);
        let _ = writeln!(text, "{entity}, at: {}", job.at);
        if let Some(colonist) = job.colonist {
            let _ = writeln!(text, "{entity}, colonist: {colonist}");
        }
        if let Some(item) = &job.item {
            let _ = writeln!(text, "{entity}, item: {}", plain(item));
        }
    }
    let _ = writeln!(text, "done: {}", colony.view().jobs_done(None));
}

fn items(text: &mut String, host: &Host) {
    text.push_str("\n[items]\n");
    let colony = host.colony();
    for stack in colony.view().items() {
        let entity = format!("stack {} ({})", stack.id, plain(&stack.item));
        let _ = writeln!(text, "{entity}, count: {}", stack.count);
        let _ = writeln!(text, "{entity}, at: {}", stack.at);
        let _ = writeln!(text, "{entity}, stored: {}", stack.stored);
    }
}

fn buildings(text: &mut String, host: &Host) {
    text.push_str("\n[buildings]\n");
    let colony = host.colony();
    for building in colony.view().buildings() {
        let entity = format!("building {} ({})", building.id, plain(&building.kind));
        let _ = writeln!(text, "{entity}, at: {}", building.at);
        let _ = writeln!(text, "{entity}, built: {}", building.is_built);
        for (item, count) in &building.held {
            let _ = writeln!(text, "{entity}, holds {}: {count}", plain(item));
        }
        if let Some(order) = &building.order {
            let _ = writeln!(
                text,
                "{entity}, makes: {} {}",
                order.left,
                plain(&order.recipe)
            );
        }
    }
    for plot in colony.view().plots() {
        let (crop, stage) = (plain(&plot.crop), plot.stage.name());
        let _ = writeln!(text, "plot {} ({crop}): {stage}", plot.at);
    }
    for stockpile in colony.view().stockpiles() {
        let entity = format!("stockpile {}", stockpile.id);
        let _ = writeln!(text, "{entity}, cells: {}", stockpile.cells.len());
        if let Some(filter) = &stockpile.filter {
            let names: Vec<String> = filter.iter().map(|name| plain(name)).collect();
            let _ = writeln!(text, "{entity}, takes: {}", names.join(", "));
        }
    }
}

fn environment(text: &mut String, host: &Host) {
    text.push_str("\n[environment]\n");
    let colony = host.colony();
    let view = colony.view();
    let _ = writeln!(text, "day: {}", view.day());
    let _ = writeln!(text, "hour: {}", view.hour());
    for (name, id) in [("season", view.season()), ("weather", view.weather())] {
        let _ = writeln!(text, "{name}: {}", id.map_or("none".to_owned(), plain));
    }
    let _ = writeln!(text, "temperature: {}", view.temperature());
    for facts in view.incidents() {
        let _ = writeln!(
            text,
            "incident {}, ends: {}",
            plain(&facts.incident),
            facts.ends
        );
    }
}

/// The map, a line for a row, in the symbols of the definitions.
fn terrain(text: &mut String, host: &Host) {
    text.push_str("\n[terrain]\n");
    let colony = host.colony();
    let (view, definitions) = (colony.view(), colony.definitions());
    let (width, height) = view.size();
    for y in 0..height {
        let symbol = |x| {
            let terrain = view.tile(Position::new(x, y))?;
            Some(definitions.terrain.get(terrain)?.symbol)
        };
        let row: String = (0..width).map(|x| symbol(x).unwrap_or('?')).collect();
        let _ = writeln!(text, "row {y}, tiles: {row}");
    }
}

fn happened(text: &mut String, events: TickEvents<'_>) {
    text.push_str("\n[events]\n");
    let mut number = 0;
    for event in events.colony {
        number += 1;
        let entity = format!("event {number} ({})", event.name());
        let fields = api::event(event.name()).map_or(&[][..], |description| description.fields);
        for (field, value) in fields.iter().zip(api::payload(event)) {
            if let Some(value) = value {
                let _ = writeln!(text, "{entity}, {}: {value}", field.path);
            }
        }
    }
    for event in events.mods {
        number += 1;
        let entity = format!("event {number} ({})", plain(&event.name));
        match &event.payload {
            Some(payload) => tree(text, &entity, "payload", payload),
            None => _ = writeln!(text, "{entity}, payload: none"),
        }
    }
    if number == 0 {
        text.push_str("none\n");
    }
}

fn describe_mod(text: &mut String, host: &Host, id: &ModId) {
    let entity = format!("mod {id}");
    let running = host.mods().into_iter().find(|(other, ..)| other == id);
    let (Some((_, version, generation)), Some(snapshot)) = (running, host.mod_snapshot(id)) else {
        let _ = writeln!(text, "{entity}, runs: no");
        return;
    };
    let _ = writeln!(text, "{entity}, version: {version}");
    let _ = writeln!(text, "{entity}, generation: {generation}");
    tree(text, &entity, "storage", &snapshot.storage);
    let held = &snapshot.held;
    if let Some(saved) = &held.saved {
        tree(text, &entity, "saved", saved);
    }
    for (name, timer) in &held.timers {
        let due = timer
            .due
            .map_or("fired".to_owned(), |due| format!("next at {due}"));
        let interval = timer
            .interval
            .map_or(String::new(), |interval| format!(", every {interval}"));
        let value = timer
            .value
            .as_ref()
            .map_or(String::new(), |value| format!(", with {value}"));
        let _ = writeln!(
            text,
            "{entity}, timer {}: {due}{interval}{value}",
            key(name)
        );
    }
    for ((event, handler), active) in &held.subscriptions {
        let state = if *active { "on" } else { "off" };
        let _ = writeln!(
            text,
            "{entity}, handler {} {}: {state}",
            key(event),
            key(handler)
        );
    }
    let _ = writeln!(text, "{entity}, random draws: {}", held.random_position);
    if !held.commands.is_empty() {
        let _ = writeln!(text, "{entity}, waiting commands: {}", held.commands.len());
    }
}

fn hashes(text: &mut String, host: &Host) {
    text.push_str("\n[hashes]\n");
    let _ = writeln!(text, "rules_version: {RULES_VERSION}");
    for (part, hash) in host.part_hashes() {
        let _ = writeln!(text, "{part}: {}", hex(hash));
    }
    let _ = writeln!(text, "chain: {}", hex(host.chain()));
}

/// A value below a path: a line for every scalar and every empty table.
fn tree(text: &mut String, entity: &str, path: &str, value: &Value) {
    match value {
        Value::Map(map) if !map.is_empty() => {
            for (name, inner) in map {
                tree(text, entity, &format!("{path}.{}", key(name)), inner);
            }
        }
        Value::List(list) => {
            for (index, inner) in list.iter().enumerate() {
                tree(text, entity, &format!("{path}.{}", index + 1), inner);
            }
        }
        scalar => _ = writeln!(text, "{entity}, {path}: {scalar}"),
    }
}

/// A name in a path, in quotes where it could be read as something else.
fn key(name: &str) -> String {
    let simple = |letter: char| letter.is_alphanumeric() || "_-".contains(letter);
    if !name.is_empty() && name.chars().all(simple) {
        name.to_owned()
    } else {
        format!("{name:?}")
    }
}

/// A name on one line.
fn plain(name: &str) -> String {
    name.escape_debug().to_string()
}
