//! Reloads: a save that changed nothing, one changed line, a forced hand-over, the same work done by bevy_mod_scripting, and
//! where the time goes.

mod script;

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::Path;
use std::rc::Rc;

use cpu_time::ProcessTime;
use harness::workspace::disk;
use modding::bundle::Bundle;
use modding::host::Host;
use modding::manifest::{select_files, watching_of};
use modding::mod_id::ModId;
use modding::reload::{Change, Observer, ReloadOptions};
use modding::report::{Outcome, ReloadReport, Stage};
use modding::value::Value;

use crate::bevy::{Executor, Peer};
use crate::colony::{bundle, event, host};
use crate::measure::{Figure, Side, median, take_turns};
use crate::table::{Row, Section};

use script::Script;

/// The mod that is reloaded.
pub(crate) const MOD: &str = "reloaded";

/// Tiles in a row and in a column: ten thousand colonists stand on one each.
const WIDTH: u16 = 192;

/// Colonists of a small colony.
pub(crate) const FEW: u32 = 100;
const MANY: u32 = 10_000;

/// Reloads whose stages are timed.
const STAGED: usize = 200;

/// A host with a mod that is reloaded again and again.
pub(crate) struct Reloading {
    host: Host,
    id: ModId,
    script: Script,
    /// The version that runs; counts up.
    version: u64,
}

impl Reloading {
    /// A host with some colonists and the first version of a script.
    pub(crate) fn new(colonists: u32, script: Script) -> Reloading {
        let mut host = host(colonists, WIDTH, [bundle(MOD, &script.version(0))]);
        host.tick(&[]);
        Reloading {
            host,
            id: ModId::parse(MOD).expect("an id"),
            script,
            version: 0,
        }
    }

    /// A mod of 300 lines with 1,000 entries in its storage.
    pub(crate) fn of_300_lines(colonists: u32) -> Reloading {
        Reloading::new(colonists, script::of_300_lines())
    }

    /// Gives the host files, whatever they are.
    fn give(&mut self, bundle: Bundle, options: &ReloadOptions) -> ReloadReport {
        let change = Change {
            mod_id: self.id.clone(),
            bundle: Ok(Rc::new(bundle)),
        };
        let mut reports = self.host.reload(vec![change], options);
        let report = reports.pop().expect("one mod was changed");
        assert!(reports.is_empty(), "one mod was changed");
        report
    }

    /// Changes one line; the whole transaction, from contents to the commit.
    pub(crate) fn change_a_line(&mut self, options: &ReloadOptions) {
        self.version += 1;
        let bundle = bundle(MOD, &self.script.version(self.version));
        let report = self.give(bundle, options);
        assert_eq!(report.outcome, Outcome::Committed, "{report:?}");
    }

    fn hand_over(&mut self) {
        let report = self.host.hand_over(&self.id).expect("the mod runs");
        assert_eq!(report.outcome, Outcome::Committed, "{report:?}");
    }

    /// Asserts that the version that was written last runs, with the state of the first.
    pub(crate) fn assert_carried(&mut self) {
        self.host.deliver(&event("bench:report"));
        let storage = self.host.mod_storage(&self.id).expect("the mod runs");
        let version = i64::try_from(self.version).expect("few");
        assert_eq!(
            storage.at_path("version"),
            Some(&Value::Integer(version)),
            "the code that was written last runs"
        );
        let sum = (1 + script::ENTRIES) * script::ENTRIES / 2;
        assert_eq!(
            storage.at_path("sum"),
            Some(&Value::Integer(sum)),
            "all entries were carried over"
        );
        let failures = self.host.failures();
        assert!(failures.is_empty(), "a handler failed: {failures:?}");
    }
}

