//! What components are built against, made from the table: the package `colony:modding` of WIT.
//!
//! A module of the table is an interface that components import, an event one that they may export: a component has those that it
//! uses, so that more functions and more events leave it as it is. A function of the guest, which no component can hand over, is
//! a number that the guest chooses and is called back with.

use std::fmt::Write as _;

use super::kinds::{Kind, Record};
use super::stubs::{
    Part, STUB_MARK, description, modules, once, parts, records_of_functions, split,
};
use super::{EventDescription, FunctionDescription, batched, events, jobs};
use crate::manifest::API_VERSION;

/// The package, without its version.
pub(crate) const PACKAGE: &str = "colony:modding";

/// The world that has all interfaces of the package.
pub(crate) const WORLD: &str = "guest";

/// What of it is for a component that shares the storage with a script.
const WORLD_BESIDE_SCRIPT: &str = "guest-beside-script";

/// What a component beside a script does not export.
const WHOLE_STATE: &str = "kept-state";

/// What a tree is, said where it is declared.
const TYPES: &str = "  /// A function of the mod: a number that it chooses and is called back with. It must mean the same in every instance of the
  /// component, of which `load` has run and nothing else.
  type function = u32;

  /// Why a call was refused; nothing has changed.
  record error {
    /// What was found and what was expected.
    message: string,
    /// What to do.
    help: option<string>,
  }

  /// A value inside a tree.
  variant node {
    boolean(bool),
    /// A whole number within 2^53 of 0.
    integer(s64),
    /// A finite number.
    number(f64),
    text(string),
    /// A list of so many values, which follow it, each with all that is in it.
    items(u32),
    /// Values by these names, which differ. The values follow in the same order, each with all that is in it.
    entries(list<string>),
  }

  /// A value of any shape: its node, then what is in it. Without a node it is no value at all, Lua's nil. Tables are nested 32 deep
  /// at most.
  type tree = list<node>;
";

/// The interfaces that are not modules of the table, which components import.
const OTHER_IMPORTS: &str = "
/// The mod's state, which survives reloads and saves. A path names tables from the outermost one inwards: names, or positions of lists
/// from 1 as digits. The empty path is the whole state.
interface storage {
  use types.{error, tree};

  /// A copy of what stands at a path; no value where nothing does.
  get: func(path: list<string>) -> result<tree, error>;
  /// Puts a copy of a value at a path; without a value, what stands there is removed.
  set: func(path: list<string>, value: tree) -> result<_, error>;
  /// Puts a copy of a value before a position of a list and moves what follows up.
  insert: func(path: list<string>, position: u32, value: tree) -> result<_, error>;
  /// Takes a position out of a list and moves what follows down.
  remove: func(path: list<string>, position: u32) -> result<tree, error>;
  /// The names in a table, in byte order; none in a list.
  names: func(path: list<string>) -> result<list<string>, error>;
  /// How many values a list has; 0 for a table of names.
  length: func(path: list<string>) -> result<u32, error>;
}

/// How a call of the mod fails.
interface failure {
  use types.{error};

  /// A line of the mod's source.
  record line {
    file: string,
    line: u32,
  }

  /// Ends the running call, which leaves no trace: the host takes its effects back and makes the instance anew. Does not return.
  fail: func(error: error, at: option<line>);
}

/// For a component that exports `kept-state` and knows when its state changes: one that says so in `entry.load` is asked for its state only
/// after calls in which it said so again. A change that it does not tell then is gone after a reload, a save or a failing call.
interface kept-state-changes {
  /// The state changes in the running call. To say it more than once in a call is the same. In `entry.load`: changes will be told of.
  note: func();
}
";

/// The interfaces that are not events, which components export.
const OTHER_EXPORTS: &str = "
/// The one interface that every component exports.
interface entry {
  /// Declares handlers, timers, migrations and exported functions. The state is not there yet. It is called first in every instance.
  load: func();
}

/// For a state that the component keeps in its memory, as a reload, a save and a failing call would lose it.
interface kept-state {
  use types.{tree};

