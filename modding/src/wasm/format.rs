//! What a file is by its first bytes, and what its author is told where that is no WebAssembly, or not all of it.

use crate::error::GuestError;

/// What WebAssembly begins with.
pub(super) const MAGIC: &[u8] = b"\0asm";

/// Bytes before the first section: what it begins with, the version and the kind.
const HEAD_BYTES: usize = 8;

/// The versions of the two formats that there are.
const CORE_VERSION: u16 = 1;
const COMPONENT_VERSION: u16 = 13;

/// Characters that are shown of a text, and bytes of what is none.
const CHARACTERS_SHOWN: usize = 30;
const BYTES_SHOWN: usize = 4;

/// The two things that WebAssembly can be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    CoreModule,
    Component,
}

/// What a file is.
///
/// # Errors
/// What is no WebAssembly, what is not all there, formats of another version.
pub(super) fn kind(file: &str, bytes: &[u8]) -> Result<Kind, GuestError> {
    if !bytes.is_empty() && MAGIC.starts_with(bytes) {
        return Err(cut_off(file, bytes.len(), None));
    }
    if !bytes.starts_with(MAGIC) {
        return Err(not_webassembly(file, bytes));
    }
    let [_, _, _, _, version @ .., kind, kind_high] = *bytes
        .first_chunk::<HEAD_BYTES>()
        .ok_or_else(|| cut_off(file, bytes.len(), None))?;
    let version = u16::from_le_bytes(version);
    let (kind, name, expected) = match (kind, kind_high) {
        (0, 0) => (Kind::CoreModule, "core module", CORE_VERSION),
        (1, 0) => (Kind::Component, "component", COMPONENT_VERSION),
        _ => {
            return Err(GuestError::new(format!(
                "{file} is WebAssembly of a kind that is not known here, expected a component or a core module"
            )));
        }
    };
    if version != expected {
        return Err(GuestError {
            help: Some(format!(
                "build it with tools that write version {expected}, or take an engine that reads {version}"
            )),
            ..GuestError::new(format!(
                "{file} is a {name} in version {version} of the format, expected {expected}"
            ))
        });
    }
    match missing(bytes) {
        Some(end) => Err(cut_off(file, bytes.len(), Some(end))),
        None => Ok(kind),
    }
}

/// Where a file would have to go on to, if it ends within a section.
fn missing(bytes: &[u8]) -> Option<usize> {
    let mut at = HEAD_BYTES;
    while at < bytes.len() {
        // A section is a number that says what it is, how long it is, and so many bytes.
        let (length, begin) = number(bytes, at + 1)?;
        let end = begin.saturating_add(length);
        if end > bytes.len() {
            return Some(end);
        }
        at = end;
    }
    None
}

/// A number of 32 bits as the format writes them, seven in a byte, and where it ends; None where it is none or not all there, which the
/// reader of the format tells better.
fn number(bytes: &[u8], begin: usize) -> Option<(usize, usize)> {
    let mut number = 0_u64;
    for at in 0..5 {
        let byte = *bytes.get(begin + at)?;
        number |= u64::from(byte & 0x7f) << (7 * at);
        if byte & 0x80 == 0 {
            let number = u32::try_from(number).ok()?;
            return Some((number as usize, begin + at + 1));
        }
    }
    None
}

fn cut_off(file: &str, length: usize, end: Option<usize>) -> GuestError {
    let goes_on = end.map_or(String::new(), |end| {
        format!(", within a section that goes on to {end}")
    });
    GuestError {
        help: Some("build or copy it again; write it under another name and rename it then, so that nobody reads half of it".to_owned()),
        ..GuestError::new(format!(
            "{file} is cut off: it ends after {length} bytes{goes_on}"
        ))
    }
}

/// What a file is told that is no WebAssembly at all.
fn not_webassembly(file: &str, bytes: &[u8]) -> GuestError {
    let refused = |found: &str, help: String| GuestError {
        help: Some(help),
        ..GuestError::new(format!(
            "{file} is {found}, expected a component or a core module of WebAssembly"
        ))
    };
    let build = "let the compiler or the copying write a file of WebAssembly here".to_owned();
    if bytes.is_empty() {
        return refused("empty", build);
    }
    let Some(text) = text(bytes) else {
        let shown: Vec<String> = bytes
            .iter()
            .take(BYTES_SHOWN)
            .map(|byte| format!("{byte:02x}"))
            .collect();
        return GuestError {
            help: Some(build),
            ..GuestError::new(format!(
                "{file} begins with {}, expected WebAssembly, which begins with 00 61 73 6d",
                shown.join(" ")
            ))
        };
    };
    let text = text.trim_start_matches('\u{feff}').trim_start();
    if text.is_empty() {
        return refused("blank", build);
    }
    let name = file.rsplit('/').next().unwrap_or(file);
    let name = name.strip_suffix(".wasm").unwrap_or(name);
    if text.starts_with(['(', ';']) {
        return refused(
            "the text form of WebAssembly under the name of the binary one",
            format!(
                "name it {name}.wat, which is read as it is, or convert it: wasm-tools parse {name}.wat -o {name}.wasm"
            ),
        );
    }
    if text.starts_with('<') {
        return refused(
            "a page of HTML or XML",
            "look at it: it is likely to say why the file that was asked for was not there"
                .to_owned(),
        );
    }
    if text.starts_with("version https://git-lfs") {
        return refused(
            "a pointer of Git LFS",
            "fetch what it points to: git lfs pull".to_owned(),
        );
    }
    let shown: String = text.chars().take(CHARACTERS_SHOWN).collect();
    refused(&format!("text that begins with {shown:?}"), build)
}

