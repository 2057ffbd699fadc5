//! Mods that try to take the host down (I6): each call fails with the bound it ran into, at the same count in every process, and
//! the colony goes on.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::process::{Command, Stdio};

use harness::record::RunRecord;
use harness::report::json;
use tests::Project;

/// What the child process of a test writes its report to.
const REPORT: &str = "COLONY_SIM_TEST_REPORT";

const STEPS: &str = "instruction budget used up";
const MEMORY: &str = "out of memory";
const TEXT: &str = "a text is too long: 262,144 bytes are allowed";

/// What a handler does at every tick, and how its first failure begins.
const HOSTILE: &[(&str, &str)] = &[
    // Loops.
    ("while true do end", STEPS),
    ("for i = 1, math.huge do end", STEPS),
    ("repeat until false", STEPS),
    (
        "while true do pcall(function() while true do end end) end",
        STEPS,
    ),
    (
        "while true do xpcall(error, function() while true do end end) end",
        STEPS,
    ),
    (
        "xpcall(function() while true do end end, function() while true do end end)",
        STEPS,
    ),
    ("while true do pcall(string.rep, 'x', 10) end", STEPS),
    (
        "local function f() return pcall(f) end while true do f() end",
        STEPS,
    ),
    ("for _ in function() return 1 end do end", STEPS),
    // Coroutines.
    (
        "coroutine.resume(coroutine.create(function() while true do end end))",
        STEPS,
    ),
    (
        "pcall(coroutine.wrap(function() while true do end end))",
        STEPS,
    ),
    (
        "local c = coroutine.wrap(function() while true do coroutine.yield() end end) while true do c() end",
        STEPS,
    ),
    (
        "while true do coroutine.resume(coroutine.create(function() pcall(function() while true do end end) end)) end",
        STEPS,
    ),
    (
        "while true do local c = coroutine.create(function() coroutine.yield() end) coroutine.resume(c) coroutine.close(c) end",
        MEMORY,
    ),
    (
        "local function f() return coroutine.wrap(f)() end f()",
        "C stack overflow",
    ),
    // Metamethods.
    (
        "local t = setmetatable({}, { __index = function(t, k) while true do end end }) pcall(function() return t.x end)",
        STEPS,
    ),
    (
        "local t = setmetatable({}, { __index = function(t, k) return t[k] end }) return t.x",
        "C stack overflow",
    ),
    (
        "local t = setmetatable({}, { __iter = function() return function() return 1 end end }) for _ in t do end",
        STEPS,
    ),
    (
        "local t = setmetatable({}, { __tostring = function() while true do end end }) print(t)",
        STEPS,
    ),
    (
        "local t = setmetatable({}, { __call = function() return 1 end }) for _ in t do end",
        STEPS,
    ),
    (
        "local m = { __lt = function() while true do end end } table.sort({ setmetatable({}, m), setmetatable({}, m) })",
        STEPS,
    ),
    (
        "local m = {} m.__concat = function() return setmetatable({}, m) .. 'x' end return setmetatable({}, m) .. 'x'",
        "C stack overflow",
    ),
    // Patterns.
    ("string.find(string.rep('a', 50000), '.-.-.-.-b')", STEPS),
    (
        "string.gsub(string.rep('a', 50000), '.-.-.-.-b', '')",
        STEPS,
    ),
    (
        "for _ in string.gmatch(string.rep('a', 50000), '.-.-.-.-b') do end",
        STEPS,
    ),
    (
        "string.gsub(string.rep('a', 5000), 'a', function() while true do end end)",
        STEPS,
    ),
    ("string.match(string.rep('(', 200000), '%b()')", STEPS),
    ("string.gsub(string.rep('(', 30000), '%b()', '')", STEPS),
    ("string.find(string.rep('a', 200000), '(a*)%1b')", STEPS),
    (
        "string.find(string.rep('a', 200000), '[' .. string.rep('b', 400) .. ']*')",
        STEPS,
    ),
    (
        "string.find('a', string.rep('a?', 1000))",
        "the pattern has 2000 bytes, 512 are allowed",
    ),
    (
        "local s = string.rep('a', 200000) while true do string.find(s, '^a*') end",
        STEPS,
    ),
    (
        "local s, p = string.rep('a', 200000), string.rep('a', 100000) .. 'b' while true do string.find(s, p, 1, true) end",
        STEPS,
    ),
    (
        "local s = string.rep('a', 200000) while true do string.find(s, 'b') end",
        STEPS,
    ),
    // Text.
    ("string.rep('x', 1000000000)", STEPS),
    ("while true do local s = string.rep('x', 1000000) end", TEXT),
    (
        "pcall(function() local s = string.rep('x', 1000000) end)",
        TEXT,
    ),
    (
        "local s = string.rep('1', 200000) while true do local n = s + 0 end",
        STEPS,
    ),
    (
        "local s = string.rep('x', 200000) local t, u = s .. 'y', s .. 'z' while true do local b = t < u end",
        STEPS,
    ),
    ("string.rep('x', 1e300)", STEPS),
    ("while true do local s = string.rep('x', 200000) end", STEPS),
    (
        "pcall(string.rep, 'x', 50000000, 'yyyyyyyyyyyyyyyy')",
        STEPS,
    ),
    ("local s = 'x' while true do s = s .. s end", TEXT),
    (
        "local s = string.rep('x', 200000) while true do local t = s .. 'x' end",
        MEMORY,
    ),
    (
        "local s = string.rep('x', 200000) while true do local t = s:sub(1) end",
        STEPS,
    ),
    (
        "local s = string.rep('x', 200000) while true do local t = s:upper() end",
        MEMORY,
    ),
    (
        "local s = string.rep('x', 200000) while true do local t = s:split(',') end",
        STEPS,
    ),
    (
        "local s = string.rep('1', 200000) while true do local t = tonumber(s) end",
        STEPS,
    ),
    (
        "local s = string.rep('x', 200000) while true do local t = utf8.len(s) end",
        STEPS,
    ),
    (
        "string.byte(string.rep('x', 200000), 1, -1)",
        "string.byte would give 200000 values, 4096 are allowed",
    ),
    (
        "utf8.codepoint(string.rep('x', 200000), 1, -1)",
        "utf8.codepoint would give 200000 values, 4096 are allowed",
    ),
    (
        "while true do local s = string.format('%99.99f %99.99f', 1e300, 1e300) end",
        STEPS,
    ),
    ("while true do local s = tostring(math.random()) end", STEPS),
    // Tables.
    (
        "local t = {} while true do table.insert(t, 1, 1) end",
        STEPS,
    ),
    (
        "local t = table.create(1000000, 1) while true do table.insert(t, 1, 1) end",
        STEPS,
    ),
    (
        "local t = table.create(1000000, 1) while true do table.remove(t, 1) end",
        STEPS,
    ),
    (
        "local t = {} for i = 1, 400000 do t[i] = -i end while true do table.sort(t, function(a, b) return a < b end) end",
        STEPS,
    ),
    (
        "local t = table.create(1000000, 1) for i = 1, 300000 do t[i] = -i end table.sort(t)",
        STEPS,
    ),
    (
        "local a = string.rep('x', 200000) local b, t = a .. 'x', {} for i = 1, 1000 do t[i] = if i % 2 == 0 then a .. 'y' else b end table.sort(t)",
        MEMORY,
    ),
    (
        "local a = string.rep('x', 200000) local b, c, t = a .. 'x', a .. 'y', {} for i = 1, 1000 do t[i] = if i % 2 == 0 then b else c end table.sort(t)",
        STEPS,
    ),
    (
        "local t = table.create(1000000, '') while true do local s = table.concat(t) end",
        STEPS,
    ),
    (
        "local t = table.create(1000000, 'xxxxxxxxxxxxxxxx') while true do local s = table.concat(t, ',') end",
        STEPS,
    ),
    (
        "table.unpack(table.create(1000000, 1))",
        "table.unpack would give 1000000 values, 4096 are allowed",
    ),
    (
        "unpack({}, 1, 1e9)",
        "table.unpack would give 1000000000 values, 4096 are allowed",
    ),
    (
        "while true do local t = table.create(1000000, 1) end",
        MEMORY,
    ),
    ("table.create(1e9, 1)", STEPS),
    (
        "local s = string.rep('x', 200000) local t = table.create(100000, s) pcall(table.concat, t)",
        STEPS,
    ),
    (
        "local s = string.rep('x', 200000) string.format(string.rep('%s', 4000), unpack(table.create(4000, s)))",
        STEPS,
    ),
    (
        "string.pack('c1000000000', 'x')",
        "string.pack can pack fields",
    ),
    (
        "local s = string.rep('x', 100000) string.gsub(s, 'x', s)",
        TEXT,
    ),
    (
        "local t = {} for i = 1, 30 do t[i] = string.rep('x', 200000) end local s = '' for i = 1, 30 do s = s .. table.concat(t) end",
        TEXT,
    ),
    (
        "local t = table.create(1000000, 1) while true do table.move(t, 1, 1000000, 2) end",
        STEPS,
    ),
    (
        "local t = table.create(1000000, 1) while true do table.clone(t) end",
        MEMORY,
    ),
    (
        "local t = table.create(1000000, 1) while true do table.find(t, 2) end",
        STEPS,
    ),
    (
        "local t = {} for i = 1, 100000 do t['k' .. i] = i end while true do for k in pairs(t) do break end end",
        STEPS,
    ),
    (
        "local t = {} for i = 1, 100000 do t['k' .. i] = i end while true do next(t) end",
        STEPS,
    ),
    (
        "local t = {} t[1] = t while true do for k, v in t do t[k + 1] = v end end",
        STEPS,
    ),
    ("table.foreach({}, print)", "attempt to call a nil value"),
    // Recursion.
    (
        "local function f() return f() + 1 end f()",
        "stack overflow",
    ),
    (
        "local function f() f() end while true do pcall(f) end",
        STEPS,
    ),
    ("local function f() pcall(f) f() end f()", STEPS),
    (
        "local function f(...) return f(1, 2, 3, 4, 5, 6, 7, 8, ...) end f()",
        MEMORY,
    ),
    // Memory.
    (
        "local t = {} while true do t[#t + 1] = string.rep('x', 1000) .. #t end",
        MEMORY,
    ),
    ("local t = {} while true do t = { t, t } end", MEMORY),
    (
        "local t = {} pcall(function() while true do t[#t + 1] = string.rep('x', 1000) .. #t end end)",
        MEMORY,
    ),
    (
        "local t = {} while true do pcall(function() t = { t, { table.create(60, 1), table.create(60, 2) } } end) end",
        MEMORY,
    ),
    (
        "local t = {} coroutine.resume(coroutine.create(function() while true do t[#t + 1] = string.rep('x', 1000) .. #t end end))",
        MEMORY,
    ),
    (
        "local t = {} pcall(coroutine.wrap(function() while true do t[#t + 1] = string.rep('x', 1000) .. #t end end))",
        MEMORY,
    ),
    (
        "local t = {} while true do t[#t + 1] = function() return t end end",
        STEPS,
    ),
    (
        "local t = {} while true do t[#t + 1] = coroutine.create(function() end) end",
        MEMORY,
    ),
    (
        "while true do local t = { colony.map.nearest('chop', 100) } end",
        MEMORY,
    ),
    (
        "colony.storage.l = table.create(20000, 1) while true do table.insert(colony.storage.l, 1, 1) end",
        STEPS,
    ),
    (
        "colony.storage.l = table.create(20000, 1) while true do table.remove(colony.storage.l, 1) end",
        STEPS,
    ),
    // What the host keeps.
    (
        "local t = colony.storage for _ = 1, 3000 do t.a = {} t = t.a end",
        "colony.storage.a.a.a",
    ),
    (
        "local t = { 1 } for _ = 1, 30 do t = { t, t } end colony.events.emit('x', t)",
        STEPS,
    ),
    (
        "local s, t = string.rep('x', 200000), {} for i = 1, 1000 do t[i] = s end colony.storage.t = t",
        STEPS,
    ),
    (
        "for _ = 1, 250 do colony.events.emit('x', string.rep('x', 200000)) end",
        "the payload of `x` has 200000 bytes",
    ),
    (
        "local s, t = string.rep('x', 200000), {} for i = 1, 10 do t[i] = s end colony.time.after('late', 99, t)",
        "the values of timers would hold",
    ),
    (
        "colony.events.emit(string.rep('x', 1000))",
        "the name of an event has 1000 bytes",
    ),
    (
        "local s, t = string.rep('x', 200000), {} for i = 1, 10 do t[i] = s end colony.storage.big = t",
        "colony.storage: the storage would hold",
    ),
    (
        "while true do colony.storage.t = { string.rep('x', 100000) } end",
        STEPS,
    ),
    (
        "while true do colony.storage.t = colony.storage end",
        "colony.storage: tables would be nested",
    ),
    (
        "for i = 1, 300 do colony.events.emit('e' .. i) end",
        "256 events in one tick are the most",
    ),
    (
        "for i = 1, 2000 do colony.items.add('wood', 1, 16, 16) end",
        "1000 commands in one tick are the most",
    ),
    ("while true do print('x') end", STEPS),
    ("while true do colony.jobs.list() end", STEPS),
];

