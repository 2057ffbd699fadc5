//! A file of a mod becomes a component: text is translated, and a core module is wrapped in the world that its imports and exports speak
//! of.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use wasmparser::{BinaryReaderError, Parser, Payload, Validator};
use wit_component::{ComponentEncoder, StringEncoding, embed_component_metadata};
use wit_parser::Resolve;

use crate::api::{PACKAGE, escaped, wit};
use crate::error::{GuestError, Location};
use crate::limits::COMPONENT_BYTES_MAX;
use crate::manifest::API_VERSION;

use super::exports::{foreign_imports, is_export, is_import, other_version, unknown};
use super::interfaces::{Named, named};

const MAGIC: &[u8] = b"\0asm";

/// The bytes of a component.
///
/// # Errors
/// A file that is neither WebAssembly nor its text, that is too large, or a core module that is none of a mod.
pub(super) fn component_bytes(file: &str, content: &[u8]) -> Result<Vec<u8>, GuestError> {
    let bytes = if content.starts_with(MAGIC) || !file.ends_with(".wat") {
        content.to_vec()
    } else {
        translated(file, content)?
    };
    if bytes.len() > COMPONENT_BYTES_MAX {
        return Err(GuestError::new(format!(
            "{file} has {} bytes, {COMPONENT_BYTES_MAX} are allowed",
            bytes.len()
        )));
    }
    if !bytes.starts_with(MAGIC) {
        let found: Vec<String> = bytes
            .iter()
            .take(4)
            .map(|byte| format!("{byte:02x}"))
            .collect();
        let found = match &found[..] {
            [] => "nothing".to_owned(),
            found => found.join(" "),
        };
        return Err(GuestError::new(format!(
            "{file} begins with {found}, expected WebAssembly, which begins with 00 61 73 6d"
        )));
    }
    // The fifth byte and the next are the version, the two after them what it is.
    match bytes.get(6..8) {
        Some([0, 0]) => wrapped(file, bytes),
        Some([1, 0]) => Ok(bytes),
        _ => Err(GuestError::new(format!(
            "{file} ends after {} bytes, expected a component or a core module",
            bytes.len()
        ))),
    }
}

fn translated(file: &str, content: &[u8]) -> Result<Vec<u8>, GuestError> {
    wat::parse_bytes(content)
        .map(|bytes| bytes.into_owned())
        .map_err(|error| {
            let shown = error.to_string();
            // The first line is what is wrong, the second where: ` --> <anon>:3:7`.
            let mut lines = shown.lines();
            let message = lines
                .next()
                .unwrap_or("it is not WebAssembly text")
                .to_owned();
            let place = lines.find_map(|line| line.trim().strip_prefix("--> "));
            let mut numbers = place
                .into_iter()
                .flat_map(|place| place.rsplit(':'))
                .map(str::parse::<usize>);
            let (column, line) = (numbers.next(), numbers.next());
            GuestError {
                location: match line {
                    Some(Ok(line)) => Some(Location {
                        file: file.into(),
                        line,
                    }),
                    _ => None,
                },
                column: column.and_then(Result::ok),
                ..GuestError::new(message)
            }
        })
}

/// A core module as a component.
fn wrapped(file: &str, mut module: Vec<u8>) -> Result<Vec<u8>, GuestError> {
    let refused =
        |problem: String| GuestError::new(format!("{file} does not fit colony.wit: {problem}"));
    let names = Validator::new()
        .validate_all(&module)
        .and_then(|_| core_names(&module))
        .map_err(|problem| GuestError::new(format!("{file} is not WebAssembly: {problem}")))?;
    if names.describes_itself {
        // The interface of the first system that components had is none that a world could speak of.
        let of_system = names
            .imports
            .iter()
            .filter(|(module, _)| module.starts_with("wasi"));
        let of_system: Vec<String> = of_system
            .map(|(module, name)| format!("{module}.{name}"))
            .collect();
        if !of_system.is_empty() {
            return Err(foreign_imports(file, &of_system));
        }
    } else {
        let world = world_of(file, &names)?;
        let mut resolve = Resolve::default();
        let ours = resolve.push_source("colony.wit", &wit());
        ours.map_err(|error| refused(format!("{error:#}")))?;
        let package = resolve.push_source("component.wit", &world);
        let world = package.and_then(|package| resolve.select_world(&[package], None));
        let world = world.map_err(|error| refused(format!("{error:#}")))?;
        embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8)
            .map_err(|error| refused(format!("{error:#}")))?;
    }
    let mut encoder = ComponentEncoder::default().validate(true);
    encoder = encoder
        .module(&module)
        .map_err(|error| refused(format!("{error:#}")))?;
    encoder
        .encode()
        .map_err(|error| refused(format!("{error:#}")))
}

