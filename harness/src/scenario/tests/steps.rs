//! Reading the steps of scenarios.

use super::*;

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
        &["11:1 unknown key `svae` (did you mean `save`?)"],
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
