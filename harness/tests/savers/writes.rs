//! Writes of single files, and of several.

use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::thread::sleep;
use std::time::Duration;

use crate::session::{LIBRARY, MAIN, Session, options, script};

fn milliseconds(count: u64) -> Duration {
    Duration::from_millis(count)
}

#[test]
fn in_place() {
    let mut session = Session::new();
    session.project.write(MAIN, &script("two"));
    session.expect_one();
}

#[test]
fn truncated_then_written() {
    let mut session = Session::new();
    let path = session.project.path(MAIN);
    // In one go, and by a writer that closes the empty file.
    let mut file = File::create(&path).expect("a file");
    sleep(milliseconds(200));
    file.write_all(script("two").as_bytes()).expect("a write");
    drop(file);
    session.expect_one();
    drop(File::create(&path).expect("a file"));
    // Longer than it would be waited for after a file that is closed and not empty.
    sleep(options().quiet_after_close + milliseconds(200));
    let mut file = OpenOptions::new().append(true).open(&path).expect("a file");
    file.write_all(script("three").as_bytes()).expect("a write");
    drop(file);
    session.expect_one();
}

#[test]
fn temporary_file_renamed_over() {
    let mut session = Session::new();
    let project = &session.project;
    project.write("mods/probe/scripts/main.lua.tmp", &script("two"));
    project.rename("mods/probe/scripts/main.lua.tmp", MAIN);
    session.expect_one();
    // One that looks like a file of the mod.
    let project = &session.project;
    project.write("mods/probe/scripts/new.lua", &script("three"));
    project.rename("mods/probe/scripts/new.lua", MAIN);
    session.expect_one();
}

#[test]
fn renamed_to_a_backup_and_renamed_into_place() {
    let mut session = Session::new();
    let project = &session.project;
    project.write("mods/probe/scripts/main.lua.new", &script("two"));
    project.rename(MAIN, "mods/probe/scripts/main.lua~");
    sleep(milliseconds(100));
    project.rename("mods/probe/scripts/main.lua.new", MAIN);
    session.expect_one();
}

#[test]
fn removed_and_created_a_moment_later() {
    let mut session = Session::new();
    session.project.remove(MAIN);
    sleep(milliseconds(100));
    session.project.write(MAIN, &script("two"));
    session.expect_one();
}

#[test]
fn in_chunks_over_two_seconds() {
    let mut session = Session::new();
    let text = script("two");
    let mut file = File::create(session.project.path(MAIN)).expect("a file");
    for chunk in text.as_bytes().chunks(text.len().div_ceil(10)) {
        file.write_all(chunk).expect("a write");
        // Flushed by a writer that is slow, and watched all the while.
        session.step(milliseconds(200));
        assert_eq!(session.outcomes, Vec::<String>::new());
    }
    drop(file);
    session.expect_one();
}

#[test]
fn touched_or_given_other_rights_or_written_with_the_same_bytes() {
    let mut session = Session::new();
    let path = session.project.path(MAIN);
    let file = OpenOptions::new().write(true).open(&path).expect("a file");
    file.set_modified(std::time::SystemTime::now())
        .expect("a time");
    drop(file);
    session.expect_running(&[]);
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("rights");
    session.expect_running(&[]);
    session.project.write(MAIN, &script("one"));
    session.expect_none();
}

#[test]
fn other_bytes_with_the_same_size_and_time() {
    let mut session = Session::new();
    let path = session.project.path(MAIN);
    let before = path.metadata().expect("a file");
    let time = before.modified().expect("a time");
    session.project.write(MAIN, &script("two"));
    let file = OpenOptions::new().write(true).open(&path).expect("a file");
    file.set_modified(time).expect("a time");
    drop(file);
    let after = path.metadata().expect("a file");
    assert_eq!(
        (before.len(), time),
        (after.len(), after.modified().expect("a time"))
    );
    session.expect_one();
}

#[test]
fn two_files_of_one_mod() {
    let mut session = Session::new();
    session.project.write(MAIN, &script("two"));
    session
        .project
        .write("mods/probe/scripts/other.lua", "return 1\n");
    session.expect_one();
}

#[test]
fn a_mod_and_its_dependency() {
    let mut session = Session::new();
    session.project.write(LIBRARY, &script("two"));
    sleep(milliseconds(50));
    session.project.write(MAIN, &script("two"));
    session.expect_running(&["committed library+probe"]);
}

#[test]
fn five_hundred_files_at_once() {
    let mut session = Session::new();
    for number in 0..500 {
        let path = format!("mods/probe/scripts/many/file{number}.lua");
        session.project.write(&path, &format!("return {number}\n"));
    }
    session.expect_one();
    fs::remove_dir_all(session.project.path("mods/probe/scripts/many")).expect("a folder");
    session.expect_one();
}

#[test]
fn other_line_ends() {
    let mut session = Session::new();
    let text = script("one").replace('\n', "\r\n");
    session.project.write(MAIN, &text);
    session.expect_none();
}
