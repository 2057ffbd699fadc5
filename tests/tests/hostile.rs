//! Mods that try to take the host down, or to bring something of the machine into the state (I6, I1): each call fails with the
//! bound it ran into, and the colony goes on.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use harness::report::json;
use tests::{Project, log_by_tick};

/// What a handler does at every tick, and what its first failure says.
const HOSTILE: &[(&str, &str)] = &[
    ("while true do end", "instruction budget used up"),
    (
        "while true do pcall(function() while true do end end) end",
        "instruction budget used up",
    ),
    (
        "while true do xpcall(error, function() while true do end end) end",
        "instruction budget used up",
    ),
    (
        "coroutine.resume(coroutine.create(function() while true do end end))",
        "instruction budget used up",
    ),
    (
        "string.find(string.rep('a', 50000), '.-.-.-.-b')",
        "instruction budget used up",
    ),
    (
        "local function f() return f() + 1 end f()",
        "stack overflow",
    ),
    (
        "local t = {} while true do t[#t + 1] = string.rep('x', 100000) .. #t end",
        "out of memory",
    ),
    (
        "local t = {} pcall(function() while true do t[#t + 1] = string.rep('x', 100000) .. #t end end)",
        "out of memory",
    ),
    (
        "local t = {} coroutine.resume(coroutine.create(function() while true do t[#t + 1] = string.rep('x', 100000) .. #t end end))",
        "out of memory",
    ),
    (
        "local t = colony.storage for _ = 1, 3000 do t.a = {} t = t.a end",
        "colony.storage.a.a.a",
    ),
    (
        "local t = { 1 } for _ = 1, 30 do t = { t, t } end colony.events.emit('x', t)",
        "instruction budget used up",
    ),
    (
        "local s, t = string.rep('x', 10000000), {} for i = 1, 1000 do t[i] = s end colony.storage.t = t",
        "instruction budget used up",
    ),
    (
        "for _ = 1, 250 do colony.events.emit('x', string.rep('x', 8000000)) end",
        "the payload of `x` has 8000000 bytes",
    ),
    (
        "colony.time.after('late', 99, string.rep('x', 8000000))",
        "the values of timers would hold",
    ),
    (
        "colony.events.emit(string.rep('x', 1000))",
        "the name of an event has 1000 bytes",
    ),
    (
        "colony.storage.big = string.rep('x', 2000000)",
        "colony.storage: the storage would hold",
    ),
    (
        "while true do colony.storage.t = { string.rep('x', 100000) } end",
        "instruction budget used up",
    ),
    (
        "for i = 1, 300 do colony.events.emit('e' .. i) end",
        "256 events in one tick are the most",
    ),
    ("table.foreach({}, print)", "attempt to call a nil value"),
];

#[test]
fn a_hostile_call_fails_by_name_and_the_colony_goes_on() {
    for (code, message) in HOSTILE {
        let script = format!(
            "colony.time.declare('late', function() end)\ncolony.events.register('tick_start', function()\n{code}\nend)\n"
        );
        let expect = "[[expect]]\nfailing_calls = \"hostile\"\nequals = 2\n";
        let project = Project::new()
            .lua_mod("hostile", "1.0.0", "", &script)
            .scenario(2, &["hostile"], expect);
        let record = project.run().unwrap();
        assert_eq!(record.faults(), [], "{code}");
        let failure = &record.failures[0].error;
        assert!(
            failure.message.starts_with(message),
            "{code}: {}",
            failure.message
        );
        assert_eq!(record.colony.alive, 3);
        assert_eq!(
            json::report(&record, 0),
            json::report(&project.run().unwrap(), 0),
            "{code}"
        );
    }
}

#[test]
fn no_address_reaches_a_mod() {
    let script = r#"
local Base = {}
Base.__index = Base
Base.__tostring = function() return "base" end
local Derived = setmetatable({}, Base)
Derived.__index = Derived
print(tostring({}), tostring(print), tostring(coroutine.create(print)))
print(tostring(setmetatable({}, Derived)), tostring(setmetatable({}, { __metatable = { __tostring = 1 } })))
print(tostring(setmetatable({}, Base)), string.format("%s %s", {}, print))
print(pcall(error, {}))
"#;
    let record = Project::new()
        .lua_mod("curious", "1.0.0", "", script)
        .scenario(1, &["curious"], "")
        .run()
        .unwrap();
    let expected = [
        "table\tfunction\tthread",
        "table\ttable",
        "base\ttable function",
        "false\ttable",
    ];
    assert_eq!(log_by_tick(&record)[&0], expected);
}
