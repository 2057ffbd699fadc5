//! A mod that is written while it runs, and the session in which that happens: what the tests of this folder share.

#![allow(
    dead_code,
    unreachable_pub,
    reason = "each test program uses some of it"
)]

use std::cell::Cell;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use harness::live::happening::Happening;
use harness::live::session::{Begun, CheckpointFile, Key, Session, SessionOptions};
use harness::live::text::{KeySource, View};
use harness::live::watchdog::TimeBound;
use harness::watcher::Settled;
use modding::context::Deadline;
use modding::manifest::select_files;
use modding::mod_id::ModId;
use tempfile::TempDir;

/// Counts jobs, by a module of its own.
pub const MAIN: &str = r#"local tally = require("tally")
colony.state.define({ done = 0 })
colony.events.register("job_completed", function(event)
  colony.storage.done = tally.add(colony.storage.done, 1)
end)
"#;

pub const TALLY: &str = "local tally = {}
function tally.add(count, more) return count + more end
return tally
";

pub fn manifest(id: &str, version: &str, more: &str) -> String {
    format!(
        "id = \"{id}\"\nname = \"{id}\"\nversion = \"{version}\"\napi = \"^1\"\nentry = \"scripts/main.lua\"\n{more}"
    )
}

pub fn scenario(mods: &str, rest: &str) -> String {
    format!(
        "schema = 1\nname = \"small\"\nseed = 3\nticks = 20\n\n[colony]\nsize = [32, 32]\ncolonists = 3\nstock = {{ meal = 8 }}\n\n\
         [mods]\nload = [{mods}]\n{rest}"
    )
}

/// A folder with a scenario, its mods `subject` and `other`, and more files or other contents for them.
pub struct Author {
    pub folder: TempDir,
}

