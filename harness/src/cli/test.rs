//! `colony-sim test`.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{IsTerminal, Write};
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::time::Instant;

use modding::diagnostic::Fault;

use super::environment::{coloured, in_ci};
use super::progress::Progress;
use super::{Colour, Exit, SuiteFormat, TestArguments, UpdateMode};
use crate::project::{Project, location};
use crate::report::suite::text::SuiteTextOptions;
use crate::report::{github, json, junit, source, suite};
use crate::snapshot::{Asked, Change, Update, orphans};
use crate::suite::{
    Case, CaseKind, CaseResult, ExecuteOptions, Problem, Selection, Status, discover, execute,
    last_failed, run_scenario, run_unit_test, select,
};

pub(super) fn test(arguments: &TestArguments, colour: Colour) -> Exit {
    let command = Command {
        arguments,
        colour,
        started: Instant::now(),
    };
    command
        .run()
        .unwrap_or_else(|problem| command.refuse(&problem))
}

struct Command<'a> {
    arguments: &'a TestArguments,
    colour: Colour,
    started: Instant,
}

/// The cases that were chosen, and what is needed to remember how they went.
struct Chosen {
    cases: Vec<Case>,
    /// The names of all cases that there are.
    all: BTreeSet<String>,
    /// Those that failed last time.
    failed_before: BTreeSet<String>,
    /// Whether nothing was left out.
    whole: bool,
}

