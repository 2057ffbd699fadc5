//! What mods learn of days, seasons, weather and incidents, and how they start one.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use tests::{Project, log_by_tick};

/// A year of two seasons of one short day each, without storms; every hour has a tick.
const SEASONS: &str = "[dry]\norder = 0\ndays = 1\ntemperature = 200\nday_ticks = 24\n\n[wet]\norder = 1\ndays = 1\ntemperature = 50\nday_ticks = 24\n";
const WEATHER: &str =
    "[rain]\nseasons = { wet = 1 }\ntemperature = -30\nticks_min = 24\nticks_max = 24\n";
const INCIDENTS: &str = "[fog]\nweight = 0\neffect = \"weather\"\nlasts = 5\ntemperature = -10\n\n[gift]\nweight = 0\neffect = \"gift\"\nitems = { wood = 7 }\n";
const STORYTELLER: &str =
    "[storyteller]\nday_chance = 0\ngrace_days = 0\nincidents_max_a_day = 0\n";

/// A colony whose seasons, weather and incidents are these, and a mod that watches them.
fn project(script: &str) -> Project {
    let mut project = Project::new().lua_mod(
        "watcher",
        "1.0.0",
        "capabilities = [\"incidents.write\"]\n[dependencies]\nbase = \"^1\"",
        script,
    );
    let own = [
        ("assets/seasons.toml", SEASONS),
        ("assets/weather.toml", WEATHER),
        ("assets/incidents.toml", INCIDENTS),
        ("assets/storyteller.toml", STORYTELLER),
    ];
    for (path, text) in own {
        project = project.file(&format!("mods/base/{path}"), text);
    }
    // Who plans fields and kitchens needs content that is not there.
    project = project.file("mods/base/config.toml", "steward = false\n");
    let of_base = [
        "mod.toml",
        "scripts/main.lua",
        "scripts/steward.lua",
        "assets/terrain.toml",
        "assets/items.toml",
        "assets/needs.toml",
        "assets/jobs.toml",
        "assets/skills.toml",
    ];
    for path in of_base {
        let text = std::fs::read_to_string(tests::root().join("mods/base").join(path)).unwrap();
        project = project.file(&format!("mods/base/{path}"), &text);
    }
    project
}

fn lines(script: &str, ticks: u64) -> Vec<(u64, String)> {
    let record = project(script)
        .scenario(ticks, &["watcher"], "")
        .run()
        .unwrap();
    assert_eq!(record.faults(), []);
    log_by_tick(&record)
        .into_iter()
        .flat_map(|(tick, lines)| lines.into_iter().map(move |line| (tick, line)))
        .collect()
}

#[test]
fn a_mod_reads_the_day_the_hour_the_year_the_season_and_the_weather() {
    let script = "local environment = colony.environment
colony.time.every('tell', 12, function()
  print(('%d.%d %d:00 %s %d %s'):format(environment.year(), environment.day(), environment.hour(), environment.season(),
    environment.temperature(), tostring(environment.weather())))
end)
";
    // Timers fire before the colony acts in a tick.
    let expected = [
        (12, "1.1 12:00 dry 200 nil"),
        (24, "1.1 23:00 dry 200 nil"),
        (36, "1.2 12:00 wet 20 rain"),
        (48, "1.2 23:00 wet 20 rain"),
        (60, "2.3 12:00 dry 200 nil"),
    ];
    assert_eq!(
        lines(script, 60),
        expected.map(|(tick, line)| (tick, line.to_owned()))
    );
}

#[test]
fn a_mod_hears_of_days_and_seasons_in_their_order() {
    let script = "colony.events.register('day_started', function(event)
  print(('day %d %s %d'):format(event.day, event.season, event.temperature))
end)
colony.events.register('season_changed', function(event)
  print(('%s after %s'):format(event.season, tostring(event.previous)))
end)
";
    let expected = [
        (24, "wet after dry"),
        (24, "day 2 wet 20"),
        (48, "dry after wet"),
        (48, "day 3 dry 200"),
    ];
    assert_eq!(
        lines(script, 50),
        expected.map(|(tick, line)| (tick, line.to_owned()))
    );
}

#[test]
fn a_mod_starts_incidents_and_sees_them_begin_run_and_end() {
    let script = "local function running()
  local told = {}
  for _, incident in ipairs(colony.environment.incidents()) do
    table.insert(told, ('%s %d to %d'):format(incident.incident, incident.began, incident.ends))
  end
  return table.concat(told, ', ')
end
colony.time.after('begin', 3, function()
  colony.incidents.start('fog')
  colony.incidents.start('gift')
end)
colony.time.after('look', 5, function() print(running() .. ' at ' .. colony.environment.temperature()) end)
colony.events.register('incident_started', function(event) print(('%s for %d'):format(event.incident, event.lasts)) end)
colony.events.register('incident_ended', function(event) print('no more ' .. event.incident .. '; ' .. running()) end)
colony.events.register('simulation_start', function() print(colony.items.count('wood')) end)
colony.time.after('count', 4, function() print(colony.items.count('wood')) end)
";
    let expected = [
        (0, "10"),
        (3, "fog for 5"),
        (3, "gift for 0"),
        (4, "17"),
        (5, "fog 3 to 8 at 190"),
        (8, "no more fog; "),
    ];
    assert_eq!(
        lines(script, 10),
        expected.map(|(tick, line)| (tick, line.to_owned()))
    );
}

#[test]
fn an_incident_is_refused_where_it_is_unknown_and_where_it_runs() {
    let script = "local function try(name)
  local fine, problem = pcall(colony.incidents.start, name)
  print(tostring(fine) .. ' ' .. tostring(problem):gsub('^.*lua:%d+: ', ''))
end
colony.time.after('first', 2, function() try('fog') end)
colony.time.after('second', 3, function() try('fog') try('frog') end)
";
    let told: Vec<String> = lines(script, 4).into_iter().map(|(_, line)| line).collect();
    assert_eq!(told.len(), 3, "{told:?}");
    assert_eq!(told[0], "true nil");
    assert!(
        told[1].starts_with("false ") && told[1].contains("fog"),
        "{told:?}"
    );
    assert!(
        told[2].starts_with("false ") && told[2].contains("did you mean `fog`?"),
        "{told:?}"
    );
}
