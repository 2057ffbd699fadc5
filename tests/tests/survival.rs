//! What an edit carries, by value: storage, timers' phase, the random position, subscriptions, pending commands.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use tests::{Project, log_by_tick};

/// A step that puts a comment on top of a mod's script: new content, same meaning.
fn touch_script(at: u64, id: &str, first_line: &str) -> String {
    format!(
        "[[step]]\nat = {at}\nedit = {{ file = \"{id}/scripts/main.lua\", find = '''{first_line}''', replace = '''-- edited\n{first_line}''' }}\nexpect = {{ outcome = \"committed\" }}\n\n"
    )
}

#[test]
fn storage_keeps_every_kind_of_value() {
    let script = r#"
local written = { flag = true, count = 3, half = 0.5, text = "é", list = { 1, { deep = 2 } }, empty = {} }
colony.events.register("tick_start", function(event)
  if event.tick == 1 then
    for key, value in pairs(written) do colony.storage[key] = value end
  end
  if event.tick == 6 then
    colony.storage.list[2].deep = 5
    table.insert(colony.storage.list, "three")
  end
end)
"#;
    let expect = |path: &str, value: &str| {
        format!("[[expect]]\nmod = \"keeper\"\npath = \"{path}\"\nequals = {value}\n\n")
    };
    let steps =
        touch_script(5, "keeper", "local written") + &touch_script(8, "keeper", "-- edited");
    let expectations: String = [
        ("flag", "true"),
        ("count", "3"),
        ("text", "\"é\""),
        ("list.1", "1"),
        ("list.2.deep", "5"),
        ("list.3", "\"three\""),
    ]
    .iter()
    .map(|(path, value)| expect(path, value))
    .collect();
    let record = Project::new()
        .lua_mod("keeper", "1.0.0", "", script)
        .scenario(10, &["keeper"], &(steps + &expectations))
        .run()
        .unwrap();
    assert_eq!(record.faults(), []);
    assert_eq!(record.hand_overs, 2);
}

#[test]
fn timers_keep_their_phase_and_their_value() {
    let script = r#"
colony.time.every("pulse", 7, function(event) print("pulse " .. event.tick) end)
colony.time.declare("once", function(event) print("once " .. event.tick .. " " .. event.value.why) end)
colony.events.register("simulation_start", function() colony.time.after("once", 10, { why = "asked" }) end)
"#;
    let steps =
        touch_script(5, "clock", "colony.time.every") + &touch_script(9, "clock", "-- edited");
    let record = Project::new()
        .lua_mod("clock", "1.0.0", "", script)
        .scenario(30, &["clock"], &steps)
        .run()
        .unwrap();
    assert_eq!(record.faults(), []);
    let log: Vec<(u64, Vec<String>)> = log_by_tick(&record).into_iter().collect();
    let line = |tick: u64, text: &str| (tick, vec![text.to_owned()]);
    assert_eq!(
        log,
        [
            line(7, "pulse 7"),
            line(10, "once 10 asked"),
            line(14, "pulse 14"),
            line(21, "pulse 21"),
            line(28, "pulse 28")
        ]
    );
}

#[test]
fn random_numbers_go_on_where_they_were() {
    let script =
        "colony.events.register(\"tick_start\", function() print(math.random(1, 1000000)) end)\n";
    let project = |steps: &str| {
        Project::new()
            .lua_mod("dice", "1.0.0", "", script)
            .scenario(12, &["dice"], steps)
            .run()
            .unwrap()
    };
    let plain = log_by_tick(&project(""));
    let edited = log_by_tick(&project(
        &(touch_script(4, "dice", "colony.events") + "[[step]]\nat = 9\nrestart = true\n"),
    ));
    assert_eq!(plain, edited);
    let numbers: std::collections::BTreeSet<&String> = plain.values().flatten().collect();
    assert_eq!(numbers.len(), 12, "twelve draws are twelve numbers");
}

#[test]
fn handlers_run_once_after_any_number_of_edits_and_stay_switched() {
    let script = r#"
local function on_tick() print("tick") end
local function on_end() print("end") end
colony.events.register("mod_loaded", function() colony.events.register("tick_start", on_tick) end)
colony.events.register("tick_end", on_end, { key = "quiet" })
colony.events.register("simulation_start", function() colony.events.unregister("tick_end", "quiet") end)
"#;
    let steps = touch_script(3, "listener", "local function on_tick")
        + &touch_script(5, "listener", "-- edited");
    let record = Project::new()
        .lua_mod("listener", "1.0.0", "", script)
        .scenario(8, &["listener"], &steps)
        .run()
        .unwrap();
    assert_eq!(record.faults(), []);
    let log = log_by_tick(&record);
    assert_eq!(log.len(), 8);
    assert!(log.values().all(|lines| lines == &["tick"]), "{log:?}");
}

