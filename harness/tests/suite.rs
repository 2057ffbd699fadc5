//! `colony-sim test` and `colony-sim review` as their users meet them, each in a process of its own and a folder of its own.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Output};

use tempfile::TempDir;

/// A scenario of 20 ticks that expects so many colonists, of which there are two.
fn scenario(name: &str, expected: u32, rest: &str) -> String {
    format!(
        r#"schema = 1
name = "{name}"
seed = 3
ticks = 20

[colony]
size = [32, 32]
colonists = 2
stock = {{ meal = 8 }}

[mods]
load = ["base"]

[[expect]]
world = "colonists.alive"
equals = {expected}

{rest}"#
    )
}

const SNAPSHOT: &str = "[snapshot]\nat = [5, 20]\ninclude = [\"colonists\", \"jobs\"]\n";

struct Project {
    folder: TempDir,
}

/// What a process did.
struct Done {
    code: i32,
    stdout: String,
    stderr: String,
}

impl Project {
    fn new(files: &[(&str, &str)]) -> Project {
        let project = Project {
            folder: tempfile::tempdir().unwrap(),
        };
        for (path, text) in files {
            project.write(path, text);
        }
        project
    }

    /// A good scenario `good` with snapshots, all accepted.
    fn accepted() -> Project {
        let project = Project::new(&[("scenarios/good.toml", &scenario("good", 2, SNAPSHOT))]);
        assert_eq!(project.test(&["--update"]).code, 0);
        project
    }

    fn path(&self, path: &str) -> std::path::PathBuf {
        self.folder.path().join(path)
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.path(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    fn read(&self, path: &str) -> String {
        std::fs::read_to_string(self.path(path)).unwrap()
    }

    /// Replaces text in a file that has it.
    fn edit(&self, path: &str, find: &str, replace: &str) {
        let text = self.read(path);
        assert!(text.contains(find), "{path} has no {find:?}:\n{text}");
        self.write(path, &text.replace(find, replace));
    }

    fn run(&self, folder: &str, arguments: &[&str], ci: Option<&str>) -> Done {
        let mut command = Command::new(env!("CARGO_BIN_EXE_colony-sim"));
        command.current_dir(self.path(folder)).args(arguments);
        match ci {
            Some(ci) => command.env("CI", ci),
            None => command.env_remove("CI"),
        };
        let Output {
            status,
            stdout,
            stderr,
        } = command.output().unwrap();
        Done {
            code: status.code().unwrap(),
            stdout: String::from_utf8(stdout).unwrap(),
            stderr: String::from_utf8(stderr).unwrap(),
        }
    }

    fn test(&self, arguments: &[&str]) -> Done {
        let arguments: Vec<&str> = ["test"].iter().chain(arguments).copied().collect();
        self.run(".", &arguments, None)
    }

    /// Every file and its content.
    fn files(&self) -> BTreeMap<String, Vec<u8>> {
        fn collect(folder: &Path, prefix: &str, files: &mut BTreeMap<String, Vec<u8>>) {
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                let name = format!("{prefix}{}", path.file_name().unwrap().to_str().unwrap());
                if path.is_dir() {
                    collect(&path, &format!("{name}/"), files);
                } else {
                    files.insert(name, std::fs::read(&path).unwrap());
                }
            }
        }
        let mut files = BTreeMap::new();
        collect(self.folder.path(), "", &mut files);
        files
    }

    /// The names of the files in `scenarios/snapshots`.
    fn snapshots(&self) -> Vec<String> {
        let prefix = "scenarios/snapshots/";
        let files = self.files().into_keys();
        files
            .filter_map(|file| file.strip_prefix(prefix).map(str::to_owned))
            .collect()
    }
}

impl Done {
    fn all(&self) -> String {
        format!("exit {}\n{}{}", self.code, self.stdout, self.stderr)
    }

