//! The thread of a watcher: takes events, waits for quiet, reads, and reports what is news.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

use modding::manifest::{COMPONENT_FOLDER, Watching};
use modding::mod_id::ModId;
use modding::wasm::compile_ahead;
use notify::{ErrorKind, Event};

use super::events::{self, Native, Unwatched};
use super::known::Known;
use super::outbox::Outbox;
use super::reading::{self, Reading};
use super::settling::{Due, Rest, Settling};
use super::{Notice, Settled, WatchedMod, WatcherOptions};

/// How often a folder that is gone is looked for.
const MISSING_INTERVAL: Duration = Duration::from_millis(200);

/// How often it is looked whether the folders are still those that are watched: a folder far above them may have been replaced.
const REPLACED_INTERVAL: Duration = Duration::from_secs(1);

/// How often files that never rest are read before what is read counts as torn.
const READINGS_MAX: usize = 3;

/// Most messages that are taken between two looks at the clock.
const MESSAGES_MAX: usize = 4_096;

/// What the thread is told.
#[derive(Debug)]
pub(super) enum Message {
    /// Something happened on the disk.
    Event(Instant, notify::Result<Event>),
    /// A mod is to be watched.
    Add(WatchedMod),
    /// A mod is to be watched that nobody has read yet.
    AddNew(WatchedMod),
    /// A mod is no longer to be watched.
    Remove(ModId),
    /// What a mod runs.
    Running(ModId, u128),
    /// What the manifest that a mod runs with asks of watching.
    Manifest(ModId, Watching),
    /// There is nobody left to watch for.
    Stop,
}

/// See the [module](self).
#[derive(Debug)]
pub(super) struct Worker {
    options: WatcherOptions,
    outbox: Outbox,
    mods: BTreeMap<ModId, Known>,
    settling: Settling,
    /// None where polling is needed.
    native: Option<Native>,
    /// When folders that are gone are looked for next, or, where polling is needed, all files.
    next_look: Instant,
    must_rescan: bool,
}

impl Worker {
    /// Watches mods; when it returns, no change is missed any more.
    pub(super) fn new(mods: Vec<WatchedMod>, options: WatcherOptions, outbox: Outbox) -> Self {
        let mut worker = Self {
            options,
            outbox,
            mods: BTreeMap::new(),
            settling: Settling::new(options),
            native: None,
            next_look: Instant::now(),
            must_rescan: false,
        };
        if options.force_polling {
            worker.poll_instead("polling was asked for".to_owned());
        } else {
            worker.start_native();
        }
        for watched in mods {
            worker.add(watched);
        }
        worker.publish(0);
        worker
    }

    /// Runs until it is told to stop.
    pub(super) fn run(mut self, inbox: &Receiver<Message>) {
        loop {
            let now = Instant::now();
            let wait = self
                .next_wake(now)
                .map(|wake| wake.saturating_duration_since(now));
            let mut next = match wait {
                Some(wait) => inbox.recv_timeout(wait),
                None => inbox.recv().map_err(|_| RecvTimeoutError::Disconnected),
            };
            let mut taken = 0;
            while let Ok(message) = next {
                if matches!(message, Message::Stop) {
                    return;
                }
                self.take(message);
                taken += 1;
                if taken == MESSAGES_MAX {
                    break;
                }
                next = inbox.try_recv().map_err(|_| RecvTimeoutError::Timeout);
            }
            self.rescan();
            self.look_around(Instant::now());
            // Events that wait come first: they may say that a mod moves on.
            let now = Instant::now();
            if taken < MESSAGES_MAX || self.settling.is_overdue(now) {
                self.settle(now);
            }
            self.publish(taken);
        }
    }

    fn publish(&self, taken: usize) {
        self.outbox.publish(taken, self.settling.is_moving());
    }

    fn next_wake(&self, now: Instant) -> Option<Instant> {
        let next_look = (!self.mods.is_empty()).then_some(self.next_look);
        let next_due = self.settling.next_due(now);
        next_look.into_iter().chain(next_due).min()
    }

