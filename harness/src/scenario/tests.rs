use super::*;
use crate::report::source::render;
use crate::workspace::test_folder::TestFolder;

const VOCABULARY: Vocabulary<'_> = Vocabulary {
    events: &["job_created", "job_completed"],
    commands: &["jobs.designate"],
    stages: &["parse", "restore"],
    outcomes: &["committed", "rolled back", "ignored", "done"],
    reload_types: &["scripts", "config", "full"],
    priorities: &["low", "normal", "high", "critical"],
    event_fields: |_| vec!["kind", "job.kind"],
    check_query: |query| match query {
        "colonists.alive" => Ok(()),
        _ => {
            Err(Fault::new(format!("unknown query `{query}`")).suggest(query, ["colonists.alive"]))
        }
    },
};

/// The picture that the project aims at.
const RELOAD_MIDGAME: &str = r#"#:schema ../.colony/scenario.schema.json
schema = 1
name = "reload_midgame"
seed = 42
ticks = 600

[colony]
map = "reload_midgame/valley.txt"
colonists = 8
stock = { wood = 40, meal = 24 }

[mods]
load = ["base", "stats", { id = "priority_watch", from = "reload_midgame/v1.0.0" }]

[[step]]
at = 100
edit = { file = "priority_watch/scripts/main.lua", find = "priority >= 8", replace = "priority >= 6" }
expect = { outcome = "committed", type = "scripts", dropped = [] }

[[step]]
at = 200
label = "torn save"
truncate = { file = "priority_watch/scripts/main.lua", bytes = 412 }
expect = { outcome = "rolled_back", stage = "parse", error = "main.lua:15" }

[[step]]
at = 300
label = "upgrade"
batch = [
  { copy = { from = "../mods/priority_watch", to = "priority_watch" } },
  { edit = { file = "stats/scripts/main.lua", find = "window = 60", replace = "window = 120" } },
]
expect = { outcome = "committed", type = "full", kept = ["urgent"], defaulted = ["last_kind"], dropped = ["hauls"] }

[[step]]
at = 450
restart = true

[[expect]]
at = 301
mod = "priority_watch"
path = "by_kind.haul"
equals = 9

[[expect]]
every = 50
world = "colonists.alive"
equals = 8

[[expect]]
event = "job_completed"
where = { kind = "haul" }
count = { at_least = 40 }

[[expect]]              # as if the torn save had never happened
at = 299
hash_equals = { without_step = "torn save" }
"#;

