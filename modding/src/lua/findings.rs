//! What the files of a mod tell about whether it survives reloads, without running it.
//!
//! Scripts are read name by name: which variable is meant, which function it stands in, and whether that function runs while the
//! mod loads or later. What cannot be told so is not reported: a finding is a hint, the proof is a run.

mod capabilities;
mod component;
mod loading;
mod model;
mod state;
#[cfg(test)]
mod tests;
mod walk;

use std::collections::BTreeSet;
use std::ops::Range;
use std::rc::Rc;
use std::sync::Arc;

use full_moon::LuaVersion;

use crate::api::capability_names;
use crate::bundle::Bundle;
use crate::diagnostic::{Fault, Place};
use crate::manifest::Manifest;
use crate::sources::Sources;

use super::scripts::{KnownScripts, Scripts};
use super::source::on_parser_stack;
use component::Component;
use model::{Model, Script};

/// What a finding is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Code {
    /// A variable that starts again at every reload is written while the mod runs.
    StateLost,
    /// A coroutine is kept from one call to the next.
    CoroutineKept,
    /// A handler, a timer or an exported function is declared for some reasons of loading only.
    ConditionalDeclaration,
    /// State that tells when or how often the mod was reloaded.
    ReloadHistory,
    /// A table is made weak, so that it depends on the collector.
    WeakTable,
    /// A function is called that needs a capability which the manifest does not list.
    UndeclaredCapability,
    /// The manifest lists a capability that no code of the mod uses.
    UnusedCapability,
    /// A component that has no way to keep anything over a reload.
    StatelessComponent,
}

/// A text to be written in the place of another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edit {
    /// What is replaced, in bytes of the file of the finding.
    pub span: Range<usize>,
    /// What is written there.
    pub replacement: String,
}

/// Something in the files of a mod that its author should know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// What it is about.
    pub code: Code,
    /// What was found.
    pub message: String,
    /// Where, with a label.
    pub place: Place,
    /// Other places that belong to it, each with a label.
    pub related: Vec<Place>,
    /// What to do.
    pub help: String,
    /// How, in the file of `place`; empty where it cannot be told from here.
    pub edits: Vec<Edit>,
}

/// What the files of a mod tell.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Examination {
    /// In order of file and place.
    pub findings: Vec<Finding>,
    /// The events that the scripts listen to, as far as they are named.
    pub events: BTreeSet<String>,
    /// Whether a script exports functions.
    pub exports: bool,
}

impl Code {
    /// All of them.
    pub const ALL: [Code; 8] = [
        Code::StateLost,
        Code::CoroutineKept,
        Code::ConditionalDeclaration,
        Code::ReloadHistory,
        Code::WeakTable,
        Code::UndeclaredCapability,
        Code::UnusedCapability,
        Code::StatelessComponent,
    ];

    /// The name in reports.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Code::StateLost => "state-lost",
            Code::CoroutineKept => "coroutine-kept",
            Code::ConditionalDeclaration => "conditional-declaration",
            Code::ReloadHistory => "reload-history",
            Code::WeakTable => "weak-table",
            Code::UndeclaredCapability => "undeclared-capability",
            Code::UnusedCapability => "unused-capability",
            Code::StatelessComponent => "stateless-component",
        }
    }

    /// Whether it can be why a run differs; `collector` says whether what was varied is the collector, and how long instances live.
    #[must_use]
    pub fn explains(self, collector: bool) -> bool {
        match self {
            Code::WeakTable => collector,
            Code::UndeclaredCapability | Code::UnusedCapability => false,
            Code::StatelessComponent => true,
            _ => !collector,
        }
    }
}

/// Examines the files of a mod.
///
/// # Errors
/// A mod whose manifest, scripts or component cannot be read.
pub fn examine(bundle: &Bundle) -> Result<Examination, Vec<Fault>> {
    let manifest = Manifest::parse(bundle, &capability_names())?;
    let sources = Sources::of(Rc::new(bundle.clone()));
    let compiled = Scripts::compile(&sources, &KnownScripts::default());
    compiled.map_err(|errors| {
        errors
            .iter()
            .map(|error| error.fault(&sources))
            .collect::<Vec<_>>()
    })?;
    let component =
        Component::of(bundle, &manifest).map_err(|error| vec![error.fault(&sources)])?;
    let scripts = scripts(bundle);
    let model = on_parser_stack(|| model_of(&scripts)).unwrap_or_default();
    let mut findings = state::findings(&model, &scripts);
    findings.extend(loading::findings(&model, &scripts));
    let used = component
        .iter()
        .flat_map(|component| component.capabilities());
    let used: BTreeSet<&str> = used.collect();
    findings.extend(capabilities::findings(
        &model, &scripts, &used, &manifest, bundle,
    ));
    findings.extend(component.and_then(|component| component.finding(bundle)));
    findings.sort_by(|left, right| {
        let key = |finding: &Finding| (finding.place.file.clone(), finding.place.span.start);
        key(left).cmp(&key(right))
    });
    Ok(Examination {
        findings,
        exports: model
            .calls
            .iter()
            .any(|call| call.path == "colony.mods.export"),
        events: model.events,
    })
}

/// The scripts that run in a colony. Those that the parser does not know are left out.
fn scripts(bundle: &Bundle) -> Vec<Script> {
    let paths = bundle
        .paths()
        .filter(|path| path.ends_with(".lua") || path.ends_with(".luau"))
        .filter(|path| !path.starts_with("tests/"));
    paths
        .filter_map(|path| {
            Some(Script {
                file: bundle.display_path(path).into(),
                source: bundle.text(path)?.ok()?,
            })
        })
        .collect()
}

fn model_of(scripts: &[Script]) -> Model {
    let mut model = Model::default();
    for (at, script) in scripts.iter().enumerate() {
        let parsed = full_moon::parse_fallible(&script.source, LuaVersion::luau());
        if parsed.errors().is_empty() {
            walk::walk(&mut model, at, parsed.ast());
        }
    }
    model.settle();
    model
}

impl Script {
    /// A place in the script, up to the end of its first line.
    fn place(&self, span: Range<usize>) -> Place {
        let text = self.source.get(span.clone()).unwrap_or_default();
        let line = text.find('\n');
        let span = span.start..line.map_or(span.end, |length| span.start + length);
        Place {
            file: self.file.clone(),
            source: Arc::clone(&self.source),
            span,
            label: None,
        }
    }
}
