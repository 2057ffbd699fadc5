//! A live session as a person reads it.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::Duration;

use modding::context::LogLevel;
use modding::diagnostic::Fault;
use modding::host::LeftOut;
use modding::mod_id::ModId;
use modding::report::{
    Fate, MemberAction, MemberReport, Outcome, ReloadReport, ReloadType, Stage, StageError,
    StateReport,
};

use super::happening::{Cause, ChangedFile, Failing, Happening, LiveReload, Times};
use super::session::Session;
use crate::report::json::hex;
use crate::report::source::render;
use crate::report::text::{failure_details, handler_name, instead, number, state_lines};

/// Files of one change that are named.
const FILES_SHOWN_MAX: usize = 4;

/// Milliseconds below which a time is shown with a fraction.
const FRACTION_BELOW: f64 = 10.0;

/// The keys and what they do, as the first line names them.
const KEYS: &str = "p pause · s step · r reload · b back · m migrate again · ? help · q quit";

/// The keys in full.
const HELP: &str = "
p  pause, or go on
s  run one tick, then pause
r  reload all watched mods as they lie on the disk now, even those that did not change
u  reload what differs from what runs, without telling the running code of its end (mod_unloaded)
b  back to the generation before the last change, the last one without errors; the files stay as they are
m  run the migrations of the last change again, from the state that the older version had
c  keep the run in a file (checkpoint)
?  these lines
q  quit, as Ctrl-C does
";

/// Where the keys of a session come from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum KeySource {
    /// There are none.
    #[default]
    Nowhere,
    /// A terminal, as they are pressed.
    Terminal,
    /// Lines of standard input.
    Lines,
}

/// How a session is shown.
#[derive(Clone, Debug, Default)]
pub struct View {
    /// Colour in the errors.
    pub colour: bool,
    /// Where the keys come from that it speaks of.
    pub keys: KeySource,
    /// The folder of each watched mod as a person in the working directory would write it: errors name files in it.
    pub folders: BTreeMap<ModId, String>,
}

impl View {
    /// The first line.
    #[must_use]
    pub fn heading(&self, ticks_per_second: u32) -> String {
        let speed = match ticks_per_second {
            0 => "as fast as it goes".to_owned(),
            ticks => format!("at {} ticks/s", number(u64::from(ticks))),
        };
        let mods = match self.folders.len() {
            1 => "1 mod".to_owned(),
            count => format!("{count} mods"),
        };
        let keys = match self.keys {
            KeySource::Terminal => KEYS,
            KeySource::Lines => "lines of standard input are keys, ? lists them · Ctrl-C ends it",
            KeySource::Nowhere => "Ctrl-C ends it",
        };
        format!("watching {mods} {speed} · {keys}\n")
    }

    /// A mod that does not run.
    #[must_use]
    pub fn left_out(&self, left_out: &LeftOut) -> String {
        let faults = self.located(&left_out.faults);
        format!(
            "\n{} is left out\n{}",
            left_out.name,
            render(&faults, self.colour)
        )
    }

    /// The last line.
    #[must_use]
    pub fn ending(&self, session: &Session) -> String {
        let colony = session.host().colony();
        let alive = colony.view().colonists().count() as u64;
        let all = alive + colony.view().deaths();
        let outcomes = session.outcomes();
        let parts = [
            (outcomes.committed, "committed"),
            (outcomes.rolled_back, "rolled back"),
            (outcomes.failed, "failed"),
            (outcomes.ignored, "ignored"),
            (outcomes.superseded, "superseded"),
        ];
        let reloads: Vec<String> = parts
            .iter()
            .filter(|(count, _)| *count > 0)
            .map(|(count, what)| format!("{} {what}", number(*count)))
            .collect();
        let reloads = if reloads.is_empty() {
            "no reload".to_owned()
        } else {
            reloads.join(", ")
        };
        format!(
            "\ntick {} · {} of {} alive · {reloads} · hash {}\n",
            number(session.current_tick()),
            number(alive),
            number(all),
            hex(session.hash())
        )
    }

