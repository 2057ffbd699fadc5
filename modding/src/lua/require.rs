//! `require` inside a mod: `require("a/b")` runs `scripts/a/b.lua` once and gives what it returns; `require("@stats/mean")` does the same
//! with `lib/mean.lua` of `stats`, in this mod's machine.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use mlua::{Function, Lua};

use crate::api::ApiError;
use crate::bundle::LIBRARY_FOLDER;
use crate::diagnostic::nearest;

use super::bindings::Bindings;
use super::errors::raise;
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
        if let Some(value) = modules.borrow().loaded.get(&name) {
            return Ok(value.clone());
        }
        let path = module_path(&scripts, &name).map_err(|error| raise(lua, error))?;
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

/// What a module's name begins with, and where the files of such modules are: `scripts/`, or `@stats/lib/` for `@stats/`.
fn folder_of(name: &str) -> (&str, String) {
    match name.split_once('/') {
        Some((owner, _)) if owner.starts_with('@') => {
            (&name[..=owner.len()], format!("{owner}/{LIBRARY_FOLDER}"))
        }
        _ => ("", SCRIPTS.to_owned()),
    }
}

fn module_path(scripts: &Scripts, name: &str) -> Result<String, ApiError> {
    let (prefix, folder) = folder_of(name);
    let within = &name[prefix.len()..];
    let candidates = EXTENSIONS.map(|extension| format!("{folder}{within}{extension}"));
    if let Some(path) = candidates
        .iter()
        .find(|path| scripts.paths().any(|known| known == *path))
    {
        return Ok(path.clone());
    }
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
    let owner = prefix.trim_matches(['@', '/']);
    let error = ApiError::new(format!(
        "there is no module `{name}`: expected {}",
        scripts.display_path(&candidates[0])
    ));
    Err(match nearest(name, modules.iter().map(String::as_str)) {
        Some(near) => error.help(format!("did you mean `{near}`?")),
        None if !prefix.is_empty() && modules.is_empty() => error.help(format!(
            "library code is in lib/ of a mod that this one depends on: write `{owner} = \"^1\"` under [dependencies] in mod.toml"
        )),
        None => error,
    })
}
