//! What is found in scripts, and what is not.

use super::{Examination, examine};
use crate::bundle::Bundle;

fn examined(capabilities: &str, scripts: &[(&str, &str)]) -> Examination {
    let manifest = format!(
        "id = 'm'\nname = 'M'\nversion = '1.0.0'\napi = '^1'\nentry = 'scripts/main.lua'\ncapabilities = [{capabilities}]\n"
    );
    let files = scripts
        .iter()
        .map(|(path, text)| (format!("scripts/{path}.lua"), text.as_bytes().to_vec()))
        .chain([("mod.toml".to_owned(), manifest.into_bytes())]);
    let bundle = Bundle::new("m", files).expect("good paths");
    examine(&bundle).expect("scripts that compile")
}

/// The findings in a script as `code:line`, with the lines of related places.
fn found(script: &str) -> Vec<String> {
    let examined = examined("", &[("main", script)]);
    let shown = examined.findings.iter().map(|finding| {
        let related = finding.related.iter().map(|place| place.line().to_string());
        let lines: Vec<String> = [finding.place.line().to_string()]
            .into_iter()
            .chain(related)
            .collect();
        format!("{}:{}", finding.code.name(), lines.join(","))
    });
    shown.collect()
}

#[test]
fn variables_that_a_running_mod_writes_are_lost() {
    for (script, expected) in [
        (
            "local n = 0\ncolony.events.register('tick_end', function()\n n = n + 1\nend)",
            "state-lost:1,3",
        ),
        (
            "local n = 0\ncolony.time.every('t', 5, function()\n n += 1\nend)",
            "state-lost:1,3",
        ),
        // Through another function, another name, a table, a function of the library, a loop.
        (
            "local n = 0\nlocal function add()\n n = n + 1\nend\ncolony.mods.export('add', function() add() end)",
            "state-lost:1,3",
        ),
        (
            "local t = { a = {} }\ncolony.events.register('tick_end', function()\n local a = t.a\n a.x = 1\nend)",
            "state-lost:1,4",
        ),
        (
            "local t = {}\ncolony.events.register('tick_end', function(e)\n table.insert(t, e.tick)\nend)",
            "state-lost:1,3",
        ),
        (
            "local t = {}\ncolony.events.register('tick_end', function(e)\n for _, x in pairs(t) do\n  x.n = 1\n end\nend)",
            "state-lost:1,4",
        ),
        (
            "local M = {}\nlocal n = 0\nfunction M.add()\n n = n + 1\nend\nreturn M",
            "state-lost:2,4",
        ),
        // A closure that is made while the mod loads, by its code or by its handler of `mod_loaded`.
        (
            "local function make()\n local n = 0\n return function()\n  n = n + 1\n end\nend\nlocal f = make()",
            "state-lost:2,4",
        ),
        (
            "colony.events.register('mod_loaded', function()\n local n = 0\n colony.events.register('tick_end', function()\n  n = n + 1\n end)\nend)",
            "state-lost:2,4",
        ),
        (
            "n = 0\ncolony.events.register('tick_end', function()\n n = n + 1\nend)",
            "state-lost:1,3",
        ),
        (
            "colony.events.register('tick_end', function()\n n = (n or 0) + 1\nend)",
            "state-lost:2",
        ),
    ] {
        assert_eq!(found(script), [expected], "{script}");
    }
}

#[test]
fn what_starts_again_in_the_same_way_is_not_lost() {
    for script in [
        // Written while the mod loads.
        "local t = {}\nfor i = 1, 3 do t[i] = i end\ntable.insert(t, 4)\nlocal function fill() t[5] = 5 end\nfill()",
        // Locals of the call.
        "colony.events.register('tick_end', function()\n local n = 0\n local function add() n = n + 1 end\n add()\nend)",
        "colony.events.register('tick_end', function(e)\n e.seen = true\n local t = {}\n t.x = 1\nend)",
        // The storage, under whatever name.
        "local kept = colony.storage\ncolony.events.register('tick_end', function()\n kept.n = 1\n local k = colony.storage\n k.list.x = 2\n table.insert(k.list, 1)\nend)",
        // Another variable of the same name.
        "local n = 0\ncolony.events.register('tick_end', function()\n local n = 1\n n = n + 1\nend)",
        // Handed over by hand.
        "local s = { n = 0 }\ncolony.events.register('tick_end', function() s.n = s.n + 1 end)\ncolony.events.register('mod_unloaded', function() colony.state.save_mod_state('m', s) end)\ncolony.events.register('mod_loaded', function() s = colony.state.get_mod_state('m') or s end)",
        // Set when the mod is loaded.
        "local size\ncolony.events.register('mod_loaded', function() size = colony.map.size() end)",
        "local M = {}\nfunction M.f() end\nM.g = function() end\nreturn M",
    ] {
        assert_eq!(found(script), Vec::<String>::new(), "{script}");
    }
}

