//! Buildings, recipes and stockpiles as a mod plans, orders and sees them.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use tests::{Project, log_by_tick};

const MORE: &str = "capabilities = [\"buildings.write\", \"items.write\", \"stockpiles.write\"]\n[dependencies]\nbase = \"^1\"";

/// A workshop that costs little, and two things to make in it.
const ITEMS: &str = "[toy]\nstack_max = 10\nhaul_priority = 5\ncategory = \"art\"\n";
const BUILDINGS: &str = "[bench]\nmaterials = { wood = 2 }\nwork = 5\npurpose = \"workplace\"\n";
const RECIPES: &str =
    "[carve]\nbuilding = \"bench\"\ninputs = { wood = 1 }\noutputs = { toy = 2 }\nwork = 4\n";

/// What the script wrote in so many ticks, in order.
fn told(script: &str, ticks: u64) -> Vec<String> {
    let record = Project::new()
        .lua_mod("builder", "1.0.0", MORE, script)
        .file("mods/builder/assets/items.toml", ITEMS)
        .file("mods/builder/assets/buildings.toml", BUILDINGS)
        .file("mods/builder/assets/recipes.toml", RECIPES)
        .scenario(ticks, &["builder"], "")
        .run()
        .unwrap();
    assert_eq!((record.faults(), &record.failures[..]), (vec![], &[][..]));
    log_by_tick(&record).into_values().flatten().collect()
}

