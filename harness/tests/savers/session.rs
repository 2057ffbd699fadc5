//! A project with two mods that run in a host, a watcher on their folders, and what became of every change.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::time::{Duration, Instant};

use harness::project::builtin_mods;
use harness::watcher::{Notice, Settled, WatchedMod, Watcher, WatcherOptions};
use harness::workspace::disk;
use modding::bundle::Bundle;
use modding::host::Host;
use modding::manifest::{Watching, select_files};
use modding::mod_id::ModId;
use modding::reload::{Change, ReloadOptions};
use modding::report::ReloadReport;
use sim::{MapSource, Setup};

/// The script of `probe`, below the project.
pub(crate) const MAIN: &str = "mods/probe/scripts/main.lua";

/// The script of `library`, below the project.
pub(crate) const LIBRARY: &str = "mods/library/scripts/main.lua";

/// The manifest of `library`.
pub(crate) const LIBRARY_MANIFEST: &str =
    "id = \"library\"\nname = \"Library\"\nversion = \"1.0.0\"\napi = \"^1\"\n";

/// How long a test waits for what has to come. It is long because it is waited in vain only where a test fails.
pub(crate) const DEADLINE: Duration = Duration::from_secs(60);

/// How long nothing has to happen before it is believed that nothing more will.
const GRACE: Duration = Duration::from_millis(400);

/// Longer than the pauses of any writer here, on a machine that has other things to do.
pub(crate) fn options() -> WatcherOptions {
    WatcherOptions {
        force_polling: false,
        poll_interval: Duration::from_millis(200),
        quiet_after_close: Duration::from_millis(500),
        quiet_after_write: Duration::from_millis(1_500),
        wait_max: Duration::from_secs(30),
    }
}

/// A script that says which one it is.
pub(crate) fn script(version: &str) -> String {
    format!(
        "local VERSION = \"{version}\"\n\ncolony.events.register(\"mod_loaded\", function()\n  colony.storage.version = VERSION\nend)\n"
    )
}

/// A manifest of `probe` with `more` below it.
pub(crate) fn manifest(more: &str) -> String {
    format!(
        "id = \"probe\"\nname = \"Probe\"\nversion = \"1.0.0\"\napi = \"^1\"\n\n[dependencies]\nlibrary = \"^1\"\n\n{more}\n"
    )
}

/// The files of a project.
pub(crate) struct Project {
    _folder: Option<tempfile::TempDir>,
    root: PathBuf,
}

impl Project {
    /// The mod `probe`, whose manifest ends with `more`, and the mod `library`, on which it depends.
    pub(crate) fn new(more: &str) -> Project {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let root = folder.path().canonicalize().expect("a folder");
        let project = Project {
            _folder: Some(folder),
            root,
        };
        project.write("mods/probe/mod.toml", &manifest(more));
        project.write(MAIN, &script("one"));
        project.write("mods/library/mod.toml", LIBRARY_MANIFEST);
        project.write(LIBRARY, &script("one"));
        project
    }

    /// One that another process has made.
    pub(crate) fn at(root: &Path) -> Project {
        Project {
            _folder: None,
            root: root.to_path_buf(),
        }
    }

    pub(crate) fn path(&self, path: &str) -> PathBuf {
        self.root.join(path)
    }

    /// Writes a file as `std::fs` does, with the folders that it needs.
    pub(crate) fn write(&self, path: &str, text: &str) {
        let path = self.path(path);
        let parent = path.parent().expect("a path below the project");
        fs::create_dir_all(parent).expect("a folder");
        fs::write(path, text).expect("a file");
    }

    pub(crate) fn rename(&self, from: &str, to: &str) {
        fs::rename(self.path(from), self.path(to)).expect("a rename");
    }

    pub(crate) fn remove(&self, path: &str) {
        fs::remove_file(self.path(path)).expect("a file");
    }

    /// The content of a mod on the disk.
    pub(crate) fn bundle(&self, mod_id: &str) -> Bundle {
        let folder = self.path(&format!("mods/{mod_id}"));
        let files = disk::read_mod_folder(&folder, mod_id, &self.watching(mod_id));
        select_files(mod_id, files.expect("readable files")).expect("a bundle")
    }

    fn watching(&self, mod_id: &str) -> Watching {
        let content = fs::read(self.path(&format!("mods/{mod_id}/mod.toml"))).unwrap_or_default();
        let files = BTreeMap::from([("mod.toml".to_owned(), content)]);
        modding::manifest::watching_of(mod_id, &files)
    }
}

/// A project that runs and is watched.
pub(crate) struct Session {
    pub(crate) project: Project,
    pub(crate) host: Host,
    pub(crate) watcher: Watcher,
    /// What became of every change: the outcome, the mods, and where it failed why.
    pub(crate) outcomes: Vec<String>,
    pub(crate) notices: Vec<Notice>,
}

impl Session {
    /// The usual project.
    pub(crate) fn new() -> Session {
        Session::with(Project::new(""), options())
    }