#[test]
fn loading_that_can_be_noticed_is_found() {
    for (script, expected) in [
        (
            "local go = coroutine.wrap(function() coroutine.yield() end)\ncolony.time.every('t', 5, function()\n go()\nend)",
            "coroutine-kept:1,3",
        ),
        (
            "local co\ncolony.time.every('t', 5, function()\n co = co or coroutine.create(function() end)\n coroutine.resume(co)\nend)",
            "coroutine-kept:3,4",
        ),
        (
            "colony.events.register('mod_loaded', function(e)\n if e.reason == 'start' then\n  colony.events.register('tick_end', function() end)\n end\nend)",
            "conditional-declaration:3,2",
        ),
        (
            "colony.events.register('mod_loaded', function(e)\n if e.reason ~= 'start' then return end\n colony.time.every('t', 5, function() end)\nend)",
            "conditional-declaration:3,2",
        ),
        (
            "colony.events.register('mod_unloaded', function()\n colony.storage.at = colony.time.get_current_tick()\nend)",
            "reload-history:2",
        ),
        (
            "colony.events.register('mod_loaded', function(e)\n local now = e.tick\n colony.storage.at = now\nend)",
            "reload-history:3",
        ),
        (
            "colony.events.register('mod_loaded', function()\n colony.storage.loads = colony.storage.loads + 1\nend)",
            "reload-history:2",
        ),
        (
            "colony.events.register('mod_unloaded', function()\n colony.state.save_mod_state('m', { at = colony.time.get_current_tick() })\nend)",
            "reload-history:2",
        ),
        ("local t = {}\nt.__mode = 'k'", "weak-table:2"),
    ] {
        assert_eq!(found(script), [expected], "{script}");
    }
    for script in [
        // Ended within the call that made it.
        "colony.time.every('t', 5, function()\n local go = coroutine.wrap(function() end)\n go()\nend)",
        // Started, not declared; state that begins.
        "colony.time.declare('t', function() end)\ncolony.events.register('mod_loaded', function(e)\n if e.reason == 'start' then\n  colony.time.after('t', 5)\n  colony.storage.open = true\n end\nend)",
        "colony.events.register('tick_end', function(e) colony.storage.at = e.tick end)",
    ] {
        assert_eq!(found(script), Vec::<String>::new(), "{script}");
    }
}

/// A component that imports functions, as `jobs.set-priority` with the types of its parameters, and exports others.
fn component(imports: &[(&str, &str)], exports: &str) -> Vec<u8> {
    let imports = imports.iter().map(|(name, parameters)| {
        let (module, name) = name.split_once('.').unwrap_or_default();
        format!(
            "(import \"colony:modding/{module}@1.0.0\" \"{name}\" (func (param {parameters})))\n"
        )
    });
    let imports: String = imports.collect();
    format!(
        "(module\n{imports}(memory (export \"memory\") 1)\n\
         (func (export \"cabi_realloc\") (param i32 i32 i32 i32) (result i32) (i32.const 0))\n\
         (func (export \"colony:modding/entry@1.0.0#load\"))\n{exports})"
    )
    .into_bytes()
}

