//! The report of a check for people.

use std::fmt::Write as _;

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};
use modding::diagnostic::{Fault, Place};
use modding::findings::{Edit, Finding};
use similar::{ChangeTag, TextDiff};

use super::{code, help, notes, title};
use crate::check::{CheckReport, Outcome, Reproduction, Round, TrialKind};
use crate::project::location;
use crate::report::source;
use crate::report::text::{count, handler_failure, number};

/// How the report is written.
pub struct CheckTextOptions<'a> {
    /// Colour.
    pub colour: bool,
    /// How people in the working directory know a file of the mod.
    pub shown: &'a dyn Fn(&str) -> String,
}

/// The report; each line ends with a line feed.
#[must_use]
pub fn report(report: &CheckReport, options: &CheckTextOptions<'_>) -> String {
    let scenario = report.scenario.as_ref();
    let scenario = scenario.map_or(String::new(), |file| format!(" · {file}"));
    let mut text = format!(
        "{} {} · {} ticks · seed {}{scenario}\n",
        report.mod_id,
        report.version,
        number(report.ticks),
        report.seed
    );
    for round in &report.rounds {
        let runs = count(round.runs, "run");
        let line = format!(
            "  {:<31} {runs:>9}  {}",
            round.kind.title(report.languages),
            result(round, report)
        );
        let _ = writeln!(text, "{}", line.trim_end());
    }
    let _ = writeln!(
        text,
        "  {:<31} {:>9}  {}",
        "static findings",
        "",
        findings(report)
    );
    let _ = writeln!(
        text,
        "  {:<31} {:>9}  {}",
        "failing calls",
        "",
        failing_calls(report)
    );
    problems(&mut text, report, options);
    text
}

/// How many findings there are.
fn findings(report: &CheckReport) -> String {
    let explanation = explanation(report);
    let explaining = usize::from(explanation.is_some());
    let own = report.findings.iter();
    let warnings = own.filter(|finding| Some(*finding) != explanation).count();
    let parts = [
        (explaining > 0).then(|| "1 explains it".to_owned()),
        (warnings > 0).then(|| count(warnings as u64, "warning")),
    ];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    if parts.is_empty() {
        "none".to_owned()
    } else {
        parts.join(", ")
    }
}

/// How many calls of the mod failed, and whether that is right.
fn failing_calls(report: &CheckReport) -> String {
    let calls: u64 = report
        .failures
        .iter()
        .map(|failure| u64::from(failure.count))
        .sum();
    if calls == 0 {
        return "none".to_owned();
    }
    let suspended = report.failures.iter().filter(|failure| failure.suspended);
    let suspended = match suspended.count() {
        0 => String::new(),
        handlers => format!(", {} suspended", count(handlers as u64, "handler")),
    };
    if report.failures_expected {
        format!("{calls}, which the scenario expects{suspended}")
    } else {
        format!("FAILS  {calls}{suspended}")
    }
}

/// The finding that explains why the mod does not survive.
fn explanation(report: &CheckReport) -> Option<&Finding> {
    let changed = report
        .verdict()
        .is_some_and(|round| matches!(round.outcome, Outcome::Changed(_)));
    report.explanations().next().filter(|_| changed)
}

fn result(round: &Round, report: &CheckReport) -> String {
    match &round.outcome {
        Outcome::Same if round.kind == TrialKind::ReloadAtOneTick && round.runs < report.ticks => {
            format!(
                "same hash (--thorough: at each of {} ticks)",
                number(report.ticks)
            )
        }
        Outcome::Same => "same hash".to_owned(),
        Outcome::NotItsDoing { culprit: None } => {
            "differs, and so it does without this mod".to_owned()
        }
        Outcome::NotItsDoing { culprit: Some(id) } => {
            format!("differs, and so it does where only {id} is reloaded: check {id}")
        }
        Outcome::Fails { tick, .. } => format!("CONVICTED  fails at tick {}", number(*tick)),
        Outcome::Changed(change) => match change.interrupted {
            Some((first, last)) if first == last => {
                format!("CONVICTED  first at tick {}", number(first))
            }
            Some((first, last)) => {
                format!("CONVICTED  at ticks {} to {}", number(first), number(last))
            }
            None => format!("CONVICTED  differs at tick {}", number(change.tick)),
        },
    }
}