#[test]
fn a_building_is_planned_seen_built_and_taken_away() {
    let script = "local function tell(building)
  if building == nil then return 'nothing' end
  return ('%s, %s'):format(building.kind, if building.built then 'built' else 'planned')
end
local function there()
  local building = colony.buildings.at(colony.storage.x, colony.storage.y)
  return tell(building) .. '; wood ' .. colony.items.count('wood')
end
colony.time.after('place', 1, function()
  local site = colony.buildings.nearest_sites(1)[1]
  colony.storage.x, colony.storage.y = site.x, site.y
  print(there())
  colony.buildings.place('bench', site.x, site.y)
end)
colony.time.after('look', 2, function()
  print(there())
  local all = colony.buildings.list()
  local same = colony.buildings.get(all[1].id)
  print(#all, same.id == colony.buildings.at(same.x, same.y).id, next(same.held), colony.buildings.get(999))
  local sites = colony.buildings.nearest_sites(1)
  print('still free', sites[1].x == same.x and sites[1].y == same.y)
end)
colony.events.register('building_completed', function(event)
  print(('completed %s %s'):format(event.kind, tostring(event.x == colony.storage.x and event.y == colony.storage.y)))
  colony.storage.building = event.building
  colony.time.after('take away', 1)
  colony.time.after('after that', 2)
end)
colony.time.declare('take away', function()
  print(there())
  colony.buildings.remove(colony.storage.building)
end)
colony.time.declare('after that', function() print(there()) end)
";
    let expected = [
        "nothing; wood 10",
        "bench, planned; wood 10",
        "1\ttrue\tnil\tnil",
        "still free\tfalse",
        "completed bench true",
        "bench, built; wood 8",
        // What it was made of lies there.
        "nothing; wood 10",
    ];
    assert_eq!(told(script, 200), expected);
}

#[test]
fn what_is_ordered_is_made_as_often_as_it_was_ordered() {
    let script = "local function tell()
  local bench = colony.buildings.get(colony.storage.bench)
  local order = if bench.order then ('%s %d times'):format(bench.order.recipe, bench.order.left) else 'no order'
  return ('%s; %d wood, %d toys'):format(order, colony.items.count('wood'), colony.items.count('toy'))
end
colony.time.after('place', 1, function()
  local site = colony.buildings.nearest_sites(1)[1]
  colony.buildings.place('bench', site.x, site.y)
end)
colony.events.register('building_completed', function(event)
  colony.storage.bench = event.building
  colony.buildings.order(event.building, 'carve', 3)
end)
colony.events.register('item_produced', function(event)
  if event.item == 'toy' then print(event.count .. ' made: ' .. tell()) end
end)
colony.time.after('again', 300, function()
  print(tell())
  colony.buildings.order(colony.storage.bench, 'carve', 5)
end)
colony.time.after('take back', 301, function()
  print(tell())
  colony.buildings.order(colony.storage.bench, 'carve', 0)
end)
colony.time.after('later', 302, function() print(tell()) end)
";
    let told = told(script, 302);
    let (made, after) = told.split_at(3);
    assert!(
        made.iter().all(|line| line.starts_with("2 made: ")),
        "{told:?}"
    );
    // The foreman of base has trees felled meanwhile: the wood is left out.
    let last = |lines: &[String]| -> Vec<String> {
        let parts = lines.iter().map(|line| {
            let (order, rest) = line.split_once("; ").unwrap();
            format!("{order}; {}", rest.split_once(", ").unwrap().1)
        });
        parts.collect()
    };
    assert_eq!(
        last(made),
        [
            "2 made: carve 2 times; 2 toys",
            "2 made: carve 1 times; 4 toys",
            "2 made: no order; 6 toys"
        ]
    );
    assert_eq!(
        last(after),
        [
            "no order; 6 toys",
            "carve 5 times; 6 toys",
            "no order; 6 toys"
        ]
    );
}

#[test]
fn a_stockpile_is_made_filled_with_what_it_takes_and_dissolved() {
    let script = "local function tell(pile)
  local filter = if pile.filter then table.concat(pile.filter, ' ') else 'everything'
  return ('%d tiles for %s'):format(#pile.cells, filter)
end
local function mine() return colony.stockpiles.list()[2] end
colony.time.after('make', 1, function()
  for _, pile in ipairs(colony.stockpiles.list()) do print(tell(pile)) end
  local cells = colony.stockpiles.list()[1].cells
  local last = cells[#cells]
  colony.stockpiles.add(last.x + 1, last.y, 2, 2, { 'toy', 'art', 'medicine' })
end)
colony.time.after('look', 2, function()
  print(tell(mine()))
  colony.storage.first = mine().id
  colony.stockpiles.set_filter(mine().id, { 'wood' })
end)
colony.time.after('again', 3, function()
  print(tell(mine()))
  colony.stockpiles.set_filter(mine().id)
end)
colony.time.after('all', 4, function()
  print(tell(mine()))
  colony.stockpiles.set_filter(mine().id, {})
end)
colony.time.after('none', 5, function()
  print(tell(mine()))
  colony.stockpiles.remove(colony.storage.first)
end)
colony.time.after('gone', 6, function() print(#colony.stockpiles.list()) end)
";
    let told = told(script, 6);
    assert!(told[0].ends_with(" tiles for everything"), "{told:?}");
    assert_eq!(
        told[1..],
        [
            "4 tiles for art medicine toy",
            "4 tiles for wood",
            "4 tiles for everything",
            "4 tiles for ",
            "1"
        ]
    );
}

#[test]
fn what_a_stockpile_does_not_take_any_more_is_hauled_elsewhere() {
    // Once the first stockpile is dissolved, what is stored lies in the other.
    let script = "local function first() return colony.stockpiles.list()[1] end
colony.time.after('make', 1, function()
  local cells = first().cells
  local last = cells[#cells]
  colony.items.add('toy', 6, cells[1].x, cells[1].y)
  colony.stockpiles.add(last.x + 1, last.y, 2, 2, { 'toy' })
  colony.stockpiles.set_filter(first().id, { 'food', 'wood' })
end)
colony.time.after('dissolve', 150, function() colony.stockpiles.remove(first().id) end)
colony.time.after('count', 151, function()
  print(colony.items.stored('toy'), colony.items.stored('wood'))
end)
";
    assert_eq!(told(script, 151), ["6\t0"]);
}
