//! What a mod does while it is loaded and unloaded that a reload then shows.

use super::model::{Model, Role, Script, Span, Write};
use super::{Code, Finding};

/// Declarations under a condition, state that tells of reloads, weak tables.
pub(super) fn findings(model: &Model, scripts: &[Script]) -> Vec<Finding> {
    let mut findings: Vec<Finding> = conditional(model, scripts);
    findings.extend(history(model, scripts));
    findings.extend(model.weak_keys.iter().map(|span| {
        Finding {
            code: Code::WeakTable,
            message:
                "a weak table loses its entries when garbage is collected, which no mod can know"
                    .to_owned(),
            place: scripts[span.script]
                .place(span.range())
                .label("makes a table weak"),
            related: Vec::new(),
            help: "keep what is needed in `colony.storage`, and remove what is not".to_owned(),
            edits: Vec::new(),
        }
    }));
    findings
}

fn conditional(model: &Model, scripts: &[Script]) -> Vec<Finding> {
    let declares = |path: &str| {
        matches!(
            path,
            "colony.events.register"
                | "colony.time.after"
                | "colony.time.every"
                | "colony.time.declare"
                | "colony.mods.export"
        )
    };
    let calls = model.calls.iter().filter(|call| {
        declares(&call.path) && call.gives_function && model.runs_as(call.function, Role::Loaded)
    });
    calls
        .filter_map(|call| {
            let condition = call.under_reason.as_ref()?;
            let script = &scripts[call.span.script];
            Some(Finding {
                code: Code::ConditionalDeclaration,
                message: format!("{} depends on why the mod is loaded", call.path),
                place: script.place(call.span.range()).label("declared by some loadings, and gone after the others"),
                related: vec![script.place(condition.range()).label("only then")],
                help: "declare it at every loading, best in the script itself; what it needs to know belongs in `colony.storage`".to_owned(),
                edits: Vec::new(),
            })
        })
        .collect()
}

/// Writes of the tick and counts into what outlives a reload (seed-corrections 37).
fn history(model: &Model, scripts: &[Script]) -> Vec<Finding> {
    let changes_hands = |function| {
        model.runs_as(function, Role::Loaded) || model.runs_as(function, Role::Unloading)
    };
    let mut spans: Vec<&Span> = Vec::new();
    for write in model
        .writes
        .iter()
        .filter(|write| changes_hands(write.function))
    {
        let is_storage = is_storage(model, write);
        let lasts = is_storage || model.starts_again(write.target.root);
        let tells_tick = write
            .value
            .as_ref()
            .is_some_and(|value| model.tells_tick(value));
        if (lasts && tells_tick) || (is_storage && counts(model, write)) {
            spans.push(&write.span);
        }
    }
    for call in model
        .calls
        .iter()
        .filter(|call| changes_hands(call.function))
    {
        if call.path == "colony.state.save_mod_state"
            && call
                .arguments
                .as_ref()
                .is_some_and(|arguments| model.tells_tick(arguments))
        {
            spans.push(&call.span);
        }
    }
    spans
        .into_iter()
        .map(|span| Finding {
            code: Code::ReloadHistory,
            message: "when or how often a mod is reloaded does not belong in its state".to_owned(),
            place: scripts[span.script]
                .place(span.range())
                .label("differs between a run with a reload and one without"),
            related: Vec::new(),
            help: "leave it out: reports tell of every reload".to_owned(),
            edits: Vec::new(),
        })
        .collect()
}

fn is_storage(model: &Model, write: &Write) -> bool {
    let root = &model.bindings[write.target.root];
    root.function.is_none()
        && root.name == "colony"
        && write.target.keys.first() == Some(&Some("storage".to_owned()))
}

/// Whether what is written is made of what was there.
fn counts(model: &Model, write: &Write) -> bool {
    if write.compound {
        return true;
    }
    let target = model.global_path(&write.target);
    let read = |(path, span): &(String, Span)| {
        Some(path) == target.as_ref()
            && write
                .value
                .as_ref()
                .is_some_and(|value| value.contains(span))
    };
    model.host_names.iter().any(read)
}