/// The beginning of a file as text, if it is some.
fn text(bytes: &[u8]) -> Option<&str> {
    let begin = bytes.get(..1024).unwrap_or(bytes);
    let text = match std::str::from_utf8(begin) {
        Ok(text) => text,
        // What was cut within a character.
        Err(error) if error.error_len().is_none() => {
            std::str::from_utf8(&begin[..error.valid_up_to()]).ok()?
        }
        Err(_) => return None,
    };
    let is_written = |letter: char| !letter.is_control() || letter.is_whitespace();
    text.chars().all(is_written).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_webassembly_is_named() {
        let long = "ä".repeat(2_000);
        for (content, expected) in [
            (
                &b""[..],
                "a/b.wasm is empty, expected a component or a core module of WebAssembly",
            ),
            (
                b"MZ\x90\x00\x03",
                "a/b.wasm begins with 4d 5a 90 00, expected WebAssembly, which begins with 00 61 73 6d",
            ),
            (
                b"\n (module)",
                "a/b.wasm is the text form of WebAssembly under the name of the binary one, expected",
            ),
            (b";; mine\n(component)", "a/b.wasm is the text form"),
            (
                b"<!DOCTYPE html>",
                "a/b.wasm is a page of HTML or XML, expected",
            ),
            (
                b"version https://git-lfs.github.com/spec/v1\noid",
                "a/b.wasm is a pointer of Git LFS",
            ),
            (
                b"fn main() {}",
                "a/b.wasm is text that begins with \"fn main() {}\"",
            ),
            (long.as_bytes(), "a/b.wasm is text that begins with"),
            (b"\0as", "a/b.wasm is cut off: it ends after 3 bytes"),
            (b"\0asm\x01", "a/b.wasm is cut off: it ends after 5 bytes"),
            (b" \n", "a/b.wasm is blank, expected"),
            ("\u{feff}(module)".as_bytes(), "a/b.wasm is the text form"),
            (
                b"\0asm\x0e\0\x01\0",
                "a/b.wasm is a component in version 14 of the format, expected 13",
            ),
            (
                b"\0asm\x02\0\0\0",
                "a/b.wasm is a core module in version 2 of the format, expected 1",
            ),
            (
                b"\0asm\x01\0\x02\0",
                "a/b.wasm is WebAssembly of a kind that is not known here",
            ),
            (
                b"\0asm\x01\0\0\0\x01\x85\x01abc",
                "a/b.wasm is cut off: it ends after 14 bytes, within a section that goes on to 144",
            ),
        ] {
            let error = kind("a/b.wasm", content).unwrap_err();
            assert!(error.message.starts_with(expected), "{}", error.message);
        }
        let error = kind("a/b.wasm", b"(module)").unwrap_err();
        assert_eq!(
            error.help.as_deref(),
            Some(
                "name it b.wat, which is read as it is, or convert it: wasm-tools parse b.wat -o b.wasm"
            )
        );
    }

    #[test]
    fn a_length_that_is_none_is_left_to_the_reader_of_the_format() {
        let malformed = b"\0asm\x01\0\0\0\x01\xff\xff\xff\xff\x7f\0";
        assert_eq!(kind("a", malformed).unwrap(), Kind::CoreModule);
    }

    #[test]
    fn every_beginning_of_a_component_is_cut_off() {
        let whole =
            wat::parse_str("(component (core module (memory 1) (data (i32.const 0) \"abc\")))")
                .unwrap();
        assert_eq!(kind("a", &whole).unwrap(), Kind::Component);
        for length in 1..whole.len() {
            // Between two sections nothing is missing that could be seen.
            if length == HEAD_BYTES {
                continue;
            }
            let cut = kind("a", &whole[..length]);
            assert!(cut.is_err() || length == HEAD_BYTES + 1, "{length}");
        }
        assert_eq!(kind("a", &whole[..HEAD_BYTES]).unwrap(), Kind::Component);
    }
}
