//! What a component imports and exports, held against colony.wit before any of it runs.

use std::collections::BTreeMap;

use wasmparser::{Parser, Payload};
use wasmtime::component::types::{ComponentFunc, ComponentItem, Type};
use wasmtime::component::{Component, ComponentExportIndex};

use crate::api::{
    FunctionDescription, Kind, PACKAGE, Run, functions, kebab_case, signature, split,
};
use crate::diagnostic::nearest;
use crate::error::GuestError;
use crate::manifest::API_VERSION;

use super::convert::is_of_kind;
use super::events::takes_event;
use super::interfaces::{CHANGES, Named, event_interfaces, named};

/// Imports that are named of those that there are not.
const IMPORTS_SHOWN: usize = 4;

/// The function of the table in whose place components have `mods.call`.
const MODS_GET: &str = "mods.get";

/// The functions that only components import.
const OWN: [(&str, &[&str]); 3] = [
    (
        "storage",
        &["get", "set", "insert", "remove", "names", "length"],
    ),
    ("failure", &["fail"]),
    (CHANGES, &["note"]),
];

/// The functions of our interfaces that a component exports.
pub(super) struct Exports(BTreeMap<String, BTreeMap<String, ComponentExportIndex>>);

/// The interfaces that a component may export beside those of events.
const EXPORTS: [&str; 5] = ["entry", "kept-state", "timers", "exports", "migrations"];

impl Exports {
    /// Looks them up and checks that events are heard as they are told.
    ///
    /// # Errors
    /// A component without `entry`, interfaces of ours that there are not, handlers that take something else than the event.
    pub(super) fn of(component: &Component, file: &str) -> Result<Exports, GuestError> {
        let events: Vec<String> = event_interfaces().collect();
        let mut exports: BTreeMap<String, BTreeMap<String, ComponentExportIndex>> = BTreeMap::new();
        let engine = component.engine();
        for (name, item) in component.component_type().exports(engine) {
            let (Named::Ours(interface), ComponentItem::ComponentInstance(instance)) =
                (named(name), item.ty)
            else {
                if named(name) == Named::OtherVersion {
                    return Err(other_version(file, "exports", name));
                }
                continue;
            };
            let event = events.iter().position(|event| event == interface);
            if event.is_none() && !EXPORTS.contains(&interface) {
                return Err(unknown(file, "exports", name, interface));
            }
            let index = component.get_export_index(None, name);
            let functions = exports.entry(interface.to_owned()).or_default();
            for (function, item) in instance.exports(engine) {
                let ComponentItem::ComponentFunc(found) = item.ty else {
                    continue;
                };
                if let Some(position) = event.filter(|position| !takes_event(&found, *position)) {
                    let expected = format!("the record of `{}` in colony.wit", events[position]);
                    return Err(GuestError::new(format!(
                        "`{name}#{function}` of {file} takes {}, expected the number of a function and {expected}",
                        parameters(&found)
                    )));
                }
                if let Some(index) = component.get_export_index(index.as_ref(), function) {
                    functions.insert(function.to_owned(), index);
                }
            }
        }
        let exports = Exports(exports);
        match exports.function("entry", "load") {
            Some(_) => Ok(exports),
            None => Err(without_entry(component, file)),
        }
    }

    pub(super) fn has(&self, interface: &str) -> bool {
        self.0.contains_key(interface)
    }

    pub(super) fn function(
        &self,
        interface: &str,
        function: &str,
    ) -> Option<&ComponentExportIndex> {
        self.0.get(interface)?.get(function)
    }
}

/// Refuses what a component imports and the engine does not have.
///
/// # Errors
/// Functions that the table does not have, and those that are used otherwise than it says.
pub(super) fn check_imports(component: &Component, file: &str) -> Result<(), GuestError> {
    let engine = component.engine();
    for (name, item) in component.component_type().imports(engine) {
        match named(name) {
            // Refused by name.
            Named::Foreign => {}
            Named::OtherVersion => return Err(other_version(file, "imports", name)),
            Named::Ours(module) if !is_import(module) => {
                return Err(unknown(file, "imports", name, module));
            }
            Named::Ours(module) => {
                if let ComponentItem::ComponentInstance(instance) = item.ty {
                    for (function, item) in instance.exports(engine) {
                        if let ComponentItem::ComponentFunc(found) = item.ty {
                            check_function(file, (module, function), &found)?;
                        }
                    }
                }
            }
        }
    }
    Ok(())
}

