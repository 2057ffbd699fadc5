//! The scripts of a mod, compiled: all of them before any runs, so that a mistake is found before anything happens.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::{self, Rc};
use std::sync::{Arc, Weak};

use mlua::chunk::{ChunkMode, Compiler};
use mlua::{Function, Lua};

use crate::bundle::{Bundle, LIBRARY_FOLDER};
use crate::error::{GuestError, Location};
use crate::limits::LONG_SCRIPT_TOKENS;
use crate::sources::Sources;

use super::bindings::Bindings;
use super::errors;
use super::source::{Scan, rewrite, scan};

/// The one compiler of all scripts of all mods.
fn compiler() -> Compiler {
    Compiler::new()
        .set_optimization_level(1)
        .set_debug_level(1)
        .set_mutable_globals(CHANGED_GLOBALS)
        .set_disabled_builtins(CHANGED_BUILTINS)
}

/// A script that looks up those globals whenever it reads them. Any other that it does not assign itself is looked up when it is
/// loaded, and kept; of those that the compiler is told are mutable the value is kept all the same, only not its fields. An
/// assignment that no code is made of has it look.
fn with_looked_up(text: &str, globals: &[Box<str>]) -> String {
    if globals.is_empty() {
        return text.to_owned();
    }
    format!("if false then {} = nil end {text}", globals.join(", "))
}

/// Globals that the prelude changes and for which the compiler has instructions of its own. `pairs` and `ipairs` are not among
/// them: what ours return leads these instructions to the right order.
const CHANGED_GLOBALS: [&str; 3] = ["next", "pcall", "xpcall"];

/// Library functions that the prelude changes and that the interpreter would call past it.
const CHANGED_BUILTINS: [&str; 21] = [
    "math.acos",
    "math.asin",
    "math.atan",
    "math.atan2",
    "math.cos",
    "math.cosh",
    "math.exp",
    "math.log",
    "math.log10",
    "math.pow",
    "math.sin",
    "math.sinh",
    "math.tan",
    "math.tanh",
    "setmetatable",
    "string.byte",
    "string.char",
    "string.sub",
    "table.unpack",
    "tonumber",
    "unpack",
];

/// The folder of a mod's unit tests.
const TESTS: &str = "tests/";

/// What the paths of library code begin with, before the mod that it belongs to.
const OF_LIBRARY: char = '@';

/// A script as its author wrote it, and what has been made of it so far.
#[derive(Debug)]
struct Script {
    source: Arc<str>,
    scan: Scan,
    /// What somebody runs of it.
    compiled: RefCell<BTreeMap<Form, Weak<[u8]>>>,
}

/// What a script is compiled to in one mod, and maybe not in another.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Form {
    kind: FormKind,
    /// Of the globals that it names, those that other scripts of the mod may assign.
    changed: Vec<Box<str>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum FormKind {
    AsWritten,
    /// With what has to be replaced replaced.
    Rewritten {
        /// Whether `pairs` and `ipairs` are ours.
        iterators_are_ours: bool,
    },
}

/// Scripts that somebody runs, by their text: equal text is compiled once, whoever it belongs to.
#[derive(Debug, Default)]
pub(crate) struct KnownScripts(RefCell<BTreeMap<Arc<str>, rc::Weak<Script>>>);

impl KnownScripts {
    /// The script of that text, made where nobody runs it.
    fn get_or_make(&self, source: Arc<str>) -> Rc<Script> {
        let mut known = self.0.borrow_mut();
        if let Some(script) = known.get(&source).and_then(rc::Weak::upgrade) {
            return script;
        }
        known.retain(|_, script| script.strong_count() > 0);
        let script = Rc::new(Script {
            scan: scan(&source),
            source: source.clone(),
            compiled: RefCell::default(),
        });
        known.insert(source, Rc::downgrade(&script));
        script
    }
}

