//! The components that are measured: text of WebAssembly that is made a component as any tool would do it, by wit-component. Both sides run
//! the same bytes.

use std::fmt::Write as _;

use wit_component::{ComponentEncoder, StringEncoding, embed_component_metadata};
use wit_parser::Resolve;

/// What a component does beside counting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Keeping {
    /// It keeps nothing.
    Nothing,
    /// It keeps a state in its memory, which never changes, and is asked for it after each call.
    Asked,
    /// The same, and it would say when the state changes.
    Telling,
    /// The count is its state; it says each time that it changes.
    Count,
}

/// The interface of the package.
fn interface(name: &str) -> String {
    format!("colony:modding/{name}@1.0.0")
}

/// A component that counts events and adds up what they say, and writes both into its storage at `bench:report`.
pub(super) fn counting(event: &str, parameters: &str, sum: &str, keeping: Keeping) -> Vec<u8> {
    let mut imports = vec!["events", "storage"];
    let mut exports = vec!["entry".to_owned(), "on-mod-event".to_owned()];
    exports.push(format!("on-{}", event.replace('_', "-")));
    let mut kept = String::new();
    let mut told = "";
    if keeping != Keeping::Nothing {
        exports.push("kept-state".to_owned());
        kept = state(keeping);
    }
    if matches!(keeping, Keeping::Telling | Keeping::Count) {
        imports.push("kept-state-changes");
    }
    if keeping == Keeping::Count {
        told = "(call $note)";
    }
    let note = match imports.contains(&"kept-state-changes") {
        true => format!(
            "(import \"{}\" \"note\" (func $note))",
            interface("kept-state-changes")
        ),
        false => String::new(),
    };
    let handler = format!(
        "(func (export \"{}#handle\") {parameters}
    {told}
    (global.set $count (i64.add (global.get $count) (i64.const 1)))
    {sum}
    (global.set $free (i32.const 4096)))
  {kept}",
        interface(&format!("on-{}", event.replace('_', "-")))
    );
    component(&module(event, &note, &handler), &imports, &exports)
}