/// Text and the faults it has.
type Row = (&'static str, &'static [&'static str]);

/// A scenario of two mods with `rest` after its eight lines.
fn with(rest: &str) -> String {
    format!(
        "schema = 1\nname = \"x\"\nseed = 1\nticks = 100\n\n[mods]\nload = [\"base\", \"stats\"]\n\n{rest}"
    )
}

fn read(scenario: &str) -> Result<Scenario, String> {
    let folder = TestFolder::new(&[
        ("scenarios/x.toml", scenario.as_bytes()),
        ("scenarios/reload_midgame/valley.txt", b"...\r\n.@."),
        ("scenarios/new.lua", b"\xEF\xBB\xBFreturn 1\r\n"),
        ("mods/priority_watch/mod.toml", b"id = 1\r\n"),
        ("mods/priority_watch/.git/HEAD", b"x"),
    ]);
    read_scenario(&folder.path().join("scenarios/x.toml"), &VOCABULARY)
        .map_err(|faults| folder.relative(&render(&faults, false)))
}

/// The faults of a scenario, a line each, without their snippets.
fn messages(scenario: &str) -> Vec<String> {
    let rendered = read(scenario).expect_err("faults");
    let place = |line: &str| {
        line.trim_start()
            .strip_prefix("--> scenarios/x.toml:")
            .map(str::to_owned)
    };
    rendered
        .split("error: ")
        .skip(1)
        .map(|fault| {
            let message = fault.lines().next().unwrap_or_default();
            let place = fault.lines().find_map(place).unwrap_or_default();
            let help = fault.lines().find_map(|line| line.split_once("help: "));
            help.map_or_else(
                || format!("{place} {message}"),
                |(_, help)| format!("{place} {message} ({help})"),
            )
        })
        .collect()
}

#[test]
fn the_picture_to_aim_at_is_read() {
    let scenario = read(RELOAD_MIDGAME).expect("no fault");
    assert_eq!(scenario.colony.map, MapSource::Ascii("...\n.@.".to_owned()));
    assert_eq!(
        scenario.colony.stock,
        [("wood".to_owned(), 40), ("meal".to_owned(), 24)].into()
    );
    assert_eq!(
        scenario.mods[2].from.as_deref(),
        Some("reload_midgame/v1.0.0")
    );
    let ticks: Vec<u64> = scenario.steps.iter().map(|step| step.at).collect();
    assert_eq!(ticks, [100, 200, 300, 450]);
    let torn = scenario.steps[1].expect.as_ref().expect("an expectation");
    assert_eq!(torn.outcome.as_deref(), Some("rolled back"));
    let Action::Files(batch) = &scenario.steps[2].action else {
        panic!("expected files, found {:?}", scenario.steps[2].action);
    };
    let folder = CopiedContent::Folder([("mod.toml".to_owned(), b"id = 1\n".to_vec())].into());
    assert!(
        matches!(&batch[0].change, FileChange::Copy { content, .. } if *content == folder),
        "{batch:?}"
    );
    assert_eq!(scenario.expectations.len(), 4);
    let hash = Check::HashEqualsWithoutStep {
        label: "torn save".to_owned(),
    };
    assert_eq!(
        (
            scenario.expectations[3].when,
            &scenario.expectations[3].check
        ),
        (When::At(299), &hash)
    );
    assert_eq!(scenario.without_step("torn save").steps.len(), 3);
}

#[test]
fn snapshots_are_taken_when_they_are_asked_for() {
    let text = with("[snapshot]\nat = [0, 41]\nevery = 40\ninclude = [\"mods.stats\", \"jobs\"]\n");
    let plan = read(&text).expect("no fault").snapshot.expect("a plan");
    let due: Vec<u64> = (0..=100).filter(|tick| plan.is_due(*tick)).collect();
    assert_eq!(due, [0, 40, 41, 80]);
    assert_eq!(plan.last(100), Some(80));
    let stats = Section::Mod(ModId::parse("stats").expect("an id"));
    assert_eq!(plan.include, [Section::Jobs, stats].into());
}

#[test]
fn snapshots_that_cannot_be_are_refused() {
    for (table, expected) in [
        (
            "at = [101]",
            "10:7 expected an integer from 0 to 100, found 101",
        ),
        ("at = [3, 3]", "10:10 tick 3 is listed twice"),
        (
            "every = 0",
            "10:9 expected an integer from 1 to 100, found 0",
        ),
        (
            "at = [3]\ninclude = [\"jbos\"]",
            "11:12 unknown part of a snapshot `jbos` (did you mean `jobs`?)",
        ),
        (
            "at = [3]\ninclude = [\"mods.stast\"]",
            "11:12 the mod `stast` is not in the list `load` under `[mods]`, and no step adds it (did you mean `stats`?)",
        ),
        (
            "include = []",
            "9:1 expected `at = [...]`, `every = ...` or both: the ticks of the snapshots",
        ),
        (
            "at = [3]\nevry = 5",
            "11:1 unknown key `evry` (did you mean `every`?)",
        ),
    ] {
        assert_eq!(
            messages(&with(&format!("[snapshot]\n{table}\n"))),
            [expected],
            "{table}"
        );
    }
    let many = with("[snapshot]\nevery = 1\n").replace("ticks = 100", "ticks = 1001");
    assert_eq!(
        messages(&many),
        ["9:1 these are 1001 snapshots, expected at most 1000"]
    );
}

#[test]
fn windows_line_ends_read_the_same() {
    let windows = format!("\u{FEFF}{}", RELOAD_MIDGAME.replace('\n', "\r\n"));
    assert_eq!(
        read(&windows).expect("no fault").source,
        read(RELOAD_MIDGAME).expect("no fault").source
    );
}

#[test]
fn faults_look_like_those_of_a_compiler() {
    let text = with("[[step]]\nat = 0\nlabl = \"größer\"\nreload = { mods = [\"stast\"] }\n");
    let expected = "\
error: expected an integer from 1 to 100, found 0
  --> scenarios/x.toml:10:6
   |
10 | at = 0
   |      ^

error: unknown key `labl`
  --> scenarios/x.toml:11:1
   |
11 | labl = \"größer\"
   | ^^^^
   |
help: did you mean `label`?

error: the mod `stast` is not in the list `load` under `[mods]`, and no step adds it
  --> scenarios/x.toml:12:20
   |
12 | reload = { mods = [\"stast\"] }
   |                    ^^^^^^^
   |
help: did you mean `stats`?
";
    assert_eq!(read(&text).expect_err("faults"), expected);
}

/// A step for each action.
const ACTIONS: &str = r#"
        [[step]]
        at = 7
        load = "early"
        [[step]]
        at = 3
        write = { file = "stats/scripts/new.lua", from = "new.lua" }
        [[step]]
        at = 3
        write = { file = "stats/scripts/new.lua", text = "a\r\nb" }
        [[step]]
        at = 4
        batch = [{ delete = { file = "stats/a.lua" } }, { rename = { from = "stats/b.lua", to = "base/c.lua" } }]
        [[step]]
        at = 5
        reload = { mods = ["stats", "base"], force = true }
        [[step]]
        at = 5
        rollback = { mod = "stats", to = 1 }
        [[step]]
        at = 5
        config = { mod = "stats", set = { boost = 2, on = true } }
        [[step]]
        at = 6
        command = { "jobs.designate" = { kind = "chop", x = 3 } }
        [[step]]
        at = 6
        save = "early"
        [[step]]
        at = 8
        fault = { stage = "restore", mod = "stats", during = { config = { mod = "stats", set = { boost = 3 } } } }
        [[step]]
        at = 9
        fault = { stage = "parse", mod = "stats" }
        [[step]]
        at = 10
        reload = { mods = ["stats"], type = "config", priority = "high", skip_unload = true }
        [[step]]
        at = 11
        patch = { file = "stats/a.lua", diff = """
--- a
+++ b
@@ -1 +1 @@
-a
+b
""" }
        [[step]]
        at = 11
        touch = { file = "stats/a.lua" }
        [[step]]
        at = 12
        disable = { mod = "stats", skip_unload = true }
        [[step]]
        at = 12
        enable = { mod = "stats" }
        [[step]]
        at = 13
        remove = { mod = "stats" }
        [[step]]
        at = 13
        purge = { mod = "stats" }
        [[step]]
        at = 14
        add = { mod = "late", from = "late" }
        [[step]]
        at = 15
        checkpoint = true
        [[step]]
        at = 15
        edit = { file = "late/a.lua", find = "a", replace = "b" }
        "#;

/// How each begins once it is read, in order of tick.
const ACTIONS_READ: [&str; 21] = [
    "3 Files([FileAction { change: Write { file: ModFile { mod_id: ModId(\"stats\"), path: \"scripts/new.lua\" }, content: [114, 101, 116, 117, 114, 110, 32, 49, 10] }",
    "3 Files([FileAction { change: Write { file: ModFile { mod_id: ModId(\"stats\"), path: \"scripts/new.lua\" }, content: [97, 10, 98] }",
    "4 Files([FileAction { change: Delete { file: ModFile { mod_id: ModId(\"stats\"), path: \"a.lua\" } }",
    "5 Reload { mods: [ModId(\"stats\"), ModId(\"base\")], force: true, kind: None, priority: None, skip_unload: false }",
    "5 Rollback { mods: {ModId(\"stats\"): Some(1)} }",
    "5 Config { mod_id: ModId(\"stats\"), set: {\"boost\": Integer(2), \"on\": Boolean(true)} }",
    "6 Command { function: \"jobs.designate\", arguments: {\"kind\": Text(\"chop\"), \"x\": Integer(3)} }",
    "6 Save { name: \"early\" }",
    "7 Load { name: \"early\" }",
    "8 InjectFault { stage: \"restore\", mod_id: ModId(\"stats\"), during: Some(Config {",
    "9 InjectFault { stage: \"parse\", mod_id: ModId(\"stats\"), during: None }",
    "10 Reload { mods: [ModId(\"stats\")], force: false, kind: Some(Config), priority: Some(High), skip_unload: true }",
    "11 Files([FileAction { change: Patch { file: ModFile { mod_id: ModId(\"stats\"), path: \"a.lua\" }, diff: \"--- a\\n+++ b",
    "11 Files([FileAction { change: Touch { file: ModFile { mod_id: ModId(\"stats\"), path: \"a.lua\" } }",
    "12 Disable { mod_id: ModId(\"stats\"), skip_unload: true }",
    "12 Enable { mod_id: ModId(\"stats\") }",
    "13 Remove { mod_id: ModId(\"stats\"), skip_unload: false }",
    "13 Purge { mod_id: ModId(\"stats\") }",
    "14 Add { mod_id: ModId(\"late\") }",
    "15 Checkpoint",
    "15 Files([FileAction { change: Edit { file: ModFile { mod_id: ModId(\"late\"), path: \"a.lua\" }",
];

#[test]
fn every_action_is_read() {
    let scenario = read(&with(ACTIONS)).expect("no fault");
    let actions: Vec<String> = scenario
        .steps
        .iter()
        .map(|step| format!("{} {:?}", step.at, step.action))
        .collect();
    assert_eq!(actions.len(), ACTIONS_READ.len());
    for (action, expected) in actions.iter().zip(ACTIONS_READ) {
        assert!(action.starts_with(expected), "{action}\n{expected}");
    }
}

const STEP_FAULTS: &[Row] = &[
    (
        "at = 1",
        &[
            "9:1 a step needs one action, found none: one of edit, write, patch, truncate, touch, delete, copy, \
                      rename, batch, reload, rollback, migrate_again, config, add, enable, disable, remove, purge, command, save, load, \
                      restart, checkpoint, fault",
        ],
    ),
    (
        "at = 1\nsave = \"a\"\nrestart = true",
        &["9:1 a step takes one action, found `save` and `restart`"],
    ),
    (
        "at = 101\nrestart = false",
        &[
            "10:6 expected an integer from 1 to 100, found 101",
            "11:11 expected `true`, found `false`: remove the step instead",
        ],
    ),
    ("at = 1\nload = \"a\"", &["11:1 no earlier step saves `a`"]),
    (
        "at = 1\nreload = { mods = [\"stats\", \"base\", \"stats\"] }",
        &["11:37 `stats` is named twice"],
    ),
    (
        "at = 1\npatch = { file = \"stats/a.lua\", diff = \"--- a/x\\n+++ b/y\\n@@ -1 +1 @@\\n-a\\n+b\\n\" }",
        &[
            "11:40 the patch is of `a/x`, the step's file is `stats/a.lua` (write `--- a/stats/a.lua` and `+++ b/stats/a.lua`, or name \
             the file that the patch is of in `file`)",
        ],
    ),
    (
        "at = 1\npatch = { file = \"stats/a.lua\", diff = \"--- a/mods/stats/a.lua\\n+++ b/stats/b.lua\\n@@ -1 +1 @@\\n-a\\n+b\\n\" }",
        &[
            "11:40 the patch is of `b/stats/b.lua`, the step's file is `stats/a.lua` (write `--- a/stats/a.lua` and `+++ b/stats/a.lua`, \
             or name the file that the patch is of in `file`)",
        ],
    ),
    (
        "at = 1\nsvae = \"a\"",
        &[
            "9:1 a step needs one action, found none: one of edit, write, patch, truncate, touch, delete, \
             copy, rename, batch, reload, rollback, migrate_again, config, add, enable, disable, remove, purge, command, save, load, restart, \
             checkpoint, fault",
            "11:1 unknown key `svae` (did you mean `save`?)",
        ],
    ),
    (
        "at = 1\nedit = { file = \"stats/../x\", find = \"\", replce = \"\" }",
        &[
            "11:8 missing key `replace`",
            "11:17 the path `stats/../x` contains `..`, expected one that stays in the folder",
            "11:38 expected the text to find, found none",
            "11:42 unknown key `replce` (did you mean `replace`?)",
        ],
    ),
    (
        "at = 1\nbatch = [{ save = \"a\" }, 1]",
        &[
            "11:10 an element of a batch needs one action, found none: one of edit, write, patch, truncate, touch, \
             delete, copy, rename",
            "11:12 unknown key `save` (known here: copy, delete, edit, patch, rename, touch, truncate, write)",
            "11:26 expected a table, found an integer",
        ],
    ),
    (
        "at = 1\nwrite = { file = \"stats\", from = \"nwe.lua\" }",
        &[
            "11:18 expected a file in the mod `stats`, such as `stats/mod.toml`, found the mod's folder",
            "11:34 there is no `nwe.lua` (did you mean `new.lua`?)",
        ],
    ),
    (
        "at = 1\ncopy = { from = \"/etc\", to = \"other\" }",
        &[
            "11:17 expected a path relative to the scenario's folder, with `/` between its parts",
            "11:30 the mod `other` is not in the list `load` under `[mods]`, and no step adds it (known here: base, stats)",
        ],
    ),
    (
        "at = 1\ncommand = { \"jobs.desginate\" = { x = 1.5 } }",
        &[
            "11:13 unknown function `jobs.desginate` (did you mean `jobs.designate`?)",
            "11:38 expected a boolean, an integer or a string, found a fraction \
             (count in a smaller unit: values here are integers, never fractions)",
        ],
    ),
    (
        "at = 1\nfault = { stage = \"restor\", mod = \"stats\", during = { save = \"a\" } }",
        &[
            "11:19 unknown stage `restor` (did you mean `restore`?)",
            "11:53 `during` needs one action, found none: one of edit, write, patch, truncate, touch, delete, copy, \
             rename, batch, reload, rollback, migrate_again, config, add, enable, disable, remove",
            "11:55 unknown key `save` (known here: add, batch, config, copy, delete, disable, edit, enable, migrate_again, patch, reload, remove, \
             rename, rollback, touch, truncate, write)",
        ],
    ),
    (
        "at = 1\nrestart = true\nexpect = { outcome = \"roled_back\", type = \"ful\", kept = [1], kpt = [] }",
        &[
            "12:22 unknown outcome `roled_back` (did you mean `rolled_back`?)",
            "12:43 unknown reload type `ful` (did you mean `full`?)",
            "12:58 expected a string, found an integer",
            "12:62 unknown key `kpt` (did you mean `kept`?)",
        ],
    ),
];

#[test]
fn every_fault_of_a_step_is_reported() {
    for &(step, expected) in STEP_FAULTS {
        assert_eq!(
            messages(&with(&format!("[[step]]\n{step}\n"))),
            expected,
            "{step}"
        );
    }
}

const EXPECTATION_FAULTS: &[Row] = &[
    (
        "equals = 1",
        &[
            "9:1 expected one subject, found none: `mod` with `path`, `world`, `event`, `failing_calls` or `hash_equals`",
        ],
    ),
    (
        "world = \"colonists.alive\"",
        &[
            "9:1 expected one comparison, found none: `equals`, `not_equals`, `at_least`, `at_most` or `exists`",
        ],
    ),
    (
        "world = \"colonist.alive\"\nat = 1\nevery = 2\nequals = 1",
        &[
            "10:9 unknown query `colonist.alive` (did you mean `colonists.alive`?)",
            "12:9 expected either `at` or `every`, found both",
        ],
    ),
    (
        "event = \"job_complete\"\ncount = 1",
        &["10:9 unknown event `job_complete` (did you mean `job_completed`?)"],
    ),
    (
        "event = \"stats:mine\"\nequals = 1",
        &[
            "11:10 `equals` does not go with `event`: write `count = 3` or `count = { at_least = 3 }`",
        ],
    ),
    (
        "event = \"job_created\"\ncount = { at_least = 1, at_most = 2 }",
        &["11:9 expected a number, `{ at_least = .. }` or `{ at_most = .. }`"],
    ),
    (
        "mod = \"stats\"\nat = 101\nexists = true",
        &[
            "9:1 missing key `path`, which says where in the mod's state to look",
            "11:6 expected an integer from 0 to 100, found 101",
        ],
    ),
    (
        "mod = \"stats\"\npath = \"a..b\"\nwhere = {}\nat_least = \"1\"",
        &[
            "11:8 expected names between dots, such as `by_kind.haul`",
            "12:9 `where` goes with `event`, not with `mod`",
            "13:12 expected an integer from -9223372036854775808 to 9223372036854775807, found a string",
        ],
    ),
    (
        "hash_equals = { without_step = \"torn\" }",
        &["10:32 no step has the label `torn`"],
    ),
    (
        "world = \"colonists.alive\"\nevent = \"job_created\"\ncount = 1",
        &[
            "9:1 expected one subject, found several: `mod` with `path`, `world`, `event`, `failing_calls` or `hash_equals`",
        ],
    ),
];

#[test]
fn every_fault_of_an_expectation_is_reported() {
    for &(expectation, expected) in EXPECTATION_FAULTS {
        assert_eq!(
            messages(&with(&format!("[[expect]]\n{expectation}\n"))),
            expected,
            "{expectation}"
        );
    }
}

#[test]
fn every_fault_of_the_head_is_reported() {
    let rows: [(&str, &[&str]); 4] = [
        (
            "schema = 2\nname = \"x\"\nseed = -1\nticks = 10000001\n[mods]\nload = [\"a\", { id = \"A\" }, \"a\", 1, {}]\n",
            &[
                "1:10 expected an integer from 1 to 1, found 2",
                "3:8 expected an integer from 0 to 18446744073709551615, found -1",
                "4:9 expected an integer from 1 to 10000000, found 10000001",
                "6:21 `A` is not a mod id: expected a lowercase letter, then up to 63 lowercase letters, digits and underscores",
                "6:28 the mod `a` is listed twice",
                "6:33 expected a mod id or a table `{ id, version, from }`, found an integer",
                "6:36 missing key `id`",
            ],
        ),
        (
            "",
            &[
                "1:1 missing key `schema`",
                "1:1 missing key `name`",
                "1:1 missing key `seed`",
                "1:1 missing key `ticks`",
                "1:1 missing key `mods`",
            ],
        ),
        (
            "schema = 1\nname = \"x\"\nseed = 1\nticks = 1\nmods = { load = [] }\n[colony]\nmap = \"vally.txt\"\nsize = [1, 600]\ncolonists = 0\n",
            &[
                "7:7 there is no `scenarios/vally.txt`",
                "8:8 expected either `map` or `size`, found both: a map has its own size",
                "8:9 expected an integer from 8 to 512, found 1",
                "8:12 expected an integer from 8 to 512, found 600",
                "9:13 expected an integer from 1 to 100000, found 0",
            ],
        ),
        (
            "schema = 1\nname = \"x\nseed = \n",
            &[
                "2:10 invalid basic string, expected `\"`",
                "3:8 string values must be quoted, expected literal string",
            ],
        ),
    ];
    for (text, expected) in rows {
        assert_eq!(messages(text), expected, "{text}");
    }
}

#[test]
fn labels_and_saves_are_unique_and_in_order() {
    let text = with(
        "[[step]]\nat = 9\nload = \"b\"\n[[step]]\nat = 2\nlabel = \"l\"\nsave = \"a\"\n\
         [[step]]\nat = 3\nlabel = \"l\"\nload = \"a\"\n",
    );
    assert_eq!(
        messages(&text),
        [
            "11:1 no earlier step saves `b` (did you mean `a`?)",
            "19:1 two steps have the label `l`"
        ]
    );
}

#[test]
fn a_missing_scenario_is_named() {
    let folder = TestFolder::new(&[("winter.toml", b"")]);
    let faults =
        read_scenario(&folder.path().join("wintr.toml"), &VOCABULARY).expect_err("no file");
    let expected = "error: there is no `wintr.toml`\nhelp: did you mean `winter.toml`?\n";
    assert_eq!(folder.relative(&render(&faults, false)), expected);
}