/// Measures the topic.
///
/// # Errors
/// A system without room for temporary files.
pub(crate) fn measure(peer: &mut Peer) -> io::Result<[Section; 3]> {
    let mut rows = nothing_changed()?;
    rows.extend(one_line_or_none());
    let section = |title, rows| Section {
        title,
        unit: "reloads",
        per_second: false,
        rows,
    };
    Ok([
        section("Reload of a mod of 300 lines with 1,000 entries", rows),
        section("Stages of that reload", stages()),
        section(
            "Reload, up to the first call of the new code",
            against_peer(peer),
        ),
    ])
}

/// Saves without a change.
fn nothing_changed() -> io::Result<Vec<Row>> {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join(MOD);
    fs::create_dir_all(path.join("scripts"))?;
    fs::write(
        path.join("scripts/main.lua"),
        script::of_300_lines().version(0),
    )?;
    fs::write(path.join("mod.toml"), crate::colony::manifest(MOD).1)?;
    let reloading = RefCell::new(Reloading::of_300_lines(FEW));
    let ignored = |bundle| {
        let report = reloading
            .borrow_mut()
            .give(bundle, &ReloadOptions::default());
        assert_eq!(report.outcome, Outcome::Ignored, "{report:?}");
    };
    let text = script::of_300_lines().version(0);
    let [in_memory, from_disk] = take_turns([
        Side::new(1, || ignored(bundle(MOD, &text))),
        Side::new(1, || ignored(read(&path))),
    ]);
    Ok(vec![
        Row::alone("nothing changed: hashed and compared", in_memory),
        Row::alone("nothing changed: read from the disk as well", from_disk).aim("0.2 ms"),
    ])
}

/// A mod as it lies on the disk.
fn read(folder: &Path) -> Bundle {
    let watching = watching_of(MOD, &BTreeMap::new());
    let files = disk::read_mod_folder(folder, MOD, &watching).expect("it can be read");
    select_files(MOD, files).expect("good files")
}

/// One changed line, and a forced hand-over, among few and among many colonists.
fn one_line_or_none() -> Vec<Row> {
    let [mut few, mut many] = [FEW, MANY].map(Reloading::of_300_lines);
    let mut parsed = Reloading::new(FEW, script::of_300_lines_parsed());
    let [mut few_handed, mut many_handed] = [FEW, MANY].map(Reloading::of_300_lines);
    let default = ReloadOptions::default();
    let [of_few, of_many, of_parsed, handed_few, handed_many] = take_turns([
        Side::new(1, || few.change_a_line(&default)),
        Side::new(1, || many.change_a_line(&default)),
        Side::new(1, || parsed.change_a_line(&default)),
        Side::new(1, || few_handed.hand_over()),
        Side::new(1, || many_handed.hand_over()),
    ]);
    for mut reloading in [few, many, parsed, few_handed, many_handed] {
        reloading.assert_carried();
    }
    let peer = "colony of 100";
    vec![
        Row::alone("one changed line, colony of 100", of_few).aim("3 ms"),
        Row::new("one changed line, colony of 10,000", of_many, peer, of_few).aim("1.2"),
        Row::new(
            "one changed line, a loop without `pairs` in it",
            of_parsed,
            "without such a loop",
            of_few,
        ),
        Row::alone("forced hand-over, colony of 100", handed_few).aim("2 ms"),
        Row::new(
            "forced hand-over, colony of 10,000",
            handed_many,
            peer,
            handed_few,
        )
        .aim("1.2"),
    ]
}

