//! The command line: a file for each sub-command.

mod base;
mod check;
mod environment;
mod progress;
mod review;
mod run;
mod stubs;
mod sweep;
mod test;
mod watch;

use std::num::{NonZeroU64, NonZeroUsize};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand, ValueEnum};
use modding::wasm::keep_artefacts_in;

use crate::artefacts::ArtefactFolder;
use crate::scenario::TICKS_MAX;
use crate::suite::Shard;
use crate::sweep::SEEDS_MAX;

/// How a command ended (design.md, "The program").
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Exit {
    /// Everything came out as expected.
    Pass = 0,
    /// An expectation, an outcome or a snapshot differs.
    Differs = 1,
    /// The command line is wrong.
    Usage = 2,
    /// A scenario or a mod is invalid.
    Invalid = 3,
    /// There was nothing to run.
    NothingToRun = 4,
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
    after_help = "Exit codes: 0 as expected, 1 not as expected, 2 wrong usage, 3 invalid scenario or mod, 4 nothing to run, 70 a bug in colony-sim."
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
    /// Run a scenario with many seeds and tabulate what becomes of the colonies.
    Sweep(SweepArguments),
    /// Run scenarios as tests, in parallel, and compare their snapshots.
    Test(TestArguments),
    /// Run a colony and reload its mods as they are edited.
    Watch(WatchArguments),
    /// Accept or reject snapshots that differ from the accepted ones.
    Review(ReviewArguments),
    /// Find out whether a mod survives reload and save.
    Check(CheckArguments),
    /// Write what mods may call and hear: types for the editor, colony.wit for components.
    Stubs(StubsArguments),
    /// Show the files of the mod `base` that is part of the program: the vanilla content.
    Base(BaseArguments),
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
    /// Show every line in which a snapshot differs.
    #[arg(long)]
    full_diff: bool,
    /// What decides everything random, in the place of the scenario's [default: the scenario's]. Snapshots, which are of that, are not
    /// compared.
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
    /// The folder of mods [default: the folders of the project that the scenario is in].
    #[arg(long, value_name = "FOLDER")]
    mods: Option<PathBuf>,
    /// With `real`, the steps change files in a temporary folder, and what a watcher reads there is reloaded: slower, and it
    /// must come to the same.
    #[arg(long, value_enum, default_value_t = WatcherKind::None)]
    watcher: WatcherKind,
}

#[derive(Debug, clap::Args)]
struct SweepArguments {
    /// The scenario file.
    scenario: PathBuf,
    /// How many seeds, at most 100,000.
    #[arg(long, value_name = "N", default_value = "100", value_parser = seed_count)]
    seeds: NonZeroU64,
    /// The first seed; the others follow it.
    #[arg(long, value_name = "SEED", default_value_t = 1)]
    from: u64,
    /// Colonies that run at a time [default: as many as there are processors].
    #[arg(long, short, value_name = "N")]
    jobs: Option<NonZeroUsize>,
    /// How to report on standard output.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// The folder of mods [default: the folders of the project that the scenario is in].
    #[arg(long, value_name = "FOLDER")]
    mods: Option<PathBuf>,
}

fn seed_count(text: &str) -> Result<NonZeroU64, String> {
    let count = text.parse::<NonZeroU64>().ok();
    let count = count.filter(|count| count.get() <= SEEDS_MAX);
    count.ok_or_else(|| format!("expected 1 to {SEEDS_MAX}"))
}

/// How a run learns what its steps changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum WatcherKind {
    /// It made the changes itself, in memory.
    None,
    /// The operating system tells of them.
    Real,
}

/// How to report a suite.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum SuiteFormat {
    /// For people.
    Text,
    /// For programs.
    Json,
    /// JUnit XML, for CI systems.
    Junit,
    /// Workflow commands of GitHub; the text goes to standard error.
    Github,
}

/// Which snapshots are written without a review.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum UpdateMode {
    /// Those that are missing.
    New,
    /// Those that are missing or differ; those that nothing asks for are removed.
    All,
    /// None, not even for a review.
    None,
    /// Those that differ in nothing but hashes.
    Hashes,
}

