//! A recorded session, repeated, ends at the same hash: whatever was saved, broken, gone back from or unreadable.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod live;

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use harness::live::session::Key;
use harness::runner::{RunOptions, run};
use harness::watcher::{Settled, WatchedMod, Watcher, WatcherOptions};
use live::{Author, MAIN, TALLY, Watched, manifest, mod_id, scenario};
use modding::diagnostic::Fault;

const SCRIPT: &str = "mods/subject/scripts/main.lua";
const OTHER: &str = "mods/other/scripts/main.lua";
const MANIFEST: &str = "mods/subject/mod.toml";

/// Writes the recording and repeats it: what the repetition of the scenario at `file` reports, after some runs.
fn repeat(author: &Author, watched: &Watched, times: usize) -> String {
    let file = author.path("scenarios/again.toml");
    let recording = watched.session.recording().unwrap();
    recording.store(&file, &watched.session.end()).unwrap();
    // The repetition has all that it needs: the author's files may go.
    fs::rename(author.path("mods"), author.path("gone")).unwrap();
    for _ in 0..times {
        let (scenario, workspace) = harness::load(&file, Path::new("no-such-folder")).unwrap();
        let record = run(&scenario, &workspace, &RunOptions::default(), &mut |_| {}).unwrap();
        assert_eq!(
            record.faults(),
            [],
            "{}",
            author.read("scenarios/again.toml")
        );
        assert_eq!(record.hash(), watched.session.hash());
        assert_eq!(record.ticks, watched.session.current_tick());
    }
    fs::rename(author.path("gone"), author.path("mods")).unwrap();
    author.read("scenarios/again.toml")
}

/// Waits until the watcher has told all that there is to tell; something must come.
fn settle(watcher: &mut Watcher, watched: &mut Watched) {
    let until = Instant::now() + Duration::from_secs(60);
    let mut settled: Vec<Settled> = Vec::new();
    while settled.is_empty() || !watcher.is_quiet() {
        assert!(Instant::now() < until, "nothing has settled: {settled:?}");
        settled.extend(watcher.wait(Duration::from_millis(20)));
    }
    let mods: Vec<_> = settled
        .iter()
        .map(|settled| settled.mod_id.clone())
        .collect();
    watched.settle(settled);
    for id in mods {
        let running = watched.session.host().bundles();
        let running = running.iter().find(|bundle| bundle.folder() == id.as_str());
        watcher.note_running(&id, running.unwrap().hash());
    }
}

/// A change of the author's files.
type Edit = Box<dyn Fn(&Author)>;

fn write(path: &'static str, text: impl Into<String>) -> Edit {
    let text = text.into();
    Box::new(move |author| author.write(path, &text))
}

/// Twenty-four saves, good and bad.
fn edits() -> Vec<Edit> {
    let counting = |event: &str| {
        format!(
            "{MAIN}colony.events.register('{event}', function() colony.storage.done = colony.storage.done + 1 end)\n"
        )
    };
    let migrating = format!(
        "colony.state.migrate('<1.1.0', function(state) state.before = state.done return state end)\n{MAIN}"
    );
    vec![
        write(SCRIPT, counting("tick_start")),
        write(SCRIPT, &counting("tick_start")[..90]),
        write(SCRIPT, counting("tick_end")),
        write("mods/subject/scripts/more.lua", "return 1"),
        write(SCRIPT, format!("local more = require('more')\n{MAIN}")),
        Box::new(|author| fs::remove_file(author.path("mods/subject/scripts/more.lua")).unwrap()),
        write(SCRIPT, MAIN),
        write(SCRIPT, format!("error('at the top')\n{MAIN}")),
        write(SCRIPT, format!("while true do end\n{MAIN}")),
        write(
            SCRIPT,
            format!("colony.events.register('mod_loaded', function() error('no') end)\n{MAIN}"),
        ),
        write(
            SCRIPT,
            format!(
                "colony.events.register('tick_start', function() error('each tick') end)\n{MAIN}"
            ),
        ),
        write(
            "mods/subject/scripts/tally.lua",
            TALLY.replace("count + more", "count + more + math.random(3)"),
        ),
        write(MANIFEST, "id = "),
        write(
            MANIFEST,
            manifest(
                "subject",
                "1.0.0",
                "[config]\nboost = { default = 1, doc = \"more\" }\n",
            ),
        ),
        write("mods/subject/config.toml", "boost = 2\n"),
        write("mods/subject/config.toml", "boost = 'two'\n"),
        write("mods/subject/config.toml", "boost = 3\n"),
        Box::new(move |author| {
            author.write(SCRIPT, &migrating);
            author.edit(MANIFEST, "1.0.0", "1.1.0");
        }),
        Box::new(|author| {
            author.edit(SCRIPT, "state.done", "state.done * 2");
            author.edit(OTHER, "ticks = 0", "ticks = 0, more = 'text'");
        }),
        Box::new(|author| fs::rename(author.path("mods/subject"), author.path("away")).unwrap()),
        Box::new(|author| fs::rename(author.path("away"), author.path("mods/subject")).unwrap()),
        Box::new(|author| fs::write(author.path(SCRIPT), b"local x = '\xFF'").unwrap()),
        write(SCRIPT, counting("tick_start")),
        Box::new(|author| fs::remove_file(author.path(SCRIPT)).unwrap()),
        write(SCRIPT, counting("job_created")),
    ]
}