/// What a core module says of itself by names.
#[derive(Debug, Default)]
struct CoreNames {
    /// The modules that it imports from, with what it imports from each.
    imports: BTreeSet<(String, String)>,
    exports: BTreeSet<String>,
    /// Whether a tool has written down in it which world it fits.
    describes_itself: bool,
}

fn core_names(module: &[u8]) -> Result<CoreNames, BinaryReaderError> {
    let mut names = CoreNames::default();
    for payload in Parser::new(0).parse_all(module) {
        match payload? {
            Payload::ImportSection(section) => {
                for import in section.into_imports() {
                    let import = import?;
                    let (module, name) = (import.module.to_owned(), import.name.to_owned());
                    names.imports.insert((module, name));
                }
            }
            Payload::ExportSection(section) => {
                for export in section {
                    names.exports.insert(export?.name.to_owned());
                }
            }
            Payload::CustomSection(section) => {
                names.describes_itself |= section.name().starts_with("component-type");
            }
            _ => {}
        }
    }
    Ok(names)
}

/// The smallest world that a core module fits: names like `colony:modding/jobs@1.0.0` for what it imports from, and
/// `colony:modding/entry@1.0.0#load` for what it exports.
fn world_of(file: &str, names: &CoreNames) -> Result<String, GuestError> {
    let mut foreign = Vec::new();
    let mut imports = BTreeSet::new();
    for (module, name) in &names.imports {
        match named(module) {
            Named::Ours(interface) if is_import(interface) => {
                imports.insert(in_world(module, interface));
            }
            Named::Ours(interface) => return Err(unknown(file, "imports", module, interface)),
            Named::OtherVersion => return Err(other_version(file, "imports", module)),
            Named::Foreign => foreign.push(format!("{module}.{name}")),
        }
    }
    if !foreign.is_empty() {
        return Err(foreign_imports(file, &foreign));
    }
    let mut exports = BTreeSet::new();
    for name in &names.exports {
        let Some((interface, _)) = name.split_once('#') else {
            continue;
        };
        let interface = interface.strip_prefix("cabi_post_").unwrap_or(interface);
        match named(interface) {
            Named::Ours(name) if is_export(name) => {
                exports.insert(in_world(interface, name));
            }
            Named::Ours(name) => return Err(unknown(file, "exports", interface, name)),
            Named::OtherVersion => return Err(other_version(file, "exports", interface)),
            Named::Foreign => {}
        }
    }
    if exports.is_empty() {
        return Err(GuestError::new(format!(
            "{file} exports nothing of {PACKAGE}, expected `{PACKAGE}/entry@{API_VERSION}#load` at least"
        )));
    }
    let mut world = "package colony-sim:component;\n\nworld component {\n".to_owned();
    for import in imports {
        let _ = writeln!(world, "  import {import};");
    }
    for export in exports {
        let _ = writeln!(world, "  export {export};");
    }
    world.push_str("}\n");
    Ok(world)
}

/// The name of an interface as a world has it.
fn in_world(name: &str, interface: &str) -> String {
    name.replacen(
        &format!("/{interface}@"),
        &format!("/{}@", escaped(interface)),
        1,
    )
}
