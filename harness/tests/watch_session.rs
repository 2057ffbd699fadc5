//! What a live session tells, word for word. Its clock is the test's, and so are the saves.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod live;

use harness::live::session::Key;
use insta::assert_snapshot;
use live::{Author, MAIN, TALLY, Watched, manifest, mod_id, scenario};

const SCRIPT: &str = "mods/subject/scripts/main.lua";

#[test]
fn a_save_tells_what_changed_how_long_it_took_and_what_became_of_the_state() {
    let author = Author::new(&[]);
    let mut watched = Watched::begin(&author, None, false);
    watched.ticks(9);
    author.edit(SCRIPT, "done = 0", "done = 0, seen = {}");
    author.write("mods/subject/scripts/more.lua", "return 1\n");
    watched.save(&author, &["subject"]);
    assert_snapshot!(watched.take());
}

#[test]
fn a_save_that_is_broken_is_shown_where_it_lies_and_its_repair_is_told() {
    let author = Author::new(&[]);
    let mut watched = Watched::begin(&author, None, false);
    watched.ticks(3);
    let before = watched.session.host().bundles();
    author.edit(SCRIPT, "\nend)", "\n");
    watched.save(&author, &["subject"]);
    assert_eq!(
        watched.session.host().bundles(),
        before,
        "the old code runs"
    );
    author.write(SCRIPT, MAIN);
    watched.save(&author, &["subject"]);
    author.write(
        "mods/subject/tests/done.lua",
        "colony.test('nothing', function() end)",
    );
    watched.save(&author, &["subject"]);
    author.edit(SCRIPT, "local tally", "error('at once')\nlocal tally");
    watched.save(&author, &["subject"]);
    assert_snapshot!(watched.take());
}

#[test]
fn a_mod_and_its_dependent_commit_together_or_not_at_all() {
    let author = Author::new(&[]);
    let mut watched = Watched::begin(&author, None, false);
    author.edit("mods/subject/mod.toml", "1.0.0", "1.1.0");
    author.edit("mods/other/scripts/main.lua", "ticks = 0", "ticks = 1");
    watched.save(&author, &["subject", "other"]);
    author.edit("mods/subject/mod.toml", "1.1.0", "2.0.0");
    watched.save(&author, &["subject"]);
    assert_snapshot!(watched.take());
}

#[test]
fn a_failing_handler_is_told_once_with_its_error_and_again_by_its_count() {
    let author = Author::new(&[]);
    let mut watched = Watched::begin(&author, None, false);
    watched.ticks(2);
    author.edit(
        SCRIPT,
        "colony.state.define",
        "colony.events.register('tick_start', function(event) require('tally').add(nil, event.tick) end)\ncolony.state.define",
    );
    watched.save(&author, &["subject"]);
    watched.take();
    watched.ticks(40);
    assert_snapshot!(watched.take());
}

#[test]
fn back_goes_to_the_last_generation_without_errors_and_further_back() {
    let author = Author::new(&[]);
    let mut watched = Watched::begin(&author, None, false);
    watched.press(Key::Back);
    author.edit(SCRIPT, "done = 0", "done = 0, good = 1");
    watched.save(&author, &["subject"]);
    author.edit(
        SCRIPT,
        "local tally",
        "colony.events.register('tick_start', function() error('no') end)\nlocal tally",
    );
    watched.save(&author, &["subject"]);
    watched.ticks(1);
    author.edit(SCRIPT, "error('no')", "error('no, no')");
    watched.save(&author, &["subject"]);
    watched.ticks(1);
    watched.take();
    watched.press(Key::Back);
    watched.ticks(1);
    watched.press(Key::Back);
    watched.press(Key::Back);
    assert_snapshot!(watched.take());
}

