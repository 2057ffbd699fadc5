//! What is done to the mods of a session: everything that asks the host for a transaction is here.

use std::collections::BTreeMap;
use std::rc::Rc;

use modding::bundle::Bundle;
use modding::diagnostic::Fault;
use modding::handover::InjectedFault;
use modding::mod_id::ModId;
use modding::reload::{Change, ReloadOptions};
use modding::report::{Outcome, ReloadReport, Stage};
use sim::Command;
use similar::{ChangeTag, TextDiff};

use super::Session;
use crate::live::happening::{Cause, ChangedFile, Checkpoint, Happening, LiveReload, Times};
use crate::live::stopwatch::{Save, Stopwatch};
use crate::recording::Content;
use crate::runner::command;
use crate::scenario::Action;
use crate::watcher::Settled;

/// Whether a scripted step can be part of a live session: there, the files are the author's, and time does not go back.
#[must_use]
pub fn goes_live(action: &Action) -> bool {
    match action {
        Action::Reload { .. }
        | Action::Rollback { .. }
        | Action::MigrateAgain { .. }
        | Action::Command { .. } => true,
        Action::InjectFault { during, .. } => during.is_none(),
        Action::Files(_)
        | Action::Config { .. }
        | Action::Save { .. }
        | Action::Load { .. }
        | Action::Add { .. }
        | Action::Enable { .. }
        | Action::Disable { .. }
        | Action::Remove { .. }
        | Action::Purge { .. }
        | Action::Checkpoint
        | Action::Restart => false,
    }
}

impl Session {
    /// Reloads what came to rest, all of it at once.
    pub(super) fn reload_settled(&mut self, settled: Vec<Settled>) -> Vec<Happening> {
        let mut saves: BTreeMap<ModId, Save> = BTreeMap::new();
        for settled in settled {
            let id = settled.mod_id;
            let first = saves.get(&id).map_or(settled.first_event, |save| save.0);
            saves.insert(id.clone(), (first, settled.settled_at));
            self.contents.insert(id, settled.bundle.map(Rc::new));
        }
        let mods: Vec<ModId> = saves.keys().cloned().collect();
        self.reload(&mods, false, Cause::Saved, &saves)
    }

    pub(super) fn reload_all(&mut self) -> Vec<Happening> {
        let mods: Vec<ModId> = self.options.watched.iter().cloned().collect();
        self.reload(&mods, true, Cause::Forced, &BTreeMap::new())
    }

    fn reload(
        &mut self,
        mods: &[ModId],
        force: bool,
        cause: Cause,
        saves: &BTreeMap<ModId, Save>,
    ) -> Vec<Happening> {
        let tick = self.next_tick();
        let running = self.running();
        let wanted = mods.iter().filter(|id| self.contents.contains_key(*id));
        let changes: Vec<Change> = wanted
            .map(|id| Change {
                mod_id: id.clone(),
                bundle: self.contents[id].clone(),
            })
            .collect();
        let stopwatch = Stopwatch::new(&self.options.clock);
        let options = ReloadOptions {
            force,
            observer: Some(stopwatch.observer()),
            ..ReloadOptions::default()
        };
        let reports = self.host.reload(changes, &options);
        let end = (self.options.clock)();
        let mut happenings = Vec::new();
        for (asked, report) in asked(mods, reports) {
            let first = asked.iter().filter_map(|id| saves.get(id)).min().copied();
            let times = stopwatch.times(&report, first, end);
            let contents: BTreeMap<ModId, Content> = asked
                .iter()
                .filter_map(|id| Some((id.clone(), self.contents.get(id)?.clone())))
                .collect();
            // What was not asked for follows from what was, in a repetition too.
            if let Some(recording) = self.recording.as_mut().filter(|_| !contents.is_empty()) {
                recording.reload(tick, &contents, force, &report);
            }
            self.lineage.note_change(&report);
            let lines = changed_lines(&report, &running, &contents);
            happenings.push(self.tell(cause, report, times, lines));
        }
        happenings
    }

    /// Goes back from the last change: all its mods, dependents first.
    pub(super) fn back(&mut self) -> Vec<Happening> {
        let changed = self.lineage.last_changed().to_vec();
        let back: Vec<(ModId, u32)> = changed
            .into_iter()
            .rev()
            .filter_map(|id| Some((id.clone(), self.lineage.before(&id)?)))
            .collect();
        if back.is_empty() {
            return self.note("there is no change to go back from");
        }
        let back = back.into_iter();
        back.map(|(id, to)| self.roll_back(&id, Some(to))).collect()
    }

