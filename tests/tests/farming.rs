//! Plots, crops and what spoils, as a mod orders and hears of them.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use tests::{Project, log_by_tick};

const MORE: &str =
    "capabilities = [\"plots.write\", \"incidents.write\"]\n[dependencies]\nbase = \"^1\"";

/// One crop that is soon ripe and one that stands no cold, and what spoils in no time.
const CROPS: &str = "[cress]\ngrow_ticks = 30\nsow_work = 2\nreap_work = 2\nyields = { cress = 3 }\n\n\
                     [orchid]\ngrow_ticks = 9000\nsow_work = 2\nreap_work = 2\nyields = { cress = 3 }\ndies_below = 0\n";
const ITEMS: &str = "[cress]\nstack_max = 20\nhaul_priority = 0\nspoils_after = 40\n";
const INCIDENTS: &str =
    "[chill]\nweight = 0\neffect = \"weather\"\nlasts = 60\ntemperature = -400\n";

/// What the script wrote in so many ticks, in order.
fn told(script: &str, ticks: u64) -> Vec<String> {
    let record = Project::new()
        .lua_mod("gardener", "1.0.0", MORE, script)
        .file("mods/gardener/assets/items.toml", ITEMS)
        .file("mods/gardener/assets/crops.toml", CROPS)
        .file("mods/gardener/assets/incidents.toml", INCIDENTS)
        .scenario(ticks, &["gardener"], "")
        .run()
        .unwrap();
    assert_eq!((record.faults(), &record.failures[..]), (vec![], &[][..]));
    log_by_tick(&record).into_values().flatten().collect()
}

#[test]
fn a_crop_is_sown_grows_is_reaped_and_what_it_brings_spoils() {
    let script = "local function stage()
  local told = {}
  for _, plot in ipairs(colony.plots.list()) do table.insert(told, plot.crop .. ' ' .. plot.stage) end
  return table.concat(told, ', ')
end
colony.time.after('set', 1, function()
  local site = colony.plots.nearest_sites(1)[1]
  colony.storage.x, colony.storage.y = site.x, site.y
  colony.plots.set(site.x, site.y, 'cress')
end)
colony.time.after('look', 2, function()
  print(stage())
  local next_site = colony.plots.nearest_sites(1)[1]
  print('free', next_site.x == colony.storage.x and next_site.y == colony.storage.y)
end)
colony.events.register('job_completed', function(event)
  if event.job.kind == 'sow' and not colony.storage.sown then
    colony.storage.sown = true
    print('sown: ' .. stage())
  end
end)
colony.events.register('crop_ripe', function(event)
  print(('ripe %s %s: %s'):format(event.crop, tostring(event.x == colony.storage.x and event.y == colony.storage.y), stage()))
end)
colony.events.register('item_produced', function(event)
  if event.item ~= 'cress' then return end
  print(event.count .. ' reaped')
  colony.plots.set(event.x, event.y)
end)
colony.events.register('item_spoiled', function(event)
  print(('%d %s spoiled, %d left, plots: %s'):format(event.count, event.item, colony.items.count('cress'), stage()))
end)
";
    assert_eq!(
        told(script, 400),
        [
            "cress fallow",
            "free\tfalse",
            "sown: cress growing",
            "ripe cress true: cress ripe",
            "3 reaped",
            "3 cress spoiled, 0 left, plots: "
        ]
    );
}

#[test]
fn a_crop_dies_of_frost_and_is_heard_of() {
    let script = "colony.time.after('set', 1, function()
  local site = colony.plots.nearest_sites(1)[1]
  colony.plots.set(site.x, site.y, 'orchid')
end)
colony.events.register('job_completed', function(event)
  if event.job.kind == 'sow' and not colony.storage.sown then
    colony.storage.sown = true
    colony.incidents.start('chill')
  end
end)
colony.events.register('crop_died', function(event)
  if colony.storage.told then return end
  colony.storage.told = true
  local plot = colony.plots.list()[1]
  print(('%s died of %s and is %s; there %s'):format(event.crop, event.cause, plot.stage, tostring(plot.x == event.x and plot.y == event.y)))
end)
";
    assert_eq!(
        told(script, 200),
        ["orchid died of frost and is fallow; there true"]
    );
}
