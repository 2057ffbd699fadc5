//! What becomes of a mod that breaks, is repaired, changes again, or never rests.

use std::fs::OpenOptions;
use std::io::Write;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use harness::watcher::{Notice, WatchedMod, WatcherOptions};

use crate::session::{LIBRARY, MAIN, Project, Session, id, manifest, options, script};

const MANIFEST: &str = "mods/probe/mod.toml";

const BROKEN: &str =
    "rolled back probe: parse: incomplete statement: expected assignment or a function call";

#[test]
fn broken_repaired_broken() {
    // seed-corrections 46
    let mut session = Session::new();
    session.project.write(MAIN, "broken");
    session.expect(&[BROKEN]);
    session.project.write(MAIN, "broken");
    session.expect(&[]);
    session.project.write(MAIN, &script("two"));
    session.expect_one();
    session.project.write(MAIN, "broken");
    session.expect(&[BROKEN]);
    // Repaired by going back to what runs, which is no reload but an end of the fault.
    session.project.write(MAIN, &script("two"));
    session.expect_running(&["ignored probe"]);
    session.project.write(MAIN, "broken");
    session.expect(&[BROKEN]);
}

#[test]
fn the_manifest_removed_and_restored() {
    let mut session = Session::new();
    session.project.remove("mods/probe/mod.toml");
    session.expect(&["rolled back probe: plan: the mod folder `probe` has no `mod.toml`"]);
    session.project.write("mods/probe/mod.toml", &manifest(""));
    session.expect_running(&["ignored probe"]);
    session.project.write(MAIN, &script("two"));
    session.expect_one();
}

#[test]
fn what_a_refused_manifest_asks_for_does_not_end_the_watching() {
    for key in [
        "watch_mod_directory = false",
        "watch_subdirectories = false",
        "debounce_delay = 60000",
    ] {
        let mut session = Session::new();
        let asks = format!("[hot_reload]\n{key}\n");
        session.project.write(MANIFEST, &manifest(&asks));
        session.project.write(MAIN, "broken");
        session.expect(&[BROKEN]);
        session.project.write(MAIN, &script("two"));
        session.expect_one();
    }
}

#[test]
fn the_manifest_of_a_mod_that_is_not_watched() {
    for force_polling in [false, true] {
        let options = WatcherOptions {
            force_polling,
            ..options()
        };
        let mut session = Session::with(Project::new(""), options);
        let asks = "[hot_reload]\nwatch_mod_directory = false\n";
        session.project.write(MANIFEST, &manifest(asks));
        session.expect_one();
        session.project.write(MAIN, &script("two"));
        session.expect(&[]);
        // What changed meanwhile comes with it.
        let asks = "[hot_reload]\nwatch_subdirectories = false\n";
        session.project.write(MANIFEST, &manifest(asks));
        session.expect_one();
        session.project.write(MAIN, &script("three"));
        session.expect(&[]);
        session.project.write(MANIFEST, &manifest(""));
        session.expect_one();
        session.project.write(MAIN, &script("four"));
        session.expect_one();
    }
}

#[test]
fn an_edit_during_a_reload() {
    let mut session = Session::new();
    session.project.write(MAIN, &script("two"));
    let settled = loop {
        let settled = session.watcher.wait(Duration::from_secs(60));
        if !settled.is_empty() {
            break settled;
        }
    };
    // The files of the reload have been read: this is not part of it, and not lost.
    session.project.write(MAIN, &script("three"));
    session.reload(settled);
    session.expect_running(&["committed probe", "committed probe"]);
}

#[test]
fn a_mod_that_asks_for_a_longer_wait() {
    // seed-corrections 6, 49
    let project = Project::new("[hot_reload]\ndebounce_delay = 6000\n");
    let mut session = Session::with(project, options());
    for version in ["two", "three", "four"] {
        session.project.write(MAIN, &script(version));
        // Longer than it would be waited for otherwise.
        session.step(2 * options().quiet_after_close);
    }
    session.expect_one();
}

#[test]
fn an_edit_before_the_watching_began() {
    let project = Project::new("");
    let mut session = Session::with(project, options());
    let other = Project::new("");
    other.write("mods/probe/scripts/main.lua", &script("two"));
    // The run has read other content than the watcher found.
    session.watcher.add(WatchedMod {
        mod_id: id("probe"),
        folder: other.path("mods/probe"),
    });
    let running = session.project.bundle("probe").hash();
    session.watcher.note_running(&id("probe"), running);
    session.expect(&["committed probe"]);
    session.watcher.remove(&id("probe"));
    other.write("mods/probe/scripts/main.lua", &script("three"));
    session.expect(&[]);
}

#[test]
fn a_writer_that_never_rests() {
    let short = WatcherOptions {
        wait_max: Duration::from_secs(2),
        ..options()
    };
    let mut session = Session::with(Project::new(""), short);
    let path = session.project.path("mods/probe/scripts/noise.lua");
    let must_stop = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            let mut file = OpenOptions::new()
                .create(true)
                .append(true)
                .open(&path)
                .expect("a file");
            while !must_stop.load(Ordering::Relaxed) {
                file.write_all(b"-- and on\n").expect("a write");
                thread::sleep(Duration::from_millis(20));
            }
        });
        // What is there comes although it is still written, and nobody else has to wait for the end.
        session.until("a reload at the cap", |session| {
            !session.outcomes.is_empty()
        });
        session.project.write(LIBRARY, &script("two"));
        session.until("a reload of the other mod", |session| {
            let is_other = |outcome: &String| outcome.contains("library");
            session.outcomes.iter().any(is_other)
        });
        must_stop.store(true, Ordering::Relaxed);
    });
    session.rest();
    let outcomes = std::mem::take(&mut session.outcomes);
    assert!(outcomes.len() >= 2, "{outcomes:?}");
    assert!(
        outcomes
            .iter()
            .all(|outcome| outcome.starts_with("committed")),
        "{outcomes:?}"
    );
    let is_still_written = |notice: &Notice| matches!(notice, Notice::StillWritten { mod_id, .. } if *mod_id == id("probe"));
    assert!(
        session.notices.iter().any(is_still_written),
        "{:?}",
        session.notices
    );
    // And its last words arrive.
    session.expect_running(&[]);
}

#[test]
fn where_the_system_tells_nothing_the_files_are_looked_at() {
    let polling = WatcherOptions {
        force_polling: true,
        ..options()
    };
    let mut session = Session::with(Project::new(""), polling);
    session.rest();
    assert_eq!(
        session.notices,
        [Notice::Polling {
            reason: "polling was asked for".to_owned(),
            interval: polling.poll_interval,
        }]
    );
    session.project.write(MAIN, &script("two"));
    session.project.write(LIBRARY, &script("two"));
    session.expect_running(&["committed library+probe"]);
    session
        .project
        .write("mods/probe/scripts/a/b.lua", "return 1\n");
    session.expect_one();
    session.project.rename("mods/probe", "mods/away");
    session.expect(&["rolled back probe: settle: the folder `./mods/probe` of probe is gone"]);
    session.project.rename("mods/away", "mods/probe");
    session.expect_running(&["ignored probe"]);
    session.project.write(MAIN, &script("two"));
    session.expect_none();
}