/// What each stage of a reload with one changed line takes.
fn stages() -> Vec<Row> {
    let mut reloading = Reloading::of_300_lines(FEW);
    let begun: Rc<RefCell<Vec<(&'static str, ProcessTime)>>> = Rc::default();
    let note = {
        let begun = begun.clone();
        move |_: &ModId, stage: Stage| {
            begun.borrow_mut().push((shown(stage), ProcessTime::now()));
        }
    };
    let options = ReloadOptions {
        observer: Some(Observer(Rc::new(note))),
        ..ReloadOptions::default()
    };
    let mut took: BTreeMap<&'static str, Vec<u64>> = BTreeMap::new();
    let mut names = Vec::new();
    for _ in 0..STAGED {
        begun.borrow_mut().clear();
        begun.borrow_mut().push((FILES, ProcessTime::now()));
        reloading.change_a_line(&options);
        begun.borrow_mut().push(("", ProcessTime::now()));
        let begun = begun.borrow();
        let mut spent: BTreeMap<&'static str, u64> = BTreeMap::new();
        for pair in begun.windows(2) {
            let [(name, from), (_, to)] = pair else {
                continue;
            };
            if !names.contains(name) {
                names.push(name);
            }
            let nanoseconds = to.duration_since(*from).as_nanos();
            *spent.entry(name).or_default() += u64::try_from(nanoseconds).expect("short");
        }
        for (name, spent) in spent {
            took.entry(name).or_default().push(spent);
        }
    }
    reloading.assert_carried();
    let row = |name: &'static str| {
        let figure = Figure {
            nanoseconds: median(&mut took.remove(name).unwrap_or_default()),
            operations: STAGED as u64,
        };
        Row::alone(name, figure)
    };
    names.into_iter().map(row).collect()
}

const FILES: &str = "files: hashed, compared, manifest read";

/// What a stage does, in a reload of one mod.
fn shown(stage: Stage) -> &'static str {
    match stage {
        Stage::Settle => FILES,
        Stage::Plan => "plan: dependencies and definitions checked",
        // These three begin together: the machine is made in one go.
        Stage::Parse | Stage::Instantiate | Stage::TopLevel => {
            "parse to top level: scripts compiled, machine made, script run"
        }
        Stage::Unload => "unload: `mod_unloaded`",
        Stage::Snapshot => "snapshot: state into bytes",
        Stage::Migrate => "migrate: bytes into state, the fate of each path",
        Stage::Restore => "restore: state into storage",
        Stage::Loaded => "loaded: `mod_loaded`, fates revised",
        Stage::Commit => "commit: history, the old machine closed",
        Stage::HandBack => "hand-back",
    }
}

/// What bevy_mod_scripting does too: from the script's text to the first call of its handler.
fn against_peer(peer: &mut Peer) -> Vec<Row> {
    let shapes = [
        ("small script", 0, script::small()),
        ("6 KB, 1,000 integers", script::ENTRIES, script::of_6_kb()),
    ];
    shapes
        .into_iter()
        .flat_map(|(name, integers, script)| with_shape(peer, name, integers, script))
        .collect()
}

fn with_shape(peer: &mut Peer, name: &str, integers: i64, script: Script) -> [Row; 2] {
    let mut reloading = Reloading::new(2, script);
    let default = ReloadOptions::default();
    let integers = usize::try_from(integers).expect("not negative");
    let shared = RefCell::new(&mut *peer);
    let theirs = |executor| {
        let shared = &shared;
        Side::timed(1, move |reloads| {
            shared.borrow_mut().reload(executor, integers, reloads)
        })
    };
    let [ours, single, threads] = take_turns([
        Side::new(1, || {
            reloading.change_a_line(&default);
            drop(reloading.host.tick(&[]));
        }),
        theirs(Executor::SingleThread),
        theirs(Executor::Default),
    ]);
    let storage = reloading.host.mod_storage(&reloading.id);
    let storage = storage.expect("the mod runs");
    // Each version was called once, in the tick after it was loaded, and the first one in a tick of its own.
    let calls = i64::try_from(ours.operations + 1).expect("few");
    assert_eq!(storage.at_path("calls"), Some(&Value::Integer(calls)));
    for (executor, figure) in [
        (Executor::SingleThread, single),
        (Executor::Default, threads),
    ] {
        let calls = peer.carried(executor, integers);
        assert!(
            calls >= figure.operations,
            "bevy_mod_scripting carried {calls} calls over {figure:?}"
        );
    }
    let work = format!("{name}, reload and tick");
    [
        Row::new(&*work, ours, "reload and updates, one thread", single),
        Row::new(&*work, ours, "reload and updates, default threads", threads),
    ]
}
