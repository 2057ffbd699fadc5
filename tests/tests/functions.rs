//! Functions of `colony` as a mod calls them: what they give, and what a command has done a tick later.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeMap;

use tests::{Project, log_by_tick};

const CAPABILITIES: &str = "capabilities = [\"jobs.write\", \"items.write\", \"colonists.write\"]\n[dependencies]\nbase = \"^1\"";

fn told(script: &str, ticks: u64) -> BTreeMap<u64, Vec<String>> {
    let record = Project::new()
        .lua_mod("subject", "1.0.0", CAPABILITIES, script)
        .scenario(ticks, &["subject"], "")
        .run()
        .unwrap();
    assert_eq!(record.faults(), []);
    log_by_tick(&record)
}

fn lines(expected: &[(u64, &[&str])]) -> BTreeMap<u64, Vec<String>> {
    let lines = expected.iter().map(|(tick, lines)| {
        let lines = lines.iter().map(|line| (*line).to_owned());
        (*tick, lines.collect())
    });
    lines.collect()
}

#[test]
fn a_job_is_ordered_found_and_withdrawn() {
    let script = "local function ordered()
  return colony.jobs.list('chop')[1]
end
colony.time.after('order', 1, function()
  for _, job in ipairs(colony.jobs.list('chop')) do colony.jobs.cancel(job.id) end
  local tile = colony.map.nearest('chop', 1)[1]
  colony.jobs.designate('chop', tile.x, tile.y)
end)
colony.time.after('look', 2, function()
  local job = ordered()
  local same = colony.jobs.get(job.id)
  print(('%d of %d, %s, %s'):format(colony.jobs.count('chop'), colony.jobs.count(), same.kind, tostring(same.x == job.x)))
  colony.jobs.cancel(job.id)
  colony.storage.cancelled = job.id
end)
colony.events.register('job_cancelled', function(event)
  if event.job.id == colony.storage.cancelled then print('withdrawn ' .. event.job.kind) end
end)
colony.time.after('later', 3, function()
  print(tostring(colony.jobs.get(colony.storage.cancelled)))
end)
";
    let told = told(script, 3);
    assert_eq!(told[&2].len(), 2, "{told:?}");
    assert!(told[&2][0].ends_with(", chop, true"), "{told:?}");
    assert_eq!(told[&2][1], "withdrawn chop");
    assert_eq!(told[&3], ["nil"]);
}

#[test]
fn colonists_are_counted_listed_asked_for_and_join() {
    let script = "local function everyone()
  local names = {}
  for _, colonist in ipairs(colony.colonists.list()) do table.insert(names, colonist.id) end
  return colony.colonists.count() .. ': ' .. table.concat(names, ' ')
end
colony.time.after('before', 1, function()
  print(everyone())
  local first = colony.colonists.list()[1]
  local same = colony.colonists.get(first.id)
  print(tostring(same.name == first.name and same.food == first.food) .. ' ' .. tostring(colony.colonists.get(999)))
  colony.colonists.join(first.x, first.y)
end)
colony.events.register('colonist_joined', function(event) print('joined ' .. event.colonist.id) end)
colony.time.after('after', 2, function() print(colony.colonists.count()) end)
";
    let told = told(script, 2);
    let (first, rest) = told[&1].split_first().unwrap();
    assert!(first.starts_with("3: "), "{told:?}");
    assert_eq!(rest[0], "true nil");
    assert!(rest[1].starts_with("joined "), "{told:?}");
    assert_eq!(told[&2], ["4"]);
}

#[test]
fn items_are_taken_away_and_a_line_of_the_log_has_its_level() {
    let script = "colony.time.after('take', 1, function() colony.items.remove('wood', 4) end)
colony.time.after('count', 2, function()
  print(colony.items.count('wood'))
  colony.log.info('calm')
  colony.log.warn('careful')
  colony.log.error('too late')
  colony.log.info(nil)
end)
";
    let expected: [(u64, &[&str]); 1] = [(2, &["6", "calm", "careful", "too late", "nil"])];
    assert_eq!(told(script, 2), lines(&expected));
}

#[test]
fn a_job_is_made_taken_and_done_and_each_is_heard() {
    let script = "colony.state.define({ heard = {} })
for _, name in ipairs({ 'job_created', 'job_assigned', 'job_completed' }) do
  colony.events.register(name, function(event)
    local id = tostring(event.job.id)
    local heard = (colony.storage.heard[id] or '') .. ' ' .. name
    colony.storage.heard[id] = heard
    if name == 'job_completed' and colony.storage.done == nil then
      colony.storage.done = true
      print(event.job.kind .. heard)
    end
  end)
end
";
    let told = told(script, 200);
    let first = told.values().flatten().next().unwrap();
    let (_, heard) = first.split_once(' ').unwrap();
    assert_eq!(heard, "job_created job_assigned job_completed");
}
