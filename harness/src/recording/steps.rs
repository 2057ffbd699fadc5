//! The steps of a recording.

use std::collections::BTreeMap;
use std::rc::Rc;

use modding::bundle::Bundle;
use modding::document::Scalar;
use modding::mod_id::ModId;
use modding::reload::ReloadOptions;
use modding::report::{Outcome, ReloadReport, Stage};

use super::{Content, RecordedStep, Recording, key, quoted};
use crate::workspace::{Files, files_of};

/// A fault to repeat: the stage and the mod.
type Forced = (Stage, ModId);

impl Recording {
    /// The transactions of a reload and the contents that it was asked to load, each transaction with the mods asked for that it is
    /// about: a step of its own for each, so that each may have its own outcome. Where more followed from them by itself it is one
    /// step: then a repetition does it in the same order.
    pub fn reload(
        &mut self,
        at: u64,
        contents: &BTreeMap<ModId, Content>,
        options: &ReloadOptions,
        reports: &[(Vec<ModId>, &ReloadReport)],
    ) {
        let faults = reports
            .iter()
            .filter(|(_, report)| forced(contents, report).is_some());
        // One step can make one fault happen.
        let fits = faults.count() <= 1;
        let about = |id: &ModId| reports.iter().any(|(mods, _)| mods.contains(id));
        let follows = reports.iter().any(|(mods, _)| mods.is_empty());
        if fits && (follows || !contents.keys().all(about)) {
            let reports: Vec<&ReloadReport> = reports.iter().map(|(_, report)| *report).collect();
            self.reload_step(at, contents, options, &reports);
            return;
        }
        for (mods, report) in reports.iter().filter(|(mods, _)| !mods.is_empty()) {
            let own = |id: &ModId| Some((id.clone(), contents.get(id)?.clone()));
            let contents = mods.iter().filter_map(own).collect();
            self.reload_step(at, &contents, options, &[report]);
        }
    }

    fn reload_step(
        &mut self,
        at: u64,
        contents: &BTreeMap<ModId, Content>,
        options: &ReloadOptions,
        reports: &[&ReloadReport],
    ) {
        let forced = reports.iter().find_map(|report| forced(contents, report));
        let changes = self.changes(contents, forced.as_ref());
        let by_hand = by_hand(options);
        let action = if !by_hand.is_empty() || changes.is_empty() {
            // What is reloaded by hand has been saved before, so the repetition has it.
            let mods: Vec<String> = contents.keys().map(|id| quoted(id.as_str())).collect();
            format!("reload = {{ mods = [{}]{by_hand} }}", mods.join(", "))
        } else {
            batch(&changes)
        };
        let action = match forced {
            None => action,
            // There is nothing to write of a mod that cannot be read.
            Some(forced) if contents.values().all(Result::is_err) && contents.len() == 1 => {
                fault(&forced, None)
            }
            Some(forced) => fault(&forced, Some(&action)),
        };
        self.expected_step(at, action, reports);
    }

    /// A mod from a new folder, or one that comes back after another had taken its place.
    pub fn add(&mut self, at: u64, id: &ModId, bundle: &Rc<Bundle>, reports: &[ReloadReport]) {
        let name = quoted(id.as_str());
        let action = if self.replayed.contains_key(id) {
            let contents = BTreeMap::from([(id.clone(), Ok(bundle.clone()))]);
            let changes = self.changes(&contents, None);
            if !changes.is_empty() {
                // Edits of a mod that is gone come to nothing until it is added.
                let ignored = "expect = { outcome = \"ignored\" }";
                self.step(at, format!("{}\n{ignored}\n", batch(&changes)));
            }
            format!("add = {{ mod = {name} }}")
        } else {
            let files = files_of(bundle);
            let folder = format!("added/{id}");
            for (path, content) in &files {
                let path = format!("{folder}/{path}");
                self.contents.insert(path, content.clone());
            }
            self.replayed.insert(id.clone(), files);
            format!("add = {{ mod = {name}, from = {} }}", self.beside(&folder))
        };
        let mut reports_of_faults = reports.iter().filter(|report| report.timed_out);
        let timed_out = reports_of_faults.find_map(|report| report.error.as_ref());
        let action = match timed_out {
            None => action,
            Some(error) => fault(&(error.stage, error.mod_id.clone()), Some(&action)),
        };
        let reports: Vec<&ReloadReport> = reports.iter().collect();
        self.expected_step(at, action, &reports);
    }