  /// The state as it is now, a table of names, which becomes the mod's storage; none where nothing has changed since the last save or
  /// restore. Called after every call that succeeds and after `restore`, or if the component has said in `load` that it tells of changes
  /// (`kept-state-changes`), after those in which it did.
  save: func() -> option<tree>;
  /// Takes over the mod's storage. Called after `load`, unless the storage is empty.
  restore: func(state: tree);
}

/// For timers that are declared with a function.
interface timers {
  use types.{function, timer};

  fire: func(handler: function, timer: timer);
}

/// For functions that the mod offers to others.
interface exports {
  use types.{function, tree};

  call: func(handler: function, arguments: list<tree>) -> list<tree>;
}

/// For migrations.
interface migrations {
  use types.{function, tree};

  /// The state of this version, made of an older one.
  migrate: func(migration: function, state: tree) -> tree;
}
";

/// What is said of the function that stands for `mods.get`.
const MODS_CALL: &str = "Calls a function that another mod offers; the mod must be among the manifest's dependencies. Values are copied; the call goes to whatever generation runs at that moment.";

const OTHER_IMPORTS_NAMES: [&str; 3] = ["storage", "failure", "kept-state-changes"];
const OTHER_EXPORTS_NAMES: [&str; 5] = ["entry", "kept-state", "timers", "exports", "migrations"];

/// The event of a mod.
const MOD_EVENT: &str = "mod-event";

/// What components find the texts of a batch in: its lists of texts hold positions in this one, from 0. The text at 0 is the empty one,
/// which stands for nothing.
pub(crate) const BATCH_TEXTS: (&str, Kind) = ("texts", Kind::List(&Kind::Text));

const BATCH_TEXTS_DOC: &str = "Numbers in lists of u32 are positions in `texts`, which begins with the empty text, at 0. Where an event carries nothing there is 0 in its list";

/// Its place among the members of the record: after the tick and the size.
pub(crate) const BATCH_TEXTS_AT: usize = 2;

/// `colony.wit`.
pub fn wit() -> String {
    let mut page = format!(
        "// {STUB_MARK} for components: what they may call and hear. What is changed here is lost.\n\npackage {PACKAGE}@{API_VERSION};\n\ninterface types {{\n{TYPES}"
    );
    let of_functions = records_of_functions();
    let of_events = events().iter().flat_map(|event| event.fields);
    let of_events = of_events.flat_map(|field| field.kind.records());
    for record in once(of_functions.into_iter().chain(of_events).chain([jobs()])) {
        write_record(
            &mut page,
            record.doc,
            &kebab_case(record.name),
            &members(record),
        );
    }
    for variant in variants() {
        write_variant(&mut page, variant);
    }
    for event in events() {
        write_event_records(&mut page, event);
    }
    let own = [("name", "string"), ("tick", "s64"), ("payload", "tree")];
    let own = own.map(|(name, kind)| (name.to_owned(), kind.to_owned()));
    write_record(&mut page, "an event of a mod", MOD_EVENT, &own);
    page.push_str("}\n");
    for (module, functions) in modules() {
        write_interface(&mut page, module, &functions);
    }
    page.push_str(OTHER_IMPORTS);
    page.push_str(OTHER_EXPORTS);
    for event in events() {
        let name = kebab_case(event.name);
        write_event_interface(&mut page, event.doc, &name, &event_record(event));
    }
    let of_mods = "the event of a mod, this one or another";
    write_event_interface(&mut page, of_mods, MOD_EVENT, MOD_EVENT);
    write_world(&mut page);
    page
}

