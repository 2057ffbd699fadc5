//! Skills, schedules, forbidden work and wounds of colonists, as a mod sees and changes them.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use tests::{Project, log_by_tick};

const MORE: &str =
    "capabilities = [\"colonists.write\", \"jobs.write\"]\n[dependencies]\nbase = \"^1\"";

/// A skill in which newcomers differ, and one that nobody has practised yet.
const SKILLS: &str = "[juggling]\nnewcomer_max = 40000\n\n[whistling]\n";
/// Work that teaches somebody two levels at once.
const JOBS: &str = "[practise]\naction = \"labour\"\nyields = {}\npriority = 9\nwork = 3\nskill = \"whistling\"\nexperience = 400\n";

/// What the script wrote in so many ticks, in order.
fn told(script: &str, ticks: u64) -> Vec<String> {
    let record = Project::new()
        .lua_mod("warden", "1.0.0", MORE, script)
        .file("mods/warden/assets/skills.toml", SKILLS)
        .file("mods/warden/assets/jobs.toml", JOBS)
        .scenario(ticks, &["warden"], "")
        .run()
        .unwrap();
    assert_eq!((record.faults(), &record.failures[..]), (vec![], &[][..]));
    log_by_tick(&record).into_values().flatten().collect()
}

#[test]
fn a_schedule_is_set_read_kept_to_and_taken_back() {
    // Nobody else is tired so early in the first day.
    let script = "local function first() return colony.colonists.list()[1] end
local function tell()
  local hours = colony.colonists.schedule(first().id)
  if hours == nil then return 'no plan' end
  return ('%d hours: %s, then %s'):format(#hours, hours[1], hours[24])
end
colony.time.after('plan', 1, function()
  print(tell())
  local hours = table.create(24, 'sleep')
  hours[1] = 'leisure'
  colony.colonists.set_schedule(first().id, hours)
end)
colony.time.after('look', 2, function()
  print(tell())
  print(tostring(colony.colonists.schedule(colony.colonists.list()[2].id)))
end)
colony.events.register('job_assigned', function(event)
  if event.job.kind == 'sleep' and not colony.storage.told then
    colony.storage.told = true
    print(('%s sleeps at %d o\\'clock'):format(if event.job.colonist == first().id then 'the first' else 'another', colony.environment.hour()))
  end
end)
colony.time.after('take back', 100, function() colony.colonists.set_schedule(first().id) end)
colony.time.after('later', 101, function() print(tell()) end)
";
    let told = told(script, 101);
    assert_eq!(
        told,
        [
            "no plan",
            "24 hours: leisure, then sleep",
            "nil",
            "the first sleeps at 2 o'clock",
            "no plan"
        ]
    );
}

#[test]
fn work_that_is_forbidden_is_not_taken_until_it_is_allowed() {
    let script = "local forbidden = 'chop'
local function everybody(allowed)
  for _, colonist in ipairs(colony.colonists.list()) do colony.colonists.allow_work(colonist.id, forbidden, allowed) end
end
local function tell() return table.concat(colony.colonists.forbidden_work(colony.colonists.list()[1].id), ' ') end
colony.time.after('forbid', 1, function()
  everybody(false)
  colony.colonists.allow_work(colony.colonists.list()[1].id, 'haul', false)
end)
colony.time.after('look', 2, function() print(tell()) end)
colony.events.register('job_assigned', function(event)
  if event.job.kind == forbidden and not colony.storage.taken then
    colony.storage.taken = true
    print(forbidden .. if event.tick <= 100 then ' all the same' else ' again')
  end
end)
colony.time.after('allow', 100, function() everybody(true) end)
colony.time.after('look again', 101, function() print(tell()) end)
";
    assert_eq!(told(script, 200), ["chop haul", "haul", "chop again"]);
}

#[test]
fn skills_are_told_as_levels_and_grow_with_work() {
    let script = "local function whistling()
  local levels = {}
  for _, colonist in ipairs(colony.colonists.list()) do table.insert(levels, colony.colonists.skills(colonist.id).whistling) end
  return table.concat(levels, ' ')
end
colony.time.after('look', 1, function()
  local juggling = {}
  for index, colonist in ipairs(colony.colonists.list()) do juggling[index] = colony.colonists.skills(colonist.id).juggling end
  print('juggling alike', juggling[1] == juggling[2] and juggling[2] == juggling[3])
  print(whistling())
  local site = colony.plots.nearest_sites(1)[1]
  colony.jobs.designate('practise', site.x, site.y)
end)
colony.events.register('job_completed', function(event)
  if event.job.kind ~= 'practise' then return end
  print(colony.colonists.skills(event.job.colonist).whistling, (whistling():gsub('[^2]', '')))
end)
";
    assert_eq!(
        told(script, 100),
        ["juggling alike\tfalse", "0 0 0", "2\t2"]
    );
}

#[test]
fn somebody_is_hurt_collapses_is_healed_and_dies() {
    let script = "local function first() return colony.colonists.get(colony.storage.id) end
local function tell()
  local colonist = first()
  if colonist == nil then return 'dead' end
  return ('health %d, wound %d, %s'):format(colonist.health, colonist.wound, if colonist.collapsed then 'down' else 'up')
end
colony.events.register('colonist_collapsed', function(event)
  print(('collapsed at %d, %s'):format(event.colonist.health, tostring(event.colonist.id == colony.storage.id)))
end)
colony.events.register('colonist_died', function(event) print('died of ' .. event.cause) end)
colony.time.after('hurt', 1, function()
  colony.storage.id = colony.colonists.list()[1].id
  print(tell())
  colony.colonists.injure(colony.storage.id, 8500)
end)
colony.time.after('heal', 2, function()
  print(tell())
  colony.colonists.heal(colony.storage.id, 4000)
end)
colony.time.after('kill', 3, function()
  print(tell())
  colony.colonists.injure(colony.storage.id, 10000)
end)
colony.time.after('dead', 4, function() print(tell() .. ', left ' .. colony.colonists.count()) end)
";
    // A wound heals by 2 points a tick.
    assert_eq!(
        told(script, 4),
        [
            "health 10000, wound 0, up",
            "collapsed at 1500, true",
            "health 1500, wound 8498, down",
            "health 5500, wound 4496, up",
            "died of injury",
            "dead, left 2"
        ]
    );
}
