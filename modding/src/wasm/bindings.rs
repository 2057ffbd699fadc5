//! What components import: the functions of the table, the storage and `failure`.

use wasmtime::StoreContextMut;
use wasmtime::component::{ComponentType, Lift, Linker, Val};

use crate::api::{ApiError, FunctionDescription, Kind, Run, functions, kebab_case, split};
use crate::bindings::{GuestCall, known_event, timer_function};
use crate::context::LogLevel;
use crate::error::{GuestError, Location};
use crate::value::Value;

use super::convert::{from_val, to_val};
use super::guest::{Ended, Error, Guest, in_declaration, in_guest_call, in_host};
use super::interfaces::{CHANGES, event_interfaces, event_position, full_name};
use super::state::bind_storage;
use super::tree::{Tree, tree_bytes, tree_of, value_of};

/// What a function of the host answers.
pub(super) type Answer<T> = wasmtime::Result<(Result<T, Error>,)>;

/// Binds all that there is.
///
/// # Errors
/// A function that the table has and that is not bound: a fault of this file.
pub(super) fn bind(linker: &mut Linker<Guest>) -> wasmtime::Result<()> {
    for description in functions() {
        let (module, name) = split(description);
        let mut instance = linker.instance(&full_name(module))?;
        let name = match description.name {
            "mods.get" => "call".to_owned(),
            _ => kebab_case(name),
        };
        match description.run {
            Run::Read(_) | Run::Command(_) => {
                let shown = format!("{module}.{name}");
                instance.func_new(&name, move |store, _, parameters, results| {
                    run(store, description, &shown, parameters, results)
                })?;
            }
            Run::Runtime => match description.name {
                "events.register" => instance.func_wrap(&name, register)?,
                "events.unregister" => instance.func_wrap(&name, unregister)?,
                "events.emit" => instance.func_wrap(&name, emit)?,
                "state.define" => instance.func_wrap(&name, define)?,
                "state.migrate" => instance.func_wrap(&name, migrate)?,
                "state.get_mod_state" => instance.func_wrap(&name, get_mod_state)?,
                "state.save_mod_state" => instance.func_wrap(&name, save_mod_state)?,
                "time.after" => {
                    instance.func_wrap(&name, |store, arguments| timer(store, arguments, false))?
                }
                "time.every" => {
                    instance.func_wrap(&name, |store, arguments| timer(store, arguments, true))?
                }
                "time.declare" => instance.func_wrap(&name, declare_timer)?,
                "time.cancel" => instance.func_wrap(&name, cancel_timer)?,
                "mods.export" => instance.func_wrap(&name, export)?,
                "mods.get" => instance.func_wrap(&name, call_export)?,
                "log.info" => {
                    instance.func_wrap(&name, |store, text| log(store, text, LogLevel::Info))?
                }
                "log.warn" => {
                    instance.func_wrap(&name, |store, text| log(store, text, LogLevel::Warn))?
                }
                "log.error" => {
                    instance.func_wrap(&name, |store, text| log(store, text, LogLevel::Error))?
                }
                name => return Err(wasmtime::Error::msg(format!("colony.{name} is not bound"))),
            },
        }
    }
    bind_storage(&mut linker.instance(&full_name("storage"))?)?;
    linker
        .instance(&full_name("failure"))?
        .func_wrap("fail", fail)?;
    linker
        .instance(&full_name(CHANGES))?
        .func_wrap("note", note_change)
}

/// The component says that its state changes in the running call, or while it loads that it will say so.
fn note_change(mut store: StoreContextMut<'_, Guest>, (): ()) -> wasmtime::Result<()> {
    store.data_mut().note_change();
    // A step, as every function of the host; it cannot be refused.
    in_host(&mut store, "kept-state-changes.note", 0, |_, _| Ok(())).map(drop)
}