#[test]
fn a_migration_is_run_again_and_all_mods_are_reloaded_by_hand() {
    let author = Author::new(&[]);
    let mut watched = Watched::begin(&author, None, false);
    watched.press(Key::MigrateAgain);
    watched.ticks(2);
    author.edit("mods/subject/mod.toml", "1.0.0", "1.1.0");
    author.edit(
        SCRIPT,
        "colony.state.define",
        "colony.state.migrate('<1.1.0', function(state) state.twice = state.done * 2 return state end)\ncolony.state.define",
    );
    watched.save(&author, &["subject"]);
    author.edit(SCRIPT, "done * 2", "done * 2 + 5");
    watched.save(&author, &["subject"]);
    watched.take();
    watched.press(Key::MigrateAgain);
    watched.press(Key::Reload);
    assert_snapshot!(watched.take());
    let state = watched
        .session
        .host()
        .mod_storage(&mod_id("subject"))
        .unwrap();
    assert_eq!(state.at_path("twice").unwrap().to_string(), "5");
}

#[test]
fn a_reload_by_hand_takes_what_lies_on_the_disk() {
    let author = Author::new(&[]);
    let mut watched = Watched::begin(&author, None, false);
    let read = vec![author.saved("subject"), author.saved("other")];
    assert_eq!(watched.session.reload_by_hand(read).len(), 1, "a cohort");
    author.edit(SCRIPT, "done = 0", "done = 0, seen = 1");
    let read = vec![author.saved("subject"), author.saved("other")];
    assert_eq!(watched.session.reload_by_hand(read).len(), 2);
    let state = watched.session.host().mod_storage(&mod_id("subject"));
    assert_eq!(state.unwrap().at_path("seen").unwrap().to_string(), "1");
}

#[test]
fn a_paused_session_runs_ticks_one_by_one_and_reloads_all_the_same() {
    let author = Author::new(&[]);
    let mut watched = Watched::begin(&author, None, false);
    watched.ticks(4);
    watched.press(Key::Pause);
    assert!(watched.session.is_paused());
    author.edit(SCRIPT, "done = 0", "done = 1");
    watched.save(&author, &["subject"]);
    watched.press(Key::Step);
    assert!(!watched.session.is_paused());
    watched.ticks(1);
    assert!(watched.session.is_paused(), "one tick, no more");
    watched.press(Key::Pause);
    watched.press(Key::Help);
    watched.press(Key::Quit);
    assert!(watched.session.is_finished());
    let ending = watched.view.ending(&watched.session);
    assert_snapshot!(watched.take() + ending.split(" · hash ").next().unwrap());
}

#[test]
fn what_a_mod_writes_again_and_again_is_told_once_until_it_changes() {
    let line = "colony.events.register('tick_start', function() colony.log.warn('low on wood') print('tick') end)\n";
    let author = Author::new(&[(SCRIPT, line)]);
    let mut watched = Watched::begin(&author, None, false);
    watched.ticks(5);
    author.write(SCRIPT, &format!("{line}-- a comment\n"));
    watched.save(&author, &["subject"]);
    watched.ticks(5);
    assert_snapshot!(watched.take());
}

#[test]
fn a_mod_that_cannot_start_is_shown_and_the_others_run() {
    let author = Author::new(&[("mods/other/scripts/main.lua", "local x = = 1\n")]);
    let mut watched = Watched::begin(&author, None, false);
    watched.ticks(1);
    author.write("mods/other/scripts/main.lua", "local x = 1\n");
    watched.save(&author, &["other"]);
    assert_snapshot!(watched.take());
}

#[test]
fn a_checkpoint_is_a_save_that_changes_nothing() {
    let author = Author::new(&[]);
    let (mut kept, mut plain) = (
        Watched::begin(&author, None, false),
        Watched::begin(&author, None, false),
    );
    kept.ticks(5);
    let happenings = kept.session.command(Key::Checkpoint);
    let [harness::live::happening::Happening::Checkpoint(checkpoint)] = happenings.as_slice()
    else {
        panic!("{happenings:?}");
    };
    assert_eq!(checkpoint.tick, 5);
    let bytes = checkpoint.bytes.clone();
    kept.ticks(5);
    plain.ticks(10);
    assert_eq!(kept.session.hash(), plain.session.hash());
    let mut again = Watched::begin_from(&author, None, false, Some(bytes.clone()));
    assert_eq!(
        (again.session.current_tick(), again.take()),
        (5, String::new())
    );
    again.ticks(5);
    assert_eq!(again.session.hash(), plain.session.hash());
    // With the files as they are by then.
    author.write("mods/other/mod.toml", "id = \"other\"\nname = \"other\"\nversion = \"1.1.0\"\napi = \"^1\"\nentry = \"scripts/main.lua\"\n");
    let mut updated = Watched::begin_from(&author, None, false, Some(bytes));
    assert_eq!(
        updated.take(),
        "other has other files than those that ran: 1.0.0 g1 -> 1.1.0 g2 · kept ticks\n"
    );
}

