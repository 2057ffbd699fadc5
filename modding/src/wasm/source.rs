//! A file of a mod becomes a component: text is translated, and a core module is wrapped in the world that its imports and exports speak
//! of.

use wasmparser::Validator;
use wit_component::{ComponentEncoder, StringEncoding, embed_component_metadata};
use wit_parser::Resolve;

use crate::api::wit;
use crate::error::{GuestError, Location};
use crate::limits::COMPONENT_BYTES_MAX;

use super::core_module::CoreModule;
use super::exports::foreign_imports;
use super::format::{Kind, MAGIC, kind};
use super::invalid::invalid;

/// The bytes of a component.
///
/// # Errors
/// A file that is neither WebAssembly nor its text, that is too large, or a core module that is none of a mod.
pub(super) fn component_bytes(file: &str, content: &[u8]) -> Result<Vec<u8>, GuestError> {
    let bytes = match is_text(file, content) {
        true => translated(file, content)?,
        false => content.to_vec(),
    };
    if bytes.len() > COMPONENT_BYTES_MAX {
        return Err(GuestError::new(format!(
            "{file} has {} bytes, {COMPONENT_BYTES_MAX} are allowed",
            bytes.len()
        )));
    }
    match kind(file, &bytes)? {
        Kind::CoreModule => wrapped(file, content, bytes),
        Kind::Component => Ok(bytes),
    }
}

/// Whether a file is read as text, which its name says: the same content under another name is none.
pub(super) fn is_text(file: &str, content: &[u8]) -> bool {
    file.ends_with(".wat") && !content.starts_with(MAGIC)
}

/// The text that a file was assembled from, if it is one.
pub(super) fn written<'a>(file: &str, content: &'a [u8]) -> Option<&'a str> {
    let text = is_text(file, content).then_some(content)?;
    std::str::from_utf8(text).ok()
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
fn wrapped(file: &str, content: &[u8], mut module: Vec<u8>) -> Result<Vec<u8>, GuestError> {
    let refused =
        |problem: String| GuestError::new(format!("{file} does not fit colony.wit: {problem}"));
    let parts = Validator::new()
        .validate_all(&module)
        .and_then(|_| CoreModule::read(&module))
        .map_err(|problem| invalid(file, &module, written(file, content), &problem))?;
    if parts.describes_itself {
        // The interface of the first system that components had is none that a world could speak of.
        let of_system = parts
            .imports
            .keys()
            .filter(|(module, _)| module.starts_with("wasi"));
        let of_system: Vec<String> = of_system
            .map(|(module, name)| format!("{module}.{name}"))
            .collect();
        if !of_system.is_empty() {
            return Err(foreign_imports(file, &of_system));
        }
    } else {
        let world = parts.world(file)?;
        let mut resolve = Resolve::default();
        let ours = resolve.push_source("colony.wit", &wit());
        ours.map_err(|error| refused(format!("{error:#}")))?;
        parts.check_functions(file, &resolve)?;
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