fn problems(text: &mut String, report: &CheckReport, options: &CheckTextOptions<'_>) {
    let explanation = explanation(report);
    if let Some(round) = report.verdict() {
        let _ = write!(text, "\n{}", verdict(report, round, explanation, options));
    }
    for finding in report
        .findings
        .iter()
        .filter(|finding| Some(*finding) != explanation)
    {
        let title = Level::WARNING
            .primary_title(&finding.message)
            .id(finding.code.name());
        let _ = write!(text, "\n{}", rendered(finding, title, Vec::new(), options));
    }
    for failure in &report.failures {
        handler_failure(text, failure, options.colour);
    }
    unchecked(text, report, options.colour);
}

/// Warnings of what did not happen in the runs, and so was not checked.
fn unchecked(text: &mut String, report: &CheckReport, colour: bool) {
    let given = report.scenario.is_some();
    if !report.unheard.is_empty() {
        let help = match given {
            true => "use a scenario in which they do",
            false => "use more --ticks, or a --scenario in which they do",
        };
        let message = format!(
            "the mod listens to {}, which never happened: its handlers were not checked",
            quoted(&report.unheard)
        );
        warning(text, &message, "unheard-event", help, colour);
    }
    if !report.uncalled.is_empty() {
        let help = match given {
            true => "use a scenario with a mod that does",
            false => "use a --scenario with a mod that does",
        };
        let message = format!(
            "the mod exports {}, which no mod called: these calls were not checked",
            quoted(&report.uncalled)
        );
        warning(text, &message, "uncalled-export", help, colour);
    }
}

fn quoted(names: &[String]) -> String {
    let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    names.join(", ")
}

/// A warning that is about no line.
fn warning(text: &mut String, message: &str, code: &str, help: &str, colour: bool) {
    let group = Group::with_title(Level::WARNING.primary_title(message).id(code));
    let help = Group::with_title(Level::HELP.secondary_title(help));
    let renderer = renderer(colour);
    let _ = write!(
        text,
        "\n{}\n{}\n",
        renderer.render(&[group]),
        renderer.render(&[help])
    );
}

/// The error that convicts the mod.
fn verdict(
    report: &CheckReport,
    round: &Round,
    explanation: Option<&Finding>,
    options: &CheckTextOptions<'_>,
) -> String {
    let message = title(report, round);
    let mut notes = notes(round, report.languages);
    notes.extend(report.reproduction.as_ref().map(repeat));
    if let Outcome::Fails { faults, .. } = &round.outcome {
        let faults: Vec<Fault> = faults
            .iter()
            .map(|fault| as_shown(fault, options))
            .collect();
        return format!(
            "{}\n{}",
            headline(&message, report, &notes, options),
            source::render(&faults, options.colour)
        );
    }
    match explanation {
        Some(finding) => {
            let file = &finding.place.file;
            let own = file.split_once('/').map(|(folder, _)| folder);
            if let Some(other) = own.filter(|folder| *folder != report.mod_id.as_str()) {
                notes.push(format!(
                    "this is library code of {other}, which runs in the machine of {}",
                    report.mod_id
                ));
            }
            let title = Level::ERROR.primary_title(&message).id(finding.code.name());
            rendered(finding, title, notes, options)
        }
        None => {
            let text = headline(&message, report, &notes, options);
            match help(report, round) {
                Some(help) => {
                    let help = Group::with_title(Level::HELP.secondary_title(help));
                    text + &renderer(options.colour).render(&[help]) + "\n"
                }
                None => text,
            }
        }
    }
}

fn repeat(reproduction: &Reproduction) -> String {
    let what = if reproduction.saves {
        "restart"
    } else {
        "reload"
    };
    format!(
        "repeat: colony-sim run {} (shrunk to {}, {}, {})",
        location::text(&reproduction.path),
        count(reproduction.ticks, "tick"),
        count(u64::from(reproduction.colonists), "colonist"),
        count(reproduction.interruptions, what)
    )
}

