//! What Lua does here whatever machine, process or history it runs on (I1): each known leak of determinism, closed.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::process::{Command, Stdio};

use tests::{Project, log_by_tick};

/// What the child process of a test writes its lines to.
const LINES: &str = "COLONY_SIM_TEST_LINES";

/// What top-level code of a mod prints, a line each.
fn printed(script: &str) -> Vec<String> {
    let record = Project::new()
        .lua_mod("subject", "1.0.0", "", script)
        .scenario(1, &["subject"], "")
        .run()
        .unwrap();
    let faults: Vec<String> = record
        .left_out
        .iter()
        .flat_map(|left_out| left_out.faults.iter().map(ToString::to_string))
        .collect();
    assert_eq!(faults, [""; 0], "{script}");
    log_by_tick(&record).remove(&0).unwrap_or_default()
}

/// What keeps a script from loading.
fn fault(script: &str) -> String {
    let record = Project::new()
        .lua_mod("subject", "1.0.0", "", script)
        .scenario(1, &["subject"], "")
        .run()
        .unwrap();
    let fault = &record.left_out[0].faults[0];
    match &fault.help {
        Some(help) => format!("{fault} ({help})"),
        None => fault.to_string(),
    }
}

fn check(rows: &[(&str, &str)]) {
    for (script, expected) in rows {
        assert_eq!(printed(script).join("\n"), *expected, "{script}");
    }
}

const TABLE: &str =
    "local t = { zebra = 1, apple = 2, [7] = 3, [1] = 4, mango = 5, kiwi = 6, fig = 7, [true] = 8 }
