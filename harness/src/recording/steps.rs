//! The steps of a recording.

use std::collections::BTreeMap;

use modding::document::Scalar;
use modding::mod_id::ModId;
use modding::report::{Outcome, ReloadReport, Stage};

use super::{Content, RecordedStep, Recording, key, quoted};
use crate::workspace::Files;

/// A fault to repeat: the stage and the mod.
type Forced = (Stage, ModId);

impl Recording {
    /// One transaction of a reload and the contents that it was asked to load, of its own mods. A step of its own for each
    /// transaction, so that each may have its own outcome.
    pub fn reload(
        &mut self,
        at: u64,
        contents: &BTreeMap<ModId, Content>,
        force: bool,
        report: &ReloadReport,
    ) {
        let forced = forced(contents, report);
        let changes = self.changes(contents, forced.as_ref());
        let action = if force || changes.is_empty() {
            // What is reloaded by hand has been saved before, so the repetition has it.
            let mods: Vec<String> = contents.keys().map(|id| quoted(id.as_str())).collect();
            let force = if force { ", force = true" } else { "" };
            format!("reload = {{ mods = [{}]{force} }}", mods.join(", "))
        } else {
            batch(&changes)
        };
        let action = match forced {
            None => action,
            Some(forced) if contents.len() == 1 => fault(&forced, None),
            Some(forced) => fault(&forced, Some(&action)),
        };
        self.step(at, format!("{action}\n{}", expectation(report)));
    }

    /// A rollback by hand.
    pub fn rollback(&mut self, at: u64, id: &ModId, to: Option<u32>, report: &ReloadReport) {
        let to = to.map_or(String::new(), |to| format!(", to = {to}"));
        let id = quoted(id.as_str());
        let action = format!("rollback = {{ mod = {id}{to} }}");
        self.step(at, format!("{action}\n{}", expectation(report)));
    }

    /// A migration that was run again.
    pub fn migrate_again(&mut self, at: u64, id: &ModId, report: &ReloadReport) {
        let action = format!("migrate_again = {}", quoted(id.as_str()));
        self.step(at, format!("{action}\n{}", expectation(report)));
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
        self.step(at, format!("{action}\n{}", expectation(report)));
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
            let files = bundle.paths().filter_map(|path| {
                let content = bundle.file(path)?;
                Some((path.to_owned(), content.to_vec()))
            });
            self.replayed.insert(id.clone(), files.collect());
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

/// The fault that a repetition must make happen: there, the files can be read.
fn forced(contents: &BTreeMap<ModId, Content>, report: &ReloadReport) -> Option<Forced> {
    let error = report.error.as_ref()?;
    let unreadable = contents.get(&error.mod_id).is_some_and(Result::is_err);
    (error.stage == Stage::Settle && unreadable).then(|| (error.stage, error.mod_id.clone()))
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

/// What a report's step must come to.
fn expectation(report: &ReloadReport) -> String {
    let outcome = report.outcome.name().replace(' ', "_");
    let kind = report.members.iter().map(|member| member.kind).max();
    let more = match (&report.error, kind) {
        (Some(error), _) => format!(", stage = \"{}\"", error.stage.name()),
        (None, Some(kind)) if report.outcome == Outcome::Committed => {
            format!(", type = \"{}\"", kind.name())
        }
        _ => String::new(),
    };
    format!("expect = {{ outcome = \"{outcome}\"{more} }}\n")
}

fn scalar(value: &Scalar) -> String {
    match value {
        Scalar::Boolean(value) => value.to_string(),
        Scalar::Integer(value) => value.to_string(),
        Scalar::Text(value) => quoted(value),
    }
}
