//! Folders that come and go, links, and names.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::symlink;
use std::thread::sleep;
use std::time::Duration;

use harness::watcher::{Settled, WatchedMod, Watcher};

use crate::session::{LIBRARY_MANIFEST, MAIN, Project, Session, id, manifest, options, script};

#[test]
fn a_new_folder_in_a_new_folder() {
    let mut session = Session::new();
    let path = "mods/probe/scripts/a/b/c/new.lua";
    session.project.write(path, "return 1\n");
    session.expect_one();
    // Folders that were made after the watching began are watched as well.
    session.project.write(path, "return 2\n");
    session.expect_one();
}

#[test]
fn a_folder_moved_in_and_out() {
    let mut session = Session::new();
    session
        .project
        .write("elsewhere/deep/new.lua", "return 1\n");
    session
        .project
        .rename("elsewhere", "mods/probe/scripts/inside");
    session.expect_one();
    session
        .project
        .write("mods/probe/scripts/inside/deep/new.lua", "return 2\n");
    session.expect_one();
    session
        .project
        .rename("mods/probe/scripts/inside", "elsewhere");
    session.expect_one();
    session
        .project
        .write("elsewhere/deep/new.lua", "return 3\n");
    session.expect_none();
}

#[test]
fn the_mod_removed_and_created_again() {
    let mut session = Session::new();
    fs::remove_dir_all(session.project.path("mods/probe")).expect("a folder");
    sleep(Duration::from_millis(100));
    session.project.write("mods/probe/mod.toml", &manifest(""));
    session.project.write(MAIN, &script("two"));
    session.expect_one();
    session.project.write(MAIN, &script("three"));
    session.expect_one();
}

#[test]
fn the_mod_away_for_longer() {
    let mut session = Session::new();
    session.project.rename("mods/probe", "mods/away");
    session.expect(&["rolled back probe: settle: the folder `./mods/probe` of probe is gone"]);
    session.project.write("mods/away/scripts/main.lua", "two");
    session.project.rename("mods/away", "mods/probe");
    session.expect(&[
        "rolled back probe: parse: incomplete statement: expected assignment or a function call",
    ]);
    session.project.write(MAIN, &script("two"));
    session.expect_one();
}

#[test]
fn the_folder_of_all_mods_away() {
    let mut session = Session::new();
    session.project.rename("mods", "away");
    session.expect(&[
        "rolled back library+probe: settle: the folder `./mods/library` of library is gone",
    ]);
    session.project.rename("away", "mods");
    session.expect_running(&["ignored library", "ignored probe"]);
    session.project.write(MAIN, &script("two"));
    session.expect_one();
}

#[test]
fn a_folder_above_the_mods_replaced_by_another() {
    let project = Project::new("");
    project.rename("mods", "first");
    symlink("first", project.path("mods")).expect("a link");
    project.write("second/probe/mod.toml", &manifest(""));
    project.write("second/probe/scripts/main.lua", &script("two"));
    project.write("second/library/mod.toml", LIBRARY_MANIFEST);
    project.write("second/library/scripts/main.lua", &script("one"));
    let mut session = Session::with(project, options());
    symlink("second", session.project.path("new")).expect("a link");
    session.project.rename("new", "mods");
    session.expect_one();
    session.project.write(MAIN, &script("three"));
    session.expect_one();
}

#[test]
fn a_mod_that_is_not_there_yet() {
    let project = Project::new("");
    let watched = WatchedMod {
        mod_id: id("late"),
        folder: project.path("mods/late"),
    };
    let twice = vec![watched.clone(), watched.clone()];
    let fault = Watcher::new(twice, options()).expect_err("a mod named twice");
    assert_eq!(fault.message, "late is watched twice");

    let mut watcher = Watcher::new(vec![watched], options()).expect("a watcher");
    let missing = wait(&mut watcher).bundle.expect_err("no folder");
    assert!(missing[0].message.ends_with("/mods/late` of late is gone"));
    project.write("mods/late/scripts/main.lua", &script("one"));
    let bundle = wait(&mut watcher).bundle.expect("a folder");
    assert_eq!(bundle, project.bundle("late"));
}

fn wait(watcher: &mut Watcher) -> Settled {
    let mut settled = watcher.wait(Duration::from_secs(60));
    assert_eq!(settled.len(), 1, "{settled:?}");
    settled.remove(0)
}

