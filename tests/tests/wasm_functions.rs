//! Parity: every function of the table can be called by a component as by a script, and answers both the same; every event can be heard.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use modding::api::{CAPABILITIES, FunctionDescription, Kind, batched, events, functions};
use modding::batch::Batch;
use modding::bundle::Bundle;
use modding::definitions::DEFINITION_KINDS;
use modding::host::Host;
use modding::runtime::{Event, EventContent};
use modding::value::Value;
use sim::{MapSource, Setup};
use tests::wat::Wat;
use tests::{Project, log_by_tick, manifest, manifest_of_component, root};
use wit_parser::abi::{AbiVariant, WasmType};
use wit_parser::{Function, Int, Resolve, SizeAlign, Type, TypeDefKind, WorldItem};

/// When the functions are called: there are jobs, colonists and stacks by then.
const TICK: u64 = 5;

/// Where results are written: the largest of them has some fifty bytes.
const RESULT: usize = 64;

/// The functions that components import, each with its interface, in the order of the table.
fn imported(resolve: &Resolve) -> Vec<(String, Function)> {
    let (_, world) = resolve
        .worlds
        .iter()
        .find(|(_, world)| world.name == "guest")
        .unwrap();
    let mut imported = Vec::new();
    for item in world.imports.values() {
        let WorldItem::Interface { id, .. } = item else {
            continue;
        };
        let interface = &resolve.interfaces[*id];
        let module = interface.name.clone().unwrap();
        for function in interface.functions.values() {
            imported.push((module.clone(), function.clone()));
        }
    }
    imported
}

fn zero(kind: WasmType) -> (&'static str, &'static str) {
    match kind {
        WasmType::I64 => ("i64", "(i64.const 0)"),
        WasmType::F64 => ("f64", "(f64.const 0)"),
        WasmType::F32 => ("f32", "(f32.const 0)"),
        _ => ("i32", "(i32.const 0)"),
    }
}

/// Where the message of an error is in the result of a function.
fn message_at(resolve: &Resolve, sizes: &SizeAlign, function: &Function) -> usize {
    let Some(Type::Id(id)) = function.result else {
        panic!("{} has no result", function.name);
    };
    let TypeDefKind::Result(result) = &resolve.types[id].kind else {
        panic!("{} has no result", function.name);
    };
    let cases = [result.ok.as_ref(), result.err.as_ref()];
    RESULT + sizes.payload_offset(Int::U8, cases).size_wasm32()
}

/// A component that calls every function with nothing, zeros and empty texts, and writes what it is told to the log.
fn component(is_called: impl Fn(&str, &str) -> bool) -> (String, Vec<String>) {
    let mut resolve = Resolve::default();
    let text = include_str!("../../modding/api/colony.wit");
    resolve.push_source("colony.wit", text).unwrap();
    let mut sizes = SizeAlign::default();
    sizes.fill(&resolve);
    let mut wat = Wat::new();
    let (mut body, mut names) = (String::new(), Vec::new());
    let done = wat.text("done");
    for (module, function) in imported(&resolve) {
        if !is_called(&module, &function.name) {
            continue;
        }
        let signature = resolve.wasm_signature(AbiVariant::GuestImport, &function);
        assert!(signature.retptr, "{module}.{}", function.name);
        let zeros: Vec<_> = signature.params.iter().map(|kind| zero(*kind)).collect();
        let parameters: Vec<&str> = zeros.iter().map(|(kind, _)| *kind).collect();
        if (module.as_str(), function.name.as_str()) != ("events", "register") {
            wat = wat.import(&module, &function.name, &parameters.join(" "));
        }
        let arguments: Vec<&str> = zeros[..zeros.len() - 1]
            .iter()
            .map(|(_, zero)| *zero)
            .collect();
        let at = message_at(&resolve, &sizes, &function);
        let _ = writeln!(
            body,
            "(call ${module}.{} {} (i32.const {RESULT}))
    (if (i32.load8_u (i32.const {RESULT}))
      (then (call $log (i32.load (i32.const {at})) (i32.load (i32.const {})) (i32.const 256)))
      (else (call $log {done} (i32.const 256))))",
            function.name,
            arguments.join(" "),
            at + 4
        );
        names.push(format!("{module}.{}", function.name.replace('-', "_")));
    }
    let component = wat
        .code("")
        .load(&[("tick_end", 1)], "")
        .export(
            "on-tick-end",
            "handle",
            "(param $function i32) (param $tick i64)",
            &format!("(if (i64.eq (local.get $tick) (i64.const {TICK})) (then {body}))"),
        )
        .build();
    let log = "(import \"colony:modding/log@1.0.0\" \"warn\" (func $log (param i32 i32 i32)))";
    (
        component.replacen("(module", &format!("(module\n  {log}"), 1),
        names,
    )
}