    pub(crate) fn with(project: Project, options: WatcherOptions) -> Session {
        let host = start(&project);
        let watched = ["library", "probe"].map(|mod_id| WatchedMod {
            mod_id: id(mod_id),
            folder: project.path(&format!("mods/{mod_id}")),
        });
        let watcher = Watcher::new(watched.into(), options).expect("a watcher");
        let mut session = Session {
            project,
            host,
            watcher,
            outcomes: Vec::new(),
            notices: Vec::new(),
        };
        session.note_running();
        session
    }

    fn note_running(&mut self) {
        for bundle in self.host.bundles() {
            self.watcher
                .note_running(&id(bundle.folder()), bundle.hash());
            self.watcher
                .note_manifest(&id(bundle.folder()), Some(&bundle));
        }
    }

    /// Reloads what has settled within `time`.
    pub(crate) fn step(&mut self, time: Duration) {
        let settled = self.watcher.wait(time);
        if !settled.is_empty() {
            self.reload(settled);
        }
        self.notices.extend(self.watcher.take_notices());
    }

    pub(crate) fn reload(&mut self, settled: Vec<Settled>) {
        let changes = settled.into_iter().map(|one| Change {
            mod_id: one.mod_id,
            bundle: one.bundle.map(Rc::new),
        });
        let reports = self
            .host
            .reload(changes.collect(), &ReloadOptions::default());
        let outcomes = reports.iter().map(|report| self.outcome(report));
        let outcomes: Vec<String> = outcomes.collect();
        self.outcomes.extend(outcomes);
        self.note_running();
    }

    fn outcome(&self, report: &ReloadReport) -> String {
        let members = report.members.iter().map(|member| member.mod_id.as_str());
        let members = members.collect::<Vec<_>>().join("+");
        let mut text = format!("{} {members}", report.outcome.name());
        if let Some(error) = &report.error {
            // What is named as seen from here depends on where here is.
            let root = &self.project.root;
            let seen = harness::project::location::from_here(root);
            let message = error.faults[0]
                .message
                .replace(&*root.to_string_lossy(), ".");
            let message = message.replace(&*seen.to_string_lossy(), ".");
            text = format!("{text}: {}: {message}", error.stage.name());
        }
        text
    }

    /// Goes on until a condition holds.
    pub(crate) fn until(&mut self, what: &str, holds: impl Fn(&Session) -> bool) {
        let end = Instant::now() + DEADLINE;
        while !holds(self) {
            assert!(
                Instant::now() < end,
                "waited in vain for {what}; so far: {:#?} {:#?}",
                self.outcomes,
                self.notices
            );
            self.step(Duration::from_millis(50));
        }
    }

    /// Goes on until nothing more is to be expected.
    pub(crate) fn rest(&mut self) {
        let mut quiet_since = Instant::now();
        self.until("quiet", |session| session.watcher.is_quiet());
        while quiet_since.elapsed() < GRACE {
            self.step(Duration::from_millis(50));
            if !self.watcher.is_quiet() {
                self.until("quiet", |session| session.watcher.is_quiet());
                quiet_since = Instant::now();
            }
        }
    }

    /// Waits for the outcomes of all changes so far, which are these and no others, and forgets them.
    #[track_caller]
    pub(crate) fn expect(&mut self, expected: &[&str]) {
        let count = expected.len();
        let end = Instant::now() + DEADLINE;
        while self.outcomes.len() < count && Instant::now() < end {
            self.step(Duration::from_millis(50));
        }
        self.rest();
        let outcomes = std::mem::take(&mut self.outcomes);
        assert_eq!(outcomes, expected, "notices: {:?}", self.notices);
    }

    /// The same, after which the host runs what lies on the disk.
    #[track_caller]
    pub(crate) fn expect_running(&mut self, expected: &[&str]) {
        self.expect(expected);
        for mod_id in ["library", "probe"] {
            let bundles = self.host.bundles();
            let running = bundles.iter().find(|bundle| bundle.folder() == mod_id);
            assert_eq!(running, Some(&self.project.bundle(mod_id)));
        }
    }

    /// The save, however it is made, ends in one reload with the final content.
    #[track_caller]
    pub(crate) fn expect_one(&mut self) {
        self.expect_running(&["committed probe"]);
    }

    /// What was done is no change. A real one follows, and is the only one: the watcher had not just missed the others.
    #[track_caller]
    pub(crate) fn expect_none(&mut self) {
        self.expect_running(&[]);
        self.project.write(MAIN, &script("woken"));
        self.expect_one();
    }
}

pub(crate) fn id(name: &str) -> ModId {
    ModId::parse(name).expect("an id")
}

fn start(project: &Project) -> Host {
    let base = builtin_mods().remove("base").expect("a mod of the program");
    let bundles = vec![
        Bundle::new("base", base).expect("good files"),
        project.bundle("library"),
        project.bundle("probe"),
    ];
    let setup = Setup {
        seed: 7,
        map: MapSource::Generated {
            width: 16,
            height: 16,
        },
        colonists: 1,
        stock: BTreeMap::new(),
    };
    let known: BTreeSet<ModId> = ["base", "library", "probe"].map(id).into();
    let (host, left_out) = Host::start(&setup, bundles, known).expect("a colony");
    assert_eq!(left_out, []);
    host
}