    /// What it wrote without wall times.
    fn without_times(&self) -> String {
        let lines = self.stdout.lines().map(|line| {
            let line = match line.split_once(" ticks  ") {
                Some((case, rest)) => {
                    let detail = rest.split_once(" s").map_or("", |(_, detail)| detail);
                    format!("{case} ticks{detail}")
                }
                None => line.to_owned(),
            };
            match line.split_once(" in ") {
                Some((counts, _)) if line.contains("ticks/s") => counts.to_owned(),
                _ => line,
            }
        });
        lines.map(|line| line + "\n").collect()
    }
}

#[test]
fn cases_are_found_from_every_folder_of_a_project_with_and_without_its_file() {
    let good = scenario("good", 2, "");
    let project = Project::new(&[
        ("scenarios/good.toml", &good),
        ("scenarios/good/mod.toml", "not read"),
        ("mods/x/mod.toml", "not read"),
    ]);
    for folder in [".", "scenarios", "scenarios/good", "mods/x"] {
        let done = project.run(folder, &["test"], None);
        assert_eq!(done.code, 0, "{folder}: {}", done.all());
        assert!(
            done.stdout.starts_with(" PASS  good  20 ticks"),
            "{}",
            done.all()
        );
    }
    project.write(
        "colony.toml",
        "schema = 1\nengine = \"^0.1\"\nscenarios = [\"cases/*/*.toml\", \"single.toml\"]\n",
    );
    project.write("cases/a/one.toml", &good);
    project.write("cases/b/one.toml", &good);
    project.write("single.toml", &good);
    let done = project.run("cases/a", &["test", "--format", "json"], None);
    let report: serde_json::Value = serde_json::from_str(&done.stdout).unwrap();
    let names: Vec<&str> = report["cases"]
        .as_array()
        .unwrap()
        .iter()
        .map(|case| case["name"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["cases/a/one", "cases/b/one", "single"]);
    assert_eq!(report["cases"][0]["file"], "cases/a/one.toml");
}

#[test]
fn a_bad_project_file_is_shown_where_it_is_wrong() {
    let project = Project::new(&[
        ("scenarios/good.toml", &scenario("good", 2, "")),
        (
            "colony.toml",
            "schema = 2\nengine = \"^9\"\nscenarois = []\nmods = [\"/abs\"]\n",
        ),
    ]);
    for arguments in [&["test"][..], &["run", "scenarios/good.toml"]] {
        let done = project.run(".", arguments, None);
        assert_eq!(done.code, 3, "{}", done.all());
        for expected in [
            "colony.toml:1:10",
            "this is colony-sim 0.1.0, the project asks for ^9",
            "did you mean `scenarios`?",
            "expected a path relative to this file",
        ] {
            assert!(done.stderr.contains(expected), "{expected}: {}", done.all());
        }
    }
    project.write(
        "colony.toml",
        "schema = 1\nscenarios = [\"cases\", \"x/*.toml\"]\n",
    );
    let done = project.test(&[]);
    assert_eq!(done.code, 3);
    assert!(
        done.stderr.contains("there is no `cases`"),
        "{}",
        done.all()
    );
    assert!(
        done.stderr.contains("no file matches `x/*.toml`"),
        "{}",
        done.all()
    );
}

#[test]
fn the_first_folder_that_has_a_mod_wins_in_run_and_test() {
    let manifest = |version: &str| {
        format!(
            "id = \"a\"\nname = \"A\"\nversion = \"{version}\"\napi = \"^1\"\nentry = \"scripts/main.lua\"\n"
        )
    };
    let with_mod = scenario("good", 2, "").replace("[\"base\"]", "[\"base\", \"a\"]");
    let project = Project::new(&[
        (
            "colony.toml",
            "schema = 1\nmods = [\"first\", \"second\"]\n",
        ),
        ("first/a/mod.toml", &manifest("1.0.0")),
        ("first/a/scripts/main.lua", ""),
        ("second/a/mod.toml", &manifest("2.0.0")),
        ("second/a/scripts/main.lua", "error('no')"),
        ("scenarios/good.toml", &with_mod),
    ]);
    let done = project.run("scenarios", &["run", "good.toml"], None);
    assert_eq!(done.code, 0, "{}", done.all());
    assert!(done.stdout.contains("a 1.0.0"), "{}", done.all());
    assert_eq!(project.test(&[]).code, 0);
}

#[test]
fn a_missing_snapshot_fails_and_waits_and_each_mode_writes_what_it_says() {
    let good = scenario("good", 2, SNAPSHOT);
    let pending = ["good.trail.new", "good@20.snap.new", "good@5.snap.new"];
    let accepted = ["good.trail", "good@20.snap", "good@5.snap"];
    for (arguments, code, expected) in [
        (&[][..], 1, &pending[..]),
        (&["--update=none"], 1, &[]),
        (&["--update=hashes"], 1, &pending),
        (&["--update=new"], 0, &accepted),
        (&["--update=all"], 0, &accepted),
        (&["--update"], 0, &accepted),
    ] {
        let project = Project::new(&[("scenarios/good.toml", &good)]);
        let done = project.test(arguments);
        assert_eq!(done.code, code, "{arguments:?}: {}", done.all());
        assert_eq!(project.snapshots(), expected, "{arguments:?}");
        assert_eq!(project.read("scenarios/good.toml"), good);
    }
    let project = Project::accepted();
    let before = project.files();
    let done = project.test(&[]);
    assert_eq!(
        (done.code, project.files() == before),
        (0, true),
        "{}",
        done.all()
    );
    let text = project.read("scenarios/snapshots/good@5.snap");
    assert!(
        text.starts_with("---\nsource: scenarios/good.toml\nexpression: good after tick 5\n---\ntick: 5\n\n[colonists]\n"),
        "{text}"
    );
}

#[test]
fn a_snapshot_that_differs_is_told_and_each_mode_writes_what_it_says() {
    for (arguments, code, waits, replaced) in [
        (&[][..], 1, true, false),
        (&["--update=none"], 1, false, false),
        (&["--update=new"], 1, true, false),
        (&["--update=hashes"], 1, true, false),
        (&["--update=all"], 0, false, true),
    ] {
        let project = Project::accepted();
        let right = project.read("scenarios/snapshots/good@20.snap");
        project.edit(
            "scenarios/snapshots/good@20.snap",
            "health: 10000",
            "health: 7",
        );
        let wrong = project.read("scenarios/snapshots/good@20.snap");
        let done = project.test(arguments);
        assert_eq!(done.code, code, "{arguments:?}: {}", done.all());
        let now = project.read("scenarios/snapshots/good@20.snap");
        assert_eq!(
            now,
            if replaced { &right[..] } else { &wrong[..] },
            "{arguments:?}"
        );
        let pending = project.path("scenarios/snapshots/good@20.snap.new");
        assert_eq!(pending.exists(), waits, "{arguments:?}");
        if code == 1 {
            for expected in [
                "error: snapshot at tick 20 differs",
                "scenarios/good.toml:19:10",
                "colonists, colonist 1 (",
                "- health 7",
                "+ health 10000",
                "1 more line differs (--full-diff)",
                "help: if that is right: colony-sim review",
                "again: colony-sim test --failed",
            ] {
                assert!(done.stdout.contains(expected), "{expected}: {}", done.all());
            }
            let full = project.test(&["--full-diff"]);
            assert!(
                full.stdout.contains("- colonists, colonist 2 ("),
                "{}",
                full.all()
            );
        }
    }
}

#[test]
fn another_run_is_told_from_its_first_tick_on() {
    let project = Project::accepted();
    let step = "[[step]]\nat = 9\ncommand = { \"items.add\" = { item = \"wood\", count = 3, x = 16, y = 16 } }\n";
    project.write(
        "scenarios/good.toml",
        &scenario("good", 2, &format!("{step}\n{SNAPSHOT}")),
    );
    let done = project.test(&[]);
    assert_eq!(done.code, 1, "{}", done.all());
    assert!(done.stdout.contains("1 of 2 snapshots"), "{}", done.all());
    assert!(
        done.stdout.contains("first difference: tick 9, "),
        "{}",
        done.all()
    );
}

#[test]
fn hashes_alone_are_compared_within_one_version_of_the_rules() {
    let project = Project::accepted();
    let file = "scenarios/snapshots/good@20.snap";
    let right = project.read(file);
    let hash = right
        .lines()
        .find(|line| line.starts_with("jobs: "))
        .unwrap();
    project.edit(file, hash, "jobs: 00000000000000000000000000000000");
    let done = project.test(&[]);
    assert_eq!(done.code, 1, "{}", done.all());
    assert!(
        done.stdout.contains("differs in nothing but hashes"),
        "{}",
        done.all()
    );
    assert!(
        done.stdout.contains("hashes that differ: jobs"),
        "{}",
        done.all()
    );
    assert_eq!(project.test(&["--update=hashes"]).code, 0);
    assert_eq!(project.read(file), right);

    project.edit(file, hash, "jobs: 00000000000000000000000000000000");
    project.edit(file, "rules_version: 1", "rules_version: 0");
    assert_eq!(
        project.test(&[]).code,
        0,
        "hashes of other rules say nothing"
    );
    project.edit(file, "health: 10000", "health: 7");
    assert_eq!(project.test(&[]).code, 1, "facts count under any rules");
}

#[test]
fn line_ends_of_a_snapshot_do_not_count() {
    let project = Project::accepted();
    let file = "scenarios/snapshots/good@20.snap";
    project.edit(file, "\n", "\r\n");
    let done = project.test(&[]);
    assert_eq!(done.code, 0, "{}", done.all());
}

#[test]
fn damaged_files_are_named_and_written_again() {
    for (file, bytes, expected) in [
        ("good@20.snap", &b"garbage\xff"[..], "is not UTF-8"),
        ("good@20.snap", b"---\nsource: x\n", "is no snapshot"),
        ("good@20.snap", b"", "is no snapshot"),
        (
            "good@20.snap",
            b"---\nsource: x\n---\ntick: 20\n",
            "it has no `rules_version`",
        ),
        (
            "good.trail",
            b"garbage",
            "it does not begin as a trail does",
        ),
        (
            "good.trail",
            b"CSTRAIL\n\x09\x00",
            "it has format 9, expected 1",
        ),
        ("good.trail", b"CSTRAIL\n\x01\x00\xff", "it is damaged"),
    ] {
        let project = Project::accepted();
        let before = project.files();
        let path = format!("scenarios/snapshots/{file}");
        std::fs::write(project.path(&path), bytes).unwrap();
        let done = project.test(&[]);
        assert_eq!(done.code, 1, "{file} {expected}: {}", done.all());
        assert!(done.stdout.contains(expected), "{expected}: {}", done.all());
        assert!(done.stdout.contains(&path), "{expected}: {}", done.all());
        assert_eq!(project.test(&["--update"]).code, 0);
        let same = |(file, content): (&String, &Vec<u8>)| {
            file.starts_with(".colony") || before.get(file) == Some(content)
        };
        assert!(project.files().iter().all(same), "{file}: as it was");
    }
}

#[test]
fn orphans_are_told_and_only_an_update_of_everything_removes_them() {
    let project = Project::accepted();
    let snapshot = project.read("scenarios/snapshots/good@5.snap");
    for orphan in ["gone@5.snap", "good@6.snap", "gone.trail"] {
        project.write(&format!("scenarios/snapshots/{orphan}"), &snapshot);
    }
    project.write("scenarios/snapshots/notes.txt", "not ours");
    let done = project.test(&[]);
    assert_eq!(done.code, 0, "{}", done.all());
    assert_eq!(
        done.stderr.matches("warning: nothing asks for").count(),
        3,
        "{}",
        done.all()
    );
    let partial = project.test(&["-k", "good", "--update"]);
    assert!(!partial.stderr.contains("gone"), "{}", partial.all());
    assert_eq!(project.snapshots().len(), 7);
    assert_eq!(project.test(&["--update"]).code, 0);
    let left = ["good.trail", "good@20.snap", "good@5.snap", "notes.txt"];
    assert_eq!(project.snapshots(), left);
}

#[test]
fn nothing_is_written_where_ci_is_set() {
    let project = Project::new(&[
        ("scenarios/bad.toml", &scenario("bad", 3, "")),
        ("scenarios/good.toml", &scenario("good", 2, SNAPSHOT)),
        ("scenarios/snapshots/gone@5.snap", "an orphan"),
        (
            "scenarios/snapshots/good@5.snap.new",
            "---\nsource: x\n---\ntick: 5\n",
        ),
    ]);
    let before = project.files();
    let run = |arguments: &[&str], ci| project.run(".", arguments, Some(ci)).code;
    assert_eq!(run(&["test"], "true"), 1);
    assert_eq!(run(&["test", "--update=none"], "1"), 1);
    for update in [
        "--update",
        "--update=new",
        "--update=all",
        "--update=hashes",
    ] {
        let done = project.run(".", &["test", update], Some("true"));
        assert_eq!(done.code, 2, "{update}: {}", done.all());
        assert!(
            done.stderr.contains("nothing is written where CI is set"),
            "{}",
            done.all()
        );
    }
    assert_eq!(run(&["review", "--accept"], "true"), 2);
    assert_eq!(run(&["run", "scenarios/good.toml"], "true"), 1);
    assert!(project.files() == before, "the tree is as it was");
    assert_eq!(run(&["test", "--update", "-k", "good"], "false"), 0);
}

#[test]
fn run_compares_snapshots_and_writes_nothing() {
    let project = Project::accepted();
    let done = project.run(".", &["run", "scenarios/good.toml"], None);
    assert!(
        done.stdout
            .contains("1 of 1 passed · 2 of 2 snapshots match"),
        "{}",
        done.all()
    );
    project.edit(
        "scenarios/snapshots/good@20.snap",
        "health: 10000",
        "health: 7",
    );
    let before = project.files();
    let done = project.run(".", &["run", "scenarios/good.toml"], None);
    assert_eq!(done.code, 1);
    assert!(
        done.stdout.contains("1 of 2 snapshots match"),
        "{}",
        done.all()
    );
    assert!(project.files() == before);
}

/// Eight cases, of which `c` and `f` fail.
fn eight() -> Project {
    let project = Project::new(&[]);
    for name in ["a", "b", "c", "d", "e", "f", "g", "h"] {
        let expected = if ["c", "f"].contains(&name) { 3 } else { 2 };
        let file = format!("scenarios/case_{name}.toml");
        project.write(&file, &scenario(name, expected, ""));
    }
    project
}

#[test]
fn cases_are_chosen_and_the_failed_ones_are_remembered() {
    let project = eight();
    let passed = |done: &Done| {
        let line = done
            .stdout
            .lines()
            .find(|line| line.contains("ticks/s"))
            .unwrap();
        line.split(" · ").next().unwrap().to_owned()
    };
    assert_eq!(passed(&project.test(&["-k", "_a", "-k", "_b"])), "2 passed");
    let none = project.test(&["--failed"]);
    assert!(
        none.stderr.contains("nothing failed last time"),
        "{}",
        none.all()
    );
    assert_eq!(passed(&none), "6 passed, 2 failed");
    assert_eq!(passed(&project.test(&["--failed"])), "0 passed, 2 failed");
    assert_eq!(passed(&project.test(&["-k", "_a"])), "1 passed");
    assert_eq!(
        passed(&project.test(&["--failed"])),
        "0 passed, 2 failed",
        "others ran since"
    );
    project.write("scenarios/case_c.toml", &scenario("c", 2, ""));
    assert_eq!(passed(&project.test(&["--failed"])), "1 passed, 1 failed");
    assert_eq!(passed(&project.test(&["--failed"])), "0 passed, 1 failed");
    project.write(".colony/last_failed.json", "{");
    let broken = project.test(&["--failed"]);
    assert!(
        broken
            .stderr
            .contains("warning: cannot read `.colony/last_failed.json`"),
        "{}",
        broken.all()
    );
    assert_eq!(passed(&broken), "7 passed, 1 failed");

    let shards = ["1/3", "2/3", "3/3"].map(|shard| project.test(&["--shard", shard]));
    let counts = shards.each_ref().map(passed);
    assert_eq!(
        counts,
        ["3 passed", "3 passed", "1 passed, 1 failed"].map(str::to_owned)
    );
}

#[test]
fn the_number_of_threads_changes_nothing() {
    let project = eight();
    for format in ["text", "json", "junit", "github"] {
        for more in [&[][..], &["--fail-fast"]] {
            let [one, two, many] = ["1", "2", "8"].map(|jobs| {
                let arguments: Vec<&str> = [&["--format", format, "--jobs", jobs], more].concat();
                project.test(&arguments).without_times()
            });
            assert_eq!(one, two, "{format} {more:?}");
            assert_eq!(one, many, "{format} {more:?}");
        }
    }
    let fast = project.test(&["--fail-fast"]);
    assert!(
        fast.stdout.contains("2 passed, 1 failed, 5 not run"),
        "{}",
        fast.all()
    );
}

#[test]
fn exit_codes_are_those_of_the_table() {
    let project = eight();
    assert_eq!(project.test(&["-k", "_a"]).code, 0);
    assert_eq!(project.test(&[]).code, 1);
    for wrong in [
        &["missing.toml"][..],
        &["--shard", "3/2"],
        &["--jobs", "0"],
        &["--update=some"],
        &["--format", "xml"],
    ] {
        assert_eq!(project.test(wrong).code, 2, "{wrong:?}");
    }
    project.write("scenarios/invalid.toml", "schema = 1\n");
    assert_eq!(
        project.test(&[]).code,
        3,
        "an invalid scenario outweighs a failing one"
    );
    let nothing = project.test(&["-k", "case_j"]);
    assert_eq!(nothing.code, 4);
    assert!(
        nothing.stderr.contains("did you mean `case_a`?"),
        "{}",
        nothing.all()
    );
    assert_eq!(project.test(&["-k", "_a", "--shard", "2/2"]).code, 4);
    project.write("mods/m/mod.toml", "");
    assert_eq!(project.test(&["mods/m"]).code, 4);
    assert_eq!(Project::new(&[]).test(&[]).code, 4);
    let left_out = scenario("x", 2, "").replace("[\"base\"]", "[\"base\", \"m\"]");
    project.write("scenarios/left_out.toml", &left_out);
    assert_eq!(project.test(&["-k", "left_out"]).code, 3);
}

/// One of each: passing, failing, with a snapshot that differs, invalid.
fn one_of_each() -> Project {
    let project = Project::accepted();
    project.edit(
        "scenarios/snapshots/good@20.snap",
        "health: 10000",
        "health: 7",
    );
    project.write("scenarios/alright.toml", &scenario("alright", 2, ""));
    project.write("scenarios/bad.toml", &scenario("bad", 3, ""));
    project.write(
        "scenarios/invalid.toml",
        "schema = 1\nname = \"a, b: 50%\nticks = 4\n",
    );
    project
}

#[test]
fn every_format_tells_the_same() {
    for format in ["text", "json", "junit", "github"] {
        let project = one_of_each();
        let done = project.test(&["--format", format]);
        assert_eq!(done.code, 3, "{format}: {}", done.all());
        assert!(
            !done
                .stdout
                .contains(project.folder.path().to_str().unwrap())
        );
        insta::assert_snapshot!(format!("format_{format}"), done.without_times());
    }
}

#[test]
fn a_review_accepts_and_rejects_and_says_what_is_left() {
    let project = Project::new(&[("scenarios/good.toml", &scenario("good", 2, SNAPSHOT))]);
    let review = |arguments: &[&str]| {
        let arguments: Vec<&str> = ["review"].iter().chain(arguments).copied().collect();
        project.run(".", &arguments, None)
    };
    assert_eq!(review(&[]).code, 0, "nothing waits");
    assert_eq!(project.test(&[]).code, 1);
    let list = review(&[]);
    assert_eq!(list.code, 1);
    assert!(
        list.stdout
            .contains("scenarios/snapshots/good@5.snap is new\n+ tick: 5\n"),
        "{}",
        list.all()
    );
    assert!(list.stderr.contains("2 snapshots wait"), "{}", list.all());
    let wrong = review(&["--accept", "god@5"]);
    assert_eq!(wrong.code, 2);
    assert!(
        wrong.stderr.contains("did you mean `good@5`?"),
        "{}",
        wrong.all()
    );
    assert_eq!(review(&["--accept", "good@5"]).code, 0);
    assert_eq!(
        project.snapshots(),
        ["good.trail.new", "good@20.snap.new", "good@5.snap"]
    );
    assert_eq!(review(&["--accept", "good"]).code, 0);
    assert_eq!(
        project.snapshots(),
        ["good.trail", "good@20.snap", "good@5.snap"]
    );
    assert!(
        !project
            .read("scenarios/snapshots/good@5.snap")
            .contains("assertion_line")
    );
    let done = project.test(&[]);
    assert_eq!((done.code, done.stderr.as_str()), (0, ""), "{}", done.all());

    project.edit(
        "scenarios/snapshots/good@20.snap",
        "health: 10000",
        "health: 7",
    );
    let before = project.read("scenarios/snapshots/good@20.snap");
    assert_eq!(project.test(&[]).code, 1);
    assert_eq!(review(&["--reject"]).code, 0);
    assert_eq!(project.read("scenarios/snapshots/good@20.snap"), before);
    assert_eq!(
        project.snapshots(),
        ["good.trail", "good@20.snap", "good@5.snap"]
    );
}

/// Whoever wrote what is not as it should be is named with the line, in expectations as in snapshots.
#[test]
fn what_differs_says_who_wrote_it() {
    let manifest = "id = \"stamper\"\nname = \"Stamper\"\nversion = \"1.2.0\"\napi = \"^1\"\ncapabilities = [\"jobs.write\"]\n";
    let script = "colony.state.define({ stamps = { chop = 0 } })
colony.events.register(\"job_created\", function(event)
  if event.job.kind == \"chop\" then
    colony.storage.stamps.chop = colony.storage.stamps.chop + 1
    colony.jobs.set_priority(event.job.id, 9)
    if event.tick > 15 then error(\"too late: undone\") end
  end
end)
colony.time.every(\"order\", 10, function()
  local tile = colony.map.nearest(\"chop\", 1)[1]
  colony.jobs.designate(\"chop\", tile.x, tile.y)
end)
";
    let expect = "[[expect]]\nmod = \"stamper\"\npath = \"stamps.chop\"\nequals = 99\n\n[snapshot]\nat = [12]\ninclude = [\"jobs\", \"mods\"]\n";
    let scenario = scenario("good", 2, expect).replace("[\"base\"]", "[\"base\", \"stamper\"]");
    let project = Project::new(&[
        ("scenarios/good.toml", &scenario),
        ("mods/stamper/mod.toml", manifest),
        ("mods/stamper/scripts/main.lua", script),
    ]);
    let before = project.test(&["--update"]);
    let stamped = "`stamps.chop` was written by stamper 1.2.0, job_created, stamper/scripts/main.lua:4, at tick 10";
    assert!(before.stdout.contains(stamped), "{}", before.stdout);
    project.write(
        "mods/stamper/scripts/main.lua",
        &script.replace("id, 9)", "id, 2)"),
    );
    let after = project.test(&[]);
    let raised = "- priority 9\n     + priority 2\n = written by stamper 1.2.0, job_created, stamper/scripts/main.lua:5, at tick 10";
    assert!(after.stdout.contains(raised), "{}", after.stdout);
}