/// Compiled scripts by their path in the mod; `@stats/lib/mean.lua` for the library code of another.
#[derive(Clone, Debug)]
pub(crate) struct Scripts {
    /// The name of the mod's folder, for messages.
    folder: String,
    bytecode: BTreeMap<String, Arc<[u8]>>,
    /// Keeps them known as long as they run.
    _scripts: Vec<Rc<Script>>,
    /// Tokens of the longest script.
    tokens_max: usize,
}

impl Scripts {
    /// Compiles every script of a mod but its tests, which must not keep it from running, and the library code that it reaches.
    ///
    /// # Errors
    /// The first mistake of each script.
    pub(crate) fn compile(
        sources: &Sources,
        known: &KnownScripts,
    ) -> Result<Scripts, Vec<GuestError>> {
        Scripts::compile_those(sources, known, |path| !path.starts_with(TESTS))
    }

    /// The same with one file of its tests.
    ///
    /// # Errors
    /// The first mistake of each script.
    pub(crate) fn compile_with_test(
        sources: &Sources,
        known: &KnownScripts,
        test: &str,
    ) -> Result<Scripts, Vec<GuestError>> {
        Scripts::compile_those(sources, known, |path| {
            path == test || !path.starts_with(TESTS)
        })
    }

    fn compile_those(
        files: &Sources,
        known: &KnownScripts,
        wanted: impl Fn(&str) -> bool,
    ) -> Result<Scripts, Vec<GuestError>> {
        let mut errors = Vec::new();
        let mut found = Vec::new();
        let own = files
            .own()
            .paths()
            .filter(|path| is_script(path) && wanted(path))
            .map(|path| (path.to_owned(), files.own(), path));
        let libraries = files.libraries().flat_map(|(id, bundle)| {
            let scripts = bundle
                .paths()
                .filter(|path| is_script(path) && path.starts_with(LIBRARY_FOLDER));
            scripts.map(move |path| (format!("{OF_LIBRARY}{id}/{path}"), bundle, path))
        });
        for (key, bundle, path) in own.chain(libraries) {
            match script(known, bundle, path) {
                Ok(script) => found.push((key, bundle.display_path(path), script)),
                Err(error) => errors.push(error),
            }
        }
        let tokens_max = found.iter().map(|(.., script)| script.scan.tokens).max();
        let iterators_are_ours = !found
            .iter()
            .any(|(.., script)| script.scan.rebinds_iterators);
        let mut scripts = Scripts {
            folder: files.own().folder().to_owned(),
            bytecode: BTreeMap::new(),
            _scripts: found.iter().map(|(.., script)| script.clone()).collect(),
            tokens_max: tokens_max.unwrap_or(0),
        };
        let assigned: BTreeSet<&str> = found
            .iter()
            .flat_map(|(.., script)| script.scan.assigned.iter().map(|name| &**name))
            .collect();
        for (key, file, script) in &found {
            match script.bytecode(file, iterators_are_ours, &assigned) {
                Ok(bytecode) => drop(scripts.bytecode.insert(key.clone(), bytecode)),
                Err(error) => errors.push(error),
            }
        }
        if errors.is_empty() {
            Ok(scripts)
        } else {
            Err(errors)
        }
    }

    /// What a step counts: code between two steps takes as long as it is, and it is at most a script.
    pub(super) fn step_weight(&self) -> u64 {
        1 + (self.tokens_max / LONG_SCRIPT_TOKENS) as u64
    }

    /// The paths of all scripts, sorted.
    pub(super) fn paths(&self) -> impl Iterator<Item = &str> {
        self.bytecode.keys().map(String::as_str)
    }

    /// The path as the mod's author knows it.
    pub(super) fn display_path(&self, path: &str) -> String {
        match path.strip_prefix(OF_LIBRARY) {
            Some(of_library) => of_library.to_owned(),
            None => format!("{}/{path}", self.folder),
        }
    }