/// Everything there is. A component's own world names what it uses.
fn write_world(page: &mut String) {
    let _ = write!(
        page,
        "\n/// All but `{WHOLE_STATE}`: for a component beside a script in one mod, with which it shares `storage`.\nworld {WORLD_BESIDE_SCRIPT} {{\n"
    );
    let modules = modules().into_iter().map(|(module, _)| module);
    for import in modules.chain(OTHER_IMPORTS_NAMES) {
        let _ = writeln!(page, "  import {};", escaped(import));
    }
    for export in OTHER_EXPORTS_NAMES
        .into_iter()
        .filter(|name| *name != WHOLE_STATE)
    {
        let _ = writeln!(page, "  export {export};");
    }
    let events = events().iter().map(|event| kebab_case(event.name));
    for event in events.chain([MOD_EVENT.to_owned()]) {
        let _ = writeln!(page, "  export on-{event};");
    }
    let _ = write!(
        page,
        "}}\n\n/// All of it. A component imports and exports what it uses and must export `entry`.\nworld {WORLD} {{\n  include {WORLD_BESIDE_SCRIPT};\n  export {WHOLE_STATE};\n}}\n"
    );
}

fn write_record(page: &mut String, doc: &str, name: &str, members: &[(String, String)]) {
    let _ = write!(
        page,
        "\n  /// {}.\n  record {} {{\n",
        sentence(doc),
        escaped(name)
    );
    for (name, kind) in members {
        let _ = writeln!(page, "    {}: {kind},", escaped(name));
    }
    page.push_str("  }\n");
}

fn write_variant(page: &mut String, kinds: &[Kind]) {
    let _ = write!(page, "\n  variant {} {{\n", variant_name(kinds));
    for kind in kinds {
        let _ = writeln!(page, "    {}({}),", case_name(*kind), wit_type(*kind));
    }
    page.push_str("  }\n");
}

/// The record of an event, after those of its parts that are no record of the table.
fn write_event_records(page: &mut String, event: &EventDescription) {
    let mut members = vec![("tick".to_owned(), "s64".to_owned())];
    for (name, part) in parts(event.fields) {
        let kind = match part {
            Part::Field(kind) => wit_type(kind),
            Part::Record(record) => kebab_case(record.name),
            Part::Fields(fields) => {
                let record = format!("{}-{name}", kebab_case(event.name));
                let members: Vec<_> = fields
                    .iter()
                    .map(|field| (kebab_case(field.path), wit_type(field.kind)))
                    .collect();
                let doc = format!("the {name} of the event `{}`", event.name);
                write_record(page, &doc, &record, &members);
                record
            }
        };
        members.push((kebab_case(name), kind));
    }
    if batched(event.name).is_some() {
        let (name, kind) = BATCH_TEXTS;
        members.insert(BATCH_TEXTS_AT, (name.to_owned(), wit_type(kind)));
        let doc = format!("{}. {BATCH_TEXTS_DOC}", event.doc);
        return write_record(page, &doc, &event_record(event), &members);
    }
    write_record(page, event.doc, &event_record(event), &members);
}

fn write_event_interface(page: &mut String, doc: &str, event: &str, record: &str) {
    let _ = write!(
        page,
        "\n/// {}.\ninterface on-{event} {{\n  use types.{{function, {record}}};\n\n  handle: func(handler: function, event: {record});\n}}\n",
        sentence(doc)
    );
}

fn write_interface(page: &mut String, module: &str, functions: &[&FunctionDescription]) {
    let written: Vec<(Vec<String>, String)> = functions
        .iter()
        .map(|function| match function.name {
            "mods.get" => (vec![MODS_CALL.to_owned()], signature(function)),
            _ => (description(function).collect(), signature(function)),
        })
        .collect();
    let names = type_names();
    let is_used = |name: &String| {
        // What stands before the first bracket is the function's own name.
        let types = written.iter().filter_map(|(_, text)| text.split_once('('));
        let mut words = types.flat_map(|(_, text)| {
            text.split(|letter: char| !letter.is_alphanumeric() && letter != '-')
        });
        words.any(|word| word == *name)
    };
    // A function hides the type of its own name.
    let is_function = |name: &str| {
        functions
            .iter()
            .any(|known| kebab_case(split(known).1) == name)
    };
    let uses = names.iter().filter(|name| is_used(name));
    let uses = uses.map(|name| match is_function(name) {
        true => format!("{name} as {name}-record"),
        false => name.clone(),
    });
    let uses: Vec<String> = uses.collect();
    let _ = write!(
        page,
        "\ninterface {} {{\n  use types.{{{}}};\n",
        escaped(module),
        uses.join(", ")
    );
    let hidden: Vec<&String> = names.iter().filter(|name| is_function(name)).collect();
    for (doc, signature) in written {
        page.push('\n');
        for line in doc {
            let _ = writeln!(page, "  /// {line}");
        }
        let signature = aliased(&signature, &hidden);
        let _ = writeln!(page, "  {signature};");
    }
    page.push_str("}\n");
}