/// A function of the table that the host does.
fn run(
    mut store: StoreContextMut<'_, Guest>,
    description: &'static FunctionDescription,
    shown: &str,
    parameters: &[Val],
    results: &mut [Val],
) -> wasmtime::Result<()> {
    let arguments = description.arguments.iter().zip(parameters);
    let arguments = arguments.map(|(argument, val)| {
        let subject = || format!("`{}` of colony.{}", argument.name, description.name);
        match (argument.optional && argument.kind != Kind::Any, val) {
            (true, Val::Option(None)) => Ok(None),
            (true, Val::Option(Some(val))) => from_val(argument.kind, (**val).clone(), &subject()),
            (_, val) => from_val(argument.kind, val.clone(), &subject()),
        }
    });
    let arguments: Result<Vec<Option<Value>>, ApiError> = arguments.collect();
    let bytes = match &arguments {
        Ok(values) => values.iter().flatten().map(Value::bytes).sum(),
        Err(_) => 0,
    };
    let answer = in_guest_call(&mut store, shown, bytes, |call| {
        let result = call.run(description, arguments?)?;
        // What is given is paid for as a copy, as in every language.
        let bytes = result.as_ref().map_or(0, Value::bytes);
        let _ = call.context.meter().charge(bytes);
        match description.result {
            Kind::Nothing => Ok(None),
            kind => to_val(kind, result.as_ref()).map(|val| Some(Box::new(val))),
        }
    })?;
    let error = |error: Error| {
        let help = error.help.map(|help| Box::new(Val::String(help)));
        let fields = [
            ("message", Val::String(error.message)),
            ("help", Val::Option(help)),
        ];
        Box::new(Val::Record(
            fields.map(|(name, val)| (name.to_owned(), val)).into(),
        ))
    };
    results[0] = Val::Result(answer.map_err(|refused| Some(error(refused))));
    Ok(())
}

/// `handler-options` of colony.wit.
#[derive(Clone, Debug, ComponentType, Lift)]
#[component(record)]
struct HandlerOptions {
    key: Option<String>,
    priority: Option<i64>,
    enabled: Option<bool>,
}

fn length(text: &Option<String>) -> u64 {
    text.as_ref().map_or(0, |text| text.len() as u64)
}

fn register(
    mut store: StoreContextMut<'_, Guest>,
    (name, function, options): (String, u32, Option<HandlerOptions>),
) -> Answer<()> {
    let key_bytes = options.as_ref().map_or(0, |options| length(&options.key));
    let bytes = name.len() as u64 + key_bytes;
    let options = options.map(|options| {
        let key = options.key.map(|key| ("key", Value::Text(key)));
        let priority = options
            .priority
            .map(|priority| ("priority", Value::Integer(priority)));
        let enabled = options
            .enabled
            .map(|enabled| ("enabled", Value::Boolean(enabled)));
        Value::map([key, priority, enabled].into_iter().flatten())
    });
    let position = event_position(&name);
    let answer = in_declaration(&mut store, "events.register", bytes, |call, guest| {
        let handlers = &guest.functions.handlers;
        let is_declared = |at| handlers.borrow().get(&at) == Some(&(position, function));
        known_event(&name)?;
        require_export(call, guest, event_interfaces().nth(position).as_deref())?;
        if let Some(at) = call.register(name, options, is_declared)? {
            handlers.borrow_mut().insert(at, (position, function));
        }
        Ok(())
    })?;
    Ok((answer,))
}

/// Refuses a declaration whose function could not be called. Later nothing is declared, which is refused for that reason.
fn require_export(
    call: &GuestCall<'_>,
    guest: &Guest,
    interface: Option<&str>,
) -> Result<(), ApiError> {
    match interface {
        Some(interface) if call.context.is_loading() && !guest.compiled.exports(interface) => {
            let name = full_name(interface);
            Err(
                ApiError::new(format!("the component does not export {name}")).help(format!(
                    "export it: the world of the component needs `export {name};`"
                )),
            )
        }
        _ => Ok(()),
    }
}

