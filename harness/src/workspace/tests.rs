use super::test_folder::TestFolder;
use super::*;
use crate::report::source::render;
use crate::scenario::{Vocabulary, read_scenario};

const VOCABULARY: Vocabulary<'_> = Vocabulary {
    events: &[],
    commands: &[],
    stages: &["parse"],
    outcomes: &[],
    reload_types: &[],
    priorities: &["low", "normal", "high", "critical"],
    event_fields: |_| Vec::new(),
    check_query: |_| Ok(()),
};

const MAIN: &str = "local function on_job_created(event)\r\n  if event.job.priority >= 8 then\r\n    größe = größe + 1\r\n  end\r\nend\r\n";

/// A project with the mod `stats` and what a row adds.
fn project(rest: &str) -> TestFolder {
    let scenario = format!(
        "schema = 1\nname = \"x\"\nseed = 1\nticks = 100\nmods = {{ load = [\"base\", \"stats\"] }}\n{rest}"
    );
    TestFolder::new(&[
        ("scenarios/x.toml", scenario.as_bytes()),
        ("scenarios/two/mod.toml", b"two"),
        ("scenarios/two/scripts/new.lua", b"new"),
        ("mods/stats/mod.toml", b"one"),
        ("mods/stats/scripts/main.lua", MAIN.as_bytes()),
        ("mods/stats/scripts/lib/tally.lua", b"aaa"),
    ])
}

fn builtin() -> BTreeMap<String, Files> {
    [(
        "base".to_owned(),
        [("mod.toml".to_owned(), b"id".to_vec())].into(),
    )]
    .into()
}

fn load(folder: &TestFolder) -> (Scenario, Result<Workspace, Vec<Fault>>) {
    let scenario = read_scenario(&folder.path().join("scenarios/x.toml"), &VOCABULARY)
        .expect("a good scenario");
    let workspace = Workspace::load(
        &scenario,
        &ModLibrary::new(vec![folder.path().join("mods")], builtin()),
    );
    (scenario, workspace)
}

fn id(name: &str) -> ModId {
    ModId::parse(name).expect("an id")
}

/// The files of `stats` after all steps, or the rendered faults of the dry run.
fn after(rest: &str) -> Result<BTreeMap<String, String>, String> {
    let folder = project(rest);
    let (scenario, workspace) = load(&folder);
    let mut workspace = workspace.expect("good mods");
    workspace
        .dry_run(&scenario)
        .map_err(|faults| folder.relative(&render(&faults, false)))?;
    for step in &scenario.steps {
        workspace
            .change_files(&step.action)
            .expect("what the dry run could do");
    }
    let bundle = workspace.bundle(&id("stats")).expect("a mod");
    let text = |path| {
        bundle
            .text(path)
            .expect("a file")
            .expect("UTF-8")
            .to_string()
    };
    Ok(bundle
        .paths()
        .map(|path| (path.to_owned(), text(path)))
        .collect())
}

fn step(action: &str) -> String {
    format!("[[step]]\nat = 1\n{action}\n")
}

#[test]
fn changes_do_what_they_say() {
    let main = MAIN.replace("\r\n", "\n");
    let start: &[(&str, &str)] = &[
        ("mod.toml", "one"),
        ("scripts/lib/tally.lua", "aaa"),
        ("scripts/main.lua", &main),
    ];
    let edited = main.replace("größe +", "größe -");
    let rows: [(String, &[(&str, &str)]); 9] = [
        (String::new(), start),
        (
            step(
                "edit = { file = \"stats/scripts/main.lua\", find = \"größe +\", replace = \"größe -\" }",
            ),
            &[start[0], start[1], ("scripts/main.lua", &edited)],
        ),
        (
            step("write = { file = \"stats/a/b.lua\", text = \"x\" }"),
            &[("a/b.lua", "x"), start[0], start[1], start[2]],
        ),
        (
            step("truncate = { file = \"stats/mod.toml\", bytes = 2 }"),
            &[("mod.toml", "on"), start[1], start[2]],
        ),
        (step("delete = { file = \"stats/mod.toml\" }"), &start[1..]),
        (
            step("copy = { from = \"two\", to = \"stats\" }"),
            &[("mod.toml", "two"), ("scripts/new.lua", "new")],
        ),
        (
            step("copy = { from = \"two/scripts\", to = \"stats/scripts\" }"),
            &[start[0], ("scripts/new.lua", "new")],
        ),
        (
            step("rename = { from = \"stats/scripts\", to = \"stats/code\" }"),
            &[
                ("code/lib/tally.lua", "aaa"),
                ("code/main.lua", &main),
                start[0],
            ],
        ),
        (
            step("config = { mod = \"stats\", set = { boost = 2 } }"),
            &[("config.toml", "boost = 2\n"), start[0], start[1], start[2]],
        ),
    ];
    for (rest, expected) in rows {
        let expected = expected
            .iter()
            .map(|(path, text)| ((*path).to_owned(), (*text).to_owned()))
            .collect();
        assert_eq!(after(&rest), Ok(expected), "{rest}");
    }
}

