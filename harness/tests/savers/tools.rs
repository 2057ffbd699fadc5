//! Editors and tools that people save with. One that is not there is said to be missing; `.ci/run` installs them.

use std::fs;
use std::process::Command;

use crate::session::{MAIN, Project, Session, manifest, options, script};

/// Whether a program is there. If not, its test says so and has nothing to test.
#[expect(clippy::print_stderr, reason = "a test that was skipped says so")]
fn has(program: &str) -> bool {
    let is_there = Command::new(program).arg("--version").output().is_ok();
    if !is_there {
        eprintln!("skipped: there is no `{program}` here");
    }
    is_there
}

/// Runs a program in the project's folder; it must succeed.
#[track_caller]
fn run(project: &Project, program: &str, arguments: &[&str]) {
    let output = Command::new(program)
        .args(arguments)
        .current_dir(project.path(""))
        .env("HOME", project.path(""))
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .output()
        .expect("a program that is there");
    assert!(
        output.status.success(),
        "{program} {arguments:?}: {output:?}"
    );
}

#[test]
fn vim() {
    if !has("vim") {
        return;
    }
    let mut session = Session::new();
    // Each way in which it keeps a copy of the old file, or none.
    let ways = [
        "set writebackup backupcopy=auto",
        "set writebackup backupcopy=yes",
        "set writebackup backupcopy=no",
        "set backup backupcopy=no",
        "set nowritebackup nobackup",
        "set noswapfile",
    ];
    let mut before = "one".to_owned();
    for (number, way) in ways.into_iter().enumerate() {
        let after = format!("v{number}");
        let change = format!("%s/\"{before}\"/\"{after}\"/");
        run(
            &session.project,
            "vim",
            &[
                "-u", "NONE", "-N", "-es", "-c", way, "-c", &change, "-c", "wq", MAIN,
            ],
        );
        let written = fs::read_to_string(session.project.path(MAIN)).expect("a file");
        assert_eq!(written, script(&after), "{way}");
        session.expect_one();
        before = after;
    }
}

#[test]
fn sed() {
    if !has("sed") {
        return;
    }
    let mut session = Session::new();
    run(&session.project, "sed", &["-i", "s/one/two/", MAIN]);
    session.expect_one();
    run(&session.project, "sed", &["-i.bak", "s/two/three/", MAIN]);
    session.expect_one();
    run(&session.project, "sed", &["-i", "s/nothing/else/", MAIN]);
    session.expect_none();
}

#[test]
fn rsync() {
    if !has("rsync") {
        return;
    }
    let mut session = Session::new();
    let copy = |session: &Session, options: &[&str]| {
        let arguments = [options, &["-a", "--delete", "elsewhere/", "mods/probe/"]];
        run(&session.project, "rsync", &arguments.concat());
    };
    session.project.write("elsewhere/mod.toml", &manifest(""));
    session
        .project
        .write("elsewhere/scripts/main.lua", &script("two"));
    session
        .project
        .write("elsewhere/scripts/deep/new.lua", "return 1\n");
    copy(&session, &[]);
    session.expect_one();
    session
        .project
        .write("elsewhere/scripts/main.lua", &script("longer"));
    fs::remove_dir_all(session.project.path("elsewhere/scripts/deep")).expect("a folder");
    copy(&session, &["--inplace"]);
    session.expect_one();
    copy(&session, &["--ignore-times"]);
    session.expect_none();
}

#[test]
fn git() {
    if !has("git") {
        return;
    }
    let project = Project::new("");
    let git = |project: &Project, arguments: &[&str]| {
        let common = [
            "-C",
            "mods/probe",
            "-c",
            "user.name=author",
            "-c",
            "user.email=author@example.com",
        ];
        run(project, "git", &[&common, arguments].concat());
    };
    git(&project, &["init", "--quiet", "--initial-branch=first"]);
    git(&project, &["add", "."]);
    git(&project, &["commit", "--quiet", "-m", "one"]);
    git(&project, &["checkout", "--quiet", "-b", "second"]);
    project.write(MAIN, &script("two"));
    project.write("mods/probe/scripts/deep/new.lua", "return 1\n");
    git(&project, &["add", "."]);
    git(&project, &["commit", "--quiet", "-m", "two"]);
    let mut session = Session::with(project, options());
    git(&session.project, &["checkout", "--quiet", "first"]);
    session.expect_one();
    git(&session.project, &["checkout", "--quiet", "second"]);
    session.expect_one();
    session.project.write(MAIN, &script("three"));
    git(&session.project, &["stash", "--quiet"]);
    session.expect_running(&[]);
    git(&session.project, &["stash", "pop", "--quiet"]);
    session.expect_one();
}
