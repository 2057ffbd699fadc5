//! A mod that asks for what cannot be: it is told what was wrong, nothing of it happens, and the colony goes on.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fmt::Write as _;

use harness::record::RunRecord;
use tests::Project;

const CAPABILITIES: &str = "capabilities = [\"buildings.write\", \"colonists.write\", \"incidents.write\", \"items.write\", \"jobs.write\", \"plots.write\", \"stockpiles.write\"]\n[dependencies]\nbase = \"^1\"";

/// What the calls are about: a job, the living and the dead, a free tile, a rock, a stockpile, a blueprint of a stove.
const PREPARE: &str = "
local function find(terrain)
  local size = colony.map.size()
  for y = 0, size.height - 1 do
    for x = 0, size.width - 1 do
      if colony.map.tile(x, y) == terrain then return { x = x, y = y } end
    end
  end
end
colony.time.after('prepare', 2, function()
  local site = colony.buildings.nearest_sites(40)[40]
  colony.buildings.place('stove', site.x, site.y)
  colony.colonists.injure(colony.colonists.list()[3].id, 10000)
  colony.storage.dead = colony.colonists.list()[3].id
end)
local function about()
  local stove = colony.buildings.list()[1]
  return {
    job = colony.jobs.list('mine')[1],
    tree = colony.jobs.list('chop')[1],
    somebody = colony.colonists.list()[1].id,
    dead = colony.storage.dead,
    free = colony.buildings.nearest_sites(1)[1],
    rock = find('rock'),
    pile = colony.stockpiles.list()[1],
    stove = stove,
  }
end
";

/// The tick before which the calls are made.
const TICK: u64 = 20;

/// Calls of which each is wrong by itself.
const WRONG: &[(&str, &[&str])] = &[
    (
        "numbers that are none, or beyond all bounds",
        &[
            "colony.jobs.set_priority(it.job.id, -1)",
            "colony.jobs.set_priority(it.job.id, 11)",
            "colony.jobs.set_priority(it.job.id, 256)",
            "colony.jobs.set_priority(it.job.id, 2.5)",
            "colony.jobs.set_priority(it.job.id, 0 / 0)",
            "colony.jobs.set_priority(it.job.id, math.huge)",
            "colony.jobs.set_priority(it.job.id, '5')",
            "colony.jobs.set_priority(it.job.id)",
            "colony.jobs.set_priority(2^53, 5)",
            "colony.jobs.set_priority(2^53 + 2, 5)",
            "colony.jobs.set_priority(-1, 5)",
            "colony.jobs.set_priority(999, 5)",
            "colony.jobs.cancel(999)",
            "colony.jobs.get(-1)",
            "colony.items.add('wood', 0, it.free.x, it.free.y)",
            "colony.items.add('wood', -5, it.free.x, it.free.y)",
            "colony.items.add('wood', 10001, it.free.x, it.free.y)",
            "colony.items.add('wood', 2^53, it.free.x, it.free.y)",
            "colony.items.remove('wood', 0)",
            "colony.items.remove('wood', 5000)",
            "colony.map.nearest('chop', -1)",
            "colony.random.integer(5, 1)",
            "colony.time.after('prepare', -1)",
        ],
    ),
    (
        "names of nothing",
        &[
            "colony.items.count('wod')",
            "colony.items.add('wod', 1, it.free.x, it.free.y)",
            "colony.jobs.designate('chpo', it.free.x, it.free.y)",
            "colony.jobs.list('chpo')",
            "colony.buildings.place('stov', it.free.x, it.free.y)",
            "colony.plots.set(it.free.x, it.free.y, 'whaet')",
            "colony.incidents.start('frogs')",
            "colony.stockpiles.set_filter(it.pile.id, { 'fod' })",
        ],
    ),
    (
        "places",
        &[
            "colony.jobs.designate('chop', 32, 0)",
            "colony.jobs.designate('chop', 65536, 0)",
            "colony.jobs.designate('chop', -1, 0)",
            "colony.jobs.designate('chop', it.rock.x, it.rock.y)",
            "colony.jobs.designate('forage', it.rock.x, it.rock.y)",
            "colony.jobs.designate('eat', it.free.x, it.free.y)",
            "colony.jobs.designate('chop', it.tree.x, it.tree.y)",
            "colony.colonists.join(it.rock.x, it.rock.y)",
            "colony.colonists.join(99, 99)",
            "colony.items.add('wood', 1, it.rock.x, it.rock.y)",
            "colony.buildings.place('bed', it.rock.x, it.rock.y)",
            "colony.buildings.place('bed', it.stove.x, it.stove.y)",
            "colony.buildings.place('bed', it.pile.cells[1].x, it.pile.cells[1].y)",
            "colony.buildings.place('bed', 40, 5)",
            "colony.plots.set(it.rock.x, it.rock.y, 'wheat')",
            "colony.plots.set(it.stove.x, it.stove.y, 'wheat')",
            "colony.plots.set(0, 32, 'wheat')",
        ],
    ),
    (
        "people",
        &[
            "colony.colonists.injure(it.dead, 5)",
            "colony.colonists.injure(it.somebody, 0)",
            "colony.colonists.injure(it.somebody, 10001)",
            "colony.colonists.heal(it.somebody, -3)",
            "colony.colonists.heal(it.somebody, 70000)",
            "colony.colonists.set_schedule(it.dead, table.create(24, 'work'))",
            "colony.colonists.set_schedule(it.somebody, table.create(23, 'work'))",
            "colony.colonists.set_schedule(it.somebody, table.create(24, 'nap'))",
            "colony.colonists.set_schedule(it.somebody, table.create(24, 8))",
            "colony.colonists.set_schedule(it.somebody, { night = 'work' })",
            "colony.colonists.set_schedule(it.somebody, 'work')",
            "colony.colonists.allow_work(it.dead, 'chop', true)",
            "colony.colonists.allow_work(it.somebody, 'eat', false)",
            "colony.colonists.allow_work(it.somebody, 'chpo', false)",
            "colony.colonists.allow_work(it.somebody, 'chop', 1)",
            "colony.colonists.allow_work(it.somebody, 'chop')",
        ],
    ),
    (
        "buildings, recipes and stockpiles",
        &[
            "colony.buildings.remove(999)",
            "colony.buildings.order(999, 'cook', 1)",
            "colony.buildings.order(it.stove.id, 'cook', 1)",
            "colony.buildings.order(it.stove.id, 'coke', 1)",
            "colony.buildings.order(it.stove.id, 'cook', 1.5)",
            "colony.buildings.order(it.stove.id, 'cook', -1)",
            "colony.stockpiles.add(it.free.x, it.free.y, 0, 4)",
            "colony.stockpiles.add(it.free.x, it.free.y, 4, 65)",
            "colony.stockpiles.add(it.free.x, it.free.y, 4, -4)",
            "colony.stockpiles.add(it.free.x, it.free.y, 2, 2, { 'food', 5 })",
            "colony.stockpiles.add(it.free.x, it.free.y, 2, 2, 'food')",
            "colony.stockpiles.add(it.rock.x, it.rock.y, 1, 1)",
            "colony.stockpiles.add(32, 0, 1, 1)",
            "colony.stockpiles.remove(999)",
            "colony.stockpiles.set_filter(999, { 'food' })",
            "colony.stockpiles.add(1, 1, 1, 1, {}, 'more')",
        ],
    ),
];