impl Author {
    pub fn new(files: &[(&str, &str)]) -> Author {
        let author = Author {
            folder: tempfile::tempdir().unwrap(),
        };
        let load = scenario(r#""base", "subject", "other""#, "");
        let depends = manifest("other", "1.0.0", "[dependencies]\nsubject = \"^1\"\n");
        let usual = [
            ("scenarios/small.toml", load.as_str()),
            ("mods/subject/mod.toml", &manifest("subject", "1.0.0", "")),
            ("mods/subject/scripts/main.lua", MAIN),
            ("mods/subject/scripts/tally.lua", TALLY),
            ("mods/other/mod.toml", &depends),
            (
                "mods/other/scripts/main.lua",
                "colony.state.define({ ticks = 0 })\n",
            ),
        ];
        for (path, text) in usual.iter().chain(files) {
            author.write(path, text);
        }
        author
    }

    pub fn path(&self, path: &str) -> PathBuf {
        self.folder.path().join(path)
    }

    pub fn write(&self, path: &str, text: &str) {
        let path = self.path(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    pub fn read(&self, path: &str) -> String {
        std::fs::read_to_string(self.path(path)).unwrap()
    }

    /// Replaces text in a file that has it.
    pub fn edit(&self, path: &str, find: &str, replace: &str) {
        let text = self.read(path);
        assert!(text.contains(find), "{path} has no {find:?}:\n{text}");
        self.write(path, &text.replace(find, replace));
    }

    /// What lies in the folder of a mod now, as a watcher would hand it over.
    pub fn saved(&self, id: &str) -> Settled {
        let files = harness::workspace::disk::read_folder(&self.path(&format!("mods/{id}")), id);
        let now = Instant::now();
        Settled {
            mod_id: mod_id(id),
            bundle: files.and_then(|files| select_files(id, files)),
            first_event: now,
            settled_at: now,
        }
    }
}

pub fn mod_id(id: &str) -> ModId {
    ModId::parse(id).unwrap()
}

/// A session and all that was told in it.
pub struct Watched {
    pub session: Session,
    pub view: View,
    pub told: String,
    /// After so many looks at the clock the time of a reload is up.
    pub time_is_up: Rc<Cell<Option<u64>>>,
    started: Instant,
}

impl Watched {
    /// A session whose clock goes on by a millisecond whenever it is looked at.
    pub fn begin(author: &Author, record: Option<&str>, steps: bool) -> Watched {
        Watched::begin_from(author, record, steps, None)
    }

    /// The same, going on from a checkpoint.
    pub fn begin_from(
        author: &Author,
        record: Option<&str>,
        steps: bool,
        checkpoint: Option<Vec<u8>>,
    ) -> Watched {
        let (scenario, workspace) =
            harness::load(&author.path("scenarios/small.toml"), &author.path("mods")).unwrap();
        let folders: BTreeMap<ModId, String> = ["subject", "other"]
            .map(|id| (mod_id(id), format!("mods/{id}")))
            .into();
        let started = Instant::now();
        let looks = Rc::new(Cell::new(0));
        let passed = Arc::new(AtomicBool::new(false));
        let time_is_up = Rc::new(Cell::new(None));
        let (left, flag) = (time_is_up.clone(), passed.clone());
        let options = SessionOptions {
            watched: folders.keys().cloned().collect(),
            record: record.map(str::to_owned),
            steps,
            log: false,
            clock: Rc::new(move || {
                looks.set(looks.get() + 1);
                left.set(left.get().and_then(|left: u64| left.checked_sub(1)));
                if left.get() == Some(0) {
                    flag.store(true, Ordering::Relaxed);
                }
                started + Duration::from_millis(looks.get())
            }),
            watchdog: Rc::new(move |seconds| {
                passed.store(false, Ordering::Relaxed);
                let passed = passed.clone();
                TimeBound::by_hand(Deadline { passed, seconds })
            }),
            checkpoint: checkpoint.map(|bytes| CheckpointFile {
                shown: "small.save".to_owned(),
                bytes,
            }),
        };
        let view = View {
            colour: false,
            keys: KeySource::Terminal,
            folders,
        };
        let Begun {
            session,
            left_out,
            notes,
        } = Session::begin(&scenario, &workspace, options).unwrap();
        let left_out = left_out.iter().map(|left| view.left_out(left));
        let notes = notes.iter().map(|note| format!("{note}\n"));
        let told: Vec<String> = notes.chain(left_out).collect();
        Watched {
            session,
            told: told.concat(),
            view,
            time_is_up,
            started,
        }
    }

    pub fn ticks(&mut self, count: u64) {
        for _ in 0..count {
            let happenings = self.session.tick();
            self.tell(happenings);
        }
    }

    /// Mods that were saved together, as they lie on the disk now. The clock of the test decides when.
    pub fn save(&mut self, author: &Author, mods: &[&str]) {
        let settled = mods.iter().map(|id| author.saved(id)).collect();
        self.settle_at_once(settled);
    }

    pub fn settle(&mut self, settled: Vec<Settled>) {
        let happenings = self.session.boundary(settled);
        self.tell(happenings);
    }

    /// Changes that came to rest one after the other since the last boundary.
    pub fn settle_at_once(&mut self, mut settled: Vec<Settled>) {
        for settled in &mut settled {
            settled.first_event = self.started;
            settled.settled_at = self.started;
        }
        self.settle(settled);
    }

    /// The look at every mod after changes that were too many.
    pub fn rescan(&mut self, found: Vec<Settled>) {
        let happenings = self.session.rescan(found);
        self.tell(happenings);
    }

    pub fn press(&mut self, key: Key) {
        let happenings = self.session.command(key);
        self.tell(happenings);
    }

    fn tell(&mut self, happenings: Vec<Happening>) {
        for happening in &happenings {
            self.told.push_str(&self.view.happening(happening));
        }
    }

    /// What was told since the last look.
    pub fn take(&mut self) -> String {
        std::mem::take(&mut self.told)
    }
}
