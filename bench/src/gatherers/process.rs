//! Peers in processes of their own, which are asked a line and answer a line.

use std::env;
use std::io::{self, BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::Duration;

const KRABMAGA: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/krabmaga_peer/Cargo.toml");
const MESA: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/mesa_peer/gatherers.py");

/// A running peer.
pub(super) struct Peer {
    process: Child,
    questions: ChildStdin,
    answers: BufReader<ChildStdout>,
}

/// krABMaga, built if it is not built yet.
pub(super) fn krabmaga() -> io::Result<Peer> {
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let target = env::var_os("CARGO_TARGET_DIR")
        .unwrap_or_else(|| concat!(env!("CARGO_MANIFEST_DIR"), "/target").into());
    let mut command = Command::new(cargo);
    command
        .args(["run", "--quiet", "--release", "--locked"])
        .args(["--manifest-path", KRABMAGA, "--target-dir"])
        .arg(std::path::Path::new(&target).join("krabmaga_peer"));
    Peer::start(&mut command)
}

/// Mesa, if Python has it.
pub(super) fn mesa() -> io::Result<Option<Peer>> {
    let mut probe = Command::new("python3");
    probe.args(["-c", "import mesa"]).stderr(Stdio::null());
    if probe.status().is_ok_and(|status| status.success()) {
        Peer::start(Command::new("python3").arg(MESA)).map(Some)
    } else {
        Ok(None)
    }
}

impl Peer {
    fn start(command: &mut Command) -> io::Result<Peer> {
        let piped = command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut process = piped.spawn()?;
        let questions = process.stdin.take().expect("its input is piped");
        let answers = process.stdout.take().expect("its output is piped");
        Ok(Peer {
            process,
            questions,
            answers: BufReader::new(answers),
        })
    }

    /// The processor time that ticks of a colony took, and its checksum.
    pub(super) fn run(&mut self, count: u32, ticks: u32) -> io::Result<(Duration, i64)> {
        writeln!(self.questions, "{count} {ticks}")?;
        let mut answer = String::new();
        self.answers.read_line(&mut answer)?;
        let mut numbers = answer.split_whitespace();
        let nanoseconds = numbers.next().and_then(|number| number.parse().ok());
        let checksum = numbers.next().and_then(|number| number.parse().ok());
        nanoseconds
            .map(Duration::from_nanos)
            .zip(checksum)
            .ok_or_else(|| io::Error::other(format!("a peer answered {answer:?}")))
    }

    /// Ends the peer.
    pub(super) fn end(mut self) -> io::Result<()> {
        drop(self.questions);
        let status = self.process.wait()?;
        if status.success() {
            return Ok(());
        }
        Err(io::Error::other(format!("a peer ended with {status}")))
    }
}
