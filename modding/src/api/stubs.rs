//! What the editors' helpers read, made from the table: a definition file of Luau types for luau-lsp, and annotations for
//! LuaLS.

use std::fmt::Write as _;

use super::kinds::{Field, Kind, Record, field, named_luals};
use super::unit_tests::{BODY, TEST, TEST_OPTIONS};
use super::wit::wit;
use super::{EventDescription, FunctionDescription, Run, events, functions, jobs};

/// What the first line of a generated file says: a file without it is somebody's own.
pub const STUB_MARK: &str = "Written by `colony-sim stubs`";

/// The generated files: name and text.
pub fn stubs() -> [(&'static str, String); 3] {
    [
        ("colony.d.luau", luau_definitions()),
        ("colony.lua", luals_annotations()),
        ("colony.wit", wit()),
    ]
}

/// The function whose handler depends on the event that is named.
const REGISTER: &str = "events.register";

/// `colony.d.luau`: types for luau-lsp.
fn luau_definitions() -> String {
    let mut page = format!(
        "-- {STUB_MARK} for luau-lsp: what mods may call and hear. What is changed here is lost.\n"
    );
    for record in records() {
        let members: Vec<(&str, String)> = record
            .members()
            .map(|(name, kind)| (name, kind.luau()))
            .collect();
        luau_type(&mut page, record.name, record.doc, &members);
    }
    for event in events() {
        let mut members = vec![("name", format!("\"{}\"", event.name))];
        members.push(("tick", Kind::Integer.luau()));
        for (name, part) in parts(event.fields) {
            members.push((name, part.luau()));
        }
        luau_type(&mut page, &event_type(event), event.doc, &members);
    }
    let own = [
        ("name", Kind::Text.luau()),
        ("tick", Kind::Integer.luau()),
        ("payload", Kind::Any.luau()),
    ];
    luau_type(&mut page, "ModEvent", "an event of a mod", &own);
    page.push_str("\ndeclare colony: {\n");
    for (module, functions) in modules() {
        let _ = writeln!(page, "\t{module}: {{");
        for function in functions {
            for line in description(function) {
                let _ = writeln!(page, "\t\t--- {line}");
            }
            let (_, name) = split(function);
            let _ = writeln!(page, "\t\t{name}: {},", luau_function(function));
        }
        page.push_str("\t},\n");
    }
    let body = Kind::Function(&BODY).luau();
    let _ = write!(
        page,
        "\t--- {STORAGE}\n\tstorage: {{ [string]: any }},\n\t--- {TESTS}\n\ttest: ((name: string, body: {body}) -> ())\n\t\t& ((name: string, options: {}, body: {body}) -> ()),\n}}\n",
        TEST_OPTIONS.name
    );
    page
}

const STORAGE: &str =
    "The mod's state: it survives reloads and saves. Assigning copies; read it back to change it.";
const TESTS: &str = "In the files of `tests/` only: declares a unit test.";

/// `colony.lua`: annotations for LuaLS.
fn luals_annotations() -> String {
    let mut page = format!(
        "-- {STUB_MARK} for LuaLS: what mods may call and hear. What is changed here is lost.\n---@meta\n"
    );
    for record in records() {
        let members: Vec<String> = record
            .members()
            .map(|(name, kind)| luals_field(name, kind))
            .collect();
        luals_class(&mut page, record.name, record.doc, &members);
    }
    for event in events() {
        let mut members = vec![format!("name \"{}\"", event.name)];
        members.push(luals_field("tick", Kind::Integer));
        for (name, part) in parts(event.fields) {
            members.push(match part {
                Part::Field(kind) => luals_field(name, kind),
                part => format!("{name} {}", part.luals()),
            });
        }
        luals_class(&mut page, &event_type(event), event.doc, &members);
    }
    let own = [("name", Kind::Text), ("tick", Kind::Integer)];
    let own = own.into_iter().chain([("payload", Kind::Any)]);
    let own: Vec<String> = own.map(|(name, kind)| luals_field(name, kind)).collect();
    luals_class(&mut page, "ModEvent", "an event of a mod", &own);
    let _ = write!(
        page,
        "\n---@class colony\n---@field storage table<string, any> {STORAGE}\ncolony = {{}}\n"
    );
    for (module, functions) in modules() {
        let _ = write!(
            page,
            "\n---@class colony.{module}\ncolony.{module} = {{}}\n"
        );
        for function in functions {
            luals_function(&mut page, function);
        }
    }
    let body = Kind::Function(&BODY).luals();
    let _ = write!(
        page,
        "\n---{TESTS}\n---@param name string\n---@param options colony.{}\n---@param body {body}\n---@overload fun(name: string, body: {body})\nfunction colony.test(name, options, body) end\n",
        TEST_OPTIONS.name
    );
    page
}

fn luau_type(page: &mut String, name: &str, doc: &str, members: &[(&str, String)]) {
    let _ = write!(page, "\n--- {name}: {doc}.\nexport type {name} = {{\n");
    for (name, kind) in members {
        let _ = writeln!(page, "\t{name}: {kind},");
    }
    page.push_str("}\n");
}

fn luals_class(page: &mut String, name: &str, doc: &str, members: &[String]) {
    let _ = write!(page, "\n---{name}: {doc}.\n---@class colony.{name}\n");
    for member in members {
        let _ = writeln!(page, "---@field {member}");
    }
}

/// A field as `---@field` has it: the mark of what may be missing stands at the name.
fn luals_field(name: &str, kind: Kind) -> String {
    named_luals(name, kind).replacen(": ", " ", 1)
}

fn luals_function(page: &mut String, function: &FunctionDescription) {
    page.push('\n');
    for line in description(function) {
        let _ = writeln!(page, "---{line}");
    }
    for argument in function.arguments {
        let mark = if argument.optional { "?" } else { "" };
        let kind = match (function.name, argument.kind) {
            // What is left for this line are the events of mods.
            (REGISTER, Kind::Function(_)) => "fun(event: colony.ModEvent)".to_owned(),
            (_, kind) => kind.luals(),
        };
        let _ = writeln!(page, "---@param {}{mark} {kind}", argument.name);
    }
    if function.result != Kind::Nothing {
        let _ = writeln!(page, "---@return {}", function.result.luals());
    }
    if function.name == REGISTER {
        for event in events() {
            let _ = writeln!(
                page,
                "---@overload fun(name: \"{}\", handler: fun(event: colony.{}), options?: colony.HandlerOptions)",
                event.name,
                event_type(event)
            );
        }
    }
    let names: Vec<&str> = function
        .arguments
        .iter()
        .map(|argument| argument.name)
        .collect();
    let _ = writeln!(
        page,
        "function colony.{}({}) end",
        function.name,
        names.join(", ")
    );
}

fn luau_function(function: &FunctionDescription) -> String {
    if function.name == REGISTER {
        let overload = |name: String, event: String| {
            format!(
                "((name: {name}, handler: (event: {event}) -> (), options: HandlerOptions?) -> ())"
            )
        };
        let own = overload(Kind::Text.luau(), "ModEvent".to_owned());
        let overloads = events()
            .iter()
            .map(|event| overload(format!("\"{}\"", event.name), event_type(event)))
            .chain([own]);
        return overloads.collect::<Vec<_>>().join("\n\t\t\t& ");
    }
    let arguments: Vec<String> = function
        .arguments
        .iter()
        .map(|argument| format!("{}: {}", argument.name, argument.luau()))
        .collect();
    format!("({}) -> {}", arguments.join(", "), function.result.luau())
}

/// What is said of a function above it.
pub(super) fn description(function: &FunctionDescription) -> impl Iterator<Item = String> {
    let needs = function
        .capability
        .map(|name| format!("Needs the capability `{name}`."));
    let command = matches!(function.run, Run::Command(_)).then(|| {
        "A command: checked at once, applied at the next point in a tick where commands are applied."
            .to_owned()
    });
    [Some(function.doc.to_owned()), needs, command]
        .into_iter()
        .flatten()
}

/// The functions by module, in the order of the table.
pub(super) fn modules() -> Vec<(&'static str, Vec<&'static FunctionDescription>)> {
    let mut modules: Vec<(&str, Vec<_>)> = Vec::new();
    for function in functions() {
        let (module, _) = split(function);
        match modules.iter_mut().find(|(name, _)| *name == module) {
            Some((_, functions)) => functions.push(function),
            None => modules.push((module, vec![function])),
        }
    }
    modules
}

pub(crate) fn split(function: &FunctionDescription) -> (&'static str, &'static str) {
    function.name.split_once('.').unwrap_or(("", function.name))
}

/// The records that functions take and give, each once, after those that it speaks of itself.
pub(super) fn records_of_functions() -> Vec<&'static Record> {
    once(functions().flat_map(|function| {
        let arguments = function.arguments.iter();
        let arguments = arguments.flat_map(|argument| argument.kind.records());
        arguments.chain(function.result.records())
    }))
}