/// The same in Luau.
fn script(names: &[String]) -> String {
    let mut body = String::new();
    for name in names {
        let description = functions().find(|known| known.name == name).unwrap();
        let call: Vec<&str> = ["say(pcall(colony"]
            .into_iter()
            .chain(arguments(description))
            .collect();
        let call = call
            .join(", ")
            .replacen("colony", &format!("colony.{name}"), 1);
        let _ = writeln!(body, "{call}))");
    }
    format!(
        "local function say(done, message)
  colony.log.warn(done and 'done' or string.gsub(tostring(message), '^[%w_/.]+:%d+: ', ''))
end
colony.events.register('tick_end', function(event)
  if event.tick ~= {TICK} then return end
  {body}end)"
    )
}

/// What the component gives, for Luau.
fn arguments(description: &FunctionDescription) -> Vec<&'static str> {
    let argument = |kind: Kind| match kind {
        Kind::Boolean => "false",
        Kind::Integer | Kind::Number => "0",
        Kind::Text | Kind::OneOf(_) => "''",
        Kind::List(_) | Kind::Map(_) | Kind::Record(_) => "{}",
        Kind::Function(_) => "function() end",
        _ => "nil",
    };
    let arguments = description.arguments.iter();
    let arguments = arguments.map(|given| {
        if given.optional {
            "nil"
        } else {
            argument(given.kind)
        }
    });
    arguments.collect()
}

/// What both are told, by name.
fn answers(capabilities: &[&str]) -> (Vec<String>, Vec<String>, Vec<String>) {
    // The storage has no functions in Lua, a call ends the call, and what is called here is the log itself. What is left is the table.
    let is_called = |module: &str, function: &str| {
        !matches!(module, "storage" | "failure" | "kept-state-changes" | "log")
            && (module, function) != ("mods", "call")
    };
    let (component, names) = component(is_called);
    let more = format!("capabilities = {capabilities:?}\n[dependencies]\nbase = \"*\"");
    let run = |id: &str, project: Project| {
        let record = project.scenario(TICK, &[id], "").run().unwrap();
        assert!(record.left_out.is_empty(), "{:?}", record.left_out);
        assert!(record.failures.is_empty(), "{:?}", record.failures);
        log_by_tick(&record).remove(&TICK).unwrap()
    };
    let of_wasm = run(
        "subject",
        Project::new().wasm_mod("subject", "1.0.0", &more, &component),
    );
    let lua = Project::new()
        .file(
            "mods/subject/mod.toml",
            &manifest("subject", "1.0.0", &more),
        )
        .file("mods/subject/scripts/main.lua", &script(&names));
    let of_lua = run("subject", lua);
    let of_lua = of_lua.iter().map(|answer| in_words_of_wit(answer, &names));
    let of_lua = of_lua.collect();
    (names, of_lua, of_wasm)
}

/// What a script is told, as a component is: functions have the names that components import them by.
fn in_words_of_wit(answer: &str, names: &[String]) -> String {
    let names = names.iter().map(String::as_str).chain(["mods.get"]);
    let mut by_length: Vec<&str> = names.collect();
    // One name may be the beginning of another.
    by_length.sort_by_key(|name| std::cmp::Reverse(name.len()));
    let answer = answer.replace("top-level code", "`load`");
    by_length.iter().fold(answer, |answer, name| {
        answer.replace(&format!("colony.{name}"), &name.replace('_', "-"))
    })
}

#[test]
fn every_function_answers_a_component_as_it_answers_a_script() {
    let all: Vec<&str> = CAPABILITIES.iter().map(|(name, _)| *name).collect();
    let (names, lua, wasm) = answers(&all);
    let others = ["mods.get", "log.info", "log.warn", "log.error"];
    assert_eq!(names.len() + others.len(), functions().count());
    for ((name, lua), wasm) in names.iter().zip(&lua).zip(&wasm) {
        assert_eq!(lua, wasm, "{name}");
    }
    assert_eq!((lua.len(), wasm.len()), (names.len(), names.len()));
    assert!(
        wasm.iter().filter(|answer| *answer == "done").count() > 20,
        "{wasm:?}"
    );
}

#[test]
fn a_component_needs_the_capabilities_that_a_script_needs() {
    let (names, lua, wasm) = answers(&[]);
    assert_eq!(lua, wasm);
    let mut refused = 0;
    for (name, answer) in names.iter().zip(&wasm) {
        let description = functions().find(|known| known.name == name).unwrap();
        if let Some(capability) = description.capability {
            assert!(
                answer.contains(&format!("needs the capability `{capability}`"))
                    || answer.contains(&name.replace('_', "-")),
                "{name}: {answer}"
            );
            refused += u32::from(answer.contains("needs the capability"));
        }
    }
    assert!(refused > 5, "{wasm:?}");
}

