//! The peer in a process of its own: bevy_mod_scripting (`bevy_peer`), which is asked a line and answers a line.

use std::env;
use std::io::{self, BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::Duration;

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/bevy_peer");
const TARGET: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/target/bevy_peer");

/// Who runs the systems of the app.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Executor {
    /// What an app has that asks for nothing: threads, woken for a system at a time.
    Default,
    /// The quickest for so little work.
    SingleThread,
}

impl Executor {
    fn name(self) -> &'static str {
        match self {
            Executor::Default => "default",
            Executor::SingleThread => "single_thread",
        }
    }
}

/// The running peer.
pub(crate) struct Peer {
    process: Child,
    questions: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Peer {
    /// Builds the peer, if it is not built yet, and starts it.
    pub(crate) fn start() -> io::Result<Peer> {
        writeln!(
            io::stderr(),
            "building bevy_mod_scripting: some six minutes the first time"
        )?;
        let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let mut process = Command::new(cargo)
            .args(["run", "--quiet", "--release", "--locked"])
            .args(["--manifest-path", &format!("{FOLDER}/Cargo.toml")])
            .args(["--target-dir", TARGET])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let questions = process.stdin.take().expect("its input is piped");
        let answers = process.stdout.take().expect("its output is piped");
        let mut peer = Peer {
            process,
            questions,
            answers: BufReader::new(answers),
        };
        // Also waits for the build.
        peer.ask("count single_thread 0")?;
        writeln!(io::stderr(), "measuring: less than a minute")?;
        Ok(peer)
    }

    /// Lets an app with scripts make updates; the processor time that they took.
    pub(crate) fn run(&mut self, executor: Executor, scripts: usize, updates: u64) -> Duration {
        let question = format!("run {} {scripts} {updates}", executor.name());
        Duration::from_nanos(self.ask(&question).expect("the peer answers"))
    }

    /// Calls that all handlers of an app have counted.
    pub(crate) fn count(&mut self, executor: Executor, scripts: usize) -> u64 {
        let question = format!("count {} {scripts}", executor.name());
        self.ask(&question).expect("the peer answers")
    }

    /// Lets an app reload a script that keeps so many integers; the processor time until each new version was called.
    pub(crate) fn reload(&mut self, executor: Executor, integers: usize, reloads: u64) -> Duration {
        let question = format!("reload {} {integers} {reloads}", executor.name());
        Duration::from_nanos(self.ask(&question).expect("the peer answers"))
    }

    /// Calls that the reloaded script has counted over all its versions.
    pub(crate) fn carried(&mut self, executor: Executor, integers: usize) -> u64 {
        let question = format!("carried {} {integers}", executor.name());
        self.ask(&question).expect("the peer answers")
    }

    /// Ends the peer.
    pub(crate) fn end(mut self) -> io::Result<()> {
        drop(self.questions);
        let status = self.process.wait()?;
        if status.success() {
            return Ok(());
        }
        Err(io::Error::other(format!("bevy_peer ended with {status}")))
    }

    fn ask(&mut self, question: &str) -> io::Result<u64> {
        writeln!(self.questions, "{question}")?;
        let mut answer = String::new();
        self.answers.read_line(&mut answer)?;
        answer.trim_end().parse().map_err(|_| {
            io::Error::other(format!("bevy_peer answered {question:?} with {answer:?}"))
        })
    }
}
