//! `colony.test`: declares a test and the colony that it wishes for.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use mlua::{Function, Lua, Table};

use crate::api::ApiError;
use crate::diagnostic::nearest;
use crate::lua::bindings::{Bindings, bind, refuse_unknown_names};
use crate::lua::errors::location;
use crate::unit_test::{TestColony, UnitTest};
use crate::value::Value;

use super::name;

/// Tests with their functions, in the order of the file.
pub(super) type Declared = Rc<RefCell<Vec<(UnitTest, Function)>>>;

/// `colony` in a file of tests.
pub(super) fn colony_of_tests(
    lua: &Lua,
    bindings: &Rc<Bindings>,
    declared: &Declared,
) -> mlua::Result<Table> {
    let declared = declared.clone();
    let test = bind(lua, bindings, move |lua, bindings, arguments| {
        let name = name(&arguments, "colony.test")?;
        let (options, function) = match (arguments.get(1), arguments.get(2)) {
            (Some(mlua::Value::Function(function)), None) => (None, function),
            (Some(options), Some(mlua::Value::Function(function))) => {
                (bindings.copy(options, "options")?, function)
            }
            _ => {
                return Err(ApiError::new(
                    "colony.test expects a name, perhaps a table of options, and a function",
                )
                .help("write colony.test(\"what must hold\", function(t) ... end)"));
            }
        };
        let mut declared = declared.borrow_mut();
        if declared.iter().any(|(test, _)| test.name == name) {
            return Err(
                ApiError::new(format!("the test `{name}` is declared twice"))
                    .help("give each test a name of its own"),
            );
        }
        let test = UnitTest {
            name,
            location: location(lua),
            colony: colony(options)?,
        };
        declared.push((test, function.clone()));
        Ok(())
    })?;
    let colony = lua.create_table()?;
    colony.raw_set("test", test)?;
    refuse_unknown_names(
        lua,
        &colony,
        "colony, in a test,",
        Some("a test drives the colony through `t`: t.call(\"jobs.list\"), t.command, t.storage"),
    )?;
    Ok(colony)
}

/// The options of `colony.test`.
fn colony(options: Option<Value>) -> Result<TestColony, ApiError> {
    let mut colony = TestColony::default();
    let options = match options {
        None => return Ok(colony),
        Some(Value::Map(options)) => options,
        Some(other) => {
            return Err(ApiError::new(format!(
                "the options of a test are a table, found {other}"
            )));
        }
    };
    for (name, value) in options {
        let wrong = |expected: &str| {
            ApiError::new(format!(
                "option `{name}` of a test is {expected}, found {value}"
            ))
        };
        match (name.as_str(), &value) {
            ("seed", Value::Integer(seed)) => {
                colony.seed = u64::try_from(*seed).map_err(|_| wrong("a whole number from 0"))?
            }
            ("colonists", Value::Integer(colonists)) => {
                colony.colonists =
                    u32::try_from(*colonists).map_err(|_| wrong("a whole number from 1"))?;
            }
            ("size", Value::List(sides)) => {
                let [Value::Integer(width), Value::Integer(height)] = sides.as_slice() else {
                    return Err(wrong("a list of two numbers"));
                };
                let side =
                    |side: &i64| u16::try_from(*side).map_err(|_| wrong("a list of two sides"));
                colony.size = (side(width)?, side(height)?);
            }
            ("stock", Value::Map(stock)) => {
                colony.stock = item_counts(stock).ok_or_else(|| wrong("counts by item"))?
            }
            ("seed" | "colonists", _) => return Err(wrong("a whole number")),
            ("size", _) => return Err(wrong("a list of two numbers")),
            ("stock", _) => return Err(wrong("a table of counts by item")),
            (unknown, _) => {
                let error = ApiError::new(format!("a test has no option `{unknown}`"));
                return Err(
                    match nearest(unknown, ["seed", "colonists", "size", "stock"]) {
                        Some(near) => error.help(format!("did you mean `{near}`?")),
                        None => error.help("its options: seed, colonists, size, stock"),
                    },
                );
            }
        }
    }
    Ok(colony)
}

fn item_counts(stock: &BTreeMap<String, Value>) -> Option<BTreeMap<String, u32>> {
    let count = |(item, count): (&String, &Value)| match count {
        Value::Integer(count) => Some((item.clone(), u32::try_from(*count).ok()?)),
        _ => None,
    };
    stock.iter().map(count).collect()
}
