//! When the files of mods have come to rest. Pure: it is told what happened and what time it is.
//!
//! A mod rests when each of its changed paths has been quiet for as long as its last change asks. Mods that move at the same time
//! wait for each other, so that a mod and its dependency saved together are reloaded together. No wait is longer than the cap:
//! a mod that is written without a pause is then read as it is, again and again, and holds nobody up until it rests.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use modding::mod_id::ModId;

use super::WatcherOptions;

/// What a change says about the file's writer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rest {
    /// It has closed the file, or put it in its place whole.
    Finished,
    /// There will be more: the file is gone, empty, new or open.
    Unfinished,
    /// Nothing: rights or times changed.
    Unknown,
}

/// The mods that move.
#[derive(Debug)]
pub(super) struct Settling {
    options: WatcherOptions,
    moving: BTreeMap<ModId, Motion>,
}

#[derive(Debug)]
struct Motion {
    first: Instant,
    /// When what is there is read in any case.
    cap: Instant,
    /// When each changed path will have been quiet for long enough.
    quiet_at: BTreeMap<String, Instant>,
    /// Whether the cap was reached before: it is written without a pause.
    is_endless: bool,
}

/// The end of a wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Due {
    /// Its files are quiet.
    Quiet,
    /// They are not, and the wait was as long as a wait may be.
    Capped,
}

impl Motion {
    fn quiet_at(&self) -> Instant {
        let latest = self.quiet_at.values().copied().max();
        latest.unwrap_or(self.first)
    }

    fn due(&self, now: Instant) -> Option<Due> {
        if self.quiet_at() <= now {
            Some(Due::Quiet)
        } else if self.cap <= now {
            Some(Due::Capped)
        } else {
            None
        }
    }

    fn holds_others_up(&self, now: Instant) -> bool {
        !self.is_endless && self.due(now).is_none()
    }
}

impl Settling {
    pub(super) fn new(options: WatcherOptions) -> Self {
        Self {
            options,
            moving: BTreeMap::new(),
        }
    }

    /// A path of a mod changed; `delay` is what the mod asks for.
    pub(super) fn change(
        &mut self,
        mod_id: &ModId,
        path: &str,
        rest: Rest,
        delay: Option<Duration>,
        now: Instant,
    ) {
        let options = self.options;
        let wait = delay.unwrap_or(match rest {
            Rest::Finished | Rest::Unknown => options.quiet_after_close,
            Rest::Unfinished => options.quiet_after_write,
        });
        let motion = self.moving.entry(mod_id.clone()).or_insert_with(|| Motion {
            first: now,
            cap: now + options.wait_max + delay.unwrap_or_default(),
            quiet_at: BTreeMap::new(),
            is_endless: false,
        });
        let quiet_at = motion.quiet_at.entry(path.to_owned()).or_insert(now);
        *quiet_at = match rest {
            Rest::Unknown => (now + wait).max(*quiet_at),
            Rest::Finished | Rest::Unfinished => now + wait,
        };
    }

    /// The mods whose files are to be read now.
    pub(super) fn due(&self, now: Instant) -> Vec<(ModId, Due)> {
        let is_held = self
            .moving
            .values()
            .any(|motion| motion.holds_others_up(now));
        let due = self.moving.iter().filter_map(|(mod_id, motion)| {
            let due = motion.due(now)?;
            (!is_held || motion.cap <= now).then(|| (mod_id.clone(), due))
        });
        due.collect()
    }

    /// When to ask again.
    pub(super) fn next_due(&self, now: Instant) -> Option<Instant> {
        if !self.due(now).is_empty() {
            return Some(now);
        }
        let times = self.moving.values().flat_map(|motion| {
            let times = [motion.quiet_at(), motion.cap];
            times.into_iter().filter(|time| *time > now)
        });
        times.min()
    }

    /// The files changed while they were read.
    pub(super) fn moved(&mut self, mod_id: &ModId, now: Instant) {
        if self.moving.contains_key(mod_id) {
            self.change(mod_id, "", Rest::Finished, None, now);
        }
    }

    /// The files were read. Gives the time of the first change.
    pub(super) fn read(&mut self, mod_id: &ModId, due: Due, now: Instant) -> Option<Instant> {
        match due {
            Due::Quiet => self.moving.remove(mod_id).map(|motion| motion.first),
            Due::Capped => {
                let wait_max = self.options.wait_max;
                let motion = self.moving.get_mut(mod_id)?;
                motion.is_endless = true;
                motion.cap = now + wait_max;
                Some(std::mem::replace(&mut motion.first, now))
            }
        }
    }

    /// Forgets a mod.
    pub(super) fn forget(&mut self, mod_id: &ModId) {
        self.moving.remove(mod_id);
    }

    pub(super) fn is_moving(&self) -> bool {
        !self.moving.is_empty()
    }

    /// Whether a mod has waited for as long as a wait may be.
    pub(super) fn is_capped(&self, mod_id: &ModId, now: Instant) -> bool {
        let motion = self.moving.get(mod_id);
        motion.is_none_or(|motion| motion.cap <= now)
    }

    /// Whether any mod has.
    pub(super) fn is_overdue(&self, now: Instant) -> bool {
        self.moving.values().any(|motion| motion.cap <= now)
    }