/// A component that writes the name of each event that it hears to the log.
fn listener() -> String {
    let mut resolve = Resolve::default();
    let text = include_str!("../../modding/api/colony.wit");
    resolve.push_source("colony.wit", text).unwrap();
    let mut wat = Wat::new().import("log", "info", "i32 i32 i32");
    let known = events().iter().map(|event| event.name);
    let heard: Vec<&str> = known.chain(["subject:alarm"]).collect();
    for name in &heard {
        let interface = match name.split_once(':') {
            Some(_) => "on-mod-event".to_owned(),
            None => format!("on-{}", name.replace('_', "-")),
        };
        let found = resolve.interfaces.iter();
        let mut found = found.map(|(_, found)| found);
        let found = found.find(|found| found.name.as_ref() == Some(&interface));
        let handle = &found.unwrap().functions["handle"];
        let signature = resolve.wasm_signature(AbiVariant::GuestExport, handle);
        let parameters = signature.params.iter().map(|kind| zero(*kind).0);
        let parameters = parameters.collect::<Vec<_>>().join(" ");
        let text = wat.text(name);
        let body = format!("(call $log.info {text} (i32.const 16))");
        wat = wat.export(
            &interface,
            "handle",
            &format!("(param {parameters})"),
            &body,
        );
    }
    let handlers: Vec<(&str, u32)> = heard.into_iter().zip(1..).collect();
    wat.load(&handlers, "").build()
}

/// A value of a kind.
fn sample(kind: Kind, is_there: bool) -> Option<Value> {
    match kind {
        Kind::Boolean => Some(Value::Boolean(true)),
        Kind::Integer => Some(Value::Integer(-3)),
        Kind::Number => Some(Value::Number(0.5)),
        Kind::Text | Kind::OneOf(_) => Some(Value::text("text")),
        Kind::Any if is_there => Some(Value::List(vec![Value::map([("deep", Value::Integer(1))])])),
        Kind::Optional(inner) if is_there => sample(*inner, true),
        Kind::Any | Kind::Optional(_) => None,
        Kind::Column(inner) => {
            let value = sample(*inner, is_there).unwrap_or(Value::Boolean(false));
            is_there.then(|| Value::List(vec![value.clone(), value]))
        }
        kind => panic!("no event has {kind:?}"),
    }
}

#[test]
fn a_component_hears_every_event() {
    let file = |path: &str, text: &str| (path.to_owned(), text.as_bytes().to_vec());
    let assets = DEFINITION_KINDS.map(|kind| {
        let path = format!("assets/{kind}.toml");
        let text = std::fs::read_to_string(root().join("mods/base").join(&path)).unwrap();
        file(&path, &text)
    });
    let of = |id: &str| file("mod.toml", &manifest_of_component(id, "1.0.0", ""));
    let base = Bundle::new("base", [of("base")].into_iter().chain(assets)).unwrap();
    let files = [of("subject"), file("wasm/main.wat", &listener())];
    let subject = Bundle::new("subject", files).unwrap();
    let map = MapSource::Generated {
        width: 32,
        height: 32,
    };
    let setup = Setup {
        seed: 1,
        map,
        colonists: 2,
        stock: BTreeMap::new(),
    };
    let (mut host, left_out) = Host::start(&setup, vec![base, subject], BTreeSet::new()).unwrap();
    assert!(left_out.is_empty(), "{left_out:?}");
    host.take_log();
    let (mut expected, mut heard) = (Vec::new(), Vec::new());
    for is_there in [true, false, true] {
        for event in events() {
            let fields = event
                .fields
                .iter()
                .map(|field| sample(field.kind, is_there));
            let mut fields: Vec<_> = fields.collect();
            let content = match batched(event.name) {
                Some(_) => {
                    // As many as the lists have.
                    fields[0] = None;
                    EventContent::Batch(Batch::of_fields(event, &fields).unwrap())
                }
                None => EventContent::Fields(fields),
            };
            host.deliver(&Event {
                name: event.name.into(),
                tick: 9,
                content,
            });
            expected.push(event.name);
        }
        let content = EventContent::Payload(sample(Kind::Any, is_there));
        host.deliver(&Event {
            name: "subject:alarm".into(),
            tick: 9,
            content,
        });
        expected.push("subject:alarm");
        heard.extend(host.take_log().into_iter().map(|line| line.text));
    }
    assert!(host.failures().is_empty(), "{:?}", host.failures());
    assert_eq!(heard, expected);
}
