//! Core modules, held against colony.wit by the names and the types of what they import and export.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::rc::Rc;

use wasmparser::{
    BinaryReaderError, CompositeInnerType, ExternalKind, FuncType, Parser, Payload, TypeRef,
    ValType,
};
use wit_parser::abi::{AbiVariant, WasmType};
use wit_parser::{Function, Interface, Resolve};

use crate::api::{PACKAGE, escaped, functions, kebab_case, signature, split};
use crate::error::GuestError;
use crate::manifest::API_VERSION;

use super::exports::{did_you_mean, foreign_imports, is_export, is_import, other_version, unknown};
use super::interfaces::{Named, named};

/// Exports that are named of a module that is none of a mod.
const EXPORTS_SHOWN: usize = 4;

/// What marks a function that clears up after another.
const CLEARS_UP: &str = "cabi_post_";

/// The type of a function, which many have in common: a file of a few bytes for each may have a million of them. `None` for what is none.
type FunctionType = Option<Rc<FuncType>>;

/// What an export is to the function of an interface that its name says.
enum Role<'a> {
    /// It is that function, of this type; `None` where it is no function.
    Is(Option<&'a FuncType>),
    /// It clears up after it.
    ClearsUp,
}

/// What a core module says of itself.
#[derive(Debug, Default)]
pub(super) struct CoreModule {
    /// What it imports, by the module it imports it from and its name, each with its type where it is a function.
    pub(super) imports: BTreeMap<(String, String), FunctionType>,
    exports: BTreeMap<String, FunctionType>,
    /// Whether a tool has written down in it which world it fits.
    pub(super) describes_itself: bool,
}

impl CoreModule {
    /// Reads a module that is known to be one.
    ///
    /// # Errors
    /// What cannot be read.
    pub(super) fn read(module: &[u8]) -> Result<CoreModule, BinaryReaderError> {
        let mut parts = CoreModule::default();
        let mut types: Vec<FunctionType> = Vec::new();
        // The type of each function: those that are imported come first.
        let mut of_functions: Vec<FunctionType> = Vec::new();
        let type_at = |types: &[FunctionType], at: u32| types.get(at as usize).cloned().flatten();
        for payload in Parser::new(0).parse_all(module) {
            match payload? {
                Payload::TypeSection(section) => {
                    for group in section {
                        types.extend(group?.types().map(
                            |inner| match &inner.composite_type.inner {
                                CompositeInnerType::Func(function) => {
                                    Some(Rc::new(function.clone()))
                                }
                                _ => None,
                            },
                        ));
                    }
                }
                Payload::ImportSection(section) => {
                    for import in section.into_imports() {
                        let import = import?;
                        let (module, name) = (import.module.to_owned(), import.name.to_owned());
                        let function = match import.ty {
                            TypeRef::Func(at) | TypeRef::FuncExact(at) => {
                                let function = type_at(&types, at);
                                of_functions.push(function.clone());
                                function
                            }
                            _ => None,
                        };
                        parts.imports.insert((module, name), function);
                    }
                }
                Payload::FunctionSection(section) => {
                    for at in section {
                        of_functions.push(type_at(&types, at?));
                    }
                }
                Payload::ExportSection(section) => {
                    for export in section {
                        let export = export?;
                        let function = match export.kind {
                            ExternalKind::Func | ExternalKind::FuncExact => {
                                type_at(&of_functions, export.index)
                            }
                            _ => None,
                        };
                        parts.exports.insert(export.name.to_owned(), function);
                    }
                }
                Payload::CustomSection(section) => {
                    parts.describes_itself |= section.name().starts_with("component-type");
                }
                _ => {}
            }
        }
        Ok(parts)
    }