    fn roll_back(&mut self, id: &ModId, to: Option<u32>) -> Happening {
        let to = to.or_else(|| self.lineage.before(id));
        let report = self.host.rollback(id, to);
        if let Some(to) = to {
            self.lineage.note_back(id, to, &report);
        }
        let tick = self.next_tick();
        if let Some(recording) = &mut self.recording {
            recording.rollback(tick, id, to, &report);
        }
        self.tell(Cause::Back, report, None, BTreeMap::new())
    }

    /// Migrates the mods of the last change again; those that came from no older version are left alone.
    pub(super) fn migrate_again(&mut self) -> Vec<Happening> {
        let changed = self.lineage.last_changed().to_vec();
        let all: Vec<Happening> = changed.iter().map(|id| self.migrate_one(id)).collect();
        if all.is_empty() {
            return self.note("no mod has changed that could be migrated again");
        }
        let migrated = |happening: &&Happening| matches!(happening, Happening::Reload(reload) if reload.report.outcome != Outcome::Ignored);
        let migrated: Vec<Happening> = all.iter().filter(migrated).cloned().collect();
        if migrated.is_empty() { all } else { migrated }
    }

    fn migrate_one(&mut self, id: &ModId) -> Happening {
        let stopwatch = Stopwatch::new(&self.options.clock);
        let options = ReloadOptions {
            observer: Some(stopwatch.observer()),
            ..ReloadOptions::default()
        };
        let report = self.host.migrate_again(id, &options);
        let times = stopwatch.times(&report, None, (self.options.clock)());
        let tick = self.next_tick();
        if let Some(recording) = &mut self.recording {
            recording.migrate_again(tick, id, &report);
        }
        self.tell(Cause::MigratedAgain, report, times, BTreeMap::new())
    }

    pub(super) fn pause(&mut self) -> Vec<Happening> {
        self.paused = !self.paused;
        self.steps_asked = 0;
        self.note(if self.paused {
            "paused: p goes on, s runs one tick"
        } else {
            "goes on"
        })
    }

    pub(super) fn step(&mut self) -> Vec<Happening> {
        self.paused = true;
        self.steps_asked += 1;
        self.note("one tick")
    }

    pub(super) fn checkpoint(&mut self) -> Vec<Happening> {
        let tick = self.current_tick();
        match self.host.save() {
            Ok((bytes, warnings)) => {
                let next = self.next_tick();
                if let Some(recording) = &mut self.recording {
                    recording.save(next, &format!("tick {tick}"));
                }
                vec![Happening::Checkpoint(Checkpoint {
                    tick,
                    bytes,
                    warnings,
                })]
            }
            Err(error) => self.note(&format!("the run cannot be saved: {error}")),
        }
    }

    /// A scripted step.
    pub(super) fn act(
        &mut self,
        action: &Action,
        commands: &mut Vec<Command>,
        happenings: &mut Vec<Happening>,
    ) {
        match action {
            Action::Reload { mods, force, .. } => {
                let cause = if *force { Cause::Forced } else { Cause::Saved };
                happenings.extend(self.reload(mods, *force, cause, &BTreeMap::new()));
            }
            Action::Rollback { mod_id, to } => happenings.push(self.roll_back(mod_id, *to)),
            Action::MigrateAgain { mod_id } => happenings.push(self.migrate_one(mod_id)),
            Action::Command {
                function,
                arguments,
            } => {
                let tick = self.next_tick();
                let refused = self.issue(function, arguments, commands).err();
                if let Some(recording) = &mut self.recording {
                    recording.command(tick, function, arguments, refused.is_none());
                }
                happenings.push(Happening::Command {
                    tick,
                    function: function.clone(),
                    refused,
                });
            }
            Action::InjectFault { stage, mod_id, .. } => {
                if let Some(stage) = Stage::from_name(stage) {
                    happenings.extend(self.reload_with_fault(stage, mod_id));
                }
            }
            // Left out when the session began.
            Action::Files(_)
            | Action::Config { .. }
            | Action::Save { .. }
            | Action::Load { .. }
            | Action::Add { .. }
            | Action::Enable { .. }
            | Action::Disable { .. }
            | Action::Remove { .. }
            | Action::Purge { .. }
            | Action::Checkpoint
            | Action::Restart => {}
        }
    }

