//! Components written by hand as text: core modules whose imports and exports are named as in `modding/api/colony.wit`.

use std::fmt::Write as _;

/// Where results of imports are written, which no guest keeps.
const RESULT: u32 = 16;

/// Where texts begin.
const TEXTS: u32 = 1_024;

/// Where memory is handed out from.
const HEAP: u32 = 65_536;

/// A module under construction. Imports are `$module.name`, with the types of the canonical interface; every one that can be refused ends
/// with where its result is written.
pub struct Wat {
    imports: String,
    data: String,
    texts_end: u32,
    code: String,
    realloc: &'static str,
}

/// An allocator that hands out memory and never takes it back.
const BUMP: &str = "
  (global $heap (mut i32) (i32.const 65536))
  (func $cabi_realloc (export \"cabi_realloc\") (param $old i32) (param $old_size i32) (param $align i32) (param $size i32) (result i32)
    (local $at i32)
    (local.set $at (i32.and (i32.add (global.get $heap) (i32.const 7)) (i32.const -8)))
    (global.set $heap (i32.add (local.get $at) (local.get $size)))
    (block $fits
      (br_if $fits (i32.le_u (global.get $heap) (i32.shl (memory.size) (i32.const 16))))
      (drop (memory.grow (i32.add (i32.shr_u (local.get $size) (i32.const 16)) (i32.const 1)))))
    (local.get $at))
";

/// Options of a handler: none.
const NO_OPTIONS: &str = "(i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i64.const 0) (i32.const 0) (i32.const 0)";

impl Wat {
    /// A module with a memory, an allocator and nothing else.
    #[must_use]
    pub fn new() -> Wat {
        Wat {
            imports: String::new(),
            data: String::new(),
            texts_end: TEXTS,
            code: String::new(),
            realloc: BUMP,
        }
    }

    /// Another allocator.
    #[must_use]
    pub fn realloc(self, realloc: &'static str) -> Wat {
        Wat { realloc, ..self }
    }

    /// Imports a function: `jobs`, `set-priority` and the types of its parameters, `i64 i64 i32`.
    #[must_use]
    pub fn import(mut self, module: &str, name: &str, parameters: &str) -> Wat {
        let _ = writeln!(
            self.imports,
            "  (import \"colony:modding/{module}@1.0.0\" \"{name}\" (func ${module}.{name} (param {parameters})))"
        );
        self
    }

    /// The address and the length of a text, as two constants.
    pub fn text(&mut self, text: &str) -> String {
        let at = self.texts_end;
        let escaped: String = text.bytes().map(|byte| format!("\\{byte:02x}")).collect();
        let _ = writeln!(self.data, "  (data (i32.const {at}) \"{escaped}\")");
        let length = u32::try_from(text.len()).expect("texts of a test are short");
        self.texts_end += (length + 7) & !7;
        assert!(self.texts_end < HEAP, "texts of a test fit below the heap");
        format!("(i32.const {at}) (i32.const {length})")
    }

    /// Anything else of a module.
    #[must_use]
    pub fn code(mut self, code: &str) -> Wat {
        self.code.push_str(code);
        self.code.push('\n');
        self
    }

    /// An exported function: `on-tick-start`, `handle`, its parameters and results, its body.
    #[must_use]
    pub fn export(self, interface: &str, name: &str, signature: &str, body: &str) -> Wat {
        self.code(&format!(
            "  (func (export \"colony:modding/{interface}@1.0.0#{name}\") {signature}\n    {body})"
        ))
    }

    /// `load`, which registers functions for events and then does more.
    #[must_use]
    pub fn load(mut self, handlers: &[(&str, u32)], more: &str) -> Wat {
        if !handlers.is_empty() {
            let parameters = "i32 i32 i32 i32 i32 i32 i32 i32 i64 i32 i32 i32";
            self = self.import("events", "register", parameters);
        }
        let mut body = String::new();
        for (event, function) in handlers {
            let name = self.text(event);
            let _ = writeln!(
                body,
                "(call $events.register {name} (i32.const {function}) {NO_OPTIONS} (i32.const {RESULT}))"
            );
        }
        self.export("entry", "load", "", &format!("{body}    {more}"))
    }

    /// A state that is one number under a name, kept in the global `$count` and saved after each change that sets `$changed`.
    #[must_use]
    pub fn kept_count(mut self, name: &str) -> Wat {
        let name = self.text(name);
        let words: Vec<&str> = name
            .split(['(', ')', ' '])
            .filter(|word| word.parse::<u32>().is_ok())
            .collect();
        let (at, length) = (words[0], words[1]);
        self.code(&format!(
            "
  (global $count (mut i64) (i64.const 0))
  (global $changed (mut i32) (i32.const 0))
  (func (export \"colony:modding/kept-state@1.0.0#save\") (result i32)
    ;; none
    (i32.store8 (i32.const 512) (i32.const 0))
    (if (global.get $changed) (then
      (global.set $changed (i32.const 0))
      ;; some: two nodes
      (i32.store8 (i32.const 512) (i32.const 1))
      (i32.store (i32.const 516) (i32.const 528))
      (i32.store (i32.const 520) (i32.const 2))
      ;; entries: one name
      (i32.store8 (i32.const 528) (i32.const 5))
      (i32.store (i32.const 536) (i32.const 560))
      (i32.store (i32.const 540) (i32.const 1))
      (i32.store (i32.const 560) (i32.const {at}))
      (i32.store (i32.const 564) (i32.const {length}))
      ;; integer
      (i32.store8 (i32.const 544) (i32.const 1))
      (i64.store (i32.const 552) (global.get $count))))
    (i32.const 512))
  (func (export \"colony:modding/kept-state@1.0.0#restore\") (param $nodes i32) (param $length i32)
    (global.set $count (i64.load offset=24 (local.get $nodes))))"
        ))
    }

    /// The module as text.
    #[must_use]
    pub fn build(&self) -> String {
        let Wat {
            imports,
            data,
            code,
            realloc,
            ..
        } = self;
        format!("(module\n{imports}  (memory (export \"memory\") 2)\n{data}{realloc}{code})\n")
    }
}

impl Default for Wat {
    fn default() -> Wat {
        Wat::new()
    }
}
