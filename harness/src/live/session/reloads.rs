//! The reloads of a session: what came to rest, what is reloaded by hand, and mods that are new.

use std::collections::{BTreeMap, VecDeque};
use std::rc::Rc;

use modding::api;
use modding::bundle::Bundle;
use modding::manifest::Manifest;
use modding::mod_id::ModId;
use modding::reload::{Change, ReloadOptions};
use modding::report::{MemberAction, Outcome, ReloadReport};
use similar::{ChangeTag, TextDiff};

use super::Session;
use crate::live::happening::{Cause, ChangedFile, Happening, LiveReload, Times};
use crate::live::stopwatch::{Save, Stopwatch};
use crate::live::watchdog::TimeBound;
use crate::recording::Content;
use crate::watcher::Settled;

/// Changes that were too many for the queue: a look at every mod is to bring them.
#[derive(Clone, Debug, Default)]
pub(super) struct Overflow {
    mods: Vec<ModId>,
    saves: BTreeMap<ModId, Save>,
    /// Those that have been told of so far, with their contents: superseded, should the look find others.
    superseded: Vec<(ModId, Content, ReloadReport)>,
}

/// What the host is asked with, and what is looked at afterwards.
pub(super) struct Asking {
    pub(super) options: ReloadOptions,
    stopwatch: Stopwatch,
    /// Ends with the reload.
    _bound: TimeBound,
    /// What ran before, by mod.
    running: BTreeMap<ModId, Bundle>,
}

impl Session {
    /// A reload that begins now, as it was asked for.
    pub(super) fn ask(&self, options: ReloadOptions) -> Asking {
        let stopwatch = Stopwatch::new(&self.options.clock);
        let bound = (self.options.watchdog)(self.host.reload_seconds_max());
        let bundles = self.host.bundles().into_iter();
        let mods = self.host.mods().into_iter();
        Asking {
            options: ReloadOptions {
                observer: Some(stopwatch.observer()),
                deadline: Some(bound.deadline()),
                ..options
            },
            stopwatch,
            _bound: bound,
            running: mods
                .zip(bundles)
                .map(|((id, _, _), bundle)| (id, bundle))
                .collect(),
        }
    }

    /// How long a transaction took that has just ended.
    pub(super) fn times(&self, asking: &Asking, report: &ReloadReport) -> Option<Times> {
        asking.stopwatch.times(report, None, (self.options.clock)())
    }

    /// What came to rest on the disk. What is new begins first: a change may already depend on it.
    pub(super) fn reload_settled(&mut self, settled: Vec<Settled>) -> Vec<Happening> {
        let mut happenings = Vec::new();
        let (new, mut known): (Vec<Settled>, Vec<Settled>) = settled
            .into_iter()
            .filter(|settled| !self.left_for_another(settled))
            .partition(|settled| self.is_new(&settled.mod_id));
        for settled in &new {
            // Why one of them fails may lie in another.
            let content = settled.bundle.clone().map(Rc::new);
            self.contents.insert(settled.mod_id.clone(), content);
        }
        for settled in in_order_of_need(new) {
            // What came to rest twice is known the second time.
            if self.is_new(&settled.mod_id) {
                happenings.extend(self.enable(settled));
            } else {
                known.push(settled);
            }
        }
        known.retain(|settled| !self.left_for_another(settled));
        if !known.is_empty() {
            happenings.extend(self.reload_known(known));
        }
        happenings
    }

    /// Whether a mod has to be let run before its changes count: one in a new folder, or one whose place another has taken.
    fn is_new(&self, id: &ModId) -> bool {
        !self.joined.contains(id) || self.gone.contains(id)
    }

    /// Whether this is no more than the end of the folder of a mod whose place another has taken, as one that was renamed leaves it.
    fn left_for_another(&self, settled: &Settled) -> bool {
        settled.bundle.is_err() && self.gone.contains(&settled.mod_id)
    }

    fn enable(&mut self, settled: Settled) -> Vec<Happening> {
        let id = settled.mod_id;
        let content: Content = settled.bundle.map(Rc::new);
        let saves = BTreeMap::from([(id.clone(), (settled.first_event, settled.settled_at))]);
        self.contents.insert(id.clone(), content.clone());
        self.options.watched.insert(id.clone());
        let asking = self.ask(ReloadOptions::default());
        let change = Change {
            mod_id: id.clone(),
            bundle: content.clone(),
        };
        let reports = self.host.enable(change, &asking.options);
        let tick = self.next_tick();
        // A repetition has nothing of a mod that could never be read, and loses nothing.
        if let Ok(bundle) = &content {
            if let Some(recording) = &mut self.recording {
                recording.add(tick, &id, bundle, &reports);
            }
            self.joined.insert(id.clone());
        }
        self.tell_reloads(&[id], reports, Cause::Saved, &saves, &asking)
    }