/// What both sides count with, and what leads to it.
fn module(event: &str, note: &str, handler: &str) -> String {
    let (events, storage) = (interface("events"), interface("storage"));
    let length = event.len();
    // Who tells of changes says so first.
    let tells = if note.is_empty() { "" } else { "(call $note)" };
    format!(
        "(module
  (import \"{events}\" \"register\" (func $register (param i32 i32 i32 i32 i32 i32 i32 i32 i64 i32 i32 i32)))
  (import \"{storage}\" \"set\" (func $set (param i32 i32 i32 i32 i32)))
  {note}
  (memory (export \"memory\") 2)
  (data (i32.const 128) \"{event}\")
  (data (i32.const 256) \"bench:report\")
  (data (i32.const 272) \"count\")
  (data (i32.const 280) \"sum\")
  ;; Paths of one name.
  (data (i32.const 288) \"\\10\\01\\00\\00\" \"\\05\\00\\00\\00\")
  (data (i32.const 296) \"\\18\\01\\00\\00\" \"\\03\\00\\00\\00\")
  ;; A whole number.
  (data (i32.const 304) \"\\01\")
  (global $count (mut i64) (i64.const 0))
  (global $sum (mut i64) (i64.const 0))
  (global $free (mut i32) (i32.const 4096))
  (func (export \"cabi_realloc\") (param i32 i32 i32 i32) (result i32)
    (local $at i32)
    (local.set $at (i32.and (i32.add (global.get $free) (i32.const 7)) (i32.const -8)))
    (global.set $free (i32.add (local.get $at) (local.get 3)))
    (local.get $at))
  (func $declare (param $name i32) (param $length i32) (param $function i32)
    (call $register (local.get $name) (local.get $length) (local.get $function)
      (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i64.const 0) (i32.const 0) (i32.const 0) (i32.const 0)))
  (func (export \"{entry}#load\")
    {tells}
    (call $declare (i32.const 128) (i32.const {length}) (i32.const 1))
    (call $declare (i32.const 256) (i32.const 12) (i32.const 2)))
  (func $write (param $path i32) (param $number i64)
    (i64.store (i32.const 312) (local.get $number))
    (call $set (local.get $path) (i32.const 1) (i32.const 304) (i32.const 1) (i32.const 0)))
  (func (export \"{on_mod_event}#handle\") (param i32 i32 i32 i64 i32 i32)
    (call $write (i32.const 288) (global.get $count))
    (call $write (i32.const 296) (global.get $sum))
    (global.set $free (i32.const 4096)))
  {handler})",
        entry = interface("entry"),
        on_mod_event = interface("on-mod-event"),
    )
}

/// A state in the memory: none ever, or the count each time.
fn state(keeping: Keeping) -> String {
    let is_there = i32::from(keeping == Keeping::Count);
    let kept = interface("kept-state");
    format!(
        "(data (i32.const 544) \"\\01\")
  (data (i32.const 560) \"\\10\\01\\00\\00\" \"\\05\\00\\00\\00\")
  (data (i32.const 528) \"\\05\\00\\00\\00\\00\\00\\00\\00\" \"\\30\\02\\00\\00\" \"\\01\\00\\00\\00\")
  (func (export \"{kept}#save\") (result i32)
    (i32.store8 (i32.const 512) (i32.const {is_there}))
    (i32.store (i32.const 516) (i32.const 528))
    (i32.store (i32.const 520) (i32.const 2))
    (i64.store (i32.const 552) (global.get $count))
    (i32.const 512))
  (func (export \"{kept}#restore\") (param i32 i32))"
    )
}

/// A component of about 200 KB of functions that differ, which does nothing; each version is another file.
pub(super) fn large(version: u64) -> Vec<u8> {
    let mut functions = String::new();
    for function in 0..LARGE_FUNCTIONS {
        let _ = write!(
            functions,
            "(func $f{function} (param i64 i64) (result i64) (local i64)"
        );
        for step in 0..LARGE_STEPS {
            let constant = function * 7919 + step * 104_729 + 1;
            let _ = write!(
                functions,
                "(local.set 2 (i64.xor (i64.mul (i64.add (local.get 0) (local.get 2)) (i64.const {constant})) (local.get 1)))
                 (if (i64.gt_s (local.get 2) (i64.const {step})) (then (local.set 0 (i64.rotl (local.get 2) (i64.const {})))))",
                step % 63 + 1
            );
        }
        functions.push_str("(local.get 2))\n");
    }
    let entry = interface("entry");
    let module = format!(
        "(module
  (memory (export \"memory\") 1)
  (data (i32.const 0) \"{version:020}\")
  {functions}
  (table funcref (elem {}))
  (func (export \"{entry}#load\")))",
        (0..LARGE_FUNCTIONS)
            .map(|function| format!("$f{function} "))
            .collect::<String>()
    );
    component(&module, &[], &["entry".to_owned()])
}

/// Functions of the large component, and steps of each.
const LARGE_FUNCTIONS: u64 = 400;
const LARGE_STEPS: u64 = 16;

fn component(module: &str, imports: &[&str], exports: &[String]) -> Vec<u8> {
    let mut world = "package bench:guest;\n\nworld guest {\n".to_owned();
    for import in imports {
        let _ = writeln!(world, "  import {};", interface(import));
    }
    for export in exports {
        let _ = writeln!(world, "  export {};", interface(export));
    }
    world.push_str("}\n");
    let mut resolve = Resolve::default();
    resolve
        .push_source("colony.wit", &modding::api::wit())
        .expect("it is WIT");
    let package = resolve.push_source("guest.wit", &world).expect("it is WIT");
    let world = resolve
        .select_world(&[package], None)
        .expect("the package has one world");
    let mut module = wat::parse_str(module).expect("it is text of WebAssembly");
    embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8)
        .expect("the module fits the world");
    ComponentEncoder::default()
        .module(&module)
        .and_then(|mut encoder| encoder.encode())
        .expect("the module fits the world")
}