/// Pairs of calls in one tick: the first is possible, and the second was until the first was done.
const TOO_LATE: &[(&str, &str)] = &[
    (
        "colony.jobs.cancel(it.job.id)",
        "colony.jobs.set_priority(it.job.id, 9)",
    ),
    (
        "colony.colonists.injure(it.somebody, 10000)",
        "colony.colonists.set_schedule(it.somebody, table.create(24, 'work'))",
    ),
    (
        "colony.buildings.remove(it.stove.id)",
        "colony.buildings.remove(it.stove.id)",
    ),
    (
        "colony.buildings.place('bed', it.free.x, it.free.y)",
        "colony.plots.set(it.free.x, it.free.y, 'wheat')",
    ),
    (
        "colony.stockpiles.remove(it.pile.id)",
        "colony.stockpiles.set_filter(it.pile.id, { 'food' })",
    ),
    (
        "colony.items.remove('wood', 6)",
        "colony.items.remove('wood', 6)",
    ),
    (
        "colony.stockpiles.add(it.free.x, it.free.y, 1, 1)",
        "colony.stockpiles.add(it.free.x, it.free.y, 1, 1)",
    ),
    (
        "colony.incidents.start('cold_snap')",
        "colony.incidents.start('cold_snap')",
    ),
];

/// A colony in which a mod makes these calls, each in a handler of its own.
fn run<'c>(calls: impl IntoIterator<Item = &'c str>) -> RunRecord {
    let mut script = PREPARE.to_owned();
    for (at, call) in calls.into_iter().enumerate() {
        writeln!(
            script,
            "colony.time.after('call {at:03}', {TICK}, function() local it = about() {call} end)"
        )
        .unwrap();
    }
    Project::new()
        .lua_mod("dreamer", "1.0.0", CAPABILITIES, &script)
        .scenario(200, &["dreamer"], "")
        .run()
        .unwrap()
}

/// The hashes of all parts of the world at the end but the mod itself, which has other code in each run.
fn colony(record: &RunRecord) -> Vec<(&str, u128)> {
    let parts = record.parts.iter();
    let parts = parts.filter(|(name, _)| name != "mods.dreamer");
    let parts = parts.map(|(name, hash)| (name.as_str(), *hash));
    parts.collect()
}

#[test]
fn what_cannot_be_is_refused_at_the_call_and_nothing_of_it_happens() {
    let calls = || WRONG.iter().flat_map(|(_, calls)| calls.iter().copied());
    let asked = run(calls());
    let quiet = run(calls().map(|_| ""));
    assert_eq!((quiet.failures.len(), quiet.refused.len()), (0, 0));
    assert_eq!(asked.refused, []);
    let mut told = String::new();
    let mut at = 0;
    for (title, calls) in WRONG {
        writeln!(told, "# {title}").unwrap();
        for call in *calls {
            let name = format!("call {at:03}");
            let failure = asked
                .failures
                .iter()
                .find(|failure| failure.handler.1 == name);
            at += 1;
            writeln!(told, "\n{call}").unwrap();
            match failure {
                None => panic!("{call} is not refused"),
                Some(failure) => {
                    writeln!(told, "  {}", failure.error.message).unwrap();
                    if let Some(help) = &failure.error.help {
                        writeln!(told, "  help: {help}").unwrap();
                    }
                }
            }
        }
        told.push('\n');
    }
    assert_eq!(colony(&asked), colony(&quiet));
    insta::assert_snapshot!(told);
}

#[test]
fn what_cannot_be_any_more_is_refused_when_it_is_to_be_done() {
    let mut told = String::new();
    for (possible, too_late) in TOO_LATE {
        let both = run([*possible, too_late]);
        let one = run([*possible, ""]);
        writeln!(told, "{possible}\n{too_late}").unwrap();
        for refused in &both.refused {
            writeln!(told, "  {}", refused.reason).unwrap();
        }
        assert_eq!(one.refused, [], "{possible}");
        assert_eq!(both.refused.len(), 1, "{too_late}");
        assert_eq!(colony(&both), colony(&one), "{too_late}");
    }
    insta::assert_snapshot!(told);
}
