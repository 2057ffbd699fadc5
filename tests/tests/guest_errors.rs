//! What a mod is told when it asks for what is not there: named, with the nearest, and the colony goes on.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use tests::Project;

/// What the handler does, and the message and help that come of it.
const ROWS: &[(&str, &str, Option<&str>)] = &[
    (
        "colony.evnts.emit('x')",
        "colony has no `evnts`",
        Some("did you mean `events`?"),
    ),
    (
        "colony.jobs.get_all()",
        "colony.jobs has no `get_all`",
        None,
    ),
    (
        "colony.items.count('wod')",
        "there is no item `wod`",
        Some("did you mean `wood`?"),
    ),
    (
        "colony.map.nearest('chp', 1)",
        "there is no kind of job `chp`",
        Some("did you mean `chop`?"),
    ),
    (
        "colony.capabilities.has('jobs.wrte')",
        "there is no capability `jobs.wrte`",
        Some("did you mean `jobs.write`?"),
    ),
    (
        "colony.jobs.designate('chop', 1.5, 2)",
        "`x` of colony.jobs.designate must be a whole number, found 1.5",
        None,
    ),
    (
        "colony.jobs.designate('chop', -1, 2)",
        "`x` of colony.jobs.designate is -1, expected 0 to 65,535",
        None,
    ),
    (
        "colony.jobs.set_priority(1, 2, 3)",
        "colony.jobs.set_priority takes 2 arguments, found 3",
        None,
    ),
    (
        "colony.jobs.set_priority(999999, 2)",
        "colony.jobs.set_priority: ",
        None,
    ),
    (
        "colony.items.add('wood', 1, 1, 1)",
        "colony.items.add needs the capability `items.write`, which asker lacks",
        Some("write in mod.toml:  capabilities = [\"jobs.write\", \"items.write\"]"),
    ),
    (
        "colony.config.get('boost')",
        "asker has no configuration `boost`",
        None,
    ),
    (
        "colony.random.integer(5, 1)",
        "the range of random numbers from 5 to 1 is empty",
        None,
    ),
    (
        "colony.mods.get('stats')",
        "asker does not depend on `stats`",
        Some("add to mod.toml:  [dependencies]  stats = \"*\""),
    ),
    (
        "colony.state.get_mod_state('base')",
        "asker asked for the state of `base`; a mod reaches its own state only",
        None,
    ),
    (
        "colony.events.emit('job_created')",
        "asker cannot emit `job_created`",
        None,
    ),
    (
        "colony.events.register('tick_end', function() end)",
        "no handler of `tick_end` with key \"default\" and this function was declared while the mod loaded",
        None,
    ),
    (
        "colony.time.after('later', 5, function() end)",
        "the function of timer `later` must be declared while the mod loads",
        None,
    ),
    (
        "colony.time.every('later', 0)",
        "`ticks` of colony.time.every must be a whole number from 1, found 0",
        None,
    ),
    (
        "colony.storage.jobs = { { callback = print } }",
        "colony.storage.jobs[1].callback: a function cannot be saved",
        None,
    ),
    (
        "local t = {} t.t = t colony.storage.t = t",
        "colony.storage.t.t: a table that contains itself cannot be saved",
        None,
    ),
    (
        "colony.storage.sparse = { [1] = 1, [3] = 3 }",
        "colony.storage.sparse: a table with numbers as keys",
        None,
    ),
    (
        "colony.storage.list = { 1 } colony.storage.list.name = 2",
        "colony.storage.list: a table in the storage holds either a list or names",
        None,
    ),
    (
        "for key in pairs({ [{}] = 1 }) do end",
        "pairs cannot order keys that are a table",
        None,
    ),
    (
        "require('taly')",
        "there is no module `taly`",
        Some("did you mean `tally`?"),
    ),
    (
        "local now = os.time()",
        "attempt to index nil with 'time'",
        Some(
            "there is no clock and nothing else of the machine: the time is `colony.time.get_current_tick()`",
        ),
    ),
    (
        "io.open('notes')",
        "attempt to index nil with 'open'",
        Some("mods do not reach files: `colony.storage` keeps what must be kept"),
    ),
    (
        "math.randomseed(1)",
        "attempt to call a nil value",
        Some("random numbers are the mod's own stream and need no seed: `math.random()`"),
    ),
    (
        "dofile('tally.lua')",
        "attempt to call a nil value",
        Some(
            "code is in the scripts of the mod alone: `require(\"name\")` runs `scripts/name.lua`",
        ),
    ),
    (
        "debug.traceback()",
        "attempt to index nil with 'traceback'",
        Some(
            "there is no way into the machine that runs a mod: `colony.log.info(value)` shows a value",
        ),
    ),
    (
        "_G.m = 2",
        "attempt to modify a readonly table",
        Some("globals are set without `_G`: `m = 2`"),
    ),
    ("error()", "`error` was called without a message", None),
    ("error('nil')", "nil", None),
];

#[test]
fn a_mod_is_told_what_is_wrong_and_the_colony_goes_on() {
    // Every other tick does nothing: twenty failures in a row would suspend the handler.
    let tick = |at: usize| 2 * at as u64 + 1;
    let branches: String = (ROWS.iter().enumerate())
        .map(|(at, (code, _, _))| format!("  if event.tick == {} then {code} end\n", tick(at)))
        .collect();
    let script = format!("colony.events.register('tick_start', function(event)\n{branches}end)\n");
    let expect = format!(
        "[[expect]]\nfailing_calls = \"asker\"\nequals = {}\n",
        ROWS.len()
    );
    let record = Project::new()
        .lua_mod("asker", "1.0.0", "capabilities = [\"jobs.write\"]", &script)
        .file("mods/asker/scripts/tally.lua", "return {}")
        .scenario(tick(ROWS.len()), &["asker"], &expect)
        .run()
        .unwrap();
    assert_eq!(record.faults(), []);
    assert_eq!(record.colony.alive, 3);
    for (at, (code, message, help)) in ROWS.iter().enumerate() {
        let failure = record
            .failures
            .iter()
            .find(|failure| failure.first == tick(at));
        let failure = failure.unwrap_or_else(|| panic!("{code} did not fail"));
        assert!(
            failure.error.message.starts_with(message),
            "{code}: {}",
            failure.error.message
        );
        if help.is_some() {
            assert_eq!(failure.error.help.as_deref(), *help, "{code}");
        }
        let line = failure
            .error
            .location
            .as_ref()
            .map(|location| location.line);
        assert_eq!(line, Some(at + 2), "{code}");
    }
}