#[test]
fn a_mod_whose_folder_is_a_link_to_another() {
    let project = Project::new("");
    project.rename("mods/probe", "first");
    project.write("second/mod.toml", &manifest(""));
    project.write("second/scripts/main.lua", &script("two"));
    symlink("../first", project.path("mods/probe")).expect("a link");
    let mut session = Session::with(project, options());
    session
        .project
        .write("first/scripts/main.lua", &script("b"));
    session.expect_one();
    symlink("../second", session.project.path("mods/link")).expect("a link");
    session.project.rename("mods/link", "mods/probe");
    session.expect_one();
    session
        .project
        .write("second/scripts/main.lua", &script("c"));
    session.expect_one();
}

#[test]
fn a_link_turned_to_another_file_and_out_of_the_mod() {
    // seed-corrections 10
    let project = Project::new("");
    project.write("mods/probe/scripts/a.lua", "return 1\n");
    project.write("mods/probe/scripts/b.lua", "return 2\n");
    project.write("outside.lua", "return 3\n");
    let link = project.path("mods/probe/scripts/link.lua");
    symlink("a.lua", &link).expect("a link");
    let mut session = Session::with(project, options());
    let turn = |target: &str| {
        let new = link.with_extension("new");
        symlink(target, &new).expect("a link");
        fs::rename(&new, &link).expect("a rename");
    };
    turn("b.lua");
    session.expect_one();
    turn("../../../outside.lua");
    session.expect(&[
        "rolled back probe: settle: the link `probe/scripts/link.lua` leads out of `probe`",
    ]);
    turn("b.lua");
    session.expect_running(&["ignored probe"]);
}

#[test]
fn a_name_that_changes_only_its_case() {
    let project = Project::new("");
    project.write("mods/probe/scripts/Extra.lua", "return 1\n");
    let mut session = Session::with(project, options());
    session.project.rename(
        "mods/probe/scripts/Extra.lua",
        "mods/probe/scripts/extra.lua",
    );
    session.expect_one();
    let bundle = session.project.bundle("probe");
    assert_eq!(
        bundle.paths().collect::<Vec<_>>(),
        ["mod.toml", "scripts/extra.lua", "scripts/main.lua"]
    );
}

#[test]
fn a_name_that_is_not_utf8() {
    // seed-corrections 3
    let mut session = Session::new();
    let scripts = session.project.path("mods/probe/scripts");
    let bad = scripts.join(OsStr::from_bytes(b"bad\xFF.lua"));
    fs::write(&bad, "return 1\n").expect("a file");
    session.expect(&[
        "rolled back probe: settle: the name `probe/scripts/bad\u{FFFD}.lua` is not UTF-8",
    ]);
    fs::remove_file(&bad).expect("a file");
    session.expect_running(&["ignored probe"]);
    // No file of a mod.
    fs::write(scripts.join(OsStr::from_bytes(b"bad\xFF.png")), "").expect("a file");
    session.expect_none();
}

#[test]
fn files_that_are_too_large() {
    // seed-corrections 6, 49
    let project = Project::new("[hot_reload]\nmax_file_size = 300\n");
    let mut session = Session::with(project, options());
    let size = 301;
    session.project.write(MAIN, &" ".repeat(size));
    session.expect(&[
        "rolled back probe: settle: `probe/scripts/main.lua` has 301 bytes, expected at most 300 (`max_file_size` in [hot_reload])",
    ]);
    session.project.write(MAIN, &script("two"));
    session.expect_one();
    // What is no file of the mod may be as large as it likes.
    let picture = File::create(session.project.path("mods/probe/picture.png")).expect("a file");
    picture.set_len(50 * 1024 * 1024).expect("a hole");
    session.expect_none();
}

#[test]
fn files_that_are_ignored() {
    // seed-corrections 2, 5
    let project =
        Project::new("[hot_reload]\nignore_patterns = [\"*.tmp\", \"target/*\", \"drafts/*\"]\n");
    let mut session = Session::with(project, options());
    for path in [
        "main.lua.tmp",
        "target/debug/deep/build.lua",
        "drafts/idea.lua",
        ".git/index.lua",
        ".main.lua.swp",
        "scripts/.hidden.lua",
        "README",
        "scripts/4913",
        "picture.png",
    ] {
        session.project.write(&format!("mods/probe/{path}"), "x");
    }
    symlink("/", session.project.path("mods/probe/target/root")).expect("a link");
    session.expect_none();
}

#[test]
fn a_mod_that_is_not_watched_in_depth() {
    // seed-corrections 6
    let project = Project::new("[hot_reload]\nwatch_subdirectories = false\n");
    let mut session = Session::with(project, options());
    session.project.write(MAIN, &script("two"));
    session.expect(&[]);
    // What is reloaded for another reason is all that is there.
    session
        .project
        .write("mods/probe/config.toml", "# nothing\n");
    session.expect_one();
}