    fn take(&mut self, message: Message) {
        match message {
            Message::Event(when, Ok(event)) => self.take_event(when, &event),
            Message::Event(_, Err(error)) => match error.kind {
                ErrorKind::MaxFilesWatch if self.native.is_some() => {
                    self.poll_instead(events::reason(&error));
                }
                // What it was about is unknown.
                _ => self.must_rescan = true,
            },
            Message::Add(watched) => self.add(watched),
            Message::AddNew(watched) => {
                let mod_id = self.watch_one(watched);
                // Somebody may be copying files into it just now.
                self.change(&mod_id, "", Rest::Unfinished, Instant::now());
            }
            Message::Remove(mod_id) => self.remove(&mod_id),
            Message::Running(mod_id, hash) => {
                let known = self.mods.get_mut(&mod_id);
                if known.is_some_and(|known| known.note_running(hash)) {
                    self.change(&mod_id, "", Rest::Finished, Instant::now());
                }
            }
            Message::Manifest(mod_id, watching) => {
                let known = self.mods.get_mut(&mod_id);
                if known.is_some_and(|known| known.set_running(watching)) {
                    self.change(&mod_id, "", Rest::Finished, Instant::now());
                }
            }
            // Taken by the loop.
            Message::Stop => {}
        }
    }

    fn take_event(&mut self, when: Instant, event: &Event) {
        if event.need_rescan() {
            if !std::mem::replace(&mut self.must_rescan, true) {
                self.outbox.notice(Notice::Overflow);
            }
            return;
        }
        for (path, rest) in events::changes(event) {
            let about_root: Vec<ModId> = self.ids(|known| known.is_in(path));
            for mod_id in about_root {
                if !events::is_metadata(event) {
                    self.watch(&mod_id);
                }
                self.change(&mod_id, "", rest, when);
            }
            let rest = if rest == Rest::Finished && is_empty_file(path) {
                // Truncated, by a writer that will open it again.
                Rest::Unfinished
            } else {
                rest
            };
            let changed: Vec<(ModId, String)> = self
                .mods
                .iter()
                .filter_map(|(mod_id, known)| Some((mod_id.clone(), known.relevant(path)?)))
                .collect();
            for (mod_id, below) in changed {
                // A folder that could not be opened is not watched.
                if events::is_metadata(event) && path.is_dir() {
                    self.watch(&mod_id);
                }
                self.change(&mod_id, &below, rest, when);
            }
        }
    }

    fn change(&mut self, mod_id: &ModId, path: &str, rest: Rest, when: Instant) {
        if let Some(known) = self.mods.get(mod_id) {
            self.settling
                .change(mod_id, path, rest, known.delay(), when);
        }
    }

    fn ids(&self, is_meant: impl Fn(&Known) -> bool) -> Vec<ModId> {
        let meant = self.mods.iter().filter(|(_, known)| is_meant(known));
        meant.map(|(mod_id, _)| mod_id.clone()).collect()
    }

    fn watch_one(&mut self, watched: WatchedMod) -> ModId {
        let mod_id = watched.mod_id.clone();
        self.remove(&mod_id);
        self.mods.insert(mod_id.clone(), Known::new(watched));
        self.watch(&mod_id);
        mod_id
    }

    fn add(&mut self, watched: WatchedMod) {
        let mod_id = self.watch_one(watched);
        let begin = Instant::now();
        let Some(known) = self.mods.get_mut(&mod_id) else {
            return;
        };
        match reading::read(&known.watched) {
            Some(reading) => {
                if known.begin(&reading) {
                    self.outbox.report(vec![settled(&mod_id, reading, begin)]);
                }
            }
            None => self.change(&mod_id, "", Rest::Finished, begin),
        }
    }

    fn remove(&mut self, mod_id: &ModId) {
        self.settling.forget(mod_id);
        if let (Some(known), Some(native)) = (self.mods.remove(mod_id), &mut self.native) {
            native.unwatch(&known.watched.folder);
        }
    }

    fn start_native(&mut self) {
        let outbox = self.outbox.clone();
        let tell = move |event: notify::Result<Event>| {
            // Reading makes events, too: those of files that were opened say nothing.
            let says_nothing = event
                .as_ref()
                .is_ok_and(|event| !event.need_rescan() && events::changes(event).is_empty());
            if !says_nothing {
                outbox.tell(Message::Event(Instant::now(), event));
            }
        };
        match Native::new(tell) {
            Ok(native) => self.native = Some(native),
            Err(reason) => self.poll_instead(reason),
        }
    }

    /// Has the system watch a mod's folder, if it is there.
    fn watch(&mut self, mod_id: &ModId) {
        let (Some(known), Some(native)) = (self.mods.get(mod_id), &mut self.native) else {
            return;
        };
        let roots: Vec<&Path> = self
            .mods
            .values()
            .map(|known| known.watched.folder.as_path())
            .collect();
        let result = native.watch(&known.watched.folder, &roots);
        if let Err(Unwatched::Impossible(reason)) = result {
            self.poll_instead(reason);
        } else if let Some(known) = self.mods.get_mut(mod_id) {
            known.set_told(result.is_ok());
            if !known.is_told() {
                self.next_look = self.next_look.min(Instant::now() + MISSING_INTERVAL);
            }
        }
    }

