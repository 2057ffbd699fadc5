//! `colony-sim watch` and `run --watcher real` as processes: in a pipe, edited while they run, and ended from outside.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod live;

use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Output, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use live::{Author, MAIN, TALLY, manifest, scenario};

const SCRIPT: &str = "mods/subject/scripts/main.lua";

/// Far longer than anything takes.
const DEADLINE: Duration = Duration::from_secs(120);

fn program(author: &Author, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_colony-sim"));
    command
        .current_dir(author.folder.path())
        .args(arguments)
        .env_remove("CI")
        .stdin(Stdio::null());
    command
}

fn colony_sim(author: &Author, arguments: &[&str]) -> Output {
    program(author, arguments).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// A process whose lines are read as they come.
struct Watching {
    child: Child,
    lines: Receiver<String>,
    seen: String,
}

impl Watching {
    fn begin(author: &Author, arguments: &[&str]) -> Watching {
        Watching::of(&mut program(author, arguments))
    }

    fn of(command: &mut Command) -> Watching {
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let lines = follow(child.stdout.take().unwrap());
        let mut watching = Watching {
            child,
            lines,
            seen: String::new(),
        };
        watching.until("watching ");
        watching
    }

    /// Reads until a line with this in it, and returns the line.
    fn until(&mut self, wanted: &str) -> String {
        loop {
            match self.lines.recv_timeout(DEADLINE) {
                Ok(line) => {
                    self.seen.push_str(&line);
                    if line.contains(wanted) {
                        return line;
                    }
                }
                Err(RecvTimeoutError::Timeout) => panic!("no {wanted:?} in\n{}", self.seen),
                Err(RecvTimeoutError::Disconnected) => {
                    let mut errors = String::new();
                    let stderr = self.child.stderr.as_mut().unwrap();
                    stderr.read_to_string(&mut errors).unwrap();
                    panic!("it ended without {wanted:?}:\n{}{errors}", self.seen)
                }
            }
        }
    }

    #[cfg(unix)]
    fn signal(&self, name: &str) {
        let process = self.child.id().to_string();
        let kill = Command::new("kill").args([name, &process]).status();
        assert!(kill.unwrap().success());
    }

    fn code(&mut self) -> Option<i32> {
        self.child.wait().unwrap().code()
    }
}

impl Drop for Watching {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn follow(stdout: ChildStdout) -> Receiver<String> {
    let (sender, lines) = channel();
    std::thread::spawn(move || {
        for line in BufReader::new(stdout).lines() {
            if sender.send(line.unwrap() + "\n").is_err() {
                return;
            }
        }
    });
    lines
}

/// A mod whose script is made of another file, by a command that fails while that file says `broken`.
#[test]
#[cfg(unix)]
fn a_mod_is_built_when_its_sources_change_and_goes_on_when_that_fails() {
    let build = "[build]\ncommand = \"! grep broken guest/source.lua && cp guest/source.lua scripts/main.lua\"\n";
    let source = "colony.state.define({ built = 1 })\n";
    let author = Author::new(&[
        (
            "mods/subject/mod.toml",
            &manifest("subject", "1.0.0", build),
        ),
        ("mods/subject/guest/source.lua", source),
        ("mods/subject/guest/target/of_the_tool.lua", ""),
    ]);
    let small = "scenarios/small.toml";
    let mut watching = Watching::begin(&author, &["watch", small, "--build"]);
    assert!(
        watching
            .until("building subject")
            .contains("cp guest/source.lua")
    );
    watching.until("built subject in");
    watching.until("committed");
    assert_eq!(author.read(SCRIPT), source);
    author.write("mods/subject/guest/source.lua", "broken\n");
    watching.until("the build of subject failed: exit status: 1");
    watching.until("broken");
    author.write(
        "mods/subject/guest/source.lua",
        "colony.state.define({ built = 23 })\n",
    );
    watching.until("built subject in");
    watching.until("committed");
    // Without being asked nobody runs it.
    author.write("mods/subject/guest/source.lua", "broken\n");
    let plain = colony_sim(&author, &["watch", small, "--ticks", "20"]);
    assert!(
        !text(&plain.stdout).contains("build"),
        "{}",
        text(&plain.stdout)
    );
}

/// What a command leaves in the background holds up nothing, and a command that runs at the end ends with the session.
#[test]
#[cfg(unix)]
fn a_build_in_the_background_holds_up_nothing_and_none_outlives_the_session() {
    let build = |command: &str| {
        manifest(
            "subject",
            "1.0.0",
            &format!("[build]\ncommand = \"{command}\"\n"),
        )
    };
    let background = build("sleep 300 & echo the reason; exit 1");
    let author = Author::new(&[
        ("mods/subject/mod.toml", &background),
        ("mods/subject/guest/source.txt", ""),
    ]);
    let small = "scenarios/small.toml";
    let mut watching = Watching::begin(&author, &["watch", small, "--build"]);
    watching.until("the build of subject failed: exit status: 1");
    watching.until("the reason");
    author.write(
        "mods/subject/mod.toml",
        &build("echo $$ > guest/target/process; exec sleep 300"),
    );
    std::fs::create_dir_all(author.path("mods/subject/guest/target")).unwrap();
    watching.until("building subject");
    let begun = Instant::now();
    let process = loop {
        let process = std::fs::read_to_string(author.path("mods/subject/guest/target/process"));
        match process {
            Ok(process) if process.ends_with('\n') => break process,
            _ => assert!(begun.elapsed() < DEADLINE),
        }
        std::thread::sleep(Duration::from_millis(20));
    };
    watching.signal("-INT");
    assert_eq!(watching.code(), Some(0));
    let mut alive = Command::new("kill");
    let alive = alive.args(["-0", process.trim()]).stderr(Stdio::null());
    assert!(!alive.status().unwrap().success());
}

#[test]
fn in_a_pipe_it_ends_at_the_last_tick_with_the_hash_of_a_run() {
    let author = Author::new(&[]);
    let small = "scenarios/small.toml";
    let watch = ["watch", small, "--ticks", "20", "--ticks-per-second", "0"];
    let output = colony_sim(&author, &watch);
    let stdout = text(&output.stdout);
    assert_eq!(
        output.status.code(),
        Some(0),
        "{stdout}{}",
        text(&output.stderr)
    );
    assert!(
        stdout.starts_with("watching 2 mods as fast as it goes · lines of standard input are keys, ? lists them · Ctrl-C ends it\n"),
        "{stdout}"
    );
    assert!(
        !stdout.contains('\x1b') && !stdout.contains('\r'),
        "{stdout:?}"
    );
    let run = text(&colony_sim(&author, &["run", small]).stdout);
    let hash = run
        .lines()
        .find_map(|line| line.strip_prefix("hash       "));
    let last = stdout.lines().last().unwrap();
    let expected = format!(
        "tick 20 · 3 of 3 alive · no reload · hash {}",
        hash.unwrap()
    );
    assert_eq!(last, expected);
}

#[cfg(unix)]
#[test]
fn it_is_edited_interrupted_and_repeated() {
    let author = Author::new(&[]);
    let arguments = [
        "watch",
        "scenarios/small.toml",
        "--record",
        "scenarios/session.toml",
    ];
    let mut watching = Watching::begin(&author, &arguments);
    author.edit(SCRIPT, "done = 0", "done = 0, seen = {}");
    let line = watching.until("committed");
    assert!(line.contains("subject 1.0.0  g1 -> g2  scripts"), "{line}");
    assert!(
        watching
            .until("running ")
            .contains(" ms after the save (settle ")
    );
    author.write(SCRIPT, &MAIN[..80]);
    watching.until("rolled back");
    watching.until("--> mods/subject/scripts/main.lua:");
    author.write(
        "mods/subject/scripts/tally.lua",
        &TALLY.replace("count + more", "count.no + more"),
    );
    watching.until("rolled back");
    author.write(SCRIPT, MAIN);
    watching.until("committed");
    watching.until("failing      subject 1.0.0  g3: job_completed");
    watching.until("--> mods/subject/scripts/tally.lua:2");
    watching.signal("-INT");
    let last = watching.until(" · hash ");
    watching.until("recorded in scenarios/session.toml: colony-sim run scenarios/session.toml");
    assert_eq!(watching.code(), Some(0));
    let hash = last.trim_end().rsplit(' ').next().unwrap();
    for _ in 0..2 {
        let output = colony_sim(&author, &["run", "scenarios/session.toml"]);
        let stdout = text(&output.stdout);
        assert_eq!(
            output.status.code(),
            Some(0),
            "{stdout}{}",
            text(&output.stderr)
        );
        assert!(
            stdout.contains(&format!("hash       {hash}\n")),
            "{hash}\n{stdout}"
        );
    }
}

#[cfg(unix)]
#[test]
fn a_session_that_is_killed_leaves_a_recording_of_all_that_it_told() {
    let author = Author::new(&[]);
    // So slow that it is killed before the tick that would have run with what was saved.
    let arguments = [
        "watch",
        "scenarios/small.toml",
        "--ticks-per-second",
        "1",
        "--record",
        "scenarios/session.toml",
    ];
    for saves in [1, 2] {
        let mut watching = Watching::begin(&author, &arguments);
        for save in 0..saves {
            let more = format!("done = 0, seen{saves}{save} = {{}}");
            author.edit(SCRIPT, "done = 0", &more);
            watching.until("committed");
        }
        watching.signal("-KILL");
        assert_eq!(watching.code(), None);
        let output = colony_sim(&author, &["run", "scenarios/session.toml"]);
        let stdout = text(&output.stdout);
        assert_eq!(output.status.code(), Some(0), "{stdout}");
        let committed = stdout.matches("committed").count();
        assert_eq!(committed, saves, "{stdout}");
        std::fs::remove_file(author.path("scenarios/session.toml")).unwrap();
        std::fs::remove_dir_all(author.path("scenarios/session")).unwrap();
    }
}

#[cfg(unix)]
#[test]
fn a_terminal_that_closes_and_a_reader_that_stops_end_it_cleanly() {
    let author = Author::new(&[]);
    let mut hung_up = Watching::begin(&author, &["watch", "scenarios/small.toml"]);
    hung_up.signal("-HUP");
    hung_up.until(" · hash ");
    assert_eq!(hung_up.code(), Some(0));
    let mut command = program(&author, &["watch", "scenarios/small.toml"]);
    let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
    let mut first = String::new();
    BufReader::new(child.stdout.take().unwrap())
        .read_line(&mut first)
        .unwrap();
    assert!(first.starts_with("watching "), "{first}");
    // Nobody reads any more, and there is nothing to tell.
    let until = Instant::now() + DEADLINE;
    let status = loop {
        if let Some(status) = child.try_wait().unwrap() {
            break status;
        }
        if Instant::now() > until {
            child.kill().unwrap();
            panic!("it has not noticed that nobody reads");
        }
        std::thread::sleep(Duration::from_millis(5));
    };
    assert_eq!(status.code(), Some(0));
}

#[test]
fn without_a_scenario_it_watches_all_mods_of_the_project() {
    let author = Author::new(&[]);
    let output = colony_sim(&author, &["watch", "--ticks", "3"]);
    let stdout = text(&output.stdout);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    assert!(
        stdout.starts_with("watching 2 mods at 60 ticks/s"),
        "{stdout}"
    );
    assert!(stdout.contains("tick 3 · 8 of 8 alive"), "{stdout}");
}

#[cfg(unix)]
#[test]
fn mods_come_are_renamed_and_lose_their_state_while_it_runs() {
    let author = Author::new(&[]);
    let mut watching = Watching::begin(&author, &["watch", "--record", "scenarios/session.toml"]);
    author.write("mods/fresh/scripts/tally.lua", TALLY);
    author.write("mods/fresh/scripts/main.lua", MAIN);
    author.write("mods/fresh/mod.toml", &manifest("fresh", "1.0.0", ""));
    watching.until("committed    started fresh 1.0.0  g1");
    std::fs::rename(author.path("mods/fresh"), author.path("mods/newer")).unwrap();
    let newer = manifest("newer", "1.0.0", "replaces = \"fresh\"\n");
    author.write("mods/newer/mod.toml", &newer);
    watching.until("newer 1.0.0  g1 -> g2  full · takes over from fresh");
    author.edit(
        "mods/newer/scripts/main.lua",
        "local tally",
        "-- more\nlocal tally",
    );
    watching.until("newer 1.0.0  g2 -> g3  scripts");
    author.write("mods/No Mod/mod.toml", "");
    watching.until("`mods/No Mod` is no mod: ");
    let resets = "[hot_reload.state_management]\non_state_error = \"reset\"\n";
    author.write(
        SCRIPT,
        "colony.state.migrate('<1.1.0', function() error('no way') end)\ncolony.state.define({ done = 5 })\n",
    );
    author.write(
        "mods/subject/mod.toml",
        &manifest("subject", "1.1.0", resets),
    );
    watching.until("the state that subject had in g1 is kept in .colony/states/subject-g1.json");
    let state = author.read(".colony/states/subject-g1.json");
    assert!(state.contains("\"done\": "), "{state}");
    assert!(!watching.seen.contains("rolled back"), "{}", watching.seen);
    watching.signal("-INT");
    let last = watching.until(" · hash ");
    assert_eq!(watching.code(), Some(0));
    let hash = last.trim_end().rsplit(' ').next().unwrap();
    let output = colony_sim(&author, &["run", "scenarios/session.toml"]);
    let stdout = text(&output.stdout);
    assert_eq!(
        output.status.code(),
        Some(0),
        "{stdout}{}",
        text(&output.stderr)
    );
    assert!(
        stdout.contains(&format!("hash       {hash}\n")),
        "{hash}\n{stdout}"
    );
}

#[test]
fn what_cannot_be_watched_is_refused_with_the_exit_code_of_the_table() {
    let bare = scenario("\"base\"", "");
    let author = Author::new(&[("scenarios/bare.toml", &bare), ("empty/scenarios/none", "")]);
    for (arguments, code, message) in [
        (
            ["scenarios/smal.toml", "--log"],
            3,
            "did you mean `small.toml`?",
        ),
        (
            ["scenarios/bare.toml", "--log"],
            4,
            "there is nothing to watch",
        ),
        (["--steps", "--log"], 2, "required arguments"),
        (
            ["--record", "scenarios/small.toml"],
            2,
            "`scenarios/small.toml` exists already",
        ),
        (["--record", "mods"], 2, "let it end in .toml"),
        (
            ["--record", "mods/subject/recorded.toml"],
            2,
            "is in the folder of subject, which is watched",
        ),
    ] {
        let arguments = ["watch", "--ticks", "1", arguments[0], arguments[1]];
        let output = colony_sim(&author, &arguments);
        let stderr = text(&output.stderr);
        assert_eq!(output.status.code(), Some(code), "{arguments:?}\n{stderr}");
        assert!(stderr.contains(message), "{arguments:?}\n{stderr}");
    }
}

#[test]
fn left_out_steps_are_counted() {
    let steps = "[[step]]\nat = 2\nrestart = true\n\n[[step]]\nat = 2\nreload = { mods = [\"subject\"], force = true }\n";
    let file = scenario(r#""base", "subject""#, steps);
    let author = Author::new(&[("scenarios/small.toml", &file)]);
    let arguments = ["watch", "scenarios/small.toml", "--steps", "--ticks", "3"];
    let stdout = text(&colony_sim(&author, &arguments).stdout);
    let expected =
        "steps that change files, let mods come or go, save or load are left out: 1 of 2\n";
    assert!(stdout.contains(expected), "{stdout}");
    assert!(
        stdout.contains("tick 2  committed    subject 1.0.0  g1  full · forced"),
        "{stdout}"
    );
}

/// What a run reports, with its exit code.
fn report(folder: &Path, scenario: &str, watcher: &str) -> (Option<i32>, String) {
    let arguments = ["run", "--format", "json", "--watcher", watcher, scenario];
    let mut command = Command::new(env!("CARGO_BIN_EXE_colony-sim"));
    let output = command
        .current_dir(folder)
        .args(arguments)
        .output()
        .unwrap();
    (output.status.code(), text(&output.stdout))
}

#[test]
fn a_run_through_the_disk_and_the_watcher_reports_the_same() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    for name in ["reload_midgame", "hot_reload_basic", "hot_reload_advanced"] {
        let scenario = format!("scenarios/{name}.toml");
        let (code, plain) = report(&root, &scenario, "none");
        assert_eq!(code, Some(0), "{plain}");
        assert_eq!(report(&root, &scenario, "real"), (code, plain), "{name}");
    }
}

#[test]
fn every_action_that_changes_files_comes_to_the_same_through_the_disk() {
    let steps = r#"
[[step]]
at = 2
write = { file = "subject/scripts/more.lua", text = "return 1" }

[[step]]
at = 3
rename = { from = "subject/scripts/more.lua", to = "subject/scripts/deep/other.lua" }

[[step]]
at = 4
edit = { file = "subject/scripts/main.lua", find = "done = 0", replace = "done = 0, more = 1" }

[[step]] # nothing changes: nobody waits for it
at = 5
write = { file = "subject/scripts/deep/other.lua", text = "return 1" }
expect = { outcome = "ignored" }

[[step]]
at = 6
truncate = { file = "subject/scripts/main.lua", bytes = 70 }
expect = { outcome = "rolled_back" }

[[step]]
at = 7
delete = { file = "subject/scripts/deep/other.lua" }
expect = { outcome = "rolled_back" }

[[step]]
at = 8
write = { file = "subject/scripts/deep", text = "a file in the place of a folder" }
expect = { outcome = "rolled_back" }

[[step]]
at = 9
copy = { from = "../mods/subject", to = "subject" }

[[step]]
at = 10
batch = [
  { write = { file = "subject/mod.toml", text = "id = " } },
  { edit = { file = "other/scripts/main.lua", find = "ticks = 0", replace = "ticks = 1" } },
]
expect = { outcome = "rolled_back" }

[[step]]
at = 11
copy = { from = "../mods/subject/mod.toml", to = "subject/mod.toml" }

[[step]]
at = 12
fault = { stage = "restore", mod = "other", during = { edit = { file = "other/scripts/main.lua", find = "ticks = 1", replace = "ticks = 2" } } }
expect = { outcome = "rolled_back" }

[[step]]
at = 13
reload = { mods = ["subject", "other"], force = true }

[[step]]
at = 14
restart = true
"#;
    let file = scenario(r#""base", "subject", "other""#, steps);
    let author = Author::new(&[("scenarios/small.toml", &file)]);
    let plain = report(author.folder.path(), "scenarios/small.toml", "none");
    assert_eq!(plain.0, Some(0), "{}", plain.1);
    assert_eq!(
        report(author.folder.path(), "scenarios/small.toml", "real"),
        plain
    );
}

#[cfg(unix)]
#[test]
fn in_a_pipe_lines_are_keys() {
    use std::io::Write;

    let fails = "colony.events.register('mod_unloaded', function()\n  error('cannot end')\nend)\n";
    let script = format!("{MAIN}{fails}");
    let author = Author::new(&[(SCRIPT, &script)]);
    let mut command = program(&author, &["watch", "scenarios/small.toml"]);
    command.stdin(Stdio::piped());
    let mut watching = Watching::of(&mut command);
    let mut keys = watching.child.stdin.take().unwrap();
    let mut press = |key: &str| writeln!(keys, "{key}").unwrap();
    author.write(SCRIPT, &format!("-- without an end that fails\n{MAIN}"));
    watching.until("g1 goes on, nothing lost · failed at unload");
    watching.until("--> g1 of mods/subject/scripts/main.lua:7:3");
    watching.until("error('cannot end')");
    watching.until(
        "what you save cannot mend it, a line `u` on standard input reloads without telling it",
    );
    press("u");
    watching.until("committed    subject 1.0.0  g1 -> g2  scripts");
    press("reload");
    watching.until("\"reload\" is no key, ? lists them");
    press("?");
    watching.until("subject in mods/subject");
    press("q");
    watching.until(" · hash ");
    assert_eq!(watching.code(), Some(0));
}

#[test]
fn a_file_too_large_comes_to_the_same_through_the_disk() {
    let steps = r#"
[[step]]
at = 2
edit = { file = "subject/scripts/main.lua", find = "done = 0", replace = "done = 0, LONG = 1" }
expect = { outcome = "rolled_back", stage = "settle" }

[[step]] # another fault than the one before
at = 3
edit = { file = "subject/scripts/main.lua", find = "LONG", replace = "LONGER" }
expect = { outcome = "rolled_back", stage = "settle" }

[[step]]
at = 4
write = { file = "subject/scripts/main.lua", text = "colony.state.define({ done = 1 })" }

[[step]]
at = 5
batch = [
  { write = { file = "subject/scripts/main.lua", text = "colony.state.define({ done = 2 })" } },
  { edit = { file = "subject/mod.toml", find = "max_file_size = 250", replace = "max_file_size = 20" } },
]
"#;
    let steps = steps.replace("LONG", &"long_".repeat(40));
    let file = scenario(r#""base", "subject""#, &steps);
    let limit = manifest("subject", "1.0.0", "[hot_reload]\nmax_file_size = 250\n");
    let author = Author::new(&[
        ("scenarios/small.toml", &file),
        ("mods/subject/mod.toml", &limit),
    ]);
    let plain = report(author.folder.path(), "scenarios/small.toml", "none");
    assert!(!plain.1.contains("step at tick 2"), "{}", plain.1);
    assert!(
        plain.1.contains("expected at most 20 (`max_file_size`"),
        "{}",
        plain.1
    );
    let real = report(author.folder.path(), "scenarios/small.toml", "real");
    assert_eq!(real, plain);
}

#[test]
fn a_change_that_no_watcher_looks_at_is_refused_at_once() {
    for (key, seen) in [
        ("watch_mod_directory", "at nothing but `mod.toml`"),
        ("watch_subdirectories", "at no folder in it"),
    ] {
        let steps = format!(
            r#"
[[step]]
at = 2
edit = {{ file = "subject/mod.toml", find = "{key} = true", replace = "{key} = false" }}

[[step]]
at = 3
edit = {{ file = "subject/scripts/main.lua", find = "done = 0", replace = "done = 1" }}
"#
        );
        let file = scenario(r#""base", "subject""#, &steps);
        let watched = format!("[hot_reload]\n{key} = true\n");
        let author = Author::new(&[
            ("scenarios/small.toml", &file),
            (
                "mods/subject/mod.toml",
                &manifest("subject", "1.0.0", &watched),
            ),
        ]);
        let run = ["run", "scenarios/small.toml", "--watcher"];
        let code = |watcher| {
            let output = colony_sim(&author, &[&run[..], &[watcher]].concat());
            (output.status.code(), text(&output.stdout))
        };
        assert_eq!(code("none").0, Some(0));
        let (code, stdout) = code("real");
        assert_eq!(code, Some(1), "{stdout}");
        for expected in [
            &format!("a watcher looks {seen} of subject (`{key} = false` in [hot_reload])"),
            "scenarios/small.toml:20",
            "take the key out of its `mod.toml`, or run without --watcher real",
        ] {
            assert!(stdout.contains(expected), "{expected}\n{stdout}");
        }
    }
}

#[test]
fn a_checkpoint_that_cannot_be_gone_on_from_is_named() {
    let author = Author::new(&[]);
    let mut kept = live::Watched::begin(&author, None, false);
    kept.ticks(5);
    let happenings = kept
        .session
        .command(harness::live::session::Key::Checkpoint);
    let [harness::live::happening::Happening::Checkpoint(checkpoint)] = happenings.as_slice()
    else {
        panic!("{happenings:?}");
    };
    let mut bytes = checkpoint.bytes.clone();
    std::fs::write(author.path("small.save"), &bytes).unwrap();
    bytes.push(0);
    std::fs::write(author.path("damaged.save"), &bytes).unwrap();
    let watch = |file: &str, ticks: &str| {
        let arguments = [
            "watch",
            "scenarios/small.toml",
            "--from",
            file,
            "--ticks",
            ticks,
        ];
        let output = colony_sim(&author, &arguments);
        (output.status.code(), text(&output.stderr))
    };
    assert_eq!(watch("small.save", "6").0, Some(0));
    let (code, told) = watch("small.save", "5");
    let expected = "`small.save` is at tick 5 already, and the session is to end after tick 5";
    assert!(
        code == Some(3) && told.contains(expected),
        "{code:?} {told}"
    );
    let (code, told) = watch("damaged.save", "6");
    let expected = "`damaged.save`: the save is damaged";
    assert!(
        code == Some(3) && told.contains(expected),
        "{code:?} {told}"
    );
}