/// One mod for each row, so that all of them run beside each other in one colony.
fn project() -> Project {
    let mut project = Project::new();
    let mut mods = Vec::new();
    let mut expectations = String::new();
    for (at, (code, _)) in HOSTILE.iter().enumerate() {
        let id = format!("hostile_{at}");
        let script = format!(
            "colony.time.declare('late', function() end)\ncolony.events.register('tick_start', function()\n{code}\nend)\n"
        );
        project = project.lua_mod(&id, "1.0.0", "capabilities = ['items.write']", &script);
        expectations.push_str(&format!(
            "[[expect]]\nfailing_calls = {id:?}\nequals = 2\n\n"
        ));
        mods.push(id);
    }
    let mods: Vec<&str> = mods.iter().map(String::as_str).collect();
    project.scenario(2, &mods, &expectations)
}

fn run() -> RunRecord {
    project().run().unwrap()
}

#[test]
fn a_hostile_call_fails_by_name_and_the_colony_goes_on() {
    let record = run();
    assert_eq!(record.faults(), []);
    for (at, (code, message)) in HOSTILE.iter().enumerate() {
        let id = format!("hostile_{at}");
        let failure = record
            .failures
            .iter()
            .find(|failure| failure.mod_id.as_str() == id);
        let failure = failure.unwrap_or_else(|| panic!("did not fail: {code}"));
        let found = &failure.error.message;
        assert!(found.starts_with(message), "{code}: {found}");
        let location = failure.error.location.as_ref();
        assert_eq!(location.map(|location| location.line), Some(3), "{code}");
    }
    assert_eq!(record.colony.alive, 3);
}