    /// A script as a function, named as the author knows it.
    pub(super) fn load(
        &self,
        lua: &Lua,
        bindings: &Bindings,
        path: &str,
    ) -> mlua::Result<Function> {
        let Some(bytecode) = self.bytecode.get(path) else {
            return Err(mlua::Error::runtime(format!(
                "{} is missing",
                self.display_path(path)
            )));
        };
        bindings.loads_script.set(true);
        let function = lua
            .load(&**bytecode)
            .set_name(format!("={}", self.display_path(path)))
            .set_mode(ChunkMode::Binary)
            .into_function();
        bindings.loads_script.set(false);
        function
    }
}

fn is_script(path: &str) -> bool {
    path.ends_with(".lua") || path.ends_with(".luau")
}

/// A script as its author wrote it, which need not compile.
fn script(known: &KnownScripts, bundle: &Bundle, path: &str) -> Result<Rc<Script>, GuestError> {
    let source = match bundle.text(path) {
        Some(Ok(source)) => source,
        Some(Err(fault)) => return Err(GuestError::new(fault.message)),
        None => {
            return Err(GuestError::new(format!(
                "{} is missing",
                bundle.display_path(path)
            )));
        }
    };
    Ok(known.get_or_make(source))
}

impl Script {
    /// What runs in a mod whose scripts leave `pairs` and `ipairs` as they are, or do not, and assign those globals.
    ///
    /// # Errors
    /// The script's first mistake.
    fn bytecode(
        &self,
        file: &str,
        iterators_are_ours: bool,
        assigned: &BTreeSet<&str>,
    ) -> Result<Arc<[u8]>, GuestError> {
        let Script { source, scan, .. } = self;
        let at_line = |line, message: String, help: &str| GuestError {
            help: Some(help.to_owned()),
            location: Some(Location {
                file: file.into(),
                line,
            }),
            ..GuestError::new(message)
        };
        let changed = self.changed_by_others(assigned);
        let as_written = Form {
            kind: FormKind::AsWritten,
            changed,
        };
        if !scan.needs_parsing && (!scan.iterates || iterators_are_ours) && scan.reserved.is_none()
        {
            return self.compiled(as_written, file, || Ok(source.to_string()));
        }
        let form = Form {
            kind: FormKind::Rewritten { iterators_are_ours },
            changed: as_written.changed.clone(),
        };
        self.compiled(form, file, || {
            // What does not compile is not for our parser: the compiler says better what is wrong.
            self.compiled(as_written, file, || Ok(source.to_string()))?;
            if let Some((line, name)) = scan.reserved {
                let message = format!("`{name}` is a name of colony-sim's own");
                return Err(at_line(line, message, "choose another name"));
            }
            rewrite(source, iterators_are_ours).map_err(|unsupported| {
                at_line(unsupported.line, unsupported.message, unsupported.help)
            })
        })
    }

    /// The names of this script that are globals which others of the mod's scripts may assign. What it assigns itself the compiler
    /// finds.
    fn changed_by_others(&self, assigned: &BTreeSet<&str>) -> Vec<Box<str>> {
        let Scan {
            assigned: own,
            named,
            ..
        } = &self.scan;
        named
            .iter()
            .filter(|name| assigned.contains(&***name) && !own.contains(&***name))
            .cloned()
            .collect()
    }

    /// A form of the script, from its text if nobody runs it.
    fn compiled(
        &self,
        form: Form,
        file: &str,
        text: impl FnOnce() -> Result<String, GuestError>,
    ) -> Result<Arc<[u8]>, GuestError> {
        let known = self.compiled.borrow().get(&form).and_then(Weak::upgrade);
        if let Some(bytecode) = known {
            return Ok(bytecode);
        }
        let text = text()?;
        let bytecode = compiler().compile(with_looked_up(&text, &form.changed));
        // Errors name columns of the first line.
        let bytecode = bytecode.or_else(|_| compiler().compile(&text));
        let bytecode: Arc<[u8]> = bytecode
            .map_err(|error| errors::syntax_fault(file, &self.source, &error))?
            .into();
        let mut compiled = self.compiled.borrow_mut();
        compiled.retain(|_, bytecode| bytecode.strong_count() > 0);
        compiled.insert(form, Arc::downgrade(&bytecode));
        Ok(bytecode)
    }
}