#[test]
fn a_change_that_cannot_be_made_says_why() {
    let rows = [
        (
            "truncate = { file = \"stats/mod.toml\", bytes = 3 }",
            "`stats/mod.toml` has 3 bytes, expected more than 3",
        ),
        (
            "delete = { file = \"stats/mod.tom\" }",
            "there is no `stats/mod.tom`",
        ),
        (
            "delete = { file = \"stats/scripts\" }",
            "there is no `stats/scripts`",
        ),
        (
            "write = { file = \"stats/scripts\", text = \"\" }",
            "`stats/scripts` is a folder, expected a file",
        ),
        (
            "write = { file = \"stats/mod.toml/x\", text = \"\" }",
            "`stats/mod.toml` is a file, expected a folder for `stats/mod.toml/x`",
        ),
        (
            "rename = { from = \"stats/mod.toml\", to = \"stats/scripts\" }",
            "`stats/scripts` exists already, expected a new name",
        ),
        (
            "edit = { file = \"stats/scripts/lib/tally.lua\", find = \"aa\", replace = \"b\" }",
            "expected the text to find once in `stats/scripts/lib/tally.lua`, found it on the lines 1, 1",
        ),
    ];
    for (action, expected) in rows {
        let rendered = after(&step(action)).expect_err(action);
        assert_eq!(
            rendered.lines().next(),
            Some(format!("error: {expected}").as_str()),
            "{action}"
        );
        assert!(rendered.contains("--> scenarios/x.toml:8:"), "{rendered}");
    }
}