#[test]
fn a_checkpoint_does_no_step_twice_and_tells_which_mods_are_others() {
    let steps = [3, 9].map(|at| {
        format!("[[step]]\nat = {at}\ncommand = {{ \"items.add\" = {{ item = \"wood\", count = 5, x = 16, y = 16 }} }}\n")
    });
    let with_steps = live::scenario(r#""base", "subject", "other""#, &steps.concat());
    let author = Author::new(&[("scenarios/small.toml", &with_steps)]);
    let mut plain = Watched::begin(&author, None, true);
    plain.ticks(5);
    let happenings = plain.session.command(Key::Checkpoint);
    let [harness::live::happening::Happening::Checkpoint(checkpoint)] = happenings.as_slice()
    else {
        panic!("{happenings:?}");
    };
    let mut again = Watched::begin_from(&author, None, true, Some(checkpoint.bytes.clone()));
    plain.ticks(10);
    again.ticks(10);
    assert_eq!(again.session.hash(), plain.session.hash());
    author.write(
        "scenarios/small.toml",
        &live::scenario(r#""base", "subject", "third""#, ""),
    );
    author.write("mods/third/mod.toml", &live::manifest("third", "1.0.0", ""));
    author.write("mods/third/scripts/main.lua", "");
    let mut others = Watched::begin_from(&author, None, false, Some(checkpoint.bytes.clone()));
    assert_eq!(
        others.take(),
        "other ran in the checkpoint and is not there now: its state is kept\n\
         third begins: it did not run in the checkpoint\n"
    );
}

#[test]
fn scripted_steps_run_when_asked_for_unless_they_change_files() {
    let steps = r#"
[[step]]
at = 3
command = { "items.add" = { item = "wood", count = 5, x = 16, y = 16 } }

[[step]]
at = 4
write = { file = "subject/scripts/main.lua", text = "error('never')" }

[[step]]
at = 5
reload = { mods = ["subject"], force = true }

[[step]]
at = 6
fault = { stage = "migrate", mod = "subject" }
"#;
    let file = scenario(r#""base", "subject", "other""#, steps);
    let author = Author::new(&[("scenarios/small.toml", &file)]);
    let mut without = Watched::begin(&author, None, false);
    without.ticks(10);
    assert_eq!(without.take(), "");
    let mut with = Watched::begin(&author, None, true);
    with.ticks(10);
    assert_snapshot!(with.take());
    let wood = |watched: &Watched| watched.session.host().colony().view().item_total("wood");
    assert_eq!(wood(&with), wood(&without) + 5);
}

#[test]
fn a_config_that_the_code_does_not_read_while_it_loads_is_swapped() {
    let more = "[config]\nboost = { default = 1, min = 0, max = 10, doc = \"more\" }\n";
    let author = Author::new(&[("mods/subject/mod.toml", &manifest("subject", "1.0.0", more))]);
    let mut watched = Watched::begin(&author, None, false);
    author.write("mods/subject/config.toml", "boost = 3\n");
    watched.save(&author, &["subject"]);
    author.write("mods/subject/config.toml", "boost = 30\n");
    watched.save(&author, &["subject"]);
    assert_snapshot!(watched.take());
}

#[test]
fn a_mod_in_a_new_folder_is_started_and_one_of_a_new_name_takes_over() {
    let author = Author::new(&[]);
    let mut watched = Watched::begin(&author, None, false);
    watched.ticks(2);
    author.write("mods/fresh/mod.toml", &manifest("fresh", "1.1.0", ""));
    author.write("mods/fresh/scripts/main.lua", "local x = = 1\n");
    watched.save(&author, &["fresh"]);
    author.write("mods/fresh/scripts/main.lua", MAIN);
    watched.save(&author, &["fresh"]);
    author.write("mods/fresh/scripts/tally.lua", TALLY);
    watched.save(&author, &["fresh"]);
    author.write("mods/fresh/scripts/main.lua", &format!("{MAIN}-- more\n"));
    watched.save(&author, &["fresh"]);
    watched.ticks(1);
    author.write(
        "mods/newer/mod.toml",
        &manifest("newer", "2.0.0", "replaces = \"fresh\"\n"),
    );
    author.write("mods/newer/scripts/main.lua", MAIN);
    watched.save(&author, &["newer"]);
    author.write("mods/newer/scripts/tally.lua", TALLY);
    watched.save(&author, &["newer"]);
    watched.press(Key::Reload);
    watched.press(Key::Back);
    assert_snapshot!(watched.take());
}

#[test]
fn a_folder_that_is_renamed_with_its_mod_is_told_once() {
    let author = Author::new(&[]);
    let mut watched = Watched::begin(&author, None, false);
    author.write("mods/fresh/mod.toml", &manifest("fresh", "1.0.0", ""));
    author.write("mods/fresh/scripts/main.lua", "");
    watched.save(&author, &["fresh"]);
    watched.take();
    std::fs::rename(author.path("mods/fresh"), author.path("mods/newer")).unwrap();
    let newer = manifest("newer", "1.0.0", "replaces = \"fresh\"\n");
    author.write("mods/newer/mod.toml", &newer);
    // The watcher tells of the folder that is gone too, together with the new one or later.
    watched.save(&author, &["fresh", "newer"]);
    watched.save(&author, &["fresh"]);
    let told = watched.take();
    assert!(told.contains("takes over from fresh"), "{told}");
    assert_eq!(
        told.lines()
            .filter(|line| line.starts_with("tick "))
            .count(),
        1,
        "{told}"
    );
}

#[test]
fn new_mods_that_need_each_other_are_told_their_circle() {
    let author = Author::new(&[]);
    let mut watched = Watched::begin(&author, None, false);
    for (id, needs) in [("east", "west"), ("west", "east")] {
        let needs = format!("[dependencies]\n{needs} = \"^1\"\n");
        author.write(
            &format!("mods/{id}/mod.toml"),
            &manifest(id, "1.0.0", &needs),
        );
        author.write(&format!("mods/{id}/scripts/main.lua"), "");
    }
    watched.save(&author, &["east", "west"]);
    author.edit(
        "mods/west/mod.toml",
        "[dependencies]",
        "# still\n[dependencies]",
    );
    watched.save(&author, &["west"]);
    let told = watched.take();
    let circle = "error: mods depend on each other: east -> west -> east";
    assert_eq!(told.matches(circle).count(), 3, "{told}");
    assert!(!told.contains("no such mod"), "{told}");
    // Who leaves the circle starts, and so does the other.
    author.edit("mods/west/mod.toml", "east = \"^1\"", "");
    watched.save(&author, &["west"]);
    let told = watched.take();
    assert!(
        told.contains("started west") && told.contains("started east"),
        "{told}"
    );
}

#[test]
fn the_older_of_two_changes_that_wait_is_superseded() {
    let author = Author::new(&[]);
    let mut watched = Watched::begin(&author, None, false);
    author.edit(SCRIPT, "done = 0", "done = 0, older = 1");
    let mut settled = vec![author.saved("subject")];
    author.edit(SCRIPT, "older = 1", "newer = 1");
    settled.push(author.saved("subject"));
    watched.settle_at_once(settled);
    let ending = watched.view.ending(&watched.session);
    assert_snapshot!(watched.take() + ending.split(" · hash ").next().unwrap());
}

#[test]
fn too_many_changes_become_a_look_at_every_mod_and_none_is_lost() {
    let small_queue = "[hot_reload.reload_queue]\nmax_pending_reloads = 1\n";
    let author = Author::new(&[(
        "mods/subject/mod.toml",
        &manifest("subject", "1.0.0", small_queue),
    )]);
    let mut watched = Watched::begin(&author, None, false);
    author.edit(SCRIPT, "done = 0", "done = 0, older = 1");
    author.edit(
        "mods/other/scripts/main.lua",
        "ticks = 0",
        "ticks = 0, seen = 1",
    );
    let settled = vec![author.saved("other"), author.saved("subject")];
    watched.settle_at_once(settled);
    assert!(watched.session.wants_rescan());
    assert_eq!(watched.take(), "", "nothing is tried before the look");
    author.edit(SCRIPT, "older = 1", "newer = 1");
    let found = vec![author.saved("other"), author.saved("subject")];
    watched.rescan(found);
    assert!(!watched.session.wants_rescan());
    // The write that the look found no more is superseded; each of the others has the outcome of its reload.
    assert_snapshot!(watched.take());
    let state = |id: &str| watched.session.host().mod_storage(&mod_id(id)).unwrap();
    assert!(state("subject").at_path("newer").is_some());
    assert!(state("other").at_path("seen").is_some());
}

#[test]
fn a_reload_that_takes_too_long_says_so() {
    let bound = "[hot_reload.reload_queue]\nreload_timeout = 3\n";
    let author = Author::new(&[(
        "mods/subject/mod.toml",
        &manifest("subject", "1.0.0", bound),
    )]);
    let mut watched = Watched::begin(&author, None, false);
    author.edit(SCRIPT, "done = 0", "done = 0, seen = 1");
    watched.time_is_up.set(Some(5));
    watched.save(&author, &["subject"]);
    watched.press(Key::Reload);
    assert_snapshot!(watched.take());
}

#[test]
fn reloads_that_leave_the_machine_alone_or_follow_another_say_what_they_are() {
    let author = Author::new(&[
        (
            "scenarios/small.toml",
            &scenario(r#""base", "subject", "other", "late""#, ""),
        ),
        ("mods/subject/lib/more.lua", "return 1\n"),
        (
            "mods/other/scripts/main.lua",
            "local more = require('@subject/more')\ncolony.state.define({ ticks = more })\n",
        ),
        (
            "mods/late/mod.toml",
            &manifest("late", "1.0.0", "[dependencies]\nmissing = \"^1\"\n"),
        ),
        ("mods/late/scripts/main.lua", ""),
    ]);
    let mut watched = Watched::begin(&author, None, false);
    watched.take();
    author.write("mods/subject/tests/done.lua", "-- nothing\n");
    watched.save(&author, &["subject"]);
    author.write(
        "mods/subject/assets/items.toml",
        "[plank]\nstack_max = 10\nhaul_priority = 3\n",
    );
    watched.save(&author, &["subject"]);
    author.write("mods/subject/lib/more.lua", "return 2\n");
    watched.save(&author, &["subject"]);
    author.write("mods/missing/mod.toml", &manifest("missing", "1.0.0", ""));
    author.write("mods/missing/scripts/main.lua", "");
    author.write(
        "mods/early/mod.toml",
        &manifest("early", "1.0.0", "[dependencies]\nmissing = \"^1\"\n"),
    );
    author.write("mods/early/scripts/main.lua", "");
    watched.save(&author, &["early", "missing"]);
    assert_snapshot!(watched.take());
}

#[test]
fn a_state_that_cannot_be_carried_over_is_told_and_is_at_hand() {
    let resets = "[hot_reload.state_management]\non_state_error = \"reset\"\n";
    let author = Author::new(&[]);
    let mut watched = Watched::begin(&author, None, false);
    author.write(
        "mods/subject/mod.toml",
        &manifest("subject", "1.1.0", resets),
    );
    author.write(
        SCRIPT,
        "colony.state.migrate('<1.1.0', function() error('no way') end)\ncolony.state.define({ done = 5 })\n",
    );
    watched.save(&author, &["subject"]);
    assert_snapshot!(watched.take());
    let host = watched.session.host();
    let before = host.past_storage(&mod_id("subject"), 1).unwrap();
    assert_eq!(before.to_string(), "{ done = 0 }");
    assert_eq!(host.past_storage(&mod_id("subject"), 2), None);
}
