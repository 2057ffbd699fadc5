//! Capabilities that are used and not listed, or listed and not used.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::api;
use crate::bundle::Bundle;
use crate::diagnostic::Place;
use crate::document::Document;
use crate::manifest::{MANIFEST_FILE, Manifest};

use super::model::{Model, Script, Span};
use super::{Code, Finding};

/// Both kinds, the undeclared ones once each; `of_component` are those that the mod's component has a use for.
pub(super) fn findings(
    model: &Model,
    scripts: &[Script],
    of_component: &BTreeSet<&str>,
    manifest: &Manifest,
    bundle: &Bundle,
) -> Vec<Finding> {
    let mut used: BTreeMap<&str, (&str, &Span)> = BTreeMap::new();
    for (path, span) in &model.host_names {
        let function = path.strip_prefix("colony.").and_then(api::function);
        if let Some((function, capability)) =
            function.and_then(|function| Some((function, function.capability?)))
        {
            used.entry(capability).or_insert((function.name, span));
        }
    }
    let mut findings = Vec::new();
    for (capability, (function, span)) in &used {
        if !manifest.capabilities.contains(*capability) {
            findings.push(Finding {
                code: Code::UndeclaredCapability,
                message: format!("colony.{function} needs the capability `{capability}`, which the manifest does not list"),
                place: scripts[span.script].place(span.range()).label("every call of it fails"),
                related: Vec::new(),
                help: format!("write in mod.toml:  capabilities = [\"{capability}\"]"),
                edits: Vec::new(),
            });
        }
    }
    // What is reached in a way that cannot be followed may be anything.
    if !model.host_names_hidden {
        let unused = declared(bundle)
            .into_iter()
            .filter(|(name, _)| !used.contains_key(name.as_str()))
            .filter(|(name, _)| !of_component.contains(name.as_str()));
        findings.extend(unused.map(|(name, place)| Finding {
            code: Code::UnusedCapability,
            message: format!("`{name}` is declared, never used"),
            place,
            related: Vec::new(),
            help: "remove it: a mod should be able to do no more than it does".to_owned(),
            edits: Vec::new(),
        }));
    }
    findings
}

/// The capabilities of the manifest and where they stand.
fn declared(bundle: &Bundle) -> Vec<(String, Place)> {
    let Some(Ok(source)) = bundle.text(MANIFEST_FILE) else {
        return Vec::new();
    };
    let source: Arc<str> = source;
    let Ok(document) = Document::parse(bundle.display_path(MANIFEST_FILE), &source) else {
        return Vec::new();
    };
    let mut root = document.root();
    let elements = root
        .optional("capabilities")
        .and_then(|value| value.array());
    let named = elements.unwrap_or_default().into_iter();
    named
        .filter_map(|element| Some((element.string()?.to_owned(), element.place())))
        .collect()
}