#[test]
fn a_hostile_call_ends_at_the_same_count_in_every_process() {
    let folder = tempfile::tempdir().unwrap();
    let path = |at: usize| folder.path().join(at.to_string());
    let child = |at: usize| {
        Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "write_the_report_where_asked"])
            .env(REPORT, path(at))
            .stdout(Stdio::null())
            .spawn()
            .unwrap()
    };
    let children: Vec<_> = (0..5).map(child).collect();
    for mut child in children {
        assert!(child.wait().unwrap().success());
    }
    let report = |at: usize| std::fs::read_to_string(path(at)).unwrap();
    let first = report(0);
    assert!(
        first.contains("\"steps\": 1000000"),
        "the report holds the counts"
    );
    for at in 1..5 {
        assert!(report(at) == first, "process {at} differs from the first");
    }
}

/// The child of the test above.
#[test]
fn write_the_report_where_asked() {
    if let Some(path) = std::env::var_os(REPORT) {
        std::fs::write(path, json::report(&run(), 0)).unwrap();
    }
}

/// What a call may use does not depend on the garbage of the calls before it, or a hand-over could be seen.
#[test]
fn memory_is_counted_from_the_start_of_each_call() {
    let script = "colony.events.register('tick_start', function(event)
  local t, n = {}, if event.tick % 2 == 0 then 400 else 100
  for i = 1, n do t[i] = string.rep('x', 64000) .. i end
  print(#t)
end)";
    let steps = "[[step]]\nat = 5\nreload = { mods = ['hungry'], force = true }\n\n[[step]]\nat = 10\nrestart = true\n";
    let record = Project::new()
        .lua_mod("hungry", "1.0.0", "", script)
        .scenario(12, &["hungry"], steps)
        .run()
        .unwrap();
    assert_eq!(record.failures, []);
    let lines: Vec<&str> = record.log.iter().map(|line| line.text.as_str()).collect();
    assert_eq!(lines, ["100", "400"].repeat(6));
}