#[test]
fn commands_and_events_issued_before_an_edit_arrive_after_it() {
    let script = r#"
colony.events.register("tick_end", function(event)
  if event.tick == 4 then
    local target = colony.map.nearest("chop", 1)[1]
    colony.jobs.designate("chop", target.x, target.y)
    colony.events.emit("ordered", { x = target.x })
  end
end)
colony.events.register("sender:ordered", function(event) print("heard " .. tostring(event.payload.x ~= nil)) end)
"#;
    let project = |steps: &str| {
        let manifest = "capabilities = [\"jobs.write\"]";
        let quiet = "[[step]]\nat = 1\nconfig = { mod = \"base\", set = { orders_open = 0 } }\n\n";
        Project::new()
            .lua_mod("sender", "1.0.0", manifest, script)
            .scenario(8, &["sender"], &(quiet.to_owned() + steps))
            .run()
            .unwrap()
    };
    let (plain, edited) = (
        project(""),
        project(&touch_script(
            5,
            "sender",
            "colony.events.register(\"sender:",
        )),
    );
    assert_eq!(edited.faults(), []);
    assert_eq!(edited.hand_overs, 1);
    assert_eq!(plain.log, edited.log);
    assert_eq!(
        log_by_tick(&edited).get(&5),
        Some(&vec!["heard true".to_owned()])
    );
    assert_eq!(
        plain.hash(),
        edited.hash(),
        "an edit that changes no meaning changes no state"
    );
}

#[test]
fn a_failing_call_takes_back_everything_the_host_holds() {
    let failing = r#"
colony.state.define({ count = 0 })
colony.time.declare("late", function() print("must not fire") end)
colony.events.register("tick_start", function(event)
  if event.tick == 3 then
    colony.storage.count = 5
    colony.storage.list = { 1 }
    colony.time.after("late", 1)
    colony.events.unregister("tick_end")
    colony.events.emit("never", {})
    colony.state.save_mod_state("faulty", { a = 1 })
    math.random()
    local target = colony.map.nearest("chop", 1)[1]
    colony.jobs.designate("chop", target.x, target.y)
    error("on purpose")
  end
end)
colony.events.register("tick_end", function() end)
colony.events.register("faulty:never", function() print("must not be heard") end)
"#;
    let harmless = failing
        .split("    colony.storage.count = 5")
        .next()
        .unwrap()
        .to_owned()
        + "    error(\"on purpose\")\n  end\nend)\ncolony.events.register(\"tick_end\", function() end)\n";
    let run = |script: &str| {
        let manifest = "capabilities = [\"jobs.write\"]";
        Project::new()
            .lua_mod("faulty", "1.0.0", manifest, script)
            .scenario(10, &["faulty"], "")
            .run()
            .unwrap()
    };
    let (faulty, harmless) = (run(failing), run(&harmless));
    assert_eq!(faulty.failures.len(), 1);
    assert_eq!(faulty.log, []);
    assert_eq!(faulty.hash(), harmless.hash());
}

#[test]
fn a_failing_callee_drops_its_effects_and_a_failing_root_drops_all() {
    let library = r#"
colony.state.define({ calls = 0 })
colony.mods.export("add", function(amount)
  colony.storage.calls = colony.storage.calls + amount
  if amount > 10 then error("too much") end
  return colony.storage.calls
end)
"#;
    let caller = r#"
colony.state.define({ seen = 0 })
colony.events.register("tick_start", function(event)
  local library = colony.mods.get("library")
  if event.tick == 1 then colony.storage.seen = library.add(2) end
  if event.tick == 2 then
    print(pcall(library.add, 11))
    colony.storage.seen = library.add(1)
  end
  if event.tick == 3 then
    library.add(5)
    error("root fails")
  end
end)
"#;
    let expect = "[[expect]]\nmod = \"library\"\npath = \"calls\"\nequals = 3\n\n[[expect]]\nmod = \"caller\"\npath = \"seen\"\nequals = 3\n\n[[expect]]\nfailing_calls = \"caller\"\nequals = 1\n";
    let record = Project::new()
        .lua_mod("library", "1.0.0", "", library)
        .lua_mod(
            "caller",
            "1.0.0",
            "[dependencies]\nlibrary = \"^1\"",
            caller,
        )
        .scenario(5, &["library", "caller"], expect)
        .run()
        .unwrap();
    assert_eq!(record.faults(), []);
    let said = &record.log[0].text;
    assert!(
        said.starts_with("false\t")
            && said.contains("library.add failed")
            && said.contains("too much"),
        "{said}"
    );
}

#[test]
fn the_hand_over_slot_passes_what_a_mod_keeps_in_memory() {
    let (scenario, workspace) = tests::shipped("hot_reload_advanced").unwrap();
    let record =
        harness::runner::run(&scenario, &workspace, &Default::default(), &mut |_| {}).unwrap();
    let texts: Vec<&str> = record.log.iter().map(|line| line.text.as_str()).collect();
    assert!(
        texts.contains(&"Restored mod state: 149 ticks"),
        "{texts:?}"
    );
    assert!(texts.contains(&"Reached tick milestone: 200"), "{texts:?}");
}

#[test]
fn saved_state_outlives_the_slot() {
    let script = r#"
colony.events.register("tick_start", function(event)
  if event.tick == 2 then colony.state.save_mod_state("keeper", { since = event.tick }) end
  if event.tick == 9 then print(colony.state.get_mod_state("keeper").since) end
end)
"#;
    let steps = touch_script(4, "keeper", "colony.events") + "[[step]]\nat = 7\nrestart = true\n";
    let record = Project::new()
        .lua_mod("keeper", "1.0.0", "", script)
        .scenario(10, &["keeper"], &steps)
        .run()
        .unwrap();
    assert_eq!(log_by_tick(&record).get(&9), Some(&vec!["2".to_owned()]));
}
