//! The scenario that a mod is checked in: one that is given, or a probe in which everything happens that mods can hear of.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::PathBuf;

use modding::api;
use modding::bundle::Bundle;
use modding::diagnostic::Fault;
use modding::document::Scalar;
use modding::findings::{Examination, examine};
use modding::host::Host;
use modding::manifest::Manifest;
use modding::mod_id::ModId;
use sim::{Command, MapSource, Position, Setup};
use toml_edit::{DocumentMut, Item};

use super::{CheckOptions, Subject, dependents};
use crate::load_from;
use crate::project::location;
use crate::scenario::{self, Action, Check, Expectation, Scenario};

/// The seed of the probe.
const SEED: u64 = 42;

/// Ticks of the probe: long enough for hunger, sleep and the trees and rocks nearby.
const TICKS: u64 = 600;

/// Columns and rows of the probe's map.
const SIZE: (u16, u16) = (48, 32);

/// Tiles that are looked at for orders: the nearest gets one, and the farthest of them.
const TARGETS: usize = 40;

/// Colonists of the probe.
const COLONISTS: u32 = 6;

/// A scenario as a text, and where it stands or would stand.
#[derive(Clone, Debug)]
pub(super) struct Draft {
    /// The file; paths in the text are relative to its folder.
    pub(super) path: PathBuf,
    /// The text.
    pub(super) text: String,
    /// Whether its author says how many calls of the mod fail.
    pub(super) expects_failures: bool,
}

/// The scenario to check a mod in.
///
/// # Errors
/// A scenario that cannot be read or that does not run the mod, and a mod that no colony can be made with.
pub(super) fn draft(
    subject: &Subject,
    options: &CheckOptions,
    examined: &Examination,
) -> Result<Draft, Vec<Fault>> {
    match &options.scenario {
        Some(path) => given(path, subject, options),
        None => probe(subject, options, examined),
    }
}

/// What the files of a version of the mod tell, and what its component declares, which they do not tell by name: it is asked as it begins in
/// the colony of the probe. One that cannot begin there is told of by the run.
///
/// # Errors
/// Files that cannot be read.
pub(super) fn examined(
    subject: &Subject,
    (bundle, manifest): (&Bundle, &Manifest),
    options: &CheckOptions,
) -> Result<Examination, Vec<Fault>> {
    let mut examined = examine(bundle)?;
    if manifest.component.is_none() || !subject.not_found.is_empty() {
        return Ok(examined);
    }
    let seed = options.seed.unwrap_or(SEED);
    if let Ok(host) = begin(subject, bundle, &subject.mods, seed) {
        examined.events.extend(host.heard_events(&subject.mod_id));
        let mut exports = host.exports().into_iter();
        examined.exports |= exports.any(|(id, _)| id == subject.mod_id);
    }
    Ok(examined)
}

/// A scenario of the author's, without what would only cost time.
fn given(
    path: &std::path::Path,
    subject: &Subject,
    options: &CheckOptions,
) -> Result<Draft, Vec<Fault>> {
    let (scenario, _) = load_from(path, &subject.library)?;
    if !scenario
        .mods
        .iter()
        .any(|choice| choice.id == subject.mod_id)
    {
        let fault = Fault::new(format!(
            "`{}` does not run {}",
            location::text(path),
            subject.mod_id
        ));
        return Err(vec![fault.help(format!(
            "add \"{}\" to the list `load` under [mods]",
            subject.mod_id
        ))]);
    }
    let mut document: DocumentMut = scenario
        .source
        .parse()
        .map_err(|error| vec![Fault::new(format!("{error}"))])?;
    document.remove("expect");
    document.remove("snapshot");
    if let Some(seed) = options.seed {
        document["seed"] = integer(seed);
    }
    let ticks = options.ticks.unwrap_or(scenario.ticks);
    document["ticks"] = integer(ticks);
    keep_steps(&mut document, &|step| {
        let at = step.get("at").and_then(Item::as_integer);
        at.is_some_and(|at| at <= ticks as i64)
    });
    let about_failures = |expectation: &Expectation| matches!(&expectation.check, Check::Compare { subject: scenario::Subject::FailingCalls { mod_id }, .. } if *mod_id == subject.mod_id);
    Ok(Draft {
        path: path.to_path_buf(),
        text: document.to_string(),
        expects_failures: scenario.expectations.iter().any(about_failures),
    })
}

/// Whether a scenario goes back in time, so that a tick of it has more than one hash.
pub(super) fn goes_back(scenario: &Scenario) -> bool {
    let loads = |action: &Action| matches!(action, Action::Load { .. });
    scenario.steps.iter().any(|step| loads(&step.action))
}

