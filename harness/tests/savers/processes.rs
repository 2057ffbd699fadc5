//! What the system does to a process that watches: stops it, limits it, refuses it a file. Each needs a process of its own.

use std::fs;
use std::io::{BufRead, BufReader};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::process::parent_id;
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use crate::session::{DEADLINE, MAIN, Project, Session, options, script};

/// Where the other process finds its project.
const FOLDER: &str = "COLONY_SIM_SAVERS_FOLDER";

/// Marks the lines of the other process among those of its test runner.
const MARK: &str = "watching: ";

/// What the other process does: watches, and writes what happens, until a file `stop` is in the project.
#[test]
#[ignore = "the other process of the tests in this file"]
#[expect(clippy::print_stdout, reason = "what another process reads")]
fn other_process() {
    let Some(folder) = std::env::var_os(FOLDER) else {
        return;
    };
    let mut session = Session::with(Project::at(Path::new(&folder)), options());
    session.rest();
    println!("{MARK}ready");
    // A test that was killed writes no file.
    let parent = parent_id();
    while !session.project.path("stop").exists() && parent_id() == parent {
        session.step(Duration::from_millis(50));
        for notice in session.notices.drain(..) {
            println!("{MARK}{notice}");
        }
        for outcome in session.outcomes.drain(..) {
            let bundles = session.host.bundles();
            let probe = bundles.iter().find(|bundle| bundle.folder() == "probe");
            let hash = probe.expect("a mod that runs").hash();
            println!("{MARK}{outcome}, runs {hash:032x}");
        }
    }
}

struct Other {
    project: Project,
    child: Child,
    lines: Receiver<String>,
}

impl Other {
    /// Starts the other process, below the programs of `wrapper`; `None` where those do not work.
    #[expect(clippy::print_stderr, reason = "a test that was skipped says so")]
    fn start(wrapper: &[&str]) -> Option<Other> {
        let project = Project::new("");
        let program = std::env::current_exe().expect("this program");
        let mut words = wrapper
            .iter()
            .map(|word| (*word).into())
            .collect::<Vec<std::ffi::OsString>>();
        words.push(program.into());
        let spawned = Command::new(&words[0])
            .args(&words[1..])
            .args([
                "--exact",
                "processes::other_process",
                "--ignored",
                "--nocapture",
            ])
            .env(FOLDER, project.path(""))
            .stdout(Stdio::piped())
            .spawn();
        let Ok(mut child) = spawned else {
            eprintln!("skipped: cannot run {wrapper:?} here");
            return None;
        };
        let output = child.stdout.take().expect("a pipe");
        let mut other = Other {
            project,
            child,
            lines: marked_lines(output),
        };
        let mut notices = Vec::new();
        while let Some(line) = other.next_line() {
            if line == "ready" {
                return Some(other);
            }
            notices.push(line);
        }
        eprintln!("skipped: {wrapper:?} does not work here: {notices:?}");
        None
    }

    /// What it says next; `None` at its end.
    #[track_caller]
    fn next_line(&mut self) -> Option<String> {
        match self.lines.recv_timeout(DEADLINE) {
            Ok(line) => Some(line),
            Err(RecvTimeoutError::Disconnected) => None,
            Err(RecvTimeoutError::Timeout) => panic!("waited in vain for the other process"),
        }
    }

    fn signal(&self, name: &str) {
        let arguments = [name.to_owned(), self.child.id().to_string()];
        let status = Command::new("kill").args(arguments).status();
        assert!(status.expect("`kill`").success());
    }

    /// What it says until it is told to stop. Called when all that has to come has come.
    fn stop(mut self) -> Vec<String> {
        self.project.write("stop", "");
        let mut rest = Vec::new();
        while let Some(line) = self.next_line() {
            rest.push(line);
        }
        rest
    }

    fn committed(&self) -> String {
        let hash = self.project.bundle("probe").hash();
        format!("committed probe, runs {hash:032x}")
    }
}

/// The lines meant for its test, read on a thread so that the test need not wait for ever.
fn marked_lines(output: ChildStdout) -> Receiver<String> {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        for line in BufReader::new(output).lines().map_while(Result::ok) {
            if let Some((_, line)) = line.split_once(MARK)
                && sender.send(line.to_owned()).is_err()
            {
                break;
            }
        }
    });
    receiver
}

impl Drop for Other {
    fn drop(&mut self) {
        // It has ended by itself, unless the test fails.
        _ = self.child.kill();
        _ = self.child.wait();
    }
}