    /// A rollback by hand, of mods that go back together, and what followed from it.
    pub fn rollback(
        &mut self,
        at: u64,
        to: &BTreeMap<ModId, Option<u32>>,
        reports: &[ReloadReport],
    ) {
        let mods: Vec<String> = to
            .iter()
            .map(|(id, to)| {
                let to = to.map_or(String::new(), |to| format!(", to = {to}"));
                format!("{{ mod = {}{to} }}", quoted(id.as_str()))
            })
            .collect();
        let action = match mods.as_slice() {
            [only] => format!("rollback = {only}"),
            several => format!("rollback = {{ mods = [{}] }}", several.join(", ")),
        };
        let unlike = |report| forced(&BTreeMap::new(), report);
        let action = match reports.iter().find_map(unlike) {
            None => action,
            Some(forced) => fault(&forced, Some(&action)),
        };
        let reports: Vec<&ReloadReport> = reports.iter().collect();
        self.expected_step(at, action, &reports);
    }

    /// A migration that was run again.
    pub fn migrate_again(&mut self, at: u64, id: &ModId, report: &ReloadReport) {
        let action = format!("migrate_again = {}", quoted(id.as_str()));
        let action = match forced(&BTreeMap::new(), report) {
            None => action,
            Some(forced) => fault(&forced, Some(&action)),
        };
        self.expected_step(at, action, &[report]);
    }

    /// A save: each mod is handed over to itself.
    pub fn save(&mut self, at: u64, name: &str) {
        self.step(at, format!("save = {}\n", quoted(name)));
    }

    /// A command of the scenario's, and whether the colony took it.
    pub fn command(
        &mut self,
        at: u64,
        function: &str,
        arguments: &BTreeMap<String, Scalar>,
        done: bool,
    ) {
        let arguments: Vec<String> = arguments
            .iter()
            .map(|(name, value)| format!("{} = {}", key(name), scalar(value)))
            .collect();
        let action = format!(
            "command = {{ {} = {{ {} }} }}",
            key(function),
            arguments.join(", ")
        );
        let outcome = if done { "done" } else { "failed" };
        self.step(
            at,
            format!("{action}\nexpect = {{ outcome = \"{outcome}\" }}\n"),
        );
    }

    /// A fault that a scripted step made happen, during a forced reload of its mod.
    pub fn injected_fault(&mut self, at: u64, stage: Stage, id: &ModId, report: &ReloadReport) {
        let action = fault(&(stage, id.clone()), None);
        self.expected_step(at, action, &[report]);
    }

    fn expected_step(&mut self, at: u64, action: String, reports: &[&ReloadReport]) {
        self.step(at, format!("{action}\n{}", expectation(reports)));
    }

    fn step(&mut self, at: u64, text: String) {
        self.steps.push(RecordedStep { at, text });
    }

    /// The file actions that lead from what a repetition has to these contents, which it has then.
    fn changes(
        &mut self,
        contents: &BTreeMap<ModId, Content>,
        forced: Option<&Forced>,
    ) -> Vec<String> {
        let mut changes = Vec::new();
        let mut unchanged = Vec::new();
        for (id, content) in contents {
            let Ok(bundle) = content else {
                // One fault is enough to send its cohort back: others that cannot be read are not touched.
                unchanged.extend(
                    forced
                        .map(|(_, forced)| forced)
                        .filter(|forced| *forced == id),
                );
                continue;
            };
            let differing = self.differing(id, bundle);
            if differing.is_empty() {
                unchanged.push(id);
            }
            for path in differing {
                let file = quoted(&format!("{id}/{path}"));
                match bundle.file(&path) {
                    // A file in the place of a folder, or the other way round, needs the old one to be gone first.
                    None => changes.insert(0, format!("delete = {{ file = {file} }}")),
                    Some(content) => {
                        let from = self.keep(&path, content);
                        let from = self.beside(&from);
                        changes.push(format!("write = {{ file = {file}, from = {from} }}"));
                    }
                }
            }
            self.replayed.insert(id.clone(), files_of(bundle));
        }
        if !changes.is_empty() {
            // A batch reloads the mods that it names: those whose files are as they were are named with one of these.
            changes.extend(unchanged.into_iter().filter_map(|id| self.same_again(id)));
        }
        changes
    }