    /// The smallest world that it fits: names like `colony:modding/jobs@1.0.0` for what it imports from, and
    /// `colony:modding/entry@1.0.0#load` for what it exports.
    ///
    /// # Errors
    /// Interfaces that there are not, and a module that exports nothing that a mod has.
    pub(super) fn world(&self, file: &str) -> Result<String, GuestError> {
        let mut foreign = Vec::new();
        let mut imports = BTreeSet::new();
        for (module, name) in self.imports.keys() {
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
        for (interface, ..) in self.exported() {
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
            return Err(self.of_something_else(file));
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

    /// Its exports that have the name of a function of an interface: the interface, the function, and what it is to that.
    fn exported(&self) -> impl Iterator<Item = (&str, &str, Role<'_>)> {
        self.exports.iter().filter_map(|(name, found)| {
            let (interface, function) = name.split_once('#')?;
            Some(match interface.strip_prefix(CLEARS_UP) {
                Some(interface) => (interface, function, Role::ClearsUp),
                None => (interface, function, Role::Is(found.as_deref())),
            })
        })
    }

    fn of_something_else(&self, file: &str) -> GuestError {
        let names = self.exports.keys().take(EXPORTS_SHOWN);
        let names: Vec<&str> = names.map(String::as_str).collect();
        let found = match (&names[..], self.exports.len() - names.len()) {
            ([], _) => "nothing".to_owned(),
            (names, 0) => format!("{}, nothing of {PACKAGE}", names.join(", ")),
            (names, more) => format!("{} and {more} more, nothing of {PACKAGE}", names.join(", ")),
        };
        GuestError {
            help: Some("it is made for something else, or its functions are not exported under the names of colony.wit: in Rust that is done by `colony_guest::export!`, in C by COLONY_EXPORT(\"entry\", \"load\")".to_owned()),
            ..GuestError::new(format!(
                "{file} is a core module that exports {found}; expected `{PACKAGE}/entry@{API_VERSION}#load` at least"
            ))
        }
    }

    /// Holds its functions against those of colony.wit, so that what does not fit is named by its function.
    ///
    /// # Errors
    /// The first that there is not, that has another type, or that is missing beside one of its interface.
    pub(super) fn check_functions(&self, file: &str, resolve: &Resolve) -> Result<(), GuestError> {
        for ((module, name), found) in &self.imports {
            let Named::Ours(interface) = named(module) else {
                continue;
            };
            let expected = known(file, resolve, ("imports", interface, name))?;
            check_type(
                file,
                resolve,
                ("imports", interface, name),
                expected,
                (AbiVariant::GuestImport, found.as_deref()),
            )?;
        }
        let mut exported: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for (name, function, role) in self.exported() {
            let Named::Ours(interface) = named(name) else {
                continue;
            };
            let expected = known(file, resolve, ("exports", interface, function))?;
            let functions = exported.entry(interface).or_default();
            if let Role::Is(found) = role {
                functions.insert(function);
                check_type(
                    file,
                    resolve,
                    ("exports", interface, function),
                    expected,
                    (AbiVariant::GuestExport, found),
                )?;
            }
        }
        for (interface, functions) in exported {
            let all = interface_of(resolve, interface).map(|known| known.functions.keys());
            let mut missing = all
                .into_iter()
                .flatten()
                .filter(|name| !functions.contains(name.as_str()));
            if let Some(missing) = missing.next() {
                return Err(GuestError {
                    help: Some(format!(
                        "export `{PACKAGE}/{interface}@{API_VERSION}#{missing}`, too"
                    )),
                    ..GuestError::new(format!(
                        "{file} exports some of `{interface}` and not `{interface}.{missing}`"
                    ))
                });
            }
        }
        Ok(())
    }
}

fn interface_of<'a>(resolve: &'a Resolve, name: &str) -> Option<&'a Interface> {
    let mut interfaces = resolve.interfaces.iter();
    interfaces
        .find_map(|(_, interface)| (interface.name.as_deref() == Some(name)).then_some(interface))
}

/// The function that a module names.
fn known<'a>(
    file: &str,
    resolve: &'a Resolve,
    (verb, interface, name): (&str, &str, &str),
) -> Result<&'a Function, GuestError> {
    let of_interface = interface_of(resolve, interface).map(|known| &known.functions);
    if let Some(function) = of_interface.and_then(|functions| functions.get(name)) {
        return Ok(function);
    }
    let error = GuestError::new(format!(
        "{file} {verb} `{interface}.{name}`, which there is not in {API_VERSION}"
    ));
    let names = of_interface
        .into_iter()
        .flat_map(|functions| functions.keys());
    Err(did_you_mean(error, name, names.map(String::as_str)))
}

/// Compares the type of a function with that which the canonical ABI gives it.
fn check_type(
    file: &str,
    resolve: &Resolve,
    (verb, interface, name): (&str, &str, &str),
    expected: &Function,
    (variant, found): (AbiVariant, Option<&FuncType>),
) -> Result<(), GuestError> {
    let flat = resolve.wasm_signature(variant, expected);
    let found = found.map(|found| (value_types(found.params()), value_types(found.results())));
    let expected = (flat_types(&flat.params), flat_types(&flat.results));
    if found.as_ref() == Some(&expected) {
        return Ok(());
    }
    let described = functions().find(|known| {
        let (module, function) = split(known);
        module == interface && kebab_case(function) == name
    });
    Err(GuestError {
        help: described.map(|function| {
            format!(
                "colony.wit has `{}`, which the canonical ABI makes flat",
                signature(function)
            )
        }),
        ..GuestError::new(format!(
            "{file} {verb} `{interface}.{name}` as {}, expected {}",
            found.map_or("something that is no function".to_owned(), |found| shown(
                &found
            )),
            shown(&expected)
        ))
    })
}

fn value_types(types: &[ValType]) -> Vec<String> {
    types.iter().map(ValType::to_string).collect()
}

fn flat_types(types: &[WasmType]) -> Vec<String> {
    let name = |flat: &WasmType| match flat {
        WasmType::I32 | WasmType::Pointer | WasmType::Length => "i32",
        WasmType::I64 | WasmType::PointerOrI64 => "i64",
        WasmType::F32 => "f32",
        WasmType::F64 => "f64",
    };
    types.iter().map(|flat| name(flat).to_owned()).collect()
}

/// Parameters and results as a person reads them.
fn shown((parameters, results): &(Vec<String>, Vec<String>)) -> String {
    let gives = match &results[..] {
        [] => String::new(),
        results => format!(" -> {}", results.join(", ")),
    };
    format!("({}){gives}", parameters.join(", "))
}

/// The name of an interface as a world has it.
fn in_world(name: &str, interface: &str) -> String {
    name.replacen(
        &format!("/{interface}@"),
        &format!("/{}@", escaped(interface)),
        1,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn functions_share_the_types_of_the_file() {
        let text = "(module (func (export \"a\") (param i32)) (func (export \"b\") (param i32)))";
        let module = CoreModule::read(&wat::parse_str(text).unwrap()).unwrap();
        let of = |name: &str| module.exports[name].as_ref().unwrap();
        assert!(Rc::ptr_eq(of("a"), of("b")));
    }
}