    /// Reloads mods that are part of the run. Where one came to rest several times since the last boundary, the newest counts; the
    /// older ones are superseded.
    fn reload_known(&mut self, settled: Vec<Settled>) -> Vec<Happening> {
        let mut saves: BTreeMap<ModId, Save> = BTreeMap::new();
        let mut waiting: Vec<ModId> = Vec::new();
        let mut happenings = Vec::new();
        let mut overflow = None;
        let asking = self.ask(ReloadOptions::default());
        for settled in settled {
            let id = settled.mod_id;
            let first = saves.get(&id).map_or(settled.first_event, |save| save.0);
            saves.insert(id.clone(), (first, settled.settled_at));
            self.contents
                .insert(id.clone(), settled.bundle.map(Rc::new));
            if !waiting.contains(&id) {
                waiting.push(id.clone());
            }
            if overflow.is_some() {
                continue;
            }
            let superseded = self.host.request(self.change(&id), &asking.options);
            if self.host.wants_rescan() {
                let told = waiting.iter().cloned().zip(superseded);
                let told =
                    told.map(|(id, report)| (id.clone(), self.contents[&id].clone(), report));
                overflow = Some(told.collect());
            } else {
                let told = superseded.into_iter();
                let told = told.map(|report| self.tell(Cause::Saved, vec![id.clone()], report));
                happenings.extend(told.collect::<Vec<_>>());
            }
        }
        if let Some(superseded) = overflow {
            self.overflow = Some(Overflow {
                mods: waiting,
                saves,
                superseded,
            });
            return happenings;
        }
        let reports = self.host.process_requests(&asking.options);
        happenings.extend(self.conclude(&waiting, reports, Cause::Saved, &saves, &asking));
        happenings
    }

    /// The look at every mod that [`Session::wants_rescan`] asks for, with what was found.
    pub(super) fn reload_found(&mut self, found: Vec<Settled>) -> Vec<Happening> {
        let Overflow {
            mut mods,
            mut saves,
            superseded,
        } = self.overflow.take().unwrap_or_default();
        for found in found {
            let id = found.mod_id;
            let known = self.content(&id).map(Bundle::hash);
            let is_other = known != found.bundle.as_ref().ok().map(Bundle::hash);
            if is_other && !self.is_new(&id) {
                self.contents.insert(id.clone(), found.bundle.map(Rc::new));
                saves
                    .entry(id.clone())
                    .or_insert((found.first_event, found.settled_at));
                if !mods.contains(&id) {
                    mods.push(id);
                }
            }
        }
        let mut happenings = Vec::new();
        for (id, content, report) in superseded {
            // What lies there still has its outcome when it is tried.
            if self.contents.get(&id) != Some(&content) {
                happenings.push(self.tell(Cause::Saved, vec![id], report));
            }
        }
        happenings.extend(self.reload(&mods, ReloadOptions::default(), Cause::Saved, &saves));
        happenings
    }

    pub(super) fn reload_all(&mut self) -> Vec<Happening> {
        let watched = self.options.watched.iter();
        let mods: Vec<ModId> = watched.filter(|id| !self.is_new(id)).cloned().collect();
        let options = ReloadOptions {
            force: true,
            ..ReloadOptions::default()
        };
        self.reload(&mods, options, Cause::Forced, &BTreeMap::new())
    }

    /// What lies on the disk and does not run, without `mod_unloaded`: a mistake there cannot block its own repair.
    pub(super) fn reload_without_end(&mut self) -> Vec<Happening> {
        let running = self.host.bundles();
        let differs = |id: &&ModId| {
            let running = running.iter().find(|bundle| bundle.folder() == id.as_str());
            match (running, self.contents.get(*id)) {
                (Some(running), Some(Ok(content))) => running.hash() != content.hash(),
                _ => false,
            }
        };
        let watched = self.options.watched.iter();
        let mods: Vec<ModId> = watched.filter(differs).cloned().collect();
        if mods.is_empty() {
            return self.note("every mod runs what lies on the disk");
        }
        let options = ReloadOptions {
            skip_unload: true,
            ..ReloadOptions::default()
        };
        self.reload(&mods, options, Cause::Forced, &BTreeMap::new())
    }

    pub(super) fn reload(
        &mut self,
        mods: &[ModId],
        options: ReloadOptions,
        cause: Cause,
        saves: &BTreeMap<ModId, Save>,
    ) -> Vec<Happening> {
        let wanted = mods.iter().filter(|id| self.contents.contains_key(*id));
        let mods: Vec<ModId> = wanted.cloned().collect();
        let changes = mods.iter().map(|id| self.change(id)).collect();
        let asking = self.ask(options);
        let reports = self.host.reload(changes, &asking.options);
        self.conclude(&mods, reports, cause, saves, &asking)
    }

    fn change(&self, id: &ModId) -> Change {
        Change {
            mod_id: id.clone(),
            bundle: self.contents[id].clone(),
        }
    }