/// A signature with the types that are hidden under the names that they are used by.
fn aliased(signature: &str, hidden: &[&String]) -> String {
    let is_word = |letter: char| letter.is_alphanumeric() || letter == '-';
    let (name, mut rest) = signature.split_at(signature.find('(').unwrap_or(0));
    let mut aliased = name.to_owned();
    while !rest.is_empty() {
        let (word, after) =
            rest.split_at(rest.find(|letter| !is_word(letter)).unwrap_or(rest.len()));
        aliased.push_str(word);
        // A name that something follows after a colon is that of an argument.
        if hidden.iter().any(|name| *name == word) && !after.starts_with(':') {
            aliased.push_str("-record");
        }
        let next = after.find(is_word).unwrap_or(after.len());
        aliased.push_str(&after[..next]);
        rest = &after[next..];
    }
    aliased
}

/// The types that the interfaces use by name.
fn type_names() -> Vec<String> {
    let records = records_of_functions();
    let records = records.iter().map(|record| kebab_case(record.name));
    let variants = variants().into_iter().map(variant_name);
    let others = ["error", "function", "tree"].map(str::to_owned);
    others.into_iter().chain(records).chain(variants).collect()
}

/// A function as it stands in its interface. Few have another form than the table says: what is looked up in Lua by a name and called
/// then is called by its name, and the log takes text, for a component has nothing that could be written otherwise.
pub(crate) fn signature(function: &FunctionDescription) -> String {
    let (module, name) = split(function);
    if function.name == "mods.get" {
        return "call: func(mod-id: string, name: string, arguments: list<tree>) -> result<list<tree>, error>".to_owned();
    }
    let arguments: Vec<String> = function
        .arguments
        .iter()
        .map(|argument| {
            let kind = match argument.kind {
                Kind::Any if module == "log" => "string".to_owned(),
                kind if argument.optional => wit_optional(kind),
                kind => wit_type(kind),
            };
            format!("{}: {kind}", escaped(&kebab_case(argument.name)))
        })
        .collect();
    let result = match function.result {
        Kind::Nothing => "_".to_owned(),
        kind => wit_type(kind),
    };
    let name = escaped(&kebab_case(name));
    format!(
        "{name}: func({}) -> result<{result}, error>",
        arguments.join(", ")
    )
}

fn members(record: &Record) -> Vec<(String, String)> {
    let members = record.members();
    members
        .map(|(name, kind)| (kebab_case(name), wit_type(kind)))
        .collect()
}

/// The kind as a type of WIT. Texts out of a few are texts, for one more must not make another type of it.
fn wit_type(kind: Kind) -> String {
    match kind {
        Kind::Nothing => "_".to_owned(),
        Kind::Boolean => "bool".to_owned(),
        Kind::Integer => "s64".to_owned(),
        Kind::Number => "f64".to_owned(),
        Kind::Text | Kind::OneOf(_) => "string".to_owned(),
        Kind::Any => "tree".to_owned(),
        Kind::Function(_) => "function".to_owned(),
        Kind::Optional(inner) => wit_optional(*inner),
        Kind::List(inner) => format!("list<{}>", wit_type(*inner)),
        Kind::Map(inner) => format!("list<tuple<string, {}>>", wit_type(*inner)),
        Kind::Record(record) => kebab_case(record.name),
        Kind::Either(kinds) => variant_name(kinds),
        // Numbers are copied as they lie; a list of texts, or of what may be missing, goes value by value.
        Kind::Column(Kind::Optional(inner)) => wit_type(Kind::Column(inner)),
        Kind::Column(Kind::Text | Kind::OneOf(_)) => "list<u32>".to_owned(),
        Kind::Column(inner) => format!("list<{}>", wit_type(*inner)),
    }
}

