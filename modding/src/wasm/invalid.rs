//! Code that was read and that no machine may run: the function that is wrong, by the name that its author gave it.

use std::collections::BTreeMap;

use wasmparser::{
    BinaryReaderError, ExternalKind, FunctionBody, KnownCustom, Name, NameSectionReader, Parser,
    Payload, TypeRef,
};

use crate::error::{GuestError, Location};

/// What is known of the functions of one module, as far as it is read.
#[derive(Default)]
struct Functions<'a> {
    /// Those that are imported come first in the numbers of functions.
    counted: u32,
    exports: BTreeMap<u32, &'a str>,
    names: Option<NameSectionReader<'a>>,
    wrong: Option<u32>,
}

/// A function that is wrong.
#[derive(Debug, PartialEq, Eq)]
enum Wrong<'a> {
    Named(&'a str),
    Exported(&'a str),
    Numbered(u32),
}

/// What the author of a file is told whose code is wrong. A place in bytes helps with a file of bytes alone: `text` is what was assembled.
pub(super) fn invalid(
    file: &str,
    binary: &[u8],
    text: Option<&str>,
    problem: &BinaryReaderError,
) -> GuestError {
    let wrong = wrong_function(binary, problem.offset());
    let sign = if text.is_some() { "$" } else { "" };
    let function = match &wrong {
        Some(Wrong::Named(name)) => format!(" in function `{sign}{}`", short(name)),
        Some(Wrong::Exported(name)) => {
            format!(" in the function that is exported as `{}`", short(name))
        }
        Some(Wrong::Numbered(number)) => {
            format!(" in function {number}, counted from 0 with those that are imported first")
        }
        None => String::new(),
    };
    let message = problem.message();
    let Some(text) = text else {
        let offset = problem.offset();
        return GuestError::new(format!(
            "{file} is not valid WebAssembly: {message}{function} (at offset {offset:#x})"
        ));
    };
    let Some(line) = wrong.and_then(|wrong| line_of(text, &wrong)) else {
        return GuestError::new(format!("{file}: {message}{function}"));
    };
    GuestError {
        location: Some(Location {
            file: file.into(),
            line,
        }),
        ..GuestError::new(format!("{message}{function}"))
    }
}

/// A name as far as it is shown, in one line.
fn short(name: &str) -> String {
    let shown = name.chars().take(NAME_CHARACTERS_MAX);
    shown.flat_map(char::escape_debug).collect()
}

/// The function whose code is at an offset. A component has the modules that it is made of within it.
fn wrong_function(binary: &[u8], offset: usize) -> Option<Wrong<'_>> {
    let mut modules: Vec<Functions<'_>> = Vec::new();
    // Where it cannot be read any further, what was read before is all there is to tell.
    for payload in Parser::new(0).parse_all(binary).map_while(Result::ok) {
        match payload {
            Payload::Version { .. } => modules.push(Functions::default()),
            Payload::End(_) => {
                let module = modules.pop()?;
                if let Some(wrong) = module.wrong_function() {
                    return Some(wrong);
                }
            }
            of_module => modules.last_mut()?.read(of_module, offset),
        }
    }
    modules.pop()?.wrong_function()
}

impl<'a> Functions<'a> {
    fn read(&mut self, payload: Payload<'a>, offset: usize) {
        match payload {
            Payload::ImportSection(section) => {
                let imports = section.into_imports().map_while(Result::ok);
                let is_function = |ty| matches!(ty, TypeRef::Func(_) | TypeRef::FuncExact(_));
                let functions = imports.filter(|import| is_function(import.ty)).count();
                self.counted += u32::try_from(functions).unwrap_or(u32::MAX);
            }
            Payload::ExportSection(section) => {
                let exports = section.into_iter().map_while(Result::ok);
                let functions = exports.filter(|export| {
                    matches!(export.kind, ExternalKind::Func | ExternalKind::FuncExact)
                });
                self.exports
                    .extend(functions.map(|export| (export.index, export.name)));
            }
            Payload::CodeSectionEntry(body) => self.read_body(&body, offset),
            Payload::CustomSection(section) => {
                if let KnownCustom::Name(names) = section.as_known() {
                    self.names = Some(names);
                }
            }
            _ => {}
        }
    }

    fn read_body(&mut self, body: &FunctionBody<'_>, offset: usize) {
        let range = body.range();
        // What is missing at the end of a function is missing behind its last byte.
        if (range.start..=range.end).contains(&offset) {
            self.wrong = Some(self.counted);
        }
        self.counted = self.counted.saturating_add(1);
    }

