//! Reading scenarios: the whole of one, its head, and how faults look.

mod expectations;
mod snapshots;
mod steps;

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
    event_fields: modding::api::fields_by_name,
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

#[test]
fn every_fault_of_the_head_is_reported() {
    let rows: [(&str, &[&str]); 4] = [
        (
            "schema = 2\nname = \"x\"\nseed = -1\nticks = 10000001\n[mods]\nload = [\"a\", { id = \"A\" }, \"a\", 1, {}]\n",
            &[
                "1:10 expected 1, found 2",
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
            "schema = 1\nname = \"x\"\nseed = 1\nticks = 1\nmods = { load = [] }\n[colony]\nmap = \"vally.txt\"\nsize = [1, 6000]\ncolonists = 0\n",
            &[
                "7:7 there is no `scenarios/vally.txt`",
                "8:8 expected either `map` or `size`, found both: a map has its own size",
                "8:9 expected an integer from 8 to 1024, found 1",
                "8:12 expected an integer from 8 to 1024, found 6000",
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
fn a_missing_scenario_is_named() {
    let folder = TestFolder::new(&[("winter.toml", b"")]);
    let faults =
        read_scenario(&folder.path().join("wintr.toml"), &VOCABULARY).expect_err("no file");
    let expected = "error: there is no `wintr.toml`\nhelp: did you mean `winter.toml`?\n";
    assert_eq!(folder.relative(&render(&faults, false)), expected);
}
