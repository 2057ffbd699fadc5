//! Snapshots of scenarios as their authors meet them: written, compared, reviewed, damaged, and never touched in CI.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod project;

use project::*;

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
        done.stdout
            .contains("first difference: tick 9, ids and items; at tick 20, colonists, "),
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
    project.edit(
        file,
        &format!("rules_version: {}", sim::RULES_VERSION),
        "rules_version: 0",
    );
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

/// A scenario that the project does not list still has its snapshots.
#[test]
fn snapshots_of_a_scenario_that_is_not_listed_are_left_alone() {
    let project = Project::accepted();
    project.write("scenarios/other.toml", &scenario("other", 2, SNAPSHOT));
    assert_eq!(project.test(&["--update"]).code, 0);
    project.write(
        "colony.toml",
        "schema = 1\nscenarios = [\"scenarios/good.toml\"]\n",
    );
    let before = project.files();
    assert_eq!(project.test(&["--update"]).code, 0);
    let gone: Vec<&String> = before
        .keys()
        .filter(|path| !project.path(path).exists())
        .collect();
    assert_eq!(gone, [""; 0]);
}