    /// What happened.
    #[must_use]
    pub fn happening(&self, happening: &Happening) -> String {
        match happening {
            Happening::Reload(reload) => self.reload(reload),
            Happening::Failing(failing) => self.failing(failing),
            Happening::Log(line) => {
                let level = match line.level {
                    LogLevel::Info => "",
                    LogLevel::Warn => "warning: ",
                    LogLevel::Error => "error: ",
                };
                let tick = tick(line.tick);
                format!("{tick}{}: {level}{}\n", line.mod_id, line.text)
            }
            Happening::Refused(refused) => {
                let mod_id = refused.mod_id.as_ref();
                let issuer = mod_id.map_or("the scenario".to_owned(), ToString::to_string);
                format!(
                    "{}a command of {issuer} was refused: {}\n",
                    tick(refused.tick),
                    refused.reason
                )
            }
            Happening::Command {
                tick: at,
                function,
                refused,
            } => match refused {
                None => format!("{}{function}\n", tick(*at)),
                Some(fault) => format!("{}{function} failed: {}\n", tick(*at), fault.message),
            },
            Happening::Note { tick: at, text } => format!("{}{text}\n", tick(*at)),
            Happening::Checkpoint(checkpoint) => {
                let warnings = checkpoint.warnings.iter();
                let warnings: Vec<String> =
                    warnings.map(|warning| format!("{warning}\n")).collect();
                warnings.concat()
            }
            Happening::Help => {
                let folders: Vec<String> = self
                    .folders
                    .iter()
                    .map(|(id, folder)| format!("{id} in {folder}\n"))
                    .collect();
                format!("{HELP}\nwatched:\n{}", folders.concat())
            }
        }
    }

    fn reload(&self, reload: &LiveReload) -> String {
        let report = &reload.report;
        let (tick, outcome) = (tick(reload.tick), report.outcome.name());
        let indent = " ".repeat(tick.chars().count());
        let mut text = String::from("\n");
        if report.members.is_empty() {
            let _ = writeln!(text, "{tick}{outcome:<11}  {}", nobody_line(reload));
        }
        for (at, member) in report.members.iter().enumerate() {
            let (first, outcome) = if at == 0 {
                (tick.as_str(), outcome)
            } else {
                (indent.as_str(), "")
            };
            let line = format!("{first}{outcome:<11}  {}", member_line(member, reload));
            let _ = writeln!(text, "{}", line.trim_end());
            if report.outcome == Outcome::Committed {
                for detail in details(member, reload, at == 0) {
                    let _ = writeln!(text, "{indent}{detail}");
                }
            }
        }
        self.errors(&mut text, report, reload.cause);
        text
    }

    fn errors(&self, text: &mut String, report: &ReloadReport, cause: Cause) {
        if let Some(error) = &report.error {
            let faults = if error.stage == Stage::Unload {
                self.located_in_running(&error.faults, report)
            } else {
                self.located(&error.faults)
            };
            text.push_str(&render(&faults, self.colour));
            if error.stage == Stage::Unload {
                text.push_str(&self.way_past_the_end(error, report, cause));
            // Advice of the error's own is better than this.
            } else if cause == Cause::Saved && faults.iter().all(|fault| fault.help.is_none()) {
                text.push_str("help: change it and save, or r to try it again\n");
            }
        }
        for error in &report.hand_back_errors {
            let _ = writeln!(
                text,
                "the old code of {} could not take its state back in a new machine: the old machine goes on",
                error.mod_id
            );
            let faults = self.located_in_running(&error.faults, report);
            text.push_str(&render(&faults, self.colour));
        }
    }

    /// What to do where the running code could not be told of its end: what lies on the disk has no part in that.
    fn way_past_the_end(&self, error: &StageError, report: &ReloadReport, cause: Cause) -> String {
        let id = &error.mod_id;
        let mut members = report.members.iter();
        let member = members.find(|member| member.mod_id == *id);
        let running = member.map_or(id.to_string(), |member| {
            format!("g{}", member.generations.0)
        });
        let skip = match self.keys {
            KeySource::Terminal => "u reloads without telling it",
            KeySource::Lines => "a line `u` on standard input reloads without telling it",
            KeySource::Nowhere => "watched in a terminal, u reloads without telling it",
        };
        match cause {
            Cause::Saved if report.timed_out => format!(
                "help: r tries it again; should {running}, which runs, take too long at its end once more, {skip}\n"
            ),
            Cause::Saved => format!(
                "help: this is {running}, which runs, told of its end: what you save cannot mend it, {skip}\n"
            ),
            Cause::Forced | Cause::Back | Cause::MigratedAgain => format!(
                "help: this is {running}, which runs, told of its end: mend it and save; then {skip}\n"
            ),
            Cause::InjectedFault => String::new(),
        }
    }