/// Removes the steps of a scenario that are not wanted.
pub(super) fn keep_steps(document: &mut DocumentMut, wanted: &dyn Fn(&toml_edit::Table) -> bool) {
    if let Some(steps) = document
        .get_mut("step")
        .and_then(Item::as_array_of_tables_mut)
    {
        steps.retain(wanted);
    }
}

/// A number as a TOML value; beyond the range of TOML's integers it stays at the largest.
pub(super) fn integer(number: u64) -> Item {
    toml_edit::value(i64::try_from(number).unwrap_or(i64::MAX))
}

/// A colony in which something of every kind happens: a newcomer, orders, an order withdrawn, work, hunger, too little food and
/// then enough of it.
///
/// Where the mod listens to it, its configuration is changed for a while; where it exports functions, mods that depend on it run as
/// well, for they are who calls them.
fn probe(
    subject: &Subject,
    options: &CheckOptions,
    examined: &Examination,
) -> Result<Draft, Vec<Fault>> {
    // A scenario of the author's may bring along what the folders of mods lack; the probe cannot.
    if !subject.not_found.is_empty() {
        return Err(subject.not_found.clone());
    }
    let seed = options.seed.unwrap_or(SEED);
    let ticks = options.ticks.unwrap_or(TICKS);
    let mut text = format!(
        "schema = 1\nname = \"check {}\"\nseed = {seed}\nticks = {ticks}\n\n",
        subject.mod_id
    );
    let _ = writeln!(
        text,
        "[colony]\nsize = [{}, {}]\ncolonists = {COLONISTS}\nstock = {{ wood = 20 }}\n",
        SIZE.0, SIZE.1
    );
    let from = subject.folder_from_root();
    let mods = match examined.exports {
        true => dependents::with_dependents(subject, &|mods| {
            begin(subject, &subject.bundle, mods, seed).is_ok()
        }),
        false => subject.mods.clone(),
    };
    let load: Vec<String> = mods
        .iter()
        .map(|id| match &from {
            Some(from) if *id == subject.mod_id => format!("{{ id = \"{id}\", from = {from:?} }}"),
            _ => format!("\"{id}\""),
        })
        .collect();
    let _ = writeln!(text, "[mods]\nload = [{}]", load.join(", "));
    let mut host = begin(subject, &subject.bundle, &mods, seed)?;
    for (at, command) in commands(&mut host) {
        if at <= ticks {
            let _ = writeln!(text, "\n[[step]]\nat = {at}\ncommand = {{ {command} }}");
        }
    }
    let changes = match examined.events.contains("config_changed") {
        true => other_config(subject)?,
        false => Vec::new(),
    };
    for (at, set) in [ticks / 2, ticks * 3 / 4].into_iter().zip(changes) {
        let id = &subject.mod_id;
        let at = at.max(1);
        let _ = writeln!(
            text,
            "\n[[step]]\nat = {at}\nconfig = {{ mod = \"{id}\", set = {{ {set} }} }}"
        );
    }
    Ok(Draft {
        path: subject.root.join(format!("{}.toml", subject.mod_id)),
        text,
        expects_failures: false,
    })
}

/// Other values for the switches and numbers of the mod's configuration, then those that it has, as a scenario writes them;
/// nothing where it has none.
fn other_config(subject: &Subject) -> Result<Vec<String>, Vec<Fault>> {
    let values = subject.manifest.config_values(&subject.bundle)?;
    let (mut other, mut own) = (Vec::new(), Vec::new());
    for (name, value) in &values {
        let numbers = |value: &i64| [value.checked_add(1), value.checked_sub(1)];
        let candidates: Vec<Scalar> = match value {
            Scalar::Boolean(value) => vec![Scalar::Boolean(!value)],
            Scalar::Integer(value) => {
                let numbers = numbers(value).into_iter().flatten();
                numbers.map(Scalar::Integer).collect()
            }
            Scalar::Text(_) => Vec::new(),
        };
        let key = subject.manifest.config.get(name);
        let fits = |other: &&Scalar| key.is_some_and(|key| key.check(other).is_ok());
        if let Some(changed) = candidates.iter().find(fits) {
            other.push(format!("{name:?} = {changed}"));
            own.push(format!("{name:?} = {value}"));
        }
    }
    let nothing = other.is_empty();
    let changes = [other.join(", "), own.join(", ")];
    Ok(changes.into_iter().filter(|_| !nothing).collect())
}