impl Command<'_> {
    fn run(&self) -> Result<Exit, Problem> {
        let update = self.update()?;
        let project = self.project()?;
        let root = project
            .as_ref()
            .map_or(Path::new(""), |project| &project.root);
        let chosen = self.choose(project.as_ref(), root)?;
        let mut results = self.execute(&chosen.cases, update)?;
        let mut problems = change_files(&mut results);
        let orphans = if chosen.whole {
            self.orphans(project.as_ref(), &chosen.cases, &results)
        } else {
            Vec::new()
        };
        if update == Update::All {
            let removed = orphans.iter().map(|orphan| Change::Remove(orphan.clone()));
            problems.extend(removed.filter_map(|change| change.make().err()));
        }
        if !in_ci() {
            let kept = last_failed::write(root, &chosen.failed_before, &results, &chosen.all);
            problems.extend(kept.err());
        }
        let exit = exit(&results, &problems);
        self.report(&results, &orphans, project.as_ref(), exit);
        self.warn(&results, &orphans, update);
        self.say(&source::render(&problems, self.coloured_messages()));
        self.last_lines(&results);
        Ok(exit)
    }

    /// What may be written.
    fn update(&self) -> Result<Update, Problem> {
        let update = match self.arguments.update {
            None if in_ci() => Update::None,
            None => Update::Pending,
            Some(UpdateMode::None) => Update::None,
            Some(UpdateMode::New) => Update::New,
            Some(UpdateMode::All) => Update::All,
            Some(UpdateMode::Hashes) => Update::Hashes,
        };
        if in_ci() && update != Update::None {
            let fault = Fault::new(
                "nothing is written where CI is set: `--update` would accept what nobody has read",
            );
            return Err(Problem::Usage(vec![fault.help(
                "update and review where you work, and commit the snapshots",
            )]));
        }
        Ok(update)
    }

    /// The project of the working directory, else that of the first path.
    fn project(&self) -> Result<Option<Project>, Problem> {
        let here = Project::find(Path::new(".")).map_err(Problem::Invalid)?;
        match (here, self.arguments.paths.first()) {
            (None, Some(path)) => {
                let folder = if path.is_dir() {
                    path
                } else {
                    path.parent().unwrap_or(path)
                };
                Project::find(folder).map_err(Problem::Invalid)
            }
            (here, _) => Ok(here),
        }
    }

    fn choose(&self, project: Option<&Project>, root: &Path) -> Result<Chosen, Problem> {
        let cases = discover(project, &self.arguments.paths)?;
        let all: BTreeSet<String> = cases.iter().map(|case| case.name.clone()).collect();
        let failed_before = last_failed::read(root).unwrap_or_else(|fault| {
            self.say(&format!("warning: {}: it counts as empty\n", fault.message));
            BTreeSet::new()
        });
        let again: BTreeSet<String> = failed_before.intersection(&all).cloned().collect();
        let names = match (self.arguments.failed, again.is_empty()) {
            (true, false) => Some(again),
            (true, true) => {
                self.say("nothing failed last time: all cases are run\n");
                None
            }
            (false, _) => None,
        };
        let selection = Selection {
            texts: self.arguments.texts.clone(),
            names,
            shard: self.arguments.shard,
        };
        let whole = self.arguments.paths.is_empty()
            && selection.texts.is_empty()
            && selection.names.is_none()
            && selection.shard.is_none();
        let cases = select(cases, &selection)?;
        Ok(Chosen {
            cases,
            all,
            failed_before,
            whole,
        })
    }

    fn execute(&self, cases: &[Case], update: Update) -> Result<Vec<CaseResult>, Problem> {
        let options = ExecuteOptions {
            jobs: self.arguments.jobs.unwrap_or_else(|| {
                std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN)
            }),
            fail_fast: self.arguments.fail_fast,
        };
        let run = |case: &Case| match &case.kind {
            CaseKind::Scenario(scenario) => run_scenario(case, scenario, update),
            CaseKind::UnitTest(test) => run_unit_test(case, test),
        };
        let mut progress = Progress::new(self.started, "cases");
        let total = cases.len() as u64;
        let results = execute(cases, options, &run, &mut |done| progress.show(done, total));
        progress.clear();
        results.map_err(|error| {
            Problem::Usage(vec![
                Fault::new(format!("the system gives no thread: {error}")).help("use fewer --jobs"),
            ])
        })
    }

    /// Snapshots that no scenario asks for any more.
    fn orphans(
        &self,
        project: Option<&Project>,
        cases: &[Case],
        results: &[CaseResult],
    ) -> Vec<PathBuf> {
        let folders = project.and_then(|project| project.scenario_folders().ok());
        let mut asked: BTreeMap<PathBuf, BTreeMap<String, Asked>> = folders
            .into_iter()
            .flatten()
            .map(|folder| (folder, BTreeMap::new()))
            .collect();
        for (case, result) in cases.iter().zip(results) {
            let CaseKind::Scenario(scenario) = &case.kind else {
                continue;
            };
            let folder = scenario
                .file
                .parent()
                .unwrap_or(Path::new(""))
                .to_path_buf();
            let stem = scenario.file.file_stem().unwrap_or_default();
            let stem = stem.to_string_lossy().into_owned();
            asked
                .entry(folder)
                .or_default()
                .insert(stem, result.asked.clone());
        }
        asked
            .iter()
            .flat_map(|(folder, asked)| orphans(folder, asked))
            .collect()
    }

    fn report(
        &self,
        results: &[CaseResult],
        orphans: &[PathBuf],
        project: Option<&Project>,
        exit: Exit,
    ) {
        let text = |terminal| {
            suite::text::report(
                results,
                SuiteTextOptions {
                    colour: coloured(self.colour, terminal),
                    full_diff: self.arguments.full_diff,
                },
            )
        };
        let data = match self.arguments.format {
            SuiteFormat::Text => text(std::io::stdout().is_terminal()),
            SuiteFormat::Json => {
                let relative = |path: &PathBuf| {
                    let relative = project.and_then(|project| project.relative(path));
                    relative.unwrap_or_else(|| location::text(path))
                };
                let orphans: Vec<String> = orphans.iter().map(relative).collect();
                suite::json::report(results, &orphans, exit as u8)
            }
            SuiteFormat::Junit => junit::report(results).unwrap_or_default(),
            SuiteFormat::Github => {
                self.say(&text(std::io::stderr().is_terminal()));
                let folders = project.map_or(Vec::new(), Project::mods_folders);
                github::commands(results, &|file| in_repository(file, &folders))
            }
        };
        // A reader that has closed its end has seen enough.
        let _ = std::io::stdout().lock().write_all(data.as_bytes());
    }

    fn warn(&self, results: &[CaseResult], orphans: &[PathBuf], update: Update) {
        for warning in results.iter().flat_map(|result| &result.warnings) {
            self.say(&format!("warning: {warning}\n"));
        }
        for orphan in orphans {
            let orphan = location::text(orphan);
            self.say(&if update == Update::All {
                format!("removed {orphan}: nothing asks for it\n")
            } else {
                format!("warning: nothing asks for {orphan}: delete it, or all such with colony-sim test --update\n")
            });
        }
    }

    /// The last lines are part of the report for people; beside a report for programs they are a message.
    fn last_lines(&self, results: &[CaseResult]) {
        let lines = format!(
            "\n{}",
            suite::text::last_lines(results, self.started.elapsed())
        );
        if self.arguments.format == SuiteFormat::Text {
            let _ = std::io::stdout().lock().write_all(lines.as_bytes());
        } else {
            self.say(lines.trim_start());
        }
    }

    fn refuse(&self, problem: &Problem) -> Exit {
        let (exit, faults) = match problem {
            Problem::Usage(faults) => (Exit::Usage, faults.clone()),
            Problem::Invalid(faults) => (Exit::Invalid, faults.clone()),
            Problem::Nothing(fault) => (Exit::NothingToRun, vec![fault.clone()]),
        };
        if self.arguments.format == SuiteFormat::Json {
            let report = serde_json::json!({
                "version": json::REPORT_VERSION,
                "exit_code": exit as u8,
                "faults": json::faults(&faults),
            });
            let _ = writeln!(std::io::stdout(), "{report:#}");
        }
        self.say(&source::render(&faults, self.coloured_messages()));
        exit
    }

    fn coloured_messages(&self) -> bool {
        coloured(self.colour, std::io::stderr().is_terminal())
    }

    /// To standard error; nobody there to read it is no reason to stop.
    fn say(&self, text: &str) {
        let _ = std::io::stderr().lock().write_all(text.as_bytes());
    }
}

/// Makes the changes of snapshot files, case by case in order of name, and returns what could not be written. A case that
/// counts as not run has none.
fn change_files(results: &mut [CaseResult]) -> Vec<Fault> {
    let files = results
        .iter_mut()
        .flat_map(|result| std::mem::take(&mut result.files));
    files.filter_map(|change| change.make().err()).collect()
}

fn exit(results: &[CaseResult], problems: &[Fault]) -> Exit {
    let any = |status| results.iter().any(|result| result.status == status);
    if any(Status::Bug) {
        Exit::Bug
    } else if any(Status::Invalid) {
        Exit::Invalid
    } else if any(Status::Failed) || !problems.is_empty() {
        Exit::Differs
    } else {
        Exit::Pass
    }
}

/// The path of a file from the working directory, which is the repository's root in a workflow: a mod's author knows its
/// files from the mod's folder on.
fn in_repository(file: &str, mods_folders: &[PathBuf]) -> String {
    let mut of_mods = mods_folders.iter().map(|folder| folder.join(file));
    let found = of_mods.find(|path| path.is_file() && !Path::new(file).is_file());
    found.map_or(file.to_owned(), |path| location::text(&path))
}