    fn failing(&self, failing: &Failing) -> String {
        let failure = &failing.failure;
        let count = match failure.count {
            1 => String::new(),
            count => format!(
                ", {} times since tick {}",
                number(u64::from(count)),
                number(failure.first)
            ),
        };
        let suspended = if failure.suspended && !failing.first {
            ": suspended until the mod changes"
        } else {
            ""
        };
        let mut text = format!(
            "\n{}{:<11}  {} {}  g{}: {}{count}{suspended}\n",
            tick(failing.tick),
            "failing",
            failure.mod_id,
            failure.version,
            failure.generation,
            handler_name(failure),
        );
        if !failing.first {
            return text;
        }
        let fault = self.located_one(&failure.fault);
        failure_details(&mut text, failure, &fault, self.colour);
        if let Some(number) = failing.back_to.filter(|_| self.keys != KeySource::Nowhere) {
            let _ = writeln!(
                text,
                "help: b goes back to g{number}, the last generation without errors"
            );
        }
        text
    }

    /// Faults at the files where they lie.
    fn located(&self, faults: &[Fault]) -> Vec<Fault> {
        faults.iter().map(|fault| self.located_one(fault)).collect()
    }

    /// Faults in the code that runs. A file that lies otherwise on the disk by now is named as that of its generation.
    fn located_in_running(&self, faults: &[Fault], report: &ReloadReport) -> Vec<Fault> {
        let mut located = self.located(faults);
        for (fault, located) in faults.iter().zip(&mut located) {
            let (Some(place), Some(shown)) = (&fault.place, &mut located.place) else {
                continue;
            };
            let is_changed = |member: &&MemberReport| {
                let path = place.file.strip_prefix(member.mod_id.as_str());
                let path = path.and_then(|path| path.strip_prefix('/'));
                path.is_some_and(|path| member.changed.iter().any(|changed| changed == path))
            };
            if let Some(member) = report.members.iter().find(is_changed) {
                shown.file = format!("g{} of {}", member.generations.0, shown.file).into();
            }
        }
        located
    }

    fn located_one(&self, fault: &Fault) -> Fault {
        let mut fault = fault.clone();
        if let Some(place) = &mut fault.place
            && let Some((id, path)) = place.file.split_once('/')
            && let Some(folder) = ModId::parse(id).ok().and_then(|id| self.folders.get(&id))
        {
            place.file = format!("{folder}/{path}").into();
        }
        fault
    }
}

/// What stands in front of a line: the tick, and room after it.
pub(super) fn tick(tick: u64) -> String {
    format!("tick {}  ", number(tick))
}

/// What there is to say where no mod runs that it could be said of.
fn nobody_line(reload: &LiveReload) -> String {
    let report = &reload.report;
    match &report.error {
        Some(error) => {
            let id = reload.about.first().unwrap_or(&error.mod_id);
            format!("{id} does not start{}", failed_at(report))
        }
        None => report.reason.clone().unwrap_or_default(),
    }
}

/// Where a transaction failed, unless the error is about what lies on the disk and says so itself.
fn failed_at(report: &ReloadReport) -> String {
    match &report.error {
        Some(error) if report.timed_out => format!(" · took too long at {}", error.stage.name()),
        Some(error) if error.stage > Stage::Parse => format!(" · failed at {}", error.stage.name()),
        _ => String::new(),
    }
}

