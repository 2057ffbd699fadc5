//! State that a reload loses: variables and coroutines that are made while the mod loads and that it changes while it runs.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use super::model::{BindingId, Model, Reference, Role, Script, Span, Write};
use super::{Code, Edit, Finding};

/// Writes that are shown for one variable.
const WRITES_SHOWN: usize = 3;

/// A finding for each variable.
pub(super) fn findings(model: &Model, scripts: &[Script]) -> Vec<Finding> {
    let carried = carried(model);
    let coroutines = coroutines(model);
    let mut written: BTreeMap<BindingId, Vec<&Write>> = BTreeMap::new();
    for write in model.writes.iter().filter(|write| model.keeps(write)) {
        written.entry(write.target.root).or_default().push(write);
    }
    let lost = written
        .iter()
        .filter(|(binding, _)| !carried.contains(binding) && !coroutines.contains_key(binding));
    let mut findings: Vec<Finding> = lost
        .map(|(binding, writes)| lost_state(model, scripts, *binding, writes))
        .collect();
    findings.extend(
        coroutines
            .iter()
            .filter_map(|(binding, made)| kept_coroutine(model, scripts, *binding, made)),
    );
    findings
}

/// Variables that the mod hands over by itself: saved when it is unloaded, set again when it is loaded.
fn carried(model: &Model) -> BTreeSet<BindingId> {
    let saves = model
        .calls
        .iter()
        .filter(|call| call.path == "colony.state.save_mod_state");
    let arguments: Vec<&Span> = saves.filter_map(|call| call.arguments.as_ref()).collect();
    let saved = |reference: &&Reference| {
        arguments
            .iter()
            .any(|arguments| arguments.contains(&reference.span))
    };
    let restored = |binding: BindingId| {
        model.writes.iter().any(|write| {
            write.target.root == binding && model.runs_as(write.function, Role::Loaded)
        })
    };
    let saved = model
        .references
        .iter()
        .filter(saved)
        .map(|reference| reference.binding);
    saved.filter(|binding| restored(*binding)).collect()
}

/// Variables that hold coroutines, with the place where one is made.
fn coroutines(model: &Model) -> BTreeMap<BindingId, &Span> {
    let makes = model
        .calls
        .iter()
        .filter(|call| matches!(call.path.as_str(), "coroutine.create" | "coroutine.wrap"));
    let mut found = BTreeMap::new();
    for call in makes {
        let assigned = model.writes.iter().filter(|write| {
            write
                .value
                .as_ref()
                .is_some_and(|value| value.contains(&call.span))
        });
        let declared = model.bindings.iter().enumerate().filter(|(_, binding)| {
            let value = binding
                .statement
                .as_ref()
                .and_then(|(_, value)| value.as_ref());
            value.is_some_and(|value| value.contains(&call.span))
        });
        let holders = assigned
            .map(|write| write.target.root)
            .chain(declared.map(|(binding, _)| binding));
        for binding in holders.filter(|binding| model.starts_again(*binding)) {
            found.entry(binding).or_insert(&call.span);
        }
    }
    found
}

fn kept_coroutine(
    model: &Model,
    scripts: &[Script],
    binding: BindingId,
    made: &Span,
) -> Option<Finding> {
    let makes = |reference: &Reference| {
        let mut writes = model.writes.iter();
        made.contains(&reference.span)
            || writes.any(|write| write.span.contains(made) && write.span.contains(&reference.span))
    };
    let used = model.references.iter().find(|reference| {
        reference.binding == binding
            && model.runs_as(reference.function, Role::Running)
            && !makes(reference)
    })?;
    let name = &model.bindings[binding].name;
    let script = &scripts[made.script];
    Some(Finding {
        code: Code::CoroutineKept,
        message: format!("the coroutine in `{name}` starts again at every reload"),
        place: script
            .place(made.range())
            .label("how far it has come is not kept"),
        related: vec![
            scripts[used.span.script]
                .place(used.span.range())
                .label("goes on here, in a later call"),
        ],
        help: "keep how far the work has come in `colony.storage`, and do the next part in a timer"
            .to_owned(),
        edits: Vec::new(),
    })
}