    /// Records and tells what became of the mods that a reload was asked for.
    fn conclude(
        &mut self,
        mods: &[ModId],
        reports: Vec<ReloadReport>,
        cause: Cause,
        saves: &BTreeMap<ModId, Save>,
        asking: &Asking,
    ) -> Vec<Happening> {
        let tick = self.next_tick();
        if let Some(recording) = &mut self.recording {
            let contents = mods
                .iter()
                .map(|id| (id.clone(), self.contents[id].clone()));
            let (contents, options) = (contents.collect(), &asking.options);
            recording.reload(tick, &contents, options, &asked(mods, &reports));
        }
        self.tell_reloads(mods, reports, cause, saves, asking)
    }

    fn tell_reloads(
        &mut self,
        mods: &[ModId],
        reports: Vec<ReloadReport>,
        cause: Cause,
        saves: &BTreeMap<ModId, Save>,
        asking: &Asking,
    ) -> Vec<Happening> {
        let end = (self.options.clock)();
        let about: Vec<Vec<ModId>> = asked(mods, &reports).into_iter().map(|one| one.0).collect();
        let mut happenings = Vec::new();
        for (about, report) in about.into_iter().zip(reports) {
            let first = about.iter().filter_map(|id| saves.get(id)).min().copied();
            let times = asking.stopwatch.times(&report, first, end);
            let lines = changed_lines(&report, &asking.running, &self.contents);
            self.lineage.note_change(&report);
            happenings.push(self.tell_with(cause, about, report, times, lines));
        }
        happenings
    }

    pub(super) fn tell(
        &mut self,
        cause: Cause,
        about: Vec<ModId>,
        report: ReloadReport,
    ) -> Happening {
        self.tell_with(cause, about, report, None, BTreeMap::new())
    }

    pub(super) fn tell_with(
        &mut self,
        cause: Cause,
        about: Vec<ModId>,
        mut report: ReloadReport,
        times: Option<Times>,
        lines: BTreeMap<ModId, Vec<ChangedFile>>,
    ) -> Happening {
        super::circles::name(&mut report, &self.contents);
        self.count(&report);
        if report.outcome == Outcome::Committed {
            for member in &report.members {
                if let MemberAction::Renamed { from } = &member.action {
                    self.contents.remove(from);
                    self.options.watched.remove(from);
                    self.gone.insert(from.clone());
                }
                self.gone.remove(&member.mod_id);
            }
        }
        Happening::Reload(Box::new(LiveReload {
            tick: self.next_tick(),
            cause,
            about,
            report,
            times,
            lines,
        }))
    }
}

/// What is new comes after what it needs, where that is new too; the rest stays in its order.
fn in_order_of_need(new: Vec<Settled>) -> Vec<Settled> {
    let needs = |settled: &Settled| {
        let bundle = settled.bundle.as_ref().ok()?;
        let manifest = Manifest::parse(bundle, &api::capability_names()).ok()?;
        Some(manifest.dependencies.into_keys().collect::<Vec<ModId>>())
    };
    let mut left: Vec<(Vec<ModId>, Settled)> = new
        .into_iter()
        .map(|settled| (needs(&settled).unwrap_or_default(), settled))
        .collect();
    let mut ordered = Vec::new();
    while !left.is_empty() {
        let is_ready = |(needs, _): &(Vec<ModId>, Settled)| {
            let mut others = left.iter();
            !others.any(|(_, other)| needs.contains(&other.mod_id))
        };
        // Those that need each other in a circle fail one after the other.
        let ready = left.iter().position(is_ready).unwrap_or(0);
        ordered.push(left.remove(ready).1);
    }
    ordered
}

/// The reports, each with those of the mods asked for that it is the first to be about. One about none follows from another.
fn asked<'r>(mods: &[ModId], reports: &'r [ReloadReport]) -> Vec<(Vec<ModId>, &'r ReloadReport)> {
    let names = |report: &ReloadReport, id: &ModId| {
        let mut members = report.members.iter();
        let error = report.error.as_ref().filter(|_| report.members.is_empty());
        members.any(|member| member.mod_id == *id) || error.is_some_and(|error| error.mod_id == *id)
    };
    let (mut left, mut nameless): (Vec<ModId>, VecDeque<ModId>) = (Vec::new(), VecDeque::new());
    for id in mods {
        if reports.iter().any(|report| names(report, id)) {
            left.push(id.clone());
        } else {
            nameless.push_back(id.clone());
        }
    }
    let mut about = |report: &ReloadReport| {
        let (named, others): (Vec<ModId>, Vec<ModId>) =
            left.drain(..).partition(|id| names(report, id));
        left = others;
        // A mod that does not run is no member, and may fail for the sake of another.
        if named.is_empty() && report.members.is_empty() {
            return nameless.pop_front().into_iter().collect();
        }
        named
    };
    reports
        .iter()
        .map(|report| (about(report), report))
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
        let before = match &member.action {
            MemberAction::Renamed { from } => from,
            _ => id,
        };
        let (Some(old), Some(Ok(new))) = (running.get(before), contents.get(id)) else {
            continue;
        };
        let changed = member.changed.iter();
        let changed = changed.filter(|path| old.file(path) != new.file(path));
        let files = changed.map(|path| ChangedFile {
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
