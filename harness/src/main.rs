//! The program `colony-sim`; everything it does is in the library `harness`.

use std::io::Write;
use std::process::ExitCode;

fn main() -> ExitCode {
    std::panic::catch_unwind(harness::cli::main).unwrap_or_else(|_| {
        let _ = writeln!(
            std::io::stderr(),
            "this is a bug in colony-sim: please report it with the scenario and the lines above"
        );
        harness::cli::Exit::Bug.into()
    })
}