#[test]
fn text_that_is_not_found_shows_the_nearest_lines() {
    let action = "edit = { file = \"stats/scripts/main.lua\", find = \"if event.job.prority > 8 then\", replace = \"\" }";
    let expected = "\
error: the text to find is not in `stats/scripts/main.lua`
 --> scenarios/x.toml:8:50
  |
8 | edit = { file = \"stats/scripts/main.lua\", find = \"if event.job.prority > 8 then\", replace = \"\" }
  |                                                  ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
  |
help: the nearest lines are
         2 |   if event.job.priority >= 8 then
";
    assert_eq!(after(&step(action)), Err(expected.to_owned()));
}

#[test]
fn a_patch_that_does_not_fit_shows_the_nearest_lines() {
    let action = "patch = { file = \"stats/scripts/main.lua\", diff = \"--- a\\n+++ b\\n@@ -2 +2 @@\\n-  if event.job.prority >= 8 then\\n+  if true then\\n\" }";
    let rendered = after(&step(action)).unwrap_err();
    let expected = "\
help: make it anew from the file as it is at this tick; the nearest lines are
         2 |   if event.job.priority >= 8 then
";
    assert!(rendered.ends_with(expected), "{rendered}");
}

#[test]
fn the_dry_run_finds_every_step_that_fails_and_a_failed_batch_changes_nothing() {
    let rest = [
        step(
            "batch = [{ delete = { file = \"stats/mod.toml\" } }, { delete = { file = \"stats/none\" } }]",
        ),
        step("delete = { file = \"stats/mod.toml\" }"),
        step(
            "fault = { stage = \"parse\", mod = \"stats\", during = { delete = { file = \"stats/mod.toml\" } } }",
        ),
    ];
    let rendered = after(&rest.concat()).expect_err("two faults");
    let errors: Vec<&str> = rendered
        .lines()
        .filter(|line| line.starts_with("error"))
        .collect();
    assert_eq!(
        errors,
        [
            "error: there is no `stats/none`",
            "error: there is no `stats/mod.toml`"
        ]
    );
}

#[test]
fn the_workspace_names_the_mods_that_changed_and_leaves_the_disk_alone() {
    let folder = project(&step(
        "rename = { from = \"stats/mod.toml\", to = \"base/other.toml\" }",
    ));
    let (scenario, workspace) = load(&folder);
    let mut workspace = workspace.expect("good mods");
    let Action::Files(actions) = &scenario.steps[0].action else {
        panic!("expected files, found {:?}", scenario.steps[0].action);
    };
    let touched = workspace.apply(actions).expect("a rename");
    assert_eq!(touched, [id("base"), id("stats")].into());
    let base = workspace.bundle(&id("base")).expect("a mod");
    assert_eq!(base.paths().collect::<Vec<_>>(), ["mod.toml", "other.toml"]);
    assert_eq!(
        std::fs::read(folder.path().join("mods/stats/mod.toml")).expect("still there"),
        b"one"
    );
    assert_eq!(workspace.known_mods(), [id("base"), id("stats")].into());
}

#[test]
fn a_mod_that_does_not_exist_is_reported_with_the_nearest() {
    let folder = project("");
    folder.write(
        "scenarios/x.toml",
        b"schema = 1\nname = \"x\"\nseed = 1\nticks = 1\nmods = { load = [\"bse\", \"statz\", \"zzz\", { id = \"two\", from = \"twoo\" }] }\n",
    );
    let faults = load(&folder).1.expect_err("no such mods");
    let expected = "\
error: there is no mod `bse` in `mods`
 --> scenarios/x.toml:5:18
  |
5 | mods = { load = [\"bse\", \"statz\", \"zzz\", { id = \"two\", from = \"twoo\" }] }
  |                  ^^^^^
  |
help: did you mean `base`?

error: there is no mod `statz` in `mods`
 --> scenarios/x.toml:5:25
  |
5 | mods = { load = [\"bse\", \"statz\", \"zzz\", { id = \"two\", from = \"twoo\" }] }
  |                         ^^^^^^^
  |
help: did you mean `stats`?

error: there is no mod `zzz` in `mods`
 --> scenarios/x.toml:5:34
  |
5 | mods = { load = [\"bse\", \"statz\", \"zzz\", { id = \"two\", from = \"twoo\" }] }
  |                                  ^^^^^
  |
help: known here: base, stats

error: there is no `twoo`
 --> scenarios/x.toml:5:41
  |
5 | mods = { load = [\"bse\", \"statz\", \"zzz\", { id = \"two\", from = \"twoo\" }] }
  |                                         ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
  |
help: did you mean `two`?
";
    assert_eq!(folder.relative(&render(&faults, false)), expected);
}

#[cfg(unix)]
#[test]
fn links_out_of_the_mod_and_names_that_are_not_utf8_are_refused() {
    // seed-corrections 3, 10
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;
    use std::os::unix::fs::symlink;

    let folder = project("");
    let scripts = folder.path().join("mods/stats/scripts");
    symlink("main.lua", scripts.join("inside.lua")).expect("a link");
    assert_eq!(
        load(&folder)
            .1
            .expect("links inside are files")
            .bundle(&id("stats"))
            .expect("a mod")
            .paths()
            .count(),
        4
    );

    symlink("../../../scenarios/x.toml", scripts.join("outside.lua")).expect("a link");
    symlink("..", scripts.join("loop")).expect("a link");
    std::fs::write(scripts.join(OsStr::from_bytes(b"bad\xFF.lua")), "").expect("a file");
    let faults = load(&folder).1.expect_err("three faults");
    let messages: Vec<&str> = faults.iter().map(|fault| fault.message.as_str()).collect();
    assert_eq!(
        messages,
        [
            "the name `stats/scripts/bad\u{FFFD}.lua` is not UTF-8",
            "expected `stats/scripts/loop` to be a file or a folder, found a link or device",
            "the link `stats/scripts/outside.lua` leads out of `stats`",
        ]
    );
}

#[cfg(unix)]
#[test]
fn what_lies_beside_the_files_of_a_mod_is_not_looked_at() {
    use std::ffi::OsStr;
    use std::fs::File;
    use std::os::unix::ffi::OsStrExt;
    use std::os::unix::fs::symlink;

    let folder = project("");
    folder.write(
        "mods/stats/mod.toml",
        b"[hot_reload]\nignore_patterns = [\"art/*\"]\n",
    );
    let stats = folder.path().join("mods/stats");
    let picture = File::create(stats.join("scripts/map.png")).expect("a file");
    picture.set_len(disk::FILE_BYTES_MAX + 1).expect("a size");
    std::fs::write(stats.join(OsStr::from_bytes(b"bad\xFF.txt")), "").expect("a file");
    symlink("../../../scenarios", stats.join("art")).expect("a link");
    symlink("../../scenarios/x.toml", stats.join("notes.txt")).expect("a link");
    let bundle = load(&folder).1.expect("a mod").bundle(&id("stats"));
    let paths: Vec<String> = bundle.expect("files").paths().map(str::to_owned).collect();
    let expected = ["mod.toml", "scripts/lib/tally.lua", "scripts/main.lua"];
    assert_eq!(paths, expected);
}
