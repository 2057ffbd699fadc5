//! Events that are heard all at once, in scripts and in components: what they hold, in which order they come, and that nothing is left of a
//! call that fails.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeMap;

use harness::record::RunRecord;
use harness::runner::{EveryTick, RunOptions};
use modding::handover::InjectedFault;
use modding::mod_id::ModId;
use modding::report::Stage;
use tests::wat::Wat;
use tests::{Project, first_difference, log_by_tick};

/// Orders trees to be felled in every tick, five of which are not yet.
const CROWD: &str = "
colony.events.register('tick_start', function(event)
  for _, tile in ipairs(colony.map.nearest('chop', 5)) do
    pcall(colony.jobs.designate, 'chop', tile.x, tile.y)
  end
end)";

const WRITES: &str = "capabilities = [\"jobs.write\", \"colonists.write\"]";

fn with_crowd(project: Project) -> Project {
    project.lua_mod("crowd", "1.0.0", WRITES, CROWD)
}

fn every(project: &Project, every_tick: EveryTick) -> RunRecord {
    let options = RunOptions {
        every_tick,
        ..RunOptions::default()
    };
    project.run_with(&options).unwrap()
}

fn expect(id: &str, path: &str, comparison: &str) -> String {
    format!("[[expect]]\nmod = \"{id}\"\npath = \"{path}\"\n{comparison}\n\n")
}