    /// An action that leaves a mod as it is.
    fn same_again(&mut self, id: &ModId) -> Option<String> {
        let files: &Files = self.replayed.get(id)?;
        let (path, content) = files.first_key_value()?;
        let (path, content) = (path.clone(), content.clone());
        let from = self.keep(&path, &content);
        let (file, from) = (quoted(&format!("{id}/{path}")), self.beside(&from));
        Some(format!("write = {{ file = {file}, from = {from} }}"))
    }
}

/// The fault that a repetition must make happen: there, the files can be read, and there is no clock.
fn forced(contents: &BTreeMap<ModId, Content>, report: &ReloadReport) -> Option<Forced> {
    let error = report.error.as_ref()?;
    let unreadable = contents.get(&error.mod_id).is_some_and(Result::is_err);
    let unlike = report.timed_out || (error.stage == Stage::Settle && unreadable);
    unlike.then(|| (error.stage, error.mod_id.clone()))
}

/// What a reload by hand asks for beside its mods, as a scenario writes it.
fn by_hand(options: &ReloadOptions) -> String {
    let mut keys = String::new();
    if options.force {
        keys += ", force = true";
    }
    if let Some(kind) = options.kind {
        keys += &format!(", type = \"{}\"", kind.name());
    }
    if let Some(priority) = options.priority {
        keys += &format!(", priority = \"{}\"", priority.name());
    }
    if options.skip_unload {
        keys += ", skip_unload = true";
    }
    keys
}

fn batch(changes: &[String]) -> String {
    match changes {
        [only] => only.clone(),
        several => {
            let lines: Vec<String> = several
                .iter()
                .map(|change| format!("  {{ {change} }},\n"))
                .collect();
            format!("batch = [\n{}]", lines.concat())
        }
    }
}

fn fault((stage, id): &Forced, during: Option<&str>) -> String {
    let during = during.map_or(String::new(), |during| format!(", during = {{ {during} }}"));
    format!(
        "fault = {{ stage = \"{}\", mod = {}{during} }}",
        stage.name(),
        quoted(id.as_str())
    )
}

/// What a step must come to that came to these reports: as much as a step can say of several.
fn expectation(reports: &[&ReloadReport]) -> String {
    let mut outcomes: Vec<Outcome> = reports.iter().map(|report| report.outcome).collect();
    outcomes.dedup();
    let mut expected = Vec::new();
    if let [only] = outcomes.as_slice() {
        let outcome = only.name().replace(' ', "_");
        expected.push(format!("outcome = \"{outcome}\""));
    }
    let members = reports.iter().flat_map(|report| &report.members);
    let kind = members.map(|member| member.kind).max();
    let error = reports.iter().find_map(|report| report.error.as_ref());
    match (error, kind) {
        (Some(error), _) => expected.push(format!("stage = \"{}\"", error.stage.name())),
        (None, Some(kind)) if outcomes == [Outcome::Committed] => {
            expected.push(format!("type = \"{}\"", kind.name()));
        }
        _ => {}
    }
    if expected.is_empty() {
        return String::new();
    }
    format!("expect = {{ {} }}\n", expected.join(", "))
}

fn scalar(value: &Scalar) -> String {
    match value {
        Scalar::Boolean(value) => value.to_string(),
        Scalar::Integer(value) => value.to_string(),
        Scalar::Text(value) => quoted(value),
    }
}