/// The records that functions, events and tests speak of.
fn records() -> Vec<&'static Record> {
    let of_events = events().iter().flat_map(|event| event.fields);
    let of_tests = [Kind::Record(&TEST), Kind::Record(&TEST_OPTIONS)];
    once(
        records_of_functions()
            .into_iter()
            .chain(of_events.flat_map(|field| field.kind.records()))
            .chain([jobs()])
            .chain(of_tests.into_iter().flat_map(Kind::records)),
    )
}

pub(super) fn once(records: impl Iterator<Item = &'static Record>) -> Vec<&'static Record> {
    let mut seen = Vec::new();
    for record in records {
        if !seen.contains(&record) {
            seen.push(record);
        }
    }
    seen
}

/// What an event has under one name.
pub(crate) enum Part {
    /// One field.
    Field(Kind),
    /// Fields that are those of a record.
    Record(&'static Record),
    /// Other fields, by their last names.
    Fields(Vec<Field>),
}

impl Part {
    fn luau(&self) -> String {
        match self {
            Part::Field(kind) => kind.luau(),
            Part::Record(record) => Kind::Record(record).luau(),
            Part::Fields(fields) => {
                let fields: Vec<String> = fields
                    .iter()
                    .map(|field| format!("{}: {}", field.path, field.kind.luau()))
                    .collect();
                format!("{{ {} }}", fields.join(", "))
            }
        }
    }

    fn luals(&self) -> String {
        match self {
            Part::Field(kind) => kind.luals(),
            Part::Record(record) => Kind::Record(record).luals(),
            Part::Fields(fields) => {
                let fields: Vec<String> = fields
                    .iter()
                    .map(|field| named_luals(field.path, field.kind))
                    .collect();
                format!("{{ {} }}", fields.join(", "))
            }
        }
    }
}

/// What an event carries, by the first parts of the paths; fields that are those of a record are that record.
pub(crate) fn parts(fields: &'static [Field]) -> Vec<(&'static str, Part)> {
    let mut parts: Vec<(&str, Part)> = Vec::new();
    for known in fields {
        let Some((group, name)) = known.path.split_once('.') else {
            parts.push((known.path, Part::Field(known.kind)));
            continue;
        };
        let member = field(name, known.kind);
        match parts.iter_mut().find(|(name, _)| *name == group) {
            Some((_, Part::Fields(members))) => members.push(member),
            _ => parts.push((group, Part::Fields(vec![member]))),
        }
    }
    let mut records = records_of_functions();
    records.push(jobs());
    for (_, part) in &mut parts {
        if let Part::Fields(members) = part {
            let same = |record: &&&Record| {
                let members = members.iter().map(|member| (member.path, member.kind));
                record.members().eq(members)
            };
            if let Some(record) = records.iter().find(same) {
                *part = Part::Record(record);
            }
        }
    }
    parts
}

/// The name of the type of an event: `JobCreatedEvent`.
fn event_type(event: &EventDescription) -> String {
    let words = event.name.split('_').map(|word| {
        let mut letters = word.chars();
        let first = letters.next().map(|letter| letter.to_ascii_uppercase());
        first.into_iter().chain(letters).collect::<String>()
    });
    words.chain(["Event".to_owned()]).collect()
}

#[cfg(test)]
mod tests;