    fn poll_instead(&mut self, reason: String) {
        let interval = self.options.poll_interval;
        self.outbox.notice(Notice::Polling { reason, interval });
        self.native = None;
        self.next_look = Instant::now();
    }

    /// Events were lost, among them perhaps those of new folders: everything is watched anew, and read.
    fn rescan(&mut self) {
        if !std::mem::take(&mut self.must_rescan) {
            return;
        }
        if self.native.is_some() {
            self.start_native();
        }
        for mod_id in self.ids(|_| true) {
            self.watch(&mod_id);
            self.change(&mod_id, "", Rest::Finished, Instant::now());
        }
    }

    /// Looks for what the system does not tell of.
    fn look_around(&mut self, now: Instant) {
        if now < self.next_look {
            return;
        }
        if self.native.is_some() {
            self.next_look = now + REPLACED_INTERVAL;
            for mod_id in self.ids(Known::is_replaced) {
                self.watch(&mod_id);
                self.change(&mod_id, "", Rest::Unfinished, now);
            }
            if self.mods.values().any(|known| !known.is_told()) {
                self.next_look = now + MISSING_INTERVAL;
            }
            return;
        }
        self.next_look = now + self.options.poll_interval;
        let mut changed = Vec::new();
        for (mod_id, known) in &mut self.mods {
            let stamps = reading::stamps(&known.watched.folder, known.watching());
            if known.has_moved(&stamps) {
                changed.push(mod_id.clone());
            }
            known.stamps = stamps;
        }
        for mod_id in changed {
            self.change(&mod_id, "", Rest::Unfinished, now);
        }
    }

    /// Reads the mods that rest, and reports all of them that bring news at once.
    fn settle(&mut self, now: Instant) {
        let mut read = Vec::new();
        let mut has_moved = false;
        for (mod_id, due) in self.settling.due(now) {
            let Some(known) = self.mods.get(&mod_id) else {
                self.settling.forget(&mod_id);
                continue;
            };
            let attempts = match due {
                Due::Quiet => 1,
                Due::Capped => READINGS_MAX,
            };
            match (0..attempts).find_map(|_| reading::read(&known.watched)) {
                Some(reading) => read.push((mod_id, due, reading)),
                None if due == Due::Quiet => {
                    has_moved = true;
                    self.settling.moved(&mod_id, Instant::now());
                }
                None => _ = self.end_wait(&mod_id, due),
            }
        }
        let mut settled = Vec::new();
        for (mod_id, due, reading) in read {
            // Those that rest wait for the one that has just moved on, and are read again with it.
            if has_moved && !self.settling.is_capped(&mod_id, now) {
                continue;
            }
            let first = self.end_wait(&mod_id, due).unwrap_or(now);
            if let Some(known) = self.mods.get_mut(&mod_id)
                && known.is_news(&reading)
            {
                settled.push(self::settled(&mod_id, reading, first));
            }
        }
        if !settled.is_empty() {
            self.outbox.report(settled);
        }
    }

    /// Gives the time of the first change.
    fn end_wait(&mut self, mod_id: &ModId, due: Due) -> Option<Instant> {
        let now = Instant::now();
        let was_endless = self.settling.is_endless(mod_id);
        let first = self.settling.read(mod_id, due, now);
        if let Some(first) = first
            && due == Due::Capped
            && !was_endless
        {
            let (mod_id, waited) = (mod_id.clone(), now.saturating_duration_since(first));
            self.outbox.notice(Notice::StillWritten { mod_id, waited });
        }
        first
    }
}

fn settled(mod_id: &ModId, reading: Reading, first_event: Instant) -> Settled {
    // Here and not in the reload, during which the colony stands still.
    if let Ok(bundle) = &reading.bundle {
        let components = bundle
            .paths()
            .filter(|path| path.starts_with(COMPONENT_FOLDER));
        for path in components {
            let content = bundle.file(path).unwrap_or_default();
            compile_ahead(&bundle.display_path(path), content);
        }
    }
    Settled {
        mod_id: mod_id.clone(),
        bundle: reading.bundle,
        first_event,
        settled_at: Instant::now(),
    }
}

fn is_empty_file(path: &Path) -> bool {
    path.metadata()
        .is_ok_and(|metadata| metadata.is_file() && metadata.len() == 0)
}