/// That or nothing: a tree can be nothing itself.
fn wit_optional(kind: Kind) -> String {
    match kind {
        Kind::Any => "tree".to_owned(),
        kind => format!("option<{}>", wit_type(kind)),
    }
}

/// The choices of kinds that functions take and give, each once.
fn variants() -> Vec<&'static [Kind]> {
    fn choice(kind: Kind) -> Option<&'static [Kind]> {
        match kind {
            Kind::Either(kinds) => Some(kinds),
            Kind::Optional(inner) | Kind::List(inner) | Kind::Map(inner) => choice(*inner),
            _ => None,
        }
    }
    let mut seen: Vec<&[Kind]> = Vec::new();
    for function in super::functions() {
        let arguments = function.arguments.iter().map(|argument| argument.kind);
        for kinds in arguments.chain([function.result]).filter_map(choice) {
            if !seen.contains(&kinds) {
                seen.push(kinds);
            }
        }
    }
    seen
}

fn variant_name(kinds: &[Kind]) -> String {
    let names: Vec<&str> = kinds.iter().map(|kind| case_name(*kind)).collect();
    names.join("-or-")
}

/// What a kind is called among others.
pub(crate) fn case_name(kind: Kind) -> &'static str {
    match kind {
        Kind::Nothing => "nothing",
        Kind::Boolean => "boolean",
        Kind::Integer => "integer",
        Kind::Number => "number",
        Kind::Text | Kind::OneOf(_) => "text",
        Kind::Any => "value",
        Kind::Function(_) => "function",
        Kind::Optional(inner) => case_name(*inner),
        Kind::List(_) | Kind::Column(_) => "items",
        Kind::Map(_) => "entries",
        Kind::Record(record) => record.name,
        Kind::Either(_) => "choice",
    }
}

fn event_record(event: &EventDescription) -> String {
    format!("{}-event", kebab_case(event.name))
}

/// `JobCreated` and `job_created` as WIT has it: `job-created`.
pub(crate) fn kebab_case(name: &str) -> String {
    let mut kebab = String::new();
    for letter in name.chars() {
        if letter.is_ascii_uppercase() && !kebab.is_empty() {
            kebab.push('-');
        }
        kebab.push(match letter {
            '_' => '-',
            letter => letter.to_ascii_lowercase(),
        });
    }
    kebab
}

/// The name with the mark that keeps it from being a word of the language.
pub(crate) fn escaped(name: &str) -> String {
    const WORDS: [&str; 43] = [
        "as",
        "async",
        "bool",
        "borrow",
        "char",
        "constructor",
        "enum",
        "error-context",
        "export",
        "f32",
        "f64",
        "flags",
        "from",
        "func",
        "future",
        "import",
        "include",
        "interface",
        "list",
        "map",
        "option",
        "own",
        "package",
        "record",
        "resource",
        "result",
        "s16",
        "s32",
        "s64",
        "s8",
        "static",
        "stream",
        "string",
        "tuple",
        "type",
        "u16",
        "u32",
        "u64",
        "u8",
        "use",
        "variant",
        "with",
        "world",
    ];
    match WORDS.contains(&name) {
        true => format!("%{name}"),
        false => name.to_owned(),
    }
}

/// Documentation that begins in lower case, as the first word of a sentence.
fn sentence(doc: &str) -> String {
    let mut letters = doc.chars();
    let first = letters.next().map(|letter| letter.to_ascii_uppercase());
    first.into_iter().chain(letters).collect()
}

#[cfg(test)]
mod tests;