#[test]
fn a_component_tells_by_its_imports_what_it_uses_and_keeps() {
    let kept = "(func (export \"colony:modding/kept-state@1.0.0#save\") (result i32) (i32.const 0))\n\
                (func (export \"colony:modding/kept-state@1.0.0#restore\") (param i32 i32))\n";
    let priority = ("jobs.set-priority", "i64 i64 i32");
    let set = ("storage.set", "i32 i32 i32 i32 i32");
    let get = ("storage.get", "i32 i32 i32");
    let saved = ("state.save-mod-state", "i32 i32 i32 i32 i32");
    let unused = "unused-capability m/mod.toml:5:17";
    let stateless = "stateless-component m/mod.toml:1:6";
    for (file, expected) in [
        (None, vec![unused]),
        (Some(component(&[], "")), vec![stateless, unused]),
        (Some(component(&[priority], "")), vec![stateless]),
        (Some(component(&[priority, get], "")), vec![stateless]),
        (Some(component(&[priority, set], "")), vec![]),
        (Some(component(&[priority, saved], "")), vec![]),
        (Some(component(&[priority], kept)), vec![]),
        (Some(component(&[], kept)), vec![unused]),
    ] {
        let manifest =
            "id = 'm'\nname = 'M'\nversion = '1.0.0'\napi = '^1'\ncapabilities = ['jobs.write']\n";
        let manifest = ("mod.toml".to_owned(), manifest.as_bytes().to_vec());
        let file = file.map(|file| ("wasm/a.wat".to_owned(), file));
        let bundle = Bundle::new("m", file.into_iter().chain([manifest])).expect("good paths");
        let examined = examine(&bundle).expect("a mod");
        let findings = examined.findings.iter();
        let found: Vec<String> = findings
            .map(|finding| format!("{} {}", finding.code.name(), finding.place))
            .collect();
        assert_eq!(found, expected);
    }
    let manifest = b"id = 'm'\nname = 'M'\nversion = '1.0.0'\napi = '^1'\n".to_vec();
    let broken = [
        ("mod.toml".to_owned(), manifest),
        ("wasm/a.wat".to_owned(), b"(module".to_vec()),
    ];
    let bundle = Bundle::new("m", broken).expect("good paths");
    let faults = examine(&bundle).expect_err("no component");
    assert_eq!(faults.len(), 1, "{faults:?}");
}

#[test]
fn capabilities_are_used_and_declared() {
    let codes = |capabilities: &str, script: &str| -> Vec<String> {
        let examined = examined(
            capabilities,
            &[("main", "require('other')"), ("other", script)],
        );
        let findings = examined.findings.iter();
        findings
            .map(|finding| format!("{} {}", finding.code.name(), finding.place))
            .collect()
    };
    let call = "local jobs = colony.jobs\ncolony.events.register('tick_end', function()\n jobs.cancel(1)\nend)";
    assert_eq!(codes("'jobs.write'", call), Vec::<String>::new());
    assert_eq!(
        codes("", call),
        ["undeclared-capability m/scripts/other.lua:3:2"]
    );
    assert_eq!(
        codes("'jobs.write', 'items.write'", call),
        ["unused-capability m/mod.toml:6:31"]
    );
    assert_eq!(
        codes(
            "",
            "colony.time.every('t', 5, function() pcall(colony.items.add, 'wood', 1, 2, 3) end)"
        ),
        ["undeclared-capability m/scripts/other.lua:1:44"]
    );
    // What cannot be followed may be anything.
    for hidden in [
        "local f = colony['jobs' .. '']",
        "print(colony.jobs)",
        "for _, f in pairs(colony) do f() end",
    ] {
        assert_eq!(
            codes("'jobs.write'", hidden),
            Vec::<String>::new(),
            "{hidden}"
        );
    }
}

#[test]
fn an_edit_gives_a_script_that_compiles_and_has_no_finding() {
    for script in [
        "local n = 0\ncolony.events.register('tick_end', function()\n n = n + 1\nend)\n",
        "colony.state.define({ a = 1 })\nlocal n = 0\ncolony.events.register('tick_end', function()\n n += colony.storage.a\nend)\n",
    ] {
        let examined = self::examined("", &[("main", script)]);
        let edits = &examined.findings[0].edits;
        let mut edited = script.to_owned();
        for edit in edits.iter().rev() {
            edited.replace_range(edit.span.clone(), &edit.replacement);
        }
        assert!(
            edited.contains("n = 0") && edited.contains("colony.storage.n"),
            "{edited}"
        );
        assert_eq!(found(&edited), Vec::<String>::new(), "{edited}");
    }
    // A name that the storage has already, and a declaration that cannot be moved.
    for script in [
        "colony.state.define({ n = 1 })\nlocal n = 0\ncolony.events.register('tick_end', function() n = n + 1 end)",
        "local n = colony.map.size().width\ncolony.events.register('tick_end', function() n = n + 1 end)",
        "local n = 0\nprint(n)\ncolony.events.register('tick_end', function() n = n + 1 end)",
    ] {
        let examined = self::examined("", &[("main", script)]);
        assert_eq!(examined.findings[0].edits, [], "{script}");
    }
}

#[test]
fn events_that_are_listened_to_are_known() {
    let script = "colony.events.register('tick_end', print)\ncolony.events.register(\"x:y\", print)\nlocal e = 'job_created'\ncolony.events.register(e, print)";
    let events: Vec<String> = examined("", &[("main", script)])
        .events
        .into_iter()
        .collect();
    assert_eq!(events, ["tick_end", "x:y"]);
}