    fn wrong_function(self) -> Option<Wrong<'a>> {
        let number = self.wrong?;
        let sections = self.names.into_iter().flatten().map_while(Result::ok);
        let mut names = sections.flat_map(|section| match section {
            Name::Function(names) => names.into_iter().map_while(Result::ok).collect(),
            _ => Vec::new(),
        });
        if let Some(naming) = names.find(|naming| naming.index == number) {
            return Some(Wrong::Named(naming.name));
        }
        let export = self.exports.get(&number);
        Some(export.map_or(Wrong::Numbered(number), |name| Wrong::Exported(name)))
    }
}

/// How a function begins in a text.
const FUNCTION: &str = "(func";

/// Characters of a name that are shown: names are the author's, and may be of any length.
const NAME_CHARACTERS_MAX: usize = 100;

/// The line of the text on which a function begins, where there is one alone that can be meant.
fn line_of(text: &str, wrong: &Wrong<'_>) -> Option<usize> {
    let is_begin = |line: &&str| match wrong {
        Wrong::Named(name) => {
            let sign = format!("${name}");
            line.match_indices(FUNCTION).any(|(at, _)| {
                // Within an import, an export or a type it is spoken of.
                let before = line[..at].trim_end();
                let is_field =
                    before.is_empty() || before.ends_with(')') || before.ends_with("module");
                let rest = line[at + FUNCTION.len()..].trim_start();
                let is_end =
                    |rest: &str| rest.is_empty() || rest.starts_with([' ', '\t', '(', ')', ';']);
                is_field && rest.strip_prefix(&sign).is_some_and(is_end)
            })
        }
        Wrong::Exported(name) => line.contains(&format!("(export \"{name}\"")),
        Wrong::Numbered(_) => false,
    };
    let mut lines = text.lines().enumerate();
    let (at, _) = lines.find(|(_, line)| is_begin(line))?;
    lines.all(|(_, line)| !is_begin(&line)).then_some(at + 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use wasmparser::Validator;

    fn told(text: &str) -> (String, String) {
        let binary = wat::parse_str(text).unwrap();
        let problem = Validator::new().validate_all(&binary).err().unwrap();
        let of_text = invalid("a/b.wat", &binary, Some(text), &problem);
        let of_binary = invalid("a/b.wasm", &binary, None, &problem);
        (of_text.to_string(), of_binary.message)
    }

    #[test]
    fn the_function_that_is_wrong_is_named() {
        for (text, of_text, of_binary) in [
            (
                "(module\n (import \"a\" \"b\" (func $b))\n (func $right)\n (func $wrong (result i64)\n  i32.const 1))",
                "a/b.wat:4: type mismatch: expected i64, found i32 in function `$wrong`",
                "a/b.wasm is not valid WebAssembly: type mismatch: expected i64, found i32 in function `wrong` (at offset 0x",
            ),
            (
                "(module\n (func (export \"a#b\") drop))",
                "a/b.wat:2: type mismatch: expected a type but nothing on stack in the function that is exported as `a#b`",
                "a/b.wasm is not valid WebAssembly: type mismatch: expected a type but nothing on stack in the function that is exported as `a#b` (at offset 0x",
            ),
            (
                "(module (import \"a\" \"b\" (func)) (func) (func drop))",
                "a/b.wat: type mismatch: expected a type but nothing on stack in function 2, counted from 0 with those that are imported first",
                "a/b.wasm is not valid WebAssembly: type mismatch: expected a type but nothing on stack in function 2, counted from 0",
            ),
            (
                "(module (global i64 (i32.const 1)))",
                "a/b.wat: type mismatch: expected i64, found i32",
                "a/b.wasm is not valid WebAssembly: type mismatch: expected i64, found i32 (at offset 0x",
            ),
            // What is spoken of elsewhere begins there alone.
            (
                "(module\n (type $f (func (result i64)))\n (export \"a#b\" (func $f))\n (func $f (type $f)\n  i32.const 1))",
                "a/b.wat:4: type mismatch: expected i64, found i32 in function `$f`",
                "a/b.wasm is not valid WebAssembly: type mismatch: expected i64, found i32 in function `f` (at offset 0x",
            ),
            // Within a component, and twice: neither of the lines would be sure to be the right one.
            (
                "(component\n (core module (func $f))\n (core module (func $f drop)))",
                "a/b.wat: type mismatch: expected a type but nothing on stack in function `$f`",
                "a/b.wasm is not valid WebAssembly: type mismatch: expected a type but nothing on stack in function `f` (at offset 0x",
            ),
        ] {
            let found = told(text);
            assert_eq!(found.0, of_text);
            assert!(found.1.starts_with(of_binary), "{}", found.1);
        }
    }
}