#[test]
fn a_batch_holds_in_order_what_was_heard_one_by_one() {
    let script = r#"
local batches = {
  "job_created_batch", "job_assigned_batch", "job_completed_batch", "job_failed_batch", "job_cancelled_batch",
  "colonist_joined_batch", "colonist_died_batch", "colonist_collapsed_batch", "need_critical_batch",
  "item_produced_batch", "item_spoiled_batch", "building_completed_batch", "crop_ripe_batch", "crop_died_batch",
}
local heard = {}
local function same(list, at, value)
  assert(list[at] == (if value == nil then false else value), tostring(list[at]) .. " is not " .. tostring(value))
end
local optional = { "colonist", "item" }
for _, name in ipairs(batches) do
  local single = string.gsub(name, "_batch$", "")
  colony.events.register(single, function(event)
    heard[single] = heard[single] or {}
    table.insert(heard[single], event)
  end)
  colony.events.register(name, function(batch)
    local events = heard[single] or {}
    heard[single] = nil
    assert(batch.name == name and batch.size == #events and batch.size > 0)
    for at, event in ipairs(events) do
      assert(event.tick == batch.tick)
      for field, value in pairs(event) do
        if type(value) == "table" then
          for inner, deep in pairs(value) do
            assert(#batch[field][inner] == batch.size)
            same(batch[field][inner], at, deep)
          end
          if batch.job then
            for _, inner in ipairs(optional) do same(batch.job[inner], at, event.job[inner]) end
          end
        elseif field ~= "name" and field ~= "tick" then
          same(batch[field], at, value)
        end
      end
    end
    colony.storage[name] = (colony.storage[name] or 0) + batch.size
    colony.storage.most = math.max(colony.storage.most or 0, batch.size)
  end)
end
colony.events.register("tick_end", function() assert(next(heard) == nil, "a batch is missing") end)
"#;
    let found = expect("pair", "job_created_batch", "at_least = 100")
        + &expect("pair", "job_completed_batch", "at_least = 10")
        + &expect("pair", "item_produced_batch", "at_least = 5")
        + &expect("pair", "most", "at_least = 5");
    let project = with_crowd(Project::new().lua_mod("pair", "1.0.0", "", script));
    let record = project
        .scenario(400, &["crowd", "pair"], &found)
        .run()
        .unwrap();
    assert_eq!(record.faults(), []);
    assert!(record.failures.is_empty(), "{:?}", record.failures);
}

#[test]
fn batches_come_after_single_events_in_the_order_of_their_first_ones() {
    let teller = |more: &str| {
        format!(
            "local function tell(text) return function(event) print(colony.mods and text .. ' ' .. event.name) end end
local function told(text) return function(event) print(text .. ' ' .. event.name .. ' ' .. event.size) end end
colony.events.register('job_created', tell('ID'))
colony.events.register('colonist_joined', tell('ID'))
colony.events.register('colonist_joined_batch', told('ID'))
colony.events.register('job_created_batch', told('ID'))
{more}"
        )
    };
    let first = teller(
        "colony.events.register('job_created_batch', told('ID early'), { key = 'early', priority = 5 })
colony.time.after('order', 5, function()
  local tiles = colony.map.nearest('chop', 2)
  local free = colony.colonists.list()[1]
  colony.jobs.designate('chop', tiles[1].x, tiles[1].y)
  colony.colonists.join(free.x, free.y)
  colony.jobs.designate('chop', tiles[2].x, tiles[2].y)
end)",
    );
    let record = Project::new()
        .lua_mod("ada", "1.0.0", WRITES, &first.replace("ID", "ada"))
        .lua_mod("ben", "1.0.0", "", &teller("").replace("ID", "ben"))
        .scenario(5, &["ada", "ben"], "")
        .run()
        .unwrap();
    assert!(record.failures.is_empty(), "{:?}", record.failures);
    // What the colony itself asks for in that tick comes after the commands.
    let mut log = log_by_tick(&record).remove(&5).unwrap();
    let jobs = log.iter().filter(|line| *line == "ada job_created").count();
    log.dedup();
    let expected = [
        "ada job_created".to_owned(),
        "ben job_created".to_owned(),
        "ada colonist_joined".to_owned(),
        "ben colonist_joined".to_owned(),
    ];
    assert_eq!(log[..4], expected);
    let batches = [
        format!("ada early job_created_batch {jobs}"),
        format!("ada job_created_batch {jobs}"),
        format!("ben job_created_batch {jobs}"),
        "ada colonist_joined_batch 1".to_owned(),
        "ben colonist_joined_batch 1".to_owned(),
    ];
    assert_eq!(log[log.len() - batches.len()..], batches);
    assert!(jobs >= 2, "{log:?}");
}

/// Where the fields of the record are that a component is given: the number of the function, then the event.
const SIZE: &str = "(i64.load offset=16 (local.get $event))";
const PRIORITIES: &str = "(i32.load offset=48 (local.get $event))";
const KINDS: &str = "(i32.load offset=40 (local.get $event))";
const TEXTS: &str = "(i32.load offset=24 (local.get $event))";

/// Adds the priority of each job and the length of its kind to a number that it keeps in its memory.
fn adding(rest: &str) -> Wat {
    let add = format!(
        "(local $at i32)
    (loop $next
      (global.set $count (i64.add (global.get $count)
        (i64.load (i32.add {PRIORITIES} (i32.shl (local.get $at) (i32.const 3))))))
      (global.set $count (i64.add (global.get $count)
        (i64.load32_u offset=4 (i32.add {TEXTS}
          (i32.shl (i32.load (i32.add {KINDS} (i32.shl (local.get $at) (i32.const 2)))) (i32.const 3))))))
      (local.set $at (i32.add (local.get $at) (i32.const 1)))
      (br_if $next (i64.lt_u (i64.extend_i32_u (local.get $at)) {SIZE})))
    (global.set $changed (i32.const 1))
    {rest}"
    );
    Wat::new()
        .load(&[("job_created_batch", 1)], "")
        .kept_count("count")
        .export("on-job-created-batch", "handle", "(param $event i32)", &add)
}

/// The same in Luau.
fn adding_in_lua(rest: &str) -> String {
    format!(
        "colony.events.register('job_created_batch', function(batch)
  local count = colony.storage.count or 0
  for at = 1, batch.size do count = count + batch.job.priority[at] + #batch.job.kind[at] end
  colony.storage.count = count
  {rest}
end)"
    )
}

const AT_TEN: &str =
    "(if (i64.eq (i64.load offset=8 (local.get $event)) (i64.const 10)) (then (unreachable)))";
const AT_TEN_IN_LUA: &str = "if batch.tick == 10 then error('no') end";

/// A mod in both languages, in a colony with many jobs.
fn twins(lua: &str, wat: &Wat, rest: &str) -> [Project; 2] {
    let script = Project::new().lua_mod("adder", "1.0.0", "", lua);
    let component = Project::new().wasm_mod("adder", "1.0.0", "", &wat.build());
    [script, component].map(|project| with_crowd(project).scenario(30, &["crowd", "adder"], rest))
}

#[test]
fn a_script_and_a_component_are_told_the_same() {
    let some = expect("adder", "count", "at_least = 200");
    let [lua, wasm] = twins(&adding_in_lua(""), &adding(""), &some);
    let (lua, wasm) = (lua.run().unwrap(), wasm.run().unwrap());
    for record in [&lua, &wasm] {
        assert_eq!(record.faults(), []);
        assert!(record.failures.is_empty(), "{:?}", record.failures);
    }
    assert_eq!(first_difference(&lua, &wasm), None);
}

#[test]
fn hand_overs_and_saves_leave_no_trace_in_who_hears_batches() {
    for project in twins(&adding_in_lua(""), &adding(""), "") {
        let plain = every(&project, EveryTick::Nothing);
        for every_tick in [EveryTick::HandOver, EveryTick::SaveAndLoad] {
            let other = every(&project, every_tick);
            assert_eq!(other.faults(), []);
            assert!(other.hand_overs >= 30, "{}", other.hand_overs);
            assert_eq!(first_difference(&plain, &other), None);
        }
        let id = ModId::parse("adder").unwrap();
        for stage in Stage::ALL {
            let mod_id = id.clone();
            let fault = InjectedFault { stage, mod_id };
            let faults = (5..=30).map(|tick| (tick, (vec![id.clone()], fault.clone())));
            let options = RunOptions {
                extra_faults: faults.collect(),
                ..RunOptions::default()
            };
            let record = project.run_with(&options).unwrap();
            assert_eq!(first_difference(&plain, &record), None, "{}", stage.name());
        }
    }
}

#[test]
fn a_rollback_takes_back_what_a_batch_has_counted_since() {
    let edited = "write = { file = \"adder/scripts/main.lua\", from = \"other.lua\" }";
    let steps = format!(
        "[[step]]\nat = 10\n{edited}\n\n[[step]]\nat = 20\nrollback = {{ mod = \"adder\" }}\nexpect = {{ outcome = \"committed\" }}\n\n"
    );
    let other = adding_in_lua("").replace("batch.job.priority[at]", "0");
    let some = expect("adder", "count", "at_least = 100");
    let project =
        Project::new()
            .file("other.lua", &other)
            .lua_mod("adder", "1.0.0", "", &adding_in_lua(""));
    let project = with_crowd(project).scenario(30, &["crowd", "adder"], &(steps + &some));
    let record = project.run().unwrap();
    assert_eq!(record.faults(), []);
    assert_eq!(record.hand_overs, 2);
}

#[test]
fn a_batch_that_fails_is_one_call_and_leaves_nothing() {
    let [lua, wasm] = twins(
        &adding_in_lua(AT_TEN_IN_LUA),
        &adding(AT_TEN),
        &expect("adder", "count", "at_least = 200"),
    );
    let without = [
        adding_in_lua("").replace(
            "local count",
            "if batch.tick == 10 then return end\n  local count",
        ),
        adding_in_lua(""),
    ];
    let [idle, busy] = without.map(|script| twins(&script, &adding(""), "")[0].run().unwrap());
    let (lua, wasm) = (lua.run().unwrap(), wasm.run().unwrap());
    for record in [&lua, &wasm] {
        let [failure] = &record.failures[..] else {
            panic!("{:?}", record.failures);
        };
        assert_eq!(failure.handler.0, "job_created_batch");
        assert_eq!((failure.first, failure.count), (10, 1));
        let told = [&lua, &wasm].map(|record| record.failures[0].event.clone());
        assert_eq!(told[0], told[1]);
        assert!(
            told[0].starts_with("{ tick = 10, size = ") && told[0].ends_with(", ... } } }"),
            "{}",
            told[0]
        );
        assert!(
            record
                .verdicts
                .iter()
                .all(|verdict| verdict.fault.is_none()),
            "{:?}",
            record.verdicts
        );
    }
    assert_eq!(part_of_adder(&lua), part_of_adder(&idle));
    assert_eq!(part_of_adder(&wasm), part_of_adder(&idle));
    assert_ne!(part_of_adder(&idle), part_of_adder(&busy));
}

/// The hash of the adder's part at the end, of which failures are no part once a later call has succeeded.
fn part_of_adder(record: &RunRecord) -> u128 {
    let parts: BTreeMap<&str, u128> = record
        .parts
        .iter()
        .map(|(name, hash)| (name.as_str(), *hash))
        .collect();
    parts["mods.adder"]
}

#[test]
fn a_batch_has_one_budget() {
    let lua = adding_in_lua("if batch.tick == 10 then while true do end end");
    let endless = AT_TEN.replace("(unreachable)", "(loop $for_ever (br $for_ever))");
    for project in twins(&lua, &adding(&endless), "") {
        let record = project.run().unwrap();
        let [failure] = &record.failures[..] else {
            panic!("{:?}", record.failures);
        };
        assert!(
            failure
                .error
                .message
                .contains("instruction budget used up: 1,000,000 steps in one call"),
            "{}",
            failure.error.message
        );
        assert_eq!((failure.first, failure.count), (10, 1));
    }
}

#[test]
fn handlers_of_batches_are_switched_like_others() {
    let script = "
local function count(batch) colony.storage.count = (colony.storage.count or 0) + 1 end
colony.events.register('job_created_batch', count, { key = 'k', enabled = false })
colony.events.register('tick_start', function(event)
  if event.tick == 4 then colony.events.register('job_created_batch', count, { key = 'k' }) end
  if event.tick == 9 then colony.events.unregister('job_created_batch', 'k') end
end)";
    let project = Project::new().lua_mod("switch", "1.0.0", "", script);
    let project = with_crowd(project).scenario(
        20,
        &["crowd", "switch"],
        &expect("switch", "count", "equals = 5"),
    );
    let record = project.run().unwrap();
    assert_eq!(record.faults(), []);
}

#[test]
fn what_does_not_come_in_batches_is_refused_with_what_does() {
    for (name, single) in [
        ("tick_start_batch", "tick_start"),
        ("mod_loaded_batch", "mod_loaded"),
        ("day_started_batch", "day_started"),
    ] {
        let script = format!("colony.events.register('{name}', function() end)");
        let record = Project::new()
            .lua_mod("wrong", "1.0.0", "", &script)
            .scenario(2, &["wrong"], "")
            .run()
            .unwrap();
        let fault = &record.left_out[0].faults[0];
        assert_eq!(
            fault.message,
            format!("there is no event `{name}`"),
            "{fault:?}"
        );
        let help = fault.help.clone().unwrap();
        assert!(
            help.starts_with(&format!(
                "`{single}` is heard one by one; all of a tick at once can be heard of job_created, "
            )),
            "{help}"
        );
    }
}

#[test]
fn who_misspells_a_field_is_told_which_there_are() {
    let script = "colony.events.register('job_created_batch', function(batch)
  if batch.size > 0 then print(batch.jobs.kind[1]) end
end)
colony.events.register('job_created', function(event) print(event.jobs.kind) end)";
    let record = with_crowd(Project::new())
        .lua_mod("hearer", "1.0.0", "", script)
        .scenario(3, &["crowd", "hearer"], "")
        .run()
        .unwrap();
    let help_of = |event: &str| {
        let failures = record.failures.iter();
        let mut of_event = failures.filter(|failure| failure.handler.0 == event);
        of_event.next().unwrap().error.help.clone()
    };
    assert_eq!(
        help_of("job_created_batch").as_deref(),
        Some(
            "`job_created_batch` has tick, size, job.id, job.kind, job.priority, job.x, job.y, job.colonist, job.item"
        )
    );
    assert_eq!(help_of("job_created"), None);
}