fn unregister(
    mut store: StoreContextMut<'_, Guest>,
    (name, key): (String, Option<String>),
) -> Answer<()> {
    let bytes = name.len() as u64 + length(&key);
    Ok((in_guest_call(
        &mut store,
        "events.unregister",
        bytes,
        |call| call.unregister(name, key),
    )?,))
}

fn emit(mut store: StoreContextMut<'_, Guest>, (name, payload): (String, Tree)) -> Answer<()> {
    let bytes = name.len() as u64 + tree_bytes(&payload);
    let answer = in_guest_call(&mut store, "events.emit", bytes, |call| {
        let payload = value_of(payload, "payload")?;
        call.context.emit(call.generation, &name, payload)
    })?;
    Ok((answer,))
}

fn define(
    mut store: StoreContextMut<'_, Guest>,
    (defaults,): (Vec<(String, Tree)>,),
) -> Answer<()> {
    let bytes = defaults
        .iter()
        .map(|(name, tree)| name.len() as u64 + tree_bytes(tree));
    let bytes = bytes.sum();
    let answer = in_declaration(&mut store, "state.define", bytes, |call, _| {
        let default = |(name, tree): (String, Tree)| {
            let value = value_of(tree, &format!("the default of {name:?}"));
            value.transpose().map(|value| Ok((name, value?)))
        };
        let defaults = defaults.into_iter().filter_map(default);
        call.define(defaults.collect::<Result<_, _>>()?)
    })?;
    Ok((answer,))
}

fn migrate(mut store: StoreContextMut<'_, Guest>, (range, function): (String, u32)) -> Answer<()> {
    let answer = in_declaration(
        &mut store,
        "state.migrate",
        range.len() as u64,
        |call, guest| {
            require_export(call, guest, Some("migrations"))?;
            let position = call.migrate(range)?;
            guest
                .functions
                .migrations
                .borrow_mut()
                .insert(position, function);
            Ok(())
        },
    )?;
    Ok((answer,))
}

fn get_mod_state(mut store: StoreContextMut<'_, Guest>, (mod_id,): (String,)) -> Answer<Tree> {
    let answer = in_guest_call(
        &mut store,
        "state.get-mod-state",
        mod_id.len() as u64,
        |call| {
            let state = call.context.get_mod_state(call.generation, &mod_id)?;
            let _ = call
                .context
                .meter()
                .charge(state.as_ref().map_or(0, Value::bytes));
            Ok(tree_of(state.as_ref()))
        },
    )?;
    Ok((answer,))
}

fn save_mod_state(
    mut store: StoreContextMut<'_, Guest>,
    (mod_id, state): (String, Tree),
) -> Answer<()> {
    let bytes = mod_id.len() as u64 + tree_bytes(&state);
    let answer = in_guest_call(&mut store, "state.save-mod-state", bytes, |call| {
        let Some(state) = value_of(state, "state")? else {
            return Err(ApiError::new(
                "colony.state.save_mod_state expects a state, found nil",
            ));
        };
        call.context.save_mod_state(call.generation, &mod_id, state)
    })?;
    Ok((answer,))
}

/// `function-or-value` of colony.wit.
#[derive(Clone, Debug, ComponentType, Lift)]
#[component(variant)]
enum FunctionOrValue {
    #[component(name = "function")]
    Function(u32),
    #[component(name = "value")]
    Value(Tree),
}