/// An error that no line of the mod explains.
fn headline(
    message: &str,
    report: &CheckReport,
    notes: &[String],
    options: &CheckTextOptions<'_>,
) -> String {
    let title = Level::ERROR.primary_title(message);
    let title = match code(report) {
        Some(code) => title.id(code),
        None => title,
    };
    // Without lines of source the renderer would leave a margin for them.
    let mut text = renderer(options.colour).render(&[Group::with_title(title)]) + "\n";
    for note in notes {
        let _ = writeln!(text, "   = {note}");
    }
    text
}

/// A finding with its lines, notes, and what to write instead.
fn rendered(
    finding: &Finding,
    title: annotate_snippets::Title<'_>,
    notes: Vec<String>,
    options: &CheckTextOptions<'_>,
) -> String {
    let mut files: Vec<(String, &Place)> =
        vec![((options.shown)(&finding.place.file), &finding.place)];
    for place in &finding.related {
        if files.iter().all(|(_, other)| other.file != place.file) {
            files.push(((options.shown)(&place.file), place));
        }
    }
    let mut problem = Group::with_title(title);
    for (at, (path, first)) in files.iter().enumerate() {
        let mut snippet = Snippet::source(first.source.as_ref()).path(path.as_str());
        if at == 0 {
            let primary = AnnotationKind::Primary.span(finding.place.span.clone());
            snippet = snippet.annotation(primary.label(finding.place.label.as_deref()));
        }
        for place in finding
            .related
            .iter()
            .filter(|place| place.file == first.file)
        {
            let context = AnnotationKind::Context.span(place.span.clone());
            snippet = snippet.annotation(context.label(place.label.as_deref()));
        }
        problem = problem.element(snippet);
    }
    problem = problem.elements(notes.iter().map(|note| Level::NOTE.no_name().message(note)));
    let help = Group::with_title(Level::HELP.secondary_title(&finding.help));
    let text = renderer(options.colour).render(&[problem, help]) + "\n";
    if finding.edits.is_empty() {
        text
    } else {
        text + &changed_lines(&finding.place.source, &finding.edits, options.colour)
    }
}

/// The lines that edits of a file change, with their numbers.
fn changed_lines(source: &str, edits: &[Edit], colour: bool) -> String {
    let mut edited = String::new();
    let mut done = 0;
    for edit in edits {
        edited.push_str(source.get(done..edit.span.start).unwrap_or_default());
        edited.push_str(&edit.replacement);
        done = edit.span.end.max(done);
    }
    edited.push_str(source.get(done..).unwrap_or_default());
    let difference = TextDiff::from_lines(source, &edited);
    let changes = difference.iter_all_changes().filter_map(|change| {
        let (sign, at, code) = match change.tag() {
            ChangeTag::Equal => return None,
            ChangeTag::Delete => ('-', change.old_index()?, 31),
            ChangeTag::Insert => ('+', change.new_index()?, 32),
        };
        Some((
            at + 1,
            format!("{sign} {}", change.value().trim_end()),
            code,
        ))
    });
    let changes: Vec<(usize, String, u8)> = changes.collect();
    let width = changes
        .iter()
        .map(|(line, ..)| line.to_string().len())
        .max();
    let width = width.unwrap_or(1);
    let mut text = format!("{:width$} |\n", "");
    for (line, change, code) in changes {
        let change = match colour {
            true => format!("\x1b[{code}m{change}\x1b[0m"),
            false => change,
        };
        let _ = writeln!(text, "{line:>width$} {change}");
    }
    text
}

fn as_shown(fault: &Fault, options: &CheckTextOptions<'_>) -> Fault {
    let place = fault.place.as_ref().map(|place| Place {
        file: (options.shown)(&place.file).into(),
        ..place.clone()
    });
    Fault {
        place,
        ..fault.clone()
    }
}

fn renderer(colour: bool) -> Renderer {
    if colour {
        Renderer::styled()
    } else {
        Renderer::plain()
    }
}