    /// Whether the cap of a mod was reached and the mod has not rested since.
    pub(super) fn is_endless(&self, mod_id: &ModId) -> bool {
        self.moving
            .get(mod_id)
            .is_some_and(|motion| motion.is_endless)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A clock that is told the time, in milliseconds, and the mods `a` and `b`.
    struct Clock {
        start: Instant,
        settling: Settling,
    }

    /// When, which path, how.
    type Step = (u64, &'static str, Rest);

    fn id(name: &str) -> ModId {
        ModId::parse(name).expect("an id")
    }

    impl Clock {
        fn new() -> Self {
            Self {
                start: Instant::now(),
                settling: Settling::new(WatcherOptions::default()),
            }
        }

        fn at(&self, milliseconds: u64) -> Instant {
            self.start + Duration::from_millis(milliseconds)
        }

        fn change(&mut self, time: u64, name: &str, path: &str, rest: Rest) {
            let now = self.at(time);
            self.settling.change(&id(name), path, rest, None, now);
        }

        fn due(&self, time: u64) -> Vec<String> {
            let due = self.settling.due(self.at(time));
            due.iter()
                .map(|(mod_id, due)| format!("{mod_id} {due:?}"))
                .collect()
        }

        /// The times from 0 at which something is due first, if nothing else happens.
        fn next(&self) -> Option<u64> {
            let next = self.settling.next_due(self.start)?;
            Some((next - self.start).as_millis() as u64)
        }
    }

    #[test]
    fn the_last_change_of_a_path_decides_how_long_it_is_waited_for() {
        use Rest::{Finished, Unfinished, Unknown};
        let rows: [(&[Step], u64); 8] = [
            (&[(0, "x", Finished)], 100),
            (&[(0, "x", Unfinished)], 500),
            (&[(0, "x", Unfinished), (10, "x", Finished)], 110),
            (&[(0, "x", Finished), (10, "x", Unfinished)], 510),
            (&[(0, "x", Unfinished), (10, "y", Finished)], 500),
            (&[(0, "x", Unfinished), (10, "x", Unknown)], 500),
            (&[(0, "x", Unknown)], 100),
            (&[(0, "x", Finished), (90, "y", Finished)], 190),
        ];
        for (changes, expected) in rows {
            let mut clock = Clock::new();
            for (time, path, rest) in changes {
                clock.change(*time, "a", path, *rest);
            }
            assert_eq!(clock.next(), Some(expected), "{changes:?}");
            assert_eq!(clock.due(expected - 1), Vec::<String>::new());
            assert_eq!(clock.due(expected), ["a Quiet"]);
        }
    }

    #[test]
    fn the_delay_of_a_mod_counts_instead_and_is_not_cut_short_by_the_cap() {
        let mut clock = Clock::new();
        let (now, delay) = (clock.start, Duration::from_secs(20));
        clock
            .settling
            .change(&id("a"), "x", Rest::Finished, Some(delay), now);
        assert_eq!(clock.due(19_999), Vec::<String>::new());
        assert_eq!(clock.due(20_000), ["a Quiet"]);
    }

    #[test]
    fn mods_that_move_at_the_same_time_wait_for_each_other() {
        let mut clock = Clock::new();
        clock.change(0, "a", "x", Rest::Finished);
        clock.change(50, "b", "x", Rest::Finished);
        assert_eq!(clock.due(100), Vec::<String>::new());
        assert_eq!(clock.due(150), ["a Quiet", "b Quiet"]);
    }

    #[test]
    fn a_mod_written_without_a_pause_is_read_at_the_cap_and_holds_nobody_up_after_it() {
        let mut clock = Clock::new();
        clock.change(0, "a", "x", Rest::Finished);
        for time in (0..=10_000).step_by(50) {
            clock.change(time, "b", "x", Rest::Unfinished);
            assert_eq!(
                clock.due(time),
                match time {
                    5_000.. => vec!["a Quiet", "b Capped"],
                    _ => Vec::new(),
                }
            );
            if time == 5_000 {
                break;
            }
        }
        let now = clock.at(5_000);
        assert_eq!(
            clock.settling.read(&id("a"), Due::Quiet, now),
            Some(clock.start)
        );
        assert_eq!(
            clock.settling.read(&id("b"), Due::Capped, now),
            Some(clock.start)
        );
        assert!(clock.settling.is_endless(&id("b")));
        clock.change(6_000, "b", "x", Rest::Unfinished);
        clock.change(6_010, "a", "x", Rest::Finished);
        assert_eq!(clock.due(6_109), Vec::<String>::new());
        assert_eq!(clock.due(6_110), ["a Quiet"]);
        // What it wrote last is read when it has stopped.
        assert_eq!(clock.due(6_500), ["a Quiet", "b Quiet"]);
        let now = clock.at(6_500);
        clock.settling.read(&id("b"), Due::Quiet, now);
        clock.settling.read(&id("a"), Due::Quiet, now);
        assert!(!clock.settling.is_moving());
        assert_eq!(clock.settling.next_due(now), None);
    }

    #[test]
    fn files_that_change_while_they_are_read_are_waited_for_again() {
        let mut clock = Clock::new();
        clock.change(0, "a", "x", Rest::Finished);
        let now = clock.at(100);
        clock.settling.moved(&id("a"), now);
        assert_eq!(clock.due(199), Vec::<String>::new());
        assert_eq!(clock.due(200), ["a Quiet"]);
    }
}
