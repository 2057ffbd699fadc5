//! `require` inside a mod: `require("a/b")` runs `scripts/a/b.lua` once and gives what it returns; `require("@stats/mean")` does the same
//! with `lib/mean.lua` of `stats`, in this mod's machine. Code may ask for the library code of its own mod and of those that its mod
//! depends on.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use mlua::{Function, Lua};

use crate::api::ApiError;
use crate::bundle::LIBRARY_FOLDER;
use crate::diagnostic::nearest;
use crate::generation::Generation;

use super::bindings::Bindings;
use super::errors::{location, raise};
use super::scripts::Scripts;

const SCRIPTS: &str = "scripts/";
const EXTENSIONS: [&str; 2] = [".lua", ".luau"];

#[derive(Default)]
struct Modules {
    loaded: BTreeMap<String, mlua::Value>,
    loading: Vec<String>,
}

/// The function `require` over a mod's files.
pub(super) fn require_function(
    lua: &Lua,
    bindings: &Rc<Bindings>,
    scripts: &Rc<Scripts>,
) -> mlua::Result<Function> {
    let bindings = bindings.clone();
    let scripts = scripts.clone();
    let modules = Rc::new(RefCell::new(Modules::default()));
    lua.create_function(move |lua, name: String| {
        require_declared(lua, &bindings.generation, &name).map_err(|error| raise(lua, error))?;
        if let Some(value) = modules.borrow().loaded.get(&name) {
            return Ok(value.clone());
        }
        let path = module_path(&scripts, &bindings.generation, &name)
            .map_err(|error| raise(lua, error))?;
        if modules.borrow().loading.contains(&name) {
            let chain = [modules.borrow().loading.as_slice(), &[name]]
                .concat()
                .join(" -> ");
            return Err(raise(
                lua,
                ApiError::new(format!("modules require each other in a circle: {chain}")),
            ));
        }
        modules.borrow_mut().loading.push(name.clone());
        let result = scripts
            .load(lua, &bindings, &path)
            .and_then(|chunk| chunk.call::<mlua::Value>(()));
        modules.borrow_mut().loading.pop();
        let value = result?;
        if value.is_nil() {
            return Err(raise(
                lua,
                ApiError::new(format!("module `{name}` returns nothing")).help(format!(
                    "end {} with `return` and a table",
                    scripts.display_path(&path)
                )),
            ));
        }
        modules.borrow_mut().loaded.insert(name, value.clone());
        Ok(value)
    })
}

/// The mod whose library code a module's name asks for: `stats` of `@stats/mean`.
fn library_of(name: &str) -> Option<&str> {
    let (owner, _) = name.split_once('/')?;
    owner.strip_prefix('@')
}

/// Refuses library code of a mod that the mod of the calling code does not name: it may be there because of others.
fn require_declared(lua: &Lua, generation: &Generation, name: &str) -> Result<(), ApiError> {
    let Some(wanted) = library_of(name) else {
        return Ok(());
    };
    let sources = generation.sources();
    let calling = location(lua).and_then(|location| {
        let (folder, _) = location.file.split_once('/')?;
        sources
            .library(folder)
            .map(|library| library.manifest.clone())
    });
    let calling = calling.unwrap_or_else(|| generation.manifest.clone());
    if calling.id.as_str() == wanted || calling.libraries().any(|id| id.as_str() == wanted) {
        return Ok(());
    }
    let range = sources.library(wanted).map_or_else(
        || "^1".to_owned(),
        |library| match &library.manifest.version {
            version if version.major == 0 => format!("^0.{}", version.minor),
            version => format!("^{}", version.major),
        },
    );
    Err(ApiError::new(format!(
        "{} does not depend on `{wanted}`, whose library code it asks for",
        calling.id
    ))
    .help(format!(
        "write `{wanted} = \"{range}\"` under [dependencies] in {}/mod.toml",
        calling.id
    )))
}

/// What a module's name begins with, and where the files of such modules are: `scripts/`, or `@stats/lib/` for `@stats/`, or
/// `lib/` for the mod's own id.
fn folder_of<'a>(name: &'a str, own: &str) -> (&'a str, String) {
    match library_of(name) {
        Some(owner) => {
            let prefix = &name[..owner.len() + 2];
            let folder = match owner == own {
                true => LIBRARY_FOLDER.to_owned(),
                false => format!("@{owner}/{LIBRARY_FOLDER}"),
            };
            (prefix, folder)
        }
        None => ("", SCRIPTS.to_owned()),
    }
}

/// The script at a path without its extension.
fn script_at(scripts: &Scripts, path: &str) -> Option<String> {
    EXTENSIONS
        .map(|extension| format!("{path}{extension}"))
        .into_iter()
        .find(|path| scripts.paths().any(|known| known == path))
}

fn module_path(scripts: &Scripts, generation: &Generation, name: &str) -> Result<String, ApiError> {
    let own = generation.id().as_str();
    let (prefix, folder) = folder_of(name, own);
    let expected = format!("{folder}{}", &name[prefix.len()..]);
    if let Some(path) = script_at(scripts, &expected) {
        return Ok(path);
    }
    let error = ApiError::new(format!(
        "there is no module `{name}`: expected {}",
        scripts.display_path(&format!("{expected}{}", EXTENSIONS[0]))
    ));
    let modules: Vec<String> = scripts
        .paths()
        .filter_map(|path| {
            let path = path.strip_prefix(folder.as_str())?;
            let module = EXTENSIONS
                .iter()
                .find_map(|extension| path.strip_suffix(extension))?;
            Some(format!("{prefix}{module}"))
        })
        .collect();
    if prefix.is_empty() {
        let in_library = name.strip_prefix(LIBRARY_FOLDER).unwrap_or(name);
        if script_at(scripts, &format!("{LIBRARY_FOLDER}{in_library}")).is_some() {
            return Err(error.help(format!(
                "code in {LIBRARY_FOLDER} is asked for with the mod's id: require(\"@{own}/{in_library}\")"
            )));
        }
    }
    Err(match nearest(name, modules.iter().map(String::as_str)) {
        Some(near) => error.help(format!("did you mean `{near}`?")),
        None => match library_of(name) {
            Some(owner) if owner != own && modules.is_empty() => error.help(format!(
                "`{owner}` has no code in {LIBRARY_FOLDER}, or it is an optional dependency that is not loaded"
            )),
            _ => error,
        },
    })
}