    fn issue(
        &self,
        function: &str,
        arguments: &BTreeMap<String, modding::document::Scalar>,
        commands: &mut Vec<Command>,
    ) -> Result<(), Fault> {
        let command = command(function, arguments)?;
        let checked = self.host.colony().check(&command);
        checked.map_err(|error| Fault::new(error.to_string()))?;
        commands.push(command);
        Ok(())
    }

    fn reload_with_fault(&mut self, stage: Stage, id: &ModId) -> Vec<Happening> {
        let Some(content) = self.contents.get(id).cloned() else {
            return Vec::new();
        };
        let options = ReloadOptions {
            force: true,
            fault: Some(InjectedFault {
                stage,
                mod_id: id.clone(),
            }),
            ..ReloadOptions::default()
        };
        let change = Change {
            mod_id: id.clone(),
            bundle: content,
        };
        let tick = self.next_tick();
        let reports = self.host.reload(vec![change], &options);
        let mut happenings = Vec::new();
        for report in reports {
            if let Some(recording) = &mut self.recording {
                recording.injected_fault(tick, stage, id, &report);
            }
            happenings.push(self.tell(Cause::InjectedFault, report, None, BTreeMap::new()));
        }
        happenings
    }

    fn tell(
        &mut self,
        cause: Cause,
        report: ReloadReport,
        times: Option<Times>,
        lines: BTreeMap<ModId, Vec<ChangedFile>>,
    ) -> Happening {
        self.count(&report);
        Happening::Reload(Box::new(LiveReload {
            tick: self.next_tick(),
            cause,
            report,
            times,
            lines,
        }))
    }

    fn note(&self, text: &str) -> Vec<Happening> {
        vec![Happening::Note {
            tick: self.next_tick(),
            text: text.to_owned(),
        }]
    }

    /// What runs, by mod.
    fn running(&self) -> BTreeMap<ModId, Bundle> {
        let bundles = self.host.bundles().into_iter();
        let mods = self.host.mods().into_iter();
        mods.zip(bundles)
            .map(|((id, _, _), bundle)| (id, bundle))
            .collect()
    }
}

/// The reports, each with those of the mods that it is about: those of a mod that does not run name none.
fn asked(mods: &[ModId], reports: Vec<ReloadReport>) -> Vec<(Vec<ModId>, ReloadReport)> {
    let is_member = |report: &ReloadReport, id: &ModId| {
        report.members.iter().any(|member| member.mod_id == *id)
    };
    let nameless = mods
        .iter()
        .filter(|id| !reports.iter().any(|report| is_member(report, id)));
    let mut nameless: std::collections::VecDeque<ModId> = nameless.cloned().collect();
    let asked = |report: &ReloadReport, nameless: &mut std::collections::VecDeque<ModId>| {
        if report.members.is_empty() {
            return nameless.pop_front().into_iter().collect();
        }
        let mods = mods.iter().filter(|id| is_member(report, id));
        mods.cloned().collect()
    };
    reports
        .into_iter()
        .map(|report| (asked(&report, &mut nameless), report))
        .collect()
}

/// The lines that changed in each file that a report names.
fn changed_lines(
    report: &ReloadReport,
    running: &BTreeMap<ModId, Bundle>,
    contents: &BTreeMap<ModId, Content>,
) -> BTreeMap<ModId, Vec<ChangedFile>> {
    let mut lines = BTreeMap::new();
    for member in &report.members {
        let id = &member.mod_id;
        let (Some(old), Some(Ok(new))) = (running.get(id), contents.get(id)) else {
            continue;
        };
        let files = member.changed.iter().map(|path| ChangedFile {
            path: path.clone(),
            lines: count_lines(old.file(path), new.file(path)),
        });
        lines.insert(id.clone(), files.collect());
    }
    lines
}

/// Lines that are new and lines that are gone.
fn count_lines(old: Option<&[u8]>, new: Option<&[u8]>) -> Option<(usize, usize)> {
    let old = str::from_utf8(old.unwrap_or_default()).ok()?;
    let new = str::from_utf8(new.unwrap_or_default()).ok()?;
    let difference = TextDiff::from_lines(old, new);
    let changes = || difference.iter_all_changes().map(|change| change.tag());
    let of = |wanted: ChangeTag| changes().filter(|tag| *tag == wanted).count();
    Some((of(ChangeTag::Insert), of(ChangeTag::Delete)))
}