fn lost_state(model: &Model, scripts: &[Script], id: BindingId, writes: &[&Write]) -> Finding {
    let binding = &model.bindings[id];
    let name = &binding.name;
    let is_file_level = binding
        .function
        .is_some_and(|function| model.chunks.contains(&function));
    let what = match &binding.declared {
        None => "a global",
        Some(_) if is_file_level => "a file-level local",
        Some(_) => "a local that a function keeps",
    };
    // A global is where a script first sets it, best at its top level.
    let first = writes.first().map(|write| &write.span);
    let set = model
        .writes
        .iter()
        .find(|write| write.whole && write.target.root == id && model.loads(write.function));
    let declared = binding
        .declared
        .as_ref()
        .or(set.map(|write| &write.span))
        .or(first);
    let declared = declared.cloned().unwrap_or(Span {
        script: 0,
        bytes: (0, 0),
    });
    let place = scripts[declared.script].place(declared.range());
    let shown = writes
        .iter()
        .filter(|write| write.span != declared)
        .take(WRITES_SHOWN);
    let related = shown.map(|write| {
        scripts[write.span.script]
            .place(write.span.range())
            .label(written_by(model, write))
    });
    let edits = edits(model, scripts, id, writes).unwrap_or_default();
    let keyed = writes.iter().any(|write| write.target.keys.contains(&None));
    let keys = if keyed {
        "; its keys must be text there: `tostring(id)`"
    } else {
        ""
    };
    Finding {
        code: Code::StateLost,
        message: format!("`{name}` is lost at every reload"),
        place: place.label(format!("{what} starts again at every reload")),
        related: related.collect(),
        help: format!("keep it in `colony.storage`{keys}"),
        edits,
    }
}

fn written_by(model: &Model, write: &Write) -> String {
    match model.cause(write.function) {
        Some(cause) => format!("written by {cause}"),
        None => "written while the mod runs".to_owned(),
    }
}

/// How to keep the variable in the storage: where its one declaration gives a plain value, and nothing else uses it while the mod
/// loads, when the storage is not there yet.
fn edits(model: &Model, scripts: &[Script], id: BindingId, writes: &[&Write]) -> Option<Vec<Edit>> {
    let binding = &model.bindings[id];
    let (statement, value) = binding.statement.as_ref()?;
    let function = binding.function?;
    let script = &scripts[statement.script];
    let value = value
        .as_ref()
        .and_then(|value| script.source.get(value.range()));
    let keyed = writes.iter().any(|write| write.target.keys.contains(&None));
    let is_plain = value.is_some_and(|value| {
        let is_number = value.parse::<f64>().is_ok();
        let is_text = value.starts_with('"') && value.ends_with('"') && value.len() > 1;
        is_number || is_text || matches!(value, "true" | "false" | "{}")
    });
    let references = || {
        model
            .references
            .iter()
            .filter(|reference| reference.binding == id)
    };
    let loads = references().any(|reference| model.chunks.contains(&reference.function));
    let in_place = model.chunks.contains(&function)
        && writes
            .iter()
            .all(|write| write.span.script == statement.script);
    if !is_plain || keyed || loads || !in_place {
        return None;
    }
    let entry = format!("{} = {}", binding.name, value.unwrap_or_default());
    let mut edits = Vec::new();
    match model.defines.as_slice() {
        [] => edits.push(Edit {
            span: statement.range(),
            replacement: format!("colony.state.define({{ {entry} }})"),
        }),
        [(brace, names)] if brace.script == statement.script && !names.contains(&binding.name) => {
            edits.push(Edit {
                span: with_line_end(&script.source, statement.range()),
                replacement: String::new(),
            });
            let separator = if names.is_empty() { " " } else { "," };
            edits.push(Edit {
                span: brace.bytes.1..brace.bytes.1,
                replacement: format!(" {entry}{separator}"),
            });
        }
        _ => return None,
    }
    edits.extend(references().map(|reference| Edit {
        span: reference.span.range(),
        replacement: format!("colony.storage.{}", binding.name),
    }));
    edits.sort_by_key(|edit| edit.span.start);
    Some(edits)
}

/// The stretch with the end of its line, where nothing else stands on the line.
fn with_line_end(source: &str, span: Range<usize>) -> Range<usize> {
    let before = source.get(..span.start).unwrap_or_default();
    let after = source.get(span.end..).unwrap_or_default();
    let starts_line = before.is_empty() || before.ends_with('\n');
    let ends_line = after.starts_with('\n');
    span.start..span.end + usize::from(starts_line && ends_line)
}
