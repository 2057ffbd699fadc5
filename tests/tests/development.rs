//! What a host offers to whoever writes a mod while it runs: an observer of the stages, and a migration that is run again.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use harness::live::happening::{Cause, Happening, LiveReload};
use harness::live::text::View;
use modding::bundle::Bundle;
use modding::host::Host;
use modding::mod_id::ModId;
use modding::reload::{Change, Observer, ReloadOptions};
use modding::report::{Fate, Outcome, ReloadReport, Stage};
use modding::value::Value;
use sim::{MapSource, Setup};
use tests::manifest;

const FIRST: &str = "colony.state.define({ hauls = 3 })
colony.time.every('count', 1, function() colony.storage.hauls = colony.storage.hauls + 1 end)";

fn subject(version: &str, script: &str) -> Bundle {
    let files = [
        ("mod.toml", manifest("subject", version, "")),
        ("scripts/main.lua", script.to_owned()),
    ];
    let files = files.map(|(path, text)| (path.to_owned(), text.into_bytes()));
    Bundle::new("subject", files).unwrap()
}

fn host(bundle: Bundle) -> Host {
    let base = harness::project::builtin_mods().remove("base").unwrap();
    let bundles = vec![Bundle::new("base", base).unwrap(), bundle];
    let setup = Setup {
        seed: 1,
        map: MapSource::Generated {
            width: 32,
            height: 32,
        },
        colonists: 2,
        stock: BTreeMap::new(),
    };
    Host::start(&setup, bundles, Default::default()).unwrap().0
}

fn id() -> ModId {
    ModId::parse("subject").unwrap()
}

fn reload(host: &mut Host, bundle: Bundle, options: &ReloadOptions) -> ReloadReport {
    let change = Change {
        mod_id: id(),
        bundle: Ok(Rc::new(bundle)),
    };
    host.reload(vec![change], options).remove(0)
}

fn hauls(host: &Host) -> Option<Value> {
    host.mod_storage(&id())?.at_path("by_kind.haul").cloned()
}

/// A second version with a migration that doubles what it counts, by so much.
fn second(factor: u32) -> Bundle {
    let migration = format!(
        "colony.state.migrate('<1.1.0', function(state)
  state.by_kind = {{ haul = state.hauls * {factor} }}
  state.hauls = nil
  return state
end)
colony.time.every('count', 1, function() end)
colony.events.register('mod_loaded', function(event) print(event.reason .. ' ' .. tostring(event.previous_version)) end)"
    );
    subject("1.1.0", &migration)
}

#[test]
fn an_observer_hears_of_every_stage_up_to_the_one_that_fails() {
    let told = Rc::new(RefCell::new(Vec::new()));
    let keep = told.clone();
    let options = ReloadOptions {
        observer: Some(Observer(Rc::new(move |mod_id, stage| {
            keep.borrow_mut().push((mod_id.clone(), stage));
        }))),
        ..ReloadOptions::default()
    };
    let mut host = host(subject("1.0.0", FIRST));
    assert_eq!(
        reload(&mut host, second(1), &options).outcome,
        Outcome::Committed
    );
    let stages = &Stage::ALL[1..11];
    let expected: Vec<_> = stages.iter().map(|stage| (id(), *stage)).collect();
    assert_eq!(told.take(), expected);
    let failing = subject(
        "1.1.0",
        "colony.events.register('mod_loaded', function() error('no') end)",
    );
    assert_eq!(
        reload(&mut host, failing, &options).outcome,
        Outcome::RolledBack
    );
    let stages: Vec<Stage> = told.take().into_iter().map(|(_, stage)| stage).collect();
    let expected = [&Stage::ALL[1..10], &[Stage::HandBack]].concat();
    assert_eq!(stages, expected);
}

#[test]
fn a_migration_runs_again_from_the_state_of_the_older_version() {
    let mut host = host(subject("1.0.0", FIRST));
    for _ in 0..4 {
        host.tick(&[]);
    }
    let options = ReloadOptions::default();
    reload(&mut host, second(1), &options);
    assert_eq!(hauls(&host), Some(Value::Integer(7)));
    host.tick(&[]);
    // The mended migration does not run by itself: the state is of its version already.
    reload(&mut host, second(2), &options);
    assert_eq!(hauls(&host), Some(Value::Integer(7)));
    host.take_log();
    let report = host.migrate_again(&id(), &options);
    assert_eq!(report.outcome, Outcome::Committed);
    assert_eq!(report.reason.as_deref(), Some("state of 1.0.0, g1"));
    assert_eq!(hauls(&host), Some(Value::Integer(14)));
    let member = &report.members[0];
    assert_eq!(member.generations, (3, 3), "the code is the same");
    let by_kind = &member.state.paths[0];
    assert_eq!(
        (by_kind.path.as_str(), by_kind.fate),
        ("by_kind", Fate::Migrated)
    );
    assert!(
        by_kind.by.as_ref().unwrap().starts_with("`<1.1.0`"),
        "{by_kind:?}"
    );
    let log: Vec<String> = host.take_log().into_iter().map(|line| line.text).collect();
    assert_eq!(log, ["update 1.0.0"]);
    // The timer keeps its phase, and the colony goes on.
    assert_eq!(member.state.timers[0].due, Some(6));
    host.tick(&[]);
}

#[test]
fn there_is_nothing_to_migrate_again_without_an_older_version() {
    let mut host = host(subject("1.0.0", FIRST));
    let options = ReloadOptions::default();
    reload(
        &mut host,
        subject("1.0.0", "colony.state.define({ hauls = 4 })"),
        &options,
    );
    let report = host.migrate_again(&id(), &options);
    assert_eq!(report.outcome, Outcome::Failed);
    let reason = "no older version than 1.0.0 of subject is in the history";
    assert_eq!(report.reason.as_deref(), Some(reason));
}

#[test]
fn a_migration_that_fails_again_leaves_everything_as_it_was() {
    let mut host = host(subject("1.0.0", FIRST));
    let mut twin = self::host(subject("1.0.0", FIRST));
    let options = ReloadOptions::default();
    for host in [&mut host, &mut twin] {
        host.tick(&[]);
        reload(host, second(1), &options);
        let broken = "colony.state.migrate('<1.1.0', function(state) error('no') end)";
        reload(host, subject("1.1.0", broken), &options);
        host.tick(&[]);
    }
    let report = host.migrate_again(&id(), &options);
    assert_eq!(report.error.as_ref().unwrap().stage, Stage::Migrate);
    let reload = LiveReload {
        tick: 3,
        cause: Cause::MigratedAgain,
        about: vec![id()],
        report,
        times: None,
        lines: BTreeMap::new(),
    };
    let told = View::default().happening(&Happening::Reload(Box::new(reload)));
    let line = "tick 3  rolled back  subject 1.1.0  g3 goes on instead of the state of 1.0.0, g1, nothing lost · failed at migrate\n";
    assert!(told.starts_with(&format!("\n{line}")), "{told}");
    host.tick(&[]);
    twin.tick(&[]);
    assert_eq!(host.chain(), twin.chain());
}