/// Whether components import an interface of that name.
pub(super) fn is_import(interface: &str) -> bool {
    imports().any(|known| known == interface)
}

/// Whether components export an interface of that name.
pub(super) fn is_export(interface: &str) -> bool {
    EXPORTS.contains(&interface) || event_interfaces().any(|known| known == interface)
}

/// The interfaces that components import: the modules of the table, and what is theirs alone.
fn imports() -> impl Iterator<Item = &'static str> {
    functions()
        .map(|known| split(known).0)
        .chain(["types", "storage", "failure", CHANGES])
}

/// What a mod that names an interface that there is not is told.
pub(super) fn unknown(file: &str, verb: &str, name: &str, interface: &str) -> GuestError {
    let error = GuestError::new(format!("{file} {verb} {name}, which there is not"));
    let known: Vec<String> = match verb {
        "imports" => imports().map(str::to_owned).collect(),
        _ => EXPORTS
            .map(str::to_owned)
            .into_iter()
            .chain(event_interfaces())
            .collect(),
    };
    did_you_mean(error, interface, known.iter().map(String::as_str))
}

/// Refuses what is none of ours by its name, before the component is compiled, which takes time. What cannot be read is left to the compiler.
///
/// # Errors
/// All that is not of our package.
pub(super) fn check_import_names(bytes: &[u8], file: &str) -> Result<(), GuestError> {
    let mut foreign = Vec::new();
    // Components and modules in it have imports of their own.
    let mut depth = 0_usize;
    for payload in Parser::new(0).parse_all(bytes) {
        match payload {
            Ok(Payload::Version { .. }) => depth += 1,
            Ok(Payload::End(_)) => depth = depth.saturating_sub(1),
            Ok(Payload::ComponentImportSection(section)) if depth == 1 => {
                let imports = section.into_iter().flatten();
                let names = imports.map(|import| import.name.name);
                foreign.extend(names.filter(|name| named(name) == Named::Foreign));
            }
            Ok(_) => {}
            Err(_) => return Ok(()),
        }
    }
    if foreign.is_empty() {
        return Ok(());
    }
    let foreign: Vec<String> = foreign.into_iter().map(str::to_owned).collect();
    Err(foreign_imports(file, &foreign))
}