#[test]
fn the_last_of_more_events_than_the_system_keeps() {
    let Some(mut other) = Other::start(&["env"]) else {
        return;
    };
    let kept = fs::read_to_string("/proc/sys/fs/inotify/max_queued_events");
    let kept: usize = kept
        .ok()
        .and_then(|text| text.trim().parse().ok())
        .unwrap_or(16_384);
    other.signal("-STOP");
    // Each of these writes is three events. A new folder and what is in it are among those that are lost.
    for number in 0..kept / 2 {
        let path = ["mods/probe/scripts/a.lua", "mods/probe/scripts/b.lua"][number % 2];
        other.project.write(path, &format!("return {number}\n"));
    }
    other
        .project
        .write("mods/probe/scripts/late/c.lua", "return 1\n");
    other.project.write(MAIN, &script("last"));
    other.signal("-CONT");
    // It may have begun to wait before it was stopped, and read before it learns what it has missed.
    let mut lines = [other.next_line(), other.next_line()];
    lines.sort();
    let overflow =
        "changes came faster than they could be taken, some were lost: all files were compared";
    assert_eq!(lines, [Some(overflow.to_owned()), Some(other.committed())]);
    other
        .project
        .write("mods/probe/scripts/late/c.lua", "return 2\n");
    assert_eq!(other.next_line(), Some(other.committed()));
    assert_eq!(other.stop(), Vec::<String>::new());
}

/// Runs a program in a name space of its own, with a limit there that harms nobody else.
fn limited(limit: &str, value: u32) -> [String; 6] {
    let command = format!("echo {value} > /proc/sys/user/{limit} && exec \"$@\"");
    ["unshare", "--user", "--map-root-user", "sh", "-c", &command].map(str::to_owned)
}

fn starts_limited(limit: &str, value: u32) -> Option<Other> {
    let wrapper = limited(limit, value);
    let mut wrapper: Vec<&str> = wrapper.iter().map(String::as_str).collect();
    wrapper.push("sh");
    Other::start(&wrapper)
}

const LIMIT: &str = "the system watches no more folders (fs.inotify.max_user_watches): looking at the files every 200 ms instead";

#[test]
fn fewer_watches_than_folders() {
    let Some(mut other) = starts_limited("max_inotify_watches", 2) else {
        return;
    };
    assert_eq!(other.next_line().as_deref(), Some(LIMIT));
    other.project.write(MAIN, &script("two"));
    assert_eq!(other.next_line(), Some(other.committed()));
    assert_eq!(other.stop(), Vec::<String>::new());
}

#[test]
fn a_new_folder_that_exceeds_the_watches() {
    // The folder of all mods, the two mods, their scripts: five.
    let Some(mut other) = starts_limited("max_inotify_watches", 5) else {
        return;
    };
    other
        .project
        .write("mods/probe/scripts/new/deep/a.lua", "return 1\n");
    assert_eq!(other.next_line().as_deref(), Some(LIMIT));
    assert_eq!(other.next_line(), Some(other.committed()));
    other
        .project
        .write("mods/probe/scripts/new/deep/a.lua", "return 2\n");
    assert_eq!(other.next_line(), Some(other.committed()));
    assert_eq!(other.stop(), Vec::<String>::new());
}

#[test]
fn no_watcher_to_be_had() {
    let Some(mut other) = starts_limited("max_inotify_instances", 0) else {
        return;
    };
    let notice = "the system has no more watchers (fs.inotify.max_user_instances): looking at the files every 200 ms instead";
    assert_eq!(other.next_line().as_deref(), Some(notice));
    other.project.write(MAIN, &script("two"));
    assert_eq!(other.next_line(), Some(other.committed()));
    assert_eq!(other.stop(), Vec::<String>::new());
}

#[test]
fn a_file_that_may_not_be_read() {
    let is_root = fs::metadata("/proc/self").is_ok_and(|process| process.uid() == 0);
    // To root every file is readable, unless it gives that right up.
    let wrapper: &[&str] = if is_root {
        &[
            "setpriv",
            "--bounding-set",
            "-dac_override,-dac_read_search",
        ]
    } else {
        &["env"]
    };
    let Some(mut other) = Other::start(wrapper) else {
        return;
    };
    let before = other.project.bundle("probe").hash();
    let allow = |other: &Other, path, mode| {
        let rights = fs::Permissions::from_mode(mode);
        fs::set_permissions(other.project.path(path), rights).expect("rights");
    };
    let repaired = format!("ignored probe, runs {before:032x}");
    allow(&other, MAIN, 0o000);
    let refused = format!(
        "rolled back probe: settle: cannot read `probe/scripts/main.lua`: Permission denied (os error 13), runs {before:032x}"
    );
    assert_eq!(other.next_line(), Some(refused));
    allow(&other, MAIN, 0o644);
    assert_eq!(other.next_line(), Some(repaired.clone()));
    // Nor is there anything to be told of a folder that may not be opened.
    allow(&other, "mods/probe/scripts", 0o000);
    let notice = other.next_line().expect("a notice");
    assert!(
        notice.starts_with("the system does not watch: Permission denied"),
        "{notice}"
    );
    let refused = format!(
        "rolled back probe: settle: cannot read `probe/scripts`: Permission denied (os error 13), runs {before:032x}"
    );
    assert_eq!(other.next_line(), Some(refused));
    allow(&other, "mods/probe/scripts", 0o755);
    assert_eq!(other.next_line(), Some(repaired));
    assert_eq!(other.stop(), Vec::<String>::new());
}
