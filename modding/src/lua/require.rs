//! `require` inside a mod: `require("a/b")` runs `scripts/a/b.lua` once and gives what it returns.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use mlua::{Function, Lua};

use crate::api::ApiError;
use crate::diagnostic::nearest;

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
pub(super) fn require_function(lua: &Lua, scripts: &Rc<Scripts>) -> mlua::Result<Function> {
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
            .load(lua, &path)
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

fn module_path(scripts: &Scripts, name: &str) -> Result<String, ApiError> {
    let candidates = EXTENSIONS.map(|extension| format!("{SCRIPTS}{name}{extension}"));
    if let Some(path) = candidates
        .iter()
        .find(|path| scripts.paths().any(|known| known == *path))
    {
        return Ok(path.clone());
    }
    let modules: Vec<&str> = scripts
        .paths()
        .filter_map(|path| {
            let path = path.strip_prefix(SCRIPTS)?;
            EXTENSIONS
                .iter()
                .find_map(|extension| path.strip_suffix(extension))
        })
        .collect();
    let error = ApiError::new(format!(
        "there is no module `{name}`: expected {}",
        scripts.display_path(&candidates[0])
    ));
    Err(match nearest(name, modules) {
        Some(near) => error.help(format!("did you mean `{near}`?")),
        None => error,
    })
}