/// What a mod that wants more than the colony is told.
pub(super) fn foreign_imports(file: &str, imports: &[String]) -> GuestError {
    let shown = imports.len().min(IMPORTS_SHOWN);
    let more = match imports.len() - shown {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let package = |name: &str| name.split_once('/').map(|(package, _)| package.to_owned());
    let is_misspelt =
        |name: &String| package(name).is_some_and(|package| nearest(&package, [PACKAGE]).is_some());
    let misspelt = imports.iter().any(is_misspelt);
    GuestError {
        help: Some(if misspelt {
            format!("did you mean `{PACKAGE}`?")
        } else {
            "a mod has no files, clocks or environment: build it for a target without a system, such as `wasm32-unknown-unknown`, and without what it imports; for componentize-js that is `--disable stdio random clocks http fetch-event`".to_owned()
        }),
        ..GuestError::new(format!(
            "{file} imports {}{more}, and {PACKAGE} is all that there is",
            imports[..shown].join(", ")
        ))
    }
}

/// What a mod that is built against another version is told.
pub(super) fn other_version(file: &str, verb: &str, name: &str) -> GuestError {
    GuestError {
        help: Some("build it against the colony.wit of this engine".to_owned()),
        ..GuestError::new(format!(
            "{file} {verb} {name}, expected {PACKAGE} in version {API_VERSION}"
        ))
    }
}

fn without_entry(component: &Component, file: &str) -> GuestError {
    let exports = component.component_type();
    let exports = exports.exports(component.engine());
    let names: Vec<&str> = exports.map(|(name, _)| name).collect();
    let found = match &names[..] {
        [] => "nothing".to_owned(),
        names => names.join(", "),
    };
    GuestError::new(format!(
        "{file} exports {found}, expected {PACKAGE}/entry@{API_VERSION} at least"
    ))
}

/// Functions of the table that the host does are called by what the component says of them, so it must say the same. The linker
/// looks at the others.
fn check_function(
    file: &str,
    (module, function): (&str, &str),
    found: &ComponentFunc,
) -> Result<(), GuestError> {
    let mut known = functions().filter(|known| {
        let (of, name) = split(known);
        known.name != MODS_GET && of == module && kebab_case(name) == function
    });
    let Some(description) = known.next() else {
        let others = names_of(module);
        if others.iter().any(|other| other == function) {
            return Ok(());
        }
        let error = GuestError::new(format!(
            "{file} imports `{module}.{function}`, which there is not in {API_VERSION}"
        ));
        return Err(did_you_mean(
            error,
            function,
            others.iter().map(String::as_str),
        ));
    };
    if matches!(description.run, Run::Runtime) || is_as_described(found, description) {
        return Ok(());
    }
    Err(GuestError::new(format!(
        "`{module}.{function}` of {file} takes {}, expected `{}`",
        parameters(found),
        signature(description)
    )))
}

/// The functions that components import from an interface.
fn names_of(module: &str) -> Vec<String> {
    let own = OWN.iter().filter(|(of, _)| *of == module);
    let own = own.flat_map(|(_, names)| names.iter().map(|name| (*name).to_owned()));
    let of_table = functions().filter(|known| split(known).0 == module);
    let of_table = of_table.map(|known| match known.name {
        MODS_GET => "call".to_owned(),
        _ => kebab_case(split(known).1),
    });
    own.chain(of_table).collect()
}

fn is_as_described(found: &ComponentFunc, description: &FunctionDescription) -> bool {
    let is_argument = |found: &Type, kind: Kind, optional: bool| match (optional, found) {
        (true, Type::Option(found)) if kind != Kind::Any => is_of_kind(&found.ty(), kind),
        (optional, found) => (!optional || kind == Kind::Any) && is_of_kind(found, kind),
    };
    let results: Vec<Type> = found.results().collect();
    let [Type::Result(result)] = &results[..] else {
        return false;
    };
    let is_result = match (description.result, result.ok()) {
        (Kind::Nothing, found) => found.is_none(),
        (kind, found) => found.is_some_and(|found| is_of_kind(&found, kind)),
    };
    let is_error = match result.err() {
        Some(Type::Record(error)) => {
            let fields: Vec<(String, Type)> = error
                .fields()
                .map(|field| (field.name.to_owned(), field.ty))
                .collect();
            matches!(&fields[..], [(message, Type::String), (help, Type::Option(text))]
                if message == "message" && help == "help" && text.ty() == Type::String)
        }
        _ => false,
    };
    let arguments = description.arguments;
    let mut pairs = found.params().zip(arguments);
    is_result
        && is_error
        && found.params().len() == arguments.len()
        && pairs.all(|((_, found), argument)| is_argument(&found, argument.kind, argument.optional))
}

/// The same error with the nearest of the names that there are.
pub(super) fn did_you_mean<'a>(
    error: GuestError,
    name: &str,
    known: impl Iterator<Item = &'a str>,
) -> GuestError {
    let near = nearest(name, known).map(|near| format!("did you mean `{near}`?"));
    GuestError {
        help: near.or(error.help.clone()),
        ..error
    }
}

/// What a function takes, in the words of WIT.
fn parameters(found: &ComponentFunc) -> String {
    let parameters = found
        .params()
        .map(|(name, found)| format!("{name}: {}", type_name(&found)));
    format!("({})", parameters.collect::<Vec<_>>().join(", "))
}

fn type_name(found: &Type) -> String {
    match found {
        Type::Bool => "bool".to_owned(),
        Type::S8 => "s8".to_owned(),
        Type::U8 => "u8".to_owned(),
        Type::S16 => "s16".to_owned(),
        Type::U16 => "u16".to_owned(),
        Type::S32 => "s32".to_owned(),
        Type::U32 => "u32".to_owned(),
        Type::S64 => "s64".to_owned(),
        Type::U64 => "u64".to_owned(),
        Type::Float32 => "f32".to_owned(),
        Type::Float64 => "f64".to_owned(),
        Type::Char => "char".to_owned(),
        Type::String => "string".to_owned(),
        Type::List(list) => format!("list<{}>", type_name(&list.ty())),
        Type::Option(option) => format!("option<{}>", type_name(&option.ty())),
        Type::Record(record) => {
            let fields = record.fields();
            let fields = fields.map(|field| format!("{}: {}", field.name, type_name(&field.ty)));
            format!("record {{{}}}", fields.collect::<Vec<_>>().join(", "))
        }
        Type::Tuple(_) => "tuple".to_owned(),
        Type::Variant(_) => "variant".to_owned(),
        Type::Enum(_) => "enum".to_owned(),
        Type::Result(_) => "result".to_owned(),
        _ => "another type".to_owned(),
    }
}