#[derive(Debug, clap::Args)]
struct TestArguments {
    /// Scenario files, or folders of them [default: those of the project].
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// Run cases with this text in their name; may be given several times.
    #[arg(short = 'k', value_name = "TEXT")]
    texts: Vec<String>,
    /// Run the cases that failed last time.
    #[arg(long)]
    failed: bool,
    /// Begin no case after one has failed.
    #[arg(long)]
    fail_fast: bool,
    /// Run so many cases at once [default: as many as there are processors].
    #[arg(long, value_name = "N")]
    jobs: Option<NonZeroUsize>,
    /// Run one part of the cases, in order of name, such as 2/5.
    #[arg(long, value_name = "PART/PARTS")]
    shard: Option<Shard>,
    /// Accept snapshots without a review; without it those that are missing or differ wait beside the accepted ones, with
    /// `none` not even that [`--update` alone: all].
    #[arg(long, value_enum, value_name = "WHICH", num_args = 0..=1, require_equals = true, default_missing_value = "all")]
    update: Option<UpdateMode>,
    /// Show every line in which a snapshot differs.
    #[arg(long)]
    full_diff: bool,
    /// How to report on standard output.
    #[arg(long, value_enum, default_value_t = SuiteFormat::Text)]
    format: SuiteFormat,
}

#[derive(Debug, clap::Args)]
struct ReviewArguments {
    /// The snapshots, by scenario or as `scenario@tick` [default: all that wait].
    #[arg(value_name = "NAME")]
    names: Vec<String>,
    /// Accept them without asking.
    #[arg(long, conflicts_with = "reject")]
    accept: bool,
    /// Reject them without asking.
    #[arg(long)]
    reject: bool,
}

#[derive(Debug, clap::Args)]
struct WatchArguments {
    /// The scenario whose colony and mods to run; its steps and expectations are left out [default: a small colony with all
    /// mods of the project].
    scenario: Option<PathBuf>,
    /// Stop after this tick [default: go on].
    #[arg(long, value_name = "N")]
    ticks: Option<NonZeroU64>,
    /// So many ticks in a second; 0 for as fast as it goes.
    #[arg(long, value_name = "N", default_value_t = 60)]
    ticks_per_second: u32,
    /// Do the scenario's steps too, except those that change files, let mods come or go, save or load.
    #[arg(long, requires = "scenario")]
    steps: bool,
    /// Write what happens to a new scenario, which repeats it to the same hash; contents go into a folder beside it.
    #[arg(long, value_name = "FILE")]
    record: Option<PathBuf>,
    /// Go on from a checkpoint, which the key c has written, with the mods as they are now.
    #[arg(long, value_name = "FILE", conflicts_with = "record")]
    from: Option<PathBuf>,
    /// Run the `[build] command` of mods that have one, now and when their sources change.
    #[arg(long)]
    build: bool,
    /// Show every line that mods write, not only new warnings and errors.
    #[arg(long)]
    log: bool,
    /// Look at the files again and again, where the system does not tell of changes.
    #[arg(long)]
    poll: bool,
    /// The folder of mods [default: the folders of the project].
    #[arg(long, value_name = "FOLDER")]
    mods: Option<PathBuf>,
}

#[derive(Debug, clap::Args)]
struct CheckArguments {
    /// The folder of the mod, or the id of a mod of the project.
    #[arg(value_name = "MOD")]
    subject: PathBuf,
    /// Check it in this scenario, which must run the mod [default: a colony made for it].
    #[arg(long, value_name = "FILE")]
    scenario: Option<PathBuf>,
    /// How many ticks each run has [default: 600, or the scenario's].
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=TICKS_MAX))]
    ticks: Option<u64>,
    /// What decides everything random [default: 42, or the scenario's].
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(0..=i64::MAX as u64))]
    seed: Option<u64>,
    /// Reload at every single tick in a run of its own, not only at some.
    #[arg(long)]
    thorough: bool,
    /// How to report on standard output.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

#[derive(Debug, clap::Args)]
struct StubsArguments {
    /// The folder to write into, made if it is not there [default: `types` beside the folder of mods].
    #[arg(value_name = "FOLDER")]
    folder: Option<PathBuf>,
}

#[derive(Debug, clap::Args)]
struct BaseArguments {
    /// The file to show, for example `assets/jobs.toml` or `jobs.toml` [default: the names of all].
    #[arg(value_name = "FILE")]
    file: Option<String>,
}

/// Does what the command line says.
pub fn main() -> ExitCode {
    let arguments = Arguments::parse();
    if let Some(folder) = ArtefactFolder::of_user() {
        // It is the first and only one.
        keep_artefacts_in(Box::new(folder));
    }
    let exit = match &arguments.command {
        Command::Base(base) => base::base(base, arguments.color),
        Command::Check(check) => check::check(check, arguments.color),
        Command::Run(run) => run::run(run, arguments.color),
        Command::Sweep(sweep) => sweep::sweep(sweep, arguments.color),
        Command::Stubs(stubs) => stubs::stubs(stubs, arguments.color),
        Command::Review(review) => review::review(review, arguments.color),
        Command::Test(test) => test::test(test, arguments.color),
        Command::Watch(watch) => watch::watch(watch, arguments.color),
    };
    exit.into()
}