#[test]
fn a_session_of_many_saves_is_repeated_to_the_same_hash() {
    let author = Author::new(&[]);
    let mut watched = Watched::begin(&author, Some("again"), false);
    let mods = ["subject", "other"].map(|id| WatchedMod {
        mod_id: mod_id(id),
        folder: author.path(&format!("mods/{id}")),
    });
    let mut watcher = Watcher::new(mods.into(), WatcherOptions::default()).unwrap();
    for id in ["subject", "other"].map(mod_id) {
        watcher.note_running(&id, watched.session.content(&id).unwrap().hash());
    }
    watched.ticks(7);
    for (at, edit) in edits().iter().enumerate() {
        edit(&author);
        settle(&mut watcher, &mut watched);
        watched.ticks(5 + at as u64 % 4);
        match at {
            4 => watched.press(Key::Reload),
            11 => watched.press(Key::Checkpoint),
            18 => watched.press(Key::MigrateAgain),
            19 => watched.press(Key::Reload),
            22 => watched.press(Key::Back),
            _ => {}
        }
    }
    watched.ticks(20);
    let outcomes = watched.session.outcomes();
    assert!(
        outcomes.committed >= 12 && outcomes.rolled_back >= 8,
        "{outcomes:?}\n{}",
        watched.told
    );
    repeat(&author, &watched, 5);
}

#[test]
fn files_that_cannot_be_read_are_a_fault_of_the_repetition() {
    let author = Author::new(&[]);
    let mut watched = Watched::begin(&author, Some("again"), false);
    watched.ticks(3);
    author.edit(OTHER, "ticks = 0", "ticks = 1");
    let unreadable = Settled {
        bundle: Err(vec![Fault::new("no permission")]),
        ..author.saved("subject")
    };
    watched.settle(vec![unreadable.clone(), author.saved("other")]);
    watched.ticks(3);
    watched.settle(vec![unreadable]);
    watched.press(Key::Reload);
    watched.ticks(3);
    watched.save(&author, &["subject", "other"]);
    watched.ticks(3);
    let text = repeat(&author, &watched, 1);
    let faults = text
        .matches("fault = { stage = \"settle\", mod = \"subject\"")
        .count();
    assert_eq!(faults, 3, "{text}");
    assert!(text.contains("during = { batch = ["), "{text}");
}

#[test]
fn the_outcome_of_a_step_is_part_of_the_recording() {
    let author = Author::new(&[]);
    let mut watched = Watched::begin(&author, Some("again"), false);
    watched.ticks(2);
    author.write(SCRIPT, "local function (");
    watched.save(&author, &["subject"]);
    watched.ticks(2);
    let text = repeat(&author, &watched, 1);
    let contents = author.path("scenarios/again/contents");
    let broken = fs::read_dir(contents)
        .unwrap()
        .next()
        .unwrap()
        .unwrap()
        .path();
    fs::write(broken, MAIN).unwrap();
    let (scenario, workspace) =
        harness::load(&author.path("scenarios/again.toml"), Path::new("none")).unwrap();
    let record = run(&scenario, &workspace, &RunOptions::default(), &mut |_| {}).unwrap();
    assert!(!record.passed(), "{text}");
}