fn timer(
    mut store: StoreContextMut<'_, Guest>,
    (name, ticks, handler_or_value): (String, i64, Option<FunctionOrValue>),
    repeat: bool,
) -> Answer<()> {
    let shown = timer_function(repeat);
    let ticks = Value::Integer(ticks);
    let value = match handler_or_value {
        Some(FunctionOrValue::Function(function)) => {
            let answer = in_declaration(&mut store, shown, name.len() as u64, |call, guest| {
                let ticks = call.timer_ticks(Some(&ticks), repeat)?;
                require_export(call, guest, Some("timers"))?;
                call.start_with_function(&name, ticks, repeat)?;
                guest.functions.timers.borrow_mut().insert(name, function);
                Ok(())
            })?;
            return Ok((answer,));
        }
        Some(FunctionOrValue::Value(value)) => value,
        None => Tree::new(),
    };
    let bytes = name.len() as u64 + tree_bytes(&value);
    let answer = in_guest_call(&mut store, shown, bytes, |call| {
        let ticks = call.timer_ticks(Some(&ticks), repeat)?;
        call.start_timer(&name, ticks, repeat, value_of(value, "value")?)
    })?;
    Ok((answer,))
}

fn declare_timer(
    mut store: StoreContextMut<'_, Guest>,
    (name, function): (String, u32),
) -> Answer<()> {
    let answer = in_declaration(
        &mut store,
        "time.declare",
        name.len() as u64,
        |call, guest| {
            require_export(call, guest, Some("timers"))?;
            call.declare_unstarted_timer(&name)?;
            guest.functions.timers.borrow_mut().insert(name, function);
            Ok(())
        },
    )?;
    Ok((answer,))
}

fn cancel_timer(mut store: StoreContextMut<'_, Guest>, (name,): (String,)) -> Answer<()> {
    let bytes = name.len() as u64;
    Ok((in_guest_call(&mut store, "time.cancel", bytes, |call| {
        call.cancel_timer(&name)
    })?,))
}

fn export(mut store: StoreContextMut<'_, Guest>, (name, function): (String, u32)) -> Answer<()> {
    let answer = in_declaration(
        &mut store,
        "mods.export",
        name.len() as u64,
        |call, guest| {
            require_export(call, guest, Some("exports"))?;
            call.export(&name)?;
            guest.functions.exports.borrow_mut().insert(name, function);
            Ok(())
        },
    )?;
    Ok((answer,))
}

fn call_export(
    mut store: StoreContextMut<'_, Guest>,
    (mod_id, name, arguments): (String, String, Vec<Tree>),
) -> Answer<Vec<Tree>> {
    let bytes = arguments.iter().map(tree_bytes).sum::<u64>();
    let bytes = bytes + (mod_id.len() + name.len()) as u64;
    let answer = in_guest_call(&mut store, "mods.call", bytes, |call| {
        let values = arguments
            .into_iter()
            .enumerate()
            .map(|(at, tree)| value_of(tree, &format!("argument {} of {mod_id}.{name}", at + 1)));
        let values = values.collect::<Result<Vec<_>, _>>()?;
        let results = call
            .context
            .call_export(call.generation, &mod_id, &name, &values)?;
        let bytes = results.iter().flatten().map(Value::bytes).sum();
        let _ = call.context.meter().charge(bytes);
        Ok(results
            .iter()
            .map(|value| tree_of(value.as_ref()))
            .collect())
    })?;
    Ok((answer,))
}

fn log(mut store: StoreContextMut<'_, Guest>, (text,): (String,), level: LogLevel) -> Answer<()> {
    let answer = in_host(&mut store, "log", text.len() as u64, |guest, context| {
        // What is said again by an instance that is made anew has been heard.
        if !guest.is_repeating() {
            context.log(guest.generation.id(), level, &text);
        }
        Ok(())
    })?;
    Ok((answer,))
}

/// `line` of colony.wit.
#[derive(Clone, Debug, ComponentType, Lift)]
#[component(record)]
struct Line {
    file: String,
    line: u32,
}

fn fail(
    mut store: StoreContextMut<'_, Guest>,
    (error, at): (Error, Option<Line>),
) -> wasmtime::Result<()> {
    store.data_mut().failure = Some(GuestError {
        help: error.help,
        location: at.map(|at| Location {
            file: at.file.into(),
            line: at.line as usize,
        }),
        ..GuestError::new(error.message)
    });
    Err(Ended.into())
}
