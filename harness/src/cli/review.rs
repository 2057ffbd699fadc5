//! `colony-sim review`.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::io::{BufRead, IsTerminal, Write};
use std::path::{Path, PathBuf};

use modding::diagnostic::{Fault, nearest};
use similar::{ChangeTag, TextDiff};

use super::environment::{coloured, in_ci};
use super::{Colour, Exit, ReviewArguments};
use crate::project::{Project, location};
use crate::report::source;
use crate::snapshot::Change;
use crate::snapshot::pending::{Decision, PendingSnapshot, decide_trail, pending};

/// Lines around a change that are shown.
const CONTEXT_LINES: usize = 3;

pub(super) fn review(arguments: &ReviewArguments, colour: Colour) -> Exit {
    let review = Review { arguments, colour };
    review.run().unwrap_or_else(|(exit, faults)| {
        let rendered = source::render(&faults, coloured(colour, std::io::stderr().is_terminal()));
        let _ = std::io::stderr().lock().write_all(rendered.as_bytes());
        exit
    })
}

type Refusal = (Exit, Vec<Fault>);

struct Review<'a> {
    arguments: &'a ReviewArguments,
    colour: Colour,
}

/// What a person, or the command line, says about a snapshot.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Answer {
    Decided(Decision),
    AcceptAll,
    Skip,
}

impl Review<'_> {
    fn run(&self) -> Result<Exit, Refusal> {
        let all = waiting()?;
        let chosen = self.chosen(all)?;
        if chosen.is_empty() {
            say("no snapshot waits for a review\n");
            return Ok(Exit::Pass);
        }
        let decision = match (self.arguments.accept, self.arguments.reject) {
            (true, _) => Some(Decision::Accept),
            (_, true) => Some(Decision::Reject),
            _ => None,
        };
        let asks = std::io::stdin().is_terminal() && std::io::stdout().is_terminal();
        if in_ci() && (decision.is_some() || asks) {
            let fault = Fault::new("nothing is written where CI is set");
            return Err((
                Exit::Usage,
                vec![fault.help("review where you work, and commit the snapshots")],
            ));
        }
        match decision {
            Some(decision) => self.settle(&chosen, &mut |_| Ok(Answer::Decided(decision))),
            None if asks => self.settle(&chosen, &mut |snapshot| self.ask(snapshot)),
            None => self.list(&chosen),
        }
    }

    /// The snapshots that the command line names.
    fn chosen(&self, all: Vec<PendingSnapshot>) -> Result<Vec<PendingSnapshot>, Refusal> {
        let names = &self.arguments.names;
        let is_named = |snapshot: &PendingSnapshot, name: &str| {
            name == snapshot.name || name == snapshot.scenario
        };
        let unknown = names
            .iter()
            .filter(|name| !all.iter().any(|snapshot| is_named(snapshot, name)));
        let faults: Vec<Fault> = unknown
            .map(|name| {
                let fault = Fault::new(format!("no snapshot `{name}` waits for a review"));
                match nearest(name, all.iter().map(|snapshot| snapshot.name.as_str())) {
                    Some(near) => fault.help(format!("did you mean `{near}`?")),
                    None => fault,
                }
            })
            .collect();
        if !faults.is_empty() {
            return Err((Exit::Usage, faults));
        }
        let chosen = all.into_iter().filter(|snapshot| {
            names.is_empty() || names.iter().any(|name| is_named(snapshot, name))
        });
        Ok(chosen.collect())
    }

    /// Shows every snapshot that waits; it is not for a program to say that they are right.
    fn list(&self, chosen: &[PendingSnapshot]) -> Result<Exit, Refusal> {
        for snapshot in chosen {
            self.show(snapshot)?;
        }
        let count = chosen.len();
        let wait = if count == 1 {
            "snapshot waits"
        } else {
            "snapshots wait"
        };
        say(&format!(
            "{count} {wait}: colony-sim review --accept, or --reject\n"
        ));
        Ok(Exit::Differs)
    }

    /// Asks about every snapshot, changes what is decided, and tells what came of it.
    fn settle(
        &self,
        chosen: &[PendingSnapshot],
        answer: &mut dyn FnMut(&PendingSnapshot) -> Result<Answer, Refusal>,
    ) -> Result<Exit, Refusal> {
        let (mut accepted, mut rejected) = (0_usize, 0_usize);
        let mut accepts_all = false;
        for snapshot in chosen {
            let said = if accepts_all {
                Answer::AcceptAll
            } else {
                answer(snapshot)?
            };
            let decision = match said {
                Answer::Skip => continue,
                Answer::AcceptAll => {
                    accepts_all = true;
                    Decision::Accept
                }
                Answer::Decided(decision) => decision,
            };
            make(
                &snapshot
                    .decide(decision)
                    .map_err(|fault| (Exit::Differs, vec![fault]))?,
            )?;
            self.settle_trail(snapshot, decision)?;
            match decision {
                Decision::Accept => accepted += 1,
                Decision::Reject => rejected += 1,
            }
        }
        let skipped = chosen.len() - accepted - rejected;
        say(&format!(
            "{accepted} accepted, {rejected} rejected, {skipped} left\n"
        ));
        Ok(if skipped == 0 {
            Exit::Pass
        } else {
            Exit::Differs
        })
    }

    /// Once no snapshot of a scenario waits, its trail goes the way of the last one.
    fn settle_trail(&self, snapshot: &PendingSnapshot, decision: Decision) -> Result<(), Refusal> {
        let folder = snapshot
            .pending
            .parent()
            .and_then(Path::parent)
            .unwrap_or(Path::new(""));
        let still = pending(folder)
            .iter()
            .any(|other| other.scenario == snapshot.scenario);
        if still {
            return Ok(());
        }
        let changes = decide_trail(folder, &snapshot.scenario, decision);
        make(&changes.map_err(|fault| (Exit::Differs, vec![fault]))?)
    }

    fn ask(&self, snapshot: &PendingSnapshot) -> Result<Answer, Refusal> {
        self.show(snapshot)?;
        let mut line = String::new();
        loop {
            write("(a)ccept, (r)eject, (s)kip, accept (A)ll? ");
            line.clear();
            let read = std::io::stdin().lock().read_line(&mut line);
            match line.trim() {
                "a" => return Ok(Answer::Decided(Decision::Accept)),
                "r" => return Ok(Answer::Decided(Decision::Reject)),
                "s" => return Ok(Answer::Skip),
                "A" => return Ok(Answer::AcceptAll),
                // Nobody is there any more.
                _ if read.is_err() || line.is_empty() => return Ok(Answer::Skip),
                _ => {}
            }
        }
    }

    /// The difference of a snapshot, to standard output.
    fn show(&self, snapshot: &PendingSnapshot) -> Result<(), Refusal> {
        let (old, new) = snapshot
            .contents()
            .map_err(|fault| (Exit::Differs, vec![fault]))?;
        let shown = location::text(&snapshot.accepted);
        let mut text = match &old {
            Some(_) => format!("{shown}\n"),
            None => format!("{shown} is new\n"),
        };
        let colour = coloured(self.colour, std::io::stdout().is_terminal());
        let old = old.unwrap_or_default();
        difference(&mut text, &old, &new, colour);
        text.push('\n');
        write(&text);
        Ok(())
    }
}