#[test]
fn what_was_saved_after_the_last_tick_is_done_before_one_more() {
    for ticks in [0, 5] {
        let author = Author::new(&[]);
        let mut watched = Watched::begin(&author, Some("again"), false);
        watched.ticks(ticks);
        let fails = "colony.events.register('tick_start', function() error('each tick') end)\n";
        author.write(SCRIPT, &format!("{fails}{MAIN}"));
        watched.save(&author, &["subject"]);
        let file = author.path("scenarios/again.toml");
        let recording = watched.session.recording().unwrap();
        recording.store(&file, &watched.session.end()).unwrap();
        let (scenario, workspace) = harness::load(&file, Path::new("none")).unwrap();
        let record = run(&scenario, &workspace, &RunOptions::default(), &mut |_| {}).unwrap();
        let text = author.read("scenarios/again.toml");
        assert_eq!(record.faults(), [], "{text}");
        watched.ticks(1);
        assert_eq!(record.ticks, watched.session.current_tick(), "{text}");
        assert_eq!(record.hash(), watched.session.hash(), "{text}");
        repeat(&author, &watched, 1);
    }
}

#[test]
fn a_hash_in_a_scenario_is_compared_and_must_be_one() {
    let author = Author::new(&[]);
    let mut watched = Watched::begin(&author, Some("again"), false);
    watched.ticks(5);
    repeat(&author, &watched, 1);
    let path = author.path("scenarios/again.toml");
    let good = author.read("scenarios/again.toml");
    let hash = good.split('"').nth_back(1).unwrap().to_owned();
    assert_eq!(hash.len(), 32, "{good}");
    let other = format!("{:032x}", 7);
    fs::write(&path, good.replace(&hash, &other)).unwrap();
    let (scenario, workspace) = harness::load(&path, Path::new("none")).unwrap();
    let record = run(&scenario, &workspace, &RunOptions::default(), &mut |_| {}).unwrap();
    let message = &record.faults()[0].message;
    assert_eq!(
        *message,
        format!("the hash at tick 5 is {hash}, expected another")
    );
    fs::write(&path, good.replace(&hash, "abc")).unwrap();
    let faults = harness::load(&path, Path::new("none")).unwrap_err();
    let expected = "expected a hash of 32 digits as a report shows it, found `abc`";
    assert_eq!(faults[0].message, expected);
}

/// A change that brings two mods apart from each other and one that depends on the first.
fn save_all(author: &Author, watched: &mut Watched, round: u64) {
    let seen = format!("seen = {round}");
    for (path, count) in [(SCRIPT, "done"), (OTHER, "ticks"), (APART, "apart")] {
        let text = author.read(path);
        let text = match text.split_once("seen = ") {
            Some((before, after)) => {
                format!("{before}{seen} {}", &after[after.find('}').unwrap()..])
            }
            None => text.replace(&format!("{count} = 0"), &format!("{count} = 0, {seen} ")),
        };
        author.write(path, &text);
    }
    watched.save(author, &["subject", "other", "apart"]);
}

const APART: &str = "mods/apart/scripts/main.lua";