/// The mod, its generations, and what there is to say about them.
fn member_line(member: &MemberReport, reload: &LiveReload) -> String {
    let report = &reload.report;
    let before = &member.versions.0;
    match report.outcome {
        Outcome::Committed => committed_line(member, reload),
        Outcome::RolledBack => {
            let (id, number) = (&member.mod_id, member.generations.0);
            let (running, not_renamed) = match &member.action {
                MemberAction::Renamed { from } => (from, format!(" · {id} does not take over")),
                _ => (id, String::new()),
            };
            let (instead, failed) = (instead(report), failed_at(report));
            format!(
                "{running} {before}  g{number} goes on{instead}, nothing lost{not_renamed}{failed}"
            )
        }
        Outcome::Failed | Outcome::Ignored | Outcome::Superseded => {
            let reason = report.reason.clone().unwrap_or_default();
            format!("{} {before}  {reason}", member.mod_id)
        }
    }
}

fn committed_line(member: &MemberReport, reload: &LiveReload) -> String {
    let id = &member.mod_id;
    let (before, after) = &member.versions;
    let (from, to) = member.generations;
    let versions = if before == after {
        before.clone()
    } else {
        format!("{before} -> {after}")
    };
    let generations = if from == to {
        format!("g{to}")
    } else {
        format!("g{from} -> g{to}")
    };
    let reason = reload.report.reason.clone().unwrap_or_default();
    let why = match (&member.action, reload.cause) {
        (MemberAction::Added, _) => return format!("started {id} {versions}  {generations}"),
        (MemberAction::Renamed { from }, _) => format!(" · takes over from {from}"),
        (_, Cause::MigratedAgain) => format!(" · migrated again from the {reason}"),
        _ if !reason.is_empty() => format!(" · {reason}"),
        (_, Cause::Forced) => " · forced".to_owned(),
        _ => String::new(),
    };
    let kind = member.kind.name();
    format!("{id} {versions}  {generations}  {kind}{why}")
}

/// What is below a member that committed: files and times, then the state.
fn details(member: &MemberReport, reload: &LiveReload, first: bool) -> Vec<String> {
    let mut lines = Vec::new();
    let files = reload.lines.get(&member.mod_id);
    let files = files.map_or(String::new(), |files| changed_files(files));
    // The members of a cohort commit together: one time is that of all.
    let times = reload.times.as_ref().filter(|_| first).map(times);
    let parts = [Some(files).filter(|files| !files.is_empty()), times];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    if !parts.is_empty() {
        lines.push(parts.join(" · "));
    }
    let state = &member.state;
    // The others leave the machine as it is, and the state with it.
    if member.kind >= ReloadType::Dependencies && !state.paths.is_empty() {
        let counts = [Fate::Kept, Fate::Migrated, Fate::Defaulted, Fate::Dropped].map(|fate| {
            let count = state.paths.iter().filter(|path| path.fate == fate).count();
            format!("{count} {}", fate.name())
        });
        lines.push(counts.join(" · "));
    }
    let changed = state.paths.iter().filter(|path| path.fate != Fate::Kept);
    lines.extend(state_lines(&StateReport {
        paths: changed.cloned().collect(),
        notes: state.notes.clone(),
        ..StateReport::default()
    }));
    lines
}

fn changed_files(files: &[ChangedFile]) -> String {
    let shown = files.iter().take(FILES_SHOWN_MAX).map(|file| {
        let lines = match file.lines {
            Some((new, 0)) => format!(" +{new}"),
            Some((0, gone)) => format!(" -{gone}"),
            Some((new, gone)) => format!(" +{new} -{gone}"),
            None => String::new(),
        };
        format!("{}{lines}", file.path)
    });
    let mut shown: Vec<String> = shown.collect();
    if files.len() > FILES_SHOWN_MAX {
        shown.push(format!("{} more", files.len() - FILES_SHOWN_MAX));
    }
    shown.join(", ")
}

fn times(times: &Times) -> String {
    let (load, hand_over) = (milliseconds(times.load), milliseconds(times.hand_over));
    match times.since_save {
        Some((all, settle)) => format!(
            "running {} ms after the save (settle {}, load {load}, hand-over {hand_over})",
            milliseconds(all),
            milliseconds(settle)
        ),
        None => format!("load {load} ms, hand-over {hand_over} ms"),
    }
}

fn milliseconds(duration: Duration) -> String {
    let milliseconds = duration.as_secs_f64() * 1_000.0;
    if milliseconds < FRACTION_BELOW {
        format!("{milliseconds:.1}")
    } else {
        number(milliseconds.round() as u64)
    }
}