local keys = {}
local function add(key, value) keys[#keys + 1] = tostring(key) .. '=' .. tostring(value) end
";

/// Loops over lists, lists with holes, functions and objects, and what they print.
const LOOPS: &[(&str, &str)] = &[
    (
        "for k, v in pairs({ 'a', nil, 'c', [9] = 'i' }) do print(k, v) end",
        "1\ta\n3\tc\n9\ti",
    ),
    (
        "local t = { [3] = 'c', [2] = 'b' } t[1] = 'a' for k, v in t do print(k, v) end",
        "1\ta\n2\tb\n3\tc",
    ),
    (
        "for i, v in ipairs({ 'a', 'b', nil, 'd' }) do print(i, v) end",
        "1\ta\n2\tb",
    ),
    (
        "local t = { 3, 1, 2 } for i, v in t do t[i] = nil print(i, v) end",
        "1\t3\n2\t1\n3\t2",
    ),
    (
        "local o = setmetatable({ 9 }, { __call = function(self, _, i) i = (i or 0) + 1 if i < 3 then return i end end }) for i in o do print(i) end",
        "1\n2",
    ),
    (
        "for a, b in string.gmatch('k1=v1,k2=v2', '(%w+)=(%w+)') do print(a, b) end",
        "k1\tv1\nk2\tv2",
    ),
    (
        "for i, c in utf8.codes('aé') do print(i, c) end",
        "1\t97\n2\t233",
    ),
];

/// However a loop is written, it goes in the order of the keys.
#[test]
fn every_loop_over_a_table_goes_in_the_order_of_its_keys() {
    let order = "1=4 7=3 apple=2 fig=7 kiwi=6 mango=5 zebra=1 true=8";
    for code in [
        "for k, v in pairs(t) do add(k, v) end",
        "for k, v in t do add(k, v) end",
        "for k, v in (t) do add(k, v) end",
        "for k, v in next, t do add(k, v) end",
        "for k, v in next, t, nil do add(k, v) end",
        "local k, v = next(t) while k ~= nil do add(k, v) k, v = next(t, k) end",
        "local holder = { inner = { t } } for k, v in holder.inner[1] do add(k, v) end",
        "local function get() return t end for k, v in get() do add(k, v) end",
        "local function pairs(x) return x end for k, v in pairs(t) do add(k, v) end",
        "local pairs = function(x) return x end for k, v in pairs(t) do add(k, v) end",
        "local o = setmetatable({}, { __iter = function() return next, t end }) for k, v in o do add(k, v) end",
        "local o = setmetatable(t, { __metatable = 'locked' }) for k, v in o do add(k, v) end",
        "for k: any, v: any in t do add(k, v) end",
        "local f = function() for k, v in t do add(k, v) end end f()",
        "local s = `{(function() for k, v in t do add(k, v) end return '' end)()}`",
    ] {
        let script = format!("{TABLE}{code}\nprint(table.concat(keys, ' '))");
        assert_eq!(printed(&script), [order], "{code}");
    }
    check(LOOPS);
    assert!(
        fault("for k in pairs({ [{}] = 1 }) do end")
            .starts_with("pairs cannot order keys that are a table")
    );
    assert!(
        fault("for k in { [print] = 1 } do end")
            .starts_with("pairs cannot order keys that are a function")
    );
    assert!(
        fault("\nfor k in nil do end")
            .starts_with("attempt to iterate over a nil value at subject/scripts/main.lua:2:1")
    );
}

/// Two tables with the same content but another history.
#[test]
fn the_history_of_a_table_does_not_show() {
    let grown = "local t = {} for i = 1, 100 do t['k' .. i] = i end for i = 1, 97 do t['k' .. i] = nil end t.a = 1";
    let made = "local t = { a = 1, k100 = 100, k99 = 99, k98 = 98 }";
    let list = "for k, v in t do print(k, v) end print(next(t))";
    assert_eq!(
        printed(&format!("{grown} {list}")),
        printed(&format!("{made} {list}"))
    );
    let sparse = fault("colony.state.define({ list = { 1, 2, nil, 4, [9] = 1 } })");
    assert!(sparse.starts_with("defaults.list"), "{sparse}");
    assert!(fault("setmetatable({}, { __mode = 'k' })").starts_with("tables cannot be weak"));
}

/// Expressions with powers, and their values.
const POWERS: &[(&str, f64)] = &[
    ("2 ^ 10", 1024.0),
    ("2 ^ 3 ^ 2", 512.0),
    ("(2 ^ 3) ^ 2", 64.0),
    ("-2 ^ 2", -4.0),
    ("2 ^ -1", 0.5),
    ("-2 ^ -2", -0.25),
    ("1 + 2 ^ 3 * 4", 33.0),
    ("2 * 3 ^ 2 // 1", 18.0),
    ("10 - 2 ^ 2 - 1", 5.0),
    ("('3') ^ '2'", 9.0),
    ("({ 2 ^ 3, x = 4 ^ 0.5 })[1]", 8.0),
    ("(function(a, b) return a ^ b end)(2, 5)", 32.0),
    ("#('x'):rep(2 ^ 4)", 16.0),
    ("if 2 ^ 2 == 4 then 3 ^ 3 else 0", 27.0),
    ("tonumber((`{2 ^ 3}{'^'}`):sub(1, 1))", 8.0),
    ("(2 :: number) ^ (3 :: any)", 8.0),
    ("not 1 ^ 2 and 1 or 2", 2.0),
    (
        "math.pow(2, 0.5) == 2 ^ 0.5 and math.sqrt(2) - math.pow(2, 0.5) < 1e-9 and 1 or 0",
        1.0,
    ),
];

/// What is rewritten before it is compiled means what was written, and stands in the line where it was written.
#[test]
fn powers_mean_what_was_written() {
    for (code, expected) in POWERS {
        assert_eq!(
            printed(&format!("print({code})")),
            [expected.to_string()],
            "{code}"
        );
    }
    check(&[
        ("local x = 3 x ^= 2 print(x)", "9"),
        (
            "local t = { a = { b = 2 } } t.a.b ^= 1 + 2 t.a['b'] ^= 2 print(t.a.b)",
            "64",
        ),
        ("local t = { [1] = 2 } t[1] ^= 2 ^ 2 print(t[1])", "16"),
        (
            "local m = setmetatable({}, { __pow = function(a, b) return 'pow ' .. tostring(b) end }) print(m ^ 2)",
            "pow 2",
        ),
        (
            "-- é ^ in\nlocal text = [[ü ^ in]] print(2 ^\n  3, text)",
            "8\tü ^ in",
        ),
        ("print(string.find('a^b', '[^a]'))", "2\t2"),
    ]);
    let twice = fault("local t = {}\nt[math.random(1, 3)] ^= 2");
    assert!(
        twice.starts_with(
            "the target of `^=` would be evaluated twice at subject/scripts/main.lua:2:1"
        ),
        "{twice}"
    );
    let line = fault(
        "local t = { 1, 2 }\nlocal function f(x)\n  for k, v in t do\n    local y = x ^\n      nil\n  end\nend\nf(1)",
    );
    assert!(
        line.starts_with(
            "attempt to perform arithmetic (pow) on number and nil at subject/scripts/main.lua:4:"
        ),
        "{line}"
    );
    let column = fault("for k, v in t do\n  local x = y ^ then\nend");
    assert!(column.contains("main.lua:2:"), "{column}");
    assert!(fault("local __power = 1").starts_with("`__power` is a name of colony-sim's own"));
    assert!(
        fault("function __iterate() end").starts_with("`__iterate` is a name of colony-sim's own")
    );
}

/// As deep as the compiler allows, the parser must follow.
#[test]
fn deeply_nested_code_does_not_overflow_the_parser() {
    for (open, close) in [("(", ")"), ("{", "}"), ("f(", ")"), ("-", ""), ("2 ^ ", "")] {
        for depth in [100, 190, 900, 100_000] {
            let script = format!(
                "local f = function(x) return x end\nlocal x = 1 ^ 1\nx = {}1{}\n",
                open.repeat(depth),
                close.repeat(depth)
            );
            // Some depths are refused by the compiler, with an error; none may end the program.
            let record = Project::new()
                .lua_mod("deep", "1.0.0", "", &script)
                .scenario(1, &["deep"], "")
                .run()
                .unwrap();
            assert_eq!(record.colony.alive, 3);
        }
    }
}

/// Every function whose last bit the machine's own library could decide, and formatting of what comes out.
const NUMBERS: &str = r#"
local inputs = { 0.1, 0.7, 1.3, 2.9, 13.37, 100.25, 1e-3, 12345.678 }
local digits = {}
local function add(name, value) digits[#digits + 1] = name .. string.format("=%.17g", value) end
for _, x in inputs do
  for _, name in { "sin", "cos", "tan", "atan", "exp", "log", "log10", "sinh", "cosh", "tanh" } do
    add(name, math[name](x))
  end
  add("asin", math.asin(x % 1)) add("acos", math.acos(x % 1)) add("atan2", math.atan2(x, 3.3))
  add("log2", math.log(x, 2)) add("log7", math.log(x, 7)) add("pow", x ^ 1.7) add("mathpow", math.pow(x, -0.3))
  add("noise", math.noise(x, x / 3, x / 7)) add("lerp", math.lerp(x, 1 / 3, 0.7)) add("map", math.map(x, 0, 3, 1, 7))
  add("fmod", math.fmod(x, 0.3)) add("mod", x % 0.3) add("sqrt", math.sqrt(x)) add("idiv", x // 0.3)
end
for at = 1, #digits, 8 do print(table.concat(digits, " ", at, math.min(at + 7, #digits))) end
local digest = 0
for at = 1, 3000 do
  local x = at * 0.137
  for _, value in { math.sin(x), math.cos(x), math.tan(x), math.exp(x / 10), math.log(x), x ^ 1.7, math.atan(x) } do
    digest = (digest * 31 + math.floor(math.frexp(value) * 2 ^ 53)) % 2147483647
  end
end
print(digest)
print(1e15, 1e16, 0.1, 1 / 3, -0.0, 2^53, 1e308 * 10, -(1e308 * 10), 0 / 0, -(0 / 0))
print(string.format("%5.1f|%-5s|%g|%f|%d|%x", 0 / 0, "a", 1e308 * 10, -(1e308 * 10), -3, 255))
print(pcall(string.format, "%d", 0 / 0))
print(tostring(0.1 + 0.2), string.format("%.3f", 2.0005), 100, 1e100, 5e-324)
print(math.random(), math.random(10), math.random(5, 6))
local list = {}
for at = 1, 300 do list[at] = { key = at % 7, at = at } end
table.sort(list, function(a, b) return a.key < b.key end)
local order = {}
for at, item in list do order[at] = item.at end
print(table.concat(order, " "))
print(tostring({}), tostring(print), tostring(coroutine.create(print)), string.format("%s %s", {}, print))
"#;

#[test]
fn numbers_and_their_digits_are_those_of_every_machine() {
    insta::assert_snapshot!(printed(NUMBERS).join("\n"));
}

/// In other processes, and as on a processor without fused multiplication: what glibc would choose by.
#[test]
fn numbers_are_the_same_in_every_process_and_on_every_processor() {
    let folder = tempfile::tempdir().unwrap();
    let lines = |name: &str, tunables: &str| {
        let path = folder.path().join(name);
        let status = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "write_the_lines_where_asked"])
            .env(LINES, &path)
            .env("GLIBC_TUNABLES", tunables)
            .stdout(Stdio::null())
            .status();
        assert!(status.unwrap().success());
        std::fs::read_to_string(path).unwrap()
    };
    let here = printed(NUMBERS).join("\n");
    for at in 0..4 {
        assert_eq!(lines(&at.to_string(), ""), here);
    }
    assert_eq!(
        lines(
            "without",
            "glibc.cpu.hwcaps=-FMA,-FMA4,-AVX2,-AVX2_Usable,-FMA_Usable"
        ),
        here
    );
}

/// The child of the test above.
#[test]
fn write_the_lines_where_asked() {
    if let Some(path) = std::env::var_os(LINES) {
        std::fs::write(path, printed(NUMBERS).join("\n")).unwrap();
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
print(tostring(setmetatable({}, Derived)), tostring(setmetatable({}, { __metatable = { __tostring = 1 } })))
print(tostring(setmetatable({}, Base)), string.format("%s %s", {}, print))
print(pcall(error, {}))
print({}, print, `{print}`, #tostring(colony.storage) > 0)
print(string.format("%*", {}))
"#;
    let expected = [
        "table\ttable",
        "base\ttable function",
        "false\t{}",
        "{}\tfunction\tfunction\ttrue",
        "table",
    ];
    assert_eq!(printed(script), expected);
}

/// All that a mod can name, so that nothing gets in unseen with a new version of the interpreter.
#[test]
fn a_mod_sees_these_globals_and_no_others() {
    let script = r#"
local names = {}
local function list(prefix, subject)
  for name, value in subject do
    if type(value) == "table" and name ~= "_G" and name ~= "colony" then
      list(prefix .. name .. ".", value)
    else
      names[#names + 1] = prefix .. name
    end
  end
end
list("", _G)
table.sort(names)
for at = 1, #names, 10 do print(table.concat(names, " ", at, math.min(at + 9, #names))) end
print(pcall(function() _G.pairs = 1 end))
print(pcall(rawset, _G, "pairs", 1))
print(pcall(function() string.rep = 1 end))
print(pcall(function() colony.log = 1 end))
print(getmetatable("").__index == string, pcall(function() getmetatable("").__index = nil end))
"#;
    insta::assert_snapshot!(printed(script).join("\n"));
}

/// A text that the interpreter still has from an earlier call counts as one that it makes anew, or a hand-over could be seen.
#[test]
fn texts_count_whether_or_not_the_interpreter_has_them_already() {
    let script = "colony.state.define({ text = '', turns = 0 })
colony.events.register('tick_start', function(event)
  if event.tick == 1 then colony.storage.text = string.rep('x', 200000) return end
  local text = colony.storage.text
  local piece = string.sub(text, 1, 100000)
  for turn = 1, 4000 do colony.storage.turns = turn end
  for turn = 1, 100000 do local _ = turn end
end)";
    let steps = "[[step]]\nat = 6\nlabel = 'reload'\nreload = { mods = ['reader'], force = true }\n\n[[step]]\nat = 9\nlabel = 'restart'\nrestart = true\n
[[expect]]\nfailing_calls = 'reader'\nat_least = 1\n\n[[expect]]\nhash_equals = { without_step = 'reload' }\n\n[[expect]]\nhash_equals = { without_step = 'restart' }\n";
    let record = Project::new()
        .lua_mod("reader", "1.0.0", "", script)
        .scenario(12, &["reader"], steps)
        .run()
        .unwrap();
    assert_eq!(record.faults(), []);
}

/// A mod's own error is its own, whatever it says; its own events have any name.
#[test]
fn errors_and_names_of_mods_are_their_own() {
    let script = "print(pcall(error, 'I have not enough memory'))
print(select(2, pcall(error, 'not enough memory', 0)))
print(string.sub('abc', 1, 1e10), string.sub('abc', -math.huge, math.huge), string.byte('abc', 1, 1e10))
colony.events.register('subject:a\\0001', function(event) print(#event.name, string.byte(event.name, 9, 11)) end)
colony.events.register('mod_loaded', function() colony.events.emit('a\\0001') end)";
    let record = Project::new()
        .lua_mod("subject", "1.0.0", "", script)
        .scenario(2, &["subject"], "")
        .run()
        .unwrap();
    let lines: Vec<&str> = record.log.iter().map(|line| line.text.as_str()).collect();
    let expected = [
        "false\tI have not enough memory",
        "not enough memory",
        "abc\tabc\t97\t98\t99",
        "11\t97\t0\t49",
    ];
    assert_eq!(lines, expected);
}

/// What a handler switches on hears the next event, not the one that is under way.
#[test]
fn a_handler_that_is_switched_on_hears_the_next_event() {
    let script = "local function second(event) print('second', event.tick) end
colony.events.register('tick_start', function(event)
  print('first', event.tick)
  colony.events.register('tick_start', second, { key = 'second' })
end)
colony.events.register('tick_start', second, { key = 'second', enabled = false })";
    let record = Project::new()
        .lua_mod("subject", "1.0.0", "", script)
        .scenario(2, &["subject"], "")
        .run()
        .unwrap();
    let lines: Vec<&str> = record.log.iter().map(|line| line.text.as_str()).collect();
    assert_eq!(lines, ["first\t1", "first\t2", "second\t2"]);
}

/// The interpreter looks up `a.b.c` while it loads a script, once and for all: what stands in the storage then must not be kept.
#[test]
fn a_module_that_is_loaded_late_sees_the_storage_change() {
    let script = "colony.state.define({ seen = 5 })
colony.events.register('tick_start', function()
  local late = require('late')
  colony.storage.seen = colony.storage.seen + 1
  print(late())
end)";
    let record = Project::new()
        .lua_mod("subject", "1.0.0", "", script)
        .file(
            "mods/subject/scripts/late.lua",
            "return function() return colony.storage.seen end",
        )
        .scenario(3, &["subject"], "")
        .run()
        .unwrap();
    let lines: Vec<&str> = record.log.iter().map(|line| line.text.as_str()).collect();
    assert_eq!(lines, ["6", "7", "8"]);
}

#[test]
fn globals_that_other_scripts_assign_are_read_as_they_are() {
    // What a script reads of a table that nobody assigns may be looked up once, when it is loaded.
    let reader = "local reader = {}\nfunction reader.read() return Config.speed, tell(), math.floor(2.5), tostring(Config) end\n\
                  for i, v in { 'a' } do end\nreturn reader\n";
    let main = "Config, tell = { speed = 1 }, function() return 'first' end\nlocal reader = require('reader')\n\
                colony.events.register('tick_start', function(event)\n\
                if event.tick == 2 then Config.speed = 2 end\n\
                if event.tick == 3 then Config = { speed = 3 } function tell() return 'second' end end\n\
                if event.tick == 4 then math = { floor = function() return 'mine' end } end\n\
                print((select(1, reader.read())), (select(2, reader.read())), (select(3, reader.read())))\nend)\n";
    for scanned in ["", "local x = 2 ^ 3\n"] {
        let record = Project::new()
            .lua_mod("subject", "1.0.0", "", main)
            .file(
                "mods/subject/scripts/reader.lua",
                &format!("{scanned}{reader}"),
            )
            .scenario(
                5,
                &["subject"],
                "[[step]]\nat = 5\nedit = { file = \"subject/scripts/main.lua\", find = \"math = {\", replace = \"ours = {\" }\n",
            )
            .run()
            .unwrap();
        assert_eq!(record.faults(), []);
        let log = log_by_tick(&record);
        let told = [1, 2, 3, 4, 5].map(|tick| log[&tick].concat());
        let expected = [
            "1\tfirst\t2",
            "2\tfirst\t2",
            "3\tsecond\t2",
            "3\tsecond\tmine",
            "1\tfirst\t2",
        ];
        assert_eq!(told, expected, "{scanned}");
    }
}