/// An author with a third mod that depends on none.
fn with_a_third(of_subject: &str) -> Author {
    let counting = "colony.state.define({ apart = 0 })\ncolony.events.register('tick_start', function() colony.storage.apart = colony.storage.apart + math.random(9) end)\n";
    Author::new(&[
        (
            "scenarios/small.toml",
            &scenario(r#""base", "subject", "other", "apart""#, ""),
        ),
        ("mods/apart/mod.toml", &manifest("apart", "1.0.0", "")),
        (APART, counting),
        (MANIFEST, &manifest("subject", "1.0.0", of_subject)),
    ])
}

#[test]
fn a_reload_that_takes_too_long_at_any_moment_is_a_fault_of_the_repetition() {
    let mut forced = 0;
    for looks in 1..28 {
        let author = with_a_third("");
        let mut watched = Watched::begin(&author, Some("again"), false);
        watched.ticks(3);
        save_all(&author, &mut watched, 1);
        watched.ticks(2);
        watched.time_is_up.set(Some(looks));
        save_all(&author, &mut watched, 2);
        watched.ticks(2);
        watched.time_is_up.set(Some(looks));
        watched.press(Key::Reload);
        watched.ticks(2);
        author.edit(MANIFEST, "1.0.0", "1.1.0");
        watched.save(&author, &["subject"]);
        watched.time_is_up.set(Some(looks));
        watched.press(Key::MigrateAgain);
        watched.ticks(2);
        author.write("mods/fresh/mod.toml", &manifest("fresh", "1.0.0", ""));
        author.write("mods/fresh/scripts/main.lua", &author.read(APART));
        watched.time_is_up.set(Some(looks));
        watched.save(&author, &["fresh"]);
        watched.ticks(2);
        let text = repeat(&author, &watched, 1);
        forced += text.matches("fault = { stage").count();
    }
    assert!(forced > 20, "{forced}");
}

#[test]
fn changes_that_were_too_many_are_repeated() {
    let author = with_a_third("[hot_reload.reload_queue]\nmax_pending_reloads = 1\n");
    let mut watched = Watched::begin(&author, Some("again"), false);
    watched.ticks(3);
    for round in 1..4 {
        save_all(&author, &mut watched, round);
        assert!(watched.session.wants_rescan());
        let found = ["subject", "other", "apart"].map(|id| author.saved(id));
        watched.rescan(found.into());
        watched.ticks(2);
    }
    assert_eq!(watched.session.outcomes().superseded, 0, "{}", watched.told);
    let seen = watched.session.host().mod_storage(&mod_id("apart"));
    assert!(seen.unwrap().at_path("seen").is_some());
    repeat(&author, &watched, 1);
}

/// `other` uses the library code of `subject`; `late` waits for `fresh`, which is not there, and `broken` cannot start.
fn with_mods_that_wait() -> Author {
    let user = "local more = require('@subject/more')\ncolony.state.define({ ticks = 0 })\ncolony.events.register('tick_start', function() colony.storage.ticks = colony.storage.ticks + more.step() end)\n";
    let load = scenario(r#""base", "subject", "other", "late", "broken""#, "");
    let lacks = manifest("late", "1.0.0", "[dependencies]\nfresh = \"^1\"\n");
    Author::new(&[
        ("scenarios/small.toml", &load),
        (LIBRARY, "return { step = function() return 1 end }\n"),
        (OTHER, user),
        ("mods/late/mod.toml", &lacks),
        (LATE, MAIN),
        ("mods/late/scripts/tally.lua", TALLY),
        ("mods/broken/mod.toml", &manifest("broken", "1.0.0", "")),
        (BROKEN, "local x = = 1\n"),
    ])
}

const LIBRARY: &str = "mods/subject/lib/more.lua";
const LATE: &str = "mods/late/scripts/main.lua";
const BROKEN: &str = "mods/broken/scripts/main.lua";
const RENAMED: &str = "mods/renamed/scripts/main.lua";

fn save_and_run(author: &Author, watched: &mut Watched, mods: &[&str]) {
    watched.save(author, mods);
    watched.ticks(2);
}

fn runs(watched: &Watched, id: &str) -> bool {
    watched.session.host().mod_storage(&mod_id(id)).is_some()
}

#[test]
fn mods_that_come_wait_and_follow_are_repeated() {
    let author = with_mods_that_wait();
    let mut watched = Watched::begin(&author, Some("again"), false);
    watched.ticks(2);
    author.edit(LIBRARY, "return 1", "return 2");
    save_and_run(&author, &mut watched, &["subject"]);
    let mended = "colony.state.define({ mended = math.random(99) })\n";
    author.write(BROKEN, mended);
    save_and_run(&author, &mut watched, &["broken"]);
    // In one save: what is new, broken at first, and what waits for it, changed.
    author.write("mods/fresh/mod.toml", &manifest("fresh", "1.0.0", ""));
    author.write("mods/fresh/scripts/main.lua", "error('not yet')\n");
    author.edit(LATE, "done = 0", "done = 0, more = 1");
    save_and_run(&author, &mut watched, &["fresh", "late"]);
    let draws = "colony.state.define({ drawn = math.random(99) })\ncolony.events.register('tick_start', function() colony.storage.drawn = colony.storage.drawn + math.random(9) end)\n";
    author.write("mods/fresh/scripts/main.lua", draws);
    author.edit(SCRIPT, "done = 0", "done = 0, more = 1");
    save_and_run(&author, &mut watched, &["fresh", "subject"]);
    for id in ["fresh", "late", "broken"] {
        assert!(runs(&watched, id), "{id}\n{}", watched.told);
    }
    author.write(
        "mods/subject/assets/items.toml",
        "[plank]\nstack_max = 10\nhaul_priority = 3\n",
    );
    save_and_run(&author, &mut watched, &["subject"]);
    let items = &watched.session.host().colony().definitions().items.clone();
    assert!(items.contains_key("plank"), "{}", watched.told);
    watched.press(Key::Reload);
    watched.press(Key::Checkpoint);
    watched.ticks(3);
    let text = repeat(&author, &watched, 2);
    let added = text.matches("add = { mod = \"fresh\", from").count();
    assert_eq!(added, 1, "{text}");
}

#[test]
fn mods_that_take_over_and_are_gone_back_from_are_repeated() {
    let author = with_mods_that_wait();
    author.write(BROKEN, "colony.state.define({ drawn = math.random(99) })\n");
    let mut watched = Watched::begin(&author, Some("again"), false);
    watched.ticks(2);
    let replaces = manifest("renamed", "1.0.0", "replaces = \"broken\"\n");
    author.write("mods/renamed/mod.toml", &replaces);
    author.write(RENAMED, &author.read(BROKEN));
    save_and_run(&author, &mut watched, &["renamed"]);
    assert!(runs(&watched, "renamed") && !runs(&watched, "broken"));
    watched.press(Key::Back);
    watched.ticks(2);
    assert!(!runs(&watched, "renamed") && runs(&watched, "broken"));
    author.edit(RENAMED, "drawn", "more = 1, drawn");
    save_and_run(&author, &mut watched, &["renamed"]);
    assert!(runs(&watched, "renamed"), "{}", watched.told);
    watched.press(Key::Reload);
    watched.ticks(2);
    repeat(&author, &watched, 2);
}

#[test]
fn what_follows_and_fails_does_not_change_what_is_expected_of_the_rest() {
    let author = with_mods_that_wait();
    let waits = manifest("late", "1.0.0", "[dependencies]\nbroken = \"^1\"\n");
    author.write("mods/late/mod.toml", &waits);
    author.write(LATE, "error('not at all')\n");
    let mut watched = Watched::begin(&author, Some("again"), false);
    watched.ticks(2);
    author.write(BROKEN, "colony.state.define({ drawn = math.random(99) })\n");
    author.edit(SCRIPT, "done = 0", "done = 0, more = 1");
    save_and_run(&author, &mut watched, &["broken", "subject"]);
    assert!(
        watched.told.contains("late does not start"),
        "{}",
        watched.told
    );
    repeat(&author, &watched, 1);
}

#[test]
fn a_scripted_reload_is_done_and_recorded_as_it_asks() {
    let steps = "[[step]]\nat = 3\nreload = { mods = [\"subject\"], force = true, skip_unload = true }\n\n\
                 [[step]]\nat = 5\nreload = { mods = [\"other\"], type = \"config\", priority = \"low\" }\n";
    let file = scenario(r#""base", "subject", "other""#, steps);
    let fails = format!(
        "{MAIN}colony.events.register('mod_unloaded', function() error('cannot end') end)\n"
    );
    let author = Author::new(&[("scenarios/small.toml", &file), (SCRIPT, &fails)]);
    let mut watched = Watched::begin(&author, Some("again"), true);
    watched.ticks(8);
    let outcomes = watched.session.outcomes();
    assert_eq!(
        (outcomes.committed, outcomes.rolled_back),
        (1, 0),
        "{}",
        watched.told
    );
    let text = repeat(&author, &watched, 1);
    for asked in [
        "reload = { mods = [\"subject\"], force = true, skip_unload = true }",
        "reload = { mods = [\"other\"], type = \"config\", priority = \"low\" }",
    ] {
        assert!(text.contains(asked), "{text}");
    }
}

#[test]
fn mods_that_changed_together_go_back_together() {
    let author = Author::new(&[]);
    let mut watched = Watched::begin(&author, Some("again"), false);
    watched.ticks(2);
    author.edit(MANIFEST, "1.0.0", "2.0.0");
    author.edit("mods/other/mod.toml", "^1\"\n", "^2\"\n");
    author.edit("mods/other/mod.toml", "api = \"^2\"", "api = \"^1\"");
    watched.save(&author, &["subject", "other"]);
    watched.ticks(2);
    watched.press(Key::Back);
    watched.ticks(2);
    let versions = watched.session.host().mods().into_iter();
    let versions = versions.map(|(id, version, number)| (id.to_string(), version, number));
    let versions: Vec<(String, String, u32)> = versions.skip(1).collect();
    let version = |id: &str| (id.to_owned(), "1.0.0".to_owned(), 3);
    assert_eq!(
        versions,
        [version("subject"), version("other")],
        "{}",
        watched.told
    );
    let text = repeat(&author, &watched, 1);
    let back = "rollback = { mods = [{ mod = \"other\", to = 1 }, { mod = \"subject\", to = 1 }] }";
    assert!(text.contains(back), "{text}");
}