/// The colony of the probe at its start, with a version of the mod, to see what can be ordered where.
fn begin(
    subject: &Subject,
    bundle: &Bundle,
    mods: &BTreeSet<ModId>,
    seed: u64,
) -> Result<Host, Vec<Fault>> {
    let setup = Setup {
        seed,
        map: MapSource::Generated {
            width: SIZE.0,
            height: SIZE.1,
        },
        colonists: COLONISTS,
        stock: [("wood".to_owned(), 20)].into(),
    };
    let mut bundles = Vec::new();
    for id in mods {
        bundles.push(match *id == subject.mod_id {
            true => bundle.clone(),
            false => Bundle::new(id.as_str(), subject.library.of(id)?.as_ref().clone())?,
        });
    }
    let known: BTreeSet<ModId> = subject
        .library
        .known()
        .iter()
        .chain(mods)
        .cloned()
        .collect();
    let (host, left_out) = Host::start(&setup, bundles, known)?;
    // Mods of the closure run, or the check says nothing about the one that needs them.
    let faults: Vec<Fault> = left_out
        .into_iter()
        .flat_map(|left_out| left_out.faults)
        .collect();
    if faults.is_empty() {
        Ok(host)
    } else {
        Err(faults)
    }
}

/// What happens in the probe, by tick: commands as a scenario writes them, each valid in the colony without the mod's doing.
fn commands(host: &mut Host) -> Vec<(u64, String)> {
    let targets = |kind: &str| -> Vec<Position> {
        let colony = host.colony();
        // A colony without the vanilla content has nothing of the kind.
        let targets = colony.view().nearest_targets(kind, TARGETS);
        targets.unwrap_or_default()
    };
    let (chop, mine) = (targets("chop"), targets("mine"));
    let orders = [
        ("chop", chop.first()),
        ("mine", mine.first()),
        ("chop", chop.last()),
    ];
    let orders: Vec<(&str, Position)> = orders
        .into_iter()
        .filter_map(|(kind, at)| Some((kind, *at?)))
        .collect();
    let mut happens = supplies(host, chop.first().copied());
    happens.extend(work(host, &orders));
    happens.sort_by_key(|(at, _)| *at);
    happens
}

/// Orders, and the last of them first made urgent, then withdrawn.
fn work(host: &mut Host, orders: &[(&str, Position)]) -> Vec<(u64, String)> {
    let designate = |(kind, at): &(&str, Position)| {
        let (x, y) = (at.x, at.y);
        format!("\"jobs.designate\" = {{ kind = \"{kind}\", x = {x}, y = {y} }}")
    };
    let mut happens: Vec<(u64, String)> =
        orders.iter().map(|order| (1, designate(order))).collect();
    let command = |(kind, at): &(&str, Position)| Command::Designate {
        kind: (*kind).to_owned(),
        at: *at,
    };
    // The same commands make the same jobs in the run itself.
    let commands: Vec<Command> = orders.iter().map(command).collect();
    host.tick(&commands);
    let colony = host.colony();
    let last = orders.last().map(|(_, at)| *at);
    if let Some(job) = colony.view().jobs().find(|job| Some(job.at) == last) {
        let id = job.id;
        let urgent = format!("\"jobs.set_priority\" = {{ id = {id}, priority = 9 }}");
        happens.push((3, urgent));
        happens.push((5, format!("\"jobs.cancel\" = {{ id = {id} }}")));
    }
    happens
}

/// A newcomer, one meal for many hungry people, and plenty after a while.
fn supplies(host: &Host, far: Option<Position>) -> Vec<(u64, String)> {
    let colony = host.colony();
    let Some(start) = colony.view().colonists().next().map(|colonist| colonist.at) else {
        return Vec::new();
    };
    let mut happens = vec![(
        40,
        format!(
            "\"colonists.join\" = {{ x = {}, y = {} }}",
            start.x, start.y
        ),
    )];
    if colony.definitions().items.contains_key("meal") {
        let meals = |count: u32, at: Position| {
            let (x, y) = (at.x, at.y);
            format!("\"items.add\" = {{ item = \"meal\", count = {count}, x = {x}, y = {y} }}")
        };
        happens.push((250, meals(1, far.unwrap_or(start))));
        happens.push((300, meals(30, start)));
    }
    happens
}

/// The names of the events of the colony, one by one or all at once, which a run of the probe looks for.
pub(super) fn is_counted(event: &str) -> bool {
    let event = api::batched(event).unwrap_or(event);
    event.contains(':') || (api::event(event).is_some() && api::is_counted(event))
}
