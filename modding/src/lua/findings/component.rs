//! What a component tells by the names of what it imports and exports.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::api::{functions, kebab_case, split};
use crate::bundle::Bundle;
use crate::document::Document;
use crate::error::GuestError;
use crate::manifest::{MANIFEST_FILE, Manifest};
use crate::wasm::Compiled;

use super::{Code, Finding};

/// Functions by which a component has the host keep something.
const KEEPING: [(&str, &str); 4] = [
    ("storage", "set"),
    ("storage", "insert"),
    ("storage", "remove"),
    ("state", "save-mod-state"),
];

/// The component of a mod, nothing of it run.
pub(super) struct Component {
    /// Its file, in the mod's folder.
    path: String,
    imports: BTreeSet<(String, String)>,
    keeps_state: bool,
}

impl Component {
    /// The component that the manifest names, if it names one.
    ///
    /// # Errors
    /// A file that is none of ours.
    pub(super) fn of(bundle: &Bundle, manifest: &Manifest) -> Result<Option<Self>, GuestError> {
        let Some(path) = &manifest.component else {
            return Ok(None);
        };
        let content = bundle.file(path).unwrap_or_default();
        let compiled = Compiled::of(&bundle.display_path(path), content)?;
        Ok(Some(Component {
            path: path.clone(),
            imports: compiled.imports(),
            keeps_state: compiled.keeps_state(),
        }))
    }

    /// The capabilities that it has a use for: what it does not import it cannot call.
    pub(super) fn capabilities(&self) -> impl Iterator<Item = &'static str> {
        functions().filter_map(|function| {
            let (module, name) = split(function);
            let import = (module.to_owned(), kebab_case(name));
            function
                .capability
                .filter(|_| self.imports.contains(&import))
        })
    }

    /// That it has no way to keep anything.
    pub(super) fn finding(&self, bundle: &Bundle) -> Option<Finding> {
        let mut imports = self.imports.iter();
        let keeps = imports.any(|(module, name)| {
            let name = (module.as_str(), name.as_str());
            KEEPING.contains(&name)
        });
        if self.keeps_state || keeps {
            return None;
        }
        let source: Arc<str> = bundle.text(MANIFEST_FILE)?.ok()?;
        let document = Document::parse(bundle.display_path(MANIFEST_FILE), &source).ok()?;
        let mut root = document.root();
        let place = match root.optional("entry") {
            Some(entry) if entry.string() == Some(&self.path) => entry.place(),
            _ => root.optional("id")?.place(),
        };
        Some(Finding {
            code: Code::StatelessComponent,
            message: format!(
                "{} keeps nothing over a reload: it does not export `kept-state` and does not write to `storage`",
                self.path
            ),
            place: place.label("what its component has in memory starts again at every reload"),
            related: Vec::new(),
            help: "give what must survive to the host, by `kept-state` or `storage`; a mod that remembers nothing needs neither"
                .to_owned(),
            edits: Vec::new(),
        })
    }
}