/// The lines that differ, with some around them.
fn difference(text: &mut String, old: &str, new: &str, colour: bool) {
    let diff = TextDiff::from_lines(old, new);
    for (at, group) in diff.grouped_ops(CONTEXT_LINES).iter().enumerate() {
        if at > 0 {
            text.push_str("  ...\n");
        }
        for change in group.iter().flat_map(|op| diff.iter_changes(op)) {
            let (sign, code) = match change.tag() {
                ChangeTag::Delete => ('-', "31"),
                ChangeTag::Insert => ('+', "32"),
                ChangeTag::Equal => (' ', "0"),
            };
            let line = change.value().trim_end_matches('\n');
            let _ = if colour {
                writeln!(text, "\x1b[{code}m{sign} {line}\x1b[0m")
            } else {
                writeln!(text, "{}", format!("{sign} {line}").trim_end())
            };
        }
    }
}

/// The snapshots that wait in the project, by folder, scenario and tick.
fn waiting() -> Result<Vec<PendingSnapshot>, Refusal> {
    let invalid = |faults| (Exit::Invalid, faults);
    let project = Project::find(Path::new(".")).map_err(invalid)?;
    let folders = match project {
        Some(project) => project.scenario_folders().map_err(invalid)?,
        None => vec![PathBuf::new()],
    };
    // Scenarios may lie in the working directory too, where they are run by name.
    let folders: BTreeSet<PathBuf> = folders.into_iter().chain([PathBuf::new()]).collect();
    Ok(folders.iter().flat_map(|folder| pending(folder)).collect())
}

fn make(changes: &[Change]) -> Result<(), Refusal> {
    let made = changes.iter().try_for_each(Change::make);
    made.map_err(|fault| (Exit::Differs, vec![fault]))
}

/// To standard output; a reader that has closed its end has seen enough.
fn write(text: &str) {
    let mut stdout = std::io::stdout().lock();
    let _ = stdout
        .write_all(text.as_bytes())
        .and_then(|()| stdout.flush());
}

fn say(text: &str) {
    let _ = std::io::stderr().lock().write_all(text.as_bytes());
}