/// A mod that keeps more than it may is stopped for good, whatever it does to live within the bound of each call.
#[test]
fn a_mod_cannot_keep_more_than_its_share() {
    let script = "local kept = {}
colony.events.register('tick_start', function()
  for i = 1, 100 do kept[#kept + 1] = string.rep('x', 100000) .. #kept end
end)";
    let expect = "[[expect]]\nfailing_calls = 'hoarder'\nequals = 13\n";
    let record = Project::new()
        .lua_mod("hoarder", "1.0.0", "", script)
        .scenario(20, &["hoarder"], expect)
        .run()
        .unwrap();
    assert_eq!(record.faults(), []);
    assert_eq!(record.failures[0].first, 8);
    assert!(record.failures[0].error.message.starts_with(MEMORY));
}

/// Code without loops and calls takes no step: what it allocates, and how long it is, is bounded all the same.
#[test]
fn code_without_steps_is_bounded_too() {
    let doubled = format!("local s = 'x'\n{}", "s = s .. s\n".repeat(40));
    let additions = format!(
        "local x = 1\nwhile true do\n{}end\n",
        "x = x + x - x\n".repeat(20_000)
    );
    for (code, message) in [(&doubled, TEXT), (&additions, STEPS)] {
        let script = format!("colony.events.register('tick_start', function()\n{code}\nend)\n");
        let record = Project::new()
            .lua_mod("straight", "1.0.0", "", &script)
            .scenario(1, &["straight"], "")
            .run()
            .unwrap();
        let found = &record.failures[0].error.message;
        assert!(found.starts_with(message), "{found}");
        assert_eq!(record.colony.alive, 3);
    }
}

/// A large table that was made while the mod loaded, and emptied, is gone over in every call.
#[test]
fn what_is_left_of_a_large_table_is_paid_for() {
    for code in [
        "table.clear(t)",
        "local _ = next(t)",
        "for k in pairs(t) do end",
    ] {
        let script = format!(
            "local t = {{}} for i = 1, 140000 do t[i + 0.5] = true end table.clear(t)
colony.events.register('tick_start', function() while true do {code} end end)"
        );
        let record = Project::new()
            .lua_mod("hollow", "1.0.0", "", &script)
            .scenario(1, &["hollow"], "")
            .run()
            .unwrap();
        let failure = &record.failures[0];
        assert!(
            failure.error.message.starts_with(STEPS),
            "{}",
            failure.error.message
        );
    }
}
