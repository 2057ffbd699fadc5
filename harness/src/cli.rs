//! The command line: a file for each sub-command.

mod run;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand, ValueEnum};

/// How a command ended (design.md, "The program").
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Exit {
    /// Everything came out as expected.
    Pass = 0,
    /// An expectation or an outcome differs.
    Differs = 1,
    /// The command line is wrong.
    Usage = 2,
    /// A scenario or a mod is invalid.
    Invalid = 3,
    /// A fault of this program.
    Bug = 70,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> ExitCode {
        ExitCode::from(exit as u8)
    }
}

/// A deterministic colony simulator whose content and behaviour are mods, and which proves what happens when a mod changes
/// while it runs.
#[derive(Debug, Parser)]
#[command(
    name = "colony-sim",
    version,
    after_help = "Exit codes: 0 as expected, 1 not as expected, 2 wrong usage, 3 invalid scenario or mod, 70 a bug in colony-sim."
)]
pub struct Arguments {
    #[command(subcommand)]
    command: Command,
    /// Colour in the text report.
    #[arg(long, global = true, value_enum, default_value_t = Colour::Auto)]
    color: Colour,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run a scenario and report what happened.
    Run(RunArguments),
}

/// When to use colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Colour {
    /// On a terminal, unless NO_COLOR is set.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// How to report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people.
    Text,
    /// For programs.
    Json,
}

#[derive(Debug, clap::Args)]
struct RunArguments {
    /// The scenario file.
    scenario: PathBuf,
    /// How to report on standard output.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// Show every line that mods wrote, not only warnings and errors.
    #[arg(long)]
    log: bool,
    /// The folder of mods [default: the nearest `mods` folder above the scenario].
    #[arg(long, value_name = "FOLDER")]
    mods: Option<PathBuf>,
}

/// Does what the command line says.
pub fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let exit = match &arguments.command {
        Command::Run(run) => run::run(run, arguments.color),
    };
    exit.into()
}
