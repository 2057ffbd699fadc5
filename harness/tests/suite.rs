//! `colony-sim test` as its users meet it, in processes and folders of their own: which cases there are, which are run, and how
//! they are told.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod project;

use project::*;

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

/// Two files that are called alike are two cases, whatever the projects they lie in.
#[test]
fn cases_that_are_called_alike_are_all_run() {
    let project = Project::new(&[
        ("one/scenarios/same.toml", &scenario("same", 2, "")),
        ("two/scenarios/same.toml", &scenario("same", 3, "")),
    ]);
    let done = project.test(&["one/scenarios/same.toml", "two/scenarios/same.toml", "one"]);
    assert_eq!(done.code, 1, "{}", done.stdout);
    assert!(
        done.stdout.contains("1 passed, 1 failed"),
        "{}",
        done.stdout
    );
    assert!(
        done.stdout
            .contains(" FAIL  scenarios/same (two/scenarios/same.toml)"),
        "{}",
        done.stdout
    );
}
